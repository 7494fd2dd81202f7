"""The press as a mkdocs plugin: what happens at each hook of a build."""

import gc
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mkdocs.config import base
from mkdocs.config import config_options as option
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from press.project import Settings
from press.scripts.script import Script, ScriptError
from press.site import files as added
from press.site import search
from press.site.background import Background
from press.site.build import Build
from press.site.conversion import Conversion
from press.site.frontend import policy, temml
from press.site.preview import Preview
from press.site.serve import Server, keep_alive, stand_ins
from press.tutorials import Tutorials

log = logging.getLogger("mkdocs.press")


class PressConfig(base.Config):
    """The plugin's options in mkdocs.yml; all have defaults."""

    tutorials = option.Type(str, default="tutorials")
    package = option.Optional(option.Type(str))
    outputs = option.Type(str, default="outputs")
    execute = option.Choice(("auto", "never"), default="auto")
    documentation = option.Type(dict, default={})  # beginning of a full name -> address with {name}, {owner}
    formulas = option.Type(str, default="docs/formulas.json")  # the committed table of MathML
    plain_code = option.ListOfItems(option.Type(str), default=[])  # kinds of code (n, p ...) without a color


class PressPlugin(BasePlugin[PressConfig]):
    """Adds a page, downloads and images for each script of the tutorials folder."""

    def on_startup(self, *, command: str, dirty: bool) -> None:
        gc.set_threshold(100_000)  # looking for garbage in all that a site keeps is a twentieth of the time
        self.serving = command == "serve"
        self.background = Background() if self.serving else None
        self.good: dict[Path, Script] = {}  # what each script said when it could be read
        self.preview = Preview(whole=not dirty)
        self.conversion = Conversion()

    def on_shutdown(self) -> None:
        self.conversion.end()
        if self.background:
            self.background.stop()

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        root = Path(config.config_file_path or "mkdocs.yml").resolve().parent
        try:
            tutorials = Tutorials(Settings.make(root, dict(self.config), os.path.relpath(config.docs_dir, root)))
        except ScriptError as error:
            raise PluginError(str(error)) from None
        if self.serving:
            keep_alive()
            self.preview.begin(config)
            tutorials.scripts += stand_ins(tutorials, self.good)
        elif tutorials.errors:
            raise PluginError("\n".join(map(str, tutorials.errors)))
        self.build = Build(config, dict(self.config), tutorials, self.background)
        dress(config, self.build)
        return config

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        self.build.execute()

    @event_priority(100)  # before mkdocs-jupyter, which makes pages of the workbooks
    def add_workbooks(self, files: Files, *, config: MkDocsConfig) -> Files:
        self.build.files = files
        added.add_workbooks(self.build)
        return files

    @event_priority(-100)  # after mkdocs-jupyter, which would take our notebooks for pages
    def add_tutorials(self, files: Files, *, config: MkDocsConfig) -> Files:
        self.build.files = files
        added.add_tutorials(self.build)
        return files

    on_files = CombinedEvent(add_workbooks, add_tutorials)

    def on_nav(self, nav: Any, *, config: MkDocsConfig, files: Files) -> Any:
        self.build.nav = nav
        if not self.serving:  # a server has threads, with which a process can't be copied
            self.conversion.begin(self.build)
        return nav

    def on_pre_page(self, page: Page, *, config: MkDocsConfig, files: Files) -> Page:
        if self.build.book_of(page):
            self.conversion.wait()
        return page

    def on_page_markdown(self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        if self.build.book_of(page):  # who looks for a name wants the page that explains it, not its exercises
            page.meta.setdefault("search", {"boost": 0.5})
        return self.build.markdown(markdown, page)

    @event_priority(100)  # before other plugins look at the content
    def on_page_content(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        if self.serving:
            self.preview.still_wanted(self.build)
        return self.build.content(html, page)

    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> Any:
        self.build.env = env
        added.add_fonts(self.build)
        sort_backlinks(config.plugins.get("autorefs"))
        return env

    @event_priority(-100)  # the page is then as it is served
    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        return policy.allow_scripts(output, all_inline=self.serving)

    def on_post_template(self, output_content: str, *, template_name: str, config: MkDocsConfig) -> str:
        return policy.allow_scripts(output_content, all_inline=self.serving)

    @event_priority(-1000)  # when every other plugin has written its files
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        search.complete(self.build)
        search.mend(Path(config.site_dir, "assets"))
        self.build.cache.prune()
        self.conversion.end()
        if self.serving:
            self.preview.complete(self.build)
        elif self.build.mathml:  # a build sees the whole site
            root = self.build.settings.root
            temml.prune(root / self.config.formulas, self.build.mathml, root)

    def on_serve(self, server: Any, *, config: MkDocsConfig, builder: Callable[..., None]) -> Any:
        return Server(server, self.preview).started(self.build)


def dress(config: MkDocsConfig, build: Build) -> None:
    """What the configuration needs besides what its author wrote."""
    if config.nav is not None:
        config.nav[1:1] = build.navigation()  # after the first entry, the home page
    config.extra_css.insert(0, added.STYLESHEET)
    config.extra_javascript.append(added.JAVASCRIPT)
    if build.practicing and "md_in_html" not in config.markdown_extensions:  # the questions are Markdown in forms
        config.markdown_extensions.append("md_in_html")
    if "mkdocs-jupyter" in config.plugins:
        from mkdocs_jupyter.config import settings

        # Its own inline 575 KB of styles into every page.
        settings.templates_dir = str(Path(__file__).parent / "templates" / "notebooks")


def sort_backlinks(autorefs: Any) -> None:
    """autorefs keeps who uses a name in sets, whose order differs from build to build."""
    if not hasattr(autorefs, "get_backlinks"):
        return
    unsorted = type(autorefs).get_backlinks.__get__(autorefs)

    def get_backlinks(*identifiers: str, from_url: str) -> dict[str, list[Any]]:
        return {kind: sorted(links, key=repr) for kind, links in unsorted(*identifiers, from_url=from_url).items()}

    autorefs.get_backlinks = get_backlinks
