"""What a learner opens in Jupyter runs there: each notebook, in an empty folder, with a kernel of its own, and no network."""

from __future__ import annotations

import json
import re

import nbformat
import pytest
from sitefixture import CLINIC, SCRIPTS, answer, by_name, some
from takehome import NOTES, PROBE, fetched, ran, run_notebooks

every_tutorial = pytest.mark.parametrize("script", SCRIPTS, ids=by_name)


@pytest.mark.parametrize("script", some(SCRIPTS), ids=by_name)
def test_a_downloaded_notebook_runs_where_nothing_but_the_site_answers(site, jupyter, script, empty):
    path = fetched(site, f"{script.url}/{script.name}.ipynb", empty)
    run_notebooks(jupyter, path)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    assert [left.name for left in empty.iterdir()] == [path.name], "a tutorial leaves nothing behind"


@pytest.mark.parametrize("script", SCRIPTS[:1], ids=by_name)
def test_the_first_cell_of_a_notebook_installs_the_helpers_from_the_site(site, uv, jupyter, script, empty):
    path = fetched(site, f"{script.url}/{script.name}.ipynb", empty)
    notebook = nbformat.read(path, 4)
    del notebook.cells[next(at for at, cell in enumerate(notebook.cells) if cell.cell_type == "code") + 1 :]
    ran(uv, "pip", "uninstall", "--quiet", "--python", jupyter, "kindling", where=empty)
    assert "kindling" not in ran(uv, "pip", "list", "--python", jupyter, where=empty)
    nbformat.write(notebook, path)
    run_notebooks(jupyter, path)
    (wheel,) = site.folder.glob("assets/wheels/*.whl")
    installed = ran(uv, "pip", "list", "--format=freeze", "--python", jupyter, where=empty)
    assert f"kindling=={wheel.name.split('-')[1]}\n" in installed


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


@every_tutorial
def test_a_downloaded_notebook_is_valid_and_shows_what_its_run_showed(site, script, tmp_path):
    path = fetched(site, f"{script.url}/{script.name}.ipynb", tmp_path)
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
    notebook = json.loads(fetched(site, f"{script.url}/{script.name}.ipynb", tmp_path).read_text(encoding="utf-8"))
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
