# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: the thermometer

Three tasks and an open question on steps: how large they may be, how to do
without, and who takes them.
"""

import torch

from kindling.practice import check

# %%
# ## The largest stable rate
#
# Write a function that takes readings $u$ and returns the largest learning rate with which gradient descent on
# the mean squared error of $t = wu + b$ does not explode. For the readings of the tutorial it is 0.00034.
#
# ??? hint
#     The loss is $\frac1N\|D\theta - t\|^2$, where row $i$ of $D$ is $(u_i, 1)$. Which constant matrix is the
#     derivative of its gradient?
#
# ??? hint
#     $H = \frac2N D^\top D$. `torch.linalg.eigvalsh` returns its curvatures, the smallest first.


def largest_rate(u):
    """Return the largest stable learning rate for readings u [N]."""
    # gap
    design = torch.stack([u, torch.ones_like(u)], dim=1)
    return 2 / torch.linalg.eigvalsh(2 * design.T @ design / len(u))[-1]
    # end


def by_formula(u):
    """The larger root of the characteristic polynomial of a 2 by 2 matrix."""
    square, mean = (u**2).mean(), u.mean()
    return 2 / (square + 1 + ((square - 1) ** 2 + 4 * mean**2).sqrt())


def curvature(u, which, factor=2):
    design = torch.stack([u, torch.ones_like(u)], dim=1)
    return torch.linalg.eigvalsh(factor * design.T @ design / len(u))[which]


check(
    "thermometer/the-largest-stable-rate",
    largest_rate,
    right=by_formula,
    cases=[
        (torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64),),
        (torch.tensor([-1.0, 1.0, 0.5, 3.0], dtype=torch.float64),),
        (torch.tensor([35.7, 55.9, 58.2, 81.9, 56.3], dtype=torch.float64),),
    ],
    mistakes={
        "this rate reaches the bottom of the steep direction in one step. "
        "Twice as much is still stable.": lambda u: 1 / curvature(u, -1),
        "this is the limit of the flat direction. The steep one explodes long "
        "before.": lambda u: 2 / curvature(u, 0),
        "you lost the 2 of the squares: the second derivative of $x^2$ is 2, "
        "so the matrix is 2/N times D'D.": lambda u: (
            2 / curvature(u, -1, factor=1)
        ),
        "the mean over the readings is missing: divide D'D by "
        "their number.": lambda u: 2 / (len(u) * curvature(u, -1)),
        "this is a curvature. The rate is 2 divided by it.": lambda u: (
            curvature(u, -1)
        ),
    },
)

# %%
# With two parameters the larger curvature can even be written down: half the trace plus a root. With a million
# you cannot compute the matrix, but the rule holds, and a loss that explodes tells you that you broke it.

# %%
# ## Without walking
#
# Write a function that returns the best slope and intercept as one tensor, $(w, b)$, in one line or two, by
# `torch.linalg.lstsq`.
#
# ??? hint
#     `torch.linalg.lstsq(A, B).solution` finds the $X$ for which $AX$ is closest to $B$. Here $X$ is the column
#     $(w, b)$. Which columns does $A$ have, so that $AX$ is $wu + b$?
#
# ??? hint
#     $A$ has the readings in its first column and ones in its second. $B$ must be a column too.


def best_line(u, t):
    """Return the (w, b) with the least mean squared error of w * u + b."""
    # gap
    design = torch.stack([u, torch.ones_like(u)], dim=1)
    return torch.linalg.lstsq(design, t[:, None]).solution.flatten()
    # end


def by_covariance(u, t):
    w = ((u - u.mean()) * (t - t.mean())).sum() / ((u - u.mean()) ** 2).sum()
    return torch.stack([w, t.mean() - w * u.mean()])


check(
    "thermometer/without-walking",
    best_line,
    right=by_covariance,
    cases=[
        (
            torch.tensor([0.0, 1.0, 2.0, 4.0]),
            torch.tensor([1.0, 2.5, 5.5, 9.0]),
        ),
        (
            torch.tensor([3.57, 5.59, 5.82, 8.19, 5.63]),
            torch.tensor([0.5, 14.0, 15.0, 28.0, 11.0]),
        ),
    ],
    mistakes={
        "right numbers in the wrong order: first the slope w, then the "
        "intercept b.": lambda u, t: by_covariance(u, t).flip(0),
        "the column of ones is missing, so your line has to pass through the "
        "origin.": lambda u, t: torch.stack([(u * t).sum() / (u * u).sum()]),
        "you fitted the readings to the temperatures. Exchange "
        "the two.": lambda u, t: by_covariance(t, u),
        "the numbers are right. Make them one row, of "
        "shape (2,).": lambda u, t: by_covariance(u, t)[:, None],
    },
    tolerance=1e-3,
)

# %%
# For a line there is also a formula: the slope is the covariance divided by the variance of the readings. It
# gives the same two numbers.

# %%
# ## Adam on raw readings
#
# Write the loop: fit $t = wu + b$ by `torch.optim.Adam`, from $w = 1$ and $b = 0$, and return the tensor
# $(w, b)$ after the given number of steps. The loss is the mean squared error.
#
# ??? hint
#     Five lines in the loop: forward, loss, zero_grad, backward, step.
#
# ??? hint
#     Begin with `parameters = torch.tensor([1.0, 0.0], dtype=u.dtype, requires_grad=True)`, and return it
#     detached from autograd.


def adam_line(u, t, learning_rate, steps):
    """Return (w, b) after so many steps of Adam on all u [N] and t [N]."""
    # gap
    parameters = torch.tensor([1.0, 0.0], dtype=u.dtype, requires_grad=True)
    optimizer = torch.optim.Adam([parameters], lr=learning_rate)
    for _ in range(steps):
        predicted = parameters[0] * u + parameters[1]
        loss = ((predicted - t) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return parameters.detach()
    # end


def slope(u, t, place, mean=True):
    error = place[0] * u + place[1] - t
    both = torch.stack([2 * (error * u).sum(), 2 * error.sum()])
    return both / len(u) if mean else both


def adam_by_hand(u, t, learning_rate, steps, add_up=False):
    """Adam: running means of gradient and square, corrected for the start."""
    place = torch.tensor([1.0, 0.0], dtype=u.dtype)
    first, second, seen = torch.zeros(3, 2, dtype=u.dtype)
    for k in range(1, steps + 1):
        seen = slope(u, t, place) + (seen if add_up else 0)
        first = 0.9 * first + 0.1 * seen
        second = 0.999 * second + 0.001 * seen**2
        typical = (second / (1 - 0.999**k)).sqrt() + 1e-8
        place = place - learning_rate * (first / (1 - 0.9**k)) / typical
    return place


def plain_descent(u, t, learning_rate, steps):
    place = torch.tensor([1.0, 0.0], dtype=u.dtype)
    for _ in range(steps):
        place = place - learning_rate * slope(u, t, place)
    return place


readings = torch.tensor(
    [35.7, 55.9, 58.2, 81.9, 56.3, 48.9], dtype=torch.float64
)
temperatures = torch.tensor(
    [0.5, 14.0, 15.0, 28.0, 11.0, 8.0], dtype=torch.float64
)

check(
    "thermometer/adam-on-raw-readings",
    adam_line,
    right=adam_by_hand,
    cases=[
        (readings, temperatures, 0.1, 40),
        (readings / 10, temperatures, 0.05, 25),
    ],
    mistakes={
        "the gradients of all steps add up. Clear them once in each step, "
        "before backward.": lambda u, t, learning_rate, steps: adam_by_hand(
            u, t, learning_rate, steps, add_up=True
        ),
        "this is plain SGD. On raw readings it explodes; Adam was "
        "asked for.": plain_descent,
        "the learning rate does not arrive: this is Adam with its default, "
        "0.001.": lambda u, t, learning_rate, steps: adam_by_hand(
            u, t, 1e-3, steps
        ),
        "one step is missing. Does your loop leave before the "
        "last one?": lambda u, t, learning_rate, steps: adam_by_hand(
            u, t, learning_rate, steps - 1
        ),
        "nothing has moved. Is optimizer.step() in "
        "the loop?": lambda u, t, learning_rate, steps: torch.tensor(
            [1.0, 0.0], dtype=u.dtype
        ),
    },
)

# %%
# The checker has Adam written out by hand. Its step divides the mean gradient by its own typical size, so the
# scale of the readings cancels, at least in the first steps. That is why it does not explode where plain
# descent does, and why it can hide from you that the inputs are badly scaled.

# %%
# ## One morning you misread
#
# An open question. Change one reading to 6.84 instead of 68.4, a slip of the decimal point, and fit the line
# again. How far does one slip in eleven move it? Now use the mean *absolute* error instead of the squared one.
# What happens to the line, and what to the last steps of the walk? Can you find a loss with the good sides of
# both?
