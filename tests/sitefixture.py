"""The site of this repository, built once per run from a copy of the working tree, and served on localhost."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urljoin
from urllib.request import urlopen

import pytest
from bs4 import BeautifulSoup
from filelock import FileLock
from siteserver import MISSING

from press.project import Settings
from press.scripts.script import Script
from press.site.frontend import npm
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
    return [
        item if at % step == 0 else pytest.param(*several(item), marks=pytest.mark.slow)
        for at, item in enumerate(items)
    ]


def several(item) -> tuple:
    """The values of one case: a tuple has one for each parameter."""
    return item if isinstance(item, tuple) else (item,)


PARTS = sorted({url.rpartition("/")[0].rpartition("/")[0] + "/" for url in TUTORIALS})
PAGES = [*written_by_hand(), *PARTS, *TUTORIALS, *WORKBOOKS]
HTML = [*PAGES, MISSING]  # each page that has a file
MOVED = {  # old address -> where it leads
    "training/debug-devices/": "training/debugging/",
    "workbooks/debug-devices/": "workbooks/debugging/",
}
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
        """A page as a tree, which several tests share: they may not change it."""
        return parsed(self.file(page))

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


@functools.lru_cache(maxsize=4)  # they are large
def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@functools.cache
def anchors(path: Path) -> set[str]:
    return set(re.findall(r'\b(?:id|name)="([^"]+)"', path.read_text(encoding="utf-8")))


def lighthouse(tools: Path, address: str, report: Path) -> dict[str, Any]:
    """Everything that Lighthouse says of a page; `tools` is where npm put it, CHROME_PATH the browser."""
    command = ["lighthouse/cli/index.js", address, "--quiet", "--output=json", f"--output-path={report}"]
    npm.run_node(tools, *command, "--chrome-flags=--headless --no-sandbox")
    return json.loads(report.read_text(encoding="utf-8"))


def copy_of_the_tree(folder: Path) -> Path:
    """A copy to build in, so that no test touches outputs/, and a build that is running beside stays whole."""
    shutil.rmtree(folder, ignore_errors=True)  # of a build that failed
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
    if (ROOT / "node_modules").is_dir():
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Site:
    """The whole site, built by the worker that needs it first, while others wait, and served until the last one ends.

    Tutorials whose committed outputs are stale are executed for it.
    """
    parallel = "PYTEST_XDIST_WORKER" in os.environ
    shared = tmp_path_factory.getbasetemp()
    shared, runner = (shared.parent, os.getppid()) if parallel else (shared, os.getpid())
    address = shared / "site-address"
    with FileLock(shared / "site.lock"):
        if not address.exists():
            project = copy_of_the_tree(shared / "site-project")
            url = served(project / "site", runner)
            build(project, url)
            address.write_text(url, encoding="utf-8")
    return Site(shared / "site-project" / "site", address.read_text(encoding="utf-8"))


def served(folder: Path, until: int) -> str:
    """The address of a server, in a process of its own, that ends with the process of that number."""
    command = [sys.executable, str(Path(__file__).with_name("siteserver.py")), str(folder), str(until)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    with server.stdout:
        port = int(server.stdout.readline())
    server.returncode = 0  # nobody waits for it, so nobody is warned that it is still running
    return f"http://127.0.0.1:{port}/"


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
