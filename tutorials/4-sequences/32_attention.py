# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["BK2e.9", "ND13"]
# data = ["anna_karenina", "fashion_mnist"]
# minutes = 3
# gpu = true
# metric = { name = "surprise per character", unit = " nats", target = 1.48, reference = "1.45, our LSTM reading more" }
# description = "Attention from four vectors and a query, then several heads, a tiny transformer, and one that sees."
# ///
"""
# Attention

A recurrent network carries everything it has read through one state, step by
step. Attention looks back directly: it compares what it needs with everything
that is there, and mixes what fits. Here you build it from four vectors, and end
with a transformer that reads a novel and one that looks at clothes.
"""

# %%
# Four vectors lie in a memory, and a query says what is needed now. Multiply each vector by the query and add up: that
# is its **score**. A softmax turns the four scores into weights, and the answer is the weighted average.

import torch

from kindling import plots

memory = torch.tensor([[3, 12, 45], [59, 2, 5], [1, 43, 5], [4, 3, 45.3]])
query = torch.tensor([5.0, 1, 20])
scores = memory @ query  # [4]: one for each vector
weights = scores.softmax(dim=0)
answer = weights @ memory  # [3]
names = [str([round(x, 1) for x in vector]) for vector in memory.tolist()]
plots.bars(names, weights, xlabel="weight of the vector")
print("scores", scores.tolist())
print("answer", [round(x, 3) for x in answer.tolist()])
wanted = torch.tensor([3.8808, 4.0728, 45.2642])
torch.testing.assert_close(answer, wanted, atol=1e-3, rtol=0)

# %%
# The first and the last vector fit the query; the other two get next to nothing. Nobody said *which* vector to take:
# the data decided. And unlike an index into a list, a weighted average has a gradient, so what asks and what answers
# can both be learned. That is **attention**.
#
# You will
#
# - write attention for many queries at once, with several heads, and check it against PyTorch's,
# - find out that it cannot see any order, give it places, and read a map of what it looks at,
# - train a tiny transformer on the novel of [writing like Anna](28_char-lstm.py), break its mask on purpose, and show
#   the same blocks clothes instead of letters.
#
# Sizes on this page: B rows in a batch, T places in a sequence, D numbers in a vector.

import math

import matplotlib.pyplot as plt
import torch.nn.functional as F
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.flop_counter import FlopCounterMode

from kindling import metrics, runtime
from kindling.corpora import anna_karenina
from kindling.data import batches, fashion_mnist
from kindling.models import count_parameters
from kindling.runtime import claim
from kindling.text import Vocabulary
from kindling.training import fit

device = runtime.device()
width, heads, depth = 96, 4, 3  # numbers in a vector, heads, blocks
context, batch_size = 64, 32  # characters in a row, rows
learning_rate = 4e-3  # the top of the cycle
reading_steps = 1800

# %%
# ## Why the scores are divided
#
# The more numbers a vector has, the more products are added up in a score, and the further the scores lie apart. Draw
# queries and keys at random, eight keys for each query, and look at the largest of the eight weights.

dealer = torch.Generator().manual_seed(32)
sizes = [4, 16, 64, 256, 1024]
largest = {"scores as they are": [], "scores divided by √D": []}
for size in sizes:
    q = torch.randn(2000, 1, size, generator=dealer)
    k = torch.randn(2000, 8, size, generator=dealer)
    scores = (q * k).sum(dim=-1)  # [2000, 8]
    print(f"D = {size:4}: standard deviation {scores.std():.1f}")
    assert abs(scores.std() / math.sqrt(size) - 1) < 0.1
    for name, divisor in zip(largest, (1, math.sqrt(size)), strict=True):
        weights = (scores / divisor).softmax(dim=-1)
        largest[name].append(weights.amax(dim=-1).mean().item())
plots.curves(
    largest,
    x=[math.log2(size) for size in sizes],
    xlabel="log2 of D",
    ylabel="mean of the largest weight",
)
raw, divided = largest.values()
assert raw[-1] > 0.9 and max(divided) < 0.5

# %%
# The standard deviation is the square root of D. Undivided, one key takes nearly everything in large vectors. That is
# bad for learning: the derivative of a softmax weight $w$ with respect to its own score is $w (1 - w)$, which is close
# to zero when $w$ is close to 0 or 1. Divided by $\sqrt D$, the weights start out soft, whatever D is.
#
# ## Many queries at once
#
# Stack the queries as rows of a matrix $Q$, what they are compared with, the **keys**, as rows of $K$, and what is
# mixed, the **values**, as rows of $V$. (In the first cell keys and values were the same vectors. They need not be.)
# Then all of it is two matrix products:
#
# $$\text{attention}(Q, K, V) = \text{softmax}\left(\frac{Q K^\top}{\sqrt D}\right) V$$
#
# A mask says which keys a query may see. A forbidden score becomes $-\infty$, so that its weight is exactly zero.


def attend(q, k, v, allowed=None):
    """Mix values by attention; return the mixture and the weights."""
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # [..., T, T]
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -math.inf)
    weights = scores.softmax(dim=-1)  # each query's weights add up to 1
    return weights @ v, weights


q, k, v = torch.randn(3, 5, 6, 8, dtype=torch.double, generator=dealer)
past = torch.ones(6, 6, dtype=torch.bool).tril()  # own place and before
for allowed in (None, past):
    ours, weights = attend(q, k, v, allowed)
    theirs = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)
print("weights of the first sequence, under the mask:")
print(weights[0].round(decimals=2))
assert torch.equal(weights > 0, past.expand_as(weights))

# %%
# Ours and PyTorch's `F.scaled_dot_product_attention` agree, with a mask and without. Row by row the mask allows one
# key more: this one is called **causal**, and you will need it below.
#
# !!! quiz "Shapes in attention"
#     There are 5 queries and 7 keys with 16 numbers each. Each of the values has 32 numbers. How many numbers does the
#     answer have?
#
#     - [=] 160
#       > One mixture of values for each query: 5 rows of 32.
#     - [ ] 35
#       > These are the weights, one for each query and key. They still have to be multiplied by the values.
#     - [ ] 224
#       > These are the values, 7 rows of 32. The answer has a row for each *query*.
#     - [ ] anything else
#       > The weights are a matrix of 5 by 7, the values one of 7 by 32. Multiply them.
#
# ## Several heads
#
# In **self-attention** a sequence asks itself: queries, keys and values are three linear maps of the same vectors.
# With one set of weights a place can look for one kind of thing. So cut the D numbers of the queries, keys and values
# into several **heads**, let each attend on its own, put the answers side by side again, and mix them by a last linear
# map.


class MultiHead(nn.Module):
    """Self-attention of x [B, T, D] with several heads."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)  # three maps in one
        self.mix = nn.Linear(width, width)

    def parts(self, x):
        """Queries, keys and values, each [B, heads, T, D / heads]."""
        cut = self.qkv(x).unflatten(-1, (3, self.heads, -1))
        return cut.permute(2, 0, 3, 1, 4)

    def forward(self, x, causal=False):
        q, k, v = self.parts(x)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.mix(mixed.transpose(1, 2).flatten(2))


runtime.seed(32)
ours = MultiHead(width, heads)
theirs = nn.MultiheadAttention(width, heads, batch_first=True)
with torch.no_grad():
    theirs.in_proj_weight.copy_(ours.qkv.weight)
    theirs.in_proj_bias.copy_(ours.qkv.bias)
    theirs.out_proj.load_state_dict(ours.mix.state_dict())
x = torch.randn(2, 10, width)
expected, _ = theirs(x, x, x)
torch.testing.assert_close(ours(x), expected, atol=1e-5, rtol=0)
print(f"{count_parameters(ours):,} parameters in ours", end=", ")
print(f"{count_parameters(theirs):,} in PyTorch's")
assert count_parameters(ours) == count_parameters(MultiHead(width, 1))

# %%
# With the same weights, ours equals `nn.MultiheadAttention`. And, as the last line checks, the number of heads costs
# no parameters: they only divide the same D numbers.
#
# ## It cannot see the order
#
# Nothing in the formula says where a key stands. Shuffle the places of a sequence, and the answers are shuffled in the
# same way, and otherwise unchanged.

places = torch.randperm(10, generator=dealer)
shuffled_before = ours(x[:, places])
shuffled_after = ours(x)[:, places]
torch.testing.assert_close(shuffled_before, shuffled_after, atol=1e-5, rtol=0)
gap = (shuffled_before - shuffled_after).abs().max().item()
position = torch.randn(10, width)
with_position = ours(x[:, places] + position) - ours(x + position)[:, places]
moved = with_position.abs().max().item()
print(f"difference without positions {gap:.0e}, with positions {moved:.2f}")
assert moved > 0.01

# %%
# This is called permutation *equivariance*. For a set it is what you want. But "the dog bites the man" would be the
# same as "the man bites the dog". The cure is simple: add to each vector a second one that belongs to its place. Then
# the two orders differ, as the second number shows. These vectors can be learned like any other parameters.
#
# !!! quiz "Without positions"
#     A network has self-attention without positions, then takes the mean over all places, then a linear layer. You
#     train it to tell good reviews from bad ones. Which of these does it notice?
#
#     - [x] A word occurs twice instead of once.
#       > Then it has two keys and two values, and it counts twice in the mean.
#     - [ ] The words are in the reverse order.
#       > The answers would be reversed as well, and a mean does not see that.
#     - [ ] "not" has moved from one word to another.
#       > That is a change of order only. It would need positions to see it.
#
# ## A map that you can read
#
# Does a network learn where to look? Give it twelve digits, and let it say them in reverse. It has one layer with one
# head. Place 1 has to find what stands at place 12, and so on. We train one network with learned positions, and one
# without.

length = 12


class Mirror(nn.Module):
    def __init__(self, positions):
        super().__init__()
        self.table = nn.Embedding(10, 32)
        self.positions = nn.Parameter(torch.randn(length, 32) * positions)
        self.positions.requires_grad_(positions)
        self.attention = MultiHead(32, heads=1)
        self.head = nn.Linear(32, 10)

    def forward(self, digits):
        vectors = self.table(digits) + self.positions
        return self.head(self.attention(vectors))  # [B, T, 10]


def learn_to_mirror(positions):
    runtime.seed(32)
    model = Mirror(positions).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(runtime.steps(300)):
        digits = torch.randint(10, (64, length), device=device)
        logits = model(digits)
        loss = F.cross_entropy(logits.flatten(0, 1), digits.flip(1).flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


mirrors = {
    name: learn_to_mirror(name == "with") for name in ("with", "without")
}
digits = torch.randint(10, (500, length), device=device)
right = {}
for name, model in mirrors.items():
    hits = model(digits).argmax(dim=-1) == digits.flip(1)
    right[name] = hits.float().mean().item()
    print(f"{name} positions: {right[name]:.1%} of the digits right")
claim(right["with"] > 0.98, "with positions it reverses")
claim(right["without"] < 0.5, "without positions it cannot")

# %%
# The weights are the matrix that softmax returns: a row for each place that asks, a column for each place that it may
# look at. Here is their mean over the 500 sequences. Where do you expect the dark squares?

model = mirrors["with"]
with torch.no_grad():
    vectors = model.table(digits) + model.positions
    _, maps = attend(*model.attention.parts(vectors))  # [500, 1, T, T]
mean_map = maps.mean(dim=(0, 1)).cpu()
blue = to_rgb(plots.COLORS[0])
shades = LinearSegmentedColormap.from_list("blue", [(*blue, 0), (*blue, 1)])
with plots.style():
    fig, ax = plt.subplots(figsize=(3.6, 3.4))
    edges = (0.5, length + 0.5, length + 0.5, 0.5)  # places count from 1
    ax.imshow(mean_map, cmap=shades, extent=edges, interpolation="none")
    ax.grid(False)
    ax.set(xlabel="place looked at", ylabel="place that asks")
plots.show(
    fig,
    "A map of 12 by 12 weights. The large ones lie on the diagonal from the "
    "upper right to the lower left: each place looks at its mirror image.",
)
mirrored = torch.arange(length - 1, -1, -1)
found = (mean_map.argmax(dim=1) == mirrored).float().mean().item()
on_mirror = mean_map[torch.arange(length), mirrored].mean().item()
print(f"rows whose largest weight is on the mirrored place: {found:.0%}")
print(f"weight on the mirrored place: {on_mirror:.2f}, evenly {1 / length:.2f}")
claim(found > 0.8, "the largest weight is on the mirrored place")
claim(on_mirror > 0.3, "far more than an even share")

# %%
# Here the map explains the answer, because the network has only one layer and the task has only one solution. In a
# deep network the vectors are mixtures already, and a map of one head tells you little about *why*.
#
# ## A transformer
#
# A **transformer** is a stack of equal blocks. In each of them the places talk to each other by attention, and then a
# small MLP works on each place alone. Both are [shortcuts with a correction](../3-vision/21_deeper.py): the result is
# added to what came in. `nn.LayerNorm` centers and scales each vector by its own mean and standard deviation.


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = MultiHead(width, heads)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width),
            nn.GELU(),  # a smooth ReLU
            nn.Linear(4 * width, width),
        )

    def forward(self, x, causal=False):
        x = x + self.attention(self.norm_1(x), causal)
        return x + self.mlp(self.norm_2(x))


text = anna_karenina()
vocabulary = Vocabulary.of([text])
S = len(vocabulary)
ids = vocabulary.encode(text)
cut = len(ids) * 9 // 10
train, val = ids[:cut], ids[cut:]  # as in writing like Anna


class Reader(nn.Module):
    """Logits [B, T, S] for what follows each character of ids [B, T]."""

    def __init__(self, depth=depth, causal=True):
        super().__init__()
        self.causal = causal
        self.table = nn.Embedding(S, width)
        nn.init.normal_(self.table.weight, std=0.02)
        self.positions = nn.Parameter(0.02 * torch.randn(context, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, S)

    def forward(self, ids):
        x = self.table(ids) + self.positions[: ids.shape[1]]
        for block in self.blocks:
            x = block(x, self.causal)
        return self.head(self.norm(x))


# %%
# The network guesses the next character at all T places at once. Place 5 must not see place 6: the answer
# stands there. That is what the causal mask is for, and it can be tested without any training. Change the last
# character of a row: no logit before it may change.


def looks_ahead(model):
    x = train[:context].unsqueeze(0).to(device)
    other = x.clone()
    other[:, -1] = (other[:, -1] + 1) % S
    with torch.no_grad():
        before, after = model(x)[:, :-1], model(other)[:, :-1]
    return not torch.allclose(before, after, atol=1e-5)


runtime.seed(32)
reader = Reader().to(device)
print(f"{count_parameters(reader):,} parameters, {S} characters")
assert not looks_ahead(reader)
assert looks_ahead(Reader(causal=False).to(device))

# %%
# The test passes with the mask, and it catches a network without one. Now train. Rows are cut from the text at random
# places: there is no state to carry, so they need not continue each other. To measure, we slide a window over the
# validation text and judge only its second half, where each guess has at least half a window of context.


def surprise(logits, y):
    return F.cross_entropy(logits.flatten(0, 1), y.flatten())


def train_reader(model, steps):
    steps = runtime.steps(steps)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    cycle = OneCycleLR(optimizer, learning_rate, steps, pct_start=0.1)
    model.train()
    losses = []
    for _ in range(steps):
        starts = torch.randint(len(train) - context, (batch_size, 1))
        rows = train[starts + torch.arange(context + 1)].to(device)
        loss = surprise(model(rows[:, :-1]), rows[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        cycle.step()
        losses.append(loss.detach())
    return torch.stack(losses).cpu()


@torch.no_grad()
def measure(model, ids):
    model.eval()
    half = context // 2
    rows = ids.unfold(0, context + 1, half).to(device)
    logits = [model(part[:, :-1])[:, half:] for part in rows.split(256)]
    return surprise(torch.cat(logits), rows[:, half + 1 :]).item()


losses = train_reader(reader, reading_steps)
nats = measure(reader, val)
read = len(losses) * batch_size * context / len(train)
print(f"{len(losses)} steps, the training text read {read:.1f} times")
print(f"validation: {nats:.3f} nats per character")
smooth = [part.mean().item() for part in losses.chunk(50)]
lstm_target = 1.45  # nats, what the LSTM's page aims at
plots.curves(
    {
        "transformer, training": smooth,
        "target of the LSTM": [lstm_target] * len(smooth),
    },
    x=[(i + 0.5) * read / len(smooth) for i in range(len(smooth))],
    xlabel="times that the training text was read",
    ylabel="nats per character",
)
runtime.report("surprise per character", nats)
claim(nats < 1.49, "below 1.49 nats on text that it never read")
claim(abs(nats - lstm_target) < 0.05, "level with the LSTM")

# %%
# The dashed line is the target that [the LSTM](28_char-lstm.py) met on its page, on the same tenth of the novel, after
# it had read the training text five times. Compare it with the printed number: the solid line is for training text.
# The transformer has read less. They end close to each
# other: at this size the transformer is level with the LSTM and not ahead. What made transformers
# win is elsewhere: all T places of a row are computed at once, while an LSTM has to wait for each step. That pays on a
# GPU, and with more layers than ours.
#
# ## Break the mask
#
# What happens if you forget the mask? We train two smaller networks briefly, one with it and one without.

short = {}
for name, causal in {"with the mask": True, "without": False}.items():
    runtime.seed(33)
    model = Reader(depth=2, causal=causal).to(device)
    curve = train_reader(model, 250)
    model.causal = True  # to guess, it has only the past
    end = curve[-20:].mean().item()
    short[name] = (curve, end, measure(model, val[:20_000]))
    print(f"{name}: training {end:.2f} nats", end=", ")
    print(f"with only the past to see {short[name][2]:.2f}")
plots.curves(
    {
        k: [c.mean() for c in curve.split(10)]
        for k, (curve, *_) in short.items()
    },
    x=[10 * i + 5 for i in range(len(short["without"][0].split(10)))],
    xlabel="step",
    ylabel="training loss (nats per character)",
)
claim(short["without"][1] < 0.75 * short["with the mask"][1], "too good")
claim(short["without"][2] > short["with the mask"][2] + 0.3, "and useless")
claim(short["without"][2] > math.log(S), "worse than guessing")

# %%
# Without the mask the loss becomes far too good: the network has learned to copy the next character from the next
# place. No error, no warning, a wonderful curve. But when it has to guess with only the past to see, it is worse by
# far than the honest one, and worse than a uniform guess, which would pay $\ln S$ nats. When a language
# model is better than you can believe, test whether it looks ahead.
#
# !!! quiz "Where a mask is needed"
#     Which of these networks needs a causal mask?
#
#     - [x] One that writes a text, character by character.
#       > When it writes, what comes later does not exist. The network must not see it in training either.
#     - [ ] One that tells whether a whole review praises a film.
#       > It has the whole review in front of it, also when it is used. Looking at both sides is allowed.
#     - [ ] One that reverses twelve digits, as above.
#       > The first answer stands at the last place, so it has to look ahead.
#
# ## The same blocks see
#
# Attention does not care what its vectors mean. Cut an image into **patches** of 7 by 7 pixels, turn each into a
# vector by a linear layer, add positions, and you have a sequence of 16. Without the mask, this is a **vision
# transformer**.

patch = 7


def patches(images):
    """Cut images [B, 1, H, W] into patches [B, N, 49]."""
    return F.unfold(images, patch, stride=patch).transpose(1, 2)


class VisionTransformer(nn.Module):
    def __init__(self, width=64, depth=2):
        super().__init__()
        self.embed = nn.Linear(patch**2, width)
        self.positions = nn.Parameter(0.02 * torch.randn(16, width))
        self.blocks = nn.Sequential(*[Block(width, 4) for _ in range(depth)])
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 10))

    def forward(self, images):
        x = self.embed(patches(images)) + self.positions
        return self.head(self.blocks(x).mean(dim=1))


x_train, y_train = (part.to(device) for part in fashion_mnist("train").tensors)
x_val, y_val = (part.to(device) for part in fashion_mnist("val").tensors)
plots.image_grid(
    patches(x_val[4:5])[0].view(16, patch, patch).cpu(),
    columns=4,
    alt="A pullover, cut into four rows of four patches of 7 by 7 pixels.",
)

runtime.seed(32)
vit = VisionTransformer().to(device)
loader = batches(x_train, y_train, 128, shuffle=True)
optimizer = torch.optim.AdamW(vit.parameters(), weight_decay=0.05)
total_steps = runtime.steps(2) * len(loader)
cycle = OneCycleLR(optimizer, 4e-3, total_steps, pct_start=0.2)
val_loader = batches(x_val, y_val, 1000)
fit(vit, loader, val_loader, optimizer=optimizer, epochs=2, scheduler=cycle)
x_test, y_test = (part.to(device) for part in fashion_mnist("test").tensors)
accuracy = metrics.accuracy(metrics.predict(vit, x_test), y_test)
print(f"{count_parameters(vit):,} parameters, test accuracy {accuracy:.1%}")
claim(0.8 < accuracy < 0.915, "good, and below the CNN")

# %%
# It tells clothes apart, and it stays below the 91.5% that [the CNN](../3-vision/19_fashion-cnn.py) is asserted to
# reach, after more epochs. A gap would be no surprise in a fair match either: the CNN is built on something true about
# images, that what is close together belongs together, and the transformer has to learn that from the data.
#
# ## Where it fails
#
# Every place looks at every place. Twice the length is twice the work for the linear layers, and four times the work
# for the scores.


def work(function, *inputs):
    with FlopCounterMode(display=False) as counter:
        function(*inputs)
    return counter.get_total_flops()


for T in (64, 128, 256, 512):
    x = torch.randn(1, T, width)
    linear = work(ours.qkv, x) + work(ours.mix, x)
    scores = work(attend, *ours.parts(x))
    print(f"T = {T:3}: linear layers {linear:11,}, attention {scores:11,}")
    assert linear == 8 * T * width**2 and scores == 4 * T**2 * width

# %%
# Beyond 192 places, twice the width, attention costs more than the linear layers around it. And there is a hard end: a
# place that was never trained has no position.

too_long = train[: context + 1].unsqueeze(0).to(device)
with runtime.raises(RuntimeError, "The size of tensor a (65) must match"):
    reader(too_long)

# %%
# An LSTM would read on. Our reader knows what stands in its window and nothing else. (Its tokens are characters. Large
# models take pieces of words, so a window of as many tokens holds several times the text.)
#
# ## Exercises
#
# [The workbook](32_attention.exercises.py) has each of these as a cell with a gap, with a checker that tells you what
# is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# The network that carries a state instead, on the same novel, is in [writing like Anna](28_char-lstm.py); its cells
# are in [recurrent cells](27_recurrent-cells.py). How a CNN earns its lead on clothes is in [a fair
# comparison](../3-vision/19_fashion-cnn.py).
