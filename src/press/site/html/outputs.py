"""Renders the outputs of a run as HTML, by nbconvert's Markdown exporter with a template of ours."""

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from press.site.html.figures import SUFFIXES, figure
from press.site.pages.templates import FOLDER

BY = ("nbconvert", "nbformat", "nh3", "markdown", "jinja2", "pillow")  # whose code makes the result
PRIORITY = [*SUFFIXES, "text/html", "text/markdown", "text/latex", "text/plain"]


def rendered(outputs: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """The outputs of all code cells: {"html": one text per cell, "images": file name -> content in base64}."""
    import nbformat

    export, images = exporter()
    images.clear()
    html = []
    for cell in outputs:
        known = [output for output in cell if "data" not in output or not set(PRIORITY).isdisjoint(output["data"])]
        node = nbformat.v4.new_code_cell("", outputs=[nbformat.from_dict(dict(output)) for output in known])
        node["id"] = "outputs"
        html.append(export.from_notebook_node(nbformat.v4.new_notebook(cells=[node]))[0].strip() if cell else "")
    return {"html": html, "images": {name: base64.b64encode(images[name]).decode() for name in sorted(images)}}


@cache  # it compiles its templates once
def exporter() -> tuple[Any, dict[str, bytes]]:
    """The exporter, and the images that it has met."""
    import markdown
    import nh3
    from nbconvert import MarkdownExporter

    images: dict[str, bytes] = {}
    allowed = {**nh3.ALLOWED_ATTRIBUTES, "*": {"class", "colspan", "rowspan"}}
    filters = {
        "figure": lambda output, mime: figure(output, mime, images),
        "sanitize": lambda html: nh3.clean(html, attributes=allowed),
        "to_html": lambda text: nh3.clean(markdown.markdown(text, extensions=["tables", "fenced_code"])),
    }
    export = MarkdownExporter(
        extra_template_basedirs=[str(FOLDER.parent)], template_name="page", filters=filters, default_preprocessors=[]
    )
    export.display_data_priority = PRIORITY  # pyright: ignore[reportAttributeAccessIssue]  (a traitlet)
    return export, images
