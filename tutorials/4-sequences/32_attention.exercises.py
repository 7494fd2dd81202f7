# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: attention

Three tasks and an open question: attention by hand, the mask that hides what is
to come, and how an image becomes a sequence.
"""

import torch
import torch.nn.functional as F

from kindling.practice import check

# %%
# ## Attention by hand
#
# `q` has shape `[T, D]`, `k` has shape `[S, D]` and `v` has shape `[S, E]`. Compute the answer `[T, E]`: scores,
# divided by the square root of D, softmax over the keys, mixture of the values.
#
# ??? hint
#     The scores are a matrix `[T, S]`: `q @ k.T`.
#
# ??? hint
#     Each *query's* weights must add up to one. Over which dimension of `[T, S]` does the softmax go?


def attention(q, k, v):
    """Return the mixture of values for each query, [T, E]."""
    # gap
    scores = q @ k.T / q.shape[-1] ** 0.5
    return scores.softmax(dim=-1) @ v
    # end


dealer = torch.Generator().manual_seed(32)
check(
    "attention/attention-by-hand",
    attention,
    right=lambda q, k, v: F.scaled_dot_product_attention(
        q[None], k[None], v[None]
    )[0],
    cases=[
        tuple(
            torch.randn(size, generator=dealer)
            for size in [(3, 4), (5, 4), (5, 2)]
        ),
        tuple(
            torch.randn(size, generator=dealer)
            for size in [(6, 9), (6, 9), (6, 9)]
        ),
    ],
    mistakes={
        "the scores are not divided by the square root of D.": lambda q, k, v: (
            (q @ k.T).softmax(dim=-1) @ v
        ),
        "you divide by D. Its square root was asked for.": lambda q, k, v: (
            (q @ k.T / q.shape[-1]).softmax(dim=-1) @ v
        ),
        "your softmax goes over the queries. The weights of each query "
        "must add up to one.": lambda q, k, v: (
            (q @ k.T / q.shape[-1] ** 0.5).softmax(dim=0) @ v
        ),
        "the softmax is missing: these are sums of values, and no "
        "averages.": lambda q, k, v: q @ k.T / q.shape[-1] ** 0.5 @ v,
        "you divide after the softmax. Divide the scores "
        "before it.": lambda q, k, v: (
            (q @ k.T).softmax(dim=-1) / q.shape[-1] ** 0.5 @ v
        ),
        "these are the weights. They still have to mix "
        "the values.": lambda q, k, v: (q @ k.T / q.shape[-1] ** 0.5).softmax(
            dim=-1
        ),
    },
)

# %%
# Keys and queries need the same length; values may have another.

# %%
# ## The past only
#
# Write the causal mask of T places, with a window: `allowed[i, j]` is True if place `i` may look at place `j`. It may
# look at itself and at what came before, but at most `window` places in all, its own included.
#
# ??? hint
#     `torch.arange(T)` numbers the places. As a column it stands for `i`, as a row for `j`.
#
# ??? hint
#     With `back = i - j`, a place may be seen if `back` is at least 0 and less than `window`.


def causal_window(T, window):
    """Return a mask of True and False, [T, T]."""
    # gap
    places = torch.arange(T)
    back = places.unsqueeze(1) - places
    return (back >= 0) & (back < window)
    # end


def distances(T):
    return torch.arange(T).unsqueeze(1) - torch.arange(T)


check(
    "attention/the-past-only",
    causal_window,
    right=lambda T, window: (
        torch.ones(T, T, dtype=torch.bool).tril().triu(1 - window)
    ),
    cases=[(6, 3), (5, 2), (4, 4)],
    mistakes={
        "your places do not see themselves.": lambda T, window: (
            (distances(T) > 0) & (distances(T) < window)
        ),
        "your mask looks ahead: rows and columns have "
        "changed places.": lambda T, window: (
            (distances(T) <= 0) & (distances(T) > -window)
        ),
        "your window is one place too long. It includes the "
        "place itself.": lambda T, window: (
            (distances(T) >= 0) & (distances(T) <= window)
        ),
        "the past is right, but it has no end: the window "
        "is missing.": lambda T, window: distances(T) >= 0,
        "True and False have changed places: True means that a place "
        "may be seen.": lambda T, window: (
            (distances(T) < 0) | (distances(T) >= window)
        ),
        "your places see what is to come: only the window is "
        "there.": lambda T, window: distances(T).abs() < window,
    },
)

# %%
# With a window, the work grows with T and no longer with its square, if the forbidden scores are never computed.
# Several stacked layers can still carry news further than one window.

# %%
# ## Patches
#
# Cut gray images `[B, H, W]` into patches of `size` by `size` pixels, row by row. The result has shape `[B, N, size *
# size]`, and the pixels of a patch stand row by row, too. H and W are multiples of `size`.
#
# ??? hint
#     `images.reshape(B, H // size, size, W // size, size)` gives the axes: image, row of patches, row of pixels,
#     column of patches, column of pixels.
#
# ??? hint
#     The two axes of patches must stand next to each other, and so must the two of pixels: `permute`, then `flatten`.


def cut(images, size):
    """Return the patches, [B, N, size * size]."""
    B, H, W = images.shape
    # gap
    grid = images.reshape(B, H // size, size, W // size, size)
    return grid.permute(0, 1, 3, 2, 4).reshape(B, -1, size**2)
    # end


def in_grid(images, size, *order):
    B, H, W = images.shape
    grid = images.reshape(B, H // size, size, W // size, size)
    return grid.permute(order).reshape(B, -1, size**2)


check(
    "attention/patches",
    cut,
    right=lambda images, size: F.unfold(
        images[:, None], size, stride=size
    ).transpose(1, 2),
    cases=[
        (torch.arange(48.0).reshape(2, 4, 6), 2),
        (torch.arange(72.0).reshape(1, 6, 12), 3),
    ],
    mistakes={
        "you only cut the list of pixels into pieces: a patch has pixels of "
        "several rows.": lambda images, size: images.reshape(
            len(images), -1, size**2
        ),
        "your patches go column by column. The order is row "
        "by row.": lambda images, size: in_grid(images, size, 0, 3, 1, 2, 4),
        "the pixels inside a patch stand column by "
        "column.": lambda images, size: in_grid(images, size, 0, 1, 3, 4, 2),
        "these are the pixels of one place in all patches: patches and "
        "pixels have changed places.": lambda images, size: F.unfold(
            images[:, None], size, stride=size
        ),
        "your patches overlap. The next one begins where the last one "
        "ends.": lambda images, size: F.unfold(images[:, None], size).transpose(
            1, 2
        ),
    },
)

# %%
# The linear layer on the patches is a convolution whose kernel and stride are the size of a patch, and it is often
# written as one.

# %%
# ## What is it worth?
#
# An open question. In the tutorial, take things away from the transformer, one at a time: the positions, the MLP in
# each block, all heads but one, the shortcuts. Train each for a few hundred steps, from three seeds. Which loss is the
# largest? Then do the same with the vision transformer: what do its positions bring, and what happens when you shuffle
# the pixels of all images by one permutation, as in [a fair comparison](../3-vision/19_fashion-cnn.py)? Write down
# what you expect first.
