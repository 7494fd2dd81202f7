"""A figure in several steps, which the reader of a page goes through with a slider."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

MOST = 12
"""The largest number of steps: more make a page heavy, and the slider's places too narrow."""


def stepped(figures: Mapping[Any, Figure], *, label: str, alt: str | Mapping[Any, str]) -> None:
    """Show the same figure for up to twelve values, each with an alternative text of its own, and close them all.

    A notebook shows them one after another, each below its value; a script opens a window for each; on the page a
    slider with the label goes through them, in the order of the mapping. A value stands there as `str` writes it.
    The texts say what each step shows, by its value; a single text must be true of all of them, and each step then
    says its value before it.

    Raises:
        ValueError: there are no figures or more than twelve, or a step has no alternative text.
    """
    from kindling.plots import _in_notebook, show  # which in turn offers this function

    if not 1 <= len(figures) <= MOST:
        raise ValueError(f"stepped was given {len(figures)} figures: give 1 to {MOST}, each by its value.")
    texts = dict.fromkeys(figures, alt) if isinstance(alt, str) else dict(alt)
    if empty := [value for value in figures if not texts.get(value, "").strip()]:
        raise ValueError(f"alt is empty for {empty[0]!r}: say of each value in a sentence what its figure shows.")
    for at, (value, fig) in enumerate(figures.items()):
        text = f"{label} {value}: {alt}" if isinstance(alt, str) else texts[value]
        if _in_notebook():
            from IPython.display import display

            step = {"label": label, "value": str(value), "at": at}
            display({"text/plain": f"{label}: {value}"}, raw=True, metadata={"kindling": {"step": step}})
        elif fig.canvas.manager:
            fig.canvas.manager.set_window_title(f"{label}: {value}")
        show(fig, text)
