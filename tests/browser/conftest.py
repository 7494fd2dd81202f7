"""A real browser: Debian's chromium, and what is used in it."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest
import visits

from press.site.frontend import npm

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))


def pytest_collection_modifyitems(items):
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Skipped where chromium is absent, because nobody should need it to mend a sentence; in CI it must be there."""
    if not CHROMIUM.is_file():
        message = (
            f"{CHROMIUM} is absent; install Debian's chromium (apt-get install chromium) to test what a reader sees"
        )
        if os.environ.get("KINDLING_CI") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return CHROMIUM


@pytest.fixture(scope="module")  # while Playwright runs, no other event loop can
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(browser, site):
    """A fresh tab of a laptop's size, whose relative addresses are those of the site."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of what only these tests take from npm: axe-core and Lighthouse, as package.json beside this file says."""
    folder = Path(__file__).parent
    if not npm.install(folder):
        message = "axe-core and Lighthouse cannot be installed from npm; the log says why"
        if os.environ.get("KINDLING_CI") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return folder / "node_modules"


@pytest.fixture(scope="session")
def axe(tools) -> str:
    """A script for the page: it defines `axe`."""
    return (tools / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def visit_window(browser, site):
    opened = visits.window(browser, site.url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def visit(visit_window, site, axe):
    """Visit a page of the site; return what is wrong with it."""
    return functools.partial(visits.visited, visit_window, axe, site.url)
