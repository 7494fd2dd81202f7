# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: the arithmetic of convolutions

Three tasks and an open question: sizes backward, the price of a cheaper layer,
and how far a number sees when windows are dilated.
"""

import torch
import torch.nn.functional as F
from torch import nn

from kindling.practice import check

# %%
# ## Which images fit
#
# The formula of the tutorial gives the size of a map for the size of an image. Go the other way: a convolution with
# this kernel, stride and padding (and dilation 1) gave `size` rows. How many rows can the image have had? Because of
# the rounding there may be several answers. Return the smallest and the largest.
#
# ??? hint
#     Begin with the smallest image: the last window ends exactly at its last row, or at the end of the frame.
#
# ??? hint
#     How far has the window moved from the first place to the last? Add the kernel, and take the frame away on both
#     sides.
#
# ??? hint
#     Add rows at the end, one at a time. After how many does one more window fit?


def sizes_in(size, kernel, stride, padding):
    """Return the smallest and the largest number of rows that give `size`."""
    # gap
    #: smallest = ...
    #: largest = ...
    #: return smallest, largest
    smallest = (size - 1) * stride + kernel - 2 * padding
    return smallest, smallest + stride - 1
    # end


def tried(size, kernel, stride, padding):
    fitting = [
        n
        for n in range(max(1, kernel - 2 * padding), 500)
        if (n + 2 * padding - kernel) // stride + 1 == size
    ]
    return fitting[0], fitting[-1]


check(
    "conv-arithmetic/which-images-fit",
    sizes_in,
    right=tried,
    cases=[(43, 5, 3, 1), (3, 3, 2, 0), (28, 3, 1, 1), (14, 2, 2, 0)],
    mistakes={
        "not solved yet: there is still `...` where your two "
        "numbers go.": lambda size, k, s, p: (..., ...),
        "the window moves once less than it has places: the first place "
        "needs no move.": lambda size, k, s, p: (
            size * s + k - 2 * p,
            size * s + k - 2 * p + s - 1,
        ),
        "the frame is on both sides, so it takes up "
        "twice the padding.": lambda size, k, s, p: (
            (size - 1) * s + k - p,
            (size - 1) * s + k - p + s - 1,
        ),
        "the padding is missing: the window moves over image and frame, and "
        "you were asked for the image alone.": lambda size, k, s, p: (
            (size - 1) * s + k,
            (size - 1) * s + k + s - 1,
        ),
        "you added the frame to the image. It is there already when the "
        "window moves, so it must be taken away.": lambda size, k, s, p: (
            (size - 1) * s + k + 2 * p,
            (size - 1) * s + k + 2 * p + s - 1,
        ),
        "the smallest is right. With `stride` rows more, the window fits "
        "once more, so the largest is one less.": lambda size, k, s, p: (
            (size - 1) * s + k - 2 * p,
            (size - 1) * s + k - 2 * p + s,
        ),
        "the smallest is right, and it is not the only one: rows that are "
        "left over change nothing.": lambda size, k, s, p: (
            ((size - 1) * s + k - 2 * p,) * 2
        ),
        "both numbers are right, in the wrong order: the smallest "
        "comes first.": lambda size, k, s, p: (
            (size - 1) * s + k - 2 * p + s - 1,
            (size - 1) * s + k - 2 * p,
        ),
        "these are the places where windows begin. The last window still "
        "needs its `kernel` rows.": lambda size, k, s, p: (
            (size - 1) * s - 2 * p,
            (size - 1) * s - 2 * p + s - 1,
        ),
    },
)

# %%
# An image of 130 rows is among those that give 43, for a kernel of 5, stride 3 and padding 1: so are 129 and 131. With
# stride 1 nothing is rounded, and there is one answer.

# %%
# ## The cheaper pair
#
# A convolution from `channels_in` to `channels_out` channels, with windows of `kernel` by `kernel`, can be replaced by
# a pair: first a depthwise convolution on the channels that go in, then a 1 by 1 convolution. Return the parameters of
# the one layer and those of the pair. All layers have biases.
#
# ??? hint
#     The depthwise layer has as many filters as channels go in, and each of them reads one channel.
#
# ??? hint
#     The 1 by 1 layer has a filter for each channel that comes out. What does it read?


def prices(channels_in, channels_out, kernel):
    """Return the parameters of one convolution, and of the pair."""
    # gap
    #: one = ...
    #: pair = ...
    #: return one, pair
    one = channels_out * (channels_in * kernel**2 + 1)
    depthwise = channels_in * (kernel**2 + 1)
    return one, depthwise + channels_out * (channels_in + 1)
    # end


def counted(*layers):
    return sum(p.numel() for layer in layers for p in layer.parameters())


check(
    "conv-arithmetic/the-cheaper-pair",
    prices,
    right=lambda i, o, k: (
        counted(nn.Conv2d(i, o, k)),
        counted(nn.Conv2d(i, i, k, groups=i), nn.Conv2d(i, o, 1)),
    ),
    cases=[(3, 16, 3), (64, 64, 3), (32, 8, 5)],
    mistakes={
        "not solved yet: there is still `...` where your two "
        "numbers go.": lambda i, o, k: (..., ...),
        "the biases are missing: each filter has one, in all "
        "three layers.": lambda i, o, k: (o * i * k**2, i * k**2 + o * i),
        "the single layer is right. In the pair, the depthwise layer works "
        "on the channels that go *in*; it does not know how many will come "
        "out.": lambda i, o, k: (
            o * (i * k**2 + 1),
            o * (k**2 + 1) + o * (i + 1),
        ),
        "the single layer is right. The pair lacks its "
        "1 by 1 layer.": lambda i, o, k: (o * (i * k**2 + 1), i * (k**2 + 1)),
        "the single layer is right. The pair lacks its "
        "depthwise layer.": lambda i, o, k: (o * (i * k**2 + 1), o * (i + 1)),
        "a filter of the single layer reads all the channels that go in, "
        "with weights for each.": lambda i, o, k: (
            o * (k**2 + 1),
            i * (k**2 + 1) + o * (i + 1),
        ),
        "the single layer is right. A 1 by 1 filter reads one pixel, but of "
        "*every* channel.": lambda i, o, k: (
            o * (i * k**2 + 1),
            i * (k**2 + 1) + o * 2,
        ),
        "both numbers are right, in the wrong order: the single layer "
        "comes first.": lambda i, o, k: (
            i * (k**2 + 1) + o * (i + 1),
            o * (i * k**2 + 1),
        ),
    },
)

# %%
# From 3 to 16 channels a 3 by 3 layer has 448 parameters and the pair 94. The more channels, the more the pair saves:
# in the limit, $k^2$ times.

# %%
# ## What a number sees
#
# Extend `receptive_field` of the tutorial to dilated windows. Each layer is now `(kernel, stride, dilation)`. How many
# pixels in a row can one number after the last layer depend on?
#
# ??? hint
#     A dilated window reads every second, or every third, neighbor. How many neighbors lie between the first and the
#     last that it reads?
#
# ??? hint
#     In the tutorial a window added `kernel - 1` jumps. With dilation each of these steps is longer.


def field_of(layers):
    """Return the receptive field, in pixels, of layers (k, s, d)."""
    # gap
    field, jump = 1, 1
    for kernel, stride, dilation in layers:
        field += dilation * (kernel - 1) * jump
        jump *= stride
    return field
    # end


def from_outside(layers):
    """The span of the pixels that get a gradient."""
    strip = torch.zeros(1, 1, 300, requires_grad=True)
    x = strip
    for kernel, stride, dilation in layers:
        ones = torch.ones(1, 1, kernel)
        x = F.conv1d(x, ones, stride=stride, dilation=dilation)
    x[0, 0, x.shape[2] // 2].backward()
    places = strip.grad[0, 0].nonzero()
    return (places[-1] - places[0] + 1).item()


def summed(layers, grow, begin=1, late=False, strides=True):
    field, jump = begin, 1
    for kernel, stride, dilation in layers:
        jump *= stride if late and strides else 1
        field += grow(kernel, dilation) * jump
        jump *= stride if strides and not late else 1
    return field


check(
    "conv-arithmetic/what-a-number-sees",
    field_of,
    right=from_outside,
    cases=[
        ([(3, 1, 1), (2, 2, 1), (3, 1, 1), (2, 2, 1), (3, 1, 1)],),
        ([(3, 1, 1), (3, 1, 2), (3, 1, 4)],),
        ([(5, 2, 3), (3, 2, 2)],),
    ],
    mistakes={
        "the dilation is missing: this is the function of the "
        "tutorial.": lambda layers: summed(layers, lambda k, d: k - 1),
        "the strides are missing: after a stride, neighbors lie further "
        "apart in the image.": lambda layers: summed(
            layers, lambda k, d: d * (k - 1), strides=False
        ),
        "you multiply the jump before you use it. A layer's own stride "
        "moves its outputs apart, not what its window "
        "reads.": lambda layers: summed(
            layers, lambda k, d: d * (k - 1), late=True
        ),
        "a window of `kernel` numbers has `kernel - 1` steps from the first "
        "to the last, and each is `dilation` long.": lambda layers: summed(
            layers, lambda k, d: d * k
        ),
        "you took 1 away after multiplying by the dilation. The window "
        "covers `dilation * (kernel - 1) + 1`.": lambda layers: summed(
            layers, lambda k, d: d * k - 1
        ),
        "you begin at 0. Before any layer, a number sees itself: "
        "one pixel.": lambda layers: summed(
            layers, lambda k, d: d * (k - 1), begin=0
        ),
    },
)

# %%
# Three 3 by 3 convolutions with two 2 by 2 poolings between them see 18 pixels. Dilations 1, 2 and 4 see 15 with three
# layers, and without any stride.

# %%
# ## One large window or three small ones
#
# An open question. Early networks for photos began with a 7 by 7 convolution, stride 2, from 3 channels to 64. Later
# ones began with three 3 by 3 convolutions instead, the first of them with stride 2. How many channels would you give
# the first two? Compare both beginnings: parameters, multiplications for an image of 224 by 224 pixels, receptive
# field, and the influence of each pixel, with the function `influence` of the tutorial. Which of these numbers would
# make you choose one, and what would you have to measure besides?
