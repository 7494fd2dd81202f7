"""Figures as HTML: an SVG has a twin for the dark scheme, and whatever could run in it keeps it off the page."""

import base64
import hashlib
import io
import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from xml.etree import ElementTree

from press.site.html.contrast import readable
from press.site.pages.templates import draw

SVG = "image/svg+xml"
# The best first.
SUFFIXES = {SVG: "svg", "image/webp": "webp", "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}
ACTIVE = {"script", "handler", "listener", "foreignobject", "iframe", "embed", "object"}  # what may run in an SVG file
PROGRAM = re.compile(r"(java|vb)script:|data:(?!image/(png|jpeg|gif|webp)\b)", re.I)  # an address that may
SLATE = "#1e2129"  # the ground of Material's dark scheme; a darker one makes every light word easier to read
LARGEST = 3000  # pixels of a side that are looked at
# As matplotlib draws it, of the figure and of each of its axes.
FIGURE = re.compile(r'<g id="patch_1">\s*<path d="[^"]*" style="fill: #ffffff')
GROUND = re.compile(r'(<g id="(?:axes_\d+">\s*<g id="patch_\d+|patch_1)">\s*<path d="[^"]*" style=")fill: #ffffff')


def figure(output: Mapping[str, Any], mime: str, images: dict[str, bytes]) -> str:
    """One figure; its files are added to `images`, named by their content."""
    data = output["data"][mime]
    data = "".join(data) if isinstance(data, list) else data
    if mime == SVG and not is_drawing(data):
        return '<pre class="press-text">[image/svg+xml that is broken or holds a script: left out]</pre>'
    said = output.get("metadata", {}).get(mime)
    alt = str(said.get("alt") or "") if isinstance(said, Mapping) else ""
    if mime == SVG:
        size, files, alt = svg_size(data), variants(data), alt or drawn_words(data)
    else:
        from PIL import Image

        content, alt = base64.b64decode(data), alt or "Figure"
        with Image.open(io.BytesIO(content)) as image:  # which the kernel drew at 120 dots per inch
            size, files = (round(image.width * 0.8), round(image.height * 0.8)), {"press-card": content}
    digests = {scheme: hashlib.sha256(content).hexdigest()[:12] for scheme, content in files.items()}
    names = {scheme: f"figure-{digest}.{SUFFIXES[mime]}" for scheme, digest in digests.items()}
    images.update((names[scheme], content) for scheme, content in files.items())
    return draw("figure.html.j2", files=names, alt=alt, width=size[0], height=size[1])


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


def drawn_words(svg: str) -> str:
    """An alternative text for a figure whose author gave none: the words that matplotlib wrote into it."""
    texts = [unescape(text.strip()) for text in re.findall(r"<!--(.*?)-->", svg, re.S)]
    words = [text for text in texts if re.search(r"[^\W\d]{2}", text)]
    return "Figure: " + "; ".join(dict.fromkeys(words)) if words else "Figure"


def variants(svg: str) -> dict[str, bytes]:
    """A figure for each scheme if its words can be read in both; else one for both, on a white card in the dark."""
    light, dark = schemes(svg)
    if FIGURE.search(svg) and max(svg_size(svg)) <= LARGEST and readable(svg, dark, SLATE):
        return {"press-light": light.encode(), "press-dark": dark.encode()}
    return {"press-card": svg.encode()}


def schemes(svg: str) -> tuple[str, str]:
    """The figure without its white ground, and its dark twin: grays are turned round, colors stay."""
    svg = GROUND.sub(r"\1fill: none", svg)
    dark = re.sub(r"(?<=[:\"\s])#[0-9a-fA-F]{6}\b", turned, svg)
    # Text and marks without a color of their own are black by default.
    return svg, re.sub(r"<svg\b", '<svg fill="#e8e8e8"', dark, count=1)


def turned(match: re.Match[str]) -> str:
    red, green, blue = (int(match[0][i : i + 2], 16) for i in (1, 3, 5))
    if max(red, green, blue) - min(red, green, blue) > 12:
        return match[0]
    gray = round(232 - (red + green + blue) / 3 * (232 - 30) / 255)
    return f"#{gray:02x}{gray:02x}{gray:02x}"


def svg_size(svg: str) -> tuple[int, int]:
    """Width and height in CSS pixels."""
    sizes = []
    for side in ("width", "height"):
        match = re.search(rf'<svg[^>]*\b{side}="(\d{{1,6}}(?:\.\d*)?)(pt|px)?"', svg)
        sizes.append(round(float(match[1]) * (4 / 3 if match[2] == "pt" else 1)) if match else 640)
    return sizes[0], sizes[1]
