# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: style transfer

Three tasks and an open question: a Gram matrix for a whole batch, an image that
an optimizer accepts, and a style loss in which every layer has its say.
"""

import torch

from kindling.practice import check


def maps(*shape, seed):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


# %%
# ## Gram matrices of a batch
#
# `x` holds the feature maps of several images, `[B, C, H, W]`. Return a Gram matrix for each of them, `[B, C, C]`,
# divided by the number of numbers in the maps of one image, so that large images do not have larger matrices.
#
# ??? hint
#     Put the places of each channel in one row: `[B, C, H * W]`. Which axes does `flatten` have to join?
#
# ??? hint
#     `a @ b` multiplies the last two axes and keeps the batch. What must `b` be, to get `[B, C, C]`?


def gram(x):
    """Return the Gram matrices [B, C, C] of feature maps [B, C, H, W]."""
    # gap
    rows = x.flatten(2)
    return rows @ rows.transpose(1, 2) / x[0].numel()
    # end


def product(x):
    return torch.einsum("bchw,bdhw->bcd", x, x)


check(
    "style-transfer/gram-matrices-of-a-batch",
    gram,
    right=lambda x: product(x) / x[0].numel(),
    cases=[(maps(1, 3, 4, 5, seed=1),), (maps(2, 4, 3, 6, seed=2),)],
    mistakes={
        "batch and channels are flattened into one axis, so channels of "
        "different images meet.": lambda x: (
            x.flatten(0, 1).flatten(1)
            @ x.flatten(0, 1).flatten(1).T
            / x[0].numel()
        ),
        "the division is missing.": product,
        "you divide by the numbers of the whole batch. Each image has a matrix "
        "of its own.": lambda x: product(x) / x.numel(),
        "you divide by the number of places. The channels count "
        "too.": lambda x: product(x) / x[0, 0].numel(),
        "you divide by the number of channels. The places count "
        "too.": lambda x: product(x) / x.shape[1],
        "this is a matrix of places, [B, H * W, H * W]. The transposed one "
        "comes second.": lambda x: (
            x.flatten(2).transpose(1, 2) @ x.flatten(2) / x[0].numel()
        ),
        "the matrices of the images are added up. Keep them apart, along "
        "`dim=0`.": lambda x: product(x).sum(dim=0) / x[0].numel(),
    },
)

# %%
# Shuffle the places of `x`, the same for all channels, and the result stays as it is: the sum runs over all places,
# and a sum does not know an order.

# %%
# ## A leaf
#
# Make the tensor that an optimizer is to change: a copy of `image` in the number type `dtype`, which asks for a
# gradient and is a leaf. The image itself must stay as it is, even when the copy is changed.
#
# ??? hint
#     Which comes first, the change of type or `requires_grad_()`?
#
# ??? hint
#     If the type is already right, `.to(dtype)` returns the same tensor, and no copy. What does `.clone()` do?


def trainable(image, dtype):
    """Return a leaf that asks for a gradient, with the pixels of the image."""
    # gap
    return image.detach().clone().to(dtype).requires_grad_()
    # end


def leaves(answer):
    """Leaf, gradient, type, and whether the image stays as it was."""
    found = []
    for dtype in (torch.float32, torch.float64):
        image = maps(1, 3, 2, 2, seed=3)
        before = image.clone()
        made = answer(image, dtype)
        found += [made.is_leaf, made.requires_grad, str(made.dtype)]
        with torch.no_grad():
            made.zero_()
        found += [torch.equal(image, before), image.requires_grad]
    return found


check(
    "style-transfer/a-leaf",
    trainable,
    right=lambda image, dtype: image.clone().to(dtype).requires_grad_(),
    probe=leaves,
    mistakes={
        "the change of type comes after `requires_grad_()`, so its result is "
        "no leaf.": lambda image, dtype: (
            image.clone().requires_grad_().to(dtype)
        ),
        "this does not copy: where the type is right already, you hand out the "
        "image itself.": lambda image, dtype: image.to(dtype).requires_grad_(),
        "this is no leaf, since `clone` comes after "
        "`requires_grad_()`.": lambda image, dtype: (
            image.detach().to(dtype).requires_grad_().clone()
        ),
        "nothing asks for a gradient.": lambda image, dtype: image.clone().to(
            dtype
        ),
        "the type stays as it was: `dtype` is not used.": lambda image, dtype: (
            image.clone().requires_grad_()
        ),
    },
)

# %%
# The same holds for `.to(device)`: move first, ask for the gradient last.

# %%
# ## Every layer has its say
#
# `found` and `wanted` are lists of Gram matrices, one for each layer. At each layer take the sum of squared
# differences, and divide it by the sum of squares of the *wanted* matrix. Return the weighted mean over the layers, by
# `weights`, which need not add up to one.
#
# ??? hint
#     For one layer: `(f - w).square().sum() / w.square().sum()`.
#
# ??? hint
#     A weighted mean is the sum of weight times value, divided by the sum of the weights.


def style_loss(found, wanted, weights):
    """Return the weighted mean of the layers' relative squared differences."""
    # gap
    total = 0.0
    for f, w, weight in zip(found, wanted, weights, strict=True):
        total = total + weight * (f - w).square().sum() / w.square().sum()
    return total / sum(weights)
    # end


def weighted(by_layer, divide=True):
    def loss(found, wanted, weights):
        layers = zip(found, wanted, weights, strict=True)
        total = sum(weight * by_layer(f, w) for f, w, weight in layers)
        return total / sum(weights) if divide else total

    return loss


def relative(f, w):
    return (f - w).square().sum() / w.square().sum()


def both(seed):
    return [maps(1, 2, 2, seed=seed), 100 * maps(1, 3, 3, seed=seed + 1)]


check(
    "style-transfer/every-layer-has-its-say",
    style_loss,
    right=weighted(relative),
    cases=[(both(4), both(6), [1.0, 1.0]), (both(8), both(10), [3.0, 1.0])],
    mistakes={
        "the layers count by their size: each difference must be divided by "
        "the squares of its wanted matrix.": weighted(
            lambda f, w: (f - w).square().sum()
        ),
        "you take means of squares, and do not divide by the squares of the "
        "wanted matrix.": weighted(lambda f, w: (f - w).square().mean()),
        "you divide by the matrix that was found. The optimizer could then "
        "make the loss small by making it large.": weighted(
            lambda f, w: (f - w).square().sum() / f.square().sum()
        ),
        "the sum is not divided by the sum of the weights.": weighted(
            relative, divide=False
        ),
        "the weights are not used: this is the plain mean.": (
            lambda found, wanted, weights: (
                sum(map(relative, found, wanted)) / len(found)
            )
        ),
        "you divide by the number of layers. Divide by the sum of the "
        "weights.": lambda found, wanted, weights: (
            weighted(relative, divide=False)(found, wanted, weights)
            / len(weights)
        ),
        "you add up the differences without squaring them.": weighted(
            lambda f, w: (f - w).sum() / w.square().sum()
        ),
    },
)

# %%
# A matrix a hundred times as large as another no longer decides alone. That is what the division is for.

# %%
# ## Your own images
#
# An open question. Take a photo and a painting of your own, or `photo("space_needle")` and `photo("udnie")`. Start
# once from the photo and once from gray noise: which needs more steps, and do both end at the same loss? Then move the
# content layer from 7 to 3 and to 10. What of the photo is still to be recognized? Say what you expect before you
# look.
