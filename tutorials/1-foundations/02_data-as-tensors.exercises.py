# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: data as tensors

Three tasks and an open question: images in the right order, days from hours,
one place for each name. All data is made here; nothing is downloaded.
"""

import torch
import torch.nn.functional as F

from kindling.practice import check

# %%
# ## Ready for a network
#
# A camera gives you a batch of images as `uint8`, of shape `[N, H, W, 3]`. A network wants `float32` from 0
# to 1, of shape `[N, 3, H, W]`. Write the function in between.
#
# ??? hint
#     Two things are to be done: an order of axes, and a range of numbers. Which call changes the order of the
#     axes without mixing the numbers?


def ready(images):
    """Turn bytes [N, H, W, 3] into floats [N, 3, H, W] from 0 to 1."""
    # gap
    return images.permute(0, 3, 1, 2) / 255
    # end


check(
    "data-as-tensors/ready-for-a-network",
    ready,
    right=lambda images: torch.stack(
        [images[..., c].float() / 255 for c in range(3)], dim=1
    ),
    cases=[
        (
            (torch.arange(2 * 3 * 4 * 3) * 7 % 256)
            .to(torch.uint8)
            .view(2, 3, 4, 3),
        )
    ],
    mistakes={
        "the shape is right, but the numbers are mixed: colors of one pixel have become neighbors in a row. "
        "Reshape cuts; you need to swap axes.": lambda p: (
            p.reshape(p.shape[0], 3, p.shape[1], p.shape[2]) / 255
        ),
        "the images lie on their side: height and width have changed places.": lambda p: (
            p.permute(0, 3, 2, 1) / 255
        ),
        "the axes are right. The numbers still go from 0 to 255.": lambda p: (
            p.permute(0, 3, 1, 2).float()
        ),
        "the numbers are right. The channels are still last.": lambda p: (
            p / 255
        ),
        "nearly all is zero: you divided and rounded down. Use `/`, which gives floats.": lambda p: (
            p.permute(0, 3, 1, 2) // 255
        ),
    },
)

# %%
# `permute` gives a view, and the division makes a new tensor of floats. `v2.ToImage()` and
# `v2.ToDtype(torch.float32, scale=True)` do the same for one image.

# %%
# ## Days from hours
#
# A table has a row for each hour, from midnight on, and any number of columns. Write a function that returns
# it as `[days, columns, 24]`. The last day may be incomplete: leave it out.
#
# ??? hint
#     How many whole days are there? `//` divides and rounds down. Keep that many rows, and no more.
#
# ??? hint
#     The rows lie in order of time. Which shape can a *view* have, and which axes are then to be swapped?


def days_from_hours(table):
    """Cut a table [hours, columns] into days [days, columns, 24]."""
    # gap
    days = len(table) // 24
    return table[: days * 24].view(days, 24, -1).transpose(1, 2)
    # end


check(
    "data-as-tensors/days-from-hours",
    days_from_hours,
    right=lambda table: torch.stack(
        [table[24 * d : 24 * d + 24].T for d in range(len(table) // 24)]
    ),
    cases=[
        (torch.arange(48.0 * 5).view(48, 5),),
        (torch.arange(75.0 * 2).view(75, 2),),
    ],
    mistakes={
        "the shape is right, but hours and columns are mixed: a view to [days, columns, 24] cuts the rows at the "
        "wrong places. View first, then swap two axes.": lambda table: table[
            : len(table) // 24 * 24
        ].view(len(table) // 24, table.shape[1], 24),
        "you have [days, 24, columns]. The hours were asked for last.": lambda table: (
            table[: len(table) // 24 * 24].view(
                len(table) // 24, 24, table.shape[1]
            )
        ),
        "you left out the first hours instead of the last: each of your days begins in the middle of one.": lambda table: (
            table[len(table) % 24 :]
            .view(len(table) // 24, 24, -1)
            .transpose(1, 2)
        ),
    },
)

# %%
# No number moves: the slice and the view share memory with the table, and so does the transpose. For the two
# years of hires the strides are (408, 1, 17): a day is 24 times 17 numbers further on.

# %%
# ## One place for each name
#
# Weather codes go from 1 to 4. Write a function that makes the one-hot codes of a batch, as floats, of shape
# `[N, 4]`: also for a batch in which nobody has seen a storm. For two years of hours they sum to 17,520.
#
# ??? hint
#     `F.one_hot` counts from 0. And how does it know that there is a fourth kind, if the batch has none?


def one_hot_weather(codes):
    """Turn whole numbers 1 to 4, of shape [N], into one-hot floats [N, 4]."""
    # gap
    return F.one_hot(codes - 1, num_classes=4).float()
    # end


def weather_codes(one_hot):
    """Whether it is floats, and the codes themselves."""
    found = [
        one_hot(torch.tensor(codes))
        for codes in ([1, 2, 4, 3, 1], [1, 1, 2], [2])
    ]
    return [[x.is_floating_point() for x in found], *found]


check(
    "data-as-tensors/one-place-for-each-name",
    one_hot_weather,
    right=lambda codes: torch.eye(4)[codes - 1],
    probe=weather_codes,
    mistakes={
        "there are five places, and the first is never used. The codes begin at 1, and `F.one_hot` at 0.": lambda codes: (
            F.one_hot(codes, num_classes=5).float()
        ),
        "the width changes with the batch: without `num_classes` it is the largest code seen.": lambda codes: (
            F.one_hot(codes - 1).float()
        ),
        "these are whole numbers. A network multiplies with floats.": lambda codes: (
            F.one_hot(codes - 1, num_classes=4)
        ),
        "every place up to the code is filled. That keeps the order; for names you want a single one.": lambda codes: (
            (torch.arange(1, 5) <= codes[:, None]).float()
        ),
    },
)

# %%
# Comparing does it too: `(torch.arange(1, 5) == codes[:, None]).float()`. And the code with every place filled
# up to the class is no nonsense: it is a good one for ordinal columns.

# %%
# ## Your own data
#
# An open question. Take something that you have: a bank statement, a chat, a playlist, a training diary. What
# is one example? Name each axis of its tensor, and the kind of each column. Which column is a leak? Which
# numbers (means, spreads, a vocabulary) must you keep for later examples? Then write the ten lines, and look
# at three examples *after* the last of them.
