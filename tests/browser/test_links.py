"""What a reader takes home, as files: it is whole, and its links lead to pages of the site, to the right place on them."""

from __future__ import annotations

import ast
import json
import re

import nbformat
import pytest
from sitefixture import CATALOGUE, CLINIC, SCRIPTS, by_name

LINK = re.compile(r"\]\(<?([^)\s>]+)|\bhref=\"([^\"]+)\"|(?<![(\"<])(https?://[^\s)>\"'`]+)")


def links(text: str) -> list[str]:
    """The addresses in Markdown, as links, as HTML, or bare."""
    return [next(filter(None, found)).rstrip(".,;:") for found in LINK.findall(text)]


def text_of_notebook(text: str) -> str:
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def text_of_script(source: str) -> str:
    """The docstring and the comments, but not the header, which is no text."""
    body = source.partition("\n# ///\n")[2]
    comments = [line[1:].strip() for line in body.splitlines() if line.startswith("#")]
    return "\n".join([ast.get_docstring(ast.parse(source)) or "", *comments])


@pytest.mark.parametrize("script", SCRIPTS, ids=by_name)
@pytest.mark.parametrize("kind", ["py", "ipynb"])
def test_the_links_of_a_download_lead_somewhere(site, script, kind):
    text = (site.folder / script.url / f"{script.name}.{kind}").read_text(encoding="utf-8")
    found = links(text_of_script(text) if kind == "py" else text_of_notebook(text))
    assert [link for link in found if not re.match(r"https?:|#|mailto:", link)] == [], "relative to what, on your disk?"
    assert site.nowhere(f"{script.url}/", found) == []
    if script.header.chapters:
        assert any(link.startswith(site.url) for link in found), "every tutorial says what to read next"


@pytest.mark.parametrize("name", CATALOGUE.workbooks)
def test_the_links_of_a_workbook_lead_somewhere(site, name):
    text = (site.folder / "workbooks" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    found = links(text_of_notebook(text))
    assert [link for link in found if not re.match(r"https?:|#|mailto:", link)] == []
    assert site.nowhere(f"workbooks/{name}/", found) == []
    assert any(link.startswith(site.url) for link in found), "a workbook leads back to its tutorial"


@pytest.mark.parametrize("script", SCRIPTS, ids=by_name)
def test_a_downloaded_notebook_is_valid_and_shows_what_its_run_showed(site, script):
    path = site.folder / script.url / f"{script.name}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    nbformat.validate(notebook)
    first, *code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    code = code[-len(script.code) :]  # one cell more fetches what lies next to the script
    installs = "".join(first["source"])
    assert '"pip", "install"' in installs and site.url in installs and "\n%" not in installs
    assert ["".join(cell["source"]) for cell in code] == [cell.source for cell in script.code]
    drawn = any("image/svg+xml" in output.get("data", {}) for cell in code for output in cell["outputs"])
    assert drawn or script in CLINIC
    assert not [output for cell in code for output in cell["outputs"] if output["output_type"] == "error"]
    assert path.stat().st_size <= 300 * 1024
