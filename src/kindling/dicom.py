"""Read what the slices of an uncompressed CT hold, without a library for it."""

import struct
from pathlib import Path

import numpy as np

LONG = (b"OB", b"OW", b"OF", b"SQ", b"UN", b"UT")
"""Kinds of elements whose length has four bytes."""


def read_slice(path: Path) -> tuple[float, np.ndarray]:
    """The z in millimeters, and the Hounsfield units [rows, columns], float64.

    Raises:
        ValueError: the file is no DICOM file of the kind that is read here (explicit, little-endian, not compressed).
    """
    try:
        found = _elements(path.read_bytes())
        rows, columns = (int.from_bytes(found[0x28, i], "little") for i in (0x10, 0x11))
        slope, intercept = (float(found[0x28, i]) for i in (0x1053, 0x1052))
        stored = np.frombuffer(found[0x7FE0, 0x10], "<i2").reshape(rows, columns)
        return float(found[0x20, 0x32].split(b"\\")[2]), stored * slope + intercept
    except (KeyError, ValueError, IndexError, struct.error) as error:
        raise ValueError(f"{path} is no uncompressed DICOM slice ({error!r}). Delete it and run again.") from error


def _elements(raw: bytes) -> dict[tuple[int, int], bytes]:
    """The elements by group and number; those of a nested list count where the file itself has none of the kind."""
    found: dict[tuple[int, int], bytes] = {}
    at = 132  # after 128 free bytes and the letters DICM
    while at < len(raw):
        group, number = struct.unpack_from("<HH", raw, at)
        if group == 0xFFFE:  # an item of a nested list, or the end of one: elements follow
            at += 8
            continue
        long = raw[at + 4 : at + 6] in LONG
        (size,) = struct.unpack_from("<I" if long else "<H", raw, at + (8 if long else 6))
        at, size = at + (12 if long else 8), 0 if size == 0xFFFFFFFF else size  # a list without a length: look inside
        found.setdefault((group, number), raw[at : at + size])
        at += size
    return found
