"""The glossary: terms, their forms, and one tooltip at the first use on a page."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from markdown import Markdown
from sitefixture import LESSONS, ROOT

from press.site.html import glossary

TEXT = """\
# Glossary

Some words before.

## B

batch
:   The *examples* that share one [step](#step), of size $B$. [First network](../tutorials/x.py)

class
:   One of the possible answers.

## D

data normalisation | normalised
:   Shifting and scaling
    inputs by `x.mean()`. (planned: deeper) [One](a.md), [Two](b.md)
"""


def rendered(markdown: str) -> BeautifulSoup:
    html = Markdown(extensions=["fenced_code"]).convert(markdown)
    return BeautifulSoup(glossary.mark(html, glossary.read(TEXT)), "html.parser")


def test_a_term_is_read_with_its_forms_and_its_plain_meaning():
    batch, kind, data = glossary.read(TEXT)
    assert batch == glossary.Term(
        "batch", ("batch", "Batch", "batches", "Batches"), "The examples that share one step, of size B."
    )
    assert kind.forms == ("class", "Class", "classes", "Classes")
    assert data.meaning == "Shifting and scaling inputs by x.mean()."
    assert "normalised" in data.forms and "Data normalisation" in data.forms


def test_a_common_word_is_marked_only_in_its_longer_forms():
    (term,) = glossary.read(TEXT.replace("\nclass\n", "\nclass | ! | class label\n"))[1:2]
    assert term.name == "class" and term.forms == ("class label", "Class label", "class labels", "Class labels")


def test_only_the_first_use_on_a_page_is_marked_whatever_its_form():
    marked = rendered("Two batches. A Batch.\n\nThe batch of one class, and its classes.").find_all("abbr")
    assert [one.text for one in marked] == ["batches", "class"]


def test_headings_links_and_code_are_left_alone():
    page = rendered("# Batch\n\n[a batch](x) and `batch`\n\n```\nbatch\n```\n\n> A batch.")
    assert [one.parent.parent.name for one in page.find_all("abbr")] == ["blockquote"]
    assert page.h1.text == "Batch" and page.a.text == "a batch"


def test_the_longest_form_is_taken_and_formulas_are_left_alone():
    assert [one.text for one in rendered("Data normalisation, normalised.").find_all("abbr")] == ["Data normalisation"]
    assert "abbr" not in glossary.mark(r'<span class="arithmatex">\(batch\)</span>', glossary.read(TEXT))
    (one,) = rendered("A batch of what is <b>normal</b>.").find_all("abbr")
    assert one["title"] == "The examples that share one step, of size B."


def test_a_hostile_definition_stays_a_tooltip():
    term = glossary.Term("batch", ("batch",), 'A "quoted" <b onclick="x()">text</b> & more')
    (mark,) = BeautifulSoup(glossary.mark("<p>A batch.</p>", [term]), "html.parser").find_all("abbr")
    assert mark["title"] == 'A "quoted" <b onclick="x()">text</b> & more'
    assert mark.parent.text == "A batch." and not mark.parent.find("b")


def test_a_word_that_begins_two_terms_is_taken_with_as_much_as_fits():
    terms = [glossary.Term("batch", ("batch",), "1"), glossary.Term("batch size", ("batch size",), "2")]
    page = BeautifulSoup(glossary.mark("<p>The batch size, a batch, a batch sized 3.</p>", terms), "html.parser")
    assert [(mark.text, mark["title"]) for mark in page.find_all("abbr")] == [("batch size", "2"), ("batch", "1")]


def test_part_of_a_word_is_not_the_word():
    assert not rendered("Microbatches and subclassing.").find_all("abbr")


def test_the_glossary_itself_has_an_anchor_for_each_term():
    page = glossary.page(TEXT, {"deeper": "Deeper networks"})
    assert re.findall(r'<span id="([^"]+)">([^<]+)</span>\n:   ', page) == [
        ("batch", "batch"),
        ("class", "class"),
        ("data-normalisation", "data normalisation"),
    ]
    assert "Some words before." in page and "(to come: Deeper networks)" in page
    two = glossary.page(TEXT.replace("planned: deeper", "planned: deeper, wider"), {"deeper": "Deeper networks"})
    assert "(to come: Deeper networks, wider)" in two


# The glossary of the site --------------------------------------------------------------------------------------------

TERMS = glossary.read((ROOT / "docs/glossary.md").read_text(encoding="utf-8"))


def test_no_form_belongs_to_two_terms_and_every_meaning_is_short():
    forms = [form for term in TERMS for form in term.forms]
    assert len(forms) == len(set(forms)) and len(TERMS) > 100
    for term in TERMS:
        assert 20 <= len(term.meaning) <= 240, term


def test_every_term_names_its_home():
    """A tutorial that exists is linked; one that is planned is named in the list of chapters."""
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    for match in glossary.ENTRY.finditer(text):
        links = re.findall(r"\]\(([^)]+)\)", match["text"])
        planned = re.search(r"\(planned: [^)]+\)", match["text"])
        assert links or planned, match["forms"]


def homes() -> dict[str, tuple[str, list[str]]]:
    """The concept of each form of a term, in lower case, and the addresses of the pages that are its home."""
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    found = {}
    for match, term in zip(glossary.ENTRY.finditer(text), TERMS, strict=True):
        pages = [link.removesuffix(".md") for link in re.findall(r"\]\(([^)#]+/[^)#]+)", match["text"])]
        found |= {form.lower(): (term.name, pages) for form in (term.name, *term.forms)}
    return found


def test_every_concept_has_an_id_of_its_own_and_at_most_one_tutorial_as_its_home():
    ids = [term.slug for term in TERMS]
    assert len(ids) == len(set(ids))
    lessons = {script.url for script in LESSONS}
    for concept, pages in homes().values():
        assert len(lessons & set(pages)) <= 1, f"{concept} is at home on {pages}"


def test_a_page_that_names_a_concept_in_bold_is_its_home_or_links_to_it():
    """Bold type is how a page introduces a term; who introduces one that is taught elsewhere says where."""
    by_path, by_url = {script.path.resolve(): script.url for script in LESSONS}, {script.url for script in LESSONS}
    concepts, introduced = homes(), 0
    for script in LESSONS:
        text = "\n".join(cell.source for cell in script.cells if cell not in script.code)
        near = {(script.path.parent / link).resolve() for link in re.findall(r"\]\(([^)#\s]+\.py)", text)}
        linked = {by_path.get(path) for path in near}
        for bold in re.findall(r"\*\*([^*\n]+?)\*\*", text):
            _, pages = concepts.get(bold.lower().strip(" .,:"), ("", []))
            taught = by_url & set(pages)
            introduced += script.url in taught
            assert not taught or taught & {script.url, *linked}, (
                f"{script.name} introduces {bold!r} and does not link to its home, {', '.join(taught)}"
            )
    assert introduced > 70, "most terms are introduced at home, in bold"
