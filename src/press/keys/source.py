"""What a piece of source says: its text without comments, and the names that it uses and binds."""

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

IMPORTERS = {("__import__",), ("import_module",), ("importlib", "import_module")}
DYNAMIC = IMPORTERS | {("eval",), ("exec",), ("globals",), ("sys", "modules")}  # reach definitions without naming them

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
    def of(cls, node: ast.AST) -> "Uses":
        nodes, used = list(ast.walk(node)), tuple(chains(node))
        imports = tuple(inner for inner in nodes if isinstance(inner, Import))
        named = tuple(named_imports(nodes))
        constants = [inner.value for inner in nodes if isinstance(inner, ast.Constant)]
        strings = tuple(text for text in constants if isinstance(text, str) and 0 < len(text) < 200)
        return cls(imports, used, named, sum(chain[:2] in DYNAMIC for chain in used) > len(named), strings)


def named_imports(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The modules that calls like `import_module("name")` import: dynamic in form, but it is known what they reach."""
    for call in nodes:
        match call:
            case ast.Call(func=asked, args=[ast.Constant(str(name))], keywords=[]) if chain_of(asked) in IMPORTERS:
                yield name


def chains(node: ast.AST) -> Iterator[Chain]:
    """Every dotted name in a piece of code, longest first: plots.curves gives ("plots", "curves")."""
    if isinstance(node, ast.Attribute | ast.Name):
        pieces: list[str] = []
        while isinstance(node, ast.Attribute):
            pieces.insert(0, node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            yield (node.id, *pieces)
            return
        yield ("", *pieces)  # an attribute of an expression: only its words are known
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
        match inner:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if ast.get_docstring(inner) is not None:
                head, end = inner.body[0], inner.body[0].end_lineno or 0
                alone = len(inner.body) == 1 or inner.body[1].lineno > end
                if alone and not lines[head.lineno - first].encode()[: head.col_offset].strip():
                    rows.update(range(head.lineno - first, end - first + 1))
    return rows
