"""Figures in both schemes, as a browser draws them: each word stands out from what lies around it."""

from __future__ import annotations

import base64
import functools
import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from press.site.html.outputs import rendered

ROOT = Path(__file__).parents[2]
SHEETS = (ROOT / "src/press/site/templates/assets/press.css", ROOT / "docs/stylesheets/kindling.css")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="160pt" height="60pt" viewBox="0 0 160 60">{}</svg>'
WORDS = '<text x="10" y="40" font-size="14"{}>Linear</text>'
SCALE = 2


def matrix(axes):
    axes.imshow([[50, 3], [9, 38]], cmap="Blues")
    for (i, j), count in np.ndenumerate([[50, 3], [9, 38]]):
        axes.text(j, i, str(count), ha="center", va="center", color="white" if count > 25 else "black")


def boxes(axes):
    axes.text(0.2, 0.5, "in a box", bbox={"facecolor": "wheat", "alpha": 0.5})
    axes.annotate("note", (0.1, 0.1), (0.5, 0.8), bbox={"fc": "navy"}, color="white", arrowprops={"arrowstyle": "->"})


def legend(axes):
    for k in range(3):
        axes.plot([0, 1], [k, 2 - k], linewidth=12, label=f"run {k}")
    axes.legend(loc="center", framealpha=0.9, shadow=True)


PLOTS = {
    "lines": (lambda axes: axes.plot([0, 1]), True),
    "gray bars": (lambda axes: axes.bar([0, 1], [1, 2], color="0.8") and axes.text(0, 0.5, "half", ha="center"), True),
    "legend": (legend, True),
    "matrix": (matrix, False),
    "boxes": (boxes, False),
    "pie": (lambda axes: axes.pie([2, 1], labels=["cat", "dog"], autopct="%d%%", colors=["gold", "skyblue"]), False),
    "table": (lambda axes: axes.table([["a", "b"]], [["#ffd0d0", "white"]]), False),
    "title": (lambda axes: axes.set_title("Title", color="navy"), False),
    "alpha": (lambda axes: axes.axhspan(0, 1, color="yellow", alpha=0.5) and axes.text(0.4, 0.5, "span"), False),
    "field": (lambda axes: axes.set_facecolor("lightyellow") or axes.text(0.4, 0.5, "field"), False),
}
DRAWINGS = {
    "graphviz": '<polygon fill="white" stroke="none" points="0,60 0,0 160,0 160,60"/>' + WORDS.format(""),
    "colored node": '<ellipse fill="lightblue" stroke="black" cx="30" cy="35" rx="30" ry="20"/>' + WORDS.format(""),
    "bare": WORDS.format(""),
    "style": WORDS.format(' style="fill: rgb(20, 20, 20)"'),
    "attribute": WORDS.format(' fill="#222"'),
    "class": "<style>.a { fill: black }</style>" + WORDS.format(' class="a"'),
    "currentColor": WORDS.format(' fill="currentColor"'),
    "own scheme": "<style>@media (prefers-color-scheme: dark) { text { fill: white } }</style>" + WORDS.format(""),
}


def plotted(draw, style="default") -> str:
    with plt.style.context(style), plt.rc_context({"svg.fonttype": "path"}):
        figure, axes = plt.subplots(figsize=(3, 2))
        draw(axes)
        file = io.StringIO()
        figure.savefig(file, format="svg", facecolor=figure.get_facecolor())
        plt.close(figure)
    return file.getvalue().partition("<svg")[2].join(["<svg", ""])


@functools.cache
def drawings() -> dict[str, str]:
    made = {name: plotted(draw) for name, (draw, _) in PLOTS.items()}
    made["dark style"] = plotted(matrix, "dark_background")
    return made | {name: SVG.format(content) for name, content in DRAWINGS.items()}


def luminance(colors):
    values = np.asarray(colors) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(pixels) -> float:
    """Between what is most of a box and what differs most from it."""
    colors, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    ground, all_of_it = luminance(colors[counts.argmax()]), luminance(colors)
    return float(((np.maximum(all_of_it, ground) + 0.05) / (np.minimum(all_of_it, ground) + 0.05)).max())


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """A tab with all figures, and the names of the files of each."""
    folder = tmp_path_factory.mktemp("figures")
    outputs = [
        {"output_type": "display_data", "data": {"image/svg+xml": svg}, "metadata": {}} for svg in drawings().values()
    ]
    made = rendered([[output] for output in outputs])
    for name, content in made["images"].items():
        (folder / name).write_bytes(base64.b64decode(content))
    head = "".join(f'<link rel="stylesheet" href="{sheet.as_uri()}">' for sheet in SHEETS)
    body = "".join(html.replace('loading="lazy"', "") for html in made["html"])
    (folder / "page.html").write_text(
        f'{head}<body data-md-color-scheme="default" style="background: var(--k-paper)"><div class="md-typeset">{body}'
    )
    context = browser.new_context(
        device_scale_factor=SCALE, viewport={"width": 700, "height": 800}, color_scheme="dark"
    )
    yield context.new_page(), folder
    context.close()


def words(tab, path) -> list[list[float]]:
    """Where the words of a drawing are: the corner and the size of each, in CSS pixels."""
    tab.goto(path.as_uri())
    return tab.evaluate("""() => [...document.querySelectorAll('text, [id^="text_"]')].map(one => {
        const drawn = one.matches("text") ? [one] : [...one.querySelectorAll("use")]
        const parts = drawn.map(part => part.getBoundingClientRect()).filter(part => part.width > 0)
        const left = Math.min(...parts.map(p => p.left)), top = Math.min(...parts.map(p => p.top))
        const right = Math.max(...parts.map(p => p.right)), bottom = Math.max(...parts.map(p => p.bottom))
        return [left, top, right, bottom]
    }).filter(box => isFinite(box[0]))""")


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_every_word_of_a_figure_can_be_read(page, scheme):
    tab, folder = page
    tab.goto((folder / "page.html").as_uri())
    tab.evaluate("scheme => document.body.dataset.mdColorScheme = scheme", scheme)
    shown = [(image.bounding_box(), image.get_attribute("src")) for image in tab.locator("img:visible").all()]
    screen = np.asarray(Image.open(io.BytesIO(tab.screenshot(full_page=True))).convert("RGB"))
    unread = {}
    for name, (place, file) in zip(drawings(), shown, strict=True):
        for left, top, right, bottom in words(tab, folder / file):
            x, y = place["x"], place["y"]
            rows, columns = (
                slice(int((y + top) * SCALE), int((y + bottom) * SCALE)),
                slice(int((x + left) * SCALE), int((x + right) * SCALE)),
            )
            if (found := contrast(screen[rows, columns])) < 4.5:
                unread.setdefault(name, []).append(round(found, 2))
    assert unread == {}


def test_a_figure_whose_words_lie_on_nothing_but_grays_follows_the_scheme(page):
    tab, folder = page
    tab.goto((folder / "page.html").as_uri())
    follows = [figure.locator("img").count() == 2 for figure in tab.locator("figure").all()]
    assert dict(zip(drawings(), follows, strict=True)) == {name: False for name in drawings()} | {
        name: twin for name, (_, twin) in PLOTS.items()
    }
