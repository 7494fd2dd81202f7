"""Questions in a script's text: what is read from them, and what the page and the notebook make of them."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from markdown import Markdown
from sitefixture import LESSONS, by_name

from press.scripts import quiz
from press.scripts.script import ScriptError, read_script
from press.site.downloads.markup import for_notebook
from press.site.pages.practice import form

ONE = """\
Text before.

!!! quiz "What `eval` does not do"
    You validate inside `no_grad`, in training mode.
    What happens?

    - [x] Units are dropped, which
      costs accuracy.
      > You need both.
      > They differ.
    - [ ] Nothing: $a < b$ holds.
      > `no_grad` only stops *recording*.

Text after.
"""
NUMBER = """\
!!! quiz "A sum, or a mean?"
    What is the mean?

    - [=] 0.268 ± 0.001
      > The sum divided by 938.
    - [ ] 251.8
      > That is the sum.
    - [ ] anything else
      > Divide by the number of batches.
"""


def only(text: str) -> quiz.Quiz:
    ((_, _, found),) = quiz.find(text)
    return found


def rendered(text: str) -> BeautifulSoup:
    extensions = ["md_in_html", "pymdownx.arithmatex", "attr_list", "smarty"]
    page = Markdown(extensions=extensions, extension_configs={"pymdownx.arithmatex": {"generic": True}})
    return BeautifulSoup(page.convert(quiz.replace(text, form)), "html.parser")


def test_a_question_is_read_with_its_options_and_their_explanations():
    found = only(ONE)
    assert (found.title, found.slug, found.kind) == ("What `eval` does not do", "what-eval-does-not-do", "one")
    assert found.question == "You validate inside `no_grad`, in training mode.\nWhat happens?"
    assert [option.text for option in found.options] == [
        "Units are dropped, which costs accuracy.",
        "Nothing: $a < b$ holds.",
    ]
    assert [option.right for option in found.options] == [True, False]
    assert found.options[0].why == "You need both.\nThey differ."


def test_the_marks_decide_the_kind():
    assert only(ONE).kind == "one"
    assert (
        only(ONE.replace("[ ]", "[x]", 1).replace("What happens?\n", "What?\n\n    - [ ] No.\n      > So.\n", 1)).kind
        == "several"
    )
    assert only(NUMBER).kind == "number"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12", (12, 0)),
        ("1,808", (1808, 0)),
        ("0.268 ± 0.001", (0.268, 0.001)),
        ("-3.5", (-3.5, 0)),
        ("1e-3", (0.001, 0)),
    ],
)
def test_a_number_is_read_with_its_tolerance(written, value):
    assert quiz.number(written) == value


@pytest.mark.parametrize(
    ("old", "new", "row", "words"),
    [
        ('!!! quiz "What `eval` does not do"', "!!! quiz", 2, "without a title"),
        ("    You validate inside `no_grad`, in training mode.\n    What happens?\n", "", 2, "without a question"),
        ("[x]", "[ ]", 2, "needs a right option"),
        ("[ ]", "[x]", 2, "needs a right option, marked [x], and a wrong one"),
        ("[x]", "[?]", 6, "[?] means nothing"),
        ("      > `no_grad` only stops *recording*.\n", "", 10, "no explanation"),
        ("Nothing: $a < b$ holds.", "Units are dropped, which costs accuracy.", 2, "the same text"),
        ("[x]", "[=]", 2, "is no number"),
    ],
)
def test_a_broken_question_is_told_with_its_line(old, new, row, words):
    with pytest.raises(quiz.QuizError, match=words.replace("[", r"\[").replace("?", r"\?")) as error:
        list(quiz.find(ONE.replace(old, new, 1)))
    assert error.value.line == row


def test_a_question_for_a_number_says_what_to_think_of_any_other():
    with pytest.raises(quiz.QuizError, match="anything else"):
        only(NUMBER.replace("- [ ] anything else", "- [ ] 3"))


def test_a_broken_question_in_a_script_names_file_and_line(tmp_path):
    comment = "".join(f"# {line}".rstrip() + "\n" for line in ONE.replace("[x]", "[ ]").splitlines())
    path = tmp_path / "01_x.py"
    path.write_text(f'"""\n# X\n\nA lead.\n"""\n\n# %%\n{comment}\nprint(1)\n', encoding="utf-8")
    with pytest.raises(ScriptError, match=r"01_x\.py:10: a quiz needs a right option"):
        read_script(path, tmp_path, tmp_path)


def test_two_questions_of_one_title_are_an_error(tmp_path):
    comment = "".join(f"# {line}".rstrip() + "\n" for line in (ONE + ONE).splitlines())
    path = tmp_path / "x.py"
    path.write_text(f'"""\n# X\n\nA lead.\n"""\n\n# %%\n{comment}\nprint(1)\n', encoding="utf-8")
    with pytest.raises(ScriptError, match="two questions are called"):
        read_script(path, tmp_path, tmp_path)


def test_a_question_in_a_fence_is_an_example():
    assert not list(quiz.find(f"```\n{ONE}```\n"))


def test_the_text_around_a_question_stays():
    page = rendered(ONE)
    paragraphs = [paragraph.text for paragraph in page.find_all("p", recursive=False)]
    assert paragraphs == ["Text before.", "Text after."]


def test_the_form_has_a_legend_and_a_label_for_every_input():
    form = rendered(ONE).form
    assert form.fieldset.legend.text == "Question What eval does not do"
    described = form.fieldset["aria-describedby"]
    assert form.find(id=described).code.text == "no_grad"
    inputs = form.find_all("input")
    assert [one["type"] for one in inputs] == ["radio", "radio"]
    labels = [form.find("label", attrs={"for": one["id"]}) for one in inputs]
    assert [label.text for label in labels] == [
        "Units are dropped, which costs accuracy.",
        r"Nothing: \(a < b\) holds.",
    ]
    assert labels[1].find(class_="arithmatex")


def test_without_a_script_the_answers_are_folded_and_say_which_is_right():
    folded = rendered(ONE).form.find("details", recursive=False)
    whys = folded.find_all(class_="press-quiz__why")
    assert [why["data-right"] for why in whys] == ["true", "false"]
    assert [why.find(class_="press-quiz__which").text.split(":")[0] for why in whys] == ["Right", "Wrong"]
    assert whys[1].em.text == "recording"


def test_a_question_for_a_number_gives_the_values_to_the_script():
    whys = rendered(NUMBER).find_all(class_="press-quiz__why")
    assert [(why.get("data-value"), why.get("data-within")) for why in whys] == [
        ("0.268", "0.001"),
        ("251.8", "0.0"),
        (None, None),
    ]
    assert rendered(NUMBER).find("input")["inputmode"] == "decimal"


def test_a_notebook_has_the_same_text_and_a_folded_answer():
    text = for_notebook(ONE)
    assert "!!! quiz" not in text and text.startswith("Text before.") and text.rstrip().endswith("Text after.")
    question, answer = text.split("<details><summary>Answer</summary>")
    assert "**A.** Units are dropped" in question and "You need both." not in question
    assert "**A is right.** You need both. They differ." in answer and "**B is wrong.** `no_grad` only" in answer


def test_boxes_become_quotations_and_folded_boxes_details():
    text = for_notebook(
        '!!! warning "Old"\n    Today `x`.\n\n??? info "Why"\n    ```python\n    a = 1\n\n\n    b = 2\n    ```\n\nEnd.\n'
    )
    assert "> **Old**\n>\n> Today `x`." in text
    assert "<details><summary>Why</summary>\n\n```python\na = 1\n\n\nb = 2\n```\n\n</details>" in text
    assert text.rstrip().endswith("End.")


def test_an_example_of_a_box_stays_an_example():
    text = '```\n??? info "Why"\n    So.\n```\n'
    assert for_notebook(text) == text


# The questions of the site ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", LESSONS, ids=by_name)
def test_a_tutorial_asks_three_questions_or_more_each_with_an_explanation_for_every_option(script):
    assert len(script.quizzes) >= 3
    for one in script.quizzes:
        assert one.right and len(one.options) > len(one.right)
        assert all(len(option.why.split()) >= 3 for option in one.options), one.title
        assert len({option.why for option in one.options}) == len(one.options), one.title


@pytest.mark.parametrize("script", LESSONS, ids=by_name)
def test_the_questions_stand_where_their_idea_was_told(script):
    """Not heaped at the end: no cell holds more than two, and the first two thirds of the page have some."""
    asked = [len(list(quiz.find(cell.source))) for cell in script.cells if cell.kind == "text"]
    assert max(asked) <= 2 and sum(asked[: len(asked) * 2 // 3])


@pytest.mark.parametrize("script", LESSONS, ids=by_name)
def test_the_right_option_is_not_always_the_first(script):
    places = [
        next(i for i, option in enumerate(one.options) if option.right) for one in script.quizzes if one.kind == "one"
    ]
    assert len(set(places)) > 1 or len(places) < 3  # fewer say nothing
