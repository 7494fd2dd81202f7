"""Finds what a tutorial's results depend on, down to single definitions of the project's own modules.

Nothing is imported: modules are read as syntax trees. Whatever cannot be resolved counts whole, so the closure
may be too large and is never too small.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import tokenize
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from press.script import Cell, Script, parse, read_text

SCHEMA = 1  # raise it when the meaning of a stored notebook changes: every tutorial then runs again
CARDS = "cards.toml"
PURE = {"frozenset", "tuple", "list", "dict", "set", "range", "len", "min", "max", "sorted", "Path", "TypeVar"}
DYNAMIC = {  # these reach definitions without naming them
    *(("eval",), ("exec",), ("globals",), ("__import__",), ("import_module",)),
    *(("importlib", "import_module"), ("sys", "modules")),
}
IMPORTERS = {("__import__",), ("import_module",), ("importlib", "import_module")}
READS_SOURCE = {
    "getsource",
    "getsourcelines",
    "getdoc",
    "__doc__",
    "help",
    "pydoc",
}  # comments and docstrings count here

Chain = tuple[str, ...]  # ("plots", "curves") for the expression plots.curves


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def combine(parts: Mapping[str, str]) -> str:
    """The key: one SHA-256 over all parts, whatever their order."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def key_parts(script: Script, project: Project) -> dict[str, str]:
    """Everything that decides whether a tutorial runs again, as label -> digest.

    Labels are for people: "cell 3", "kindling.training.fit", "data mnist".
    """
    parts = {f"cell {number}": digest(cell.source) for number, cell in enumerate(script.code, 1)}
    parts |= project.definitions(script.code, project.root / script.path.parent)
    for name in script.header.data:
        parts[f"data {name}"] = digest(project.data_identity(name))
    return parts | {"press": f"schema {SCHEMA}"}


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

    def definitions(self, cells: Iterable[Cell], beside: Path) -> dict[str, str]:
        """Digest every definition that the cells reach, as full dotted name -> digest."""
        return Closure(self, beside).of_cells(cells)

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


class Closure:
    """Collects what is reachable from some cells."""

    def __init__(self, project: Project, beside: Path):
        self.project, self.beside = project, beside
        self.texts: dict[str, list[str]] = {}
        self.reached: set[str] = set()  # modules that get imported
        self.seen: set[tuple[str, str]] = set()
        self.queue: list[tuple[Module | None, ast.AST]] = []
        self.verbatim = False

    def of_cells(self, cells: Iterable[Cell]) -> dict[str, str]:
        tree = ast.parse("\n".join(cell.source for cell in cells))
        names = {name for chain in chains(tree) for name in chain}
        self.verbatim = bool(names & READS_SOURCE)
        self.queue.append((None, tree))
        while self.queue:
            self.follow(*self.queue.pop())
        return {name: digest("\n".join(sorted(texts))) for name, texts in sorted(self.texts.items())}

    def follow(self, module: Module | None, node: ast.AST) -> None:
        """Resolve every name that a piece of code uses, in the scope of its module."""
        imports: dict[str, list[Chain]] = {}
        for inner in ast.walk(node):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                for name, target in self.imported(inner, module):
                    imports.setdefault(name, []).append(target)
        used = list(chains(node))
        for chain in used:
            for target in imports.get(chain[0], []):
                self.reach_chain(target + chain[1:])
            if module and chain[0] in module.bindings:
                self.mark(module, chain[0], chain[1:])
        named = list(named_imports(node))
        for name in named:
            if self.reach_module(name):
                self.whole(name)
        if sum(chain[:2] in DYNAMIC for chain in used) > len(named):
            self.whole_package(module)
        self.named_files(module, node)

    def imported(self, node: ast.Import | ast.ImportFrom, module: Module | None) -> Iterator[tuple[str, Chain]]:
        """Note what an import statement loads; yield each name that it binds and what the name stands for."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.reach_module(alias.name)
                target = tuple(alias.name.split("."))
                yield (alias.asname, target) if alias.asname else (target[0], target[:1])
            return
        base = absolute(node, module)
        if self.reach_module(base) is None:
            return
        for alias in node.names:
            self.reach_module(f"{base}.{alias.name}")
            if alias.name == "*":
                self.whole(base)
            else:
                yield alias.asname or alias.name, (*base.split("."), alias.name)

    def reach_chain(self, chain: Chain) -> None:
        """Follow ("kindling", "plots", "curves") through packages and modules to a definition."""
        for length in range(len(chain), 0, -1):
            module = self.reach_module(".".join(chain[:length]))
            if module is None:
                continue
            rest = chain[length:]
            if not rest:
                self.whole(module.name)  # the module itself is handed on: anything may be taken from it
            elif rest[0] in module.bindings:
                self.mark(module, rest[0], rest[1:])
            else:
                self.whole(module.name)
            return

    def reach_module(self, name: str) -> Module | None:
        """Count a module as imported, and with it its parents, its effects and what it imports."""
        module = self.project.find(name, self.beside)
        if module is None or module.name in self.reached:
            return module
        self.reached.add(module.name)
        if "." in name:
            self.reach_module(name.rpartition(".")[0])
        for statement in module.effects:
            self.add(module, "(on import)", statement)
        for statement in module.tree.body:
            for node in walk_scope(statement):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    list(self.imported(node, module))
            for decorator in getattr(statement, "decorator_list", []):
                root = next(iter(chains(decorator)), ("",))[0]
                if self.is_own(module, root):  # a decorator of ours may register what it gets
                    self.add(module, getattr(statement, "name", "?"), statement)
        if module.resists:
            self.whole(module.name)
        return module

    def is_own(self, module: Module, name: str) -> bool:
        for statement in module.bindings.get(name, []):
            if isinstance(statement, ast.Import):
                sources = [alias.name for alias in statement.names]
            elif isinstance(statement, ast.ImportFrom):
                sources = [absolute(statement, module)]
            else:
                return True
            if any(self.project.find(source, self.beside) for source in sources):
                return True
        return False

    def mark(self, module: Module, name: str, rest: Chain) -> None:
        for statement in module.bindings[name]:
            for node in walk_scope(statement):  # an import may stand inside try or if
                if isinstance(node, ast.Import | ast.ImportFrom):
                    targets = [target for bound, target in self.imported(node, module) if bound == name]
                    for target in targets:
                        self.reach_chain(target + rest)
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                self.add(module, name, statement)

    def add(self, module: Module, name: str, statement: ast.stmt) -> None:
        text = module.text(statement, self.verbatim)
        if (module.name, text) in self.seen:
            return
        self.seen.add((module.name, text))
        self.texts.setdefault(f"{module.name}.{name}", []).append(text)
        self.queue.append((module, statement))

    def whole(self, name: str) -> None:
        module = self.project.find(name, self.beside)
        if module and (module.name, "") not in self.seen:
            self.seen.add((module.name, ""))
            self.reach_module(module.name)
            for statement in module.tree.body:
                self.add(module, "(whole)", statement)

    def whole_package(self, module: Module | None) -> None:
        if module:
            self.whole(module.name)
        if self.project.package:
            parent = self.project.package.parent
            for path in sorted(self.project.package.rglob("*.py")):
                name = path.relative_to(parent).with_suffix("").as_posix().replace("/", ".")
                self.whole(name.removesuffix(".__init__"))

    def named_files(self, module: Module | None, node: ast.AST) -> None:
        """A string that names a file beside the module: the file's bytes count too (data cards count by data set)."""
        folder = module.path.parent if module else self.beside
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and 0 < len(inner.value) < 200:
                name = inner.value
                if name == CARDS or "\n" in name or "\0" in name or name.endswith(".py") or name in {".", ".."}:
                    continue
                path = folder / name
                if not Path(name).is_absolute() and path.is_file():
                    self.texts[f"file {name}"] = [hashlib.sha256(path.read_bytes()).hexdigest()]


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


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds at module level, those inside if, try, for and with included."""
    for node in walk_scope(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.split(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def walk_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a statement without entering functions, classes and lambdas: they have names of their own."""
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from walk_scope(child)


def chains(node: ast.AST) -> Iterator[Chain]:
    """Every dotted name in a piece of code, longest first: plots.curves gives ("plots", "curves")."""
    if isinstance(node, ast.Attribute | ast.Name):
        pieces, inner = [], node
        while isinstance(inner, ast.Attribute):
            pieces.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            yield (inner.id, *reversed(pieces))
            return
        yield ("", *reversed(pieces))  # an attribute of an expression: only its words are known
        yield from chains(inner)
        return
    for child in ast.iter_child_nodes(node):
        yield from chains(child)


def named_imports(node: ast.AST) -> Iterator[str]:
    """The modules that calls like `import_module("name")` import: dynamic in form, but it is known what they reach."""
    for call in ast.walk(node):
        match call:
            case ast.Call(func=asked, args=[ast.Constant(str(name))], keywords=[]) if chain_of(asked) in IMPORTERS:
                yield name


def chain_of(node: ast.AST) -> Chain:
    return next(chains(node), ())


def significant_text(source: str, node: ast.stmt, verbatim: bool = False) -> str:
    """The source of a statement without comments, blank lines and docstrings.

    Taken from the text, not from `ast.unparse`, whose output changes from one Python to the next.
    """
    first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
    lines = source.splitlines(keepends=True)[first - 1 : node.end_lineno]
    if verbatim:
        return "".join(lines)
    drop: set[int] = set()
    for inner in ast.walk(node):
        body = getattr(inner, "body", None)
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and isinstance(body, list):
            head = body[0]
            alone = len(body) == 1 or body[1].lineno > (head.end_lineno or 0)
            value = head.value if isinstance(head, ast.Expr) else None
            indented = not lines[head.lineno - first].encode()[: head.col_offset].strip()
            if alone and indented and isinstance(value, ast.Constant) and isinstance(value.value, str):
                drop.update(range(head.lineno - first, (head.end_lineno or head.lineno) - first + 1))
    text = "".join(lines)
    kept = text.splitlines()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            row, column = token.start[0] - 1, token.start[1]
            if token.type == tokenize.COMMENT:
                kept[row] = kept[row][:column].rstrip()
                if not kept[row]:
                    drop.add(row)
            elif token.type == tokenize.NL and not kept[row].strip():
                drop.add(row)
    except (tokenize.TokenError, IndentationError):
        return text
    return "\n".join(line for row, line in enumerate(kept) if row not in drop)
