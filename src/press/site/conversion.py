"""Workbooks, and the font of formulas, are made by a second process, while the first one makes the lessons' pages."""

import contextlib
import logging
import sys
import tempfile
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path

from mkdocs.structure.files import File
from mkdocs.structure.pages import Page

from press.site.build import Build
from press.site.files import add_fonts
from press.site.frontend import temml
from press.site.lessons import workbook_uri


class Conversion:
    """Fills a cache of mkdocs-jupyter that lives as long as one build, so that none finds half a file of another."""

    def __init__(self) -> None:
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        self.process: ForkProcess | None = None

    def begin(self, build: Build) -> None:
        notebooks, names = build.config.plugins.get("mkdocs-jupyter"), map(workbook_uri, build.tutorials.workbooks)
        workbooks = [file for name in names if (file := build.files.get_file_from_path(name))]
        if workbooks and notebooks and sys.platform == "linux":  # elsewhere a process can't be copied safely
            self.folder = tempfile.TemporaryDirectory(prefix="press-")
            notebooks.config.update(cache=True, cache_dir=self.folder.name)
            for file in workbooks:  # the last pages, so that there is time
                build.files.remove(file)
                build.files.append(file)
            process = get_context("fork").Process(target=prepare, args=(build, workbooks), daemon=True)
            process.start()
            self.process = process  # of which the process itself knows nothing

    def wait(self) -> None:
        """Until all is converted; what a killed process may have left half done, the first one does again."""
        if self.process and self.folder:
            self.process.join()
            for path in Path(self.folder.name).iterdir() if self.process.exitcode else ():
                path.unlink()

    def end(self) -> None:
        if self.folder:
            self.folder.cleanup()


def prepare(build: Build, workbooks: Sequence[File]) -> None:
    """Fill caches for the first process, which says what is wrong when it comes there."""
    logging.disable()
    config, files, root = build.config, build.files, build.settings.root
    with contextlib.suppress(Exception):
        for file in workbooks:
            page = config.plugins.on_pre_page(Page(None, file, config), config=config, files=files)
            page.render(config, files)
            build.content(page.content or "", page)
        build.mathml = temml.entries(root / build.options["formulas"], root)
        add_fonts(build)
