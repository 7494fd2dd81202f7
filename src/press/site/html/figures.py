"""Figures as HTML: an SVG has a twin for the dark scheme, and whatever could run in it keeps it off the page."""

import base64
import hashlib
import io
import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from xml.etree import ElementTree

from press.execution.contrast import has_dark_twin, schemes, svg_size
from press.site.pages.templates import draw

SVG = "image/svg+xml"
# The best first.
SUFFIXES = {SVG: "svg", "image/webp": "webp", "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}
ACTIVE = {"script", "handler", "listener", "foreignobject", "iframe", "embed", "object"}  # what may run in an SVG file
PROGRAM = re.compile(r"(java|vb)script:|data:(?!image/(png|jpeg|gif|webp)\b)", re.I)  # an address that may


def figure(output: Mapping[str, Any], mime: str, images: dict[str, bytes]) -> str:
    """One figure; its files are added to `images`, named by their content."""
    data = output["data"][mime]
    data = "".join(data) if isinstance(data, list) else data
    if mime == SVG and not is_drawing(data):
        return '<pre class="press-text">[image/svg+xml that is broken or holds a script: left out]</pre>'
    said = output.get("metadata", {}).get(mime)
    said = said if isinstance(said, Mapping) else {}
    alt = str(said.get("alt") or "")
    if mime == SVG:
        size, files, alt = svg_size(data), variants(data, said.get("twin")), alt or drawn_words(data)
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


def variants(svg: str, twin: bool | None) -> dict[str, bytes]:
    """A figure for each scheme if its words can be read in both; else one for both, on a white card in the dark."""
    if has_dark_twin(svg) if twin is None else twin:
        light, dark = schemes(svg)
        return {"press-light": light.encode(), "press-dark": dark.encode()}
    return {"press-card": svg.encode()}
