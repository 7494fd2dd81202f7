"""Numbers from MATLAB's files (version 5), without SciPy."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

NUMBERS = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8", 13: "<u8"}
"""The types of numbers in such a file, by MATLAB's codes."""

MATRIX, COMPRESSED = 14, 15


def read_vectors(path: Path) -> dict[str, np.ndarray]:
    """The variables of a file by name, each flat: an array of numbers, in the order of MATLAB.

    Source: The MathWorks, MAT-File Format (version 5).
    """
    vectors = {}
    for kind, content in _elements(path.read_bytes()[128:]):  # after a head of text
        if kind == MATRIX:
            _, _, (_, name), (code, numbers) = _elements(content)  # flags and sizes come first
            vectors[name.decode("ascii")] = np.frombuffer(numbers, NUMBERS[code])
    return vectors


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each element as its code and its bytes; what is inside a compressed one stands in its place."""
    at = 0
    while at < len(content):
        kind, size = struct.unpack_from("<II", content, at)
        start, end = at + 8, at + 8 + size
        at = end + -size % 8  # the next one begins at a multiple of eight, unless this one is compressed
        if kind >> 16:  # up to four bytes stand in the eight of code and size
            kind, size = kind & 0xFFFF, kind >> 16
            start, end, at = start - 4, start - 4 + size, start
        if kind == COMPRESSED:
            yield from _elements(zlib.decompress(content[start:end]))
            at = end
        else:
            yield kind, content[start:end]
