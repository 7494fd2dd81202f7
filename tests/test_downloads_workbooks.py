"""A workbook goes with a learner: as it was downloaded it fails kindly, and with every gap filled it passes."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from sitefixture import CATALOGUE, some
from takehome import fetched, run_notebooks

BOOKS = list(CATALOGUE.workbooks.values())


def printed(path: Path) -> str:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert all(cell["execution_count"] for cell in code)
    return "".join("".join(output.get("text", [])) for output in outputs)


@pytest.mark.parametrize("book", some(BOOKS), ids=lambda book: book.name)
def test_a_downloaded_workbook_fails_kindly_and_is_then_solved_in_the_same_kernel(site, jupyter, book, empty):
    path = fetched(site, f"workbooks/{book.name}/{book.name}.ipynb", empty)
    text = path.read_text(encoding="utf-8")
    nbformat.validate(json.loads(text))
    exercises = [one for one in book.exercises if not one.open]

    notebook = json.loads(text)
    solutions = {one.starter: one.solution for one in exercises}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and source in solutions:
            cell["source"] = solutions.pop(source)
    assert not solutions, "every starter is a cell of the workbook"
    solved = empty / "solved.ipynb"
    solved.write_text(json.dumps(notebook), encoding="utf-8")

    run_notebooks(jupyter, path, solved)
    said = printed(path)
    assert all(f"✗ {one.name}: " in said for one in exercises) and "✓" not in said
    said = printed(solved)
    assert all(f"✓ {one.name}: right" in said for one in exercises) and "✗" not in said
    kept = json.loads((empty / "kindling-progress.json").read_text(encoding="utf-8"))
    assert set(kept["exercises"]) == {one.name for one in exercises}
    assert {left.name for left in empty.iterdir()} == {path.name, solved.name, "kindling-progress.json"}
