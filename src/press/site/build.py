"""Everything that one build of the site knows."""

import dataclasses
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from press.files import text_of
from press.scripts.exercises import Workbook
from press.scripts.links import targets
from press.scripts.script import EXERCISES, Script, part_title, part_url
from press.site.background import Background
from press.site.cache import Cache
from press.site.frontend.temml import typeset
from press.site.html import formulas, glossary
from press.site.html.facts import PageFacts
from press.site.html.transforms import BY, finish
from press.site.lessons import Lesson, uri, workbook_uri
from press.site.links import Links, relative
from press.site.pages import directives, page, tables
from press.site.pages.templates import draw
from press.store import Status
from press.tutorials import Tutorials, default_jobs

log = logging.getLogger("mkdocs.press")
README = "README.md"  # of a part
GLOSSARY, PROGRESS, CHAPTERS = "glossary.md", "progress.md", "chapters.md"


def name_of(file: Path) -> str:
    """Where a file of the tutorials stands in the site; what a part says of itself is the part's own page."""
    name = "index.md" if file.name == README else file.name
    return "/".join(filter(None, (part_url(file.parent.as_posix()).strip("."), name)))


@dataclass
class Build:
    """What the hooks of the plugin share, from reading the configuration to the last page."""

    config: MkDocsConfig
    options: Mapping[str, Any]
    tutorials: Tutorials
    background: Background | None = None  # under `serve`
    lessons: dict[str, Lesson] = field(default_factory=dict)
    files: Files = field(default_factory=lambda: Files([]))
    wheel: str = ""  # the address of the shared package
    mathml: dict[str, str] = field(default_factory=dict)  # of every formula that a page shows
    nav: Any = None
    env: Any = None  # of the theme's templates

    def __post_init__(self) -> None:
        self.settings = self.tutorials.settings
        self.package = self.settings.package.name if self.settings.package else ""
        self.site_url = self.config.site_url or ""
        self.cache = Cache(self.settings.scratch / "cache")
        path = Path(self.config.docs_dir, GLOSSARY)
        self.terms = tuple(glossary.read(text_of(path))) if path.is_file() else ()
        self.table = self.tutorials.chapter_table or {}
        self.practicing = bool(self.tutorials.workbooks) or any(script.quizzes for script in self.tutorials.scripts)

    def execute(self) -> None:
        """Bring up to date what is not fresh, before the old site is cleaned away."""
        self.read_lessons()
        stale = [lesson.script for lesson in self.lessons.values() if lesson.status.state != "fresh"]
        if self.background:
            runnable = [script for script in stale if self.is_runnable(script)]
            self.background.want(self.tutorials, runnable)
            for script in runnable:
                self.lessons[script.name] = dataclasses.replace(self.lessons[script.name], running=True)
        elif self.options["execute"] != "auto":
            for script in stale:
                status = self.lessons[script.name].status
                log.warning("%s is %s: %s", script.path, status.state, status.why)
        elif stale:
            log.info("Executing %s", ", ".join(script.name for script in stale))
            if failures := self.tutorials.run(stale, jobs=min(default_jobs(), len(stale))):
                raise PluginError("\n".join(failures))
            self.read_lessons()

    def read_lessons(self) -> None:
        for script in self.tutorials.scripts:
            stored, book = self.tutorials.store.load(script), self.tutorials.workbooks.get(script.name)
            problem = self.tutorials.broken.get(script.path.with_suffix(EXERCISES))
            status = Status(script.name, "failed", str(problem)) if problem else self.tutorials.status(script)
            self.lessons[script.name] = Lesson(script, status, stored, book)

    def is_runnable(self, script: Script) -> bool:
        """Whether `serve` should execute a tutorial: what failed once under this server waits for an edit."""
        if self.options["execute"] != "auto" or script.path in self.tutorials.broken or self.background is None:
            return False
        digest = self.tutorials.key(script).digest
        failed = self.lessons[script.name].status.state == "failed"
        return not failed or self.background.running == (script.name, digest) or digest not in self.background.tried

    @cached_property
    def links(self) -> Links:
        root = self.settings.root
        names = {str(root / book.path): workbook_uri(name) for name, book in self.tutorials.workbooks.items()}
        names |= {str(root / script.path): uri(script) for script in self.tutorials.scripts}
        names = {str(path): name for path, name in self.beside.items()} | names
        return Links(self.settings.docs, self.site_url, names, self.address)

    @cached_property
    def beside(self) -> dict[Path, str]:
        """The files of the tutorials that texts link to, images for instance, and their names in the site."""
        root, folder = self.settings.root, self.settings.tutorials
        pages = [root / each.path for each in (*self.tutorials.scripts, *self.tutorials.workbooks.values())]
        texts = [path for path in (*pages, *(folder / part / README for part in self.parts)) if path.is_file()]
        found = {path for text in texts for _, _, path in targets(text_of(text, "replace"), text.parent)}
        files = [path for path in found - set(pages) if path.is_relative_to(folder) and path.is_file()]
        return {path: name_of(path.relative_to(folder)) for path in sorted(files)}

    def linked(self, text: str, path: Path, page: str | None = None) -> str:
        """The text of a script or of exercises with links to pages, as `Links.rewritten` has it."""
        return self.links.rewritten(text, (self.settings.root / path).parent, page)

    def address(self, name: str) -> str | None:
        """Where a page is, by the name of its source; None if there is none."""
        file = self.files.get_file_from_path(name)
        return file.url if file else None

    def near(self, name: str, url: str) -> str:
        """The same as the page at `url` links to it, or ""."""
        address = self.address(name)
        return "" if address is None else relative(address, url)

    @property
    def parts(self) -> list[str]:
        return list(dict.fromkeys(script.part for script in self.tutorials.scripts))

    def navigation(self) -> list[Any]:
        """One section per part, its gallery first; tutorials outside any part stand by themselves."""
        entries: list[Any] = []
        for part in self.parts:
            pages = [uri(script) for script in self.tutorials.scripts if script.part == part]
            entries += [{part_title(part): [f"{part_url(part)}/index.md", *pages]}] if part else pages
        return entries

    def lesson_of(self, shown: Page) -> Lesson | None:
        lesson = self.lessons.get(shown.file.name)
        return lesson if lesson and uri(lesson.script) == shown.file.src_uri else None

    def book_of(self, shown: Page) -> Workbook | None:
        """The exercises that a page shows, if it is a workbook's."""
        name = shown.file.name
        return self.tutorials.workbooks.get(name) if shown.file.src_uri == workbook_uri(name) else None

    def markdown(self, text: str, shown: Page) -> str:
        """The glossary gets anchors, and the titles of tutorials that are still to be written."""
        if shown.file.src_uri != GLOSSARY:
            return text
        return glossary.page(text, {item["slug"]: item["title"] for item in self.table.get("tutorial", [])})

    def content(self, html: str, shown: Page) -> str:
        """The converted page as it is served."""
        lesson, facts = self.lesson_of(shown), self.facts(shown)
        facts = dataclasses.replace(facts, mathml=self.typeset(html, facts, shown))
        html = self.cache(finish, html, facts, by=BY)
        if lesson:
            html += self.below(lesson, shown.url)
        return directives.filled(html, self.view(lesson, shown.url)) if directives.DIRECTIVE.search(html) else html

    def facts(self, shown: Page) -> PageFacts:
        lesson, book, name = self.lesson_of(shown), self.book_of(shown), shown.file.src_uri
        return PageFacts(
            url=shown.url,
            site_url=self.site_url,
            terms=self.terms if name != GLOSSARY else (),
            cells=lesson.cells if lesson else (),
            names=lesson.stored.run.names if lesson and lesson.stored else {},
            documentation=self.options["documentation"],
            package=self.package,
            references="autorefs" in self.config.plugins,
            exercises=book.exercises if book else (),
            notebook=name.endswith(".ipynb"),
            plain_code=tuple(self.options["plain_code"]),
        )

    def typeset(self, html: str, facts: PageFacts, shown: Page) -> Mapping[str, str] | None:
        """The formulas of a page; None without package.json, which leaves them to whatever the site uses."""
        if not ((root := self.settings.root) / "package.json").is_file():
            return None
        done = typeset(asked := formulas.asked(html, facts), root / self.options["formulas"], root)
        for problem in done.problems:
            named = [formula for formula in asked if f" {formulas.key(formula)}: " in problem]
            log.warning("%s: %s", self.place(named[0], facts, shown) if named else shown.file.src_uri, problem)
        self.mathml |= done.mathml
        return done.mathml

    def place(self, formula: formulas.Formula, facts: PageFacts, shown: Page) -> str:
        """The file and the line where a formula stands, or where the cell begins that shows it."""
        lesson, made_from = self.lesson_of(shown), self.book_of(shown)
        path = lesson.script.path if lesson else made_from.path if made_from else shown.file.abs_src_path or ""
        if not (path := self.settings.root / path).is_file():
            return shown.file.src_uri
        cells = zip(lesson.script.code if lesson else (), facts.cells, strict=True)
        showing = (cell.line for cell, (_, html) in cells if formula in formulas.within(html))
        line = formulas.line_of(formula, path.read_text(encoding="utf-8")) or next(showing, 1)
        return f"{os.path.relpath(path, self.settings.root)}:{line}"

    def below(self, lesson: Lesson, url: str) -> str:
        """What stands below a tutorial: read it, the chapters that it covers, where to go next."""
        chapters = tables.covered(lesson.script.header.chapters, self.table)
        cards = [self.card(other, url) for other in self.alike.get(lesson.script.name, ())]
        pages = {"progress": self.near(PROGRESS, url), "map": self.near(CHAPTERS, url)}
        return draw("below.html.j2", practicing=self.practicing, chapters=chapters, cards=cards, **pages)

    @cached_property
    def alike(self) -> dict[str, list[Script]]:
        whole = [script for script in self.tutorials.scripts if script.path not in self.tutorials.broken]
        return tables.related(whole, self.settings.root)

    def card(self, script: Script, url: str) -> dict[str, str]:
        stored, href = self.lessons[script.name].stored, self.near(uri(script), url)
        return {
            "href": href,
            "title": script.title,
            "text": script.header.description or script.lead,
            "image": f"{href}{page.THUMBNAIL}" if stored and stored.run.thumbnail else "",
            "cost": tables.summary(script, stored.run) if stored else "",
        }

    def view(self, lesson: Lesson | None, url: str) -> directives.View:
        pages = {item["slug"]: self.near(item.get("file", ""), url) for item in self.table.get("page", [])}
        return directives.View(
            scripts=self.tutorials.scripts,
            books=self.tutorials.workbooks,
            stored={name: one.stored for name, one in self.lessons.items() if one.stored},
            table=self.table,
            own=lesson.book if lesson else None,
            links=pages | {script.name: self.near(uri(script), url) for script in self.tutorials.scripts},
            workbooks={name: self.near(workbook_uri(name), url) for name in self.tutorials.workbooks},
            card=lambda script: self.card(script, url),
        )
