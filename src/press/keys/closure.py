"""Finds what a tutorial's results depend on, down to single definitions of the project's own modules.

Whatever cannot be resolved counts whole, so the closure may be too large and is never too small.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from press.keys.modules import CARDS, Module, Project, absolute
from press.keys.source import Chain, chain_of, chains, digest, walk_scope
from press.scripts.script import Cell

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


def definitions(cells: Iterable[Cell], project: Project, beside: Path) -> dict[str, str]:
    """Digest every definition that the cells reach, as full dotted name -> digest."""
    return Closure(project, beside).of_cells(cells)


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


def named_imports(node: ast.AST) -> Iterator[str]:
    """The modules that calls like `import_module("name")` import: dynamic in form, but it is known what they reach."""
    for call in ast.walk(node):
        match call:
            case ast.Call(func=asked, args=[ast.Constant(str(name))], keywords=[]) if chain_of(asked) in IMPORTERS:
                yield name
