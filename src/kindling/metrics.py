"""How good is a model: predictions, accuracy, confusion matrix."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Metric = Callable[[Tensor, Tensor], float | Tensor]

# The losses whose model scores classes, so that its accuracy can be told.
_FUNCTIONS = (F.cross_entropy, F.binary_cross_entropy_with_logits, F.nll_loss, F.multi_margin_loss)
_MODULES = (nn.CrossEntropyLoss, nn.BCEWithLogitsLoss, nn.NLLLoss, nn.MultiMarginLoss)


@torch.no_grad()
def predict(model: nn.Module, x: Tensor, batch_size: int = 1000) -> Tensor:
    """The model's logits for all of `x`, batch by batch, in eval mode and without gradients.

    Args:
        model: it is left in eval mode.
        x: examples [N, ...] on any device; each batch is moved to the model's.
        batch_size: how many examples at once; it changes memory and time, not the logits.

    Returns:
        Logits [N, ...] on the model's device.

    Raises:
        ValueError: there are no examples, or the batch size is not positive.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}: give a positive number, like 1000.")
    model.eval()
    device = next((p.device for p in model.parameters()), x.device)
    return torch.cat([model(batch.to(device)) for batch in _some(x).split(batch_size)])


def accuracy(logits: Tensor, y: Tensor, *, ignore_index: int = -100) -> float:
    """The share of examples whose largest logit is the right class, between 0 and 1.

    Args:
        logits: [N, classes, ...]; or one per example, [N] or [N, 1, ...], and a positive one means class 1.
        y: the true classes [N, ...].
        ignore_index: examples of this class do not count, as in `F.cross_entropy`.

    Raises:
        ValueError: there is not one class per example, or no example that counts.

    Examples:
        >>> accuracy(torch.tensor([[2.0, 1.0], [0.0, 3.0]]), torch.tensor([0, 0]))
        0.5
    """
    predicted = _classes(logits)
    y = _like(predicted, y)
    counted = y != ignore_index
    predicted, y = predicted[counted], _some(y[counted])
    if (odd := y[(y != y.long()) | (_single(logits) & (y != 0) & (y != 1))]).numel():
        raise ValueError(
            f"y holds {odd[0].item():g}, which is none of the classes{' 0 and 1' if _single(logits) else ''}. For "
            "other targets pass another metric= to fit and evaluate."
        )
    return (predicted == y).sum().item() / len(y)


def fitting(metric: Metric | Literal["auto"] | None, loss_fn: Callable[..., Tensor]) -> Metric | None:
    """The metric; "auto" is the accuracy, without the examples that the loss ignores.

    Raises:
        ValueError: it is the accuracy, and the loss does not show that its model scores classes.
    """
    if metric is not accuracy and metric != "auto":
        return metric
    inner, options = loss_fn, {}
    while isinstance(inner, partial):
        inner, options = inner.func, inner.keywords | options
    if isinstance(inner, _MODULES) or inner in _FUNCTIONS:
        return partial(accuracy, ignore_index=getattr(inner, "ignore_index", options.get("ignore_index", -100)))
    named = inner if hasattr(inner, "__name__") else type(inner)
    if metric is accuracy and not named.__module__.startswith("torch."):
        return accuracy  # the loss is the author's own, and so is the word that its model scores classes
    raise ValueError(
        f"The accuracy needs logits, and the loss {named.__name__} does not show that the model returns them. Pass "
        "metric=None or a function of (outputs, y); or metric=accuracy, if you wrote a loss of logits. For two classes "
        "end the model without a sigmoid, and take F.binary_cross_entropy_with_logits."
    )


def confusion(predictions: Tensor, y: Tensor, classes: int) -> Tensor:
    """Count how often each true class was taken for each class.

    Args:
        predictions: logits (floating point, as for `accuracy`) or predicted classes (integers) [N].
        y: the true classes [N].
        classes: how many classes there are.

    Returns:
        int64 [classes, classes] on the CPU: rows are true classes, columns predicted ones.

    Raises:
        ValueError: a class is not in 0 ... classes - 1, there is not one class per example, or no example.

    Examples:
        >>> confusion(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 0, 1, 1]), classes=2)
        tensor([[1, 1],
                [0, 2]])
    """
    predicted = (_classes(predictions) if predictions.is_floating_point() else predictions).cpu().long()
    y = _some(_like(predicted, y.cpu())).long()
    if wrong := set(torch.cat([predicted, y]).tolist()) - set(range(classes)):
        raise ValueError(f"Class {min(wrong)} occurs, but classes={classes} allows only 0 to {classes - 1}.")
    return torch.bincount(y * classes + predicted, minlength=classes**2).reshape(classes, classes)


def _single(logits: Tensor) -> bool:
    return logits.ndim == 1 or logits.shape[1] == 1


def _classes(logits: Tensor) -> Tensor:
    """The class that the logits prefer: [N, classes, ...] or [N, 1, ...] or [N] -> int64 [N, ...]."""
    if _single(logits):
        return (logits.flatten(0, 1) if logits.ndim > 1 else logits).gt(0).long()
    return logits.argmax(dim=1)


def _like(predicted: Tensor, y: Tensor) -> Tensor:
    """`y` in the shape of the predictions: comparing [N] with [N, 1] would broadcast to [N, N] unnoticed."""
    if y.squeeze().shape != predicted.squeeze().shape:
        raise ValueError(
            f"Predictions {list(predicted.shape)} and true classes {list(y.shape)} do not go together: "
            "give one class per example. For other targets pass another metric= to fit and evaluate."
        )
    return y.reshape(predicted.shape)


def _some(examples: Tensor) -> Tensor:
    if len(examples) == 0:
        raise ValueError("There are no examples that count: give at least one.")
    return examples
