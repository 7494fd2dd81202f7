# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: data sets and loaders

Three tasks and an open question on data sets, transforms and scaling. None
needs a download.
"""

import torch
from torch.utils.data import Dataset

from kindling.practice import check

LINES = ["sort,length,width", "2,5.1,3.5", "0,4.9,3.0", "1,6.3,3.3"]

# %%
# ## A data set from a CSV
#
# Write a `Dataset` for lines of comma-separated values such as `LINES`. The first line is a header. In every other
# line the first value is the class and the rest are the measurements. An item is `(x, y)`: x as a float32 tensor, y as
# a plain integer.
#
# ??? hint
#     `line.split(",")` gives strings. `float("5.1")` and `int("2")` make numbers of them.
#
# ??? hint
#     Drop the header once, in `__init__`. Then the length and the numbers of the items agree by themselves.


class Rows(Dataset):
    """Lines of a CSV file, the class in the first column."""

    def __init__(self, lines):
        # gap
        self.rows = [line.split(",") for line in lines[1:]]
        # end

    def __len__(self):
        # gap
        return len(self.rows)
        # end

    def __getitem__(self, i):
        # gap
        y, *x = self.rows[i]
        return torch.tensor([float(value) for value in x]), int(y)
        # end


check(
    "datasets-loaders/a-data-set-from-a-csv",
    Rows,
    right=lambda lines: [
        (
            torch.tensor([float(v) for v in line.split(",")[1:]]),
            int(line[: line.index(",")]),
        )
        for line in lines[1:]
    ],
    probe=lambda make: [
        [
            len(make(lines)),
            *[list(make(lines)[i]) for i in range(len(make(lines)))],
        ]
        for lines in (LINES, ["y,a", "3,1.5", "4,2.5"])
    ],
    mistakes={
        "it counts the header as an example. Leave the first line out, in the "
        "length and in the items.": lambda lines: [
            (
                torch.tensor([float(v) for v in line.split(",")[1:]]),
                int(line.split(",")[0]),
            )
            for line in [lines[1], *lines[1:]]
        ],
        "the class is among the measurements. Everything after the first "
        "value is x.": lambda lines: [
            (
                torch.tensor([float(v) for v in line.split(",")]),
                int(line.split(",")[0]),
            )
            for line in lines[1:]
        ],
        "the class was taken from the end of the line. Here it is the first "
        "value.": lambda lines: [
            (
                torch.tensor([float(v) for v in line.split(",")[:-1]]),
                int(float(line.split(",")[-1])),
            )
            for line in lines[1:]
        ],
        "the items come as (y, x). Inputs first: (x, y).": lambda lines: [
            (
                int(line.split(",")[0]),
                torch.tensor([float(v) for v in line.split(",")[1:]]),
            )
            for line in lines[1:]
        ],
    },
)

# %%
# Anything with a length and an item for each number will do for a loader: the checker compared your class with a plain
# list.

# %%
# ## Read without changing
#
# This transform is meant to scale a row so that its largest value is 1. It is right at the first reading, and yet it
# damages the data set: `row /= row.max()`. Write it so that the stored row stays as it is.
#
# ??? hint
#     `/=` writes into the tensor that it was given. Which operation makes a new one?


def scaled(row):
    """Return the row divided by its largest value, and leave the row alone."""
    # gap
    return row / row.max()
    # end


check(
    "datasets-loaders/read-without-changing",
    scaled,
    right=lambda row: torch.stack([value / max(row.tolist()) for value in row]),
    probe=lambda scale: [
        torch.stack([scale(row), row])
        for row in torch.tensor([[1.0, 2.0, 4.0], [10.0, 5.0, 0.0]])
    ],
    mistakes={
        "the result is right, and the stored row has changed with it: the "
        "division happens in place.": lambda row: row.div_(row.max()),
        "the stored row is safe, but you divided by the sum. The largest "
        "value should become 1.": lambda row: row / row.sum(),
        "nothing has been scaled. The stored row must stay as it is; return a "
        "new, scaled one.": lambda row: row.clone(),
    },
)

# %%
# `row.clone()` first and `/=` after it is right as well. A test for any data set: read an item twice, compare.

# %%
# ## The mean of the training set
#
# Write a function that takes a training and a validation table and returns both, scaled column by column: minus the
# mean, divided by the standard deviation, of the **training** table.
#
# ??? hint
#     `train.mean(dim=0)` has one number per column, and so has `train.std(dim=0)`.
#
# ??? hint
#     Use the same two rows of numbers for both tables.


def standardized(train, val):
    """Return both tables scaled by the training table's mean and deviation."""
    # gap
    mean, std = train.mean(dim=0), train.std(dim=0)
    return (train - mean) / std, (val - mean) / std
    # end


check(
    "datasets-loaders/the-mean-of-the-training-set",
    standardized,
    right=lambda train, val: tuple(
        torch.stack(
            [
                (table[:, j] - train[:, j].mean()) / train[:, j].std()
                for j in range(train.shape[1])
            ],
            dim=1,
        )
        for table in (train, val)
    ),
    cases=[
        (
            torch.tensor([[1.0, 10.0], [2.0, 30.0], [6.0, 20.0]]),
            torch.tensor([[2.0, 20.0], [4.0, 50.0]]),
        ),
        (
            torch.arange(20.0).reshape(5, 4) ** 2,
            torch.arange(8.0).reshape(2, 4),
        ),
    ],
    mistakes={
        "each table was scaled by its own mean, so equal wines get different "
        "numbers.": lambda train, val: tuple(
            (t - t.mean(dim=0)) / t.std(dim=0) for t in (train, val)
        ),
        "the mean was taken over both tables together, so the validation set "
        "influenced it.": lambda train, val: tuple(
            (t - torch.cat([train, val]).mean(dim=0))
            / torch.cat([train, val]).std(dim=0)
            for t in (train, val)
        ),
        "one mean for the whole table. Each column has its own size, so it "
        "needs its own mean.": lambda train, val: tuple(
            (t - train.mean()) / train.std() for t in (train, val)
        ),
        "the training table is right; the validation table has been left as "
        "it was.": lambda train, val: (
            (train - train.mean(dim=0)) / train.std(dim=0),
            val,
        ),
    },
)

# %%
# Keep the two rows of numbers with the model's weights. Anyone who uses the model later needs them.

# %%
# ## A fair share
#
# An open question. In your data one class is a hundred times as frequent as the other. Write a sampler for the
# `DataLoader`, a plain iterable of numbers, that draws both classes equally often. How often does it repeat the rare
# ones in an epoch? What does a network trained this way see, and what must the *validation* loader look like?
# (`torch.utils.data.WeightedRandomSampler` exists; build yours first.)
