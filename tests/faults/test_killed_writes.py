"""SIGKILL in the middle of a write, or of a build: the old file or the new one, and a later build like any other."""

import random
import signal
import subprocess
import sys
import time

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from tinyproject import LIGHTLY, TinyProject

from press import files
from press.kernels import provisioner as kernels

pytestmark = pytest.mark.skipif(not kernels.CAN_FORK, reason="needs signals")

STEPS = ("tempfile.mkstemp", "os.fdopen", "os.fsync", "os.chmod", "os.replace")
WRITE = """
import os, signal, sys, tempfile
from pathlib import Path
from press import files

module, name = sys.argv[2].split(".")
usual = getattr(sys.modules[module], name)

def last(*arguments, **options):
    if sys.argv[3] == "after":
        usual(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(sys.modules[module], name, last)
files.write(Path(sys.argv[1]), "new" * 100_000)
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_write_killed_between_any_two_steps_leaves_the_old_file_or_the_new(step, when, tmp_path):
    path = tmp_path / "hello.ipynb"
    path.write_text("old")
    killed = subprocess.run([sys.executable, "-c", WRITE, str(path), step, when])
    assert killed.returncode == -signal.SIGKILL
    assert path.read_text() == ("new" * 100_000 if (step, when) == ("os.replace", "after") else "old")
    files.write(path, "next")
    assert path.read_text() == "next"


def test_a_site_build_killed_at_random_moments_spoils_no_later_one(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # mkdocs' own theme writes the time of the build into the home page
    tiny = TinyProject(tmp_path / "tiny")
    tiny.pretend_run()

    def pages() -> dict[str, bytes]:
        config = load_config(str(tiny.root / "mkdocs.yml"))
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
        kept = (".html", ".ipynb", ".py", ".css", ".js")
        site = tiny.root / "site"
        return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.suffix in kept}

    expected, chance = pages(), random.Random(5)
    begun = time.monotonic()
    tiny.run("mkdocs", "build", "--quiet")
    whole = time.monotonic() - begun
    for number in range(5):
        command = [*LIGHTLY, "mkdocs", "build", "--quiet"]
        process = subprocess.Popen(command, cwd=tiny.root, stderr=subprocess.DEVNULL)
        try:
            process.wait(whole * (number + chance.random()) / 5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert pages() == expected
