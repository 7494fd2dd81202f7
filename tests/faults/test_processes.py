"""Cells that fill the machine: with processes that outlive them, with output, with memory."""

import json
import os
import re
from types import SimpleNamespace

import psutil
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from press.kernels import provisioner as kernels

pytestmark = pytest.mark.skipif(not kernels.CAN_FORK, reason="needs the fork server")

HEAD = '"""\n# Greedy\n\nA lead.\n"""\n\n# %%\nprint("kept")\n\n# %%\n# Then:\n\n'


MARK = f"processes of {os.getpid()}"


@pytest.fixture(scope="module", autouse=True)
def mark(light_server):
    """A fork server of this file alone: whatever comes from it has the mark in the environment that the system shows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAULTS_MARK", MARK)
        patch.setattr(kernels, "SERVER", kernels.Server(kernels.SERVER.preload))
        kernels.SERVER.address()
        yield
        kernels.SERVER.stop()


def marked() -> list[list[str]]:
    """The command lines of what came from the fork server and is still there."""
    found = []
    for process in psutil.process_iter():
        try:
            left = process.environ().get("FAULTS_MARK") == MARK and process.status() != psutil.STATUS_ZOMBIE
            if left and process.pid != kernels.SERVER.process.pid:
                found.append(process.cmdline())
        except psutil.Error:  # it has just ended, or is another user's
            continue
    return found


CHILD = """
import os, subprocess
print(subprocess.Popen(["sleep", "600"]).pid)
"""
SESSION = """
import os, subprocess
print(subprocess.Popen(["sleep", "600"], start_new_session=True).pid)
"""
DAEMON = """
import os, signal, time
ready, told = os.pipe()
if not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    os.write(told, b"%d" % os.getpid())
    os.closerange(0, 1000)
    time.sleep(600)
    os._exit(0)
print(os.read(ready, 20).decode())
"""
SPAWNING = """
import os, time
ready, told = os.pipe()
if not os.fork():
    end = time.monotonic() + 10
    while time.monotonic() < end:  # each lives for a moment only, and has a child before it is found
        os.setsid()
        if os.fork():
            os._exit(0)
        os.write(told, b".")
    os._exit(0)
print(len(os.read(ready, 1)))
"""
WORKERS = """
import multiprocessing, time
pool = multiprocessing.get_context("fork").Pool(3)
print(pool.map(abs, [-1]))
waiting = pool.map_async(time.sleep, [600] * 3)
"""


@pytest.mark.parametrize("ends", ["well", "with an exception", "by the deadline", "dead"])
def test_no_process_survives_the_run_of_the_cell_that_left_it(tiny, call, ends):
    """Also one that left its session and its parent.

    The limits: what another service starts for the cell, and a cell that kills the keeper above its own kernel.
    """
    last = {"well": "x = 1", "with an exception": "1 / 0", "by the deadline": "while True: pass", "dead": "os._exit(1)"}
    cells = "\n\n# %%\n# More.\n".join([CHILD, SESSION, DAEMON, SPAWNING, WORKERS, last[ends]])
    tiny.write("tutorials/1-first/03_greedy.py", HEAD + cells)
    code, told = call("run", "greedy", "--deadline", "3")
    assert code == (ends != "well"), told
    where = tiny.root / ("outputs" if ends == "well" else ".press/failed") / "1-first/greedy.ipynb"
    shown = [cell["outputs"] for cell in json.loads(where.read_text())["cells"] if cell["cell_type"] == "code"]
    assert all(outputs for outputs in shown[:6]), "each of them was begun"
    assert marked() == []


def test_a_cell_that_fills_the_memory_fails_alone(tiny, call, monkeypatch):
    """The machine is said to be small, so that the limit that a real one has is met early."""
    machine = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=1_000_000_000, free=machine.free))
    tiny.write("tutorials/1-first/03_greedy.py", HEAD + "x = []\nwhile True:\n    x.append(b'1' * 10_000_000)\n")
    code, told = call("run", "--jobs", "2")
    assert code == 1 and told[-1] == "2 executed, 1 failed, 0 were fresh"
    (line,) = [line for line in told if line.startswith("tutorials/")]
    assert re.fullmatch(r"tutorials/1-first/03_greedy.py:13: cell 2: used \d+ MB of memory, the limit is 450 MB", line)
    states = tiny.states()
    assert states == {"hello": "fresh", "other": "fresh", "greedy": "failed"}


def test_if_the_memory_is_gone_the_system_ends_the_tutorial_first(tiny, call):
    tiny.write("tutorials/1-first/03_greedy.py", HEAD + "print(open('/proc/self/oom_score_adj').read())\n")
    assert call("run", "greedy")[0] == 0
    stored = tiny.tutorials.store.load(tiny.tutorials.select(["greedy"])[0])
    assert stored.outputs[1][0]["text"].strip() == "1000"


FLOODS = {
    "in long lines": "for _ in range(100):\n    print('x' * 1_000_000)",
    "in short lines": "for _ in range(50_000):\n    print('x' * 1999)",
    "of a command": "import subprocess\nsubprocess.run('yes | head -c 100000000', shell=True)",
    "in one piece": "'x' * 100_000_000",
    "of HTML": "from IPython.display import HTML, display\nfor _ in range(100):\n    display(HTML('x' * 1_000_000))",
    "of images": "from IPython.display import display, Image\nimport io, os\nfrom PIL import Image as Picture\n"
    "file = io.BytesIO()\nPicture.frombytes('RGB', (450, 450), os.urandom(607_500)).save(file, 'PNG')\n"
    "for _ in range(130):\n    display(Image(file.getvalue()))",
}
RUN = """
import os, sys
from press.__main__ import main

del os.environ["PYTEST_CURRENT_TEST"]  # a kernel that sees it does not catch what commands print
code = main(sys.argv[1:])
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(code, peak)
"""


@pytest.mark.slow  # test_execute.py meets the same limits with less
def test_a_hundred_megabytes_of_output_are_cut_and_the_page_says_so(tiny):
    for number, code in enumerate(FLOODS.values(), 3):
        tiny.write(f"tutorials/1-first/{number:02}_flood{number}.py", HEAD + code + "\n\n# %%\n# On:\n\nprint('end')\n")
    tiny.write("faults_run.py", RUN)
    done = tiny.run("faults_run", "run", "--jobs", "1")
    code, peak = map(int, done.stdout.split())
    assert code == 0, done.stderr
    assert peak < 1_000_000, f"the press itself took {peak} kB"  # it holds a message of 100 MB a few times

    config = load_config(str(tiny.root / "mkdocs.yml"))
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    store = tiny.tutorials.store
    for number, kind in enumerate(FLOODS, 3):
        (script,) = tiny.tutorials.select([f"flood{number}"])
        size, stored = store.path(script).stat().st_size, store.load(script)
        assert size < (5_000_000 if "image" in kind else 500_000), (kind, size)
        assert stored.outputs[2][0]["text"] == "end\n" and stored.run.peak_memory < 1_500_000_000, kind
        page = (tiny.root / f"site/first/flood{number}/index.html").read_text()
        cut = r"\[([\d,]+ more characters|text/html of [\d,]+ characters|more than [\w, ]+ outputs): cut\]"
        assert re.search(cut, page) and len(page) < 500_000, kind
