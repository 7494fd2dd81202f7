"""The cache of slow steps, and builds that use it: the same bytes as without, and nothing kept too long."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from press.site import cache
from press.site.bundle import build_site
from press.site.cache import KEPT, Cache
from press.site.html.facts import PageFacts

CALLS = []


@pytest.fixture(autouse=True)
def nothing_called():
    CALLS.clear()


def step(*arguments):
    CALLS.append(arguments)
    return {"text": "ä", "list": [1, None]}


def another_step(*arguments):
    return step(*arguments)


def test_a_result_is_made_once_and_known_to_the_next_process(tmp_path):
    kept = Cache(tmp_path)
    assert kept(step, "a") == kept(step, "a") == Cache(tmp_path)(step, "a") == {"text": "ä", "list": [1, None]}
    assert CALLS == [("a",)]
    said = subprocess.run(
        [sys.executable, "-c", f"from test_cache import *; Cache(Path({str(tmp_path)!r}))(step, 'a'); print(CALLS)"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "[]\n"


@dataclass(frozen=True)
class Facts:
    names: Mapping[str, str]
    cells: tuple[str, ...] = ()


DIFFERENT = [
    (step, "a"),
    (another_step, "a"),
    (step, "b"),
    (step, "a", ""),
    (step, "", "a"),
    (step, ["a"]),
    (step, {"a": 1}),
    (step, {"a": None}),
    (step, 1),
    (step, Facts({"a": "b"})),
    (step, Facts({"a": "c"})),
    (step, Facts({"a": "b"}, ("c",))),
]


def test_another_function_or_another_argument_is_another_result(tmp_path):
    for function, *arguments in DIFFERENT:
        Cache(tmp_path)(function, *arguments)
    assert len(CALLS) == len(DIFFERENT) == len(list(tmp_path.iterdir()))
    Cache(tmp_path)(step, Facts({"a": "b"}))
    assert len(CALLS) == len(DIFFERENT), "equal arguments are the same"


def test_every_fact_about_a_page_is_part_of_the_key(tmp_path):
    """A field that the key forgot would be a stale page."""
    other = {str: "x", bool: True, tuple: ("x",), dict: {"x": "y"}, type(None): {"x": "y"}}
    for field in dataclasses.fields(PageFacts):
        facts = PageFacts(url="")
        value = other[type(getattr(facts, field.name))]
        Cache(tmp_path)(step, facts)
        Cache(tmp_path)(step, dataclasses.replace(facts, **{field.name: value}))
    assert len(CALLS) == 1 + len(dataclasses.fields(PageFacts))


def test_what_has_no_place_in_a_key_is_refused(tmp_path):
    with pytest.raises(TypeError, match="has no place in a key"):
        Cache(tmp_path)(step, object())


def test_another_version_of_a_library_that_is_named_is_another_result_and_of_others_not(tmp_path, monkeypatch):
    installed = {"pygments": "1", "numpy": "1"}
    monkeypatch.setattr(cache, "version", lambda name: f"{name} {installed[name]}")
    Cache(tmp_path)(step, "a", by=("pygments",))
    installed["numpy"] = "2"
    Cache(tmp_path)(step, "a", by=("pygments",))
    assert len(CALLS) == 1
    installed["pygments"] = "2"
    Cache(tmp_path)(step, "a", by=("pygments",))
    assert len(CALLS) == 2


def test_another_press_is_another_result(tmp_path, monkeypatch):
    Cache(tmp_path)(step, "a")
    monkeypatch.setattr(cache, "press", lambda: "edited")
    Cache(tmp_path)(step, "a")
    assert len(CALLS) == 2


def test_a_library_that_is_absent_has_no_version_and_is_no_error():
    assert cache.version("no-such-distribution") == "no-such-distribution is absent"


def test_a_damaged_result_is_made_again(tmp_path):
    Cache(tmp_path)(step)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for damaged in (b"", whole[:-3], whole.replace(b"null", b"true"), b"\xff" + whole):
        path.write_bytes(damaged)
        assert Cache(tmp_path)(step) == {"text": "ä", "list": [1, None]}
        assert path.read_bytes() == whole
    assert len(CALLS) == 5


def test_the_first_build_gets_what_every_later_one_gets(tmp_path):
    """JSON knows no tuple: a page would differ between the first build and the second."""
    assert Cache(tmp_path)(tuple, ["a"]) == Cache(tmp_path)(tuple, ["a"]) == ["a"]


def test_without_room_for_it_a_result_is_there_all_the_same(tmp_path):
    (tmp_path / "file").write_text("no folder can be made here")
    kept = Cache(tmp_path / "file")
    assert kept(step) == kept(step) == {"text": "ä", "list": [1, None]}
    assert len(CALLS) == 2
    kept.prune()


def test_what_nobody_used_for_two_weeks_is_removed_and_what_is_used_is_not(tmp_path):
    kept = Cache(tmp_path)
    for name in "ab":
        kept(step, name)
    for path in tmp_path.iterdir():
        os.utime(path, (time.time() - KEPT - 60,) * 2)
    kept(step, "b")
    kept.prune()
    kept(step, "b")
    assert CALLS == [("a",), ("b",)]
    assert len(list(tmp_path.iterdir())) == 1


# Builds --------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def fixed_date(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # mkdocs' own theme writes the time of the build into the home page


def built(tiny) -> tuple[dict[str, bytes], str]:
    """The files of a site, and what its build warned of."""
    site = tiny.root / "site"
    warnings = build_site(tiny.root / "mkdocs.yml", site, "https://here.example/")
    files = {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    return files, "\n".join(warnings)


@pytest.fixture
def project(tiny):
    tiny.write("docs/glossary.md", "# Glossary\n\n## S\n\nsection\n:   A part of a page, with a head of its own.\n")
    tiny.write("docs/more.md", "# More\n\n## Deep\n\n[home](index.md)\n")
    tiny.pretend_run()
    return tiny


def test_the_second_build_gives_the_same_bytes_as_the_first_and_makes_nothing_again(project):
    first, _ = built(project)
    kept = sorted(path.name for path in (project.root / ".press/cache").iterdir())
    second, _ = built(project)
    assert first == second and len(first) > 20
    assert kept == sorted(path.name for path in (project.root / ".press/cache").iterdir()) != []


EDITS = [
    ("tutorials/1-first/01_hello.py", "Some text.", "Some other text about a section."),
    ("docs/glossary.md", "A part of a page", "One piece of a page"),  # which now a tutorial shows
    ("docs/more.md", "## Deep", "## Deeper"),
    ("mkdocs.yml", "site_name: tiny", "site_name: tiny\nmarkdown_extensions: [toc: {permalink: true}]"),
]


def test_a_build_after_any_edit_gives_what_a_first_build_would(project):
    before, _ = built(project)
    for edit in EDITS:
        project.edit(*edit)
        after, _ = built(project)
        shutil.rmtree(project.root / ".press/cache")
        assert after == built(project)[0], edit
        assert after != before, f"{edit}: nothing of it is seen"
        before = after


def test_a_broken_link_is_told_by_every_build(tiny):
    tiny.write("docs/more.md", "# More\n\n[nowhere](nowhere.md)\n")
    tiny.pretend_run()
    for _ in range(2):
        assert "nowhere.md" in built(tiny)[1]


def test_a_link_to_an_anchor_that_went_away_is_told_although_its_page_is_the_same(tiny):
    tiny.write("mkdocs.yml", "site_name: tiny\nvalidation: {anchors: warn}\nplugins: [search, press]\n")
    tiny.write("docs/more.md", "# More\n\n## Deep\n\nWords.\n")
    tiny.write("docs/index.md", "# Home\n\n[deep](more.md#deep)\n")
    tiny.pretend_run()
    assert built(tiny)[1] == ""
    tiny.edit("docs/more.md", "## Deep", "## Deeper")
    assert "does not contain an anchor '#deep'" in built(tiny)[1]
