"""Keeps the last execution of every tutorial: one executed notebook each, with the record of its run inside."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from press.files import write
from press.keys.key import combine
from press.scripts.script import Script

log = logging.getLogger("mkdocs.press")


@dataclass(frozen=True)
class Stored:
    """A notebook from the store.

    Attributes:
        notebook: nbformat 4.5 JSON, without the press's own metadata.
        parts: what the run depended on, as `dependencies.key_parts` labels it.
        run: the run's record: device, torch, seconds, cell_seconds, peak_memory, data, metrics, names, date.
    """

    notebook: dict[str, Any]
    parts: dict[str, str]
    run: dict[str, Any]

    @property
    def outputs(self) -> list[list[dict[str, Any]]]:
        """The outputs of each code cell, in order."""
        return [cell["outputs"] for cell in self.notebook["cells"] if cell["cell_type"] == "code"]

    @property
    def sources(self) -> list[str]:
        return ["".join(cell["source"]) for cell in self.notebook["cells"] if cell["cell_type"] == "code"]


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

    def save(self, script: Script, notebook: dict[str, Any], parts: Mapping[str, str], run: dict[str, Any]) -> None:
        """Store a run that succeeded, whole or not at all."""
        write(self.path(script), seal(notebook, parts, run))
        self.failure_path(script).unlink(missing_ok=True)

    def save_failure(self, script: Script, notebook: dict[str, Any], parts: Mapping[str, str], message: str) -> None:
        """Keep the output so far of a run that failed, where no page takes it for a result."""
        write(self.failure_path(script), seal(notebook, parts, {"failure": message}))

    def load(self, script: Script) -> Stored | None:
        return read(self.path(script))

    def failure(self, script: Script, parts: Mapping[str, str]) -> str:
        """What the last run of exactly this tutorial failed with, or ""."""
        failed = read(self.failure_path(script))
        return failed.run["failure"] if failed and failed.parts == dict(parts) else ""

    def status(self, script: Script, parts: Mapping[str, str]) -> Status:
        stored = self.load(script)
        if stored and stored.parts == dict(parts):
            return Status(script.name, "fresh", provenance(stored.run))
        if failure := self.failure(script, parts):
            return Status(script.name, "failed", failure)
        if stored is None:
            damaged = self.path(script).exists()
            return Status(script.name, "missing", "its stored result is damaged" if damaged else "never executed")
        return Status(script.name, "stale", difference(stored.parts, parts))


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Name what changed between two sets of key parts."""
    changed = [label for label in new if label in old and new[label] != old[label]]
    added = [label for label in new if label not in old]
    removed = [label for label in old if label not in new]
    pieces = [
        f"{', '.join(labels)} {what}"
        for labels, what in ((changed, "changed"), (added, "new"), (removed, "gone"))
        if labels
    ]
    return "; ".join(pieces)


def provenance(run: Mapping[str, Any]) -> str:
    """A fresh result of another minor version of torch is said, not thrown away."""
    try:
        here = metadata.version("torch")
    except metadata.PackageNotFoundError:
        return ""
    ran = str(run.get("torch") or "")
    if ran and ran.split("+")[0].split(".")[:2] != here.split("+")[0].split(".")[:2]:
        return f"executed with torch {ran}, here is {here}"
    return ""


def seal(notebook: dict[str, Any], parts: Mapping[str, str], run: dict[str, Any]) -> str:
    """The file's text: the notebook with its record and a checksum over all of it."""
    sealed = {**notebook, "metadata": {**notebook.get("metadata", {})}}
    sealed["metadata"]["press"] = {"key": combine(parts), "parts": dict(parts), "run": run}
    sealed["metadata"]["press"]["checksum"] = checksum(sealed)
    return json.dumps(sealed, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def checksum(notebook: dict[str, Any]) -> str:
    body = json.loads(json.dumps(notebook))
    body["metadata"]["press"].pop("checksum", None)
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def read(path: Path) -> Stored | None:
    """A stored notebook, verified; a truncated or edited file counts as absent, with a warning that names it."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        press = notebook["metadata"]["press"]
        if press["checksum"] != checksum(notebook) or press["key"] != combine(press["parts"]):
            raise ValueError("its checksum does not match its content")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        reason = (
            error if isinstance(error, OSError) or "checksum" in str(error) else "it is truncated or not a notebook"
        )
        log.warning("%s counts as absent: %s. It will be executed again.", path, reason)
        return None
    press = notebook["metadata"].pop("press")
    return Stored(notebook, press["parts"], press["run"])
