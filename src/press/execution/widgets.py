"""What a page, where no kernel answers, can show of widgets: what they hold, and what it must leave out."""

from collections.abc import Iterator, Mapping
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

    def handle_msg(self, msg: dict[str, Any]) -> None:
        if msg["content"]["data"].get("method") == "update":  # and no echo of what the kernel was told
            super().handle_msg(msg)

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        if "outputs" in state:  # append_stdout
            self.outputs = list(state["outputs"])


def still(outputs: list, client: Any) -> list:
    """The outputs with what each widget among them shows at the end of the run in its place."""
    kept: list = []
    for output in outputs:
        view = output.get("data", {}).get(VIEW)
        for each in [output] if view is None else shown(view, output, client):
            if not full(kept, each["output_type"]):
                kept.append(nbformat.from_dict(each))
    return kept


def shown(view: Mapping[str, str], output: Any, client: Any) -> Iterator[Any]:
    """What is in a widget, and a line that names the controls, which need a kernel."""
    controls: list[str] = []
    yield from inside(view.get("model_id", ""), client, controls, set())
    if controls:
        told = f"[works in the notebook only: {', '.join(controls)}]"
        yield new_output("display_data", {"text/plain": told})


def inside(model: str, client: Any, controls: list[str], seen: set[str]) -> Iterator[Any]:
    if model in seen:
        return
    seen.add(model)
    state = client.widget_state.get(model, {})
    name, value = str(state.get("_model_name", "")).removesuffix("Model"), state.get("value")
    image = client.widget_buffers.get(model, {}).get(("value",))
    if name == "Output":
        yield from still(client.comm_objects[model].outputs, client)
    elif isinstance(state.get("children"), list):
        for child in state["children"]:
            yield from inside(str(child).removeprefix("IPY_MODEL_"), client, controls, seen)
    elif name == "Image" and image:
        yield new_output("display_data", {f"image/{state.get('format')}": image["data"]})
    elif name in ("HTML", "HTMLMath", "Label"):
        mime = "text/plain" if name == "Label" else "text/html"
        yield from [new_output("display_data", {mime: str(value)})] if value else []
    elif name.endswith("Progress"):
        yield new_output("display_data", {"text/plain": f"[{value:g} of {state.get('max'):g}]"})
    elif name:
        label = [state.get("description"), value if isinstance(value, int | float | str) else ""]
        controls.append(" ".join([name, *(str(each)[:100] for each in label if each not in (None, ""))]))
