"""The store: what was written comes back, what was damaged does not."""

import errno
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from press import store
from press.files import write
from press.keys.key import Key


@pytest.fixture
def stored(tiny):
    """The path of a tutorial's stored notebook, the script and the tutorials."""
    tiny.pretend_run()
    tutorials = tiny.tutorials
    (script,) = tutorials.select(["hello"])
    return tutorials.store.path(script), script, tutorials


def test_what_is_saved_is_loaded(stored):
    _, script, tutorials = stored
    loaded = tutorials.store.load(script)
    assert loaded.key == tutorials.key(script)
    assert [output[0]["text"] for output in loaded.outputs] == ["output of line 20\n", "output of line 27\n"]
    assert "press" not in loaded.notebook["metadata"]


def test_the_same_run_gives_the_same_bytes(stored, tiny):
    path, _, _ = stored
    before = path.read_bytes()
    tiny.pretend_run("hello")
    assert path.read_bytes() == before


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.999])
def test_a_truncated_file_counts_as_absent_and_is_named(stored, caplog, share):
    path, script, tutorials = stored
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert tutorials.status(script).state == "missing"
    assert str(path) in caplog.text


def test_an_edited_output_counts_as_absent_and_is_named(stored, caplog):
    path, script, tutorials = stored
    path.write_text(path.read_text().replace("output of line 20", "output of line 21"))
    assert tutorials.status(script).state == "missing"
    assert "checksum" in caplog.text


def test_an_edited_record_counts_as_absent(stored):
    path, script, tutorials = stored
    notebook = json.loads(path.read_text())
    notebook["metadata"]["press"]["run"]["seconds"] = 0.1
    path.write_text(json.dumps(notebook))
    assert tutorials.status(script).state == "missing"


def test_a_file_that_is_no_notebook_counts_as_absent(stored):
    path, script, tutorials = stored
    for text in ("[]", "{}", '{"metadata": {"press": 3}}', "null", "\x00\xff"):
        path.write_text(text)
        assert tutorials.store.load(script) is None, text


def test_a_full_disk_leaves_the_old_file_and_no_other(stored, monkeypatch):
    path, _, _ = stored
    before = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(path, "new")
    assert path.read_bytes() == before
    assert [name for name in os.listdir(path.parent) if name.startswith(".")] == []


def test_a_failure_is_kept_apart_and_forgotten_after_a_success(stored, tiny):
    path, script, tutorials = stored
    tiny.edit("tutorials/1-first/01_hello.py", "double(21)", "double(1 / 0)")
    tutorials = tiny.tutorials
    (script,) = tutorials.select(["hello"])
    before = path.read_bytes()
    tutorials.store.save_failure(script, {"cells": [], "metadata": {}}, tutorials.key(script), "it broke")
    assert (tutorials.status(script).state, tutorials.status(script).why) == ("failed", "it broke")
    assert path.read_bytes() == before
    tiny.pretend_run("hello")
    assert tiny.states()["hello"] == "fresh"


def test_a_failure_of_older_code_is_no_longer_told(stored, tiny):
    _, script, tutorials = stored
    tutorials.store.save_failure(script, {"cells": [], "metadata": {}}, Key({"cell 1": "older"}), "it broke")
    tiny.edit("tutorials/1-first/01_hello.py", "double(21)", "double(23)")
    assert tiny.states()["hello"] == "stale"


def test_a_run_under_another_minor_version_of_torch_stays_fresh_and_says_so(stored, monkeypatch):
    _, script, tutorials = stored
    monkeypatch.setattr(store.metadata, "distributions", lambda name: [SimpleNamespace(version="2.99.0")])
    notebook = tutorials.store.load(script).notebook
    tutorials.store.save(script, notebook, tutorials.key(script), store.Run(seconds=1, torch="2.15.0+cu130"))
    status = tutorials.status(script)
    assert (status.state, status.why) == ("fresh", "executed with torch 2.15.0+cu130, here is 2.99.0")


def test_a_run_on_one_device_never_drops_the_record_of_the_other(stored, tiny):
    _, script, tutorials = stored
    notebook, first = tutorials.store.load(script).notebook, tutorials.key(script)

    def run(seconds: float, **facts) -> store.Stored:
        record = store.Run(seconds=seconds, metrics={"accuracy": seconds / 100}, names={"a": "b"}, **facts)
        tutorials.store.save(script, notebook, tiny.tutorials.key(script), record)
        return tutorials.store.load(script)

    run(81, device="cpu", cpus=2)
    on_a_card = run(12, device="NVIDIA H200")
    assert (on_a_card.run.seconds, on_a_card.elsewhere.run.seconds, on_a_card.elsewhere.run.cpus) == (12, 81, 2)
    again = run(11, device="NVIDIA H100")
    assert (again.run.seconds, again.elsewhere.run.seconds, again.elsewhere.key) == (11, 81, first.digest)
    tiny.edit("src/pack/tools.py", "return x * factor", "return factor * x")
    at_home = run(80, device="cpu", cpus=2)
    assert (at_home.run.seconds, at_home.elsewhere.run.metrics) == (80, {"accuracy": 0.11})
    assert at_home.elsewhere.key == first.digest != at_home.key.digest
    assert at_home.elsewhere.run.names == {}


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[1] / "outputs").rglob("*.ipynb")), ids=lambda p: p.stem)
def test_a_committed_notebook_is_sealed_to_the_same_bytes(path):
    found = store.read(path)
    assert found is not None
    assert store.seal(found.notebook, found.key, vars(found.run), found.elsewhere) == path.read_text(encoding="utf-8")


def test_the_record_of_an_older_or_newer_press_is_read():
    assert store.Run.read({"seconds": 2.5, "mood": "good"}) == store.Run(seconds=2.5)
