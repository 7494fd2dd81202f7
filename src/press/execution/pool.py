"""Executes tutorials side by side, on this machine or on a Dask cluster, behind one interface."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from pathlib import Path

from press.execution.client import named, notebook, plain
from press.execution.execution import execute
from press.execution.task import Failure, Outcome, Task
from press.store import Run


def execute_all(
    tasks: Iterable[Task], *, jobs: int, scheduler: str | None = None, stop: threading.Event | None = None,
    on_start: Callable[[Task], object] = lambda task: None,
) -> Iterator[Outcome]:  # fmt: skip
    """Execute tutorials side by side, begun in the given order; yield each outcome as soon as it is there.

    On this machine at most `jobs` run at a time, and of those with `gpu` one per GPU; the others see no GPU.
    With a Dask `scheduler` all go to its workers, those with `gpu` to ones with the resource GPU.
    """
    stop, free = stop or threading.Event(), [] if scheduler else gpus()
    waiting, running, slots = list(tasks), {}, bool(free)
    with executors(scheduler, jobs) as (pool, gpu_pool):
        try:
            while waiting or running:
                for task in list(waiting):
                    if not scheduler and (len(running) == jobs or (task.gpu and slots and not free)):
                        continue
                    waiting.remove(task)
                    slot = free.pop() if task.gpu and free else None
                    local = {} if scheduler else {"gpu": slot, "stop": stop}
                    running[(gpu_pool if task.gpu else pool).submit(execute, task, **local)] = task, slot
                    on_start(task)
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    task, slot = running.pop(future)
                    if slot is not None:
                        free.append(slot)
                    yield settled(future, task)
        finally:  # on Ctrl-C, too, what runs is killed
            stop.set()
            for future in running:
                future.cancel()


@contextlib.contextmanager
def executors(scheduler: str | None, jobs: int) -> Iterator[tuple[Executor, Executor]]:
    """Where tutorials run, and where those run that take a GPU."""
    if not scheduler:
        with ThreadPoolExecutor(jobs) as pool:
            yield pool, pool
        return
    from distributed import Client

    with Client(scheduler) as client:
        yield client.get_executor(pure=False), client.get_executor(pure=False, resources={"GPU": 1})


def settled(future: Future, task: Task) -> Outcome:
    """The future's outcome; a task that could not be executed at all (a lost worker) has failed."""
    try:
        return future.result()
    except Exception as error:
        failure = Failure(task.path, 1, 0, "died", f"could not be executed: {named(error)}")
        return Outcome(task.name, plain(notebook(task.cells)), failure, Run())


def gpus() -> list[str]:
    """What CUDA_VISIBLE_DEVICES can be for one GPU each."""
    if (visible := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [each for each in visible.split(",") if each]
    return [str(n) for n in range(len(list(Path("/dev").glob("nvidia[0-9]*"))))]
