# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: tensors

Three tasks and an open question on shapes, strides and views. Pencil and paper
help more than trial and error.
"""

import torch

from kindling.practice import check

# %%
# ## Strides by thought
#
# `torch.arange(24).view(2, 3, 4)` lies in memory in the order of its numbers. `permute` changes the shape and
# moves no number, so the strides must change instead. What are the strides of `moved`? Write three numbers;
# asking the tensor would spoil it.
#
# ??? hint
#     Begin with the strides before `permute`. A step along the last axis moves one place. How far does a step
#     along the middle axis move, and how far one along the first?
#
# ??? hint
#     They are `(12, 4, 1)`. `permute(2, 0, 1)` puts the last axis first. An axis takes its stride along.

moved = torch.arange(24).view(2, 3, 4).permute(2, 0, 1)  # [4, 2, 3]

# gap
#: strides = ...  # three numbers, such as (3, 2, 1)
strides = (1, 12, 4)
# end

check(
    "tensors/strides-by-thought",
    strides,
    right=moved.stride(),
    mistakes={
        "these are the strides before permute. In which order does it ask for the axes?": (
            12,
            4,
            1,
        ),
        "they would be these if permute copied the numbers into a new order. It copies nothing: each axis "
        "keeps the stride that it had.": (6, 3, 1),
        "you moved the axes the other way round: permute(2, 0, 1) says which old axis comes first, not "
        "where the first one goes.": (4, 1, 12),
    },
)

# %%
# One step along the first axis of the old tensor skips 3 × 4 numbers, one along the second skips 4, one along
# the last 1. `permute` puts them in the order last, first, second.

# %%
# ## Columns in a row
#
# Somebody wants the columns of a matrix one after the other, in one long row. Their line
# `matrix.T.view(-1)` raises a `RuntimeError`. Write a function that works for a matrix of any size.
#
# ??? hint
#     `view` refuses because no single stride walks through the columns of a contiguous matrix. Which call
#     copies where a view is not possible?


def columns_in_a_row(matrix):
    """Return the columns of `matrix`, one after the other, as a tensor with one axis."""
    # gap
    return matrix.T.reshape(-1)
    # end


check(
    "tensors/columns-in-a-row",
    columns_in_a_row,
    right=lambda matrix: torch.cat(
        [matrix[:, j] for j in range(matrix.shape[1])]
    ),
    cases=[
        (torch.tensor([[1, 2, 3], [4, 5, 6]]),),
        (torch.arange(35.0).reshape(5, 7),),
        (torch.ones(1, 1),),
    ],
    mistakes={
        "these are the rows. The columns were asked for.": lambda matrix: (
            matrix.reshape(-1)
        ),
        "the numbers are right and in the right order, but as a table. One axis was asked for.": lambda matrix: (
            matrix.T
        ),
        "these are the columns from the last to the first.": lambda matrix: (
            matrix.flip(1).T.reshape(-1)
        ),
    },
)

# %%
# `matrix.T.contiguous().view(-1)` does the same and shows where the copy is made. Either is right.

# %%
# ## Subtract the mean of each row
#
# Write a function that subtracts from each row of a table that row's own mean, without a loop. It must be
# right for square tables too, where the careless version runs and is wrong.
#
# ??? hint
#     The means of the rows have shape `(rows,)`. Aligned at the right, they would meet the columns.
#
# ??? hint
#     `mean` takes `keepdim=True`. What shape do the means have then?


def centered(table):
    """Return a table of shape [rows, columns] whose every row has mean 0."""
    # gap
    return table - table.mean(dim=1, keepdim=True)
    # end


check(
    "tensors/subtract-the-mean-of-each-row",
    centered,
    right=lambda table: torch.stack(
        [row - row.sum() / len(row) for row in table]
    ),
    cases=[
        (torch.arange(12.0).reshape(3, 4) ** 2,),
        (torch.tensor([[0.0, 4.0], [6.0, 0.0]]),),
    ],
    mistakes={
        "it subtracts one mean, that of the whole table, from every number.": lambda table: (
            table - table.mean()
        ),
        "each column has mean 0 now, and the rows do not. Which axis should be gone after the mean?": lambda table: (
            table - table.mean(dim=0)
        ),
        "these are the means. Subtract them.": lambda table: table.mean(dim=1),
        "these are the means. Subtract them from the table.": lambda table: (
            table.mean(dim=1, keepdim=True)
        ),
    },
)

# %%
# With `keepdim=True` the means have shape `(rows, 1)`, and are stretched along the columns. Without it a
# table of 3 by 4 is an error, and a table of 4 by 4 is silently wrong. Test with sizes that differ.

# %%
# ## How many bytes?
#
# An open question. Write a function that counts the bytes that a list of tensors really occupies, counting
# shared memory once. What should it say of a tensor, its transpose, and a slice of it? And of a tensor
# stretched by `expand`? (`untyped_storage()` has a `data_ptr()` and an `nbytes()`.)
