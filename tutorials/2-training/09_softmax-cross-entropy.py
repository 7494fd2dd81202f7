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
# metric = { name = "largest difference of losses", unit = "", target = 1e-6, reference = "LogSoftmax + NLLLoss" }
# description = "Logits, softmax, cross-entropy by hand: overflow, gradient p - y, and the softmax too many."
# ///
"""
# Softmax and cross-entropy: logits done right

A network that tells ten things apart ends in ten numbers, and a loss that says how wrong they are. Put one
softmax too many between the two and the training runs, without a warning, on a loss that can never fall below
1.46. Here you build both pieces by hand, agree with PyTorch to a millionth, and learn to see that mistake
from afar.
"""

# %%
# You will
#
# - turn scores into probabilities, break the formula with large numbers, and mend it,
# - measure surprise by **cross-entropy**, and find its gradient: what you said minus what was true,
# - train the same small classifier rightly and wrongly, and read the difference off a curve.

import math
from functools import partial

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from kindling.plots import COLORS, INK, curves, scatter, show, style
from kindling.runtime import claim, objection, report, steps

torch.manual_seed(9)
classes = 10
learning_rate = 0.1
train_steps = 300

# %%
# ## From scores to probabilities
#
# Three animals, one picture. The last layer of a network gives each class a score, any number at all. Such
# raw scores are called **logits**. We want probabilities: none negative, together one. So make every score
# positive with the exponential function, then divide by the sum. That is **softmax**:
#
# $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$

animals = ["duck", "beaver", "walrus"]
logits = torch.tensor([2.0, 1.3, -6.0])
exponentials = logits.exp()
probabilities = exponentials / exponentials.sum()
for animal, z, p in zip(animals, logits, probabilities, strict=True):
    print(f"{animal:6}  logit {z:4.1f}  probability {p:.4f}")
torch.testing.assert_close(probabilities, F.softmax(logits, dim=0))
assert abs(probabilities.sum() - 1) < 1e-6

# %%
# !!! warning "You may read this elsewhere"
#     "Softmax might say: duck 0.67, beaver 0.33, walrus 0." Rounded, yes. An exponential is never zero, so
#     softmax rules nothing out, whatever the score. Today, if you see a true zero in a printout, it was
#     rounded, or the number was too small for the computer: that is the trouble further down.

rounded = [round(p, 2) for p in probabilities.tolist()]
print("rounded:", rounded, "but the walrus has", f"{probabilities[2]:.6f}")
assert rounded[2] == 0 and probabilities[2] > 0

# %%
# ### Only differences count
#
# Add the same number to all logits: each exponential grows by the same factor, and the factor cancels. So a
# logit of 2 means nothing by itself. What counts is by how much it exceeds the others.
#
# With two classes one difference is all there is, and softmax becomes the sigmoid of
# [logistic regression](../1-foundations/06_logistic-regression.py).

torch.testing.assert_close(F.softmax(logits + 5, dim=0), probabilities)
z = torch.linspace(-4, 4, 9)
two = torch.stack([z, torch.zeros(9)], dim=1)  # [9, 2]
torch.testing.assert_close(F.softmax(two, dim=1)[:, 0], torch.sigmoid(z))
print("softmax of (z, 0) = sigmoid of z")

# %%
# ### Say which axis
#
# Logits come in batches, `[batch, classes]`, and each *row* shall sum to one. So the axis of the classes is
# the one to name. Name the wrong one, and the examples of a batch compete with each other.
#
# !!! warning "You may read this elsewhere"
#     `F.softmax(x)` and `nn.Softmax()`, without an axis: PyTorch guesses, by the number of axes, and warns.
#     Today write `dim=1`, or `dim=-1` for the last axis.


batch = torch.randn(4, 3)  # [batch, classes]
print(objection(lambda: F.softmax(batch)))
for dim in (1, 0):
    print(f"dim={dim}, sums of the rows:", [round(row.sum().item(), 3) for row in F.softmax(batch, dim=dim)])
assert (F.softmax(batch, dim=1).sum(dim=1) - 1).abs().max() < 1e-6
assert (F.softmax(batch, dim=0).sum(dim=1) - 1).abs().max() > 0.1

# %%
# !!! quiz "What changes the probabilities"
#     Which of these leave every probability as it was?
#
#     - [ ] Doubling all logits.
#       > The differences double as well, so the favourite gets more and the others less.
#     - [x] Adding 100 to all logits.
#       > Every exponential grows by the same factor, and the sum by that factor too.
#     - [x] Subtracting the largest logit from all of them.
#       > That is adding the same (negative) number to all. You will need just this in a minute.
#     - [ ] Replacing negative logits by zero.
#       > It changes some differences and not others. A ReLU after the last layer does it, and robs the
#       > network of its clearest way to say no.
#
# ### Temperature
#
# *Multiplying* logits does change something: how sure the answer sounds. Divide them by a **temperature**
# $T$ before the softmax. What do you expect for a very high one, what for one near zero?

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
        f"Probabilities of the three animals against the temperature, from 0.1 to 100. Cold: duck {at[0, 0]:.2f}, "
        f"beaver {at[0, 1]:.2f}, walrus {at[0, 2]:.2f}. Hot: all three come together near one third. A dotted line "
        "marks temperature 1, the plain softmax.",
    )
assert at[0, 0] > 0.99 and (at[-1] - 1 / 3).abs().max() < 0.03
assert (at.argmax(dim=1) == 0).all()  # the order never changes

# %%
# Cold, the favourite takes all. Hot, everyone gets the same. The order never changes, so accuracy does not
# depend on the temperature. It matters when you draw answers at random, as a network that writes text does,
# and when you want to believe the probabilities.
#
# ## When numbers get too large
#
# Logits may be large, and exponentials grow fast. A 32-bit float ends near $3.4 \cdot 10^{38}$. What does our
# formula make of a logit of 100?

large = torch.tensor([100.0, 0.0])
print(f"largest 32-bit float: {torch.finfo(torch.float32).max:.1e}")
print("exp:", large.exp().tolist())
print("by the formula:", (large.exp() / large.exp().sum()).tolist())
print("by F.softmax:  ", F.softmax(large, dim=0).tolist())
limit = math.log(torch.finfo(torch.float32).max)
print(f"the exponential overflows above {limit:.1f}")
assert (large.exp() / large.exp().sum()).isnan().any() and F.softmax(large, dim=0).isfinite().all()

# %%
# Infinity divided by infinity is no number, `nan`, and from there it spreads into every weight. The cure you
# know already: only differences count. Subtract the largest logit first. Then the largest exponential is 1,
# and nothing can overflow.
#
# There is a second trap. The loss will need the *logarithm* of a probability. A tiny probability is rounded
# to zero, and the logarithm of zero is minus infinity. So never take the logarithm of a softmax. Take both in
# one:
#
# $$\log p_i = z_i - \log \sum_j e^{z_j}$$
#
# The last term is called **log-sum-exp**. With the largest logit $M$ taken out, it is safe:
# $M + \log \sum_j e^{z_j - M}$.


def log_sum_exp(z):
    """Return log(sum(exp(z))) over the last axis, for logits of any size."""
    largest = z.max(dim=-1, keepdim=True).values
    return (largest + (z - largest).exp().sum(dim=-1, keepdim=True).log()).squeeze(-1)


wild = 300 * torch.randn(1000, classes)
torch.testing.assert_close(log_sum_exp(wild), torch.logsumexp(wild, dim=-1))
torch.testing.assert_close(wild - log_sum_exp(wild)[:, None], F.log_softmax(wild, dim=1), rtol=1e-5, atol=1e-3)
print(f"naively {wild[0].exp().sum().log():.1f}, safely {log_sum_exp(wild[0]):.1f}")
assert log_sum_exp(wild).isfinite().all()

# %%
# The picture shows how far each of the three ways gets. Two classes with logits $z$ and 0, and we ask for
# $-\log p$ of the second class. The truth is close to a straight line: to be wrong by $z$ costs $z$.

z = torch.linspace(0, 150, 301)
pairs = torch.stack([z, torch.zeros_like(z)], dim=1)  # [301, 2]
ways = {
    "formula, then log": -(pairs.exp() / pairs.exp().sum(dim=1, keepdim=True)).log()[:, 1],
    "softmax, then log": -F.softmax(pairs, dim=1).log()[:, 1],
    "log_softmax": -F.log_softmax(pairs, dim=1)[:, 1],
}
ends = {name: z[values.isfinite()].max().item() for name, values in ways.items()}
with style():
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    for i, (name, values) in enumerate(ways.items()):
        known = values.isfinite()
        ax.plot(z[known], values[known] + 8 * (2 - i), label=name)
        if ends[name] < 150:
            ax.plot(ends[name], values[known][-1] + 8 * (2 - i), "x", color=COLORS[i], markersize=9)
    ax.set(xlabel="logit $z$ of the wrong class", ylabel="loss (lines set 8 apart)")
    ax.legend()
    show(
        fig,
        "The loss against the logit of the wrong class, in three ways, all straight lines (drawn 8 apart). The formula "
        f"ends at {ends['formula, then log']:.0f}, softmax and then logarithm at {ends['softmax, then log']:.0f}, "
        "log_softmax goes on to the edge of the picture.",
    )
for name, end in ends.items():
    print(f"{name:18} gives a number up to z = {end:.1f}")
assert ends["formula, then log"] < limit < ends["softmax, then log"] < 105 and ends["log_softmax"] == 150

# %%
# Even the safe softmax is not enough if you take its logarithm afterwards: past the second cross the loss is
# infinite. `log_softmax` just goes on.
#
# ## Cross-entropy: how surprised were you?
#
# How wrong are some probabilities? Look at the one that was given to the *true* class, and take its negative
# logarithm. Probability 1: no surprise, 0. One half: 0.69. Nearly 0: a large surprise. The mean over the
# examples is the **cross-entropy**.
#
# $$L = -\frac{1}{N} \sum_{n} \log p_{n,\,y_n}$$
#
# !!! warning "You may read this elsewhere"
#     "Cross-entropy generalises log-loss to many classes", as if they were two things. Both say: minus the
#     logarithm of the probability of what was true. With two classes you get the log-loss of logistic
#     regression, to the last digit. The cell below computes both.

logits = torch.randn(64, classes)  # [examples, classes]
y = torch.randint(classes, (64,))  # [examples]: the true class of each, as a number from 0 to 9
true_logits = logits.gather(1, y[:, None]).squeeze(1)  # from each row the one at y
surprise = log_sum_exp(logits) - true_logits
assert round(-math.log(0.5), 2) == 0.69
print(f"by hand {surprise.mean():.6f}, F.cross_entropy {F.cross_entropy(logits, y):.6f}")
torch.testing.assert_close(surprise.mean(), F.cross_entropy(logits, y))

z, yes = torch.randn(64), torch.randint(2, (64,))
as_two_classes = F.cross_entropy(torch.stack([torch.zeros(64), z], dim=1), yes)
log_loss = F.binary_cross_entropy_with_logits(z, yes.float())
print(f"two classes: cross-entropy {as_two_classes:.6f}, log-loss {log_loss:.6f}")
torch.testing.assert_close(as_two_classes, log_loss)

# %%
# A network that knows nothing should give each of $C$ classes the same probability, $1/C$. Its surprise is
# $\ln C$. Note that number before each training: a first loss far from it is a bug, or logits of the wrong
# size. Here are ours, first all equal, then ten times too large.

equal = torch.zeros(64, classes)
print(f"ln {classes} = {math.log(classes):.3f}")
print(f"equal logits {F.cross_entropy(equal, y):.3f}, large random ones {F.cross_entropy(10 * logits, y):.3f}")
assert math.isclose(F.cross_entropy(equal, y).item(), math.log(classes), rel_tol=1e-5)
assert F.cross_entropy(10 * logits, y) > 3 * math.log(classes)

# %%
# !!! quiz "The first loss"
#     A fresh network shall tell 100 kinds of birds apart. Which cross-entropy do you expect before training?
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
# ("NLL" is for negative log-likelihood; it only picks one number from each row and changes its sign.) A
# course that uses the first in one lesson and the second in the next is right in both. Are the two really the
# same? A hundred random batches, with our own version, in 64-bit floats, as the umpire.

largest = 0.0
for _ in range(100):
    logits, y = torch.randn(16, classes), torch.randint(classes, (16,))
    in_one = nn.CrossEntropyLoss()(logits, y)
    in_two = nn.NLLLoss()(nn.LogSoftmax(dim=1)(logits), y)
    z = logits.double()
    by_hand = (log_sum_exp(z) - z.gather(1, y[:, None]).squeeze(1)).mean()
    largest = max(largest, abs(in_one - in_two).item(), abs(in_one - by_hand).item())
print(f"largest difference {largest:.1g}")
report("largest difference of losses", largest)
assert largest < 1e-6

# %%
# And mixed? `NLLLoss` takes what it is given. Hand it plain probabilities, or logits, and it returns a number
# without complaint.

print(f"NLLLoss of log-probabilities {F.nll_loss(F.log_softmax(logits, dim=1), y):6.3f}   right")
print(f"NLLLoss of probabilities     {F.nll_loss(F.softmax(logits, dim=1), y):6.3f}   wrong")
print(f"NLLLoss of logits, times 100 {F.nll_loss(100 * F.one_hot(y, classes).float(), y):6.1f}   wrong")
assert -1 < F.nll_loss(F.softmax(logits, dim=1), y) < 0 < F.cross_entropy(logits, y)

# %%
# !!! quiz "A negative loss"
#     A log says "epoch 3, loss -0.81", and the loss is `NLLLoss`. What has happened?
#
#     - [ ] The network is better than perfect on this data.
#       > A perfect answer has probability 1, and costs $-\log 1 = 0$. Below that there is nothing.
#     - [ ] A rounding error: the loss is nearly zero.
#       > Rounding moves the seventh digit, not the first.
#     - [x] It was given probabilities instead of log-probabilities.
#       > Then it returns minus the mean probability of the true class, between -1 and 0. Put `LogSoftmax` for
#       > `Softmax`, or take `CrossEntropyLoss` on the logits.
#     - [ ] The learning rate is too large.
#       > Then the loss grows, or becomes `nan`. Its sign cannot come from the rate.
#
# ## Targets: class numbers or rows
#
# The usual target is the number of the class, as an integer. The same can be said by a **one-hot** row
# ([pictures, tables, text as tensors](../1-foundations/02_data-as-tensors.py)): a one at the true class,
# zeros elsewhere. PyTorch takes such rows too, as *probabilities*, so they must be floats. They may be
# softer: "70 % duck, 30 % beaver" is a target as good as any. For rows the loss is $-\sum_i y_i \log p_i$.

one_hot = F.one_hot(y, classes)  # [16, 10], integers
torch.testing.assert_close(F.cross_entropy(logits, one_hot.float()), F.cross_entropy(logits, y))
torch.testing.assert_close(-(one_hot * F.log_softmax(logits, dim=1)).sum(dim=1).mean(), F.cross_entropy(logits, y))
attempts = {
    "class numbers as floats": y.float(),
    "class numbers in a column": y[:, None],
    "one-hot rows of integers": one_hot,
    "class 10 of 0 to 9": torch.full((16,), classes),
}
for what, target in attempts.items():
    said = objection(partial(F.cross_entropy, logits, target))
    print(f"{what:25} -> {said}")
    assert said != "no objection"

# %%
# These are good errors: they come at once. (On a GPU the last one comes late and looks like a crash of the
# device. Count classes from zero.)
#
# !!! warning "You may read this elsewhere"
#     `CrossEntropyLoss(size_average=False)` for a sum, and `reduce=False` for one loss per example. Both are
#     deprecated. Today write `reduction="sum"` or `reduction="none"`; the mean is the default.

print(objection(lambda: nn.CrossEntropyLoss(size_average=False)))
each = F.cross_entropy(logits, y, reduction="none")  # [16]
torch.testing.assert_close(each.sum(), F.cross_entropy(logits, y, reduction="sum"))
print(f"one loss per example {tuple(each.shape)}, their mean {each.mean():.4f}")
torch.testing.assert_close(each.mean(), F.cross_entropy(logits, y))

# %%
# !!! quiz "Which targets are accepted?"
#     `logits` has shape `(32, 10)`. With which targets does `F.cross_entropy(logits, target)` run, and mean
#     what you want?
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
# Every logit is pulled by exactly as much as its probability is off. Autograd agrees. (For a batch the mean
# divides by the number of examples.)

logits = torch.tensor([[1.0, 0.5, 2.5, -0.5]], requires_grad=True)  # [1, 4]
y = torch.tensor([1])
F.cross_entropy(logits, y).backward()
p = F.softmax(logits, dim=1).detach()
truth = F.one_hot(y, 4).float()
torch.testing.assert_close(logits.grad, p - truth)
assert abs(logits.grad.sum()) < 1e-6  # what one gains, the others lose


def numbers(row):
    return ", ".join(f"{value:.2f}" for value in row[0])


panels = {"said: $p$": p, "true: $y$": truth, "gradient: $p - y$": p - truth}
with style():
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.4), sharey=True)
    for ax, (title, row), color in zip(axes, panels.items(), COLORS, strict=False):
        ax.bar(range(4), row[0].tolist(), color=color)
        ax.axhline(0, color=INK, linewidth=0.8)
        ax.set(title=title, xlabel="class", xticks=range(4))
    show(
        fig,
        f"Three bar charts of four classes. Said: {numbers(p)}. True: {numbers(truth)}. Gradient: "
        f"{numbers(p - truth)}: only the bar of the true class points down.",
    )

# %%
# ??? info "Where this comes from"
#     For one example with true class $k$, $L = -z_k + \log \sum_j e^{z_j}$. The derivative of the first term
#     by $z_i$ is $-1$ if $i = k$ and 0 otherwise: that is $-y_i$. The derivative of the second is
#     $e^{z_i} / \sum_j e^{z_j}$: that is $p_i$. Their sum is $p_i - y_i$.
#
# Descent goes *against* the gradient. So the true class rises, all others fall, and the one that was wrongly
# believed in falls most.
#
# Why not simply use the squared error between $p$ and $y$? Look at the slope that each of them gives to the
# logit of the true class, from quite wrong to quite right.

z = torch.linspace(-10, 10, 81, requires_grad=True)
two = torch.stack([z, torch.zeros(81)], dim=1)
said, y = F.softmax(two, dim=1), torch.zeros(81, dtype=torch.int64)
by_entropy = torch.autograd.grad(F.cross_entropy(two, y, reduction="sum"), z, retain_graph=True)[0].abs()
by_square = torch.autograd.grad((said - F.one_hot(y, 2)).square().sum(), z)[0].abs()
curves(
    {"cross-entropy": by_entropy, "squared error": by_square},
    x=z,
    xlabel="logit of the true class (the other is 0)",
    ylabel="size of the gradient",
    alt=f"Size of the gradient against the logit of the true class. Cross-entropy falls from {by_entropy[0]:.2f} on "
    f"the left to {by_entropy[-1]:.2f} on the right. The squared error has a hump in the middle and is "
    f"{by_square[0]:.4f} on the left, where the answer is most wrong.",
)
assert by_entropy[0] > 0.99 and by_square[0] < 0.001 and by_entropy[-1] < 0.001

# %%
# On the far left the network is certain, and wrong. Cross-entropy pulls with nearly its full strength. The
# squared error hardly pulls at all: the flat end of the softmax swallows its gradient. So a bad mistake would
# be learned from last.
#
# !!! quiz "One gradient by head"
#     Softmax says 0.7, 0.2 and 0.1, and the *second* class is true. What is the derivative of the
#     cross-entropy by the second logit?
#
#     - [ ] 0.2
#       > That is $p$. Subtract what was true, which is 1 for this class.
#     - [=] -0.8
#       > $p - y = 0.2 - 1$. Raising this logit lowers the loss.
#     - [ ] 0.8
#       > The size is right. But the loss *falls* when this logit rises, so the derivative is negative.
#     - [ ] -5
#       > That is the derivative by the *probability*, $-1/p$. By the logit it is simpler.
#     - [ ] anything else
#       > What you said minus what was true, for the second class.
#
# ## One softmax too many
#
# Now the mistake of the beginning. `CrossEntropyLoss` has a softmax inside. If the network ends in one too,
# the loss takes *probabilities* for logits. They lie between 0 and 1, so they can never differ by more than
# 1. Even a perfect network, 1 for the true class and 0 for the others, is turned into a doubtful one.

perfect = torch.eye(classes)  # [10, 10]: a probability of 1 for the true class, each class once
floor = F.cross_entropy(perfect, torch.arange(classes)).item()
believed = F.softmax(perfect, dim=1)[0, 0].item()
print(f"probability 1 counts as {believed:.3f}, so the loss never falls below {floor:.4f}")
assert math.isclose(floor, math.log(math.e + classes - 1) - 1, rel_tol=1e-6) and round(floor, 2) == 1.46
others = F.softmax(perfect, dim=1)[0, 1].item()
assert round(believed, 2) == 0.23 and round(others, 3) == 0.085

# %%
# Let us train both. Ten clouds of points on a circle, one for each class. One linear layer is enough, since
# each cloud can be cut off by a straight line.

angle = torch.arange(classes) * 2 * math.pi / classes
centres = 5 * torch.stack([angle.cos(), angle.sin()], dim=1)  # [10, 2]
y = torch.arange(classes).repeat(20)  # [200]
x = centres[y] + 0.45 * torch.randn(200, 2)
scatter(
    *x.T,
    xlabel="$x_1$",
    ylabel="$x_2$",
    alt="Ten small clouds of twenty points each, in a ring around the origin, one for each class.",
)

# %%
# The loop is the same for both. The only difference is what the network ends in.


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


torch.manual_seed(9)
right = nn.Linear(2, classes)
wrong = nn.Sequential(nn.Linear(2, classes), nn.Softmax(dim=1))  # do not do this
wrong[0].load_state_dict(right.state_dict())  # the same first weights
losses = {"logits": train(right), "a softmax too many": train(wrong)}
with style():
    fig, ax = plt.subplots()
    for name, values in losses.items():
        ax.plot(values, label=name)
    ax.axhline(floor, color=INK, linestyle=":", linewidth=1)
    ax.text(len(losses["logits"]), floor - 0.04, "the floor", ha="right", va="top")
    ax.set(xlabel="step", ylabel="mean cross-entropy", ylim=(0, None))
    ax.legend()
    show(
        fig,
        "Two falling losses. "
        + "; ".join(f"{name}: from {values[0]:.2f} to {values[-1]:.2f}" for name, values in losses.items())
        + f". A dotted line marks the floor at {floor:.2f}; only the first goes below it.",
    )

# %%
# Both curves fall, and that is the treacherous part: the wrong one looks like a network that learns, only not
# very well. How many points do the two get right?

accuracy = {}
for name, model in {"logits": right, "a softmax too many": wrong}.items():
    model.eval()
    accuracy[name] = (model(x).argmax(dim=1) == y).float().mean().item()
    print(f"{name:18} accuracy {accuracy[name]:.1%}, loss {losses[name][-1]:.3f}")
claim(accuracy["logits"] > accuracy["a softmax too many"] + 0.05, "the softmax too many costs accuracy")
claim(losses["logits"][-1] < 0.3, "with logits the loss falls below 0.3")
assert min(losses["a softmax too many"]) > floor
claim(floor < losses["a softmax too many"][-1] < 2, "and the wrong network learns, too")

# %%
# Here it costs accuracy as well. Once the first softmax is sure of a wrong class it is flat, as you saw with
# the squared error, and the points of that class are never won back. On easier data the accuracy may look
# fine, for the order of the classes survives a second softmax. The loss always tells: it is stuck above a
# floor that depends on nothing but the number of classes. If a loss of ten classes will not go below 1.46,
# look at the last layer.
#
# !!! quiz "Softmax before CrossEntropyLoss"
#     What goes wrong in `nn.CrossEntropyLoss()(F.softmax(logits, dim=1), y)`?
#
#     - [ ] Nothing: softmax of a softmax is the same softmax.
#       > It is not: probabilities of 1 and 0 become 0.23 and 0.085, with ten classes.
#     - [ ] PyTorch raises an error, since rows that sum to one are no logits.
#       > Any floats are logits. Nothing stops you, and nothing warns.
#     - [ ] The predicted class changes, so the accuracy drops at once.
#       > Softmax keeps the order, so for the same weights `argmax` is the same.
#     - [x] It trains, with weak gradients, on a loss with a floor far above zero.
#       > The loss sees differences of at most 1, and the extra softmax flattens the slope besides.
#
# So where does a softmax belong? Nowhere in training. Let the network return logits, give them to the loss,
# and call `softmax` when a *person* wants to read probabilities. For the predicted class not even then:
# `logits.argmax(dim=1)` is the same.
#
# ## Where it fails
#
# Softmax must choose. It has no way to say "none of these". Take the centre of each cloud, which our trained
# network knows well, and walk away from it, outwards, to where no example ever was. Does the network become
# doubtful?

with torch.no_grad():
    sureness = {}
    for factor in (1, 2, 5, 20):
        p = F.softmax(right(factor * centres), dim=1)  # [10, 10]
        sureness[factor] = p.max(dim=1).values.mean().item()
        print(f"{factor:2} times as far out: the favourite gets {sureness[factor]:.4f} on average")
claim(sureness[20] > 0.999 and sureness[20] > sureness[1], "far from all examples it is surest")

# %%
# On the contrary. The logits of a linear layer grow with the distance, so the farther away, the surer. A high
# probability says "this class rather than the others", not "I know this kind of thing". Whoever shows a
# picture of a bicycle to a network of animals gets an animal, often with great confidence.
#
# ## Exercises
#
# [The workbook](09_softmax-cross-entropy.exercises.py) has each of these as a cell with a gap, with a checker
# that tells you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [A first network](10_first-network.py) puts hidden layers before these logits and reads handwritten digits.
# If you wonder what `Adam` did in the loop above: [optimizers](../1-foundations/08_optimizers.py).
