"""What a page shows besides its text: strip, tables, galleries, practice, directives, and the links between pages."""

from __future__ import annotations

import dataclasses
import re
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin

import pytest
import yaml
from bs4 import BeautifulSoup
from markdown import Markdown
from mkdocs.utils import get_relative_url
from sitefixture import ROOT, SCRIPTS

from press.keys.key import Key
from press.scripts.exercises import Exercise, Workbook
from press.scripts.header import Header
from press.scripts.quiz import Option, Quiz
from press.scripts.script import Cell, Script
from press.site.html.facts import PageFacts
from press.site.lessons import Lesson
from press.site.links import Links, relative
from press.site.pages import directives, page, practice, tables
from press.site.pages.templates import draw
from press.store import Elsewhere, Run, Status, Stored

HOSTILE = '<img src=x onerror="x()"> & "quoted" `<b>`'
SPOKEN = '<img src=x onerror="x()"> & "quoted" <b>'  # with the code marked as code
QUESTION = """\
!!! quiz "Two"
    Which one?

    - [x] This one.
      > It is.
    - [ ] That one.
      > It is not.
"""


def script(name: str = "hello", title: str = "Hello", *, text: str = "Words.", **header) -> Script:
    cells = (Cell("text", f"# {title}\n\nA lead.", 1), Cell("text", text, 5), Cell("code", "x = 1", 9))
    return Script(Path(f"tutorials/1-first/01_{name}.py"), "1-first", name, title, Header(**header), cells)


def run(**record) -> Run:
    return Run.read({"seconds": 1.5, "names": {}, "data": [], **record})


def stored(run: Run, elsewhere: Run | None = None, older: bool = False) -> Stored:
    key = Key({"cell 1": "now"})
    return Stored(
        {"cells": []}, key, run, elsewhere=Elsewhere("older" if older else key.digest, elsewhere) if elsewhere else None
    )


def exercise(title: str, name: str, checker: str = "check()") -> Exercise:
    return Exercise(name, title, f"## {title}\n\nDo it.", (), "...", "1", checker, "")


def book(*exercises: Exercise) -> Workbook:
    path = Path("tutorials/1-first/01_hello.exercises.py")
    return Workbook(path, "hello", "Exercises", "", "", Header(), exercises)


BOOK = book(exercise("Add `one`", "hello/add-one"), exercise("And now?", "hello/and-now", checker=""))


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


# The strip and the body of a tutorial --------------------------------------------------------------------------------


def test_the_cost_line_says_seconds_memory_device_version_date_and_data():
    facts = {"seconds": 41.3, "peak_memory": 612_000_000, "torch": "2.15.0+cu130", "device": "cpu", "cpus": 2}
    facts |= {"date": "2026-11-20", "data": [{"name": "mnist", "kind": "original"}]}
    line = page.cost(run(**facts), {"mnist": "MNIST"})
    assert line == "Ran in 41 s on 2 CPU cores, 612 MB of memory, torch 2.15.0, 2026-11-20. Data: MNIST (original)."
    assert "on NVIDIA H200," in page.cost(run(**facts | {"device": "NVIDIA H200"}), {})
    assert "on 1 CPU core," in page.cost(run(**facts | {"cpus": 1}), {})


def test_a_record_of_seconds_alone_has_a_cost_line_too():
    assert page.cost(run(), {}).startswith("Ran in 1.5 s on the CPU")


def test_only_cells_up_to_the_first_change_keep_their_outputs():
    code = (Cell("code", "a", 1), Cell("code", "b", 2))
    assert page.valid_cells(code, ["a", "b"]) == 2
    assert page.valid_cells(code, ["a", "other"]) == 1
    assert page.valid_cells(code, ["other", "b"]) == 0
    assert page.valid_cells(code, ["a"]) == 1
    assert page.valid_cells(code, ["a", "b", "c"]) == 2


FRESH = Status("a", "fresh")


def strip(shown: Script, book: Workbook | None = None, status: Status = FRESH, running: bool = False, **facts):
    lesson = Lesson(shown, status, None, book, running)
    return soup(
        draw("bar.html.j2", **{"downloads": {}, "cost": "", "practicing": True, "lesson": lesson, "image": "", **facts})
    )


def test_the_strip_offers_downloads_and_says_cost_progress_and_state():
    links = {"Script .py": "hello.py", "Workbook": "../../workbooks/hello/"}
    bar = strip(
        script(text=QUESTION), BOOK, Status("a", "stale", "cell 1 changed"), downloads=links, cost="Ran in 1 s."
    )
    assert [(one.text, one["href"], one.has_attr("download")) for one in bar.find_all("a")] == [
        ("Script .py", "hello.py", True),
        ("Workbook", "../../workbooks/hello/", False),  # a page, not a file
    ]
    assert bar.find(class_="press-cost").text == "Ran in 1 s."
    progress = bar.find(class_="press-progress")
    assert progress.text == "Your progress: 0 of 1 questions right, 0 of 1 exercises passed."
    assert (progress["data-page"], progress["data-exercises"]) == ("first/hello", "hello/add-one")
    assert bar.find(class_="press-state--stale").text == "These outputs are out of date: cell 1 changed."


def test_nothing_to_practice_and_nothing_to_say_leave_no_words():
    bar = strip(script())
    assert bar.text.strip() == ""
    assert bar.find(class_="press-progress").has_attr("hidden")
    assert not bar.find(class_="press-state")


@pytest.mark.parametrize(
    ("status", "running", "state", "words"),
    [
        (Status("a", "fresh", "executed with torch 2"), False, "", ""),
        (Status("a", "stale", "cell 1 changed"), False, "stale", "These outputs are out of date: cell 1 changed."),
        (Status("a", "failed", "1 / 0"), False, "failed", "The last run failed: 1 / 0"),
        (Status("a", "failed", "1 / 0"), True, "running", "Running: 1 / 0."),
    ],
)
def test_a_page_says_what_is_wrong_with_its_outputs(status, running, state, words):
    shown = strip(script(), status=status, running=running).find(class_="press-state")
    assert (shown is None) == (state == "")
    assert not shown or (f"press-state--{state}" in shown["class"] and shown.text.startswith(words))


def test_the_source_of_a_page_has_front_matter_then_title_strip_and_the_rest():
    text = page.source({"title": 'A: "b" # ä'}, "# Title\n\nLead.\n", "<p>strip</p>")
    _, front, rest = text.split("---\n", 2)
    assert yaml.safe_load(front) == {"title": 'A: "b" # ä'}
    assert rest.split() == ["#", "Title", "<p>strip</p>", "Lead."]


def test_the_body_of_a_page_has_a_slot_for_each_code_cell_and_a_form_for_each_question():
    html = Markdown(extensions=["md_in_html"]).convert(page.body(script(text=f"Before.\n\n{QUESTION}\nAfter.")))
    assert [one["data-press-cell"] for one in soup(html).find_all("div", attrs={"data-press-cell": True})] == ["1"]
    (form,) = soup(html).find_all("form")
    assert form["id"] == "quiz-two"
    assert [one.text for one in soup(html).find_all("p", recursive=False)] == ["A lead.", "Before.", "After."]


# Tables --------------------------------------------------------------------------------------------------------------

METRIC = {"name": "accuracy", "unit": "%", "target": 98.2, "reference": "a paper"}


def rows(html: str) -> list[list[str]]:
    return [[cell.text for cell in row.find_all(["th", "td"])] for row in soup(html).tbody.find_all("tr")]


def test_the_results_name_the_metric_of_the_header_else_each_that_the_run_reported():
    scripts = [script("a", "A", metric=METRIC), script("b", "B"), script("c", "C"), script("d", "Never ran")]
    runs = {
        "a": stored(
            run(metrics={"accuracy": 0.98765, "loss": 1.0}, device="NVIDIA H200", date="2026-11-20"),
            run(metrics={"accuracy": 0.97}, device="cpu", cpus=2, date="2026-11-19", seconds=60),
            older=True,
        ),
        "b": stored(run(metrics={"loss": 0.123456, "steps": 12000}, cpus=2)),
        "c": stored(run()),
    }
    html = tables.results(scripts, runs, {one.name: f"../{one.url}/" for one in scripts})
    assert rows(html) == [
        ["A", "accuracy", "98.8%", "98.2%", "a paper", "NVIDIA H200", "1.5 s", "2026-11-20"],
        ["A", "accuracy", "97.0%", "98.2%", "a paper", "2 CPU cores", "60 s", "2026-11-19, older code"],
        ["B", "loss", "0.1235", "", "", "2 CPU cores", "1.5 s", ""],
        ["B", "steps", "1.2e+04", "", "", "2 CPU cores", "1.5 s", ""],
        ["C", "every claim asserted", "", "", "", "CPU cores", "1.5 s", ""],
    ]
    assert len(soup(html).thead.find_all("th")) == 8
    assert soup(html).a["href"] == "../first/a/"


def test_the_cost_line_shows_both_devices_side_by_side_where_both_have_run_the_code():
    page_of = script("a", "A", metric=METRIC)
    here = run(seconds=81, metrics={"accuracy": 0.889}, device="cpu", cpus=2, torch="2.15.0+cu130", date="2026-11-21")
    card = run(seconds=12, metrics={"accuracy": 0.902}, device="NVIDIA H200", torch="2.11.0", date="2026-11-26")
    both = "By device: 81 s on 2 CPU cores, 88.9% (torch 2.15.0, 2026-11-21); 12 s on NVIDIA H200, 90.2% (torch 2.11.0, 2026-11-26"
    assert tables.devices(page_of, stored(here, card)).strip() == f"{both})."
    assert tables.devices(page_of, stored(here, card, older=True)).strip() == f"{both}, older code)."
    assert tables.devices(page_of, stored(here)) == ""


TABLE = {
    "source": [{"id": "book", "title": "A book"}, {"id": "empty", "title": "No chapter of it"}],
    "chapter": [
        {"id": "book-1", "source": "book", "title": "One", "planned": ["hello", "to-come", "page"]},
        {"id": "book-2", "source": "book", "title": "Two", "note": "Not about PyTorch."},
    ],
    "tutorial": [{"slug": "to-come", "title": "To come"}, {"slug": "hello", "title": "An older title"}],
    "page": [{"slug": "page", "title": "A page", "file": "page.md"}],
}


def test_the_map_shows_every_chapter_with_its_pages_and_what_is_planned():
    html = tables.chapter_map(TABLE, [script(chapters=("book-1",))], {"hello": "../first/hello/", "page": "../page/"})
    assert rows(html) == [
        ["book-1", "One", "Hello; To come (planned); A page"],
        ["book-2", "Two", "Not about PyTorch."],
    ]
    assert [(one.text, one["href"]) for one in soup(html).find_all("a")] == [
        ("Hello", "../first/hello/"),
        ("A page", "../page/"),
    ]
    assert [one["id"] for one in soup(html).find_all("h2")] == ["book"]
    assert soup(html).find(id="book-1").name == "th"


def test_chapters_are_told_by_their_book_and_an_unknown_one_is_left_out():
    assert tables.covered(["book-2", "nowhere", "book-1"], TABLE) == {"A book": [("book-2", "Two"), ("book-1", "One")]}
    assert tables.covered(["book-1"], {}) == {}


def test_related_tutorials_are_those_of_the_recommender(tmp_path):
    from sphinx_gallery.recommender import ExampleRecommender

    some = SCRIPTS[:8]
    paths = [str(ROOT / one.path) for one in some]
    oracle = ExampleRecommender(n_examples=3, min_df=2, max_df=1.0).fit(paths)
    related = tables.related(some, ROOT)
    for one, path in zip(some, paths, strict=True):
        assert [str(ROOT / other.path) for other in related[one.name]] == oracle.predict(path)


def test_few_tutorials_are_all_related():
    one, two = script("one"), script("two")
    assert tables.related([one, two], ROOT) == {"one": [two], "two": [one]}


# Practice ------------------------------------------------------------------------------------------------------------

NOTEBOOK = """\
<h1 id="Exercises">Exercises</h1><p>Intro.</p>
<h2 id="Add-one">Add <code>one</code><a class="anchor-link" href="#Add-one">¶</a></h2><p>First.</p>
<h2 id="And-now?">And now?<a class="anchor-link" href="#And-now?">¶</a></h2><p>Second.</p>
<h2 id="Keep">Keep what you passed</h2><p>Last.</p>"""


def test_a_box_to_tick_stands_below_each_exercise_that_a_check_can_pass():
    ticked = soup(practice.exercise_ticks(NOTEBOOK, PageFacts(url="", exercises=BOOK.exercises)))
    assert [one["id"] for one in ticked.find_all("h2")] == ["add-one", "and-now", "Keep"]
    assert [one["href"] for one in ticked.find_all("a")] == ["#add-one", "#and-now"]
    (tick,) = ticked.find_all(class_="press-tick")
    assert tick["data-exercise"] == "hello/add-one"
    assert tick.find_previous("p").text == "First." and tick.find_next("h2")["id"] == "and-now"
    assert tick.label["for"] == tick.input["id"]
    assert practice.exercise_ticks(NOTEBOOK, PageFacts(url="")) == NOTEBOOK


def test_an_exercise_whose_title_begins_with_a_number_gets_its_anchor():
    known = (exercise("2 layers", "hello/2-layers"),)
    ticked = practice.exercise_ticks('<h2 id="x">2 layers<a href="#x">#</a></h2>', PageFacts(url="", exercises=known))
    assert ticked.startswith('<h2 id="2-layers">2 layers<a href="#2-layers">#</a></h2>')


def test_the_exercises_of_a_tutorial_lead_to_the_anchors_of_its_workbook():
    linked = soup(draw("exercises.html.j2", book=BOOK, links={"hello": "../../workbooks/hello/"}))
    assert [one["href"] for one in linked.find_all("a")] == [
        "../../workbooks/hello/#add-one",
        "../../workbooks/hello/#and-now",
    ]
    assert [one.get("data-exercise") for one in linked.find_all("li")] == ["hello/add-one", None]
    assert linked.code.text == "one"
    lines = draw("exercises.txt.j2", book=BOOK, links={"hello": "https://here.example/workbooks/hello/"})
    assert lines.splitlines()[1] == "2. [And now?](https://here.example/workbooks/hello/#and-now) (open question)"


def view(*scripts: Script, own: Workbook | None = None) -> directives.View:
    return directives.View(
        scripts=scripts,
        books={"hello": BOOK},
        stored={one.name: stored(run()) for one in scripts},
        table=TABLE,
        own=own,
        links={"page": "../page/", **{one.name: f"../{one.url}/" for one in scripts}},
        workbooks={"hello": "../workbooks/hello/"},
        card=lambda one: {"href": one.url, "title": one.title, "text": "", "image": "", "cost": ""},
    )


def test_the_table_of_progress_says_what_the_script_of_the_site_compares():
    table = soup(draw("progress.html.j2", **vars(view(script(text=QUESTION)))))
    (row,) = table.tbody.find_all("tr")
    assert (row["data-page"], row["data-questions"]) == ("first/hello", "1")
    assert row["data-exercises"] == "hello/add-one"


# Directives ----------------------------------------------------------------------------------------------------------


def test_every_directive_is_replaced_by_what_it_stands_for():
    shown = view(script(text=QUESTION), script("other", "Other"), own=BOOK)
    found = {name: soup(directives.filled(f"<!-- press:{name} -->", shown)) for name in directives.DIRECTIVES}
    assert {name: [one["href"] for one in part.find_all("a")] for name, part in found.items()} == {
        "gallery": ["first/hello", "first/other"],
        "results": ["../first/hello/", "../first/other/"],
        "compare": [],
        "chapters": ["../first/hello/", "../page/"],
        "exercises": ["../workbooks/hello/#add-one", "../workbooks/hello/#and-now"],
        "progress": ["../first/hello/", "../workbooks/hello/"],  # there is nothing to practice in the other one
        "review": ["../first/hello/#quiz-two"],
    }


def test_a_gallery_is_of_a_part_of_some_tutorials_or_of_all():
    other = dataclasses.replace(script("other"), part="2-second")
    asked = ("press:gallery 2-second", "press:gallery hello", "press:gallery hello,other", "press:gallery none")
    shown = [directives.filled(f"<!-- {one} -->", view(script(), other)) for one in asked]
    assert [[one["href"] for one in soup(part).find_all("a")] for part in shown] == [
        ["second/other"],
        ["first/hello"],
        ["first/hello", "second/other"],
        [],
    ]


def test_what_is_no_directive_stays_and_a_page_without_exercises_lists_none():
    html = "<p>a</p><!-- press:nonsense --><!-- a note -->"
    assert directives.filled(html, view()) == html
    assert directives.filled("<p>a</p><!-- press:exercises -->", view()) == "<p>a</p>"


# Escaping ------------------------------------------------------------------------------------------------------------

QUIZ = Quiz(HOSTILE, "Which?", (Option("This.", True, "Yes."), Option("That.", False, "No.")), "one")
CARD = {"href": "a?x&y", "title": HOSTILE, "text": HOSTILE, "image": "a.png?x&y", "cost": HOSTILE}
TITLED = {**TABLE, "tutorial": [{"slug": "to-come", "title": HOSTILE}], "source": [{"id": "book", "title": HOSTILE}]}
TITLED["chapter"] = [
    {"id": "book-1", "source": "book", "title": HOSTILE, "planned": ["to-come"]},
    {"id": "book-2", "source": "book", "title": "Two", "note": HOSTILE},
]
ASKED = script(title=HOSTILE, chapters=("book-1",), text=QUESTION.replace('"Two"', '"<img src=x onerror=x()> & <b>"'))
DRAWN = {
    "absent.html.j2": draw("absent.html.j2", absent=[HOSTILE, "https://here.example/"], notebook="a.ipynb"),
    "bar.html.j2": str(strip(ASKED, BOOK, Status("a", "stale", HOSTILE), downloads={HOSTILE: "a.py"}, cost=HOSTILE)),
    "below.html.j2": draw("below.html.j2", practicing=True, progress="p/", chapters={HOSTILE: [("a", HOSTILE)]}, map="m/", cards=[CARD]),
    "chapters.html.j2": tables.chapter_map(TITLED, [ASKED], {"hello": "a"}),
    "exercises.html.j2": draw("exercises.html.j2", book=book(exercise(HOSTILE, "hello/a")), links={"hello": "w/"}),
    "figure.html.j2": draw("figure.html.j2", files={"": "a.png"}, alt=HOSTILE, width=1, height=1),
    "gallery.html.j2": draw("gallery.html.j2", cards=[CARD]),
    "progress.html.j2": draw("progress.html.j2", scripts=[ASKED], books={"hello": BOOK}, links={"hello": "a"}, workbooks={"hello": "w"}),
    "quiz.md.j2": practice.form(QUIZ),
    "reload.html.j2": draw("reload.html.j2", address=HOSTILE),
    "results.html.j2": tables.results(
        [script(title=HOSTILE, metric={**METRIC, "name": HOSTILE, "reference": HOSTILE})],
        {"hello": stored(run(metrics={HOSTILE: 0.5}, device=HOSTILE, date=HOSTILE))},
        {"hello": "a"},
    ),
    "review.html.j2": draw("review.html.j2", scripts=[ASKED], links={"hello": "a"}),
    "steps.html.j2": draw("steps.html.j2", steps=[({"label": HOSTILE, "value": HOSTILE}, ""), ({"label": "", "value": HOSTILE}, "")]),
    "tick.html.j2": draw("tick.html.j2", exercise=exercise(HOSTILE, 'hello/a"b')),
}  # fmt: skip


@pytest.mark.parametrize("template", DRAWN)
def test_a_title_with_angle_brackets_and_quotes_never_becomes_markup(template):
    made = soup(DRAWN[template])
    assert not made.find(onerror=True) and not made.find("b")
    own = [image for image in made.find_all("img") if image["src"].startswith("a.png")]
    assert made.find_all("img") == own, "an image of the title's making"
    words = made.get_text() + " ".join(image["alt"] for image in own)
    assert template in ("reload.html.j2", "tick.html.j2", "review.html.j2") or HOSTILE in words or SPOKEN in words


def test_every_template_is_tested_for_its_titles():
    from press.site.pages.templates import FOLDER

    assert DRAWN.keys() | {"table.html.j2"} == {path.name for path in FOLDER.glob("*.j2")}


# Links ---------------------------------------------------------------------------------------------------------------

ADDRESSES = ["", "a/", "a/b/", "a/b/c/", "ab/", "b/", "404.html", "a/x.html", "a/x.png", "a/b/x.html", "a b/", "ä/ö/"]


def test_a_relative_link_leads_to_the_page_and_is_the_one_that_mkdocs_writes():
    for url, start in product(ADDRESSES, ADDRESSES):
        link = relative(url, start)
        assert urljoin(f"https://h.example/sub/{start}", link) == f"https://h.example/sub/{url}", (url, start)
        # For the same page, mkdocs writes "." or "./" as it comes; both lead there.
        assert link.strip("/") == get_relative_url(url, start).strip("/"), (url, start)


def links(**addresses: str) -> Links:
    names = {
        "/p/tutorials/1-first/01_hello.py": "first/hello.md",
        "/p/tutorials/1-first/01_hello.exercises.py": "w/hello.ipynb",
    }
    known = {"index": "./", "w/hello": "w/hello/", **addresses}  # tutorials are added last, when all others are known
    return Links(Path("/p/docs"), "https://here.example/sub/", names, lambda name: known.get(name.split(".")[0]))


FOLDER = Path("/p/tutorials/2-second")


@pytest.mark.parametrize(
    ("written", "on_a_page", "anywhere"),
    [
        ("../1-first/01_hello.py", "../first/hello.md", "https://here.example/sub/first/hello/"),
        ("../1-first/01_hello.py#a-b", "../first/hello.md#a-b", "https://here.example/sub/first/hello/#a-b"),
        ("../1-first/01_hello.exercises.py", "../w/hello.ipynb", "https://here.example/sub/w/hello/"),
        ("../../docs/index.md", "../index.md", "https://here.example/sub/"),
        ("../../docs/deep/more.md", "../deep/more.md", "https://here.example/sub/deep/more/"),
        ("https://elsewhere.example/a.py", "https://elsewhere.example/a.py", "https://elsewhere.example/a.py"),
        ("/whole.md", "/whole.md", "/whole.md"),
        ("#own", "#own", "#own"),
        ("mailto:a@b.example", "mailto:a@b.example", "mailto:a@b.example"),
        ("../../src/x.py", "../../src/x.py", "../../src/x.py"),  # no page of the site: mkdocs says so
    ],
)
def test_a_link_to_a_file_leads_to_its_page(written, on_a_page, anywhere):
    text = f"See [a `b`]({written}), [again]({written})."
    assert links().rewritten(text, FOLDER, "second/x.md") == text.replace(written, on_a_page)
    assert links().rewritten(text, FOLDER) == text.replace(written, anywhere)


def test_the_address_of_a_page_is_the_one_that_the_site_gives_it():
    there = links(**{"first/hello": "first/hello.html"})
    assert there.rewritten("[a](../1-first/01_hello.py)", FOLDER) == "[a](https://here.example/sub/first/hello.html)"


def test_a_link_in_a_block_of_code_is_an_example():
    text = "[a](../1-first/01_hello.py)\n\n    ```\n    [a](../1-first/01_hello.py)\n    ```\n\n```\n[a](../1-first/01_hello.py)\n```\n"
    made = links().rewritten(text, FOLDER, "second/x.md")
    assert made == text.replace("../1-first/01_hello.py", "../first/hello.md", 1)


def test_tutorials_are_compared_by_the_metrics_that_they_share():
    runs = {"one": {"Fréchet distance": 12.0, "confidence": 0.9}, "two": {"loss": 1.0}}
    runs["three"] = {"loss": 2.0, "confidence": 0.8, "Fréchet distance": 53.0}
    scripts = [SimpleNamespace(name=name, title=name.title()) for name in runs]
    stored = {name: SimpleNamespace(run=SimpleNamespace(metrics=metrics)) for name, metrics in runs.items()}
    html = tables.compared(scripts, stored, dict.fromkeys(runs, "#"), "Fréchet-distance")
    assert re.findall(r"<th [^>]*>([^<]*)", html) == ["Tutorial", "Fréchet distance", "confidence"]
    assert re.findall(r"<td[^>]*>(?:<a[^>]*>)?([^<]*)", html) == ["One", "12", "0.9", "Three", "53", "0.8"]
