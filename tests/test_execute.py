"""Execution: whatever a cell does ends in an outcome that says where and why."""

import base64
import json
import os
import re
import sys
import tempfile
import time
from concurrent.futures import Future
from io import BytesIO
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_output
from PIL import Image

from press.execution.client import Client, notebook
from press.execution.execution import execute
from press.execution.outputs import slim
from press.execution.places import naming
from press.execution.pool import execute_all, settled
from press.execution.task import Outcome, Task
from press.execution.widgets import still
from press.kernels import provisioner as kernels
from press.scripts.script import Cell

pytestmark = pytest.mark.usefixtures("light_server")


def task(*codes: str, name: str = "t", **limits) -> Task:
    """A tutorial whose code cells begin on lines 10, 110, 210 ... of its script, each after a text cell."""
    cells = [Cell("text", "# Title", 2)]
    for number, code in enumerate(codes):
        cells += [Cell("code", code, 10 + 100 * number), Cell("text", "Text.", 100 + 100 * number)]
    usual = {"deadline": 60, "memory": 4 * 10**9, "threads": 1}
    return Task(name, f"tutorials/{name}.py", tuple(cells), **(usual | limits))


def outputs(outcome: Outcome, number: int) -> list[dict]:
    """The outputs of a code cell, counted from 1."""
    return [cell for cell in outcome.notebook["cells"] if cell["cell_type"] == "code"][number - 1]["outputs"]


def text(outcome: Outcome, number: int = 1) -> str:
    return "".join(output.get("text", "") for output in outputs(outcome, number))


def assert_failed(outcome: Outcome, line: int, cell: int, kind: str, message: str) -> None:
    assert outcome.failure, outcome
    failure = outcome.failure
    assert (failure.line, failure.cell, failure.kind) == (line, cell, kind), failure
    assert re.search(message, failure.message), failure


def test_an_executed_notebook_is_valid_and_holds_text_code_and_outputs():
    outcome = execute(task("x = 6 * 7\nx", "", "print(x)"))
    assert outcome.failure is None
    nbformat.validate(nbformat.from_dict(outcome.notebook))
    assert [cell["id"] for cell in outcome.notebook["cells"]] == [f"cell-{n}" for n in range(1, 8)]
    assert outputs(outcome, 1)[0]["data"] == {"text/plain": "42"} and text(outcome, 3) == "42\n"
    assert outcome.run.device == "cpu" and len(outcome.run.cell_seconds) == 3
    assert outcome.run.peak_memory > 20e6


def test_names_of_the_code_are_resolved_with_what_they_were_in_the_run():
    outcome = execute(task("from fractions import Fraction\nimport json as j", "j.dumps(1)\nFraction(1)"))
    assert outcome.run.names["j.dumps"] == "json.dumps"
    assert outcome.run.names["Fraction"] == "fractions.Fraction"


def test_the_line_of_an_exception_is_the_line_of_the_script():
    code = "\n\ndef f():\n    return 1 / 0\n\nprint('before')\n\nf()"
    outcome = execute(task("1", code, "print('never')"))
    assert_failed(outcome, 113, 2, "exception", "^ZeroDivisionError: division by zero$")
    assert str(outcome.failure) == "tutorials/t.py:113: cell 2: ZeroDivisionError: division by zero"
    assert text(outcome, 2) == "before\n" and outputs(outcome, 2)[-1]["ename"] == "ZeroDivisionError"
    assert outputs(outcome, 3) == []


def test_an_exception_in_a_function_of_an_earlier_cell_is_shown_where_it_was_called():
    outcome = execute(task("def f():\n    return 1 / 0", "x = 1\nf()"))
    assert_failed(outcome, 111, 2, "exception", "division by zero")


def test_a_failed_assertion_without_message_shows_its_claim():
    outcome = execute(task("a = 1\nassert a == 2"))
    assert_failed(outcome, 11, 1, "exception", "^AssertionError: assert a == 2$")


@pytest.mark.parametrize("code", ["a = 1\nb = (", "a = 1\nb = ]", "a = 1\nb = 'x", "if True:\n    a = 1\n  b = 2"])
def test_the_line_of_a_syntax_error_is_the_line_of_the_script(code):
    line = 110 + len(code.splitlines()) - 1
    assert_failed(execute(task("1", code)), line, 2, "exception", "^(SyntaxError|IndentationError): ")


@pytest.mark.parametrize("how", ["__import__('sys').exit()", "exit()", "quit()", "raise SystemExit(3)"])
def test_leaving_is_a_failure_in_the_very_last_cell_too(how):
    outcome = execute(task("print('kept')", f"x = 1\n{how}"))
    assert_failed(outcome, 111, 2, "exit", "SystemExit")
    assert text(outcome) == "kept\n"


@pytest.mark.parametrize(
    ("code", "how"),
    [("os._exit(0)", "exit status 0"), ("os.kill(os.getpid(), 9)", "SIGKILL"), ("os.abort()", "SIGABRT")],
)
def test_a_dead_kernel_is_a_failure_that_keeps_what_came_before(code, how):
    outcome = execute(task("print('kept')", f"import os, time\nprint('too')\ntime.sleep(0.7)\n{code}", "1"))
    assert_failed(outcome, 110, 2, "died", how)
    assert text(outcome, 1) == "kept\n" and text(outcome, 2) == "too\n"


def test_a_cell_that_hangs_meets_the_deadline():
    begun = time.monotonic()
    outcome = execute(task("1", "print('begun')\nwhile True: pass", deadline=2))
    assert_failed(outcome, 110, 2, "deadline", "not finished after 2 s")
    assert text(outcome, 2) == "begun\n"
    assert time.monotonic() - begun < 20


def test_the_deadline_is_for_the_whole_tutorial():
    outcome = execute(task(*["import time; time.sleep(0.5)"] * 60, deadline=3))
    assert outcome.failure and outcome.failure.kind == "deadline", "no cell took as long as that"
    assert 1 < outcome.failure.cell < 60 and outcome.failure.line == 100 * outcome.failure.cell - 90
    assert "not finished after 3 s" in str(outcome.failure)


def test_a_cell_that_ignores_signals_meets_the_deadline_too():
    code = "import signal, time\nfor n in (2, 15, 1): signal.signal(n, signal.SIG_IGN)\ntime.sleep(600)"
    assert_failed(execute(task(code, deadline=2)), 10, 1, "deadline", "not finished")


def test_memory_over_the_limit_is_a_failure():
    greedy = "import time\nx = b'1' * 10**9\ntime.sleep(60)"
    outcome = execute(task("print('kept')", greedy, memory=600 * 10**6))
    assert_failed(outcome, 110, 2, "memory", r"used [\d,]+ MB of memory, the limit is 600 MB")
    assert outcome.run.peak_memory > 600 * 10**6 and text(outcome) == "kept\n"


def test_memory_of_child_processes_counts():
    child = "import time; x = b'1' * 10**9; time.sleep(60)"
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])"
    assert_failed(execute(task(code, memory=600 * 10**6)), 10, 1, "memory", "600 MB")


def test_memory_that_forked_workers_share_counts_once():
    code = "import os, time\nx = b'1' * 300_000_000\nfor _ in range(6):\n"
    code += "    if not os.fork(): time.sleep(60)\ntime.sleep(1.5)"
    outcome = execute(task(code, memory=1200 * 10**6))
    assert outcome.failure is None and outcome.run.peak_memory > 300 * 10**6


def test_endless_output_meets_a_limit():
    outcome = execute(task("while True: print('x' * 1000)", deadline=4, memory=10**9))
    assert outcome.failure and outcome.failure.kind in ("deadline", "memory")
    assert 90_000 < len(text(outcome)) < 110_000


def test_no_output_is_lost_when_many_come_at_once():
    outcome = execute(task("for n in range(5000): print(n, flush=True)"))
    assert text(outcome).split() == [str(n) for n in range(5000)]


@pytest.mark.parametrize("kind", ["DeprecationWarning", "FutureWarning"])
def test_a_warning_about_the_own_code_is_a_failure(kind):
    outcome = execute(task(f"import warnings\nwarnings.warn('old way', {kind})"))
    assert_failed(outcome, 11, 1, "warning", f"^{kind}: old way$")


def test_a_warning_that_a_library_blames_on_its_caller_is_a_failure(tmp_path):
    library = "import warnings\ndef f(level): warnings.warn('old', FutureWarning, level)\n"
    (tmp_path / "library.py").write_text(library)
    setup = f"import sys; sys.path.append({str(tmp_path)!r})\nimport library"
    assert execute(task(setup, "library.f(1)")).failure is None
    assert_failed(execute(task(setup, "1\nlibrary.f(2)")), 111, 2, "warning", "FutureWarning: old")


def test_old_code_can_be_demonstrated_and_other_warnings_are_output():
    code = "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n"
    code += "    warnings.warn('x', FutureWarning)"
    outcome = execute(task(code, "warnings.warn('mind the step')"))
    assert outcome.failure is None
    assert text(outcome, 2).startswith("cell.py:1: UserWarning: mind the step")


PLACES = {
    "/srv/me/project": "",
    "/srv/me": "~",
    "/srv/me/env/lib/site-packages": "site-packages",
    "/boot": "home",
    "/tmp": "tmp",
}
WINDOWS = {"C:\\Users\\me": "~", "C:\\Users\\me\\project": "", "D:\\t": "tmp"}


@pytest.mark.parametrize(
    ("places", "text", "short"),
    [
        (PLACES, 'File "/srv/me/project/tutorials/a.py", line 1', 'File "tutorials/a.py", line 1'),
        (PLACES, "/srv/me/env/lib/site-packages/torch/x.py:3: /srv/me/y", "site-packages/torch/x.py:3: ~/y"),
        (PLACES, "\x1b[32m/srv/me/x\x1b[39m \x1b[38;5;28m/tmp/y", "\x1b[32m~/x\x1b[39m \x1b[38;5;28mtmp/y"),
        (
            PLACES,
            "a=/tmp:/srv/me:'/boot' (/boot). gcc -I/boot/x file:///tmp/y",
            "a=tmp:~:'home' (home). gcc -Ihome/x file://tmp/y",
        ),
        (PLACES, "/srv/me/project /srv/me/project/ /srv/me/project2", ". ./ ~/project2"),
        (PLACES, "/booted /data/boot /boot-2 ~/boot x/tmp /tmp.old https://a.b/tmp ./tmp a+/tmp/", None),
        (PLACES, "/tmp/ipykernel_1/22.py:3: UserWarning", "cell.py:3: UserWarning"),
        (
            WINDOWS,
            r"C:\Users\me\project\tutorials\a.py C:/Users/me/x 'C:\\\\Users\\\\me\\\\b\\\\c'",
            r".\tutorials\a.py ~/x '~\\\\b\\\\c'",
        ),
        (PLACES, r"'/srv/me/project\nnext /srv/me\n'", r"'.\nnext ~\n'"),
        (WINDOWS, r"D:\t\ipykernel_1\22.py:3 D:\tt C:\Users\mean", r"cell.py:3 D:\tt C:\Users\mean"),
    ],
)
def test_places_get_short_names_and_words_and_other_paths_keep_theirs(places, text, short):
    assert naming(places)(text) == (text if short is None else short)
    assert naming(places)(naming(places)(text)) == naming(places)(text)


def test_a_stored_result_names_no_place_of_the_machine(monkeypatch, tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "project")
    for name, folder in {"HOME": "home", "KINDLING_DATA": "files"}.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    places = [json.__file__, pytest.__file__, sys.executable, os.path.expanduser("~/x"), tempfile.gettempdir()]
    places += [f"{tmp_path}/{name}" for name in ("project/tutorials/a.py", "linked/b.py", "files/c", "run/scratch/d")]
    said, html = "\n".join(places), "".join(f'<p title="{place}">{place}</p>' for place in places)
    made = [
        new_output("stream", text=said + "\n" + "x" * 200_000),
        new_output("error", ename="E", evalue=said, traceback=[f"\x1b[32m{place}\x1b[39m:1" for place in places]),
        new_output("display_data", {"text/html": html, "text/plain": said, "application/json": {"a": [places]}}),
        new_output("display_data", {"image/svg+xml": f"<svg><text>{said}</text></svg>"}, metadata={"alt": said}),
    ]
    once = slim(made, f"{tmp_path}/run", f"{tmp_path}/linked")
    stored = json.dumps(once)
    assert not re.search(rf"{tmp_path}|{sys.prefix}|{sys.base_prefix}|{Path(json.__file__).parents[1]}", stored)
    assert once[1].evalue.splitlines() == [
        *("python/json/__init__.py", "site-packages/pytest/__init__.py", "python/bin/python", "~/x", "tmp"),
        *("tutorials/a.py", "b.py", "data/c", "scratch/d"),
    ]
    assert json.dumps(slim(once, f"{tmp_path}/run", f"{tmp_path}/linked")) == stored


@pytest.mark.parametrize("group", ["False", "True"])
def test_processes_that_a_cell_left_behind_are_gone_afterwards(group):
    code = f"import subprocess\nprint(subprocess.Popen(['sleep', '600'], start_new_session={group}).pid)"
    pid = int(text(execute(task(code))))
    assert not psutil.pid_exists(pid)


def test_the_scratch_folder_is_the_working_directory_and_is_removed():
    code = "import os; open('x', 'w').close(); print(os.getcwd(), os.listdir(), os.getcwd()[::-1])"
    outcome = execute(task(code))
    shown, listing, backwards = text(outcome).split()
    assert (shown, listing) == ("scratch", "['x']")
    assert not Path(backwards[::-1]).parent.exists()


FIGURE = """
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
def show(fig):
    display(fig, metadata={"image/svg+xml": {"alt": "a line"}, "image/png": {"alt": "a line"}})
    plt.close(fig)
fig, ax = plt.subplots()
"""


def test_a_figure_of_lines_stays_an_svg_with_its_alternative_text():
    (figure,) = outputs(execute(task(FIGURE + "ax.plot([1, 2]); show(fig)")), 1)
    assert set(figure["data"]) == {"image/svg+xml", "text/plain"}
    assert figure["metadata"] == {"image/svg+xml": {"alt": "a line", "twin": True}}
    svg = figure["data"]["image/svg+xml"]
    assert svg.startswith("<svg") and "<metadata" not in svg and "dc:date" not in svg


@pytest.mark.parametrize(
    "draw",
    ["ax.imshow(np.random.default_rng(0).random((200, 200)))", "ax.plot(*np.random.default_rng(0).random((2, 9000)))"],
)
def test_a_figure_that_is_heavy_as_svg_becomes_a_small_png(draw):
    (figure,) = outputs(execute(task(FIGURE + f"{draw}; show(fig)")), 1)
    assert set(figure["data"]) == {"image/png", "text/plain"}
    assert figure["metadata"] == {"image/png": {"alt": "a line"}}
    image = Image.open(BytesIO(base64.b64decode(figure["data"]["image/png"])))
    assert image.mode == "P" and image.width > 500


def test_a_small_image_inside_a_figure_keeps_its_pixels():
    (figure,) = outputs(execute(task(FIGURE + "ax.imshow(np.eye(28), interpolation='none'); show(fig)")), 1)
    assert "image/svg+xml" in figure["data"]


def test_an_open_figure_is_shown_and_one_that_cannot_be_drawn_is_a_failure():
    assert outputs(execute(task("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")), 1)
    outcome = execute(task("import matplotlib.pyplot as plt\nplt.title(r'$\\frac{1$');"))
    assert outcome.failure and outcome.failure.message.startswith("ValueError")


def test_two_executions_give_the_same_bytes():
    codes = (
        FIGURE + "ax.plot([1, 2], label='x'); ax.legend(); show(fig)",
        "import sys, warnings, os\nprint(object(), {'b', 'a', 'c'})",
        "print('err', file=sys.stderr)\nprint('out')\nwarnings.warn('w')",
        "ax2 = plt.subplots()[1]; ax2.fill_between([1, 2], [3, 4]); os.getcwd()",
        "1 / 0",
    )
    one, two = (execute(task(*codes)) for _ in range(2))
    assert json.dumps(one.notebook) == json.dumps(two.notebook)
    assert one.failure == two.failure


def test_streams_are_joined_between_figures_and_carriage_returns_go_back():
    code = "import sys\nfor n in range(50):\n    print(f'\\r{n} of 50', end='', flush=True)\nprint()\n"
    code += "print('e', file=sys.stderr, flush=True)\nprint('after')\ndisplay(1)\nprint('last')"
    outcome = execute(task(code))
    found = [(each["output_type"], each.get("name"), each.get("text")) for each in outputs(outcome, 1)]
    stdout, stderr = ("stream", "stdout", "49 of 50\nafter\n"), ("stream", "stderr", "e\n")
    assert found == [stdout, stderr, ("display_data", None, None), ("stream", "stdout", "last\n")]


def test_stdout_stands_before_stderr_whichever_came_first():
    code = "import sys, time\nprint('e', file=sys.stderr, flush=True)\ntime.sleep(0.5)\nprint('o')"
    assert [each["name"] for each in outputs(execute(task(code)), 1)] == ["stdout", "stderr"]


def test_a_cell_shows_in_the_end_what_a_front_end_shows():
    clear = "from IPython.display import ProgressBar, clear_output, display\n"
    outcome = execute(
        task(
            clear + "for n in range(3):\n    clear_output(wait=True)\n    print('epoch', n)",
            "print('kept'); clear_output(wait=True)",
            "print('gone'); clear_output(); print('first'); clear_output(wait=True); display(1)",
            "from threading import Thread\ndef f():\n    for n in range(3): clear_output(wait=True); print('thread', n)\n"
            "thread = Thread(target=f); thread.start(); thread.join()",
            "handle = display('old', display_id=True)\nfor n in ProgressBar(3): pass",
            "for n in range(600): clear_output(); print(n); display('x' * 20_000, display_id='same')",
            "handle.update('new')",
        )
    )
    assert [text(outcome, n) for n in range(1, 5)] == ["epoch 2\n", "kept\n", "", "thread 2\n"]
    assert [out["data"]["text/plain"][-5:] for out in outputs(outcome, 5)] == ["'new'", "] 3/3"]
    assert text(outcome, 6) == "599\n" and len(outputs(outcome, 6)) == 2 and outputs(outcome, 7) == []


WIDGETS = """
import ipywidgets as w
box, other, left = w.Output(), w.Output(), w.Output()
with box:
    print("inside"); handle = display("old", display_id=True)
@other.capture(clear_output=True, wait=True)
def f(n): print("call", n)
f(1); f(2)
display(w.VBox([w.HTML("<b>title</b>"), box, w.Tab([w.Box([other])]), w.Button(description="go"), w.Label("")]))
"""


def test_a_page_shows_what_widgets_hold_in_the_end_and_names_the_controls():
    pytest.importorskip("ipywidgets")
    interact = "@w.interact(x=(0, 9))\ndef g(x=4):\n    print('x is', x)\n    return x * x"
    late = "handle.update('new'); other.append_stdout('more\\n')"
    bar = "display(left)\nwith left:\n    left.clear_output(wait=True); print('closed')\nleft.close(); w.IntProgress(3, max=4)"
    one, two = (execute(task(WIDGETS, late, interact, "print(len(other.outputs))", bar)) for _ in range(2))
    assert one.failure is None and one.notebook == two.notebook
    shown = [out.get("text") or "".join(out["data"].values()) for n in (1, 2, 3, 4, 5) for out in outputs(one, n)]
    assert shown[:5] == ["<b>title</b>", "inside\n", "'new'", "call 2\n", "more\n"]
    assert shown[5:8] == ["[works in the notebook only: Button go]", "x is 4\n", "16"]
    assert shown[8:] == [
        "[works in the notebook only: IntSlider x 4]",
        "2\n",
        "closed\n",
        "[works in the notebook only: IntProgress 3]",
    ]


def test_an_error_that_a_widget_caught_is_a_failure():
    pytest.importorskip("ipywidgets")
    outcome = execute(task("1", "import ipywidgets as w\n\nwith w.Output():\n    1 / 0"))
    assert_failed(
        outcome, 112, 2, "exception", "^ZeroDivisionError: division by zero$"
    )  # IPython, too, names the `with`


class Kernel:
    """Sends what it is told as a kernel does."""

    def __init__(self):
        nodes = notebook([Cell("code", "1", 1)])
        self.client, self.cell = Client(nodes), nodes.cells[0]
        self.client.cells["asked"], self.client.clear_before_next_output = 0, False

    def __call__(self, kind, **content):
        header = {"msg_type": kind, "msg_id": "x"}
        message = {"msg_type": kind, "header": header, "parent_header": {"msg_id": "asked"}, "content": content}
        self.client.receive(message, 0)

    def open_box(self, name):
        state = {"_model_module": "@jupyter-widgets/output", "_model_name": "OutputModel", "outputs": [], "msg_id": ""}
        self("comm_open", comm_id=name, target_name="jupyter.widget", data={"state": state})

    def enter(self, name, asked="asked"):
        self("comm_msg", comm_id=name, data={"method": "update", "state": {"msg_id": asked}})

    def shown(self):
        return still(self.cell.outputs, self.client)


def test_a_box_takes_in_as_much_as_a_cell():
    kernel = Kernel()
    kernel.open_box("box")
    kernel("display_data", data={"application/vnd.jupyter.widget-view+json": {"model_id": "box"}}, metadata={})
    kernel.enter("box")
    for _ in range(5):
        kernel("stream", name="stdout", text="x" * 10**6)
    (stream,) = kernel.shown()
    assert len(stream.text) == 100_000 and stream.left_out == 4_900_000
    for n in range(700):
        kernel("display_data", data={"text/plain": f"{n}"}, metadata={})
    assert len(kernel.client.comm_objects["box"].outputs) == 500
    assert len(kernel.shown()) == 500 and "more than 500 outputs" in kernel.shown()[-1].text


def test_boxes_may_be_left_in_any_order():
    kernel = Kernel()
    for name in ("one", "two"):
        kernel.open_box(name)
        kernel.enter(name)
    kernel.enter("one", "")
    kernel("stream", name="stdout", text="in two")
    kernel.enter("two", "")
    kernel("stream", name="stdout", text="in the cell")
    assert [box.outputs for box in kernel.client.comm_objects.values()] == [[], [new_output("stream", text="in two")]]
    assert kernel.shown()[0].text == "in the cell"


def test_updates_of_displays_stay_in_the_bounds_of_their_cell():
    kernel = Kernel()
    for n in range(20):
        kernel("display_data", data={"text/plain": "old"}, metadata={}, transient={"display_id": str(n)})
        kernel("update_display_data", data={"text/html": "y" * 10**6}, metadata={}, transient={"display_id": str(n)})
    sizes = [len("".join(out.data.values())) for out in kernel.shown()]
    assert sum(sizes) < 11 * 10**6 and len(sizes) == 20 and sizes[-1] < 100


def test_a_message_that_nobody_can_read_is_a_failure_with_its_place():
    identity = "0123456789abcdef0123456789abcdef"
    code = f"from comm import create_comm\ncreate_comm(target_name='jupyter.widget', data={{}}, comm_id={identity!r})"
    outcome = execute(task("1", code))
    assert_failed(outcome, 110, 2, "exception", "^the kernel sent a comm_open that cannot be shown: KeyError: 'state'$")
    lost: Future = Future()
    lost.set_exception(KeyError(identity))
    told = str(settled(lost, task("1")).failure)
    assert told == "tutorials/t.py:1: could not be executed: KeyError: '...'"


def test_a_script_has_no_arguments_and_what_its_threads_print_later_is_kept_or_said():
    parse = "import argparse, sys\nprint(argparse.ArgumentParser().parse_args(), sys.argv)"
    late = "import time, threading, concurrent.futures\ndef f(seconds): time.sleep(seconds); print('late', seconds)\n"
    late += "pool = concurrent.futures.ThreadPoolExecutor(1); pool.submit(print, 'pool').result()\n"
    late += "threading.Thread(target=f, args=[0.3]).start(); threading.Timer(0.4, f, [0]).start()\n"
    late += "threading.Thread(target=f, args=[60], daemon=True, name='slow').start()"
    outcome = execute(task(parse, late))
    assert text(outcome, 1) == "Namespace() ['tutorials/t.py']\n"
    told = "[still busy after the last cell, and not waited for: slow]\n"
    assert [out["text"] for out in outputs(outcome, 2)] == ["pool\nlate 0.3\nlate 0\n", told]


def test_a_hundred_megabytes_of_output_are_cut():
    outcome = execute(task("for n in range(100): print('x' * 10**6)", "print('goes on')"))
    assert outcome.failure is None
    assert len(text(outcome)) < 110_000 and text(outcome).endswith("\n[99,900,100 more characters: cut]\n")
    assert text(outcome, 2) == "goes on\n"


def test_very_many_or_very_large_results_are_cut():
    large = "class X:\n    def __repr__(self): return 'y' * 10**6\nX()"
    outcome = execute(task("for n in range(3000): display(n)", large))
    assert len(outputs(outcome, 1)) == 500 and "more than 500 outputs" in outputs(outcome, 1)[-1]["text"]
    assert outputs(outcome, 2)[0]["data"]["text/plain"].endswith("[900,000 more characters: cut]\n")


def test_the_environment_is_fixed_and_settings_of_the_package_pass(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KINDLING_DATA", "data")
    monkeypatch.setenv("KINDLING_SMOKE", "1")
    shown = "PYTHONHASHSEED", "TZ", "TQDM_DISABLE", "OMP_NUM_THREADS", "KINDLING_SMOKE", "KINDLING_DATA"
    outcome = execute(task(f"import os; print([os.environ[name][::-1] for name in {shown}])", threads=3))
    assert text(outcome) == f"{['0', 'CTU', '1', '3', '1', str(tmp_path / 'data')[::-1]]}\n"


def test_a_kernel_does_not_load_a_debugger_that_nobody_can_reach():
    outcome = execute(task("import sys; print('_pydevd_bundle' in sys.modules)", "import debugpy; print('at hand')"))
    assert (text(outcome, 1), text(outcome, 2)) == ("False\n", "at hand\n")


def test_jobs_run_side_by_side_and_one_failure_does_not_stop_the_others():
    wait = "import time; time.sleep(2)"
    tasks = [task(wait, name="a"), task("1 / 0", name="b"), task(wait, name="c"), task("print(1)", name="d")]
    begun, started = time.monotonic(), []
    outcomes = list(execute_all(tasks, jobs=3, on_start=lambda each: started.append(each.name)))
    assert time.monotonic() - begun < 60 and started == ["a", "b", "c", "d"]
    assert {outcome.name for outcome in outcomes if outcome.failure is None} == {"a", "c", "d"}
    assert len(outcomes) == 4 and outcomes[0].name == "b"


def test_two_jobs_overlap():
    code = "import time; a = time.time(); time.sleep(2); print(a, time.time())"
    spans = [text(outcome).split() for outcome in execute_all([task(code), task(code)], jobs=2)]
    assert max(float(a) for a, _ in spans) < min(float(b) for _, b in spans)


def test_a_gpu_runs_one_tutorial_at_a_time(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    code = "import os, time; a = time.time(); time.sleep(1)\n"
    code += "print(a, time.time(), os.environ['CUDA_VISIBLE_DEVICES'])"
    tasks = [task(code, name="a", gpu=True), task(code, name="b", gpu=True), task(code, name="c")]
    shown = {outcome.name: text(outcome).split() for outcome in execute_all(tasks, jobs=3)}
    assert shown["a"][2:] == shown["b"][2:] == ["7"] and shown["c"][2:] == []
    assert float(shown["a"][1]) < float(shown["b"][0])


def test_breaking_off_kills_what_runs(tmp_path):
    code = "import os, time; open({!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    place = tmp_path / "pid"
    tasks = [task("1", name="quick"), task(code.format(str(place)), name="slow")]
    outcomes = execute_all(tasks, jobs=2)
    assert next(outcomes).name == "quick"
    while not place.exists() or not place.read_text():
        time.sleep(0.1)
    outcomes.close()
    assert not psutil.pid_exists(int(place.read_text()))


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_outcome():
    distributed = pytest.importorskip("distributed")
    tasks = [task("print(1)", "1 / 0", name="a"), task("print(2)", name="b", gpu=True)]

    def light() -> None:
        kernels.SERVER.preload = ("ipykernel.kernelapp",)

    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, protocol="tcp", dashboard_address=":0", resources={"GPU": 1}
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.run(light)
        there = {each.name: each for each in execute_all(tasks, jobs=1, scheduler=cluster.scheduler_address)}
    here = {each.name: each for each in execute_all(tasks, jobs=1)}
    for name in "ab":
        assert there[name].notebook == here[name].notebook and there[name].failure == here[name].failure
    assert here["a"].failure and here["b"].failure is None


@pytest.mark.parametrize(
    ("text", "data", "metrics"),
    [
        ('{"data": [{"name": "iris"}], "metrics": {"accuracy": 0.9}}', [{"name": "iris"}], {"accuracy": 0.9}),
        ('{"data": [{"name": "iris"}]}', [{"name": "iris"}], {}),
        ('{"data": [{"na', [], {}),
        ('[3, {"metrics": 4}]', [], {}),
    ],
)
def test_what_a_tutorial_publishes_in_the_file_that_it_is_told_is_recorded(text, data, metrics):
    code = f"import os\nwith open(os.environ['KINDLING_RECORD'], 'w') as file:\n    file.write({text!r})"
    run = execute(task(code)).run
    assert (run.data, run.metrics) == (data, metrics)
