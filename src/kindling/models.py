"""Networks that more than one tutorial uses."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torchvision.models import SqueezeNet, squeezenet1_0

from kindling.copies import Copy, find
from kindling.fetch import fetch_weights

PRUNED: Copy = {
    "path": "weights/squeezenet1_0_deepcomp.npz",
    "difference": "the network of the paper's authors, pruned and rounded to 8 bits per weight",
    "sha256": "8013f9f0e8ca35b042f59ece8dad0dfb0fdbacd27fd5c471659c5950262f3be8",
}
"""What may stand in for torchvision's weights of SqueezeNet."""


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


def squeezenet() -> SqueezeNet:
    """SqueezeNet 1.0 trained on ImageNet, ready to evaluate: images [batch, 3, 224, 224] to logits [batch, 1000].

    It expects what `SqueezeNet1_0_Weights.IMAGENET1K_V1.transforms()` of torchvision makes; `meta["categories"]` of the
    same names the classes. Your random numbers stay as they are. A smoke run without the weights gets random ones.

    Raises:
        ValueError: the weights do not match their checksum.
        FileNotFoundError: the weights are absent and cannot be downloaded.

    Source: F. N. Iandola, S. Han et al. (2016), built by `torchvision.models.squeezenet1_0`.
    """
    source = find("squeezenet", PRUNED, fetch=fetch_weights)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = squeezenet1_0()
    if source.kind == "substitute":
        with np.load(source.paths[0]) as arrays:
            model.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    elif source.paths:
        model.load_state_dict(torch.load(source.paths[0], weights_only=True, map_location="cpu"))
    source.note()
    return model.eval()
