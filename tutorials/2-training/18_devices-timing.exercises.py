# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: devices and timing

Three tasks and an open question: a timer that tells the truth, an epoch that
waits once, a seed that holds.
"""

import random

import numpy as np
import torch

from kindling.practice import check

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
    """A clock wound by hand; work is done only when somebody waits."""

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
    for batches in (
        [0.9, 0.3, 0.3, 0.3],
        [5.0, 1.0, 2.0],
        [0.4, 0.1, 0.2, 0.3, 0.4, 0.5],
    ):
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
    return (
        each_by_itself(train, batches, synchronize, clock)
        * (len(batches) - 1)
        / len(batches)
    )


check(
    "devices-timing/repair-the-timer",
    seconds_per_batch,
    right=each_by_itself,
    probe=three_machines,
    mistakes={
        "this is the timer to be repaired: it divides the time of one batch "
        "by three.": restarted,
        "the first batch is in your mean. It pays for warming up; leave it "
        "out.": with_first,
        "you measured how long it takes to order the work. Call synchronize()"
        " before you read the clock.": never_waits,
        "the work of the first batch is still queued when you start the "
        "clock. Wait for it first.": starts_too_early,
        "the first batch is left out of the time, but not out of the number "
        "that you divide by.": divides_by_all,
    },
)

# %%
# Waiting after every batch is right too, but it keeps the queue empty, so on a real GPU it makes the training
# itself a little slower. Wait once, at the end.

# %%
# ## Wait once
#
# An epoch calls `step(batch)` for each batch. A step returns the loss of its batch as a tensor on the device; to
# read it with `item()` makes Python wait for the device. Write `mean_loss`, which runs all steps, waits a single
# time, and returns the mean of the losses as a Python number.
#
# ??? hint
#     Tensors can be added without reading them.
#
# ??? hint
#     `detach()` cuts a loss off its graph, so that the graphs of all steps need not stay in memory.


def mean_loss(step, batches):
    """Run one step for each batch; return the mean loss as a number."""
    # gap
    total = 0.0
    for batch in batches:
        total += step(batch).detach()
    return total.item() / len(batches)
    # end


class Watched(torch.Tensor):
    """A tensor that counts how often somebody reads its number."""

    waits = 0

    def item(self):
        Watched.waits += 1
        return super().item()

    def __float__(self):
        return self.item()

    def tolist(self):
        Watched.waits += 1
        return super().tolist()


def three_questions(mean_loss):
    """The mean? How many waits? Is the answer a Python number?"""
    Watched.waits = 0
    values = [2.5, 1.5, 0.5, 0.25, 0.25]
    losses = [torch.tensor(value).as_subclass(Watched) for value in values]
    mean = mean_loss(lambda batch: losses[batch], range(len(losses)))
    if mean is None:
        return None
    waits = Watched.waits
    return [float(mean), waits, isinstance(mean, float)]


def stacked(step, batches):
    return torch.stack([step(batch) for batch in batches]).mean().item()


def item_each_step(step, batches):
    return sum(step(batch).item() for batch in batches) / len(batches)


def still_a_tensor(step, batches):
    return torch.stack([step(batch) for batch in batches]).mean()


def total_loss(step, batches):
    return torch.stack([step(batch) for batch in batches]).sum().item()


check(
    "devices-timing/wait-once",
    mean_loss,
    right=stacked,
    probe=three_questions,
    mistakes={
        "the mean is right, but you wait in each step. Add up tensors, and "
        "read the sum after the loop.": item_each_step,
        "you return a tensor. Read its number with item(), once, at the "
        "end.": still_a_tensor,
        "that is the sum of the losses. Divide by the number of "
        "batches.": total_loss,
    },
)

# %%
# The mean over batches is the mean over examples only if all batches have the same size. Otherwise weight each
# loss by its batch, as `kindling.training` does.

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
    return [
        *(a == b for a, b in zip(first, again, strict=True)),
        first != other,
    ]


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


def always_zero(n):
    return only(random.seed, np.random.seed, torch.manual_seed)(0)


check(
    "devices-timing/same-seed-same-loss",
    seed_all,
    right=with_states,
    probe=four_questions,
    mistakes={
        "torch repeats itself. Python's random and NumPy do not: they have "
        "streams of their own.": only(torch.manual_seed),
        "torch and NumPy repeat. Python's own random is still free.": only(
            torch.manual_seed, np.random.seed
        ),
        "torch and Python's random repeat. NumPy is still free.": only(
            torch.manual_seed, random.seed
        ),
        "all three repeat, but every n gives the same numbers. Did you use "
        "n?": always_zero,
    },
)

# %%
# `kindling.runtime.seed` does just this. A generator of your own, `torch.Generator().manual_seed(n)`, is better
# still where one thing, such as the shuffle, must not depend on who else draws.

# %%
# ## How large should a batch be?
#
# An open question. Time a training step of your own network for batches of 32, 64, 128 and so on, on your machine,
# with the stopwatch of the page. From which size on does twice the batch take twice as long? What does a larger
# batch do to the validation loss after the same number of epochs, and what if you raise the learning rate with it?
