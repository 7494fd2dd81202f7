# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: initialization and normalization

Three tasks and an open question on the size of first weights, and on what batch
normalization keeps and replaces.
"""

import math
from itertools import pairwise

import torch
from torch import nn

from kindling.practice import check

# %%
# ## A start for a leaky ReLU
#
# A leaky ReLU leaves positive numbers alone and multiplies negative ones by a small `slope`. With slope 0 it
# is a ReLU, with slope 1 it does nothing at all. Half of the mean square passes whole, the other half times
# the square of the slope. Write a function that gives the size (standard deviation) of the weights with which
# a layer of `inputs` inputs, followed by this activation, keeps the size of its signal.
#
# ??? hint
#     Check the two ends first: for slope 1 it must be $1/\sqrt n$, for slope 0 it must be $\sqrt{2/n}$.
#
# ??? hint
#     What passes is a share $(1 + \text{slope}^2)/2$ of the mean square. The mean square of the weights, times
#     the number of inputs, times this share, must be 1.


def weight_size(inputs, slope):
    """Return the standard deviation of the first weights."""
    # gap
    return math.sqrt(2 / ((1 + slope**2) * inputs))
    # end


check(
    "init-normalization/a-start-for-a-leaky-relu",
    weight_size,
    right=lambda inputs, slope: (
        nn.init.calculate_gain("leaky_relu", slope) / inputs**0.5
    ),
    cases=[(256, 0.0), (256, 1.0), (100, 0.2), (784, 0.01)],
    mistakes={
        "this is right without an activation. What does the leaky ReLU take "
        "away?": lambda inputs, slope: inputs**-0.5,
        "this is Kaiming's size for a plain ReLU. The negative half is not "
        "lost here, only weakened.": lambda inputs, slope: (2 / inputs) ** 0.5,
        "this is the variance of the weights. Their standard deviation was "
        "asked for.": lambda inputs, slope: 2 / ((1 + slope**2) * inputs),
        "the negative numbers are multiplied by the slope, so their squares "
        "are multiplied by its square.": lambda inputs, slope: (
            (2 / ((1 + slope) * inputs)) ** 0.5
        ),
    },
)

# %%
# `nn.init.kaiming_normal_(weight, a=slope)` draws weights of just this size: its `a` is the slope. PyTorch's
# own start for linear layers calls it with a slope of $\sqrt 5$, which no activation has; put it into your
# formula and you get $1/\sqrt{3n}$.

# %%
# ## A network with batch normalization
#
# Write a function that builds a network from its sizes, such as `[784, 512, 256, 10]`. After each hidden
# linear layer comes batch normalization, then a ReLU. Leave out the biases that do nothing, and only those.
#
# ??? hint
#     `for inputs, outputs in pairwise(sizes[:-1])` (from `itertools`) goes through the hidden layers. The
#     output layer comes after the loop.
#
# ??? hint
#     `nn.Linear(inputs, outputs, bias=False)`. The output layer has no normalization after it.


def network(sizes):
    """Return an nn.Sequential: Linear, BatchNorm1d, ReLU, ..., Linear."""
    # gap
    layers = []
    for inputs, outputs in pairwise(sizes[:-1]):
        layers += [
            nn.Linear(inputs, outputs, bias=False),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))
    # end


def blocks(*, bias=False, last_bias=True, norm_first=True, norm_last=False):
    def build(sizes):
        model = nn.Sequential()
        for i in range(len(sizes) - 2):
            norm = nn.BatchNorm1d(sizes[i + 1])
            model.append(nn.Linear(sizes[i], sizes[i + 1], bias=bias))
            for layer in [norm, nn.ReLU()] if norm_first else [nn.ReLU(), norm]:
                model.append(layer)
        model.append(nn.Linear(sizes[-2], sizes[-1], bias=last_bias))
        if norm_last:
            model.append(nn.BatchNorm1d(sizes[-1]))
        return model

    return build


def anatomy(build):
    """The layers by name and the number of parameters of two networks."""
    found = []
    for sizes in ([784, 512, 256, 10], [6, 5, 3]):
        model = build(sizes)
        found += [
            [type(layer).__name__ for layer in model],
            sum(p.numel() for p in model.parameters()),
        ]
    return found


check(
    "init-normalization/a-network-with-batch-normalization",
    network,
    right=blocks(),
    probe=anatomy,
    mistakes={
        "the layers are right, and each hidden linear layer still has a bias "
        "that the normalization subtracts.": blocks(bias=True),
        "the output layer has lost its bias too. Nothing normalizes after it, "
        "so it needs one.": blocks(last_bias=False),
        "the normalization stands after the ReLU. Put it before: between the "
        "sums and the activation function.": blocks(norm_first=False),
        "the logits are normalized as well. Leave them alone: their size says "
        "how sure the network is.": blocks(norm_last=True),
    },
)

# %%
# For 784-512-256-10 that saves 512 + 256 = 768 biases.

# %%
# ## Batch normalization with a memory
#
# Write the whole layer as a function, without $\gamma$ and $\beta$. In training it normalizes by the batch and
# returns new running statistics; otherwise it normalizes by the running ones and returns them as they were.
# Momentum is 0.1, $\varepsilon$ is `1e-5`. Two details: the batch is divided by the root of its variance
# *without* correction (`correction=0`), and the running variance takes the one *with* (`correction=1`).
#
# ??? hint
#     Everything goes over the examples: `x.mean(dim=0)`, `x.var(dim=0, correction=0)`.
#
# ??? hint
#     The new running mean is `0.9 * running_mean + 0.1 * x.mean(dim=0)`.


def batch_norm(x, running_mean, running_var, training):
    """Return x [batch, units] normalized, running mean, running variance."""
    # gap
    mean, variance = running_mean, running_var
    if training:
        mean, variance = x.mean(dim=0), x.var(dim=0, correction=0)
        running_mean = 0.9 * running_mean + 0.1 * mean
        running_var = 0.9 * running_var + 0.1 * x.var(dim=0, correction=1)
    return (x - mean) / torch.sqrt(variance + 1e-5), running_mean, running_var
    # end


def of_torch(x, running_mean, running_var, training):
    layer = nn.BatchNorm1d(x.shape[1], affine=False).train(training)
    layer.running_mean.copy_(running_mean)
    layer.running_var.copy_(running_var)
    return layer(x), layer.running_mean, layer.running_var


def almost(*, always_batch=False, taken=0.1, correction=1, dim=0):
    def layer(x, running_mean, running_var, training):
        mean, variance = (
            x.mean(dim=dim, keepdim=True),
            x.var(dim=dim, keepdim=True, correction=0),
        )
        if not (training or always_batch):
            return (
                (x - running_mean) / torch.sqrt(running_var + 1e-5),
                running_mean,
                running_var,
            )
        y = (x - mean) / torch.sqrt(variance + 1e-5)
        if not training:
            return y, running_mean, running_var
        new_var = torch.lerp(
            running_var, x.var(0, correction=correction), taken
        )
        return y, torch.lerp(running_mean, x.mean(0), taken), new_var

    return layer


batch = torch.tensor(
    [[1.0, 5.0, 0.0], [3.0, 1.0, 2.0], [8.0, 0.0, 4.0], [0.0, 2.0, 9.0]]
)
memory = (torch.tensor([2.0, 1.0, 0.0]), torch.tensor([1.0, 4.0, 9.0]))
check(
    "init-normalization/batch-normalization-with-a-memory",
    batch_norm,
    right=of_torch,
    cases=[
        (batch, *memory, True),
        (batch, *memory, False),
        (batch[:2] + 1, *memory, True),
    ],
    mistakes={
        "in evaluation mode it still normalizes by the batch. The running "
        "statistics are there for that.": almost(always_batch=True),
        "the running statistics forget too fast: momentum 0.1 takes a tenth "
        "of the new value and keeps nine "
        "tenths of the old.": almost(taken=0.9),
        "nearly: the running variance takes the variance with correction=1, "
        "the division without.": almost(correction=0),
        "it normalizes each example over its units. That is layer "
        "normalization.": almost(dim=1),
    },
)

# %%
# The checker compares with `nn.BatchNorm1d` itself, so you have rebuilt it, apart from the learned $\gamma$
# and $\beta$.

# %%
# ## Tiny batches
#
# An open question. Take the network of twenty layers from the tutorial, and train it with batches of 2, of 8
# and of 128, once with batch normalization and once with layer normalization, for the same number of
# *images*. Which one minds the small batches? Compare each network's accuracy in training mode and in
# evaluation mode before you explain what you see. The learning rate may need another value for small batches:
# be fair to both.
