# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: nodules in a CT

Three tasks and an open question: what "no" is worth, where a nodule lies, and
how to draw from two classes equally often.
"""

import torch

from kindling.practice import check

# %%
# ## What "no" is worth
#
# For each nodule there are `others` candidates that are none: 407 in LUNA. Compare two classifiers by accuracy.
# The first always says no. The second finds *every* nodule, and gives a false alarm for the share `alarms` of the
# others. Return both accuracies.
#
# ??? hint
#     Take one nodule and its `others`: `others + 1` candidates. How many does each classifier get right?
#
# ??? hint
#     The second gets the nodule right, and all of the others but a share: `others * (1 - alarms)`.


def two_accuracies(others, alarms):
    """Return the accuracy of "no", and that of the detector."""
    # gap
    #: always_no = ...
    #: detector = ...
    #: return always_no, detector
    always_no = others / (others + 1)
    detector = (1 + others * (1 - alarms)) / (others + 1)
    return always_no, detector
    # end


check(
    "ct-classifier/what-no-is-worth",
    two_accuracies,
    right=lambda others, alarms: (
        others / (others + 1),
        (1 + others * (1 - alarms)) / (others + 1),
    ),
    cases=[(407, 0.01), (50, 0.1), (1, 0.5)],
    mistakes={
        "not solved yet: there is still `...` where your two "
        "numbers go.": lambda others, alarms: (..., ...),
        "the nodule itself is a candidate, too: there are `others + 1` "
        "of them.": lambda others, alarms: (
            (others - 1) / others,
            (others * (1 - alarms)) / others,
        ),
        "the first is right. The detector also gets the nodule right: add "
        "that one to its right answers.": lambda others, alarms: (
            others / (others + 1),
            others * (1 - alarms) / (others + 1),
        ),
        "the first is right. For the second you counted the false alarms "
        "as right answers.": lambda others, alarms: (
            others / (others + 1),
            (1 + others * alarms) / (others + 1),
        ),
        "the first is right. You took the share of alarms from the accuracy "
        "as a whole, the nodule included.": lambda others, alarms: (
            others / (others + 1),
            1 - alarms,
        ),
        "both numbers are right, in the wrong order: the one of "
        '"no" comes first.': lambda others, alarms: (
            (1 + others * (1 - alarms)) / (others + 1),
            others / (others + 1),
        ),
        "your first number is the share of nodules. A classifier that "
        "always says no is right about the others.": lambda others, alarms: (
            1 / (others + 1),
            (1 + others * (1 - alarms)) / (others + 1),
        ),
    },
)

# %%
# At 407 to 1, a detector that misses nothing and rings for only one in a hundred of the others has a *lower* accuracy
# than one that never rings.

# %%
# ## Where the nodule lies
#
# LUNA gives `xyz` in millimeters, as (x, y, z). Return the voxel (slice, row, column) as a tensor of integers.
# `corner` is the place of voxel (0, 0, 0) in millimeters and `spacing` the distance of neighboring voxels, both in the
# order of the axes of the tensor: z, y, x.
#
# ??? hint
#     First bring the three numbers into the order z, y, x: `xyz.flip(0)`.
#
# ??? hint
#     Then subtract the corner, and divide by the spacing. The nearest voxel is found by `round()`, and `long()` makes
#     integers.


def to_voxel(xyz, corner, spacing):
    """Return the nearest (slice, row, column) [3]."""
    # gap
    return ((xyz.flip(0) - corner) / spacing).round().long()
    # end


check(
    "ct-classifier/where-the-nodule-lies",
    to_voxel,
    right=lambda xyz, corner, spacing: (
        ((xyz.flip(0) - corner) / spacing).round().long()
    ),
    cases=[
        (
            torch.tensor([-124.6, 30.4, -199.0]),
            torch.tensor([-300.0, -180.0, -160.0]),
            torch.tensor([2.5, 0.7, 0.75]),
        ),
        (
            torch.tensor([55.9, -80.2, -11.9]),
            torch.tensor([-250.0, -200.0, -190.0]),
            torch.tensor([1.25, 0.6, 0.6]),
        ),
    ],
    mistakes={
        "x, y, z are still in LUNA's order: the first axis of the tensor "
        "runs along z.": lambda xyz, corner, spacing: (
            ((xyz - corner) / spacing).round().long()
        ),
        "you brought the result into LUNA's order. Turn `xyz` around before "
        "the corner is subtracted.": lambda xyz, corner, spacing: (
            ((xyz - corner) / spacing).round().long().flip(0)
        ),
        "the corner is missing: millimeters are not counted from "
        "voxel (0, 0, 0).": lambda xyz, corner, spacing: (
            (xyz.flip(0) / spacing).round().long()
        ),
        "`long()` alone cuts off the digits. Ask for the nearest "
        "voxel, with `round()`.": lambda xyz, corner, spacing: (
            (xyz.flip(0) - corner) / spacing
        ).long(),
        "you multiplied by the spacing. That leads from voxels to "
        "millimeters.": lambda xyz, corner, spacing: (
            ((xyz.flip(0) - corner) * spacing).round().long()
        ),
        "you added the corner. It is subtracted on the way to "
        "voxels.": lambda xyz, corner, spacing: (
            ((xyz.flip(0) + corner) / spacing).round().long()
        ),
        "the place is right, and it is not a whole number yet: round it, "
        "and use `long()`.": lambda xyz, corner, spacing: (
            (xyz.flip(0) - corner) / spacing
        ),
        "the corner is in millimeters: subtract it before you divide by "
        "the spacing.": lambda xyz, corner, spacing: (
            (xyz.flip(0) / spacing - corner).round().long()
        ),
    },
)

# %%
# Test such a function by going there and back for every voxel, as the tutorial does. Two mistakes that cancel out in
# the middle of a scan show up at its border.

# %%
# ## Equally often
#
# `torch.utils.data.WeightedRandomSampler` draws examples with a probability for each. Write the probabilities: `y`
# holds 1 for nodules and 0 for others, and both classes should be drawn equally often. All of them add up to one.
#
# ??? hint
#     Together the nodules have the probability one half. They share it equally: how much does each one get?
#
# ??? hint
#     `torch.where(y == 1, a, b)` takes `a` for the nodules and `b` for the others.


def probabilities(y):
    """Return the probability of each example [N]."""
    # gap
    of_a_nodule = 0.5 / (y == 1).sum()
    of_another = 0.5 / (y == 0).sum()
    return torch.where(y == 1, of_a_nodule, of_another)
    # end


check(
    "ct-classifier/equally-often",
    probabilities,
    right=lambda y: torch.where(
        y == 1, 0.5 / (y == 1).sum(), 0.5 / (y == 0).sum()
    ),
    cases=[
        (torch.tensor([1.0, 0.0, 0.0, 0.0, 0.0]),),
        (torch.tensor([0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]),),
    ],
    mistakes={
        "these are equal for all examples. Then the common class is still "
        "drawn more often.": lambda y: torch.full_like(y, 1 / len(y)),
        "the two classes have changed places: the rare one needs the larger "
        "probability for each example.": lambda y: torch.where(
            y == 1, 0.5 / (y == 0).sum(), 0.5 / (y == 1).sum()
        ),
        "each class adds up to one, and all together to two. Give each "
        "class a half.": lambda y: torch.where(
            y == 1, 1 / (y == 1).sum(), 1 / (y == 0).sum()
        ),
        "each example has one half. That is the probability of its "
        "whole class.": lambda y: torch.full_like(y, 0.5),
        "the nodules get all of it, and the others are never "
        "drawn.": lambda y: y / y.sum(),
        "you weigh by the ratio of the classes, but do not divide: the "
        "probabilities must add up to one.": lambda y: torch.where(
            y == 1, (y == 0).sum() / (y == 1).sum(), torch.tensor(1.0)
        ),
    },
)

# %%
# `WeightedRandomSampler(probabilities(y), num_samples=len(y))` goes into a `DataLoader` as its `sampler`. It draws
# with replacement, so each nodule comes up again and again. That is why the augmentation matters.

# %%
# ## How much balance?
#
# An open question. Train the augmented network of the tutorial with batches of a quarter and of a sixteenth nodules
# instead of a half, with three seeds each. What happens to the AUC, what to the recall at a logit of zero, and what to
# the recall at a threshold that was chosen on the validation set? Which of the three is the fair comparison, if in the
# end you choose the threshold anyway?
#
# Then show the overfitting of the balanced run in a figure: its recall on the training crops and on the validation
# crops, after every 25 steps. Where would you have stopped?
