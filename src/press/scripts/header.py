"""Reads the header of a script: the PEP 723 block with the `[tool.kindling]` table in it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

# The reference implementation of PEP 723, anchored to the beginning of lines.
HEADER = re.compile(r"(?m)^# /// script[ \t]*$\n(?P<content>(?:^#(?:| .*)$\n)+?)^# ///[ \t]*$")
FIELDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "chapters": (list, 'a list of ids, e.g. ["S2.12"]'),
    "data": (list, 'a list of data sets, e.g. ["mnist"]'),
    "minutes": ((int, float), "a number of minutes on two CPU cores, e.g. 1"),
    "description": (str, "one sentence"),
    "metric": (dict, '{ name = "test accuracy", unit = "%", target = 98.2, reference = "..." }'),
    "figure": (int, "the number of the figure that becomes the thumbnail, e.g. 1"),
    "gpu": (bool, "true if the tutorial takes a GPU slot"),
}


class HeaderError(ValueError):
    """A header that breaks the format; `line` is that of the script, counted from 1."""

    def __init__(self, line: int, message: str):
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Header:
    """The `[tool.kindling]` table of a script, with the line of each field for error messages."""

    chapters: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    minutes: float | None = None
    description: str = ""
    metric: dict[str, Any] = field(default_factory=dict)
    figure: int = 1
    gpu: bool = False
    dependencies: tuple[str, ...] = ()  # of the script itself, as PEP 723 has them
    lines: dict[str, int] = field(default_factory=dict)


def read_header(source: str) -> Header:
    """Parse the PEP 723 block; a script without one gets an empty header.

    Raises:
        HeaderError: not such a block, not TOML, or a field that is not allowed.
    """
    match = HEADER.search(source)
    if not match:
        begin = re.search(r"(?m)^# /// script", source)
        if begin:
            line = source.count("\n", 0, begin.start()) + 1
            raise HeaderError(line, 'malformed header; it ends with a line "# ///" and each line begins with "# "')
        return Header()
    first = source.count("\n", 0, match.start("content")) + 1
    toml = "\n".join(line[2:] for line in match["content"].splitlines())
    whole = read_toml(toml, first)
    lines = {}
    for number, text in enumerate(toml.splitlines(), first):
        if field_name := re.match(r"([\w-]+)\s*=", text):
            lines[field_name[1]] = number
    table, needs = whole.get("tool", {}), whole.get("dependencies", [])
    table = table.get("kindling", {}) if isinstance(table, dict) else table
    if not isinstance(table, dict):
        raise HeaderError(first, "malformed header: [tool.kindling] is a table, with a field on each line")
    if not isinstance(needs, list) or not all(isinstance(need, str) for need in needs):
        where = lines.get("dependencies", first)
        raise HeaderError(where, f'dependencies is {needs!r}; allowed is a list of packages, e.g. ["kindling"]')
    for name, value in table.items():
        check_field(name, value, lines.get(name, first))
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Header(**values, dependencies=tuple(needs), lines=lines)


def read_toml(toml: str, first: int) -> dict[str, Any]:
    """The block's content, which begins on line `first` of the script."""
    try:
        return tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        row = int(found[1]) if found else len(toml.splitlines())  # else "at end of document"
        raise HeaderError(first + row - 1, f"malformed header: {error}") from None


def check_field(name: str, value: Any, line: int) -> None:
    if name not in FIELDS:
        raise HeaderError(line, f"unknown field {name!r} in [tool.kindling]; allowed are {', '.join(FIELDS)}")
    kind, allowed = FIELDS[name]
    strings = not isinstance(value, list) or all(isinstance(item, str) for item in value)
    fits = isinstance(value, kind) and strings and (kind is bool or not isinstance(value, bool))
    if fits and kind is not bool and isinstance(value, int | float):
        fits = 0 < value < float("inf")  # TOML knows inf and nan
    if not fits:
        raise HeaderError(line, f"{name} is {value!r}; allowed is {allowed}")
