"""Pages: from outputs to HTML, from figures to files for both schemes."""

import base64
import io
import re
from dataclasses import replace

import markdown
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from sitefixture import SCRIPTS

from press import page
from press.page import Fragments
from press.store import Run

SVG = (
    '<svg width="72pt" height="36pt" viewBox="0 0 72 36"><g id="figure_1"><g id="patch_1">'
    '<path d="M 0 0" style="fill: #ffffff"/></g><g id="axes_1"><g id="patch_2"><path d="M 0 0" style="fill: #ffffff"/></g>'
    '<path style="fill: none; stroke: #1f1f1f"/><path style="stroke: #c0562a"/><!-- loss --><text fill="#b0b0b0"/></g></g></svg>'
)


def output(data, **metadata):
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def rendered(tmp_path, *outputs):
    return page.render_outputs([list(outputs)], tmp_path / "page").html[0]


def test_text_is_escaped_and_terminal_colours_become_classes(tmp_path):
    shown = rendered(tmp_path, stream("a < b & \x1b[31mred\x1b[0m"))
    assert "a &lt; b &amp;" in shown
    assert "\x1b" not in shown
    assert "ansi-red-fg" in shown


def test_html_that_a_cell_returns_is_sanitised(tmp_path):
    evil = '<table class="t"><tr><td onclick="x()">1</td></tr></table><script>alert(1)</script><img src=x onerror=y()><iframe src="/"></iframe>'
    shown = rendered(tmp_path, output({"text/html": evil, "text/plain": "t"}))
    assert '<table class="t">' in shown
    for word in ("script", "onclick", "onerror", "iframe", "alert"):
        assert word not in shown


def test_markdown_that_a_cell_returns_is_rendered_and_sanitised(tmp_path):
    shown = rendered(tmp_path, output({"text/markdown": "**bold** <script>x()</script>", "text/plain": "t"}))
    assert "<strong>bold</strong>" in shown
    assert "<script" not in shown


def test_a_figure_says_what_its_author_said_and_has_a_twin_for_the_dark_scheme(tmp_path):
    shown = rendered(tmp_path, output({"image/svg+xml": SVG}, **{"image/svg+xml": {"alt": 'A "loss" & more'}}))
    assert shown.count("<img") == 2
    assert shown.count('alt="A &quot;loss&quot; &amp; more" width="96" height="48" loading="lazy"') == 2
    light, dark = page.schemes(SVG)
    assert "#ffffff" not in light  # no white card on a page that is not quite white
    assert "#c0562a" in dark
    assert "#1f1f1f" not in dark
    assert dark.startswith('<svg fill="#e8e8e8"')


def test_turning_greys_round_keeps_their_order_reversed():
    greys = [f"#{value:02x}{value:02x}{value:02x}" for value in range(0, 256, 15)]
    _, dark = page.schemes("<svg>" + "".join(f'<path fill="{grey}"/>' for grey in greys) + "</svg>")
    turned = [int(part[:2], 16) for part in dark.split('fill="#')[2:]]
    assert turned == sorted(turned, reverse=True)
    assert turned[0] >= 225
    assert turned[-1] <= 40


def test_a_figure_without_words_of_its_author_takes_those_drawn_in_it(tmp_path):
    assert 'alt="Figure: loss"' in rendered(tmp_path, output({"image/svg+xml": SVG}))


def test_an_image_is_written_as_it_is_and_named_by_its_content(tmp_path):
    buffer = io.BytesIO()
    Image.new("RGB", (100, 50)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    shown = rendered(tmp_path, output({"image/png": data}, **{"image/png": {"alt": "black"}}))
    (path,) = (tmp_path / "page").glob("*.png")
    assert path.read_bytes() == buffer.getvalue()
    assert f'src="{path.name}"' in shown
    assert 'width="80" height="40"' in shown


def test_images_that_no_output_shows_any_more_are_removed(tmp_path):
    rendered(tmp_path, output({"image/svg+xml": SVG}))
    rendered(tmp_path, stream("no figure"))
    assert list((tmp_path / "page").glob("figure-*")) == []


def test_the_same_outputs_are_rendered_once(tmp_path, monkeypatch):
    first = rendered(tmp_path, stream("once"))
    monkeypatch.setattr(page, "exporter", None)
    assert rendered(tmp_path, stream("once")) == first


def test_code_keeps_every_character_and_links_known_names():
    import html
    import re

    source = "y = F.mse_loss(a, b)  # a.b\nmodel = nn.Linear(3, 1)\n\nprint(f'{y:.2f} <b>')"
    shown = page.highlight(
        source,
        {"F.mse_loss": "torch.nn.functional.mse_loss"},
        lambda name, code, at: f"<a {name} {at}>{code}</a>",
        "here",
    )
    assert html.unescape(re.sub(r"<[^>]*>", "", shown)) == source
    assert re.search(r"<a torch.nn.functional.mse_loss here>.*F.*mse_loss.*</a>", shown)
    assert shown.count("<a ") == 1


def coloured(markup):
    """Each character with the kind of code that it is coloured as."""
    pieces = BeautifulSoup(f"<pre>{markup}</pre>", "html.parser").find_all(string=True)
    return [(character, " ".join(piece.parent.get("class", []))) for piece in pieces for character in piece]


@pytest.mark.parametrize("script", SCRIPTS[::4], ids=lambda script: script.name)
def test_fewer_spans_leave_each_character_its_colour(script):
    plain = ["n", "p", "o", "w", "kc"]
    for cell in script.code:
        whole = page.highlight(cell.source, {}, lambda *_: None, "")
        fewer = page.with_fewer_spans(whole, plain)
        expected = [(character, "" if kind in plain else kind) for character, kind in coloured(whole)]
        assert coloured(fewer) == expected
        assert fewer.count("<span") <= whole.count("<span") / 1.5 or whole.count("<span") < 20
        assert not re.search(r'<span class="(\w+)">[^<]*</span><span class="\1">', fewer)


def test_links_and_other_spans_stay_as_they_are():
    markup = '<span class="k">for</span> <a href="x"><span class="n">nn</span><span class="o">.</span></a> <span class="note">a</span>'
    fewer = '<span class="k">for</span> <a href="x">nn.</a> <span class="note">a</span>'
    assert page.with_fewer_spans(markup, ["n", "o"]) == fewer


def test_a_block_of_code_says_how_many_lines_it_has():
    text = "```python\nx = 1\n\ny = 2\n```\n\n```\none line\n```\n\nSome `code`.\n"
    fenced = markdown.markdown(text, extensions=["pymdownx.superfences", "pymdownx.highlight"])
    cell = '<pre><code class="x"><span class="k">if</span> a:\n    b</code></pre>'
    shown = BeautifulSoup(page.with_line_counts(fenced + cell), "html.parser")
    assert [code.get("data-lines") for code in shown.find_all("code")] == ["3", "1", None, "2"]
    assert [code.get_text() for code in shown.select("pre > code")][1:] == ["one line\n", "if a:\n    b"]


def test_a_cell_is_filled_below_the_heading_it_stands_under(tiny):
    script = tiny.tutorials.select(["hello"])[0]
    seen = []

    def link(name, code, anchor):
        seen.append(anchor)
        return None

    content = '<h1 id="hello">H</h1><div data-press-cell="1"></div><h2 id="two">T</h2><div data-press-cell="2"></div>'
    shown = page.fill(
        content, script, Fragments(["<pre>one</pre>", ""]), {"double": "pack.tools.double", "print": "x.print"}, link
    )
    assert set(seen) == {"hello", "two"}
    assert shown.count("data-search-exclude") == 1
    assert "data-press-cell" not in shown


def test_only_cells_up_to_the_first_change_keep_their_outputs(tiny):
    code = tiny.tutorials.select(["hello"])[0].code
    sources = [cell.source for cell in code]
    assert page.valid_cells(code, sources) == 2
    assert page.valid_cells(code, [sources[0], "other"]) == 1
    assert page.valid_cells(code, ["other", sources[1]]) == 0


def test_the_cost_line_says_seconds_memory_device_version_date_and_data():
    run = Run(
        seconds=41.3,
        peak_memory=612_000_000,
        torch="2.15.0+cu130",
        device="cpu",
        cpus=2,
        date="2026-11-20",
        data=[{"name": "mnist", "kind": "original"}],
    )
    line = page.cost(run, {"mnist": "MNIST"})
    assert line == "Ran in 41 s on 2 CPU cores, 612 MB of memory, torch 2.15.0, 2026-11-20. Data: MNIST (original)."
    assert "on NVIDIA H200," in page.cost(replace(run, device="NVIDIA H200"), {})
    assert "on 1 CPU core," in page.cost(replace(run, cpus=1), {})
