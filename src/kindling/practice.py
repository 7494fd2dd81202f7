"""Checks an answer to an exercise, and says in a sentence what is wrong with it.

Works in Jupyter, in Colab and in a plain script, without network or account. What was passed can be written to a
file, which the site's page "My progress" takes in.
"""

import copy
import json
import linecache
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import torch

from kindling.judging import described, difference, holds_gap, same, shown

Probe = Callable[[Callable[..., Any]], Any]

_passed: dict[str, str] = {}


@dataclass(frozen=True)
class Verdict:
    """What a check found: whether the answer is right, and one or two sentences about it."""

    passed: bool
    message: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """What an exercise asks for; its fields are the options of [check][kindling.practice.check]."""

    right: Any
    cases: Sequence[tuple[Any, ...]] | None = None
    probe: Probe | None = None
    mistakes: Mapping[str, Any] | None = None
    tolerance: float = 1e-4

    def judge(self, answer: Any) -> Verdict:
        """Say whether an answer is right, and if not, what is wrong; never raises for what the learner wrote.

        Raises:
            ValueError: the exercise itself makes no sense: a function without cases or probe, or a mistake that does
                the same as the right answer.
        """
        if not callable(self.right):
            return _judge_value(replace(self, cases=None), answer, "your answer")
        if self.cases is None and self.probe is None:
            raise ValueError("a function needs cases or a probe; give the arguments of at least one call")
        return _judge_function(self, answer)


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
        tolerance: relative difference that is no mistake; numbers near 0 may differ by a hundredth of it. Where an
            integer or a truth value is right, no other number is.
    """
    question = Question(right=right, cases=cases, probe=probe, mistakes=mistakes, tolerance=tolerance)
    verdict = question.judge(answer)
    print(f"{'✓' if verdict.passed else '✗'} {name}: {verdict.message}")
    if verdict.passed:
        _passed[name] = datetime.now(UTC).isoformat(timespec="seconds")
    else:
        _passed.pop(name, None)


def _judge_function(question: Question, answer: Any) -> Verdict:
    """Call the answer, the right function and the mistakes alike, and compare what comes out."""
    if answer is ...:
        return Verdict(False, "not solved yet: there is still `...` where your answer goes.")
    if not callable(answer):
        wanted = getattr(question.right, "__name__", "")
        what = f"`{wanted}` must be" if wanted.isidentifier() else "your answer must be"
        return Verdict(False, f"{what} a function that can be called, and it is {described(answer)}.")
    run = question.probe or partial(_call, question.cases or ())
    right = _results(question.right, run)
    wrong = {message: _results(mistake, run) for message, mistake in (question.mistakes or {}).items()}
    name, gaps = getattr(answer, "__name__", "your answer"), []

    def watched(*arguments: Any, **named: Any) -> Any:
        result = answer(*arguments, **named)
        gaps.append(result is None or result is ...)
        return result

    try:
        found = _results(watched, run)
    except (Exception, SystemExit) as error:
        verdict = Verdict(False, _told(error, answer))
    else:
        verdict = _judge_value(replace(question, right=right, mistakes=wrong), found, f"`{name}`")
    if any(gaps) and not verdict.passed and verdict.message not in wrong:
        gap = f"not solved yet: `{name}` gives nothing back. Fill the gap, `...`, and do not forget `return`."
        return Verdict(False, gap)
    return verdict


def _judge_value(question: Question, found: Any, who: str) -> Verdict:
    """Compare what was found with what is right, then with the mistakes, then say how it differs."""
    right, tolerance, mistakes = question.right, question.tolerance, question.mistakes or {}
    cases = question.cases if question.probe is None else None
    for message, mistake in mistakes.items():
        if same(mistake, right, tolerance):
            raise ValueError(
                f"the mistake {message!r} does the same as the right answer; add a case to tell them apart"
            )
    if holds_gap(found):
        return Verdict(False, "not solved yet: there is still `...` where your answer goes.")
    if same(found, right, tolerance):
        return Verdict(True, "right." if cases is None else f"right, in {len(cases)} cases.")
    for message, mistake in mistakes.items():
        if same(found, mistake, tolerance):
            return Verdict(False, message)
    if cases is None:
        return Verdict(False, difference(found, right, who, tolerance))
    for case, one, wanted in zip(cases, found, right, strict=True):
        if not same(one, wanted, tolerance):
            return Verdict(False, f"for {', '.join(map(shown, case))}: {difference(one, wanted, who, tolerance)}")
    raise AssertionError("equal in every case, and yet not equal")


def _call(cases: Sequence[tuple[Any, ...]], function: Callable[..., Any]) -> list[Any]:
    """The ordinary probe: the results of all calls, each with arguments of its own."""
    found = []
    for case in cases:
        try:
            found.append(function(*copy.deepcopy(case)))
        except Exception as error:
            error.add_note(f"for {', '.join(map(shown, case))}")
            raise
    return found


def _results(function: Callable[..., Any], run: Probe) -> Any:
    """What a probe finds, with the same random numbers for everybody."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return run(function)


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
