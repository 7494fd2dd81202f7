"""Turns a script and the outputs of its last run into a Markdown page, HTML fragments and image files."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.token import Name, Operator

from press import questions
from press.files import write
from press.scripts import quiz
from press.scripts.script import Cell, Script, part_title
from press.store import Run

SLOT = re.compile(r'<div data-press-cell="(\d+)"></div>')
HEADING = re.compile(r'<h[1-6][^>]* id="([^"]+)"')
CODE_BLOCK = re.compile(r"(<pre[^>]*>(?:<span></span>)?<code[^>]*)>(.*?)</code>", re.S)
FORMULA = re.compile(r"\$\$(?P<display>.+?)\$\$|(?<![\\$\w])\$(?P<inline>[^\s$](?:[^$]*[^\s$])?)\$(?![\w$])", re.S)
ACTIVE = {"script", "handler", "listener", "foreignobject", "iframe", "embed", "object"}  # what may run in an SVG file
PROGRAM = re.compile(r"(java|vb)script:|data:(?!image/(png|jpeg|gif|webp)\b)", re.I)  # an address that may
IMAGES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
PRIORITY = [
    "image/svg+xml",
    "image/webp",
    "image/png",
    "image/jpeg",
    "text/html",
    "text/markdown",
    "text/latex",
    "text/plain",
]
THUMBNAIL = "thumbnail.png"
RENDERING = 2  # raise it when this module renders the same outputs differently

Link = Callable[[str, str, str], str | None]  # (full name, highlighted code, anchor of the section) -> HTML


@dataclass
class Fragments:
    """The outputs of a run as HTML, one string per code cell, and the images that they show."""

    html: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)  # file names; the files lie in the folder given to render_outputs


def body(script: Script) -> str:
    """The page's Markdown: text as it was written, a slot for each code cell."""
    pieces, number = [], 0
    for cell in script.cells:
        if cell.kind == "text":
            pieces.append(quiz.replace(cell.source, questions.for_page))
        else:
            number += 1
            pieces.append(f'<div data-press-cell="{number}"></div>')
    return "\n\n".join(pieces) + "\n"


def fill(content: str, script: Script, fragments: Fragments, names: Mapping[str, str], link: Link) -> str:
    """Put code and outputs into the slots of the rendered page."""

    def cell(match: re.Match[str]) -> str:
        number = int(match[1])
        if not 1 <= number <= len(script.code):
            return ""
        anchors = HEADING.findall(content, 0, match.start())
        anchor = anchors[-1] if anchors else ""
        code = highlight(script.code[number - 1].source, names, link, anchor)
        shown = fragments.html[number - 1] if number <= len(fragments.html) else ""
        output = f'<div class="press-output" data-search-exclude>{shown}</div>' if shown else ""
        return f'<div class="press-cell"><div class="highlight"><pre><code>{code}</code></pre></div>{output}</div>'

    return SLOT.sub(cell, content)


def highlight(source: str, names: Mapping[str, str], link: Link, anchor: str) -> str:
    """Colour code, and link every dotted name whose meaning is known to its documentation."""
    formatter = HtmlFormatter(nowrap=True)
    tokens = list(PythonLexer(stripnl=False, ensurenl=False).get_tokens(source))
    pieces: list[str] = []
    position = 0
    while position < len(tokens):
        end = position + 1
        if is_name(tokens[position]):  # take in as much of a.b.c as there is
            while end + 1 < len(tokens) and tokens[end] == (Operator, ".") and is_name(tokens[end + 1]):
                end += 2
        run = tokens[position:end]
        coloured = _format(formatter, run)
        full = names.get("".join(text for _, text in run)) if is_name(run[0]) else None
        pieces.append((full and link(full, coloured, anchor)) or coloured)
        position = end
    return "".join(pieces)


def with_fewer_spans(content: str, plain: Sequence[str]) -> str:
    """Code without the spans of kinds that have no colour, and with one span where neighbours are of one kind.

    Half of a page's elements are such spans, and a browser computes the style of each.
    """
    kinds = "|".join(map(re.escape, plain))
    content = re.sub(rf'<span class="(?:{kinds})">([^<]*)</span>', r"\1", content)
    return re.sub(r'(<span class="(\w{1,2})">[^<]*)</span>((?:<span class="\2">[^<]*</span>)+)', joined, content)


def joined(match: re.Match[str]) -> str:
    begin = f'<span class="{match[2]}">'
    return match[1] + match[3].replace(f"</span>{begin}", "").removeprefix(begin)


def with_line_counts(content: str) -> str:
    """Blocks of code with their number of lines, from which press.css knows their height before they are drawn."""
    return CODE_BLOCK.sub(counted, content)


def counted(match: re.Match[str]) -> str:
    lines = match[2].removesuffix("\n").count("\n") + 1
    return f'{match[1]} data-lines="{lines}">{match[2]}</code>'


def is_name(token: tuple[Any, str]) -> bool:
    return token[0] in Name and not token[1].isspace()


def _format(formatter: HtmlFormatter, tokens: list[tuple[Any, str]]) -> str:
    import io

    buffer = io.StringIO()
    formatter.format(tokens, buffer)
    text = buffer.getvalue()
    # Pygments closes the last line with a newline of its own.
    return text if tokens[-1][1].endswith("\n") else text.removesuffix("\n")


def render_outputs(outputs: Sequence[Sequence[Mapping[str, Any]]], folder: Path) -> Fragments:
    """Render the outputs of all code cells; images are written into the folder, named by their content.

    What was rendered once is kept in the folder: nbconvert is slow to import and is needed for new outputs only.
    """
    key = hashlib.sha256(json.dumps([RENDERING, outputs], sort_keys=True).encode()).hexdigest()
    memo = folder / "fragments.json"
    try:
        kept = json.loads(memo.read_text(encoding="utf-8"))
        if kept.pop("key") == key and all(is_whole(folder / name) for name in kept["images"]):
            return Fragments(**kept)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    images: dict[str, bytes] = {}
    render = exporter(images)
    fragments = Fragments([render(cell) if cell else "" for cell in outputs])
    fragments.images = sorted(images)
    for name, content in images.items():
        write(folder / name, content)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name.startswith("figure-") and path.name not in images:
            path.unlink(missing_ok=True)
    write(memo, json.dumps({"key": key, **asdict(fragments)}, sort_keys=True))
    return fragments


def is_whole(figure: Path) -> bool:
    """Whether a figure's file holds what it is named after."""
    return figure.is_file() and figure.stem == figure_name(figure.read_bytes())


def figure_name(content: bytes) -> str:
    return f"figure-{hashlib.sha256(content).hexdigest()[:12]}"


def exporter(images: dict[str, bytes]) -> Callable[[Sequence[Mapping[str, Any]]], str]:
    """nbconvert's Markdown exporter with our template; `images` is filled as figures are met."""
    import markdown
    import nbformat
    import nh3
    from nbconvert import MarkdownExporter

    def figure(output: Mapping[str, Any], mime: str) -> str:
        return figure_html(output, mime, images)

    export = MarkdownExporter(
        extra_template_basedirs=[str(Path(__file__).parent / "templates")],
        template_name="page",
        filters={
            "figure": figure,
            "sanitise": lambda text: nh3.clean(
                text, attributes={**nh3.ALLOWED_ATTRIBUTES, "*": {"class", "colspan", "rowspan"}}
            ),
            "to_html": lambda text: nh3.clean(markdown.markdown(text, extensions=["tables", "fenced_code"])),
            "strip_dollars": lambda text: text.strip().strip("$"),
        },
        preprocessors=[],
        default_preprocessors=[],
    )
    export.display_data_priority = PRIORITY  # pyright: ignore[reportAttributeAccessIssue]  (a traitlet)

    def render(outputs: Sequence[Mapping[str, Any]]) -> str:
        known = [output for output in outputs if "data" not in output or not set(PRIORITY).isdisjoint(output["data"])]
        cell = nbformat.v4.new_code_cell("", outputs=[nbformat.from_dict(dict(output)) for output in known])
        cell["id"] = "outputs"
        return export.from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))[0].strip()

    return render


def figure_html(output: Mapping[str, Any], mime: str, images: dict[str, bytes]) -> str:
    """One figure; an SVG gets a second file for the dark scheme, in which its greys are turned round."""
    data = output["data"][mime]
    data = "".join(data) if isinstance(data, list) else data
    said = output.get("metadata", {}).get(mime)
    alt = str(said.get("alt") or "") if isinstance(said, Mapping) else ""
    alt = alt or described(data if mime == "image/svg+xml" else "")
    if mime == "image/svg+xml" and not is_drawing(data):
        return '<pre class="press-text">[image/svg+xml that is broken or holds a script: left out]</pre>'
    if mime == "image/svg+xml":
        light, dark = schemes(data)
        width, height = svg_size(data)
        files = [("press-light", light.encode(), "svg"), ("press-dark", dark.encode(), "svg")]
    else:
        content = base64.b64decode(data)
        width, height = raster_size(content)
        files = [("", content, IMAGES[mime])]
    tags = []
    for scheme, content, suffix in files:
        name = f"{figure_name(content)}.{suffix}"
        images[name] = content
        attributes = f'alt="{html.escape(alt)}" width="{width}" height="{height}" loading="lazy"'
        tags.append(f'<img class="{scheme}" src="{name}" {attributes}>'.replace('class="" ', ""))
    return f'<figure class="press-figure">{"".join(tags)}</figure>'


def is_drawing(svg: str) -> bool:
    """Whether an SVG file shows something and does nothing, in a tab of its own too, where its scripts would run."""
    if re.search(r"<!ENTITY|<\?xml-stylesheet", svg):
        return False
    try:
        parts = list(ElementTree.fromstring(svg).iter())
    except ElementTree.ParseError:
        return False
    names = {bare(str(part.tag)) for part in parts}
    values = [(bare(name), "".join(value.split())) for part in parts for name, value in part.attrib.items()]
    return not names & ACTIVE and not any(name.startswith("on") or PROGRAM.match(value) for name, value in values)


def bare(name: str) -> str:
    """A name of XML without its namespace."""
    return name.rpartition("}")[2].lower()


def described(svg: str) -> str:
    """An alternative text for a figure whose author gave none: the words that matplotlib wrote into it."""
    words = [html.unescape(text.strip()) for text in re.findall(r"<!--(.*?)-->", svg, re.S)]
    words = [word for word in words if re.search(r"[^\W\d]{2}", word)]
    return "Figure: " + "; ".join(dict.fromkeys(words)) if words else "Figure"


def schemes(svg: str) -> tuple[str, str]:
    """The figure without its white ground, and its dark twin: greys are turned round, colours stay."""
    ground = r'(<g id="{}">\s*<path d="[^"]*" style=")fill: #ffffff'
    for group in (r"patch_1", r'axes_\d+">\s*<g id="patch_\d+'):
        svg = re.sub(ground.format(group), r"\1fill: none", svg)

    def turned(match: re.Match[str]) -> str:
        red, green, blue = (int(match[0][i : i + 2], 16) for i in (1, 3, 5))
        if max(red, green, blue) - min(red, green, blue) > 12:
            return match[0]
        grey = round(232 - (red + green + blue) / 3 * (232 - 30) / 255)
        return f"#{grey:02x}{grey:02x}{grey:02x}"

    dark = re.sub(r"(?<=[:\"\s])#[0-9a-fA-F]{6}\b", turned, svg)
    # Text and marks without a colour of their own are black by default.
    return svg, re.sub(r"<svg\b", '<svg fill="#e8e8e8"', dark, count=1)


def svg_size(svg: str) -> tuple[int, int]:
    """Width and height in CSS pixels."""
    sizes = []
    for side in ("width", "height"):
        match = re.search(rf'<svg[^>]*\b{side}="(\d{{1,6}}(?:\.\d*)?)(pt|px)?"', svg)
        sizes.append(round(float(match[1]) * (4 / 3 if match[2] == "pt" else 1)) if match else 640)
    return sizes[0], sizes[1]


def raster_size(content: bytes) -> tuple[int, int]:
    """Width and height in CSS pixels of a figure that the kernel drew at 120 dots per inch."""
    import io

    from PIL import Image

    with Image.open(io.BytesIO(content)) as image:
        return round(image.width * 0.8), round(image.height * 0.8)


def cores(count: int) -> str:
    return f"{count} CPU core{'' if count == 1 else 's'}"


def cost(run: Run, titles: Mapping[str, str]) -> str:
    """What the run cost and what it used, in one line."""
    device = run.device or "cpu"
    where = device if device != "cpu" else cores(run.cpus) if run.cpus else "the CPU"
    pieces = [f"Ran in {duration(run.seconds)} on {where}"]
    if run.peak_memory:
        pieces.append(f"{size(run.peak_memory)} of memory")
    if run.torch:
        pieces.append(f"torch {str(run.torch).split('+')[0]}")
    if run.date:
        pieces.append(str(run.date))
    line = ", ".join(pieces) + "."
    data = [f"{titles.get(item['name'], item['name'])} ({item.get('kind', 'original')})" for item in run.data]
    return line + (f" Data: {', '.join(dict.fromkeys(data))}." if data else "")


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 2 else f"{seconds:.1f} s"


def size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def bar(downloads: Mapping[str, str], note: str, state: str = "", message: str = "", practice: str = "") -> str:
    """The strip below the title: downloads, what the run cost, the reader's progress, the state of the outputs."""
    links = "".join(
        f'<a class="press-download" href="{html.escape(href)}"{"" if label == "Workbook" else " download"}>{label}</a>'
        for label, href in downloads.items()
    )
    parts = [f'<div class="press-bar"><p class="press-downloads">{links}</p>']
    if note:
        parts.append(f'<p class="press-cost">{html.escape(note)}</p>')
    parts.append(practice)
    parts.append("</div>")
    if state:
        parts.append(f'<div class="press-state press-state--{state}" role="status">{html.escape(message)}</div>')
    return "".join(parts)


def tidy_notebook(content: str, local: Callable[[str], str] = lambda address: address) -> str:
    """A notebook as mkdocs-jupyter renders it, in the clothes of the site.

    Its style sheet (575 KB in each page) and its scripts go, prompts go, code blocks become those of Material,
    checkers are folded, formulas are marked for whatever turns them into MathML.

    Args:
        local: turns the address of a link to the site into a relative one.
    """
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(content, "html.parser")
    unwanted = "style, script, .zeroclipboard-container, .clipboard-copy-txt, .jp-InputPrompt, .jp-Collapser"
    for part in soup.select(unwanted):
        part.decompose()
    for block in soup.select(".highlight-ipynb, .highlight"):
        block["class"] = "highlight"
        for pre in block.find_all("pre"):
            if pre.code is None:
                code = soup.new_tag("code")
                code.extend(list(pre.contents))
                pre.append(code)
    for checker in soup.select(".celltag_checker"):
        if checker.find_parent(class_="press-checker"):
            continue  # a cell and the box in it are both tagged
        folded, summary = soup.new_tag("details", attrs={"class": "press-checker"}), soup.new_tag("summary")
        summary.string = "What the check does"
        checker.replace_with(folded)
        folded.extend([summary, checker])
    for text in soup.find_all(string=FORMULA):
        if not text.find_parent(["pre", "code", "style", "script"]):
            marked = BeautifulSoup(FORMULA.sub(marked_formula, html.escape(text, quote=False)), "html.parser")
            text.replace_with(*list(marked.contents))
    for link in soup.select("a[href]"):
        link["href"] = local(str(link["href"]))
    return str(soup)


def marked_formula(match: re.Match[str]) -> str:
    if match["display"] is not None:
        return f'<div class="arithmatex">\\[{match["display"]}\\]</div>'
    return f'<span class="arithmatex">\\({match["inline"]}\\)</span>'


def thumbnail(run: Run, folder: Path) -> Path | None:
    """Write the picture that stands for the tutorial, as its run recorded it."""
    if not run.thumbnail:
        return None
    path, content = folder / THUMBNAIL, base64.b64decode(run.thumbnail)
    if not path.is_file() or path.read_bytes() != content:
        write(path, content)
    return path


def gallery(cards: Sequence[Mapping[str, Any]]) -> str:
    """Thumbnails as a list of links; each card has href, title, text, cost and image (a URL or "")."""
    items = []
    for card in cards:
        image = ""
        if card.get("image"):
            image = f'<img src="{html.escape(card["image"])}" alt="" width="400" height="280" loading="lazy">'
        items.append(
            f'<li><a href="{html.escape(card["href"])}">{image}'
            f'<span class="press-gallery__title">{html.escape(card["title"])}</span>'
            f'<span class="press-gallery__text">{html.escape(card["text"])}</span>'
            f'<span class="press-gallery__cost">{html.escape(card["cost"])}</span></a></li>'
        )
    return f'<ul class="press-gallery">{"".join(items)}</ul>' if items else ""


def valid_cells(code: Sequence[Cell], sources: Sequence[str]) -> int:
    """How many leading cells still have the outputs of the stored run: unchanged code after unchanged code."""
    count = 0
    for cell, source in zip(code, sources, strict=False):
        if cell.source != source:
            break
        count += 1
    return count


def part_heading(part: str) -> str:
    return part_title(part) or "Tutorials"
