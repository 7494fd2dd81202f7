"""What a piece of source says: its text without comments, and the names that it uses and binds."""

import ast
import hashlib
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from press.files import lines

IMPORTERS = {"__import__", "import_module"}
# What reaches definitions without naming them: these names, as words of a module, or as attributes of anything.
NAMES = {"eval", "exec", "globals", "locals", "vars"}
WORDS = IMPORTERS | {"run_path", "run_module", "spec_from_file_location", "reload", "__globals__", "f_globals"}
HOMES = {"builtins": NAMES, "sys": {"modules"}, "importlib": WORDS, "runpy": WORDS, "importlib.util": WORDS}

NONE: set[str] = set()
ONE = {(name,) for name in IMPORTERS}

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
        strings = tuple(text for inner in nodes if 0 < len(text := text_in(inner)) < 200)
        dynamic = sum(map(is_dynamic, used)) > len(named) or any(map(hides_dynamic, imports))
        return cls(imports, used, named, dynamic, strings)


def named_imports(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The modules that calls like `import_module("name")` import: dynamic in form, but it is known what they reach."""
    for call in nodes:
        match call:
            case ast.Call(func=asked, args=[ast.Constant(str(name))], keywords=[]) if chain_of(asked)[-1:] in ONE:
                yield name


def is_dynamic(chain: Chain) -> bool:
    return chain[0] in NAMES or not WORDS.isdisjoint(chain) or not HOMES.get(chain[0], NONE).isdisjoint(chain[1:2])


def hides_dynamic(node: Import) -> bool:
    """Whether an import gives another name to what reaches definitions without naming them."""
    words = HOMES.get(node.module or "", NONE) if isinstance(node, ast.ImportFrom) else NONE
    return any(alias.name in words and (alias.asname or alias.name == "modules") for alias in node.names)


def text_in(node: ast.AST) -> str:
    """A text that may name a file; the parts of an f-string that are not known are a *."""
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(text_in(value) if isinstance(value, ast.Constant) else "*" for value in values)
    return ""


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


def rows_of(node: ast.stmt) -> slice:
    """Where the lines of a statement stand among those of its module, its decorators included."""
    first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
    return slice(first - 1, node.end_lineno)


def significant_lines(source: str, tree: ast.Module) -> list[str | None]:
    """The lines of a module without comments and docstrings; None for a line with nothing else.

    Taken from the text, not from `ast.unparse`, whose output changes from one Python to the next.
    """
    kept: list[str | None] = [line.rstrip("\n") for line in lines(source)]
    try:
        tokens = list(tokenize.generate_tokens(iter(lines(source)).__next__))
    except (tokenize.TokenError, IndentationError):
        return kept
    for token in tokens:
        row, column = token.start[0] - 1, token.start[1]
        if token.type == tokenize.COMMENT:
            kept[row] = (kept[row] or "")[:column].rstrip() or None
        elif token.type == tokenize.NL and row < len(kept) and not (kept[row] or "").strip():
            kept[row] = None
    for rows in docstrings(lines(source), tree):
        kept[rows] = [None] * len(kept[rows])
    return kept


def docstrings(source: Sequence[str], tree: ast.Module) -> Iterator[slice]:
    """Where docstrings stand that have their lines for themselves."""
    for inner in ast.walk(tree):
        match inner:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if ast.get_docstring(inner) is not None:
                head, end = inner.body[0], inner.body[0].end_lineno or 0
                alone = len(inner.body) == 1 or inner.body[1].lineno > end
                if alone and not source[head.lineno - 1].encode()[: head.col_offset].strip():
                    yield slice(head.lineno - 1, end)
