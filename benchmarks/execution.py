"""Executing all tutorials: `press run --all` beside plain nbclient, one script after the other, in one run.

    uv run benchmarks/execution.py [NAME ...]

Prints seconds, their ratio, and how long a kernel takes to answer its first cell. Nothing in outputs/ is touched.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import proof
from nbclient import NotebookClient

from press.execution.execution import execute
from press.execution.task import Task
from press.project import Settings
from press.scripts.script import Cell, Script
from press.tutorials import Tutorials

ROOT = Path(__file__).parents[1]


def plain_seconds(scripts: list[Script]) -> float:
    """Execute each script by nbclient in a fresh kernel of the ordinary kind."""
    begun = time.monotonic()
    for script in scripts:
        make = {"text": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
        notebook = nbformat.v4.new_notebook(cells=[make[cell.kind](cell.source) for cell in script.cells])
        with tempfile.TemporaryDirectory() as folder:
            NotebookClient(notebook, timeout=None, resources={"metadata": {"path": folder}}).execute()
        print(f"  nbclient, {script.name}: {time.monotonic() - begun:.0f} s so far", flush=True)
    return time.monotonic() - begun


def press_seconds(names: list[str]) -> float:
    """Execute the same scripts by the press, in a copy of the project."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "project")
        ignored = shutil.ignore_patterns(".git", ".venv", ".press", "site", "node_modules")
        shutil.copytree(ROOT, copy, ignore=ignored)
        begun = time.monotonic()
        command = [sys.executable, "-m", "press", "run", *names, "--all"]
        subprocess.run(command, cwd=copy, check=True)
        return time.monotonic() - begun


def kernel_seconds(count: int = 6) -> list[float]:
    """Seconds from asking for a kernel to the end of an empty tutorial that imports torch."""
    cells = (Cell("code", "import torch, torchvision, matplotlib.pyplot", 1),)
    times = []
    for _ in range(count):
        begun = time.monotonic()
        outcome = execute(Task("empty", "empty.py", cells, deadline=300, memory=8 * 10**9, threads=1))
        assert outcome.failure is None, outcome.failure
        times.append(time.monotonic() - begun)
    return times


if __name__ == "__main__":
    tutorials = Tutorials(Settings.find(ROOT))
    chosen = tutorials.select(sys.argv[1:])
    first, *others = kernel_seconds()
    median = statistics.median(others)
    print(f"a kernel, start to end: the first {first:.1f} s, then {median:.2f} s (median of {len(others)})")
    ours = press_seconds([script.name for script in chosen])
    plain = plain_seconds(chosen)
    print(f"press run --all {ours:.0f} s, plain nbclient {plain:.0f} s, ratio {ours / plain:.2f}")
    what = f"executing {len(chosen)} tutorials: seconds beside plain nbclient, one after the other"
    rows = [
        proof.figure(what, ours / plain),
        proof.figure("press run --all", ours, unit="s"),
        proof.figure("plain nbclient", plain, unit="s"),
        proof.figure("a kernel after the first, start to end", median, unit="s", at_most=1.5),
    ]
    proof.keep("execution", " ".join(["uv run benchmarks/execution.py", *sys.argv[1:]]), rows)
