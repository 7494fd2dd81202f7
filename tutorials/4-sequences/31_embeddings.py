# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["ND11", "ND12"]
# data = ["anna_karenina"]
# minutes = 2
# gpu = true
# metric = { name = "loss of a pair", unit = "", target = 2.4, reference = "2.36 (a course, 40 times the text)" }
# description = "Vectors for words from one novel: skip-gram, negative sampling, neighbors, analogies, prejudice."
# ///
"""
# Word embeddings

Nobody tells this network what a word means. It reads one novel, learns to guess
which words stand near each other, and in the end *husband* lies close to *wife*
and *two* to *three*. You write it, test it against chance, and find in it what
its author's century thought.
"""

# %%
# Words that are used in similar ways have similar neighbors. That can be counted: for each word of *Anna Karenina*,
# how often does each other word stand next to it? One row of this table describes one word by its company. Here the
# row of *husband* is compared with those of eight others.

import torch
import torch.nn.functional as F

from kindling import plots
from kindling.corpora import anna_karenina
from kindling.text import UNKNOWN, Vocabulary, words

tokens = words(anna_karenina())
vocabulary = Vocabulary.of([tokens], least=5, special=[UNKNOWN])
size, ids = len(vocabulary), vocabulary.encode(tokens)
beside = torch.cat([ids[:-1] * size + ids[1:], ids[1:] * size + ids[:-1]])
table = torch.bincount(beside, minlength=size**2).view(size, size).float()
others = words("wife brother mother house horse quickly three of")
rows = table.sqrt()  # so that "the" and "and" do not drown the rest


def number(word):
    return vocabulary.ids.get(word, 0)  # 0 is <unknown>


husband = rows[number("husband")]
likeness = [
    F.cosine_similarity(husband, rows[number(w)], dim=0) for w in others
]
plots.bars(others, torch.stack(likeness), xlabel="similarity to husband")

# %%
# *Mother* comes first, and *quickly*, *three* and *of* come last: the company of a noun is that of other nouns. But
# *house* and *horse* come before *wife*. The next word tells what kind of word this is, and less of what it means. And
# a row has thousands of numbers, most of them zero. This page learns short rows, of 64 numbers, that do the same job:
# **word embeddings**. The method is **word2vec**, in its form with skip-grams and negative sampling.
#
# You will
#
# - turn a text into pairs of a word and a neighbor, and thin out the words that stand everywhere,
# - write the loss that tells real neighbors from random ones, and train 64 numbers for each word,
# - test the result against chance, on pairs that were chosen before the training,
# - try the famous arithmetic with words, and look for what the novel takes for granted.
#
# Sizes on this page: V words in the vocabulary, E numbers for each, B pairs in a batch, K random words for each pair.

import math
from statistics import median

import matplotlib.pyplot as plt
from torch import nn

from kindling import runtime
from kindling.runtime import claim, steps

device = runtime.device()
embedding_size, window, noise_words = 64, 5, 5
batch_size = 2048
learning_rate = 0.02  # large: each word is in few of the batches
epochs = 6

# %%
# ## Cosine similarity
#
# The bars above compare *directions*. The **cosine similarity** of two vectors is the cosine of the angle between
# them: $\cos(a, b) = \frac{a \cdot b}{|a| \, |b|}$. It is 1 for the same direction, 0 for a right angle, -1 for
# opposite directions, and lengths do not matter. A word that occurs twice as often gets a longer row, and keeps its
# direction.


def cosine(a, b):
    return (a @ b) / (a.norm() * b.norm())


wife = rows[number("wife")]
print(f"husband and wife: {cosine(husband, wife):.3f}")
print(f"husband and three times wife: {cosine(husband, 3 * wife):.3f}")
torch.testing.assert_close(cosine(husband, wife), likeness[0])
torch.testing.assert_close(cosine(husband, 3 * wife), likeness[0])

# %%
# ## Thin out the words that stand everywhere
#
# The next step is to go through the text and look at the words within five places of each word. But the most frequent
# tokens are neighbors of everything, and tell little. So each occurrence of a word with frequency $f$ is kept with
# probability $\sqrt{t / f}$, at most 1: a word that is 100 times as frequent as the threshold $t$ keeps about one
# occurrence in ten.

threshold = 1e-4
occurrences = torch.bincount(ids, minlength=size)
frequency = occurrences / len(ids)
keep = (threshold / frequency).sqrt().clamp(max=1)


def thinned(generator):
    """The text without some occurrences of its frequent words."""
    return ids[torch.rand(len(ids), generator=generator) < keep[ids]]


generator = torch.Generator().manual_seed(31)
text = thinned(generator)
print(" ".join(vocabulary.decode(ids[1000:1028])))
here = ids[1000:1028]
left = here[torch.rand(len(here), generator=generator) < keep[here]]
print(" ".join(vocabulary.decode(left)))
print(f"{len(ids):,} tokens, {len(text):,} after thinning")
for word in ("the", "said", "husband", "meadow"):
    i = number(word)
    print(f"{word}: {occurrences[i]} before, {(text == i).sum()} after")
expected = (occurrences * keep).sum()
assert abs(len(text) - expected) < 5 * math.sqrt(expected)
claim(keep[number("meadow")] == 1, "a rare word loses nothing")

# %%
# *The* loses most of its occurrences, *husband* more than half, *meadow* none. There is a second gain: where words are
# dropped, words that were far apart move into each other's window.
#
# ## Pairs
#
# Now every word is a **center** once, and its neighbors are its **context**. (Skip-gram means that the words in
# between are skipped: a pair knows nothing about distance or order.) The drawing shows the centers as rows and the
# contexts as columns, for a text of twelve words and a window of two.


def pairs(ids, window):
    """All pairs of a center and a word at most `window` places away."""
    centers, contexts = [], []
    for distance in range(1, window + 1):
        centers += [ids[distance:], ids[:-distance]]
        contexts += [ids[:-distance], ids[distance:]]
    return torch.cat(centers), torch.cat(contexts)


row, column = pairs(torch.arange(12), window=2)
grid = torch.zeros(12, 12)
grid[row, column] = 1
with plots.style():
    fig, ax = plt.subplots(figsize=(3, 2.8))
    ax.imshow(grid, cmap="Blues", vmax=1.6)
    ax.set(xlabel="context", ylabel="center", xticks=[], yticks=[])
    ax.grid(False)
    plots.show(
        fig,
        "A grid of 12 centers by 12 contexts. Two cells on either side of the "
        "diagonal are dark; the diagonal itself is empty.",
    )
centers, contexts = pairs(text, window)
print(f"{len(centers):,} pairs from {len(text):,} tokens")
assert len(row) == grid.sum() == 2 * (11 + 10)
assert len(centers) == sum(2 * (len(text) - d) for d in range(1, window + 1))

# %%
# !!! quiz "Pairs of a short text"
#     A text has 7 tokens, and the window is 3. How many pairs of a center and a context are there?
#
#     - [ ] 42
#       > Six for each of seven centers. But the centers near the two ends have fewer neighbors.
#     - [=] 30
#       > Six pairs at distance 1, five at 2, four at 3, each in both directions: $2 \times (6 + 5 + 4)$.
#     - [ ] 15
#       > Each neighborhood counts twice: either word is the center once.
#     - [ ] anything else
#       > Count by distance: how many pairs are one place apart, how many two, how many three?
#
# ## Real neighbor or random word?
#
# Each word gets two vectors: $c$ for its part as a center and $u$ for its part as a context. One could ask for the
# probability of the true context among all V words, by a [softmax](../2-training/09_softmax-cross-entropy.py). That
# costs V products for each pair. **Negative sampling** asks a cheaper question. Draw K random words next to the true
# one, and tell them apart: the logit $c \cdot u$ should be high for the true context and low for the random words,
#
# $$-\ln \sigma(c \cdot u) - \sum_{k=1}^{K} \ln \sigma(-c \cdot u_k)$$
#
# That is the [binary cross-entropy](29_sentiment.py) of K + 1 small questions, one with the answer "yes".


def pair_loss(center, context, noise):
    """The loss of each pair [B]; vectors [B, E], [B, E] and [B, K, E]."""
    true = (center * context).sum(dim=1)  # [B]
    random = (noise @ center.unsqueeze(2)).squeeze(2)  # [B, K]
    return -F.logsigmoid(true) - F.logsigmoid(-random).sum(dim=1)


runtime.seed(31)
vectors = torch.randn(8, 2 + noise_words, 16, dtype=torch.double)
center, context, noise = vectors[:, 0], vectors[:, 1], vectors[:, 2:]
logits = (vectors[:, 1:] @ center.unsqueeze(2)).squeeze(2)  # [B, 1 + K]
answers = torch.zeros_like(logits)
answers[:, 0] = 1
by_torch = F.binary_cross_entropy_with_logits(logits, answers, reduction="none")
torch.testing.assert_close(
    pair_loss(center, context, noise), by_torch.sum(dim=1), atol=1e-6, rtol=0
)
untrained = pair_loss(0 * center, context, noise).mean()
print(f"without any knowledge: {untrained:.3f} = 6 ln 2")
assert abs(untrained - 6 * math.log(2)) < 1e-6

# %%
# With nothing learned, each of the six questions costs $\ln 2$.
#
# Where do the random words come from? From the text's own words, by their frequency to the power of 0.75, so that rare
# words are drawn a little more often than they occur. A *true* neighbor can be among them, by accident. That does
# little harm, since it is rare.
#
# !!! quiz "Why the random words are needed"
#     Leave the second term of the loss out, and train on true pairs only. What happens?
#
#     - [x] All logits grow, and the loss goes to zero without any knowledge.
#       > The easiest way is to let all vectors point the same way and get longer. Every pair then looks real.
#     - [ ] Training takes longer and ends at the same vectors.
#       > No: there is nothing left that tells one word from another.
#     - [ ] Nothing is learned, because the gradient is zero.
#       > The gradient is there. It leads to a solution that is worth nothing.
#
# ## Training
#
# The loop is the usual one. `nn.Embedding` holds the [vectors](29_sentiment.py), two tables of them. Each epoch thins
# the text again, so it sees other pairs.


def train(text_of, epochs, seed):
    """Train both tables; return the centers' vectors [V, E] and the losses."""
    runtime.seed(seed)
    generator = torch.Generator().manual_seed(seed)
    center = nn.Embedding(size, embedding_size)
    context = nn.Embedding(size, embedding_size)
    for embedding in (center, context):
        nn.init.normal_(embedding.weight, std=0.1)
        embedding.to(device)
    parameters = [center.weight, context.weight]
    optimizer = torch.optim.Adam(parameters, lr=learning_rate)
    expected = int(2 * window * len(text) * epochs / batch_size)
    decay = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0.01, expected)
    chances, losses = (frequency**0.75).to(device), []
    for _ in range(steps(epochs)):
        x, y = (side.to(device) for side in pairs(text_of(generator), window))
        for rows in torch.randperm(len(x), device=device).split(batch_size):
            drawn = len(rows) * noise_words
            noise = torch.multinomial(chances, drawn, replacement=True)
            noise = noise.view(len(rows), noise_words)
            loss = pair_loss(
                center(x[rows]), context(y[rows]), context(noise)
            ).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            decay.step()
            losses.append(loss.detach())
    return center.weight.detach().cpu(), torch.stack(losses).cpu()


learned, losses = train(thinned, epochs, seed=31)
block = max(len(losses) // 40, 1)
smooth = losses[: len(losses) // block * block].view(-1, block).mean(dim=1)
plots.curves(
    {"loss of a pair": smooth},
    x=[(i + 0.5) * block for i in range(len(smooth))],
    xlabel="step",
    ylabel="mean loss",
)
print(f"first steps {losses[0]:.2f}, at the end {smooth[-1]:.3f}")
runtime.report("loss of a pair", smooth[-1])
claim(smooth[-1] < 2.4, "the loss of a pair ends below 2.4")

# %%
# The loss can never reach zero: which words stand near *the* is mostly chance. Does a low loss mean good vectors? It
# says that neighbors are guessed well. What the vectors are good for must be tested by itself.
#
# ## Neighbors
#
# Here are the words whose vectors are closest in direction to some words of the novel.

directions = F.normalize(learned, dim=1)  # all of length 1


def closest(vector, k, but=()):
    similar = directions @ vector
    similar[[number(word) for word in but]] = -2
    return vocabulary.decode(similar.topk(k).indices)


for word in words("husband moscow horse two good train peasants vronsky"):
    found = closest(directions[number(word)], 6, but=[word])
    print(f"{word:9}", " ".join(found))

# %%
# Most rows make sense. Words that stand everywhere, such as *the* and *at*, slip into some of them.
#
# A list of good examples proves nothing; there are always some. So here is a list of ten pairs that was written down
# before the first training. For each pair, sort all words by their similarity to the first, and see where
# the second stands. With vectors that know nothing, all places are equally likely, and half of the pairs would be in
# the upper half of the list.

hand_pairs = [
    words(pair)
    for pair in (
        "husband wife",
        "brother sister",
        "father mother",
        "morning evening",
        "eyes face",
        "two three",
        "moscow petersburg",
        "princess prince",
        "horse mare",
        "winter summer",
    )
]


def places(vectors):
    """For each pair, the place of the second word among all, from 1."""
    unit = F.normalize(vectors, dim=1)
    found = []
    for first, second in hand_pairs:
        similar = unit @ unit[number(first)]
        similar[number(first)] = -2
        found.append((similar > similar[number(second)]).sum() + 1)
    return [place.item() for place in found]


def shuffled(generator):
    """The same words, thinned as well, in an order without sense."""
    text = thinned(generator)
    return text[torch.randperm(len(text), generator=generator)]


nonsense, _ = train(shuffled, epochs, seed=31)
results = {
    "learned": places(learned),
    "shuffled text": places(nonsense),
    "counted": places(rows),
}
plots.bars(
    [" ".join(pair) for pair in hand_pairs],
    results["learned"],
    xlabel=f"place among {size - 1:,} words",
    reference=size / 2,
)
for name, found in results.items():
    print(f"{name:13} median place {median(found):.0f}: {found}")
near = sum(place <= size / 20 for place in results["learned"])
print(f"{near} of 10 are among the first 5%; by chance that would be 0.5")
claim(median(results["learned"]) < size / 20, "neighbors are far from chance")
claim(near >= 7, "seven of ten pairs are near each other")
far, close = (median(results[name]) for name in ("shuffled text", "learned"))
claim(far > 10 * close, "no order, no neighbors")

# %%
# The control is a text with the same words in random order. Its vectors are trained in the same way, and most of the
# partners are hundreds of places away. (By chance the median would be in the middle, and even these vectors do better.
# A likely reason is that words that are about equally frequent are trained about equally often.) What the learned
# vectors know beyond that comes from the *order* of the words.
#
# The third line is the table of the first figure, whose rows have one number for every word of the vocabulary. It does
# as well. On this list the learned vectors know no more than the counts; they say it in 64 numbers.
#
# !!! quiz "What near means"
#     *Morning* and *evening* lie near each other. Which of these pairs do you expect to be near as well?
#
#     - [x] *Good* and *bad*.
#       > Opposites stand in the same places: "a good man", "a bad man". They keep similar company.
#     - [ ] *Train* and *whistled*, because the train whistled.
#       > They stand next to each other. That makes the *context* vector of one fit the center of the other. Near are
#       > words that could take each other's place.
#     - [ ] Words with the same beginning, like *card* and *care*.
#       > The method sees numbers of words. It has never seen a letter.
#
# ## A map
#
# 64 axes cannot be drawn. The two directions in which some words differ most can: they are found by a singular value
# decomposition of their vectors (principal components). Look for groups.

groups = {
    "family": "husband wife brother sister mother father son daughter",
    "body": "eyes face hand hands lips shoulders head hair",
    "numbers": "two three four five six ten twenty hundred",
    "country": "horses peasants land fields hay meadow laborers farming",
}
listed = [(name, w) for name, line in groups.items() for w in line.split()]
spots = directions[[number(w) for _, w in listed]]
spots = spots - spots.mean(dim=0)
_, _, axes = torch.linalg.svd(spots, full_matrices=False)
flat = spots @ axes[:2].T  # [words, 2]
with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 4))
    for k, name in enumerate(groups):
        mine = [i for i, (group, _) in enumerate(listed) if group == name]
        ax.plot(*flat[mine].T, "o", color=plots.COLORS[k], ms=3, label=name)
        for i in mine:
            ax.annotate(listed[i][1], flat[i].tolist(), fontsize=8)
    ax.legend()
    ax.set(xlabel="first direction", ylabel="second direction")
    plots.show(
        fig,
        "A map of 32 words in four colors: family, parts of the body, "
        "numbers, and life in the country. Words of one group mostly stand "
        "together.",
    )
same = torch.tensor([[a == b for b, _ in listed] for a, _ in listed])
alike = spots @ spots.T / spots.norm(dim=1) / spots.norm(dim=1)[:, None]
inside = alike[same & ~torch.eye(32, dtype=torch.bool)].mean()
print(f"mean cosine in a group {inside:.2f}, between {alike[~same].mean():.2f}")
claim(inside > alike[~same].mean() + 0.2, "groups stand together")

# %%
# ## Arithmetic with words
#
# You may have read that *king* - *man* + *woman* gives *queen*. The idea: the step from *man* to *woman* should be the
# same as from *king* to *queen*. Here are eight such questions about words of the novel. What is less often said: the
# published answers leave out the three words of the question. We ask both ways.

questions = [
    "he she his her",
    "he she him her",
    "he she himself herself",
    "brother sister son daughter",
    "husband wife man woman",
    "father mother brother sister",
    "horse horses hand hands",
    "eye eyes word words",
]
hits = {"with": 0, "without": 0, "an input": 0}
for a, b, c, wanted in (question.split() for question in questions):
    va, vb, vc = (directions[number(w)] for w in (a, b, c))
    (plain,) = closest(vb - va + vc, 1)
    (other,) = closest(vb - va + vc, 1, but=(a, b, c))
    hits["with"] += plain == wanted
    hits["without"] += other == wanted
    hits["an input"] += plain in (a, b, c)
    print(f"{a} : {b} = {c} : {wanted:9} nearest {plain}, then {other}")
print(hits)
claim(hits["an input"] >= 5, "the nearest word is mostly one of the inputs")
claim(hits["with"] <= 2, "asked honestly, the arithmetic mostly fails")

# %%
# Asked honestly, the arithmetic mostly returns one of the words that went in: two of the three vectors enter the
# sum whole, so it stays close to them. Leaving the inputs out hides that. Even then few of the
# eight are right. One novel is a small corpus; the published answers come from billions of words.
#
# ## What the novel takes for granted
#
# Add the directions of *he*, *his*, *him*, and subtract those of *she*, *her*, *hers*. A word that points along the
# difference keeps the company of *he*, one against it that of *she*. Here are two lists of words that say nothing about
# men or women.

axis = F.normalize(
    directions[[number(w) for w in ("he", "his", "him")]].sum(dim=0)
    - directions[[number(w) for w in ("she", "her", "hers")]].sum(dim=0),
    dim=0,
)
affairs = words("business money work office service land book idea")
feelings = words("tears love beautiful dress child dance beauty jealousy")
leaning = {w: directions[number(w)] @ axis for w in affairs + feelings}
plots.bars(
    list(leaning),
    torch.stack(list(leaning.values())),
    xlabel="leans toward she (negative) or he (positive)",
    reference=0,
)
means = [
    sum(leaning[word] for word in kind) / len(kind)
    for kind in (affairs, feelings)
]
print(f"affairs {means[0]:+.2f}, feelings {means[1]:+.2f}")
claim(means[0] > means[1] + 0.05, "the novel gives affairs to men")

# %%
# Nobody wrote a rule. The words of business keep company with *he*, and those of love and dress with *she*, because
# that is how the novel tells it. The vectors repeat it without a source,
# a date or a doubt. A program that sorts job applications by such vectors would, too.
#
# You may read elsewhere that a larger corpus cures this. It does not: a large corpus is many texts, each with its
# habits. What helps is to measure, as here, and to decide what such vectors may be used for.
#
# ## Where it fails
#
# - **One vector for each spelling.** *Left* is a direction and the past of *leave*; *kitty* is a person here. The
#   vector is a mean of all uses. Networks with [attention](32_attention.py) give each occurrence a vector of its own.
# - **Rare words.** How much do neighbors mean for a word that occurs five times?

rare = [w for w in vocabulary.tokens if occurrences[number(w)] == 5]
for word in [w for w in rare if w.isalpha()][:4]:
    print(f"{word:12}", " ".join(closest(directions[number(word)], 5, [word])))
print(f"{len(rare)} of {size:,} words occur five times")

# %%
# Some neighbors fit, others come from one sentence that happened to be there.
#
# - **Opposites.** *Morning* and *evening*, a pair of the list above, are near each other. Near means "can stand in the
#   same place", which is not "means the same".
#
# ## Exercises
#
# [The workbook](31_embeddings.exercises.py) has each of these as a cell with a gap, with a checker that tells you what
# is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [Attention](32_attention.py) mixes the vectors of a sentence, so that a word gets its meaning from the words around
# it. If the embedding layer was new to you, its home is [sentiment of reviews](29_sentiment.py).
