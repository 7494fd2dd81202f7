"""A real browser: Debian's chromium."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")  # while Playwright runs, no other event loop can
def browser():
    """Skipped where chromium is absent, because nobody should need it to mend a sentence; in CI it must be there."""
    if not CHROMIUM.is_file():
        message = f"{CHROMIUM} is absent; install Debian's chromium (apt-get install chromium) to test what a reader sees"
        if os.environ.get("KINDLING_CI") == "1":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser, site):
    """A fresh tab of a laptop's size, whose relative addresses are those of the site."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()
