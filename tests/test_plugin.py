"""Builds: what the plugin makes of a project, and how it stops."""

import base64
import io
import json
import logging
import re
import shutil
import time
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from bs4 import BeautifulSoup
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from PIL import Image
from tinyproject import TinyProject, made_up

from press.site.frontend.temml import Typeset
from press.site.html.formulas import key
from press.store import Run


@pytest.fixture(autouse=True)
def fixed_date(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # mkdocs' own theme writes the time of the build into the home page


@pytest.fixture
def site(tiny):
    """Build the tiny project in this process; return the folder of the site."""

    def built(command="build", **options):
        config = load_config(str(tiny.root / "mkdocs.yml"), **options)
        config.plugins.on_startup(command=command, dirty=False)
        build(config)
        return tiny.root / "site"

    return built


def refuse_to_run(monkeypatch):
    def run(*arguments, **keywords):
        raise AssertionError("something was executed")

    monkeypatch.setattr("press.tutorials.Tutorials.run", run)


def test_a_build_of_fresh_tutorials_executes_nothing(tiny, site, monkeypatch):
    tiny.pretend_run()
    refuse_to_run(monkeypatch)
    page = (site() / "first/hello/index.html").read_text()
    assert "output of line 20" in page
    assert "Ran in 1.5 s" in page
    assert 'href="hello.py" download' in page


def test_a_build_executes_what_is_stale_and_shows_it(tiny, site):
    tiny.pretend_run("other")
    page = (site() / "first/hello/index.html").read_text()
    assert '<pre class="press-text press-stdout">42' in page
    assert tiny.states() == {"hello": "fresh", "other": "fresh"}


def test_a_failing_tutorial_stops_the_build_after_the_others_and_keeps_the_old_site(tiny, site, caplog):
    tiny.pretend_run()
    old = site() / "first/hello/index.html"
    tiny.edit("tutorials/1-first/01_hello.py", "print(double(21))", "1 / 0")
    tiny.edit("tutorials/1-first/02_other.py", "unrelated(1)", "unrelated(2)")
    with pytest.raises(Abort):
        site()
    assert "tutorials/1-first/01_hello.py:22: cell 1: ZeroDivisionError: division by zero" in caplog.text
    assert tiny.states() == {"hello": "failed", "other": "fresh"}
    assert old.exists()


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("01_hello.py", "# Hello", "Hello", "01_hello.py:9: no title"),
        ("01_hello.py", '["A1"]', '["A9"]', "01_hello.py:5: unknown chapters 'A9'; allowed are A1"),
        ("01_hello.py", '["small"]', '["big"]', "01_hello.py:6: unknown data 'big'; allowed are small"),
        ("01_hello.py", "minutes = 1", "minute = 1", "01_hello.py:7: unknown field 'minute'"),
        ("01_hello.py", "# ///\n", "", "01_hello.py:1: malformed header"),
    ],
)
def test_a_script_that_breaks_the_format_stops_the_build_with_file_and_line(tiny, site, caplog, name, old, new, told):
    tiny.pretend_run()
    text = (tiny.root / "tutorials/1-first" / name).read_text()
    place = text.rindex(old)
    (tiny.root / "tutorials/1-first" / name).write_text(text[:place] + new + text[place + len(old) :])
    with pytest.raises(Abort):
        site()
    assert told in caplog.text


def test_two_scripts_of_one_slug_stop_the_build(tiny, site, caplog):
    tiny.pretend_run()
    shutil.copytree(tiny.root / "tutorials/1-first", tiny.root / "tutorials/2-second")
    with pytest.raises(Abort):
        site()
    assert "2-second/01_hello.py:1: the slug 'hello' is taken by tutorials/1-first/01_hello.py" in caplog.text


def test_without_execution_a_stale_tutorial_fails_a_strict_build_and_is_named(tiny, site, caplog, monkeypatch):
    tiny.edit("mkdocs.yml", "package: src/pack", "package: src/pack, execute: never")
    tiny.pretend_run()
    refuse_to_run(monkeypatch)
    site(strict=True)
    tiny.edit("tutorials/1-first/01_hello.py", "double(21)", "double(22)")
    with pytest.raises(Abort, match="1 warnings in strict mode"):
        site(strict=True)
    assert "01_hello.py is stale: cell 1 changed" in caplog.text
    page = (site() / "first/hello/index.html").read_text()
    assert "These outputs are out of date: cell 1 changed." in page
    assert "output of line 20" not in page  # nothing stale is shown as current


def test_unchanged_cells_before_the_change_keep_their_outputs(tiny, site):
    tiny.edit("mkdocs.yml", "package: src/pack", "package: src/pack, execute: never")
    tiny.pretend_run()
    tiny.edit("tutorials/1-first/01_hello.py", 'print("end")', 'print("END")')
    page = (site() / "first/hello/index.html").read_text()
    assert "output of line 20" in page
    assert "output of line 27" not in page


def test_a_damaged_output_is_executed_again_and_the_page_is_right(tiny, site, caplog):
    tiny.pretend_run()
    path = tiny.root / "outputs/1-first/hello.ipynb"
    path.write_text(path.read_text()[:200])
    assert "42" in (site() / "first/hello/index.html").read_text()
    assert f"{path} counts as absent" in caplog.text


def test_a_bare_project_builds_with_scripts_alone(tmp_path, monkeypatch):
    bare = TinyProject(tmp_path / "bare")
    for name in ("src", "docs", "tutorials", "mkdocs.yml"):
        path = bare.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    bare.write("mkdocs.yml", "site_name: bare\nplugins: [search, press: {tutorials: tutorials}]\n")
    bare.write("docs/index.md", "# Home\n")
    bare.write(
        "tutorials/plot_one.py", '"""\nA sine\n======\n\nWords.\n"""\n# %%\n# Text.\nimport near\nprint(near.VALUE)\n'
    )
    bare.write("tutorials/near.py", "VALUE = 7\n")
    bare.run("mkdocs", "build", "--strict")
    assert ">7\n" in (bare.root / "site/plot_one/index.html").read_text()
    assert (bare.root / "site/plot_one/plot_one.ipynb").exists()


def test_links_between_scripts_become_links_between_pages_and_absolute_ones_in_notebooks(tiny, site):
    tiny.write(
        "mkdocs.yml",
        "site_name: t\nsite_url: https://here.example/sub/\nplugins: [search, press: {package: src/pack}]\n",
    )
    tiny.edit(
        "tutorials/1-first/01_hello.py", "Some text.", "See [other](02_other.py#other) and [home](../../docs/index.md)."
    )
    tiny.pretend_run()
    folder = site(strict=True)
    page = (folder / "first/hello/index.html").read_text()
    assert '<a href="../other/#other">other</a>' in page
    assert '<a href="../..">home</a>' in page or '<a href="../../">home</a>' in page
    notebook = (folder / "first/hello/hello.ipynb").read_text()
    assert "https://here.example/sub/first/other/#other" in notebook
    assert "https://here.example/sub/)" in notebook


def test_the_part_has_a_gallery_and_the_chapter_map_goes_both_ways(tiny, site):
    tiny.write("docs/chapters.md", "# Map\n\n<!-- press:chapters -->\n")
    tiny.write("docs/results.md", "# Results\n\n<!-- press:results -->\n")
    tiny.pretend_run()
    folder = site(strict=True)
    gallery = (folder / "first/index.html").read_text()
    assert re.findall(r'press-gallery__title">([^<]*)', gallery) == ["Hello", "Other"]
    assert '<a href="../first/hello/">Hello</a>' in (folder / "chapters/index.html").read_text()
    assert 'href="../../chapters/#A1">One</a>' in (folder / "first/hello/index.html").read_text()
    assert "1.5 s" in (folder / "results/index.html").read_text()


def test_a_page_and_the_results_show_the_runs_on_both_kinds_of_device(tiny, site):
    tiny.write("docs/results.md", "# Results\n\n<!-- press:results -->\n")
    tiny.pretend_run()
    tutorials = tiny.tutorials
    (script,) = tutorials.select(["hello"])
    notebook = tutorials.store.load(script).notebook
    tutorials.store.save(script, notebook, tutorials.key(script), Run(seconds=12.0, device="NVIDIA H200"))
    folder = site(strict=True)
    for name in ("first/hello/index.html", "results/index.html"):
        text = (folder / name).read_text()
        assert "NVIDIA H200" in text and "12 s" in text and "1.5 s" in text


def test_names_in_code_link_to_the_api_and_the_api_lists_the_tutorials(tiny, site):
    tiny.write(
        "mkdocs.yml",
        "site_name: t\nplugins:\n  - autorefs\n  - mkdocstrings: {handlers: {python: {paths: [src], options: {backlinks: tree}}}}\n"
        "  - press: {package: src/pack, documentation: {math: 'https://docs.example/{owner}#{name}'}}\n",
    )
    tiny.write("docs/api.md", "# API\n\n::: pack.tools\n")
    tiny.edit("tutorials/1-first/01_hello.py", 'print("end")', "import math\nmath.sqrt(4)")
    tutorials = tiny.tutorials
    for script in tutorials.scripts:
        names = {"double": "pack.tools.double", "tools.unrelated": "pack.tools.unrelated", "math.sqrt": "math.sqrt"}
        tutorials.store.save(script, made_up(script), tutorials.key(script), Run(seconds=1, names=names))
    folder = site()
    page = (folder / "first/hello/index.html").read_text()
    assert re.search(r'<a class="autorefs[^"]*press-link"[^>]* href="../../api/#pack.tools.double">', page)
    assert 'href="https://docs.example/math.sqrt#math.sqrt"' in page
    api = (folder / "api/index.html").read_text()
    assert re.search(r'href="../first/hello/#a-section"', api)


def test_the_site_is_the_same_bytes_each_time(tiny, site):
    tiny.pretend_run()
    first = {
        path.relative_to(tiny.root): path.read_bytes()
        for path in site().rglob("*")
        if path.suffix in {".html", ".ipynb", ".py", ".css"}
    }
    again = {
        path.relative_to(tiny.root): path.read_bytes()
        for path in site().rglob("*")
        if path.suffix in {".html", ".ipynb", ".py", ".css"}
    }
    assert first == again


def notebook_with_outputs() -> nbformat.NotebookNode:
    image = io.BytesIO()
    Image.new("RGB", (8, 4)).save(image, "PNG")
    shown = [
        {"text/html": "<table><tr><td>cell</td></tr></table>", "text/plain": "no table"},
        {"image/png": base64.b64encode(image.getvalue()).decode(), "text/plain": "no image"},
        {"text/latex": "$a < b$", "text/plain": "no formula"},
    ]
    new = nbformat.v4.new_output
    outputs = [
        new("stream", name="stdout", text="5 < 6\n\x1b[31mred\x1b[0m\n"),
        *(new("display_data", data=data) for data in shown),
        new("error", ename="ValueError", evalue="<no>", traceback=["no traceback"]),
    ]
    cells = [
        nbformat.v4.new_markdown_cell("# Work\n\nA **text** with `code`.\n\n```python\nfenced = 1\n```", id="a"),
        nbformat.v4.new_code_cell("if x < 1:\n    print('&amp;')", id="b", outputs=outputs, execution_count=1),
        nbformat.v4.new_code_cell("check()", id="c", metadata={"tags": ["checker"]}),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def test_a_notebook_of_mkdocs_jupyter_is_shown_in_the_clothes_of_the_site(tiny, site):
    tiny.write(
        "mkdocs.yml",
        "site_name: t\nplugins:\n  - mkdocs-jupyter: {include: ['work.ipynb'], ignore: ['*.md'], cache: false}\n  - press: {package: src/pack}\n",
    )
    (tiny.root / "docs/work.ipynb").write_text(nbformat.writes(notebook_with_outputs()))
    tiny.pretend_run()
    text = (site() / "work/index.html").read_text()
    assert len(text) < 100_000
    whole = BeautifulSoup(text, "html.parser")
    page = whole.find(class_="jupyter-wrapper")
    assert not whole.find("style") and not page.find("script"), "mkdocs-jupyter brings 575 KB of them into every page"
    assert page.h1.contents[0] == "Work"
    assert [code.text.strip() for code in page.select("pre > code")] == [
        "fenced = 1",
        "if x < 1:\n    print('&amp;')",
        "check()",
    ]
    assert page.select_one("pre > code .k").text == "if", "code has its colors"
    assert page.select_one("details.press-checker pre").text == "check()"
    output = page.find(class_="press-output")
    assert output.find(class_="press-stdout").text == "5 < 6\nred\n"
    assert output.find(class_="press-error").text == "ValueError: <no>"
    assert output.td.text == "cell"
    assert output.img["src"].startswith("data:image/png;base64,") and output.img.has_attr("alt")
    assert "a < b" in output.find(class_="arithmatex").text
    for worse in ("no table", "no image", "no formula", "no traceback"):
        assert worse not in text


# Serving -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def serving(tiny, monkeypatch):
    """Rebuild the tiny project as `serve` does, in this process, without a server; each site has its own folder."""
    ran, started = [], []

    def run(self, scripts, **options):
        ran.extend(script.name for script in scripts)
        return []

    monkeypatch.setattr("press.tutorials.Tutorials.run", run)

    def rebuilt():
        config = load_config(str(tiny.root / "mkdocs.yml"), strict=True)
        if not started:  # mkdocs keeps the plugin from now on
            started.append(config.plugins)
            config.plugins.on_startup(command="serve", dirty=False)
        build(config, serve_url="http://127.0.0.1:8000/")
        return Path(config.site_dir)

    yield rebuilt, ran
    for plugins in started:
        plugins.on_shutdown()


def test_serving_marks_a_running_tutorial_and_executes_it_behind_the_pages(tiny, serving):
    rebuilt, ran = serving
    tiny.pretend_run()
    assert "press-state" not in (rebuilt() / "first/hello/index.html").read_text()
    tiny.edit("tutorials/1-first/01_hello.py", "double(21)", "double(22)")
    page = (rebuilt() / "first/hello/index.html").read_text()
    assert "press-state--running" in page
    assert "cell 1 changed" in page
    for _ in range(100):
        if ran:
            break
        time.sleep(0.05)
    assert ran == ["hello"]


def test_serving_shows_new_text_with_the_outputs_that_are_still_valid(tiny, serving):
    rebuilt, ran = serving
    tiny.pretend_run()
    rebuilt()
    tiny.edit("tutorials/1-first/01_hello.py", "Some text.", "Brand new words.")
    page = (rebuilt() / "first/hello/index.html").read_text()
    assert "Brand new words." in page
    assert "output of line 20" in page
    assert "press-state" not in page
    assert ran == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("double(21)", "double(21", "01_hello.py:22: not valid Python"),
        ('["A1"]', '["A9"]', "unknown chapters 'A9'; allowed are A1"),
    ],
)
def test_serving_outlives_a_broken_script_and_shows_its_last_good_version(tiny, serving, old, new, told):
    rebuilt, _ = serving
    tiny.pretend_run()
    rebuilt()
    tiny.edit("tutorials/1-first/01_hello.py", old, new)
    page = (rebuilt() / "first/hello/index.html").read_text()
    assert told in BeautifulSoup(page, "html.parser").find(class_="press-state--failed").text
    assert "A lead of one sentence." in page
    tiny.edit("tutorials/1-first/01_hello.py", new, old)
    assert "press-state" not in (rebuilt() / "first/hello/index.html").read_text()


def test_serving_shows_the_others_and_a_build_names_all_when_what_is_imported_is_broken(tiny, serving, site, caplog):
    rebuilt, ran = serving
    tiny.pretend_run()
    tiny.write("tutorials/1-first/03_near.py", '"""\n# Near\n"""\n# %%\nimport near\n')
    tiny.write("tutorials/1-first/near.py", "def f(:\n")
    tiny.write("tutorials/1-first/04_wide.py", "").write_bytes('"""\n# Wide\n"""\n'.encode("utf-16"))
    folder = rebuilt() / "first"
    assert "press-state" not in (folder / "hello/index.html").read_text()
    assert "near.py:1: not valid Python" in (folder / "near/index.html").read_text()
    assert "04_wide.py:1: not UTF-8" in (folder / "wide/index.html").read_text()
    assert ran == []
    with pytest.raises(Abort):
        site()
    assert "04_wide.py:1" in caplog.text and "03_near.py:1" in caplog.text


def test_serving_tries_a_failure_once_and_then_shows_what_failed_where(tiny, serving):
    rebuilt, ran = serving
    tiny.pretend_run()
    tiny.edit("tutorials/1-first/01_hello.py", "double(21)", "double(1 / 0)")
    tutorials = tiny.tutorials
    script = tutorials.select(["hello"])[0]
    told = "01_hello.py:20: cell 1: ZeroDivisionError"
    tutorials.store.save_failure(script, {"cells": [], "metadata": {}}, tutorials.key(script), told)
    assert "press-state--running" in (rebuilt() / "first/hello/index.html").read_text()
    for _ in range(100):
        if ran:
            break
        time.sleep(0.05)
    page = (rebuilt() / "first/hello/index.html").read_text()
    assert "press-state--failed" in page
    assert told in page
    time.sleep(0.2)
    assert ran == ["hello"]


def test_serving_outlives_a_warning_that_would_stop_a_strict_build(tiny, serving):
    rebuilt, _ = serving
    tiny.edit("tutorials/1-first/01_hello.py", "Some text.", "A [link](nowhere.md).")
    tiny.pretend_run()
    assert "nowhere.md" in (rebuilt() / "first/hello/index.html").read_text()


def test_formulas_become_mathml_and_stay_out_of_the_search(tiny, site, monkeypatch, caplog):
    tiny.write("package.json", "{}")
    tiny.write(
        "mkdocs.yml",
        "site_name: t\nplugins: [search, press: {package: src/pack}]\nmarkdown_extensions:\n  - pymdownx.arithmatex: {generic: true}\n",
    )
    tiny.edit("tutorials/1-first/01_hello.py", "Some text.", "So $a < b$, and\n#\n# $$c$$")
    asked = []

    def typeset(formulas, table, root):
        asked.extend(sorted(formulas))
        return Typeset({"$a < b$": "<math><mi>a</mi></math>", "$$c$$": "<math><mi>c</mi></math>"}, ("d is bad",))

    monkeypatch.setattr("press.site.build.typeset", typeset)
    tiny.pretend_run()
    page = (site() / "first/hello/index.html").read_text()
    assert asked == [("a < b", False), ("c", True)]
    assert "first/hello.md: d is bad" in caplog.text
    assert '<span class="press-nobreak"><math data-search-exclude><mi>a</mi></math>,</span>' in page
    assert '<div class="press-math"><math data-search-exclude><mi>c</mi></math></div>' in page


def test_a_bad_formula_is_named_with_its_file_and_its_line(tiny, site, monkeypatch, caplog):
    tiny.write("package.json", "{}")
    tiny.write(
        "mkdocs.yml",
        "site_name: t\nplugins: [search, press: {package: src/pack}]\nmarkdown_extensions:\n  - pymdownx.arithmatex: {generic: true}\n",
    )
    tiny.write("docs/index.md", "# Home\n\nIt is bad, $bad$.\n")
    tiny.edit("tutorials/1-first/01_hello.py", "Some text.", "Some words.\n#\n# $$worse\n# < b$$")
    tiny.pretend_run()
    (script,) = tiny.tutorials.select(["other"])
    notebook = made_up(script)
    notebook["cells"][-1]["outputs"] = [
        {"output_type": "display_data", "data": {"text/latex": "An $x_3$."}, "metadata": {}}
    ]
    tiny.tutorials.store.save(script, notebook, tiny.tutorials.key(script), Run(seconds=1))

    def typeset(formulas, table, root):
        return Typeset({}, tuple(f"Temml does not accept {key(formula)}: no" for formula in formulas))

    monkeypatch.setattr("press.site.build.typeset", typeset)
    site()
    assert {line.partition(": Temml")[0] for line in caplog.messages if "Temml" in line} == {
        "docs/index.md:3",
        "tutorials/1-first/01_hello.py:20",
        "tutorials/1-first/02_other.py:8",  # the cell that showed it
    }


def test_the_log_of_a_build_names_what_it_executes(tiny, site, caplog):
    tiny.pretend_run("other")
    with caplog.at_level(logging.INFO, "mkdocs.press"):
        site()
    assert "Executing hello" in caplog.text
    record = json.loads((tiny.root / "outputs/1-first/hello.ipynb").read_text())["metadata"]["press"]["run"]
    assert record["seconds"] >= 0


def test_an_image_beside_a_script_is_on_its_page(tiny):
    for name in ("square.png", "my square.png"):
        Image.new("RGB", (2, 2)).save(tiny.root / "tutorials/1-first" / name)
    images = "![A](square.png) ![B](<my square.png>) ![C][c] `![D](none.png)`\n#\n# [c]: my%20square.png\n"
    tiny.edit("tutorials/1-first/01_hello.py", "Some text.", images)
    tiny.pretend_run()
    assert tiny.run("press", "check", check=False).stdout == ""
    tiny.run("mkdocs", "build", "--strict")
    page = tiny.root / "site/first/hello/index.html"
    shown = re.findall(r'<img [^>]*src="([^"]*)"', page.read_text())
    assert shown == ["../square.png", "../my%20square.png", "../my%20square.png"]
    assert all((page.parent / unquote(address)).is_file() for address in shown)


def test_a_warning_is_heard_in_each_build_that_contains_its_cause(tiny):
    tiny.edit("tutorials/1-first/01_hello.py", "Some text.", "![A](square.png)")
    tiny.pretend_run()
    tiny.run("mkdocs", "build", "-q")
    done = tiny.run("mkdocs", "build", "--strict", check=False)
    assert done.returncode == 1 and "square.png" in done.stderr
