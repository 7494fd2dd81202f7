"""The checker: it tells a right answer from a wrong one, and says in a sentence what is wrong."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
import torch

from kindling import practice
from kindling.practice import Question, Verdict, check

CASES = [(torch.tensor([1.0, 2.0, 6.0]),), (torch.tensor([[0.0, 4.0], [2.0, 2.0]]),)]
MISTAKES = {"that is the sum; divide it.": torch.sum, "that is the median.": torch.median}


def examine(answer, **options) -> Verdict:
    return Question(**options).judge(answer)


def judged(answer, **more):
    return examine(answer, **{"right": torch.mean, "cases": CASES, "mistakes": MISTAKES, **more})


def average(x):
    return x.sum() / x.numel()


def test_a_right_function_passes_however_it_is_written():
    assert judged(average) == Verdict(True, "right, in 2 cases.")
    assert judged(lambda x: float(x.mean())).passed
    assert judged(lambda x: np.mean(x.numpy())).passed


def test_a_known_mistake_gets_its_own_message():
    assert judged(lambda x: x.sum()) == Verdict(False, "that is the sum; divide it.")
    assert judged(lambda x: x.flatten().sort().values[(x.numel() - 1) // 2]).message == "that is the median."


def test_another_wrong_result_is_told_with_its_arguments():
    message = judged(lambda x: x.mean() + 1).message
    assert message == "for [1.0, 2.0, 6.0]: `<lambda>` gives 4.0, and 3.0 is right."


def test_only_the_case_that_fails_is_told():
    message = judged(lambda x: x.mean() if x.ndim == 1 else x.mean() + 1).message
    assert message.startswith("for [[0.0, 4.0], [2.0, 2.0]]: ")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("a text", "gives a text, and a single number was asked for"),
        (torch.zeros(3), "gives a tensor of shape (3,), and a single number was asked for"),
        ([1, 2], "gives a list of 2, and a single number was asked for"),
        (float("nan"), "gives nan (not a number)"),
        (torch.mean, "gives a function that has not been called"),
        ({}, "gives a dict"),
        (object(), "gives an object"),
    ],
)
def test_a_wrong_type_or_shape_gets_a_sentence(result, words):
    verdict = judged(lambda x: result)
    assert not verdict.passed and words in verdict.message and verdict.message.endswith(".")


def broken(x):
    y = x.reshape(2, 2)
    return y[5]


def test_an_exception_is_told_with_its_line_and_arguments_but_no_traceback():
    message = judged(broken).message
    assert message.startswith(
        "`broken` stopped in its line `y = x.reshape(2, 2)`, for [1.0, 2.0, 6.0], with RuntimeError: "
    )
    assert "Traceback" not in message and "\n" not in message


@pytest.mark.parametrize(
    "raised", [SystemExit(3), ZeroDivisionError(), RecursionError("too deep"), AssertionError("no")]
)
def test_whatever_the_learners_code_raises_gets_a_sentence(raised):
    def stops(x):
        raise raised

    assert f"with {type(raised).__name__}" in judged(stops).message


def test_an_open_gap_is_told_as_such():
    def starter(x): ...

    assert judged(starter).message.startswith("not solved yet: `starter` gives nothing back.")
    assert judged(...).message.startswith("not solved yet")
    assert examine(..., right=3).message.startswith("not solved yet")
    assert examine((1, ...), right=(1, 2)).message.startswith("not solved yet")


def test_a_value_where_a_function_was_asked_for_gets_a_sentence():
    assert "must be a function that can be called, and it is a number" in judged(3.0).message


def test_values_are_compared_by_structure_shape_and_number():
    assert examine((1, 12, 4), right=torch.empty(0).new_empty(4, 2, 3).permute(0, 1, 2).stride()).passed is False
    assert examine([1, 2.0], right=(1, 2)).passed
    assert examine(np.float32(0.1), right=0.1).passed
    assert examine("Abc", right="abc").message == "your answer is 'Abc', and that is not it."
    assert examine([1], right=[1, 2]).message == "your answer is 1 values, and 2 were asked for."
    assert examine([1, 5], right=[1, 2]).message == "value 2 of 2: it is 5, and 2 is right."
    assert not examine(torch.zeros(2), right=torch.zeros(2, 1)).passed
    assert examine(1.00001, right=1.0).passed and not examine(1.001, right=1.0).passed
    assert examine(1.001, right=1.0, tolerance=0.01).passed


COUNTS = [79_510, 669_706, 2**24 + 1, 2**53 + 1, 10**30]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(
    "form",
    [
        int,
        lambda count: (1, count),
        lambda count: [(0.5, [count, "a text"])],
        lambda count: np.array([count]) if count < 2**63 else [count],
        lambda count: np.int64(count) if count < 2**63 else [count],
        lambda count: torch.tensor([[1, count]]) if count < 2**63 else [count],
        lambda count: torch.arange(count % 1000, count % 1000 + 9),
    ],
    ids=["int", "tuple", "nested", "array", "numpy int", "tensor", "large tensor"],
)
def test_where_an_integer_is_right_one_too_many_is_wrong(count, form):
    assert examine(form(count), right=form(count)).passed
    for wrong in (count + 1, count - 1):
        verdict = examine(form(wrong), right=form(count), tolerance=0.5)
        assert not verdict.passed
        shown = re.search(r"(?:is|has) (\S.*), and (\S.*) is right\.$", verdict.message)
        assert shown and shown[1] != shown[2], "the sentence shows two different numbers"


def test_a_whole_float_may_answer_an_integer_and_no_other_may():
    assert examine(79510.0, right=79510).passed
    assert examine([np.float32(79510), torch.tensor(3.0)], right=[79510, 3]).passed
    assert examine(79511.0, right=79510).message == "your answer is 79511, and 79510 is right."
    assert examine(torch.tensor(79511.0), right=79510).message == "your answer is 79511.0, and 79510 is right."
    assert not examine(79510.5, right=79510).passed and not examine(3.0001, right=3, tolerance=0.1).passed
    assert not examine(2.0**24, right=2**24 + 1).passed and not examine(math.nan, right=3).passed
    assert examine(79511, right=79510.0).passed, "where a float is right, a float's tolerance holds"


def test_truth_values_are_compared_exactly_too():
    flags = torch.tensor([True, False])
    assert examine(flags, right=flags).passed and examine([1, 0], right=[True, False]).passed
    assert not examine(torch.tensor([1.0, 1e-7]), right=flags).passed
    assert not examine(~flags, right=flags).passed and not examine(2, right=True).passed
    assert examine(torch.tensor([1, 2], dtype=torch.uint8), right=np.array([1, 2], np.uint16)).passed


def test_a_mistake_of_one_is_told_from_the_right_integer_by_its_own_sentence():
    assert examine(79_511, right=79_510, mistakes={"one too many.": 79_511}).message == "one too many."


def test_a_large_tensor_is_told_by_its_first_wrong_number():
    wrong = torch.zeros(4, 5)
    wrong[2, 3] = 7
    message = examine(wrong, right=torch.zeros(4, 5)).message
    assert "1 of its 20 numbers are wrong: at [2, 3] it has 7, and 0 is right" in message


def test_an_answer_that_changes_its_arguments_spoils_nobody_elses():
    def spoils(x):
        return x.mul_(0).sum()

    assert not judged(spoils).passed
    assert judged(average).passed


def test_everybody_draws_the_same_random_numbers_and_the_callers_stream_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    verdict = examine(lambda n: torch.rand(n), right=lambda n: torch.empty(n).uniform_(), cases=[(3,)])
    assert verdict.passed and torch.equal(torch.rand(2), expected)


def test_the_verdict_does_not_depend_on_random_numbers_drawn_before():
    drawn = []

    def draws(n):
        drawn.append(torch.rand(n))
        return drawn[-1]

    for seed in (1, 2):
        torch.manual_seed(seed)
        examine(draws, right=torch.rand, cases=[(3,)])
    assert torch.equal(drawn[0], drawn[1])


def test_a_probe_shows_what_plain_calls_do_not():
    def probe(step):
        weights = torch.ones(2)
        step(weights)
        return weights

    right = lambda weights: weights.mul_(0.5)  # noqa: E731
    mistakes = {"nothing changed; write in place.": lambda weights: weights * 0.5}
    assert examine(lambda weights: weights.div_(2), right=right, probe=probe, mistakes=mistakes).passed
    assert examine(lambda weights: weights / 2, right=right, probe=probe, mistakes=mistakes).message.startswith(
        "nothing"
    )


def test_a_mistake_that_is_right_is_an_error_of_the_exercise():
    with pytest.raises(ValueError, match="does the same as the right answer"):
        judged(average, mistakes={"so.": lambda x: x.mean()})
    with pytest.raises(ValueError, match="cases or a probe"):
        examine(average, right=torch.mean)


def test_check_prints_one_line_and_remembers_what_was_passed(capsys, monkeypatch):
    monkeypatch.setattr(practice, "_passed", {})
    check("a/b", 3, right=3)
    check("a/c", 4, right=3, mistakes={"one too many.": 4})
    assert capsys.readouterr().out == "✓ a/b: right.\n✗ a/c: one too many.\n"
    assert list(practice.passed()) == ["a/b"]
    check("a/b", 4, right=3)
    assert not practice.passed()


def test_what_was_passed_is_written_to_a_file_that_keeps_what_it_held(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(practice, "_passed", {"a/b": "2026-01-02T03:04:05+00:00"})
    path = tmp_path / "p.json"
    path.write_text('{"kindling": 1, "exercises": {"x/y": "2025-01-01T00:00:00+00:00"}, "read": {"z": "2025-01-01"}}')
    assert practice.save(path) == path
    kept = json.loads(path.read_text())
    assert set(kept["exercises"]) == {"a/b", "x/y"} and kept["read"] == {"z": "2025-01-01"} and kept["kindling"] == 1
    assert "2 exercises passed" in capsys.readouterr().out
    path.write_text("[]")
    with pytest.raises(ValueError, match="is no progress file"):
        practice.save(path)
