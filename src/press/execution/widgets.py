"""What a page, where no kernel answers, can show of widgets: what they hold, and what it must leave out."""

from collections.abc import Iterator
from typing import Any

import nbformat
from nbclient.output_widget import OutputWidget
from nbformat.v4 import new_output

from press.execution.bounds import full

VIEW = "application/vnd.jupyter.widget-view+json"


class Box(OutputWidget):
    """An `ipywidgets.Output`: it takes in as much as a cell does, and the kernel hears of it after the cell."""

    msg_id = ""

    def output(self, outs: list, msg: dict, display_id: str | None, cell_index: int) -> None:
        self.parent_header = msg["parent_header"]
        if self.clear_before_next_output:
            self.outputs, self.clear_before_next_output = [], False
        self.executor.add(self.outputs, msg, display_id)
        self.sync_state()

    def sync_state(self) -> None:
        self.executor.changed[self.comm_id] = super().sync_state

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        if "outputs" in state:  # append_stdout
            self.outputs = list(state["outputs"])


def still(outputs: list, client: Any) -> list:
    """The outputs; for a widget what it holds, and a line that names its controls, which need a kernel."""
    kept: list = []
    for output in outputs:
        shown, controls = [output], list[str]()
        if view := output.get("data", {}).get(VIEW):
            shown = list(inside(view.get("model_id"), client, controls, set()))
        if controls:
            told = f"[works in the notebook only: {', '.join(controls)}]"
            shown.append(new_output("display_data", {"text/plain": told}))
        kept += [nbformat.from_dict(each) for each in shown if not full(kept, each["output_type"])]
    return kept


def inside(model: str, client: Any, controls: list[str], seen: set[str]) -> Iterator[Any]:
    state = client.widget_state.get(model, {}) if model not in seen else {}
    name, value = str(state.get("_model_name", "")).removesuffix("Model"), state.get("value", "")
    seen.add(model)
    if name == "Output":
        yield from still(client.comm_objects[model].outputs, client)
    elif isinstance(state.get("children"), list):
        for child in state["children"]:
            yield from inside(str(child).removeprefix("IPY_MODEL_"), client, controls, seen)
    elif mime := {"HTML": "text/html", "HTMLMath": "text/html", "Label": "text/plain"}.get(name):
        yield from [new_output("display_data", {mime: str(value)})] if value else []
    elif name:
        words = [name, state.get("description"), value if isinstance(value, int | float | str) else ""]
        controls.append(" ".join(str(each)[:100] for each in words if each not in (None, "")))
