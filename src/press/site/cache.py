"""Results of pure functions, kept in a folder under a hash of the press, the function, its libraries and arguments."""

import contextlib
import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

from press.files import write

KEPT = 14 * 24 * 3600  # seconds that a result outlives its last use


class Cache:
    """A folder of results; each is JSON behind a checksum, so a damaged one counts as absent."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __call__(self, function: Callable[..., Any], *arguments: Any, by: Sequence[str] = ()) -> Any:
        """What a pure function returns, now or in an earlier build; `by` names the distributions whose code it runs."""
        made_by = [sys.version, press(), function.__module__, function.__qualname__, *map(version, by)]
        path = self.folder / f"{digest(json.dumps([made_by, arguments], sort_keys=True, default=plain))}.json"
        if (known := read(path)) is not None:
            return json.loads(known)
        content = json.dumps(function(*arguments))
        with contextlib.suppress(OSError):  # without room, the next build does it again
            write(path, f"{digest(content)}\n{content}")
        return json.loads(content)  # the first build gets what every later one gets

    def prune(self) -> None:
        """Remove what no build has used for two weeks."""
        oldest = time.time() - KEPT
        for path in self.folder.glob("*.json"):
            with contextlib.suppress(FileNotFoundError):  # another build was faster
                if path.stat().st_mtime < oldest:
                    path.unlink()


def read(path: Path) -> str | None:
    """A result as JSON, if it is there and whole."""
    with contextlib.suppress(OSError, ValueError):
        mark, _, content = path.read_text(encoding="utf-8").partition("\n")
        os.utime(path)
        return content if mark == digest(content) else None


def plain(thing: Any) -> Any:
    if dataclasses.is_dataclass(thing):
        return vars(thing)
    raise TypeError(f"{thing!r} has no place in a key")


def digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def version(distribution: str) -> str:
    found = next((each.version for each in metadata.distributions(name=distribution)), "is absent")
    return f"{distribution} {found}"


@cache
def press() -> str:
    """The press itself: what its code or its templates say is part of every key."""
    folder = Path(__file__).parents[1]
    paths = (path for path in sorted(folder.rglob("*")) if path.suffix in {".py", ".j2"})
    return digest("\0".join(path.read_text(encoding="utf-8") for path in paths))
