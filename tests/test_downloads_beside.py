"""Files beside a script: the press, `python FILE`, the downloads and the notebook find them in one way."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from textwrap import dedent

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from tinyproject import TinyProject

from press.execution.execution import execute
from press.keys.closure import files
from press.keys.modules import Project
from press.scripts.script import Cell

pytestmark = pytest.mark.usefixtures("light_server")
LESSON = '''\
"""
# Beside

Two ways to read what lies here.
"""

# %%
from __future__ import annotations

from pathlib import Path

from field_helper import twice

here = Path(__file__).parent
print(twice(21), (here / "data" / "measured.csv").read_text(), Path("data/measured.csv").read_text())
'''
SAID = "42 a,b a,b\n"


@pytest.fixture
def beside(tiny) -> TinyProject:
    tiny.write("tutorials/1-first/03_beside.py", LESSON)
    tiny.write(
        "tutorials/1-first/field_helper.py", "from field import two\n\n\ndef twice(x):\n    return two.TWO * x\n"
    )
    tiny.write("tutorials/1-first/field/__init__.py", "")
    tiny.write("tutorials/1-first/field/two.py", "TWO = 2\n")
    tiny.write("tutorials/1-first/data/measured.csv", "a,b")
    return tiny


def test_a_tutorial_reads_what_lies_beside_it_by_its_own_path_and_from_its_folder(beside):
    tutorials = beside.tutorials
    outcome = execute(tutorials.task(*tutorials.select(["beside"])))
    assert outcome.failure is None
    (cell,) = [cell for cell in outcome.notebook["cells"] if cell["cell_type"] == "code"]
    assert cell["outputs"][0]["text"] == SAID
    plain = [sys.executable, "03_beside.py"]
    assert subprocess.check_output(plain, cwd=beside.root / "tutorials/1-first", text=True) == SAID


@contextlib.contextmanager
def served(folder):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *told):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_the_downloads_bring_what_lies_beside_the_script(beside, tmp_path, monkeypatch):
    beside.pretend_run()
    page = beside.root / "site/first/beside"
    homes = {name: tmp_path / name for name in ("script", "notebook", "archive")}
    with served(beside.root / "site") as url:
        config = load_config(str(beside.root / "mkdocs.yml"), site_url=url)
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
        cells = json.loads((page / "beside.ipynb").read_text())["cells"]
        code = "\n".join("".join(cell["source"]) + "\n" for cell in cells if cell["cell_type"] == "code")
        for name, source in (("script", (page / "beside.py").read_text()), ("notebook", code)):
            homes[name].mkdir()
            (homes[name] / "run.py").write_text(source)
            assert subprocess.check_output([sys.executable, "run.py"], cwd=homes[name], text=True) == SAID
    with zipfile.ZipFile(page / "beside.zip") as archive:
        archive.extractall(homes["archive"])
    assert subprocess.check_output([sys.executable, "beside.py"], cwd=homes["archive"], text=True) == SAID
    assert 'href="beside.zip" download' in (page / "index.html").read_text()
    assert 'href="hello.zip"' not in (page.parent / "hello/index.html").read_text()


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ('open("one.csv")', {"one.csv"}),
        ('(here / "data" / "two.csv").read_text()', {"data/two.csv", "data/three.txt"}),
        ('sorted(here.glob("data/*.csv"))', {"data/two.csv"}),
        ('open(f"{name}.csv")', {"one.csv"}),
        ('print("*" * 20, ".", "..", "/", "**no** *.", "1-first")', set()),
        ("import field_helper", {"field_helper.py"}),
        ("from pack import tools", set()),
    ],
)
def test_the_files_that_a_script_needs_are_found_in_its_code(tiny, code, names):
    folder = tiny.root / "tutorials/1-first"
    for name in ("one.csv", "data/two.csv", "data/three.txt", "field_helper.py"):
        tiny.write(f"tutorials/1-first/{name}", "")
    found = files([Cell("code", code, 1)], Project(tiny.root, tiny.root / "src/pack"), folder)
    assert found == {name: folder / name for name in sorted(names)}


def test_check_refuses_what_the_downloads_cannot_carry(beside):
    beside.write("tutorials/1-first/data/large.csv", "0" * 1_000_000)
    beside.write("tutorials/1-first/beside.py", "")
    beside.write("tutorials/elsewhere.csv", "")
    more = 'import beside\nopen("../elsewhere.csv")\n'
    beside.write("tutorials/1-first/03_beside.py", LESSON + dedent(more))
    tutorials = beside.tutorials
    told = "\n".join(tutorials.check(tutorials.select(["beside"])))
    for words in (
        "'beside.py' is called as a download",
        "'../elsewhere.csv' lies outside",
        "have 1.0 MB; downloads carry",
    ):
        assert f"03_beside.py:1: the file {words}" in told or words in told
    assert told.count("\n") == 2
