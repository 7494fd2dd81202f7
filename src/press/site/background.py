"""Executes tutorials behind `mkdocs serve`, one at a time, while the pages are already shown."""

import logging
import threading
from collections.abc import Sequence

from press.scripts.script import Script
from press.tutorials import Tutorials

log = logging.getLogger("mkdocs.press")


class Background:
    """A worker thread that always works on the latest edit: a run of older code is given up."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.waiting: dict[str, tuple[str, Tutorials, Script]] = {}  # name -> key, tutorials of that edit, script
        self.running: tuple[str, str] | None = None  # name, key
        self.tried: set[str] = set()  # keys: what failed is tried once per server, since data or network may be back
        self.cancel = threading.Event()
        self.stopped = False
        self.thread: threading.Thread | None = None

    def want(self, tutorials: Tutorials, scripts: Sequence[Script]) -> None:
        """Ask for exactly these tutorials as they stand now; whatever else was asked for is dropped."""
        wanted = {script.name: (tutorials.key(script).digest, tutorials, script) for script in scripts}
        with self.condition:
            name, key = self.running or ("", "")
            if name in wanted and wanted[name][0] == key:
                del wanted[name]
            else:
                self.cancel.set()
            self.waiting = wanted
            if wanted and self.thread is None:
                self.thread = threading.Thread(target=self.work, name="press", daemon=True)
                self.thread.start()
            self.condition.notify()

    def work(self) -> None:
        while True:
            with self.condition:
                self.running = None
                self.condition.wait_for(lambda: self.waiting or self.stopped)
                if self.stopped:
                    return
                name = next(iter(self.waiting))
                key, tutorials, script = self.waiting.pop(name)
                self.running, self.cancel = (name, key), threading.Event()
                self.tried.add(key)
            log.info("Executing %s", name)
            try:
                for message in tutorials.run([script], cancel=self.cancel):
                    log.error("%s", message)
            except Exception as error:  # the server outlives whatever happens here
                log.error("%s could not be executed: %s", name, error)

    def stop(self) -> None:
        with self.condition:
            self.stopped, self.waiting = True, {}
            self.cancel.set()
            self.condition.notify()
        if self.thread:
            self.thread.join(timeout=5)
