"""The key of a tutorial: everything that decides whether it runs again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from press.keys.closure import definitions
from press.keys.modules import Project
from press.keys.source import digest
from press.scripts.script import Script

SCHEMA = 2  # raise it when the meaning of a stored notebook changes: every tutorial then runs again


def checksum(thing: Any) -> str:
    """The SHA-256 of something as JSON, whatever the order of its parts."""
    return hashlib.sha256(json.dumps(thing, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Key:
    """The parts of a key as label -> digest; labels are for people: "cell 3", "kindling.training.fit", "data mnist"."""

    parts: Mapping[str, str]

    @cached_property
    def digest(self) -> str:
        return checksum(dict(self.parts))

    def difference(self, older: "Key") -> str:
        """Name what changed since an older key."""
        old, new = older.parts, self.parts
        changed = [label for label in new if label in old and new[label] != old[label]]
        added, removed = [label for label in new if label not in old], [label for label in old if label not in new]
        named = ((changed, "changed"), (added, "new"), (removed, "gone"))
        return "; ".join(f"{', '.join(labels)} {what}" for labels, what in named if labels)


def key_of(script: Script, project: Project) -> Key:
    """The key of a tutorial in this state of the project; a ScriptError if a module that it imports is not Python."""
    sources = tuple(cell.source for cell in script.code)
    said = script.path.parent, sources, script.header.data
    if said not in project.keys:
        parts = {f"cell {number}": digest(source) for number, source in enumerate(sources, 1)}
        parts |= definitions(script.code, project, project.root / script.path.parent)
        parts |= {f"data {name}": digest(project.data_identity(name)) for name in script.header.data}
        project.keys[said] = Key(parts | {"press": f"schema {SCHEMA}"})
    return project.keys[said]
