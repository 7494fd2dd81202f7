"""The project's own modules, read as syntax trees: nothing is imported."""

import ast
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from press.files import Stamp, lines
from press.keys.source import Import, Uses, bound_names, chain_of, rows_of, significant_lines, walk_scope
from press.scripts.header import read_toml
from press.scripts.python import parse, read_text

CARDS = "cards.toml"
PATTERN = re.compile(r"(?:[\w-]+/|\*+/)*[\w-]*\*[\w*-]*\.(?!py\b)\w+")  # *.csv, part-*.csv, data/*.csv
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
        return read_table(self.package / CARDS if self.package else None, self.root)

    def data_identity(self, name: str) -> str:
        card = (self.cards or {}).get(name, {})
        files = [[file.get("path"), file.get("sha256")] for file in card.get("files", [])]
        return json.dumps([name, card.get("version"), files])

    def names(self, beside: Path) -> list[str]:
        """Every module of the package and beside a script; scripts cannot be imported."""
        paths = [path.relative_to(beside) for path in sorted(beside.glob("*.py")) if path.stem.isidentifier()]
        if self.package:
            paths += [path.relative_to(self.package.parent) for path in sorted(self.package.rglob("*.py"))]
        return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]

    def read(self, name: str, beside: Path) -> "Module | None":
        """The module of that name if it is the project's own, else None; a ScriptError if it is not valid Python."""
        for root in [beside, self.package.parent] if self.package else [beside]:  # as Python looks
            base = root.joinpath(*name.split("."))
            for path in (base / "__init__.py", base.with_name(base.name + ".py")):
                if path.is_file():
                    shown = path.relative_to(self.root) if path.is_relative_to(self.root) else path
                    return module_of(name, path, shown, read_text(path, shown))
        return None

    def read_files(self, folder: Path, name: str) -> dict[str, str]:
        """The digest of each file that a string may stand for: by its name, its folder, or a pattern."""
        if name in {CARDS, ".", ".."} or "\n" in name or "\0" in name or Path(name).is_absolute():
            return {}
        here, inside = folder / name, ".." not in Path(name).parts
        found = [here] if here.is_file() else here.rglob("*") if inside and here.is_dir() else ()
        found = found or (folder.glob(name) if PATTERN.fullmatch(name) else ())
        kept = [path for path in sorted(found) if path.is_file() and "__pycache__" not in path.parts]
        return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def read_table(path: Path | None, root: Path) -> dict[str, Any] | None:
    """The tables of a TOML file of the project, None without one; a ScriptError if it is malformed."""
    if not path or not path.is_file():
        return None
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    return read_toml(read_text(path, shown), shown)


@lru_cache(maxsize=8)
def project_of(root: Path, package: Path | None, files: tuple[tuple[Path, Stamp], ...]) -> Project:
    """The project's code while none of these files changes: all that keys depend on, the scripts apart."""
    return Project(root, package)


class Statement:
    """One statement of a module; what is to be found in it is looked for once."""

    def __init__(self, node: ast.stmt, text: Sequence[str], significant: Sequence[str | None]):
        self.node, self.text = node, "".join(text[rows_of(node)])
        self.significant = "\n".join(line for line in significant[rows_of(node)] if line is not None)
        self.imports = [inner for inner in walk_scope(node) if isinstance(inner, Import)]  # they may stand in try or if
        self.calls = [chain_of(called) or ("",) for called in calls(node)]
        self.bases = [chain_of(base) or ("",) for base in getattr(node, "bases", [])]

    @cached_property
    def uses(self) -> Uses:
        return Uses.of(self.node)


class Module:
    """One file: what each of its names is bound to, and what importing it does besides."""

    def __init__(self, name: str, path: Path, shown: Path, source: str):
        self.name, self.path = name, path
        tree, text = parse(source, shown), lines(source)
        significant = significant_lines(source, tree)
        self.body = [Statement(node, text, significant) for node in tree.body]
        self.bindings: dict[str, list[Statement]] = {}
        for statement in self.body:
            for bound in bound_names(statement.node):
                self.bindings.setdefault(bound, []).append(statement)
        self.effects = [statement for statement in self.body if is_effect(statement.node)]
        # What an import does besides: it imports on, and what is called of ours may register what it gets.
        self.active = [statement for statement in self.body if statement.imports or statement.calls or statement.bases]
        imports = [node for statement in self.body for node in statement.imports]
        stars = [node for node in imports if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]
        # Subclass hooks run when a class is made, and module __getattr__ answers for any name.
        self.hooked = "__init_subclass__" in source
        self.resists = bool(stars) or "__getattr__" in self.bindings or self.hooked

    def absolute(self, node: ast.ImportFrom) -> str:
        """The full name of the module that `from ... import` names."""
        if not node.level:
            return node.module or ""
        above = node.level - (self.path.name == "__init__.py")  # how many pieces of its own name it leaves
        pieces = self.name.split(".")
        return ".".join([*pieces[: len(pieces) - above], *([node.module] if node.module else [])])


module_of = lru_cache(maxsize=1000)(Module)


def calls(node: ast.AST) -> Iterator[ast.AST]:
    """What is called when a definition is made: its decorators, and whatever its defaults or its class body call."""
    made = list(getattr(node, "decorator_list", []))
    yield from made
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        made += [default for default in (*node.args.defaults, *node.args.kw_defaults) if default]
    elif isinstance(node, ast.ClassDef):
        made += [*node.bases, *node.body]
    for inner in (inner for piece in made for inner in walk_scope(piece)):
        if isinstance(inner, ast.Call):
            yield from (inner.func, *inner.args)
        elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from calls(inner)


def is_effect(statement: ast.stmt) -> bool:
    """Whether importing a module does more with this statement than binding a name."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.Import | ast.ImportFrom | ast.Pass):
        return False
    if isinstance(statement, ast.ClassDef):  # a metaclass, or a body that does more than binding names
        body = [inner for inner in statement.body if not isinstance(inner, ast.Assign | ast.AnnAssign)]
        return bool(statement.keywords) or any(map(is_effect, body))
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        calls = [node for node in ast.walk(statement.value or ast.Pass()) if isinstance(node, ast.Call)]
        pure = all(isinstance(call.func, ast.Name) and call.func.id in PURE for call in calls)
        return not pure or not all(isinstance(target, ast.Name) for target in targets)
    return True
