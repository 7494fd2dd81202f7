"""An edit under `serve`: what is kept from the build before never shows, and what did not change is not written."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import threading
import time
from functools import lru_cache

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.livereload import LiveReloadServer
from tinyproject import OTHER, made_up

from press import serving, store, tables
from press import tutorials as engine
from press.keys import modules
from press.plugin import PressPlugin
from press.serving import Early, Observers, Output
from press.store import Run

CONFIG = """\
site_name: tiny
theme: {name: material, font: false, custom_dir: docs/theme, features: [navigation.tabs, navigation.footer]}
exclude_docs: /theme/
extra_css: [own.css]
nav: [Home: index.md, API: api.md, Words: glossary.md, Chapters: chapters.md, Results: results.md]
plugins:
  - search
  - autorefs
  - mkdocstrings: {handlers: {python: {paths: [src], options: {backlinks: tree, allow_inspection: false}}}}
  - press: {package: src/pack, execute: never, one_stylesheet: true}
"""
THEME = '{% extends "base.html" %}\n{% block extrahead %}<meta name="x" content="{{ page.title }}">{% endblock %}\n'
READ = [(engine, "script_of"), (engine, "workbook_of"), (engine, "project_of"), (store, "verified"), (modules, "module_of")]


@pytest.fixture
def project(tiny):
    """The tiny project in Material's clothes, with pages that show what other pages are."""
    tiny.write("mkdocs.yml", CONFIG)
    tiny.write("docs/theme/main.html", THEME)
    tiny.write("docs/own.css", "a { color: red }\n")
    tiny.write("docs/api.md", "# API\n\n::: pack.tools\n")
    tiny.write("docs/glossary.md", "# Glossary\n\n## S\n\nsection\n:   A part of a page.\n")
    tiny.write("docs/chapters.md", "# Map\n\n<!-- press:chapters -->\n")
    tiny.write("docs/results.md", "# Results\n\n<!-- press:results -->\n")
    tiny.edit("tutorials/1-first/01_hello.py", "More text.", "More text, and [more](../2-more/03_more-3.py).")
    for number in (3, 4, 5):
        tiny.write(f"tutorials/2-more/0{number}_more-{number}.py", OTHER.replace("Other", f"More {number}"))
    pretend_run(tiny)
    return tiny


def pretend_run(tiny, **run):
    tutorials = tiny.tutorials
    for script in tutorials.scripts:
        names = {"double": "pack.tools.double", "tools.unrelated": "pack.tools.unrelated"}
        record = Run(**{"seconds": 1.5, "names": names, **run})
        tutorials.store.save(script, made_up(script), tutorials.key(script), record)


@pytest.fixture
def rebuilt(project, monkeypatch):
    """Build the project as `serve` does at each edit, in one process; return the folder."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    forget()

    def once(folder="warm"):
        config = load_config(str(project.root / "mkdocs.yml"), site_dir=str(project.root / folder))
        press = config.plugins["press"]
        if not hasattr(once, "press"):
            once.press = press
            press.on_startup(command="serve", dirty=False)
        build(config, serve_url="http://127.0.0.1:8000/")
        return project.root / folder

    yield once
    if hasattr(once, "press"):
        once.press.on_shutdown()


def forget() -> None:
    for module, name in READ:
        setattr(module, name, lru_cache(getattr(module, name).__wrapped__))
    tables._kept.clear()


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def built_anew(project, press: PressPlugin):
    """The same tree built by a server that has just been started, which leaves the running one as it was."""
    kept, known = dict(vars(press)), [getattr(module, name) for module, name in READ]
    shutil.move(project.root / ".press", project.root / "aside")
    shutil.copytree(project.root / "aside/templates", project.root / ".press/templates")  # slow to compile, by content
    forget()
    config = load_config(str(project.root / "mkdocs.yml"), site_dir=str(project.root / "cold"))
    press.on_startup(command="serve", dirty=False)
    build(config, serve_url="http://127.0.0.1:8000/")
    press.on_shutdown()
    vars(press).update(kept)
    for (module, name), function in zip(READ, known, strict=True):
        setattr(module, name, function)
    shutil.rmtree(project.root / ".press")
    shutil.move(project.root / "aside", project.root / ".press")
    return contents(project.root / "cold")


def new_tutorial(tiny):
    tiny.write("tutorials/2-more/06_new.py", OTHER.replace("Other", "Brand new"))


def removed_tutorial(tiny):
    (tiny.root / "tutorials/2-more/04_more-4.py").unlink()


def moved_page(tiny):
    (tiny.root / "docs/results.md").rename(tiny.root / "docs/scores.md")
    tiny.edit("mkdocs.yml", "results.md", "scores.md")


def edit(*what):
    return lambda tiny: tiny.edit(*what)


HELLO = "tutorials/1-first/01_hello.py"
EDITS = {
    "sentence": edit(HELLO, "Some text.", "Some other text, and a section."),
    "title": edit(HELLO, "# Hello", "# Good evening"),
    "heading": edit(HELLO, "## A section", "## Another heading"),
    "lead": edit(HELLO, "A lead of one sentence.", "Another lead."),
    "chapters": edit(HELLO, 'chapters = ["A1"]', "chapters = []"),
    "glossary term": edit("docs/glossary.md", "A part of a page", "One piece of a page"),
    "docstring": edit("src/pack/tools.py", "Twice.", "Two times."),
    "new tutorial": new_tutorial,
    "removed tutorial": removed_tutorial,
    "other words, other related tutorials": edit(
        "tutorials/2-more/03_more-3.py", "It reaches", "Hello lead double end"
    ),
    "name of a chapter": edit("docs/chapters.toml", 'title = "One"', 'title = "The first"'),
    "words of a part": lambda tiny: tiny.write("tutorials/2-more/README.md", "# More of it\n\nWords.\n"),
    "search weight of a part": lambda tiny: tiny.write(
        "tutorials/2-more/README.md", "---\nsearch: {boost: 2}\n---\n\n# More of it\n"
    ),
    "results of another run": lambda tiny: pretend_run(tiny, seconds=77.0, date="2026-01-01"),
    "code": edit(HELLO, 'print("end")', 'print("END")'),
    "theme template": edit("docs/theme/main.html", 'name="x"', 'name="y"'),
    "theme template that is new": lambda tiny: tiny.write("docs/theme/partials/copyright.html", "<p>Ours</p>\n"),
    "mkdocs.yml": edit("mkdocs.yml", "site_name: tiny", "site_name: large\nextra: {generator: false}"),
    "style sheet": edit("docs/own.css", "red", "green"),
    "language": edit("mkdocs.yml", "name: material", "name: material, language: de"),
    "address of the site": edit("mkdocs.yml", "site_name", "site_url: https://here.example/sub/\nsite_name"),
    "moved page": moved_page,
}


def test_after_every_kind_of_edit_the_rebuilt_site_is_the_one_that_a_new_server_builds(project, rebuilt):
    before = contents(rebuilt())
    for name, make in EDITS.items():
        make(project)
        after = contents(rebuilt())
        afresh = built_anew(project, rebuilt.press)
        assert sorted(after) == sorted(afresh), name
        assert [path for path in after if after[path] != afresh[path]] == [], name
        assert after != before, f"{name}: nothing of it is seen"
        before = after


def test_an_edit_of_a_sentence_writes_its_page_its_downloads_and_the_search_and_nothing_else(project, rebuilt):
    folder = rebuilt()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    project.edit(HELLO, "Some text.", "Brand new words.")
    rebuilt()
    written = {
        path.relative_to(folder).as_posix() for path, stamp in before.items() if path.stat().st_mtime_ns != stamp
    }
    own = {f"first/hello/{name}" for name in ("index.html", "hello.py", "hello.ipynb")}
    unasked = {"objects.inv", "assets/_mkdocstrings.css", "sitemap.xml.gz"}  # not through mkdocs' own functions
    assert written - unasked == {*own, "search/search_index.json"}


def test_an_edit_of_a_sentence_puts_one_page_into_the_templates(project, rebuilt, monkeypatch):
    rendered = []
    render = serving.Template.render

    def noted(self, context):
        whole, page = self.template.render, context["page"]
        self.template.render = lambda context: (rendered.append(page and page.url), whole(context))[1]
        try:
            return render(self, context)
        finally:
            self.template.render = whole

    rebuilt()
    monkeypatch.setattr(serving.Template, "render", noted)
    project.edit(HELLO, "Some text.", "Brand new words.")
    rebuilt()
    assert [url for url in rendered if url is not None] == ["first/hello/"]


def test_a_theme_that_shows_the_text_of_other_pages_is_rendered_whole(project, rebuilt):
    shown = "{% for file in pages %}{{ file.page.content | striptags | length }} {% endfor %}"
    project.write("docs/theme/main.html", THEME.replace("{% endblock %}", f"<i>{shown}</i>{{% endblock %}}"))
    rebuilt()
    project.edit(HELLO, "Some text.", "Brand new words.")
    assert contents(rebuilt()) == built_anew(project, rebuilt.press)


def test_what_a_hook_hands_to_the_templates_is_on_every_page(project, rebuilt):
    project.edit("mkdocs.yml", "site_name: tiny", "site_name: tiny\nhooks: [hook.py]")
    hook = "import pathlib\n\ndef on_env(env, config, files):\n    env.globals['number'] = pathlib.Path('docs/number.txt').read_text()\n"
    project.write("hook.py", hook.replace("docs/number.txt", str(project.root / "docs/number.txt")))
    project.write("docs/number.txt", "<i>one</i>")
    project.write("docs/theme/main.html", THEME.replace("{% endblock %}", "{{ number }}{% endblock %}"))
    rebuilt()
    project.write("docs/number.txt", "<i>two</i>")
    assert "<i>two</i>" in (rebuilt() / "first/hello/index.html").read_text()


def test_a_dirty_reload_removes_no_page(project, rebuilt):
    config = load_config(str(project.root / "mkdocs.yml"), site_dir=str(project.root / "dirty"))
    config.plugins.on_startup(command="serve", dirty=True)
    for dirty in (False, True):
        config = load_config(str(project.root / "mkdocs.yml"), site_dir=str(project.root / "dirty"))
        build(config, serve_url="http://127.0.0.1:8000/", dirty=dirty)
        assert (project.root / "dirty/glossary/index.html").is_file()
    rebuilt.press = config.plugins["press"]


def test_related_tutorials_are_those_of_the_recommender_that_counts_every_text_anew(project):
    from sphinx_gallery.recommender import ExampleRecommender

    for text in ("Hello lead double end", "tools pack scale scale", "section section end Other"):
        project.edit("tutorials/2-more/05_more-5.py", "It reaches", text + " It reaches")
        tutorials = project.tutorials
        paths = [str(project.root / script.path) for script in tutorials.scripts]
        oracle = ExampleRecommender(n_examples=3, min_df=2, max_df=1.0).fit(paths)
        for script, path in zip(tutorials.scripts, paths, strict=True):
            related = tables.related(tutorials.scripts, project.root)[script.name]
            assert [str(project.root / other.path) for other in related] == oracle.predict(path)


def test_a_failed_rebuild_changes_no_file_and_the_next_good_one_is_whole(project, rebuilt):
    before = contents(rebuilt())
    project.edit("mkdocs.yml", "  - press:", "  - nonsense:\n  - press:")
    with pytest.raises(SystemExit):
        rebuilt()
    project.edit("mkdocs.yml", "  - nonsense:\n", "")
    project.edit("docs/theme/main.html", "{{ page.title }}", "{{ 1 // (page.title | length - 5) }}")  # "Hello"
    with pytest.raises(ZeroDivisionError):
        rebuilt()
    assert contents(project.root / "warm") == before
    project.edit("docs/theme/main.html", "{{ 1 // (page.title | length - 5) }}", "z")
    assert contents(rebuilt()) == built_anew(project, rebuilt.press)


QUESTION = """\
# !!! quiz "Two"
#     Which one?
#
#     - [x] This one.
#         > It is.
#     - [ ] That one.
#         > It is not."""
TEXT_EDITS = {
    **{name: EDITS[name] for name in ("sentence", "title", "heading", "lead", "chapters")},
    "link, list and code in it": edit(HELLO, "More text,", "- See [home](../../docs/index.md).\n# - `double(x)`\n#\n#"),
    "question": edit(HELLO, "Which one?", "Which of them?"),
    "reference": edit(HELLO, "# %%\n# ", "# %%\n# Take [pack.tools.scale][].\n#\n# "),
}


def test_an_edited_text_is_on_its_page_before_the_site_is_built_as_the_build_makes_it(project, rebuilt):
    project.edit(HELLO, '\n\nprint("end")', f'\n#\n{QUESTION}\n\nprint("end")')
    pretend_run(project)
    folder = rebuilt()
    for name, make in TEXT_EDITS.items():
        before = contents(folder)
        make(project)
        assert rebuilt.press.preview(), name
        early = contents(folder)
        assert [path for path in early if early[path] != before.get(path)] == ["first/hello/index.html"], name
        page = folder / "first/hello/index.html"
        stamp = page.stat().st_mtime_ns
        assert contents(rebuilt())["first/hello/index.html"] == early["first/hello/index.html"], name
        assert page.stat().st_mtime_ns == stamp, f"{name}: written twice"


def two_texts(tiny):
    tiny.edit(HELLO, "Some text.", "Some other text.")
    tiny.edit("tutorials/2-more/03_more-3.py", "It reaches", "It now reaches")


@pytest.mark.parametrize(
    "make",
    [
        edit(HELLO, 'print("end")', 'print("END")'),
        edit(HELLO, '# ///\n"""', '# nonsense = 1\n# ///\n"""'),
        edit("docs/glossary.md", "A part of a page", "One piece of a page"),
        edit("src/pack/tools.py", "x * factor", "factor * x"),
        new_tutorial,
        removed_tutorial,
        two_texts,
        lambda tiny: None,
    ],
    ids=["code", "broken header", "glossary", "package", "new", "removed", "two at once", "nothing"],
)
def test_what_is_more_than_the_text_of_one_tutorial_waits_for_the_build(project, rebuilt, make):
    before = contents(rebuilt())
    make(project)
    assert not rebuilt.press.preview()
    assert contents(project.root / "warm") == before


def test_code_that_is_edited_again_before_it_ran_waits_for_the_build(project, rebuilt):
    project.edit(HELLO, 'print("end")', 'print("End")')
    rebuilt()
    project.edit(HELLO, 'print("End")', 'print("END")')
    assert not rebuilt.press.preview()


def test_a_formula_of_an_edited_text_is_set_at_once(project, rebuilt, monkeypatch):
    monkeypatch.setattr(PressPlugin, "mathml", lambda _, formulas: {one: f"<math>{one[0]}</math>" for one in formulas})
    project.write("package.json", "{}")
    project.edit("mkdocs.yml", "plugins:", "markdown_extensions: [pymdownx.arithmatex: {generic: true}]\nplugins:")
    page = rebuilt() / "first/hello/index.html"
    project.edit(HELLO, "Some text.", "It is $a + b$.")
    assert rebuilt.press.preview()
    early = page.read_bytes()
    assert b">a + b</math>" in early
    rebuilt()
    assert page.read_bytes() == early


def test_an_unknown_plugin_may_change_any_page_so_nothing_is_shown_before_the_build(project, rebuilt):
    project.write("hook.py", "def on_page_content(html, page, config, files):\n    return html + '<i>hooked</i>'\n")
    project.edit("mkdocs.yml", "site_name: tiny", "site_name: tiny\nhooks: [hook.py]")
    rebuilt()
    project.edit(HELLO, "Some text.", "Some other text.")
    assert not rebuilt.press.preview()


def test_after_a_failed_build_nothing_is_shown_before_a_good_one(project, rebuilt):
    rebuilt()
    project.edit("docs/theme/main.html", "{{ page.title }}", "{{ 1 // (page.title | length - 5) }}")  # "Hello"
    with pytest.raises(ZeroDivisionError):
        rebuilt()
    project.edit(HELLO, "Some text.", "Some other text.")
    assert not rebuilt.press.preview()


class Heard(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.said = []

    def emit(self, record):
        self.said.append(record.getMessage())


def test_a_warning_about_an_edited_text_is_said_once_and_by_the_build(project, rebuilt):
    rebuilt()
    project.edit(HELLO, "Some text.", "See [nowhere](nowhere.md).")
    heard = Heard()
    logging.getLogger("mkdocs").addHandler(heard)
    try:
        assert rebuilt.press.preview()
        assert heard.said == []
        rebuilt()
    finally:
        logging.getLogger("mkdocs").removeHandler(heard)
    assert len([line for line in heard.said if "nowhere.md" in line]) == 1


@pytest.fixture
def server(tmp_path):
    """A server in the middle of a build, that was not started: its answers are asked for directly."""
    (tmp_path / "page").mkdir()
    (tmp_path / "page/index.html").write_text("<body>page</body>")
    (tmp_path / "search_index.json").write_text("{}")
    server = LiveReloadServer(lambda: None, "127.0.0.1", 0, str(tmp_path))
    server._wanted_epoch = server._visible_epoch + 5
    yield server
    server._visible_epoch = server._wanted_epoch
    with server._epoch_cond:
        server._epoch_cond.notify_all()
    server.server_close()


def asked(server, path):
    """Ask in a thread; what it got is in the list as soon as it is there."""
    got = []
    environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET"}

    def ask():
        with contextlib.ExitStack() as stack:
            answer = server.get_app()(environ, lambda *_: None)
            if hasattr(answer, "close"):
                stack.callback(answer.close)
            got.append(b"".join(answer))

    threading.Thread(target=ask, daemon=True).start()
    return got


def test_a_browser_gets_the_edited_page_at_once_and_the_search_when_the_site_is_built(server):
    early, epoch = Early(server), server._visible_epoch
    page, index, told = (
        asked(server, "/page/"),
        asked(server, "/search_index.json"),
        asked(server, f"/livereload/{epoch}/1"),
    )
    time.sleep(0.2)
    assert page == index == told == []  # as mkdocs has it during a build
    early.show()
    awaited(lambda: page and told)
    assert b"page" in page[0] and int(told[0]) > epoch
    index_again = asked(server, "/search_index.json")
    time.sleep(0.2)
    assert index_again == []
    early.complete(again=False)
    awaited(lambda: index and index_again)
    assert server._visible_epoch == server._wanted_epoch  # no second reload


def test_browsers_reload_again_if_the_build_changed_more_than_the_edited_page(server):
    early = Early(server)
    early.show()
    shown = server._visible_epoch
    early.complete(again=True)
    assert server._wanted_epoch > shown  # mkdocs shows it when the build returns
    quiet, wanted = Early(server), server._wanted_epoch
    quiet.complete(again=True)  # nothing was shown early: mkdocs tells of the build itself
    assert server._wanted_epoch == wanted


def test_a_build_knows_whether_it_changed_what_a_browser_shows(tmp_path):
    output = Output()
    for name, content, shown in [("a.html", b"1", True), ("a.html", b"1", False), ("a.html", b"2", True)]:
        output.begin(tmp_path / "site")
        output.write_file(content, f"{tmp_path}/site/{name}")
        output.write_file(os.urandom(8), f"{tmp_path}/site/search_index.json")
        output.commit()
        assert output.shown is shown
    output.write_now(b"3", f"{tmp_path}/site/a.html")
    output.begin(tmp_path / "site")
    output.write_file(b"3", f"{tmp_path}/site/a.html")
    output.commit()
    assert not output.shown


def test_files_are_written_when_the_build_is_done_and_those_of_no_build_are_removed(tmp_path):
    site, output = tmp_path / "site", Output()
    (tmp_path / "source").write_text("copied")

    def made(**texts):
        output.begin(site)
        for name, text in texts.items():
            output.write_file(text.encode(), f"{site}/{name}/index.html")
        output.copy_file(str(tmp_path / "source"), f"{site}/source")

    made(a="1", b="2")
    assert contents(site) == {}
    output.commit()
    assert contents(site) == {"a/index.html": b"1", "b/index.html": b"2", "source": b"copied"}
    (site / ".git").mkdir()
    (site / "a" / "index.html").write_text("not written again")
    made(a="1")
    output.commit()
    assert contents(site) == {"a/index.html": b"not written again", "source": b"copied"}
    assert (site / ".git").is_dir() and not (site / "b").exists()


class Looking:
    """Stands for mkdocs' observer: it hands out what it was given."""

    def schedule(self, handler, path, **options):
        self.handler = handler

    def unschedule(self, watch):
        pass

    def start(self):
        pass

    stop = start

    def is_alive(self):
        return False


class Handler:
    def __init__(self):
        self.told = []

    def dispatch(self, event):
        self.told.append((event.event_type, os.path.basename(event.src_path)))


def awaited(condition):
    until = time.monotonic() + 20
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    assert condition()


def test_a_change_is_told_by_the_system_and_not_again_by_the_observer_that_looks(tmp_path):
    from watchdog.events import FileModifiedEvent, FileOpenedEvent

    path = tmp_path / "page.md"
    path.write_text("one")
    looking, handler = Looking(), Handler()
    observers = Observers(looking)
    observers.schedule(handler, str(tmp_path), recursive=True)
    observers.start()
    try:
        path.read_text()  # opened, which is no change
        path.write_text("second")
        awaited(lambda: handler.told)
        assert {kind for kind, _ in handler.told} == {"modified"}
        observers.stop()
        observers.join()
        count = len(handler.told)
        looking.handler.dispatch(FileModifiedEvent(str(path)))
        looking.handler.dispatch(FileOpenedEvent(str(path)))
        assert len(handler.told) == count
        path.write_text("the third, which only the other one sees")
        looking.handler.dispatch(FileModifiedEvent(str(path)))
        assert len(handler.told) == count + 1
    finally:
        observers.stop()
