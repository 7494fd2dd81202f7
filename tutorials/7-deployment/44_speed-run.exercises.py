# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: a speed run

Three tasks and an open question: the time of a long training from a short one,
a shift without wrapping, and what speeding up one part of a step is worth.
"""

import math

import torch
import torch.nn.functional as F

from kindling.practice import check

# %%
# ## Fifty epochs from a hundred steps
#
# You timed `steps` training steps, which took `seconds`. How many seconds do `epochs` epochs take? There are `examples`
# training examples in batches of `batch_size`, and the last batch of an epoch may be smaller. Count a smaller batch as
# a whole step.
#
# ??? hint
#     How many seconds does one step take? And how many steps are in one epoch?
#
# ??? hint
#     `math.ceil` rounds up. Round the steps of *one* epoch, then multiply.


def long_training(seconds, steps, examples, batch_size, epochs):
    """Return the seconds of the whole training."""
    # gap
    return seconds / steps * math.ceil(examples / batch_size) * epochs
    # end


check(
    "speed-run/fifty-epochs-from-a-hundred-steps",
    long_training,
    right=lambda s, n, examples, size, epochs: (
        s * epochs * len(range(0, examples, size)) / n
    ),
    cases=[
        (0.5, 100, 60_000, 20, 50),
        (3.0, 200, 1_000, 128, 7),
        (1.0, 10, 130, 64, 4),
    ],
    mistakes={
        "you left out the last, smaller batch of each epoch. Round the steps "
        "up.": lambda s, n, examples, size, epochs: (
            s / n * (examples // size) * epochs
        ),
        "these are the seconds of one epoch. Multiply by the number of "
        "epochs.": lambda s, n, examples, size, epochs: (
            s / n * math.ceil(examples / size)
        ),
        "you multiplied by the number of steps that you timed. Divide by it: "
        "you need the seconds of one step.": lambda s, n, examples, size, e: (
            s * n * math.ceil(examples / size) * e
        ),
        "you took a step for each example. A step takes a whole "
        "batch.": lambda s, n, examples, size, epochs: (
            s / n * examples * epochs
        ),
        "these are the steps. Multiply by the seconds of one "
        "step.": lambda s, n, examples, size, epochs: (
            math.ceil(examples / size) * epochs
        ),
        "you rounded once, at the end. Each epoch has a smaller last batch of "
        "its own.": lambda s, n, examples, size, epochs: (
            s / n * math.ceil(examples * epochs / size)
        ),
    },
)

# %%
# Such an estimate is a proportion, and it leaves out what happens once: starting up, the first slow steps, the test at
# the end. For long training runs these hardly count.

# %%
# ## A shift without wrapping
#
# `x.roll` moves an image, but what leaves it on the right comes in again on the left. Move a batch of images
# `[B, 1, H, W]` to the right by `pixels` (a positive number, smaller than `W`), and fill the columns that get free with
# zeros. The shape must stay, and the batch that was given must not change.
#
# ??? hint
#     Which columns of the old images are still there after the move? Cut them out with a slice of the last axis.
#
# ??? hint
#     `F.pad(x, (left, right))` adds columns of zeros on the left and on the right.


def move_right(x, pixels):
    """Return the images, moved to the right, with zeros on the left."""
    # gap
    return F.pad(x[..., :-pixels], (pixels, 0))
    # end


def by_parts(x, pixels):
    zeros = torch.zeros_like(x[..., :pixels])
    return torch.cat([zeros, x[..., : x.shape[-1] - pixels]], dim=-1)


check(
    "speed-run/a-shift-without-wrapping",
    move_right,
    right=by_parts,
    cases=[
        (torch.arange(1.0, 33.0).reshape(2, 1, 4, 4), 1),
        (torch.arange(1.0, 61.0).reshape(2, 1, 5, 6), 2),
    ],
    mistakes={
        "the columns that left on the right came in again on the left. They "
        "must be zeros.": lambda x, n: x.roll(n, dims=3),
        "you moved the images to the left.": lambda x, n: F.pad(
            x[..., n:], (0, n)
        ),
        "you moved the images down. Columns are the last axis.": lambda x, n: (
            F.pad(x[..., :-n, :], (0, 0, n, 0))
        ),
        "the images became wider. Cut off the columns that leave "
        "them.": lambda x, n: F.pad(x, (n, 0)),
        "you cut off the left columns, which should stay, and kept the right "
        "ones.": lambda x, n: F.pad(x[..., n:], (n, 0)),
        "nothing moved: these are the images as they came.": lambda x, n: x,
        "the images became narrower. Add the columns of zeros on the "
        "left.": lambda x, n: x[..., :-n],
    },
)

# %%
# With the digits of MNIST a shift by two pixels loses next to nothing: the frame of nearly every image is empty.

# %%
# ## A faster part
#
# A part of each step takes the share `share` of its time (between 0 and 1). You make this part `factor` times as fast,
# and leave the rest as it is. How many times as fast is the whole step?
#
# ??? hint
#     Let the step take 1 second. How long does the part take afterward, and how long the rest?
#
# ??? hint
#     The speedup is the old time divided by the new one.


def speedup(share, factor):
    """Return how many times as fast the whole step becomes."""
    # gap
    return 1 / (1 - share + share / factor)
    # end


check(
    "speed-run/a-faster-part",
    speedup,
    right=lambda share, factor: factor / (factor - share * (factor - 1)),
    cases=[(0.6, 2.0), (0.3, 3.0), (0.9, 10.0)],
    mistakes={
        "this is the new time of the step. The speedup is the old time, 1, "
        "divided by it.": lambda share, factor: 1 - share + share / factor,
        "the rest is as slow as before, and you made it faster, "
        "too.": lambda share, factor: factor,
        "you left out the rest of the step, which still takes its "
        "time.": lambda share, factor: factor / share,
        "you made the rest faster, and left the part as it "
        "was.": lambda share, factor: 1 / (share + (1 - share) / factor),
        "the part is gone altogether. It still takes its share divided by "
        "the factor.": lambda share, factor: 1 / (1 - share),
        "you averaged the two speeds. Add up the two times, and divide the "
        "old time by the sum.": lambda share, factor: (
            1 - share + share * factor
        ),
    },
)

# %%
# With a share of 0.9 and a factor of 10 the step becomes only about five times as fast. Even a part that takes no time
# at all could not make it more than ten times as fast. This is known as Amdahl's law.

# %%
# ## A ladder of your own
#
# An open question. Take Fashion-MNIST in place of the digits, and climb the same ladder. Before you run it, write down
# the order in which the changes will rank by gain. Which rank surprised you? Then look for one change more: a last
# stage with more channels, batches of 64, or a rate of 0.02 at the top of the cycle. Give its gain from three seeds
# together with its time, and decide whether you keep it.
