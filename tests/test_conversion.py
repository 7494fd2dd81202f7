"""Workbooks are made by a second process; whatever becomes of it, the site is the same."""

import json
import os
import signal
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from test_workbook import SOURCE

from press.site import conversion

CONFIG = (
    "site_name: t\nplugins:\n  - search\n  - mkdocs-jupyter: {include: ['workbooks/*.ipynb'], ignore: ['*.md'],"
    " cache: false}\n  - press: {package: src/pack}\n"
)


def page_of(root: Path) -> str:
    config = load_config(str(root / "mkdocs.yml"))
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    config.plugins.on_shutdown()
    return (root / "site/workbooks/hello/index.html").read_text()


@pytest.fixture
def with_exercises(tiny, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    tiny.write("mkdocs.yml", CONFIG)
    tiny.write("tutorials/1-first/01_hello.exercises.py", SOURCE.replace("sums/", "hello/"))
    tiny.pretend_run()
    return tiny.root


def killed_early(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)


def killed_late(build, workbooks):
    """In the middle of a file of the cache."""
    REAL(build, workbooks)
    for path in Path(build.config.plugins["mkdocs-jupyter"].config["cache_dir"]).iterdir():
        path.write_text(path.read_text()[:100])
    killed_early()


def failing(*arguments):
    raise SystemExit(3)


REAL = conversion.prepare


def test_a_workbook_is_the_same_whatever_becomes_of_the_second_process(with_exercises, monkeypatch):
    monkeypatch.setattr("sys.platform", "other")
    alone = page_of(with_exercises)
    monkeypatch.undo()
    assert "jupyter-wrapper" in alone and page_of(with_exercises) == alone
    for end in (killed_early, killed_late, failing):
        monkeypatch.setattr(conversion, "prepare", end)
        assert page_of(with_exercises) == alone, end


def test_the_first_process_converts_nothing_that_the_second_has_made(with_exercises, monkeypatch):
    def refuse(path, **options):
        if json.loads(Path(path).read_text()) and os.getpid() == first:
            raise AssertionError("converted twice")
        return real(path, **options)

    import mkdocs_jupyter.convert

    first, real = os.getpid(), mkdocs_jupyter.convert.nb2html
    monkeypatch.setattr(mkdocs_jupyter.convert, "nb2html", refuse)
    assert "jupyter-wrapper" in page_of(with_exercises)
