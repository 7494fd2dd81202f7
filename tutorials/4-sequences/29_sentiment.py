# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["R11", "S8", "ND1"]
# data = ["sentence_polarity", "imdb"]
# minutes = 3
# gpu = true
# metric = { name = "test accuracy", unit = "%", target = 74, reference = "76.1% (a published CNN)" }
# description = "Film reviews from raw text to a verdict: tokens, vocabulary, padding, packing, and an honest baseline."
# ///
"""
# Sentiment of reviews

Does this sentence praise the film, or not? You take raw text all the way to a
verdict, and build each piece on the way by hand. Most mistakes here raise no
error. One turns a good network into a coin flip, and you will measure it.
"""

# %%
# Begin with something that needs no network. Count in how many sentences of praise each word occurs, and in how many
# of blame. The logarithm of the ratio is the word's **score**: positive for a word of praise, negative for a word of
# blame. Before you look: which of these words do you expect near zero?

import math
from collections import Counter

from kindling import plots
from kindling.corpora import sentence_polarity

texts, y_train = sentence_polarity("train")
said = {0: Counter(), 1: Counter()}  # blame, praise
for text, label in zip(texts, y_train.tolist(), strict=True):
    said[label].update(set(text.split()))


def score(word):
    """Above zero for praise; adding 1 keeps a word that never occurs finite."""
    return math.log((said[1][word] + 1) / (said[0][word] + 1))


probes = ["moving", "best", "good", "film", "not", "bad", "too", "dull"]
plots.bars(probes, [score(w) for w in probes], xlabel="log(praise / blame)")
for text, label in zip(texts[:2], y_train[:2].tolist(), strict=True):
    print("praise:" if label else "blame: ", text)

# %%
# *Good* is a weaker sign than *moving*, and *too* points down: people write "too long". A sentence whose scores add up
# above zero gets the verdict "praise". Such a model sees which words are there, and not their order, so it is called a
# **bag of words**. It is our baseline, and it will be hard to beat.
#
# You will
#
# - cut text into tokens, number them, and put sentences of different lengths into one tensor,
# - train a [recurrent network](27_recurrent-cells.py) that reads them word by word, in three ways, one of them wrong,
# - compare it with the bag of words, and read its mistakes,
# - take the bag of words to reviews that are ten times as long.
#
# Sizes on this page: B sentences in a batch, T tokens in the longest one, E numbers for a token, H in the state.

import re
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.optim.lr_scheduler import OneCycleLR

from kindling import corpora, metrics, runtime
from kindling.data import batches
from kindling.fetch import card
from kindling.runtime import claim, steps
from kindling.text import PAD, UNKNOWN, Vocabulary, words
from kindling.training import fit

device = runtime.device()
batch_size, epochs = 64, 4
learning_rate = 3e-3  # the top of the cycle
embedding_size, hidden = 64, 64

# %%
# ## Tokens
#
# A network takes numbers. The first step is **tokenization**: cut the text into pieces, the *tokens*. Ours are words
# and punctuation marks, in lower case. The pattern has two halves. `\w+(?:['’]\w+)*` is a run of letters and digits,
# perhaps with apostrophes inside; `[^\w\s]` is any other single character that is not a space.


def tokens_of(text):
    return re.findall(r"\w+(?:['’]\w+)*|[^\w\s]", text.lower())


print(tokens_of("Don't miss it: the BEST film of the year!"))
train_tokens = [tokens_of(text) for text in texts]
assert train_tokens == [words(text) for text in texts]

# %%
# The last line checks that `words` of `kindling.text`, which later lessons import, cuts all of them the same way.
#
# ## A vocabulary, from the training split only
#
# The second step gives every token a number. A word that occurs once teaches little, so we keep those with two or more
# occurrences, the most frequent first. Two numbers are reserved: 1 for every **unknown** word, and 0 for **padding**,
# which will fill up short sentences as it fills up [the borders of images](../3-vision/18_conv-arithmetic.py).

counts = Counter(token for tokens in train_tokens for token in tokens)
frequent = sorted(counts, key=lambda token: (-counts[token], token))
kept = [PAD, UNKNOWN, *(t for t in frequent if counts[t] >= 2)]
number = {token: i for i, token in enumerate(kept)}


def encode(tokens):
    return torch.tensor([number.get(token, 1) for token in tokens])


example = tokens_of("A sublimely moving film, unbloodyforgettable.")
ids = encode(example)
print(f"{len(counts):,} different tokens, {len(kept):,} numbers")
print(ids.tolist(), "is", " ".join(kept[i] for i in ids))
vocabulary = Vocabulary.of(train_tokens, least=2, special=[PAD, UNKNOWN])
assert vocabulary.tokens == tuple(kept)
assert vocabulary.encode(example).equal(ids)

# %%
# Why not count the words of the other splits, too, so that fewer are unknown? Here is the share of validation tokens
# without a number.

val_texts, y_val = sentence_polarity("val")
val_tokens = [words(text) for text in val_texts]
flat = [token for tokens in val_tokens for token in tokens]
unknown, new = (sum(t not in s for t in flat) for s in (number, counts))
print(f"unknown: {unknown / len(flat):.1%}, never seen: {new / len(flat):.1%}")
claim(new > 0.01 * len(flat), "new text has new words")

# %%
# New text always brings new words. With a vocabulary that has seen the validation sentences, the share would be
# smaller than it will ever be on new text, and the network would be measured in a world that does not exist.
#
# !!! quiz "A vocabulary that knows the test"
#     A colleague builds the vocabulary from all three splits. No labels are used for it. What is wrong?
#
#     - [ ] Nothing: without labels nothing can leak.
#       > Labels are not the only thing that can leak. Here it is the knowledge of which words will come.
#     - [x] The test then describes text without unknown words, and new text has some.
#       > The vectors of those words were never trained, either: they are random, where `<unknown>` has learned what to
#       > do.
#
# ## Padding
#
# The third step: a batch is one tensor, so all of its rows need the same length. The short ones are filled up with
# zeros, on the right or on the left. By hand this is a loop; `pad_sequence` does the same.


def pad(sequences, side):
    longest = max(len(ids) for ids in sequences)
    x = torch.zeros(len(sequences), longest, dtype=torch.int64)  # [B, T]
    for row, ids in zip(x, sequences, strict=True):
        row[slice(len(ids)) if side == "right" else slice(-len(ids), None)] = (
            ids
        )
    return x


some = [vocabulary.encode(tokens) for tokens in train_tokens[:12]]
padded = {side: pad(some, side) for side in ("right", "left")}
for side, x in padded.items():
    assert x.equal(pad_sequence(some, batch_first=True, padding_side=side))

lengths = [len(tokens) for tokens in train_tokens]
with plots.style():
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.1))
    axes[0].hist(lengths, bins=range(0, 66, 3), color=plots.COLORS[0])
    axes[0].set(title="lengths", xlabel="tokens", ylabel="sentences")
    for ax, (side, x) in zip(axes[1:], padded.items(), strict=True):
        ax.imshow(x != 0, cmap="Blues", vmax=1.6, aspect="auto")
        ax.set(title=f"padded {side}", xlabel="step", ylabel="sentence")
        ax.grid(False)
    plots.show(
        fig,
        f"Lengths from {min(lengths)} to {max(lengths)} tokens. Twelve rows of "
        "dark words: padded right, they end anywhere; left, all at the end.",
    )

# %%
# Padded on the right, most rows have *padding* at the last step. Remember that.
#
# Why do padding and unknown words need two numbers? Because the length of a sentence can then be read off the tensor:
# it is the count of entries that are not zero. If unknown words were zeros as well, they would be missing from it.

known = ids[ids != 1]  # what would be left if unknown words were zeros
print(f"{len(ids)} tokens; with a shared zero, {len(known)} would be counted")
assert (ids != 0).sum() == len(ids) > len(known)

# %%
# ## Embedding
#
# A token's number means nothing by itself: word 40 is not twice word 20. So each token gets a vector of E numbers,
# which are learned. The table of these vectors is an **embedding**, and all it does is look up rows. The same comes
# out if you multiply the table by vectors that have a single 1, with much more work.

runtime.seed(29)
table = nn.Embedding(len(vocabulary), 4, padding_idx=0)
one_hot = F.one_hot(ids, len(vocabulary)).float()  # [T, words]
torch.testing.assert_close(table(ids), one_hot @ table.weight)
table(pad([ids, ids[:2]], "right")).sum().backward()
for i in (0, ids[0]):
    print(kept[i], table.weight[i].detach(), table.weight.grad[i])
assert not table.weight[0].any() and not table.weight.grad[0].any()

# %%
# *A* occurs in both rows of this batch, so its vector got a gradient from both. `padding_idx=0` keeps the vector of
# the padding at zero, and no gradient ever moves it.
#
# !!! quiz "What padding_idx does not do"
#     You set `padding_idx=0` and feed right-padded sentences into a GRU. What happens at the padded steps?
#
#     - [ ] The GRU skips them.
#       > It cannot know. It gets a vector of zeros, which is a vector like any other.
#     - [x] The GRU computes a new state from the old one and a vector of zeros.
#       > Its biases and its recurrent weights go on working, step after step.
#     - [ ] The state becomes zero.
#       > The *input* is zero. The state is a mix of the old one and a proposal.
#
# ## A logit and its loss
#
# The network will give one logit $z$ for a sentence, and $\sigma(z)$ is the probability of praise. Written for the
# logit, the [binary cross-entropy](../1-foundations/06_logistic-regression.py) (BCE) is $\ln(1 + e^z) - yz$. Here it
# is by hand (so that $e^z$ cannot overflow), by the function for logits, and by a sigmoid and
# `F.binary_cross_entropy`.

z = torch.tensor([2.0, -1.0, 200.0], dtype=torch.double, requires_grad=True)
y = torch.tensor([1.0, 1.0, 0.0], dtype=torch.double)
by_hand = z.clamp(min=0) + torch.log1p(torch.exp(-z.abs())) - y * z
by_logits = F.binary_cross_entropy_with_logits(z, y, reduction="none")
older = F.binary_cross_entropy(z.sigmoid(), y, reduction="none")
for name, loss in {"logits": by_logits, "sigmoid": older}.items():
    (slope,) = torch.autograd.grad(loss.sum(), z, retain_graph=True)
    said = ", ".join(f"{value:.3f}" for value in loss.tolist())
    print(f"{name:8} loss {said}, gradient of the last {slope[2]:.0f}")
torch.testing.assert_close(by_hand, by_logits, atol=1e-6, rtol=0)
assert by_logits[2] == 200 and older[2] == 100

# %%
# The third sentence is blame, and the network is completely sure that it is praise. The sigmoid of 200 rounds to 1, so
# the older way cuts the loss off at 100, and the gradient is zero: the worst mistake teaches nothing. The network must
# end in a logit, and the loss must take it as it is.
#
# !!! quiz "The loss of a confident mistake"
#     A sentence of praise gets the logit $-4$. What is its loss?
#
#     - [ ] 0.018
#       > That is the probability of praise, $\sigma(-4)$; or the loss if the sentence were blame.
#     - [=] 4.018 ± 0.002
#       > $\ln(1 + e^{-4}) + 4$. A confident mistake costs about as much as the size of its logit.
#     - [ ] anything else
#       > Put $z = -4$ and $y = 1$ into $\ln(1 + e^z) - yz$.
#
# ## Three ways to read
#
# Embed, read with a GRU, and let a linear layer turn *one* state into a logit. Which state? The one after the last
# word. There are three ways to ask for it.
#
# - **last**: pad on the right, take `out[:, -1]`. This is the mistake: in most rows it is a state after padding.
# - **left**: pad on the left, take `out[:, -1]`. Now the last step is a word in every row; the padding is read first.
# - **packed**: pad on the right, and tell the layer the lengths. A **packed sequence** has no padding in it. It holds
#   the first tokens of all sentences, then the second ones of those that have a second, and so on.

tiny = pad([ids[:3], ids[:1], ids[:4]], "right")
packed = pack_padded_sequence(
    tiny, torch.tensor([3, 1, 4]), batch_first=True, enforce_sorted=False
)
print(
    f"packed {packed.data.tolist()}, batch sizes {packed.batch_sizes.tolist()}"
)
assert packed.batch_sizes.tolist() == [3, 2, 2, 1]

# %%
# Three sentences begin, two go on, and one has a fourth token: those are the batch sizes. (Inside, the longest comes
# first; the layer returns the states in your order.) Here is the network.


class Reader(nn.Module):
    """From token numbers [B, T] to one logit for each sentence: [B]."""

    def __init__(self, reading):
        super().__init__()
        self.reading = reading
        size = len(vocabulary), embedding_size
        self.embedding = nn.Embedding(*size, padding_idx=0)
        self.embedding.weight.data *= 0.1  # small, so rare words are no noise
        self.dropout = nn.Dropout(0.5)
        self.cell = nn.GRU(embedding_size, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def states(self, x, start=None):
        """The state after the last word [B, H]; after all steps for `last`."""
        vectors = self.dropout(self.embedding(x))  # [B, T, E]
        if self.reading != "packed":
            return self.cell(vectors)[0][:, -1]
        lengths = (x != 0).sum(dim=1).cpu()  # packing wants them there
        packed = pack_padded_sequence(
            vectors, lengths, batch_first=True, enforce_sorted=False
        )
        return self.cell(packed, start)[1][-1]  # h_n of the only layer

    def forward(self, x):
        return self.head(self.dropout(self.states(x))).squeeze(1)


runtime.seed(29)
untrained, x = Reader("packed").eval(), padded["right"]
out, _ = untrained.cell(untrained.embedding(x))  # [B, T, H], padding included
last_word = (x != 0).sum(dim=1) - 1
by_hand = out[torch.arange(len(x)), last_word]
torch.testing.assert_close(untrained.states(x), by_hand, atol=1e-6, rtol=0)

# %%
# The last lines find the same state by hand: `out` at the place of the last word, a different step in each row. Now
# train the three, with everything else the same. All sentences of a split are padded to its longest.


def tensors(token_lists, side):
    encoded = [vocabulary.encode(tokens) for tokens in token_lists]
    return pad_sequence(encoded, batch_first=True, padding_side=side).to(device)


def train_reader(reading, seed):
    side = "left" if reading == "left" else "right"
    x, y = tensors(train_tokens, side), y_train.float().to(device)
    x_val = tensors(val_tokens, side)
    runtime.seed(seed)
    model = Reader(reading).to(device)
    train = batches(x, y, batch_size, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters())
    total = steps(epochs) * len(train)
    history = fit(
        model,
        train,
        batches(x_val, y_val.float().to(device), 1000),
        optimizer=optimizer,
        epochs=epochs,
        scheduler=OneCycleLR(optimizer, learning_rate, total_steps=total),
        loss_fn=F.binary_cross_entropy_with_logits,
    )
    return model, history


readers = {name: train_reader(name, 29) for name in ("last", "left", "packed")}
accuracy = {name: run.val_accuracy[-1] for name, (_, run) in readers.items()}
plots.losses({name: run for name, (_, run) in readers.items()})
for name, value in accuracy.items():
    print(f"{name:7} validation accuracy {value:.1%}")
claim(accuracy["last"] < 0.6, "reading padding is close to a coin flip")
claim(min(accuracy["left"], accuracy["packed"]) > 0.7, "the others learn")

# %%
# The loss of "last" stays near $\ln 2 \approx 0.69$, the loss of a coin flip. No error, no warning, all shapes in
# order. But between the last word and the end of the row the GRU has read dozens of zero vectors, and its state has
# forgotten the words. The gradient that could teach it to hold on [fades](27_recurrent-cells.py) on its way back
# through all those steps. If a recurrent network does not learn, look at its padding first.
#
# !!! quiz "Which side to pad"
#     A program pads on the right, does not pack, and reads `out[:, -1]`. Which single change repairs it?
#
#     - [x] Pad on the left.
#       > Then the last step is the last word in every row. The zeros before the first word do little harm.
#     - [ ] Use `h_n[-1]` instead of `out[:, -1]`.
#       > Without packing these are the same numbers, padding and all.
#     - [ ] Set `padding_idx=0`.
#       > All three readers above have it.
#
# ## The baseline
#
# Is that good? Only a baseline can tell. The first one is from the top of the page: count, and add up scores. The
# second has one weight for each word, too, but *learns* them by [logistic
# regression](../1-foundations/06_logistic-regression.py). NumPy is enough for that, since the slope of the loss with
# respect to a logit is $\sigma(z) - y$. Each sentence becomes a row with a 1 for each word that it has.


def bags(token_lists):
    rows = np.zeros((len(token_lists), len(vocabulary)), dtype=np.float32)
    for row, tokens in zip(rows, token_lists, strict=True):
        row[vocabulary.encode(tokens).numpy()] = 1
    return rows


def learn(x, y, rounds=8, rate=0.5):
    rng, weights = np.random.default_rng(29), np.zeros_like(x[0])
    for _ in range(rounds):
        for rows in np.array_split(rng.permutation(len(x)), len(x) // 64 + 1):
            error = 1 / (1 + np.exp(-x[rows] @ weights)) - y[rows]
            weights -= rate * error @ x[rows] / len(rows)
    return weights


def count(x, y):
    return np.log((x[y == 1].sum(axis=0) + 1) / (x[y == 0].sum(axis=0) + 1))


x, y, bag = bags(train_tokens), y_train.numpy(), {}
for name, method in {"counted": count, "learned": learn}.items():
    start = time.perf_counter()
    bag[name] = method(x, y)
    print(f"{name} in {time.perf_counter() - start:.1f} s", end=", ")
    logits = torch.from_numpy(bags(val_tokens) @ bag[name])
    accuracy[name] = metrics.accuracy(logits, y_val)
    print(f"validation accuracy {accuracy[name]:.1%}")
print(f"packed GRU in {sum(readers['packed'][1].seconds):.1f} s")
claim(min(accuracy["counted"], accuracy["learned"]) > 0.65, "bags do well")

# %%
# ## One look at the test sentences
#
# All choices are made: the packed reader, from three seeds, and the two bags. To compare, count only the sentences
# where one is right and the other is wrong, as in [the fair comparison](../3-vision/19_fashion-cnn.py).

test_texts, y_test = sentence_polarity("test")
test_tokens = [words(text) for text in test_texts]
x_test = tensors(test_tokens, "right")
models = [readers["packed"][0]]
models += [train_reader("packed", seed)[0] for seed in (30, 31)]
logits = torch.stack([metrics.predict(m, x_test).cpu() for m in models])
tested = [metrics.accuracy(row, y_test) for row in logits]
print("GRU, three seeds:", ", ".join(f"{value:.1%}" for value in tested))
mean_accuracy = sum(tested) / len(tested)
together = logits.mean(dim=0)
right = ((together > 0) == (y_test == 1)).numpy()
print(f"mean {mean_accuracy:.1%}, logits averaged {right.mean():.1%}")
for name, weights in bag.items():
    bag_right = (bags(test_tokens) @ weights > 0) == y_test.numpy()
    only, other = (right & ~bag_right).sum(), (bag_right & ~right).sum()
    print(f"{name} {bag_right.mean():.1%}: only the GRUs right {only},", end="")
    coins = (only - other) / max(only + other, 1) ** 0.5  # deviations
    print(f" only the bag {other}, {coins:+.1f} standard deviations from even")
    claim(name == "counted" or coins > 2, "the GRUs beat the learned bag")
runtime.report("test accuracy", mean_accuracy)
claim(mean_accuracy > 0.74, "the GRU's mean accuracy is above 74%")

# %%
# The three GRUs together beat the *learned* bag by more than luck explains. Over the *counted* one their lead is small:
# two lines of counting come close to a network that reads in order. Report that, too, when it happens to you. (With
# another split, a published convolutional network without outside text reached 76.1%.)
#
# ## Read a mistake aloud
#
# Which test sentences did the GRUs get most wrong? Below are three. Then comes the verdict word by word on the
# shortest of the ten worst: the difference that each word makes to the logit.

worst = np.argsort(-together.abs().numpy() * ~right)[:10].tolist()
for i in worst[:3]:
    print("praise" if y_test[i] else "blame", f"{together[i]:+.1f}:", end=" ")
    print(test_texts[i])


@torch.no_grad()
def verdicts_on_the_way(model, ids):
    out, _ = model.cell(model.embedding(ids.to(device))[None])  # [1, T, H]
    states = torch.cat([torch.zeros_like(out[:, :1]), out], dim=1)
    return model.head(states).flatten().cpu()  # [1 + T]


i = min(worst, key=lambda i: len(test_tokens[i]))
ids = vocabulary.encode(test_tokens[i])
path = torch.stack([verdicts_on_the_way(m, ids) for m in models]).mean(dim=0)
print("praise" if y_test[i] else "blame", f"{together[i]:+.1f}:", test_texts[i])
plots.bars(test_tokens[i], path.diff(), xlabel="what it adds to the logit")
torch.testing.assert_close(path[-1], together[i], atol=1e-4, rtol=1e-4)

# %%
# Three things make sentences hard. Some grant the film a point only to take it back. Some are
# ironic. And some labels are doubtful: they say what the whole review thought of the film,
# and a sentence out of it may say the opposite. The bars show how a verdict forms: a few words decide.
#
# ## A state from a stranger
#
# A widely copied version of this task starts each batch with the state that the batch before it left behind. For
# [continuous text](28_char-lstm.py) that is right. Reviews are shuffled, so here each sentence begins in the mood of a
# stranger. What does that do to a trained reader, if each test sentence starts where another one ended?

model = models[0]
with torch.no_grad():
    strangers = model.states(x_test).roll(1, dims=0)[None]  # [1, B, H]
    moved = model.head(model.states(x_test, strangers)).squeeze(1).cpu()
turned = ((moved > 0) != (logits[0] > 0)).float().mean()
print(f"the state of a stranger turns {turned:.1%} of the verdicts")
claim(turned > 0.05, "a stranger's state turns verdicts")

# %%
# The same version has four more habits, and none of them raises an error.
#
# | habit | what it does | here |
# |---|---|---|
# | vocabulary from all splits | hides unknown words | training split only |
# | unknown words share 0 with padding | lengths come out too short | 0 and 1 |
# | `BCELoss` after a sigmoid | no gradient for the worst mistakes | logits |
# | only the first 200 words of a review | drops most of a long review | measured below |
#
# ## Reviews ten times as long
#
# The reviews of IMDB have a few hundred words. `corpora.imdb` takes them from your data folder, or fetches the archive
# from the address below.

print(card("imdb").files[0].url)
reviews = {split: corpora.imdb(split) for split in ("train", "test")}
tokens = {
    split: [words(text.replace("<br />", " ")) for text in raw]
    for split, (raw, _) in reviews.items()
}
imdb_words = Vocabulary.of(tokens["train"], least=5, special=[PAD, UNKNOWN])
numbers = {s: [imdb_words.encode(t) for t in tokens[s]] for s in tokens}
sizes = torch.tensor([len(ids) for ids in numbers["train"]])
print(f"{len(imdb_words):,} words; half of the reviews", end=" ")
print(f"have more than {sizes.median()} tokens, the longest has {sizes.max()}")

# %%
# A GRU would need ten times as many steps for each of them. A bag of words does not mind. In PyTorch it is an
# `nn.EmbeddingBag` with one number for each word: it looks up rows and adds them, for many reviews at once. They come
# as one long list, with the places where each begins, so no padding is needed. As above, a word counts once.


def bag_logits(bag, reviews):
    starts = torch.tensor([0] + [len(ids) for ids in reviews[:-1]]).cumsum(0)
    return bag(torch.cat(reviews), starts).squeeze(1)  # [N]


def train_bag(reviews, y, epochs=3, learning_rate=0.01):
    bag = nn.EmbeddingBag(len(imdb_words), 1, mode="sum")
    nn.init.zeros_(bag.weight)
    optimizer = torch.optim.Adam(bag.parameters(), lr=learning_rate)
    for _ in range(epochs):
        for rows in torch.randperm(len(reviews)).split(100):
            z = bag_logits(bag, [reviews[i] for i in rows.tolist()])
            loss = F.binary_cross_entropy_with_logits(z, y[rows].float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return bag.requires_grad_(False)


# %%
# Programs that want rows of one length often keep the first 200 words. Are these the right ones? A fifth of the
# training reviews is set aside to decide. (They come sorted by label, so they are shuffled before the cut.)

runtime.seed(29)
order = torch.randperm(len(sizes))
held, y = len(order) // 5, reviews["train"][1][order]
parts = {"first 200": slice(200), "last 200": slice(-200, None)}
for name, part in (parts | {"all": slice(None)}).items():
    chosen = [numbers["train"][i][part].unique() for i in order.tolist()]
    imdb_bag = train_bag(chosen[held:], y[held:])
    z = bag_logits(imdb_bag, chosen[:held])
    accuracy[name] = metrics.accuracy(z, y[:held])
    print(f"{name:9} validation accuracy {accuracy[name]:.1%}")
claim(accuracy["all"] > accuracy["first 200"], "all words are better")

z = bag_logits(imdb_bag, [ids.unique() for ids in numbers["test"]])
tested = metrics.accuracy(z, reviews["test"][1])
print(f"all words, test accuracy {tested:.1%}")
claim(tested > 0.86, "a bag of words reaches 86% on IMDB")

# %%
# All words are better than either end. (The test is harder: its reviews are about other films.) Without order, the bag
# passes the 81.1% that a course reached with a two-layer LSTM and the first 200 words.
#
# ## Where it fails
#
# A bag of words cannot hear a "not". Can the GRU? Put it in front of some adjectives.

for word in ("good", "moving", "bad", "boring"):
    pair = [words(f"the film is {extra}{word} .") for extra in ("", "not ")]
    with torch.no_grad():
        x = tensors(pair, "right")
        plain, negated = (
            torch.stack([m(x) for m in models]).mean(dim=0).tolist()
        )
    print(f"{word:8} {plain:+.1f}, not {word} {negated:+.1f}")
    claim((plain > 0) == (negated > 0), "the sign stays")

# %%
# The signs should change. A "not" takes something from praise, but not its sign, and blame stays blame. In the training
# sentences *not* is, most of all, a word of blame.
#
# ## Exercises
#
# [The workbook](29_sentiment.exercises.py) has each of these as a cell with a gap, with a checker that tells you what
# is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [Word embeddings](31_embeddings.py) learns vectors for words from text without labels. [A code
# review](30_onion-review.py) finds five bugs in a network much like this one.
