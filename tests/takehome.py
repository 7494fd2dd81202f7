"""What the tests of the downloads share: a machine that is not ours, and what is fetched to it.

**When the network is blocked.** Every Python process that comes from a download runs under `outside/sitecustomize.py`:
the script, the notebook's kernel, `%pip install` in its first cell, and all that these start. They reach this machine,
where the site is served, and no other; they may not even ask for one. uv is not Python and is not blocked: when it
builds the environment of a script, or once per session that of Jupyter, it may ask the package index for what its cache
lacks, as it does for any learner. `test_nothing_outside_answers` proves, in the same session, that the block holds.

**Whose settings hold.** Nobody's: neither a configuration file of pip or uv nor a variable of theirs gets there. A
constraint or a folder of wheels that this machine has would make another environment than a learner's. A network has
facts of its own, though, and those are inherited: proxies and certificates by the variables that every program reads
(HTTPS_PROXY, SSL_CERT_FILE, REQUESTS_CA_BUNDLE), and the two variables of uv in `KEPT`, which say where packages come
from and where they lie, never which ones. pip needs neither: it reaches the site alone.

**How processes start.** Scripts run as on Windows, where `spawn` is the only start method, notebooks as on a Mac, where
it is the default. All is a smoke run, on a few samples of the real data if KINDLING_DATA names a folder, else on made-up
ones.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sitefixture import CLINIC, LESSONS, ROOT, SCRIPTS, answer

from press.scripts.script import Script

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SECONDS = 400  # for a command; a busy machine may need minutes for what else takes ten seconds
OUTSIDE = Path(__file__).parent / "outside"
KEPT = ("KINDLING_DATA", "UV_CACHE_DIR", "UV_DEFAULT_INDEX")
NOTES = "notes.txt"  # beside the folder of a download: what its processes noted


def chosen() -> list[Script]:
    """The first lesson, the first of the clinic, and each one that needs a package or data as none before it does.

    All go through the same code, so that one more lesson adds nothing here unless it needs something new.
    """
    known: set[str] = set()
    found = []
    for script in LESSONS:
        needs = {*script.header.dependencies, *script.header.data}
        if needs - known:
            found.append(script)
        known |= needs
    return [*found, *CLINIC[:1]]


@pytest.fixture(scope="session")
def uv() -> str:
    """Without uv nobody can follow the README, but somebody may still run the other tests."""
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        message = "uv is absent (pip install uv); it runs the downloaded scripts"
        pytest.fail(message) if os.environ.get("KINDLING_CI") == "1" else pytest.skip(message)
    return found


@pytest.fixture
def empty(tmp_path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def elsewhere(**more: str) -> dict[str, str]:
    """The environment of somebody who never saw this project: its packages as of the project's day, a smoke run."""
    ours = ("KINDLING_", "PYTHON", "VIRTUAL_ENV", "PIP_", "UV_", "COV_")
    inherited = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(ours)}
    day = PROJECT["tool"]["uv"]["exclude-newer"]
    return {
        **inherited,
        "KINDLING_SMOKE": "1",
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",  # other tests run beside it
        "UV_EXCLUDE_NEWER": day,
        "UV_NO_CONFIG": "1",
        "NO_COLOR": "1",
        "PIP_CONFIG_FILE": os.devnull,  # pip then reads no other file either
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **more,
    }


def ran(*command: object, where: Path, **more: str) -> str:
    """What a command printed; it must end well."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=where,
        env=elsewhere(**more),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def ran_outside(*command: object, where: Path, spawns: str) -> str:
    """The same, with other machines out of reach; each Python process must have known, and none may have asked for one."""
    notes = where.parent / NOTES
    notes.unlink(missing_ok=True)
    printed = ran(*command, where=where, PYTHONPATH=str(OUTSIDE), OUTSIDE_NOTES=str(notes), OUTSIDE_SPAWNS=spawns)
    noted = notes.read_text(encoding="utf-8").splitlines()
    assert noted and all(line.startswith("began by spawn ") for line in noted), "\n".join(noted)
    return printed


def fetched(site, address: str, folder: Path) -> Path:
    """A file of the site, in a folder of somebody who knows only its address."""
    path = folder / address.rpartition("/")[2]
    status, text = answer(f"{site.url}{address}")
    assert status == 200
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def jupyter(site, uv, tmp_path_factory) -> Iterator[Path]:
    """A fresh environment with Jupyter and all that the downloads name, but our package: the first notebook brings it."""
    home = tmp_path_factory.mktemp("jupyter") / "env"
    ran(uv, "venv", "--quiet", home, where=home.parent)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    named = {need for script in SCRIPTS for need in script.header.dependencies} - {PROJECT["project"]["name"]}
    needs = ["pip", "ipykernel", "nbclient", *PROJECT["project"]["dependencies"], *sorted(named)]
    ran(uv, "pip", "install", "--quiet", "--python", python, *needs, where=home.parent)
    yield python
    shutil.rmtree(home, ignore_errors=True)


def run_notebooks(python: Path, *paths: Path) -> None:
    """Execute notebooks one after another in one kernel, as a learner runs a first and a second attempt."""
    ran_outside(python, "-c", RUN, *(path.name for path in paths), where=paths[0].parent, spawns="by default")


RUN = """
import sys
import nbformat
from nbclient import NotebookClient

client = NotebookClient(nbformat.v4.new_notebook(), timeout=300, kernel_name="python3")
with client.setup_kernel():
    for path in sys.argv[1:]:
        client.nb = nbformat.read(path, 4)
        for number, cell in enumerate(client.nb.cells):
            client.execute_cell(cell, number)
        nbformat.write(client.nb, path)
"""
# Asks for an address that nobody has: itself, in a worker, in another Python.
PROBE = """
import multiprocessing, socket, subprocess, sys

if __name__ == "__main__":
    assert multiprocessing.get_start_method() == "spawn"
    nobody = ("192.0.2.1", 9)
    try:
        socket.create_connection(nobody, timeout=5)
    except OSError as error:
        assert "no other machine" in str(error), error
    worker = multiprocessing.Process(target=socket.create_connection, args=(nobody, 5))
    worker.start()
    worker.join()
    assert worker.exitcode == 1
    another = f"import socket; socket.create_connection({nobody!r}, timeout=5)"
    assert "no other machine" in subprocess.run([sys.executable, "-c", another], capture_output=True, text=True).stderr
"""
