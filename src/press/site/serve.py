"""What browsers get under `mkdocs serve`: always a whole site, while the next one is built beside it."""

import logging
import mimetypes
import posixpath
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mkdocs.utils import CountHandler

from press.scripts.header import Header
from press.scripts.script import EXERCISES, Cell, Script, slug
from press.site.build import Build
from press.site.pages.templates import draw
from press.site.preview import Overtaken, Preview
from press.tutorials import Tutorials

log = logging.getLogger("mkdocs.press")
POLL = "/press-reload/"
SECONDS = 25  # that a browser waits for news before it asks again


class Server:
    """Answers for mkdocs' server, which would answer no request while it builds, and none after a failed build."""

    def __init__(self, server: Any, preview: Preview):
        self.server, self.preview = server, preview
        self.folder = Path(server.root)  # of the last whole site
        self.early: Mapping[str, bytes] = {}  # what is ready of the next one
        self.assets = b""
        self.changed = threading.Condition()

    def started(self, build: Build) -> Any:
        """Watch what the press reads, and stand between browsers and mkdocs."""
        store, settings = build.tutorials.store, build.settings
        for folder in (settings.tutorials, settings.package, store.outputs, store.failures):
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
                self.server.watch(str(folder))
        if build.options["execute"] == "auto" and build.tutorials.scripts:
            build.tutorials.prepare_kernels(start=True)  # in a process of its own, while the author is still thinking
        self.build, self.server.builder = self.server.builder, self.rebuild
        self.show({})
        self.server.set_app(self.answer)
        return self.server

    def rebuild(self) -> None:
        """After an edit: one page at once if that is all, then the whole site."""
        if early := self.preview.early():
            self.show(early)
            log.info("%s is there, the rest of the site follows", ", ".join(early))
        try:
            self.build()
        except Overtaken:
            log.info("The next edit is there already: the site is built once for both")
        except (Exception, SystemExit) as error:
            self.preview.failed = True
            log.error("The rebuild failed, the last good pages stay: %s", error)
        else:
            self.show({})

    def show(self, early: Mapping[str, bytes]) -> None:
        """Answer from the last whole site, and with what is ready of the next one."""
        with self.changed:
            self.folder, self.early = self.preview.folder or self.folder, early
            shared = sorted(path for kind in ("css", "js") for path in self.folder.rglob(f"*.{kind}"))
            texts = (self.read(path.relative_to(self.folder).as_posix()) or b"" for path in shared)
            self.assets = sha256(b"".join(texts)).digest()
            self.changed.notify_all()

    def read(self, name: str) -> bytes | None:
        if name in self.early:
            return self.early[name]
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None

    def version(self, name: str) -> str:
        """What a browser that shows this file has of the site: another one is a reason to reload."""
        with self.changed:
            return sha256((self.read(name) or b"") + self.assets).hexdigest()[:16]

    def answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "ignore")
        if found := re.fullmatch(rf"{POLL}(\w+)/(.*)", path):
            return self.news(found[1], found[2], start_response)
        mount = self.server.mount_path
        if not path.startswith(mount):
            home = path == "/" or f"{path}/" == mount
            start_response("302 Found" if home else "404 Not Found", [("Location", quote(mount))] if home else [])
            return []
        name = posixpath.normpath(f"/{path.removeprefix(mount)}").lstrip("/")
        if path.endswith("/"):
            name = posixpath.join(name, "index.html")
        elif (self.folder / name).is_dir():
            start_response("302 Found", [("Location", quote(f"{path}/"))])
            return []
        return self.file(name, start_response)

    def file(self, name: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
        content = self.read(name)
        status = "404 Not Found" if content is None else "200 OK"
        if content is None:
            name, content = "404.html", self.read("404.html") or b"404 Not Found"
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if kind == "text/html":
            script = draw("reload.html.j2", address=f"{POLL}{self.version(name)}/{quote(name)}")
            content = f"{script}\n</body>".encode().join(content.rsplit(b"</body>", 1))
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(content)))])
        return [content]

    def news(self, version: str, name: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Wait until the file that a browser shows is another one, or long enough."""
        with self.changed:
            told = self.changed.wait_for(lambda: self.version(name) != version, timeout=SECONDS)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"reload" if told else b"wait"]


def keep_alive() -> None:
    """In `serve` a warning is shown, not raised: mkdocs' strict mode would end the server."""
    logger = logging.getLogger("mkdocs")
    for handler in [handler for handler in logger.handlers if isinstance(handler, CountHandler)]:
        logger.removeHandler(handler)


def stand_ins(tutorials: Tutorials, good: dict[Path, Script]) -> list[Script]:
    """What is shown for scripts that cannot be read: their last good version, else a bare page."""
    good.update((script.path, script) for script in tutorials.scripts)
    readable = {script.path for script in tutorials.scripts}
    broken = [path for path in tutorials.broken if path not in readable and not path.name.endswith(EXERCISES)]
    return [good.get(path) or bare(path, tutorials) for path in broken]


def bare(path: Path, tutorials: Tutorials) -> Script:
    name, settings = slug(path.name), tutorials.settings
    part = path.parent.relative_to(settings.tutorials.relative_to(settings.root)).as_posix()
    return Script(path, "" if part == "." else part, name, name, Header(), (Cell("text", f"# {name}", 1),))
