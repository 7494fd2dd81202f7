"""What a learner takes home runs at home: each script, in an empty folder, with spawned processes, and no network."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from sitefixture import by_name, some
from takehome import NOTES, PROBE, chosen, elsewhere, fetched, ran_outside


@pytest.mark.parametrize("script", some(chosen(), 15), ids=by_name)
def test_a_downloaded_script_runs_in_an_empty_folder(site, uv, script, empty):
    path = fetched(site, f"{script.url}/{script.name}.py", empty)
    try:
        ran_outside(uv, "run", path.name, where=empty, spawns="always")
        beside = {found.name for found in script.path.parent.iterdir() if found.is_dir()}  # what it fetched
        assert {left.name for left in empty.iterdir()} - beside == {path.name}, "a tutorial leaves nothing behind"
    finally:
        remove_environment(uv, path)


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
