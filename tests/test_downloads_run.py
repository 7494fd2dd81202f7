"""What a learner takes home runs at home: each download, in an empty folder, where only the served site knows the package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import nbformat
import pytest
from sitefixture import CATALOGUE, CLINIC, LESSONS, ROOT, SCRIPTS, answer, by_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SECONDS = 180

every_tutorial = pytest.mark.parametrize("script", SCRIPTS, ids=by_name)
every_lesson = pytest.mark.parametrize("script", LESSONS, ids=by_name)
some_lessons = pytest.mark.parametrize("script", LESSONS[::3], ids=by_name)  # a notebook has the code of its script


@pytest.fixture(scope="session")
def uv() -> str:
    """Without uv nobody can follow the README, but somebody may still run the other tests."""
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        message = "uv is absent (pip install uv); it runs the downloaded scripts"
        pytest.fail(message) if os.environ.get("KINDLING_CI") == "1" else pytest.skip(message)
    return found


def outside(**more: str) -> dict[str, str]:
    """The environment of somebody who never saw this project: its packages as of the project's day, a smoke run."""
    ours = ("KINDLING_", "PYTHON", "VIRTUAL_ENV", "UV_PROJECT", "UV_RUN", "COV_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    day = PROJECT["tool"]["uv"]["exclude-newer"]
    return {**inherited, "KINDLING_SMOKE": "1", "MPLBACKEND": "Agg", "UV_EXCLUDE_NEWER": day, "NO_COLOR": "1", **more}


def ran(*command: object, where: Path, **more: str) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=where, env=outside(**more), capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def fetched(site, script, suffix: str, folder: Path) -> Path:
    path = folder / f"{script.name}.{suffix}"
    status, text = answer(f"{site.url}{script.url}/{path.name}")
    assert status == 200
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def empty(tmp_path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@every_lesson
def test_a_downloaded_script_runs_in_an_empty_folder(site, uv, script, empty):
    path = fetched(site, script, "py", empty)
    try:
        ran(uv, "run", path.name, where=empty)
        assert [left.name for left in empty.iterdir()] == [path.name], "a tutorial leaves nothing behind"
    finally:
        remove_environment(uv, path)


def remove_environment(uv: str, path: Path) -> None:
    """uv keeps an environment for each script that it ever ran, by its path; this one will not come again."""
    found = subprocess.run([uv, "python", "find", "--script", path], capture_output=True, text=True, env=outside())
    home = Path(found.stdout.strip() or "/").parent.parent
    if home.name.startswith(f"{path.stem}-") and (home / "pyvenv.cfg").is_file():
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def jupyter(uv, tmp_path_factory) -> Path:
    """An environment with Jupyter and everything that the package needs, but without the package."""
    home = tmp_path_factory.mktemp("jupyter") / "env"
    ran(uv, "venv", "--quiet", home, where=home.parent)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    needs = ["pip", "ipykernel", "nbclient", *PROJECT["project"]["dependencies"]]
    ran(uv, "pip", "install", "--quiet", "--python", python, *needs, where=home.parent)
    yield python
    shutil.rmtree(home, ignore_errors=True)


@some_lessons
def test_a_downloaded_notebook_installs_its_helpers_and_runs(site, uv, jupyter, script, empty):
    path = fetched(site, script, "ipynb", empty)
    ran(uv, "pip", "uninstall", "--quiet", "--python", jupyter, "kindling", where=empty)
    ran(jupyter, "-c", RUN, path.name, where=empty, PIP_DISABLE_PIP_VERSION_CHECK="1")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    assert "kindling" in ran(uv, "pip", "list", "--python", jupyter, where=empty)


RUN = """
import sys
import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], 4)
NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[1])
"""


@every_tutorial
def test_a_downloaded_notebook_is_valid_and_shows_what_its_run_showed(site, script, tmp_path):
    path = fetched(site, script, "ipynb", tmp_path)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    nbformat.validate(notebook)
    first, *code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert "%pip install" in first["source"][-1] and site.url in first["source"][-1]
    assert ["".join(cell["source"]) for cell in code] == [cell.source for cell in script.code]
    drawn = any("image/svg+xml" in output.get("data", {}) for cell in code for output in cell["outputs"])
    assert drawn or script in CLINIC
    assert not [output for cell in code for output in cell["outputs"] if output["output_type"] == "error"]
    assert path.stat().st_size <= 300 * 1024


@every_tutorial
def test_every_link_of_a_downloaded_notebook_leads_somewhere(site, script, tmp_path):
    notebook = json.loads(fetched(site, script, "ipynb", tmp_path).read_text(encoding="utf-8"))
    text = "\n\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    links = re.findall(r"\]\(([^)\s]+)", re.sub(r"(?s)```.*?```|`[^`\n]*`|\$[^$]*\$", "", text))
    assert links or script in CLINIC
    for link in links:
        assert re.match(r"https?://|#", link), f"{link} is relative, and leads nowhere outside the site"
        if link.startswith(site.url):
            address, _, anchor = link.removeprefix(site.url).partition("#")
            status, page = answer(site.url + address)
            assert status == 200, link
            assert not anchor or f'id="{anchor}"' in page, link


# A workbook, as a learner goes through it

SOLVED = [CATALOGUE.workbooks[name] for name in ("tensors", "backprop", "first-network")]


def printed(path: Path) -> str:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error"]
    return "".join("".join(output.get("text", [])) for output in outputs)


@pytest.mark.parametrize("book", SOLVED, ids=lambda book: book.name)
def test_a_downloaded_workbook_is_failed_kindly_and_then_solved(site, uv, jupyter, book, empty):
    path = empty / f"{book.name}.ipynb"
    status, text = answer(f"{site.url}workbooks/{book.name}/{path.name}")
    assert status == 200
    nbformat.validate(json.loads(text))
    exercises = [one for one in book.exercises if not one.open]

    path.write_text(text, encoding="utf-8")
    ran(uv, "pip", "uninstall", "--quiet", "--python", jupyter, "kindling", where=empty)
    ran(jupyter, "-c", RUN, path.name, where=empty, PIP_DISABLE_PIP_VERSION_CHECK="1")
    said = printed(path)
    assert all(f"✗ {one.name}: " in said for one in exercises) and "✓" not in said
    (empty / "kindling-progress.json").unlink()

    notebook = json.loads(text)
    solutions = {one.starter: one.solution for one in exercises}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and source in solutions:
            cell["source"] = solutions.pop(source)
    assert not solutions, "every starter is a cell of the workbook"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    ran(jupyter, "-c", RUN, path.name, where=empty)
    said = printed(path)
    assert all(f"✓ {one.name}: right" in said for one in exercises) and "✗" not in said
    kept = json.loads((empty / "kindling-progress.json").read_text(encoding="utf-8"))
    assert set(kept["exercises"]) == {one.name for one in exercises}
