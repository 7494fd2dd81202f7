# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: validate and regularize

Three tasks and an open question. Nothing is trained here: you write the
measuring tools, which have to be right before any result is.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from kindling.practice import check

# %%
# ## Second guesses
#
# How often is the true class among the `k` highest scores? Write a function that takes logits `[N, classes]`,
# labels `[N]` and `k`, and returns this share. With `k=1` it is the accuracy. Mind the shapes.
#
# ??? hint
#     `logits.topk(k, dim=1).indices` has shape `[N, k]`. Which shape must the labels have, so that each meets
#     the guesses of its own row and no others?
#
# ??? hint
#     The comparison gives booleans `[N, k]`. An image counts if *any* of its row is true. Convert to floats, then
#     take the mean over the images.


def among_top(logits, y, k):
    """Return the share of examples whose class has one of the `k` top logits."""
    # gap
    guesses = logits.topk(k, dim=1).indices  # [N, k]
    return (guesses == y.view(-1, 1)).any(dim=1).float().mean()
    # end


check(
    "validate-regularize/second-guesses",
    among_top,
    right=lambda logits, y, k: (
        sum(
            sorted(row, reverse=True).index(row[c]) < k
            for row, c in zip(logits.tolist(), y.tolist(), strict=True)
        )
        / len(y)
    ),
    cases=[
        (
            torch.tensor([[3.0, 1, 2], [0, 2, 1], [1, 2, 3], [5, 4, 3]]),
            torch.tensor([0, 1, 1, 2]),
            2,
        ),
        (
            torch.randn(50, 10, generator=torch.Generator().manual_seed(12)),
            torch.arange(50) % 10,
            1,
        ),
        (
            torch.randn(50, 10, generator=torch.Generator().manual_seed(12)),
            torch.arange(50) % 10,
            3,
        ),
    ],
    mistakes={
        "you divide by the number of guesses, not of examples: of the `k` "
        "guesses for an image at most one can be "
        "right.": lambda logits, y, k: (
            (logits.topk(k).indices == y.view(-1, 1)).float().mean()
        ),
        "it looks at the best guess only, whatever "
        "`k` is.": lambda logits, y, k: (
            (logits.argmax(dim=1) == y).float().mean()
        ),
        "it looks at the last of the `k` guesses only. Any of them may be "
        "the right one.": lambda logits, y, k: (
            (logits.topk(k).indices[:, -1] == y).float().mean()
        ),
        "you compare the labels with scores. `topk` returns scores and "
        "places; the classes are the places.": lambda logits, y, k: (
            (logits.topk(k).values == y.view(-1, 1)).any(dim=1).float().mean()
        ),
        "this is the number of such examples. Their share was "
        "asked for.": lambda logits, y, k: (
            (logits.topk(k).indices == y.view(-1, 1)).any(dim=1).sum()
        ),
        "`any` without `dim=1` asks about the whole batch at once: is "
        "there a single example that is right?": lambda logits, y, k: (
            (logits.topk(k).indices == y.view(-1, 1)).any().float()
        ),
        "this is one boolean for each example. How large is the share of "
        "the true ones?": lambda logits, y, k: (
            logits.topk(k).indices == y.view(-1, 1)
        ).any(dim=1),
        "each label meets the guesses of all images: it compares every "
        "answer with every label.": lambda logits, y, k: (
            (logits.topk(k).indices.view(-1, 1) == y).float().mean()
        ),
    },
)

# %%
# The labels become a column, `[N, 1]`, which is stretched over the `k` guesses of its row. `y[:, None]` does
# the same. With `k=2` and the test answers of the tutorial you see how many mistakes are near misses.

# %%
# ## Three faults in one loop
#
# This function should return a network's mean cross-entropy per example, over the batches of `loader`. It runs,
# and it is wrong in three ways, all of which the tutorial shows. Repair it. The loaders below hand out only
# a sixth of their data set, by a sampler, and their last batch is smaller. The network has dropout, and it is
# still in training mode.
#
# ??? hint
#     In which mode is the network? What does `F.cross_entropy` return for a batch? How many examples did the
#     loop see?
#
# ??? hint
#     Call `model.eval()` first. Multiply each batch's mean by `len(y)` (or ask for `reduction="sum"`), and
#     count the examples in the loop.

torch.manual_seed(12)
examples = TensorDataset(torch.randn(60, 5), torch.arange(60) % 3)
a_sixth = DataLoader(
    examples, batch_size=4, sampler=range(50, 60)
)  # batches of 4, 4 and 2, out of 60
another = DataLoader(
    examples, batch_size=8, sampler=range(20, 30)
)  # batches of 8 and 2
network = nn.Sequential(nn.Dropout(0.5), nn.Linear(5, 3))
nn.init.normal_(network[1].weight)


@torch.no_grad()
def mean_loss(model, loader):
    """Return the mean cross-entropy per example, in evaluation mode."""
    # gap
    #: total = 0.0
    #: for x, y in loader:
    #:     total += F.cross_entropy(model(x), y).item()
    #: return total / len(loader.dataset)
    model.eval()
    total, seen = 0.0, 0
    for x, y in loader:
        total += F.cross_entropy(model(x), y).item() * len(
            y
        )  # the last batch is smaller
        seen += len(y)
    return total / seen
    # end


check(
    "validate-regularize/three-faults-in-one-loop",
    mean_loss,
    right=lambda model, loader: F.cross_entropy(
        model.eval()(torch.cat([x for x, _ in loader])),
        torch.cat([y for _, y in loader]),
    ),
    probe=lambda function: [
        function(network.train(), loader) for loader in (a_sixth, another)
    ],
    mistakes={
        "all three faults are still there. Begin with the mode: which call "
        "switches dropout off?": lambda model, loader: (
            sum(F.cross_entropy(model(x), y) for x, y in loader)
            / len(loader.dataset)
        ),
        "dropout is off now. You still divide by the whole data set, and "
        "what you add up are means of batches.": lambda model, loader: (
            sum(F.cross_entropy(model.eval()(x), y) for x, y in loader)
            / len(loader.dataset)
        ),
        "your sum is right, but you divide by all examples of the data "
        "set, and the loader handed out a sixth of "
        "them. Count in the loop what you see.": lambda model, loader: (
            sum(
                F.cross_entropy(model.eval()(x), y, reduction="sum")
                for x, y in loader
            )
            / len(loader.dataset)
        ),
        "this is the mean of the batch means. The last batch has two "
        "examples, and counts as much as a full one.": lambda model, loader: (
            sum(F.cross_entropy(model.eval()(x), y) for x, y in loader)
            / len(loader)
        ),
        "you divide by the examples seen, but what you add up are means of "
        "batches. Multiply each by the size of its "
        "batch.": lambda model, loader: (
            sum(F.cross_entropy(model.eval()(x), y) for x, y in loader)
            / len(loader.sampler)
        ),
        "this is the sum over the examples. Nothing has divided "
        "it yet.": lambda model, loader: sum(
            F.cross_entropy(model.eval()(x), y, reduction="sum")
            for x, y in loader
        ),
        "sum and divisor are right, but units are still dropped: nothing "
        "switches the network to evaluation mode.": lambda model, loader: (
            sum(
                F.cross_entropy(model(x), y, reduction="sum") for x, y in loader
            )
            / len(loader.sampler)
        ),
        "it is the mean of the batch means, not of the examples, and "
        "dropout is still on.": lambda model, loader: (
            sum(F.cross_entropy(model(x), y) for x, y in loader) / len(loader)
        ),
        "your sum is over examples now. Dropout is still on, and you "
        "divide by examples that the loop never saw.": lambda model, loader: (
            sum(
                F.cross_entropy(model(x), y, reduction="sum") for x, y in loader
            )
            / len(loader.dataset)
        ),
        "you divide by the examples seen. Dropout is still on, and what "
        "you add up are means of batches.": lambda model, loader: (
            sum(F.cross_entropy(model(x), y) for x, y in loader)
            / len(loader.sampler)
        ),
    },
)

# %%
# `len(loader.sampler)` is a correct divisor too, if there is a sampler that knows its length and no batch is left
# out. What the loop has counted is always right. The decorator `torch.no_grad()` saves memory; without it the
# number is the same.

# %%
# ## When patience runs out
#
# Write the decision of early stopping. The function gets the validation losses, one for each epoch, and your
# `patience`. It returns two numbers, counted from 1: the epoch after which training stops, and the epoch whose
# weights are kept. A new low is a loss *below* all earlier ones; training stops as soon as the last `patience`
# epochs brought none. If that never happens, the last epoch is the end. Only the inside of the loop is missing.
#
# ??? hint
#     At each epoch compare the loss with the lowest so far, not with the one before. If it is lower, keep the
#     loss and the epoch.
#
# ??? hint
#     `epoch - best` is the number of epochs since the last new low. When does it say "stop"? To stop means to
#     `return` both numbers.


def early_stop(val_losses, patience):
    """Return the epoch of the stop and the epoch that is kept, both from 1."""
    lowest, best = math.inf, 0
    for epoch, loss in enumerate(val_losses, start=1):
        # gap
        if loss < lowest:
            lowest, best = loss, epoch
        if epoch - best >= patience:
            return epoch, best
        # end
    return len(val_losses), best


check(
    "validate-regularize/when-patience-runs-out",
    early_stop,
    right=lambda losses, patience: next(
        (
            (n, losses.index(min(losses[:n])) + 1)
            for n in range(1, len(losses) + 1)
            if n > patience
            and min(losses[n - patience : n]) >= min(losses[: n - patience])
        ),
        (len(losses), losses.index(min(losses)) + 1),
    ),
    cases=[
        ([0.50, 0.42, 0.45, 0.41, 0.43, 0.44, 0.42, 0.40], 2),
        ([0.50, 0.40, 0.45, 0.44, 0.43, 0.39], 3),
        ([0.50, 0.40, 0.40, 0.40, 0.39, 0.38], 2),
        ([0.60, 0.50, 0.52, 0.40, 0.45, 0.30], 2),
        ([0.3, 0.4, 0.5], 1),
    ],
    mistakes={
        "not solved yet: the loop never looks at "
        "the losses.": lambda losses, patience: (len(losses), 0),
        "the best epoch of the whole list is found, but nothing ever "
        "stops. Where does `patience` come in?": lambda losses, patience: (
            len(losses),
            losses.index(min(losses)) + 1,
        ),
        "it waits one epoch too long. With a patience of 2, the second "
        "epoch without a new low is the last one.": lambda losses, patience: (
            next(
                (
                    (n, losses.index(min(losses[:n])) + 1)
                    for n in range(1, len(losses) + 1)
                    if n - losses.index(min(losses[:n])) - 1 > patience
                ),
                (len(losses), losses.index(min(losses)) + 1),
            )
        ),
        "a loss that only equals the lowest one is no new low, and in one "
        "of the cases it renews your patience.": lambda losses, patience: next(
            (
                (n, n - losses[:n][::-1].index(min(losses[:n])))
                for n in range(1, len(losses) + 1)
                if losses[:n][::-1].index(min(losses[:n])) >= patience
            ),
            (len(losses), len(losses) - losses[::-1].index(min(losses))),
        ),
        "you compare each loss with the one before. After a jump a loss "
        "can fall and still be no new low: compare "
        "with the lowest so far.": lambda losses, patience: next(
            (
                (n, n - patience)
                for n in range(patience + 1, len(losses) + 1)
                if all(
                    losses[i] >= losses[i - 1] for i in range(n - patience, n)
                )
            ),
            (
                len(losses),
                max(
                    [
                        1,
                        *(
                            i + 1
                            for i in range(1, len(losses))
                            if losses[i] < losses[i - 1]
                        ),
                    ]
                ),
            ),
        ),
        "a new low must renew your patience. You count all epochs without "
        "one, also those before the latest low.": lambda losses, patience: next(
            (
                (n, losses.index(min(losses[:n])) + 1)
                for n in range(1, len(losses) + 1)
                if sum(
                    losses[i] >= min(losses[:i], default=math.inf)
                    for i in range(n)
                )
                >= patience
            ),
            (len(losses), losses.index(min(losses)) + 1),
        ),
        "it stops where it should, but keeps the weights of that last "
        "epoch. Those of the best one were "
        "asked for.": lambda losses, patience: next(
            (
                (n, n)
                for n in range(1, len(losses) + 1)
                if n - losses.index(min(losses[:n])) - 1 >= patience
            ),
            (len(losses), losses.index(min(losses)) + 1),
        ),
        "the loop ends in time, but the first number is that of all "
        "losses. `return` inside the loop, where you know "
        "the epoch.": lambda losses, patience: next(
            (
                (len(losses), losses.index(min(losses[:n])) + 1)
                for n in range(1, len(losses) + 1)
                if n - losses.index(min(losses[:n])) - 1 >= patience
            ),
            (len(losses), losses.index(min(losses)) + 1),
        ),
        "both numbers are right, in the wrong order: first comes the epoch "
        "after which training stops.": lambda losses, patience: next(
            (
                (losses.index(min(losses[:n])) + 1, n)
                for n in range(1, len(losses) + 1)
                if n - losses.index(min(losses[:n])) - 1 >= patience
            ),
            (len(losses), losses.index(min(losses)) + 1),
        ),
    },
)

# %%
# Look at the second case. The lowest loss of all comes in the sixth epoch, and training has ended one epoch
# before. That is no fault of the function: it is what a patience of 3 means.

# %%
# ## L1 in a network
#
# An open question. In the tutorial, swap L2 for L1: in a loop of your own, with `weight_decay=0`, add `1e-5`
# times the sum of `p.abs().sum()` over all `p` in `model.parameters()` to the loss. What share of the first
# layer's weights ends below 0.001, and which pixels do they belong to? (Draw their mean size as an image of 28
# by 28.) Do any of them end at exactly zero, as in the table of the tutorial? If not, what is different?
