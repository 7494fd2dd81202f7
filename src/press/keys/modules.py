"""The project's own modules, read as syntax trees: nothing is imported."""

import ast
import hashlib
import json
import posixpath
import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from press.files import Stamp
from press.keys.source import Import, Uses, bound_names, chain_of, lines_of, significant_text, walk_scope
from press.scripts.script import parse, read_text

CARDS = "cards.toml"
PATTERN = re.compile(r"(?:[\w-]+/)*[\w-]*\*?[\w-]*\.\w+")  # "data/*.csv", and the ".csv" of f"{name}.csv"
PURE = {"frozenset", "tuple", "list", "dict", "set", "range", "len", "min", "max", "sorted", "Path", "TypeVar"}


class Project:
    """The project's own code as it is now: the shared package, and modules that lie beside a script."""

    def __init__(self, root: Path, package: Path | None = None):
        self.root, self.package = root, package
        # What was found once stays: after an edit there is another `Project`.
        self.find, self.files = cache(self.read), cache(self.read_files)
        self.keys: dict[Any, Any] = {}  # by what a script says
        self.closures: dict[Any, Any] = {}  # by its folder and its code

    @cached_property
    def cards(self) -> dict[str, Any] | None:
        """The data sets that the package describes, or None if it keeps no list."""
        return read_toml(self.package / CARDS if self.package else None)

    def data_identity(self, name: str) -> str:
        card = (self.cards or {}).get(name, {})
        files = [[file.get("path"), file.get("sha256")] for file in card.get("files", [])]
        return json.dumps([name, card.get("version"), files])

    @cached_property
    def names(self) -> list[str]:
        """Every module of the package."""
        if not self.package:
            return []
        paths = [path.relative_to(self.package.parent) for path in sorted(self.package.rglob("*.py"))]
        return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]

    def read(self, name: str, beside: Path) -> "Module | None":
        """The module of that name if it is the project's own, else None; a ScriptError if it is not valid Python."""
        for root in [self.package.parent, beside] if self.package else [beside]:
            base = root.joinpath(*name.split("."))
            for path in (base / "__init__.py", base.with_name(base.name + ".py")):
                if path.is_file():
                    shown = path.relative_to(self.root) if path.is_relative_to(self.root) else path
                    return module_of(name, path, shown, read_text(path, shown))
        return None

    def read_files(self, folder: Path, name: str) -> dict[str, str]:
        """The digest of each file that a string may stand for: by its name, its folder, a pattern or its ending."""
        if name == CARDS or name.endswith(".py") or "\n" in name or "\0" in name or Path(name).is_absolute():
            return {}
        found: Iterable[Path] = ()
        if (folder / name).is_file():
            found = [folder / name]
        elif PATTERN.fullmatch(name):
            found = folder.glob(name if "*" in name else f"*{name}")
        elif posixpath.normpath(name).split("/")[0] not in {".", ".."} and (folder / name).is_dir():
            found = (folder / name).rglob("*")
        kept = [path for path in sorted(found) if path.is_file() and path.suffix not in {".py", ".pyc"}]
        return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def read_toml(path: Path | None) -> dict[str, Any] | None:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path and path.is_file() else None


@lru_cache(maxsize=8)
def project_of(root: Path, package: Path | None, files: tuple[tuple[Path, Stamp], ...]) -> Project:
    """The project's code while none of these files changes: all that keys depend on, the scripts apart."""
    return Project(root, package)


class Statement:
    """One statement of a module; what is to be found in it is looked for once."""

    def __init__(self, node: ast.stmt, lines: Sequence[str]):
        self.node, self.lines = node, lines
        self.imports = [inner for inner in walk_scope(node) if isinstance(inner, Import)]  # they may stand in try or if
        self.decorators = [chain_of(decorator) or ("",) for decorator in getattr(node, "decorator_list", [])]

    @cached_property
    def uses(self) -> Uses:
        return Uses.of(self.node)

    @cached_property
    def significant(self) -> str:
        return significant_text(self.lines, self.node)

    @property
    def text(self) -> str:
        return "".join(lines_of(self.lines, self.node))


class Module:
    """One file: what each of its names is bound to, and what importing it does besides."""

    def __init__(self, name: str, path: Path, shown: Path, source: str):
        self.name, self.path = name, path
        lines = source.splitlines(keepends=True)
        self.body = [Statement(node, lines) for node in parse(source, shown).body]
        self.bindings: dict[str, list[Statement]] = {}
        for statement in self.body:
            for bound in bound_names(statement.node):
                self.bindings.setdefault(bound, []).append(statement)
        self.effects = [statement for statement in self.body if is_effect(statement.node)]
        # What an import does besides: it imports on, and decorators of ours may register what they get.
        self.active = [statement for statement in self.body if statement.imports or statement.decorators]
        imports = [node for statement in self.body for node in statement.imports]
        stars = [node for node in imports if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]
        # Subclass hooks run when a class is made, and module __getattr__ answers for any name.
        self.resists = bool(stars) or "__getattr__" in self.bindings or "__init_subclass__" in source

    def absolute(self, node: ast.ImportFrom) -> str:
        """The full name of the module that `from ... import` names."""
        if not node.level:
            return node.module or ""
        above = node.level - (self.path.name == "__init__.py")  # how many pieces of its own name it leaves
        pieces = self.name.split(".")
        return ".".join([*pieces[: len(pieces) - above], *([node.module] if node.module else [])])


module_of = lru_cache(maxsize=1000)(Module)


def is_effect(statement: ast.stmt) -> bool:
    """Whether importing a module does more with this statement than binding a name."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.Import | ast.ImportFrom | ast.Pass):
        return False
    if isinstance(statement, ast.ClassDef):
        return bool(statement.keywords)  # a metaclass
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        calls = [node for node in ast.walk(statement.value or ast.Pass()) if isinstance(node, ast.Call)]
        pure = all(isinstance(call.func, ast.Name) and call.func.id in PURE for call in calls)
        return not pure or not all(isinstance(target, ast.Name) for target in targets)
    return True
