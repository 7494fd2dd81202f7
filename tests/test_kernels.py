"""Kernels: quick to start, and gone when the press is."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from press.execution.execution import execute
from press.execution.task import Task
from press.kernels import provisioner as kernels
from press.scripts.script import Cell

needs_fork = pytest.mark.skipif(not kernels.CAN_FORK, reason="needs fork")


def task(*codes: str) -> Task:
    cells = tuple(Cell("code", code, 1) for code in codes)
    return Task("t", "t.py", cells, deadline=60, memory=4 * 10**9, threads=1)


@pytest.fixture(scope="module", autouse=True)
def small_server():
    """A fork server without torch: it is ready in two seconds."""
    usual, kernels.SERVER = kernels.SERVER, kernels.Server(("ipykernel.kernelapp", "press.kernels.inside"))
    yield
    kernels.SERVER.stop()
    kernels.SERVER = usual


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it may end between any two looks
        return False


def gone(pid: int, seconds: float = 10) -> bool:
    """Whether the process ends within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


async def first_answer(folder: str) -> float:
    manager = kernels.manager(folder)
    begun = time.monotonic()
    await manager.start_kernel(cwd=folder, env=dict(os.environ))
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    await client.execute("1 + 1", reply=True, timeout=60)
    seconds = time.monotonic() - begun
    client.stop_channels()
    await manager.shutdown_kernel(now=True)
    return seconds


@needs_fork
def test_every_kernel_after_the_first_answers_at_once():
    seconds = []
    for _ in range(3):
        folder = kernels.short_folder()
        seconds.append(asyncio.run(first_answer(folder)))
        shutil.rmtree(folder)
    print(f"seconds to the first answer: {', '.join(f'{each:.2f}' for each in seconds)}")
    assert seconds[-1] < 5


def test_the_press_imports_neither_torch_nor_the_package():
    code = "import sys, press.execution.pool; print({'torch', 'kindling', 'mkdocs'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


BUILD = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs the tests may ignore it
from press.kernels import provisioner as kernels
from press.execution.execution import execute
from press.execution.task import Task
from press.scripts.script import Cell

kernels.SERVER.preload = ("ipykernel.kernelapp",)
execute(Task("t", "t.py", (Cell("code", sys.argv[1], 1),), deadline=600, memory=10**10, threads=1))
"""
CELL = """
import os, subprocess, time
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
open("PLACE.part", "w").write(f"{os.getpid()} {child.pid} {os.getcwd()}")
os.replace("PLACE.part", "PLACE")
time.sleep(600)
"""


@needs_fork
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_press_that_ends_leaves_no_kernel_and_no_folder(tmp_path, end):
    place = tmp_path / "place"
    press = subprocess.Popen(
        [sys.executable, "-c", BUILD, CELL.replace("PLACE", str(place))], stderr=subprocess.DEVNULL
    )
    while not place.exists():
        assert press.poll() is None
        time.sleep(0.1)
    kernel, child, folder = place.read_text().split()
    (server,) = psutil.Process(press.pid).children()
    press.send_signal(end)
    press.wait()
    assert gone(int(kernel)) and gone(int(child)) and gone(server.pid)
    assert not Path(folder).parent.exists()


@needs_fork
def test_a_press_that_ended_while_it_waited_for_the_server_leaves_nothing():
    folder = Path(kernels.short_folder())
    request = {"connection": str(folder / "k.json"), "env": dict(os.environ), "cwd": str(folder)}
    with socket.socket(socket.AF_UNIX) as press:
        press.connect(kernels.SERVER.address())
        press.sendall(json.dumps(request).encode() + b"\n")
    end = time.monotonic() + 20
    while folder.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not folder.exists()


@needs_fork
def test_a_kernel_whose_keeper_is_killed_ends_too(tmp_path):
    place = tmp_path / "pid"
    code = f"import os, time; open({str(place)!r}, 'w').write(str(os.getpid())); os.kill(os.getppid(), 9)"
    outcome = execute(task(code + "; time.sleep(60)"))
    assert outcome.failure and outcome.failure.kind == "died"
    assert gone(int(place.read_text()))


@needs_fork
def test_a_killed_fork_server_is_replaced():
    assert execute(task("1")).failure is None
    kernels.SERVER.process.kill()
    kernels.SERVER.process.wait()
    assert execute(task("1")).failure is None


def test_without_fork_a_plain_kernel_does_the_same(monkeypatch):
    codes = "import os; print(os.environ['TZ'], len(os.environ['OMP_NUM_THREADS']))", "1 / 0"
    forked = execute(task(*codes))
    monkeypatch.setattr(kernels, "CAN_FORK", False)
    plain = execute(task(*codes))
    assert plain.failure == forked.failure and plain.notebook["cells"][0] == forked.notebook["cells"][0]
    assert plain.failure.message == "ZeroDivisionError: division by zero"
