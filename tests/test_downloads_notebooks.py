"""What a learner opens in Jupyter runs there: in an empty folder, with a kernel of its own, and no network.

A workbook as it was downloaded fails kindly, and with every gap filled it passes.
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from sitefixture import CATALOGUE, SCRIPTS, by_name, some
from takehome import NOTES, PROBE, PROJECT, chosen, fetched, ran, run_notebooks

# What a kernel may do otherwise than a script. The other notebooks have the same code and data as scripts that run, too.
STARTING = {"tensors": "the first", "datasets-loaders": "workers", "flower-challenge": "programs of the site"}
NOTEBOOKS = [script for script in SCRIPTS if script.name in STARTING]


@pytest.mark.parametrize("script", some(NOTEBOOKS, 15), ids=by_name)
def test_a_downloaded_notebook_runs_where_nothing_but_the_site_answers(site, jupyter, script, empty):
    path = fetched(site, f"{script.url}/{script.name}.ipynb", empty)
    run_notebooks(jupyter, path)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    beside = {path.name for path in script.path.parent.iterdir() if path.is_dir()}  # what it fetched from the site
    assert {left.name for left in empty.iterdir()} - beside == {path.name}, "a tutorial leaves nothing behind"


@pytest.mark.parametrize("script", SCRIPTS[:1], ids=by_name)
def test_the_first_cell_of_a_notebook_installs_the_helpers_from_the_site(site, uv, jupyter, script, empty):
    path = fetched(site, f"{script.url}/{script.name}.ipynb", empty)
    notebook = nbformat.read(path, 4)
    del notebook.cells[next(at for at, cell in enumerate(notebook.cells) if cell.cell_type == "code") + 1 :]
    ran(uv, "pip", "uninstall", "--quiet", "--python", jupyter, PROJECT["project"]["name"], where=empty)
    assert PROJECT["project"]["name"] not in ran(uv, "pip", "list", "--python", jupyter, where=empty)
    nbformat.write(notebook, path)
    run_notebooks(jupyter, path)
    (wheel,) = site.folder.glob("assets/wheels/*.whl")
    installed = ran(uv, "pip", "list", "--format=freeze", "--python", jupyter, where=empty)
    assert f"{PROJECT['project']['name']}=={wheel.name.split('-')[1]}\n" in installed


def test_nothing_outside_answers_a_notebook(jupyter, empty):
    cell = nbformat.v4.new_code_cell(PROBE)
    path = empty / "probe.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    with pytest.raises(AssertionError, match="asked for"):
        run_notebooks(jupyter, path)
    asked = (empty.parent / NOTES).read_text(encoding="utf-8").count("asked for 192.0.2.1\n")
    assert asked == 3, "the kernel, its worker, and another Python"


def test_no_setting_of_this_machine_reaches_pip_or_uv_at_the_learners(uv, jupyter, empty, tmp_path, monkeypatch):
    """Each of these would stop the command, or stand in what it prints."""
    poison = tmp_path / "poison"
    for name, text in {"pip/pip.conf": f"[global]\nconstraint = {poison}\n", "uv/uv.toml": "poison = ["}.items():
        path = tmp_path / "settings" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    for name in ("XDG_CONFIG_DIRS", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "settings"))
    for name in ("PIP_CONSTRAINT", "PIP_FIND_LINKS", "PIP_REQUIREMENT", "UV_CONSTRAINT", "UV_FIND_LINKS", "UV_EXCLUDE"):
        monkeypatch.setenv(name, str(poison))
    settings = ran(jupyter, "-m", "pip", "config", "list", where=empty).splitlines()
    assert [line.partition("=")[0] for line in settings] == [":env:.config-file", ":env:.disable-pip-version-check"]
    ran(uv, "pip", "install", "--dry-run", "--python", jupyter, "pip", where=empty)


# Each exercise of every book is tried and solved in test_workbook.py; these show that a notebook brings them there.
BOOKS = [CATALOGUE.workbooks[script.name] for script in chosen() if script.name in CATALOGUE.workbooks][::5]


def printed(path: Path) -> str:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert all(cell["execution_count"] for cell in code)
    return "".join("".join(output.get("text", [])) for output in outputs)


@pytest.mark.parametrize("book", some(BOOKS, 4), ids=lambda book: book.name)
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
