"""The tutorials of one project: where they are, which are fresh, and how the others are executed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import threading
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from press.files import Stamp, stamp, stamp_or_none
from press.keys.key import key_parts
from press.keys.modules import Project
from press.memo import Memo
from press.project import Settings
from press.scripts.check import check_names, imports, links, nearest, structure
from press.scripts.exercises import Workbook, find_workbooks, read_workbook
from press.scripts.script import EXERCISES, Script, ScriptError, find_scripts, read_script
from press.store import Status, Store, Stored

if TYPE_CHECKING:
    from press.execution.task import Outcome, Task

T = TypeVar("T")

LARGE_FILE = 1_000_000  # bytes; data beside a script, which nobody reads for a key
DEADLINE = 600.0  # seconds, for a tutorial whose header promises no minutes


class Tutorials:
    """Reads every script once; broken ones are collected, not raised, so that all of them can be told at once."""

    # Scripts and key parts of earlier builds in this process, each with the state of the files that they came from.
    memo: ClassVar[dict[Path, tuple[Stamp, Script]]] = {}
    workbook_memo: ClassVar[dict[Path, tuple[Stamp, Workbook]]] = {}
    stored_memo: ClassVar[dict[Path, tuple[Stamp, Stored]]] = {}
    status_memo: ClassVar[dict[Path, tuple[Any, Status]]] = {}
    key_memo: ClassVar[dict[Path, tuple[Any, dict[str, str]]]] = {}

    def __init__(self, settings: Settings):
        self.settings = settings
        self.project = Project(settings.root, settings.package)
        self.store = Store(settings.outputs, settings.scratch)
        self.scripts: list[Script] = []
        self.errors: list[ScriptError] = []
        for path in find_scripts(settings.tutorials):
            try:
                self.scripts.append(self.read(path))
            except ScriptError as error:
                self.errors.append(error)
        self.workbooks = self.read_workbooks()
        self.errors += check_names(self.scripts, chapters=self.chapters, data=self.project.cards)
        self._parts: dict[str, dict[str, str]] = {}
        self._states: dict[Path, list[tuple[str, int, int]]] = {}
        self._contents: dict[Path, list[tuple[str, str]]] = {}

    def read(self, path: Path) -> Script:
        return self.unless_known(self.memo, path, read_script)

    def read_workbook(self, path: Path) -> Workbook:
        return self.unless_known(self.workbook_memo, path, read_workbook)

    def unless_known(self, memo: dict[Path, tuple[Stamp, T]], path: Path, read: Callable[[Path, Path, Path], T]) -> T:
        """What a file says; read again only when it is another one."""
        state = stamp(path)
        if path not in memo or memo[path][0] != state:
            memo[path] = state, read(path, self.settings.tutorials, self.settings.root)
        return memo[path][1]

    def stored(self, script: Script) -> Stored | None:
        """What the store holds of a tutorial; read again, and verified, only when its file is another one."""
        path = self.store.path(script)
        state = stamp_or_none(path)
        known = self.stored_memo.get(path)
        if state is None or known is None or known[0] != state:
            found = self.store.load(script)
            if found is None or state is None:
                return found
            known = self.stored_memo[path] = state, found
        return known[1]

    def read_workbooks(self) -> dict[str, Workbook]:
        """The exercises, by the slug of the tutorial that they belong to."""
        found: dict[str, Workbook] = {}
        slugs = {script.name for script in self.scripts}
        broken = {error.path.name for error in self.errors}
        for path in find_workbooks(self.settings.tutorials):
            try:
                workbook = self.read_workbook(path)
                beside = path.with_name(path.name.removesuffix(EXERCISES) + ".py")
                if workbook.name not in slugs and beside.name not in broken:
                    raise ScriptError(workbook.path, 1, f"exercises without a tutorial; {beside.name} is not there")
                found[workbook.name] = workbook
            except ScriptError as error:
                self.errors.append(error)
        return found

    @cached_property
    def chapter_table(self) -> dict[str, Any] | None:
        path = self.settings.docs / "chapters.toml" if self.settings.docs else None
        return tomllib.loads(path.read_text(encoding="utf-8")) if path and path.is_file() else None

    @property
    def chapters(self) -> dict[str, dict[str, Any]] | None:
        """The chapters that tutorials may cover, by id, or None if the project keeps no list."""
        table = self.chapter_table
        return None if table is None else {chapter["id"]: chapter for chapter in table.get("chapter", [])}

    def select(self, names: Sequence[str]) -> list[Script]:
        """The scripts of these names (slugs or paths), all of them for none.

        Raises:
            LookupError: a name that is no tutorial.
        """
        if not names:
            return self.scripts
        known = {
            key: script for script in self.scripts for key in (script.name, script.path.as_posix(), script.path.name)
        }
        for name in names:
            if name not in known:
                slugs = [script.name for script in self.scripts]
                raise LookupError(f"no tutorial is called {name!r}; {nearest(name, slugs)}")
        return list({known[name].name: known[name] for name in names}.values())

    def parts(self, script: Script) -> dict[str, str]:
        if script.name not in self._parts:
            path = self.settings.root / script.path
            code = [cell.source for cell in script.code]
            state = [code, script.header.data, self.code_state(path.parent)]
            if self.key_memo.get(path, (None,))[0] != state:
                content = json.dumps([code, script.header.data, self.code_content(path.parent)])
                inputs = [script.path.as_posix(), content]
                found = Memo(self.settings.scratch / "memo")("key", inputs, lambda: key_parts(script, self.project))
                self.key_memo[path] = state, found
            self._parts[script.name] = self.key_memo[path][1]
        return self._parts[script.name]

    def code_state(self, beside: Path) -> list[tuple[str, int, int]]:
        """Everything that a key can depend on besides the script: the package's files and those beside the script."""
        if beside not in self._states:
            paths = [path for path in beside.rglob("*") if path.suffix != ".pyc"]
            paths += self.settings.package.rglob("*") if self.settings.package else []
            tutorials = {self.settings.root / script.path for script in self.scripts}
            facts = [(str(path), path.stat()) for path in sorted(paths) if path not in tutorials and path.is_file()]
            self._states[beside] = [(name, stat.st_mtime_ns, stat.st_size) for name, stat in facts]
        return self._states[beside]

    def code_content(self, beside: Path) -> list[tuple[str, str]]:
        """The same files by what they hold: to another process, after a checkout say, a time stamp says nothing."""

        def content(name: str, stamp: int, size: int) -> str:
            return sha256(Path(name).read_bytes()).hexdigest() if size < LARGE_FILE else f"{stamp} {size}"

        if beside not in self._contents:
            facts = self.code_state(beside)
            self._contents[beside] = [(os.path.relpath(name, beside), content(name, *rest)) for name, *rest in facts]
        return self._contents[beside]

    def status(self, script: Script) -> Status:
        """Whether a tutorial is fresh; asked again only when its notebooks or what it depends on changed."""
        path = self.store.path(script)
        state = [stamp_or_none(path), stamp_or_none(self.store.failure_path(script)), self.parts(script)]
        if state[0] is None or self.status_memo.get(path, (None,))[0] != state:
            self.status_memo[path] = state, self.store.status(script, self.parts(script))
        return self.status_memo[path][1]

    def task(self, script: Script, *, jobs: int = 1, deadline: float | None = None) -> Task:
        import psutil

        from press.execution.task import Task

        promised = 60 * script.header.minutes * 10 if script.header.minutes else DEADLINE
        beside = self.settings.root / script.path.parent
        above = [self.settings.package.parent] if self.settings.package else []
        return Task(
            name=script.name,
            path=script.path.as_posix(),
            cells=script.cells,
            deadline=deadline or max(promised, 60.0),
            memory=int(psutil.virtual_memory().total * 0.9 / jobs),
            threads=max(1, (os.cpu_count() or 1) // jobs),
            gpu=script.header.gpu,
            modules=tuple(str(path) for path in (beside, *above)),
            figure=script.header.figure,
        )

    def run(
        self,
        scripts: Iterable[Script],
        *,
        jobs: int = 1,
        deadline: float | None = None,
        scheduler: str | None = None,
        cancel: threading.Event | None = None,
        on_start: Callable[[Task], object] | None = None,
        on_done: Callable[[Outcome, str], object] | None = None,
    ) -> list[str]:
        """Execute these tutorials, the longest first, and store what succeeds; return the failures' messages."""
        from press.execution.pool import execute_all

        self.prepare_kernels()
        todo = {script.name: script for script in sorted(scripts, key=self.expected_seconds, reverse=True)}
        tasks = [self.task(script, jobs=jobs, deadline=deadline) for script in todo.values()]
        failures = []
        for outcome in execute_all(tasks, jobs=jobs, scheduler=scheduler, stop=cancel, on_start=on_start):
            message = self.keep(todo[outcome.name], outcome)
            if message:
                failures.append(message)
            if on_done:
                on_done(outcome, message)
        return failures

    def prepare_kernels(self, *, start: bool = False) -> None:
        """Choose what the fork server has ready: of the heavy libraries, those that something here imports."""
        from press.kernels import provisioner as kernels

        wanted = self.imported() | kernels.OWN
        kernels.SERVER.preload = tuple(name for name in kernels.PRELOAD if name.split(".")[0] in wanted)
        if start and kernels.CAN_FORK:
            kernels.SERVER.address()

    def imported(self) -> set[str]:
        """The libraries that a tutorial or the package imports somewhere."""
        texts = [cell.source for script in self.scripts for cell in script.code]
        if self.settings.package:
            paths = self.settings.package.rglob("*.py")
            texts += [path.read_text(encoding="utf-8", errors="replace") for path in paths]
        return {name for text in texts for name in re.findall(r"(?m)^\s*(?:from|import)\s+(\w+)", text)}

    def keep(self, script: Script, outcome: Outcome) -> str:
        """Store an outcome if it is what the project's files say now; return what is wrong with it, or ""."""
        parts = self.parts(script)
        if outcome.failure and outcome.failure.kind == "interrupted":
            return str(outcome.failure)
        if outcome.failure:
            with contextlib.suppress(OSError):  # a full disk: the tutorial's own failure says more
                self.store.save_failure(script, outcome.notebook, parts, str(outcome.failure))
            return str(outcome.failure)
        if smoke():
            return ""  # a smoke run proves that the code runs; its results are nobody's results
        if self.changed(script, parts):
            return f"{script.path.as_posix()}:1: the project's code changed while the tutorial ran; run it again"
        try:
            self.store.save(script, outcome.notebook, parts, outcome.run)
        except OSError as error:
            return f"{script.path.as_posix()}:1: executed, but not stored: {error}"
        return ""

    def changed(self, script: Script, parts: dict[str, str]) -> bool:
        """Whether the project's files no longer say what they said when these parts were taken."""
        try:
            return key_parts(script, Project(self.settings.root, self.settings.package)) != parts
        except (OSError, ScriptError):  # just being edited
            return True

    def expected_seconds(self, script: Script) -> float:
        stored = self.store.load(script)
        return float(stored.run["seconds"]) if stored else 60 * (script.header.minutes or 1)

    def shard(self, scripts: Sequence[Script], number: int, count: int) -> list[Script]:
        """One of `count` shares of about equal recorded seconds; all shares together are the whole."""
        shares: list[list[Script]] = [[] for _ in range(count)]
        load = [0.0] * count
        for script in sorted(scripts, key=lambda script: (-self.expected_seconds(script), script.name)):
            lightest = load.index(min(load))
            shares[lightest].append(script)
            load[lightest] += self.expected_seconds(script)
        return shares[number - 1]

    def check(self, scripts: Sequence[Script]) -> list[str]:
        """What is wrong with the structure, the links and the imports of some scripts, as `file:line: what`."""
        problems = [str(error) for error in self.errors]
        for script in scripts:
            beside = self.settings.root / script.path.parent
            missing = imports(script, lambda name, beside=beside: self.project.find(name, beside))
            for line, message in (*structure(script), *links(script, self.settings.root), *missing):
                problems.append(f"{script.path.as_posix()}:{line}: {message}")
        return problems


def smoke() -> bool:
    return os.environ.get("KINDLING_SMOKE") == "1"


def default_jobs() -> int:
    """With two threads each, but two where there are two cores: half of a tutorial keeps one core busy only."""
    cores = os.cpu_count() or 1
    return max(min(cores, 2), cores // 2)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
