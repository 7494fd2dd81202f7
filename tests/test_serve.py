"""`mkdocs serve`: an edit is on the screen at once, every page is one that a new build would make, and none is half."""

from __future__ import annotations

import logging
import multiprocessing
import os
import re
import shutil
import threading
import time
from wsgiref.util import setup_testing_defaults

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.livereload import LiveReloadServer
from tinyproject import OTHER, made_up

from press.site import preview, serve
from press.site.build import Build
from press.site.frontend.temml import Typeset
from press.site.serve import Server
from press.store import Run

ADDRESS = "http://127.0.0.1:8000"
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
  - press: {package: src/pack, execute: never}
"""
THEME = '{% extends "base.html" %}\n{% block extrahead %}<meta name="x" content="{{ page.title }}">{% endblock %}\n'
BROKEN = "{{ 1 // (page.title | length - 5) }}"  # on the page "Hello"
QUESTION = """\
# !!! quiz "Two"
#     Which one?
#
#     - [x] This one.
#         > It is.
#     - [ ] That one.
#         > It is not."""
HELLO, PAGE = "tutorials/1-first/01_hello.py", "first/hello/index.html"


@pytest.fixture(autouse=True)
def fixed_date(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")


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
    tiny.edit(HELLO, "More text.", f"More text, and [more](../2-more/03_more-3.py).\n#\n{QUESTION}")
    for number in (3, 4, 5):
        tiny.write(f"tutorials/2-more/0{number}_more-{number}.py", OTHER.replace("Other", f"More {number}"))
    pretend_run(tiny)
    return tiny


def pretend_run(tiny, **record):
    tutorials = tiny.tutorials
    names = {"double": "pack.tools.double", "tools.unrelated": "pack.tools.unrelated"}
    for script in tutorials.scripts:
        run = Run.read({"seconds": 1.5, "names": names, "data": [], **record})
        tutorials.store.save(script, made_up(script), tutorials.key(script), run)


class Serving:
    """What `mkdocs serve` does, except that no socket is opened, and that `rebuild` says when files have changed."""

    def __init__(self, project, mount: str = "/"):
        self.project, self.address = project, ADDRESS + mount
        config = self.config()
        config.plugins.on_startup(command="serve", dirty=False)
        self.shutdown, self.press = config.plugins.on_shutdown, config.plugins["press"]
        build(config, serve_url=self.address)
        self.mkdocs = LiveReloadServer(self.build, "127.0.0.1", 0, config.site_dir, mount_path=mount)
        self.server = Server(self.mkdocs, self.press.preview)
        self.server.started(self.press.build)

    def config(self):
        config = load_config(str(self.project.root / "mkdocs.yml"), site_dir=str(self.project.root / "served"))
        config.site_url = self.address
        return config

    def build(self):
        self.meanwhile = self.shown()
        build(self.config(), serve_url=self.address)

    def rebuild(self) -> dict[str, bytes]:
        """After an edit; what browsers got until the new site was there is in `meanwhile`."""
        self.mkdocs.builder()
        return self.shown()

    def shown(self) -> dict[str, bytes]:
        """Every file that browsers get now."""
        return {name: self.server.read(name) for name in contents(self.server.folder) | self.server.early}

    def get(self, path: str) -> tuple[int, dict[str, str], str]:
        """The status, the headers and the text of an answer."""
        environ, said = {"PATH_INFO": path.encode().decode("latin-1")}, []
        setup_testing_defaults(environ)
        answer = b"".join(self.mkdocs.get_app()(environ, lambda *words: said.extend(words)))
        return int(said[0][:3]), dict(said[1]), answer.decode()


@pytest.fixture
def serving(project):
    started = []

    def start(**options) -> Serving:
        started.append(Serving(project, **options))
        return started[0]

    yield start
    for one in started:
        one.shutdown()
        one.mkdocs.server_close()


def contents(folder) -> dict[str, bytes]:
    """The files of a site; under `serve`, the later sites lie in hidden folders of the first."""
    names = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith(".")}


# A process that has imported everything and built nothing: each of its children is a server that was just started.
NEW = multiprocessing.get_context("forkserver")
NEW.set_forkserver_preload(
    ["mkdocs.commands.build", "mkdocstrings", "material.plugins.search.plugin", "nbconvert", "sphinx_gallery.recommender", "press.site.plugin"]
)  # fmt: skip


def first_build(root: str) -> None:
    os.environ["SOURCE_DATE_EPOCH"] = "0"
    config = load_config(f"{root}/mkdocs.yml", site_dir=f"{root}/served")
    config.plugins.on_startup(command="serve", dirty=False)
    config.site_url = f"{ADDRESS}/"
    build(config, serve_url=f"{ADDRESS}/")


def built_anew(project) -> dict[str, bytes]:
    """The site that a server makes which knows nothing of earlier builds, not even from files."""
    root = project.root.with_name("anew")
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(project.root, root, ignore=shutil.ignore_patterns(".press", "served"))
    process = NEW.Process(target=first_build, args=(str(root),))
    process.start()
    process.join()
    assert process.exitcode == 0
    return contents(root / "served")


# Every kind of edit --------------------------------------------------------------------------------------------------


def new_tutorial(tiny):
    tiny.write("tutorials/2-more/06_new.py", OTHER.replace("Other", "Brand new"))


def removed_tutorial(tiny):
    (tiny.root / "tutorials/2-more/04_more-4.py").unlink()


def moved_page(tiny):
    (tiny.root / "docs/results.md").rename(tiny.root / "docs/scores.md")
    tiny.edit("mkdocs.yml", "results.md", "scores.md")


def edit(*what):
    return lambda tiny: tiny.edit(*what)


def written(*what):
    return lambda tiny: tiny.write(*what)


TEXTS = {
    "sentence": edit(HELLO, "Some text.", "Some other text, and a section."),
    "title": edit(HELLO, "# Hello", "# Good evening"),
    "heading": edit(HELLO, "## A section", "## Another heading"),
    "lead": edit(HELLO, "A lead of one sentence.", "Another lead."),
    "chapters": edit(HELLO, 'chapters = ["A1"]', "chapters = []"),
    "question": edit(HELLO, "Which one?", "Which of them?"),
}
EDITS = {
    **TEXTS,
    "glossary term": edit("docs/glossary.md", "A part of a page", "One piece of a page"),
    "docstring": edit("src/pack/tools.py", "Twice.", "Two times."),
    "new tutorial": new_tutorial,
    "removed tutorial": removed_tutorial,
    "other related tutorials": edit("tutorials/2-more/03_more-3.py", "It reaches", "Hello lead double end"),
    "name of a chapter": edit("docs/chapters.toml", 'title = "One"', 'title = "The first"'),
    "words of a part": written("tutorials/2-more/README.md", "# More of it\n\nWords.\n"),
    "search weight of a part": written("tutorials/2-more/README.md", "---\nsearch: {boost: 2}\n---\n\n# More of it\n"),
    "results of another run": lambda tiny: pretend_run(tiny, seconds=77.0, date="2026-01-01"),
    "code": edit(HELLO, 'print("end")', 'print("END")'),
    "theme template": edit("docs/theme/main.html", 'name="x"', 'name="y"'),
    "theme template that is new": written("docs/theme/partials/copyright.html", "<p>Ours</p>\n"),
    "mkdocs.yml": edit("mkdocs.yml", "site_name: tiny", "site_name: large\nextra: {generator: false}"),
    "style sheet": edit("docs/own.css", "red", "green"),
    "language": edit("mkdocs.yml", "name: material", "name: material, language: de"),
    "moved page": moved_page,
}
FEW = ["title", "glossary term", "new tutorial", "results of another run", "theme template"]


@pytest.mark.parametrize("kinds", [FEW, pytest.param(list(EDITS), marks=pytest.mark.slow)], ids=["five", "all"])
def test_after_every_kind_of_edit_the_rebuilt_site_is_the_one_that_a_new_server_builds(project, serving, kinds):
    live = serving()
    before = live.shown()
    for kind in kinds:
        EDITS[kind](project)
        after, anew = live.rebuild(), built_anew(project)
        assert sorted(after) == sorted(anew), kind
        assert [name for name in after if after[name] != anew[name]] == [], kind
        assert after != before, f"{kind}: nothing of it is seen"
        before = after


def test_a_dirty_rebuild_goes_into_the_site_that_is_there_and_removes_no_page(project):
    config = load_config(str(project.root / "mkdocs.yml"), site_dir=str(project.root / "dirty"))
    config.plugins.on_startup(command="serve", dirty=True)
    for dirty in (False, True):
        config = load_config(str(project.root / "mkdocs.yml"), site_dir=str(project.root / "dirty"))
        build(config, serve_url=f"{ADDRESS}/", dirty=dirty)
        assert (project.root / "dirty/glossary/index.html").is_file()
    config.plugins.on_shutdown()


# A text on its page before the site is built -------------------------------------------------------------------------

EARLY = {
    **TEXTS,
    "link, list and code in it": edit(HELLO, "More text,", "- See [home](../../docs/index.md).\n# - `double(x)`\n#\n#"),
    "reference": edit(HELLO, "# %%\n# ", "# %%\n# Take [pack.tools.double][].\n#\n# "),
    "page of docs": edit("docs/results.md", "# Results", "# All results"),
    "style sheet": edit("docs/own.css", "red", "green"),
}
FILES = {"page of docs": "results/index.html", "style sheet": "own.css"}


def test_an_edited_text_is_on_its_page_before_the_site_is_built_as_the_build_makes_it(project, serving):
    live = serving()
    for kind, make in EARLY.items():
        before, name = live.shown(), FILES.get(kind, PAGE)
        make(project)
        after, early = live.rebuild(), live.meanwhile
        assert [path for path in early if early[path] != before[path]] == [name], kind
        assert without_related(early[name]) == without_related(after[name]), kind


def without_related(page):
    """Which tutorials are alike is a question to all texts; the build that follows asks it."""
    return re.sub(rb'<section class="press-related".*?</section>', b"", page, flags=re.S)


def two_texts(tiny):
    tiny.edit(HELLO, "Some text.", "Some other text.")
    tiny.edit("tutorials/2-more/03_more-3.py", "It reaches", "It now reaches")


def edited_again(tiny):
    tiny.edit(HELLO, 'print("END")', 'print("The end")')


WAITING = {
    "code": edit(HELLO, 'print("end")', 'print("END")'),
    "code that has not run yet": edited_again,
    "broken header": edit(HELLO, '# ///\n"""', '# nonsense = 1\n# ///\n"""'),
    "repaired header": edit(HELLO, "# nonsense = 1\n", ""),
    "package": edit("src/pack/tools.py", "x * factor", "factor * x"),
    "new": new_tutorial,
    "removed": removed_tutorial,
    "two at once": two_texts,
    "nothing": lambda tiny: None,
}


def test_what_is_more_than_one_text_waits_for_the_build(project, serving):
    live = serving()
    for kind, make in WAITING.items():
        before = live.shown()
        make(project)
        live.rebuild()
        assert live.meanwhile == before, kind


def test_after_a_failed_build_the_last_good_pages_stay_and_nothing_is_shown_early(project, serving, caplog):
    live = serving()
    before = live.shown()
    breaks = [
        ("mkdocs.yml", "  - press:", "  - nonsense:\n  - press:"),
        ("docs/theme/main.html", "{{ page.title }}", BROKEN),
    ]
    for name, good, bad in breaks:
        caplog.clear()
        project.edit(name, good, bad)
        assert live.rebuild() == before
        assert "The rebuild failed, the last good pages stay" in caplog.text
        project.edit(name, bad, good)
    project.edit(HELLO, "Some text.", "Some other text.")
    after = live.rebuild()
    assert after == built_anew(project)
    assert b"Some other text." in after[PAGE]


def test_a_text_edited_after_a_failed_build_waits_for_a_good_one(project, serving):
    """What the failed build left half done would be on the early page: here, a table without its rows."""
    live = serving()
    project.edit("src/pack/tools.py", "def scale(x, factor):", "def scale(x, factor:")
    before = live.rebuild()
    project.edit("docs/results.md", "# Results", "# All results")
    assert live.rebuild() == live.meanwhile == before
    project.edit("src/pack/tools.py", "def scale(x, factor:", "def scale(x, factor):")
    assert b"All results" in live.rebuild()["results/index.html"]


def test_an_edit_during_a_build_ends_it_and_the_site_is_built_once_for_both(project, serving, monkeypatch, caplog):
    live = serving()
    monkeypatch.setattr(preview, "PAUSE", 0)
    execute = Build.execute
    later = [edit(HELLO, "some other", "quite some other"), edit("docs/index.md", "# Home", "# At home")]

    def execute_and_edit(self):
        execute(self)
        if later:
            later.pop(0)(project)

    monkeypatch.setattr(Build, "execute", execute_and_edit)
    before = live.shown()
    project.edit(HELLO, "Some text.", "Only some other text.")
    with caplog.at_level(logging.INFO, "mkdocs.press"):
        first, second = live.rebuild(), live.rebuild()
    assert caplog.text.count("The next edit is there already") == 2
    for site, words in ((first, b"Only some other text."), (second, b"Only quite some other text.")):
        assert [name for name in site if site[name] != before[name]] == [PAGE], "one page early, nothing half done"
        assert words in site[PAGE]
    assert live.rebuild() == built_anew(project)


class Heard(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.said = []

    def emit(self, record):
        self.said.append(record.getMessage())


def test_a_warning_about_an_edited_text_is_said_once_and_by_the_build(project, serving):
    live, heard = serving(), Heard()
    project.edit(HELLO, "Some text.", "See [nowhere](nowhere.md).")
    logging.getLogger("mkdocs").addHandler(heard)
    try:
        live.rebuild()
    finally:
        logging.getLogger("mkdocs").removeHandler(heard)
    assert b"nowhere.md" in live.meanwhile[PAGE]
    assert len([line for line in heard.said if "nowhere.md" in line]) == 1


def test_a_formula_of_an_edited_text_is_set_at_once(project, serving, monkeypatch):
    def typeset(asked, table, root):
        return Typeset({f"${tex}$": f"<math>{tex}</math>" for tex, _ in asked})

    monkeypatch.setattr("press.site.build.typeset", typeset)
    project.write("package.json", "{}")
    project.edit("mkdocs.yml", "plugins:", "markdown_extensions: [pymdownx.arithmatex: {generic: true}]\nplugins:")
    live = serving()
    project.edit(HELLO, "Some text.", "It is $a + b$.")
    after = live.rebuild()
    assert b">a + b</math>" in live.meanwhile[PAGE]
    assert live.meanwhile[PAGE] == after[PAGE]


HOOK = """\
from pathlib import Path

def on_page_content(html, page, config, files):
    return html + "<i>hooked</i>"

def on_env(env, config, files):
    env.globals["number"] = Path(config.docs_dir, "number.txt").read_text()
"""


def test_what_a_hook_changes_is_on_the_early_page_too_and_what_it_hands_to_templates_on_every_page(project, serving):
    project.edit("mkdocs.yml", "site_name: tiny", "site_name: tiny\nhooks: [hook.py]")
    project.write("hook.py", HOOK)
    project.write("docs/number.txt", "one")
    project.write("docs/theme/main.html", THEME.replace("{{ page.title }}", "{{ number }}"))
    live = serving()
    project.edit(HELLO, "Some text.", "Some other text.")
    after = live.rebuild()
    assert b"<i>hooked</i>" in live.meanwhile[PAGE]
    assert live.meanwhile[PAGE] == after[PAGE]
    project.write("docs/number.txt", "two")
    after = live.rebuild()
    assert all(b'content="two"' in content for name, content in after.items() if name.endswith("index.html"))


# Answers -------------------------------------------------------------------------------------------------------------


def test_during_a_rebuild_every_answer_is_a_whole_page(project, serving):
    live = serving()
    answers, done = [], threading.Event()

    def read_on():
        while not done.is_set():
            answers.extend(live.get(path) for path in ("/", "/first/hello/", "/results/", "/search/search_index.json"))
            time.sleep(0.01)

    reader = threading.Thread(target=read_on)
    reader.start()
    try:
        new_tutorial(project)
        live.rebuild()
    finally:
        done.set()
        reader.join()
    assert len(answers) > 20, "the server waits for nothing"
    for status, headers, text in answers:
        assert status == 200
        assert int(headers["Content-Length"]) == len(text.encode())
        assert text.rstrip().endswith(("</html>", "}"))


def poll(text: str) -> str:
    """Where a page asks whether there is something new."""
    return re.search(r"/press-reload/[^\"]+", text)[0]


def test_browsers_reload_when_their_page_or_a_style_sheet_changed_and_not_for_another(project, serving, monkeypatch):
    monkeypatch.setattr(serve, "SECONDS", 0.1)
    live = serving()
    pages = ("/first/hello/", "/glossary/")

    def told(change) -> list[str]:
        """What the browsers that show these pages are told after an edit."""
        asks = [poll(live.get(page)[2]) for page in pages]
        change(project)
        live.rebuild()
        return [live.get(ask)[2] for ask in asks]

    assert told(lambda tiny: None) == ["wait", "wait"]
    assert told(edit("docs/glossary.md", "A part of a page", "One piece of a page")) == ["wait", "reload"]
    assert told(edit("docs/own.css", "red", "green")) == ["reload", "reload"]
    assert told(lambda tiny: None) == ["wait", "wait"]


def test_a_browser_is_told_as_soon_as_its_page_is_there_and_once(project, serving, monkeypatch):
    live, told, early = serving(), [], []
    ask = poll(live.get("/results/")[2])
    waiting = threading.Thread(target=lambda: told.append(live.get(ask)[2]))
    waiting.start()
    whole = live.server.build

    def build_after_the_news():
        waiting.join(10)
        early.append(live.get("/results/")[2])
        whole()

    live.server.build = build_after_the_news
    project.edit("docs/results.md", "# Results", "# All results")
    live.rebuild()
    assert told == ["reload"]
    assert "All results" in early[0]
    monkeypatch.setattr(serve, "SECONDS", 0.1)
    assert live.get(poll(early[0]))[2] == "wait", "the build changed nothing more of this page"


def test_what_is_not_there_gets_the_page_for_that_and_a_folder_its_slash(serving):
    live = serving()
    status, _, text = live.get("/nowhere/")
    assert status == 404 and "404 - Not found" in text
    assert poll(text).endswith("/404.html")
    assert live.get("/first/hello")[:2] == (302, {"Location": "/first/hello/"})
    assert live.get("/first/hello/hello.py")[1]["Content-Type"] == "text/x-python"
    assert live.get("/first/hello/hello.py")[2] == live.server.read("first/hello/hello.py").decode()


OUTSIDE = ["/../mkdocs.yml", "/first/../../mkdocs.yml", "/first/hello/../../../mkdocs.yml", "//etc/passwd", "/.."]


def test_no_address_leads_out_of_the_site(serving):
    """The site lies in a folder of the project, whose mkdocs.yml is the secret here."""
    live = serving()
    for path in OUTSIDE:
        status, headers, text = live.get(path)
        assert status == 404 or headers == {"Location": "/../"}, path
        assert "site_name" not in text and "root:" not in text, path


def test_a_site_below_a_path_is_served_below_it(project, serving):
    project.edit("mkdocs.yml", "site_name", "site_url: https://here.example/sub/\nsite_name")
    live = serving(mount="/sub/")
    assert live.get("/")[:2] == (302, {"Location": "/sub/"})
    assert live.get("/sub")[:2] == (302, {"Location": "/sub/"})
    assert live.get("/sub/first/hello")[:2] == (302, {"Location": "/sub/first/hello/"})
    status, _, text = live.get("/sub/first/hello/")
    assert status == 200 and f'href="{ADDRESS}/sub/first/hello/"' in text
    assert live.get("/first/hello/")[0] == live.get("/sub/nowhere/")[0] == 404
    assert live.get("/press-reload/0/first/hello/index.html")[2] == "reload"


def test_what_the_press_reads_is_watched(project, serving):
    """An author may begin with an empty project: the folders are there as soon as they are watched."""
    shutil.rmtree(project.root / "outputs")
    watched = []
    live = serving()
    live.mkdocs.watch = watched.append
    live.server.started(live.press.build)
    assert {os.path.relpath(path, project.root) for path in watched} == {
        "tutorials",
        "src/pack",
        "outputs",
        ".press/failed",
    }
    assert all(os.path.isdir(path) for path in watched)
