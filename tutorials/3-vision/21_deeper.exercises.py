# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: wider, deeper, residual

Three tasks and an open question: blocks that do not share, a ranking that you
can trust, and a block that begins by doing nothing.
"""

import copy
from statistics import mean

import torch
from torch import nn

from kindling.models import count_parameters
from kindling.practice import check

# %%
# ## Separate blocks
#
# `make_block` is a function that builds one block. Return a network that goes through `count` of them, one after the
# other, each with weights of its own and a random start of its own.
#
# ??? hint
#     `count * [make_block()]` calls `make_block` once. How often must it be called?
#
# ??? hint
#     A list comprehension calls it once for each block: `[make_block() for _ in range(count)]`.


def stack(make_block, count):
    """Return an nn.Sequential of `count` separate blocks."""
    # gap
    return nn.Sequential(*[make_block() for _ in range(count)])
    # end


def stacked(answer):
    torch.manual_seed(21)
    network = answer(lambda: nn.Conv2d(8, 8, 3, padding=1), 10)
    places, weights = list(network), [b.weight for b in network]
    starts_equal = torch.equal(weights[0], weights[-1])
    return len(places), count_parameters(network), starts_equal


check(
    "deeper/separate-blocks",
    stack,
    right=lambda make, count: nn.Sequential(*[make() for _ in range(count)]),
    probe=stacked,
    mistakes={
        "this is one block in ten places: multiplying a list copies the "
        "reference, so all places share their weights.": lambda make, count: (
            nn.Sequential(*(count * [make()]))
        ),
        "the blocks are separate, and all of them start with the same "
        "numbers, since a deep copy keeps them. Build each one "
        "by its own call.": lambda make, count: nn.Sequential(
            *map(copy.deepcopy, count * [make()])
        ),
        "one block is missing: `range(1, count)` has `count - 1` "
        "numbers.": lambda make, count: nn.Sequential(
            *[make() for _ in range(1, count)]
        ),
        "there is one block too many.": lambda make, count: nn.Sequential(
            *[make() for _ in range(count + 1)]
        ),
        "this is a single block. The network needs `count` of "
        "them.": lambda make, count: nn.Sequential(make(), *[]),
    },
)

# %%
# With the blocks of the tutorial, 32 channels wide, ten separate ones bring the network from 75,810 parameters to
# 159,330.

# %%
# ## A ranking to trust
#
# `candidates` maps the name of a change to a list of networks, trained with it from several seeds. Return the names,
# the best first, by the mean accuracy over the seeds on the images `x` with labels `y`. The networks arrive in train
# mode.
#
# ??? hint
#     Which call must come before you ask a network for its logits?
#
# ??? hint
#     Compute a dictionary with one number for each name: the mean of the accuracies of its networks.
#
# ??? hint
#     `sorted(accuracy, key=accuracy.get)` sorts names by their numbers, the smallest first. What does `reverse=True`
#     do?


def ranking(candidates, x, y):
    """Return the names of the candidates, best first."""
    accuracy = {}
    for name, models in candidates.items():
        # gap
        #: accuracy[name] = ...
        shares = []
        for model in models:
            model.eval()
            with torch.no_grad():
                right = model(x).argmax(dim=1) == y
            shares.append(right.double().mean().item())
        accuracy[name] = mean(shares)
        # end
    return sorted(accuracy, key=accuracy.get, reverse=True)


class Scripted(nn.Module):
    """Right on the first images: on so many in eval mode, so many in train."""

    def __init__(self, in_eval, in_train):
        super().__init__()
        self.counts = in_eval, in_train

    def forward(self, x):  # x is one-hot labels: [B, 2]
        place = torch.arange(len(x))[:, None]
        return torch.where(place < self.counts[self.training], x, 1 - x)


def ranked(answer, counts):
    y = torch.arange(100) % 2
    x = nn.functional.one_hot(y, 2).float()
    candidates = {
        name: [Scripted(*pair) for pair in pairs]
        for name, pairs in counts.items()
    }
    return answer(candidates, x, y)


def shares(models, x, y, mode):
    found = [(m.train(mode)(x).argmax(dim=1) == y).double() for m in models]
    return [hits.mean().item() for hits in found]


def order(summary, mode=False, best_first=True):
    def by(candidates, x, y):
        value = {
            n: summary(shares(m, x, y, mode)) for n, m in candidates.items()
        }
        return sorted(value, key=value.get, reverse=best_first)

    return by


check(
    "deeper/a-ranking-to-trust",
    ranking,
    right=order(mean),
    probe=lambda answer: ranked(
        answer,
        {
            "baseline": [(84, 84), (88, 88), (89, 89)],
            "wider": [(90, 90), (86, 86), (86, 86)],
            "dropout": [(85, 70), (89, 75), (91, 72)],
            "deeper": [(92, 91), (81, 80), (80, 79)],
        },
    ),
    mistakes={
        "the networks are in train mode while you measure, so dropout still "
        "drops. Call `model.eval()` first.": order(mean, mode=True),
        "the worst is first. Sort with `reverse=True`.": order(
            mean, best_first=False
        ),
        "you take only the first seed of each.": order(lambda s: s[0]),
        "you take the luckiest seed of each. Take the mean.": order(max),
        "you take the unluckiest seed of each. Take the mean.": order(min),
        "you take the last seed of each: is a number overwritten in your "
        "loop?": order(lambda s: s[-1]),
    },
)

# %%
# In train mode or from one seed, the same networks would have come out in another order. That is how a table can be
# wrong without a wrong line in it.

# %%
# ## Begin by doing nothing
#
# A residual block can begin as the *identity*: it gives back what it gets, and training then adds to that what helps.
# Change the weights of this block in place, so that it does. It must hold in train mode and in eval mode, and the
# block must still be able to learn: its weights must get a gradient.
#
# ??? hint
#     The block returns `x` plus something. That something must be zero for every `x`.
#
# ??? hint
#     Batch normalization multiplies by its `weight` and adds its `bias`. The bias is zero at the start.
#
# ??? hint
#     `nn.init.zeros_(...)` sets a parameter to zero in place. One parameter is enough.


class TwoConvolutions(nn.Module):
    """A residual block without an activation at its end."""

    def __init__(self, channels):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm_1 = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm_2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        change = self.norm_1(self.first(x)).relu()
        return x + self.norm_2(self.second(change))


def start_as_identity(block):
    """Change the block's weights in place; return the block."""
    # gap
    nn.init.zeros_(block.norm_2.weight)
    # end
    return block


def zeroed(*names):
    def change(block):
        for name in names:
            nn.init.zeros_(block.get_parameter(name))
        return block

    return change


def everything(block):
    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    return block


def untouched(block):
    return block


def passing(block):
    nn.init.dirac_(block.first.weight)
    nn.init.dirac_(block.second.weight)
    return block


def begun(answer):
    """How a block begins: the identity in both modes, and able to learn?"""
    torch.manual_seed(21)
    block, x = answer(TwoConvolutions(4)), torch.randn(3, 4, 5, 5)
    changed = (block.eval()(x) - x).abs().max().item()
    trained = block.train()(x)
    (trained * torch.randn_like(x)).sum().backward()
    learns = any(
        parameter.grad is not None and parameter.grad.abs().max() > 1e-6
        for name, parameter in block.named_parameters()
        if name.endswith("weight")
    )
    same = [round(changed, 3), round((trained - x).abs().max().item(), 3)]
    return [*same, learns]


check(
    "deeper/begin-by-doing-nothing",
    start_as_identity,
    right=zeroed("norm_2.weight"),
    probe=begun,
    mistakes={
        "the block still changes its input: you have set no weight "
        "to zero.": untouched,
        "the block gives back its input, but none of its weights gets a "
        "gradient, so it would never learn. Only what comes last may be "
        "zero.": everything,
        "a convolution that passes its input on makes the change about as "
        "large as `x`. The change should be zero.": passing,
    },
)

# %%
# With twenty such blocks, the network starts as if it had none, and each of them joins when it has learned something
# useful.

# %%
# ## Does batch normalization do the same?
#
# An open question. Train the tutorial's twenty plain blocks once more, with `norm=True` and without shortcuts, and
# draw the size of their gradient. Do they learn? Then go to forty blocks, and to a hundred. Which of the two remedies
# holds longer, and what do both together give? Use three seeds, and say for each comparison whether it is beyond luck.
