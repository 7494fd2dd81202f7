"""What the HTML of a page depends on besides its Markdown."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from press.scripts.exercises import Exercise
from press.site.html.glossary import Term


@dataclass(frozen=True)
class PageFacts:
    """Everything that decides what a page becomes, and so the key under which its finished HTML is kept."""

    url: str  # of the page, relative to the site
    site_url: str = ""
    terms: tuple[Term, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()  # of a tutorial: the source of each code cell, its outputs as HTML
    names: Mapping[str, str] = field(default_factory=dict)  # in its code -> full names
    documentation: Mapping[str, str] = field(default_factory=dict)  # beginning of a full name -> address
    package: str = ""  # whose names lead to the API pages
    references: bool = False  # whether a plugin resolves <autoref>
    exercises: tuple[Exercise, ...] = ()  # of a workbook
    notebook: bool = False  # whether mkdocs-jupyter made the page
    plain_code: tuple[str, ...] = ()  # kinds of code without a color
    mathml: Mapping[str, str] | None = None  # formula -> markup; None leaves formulas to whatever the site uses
