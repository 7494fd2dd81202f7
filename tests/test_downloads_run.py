"""What a learner takes home runs at home: each script, in an empty folder, with spawned processes, and no network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sitefixture import LESSONS, by_name, some
from takehome import NOTES, PROBE, chosen, elsewhere, fetched, ran, ran_outside

DONE = {  # what lessons say at the end of parts that they leave out where a machine lacks something
    "cpp-serve": ["built in ", "\nlargest difference "],
    "export-compile": ["ONNX Runtime agrees"],
}


@pytest.fixture(scope="module")
def desk(uv, tmp_path_factory) -> Iterator[Path]:
    """One file for all scripts in turn: uv keeps an environment by path, and Python compiles torch in the first only."""
    path = tmp_path_factory.mktemp("desk") / "empty" / "tutorial.py"
    yield path
    remove_environment(uv, path)


@pytest.mark.parametrize("script", some(chosen(), 15), ids=by_name)
def test_a_downloaded_script_runs_in_an_empty_folder(site, uv, script, desk):
    empty = desk.parent
    shutil.rmtree(empty, ignore_errors=True)
    empty.mkdir()
    fetched(site, f"{script.url}/{script.name}.py", empty).rename(desk)
    # "exact" takes out what the script before asked for and this one does not.
    printed = ran_outside(uv, "run", "--exact", desk.name, where=empty, spawns="always")
    for said in DONE.get(script.name, ()):
        assert said in printed, f"{script.name} has left out a part"
    beside = {found.name for found in script.path.parent.iterdir() if found.is_dir()}  # what it fetched
    assert {left.name for left in empty.iterdir()} - beside == {desk.name}, "a tutorial leaves nothing behind"


@pytest.mark.slow
def test_two_processes_train_together_and_begin_again_after_one_was_killed(empty):
    path = next(script.path for script in LESSONS if script.name == "distributed-training").resolve()
    printed = ran(sys.executable, path, where=empty)
    assert "attempt 2: process 0 begins at step 4, process 1 begins at step 4" in printed
    assert not any(empty.iterdir()), "a tutorial leaves nothing behind"


def test_nothing_outside_answers_a_script(uv, empty):
    path = empty / "probe.py"
    path.write_text("# /// script\n# dependencies = []\n# ///\n" + PROBE, encoding="utf-8")
    try:
        with pytest.raises(AssertionError, match="asked for"):
            ran_outside(uv, "run", path.name, where=empty, spawns="always")
        asked = (empty.parent / NOTES).read_text(encoding="utf-8").count("asked for 192.0.2.1\n")
        assert asked == 3, "the script, its worker, and another Python"
    finally:
        remove_environment(uv, path)


def remove_environment(uv: str, path: Path) -> None:
    """uv keeps an environment for each script that it ever ran, by its path; this one will not come again."""
    found = subprocess.run([uv, "python", "find", "--script", path], capture_output=True, text=True, env=elsewhere())
    home = Path(found.stdout.strip() or "/").parent.parent
    if home.name.startswith(f"{path.stem}-") and (home / "pyvenv.cfg").is_file():
        shutil.rmtree(home, ignore_errors=True)
