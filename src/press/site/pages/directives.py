"""Comments such as `<!-- press:gallery -->`, in the place of which a page shows something of other pages."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from press.scripts.exercises import Workbook
from press.scripts.script import Script
from press.site.pages import page, practice, tables
from press.store import Run

EXERCISES = re.compile(r"<!--\s*press:exercises\s*-->")


@dataclass(frozen=True)
class View:
    """The site as one page sees it; every address is relative to that page."""

    scripts: Sequence[Script]
    books: Mapping[str, Workbook]
    runs: Mapping[str, Run]
    table: Mapping[str, Any]  # of chapters.toml
    own: Workbook | None  # the exercises of the page itself
    near: Callable[[str], str]  # name of a page's source -> address, or ""
    page: Callable[[Script], str]  # the address of a tutorial
    workbook: Callable[[str], str]  # the address of its exercises, by its slug
    card: Callable[[Script], dict[str, str]]  # what a gallery shows of a tutorial

    @property
    def links(self) -> dict[str, str]:
        """Slug of a tutorial -> address."""
        return {script.name: self.page(script) for script in self.scripts}


def gallery(view: View, part: str | None) -> str:
    """The tutorials of a part, or one tutorial by its slug, or all."""
    scripts = [script for script in view.scripts if part in (None, script.part, script.name)]
    return page.gallery([view.card(script) for script in scripts])


def results(view: View, _: str | None) -> str:
    return tables.results(view.scripts, view.runs, view.links)


def chapters(view: View, _: str | None) -> str:
    pages = {item["slug"]: view.near(item.get("file", "")) for item in view.table.get("page", [])}
    links = {**view.links, **{slug: address for slug, address in pages.items() if address}}
    return tables.chapter_map(view.table, view.scripts, links)


def exercises(view: View, _: str | None) -> str:
    return practice.exercise_list(view.own, view.workbook(view.own.name)) if view.own else ""


def progress(view: View, _: str | None) -> str:
    workbooks = {name: view.workbook(name) for name in view.books}
    return practice.progress(view.scripts, view.books, view.links, workbooks)


def review(view: View, _: str | None) -> str:
    return practice.review(view.scripts, view.links)


DIRECTIVES = {one.__name__: one for one in (gallery, results, chapters, exercises, progress, review)}
DIRECTIVE = re.compile(rf"<!--\s*press:({'|'.join(DIRECTIVES)})(?:\s+(\S+))?\s*-->")


def filled(html: str, view: View) -> str:
    """The page with each directive replaced by what it stands for."""
    return DIRECTIVE.sub(lambda match: DIRECTIVES[match[1]](view, match[2]), html)
