"""SIGKILL at any moment: nothing wrong is stored, nothing finished is lost, the next run ends well, nothing is left."""

import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from sitefixture import some
from tinyproject import LIGHTLY, TinyProject

from press.__main__ import main
from press.kernels import provisioner as kernels

pytestmark = pytest.mark.skipif(not kernels.CAN_FORK, reason="needs signals and the fork server")

NAMES = ("one", "two")
TUTORIAL = '''\
"""
# NAME

It writes its name down when it has been executed to its end.
"""

# %%
import os, time

time.sleep(0.2)

# %%
print("output of NAME")
with open(os.environ["FAULTS_DIARY"], "a") as diary:
    diary.write("NAME\\n")
'''


def project(folder: Path) -> TinyProject:
    tiny = TinyProject(folder)
    for path in (tiny.root / "tutorials/1-first").iterdir():
        path.unlink()
    for number, name in enumerate(NAMES, 1):
        tiny.write(f"tutorials/1-first/{number:02}_{name}.py", TUTORIAL.replace("NAME", name))
    return tiny


def press_run(tiny: TinyProject, mark: str) -> subprocess.Popen:
    """`press run` as a process; everything that comes from it has the mark in its environment."""
    diary = {"FAULTS_DIARY": str(tiny.root / "diary"), "FAULTS_MARK": mark}
    return subprocess.Popen(
        [*LIGHTLY, "press", "run", "--jobs", "1"],
        cwd=tiny.root,
        env=os.environ | diary,
        stderr=subprocess.PIPE,
        text=True,
    )


def marked(mark: str) -> list[psutil.Process]:
    """The processes that came from a `press run` of this mark and are still there."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("FAULTS_MARK") == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:  # it has just ended, or is another user's
            continue
    return found


def diary(tiny: TinyProject) -> list[str]:
    path = tiny.root / "diary"
    return path.read_text().split() if path.exists() else []


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """How many seconds a run takes that nobody kills."""
    tiny = project(tmp_path_factory.mktemp("undisturbed"))
    begun = time.monotonic()
    told = press_run(tiny, "undisturbed").communicate(timeout=120)[1]
    assert "2 executed, 0 failed" in told and sorted(diary(tiny)) == sorted(NAMES)
    return time.monotonic() - begun


@pytest.mark.parametrize("sixth", some(range(6), 2))
def test_a_run_killed_at_a_random_moment(sixth, undisturbed, tmp_path, monkeypatch, capfd):
    """One in each sixth of a run."""
    tiny, mark = project(tmp_path), str(tmp_path)
    moment = undisturbed * (sixth + random.Random(sixth).random()) / 6
    process = press_run(tiny, mark)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    told = process.communicate()[1]

    # What it said to be done is stored, and whatever is stored is whole and right.
    states = tiny.states()
    assert set(states.values()) <= {"fresh", "missing"}, states
    assert {name for name in NAMES if f"{name}: done" in told} <= {name for name in NAMES if states[name] == "fresh"}
    before = diary(tiny)

    # The next run, begun while what was killed may still be dying, executes what is missing and nothing else.
    monkeypatch.chdir(tiny.root)
    monkeypatch.setenv("FAULTS_DIARY", str(tiny.root / "diary"))
    assert main(["run", "--jobs", "2"]) == 0, capfd.readouterr().err
    ran = re.findall(r"(\w+): running", capfd.readouterr().err)
    assert sorted(ran) == sorted(name for name in NAMES if states[name] == "missing")
    assert all(diary(tiny).count(name) >= before.count(name) + (name in ran) for name in NAMES)
    assert set(tiny.states().values()) == {"fresh"}
    tutorials = tiny.tutorials
    for script in tutorials.scripts:
        stored = tutorials.store.load(script)
        assert stored.outputs[1] == [{"name": "stdout", "output_type": "stream", "text": f"output of {script.name}\n"}]

    end = time.monotonic() + 30  # the fork server notices when its imports are done
    while (left := marked(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    assert left == []
