"""Many machines: a lost worker loses nothing, and shares for several machines take about equally long."""

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import psutil
import pytest
from sitefixture import CATALOGUE, SCRIPTS

from press.__main__ import main
from press.execution.pool import execute_all
from press.execution.task import Task
from press.kernels import provisioner as kernels
from press.scripts.script import Cell
from press.tutorials import Tutorials, default_jobs

NAMES = ("a", "b", "c")
WORK = """\
import os, pathlib, time
folder = pathlib.Path({folder!r})
with open(folder / "diary", "a") as diary:
    diary.write(f"{name} {{os.getpid()}}\\n")
while not (folder / "go").exists():
    time.sleep(0.02)
print("result of {name}")
"""


def begun(diary) -> list[tuple[str, int]]:
    """Which tutorials have begun so far, each with the process of its kernel."""
    lines = diary.read_text().split("\n")[:-1] if diary.exists() else []
    return [(name, int(pid)) for name, pid in map(str.split, lines)]


def kill_a_worker_that_works(diary, workers) -> tuple[str, int]:
    """Once both workers are in the middle of a tutorial, kill one of them; return what it was doing."""
    deadline = time.monotonic() + 100
    while len(begun(diary)) < 2:
        assert time.monotonic() < deadline, "no two tutorials have begun"
        time.sleep(0.02)
    name, kernel = begun(diary)[0]
    (worker,) = {parent.pid for parent in psutil.Process(kernel).parents()} & set(workers)
    psutil.Process(worker).kill()
    (diary.parent / "go").touch()
    return name, kernel


@pytest.mark.slow
@pytest.mark.skipif(not kernels.CAN_FORK, reason="the ancestors of a kernel are known where it was forked")
def test_a_dask_worker_killed_in_the_middle_of_a_tutorial_loses_nothing(tmp_path):
    distributed = pytest.importorskip("distributed")

    class Light(distributed.WorkerPlugin):
        """Keeps torch out of the fork servers, also in the worker that comes in place of the killed one."""

        name = "light"

        def setup(self, worker) -> None:
            kernels.SERVER.preload = ("ipykernel.kernelapp",)

    cells = {name: (Cell("code", WORK.format(folder=str(tmp_path), name=name), 1),) for name in NAMES}
    tasks = [Task(name, f"{name}.py", cells[name], deadline=100, memory=4 * 10**9, threads=1) for name in NAMES]
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, protocol="tcp", dashboard_address=":0", local_directory=str(tmp_path)
        ) as cluster,
        distributed.Client(cluster) as client,
        ThreadPoolExecutor(1) as aside,
    ):
        client.register_plugin(Light())
        workers = list(client.run(os.getpid).values())
        killing = aside.submit(kill_a_worker_that_works, tmp_path / "diary", workers)
        outcomes = list(execute_all(tasks, jobs=2, scheduler=cluster.scheduler_address))
        lost, kernel = killing.result()
    assert [outcome.failure for outcome in outcomes] == [None] * len(NAMES)
    shown = {outcome.name: outcome.notebook["cells"][0]["outputs"][0]["text"] for outcome in outcomes}
    assert shown == {name: f"result of {name}\n" for name in NAMES} and len(outcomes) == len(NAMES)
    assert not psutil.pid_exists(kernel), "the kernel of the killed worker lives on"
    times = {name: sum(name == other for other, _ in begun(tmp_path / "diary")) for name in NAMES}
    assert times == {name: 2 if name == lost else 1 for name in NAMES}, "only what was lost runs again"


def test_one_machine_keeps_two_cores_busy_and_a_lone_tutorial_has_all_of_them(tiny, monkeypatch):
    for cores, jobs in {1: 1, 2: 2, 3: 2, 4: 2, 8: 4, 16: 8}.items():
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        assert default_jobs() == jobs
        tutorials = tiny.tutorials
        assert tutorials.task(tutorials.scripts[0], jobs=1).threads == cores
        assert tutorials.task(tutorials.scripts[0], jobs=jobs).threads == cores // jobs


def loads(tutorials, scripts, count: int) -> list[float]:
    """Seconds of each share; together the shares must be the whole."""
    shares = [tutorials.shard(scripts, number, count) for number in range(1, count + 1)]
    assert sorted(script.name for share in shares for script in share) == sorted(script.name for script in scripts)
    return [sum(map(tutorials.expected_seconds, share)) for share in shares]


def least(seconds: list[float], count: int) -> float:
    """No division can be shorter: of the longest k x count + 1 tutorials, some machine has at least k + 1."""
    ordered = sorted(seconds, reverse=True)
    bounds = [sum(ordered[k * count - k : k * count + 1]) for k in range((len(ordered) - 1) // count + 1)]
    return max(sum(ordered) / count, *bounds)


@pytest.mark.parametrize("count", range(2, 9))
def test_the_tutorials_of_this_site_are_shared_within_a_fifth_of_the_best(count):
    seconds = [CATALOGUE.expected_seconds(script) for script in SCRIPTS]
    assert max(loads(CATALOGUE, SCRIPTS, count)) <= 1.2 * least(seconds, count)


DISTRIBUTIONS = {
    "all equal": lambda dice: 10.0,
    "anything up to a minute": lambda dice: dice.uniform(1, 60),
    "many short, few long": lambda dice: dice.paretovariate(1.1),
    "two sizes": lambda dice: dice.choice([2.0, 90.0]),
    "exponential": lambda dice: dice.expovariate(0.1),
}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_recorded_seconds_of_any_kind_are_shared_within_a_fifth_of_the_best(monkeypatch, distribution):
    dice = random.Random(7)
    for _ in range(100):
        seconds = {f"t{number}": DISTRIBUTIONS[distribution](dice) for number in range(dice.randint(25, 60))}
        monkeypatch.setattr(CATALOGUE, "expected_seconds", lambda script, seconds=seconds: seconds[script.name])
        scripts = [SimpleNamespace(name=name) for name in seconds]
        for count in (2, 3, 4, 8):
            assert max(loads(CATALOGUE, scripts, count)) <= 1.2 * least(list(seconds.values()), count)


def test_a_machine_executes_its_share_and_nothing_else(tiny, monkeypatch):
    monkeypatch.chdir(tiny.root)
    executed = []
    monkeypatch.setattr(
        Tutorials, "run", lambda self, scripts, **options: executed.append([script.name for script in scripts]) or []
    )
    for share in ("1/2", "2/2"):
        assert main(["run", "--shard", share]) == 0
    assert sorted(executed) == [["hello"], ["other"]]
