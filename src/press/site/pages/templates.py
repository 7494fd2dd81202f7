"""Draws what is more than a tag or a line: each is a Jinja template, HTML in `parts`, other text in `texts`."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

FOLDER = Path(__file__).parents[1] / "templates" / "parts"


@cache
def environment() -> Environment:
    loader = FileSystemLoader([FOLDER, FOLDER.with_name("texts")])
    markup = select_autoescape(disabled_extensions=["txt.j2", "js.j2"], default=True)
    made = Environment(
        loader=loader, autoescape=markup, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["inline"] = inline
    return made


def draw(template: str, **facts: Any) -> str:
    """A part of a page; whatever a template of HTML is given is text and is escaped, unless it says `safe`."""
    return environment().get_template(template).render(facts)


def inline(title: str) -> Markup:
    """A title with code marked as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(title))))
