# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: sentiment of reviews

Three tasks and an open question: the state after the last word, the other end
of a long review, and a bag of words without padding in it.
"""

import torch

from kindling.practice import check

# %%
# ## The last real step
#
# A batch of token numbers `x`, shape `[B, T]`, was padded on the *right* with zeros. A recurrent layer read it without
# packing and returned `out`, shape `[B, T, H]`. Return the state after the last word of each sentence, `[B, H]`. (The
# number 1 stands for an unknown word, and an unknown word is a word.)
#
# ??? hint
#     How many words does each row have? Count what is not padding. Counting starts at 1 and steps start at 0.
#
# ??? hint
#     `out[rows, steps]` with two tensors of length B picks one step from each row. `rows` is 0, 1, ..., B - 1.


def last_states(out, x):
    """Return the state after the last word of each row: [B, H]."""
    # gap
    last = (x != 0).sum(dim=1) - 1
    return out[torch.arange(len(x)), last]
    # end


def states_at(steps):
    """An answer that picks the given step in each row."""
    return lambda out, x: out[torch.arange(len(x)), steps(x)]


generator = torch.Generator().manual_seed(29)
batch = torch.tensor(
    [[5, 3, 2, 0, 0], [4, 1, 1, 1, 0], [7, 0, 0, 0, 0], [6, 2, 3, 4, 9]]
)
check(
    "sentiment/the-last-real-step",
    last_states,
    right=lambda out, x: torch.stack(
        [
            row[int((ids != 0).sum()) - 1]
            for row, ids in zip(out, x, strict=True)
        ]
    ),
    cases=[
        (torch.arange(60.0).reshape(4, 5, 3), batch),
        (torch.randn(2, 5, 4, generator=generator), batch[:2]),
    ],
    mistakes={
        "this is the last step of every row, and in most rows that is "
        "padding: the mistake of the lesson.": lambda out, x: out[:, -1],
        "you are one step too late: a sentence of three words ends at "
        "step 2, counted from 0.": states_at(
            lambda x: (x != 0).sum(dim=1).clamp(max=x.shape[1] - 1)
        ),
        "you count unknown words as padding. Only 0 is padding.": states_at(
            lambda x: (x > 1).sum(dim=1) - 1
        ),
        "these are the states after the first word.": lambda out, x: out[:, 0],
        "this is the mean over all steps, padding included. One step was "
        "asked for.": lambda out, x: out.mean(dim=1),
        "these are the states of every row at the last words of all rows, "
        "[B, B, H]: `out[:, steps]` crosses them. Give the rows as a "
        "tensor, too.": lambda out, x: out[:, (x != 0).sum(dim=1) - 1],
        "you took the longest sentence's end for all rows.": lambda out, x: out[
            :, int((x != 0).sum(dim=1).max()) - 1
        ],
        "the states are right, with one axis too many: `[B, 1, H]`. Index "
        "with two tensors instead of `gather` or a "
        "slice.": lambda out, x: out[
            torch.arange(len(x)), (x != 0).sum(dim=1) - 1
        ].unsqueeze(1),
    },
)

# %%
# With packing, `h_n[-1]` is this very tensor. A layer that also reads from right to left is different: it begins in
# the padding, so for that one nothing but packing helps.

# %%
# ## The other end
#
# Bring reviews of any length into one tensor of exactly `n` columns. A longer review keeps its *last* `n` tokens,
# to see what the end is worth. A shorter one is padded with zeros on the *left*, so that the last column
# is a word in every row. `reviews` is a list of lists of numbers, none of them empty.
#
# ??? hint
#     Begin with a tensor of zeros, `[len(reviews), n]`, of type `torch.int64`, and fill it row by row.
#
# ??? hint
#     `ids[-n:]` are the last `n`, or all if there are fewer. Where do `k` numbers go in a row that is padded on the
#     left?


def last_tokens(reviews, n):
    """Return the ends of the reviews as one tensor: int64 [N, n]."""
    # gap
    x = torch.zeros(len(reviews), n, dtype=torch.int64)
    for row, ids in zip(x, reviews, strict=True):
        end = ids[-n:]
        row[n - len(end) :] = torch.tensor(end)
    return x
    # end


def filled(place, part):
    """An answer that puts a part of each review at a place of its row."""

    def answer(reviews, n):
        x = torch.zeros(len(reviews), n, dtype=torch.int64)
        for row, ids in zip(x, reviews, strict=True):
            chosen = part(ids, n)
            row[place(len(chosen), n)] = torch.tensor(chosen)
        return x

    return answer


def on_the_left(size, n):
    return slice(n - size, None)


def on_the_right(size, n):
    return slice(size)


def from_the_end(ids, n):
    return ids[-n:]


check(
    "sentiment/the-other-end",
    last_tokens,
    right=lambda reviews, n: torch.stack(
        [torch.tensor(([0] * n + ids)[-n:]) for ids in reviews]
    ),
    cases=[
        ([[5, 3, 2, 8, 9, 4], [7, 2], [6, 1, 1, 3]], 4),
        ([[2], [3, 4, 5]], 2),
    ],
    mistakes={
        "you kept the first tokens of a long review. The last ones were "
        "asked for.": filled(on_the_left, lambda ids, n: ids[:n]),
        "you padded on the right. Then the last column is padding for a "
        "short review.": filled(on_the_right, from_the_end),
        "you kept the first tokens and padded on the right: both ends are "
        "the other way round.": filled(on_the_right, lambda ids, n: ids[:n]),
        "you lost a token: `ids[-n:-1]` stops before the last one.": filled(
            on_the_left, lambda ids, n: ids[-n:-1] or ids[:0]
        ),
        "your tokens are in reverse order.": filled(
            on_the_left, lambda ids, n: ids[-n:][::-1]
        ),
        "you filled up with 1, which means an unknown word. Padding is "
        "0.": lambda reviews, n: torch.stack(
            [torch.tensor(([1] * n + ids)[-n:]) for ids in reviews]
        ),
    },
)

# %%
# In the lesson the last 200 tokens of a review were worth about as much as the first 200, and all of them
# were worth more. In news articles, where the first sentences say most, you would expect something else.

# %%
# ## A bag without padding
#
# Turn a padded batch of token numbers `x`, `[B, T]`, into its bags of words: one row for each sentence, one column for
# each of `size` tokens of the vocabulary, and in it *how often* the sentence has the token. Padding is no word, so
# column 0 must stay zero, wherever the padding is.
#
# ??? hint
#     `torch.bincount(ids, minlength=size)` counts one row.
#
# ??? hint
#     Count everything first. Then what must happen to column 0?


def bag_of_words(x, size):
    """Return how often each row has each token: int64 [B, size]."""
    # gap
    counts = torch.stack([torch.bincount(row, minlength=size) for row in x])
    counts[:, 0] = 0
    return counts
    # end


def counted(x, size):
    """The counts, padding included."""
    return torch.stack([(x == i).sum(dim=1) for i in range(size)], dim=1)


def without(bags, *columns):
    """The bags with some columns at zero."""
    bags = bags.clone()
    bags[:, list(columns)] = 0
    return bags


check(
    "sentiment/a-bag-without-padding",
    bag_of_words,
    right=lambda x, size: without(counted(x, size), 0),
    cases=[
        (torch.tensor([[3, 1, 3, 0], [0, 0, 2, 4], [1, 1, 4, 3]]), 5),
        (torch.tensor([[2, 2, 2, 0, 0]]), 7),
    ],
    mistakes={
        "padding is counted in column 0. It is no word.": counted,
        "you write 1 for a word that is there. How *often* it is there was "
        "asked for; `x[i, ids] += 1` counts a repeated number only "
        "once.": lambda x, size: without(counted(x, size), 0).clamp(max=1),
        "column 1 is missing: an unknown word is a word. Only 0 is "
        "padding.": lambda x, size: without(counted(x, size), 0, 1),
        "these are shares of the sentence. Counts were asked "
        "for.": lambda x, size: (
            without(counted(x, size), 0) / (x != 0).sum(dim=1, keepdim=True)
        ),
        "you left the column of the padding out. Then every word is one "
        "column too far to the left.": lambda x, size: counted(x, size)[:, 1:],
        "this is one bag for the whole batch. Each sentence needs its "
        "own.": lambda x, size: without(counted(x, size), 0).sum(dim=0),
        "rows and columns have changed places: a row for each "
        "sentence.": lambda x, size: without(counted(x, size), 0).T,
    },
)

# %%
# Multiply such a row by one weight for each token and add up: that is a bag of words. (The lesson's counts each word
# once.) It reads the same sentence from `[3, 1, 3, 0]` and from `[0, 3, 3, 1]`. Whether the padding is left or right
# makes no difference, and neither does anything else about the order.

# %%
# ## Beat the bag
#
# An open question. The GRU and the bag of words are right on different sentences. Add their logits, each divided by
# its standard deviation on the validation set. Does the sum do better there than either of them? Then try pairs of
# neighboring words as tokens of the bag, such as `not_good`. How large does the vocabulary get, and how many of its
# pairs occur twice or more?
#
# You will look at the validation set many times while you try. How would you find out how much of your gain is luck?
