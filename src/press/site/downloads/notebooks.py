"""What a reader takes home: the script, the executed notebook and the workbook."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from press.scripts.exercises import Exercise, Workbook
from press.scripts.header import HEADER
from press.scripts.script import Script
from press.site.downloads import markup

INSTALL = """\
# Fetches the tutorial's own helpers, and whatever else is missing here: on Colab, in a fresh Jupyter.
from importlib.metadata import PackageNotFoundError, version

try:
    [version(name) for name in {names}]
except PackageNotFoundError:
    %pip install --quiet {needed}"""
ABOUT = """\
Each exercise has a cell with a gap, written `...`, and below it a cell that checks. Fill the gap, run both, and read
what the check says. The hints go a step further each; the solution is folded away below them."""
KEEP = """\
## Keep what you passed

The next cell writes a small file of what you passed here. The page [My progress]({progress}) takes it in."""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Home:
    """What a download finds the site by."""

    package: str = ""  # the shared package
    wheel: str = ""  # the address of its wheel; "" if the site serves none
    progress: str = ""  # the address of the page that takes in what was passed
    linked: Callable[[str], str] = str  # turns the relative links of a text into links to the site


def script(source: str, home: Home) -> str:
    """The script with its dependency on the package pointed at the wheel that the site serves.

    In the clone the header finds the package by a relative path, which would lead nowhere elsewhere.
    """
    source = home.linked(source)
    match = HEADER.search(source)
    if not match or not home.wheel:
        return source
    package = re.escape(home.package)
    content = re.sub(rf'"{package}"', f'"{home.package} @ {home.wheel}"', match["content"], count=1)
    content = re.sub(rf"(?m)^# {package} = \{{.*\}}\n", "", content)
    content = re.sub(r"(?m)^# \[tool\.uv\.sources\]\n(?:#\n)*(?=# \[|\Z)", "", content)
    return source[: match.start("content")] + content + source[match.end("content") :]


def tutorial(lesson: Script, outputs: Sequence[Sequence[dict[str, Any]]], home: Home) -> str:
    """The tutorial as an executed notebook: today's text, the code, and the outputs of the last run."""
    cells: list[dict[str, Any]] = []
    if home.wheel:
        cells.append(code_cell("install", install(home, lesson.header.dependencies)))
    number = 0
    for position, cell in enumerate(lesson.cells, 1):
        if cell.kind == "text":
            cells.append(text_cell(f"text-{position}", home.linked(cell.source)))
        else:
            number += 1
            shown = outputs[number - 1] if number <= len(outputs) else []
            cells.append(code_cell(f"code-{number}", cell.source, shown, number if shown else None))
    return notebook(cells, lesson.title)


def workbook(book: Workbook, page: str, home: Home) -> str:
    """The exercises as a notebook, nothing in it executed; `page` is the address of the tutorial."""
    cells: list[dict[str, Any]] = []

    def say(*pieces: str) -> None:
        cells.append(text_cell(f"text-{len(cells)}", home.linked("\n\n".join(filter(None, pieces)))))

    def run(source: str) -> None:
        cells.append(code_cell(f"code-{len(cells)}", source))

    say(f"# {book.title}", book.lead, ABOUT, f"[Back to the tutorial]({page})" if page else "")
    if home.wheel:
        run(install(home, book.dependencies))
    if book.setup:
        run(book.setup)
    for exercise in book.exercises:
        say(exercise.task)
        if not exercise.open:
            run(exercise.starter)
            run(f"# @title Check: {exercise.title}\n\n{exercise.checker}")
            # For Jupyter and for Colab, which wants a title.
            cells[-1]["metadata"] = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["checker"]}
        if folded := folds(exercise):
            say(*folded)
    if home.progress and not all(exercise.open for exercise in book.exercises):
        say(KEEP.format(progress=home.progress))
        run(f"from {home.package or 'kindling'} import practice\n\npractice.save()")
    return notebook(cells, book.title)


def folds(exercise: Exercise) -> list[str]:
    """The hints, each a step further, and the solution."""
    count = len(exercise.hints)
    titles = ["Hint"] if count == 1 else [f"Hint {number}" for number in range(1, count + 1)]
    folded = list(zip(titles, exercise.hints, strict=True))
    if not exercise.open:
        folded.append(("Solution", f"```python\n{exercise.solution.strip()}\n```\n\n{exercise.remarks}".strip()))
    return [markup.details(title, text) for title, text in folded]


def install(home: Home, dependencies: Sequence[str]) -> str:
    """The first cell of a notebook: the wheel, and whatever else the script's header asks for.

    Where another notebook brought the package, what only this one needs may still be missing.
    """
    others = [need for need in dependencies if need != home.package]
    names = [home.package, *(re.split(r"[^\w.-]", need, maxsplit=1)[0] for need in others)]
    quoted = [f'"{need}"' if re.search(r"[<>=~! ]", need) else need for need in others]
    return INSTALL.format(names=json.dumps(names), needed=" ".join([home.wheel, *quoted]))


def text_cell(name: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": lines(markup.for_notebook(source))}


def code_cell(
    name: str, source: str, outputs: Sequence[dict[str, Any]] = (), count: int | None = None
) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": count,
        "id": name,
        "metadata": {},
        "outputs": list(outputs),
        "source": lines(source),
    }


def notebook(cells: list[dict[str, Any]], title: str) -> str:
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "title": title}
    made = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
