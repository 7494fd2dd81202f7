"""Outputs that bring HTML and scripts along, in a project without the site's policy: what reaches the page does nothing."""

from __future__ import annotations

import functools
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "faults"))
from test_outputs import hostile_site


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format, *args):
        pass


@pytest.fixture
def served(tiny):
    folder = hostile_site(tiny)
    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", folder
        server.shutdown()


def test_no_output_runs_in_a_browser(browser, served):
    url, folder = served
    tab = browser.new_page()
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.route(lambda address: not address.startswith(url), lambda route: route.abort())
    tab.goto(f"{url}first/other/")
    usual = set(asked)  # the theme's own
    tab.goto(f"{url}first/hello/")
    output = tab.locator(".press-output").first
    for link in output.locator("a").all():
        link.dispatch_event("click")
    for part in output.locator("div, p, img").all():
        part.dispatch_event("mouseover")
    assert tab.evaluate("window.owned") is None
    assert tab.url.startswith(f"{url}first/hello/") and "output of line 27" in tab.locator("body").inner_text()
    assert {address for address in asked if not address.startswith(url)} <= usual, "nothing from elsewhere"
    for path in folder.rglob("figure-*.svg"):  # opened by itself, a drawing is a page that could run scripts
        tab.goto(url + path.relative_to(folder).as_posix())
        assert tab.evaluate("window.owned") is None
    tab.close()
