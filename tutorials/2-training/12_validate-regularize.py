# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["R4", "N5", "N6", "N7", "N8", "S2.21", "S2.22", "S2.23", "S2.24", "S2.25", "S4.5", "S4.6",
#     "S4.N4", "S4.N5", "S5.13", "S5.14", "S5.15"]
# data = ["fashion_mnist"]
# minutes = 2
# gpu = true
# metric = { name = "test accuracy", unit = "%", target = 88.3, reference = "88.33 % (published MLP)" }
# description = "Fashion-MNIST: see a network overfit; dropout, weight decay, early stopping; a clean test."
# ///
"""
# Validate and regularise

A network can be nearly perfect on what it has seen and poor on what it has not. Here you train one on 50,000
pictures of clothes, catch it learning by heart, hold it back in three ways, and end with a number that you
may trust: better than 88.3 %, a published result for a network of this size, on pictures that no decision of
yours has looked at.
"""

# %%
# You will
#
# - measure **accuracy** by hand, and walk past three traps that have caught many a notebook,
# - see **underfitting** and **overfitting** as two curves, and cure the second by **early stopping**,
#   **weight decay** and **dropout**,
# - choose a network by its **validation** loss, open the test set once, and look at the worst mistakes.
#
# The network, the loss and the training loop are those of [the first network](10_first-network.py). Only the
# pictures are new. What all runs share is set in one cell.

import math
import time

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from kindling import metrics, plots, runtime
from kindling.data import FASHION_CLASSES, batches, fashion_mnist
from kindling.models import count_parameters, mlp
from kindling.runtime import claim
from kindling.training import evaluate, fit

device = runtime.device()
sizes = [784, 256, 128, 64, 10]  # pixels, three hidden layers, classes
batch_size = 256
learning_rate = 2e-3
epochs = 24  # of each experiment
final_epochs = 50 if device.type == "cuda" else 14
target = 0.895 if device.type == "cuda" else 0.883

# %%
# ## Three sets, three jobs
#
# Fashion-MNIST has 70,000 grey pictures of 28 by 28 pixels, in ten classes. Each picture gets one job.
#
# | set | pictures | its job |
# |---|---|---|
# | train | 50,000 | the gradient looks at these, and only at these |
# | validation | 10,000 | *you* look at these, to choose: which network, how long, how much of what |
# | test | 10,000 | looked at once, at the end, to report |
#
# Why a third set? Each time you choose whatever looks best on some pictures, you fit your choice to those
# pictures a little. After twenty choices their score flatters you. The test set is what you keep clean.
# We do not even load it yet.

x_train, y_train = fashion_mnist("train").tensors
x_val, y_val = fashion_mnist("val").tensors
train = batches(x_train, y_train, batch_size, shuffle=True, device=device)
val = batches(x_val, y_val, 1000, device=device)
print("train", tuple(x_train.shape), "val", tuple(x_val.shape), "values 0 to", x_train.max().item())

first = [(y_train == c).nonzero()[0].item() for c in range(10)]
plots.image_grid(
    x_train[first],
    titles=FASHION_CLASSES,
    alt=f"One training picture of each class: {', '.join(FASHION_CLASSES)}.",
)

# %%
# !!! quiz "What validation may decide"
#     Which of these may you settle by looking at the validation pictures?
#
#     - [ ] The mean brightness that is subtracted from every picture.
#       > It becomes a part of the network, as the weights do, so measure it on the training pictures and use
#       > it for all three sets. Validation shall stand for pictures that nobody had when the network was
#       > made.
#     - [x] After which epoch to stop.
#       > It is a choice between networks, namely one for each epoch, and choosing is what this set is for.
#     - [x] The learning rate.
#       > Train once with each rate, compare on validation. The gradient still sees training pictures only.
#     - [ ] The accuracy that you report in the end.
#       > You picked the network that looks best on these pictures, so their score flatters it. That number is
#       > the test set's job.
#     - [ ] The weights of the last layer, since it has so few.
#       > However few they are, weights follow the gradient, and the gradient looks at training pictures. Fit
#       > one weight to the validation set, and it no longer shows you anything unseen.
#
# ## Before training
#
# The network is a stack of linear layers with a ReLU after each hidden one. How surprised should it be before
# it has learned anything? If it spreads its belief evenly over ten classes, its cross-entropy is
# $\ln 10 \approx 2.30$.


def network(dropout=0.0):
    runtime.seed(12)  # the same first weights for every network of this page
    return mlp(sizes, dropout=dropout).to(device)


model = network()
loss, accuracy = evaluate(model, val)
print(f"{count_parameters(model):,} parameters; untrained: loss {loss:.2f}, accuracy {accuracy:.0%}")
assert count_parameters(model) == 242_762
assert abs(loss - math.log(10)) < 0.1

# %%
# ## Accuracy by hand
#
# **Accuracy** is the share of pictures whose class the network gets right. The network gives ten scores for
# each picture, the logits, and its answer is the class with the highest one. `topk(1)` finds it.
#
# To see whether we count well, we need answers that we know to be right. So here is a cheat's answer sheet
# for 64 pictures: a high score for the true class, every time. Its accuracy must come out as 100 %.

y = y_val[:64]
logits = 5.0 * F.one_hot(y, 10)  # [64, 10]: the answers of someone who has seen the solution
scores, answers = logits.topk(1, dim=1)
print("scores ", tuple(scores.shape), "answers", tuple(answers.shape), "labels", tuple(y.shape))

# %%
# Look at the shapes. The answers are a column of 64 rows; the labels are a row of 64. Compare them as they
# are and PyTorch stretches both to a table of 64 by 64: every answer against *every* label.
#
# !!! warning "You may read this elsewhere"
#     `equals = answers == labels`, followed by a mean, sometimes with the advice that `topk` finds the
#     highest *correct* class. It does not: it finds the highest score, and knows nothing of what is correct.
#     And the line runs without complaint, with a number that looks like an untrained network's.
#
#     Today write `logits.argmax(dim=1) == labels`: both have shape `(64,)`. If you want `topk`, for the
#     second guesses too, give the labels the answers' shape first.

table = answers == y  # wrong: [64, 64]
equals = answers == y.view(-1, 1)  # right: [64, 1]
print(f"trap:  shape {tuple(table.shape)}, 'accuracy' {table.float().mean():.1%} for perfect answers")
print(f"right: shape {tuple(equals.shape)}, accuracy {equals.float().mean():.1%}")
assert table.shape == (64, 64) and table.float().mean() < 0.2
assert equals.all() and torch.equal(equals.flatten(), logits.argmax(dim=1) == y)

# %%
# About ten percent, whatever the network: each answer agrees with the one label in ten that happens to share
# its class. Nothing crashes, so only the shape gives it away.
#
# One more small thing. `equals` holds truths, not numbers, and a truth has no mean: make it floats first.
# After that we let the package count. It does what you just did.

try:
    equals.mean()
except RuntimeError as error:
    print("RuntimeError:", str(error).split(".")[0])
assert metrics.accuracy(logits, y) == equals.float().mean() == 1.0

# %%
# !!! quiz "Two guesses each"
#     You allow two guesses: `guesses = logits.topk(2, dim=1).indices` for 64 pictures, with labels `y` of shape
#     `(64,)`. What does `(guesses == y).any(dim=1).float().mean()` give?
#
#     - [ ] The share of pictures with the true class among the two.
#       > It would, if each label met the two guesses of its own picture. For that the labels must be a
#       > column: `y.view(-1, 1)`.
#     - [ ] A number that is far too high, as every guess meets all labels.
#       > So it was with one guess, where an axis of size 1 could be stretched. Here no axis has size 1.
#       > Aligned at the right, 2 meets 64.
#     - [x] An error, as 2 meets 64.
#       > The shapes `(64, 2)` and `(64,)` are aligned at the right, and neither size is 1. This time you are
#       > lucky: the mistake is the same as with one guess, but now it is loud.
#
# ## Count examples, not batches
#
# A set is measured batch by batch, and the last batch is often smaller. Nine answers, cut into eight and one:
# the eight are right and the one is wrong. What is the accuracy?

right = torch.tensor([1.0] * 8 + [0.0])
of_batches = [batch.mean().item() for batch in right.split(8)]
of_means = sum(of_batches) / len(of_batches)
print(f"mean of the batch means {of_means:.1%}, mean over the examples {right.mean():.1%}")
assert of_means == 0.5

small, large = evaluate(model, batches(x_val, y_val, 48, device=device)), evaluate(model, val)
print(f"{small.loss:.6f} in batches of 48, {large.loss:.6f} in batches of 1,000")
assert abs(small.loss - large.loss) < 1e-5

# %%
# One example in a batch of its own weighs as much as the other eight together. So `evaluate` multiplies each
# batch's mean by the batch's size, adds up, and divides by the number of examples. Its answer does not depend
# on how you cut.
#
# !!! quiz "The weight of the last batch"
#     A validation set of 250 pictures is measured in batches of 100. The accuracies of the three batches are
#     0.9, 0.9 and 0.6. What is the accuracy on the set?
#
#     - [=] 0.84
#       > 90, 90 and 30 right answers are 210 of 250. The last batch holds only 50 pictures.
#     - [ ] 0.8
#       > That is the mean of the three, and gives a picture of the last batch twice the weight of the others.
#     - [ ] 0.7
#       > You counted 210 right answers, and divided by three full batches. There were 250 pictures.
#     - [ ] anything else
#       > Turn each share back into a number of right answers first. How many pictures has each batch?
#
# The division at the end has a trap of its own.
#
# !!! warning "You may read this elsewhere"
#     A loss that is *added up* over batches and printed as "the loss": it grows with the number of batches.
#     Or a sum over the validation pictures, divided by `len(loader.dataset)`, where a sampler hands out only
#     a fifth of that data set: the printed loss is five times too small, and it makes an overfitted network
#     look splendid. Both can be found in popular notebooks.
#
#     Today count what you have seen, in the loop, and divide by that.
#
# Here is our own validation loss, first added up, then with the divisor of all pictures, then rightly. We
# keep a sixth for validation, so the wrong divisor makes it six times too small.

total = sum(F.cross_entropy(model(x), y, reduction="sum").item() for x, y in val)
count = len(x_val)
print(f"a sum of {len(val)} batch means: {total / count * len(val):.2f}")
print(f"divided by train and validation together: {total / (count + len(x_train)):.3f}")
print(f"divided by the {count:,} pictures seen: {total / count:.3f}")
assert abs(total / count - loss) < 1e-4
claim((count + len(x_train)) / count == 6, "the wrong divisor makes our loss six times too small")

# %%
# !!! quiz "A loss of 251.8"
#     A loop over 60,000 pictures of ten classes, in batches of 64, adds up `F.cross_entropy(model(x), y).item()`
#     over its 938 batches, and prints 251.8. What is the mean loss, to three decimals?
#
#     - [=] 0.268 ± 0.001
#       > What was added up are means of batches, one for each of the 938. (The last batch has 32 pictures,
#       > which changes next to nothing here.) The network is not broken at all.
#     - [ ] 0.004 ± 0.0004
#       > You divided by the number of pictures. But `F.cross_entropy` has already taken the mean over each
#       > batch, so this is about 64 times too small.
#     - [ ] 3.934 ± 0.001
#       > You divided by the size of a batch. That would be worse than guessing, which costs 2.30. How many
#       > numbers were added up?
#     - [ ] 251.8
#       > Nobody is that surprised: spreading belief evenly over ten classes costs only 2.30. Such a number
#       > must be a sum.
#     - [ ] anything else
#       > Ask what was added up (sums or means of batches?) and how many of them.
#
# ## Too small, and too keen
#
# Now train. Two networks, side by side: one has no hidden layer at all, the other is ours. Dashed lines are
# the loss on the training pictures, solid lines on the validation pictures.


def experiment(model, *, weight_decay=0.0, patience=None):
    runtime.seed(12)  # the same batches in the same order
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    return fit(model, train, val, optimizer=optimizer, epochs=epochs, patience=patience)


runs = {}
linear = experiment(mlp([784, 10]).to(device))
runs["plain"] = experiment(model)
plots.losses({"no hidden layer": linear, "ours": runs["plain"]})

# %%
# Read the two pairs of lines.
#
# The network without hidden layers stops improving early, and both its lines stay high, close together. It
# **underfits**: it fails even on the pictures it was trained with. There are four usual causes. The network
# is too small; the training too short; the learning rate wrong (or the inputs badly scaled); or you hold it
# back too hard, with the means that follow below.
#
# Ours keeps pulling its dashed line down. Its solid line follows for some epochs, then no longer: it wanders,
# and towards the end it wanders up. What the network learns by then is true of these 50,000 pictures and of
# no others. It **overfits**. Doing well on what was never seen is called **generalisation**, and the gap
# between the two lines is what it costs here.



def late(losses):
    """The mean of the last five epochs; single epochs jump."""
    return sum(losses[-5:]) / len(losses[-5:])


plain = runs["plain"]
print(f"no hidden layer: train {late(linear.train_loss):.3f}, val {late(linear.val_loss):.3f}")
print(f"ours:            train {late(plain.train_loss):.3f}, val {late(plain.val_loss):.3f}, "
      f"lowest {min(plain.val_loss):.3f} in epoch {plain.best_epoch}")
claim(late(linear.train_loss) > min(plain.val_loss), "the linear network underfits")
claim(late(plain.val_loss) > 1.3 * late(plain.train_loss), "ours overfits")
claim(late(plain.val_loss) > 1.05 * min(plain.val_loss), "its last epochs are worse than its best")

# %%
# !!! quiz "Flat and close together"
#     On another task with ten classes the training loss is 0.9 and the validation loss is 0.9, and both have been
#     flat for ten epochs. What is worth trying?
#
#     - [ ] Stop earlier, at the lowest validation loss.
#       > That helps where validation has turned upwards. Here nothing has turned: an earlier network is no
#       > better.
#     - [x] A larger network, with a hidden layer more.
#       > It fails on the very pictures that it was trained with, so it may be too small to fit them.
#     - [ ] More training pictures of the same kind.
#       > They would close a gap between the two lines, and there is none. The network cannot fit what it has.
#     - [x] Another learning rate.
#       > A rate that is too high or too low can hold both lines up. It is the cheapest of the usual causes to
#       > rule out.
#
# Anything that gives up some fit on the training pictures for a better result on others is
# **regularisation**. Three kinds follow, one at a time, with everything else held fixed.
#
# ## Early stopping
#
# The cheapest: stop when it stops helping. After each epoch you look at the validation loss. If it has not
# reached a new low for some epochs (your *patience*), you stop, and go back to the weights of the best epoch.
#
# !!! warning "You may read this elsewhere"
#     Early stopping ends the training before the *training* loss has stopped falling. True, but no rule: the
#     training loss goes on falling, so it cannot tell you when. Today judge by the validation loss, and keep
#     the weights of its lowest point.

early = network()
runs["early stopping"] = experiment(early, patience=4)
stopped = runs["early stopping"]
by_training = plain.train_loss.index(min(plain.train_loss)) + 1
print(f"judged by the training loss, the best of {len(plain.train_loss)} epochs is number {by_training}")
print(f"judged by validation it is {stopped.best_epoch}; we stopped after {len(stopped.val_loss)}")
assert abs(evaluate(early, val).loss - min(stopped.val_loss)) < 1e-4  # the best weights are back
claim(by_training > stopped.best_epoch and stopped.stopped_early, "training loss would have gone on")

# %%
# How much patience is enough? With too little, you mistake a hiccup for the turn: a curve that wanders may
# dip once more after you have left. With too much, you pay for epochs that you throw away. Like the learning
# rate, patience is yours to choose, by validation.
#
# !!! quiz "Two epochs of patience"
#     The validation losses would be 0.50, 0.42, 0.45, 0.41, 0.43, 0.44, 0.42, 0.40, if nobody stopped. You stop
#     early, with a patience of 2. After which epoch does the training end?
#
#     - [=] 6
#       > Epoch 4 was the last new low. Epochs 5 and 6 brought none, so patience is used up. The weights that
#       > you get are those of epoch 4.
#     - [ ] 4
#       > That is the epoch whose weights you get. To know that it was the best, you had to train two more.
#     - [ ] 3
#       > There the loss went up for the first time. Your patience allows two epochs without a new low, and
#       > epoch 4 brings one.
#     - [ ] 7
#       > You waited for a third epoch without a new low. (Or you took the fall from 0.44 to 0.42 for a new
#       > low: it is one only below 0.41.)
#     - [ ] 8
#       > The lowest value of all stands there, but nobody will ever see it. This is the price of too little
#       > patience.
#     - [ ] anything else
#       > Go through the list, keep the lowest loss so far, and count the epochs since then.
#
# ## Weight decay: L2 and L1
#
# A network that learns by heart needs large weights, to turn sharply between pictures that differ little. So
# charge it for them. Add to the loss a price for each weight $w$: its square (**L2 regularisation**), or its
# absolute value (**L1 regularisation**), times a small factor $\lambda$.
#
# What does each price do, left to itself? Take two weights and let no data pull at them. The slope of
# $\frac{1}{2}w^2$ is $w$: the step shrinks with the weight. The slope of $|w|$ is 1, large or small.

l1, l2 = [torch.tensor([1.0, 0.2])], [torch.tensor([1.0, 0.2])]
for _ in range(60):
    l2.append(l2[-1] - 0.03 * l2[-1])
    l1.append((l1[-1] - 0.03).clamp(min=0))  # at zero the price is paid
l1, l2 = torch.stack(l1), torch.stack(l2)
print("steps    L2            L1")
for step in (0, 5, 10, 30, 60):
    print(f"{step:5}    {l2[step, 0]:.2f}, {l2[step, 1]:.2f}    {l1[step, 0]:.2f}, {l1[step, 1]:.2f}")
assert (l1[-1] == 0).all() and (l2[-1] > 0).all()

# %%
# L2 takes the same *share* from every weight, so the large ones pay most and none quite vanishes. L1 takes
# the same *amount*, so small weights end at exactly zero: use it when you want to know which inputs can go.
# For networks, L2 is the habit.
#
# You rarely write the price into the loss, because its gradient is so simple: $\lambda w$. The optimizer can
# take that share off at each step, which is why it is called **weight decay**. One step shows that it is the
# same thing.

weights = [torch.full((3,), 2.0, requires_grad=True) for _ in range(2)]
by_loss = torch.optim.SGD([weights[0]], lr=0.1)
by_decay = torch.optim.SGD([weights[1]], lr=0.1, weight_decay=0.01)
(weights[0].sin().sum() + 0.01 / 2 * weights[0].square().sum()).backward()  # a loss, plus the price
weights[1].sin().sum().backward()  # the loss alone
by_loss.step()
by_decay.step()
print(f"price in the loss {weights[0][0]:.6f}, decay in the optimizer {weights[1][0]:.6f}")
torch.testing.assert_close(weights[0], weights[1])

# %%
# !!! quiz "One step of decay"
#     A weight is 2. Plain gradient descent has `lr=0.1` and `weight_decay=0.5`, and the loss does not depend on
#     this weight. What is the weight after one step?
#
#     - [ ] 1
#       > You took the share $\lambda w$ off at once. It enters as a gradient, so it is multiplied by the
#       > learning rate.
#     - [ ] 1.95
#       > This step takes $\eta\lambda$ away, whatever the size of the weight. That is the price of L1.
#     - [ ] 1.8
#       > The slope of $w^2$ is $2w$, but the price is $\frac{1}{2}\lambda w^2$, and its slope $\lambda w$.
#     - [ ] 2
#       > No data pull at it, but the decay does, at every step. So weights that nothing needs fade away.
#     - [=] 1.9
#       > $2 - 0.1 \times 0.5 \times 2$: the gradient of the price is $\lambda w = 1$, and the step a tenth of
#       > it.
#     - [ ] anything else
#       > The gradient of the loss is 0. Add $\lambda w$ to it, and take one step of gradient descent.
#
# ??? info "Adam needs a different decay"
#     Adam divides each gradient by its usual size. A price in the loss is divided with it, and then the
#     weights with the largest gradients are charged least. `AdamW` takes the decay off the weights directly,
#     as plain gradient descent would, with no division: $w \leftarrow w - \eta\,\lambda\,w$, where $\eta$ is
#     the learning rate. That is why every experiment here uses `AdamW`, with $\lambda = 0$ until now. Because
#     of the factor $\eta$, useful values of $\lambda$ are larger than you may have seen for `SGD`.

decayed = network()
runs["weight decay"] = experiment(decayed, weight_decay=0.2)
size, decayed_size = model[1].weight.abs().mean(), decayed[1].weight.abs().mean()
print(f"mean size of a first-layer weight: plain {size:.4f}, with decay {decayed_size:.4f}")
assert decayed_size < size

# %%
# ## Dropout
#
# The third kind is the strangest. In each training step, every hidden unit is dropped with probability $p$:
# its output is set to zero. No unit can rely on a particular other one, so what they learn must be useful in
# many companies.
#
# The survivors are multiplied by $1/(1-p)$, so that the next layer gets as much as before on average. When
# you use the network, nothing is dropped and nothing is scaled.
#
# !!! warning "You may read this elsewhere"
#     Dropout removes a fixed number of the units of a layer. Today say it as it is: each unit is dropped
#     *independently*. Of 100 units at $p = 0.5$ you lose 50 on average, and a different number each time.

ones, dropout = torch.ones(10_000, 100), nn.Dropout(0.5)
dropped = (dropout(ones) == 0).sum(dim=1).float()  # for each of 10,000 passes
print("dropped of 100:", dropped[:12].int().tolist())
print(f"mean {dropped.mean():.1f}, standard deviation {dropped.std():.1f}")
print(f"what was 1 is now one of {dropout(ones).unique().tolist()}")
assert 49.5 < dropped.mean() < 50.5 and 4.7 < dropped.std() < 5.3  # sqrt(100 x 0.5 x 0.5) is 5
assert torch.equal(dropout.eval()(ones), ones)  # inert in evaluation mode

# %%
# !!! quiz "How many units fall"
#     A layer has 400 units, and each is dropped with $p = 0.2$. By about how many (one standard deviation) does
#     the number of dropped units vary from pass to pass?
#
#     - [ ] 0
#       > Dropout does not pick a fixed number of units. Each unit is dropped or kept by itself.
#     - [ ] 80
#       > That many are dropped *on average*. The question is how far single passes lie from it.
#     - [ ] 64
#       > That is the variance, $400 \times 0.2 \times 0.8$. The standard deviation is its square root.
#     - [ ] 10
#       > So it would be with $p = 0.5$, where it varies most: $\sqrt{400 \times 0.5 \times 0.5}$.
#     - [=] 8
#       > $\sqrt{400 \times 0.2 \times 0.8}$. Most passes drop between 72 and 88 of them.
#     - [ ] anything else
#       > The comment beside the check in the cell above does it for 100 units and $p = 0.5$. Put in your
#       > numbers.
#
# The last line of the cell above holds the switch that people forget. `model.train()` turns dropout on,
# `model.eval()` turns it off: **evaluation mode**. You want it whenever you use a trained network on new
# inputs, which is called **inference**. It is not what `torch.no_grad()` does, which only saves the memory of
# gradients. Watch what forgetting costs.

dropping = network(dropout=0.3)
runs["dropout"] = experiment(dropping)
with torch.no_grad():
    dropping.train()  # the mistake
    forgotten = metrics.accuracy(dropping(x_val.to(device)), y_val.to(device))
in_eval_mode = evaluate(dropping, val).accuracy
print(f"validation accuracy with no_grad alone {forgotten:.1%}, in evaluation mode {in_eval_mode:.1%}")
claim(forgotten < in_eval_mode - 0.005, "dropout left on costs accuracy")

# %%
# `fit` and `evaluate` set the mode themselves, each at its top. Write your own functions so, and you cannot
# forget.
#
# !!! quiz "eval() without no_grad()"
#     Now the other way round: you validate after `model.eval()`, but without `torch.no_grad()`. What happens?
#
#     - [x] The scores are right, and memory is spent on gradients that nobody asks for.
#       > `eval` has switched dropout off, so the answers are those of the whole network. PyTorch only takes
#       > notes for a `backward` that never comes.
#     - [ ] The scores are slightly wrong, because units are still dropped.
#       > Dropout asks the mode, and the mode is evaluation. That `no_grad` is missing does not concern it.
#     - [ ] The weights change, and the network learns from the validation pictures.
#       > A weight moves only in `optimizer.step()`, after a `backward()`. Calling the network moves nothing.
#     - [ ] Nothing at all, since `eval` switches gradients off as well.
#       > Many believe it, as the two stand together so often. `eval` changes what some layers compute;
#       > gradients are still recorded.
#
# ## Four runs on one figure
#
# Same data, same first weights, same optimizer. Look for two things in each panel: how far the lines come
# apart, and how low the solid one gets. The thin grey line is the validation loss of the plain run.


def four_panels(runs):
    said = [f"{name}: lowest validation loss {min(run.val_loss):.3f}, last {run.val_loss[-1]:.3f}, "
            f"last training loss {run.train_loss[-1]:.3f}" for name, run in runs.items()]
    with plots.style():
        fig, axes = plt.subplots(2, 2, figsize=(6.4, 4.8), sharex=True, sharey=True)
        for ax, (name, run), color in zip(axes.flat, runs.items(), plots.COLORS, strict=False):
            span = range(1, len(run.val_loss) + 1)
            ax.plot(range(1, len(plain.val_loss) + 1), plain.val_loss, "-", color="#8c8c8c", linewidth=0.9)
            ax.plot(span, run.train_loss, "--", color=color, label="training")
            ax.plot(span, run.val_loss, "-", color=color, label="validation")
            ax.set(title=name, ylim=(0.12, 0.58))
            ax.legend()
        fig.supxlabel("epoch", fontsize=10)
        fig.supylabel("mean loss", fontsize=10)
        plots.show(fig, f"Losses by epoch in four panels. {'; '.join(said)}.")


four_panels(runs)

# %%
# The plain run has the widest gap, and its solid line rises. Early stopping walks the same path and ends it
# near the bottom. Weight decay and dropout keep the gap small: the dashed line stays higher, because
# they make the training pictures harder to learn by heart, and the solid line no longer climbs as it did.
#
# A word on the dropout panel. Its training loss is measured with units missing, its validation loss with all
# of them, so the dashed line may well lie *above* the solid one. That is no mistake.

gap = {name: late(run.val_loss) - late(run.train_loss) for name, run in runs.items()}
for name, run in runs.items():
    print(f"{name:15} val loss: lowest {min(run.val_loss):.3f}, late {late(run.val_loss):.3f}, gap {gap[name]:.3f}")
claim(max(gap["dropout"], gap["weight decay"]) < 0.75 * gap["plain"], "both narrow the gap")

# %%
# ## All together
#
# None of the curves is smooth: with a constant learning rate the last weights are a matter of luck. One more
# change pays for itself. Let the rate rise for the first tenth of the way, then fall to almost nothing, so
# that the network settles. It is called a one-cycle schedule, and PyTorch has it ready. With some dropout,
# some weight decay and the cycle, the network needs no early stopping: the cycle says when it ends.
#
# The cycle saves time as well. It starts and ends gently, so in between it bears a higher rate than a constant
# one could: twice the rate, with batches twice as large, in half the steps. `fused=True` has the optimizer
# update all weights in one go, to the same result.

final = network(dropout=0.1)
large = batches(x_train, y_train, 2 * batch_size, shuffle=True, device=device)
optimizer = torch.optim.AdamW(final.parameters(), weight_decay=0.1, fused=True)
steps = final_epochs * len(large)
cycle = OneCycleLR(optimizer, max_lr=2 * learning_rate, total_steps=steps, pct_start=0.1)
start = time.process_time()
together = fit(final, large, val, optimizer=optimizer, epochs=final_epochs, scheduler=cycle)
used = (time.process_time() - start) / 2  # on two cores, however busy the machine is otherwise
print(f"validation loss {together.val_loss[-1]:.3f} after {sum(together.seconds):.0f} s")
claim(min(sum(together.seconds), used) < 60, "trained within a minute on two cores")

# %%
# ## Choose by validation
#
# Five candidates, each with the weights that it ended with. The rule was set before we looked: the lowest
# validation loss wins.

candidates = {"plain": model, "early stopping": early, "weight decay": decayed, "dropout": dropping,
              "all together": final}
judged = {name: evaluate(candidate, val) for name, candidate in candidates.items()}
for name, (loss, accuracy) in sorted(judged.items(), key=lambda item: item[1].loss):
    print(f"{name:15} val loss {loss:.3f}, accuracy {accuracy:.1%}")
chosen = min(judged, key=lambda name: judged[name].loss)
print("chosen:", chosen)
claim(judged["all together"].loss < 0.95 * judged["plain"].loss, "regularisation pays")

# %%
# Compare the two columns: they need not agree. A network that has learned by heart may be right about as
# often as the others and still have the highest loss, because it is too sure of its mistakes. Which column
# counts? Decide by what you will use the network for, and before you look. We said: the loss.
#
# ## Open the test set, once
#
# Only now do we load it. All that follows comes from this one set of answers.

x_test, y_test = fashion_mnist("test").tensors
logits = metrics.predict(candidates[chosen], x_test).cpu()
test_accuracy = metrics.accuracy(logits, y_test)
noise = 1.96 * math.sqrt(test_accuracy * (1 - test_accuracy) / len(y_test))
print(f"test accuracy {test_accuracy:.2%}; other test pictures would move it by about ±{noise:.1%}")
runtime.report("test accuracy", test_accuracy)
claim(test_accuracy > target, f"test accuracy above {target:.1%}")

# %%
# Is that good? The authors of the data set collect results that others send in; they do not check them. Two
# come from networks very much like ours, one has exactly our layers. One comes from people without any
# training in fashion: three of them voted on each of 1,000 test pictures.

published = {"people": 83.5, "MLP 256-128-100": 88.33, "boosted trees": 89.8, "MLP 256-128-64": 90.0,
             "hand-made edges + SVM": 92.6}
compared = published | {"this page": 100 * test_accuracy}
order = sorted(compared, key=compared.get)
with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 2.6))
    ax.axvline(published["people"], color=plots.INK, linestyle="--", linewidth=1)
    colors = [plots.COLORS[1] if name == "this page" else plots.COLORS[0] for name in order]
    ax.scatter([compared[name] for name in order], order, c=colors, s=45, zorder=3)
    ax.set(xlabel="test accuracy (%)", xlim=(min(82, 100 * test_accuracy - 1), 95))
    plots.show(fig, "Test accuracy in percent: " + ", ".join(f"{name} {compared[name]:.1f}" for name in order)
               + ". A dashed line marks the people.")

# %%
# (Source: the Fashion-MNIST README.) You beat the people, who had tiny pictures and the shop's own idea of a
# pullover to cope with, and you are where such networks are. But look to the right: edges, measured by a
# recipe that a person wrote, and a simple classifier on top beat most networks of our kind. Our network has
# to learn by itself that neighbouring pixels have to do with each other. [A fairer
# fight](../3-vision/19_fashion-cnn.py) gives it that knowledge.
#
# ## What choosing on the test set does
#
# !!! warning "You may read this elsewhere"
#     Loops that print the *test* accuracy after each epoch, and a text that then takes the best epoch. The
#     result is too good by a little, and nobody can say by how much. Today let validation choose, and report
#     the test result of that choice, whatever it is.
#
# How much is a little? Make thirty networks that are all equally good: each is right with a chance of 88 %,
# picture by picture. Score them on one set of 10,000 pictures, and take the best. Then score that same
# network on fresh pictures. We do it 200 times.

scored = torch.distributions.Binomial(10_000, torch.tensor(0.88))
seen, fresh = scored.sample((200, 30)) / 10_000, scored.sample((200, 30)) / 10_000
best = seen.argmax(dim=1, keepdim=True)
flattered, honest = seen.gather(1, best).mean(), fresh.gather(1, best).mean()
print(f"best of thirty, on the set that chose it {flattered:.2%}, on fresh pictures {honest:.2%}")
assert flattered > 0.885 and abs(honest - 0.88) < 0.001

# %%
# More than half a point, out of nothing at all. Many a claimed improvement is smaller.
#
# !!! quiz "A better loser"
#     Validation chose network A. On the test set A has 89.9 %. Out of curiosity you also test B, which validation
#     had put second, and find 90.2 %. What do you report?
#
#     - [ ] 90.2 %, for B, which is the better network as it turns out.
#       > Then the test set has chosen, and the number is too good for what it stands for. Next time the luck
#       > may be on A's side.
#     - [ ] 90.05 %, because the mean of both is what one may expect.
#       > No network has this accuracy. You want to know what the one that you will use can do.
#     - [x] 89.9 %, for A, which was chosen before the test.
#       > Its score took no part in the choice, so it is an honest estimate. If B interests you, decide
#       > between them on pictures that are neither's test.
#
# ## Where it fails
#
# A [**confusion matrix**](13_metrics.py) has a row for each true class and a column for each answer. Everything
# off the diagonal is a mistake. Before you look: which class would you find hardest?

confused = metrics.confusion(logits, y_test, classes=10)
plots.confusion(confused, FASHION_CLASSES)
by_class = confused.diag() / confused.sum(dim=1)
hardest = FASHION_CLASSES[by_class.argmin()]
easiest = FASHION_CLASSES[by_class.argmax()]
print(f"hardest: {hardest}, {by_class.min():.0%} right; easiest: {easiest}, {by_class.max():.0%}")
assert confused.sum() == len(y_test)
claim(hardest == "Shirt", "the shirt is the hardest class")

# %%
# The shirt. Follow its row: T-shirts, pullovers, coats. They share an outline, and what tells them apart (a
# row of buttons, a collar) is a few pixels wide. One number for all classes hid this, and also that shoes and
# bags are nearly solved.
#
# Last, the mistakes that the network was surest of. Above each picture stands the true class, then the
# answer.

confidence, answers = logits.softmax(dim=1).max(dim=1)
surely_wrong = torch.where(answers != y_test, confidence, torch.zeros(())).topk(10).indices
titles = [f"{FASHION_CLASSES[y_test[i]]}\n→ {FASHION_CLASSES[answers[i]]}" for i in surely_wrong]
plots.image_grid(
    x_test[surely_wrong],
    titles=titles,
    alt="The ten mistakes with the highest confidence, true class then answer: "
        + "; ".join(title.replace("\n→", " taken for") for title in titles) + ".",
)
print(f"probability that it gave to these wrong answers: {confidence[surely_wrong].min():.3f} or more")
assert (answers[surely_wrong] != y_test[surely_wrong]).all()

# %%
# Some you would have got wrong too; with a few you may side with the network against the label. Looking at
# such a page is the most useful quarter of an hour in many a project: it tells you whether to work on the
# network or on the data.
#
# ## The steps, whole
#
# You have now taken all of them, and they fit most tasks with pictures. Look at the data, and split it three
# ways. Write down the loss that an untrained network should have, and check it. Train, and watch both losses:
# if they stay high together, enlarge the network; if they part, hold it back. Choose by validation, test
# once, and look at the mistakes.
#
# ## Exercises
#
# [The workbook](12_validate-regularize.exercises.py) has each of these as a cell with a gap, with a checker
# that tells you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [The same clothes through a convolutional network](../3-vision/19_fashion-cnn.py): fewer parameters, a
# better result, and a fair comparison with the network of this page.
