"""In the kernel: what is made ready before the first cell, and what is told after the last one."""

import ast
import concurrent.futures.thread
import importlib.util
import json
import platform
import re
import sys
import threading
import time
import traceback
import warnings
from functools import reduce
from pathlib import Path
from typing import Any

from IPython import get_ipython
from sphinx_gallery.backreferences import identify_names

ERROR: dict[str, Any] = {}
OWN: set[threading.Thread] = set()  # threads that are none of the tutorial's
POOL = concurrent.futures.thread.__file__
PATIENCE = 5  # seconds that threads may go on after the last cell
CELL = r".*[/\\]ipykernel_\d+[/\\]"  # the file of a cell


def prepare(modules: list[str], script: str, file: str) -> None:
    """Before the first cell: a script's arguments and imports, strict warnings, equal figures, an exit that is seen."""
    sys.path[:0] = [folder for folder in modules if folder not in sys.path]
    sys.argv = [script]
    OWN.update(threading.enumerate())
    shell: Any = get_ipython()
    if file:  # only where it is asked for: processes that are spawned would run the file
        shell.user_ns["__file__"] = file
    for category in (DeprecationWarning, FutureWarning):  # the second module: warnings of the compiler
        warnings.filterwarnings("error", category=category, module=f"__main__$|{CELL}")
    if importlib.util.find_spec("matplotlib"):
        import matplotlib
        from matplotlib_inline.config import InlineBackend

        InlineBackend.instance(parent=shell).figure_formats = {"svg", "png"}
        shell.enable_matplotlib("inline")
        matplotlib.rcParams.update({"svg.hashsalt": "press", "figure.dpi": 120})
    shell.ask_exit = lambda: sys.exit("exit() was called")  # exit() would end the kernel without a word about where
    shell.events.register("post_run_cell", note_error)


def note_error(result: Any) -> None:
    """Keep the line of the cell that an exception came from; the press gets it only as colored text."""
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return
    shell: Any = get_ipython()
    name = shell.compile.get_code_name(result.info.raw_cell, "", 0)
    frames = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename == name]
    if isinstance(error, SyntaxError) and (result.error_before_exec or error.filename == name):
        lines.append(error.lineno or 1)
    ERROR.update(line=lines[-1] if lines else 1)


def finish(folder: str, cells: list[str]) -> None:
    """After the last cell: write what only the kernel knows to `folder/run.json`."""
    if not ERROR:
        wait_for_threads()
    torch = sys.modules.get("torch")
    cuda = torch.cuda if torch and torch.cuda.is_initialized() else None
    run = {
        "error": ERROR,
        "memory": peak_memory(),
        "gpu_memory": cuda.max_memory_allocated() if cuda else None,
        "device": cuda.get_device_name() if cuda else "cpu",
        "torch": str(torch.__version__) if torch else None,
        "python": platform.python_version(),
        "names": {} if ERROR else names(cells, get_ipython().user_ns),
    }
    part = Path(folder, "run.json.part")
    part.write_text(json.dumps(run))
    part.replace(part.with_suffix(""))


def wait_for_threads() -> None:
    """Let threads end that Python would wait for at its own end; a warning names those that go on."""
    begun, until = set(threading.enumerate()) - OWN, time.monotonic() + PATIENCE
    while any(is_busy(thread) for thread in begun if not thread.daemon) and time.monotonic() < until:
        time.sleep(0.02)
    if busy := sorted(thread.name for thread in begun if is_busy(thread)):
        print(f"[still busy after the last cell, and not waited for: {', '.join(busy)}]", file=sys.stderr)


def is_busy(thread: threading.Thread) -> bool:
    """Whether it is in a cell's code or, if Python would wait for it, in any but a pool's wait for work."""
    frame = sys._current_frames().get(thread.ident or 0)
    files = [each.f_code.co_filename for each, _ in traceback.walk_stack(frame)] if frame else [POOL]
    return any(re.match(CELL, file) for file in files) if thread.daemon else files[0] != POOL


def peak_memory() -> int:
    """The largest resident set of this process so far, in bytes; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def names(cells: list[str], variables: dict[str, Any]) -> dict[str, str]:
    """The documented names that code names stand for: F.mse_loss is torch.nn.functional.mse_loss.

    A variable has no documentation of its own; of a method the class that defines it is named.
    """
    warnings.simplefilter("ignore")  # of what is looked at; nothing else runs after it
    try:
        tree: Any = ast.parse("\n".join(cells))
    except SyntaxError:  # a magic
        return {}
    known = {}
    for name, uses in identify_names([], "(?!)", variables, tree).items():
        last = name.rpartition(".")[2]
        thing = follow(variables, name)
        owner = getattr(thing, "__self__", None)
        full = {f"{use[key]}.{use['name']}" for use in uses for key in ("module_short", "module")}
        full.add(f"{type(owner).__module__}.{type(owner).__qualname__}.{last}")  # methods written in C
        same = (thing, getattr(thing, "__func__", thing), getattr(type(owner), last, thing))
        fitting = [
            each for each in full
            if each.endswith(f".{last}") and any(follow(sys.modules, each) is one for one in same)
            and not each.startswith(("builtins.", "__main__."))
        ]  # fmt: skip
        if thing is not None and fitting:
            defined = getattr(thing, "__qualname__", last)
            known[name] = min(fitting, key=lambda it: ("._" in it, not it.endswith(defined), len(it), it))
    return known


def follow(names: Any, path: str) -> Any:
    """What a dotted path leads to, from a dictionary of variables or of modules; None if it leads nowhere."""
    pieces = path.split(".")
    for length in range(len(pieces), 0, -1):
        if (thing := names.get(".".join(pieces[:length]))) is not None:
            return reduce(lambda inner, piece: getattr(inner, piece, None), pieces[length:], thing)
    return None
