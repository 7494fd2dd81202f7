"""Practice as a reader meets it: questions by keyboard, what is kept, what comes back, and that everybody can use it."""

from __future__ import annotations

import datetime
import json

import pytest
from sitefixture import CATALOGUE, LESSONS

from press.scripts import quiz

TUTORIAL = "foundations/tensors/"
WORKBOOK = "workbooks/tensors/"
FIRST = LESSONS[0]
ONE = next(one for one in FIRST.quizzes if one.kind == "one")
SEVERAL = next(one for one in FIRST.quizzes if one.kind == "several")
NUMBER = next(one for one in FIRST.quizzes if one.kind == "number")


def form(tab, one):
    return tab.locator(f"#quiz-{one.slug}")


def verdict(tab, one) -> str:
    return form(tab, one).locator(".press-quiz__verdict").inner_text()


def said_by(page, one, option) -> str:
    """The explanation of an option as the built page has it."""
    whys = page.find("form", id=f"quiz-{one.slug}").find_all(class_="press-quiz__why")
    text = whys[one.options.index(option)].find(class_="press-quiz__text").get_text()
    return " ".join(text.split())


def flat(text: str) -> str:
    return " ".join(text.split())


def choose(tab, one, *options) -> None:
    for option in options:
        form(tab, one).locator("input").nth(one.options.index(option)).check()
    form(tab, one).get_by_role("button", name="Check").click()


def wrong(one):
    return next(option for option in one.options if not option.right)


def test_a_question_is_answered_by_keyboard_alone_and_the_answer_is_kept(tab):
    tab.goto(TUTORIAL)
    form(tab, ONE).locator("input").first.focus()
    right = next(i for i, option in enumerate(ONE.options) if option.right)
    tab.keyboard.press("Space")
    for _ in range(right):
        tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Check"
    tab.keyboard.press("Enter")
    assert verdict(tab, ONE).startswith("Right.")
    assert tab.evaluate("document.activeElement.textContent") == "Check", "the focus stays where the reader is"

    tab.reload()
    assert form(tab, ONE).locator("input").nth(right).is_checked()
    assert verdict(tab, ONE).startswith("Right.")
    assert f"1 of {len(FIRST.quizzes)} questions right" in tab.locator(".press-progress").inner_text()


@pytest.mark.slow
def test_every_wrong_option_of_a_page_shows_its_own_explanation_and_no_other(site, tab):
    tab.goto(TUTORIAL)
    page = site.soup(TUTORIAL)
    for one in FIRST.quizzes:
        for option in one.options:
            if option.right or one.kind == "number":
                continue
            tab.reload()
            for box in form(tab, one).locator("input[type=checkbox]:checked").all():
                box.uncheck()
            choose(tab, one, option)
            shown = flat(verdict(tab, one))
            assert shown.startswith("Not quite.") and said_by(page, one, option) in shown
            others = [said_by(page, one, other) for other in one.options if other is not option]
            assert not [other for other in others if other in shown]


def test_a_number_is_judged_as_people_write_it(site, tab):
    tab.goto(TUTORIAL)
    page, right = site.soup(TUTORIAL), NUMBER.right[0].text
    last = next(option for option in NUMBER.options if option.text == quiz.OTHERWISE)
    for typed, begins, option in (
        ("many", "Write a number", None),
        (right, "Right.", None),
        ("", "Write a number", None),
        (wrong(NUMBER).text, "Not quite.", wrong(NUMBER)),
        (f" {right}.0 ", "Right.", None),
        ("987654", "Not quite.", last),
    ):
        form(tab, NUMBER).locator("input").fill(typed)
        form(tab, NUMBER).get_by_role("button").click()
        assert verdict(tab, NUMBER).startswith(begins), typed
        if option:
            assert said_by(page, NUMBER, option) in flat(verdict(tab, NUMBER))


def test_with_several_right_options_a_part_of_them_is_not_enough(tab):
    tab.goto(TUTORIAL)
    right = SEVERAL.right
    choose(tab, SEVERAL, right[0])
    assert verdict(tab, SEVERAL).startswith("What you chose is right, and there is more.")
    choose(tab, SEVERAL, *right)
    assert verdict(tab, SEVERAL).startswith("Right.")


def test_nothing_is_judged_before_something_is_chosen(tab):
    tab.goto(TUTORIAL)
    form(tab, ONE).get_by_role("button").click()
    assert verdict(tab, ONE) == "Choose an answer first."
    assert tab.evaluate("localStorage.getItem('kindling-progress')") is None


def test_the_answer_can_be_unfolded_only_after_a_try(tab):
    tab.goto(TUTORIAL)
    folded = form(tab, ONE).locator("details")
    assert not folded.is_visible()
    choose(tab, ONE, wrong(ONE))
    assert folded.is_visible() and folded.get_attribute("open") is None


def test_progress_is_exported_cleared_and_imported(tab, tmp_path):
    tab.goto(TUTORIAL)
    choose(tab, ONE, *ONE.right)
    tab.get_by_role("button", name="I have read this page").click()
    tab.goto(WORKBOOK)
    tab.get_by_label("The check said that my answer is right").first.check()
    tab.goto("progress/")
    row = tab.locator(f"tr[data-page='{FIRST.url}']")
    done = ["✓ read", f"1 of {len(FIRST.quizzes)}"]
    assert row.locator("td").all_inner_texts()[:2] == done and row.locator("td").nth(2).inner_text().startswith("1 of")

    with tab.expect_download() as download:
        tab.get_by_role("button", name="Export").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "kindling-progress.json" and json.loads(path.read_text())["kindling"] == 1

    tab.once("dialog", lambda dialog: dialog.accept())
    tab.get_by_role("button", name="Clear everything").click()
    assert row.locator("td").first.inner_text() == "not yet"
    tab.reload()
    assert row.locator("td").all_inner_texts()[:2] == ["not yet", f"0 of {len(FIRST.quizzes)}"]

    tab.get_by_label("Import").set_input_files(path)
    tab.get_by_text("Taken in from kindling-progress.json.").wait_for()
    tab.reload()
    assert row.locator("td").all_inner_texts()[:2] == done and row.locator("td").nth(2).inner_text().startswith("1 of")


def test_clearing_asks_first(tab):
    tab.goto(TUTORIAL)
    tab.get_by_role("button", name="I have read this page").click()
    tab.goto("progress/")
    tab.once("dialog", lambda dialog: dialog.dismiss())
    tab.get_by_role("button", name="Clear everything").click()
    assert tab.locator(f"tr[data-page='{FIRST.url}'] td").first.inner_text() == "✓ read"


def test_the_file_of_a_workbook_is_taken_in_beside_what_is_there(tab, tmp_path):
    """`kindling.practice.save` writes it."""
    name = next(one.name for one in CATALOGUE.workbooks[FIRST.name].exercises if not one.open)
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"kindling": 1, "exercises": {name: "2026-01-01T00:00:00+00:00"}}), encoding="utf-8")
    tab.goto(TUTORIAL)
    tab.get_by_role("button", name="I have read this page").click()
    tab.goto("progress/")
    tab.get_by_label("Import").set_input_files(path)
    tab.get_by_text("Taken in").wait_for()
    cells = tab.locator(f"tr[data-page='{FIRST.url}'] td").all_inner_texts()
    assert cells[0] == "✓ read" and cells[2].startswith("1 of")
    tab.goto(TUTORIAL)
    assert "✓ passed" in tab.locator(f".press-exercises li[data-exercise='{name}']").inner_text()


def test_a_file_that_is_no_progress_is_refused_and_changes_nothing(tab, tmp_path):
    tab.goto(TUTORIAL)
    tab.get_by_role("button", name="I have read this page").click()
    tab.goto("progress/")
    for at, content in enumerate(["{}", "no JSON", "[1]", '{"kindling": 2}', "null"]):
        path = tmp_path / f"other{at}.json"
        path.write_text(content, encoding="utf-8")
        tab.get_by_label("Import").set_input_files(path)
        tab.get_by_text(f"{path.name} is not a progress file").wait_for()
    assert tab.locator(f"tr[data-page='{FIRST.url}'] td").first.inner_text() == "✓ read"


def test_a_damaged_store_is_forgotten_not_fatal(tab):
    tab.goto(TUTORIAL)
    for stored in ("nonsense", '{"questions": 5, "read": ["x"]}', '{"questions": {"a#b": {"right": 1}}}'):
        tab.evaluate("text => localStorage.setItem('kindling-progress', text)", stored)
        tab.reload()
        assert not verdict(tab, ONE), stored
        choose(tab, ONE, *ONE.right)
        assert verdict(tab, ONE).startswith("Right."), stored


def test_the_navigation_shows_what_was_read_and_passed(tab):
    tab.goto(TUTORIAL)
    choose(tab, ONE, *ONE.right)
    tab.get_by_role("button", name="I have read this page").click()
    exercises = [one for one in CATALOGUE.workbooks[FIRST.name].exercises if not one.open]
    mark = tab.locator(".md-nav--primary .press-done").first
    assert mark.inner_text().startswith(f"1/{len(FIRST.quizzes) + len(exercises)} ✓")
    words = f"read, 1 of {len(FIRST.quizzes)} questions right, 0 of {len(exercises)} exercises passed"
    assert mark.get_attribute("title") == words
    tab.get_by_role("button", name="I have read this page").click()
    assert "✓" not in mark.inner_text()


def test_a_wrong_answer_comes_back_after_a_day_and_after_a_week(tab):
    start = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
    tab.clock.install(time=start)
    tab.goto(TUTORIAL)
    choose(tab, ONE, wrong(ONE))
    choose(tab, ONE, *ONE.right)  # at once, which proves little: it comes back all the same

    def due(days: float) -> list[str]:
        tab.clock.set_fixed_time(start + datetime.timedelta(days=days))
        tab.goto("review/")
        tab.locator(".press-review__state").wait_for()
        if tab.locator(".press-review__state").inner_text().startswith("Due"):
            tab.locator(".press-review__due form").first.wait_for()
        return [one.inner_text().split("\n")[-1] for one in tab.locator(".press-review__due legend").all()]

    def answer(option) -> None:
        shown = tab.locator(".press-review__due form")
        shown.locator("input").nth(ONE.options.index(option)).check()
        shown.get_by_role("button").click()

    assert due(0.9) == []
    assert due(1.1) == [ONE.title]
    answer(ONE.right[0])
    assert due(1.2) == [] and due(6.5) == []
    assert due(7.2) == [ONE.title]
    answer(wrong(ONE))
    assert due(8.0) == []
    assert due(8.3) == [ONE.title]
    answer(ONE.right[0])
    assert due(14.4) == [ONE.title]
    answer(ONE.right[0])
    assert due(400) == []


def test_without_javascript_everything_can_be_read(browser, site):
    from playwright.sync_api import expect

    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(TUTORIAL)
    for one in FIRST.quizzes:
        shown = form(tab, one)
        assert shown.locator(".press-quiz__question").is_visible() and shown.locator("legend").is_visible()
        assert shown.locator("label").count() == (1 if one.kind == "number" else len(one.options))
        assert not shown.get_by_role("button").is_visible(), "a button that does nothing is not shown"
        shown.locator("summary").click()
        for why in shown.locator(".press-quiz__why").all():
            assert why.is_visible()
    tab.goto(WORKBOOK)
    for folded in tab.locator("article details").all():
        folded.locator("summary").first.click()
        assert folded.get_attribute("open") is not None
        summary = folded.locator("summary").first.inner_text()
        expect(folded).not_to_have_text(summary, use_inner_text=True)  # a frame later, if it is code
    tab.goto("progress/")
    assert tab.locator("tbody tr").count() == len(LESSONS)
    tab.goto("review/")
    assert tab.locator(".press-review li a").count() == sum(len(script.quizzes) for script in LESSONS)
    context.close()


def test_a_browser_that_keeps_nothing_still_judges(browser, site):
    context = browser.new_context(base_url=site.url)
    context.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('denied') }})")
    tab = context.new_page()
    tab.goto(TUTORIAL)
    choose(tab, ONE, *ONE.right)
    assert verdict(tab, ONE).startswith("Right. (This browser keeps nothing")
    context.close()


@pytest.mark.slow
def test_axe_finds_nothing_on_the_pages_of_a_reader_who_has_answered(visit_window, visit, site):
    """Right and wrong, and with questions that are due; `visit_window` keeps it as a browser does."""
    tab = visit_window.new_page()
    tab.set_viewport_size({"width": 1280, "height": 800})
    tab.goto(TUTORIAL)
    choose(tab, ONE, wrong(ONE))
    choose(tab, SEVERAL, *SEVERAL.right)
    past = (
        's => localStorage.setItem(s, localStorage.getItem(s).replaceAll(/"next":"[^"]*"/g, \'"next":"2020-01-01"\'))'
    )
    tab.evaluate(past, "kindling-progress")
    tab.close()
    for address in (TUTORIAL, WORKBOOK, "progress/", "review/"):
        assert visit(address) == [], address
