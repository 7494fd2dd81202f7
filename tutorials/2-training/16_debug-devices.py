# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch", "tensorboard"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["S4.10", "S4.9", "S4.T", "R19", "B20", "B22", "CC16"]
# data = []
# minutes = 1
# metric = { name = "planted bugs found", unit = "", target = 12 }
# description = "Twelve silent bugs, each caught by a check of a line or two; devices, honest timing, a training log."
# ///
"""
# Bugs, devices and a stopwatch

The bugs that hurt in deep learning do not crash. They train, print a falling loss, and cost you a week. On this
page twelve of them are planted, and twelve small checks find all twelve, with six made-up examples.
"""

# %%
# You will
#
# - write checks that a sound training passes and a broken one does not,
# - find out what has to lie on a **device**, without owning a GPU,
# - time code so that the number means something, see where the time goes, and keep a log while you train.

import csv
import importlib
import math
import os
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn
from torch.utils.tensorboard import SummaryWriter

from kindling import plots, runtime
from kindling.models import mlp
from kindling.runtime import claim, objection, report

batch, features, classes = 6, 20, 10  # all different, on purpose
learning_rate = 0.01
pretend_launch = 2e-5  # seconds that a call to a GPU costs; assumed, for machines without one
pretend_speed = 2e13  # multiplications and additions per second; assumed

# %%
# ## How to catch a bug
#
# A check is a function that gets a part of your training (a loss, a model, a split) and asserts something
# that must be true of it. Is the check any good? It has to object to the broken part, and to leave the
# repaired part alone. `caught` insists on both.

found = []


def caught(bug, check, broken, repaired):
    complaint = objection(lambda: check(broken))
    assert complaint != "no objection", f"the check overlooks the bug: {bug}"
    assert objection(lambda: check(repaired)) == "no objection", f"a false alarm: {bug}"
    found.append(bug)
    print(f"bug {len(found)}: {bug}\n    {complaint}")


# %%
# Everything below happens on made-up examples, in ten classes, with a small network. A check should be quick.

runtime.seed(16)
centres = 2 * torch.randn(classes, features)
y = torch.arange(batch) % classes  # [batch]
x = centres[y] + torch.randn(batch, features)  # [batch, features]


def network(dropout=0.0):
    runtime.seed(0)
    return mlp([features, 32, classes], dropout=dropout)


# %%
# ## First look: print the shapes
#
# The oldest tip is still the best. A *forward hook* is a function that PyTorch calls after a module has
# worked. It lets you print without editing the network. And since PyTorch runs your code line by line,
# `print` and `breakpoint()` work anywhere inside `forward` as well.


def print_shapes(model, x):
    def tell(module, inputs, output):
        print(f"{type(module).__name__:8} {tuple(inputs[0].shape)} → {tuple(output.shape)}")

    hooks = [part.register_forward_hook(tell) for part in model.children()]
    model(x)
    for hook in hooks:
        hook.remove()


print_shapes(network(), x)
assert network()(x).shape == (batch, classes)

# %%
# ## The loss
#
# **A perfect answer costs nothing.** Give your loss predictions that are right, and look. Two famous bugs fail
# here. In the first the predictions are a column and the targets a row, so every prediction is compared with
# every target ([why](../1-foundations/01_tensors.py)). In the second a softmax sits in the network *and* in
# `cross_entropy` ([where it belongs](09_softmax-cross-entropy.py)).


def perfect_regression_is_free(loss_fn):
    target = torch.arange(6.0)
    loss = loss_fn(target[:, None], target)  # what a network gives: [N, 1]
    assert loss < 0.01, f"perfect predictions cost {loss:.2f}"


def sure_and_right_is_free(loss_fn):
    loss = loss_fn(100.0 * F.one_hot(y, classes), y)
    assert loss < 0.01, f"certainty of the right class costs {loss:.2f}"


caught(
    "a column is compared with a row",
    perfect_regression_is_free,
    broken=lambda prediction, target: (prediction - target).square().mean(),
    repaired=lambda prediction, target: (prediction.squeeze(1) - target).square().mean(),
)
caught(
    "softmax twice",
    sure_and_right_is_free,
    broken=lambda logits, y: F.cross_entropy(logits.softmax(dim=1), y),
    repaired=F.cross_entropy,
)

# %%
# ## The model and its inputs
#
# **One example must not see another.** Change one example of a batch: only its own answer may change. This
# finds any `reshape` that was meant to swap axes, and any index along the wrong axis.

weight = torch.randn(features, classes)


def examples_stay_apart(model):
    x = torch.randn(batch, 4, 5)
    other = x.clone()
    other[2] += 1
    changed = (model(x) != model(other)).any(dim=1).nonzero().flatten().tolist()
    assert changed == [2], f"example 2 was changed, and the answers {changed} moved"


caught(
    "reshape instead of transpose mixes the examples",
    examples_stay_apart,
    broken=lambda x: x.reshape(4, batch, 5).transpose(0, 1).flatten(1) @ weight,
    repaired=lambda x: x.flatten(1) @ weight,
)

# %%
# **The first loss is known.** A network that has learned nothing should find ten classes equally likely, so
# its cross-entropy is about $\ln 10$. If not, look at the scale of the inputs first.

pixels = 255 * torch.rand(batch, features)


def first_loss_is_that_of_a_guess(x):
    loss = F.cross_entropy(network()(x), y).item()
    assert abs(loss - math.log(classes)) < 0.5, f"first loss {loss:.1f}, expected about {math.log(classes):.1f}"


caught(
    "pixels from 0 to 255",
    first_loss_is_that_of_a_guess,
    broken=pixels,
    repaired=(pixels - pixels.mean()) / pixels.std(),
)

# %%
# !!! quiz "The first number of a training"
#     A new network for 100 classes prints a loss of 37 in its first step. What do you do?
#
#     - [ ] Nothing: the first loss is always high, and training lowers it.
#       > It would, slowly, with large and useless first steps. The expected value is ln 100, about 4.6.
#     - [x] Look at the scale of the inputs and of the last layer.
#       > So large a loss means large logits: the network is very sure before it has learned anything.
#     - [ ] Lower the learning rate.
#       > No step has been taken yet. The learning rate cannot be to blame for the first loss.
#
# ## The step
#
# **Two equal steps have equal gradients.** `backward` *adds* to what is in `.grad`, so without `zero_grad` the
# second gradient is the sum of both. The check takes two steps with a learning rate of zero, on the same
# examples.


def forgetful_step(model, optimizer, x, y):
    F.cross_entropy(model(x), y).backward()
    optimizer.step()


def sound_step(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def gradients_do_not_pile_up(step):
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    step(model, optimizer, x, y)
    first = model[1].weight.grad.norm().item()
    step(model, optimizer, x, y)
    second = model[1].weight.grad.norm().item()
    assert math.isclose(first, second, rel_tol=1e-5), f"the second gradient is {second / first:.1f} times the first"


caught("no zero_grad", gradients_do_not_pile_up, broken=forgetful_step, repaired=sound_step)

# %%
# !!! quiz "Gradients that pile up"
#     A loop calls `optimizer.zero_grad()` once per epoch, before the loop over batches. With a learning rate so
#     small that the weights hardly move, and batches with equal gradients: how many times too long is the
#     gradient at the fifth step?
#
#     - [=] 5
#       > Five backward passes have been added up. The network still learns, which is why this bug lives long.
#     - [ ] 1
#       > That would need `zero_grad` before every backward pass. `backward` adds, it does not replace.
#     - [ ] 4
#       > The fifth step has its own gradient as well as the four before it.
#     - [ ] anything else
#       > Count the backward passes since the last `zero_grad`.
#
# **Every weight gets a gradient, and every weight moves.** Two checks, for two bugs. In one, the optimizer holds
# the weights of a model that was replaced afterwards. In the other, a `detach` inside the network cuts the
# first layer off.


def stale_pair():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    model = network()  # a new model; the optimizer still has the old one
    return model, optimizer


def sound_pair():
    model = network()
    return model, torch.optim.SGD(model.parameters(), lr=learning_rate)


def every_weight_moves(pair):
    model, optimizer = pair()
    before = [p.detach().clone() for p in model.parameters()]
    sound_step(model, optimizer, x, y)
    still = [name for (name, p), old in zip(model.named_parameters(), before, strict=True) if torch.equal(p, old)]
    assert not still, f"after a step these have not moved: {still}"


caught("the optimizer holds another model", every_weight_moves, broken=stale_pair, repaired=sound_pair)

# %%


class TwoLayers(nn.Module):
    def __init__(self, cut):
        super().__init__()
        self.cut, self.first, self.last = cut, nn.Linear(features, 32), nn.Linear(32, classes)

    def forward(self, x):
        hidden = self.first(x).relu()
        return self.last(hidden.detach() if self.cut else hidden)


def every_weight_has_a_gradient(model):
    F.cross_entropy(model(x), y).backward()
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not without, f"no gradient reaches {without}"


with_detach, whole = TwoLayers(cut=True), TwoLayers(cut=False)
caught("detach cuts a layer off", every_weight_has_a_gradient, broken=with_detach, repaired=whole)

# %%
# Both networks would have learned *something*. The second trains its last layer on random features, which is
# good enough to look like a poor choice of hyperparameters.
#
# ## Evaluation and data
#
# **Asked twice, a network answers the same.** If not, it is still in train mode, with dropout at work
# ([home of `eval`](12_validate-regularize.py)).


def careless_predict(model, x):
    with torch.no_grad():
        return model(x)


def careful_predict(model, x):
    model.eval()
    with torch.no_grad():
        return model(x)


def answers_are_stable(predict):
    model = network(dropout=0.5).train()  # as a training loop leaves it
    assert torch.equal(predict(model, x), predict(model, x)), "the same question, two answers"


caught("no eval() before evaluation", answers_are_stable, broken=careless_predict, repaired=careful_predict)

# %%
# **Send numbers through your data code.** Instead of pictures, let the numbers 0, 1, 2, ... run through splits
# and shuffles: then you can see where each example went. One of the bugs below happened in a public notebook,
# by a chained assignment: its "validation" score was measured on pictures that it had trained on.


def one_for_both(x):
    train = val = x[:80]
    return train, val


def nothing_is_in_both(split):
    train, val = split(torch.arange(100))
    common = set(train.tolist()) & set(val.tolist())
    assert not common, f"{len(common)} examples are in train and val"


def shuffle_each(x, y):
    return x[torch.randperm(len(x))], y[torch.randperm(len(y))]


def shuffle_together(x, y):
    order = torch.randperm(len(x))
    return x[order], y[order]


def pairs_stay_pairs(shuffle):
    a, b = shuffle(torch.arange(50), torch.arange(50))
    assert torch.equal(a, b), f"{(a != b).sum()} of 50 examples have lost their label"


caught("validation on training examples", nothing_is_in_both, broken=one_for_both, repaired=lambda x: (x[:80], x[80:]))
caught("inputs and labels shuffled apart", pairs_stay_pairs, broken=shuffle_each, repaired=shuffle_together)

# %%
# ## Devices
#
# Two are left, and the first needs a word before. A **device** is where a tensor lives: the CPU's memory, or
# that of an accelerator such as a GPU. Two tensors must be on one device before they can meet. So these have
# to go there: the parameters of the model, its buffers, every batch of inputs, *and* the labels.
#
# No GPU at hand? PyTorch has a device for rehearsals, called `meta`. Its tensors have a shape and a type and
# no numbers at all. Who may meet whom is decided there as on a GPU, so device bugs show on any laptop.

on_cpu = torch.ones(3)
on_cpu.to("meta")  # the result is thrown away
print("a tensor after .to without assignment:", on_cpu.device)
model = network()
model.to("meta")
print("a model after .to without assignment: ", {p.device.type for p in model.parameters()})
print("a weight made, then moved, is a leaf:  ", torch.zeros(3, requires_grad=True).to("meta").is_leaf)
assert on_cpu.device.type == "cpu" and all(p.device.type == "meta" for p in model.parameters())

# %%
# Remember the difference: `x = x.to(device)` for tensors, which are copied; `model.to(device)` moves the model
# itself. And a weight of your own that was moved after `requires_grad` is no longer the leaf that an
# optimizer wants: move first, then ask for gradients.
#
# **The model goes where you send it.** The eleventh bug is a tensor that is kept as a plain attribute. `.to`
# moves parameters and buffers, and knows nothing of it.


class Shifted(nn.Module):
    def __init__(self, buffer):
        super().__init__()
        self.layer = nn.Linear(features, classes)
        if buffer:
            self.register_buffer("shift", torch.ones(classes))
        else:
            self.shift = torch.ones(classes)

    def forward(self, x):
        return self.layer(x) + self.shift


def model_goes_where_it_is_sent(model):
    model.to("meta")(torch.zeros(batch, features, device="meta"))


attribute, buffer = Shifted(buffer=False), Shifted(buffer=True)
caught("a tensor stays behind", model_goes_where_it_is_sent, broken=attribute, repaired=buffer)

# %%
# !!! quiz "What must be on the device"
#     You train on a GPU with `loss = F.cross_entropy(model(x), y)`. Which of these must lie there?
#
#     - [x] The parameters of the model.
#       > `model.to(device)` moves them, in place.
#     - [x] The running means of its batch normalisation.
#       > They are buffers, and `model.to(device)` takes them along.
#     - [x] The labels `y`.
#       > They meet the logits in the loss. People forget them more often than `x`.
#     - [ ] The whole training set.
#       > Only the present batch has to be there. If all of it fits, keeping it there saves time.
#     - [ ] The learning rate.
#       > It is a Python number, and numbers live nowhere in particular.
#
# **Same seed, same numbers.** The twelfth: a script that seeds PyTorch, and shuffles with NumPy.


def seeds_one_of_two(seed):
    torch.manual_seed(seed)
    return np.random.permutation(100).tolist()


def seeds_all(seed):
    runtime.seed(seed)  # Python's random, NumPy and torch
    return np.random.permutation(100).tolist()


def a_seed_repeats(draw):
    assert draw(3) == draw(3), "the same seed, two orders"


caught("one of several random sources is not seeded", a_seed_repeats, broken=seeds_one_of_two, repaired=seeds_all)
report("planted bugs found", len(found))
assert len(found) == len(set(found)) == 12

# %%
# Twelve of twelve. (On a GPU a seed may not be enough, because some kernels add up in a changing order.
# `torch.use_deterministic_algorithms(True)` makes PyTorch choose others, or tell you where it cannot.)
#
# ## In one line, and without a GPU
#
# !!! warning "You may read this elsewhere"
#     - `device="cuda"` in every layer, or `.cuda()` all over the code: it stops on every machine without that
#       GPU. Today choose the device in one line at the top, and say `.to(device)`.
#     - `torch.cuda.amp.autocast()` for half precision: deprecated. Today write
#       `torch.amp.autocast(device.type)`.
#     - A recipe for free notebooks that begins with `from wheel.pep425tags import ...` and installs a torch
#       for the GPU that it finds. That module is gone. Today choose a GPU in the notebook's settings; torch is
#       there already.

print("hard-coded:", objection(lambda: nn.Linear(2, 2, device="cuda")))
print("amp:       ", objection(lambda: torch.cuda.amp.GradScaler()))
print("recipe:    ", objection(lambda: importlib.import_module("wheel.pep425tags")))
assert "deprecated" in objection(lambda: torch.cuda.amp.GradScaler())

device = runtime.device()
model = network().to(device)
with torch.amp.autocast(device.type, dtype=torch.bfloat16):
    logits = model(x.to(device))
print("today:     ", device.type, logits.dtype)
assert logits.dtype == torch.bfloat16 and next(model.parameters()).dtype == torch.float32

# %%
# And if all you have is a CPU? Then do as these pages do. Take a tenth of the pictures while you look for
# bugs. Keep data that fits as tensors in memory, instead of opening a file for each example. Find the bug on
# six examples, not on sixty thousand. Only the last, long run needs the borrowed machine.
#
# ## The test that sees most: overfit one batch
#
# One check looks at the whole training at once. Take one batch, train on it again and again, and the loss must
# go to nearly zero. A network that cannot learn six examples by heart will not learn sixty thousand.


def overfit(model, y, loss_fn=F.cross_entropy, steps=200):
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def softmax_twice(logits, y):
    return F.cross_entropy(logits.softmax(dim=1), y)


sound = overfit(network(), y)
doubled = overfit(network(), y, softmax_twice)
print(f"sound {sound:.4f}; softmax twice {doubled:.4f}, and it can never go below", end=" ")
floor = math.log(math.e + classes - 1) - 1
print(f"{floor:.4f}")
assert sound < 0.01 and doubled > floor - 1e-4

# %%
# ??? info "Where that floor comes from"
#     After the first softmax all scores lie between 0 and 1. The best possible ones are 1 for the true class and
#     0 for the nine others. The second softmax turns them into $e / (e + 9)$ for the true class, and the loss
#     is $-\ln \frac{e}{e + 9} = \ln(e + 9) - 1$.
#
# !!! quiz "It will not learn one batch"
#     Your network stays at a loss of 1.2 on a single batch of eight examples, whatever you do. What is the most
#     likely reason?
#
#     - [ ] Eight examples are too few to learn from.
#       > Too few to learn anything *general*. By heart, eight are the easiest of all.
#     - [ ] The network overfits.
#       > Overfitting is what this test asks for. It fails to.
#     - [x] A bug, somewhere between the inputs and the step.
#       > Regularisation that is too strong could do it too, so switch dropout and weight decay off for the
#       > test. Then look at the twelve checks.
#
# ## When a number is not a number
#
# Sooner or later a loss prints `nan`, *not a number*. It spreads: whatever it touches becomes `nan`. The place
# where you see it is seldom the place where it was made. `set_detect_anomaly` checks every gradient on its way
# back, and names the operation. It is slow, so switch it on for the hunt only.


def poisoned():
    w = torch.zeros(3, requires_grad=True)
    loss = (0 * w.sqrt()).sum()  # harmless to look at: the loss is 0
    assert loss == 0
    loss.backward()
    return w.grad


print("gradient:", poisoned())
with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(True):
    warnings.simplefilter("ignore")  # it also warns with the line that made the operation
    try:
        poisoned()
    except RuntimeError as error:
        culprit = str(error)
print(culprit)
assert poisoned().isnan().all() and "Sqrt" in culprit

# %%
# The square root is infinitely steep at zero, and zero times infinity is not a number. A tiny constant under
# the root mends it.
#
# ## A stopwatch
#
# "The GPU is 40 times faster." Perhaps. Timing code is easy to get wrong, in three ways.
#
# *The clock.* Start it once, stop it once, divide by what happened in between. Use `time.perf_counter`.
#
# *Warming up.* The first batch also pays for loading libraries, choosing kernels and reserving memory. Leave
# it out.
#
# *Waiting.* A call to a GPU returns as soon as the work is *queued*. Read the clock then, and you have measured
# how fast Python can order things. `torch.accelerator.synchronize()` waits until all is done.
#
# To see the last one on any machine, here is a pretend GPU: one worker thread that takes its time, ten
# milliseconds for each job, and an order book.


class PretendGPU:
    def __init__(self):
        self.worker, self.jobs = ThreadPoolExecutor(1), []

    def launch(self, seconds):
        self.jobs.append(self.worker.submit(time.sleep, seconds))  # returns at once

    def synchronize(self):
        while self.jobs:
            self.jobs.pop().result()


gpu = PretendGPU()
start = time.perf_counter()
for _ in range(10):
    gpu.launch(0.01)
ordered = time.perf_counter() - start
gpu.synchronize()
done = time.perf_counter() - start
print("ten jobs of 10 ms took", "at least 100 ms" if done > 0.095 else "less", "with synchronize;")
print("without it the clock shows", "less than a third of that" if ordered < done / 3 else "nearly the same")
assert done > 0.095
claim(ordered < done / 3, "ordering is quicker than doing")

# %%
# !!! warning "You may read this elsewhere"
#     A much-copied notebook compares CPU and GPU like this: `start = time.time()` *inside* the loop over batches,
#     a `break` after the third batch, then `(time.time() - start) / 3`. The clock was started anew for each batch,
#     so it divides the time of the last one by three. There is no warm-up and no waiting either. Today start the
#     clock once, after a warm-up, and wait before you read it.
#
# Both timers, on a clock that we wind by hand. The first batch takes 0.9 s, each later one 0.3 s.


class HandClock:
    now = 0.0

    def work(self, seconds):
        self.now += seconds


def last_by_three(clock, batches):
    for seconds in batches[:3]:
        start = clock.now
        clock.work(seconds)
    return (clock.now - start) / 3


def after_warm_up(clock, batches):
    clock.work(batches[0])
    start = clock.now
    for seconds in batches[1:]:
        clock.work(seconds)
    return (clock.now - start) / (len(batches) - 1)


batches = [0.9, 0.3, 0.3, 0.3]
old, today = last_by_three(HandClock(), batches), after_warm_up(HandClock(), batches)
print(f"old: {old:.1f} s per batch; today: {today:.1f} s per batch")
assert math.isclose(old, 0.1) and math.isclose(today, 0.3)

# %%
# !!! quiz "A clock without waiting"
#     A GPU needs 5 ms for each training step, and Python needs 0.2 ms to order it. You time 100 steps, without
#     `synchronize`, and the queue is long enough for all of them. How many milliseconds does the clock show?
#
#     - [=] 20 ± 0.5
#       > Only the ordering: 100 × 0.2 ms. The GPU is still busy when you read the clock.
#     - [ ] 500 ± 5
#       > That is how long the work takes. You would see it if you waited before reading the clock.
#     - [ ] 520 ± 5
#       > Ordering and working overlap: while the GPU works on one step, Python orders the next.
#     - [ ] anything else
#       > Without waiting you measure Python alone: 0.2 ms for each of 100 orders.
#
# !!! quiz "The slow first batch"
#     On a GPU the first batch takes 2 s and all others 20 ms. Why?
#
#     - [x] It pays for work that is done once: starting the device, loading and choosing kernels, reserving memory.
#       > So leave it out of the timing, and say so.
#     - [ ] The first weights are random, so there is more to compute.
#       > A matrix product takes as long for random numbers as for good ones.
#     - [ ] The gradients have to be zeroed first.
#       > That is done before every step, and costs next to nothing.
#
# ## CPU or GPU: it depends on the size
#
# Here is the stopwatch with all three precautions, and the *shortest* of several runs: whatever else the machine
# does can only make a run longer. It times the product of two square matrices, small to large.


def seconds(action, repeats=25):
    def wait():
        if torch.accelerator.is_available():
            torch.accelerator.synchronize()

    times = []
    for _ in range(1 + repeats):
        wait()
        start = time.perf_counter()
        action()
        wait()
        times.append(time.perf_counter() - start)
    return min(times[1:])  # the first one was for warming up


def product_seconds(n, device):
    a = torch.rand(n, n, device=device)
    return seconds(lambda: a @ a)


sides = [16, 32, 64, 128, 256, 512, 1024]
cpu_times = [product_seconds(n, "cpu") for n in sides]
pretend_times = [pretend_launch + 2 * n**3 / pretend_speed for n in sides]
measured = device.type != "cpu"
gpu_times = [product_seconds(n, device) for n in sides] if measured else pretend_times
gpu_name = "GPU, measured" if measured else "GPU, assumed"

# %%
# Both axes are logarithmic. If this page was made without a GPU, its line is a formula with the two assumed
# numbers at the top of the page: a fixed price for each call, and then the work.

faster = [n for n, cpu, gpu in zip(sides, cpu_times, gpu_times, strict=True) if gpu < cpu]
with plots.style():
    fig, ax = plt.subplots()
    ax.loglog(sides, [1e6 * t for t in cpu_times], "-o", color=plots.COLORS[0], label="CPU, measured")
    ax.loglog(sides, [1e6 * t for t in gpu_times], "--^", color=plots.COLORS[1], label=gpu_name)
    ax.set(xlabel="side of the matrices", ylabel="time of a product (µs)")
    ax.set_xticks(sides, [f"{n:,}" for n in sides])
    ax.minorticks_off()
    ax.legend()
    plots.show(
        fig,
        "The time of a matrix product against its size, both logarithmic. The CPU's line begins low and rises "
        f"steeply; the line '{gpu_name}' begins higher and stays flat for long. "
        + (f"From side {faster[0]} on the second line is lower." if faster else "They do not cross here."),
    )
claim(cpu_times[0] < gpu_times[0] and gpu_times[-1] < cpu_times[-1], "the CPU wins small, the GPU large")

# %%
# Small products are faster on the CPU: ordering costs more than the work. With size the work grows by the
# cube and the price of ordering stays, so the GPU wins, and by more and more. That is why a GPU likes large
# batches and is wasted on the six examples of this page. Measure *your* sizes before you rent one.
#
# ## Where does the time go?
#
# A stopwatch around the whole step says how long. The **profiler** says what. It notes every operation, inside
# PyTorch too, while your code runs. Here are five steps of a network for pictures.

os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # or the profiler prints notes of its own
from torch.profiler import ProfilerActivity, profile

large = mlp([784, 512, 512, 10])
optimizer = torch.optim.AdamW(large.parameters())
pictures, labels = torch.rand(256, 784), torch.arange(256) % 10
sound_step(large, optimizer, pictures, labels)  # warm up
with profile(activities=[ProfilerActivity.CPU]) as recorded:
    for _ in range(5):
        sound_step(large, optimizer, pictures, labels)

# %%
# *Self* time is what an operation took without those that it called.

own = {event.key: event.self_cpu_time_total for event in recorded.key_averages() if event.key.startswith("aten::")}
shares = {name.removeprefix("aten::"): 100 * t / sum(own.values()) for name, t in own.items()}
top = sorted(shares, key=shares.get, reverse=True)[:7]
plots.bars(top, [shares[name] for name in top], xlabel="share of the time (%)")
products = shares["addmm"] + shares["mm"]
claim(products > 10, "matrix products take a good part of the time")

# %%
# `addmm` is a linear layer going forward (a product plus a bias), `mm` the products of the backward pass. Most
# of what else you see is the optimizer, which touches every weight several times. Look at such bars before
# you make anything faster: people speed up what they can see, not what is slow.
#
# ## Keep a log
#
# All checks above look at one moment. A training lasts for hours, and you want to look at it while it runs.
# So write down a few numbers at every step: which step, what was measured, its value. One line each, appended
# to a file, so that nothing is lost if the power fails. This is all that an *event file* is.


def log(path, step, values):
    with path.open("a", newline="") as file:
        csv.writer(file).writerows((step, tag, value) for tag, value in values.items())


def read_log(path, tag):
    with path.open(newline="") as file:
        return [float(value) for _, name, value in csv.reader(file) if name == tag]


def logged_run(path, lr, steps=40):
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for step in range(steps):
        loss = sound_step(model, optimizer, x, y)
        length = torch.stack([p.grad.norm() for p in model.parameters()]).norm().item()
        log(path, step, {"loss": loss, "gradient": length})


place = tempfile.TemporaryDirectory()
runs = {name: Path(place.name) / f"{name}.csv" for name in ("calm", "hasty")}
logged_run(runs["calm"], lr=0.05)
logged_run(runs["hasty"], lr=3.0)

# %%
# Two runs that differ in the learning rate. The loss, read back from the two files, on a logarithmic axis:

logged = {name: read_log(path, "loss") for name, path in runs.items()}
plots.curves(logged, xlabel="step", ylabel="training loss", logy=True)
lengths = {name: read_log(path, "gradient") for name, path in runs.items()}
print({name: f"longest gradient {max(values):.1f}" for name, values in lengths.items()})
assert logged["calm"][-1] < 0.5 * logged["calm"][0]
assert max(logged["hasty"]) > max(logged["calm"]) and max(lengths["hasty"]) > max(lengths["calm"])

# %%
# The hasty run is thrown far up, comes back, and stays above the calm one. The lengths of its gradients tell the
# same story, and where a batch's loss jumps about anyway they tell it more clearly. The length of the gradient
# is the first thing to log beside the losses; the learning rate is the second.
#
# ### TensorBoard
#
# **TensorBoard** is a program that draws such logs in your browser, while the training runs, and lays runs over
# each other. PyTorch writes its event files: a `SummaryWriter` is our `log`, with a file format of its own. Here
# are the same losses once more, written for TensorBoard, and then read back from its file.

board = Path(place.name) / "runs" / "calm"
with SummaryWriter(board) as writer:
    for step, loss in enumerate(logged["calm"]):
        writer.add_scalar("loss", loss, step)

events = EventAccumulator(str(board)).Reload()
read_back = [event.value for event in events.Scalars("loss")]
print("in the event file:", events.Tags()["scalars"], "with", len(read_back), "values")
torch.testing.assert_close(torch.tensor(read_back), torch.tensor(logged["calm"]))
place.cleanup()

# %%
# The same numbers, in 32 bits. To look at them, run `tensorboard --logdir runs` in a terminal, in the folder
# that holds `runs`, and open the address that it prints. A writer also takes pictures (`add_image`),
# histograms of weights (`add_histogram`) and the network's graph (`add_graph`).
#
# ## Where it fails
#
# Every check here asks whether the code does what you meant. None asks whether what you meant makes sense. Give
# the batch wrong labels, and the sound network learns those by heart as well.

wrong_labels = y.roll(1)
print(f"loss after overfitting six wrong labels: {overfit(network(), wrong_labels):.4f}")
assert (wrong_labels != y).all() and overfit(network(), wrong_labels) < 0.01

# %%
# Against that helps only looking: at inputs with their labels, just before they enter the network, and at the
# worst mistakes afterwards. And a check that passes today may fail after tomorrow's change, so keep the good
# ones and run them at the start of each training. Beside it they cost next to nothing.
#
# ## Exercises
#
# [The workbook](16_debug-devices.exercises.py) has each of these as a cell with a gap, with a checker that
# tells you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Checkpoints](15_checkpoints.py) shows how to stop a training and go on exactly where it was. [A convolutional
# network](../3-vision/19_fashion-cnn.py) is a good place to try the checks on something new: which of the
# twelve would you run first?
