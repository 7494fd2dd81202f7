# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch", "tensorboard"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["S4.9", "S4.T", "R19", "B20", "B22", "CC16"]
# data = []
# minutes = 1
# metric = { name = "wrong timers exposed", unit = "", target = 4 }
# description = "Devices, timing done right, what a GPU gave, autocast, seeds, the profiler and TensorBoard."
# ///
"""
# Devices and timing

A GPU made some of these lessons faster, and others slower. On this page you
learn why: how work gets to a GPU, how to time it so that the number means
something, and what to change when the GPU is waiting for you.
"""

# %%
# A GPU does not run your Python. Python *orders* work and goes on at once; the GPU works through its queue. Here is
# that in a few lines: a pretend GPU, with a clock that we wind by hand. Its times are in milliseconds.

import math
import os

import matplotlib.pyplot as plt

from kindling import plots

os.environ["KINETO_LOG_LEVEL"] = "99"  # the profiler prints no notes of its own


class PretendGPU:
    def __init__(self):
        self.now = 0.0  # what Python's clock shows
        self.free = 0.0  # when the GPU has done all that was ordered
        self.jobs = []

    def launch(self, ms):
        self.now += 0.2  # an order costs Python this much
        begin = max(self.now, self.free)
        self.free = begin + ms
        self.jobs.append((begin, ms))

    def synchronize(self):
        self.now = max(self.now, self.free)


gpu = PretendGPU()
for _ in range(4):
    gpu.launch(1.0)
ordered = gpu.now
gpu.synchronize()
done = gpu.now
assert math.isclose(ordered, 0.8) and math.isclose(done, 4.2)

# %%
with plots.style():
    fig, ax = plt.subplots(figsize=(plots.WIDTH, 1.8))
    orders = [(0.2 * i, 0.19) for i in range(4)]
    ax.broken_barh(orders, (0.7, 0.6), color=plots.COLORS[0])
    jobs = [(begin, ms - 0.03) for begin, ms in gpu.jobs]
    ax.broken_barh(jobs, (-0.3, 0.6), color=plots.COLORS[1])
    ax.axvline(ordered, color=plots.INK, linestyle=":")
    ax.axvline(done, color=plots.INK, linestyle="--")
    ax.set_yticks([0, 1], ["the GPU works", "Python orders"])
    ax.set(xlabel="time (ms)", xlim=(0, 4.6))
    alt = "Python orders four jobs until 0.8 ms, the GPU works until 4.2 ms"
    plots.show(fig, f"Two rows of bars against time: {alt}.")
print(f"dotted, without waiting: {ordered:.1f} ms")
print(f"dashed, after synchronize: {done:.1f} ms")

# %%
# Read the clock when the loop is over (dotted), and you have measured how fast Python orders things. For the time of
# the work, wait first: `torch.accelerator.synchronize()` returns when the queue is empty (dashed). You will
#
# - expose four wrong timers and write a right one,
# - find out what has to lie on a **device**, and check it without owning a GPU,
# - read what a GPU gave these lessons, and what half-precision numbers cost,
# - see where the time of a step goes, and keep a log while you train.
#
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
# ## A stopwatch
#
# Timing goes wrong in four ways: the clock is started again for each batch, the first batch is counted though it
# also pays for loading libraries and choosing kernels, nobody waits at the end, or nobody waits before the start.
# On the pretend GPU the first batch takes 9 ms and each later one 3 ms, so a right timer says 3.0.

from kindling.runtime import report


def restarts_for_each_batch(gpu, batches):
    for ms in batches[:3]:
        start = gpu.now
        gpu.launch(ms)
        gpu.synchronize()
    return (gpu.now - start) / 3


def counts_the_first(gpu, batches):
    start = gpu.now
    for ms in batches:
        gpu.launch(ms)
    gpu.synchronize()
    return (gpu.now - start) / len(batches)


def after_the_first(gpu, batches, wait_before, wait_after):
    gpu.launch(batches[0])
    if wait_before:
        gpu.synchronize()
    start = gpu.now
    for ms in batches[1:]:
        gpu.launch(ms)
    if wait_after:
        gpu.synchronize()
    return (gpu.now - start) / (len(batches) - 1)


batches = [9.0] + 20 * [3.0]
says = {
    "restarts for each batch": restarts_for_each_batch(PretendGPU(), batches),
    "counts the first batch": counts_the_first(PretendGPU(), batches),
    "does not wait before": after_the_first(PretendGPU(), batches, False, True),
    "does not wait after": after_the_first(PretendGPU(), batches, True, False),
    "right": after_the_first(PretendGPU(), batches, True, True),
}
print("\n".join(f"{name:24} {ms:.2f} ms" for name, ms in says.items()))
wrong = [name for name, ms in says.items() if abs(ms - 3.0) > 0.1]
report("wrong timers exposed", len(wrong))
assert len(wrong) == 4 and "right" not in wrong

# %%
# The right one starts the clock once, after a warm-up and a wait, and waits once more before it reads the clock. (The
# hundredth above 3 is the first order, which the GPU has to wait for.)
#
# !!! warning "You may read this elsewhere"
#     A much-copied notebook compares CPU and GPU with the first of these timers: `start = time.time()` *inside* the
#     loop over batches, a `break` after the third batch, then `(time.time() - start) / 3`. It divides the time of one
#     batch by three.
#
# Waiting has a price. `loss.item()` needs the number, so it waits. In every step it keeps the queue empty, and
# Python and the GPU take turns. Here each step costs Python 0.2 ms to order and the GPU 0.2 ms to do.


def hundred_steps(item_in_each_step):
    gpu = PretendGPU()
    for _ in range(100):
        gpu.launch(0.2)
        if item_in_each_step:
            gpu.synchronize()
    gpu.synchronize()
    return gpu.now


each, once = hundred_steps(True), hundred_steps(False)
print(f"item() in each step: {each:.1f} ms; only at the end: {once:.1f} ms")
assert math.isclose(each, 40.0) and math.isclose(once, 20.2)

# %%
# Waiting in each step takes nearly twice as long. So add up `loss.detach()` on the device, and read the sum once an
# epoch.
#
# !!! quiz "The slow first batch"
#     On a GPU the first batch takes 2 s and all others 20 ms. Why?
#
#     - [ ] The first weights are random, so there is more to compute.
#       > A matrix product takes as long for random numbers as for good ones.
#     - [x] It pays for work that is done once: starting the device, choosing kernels, reserving memory.
#       > So leave it out of the timing, and say so.
#     - [ ] The gradients have to be zeroed first.
#       > That is done before every step, and costs next to nothing.
#
# ## Devices
#
# A **device** is where a tensor lives: the CPU's memory, or that of an accelerator such as a GPU. Two tensors must be
# on one device before they can meet. So these have to go there: the parameters of the model, its buffers, every
# batch of inputs, *and* the labels. One line finds the best device of a machine; the rest of the code says
# `.to(device)` and runs everywhere.

import torch

from kindling import runtime

device = runtime.device()
print("this page was made on", device)

# %%
# No GPU at hand? PyTorch has a device for rehearsals, `meta`. Its tensors have a shape and a type, but no numbers.

from kindling.models import mlp
from kindling.runtime import objection

x = torch.ones(3)
x.to("meta")  # the result is thrown away
model = mlp([20, 32, 10])
model.to("meta")
late = torch.zeros(3, requires_grad=True).to("meta")
print("a tensor after .to without assignment:", x.device)
print("a model after .to without assignment: ", model[1].weight.device)
print("made with requires_grad, then moved, a leaf?", late.is_leaf)
assert x.device.type == "cpu" and not late.is_leaf
assert all(p.device.type == "meta" for p in model.parameters())

# %%
# Remember the difference: `x = x.to(device)` for tensors, which are copied; `model.to(device)` moves the model
# itself. And a weight of your own that is moved after `requires_grad` is no longer the leaf that an optimizer
# wants: move first, then ask for gradients.
#
# Does `meta` show every mistake that a GPU would? Try a sum and a product of two tensors that must not meet.

here, there = torch.ones(3, 3), torch.ones(3, 3, device="meta")
print("sum:    ", objection(lambda: here + there))
print("product:", objection(lambda: here @ there))
assert objection(lambda: here + there) != "no objection"
assert objection(lambda: here @ there) == "no objection"

# %%
# The sum is refused. The product is not, though a GPU would refuse both. Do not rely on a rehearsal alone: look at
# every tensor that takes part.

from torch import nn


def strays(device, model, **batch):
    place = torch.empty(0, device=device).device  # not "cuda" but cuda:0
    named = [*model.named_parameters(), *model.named_buffers(), *batch.items()]
    return [name for name, tensor in named if tensor.device != place]


model = nn.Sequential(nn.Linear(20, 32), nn.BatchNorm1d(32), nn.Linear(32, 10))
model.to("meta")
x, y = torch.zeros(6, 20, device="meta"), torch.zeros(6, dtype=torch.long)
print("not on the device:", strays("meta", model, x=x, y=y))
assert strays("meta", model, x=x, y=y) == ["y"]
assert strays("meta", model, x=x, y=y.to("meta")) == []

# %%
# !!! quiz "What must be on the device"
#     You train on a GPU with `loss = F.cross_entropy(model(x), y)`. Which of these must lie there?
#
#     - [x] The parameters of the model.
#       > `model.to(device)` moves them, in place.
#     - [x] The running means of its batch normalization.
#       > They are buffers, and `model.to(device)` takes them along.
#     - [x] The labels `y`.
#       > They meet the logits in the loss. People forget them more often than `x`.
#     - [ ] The whole training set.
#       > Only the present batch has to be there. If all of it fits, keeping it there saves time.
#     - [ ] The learning rate.
#       > It is a Python number, and numbers live nowhere in particular.
#
# !!! warning "You may read this elsewhere"
#     `device="cuda"` in every layer, or `.cuda()` all over the code, stops on every machine without that GPU. Choose
#     the device in one line at the top. `torch.cuda.amp.autocast()` is deprecated; write `torch.amp.autocast(...)`,
#     as below.
#
# ## What a GPU gave these lessons
#
# In November 2026 one NVIDIA H200 ran whole lessons of this course. The [results](../../docs/results.md) have its
# seconds next to those of two CPU cores. For such a card it won little, and some lessons it lost.
#
# The same card also trained the [convolutional network](../3-vision/19_fashion-cnn.py) for 40 epochs on 50,000 images,
# twice with each of two batch sizes. How long did one step take?

recorded = {128: (50, 45), 512: (13, 13)}  # batch size: seconds, NVIDIA H200
step_ms = {}
for size, seconds in recorded.items():
    steps = 40 * math.ceil(50_000 / size)
    step_ms[size] = 1000 * sum(seconds) / len(seconds) / steps
    print(f"batches of {size}: {steps:6,} steps of {step_ms[size]:.1f} ms")
assert abs(step_ms[512] / step_ms[128] - 1) < 0.2

# %%
# A step with four times the images took about as long: the card was waiting for Python to order the next step. All four
# training runs ended at a test accuracy of 92.3% to 92.6%. So with a small network on a large GPU, first make the
# batches larger; then wait less often; then let `torch.compile` join many small orders into few. A large network, or
# large images, fills the card without such help.
#
# !!! quiz "Larger batches"
#     A step of your network takes 3 ms on a GPU with a batch of 128, and still 3 ms with 1,024. There are 51,200
#     training examples. How many milliseconds does an epoch take with batches of 1,024?
#
#     - [=] 150 ± 0.5
#       > 50 steps of 3 ms. With 128 it was 400 steps, 1,200 ms.
#     - [ ] 1200 ± 0.5
#       > That is the epoch with batches of 128: 400 steps of 3 ms.
#     - [ ] anything else
#       > Divide the examples by the batch size, then multiply by 3 ms.
#
# And your machine? Here is a stopwatch for real devices: a warm-up, a wait on both sides, and the *shortest* of several
# runs, because other programs can only make a run longer. It times the product of two square matrices.

import time


def best_seconds(action, repeats=25):
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


def product_microseconds(n, where):
    a = torch.rand(n, n, device=where)
    return 1e6 * best_seconds(lambda: a @ a)


sides = [16, 32, 64, 128, 256, 512]
measured = {
    where: [product_microseconds(n, where) for n in sides]
    for where in sorted({"cpu", device.type})
}
with plots.style():
    fig, ax = plt.subplots()
    for i, (where, times) in enumerate(measured.items()):
        ax.loglog(sides, times, marker=plots.MARKERS[i], label=where)
    ax.set(xlabel="side of the matrices", ylabel="time (µs)")
    ax.set_xticks(sides, sides)
    ax.minorticks_off()
    ax.legend()
    end = [f"{at}: {t[0]:.0f} to {t[-1]:.0f} µs" for at, t in measured.items()]
    plots.show(fig, "Time of a matrix product by side, " + "; ".join(end))

# %%
# Each doubling of the side is eight times the work. Where your line climbs less than that, a good part of the time is
# the price of the call; there a GPU has nothing to win.
#
# ## Half the bits: autocast
#
# A GPU multiplies numbers of 16 bits several times faster than numbers of 32, and moves them in half the time. There
# are two kinds. The epsilon is the distance from 1 to the next larger number.

for dtype in (torch.float32, torch.bfloat16, torch.float16):
    info = torch.finfo(dtype)
    print(f"{dtype!s:14} largest {info.max:.0e}   epsilon {info.eps:.0e}")
one = torch.ones((), dtype=torch.bfloat16)
print("1 - 0.001 in bfloat16:", (one - 0.001).item())
assert one - 0.001 == 1 and torch.finfo(torch.bfloat16).max > 1e38

# %%
# `bfloat16` keeps the range of `float32` and gives up digits; `float16` keeps more digits and ends at 65,504. In
# bfloat16 a weight of 1 does not notice a step of 0.001. Therefore the weights stay in 32 bits, and only the costly
# products are computed in 16. That is what **autocast** does, for each operation inside its block:

import torch.nn.functional as F

runtime.seed(18)
model = mlp([784, 256, 10]).to(device)
x, y = torch.rand(64, 784, device=device), torch.arange(64, device=device) % 10
with torch.amp.autocast(device.type, dtype=torch.bfloat16):
    logits = model(x)
    loss = F.cross_entropy(logits, y)
loss.backward()  # outside of the block: each gradient gets its weight's type
weight = model[1].weight
print("logits", logits.dtype, "  loss    ", loss.dtype)
print("weight", weight.dtype, "   gradient", weight.grad.dtype)
print(f"largest difference to 32 bits: {(model(x) - logits).abs().max():.4f}")
assert logits.dtype == torch.bfloat16 and loss.dtype == torch.float32
assert weight.dtype == weight.grad.dtype == torch.float32
torch.testing.assert_close(logits.float(), model(x), atol=0.02, rtol=0)

# %%
# !!! quiz "Why not all in 16 bits"
#     You call `model.bfloat16()` and train with a learning rate of 0.001. After a while the large weights stop moving.
#     Why?
#
#     - [ ] The gradients overflow.
#       > The range of bfloat16 is that of float32. Overflow is the worry with float16.
#     - [ ] Autocast was not switched on.
#       > It would change nothing: the weights themselves are stored in 16 bits here.
#     - [x] A step that is small compared with the weight is rounded away.
#       > Near 1 the numbers of bfloat16 are 0.004 to 0.008 apart. A smaller step leaves the weight where it was.
#
# ### Without a graph: `inference_mode`
#
# Evaluation needs no gradients. `no_grad` records no graph; `torch.inference_mode` goes further and also leaves out the
# bookkeeping that would let its results take part in a graph later.

with torch.no_grad():
    plain = model(x)
with torch.inference_mode():
    lean = model(x)
w = torch.ones(10, device=device, requires_grad=True)
print("no_grad:       ", objection(lambda: plain * w))
print("inference_mode:", objection(lambda: lean * w, width=66))
assert torch.equal(plain, lean) and lean.is_inference()
assert "Inference tensors" in objection(lambda: lean * w)

# %%
# The same numbers. Take `inference_mode` where the answers leave PyTorch, and `no_grad` where you go on with them.
#
# ## The same seed on another device
#
# A seed makes each device repeat *itself*. The generator of a GPU gives other numbers than the CPU's, so draw on the
# CPU and move the result if both should see the same. And even equal numbers can add up differently, because a sum of
# floating-point numbers [depends on its order](15_checkpoints.py).
#
# A GPU adds in an order that some kernels do not fix. `torch.use_deterministic_algorithms(True)` makes PyTorch choose
# kernels that do, and refuse operations that have none.

target, index = torch.zeros(3), torch.tensor([1, 1])
torch.use_deterministic_algorithms(True)
two = torch.tensor([1.0, 2.0])
refused = objection(lambda: target.put_(index, two), width=80)
torch.use_deterministic_algorithms(False)
print(refused)
assert "deterministic" in refused

# %%
# Two values for one place: which one stays depends on who comes last, so it is refused.
#
# ## Where does the time go?
#
# A stopwatch around the whole step says how long. The **profiler** says what. It notes every operation, inside
# PyTorch too, while your code runs. Here are five steps of a network with three linear layers, on the CPU.

from torch.profiler import ProfilerActivity, profile

large = mlp([784, 512, 512, 10])
optimizer = torch.optim.AdamW(large.parameters())
images, labels = torch.rand(256, 784), torch.arange(256) % 10


def step(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


step(large, optimizer, images, labels)  # warm up
with profile(activities=[ProfilerActivity.CPU]) as recording:
    for _ in range(5):
        step(large, optimizer, images, labels)

# %%
# *Self* time is what an operation took without those that it called.

averages = [e for e in recording.key_averages() if "aten::" in e.key]
total = sum(e.self_cpu_time_total for e in averages)
share = {e.key[6:]: 100 * e.self_cpu_time_total / total for e in averages}
count = {e.key[6:]: e.count for e in averages}
top = sorted(share, key=share.get, reverse=True)[:7]
plots.bars(top, [share[name] for name in top], xlabel="share of the time (%)")
print(f"addmm was called {count['addmm']} times, mm {count['mm']} times")
assert count["addmm"] == 5 * 3 and count["mm"] == 5 * (2 * 3 - 1)

# %%
# `addmm` is a linear layer going forward, a product plus a bias: three layers, five steps. `mm` is a product of the
# backward pass. Each layer needs two, one for its weights and one for its inputs, except that nobody asks for the
# gradient of the images. Look at such bars before you make anything faster: people speed up what they can see, not
# what is slow.
#
# ## Keep a log
#
# A training run lasts for hours, and you want to look at it while it runs. So write down a few numbers at every step:
# which step, what was measured, its value. One line each, appended to a file, so that nothing is lost if the power
# fails.

import csv
import tempfile
from pathlib import Path


def log(path, step, values):
    with path.open("a", newline="") as file:
        rows = ((step, tag, value) for tag, value in values.items())
        csv.writer(file).writerows(rows)


def read_log(path, tag):
    with path.open(newline="") as file:
        rows = csv.reader(file)
        return [float(value) for _, name, value in rows if name == tag]


def logged_run(path, lr, steps=40):
    runtime.seed(0)
    model = mlp([20, 32, 10])
    x, y = torch.randn(60, 20), torch.arange(60) % 10
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for i in range(steps):
        loss = step(model, optimizer, x, y)
        norm = nn.utils.get_total_norm([p.grad for p in model.parameters()])
        log(path, i, {"loss": loss, "gradient norm": norm.item()})


place = tempfile.TemporaryDirectory()
runs = {name: Path(place.name) / f"{name}.csv" for name in ("calm", "hasty")}
logged_run(runs["calm"], lr=0.5)
logged_run(runs["hasty"], lr=10.0)
logged = {name: read_log(path, "loss") for name, path in runs.items()}
plots.curves(logged, xlabel="step", ylabel="training loss", logy=True)
norm = {name: max(read_log(runs[name], "gradient norm")) for name in runs}
print("largest gradient norm:", {name: round(norm[name], 1) for name in norm})
assert logged["calm"][-1] < 0.5 * logged["calm"][0]
assert norm["hasty"] > 3 * norm["calm"]

# %%
# Two runs that differ in the learning rate, read back from the two files. The hasty one shoots up and stays above
# the calm one; its largest gradient norm is several times larger. The norm of the gradient is the first thing to log
# next to the losses, the learning rate the second.
#
# ### TensorBoard
#
# **TensorBoard** is a program that draws such logs in your browser, while the training runs, and lays runs over
# each other. PyTorch writes its event files: a `SummaryWriter` is our `log`, with a file format of its own. Here
# are the same losses once more, written for TensorBoard, and then read back from its file.

from tensorboard.backend.event_processing import event_accumulator
from torch.utils.tensorboard import SummaryWriter

board = Path(place.name) / "runs" / "calm"
with SummaryWriter(board) as writer:
    for i, loss in enumerate(logged["calm"]):
        writer.add_scalar("loss", loss, i)

saved = event_accumulator.EventAccumulator(str(board)).Reload().Scalars("loss")
read_back = torch.tensor([event.value for event in saved])
print(f"in the event file: {len(saved)} values of the loss")
torch.testing.assert_close(read_back, torch.tensor(logged["calm"]))
place.cleanup()

# %%
# The same numbers, in 32 bits. To look at them, run `tensorboard --logdir runs` in a terminal, in the folder
# that holds `runs`, and open the address that it prints. A writer also takes images (`add_image`), histograms of
# weights (`add_histogram`) and the network's graph (`add_graph`).
#
# ## Where it fails
#
# The pretend GPU has one queue and a fixed price for an order. A real one overlaps copies with computing, slows down
# when it gets hot, and shares its memory with your neighbor. What it gave on one day with one version of PyTorch is a
# record and no promise: measure your own network, at your own sizes, before you rent one. And if all you have is a
# CPU, do as these pages do. Keep data that fits as tensors in memory, take a tenth of the images while you look for
# [bugs](16_debugging.py), and leave only the last, long run to the borrowed machine.
#
# ## Exercises
#
# [The workbook](18_devices-timing.exercises.py) has each of these as a cell with a gap, with a checker that tells you
# what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [A convolutional network](../3-vision/19_fashion-cnn.py) is the first lesson whose training takes minutes on a CPU,
# and so the first on which a GPU is worth a try. [Checkpoints](15_checkpoints.py) shows how to go on elsewhere with a
# training that began at home.
