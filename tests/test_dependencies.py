"""Keys: what an edit executes again, and what it leaves alone. The oracle is the edit itself."""

import ast
import itertools

import pytest

from press.keys.closure import definitions
from press.keys.modules import Project
from press.keys.source import significant_lines
from press.scripts.script import Cell


def closure(root, code):
    return definitions([Cell("code", code, 1)], Project(root, root / "src" / "pack"), root)


def changed_by(tiny, name, old, new):
    """Which tutorials an edit makes stale."""
    tiny.pretend_run()
    assert set(tiny.states().values()) == {"fresh"}
    tiny.edit(name, old, new)
    return {tutorial for tutorial, state in tiny.states().items() if state != "fresh"}


def test_editing_prose_executes_nothing(tiny):
    assert changed_by(tiny, "tutorials/1-first/01_hello.py", "Some text.", "Other words.") == set()


def test_editing_a_code_cell_executes_that_tutorial_alone(tiny):
    assert changed_by(tiny, "tutorials/1-first/01_hello.py", "double(21)", "double(22)") == {"hello"}
    assert tiny.why("hello") == "cell 1 changed"


def test_a_function_two_calls_below_executes_exactly_the_tutorials_that_reach_it(tiny):
    assert changed_by(tiny, "src/pack/tools.py", "return x * factor", "return factor * x") == {"hello"}
    assert tiny.why("hello") == "pack.tools.scale changed"


def test_another_function_of_the_same_module_leaves_a_tutorial_alone(tiny):
    assert changed_by(tiny, "src/pack/tools.py", "return x + 1", "return 1 + x") == {"other"}


def test_a_constant_that_a_reached_function_reads_counts(tiny):
    assert changed_by(tiny, "src/pack/tools.py", "FACTOR = 2", "FACTOR = 3") == {"hello"}


def test_a_new_function_executes_nothing(tiny):
    assert (
        changed_by(tiny, "src/pack/tools.py", "def unrelated", "def new():\n    return 0\n\n\ndef unrelated") == set()
    )


def test_comments_and_docstrings_of_the_package_execute_nothing(tiny):
    assert changed_by(tiny, "src/pack/tools.py", '"""Twice."""', '"""Two times."""') == set()
    tiny.edit("src/pack/tools.py", "# two calls below the tutorial", "# somewhere below")
    assert set(tiny.states().values()) == {"fresh"}


def test_a_data_set_of_another_checksum_executes_the_tutorials_that_declare_it(tiny):
    assert changed_by(tiny, "src/pack/cards.toml", 'sha256 = "00"', 'sha256 = "01"') == {"hello"}
    assert tiny.why("hello") == "data small changed"


def test_the_description_of_a_data_set_executes_nothing(tiny):
    assert changed_by(tiny, "src/pack/cards.toml", 'title = "Small"', 'title = "Tiny"') == set()


MODULES = {
    "a.py": "from .b import deep\nfrom pack import c\n\ndef top(x):\n    return deep(x)\n\ndef alone():\n    return c.value()\n",
    "b.py": "import functools\n\nclass Base:\n    def go(self):\n        return helper()\n\n"
    "def helper():\n    return 1\n\ndef deep(x):\n    return Child().go()\n\nclass Child(Base):\n    pass\n\ndef idle():\n    return 3\n",
    "c.py": "def value():\n    return 1\n\nTABLE = {}\n\ndef register(f):\n    TABLE[f.__name__] = f\n    return f\n\n"
    "@register\ndef plugin():\n    return 1\n\ndef lazy(name):\n    return globals()[name]()\n",
    "star.py": "from pack.b import *\n\ndef own():\n    return idle()\n",
    "tried.py": "try:\n    from pack.b import helper\nexcept ImportError:\n    helper = None\n\ndef use():\n    return helper()\n",
    "effect.py": "import os\n\nVALUES = []\nVALUES.append(1)\n\ndef quiet():\n    return 0\n",
    "table.py": "from pathlib import Path\n\ndef load():\n    return Path(__file__).with_name('numbers.csv').read_text()\n",
    "numbers.csv": "1,2\n",
}


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "src" / "pack"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    for name, text in MODULES.items():
        (folder / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("code", "inside", "outside"),
    [
        (
            "from pack.a import top\ntop(1)",
            {"pack.b.helper", "pack.b.Base", "pack.b.Child"},
            {"pack.b.idle", "pack.a.alone"},
        ),
        ("import pack.a\npack.a.alone()", {"pack.a.alone", "pack.c.value"}, {"pack.a.top", "pack.b.deep"}),
        ("import pack.a as aa\naa.top(1)", {"pack.a.top", "pack.b.deep"}, {"pack.a.alone"}),
        ("from pack import a\nf = a.top", {"pack.a.top"}, {"pack.a.alone"}),
        ("def f():\n    from pack import b\n    return b.idle()", {"pack.b.idle"}, {"pack.b.helper"}),
        ("from pack.star import own\nown()", {"pack.b.(whole)", "pack.star.(whole)"}, set()),
        ("from pack import b\ngetattr(b, 'idle')()", {"pack.b.(whole)"}, set()),
        ("from pack.tried import use\nuse()", {"pack.b.helper"}, {"pack.b.idle"}),
        ("from pack.effect import quiet\nquiet()", {"pack.effect.(on import)"}, set()),
        ("from pack.c import value\nvalue()", {"pack.c.plugin"}, set()),
        ("from pack.c import lazy\nlazy('value')", {"pack.c.(whole)", "pack.a.(whole)"}, set()),
        ("from pack.table import load\nload()", {"file numbers.csv"}, set()),
        ("import importlib\nimportlib.import_module('pack.b')", {"pack.b.(whole)"}, set()),
        ("import importlib\nimportlib.import_module('nowhere')", set(), {"pack.a.(whole)", "pack.b.(whole)"}),
        (
            "import importlib\nname = 'pack.b'\nimportlib.import_module(name)",
            {"pack.a.(whole)", "pack.b.(whole)"},
            set(),
        ),
        ("__import__('nowhere'), globals()", {"pack.a.(whole)", "pack.b.(whole)"}, set()),
        ("import math\nmath.pi", set(), {"pack.b.idle"}),
    ],
)
def test_the_closure_holds_what_is_reached_and_not_its_neighbours(package, code, inside, outside):
    labels = set(closure(package, code))
    assert inside <= labels
    assert not outside & labels


def test_the_eval_method_of_a_model_does_not_count_as_eval(package):
    assert not any(
        "whole" in label for label in closure(package, "from pack.a import top\nmodel.eval()\nmodel.modules()")
    )


def test_any_edit_of_any_reached_line_changes_the_key_and_no_other_edit_does(package):
    """The slow, obvious oracle: change each function in turn and see which labels of the closure move."""
    code = "from pack.a import top\ntop(1)"
    before = closure(package, code)
    for name, marker in itertools.product(
        ["a.py", "b.py"], ["return 1", "return 3", "return deep(x)", "return c.value()"]
    ):
        path = package / "src" / "pack" / name
        text = path.read_text()
        if marker not in text:
            continue
        path.write_text(text.replace(marker, marker + " or 9"))
        moved = {label for label, digest in closure(package, code).items() if before.get(label) != digest}
        path.write_text(text)
        assert bool(moved) == (marker in ("return 1", "return deep(x)")), (name, marker, moved)


def test_a_local_module_beside_the_script_counts_too(package):
    (package / "near.py").write_text("def wave():\n    return 1\n")
    assert "near.wave" in closure(package, "import near\nnear.wave()")


def test_comments_and_docstrings_count_when_the_source_itself_is_shown(package):
    code = "import inspect\nfrom pack.b import helper\nprint(inspect.getsource(helper))"
    before = closure(package, code)
    path = package / "src" / "pack" / "b.py"
    path.write_text(path.read_text().replace("    return 1\n", "    return 1  # one\n"))
    assert closure(package, code)["pack.b.helper"] != before["pack.b.helper"]


def test_significant_text_keeps_what_runs_and_drops_what_does_not():
    source = 'def f(x):\n    """Doc\n\n    more."""\n    # a comment\n\n    y = """kept # not a comment\n\n    kept"""  # gone\n    return y\n'
    text = "\n".join(line for line in significant_lines(source, ast.parse(source)) if line is not None)
    assert text == 'def f(x):\n    y = """kept # not a comment\n\n    kept"""\n    return y'
    assert ast.dump(ast.parse(text)) == ast.dump(
        ast.parse('def f(x):\n    y = """kept # not a comment\n\n    kept"""\n    return y')
    )
