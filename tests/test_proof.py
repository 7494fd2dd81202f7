"""The page of proofs: what stands there is what was measured last, and an aim that was missed is shown as missed."""

import html
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
proof = pytest.importorskip("proof")
sys.path.remove(str(ROOT / "benchmarks"))

AGAIN = "docs/proof.md is out of date; write it again with: uv run benchmarks/proof.py"
RESULTS = {path.stem: proof.read(path) for path in sorted(proof.RESULTS.glob("*.json"))}


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A folder without results, in place of the real one."""
    monkeypatch.setattr(proof, "RESULTS", tmp_path / "results")
    return proof.RESULTS


def test_the_figures_on_the_page_are_those_of_the_last_results():
    assert proof.PAGE.read_text(encoding="utf-8").startswith(proof.figures()), AGAIN


def test_every_sentence_on_the_page_is_the_name_of_a_test_that_exists():
    # A new test may be missing until the page is written again; what the page says is true at any time.
    _, _, shown = proof.PAGE.read_text(encoding="utf-8").partition("## What is tested")
    known = set("\n".join(proof.tested()).splitlines())
    claimed = [line for line in shown.splitlines() if line.startswith("    - ")]
    assert len(claimed) > 40
    assert [line for line in claimed if line not in known] == [], AGAIN


@pytest.mark.parametrize("name", RESULTS)
def test_a_missed_aim_among_the_results_says_what_the_limit_is(name):
    missed = [row for row in RESULTS[name]["figures"] if not proof.is_met(row)]
    assert [row["what"] for row in missed if len(row["note"]) < 20] == []


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_belongs_to_a_benchmark_that_names_its_command(name):
    file = re.search(r"uv run (benchmarks/\w+\.py)", RESULTS[name]["command"])[1]
    assert (ROOT / file).is_file() and file == f"benchmarks/{name}.py"


def test_a_missed_aim_is_shown_as_missed_with_its_reason(results):
    rows = [
        proof.figure("slow thing", 1.5, at_most=1.2, note="The disk is the limit."),
        proof.figure("quick thing", 0.7, at_most=0.8),
        proof.figure("many things", 11, at_least=12, note="There are no more."),
        proof.figure("right things", 11, equal=12, note="One is wrong."),
    ]
    proof.keep("peers", "uv run benchmarks/peers.py", rows)
    text = proof.page()
    assert "| slow thing | at most 1.2 | 1.5, **missed** |" in text
    assert "| quick thing | at most 0.8 | 0.7, reached |" in text
    assert "| many things | at least 12 | 11, **missed** |" in text
    assert "| right things | 12 | 11, **missed** |" in text
    assert "**Missed:** slow thing. The disk is the limit." in text and "quick thing." not in text


def test_a_figure_without_an_aim_is_neither_reached_nor_missed(results):
    proof.keep("peers", "uv run benchmarks/peers.py", [proof.figure("size", 1234567.0, unit="bytes")])
    assert "| size |  | 1,230,000 bytes |" in proof.page() and "Missed" not in proof.figures()


def test_a_reason_is_kept_while_the_aim_is_missed_and_goes_when_it_is_reached(results):
    def measured(value):
        proof.keep("peers", "uv run benchmarks/peers.py", [proof.figure("ratio", value, at_most=1)])
        return proof.read(results / "peers.json")["figures"][0]["note"]

    proof.keep("peers", "uv run benchmarks/peers.py", [proof.figure("ratio", 2.0, at_most=1, note="A reason.")])
    assert [measured(3.0), measured(0.5), measured(3.0)] == ["A reason.", "", ""]


def test_a_result_of_an_unknown_benchmark_and_one_without_figures_render(results):
    proof.keep("other", "uv run benchmarks/other.py", [], purpose="What it is for.", tables={"All": [["a"], ["b|c"]]})
    text = proof.figures()
    assert "### Other\n\nWhat it is for.\n" in text and "All:\n\n| a |\n| --- |\n| b&#124;c |" in text


def test_names_of_tests_and_of_figures_cannot_write_html(results, tmp_path, monkeypatch):
    monkeypatch.setattr(proof, "ROOT", tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_machines.py").write_text('"""An <img> of "x"."""\n\n\ndef test_a_b():\n    pass\n')
    proof.keep("peers", "uv run x", [proof.figure("<script>", 1)])
    text = proof.page()
    assert "<script>" not in text and "<img>" not in text and "    - A b\n" in text
    assert html.unescape(re.search(r'\?\?\? abstract "(.*)"', text)[1]) == 'An <img> of "x".'
