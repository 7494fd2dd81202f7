"""The files of the data sets: found in the data folder or downloaded from their official addresses, and verified.

Each data set has a card in `cards.toml`: what it is, its license, its files, their checksums.
"""

import hashlib
import http.client
import os
import shutil
import tempfile
import tomllib
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_cache_path
from tqdm import tqdm

PATIENCE = 30.0
"""Seconds without a byte after which a download is given up."""


@dataclass(frozen=True)
class File:
    """One file of a data set: its place below the data folder, its official address and its checksum."""

    path: str
    url: str
    sha256: str


@dataclass(frozen=True)
class Card:
    """What a data set is, where it comes from, and how to recognize a good copy."""

    name: str
    title: str
    version: str
    description: str
    license: str
    bytes: int
    citation: str
    homepage: str
    files: tuple[File, ...]
    substitute: bool = False

    @property
    def checksum(self) -> str:
        """One SHA-256 for the whole data set: that of its files' checksums, joined by newlines."""
        return hashlib.sha256("\n".join(file.sha256 for file in self.files).encode()).hexdigest()


def cards() -> dict[str, Card]:
    """All cards by name."""
    tables = tomllib.loads(Path(__file__).with_name("cards.toml").read_text("utf-8"))
    files = {name: tuple(File(**file) for file in table.pop("files")) for name, table in tables.items()}
    return {name: Card(name=name, files=files[name], **table) for name, table in tables.items()}


def card(name: str) -> Card:
    """The card of a data set.

    Raises:
        ValueError: there is no data set of that name.

    Examples:
        >>> card("fashion_mnist").license
        'MIT'
    """
    if name not in cards():
        raise ValueError(f"There is no data set {name!r}. Choose one of {', '.join(sorted(cards()))}.")
    return cards()[name]


def data_folder() -> Path:
    """The folder that holds the data: `KINDLING_DATA`, else `kindling` in your user's cache folder."""
    chosen = os.environ.get("KINDLING_DATA")
    return Path(chosen).expanduser() if chosen else user_cache_path("kindling")


def fetch(name: str) -> list[Path]:
    """The verified files of a data set, in the order of its card; absent ones are downloaded.

    A download takes its place only when its checksum is right, so an interrupted one leaves nothing behind. A
    damaged file in the cache folder is downloaded again; in a folder that you named with `KINDLING_DATA`,
    nothing is overwritten.

    Raises:
        ValueError: there is no such data set, or a file or a download does not match its checksum.
        FileNotFoundError: a file is absent and cannot be downloaded.
    """
    found = card(name)
    return [_fetch_file(found, file) for file in found.files]


class Beginning(str):
    """The first digits of a checksum, where its publisher tells no more: equal to every text that begins so."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and other.startswith(str(self))

    def __ne__(self, other: object) -> bool:
        return not self == other


def fetch_weights(name: str) -> list[Path]:
    """As [fetch][kindling.fetch.fetch], where the checksums on the card are the digits that the file names end in."""
    found = card(name)
    return [_fetch_file(found, replace(file, sha256=Beginning(file.sha256))) for file in found.files]


def _fetch_file(card: Card, file: File) -> Path:
    path = data_folder() / file.path
    if path.exists():
        if (got := _sha256(path)) == file.sha256:
            return path
        if os.environ.get("KINDLING_DATA"):
            raise ValueError(
                f"{path} does not match its checksum (got {got[:4]}…, expected {file.sha256[:4]}…). "
                "Delete it and run again, or set KINDLING_DATA to a folder that holds a good copy."
            )
    try:
        _download(file, path)
    except (OSError, http.client.HTTPException) as error:
        raise FileNotFoundError(
            f"{card.title} needs {file.path} in {data_folder()}, and {file.url} could not be downloaded "
            f"({error}). Connect to the network and run again, or set KINDLING_DATA to a folder that has it."
        ) from error
    return path


def _download(file: File, path: Path) -> None:
    """Download to a temporary file beside `path`, verify, and only then move it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = os.environ.get("TQDM_DISABLE") == "1"  # tqdm itself looks only when it is imported
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with (
            open(descriptor, "wb") as target,
            urllib.request.urlopen(file.url, timeout=PATIENCE) as reply,
            tqdm.wrapattr(reply, "read", total=reply.length, desc=path.name, disable=hidden) as source,
        ):
            shutil.copyfileobj(source, target)
        if (got := _sha256(Path(name))) != file.sha256:
            raise ValueError(
                f"{file.url} sent bytes that do not match their checksum (got {got[:4]}…, expected "
                f"{file.sha256[:4]}…). Nothing was kept: run again, or set KINDLING_DATA to a folder with it."
            )
        os.replace(name, path)
    except urllib.error.HTTPError as error:
        error.close()
        raise
    finally:
        Path(name).unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
