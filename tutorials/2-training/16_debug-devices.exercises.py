# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: bugs, devices and a stopwatch

Three tasks and an open question: a test for the whole training, a timer that tells the truth, a seed that holds.
"""

import random

import numpy as np
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
    """Train the model on one batch; return the cross-entropy after the last step, a number below 0.01."""
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
    """What people write: returns the first loss, and the one after the last step."""
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
    """Have the weights moved? Is the batch known? Is the returned number its loss, or that of a second softmax?"""
    torch.manual_seed(0)
    x, y = torch.randn(8, 12), torch.arange(8) % 5
    model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 5))
    before = model[0].weight.detach().clone()
    returned = overfit(model, x, y)
    with torch.no_grad():
        loss, twice = F.cross_entropy(model(x), y).item(), softmax_twice(model(x), y).item()
    if returned is None:
        return None
    number = torch.as_tensor(returned).item()
    moved = not torch.equal(before, model[0].weight)
    return [moved, loss < 0.01, abs(number - loss) < 1e-5, abs(number - twice) < 1e-5]


check(
    "debug-devices/overfit-one-batch",
    overfit,
    right=by_descent,
    probe=four_questions,
    mistakes={
        "the weights have not moved. Did you call step(), and does the optimizer hold this model's parameters?":
            lambda model, x, y: trained(model, x, y, move=False)[1],
        "the model learns, but not enough: its loss is still above 0.01. Take more steps, or a higher learning rate.":
            lambda model, x, y: trained(model, x, y, steps=5)[1],
        "the loss that you lower is not the cross-entropy of the logits. Is there a softmax too many?":
            lambda model, x, y: trained(model, x, y, loss_fn=softmax_twice)[1],
        "the batch is learned, but the number that you return is not its loss after the last step.":
            lambda model, x, y: trained(model, x, y)[0],
    },
)

# %%
# If your own network fails this test, switch off dropout and weight decay and try again. If it still fails,
# there is a bug.

# %%
# ## Repair the timer
#
# A timer restarted its clock for each batch and divided the last one by three. Write a right one. `train(batch)`
# only queues the work, as on a GPU; `synchronize()` waits until all of it is done; `clock()` says the time in
# seconds. Return the mean seconds per batch, *without* the first one, which is for warming up.
#
# ??? hint
#     Train on the first batch, wait, and only then start the clock.
#
# ??? hint
#     Wait again before you read the clock at the end. How many batches came after the first?

def seconds_per_batch(train, batches, synchronize, clock):
    """Return the mean time of all batches but the first."""
    # gap
    train(batches[0])
    synchronize()
    start = clock()
    for batch in batches[1:]:
        train(batch)
    synchronize()
    return (clock() - start) / (len(batches) - 1)
    # end


class PretendGPU:
    """A clock that is wound by hand, and work that is done only when somebody waits for it."""

    def __init__(self):
        self.now, self.queued = 0.0, 0.0

    def train(self, seconds):
        self.now += 0.001  # ordering costs a little
        self.queued += seconds

    def synchronize(self):
        self.now, self.queued = self.now + self.queued, 0.0

    def clock(self):
        return self.now


def three_machines(timer):
    found = []
    for batches in ([0.9, 0.3, 0.3, 0.3], [5.0, 1.0, 2.0], [0.4, 0.1, 0.2, 0.3, 0.4, 0.5]):
        gpu = PretendGPU()
        found.append(timer(gpu.train, batches, gpu.synchronize, gpu.clock))
    return found


def each_by_itself(train, batches, synchronize, clock):
    times = []
    for batch in batches:
        start = clock()
        train(batch)
        synchronize()
        times.append(clock() - start)
    return sum(times[1:]) / len(times[1:])


def restarted(train, batches, synchronize, clock):
    for batch in batches[:3]:
        start = clock()
        train(batch)
        synchronize()
    return (clock() - start) / 3


def with_first(train, batches, synchronize, clock):
    start = clock()
    for batch in batches:
        train(batch)
    synchronize()
    return (clock() - start) / len(batches)


def never_waits(train, batches, synchronize, clock):
    train(batches[0])
    start = clock()
    for batch in batches[1:]:
        train(batch)
    return (clock() - start) / (len(batches) - 1)


def starts_too_early(train, batches, synchronize, clock):
    train(batches[0])
    start = clock()
    for batch in batches[1:]:
        train(batch)
    synchronize()
    return (clock() - start) / (len(batches) - 1)


def divides_by_all(train, batches, synchronize, clock):
    return each_by_itself(train, batches, synchronize, clock) * (len(batches) - 1) / len(batches)


check(
    "debug-devices/repair-the-timer",
    seconds_per_batch,
    right=each_by_itself,
    probe=three_machines,
    mistakes={
        "this is the timer to be repaired: it divides the time of one batch by three.": restarted,
        "the first batch is in your mean. It pays for warming up; leave it out.": with_first,
        "you measured how long it takes to order the work. Call synchronize() before you read the clock.": never_waits,
        "the work of the first batch is still queued when you start the clock. Wait for it first.": starts_too_early,
        "the first batch is left out of the time, but not out of the number that you divide by.": divides_by_all,
    },
)

# %%
# Waiting after every batch is right too, but it keeps the queue empty, so on a real GPU it makes the training
# itself a little slower. Wait once, at the end.

# %%
# ## Same seed, same loss
#
# A script draws from three sources: Python's `random`, NumPy and PyTorch. Write `seed_all`, so that after
# `seed_all(n)` all three give the same numbers as after the last `seed_all(n)`, and other numbers for another
# `n`.
#
# ??? hint
#     `random.seed`, `np.random.seed` and `torch.manual_seed`.

def seed_all(n):
    """Seed Python, NumPy and torch."""
    # gap
    random.seed(n)
    np.random.seed(n)
    torch.manual_seed(n)
    return n
    # end


def draws():
    return random.random(), np.random.rand(), torch.rand(()).item()


def four_questions(seed_all):
    """Does each of the three repeat? Does another seed give other numbers?"""
    python, numpy_state = random.getstate(), np.random.get_state()
    try:
        seed_all(1)
        first = draws()
        seed_all(1)
        again = draws()
        seed_all(2)
        other = draws()
    finally:
        random.setstate(python)
        np.random.set_state(numpy_state)
    return [*(a == b for a, b in zip(first, again, strict=True)), first != other]


def with_states(n):
    random.setstate(random.Random(n).getstate())
    np.random.set_state(np.random.RandomState(n).get_state())
    torch.default_generator.manual_seed(n)
    return n


def only(*seeders):
    def seed_all(n):
        for seeder in seeders:
            seeder(n)
        return n

    return seed_all


check(
    "debug-devices/same-seed-same-loss",
    seed_all,
    right=with_states,
    probe=four_questions,
    mistakes={
        "torch repeats itself. Python's random and NumPy do not: they have streams of their own.":
            only(torch.manual_seed),
        "torch and NumPy repeat. Python's own random is still free.": only(torch.manual_seed, np.random.seed),
        "torch and Python's random repeat. NumPy is still free.": only(torch.manual_seed, random.seed),
        "all three repeat, but every n gives the same numbers. Did you use n?":
            lambda n: only(random.seed, np.random.seed, torch.manual_seed)(0),
    },
)

# %%
# `kindling.runtime.seed` does just this. A generator of your own, `torch.Generator().manual_seed(n)`, is better
# still where one thing, such as the shuffle, must not depend on who else draws.

# %%
# ## A thirteenth bug
#
# An open question. Which bug cost *you* most time? Plant it into the training of the tutorial, write a check
# that finds it and leaves the repaired version alone, and time the check. If it takes longer than a second, on
# what smaller thing could it look?
