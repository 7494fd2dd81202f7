"""What a piece of source says: its text without comments, and the names that it uses and binds."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterator

Chain = tuple[str, ...]  # ("plots", "curves") for the expression plots.curves


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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
