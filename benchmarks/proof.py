"""Keeps what the benchmarks measured, and writes docs/proof.md from it and from the names of the tests.

    uv run benchmarks/proof.py

Each benchmark hands its figures to `keep`, which writes benchmarks/results/NAME.json. A figure says what was aimed
at; where that was missed, its `note` says in one sentence what the limit is.
"""

from __future__ import annotations

import ast
import json
import os
import platform
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "proof.md"
TITLES = {  # in this order; others follow by name
    "peers": "Beside other tools",
    "pages": "A page on a phone",
    "growth": "As a site grows",
    "machines": "On many machines",
    "execution": "Executing the tutorials",
    "build": "A warm build",
    "learning": "The training helper",
    "feeding": "Feeding a network",
}

INTRODUCTION = """\
---
description: How fast Kindling is compared with other tools, which faults it survives, and what of its pages is tested.
search:
  boost: 0.2
---

# Proof

How fast is Kindling, what does it survive, and how do we know? This page is written by a program: the figures are the
last results of the benchmarks, the sentences at the end are the names of the tests. An aim that was missed stands
here as well, with the reason.

Seconds belong to the machine that is named below each table. Ratios carry over better: both sides of one were
measured on the same machine.
"""

TESTS = {
    "Faults": ("faults/**/test_*.py", "test_execute.py"),
    "Many machines": ("test_machines.py",),
    "Pages, as a reader meets them": ("browser/**/test_*.py",),
    "Downloads": ("test_downloads*.py", "downloads/**/test_*.py"),
    "Offline": ("test_bundle*.py", "test_offline*.py"),
}


def figure(
    what: str,
    reached: float | str,
    *,
    unit: str = "",
    at_most: float | None = None,
    at_least: float | None = None,
    equal: float | str | None = None,
    note: str = "",
) -> dict[str, Any]:
    """One row of a table; give at most one of the three aims."""
    aims = {"at_most": at_most, "at_least": at_least, "equal": equal}
    given = {name: aim for name, aim in aims.items() if aim is not None}
    reached = float(f"{reached:.3g}") if isinstance(reached, float) else reached
    return {"what": what, "reached": reached, "unit": unit, **given, "note": note}


def is_met(row: dict[str, Any]) -> bool:
    """Whether a figure reached its aim; one without an aim always did."""
    return (
        row["reached"] == row.get("equal", row["reached"])
        and ("at_most" not in row or row["reached"] <= row["at_most"])
        and ("at_least" not in row or row["reached"] >= row["at_least"])
    )


def keep(name: str, command: str, figures: Sequence[dict[str, Any]], **details: Any) -> Path:
    """Write the last result of a benchmark to benchmarks/results/NAME.json.

    Notes on figures that are still missed are taken over from the file that was there.

    Args:
        name: of the benchmark, without suffix.
        command: what was run, as a reader would repeat it.
        figures: made by `figure`.
        details: what else is worth keeping; `tables` (heading -> rows, the first row the head) get onto the page.
    """
    path = RESULTS / f"{name}.json"
    before = {row["what"]: row["note"] for row in read(path)["figures"]} if path.is_file() else {}
    for row in figures:
        row["note"] = "" if is_met(row) else row["note"] or before.get(row["what"], "")
    result = {"command": command, "date": today(), "machine": machine(), "figures": list(figures), **details}
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def machine() -> dict[str, Any]:
    """What the seconds depend on."""
    facts = Path("/proc/cpuinfo")
    names = re.findall(r"(?m)^model name\s*: (.+)$", facts.read_text()) if facts.is_file() else []
    return {
        "cores": os.cpu_count(),
        "processor": " ".join(names[0].split()) if names else platform.machine(),
        "python": platform.python_version(),
        "torch": version("torch"),
    }


def page() -> str:
    """The whole text of docs/proof.md."""
    return "\n".join([figures(), *tested()])


def figures() -> str:
    """The page down to the last result; only a measurement, or words about it, changes it."""
    paths = {path.stem: path for path in sorted(RESULTS.glob("*.json"))}
    names = [name for name in TITLES if name in paths] + [name for name in paths if name not in TITLES]
    return "\n".join([INTRODUCTION, "## Speed\n", *(section(name, read(paths[name])) for name in names)])


def section(name: str, result: dict[str, Any]) -> str:
    """A benchmark: its own first sentence, its figures, where and when they were measured, what was missed."""
    rows = [["What", "Aim", "Measured"]]
    for row in result["figures"]:
        rows.append([escaped(row["what"]), aim(row), shown(row["reached"], row["unit"]) + verdict(row)])
    here = result["machine"]
    where = f"{here['cores']} cores of {here['processor']}, Python {here['python']}, torch {here['torch']}"
    pieces = [f"### {TITLES.get(name, name.capitalize())}", purpose(name, result), table(rows) if rows[1:] else ""]
    for heading, lines in result.get("tables", {}).items():
        pieces += [f"{heading}:", table(lines)]
    missed = [row for row in result["figures"] if not is_met(row)]
    pieces += [f"**Missed:** {escaped(row['what'])}. {row['note']}".strip() for row in missed]
    pieces.append(f"Measured on {result['date']}, {where}, by `{result['command']}`.")
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def purpose(name: str, result: dict[str, Any]) -> str:
    """The first paragraph of the benchmark's docstring."""
    path = ROOT / "benchmarks" / f"{name}.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) if path.is_file() else ""
    return " ".join((result.get("purpose") or text or "").split("\n\n")[0].split())


def aim(row: dict[str, Any]) -> str:
    words = {"at_most": "at most ", "at_least": "at least ", "equal": ""}
    return next((words[key] + shown(row[key], row["unit"]) for key in words if key in row), "")


def verdict(row: dict[str, Any]) -> str:
    if not aim(row):
        return ""
    return ", reached" if is_met(row) else ", **missed**"


def shown(value: float | str, unit: str) -> str:
    if isinstance(value, str):
        return value
    if unit == "%":
        return f"{value:.1f} %"
    text = f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def table(rows: Sequence[Sequence[Any]]) -> str:
    lines = ["| " + " | ".join(shown(cell, "").replace("|", "&#124;") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def tested() -> Iterator[str]:
    """The tests of each group, as the sentences that their names are."""
    yield "## What is tested\n"
    yield "Each sentence is the name of a test, which runs for every change.\n"
    for heading, patterns in TESTS.items():
        paths = [path for pattern in patterns for path in sorted((ROOT / "tests").glob(pattern))]
        if paths:
            yield f"### {heading}\n"
        for path in paths:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            about = (ast.get_docstring(tree) or path.stem).split("\n\n")[0]
            yield f'??? abstract "{escaped(" ".join(about.split()), quotes=True)}"\n'
            yield "\n".join(f"    - {sentence}" for sentence in sentences(tree)) + "\n"


def sentences(tree: ast.Module) -> Iterable[str]:
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    words = [name.removeprefix("test_").replace("_", " ") for name in names if name.startswith("test_")]
    return [escaped(text[:1].upper() + text[1:]) for text in words]


def escaped(text: str, *, quotes: bool = False) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("*", "\\*")
    text = text.replace("--", "&#45;&#45;")  # an option, not a dash
    return text.replace('"', "&quot;") if quotes else text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written from {len(list(RESULTS.glob('*.json')))} results")
