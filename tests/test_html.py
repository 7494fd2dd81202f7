"""HTML of a page: outputs and figures of a run, colored code, formulas, and what happens to every page at the end."""

from __future__ import annotations

import base64
import io
import re
from urllib.parse import urljoin

import markdown
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from sitefixture import SCRIPTS, by_name

from press.execution import contrast
from press.site.html import code, formulas, outputs, transforms
from press.site.html.facts import PageFacts
from press.site.html.glossary import Term

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt" viewBox="0 0 72 36"><g id="figure_1"><g id="patch_1">'
    '<path d="M 0 0" style="fill: #ffffff"/></g><g id="axes_1"><g id="patch_2"><path d="M 0 0" style="fill: #ffffff"/></g>'
    '<path style="fill: none; stroke: #1f1f1f"/><path style="stroke: #c0562a"/><!-- loss --><path fill="#b0b0b0"/></g></g></svg>'
)


def output(data, **metadata):
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(*found) -> str:
    (html,) = outputs.rendered([list(found)])["html"]
    return html


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def text_of(html: str) -> str:
    """Code as it is read; outside of <pre>, BeautifulSoup would drop spaces."""
    return soup(f"<pre>{html}</pre>").pre.text


# Outputs -------------------------------------------------------------------------------------------------------------


def test_text_is_escaped_and_terminal_colors_become_classes():
    html = shown(stream("a < b & \x1b[31mred\x1b[0m"))
    assert soup(html).pre.text == "a < b & red"
    assert soup(html).find(class_="ansi-red-fg").text == "red"


def test_an_error_is_its_name_and_its_message():
    error = {"output_type": "error", "ename": "ValueError", "evalue": "<b> is wrong", "traceback": ["Traceback ..."]}
    assert soup(shown(error)).find(class_="press-error").text == "ValueError: <b> is wrong"


def test_html_that_a_cell_returns_is_sanitized():
    evil = '<table class="t"><tr><td onclick="x()">1</td></tr></table><script>alert(1)</script><img src=x onerror=y()><iframe src="/"></iframe>'
    html = shown(output({"text/html": evil, "text/plain": "t"}))
    assert '<table class="t">' in html
    for word in ("script", "onclick", "onerror", "iframe", "alert"):
        assert word not in html


def test_markdown_that_a_cell_returns_is_rendered_and_sanitized():
    html = shown(output({"text/markdown": "**bold** <script>x()</script>", "text/plain": "t"}))
    assert "<strong>bold</strong>" in html
    assert "<script" not in html


def test_a_formula_that_a_cell_returns_is_marked_as_those_of_a_text_are():
    html = shown(output({"text/latex": "$a < b$", "text/plain": "t"}))
    assert formulas.asked(html, PageFacts(url="")) == {("a < b", True)}


def test_an_output_of_a_kind_that_no_page_shows_leaves_the_others_alone():
    told, after = soup(shown(output({"application/x-plot": "{}"}), stream("after"))).find_all(True, recursive=False)
    assert "application/x-plot" in told.text and after.text == "after"


LATEX = {
    r"The loss is $L$ and the rate is $\eta$.": r"The loss is {L} and the rate is {\eta}.",
    r"$\displaystyle a_1 + b$": r"[\displaystyle a_1 + b]",
    r"$$a$$ and \[b\] and \(c\)": "[a] and [b] and {c}",
    r"\begin{align} a &= b \\ c &= d \end{align}": r"[\begin{align} a &= b \\ c &= d \end{align}]",
    r"It costs \$5, or $5 and $6, for $n$ units.": "It costs $5, or $5 and $6, for {n} units.",
    "No formula.": "No formula.",
}
MARKDOWN = {
    "**Loss** $L = x_1^2 + y_1$": "Loss {L = x_1^2 + y_1}",
    "a\n\n$$\nx_1 * y * z\n$$\n\nb": "a [x_1 * y * z] b",
    r"\(a\) and" + "\n\n" + r"\[b\]": "{a} and [b]",
    "\\begin{align}\na &= b\n\\end{align}": r"[\begin{align} a &= b \end{align}]",
    r"$5 and $6, \$7, $8-$9 a month": "$5 and $6, $7, $8-$9 a month",
    "`$x$` is $x$": "`$x$` is {x}",
    "```\n$x$\n```": "`$x$ `",
    "| a |\n|---|\n| $x_1$ |": "a {x_1}",
}


@pytest.mark.parametrize(
    ("mime", "source", "expected"),
    [("text/latex", *pair) for pair in LATEX.items()] + [("text/markdown", *pair) for pair in MARKDOWN.items()],
)
def test_formulas_inside_a_text_that_a_cell_returns_are_marked_and_money_is_not(mime, source, expected):
    page = soup(shown(output({mime: source})))
    for found in page.find_all(class_="arithmatex"):
        found.string = ("[{}]" if found.name == "div" else "{{{}}}").format(found.text[2:-2].strip())
    for found in page.find_all("code"):
        found.string = f"`{found.text}`"
    assert " ".join(page.text.split()) == " ".join(expected.split())


AUDIO = '<audio controls><source src="data:audio/wav;base64,UklGRg==" type="audio/wav"/>no audio</audio>'
FILM = '<video width="3"><source src="data:video/mp4;base64,AAAA" type="video/mp4">no video</video>'
GIF = "data:image/gif;base64,R0lGODlhAQABAPAAAP8AAAAAACwAAAAAAQABAAACAkQBADs="
ANIMATION = f'<div><img id="f"><form><button>x</button><label>Once</label></form></div><script>f[0] = "{GIF[:40]}\\\n{GIF[40:]}"</script>'
STYLED = '<style>#T_1 { color: red }</style><table id="T_1"><tr><td class="data">1.5</td></tr></table>'
REPR = "<IPython.core.display.HTML object>"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
BUNDLES = {  # what libraries hand over, and what a reader finds in its place: a part of the page, or its name
    "plotly": ({"application/vnd.plotly.v1+json": {}, "text/html": "<div></div><script>x</script>"}, "vnd.plotly.v1"),
    "plotly with an image": ({"application/vnd.plotly.v1+json": {}, "image/png": PNG}, "img"),
    "altair": ({"application/vnd.vegalite.v5+json": {}, "text/plain": "alt.Chart(...)"}, "vnd.vegalite.v5"),
    "bokeh": ({"application/vnd.bokehjs_exec.v0+json": "", "text/html": "<div id='b'></div>"}, "vnd.bokehjs_exec"),
    "widget": ({"application/vnd.jupyter.widget-view+json": {}, "text/plain": "IntSlider()"}, "widget-view"),
    "javascript": ({"application/javascript": "x()", "text/plain": REPR}, "application/javascript"),
    "pdf": ({"application/pdf": "JVBERg=="}, "application/pdf"),
    "json": ({"application/json": {"a": [1]}, "text/plain": REPR}, 'pre:-soup-contains("a")'),
    "audio": ({"text/html": AUDIO, "text/plain": REPR}, "audio[controls] > source"),
    "audio by its own type": ({"audio/wav": "UklGRg=="}, "audio[controls][src]"),
    "video": ({"text/html": FILM}, "video[controls] > source"),
    "animation": ({"text/html": ANIMATION}, "img"),
    "styled table": ({"text/html": STYLED}, "table td.data"),
    "image in a table": ({"text/html": f'<table><tr><td><img src="{GIF}"></td></tr></table>'}, "td > img"),
    "drawing in HTML": ({"text/html": "<div><svg width='9'><path d='M 0 0'/></svg></div>"}, "figure img"),
    "moving image": ({"image/gif": GIF.partition(",")[2]}, "img"),
    "frame": ({"text/html": '<iframe width="4" src="https://elsewhere.example/v"></iframe>'}, "https://elsewhere.example/v"),
    "image of another site": ({"text/html": '<img src="https://elsewhere.example/a.png">'}, "https://elsewhere.example/a.png"),
    "image that is nowhere": ({"text/html": '<p>a</p><img src="plot.png">'}, "plot.png"),
    "style alone": ({"text/html": "<style>p { color: red }</style>"}, "text/html"),
    "boxes of color": ({"text/html": '<div style="background: red"></div>'}, "text/html"),
    "data that is no image": ({"text/html": '<img src="data:text/html;base64,PHA+">'}, "img"),
    "object that says nothing": ({"text/plain": REPR}, "IPython.core.display.HTML object"),
}  # fmt: skip


@pytest.mark.parametrize("name", BUNDLES)
def test_each_type_of_output_is_shown_or_named_with_the_notebook_that_shows_it(name):
    data, expected = BUNDLES[name]
    made = outputs.rendered([[output(data)]], "hello.ipynb")
    page = soup(made["html"][0])
    told = page.find(class_="press-absent")
    if told and expected in told.text:
        assert told.find("a", href="hello.ipynb")
    else:
        assert page.select(expected)
    for medium in page.select("[src]"):
        assert medium["src"] in made["images"], "what is shown is a file of the site"
    assert not page.select("script, style, iframe, form, [style], img:not([src])")


def test_what_is_shown_whole_says_nothing_of_what_is_missing():
    for name in ("audio", "video", "styled table", "image in a table", "plotly with an image", "json"):
        assert "press-absent" not in shown(output(BUNDLES[name][0])), name
    assert "Once" not in shown(output(BUNDLES["animation"][0])), "a control of what cannot be controlled"


# Figures -------------------------------------------------------------------------------------------------------------


def test_a_figure_says_what_its_author_said_and_has_a_twin_for_the_dark_scheme():
    pair = soup(shown(output({"image/svg+xml": SVG}, **{"image/svg+xml": {"alt": 'A "loss" & more'}}))).find_all("img")
    assert [one["class"] for one in pair] == [["press-light"], ["press-dark"]]
    for one in pair:
        assert (one["alt"], one["width"], one["height"], one["loading"]) == ('A "loss" & more', "96", "48", "lazy")
    light, dark = contrast.schemes(SVG)
    assert "#ffffff" not in light  # no white card on a page that is not quite white
    assert "#c0562a" in dark
    assert "#1f1f1f" not in dark
    assert dark.startswith('<svg fill="#e8e8e8"')


def test_turning_grays_round_keeps_their_order_reversed():
    grays = [f"#{value:02x}{value:02x}{value:02x}" for value in range(0, 256, 15)]
    _, dark = contrast.schemes("<svg>" + "".join(f'<path fill="{gray}"/>' for gray in grays) + "</svg>")
    turned = [int(part[:2], 16) for part in dark.split('fill="#')[2:]]
    assert turned == sorted(turned, reverse=True)
    assert turned[0] >= 225
    assert turned[-1] <= 40


def test_a_figure_without_words_of_its_author_takes_those_drawn_in_it():
    assert 'alt="Figure: loss"' in shown(output({"image/svg+xml": SVG}))


def test_an_image_is_kept_as_it_is_and_named_by_its_content():
    buffer = io.BytesIO()
    Image.new("RGB", (100, 50)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    rendered = outputs.rendered([[output({"image/png": data}, **{"image/png": {"alt": "black"}})]])
    ((name, content),) = rendered["images"].items()
    assert base64.b64decode(content) == buffer.getvalue()
    image = soup(rendered["html"][0]).img
    assert (image["src"], image["width"], image["height"]) == (name, "80", "40")
    assert re.fullmatch(r"figure-[0-9a-f]{12}\.png", name)


def test_every_image_that_is_shown_is_there_and_none_of_an_earlier_page():
    first = outputs.rendered([[output({"image/svg+xml": SVG})], [], [stream("text")]])
    assert {image["src"] for image in soup(first["html"][0]).find_all("img")} == set(first["images"])
    assert first["html"][1] == ""
    assert outputs.rendered([[stream("no figure")]])["images"] == {}
    assert outputs.rendered([[output({"image/svg+xml": SVG})], [], [stream("text")]]) == first


# Stepped figures -----------------------------------------------------------------------------------------------------


def steps(label, *values, drawing=SVG):
    """What `plots.stepped` leaves in a notebook."""
    found = []
    for at, value in enumerate(values):
        caption = {"step": {"label": label, "value": value, "at": at}}
        found.append(output({"text/plain": f"{label}: {value}"}, kindling=caption))
        found.append(
            output({"image/svg+xml": drawing}, **{"image/svg+xml": {"alt": f"{label} is {value}", "twin": True}})
        )
    return found


def test_the_steps_of_a_figure_are_one_component_in_which_only_the_first_is_not_folded():
    page = soup(shown(*steps("learning <rate>", "0.001", "0.1", "1.0")))
    (component,) = page.select(".press-steps")
    assert [step["data-value"] for step in component.select(".press-step")] == ["0.001", "0.1", "1.0"]
    assert [image["alt"] for image in component.select(".press-light")] == [
        f"learning <rate> is {value}" for value in ("0.001", "0.1", "1.0")
    ]
    assert len(component.select(".press-dark")) == 3, "each has its twin"
    assert len(component.select("details .press-step")) == 2
    assert component.summary.text == "learning <rate>: 0.1, 1.0"
    (slider,) = component.select("[hidden] label > input")
    assert (slider["type"], slider["min"], slider["max"], slider.parent.text) == ("range", "0", "2", "learning <rate>")
    assert "text/plain" not in page.text and "press-text" not in str(page), "the caption is said once"


def test_stepped_figures_of_one_cell_stay_apart_and_keep_their_place():
    warning = stream("a glyph is missing", "stderr")
    one, other = steps("stride", "1", "2"), steps("padding", "0", "1")
    page = soup(
        shown(stream("first"), one[0], warning, *one[1:], *other, stream("last"), output({"image/svg+xml": SVG}))
    )
    parts = [part.get("class")[0] for part in page.find_all(True, recursive=False)]
    assert parts == ["press-text", "press-steps", "press-text", "press-steps", "press-text", "press-figure"]
    assert [len(part.select(".press-step")) for part in page.select(".press-steps")] == [2, 2]


def test_one_step_needs_no_slider():
    page = soup(shown(*steps("stride", "1")))
    assert page.select_one(".press-step").text == "stride: 1" and not page.select("details, input")


@pytest.mark.parametrize("kept", [None, "x", {"step": "x"}, {"step": {"label": "a", "value": "1"}}, {"other": 1}])
def test_an_output_with_other_metadata_is_no_step(kept):
    assert soup(shown(output({"text/plain": "a: 1"}, kindling=kept))).text == "a: 1"


def test_a_caption_that_lost_its_figure_shows_nothing_and_hides_nothing():
    page = soup(shown(*steps("stride", "1", "2")[:3], stream("after")))
    assert [step["data-value"] for step in page.select(".press-step")] == ["1"] and page.pre.text == "after"


# Code ----------------------------------------------------------------------------------------------------------------


def test_code_keeps_every_character_and_links_known_names():
    source = "y = F.mse_loss(a, b)  # a.b\nmodel = nn.Linear(3, 1)\n\nprint(f'{y:.2f} <b>')"
    names = {"F.mse_loss": "torch.nn.functional.mse_loss"}
    html = code.highlight(source, PageFacts(url="", names=names, documentation={"torch": "https://docs/{name}"}), "")
    assert text_of(html) == source
    (link,) = soup(html).find_all("a")
    assert (link.text, link["href"]) == ("F.mse_loss", "https://docs/torch.nn.functional.mse_loss")


@pytest.mark.parametrize("source", ["\n\nx", "x\n\n", "  x", "x = '''\n", "\tif\u00a0x", "x = 1  ", "# ä\n\n\n# ö"])
def test_code_of_any_form_keeps_every_character(source):
    assert text_of(code.highlight(source, PageFacts(url=""), "")) == source


@pytest.mark.parametrize(
    ("full", "address"),
    [
        # A method is on the page of its class.
        ("torch.nn.Linear.forward", "https://nn/torch.nn.Linear#torch.nn.Linear.forward"),
        ("torch.nn", "https://nn/torch.nn#torch.nn"),
        ("torch.cat", "https://torch/torch.cat.html"),
        ("torchvision.ops", None),  # it begins with torch, and is another library
        ("unknown.name", None),
    ],
)
def test_the_longest_rule_that_fits_a_name_says_where_its_documentation_is(full, address):
    rules = {"torch": "https://torch/{name}.html", "torch.nn": "https://nn/{owner}#{name}"}
    html = code.highlight("name", PageFacts(url="", names={"name": full}, documentation=rules), "")
    link = soup(html).a
    assert (link and link["href"]) == address


def test_a_name_of_the_own_package_waits_for_autorefs_and_brings_its_section_along():
    facts = PageFacts(url="", names={"fit": "pack.fit"}, package="pack", references=True)
    reference = soup(code.highlight("fit", facts, "a-section")).autoref
    assert (reference["identifier"], reference["backlink-anchor"]) == ("pack.fit", "a-section")
    assert "autoref" not in code.highlight("fit", PageFacts(url="", names={"fit": "pack.fit"}, package="pack"), "")


def colored(html):
    """Each character with the kind of code that it is colored as."""
    pieces = soup(f"<pre>{html}</pre>").find_all(string=True)
    return [(character, " ".join(piece.parent.get("class", []))) for piece in pieces for character in piece]


@pytest.mark.parametrize("script", SCRIPTS[::4], ids=by_name)
def test_fewer_spans_leave_each_character_its_color(script):
    plain = ("n", "p", "o", "w", "kc")
    for cell in script.code:
        whole = code.highlight(cell.source, PageFacts(url=""), "")
        fewer = code.plain_code(whole, PageFacts(url="", plain_code=plain))
        expected = [(character, "" if kind in plain else kind) for character, kind in colored(whole)]
        assert colored(fewer) == expected
        assert fewer.count("<span") <= whole.count("<span") / 1.5 or whole.count("<span") < 20
        assert not re.search(r'<span class="(\w+)">[^<]*</span><span class="\1">', fewer)


def test_links_and_other_spans_stay_as_they_are():
    html = '<span class="k">for</span> <a href="x"><span class="n">nn</span><span class="o">.</span></a> <span class="note">a</span>'
    fewer = '<span class="k">for</span> <a href="x">nn.</a> <span class="note">a</span>'
    assert code.plain_code(html, PageFacts(url="", plain_code=("n", "o"))) == fewer
    assert code.plain_code(html, PageFacts(url="")) == html


def test_a_block_of_code_says_how_many_lines_it_has():
    text = "```python\nx = 1\n\ny = 2\n```\n\n```\none line\n```\n\nSome `code`.\n"
    fenced = markdown.markdown(text, extensions=["pymdownx.superfences", "pymdownx.highlight"])
    cell = '<pre><code class="x"><span class="k">if</span> a:\n    b</code></pre>'
    page = soup(code.line_counts(fenced + cell, PageFacts(url="")))
    assert [block.get("data-lines") for block in page.find_all("code")] == ["3", "1", None, "2"]
    assert [block.get_text() for block in page.select("pre > code")][1:] == ["one line\n", "if a:\n    b"]


def test_a_cell_is_filled_below_the_heading_it_stands_under():
    facts = PageFacts(
        url="",
        cells=(("one()", "<pre>1</pre>"), ("two()", "")),
        names={"one": "pack.one", "two": "pack.two"},
        package="pack",
        references=True,
    )
    slots = '<h1 id="hello">H</h1><div data-press-cell="1"></div><h2 id="two">T</h2><div data-press-cell="2"></div>'
    page = soup(code.code_and_outputs(slots, facts))
    assert [one["backlink-anchor"] for one in page.find_all("autoref")] == ["hello", "two"]
    assert [one.text for one in page.find_all(class_="press-output")] == ["1"]
    assert not page.find(attrs={"data-press-cell": True})


def test_the_code_of_a_notebook_is_colored_as_that_of_a_tutorial():
    source = "if a < b:\n    print('&amp;')"
    escaped = source.replace("&", "&amp;").replace("<", "&lt;")
    html = code.notebook_code(f"<code data-press-source>{escaped}</code>", PageFacts(url="", notebook=True))
    assert html == f"<code>{code.highlight(source, PageFacts(url=''), '')}</code>"
    assert text_of(html) == source


# Formulas ------------------------------------------------------------------------------------------------------------


def test_a_notebooks_formulas_between_dollars_are_marked_except_in_code():
    html = (
        "<p>So $a + b$, then $$c\n= d$$ and 5$ or $6; a \\$sign\\$.</p>"
        "<pre>$x$</pre><code>$y$ <b>$y$</b></code><p>Last, $z$.</p>"
    )
    page = soup(formulas.dollars(html, PageFacts(url="", notebook=True)))
    assert [(one.name, one.text) for one in page.find_all(class_="arithmatex")] == [
        ("span", r"\(a + b\)"),
        ("div", "\\[c\n= d\\]"),
        ("span", r"\(z\)"),
    ]
    assert re.sub(r"\\[\[\]]", "$$", re.sub(r"\\[()]", "$", page.text)) == soup(html).text, "no other word is touched"
    assert formulas.dollars(html, PageFacts(url="")) == html, "Markdown's own pages are marked by its extension"


def test_every_formula_of_the_text_and_of_the_outputs_is_asked_for_once():
    html = '<p><span class="arithmatex">\\(a &lt; b\\)</span> <span class="arithmatex">\\( a &lt; b \\)</span></p>'
    cells = (("x", '<div class="arithmatex">\\[c\\]</div>'), ("y", "<pre>$d$</pre>"))
    assert formulas.asked(html, PageFacts(url="", cells=cells)) == {("a < b", False), ("c", True)}


def test_a_formula_becomes_mathml_that_keeps_the_punctuation_after_it_and_stays_out_of_the_search():
    html = '<span class="arithmatex">\\(a &lt; b\\)</span>, <span class="arithmatex">\\(c\\)</span> <div class="arithmatex">\\[d\\]</div>'
    mathml = {"$a < b$": "<math>1</math>", "$c$": "<math>2</math>", "$$d$$": "<math>3</math>"}
    assert formulas.formulas(html, PageFacts(url="", mathml=mathml)) == (
        '<span class="press-nobreak"><math data-search-exclude>1</math>,</span> <math data-search-exclude>2</math> '
        '<div class="press-math"><math data-search-exclude>3</math></div>'
    )
    assert formulas.formulas(html, PageFacts(url="")) == html, "without package.json, formulas are somebody else's"


def test_a_formula_without_mathml_stays_what_its_author_wrote():
    html = '<span class="arithmatex">\\(\\bad{a &lt; b}\\)</span>.'
    assert soup(formulas.formulas(html, PageFacts(url="", mathml={}))).text == "\\bad{a < b}."


# What happens to every page ------------------------------------------------------------------------------------------

SITE = "https://here.example/sub/"


def test_a_notebooks_links_to_the_site_are_relative_and_lead_to_the_same_place():
    targets = ["", "first/", "first/hello/#a", "workbooks/hello/", "progress/", "a.png"]
    absolute = [*(SITE + target for target in targets), "https://other.example/", "#here"]
    html = "".join(f'<a href="{target}">x</a>' for target in absolute)
    facts = PageFacts(url="workbooks/hello/", site_url=SITE, notebook=True)
    links = [link["href"] for link in soup(transforms.own_links(html, facts)).find_all("a")]
    assert [urljoin(f"{SITE}workbooks/hello/", link) for link in links] == [
        urljoin(f"{SITE}workbooks/hello/", link) for link in absolute
    ]
    assert not any(link.startswith(SITE) for link in links)
    assert transforms.own_links(html, PageFacts(url="workbooks/hello/", site_url=SITE)) == html


def test_a_notebook_is_shown_without_the_style_sheet_that_mkdocs_jupyter_appends():
    html = "<p>a</p><style>\np { color: red }\n</style><p>b</p><style>q {}</style>"
    assert transforms.unstyled(html, PageFacts(url="", notebook=True)) == "<p>a</p><p>b</p>"
    assert transforms.unstyled(html, PageFacts(url="")) == html


def test_the_empty_corner_of_a_table_is_no_heading():
    html = '<table><tr><th></th><th scope="col">A</th><th class="x"></th></tr></table>'
    row = soup(transforms.table_corners(html, PageFacts(url=""))).tr
    assert [cell.name for cell in row.find_all(True)] == ["td", "th", "td"]


def test_the_source_of_a_function_stays_out_of_the_search():
    html = '<details class="mkdocstrings-source"><summary>Source</summary></details>'
    assert soup(transforms.unsearched_source(html, PageFacts(url=""))).details.has_attr("data-search-exclude")


def test_finishing_a_page_is_pure_and_leaves_what_cells_showed_as_it_was():
    cells = (("x = one(1)\n", '<pre class="press-text">batch $a$</pre>'),)
    facts = PageFacts(
        url="first/hello/",
        site_url=SITE,
        terms=(Term("batch", ("batch",), "Some examples."),),
        cells=cells,
        names={"one": "torch.one"},
        documentation={"torch": "https://docs/{name}"},
        plain_code=("n", "p"),
        mathml={"$a$": "<math>a</math>"},
    )
    html = '<h1 id="t">T</h1><p>A batch, <span class="arithmatex">\\(a\\)</span>.</p><div data-press-cell="1"></div>'
    first = transforms.finish(html, facts)
    assert transforms.finish(html, facts) == first
    page = soup(first)
    assert [one.text for one in page.find_all("abbr")] == ["batch"], "an output is no running text"
    assert page.find(class_="press-output").text == "batch $a$"
    assert page.find("code")["data-lines"] == "1"
    assert page.find("math").text == "a"
    assert page.find("a")["href"] == "https://docs/torch.one"
