"""What several tests share: a small project of its own, and the site of this repository built once."""

from __future__ import annotations

import json
import os
import sys

import pytest
from tinyproject import TinyProject

pytest_plugins = ["dataserver", "sitefixture", "takehome"]
# Before torch is imported: two processes test at once, and threads that wait for each other's cores take ten times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Where a machine forbids to keep bytecode, as many containers do, each process of hundreds would compile torch anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# These take minutes, so they begin first, else one process would wait for the other at the end. The first builds the
# site, the second does without it meanwhile.
LONG = ("test_downloads_run.py", "test_serve.py", "test_downloads_notebooks.py")


def pytest_collection_modifyitems(config, items):
    """Slow tests are for CI, which sets KINDLING_CI=1, and for those who ask for them by `-m slow`."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))
    if os.environ.get("KINDLING_CI") != "1" and "slow" not in config.option.markexpr:
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow; `pytest -m slow` runs it, and so does CI"))


@pytest.fixture(scope="session")
def light_server():
    """One fork server for all runs that happen in this process, without torch: it is ready in two seconds."""
    from press.kernels import provisioner as kernels

    light = tuple(name for name in kernels.PRELOAD if not name.startswith("torch"))
    usual, kernels.SERVER = kernels.SERVER, kernels.Server(light)
    yield
    kernels.SERVER.stop()
    kernels.SERVER = usual


@pytest.fixture
def tiny(tmp_path):
    return TinyProject(tmp_path / "tiny")


@pytest.fixture
def bare_machine(monkeypatch):
    """No setting of the machine that runs the tests reaches `kindling.fetch`, and no bar is drawn."""
    from kindling import fetch, runtime  # torch, which most tests do without

    for name in ("KINDLING_DATA", "KINDLING_SMOKE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(runtime, "_used_data", [])
    monkeypatch.setattr(fetch, "PATIENCE", 0.3)


@pytest.fixture
def used_data(monkeypatch, tmp_path):
    """What the record of the run says about data sets."""
    path = tmp_path / "used" / "record.json"
    path.parent.mkdir()
    monkeypatch.setenv("KINDLING_RECORD", str(path))
    return lambda: json.loads(path.read_text())["data"] if path.exists() else []
