"""Writes the exercises of a tutorial as a notebook: starters, checkers, hints and folded solutions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from press import markup
from press.downloads import code_cell, install, lines
from press.scripts.exercises import Workbook

ABOUT = """\
Each exercise has a cell with a gap, written `...`, and below it a cell that checks. Fill the gap, run both, and read
what the check says. The hints go a step further each; the solution is folded away below them."""
KEEP = """\
## Keep what you passed

The next cell writes a small file of what you passed here. The page [My progress]({progress}) takes it in."""


def notebook(
    workbook: Workbook,
    *,
    package: str = "",
    wheel: str = "",
    tutorial: str = "",
    progress: str = "",
    absolute: Callable[[str], str] = lambda text: text,
) -> str:
    """The workbook as a notebook, nothing in it executed.

    Args:
        tutorial: the address of the tutorial's page.
        progress: the address of the progress page; without one, the workbook does not offer to keep results.
        absolute: turns the relative links of a text cell into links to the site.
    """
    cells: list[dict[str, Any]] = []

    def say(*pieces: str) -> None:
        text = markup.for_notebook(absolute("\n\n".join(filter(None, pieces))))
        cells.append({"cell_type": "markdown", "id": f"text-{len(cells)}", "metadata": {}, "source": lines(text)})

    def code(source: str, *, folded: bool = False) -> None:
        cell = code_cell(f"code-{len(cells)}", source, [])
        if folded:  # for Jupyter and for Colab, which wants a title
            cell["metadata"] = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["checker"]}
        cells.append(cell)

    say(f"# {workbook.title}", workbook.lead, ABOUT, f"[Back to the tutorial]({tutorial})" if tutorial else "")
    if wheel:
        code(install(package, wheel, workbook.dependencies))
    if workbook.setup:
        code(workbook.setup)
    for one in workbook.exercises:
        say(one.task)
        if not one.open:
            code(one.starter)
            code(f"# @title Check: {one.title}\n\n{one.checker}", folded=True)
        count = len(one.hints)
        folded = [("Hint" if count == 1 else f"Hint {number}", hint) for number, hint in enumerate(one.hints, 1)]
        if not one.open:
            folded.append(("Solution", f"```python\n{one.solution.strip()}\n```\n\n{one.remarks}".strip()))
        if folded:
            say(*(markup.details(title, text) for title, text in folded))
    if progress and not all(one.open for one in workbook.exercises):
        say(KEEP.format(progress=progress))
        code(f"from {package or 'kindling'} import practice\n\npractice.save()")
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}, "title": workbook.title}
    made = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
