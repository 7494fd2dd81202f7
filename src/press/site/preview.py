"""An edited text on its page before the site is built again, from what the last build knew of all the others."""

import contextlib
import dataclasses
import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.commands.build import get_context
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

from press.files import Stamp, stamp
from press.site import files as added
from press.site.build import Build
from press.site.lessons import uri
from press.tutorials import Tutorials

log = logging.getLogger("mkdocs.press")
Texts = dict[Path, Stamp]
PAUSE = 0.3  # seconds between two looks at the files during a rebuild


class Overtaken(BaseException):
    """Ends the build of a site that is out of date before it is whole; no handler of errors is asked."""


class Preview:
    """Remembers the last whole site under `serve`, and gives each build a folder of its own."""

    def __init__(self, *, whole: bool):
        self.whole = whole  # else mkdocs builds only the pages that changed, into the folder that is there
        self.last: Build | None = None  # that made a whole site
        self.folder: Path | None = None  # of that site
        self.building = self.failed = False
        self.count = 0

    def begin(self, config: MkDocsConfig) -> None:
        """Let a rebuild write where no browser looks yet; what came of earlier ones goes, but for the last good one."""
        if self.whole and self.count:
            home = Path(config.site_dir)
            for old in home.glob(".rebuilt-*"):
                if old != self.folder:
                    shutil.rmtree(old, ignore_errors=True)
            config.site_dir = str(home / f".rebuilt-{self.count}")
        self.count += 1
        self.building, self.looked = True, time.monotonic()
        self.texts = texts_of(config, Path(config.config_file_path or "mkdocs.yml").parent)

    def still_wanted(self, build: Build) -> None:
        """At each page of a rebuild, raise Overtaken if an author who has edited again would wait for two builds."""
        if self.building and self.last and time.monotonic() - self.looked > PAUSE:
            self.looked = time.monotonic()
            if texts_of(build.config, build.settings.root) != self.texts:
                raise Overtaken

    def complete(self, build: Build) -> None:
        self.building = self.failed = False
        self.last, self.made_from, self.folder = build, self.texts, Path(build.config.site_dir)

    def early(self) -> dict[str, bytes]:
        """The file that one edited text makes, by its address; what stands in the way is left to the next build."""
        last, self.building = self.last, False
        if last is None or self.failed:  # what stopped the last build may show on the page
            return {}
        now = texts_of(last.config, last.settings.root)
        changed = {path for path, _ in now.items() ^ self.made_from.items()}
        if len(changed) != 1 or not changed <= now.keys() & self.made_from.keys():
            return {}
        try:
            with silenced(logging.getLogger("mkdocs")):
                return made_again(last, changed.pop())
        except Exception as error:
            log.debug("No preview: %s", error)
            return {}


def texts_of(config: MkDocsConfig, root: Path) -> Texts:
    """The state of every file that an author writes: pages, what they show, and tutorials."""
    options = config.plugins["press"].config
    folders = (Path(config.docs_dir), root / options["tutorials"])
    return {path: stamp(path) for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()}


def made_again(build: Build, path: Path) -> dict[str, bytes]:
    press: Any = build.config.plugins["press"]
    press.build = build  # not a later one that was given up
    name = build.links.name(path)
    file = build.files.get_file_from_path(name) if name else None
    if file is None or file.inclusion.is_excluded() or (path.suffix == ".py" and not reworded(build, path)):
        return {}
    if not file.is_documentation_page():
        return {file.dest_uri: path.read_bytes()}
    if path.suffix not in (".md", ".py"):
        return {}
    return {file.dest_uri: page_again(build, file).encode("utf-8", errors="xmlcharrefreplace")}


def reworded(build: Build, path: Path) -> bool:
    """Take in a tutorial of which only the text changed; whether that is so."""
    tutorials, root = Tutorials(build.settings), build.settings.root
    old = next((one for one in build.lessons.values() if root / one.script.path == path), None)
    script = next((one for one in tutorials.scripts if root / one.path == path), None)
    file = build.files.get_file_from_path(uri(script)) if script else None
    if tutorials.errors or build.tutorials.errors or old is None or script is None or file is None:
        return False
    same_code = [cell.source for cell in script.code] == [cell.source for cell in old.script.code]
    if not same_code or tutorials.status(script) != old.status:
        return False
    build.lessons[script.name] = dataclasses.replace(old, script=script)
    build.tutorials = tutorials
    file.content_string = added.tutorial(build, build.lessons[script.name])
    return True


def page_again(build: Build, file: File) -> str:
    """A page as mkdocs makes it, step by step."""
    page, config, files, plugins = file.page, build.config, build.files, build.config.plugins
    assert page is not None
    page.read_source(config)
    page.markdown = plugins.on_page_markdown(page.markdown or "", page=page, config=config, files=files)
    page.render(config, files)
    page.content = plugins.on_page_content(page.content or "", page=page, config=config, files=files)
    if "autorefs" in plugins:
        plugins["autorefs"].on_env(build.env, config=config, files=Files([file]))  # resolves references
    page.active = True
    context = get_context(build.nav, files.documentation_pages(inclusion=InclusionLevel.is_in_serve), config, page)
    template = build.env.get_template(page.meta.get("template", "main.html"))
    context = plugins.on_page_context(context, page=page, config=config, nav=build.nav)
    output = plugins.on_post_page(template.render(context), page=page, config=config)
    page.active = False
    return output


@contextlib.contextmanager
def silenced(logger: logging.Logger) -> Iterator[None]:
    """Let a logger's handlers say nothing for a while; one that listens from now on hears everything."""
    handlers = list(logger.handlers)
    logger.handlers[:] = [logging.NullHandler()]
    try:
        yield
    finally:
        logger.handlers[:] = handlers
