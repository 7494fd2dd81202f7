"""The command line, run as people run it; the kernels are real, the tutorials small."""

import json
import subprocess
import sys
import time

import pytest
from tinyproject import LIGHTLY

from press.__main__ import fraction, main
from press.store import Run


def states(tiny):
    return json.loads(tiny.run("press", "status", "--json").stdout)


def test_status_lists_name_state_and_why_as_json(tiny):
    tiny.pretend_run("other")
    assert states(tiny) == [
        {"name": "hello", "state": "missing", "why": "never executed"},
        {"name": "other", "state": "fresh", "why": ""},
    ]


def test_run_executes_what_is_not_fresh_and_status_says_so(tiny):
    tiny.pretend_run("other")
    done = tiny.run("press", "run")
    assert "1 executed, 0 failed, 1 were fresh" in done.stderr
    assert {row["state"] for row in states(tiny)} == {"fresh"}
    script = tiny.tutorials.select(["hello"])[0]
    assert tiny.tutorials.store.load(script).outputs[0][0]["text"] == "42\n"
    assert "nothing to do" in tiny.run("press", "run").stderr


def test_a_tutorial_that_fails_is_told_by_line_is_not_stored_and_leaves_the_others_alone(tiny):
    tiny.edit("tutorials/1-first/01_hello.py", "print(double(21))", "print(double(21))\n1 / 0")
    done = tiny.run("press", "run", check=False)
    assert done.returncode == 1
    assert "tutorials/1-first/01_hello.py:23: cell 1: ZeroDivisionError: division by zero" in done.stderr
    rows = {row["name"]: row for row in states(tiny)}
    assert (rows["hello"]["state"], rows["other"]["state"]) == ("failed", "fresh")
    assert "ZeroDivisionError" in rows["hello"]["why"]
    assert not (tiny.root / "outputs/1-first/hello.ipynb").exists()


def test_a_deadline_ends_a_tutorial_that_hangs(tiny):
    tiny.edit("tutorials/1-first/01_hello.py", "print(double(21))", "while True:\n    pass")
    done = tiny.run("press", "run", "hello", "--deadline", "3", check=False)
    assert done.returncode == 1
    assert "not finished after 3 s" in done.stderr


def test_a_smoke_run_stores_nothing(tiny):
    tiny.run("press", "run", KINDLING_SMOKE="1")
    assert {row["state"] for row in states(tiny)} == {"missing"}


def test_code_that_changes_while_it_runs_is_not_stored_under_the_new_key(tiny):
    tiny.edit("tutorials/1-first/01_hello.py", "print(double(21))", "import time; time.sleep(3); print(double(21))")
    process = subprocess.Popen(
        [*LIGHTLY, "press", "run", "hello"], cwd=tiny.root, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stderr.readline() == "hello: running\n"
    time.sleep(0.2)
    tiny.edit("src/pack/tools.py", "FACTOR = 2", "FACTOR = 3")
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 1
    assert "changed while the tutorial ran" in told
    assert tiny.states()["hello"] == "missing"


def test_new_makes_a_script_that_passes_check(tiny):
    done = tiny.run("press", "new", "1-first", "How to Read a Loss Curve")
    assert done.stdout.strip() == "tutorials/1-first/03_how-to-read-a-loss-curve.py"
    tiny.write("src/kindling/__init__.py", "")
    assert tiny.run("press", "check").stdout == ""


@pytest.mark.parametrize(("part", "title"), [("../../x", "T"), ("a/b", "T"), ("1-first", "!!"), ("1-first", "Hello")])
def test_new_refuses_what_would_be_no_address(tiny, monkeypatch, capsys, part, title):
    monkeypatch.chdir(tiny.root)
    before = set(tiny.root.rglob("*.py"))
    assert main(["new", part, title]) == 2
    assert capsys.readouterr().err.startswith("press: ")
    assert set(tiny.root.rglob("*.py")) == before


def test_check_tells_file_line_what_and_what_is_allowed(tiny, monkeypatch, capsys):
    tiny.edit("tutorials/1-first/01_hello.py", "Some text.", "See [it](02_othr.py).\n#\n# #### Too deep")
    tiny.edit("tutorials/1-first/02_other.py", "from pack import tools", "from pack import tool")
    tiny.edit("tutorials/1-first/02_other.py", "print(tools.unrelated(1))", "print(tool)")
    monkeypatch.chdir(tiny.root)
    assert main(["check"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 3
    assert any(
        "01_hello.py:18: the link '02_othr.py' leads nowhere; link to the relative path" in line for line in told
    )
    assert any(
        line.startswith("tutorials/1-first/01_hello.py:20: the heading skips a level; allowed here is ###")
        for line in told
    )
    assert any("02_other.py:8: pack has no 'tool'" in line for line in told)


def test_an_unknown_tutorial_is_told_with_the_known_ones(tiny, monkeypatch, capsys):
    monkeypatch.chdir(tiny.root)
    assert main(["run", "../../etc/passwd"]) == 2
    assert "allowed are hello, other" in capsys.readouterr().err


def test_the_shards_together_are_the_whole_and_about_equal(tiny):
    for number in range(3, 23):
        tiny.write(f"tutorials/1-first/{number:02}_t{number}.py", f'"""\n# T{number}\n\nL.\n"""\n# %%\nx = {number}\n')
    tutorials = tiny.tutorials
    for script in tutorials.scripts:
        seconds = len(script.name) + 3 * tutorials.scripts.index(script)
        tutorials.store.save(script, {"cells": [], "metadata": {}}, tutorials.key(script), Run(seconds=seconds))
    shards = [tutorials.shard(tutorials.scripts, number, 4) for number in range(1, 5)]
    assert sorted(script.name for shard in shards for script in shard) == sorted(
        script.name for script in tutorials.scripts
    )
    loads = [sum(map(tutorials.expected_seconds, shard)) for shard in shards]
    assert max(loads) / min(loads) < 1.2


def test_a_share_outside_its_whole_is_refused():
    assert fraction("2/8") == (2, 8)
    for text in ("0/8", "9/8", "1", "a/b", "-1/2"):
        with pytest.raises(Exception, match="is no share"):
            fraction(text)


def test_two_runs_at_once_both_end_well(tiny):
    command = [sys.executable, "-m", "press", "run", "--all"]
    both = [subprocess.Popen(command, cwd=tiny.root, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert set(tiny.states().values()) == {"fresh"}


BROKEN = {
    "03_wide.py": '"""\n# Wide\n"""\n'.encode("utf-16"),
    "04_bytes.py": b'"""\n# Bytes\n"""\n# \xff\n',
    "05_syntax.py": b'"""\n# Syntax\n"""\nx = = 1\n',
    "06_header.py": b'# /// script\n# a = [\n# ///\n"""\n# Header\n"""\nx = 1\n',
    "07_imports.py": b'"""\n# Imports\n\nL.\n"""\n# %%\nimport beside\nbeside.f()\n',
    "beside.py": b"def f(:\n",
    "08_hello.exercises.py": b'"""\n# T\n"""\nx = = 1\n',
}


def test_broken_scripts_are_named_and_stop_no_other(tiny, monkeypatch, capsys):
    for name, content in BROKEN.items():
        (tiny.root / "tutorials/1-first" / name).write_bytes(content)
    tiny.pretend_run("hello", "other")
    monkeypatch.chdir(tiny.root)
    assert main(["run"]) == 1  # all that can be run is fresh
    told = capsys.readouterr().err
    assert main(["check"]) == 1
    checked = capsys.readouterr().out
    for name in BROKEN.keys() - {"07_imports.py"}:
        assert f"tutorials/1-first/{name}:" in told and f"tutorials/1-first/{name}:" in checked
    assert "nothing to do: 2 fresh" in told
    assert main(["status", "--json"]) == 0
    states = {row["name"]: row["state"] for row in json.loads(capsys.readouterr().out)}
    assert (states["hello"], states["other"], states["imports"]) == ("fresh", "fresh", "failed")
    assert main(["run", "other"]) == 0
    assert main(["run", "syntax"]) == 1
    assert "05_syntax.py:4: not valid Python" in capsys.readouterr().err


def test_check_tells_names_that_only_jupyter_knows(tiny, monkeypatch, capsys):
    tiny.edit("tutorials/1-first/02_other.py", "print(tools.unrelated(1))", "display(tools)\npwd\n_ + 1\nlen")
    monkeypatch.chdir(tiny.root)
    assert main(["check"]) == 1
    told = sorted(line.split(" is known")[0] for line in capsys.readouterr().out.splitlines())
    named = ((10, "display"), (11, "pwd"), (12, "_"))
    assert told == [f"tutorials/1-first/02_other.py:{line}: {name}" for line, name in named]
    tiny.edit("tutorials/1-first/02_other.py", "display(tools)\npwd\n_ + 1", "from x import display\ndisplay(1)")
    assert main(["check"]) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("![A](none.png)", "'none.png' leads nowhere"),
        ("![A](<no such.png>)", "'no such.png' leads nowhere"),
        ("[a][b]\n#\n# [b]: none.md", "'none.md' leads nowhere"),
        ("[a](../1-first)", "'../1-first' leads nowhere"),
        ("[a](../../mkdocs.yml)", "'../../mkdocs.yml' leads out of the site"),
        (
            "<img alt='' src='tools.png'>",
            "no address is made of 'tools.png' in HTML; write ![what it shows](tools.png)",
        ),
    ],
)
def test_check_tells_links_that_the_site_cannot_follow(tiny, monkeypatch, capsys, text, words):
    tiny.edit("tutorials/1-first/01_hello.py", "Some text.", text)
    monkeypatch.chdir(tiny.root)
    assert main(["check"]) == 1
    (told,) = capsys.readouterr().out.splitlines()
    assert words in told and "01_hello.py:" in told
    tiny.edit("tutorials/1-first/01_hello.py", text, f"`{text}` in code" if "\n" not in text else "No link.")
    assert main(["check"]) == 0
