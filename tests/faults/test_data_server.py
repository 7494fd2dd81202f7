"""A server of data that fails in every way: one clear line each, nothing of it is trained on, and it is fetched again."""

import contextlib
import hashlib
import http.server
import os
import re
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest
import torch
from tinyproject import LIGHTLY, TinyProject

from kindling import data, fetch
from kindling.fetch import Card, File
from press.execution.task import paragraph

CSV = b"admit,gre,gpa,rank\n0,380,3.61,3\n1,660,3.67,3\n1,800,4,1\n"
WRONG = CSV.replace(b"3.61", b"3.16")  # a number like any other: only its checksum tells
SIGN_IN = b"<!DOCTYPE html><title>Welcome to our network</title>"
FAULTS = {
    "missing": "could not be downloaded (HTTP Error 404: Not Found)",
    "broken": "could not be downloaded (HTTP Error 500: Internal Server Error)",
    "circle": "could not be downloaded (HTTP Error 302: The HTTP server returned a redirect error",
    "stall": "could not be downloaded (timed out)",
    "stall in the middle": "could not be downloaded (timed out)",
    "reset": "could not be downloaded (",
    "nonsense": "could not be downloaded (",
    "half": "sent bytes that do not match their checksum",
    "half, of a length that it does not say": "sent bytes that do not match their checksum",
    "wrong": "sent bytes that do not match their checksum",
    "sign in": "sent bytes that do not match their checksum",
    "nothing": "sent bytes that do not match their checksum",
    "too much": "sent bytes that do not match their checksum",
}


@pytest.fixture(scope="module")
def server():
    """It sends the file as its `manner` says; `asked` counts."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            manner = running.manner
            running.asked += 1
            if manner in ("missing", "broken"):
                return self.send_error(404 if manner == "missing" else 500)
            if manner == "stall":
                return released.wait(30)
            if manner == "nonsense":
                return self.wfile.write(b"\xff\x00 no HTTP\r\n\r\n")
            self.send_response(302 if manner == "circle" else 200)
            if manner == "circle":
                self.send_header("Location", self.path)
            if manner not in ("half, of a length that it does not say", "too much"):
                length = {"wrong": WRONG, "sign in": SIGN_IN, "nothing": b"", "circle": b""}.get(manner, CSV)
                self.send_header("Content-Length", str(len(length)))
            self.end_headers()
            sent = {"good": CSV, "wrong": WRONG, "sign in": SIGN_IN, "nothing": b"", "circle": b"", "too much": CSV * 2}
            self.wfile.write(sent.get(manner, CSV[:30]))
            self.wfile.flush()
            if manner == "stall in the middle":
                released.wait(30)
            if manner == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()

        def log_message(self, format, *args):
            pass

        def finish(self):
            with contextlib.suppress(OSError):  # whoever asked has given up
                super().finish()

    class Server(http.server.ThreadingHTTPServer):
        manner, asked = "good", 0

        def handle_error(self, request, client_address):
            pass  # a connection that was cut on purpose

    released = threading.Event()
    with Server(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        released.set()
        running.shutdown()


@pytest.fixture
def folder(server, bare_machine, monkeypatch, tmp_path):
    """The user's cache folder, empty, for a data set whose one file the server sends."""
    monkeypatch.setattr(fetch, "user_cache_path", lambda name: tmp_path / name)
    url = f"http://127.0.0.1:{server.server_port}/student_data.csv"
    file = File("tabular/student_data.csv", url, hashlib.sha256(CSV).hexdigest())
    card = Card("student_admissions", "Admissions", "1", "", "MIT", len(CSV), "", "", (file,))
    monkeypatch.setattr(fetch, "cards", lambda: {"student_admissions": card})
    server.asked = 0
    return tmp_path / "kindling"


def held(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("manner", FAULTS)
def test_data_that_arrives_wrong_is_told_in_one_line_and_fetched_again(server, folder, manner, used_data):
    server.manner = manner
    begun = time.monotonic()
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        data.student_admissions()
    told = paragraph(caught.value)  # as the press tells it: what a server says has line breaks at times
    assert FAULTS[manner] in told and "student_data.csv" in told and not told.endswith("...")
    assert "run again" in told and "KINDLING_DATA" in told, "it says what to do"
    assert time.monotonic() - begun < 20, "a stall ends by itself"
    assert held(folder) == [] and used_data() == []

    server.manner = "good"
    x, _ = data.student_admissions().tensors
    torch.testing.assert_close(x[0], torch.tensor([380, 3.61, 3]))
    assert held(folder) == ["tabular/student_data.csv"]
    asked = server.asked
    data.student_admissions()
    assert server.asked == asked and len(used_data()) == 1


@pytest.mark.parametrize(
    "content",
    [b"", CSV[:30], WRONG, CSV + b"\n", b"\xff" * len(CSV)],
    ids=["empty", "cut", "wrong", "longer", "garbage"],
)
def test_a_file_that_went_bad_on_the_disk_is_never_trained_on(server, folder, content, monkeypatch):
    server.manner = "good"
    data.student_admissions()
    path = folder / "tabular/student_data.csv"
    path.write_bytes(content)
    x, _ = data.student_admissions().tensors
    assert server.asked == 2 and path.read_bytes() == CSV
    torch.testing.assert_close(x[0], torch.tensor([380, 3.61, 3]))

    path.write_bytes(content)  # in a folder that the user named it is his
    monkeypatch.setenv("KINDLING_DATA", str(folder))
    with pytest.raises(ValueError, match=r"student_data\.csv does not match its checksum.*Delete it and run again"):
        data.student_admissions()
    assert server.asked == 2 and path.read_bytes() == content


TUTORIAL = '''\
"""
# Learns

A lead.
"""

# %%
print("kept")

# %%
# Then:

from pack.data import rows

print(sum(rows()))
'''
PACK = '''\
"""A loader of the same manner, without torch: whatever it says, the press tells with tutorial, cell and line."""

import os
import urllib.request


def rows():
    with urllib.request.urlopen(os.environ["FAULTS_URL"], timeout=float(os.environ["FAULTS_PATIENCE"])) as reply:
        lines = reply.read().decode().splitlines()
    if len(lines) != 4:
        raise ValueError(f"{os.environ['FAULTS_URL']} sent bytes that do not match their checksum")
    return [int(line[0]) for line in lines[1:]]
'''


@pytest.mark.parametrize(
    ("manner", "patience", "deadline", "told"),
    [
        ("stall", "0.3", "60", "TimeoutError: timed out"),
        ("stall", "600", "3", "not finished after 3 s, the deadline of the whole tutorial"),
        ("missing", "9", "60", "HTTPError: HTTP Error 404: Not Found"),
        ("sign in", "9", "60", "ValueError: .* sent bytes that do not match their checksum"),
    ],
)
def test_a_tutorial_without_its_data_fails_in_one_line_and_runs_once_it_is_there(
    server, tiny, call, monkeypatch, manner, patience, deadline, told
):
    tiny.write("tutorials/1-first/03_learns.py", TUTORIAL)
    tiny.write("src/pack/data.py", PACK)
    monkeypatch.setenv("FAULTS_URL", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("FAULTS_PATIENCE", patience)
    monkeypatch.setenv("NO_PROXY", "*")
    server.manner = manner
    code, lines = call("run", "learns", "--deadline", deadline)
    (line,) = [line for line in lines if line.startswith("tutorials/")]
    place = 13 if "deadline" in told else 15
    assert code == 1
    assert re.fullmatch(rf"tutorials/1-first/03_learns\.py:{place}: cell 2: {told}", line)
    server.manner = "good"
    assert call("run", "learns")[0] == 0 and tiny.states()["learns"] == "fresh"


NO_NETWORK = """
import socket

usual = socket.socket.connect


def connect(self, address):
    if self.family != socket.AF_UNIX:
        raise OSError(101, "Network is unreachable")
    return usual(self, address)


socket.socket.connect = connect


def getaddrinfo(host, *arguments, **options):
    raise socket.gaierror(-3, "Temporary failure in name resolution")


socket.getaddrinfo = getaddrinfo
"""


def test_without_a_network_the_site_builds_and_tutorials_with_data_run(tmp_path):
    """Python's sockets are cut in every process that comes of it: there is a network namespace where one may make it."""
    tiny = TinyProject(tmp_path / "tiny")
    tiny.write("cut/sitecustomize.py", NO_NETWORK)
    tiny.write("tutorials/1-first/03_learns.py", TUTORIAL)
    tiny.write("src/pack/data.py", PACK)
    cut = {
        **os.environ,
        "PYTHONPATH": str(tiny.root / "cut"),
        "FAULTS_URL": "http://data.example/",
        "FAULTS_PATIENCE": "9",
    }
    alone = ["unshare", "-n"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode:
        alone = []

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        command = (*alone, *LIGHTLY, *command)
        return subprocess.run(command, cwd=tiny.root, env=cut, capture_output=True, text=True, timeout=120)

    done = run("press", "run", "--jobs", "2")
    assert done.returncode == 1 and "2 executed, 1 failed" in done.stderr, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("tutorials/")]
    assert line.startswith("tutorials/1-first/03_learns.py:15: cell 2: URLError: <urlopen error"), line
    (tiny.root / "tutorials/1-first/03_learns.py").unlink()
    done = run("mkdocs", "build", "--strict")
    assert done.returncode == 0 and "42" in (tiny.root / "site/first/hello/index.html").read_text(), done.stderr
