"""How good is a model: predictions, accuracy, confusion matrix."""

import torch
from torch import Tensor, nn


@torch.no_grad()
def predict(model: nn.Module, x: Tensor, batch_size: int = 1000) -> Tensor:
    """The model's logits for all of `x`, batch by batch, in eval mode and without gradients.

    Args:
        model: it is left in eval mode.
        x: examples [N, ...] on any device; each batch is moved to the model's.
        batch_size: how many examples at once; it changes memory and time, not the logits.

    Returns:
        Logits [N, ...] on the model's device.
    """
    model.eval()
    device = next((p.device for p in model.parameters()), x.device)
    return torch.cat([model(batch.to(device)) for batch in x.split(batch_size)])


def accuracy(logits: Tensor, y: Tensor) -> float:
    """The share of examples whose largest logit is the right class, between 0 and 1.

    Args:
        logits: [N, classes]; or one per example, [N] or [N, 1], and a positive one means class 1.
        y: the true classes [N].

    Raises:
        ValueError: there is not one class per example.

    Examples:
        >>> accuracy(torch.tensor([[2.0, 1.0], [0.0, 3.0]]), torch.tensor([0, 0]))
        0.5
    """
    predicted = _classes(logits)
    return (predicted == _like(predicted, y)).sum().item() / y.numel()


def confusion(predictions: Tensor, y: Tensor, classes: int) -> Tensor:
    """Count how often each true class was taken for each class.

    Args:
        predictions: logits (floating point, as for `accuracy`) or predicted classes (integers) [N].
        y: the true classes [N].
        classes: how many classes there are.

    Returns:
        int64 [classes, classes] on the CPU: rows are true classes, columns predicted ones.

    Raises:
        ValueError: a class is not in 0 ... classes - 1, or there is not one class per example.

    Examples:
        >>> confusion(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 0, 1, 1]), classes=2)
        tensor([[1, 1],
                [0, 2]])
    """
    predicted = (_classes(predictions) if predictions.is_floating_point() else predictions).cpu().long()
    y = _like(predicted, y.cpu()).long()
    if wrong := set(torch.cat([predicted, y]).tolist()) - set(range(classes)):
        raise ValueError(f"Class {min(wrong)} occurs, but classes={classes} allows only 0 to {classes - 1}.")
    return torch.bincount(y * classes + predicted, minlength=classes**2).reshape(classes, classes)


def _classes(logits: Tensor) -> Tensor:
    """The class that the logits prefer: [N, classes] or [N, 1] or [N] -> int64 [N]."""
    if logits.ndim == 1 or logits.shape[1] == 1:
        return (logits.flatten() > 0).long()
    return logits.argmax(dim=1)


def _like(predicted: Tensor, y: Tensor) -> Tensor:
    """`y` in the shape of the predictions: comparing [N] with [N, 1] would broadcast to [N, N] unnoticed."""
    if y.numel() != predicted.numel():
        raise ValueError(
            f"Predictions {list(predicted.shape)} and true classes {list(y.shape)} do not go together: "
            "give one class per example."
        )
    return y.reshape(predicted.shape)
