"""Renders the outputs of a run as HTML: each is shown, or a sentence says what is missing and where it can be seen."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import escape

from press.site.html import foreign
from press.site.html.figures import SUFFIXES, figure
from press.site.html.formulas import latex
from press.site.html.steps import Step, together
from press.site.pages.templates import draw

BY = ("nbconvert", "nh3", "markdown", "pymdown-extensions", "jinja2", "pillow", "resvg-py")  # whose code it is
MEDIA = re.compile("(audio|video)/")
TEXTS = ("text/html", "text/markdown", "text/latex", "application/json", "text/plain")  # the best first
WORDLESS = re.compile(r"<[\w.]+ object(?: at \S+)?>")  # what Python says of an object that says nothing of itself


def rendered(outputs: Sequence[Sequence[Mapping[str, Any]]], notebook: str = "") -> dict[str, Any]:
    """The outputs of all code cells: {"html": one text per cell, "images": file name -> content in base64}.

    `notebook` is the address of the one that holds what a page cannot show.
    """
    files: dict[str, bytes] = {}
    html = ["".join(part(one, files, notebook) for one in together(cell)) for cell in outputs]
    return {"html": html, "images": {name: base64.b64encode(files[name]).decode() for name in sorted(files)}}


def part(one: Mapping[str, Any] | list[Step], files: dict[str, bytes], notebook: str) -> str:
    """An output, or a figure in several steps."""
    if isinstance(one, Mapping):
        return shown(one, files, notebook)
    return draw("steps.html.j2", steps=[(caption, shown(output, files, notebook)) for caption, output in one])


def shown(output: Mapping[str, Any], files: dict[str, bytes], notebook: str) -> str:
    if output["output_type"] == "stream":
        return text(output["text"], f"press-text press-{output['name']}")
    if output["output_type"] == "error":
        return text(f"{output['ename']}: {output['evalue']}", "press-error")
    data = {mime: joined(value) if isinstance(value, list) else value for mime, value in output["data"].items()}
    if image := next((mime for mime in SUFFIXES if mime in data), None):
        return figure(output, image, files)
    html, absent = bundle(data, files)
    return html + (draw("absent.html.j2", absent=absent, notebook=notebook) if absent else "")


def bundle(data: Mapping[str, Any], files: dict[str, bytes]) -> tuple[str, list[str]]:
    """What is shown of a result that is no figure, and what is not."""
    if played := next(filter(MEDIA.match, data), None):
        html = f'<{played[:5]} src="data:{played};base64,{data[played]}"></{played[:5]}>'
        return foreign.cleaned(html, played, files)
    best = next((mime for mime in TEXTS if mime in data), "")
    if best in ("text/html", "text/markdown"):
        html, absent = foreign.cleaned(data[best] if best == "text/html" else markdown(data[best]), best, files)
        return (f'<div class="press-html">{html}</div>' if html else ""), absent and [*unknown(data), *absent]
    if best == "text/latex":
        return latex(data[best]), []
    if best == "application/json":
        return text(json.dumps(data[best], indent=2, ensure_ascii=False)), unknown(data)
    plain = data.get("text/plain", "")
    if WORDLESS.fullmatch(plain.strip()):
        return "", unknown(data) or [plain]
    return (text(plain) if plain else ""), unknown(data)


def unknown(data: Mapping[str, Any]) -> list[str]:
    return [mime for mime in data if mime not in TEXTS]


def joined(value: list[Any]) -> Any:
    """A text that a notebook holds as lines; JSON may be a list that is none."""
    return "".join(value) if value and all(isinstance(line, str) for line in value) else value


def text(plain: str, kind: str = "press-text") -> str:
    """Text with a terminal's colors as classes."""
    from nbconvert.filters import ansi2html

    return f'<pre class="{escape(kind)}">{ansi2html(plain)}</pre>'


def markdown(source: str) -> str:
    import markdown

    marked = {"pymdownx.arithmatex": {"generic": True}}
    html = markdown.markdown(source, extensions=["tables", "fenced_code", *marked], extension_configs=marked)
    return re.sub(r'<span class="arithmatex">\\\((.*?)\\\)</span>(?=\d)', r"$\1$", html)  # from $5-$6 a month
