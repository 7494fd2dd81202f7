"""One function per kind of figure; each ends in [show][kindling.plots.show] and says in words what it shows.

Text, axes and grid are grey; a page in the dark scheme inverts the greys only, so every colour of `COLORS` is legible
on white and on nearly black, and never carries a meaning alone: lines differ in stroke, points in shape.
"""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from torch import Tensor

from kindling.training import History

Values = Tensor | np.ndarray | Sequence[float]

INK = "#1f1f1f"
"""The grey of all text."""

COLORS = ("#0072b2", "#d55e00", "#008a64", "#b5539c", "#8a7000", "#7a6cd0")
"""Blue, orange, green, purple, olive, violet: each has a contrast of at least 3 to white and to #16181d."""

MARKERS = ("o", "^", "s", "D", "v", "P")
STROKES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3)))

WIDTH = 6.4
"""Inches."""

_STYLE = {
    "axes.edgecolor": "#7f7f7f",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.prop_cycle": plt.cycler(color=COLORS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "figure.figsize": (WIDTH, 3.6),
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.6,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "kindling",  # the same figure, the same bytes
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": 9,
    "ytick.color": INK,
    "ytick.labelsize": 9,
}


def style() -> AbstractContextManager[None]:
    """The style of all figures here, for one of your own: `with style(): fig, ax = plt.subplots()`."""
    return plt.rc_context(_STYLE)


def show(fig: Figure, alt: str) -> None:
    """Show a figure and close it.

    In a notebook the figure becomes the cell's output, and its alternative text goes into the output's metadata; in a
    script it opens in a window.

    Args:
        fig: the figure.
        alt: what the figure shows, in one or two sentences, for a reader who cannot see it.

    Raises:
        ValueError: the alternative text is empty.
    """
    if not alt.strip():
        raise ValueError("alt is empty: say in a sentence what the figure shows.")
    if _in_notebook():
        from IPython.display import display

        with plt.rc_context({"svg.hashsalt": _STYLE["svg.hashsalt"]}):
            display(fig, metadata={kind: {"alt": alt} for kind in ("image/svg+xml", "image/png")})
    elif plt.get_backend().lower() != "agg":  # which has no window
        plt.show()
    plt.close(fig)


def losses(
    history: History | Mapping[str, History], *, title: str | None = None, alt: str | None = None
) -> None:
    """Draw the losses of one or several trainings by epoch: training dashed, validation solid.

    Args:
        history: what `fit` returned, or several by name.
        title: above the axes.
        alt: the alternative text; without it, one is composed from the numbers.
    """
    runs = {"": history} if isinstance(history, History) else history
    with style():
        fig, ax = plt.subplots()
        for (name, run), color in zip(runs.items(), _cycle(COLORS, len(runs)), strict=True):
            epochs = range(1, len(run.val_loss) + 1)
            prefix = f"{name}, " if name else ""
            ax.plot(epochs, run.train_loss, "--", color=color, label=f"{prefix}training")
            ax.plot(epochs, run.val_loss, "-", color=color, label=f"{prefix}validation")
        ax.set(xlabel="epoch", ylabel="mean loss", title=title or "")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.legend()
        lines = {str(line.get_label()): line.get_ydata() for line in ax.lines}
        show(fig, alt or _describe("Mean loss by epoch", lines))


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
    """Draw one line per series.

    Args:
        series: values by name.
        x: their common places; without it 0, 1, 2, ...
        xlabel: with the unit.
        ylabel: with the unit.
        logy: a logarithmic axis.
        title: above the axes.
        alt: the alternative text; without it, one is composed from the numbers.

    Raises:
        ValueError: a series and x differ in length.
    """
    values = {name: _array(numbers) for name, numbers in series.items()}
    with style():
        fig, ax = plt.subplots()
        for (name, ys), color, stroke in zip(
            values.items(), _cycle(COLORS, len(values)), _cycle(STROKES, len(values)), strict=True
        ):
            xs = np.arange(len(ys)) if x is None else _array(x)
            if len(xs) != len(ys):
                raise ValueError(f"{name!r} has {len(ys)} values and x has {len(xs)}: give as many of one as of the other.")
            ax.plot(xs, ys, color=color, linestyle=stroke, label=name)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title or "", yscale="log" if logy else "linear")
        if len(values) > 1:
            ax.legend()
        show(fig, alt or _describe(f"{ylabel} against {xlabel}", values))


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
    """Draw points, in colour and shape by class, and perhaps a line through them.

    Args:
        x: [N].
        y: [N].
        xlabel: with the unit.
        ylabel: with the unit.
        alt: the alternative text.
        labels: the class of each point [N], integers from 0.
        names: the names of the classes.
        line: the (x, y) of a line to draw over the points: a fit, or a border between classes.
        title: above the axes.
    """
    xs, ys = _array(x), _array(y)
    classes = np.zeros(len(xs), dtype=int) if labels is None else _array(labels).astype(int)
    names = names or [f"class {c}" for c in range(classes.max() + 1)]
    with style():
        fig, ax = plt.subplots()
        for c, (color, marker) in enumerate(zip(_cycle(COLORS, len(names)), _cycle(MARKERS, len(names)), strict=True)):
            ax.scatter(xs[classes == c], ys[classes == c], 22, color, marker, alpha=0.8, linewidths=0, label=names[c])
        if line is not None:
            ax.plot(_array(line[0]), _array(line[1]), color=INK, linewidth=1.5)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title or "")
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
    """Draw horizontal bars, the first name on top.

    Args:
        names: one per bar.
        values: their lengths.
        xlabel: what is measured, with the unit.
        errors: half the length of an error bar, one per bar.
        reference: where to draw a dashed line to compare with.
        title: above the axes.
        alt: the alternative text; without it, one is composed from the numbers.
    """
    lengths = _array(values)
    with style():
        fig, ax = plt.subplots(figsize=(WIDTH, 0.8 + 0.3 * len(names)))
        ax.barh(
            range(len(names)),
            lengths,
            height=0.7,
            color=COLORS[0],
            xerr=None if errors is None else _array(errors),
            error_kw={"ecolor": INK, "capsize": 3},
        )
        if reference is not None:
            ax.axvline(reference, color=INK, linestyle="--", linewidth=1)
        ax.set_yticks(range(len(names)), names)
        ax.invert_yaxis()
        ax.grid(False, axis="y")
        ax.set(xlabel=xlabel, title=title or "")
        said = ", ".join(f"{name} {_say(value)}" for name, value in zip(names, lengths, strict=True))
        compared = "" if reference is None else f" A dashed line marks {_say(reference)}."
        show(fig, alt or f"Bars of {xlabel}: {said}.{compared}")


def histogram(
    values: Values | Mapping[str, Values],
    *,
    xlabel: str,
    bins: int = 40,
    title: str | None = None,
    alt: str | None = None,
) -> None:
    """Draw how often values occur; several sets by name are drawn as outlines over one another.

    Args:
        values: numbers of any shape, or several sets by name.
        xlabel: what they measure, with the unit.
        bins: how many.
        title: above the axes.
        alt: the alternative text; without it, one is composed from the numbers.
    """
    named = values if isinstance(values, Mapping) else {"": values}
    sets = {name: _array(numbers).ravel() for name, numbers in named.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(sets.values())), bins)
    with style():
        fig, ax = plt.subplots()
        for (name, numbers), color, stroke in zip(
            sets.items(), _cycle(COLORS, len(sets)), _cycle(STROKES, len(sets)), strict=True
        ):
            counts, _ = np.histogram(numbers, edges)
            ax.stairs(counts, edges, color=color, fill=len(sets) == 1, linestyle=stroke, linewidth=1.8, label=name)
        ax.set(xlabel=xlabel, ylabel="count", title=title or "")
        if len(sets) > 1:
            ax.legend()
        said = "; ".join(
            f"{name + ': ' if name else ''}{len(numbers):,} values from {_say(numbers.min())} to {_say(numbers.max())}, "
            f"median {_say(np.median(numbers))}"
            for name, numbers in sets.items()
        )
        show(fig, alt or f"Histogram of {xlabel}. {said}.")


def image_grid(
    images: Tensor,
    *,
    alt: str,
    titles: Sequence[str] | None = None,
    columns: int = 5,
    title: str | None = None,
) -> None:
    """Draw images side by side, each from its own darkest to its own brightest pixel if it has one channel.

    Args:
        images: [N, 1, H, W] or [N, H, W] in grey, or [N, 3, H, W] in colour from 0 to 1.
        alt: the alternative text.
        titles: one above each image.
        columns: images per row.
        title: above all.
    """
    pixels = _array(images)
    if pixels.ndim == 4:
        pixels = pixels.squeeze(1) if pixels.shape[1] == 1 else pixels.transpose(0, 2, 3, 1)
    rows = -(-len(pixels) // columns)
    side = WIDTH / max(columns, 5)
    height = rows * (side * pixels.shape[1] / pixels.shape[2] + 0.25 * (titles is not None)) + 0.35 * (title is not None)
    with style():
        fig, grid = plt.subplots(rows, columns, figsize=(columns * side, height), squeeze=False)
        for ax in grid.flat:
            ax.set_axis_off()
        for i, (ax, image) in enumerate(zip(grid.flat, pixels, strict=False)):
            ax.imshow(image, cmap="gray", interpolation="none")  # "none" keeps every pixel a pixel in an SVG
            if titles is not None:
                ax.set_title(titles[i], fontsize=9)
        if title is not None:
            fig.suptitle(title, fontsize=11)
        show(fig, alt)


def confusion(
    matrix: Tensor, classes: Sequence[str], *, title: str | None = None, alt: str | None = None
) -> None:
    """Draw a confusion matrix: a cell is the darker, the larger its share of its row.

    Args:
        matrix: counts [classes, classes] from [kindling.metrics.confusion][]; rows true, columns predicted.
        classes: their names.
        title: above the axes.
        alt: the alternative text; without it, one names the accuracy and the commonest mistake.
    """
    counts = _array(matrix)
    shares = counts / counts.sum(axis=1, keepdims=True).clip(1)
    side = min(WIDTH, 1.8 + 0.46 * len(classes))
    with style():
        fig, ax = plt.subplots(figsize=(side, 0.88 * side))
        _heat(ax, shares)
        for (row, column), count in np.ndenumerate(counts):
            if count:
                ax.text(column, row, f"{count:.0f}", ha="center", va="center", fontsize=9)
        ax.set_xticks(range(len(classes)), classes, rotation=45, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(len(classes)), classes)
        ax.set(xlabel="predicted class", ylabel="true class", title=title or "")
        show(fig, alt or _describe_confusion(counts, classes))


def contour(
    x: Values,
    y: Values,
    z: Values,
    *,
    xlabel: str,
    ylabel: str,
    alt: str,
    path: tuple[Values, Values] | None = None,
    levels: int | Sequence[float] = 12,
    title: str | None = None,
) -> None:
    """Draw the level lines of a surface, and perhaps a walk over it.

    Args:
        x: [X].
        y: [Y].
        z: the surface [Y, X], a loss for example.
        xlabel: with the unit.
        ylabel: with the unit.
        alt: the alternative text.
        path: the (x, y) of a walk; a larger point marks its end.
        levels: how many lines, or at which heights.
        title: above the axes.
    """
    with style():
        fig, ax = plt.subplots()
        lines = ax.contour(_array(x), _array(y), _array(z), levels=levels, colors="#8a8a8a", linewidths=1)
        ax.clabel(lines, fontsize=9, colors=INK)
        if path is not None:
            xs, ys = _array(path[0]), _array(path[1])
            ax.plot(xs, ys, "o-", color=COLORS[1], markersize=3)
            ax.plot(xs[-1], ys[-1], "o", color=COLORS[1], markersize=8)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title or "")
        ax.grid(False)
        show(fig, alt)


def heatmap(
    matrix: Values, *, xlabel: str, ylabel: str, alt: str, title: str | None = None, colorbar: bool = True
) -> None:
    """Draw a matrix as coloured cells: the larger the number, the stronger the colour.

    Args:
        matrix: [rows, columns].
        xlabel: what a column is.
        ylabel: what a row is.
        alt: the alternative text.
        title: above the axes.
        colorbar: draw the scale beside it.
    """
    with style():
        fig, ax = plt.subplots()
        image = _heat(ax, _array(matrix))
        if colorbar:
            fig.colorbar(image, ax=ax)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title or "")
        show(fig, alt)


def _heat(ax: Axes, shares: np.ndarray):
    """Cells from clear to two thirds blue: grey text on them stays legible in the light and when inverted."""
    blue = to_rgb(COLORS[0])
    cmap = LinearSegmentedColormap.from_list("clear to blue", [(*blue, 0.0), (*blue, 0.6)])
    ax.grid(False)
    return ax.imshow(shares, cmap=cmap, interpolation="none")


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")


def _array(values: Values) -> np.ndarray:
    if isinstance(values, Tensor):
        return values.detach().cpu().numpy()
    return np.asarray(values, dtype=None if isinstance(values, np.ndarray) else float)


def _cycle(choices: Sequence, n: int) -> list:
    return [choices[i % len(choices)] for i in range(n)]


def _say(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _describe(what: str, series: Mapping[str, np.ndarray]) -> str:
    """The start, end and lowest point of each line, in words."""
    said = []
    for name, values in series.items():
        values = np.asarray(values)
        said.append(f"{name} goes from {_say(values[0])} to {_say(values[-1])}, between {_say(np.nanmin(values))} and "
                    f"{_say(np.nanmax(values))}")
    return f"{what}. {'; '.join(said)}."


def _describe_confusion(counts: np.ndarray, classes: Sequence[str]) -> str:
    right = np.trace(counts) / max(counts.sum(), 1)
    mistakes = counts * (1 - np.eye(len(classes)))
    true, predicted = np.unravel_index(mistakes.argmax(), mistakes.shape)
    said = f"Confusion matrix of {len(classes)} classes: {right:.1%} of {counts.sum():,.0f} examples are on the diagonal."
    if not mistakes.any():
        return said
    return (
        f"{said} The commonest mistake: {mistakes[true, predicted]:,.0f} of {counts[true].sum():,.0f} "
        f"{classes[true]} taken for {classes[predicted]}."
    )
