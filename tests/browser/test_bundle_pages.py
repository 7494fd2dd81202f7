"""The bundle of this site as a reader meets it: opened from a disk, and served by Python's own server below a path."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sitefixture import LESSONS, SCRIPTS, WORKBOOKS

pytestmark = pytest.mark.slow  # a second build of the whole site; test_bundle.py packs a small one
LESSON = next(script for script in LESSONS if script.name == "backprop")
WORKBOOK = f"workbooks/{LESSON.name}/"
DRAWN = """async () => {
  for (const image of document.images) {
    image.loading = "eager"
    await image.decode().catch(() => {})
  }
  await document.fonts.ready
  return {
    blank: [...document.images].filter(image => !image.naturalWidth).map(image => image.src),
    images: document.querySelectorAll(".press-output img").length,
    formulas: [...document.querySelectorAll("math")].filter(one => one.getBoundingClientRect().width > 0).length,
    fonts: [...document.fonts].filter(one => one.status === "loaded").map(one => one.family),
    failed: [...document.fonts].filter(one => one.status === "error").map(one => one.family),
  }
}"""
# Firefox lets a page of a disk make a worker, which then never answers.
LATE = "window.Worker = class extends EventTarget { postMessage() {} terminate() {} }"


@pytest.fixture(scope="module")
def folder(site, tmp_path_factory) -> Path:
    """The bundle, unzipped into a folder whose name is no address."""
    home = tmp_path_factory.mktemp("bundle") / "My books, 100%"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "press", "bundle", str(home / "site.zip")],
        cwd=site.folder.parent,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(home / "site.zip") as archive:
        archive.extractall(home)
    return home / "kindling-site"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """What the README.txt tells to run, one folder above and at any port: the address has a path of its own."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        command, cwd=folder.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            port = re.search(r"port (\d+)", server.stdout.readline())[1]
            yield f"http://127.0.0.1:{port}/{folder.name}/"
        finally:
            server.terminate()


@pytest.fixture(params=["disk", "server"])
def opened(request, browser, folder):
    """A tab, the address of the bundle, and what went wrong meanwhile."""
    complaints = []
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(20_000)
        tab = context.new_page()
        tab.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        if request.param == "disk":
            yield tab, f"{folder.as_uri()}/", complaints
        else:
            with served(folder) as url:
                yield tab, url, complaints


@pytest.mark.parametrize("page", ["", f"{LESSON.url}/", WORKBOOK], ids=["home", "lesson", "workbook"])
def test_a_page_shows_its_figures_and_formulas_and_complains_of_nothing(opened, page):
    tab, url, complaints = opened
    tab.goto(f"{url}{page}index.html")
    drawn = tab.evaluate(DRAWN)
    assert (drawn["blank"], drawn["failed"], complaints) == ([], [], [])
    assert {"Source Serif 4", "Source Code Pro"} <= set(drawn["fonts"])
    if page == f"{LESSON.url}/":
        assert drawn["images"] > 5 and drawn["formulas"] > 20 and "STIX Two Math" in drawn["fonts"]


def test_a_reader_goes_from_page_to_page_by_links(opened):
    tab, url, complaints = opened
    tab.goto(f"{url}index.html")
    tab.locator(f"article a[href*='{LESSON.url}/']").first.click()
    tab.wait_for_url(f"{url}{LESSON.url}/index.html*")
    tab.locator(".press-bar a", has_text="Workbook").click()
    tab.wait_for_url(f"{url}{WORKBOOK}index.html*")
    tab.go_back()
    tab.locator("a.md-footer__link--next").click()
    tab.wait_for_function("title => !document.title.startsWith(title)", arg=LESSON.title)
    assert tab.url.startswith(f"{url}foundations/") and tab.url.endswith("/index.html")
    tab.locator(".md-logo").locator("visible=true").first.click()
    tab.wait_for_url(f"{url}index.html")
    assert complaints == []


def test_the_search_finds_a_section_when_served_and_hides_from_a_disk(opened):
    tab, url, complaints = opened
    tab.goto(f"{url}about/index.html")
    field = tab.locator("[data-md-component=search-query]")
    if url.startswith("file:"):
        tab.locator("[data-md-component=search]").wait_for(state="hidden")
        tab.add_init_script(LATE)
        tab.set_viewport_size({"width": 400, "height": 800})
        tab.reload()
        assert tab.evaluate("new Worker('search.js') instanceof EventTarget")
        tab.locator(".md-header__button[for=__search]").wait_for(state="hidden")
        tab.locator("[data-md-component=search]").wait_for(state="hidden")
    else:
        tab.keyboard.press("s")
        field.press_sequentially("broadcasting")
        link = tab.locator(".md-search-result__link[href*='foundations/tensors/'][href*='#broadcasting']").first
        link.click()
        tab.wait_for_url(re.compile(r"/foundations/tensors/\?.*#broadcasting$"))
        assert tab.locator("#broadcasting").is_visible()
    assert complaints == []


def test_progress_is_kept_from_page_to_page(opened):
    tab, url, complaints = opened
    tab.goto(f"{url}{LESSON.url}/index.html")
    tab.get_by_role("button", name="I have read this page").click()
    tab.goto(f"{url}progress/index.html")
    assert tab.locator(".press-overview__sum").inner_text().startswith("1 of ")
    assert complaints == []


def test_all_downloads_and_the_wheel_are_in_it(folder):
    (wheel,) = folder.glob("assets/wheels/*.whl")
    for script in SCRIPTS:
        for suffix in ("py", "ipynb"):
            text = (folder / script.url / f"{script.name}.{suffix}").read_text(encoding="utf-8")
            assert f"http://localhost:8000/assets/wheels/{wheel.name.replace('+', '%2B')}" in text, script.name
    for page in WORKBOOKS:
        assert (folder / page / f"{Path(page).name}.ipynb").is_file()
