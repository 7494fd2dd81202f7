"""Finds which outputs of a cell are one figure in several steps: each stands after a caption that says which one."""

from collections.abc import Iterable, Mapping
from typing import Any

Step = tuple[Mapping[str, Any], Mapping[str, Any]]  # the caption, the figure


def together(outputs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any] | list[Step]]:
    """The outputs in their order; the steps of one figure are a list, where the first of them was."""
    made: list[Any] = []
    steps: list[Step] = []
    caption = None  # whose figure has not come
    for output in outputs:
        if found := said(output):
            caption = found
            if found["at"] == 0 or not steps:
                made.append(steps := [])
        elif caption and output["output_type"] != "stream":  # a warning may come between
            steps.append((caption, output))
            caption = None
        else:
            made.append(output)
    return [part for part in made if part]


def said(output: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a caption says of its step: the label, the value and its place; None for any other output."""
    kept = output.get("metadata", {}).get("kindling")
    found = kept.get("step") if isinstance(kept, Mapping) else None
    return found if isinstance(found, Mapping) and {"label", "value", "at"} <= found.keys() else None
