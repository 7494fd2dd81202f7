"""The Markdown of a tutorial's page: its text as it was written, a strip below the title, and room for its cells."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from press.scripts import quiz
from press.scripts.script import TITLE, Cell, Script
from press.site.pages.practice import form
from press.store import Run

THUMBNAIL = "thumbnail.png"


def source(meta: Mapping[str, Any], text: str, strip: str) -> str:
    """A page with front matter, and the strip below its title."""
    title = TITLE.match(text)
    end = title.end() if title else 0
    front = yaml.safe_dump(dict(meta), allow_unicode=True)
    return f"---\n{front}---\n{text[:end]}\n{strip}\n\n{text[end:]}"


def body(script: Script) -> str:
    """Text as it was written, questions as forms, a slot for each code cell."""
    number = itertools.count(1)
    pieces = (
        quiz.replace(cell.source, form) if cell.kind == "text" else f'<div data-press-cell="{next(number)}"></div>'
        for cell in script.cells
    )
    return "\n\n".join(pieces) + "\n"


def cost(run: Run, titles: Mapping[str, str]) -> str:
    """What the run cost and what it used, in one line."""
    memory = f"{run.peak_memory / 1e9:.1f} GB" if run.peak_memory >= 1e9 else f"{run.peak_memory / 1e6:.0f} MB"
    pieces = [
        f"Ran in {duration(run.seconds)} on {device(run, 'the CPU')}",
        f"{memory} of memory" if run.peak_memory else "",
        f"torch {run.torch.split('+')[0]}" if run.torch else "",
        run.date,
    ]
    data = [f"{titles.get(item['name'], item['name'])} ({item.get('kind', 'original')})" for item in run.data]
    return f"{', '.join(filter(None, pieces))}." + (f" Data: {', '.join(dict.fromkeys(data))}." if data else "")


def device(run: Run, unknown: str = "CPU cores") -> str:
    """Where it ran: the name of a GPU, or how many cores; `unknown` for records that do not say."""
    if run.device not in (None, "", "cpu"):
        return str(run.device)
    return f"{run.cpus} CPU core{'' if run.cpus == 1 else 's'}" if run.cpus else unknown


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 2 else f"{seconds:.1f} s"


def valid_cells(code: Sequence[Cell], sources: Sequence[str]) -> int:
    """How many leading cells still have the outputs of the stored run: unchanged code after unchanged code."""
    pairs = zip((cell.source for cell in code), sources, strict=False)
    return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)))
