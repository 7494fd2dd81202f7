"""Checks an answer to an exercise, and says in a sentence what is wrong with it.

Works in Jupyter, in Colab and in a plain script, without network or account. What was passed can be written to a
file, which the site's page "My progress" takes in.
"""

import copy
import json
import linecache
import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

Probe = Callable[[Callable[..., Any]], Any]

_passed: dict[str, str] = {}


@dataclass(frozen=True)
class Verdict:
    """What a check found: whether the answer is right, and one or two sentences about it."""

    passed: bool
    message: str


class _Stopped(Exception):
    """The learner's code raised; the message tells it in a sentence."""


def check(
    name: str,
    answer: Any,
    *,
    right: Any,
    cases: Sequence[tuple[Any, ...]] | None = None,
    probe: Probe | None = None,
    mistakes: Mapping[str, Any] | None = None,
    tolerance: float = 1e-4,
) -> None:
    """Print whether an answer is right, and if not, what is wrong; never raises for what the learner wrote.

    An example is `check("tensors/average", average, right=torch.mean, cases=[(torch.arange(3.0),)])`.

    Args:
        name: the exercise, as "tutorial/exercise".
        answer: a value (number, tensor, text, or a list of these), or a function or class.
        right: the right value, or a function that gives right results.
        cases: for functions: the arguments of each call.
        probe: instead of `cases`, for what plain calls do not show: takes a function like the answer, and returns
            what to compare.
        mistakes: sentences, each with a wrong answer of the same kind. The sentence is printed if the learner's answer
            does the same.
        tolerance: relative difference that is no mistake; numbers near 0 may differ by a hundredth of it.
    """
    verdict = examine(answer, right=right, cases=cases, probe=probe, mistakes=mistakes, tolerance=tolerance)
    print(f"{'✓' if verdict.passed else '✗'} {name}: {verdict.message}")
    if verdict.passed:
        _passed[name] = datetime.now(UTC).isoformat(timespec="seconds")
    else:
        _passed.pop(name, None)


def examine(
    answer: Any,
    *,
    right: Any,
    cases: Sequence[tuple[Any, ...]] | None = None,
    probe: Probe | None = None,
    mistakes: Mapping[str, Any] | None = None,
    tolerance: float = 1e-4,
) -> Verdict:
    """Judge an answer as [check][kindling.practice.check] does, and return the verdict instead of printing it.

    Raises:
        ValueError: the exercise itself makes no sense: a function without cases or probe, or a mistake that does the
            same as the right answer.
    """
    calls = callable(right)
    if calls and cases is None and probe is None:
        raise ValueError("a function needs cases or a probe; give the arguments of at least one call")
    if not calls:
        return _judge(answer, right, dict(mistakes or {}), tolerance, "your answer")
    name = getattr(answer, "__name__", "your answer")
    if answer is ...:
        return Verdict(False, "not solved yet: there is still `...` where your answer goes.")
    if not callable(answer):
        wanted = getattr(right, "__name__", "")
        what = f"`{wanted}` must be" if wanted.isidentifier() else "your answer must be"
        return Verdict(False, f"{what} a function that can be called, and it is {_described(answer)}.")
    run = probe or _called_on(cases or ())
    wanted = _results(right, run)
    wrong = {message: _results(mistake, run) for message, mistake in (mistakes or {}).items()}
    watched = _Watched(answer)
    try:
        found = _results(watched, run, learner=answer)
    except _Stopped as stopped:
        if watched.empty:
            return Verdict(False, _gap(name))
        return Verdict(False, str(stopped))
    verdict = _judge(found, wanted, wrong, tolerance, f"`{name}`", cases if probe is None else None)
    if not verdict.passed and watched.empty and verdict.message not in wrong:
        return Verdict(False, _gap(name))
    return verdict


def _gap(name: str) -> str:
    return f"not solved yet: `{name}` gives nothing back. Fill the gap, `...`, and do not forget `return`."


class _Watched:
    """Calls the learner's function, and notes whether it ever gave nothing back."""

    def __init__(self, function: Callable[..., Any]):
        self.function = function
        self.empty = False

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        result = self.function(*arguments, **named)
        self.empty |= result is None or result is ...
        return result


def _called_on(cases: Sequence[tuple[Any, ...]]) -> Probe:
    """The ordinary probe: the results of all calls, each with arguments of its own."""

    def run(function: Callable[..., Any]) -> list[Any]:
        found = []
        for case in cases:
            try:
                found.append(function(*copy.deepcopy(case)))
            except Exception as error:
                error.add_note(f"for {', '.join(map(_shown, case))}")
                raise
        return found

    return run


def _results(function: Callable[..., Any], run: Probe, learner: Callable[..., Any] | None = None) -> Any:
    """What a probe finds, with the same random numbers for everybody."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if learner is None:
            return run(function)
        try:
            return run(function)
        except (Exception, SystemExit) as error:
            raise _Stopped(_told(error, learner)) from None


def _told(error: BaseException, learner: Callable[..., Any]) -> str:
    """An exception as a sentence: what, where in the learner's code, and for which arguments."""
    name = getattr(learner, "__name__", "your answer")
    method = learner.__init__ if isinstance(learner, type) else learner
    code = getattr(method, "__code__", None)
    where, trace = "", error.__traceback__
    while trace is not None:
        if code is not None and trace.tb_frame.f_code.co_filename == code.co_filename:
            line = linecache.getline(code.co_filename, trace.tb_lineno).strip()
            where = f" in its line `{line}`" if line else ""
        trace = trace.tb_next
    reason = (str(error).strip().splitlines() or [""])[0]
    notes = "".join(f", {note}" for note in getattr(error, "__notes__", ()))
    return f"`{name}` stopped{where}{notes}, with {type(error).__name__}{f': {reason}' if reason else ''}."


def _judge(
    found: Any,
    right: Any,
    mistakes: Mapping[str, Any],
    tolerance: float,
    who: str,
    cases: Sequence[tuple[Any, ...]] | None = None,
) -> Verdict:
    """Compare what was found with what is right, then with the mistakes, then say how it differs."""
    for message, mistake in mistakes.items():
        if _same(mistake, right, tolerance):
            raise ValueError(
                f"the mistake {message!r} does the same as the right answer; add a case to tell them apart"
            )
    if _holds_gap(found):
        return Verdict(False, "not solved yet: there is still `...` where your answer goes.")
    if _same(found, right, tolerance):
        return Verdict(True, "right." if cases is None else f"right, in {len(cases)} cases.")
    for message, mistake in mistakes.items():
        if _same(found, mistake, tolerance):
            return Verdict(False, message)
    if cases is None:
        return Verdict(False, _difference(found, right, who, tolerance))
    for case, one, wanted in zip(cases, found, right, strict=True):
        if not _same(one, wanted, tolerance):
            return Verdict(False, f"for {', '.join(map(_shown, case))}: {_difference(one, wanted, who, tolerance)}")
    raise AssertionError("equal in every case, and yet not equal")


def _holds_gap(value: Any) -> bool:
    return value is ... or (isinstance(value, list | tuple) and any(item is ... for item in value))


def _same(found: Any, right: Any, tolerance: float) -> bool:
    """Whether two values agree: same structure, same shape, same numbers within the tolerance."""
    found, right = _plain(found), _plain(right)
    if isinstance(right, torch.Tensor):
        if not isinstance(found, torch.Tensor) or found.shape != right.shape:
            return False
        exact = torch.complex128 if found.is_complex() or right.is_complex() else torch.float64
        margin = {"rtol": tolerance, "atol": tolerance / 100}
        return torch.allclose(found.to(exact), right.to(exact), **margin, equal_nan=True)
    if isinstance(right, list):
        return (
            isinstance(found, list)
            and len(found) == len(right)
            and all(_same(one, other, tolerance) for one, other in zip(found, right, strict=True))
        )
    return type(found) is type(right) and found == right


def _plain(value: Any) -> Any:
    """Numbers, arrays and tensors as tensors, tuples as lists; all else as it is."""
    if isinstance(value, torch.Tensor):
        return value.detach().cpu()
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufc":
        return torch.from_numpy(np.array(value))
    if isinstance(value, bool | numbers.Number):
        return torch.tensor(value, dtype=torch.complex128 if isinstance(value, complex) else torch.float64)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _difference(found: Any, right: Any, who: str, tolerance: float) -> str:
    """A sentence on how a wrong value differs from the right one: its type, its shape, its size or its numbers."""
    gives = "gives" if who.startswith("`") else "is"
    one, other = _plain(found), _plain(right)
    if isinstance(other, torch.Tensor) and isinstance(one, torch.Tensor):
        if one.shape != other.shape:
            return f"{who} {gives} {_described(found)}, and {_described(right)} was asked for."
        if one.is_floating_point() and one.isnan().any() and not other.isnan().any():
            return f"{who} {gives} nan (not a number): look for a division by zero or the logarithm of zero."
        if other.numel() <= 6:
            return f"{who} {gives} {_shown(found)}, and {_shown(right)} is right."
        wrong = ~torch.isclose(one.double(), other.double(), rtol=tolerance, atol=tolerance / 100, equal_nan=True)
        place = tuple(wrong.nonzero()[0].tolist())
        at = ", ".join(map(str, place))
        return (
            f"{who} {gives} the right shape, and {int(wrong.sum()):,} of its {wrong.numel():,} numbers are wrong: "
            f"at [{at}] it has {one[place].item():.4g}, and {other[place].item():.4g} is right."
        )
    if isinstance(other, list) and isinstance(one, list):
        if len(one) != len(other):
            return f"{who} {gives} {len(one)} values, and {len(other)} were asked for."
        for position, (mine, wanted) in enumerate(zip(one, other, strict=True), 1):
            if not _same(mine, wanted, tolerance):
                return f"value {position} of {len(other)}: {_difference(mine, wanted, 'it', tolerance)}"
    if isinstance(other, str) and isinstance(one, str):
        return f"{who} {gives} {one!r}, and that is not it."
    return f"{who} {gives} {_described(found)}, and {_described(right)} was asked for."


def _described(value: Any) -> str:
    """What kind of thing a value is, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, numbers.Number):
        return "a number"
    if isinstance(value, torch.Tensor | np.ndarray):
        return f"a tensor of shape {tuple(value.shape)}" if value.ndim else "a single number"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    if callable(value):
        return "a function that has not been called" if not isinstance(value, type) else "a class"
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


def _shown(value: Any) -> str:
    """A value in a sentence: itself if it is short, else what it is."""
    if isinstance(value, torch.Tensor | np.ndarray):
        if math.prod(value.shape) > 6:
            return _described(value)
        rounded = torch.as_tensor(value).detach().cpu()
        if rounded.is_floating_point():
            numbers_only = json.dumps(rounded.double().tolist())
            return str(json.loads(numbers_only, parse_float=lambda text: float(f"{float(text):.4g}")))
        return str(rounded.tolist())
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple) and len(value) > 6:
        return _described(value)
    text = repr(value)
    return text if len(text) <= 60 else _described(value)


def passed() -> dict[str, str]:
    """The exercises passed in this process, each with the time (UTC, ISO 8601) of its last pass."""
    return dict(_passed)


def save(path: str | Path = "kindling-progress.json") -> Path:
    """Write what was passed to a file that the site's page "My progress" takes in.

    What the file already says about other exercises stays in it.

    Returns:
        The file's path.

    Raises:
        ValueError: the path holds something that is no such file.
    """
    path = Path(path)
    progress: dict[str, Any] = {"kindling": 1, "exercises": {}}
    if path.exists():
        try:
            progress = json.loads(path.read_text(encoding="utf-8"))
            progress.setdefault("exercises", {}).update({})
        except (ValueError, AttributeError) as error:
            raise ValueError(f"{path} is no progress file ({error}); give another path") from None
    progress["exercises"].update(_passed)
    path.write_text(json.dumps(progress, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    count = len(progress["exercises"])
    print(f"{path}: {count} {'exercise' if count == 1 else 'exercises'} passed. Take it in on the page My progress.")
    return path
