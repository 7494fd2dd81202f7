"""Data sets of text; found, downloaded and verified as those of [kindling.data][] are."""

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from kindling.fetch import Card, File, card, data_folder, fetch
from kindling.runtime import note_data, smoke

SMOKE_CHARACTERS = 20_000
"""How much of a long text a smoke run sees."""

SMOKE_TEXTS = 64
"""How many texts of a data set a smoke run sees."""

IMDB_COPY = {
    "train": File("imdb/imdb_train.tsv.gz", "", "2a0bfe6cefa030a405c488e07c09b594d6dfa95842193e8286136e0bb1ea288b"),
    "test": File("imdb/imdb_test.tsv.gz", "", "6b574e2aa8955c8803e284a1264413d470b8a1c34e8c71cce96593950980507c"),
}
"""The same reviews as two tables, which are read instead of the official archive where they lie in the data folder."""


def anna_karenina() -> str:
    """Tolstoy's Anna Karenina in English, 1,985,223 characters.

    Errors are those of [fetch][kindling.fetch.fetch].

    Source: L. N. Tolstoy (1878), a translation in the public domain, from Udacity's course.
    """
    if _absent_in_smoke("anna_karenina"):
        _note(card("anna_karenina"))
        return "A text that was made up, for want of the true one.\n" * (SMOKE_CHARACTERS // 51)
    (text,) = _read("anna_karenina")
    return text[:SMOKE_CHARACTERS] if smoke() else text


def sentence_polarity(split: str) -> tuple[list[str], Tensor]:
    """Sentences from film reviews, in lower case and cut into words: texts [N], y int64 [N], 1 if it praises.

    Args:
        split: "train" (8,530 sentences), "val" (1,066) or "test" (1,066), each half praise, half not.

    Raises:
        ValueError: there is no such split, or a file does not match its checksum.
        FileNotFoundError: the data is absent and cannot be downloaded.

    Source: B. Pang, L. Lee (2005), sentence polarity v1.0, in UTF-8 as of D. Britz's repository.
    """
    _check_split("sentence_polarity", split, ("train", "val", "test"))
    if _absent_in_smoke("sentence_polarity"):
        return _made_up("sentence_polarity")
    positive, negative = (text.splitlines() for text in _read("sentence_polarity"))
    texts = [line.strip() for pair in zip(positive, negative, strict=True) for line in pair]
    labels = torch.tensor([1, 0]).repeat(len(positive))
    order = torch.randperm(len(positive), generator=torch.Generator().manual_seed(0))
    pairs = torch.stack([2 * order, 2 * order + 1], dim=1).flatten()  # one of praise, one of blame
    tenth = 2 * (len(positive) // 10)
    parts = {"train": pairs[: -2 * tenth], "val": pairs[-2 * tenth : -tenth], "test": pairs[-tenth:]}
    chosen = parts[split][: SMOKE_TEXTS if smoke() else None]
    return [texts[i] for i in chosen.tolist()], labels[chosen]


def imdb(split: str) -> tuple[list[str], Tensor]:
    """Film reviews of the Large Movie Review Dataset: texts [25000], y int64 [25000], 1 if it praises.

    The texts hold what their writers typed, line breaks as `<br />` included. The first half praises; shuffle.

    Args:
        split: "train" or "test".

    Raises:
        ValueError: there is no such split, or a file does not match its checksum.
        FileNotFoundError: the data is absent and cannot be downloaded (84 MB).

    Source: A. Maas et al. (2011), Learning word vectors for sentiment analysis.
    """
    _check_split("imdb", split, tuple(IMDB_COPY))
    copy = data_folder() / IMDB_COPY[split].path
    if _absent_in_smoke("imdb") and not copy.exists():
        return _made_up("imdb")
    if (data_folder() / card("imdb").files[0].path).exists() or not copy.exists():
        (archive,) = fetch("imdb")
        praise, blame = _reviews_in(archive, split)
        _note(card("imdb"))
    else:
        print(f"IMDB: read from the table {copy.name}, which holds the same reviews as the official archive.")
        praise, blame = _reviews_of(_unpacked(copy, IMDB_COPY[split].sha256, packed=True))
        note_data("imdb", "table", IMDB_COPY[split].sha256, "smoke" if smoke() else "substitute")
    if smoke():
        praise, blame = praise[: SMOKE_TEXTS // 2], blame[: SMOKE_TEXTS // 2]
    return [*praise, *blame], torch.tensor([1] * len(praise) + [0] * len(blame))


def _read(name: str) -> list[str]:
    """The texts of a data set's files; a gzipped copy beside a file's place serves as well: it unpacks to the same."""
    found = card(name)
    packed = [data_folder() / f"{file.path}.gz" for file in found.files]
    if all(path.exists() for path in packed):
        texts = [_unpacked(path, file.sha256) for path, file in zip(packed, found.files, strict=True)]
    else:
        texts = [_text(path.read_bytes()) for path in fetch(name)]
    _note(found)
    return texts


def _unpacked(path: Path, sha256: str, *, packed: bool = False) -> str:
    """A gzipped text; the checksum is that of the text, or of the packed file.

    Raises:
        ValueError: the file is damaged.
    """
    raw = path.read_bytes()
    try:
        text = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        text = b""
    if (got := hashlib.sha256(raw if packed else text).hexdigest()) != sha256:
        raise ValueError(
            f"{path} does not match its checksum (got {got[:4]}…, expected {sha256[:4]}…). "
            "Delete it and run again, or set KINDLING_DATA to a folder that holds a good copy."
        )
    return _text(text)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8").replace("\r\n", "\n")


def _reviews_in(archive: Path, split: str) -> tuple[list[str], list[str]]:
    """Praise and blame of the official archive, in the order of the file names."""
    found: dict[str, dict[str, str]] = {"pos": {}, "neg": {}}
    with tarfile.open(archive) as members:
        for member in members:
            _, *inside = Path(member.name).parts
            wanted = len(inside) == 3 and inside[0] == split and inside[1] in found
            if wanted and (content := members.extractfile(member)):
                found[inside[1]][inside[2]] = content.read().decode("utf-8")
    positive, negative = ([text for _, text in sorted(texts.items())] for texts in found.values())
    return positive, negative


def _reviews_of(table: str) -> tuple[list[str], list[str]]:
    """Praise and blame of the table `label id rating text`; a text may hold tabs."""
    rows = [line.split("\t", 3) for line in table.split("\n")[1:] if line]
    return [row[3] for row in rows if row[0] == "pos"], [row[3] for row in rows if row[0] == "neg"]


def _check_split(name: str, split: str, allowed: Sequence[str]) -> None:
    if split not in allowed:
        raise ValueError(f"There is no split {split!r} of {name}. Choose one of {', '.join(allowed)}.")


def _absent_in_smoke(name: str) -> bool:
    """Whether to make up texts: a smoke run downloads nothing."""
    places = [data_folder() / file.path for file in card(name).files]
    return smoke() and not all(path.exists() or path.with_name(f"{path.name}.gz").exists() for path in places)


def _made_up(name: str) -> tuple[list[str], Tensor]:
    _note(card(name))
    kinds = ("a warm and clever film, number", "a dull and empty film, number")
    texts = [f"{kind} {i}" for i in range(SMOKE_TEXTS // 2) for kind in kinds]
    return texts, torch.tensor([1, 0]).repeat(SMOKE_TEXTS // 2)


def _note(found: Card) -> None:
    note_data(found.name, found.version, found.checksum, "smoke" if smoke() else "original")
