# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: a code review

Three tasks and an open question: the last word of each sentence, an average
that does not lie, and the number that imbalance cannot flatter.
"""

import torch

from kindling.practice import check

# %%
# ## The last word, whatever the shape
#
# `written` is what an LSTM with `batch_first=True` returns: `[B, T, H]` for a batch, `[T, H]` for a single sentence.
# All sentences have T words. Return the vector of the last word: `[B, H]` for a batch, `[H]` for a single sentence.
#
# ??? hint
#     Which axis holds the words, counted from the *end* of the shape? It is the same in both shapes.
#
# ??? hint
#     `written[..., i, :]` takes place i of the axis before the last.


def last_word(written):
    """Return the last word's vector, [B, H] or [H]."""
    # gap
    return written[..., -1, :]
    # end


batch = torch.arange(24.0).reshape(2, 3, 4)
check(
    "onion-review/the-last-word-whatever-the-shape",
    last_word,
    right=lambda written: written.select(-2, -1),
    cases=[(batch,), (batch[0],), (torch.arange(6.0).reshape(3, 1, 2),)],
    mistakes={
        "for a batch this is the last sentence, with all its "
        "words.": lambda written: written[-1],
        "this is right for a batch. A single sentence has no axis of the "
        "batch, so you took its last feature.": lambda written: written[:, -1],
        "this is the first word.": lambda written: written[..., 0, :],
        "this is the last number of every word. The words are the axis "
        "before.": lambda written: written[..., -1],
        "this is the mean over all words of a sentence.": lambda written: (
            written.mean(dim=-2)
        ),
    },
)

# %%
# With sentences of different lengths that are padded on the right, the last *place* is not the last *word*. Then take
# `h_n[-1]` of a packed batch.

# %%
# ## An average that does not lie
#
# `losses` is a list: the mean loss of each batch, in order. `sizes` is a list of the same length: how many examples
# each batch had. Return the mean loss per *example* over everything, as one number.
#
# ??? hint
#     A batch of 4 examples with a mean loss of 0.5 contributes 2 to the sum.
#
# ??? hint
#     Add up loss times size; divide once, at the end, by the number of examples.


def mean_loss(losses, sizes):
    """Return the mean loss per example."""
    # gap
    total = sum(loss * size for loss, size in zip(losses, sizes, strict=True))
    return total / sum(sizes)
    # end


check(
    "onion-review/an-average-that-does-not-lie",
    mean_loss,
    right=lambda losses, sizes: (
        torch.repeat_interleave(torch.tensor(losses), torch.tensor(sizes))
        .mean()
        .item()
    ),
    cases=[([0.5, 0.25], [4, 4]), ([1.0, 0.5, 0.2], [8, 8, 2]), ([0.7], [3])],
    mistakes={
        "this is the mean of the batch means: a small last batch counts as "
        "much as a full one.": lambda losses, sizes: sum(losses) / len(losses),
        "this is the last batch's loss divided by the number of batches, "
        "which falls by itself.": lambda losses, sizes: (
            losses[-1] / len(losses)
        ),
        "you divided by the number of batches. The sum is over "
        "examples.": lambda losses, sizes: (
            sum(a * b for a, b in zip(losses, sizes, strict=True)) / len(sizes)
        ),
        "batch means were added and divided by the number of "
        "examples.": lambda losses, sizes: sum(losses) / sum(sizes),
    },
)

# %%
# For a running average, keep the two sums and print their quotient.

# %%
# ## F1 by counting
#
# `guess` and `y` hold zeros and ones, 1 for satire. Return F1: twice the hits, divided by the number of alarms plus
# the number of true cases. If there are neither alarms nor true cases, return 0.
#
# ??? hint
#     A hit is a place where both are 1. Their product counts it.


def f1(guess, y):
    """Return the F1 score of the ones, as a number."""
    # gap
    hits = (guess * y).sum().item()
    both = (guess.sum() + y.sum()).item()
    return 2 * hits / both if both else 0.0
    # end


def by_definition(guess, y):
    hits = sum(a == b == 1 for a, b in zip(guess, y, strict=True))
    alarms, cases = guess.sum().item(), y.sum().item()
    if hits == 0:
        return 0.0
    precision, recall = hits / alarms, hits / cases
    return 2 * precision * recall / (precision + recall)


truth = torch.tensor([0, 0, 0, 1, 1, 0, 0, 1])
check(
    "onion-review/f1-by-counting",
    f1,
    right=by_definition,
    cases=[
        (torch.tensor([0, 1, 0, 1, 0, 0, 0, 1]), truth),
        (torch.tensor([1, 1, 1, 1, 1, 0, 0, 1]), truth),
        (torch.zeros(8, dtype=torch.int64), truth),
        (torch.zeros(3, dtype=torch.int64), torch.zeros(3, dtype=torch.int64)),
    ],
    mistakes={
        "this is the accuracy: all the easy zeros count as "
        "successes.": lambda guess, y: (guess == y).float().mean().item(),
        "this is the recall alone: of the true cases, the share that was "
        "found.": lambda guess, y: (
            (guess * y).sum().item() / max(y.sum().item(), 1)
        ),
        "this is the precision alone: of the alarms, the share that was "
        "right.": lambda guess, y: (
            (guess * y).sum().item() / max(guess.sum().item(), 1)
        ),
        "the factor 2 is missing: a hit is in the alarms and in the true "
        "cases.": lambda guess, y: (
            (guess * y).sum().item() / max((guess.sum() + y.sum()).item(), 1)
        ),
    },
)

# %%
# A zero that was rightly answered with zero does not enter this number. That is why "always news" cannot profit from
# it.

# %%
# ## A review of your own
#
# An open question. Take a network that you wrote a while ago, or one from a page that you trust less. Before you run
# it, write down three properties that it must have whatever its weights are: shapes, independence of the other
# examples in the batch, the same answer twice in eval mode, a gradient for every parameter. Turn each into a check of
# a few lines. Which of them fails? If none does, plant a bug that none of your checks finds.
