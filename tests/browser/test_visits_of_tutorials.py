"""Every tutorial in a real browser, once: visits.py says what is asked of it."""

from __future__ import annotations

import pytest
from sitefixture import CLINIC, LESSONS, by_name, some


@pytest.mark.parametrize("script", [*some(LESSONS, 20), *some(CLINIC, 12)], ids=by_name)
def test_a_visit_of_a_tutorial_finds_nothing_wrong(visit, script):
    assert visit(f"{script.url}/", figures=bool(script.header.chapters)) == []


# Each spoils what one check of a visit is about.
SPOILED = """
  const spoil = (html) => document.querySelector("article").insertAdjacentHTML("afterbegin", html)
  spoil('<p id="faint">too faint to read</p>')
  document.getElementById("faint").style.color = "#999a"
  spoil('<p id="wide">wide</p>')
  document.getElementById("wide").style.width = "330px"
  document.getElementById("wide").style.marginRight = "-99px"
  spoil('<div id="box"><p>out of reach</p></div>')
  document.getElementById("box").style.overflowX = "scroll"
  document.getElementById("box").firstChild.style.width = "3000px"
  spoil('<img src="/nowhere.png" alt="" width="9" height="9">')
  spoil('<img src="https://example.org/x.png" alt="" width="9" height="9">')
  spoil('<figure class="press-figure"></figure>')
  spoil(`<div class="press-cell"><div class="highlight"><pre><code>${"x".repeat(99)}</code></pre></div></div>`)
  spoil('<details><summary>More</summary><button></button></details>')
"""
FOUND = {
    "text stands out from its ground by 4.5 (3 if it is large), in the light: p: ",
    "text stands out from its ground by 4.5 (3 if it is large), in the dark: p: ",
    "a page loads whole, with its images: ",
    "a page loads whole and without an error: ",
    "a page asks no other origin for anything: https://example.org/x.png",
    "each figure shows the one variant of the light scheme: []",
    "each figure shows the one variant of the dark scheme: []",
    "a page does not scroll sideways, 320 pixels wide: the whole page",
    "what scrolls sideways is reached by keyboard, 320 pixels wide: DIV : out of reach",
    "what scrolls sideways is reached by keyboard, 768 pixels wide: DIV : out of reach",
    "what scrolls sideways is reached by keyboard, 1280 pixels wide: DIV : out of reach",
    "no line of code is cut, 1280 pixels wide: xxx",
    "a page fits a small phone before its typefaces are there: the whole page",
    "axe-core finds nothing: serious color-contrast: #faint: ",
    "axe-core finds nothing: critical button-name: ",
}


@pytest.fixture
def spoiled(visit_window):
    """The same window, in which every page is spoiled as soon as it is there."""
    visit_window.add_init_script(f'addEventListener("DOMContentLoaded", () => {{{SPOILED}}})')


def test_a_visit_finds_what_is_wrong(spoiled, visit):
    """The last test of this file, because the window stays as it is."""
    found = visit("history/")
    assert [one for one in FOUND if not any(line.startswith(one) for line in found)] == [], "\n".join(found)
