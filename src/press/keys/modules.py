"""The project's own modules, read as syntax trees: nothing is imported."""

from __future__ import annotations

import ast
import json
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

from press.keys.source import bound_names, significant_text, walk_scope
from press.scripts.script import parse, read_text

CARDS = "cards.toml"
PURE = {"frozenset", "tuple", "list", "dict", "set", "range", "len", "min", "max", "sorted", "Path", "TypeVar"}


class Project:
    """The project's own code: the shared package, and modules that lie beside a script."""

    def __init__(self, root: Path, package: Path | None = None):
        self.root, self.package = root, package
        self._modules: dict[Path, Module] = {}

    @cached_property
    def cards(self) -> dict[str, Any] | None:
        """The data sets that the package describes, or None if it keeps no list."""
        path = self.package / CARDS if self.package else None
        return tomllib.loads(path.read_text(encoding="utf-8")) if path and path.exists() else None

    def data_identity(self, name: str) -> str:
        card = (self.cards or {}).get(name, {})
        files = [[file.get("path"), file.get("sha256")] for file in card.get("files", [])]
        return json.dumps([name, card.get("version"), files])

    def find(self, name: str, beside: Path) -> Module | None:
        """The module of that name if it is the project's own, else None.

        Raises:
            ScriptError: the module is not valid Python.
        """
        roots = [self.package.parent] if self.package else []
        for root in [*roots, beside]:
            base = root.joinpath(*name.split("."))
            for path in (base / "__init__.py", base.with_name(base.name + ".py")):
                if path.is_file():
                    if path not in self._modules:
                        shown = path.relative_to(self.root) if path.is_relative_to(self.root) else path
                        self._modules[path] = Module(name, path, shown)
                    return self._modules[path]
        return None


class Module:
    """One file: what each of its names is bound to, and what importing it does besides."""

    def __init__(self, name: str, path: Path, shown: Path):
        self.name, self.path = name, path
        self.source = read_text(path, shown)
        self.tree = parse(self.source, shown)
        self.is_package = path.name == "__init__.py"
        self.bindings: dict[str, list[ast.stmt]] = {}
        self.effects: list[ast.stmt] = []
        self.stars: list[ast.ImportFrom] = []
        for statement in self.tree.body:
            self._bind(statement)
            if is_effect(statement):
                self.effects.append(statement)
        # Subclass hooks run when a class is made, and module __getattr__ answers for any name.
        self.resists = bool(self.stars) or "__getattr__" in self.bindings or "__init_subclass__" in self.source

    def _bind(self, statement: ast.stmt) -> None:
        for node in walk_scope(statement):
            if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
                self.stars.append(node)
        for name in bound_names(statement):
            self.bindings.setdefault(name, []).append(statement)

    def text(self, node: ast.stmt, verbatim: bool = False) -> str:
        return significant_text(self.source, node, verbatim)


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


def absolute(node: ast.ImportFrom, module: Module | None) -> str:
    """The full name of the module that `from ... import` names."""
    if not node.level or module is None:
        return node.module or ""
    pieces = module.name.split(".")
    pieces = pieces[: len(pieces) - node.level + module.is_package]
    return ".".join(pieces + ([node.module] if node.module else []))
