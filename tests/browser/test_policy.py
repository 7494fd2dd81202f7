"""The Content-Security-Policy: strict on every page, never in the way of a reader, always in the way of a foreign script."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from sitefixture import LESSONS, MISSING
from test_pages import digest

from press.site.frontend import policy

if TYPE_CHECKING:
    from playwright.sync_api import Page

TUTORIAL = "foundations/tensors/"
WORKBOOK = "workbooks/tensors/"
TELL = """document.addEventListener("securitypolicyviolation", event =>
  globalThis.tell(`${event.effectiveDirective} ${event.blockedURI}`))"""
# What an output might bring along if nothing cleaned it.
EVIL = """<script>globalThis.ran = "script"</script><script src="https://example.org/x.js"></script>
<img src="data:," alt="" onerror="globalThis.ran = 'handler'"><img src="https://example.org/x.png" alt="">
<style>body { display: none }</style><p id="evil" style="display: none">x</p>
<a href="javascript:globalThis.ran='address'">evil</a>"""
CAUGHT = {
    "script-src-elem inline",
    "script-src-elem https://example.org/x.js",
    "script-src-attr inline",
    "img-src https://example.org/x.png",
    "style-src-elem inline",
    "style-src-attr inline",
}


@dataclass
class Watched:
    """A tab, and what its pages did against the policy or complained of."""

    tab: Page
    broken: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@pytest.fixture
def watched(tab) -> Watched:
    seen = Watched(tab)
    tab.context.expose_binding("tell", lambda _, what: seen.broken.append(what))
    tab.add_init_script(TELL)
    tab.on("console", lambda message: seen.said.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: seen.said.append(str(error)))
    return seen


def headers(url: str) -> Message:
    try:
        with urlopen(url) as reply:
            return reply.headers
    except HTTPError as error:
        with error:
            return error.headers


@pytest.mark.parametrize("address", ["", TUTORIAL, WORKBOOK, "nowhere/"])
def test_the_policy_is_sent_as_a_header_too(site, address):
    sent = headers(site.url + address)["Content-Security-Policy"]
    page = site.soup(MISSING if address == "nowhere/" else address)
    assert sent == page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]


def test_the_search_worker_may_load_nothing_foreign(site):
    """A worker has no page whose meta could hold for it: only the header does."""
    (worker,) = (site.folder / "assets/javascripts/workers").glob("search*.min.js")
    sent = headers(site.url + worker.relative_to(site.folder).as_posix())["Content-Security-Policy"]
    assert sent.startswith("default-src 'self';") and "script-src" not in sent


def test_nothing_that_a_reader_does_breaks_a_rule(watched):
    tab = watched.tab
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto("")
    tab.locator(".k-schemes label:not([hidden])").click()
    tab.keyboard.press("/")
    tab.keyboard.type("broadcasting")
    tab.locator(".md-search-result__item a[href*='foundations/tensors/']").first.click()
    tab.locator("article .press-cell").first.wait_for()

    tab.goto(TUTORIAL)
    cell = tab.locator(".press-cell .highlight").first
    cell.hover()
    cell.locator(".md-code__button").first.click()
    tab.wait_for_function("async () => await navigator.clipboard.readText() !== ''")
    for one in LESSONS[0].quizzes:
        form = tab.locator(f"#quiz-{one.slug}")
        if one.kind == "number":
            form.locator("input").fill("987654")
        else:
            form.locator("input").first.check()
        form.get_by_role("button", name="Check").click()
        form.locator("summary").click()
    tab.get_by_role("button", name="I have read this page").click()
    tab.mouse.wheel(0, -600)
    tab.locator(".md-top").click()

    tab.goto(WORKBOOK)
    tab.get_by_label("The check said that my answer is right").first.check()
    for folded in tab.locator("article details > summary").all():
        if folded.is_visible():
            folded.click()
    tab.goto("progress/")
    with tab.expect_download():
        tab.get_by_role("button", name="Export").click()
    tab.once("dialog", lambda dialog: dialog.accept())
    tab.get_by_role("button", name="Clear everything").click()
    tab.goto("review/")
    tab.locator(".press-review__state").wait_for()
    tab.goto("reference/training/")
    tab.locator("article details > summary").first.click()
    assert watched.broken == [] and watched.said == []


@pytest.mark.parametrize("closed", [False, True], ids=["in an output", "behind a false end of the page's content"])
def test_a_script_that_an_output_brings_along_is_not_run(site, watched, closed):
    """As on a static host: without a header, by the policy in the page alone."""
    tab = watched.tab
    built = site.file(TUTORIAL).read_text(encoding="utf-8")
    before, output, after = built.partition('<div class="press-output')
    page = f"{before}{EVIL}{'</article>' + EVIL if closed else ''}{output}{after}"
    page = policy.allow_scripts(re.sub(r"'sha256-.*?(?=; img-src)", policy.HASHES, page, count=1))
    assert digest('globalThis.ran = "script"') not in page
    tab.route(f"**/{TUTORIAL}", lambda route: route.fulfill(body=page, content_type="text/html; charset=utf-8"))
    tab.goto(TUTORIAL)
    tab.wait_for_load_state("networkidle")
    tab.get_by_role("link", name="evil").first.evaluate("link => link.click()")
    assert tab.evaluate("() => globalThis.ran") is None
    shown = "selector => getComputedStyle(document.querySelector(selector)).display !== 'none'"
    assert tab.evaluate(shown, "body") and tab.evaluate(shown, "#evil")
    assert set(watched.broken) >= CAUGHT
    assert "Copy to clipboard" in tab.locator(".md-code__button").first.get_attribute("title"), (
        "the theme's own scripts ran"
    )


def test_a_page_without_the_policy_of_the_theme_is_left_as_it_is():
    page = "<html><script>1</script><article><script>2</script></article></html>"
    assert policy.allow_scripts(page) == page


def test_while_serving_the_script_that_reloads_the_page_may_run():
    """mkdocs adds it after everybody else, and it differs from build to build."""
    page = f'<meta http-equiv="Content-Security-Policy" content="script-src {policy.HASHES}"><article></article>'
    assert "'unsafe-inline'" in policy.allow_scripts(page, all_inline=True)
    assert "'unsafe-inline'" not in policy.allow_scripts(page)
