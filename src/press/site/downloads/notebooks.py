"""What a reader takes home: the script, the executed notebook and the workbook."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from press.scripts.exercises import Workbook
from press.scripts.header import HEADER
from press.scripts.script import Script
from press.site.downloads import markup
from press.site.pages.templates import draw

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Home:
    """What a download finds the site by."""

    package: str = ""  # the shared package
    wheel: str = ""  # the address of its wheel; "" if the site serves none
    progress: str = ""  # the address of the page that takes in what was passed
    linked: Callable[[str], str] = str  # turns the relative links of a text into links to the site


def script(source: str, home: Home) -> str:
    """The script with its dependency on the package, by a path in the clone, pointed at the wheel of the site."""
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
    cells = [code_cell("install", install(home, lesson.header.dependencies))] if home.wheel else []
    number = 0
    for position, cell in enumerate(lesson.cells, 1):
        if cell.kind == "text":
            cells.append(text_cell(f"text-{position}", home.linked(cell.source)))
        else:
            shown = outputs[number] if number < len(outputs) else []
            number += 1
            cells.append(code_cell(f"code-{number}", cell.source, shown, number if shown else None))
    return notebook(cells, lesson.title)


def workbook(book: Workbook, page: str, home: Home) -> str:
    """The exercises as a notebook, nothing in it executed; `page` is the address of the tutorial."""
    cells: list[dict[str, Any]] = []

    def say(text: str) -> None:
        if text:
            cells.append(text_cell(f"text-{len(cells)}", home.linked(text)))

    def run(source: str) -> None:
        if source:
            cells.append(code_cell(f"code-{len(cells)}", source))

    say(draw("workbook.txt.j2", book=book, page=page))
    run(install(home, book.dependencies) if home.wheel else "")
    run(book.setup)
    for exercise in book.exercises:
        say(exercise.task)
        if not exercise.open:
            run(exercise.starter)
            run(f"# @title Check: {exercise.title}\n\n{exercise.checker}")
            # For Jupyter and for Colab, which wants a title.
            cells[-1]["metadata"] = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["checker"]}
        say(draw("folds.txt.j2", exercise=exercise).strip())
    if home.progress and not all(exercise.open for exercise in book.exercises):
        say(draw("keep.txt.j2", progress=home.progress))
        run(f"from {home.package or 'kindling'} import practice\n\npractice.save()")
    return notebook(cells, book.title)


def install(home: Home, dependencies: Sequence[str]) -> str:
    """The first cell of a notebook: the wheel, and whatever else the header asks for that is missing."""
    others = [need for need in dependencies if need != home.package]
    names = [home.package, *(re.split(r"[^\w.-]", need, maxsplit=1)[0] for need in others)]
    quoted = [f'"{need}"' if re.search(r"[<>=~! ]", need) else need for need in others]
    return draw("install.txt.j2", names=json.dumps(names), needed=" ".join([home.wheel, *quoted]))


def text_cell(name: str, text: str) -> dict[str, Any]:
    source = markup.for_notebook(text).splitlines(keepends=True)
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def code_cell(name: str, source: str, outputs: Sequence[Any] = (), count: int | None = None) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": name, "metadata": {}, "source": source.splitlines(keepends=True)}
    return cell | {"execution_count": count, "outputs": list(outputs)}


def notebook(cells: list[dict[str, Any]], title: str) -> str:
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "title": title}
    made = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
