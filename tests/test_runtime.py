"""The device, the seed, smoke runs, the record; and what holds for the whole package."""

import doctest
import errno
import importlib
import json
import math
import os
import random
import runpy
import socket
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib import rcParams

from kindling import runtime
from kindling.data import card

MODULES = [
    "alttext",
    "data",
    "fetch",
    "judging",
    "metrics",
    "models",
    "plots",
    "practice",
    "randomness",
    "runtime",
    "training",
]


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("KINDLING_DEVICE", "KINDLING_RECORD", "KINDLING_SMOKE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(runtime, "_used_data", [])
    monkeypatch.setattr(runtime, "_metrics", {})


def pretend_accelerator(monkeypatch, built_for: str | None, present: bool) -> None:
    """As torch does it: what it was built for, and whether this machine has one is asked only on demand."""

    def current_accelerator(check_available=False):
        return torch.device(built_for) if built_for and (present or not check_available) else None

    monkeypatch.setattr(torch.accelerator, "current_accelerator", current_accelerator)


@pytest.mark.parametrize(
    ("built_for", "present", "expected"),
    [("cuda", True, "cuda"), ("mps", True, "mps"), ("xpu", True, "xpu"), ("cuda", False, "cpu"), (None, False, "cpu")],
)
def test_the_device_is_the_accelerator_that_is_there_else_the_cpu(built_for, present, expected, monkeypatch):
    pretend_accelerator(monkeypatch, built_for, present)
    assert runtime.device() == torch.device(expected)


def test_the_device_of_this_machine_holds_a_tensor():
    here = runtime.device()
    assert here.type == ("cuda" if torch.cuda.is_available() else "mps" if torch.mps.is_available() else "cpu")
    assert torch.zeros(1, device=here).device.type == here.type


def test_the_environment_overrides_the_device(monkeypatch):
    pretend_accelerator(monkeypatch, "cuda", present=True)
    monkeypatch.setenv("KINDLING_DEVICE", "cpu")
    assert runtime.device() == torch.device("cpu")
    monkeypatch.setenv("KINDLING_DEVICE", "fast")
    with pytest.raises(RuntimeError, match="fast"):
        runtime.device()


def test_seed_makes_three_kinds_of_random_numbers_repeat():
    def draw():
        runtime.seed(7)
        return random.random(), np.random.rand(), torch.rand(()).item()

    first = draw()
    runtime.seed(8)
    assert draw() == first


@pytest.mark.parametrize(("value", "expected"), [(None, False), ("", False), ("0", False), ("1", True)])
def test_only_a_one_makes_a_smoke_run(value, expected, monkeypatch):
    if value is not None:
        monkeypatch.setenv("KINDLING_SMOKE", value)
    assert runtime.smoke() == expected


def test_steps_are_few_in_a_smoke_run_and_never_more_than_asked_for(monkeypatch):
    assert (runtime.steps(100), runtime.steps(1)) == (100, 1)
    monkeypatch.setenv("KINDLING_SMOKE", "1")
    assert (runtime.steps(100), runtime.steps(100, smoke_n=5), runtime.steps(1)) == (2, 5, 1)


def test_a_false_claim_is_an_assertion_error(capsys):
    runtime.claim(torch.tensor(0.9) > 0.87, "most are right")
    with pytest.raises(AssertionError, match="nearly all are right"):
        runtime.claim(0.9 > 0.97, "nearly all are right")
    assert capsys.readouterr().out == ""


def test_a_smoke_run_says_which_claim_it_skips(monkeypatch, capsys):
    monkeypatch.setenv("KINDLING_SMOKE", "1")
    runtime.claim(False, "nearly all are right")
    assert capsys.readouterr().out == "skipped in a smoke run: nearly all are right\n"


def test_a_reported_metric_is_a_plain_number_and_keeps_its_last_value():
    runtime.report("test accuracy", torch.tensor(0.5))
    runtime.report("test accuracy", torch.tensor(0.75))
    assert runtime.metrics() == {"test accuracy": 0.75}
    assert type(runtime.metrics()["test accuracy"]) is float


def test_used_data_is_noted_once_and_in_order(used_data):
    for name in ("mnist", "fashion_mnist", "mnist"):
        runtime.note_data(name, "1", "ab", "original")
    assert [used["name"] for used in used_data()] == ["mnist", "fashion_mnist"]


LESSON = """
import json, os, sys
from pathlib import Path
from kindling.data import mnist
from kindling.runtime import report

assert not Path(os.environ["KINDLING_RECORD"]).exists(), "importing writes nothing"
report("test accuracy", 0.5)
print(Path(os.environ["KINDLING_RECORD"]).read_text())
mnist("test")
print(Path(os.environ["KINDLING_RECORD"]).read_text())
report("test accuracy", 0.75)
"""


def test_a_run_publishes_its_record_after_each_result_and_each_data_set(tmp_path):
    path = tmp_path / "record.json"
    environment = {"KINDLING_RECORD": str(path), "KINDLING_SMOKE": "1", "KINDLING_DATA": str(tmp_path / "none")}
    lesson = subprocess.run(
        [sys.executable, "-c", LESSON], env=os.environ | environment, capture_output=True, text=True, timeout=120
    )
    assert lesson.returncode == 0, lesson.stderr
    first, second = map(json.loads, lesson.stdout.splitlines())
    assert first == {"data": [], "metrics": {"test accuracy": 0.5}}
    used = {"name": "mnist", "version": "1", "checksum": card("mnist").checksum, "kind": "smoke"}
    assert second == first | {"data": [used]}
    assert json.loads(path.read_text()) == second | {"metrics": {"test accuracy": 0.75}}
    assert list(tmp_path.iterdir()) == [path]


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.fixture
def record(monkeypatch, tmp_path):
    """The file that `KINDLING_RECORD` names."""
    monkeypatch.setenv("KINDLING_RECORD", str(tmp_path / "record.json"))
    return tmp_path / "record.json"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e308, 5e-324, torch.tensor(0.1).item()])
def test_every_number_of_a_record_is_json_and_reads_as_the_same_float(value, record):
    runtime.report("loss", value)
    published = json.loads(record.read_text(), parse_constant=refuse_constant)["metrics"]["loss"]
    assert struct.pack("d", float(published)) == struct.pack("d", value)
    assert isinstance(published, float) == math.isfinite(value)


def test_without_the_variable_no_record_is_written(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in (None, ""):
        if name is not None:
            monkeypatch.setenv("KINDLING_RECORD", name)
        runtime.report("loss", 1.0)
        runtime.note_data("mnist", "1", "ab", "original")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fails", ["writing", "moving"])
def test_a_record_that_cannot_be_written_is_removed_with_a_warning_and_the_lesson_goes_on(fails, record, monkeypatch):
    runtime.report("loss", 1.0)

    def full(*arguments, **options):
        if fails == "writing":
            os.close(os.open(arguments[0], os.O_CREAT))  # the disk takes the name, and no byte
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken, pytest.warns(RuntimeWarning, match=r"record\.json: .*No space left"):
        broken.setattr(*((Path, "write_text") if fails == "writing" else (os, "replace")), full)
        runtime.report("loss", 2.0)
    assert list(record.parent.iterdir()) == [], "the old one would be taken for the new one"
    assert runtime.metrics() == {"loss": 2.0}
    runtime.report("accuracy", 0.5)
    assert json.loads(record.read_text())["metrics"] == {"loss": 2.0, "accuracy": 0.5}


def test_a_record_in_a_folder_that_is_not_there_is_a_warning_at_the_line_that_reports(monkeypatch, tmp_path):
    monkeypatch.setenv("KINDLING_RECORD", str(tmp_path / "gone" / "record.json"))
    with pytest.warns(RuntimeWarning, match="No such file or directory") as warned:
        runtime.report("loss", 1.0)
    assert warned[0].filename == __file__
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_are_true(name):
    module = importlib.import_module(f"kindling.{name}")
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_importing_a_module_does_no_work(name, tmp_path, monkeypatch):
    for folder in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(folder, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket.socket, "connect", None)
    path = Path(runtime.__file__).with_name(f"{name}.py")

    def state():
        key = np.random.get_state(legacy=False)["state"]["key"].tolist()
        return random.getstate(), key, torch.get_rng_state().tolist(), dict(rcParams)

    before = state()
    runpy.run_path(str(path))  # the module's own lines, once more
    assert state() == before
    assert list(tmp_path.iterdir()) == []


def test_raises_passes_only_for_exactly_this_error(capsys):
    with runtime.raises(ValueError, "two lines, one"):
        raise ValueError("two lines,\none and more")
    assert capsys.readouterr().out == "ValueError: two lines,\none and more\n"
    for error in (UnicodeError("two lines, one"), ValueError("other words")):
        with pytest.raises(AssertionError), runtime.raises(ValueError, "two lines, one"):
            raise error
    with pytest.raises(AssertionError, match="the code ran"), runtime.raises(ValueError, "x"):
        pass


def interrupt() -> None:
    raise KeyboardInterrupt


def test_objection_tells_an_error_or_a_warning_in_one_line_of_limited_width():
    assert runtime.objection(lambda: 1 / 0) == "ZeroDivisionError: division by zero"
    assert (
        runtime.objection(lambda: warnings.warn("on its\nway out", FutureWarning, 2)) == "FutureWarning: on its way out"
    )
    assert runtime.objection(lambda: int("12x"), width=40) == "ValueError: invalid literal for ..."
    assert runtime.objection(lambda: 1) == "no objection"
    with pytest.raises(KeyboardInterrupt):
        runtime.objection(interrupt)


def test_raises_also_passes_for_the_class_and_the_words_of_an_older_version(capsys):
    for error in (NotImplementedError("today's words, and more"), RuntimeError("older words")):
        with runtime.raises((NotImplementedError, RuntimeError), "today's words", "older words"):
            raise error
    assert capsys.readouterr().out.splitlines() == [
        "NotImplementedError: today's words, and more",
        "RuntimeError: older words",
    ]
    expected = pytest.raises(AssertionError, match="ValueError, not NotImplementedError")
    with expected, runtime.raises((NotImplementedError, RuntimeError), "today's words"):
        raise ValueError("today's words")
