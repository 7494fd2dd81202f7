"""The list of chapters: whole, without contradiction, and the only one that tutorials' headers may name."""

import tomllib
from collections import Counter
from pathlib import Path

import pytest
from sitefixture import LESSONS

ROOT = Path(__file__).parents[1]
TABLE = tomllib.loads((ROOT / "docs" / "chapters.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("kind", "key"), [("source", "id"), ("chapter", "id"), ("tutorial", "slug"), ("page", "slug")])
def test_every_name_is_given_once(kind, key):
    assert [name for name, times in Counter(entry[key] for entry in TABLE[kind]).items() if times > 1] == []


def test_every_chapter_has_a_source_a_title_and_a_place():
    sources = {source["id"] for source in TABLE["source"]}
    places = {entry["slug"] for kind in ("tutorial", "page") for entry in TABLE[kind]}
    for chapter in TABLE["chapter"]:
        assert chapter["source"] in sources, chapter
        assert chapter["title"] and set(chapter["planned"]) <= places, chapter
        assert chapter["planned"] or chapter.get("note"), chapter


def test_every_source_has_chapters_and_every_tutorial_covers_one():
    assert {chapter["source"] for chapter in TABLE["chapter"]} == {source["id"] for source in TABLE["source"]}
    planned = {slug for chapter in TABLE["chapter"] for slug in chapter["planned"]}
    assert {tutorial["slug"] for tutorial in TABLE["tutorial"]} <= planned


def test_tutorials_that_exist_are_in_the_part_that_was_planned():
    planned = {tutorial["slug"]: tutorial["part"] for tutorial in TABLE["tutorial"]}
    for script in (ROOT / "tutorials").glob("*/*.py"):
        if script.parent.name == "9-errors":
            continue  # looked up, not read in order
        slug = script.stem.removesuffix(".exercises").split("_", 1)[1]
        assert planned.get(slug) == script.parent.name, f"{script.name}: add it to docs/chapters.toml"


def test_a_tutorial_that_exists_covers_every_chapter_that_was_planned_for_it():
    for script in LESSONS:
        planned = {chapter["id"] for chapter in TABLE["chapter"] if script.name in chapter["planned"]}
        assert planned <= set(script.header.chapters), f"{script.path}: {planned - set(script.header.chapters)}"


def test_every_chapter_of_every_source_is_covered():
    written = {page["slug"] for page in TABLE["page"] if (ROOT / "docs" / page["file"]).is_file()}
    covered = {name for script in LESSONS for name in script.header.chapters}
    for chapter in TABLE["chapter"]:
        if chapter["planned"]:
            assert chapter["id"] in covered or written & set(chapter["planned"]), chapter


def test_every_tutorial_that_was_planned_is_written():
    assert {entry["slug"] for entry in TABLE["tutorial"]} == {script.name for script in LESSONS}


def test_no_term_of_the_glossary_waits_for_its_page():
    assert "(planned" not in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
