# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: autoencoders

Three tasks and an open question: a code from given directions, the copies under
a transposed convolution, and the price of a code.
"""

import torch

from kindling.practice import check

# %%
# ## There and back
#
# `directions` [D, K] holds K orthonormal directions as its columns, and `mean` [D] is the mean of the data. Return the
# points `x` [N, D], rebuilt from K numbers each.
#
# ??? hint
#     A code is the coordinates of a point along the directions. From where are they counted?
#
# ??? hint
#     The code is `(x - mean) @ directions`, of shape [N, K]. The way back uses the transposed matrix.


def rebuilt(x, mean, directions):
    """Points [N, D] from codes of K numbers each."""
    # gap
    code = (x - mean) @ directions
    return code @ directions.T + mean
    # end


corner = torch.tensor([[0.6, 0.0], [0.8, 0.0], [0.0, 1.0]])
points = torch.tensor([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]])

check(
    "autoencoders/there-and-back",
    rebuilt,
    right=lambda x, mean, d: (x - mean) @ d @ d.T + mean,
    cases=[
        (points, torch.tensor([0.5, 1.0, 2.0]), corner),
        (points, torch.tensor([3.0, -1.0, 1.0]), corner[:, :1]),
    ],
    mistakes={
        "the mean is missing: take it away before you project, and add it "
        "again at the end.": lambda x, mean, d: x @ d @ d.T,
        "you took the mean away and did not add it again.": lambda x, mean, d: (
            (x - mean) @ d @ d.T
        ),
        "you added the mean at the end. It must also be taken away before "
        "you project.": lambda x, mean, d: x @ d @ d.T + mean,
        "this is the code. Go back to points by the transposed "
        "matrix.": lambda x, mean, d: (x - mean) @ d,
        "these are the points themselves: nothing has gone through the "
        "bottleneck.": lambda x, mean, d: x + 0 * mean,
    },
)

# %%
# The rebuilt point is the nearest one in the plane of the directions. An autoencoder with one linear layer in each
# half learns this plane, though not these directions.

# %%
# ## Count the copies
#
# A transposed convolution in one dimension has `n` inputs, a kernel of `kernel` numbers and a stride of `stride`, and
# no padding. Return how many copies of the kernel reach each output place, as a tensor of floats.
#
# ??? hint
#     The copy of input number i covers the places from `i * stride` to `i * stride + kernel - 1`.
#
# ??? hint
#     The last copy begins at `(n - 1) * stride`. That gives the length of the output.


def copies(n, kernel, stride):
    """How many copies reach each place: [(n - 1) * stride + kernel]."""
    # gap
    count = torch.zeros((n - 1) * stride + kernel)
    for i in range(n):
        count[i * stride : i * stride + kernel] += 1
    return count
    # end


def layered(n, kernel, stride):
    ones = torch.ones(1, 1, n)
    weights = torch.ones(1, 1, kernel)
    return torch.conv_transpose1d(ones, weights, stride=stride)[0, 0]


check(
    "autoencoders/count-the-copies",
    copies,
    right=layered,
    cases=[(4, 3, 2), (5, 4, 2), (3, 2, 3)],
    mistakes={
        "the output has n * stride places here. The last copy begins at "
        "(n - 1) * stride and is `kernel` long.": lambda n, k, s: torch.cat(
            [layered(n, k, s), torch.zeros(n * s)]
        )[: n * s],
        "your copies are one place too short.": lambda n, k, s: torch.cat(
            [layered(n, k - 1, s), torch.zeros(1)]
        ),
        "the copies follow each other at every place. They should be "
        "`stride` places apart.": lambda n, k, s: layered(n, k, 1),
        "here each place counts once, however many copies reach "
        "it.": lambda n, k, s: layered(n, k, s).clamp(max=1),
        "you counted one copy too many: inputs 0 to n - 1 make n "
        "copies.": lambda n, k, s: layered(n + 1, k, s),
    },
)

# %%
# With a kernel of 4 and a stride of 2, all places but those at the ends get two copies. With a kernel of 3 the counts
# alternate, and with a kernel that is shorter than the stride some places get none.

# %%
# ## The price of a code
#
# Return the mean over a batch of the KL divergence from the standard normal distribution to $N(\mu, \sigma)$, for `mu`
# and `log_variance` $= \log\sigma^2$, both [N, K].
#
# ??? hint
#     One number of the code costs $\frac12(\mu^2 + \sigma^2 - 1 - \log\sigma^2)$.
#
# ??? hint
#     Sum over the numbers of a code, then take the mean over the batch. $\sigma^2$ is `log_variance.exp()`.


def price(mu, log_variance):
    """The mean KL divergence of a batch, a tensor with one number."""
    # gap
    terms = mu.square() + log_variance.exp() - 1 - log_variance
    return 0.5 * terms.sum(dim=1).mean()
    # end


def terms(mu, v):
    return 0.5 * (mu.square() + v.exp() - 1 - v)


check(
    "autoencoders/the-price-of-a-code",
    price,
    right=lambda mu, v: terms(mu, v).sum(dim=1).mean(),
    cases=[
        (
            torch.tensor([[1.0, -2.0], [0.5, 0.0], [0.3, 1.0]]),
            torch.tensor([[0.0, 0.4], [-1.0, 0.7], [0.2, -0.5]]),
        ),
        (torch.tensor([[2.0, 0.0, 1.0]]), torch.tensor([[0.5, -2.0, 0.1]])),
    ],
    mistakes={
        "this is the mean over the numbers of the code as well. Sum over "
        "them.": lambda mu, v: terms(mu, v).mean(),
        "this is the sum over the batch. Take the mean over "
        "it.": lambda mu, v: terms(mu, v).sum(),
        "the half is missing.": lambda mu, v: 2 * terms(mu, v).sum(1).mean(),
        "the sign is turned: a divergence is never negative.": lambda mu, v: (
            -terms(mu, v).sum(dim=1).mean()
        ),
        "you took log_variance for the standard deviation's logarithm. "
        "The variance is log_variance.exp().": lambda mu, v: (
            terms(mu, 2 * v).sum(dim=1).mean()
        ),
        "you used log_variance where the variance itself is meant: "
        "apply exp() to it.": lambda mu, v: (
            0.5 * (mu.square() - 1).sum(dim=1).mean() + 0 * v.sum()
        ),
        "this is one divergence for each image. Take the mean over the "
        "batch.": lambda mu, v: terms(mu, v).sum(dim=1),
    },
)

# %%
# In the loss of a VAE this stands next to a sum over 784 pixels. A mean in one of the two places changes their
# weights.

# %%
# ## How many numbers does a digit need?
#
# An open question. Train the tutorial's deep autoencoder with codes of 2, 4, 8, 16, 32 and 64 numbers, and draw the
# test error against the size of the code, next to that of PCA. From which size on is little gained? Then do the same
# for the VAE, and print the KL divergence of each number of the code by itself. How many of 32 numbers does it use?
