"""Whatever goes wrong is told in one line, with tutorial, file and line, and spoils nothing else.

The table of the design, "What bad input gets", and the tests that hold each of its rows:

script without title:   test_a_script_without_title_is_told_where_the_title_goes
unknown chapter, data:  test_unknown_chapters_and_data_sets_are_told_with_the_known_ones
duplicate slug:         test_a_slug_that_two_scripts_claim_is_told_with_the_first, test_two_scripts_of_one_slug_stop_the_build
malformed header:       test_a_wrong_header_is_told_with_file_line_and_what_is_allowed, test_a_header_without_an_end_is_malformed,
                        test_a_script_that_breaks_the_format_stops_every_command_with_file_and_line
exception in a cell:    test_each_way_to_fail_is_told_by_file_and_line_and_leaves_the_others_alone,
                        test_a_failing_tutorial_stops_the_build_after_the_others_and_keeps_the_old_site
hang, death, exit:      test_each_way_to_fail_is_told_by_file_and_line_and_leaves_the_others_alone,
                        test_a_cell_that_ignores_signals_meets_the_deadline_too
memory over the limit:  test_a_cell_that_fills_the_memory_fails_alone
truncated output:       test_a_store_cut_at_any_place_is_told_and_repaired, test_a_damaged_scratch_folder_makes_no_wrong_page
hand-edited output:     test_an_edited_output_counts_as_absent_and_is_named, test_an_edited_record_counts_as_absent
full disk:              test_a_full_disk_is_told_and_the_next_run_ends_well, test_a_full_disk_leaves_the_old_file_and_no_other
two builds at once:     test_two_runs_and_a_build_at_once_end_well, test_two_runs_at_once_both_end_well
SIGKILL at any moment:  test_a_run_killed_at_a_random_moment, test_a_site_build_killed_at_random_moments_spoils_no_later_one,
                        test_a_write_killed_between_any_two_steps_leaves_the_old_file_or_the_new
corrupt data:           test_data_that_arrives_wrong_is_told_in_one_line_and_fetched_again,
                        test_a_damaged_file_in_the_cache_is_downloaded_again
network away:           test_without_a_network_the_site_builds_and_tutorials_with_data_run,
                        test_without_network_and_data_there_is_one_clear_error
HTML in an output:      test_nothing_that_an_output_brings_along_can_run_in_the_page, test_no_output_runs_in_a_browser
wrong workbook answer:  test_typical_wrong_answers_get_messages_of_their_own,
                        test_a_wrong_type_a_wrong_shape_and_an_exception_get_a_sentence
"""

import json
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


def test_every_row_of_the_table_is_held_by_tests_that_exist():
    written = {
        name for path in TESTS.rglob("test_*.py") for name in re.findall(r"(?m)^def (test_\w+)", path.read_text())
    }
    named = re.findall(r"\btest_\w+", __doc__ or "")
    assert len(named) > 20 and set(named) <= written, set(named) - written


FAULTS = {
    "{}['gone']": "KeyError: 'gone'",
    "raise RuntimeError('two\\nlines')": "RuntimeError: two lines",
    "import sys; sys.exit('enough')": "SystemExit: enough",
    "while True: pass": "not finished after 4 s, the deadline of the whole tutorial",
    "import os; os._exit(3)": "the kernel died: it left with exit status 3",
    "import ctypes; ctypes.string_at(0)": "the kernel died: killed by SIGSEGV",
    "import os; os.kill(os.getpid(), 9)": "the kernel died: killed by SIGKILL",
    "import warnings; warnings.warn('old', FutureWarning)": "FutureWarning: old",
}
BROKEN = '''\
"""
# Fault

It fails in its second cell.
"""

# %%
print("kept")

# %%
# Then:

{}
'''


def test_each_way_to_fail_is_told_by_file_and_line_and_leaves_the_others_alone(tiny, call):
    for number, code in enumerate(FAULTS, 3):
        tiny.write(f"tutorials/1-first/{number:02}_fault{number}.py", BROKEN.format(code))
    code, told = call("run", "--jobs", "2", "--deadline", "4")
    assert code == 1
    expected = [
        f"tutorials/1-first/{number:02}_fault{number}.py:13: cell 2: {message}"
        for number, message in enumerate(FAULTS.values(), 3)
    ]
    assert sorted(line for line in told if line.startswith("tutorials/")) == expected
    assert told[-1] == "2 executed, 8 failed, 0 were fresh" and not any("Traceback" in line for line in told)

    # Nothing of them is stored, their output so far is kept apart, and status says the same as the run did.
    states = {row["name"]: (row["state"], row["why"]) for row in json.loads("\n".join(call("status", "--json")[1]))}
    assert states.pop("hello") == states.pop("other") == ("fresh", "")
    assert [states[f"fault{number}"] for number in range(3, 11)] == [("failed", line) for line in expected]
    assert sorted(path.name for path in (tiny.root / "outputs").rglob("*.*")) == ["hello.ipynb", "other.ipynb"]
    for number in range(3, 11):
        kept = json.loads((tiny.root / f".press/failed/1-first/fault{number}.ipynb").read_text())
        assert kept["cells"][1]["outputs"][0]["text"] == "kept\n"


GOOD = '"""\n# Third\n\nA lead.\n"""\n\n# %%\nx = 1\n'
HEADED = "# /// script\n{}\n# ///\n" + GOOD


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "1: no title; the script begins with a docstring"),
        ("x = 1\n", "1: no title"),
        ('"""\n# Third\n"""\nx = (\n', "4: not valid Python: "),
        ('"""\n# Third\n"""\nx = "\0"\n', "4: a NUL character; save the file as UTF-8"),
        ('"""\n# Third\n"""\n\nx = "é"\n'.encode("latin-1"), "5: not UTF-8: "),
        (GOOD + "def f():\n    x = 1\n\n# %%\n# More.\n\n    return x\n", "15: the cell is not valid Python by itself: "),
        (HEADED.format("# tool = 3"), "2: malformed header: [tool.kindling] is a table"),
        (HEADED.format("# [tool]\n# kindling = 3"), "2: malformed header: [tool.kindling] is a table"),
        (HEADED.format('# dependencies = "torch"'), "2: dependencies is 'torch'; allowed is a list of packages"),
        (HEADED.format("# requires-python = '3'\n# dependencies = [3]"), "3: dependencies is [3]; allowed is"),
        (HEADED.format("# [tool.kindling]\n# minutes = inf"), "3: minutes is inf; allowed is a number of minutes"),
        (HEADED.format("# [tool.kindling]\n# minutes = nan"), "3: minutes is nan; allowed is"),
        (HEADED.format("# [tool.kindling]\n# minutes = -1"), "3: minutes is -1; allowed is"),
        (HEADED.format("# [tool.kindling]\n# figure = 0"), "3: figure is 0; allowed is the number of the figure"),
        (HEADED.format("# [tool.kindling]\n# gpu = 1"), "3: gpu is 1; allowed is true if"),
        (HEADED.format("# [tool.kindling\n# gpu = 1"), "2: malformed header: "),
    ],
    ids=lambda value: value if str(value)[:1].isdigit() else "",
)  # fmt: skip
def test_a_script_that_breaks_the_format_stops_every_command_with_file_and_line(tiny, call, content, told):
    path = tiny.write("tutorials/1-first/03_third.py", GOOD)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    line = f"tutorials/1-first/03_third.py:{told}"
    code, lines = call("run", "third")
    assert code == 1 and lines[0].startswith(line) and lines[1:] == ["nothing to do: 0 fresh"]
    code, lines = call("check")
    assert code == 1 and lines[0].startswith(line)
    code, lines = call("status")
    assert code == 0 and [row.split()[1] for row in lines] == ["missing", "missing", "failed"] and line in lines[2]


def test_a_package_that_cannot_be_parsed_is_told_by_file_and_line(tiny, call):
    tiny.edit("src/pack/tools.py", "    return x + 1", "    return x +")
    for command in ("run", "status", "check"):
        code, lines = call(command)
        assert code == (command != "status")
        told = [line for line in lines if "src/pack/tools.py:16: not valid Python: invalid syntax" in line]
        assert [re.search(r"0\d_\w+|hello|other", line)[0] for line in told] == ["hello", "other"] or len(told) == 2, (
            lines
        )
