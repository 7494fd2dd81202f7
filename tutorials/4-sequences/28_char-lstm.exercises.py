# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: writing like Anna

Three tasks and an open question: one surprise in three units, the place of a
character in the batches, and a draw from the likeliest characters only.
"""

import math

import torch
import torch.nn.functional as F

from kindling.practice import check
from kindling.text import streams

# %%
# ## Three units
#
# A model gave these `probabilities` to the characters that really came, one number each. Return three numbers: the
# mean surprise in nats, the same in bits, and the perplexity.
#
# ??? hint
#     The surprise of one character is minus the logarithm of its probability. Take the mean of the surprises, not of
#     the probabilities.
#
# ??? hint
#     `torch.log` is the natural logarithm, which gives nats. One bit is $\ln 2$ nats.
#
# ??? hint
#     The perplexity is $e$ to the power of the nats, or 2 to the power of the bits. Both are the same number.


def three_units(probabilities):
    """Return nats, bits and perplexity of probabilities [N]."""
    # gap
    #: nats = ...
    #: bits = ...
    #: perplexity = ...
    #: return nats, bits, perplexity
    nats = -probabilities.log().mean().item()
    return nats, nats / math.log(2), math.exp(nats)
    # end


def measured(p):
    """Nats, bits and perplexity, for comparison."""
    nats = -p.log().mean().item()
    return nats, nats / math.log(2), math.exp(nats)


check(
    "char-lstm/three-units",
    three_units,
    right=measured,
    cases=[
        (torch.tensor([0.5, 0.25, 0.125]),),
        (torch.full((4,), 1 / 83),),
        (torch.tensor([0.9, 0.3, 0.02, 0.6, 0.1]),),
    ],
    mistakes={
        "not solved yet: there is still `...` where your "
        "numbers go.": lambda p: (..., ..., ...),
        "you took the logarithm of the mean probability. Each character "
        "has a surprise of its own: first the logarithm, then the "
        "mean.": lambda p: (
            -p.mean().log().item(),
            -p.mean().log2().item(),
            1 / p.mean().item(),
        ),
        "these are sums. Per character means the mean.": lambda p: (
            -p.log().sum().item(),
            -p.log2().sum().item(),
            math.exp(-p.log().sum().item()),
        ),
        "the sign is missing: the logarithm of a probability is negative, "
        "and a surprise is not.": lambda p: (
            p.log().mean().item(),
            p.log2().mean().item(),
            math.exp(p.log().mean().item()),
        ),
        "you multiplied by ln 2. A bit is smaller than a nat, so there are "
        "more bits than nats.": lambda p: (
            measured(p)[0],
            measured(p)[0] * math.log(2),
            measured(p)[2],
        ),
        "nats and bits are right. For the perplexity you took $e$ to the "
        "power of the bits; to bits belongs a power of "
        "2.": lambda p: (*measured(p)[:2], math.exp(measured(p)[1])),
        "nats and bits are right. Your perplexity is 2 to the power of the "
        "nats; to nats belongs a power of $e$.": lambda p: (
            *measured(p)[:2],
            2 ** measured(p)[0],
        ),
        "nats and bits are right. Your perplexity is the mean of 1 / p, "
        "and one rare character would decide it. Take the power of the "
        "mean surprise.": lambda p: (*measured(p)[:2], (1 / p).mean().item()),
        "all three are right, in another order: nats, bits, "
        "perplexity.": lambda p: (
            measured(p)[1],
            measured(p)[0],
            measured(p)[2],
        ),
    },
)

# %%
# Try it on a published number: 1.2917 nats are 1.8635 bits, and a perplexity of 3.639. It sounds different each time.

# %%
# ## Where is this character?
#
# A text of `characters` characters is laid out by `streams(ids, batch_size, steps)`. In which batch, in which row of
# it, and in which column of that batch stands character number `p`, as an input? All three are counted from 0. The
# characters asked for are all in some batch.
#
# ??? hint
#     How long is a row? The last character of the text is never an input, since no target follows it.
#
# ??? hint
#     `divmod(p, columns)` says in which row `p` stands and how far from its start.
#
# ??? hint
#     A batch takes `steps` columns, so `divmod` of the column by `steps` gives the other two.


def place(p, characters, batch_size, steps):
    """Return batch, row and column of character p."""
    # gap
    columns = (characters - 1) // batch_size
    row, column = divmod(p, columns)
    batch, step = divmod(column, steps)
    return batch, row, step
    # end


def searched(p, characters, batch_size, steps):
    """The same by looking through all batches."""
    ids = torch.arange(characters)
    for batch, (x, _) in enumerate(streams(ids, batch_size, steps)):
        for row, step in (x == p).nonzero().tolist():
            return batch, row, step
    return None


def in_order(p, characters, batch_size, steps):
    """Batch after batch, row after row: the wrong layout."""
    batch, rest = divmod(p, batch_size * steps)
    return batch, *divmod(rest, steps)


def dealt(p, characters, batch_size, steps):
    """Like cards, one to each row: another wrong layout."""
    column, row = divmod(p, batch_size)
    return column // steps, row, column % steps


def from_columns(columns, p, steps):
    row, column = divmod(p, columns)
    return column // steps, row, column % steps


check(
    "char-lstm/where-is-this-character",
    place,
    right=searched,
    cases=[(0, 60, 3, 5), (7, 60, 3, 5), (27, 60, 3, 5), (130, 200, 4, 8)],
    mistakes={
        "your rows are one character too long: the last character of the "
        "text has no target.": lambda p, n, b, t: from_columns(n // b, p, t),
        "you cut the text into pieces of `steps` and put these below each "
        "other. Then row 1 would continue row 0 of the same batch. Each "
        "row must be one long part of the text.": in_order,
        "you deal the characters out like cards. Neighbors in the text "
        "must be neighbors in a row.": dealt,
        "batch and row have changed places.": lambda p, n, b, t: (
            searched(p, n, b, t)[1],
            searched(p, n, b, t)[0],
            searched(p, n, b, t)[2],
        ),
        "batch and row are right. Your column counts from the start of the "
        "row; count from the start of the batch.": lambda p, n, b, t: (
            *searched(p, n, b, t)[:2],
            p % ((n - 1) // b),
        ),
        "you count from 1 somewhere. Batches, rows and columns begin "
        "at 0.": lambda p, n, b, t: tuple(
            value + 1 for value in searched(p, n, b, t)
        ),
    },
)

# %%
# The character after the last one of a batch's row stands in the same row of the next batch. That is what makes the
# carried state the right one.

# %%
# ## Only the likeliest
#
# Another way to keep odd characters out of a text: draw from the `k` likeliest only. Given the logits [S] of one step,
# return probabilities [S] in which all but the `k` largest are zero. The others keep their proportions, and the sum is
# one.
#
# ??? hint
#     `logits.topk(k).indices` says where the largest are.
#
# ??? hint
#     A logit of minus infinity becomes the probability zero, and the softmax takes care of the sum.


def likeliest(logits, k):
    """Return probabilities [S] of which only k are not zero."""
    # gap
    kept = logits.topk(k).indices
    masked = torch.full_like(logits, -math.inf)
    masked[kept] = logits[kept]
    return F.softmax(masked, dim=0)
    # end


def mask(logits, k):
    """1 at the k largest, else 0."""
    return torch.zeros_like(logits).index_fill(0, logits.topk(k).indices, 1.0)


def kept_share(logits, k, kept=None):
    p = F.softmax(logits, dim=0) * (mask(logits, k) if kept is None else kept)
    return p / p.sum()


check(
    "char-lstm/only-the-likeliest",
    likeliest,
    right=kept_share,
    cases=[
        (torch.tensor([2.0, -1.0, 0.5, 3.0, 0.0]), 2),
        (torch.tensor([0.1, -0.2, -0.3, -1.4]), 3),
        (torch.tensor([-5.0, -2.0, -3.5]), 1),
    ],
    mistakes={
        "the sum is below one: what was taken away must be given to those "
        "that stay.": lambda logits, k: (
            F.softmax(logits, dim=0) * mask(logits, k)
        ),
        "a logit of zero is not a probability of zero: your softmax gives "
        "the others something again.": lambda logits, k: F.softmax(
            logits * mask(logits, k), dim=0
        ),
        "these are the k probabilities alone. Return all S, with zeros, so "
        "that each keeps its place.": lambda logits, k: F.softmax(
            logits.topk(k).values, dim=0
        ),
        "these are the k *least* likely.": lambda logits, k: kept_share(
            logits, k, mask(-logits, k)
        ),
        "all k have the same probability. They should keep their "
        "proportions.": lambda logits, k: mask(logits, k) / k,
        "you divided the logits, not the probabilities, by their "
        "sum.": lambda logits, k: (
            logits * mask(logits, k) / (logits * mask(logits, k)).sum()
        ),
        "nothing was taken away: this is the plain "
        "softmax.": lambda logits, k: F.softmax(logits, dim=0),
    },
)

# %%
# With $k = 1$ nothing is drawn: the same prompt always gives the same text, which soon runs in circles. Many programs
# use a temperature and a top $k$ together.

# %%
# ## Another author
#
# An open question. Train the network on another long text that you like: a novel, the script of a TV show, your own
# letters. Compute the counts first. How large is its training text, and does the network still keep up with the blend?
#
# Then take *words* instead of characters, each punctuation mark a word of its own. That is a well-known project, a TV
# script by words: `words` and `Vocabulary.of` from `kindling.text` give the tokens, and `streams` cuts them as before.
# How large is S now, and what becomes of the one-hot vectors? Most words of a text occur once: what will the counts say
# about them, and what can a network do that reads words? The surprise is per word now. How can you compare it fairly
# with the surprise per character?
