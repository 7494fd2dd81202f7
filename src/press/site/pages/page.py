"""The Markdown of a tutorial's page: its text as it was written, a strip below the title, and room for its cells."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from press.scripts import quiz
from press.scripts.script import TITLE, Cell, Script, part_title
from press.site.pages.questions import form
from press.site.pages.templates import draw
from press.store import Run, Status

THUMBNAIL = "thumbnail.png"


def source(meta: Mapping[str, Any], text: str, strip: str) -> str:
    """A page with front matter, and the strip below its title."""
    title = TITLE.match(text)
    end = title.end() if title else 0
    front = yaml.safe_dump(dict(meta), allow_unicode=True)
    return f"---\n{front}---\n{text[:end]}\n{strip}\n\n{text[end:]}"


def body(script: Script) -> str:
    """Text as it was written, questions as forms, a slot for each code cell."""
    pieces, number = [], 0
    for cell in script.cells:
        if cell.kind == "text":
            pieces.append(quiz.replace(cell.source, form))
        else:
            number += 1
            pieces.append(f'<div data-press-cell="{number}"></div>')
    return "\n\n".join(pieces) + "\n"


def bar(
    downloads: Mapping[str, str],
    cost: str,
    state: str = "",
    message: str = "",
    progress: Mapping[str, Any] | None = None,
) -> str:
    """The strip below the title: downloads, what the run cost, the reader's progress, the state of the outputs."""
    return draw("bar.html.j2", downloads=downloads, cost=cost, state=state, message=message, progress=progress)


def banner(status: Status, running: bool) -> tuple[str, str]:
    """What a page says of outputs that are not fresh: their state, and a sentence."""
    if status.state == "fresh":
        return "", ""
    if running:
        return "running", f"Running: {status.why}. The page reloads when the outputs are there."
    if status.state == "failed":
        return "failed", f"The last run failed: {status.why}"
    return "stale", f"These outputs are out of date: {status.why}."


def cost(run: Run, titles: Mapping[str, str]) -> str:
    """What the run cost and what it used, in one line."""
    pieces = [f"Ran in {duration(run.seconds)} on {device(run, 'the CPU')}"]
    if run.peak_memory:
        pieces.append(f"{size(run.peak_memory)} of memory")
    if run.torch:
        pieces.append(f"torch {run.torch.split('+')[0]}")
    if run.date:
        pieces.append(run.date)
    line = ", ".join(pieces) + "."
    data = [f"{titles.get(item['name'], item['name'])} ({item.get('kind', 'original')})" for item in run.data]
    return line + (f" Data: {', '.join(dict.fromkeys(data))}." if data else "")


def device(run: Run, unknown: str = "CPU cores") -> str:
    """Where it ran: the name of a GPU, or how many cores; `unknown` for records that do not say."""
    if run.device not in (None, "", "cpu"):
        return str(run.device)
    return f"{run.cpus} CPU core{'' if run.cpus == 1 else 's'}" if run.cpus else unknown


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 2 else f"{seconds:.1f} s"


def size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def gallery(cards: Sequence[Mapping[str, Any]]) -> str:
    """Thumbnails as a list of links; each card has href, title, text, cost and image (an address or "")."""
    return draw("gallery.html.j2", cards=cards) if cards else ""


def valid_cells(code: Sequence[Cell], sources: Sequence[str]) -> int:
    """How many leading cells still have the outputs of the stored run: unchanged code after unchanged code."""
    count = 0
    for cell, source in zip(code, sources, strict=False):
        if cell.source != source:
            break
        count += 1
    return count


def part_heading(part: str) -> str:
    return part_title(part) or "Tutorials"
