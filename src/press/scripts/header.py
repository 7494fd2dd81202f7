"""Reads the header of a script: the PEP 723 block with the `[tool.kindling]` table in it."""

import re
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

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


class ScriptError(ValueError):
    """A script that breaks the format; the message reads `file:line: what, what is allowed`."""

    def __init__(self, path: Path, line: int, message: str):
        super().__init__(f"{path.as_posix()}:{line}: {message}")
        self.path, self.line = path, line


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
    sources: tuple[str, ...] = ()  # names for which uv is told a place other than an index
    lines: dict[str, int] = field(default_factory=dict)


def read_header(source: str, shown: Path) -> Header:
    """Parse the PEP 723 block, a ScriptError if it is malformed; a script without one gets an empty header."""
    match = HEADER.search(source)
    if not match:
        if begin := re.search(r"(?m)^# /// script", source):
            line = source.count("\n", 0, begin.start()) + 1
            said = 'malformed header; it ends with a line "# ///" and each line begins with "# "'
            raise ScriptError(shown, line, said)
        return Header()
    first = source.count("\n", 0, match.start("content")) + 1
    toml = "\n".join(line[2:] for line in match["content"].split("\n"))
    whole = read_toml(toml, shown, first, "malformed header")
    named = re.finditer(r"(?m)^([\w-]+)\s*=", toml)
    lines = {name[1]: first + toml.count("\n", 0, name.start()) for name in named}
    tool, needs = whole.get("tool", {}), whole.get("dependencies", [])
    table = tool.get("kindling", {}) if isinstance(tool, dict) else tool
    if not isinstance(table, dict):
        raise ScriptError(shown, first, "malformed header: [tool.kindling] is a table, with a field on each line")
    if lost := next((name for name in whole if name not in ("requires-python", "dependencies", "tool")), None):
        raise ScriptError(shown, lines.get(lost, first), f"{lost!r} stands outside of [tool.kindling]")
    if near := next(iter(get_close_matches("kindling", set(tool) - {"kindling"})), None):
        raise ScriptError(shown, first, f"malformed header: [tool.{near}], did you mean [tool.kindling]?")
    if problem := problem_of_requirements(needs):
        raise ScriptError(shown, lines.get("dependencies", first), problem)
    for name, value in table.items():
        if problem := problem_of(name, value):
            raise ScriptError(shown, lines.get(name, first), problem)
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    uv = tool.get("uv", {})
    sources = uv.get("sources", {}) if isinstance(uv, dict) else {}
    return Header(**values, dependencies=tuple(needs), sources=tuple(map(canonicalize_name, sources)), lines=lines)


def problem_of_requirements(needs: Any) -> str:
    """What is wrong with the dependencies of a header, or ""."""
    if not isinstance(needs, list) or not all(isinstance(need, str) for need in needs):
        return f'dependencies is {needs!r}; allowed is a list of packages, e.g. ["kindling-torch"]'
    for need in needs:
        try:
            Requirement(need)
        except InvalidRequirement as error:
            said = str(error).partition("\n")[0]
            return f'{need!r} is no requirement: {said}; allowed is what PEP 508 has, e.g. "scipy>=1.11"'
    return ""


def read_toml(text: str, shown: Path, first: int = 1, what: str = "malformed TOML") -> dict[str, Any]:
    """The tables of a text that begins on a line of a file, or a ScriptError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        row = int(found[1]) if found else text.count("\n")  # else "at end of document"
        raise ScriptError(shown, first + row - 1, f"{what}: {error}") from None


def problem_of(name: str, value: Any) -> str:
    """What is wrong with a field, or ""."""
    if name not in FIELDS:
        return f"unknown field {name!r} in [tool.kindling]; allowed are {', '.join(FIELDS)}"
    kind, allowed = FIELDS[name]
    strings = not isinstance(value, list) or all(isinstance(item, str) for item in value)
    fits = isinstance(value, kind) and strings and (kind is bool or not isinstance(value, bool))
    if fits and kind is not bool and isinstance(value, int | float):
        fits = 0 < value < float("inf")  # TOML knows inf and nan
    return "" if fits else f"{name} is {value!r}; allowed is {allowed}"
