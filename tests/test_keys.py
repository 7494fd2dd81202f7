"""Keys are never too small: what an edit does to modules that are made up at random. The oracle is Python's own tree."""

import ast
import io
import random
import tokenize

import pytest

from press.keys.closure import definitions
from press.keys.modules import Project
from press.scripts.script import Cell

# What `str.splitlines` takes for the end of a line, and Python does not.
ODD = ["", "\x0c", "\x0b", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
PIECES = [
    "K{i} = {n}  # {odd} a constant",
    "K{i} = {n}; L{i} = K{i} + {n}",
    'K{i} = """{odd}one\n# no comment{odd}\n\ntwo {n}"""; L{i} = """ # three {n} """',
    "K{i} = {n} + \\\n    {n}",
    "# {odd} a comment\n\x0c\ndef f{i}(x={n}):\n    # {odd} inside\n\n    return x * {n}",
    'def f{i}(x):\n    """Twice.{odd}"""\n    return f"{{x!r}} # {{x + {n}}} {odd}"',
    'def f{i}(x):\n    """Twice."""; y = {n}\n    return x - y',
    'def f{i}(x): """Twice."""; return x - {n}',
    'def f{i}(x):\n    """Twice.\n\n    {odd}# More.\n    """  # and more\n    return [y + {n} for y in (x,\n\n        {n})]',
    "def deco{i}(function):\n    return function\n\n@deco{i}\n# {odd}\n@deco{i}\ndef f{i}(*, x={n}):\n    return x",
    "def f{i}(x):\n    def inner(y):\n        '''{odd}Inner.'''\n        return y + {n}\n    return inner(x)",
    'class C{i}(dict):\n    """A class.{odd}"""\n    size: int = {n}\n\n    def go(self):\n        """Goes."""\n        return {n}',
    "class C{i}: '''A class.'''",
    "if {n} > 3:\n    def f{i}(x): return {n}\nelse:\n    f{i} = lambda x: x + {n}",
    "from math import sin as K{i}\ndef f{i}(x):\n    return K{i}(x) + {n}",
    "try:\n    K{i} = {n}\nexcept ValueError as error:\n    K{i} = str(error)",
    "async def f{i}(x):\n    async with x as y: await y({n})",
]


def module(random_):
    """The text of a module."""
    pieces = [
        random_.choice(PIECES).format(i=i, n=random_.randrange(9), odd=random_.choice(ODD))
        for i in range(random_.randrange(2, 7))
    ]
    return "\n".join(piece + "\n" * random_.randrange(3) for piece in pieces) + "\n"


def meaning(source):
    """What Python makes of a text, docstrings of functions and classes apart; None if it is not Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    return ast.dump(tree)


def edits(source, random_):
    """The text with one token written in another way, several times."""
    tokens = [
        token
        for token in tokenize.generate_tokens(io.StringIO(source, newline="").readline)
        if token.type not in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    ]
    lines = list(io.StringIO(source, newline=""))
    for token in random_.sample(tokens, min(8, len(tokens))):
        row, column = token.start
        start = sum(map(len, lines[: row - 1])) + column
        texts = {
            tokenize.NUMBER: f"{token.string}1",
            tokenize.NAME: f"{token.string}_",
            tokenize.STRING: token.string.replace(token.string[3:4], f"~{token.string[3:4]}", 1),
            tokenize.COMMENT: f"{token.string} more",
            tokenize.NL: f"{token.string}\n",
            tokenize.OP: {"+": "-", "-": "+", "*": "+", ">": "<"}.get(token.string, token.string),
        }
        yield source[:start] + texts.get(token.type, token.string) + source[start + len(token.string) :]


@pytest.fixture
def keys(tmp_path):
    """What the definitions of a module that a lesson uses whole, name by name, add to its key."""
    (tmp_path / "src/pack").mkdir(parents=True)
    (tmp_path / "src/pack/__init__.py").touch()

    def keys(source, names, end="\n", encoding="utf-8"):
        (tmp_path / "src/pack/made.py").write_bytes(source.replace("\n", end).encode(encoding))
        code = f"from pack import made\nprint({', '.join(f'made.{name}' for name in names)})"
        return definitions([Cell("code", code, 1)], Project(tmp_path, tmp_path / "src/pack"), tmp_path)

    return keys


@pytest.mark.parametrize("seed", range(60))
def test_an_edit_changes_the_key_exactly_if_it_changes_what_python_sees(keys, seed):
    random_ = random.Random(seed)
    source, end = module(random_), random_.choice(["\n", "\r\n", "\r"])
    encoding = random_.choice(["utf-8", "utf-8-sig"])
    names = sorted({node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and node.id[0] in "KL"})
    names += [node.name for node in ast.parse(source).body if hasattr(node, "name")]
    before = keys(source, names, end, encoding)
    assert keys(source, names) == before  # however the lines end
    for edited in edits(source, random_):
        if (now := meaning(edited)) is not None:
            assert (keys(edited, names, end, encoding) != before) == (now != meaning(source)), (source, edited)
