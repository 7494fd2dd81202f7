# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: compile and export

Three tasks and an open question on branches in a graph, on the price of
compiling, and on small integers.
"""

import contextlib
import io
import logging
import math

import torch
from torch import nn

from kindling.practice import check

logging.disable(logging.WARNING)

# %%
# ## A branch in the graph
#
# If the sum of `x` is above zero, the answer is `2 * x`, else it is `x - 1`. Write this so that `torch.export` can
# record it with both branches. The checker exports your function with a positive example and asks the graph about
# positive and negative inputs.
#
# ??? hint
#     `torch.cond` takes a condition, a function for yes, a function for no, and a tuple of their inputs.
#
# ??? hint
#     The inputs are `(x,)`, with the comma. Each function gets what is in the tuple.


def forked(x):
    """Return 2 x if the sum of x is above zero, else x - 1."""
    # gap
    return torch.cond(x.sum() > 0, lambda x: 2 * x, lambda x: x - 1, (x,))
    # end


class Wrapped(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def recorded(function):
    """Answers of the exported function for two inputs, or a refusal."""
    x = torch.tensor([1.0, 2.0, -0.5])
    function(x)  # an error in it comes up as it is
    quiet = io.StringIO()
    with contextlib.redirect_stderr(quiet), contextlib.redirect_stdout(quiet):
        try:
            graph = torch.export.export(Wrapped(function), (x,)).module()
        except RuntimeError:
            return "export refused"
    return [graph(x), graph(-x)]


def with_where(x):
    return torch.where(x.sum() > 0, 2 * x, x - 1)


def with_if(x):
    return 2 * x if x.sum() > 0 else x - 1


check(
    "export-compile/a-branch-in-the-graph",
    forked,
    right=with_where,
    probe=recorded,
    mistakes={
        "torch.export refused it. Does Python's `if` still ask a tensor for "
        "its value?": with_if,
        "it answers 2 x for every input.": lambda x: 2 * x,
        "it answers x - 1 for every input.": lambda x: x - 1,
        "the two branches are swapped.": lambda x: torch.where(
            x.sum() > 0, x - 1, 2 * x
        ),
        "this chooses for each number by its own sign. The condition is about "
        "the sum.": lambda x: torch.where(x > 0, 2 * x, x - 1),
    },
)

# %%
# `torch.where(x.sum() > 0, 2 * x, x - 1)` passes as well: it computes both and picks one. `torch.cond` runs only the
# branch that is needed, which matters if a branch is expensive.

# %%
# ## When compiling has paid
#
# The first compiled call takes `first` seconds, each later one `compiled`; every eager call takes `eager`. Return the
# smallest number of calls for which compiling costs no more in all than eager does, or `math.inf` if there is none.
# The first call is always slower than an eager one here.
#
# ??? hint
#     Each call after the first saves `eager - compiled`. The first one costs `first - eager` more than an eager call.
#
# ??? hint
#     `math.ceil` rounds up. Ask about `compiled >= eager` before you divide.


def paid_after(first, compiled, eager):
    """The number of calls after which compiling has paid."""
    # gap
    if compiled >= eager:
        return math.inf
    return math.ceil((first - compiled) / (eager - compiled))
    # end


def by_counting(first, compiled, eager):
    if compiled >= eager:
        return math.inf
    calls = 1
    while first + (calls - 1) * compiled > calls * eager:
        calls += 1
    return calls


check(
    "export-compile/when-compiling-has-paid",
    paid_after,
    right=by_counting,
    cases=[
        (10.0, 0.25, 0.5),
        (8.0, 1.0, 2.5),
        (4.0, 0.5, 0.5),
        (6.0, 0.75, 0.25),
        (3.0, 1.0, 2.0),
    ],
    mistakes={
        "when compiled calls are not quicker, it never pays: the answer is "
        "math.inf.": lambda f, c, e: (
            math.ceil((f - c) / (e - c)) if e != c else math.inf
        ),
        "the first call is one of the calls: it takes the place of an eager "
        "one.": lambda f, c, e: math.inf if c >= e else math.ceil(f / (e - c)),
        "at your number it has not quite paid yet. Round up.": lambda f, c, e: (
            math.inf if c >= e else math.floor((f - c) / (e - c))
        ),
        "you divided by the time of an eager call. What counts is what a call "
        "saves.": lambda f, c, e: math.inf if c >= e else math.ceil(f / e),
    },
)

# %%
# An example measured elsewhere: a first call of 11.5 s that saves 0.4 ms each time pays after some 29,000 calls. A
# server has them in an hour, a script that runs once a day never.

# %%
# ## One scale for each row
#
# Round a matrix to integers of `bits` bits and turn it back into floats. Each row has a scale of its own, chosen so
# that its largest absolute value becomes the largest integer, $2^{b-1}-1$. No row is all zeros.
#
# ??? hint
#     `weight.abs().amax(dim=1, keepdim=True)` is the largest absolute value of each row, as a column.
#
# ??? hint
#     Divide by the scale, `round()`, and multiply by the scale.


def restored(weight, bits):
    """The matrix after rounding to integers and back."""
    # gap
    largest = 2 ** (bits - 1) - 1
    scale = weight.abs().amax(dim=1, keepdim=True) / largest
    return (weight / scale).round() * scale
    # end


def row_by_row(weight, bits):
    rows = []
    for row in weight:
        scale = row.abs().max() / (2 ** (bits - 1) - 1)
        rows.append((row / scale).round() * scale)
    return torch.stack(rows)


def rounded_with(scale_of, rounding=torch.round):
    def rounded(weight, bits):
        scale = scale_of(weight.abs(), 2 ** (bits - 1) - 1)
        return rounding(weight / scale) * scale

    return rounded


matrix = torch.tensor([[0.9, -0.37, 0.11, 0.52], [6.3, 2.2, -4.9, 0.4]])
check(
    "export-compile/one-scale-for-each-row",
    restored,
    right=row_by_row,
    cases=[(matrix, 4), (matrix, 8), (-matrix, 3)],
    mistakes={
        "this is one scale for the whole matrix. The row of small numbers "
        "suffers most.": rounded_with(lambda w, n: w.max() / n),
        "this is a scale for each column. Which dimension must amax "
        "remove?": rounded_with(lambda w, n: w.amax(dim=0) / n),
        "the largest integer is 2 ** (bits - 1) - 1. You left out the last "
        "minus one.": rounded_with(
            lambda w, n: w.amax(dim=1, keepdim=True) / (n + 1)
        ),
        "this cuts the digits off. Round to the nearest integer.": (
            rounded_with(
                lambda w, n: w.amax(dim=1, keepdim=True) / n, torch.trunc
            )
        ),
        "the weights are as they were: nothing was rounded.": lambda weight, bits: (
            weight
        ),
        "these are the integers. Multiply by the scale to come back.": (
            lambda weight, bits: (
                row_by_row(weight, bits)
                / (weight.abs().amax(1, keepdim=True) / (2 ** (bits - 1) - 1))
            )
        ),
    },
)

# %%
# One scale for the whole matrix would round the first row, whose numbers are small, with the steps of the second. A
# scale costs four bytes a row, which is next to nothing in a wide layer.

# %%
# ## Export a network of your own
#
# An open question. Take a network that you trained in an earlier lesson, put its preprocessing into a module around
# it, and export it with a dynamic batch. Which of its parts does export refuse, and what do you write in their place?
# Compare graph and network on a batch size that you did not record, and look for the largest difference.
