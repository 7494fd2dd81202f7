"""What is asked of an execution, and what it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from press.scripts.script import Cell
from press.store import Run


@dataclass(frozen=True)
class Task:
    """A tutorial to execute; `deadline` (seconds) and `memory` (bytes) are for the whole of it."""

    name: str
    path: str
    cells: tuple[Cell, ...]
    deadline: float
    memory: int
    threads: int
    gpu: bool = False
    modules: tuple[str, ...] = ()  # folders to import from, as a script imports from the folder it lies in
    figure: int = 1  # the number of the figure that becomes the thumbnail
    root: str = ""  # the project's folder
    file: str = ""  # the script, if the cells ask for `__file__`
    files: Mapping[str, str] = field(default_factory=dict)  # beside the script: name -> path


@dataclass(frozen=True)
class Failure:
    """Why a tutorial failed; `kind` is exception, warning, exit, died, deadline, memory or interrupted."""

    path: str
    line: int
    cell: int  # counted from 1; 0 for the whole tutorial
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {f'cell {self.cell}: ' * bool(self.cell)}{self.message}"


@dataclass(frozen=True)
class Outcome:
    """What an execution gave: the notebook as far as it came, the failure, and the record of the run."""

    name: str
    notebook: dict[str, Any]
    failure: Failure | None
    run: Run


def paragraph(error: object) -> str:
    """A message on one line."""
    text = " ".join(str(error).split())
    return text if len(text) <= 500 else f"{text[:500]} ..."
