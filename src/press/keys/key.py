"""The key of a tutorial: everything that decides whether it runs again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from press.keys.closure import definitions
from press.keys.modules import Project
from press.keys.source import digest
from press.scripts.script import Script

SCHEMA = 1  # raise it when the meaning of a stored notebook changes: every tutorial then runs again


def combine(parts: Mapping[str, str]) -> str:
    """The key: one SHA-256 over all parts, whatever their order."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def key_parts(script: Script, project: Project) -> dict[str, str]:
    """Everything that decides whether a tutorial runs again, as label -> digest.

    Labels are for people: "cell 3", "kindling.training.fit", "data mnist".
    """
    parts = {f"cell {number}": digest(cell.source) for number, cell in enumerate(script.code, 1)}
    parts |= definitions(script.code, project, project.root / script.path.parent)
    for name in script.header.data:
        parts[f"data {name}"] = digest(project.data_identity(name))
    return parts | {"press": f"schema {SCHEMA}"}
