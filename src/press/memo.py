"""Results of the slow steps of a build, kept under a hash of everything that went into them.

A build spends most of its time on what it did the last time already: converting a page, colouring its code, cutting it
into sections for the search. Each such step is a function of texts, and gives something that JSON can hold.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from press.files import write

KEPT = 14 * 24 * 3600  # seconds that a result outlives its last use


class Unkept(Exception):
    """Raised by a step whose result must be made anew each time, because something besides it has to be said again."""

    def __init__(self, result: Any):
        self.result = result


class Memo:
    """Keeps results in memory and in a folder; whoever changes the code or the libraries begins anew."""

    def __init__(self, folder: Path | None):
        self.folder = folder  # None: in memory only
        self.held: dict[str, Any] = {}
        self.used: set[str] = set()

    def __call__(self, kind: str, inputs: Iterable[str], compute: Callable[[], Any]):
        """Return what `compute` returned for these inputs, now or in an earlier build; the caller must not change it.

        Args:
            kind: the step; its name is part of the hash.
            inputs: everything that the result depends on.
            compute: the step itself.

        A `compute` that raises `Unkept(result)` gives a result that is not kept.
        """
        name = f"{kind}-{fingerprint(environment(), kind, *inputs)}.json"
        self.used.add(name)
        if name not in self.held:
            known, value = read(self.folder / name) if self.folder else (False, None)
            if not known:
                try:
                    value = compute()
                except Unkept as told:
                    return told.result
                content = json.dumps(value)
                if self.folder:
                    with contextlib.suppress(OSError):  # without room, the next build does it again
                        write(self.folder / name, f"{fingerprint(content)}\n{content}")
                value = json.loads(content)  # the first build gets what every later one gets
            self.held[name] = value
        return self.held[name]

    def prune(self) -> None:
        """Forget what this build has not used, and remove what no build has used for two weeks."""
        self.held = {name: value for name, value in self.held.items() if name in self.used}
        self.used.clear()
        oldest = time.time() - KEPT
        for path in self.folder.glob("*.json") if self.folder else ():
            try:
                if path.stat().st_mtime < oldest:
                    path.unlink()
            except FileNotFoundError:
                pass  # another build was faster


def read(path: Path) -> tuple[bool, Any]:
    """Whether a result is there, whole, and what it is; a damaged one counts as absent."""
    try:
        mark, _, content = path.read_text(encoding="utf-8").partition("\n")
        if mark != fingerprint(content):
            return False, None
        os.utime(path)
        return True, json.loads(content)
    except (OSError, ValueError):
        return False, None


def fingerprint(*texts: str) -> str:
    """A name made from texts; no text can be mistaken for two."""
    digest = sha256()
    for text in texts:
        content = text.encode("utf-8", "surrogatepass")
        digest.update(f"{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()[:40]


@cache
def environment() -> str:
    """What the results depend on besides their inputs: Python, the installed libraries, and the press itself."""
    folders = {Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))}
    installed = sorted(path.name for folder in folders for path in folder.glob("*.dist-info"))
    own = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.rglob("*")) if is_source(path)]
    return fingerprint(sys.version, *installed, *own)


def is_source(path: Path) -> bool:
    return path.is_file() and path.suffix in {".py", ".j2", ".js", ".css"}
