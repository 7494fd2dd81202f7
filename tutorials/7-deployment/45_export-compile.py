# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch", "onnxruntime", "onnxscript"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["B24", "B8", "S3.4", "S9", "R12", "BK15", "BK2e.17"]
# data = ["fashion_mnist"]
# minutes = 2
# metric = { name = "batch sizes exported right", unit = "", target = 3 }
# description = "Record a network as a graph with torch.export, compile it with torch.compile, and store it in int8."
# ///
"""
# Compile and export

A trained network is a Python object: to use it, someone needs your class, your
file of weights and a Python that fits. On this page you record it as a graph
that stands by itself. The graph must answer like the original for a batch of 1,
of 7 and of 256.
"""

# %%
# Here is the smallest case: two layers, given to `torch.export` along with an example input. What comes back is a list
# of operations, in order, and no Python is left in it.

import logging

import matplotlib.pyplot as plt
import torch
from torch import nn

from kindling import plots, runtime

logging.disable(logging.WARNING)  # compilers log much; we read what we print
runtime.seed(45)


def operations(exported):
    nodes = exported.graph.nodes
    return [node for node in nodes if node.op == "call_function"]


small = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).eval()
example = torch.randn(8, 3)
recorded = torch.export.export(small, (example,))
for node in operations(recorded):
    print(f"{node.name:9} {node.target!s:21} {tuple(node.meta['val'].shape)}")
torch.testing.assert_close(recorded.module()(example), small(example))

# %%
# Three operations, each with the shape of its result. **Export** means this: record a model as a graph that can run
# without the code that made it. The figure shows the graph.


def draw(names, alt, colors=None):
    with plots.style():
        fig, ax = plt.subplots(figsize=(plots.WIDTH, 1.1))
    for place, name in enumerate(names):
        color = plots.COLORS[colors[place] if colors else 0]
        box = {"boxstyle": "round,pad=0.4", "fc": "white", "ec": color}
        ax.text(place, 0, name, ha="center", va="center", color="k", bbox=box)
        if place:
            arrow = {"arrowstyle": "->", "color": plots.INK}
            ends = (place - 0.36, 0), (place - 0.64, 0)
            ax.annotate("", *ends, arrowprops=arrow)
    ax.set(xlim=(-0.5, len(names) - 0.5), ylim=(-0.5, 0.5))
    ax.axis("off")
    plots.show(fig, alt)


names = [node.name for node in operations(recorded)]
assert names == ["linear", "relu", "linear_1"]
steps = ["input", *names, "output"]
draw(steps, f"The recorded graph, from left to right: {', '.join(steps)}.")

# %%
# [Eager or graph](../1-foundations/03_eager-or-graph.py) builds such graphs by hand. Now you use them. You will
#
# - export a network with its preprocessing, and record a branch that depends on the data,
# - find a place where `torch.compile` has to stop, remove it, and compute after how many calls compiling has paid,
# - store the weights in a quarter of the space, and measure what it costs.
#
# ## A network worth exporting
#
# A small CNN, trained for two epochs on a part of [Fashion-MNIST](../3-vision/19_fashion-cnn.py). Everything on this
# page runs on the CPU.

from kindling.data import batches, fashion_mnist
from kindling.training import evaluate, fit

x_train, y_train = (part[:6000] for part in fashion_mnist("train").tensors)
x_val, y_val = (part[:4000] for part in fashion_mnist("val").tensors)
mean, std = x_train.mean().item(), x_train.std().item()


def block(channels_in, channels):
    conv = nn.Conv2d(channels_in, channels, 3, padding=1)
    return conv, nn.ReLU(), nn.MaxPool2d(2)


net = nn.Sequential(
    *block(1, 8), *block(8, 16), nn.Flatten(), nn.Linear(784, 10)
)
train = batches((x_train - mean) / std, y_train, 64, shuffle=True)
scaled_val = batches((x_val - mean) / std, y_val, 1000)
optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
fit(net, train, scaled_val, optimizer=optimizer, epochs=2, progress=False)
net.eval()
accuracy = evaluate(net, scaled_val).accuracy
print(f"validation accuracy {accuracy:.1%}")
runtime.claim(accuracy > 0.7, "it has learned something")

# %%
# ## The batch size is a dimension
#
# Record the network with a batch of eight. Then ask it for seven.

from kindling.runtime import objection

eight = torch.randn(8, 1, 28, 28)
fixed = torch.export.export(net, (eight,))
refusal = objection(lambda: fixed.module()(eight[:7]), width=220)
print(refusal)
assert "8" in refusal and "no objection" not in refusal

# %%
# The example was more than an example: its shape went into the graph. Export takes every size for a constant unless
# you say otherwise. So say that dimension 0 is *dynamic*, under a name of your choice.

batch = torch.export.Dim("batch")
flexible = torch.export.export(net, (eight,), dynamic_shapes=({0: batch},))
for node in operations(flexible):
    print(f"{node.name:12} {list(node.meta['val'].shape)}")

# %%
# A symbol now stands for the batch in each shape, and the other sizes are still numbers. Does the graph agree with the
# network?

right = 0
for size in (1, 7, 256):
    x = torch.randn(size, 1, 28, 28)
    with torch.no_grad():
        exported, eager = flexible.module()(x), net(x)
    difference = (exported - eager).abs().max().item()
    print(f"batch of {size:3}: largest difference {difference:.1e}")
    torch.testing.assert_close(exported, eager, rtol=1e-5, atol=1e-5)
    right += 1
runtime.report("batch sizes exported right", right)
assert right == 3

# %%
# !!! quiz "What is still a constant"
#     You exported with a dynamic batch, as above. Which of these inputs does the graph take?
#
#     - [x] One image, as [1, 1, 28, 28].
#       > Any size of the dynamic dimension, 1 included.
#     - [ ] A larger image, as [8, 1, 32, 32].
#       > Height and width were not named, so they are constants. The last linear layer would not fit either.
#     - [ ] One image without a batch dimension, as [1, 28, 28].
#       > The number of dimensions is part of the recording.
#
# ## Preprocessing goes along
#
# The network expects pixels that were scaled and standardized. A program in another language would have to do the
# same, with the same two numbers. It is safer to put them inside. The next module takes bytes from 0 to 255, as a file
# has them, and returns probabilities.


class Classifier(nn.Module):
    def __init__(self, net, mean, std):
        super().__init__()
        self.net, self.mean, self.std = net, mean, std

    def forward(self, pixels):  # uint8 [B, 28, 28]
        x = pixels.unsqueeze(1).float() / 255
        return self.net((x - self.mean) / self.std).softmax(dim=1)


pixels = (x_val * 255).round().to(torch.uint8).squeeze(1)
whole = Classifier(net, mean, std).eval()
shapes = ({0: batch},)
example = pixels[:8].clone()  # the file keeps it; a view would keep them all
program = torch.export.export(whole, (example,), dynamic_shapes=shapes)
print(len(operations(program)), "operations, with preprocessing and softmax")
assert len(operations(program)) > len(operations(flexible))

# %%
# Save it, load it, and compare with a caller who has the bare network and forgets to scale.

import tempfile
from pathlib import Path

place = tempfile.TemporaryDirectory()
path = Path(place.name) / "classifier.pt2"
torch.export.save(program, path)
loaded = torch.export.load(path).module()


def share_right(model, x):
    with torch.no_grad():
        return (model(x).argmax(dim=1) == y_val).float().mean().item()


with_all, forgetful = share_right(loaded, pixels), share_right(net, 255 * x_val)
print(f"from the file of {path.stat().st_size:,} bytes: {with_all:.1%}")
print(f"bare network, raw bytes: {forgetful:.1%}")
assert abs(with_all - accuracy) < 0.002
runtime.claim(forgetful < with_all, "forgetting costs accuracy")

# %%
# The file needs neither the class `Classifier` nor the two numbers from you. The forgetful caller got no error, only
# worse answers. (As with [checkpoints](../2-training/15_checkpoints.py), load only what you trust.)
#
# ## A branch that depends on the data
#
# A scan may come inverted, dark on white. A module can look at the brightness and invert if it must.

import io
from contextlib import redirect_stderr, redirect_stdout


class Upright(nn.Module):
    def forward(self, x):
        if x.mean() > 0.5:
            return 1 - x
        return x


dark, bright = x_val[:8], 1 - x_val[:8]
torch.testing.assert_close(Upright()(bright), dark)


def record_upright():
    quiet = io.StringIO()  # for the half-finished graph that export prints
    with redirect_stderr(quiet), redirect_stdout(quiet):
        torch.export.export(Upright(), (dark,), strict=True)


refusal = objection(record_upright, width=110)
print(refusal)
assert "ranching" in refusal or "control flow" in refusal

# %%
# Python must decide *while recording* which way to go, but the answer depends on numbers that only come later. Export
# refuses. **Tracing**, the older method, runs the model once and notes what happened; the branch not taken leaves no
# trace. Here is what that means, with PyTorch's old tracer.

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    traced = torch.jit.trace(Upright(), dark)
print("traced, dark images right:  ", torch.equal(traced(dark), dark))
print("traced, bright images right:", torch.allclose(traced(bright), dark))
assert torch.equal(traced(bright), bright)  # not inverted, and no error

# %%
# The remedy is to record the question along with both answers. `torch.cond` takes a condition, a function for yes, a
# function for no, and their inputs. Both functions must return tensors of the same shape and type, and a new tensor,
# not the input itself; `clone` makes one.


class UprightGraph(nn.Module):
    def forward(self, x):
        is_bright = x.mean() > 0.5
        return torch.cond(is_bright, lambda x: 1 - x, lambda x: x.clone(), (x,))


forked = torch.export.export(UprightGraph(), (dark,), dynamic_shapes=shapes)
print([node.name for node in operations(forked)])
for x in (dark, bright, bright[:1]):
    torch.testing.assert_close(forked.module()(x), Upright()(x))
assert any("cond" in node.name for node in operations(forked))

# %%
# There is one answer for the whole batch, because there is one condition. If each image must be judged by itself,
# compute both results and choose with `torch.where`; that needs no branch.
#
# !!! quiz "What a trace remembers"
#     A module inverts bright images with an ordinary `if`. You trace it with a *bright* example. What does the traced
#     module do?
#
#     - [x] It inverts every image, dark ones too.
#       > The `if` was answered once, while tracing. Only `1 - x` was noted.
#     - [ ] It inverts bright images only.
#       > For that the condition would have to be in the recording. A trace has no conditions.
#
# ## `torch.compile`: the same capture, with a way back
#
# Export must have the whole model. `torch.compile` is more patient: it records as far as it can, hands that graph to a
# **backend**, lets Python do what cannot be recorded, and goes on recording. A backend is a function that gets a graph
# and returns something to call. Ours notes what it is given and changes nothing, so you need no compiler for it.

graphs = []


def notebook(graph_module, inputs):
    calls = [n for n in graph_module.graph.nodes if n.op.startswith("call")]
    targets = [getattr(n.target, "__name__", n.target) for n in calls]
    graphs.append(targets)
    return graph_module.forward


def scaled(x):
    h = torch.tanh(x)
    if h.mean() > 0:  # Python needs the number now
        h = 2 * h
    return h.square()


x = torch.ones(8, 3)
answer = torch.compile(scaled, backend=notebook)(x)
for number, graph in enumerate(graphs, start=1):
    print(f"graph {number}:", graph)
assert torch.equal(answer, scaled(x)) and len(graphs) == 2

# %%
# The answer is right, but there are two graphs. Between them is a **graph break**: the first graph runs, Python reads
# the number and decides, the second graph runs. In the figure the colors tell the graphs apart.

flat = [*graphs[0], "if", *graphs[1]]
colors = [0] * len(graphs[0]) + [3] + [1] * len(graphs[1])
draw(flat, f"A chain with a break: {', '.join(flat)}.", colors)

# %%
# A break is no error, so you will not notice it. `fullgraph=True` makes it one, and the message says why.

torch.compiler.reset()  # forget the graphs so far
strict = torch.compile(scaled, backend=notebook, fullgraph=True)
refusal = objection(lambda: strict(x), width=200)
print(refusal)
assert "no objection" not in refusal

# %%
# To remove it, let the graph make the choice.


def unbroken(x):
    h = torch.tanh(x)
    return torch.where(h.mean() > 0, 2 * h, h).square()


graphs.clear()
compiled = torch.compile(unbroken, backend=notebook, fullgraph=True)
for x in (torch.ones(8, 3), -torch.ones(8, 3)):
    torch.testing.assert_close(compiled(x), scaled(x))
print(len(graphs), "graph:", graphs[0])
assert len(graphs) == 1

# %%
# One graph, right for both signs. Other common breaks are `.item()`, `print`, and calls into other libraries.
#
# The graph comes with **guards**, conditions under which it holds, such as the type and the shape of the input. If a
# guard fails, it records again. Watch the count while the batch changes.

for size in (8, 7, 256, 8):
    compiled(torch.ones(size, 3))
    print(f"batch of {size:3}: {len(graphs)} graphs so far")
assert len(graphs) == 2

# %%
# The second size brought a second recording, and PyTorch drew a conclusion: this dimension varies. The new graph has a
# symbol there, as in our export, so the third size cost nothing.
#
# ## What a real backend does: fusion
#
# The default backend is called **Inductor**. It writes a program, in C++ for a CPU, and has it compiled. What is there
# to gain? Take an activation function written out.


def gelu(x):
    return 0.5 * x * (1 + torch.tanh(0.79788 * (x + 0.044715 * x**3)))


long = torch.randn(256, 1024)
by_hand = torch.compile(gelu, backend=notebook)
graphs.clear()
torch.testing.assert_close(by_hand(long), gelu(long))
print(f"{len(graphs[0])} operations:", graphs[0])
assert len(graphs[0]) == 8

# %%
# Eagerly, each of these reads at least a quarter of a million numbers from memory and writes as many back. A fused
# kernel reads each number once, does all the arithmetic while it is at hand, and writes once. Inductor needs a C++
# compiler; where there is none, the cell says so, and our own backend stands in.

import os
import shutil
from timeit import timeit

os.environ["TORCHINDUCTOR_CACHE_DIR"] = place.name  # nothing from last time
has_compiler = any(map(shutil.which, ("g++", "clang++")))
backend = "inductor" if has_compiler else notebook


def seconds(action, repeats=1):
    return timeit(action, number=repeats) / repeats


fused = torch.compile(gelu, backend=backend)
programs = []
if has_compiler:
    from torch._inductor.utils import run_and_get_code

    first = seconds(lambda: programs.append(run_and_get_code(fused, long)[1]))
    kernels = programs[0][0].count('extern "C"')  # of a program of C++, as text
    print(f"{len(graphs[0])} operations, {kernels} kernel")
    assert kernels == 1
else:
    print("no C++ compiler here: the graph runs as it is, without fusion")
    first = seconds(lambda: fused(long))
torch.testing.assert_close(fused(long), gelu(long), rtol=1e-4, atol=1e-5)
eager_call = min(seconds(lambda: gelu(long), 10) for _ in range(5))
fused_call = min(seconds(lambda: fused(long), 10) for _ in range(5))
print(f"first call {first:.1f} s, later {fused_call * 1e3:.2f} ms", end=", ")
print(f"eager {eager_call * 1e3:.2f} ms")

# %%
# One loop for everything: this is **operator fusion**. The price is that you can no longer look between the operations.
# Find bugs eagerly, then compile. (The underscore in `_inductor` marks an internal module; build nothing on it.)
#
# ## Break-even
#
# The first call paid for recording, writing and compiling; each later call may pay some of it back. Let $t_1$ be the
# time of the first call, $t_e$ of an eager one, $t_c$ of a compiled one. Both ways cost the same after
# $n = (t_1 - t_c) / (t_e - t_c)$ calls, where $t_1 + (n - 1) t_c = n t_e$.

import math


def break_even(first, compiled, eager):
    if compiled >= eager:
        return math.inf  # it never pays
    return math.ceil((first - compiled) / (eager - compiled))


n = break_even(first, fused_call, eager_call)
when = f"after {n:,} calls" if math.isfinite(n) else "never"
print(f"in this run, compiling has paid {when}")

# %%
# Measure your own, and do not time the first call along with the others ([how](../2-training/18_devices-timing.py)).
#
# !!! quiz "The first call"
#     Why is the first call of a compiled function so slow?
#
#     - [ ] It loads the weights from the disk.
#       > They are in memory already.
#     - [x] It records the graph, writes a program and compiles it.
#       > Later calls find the finished program and only run it.
#
# ## A quarter of the bytes
#
# A phone has to download the weights. **Quantization** stores them as small integers: for each output channel a scale,
# and for each weight the nearest multiple of it. With $b$ bits the integers go from $-(2^{b-1}-1)$ to $2^{b-1}-1$.


def quantize(weight, bits=8):
    largest = 2 ** (bits - 1) - 1
    scale = weight.abs().flatten(1).amax(dim=1) / largest
    scale = scale.view(-1, *[1] * (weight.dim() - 1))  # one for each channel
    return (weight / scale).round().to(torch.int8), scale


weight = net[-1].weight.detach()
integers, scale = quantize(weight)
error = (integers * scale - weight).abs()
print(f"largest error: {(error / scale).max():.2f} of a step")
assert integers.dtype == torch.int8 and integers.abs().max() == 127
assert (error <= 0.501 * scale).all()

# %%
# The error is at most half a step. What does that cost in accuracy, and what do fewer bits cost? We round all weights
# of a copy, and leave the few biases as they are.

from copy import deepcopy


def rounded(model, bits):
    """A copy with rounded weights, and the bytes that it needs."""
    model, size = deepcopy(model), 0
    for parameter in model.parameters():
        if parameter.dim() > 1:
            integers, scale = quantize(parameter.detach(), bits)
            parameter.data = integers * scale
            size += integers.numel() * bits / 8 + 4 * scale.numel()
        else:
            size += 4 * parameter.numel()
    return model, size


full = 4 * sum(p.numel() for p in net.parameters())
accuracies, sizes = {"float32": accuracy}, {"float32": full}
for bits in (8, 4, 3, 2):
    small_net, sizes[f"int{bits}"] = rounded(net, bits)
    accuracies[f"int{bits}"] = evaluate(small_net, scaled_val).accuracy
for name, value in accuracies.items():
    print(f"{name:8} {sizes[name]:7,.0f} bytes   accuracy {value:.1%}")
plots.bars(
    list(accuracies),
    [100 * value for value in accuracies.values()],
    xlabel="validation accuracy (%)",
)
assert sizes["int8"] < 0.28 * full
runtime.claim(abs(accuracies["int8"] - accuracy) < 0.01, "int8 is as good")
runtime.claim(accuracies["int2"] < accuracy - 0.02, "two bits are too few")

# %%
# Eight bits need about a quarter of the space and change the accuracy by less than a point. With two bits, which leave
# only −1, 0 and 1, it suffers. Is the small network also faster? Ours must turn the integers back into floats first.

import torch.nn.functional as F

x = torch.randn(256, 784)
ways = {
    "float32": lambda: F.linear(x, weight),
    "int8": lambda: F.linear(x, integers * scale),
}
for name, way in ways.items():
    best = min(seconds(way, 20) for _ in range(5))
    print(f"{name:8} {best * 1e6:.0f} µs for a batch of {len(x)}")

# %%
# The second way first turns integers into floats, then does all the work of the other: small weights are not yet quick
# arithmetic. For speed you need kernels that multiply the integers themselves.
#
# !!! warning "You may read this elsewhere"
#     "Call `torch.quantization.quantize_dynamic`." This moved to a package of its own, **torchao**. Today begin there,
#     and measure size, speed and accuracy, all three.
#
# ## TorchScript, a piece of history
#
# Since 2019, books have exported with **TorchScript**: `torch.jit.trace`, or `torch.jit.script`, which reads your
# source code in a restricted form of Python. It was the "hybrid front end": eager while you research, a graph when you
# ship. What does PyTorch say to it today?

from functools import partial

for name, given in (("script", (net,)), ("trace", (net, eight))):
    said = objection(partial(getattr(torch.jit, name), *given))
    print(said)
    assert "deprecated" in said and "torch.export" in said

# %%
# The warning names the successors: `torch.compile` if the program stays in Python, `torch.export` if it leaves. From
# an exported program, AOTInductor makes a library that a C++ program loads, and ExecuTorch a file for phones. For
# browsers and other runtimes there is the **ONNX** format. Write it from the very program you saved above, and let ONNX
# Runtime, which knows nothing of PyTorch, answer for the three batch sizes.

from importlib.util import find_spec

if not all(map(find_spec, ("onnxscript", "onnxruntime"))):
    print("no ONNX file: onnxscript and onnxruntime are not both here")
else:
    import onnxruntime

    onnx = Path(place.name) / "classifier.onnx"
    torch.onnx.export(program, f=onnx, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(onnx)
    name = session.get_inputs()[0].name
    for size in (1, 7, 256):
        (theirs,) = session.run(None, {name: pixels[:size].numpy()})
        theirs, answers = torch.tensor(theirs), whole(pixels[:size]).detach()
        torch.testing.assert_close(theirs, answers, rtol=0, atol=1e-5)
    print("ONNX Runtime agrees for batches of 1, 7 and 256")

# %%
# ## Where it fails
#
# A recording keeps the state of the moment. Export a network in train mode, and its dropout is recorded along with the
# rest:

forgot = nn.Sequential(nn.Linear(100, 50), nn.Dropout(0.5)).train()
x = torch.ones(4, 100)
frozen = torch.export.export(forgot, (x,)).module()
print("same answer twice:", torch.equal(frozen(x), frozen(x)))
print(objection(frozen.eval))
assert not torch.equal(frozen(x), frozen(x))

forgot.eval()
frozen = torch.export.export(forgot, (x,)).module()
print("exported after eval():", torch.equal(frozen(x), frozen(x)))
assert torch.equal(frozen(x), frozen(x))

# %%
# So call `eval()` first, and compare an export with the original on inputs that it has not seen. The second limit is
# the file: it depends on PyTorch's version, and is no archive. Keep the weights and the code as well.
#
# ## Exercises
#
# [The workbook](45_export-compile.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Checkpoints](../2-training/15_checkpoints.py) is about the file that you need to go on training. [Devices and
# timing](../2-training/18_devices-timing.py) shows how to measure before you compile.
