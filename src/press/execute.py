"""Executes tutorials: each in its own watched kernel, so that whatever a cell does ends in an Outcome."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from press import kernels
from press.script import Cell

TEXT = 100_000  # characters that one output may have
OUTPUTS = 500  # outputs that one cell may have
BULK = 10_000_000  # characters of figures and other results after which a cell gets no more of them
CUT = f"[more than {BULK:,} characters of outputs: cut]\n"
LARGEST = 1_000_000  # characters that anything else of an output may have, an image for instance
FIGURE = 100_000  # characters up to which a figure stays an SVG
RASTER = 20_000  # characters up to which an image inside an SVG is left there, and a PNG as it is
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,16}\b")
CELL_FILE = re.compile(re.escape(tempfile.gettempdir()) + r"[/\\]ipykernel_\d+[/\\]\d+\.py")
SYNTAX_FILE = re.compile(r" \(\d+\.py, line \d+\)$")
ANSI = re.compile(r"\x1b\[[\d;]*m")
RASTERS = ("image/png", "image/jpeg", "image/webp")
SVG_NOISE = re.compile(r"(<\?xml.*?\?>|<!DOCTYPE.*?>|<!-- Created.*?-->|<metadata>.*?</metadata>)\s*", re.S)
SVG_RASTER = re.compile(r'href="data:image/[a-z]+;base64,([^"]*)"')


@dataclass(frozen=True)
class Task:
    """A tutorial to execute; `deadline` (seconds) and `memory` (bytes) are for the whole of it."""

    name: str
    path: str
    cells: tuple[Cell, ...]
    deadline: float
    memory: int
    threads: int
    gpu: bool = False
    modules: tuple[str, ...] = ()  # folders to import from, as a script imports from the folder it lies in
    figure: int = 1  # the number of the figure that becomes the thumbnail


@dataclass(frozen=True)
class Failure:
    """Why a tutorial failed; `kind` is exception, warning, exit, died, deadline, memory or interrupted."""

    path: str
    line: int
    cell: int
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: cell {self.cell}: {self.message}"


@dataclass
class Outcome:
    """What an execution gave: the notebook as far as it came, the failure, and the record of the run."""

    name: str
    notebook: dict[str, Any]
    failure: Failure | None
    run: dict[str, Any]


def execute(task: Task, *, gpu: str | None = None, stop: threading.Event | None = None) -> Outcome:
    """Execute one tutorial.

    Args:
        task: the tutorial.
        gpu: what CUDA_VISIBLE_DEVICES becomes; None leaves it.
        stop: ends the execution when it is set.

    Raises:
        RuntimeError: the machine cannot start kernels; never for a tutorial's fault.
    """
    folder = Path(kernels.short_folder()).resolve()
    try:
        return asyncio.run(Execution(task, folder, stop or threading.Event()).outcome(gpu))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def execute_all(
    tasks: Iterable[Task],
    *,
    jobs: int,
    scheduler: str | None = None,
    stop: threading.Event | None = None,
    on_start: Callable[[Task], object] | None = None,
    on_done: Callable[[Outcome], object] | None = None,
) -> Iterator[Outcome]:
    """Execute tutorials side by side, begun in the given order; yield each outcome as soon as it is there.

    On this machine at most `jobs` run at a time, and of those with `gpu` one per GPU; the others see no GPU.
    With a Dask `scheduler` all go to its workers, those with `gpu` to ones with the resource GPU.
    """
    stop, free = stop or threading.Event(), [] if scheduler else gpus()
    waiting, running = list(tasks), {}
    slots = bool(free)
    with contextlib.ExitStack() as stack:
        if scheduler:
            from distributed import Client

            client = stack.enter_context(Client(scheduler))
            pool: Executor = client.get_executor(pure=False)
            gpu_pool: Executor = client.get_executor(pure=False, resources={"GPU": 1})
        else:
            pool = gpu_pool = stack.enter_context(ThreadPoolExecutor(jobs))
        stack.callback(cancel, running, stop)  # on Ctrl-C, too, what runs is killed
        while waiting or running:
            for task in list(waiting):
                if not scheduler and (len(running) == jobs or (task.gpu and slots and not free)):
                    continue
                waiting.remove(task)
                slot = free.pop() if task.gpu and free else None
                local = {} if scheduler else {"gpu": slot, "stop": stop}
                running[(gpu_pool if task.gpu else pool).submit(execute, task, **local)] = task, slot
                if on_start:
                    on_start(task)
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task, slot = running.pop(future)
                if slot is not None:
                    free.append(slot)
                outcome = settled(future, task)
                if on_done:
                    on_done(outcome)
                yield outcome


def cancel(running: dict[Future, Any], stop: threading.Event) -> None:
    stop.set()
    for future in running:
        future.cancel()


def settled(future: Future, task: Task) -> Outcome:
    """The future's outcome; a task that could not be executed at all (a lost worker) has failed."""
    try:
        return future.result()
    except Exception as error:
        failure = Failure(task.path, 1, 0, "died", f"could not be executed: {paragraph(error)}")
        return Outcome(task.name, plain(notebook(task.cells)), failure, {})


def gpus() -> list[str]:
    """What CUDA_VISIBLE_DEVICES can be for one GPU each."""
    if (visible := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [each for each in visible.split(",") if each]
    return [str(n) for n in range(len(list(Path("/dev").glob("nvidia[0-9]*"))))]


class Execution:
    """One tutorial on its way through a kernel."""

    def __init__(self, task: Task, folder: Path, stop: threading.Event):
        self.task, self.folder, self.stop = task, folder, stop
        self.notebook = notebook(task.cells)
        self.code = [cell for cell in task.cells if cell.kind == "code"]
        self.seconds: list[float] = []
        self.peak = 0
        self.manager = kernels.manager(folder)
        self.client = Client(
            self.notebook, self.manager, allow_errors=True, timeout=None, iopub_timeout=600,
            startup_timeout=300, record_timing=False, store_widget_state=False,
            on_cell_executed=self.note_reply,
        )  # fmt: skip
        self.client.reset_execution_trackers()

    async def outcome(self, gpu: str | None) -> Outcome:
        try:
            await self.start(gpu)
            failure = await self.guarded()
        finally:
            await self.end()
        run = self.record(json.loads((self.folder / "run.json").read_text() or "{}"))
        run["thumbnail"] = thumbnail(self.notebook.cells, self.task.figure)
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = slim(cell.outputs, str(self.folder))
        return Outcome(self.task.name, plain(self.notebook), failure, run)

    async def start(self, gpu: str | None) -> None:
        (self.folder / "scratch").mkdir()
        (self.folder / "run.json").touch()
        env = environment(self.task, self.folder, gpu)
        try:
            await self.client.async_start_new_kernel(cwd=str(self.folder / "scratch"), env=env)
            self.client.kc = await kernels.connected(self.manager, self.client.startup_timeout)
        except RuntimeError as error:
            log = self.folder / "log"
            said = log.read_text() if log.exists() else ""
            raise RuntimeError(f"No kernel could be started: {error}\n{said}") from error
        await self.hidden(f"prepare({list(self.task.modules)!r})")

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
        if cells.done() and not isinstance(cells.exception(), DeadKernelError):
            return cells.result()
        kind, message = await watch
        return self.failure(kind, message)

    async def run_cells(self) -> Failure | None:
        for index, cell in enumerate(self.notebook.cells):
            if cell.cell_type != "code":
                continue
            begun, self.reply = time.monotonic(), {}
            self.seconds.append(0.0)
            await self.client.async_execute_cell(cell, index)
            self.seconds[-1] = time.monotonic() - begun
            errors = [output for output in cell.outputs if output.output_type == "error"]
            if self.reply.get("status") == "error" or errors:
                with contextlib.suppress(RuntimeError):  # a full disk: the tutorial's own error says more
                    await self.finish()
                return self.raised(cell, errors[-1] if errors else self.reply)
        await self.finish()
        return None

    def note_reply(self, execute_reply: dict[str, Any], **_: Any) -> None:
        self.reply = execute_reply["content"]

    async def finish(self) -> None:
        await self.hidden(f"finish({str(self.folder)!r}, {[cell.source for cell in self.code]!r})")

    async def hidden(self, call: str) -> None:
        """Call a function of `press.kernels` in the kernel, without a trace in its names or history."""
        code = f"__import__('importlib').import_module('press.kernels').{call}"
        reply = await self.client.kc.execute(code, silent=True, store_history=False, reply=True, timeout=None)
        if reply["content"]["status"] != "ok":
            raise RuntimeError(f"{reply['content'].get('ename', call)}: {reply['content'].get('evalue', '')}")

    async def watch(self) -> tuple[str, str]:
        """Look at the kernel five times a second; return kind and message of what is wrong with it."""
        deadline = time.monotonic() + self.task.deadline
        while True:
            self.peak = max(self.peak, self.manager.memory())
            status = await self.manager.provisioner.poll()
            if status is not None:
                return "died", f"the kernel died: {death(status)}"
            if self.peak > self.task.memory:
                used, limit = self.peak / 1e6, self.task.memory / 1e6
                return "memory", f"used {used:,.0f} MB of memory, the limit is {limit:,.0f} MB"
            if time.monotonic() > deadline:
                limit = f"{self.task.deadline:g} s, the deadline of the whole tutorial"
                return "deadline", f"not finished after {limit}"
            if self.stop.is_set():
                return "interrupted", "interrupted"
            await asyncio.sleep(0.2)

    def raised(self, cell: Any, error: dict[str, Any]) -> Failure:
        told = json.loads((self.folder / "run.json").read_text() or "{}")
        line = told["error"].get("line", 1) if told else shown_line(cell, error)
        name, message = error["ename"], SYNTAX_FILE.sub("", paragraph(error["evalue"]))
        if name == "AssertionError" and not message:
            message = self.code[len(self.seconds) - 1].source.lstrip("\n").splitlines()[line - 1].strip()
        kinds = {"SystemExit": "exit", "DeprecationWarning": "warning", "FutureWarning": "warning"}
        return self.failure(kinds.get(name, "exception"), f"{name}: {message}" if message else name, line)

    def failure(self, kind: str, message: str, line: int = 1) -> Failure:
        cell = self.code[max(len(self.seconds), 1) - 1]
        blank = len(cell.source) - len(cell.source.lstrip("\n"))
        return Failure(self.task.path, cell.line + blank + line - 1, max(len(self.seconds), 1), kind, message)

    def record(self, told: dict[str, Any]) -> dict[str, Any]:
        unknown = {"gpu_memory": None, "device": None, "torch": None, "python": None}
        unknown |= {"data": [], "metrics": {}, "names": {}}
        return {
            "seconds": round(sum(self.seconds), 3),
            "cell_seconds": [round(seconds, 3) for seconds in self.seconds],
            "peak_memory": max(self.peak, told.get("memory", 0)),
            "cpus": self.task.threads,
            "date": datetime.now(UTC).date().isoformat(),
        } | {key: told.get(key, nothing) for key, nothing in unknown.items()}


class Client(NotebookClient):
    """Joins streams as they arrive and bounds them, so that 100 MB of output never lie in memory."""

    kc: Any

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.bulk: dict[int, int] = {}  # characters of results, by cell

    def output(self, outs: list, msg: dict, display_id: str | None, cell_index: int) -> Any:
        content = msg["content"]
        if len(outs) >= OUTPUTS:
            outs[-1] = new_output("stream", name="stderr", text=f"[more than {OUTPUTS} outputs: cut]\n")
            return None
        if msg["msg_type"] == "display_data" and self.bulk.get(cell_index, 0) > BULK:
            if outs[-1].get("text") != CUT:
                outs.append(new_output("stream", name="stderr", text=CUT))
            return None
        if "data" in content:
            sizes = [len(value) for value in content["data"].values() if isinstance(value, str)]
            self.bulk[cell_index] = self.bulk.get(cell_index, 0) + sum(sizes)
        if msg["msg_type"] != "stream":
            try:
                return super().output(outs, msg, display_id, cell_index)
            except nbformat.ValidationError:
                told = "[an output that no notebook can hold: left out]\n"
                outs.append(new_output("stream", name="stderr", text=told))
                return None
        stream = next((out for out in last_streams(outs) if out.name == content["name"]), None)
        if stream is None:
            stream = super().output(outs, msg | {"content": content | {"text": ""}}, display_id, cell_index)
        if stream is None or stream.get("left_out"):
            if stream:
                stream.left_out += len(content["text"])
            return stream
        line = stream.text.rfind("\n") + 1
        stream.text = stream.text[:line] + overwritten(stream.text[line:] + content["text"])
        if len(stream.text) > TEXT:
            stream.left_out, stream.text = len(stream.text) - TEXT, stream.text[:TEXT]
        return stream


def shown_line(cell: Any, error: dict[str, Any]) -> int:
    """The line of the cell that the coloured traceback names last, for a kernel that could not write it down."""
    text = ANSI.sub("", "\n".join(error.get("traceback", [])))
    lines = re.findall(rf"Cell In\[{cell.execution_count}\], line (\d+)", text)
    return int(lines[-1]) if lines else 1


def last_streams(outs: list) -> Iterator[Any]:
    """The streams behind the last figure or other result: only these are joined, so that the order stays."""
    for out in reversed(outs):
        if out.output_type != "stream":
            return
        yield out


def overwritten(text: str) -> str:
    """Text as a terminal shows it: what stands before a carriage return is gone once something follows."""
    if "\r" not in text:
        return text
    return "\n".join(line[line.rstrip("\r").rfind("\r") + 1 :] for line in text.split("\n"))


def notebook(cells: Iterable[Cell]) -> nbformat.NotebookNode:
    made = [
        new_markdown_cell(cell.source, id=f"cell-{number}")
        if cell.kind == "text"
        else new_code_cell(cell.source.strip("\n"), id=f"cell-{number}")
        for number, cell in enumerate(cells, 1)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=made, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def plain(node: nbformat.NotebookNode) -> dict[str, Any]:
    return json.loads(json.dumps(node))


def environment(task: Task, folder: Path, gpu: str | None) -> dict[str, str]:
    """The kernel's environment: the press's own, and what makes runs equal."""
    env = kernels.environment()
    env |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(task.threads))
    env |= {"TQDM_DISABLE": "1", "IPYTHONDIR": str(folder / "ipython")}  # nobody's profile or start-up files
    if "KINDLING_DATA" in env:
        env["KINDLING_DATA"] = os.path.abspath(env["KINDLING_DATA"])
    if gpu is not None or not task.gpu:
        env["CUDA_VISIBLE_DEVICES"] = gpu or ""
    return env


def slim(outputs: list, folder: str) -> list:
    """The outputs without what differs from run to run, and without what a page has no use for."""
    kept: list = []
    for output in outputs:
        if output.output_type == "stream":
            output.text = clean(output.text.replace("\r\n", "\n"), folder, output.pop("left_out", 0))
        elif output.output_type == "error":
            output.traceback = [clean(line, folder) for line in output.traceback]
            output.evalue = clean(output.evalue, folder)
        else:
            slim_bundle(output, folder)
        # Whether stdout or stderr came first is chance.
        swap = kept and output.get("name") == "stdout" and kept[-1].get("name") == "stderr"
        kept.insert(len(kept) - bool(swap), output)
    return kept


def slim_bundle(output: Any, folder: str) -> None:
    """Keep a figure as SVG where it is lines, as a small PNG where it is an image; bound and clean texts."""
    data = output.data
    for mime in [mime for mime, value in data.items() if isinstance(value, list) and not mime.endswith("json")]:
        data[mime] = "".join(data[mime])  # a notebook may hold a text as a list of lines
    if "image/svg+xml" in data:
        svg = data["image/svg+xml"] = shorter(SVG_NOISE.sub("", data["image/svg+xml"]).strip())
        rasters = max(map(len, SVG_RASTER.findall(svg)), default=0)
        unfit = len(svg) > FIGURE or rasters > RASTER
        drop = "image/svg+xml" if unfit and "image/png" in data else "image/png"
        data.pop(drop, None)
        output.metadata.pop(drop, None)
    for mime in [mime for mime in RASTERS if mime in data and not is_picture(data[mime])]:
        del data[mime]
        data.setdefault("text/plain", f"[{mime} that cannot be read]")
    if len(data.get("image/png", "")) > RASTER:
        data["image/png"] = smaller(data["image/png"])
    for mime, value in list(data.items()):
        text = isinstance(value, str) and mime.startswith("text/")
        size = len(value) if isinstance(value, str) else len(json.dumps(value))
        if mime != "text/plain" and size > (TEXT if text else LARGEST):  # half an HTML document is none
            del data[mime]
            output.metadata.pop(mime, None)
            data.setdefault("text/plain", f"[{mime} of {size:,} characters: cut]")
        elif text:
            data[mime] = clean(value, folder)


def shorter(svg: str) -> str:
    """The same drawing with places to a hundredth of a point, where matplotlib writes a millionth, and lean rasters."""

    def rounded(places: re.Match[str]) -> str:
        numbers = re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), places[0])
        return re.sub(r"\s+", " ", numbers)

    svg = re.sub(r'\b(?:d|x|y)="[^"]*"|translate\([^)]*\)', rounded, svg)
    svg = re.sub(r"(?<=data:image/png;base64,)[^\"]*", lambda raster: smaller("".join(raster[0].split())), svg)
    return re.sub(r">\s+<", "><", svg)


def is_picture(image: Any) -> bool:
    """Whether a page could show it (base64)."""
    try:
        Image.open(BytesIO(base64.b64decode(image))).load()
    except (OSError, ValueError, TypeError, SyntaxError, Image.DecompressionBombError):
        return False  # Pillow calls a broken PNG a SyntaxError
    return True


def smaller(png: str) -> str:
    """The same picture with a palette of 256 colours, if that takes fewer bytes (base64)."""
    image = Image.open(BytesIO(base64.b64decode(png)))
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    method = Image.Quantize.FASTOCTREE if image.mode == "RGBA" else Image.Quantize.MEDIANCUT
    palette, file = image.convert(image.mode if image.mode in ("RGB", "RGBA") else "RGB"), BytesIO()
    palette.quantize(256, method=method).save(file, "PNG", optimize=True)
    return min(png, base64.b64encode(file.getvalue()).decode(), key=len)


def thumbnail(cells: list, number: int) -> str:
    """That figure, or the last before it, as a PNG of 400 x 280 pixels (base64); "" without figures."""
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    pictures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    pictures = [picture for picture in pictures if is_picture(picture)]
    if not pictures:
        return ""
    from sphinx_gallery.utils import scale_image

    with tempfile.TemporaryDirectory() as folder:
        source, small = f"{folder}/figure.png", f"{folder}/thumbnail.png"
        Path(source).write_bytes(base64.b64decode(pictures[min(number, len(pictures)) - 1]))
        scale_image(source, small, 400, 280)
        return smaller(base64.b64encode(Path(small).read_bytes()).decode())


def clean(text: str, folder: str, left_out: int = 0) -> str:
    """Text without memory addresses and temporary paths, cut at a bound."""
    left_out += max(len(text) - TEXT, 0)
    text = CELL_FILE.sub("cell.py", ADDRESS.sub("at 0x...", text[:TEXT]))
    text = text.replace(f"{folder}/scratch", "scratch").replace(folder, "press")
    return f"{text}\n[{left_out:,} more characters: cut]\n" if left_out else text


def paragraph(error: object) -> str:
    """A message on one line."""
    text = " ".join(str(error).split())
    return text if len(text) <= 500 else f"{text[:500]} ..."


def death(status: int) -> str:
    if status >= 0:
        return f"it left with exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
