"""A figure in steps: by keyboard, by screen reader, on a phone, in the dark, without script, under the site's policy."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from visits import PHONE

from press.site.html.outputs import rendered

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "src/press/site/templates/assets"
FILES = {
    "press.css": ASSETS / "press.css",
    "press.js": ASSETS / "press.js",
    "kindling.css": ROOT / "docs/stylesheets/kindling.css",
}
POLICY = re.search(r'content="(default-src[^"]*)"', (ROOT / "docs/theme/main.html").read_text(encoding="utf-8"))[1]
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Steps</title>
<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="press.css"><link rel="stylesheet" href="kindling.css"><link rel="stylesheet" href="ground.css"></head>
<body data-md-color-scheme="{scheme}" class="md-content"><main class="md-typeset"><h1>Steps</h1><div class="press-output">{steps}</div>
<p id="below">Below.</p></main><script src="press.js"></script></body></html>"""
RATES = {"0.001": 2, "0.01": 2, "0.1": 3}  # each with the height of its figure


def drawn(height: float) -> str:
    figure, axes = plt.subplots(figsize=(4, height))
    axes.plot([0, height])
    file = io.StringIO()
    figure.savefig(file, format="svg")
    plt.close(figure)
    return file.getvalue().partition("<svg")[2].join(["<svg", ""])


def shown(context, scheme: str = "default", heights=RATES):
    """A tab with a stepped figure, and what the browser complained of."""
    outputs = []
    for at, (rate, height) in enumerate(heights.items()):
        step = {"label": "learning rate", "value": rate, "at": at}
        said = {"image/svg+xml": {"alt": f"the loss at {rate}"}}
        outputs.append(
            {"output_type": "display_data", "data": {"text/plain": ""}, "metadata": {"kindling": {"step": step}}}
        )
        outputs.append({"output_type": "display_data", "data": {"image/svg+xml": drawn(height)}, "metadata": said})
    made = rendered([outputs])
    files = {name: path.read_bytes() for name, path in FILES.items()}
    files |= {name: base64.b64decode(content) for name, content in made["images"].items()}
    files[""] = PAGE.format(policy=POLICY.replace(" {hashes}", ""), scheme=scheme, steps=made["html"][0]).encode()
    files["ground.css"] = b"body { background: var(--k-paper); color: var(--k-ink) }"  # as Material does
    types = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "": "text/html"}

    def answered(route):
        name = route.request.url.rpartition("/")[2]
        if name in files:
            route.fulfill(body=files[name], content_type=types[name.rpartition(".")[2]])
        else:
            route.fulfill(status=404)  # a typeface

    context.route("**/*", answered)
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if "404" not in said.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("http://steps.example/")
    return page, complaints


def alternatives(page) -> list[str]:
    """What the figures that can be seen say."""
    return [one.get_attribute("alt") for one in page.locator("img").all() if one.is_visible()]


@pytest.fixture
def phone(browser):
    context = browser.new_context(viewport=PHONE)
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_a_stepped_figure_is_gone_through_by_keyboard_and_says_where_it_is(phone, axe, scheme):
    page, complaints = shown(phone, scheme)
    slider = page.get_by_role("slider", name="learning rate", exact=True)
    below = page.locator("#below").bounding_box()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "range"
    for key, rate in {"": "0.001", "ArrowRight": "0.01", "End": "0.1", "ArrowLeft": "0.01", "Home": "0.001"}.items():
        if key:
            page.keyboard.press(key)
        assert alternatives(page) == [f"the loss at {rate}"]
        assert page.locator("output").inner_text() == rate
        assert slider.get_attribute("aria-valuetext") == f"learning rate: {rate}"
        assert page.locator("#below").bounding_box() == below, "nothing moves"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.get_by_text("learning rate", exact=True).is_visible()
    page.evaluate(axe)
    found = page.evaluate("async () => (await axe.run('.press-output')).violations.map((one) => one.id)")
    assert found == []
    assert complaints == []


def test_without_script_the_first_step_is_shown_and_the_others_can_be_unfolded(browser):
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page, _ = shown(context)
    assert alternatives(page) == ["the loss at 0.001"]
    assert page.get_by_text("learning rate: 0.001").is_visible()
    assert not page.get_by_role("slider").is_visible()
    page.get_by_text("learning rate: 0.01, 0.1").click()
    assert alternatives(page) == [f"the loss at {rate}" for rate in RATES]
    assert page.get_by_text("learning rate: 0.1", exact=True).is_visible()
    context.close()


def test_what_is_below_stays_where_it_is_when_the_script_comes(browser):
    tops = []
    for enabled in (True, False):
        context = browser.new_context(viewport=PHONE, java_script_enabled=enabled)
        page, _ = shown(context, heights=dict.fromkeys(RATES, 2))
        tops.append(page.locator("#below").bounding_box()["y"])
        context.close()
    assert tops[0] == pytest.approx(tops[1], abs=8)
