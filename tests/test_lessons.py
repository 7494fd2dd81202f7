"""The shape of the lessons: how long, how wide, how much of it in boxes, how many questions."""

from __future__ import annotations

import re

import pytest
from sitefixture import CLINIC, LESSONS, ROOT, by_name

BOX = re.compile(r"(?m)^(?:!!!|\?\?\?\+?) .*\n(?:(?: {4}.*|[ \t]*)(?:\n|\Z))+")
LONGEST = 600  # lines, with everything


def texts(script) -> list[str]:
    return [cell.source for cell in script.cells if cell.kind == "text"]


@pytest.mark.parametrize("script", [*LESSONS, *CLINIC], ids=by_name)
def test_code_ends_at_column_80(script):
    assert [line for cell in script.code for line in cell.source.split("\n") if len(line) > 80] == []


@pytest.mark.parametrize("script", LESSONS, ids=by_name)
def test_a_lesson_keeps_its_size_its_questions_and_its_boxes(script):
    assert (ROOT / script.path).read_text(encoding="utf-8").count("\n") <= LONGEST
    assert len(script.quizzes) <= 6
    boxes = [box for text in texts(script) for box in BOX.findall(f"{text}\n")]
    inside = sum(len(box.split()) for box in boxes)
    outside = sum(len(text.split()) for text in texts(script)) - inside
    assert inside <= outside / 2, f"{inside} words in boxes, {outside} outside"
    for text in texts(script):
        assert not re.search(r"(?s)!!! quiz.*?\n(?: {4}.*\n|\s*\n)*!!! quiz", text), "two questions in a row"
