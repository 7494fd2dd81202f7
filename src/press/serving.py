"""What `mkdocs serve` need not do again after an edit: write what is there already, render what stays the same.

mkdocs builds a whole site for each edit. Here are the parts that make this fast; they know nothing of mkdocs but the
names of a few functions, which `plugin` hands over.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from press.files import write
from press.memo import Memo, fingerprint

ADDRESS = re.compile(r" at 0x[0-9a-f]+")
SHOWN = ("/", ".html", ".css", ".js", ".svg", ".png", ".webp", ".woff2")  # what a browser needs to show a page
INSTALLED = ("site-packages", "dist-packages")
# Of these it is known that a page shows no text of other pages, and that templates get nothing new from build to build.
KNOWN_THEMES = {"material", "mkdocs", "readthedocs"}
KNOWN_PLUGINS = {"search", "material/search", "autorefs", "mkdocstrings", "mkdocs-jupyter", "press"}
OWN_TEXT = re.compile(r"((?<![\w.])page|mdx_configs)\.(content|markdown|toc)\b")
TEXT = re.compile(r"""(\.|\[\s*["']|attribute\s*=\s*["'])(content|markdown|toc)\b""")
RELATIONS = {"file", "meta", "toc", "parent", "previous_page", "next_page", "children", "render", "present_anchor_ids"}
RELATIONS |= {"links_to_anchors", "config"}


@contextlib.contextmanager
def swapped(thing: Any, **stand_ins: Any) -> Iterator[None]:
    """Let a module or an object have other functions for a while."""
    kept = {name: getattr(thing, name) for name in stand_ins}
    for name, stand_in in stand_ins.items():
        setattr(thing, name, stand_in)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(thing, name, value)


@contextlib.contextmanager
def silenced(logger: logging.Logger) -> Iterator[None]:
    """Let a logger's handlers say nothing for a while; whoever listens from now on hears everything."""
    handlers = list(logger.handlers)

    def nothing(record: logging.LogRecord) -> bool:
        return False

    for handler in handlers:
        handler.addFilter(nothing)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(nothing)


class Output:
    """The folder of a site: a build's files are held back until it succeeds, and only what changed is written."""

    def __init__(self) -> None:
        self.there: dict[str, Any] = {}  # path -> what was written there last: a hash, or a file and its state
        self.now: dict[str, Any] = {}
        self.waiting: dict[str, bytes | Path] = {}
        self.shown = False  # whether the last build changed anything that a browser shows
        self.folder = self.begun = None

    def begin(self, folder: Path) -> None:
        if folder != self.folder:
            self.there = {}
        self.folder, self.now, self.waiting, self.shown = folder, {}, {}, False
        mark = folder / ".begun"
        folder.mkdir(parents=True, exist_ok=True)
        mark.touch()
        self.begun = mark.stat().st_mtime_ns  # by the clock of the file system, which is another one
        mark.unlink()

    def write_file(self, content: bytes, output_path: str) -> None:
        self.hold(output_path, sha256(content).digest(), content)

    def write_now(self, content: bytes, output_path: str) -> None:
        """Write a page before its site is built; if the build makes the same of it, it is not written again."""
        write(Path(output_path), content)
        self.there[output_path] = sha256(content).digest()

    def copy_file(self, source_path: str, output_path: str) -> None:
        facts = os.stat(source_path)
        if os.path.isdir(output_path):
            output_path = os.path.join(output_path, os.path.basename(source_path))
        self.hold(output_path, (source_path, facts.st_mtime_ns, facts.st_size, facts.st_ino), Path(source_path))

    def hold(self, path: str, state: Any, content: bytes | Path) -> None:
        self.now[path] = state
        self.waiting.pop(path, None)
        if self.there.get(path) != state:
            self.waiting[path] = content

    def read(self, path: str) -> bytes:
        """A file as this build made it."""
        content = self.waiting.get(path, Path(path))
        return content.read_bytes() if isinstance(content, Path) else content

    def commit(self) -> None:
        """The build succeeded: write what changed, remove what it did not make."""
        self.shown = any(path.endswith(SHOWN) for path in self.waiting)
        there = {path: state for path, state in self.there.items() if self.now.get(path) == state}
        self.there = there  # should the disk be full in the middle
        for path, content in self.waiting.items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            new = f"{path}.new"  # a browser may be reading the old one
            if isinstance(content, Path):
                shutil.copyfile(content, new)
            else:
                with open(new, "wb") as file:
                    file.write(content)
            os.replace(new, path)
        self.waiting = {}
        remove_others(str(self.folder), self.now, self.begun or 0)
        self.there = self.now


def remove_others(folder: str, made: Mapping[str, Any], begun: int, *, top: bool = True) -> bool:
    """Remove files that are neither in `made` nor younger than the build; return whether the folder is empty then."""
    left = False
    for entry in os.scandir(folder):
        if top and entry.name.startswith("."):
            left = True  # mkdocs leaves these alone, too
        elif entry.is_dir(follow_symlinks=False):
            if remove_others(entry.path, made, begun, top=False):
                os.rmdir(entry.path)
            else:
                left = True
        elif entry.path not in made and entry.stat(follow_symlinks=False).st_mtime_ns < begun:
            os.unlink(entry.path)
        else:
            left = True
    return not left


class Theme:
    """The theme's templates: listed and compiled once, and a page put into them only if anything it shows changed."""

    def __init__(self, memo: Memo):
        self.memo = memo
        self.known: tuple[Any, Any] | None = None
        self.shared: str | None = None
        self.complete: Callable[[str], str] = str

    def environment(self, config: Any, make: Callable[[], Any]) -> Any:
        """The environment of an earlier build if no template of the theme changed; installed ones do not."""
        theme = config.theme
        keeps = theme.name in KNOWN_THEMES and KNOWN_PLUGINS.issuperset(config.plugins) and not config.hooks
        own = [folder for folder in theme.dirs if not any(name in folder for name in INSTALLED)]
        files = [path for folder in own for path in sorted(Path(folder).rglob("*")) if path.is_file()]
        facts = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files]
        options = described({key: theme[key] for key in theme})
        state = [list(theme.dirs), facts, str(theme.locale), sorted(theme.static_templates), options, keeps]
        if self.known is None or self.known[0] != state:
            env = make()
            self.prepare(env, own, facts, keeps)
            self.known = state, env
        return self.known[1]

    def prepare(self, env: Any, own: Sequence[str], facts: Any, keeps: bool) -> None:
        listed: dict[Any, list[str]] = {}
        list_templates, get_template = env.list_templates, env.get_template
        texts = [path.read_text(encoding="utf-8") for folder in own for path in Path(folder).rglob("*.html")]
        keeps = keeps and not any(TEXT.search(OWN_TEXT.sub("", text)) or "build_date_utc" in text for text in texts)
        state = described(facts)

        def names(extensions: Any = None, filter_func: Any = None) -> list[str]:
            key = repr(extensions), getattr(filter_func, "__qualname__", None)
            if key not in listed:
                listed[key] = list_templates(extensions, filter_func)
            return listed[key]

        def template(name: str, parent: str | None = None, globals: Any = None) -> Any:
            found = get_template(name, parent, globals)
            if parent is not None or globals is not None or not keeps:
                return found
            return Template(found, self, state)

        env.list_templates, env.get_template = names, template


class Template:
    """A template as mkdocs uses it: for a page that is the same in the same site, it gives what it gave before."""

    def __init__(self, template: Any, kept: Theme, state: str):
        self.template, self.kept, self.state = template, kept, state

    def __getattr__(self, name: str) -> Any:
        return getattr(self.template, name)

    def render(self, context: Mapping[str, Any]) -> str:
        page = context.get("page")
        if page is None:
            return self.template.render(context)
        kept = self.kept
        if kept.shared is None:
            kept.shared = fingerprint(self.state, *surroundings(context))
        special = {key: value for key, value in context.items() if key not in STANDARD}
        inputs = [self.template.name, kept.shared, described(special), *page_facts(page)]
        return kept.memo("page", inputs, lambda: kept.complete(self.template.render(context)))


STANDARD = {"nav", "pages", "base_url", "extra_css", "extra_javascript", "mkdocs_version", "build_date_utc"}
STANDARD |= {"config", "page"}


def surroundings(context: Mapping[str, Any]) -> Iterator[str]:
    """What every page of a site can show besides itself: its menu, the list of its pages, its configuration."""
    for item in entries(context["nav"].items):
        yield described(item)
    for file in context["pages"]:
        yield described([file.src_uri, file.url, *(page_facts(file.page, brief=True) if file.page else ())])
    config = context["config"]
    yield described(dict(config))
    yield described({key: config.theme[key] for key in config.theme})
    if config.theme.name != "material":  # the others write the time of the build into a page
        yield described(context["build_date_utc"])


def entries(items: Iterable[Any], depth: int = 0) -> Iterator[Any]:
    for item in items:
        file = getattr(item, "file", None)
        yield [depth, item.title, getattr(item, "url", None), file and file.src_uri, type(item).__name__]
        yield from entries(item.children or (), depth + 1)


def page_facts(page: Any, *, brief: bool = False) -> Iterator[str]:
    """What a template can read off a page; `brief` for the pages that others only name."""
    left_out = {"content", "markdown"} if brief else set()
    left_out |= RELATIONS | {key for key in vars(page) if key.startswith("_")}
    facts = {key: value for key, value in vars(page).items() if key not in left_out}
    long = {key: value for key, value in facts.items() if isinstance(value, str)}
    yield from (part for key, value in long.items() for part in (key, value))
    yield described([str(page.title), page.url, page.meta, {k: v for k, v in facts.items() if k not in long}])
    if not brief:
        yield described([outline(item) for item in page.toc])


def outline(item: Any) -> list[Any]:
    return [item.title, item.id, item.level, [outline(child) for child in item.children]]


def described(thing: Any) -> str:
    return ADDRESS.sub("", repr(thing))


class Early:
    """Lets browsers have a page that is ready before the rest of its site.

    mkdocs answers no request while it builds. Here, what a page shows is answered, as the last build left it, and
    what else there is, such as the search index, waits for the build.
    """

    def __init__(self, server: Any):
        self.server, self.whole = server, threading.Event()
        self.whole.set()
        answer = server.serve_request

        def answered(environ: dict[str, Any], start_response: Any) -> Any:
            path = environ["PATH_INFO"]
            if not path.endswith(SHOWN) and not path.startswith("/livereload/"):
                self.whole.wait()
            return answer(environ, start_response)

        server.set_app(answered)

    def show(self) -> None:
        """Tell the browsers to reload, although the build goes on."""
        self.whole.clear()
        with self.server._epoch_cond:
            self.server._visible_epoch = self.server._wanted_epoch
            self.server._epoch_cond.notify_all()

    def complete(self, *, again: bool) -> None:
        """The build is done; the browsers reload `again` if it changed more than the page that they have."""
        if again and not self.whole.is_set():
            with self.server._epoch_cond:
                self.server._wanted_epoch = max(round(time.monotonic() * 1000), self.server._wanted_epoch + 1)
        self.whole.set()


def notice_at_once(server: Any) -> None:
    """Let the operating system tell of changes where it can; mkdocs looks for them twice a second, and still does."""
    watched = dict(server._watched_paths)
    for path, count in watched.items():
        for _ in range(count):
            server.unwatch(path)
    server.observer = Observers(server.observer)
    for path, count in watched.items():
        for _ in range(count):
            server.watch(path)
    server.build_delay = 0.05  # seconds without another change; mkdocs waits for twice that


class Observers:
    """Two watchers: the system's is fast, and blind on some network drives and shared folders; the other one looks."""

    def __init__(self, looking: Any):
        from watchdog.observers import Observer

        self.looking, self.told = looking, Observer()
        self.seen: dict[str, Any] = {}  # path -> the state that was told last, by either

    def schedule(self, handler: Any, path: str, **options: Any) -> tuple[Any, Any]:
        dispatch = handler.dispatch

        def once(event: Any) -> None:
            paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
            states = {path: file_state(path) for path in paths}
            known = all(path in self.seen and self.seen[path] == state for path, state in states.items())
            if event.event_type in CHANGES and not event.is_directory and not known:
                self.seen |= states
                dispatch(event)

        handler.dispatch = once
        return self.looking.schedule(handler, path, **options), self.told.schedule(handler, path, **options)

    def unschedule(self, watches: tuple[Any, Any]) -> None:
        self.looking.unschedule(watches[0])
        self.told.unschedule(watches[1])

    def start(self) -> None:
        self.looking.start()
        with contextlib.suppress(OSError):  # too many watches, or none allowed here
            self.told.start()

    def stop(self) -> None:
        self.looking.stop()
        self.told.stop()

    def join(self) -> None:
        for observer in (self.looking, self.told):
            if observer.is_alive():
                observer.join()


CHANGES = {"created", "modified", "moved", "deleted"}  # not opened, nor closed


def file_state(path: str) -> Any:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
