"""Where and how a tutorial runs: device, seed, smoke runs, and the record of what it used and found.

`KINDLING_DEVICE` chooses the device, `KINDLING_SMOKE=1` makes a smoke run, and `KINDLING_RECORD` names a file for the
record; all are read at each call.
"""

import json
import math
import os
import random
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import SupportsFloat

import numpy as np
import torch

_used_data: list[dict[str, str]] = []
_metrics: dict[str, float] = {}


def device() -> torch.device:
    """The accelerator of this machine, as torch finds it (CUDA, Apple's MPS, XPU, ...), else the CPU.

    `KINDLING_DEVICE` overrides the choice, for example `KINDLING_DEVICE=cpu`.

    Raises:
        RuntimeError: `KINDLING_DEVICE` names no device that torch knows.
    """
    if chosen := os.environ.get("KINDLING_DEVICE"):
        return torch.device(chosen)
    return torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")


def seed(n: int) -> None:
    """Seed the random numbers of Python, NumPy and torch (all devices)."""
    random.seed(n)
    np.random.seed(n)
    torch.manual_seed(n)


def smoke() -> bool:
    """Whether this is a smoke run (`KINDLING_SMOKE=1`): everything executes, on next to no data."""
    return os.environ.get("KINDLING_SMOKE") == "1"


def steps(n: int, smoke_n: int = 2) -> int:
    """How often to repeat: `n` times, or at most `smoke_n` times in a smoke run.

    Examples:
        >>> steps(100)  # but 2 in a smoke run
        100
    """
    return min(n, smoke_n) if smoke() else n


def claim(condition: object, message: str = "") -> None:
    """Assert a result that needs real training; a smoke run skips it, and says so.

    An example is `claim(accuracy > 0.87, "87% are right")`; what holds on any data is a plain `assert`.

    Raises:
        AssertionError: the condition is false, and this is not a smoke run.
    """
    if smoke():
        print(f"skipped in a smoke run: {message or 'a claim about the result'}")
    elif not condition:
        raise AssertionError(message)


@contextmanager
def raises(kind: type[Exception] | tuple[type[Exception], ...], *messages: str) -> Iterator[None]:
    """Let a cell fail on purpose: pass only if exactly this error comes up, and print the first lines of it.

    An example is `with raises(RuntimeError, "addmm: mat1 and mat2 shapes cannot be multiplied"): layer(x)`.

    Args:
        kind: the class itself; a subclass does not pass. Several if an older version raises another one.
        messages: how the error's text begins, line breaks written as spaces; today's first, then older ones.

    Raises:
        AssertionError: no error came up, or another one.
    """
    kinds = kind if isinstance(kind, tuple) else (kind,)
    try:
        yield
    except Exception as error:
        said, name = str(error).strip(), type(error).__name__
        assert type(error) in kinds, f"{name}, not {kinds[0].__name__}: {said}"
        assert " ".join(said.split()).startswith(messages), said
        print("\n".join(f"{name}: {said}".splitlines()[:3]))
    else:
        raise AssertionError(f"the code ran; expected was {kinds[0].__name__}: {messages[0]}")


def objection(action: Callable[[], object], width: int = 150) -> str:
    """What Python or PyTorch has against an action: its error or its first warning in one line, or "no objection".

    An example is `print(objection(lambda: torch.ones(2) + torch.ones(3)))`. A warning counts as an error, so the
    action ends there.

    Args:
        action: what to run, without arguments.
        width: characters after which the line is cut, at a word.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            action()
        except Exception as problem:
            return textwrap.shorten(f"{type(problem).__name__}: {problem}", width, placeholder=" ...")
    return "no objection"


def report(name: str, value: SupportsFloat) -> None:
    """Record a result of this tutorial, like `report("test accuracy", 0.88)`; a name keeps its last value."""
    _metrics[name] = float(value)
    _publish()


def metrics() -> dict[str, float]:
    """The results that [report][kindling.runtime.report] recorded in this process, by name."""
    return dict(_metrics)


def note_data(name: str, version: str, checksum: str, kind: str) -> None:
    """Record that a data set was loaded; the loaders of [kindling.data][] call this.

    The first three are those of its card; the kind is "original", "substitute", or "smoke" (a few samples,
    perhaps made up).
    """
    used = {"name": name, "version": version, "checksum": checksum, "kind": kind}
    if used not in _used_data:
        _used_data.append(used)
        _publish()


def _publish() -> None:
    """Write `{"data": [...], "metrics": {...}}` as JSON to the file that `KINDLING_RECORD` names, if it is set.

    The file is current or absent: it is replaced whole; if that fails it is removed, with a warning, and the tutorial
    goes on. JSON has no nan and no infinity: they become the texts "nan", "inf" and "-inf", which `float` reads.
    """
    if not (name := os.environ.get("KINDLING_RECORD")):
        return
    numbers = {key: value if math.isfinite(value) else str(value) for key, value in _metrics.items()}
    path, part = Path(name), Path(f"{name}.{os.getpid()}.part")
    try:
        part.write_text(json.dumps({"data": _used_data, "metrics": numbers}), encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        for left in (part, path):
            with suppress(OSError):
                left.unlink(missing_ok=True)
        warnings.warn(f"The record of this run cannot be written to {path}: {error}", RuntimeWarning, stacklevel=3)
