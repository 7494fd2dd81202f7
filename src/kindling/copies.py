"""Where data is read from: the official files, or a reduced copy of them that lies in the data folder."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypedDict

from platformdirs import user_cache_path

from kindling.fetch import Card, card, data_folder, fetch
from kindling.runtime import note_data, smoke

SUM = ".sha256"
"""The file of an unpacked archive that keeps the checksum of the others."""


class Copy(TypedDict):
    """A file or a folder below the data folder that stands in for the official files, and how it differs from them."""

    path: str
    difference: str
    sha256: str


@dataclass(frozen=True)
class Source:
    """Verified files of a data set, and what the record of the run says of them; no paths: make up samples."""

    card: Card
    paths: list[Path]
    kind: str
    checksum: str

    def note(self) -> None:
        """Note in the record of the run that the data was loaded; of a smoke run it says no more than that."""
        checksum, kind = (self.card.checksum, "smoke") if smoke() else (self.checksum, self.kind)
        note_data(self.card.name, self.card.version, checksum, kind)


def find(name: str, copy: Copy | None = None, *, fetch: Callable[[str], list[Path]] = fetch) -> Source:
    """Official files if the data folder has them, else its copy, which one line announces, else a download.

    A smoke run downloads nothing: its source may have no paths.

    Raises:
        ValueError: there is no such data set, or a file, the copy or a download does not match its checksum.
        FileNotFoundError: the data is absent and cannot be downloaded.
    """
    found = card(name)
    official = all((data_folder() / file.path).exists() for file in found.files)
    if copy and not official and _is_good(copy):
        _say(f"{found.title}: using {copy['path']} in place of the official files. It is {copy['difference']}.")
        return Source(found, [data_folder() / copy["path"]], "substitute", copy["sha256"])
    if smoke() and not official:
        return Source(found, [], "smoke", found.checksum)
    return Source(found, fetch(name), "original", found.checksum)


def _is_good(copy: Copy) -> bool:
    """Whether the data folder has the copy; a damaged one in a folder that the user named is an error."""
    path = data_folder() / copy["path"]
    if not path.exists():
        return False
    got = folder_checksum(path) if path.is_dir() else _checksum(path)
    if got != copy["sha256"] and os.environ.get("KINDLING_DATA"):
        raise ValueError(
            f"{path} does not match its checksum (got {got[:4]}…, expected {copy['sha256'][:4]}…). "
            "Delete it and run again, or set KINDLING_DATA to a folder that holds a good copy."
        )
    return got == copy["sha256"]


def folder_checksum(folder: Path) -> str:
    """One SHA-256 for all files of a folder, hidden ones apart: that of what `sha256sum` prints of them, by path."""
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    named = sorted((path.relative_to(folder.parent).as_posix(), path) for path in paths)
    return hashlib.sha256("".join(f"{_checksum(path)}  {name}\n" for name, path in named).encode()).hexdigest()


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _say(line: str) -> None:
    """Print a line, once in a process."""
    print(line)


def unpacked(source: Source, unpack: Callable[[list[Path], Path], None]) -> Path:
    """The folder of an archive's files; `unpack(archives, folder)` makes it if there is none yet, or no whole one.

    It lies in the data folder, or in your user's cache folder if that cannot be written. It takes its place when it
    is complete, so an interruption leaves nothing behind.

    Raises:
        FileNotFoundError: neither of these folders can be written.
    """
    name = f"{source.card.name}-{source.checksum[:12]}"
    homes = [data_folder() / "unpacked", user_cache_path("kindling") / "unpacked"]
    for folder in (home / name for home in homes):
        if _is_whole(folder):
            return folder
    for home in homes:
        try:
            home.mkdir(parents=True, exist_ok=True)
            temporary = tempfile.TemporaryDirectory(prefix=f".{name}.", dir=home)
        except OSError:
            continue
        with temporary:
            made = Path(temporary.name, name)
            made.mkdir()
            unpack(source.paths, made)
            (made / SUM).write_text(folder_checksum(made), encoding="ascii")
            return _moved(made, home / name)
    raise FileNotFoundError(
        f"{source.card.title} must be unpacked, and neither {homes[0]} nor {homes[1]} can be written. "
        "Set KINDLING_DATA to a folder that you may write to, with a copy of its files or without."
    )


def _is_whole(folder: Path) -> bool:
    return (folder / SUM).is_file() and (folder / SUM).read_text(encoding="ascii") == folder_checksum(folder)


def _moved(made: Path, folder: Path) -> Path:
    """Move a complete folder into its place, unless another process was faster."""
    if not _is_whole(folder):
        shutil.rmtree(folder, ignore_errors=True)
        try:
            os.replace(made, folder)
        except OSError:
            if not _is_whole(folder):
                raise
    return folder
