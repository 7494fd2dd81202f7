"""A small project of its own, with a package of three functions and two tutorials, for tests of the press."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from press.project import Settings
from press.store import Run
from press.tutorials import Tutorials

LIGHTLY = (sys.executable, str(Path(__file__).with_name("lightly.py")))

HELLO = '''\
# /// script
# dependencies = ["pack"]
#
# [tool.kindling]
# chapters = ["A1"]
# data = ["small"]
# minutes = 1
# ///
"""
# Hello

A lead of one sentence.
"""

# %%
# ## A section
#
# Some text.

from pack.tools import double

print(double(21))

# %%
# More text.

print("end")
'''

TOOLS = '''\
"""Tools."""

FACTOR = 2


def double(x):
    """Twice."""
    return scale(x, FACTOR)


def scale(x, factor):  # two calls below the tutorial
    return x * factor


def unrelated(x):
    return x + 1
'''

OTHER = '''\
"""
# Other

It reaches another function of the same module.
"""

# %%
from pack import tools

print(tools.unrelated(1))
'''


class TinyProject:
    """A project in a folder of its own, with a package of three functions and two tutorials."""

    def __init__(self, root: Path):
        self.root = root
        self.write("mkdocs.yml", "site_name: tiny\nplugins:\n  - search\n  - press: {package: src/pack}\n")
        self.write("docs/index.md", "# Home\n")
        self.write(
            "docs/chapters.toml",
            '[[source]]\nid = "a"\ntitle = "A book"\n[[chapter]]\nid = "A1"\nsource = "a"\ntitle = "One"\n',
        )
        self.write("src/pack/__init__.py", '"""A package."""\n')
        self.write("src/pack/tools.py", TOOLS)
        self.write(
            "src/pack/cards.toml",
            '[small]\ntitle = "Small"\nversion = "1"\nfiles = [{ path = "a.csv", sha256 = "00" }]\n',
        )
        self.write("tutorials/1-first/01_hello.py", HELLO)
        self.write("tutorials/1-first/02_other.py", OTHER)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    @property
    def tutorials(self) -> Tutorials:
        """A tutorials of the files as they are now."""
        return Tutorials(Settings.find(self.root))

    def states(self) -> dict[str, str]:
        tutorials = self.tutorials
        return {script.name: tutorials.status(script).state for script in tutorials.scripts}

    def why(self, name: str) -> str:
        tutorials = self.tutorials
        return tutorials.status(tutorials.select([name])[0]).why

    def pretend_run(self, *names: str) -> None:
        """Store a made-up run of each tutorial, so that a test of keys and pages needs no kernel."""
        tutorials = self.tutorials
        for script in tutorials.select(names):
            tutorials.store.save(script, made_up(script), tutorials.key(script), Run(seconds=1.5))

    def run(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a module of the environment (`press`, `mkdocs`) in the project."""
        done = subprocess.run(
            [*LIGHTLY, *command],
            cwd=self.root,
            env={**os.environ, "NO_MKDOCS_2_WARNING": "1", **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done


def made_up(script):
    """A notebook as a run would give it, with one line of output per code cell."""
    cells = []
    for number, cell in enumerate(script.cells):
        shared = {"id": f"cell-{number}", "metadata": {}, "source": cell.source}
        if cell.kind == "text":
            cells.append({"cell_type": "markdown", **shared})
        else:
            output = {"output_type": "stream", "name": "stdout", "text": f"output of line {cell.line}\n"}
            cells.append({"cell_type": "code", "execution_count": 1, "outputs": [output], **shared})
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
