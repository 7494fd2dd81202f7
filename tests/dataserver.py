"""What the tests of data share: folders, made-up cards, and a server on this machine."""

import http.server
import threading
from pathlib import Path

import pytest

CSV = b"admit,gre,gpa,rank\n0,380,3.61,3\n1,660,3.67,3\n1,800,4,1\n"


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache folder of the user."""
    from kindling import copies, fetch

    for module in (copies, fetch):
        monkeypatch.setattr(module, "user_cache_path", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache" / "kindling"


@pytest.fixture
def given(monkeypatch, tmp_path):
    """A folder that the user named with KINDLING_DATA."""
    folder = tmp_path / "given"
    folder.mkdir()
    monkeypatch.setenv("KINDLING_DATA", str(folder))
    return folder


@pytest.fixture
def served():
    """What the server sends, by the name of the file."""
    return {"student_data.csv": CSV}


@pytest.fixture
def server(served):
    """A server whose first folder says what goes wrong: good, half, wrong, stall; any other is not found."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            manner, content = self.path.split("/")[1], served.get(self.path.split("/")[-1], CSV)
            if manner not in ("good", "half", "wrong", "stall"):
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write({"good": content, "wrong": content.swapcase()}.get(manner, content[: len(content) // 2]))
            self.wfile.flush()
            if manner == "stall":
                released.wait(10)

        def log_message(self, format, *args):
            pass

    released = threading.Event()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        released.set()
        running.shutdown()


def use_card(monkeypatch, name: str, files: list) -> None:
    from kindling import fetch
    from kindling.fetch import Card

    made_up = Card(name, "Test data", "1", "", "MIT", 0, "", "", tuple(files))
    monkeypatch.setattr(fetch, "cards", lambda: {name: made_up})


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
