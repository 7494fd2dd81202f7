"""What a reader takes home: the script, the executed notebook and the wheel of the shared package."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from press import markup
from press.scripts.header import HEADER
from press.scripts.script import Script

INSTALL = """\
# Fetches the tutorial's own helpers, and whatever else is missing here: on Colab, in a fresh Jupyter.
from importlib.metadata import PackageNotFoundError, version

try:
    [version(name) for name in {names}]
except PackageNotFoundError:
    %pip install --quiet {needed}"""


def downloadable_script(source: str, package: str, wheel: str) -> str:
    """The script with its dependency on the package pointed at the wheel that the site serves.

    In the clone the header finds the package by a relative path, which would lead nowhere elsewhere.
    """
    match = HEADER.search(source)
    if not match or not wheel:
        return source
    content = re.sub(rf'"{re.escape(package)}"', f'"{package} @ {wheel}"', match["content"], count=1)
    content = re.sub(rf"(?m)^# {re.escape(package)} = \{{.*\}}\n", "", content)
    content = re.sub(r"(?m)^# \[tool\.uv\.sources\]\n(?:#\n)*(?=# \[|\Z)", "", content)
    return source[: match.start("content")] + content + source[match.end("content") :]


def downloadable_notebook(
    script: Script,
    outputs: Sequence[Sequence[dict[str, Any]]],
    *,
    package: str = "",
    wheel: str = "",
    absolute: Callable[[str], str] = lambda text: text,
) -> str:
    """The tutorial as an executed notebook: today's text, the code, and the outputs of the last run.

    Args:
        absolute: turns the relative links of a text cell into links to the site.
    """
    cells: list[dict[str, Any]] = []
    if wheel:
        cells.append(code_cell("install", install(package, wheel, script.header.dependencies), []))
    number = 0
    for position, cell in enumerate(script.cells, 1):
        if cell.kind == "text":
            text = {
                "cell_type": "markdown",
                "id": f"text-{position}",
                "metadata": {},
                "source": lines(markup.for_notebook(absolute(cell.source))),
            }
            cells.append(text)
        else:
            number += 1
            shown = outputs[number - 1] if number <= len(outputs) else []
            cells.append(code_cell(f"code-{number}", cell.source, shown, number if shown else None))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}, "title": script.title}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def install(package: str, wheel: str, dependencies: Sequence[str]) -> str:
    """The first cell of a notebook: the wheel, and whatever else the script's header asks for.

    Where another notebook brought the package, what only this one needs may still be missing.
    """
    others = [need for need in dependencies if need != package]
    names = [package, *(re.split(r"[^\w.-]", need, maxsplit=1)[0] for need in others)]
    quoted = [f'"{need}"' if re.search(r"[<>=~! ]", need) else need for need in others]
    return INSTALL.format(names=json.dumps(names), needed=" ".join([wheel, *quoted]))


def code_cell(name: str, source: str, outputs: Sequence[dict[str, Any]], count: int | None = None) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": count,
        "id": name,
        "metadata": {},
        "outputs": list(outputs),
        "source": lines(source),
    }


def lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def build_wheel(project: Path, package: Path, folder: Path) -> Path:
    """Build the wheel of the shared package alone: no press, no plugin, no command.

    Its version carries a hash of its content, so that no cache ever mistakes an old wheel for a new one.
    Built once per content; the same content gives the same bytes.
    """
    config = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    content = hashlib.sha256(json.dumps(config["project"], sort_keys=True).encode())
    for path in sorted(package.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            content.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    version = f"{config['project']['version']}+{content.hexdigest()[:8]}"
    name = re.sub(r"[-_.]+", "_", config["project"]["name"])
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    if zipfile.is_zipfile(wheel):  # what is cut off is none
        return wheel

    from hatchling.builders.wheel import WheelBuilder

    settings = {key: value for key, value in config["project"].items() if key not in {"scripts", "entry-points"}}
    where = package.relative_to(project).as_posix()
    target = {"packages": [where]}
    config = {"project": {**settings, "version": version}, "tool": {"hatch": {"build": {"targets": {"wheel": target}}}}}
    scratch = folder / f"building-{os.getpid()}"
    (built,) = WheelBuilder(str(project), config=config).build(directory=str(scratch), versions=["standard"])
    os.replace(built, wheel)
    scratch.rmdir()
    for old in folder.glob(f"{name}-*.whl"):
        if old != wheel:
            old.unlink(missing_ok=True)
    return wheel
