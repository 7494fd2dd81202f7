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
        yield token.type, source[:start] + texts.get(token.type, token.string) + source[start + len(token.string) :]


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


def test_no_edit_that_changes_what_python_sees_leaves_the_key(keys):
    random_ = random.Random(0)
    for _ in range(50):
        source, end = module(random_), random_.choice(["\n", "\r\n", "\r"])
        encoding = random_.choice(["utf-8", "utf-8-sig"])
        tree = ast.parse(source)
        names = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id[0] in "KL"})
        names += [node.name for node in tree.body if hasattr(node, "name")]
        before = keys(source, names, end, encoding)
        assert keys(source, names) == before  # however its lines end
        for kind, edited in edits(source, random_):
            now = meaning(edited)
            if now is not None and (now != meaning(source) or kind in (tokenize.COMMENT, tokenize.NL)):
                assert (keys(edited, names, end, encoding) != before) == (now != meaning(source)), (source, edited)


PACKAGE = {
    "__init__.py": "",
    "a.py": "from math import sin as wave\nimport math as numbers\n\ndef top(x):\n    return wave(numbers.floor(x))\n",
    "hooks.py": "FOUND = []\nclass Base:\n    def __init_subclass__(cls):\n        FOUND.append(cls)\n",
    "child.py": "from pack.hooks import Base\n\nclass Child(Base):\n    def go(self):\n        return 1\n\ndef other():\n    return 2\n",
    "plain.py": "class Base:\n    pass\n\nclass Child(Base):\n    def go(self):\n        return 1\n\ndef all_of():\n    return Base.__subclasses__()\n",
    "body.py": "TABLE = {}\n\ndef note(x):\n    TABLE[x] = x\n\nclass Noted:\n    size = note(1)\n\ndef default(x=note(1)):\n    return 1\n",
    "doc.py": 'def told():\n    return shown.__doc__\n\ndef shown():\n    """One."""\n',
    "says.py": '"""One."""\n\ndef told():\n    return __doc__\n',
    "space/inner.py": "def value():\n    return 1\n",
    "joined/__init__.py": "from pack.joined.parts import other as name\n",
    "joined/name.py": "def name():\n    return 0\n",
    "joined/parts.py": "def other():\n    return 1\n",
    "files.py": "from pathlib import Path\n\ndef load(i):\n    return (Path(__file__).parent / 'data' / f'{i}.txt').read_text()\n\n"
    "def parts(i):\n    return Path(__file__).with_name(f'part-{i}.csv').read_text()\n",
    "data/1.txt": "1\n",
    "part-1.csv": "1\n",
    "shared.py": 'x = """a\n# b"""; y = """ 1 """\n',
    "partial.py": "import functools\nTABLE = {}\n\ndef note(function, name):\n    TABLE[name] = function\n\n"
    "@functools.partial(note, name='f')\ndef plugin():\n    return 1\n",
    "ring.py": "from pack.ring2 import x\n",
    "ring2.py": "from pack.ring import x\nONE = 1\n",
}


@pytest.mark.parametrize(
    ("code", "name", "old", "new"),
    [
        ("from pack.a import top\ntop(1)", "a.py", "sin as", "cos as"),
        ("from pack.a import top\ntop(1)", "a.py", "import math as", "import cmath as"),
        (
            "from pack.child import other\nfrom pack.hooks import FOUND\nFOUND[0]().go()",
            "child.py",
            "return 1",
            "return 3",
        ),
        ("from pack.plain import all_of\nall_of()[0]().go()", "plain.py", "return 1", "return 3"),
        ("from pack.body import TABLE\nprint(TABLE)", "body.py", "size = note(1)", "size = note(3)"),
        ("from pack.body import TABLE\nprint(TABLE)", "body.py", "x=note(1)", "x=note(3)"),
        ("from pack.partial import TABLE\nTABLE['f']()", "partial.py", "return 1", "return 3"),
        ("from pack.doc import told\ntold()", "doc.py", "One", "Two"),
        ("from pack.says import told\ntold()", "says.py", "One", "Two"),
        ("from pack.space import inner\ninner.value()", "space/inner.py", "return 1", "return 3"),
        ("from pack.joined import name\nname()", "joined/parts.py", "return 1", "return 3"),
        ("from pack.files import load\nload(1)", "data/1.txt", "1", "2"),
        ("from pack.files import parts\nparts(1)", "part-1.csv", "1", "2"),
        ("from pack.shared import y\nprint(y)", "shared.py", "1", "2"),
        ("import importlib as il\nname = 'pack.a'\nil.import_module(name)", "a.py", "floor", "ceil"),
        ("from importlib import import_module as im\nname = 'pack.a'\nim(name)", "a.py", "floor", "ceil"),
        ("import importlib as il\nil.import_module('pack.a')", "a.py", "floor", "ceil"),
        ("import runpy\nrunpy.run_module('pack.a')", "a.py", "floor", "ceil"),
        ("from sys import modules\nmodules['pack.a'].top(1)", "a.py", "floor", "ceil"),
        ("from builtins import exec as do\ndo(text)", "a.py", "floor", "ceil"),
        ("import builtins\nbuiltins.exec(text)", "a.py", "floor", "ceil"),
        ("name = 'helper'\n__import__(name)", "../../helper.py", "1", "2"),
        ("exec(open('helper.py').read())", "../../helper.py", "1", "2"),
        ("import runpy\nrunpy.run_path('helper.py')", "../../helper.py", "1", "2"),
        ("import subprocess\nsubprocess.run(['python', 'helper.py'])", "../../helper.py", "1", "2"),
        ("from pack import ring2\nring2.x, ring2.ONE", "ring2.py", "1", "2"),
    ],
)
def test_what_is_reached_without_being_called_by_its_name_counts(tmp_path, code, name, old, new):
    package = tmp_path / "src/pack"
    for each, text in {**PACKAGE, "../../helper.py": "X = 1\n"}.items():
        (package / each).parent.mkdir(parents=True, exist_ok=True)
        (package / each).write_text(text)
    cells = [Cell("code", code, 1)]
    before = definitions(cells, Project(tmp_path, package), tmp_path)
    text = (package / name).read_text()
    assert old in text
    (package / name).write_text(text.replace(old, new))
    assert definitions(cells, Project(tmp_path, package), tmp_path) != before
