"""Makes a notebook of cells, and receives what a kernel shows of it."""

import json
from collections import Counter
from collections.abc import Iterable
from itertools import takewhile
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from press.execution.outputs import TEXT
from press.scripts.script import Cell

OUTPUTS = 500  # outputs that one cell may have
BULK = 10_000_000  # characters of figures and other results after which a cell gets no more of them
CUT = f"[more than {BULK:,} characters of outputs: cut]\n"


class Client(NotebookClient):
    """Joins streams as they arrive and bounds them, so that 100 MB of output never lie in memory."""

    kc: Any

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.bulk = Counter[int]()  # characters of results, by cell

    def output(self, outs: list, msg: dict, display_id: str | None, cell_index: int) -> Any:
        content = msg["content"]
        if len(outs) >= OUTPUTS:
            outs[-1] = note(f"[more than {OUTPUTS} outputs: cut]\n")
            return None
        if msg["msg_type"] == "display_data" and self.bulk[cell_index] > BULK:
            if outs[-1].get("text") != CUT:
                outs.append(note(CUT))
            return None
        self.bulk[cell_index] += sum(len(value) for value in content.get("data", {}).values() if isinstance(value, str))
        if msg["msg_type"] != "stream":
            try:
                return super().output(outs, msg, display_id, cell_index)
            except nbformat.ValidationError:
                outs.append(note("[an output that no notebook can hold: left out]\n"))
                return None
        last = takewhile(lambda out: out.output_type == "stream", reversed(outs))  # only these, so that the order stays
        stream = next((out for out in last if out.name == content["name"]), None)
        if stream is None:
            stream = super().output(outs, msg | {"content": content | {"text": ""}}, display_id, cell_index)
        if stream is None or stream.get("left_out"):
            if stream:
                stream.left_out += len(content["text"])
            return stream
        line = stream.text.rfind("\n") + 1
        stream.text = stream.text[:line] + overwritten(stream.text[line:] + content["text"])
        if len(stream.text) > TEXT:
            stream.left_out, stream.text = len(stream.text) - TEXT, stream.text[:TEXT]
        return stream


def notebook(cells: Iterable[Cell]) -> nbformat.NotebookNode:
    make = {"text": new_markdown_cell, "code": new_code_cell}
    made = [make[cell.kind](cell.source.strip("\n"), id=f"cell-{number}") for number, cell in enumerate(cells, 1)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=made, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def plain(node: nbformat.NotebookNode) -> dict[str, Any]:
    return json.loads(json.dumps(node))


def note(text: str) -> Any:
    return new_output("stream", name="stderr", text=text)


def overwritten(text: str) -> str:
    """Text as a terminal shows it: what stands before a carriage return is gone once something follows."""
    return "\n".join(line[line.rstrip("\r").rfind("\r") + 1 :] for line in text.split("\n"))
