"""What a reader takes home: the script, the executed notebook and the workbook."""

import ast
import json
import re
from collections.abc import Sequence
from typing import Any

from press.scripts.exercises import Workbook
from press.scripts.header import HEADER
from press.scripts.script import Script, asks_file
from press.site.downloads import markup
from press.site.downloads.home import Home
from press.site.pages.templates import draw

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
FUTURE = re.compile(r"(?m)^from __future__ import (?:\([^)]*\)|[^\n(]*)\n*")
LANGUAGE = {  # without it, nbconvert does not know how the name of an export ends
    "name": "python",
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}


def script(source: str, home: Home) -> str:
    """The script with its dependency on the package, by a path in the clone, pointed at the wheel of the site."""
    source = home.linked(source)
    if home.files:
        source = fetching(source, home)
    match = HEADER.search(source)
    if not match or not home.wheel:
        return source
    header = home.header(re.sub("(?m)^# ?", "", match["content"])).split("\n")
    content = "".join(f"# {line}".rstrip() + "\n" for line in header)
    return source[: match.start("content")] + content + source[match.end("content") :]


def fetching(source: str, home: Home) -> str:
    """The script with code that fetches the files beside it, in the first place where code may stand."""
    nodes, lines = ast.parse(source).body, source.split("\n")  # as Python counts them
    *_, last = nodes[0], *(node for node in nodes if getattr(node, "module", "") == "__future__")
    return "\n".join([*lines[: last.end_lineno], "", home.fetch("Path(__file__).parent"), *lines[last.end_lineno :]])


def tutorial(lesson: Script, outputs: Sequence[Sequence[dict[str, Any]]], home: Home) -> str:
    """The tutorial as an executed notebook: today's text, the code, and the outputs of the last run."""
    cells = [code_cell("install", home.install(lesson.header.dependencies))] if home.wheel else []
    if source := files(lesson, home):
        cells.append(code_cell("files", source))
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
    run(home.install(book.header.dependencies) if home.wheel else "")
    run(files(book, home))
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


def files(source: Script | Workbook, home: Home) -> str:
    """The cell that makes up for what a script finds beside it, or ""."""
    return home.fetch("Path()", f"{source.name}.py" if asks_file(source.code) else "").strip()


def text_cell(name: str, text: str) -> dict[str, Any]:
    source = markup.for_notebook(text).splitlines(keepends=True)
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def code_cell(name: str, source: str, outputs: Sequence[Any] = (), count: int | None = None) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": name, "metadata": {}, "source": source.splitlines(keepends=True)}
    return cell | {"execution_count": count, "outputs": list(outputs)}


def notebook(cells: list[dict[str, Any]], title: str) -> str:
    metadata = {"kernelspec": KERNEL, "language_info": LANGUAGE, "title": title}
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    for cell in code[1:]:  # an export is one file: what must come first in a file comes in the first cell
        if future := FUTURE.findall(source := "".join(cell["source"])):
            cell["source"] = FUTURE.sub("", source).splitlines(keepends=True)
            code[0]["source"] = [f"{line.strip()}\n" for line in future] + code[0]["source"]
    made = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
