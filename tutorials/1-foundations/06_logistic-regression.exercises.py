# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: logistic regression

Four tasks and an open question on log-loss, its slope, and scores that grow too
large.
"""

import torch
import torch.nn.functional as F

from kindling.practice import check

# %%
# ## The best unfair coin
#
# A forecaster gives every applicant the same probability $q$. With the best $q$ for these applicants, how small does
# the log-loss become? Write a function of the labels `y`, a tensor of zeros and ones with at least one of each, that
# returns this smallest loss. Use the natural logarithm.
#
# ??? hint
#     Which $q$ is best? Set the slope to zero: the mean of $q - y$ has to vanish.
#
# ??? hint
#     So $q$ is the share of ones. Now take the mean over all applicants: the share $q$ of them costs $-\log q$ each.
#     What do the others cost?


def best_constant_loss(y):
    """Return the smallest log-loss of one probability for all."""
    # gap
    q = y.mean()
    return -(q * q.log() + (1 - q) * (1 - q).log())
    # end


check(
    "logistic-regression/the-best-unfair-coin",
    best_constant_loss,
    right=lambda y: F.binary_cross_entropy(
        torch.full_like(y, y.mean().item()), y
    ),
    cases=[
        (torch.tensor([1.0, 0.0, 0.0, 0.0]),),
        (torch.tensor([1.0, 1.0, 0.0, 1.0, 1.0]),),
        ((torch.arange(400) < 127).float(),),
    ],
    mistakes={
        "this is the loss of the fair coin. There is a better q, unless the "
        "classes are equally common.": lambda y: torch.tensor(2.0).log(),
        "this is the best q. The question is how small the log-loss "
        "is with it.": lambda y: y.mean(),
        "only the ones are counted. The zeros cost something too: their truth "
        "got 1 - q.": lambda y: -y.mean() * y.mean().log(),
        "this is what a one costs. Take the mean over ones and zeros, each "
        "with its share.": lambda y: -y.mean().log(),
        "this is in bits, from the logarithm to base 2. The natural logarithm "
        "was asked for.": lambda y: (
            F.binary_cross_entropy(torch.full_like(y, y.mean().item()), y)
            / torch.tensor(2.0).log()
        ),
        "it has the wrong sign. The logarithm of a probability is negative, "
        "and a loss is not.": lambda y: (
            -F.binary_cross_entropy(torch.full_like(y, y.mean().item()), y)
        ),
    },
)

# %%
# This number is the *entropy* of the labels, and it is the one that a model has to beat. The last case has 127 ones
# among 400, like the admissions table: compare it with what the share of admissions reached on the page.

# %%
# ## Log-loss from scores
#
# Write the mean log-loss as a function of the **scores** `z` and the labels `y`, without PyTorch's own loss functions.
# It must be right even for a score of 200 or -200, where the sigmoid rounds to exactly 1, or to 0.
#
# ??? hint
#     The tutorial derives a form without any sigmoid: $\log(1 + e^z) - yz$.
#
# ??? hint
#     In 32-bit numbers $e^{200}$ overflows. `F.softplus(z)` computes $\log(1 + e^z)$ without that.


def log_loss_of_scores(z, y):
    """Return the mean log-loss of scores z and labels y, of one shape."""
    # gap
    return (F.softplus(z) - y * z).mean()
    # end


check(
    "logistic-regression/log-loss-from-scores",
    log_loss_of_scores,
    right=F.binary_cross_entropy_with_logits,
    cases=[
        (torch.tensor([0.5, -1.0, 2.0]), torch.tensor([1.0, 0.0, 0.0])),
        (torch.tensor([200.0, 1.0]), torch.tensor([0.0, 1.0])),
        (torch.tensor([-200.0, 3.0, -2.0]), torch.tensor([1.0, 1.0, 0.0])),
    ],
    mistakes={
        "right for small scores. At 200 the sigmoid is exactly 1 in 32-bit "
        "numbers, and the truth gets 0, whose "
        "logarithm is infinite. Begin from the score.": lambda z, y: (
            -torch.sigmoid(torch.where(y == 1, z, -z)).log().mean()
        ),
        "right for small scores, but e to the power of 200 is infinite in "
        "32-bit numbers. Is there a function for "
        "log(1 + e^z) that avoids it?": lambda z, y: (
            torch.log1p(torch.exp(z)) - y * z
        ).mean(),
        "right for small scores. At 200 the probability rounds to 1, and "
        "binary_cross_entropy cuts its logarithms off "
        "at -100. Begin from the score.": lambda z, y: F.binary_cross_entropy(
            torch.sigmoid(z), y
        ),
        "this is the sum. The mean was asked for.": lambda z, y: (
            F.binary_cross_entropy_with_logits(z, y, reduction="sum")
        ),
        "the sigmoid is applied twice: the loss takes scores, and these are "
        "probabilities already.": lambda z, y: (
            F.binary_cross_entropy_with_logits(torch.sigmoid(z), y)
        ),
        "it rewards the wrong class: it is the loss with zeros and ones "
        "exchanged.": lambda z, y: F.binary_cross_entropy_with_logits(z, 1 - y),
        "it has the wrong sign. A loss should be small when the truth gets "
        "much.": lambda z, y: -F.binary_cross_entropy_with_logits(z, y),
    },
)

# %%
# For a large wrong score the loss is the score itself: $\log(1 + e^{200})$ is 200 to all the digits that there are. Its
# slope stays 1, so the walk down never stops pulling. In your own code call `F.binary_cross_entropy_with_logits`, which
# does just this.

# %%
# ## The slope of the squared error
#
# Close the fold with the derivation of $(p - y)\,x$, and find on paper the gradient of another loss: the mean over all
# points of $\tfrac12(p - y)^2$, where $p = \sigma(x \cdot w)$. Write it as a function, without autograd.
#
# ??? hint
#     Three gears: the score $z = x \cdot w$, the probability $p = \sigma(z)$, the loss. What is the slope of each?
#
# ??? hint
#     The slope of the sigmoid is $p(1-p)$. The slope of $\tfrac12(p-y)^2$ in $p$ is $p - y$.


def squared_error_gradient(x, y, w):
    """Return the gradient in w, [features]; x is [points, features]."""
    p = torch.sigmoid(x @ w)  # [points]
    # gap
    return ((p - y) * p * (1 - p)) @ x / len(x)
    # end


check(
    "logistic-regression/the-slope-of-the-squared-error",
    squared_error_gradient,
    right=lambda x, y, w: torch.func.grad(
        lambda w: 0.5 * (torch.sigmoid(x @ w) - y).square().mean()
    )(w),
    cases=[
        (
            torch.arange(12.0).view(4, 3).sin(),
            torch.tensor([0.0, 1.0, 1.0, 0.0]),
            torch.tensor([0.5, -1.0, 2.0]),
        ),
        (
            torch.tensor([[1.0, -2.0], [0.5, 3.0]]),
            torch.tensor([1.0, 0.0]),
            torch.tensor([0.3, 0.1]),
        ),
        (torch.tensor([[2.0]]), torch.tensor([1.0]), torch.tensor([-1.0])),
    ],
    mistakes={
        "this is the gradient of the log-loss. In the squared error the slope "
        "of the sigmoid does not cancel.": lambda x, y, w: (
            (torch.sigmoid(x @ w) - y) @ x / len(x)
        ),
        "this is the gradient of a sum. The loss is the mean over the "
        "points.": lambda x, y, w: torch.func.grad(
            lambda w: 0.5 * (torch.sigmoid(x @ w) - y).square().sum()
        )(w),
        "it points downhill: this is the direction of the step. The gradient "
        "points uphill.": lambda x, y, w: (
            -torch.func.grad(
                lambda w: 0.5 * (torch.sigmoid(x @ w) - y).square().mean()
            )(w)
        ),
        "it is twice too large. The one half before the square cancels the 2 "
        "of its slope.": lambda x, y, w: torch.func.grad(
            lambda w: (torch.sigmoid(x @ w) - y).square().mean()
        )(w),
        "the error p - y is missing: you have the slope of the probabilities "
        "alone.": lambda x, y, w: torch.func.grad(
            lambda w: torch.sigmoid(x @ w).mean()
        )(w),
        "the sign of the error is lost: do not square p - y, the slope of the "
        "square has the error itself.": lambda x, y, w: (
            (
                (torch.sigmoid(x @ w) - y) ** 2
                * torch.sigmoid(x @ w)
                * torch.sigmoid(-x @ w)
            )
            @ x
            / len(x)
        ),
        "you stopped at the scores, with one number for each point. One more "
        "gear leads from a score to w.": lambda x, y, w: (
            (torch.sigmoid(x @ w) - y)
            * torch.sigmoid(x @ w)
            * torch.sigmoid(-x @ w)
            / len(x)
        ),
    },
)

# %%
# The chain rule gives $(p-y)\,p(1-p)\,x$ for each point. The factor $p(1-p)$ is what makes this walk so slow where the
# model is sure and wrong. In the log-loss it cancels.

# %%
# ## Charge for large weights
#
# On separable points the weights never settle. Charge for their length: the loss becomes the log-loss plus
# $\tfrac{\lambda}{2}\|w\|^2$. The offset $b$ stays free of charge. Write one step of gradient descent on this loss;
# `gradient` gives you that of the log-loss.
#
# ??? hint
#     The gradient of $\tfrac{\lambda}{2}\|w\|^2$ in $w$ is $\lambda w$. What is it in $b$?
#
# ??? hint
#     Add `penalty * w` to the gradient in `w`, before it is multiplied by the learning rate.


def gradient(x, y, w, b):
    """Return the gradient of the log-loss in w and in b."""
    error = torch.sigmoid(x @ w + b) - y
    return error @ x / len(x), error.mean()


def step(x, y, w, b, learning_rate, penalty):
    """Return w and b after one step; `penalty` is the lambda of the formula."""
    grad_w, grad_b = gradient(x, y, w, b)
    # gap
    return w - learning_rate * (
        grad_w + penalty * w
    ), b - learning_rate * grad_b
    # end


check(
    "logistic-regression/charge-for-large-weights",
    step,
    right=lambda x, y, w, b, rate, penalty: [
        value - rate * slope
        for value, slope in zip(
            (w, b),
            torch.func.grad(
                lambda w, b: (
                    F.binary_cross_entropy_with_logits(x @ w + b, y)
                    + penalty / 2 * w @ w
                ),
                argnums=(0, 1),
            )(w, b),
            strict=True,
        )
    ],
    cases=[
        (
            torch.arange(8.0).view(4, 2).sin(),
            torch.tensor([0.0, 1.0, 1.0, 0.0]),
            torch.tensor([2.0, -1.0]),
            torch.tensor(0.5),
            0.5,
            0.1,
        ),
        (
            torch.tensor([[1.0, -2.0], [0.5, 3.0]]),
            torch.tensor([1.0, 0.0]),
            torch.tensor([-3.0, 4.0]),
            torch.tensor(-1.0),
            0.1,
            0.01,
        ),
    ],
    mistakes={
        "this step knows no penalty.": lambda x, y, w, b, rate, penalty: (
            w - rate * gradient(x, y, w, b)[0],
            b - rate * gradient(x, y, w, b)[1],
        ),
        "you charge for b as well. It only shifts the line, and is to stay "
        "free.": lambda x, y, w, b, rate, penalty: (
            w - rate * (gradient(x, y, w, b)[0] + penalty * w),
            b - rate * (gradient(x, y, w, b)[1] + penalty * b),
        ),
        "the penalty pushes the weights away from 0. Its slope has the sign "
        "of the gradient: both are "
        "subtracted.": lambda x, y, w, b, rate, penalty: (
            w - rate * (gradient(x, y, w, b)[0] - penalty * w),
            b - rate * gradient(x, y, w, b)[1],
        ),
        "the penalty has escaped the learning rate. It is a part of the loss, "
        "so its slope is multiplied too.": lambda x, y, w, b, rate, penalty: (
            w - rate * gradient(x, y, w, b)[0] - penalty * w,
            b - rate * gradient(x, y, w, b)[1],
        ),
        "you subtract the penalty itself, one number for all weights. A step "
        "needs its slope.": lambda x, y, w, b, rate, penalty: (
            w - rate * (gradient(x, y, w, b)[0] + penalty / 2 * w @ w),
            b - rate * gradient(x, y, w, b)[1],
        ),
        "the slope of the penalty is twice too large: the one half before the "
        "square cancels the 2.": lambda x, y, w, b, rate, penalty: (
            w - rate * (gradient(x, y, w, b)[0] + 2 * penalty * w),
            b - rate * gradient(x, y, w, b)[1],
        ),
        "it climbs: the gradient points uphill, and a step goes against "
        "it.": lambda x, y, w, b, rate, penalty: (
            w + rate * (gradient(x, y, w, b)[0] + penalty * w),
            b + rate * gradient(x, y, w, b)[1],
        ),
    },
)

# %%
# Walk with it on points that a line can part, and the length of the weights settles: more certainty no longer pays for
# longer weights. Optimizers call this `weight_decay`. Beware that there it usually acts on `b` too.

# %%
# ## Ranks that are not a scale
#
# An open question. The tutorial treats the rank of a college as a number, as if the step from 1 to 2 weighed as much as
# the step from 3 to 4. Give each rank a column of its own, with a one where it applies. Does the log-loss over the
# hundred splits get better? By more than luck?
