"""Draws the parts of pages that are more than a tag: each is a Jinja template of `templates/parts`."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

FOLDER = Path(__file__).parents[1] / "templates" / "parts"


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["inline"] = inline
    return made


def draw(template: str, **facts: Any) -> str:
    """A part of a page; whatever a template is given is text and is escaped, unless the template says `safe`."""
    return environment().get_template(template).render(facts)


def inline(title: str) -> Markup:
    """A title with code marked as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(title))))
