"""The alternative texts of figures: what a figure shows, in words, for a reader who cannot see it."""

from collections.abc import Mapping, Sequence

import numpy as np


def say(number: float) -> str:
    """A number as it is said: three digits, or from 1,000 on without a fraction."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def say_lines(what: str, lines: Mapping[str, np.ndarray | Sequence[float]]) -> str:
    """Where each of some lines [N] starts and ends, its lowest and its highest value."""
    said = (
        f"{name} goes from {say(v[0])} to {say(v[-1])} (lowest {say(min(v))}, highest {say(max(v))})"
        for name, v in lines.items()
    )
    return f"{what}: {'; '.join(said)}."


def say_confusion(counts: np.ndarray, classes: Sequence[str]) -> str:
    """How many of the counts [classes, classes] are right, and the commonest mistake; rows are true classes."""
    total, right = counts.sum(), counts.trace()
    mistakes = counts - np.diag(counts.diagonal())
    true, predicted = divmod(int(mistakes.argmax()), len(classes))
    said = f"Confusion matrix of {len(classes)} classes: {right:,} of {total:,} examples are on the diagonal"
    if right == total:
        return said + "."
    mistaken = f"{mistakes[true, predicted]:,} of {counts[true].sum():,} {classes[true]}"
    return f"{said}; the commonest mistake: {mistaken} taken for {classes[predicted]}."
