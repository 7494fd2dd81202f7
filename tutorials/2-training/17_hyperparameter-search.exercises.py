# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: searching hyperparameters

Three tasks and an open question on drawing settings, on how many to draw, and
on the number that you report.
"""

import math

import torch

from kindling.practice import check

# %%
# ## A draw by orders of magnitude
#
# Write a function that turns `u`, a number between 0 and 1, into a learning rate between `low` and `high`, so
# that equal parts of `u` give equal *factors*. If `u` is drawn evenly, the result is log-uniform.
#
# ??? hint
#     For `u = 0` it must be `low`, for `u = 1` it must be `high`, and for `u = 0.5` the two factors, from `low`
#     to the result and from the result to `high`, must be the same.
#
# ??? hint
#     The whole way is a factor of `high / low`. Half of the way is its square root. And a share `u` of the way?


def log_uniform(low, high, u):
    """Return what lies a share u of the way from low to high, by factors."""
    # gap
    return low * (high / low) ** u
    # end


check(
    "hyperparameter-search/a-draw-by-orders-of-magnitude",
    log_uniform,
    right=lambda low, high, u: math.exp(
        (1 - u) * math.log(low) + u * math.log(high)
    ),
    cases=[
        (1e-4, 1e-1, 0.5),
        (1e-4, 1e-1, 0.0),
        (1e-4, 1e-1, 1.0),
        (2.0, 512.0, 0.25),
        (0.01, 3.0, 0.9),
    ],
    mistakes={
        "this is even on the ordinary scale: nine tenths of such draws would "
        "lie in the largest power of ten.": lambda low, high, u: (
            low + u * (high - low)
        ),
        "this is the exponent. Raise the base to it.": lambda low, high, u: (
            (1 - u) * math.log10(low) + u * math.log10(high)
        ),
        "logarithm and power have different bases: math.log goes with "
        "math.exp, math.log10 with 10 **.": lambda low, high, u: (
            10 ** ((1 - u) * math.log(low) + u * math.log(high))
        ),
        "backwards: u = 0 must give the low end.": lambda low, high, u: (
            high * (low / high) ** u
        ),
    },
)

# %%
# Drawing the logarithm evenly and raising 10 to it does the same: `10 ** torch.empty(()).uniform_(-4, -1)`.

# %%
# ## How many trials?
#
# You would be content with a setting among the best `share` of all, say 0.05, and want it with a probability
# of at least `chance`, say 0.95. Write a function that returns the number of random trials that you need.
#
# ??? hint
#     The probability that a trial *misses* is `1 - share`. What is the probability that all $n$ miss?
#
# ??? hint
#     Solve $(1 - \text{share})^n \le 1 - \text{chance}$ for $n$ by logarithms, and round up.


def trials_needed(share, chance):
    """Return the smallest whole number of trials."""
    # gap
    return math.ceil(math.log(1 - chance) / math.log(1 - share))
    # end


def by_counting(share, chance):
    n = 1
    while 1 - (1 - share) ** n < chance:
        n += 1
    return n


check(
    "hyperparameter-search/how-many-trials",
    trials_needed,
    right=by_counting,
    cases=[(0.05, 0.95), (0.1, 0.9), (0.05, 0.5), (0.2, 0.99), (0.01, 0.95)],
    mistakes={
        "that many trials hit a setting like this once on average. That "
        "leaves a good chance of no hit at all.": lambda share, chance: (
            math.ceil(1 / share)
        ),
        "the two probabilities have changed places.": lambda share, chance: (
            math.ceil(math.log(1 - share) / math.log(1 - chance))
        ),
        "rounded down, it just misses the promise.": lambda share, chance: (
            math.floor(math.log(1 - chance) / math.log(1 - share))
        ),
        "trials are whole. Round up.": lambda share, chance: (
            math.log(1 - chance) / math.log(1 - share)
        ),
        "chances do not add up: two trials at 0.05 may both hit, so together "
        "they are worth less than 0.1.": lambda share, chance: math.ceil(
            chance / share
        ),
    },
)

# %%
# For the best 5% with a probability of 95% it is 59, whatever the number of hyperparameters. That is the
# charm of random search.

# %%
# ## The number for the report
#
# You tried several settings. `val` holds their validation accuracies, `test` the test accuracies of the same
# networks (somebody measured them all). Write a function that returns the one number that belongs in your
# report.
#
# ??? hint
#     Which of the two lists may choose? And which one, then, may speak?


def to_report(val, test):
    """Return the accuracy to report; val and test are tensors [settings]."""
    # gap
    return test[val.argmax()]
    # end


check(
    "hyperparameter-search/the-number-for-the-report",
    to_report,
    right=lambda val, test: max(zip(val.tolist(), test.tolist(), strict=True))[
        1
    ],
    cases=[
        (
            torch.tensor([0.861, 0.874, 0.869]),
            torch.tensor([0.858, 0.863, 0.867]),
        ),
        (torch.tensor([0.912, 0.905]), torch.tensor([0.897, 0.903])),
    ],
    mistakes={
        "this is the best test score. To pick it you had to look at all of "
        "them, so the test set has chosen.": lambda val, test: test.max(),
        "this is the score by which the winner was chosen. It flatters: luck "
        "helped it to win.": lambda val, test: val.max(),
        "the mean describes other networks.": lambda val, test: test.mean(),
        "this is the position of the winner in the list. Look up its test "
        "score.": lambda val, test: val.argmax(),
    },
)

# %%
# Nobody should have measured the others on the test set at all. If you do not know a number, it cannot tempt
# you.

# %%
# ## Halving for real
#
# An open question. The tutorial *replays* what successive halving would have done. Write it so that it saves
# the time: train all settings for an eighth of an epoch, keep the better half, train those on, and so on. Keep
# each model and its optimizer in memory (or in [a checkpoint](15_checkpoints.py)) to go on where it stopped.
# With the time that you save, begin with more settings. At equal seconds, does it beat plain random search?
# One comparison is luck: how many would you need?
