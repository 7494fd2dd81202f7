# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: optimizers

Three tasks and an open question on momentum, restarts and schedules. No network
is trained.
"""

import math

from kindling.practice import check

# %%
# ## The velocity after some steps
#
# Write a function that returns the velocity of PyTorch's `SGD` after a list of gradients. It begins at zero.
# Try it on fifty ones with momentum 0.9: a step is then nearly ten times as long as without.
#
# ??? hint
#     One line per gradient. What happens to the old velocity, and what to the new gradient?
#
# ??? hint
#     The old velocity fades by the factor `momentum`. The gradient is added whole.


def velocity(gradients, momentum):
    """Return the velocity after the gradients, a list of numbers."""
    # gap
    v = 0.0
    for g in gradients:
        v = momentum * v + g
    return v
    # end


def averaged(gradients, momentum):
    v = 0.0
    for g in gradients:
        v = momentum * v + (1 - momentum) * g
    return v


check(
    "optimizers/the-velocity-after-some-steps",
    velocity,
    right=lambda gradients, momentum: sum(
        g * momentum**age for age, g in enumerate(reversed(gradients))
    ),
    cases=[([1.0] * 50, 0.9), ([1.0, 2.0, -4.0], 0.5), ([3.0], 0.8)],
    mistakes={
        "this is a moving average. PyTorch's SGD adds the gradient whole, "
        "without the factor 1 - momentum.": averaged,
        "nothing fades: you added up all gradients. The old velocity is "
        "multiplied by momentum first.": lambda gradients, momentum: sum(
            gradients
        ),
        "the first gradient weighs most here. It is the oldest, so it must "
        "have faded most.": lambda gradients, momentum: sum(
            g * momentum**i for i, g in enumerate(gradients)
        ),
        "the newest gradient has faded already. Fade the old velocity first, "
        "then add.": lambda gradients, momentum: sum(
            g * momentum ** (age + 1)
            for age, g in enumerate(reversed(gradients))
        ),
    },
)

# %%
# Fifty ones with momentum 0.9 give $10\,(1 - 0.9^{50}) \approx 9.95$. With the learning rate unchanged, you
# walk ten times as far in each step as you did without momentum.

# %%
# ## How many restarts?
#
# A single random start succeeds with probability $p$. Write a function that returns the smallest number of
# starts with which you succeed with at least the given confidence. For $p = 0.2$ and 95% it is 14.
#
# ??? hint
#     After $n$ starts all have failed with probability $(1 - p)^n$. How small must that be?
#
# ??? hint
#     $(1 - p)^n \le 1 - c$. Take logarithms of both sides; both are negative, so mind the direction.


def restarts(p, confidence):
    """Return the smallest whole number of starts."""
    # gap
    return math.ceil(math.log(1 - confidence) / math.log(1 - p))
    # end


def by_counting(p, confidence):
    n, fail = 0, 1.0
    while fail > 1 - confidence:
        n, fail = n + 1, fail * (1 - p)
    return n


check(
    "optimizers/how-many-restarts",
    restarts,
    right=by_counting,
    cases=[(0.2, 0.95), (0.4, 0.99), (0.05, 0.9), (0.7, 0.5)],
    mistakes={
        "you rounded down, so the confidence is just missed. A whole number "
        "of starts, and at least enough.": lambda p, confidence: math.floor(
            math.log(1 - confidence) / math.log(1 - p)
        ),
        "this adds up the chances of the single starts, and with enough of "
        "them they would exceed 1. Multiply "
        "the chances of failing.": lambda p, confidence: math.ceil(
            confidence / p
        ),
        "success and failure have changed places: the n starts need not "
        "all succeed, they must only not all fail.": lambda p, confidence: (
            math.ceil(math.log(1 - confidence) / math.log(p))
        ),
        "this many starts fail with probability `confidence`. You want them "
        "to succeed with it.": lambda p, confidence: math.ceil(
            math.log(confidence) / math.log(1 - p)
        ),
    },
)

# %%
# For small $p$ the number grows like $1/p$. Try `restarts(0.0013, 0.95)`: that is about the chance of a lucky
# start in the landscape of the page with ten axes.

# %%
# ## Warm up, then cool down
#
# Write a schedule as a function of the step: from 0 up to `peak` in a straight line during the first `warmup`
# steps, then down to 0 along half a cosine, so that it is 0 at step `total`.
#
# ??? hint
#     How far are you on the way down? A number from 0, at step `warmup`, to 1, at step `total`.
#
# ??? hint
#     Half a cosine goes from 1 to -1. Add 1 and halve it, and it goes from 1 to 0:
#     `(1 + math.cos(math.pi * way)) / 2`.


def rate(step, total, warmup, peak):
    """Return the learning rate at a step, 0 <= step <= total."""
    # gap
    if step < warmup:
        return peak * step / warmup
    way = (step - warmup) / (total - warmup)
    return peak * (1 + math.cos(math.pi * way)) / 2
    # end


def falling(way):
    return (1 + math.cos(math.pi * way)) / 2


check(
    "optimizers/warm-up-then-cool-down",
    rate,
    right=lambda step, total, warmup, peak: (
        peak
        * (
            step / warmup
            if step < warmup
            else math.cos(math.pi / 2 * (step - warmup) / (total - warmup)) ** 2
        )
    ),
    cases=[
        (0, 100, 10, 0.1),
        (5, 100, 10, 0.1),
        (10, 100, 10, 0.1),
        (40, 100, 10, 0.1),
        (100, 100, 10, 0.1),
        (30, 50, 20, 3.0),
    ],
    mistakes={
        "the way down is counted from step 0, so the rate drops at the end of "
        "the warm-up. It should begin at the "
        "peak there.": lambda step, total, warmup, peak: (
            peak * (step / warmup if step < warmup else falling(step / total))
        ),
        "there is no warm-up: the rate begins at "
        "its peak.": lambda step, total, warmup, peak: (
            peak * falling(step / total)
        ),
        "this comes down in a straight line. A cosine was "
        "asked for.": lambda step, total, warmup, peak: (
            peak
            * (
                step / warmup
                if step < warmup
                else (total - step) / (total - warmup)
            )
        ),
        "it comes down and goes up again: that is a whole cosine. Half of one "
        "is enough.": lambda step, total, warmup, peak: (
            peak
            * (
                step / warmup
                if step < warmup
                else falling(2 * (step - warmup) / (total - warmup))
            )
        ),
    },
)

# %%
# `torch.optim.lr_scheduler.LambdaLR` takes such a function and multiplies the optimizer's rate by it, so
# there you would leave the peak at 1.

# %%
# ## A curved valley
#
# An open question. Rosenbrock's valley, $(1 - x)^2 + 100\,(y - x^2)^2$, is a ravine that bends. Walk from
# $(-1.5, 2)$ to its bottom at $(1, 1)$ with plain descent, momentum and Adam, and give each the same fair
# chance: the best of five learning rates. Which arrives first? And does the order change if you may try only
# one rate each?
