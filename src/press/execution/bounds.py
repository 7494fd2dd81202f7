"""How much a cell, or a box inside it, takes in, so that 100 MB of output never lie in memory."""

from itertools import takewhile
from typing import Any

from nbformat.v4 import new_output

OUTPUTS = 500  # outputs that one place may have
BULK = 10_000_000  # characters of figures and other results after which a place gets no more of them
TEXT = 100_000  # characters that one output may have
CUT = f"[more than {BULK:,} characters of outputs: cut]\n"


def full(outs: list, kind: str) -> bool:
    """Whether there is no room for another output of this kind; then the last one says so."""
    if len(outs) >= OUTPUTS:
        outs[-1] = note(f"[more than {OUTPUTS} outputs: cut]\n")
        return True
    if kind in ("stream", "error") or bulk(outs) <= BULK:
        return False
    if outs[-1].get("text") != CUT:
        outs.append(note(CUT))
    return True


def bulk(outs: list) -> int:
    values = (value for out in outs for value in out.get("data", {}).values())
    return sum(len(value) for value in values if isinstance(value, str))


def join(outs: list, name: str, text: str) -> None:
    """Add text to a stream of this name; what is no stream ends it, so that the order stays."""
    last = takewhile(lambda out: out["output_type"] == "stream", reversed(outs))
    stream = next((out for out in last if out["name"] == name), None)
    if stream is None:
        outs.append(stream := new_output("stream", name=name, text=""))
    if stream.get("left_out"):
        stream["left_out"] += len(text)
        return
    line = stream["text"].rfind("\n") + 1
    stream["text"] = stream["text"][:line] + overwritten(stream["text"][line:] + text)
    if len(stream["text"]) > TEXT:
        stream["left_out"], stream["text"] = len(stream["text"]) - TEXT, stream["text"][:TEXT]


def overwritten(text: str) -> str:
    """Text as a terminal shows it: what stands before a carriage return is gone once something follows."""
    return "\n".join(line[line.rstrip("\r").rfind("\r") + 1 :] for line in text.split("\n"))


def note(text: str) -> Any:
    return new_output("stream", name="stderr", text=text)
