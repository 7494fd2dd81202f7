"""The memo of slow steps, and builds that use it: the same bytes as without, and nothing kept too long."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

import pytest

from press.memo import KEPT, Memo, Unkept, fingerprint


@pytest.fixture
def calls():
    return []


@pytest.fixture
def step(calls):
    def compute():
        calls.append(1)
        return {"text": "ä", "list": [1, None]}

    return compute


def test_a_step_is_done_once_and_known_to_the_next_process(tmp_path, step, calls):
    memo = Memo(tmp_path)
    assert memo("k", ["a"], step) == memo("k", ["a"], step) == Memo(tmp_path)("k", ["a"], step)
    assert len(calls) == 1


@pytest.mark.parametrize("kind, inputs", [("k", ["b"]), ("l", ["a"]), ("k", ["a", ""]), ("k", ["", "a"])])
def test_another_step_or_other_inputs_are_another_result(tmp_path, step, calls, kind, inputs):
    Memo(tmp_path)("k", ["a"], step)
    Memo(tmp_path)(kind, inputs, step)
    assert len(calls) == 2


def test_two_texts_are_not_one_text_cut_elsewhere():
    assert len({fingerprint("ab", "c"), fingerprint("a", "bc"), fingerprint("abc"), fingerprint("1:a", "bc")}) == 4


def test_a_damaged_result_is_made_again(tmp_path, step, calls):
    Memo(tmp_path)("k", [], step)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for damaged in (b"", whole[:-3], whole.replace(b"null", b"true"), b"\xff" + whole):
        path.write_bytes(damaged)
        assert Memo(tmp_path)("k", [], step) == {"text": "ä", "list": [1, None]}
        assert path.read_bytes() == whole
    assert len(calls) == 5


def test_a_result_that_must_not_be_kept_is_made_again(tmp_path, calls):
    def warned():
        calls.append(1)
        raise Unkept("result")

    memo = Memo(tmp_path)
    assert memo("k", [], warned) == memo("k", [], warned) == "result"
    assert len(calls) == 2 and not list(tmp_path.iterdir())


def test_what_nobody_used_for_two_weeks_is_removed_and_what_is_used_is_not(tmp_path, step):
    for name in "ab":
        Memo(tmp_path)("k", [name], step)
    for path in tmp_path.iterdir():
        os.utime(path, (time.time() - KEPT - 60,) * 2)
    memo = Memo(tmp_path)
    memo("k", ["b"], step)
    memo.prune()
    assert len(list(tmp_path.iterdir())) == 1
    assert memo.held and not (memo.prune() or memo.held), "a build that does not use it forgets it"


def built(tiny, *options) -> tuple[dict[str, bytes], str]:
    """The files of a site built by a process of its own, and what it said."""
    command = [sys.executable, "-m", "mkdocs", "build", *options]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "0", "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=tiny.root, env=environment, capture_output=True, text=True)
    site = tiny.root / "site"
    files = {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    return files, done.stdout + done.stderr


def test_the_second_build_gives_the_same_bytes_as_the_first(tiny):
    tiny.write("docs/glossary.md", "# Glossary\n\n## S\n\nsection\n:   A part of a page, with a head of its own.\n")
    tiny.pretend_run()
    first, _ = built(tiny)
    kept = sorted(path.name for path in (tiny.root / ".press/memo").iterdir())
    second, _ = built(tiny)
    assert first == second and len(first) > 20
    assert kept == sorted(path.name for path in (tiny.root / ".press/memo").iterdir()), "nothing was made again"
    assert {name.split("-")[0] for name in kept} >= {"rendered", "content"}


def test_a_build_after_any_edit_gives_what_a_first_build_would(tiny):
    tiny.write("docs/glossary.md", "# Glossary\n\n## S\n\nsection\n:   A part of a page, with a head of its own.\n")
    tiny.write("docs/more.md", "# More\n\n## Deep\n\n[home](index.md)\n")
    tiny.pretend_run()
    built(tiny)
    edits = [
        ("tutorials/1-first/01_hello.py", "Some text.", "Some other text about a section."),
        ("docs/glossary.md", "A part of a page", "One piece of a page"),  # which now a tutorial shows
        ("docs/more.md", "## Deep", "## Deeper"),
        ("mkdocs.yml", "site_name: tiny", "site_name: tiny\nmarkdown_extensions: [toc: {permalink: true}]"),
    ]
    for edit in edits:
        tiny.edit(*edit)
        before, _ = built(tiny)
        shutil.rmtree(tiny.root / ".press/memo")
        assert before == built(tiny)[0], edit


def test_a_broken_link_is_told_by_every_build(tiny):
    tiny.write("docs/more.md", "# More\n\n[nowhere](nowhere.md)\n")
    tiny.pretend_run()
    for _ in range(2):
        _, said = built(tiny, "--strict")
        assert "nowhere.md" in said and "Aborted" in said


def test_a_link_to_an_anchor_that_went_away_is_told_although_its_page_is_the_same(tiny):
    tiny.write("mkdocs.yml", "site_name: tiny\nvalidation: {anchors: warn}\nplugins: [search, press]\n")
    tiny.write("docs/more.md", "# More\n\n## Deep\n\nWords.\n")
    tiny.write("docs/index.md", "# Home\n\n[deep](more.md#deep)\n")
    tiny.pretend_run()
    assert "WARNING" not in built(tiny)[1]
    tiny.edit("docs/more.md", "## Deep", "## Deeper")
    assert "does not contain an anchor '#deep'" in built(tiny)[1]
