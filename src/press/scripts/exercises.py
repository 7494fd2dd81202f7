"""Reads the exercises of a tutorial; CONTRIBUTING.md shows how they are written."""

import ast
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from press.scripts.header import Header
from press.scripts.script import Cell, Script, ScriptError, cut, read_script

GAP = re.compile(r"(?ms)^(?P<indent>[ \t]*)# gap[ \t]*\n(?P<body>.*?)^[ \t]*# end[ \t]*(?:\n|\Z)")
CHECK = re.compile(r"(?m)^check\(")
HINT = re.compile(r'^\?\?\?\+? hint(?:\s+"[^"]*")?[ \t]*\n(?P<body>(?:(?:[ ]{4}.*|[ \t]*)(?:\n|\Z))+)', re.M)
MOST_HINTS = 3


@dataclass(frozen=True)
class Exercise:
    """One section of a workbook; an open question has no code."""

    name: str  # "tutorial/exercise"
    title: str
    task: str
    hints: tuple[str, ...]
    starter: str
    solution: str
    checker: str
    remarks: str

    @property
    def anchor(self) -> str:
        """Where the exercise stands on the page of its workbook."""
        return self.name.partition("/")[2]

    @property
    def open(self) -> bool:
        return not self.checker


@dataclass(frozen=True)
class Workbook:
    """The exercises of one tutorial."""

    path: Path
    name: str  # the slug of the tutorial
    title: str
    lead: str
    setup: str  # code that all exercises need
    header: Header
    exercises: tuple[Exercise, ...]
    cells: tuple[Cell, ...] = ()  # as the author wrote them

    @property
    def code(self) -> tuple[Cell, ...]:
        pieces = [self.setup, *(text for one in self.exercises for text in (one.solution, one.checker))]
        return tuple(Cell("code", piece, 1) for piece in pieces)


def read_workbook(path: Path, tutorials: Path, project: Path) -> Workbook:
    """Parse the exercises of one tutorial; invalid Python or a section that is no exercise is a ScriptError."""
    script = read_script(path, tutorials, project)
    sections: list[list[Cell]] = [[]]
    for cell in script.cells[1:]:
        for piece in cut(cell, "(?=## )"):
            if piece.kind == "text" and re.match("## .", piece.source):
                sections.append([])
            sections[-1].append(piece)
    if len(sections) == 1:
        raise ScriptError(script.path, 1, 'no exercise; each begins with a text cell whose first line is "## Title"')
    exercises = tuple(exercise(script, cells) for cells in sections[1:])
    (name, times), *_ = Counter(one.name for one in exercises).most_common(1)
    if times > 1:
        raise ScriptError(script.path, 1, f"two exercises are called {name!r}")
    below_title = Cell("text", script.cells[0].source.partition("\n")[2].strip(), 1)
    lead, setup = joined([below_title, *sections[0]], "text").strip(), joined(sections[0], "code")
    return Workbook(script.path, script.name, script.title, lead, setup, script.header, exercises, script.cells)


def joined(cells: Sequence[Cell], kind: str) -> str:
    return "\n\n".join(cell.source for cell in cells if cell.kind == kind)


def exercise(script: Script, cells: Sequence[Cell]) -> Exercise:
    """One exercise from the cells of its section, of which the first begins with its title."""
    text, line = cells[0].source, cells[0].line
    title = text.partition("\n")[0].removeprefix("## ").strip()
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if not slug:
        raise ScriptError(script.path, line, f"the title {title!r} has no letter or digit to make a name of")
    name = f"{script.name}/{slug}"
    hints = tuple(re.sub(r"(?m)^ {4}", "", found["body"]).strip() for found in HINT.finditer(text))
    if len(hints) > MOST_HINTS:
        raise ScriptError(script.path, line, f"{len(hints)} hints; an exercise has at most {MOST_HINTS}")
    task = HINT.sub("", text).strip()
    code = [cell for cell in cells if cell.kind == "code"]
    remarks = joined(cells[1:], "text")
    if not code:
        return Exercise(name, title, "\n\n".join(filter(None, [task, remarks])), hints, "", "", "", "")
    if len(code) > 1:
        raise ScriptError(script.path, code[1].line, "a second code cell; an exercise has one, its check included")
    work, checker = work_and_checker(script.path, code[0], name)
    return Exercise(name, title, task, hints, starter(work), solution(work), checker, remarks)


def work_and_checker(path: Path, cell: Cell, name: str) -> tuple[str, str]:
    """The code of the exercise `name`, cut where its check begins."""
    source = cell.source
    begin = CHECK.search(source)
    if not begin or len(CHECK.findall(source)) > 1:
        raise ScriptError(path, cell.line, f"the code of an exercise ends with one check({name!r}, ...)")
    work, checker = source[: begin.start()].rstrip() + "\n", source[begin.start() :].strip()
    match ast.parse(checker).body:
        case [ast.Expr(ast.Call(args=[ast.Constant(str(given)), *_]))]:
            pass
        case _:  # more than a check, or one without a name
            given = None
    if given != name:
        line = cell.line + source.count("\n", 0, begin.start())
        message = f"the exercise is called {name!r}, by its tutorial and its title, and check( says {given!r}"
        raise ScriptError(path, line, message)
    if not GAP.search(work):
        raise ScriptError(path, cell.line, 'no gap; the solution stands between the lines "# gap" and "# end"')
    return work, checker


def starter(work: str) -> str:
    """The code with its gaps open."""

    def opened(match: re.Match[str]) -> str:
        given = re.findall(r"(?m)^[ \t]*#: ?(.*)$", match["body"])
        return "".join(f"{match['indent']}{line}\n" for line in given or ["...  # your code"])

    return GAP.sub(opened, work).rstrip()


def solution(work: str) -> str:
    """The code with its gaps filled."""
    return GAP.sub(lambda match: re.sub(r"(?m)^[ \t]*#:.*\n", "", match["body"]), work).rstrip()
