"""The site of this repository, built once per test session from a copy of the working tree, and served on localhost."""

from __future__ import annotations

import functools
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urljoin
from urllib.request import urlopen

import pytest
from bs4 import BeautifulSoup

from press.site.frontend import npm
from press.project import Settings
from press.scripts.script import Script
from press.tutorials import Tutorials

ROOT = Path(__file__).parents[1]
NOT_COPIED = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".press",
    ".cache",
    ".*_cache",
    "__pycache__",
    "*.egg-info",
    "node_modules",
    "site",
    "tests",
    "uv.lock",
)

CATALOGUE = Tutorials(Settings.find(ROOT))
SCRIPTS = CATALOGUE.scripts
LESSONS = [script for script in SCRIPTS if script.header.chapters]  # not the clinic, whose pages are looked up
CLINIC = [script for script in SCRIPTS if script.part.endswith("errors")]
TUTORIALS = [f"{script.url}/" for script in SCRIPTS]
WORKBOOKS = [f"workbooks/{name}/" for name in CATALOGUE.workbooks]


def written_by_hand() -> list[str]:
    """The addresses of the pages of docs/."""
    docs = ROOT / "docs"
    names = [path.relative_to(docs).as_posix() for path in sorted(docs.rglob("*.md"))]
    return [
        name.rpartition("index.md")[0] if name.endswith("index.md") else f"{name.rpartition('.')[0]}/" for name in names
    ]


def some(items, step: int = 3):
    """Parameters of which every so-many-th is tested by everybody, and the others, which are like it, as slow ones."""
    return [item if at % step == 0 else pytest.param(item, marks=pytest.mark.slow) for at, item in enumerate(items)]


PARTS = sorted({url.rpartition("/")[0].rpartition("/")[0] + "/" for url in TUTORIALS})
PAGES = [*written_by_hand(), *PARTS, *TUTORIALS, *WORKBOOKS]
MISSING = "404.html"
POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([^"]+)">')
STRICT = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"  # an SVG file has its own styles
# What is drawn only when it comes near is drawn at once, for tests that look at all of a page.
ALL_DRAWN = """
const sheet = new CSSStyleSheet()
sheet.replaceSync("pre > code { content-visibility: visible !important }")
document.adoptedStyleSheets = [sheet]"""


@dataclass(frozen=True)
class Site:
    """A built site and the address under which it is served."""

    folder: Path
    url: str  # ends with a slash

    def file(self, page: str) -> Path:
        """The HTML file of an address such as "" or "foundations/tensors/"."""
        return self.folder / (page + "index.html" if page == "" or page.endswith("/") else page)

    def soup(self, page: str) -> BeautifulSoup:
        return BeautifulSoup(self.file(page).read_text(encoding="utf-8"), "html.parser")

    def nowhere(self, page: str, links: Iterable[str]) -> list[str]:
        """Those links of a page that lead to no file or no anchor of this site; other sites are not asked."""
        lost = []
        for link in links:
            target, _, anchor = urljoin(self.url + page, link).partition("#")
            if not target.startswith(self.url):
                continue
            path = self.folder / unquote(target.removeprefix(self.url).partition("?")[0])
            path = path / "index.html" if path.is_dir() else path
            if not path.is_file() or (anchor and path.suffix == ".html" and unquote(anchor) not in anchors(path)):
                lost.append(link)
        return lost


@functools.cache
def anchors(path: Path) -> set[str]:
    return set(re.findall(r'\b(?:id|name)="([^"]+)"', path.read_text(encoding="utf-8")))


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder as a careful static host does: compressed, cacheable, with its 404.html for whatever is not there.

    The policy that a page asks for in its head is sent as a header too, where it also holds for the search's worker.
    """

    protocol_version = "HTTP/1.1"

    def send_head(self) -> io.BytesIO | None:
        path = Path(self.translate_path(self.path))
        if path.is_dir() and not self.path.partition("?")[0].endswith("/"):
            return super().send_head()  # the same address with a slash
        path = path / "index.html" if path.is_dir() else path
        found = path.is_file()
        path = path if found else Path(self.directory, MISSING)
        kind = self.guess_type(path)
        text = re.match(r"text/|image/svg|application/(javascript|json|xml)", kind)
        content = path.read_bytes()
        policy = POLICY.search(content)
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
        self.send_header("Content-Security-Policy", policy[1].decode() if policy else STRICT)
        self.send_header("Cache-Control", "max-age=600")
        if text and "gzip" in self.headers.get("Accept-Encoding", ""):
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return io.BytesIO(content)

    def log_message(self, *arguments: object) -> None:
        pass


def lighthouse(tools: Path, address: str, report: Path) -> dict[str, Any]:
    """Everything that Lighthouse says of a page; `tools` is where npm put it, CHROME_PATH the browser."""
    command = ["lighthouse/cli/index.js", address, "--quiet", "--output=json", f"--output-path={report}"]
    npm.run_node(tools, *command, "--chrome-flags=--headless --no-sandbox")
    return json.loads(report.read_text(encoding="utf-8"))


def copy_of_the_tree(folder: Path) -> Path:
    """A copy to build in, so that no test touches outputs/, and a build that is running beside stays whole."""
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
    if (ROOT / "node_modules").is_dir():
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[Site]:
    """The whole site; tutorials whose committed outputs are stale are executed for it."""
    project = copy_of_the_tree(tmp_path_factory.mktemp("site") / "project")
    handler = functools.partial(Handler, directory=str(project / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:  # first, because its port is part of every page
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        build(project, url)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Site(project / "site", url)
        server.shutdown()
        thread.join()


def build(project: Path, url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=project,
        env={**os.environ, "SITE_URL": url, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"the site does not build:\n{done.stdout}{done.stderr}"


def answer(url: str) -> tuple[int, str]:
    """The status and the text that an address answers with."""
    try:
        with urlopen(url) as response:
            return response.status, response.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def by_name(script: Script) -> str:
    return script.name
