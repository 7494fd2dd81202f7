"""Makes a notebook of cells, and receives what a kernel shows of it."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakValueDictionary

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, output_from_msg

from press.execution.bounds import BULK, CUT, bulk, full, join, note
from press.execution.task import paragraph
from press.execution.widgets import Box
from press.scripts.script import Cell

IDENTITY = re.compile(r"\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b(?:_\w+)?")


class Unreadable(Exception):
    """The kernel sent what no front end could make sense of."""


class Client(NotebookClient):
    """Keeps what the kernel sends as a front end does, of one cell or of another one's threads, in bounds."""

    kc: Any

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options, record_timing=False)
        self.widget_registry["@jupyter-widgets/output"]["OutputModel"] = Box
        self.cells: dict[str, int] = {}  # by the message after which something came of it
        self.last = -1
        self.displayed = WeakValueDictionary[tuple[str, int], Any]()  # outputs by display_id, until they are cleared
        self.changed: dict[str, Callable[[], None]] = {}  # boxes whose outputs the kernel does not know

    async def ask(self, code: str, index: int | None = None, **options: Any) -> dict[str, Any]:
        """Run code, and receive whatever the kernel sends until it is done with it; the content of its reply."""
        while self.changed:
            self.changed.popitem()[1]()
        asked = self.kc.execute(code, **options)
        if index is not None:
            self.last, self.clear_before_next_output = index, False
        self.cells[asked] = self.last  # which gets what threads show while something hidden runs
        while (message := await self.kc.get_iopub_msg(timeout=None)) is not None:
            parent, kind, content = message["parent_header"].get("msg_id"), message["msg_type"], message["content"]
            if kind == "status" and parent == asked and content["execution_state"] == "idle":
                break
            if kind != "status" and self.cells.get(parent, -1) >= 0:
                self.receive(message, self.cells[parent])
        while (reply := await self.kc.get_shell_msg(timeout=None))["parent_header"].get("msg_id") != asked:
            pass
        return reply["content"]

    def receive(self, message: dict[str, Any], index: int) -> None:
        cell, kind = self.nb.cells[index], message["msg_type"]
        try:
            if kind == "update_display_data":
                self.update((message["content"].get("transient") or {}).get("display_id"), message["content"])
            else:
                self.process_message(message, cell, index)
        except nbformat.ValidationError:
            cell.outputs.append(note("[an output that no notebook can hold: left out]\n"))
        except Exception as error:
            raise Unreadable(f"the kernel sent a {kind} that cannot be shown: {named(error)}") from error

    def update(self, display_id: str | None, content: dict[str, Any]) -> None:
        """Show it wherever something was displayed under this name."""
        new = new_output("display_data", content["data"], metadata=content["metadata"])
        if bulk([new, *self.displayed.values()]) > BULK * len(self.cells):
            new = new_output("display_data", {"text/plain": CUT})
        for (name, _), shown in list(self.displayed.items()):
            if name == display_id:
                shown.update(data=new.data, metadata=new.metadata)

    def output(self, outs: list, msg: dict, display_id: str | None, cell_index: int) -> None:
        if hooks := self.output_hook_stack[msg["parent_header"].get("msg_id")]:
            return hooks[-1].output(outs, msg, display_id, cell_index)
        if self.clear_before_next_output:
            outs[:], self.clear_before_next_output = [], False
        return self.add(outs, msg, display_id)

    def add(self, outs: list, msg: dict, display_id: str | None) -> None:
        """Put it into a cell or a box."""
        kind, content = msg["msg_type"], msg["content"]
        if kind not in ("stream", "display_data", "execute_result", "error") or full(outs, kind):
            return
        if kind == "stream":
            join(outs, content["name"], content["text"])
            return
        outs.append(output_from_msg(msg))
        if display_id:
            self.update(display_id, content)
            self.displayed[display_id, id(outs[-1])] = outs[-1]

    def remove_output_hook(self, msg_id: str, hook: Any) -> None:
        """Two threads need not leave their boxes in the order in which they entered them."""
        self.output_hook_stack[msg_id] = [each for each in self.output_hook_stack[msg_id] if each is not hook]


def named(error: Exception) -> str:
    """An error with its kind, in one line, without numbers that nobody knows."""
    return IDENTITY.sub("...", paragraph(f"{type(error).__name__}: {error}"))


def notebook(cells: Iterable[Cell]) -> nbformat.NotebookNode:
    make = {"text": new_markdown_cell, "code": new_code_cell}
    made = [make[cell.kind](cell.source.strip("\n"), id=f"cell-{number}") for number, cell in enumerate(cells, 1)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=made, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def plain(node: nbformat.NotebookNode) -> dict[str, Any]:
    return json.loads(json.dumps(node))
