# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: color images and augmentation

Three tasks and an open question: a coin for each image, the accuracy of each
class, and what a gain over a few seeds is worth.
"""

import math
from statistics import stdev

import torch

from kindling.practice import check

# %%
# ## A coin for each image
#
# Mirror some images of a batch left to right. `x` is a batch `[B, C, H, W]`, and `coins` holds `B` truth values: an
# image is mirrored where its coin is `True`, and stays as it is where it is `False`. The batch that was given must not
# change, since the next epoch needs it.
#
# ??? hint
#     Along which of the four axes do the columns of an image run? `x.flip(axis)` gives a new tensor.
#
# ??? hint
#     `torch.where(condition, a, b)` takes from `a` where the condition is true, else from `b`. The condition must be
#     broadcast to `[B, C, H, W]`, and a tensor of shape `[B]` is lined up with the *last* axis.
#
# ??? hint
#     `coins[:, None, None, None]` has shape `[B, 1, 1, 1]`.


def mirror_some(x, coins):
    """Return the batch with those images mirrored whose coin is True."""
    # gap
    return torch.where(coins[:, None, None, None], x.flip(-1), x)
    # end


check(
    "cifar-augmentation/a-coin-for-each-image",
    mirror_some,
    right=lambda x, coins: torch.stack(
        [
            i.fliplr() if c else i
            for i, c in zip(
                x.flatten(0, 1),
                coins.repeat_interleave(x.shape[1]),
                strict=True,
            )
        ]
    ).view_as(x),
    cases=[
        (
            torch.arange(72.0).reshape(4, 2, 3, 3),
            torch.tensor([True, False, False, True]),
        ),
        (
            torch.arange(240.0).reshape(4, 3, 4, 5).sqrt(),
            torch.tensor([False, True, False, False]),
        ),
        (
            torch.randn(3, 3, 4, 4, generator=torch.Generator().manual_seed(1)),
            torch.tensor([False, False, False]),
        ),
    ],
    mistakes={
        "you turned the images upside down: that is axis 2, the rows. Left "
        "and right are in axis 3.": lambda x, coins: torch.where(
            coins.view(-1, 1, 1, 1), x.flip(2), x
        ),
        "you mirror where the coin is False, and leave the others as they "
        "are.": lambda x, coins: torch.where(
            coins.view(-1, 1, 1, 1), x, x.flip(3)
        ),
        "you mirror all images. Each has a coin of its own.": lambda x, coins: (
            x.flip(3)
        ),
        "no image was mirrored, whatever its coin said.": lambda x, coins: x,
        "if one coin is True you mirror the whole batch. Each image has a "
        "coin of its own.": lambda x, coins: x.flip(3) if coins.any() else x,
        "you reversed the channels: red became blue, and left stayed "
        "left.": lambda x, coins: torch.where(
            coins.view(-1, 1, 1, 1), x.flip(1), x
        ),
        "you turned the images by 180 degrees. Only the columns change "
        "places.": lambda x, coins: torch.where(
            coins.view(-1, 1, 1, 1), x.flip(2, 3), x
        ),
        "you reversed the order of the images in the batch, so labels no "
        "longer fit.": lambda x, coins: torch.where(
            coins.view(-1, 1, 1, 1), x.flip(0), x
        ),
        "only the mirrored images are left. The others must stay in the "
        "batch, in their places.": lambda x, coins: x[coins].flip(3),
    },
)

# %%
# `torch.where` computes the mirror image of every image, and throws half of them away. That is still faster than a
# loop over images.

# %%
# ## Class by class
#
# The confusion matrix `table` has a row for each true class and a column for each predicted one; its entries are
# counts. Return the accuracy of each class, as a tensor of floats: which share of *its* images was recognized? A class
# without any image gets 0.
#
# ??? hint
#     The images that are truly of class `c` are all in row `c`. Which entry of that row counts the right answers?
#
# ??? hint
#     `table.diag()` is the diagonal, and `table.sum(dim=1)` adds up each row.
#
# ??? hint
#     0 / 0 is not a number. `clamp(min=1)` makes a divisor of 1 out of 0, and then 0 / 1 is 0.


def class_accuracies(table):
    """Return the accuracy of each true class, [classes]."""
    # gap
    return table.diag() / table.sum(dim=1).clamp(min=1)
    # end


check(
    "cifar-augmentation/class-by-class",
    class_accuracies,
    right=lambda table: torch.tensor(
        [
            row[c].item() / max(row.sum().item(), 1)
            for c, row in enumerate(table)
        ]
    ),
    cases=[
        (torch.tensor([[8, 2, 0], [1, 5, 4], [3, 0, 7]]),),
        (torch.tensor([[30, 10], [5, 5]]),),
        (torch.tensor([[4, 1, 1], [0, 0, 0], [2, 0, 6]]),),
    ],
    mistakes={
        "you divide by the columns: that is the precision, the share of "
        "answers that were right.": lambda table: (
            table.diag() / table.sum(dim=0).clamp(min=1)
        ),
        "you divide by the number of all images. Each class has to be "
        "compared with its own number.": lambda table: (
            table.diag() / table.sum()
        ),
        "these are the counts of right answers. Divide them by the number of "
        "images of each class.": lambda table: table.diag().float(),
        "the class without images gives nan. Take at least 1 as the "
        "divisor.": lambda table: table.diag() / table.sum(dim=1),
        "this is one number for all classes, the accuracy. Each class should "
        "have its own.": lambda table: table.diag().sum() / table.sum(),
        "these are the shares of mistakes, not of right "
        "answers.": lambda table: (
            1 - table.diag() / table.sum(dim=1).clamp(min=1)
        ),
    },
)

# %%
# In the first case every class has ten images, and the mean of the class accuracies is the accuracy, 20 of 30. In the
# second they have 40 and 10: the accuracy is 0.7 and the mean of the two is 0.625. CIFAR-10's test set is of the first
# kind.

# %%
# ## What a gain is worth
#
# Two lists hold validation accuracies in percent, without and with an augmentation, and entry `i` of both comes from
# seed `i`. Return two numbers: the mean of the paired differences (positive if the augmentation helps), and its
# **standard error**: the standard deviation of the differences (as `torch.std` computes it, which divides by n - 1)
# divided by the square root of n, the number of seeds.
#
# ??? hint
#     First one difference for each seed. Which of the two accuracies is subtracted?
#
# ??? hint
#     Make a tensor of the differences: `mean()` and `std()` do the rest. What is n?


def gain(without, augmented):
    """Return the mean paired difference and its standard error."""
    # gap
    #: mean = ...
    #: error = ...
    #: return mean, error
    difference = torch.tensor(augmented) - torch.tensor(without)
    error = difference.std() / math.sqrt(len(difference))
    return difference.mean().item(), error.item()
    # end


check(
    "cifar-augmentation/what-a-gain-is-worth",
    gain,
    right=lambda a, b: next(
        (d.mean().item(), stdev(d.tolist()) / len(d) ** 0.5)
        for d in [torch.tensor(b) - torch.tensor(a)]
    ),
    cases=[
        ([60.0, 62.0, 61.0], [62.0, 64.5, 62.5]),
        ([70.0, 71.0, 69.5, 70.5], [69.0, 71.5, 70.0, 69.5]),
    ],
    mistakes={
        "not solved yet: there is still `...` where your two numbers "
        "go.": lambda a, b: (..., ...),
        "the sign is the wrong way round: subtract the accuracy *without* "
        "augmentation.": lambda a, b: next(
            (-d.mean().item(), d.std().item() / len(d) ** 0.5)
            for d in [torch.tensor(b) - torch.tensor(a)]
        ),
        "this is the standard deviation of the differences. Their mean "
        "wavers less: divide by the root of n.": lambda a, b: next(
            (d.mean().item(), d.std().item())
            for d in [torch.tensor(b) - torch.tensor(a)]
        ),
        "you divide by n inside the root of the standard deviation, not by "
        "n - 1.": lambda a, b: next(
            (d.mean().item(), d.std(correction=0).item() / len(d) ** 0.5)
            for d in [torch.tensor(b) - torch.tensor(a)]
        ),
        "you divide the standard deviation by n. The root of n is "
        "right.": lambda a, b: next(
            (d.mean().item(), d.std().item() / len(d))
            for d in [torch.tensor(b) - torch.tensor(a)]
        ),
        "you took the spread of both lists separately. In a pair the seed's "
        "luck is shared, and drops out of the difference.": lambda a, b: (
            (torch.tensor(b).mean() - torch.tensor(a).mean()).item(),
            ((torch.tensor(a).var() + torch.tensor(b).var()) / len(a))
            .sqrt()
            .item(),
        ),
        "this is the sum of the differences. Divide it by how many there "
        "are.": lambda a, b: next(
            (d.sum().item(), d.std().item() / len(d) ** 0.5)
            for d in [torch.tensor(b) - torch.tensor(a)]
        ),
    },
)

# %%
# In the first case the gain is 2 points, several times its standard error. In the second it is negative and smaller
# than its standard error: such an augmentation may do nothing at all, and four seeds cannot tell. With many seeds,
# twice the standard error is a reason to believe in a gain; with three, ask for about four times.

# %%
# ## Another kind of image
#
# An open question. Before you run anything, write down for each of these the sign that you expect of the gain with
# 3,000 photos: mirroring top to bottom, turning by up to 10 degrees, blurring, hiding a square of 8 by 8 pixels
# (`v2.RandomErasing`), and saving as JPEG with a random quality (`v2.JPEG`). Then measure each in three pairs. Which
# sign surprised you?
#
# With the official files of CIFAR-10 in the data folder, train on them and test on the JPEG copy, and the other way
# round. What does each direction cost, and how much of it does `v2.JPEG` win back as an augmentation?
