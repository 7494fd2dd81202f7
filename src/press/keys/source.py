"""What a piece of source says: its text without comments, and the names that it uses and binds."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

IMPORTERS = {("__import__",), ("import_module",), ("importlib", "import_module")}
DYNAMIC = {  # these reach definitions without naming them
    *(("eval",), ("exec",), ("globals",), ("__import__",), ("import_module",)),
    *(("importlib", "import_module"), ("sys", "modules")),
}

Chain = tuple[str, ...]  # ("plots", "curves") for the expression plots.curves
Import = ast.Import | ast.ImportFrom


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Uses:
    """What a piece of code may reach: everything in it that a closure follows."""

    imports: tuple[Import, ...]
    chains: tuple[Chain, ...]
    named: tuple[str, ...]  # modules that it imports by a call
    dynamic: bool  # it reaches definitions without naming them
    strings: tuple[str, ...]  # any of them may name a file

    @classmethod
    def of(cls, node: ast.AST) -> Uses:
        nodes, used = list(ast.walk(node)), tuple(chains(node))
        named = tuple(named_imports(nodes))
        strings = [inner.value for inner in nodes if isinstance(inner, ast.Constant) and isinstance(inner.value, str)]
        return cls(
            imports=tuple(inner for inner in nodes if isinstance(inner, Import)),
            chains=used,
            named=named,
            dynamic=sum(chain[:2] in DYNAMIC for chain in used) > len(named),
            strings=tuple(text for text in strings if 0 < len(text) < 200),
        )


def named_imports(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The modules that calls like `import_module("name")` import: dynamic in form, but it is known what they reach."""
    for call in nodes:
        match call:
            case ast.Call(func=asked, args=[ast.Constant(str(name))], keywords=[]) if chain_of(asked) in IMPORTERS:
                yield name


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


def chain_of(node: ast.AST) -> Chain:
    return next(chains(node), ())


def walk_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a statement without entering functions, classes and lambdas: they have names of their own."""
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from walk_scope(child)


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds at module level, those inside if, try, for and with included."""
    for node in walk_scope(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, Import):
            for alias in node.names:
                yield alias.asname or alias.name.split(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def first_line(node: ast.stmt) -> int:
    """Where a statement begins, its decorators included."""
    return min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])


def lines_of(source: Sequence[str], node: ast.stmt) -> Sequence[str]:
    """The lines of a statement, of those of its module."""
    return source[first_line(node) - 1 : node.end_lineno]


def significant_text(source: Sequence[str], node: ast.stmt) -> str:
    """The source of a statement without comments, blank lines and docstrings.

    Taken from the text, not from `ast.unparse`, whose output changes from one Python to the next.
    """
    lines = lines_of(source, node)
    drop = docstring_rows(lines, node)
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


def docstring_rows(lines: Sequence[str], node: ast.stmt) -> set[int]:
    """Which of a statement's lines hold docstrings and nothing else."""
    rows: set[int] = set()
    first = first_line(node)
    for inner in ast.walk(node):
        body = getattr(inner, "body", None)
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and isinstance(body, list):
            head = body[0]
            alone = len(body) == 1 or body[1].lineno > (head.end_lineno or 0)
            value = head.value if isinstance(head, ast.Expr) else None
            indented = not lines[head.lineno - first].encode()[: head.col_offset].strip()
            if alone and indented and isinstance(value, ast.Constant) and isinstance(value.value, str):
                rows.update(range(head.lineno - first, (head.end_lineno or head.lineno) - first + 1))
    return rows
