# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: twelve silent bugs

Three tasks and an open question: a test for the whole training, a check that
sees examples mix, the loss of a network that sees nothing.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from kindling.practice import check

# %%
# ## Overfit one batch
#
# Write the test that sees most. `overfit` gets a model and one batch, trains the model on it until it knows the
# batch by heart, and returns the last loss, measured *after* the last step. It must be below 0.01.
#
# ??? hint
#     Adam with a learning rate of 0.01 and some 300 steps are plenty.
#
# ??? hint
#     The loss that you compute before a step is that of the old weights. Compute it once more at the end.


def overfit(model, x, y):
    """Train on one batch; return the loss after the last step, below 0.01."""
    # gap
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(300):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return F.cross_entropy(model(x), y).item()
    # end


def by_descent(model, x, y):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    while F.cross_entropy(model(x), y) > 0.005:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    return F.cross_entropy(model(x), y).item()


def softmax_twice(logits, y):
    return F.cross_entropy(logits.softmax(dim=1), y)


def trained(model, x, y, *, loss_fn=F.cross_entropy, steps=300, move=True):
    """Return the first loss, and the one after the last step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        if move:
            optimizer.step()
        losses.append(loss.item())
    return losses[0], loss_fn(model(x), y).item()


def four_questions(overfit):
    """Weights moved? Batch known? Its loss returned? Or a second softmax's?"""
    torch.manual_seed(0)
    x, y = torch.randn(8, 12), torch.arange(8) % 5
    model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 5))
    before = model[0].weight.detach().clone()
    returned = overfit(model, x, y)
    with torch.no_grad():
        loss = F.cross_entropy(model(x), y).item()
        twice = softmax_twice(model(x), y).item()
    if returned is None:
        return None
    number = torch.as_tensor(returned).item()
    moved = not torch.equal(before, model[0].weight)
    tells = abs(number - loss) < 1e-5, abs(number - twice) < 1e-5
    return [moved, loss < 0.01, *tells]


def never_moves(model, x, y):
    return trained(model, x, y, move=False)[1]


def five_steps(model, x, y):
    return trained(model, x, y, steps=5)[1]


def with_two_softmaxes(model, x, y):
    return trained(model, x, y, loss_fn=softmax_twice)[1]


def first_loss(model, x, y):
    return trained(model, x, y)[0]


check(
    "debugging/overfit-one-batch",
    overfit,
    right=by_descent,
    probe=four_questions,
    mistakes={
        "the weights have not moved. Did you call step(), and does the "
        "optimizer hold this model's parameters?": never_moves,
        "the model learns, but not enough: its loss is still above 0.01. "
        "Take more steps, or a higher learning rate.": five_steps,
        "the loss that you lower is not the cross-entropy of the logits. "
        "Is there a softmax too many?": with_two_softmaxes,
        "the batch is learned, but the number that you return is not its "
        "loss after the last step.": first_loss,
    },
)

# %%
# If your own network fails this test, switch off dropout and weight decay and try again. If it still fails,
# there is a bug.

# %%
# ## Who sees whom?
#
# Write the tool behind the check that no example sees another. `moved_by` gets a model, a batch and the number
# of a row. It changes that row of the batch and returns the numbers of all rows whose answers are then
# different, as a list in ascending order. For a sound model that is the row itself and no other.
#
# ??? hint
#     Change a copy: `other = x.clone()`. Then add 1 to the row.
#
# ??? hint
#     `(a != b).any(dim=1)` says for each row whether any of its numbers differs; `nonzero()` gives the places.


def moved_by(model, x, row):
    """Return the rows of model(x) that change when this row of x changes."""
    # gap
    other = x.clone()
    other[row] += 1
    changed = (model(x) != model(other)).any(dim=1)
    return changed.nonzero().flatten().tolist()
    # end


def one_by_one(model, x, row):
    other = torch.cat([x[:row], x[row : row + 1] + 1, x[row + 1 :]])
    pairs = zip(model(x).tolist(), model(other).tolist(), strict=True)
    return [i for i, (before, after) in enumerate(pairs) if before != after]


def four_models(moved_by):
    """Sound; with a constant column; mixed by reshape; less the mean."""
    models = [
        lambda x: x.flatten(1) * 2,
        lambda x: torch.stack([x.sum((1, 2)), torch.ones(len(x))], dim=1),
        lambda x: x.reshape(x.shape[1], len(x), -1).transpose(0, 1).flatten(1),
        lambda x: (x - x.mean(dim=0)).flatten(1),
    ]
    return [moved_by(model, torch.zeros(6, 4, 5), 2) for model in models]


def in_place(model, x, row):
    other = x
    other[row] += 1
    return (model(x) != model(other)).any(dim=1).nonzero().flatten().tolist()


def only_if_all_differ(model, x, row):
    other = x.clone()
    other[row] += 1
    return (model(x) != model(other)).all(dim=1).nonzero().flatten().tolist()


def only_the_others(model, x, row):
    return [i for i in one_by_one(model, x, row) if i != row]


check(
    "debugging/who-sees-whom",
    moved_by,
    right=one_by_one,
    probe=four_models,
    mistakes={
        "nothing ever changes: you changed x itself, so both calls got the "
        "same batch. Take a copy.": in_place,
        "a row counts as changed only if all of its numbers differ. One "
        "is enough.": only_if_all_differ,
        "the row that you changed is missing from the list.": only_the_others,
    },
)

# %%
# The third model mixes rows by `reshape`, the fourth by a mean over the batch. Batch normalization in train
# mode does what the fourth does, on purpose: put a model in eval mode before you ask.

# %%
# ## Blank loss
#
# A network that is trained on blank inputs can do one thing: give each class the probability that it has in
# the training set. Its cross-entropy on that set is then the mean of $-\ln p$, where $p$ is the share of each
# example's class. Write `blank_loss`, which computes this number from the labels alone. No real training
# should end above it.
#
# ??? hint
#     `torch.bincount(y)` counts each class. Divided by the number of labels, the counts are shares.
#
# ??? hint
#     `share[y]` is, for each example, the share of its class. It is never zero.


def blank_loss(y):
    """Return the loss of the best prediction that ignores the inputs."""
    # gap
    share = torch.bincount(y) / len(y)
    return -share[y].log().mean().item()
    # end


def entropy(y):
    counts = [int((y == c).sum()) for c in y.unique()]
    return -sum(n / len(y) * math.log(n / len(y)) for n in counts)


def as_if_equally_frequent(y):
    return math.log(len(y.unique()))


def in_bits(y):
    return entropy(y) / math.log(2)


def wrong_sign(y):
    return -entropy(y)


def summed(y):
    return entropy(y) * len(y)


check(
    "debugging/blank-loss",
    blank_loss,
    right=entropy,
    cases=[
        (torch.tensor([0, 0, 1, 1]),),
        (torch.tensor([0] * 9 + [1]),),
        (torch.arange(30) % 10,),
        (torch.tensor([2, 2, 0, 2, 5]),),
    ],
    mistakes={
        "that is right only if all classes are equally frequent. Count "
        "them.": as_if_equally_frequent,
        "these are bits. Cross-entropy takes the natural logarithm.": in_bits,
        "the sign is wrong: a logarithm of a share is negative, and a loss "
        "is not.": wrong_sign,
        "that is the sum over all examples. Divide by their number.": summed,
    },
)

# %%
# For ten equally frequent classes it is $\ln 10$. With 99% of the examples in one class it is 0.06: a small loss
# says little before you know this number.

# %%
# ## A thirteenth bug
#
# An open question. Which bug cost *you* the most time? Plant it into the training of the tutorial, write a check
# that finds it and leaves the repaired version alone, and time the check. If it takes longer than a second, on
# what smaller thing could it look?
