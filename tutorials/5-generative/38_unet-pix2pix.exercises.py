# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: image to image, in pairs

Three tasks and an open question: the patch that a logit sees, the best single
answer, and a skip between maps of different sizes.
"""

from functools import reduce

import torch
import torch.nn.functional as F

from kindling.practice import check

# %%
# ## Which patch
#
# The discriminator's map has a logit at place 5 of a row. Which pixels of the image does it see? Go *backward* through
# the layers, each `(kernel, stride, padding)`, listed from the image to the logit. The window of a layer that writes
# its output `i` begins at its input `i * stride - padding`. Return the first pixel and the last one that the logit
# reads. Places in the padding count too, so the first may be negative.
#
# ??? hint
#     A logit at place `index` sees the places from `first = index` to `last = index` of the map it stands in. Go one
#     layer down: where does the window of `first` begin, and where does the window of `last` end?
#
# ??? hint
#     A window that begins at `b` ends at `b + kernel - 1`. Walk through `reversed(layers)`.


def patch(layers, index):
    """Return the first and the last pixel in a row that a logit reads."""
    first, last = index, index
    # gap
    #: ...
    #: return first, last
    for kernel, stride, padding in reversed(layers):
        first = first * stride - padding
        last = last * stride - padding + kernel - 1
    return first, last
    # end


check(
    "unet-pix2pix/which-patch",
    patch,
    right=lambda layers, index: tuple(
        reduce(
            lambda i, x: i * x[1] - x[2] + e * (x[0] - 1), layers[::-1], index
        )
        for e in (0, 1)
    ),
    cases=[
        ([(4, 2, 1), (4, 1, 1), (4, 1, 1)], 5),
        ([(4, 2, 1), (4, 2, 1), (4, 2, 1), (4, 1, 1), (4, 1, 1)], 15),
        ([(3, 1, 0), (5, 2, 2)], 0),
        ([(3, 2, 1)], 7),
    ],
    mistakes={
        "you go through the layers from the image to the logit. Go the other "
        "way: the logit's place is known, the pixels "
        "are asked for.": lambda layers, index: tuple(
            reduce(lambda i, x: i * x[1] - x[2] + e * (x[0] - 1), layers, index)
            for e in (0, 1)
        ),
        "the padding is missing. It moves the window of place 0 to before the "
        "first pixel.": lambda layers, index: tuple(
            reduce(lambda i, x: i * x[1] + e * (x[0] - 1), layers[::-1], index)
            for e in (0, 1)
        ),
        "you moved the window by the padding to the wrong side: padding lets "
        "it begin earlier, not later.": lambda layers, index: tuple(
            reduce(
                lambda i, x: i * x[1] + x[2] + e * (x[0] - 1),
                layers[::-1],
                index,
            )
            for e in (0, 1)
        ),
        "your last place is one too far in each layer. A window of 4 that "
        "begins at 0 ends at 3.": lambda layers, index: tuple(
            reduce(lambda i, x: i * x[1] - x[2] + e * x[0], layers[::-1], index)
            for e in (0, 1)
        ),
        "the window of `last` has to grow by its kernel, too. You moved only "
        "its beginning.": lambda layers, index: (
            (reduce(lambda i, x: i * x[1] - x[2], layers[::-1], index),) * 2
        ),
        "multiply the place by the stride in each layer: two neighbors are "
        "that many places apart.": lambda layers, index: tuple(
            reduce(lambda i, x: i - x[2] + e * (x[0] - 1), layers[::-1], index)
            for e in (0, 1)
        ),
        "the first pixel is right. Then you return the width of the patch, and "
        "the last pixel was asked for.": lambda layers, index: (
            reduce(lambda i, x: i * x[1] - x[2], layers[::-1], index),
            reduce(lambda i, x: i * x[1] + x[0] - x[1], layers[::-1], 1),
        ),
    },
)

# %%
# The second case is the discriminator of 70 by 70 pixels: the width, last minus first plus one, is 70. At the border
# of the image a part of each patch is padding, so these logits judge less than the others.

# %%
# ## The best single answer
#
# A pixel may have any of the values in `values`, a tensor of shape `[N]` with N odd, all equally likely, and nothing
# in the input tells which. Return the constant with the smallest mean absolute error, and the one with the smallest
# mean squared error.
#
# ??? hint
#     Move a constant a little to the right. Its distance to the values on its left grows, and to those on its right it
#     shrinks. For the absolute error only their *numbers* count. Where do they balance?
#
# ??? hint
#     For the squared error set the derivative of `((values - c) ** 2).mean()` with respect to `c` to zero.


def best_answers(values):
    """Return the best constants for L1 and for the squared error."""
    # gap
    #: for_l1 = ...
    #: for_squares = ...
    #: return for_l1, for_squares
    return values.median(), values.mean()
    # end


check(
    "unet-pix2pix/the-best-single-answer",
    best_answers,
    right=lambda values: (
        values.sort().values[len(values) // 2],
        values.mean(),
    ),
    cases=[
        (torch.tensor([0.9, 0.1, 0.2, 0.2, 1.0]),),
        (torch.tensor([0.0, 1.0, 1.0, 1.0, 0.0]),),
        (torch.tensor([0.7, 0.8, 0.1]),),
        (torch.linspace(0, 1, 9) ** 2,),
    ],
    mistakes={
        "not solved yet: there is still `...` where your two "
        "constants go.": lambda values: (..., ...),
        "both are right, in the wrong order: the one for L1 comes "
        "first.": lambda values: (values.mean(), values.median()),
        "the mean is best for squares. For the absolute error it is something "
        "else: a value far away must not count more than a near "
        "one.": lambda values: (values.mean(), values.mean()),
        "the median is best for L1. The squared error lets values that are far "
        "away pull harder.": lambda values: (values.median(), values.median()),
        "for L1 you took the value in the middle of the list. Sort the list "
        "first.": lambda values: (values[len(values) // 2], values.mean()),
        "for L1 you took the middle between the smallest and the largest "
        "value. That is best for the largest error, not for the "
        "mean.": lambda values: (
            (values.min() + values.max()) / 2,
            values.mean(),
        ),
        "for L1 you took the most frequent value. That would count only exact "
        "hits.": lambda values: (values.mode().values, values.mean()),
        "these are the errors of the best constants. Return the constants "
        "themselves.": lambda values: (
            (values - values.median()).abs().mean(),
            values.var(unbiased=False),
        ),
    },
)

# %%
# The second case is the lamp of the tutorial: L1 answers "on", the squared error answers 0.6. So L1 may lose a rare
# detail altogether, where the squared error leaves a shadow of it. Neither invents one of the possible images.

# %%
# ## A skip that does not fit
#
# In a U-Net without padding the map from the way down, `skip`, is larger than its partner `x` on the way up. Cut the
# middle out of `skip`, as high and as wide as `x`, and put both together as channels, those of `x` first. If the number
# of rows that are left over is odd, cut one row more at the bottom than at the top, and the same with columns.
#
# ??? hint
#     With 7 rows and room for 4, there are 3 left over. How many go at the top?
#
# ??? hint
#     `top = (skip.shape[2] - x.shape[2]) // 2`, and the middle is `skip[:, :, top : top + x.shape[2], ...]`.


def join(x, skip):
    """Return x [B, C, H, W] and the middle of skip as one tensor."""
    # gap
    #: ...
    top = (skip.shape[2] - x.shape[2]) // 2
    left = (skip.shape[3] - x.shape[3]) // 2
    rows = slice(top, top + x.shape[2])
    columns = slice(left, left + x.shape[3])
    return torch.cat([x, skip[:, :, rows, columns]], dim=1)
    # end


check(
    "unet-pix2pix/a-skip-that-does-not-fit",
    join,
    right=lambda x, skip: torch.cat(
        [
            x,
            skip[
                :,
                :,
                (skip.shape[2] - x.shape[2]) // 2 :,
                (skip.shape[3] - x.shape[3]) // 2 :,
            ][:, :, : x.shape[2], : x.shape[3]],
        ],
        dim=1,
    ),
    cases=[
        (-torch.ones(1, 2, 2, 2), torch.arange(32.0).reshape(1, 2, 4, 4)),
        (-torch.ones(2, 1, 4, 3), torch.arange(126.0).reshape(2, 1, 7, 9)),
        (-torch.ones(1, 3, 3, 3), torch.arange(45.0).reshape(1, 3, 3, 5)),
    ],
    mistakes={
        "you cut at the corner. Then all details come down and to the right of "
        "where they belong. Cut out the middle.": lambda x, skip: torch.cat(
            [x, skip[:, :, : x.shape[2], : x.shape[3]]], dim=1
        ),
        "you kept the bottom right corner. Cut out "
        "the middle.": lambda x, skip: torch.cat(
            [x, skip[:, :, -x.shape[2] :, -x.shape[3] :]], dim=1
        ),
        "the channels of `x` come first, and those of "
        "`skip` after them.": lambda x, skip: torch.cat(
            [
                skip[
                    :,
                    :,
                    (skip.shape[2] - x.shape[2]) // 2 :,
                    (skip.shape[3] - x.shape[3]) // 2 :,
                ][:, :, : x.shape[2], : x.shape[3]],
                x,
            ],
            dim=1,
        ),
        "you added the two, as a residual connection does. Put them next to "
        "each other, as channels.": lambda x, skip: (
            x
            + skip[
                :,
                :,
                (skip.shape[2] - x.shape[2]) // 2 :,
                (skip.shape[3] - x.shape[3]) // 2 :,
            ][:, :, : x.shape[2], : x.shape[3]]
        ),
        "you put the two together as further images of the batch. Channels are "
        "axis 1.": lambda x, skip: torch.cat(
            [
                x,
                skip[
                    :,
                    :,
                    (skip.shape[2] - x.shape[2]) // 2 :,
                    (skip.shape[3] - x.shape[3]) // 2 :,
                ][:, :, : x.shape[2], : x.shape[3]],
            ],
            dim=0,
        ),
        "you scaled `skip` to the size of `x`. That moves its details; "
        "cut instead.": lambda x, skip: torch.cat(
            [x, F.interpolate(skip, x.shape[2:])], dim=1
        ),
        "an odd rest is split the other way: one row more goes at the bottom, "
        "not at the top.": lambda x, skip: torch.cat(
            [
                x,
                skip[
                    :,
                    :,
                    (skip.shape[2] - x.shape[2] + 1) // 2 :,
                    (skip.shape[3] - x.shape[3] + 1) // 2 :,
                ][:, :, : x.shape[2], : x.shape[3]],
            ],
            dim=1,
        ),
    },
)

# %%
# Frameworks offer this as "center crop". Check which side loses more when the number is odd: two libraries need not
# agree, and a shift of one pixel costs accuracy without any error message.

# %%
# ## Choose lambda
#
# An open question. In the tutorial, train the U-Net against the discriminator with `weight` at 10, at 30 and at 300.
# Watch three numbers: L1, the gradient energy and the distance of the patches. At which weight do the stripes go away
# again? At which do borders begin to suffer?
#
# Then give the discriminator another size: windows so small that each patch is 4 pixels wide, and a third layer, so
# that it sees the whole image. Which of these can know that stripes are four pixels apart? And what happens if it does
# not get to see the outlines?
