"""Files: texts as their authors saved them, written whole or not at all, and what tells one content from the next."""

import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

Stamp = tuple[int, int, int]  # time of the last change, size, number of the file


def text_of(path: Path, errors: str = "strict") -> str:
    """What a person wrote: UTF-8, with the byte order mark of some editors or without."""
    return path.read_text(encoding="utf-8-sig", errors=errors)


def lines(text: str) -> list[str]:
    """The lines that `ast` and `tokenize` count, with their ends: a form feed, where `splitlines` cuts, ends none."""
    return list(io.StringIO(text, newline=""))


def write(path: Path, text: str | bytes) -> None:
    """Write a file whole or not at all: a reader sees the old content or the new; an OSError names the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.encode() if isinstance(text, str) else text
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):  # a full disk does not say for what it had no space
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A zip of files: sorted names, no clock."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name)  # of 1980, the first year that a zip knows
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


def stamp(path: Path) -> Stamp:
    """What tells one content of a file from the next."""
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
