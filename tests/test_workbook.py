"""Workbooks: starter and solution are derived from one source, and every exercise of the site can be solved and failed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
from sitefixture import CATALOGUE, LESSONS

from kindling.practice import Question, Verdict
from press.scripts.exercises import Exercise, Workbook, read_workbook
from press.scripts.script import ScriptError
from press.site.downloads.notebooks import Home, workbook

SOURCE = '''\
"""
# Exercises: sums

An intro.
"""

from kindling.practice import check

start = 1

# %%
# ## Add `one`
#
# The task, $a + 1$.
#
# ??? hint
#     A first step.
#
# ??? hint
#     The next.

def add(x):
    """Add one."""
    # gap
    y = x + start
    return y
    # end


check("sums/add-one", add, right=lambda x: 1 + x, cases=[(1,)], mistakes={"so.": lambda x: x})

# %%
# What there is to say.
#
# ## Name it
#
# Another task.

# gap
#: name = ...  # a text
name = "sum"
# end

check("sums/name-it", name, right="sum")

# %%
# ## And now?
#
# An open question.
'''


def book_of(tmp_path: Path, source: str = SOURCE) -> Workbook:
    path = tmp_path / "01_sums.exercises.py"
    path.write_text(source, encoding="utf-8")
    return read_workbook(path, tmp_path, tmp_path)


def test_the_starter_has_a_gap_where_the_solution_has_its_lines(tmp_path):
    add, name, _ = book_of(tmp_path).exercises
    assert add.starter == 'def add(x):\n    """Add one."""\n    ...  # your code'
    assert add.solution == 'def add(x):\n    """Add one."""\n    y = x + start\n    return y'
    assert (name.starter, name.solution) == ("name = ...  # a text", 'name = "sum"')


def test_the_parts_of_an_exercise_are_told_apart(tmp_path):
    book = book_of(tmp_path)
    add, name, now = book.exercises
    assert (book.name, book.title, book.lead) == ("sums", "Exercises: sums", "An intro.")
    assert book.setup.endswith("start = 1")
    assert (add.name, add.hints, add.remarks) == (
        "sums/add-one",
        ("A first step.", "The next."),
        "What there is to say.",
    )
    assert add.task == "## Add `one`\n\nThe task, $a + 1$."
    assert add.checker.startswith('check("sums/add-one", add')
    assert [one.open for one in (add, name, now)] == [False, False, True]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'check("sums/add-one"',
            'check("sums/add-two"',
            r":30: the exercise is called 'sums/add-one'.*check\( says 'sums/add-two'",
        ),
        ("    # gap\n", "", r":22: no gap"),
        ('check("sums/name-it", name, right="sum")\n', "", r"ends with one check\('sums/name-it'"),
        ("# ??? hint\n#     A first step.\n", "# ??? hint\n#     A.\n#\n" * 3, "4 hints; an exercise has at most 3"),
        ("# ## Name it\n", "# ## Add `one`\n", "says 'sums/name-it'"),
        ("# ## ", "# ### ", "no exercise; each begins"),
        ("def add(x):", "def add(x:", "not valid Python"),
    ],
)
def test_a_broken_file_of_exercises_is_told_with_file_and_line(tmp_path, old, new, words):
    assert old in SOURCE
    with pytest.raises(ScriptError, match=rf"01_sums\.exercises\.py:.*{words}" if words[0] != ":" else rf"py{words}"):
        book_of(tmp_path, SOURCE.replace(old, new))


def test_the_notebook_folds_checkers_hints_and_solutions(tmp_path):
    home = Home(package="kindling", wheel="the-wheel", progress="http://site/p/")
    text = workbook(book_of(tmp_path), "http://site/t/", home)
    made = json.loads(text)
    nbformat.validate(made)
    code = ["".join(cell["source"]) for cell in made["cells"] if cell["cell_type"] == "code"]
    assert '"--quiet", "kindling @ the-wheel"' in code[0] and code[-1].endswith("practice.save()")
    assert code[2].endswith("...  # your code") and code[3].startswith("# @title Check: Add `one`")
    checkers = [cell for cell in made["cells"] if "checker" in cell["metadata"].get("tags", [])]
    assert len(checkers) == 2 and all(cell["metadata"]["jupyter"]["source_hidden"] for cell in checkers)
    prose = ["".join(cell["source"]) for cell in made["cells"] if cell["cell_type"] == "markdown"]
    assert [line for line in "\n".join(prose).splitlines() if line.startswith("<details>")] == [
        "<details><summary>Hint 1</summary>",
        "<details><summary>Hint 2</summary>",
        "<details><summary>Solution</summary>",
        "<details><summary>Solution</summary>",
    ]
    assert not any("return y" in source for source in code), "the solution is only in its folded box"


def test_a_file_of_exercises_without_its_tutorial_is_an_error(tiny):
    tiny.write("tutorials/1-first/03_sums.exercises.py", SOURCE)
    (error,) = tiny.tutorials.errors
    assert str(error).startswith(
        "tutorials/1-first/03_sums.exercises.py:1: exercises without a tutorial; 03_sums.py is not there"
    )


def test_exercises_are_no_tutorial_and_change_no_key(tiny):
    tiny.pretend_run()
    tiny.write("tutorials/1-first/01_hello.exercises.py", SOURCE.replace("sums/", "hello/"))
    assert tiny.states() == {"hello": "fresh", "other": "fresh"}
    assert list(tiny.tutorials.workbooks) == ["hello"] and not tiny.tutorials.errors


# The exercises of the site ------------------------------------------------------------------------------------------

BOOKS = CATALOGUE.workbooks
CHECKED = [(book, one) for book in BOOKS.values() for one in book.exercises if not one.open]
every_exercise = pytest.mark.parametrize(("book", "exercise"), CHECKED, ids=[one.name for _, one in CHECKED])


@dataclass(frozen=True)
class Asked:
    """One call of `check`, caught: what it was given."""

    answer: Any
    how: dict[str, Any]

    def verdict(self, answer: Any = None) -> Verdict:
        return Question(**self.how).judge(self.answer if answer is None else answer)

    @property
    def mistakes(self) -> dict[str, Any]:
        return self.how.get("mistakes") or {}


def asked(book: Workbook, exercise: Exercise, work: str) -> Asked:
    """Run the set-up, the work and the checker as a notebook would."""
    caught: list[Asked] = []
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(book.setup, "<setup>", "exec"), names)
    exec(compile(work, "<work>", "exec"), names)
    names["check"] = lambda name, answer, **how: caught.append(Asked(answer, how))
    exec(compile(exercise.checker, "<checker>", "exec"), names)
    return caught[0]


def is_a_sentence(message: str) -> bool:
    return message.rstrip().endswith((".", "?")) and "\n" not in message and "Traceback" not in message


def test_there_are_two_or_three_checked_exercises_a_tutorial_and_an_open_one():
    for script in LESSONS:
        kinds = [one.open for one in BOOKS[script.name].exercises]
        assert 2 <= kinds.count(False) <= 4 and kinds.count(True) >= 1, script.name


@every_exercise
def test_the_starter_fails_kindly(book, exercise):
    verdict = asked(book, exercise, exercise.starter).verdict()
    assert not verdict.passed and is_a_sentence(verdict.message), verdict


@every_exercise
def test_the_official_solution_passes(book, exercise):
    verdict = asked(book, exercise, exercise.solution).verdict()
    assert verdict.passed, verdict


@every_exercise
def test_typical_wrong_answers_get_messages_of_their_own(book, exercise):
    found = asked(book, exercise, exercise.solution)
    assert len(found.mistakes) >= 2
    for message, mistake in found.mistakes.items():
        assert found.verdict(mistake) == Verdict(False, message)
        assert is_a_sentence(message) and len(message.split()) >= 4


@every_exercise
def test_a_wrong_type_a_wrong_shape_and_an_exception_get_a_sentence(book, exercise):
    found = asked(book, exercise, exercise.solution)

    def fails(*arguments: Any, **named: Any) -> Any:
        raise RuntimeError("shapes cannot be multiplied")

    values = [object(), torch.zeros(7, 3, 2, 5), {"a": 1}]
    wrong = [lambda *a, _v=value, **k: _v for value in values] if callable(found.how["right"]) else values
    if callable(found.how["right"]):
        wrong.append(fails)
        assert "shapes cannot be multiplied" in found.verdict(fails).message
    for answer in wrong:
        verdict = found.verdict(answer)
        assert not verdict.passed and is_a_sentence(verdict.message), verdict


@every_exercise
def test_hints_and_remarks_help_without_giving_the_solution_away(book, exercise):
    assert 1 <= len(exercise.hints) <= 3 and exercise.remarks
    lines = [
        line.strip() for line in exercise.solution.splitlines() if line.strip() and line.strip() not in exercise.starter
    ]
    assert not any(line in exercise.task for line in lines)
