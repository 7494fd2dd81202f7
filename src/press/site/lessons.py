"""One tutorial as a build of the site shows it."""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from press.scripts.exercises import Workbook
from press.scripts.script import Script
from press.site.pages import page
from press.store import Status, Stored


def uri(script: Script) -> str:
    """The name of a tutorial's page among the files of the site."""
    return f"{script.url}.md"


def workbook_uri(name: str) -> str:
    return f"workbooks/{name}.ipynb"


@dataclass(frozen=True)
class Lesson:
    """One tutorial as this build shows it."""

    script: Script
    status: Status
    stored: Stored | None
    book: Workbook | None
    running: bool = False
    html: tuple[str, ...] = ()  # the outputs of each code cell

    @property
    def outputs(self) -> list[list[dict[str, Any]]]:
        """The outputs that still belong to the code: all of a fresh run, the unchanged beginning of a stale one."""
        if self.stored is None or self.status.state == "fresh":
            return self.stored.outputs if self.stored else []
        return self.stored.outputs[: page.valid_cells(self.script.code, self.stored.sources)]

    @property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """The source of each code cell, and what the page shows below it."""
        sources = (cell.source for cell in self.script.code)
        return tuple(zip_longest(sources, self.html[: len(self.outputs)], fillvalue=""))
