# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: a fair comparison

Three tasks and an open question: what a convolution costs, what it does, and
how a network forgets the place.
"""

import torch
import torch.nn.functional as F
from torch import nn

from kindling.practice import check

# %%
# ## What a layer costs
#
# A convolution turns `channels_in` channels into `channels_out`, with windows of `kernel` by `kernel` pixels
# and a bias for each channel that comes out. It works on a square image, `side` by `side`, *without*
# padding, so the window has to fit in whole. How many parameters does the layer have, and how many
# multiplications with a weight (as in the tutorial) does one image cost?
#
# ??? hint
#     Look at one filter first. How many weights does it have, if it reads all the channels that go in?
#
# ??? hint
#     A window of 3 fits into a row of 5 at three places: beginning at 0, at 1 and at 2. At how many does a
#     window of `kernel` fit into a row of `side`?


def costs(channels_in, channels_out, kernel, side):
    """Return the parameters, and the multiplications for one image."""
    # gap
    #: parameters = ...
    #: multiplications = ...
    #: return parameters, multiplications
    window = channels_in * kernel**2
    parameters = channels_out * (window + 1)
    places = (side - kernel + 1) ** 2
    return parameters, places * channels_out * window
    # end


check(
    "fashion-cnn/what-a-layer-costs",
    costs,
    right=lambda channels_in, channels_out, kernel, side: next(
        (
            sum(p.numel() for p in layer.parameters()),
            layer(torch.zeros(1, channels_in, side, side)).numel()
            * layer.weight[0].numel(),
        )
        for layer in [nn.Conv2d(channels_in, channels_out, kernel)]
    ),
    cases=[(1, 16, 3, 28), (16, 32, 3, 14), (3, 8, 5, 32), (4, 6, 1, 7)],
    mistakes={
        "not solved yet: there is still `...` where your two "
        "numbers go.": lambda i, o, k, s: (..., ...),
        "the multiplications are right, and the parameters lack the "
        "biases: one for each channel that comes out.": lambda i, o, k, s: (
            o * i * k**2,
            (s - k + 1) ** 2 * o * i * k**2,
        ),
        "a window reads all the channels that go in, and has weights for "
        "each of them. Yours read one channel.": lambda i, o, k, s: (
            o * (k**2 + 1),
            (s - k + 1) ** 2 * o * k**2,
        ),
        "you count a bias for each pair of channels. What a window reads "
        "is added up to one number, and that gets one "
        "bias.": lambda i, o, k, s: (
            o * i * (k**2 + 1),
            (s - k + 1) ** 2 * o * i * k**2,
        ),
        "your window stands at every pixel, as with padding. Without it "
        "the window must fit into the image in whole.": lambda i, o, k, s: (
            o * (i * k**2 + 1),
            s**2 * o * i * k**2,
        ),
        "your window misses the last place of each row and column: a "
        "window of 3 fits into a row of 5 three times.": lambda i, o, k, s: (
            o * (i * k**2 + 1),
            (s - k) ** 2 * o * i * k**2,
        ),
        "the parameters are right. For the multiplications you count the "
        "biases too, and they are only added.": lambda i, o, k, s: (
            o * (i * k**2 + 1),
            (s - k + 1) ** 2 * o * (i * k**2 + 1),
        ),
        "the parameters are right. For the multiplications you count the "
        "places along one side; there are rows and "
        "columns.": lambda i, o, k, s: (
            o * (i * k**2 + 1),
            (s - k + 1) * o * i * k**2,
        ),
        "both numbers are right, in the wrong order: the parameters come "
        "first.": lambda i, o, k, s: (
            (s - k + 1) ** 2 * o * i * k**2,
            o * (i * k**2 + 1),
        ),
        "the window is a square: `kernel` rows of "
        "`kernel` pixels.": lambda i, o, k, s: (
            o * (i * k + 1),
            (s - k + 1) ** 2 * o * i * k,
        ),
    },
)

# %%
# The size of the image enters the second number and not the first. That is *sharing*: each weight is used
# again at every place.

# %%
# ## Two loops
#
# Slide a window over an image yourself. `image` has shape `[H, W]`, `weights` is a filter, square and smaller,
# and `bias` is one number. At each place where the window fits, multiply, add up, and add the bias: the result has
# one number for each place. As `nn.Conv2d` does, leave the filter as it is, not flipped.
#
# ??? hint
#     A window of `size` rows begins at row 0, 1, ... up to `H - size`. How many rows does the result have?
#
# ??? hint
#     What lies under the window that begins at `[i, j]` is `image[i : i + size, j : j + size]`.


def convolve(image, weights, bias):
    """Return the feature map, [H - size + 1, W - size + 1]."""
    size = len(weights)
    # gap
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    written = torch.empty(rows, columns)
    for i in range(rows):
        for j in range(columns):
            window = image[i : i + size, j : j + size]
            written[i, j] = (window * weights).sum() + bias
    return written
    # end


check(
    "fashion-cnn/two-loops",
    convolve,
    right=lambda image, weights, bias: F.conv2d(
        image[None, None], weights[None, None], torch.tensor([bias])
    )[0, 0],
    cases=[
        (
            torch.arange(12.0).reshape(3, 4),
            torch.tensor([[0.0, 1.0], [2.0, 3.0]]),
            1.0,
        ),
        (
            torch.randn(7, 5, generator=torch.Generator().manual_seed(1)),
            torch.randn(3, 3, generator=torch.Generator().manual_seed(2)),
            -0.5,
        ),
    ],
    mistakes={
        "your loops stop one place too early, so the last row and the last "
        "column of places are missing.": lambda image, weights, bias: F.conv2d(
            image[None, None], weights[None, None], torch.tensor([bias])
        )[0, 0, :-1, :-1],
        "the bias is missing: it is added once to "
        "each sum.": lambda image, weights, bias: F.conv2d(
            image[None, None], weights[None, None]
        )[0, 0],
        "you add the bias inside the sum, so it counts once for each pixel "
        "of the window.": lambda image, weights, bias: F.conv2d(
            image[None, None],
            weights[None, None],
            torch.tensor([bias * weights.numel()]),
        )[0, 0],
        "you flipped the filter. The convolution of mathematics does that, "
        "and a layer does not.": lambda image, weights, bias: F.conv2d(
            image[None, None],
            weights.flip(0, 1)[None, None],
            torch.tensor([bias]),
        )[0, 0],
        "`@` is the product of matrices. Multiply pixel by weight, "
        "with `*`.": lambda image, weights, bias: torch.stack(
            [
                torch.stack(
                    [
                        (
                            image[i : i + len(weights), j : j + len(weights)]
                            @ weights
                        ).sum()
                        + bias
                        for j in range(image.shape[1] - len(weights) + 1)
                    ]
                )
                for i in range(image.shape[0] - len(weights) + 1)
            ]
        ),
        "rows and columns have changed places in "
        "your result.": lambda image, weights, bias: (
            F.conv2d(
                image[None, None], weights[None, None], torch.tensor([bias])
            )[0, 0].T
        ),
        "you take the mean under the window. The sum was asked for: the "
        "weights decide how much each "
        "pixel counts.": lambda image, weights, bias: F.conv2d(
            image[None, None],
            weights[None, None] / weights.numel(),
            torch.tensor([bias]),
        )[0, 0],
        "you keep the size of the image, as with padding. Only places "
        "where the window fits were asked for.": lambda image, weights, bias: (
            F.conv2d(
                F.pad(image, ((len(weights) - 1) // 2, len(weights) // 2) * 2)[
                    None, None
                ],
                weights[None, None],
                torch.tensor([bias]),
            )[0, 0]
        ),
    },
)

# %%
# A layer with many channels does this for each pair of channels, and adds up over those that go in. No library
# really loops: the same sums are arranged as one large matrix product, or in faster ways still.

# %%
# ## Forget the place
#
# Our network flattens its last channels, so that each place of each channel gets weights of its own. Another
# way is to keep one number for each channel: its mean over all places. Write that function, for a batch of
# any size and channels of any height and width.
#
# ??? hint
#     `maps` has the axes batch, channel, row, column. Which of them must go?
#
# ??? hint
#     `mean` takes several axes at once: `dim=(..., ...)`. The result has shape `[B, C]`.


def channel_means(maps):
    """Return the mean of each channel [B, C, H, W] over its places: [B, C]."""
    # gap
    return maps.mean(dim=(2, 3))
    # end


check(
    "fashion-cnn/forget-the-place",
    channel_means,
    right=lambda maps: F.adaptive_avg_pool2d(maps, 1).flatten(1),
    cases=[
        (torch.arange(120.0).reshape(2, 3, 4, 5).sqrt(),),
        (torch.randn(5, 4, 3, 3, generator=torch.Generator().manual_seed(19)),),
    ],
    mistakes={
        "this only flattens: every place still has a number of "
        "its own.": lambda maps: maps.flatten(1),
        "these are the means, in shape `[B, C, 1, 1]`. A linear layer "
        "wants `[B, C]`.": lambda maps: maps.mean(dim=(2, 3), keepdim=True),
        "you took the mean over the channels, and kept the places. It "
        "should be the other way round.": lambda maps: maps.mean(dim=1),
        "you took the mean over the batch as well, as `BatchNorm2d` does. "
        "Each image needs its own means.": lambda maps: maps.mean(
            dim=(0, 2, 3)
        ),
        "these are the largest numbers of the channels. Their means were "
        "asked for.": lambda maps: maps.amax(dim=(2, 3)),
        "these are the sums. With a larger image they would grow; the mean "
        "does not.": lambda maps: maps.sum(dim=(2, 3)),
        "the columns are gone, and the rows are still there. Places have "
        "two axes.": lambda maps: maps.mean(dim=3),
        "this is one mean for each image. Each channel should keep "
        "its own.": lambda maps: maps.mean(dim=(1, 2, 3)),
    },
)

# %%
# `nn.AdaptiveAvgPool2d(1)` followed by `nn.Flatten()` does the same inside a network. After it, the first
# linear layer of the tutorial's network would need 64 inputs instead of 576, whatever the size of the
# image.

# %%
# ## Fair in another way
#
# An open question. In the tutorial, give the MLP as many epochs as fit into the CNN's seconds. Does it catch up
# on the validation set? Look at its losses as well as its accuracy: would still more time help? Then train a
# CNN that forgets the place, by `nn.AdaptiveAvgPool2d(1)` before `nn.Flatten()`. What happens to the number of
# parameters, to the accuracy in place, and to the accuracy after a shift of four pixels?
#
# Which of these networks would you choose for a machine that sorts laundry, with a cheap camera and a battery?
# Make a list of what you would measure first.
