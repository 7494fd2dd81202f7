"""The tutorials of one project: where they are, which are fresh, and how the others are executed."""

import contextlib
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import psutil

from press.execution.task import Outcome, Task
from press.files import Stamp, stamp, text_of
from press.keys.closure import files
from press.keys.key import Key, key_of
from press.keys.modules import Project, project_of, read_table
from press.project import Settings
from press.scripts.check import carried, check_names, imports, jupyter_names, links, nearest, requirements, structure
from press.scripts.exercises import Workbook, read_workbook
from press.scripts.script import EXERCISES, Script, ScriptError, asks_file, find_files, find_scripts, read_script, slug
from press.store import Status, Store

DEADLINE = 600.0  # seconds, for a tutorial whose header promises no minutes


@lru_cache(maxsize=4000)
def once(read: Callable[[Path, Path, Path], Any], path: Path, stamp: Stamp, tutorials: Path, root: Path) -> Any:
    return read(path, tutorials, root)


def code_files(settings: Settings, scripts: Iterable[Path]) -> tuple[tuple[Path, Stamp], ...]:
    """Everything that a key can depend on besides its script: the package's files and those beside the scripts."""
    folders = [settings.tutorials, *([settings.package] if settings.package else [])]
    paths = {path for folder in folders for path in folder.rglob("*") if not path.name.endswith((".pyc", EXERCISES))}
    stamps = []
    for path in sorted(paths - set(scripts)):
        with contextlib.suppress(OSError):  # it is gone already
            stamps += [(path, stamp(path))] if path.is_file() else []
    return tuple(stamps)


class Tutorials:
    """Reads every script once; broken ones are collected, not raised, so that all of them can be told at once."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.store = Store(settings.outputs, settings.scratch)
        self.scripts: list[Script] = []
        self.errors: list[ScriptError] = []
        paths = find_scripts(settings.tutorials)
        self.project = project_of(settings.root, settings.package, code_files(settings, paths))
        for path in paths:
            try:
                self.scripts.append(once(read_script, path, stamp(path), settings.tutorials, settings.root))
            except ScriptError as error:
                self.errors.append(error)
        self.workbooks = self.read_workbooks()
        self.errors += check_names(self.scripts, {"chapters": self.chapters, "data": self.project.cards})
        for script in self.scripts:
            try:
                self.key(script)
            except ScriptError as error:
                self.errors.append(ScriptError(script.path, 1, f"what it imports is broken: {error}"))
        self.broken = {error.path: error for error in reversed(self.errors)}

    def read_workbooks(self) -> dict[str, Workbook]:
        """The exercises, by the slug of the tutorial that they belong to."""
        found: dict[str, Workbook] = {}
        slugs = {script.name for script in self.scripts}
        broken = {error.path.name for error in self.errors}
        root, tutorials = self.settings.root, self.settings.tutorials
        for path in find_files(tutorials, EXERCISES):
            try:
                workbook = once(read_workbook, path, stamp(path), tutorials, root)
                beside = path.with_name(path.name.removesuffix(EXERCISES) + ".py")
                if workbook.name not in slugs and beside.name not in broken:
                    raise ScriptError(workbook.path, 1, f"exercises without a tutorial; {beside.name} is not there")
                found[workbook.name] = workbook
            except ScriptError as error:
                self.errors.append(error)
        return found

    @cached_property
    def chapter_table(self) -> dict[str, Any] | None:
        docs = self.settings.docs
        return read_table(docs / "chapters.toml" if docs else None, self.settings.root)

    @property
    def chapters(self) -> dict[str, dict[str, Any]] | None:
        """The chapters that tutorials may cover, by id, or None if the project keeps no list."""
        table = self.chapter_table
        return None if table is None else {chapter["id"]: chapter for chapter in table.get("chapter", [])}

    def select(self, names: Sequence[str]) -> list[Script]:
        """The scripts of these names (slugs or paths), all of them for none; a LookupError says which there are."""
        if not names:
            return self.scripts
        known = {script.path.as_posix(): script for script in self.scripts}
        known |= {name: script for script in self.scripts for name in (script.name, script.path.name)}
        for name in names:
            if name not in known and not self.told([name]):
                slugs = [script.name for script in self.scripts]
                raise LookupError(f"no tutorial is called {name!r}; {nearest(name, slugs)}")
        return list({known[name].name: known[name] for name in names if name in known}.values())

    def told(self, names: Sequence[str]) -> list[ScriptError]:
        """The errors of the scripts and exercises of these names, all of them for none."""
        called = [(error, {slug(error.path.name), error.path.name, error.path.as_posix()}) for error in self.errors]
        return [error for error, own in called if not names or own & set(names)]

    def key(self, script: Script) -> Key:
        return key_of(script, self.project)

    def status(self, script: Script) -> Status:
        if error := self.broken.get(script.path):
            return Status(script.name, "failed", str(error))
        return self.store.status(script, self.key(script))

    def task(self, script: Script, *, jobs: int = 1, deadline: float | None = None) -> Task:
        header, package = script.header, self.settings.package
        deadline = deadline or max(600.0 * header.minutes if header.minutes else DEADLINE, 60.0)
        memory, threads = int(psutil.virtual_memory().total * 0.9 / jobs), max(1, (os.cpu_count() or 1) // jobs)
        folders = (self.settings.root / script.path.parent, *([package.parent] if package else []))
        path, modules = script.path.as_posix(), tuple(map(str, folders))
        limits, root = (deadline, memory, threads), str(self.settings.root)
        file = str(self.settings.root / script.path) if asks_file(script.code) else ""
        data = {name: str(path) for name, path in self.files(script).items() if not name.endswith(".py")}
        beside = {name: data[name] for name in data if name[:2] != ".."}
        return Task(script.name, path, script.cells, *limits, header.gpu, modules, header.figure, root, file, beside)

    def files(self, source: Script | Workbook) -> dict[str, Path]:
        """The modules and the data beside a script, or beside exercises, that it needs."""
        try:
            return files(source.code, self.project, self.settings.root / source.path.parent)
        except ScriptError:  # of what it imports, which is told elsewhere
            return {}

    def run(
        self, scripts: Iterable[Script], *, jobs: int = 1, deadline: float | None = None, scheduler: str | None = None,
        cancel: threading.Event | None = None, on_start: Callable[[Task], object] = lambda task: None,
        on_done: Callable[[Outcome, str], object] = lambda outcome, message: None,
    ) -> list[str]:  # fmt: skip
        """Execute these tutorials, the longest first, and store what succeeds; return the failures' messages."""
        from press.execution.pool import execute_all

        self.prepare_kernels()
        todo = {script.name: script for script in sorted(scripts, key=self.expected_seconds, reverse=True)}
        tasks = [self.task(script, jobs=jobs, deadline=deadline) for script in todo.values()]
        keys, failures = {name: self.key(script) for name, script in todo.items()}, []  # before the code can change
        for outcome in execute_all(tasks, jobs=jobs, scheduler=scheduler, stop=cancel, on_start=on_start):
            if message := self.keep(todo[outcome.name], keys[outcome.name], outcome):
                failures.append(message)
            on_done(outcome, message)
        return failures

    def prepare_kernels(self, *, start: bool = False) -> None:
        """Choose what the fork server has ready: of the heavy libraries, those that something here imports."""
        from press.kernels import provisioner as kernels

        paths = self.settings.package.rglob("*.py") if self.settings.package else []
        texts = [text_of(path, "replace") for path in paths]
        texts += [cell.source for script in self.scripts for cell in script.code]
        imported = {name for text in texts for name in re.findall(r"(?m)^\s*(?:from|import)\s+(\w+)", text)}
        wanted = imported | kernels.OWN
        kernels.SERVER.preload = tuple(name for name in kernels.PRELOAD if name.split(".")[0] in wanted)
        if start and kernels.CAN_FORK:
            kernels.SERVER.address()

    def keep(self, script: Script, key: Key, outcome: Outcome) -> str:
        """Store an outcome if it is what the project's files say now; return what is wrong with it, or ""."""
        if outcome.failure:
            with contextlib.suppress(OSError):  # a full disk: the tutorial's own failure says more
                if outcome.failure.kind != "interrupted":
                    self.store.save_failure(script, outcome.notebook, key, str(outcome.failure))
            return str(outcome.failure)
        if os.environ.get("KINDLING_SMOKE") == "1":
            return ""  # a smoke run proves that the code runs; its results are nobody's results
        now = None
        with contextlib.suppress(OSError, ScriptError):  # the project's files are just being edited
            now = key_of(script, Project(self.settings.root, self.settings.package))
        if now != key:
            return f"{script.path.as_posix()}:1: the project's code changed while the tutorial ran; run it again"
        try:
            self.store.save(script, outcome.notebook, key, outcome.run)
        except OSError as error:
            return f"{script.path.as_posix()}:1: executed, but not stored: {error}"
        return ""

    def expected_seconds(self, script: Script) -> float:
        stored = self.store.load(script)
        return float(stored.run.seconds) if stored else 60 * (script.header.minutes or 1)

    def shard(self, scripts: Sequence[Script], number: int, count: int) -> list[Script]:
        """One of `count` shares of about equal recorded seconds; all shares together are the whole."""
        shares, load = [list[Script]() for _ in range(count)], [0.0] * count
        for script in sorted(scripts, key=lambda script: (-self.expected_seconds(script), script.name)):
            lightest = load.index(min(load))
            shares[lightest].append(script)
            load[lightest] += self.expected_seconds(script)
        return shares[number - 1]

    def check(self, scripts: Sequence[Script]) -> list[str]:
        """What is wrong with the structure, the links and the imports of some scripts, as `file:line: what`."""
        problems = [str(error) for error in self.errors]
        for script in scripts:
            folder = self.settings.root / script.path.parent
            find, book = partial(self.project.find, beside=folder), self.workbooks.get(script.name)
            missing = imports(script, find) if script.path not in self.broken else ()
            said = [(script.path, *each) for each in (*structure(script), *missing, *jupyter_names(script))]
            for each, cells in ((script, script.cells), *([(book, book.cells)] if book else [])):
                asked = requirements(each.header, self.settings.package, self.settings.distribution)
                taken = carried(each.name, self.files(each))
                found = (*links(cells, folder, self.settings), *asked, *taken)
                said += [(each.path, *one) for one in found]
            problems += [f"{path.as_posix()}:{line}: {message}" for path, line, message in said]
        return problems


def default_jobs() -> int:
    """With two threads each, but two where there are two cores: half of a tutorial keeps one core busy only."""
    cores = os.cpu_count() or 1
    return max(min(cores, 2), cores // 2)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
