"""One function per kind of figure; each ends in [show][kindling.plots.show] and says in words what it shows.

Text, axes and grid are gray. A page in the dark scheme inverts grays only, so every color here is legible on
white and on nearly black; none carries a meaning alone: lines differ in stroke as well, points in shape.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from kindling.alttext import say, say_confusion, say_lines
from kindling.stepped import stepped as stepped
from kindling.training import History

Values = Tensor | np.ndarray | Sequence[float]

INK = "#1f1f1f"
"""The gray of all text."""

COLORS = ("#0072b2", "#d55e00", "#008a64", "#b5539c", "#8a7000", "#7a6cd0")
"""Blue, orange, green, purple, olive, violet: each with a contrast of at least 3 to white and to #16181d."""

MARKERS = ("o", "^", "s", "D", "v", "P")
STROKES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3)))

WIDTH = 6.4
"""The width of a figure in inches."""

_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#7f7f7f",
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=COLORS) + cycler(linestyle=STROKES),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.figsize": (WIDTH, 3.6),
    "font.size": 10,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
} | dict.fromkeys(["text.color", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color"], INK)


def style() -> AbstractContextManager[None]:
    """The style of all figures here, for one of your own: `with style(): fig, ax = plt.subplots()`."""
    return plt.rc_context(_STYLE)


def show(fig: Figure, alt: str) -> None:
    """Show a figure, with its alternative text, and close it.

    In a notebook the figure becomes an output, and the text part of its metadata; a script opens a window.
    The text says what the figure shows, in one or two sentences, to a reader who cannot see it.

    Raises:
        ValueError: the alternative text is empty.
    """
    if not alt.strip():
        raise ValueError("alt is empty: say in a sentence what the figure shows.")
    if _in_notebook():
        from IPython.display import display

        with plt.rc_context({"svg.hashsalt": "kindling"}):  # the same figure, the same bytes
            display(fig, metadata={kind: {"alt": alt} for kind in ("image/svg+xml", "image/png")})
    elif plt.get_backend().lower() != "agg":  # which has no windows
        plt.show()
    plt.close(fig)


def _in_notebook() -> bool:
    return "inline" in plt.get_backend()  # the backend that Jupyter's kernel chooses


def losses(history: History | Mapping[str, History], *, title: str | None = None, alt: str | None = None) -> None:
    """Draw the losses of a training, or of several by name, by epoch: training dashed, validation solid."""
    runs = {"": history} if isinstance(history, History) else history
    lines = {}
    for name, run in runs.items():
        lines[f"{name} training".strip()] = run.train_loss
        lines[f"{name} validation".strip()] = run.val_loss
    with style():
        fig, ax = plt.subplots()
        for i, (name, values) in enumerate(lines.items()):
            stroke, color = ("--", "-")[i % 2], COLORS[i // 2 % len(COLORS)]
            ax.plot(range(1, len(values) + 1), values, stroke, color=color, label=name)
        ax.set(xlabel="epoch", ylabel="mean loss", title=title)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend()
        show(fig, alt or say_lines("Mean loss by epoch", lines))


def curves(
    series: Mapping[str, Values],
    *,
    x: Values | None = None,
    xlabel: str,
    ylabel: str,
    logy: bool = False,
    title: str | None = None,
    alt: str | None = None,
) -> None:
    """Draw one line per series, over the common places `x` or over 0, 1, 2, ...

    Raises:
        ValueError: a series and x differ in length.
    """
    lines = {name: _array(values) for name, values in series.items()}
    with style():
        fig, ax = plt.subplots()
        for name, values in lines.items():
            places = np.arange(len(values)) if x is None else _array(x)
            if len(places) != len(values):
                raise ValueError(f"{name!r} has {len(values)} values and x has {len(places)}: give as many.")
            ax.plot(places, values, label=name)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title, yscale="log" if logy else "linear")
        if len(lines) > 1:
            ax.legend()
        show(fig, alt or say_lines(f"{ylabel} against {xlabel}", lines))


def scatter(
    x: Values,
    y: Values,
    *,
    xlabel: str,
    ylabel: str,
    alt: str,
    labels: Values | None = None,
    names: Sequence[str] | None = None,
    line: tuple[Values, Values] | None = None,
    title: str | None = None,
) -> None:
    """Draw points [N], in color and shape by class, and perhaps a line over them.

    The labels [N] are integers from 0, the names those of the classes; the line is given by its (x, y).
    """
    xs, ys = _array(x), _array(y)
    classes = np.zeros(len(xs)) if labels is None else _array(labels)
    names = names or [f"class {c}" for c in range(int(classes.max()) + 1)]
    with style():
        fig, ax = plt.subplots()
        for c, name in enumerate(names):
            color, marker, here = COLORS[c % len(COLORS)], MARKERS[c % len(MARKERS)], classes == c
            ax.scatter(xs[here], ys[here], s=22, c=color, marker=marker, alpha=0.8, lw=0, label=name)
        if line is not None:
            ax.plot(_array(line[0]), _array(line[1]), "-", color=INK)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
        if labels is not None:
            ax.legend()
        show(fig, alt)


def bars(
    names: Sequence[str],
    values: Values,
    *,
    xlabel: str,
    errors: Values | None = None,
    reference: float | None = None,
    title: str | None = None,
    alt: str | None = None,
) -> None:
    """Draw a horizontal bar per name, with errors [N] to either side, and a dashed line at the reference."""
    lengths = _array(values)
    with style():
        fig, ax = plt.subplots(figsize=(WIDTH, 0.8 + 0.3 * len(names)))
        spread = None if errors is None else _array(errors)
        ax.barh(range(len(names)), lengths, 0.7, color=COLORS[0], xerr=spread, ecolor=INK, capsize=3)
        if reference is not None:
            ax.axvline(reference, color=INK, linestyle="--", linewidth=1)
        ax.set_yticks(range(len(names)), names)
        ax.invert_yaxis()
        ax.grid(False, axis="y")
        ax.set(xlabel=xlabel, title=title)
        said = ", ".join(f"{name} {say(length)}" for name, length in zip(names, lengths, strict=True))
        compared = "" if reference is None else f" A dashed line marks {say(reference)}."
        show(fig, alt or f"Bars of {xlabel}: {said}.{compared}")


def image_grid(
    images: Tensor, titles: Sequence[str] | None = None, columns: int = 5, *, alt: str, title: str | None = None
) -> None:
    """Draw images side by side; a gray one goes from its own darkest pixel to its own brightest.

    The images are [N, 1, H, W] or [N, H, W] in gray, or [N, 3, H, W] in color from 0 to 1.
    """
    pixels = _array(images)
    if pixels.ndim == 4:
        pixels = pixels[:, 0] if pixels.shape[1] == 1 else pixels.transpose(0, 2, 3, 1)
    rows, side = -(-len(pixels) // columns), WIDTH / max(columns, 5)
    row_height = side * pixels.shape[1] / pixels.shape[2] + (0.25 if titles else 0)
    with style():
        size = (columns * side, rows * row_height + (0.35 if title else 0))
        fig, grid = plt.subplots(rows, columns, figsize=size, squeeze=False)
        for ax in grid.flat:
            ax.set_axis_off()
        for i, image in enumerate(pixels):
            grid.flat[i].imshow(image, cmap="gray", interpolation="none")  # a pixel stays a pixel in an SVG
            if titles:
                grid.flat[i].set_title(titles[i], fontsize=9)
        if title:
            fig.suptitle(title)
        show(fig, alt)


def confusion(matrix: Tensor, classes: Sequence[str], *, title: str | None = None, alt: str | None = None) -> None:
    """Draw the counts of [kindling.metrics.confusion][]; a cell is bluer, the larger its share of its row."""
    counts = _array(matrix)
    blue = to_rgb(COLORS[0])  # never so strong that the text on it, dark or inverted, is hard to read
    shades = LinearSegmentedColormap.from_list("clear to blue", [(*blue, 0.0), (*blue, 0.6)])
    side = min(WIDTH, 1.8 + 0.46 * len(classes))
    with style():
        fig, ax = plt.subplots(figsize=(side, 0.88 * side))
        ax.imshow(counts / counts.sum(axis=1, keepdims=True).clip(1), cmap=shades, interpolation="none")
        for (row, column), count in np.ndenumerate(counts):
            if count:
                ax.text(column, row, f"{count:.0f}", ha="center", va="center", fontsize=9)
        ax.grid(False)
        ax.set_xticks(range(len(classes)), classes, rotation=45, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(len(classes)), classes)
        ax.set(xlabel="predicted class", ylabel="true class", title=title)
        show(fig, alt or say_confusion(counts, classes))


def _array(values: Values) -> np.ndarray:
    if isinstance(values, Tensor):
        return values.detach().cpu().numpy()
    return np.asarray([float(v) for v in values]) if isinstance(values, Sequence) else values
