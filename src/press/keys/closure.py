"""Finds what a tutorial's results depend on, down to single definitions of the project's own modules.

Whatever cannot be resolved counts whole, so the closure may be too large and is never too small.
"""

import ast
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

from press.keys.modules import Module, Project, Statement
from press.keys.source import Chain, Import, Uses, digest
from press.scripts.script import Cell

IMPORTS = "imports"  # the part of a key that holds what names of other packages stand for
SUBCLASSES = {"__subclasses__"}  # finds classes that nobody names, as __init_subclass__ does
# Comments and docstrings count where these are used.
READS_SOURCE = {"getsource", "getsourcelines", "getdoc", "__doc__", "help", "pydoc"}


def definitions(cells: Iterable[Cell], project: Project, beside: Path) -> dict[str, str]:
    """Digest every definition that the cells reach, as full dotted name -> digest."""
    texts = reached(cells, project, beside).texts
    return {name: digest("\n".join(sorted(set(found)))) for name, found in sorted(texts.items())}


def files(cells: Iterable[Cell], project: Project, beside: Path) -> dict[str, Path]:
    """The modules and the data beside a script that its cells reach, by their names in its folder."""
    apart = project.package.parent if project.package else None
    paths = [path for path in reached(cells, project, beside).files if not apart or not path.is_relative_to(apart)]
    return dict(sorted((Path(os.path.relpath(path, beside)).as_posix(), path) for path in paths))


def reached(cells: Iterable[Cell], project: Project, beside: Path) -> "Closure":
    """What the cells reach; it is looked for once."""
    said = beside, "\n".join(cell.source for cell in cells)
    if said not in project.closures:
        uses, closure = Uses.of(ast.parse(said[1])), Closure(project, beside)
        while not closure.complete(uses):
            closure = Closure(project, beside, closure.found)
        project.closures[said] = closure
    return project.closures[said]


class Closure:
    """Collects what is reachable from some cells."""

    def __init__(self, project: Project, beside: Path, known: Set[str] = frozenset()):
        self.project, self.beside, self.known = project, beside, known
        self.found = set(known)  # what makes comments count, or each subclass
        self.texts: dict[str, list[str]] = defaultdict(list)
        self.reached: set[str] = set()  # modules that get imported
        self.files: set[Path] = set()  # theirs, and those that strings name
        self.seen: set[tuple[str, str]] = set()
        self.followed: set[tuple[str, str, Chain]] = set()
        self.queue: list[tuple[Module, Statement]] = []

    def complete(self, uses: Uses) -> bool:
        """Collect what the code reaches; whether nothing was found by which it would reach more."""
        self.texts[IMPORTS] = []
        self.follow(None, uses)
        while self.queue:
            module, statement = self.queue.pop()
            self.follow(module, statement.uses)
        return self.found == self.known

    def follow(self, module: Module | None, uses: Uses) -> None:
        """Resolve every name that a piece of code uses, in the scope of its module."""
        self.found.update(name for chain in uses.chains for name in chain if name in READS_SOURCE | SUBCLASSES)
        imports = [found for node in uses.imports for found in self.imported(node, module)]
        for chain in uses.chains:
            for target in [target for name, target in imports if name == chain[0]]:
                self.reach_chain(target + chain[1:])
            if module and chain[0] in module.bindings:
                self.mark(module, chain[0], chain[1:])
            elif module and chain[0] == "__doc__":
                self.whole(module.name)
        for name in uses.named:
            if self.reach_module(name):
                self.whole(name)
        for name in [*([module.name] if module else []), *self.project.names(self.beside)] if uses.dynamic else ():
            self.whole(name)
        folder = module.path.parent if module else self.beside
        for name in uses.strings:  # a file's bytes count too (data cards count by data set)
            for found, content in self.project.files(folder, name).items():
                self.texts[f"file {found}"] = [content]
                self.files.add(folder / found)

    def imported(self, node: Import, module: Module | None) -> Iterator[tuple[str, Chain]]:
        """Note what an import statement loads; yield each name that it binds and what the name stands for."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.reach_module(alias.name)
                target = tuple(alias.name.split("."))
                yield (alias.asname, target) if alias.asname else (target[0], target[:1])
            return
        base = module.absolute(node) if module else node.module or ""
        known = self.reach_module(base)
        for alias in node.names:
            inner = self.reach_module(f"{base}.{alias.name}")
            if alias.name == "*":
                self.whole(base)
            elif known or inner:  # a folder without __init__.py is a package too
                yield alias.asname or alias.name, (*base.split("."), alias.name)

    def reach_chain(self, chain: Chain) -> None:
        """Follow ("kindling", "plots", "curves") through packages and modules to a definition."""
        for length in range(len(chain), 0, -1):
            module = self.reach_module(".".join(chain[:length]))
            if module is None:
                continue
            if length < len(chain) and chain[length] in module.bindings:
                self.mark(module, chain[length], chain[length + 1 :])
            else:  # the module itself is handed on: anything may be taken from it
                self.whole(module.name)
            above = self.project.find(module.name.rpartition(".")[0], self.beside) if length > 1 else None
            if above and chain[length - 1] in above.bindings:  # a package may give the name to something else
                self.mark(above, chain[length - 1], chain[length:])
            return

    def reach_module(self, name: str) -> Module | None:
        """Count a module as imported, and with it its parents, its effects and what it imports."""
        module = self.project.find(name, self.beside)
        if module is None or module.name in self.reached:
            return module
        self.reached.add(module.name)
        self.files.add(module.path)
        if "." in name:
            self.reach_module(name.rpartition(".")[0])
        for statement in module.effects:
            self.add(module, "(on import)", statement)
        for statement in module.active:
            for node in statement.imports:
                list(self.imported(node, module))
            bases = statement.bases if self.found & SUBCLASSES else []
            for chain in [*statement.calls, *bases]:
                if self.is_own(module, chain[0]):  # what we call may register what it gets
                    self.add(module, getattr(statement.node, "name", "?"), statement)
        if module.hooked:
            self.found |= SUBCLASSES
        if module.resists:
            self.whole(module.name)
        return module

    def is_own(self, module: Module, name: str) -> bool:
        for node in (statement.node for statement in module.bindings.get(name, [])):
            if not isinstance(node, Import):
                return True
            froms = isinstance(node, ast.ImportFrom)
            sources = [module.absolute(node)] if froms else [alias.name for alias in node.names]
            if any(self.project.find(source, self.beside) for source in sources):
                return True
        return False

    def mark(self, module: Module, name: str, rest: Chain) -> None:
        if (module.name, name, rest) in self.followed:
            return
        self.followed.add((module.name, name, rest))
        for statement in module.bindings[name]:
            for node in statement.imports:
                for target in [target for bound, target in self.imported(node, module) if bound == name]:
                    self.reach_chain(target + rest)
                self.texts[IMPORTS] += [f"{module.name}: {said}" for said in self.foreign(node, module, name)]
            if not isinstance(statement.node, Import):
                self.add(module, name, statement)

    def foreign(self, node: Import, module: Module, name: str) -> list[str]:
        """What an import binds a name to, if that is no module of the project."""
        source = module.absolute(node) if isinstance(node, ast.ImportFrom) else ""
        if source and self.project.find(source, self.beside):
            return []
        bound = [alias for alias in node.names if name in (alias.asname, alias.name.split(".")[0])]
        return [f"{name} is {source} {alias.name}" for alias in bound if not self.project.find(alias.name, self.beside)]

    def add(self, module: Module, name: str, statement: Statement) -> None:
        text = statement.text if self.found & READS_SOURCE else statement.significant
        if (module.name, text) not in self.seen:
            self.seen.add((module.name, text))
            self.texts[f"{module.name}.{name}"].append(text)
            self.queue.append((module, statement))

    def whole(self, name: str) -> None:
        module = self.project.find(name, self.beside)
        if module and (module.name, "") not in self.seen:
            self.seen.add((module.name, ""))
            self.reach_module(module.name)
            for statement in module.body:
                self.add(module, "(whole)", statement)
