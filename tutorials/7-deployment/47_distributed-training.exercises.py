# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: distributed training

Three tasks and an open question: who gets which example, the mean of unequal
parts, and a layer in two halves. None of them needs a second process.
"""

import torch
import torch.nn.functional as F
from torch.utils.data import DistributedSampler

from kindling.practice import check

# %%
# ## Who gets which example
#
# Deal `n` examples to `processes` processes, in order and without shuffling, as `DistributedSampler` does: one to each
# in turn. All must get the same number. If the examples do not suffice for that, begin again at example 0 until they
# do. Return the list of the indices for the process `rank`. (There are at least as many examples as processes.)
#
# ??? hint
#     How many does each process get? Ten examples and three processes: four each, so twelve are needed.
#
# ??? hint
#     `-(-n // processes)` divides and rounds up.
#
# ??? hint
#     Count on beyond the end, and take the rest of a division: after example `n - 1`, `i % n` begins again at 0.


def share(n, processes, rank):
    """Return the indices of the examples for one process."""
    # gap
    each = -(-n // processes)
    return [i % n for i in range(rank, each * processes, processes)]
    # end


check(
    "distributed-training/who-gets-which-example",
    share,
    right=lambda n, processes, rank: list(
        DistributedSampler(range(n), processes, rank, shuffle=False)
    ),
    cases=[(10, 3, 0), (10, 3, 2), (8, 2, 1), (7, 4, 3)],
    mistakes={
        "the last ones are missing: all processes must get the same "
        "number.": lambda n, p, r: list(range(r, n, p)),
        "you leave out the examples that do not come out even. They should "
        "be dealt, and some others twice.": lambda n, p, r: list(
            range(r, n // p * p, p)
        ),
        "you give each process a block of neighbors. They are dealt one to "
        "each in turn.": lambda n, p, r: [
            i % n for i in range(r * -(-n // p), (r + 1) * -(-n // p))
        ],
        "your indices go beyond the last example. Begin again at "
        "0.": lambda n, p, r: list(range(r, -(-n // p) * p, p)),
        "you repeat the last example where one is missing. Begin again at "
        "0.": lambda n, p, r: [
            min(i, n - 1) for i in range(r, -(-n // p) * p, p)
        ],
        "ranks are counted from 0. Yours begin at 1.": lambda n, p, r: [
            i % n for i in range(r - 1, -(-n // p) * p, p)
        ],
        "you deal one round too many when the division leaves no "
        "rest.": lambda n, p, r: [i % n for i in range(r, (n // p + 1) * p, p)],
    },
)

# %%
# With `drop_last=True` the sampler leaves out what does not come out even. Then no example counts twice, and a few do
# not count at all, in this epoch.

# %%
# ## Unequal parts
#
# Each process has the gradient of its *mean* loss over its own examples. The parts are unequal: process $i$ had $n_i$
# of them. Return the gradient of the mean loss over all examples. `gradients` has a row for each process, [P, N], and
# `counts` says how many examples it had, [P].
#
# ??? hint
#     From a mean to a sum: multiply by the number of examples.
#
# ??? hint
#     Add up the sums of all processes, and divide by the number of all examples.


def gradient_of_all(gradients, counts):
    """Return the gradient [N] of the mean over all examples."""
    # gap
    return (counts[:, None] * gradients).sum(dim=0) / counts.sum()
    # end


check(
    "distributed-training/unequal-parts",
    gradient_of_all,
    right=lambda gradients, counts: counts / counts.sum() @ gradients,
    cases=[
        (
            torch.tensor([[1.0, 0.0, 2.0], [4.0, 1.0, -1.0]]),
            torch.tensor([3.0, 1.0]),
        ),
        (
            torch.randn(3, 5, generator=torch.Generator().manual_seed(47)),
            torch.tensor([64.0, 64.0, 17.0]),
        ),
    ],
    mistakes={
        "this is what DDP computes: each process counts the same, whether "
        "it had many examples or few.": lambda g, n: g.mean(dim=0),
        "you add up the gradients of the means. The sum grows with the "
        "number of processes.": lambda g, n: g.sum(dim=0),
        "this is the gradient of the sum over all examples. Divide by "
        "their number.": lambda g, n: n @ g,
        "you divide by the number of processes. Divide by the number of "
        "examples.": lambda g, n: n @ g / len(n),
        "you weigh the wrong way: who had few examples counts "
        "more.": lambda g, n: (1 / n) @ g / (1 / n).sum(),
        "you take the mean over the numbers of a gradient. The rows are "
        "processes: keep the columns.": lambda g, n: g.mean(dim=1),
        "your weights add up to one, but they are a softmax of the counts. "
        "Divide by the sum.": lambda g, n: n.softmax(dim=0) @ g,
    },
)

# %%
# DDP takes the plain mean of the processes. As long as all have batches of the same size, both are equal.
# `DistributedSampler` sees to that; a sampler of your own may not.

# %%
# ## A layer in two halves
#
# Tensor parallelism for two linear layers with a ReLU between them. `first` is `(weight, bias)` with shapes [H, D] and
# [H]; `second` is [K, H] and [K]. Two processes share the work: each has half of the hidden units ($H$ is even).
# Compute what each of them would, and add up. No process may compute all hidden units.
#
# ??? hint
#     A hidden unit is a row of the first weight matrix, an entry of its bias, and a *column* of the second matrix.
#
# ??? hint
#     Both processes return a part of the same sum, [B, K]. What must be added only once?


def in_halves(x, first, second):
    """Return the outputs [B, K] for x [B, D], as a sum of two parts."""
    (weight1, bias1), (weight2, bias2) = first, second
    half = len(weight1) // 2
    parts = []
    for units in (slice(0, half), slice(half, None)):
        # gap
        #: parts.append(...)
        hidden = F.relu(x @ weight1[units].T + bias1[units])
        parts.append(hidden @ weight2[:, units].T)
        # end
    return parts[0] + parts[1] + bias2


def numbers(*shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def whole(x, first, second):
    return F.linear(F.linear(x, *first).relu(), *second)


def halves(x, first, second, part):
    half = len(first[0]) // 2
    return sum(
        part(x, u, *first, *second) for u in (slice(half), slice(half, None))
    )


check(
    "distributed-training/a-layer-in-two-halves",
    in_halves,
    right=whole,
    cases=[
        (
            numbers(3, 4, seed=1),
            (numbers(6, 4, seed=2), numbers(6, seed=3)),
            (numbers(6, 6, seed=4), numbers(6, seed=5)),
        ),
        (
            numbers(2, 5, seed=6),
            (numbers(4, 5, seed=7), numbers(4, seed=8)),
            (numbers(4, 4, seed=9), numbers(4, seed=10)),
        ),
    ],
    mistakes={
        "the last bias is in your parts as well, so it counts more than "
        "once.": lambda x, a, b: whole(x, a, b) + 2 * b[1],
        "there is no ReLU in your parts. It must come before the second "
        "matrix.": lambda x, a, b: F.linear(F.linear(x, *a), *b),
        "the ReLU comes too late: it belongs to the hidden units, not to "
        "the sums.": lambda x, a, b: (
            halves(
                x,
                a,
                b,
                lambda x, u, w1, b1, w2, b2: (
                    F.linear(x, w1[u], b1[u]) @ w2[:, u].T
                ).relu(),
            )
            + b[1]
        ),
        "the bias of the hidden units is missing.": lambda x, a, b: F.linear(
            F.linear(x, a[0]).relu(), *b
        ),
        "each part is the whole already, so you get everything twice. Take "
        "only the `units` of the process.": lambda x, a, b: (
            2 * whole(x, a, b) - b[1]
        ),
        "you take rows of the second matrix. A hidden unit is one of its "
        "columns.": lambda x, a, b: (
            halves(
                x,
                a,
                b,
                lambda x, u, w1, b1, w2, b2: (
                    F.linear(x, w1[u], b1[u]).relu() @ w2[u]
                ),
            )
            + b[1]
        ),
    },
)

# %%
# Between the two layers no message is needed, since each ReLU sees only its own unit. That is why the first matrix is
# split by rows and the second by columns.

# %%
# ## A message every ten steps
#
# An open question. In the tutorial, each step sends a message. Let the two processes train alone for ten steps with
# `model.no_sync()` and an optimizer of their own, and then take the mean of their *weights* by an all-reduce. How far
# apart are the weights before the mean? Does the loss after two epochs suffer? What if you take the mean only once, at
# the end?
