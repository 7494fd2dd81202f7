"""Executes one tutorial in its own watched kernel, so that whatever a cell does ends in an Outcome."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from press.execution.client import Client, Unreadable, notebook, plain
from press.execution.outputs import slim, thumbnail
from press.execution.task import Failure, Outcome, Task, paragraph
from press.execution.widgets import still
from press.kernels import provisioner
from press.store import Run

RECORD = "record.json"
SYNTAX_FILE = re.compile(r" \(\d+\.py, line \d+\)$")
ANSI = re.compile(r"\x1b\[[\d;]*m")


def execute(task: Task, *, gpu: str | None = None, stop: threading.Event | None = None) -> Outcome:
    """Execute one tutorial until it ends or `stop` is set; `gpu` becomes CUDA_VISIBLE_DEVICES, None leaves it.

    Raises:
        RuntimeError: the machine cannot start kernels; never for a tutorial's fault.
    """
    folder = Path(provisioner.short_folder()).resolve()
    try:
        return asyncio.run(Execution(task, folder, stop or threading.Event()).outcome(gpu))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Execution:
    """One tutorial on its way through a kernel."""

    def __init__(self, task: Task, folder: Path, stop: threading.Event):
        self.task, self.folder, self.stop = task, folder, stop
        self.notebook = notebook(task.cells)
        self.code = [cell for cell in task.cells if cell.kind == "code"]
        self.seconds: list[float] = []
        self.peak = 0
        self.manager = provisioner.manager(folder)
        self.client = Client(self.notebook, self.manager, startup_timeout=300)

    async def outcome(self, gpu: str | None) -> Outcome:
        try:
            await self.start(gpu)
            failure = await self.guarded()
        finally:
            await self.end()
        code = [cell for cell in self.notebook.cells if cell.cell_type == "code"]
        for cell in code:
            cell.outputs = still(cell.outputs, self.client)
        run = self.record(thumbnail(code, self.task.figure))
        for cell in code:
            cell.outputs = slim(cell.outputs, str(self.folder), self.task.root)
        return Outcome(self.task.name, plain(self.notebook), failure, run)

    async def start(self, gpu: str | None) -> None:
        (self.folder / "scratch").mkdir()
        (self.folder / "run.json").touch()
        for name, path in self.task.files.items():  # copies: what a tutorial writes, it writes to its scratch folder
            (copy := self.folder / "scratch" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        env = environment(self.task, self.folder, gpu)
        try:
            await self.client.async_start_new_kernel(cwd=str(self.folder / "scratch"), env=env)
            await self.client.async_start_new_kernel_client()
        except RuntimeError as error:
            said = "".join(log.read_text() for log in self.folder.glob("log"))
            raise RuntimeError(f"No kernel could be started: {error}\n{said}") from error
        await self.hidden(f"prepare({list(self.task.modules)!r}, {self.task.path!r}, {self.task.file!r})")

    async def end(self) -> None:
        """Kill the kernel and whatever it has left behind, and close every socket."""
        listener = getattr(self.manager.provisioner, "listener", None)
        others = asyncio.all_tasks() - {asyncio.current_task(), listener}
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self.client.kc:
            self.client.kc.stop_channels()
        left = self.manager.tree()
        await self.manager.shutdown_kernel(now=True)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    async def guarded(self) -> Failure | None:
        """Run the cells until they end, or until the watch finds a reason to stop them."""
        cells, watch = asyncio.create_task(self.run_cells()), asyncio.create_task(self.watch())
        await asyncio.wait({cells, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not cells.done():  # what a dead kernel has sent is still on its way
            await asyncio.wait({cells}, timeout=0.5)
        if cells.done():
            return cells.result()
        return self.failure(*await watch)

    async def run_cells(self) -> Failure | None:
        finish = f"finish({str(self.folder)!r}, {[cell.source for cell in self.code]!r})"
        try:
            for index, cell in enumerate(self.notebook.cells):
                if cell.cell_type == "code" and (error := await self.run_cell(cell, index)):
                    with contextlib.suppress(RuntimeError):  # a full disk: the tutorial's own error says more
                        await self.hidden(finish)
                    return self.raised(cell, error)
            await self.hidden(finish)
        except (RuntimeError, Unreadable) as error:
            return self.failure("exception", paragraph(error))
        return None

    async def run_cell(self, cell: Any, index: int) -> dict[str, Any] | None:
        """Run one cell; the error that it, or a box that it filled, has ended with."""
        begun = time.monotonic()
        self.seconds.append(0.0)
        reply = await self.client.ask(cell.source, index) if cell.source.strip() else {}
        self.seconds[-1] = time.monotonic() - begun
        outputs = sum((box.outputs for box in self.client.comm_objects.values()), list(cell.outputs))
        errors = [output for output in outputs if output["output_type"] == "error"]
        return errors[-1] if errors else reply if reply.get("status") == "error" else None

    async def hidden(self, call: str) -> None:
        """Call a function of `press.kernels.inside` in the kernel, without a trace in its names or history."""
        code = f"__import__('importlib').import_module('press.kernels.inside').{call}"
        reply = await self.client.ask(code, silent=True, store_history=False)
        if reply["status"] != "ok":
            raise RuntimeError(f"{reply.get('ename', call)}: {reply.get('evalue', '')}")

    async def watch(self) -> tuple[str, str]:
        """Look at the kernel five times a second; return kind and message of what is wrong with it."""
        deadline = time.monotonic() + self.task.deadline
        while True:
            self.peak = max(self.peak, self.manager.memory())
            status = await self.manager.provisioner.poll()
            if status is not None:
                return "died", f"the kernel died: {death(status)}"
            if self.peak > self.task.memory:
                limit = f"{self.task.memory / 1e6:,.0f} MB"
                return "memory", f"used {self.peak / 1e6:,.0f} MB of memory, the limit is {limit}"
            if time.monotonic() > deadline:
                return "deadline", f"not finished after {self.task.deadline:g} s, the deadline of the whole tutorial"
            if self.stop.is_set():
                return "interrupted", "interrupted"
            await asyncio.sleep(0.2)

    def raised(self, cell: Any, error: dict[str, Any]) -> Failure:
        told = self.told()
        line = told.get("error", {}).get("line") or shown_line(cell, error)
        name, message = error["ename"], SYNTAX_FILE.sub("", paragraph(error["evalue"]))
        if name == "AssertionError" and not message:
            message = self.code[len(self.seconds) - 1].source.lstrip("\n").split("\n")[line - 1].strip()
        kinds = {"SystemExit": "exit", "DeprecationWarning": "warning", "FutureWarning": "warning"}
        return self.failure(kinds.get(name, "exception"), f"{name}: {message}" if message else name, line)

    def failure(self, kind: str, message: str, line: int = 1) -> Failure:
        number = max(len(self.seconds), 1)
        cell = self.code[number - 1]
        blank = len(cell.source) - len(cell.source.lstrip("\n"))
        return Failure(self.task.path, cell.line + blank + line - 1, number, kind, message)

    def told(self) -> dict[str, Any]:
        """What `press.kernels.inside` wrote; nothing if the kernel came to no end."""
        return json.loads((self.folder / "run.json").read_text() or "{}")

    def record(self, thumbnail: str) -> Run:
        told = self.told()
        seconds, each = round(sum(self.seconds), 3), [round(seconds, 3) for seconds in self.seconds]
        peak, today = max(self.peak, told.get("memory", 0)), datetime.now(UTC).date().isoformat()
        known = {"seconds": seconds, "cell_seconds": each, "peak_memory": peak, "cpus": self.task.threads}
        return Run.read(told | record_of(self.folder / RECORD) | known | {"date": today, "thumbnail": thumbnail})


def record_of(path: Path) -> dict[str, Any]:
    """The data and the metrics that the tutorial published; a missing or broken file counts as none."""
    told, numbers = None, {}
    with contextlib.suppress(OSError, ValueError):
        told = json.loads(path.read_text(encoding="utf-8"))
    data, metrics = (told.get("data"), told.get("metrics")) if isinstance(told, dict) else (None, None)
    named = isinstance(data, list) and all(isinstance(item, dict) and "name" in item for item in data)
    with contextlib.suppress(AttributeError, TypeError, ValueError):
        numbers = {name: float(value) for name, value in (metrics or {}).items()}  # "nan" and "inf" are texts in JSON
    return {"data": data if named else [], "metrics": numbers}


def shown_line(cell: Any, error: dict[str, Any]) -> int:
    """The line of the cell that the colored traceback names last, for an error that a box took in."""
    text = ANSI.sub("", "\n".join(error.get("traceback", [])))
    lines = re.findall(rf"Cell In\[{cell.execution_count}\], line (\d+)", text)
    return int(lines[-1]) if lines else 1


def environment(task: Task, folder: Path, gpu: str | None) -> dict[str, str]:
    """The kernel's environment: the press's own, and what makes runs equal."""
    env = provisioner.environment()
    env |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(task.threads))
    env |= {"TQDM_DISABLE": "1", "IPYTHONDIR": str(folder / "ipython")}  # nobody's profile or start-up files
    env["KINDLING_RECORD"] = str(folder / RECORD)  # where a tutorial may publish what it used and what it reached
    if "KINDLING_DATA" in env:
        env["KINDLING_DATA"] = os.path.abspath(env["KINDLING_DATA"])
    if gpu is not None or not task.gpu:
        env["CUDA_VISIBLE_DEVICES"] = gpu or ""
    return env


def death(status: int) -> str:
    if status >= 0:
        return f"it left with exit status {status}"
    names = {each.value: each.name for each in signal.Signals}
    return f"killed by {names.get(-status, f'signal {-status}')}"
