# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: from segmentation to report

Three tasks and an open question: the Dice score of two masks, the balance of a
funnel, and how many regions a mask has.
"""

import torch

from kindling.practice import check

# %%
# ## Dice from masks
#
# Two masks of zeros and ones have any shape, the same for both. Write the Dice score: double the common part, divided
# by both sizes together. If both masks are empty, they agree perfectly: return 1.
#
# ??? hint
#     The common part of two masks is what is one in both: `(predicted * truth).sum()`.
#
# ??? hint
#     The sizes are `predicted.sum()` and `truth.sum()`. What is their sum if both masks are empty?


def dice(predicted, truth):
    """Return the Dice score, between 0 and 1."""
    # gap
    sizes = predicted.sum() + truth.sum()
    if sizes == 0:
        return 1.0
    return (2 * (predicted * truth).sum() / sizes).item()
    # end


A = torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
B = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
EMPTY = torch.zeros(2, 3)


def right_dice(predicted, truth):
    sizes = predicted.sum() + truth.sum()
    common = (predicted * truth).sum()
    return (2 * common / sizes).item() if sizes else 1.0


def union(predicted, truth):
    return ((predicted + truth) > 0).sum().clamp(min=1)


check(
    "ct-segment-pipeline/dice-from-masks",
    dice,
    right=right_dice,
    cases=[(A, B), (A, EMPTY), (B[:1], A[:1]), (EMPTY, EMPTY)],
    mistakes={
        "right, except for two empty masks: they agree, so their score "
        "is 1.": lambda p, t: (
            2 * (p * t).sum() / (p.sum() + t.sum()).clamp(min=1)
        ).item(),
        "two empty masks divide zero by zero, and you return nan. Return 1 "
        "in that case.": lambda p, t: (
            2 * (p * t).sum() / (p.sum() + t.sum())
        ).item(),
        "you forgot to double the common part: two equal masks would "
        "score 0.5.": lambda p, t: right_dice(p, t) / 2 if p.sum() else 1.0,
        "this is the common part divided by the *union*, which is another "
        "score (intersection over union).": lambda p, t: (
            ((p * t).sum() / union(p, t)).item() if p.sum() + t.sum() else 1.0
        ),
        "this is the share of pixels that agree. Empty places count there, "
        "and Dice ignores them.": lambda p, t: (p == t).float().mean().item(),
        "this is the recall: you divide by the size of the truth "
        "alone.": lambda p, t: (
            ((p * t).sum() / t.sum()).item() if t.sum() else 1.0
        ),
        "this is the precision: you divide by the size of the prediction "
        "alone.": lambda p, t: (
            ((p * t).sum() / p.sum()).item() if p.sum() else 1.0
        ),
    },
)

# %%
# The *loss* of the tutorial adds one to the numerator and the denominator instead of the `if`: that has a gradient.

# %%
# ## The balance of a funnel
#
# The book reports for its validation set: 154 nodules, of which the whole pipeline finds 132, and 2,156 false alarms
# (counted as voxel groups). Write what a report needs, from such counts: the recall, the precision of all alarms, and
# the false alarms for each of `scans` scans. Every found nodule is one alarm.
#
# ??? hint
#     Alarms are the found nodules and the false alarms together.


def report(nodules, found, false_alarms, scans):
    """Return recall, precision, and false alarms per scan."""
    # gap
    #: recall = ...
    #: precision = ...
    #: per_scan = ...
    #: return recall, precision, per_scan
    recall = found / nodules
    precision = found / (found + false_alarms)
    return recall, precision, false_alarms / scans
    # end


check(
    "ct-segment-pipeline/the-balance-of-a-funnel",
    report,
    right=lambda nodules, found, false_alarms, scans: (
        found / nodules,
        found / (found + false_alarms),
        false_alarms / scans,
    ),
    cases=[(154, 132, 2156, 89), (40, 36, 12, 20), (10, 5, 5, 4)],
    mistakes={
        "not solved yet: there is still `...` where your numbers "
        "go.": lambda nodules, found, false_alarms, scans: (..., ..., ...),
        "recall is right. Precision divides the found nodules by all "
        "alarms: the found and the false "
        "ones.": lambda nodules, found, false_alarms, scans: (
            found / nodules,
            found / false_alarms,
            false_alarms / scans,
        ),
        "recall and precision have changed "
        "places.": lambda nodules, found, false_alarms, scans: (
            found / (found + false_alarms),
            found / nodules,
            false_alarms / scans,
        ),
        "your first number is the share of *missed* nodules. Recall counts "
        "the found ones.": lambda nodules, found, false_alarms, scans: (
            1 - found / nodules,
            found / (found + false_alarms),
            false_alarms / scans,
        ),
        "recall and precision are right. The last number counts all alarms, "
        "and only the false ones were asked "
        "for.": lambda nodules, found, false_alarms, scans: (
            found / nodules,
            found / (found + false_alarms),
            (found + false_alarms) / scans,
        ),
        "recall is right. For the precision you divide by nodules and false "
        "alarms: what was missed is no "
        "alarm.": lambda nodules, found, false_alarms, scans: (
            found / nodules,
            found / (nodules + false_alarms),
            false_alarms / scans,
        ),
    },
)

# %%
# 85.7% found, and about one alarm in seventeen is a nodule. A radiologist who looks at each alarm would call that
# tiring, and still better than looking at 33 million voxels a scan.

# %%
# ## Count the regions
#
# `labels` is the result of connected components: 0 for background, and one whole number, any, for the voxels of each
# region. Return how many regions there are with at least `smallest` voxels.
#
# ??? hint
#     `labels.unique(return_counts=True)` gives the numbers that occur, and how often each of them does.
#
# ??? hint
#     The background is no region: look only at `labels[labels > 0]`.


def regions(labels, smallest):
    """Return the number of regions of at least that many voxels."""
    # gap
    _, sizes = labels[labels > 0].unique(return_counts=True)
    return (sizes >= smallest).sum().item()
    # end


LABELS = torch.tensor([[0, 7, 7, 0], [0, 7, 0, 3], [9, 0, 0, 3], [9, 0, 4, 0]])


def sizes_of(labels, background=False):
    kept = labels.flatten() if background else labels[labels > 0]
    return kept.unique(return_counts=True)[1]


check(
    "ct-segment-pipeline/count-the-regions",
    regions,
    right=lambda labels, smallest: (sizes_of(labels) >= smallest).sum().item(),
    cases=[(LABELS, 1), (LABELS, 2), (LABELS, 3), (LABELS[:1], 9)],
    mistakes={
        "you count the background as a region.": lambda labels, smallest: (
            (sizes_of(labels, background=True) >= smallest).sum().item()
        ),
        "a region of exactly `smallest` voxels counts as well: use "
        "`>=`.": lambda labels, smallest: (
            (sizes_of(labels) > smallest).sum().item()
        ),
        "you ignore `smallest`: small regions should not "
        "count.": lambda labels, smallest: len(sizes_of(labels)),
        "you count voxels. How many different regions do they belong "
        "to?": lambda labels, smallest: (labels > 0).sum().item(),
        "you took the largest label. The labels are not numbered in "
        "order.": lambda labels, smallest: labels.max().item(),
        "you add up the sizes of the regions. Their number was asked "
        "for.": lambda labels, smallest: (
            sizes_of(labels)[sizes_of(labels) >= smallest].sum().item()
        ),
    },
)

# %%
# The labels of the tutorial are places in the volume, which are neither in order nor without gaps. `unique` does not
# mind.

# %%
# ## Which step loses them?
#
# An open question. Move the bar of the segmentation, -2 in the tutorial, to 0 and to -4, and make the funnel of the
# *validation* patients for each. The lower it is, the fewer nodules are missed, and the more groups reach the
# classifier. Which setting gives the best report, if a missed nodule costs you as much as twenty false alarms?
#
# Why would it be wrong to make this search on the test patients? And why is it already a little wrong to use the same
# validation patients for the threshold of the segmentation *and* for that of the classifier?
