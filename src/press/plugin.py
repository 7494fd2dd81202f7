"""The press as a mkdocs plugin: the only module that knows mkdocs."""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import html
import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from logging.handlers import BufferingHandler
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from urllib.parse import quote, urljoin

import yaml
from jinja2.bccache import Bucket, FileSystemBytecodeCache
from markdown import Markdown
from mkdocs import utils
from mkdocs.commands.build import _build_page, _populate_page, build
from mkdocs.config import base, defaults, load_config
from mkdocs.config import config_options as option
from mkdocs.exceptions import MkDocsException, PluginError
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, get_toc
from mkdocs.utils import CountHandler, get_relative_url, meta
from mkdocs.utils.meta import get_data

from press import downloads, frontend, glossary, page, practice, stylesheet, tables, workbooks
from press.background import Background
from press.files import write
from press.memo import Memo, Unkept, fingerprint
from press.project import Settings
from press.scripts.header import Header
from press.scripts.script import EXERCISES, TITLE, Cell, Script, ScriptError, part_url
from press.serving import ADDRESS, KNOWN_PLUGINS, Early, Output, Theme, notice_at_once, silenced, swapped
from press.store import Status, Stored
from press.tutorials import Tutorials, default_jobs

log = logging.getLogger("mkdocs.press")

STYLESHEET = "assets/press/press.css"
ONE_STYLESHEET = "assets/press/site.css"
JAVASCRIPT = "assets/press/press.js"
GLOSSARY = "glossary.md"
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?")
MATH = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>([.,;:)!?]*)', re.S)
STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.S)
DIRECTIVE = re.compile(r"<!--\s*press:(gallery|results|chapters|exercises|progress|review)(?:\s+(\S+))?\s*-->")
EXERCISE_LIST = re.compile(r"<!--\s*press:exercises\s*-->")
NO_HEADING = re.compile(r"<th([^>]*)></th>")  # the corner of a table: announced as a heading, it would say nothing
SPELLED_WITH_S = re.compile(r"\b(?:regular|standard|\w+al)is(?:e|ation)\b")  # half of the readers write it with z
LARGE_STYLE = 4000  # characters; smaller style blocks stay where they are


class PressConfig(base.Config):
    """The plugin's options in mkdocs.yml; all have defaults."""

    tutorials = option.Type(str, default="tutorials")
    package = option.Optional(option.Type(str))
    outputs = option.Type(str, default="outputs")
    execute = option.Choice(("auto", "never"), default="auto")
    documentation = option.Type(dict, default={})  # beginning of a full name -> address with {name}, {owner}
    formulas = option.Type(str, default="docs/formulas.json")  # the committed table of MathML
    plain_code = option.ListOfItems(option.Type(str), default=[])  # kinds of code (n, p ...) without a colour
    one_stylesheet = option.Type(bool, default=False)  # all that a page links to, as one file


class PressPlugin(BasePlugin[PressConfig]):
    """Adds a page, downloads and images for each script of the tutorials folder."""

    def on_startup(self, *, command: str, dirty: bool) -> None:
        self.serving = command == "serve"
        self.whole = not dirty  # else mkdocs builds only the pages that changed, and leaves the others where they are
        self.background = Background() if self.serving else None
        self.good: dict[Path, Script] = {}  # what could be read, now or in an earlier build
        self.session = Memo(None)  # for what a later process could not use
        self.memo = self.session
        self.held: dict[tuple[str, str], tuple[list[Any], Any]] = {}
        self.front: dict[str, Any] = {}
        self.output, self.theme = Output(), Theme(self.session)
        self.theme.complete = functools.partial(frontend.allow_scripts, all_inline=True)
        self.swapped = contextlib.ExitStack()
        self.last: tuple[defaults.MkDocsConfig, Any, Any] | None = None  # of a good build, with menu and templates

    def on_shutdown(self) -> None:
        if self.background:
            self.background.stop()

    # Reading ------------------------------------------------------------------------------------------------------

    def on_config(self, config: defaults.MkDocsConfig) -> defaults.MkDocsConfig:
        root = Path(config.config_file_path or "mkdocs.yml").resolve().parent
        self.settings = Settings.make(root, dict(self.config), os.path.relpath(config.docs_dir, root))
        self.catalogue = Tutorials(self.settings)
        self.good |= {script.path: script for script in self.catalogue.scripts}
        if self.memo is self.session:
            self.memo = Memo(self.settings.scratch / "memo")
        self.last = None
        self.problems = {str(error).split(":")[0]: str(error) for error in self.catalogue.errors}
        self.options = ""
        self.names: tuple[int, str] = 0, ""
        if self.serving:
            keep_server_alive()
            if self.whole:
                self.rebuild_fast(config)
            self.catalogue.scripts += [self.stand_in(path) for path in self.unreadable()]
        elif self.problems:
            raise PluginError("\n".join(str(error) for error in self.catalogue.errors))
        if config.nav is not None:
            config.nav[1:1] = self.navigation()  # after the first entry, the home page
        config.extra_css.insert(0, STYLESHEET)
        self.practising = bool(self.catalogue.workbooks) or any(script.quizzes for script in self.catalogue.scripts)
        config.extra_javascript.append(JAVASCRIPT)
        path = Path(config.docs_dir, GLOSSARY)
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        self.terms, self.glossary = glossary.read(text), text
        if self.practising and "md_in_html" not in config.markdown_extensions:  # the questions are Markdown in forms
            config.markdown_extensions.append("md_in_html")
        return config

    def rebuild_fast(self, config: defaults.MkDocsConfig) -> None:
        """Until the build ends: hold its files back, keep the theme's templates and the front matter of pages."""
        self.swapped.close()
        self.output.begin(Path(config.site_dir))
        known, self.front = self.front, {}

        def get_data(text: str) -> tuple[str, dict[str, Any]]:
            self.front[text] = known[text] if text in known else get_meta(text)
            markdown, found = self.front[text]
            return markdown, copy.deepcopy(found)

        def clean_directory(folder: str) -> None:
            if Path(folder) != self.output.folder:
                clean(folder)

        def copy_file(file: File, dirty: bool = False) -> None:
            if file.abs_src_path is None:  # it is in memory
                self.output.write_file(file.content_bytes, file.abs_dest_path)
            else:
                copy_one(file, dirty)

        get_meta, clean, copy_one, make = meta.get_data, utils.clean_directory, File.copy_file, config.theme.get_env
        functions = {"write_file": self.output.write_file, "copy_file": self.output.copy_file}
        self.swapped.enter_context(swapped(utils, **functions, clean_directory=clean_directory))
        self.swapped.enter_context(swapped(File, copy_file=copy_file))
        self.swapped.enter_context(swapped(meta, get_data=get_data))
        self.theme.shared = None
        config.theme.get_env = lambda: self.theme.environment(config, make)

    def once(self, what: str, name: str, inputs: list[Any], compute: Callable[[], Any]) -> Any:
        """What `compute` returned for the same objects in an earlier build of this process."""
        known = self.held.get((what, name))
        if known is None or known[0] != inputs:
            self.held[what, name] = known = inputs, compute()
        return known[1]

    def unreadable(self) -> list[Path]:
        readable = {script.path.as_posix() for script in self.catalogue.scripts}
        return [Path(path) for path in self.problems if path not in readable and not path.endswith(EXERCISES)]

    def stand_in(self, path: Path) -> Script:
        """What `serve` shows for a script that cannot be read: its last good version, else a bare page."""
        if path in self.good:
            return self.good[path]
        name = re.sub(r"^\d+[-_]", "", path.stem)
        part = path.parent.relative_to(self.settings.tutorials.relative_to(self.settings.root)).as_posix()
        return Script(path, "" if part == "." else part, name, name, Header(), (Cell("text", f"# {name}", 1),))

    @property
    def parts(self) -> list[str]:
        return list(dict.fromkeys(script.part for script in self.catalogue.scripts))

    def navigation(self) -> list[Any]:
        """One section per part, its gallery first; tutorials outside any part stand by themselves."""
        entries: list[Any] = []
        for part in self.parts:
            pages = [uri(script) for script in self.catalogue.scripts if script.part == part]
            entries += [{page.part_heading(part): [f"{part_url(part)}/index.md", *pages]}] if part else pages
        return entries

    # Executing ----------------------------------------------------------------------------------------------------

    def on_pre_build(self, *, config: defaults.MkDocsConfig) -> None:
        """Execute what is not fresh, before the old site is cleaned away."""
        self.sheets: list[str] = []  # what the pages of this build link to
        scripts = self.catalogue.scripts
        try:
            self.status = {script.name: self.state(script) for script in scripts}
        except ScriptError as error:  # of a module that tutorials import
            raise PluginError(str(error)) from None
        stale = [script for script in scripts if self.status[script.name].state != "fresh"]
        self.running: set[str] = set()
        if self.background:
            runnable = [script for script in stale if self.is_runnable(script)]
            self.running = {script.name for script in runnable}
            self.background.want(self.catalogue, runnable)
        elif stale and self.config.execute == "auto":
            log.info("Executing %s", ", ".join(script.name for script in stale))
            failures = self.catalogue.run(stale, jobs=min(default_jobs(), len(stale)))
            if failures:
                raise PluginError("\n".join(failures))
            self.status = {script.name: self.state(script) for script in scripts}
        elif stale:
            for script in stale:
                log.warning("%s is %s: %s", script.path, *self.status_words(script))

    def state(self, script: Script) -> Status:
        path = script.path.as_posix()
        if problem := self.problems.get(path) or self.problems.get(path.removesuffix(".py") + EXERCISES):
            return Status(script.name, "failed", problem)
        return self.catalogue.status(script)

    def is_runnable(self, script: Script) -> bool:
        """Whether `serve` should execute a tutorial: what failed once under this server waits for an edit."""
        if self.config.execute != "auto" or script.path.as_posix() in self.problems or self.background is None:
            return False
        key = self.catalogue.key(script).digest
        if self.status[script.name].state != "failed" or self.background.running == (script.name, key):
            return True
        return key not in self.background.tried

    def status_words(self, script: Script) -> tuple[str, str]:
        status = self.status[script.name]
        return status.state, status.why

    # Pages --------------------------------------------------------------------------------------------------------

    @event_priority(100)  # before mkdocs-jupyter, which makes pages of the workbooks
    def add_workbooks(self, files: Files, *, config: defaults.MkDocsConfig) -> Files:
        self.files, self.site_url = files, config.site_url or ""
        self.by_path = self.paths()
        self.wheel = self.add_wheel(config)
        progress = urljoin(self.site_url, "progress/") if files.get_file_from_path("progress.md") else ""
        for script in self.catalogue.scripts:
            if book := self.catalogue.workbooks.get(script.name):
                text = workbooks.notebook(
                    book,
                    package=self.settings.package.name if self.settings.package else "",
                    wheel=self.wheel,
                    tutorial=urljoin(self.site_url, f"{script.url}/"),
                    progress=progress,
                    absolute=functools.partial(self.rewrite_links, script, absolute=True),
                )
                path = self.settings.scratch / workbook_uri(book.name)
                if not path.is_file() or path.read_bytes() != text.encode():
                    write(path, text)
                # Not File.generated: mkdocs-jupyter's wrapper loses the path of such a file.
                name, scratch = workbook_uri(book.name), str(self.settings.scratch)
                files.append(File(name, scratch, config.site_dir, config.use_directory_urls))
        return files

    @event_priority(-100)  # after mkdocs-jupyter, which would take our notebooks for pages
    def add_tutorials(self, files: Files, *, config: defaults.MkDocsConfig) -> Files:
        self.files = files
        self.by_uri = {uri(script): script for script in self.catalogue.scripts}
        self.addresses = self.address_book(config)
        self.readmes = {part: self.part_meta(part) for part in self.parts}
        self.alike = tables.related(self.catalogue.scripts, self.settings.root)
        self.stored = {script.name: self.catalogue.store.load(script) for script in self.catalogue.scripts}
        self.fragments = {script.name: self.add_images(script, config) for script in self.catalogue.scripts}
        for script in self.catalogue.scripts:
            self.add_downloads(script, config)
            self.add(config, uri(script), content=self.page_once(script))
        for part in filter(None, self.parts):
            index = f"{part_url(part)}/index.md"
            if files.get_file_from_path(index) is None:
                self.add(config, index, content=self.part_source(part))
        templates = Path(__file__).parent / "templates"
        self.add(config, STYLESHEET, path=templates / "press.css")
        self.add(config, JAVASCRIPT, path=templates / "press.js")
        return files

    on_files = CombinedEvent(add_workbooks, add_tutorials)

    def add(
        self, config: defaults.MkDocsConfig, name: str, *, content: str | None = None, path: Path | None = None
    ) -> None:
        if content is not None:
            self.files.append(File.generated(config, name, content=content))
        else:
            self.files.append(File.generated(config, name, abs_src_path=str(path)))

    def add_wheel(self, config: defaults.MkDocsConfig) -> str:
        """Serve the wheel of the shared package; return its address."""
        package = self.settings.package
        if package is None or not (self.settings.root / "pyproject.toml").is_file():
            return ""
        folder = self.settings.scratch / "wheels"
        folder.mkdir(parents=True, exist_ok=True)
        wheel = downloads.build_wheel(self.settings.root, package, folder)
        self.add(config, f"assets/wheels/{wheel.name}", path=wheel)
        return urljoin(self.site_url, f"assets/wheels/{quote(wheel.name)}")

    def add_images(self, script: Script, config: defaults.MkDocsConfig) -> page.Fragments:
        stored = self.stored[script.name]
        if stored is None:
            return page.Fragments()
        folder = self.scratch(script)

        def rendered() -> tuple[page.Fragments, list[str]]:
            fragments, thumbnail = page.render_outputs(stored.outputs, folder), page.thumbnail(stored.run, folder)
            return fragments, fragments.images + ([thumbnail.name] if thumbnail else [])

        fragments, names = self.once("images", script.name, [script.url, stored], rendered)
        if not all((folder / name).is_file() for name in names):
            fragments, names = rendered()
        for name in names:
            self.add(config, f"{script.url}/{name}", path=folder / name)
        return fragments

    def add_downloads(self, script: Script, config: defaults.MkDocsConfig) -> None:
        source = (self.settings.root / script.path).read_text(encoding="utf-8")
        stored, book = self.stored[script.name], self.catalogue.workbooks.get(script.name)
        shown = len(self.shown_outputs(script, stored))
        paths = {suffix: self.scratch(script) / f"{script.name}.{suffix}" for suffix in ("py", "ipynb")}
        inputs = [source, script, stored, shown, book, self.wheel, self.addresses]
        if not all(path.is_file() for path in paths.values()):
            self.held.pop(("downloads", script.name), None)
        self.once("downloads", script.name, inputs, lambda: self.write_downloads(script, source, paths))
        for path in paths.values():
            self.add(config, f"{script.url}/{path.name}", path=path)

    def write_downloads(self, script: Script, source: str, paths: Mapping[str, Path]) -> None:
        package = self.settings.package.name if self.settings.package else ""
        taken_home = {
            "py": downloads.downloadable_script(self.rewrite_links(script, source, absolute=True), package, self.wheel),
            "ipynb": downloads.downloadable_notebook(
                script,
                self.shown_outputs(script, self.stored[script.name]),
                package=package,
                wheel=self.wheel,
                absolute=functools.partial(self.notebook_text, script),
            ),
        }
        for suffix, text in taken_home.items():
            path = paths[suffix]
            if not path.is_file() or path.read_bytes() != text.encode():
                write(path, text)

    def scratch(self, script: Script) -> Path:
        return self.settings.scratch / "pages" / script.url

    def notebook_text(self, script: Script, text: str) -> str:
        """A text cell as a notebook shows it: links lead to the site, the exercises are a list."""
        book = self.catalogue.workbooks.get(script.name)
        file = self.files.get_file_from_path(workbook_uri(script.name))
        address = urljoin(self.site_url, file.url if file else "")
        text = EXERCISE_LIST.sub(lambda _: practice.exercise_lines(book, address) if book else "", text)
        return self.rewrite_links(script, text, absolute=True)

    def shown_outputs(self, script: Script, stored: Stored | None) -> list[list[dict[str, Any]]]:
        """The outputs that still belong to the code: all of a fresh run, the unchanged beginning of a stale one."""
        if stored is None:
            return []
        if self.status[script.name].state == "fresh":
            return stored.outputs
        return stored.outputs[: page.valid_cells(script.code, stored.sources)]

    def page_once(self, script: Script) -> str:
        name = script.name
        book, running = self.catalogue.workbooks.get(name), name in self.running
        inputs = [script, self.stored[name], self.status[name], running, book]
        inputs += [self.addresses, self.practising, self.catalogue.project.cards, self.readmes[script.part]]
        return self.once("page", name, inputs, lambda: self.page_source(script))

    def page_source(self, script: Script) -> str:
        """The Markdown of a tutorial's page, its front matter included."""
        stored, status = self.stored[script.name], self.status[script.name]
        meta: dict[str, Any] = {"title": script.title, "description": script.header.description or script.lead}
        if stored and stored.run.thumbnail:
            meta["image"] = f"{script.url}/{page.THUMBNAIL}"
        if search := self.readmes[script.part].get("search"):
            meta["search"] = search
        links = {"Script .py": f"{script.name}.py", "Notebook .ipynb": f"{script.name}.ipynb"}
        workbook = self.files.get_file_from_path(workbook_uri(script.name))
        if workbook:
            links["Workbook"] = self.address(workbook, script)
        titles = {name: card.get("title", name) for name, card in (self.catalogue.project.cards or {}).items()}
        note = page.cost(stored.run, titles) if stored else ""
        state, message = self.banner(script, status)
        text = self.rewrite_links(script, page.body(script))
        title = TITLE.match(text)
        end = title.end() if title else 0
        own = practice.own_progress(script, self.catalogue.workbooks.get(script.name)) if self.practising else ""
        strip = page.bar(links, note, state, message, own)
        return f"---\n{yaml.safe_dump(meta, allow_unicode=True)}---\n{text[:end]}\n{strip}\n\n{text[end:]}"

    def banner(self, script: Script, status: Status) -> tuple[str, str]:
        if status.state == "fresh":
            return "", ""
        if script.name in self.running:
            return "running", f"Running: {status.why}. The page reloads when the outputs are there."
        if status.state == "failed":
            return "failed", f"The last run failed: {status.why}"
        return "stale", f"These outputs are out of date: {status.why}."

    def address(self, file: File, script: Script) -> str:
        """The address of a file as the page of a script links to it."""
        return get_relative_url(file.url, self.url_of(script))

    def url_of(self, script: Script) -> str:
        file = self.files.get_file_from_path(uri(script))
        return file.url if file else f"{script.url}/"

    def rewrite_links(self, script: Script, text: str, *, absolute: bool = False) -> str:
        """Turn links to scripts and to files of docs/, written relative to the script, into links to pages."""
        folder = self.settings.root / script.path.parent

        def rewritten(match: re.Match[str]) -> str:
            target = match[2]
            if re.match(r"[a-z][a-z+.-]*:|/|#", target):
                return match[0]
            path = Path(os.path.normpath(folder / target))
            name = self.source_uri(path)
            if name is None:
                return match[0]
            if absolute:
                file = self.files.get_file_from_path(name)
                stem = name.removesuffix("index.md").removesuffix(".md")
                link = urljoin(self.site_url, file.url if file else stem + "/")
            else:
                link = os.path.relpath(name, os.path.dirname(uri(script)) or ".").replace(os.sep, "/")
            return f"{match[1]}{link}{match[3] or ''}"

        pieces = re.split(r"(?ms)(^[ \t]*```.*?^[ \t]*```[ \t]*$)", text)
        return "".join(piece if index % 2 else LINK.sub(rewritten, piece) for index, piece in enumerate(pieces))

    def source_uri(self, path: Path) -> str | None:
        """The name under which mkdocs knows a file of the tutorials or of docs/."""
        if known := self.by_path.get(str(path)):
            return known
        if self.settings.docs and path.is_relative_to(self.settings.docs):
            return path.relative_to(self.settings.docs).as_posix()
        return None

    def paths(self) -> dict[str, str]:
        """The names under which mkdocs knows scripts and workbooks, by their paths."""
        root, books = self.settings.root, self.catalogue.workbooks
        known = {str(root / book.path): workbook_uri(name) for name, book in books.items()}
        return known | {str(root / script.path): uri(script) for script in self.catalogue.scripts}

    def address_book(self, config: defaults.MkDocsConfig) -> str:
        """Everything that decides where links between pages lead."""
        names = sorted(file.src_uri for file in self.files)
        return fingerprint(self.site_url, repr([config.use_directory_urls, config.docs_dir, self.by_path, names]))

    def part_meta(self, part: str) -> dict[str, Any]:
        """The front matter of a part's README.md; what it says of the search holds for the part's tutorials."""
        readme = self.settings.tutorials / part / "README.md"
        return get_data(readme.read_text(encoding="utf-8"))[1] if part and readme.is_file() else {}

    def part_source(self, part: str) -> str:
        """A part's page: the words of its README.md, if there is one, and the gallery."""
        readme = self.settings.tutorials / part / "README.md"
        text = readme.read_text(encoding="utf-8") if readme.is_file() else f"# {page.part_heading(part)}\n"
        return f"{text.rstrip()}\n\n<!-- press:gallery {part} -->\n"

    def add_fonts(self, config: defaults.MkDocsConfig, formulas: Iterable[str]) -> None:
        """Serve the fonts that package.json names; without npm the pages take the system's."""
        root = self.settings.root
        manifest = root / "package.json"
        fonts = json.loads(manifest.read_text(encoding="utf-8")).get("fonts", {}) if manifest.is_file() else {}
        if not fonts or not frontend.install(root):
            return
        folder = self.settings.scratch / "fonts"
        for name, source in fonts.items():
            characters = frontend.math_characters(formulas) if "math" in name else None
            frontend.subset_font(root / "node_modules" / source, folder / name, characters, cache=folder / "cache")
            self.add(config, f"assets/fonts/{name}", path=folder / name)

    # Rendering ----------------------------------------------------------------------------------------------------

    @event_priority(-100)  # after mkdocs-jupyter, which puts a render method of its own on its pages
    def on_pre_page(self, page: Page, *, config: defaults.MkDocsConfig, files: Files) -> Page:
        page.render = functools.partial(self.render_once, page, page.render)
        return page

    def render_once(self, page: Page, render: Callable[..., None], config: defaults.MkDocsConfig, files: Files) -> None:
        """Convert a page's Markdown only if it, or what it can link to, changed since an earlier build."""
        markdown, source = page.markdown or "", page.file.abs_src_path
        if self.names[0] != len(files):
            self.names = len(files), fingerprint(*sorted(file.src_uri for file in files))
        own = Path(source).read_bytes().hex() if source and source.endswith(".ipynb") else ""  # mkdocs-jupyter reads it
        inputs = [page.file.src_uri, markdown, own, self.names[1], self.configuration(config)]
        if ":::" in markdown:
            # What mkdocstrings collects beside the page, it keeps in memory only; so does this.
            if not self.serving:
                return render(config, files)
            inputs.append(str(self.package_state()))
        memo = self.session if ":::" in markdown else self.memo
        kept = memo("rendered", inputs, lambda: self.converted(page, render, config, files))
        if memo is self.session:
            set_up_mkdocstrings(config)
        page.content, page.title = kept["content"], kept["title"]
        page.toc = get_toc(kept["toc"])
        page.present_anchor_ids = None if kept["anchors"] is None else set(kept["anchors"])
        if kept["links"] is not None:
            found = {files.get_file_from_path(name): links for name, links in kept["links"].items()}
            page.links_to_anchors = {file: links for file, links in found.items() if file}
        autorefs: Any = config.plugins.get("autorefs")
        for arguments, keywords in kept["autorefs"] if autorefs else ():
            autorefs.register_anchor(page, *arguments, **keywords)
        for item in kept["objects"]:
            inventory_of(config).register(**item)

    def converted(
        self, page: Page, render: Callable[..., None], config: defaults.MkDocsConfig, files: Files
    ) -> dict[str, Any]:
        """Everything that converting a page leaves behind. After a warning it is not kept: it has to be said again."""
        autorefs: Any = config.plugins.get("autorefs")
        registered: list[Any] = []
        objects: list[dict[str, Any]] = []
        inventory = inventory_of(config)

        def listed(**item: Any) -> None:
            objects.append(item)
            type(inventory).register(inventory, **item)

        warnings = Warnings()
        with contextlib.ExitStack() as stack:
            stack.enter_context(warnings)
            if autorefs:
                # Collected only: whoever asked for the page registers them, this time and the next.
                stack.enter_context(replaced(autorefs, "register_anchor", lambda _, *a, **k: registered.append((a, k))))
            if inventory is not None:
                stack.enter_context(replaced(inventory, "register", listed))
            render(config, files)
        links = page.links_to_anchors
        result = {
            "content": page.content,
            "title": page.title,
            "toc": [token(item) for item in page.toc],
            "anchors": None if page.present_anchor_ids is None else sorted(page.present_anchor_ids),
            "links": None if links is None else {file.src_uri: found for file, found in links.items()},
            "autorefs": registered,
            "objects": objects,
        }
        if warnings.count:
            raise Unkept(result)
        return result

    def configuration(self, config: defaults.MkDocsConfig) -> str:
        """The options that decide how Markdown is converted."""
        if self.options:
            return self.options
        plugins = {name: plugin for name, plugin in config.plugins.items() if name != "press"}
        options = {name: repr(getattr(plugin, "config", None)) for name, plugin in plugins.items()}  # a hook has none
        chosen = [config.markdown_extensions, config.mdx_configs, options, config.use_directory_urls, config.validation]
        self.options = fingerprint(ADDRESS.sub("", repr([*chosen, config.site_url, config.theme.name])))
        return self.options

    def package_state(self) -> dict[str, int]:
        paths = self.settings.package.rglob("*.py") if self.settings.package else ()
        return {str(path): path.stat().st_mtime_ns for path in paths}

    def on_page_markdown(self, markdown: str, *, page: Page, config: defaults.MkDocsConfig, files: Files) -> str:
        """The glossary gets anchors, and the titles of tutorials that are still to be written."""
        if page.file.src_uri != GLOSSARY:
            return markdown
        table = self.catalogue.chapter_table or {}
        return glossary.page(markdown, {item["slug"]: item["title"] for item in table.get("tutorial", [])})

    @event_priority(100)  # before other plugins look at the content
    def on_page_content(self, content: str, *, page: Page, config: defaults.MkDocsConfig, files: Files) -> str:
        script, book = self.by_uri.get(page.file.src_uri), self.book_of(page)
        terms = self.glossary if page.file.src_uri != GLOSSARY else ""
        theme = config.theme.name or ""
        inputs = [content, terms, theme, page.url, self.site_url, repr(book), repr(self.config.plain_code)]
        inputs += self.cell_inputs(script, config)
        build = functools.partial(self.finished, content, page.url, script, book, config, bool(terms))
        content = self.memo("content", inputs, build)
        if script:
            read = practice.read_button(self.progress_address(self.url_of(script))) if self.practising else ""
            content += read + self.covered(script) + self.related(script)
        return DIRECTIVE.sub(functools.partial(self.directive, page), content)

    def cell_inputs(self, script: Script | None, config: defaults.MkDocsConfig) -> list[str]:
        """What a tutorial's code cells are made from, besides the page's text."""
        if script is None:
            return []
        stored = self.stored[script.name]
        names = stored.run.names if stored else {}
        package = self.settings.package.name if self.settings.package else ""
        rules = [self.config.documentation, package, "autorefs" in config.plugins]
        shown = self.fragments[script.name].html[: len(self.shown_outputs(script, stored))]

        def all_of_them() -> str:
            return fingerprint(json.dumps([[cell.source for cell in script.code], shown, names, rules]))

        return [self.once("cells", script.name, [script, shown, names, rules], all_of_them)]

    def finished(
        self,
        content: str,
        url: str,
        script: Script | None,
        book: workbooks.Workbook | None,
        config: defaults.MkDocsConfig,
        marked: bool,
    ) -> str:
        """The converted page with tooltips, code cells and outputs, and without what would hide it from the search."""
        content = NO_HEADING.sub(r"<td\1></td>", content)
        if marked and self.terms:
            content = glossary.mark(content, self.terms)
        if script:
            content = self.fill(content, script, config)
        if config.theme.name == "material" and "jupyter-wrapper" in content:
            content = page.tidy_notebook(content, functools.partial(self.local, url))
        if book:
            content = practice.with_ticks(content, book)
        if self.config.plain_code:
            content = page.with_fewer_spans(content, self.config.plain_code)
        content = page.with_line_counts(content)
        # The source of a function is there to be read, not to be found: it would hide what is said about it.
        shown = '<details class="mkdocstrings-source"'
        return content.replace(f"{shown}>", f"{shown} data-search-exclude>")

    def fill(self, content: str, script: Script, config: defaults.MkDocsConfig) -> str:
        stored = self.stored[script.name]
        fragments = self.fragments[script.name]
        shown = len(self.shown_outputs(script, stored))
        fragments = page.Fragments(fragments.html[:shown], fragments.images)
        names = stored.run.names if stored else {}
        link = functools.partial(self.link, "autorefs" in config.plugins)
        return page.fill(content, script, fragments, names, link)

    def local(self, url: str, address: str) -> str:
        """An address of this site as a page links to it; any other as it is."""
        if not self.site_url or not address.startswith(self.site_url):
            return address
        path, mark, anchor = address.removeprefix(self.site_url).partition("#")
        return get_relative_url(path or ".", url) + mark + anchor

    def book_of(self, shown: Page) -> workbooks.Workbook | None:
        """The exercises that a page shows, if it is a workbook's."""
        match = re.fullmatch(r"workbooks/([\w-]+)\.ipynb", shown.file.src_uri)
        return self.catalogue.workbooks.get(match[1]) if match else None

    def progress_address(self, base_url: str) -> str:
        file = self.files.get_file_from_path("progress.md")
        return get_relative_url(file.url, base_url) if file else ""

    def link(self, autorefs: bool, name: str, code: str, anchor: str) -> str | None:
        """Link a name in a code cell to the project's API pages, or to the documentation of a library."""
        package = self.settings.package
        if package and name.startswith(f"{package.name}."):
            attributes = f'identifier="{html.escape(name)}" optional backlink-type="used-by" backlink-anchor="{anchor}"'
            return f'<autoref {attributes} class="press-link">{code}</autoref>' if autorefs else None
        rules = self.config.documentation
        fitting = [
            rule for rule in rules if name == rule or name.startswith(rule if rule.endswith(".") else f"{rule}.")
        ]
        address = rules[max(fitting, key=len)] if fitting else ""
        if not address:
            return None
        owner = re.match(r"(?:[^A-Z.][^.]*\.)*[A-Z]\w*|.*", name)  # of a method, its class
        href = address.format(name=name, owner=owner[0] if owner else name)
        return f'<a class="press-link" href="{html.escape(href)}">{code}</a>'

    def covered(self, script: Script) -> str:
        chapters = self.catalogue.chapters or {}
        file = self.files.get_file_from_path("chapters.md")
        if not script.header.chapters or not chapters:
            return ""
        href = self.address(file, script) if file else ""
        sources = {source["id"]: source["title"] for source in (self.catalogue.chapter_table or {}).get("source", [])}
        return tables.covered(script.header.chapters, chapters, sources, href)

    def related(self, script: Script) -> str:
        cards = [self.card(other, self.url_of(script)) for other in self.alike[script.name]]
        if not cards:
            return ""
        heading = '<section class="press-related" data-search-exclude><h2>Related tutorials</h2>'
        return f"{heading}{page.gallery(cards)}</section>"

    def card(self, script: Script, base_url: str) -> dict[str, Any]:
        stored = self.stored[script.name]
        image = f"{self.url_of(script)}{page.THUMBNAIL}" if stored and stored.run.thumbnail else ""
        return {
            "href": get_relative_url(self.url_of(script), base_url),
            "title": script.title,
            "text": script.header.description or script.lead,
            "image": get_relative_url(image, base_url) if image else "",
            "cost": tables.summary(script, stored.run) if stored else "",
        }

    def workbook_address(self, name: str, base_url: str) -> str:
        file = self.files.get_file_from_path(workbook_uri(name))
        return get_relative_url(file.url, base_url) if file else ""

    def directive(self, page_: Page, match: re.Match[str]) -> str:
        what, argument = match[1], match[2]
        if what == "gallery":
            scripts = [script for script in self.catalogue.scripts if argument in (None, script.part, script.name)]
            return page.gallery([self.card(script, page_.url) for script in scripts])
        links = {script.name: get_relative_url(self.url_of(script), page_.url) for script in self.catalogue.scripts}
        books = {name: self.workbook_address(name, page_.url) for name in self.catalogue.workbooks}
        if what == "exercises":
            script = self.by_uri.get(page_.file.src_uri)
            book = self.catalogue.workbooks.get(script.name) if script else None
            return practice.exercise_list(book, books[book.name]) if book else ""
        if what == "progress":
            return practice.progress(self.catalogue.scripts, self.catalogue.workbooks, links, books)
        if what == "review":
            return practice.review(self.catalogue.scripts, links)
        if what == "results":
            runs = {name: stored.run for name, stored in self.stored.items() if stored}
            return tables.results(self.catalogue.scripts, runs, links)
        table = self.catalogue.chapter_table or {}
        for item in table.get("page", []):
            if file := self.files.get_file_from_path(item.get("file", "")):
                links[item["slug"]] = get_relative_url(file.url, page_.url)
        return tables.chapter_map(table, self.catalogue.scripts, links)

    def on_nav(self, nav: Any, *, config: defaults.MkDocsConfig, files: Files) -> Any:
        self.nav = nav
        return nav

    def on_env(self, env: Any, *, config: defaults.MkDocsConfig, files: Files) -> Any:
        """When all pages are converted: formulas in one go, and the notebooks' style sheet once for all."""
        self.env = env
        pages = [file.page for file in files.documentation_pages() if file.page and file.page.content]
        self.add_fonts(config, self.finish_pages(pages, config))
        cache = self.settings.scratch / "templates"
        cache.mkdir(parents=True, exist_ok=True)
        env.bytecode_cache = Templates(str(cache))  # compiling the theme takes longer than using it
        self.sort_backlinks(config.plugins.get("autorefs"))
        handlers: list[Any] = config.plugins.events["page_context"]
        for number, handler in enumerate(handlers):
            search: Any = getattr(handler, "__self__", None)
            if search is config.plugins.get("material/search") and hasattr(search, "search_index"):
                handlers[number] = functools.partial(self.index_once, search.search_index, handler)
        return env

    def finish_pages(self, pages: list[Page], config: defaults.MkDocsConfig) -> Iterable[str]:
        """Put formulas and the address of the notebooks' style sheet into converted pages; return the formulas."""
        formulas: set[tuple[str, bool]] = set()
        if (self.settings.root / "package.json").is_file():  # else the formulas are left to whatever the site uses
            formulas = {formula(match) for shown in pages for match in formulas_of(shown)}
        made = self.mathml(formulas) if formulas else {}
        for shown in [shown for shown in pages if formulas and "arithmatex" in (shown.content or "")]:
            shown.content = MATH.sub(lambda match: wrapped(match, made), shown.content or "")
        for shown in pages:
            self.hoist_styles(shown, config)
        return made.values()

    def sort_backlinks(self, autorefs: Any) -> None:
        """autorefs keeps who uses a name in sets, whose order differs from build to build."""
        if hasattr(autorefs, "get_backlinks"):
            unsorted = type(autorefs).get_backlinks.__get__(autorefs)

            def get_backlinks(*identifiers: str, from_url: str) -> dict[str, list[Any]]:
                found = unsorted(*identifiers, from_url=from_url)
                return {kind: sorted(links, key=repr) for kind, links in found.items()}

            autorefs.get_backlinks = get_backlinks

    def index_once(self, index: Any, handle: Callable[..., None], context: Any, *, page: Page, **others: Any) -> None:
        """Take a page's search entries from an earlier build if the page is the same, and what is left of the page."""

        def entries() -> dict[str, Any]:
            before = len(index.entries)
            handle(context, page=page, **others)
            made = index.entries[before:]
            del index.entries[before:]
            for entry in made:
                if words := {word.replace("is", "iz") for word in SPELLED_WITH_S.findall(entry["title"].lower())}:
                    entry["text"] += f"<p>Also spelled {', '.join(sorted(words))}.</p>"
            return {"entries": made, "content": page.content}

        if self.book_of(page):  # whoever looks for a name wants the page that explains it, not its exercises
            page.meta.setdefault("search", {"boost": 0.5})
        options = ADDRESS.sub("", repr(index.config))
        inputs = [page.url, str(page.title), repr(dict(page.meta)), page.content or "", options]
        kept = self.memo("indexed", inputs, entries)
        index.entries += [dict(entry) for entry in kept["entries"]]
        page.content = kept["content"]

    def mathml(self, formulas: Iterable[tuple[str, bool]]) -> Mapping[tuple[str, bool], str]:
        table = self.settings.root / self.config.formulas
        try:
            made = frontend.mathml(formulas, table, self.settings.root)
            if not self.serving:
                frontend.prune(table, formulas, self.settings.root)  # a build sees the whole site
            return made
        except (RuntimeError, ValueError) as error:
            log.warning("%s", error)
            return {}

    def hoist_styles(self, shown: Page, config: defaults.MkDocsConfig) -> None:
        """Move a style sheet that mkdocs-jupyter repeats in each page into one file that all pages share."""

        def hoisted(match: re.Match[str]) -> str:
            if len(match[1]) < LARGE_STYLE:
                return match[0]
            name = f"assets/press/{hashlib.sha256(match[1].encode()).hexdigest()[:12]}.css"
            if self.files.get_file_from_path(name) is None:
                self.add(config, name, content=match[1])
            return f'<link rel="stylesheet" href="{get_relative_url(name, shown.url)}">'

        if "<style" in (shown.content or ""):
            shown.content = STYLE.sub(hoisted, shown.content or "")

    def write_stylesheet(self, config: defaults.MkDocsConfig) -> None:
        """The one that this build's pages link to; 404.html comes before them, and keeps its many."""
        folder = Path(config.site_dir)
        try:
            texts = {path: self.output.read(str(folder / path)).decode() for path in self.sheets}
            utils.write_file(stylesheet.merged(texts, ONE_STYLESHEET).encode(), str(folder / ONE_STYLESHEET))
        except (OSError, ValueError) as error:
            log.warning("%s is not written: %s", ONE_STYLESHEET, error)

    @event_priority(-1000)  # when every other plugin has written its files
    def on_post_build(self, *, config: defaults.MkDocsConfig) -> None:
        if self.sheets:
            self.write_stylesheet(config)
        self.memo.prune()
        self.session.prune()
        self.swapped.close()
        if self.serving and self.whole:
            self.output.commit()
            self.last = config, self.nav, self.env

    def on_build_error(self, *, error: Exception) -> None:
        self.swapped.close()

    @event_priority(-100)  # the page is then as it is served
    def on_post_page(self, output: str, *, page: Page, config: defaults.MkDocsConfig) -> str:
        if self.config.one_stylesheet:
            sheets = stylesheet.linked(output)
            self.sheets = self.sheets or sheets
            if sheets == self.sheets:  # a page with others of its own keeps its links
                output = stylesheet.with_one_link(output, get_relative_url(ONE_STYLESHEET, page.url))
        return frontend.allow_scripts(output, all_inline=self.serving)

    def on_post_template(self, output_content: str, *, template_name: str, config: defaults.MkDocsConfig) -> str:
        return frontend.allow_scripts(output_content, all_inline=self.serving)

    # Serving ------------------------------------------------------------------------------------------------------

    def on_serve(self, server: Any, *, config: defaults.MkDocsConfig, builder: Callable[..., None]) -> Any:
        store = self.catalogue.store
        for folder in (self.settings.tutorials, self.settings.package, store.outputs, store.failures):
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
                server.watch(str(folder))
        if hasattr(server, "observer"):
            notice_at_once(server)
        early = Early(server)
        if self.config.execute == "auto" and self.catalogue.scripts:
            self.catalogue.prepare_kernels(start=True)  # in a process of its own, while the author is still thinking
        build = server.builder

        def guarded() -> None:
            """A failed rebuild leaves the last good site; mkdocs itself would answer no page any more."""
            if self.preview():
                early.show()
            try:
                build()
            except (Exception, SystemExit) as error:
                log.error("The rebuild failed, the last good pages stay: %s", error)
            finally:
                early.complete(again=self.output.shown)

        server.builder = guarded
        return server

    def preview(self) -> bool:
        """After an edit of one tutorial's text: write its page, from what the last build knew of all the others.

        The build that comes next makes the whole site, and this page with it. So whatever stands in the way here is
        left to that build, and so is every warning.
        """
        try:
            script = self.reworded()
            if script is None or self.last is None:
                return False
            (config, nav, env), file = self.last, self.files.get_file_from_path(uri(script))
            shown = file.page if file else None
            if file is None or shown is None:
                return False
            self.by_uri[uri(script)] = script
            self.alike = tables.related(self.catalogue.scripts, self.settings.root)
            file.content_string = self.page_once(script)
            for name in ("render", "title"):  # of the last build
                vars(shown).pop(name, None)
            with silenced(logging.getLogger("mkdocs")), swapped(utils, write_file=self.output.write_now):
                _populate_page(shown, config, self.files)
                autorefs: Any = config.plugins.get("autorefs")
                if autorefs:
                    autorefs.on_env(env, config=config, files=Files([file]))
                self.finish_pages([shown], config)
                pages = self.files.documentation_pages(inclusion=InclusionLevel.is_in_serve)
                _build_page(shown, config, pages, nav, env)
        except Exception as error:
            log.debug("No preview: %s", error)
            return False
        log.info("%s is there, the rest of the site follows", script.path)
        return True

    def reworded(self) -> Script | None:
        """The tutorial whose text changed since the last build, if it is the only one, and nothing else did in it."""
        config = self.last[0] if self.last else None
        if config is None or self.problems or not KNOWN_PLUGINS.issuperset(config.plugins):
            return None
        catalogue, before = Tutorials(self.settings), {script.name: script for script in self.catalogue.scripts}
        changed = [script for script in catalogue.scripts if before.get(script.name) is not script]
        if catalogue.errors or len(changed) != 1 or [script.name for script in catalogue.scripts] != list(before):
            return None
        script, old = changed[0], before[changed[0].name]
        same_code = [cell.source for cell in script.code] == [cell.source for cell in old.code]
        if not same_code or catalogue.status(script) != self.status[script.name]:
            return None
        self.catalogue = catalogue
        return script


class Templates(FileSystemBytecodeCache):
    """Compiled templates; a damaged one counts as absent, and one for which there is no room is compiled again."""

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except (EOFError, OSError, ValueError, UnpicklingError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


class Warnings(logging.Handler):
    """Counts what mkdocs and its plugins warn of while it is entered."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1

    def __enter__(self) -> Warnings:
        logging.getLogger("mkdocs").addHandler(self)
        return self

    def __exit__(self, *raised: object) -> None:
        logging.getLogger("mkdocs").removeHandler(self)


@contextlib.contextmanager
def replaced(thing: Any, name: str, stand_in: Any) -> Iterator[None]:
    """Let an object have another method for a while."""
    setattr(thing, name, stand_in)
    try:
        yield
    finally:
        delattr(thing, name)  # an attribute of the object, before that of its class


def token(item: AnchorLink) -> dict[str, Any]:
    """An entry of a table of contents, as mkdocs reads it."""
    children = [token(child) for child in item.children]
    return {"name": str(item.title), "id": item.id, "level": item.level, "children": children}


def uri(script: Script) -> str:
    return f"{script.url}.md"


def workbook_uri(name: str) -> str:
    return f"workbooks/{name}.ipynb"


def formulas_of(shown: Page) -> Iterator[re.Match[str]]:
    return MATH.finditer(shown.content or "") if "arithmatex" in (shown.content or "") else iter(())


def formula(match: re.Match[str]) -> tuple[str, bool]:
    return html.unescape(match[2]).strip(), match[1] == "div"


def wrapped(match: re.Match[str], made: Mapping[tuple[str, bool], str]) -> str:
    """The formula as MathML; the search index leaves it out."""
    markup = made.get(formula(match))
    if markup is None:
        return f"<code>{match[2].strip()}</code>{match[3]}"
    markup = markup.replace("<math", "<math data-search-exclude", 1)
    if match[1] == "div":
        return f'<div class="press-math">{markup}</div>{match[3]}'
    return f'<span class="press-nobreak">{markup}{match[3]}</span>' if match[3] else markup


def set_up_mkdocstrings(config: defaults.MkDocsConfig) -> None:
    """mkdocstrings prepares its handler when it converts a page, and needs it for backlinks in any case."""
    plugin: Any = config.plugins.get("mkdocstrings")
    if plugin is None:
        return
    handler = plugin.get_handler(plugin.config.default_handler)
    if "backlink_tree" not in handler.env.filters:
        markdown = Markdown(extensions=config.markdown_extensions, extension_configs=config.mdx_configs)
        handler._update_env(markdown, config=config)


def inventory_of(config: defaults.MkDocsConfig) -> Any:
    """The list of documented objects that mkdocstrings puts beside the pages, if it is there."""
    plugin: Any = config.plugins.get("mkdocstrings")
    return plugin.handlers.inventory if plugin is not None and plugin.config.enabled else None


def keep_server_alive() -> None:
    """In `serve` a warning is shown, not raised: mkdocs' strict mode would end the server."""
    logger = logging.getLogger("mkdocs")
    for handler in [handler for handler in logger.handlers if isinstance(handler, CountHandler)]:
        logger.removeHandler(handler)


def build_site(config_file: Path, folder: Path, site_url: str) -> list[str]:
    """Build a site as `mkdocs build` does, but into another folder and for another address; return the warnings.

    Raises:
        RuntimeError: the site does not build; the message is all that mkdocs said.
    """
    heard = BufferingHandler(capacity=100_000)
    heard.setLevel(logging.WARNING)
    logger = logging.getLogger("mkdocs")
    logger.addHandler(heard)
    try:
        config = load_config(str(config_file), site_dir=str(folder), site_url=site_url)
        config.plugins.on_startup(command="build", dirty=False)
        try:
            build(config)
        finally:
            config.plugins.on_shutdown()
    except (MkDocsException, yaml.YAMLError) as error:
        said = sorted(heard.buffer, key=lambda record: -record.levelno)
        raise RuntimeError("\n".join([*(record.getMessage() for record in said), str(error)])) from error
    finally:
        logger.removeHandler(heard)
    return [record.getMessage() for record in heard.buffer]
