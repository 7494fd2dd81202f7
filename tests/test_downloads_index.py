"""No download makes an installer ask an index for the shared package: the index is on this machine and notes each name."""

from __future__ import annotations

import ensurepip
import json
import os
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from sitefixture import CATALOGUE, SCRIPTS
from takehome import ran
from test_downloads import ASKED, with_header

from press.site.downloads import notebooks
from press.site.downloads.home import Home
from press.site.downloads.wheel import build_wheel

PIP = next(Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl"))


@pytest.fixture
def index(tmp_path):
    """A site with the wheel of a package that needs nothing, and an index that has nothing and notes what it is asked."""
    project, names = tmp_path / "project", []
    (project / "src" / "kindling").mkdir(parents=True)
    (project / "src" / "kindling" / "__init__.py").write_text("here = True\n")
    (project / "pyproject.toml").write_text('[project]\nname = "kindling-torch"\nversion = "0.1.0"\n')
    wheel = build_wheel(project, project / "src" / "kindling", tmp_path / "served")

    class Noting(SimpleHTTPRequestHandler):
        def do_GET(self):
            if self.path.startswith("/simple/"):
                names.append(self.path.split("/")[2])
            super().do_GET()

        def log_message(self, *told):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *asked: Noting(*asked, directory=str(wheel.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    home = Home("kindling", f"{url}/{wheel.name.replace('+', '%2B')}", distribution="kindling-torch")
    yield SimpleNamespace(home=home, names=names, settings=settings(f"{url}/simple"))
    server.shutdown()
    server.server_close()


def settings(simple: str) -> dict[str, str]:
    return dict.fromkeys(("UV_DEFAULT_INDEX", "PIP_INDEX_URL"), simple) | {"UV_NO_CACHE": "1", "PIP_NO_CACHE_DIR": "1"}


def alone(needs: str) -> str:
    """The requirements of a header without those of other packages, which this index cannot have."""
    return json.dumps([need for need in eval(needs) if need.lower().startswith("kindling")])


@pytest.mark.parametrize(("needs", "below"), [ASKED[number] for number in (0, 1, 6)])
def test_uv_asks_no_index_for_the_package(index, uv, empty, needs, below):
    source = with_header(alone(needs), below) + "import kindling\nprint(kindling.here)\n"
    (empty / "one.py").write_text(notebooks.script(source, index.home), encoding="utf-8")
    assert ran(uv, "run", "one.py", where=empty, **index.settings) == "True\n"
    assert index.names == []


@pytest.mark.slow
@pytest.mark.parametrize("pip", [True, False], ids=["pip", "uv, where pip is absent"])
def test_the_first_cell_of_a_notebook_asks_no_index_for_the_package(index, uv, empty, pip):
    (empty / "cell.py").write_text(index.home.install(["Kindling>=0.1"]) + "\nimport kindling\n", encoding="utf-8")
    ran(uv, "venv", "--quiet", "env", where=empty)
    python = empty / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    found = {"PYTHONPATH": str(PIP)} if pip else {"PATH": f"{Path(uv).parent}{os.pathsep}{os.environ['PATH']}"}
    ran(python, "cell.py", where=empty, **index.settings, **found)
    assert index.names == []


def test_the_index_notes_what_it_is_asked_for(index, uv, empty):
    source = with_header('["kindling>=0.1"]', "") + "import kindling\n"
    (empty / "one.py").write_text(source, encoding="utf-8")
    with pytest.raises(AssertionError, match="kindling"):
        ran(uv, "run", "one.py", where=empty, **index.settings)
    assert set(index.names) == {"kindling"}


@pytest.mark.parametrize("source", [*SCRIPTS, *CATALOGUE.workbooks.values()], ids=lambda one: one.path.name)
def test_every_header_names_the_package_as_installers_know_it(source):
    home = Home("kindling", "http://site/w.zip", distribution=CATALOGUE.settings.distribution)
    asked = [need for need in source.header.dependencies if home.is_own(need)]
    assert asked == ["kindling-torch"] and "kindling-torch" in source.header.sources
