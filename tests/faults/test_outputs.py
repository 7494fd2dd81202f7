"""HTML and scripts that an output brings along: shown without them, and a page that is broken by nothing it shows."""

import base64
import io
import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from mkdocs.commands.build import build
from mkdocs.config import load_config
from PIL import Image
from tinyproject import made_up

from press.execution.execution import execute
from press.execution.outputs import slim
from press.execution.task import Task
from press.scripts.script import Cell
from press.site.frontend.policy import allow_scripts
from press.site.html.figures import is_drawing
from press.site.html.outputs import rendered
from press.store import Run

RUN = "window.owned = true"
SCRIPT = f"<script>{RUN}</script>"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="20"{}>{}</svg>'


def shown(**data: object) -> dict:
    data = {name.replace("_", "/").replace("svg", "svg+xml"): value for name, value in data.items()}
    return {"output_type": "display_data", "data": {"text/plain": "plain", **data}, "metadata": {}}


HTML = [
    SCRIPT,
    f"<p>kept</p></article></div></main>{SCRIPT}<article>",
    f"</pre></code></td></table></template></style></title></textarea></noscript>{SCRIPT}",
    f'<img src="x" onerror="{RUN}"><svg onload="{RUN}"><script>{RUN}</script></svg>',
    f'<a href="javascript:{RUN}">a</a><a href="java\nscript:{RUN}">b</a><a href="&#106;avascript:{RUN}">c</a>',
    f'<a href="data:text/html,{SCRIPT}">d</a><form action="javascript:{RUN}"><button formaction="javascript:{RUN}">e</button></form>',
    f'<iframe srcdoc="{SCRIPT}"></iframe><object data="javascript:{RUN}"></object><embed src="javascript:{RUN}">',
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RUN}&gt;">',
    f'<noscript><p title="</noscript>{SCRIPT}">',
    '<base href="https://elsewhere.example/"><meta http-equiv="refresh" content="0;url=https://elsewhere.example/">',
    '<link rel="stylesheet" href="https://elsewhere.example/x.css"><style>body { display: none }</style>',
    f'<div style="background: url(javascript:{RUN})" onmouseover="{RUN}" id="hello">f</div>',
    "<!-- press:gallery --><autoref identifier='pack.tools.double'>g</autoref><div data-press-cell='1'></div>",
]
DRAWINGS = [
    SVG.format("", SCRIPT),
    SVG.format(f' onload="{RUN}"', ""),
    SVG.format("", f'<a xlink:href="javascript:{RUN}"><text y="10">click</text></a>'),
    SVG.format("", f'<a href=" java&#10;script:{RUN}"><text y="10">click</text></a>'),
    SVG.format("", f'<foreignObject><body xmlns="http://www.w3.org/1999/xhtml">{SCRIPT}</body></foreignObject>'),
    SVG.format("", f'<x:script xmlns:x="http://www.w3.org/2000/svg">{RUN}</x:script>'),
    SVG.format("", f'<animate attributeName="href" to="javascript:{RUN}"/>'),
    f'<!DOCTYPE svg [<!ENTITY x "&#60;script&#62;{RUN}&#60;/script&#62;">]>' + SVG.format("", "&x;"),
    f'<?xml-stylesheet type="text/xsl" href="data:text/xml,{RUN}"?>' + SVG.format("", ""),
    f"<svg></svg></figure></article>{SCRIPT}",
    "no drawing",
]
MARKDOWN = [
    SCRIPT,
    f"[a](javascript:{RUN})",
    f"```\n</code></pre>{SCRIPT}\n```",
    f'![x](x" onerror="{RUN})',
    f"<p onclick='{RUN}'>",
]
OTHERS = [
    {"output_type": "stream", "name": "stdout", "text": f"</pre></article>{SCRIPT}\x1b[31m{SCRIPT}\x1b]8;;javascript:{RUN}\x07x"},
    {"output_type": "stream", "name": f'x">{SCRIPT}', "text": "a name of a stream"},
    {"output_type": "error", "ename": SCRIPT, "evalue": f"</pre>{SCRIPT}", "traceback": [SCRIPT]},
    {"output_type": "execute_result", "execution_count": 1, "data": {"text/plain": f"</pre>{SCRIPT}"}, "metadata": {}},
    shown(text_latex=f"$x$\\]</div>{SCRIPT}"),
    shown(application_javascript=RUN),
    {"output_type": "display_data", "data": {"application/javascript": RUN}, "metadata": {}},
    {"output_type": "display_data", "data": {"application/vnd.plotly.v1+json": {"x": SCRIPT}}, "metadata": {}},
    {"output_type": "display_data", "data": {"application/pdf": "JVBERg=="}, "metadata": {}},
    {"output_type": "stream", "name": "stdout", "text": "{hashes} {{ config }} {% raw %} <!-- press:gallery -->"},
]  # fmt: skip


def picture() -> str:
    file = io.BytesIO()
    Image.new("RGB", (10, 10)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def outputs() -> list[dict]:
    alt = {"image/png": {"alt": f'">{SCRIPT}'}}
    return [
        *(shown(text_html=html) for html in HTML),
        *(shown(image_svg=svg) for svg in DRAWINGS),
        *(shown(text_markdown=text) for text in MARKDOWN),
        *OTHERS,
        {"output_type": "display_data", "data": {"image/png": picture()}, "metadata": alt},
    ]


def hostile_site(tiny, theme: str = "mkdocs"):
    """Build the tiny project with a run of `hello` whose first cell showed all of the above."""
    tiny.write("mkdocs.yml", f"site_name: t\ntheme: {theme}\nplugins: [press: {{package: src/pack}}]\n")
    tiny.pretend_run()
    tutorials = tiny.tutorials
    (script,) = tutorials.select(["hello"])
    notebook = made_up(script)
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["outputs"] = outputs()
    run = Run(seconds=1, names={"double": f'pack."><{SCRIPT}'}, device=SCRIPT, torch=SCRIPT)
    tutorials.store.save(script, notebook, tutorials.key(script), run)
    config = load_config(str(tiny.root / "mkdocs.yml"))
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    return tiny.root / "site"


ALLOWED = {
    "a", "abbr", "article", "b", "br", "code", "del", "details", "div", "em", "figure", "h2", "i", "img", "li", "ol", "p", "pre", "span",
    "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


@pytest.mark.parametrize("theme", ["mkdocs", "material"])
def test_nothing_that_an_output_brings_along_can_run_in_the_page(tiny, theme):
    site = hostile_site(tiny, theme)
    soup = BeautifulSoup((site / "first/hello/index.html").read_text(), "html.parser")
    other = BeautifulSoup((site / "first/other/index.html").read_text(), "html.parser")

    def scripts(page):
        return [(tag.get("src"), re.sub(r'"base": "[^"]*"', "", tag.string or "")) for tag in page.find_all("script")]

    assert [script for script in scripts(soup) if RUN in script[1]] == []
    assert len(scripts(soup)) == len(scripts(other)), "the theme's scripts and no other"
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            text = "".join(value) if isinstance(value, list) else str(value)
            assert not name.startswith("on") and not re.match(r"\s*(javascript|data):", text, re.I), tag
    cells = soup.select(".press-output")
    assert len(cells) == 2, "the page goes on after them"
    assert {tag.name for tag in cells[0].find_all(True)} <= ALLOWED
    assert not cells[0].select("[style], [id], [srcdoc], [data-press-cell]")
    assert cells[0].find_parent("body") and "output of line 27" in cells[1].text
    assert "{hashes} {{ config }} {% raw %} <!-- press:gallery -->" in cells[0].text
    assert cells[0].text.count("window.owned") >= 5, "what is text is shown as text"
    assert list(site.rglob("*.svg")) == [] or not any(RUN in path.read_text() for path in site.rglob("*.svg"))


def test_an_honest_drawing_is_still_shown():
    drawings = [
        '<style>text { fill: red }</style><text y="10">on load: javascript</text>',
        '<a href="#x"><use href="#x"/></a>',
    ]
    for drawing in drawings:
        (html,) = rendered([[shown(image_svg=SVG.format("", drawing))]])["html"]
        assert html.count("<img") == 1
    png = SVG.format("", f'<image href="data:image/png;base64,{picture()}"/>')
    assert is_drawing(png) and not is_drawing(png.replace("image/png", "text/html"))


@pytest.mark.parametrize(
    "size", ['width="1..2"', 'width="."', f'width="{"9" * 400}"', 'width="-1"', 'width="100%"', ""]
)
def test_a_drawing_of_any_size_has_one_on_the_page(size):
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}></svg>'
    (html,) = rendered([[shown(image_svg=svg)]])["html"]
    assert re.search(r'width="\d{1,6}" height="640"', html)


def test_the_words_of_the_policy_in_a_text_are_words():
    text = "<html><head></head><body><article>{hashes}</article><script>x()</script></body></html>"
    assert allow_scripts(text) == text


def test_a_sound_inside_html_has_the_bound_of_an_image_and_words_have_theirs():
    sound = f'<audio src="data:audio/wav;base64,{"A" * 200_000}">at 0x7f0000000000</audio>'
    told = [nbformat.from_dict(shown(text_html=html)) for html in (sound, "x" * 200_000, sound * 6)]
    kept, words, sounds = [output.data for output in slim(told, "/folder")]
    assert kept["text/html"] == sound.replace("0x7f0000000000", "0x...")
    assert words == {"text/plain": "[text/html of 200,000 characters: cut]\nplain"}
    assert sounds["text/plain"].endswith("characters: cut]\nplain") and "text/html" not in sounds


CELLS = """
from IPython.display import display, Image
display({"image/png": "AAAA"}, raw=True)
display({"image/png": "AAAA", "text/plain": "plain"}, raw=True)
display({"image/webp": 5, "text/plain": "plain"}, raw=True)
display({"image/svg+xml": ["no ", "drawing"]}, raw=True)
display({"text/html": ["<b>", "bold</b>"], "text/plain": ["a", "b"]}, raw=True)
display({"application/json": {"a": ["x" * 2_000_000]}}, raw=True)
display({"image/svg+xml": "<svg>" + "x" * 2_000_000}, raw=True)
display({"image/jpeg": b"no picture"}, raw=True)
"""


def test_an_output_of_the_wrong_kind_spoils_neither_the_run_nor_the_page(tmp_path):
    outcome = execute(Task("t", "t.py", (Cell("code", CELLS, 1),), deadline=60, memory=10**10, threads=1))
    assert outcome.failure is None
    (cell,) = outcome.notebook["cells"]
    told = [output.get("data", output.get("text")) for output in cell["outputs"]]
    assert told[0] == {"text/plain": "[image/png that cannot be read]"} and told[1] == {"text/plain": "plain"}
    assert told[2] == "[an output that no notebook can hold: left out]\n"
    assert told[3] == {"image/svg+xml": "no drawing"}
    assert told[4] == {"text/html": "<b>bold</b>", "text/plain": "ab"}
    assert told[5] == {"text/plain": "[application/json of 2,000,011 characters: cut]"}
    assert told[6] == {"text/plain": "[image/svg+xml of 2,000,005 characters: cut]"}
    assert told[7] == {"text/plain": "[image/jpeg that cannot be read]"}
    (html,) = rendered([cell["outputs"]])["html"]
    assert (
        html.count("cannot be read") == 2
        and html.count("left out") == 2
        and html.count("cut]") == 2
        and "<img" not in html
    )
