"""Networks that more than one tutorial uses."""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn


def mlp(sizes: Sequence[int], *, dropout: float = 0.0) -> nn.Sequential:
    """A multilayer perceptron: flatten, then linear layers with ReLU between them.

    The last layer has no activation: the network returns logits, which `F.cross_entropy` expects.

    Args:
        sizes: features in, hidden units of each layer, classes out. Two sizes make a linear classifier.
        dropout: the share of hidden activations that is zeroed while training.

    Returns:
        A network from [batch, ...] with `sizes[0]` numbers per example to logits [batch, sizes[-1]].

    Raises:
        ValueError: fewer than two sizes.

    Examples:
        >>> import torch
        >>> mlp([784, 128, 10])(torch.zeros(32, 1, 28, 28)).shape
        torch.Size([32, 10])
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes is {list(sizes)}: give features in and classes out at least, as [784, 10].")
    layers: list[nn.Module] = [nn.Flatten(), nn.Linear(sizes[0], sizes[1])]
    for units_in, units_out in pairwise(sizes[1:]):
        layers.append(nn.ReLU())
        if dropout > 0:
            layers.append(nn.Dropout(dropout))
        layers.append(nn.Linear(units_in, units_out))
    return nn.Sequential(*layers)


def count_parameters(module: nn.Module, *, trainable_only: bool = False) -> int:
    """How many numbers a module learns; a parameter that it uses twice counts once.

    Args:
        module: any module.
        trainable_only: leave out frozen parameters (`requires_grad=False`).

    Examples:
        >>> count_parameters(mlp([784, 10]))  # 784 x 10 weights and 10 biases
        7850
    """
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)
