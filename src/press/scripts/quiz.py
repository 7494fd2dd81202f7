"""Reads the quiz questions in a script's text; CONTRIBUTING.md shows how they are written."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

BEGIN = re.compile(r'!!! quiz(?:\s+"(?P<title>[^"]+)")?\s*$')
OPTION = re.compile(r"- \[(?P<mark>.)\]\s*(?P<text>.*)$")
NUMBER = re.compile(
    r"(?P<value>[-−+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?)(?:\s*±\s*(?P<within>\d+(?:\.\d+)?(?:e-?\d+)?))?"
)
OTHERWISE = "anything else"
INDENT = "    "


class QuizError(ValueError):
    """A question that breaks the format; `line` counts from 0 at the beginning of the text."""

    def __init__(self, line: int, message: str):
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Option:
    """One answer: its text, whether it is right, and what is said to those who choose it."""

    text: str
    right: bool
    why: str


@dataclass(frozen=True)
class Quiz:
    """One question."""

    title: str
    question: str
    options: tuple[Option, ...]
    kind: str  # "one", "several" or "number"

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    @property
    def right(self) -> tuple[Option, ...]:
        return tuple(option for option in self.options if option.right)


def find(text: str) -> Iterator[tuple[int, int, Quiz]]:
    """Every question of a text, with its first line and the line after its last, counted from 0; else a QuizError."""
    lines, row, fenced = text.split("\n"), 0, False
    while row < len(lines):
        fenced ^= lines[row].lstrip().startswith(("```", "~~~"))
        if fenced or not (begin := BEGIN.match(lines[row])):
            row += 1
            continue
        below = takewhile(lambda line: not line.strip() or line.startswith(INDENT), lines[row + 1 :])
        content = "\n".join(line.removeprefix(INDENT) for line in below).rstrip().split("\n")
        yield row, row + 1 + len(content), read(begin["title"] or "", content, row)
        row += 1 + len(content)


def read(title: str, lines: list[str], row: int) -> Quiz:
    """One question from its lines, which begin after line `row` of the text."""
    if not re.search(r"\w", title):
        raise QuizError(row, 'a quiz without a title; write !!! quiz "The concept that it tests"')
    starts = [number for number, line in enumerate(lines) if OPTION.match(line)]
    question = "\n".join(lines[: starts[0]] if starts else lines).strip()
    if not question:
        raise QuizError(row, "a quiz without a question; it stands between the title and the first option")
    pieces = [(start, lines[start:stop]) for start, stop in pairwise([*starts, len(lines)])]
    options = tuple(read_option(piece, row + 1 + start) for start, piece in pieces)
    marks = [piece[0][3] for _, piece in pieces]  # the x of "- [x]"
    return Quiz(title, question, options, kind_of(options, marks, row))


def read_option(lines: list[str], row: int) -> Option:
    """An option from its lines; the first is line `row` of the text."""
    match = OPTION.match(lines[0])
    assert match is not None
    if match["mark"] not in "x =":
        raise QuizError(row, f"the mark [{match['mark']}] means nothing; allowed are [x], [ ] and [=]")
    rest = [line.strip() for line in lines[1:]]
    option = " ".join([match["text"], *(line for line in rest if line and not line.startswith(">"))]).strip()
    why = "\n".join(line.removeprefix(">").strip() for line in rest if line.startswith(">")).strip()
    if not option:
        raise QuizError(row, "an option without a text")
    if not why:
        raise QuizError(row, f"the option {option!r} has no explanation; below it, after >, say why it is so")
    return Option(option, match["mark"] != " ", why)


def kind_of(options: Sequence[Option], marks: list[str], row: int) -> str:
    """Check that the options make a question, and say of which kind."""
    if len({option.text for option in options}) < len(options):
        raise QuizError(row, "two options have the same text")
    if "=" in marks:
        if marks.count("=") > 1 or "x" in marks:
            raise QuizError(row, "a question for a number has one right option, marked [=]")
        numbers = [option for option in options if option.text != OTHERWISE]
        for option in numbers:
            if not NUMBER.fullmatch(option.text):
                raise QuizError(row, f"the option {option.text!r} is no number; write 0.5, 1,808 or 0.268 ± 0.001")
        if len(numbers) == len(options):
            raise QuizError(row, f'no option "{OTHERWISE}"; it says what to think of when the number is another')
        return "number"
    if "x" not in marks or " " not in marks:
        raise QuizError(row, "a quiz needs a right option, marked [x], and a wrong one, marked [ ]")
    return "several" if marks.count("x") > 1 else "one"


def number(text: str) -> tuple[float, float]:
    """The value of a number option, and how far from it an answer may lie."""
    match = NUMBER.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no number")
    return float(match["value"].replace(",", "").replace("−", "-")), float(match["within"] or 0)


def replace(text: str, write: Callable[[Quiz], str]) -> str:
    """The text with each question written in another way."""
    lines, position, pieces = text.split("\n"), 0, []
    for begin, end, quiz in find(text):
        pieces += ["\n".join(lines[position:begin]), write(quiz)]
        position = end
    return "\n".join([*pieces, "\n".join(lines[position:])]) if pieces else text
