"""Comments such as `<!-- press:gallery -->`, in the place of which a page shows something of other pages."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from press.scripts.exercises import Workbook
from press.scripts.script import Script
from press.site.pages import tables
from press.site.pages.templates import draw
from press.store import Stored

EXERCISES = re.compile(r"<!--\s*press:exercises\s*-->")


@dataclass(frozen=True)
class View:
    """The site as one page sees it; every address is relative to that page."""

    scripts: Sequence[Script]
    books: Mapping[str, Workbook]
    stored: Mapping[str, Stored]
    table: Mapping[str, Any]  # of chapters.toml
    own: Workbook | None  # the exercises of the page itself
    links: Mapping[str, str]  # slug of a tutorial, or of a page of chapters.toml -> address
    workbooks: Mapping[str, str]  # slug of a tutorial -> address of its exercises
    card: Callable[[Script], dict[str, str]]  # what a gallery shows of a tutorial


def gallery(view: View, part: str | None) -> str:
    """The tutorials of a part, or those of some slugs (commas between them), or all."""
    wanted = part and part.split(",")
    cards = [view.card(one) for one in view.scripts if not wanted or one.part in wanted or one.name in wanted]
    return draw("gallery.html.j2", cards=cards)


DIRECTIVES: dict[str, Callable[[View, str | None], str]] = {
    "gallery": gallery,
    "results": lambda view, _: tables.results(view.scripts, view.stored, view.links),
    "compare": lambda view, name: tables.compared(view.scripts, view.stored, view.links, name),
    "chapters": lambda view, _: tables.chapter_map(view.table, view.scripts, view.links),
    "exercises": lambda view, _: draw("exercises.html.j2", book=view.own, links=view.workbooks) if view.own else "",
    "progress": lambda view, _: draw("progress.html.j2", **vars(view)),
    "review": lambda view, _: draw("review.html.j2", **vars(view)),
}
DIRECTIVE = re.compile(rf"<!--\s*press:({'|'.join(DIRECTIVES)})(?:\s+(\S+))?\s*-->")


def filled(html: str, view: View) -> str:
    """The page with each directive replaced by what it stands for."""
    return DIRECTIVE.sub(lambda match: DIRECTIVES[match[1]](view, match[2]), html)
