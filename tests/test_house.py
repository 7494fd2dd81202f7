"""The press is built as DESIGN section 1 draws it: rooms that know only those below them, and nothing too long."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PRESS = Path(__file__).parents[1] / "src" / "press"
ENGINE = {"execution", "files", "kernels", "keys", "project", "scripts", "store", "tutorials"}
NOT = {  # room -> the rooms of the engine that it does not know
    "scripts": {"execution", "kernels", "keys", "store", "tutorials"},
    "keys": {"execution", "kernels", "store", "tutorials"},
    "store": {"execution", "kernels", "tutorials"},
    "execution": {"tutorials"},
    "kernels": {"execution", "keys", "scripts", "store", "tutorials"},
}
FILE, CLASS, FUNCTION = 250, 200, 40  # lines, at most
MKDOCS = {
    f"site/{name}.py" for name in ("plugin", "build", "files", "serve", "preview", "bundle", "conversion")
}  # alone know it


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", sorted(PRESS.rglob("*.py")), ids=lambda path: path.relative_to(PRESS).as_posix())
def test_a_file_knows_only_what_lies_below_it_and_is_not_too_long(path):
    names = set(imported(path))
    room = path.relative_to(PRESS).parts[0].removesuffix(".py")
    tops, rooms = {name.split(".")[0] for name in names}, {name.split(".")[1] for name in names if "press." in name}
    assert not tops & {"kindling", "torch"}
    if room in ENGINE:
        assert not rooms & {"site", *NOT.get(room, set())}
    if path.relative_to(PRESS).as_posix() not in MKDOCS:
        assert not tops & {"mkdocs", "material"}
    assert path.read_text().count("\n") <= FILE
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= (CLASS if isinstance(node, ast.ClassDef) else FUNCTION), f"{node.name}: {lines} lines"
