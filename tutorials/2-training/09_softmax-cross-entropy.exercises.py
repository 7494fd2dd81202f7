# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: softmax and cross-entropy

Three tasks and an open question. The first two need a pencil, the third a
steady hand with large numbers.
"""

import math

import torch
import torch.nn.functional as F

from kindling.practice import check

# %%
# ## The loss of a guess
#
# Before training, a network spreads its belief evenly over all classes. Write a function that returns the
# cross-entropy you expect then. For the ten digits it is 2.3026; for a network that writes text with 83
# different characters, 4.4188.
#
# ??? hint
#     Which probability does the true class get? The cross-entropy is minus its natural logarithm.


def first_loss(classes):
    """Return the cross-entropy of equal probabilities over so many classes."""
    # gap
    return math.log(classes)
    # end


check(
    "softmax-cross-entropy/the-loss-of-a-guess",
    first_loss,
    right=lambda classes: F.cross_entropy(
        torch.zeros(1, classes, dtype=torch.float64), torch.tensor([0])
    ).item(),
    cases=[(10,), (83,), (2,)],
    mistakes={
        "this is the probability of the true class. The loss is minus its "
        "logarithm.": lambda classes: 1 / classes,
        "this is the logarithm of the probability, and a loss is not "
        "negative. Change the sign.": lambda classes: -math.log(classes),
        "this is the logarithm to base 2, a surprise in bits. PyTorch counts "
        "with the natural logarithm.": lambda classes: math.log2(classes),
        "this is the logarithm to base 10. PyTorch counts with the natural "
        "logarithm.": lambda classes: math.log10(classes),
    },
)

# %%
# Print this number before each training. If the first loss is far above it, the logits are too large: look at
# the scale of the inputs or of the first weights.

# %%
# ## The floor
#
# A network of $C$ classes ends in a softmax, and its output goes into `F.cross_entropy`, which has a softmax
# of its own. Write a function that returns the lowest loss that it can ever reach. For ten classes it is
# 1.4612.
#
# ??? hint
#     What is the best that the network can do? A probability of 1 for the true class, and 0 for all others.
#     These are then taken for logits.
#
# ??? hint
#     The second softmax gives the true class $e^1 / (e^1 + (C - 1)\, e^0)$.


def floor(classes):
    """Return the lowest cross-entropy of a network that ends in a softmax."""
    # gap
    return math.log(math.e + classes - 1) - 1
    # end


check(
    "softmax-cross-entropy/the-floor",
    floor,
    right=lambda classes: F.cross_entropy(
        torch.eye(classes, dtype=torch.float64), torch.arange(classes)
    ).item(),
    cases=[(10,), (2,), (1000,)],
    mistakes={
        "it would be with logits, which may differ as much as they like. "
        "Here they lie between 0 and 1.": lambda classes: 0.0,
        "this is the loss of a guess, where all outputs are equal. The "
        "network can do a little better.": lambda classes: math.log(classes),
        "one term is missing: the loss is log-sum-exp minus the logit of the "
        "true class, which is 1.": lambda classes: math.log(
            math.e + classes - 1
        ),
        "you counted the true class twice: the others are one fewer than all "
        "classes.": lambda classes: math.log(math.e + classes) - 1,
    },
)

# %%
# The more classes, the closer the floor comes to $\ln C$. With a thousand classes a network with a softmax
# too many can hardly be told from one that guesses.

# %%
# ## Targets as rows
#
# Write the cross-entropy for targets that are rows of probabilities, with `exp`, `log`, `max` and sums only.
# It must agree with class numbers if the rows are one-hot, return the mean over the examples, and survive
# logits in the thousands.
#
# ??? hint
#     For one example it is $-\sum_i y_i \log p_i$, and $\log p_i = z_i - \log \sum_j e^{z_j}$.
#
# ??? hint
#     Subtract the largest logit of each row first, with `keepdim=True`. The probabilities do not change.
#
# ??? hint
#     Then `log_p = z - z.exp().sum(dim=1, keepdim=True).log()`. Sum over the classes, mean over the examples.


def cross_entropy(logits, targets):
    """Return the mean loss; both arguments are [examples, classes]."""
    # gap
    z = logits - logits.max(dim=1, keepdim=True).values
    log_p = z - z.exp().sum(dim=1, keepdim=True).log()
    return -(targets * log_p).sum(dim=1).mean()
    # end


generator = torch.Generator().manual_seed(0)
logits = torch.randn(5, 3, generator=generator)
soft = torch.rand(5, 3, generator=generator)
soft = soft / soft.sum(dim=1, keepdim=True)
one_hot = F.one_hot(torch.tensor([2, 0, 1, 1, 2]), 3).float()

check(
    "softmax-cross-entropy/targets-as-rows",
    cross_entropy,
    right=F.cross_entropy,
    cases=[
        (logits, one_hot),
        (logits, soft),
        (logits + 100, soft),
        (2000 * logits, soft),
    ],
    mistakes={
        "right for small logits. With large ones the exponential overflows: "
        "subtract the largest of each row.": lambda logits, targets: (
            -(targets * (logits - logits.exp().sum(dim=1, keepdim=True).log()))
            .sum(dim=1)
            .mean()
        ),
        "you took the logarithm of a finished softmax. A probability that was "
        "rounded to zero has no logarithm.": lambda logits, targets: (
            -(targets * F.softmax(logits, dim=1).log()).sum(dim=1).mean()
        ),
        "this is the mean over all numbers of the table. Sum over the "
        "classes, then take the mean over "
        "the examples.": lambda logits, targets: (
            -(targets * F.log_softmax(logits, dim=1)).mean()
        ),
        "this is the sum over the examples. The mean was "
        "asked for.": lambda logits, targets: (
            -(targets * F.log_softmax(logits, dim=1)).sum()
        ),
        "the columns sum to one instead of the rows: the classes are "
        "axis 1.": lambda logits, targets: (
            -(targets * F.log_softmax(logits, dim=0)).sum(dim=1).mean()
        ),
    },
)

# %%
# `F.cross_entropy(logits, y)` and `F.cross_entropy(logits, F.one_hot(y, classes).float())` are the same
# number. The first is faster: it reads one number of each row.

# %%
# ## A little doubt
#
# An open question. `F.cross_entropy(logits, y, label_smoothing=0.1)` takes a tenth of the probability away
# from the true class and shares it among all classes. What is the lowest loss that you can reach now, with
# ten classes? Which difference of logits reaches it? And why might somebody want a loss that a network cannot
# drive to zero?
