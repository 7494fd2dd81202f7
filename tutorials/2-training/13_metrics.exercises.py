# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: when accuracy lies

Three tasks and an open question on rare classes, F1 and AUC. Count first,
divide last.
"""

import torch

from kindling.practice import check

# %%
# ## Always no
#
# In a well-known collection of lung scans there are about 407 harmless spots for each nodule. Write a function that
# says which accuracy the answer "no nodule, ever" gets, for any number of harmless spots per nodule. Give a share
# between 0 and 1.
#
# ??? hint
#     For one nodule and 407 harmless spots: how many spots are there in all, and about how many of them is the answer
#     right?


def accuracy_of_no(harmless):
    """The accuracy of always saying no, with so many harmless per nodule."""
    # gap
    return harmless / (harmless + 1)
    # end


check(
    "metrics/always-no",
    accuracy_of_no,
    right=lambda harmless: 1 - 1 / (1 + harmless),
    cases=[(407,), (1,), (9,)],
    tolerance=1e-6,
    mistakes={
        "the nodule itself is missing from the total: one nodule and 407 "
        "harmless spots make 408.": lambda harmless: 1 - 1 / harmless,
        "this is the share of nodules, which is the share of *wrong* answers.": lambda harmless: (
            1 / (1 + harmless)
        ),
        "a share between 0 and 1 was asked for, and this is in percent.": lambda harmless: (
            100 * harmless / (1 + harmless)
        ),
        "this is the recall: of the nodules it finds none. The accuracy was "
        "asked for.": lambda harmless: 0.0,
    },
)

# %%
# For 407 it is 99.75%. A network that reports less than that may still be the better one.

# %%
# ## F1 from two numbers
#
# A network that looks for nodules has a precision of 0.319 and a recall of 0.927. Write the function that makes F1 of
# the two, and see how far below the plain mean it lies. If both are 0, F1 is 0.
#
# ??? hint
#     The harmonic mean of $a$ and $b$ is $2ab/(a+b)$.
#
# ??? hint
#     Before you divide, look whether the sum is 0.


def f1(precision, recall):
    """The harmonic mean of precision and recall; 0 if both are 0."""
    # gap
    if precision + recall == 0:
        return 0.0
    return 2 * precision * recall / (precision + recall)
    # end


check(
    "metrics/f1-from-two-numbers",
    f1,
    right=lambda precision, recall: (
        2 / (1 / precision + 1 / recall) if precision and recall else 0.0
    ),
    cases=[(0.319, 0.927), (1.0, 1.0), (0.5, 0.25), (0.0, 1.0), (0.0, 0.0)],
    mistakes={
        "this is the plain mean. An alarm that always rings would get more "
        "than one half.": lambda precision, recall: (precision + recall) / 2,
        "this is half of F1: two times the product belongs in the numerator.": lambda precision, recall: (
            precision * recall / (precision + recall)
            if precision + recall
            else 0.0
        ),
        "this is the geometric mean, the root of the product.": lambda precision, recall: (
            (precision * recall) ** 0.5
        ),
        "this is the smaller of the two. F1 lies close to it, and a little "
        "above.": lambda precision, recall: min(precision, recall),
    },
)

# %%
# F1 is 0.475, where the plain mean says 0.623. Such a network finds nine nodules in ten, and two of three alarms are
# false: for screening that may be just right, and F1 alone would not tell you.

# %%
# ## AUC by ranks
#
# There is a third way to the AUC, without a curve and without all pairs. Give each score its rank: 1 for the lowest, 2
# for the next. Add up the ranks of the $P$ positives, subtract $P(P+1)/2$, which is what they would have at the very
# bottom, and divide by the number of pairs, $P \times N$. You may assume that no two scores are equal.
#
# ??? hint
#     `scores.argsort()` lists the positions in order of score. Which of *those* are positive? Their places in the
#     list, plus 1, are their ranks.
#
# ??? hint
#     `sorted_y = y[scores.argsort()]`, then `(sorted_y == 1).nonzero() + 1`.


def auc(scores, y):
    """The AUC, a number, of different scores [N] for truths y [N], 0 or 1."""
    # gap
    sorted_y = y[scores.argsort()]
    ranks = (sorted_y == 1).nonzero() + 1
    positives, negatives = (y == 1).sum(), (y == 0).sum()
    return (
        (ranks.sum() - positives * (positives + 1) / 2)
        / (positives * negatives)
    ).item()
    # end


check(
    "metrics/auc-by-ranks",
    auc,
    right=lambda scores, y: (
        (scores[y == 1][:, None] > scores[y == 0][None, :])
        .double()
        .mean()
        .item()
    ),
    cases=[
        (
            torch.tensor([0.9, 0.8, 0.7, 0.6, 0.3]),
            torch.tensor([1, 0, 1, 0, 0]),
        ),
        (torch.tensor([-1.0, 4.0, 2.0, 0.5]), torch.tensor([0, 1, 1, 0])),
        (
            torch.tensor([3.0, 1.0, 2.0, 5.0, 4.0, 0.0]),
            torch.tensor([0, 1, 0, 0, 1, 1]),
        ),
    ],
    mistakes={
        "the ranks run the wrong way: the *highest* score should have the "
        "highest rank.": lambda scores, y: (
            (scores[y == 1][:, None] < scores[y == 0][None, :])
            .double()
            .mean()
            .item()
        ),
        "you counted ranks from 0. The lowest score has rank 1.": lambda scores, y: (
            (scores[y == 1][:, None] > scores[y == 0][None, :])
            .double()
            .mean()
            .item()
            - 1 / (y == 0).sum().item()
        ),
        "P(P + 1)/2 is still in it: what the positives' ranks add up to at "
        "the very bottom.": lambda scores, y: (
            (scores[y == 1][:, None] > scores[y == 0][None, :])
            .double()
            .mean()
            .item()
            + ((y == 1).sum().item() + 1) / 2 / (y == 0).sum().item()
        ),
        "this is the share of examples on the right side of one half. AUC has "
        "no threshold.": lambda scores, y: (
            ((scores > 0.5) == (y == 1)).double().mean().item()
        ),
    },
)

# %%
# Sorting takes far less work than all pairs: a million examples, half of them positive, make 250 billion pairs. The
# trapezoid of the page gives the same, and so does the test that statisticians name after Mann and Whitney.

# %%
# ## What would it cost?
#
# An open question. Take a classifier that you know from life: a spam filter, a medical test, a bank that guesses who
# will repay. Who pays for a false positive, and who for a false negative? Put a price on each, and say which threshold
# follows. Would the people who pay agree with your prices?
