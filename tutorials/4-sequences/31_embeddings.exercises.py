# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: word embeddings

Three tasks and an open question: pairs from a text, the nearest word, and the
loss of one pair and its random words.
"""

import math

import torch
import torch.nn.functional as F

from kindling.practice import check

# %%
# ## Pairs from a text
#
# `tokens` is a list. Return all pairs of a center and a context, as a list of tuples: for each token from left to
# right its neighbors at most `window` places away, also from left to right. A token is not its own neighbor, and near
# the ends there are fewer neighbors.
#
# ??? hint
#     For the center at place `i`, the neighbors stand at `i - window` to `i + window`. Which of these places exist?
#
# ??? hint
#     `max(0, i - window)` and `min(len(tokens), i + window + 1)` are the ends of a `range`.


def skip_grams(tokens, window):
    """Return all pairs (center, context) in the order of the text."""
    # gap
    pairs = []
    for i, center in enumerate(tokens):
        for j in range(max(0, i - window), min(len(tokens), i + window + 1)):
            if j != i:
                pairs.append((center, tokens[j]))
    return pairs
    # end


def among(allowed):
    """An answer that takes the pairs of places that are allowed."""
    return lambda tokens, window: [
        (center, context)
        for i, center in enumerate(tokens)
        for j, context in enumerate(tokens)
        if allowed(i, j, window)
    ]


check(
    "embeddings/pairs-from-a-text",
    skip_grams,
    right=among(lambda i, j, window: 0 < abs(i - j) <= window),
    cases=[
        (["all", "happy", "families", "are", "alike"], 2),
        (["the", "cat", "saw", "the", "dog"], 3),
    ],
    mistakes={
        "every token is paired with itself. Leave out the place of the "
        "center.": among(lambda i, j, window: abs(i - j) <= window),
        "only neighbors on the right are there.": among(
            lambda i, j, window: 0 < j - i <= window
        ),
        "only neighbors on the left are there.": among(
            lambda i, j, window: 0 < i - j <= window
        ),
        "the last place of the window on the right is missing: a range "
        "ends before its end.": among(
            lambda i, j, window: i - window <= j < i + window and i != j
        ),
        "you skip the centers near the ends. They have fewer neighbors, "
        "not none.": lambda tokens, window: [
            (tokens[i], tokens[j])
            for i in range(window, len(tokens) - window)
            for j in range(i - window, i + window + 1)
            if i != j
        ],
        "a pair is missing where the same *word* stands at two places. "
        "Compare places, not words.": lambda tokens, window: [
            (center, context)
            for i, center in enumerate(tokens)
            for j, context in enumerate(tokens)
            if abs(i - j) <= window and center != context
        ],
        "context and center have changed places.": lambda tokens, window: [
            (tokens[j], tokens[i])
            for i in range(len(tokens))
            for j in range(len(tokens))
            if 0 < abs(i - j) <= window
        ],
    },
)

# %%
# Comparing words instead of places is an error that is easy to miss: in a long text nothing looks wrong, and only the
# pairs of a word with its own next occurrence are gone.

# %%
# ## The nearest word
#
# `vectors` holds one vector for each word, `[V, E]`. Return the number of the word whose vector has the highest cosine
# similarity to that of word `i`, word `i` itself left out.
#
# ??? hint
#     If all vectors have length 1, the cosine similarity is the scalar product.
#
# ??? hint
#     Before you ask for the largest, set the similarity of word `i` to something below -1.


def nearest(vectors, i):
    """Return the number of the word nearest to word i."""
    # gap
    unit = F.normalize(vectors, dim=1)
    similar = unit @ unit[i]
    similar[i] = -2
    return similar.argmax().item()
    # end


def best(measure):
    """An answer that takes the largest measure, word i left out."""

    def answer(vectors, i):
        values = measure(vectors, vectors[i])
        values[i] = -math.inf
        return values.argmax().item()

    return answer


some_vectors = torch.tensor(
    [
        [1.0, 0.2, 0.0],
        [9.0, 6.0, 1.0],
        [0.3, 0.05, 0.01],
        [1.2, 0.2, 0.5],
        [-1.0, -0.2, 0.0],
    ]
)
check(
    "embeddings/the-nearest-word",
    nearest,
    right=best(lambda all_of, one: F.cosine_similarity(all_of, one[None])),
    cases=[(some_vectors, 0), (some_vectors, 1), (some_vectors, 3)],
    mistakes={
        "this is the word itself. Its similarity is always 1: leave it "
        "out.": lambda vectors, i: i,
        "you took the largest scalar product. It prefers long vectors; "
        "divide by the lengths.": best(lambda all_of, one: all_of @ one),
        "you took the smallest distance. Two vectors of one direction can "
        "be far apart.": best(lambda all_of, one: -(all_of - one).norm(dim=1)),
        "this is the word *least* like it.": best(
            lambda all_of, one: -F.cosine_similarity(all_of, one[None])
        ),
        "you took the largest similarity without its sign: the opposite "
        "direction is not near.": best(
            lambda all_of, one: F.cosine_similarity(all_of, one[None]).abs()
        ),
    },
)

# %%
# One product of a matrix with a vector answers the question for all words at once. That is how search engines that
# look for meaning begin, too, with millions of vectors.

# %%
# ## One pair and its random words
#
# Write the loss of one pair: `center` is a vector `[E]`, `context` that of its true neighbor `[E]`, and `noise` those
# of K random words `[K, E]`. The loss is $-\ln \sigma(c \cdot u) - \sum_k \ln \sigma(-c \cdot u_k)$.
#
# ??? hint
#     `center @ context` is one logit, and `noise @ center` are K of them.
#
# ??? hint
#     `F.logsigmoid` takes the logarithm of the sigmoid without rounding. Mind the two signs of the random words.


def loss_of_a_pair(center, context, noise):
    """Return the loss of one pair as a tensor of shape []."""
    # gap
    true, random = center @ context, noise @ center
    return -F.logsigmoid(true) - F.logsigmoid(-random).sum()
    # end


def combined(of_true, of_random):
    """An answer made of two terms of the logits."""
    return lambda center, context, noise: (
        of_true(center @ context) + of_random(noise @ center)
    )


def yes(logits):
    return -F.logsigmoid(logits)


def no(logits):
    return -F.logsigmoid(-logits)


draw = torch.Generator().manual_seed(31)
check(
    "embeddings/one-pair-and-its-random-words",
    loss_of_a_pair,
    right=lambda center, context, noise: F.binary_cross_entropy_with_logits(
        torch.cat([context[None], noise]) @ center,
        torch.tensor([1.0] + [0.0] * len(noise)),
        reduction="sum",
    ),
    cases=[
        (
            torch.randn(4, generator=draw),
            torch.randn(4, generator=draw),
            torch.randn(5, 4, generator=draw),
        ),
        (
            torch.ones(2),
            torch.tensor([0.5, 1.0]),
            torch.tensor([[-1.0, 0.0], [2.0, 1.0]]),
        ),
    ],
    mistakes={
        "you take the mean over the random words. Each of them asks a "
        "question of its own: add up.": combined(yes, lambda z: no(z).mean()),
        "the sign in front of the random logits is missing, so random "
        "words are drawn near, too.": combined(yes, lambda z: yes(z).sum()),
        "the signs are the other way round: true neighbors are pushed "
        "away.": combined(no, lambda z: yes(z).sum()),
        "the whole sum has the wrong sign. A loss is made smaller.": combined(
            lambda z: -yes(z), lambda z: -no(z).sum()
        ),
        "the random words are missing.": combined(yes, lambda z: 0.0),
        "the true neighbor is missing.": combined(
            lambda z: 0.0, lambda z: no(z).sum()
        ),
        "you leave the logarithm out, and add up probabilities.": combined(
            lambda z: -z.sigmoid(), lambda z: -(-z).sigmoid().sum()
        ),
        "this is one loss for each random word. Add them "
        "up.": lambda center, context, noise: (
            yes(center @ context) + no(noise @ center)
        ),
    },
)

# %%
# With six vectors of zeros the loss is 6 ln 2, as in the lesson. It has no softmax over the vocabulary in it: its cost
# does not depend on how many words there are.

# %%
# ## Another window
#
# An open question. Train with a window of 1 and with a window of 10. Which neighbors does *husband* get, and which
# *train*? One of the two windows groups words by what they are (verbs with verbs), the other by what they are about.
# Write down which is which before you look.
#
# Then train on two halves of the novel separately, and compare the neighbors of 20 words in both. How much of what you
# saw is a property of the words, and how much of these pages?
