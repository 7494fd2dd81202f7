"""Serves a folder as a careful static host does, for as long as the process that is named lives.

    python siteserver.py FOLDER PROCESS

It prints its port first: that is part of every page, so the site is built after it, into the folder.
"""

from __future__ import annotations

import functools
import gzip
import io
import re
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

MISSING = "404.html"
POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([^"]+)">')
STRICT = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"  # an SVG file has its own styles


class Handler(SimpleHTTPRequestHandler):
    """Compressed, cacheable, with the site's 404.html for whatever is not there.

    The policy that a page asks for in its head is sent as a header too, where it also holds for the search's worker.
    """

    protocol_version = "HTTP/1.1"

    def send_head(self) -> io.BytesIO | None:
        path = Path(self.translate_path(self.path))
        if path.is_dir() and not self.path.partition("?")[0].endswith("/"):
            return super().send_head()  # the same address with a slash
        path = path / "index.html" if path.is_dir() else path
        found = path.is_file()
        path = path if found else Path(self.directory, MISSING)
        kind = self.guess_type(path)
        text = re.match(r"text/|image/svg|application/(javascript|json|xml)", kind)
        content, compressed, policy = read(path, path.stat().st_mtime_ns)
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Cache-Control", "max-age=600")
        if text and "gzip" in self.headers.get("Accept-Encoding", ""):
            content = compressed
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return io.BytesIO(content)

    def log_message(self, *arguments: object) -> None:
        pass


@functools.lru_cache(maxsize=1000)
def read(path: Path, written: int) -> tuple[bytes, bytes, str]:
    """The content of a file, compressed too, and its policy."""
    content = path.read_bytes()
    policy = POLICY.search(content)
    return content, gzip.compress(content, 6), policy[1].decode() if policy else STRICT


if __name__ == "__main__":
    folder, process = sys.argv[1:]
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder)) as server:
        print(server.server_port, flush=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        psutil.Process(int(process)).wait()
        server.shutdown()
