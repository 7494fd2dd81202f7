# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["S2.12", "S2.13", "S2.15", "S2.16", "S2.Q", "S4.4", "S5.7", "P6", "BK7", "CC11", "R2"]
# data = []
# minutes = 1
# figure = 1
# metric = { name = "largest difference of losses", unit = "", target = 1e-9, reference = "LogSoftmax + NLLLoss" }
# description = "Logits, softmax, cross-entropy by hand: overflow, gradient p - y, and the softmax too many."
# ///
"""
# Softmax and cross-entropy: logits done right

A network that tells ten things apart ends in ten numbers, and a loss that says
how wrong they are. Put one softmax too many between the two and the training
runs, without a warning, on a loss that can never fall below 1.46. Here you
build both pieces by hand, agree with PyTorch to a billionth, and learn to
recognize that mistake by its loss.
"""

# %%
# Here are three animals and one image. The last layer of a network gives each class a score, any number at all. Such
# raw scores are called **logits**. We want probabilities: none negative, and one in sum. So make every score positive
# with the exponential function, then divide by the sum. That is **softmax**:
#
# $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$

import math
from functools import partial

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from kindling.plots import COLORS, INK, STROKES, curves, scatter, show, style
from kindling.runtime import claim, objection, report, steps

animals = ["duck", "beaver", "walrus"]
logits = torch.tensor([2.0, 1.3, -6.0])
exponentials = logits.exp()
probabilities = exponentials / exponentials.sum()
for animal, z, p in zip(animals, logits, probabilities, strict=True):
    print(f"{animal:6}  logit {z:4.1f}  probability {p:.4f}")
torch.testing.assert_close(probabilities, F.softmax(logits, dim=0))

panels = {"logit $z$": logits, "$e^z$": exponentials, "$p$": probabilities}
with style():
    fig, axes = plt.subplots(1, 3, figsize=(6.8, 2.4))
    for i, (title, heights) in enumerate(panels.items()):
        axes[i].bar(animals, heights.tolist(), color=COLORS[i])
        axes[i].axhline(0, color=INK, linewidth=0.8)
        axes[i].set_title(title)
    show(
        fig,
        "Three bar charts of duck, beaver and walrus. The logits go up for the "
        "first two and far down for the walrus. All exponentials are positive. "
        "The probabilities have the same shape, and their sum is one.",
    )

# %%
# The walrus has no visible bar left, but it is not impossible: an exponential is never zero, so softmax rules nothing
# out. A zero in a printout was rounded, or the number was too small for the computer.

torch.manual_seed(9)
classes = 10
learning_rate = 0.1
train_steps = 300

# %%
# ## Only differences count
#
# Add the same number to all logits: each exponential grows by the same factor, and the factor cancels. So a logit of 2
# means nothing by itself. What counts is by how much it exceeds the others.
#
# With two classes one difference is all there is, and softmax becomes the sigmoid of [logistic
# regression](../1-foundations/06_logistic-regression.py).

torch.testing.assert_close(F.softmax(logits + 5, dim=0), probabilities)
z = torch.linspace(-4, 4, 9)
two = torch.stack([z, torch.zeros(9)], dim=1)  # [9, 2]
torch.testing.assert_close(F.softmax(two, dim=1)[:, 0], torch.sigmoid(z))
print("softmax of (z, 0) = sigmoid of z")

# %%
# ### Say which axis
#
# Logits come in batches, `[batch, classes]`, and each *row* must sum to one. So name the axis of the classes: `dim=1`,
# or `dim=-1` for the last axis. Without one PyTorch guesses, and warns. If you name the wrong axis, the examples of a
# batch compete with each other.

batch = torch.randn(4, 3)  # [batch, classes]
print(objection(lambda: F.softmax(batch)))
for dim in (1, 0):
    sums = F.softmax(batch, dim=dim).sum(dim=1).tolist()
    print(f"dim={dim}, sums of the rows:", [round(total, 3) for total in sums])
assert (F.softmax(batch, dim=1).sum(dim=1) - 1).abs().max() < 1e-6
assert (F.softmax(batch, dim=0).sum(dim=1) - 1).abs().max() > 0.01

# %%
# ### Temperature
#
# *Multiplying* logits does change something: how sure the answer sounds. Divide them by a **temperature** $T$, then
# take the softmax. What do you expect for a very high one, and what for one near zero?

temperature = torch.logspace(-1, 2, 40)
at = F.softmax(logits / temperature[:, None], dim=1)  # [40, 3]
with style():
    fig, ax = plt.subplots()
    for animal, p in zip(animals, at.T, strict=True):
        ax.plot(temperature, p, label=animal)
    ax.axvline(1, color=INK, linestyle=":", linewidth=1)
    ax.set(xscale="log", xlabel="temperature", ylabel="probability")
    ax.legend()
    show(
        fig,
        "Probabilities of the three animals against the temperature, from 0.1 "
        f"to 100. Cold: duck {at[0, 0]:.2f}, beaver {at[0, 1]:.2f}, walrus "
        f"{at[0, 2]:.2f}. Hot: all three come together near one third. A "
        "dotted line marks temperature 1, the plain softmax.",
    )
assert at[0, 0] > 0.99 and (at[-1] - 1 / 3).abs().max() < 0.03
assert (at.argmax(dim=1) == 0).all()  # the order never changes

# %%
# Cold, the favorite takes all. Hot, everyone gets the same. The order never changes, so accuracy does not depend on
# the temperature. It matters when you draw answers at random, as a network that writes text does, and when you want to
# believe the probabilities.
#
# ## When numbers get too large
#
# Logits may be large, and exponentials grow fast. A 32-bit float ends near $3.4 \cdot 10^{38}$. What does our formula
# make of a logit of 100?

large = torch.tensor([100.0, 0.0])
naive = large.exp() / large.exp().sum()
print("exp:           ", large.exp().tolist())
print("by the formula:", naive.tolist())
print("by F.softmax:  ", F.softmax(large, dim=0).tolist())
limit = math.log(torch.finfo(torch.float32).max)
print(f"the exponential overflows above {limit:.1f}")
assert naive.isnan().any() and F.softmax(large, dim=0).isfinite().all()

# %%
# Infinity divided by infinity is not a number, `nan`, and from there it spreads into every weight. You already know
# the cure: only differences count. Subtract the largest logit first. Then the largest exponential is 1, and nothing
# can overflow.
#
# There is a second trap. The loss will need the *logarithm* of a probability. A tiny probability is rounded to zero,
# and the logarithm of zero is minus infinity. So never take the logarithm of a softmax. Take both in one:
#
# $$\log p_i = z_i - \log \sum_j e^{z_j}$$
#
# The last term is called **log-sum-exp**. With the largest logit $M$ taken out, it is safe:
# $M + \log \sum_j e^{z_j - M}$.


def log_sum_exp(z):
    """Return log(sum(exp(z))) over the last axis, for logits of any size."""
    largest = z.max(dim=-1, keepdim=True).values
    total = (z - largest).exp().sum(dim=-1, keepdim=True)
    return (largest + total.log()).squeeze(-1)


wild = 300 * torch.randn(1000, classes)
torch.testing.assert_close(log_sum_exp(wild), torch.logsumexp(wild, dim=-1))
row = wild[wild.max(dim=1).values.argmax()]  # that with the largest logit
print(f"naively {row.exp().sum().log():.1f}, safely {log_sum_exp(row):.1f}")
assert log_sum_exp(wild).isfinite().all()

# %%
# The figure shows how far each of the three ways gets. Two classes have the logits $z$ and 0, and we ask for $-\log p$
# of the second class. The truth is close to a straight line: being wrong by $z$ costs $z$.

z = torch.linspace(0, 150, 301)
pairs = torch.stack([z, torch.zeros_like(z)], dim=1)  # [301, 2]
formula = pairs.exp() / pairs.exp().sum(dim=1, keepdim=True)
ways = {
    "formula, then log": -formula.log()[:, 1],
    "softmax, then log": -F.softmax(pairs, dim=1).log()[:, 1],
    "log_softmax": -F.log_softmax(pairs, dim=1)[:, 1],
}
ends = {}
with style():
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    for i, (name, values) in enumerate(ways.items()):
        known = values.isfinite()
        ends[name] = z[known].max().item()
        height = values[known] + 8 * (2 - i)
        ax.plot(z[known], height, label=name)
        if ends[name] < 150:
            ax.plot(ends[name], height[-1], "x", color=COLORS[i], markersize=9)
        print(f"{name:18} gives a number up to z = {ends[name]:.1f}")
    ax.set(xlabel="logit $z$ of the wrong class", ylabel="loss (8 apart)")
    ax.legend()
    show(
        fig,
        "The loss against the logit of the wrong class, in three ways, all "
        "straight lines (drawn 8 apart). Two end in a cross, "
        f"at {ends['formula, then log']:.0f} and "
        f"{ends['softmax, then log']:.0f}; log_softmax goes on to the edge.",
    )
assert ends["formula, then log"] < limit < ends["softmax, then log"] < 110
assert ends["log_softmax"] == 150

# %%
# Even the safe softmax is not enough if you take its logarithm afterward: past the second cross the loss is infinite.
#
# ## Cross-entropy: how surprised were you?
#
# How wrong are some probabilities? Look at the one that was given to the *true* class, and take its negative
# logarithm. Probability 1 is no surprise: 0. One half costs 0.69, and a probability near 0 is a large surprise. The
# mean over the examples is the **cross-entropy**.
#
# $$L = -\frac{1}{N} \sum_{n} \log p_{n,\,y_n}$$
#
# You may read that cross-entropy *generalizes* log-loss to many classes. They are one thing: minus the logarithm of
# the probability of what was true. With two classes you get exactly the log-loss of logistic regression. The cell
# computes both.

logits = torch.randn(64, classes)  # [examples, classes]
y = torch.randint(classes, (64,))  # [examples]: the true class of each
true_logits = logits.gather(1, y[:, None]).squeeze(1)  # in each row one
surprise = log_sum_exp(logits) - true_logits
by_torch = F.cross_entropy(logits, y)
print(f"by hand {surprise.mean():.6f}, F.cross_entropy {by_torch:.6f}")
torch.testing.assert_close(surprise.mean(), by_torch)

z, yes = torch.randn(64), torch.randint(2, (64,))
two = torch.stack([torch.zeros(64), z], dim=1)  # [64, 2]
as_two_classes = F.cross_entropy(two, yes)
log_loss = F.binary_cross_entropy_with_logits(z, yes.float())
print(f"two classes: {as_two_classes:.6f}, log-loss {log_loss:.6f}")
torch.testing.assert_close(as_two_classes, log_loss)
assert round(-math.log(0.5), 2) == 0.69

# %%
# A network that knows nothing should give each of $C$ classes the same probability, $1/C$. Its surprise is $\ln C$.
# Note that number before each training: a first loss far from it is a bug, or the logits are too large. Here are ours,
# first all equal, then ten times too large.

equal = torch.zeros(64, classes)
guess = F.cross_entropy(equal, y).item()
loud = F.cross_entropy(10 * logits, y)
print(f"ln {classes} = {math.log(classes):.3f}")
print(f"equal logits {guess:.3f}, large random ones {loud:.3f}")
assert math.isclose(guess, math.log(classes), rel_tol=1e-5)
assert loud > 3 * math.log(classes)

# %%
# !!! quiz "The first loss"
#     A fresh network is to tell 100 kinds of birds apart. Which cross-entropy do you expect before training?
#
#     - [ ] 0.01
#       > That is the probability that a guess gives to the true class. The loss is minus its logarithm.
#     - [ ] 2.303 ± 0.003
#       > That is $\ln 10$, for ten classes.
#     - [=] 4.605 ± 0.01
#       > $-\ln(1/100) = \ln 100$.
#     - [ ] 2
#       > You took the logarithm to base ten. PyTorch, and nearly everyone here, takes the natural one.
#     - [ ] anything else
#       > Each class gets probability $1/100$. Take minus the natural logarithm of that.
#
# ## Who wants what
#
# PyTorch has the loss in one piece and in two. The pieces are there for the rare case that you need the
# log-probabilities themselves. Do not mix them.
#
# | loss | wants | so the last layer is |
# |---|---|---|
# | `nn.CrossEntropyLoss` | logits | `nn.Linear`, nothing after it |
# | `nn.NLLLoss` | log-probabilities | `nn.LogSoftmax(dim=1)` |
# | `nn.BCEWithLogitsLoss` | one logit, for yes or no | `nn.Linear` with one output |
#
# ("NLL" is for negative log-likelihood; it only picks one number from each row and changes its sign.) A course that
# uses the first in one lesson and the second in the next is right in both. To see that they are the same, compare them
# on a hundred random batches, with our own version as the referee, in 64-bit floats that leave little rounding.

largest = 0.0
for _ in range(100):
    z = torch.randn(16, classes, dtype=torch.float64)
    y = torch.randint(classes, (16,))
    in_one = nn.CrossEntropyLoss()(z, y)
    in_two = nn.NLLLoss()(nn.LogSoftmax(dim=1)(z), y)
    by_hand = (log_sum_exp(z) - z.gather(1, y[:, None]).squeeze(1)).mean()
    apart = max(abs(in_one - in_two), abs(in_one - by_hand)).item()
    largest = max(largest, apart)
print(f"largest difference {largest:.1g}")
report("largest difference of losses", largest)
assert largest < 1e-9

# %%
# And mixed? `NLLLoss` takes plain probabilities, or logits, and returns a number without complaint.

logits, y = torch.randn(16, classes), torch.randint(classes, (16,))
one_hot = F.one_hot(y, classes)  # [16, 10], integers: 1 at the true class
inputs = {
    "log-probabilities": F.log_softmax(logits, dim=1),
    "probabilities": F.softmax(logits, dim=1),
    "logits": logits,
    "logits, true one + 100": logits + 100 * one_hot,
}
nll = {what: F.nll_loss(given, y).item() for what, given in inputs.items()}
for what, loss in nll.items():
    print(f"NLLLoss of {what:22} {loss:8.3f}")
by_torch = F.cross_entropy(logits, y).item()
assert -1 < nll["probabilities"] < 0 < nll["log-probabilities"]
assert math.isclose(nll["log-probabilities"], by_torch, rel_tol=1e-5)
apart = nll["logits"] - nll["logits, true one + 100"]
assert math.isclose(apart, 100, rel_tol=1e-4)

# %%
# Only the first row is the cross-entropy. With logits there is no bottom at all: raise every true logit by 100, and
# the "loss" falls by 100.
#
# ## Targets: class numbers or rows
#
# The usual target is the number of the class, as an integer. The same can be said by a [**one-hot**
# row](../1-foundations/02_data-as-tensors.py): a one at the true class, zeros elsewhere. PyTorch takes such rows too,
# as *probabilities*, so they must be floats. They may be softer: "70% duck, 30% beaver" is a valid target. For rows
# the loss is $-\sum_i y_i \log p_i$.

rows = one_hot.float()
by_rows = -(rows * F.log_softmax(logits, dim=1)).sum(dim=1).mean()
torch.testing.assert_close(F.cross_entropy(logits, rows), by_rows)
torch.testing.assert_close(F.cross_entropy(logits, y), by_rows)
attempts = {
    "class numbers as floats": y.float(),
    "class numbers in a column": y[:, None],
    "one-hot rows of integers": one_hot,
    "class 10 of 0 to 9": torch.full((16,), classes),
}
for what, target in attempts.items():
    said = objection(partial(F.cross_entropy, logits, target), width=100)
    print(f"{what}:\n    {said}")
    assert said != "no objection"

# %%
# These are good errors: they come at once. (On a GPU the last one comes late, as a "device-side assert". Count classes
# from zero.)
#
# The loss is the mean over the examples. For the sum write `reduction="sum"`, and for one loss per example
# `reduction="none"`. Old code says `size_average=False` and `reduce=False`; both are deprecated.

print(objection(lambda: nn.CrossEntropyLoss(size_average=False)))
each = F.cross_entropy(logits, y, reduction="none")  # [16]
print(f"one loss per example {tuple(each.shape)}, their mean {each.mean():.4f}")
torch.testing.assert_close(each.mean(), F.cross_entropy(logits, y))

# %%
# !!! quiz "Which targets are accepted?"
#     `logits` has shape `(32, 10)`. With which targets does `F.cross_entropy(logits, target)` run, and mean what you
#     want?
#
#     - [x] int64 class numbers, shape `(32,)`
#       > The usual case.
#     - [ ] int64 class numbers, shape `(32, 1)`
#       > One axis too many: an error. Use `target.squeeze(1)`.
#     - [x] float rows that sum to one, shape `(32, 10)`
#       > A probability for each class; one-hot rows are the extreme case.
#     - [ ] float class numbers, shape `(32,)`
#       > A float target of class numbers is an error. Convert with `.long()`.
#     - [ ] int64 one-hot rows, shape `(32, 10)`
#       > Rows are read as probabilities, and those must be floats. Convert with `.float()`.
#
# ## The gradient: what you said minus what was true
#
# All this exponentiating and taking logarithms has an astonishingly simple slope. With $y$ as a one-hot row,
#
# $$\frac{\partial L}{\partial z_i} = p_i - y_i.$$
#
# Every logit is pulled by exactly as much as its probability is off. Autograd agrees. (For a batch the mean divides by
# the number of examples.)

logits = torch.tensor([[1.0, 0.5, 2.5, -0.5]], requires_grad=True)  # [1, 4]
y = torch.tensor([1])
F.cross_entropy(logits, y).backward()
p = F.softmax(logits, dim=1).detach()
truth = F.one_hot(y, 4).float()
torch.testing.assert_close(logits.grad, p - truth)
assert abs(logits.grad.sum()) < 1e-6  # what one gains, the others lose


panels = {"said: $p$": p, "true: $y$": truth, "gradient: $p - y$": p - truth}
words = []
with style():
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.4), sharey=True)
    for i, (title, row) in enumerate(panels.items()):
        axes[i].bar(range(4), row[0].tolist(), color=COLORS[i])
        axes[i].axhline(0, color=INK, linewidth=0.8)
        axes[i].set(title=title, xlabel="class", xticks=range(4))
        words.append(", ".join(f"{value:.2f}" for value in row[0]))
    show(
        fig,
        f"Bar charts of four classes. Said: {words[0]}. True: {words[1]}. "
        f"Gradient: {words[2]}: only the bar of the true class points down.",
    )

# %%
# ??? info "Where this comes from"
#     For one example with true class $k$, $L = -z_k + \log \sum_j e^{z_j}$. The derivative of the first term with
#     respect to $z_i$ is $-1$ if $i = k$ and 0 otherwise: that is $-y_i$. The derivative of the second is
#     $e^{z_i} / \sum_j e^{z_j}$: that is $p_i$. Their sum is $p_i - y_i$.
#
# Descent goes *against* the gradient. So the true class rises, all others fall, and the one that was wrongly believed
# in falls most.
#
# Why not simply use the squared error between $p$ and $y$? Look at the slope that each of them gives to the logit of
# the true class, from quite wrong to quite right.

z = torch.linspace(-10, 10, 81, requires_grad=True)
two = torch.stack([z, torch.zeros(81)], dim=1)
y = torch.zeros(81, dtype=torch.int64)
cross_entropy = F.cross_entropy(two, y, reduction="sum")
squared = (F.softmax(two, dim=1) - F.one_hot(y, 2)).square().sum()
by_entropy = torch.autograd.grad(cross_entropy, z, retain_graph=True)[0].abs()
by_square = torch.autograd.grad(squared, z)[0].abs()
curves(
    {"cross-entropy": by_entropy, "squared error": by_square},
    x=z,
    xlabel="logit of the true class (the other is 0)",
    ylabel="size of the gradient",
    alt="Size of the gradient against the logit of the true class. "
    f"Cross-entropy falls from {by_entropy[0]:.2f} on the left to "
    f"{by_entropy[-1]:.2f} on the right. The squared error has a hump in the "
    f"middle and is {by_square[0]:.4f} on the left.",
)
assert by_entropy[0] > 0.99 and by_square[0] < 0.001 and by_entropy[-1] < 0.001

# %%
# On the far left the network is certain, and wrong. Cross-entropy pulls with nearly its full strength. The squared
# error hardly pulls, because the softmax is flat there: it would correct the worst mistakes last.
#
# !!! quiz "One gradient in your head"
#     Softmax says 0.7, 0.2 and 0.1, and the *second* class is true. What is the derivative of the cross-entropy with
#     respect to the second logit?
#
#     - [ ] 0.2
#       > That is $p$. Subtract what was true, which is 1 for this class.
#     - [=] -0.8
#       > $p - y = 0.2 - 1$. Raising this logit lowers the loss.
#     - [ ] 0.8
#       > The size is right. But the loss *falls* when this logit rises, so the derivative is negative.
#     - [ ] -5
#       > That is the derivative with respect to the *probability*, $-1/p$. For the logit it is simpler.
#     - [ ] anything else
#       > What you said minus what was true, for the second class.
#
# ## One softmax too many
#
# Now the mistake from the beginning. `CrossEntropyLoss` has a softmax inside. If the network ends in one too, the loss
# takes *probabilities* for logits. They lie between 0 and 1, so they can never differ by more than 1. Even a perfect
# network, 1 for the true class and 0 for the others, is turned into a doubtful one.

perfect = torch.eye(classes)  # in each row 1 for the true class
floor = F.cross_entropy(perfect, torch.arange(classes)).item()
believed, other = F.softmax(perfect, dim=1)[0, :2].tolist()
print(f"probability 1 counts as {believed:.2f}, and 0 as {other:.3f}")
print(f"so the loss never falls below {floor:.4f}")
assert math.isclose(floor, math.log(math.e + classes - 1) - 1, rel_tol=1e-6)
assert f"{floor:.2f} {believed:.2f} {other:.3f}" == "1.46 0.23 0.085"

# %%
# Let us train both. The data are ten clouds of points on a circle, one for each class. One linear layer is enough,
# since each cloud can be cut off by a straight line.

angle = torch.arange(classes) * 2 * math.pi / classes
centers = 5 * torch.stack([angle.cos(), angle.sin()], dim=1)  # [10, 2]
y = torch.arange(classes).repeat(20)  # [200]
x = centers[y] + 0.45 * torch.randn(200, 2)
scatter(
    *x.T,
    xlabel="$x_1$",
    ylabel="$x_2$",
    alt="Ten small clouds of twenty points, in a ring, one for each class.",
)

# %%
# The loop is the same for both. The only difference is what the network ends in. Because one pair could be luck, we
# train five, each from its own first weights.


def train(model):
    """Train on all points at once; return the loss at each step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    losses = []
    model.train()
    for _ in range(steps(train_steps)):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


rights, wrongs = [], []
for seed in range(5):
    torch.manual_seed(seed)
    rights.append(nn.Linear(2, classes))
    wrong = nn.Sequential(nn.Linear(2, classes), nn.Softmax(dim=1))  # do not
    wrong[0].load_state_dict(rights[-1].state_dict())  # the same first weights
    wrongs.append(wrong)
models = {"logits": rights, "a softmax too many": wrongs}
losses = {name: [train(model) for model in models[name]] for name in models}
with style():
    fig, ax = plt.subplots()
    for i, name in enumerate(models):
        lines = torch.tensor(losses[name]).T  # [steps, 5]
        drawn = ax.plot(lines, STROKES[i], color=COLORS[i], linewidth=1)
        drawn[0].set_label(name)
    ax.axhline(floor, color=INK, linestyle=":", linewidth=1)
    ax.text(train_steps, floor - 0.04, "the floor", ha="right", va="top")
    ax.set(xlabel="step", ylabel="mean cross-entropy", ylim=(0, None))
    ax.legend()
    show(
        fig,
        "Ten falling losses. The five of the networks that end in logits fall "
        "close to zero; the five with a softmax too many level off above a "
        f"dotted line, the floor at {floor:.2f}.",
    )

# %%
# All curves fall, and that is the treacherous part: the wrong ones look like networks that learn, only not very well.
# How many points do they get right?

accuracy = {}
for name, five in models.items():
    right = [(model(x).argmax(dim=1) == y).float().mean() for model in five]
    accuracy[name] = torch.stack(right).mean().item()
    ends = [values[-1] for values in losses[name]]
    print(f"{name:18} losses {min(ends):.3f} to {max(ends):.3f}", end="")
    print(f", mean accuracy {accuracy[name]:.1%}")
wrong_losses = losses["a softmax too many"]
assert min(min(values) for values in wrong_losses) > floor
learned = all(values[-1] < values[0] - 0.1 for values in wrong_losses)
claim(learned, "the wrong networks learn, too")
good = max(values[-1] for values in losses["logits"]) < 0.3
claim(good, "with logits each loss falls below 0.3")
gap = accuracy["logits"] - accuracy["a softmax too many"]
claim(gap > 0.05, "the softmax too many costs accuracy")

# %%
# Here it costs accuracy as well. Once the first softmax is sure of a wrong class it is flat, as you saw with the
# squared error, so the points of that class hardly pull. On easier data the accuracy may look fine, because the order
# of the classes survives a second softmax. The loss always tells: it is stuck above a floor that depends only on the
# number of classes. If a loss of ten classes will not go below 1.46, look at the last layer.
#
# !!! quiz "Softmax before CrossEntropyLoss"
#     What goes wrong in `nn.CrossEntropyLoss()(F.softmax(logits, dim=1), y)`?
#
#     - [ ] Nothing: softmax of a softmax is the same softmax.
#       > It is not: probabilities of 1 and 0 become 0.23 and 0.085, with ten classes.
#     - [ ] PyTorch raises an error, since rows that sum to one are not logits.
#       > Any floats are logits. Nothing stops you, and nothing warns.
#     - [ ] The predicted class changes, so the accuracy drops at once.
#       > Softmax keeps the order, so for the same weights `argmax` is the same.
#     - [x] It trains, with weak gradients, on a loss with a floor far above zero.
#       > The loss sees differences of at most 1, and the extra softmax flattens the slope besides.
#
# So where does a softmax belong? Not between the last layer and this loss. (*Inside* a network it has other jobs:
# attention, for one, shares out its weights by a softmax.) Let the network return logits, give them to the loss, and
# call `softmax` when a *person* wants to read probabilities. For the predicted class you do not need it either:
# `logits.argmax(dim=1)` is the same.
#
# ## Where it fails
#
# Softmax must choose. It has no way to say "none of these". Take the center of each cloud, which our five good
# networks know well, and walk away from it, outward, to where no example ever was. Do the networks become doubtful?

sureness = {}
with torch.no_grad():
    for factor in (1, 10, 100):
        far = [F.softmax(model(factor * centers), dim=1) for model in rights]
        sureness[factor] = torch.stack(far).max(dim=2).values.mean().item()
        print(f"{factor:3} times as far: favorite {sureness[factor]:.4f}")
claim(sureness[100] > sureness[1], "far from all examples they are surest")

# %%
# On the contrary. The logits of a linear layer grow with the distance, so far away they differ by more. A high
# probability says "this class rather than the others", not "I know this kind of thing". If you show an image of a
# bicycle to a network of animals, it will name an animal.
#
# ## Exercises
#
# [The workbook](09_softmax-cross-entropy.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [A first network](10_first-network.py) puts hidden layers ahead of these logits and reads handwritten digits. If you
# wonder what `Adam` did in the loop above: [optimizers](../1-foundations/08_optimizers.py).
