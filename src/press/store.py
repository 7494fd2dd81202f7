"""Keeps the last execution of every tutorial: one executed notebook each, with the record of its run inside."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from press.files import Stamp, stamp, write
from press.keys.key import Key, checksum
from press.scripts.script import Script

log = logging.getLogger("mkdocs.press")


@dataclass(frozen=True)
class Run:
    """The record of an execution, as pages tell it; what is not known is empty."""

    seconds: float = 0.0
    cell_seconds: Sequence[float] = ()
    peak_memory: int = 0  # bytes
    cpus: int | None = None
    gpu_memory: int | None = None  # bytes
    device: str | None = None  # "cpu", or the card's name
    torch: str | None = None
    python: str | None = None
    date: str = ""
    data: Sequence[Mapping[str, Any]] = ()  # what was used: name, kind, checksum
    metrics: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)  # what names in the code stand for
    thumbnail: str = ""  # a PNG, base64

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> "Run":
        """A record of any version of the press: a missing field is empty, an unknown one is left out."""
        return cls(**{each.name: record[each.name] for each in fields(cls) if each.name in record})

    @property
    def accelerated(self) -> bool:
        """Which of two kinds of device it ran on: a GPU or another accelerator, or the CPU."""
        return self.device not in (None, "", "cpu")


@dataclass(frozen=True)
class Elsewhere:
    """The last run on the other kind of device; it may be one of older code."""

    key: str
    run: Run


@dataclass(frozen=True)
class Stored:
    """A notebook from the store, with the outputs and the sources of its code cells."""

    notebook: dict[str, Any]  # nbformat 4.5 JSON, without the press's own metadata
    key: Key  # what the run depended on
    run: Run
    failure: str = ""  # the message of a run that failed
    elsewhere: Elsewhere | None = None

    @property
    def code(self) -> list[dict[str, Any]]:
        return [cell for cell in self.notebook["cells"] if cell["cell_type"] == "code"]

    @property
    def outputs(self) -> list[list[dict[str, Any]]]:
        return [cell["outputs"] for cell in self.code]

    @property
    def sources(self) -> list[str]:
        return ["".join(cell["source"]) for cell in self.code]


@dataclass(frozen=True)
class Status:
    """`state` is fresh, stale, missing or failed; `why` says which cell, definition or data changed."""

    name: str
    state: str
    why: str = ""


class Store:
    """The folder `outputs` (what succeeded, committed) and a scratch folder (what failed, ignored by git)."""

    def __init__(self, outputs: Path, scratch: Path):
        self.outputs, self.failures = outputs, scratch / "failed"

    def path(self, script: Script) -> Path:
        return self.outputs / script.part / f"{script.name}.ipynb"

    def failure_path(self, script: Script) -> Path:
        return self.failures / script.part / f"{script.name}.ipynb"

    def save(self, script: Script, notebook: dict[str, Any], key: Key, run: Run) -> None:
        """Store a run that succeeded, whole or not at all."""
        write(self.path(script), seal(notebook, key, vars(run), other_device(self.load(script), run)))
        self.failure_path(script).unlink(missing_ok=True)

    def save_failure(self, script: Script, notebook: dict[str, Any], key: Key, message: str) -> None:
        """Keep the output so far of a run that failed, where no page takes it for a result."""
        write(self.failure_path(script), seal(notebook, key, {"failure": message}))

    def load(self, script: Script) -> Stored | None:
        return read(self.path(script))

    def status(self, script: Script, key: Key) -> Status:
        stored, failed = self.load(script), read(self.failure_path(script))
        if stored and key == stored.key:
            return Status(script.name, "fresh", provenance(str(stored.run.torch or "")))
        if failed and key == failed.key:
            return Status(script.name, "failed", failed.failure)
        if stored is None:
            damaged = self.path(script).exists()
            return Status(script.name, "missing", "its stored result is damaged" if damaged else "never executed")
        return Status(script.name, "stale", key.difference(stored.key))


@cache
def provenance(ran: str) -> str:
    """A fresh result of another minor version of torch is said, not thrown away."""
    here = next((each.version for each in metadata.distributions(name="torch")), "")
    another = here and ran and ran.split("+")[0].split(".")[:2] != here.split("+")[0].split(".")[:2]
    return f"executed with torch {ran}, here is {here}" if another else ""


def other_device(older: Stored | None, run: Run) -> Elsewhere | None:
    """What to keep of an older result when a new run takes its place: a device never drops the other's record."""
    if older is None or older.run.accelerated == run.accelerated:
        return older.elsewhere if older else None
    return Elsewhere(older.key.digest, replace(older.run, cell_seconds=(), names={}, thumbnail=""))


def seal(notebook: dict[str, Any], key: Key, record: dict[str, Any], elsewhere: Elsewhere | None = None) -> str:
    """The file's text: the notebook with its records and a checksum over all of it."""
    press: dict[str, Any] = {"key": key.digest, "parts": dict(key.parts), "run": record}
    if elsewhere:
        press["elsewhere"] = {"key": elsewhere.key, "run": vars(elsewhere.run)}
    sealed = notebook | {"metadata": notebook.get("metadata", {}) | {"press": press}}
    press["checksum"] = checksum(sealed)
    return json.dumps(sealed, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read(path: Path) -> Stored | None:
    """A stored notebook, verified; a truncated or edited file counts as absent, with a warning that names it."""
    try:
        return verified(path, stamp(path))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        told = isinstance(error, OSError) or "its checksum" in str(error)
        reason = error if told else "it is truncated or not a notebook"
        log.warning("%s counts as absent: %s. It will be executed again.", path, reason)
        return None


@lru_cache(maxsize=2000)
def verified(path: Path, stamp: Stamp) -> Stored:
    notebook = json.loads(path.read_bytes())
    press = notebook["metadata"]["press"]
    told, key, run = press.pop("checksum"), Key(press["parts"]), press["run"]
    if told != checksum(notebook) or press["key"] != key.digest:
        raise ValueError("its checksum does not match its content")
    del notebook["metadata"]["press"]
    other = press.get("elsewhere")
    elsewhere = Elsewhere(other["key"], Run.read(other["run"])) if other else None
    return Stored(notebook, key, Run.read(run), run.get("failure", ""), elsewhere)
