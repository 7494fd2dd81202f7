# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["P1", "N1", "N3", "S2.19", "S2.20", "B9", "B10", "R2", "BK5", "B12", "CC3", "CC4"]
# data = []
# minutes = 1
# figure = 2
# metric = { name = "largest gradient error", unit = "", target = 1e-6, reference = "finite differences" }
# description = "Backpropagation by hand, by an engine of forty lines, by autograd, checked by finite differences."
# ///
"""
# Backpropagation by hand

To learn, a network must know for each of its weights: if this one grew a
little, would the loss rise or fall, and how fast? Backpropagation answers for
all weights in one sweep. Here is the whole idea for a single neuron.
"""

# %%
# The neuron multiplies its input $x$ by a weight $w$, adds a bias $b$, and sends the sum through $\tanh$, its
# **activation function**. The loss is the squared distance from the target $t$.

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional as F

from kindling.plots import COLORS, INK, show, style
from kindling.runtime import report

x, target = 1.5, 0.2  # one input, and the answer we would like
w, b = 0.8, -0.5  # a weight and a bias, chosen without thought

u = w * x + b
a = math.tanh(u)
loss = (a - target) ** 2
slopes = {"u": x, "a": 1 - a**2, "loss": 2 * (a - target)}
gradient_w = math.prod(slopes.values())

with style():
    fig, ax = plt.subplots(figsize=(6.4, 1.7))
boxed = {"boxstyle": "round,pad=0.5", "facecolor": (COLORS[0], 0.2)}
boxed |= {"edgecolor": COLORS[0]}
arrow = {"arrowstyle": "->", "color": INK}
centered = {"ha": "center", "va": "center", "color": INK}
values = {"w": w, "u": u, "a": a, "loss": loss}
for place, (name, value) in enumerate(values.items()):
    ax.text(place, 0, f"{name}\n{value:.3f}", **centered, bbox=boxed)
    if name in slopes:
        ax.annotate("", (place - 0.24, 0), (place - 0.76, 0), arrowprops=arrow)
        ax.text(place - 0.5, 0.25, f"times {slopes[name]:.3f}", **centered)
product = " · ".join(f"{slope:.3f}" for slope in slopes.values())
product += f" = {gradient_w:.3f}"
ax.text(1.5, -0.9, f"slope of the loss in w:  {product}", **centered)
ax.set(xlim=(-0.4, 3.4), ylim=(-1.1, 0.6))
ax.axis("off")
show(
    fig,
    "A chain of four boxes, w, u, a and loss, with values. Above each arrow "
    f"stands the slope of its step; below, their product: {product}.",
)

# %%
# You will push one neuron forward and its error backward by hand, build an engine of forty lines that does so for any
# formula, and meet the same engine in PyTorch, **autograd**. Finite differences will check all of them.
#
# ## The chain rule
#
# Computing the output from the input, step by step, is called **feedforward**: $u = wx + b$, then $a = \tanh u$, then
# $L = (a - t)^2$. What does the loss do if $w$ grows by a tiny amount? Think of gears: $w$ turns $u$, which turns $a$,
# which turns the loss. Each pair of gears has a ratio, the *slope* of that step: $\partial u / \partial w = x$, then
# $\partial a / \partial u = 1 - a^2$, then $\partial L / \partial a = 2(a - t)$. The ratio of the whole train is the
# **product** of the ratios, as in the figure. That is the chain rule.
#
# Do not believe it yet. Increase $w$ by a thousandth, and see how far the loss really moves.

step = 0.001
moved_loss = (math.tanh((w + step) * x + b) - target) ** 2
predicted, real = gradient_w * step, moved_loss - loss
print(f"predicted change {predicted:.6f}, real change {real:.6f}")
assert math.isclose(real, predicted, rel_tol=1e-2)

# %%
# ## Backward, and why in that direction
#
# The product can be multiplied from either end. Starting at the loss is the good way, because $\partial L/\partial u$
# is needed for $w$ *and* for $b$, and in a network of many layers nearly all of the work is shared. To compute every
# slope from the output back, each shared part once, is **backpropagation**. All slopes together are the **gradient**.

dloss_da = 2 * (a - target)
dloss_du = dloss_da * (1 - a**2)  # shared by w and b
dloss_dw = dloss_du * x
dloss_db = dloss_du * 1
print(f"by hand: dloss/dw = {dloss_dw:.6f}, dloss/db = {dloss_db:.6f}")
assert math.isclose(dloss_dw, gradient_w)

# %%
# One factor deserves a second look: $1 - a^2$. When the neuron answers $-0.999$ and the target is 1, it is 0.002:
# almost no error reaches $w$. Such a neuron is called **saturated**. It learns slowly just where it is most wrong.
#
# ## An engine in forty lines
#
# Nothing in the way back needed thought: at each step, multiply by the slope of that step. So let a program do it. A
# `Value` is a number that remembers which values it was made from, and the slope of the step in each of them.


class Value:
    """A number with its gradient and its parents: pairs (value, slope)."""

    def __init__(self, number, parents=()):
        self.number, self.parents = number, parents
        self.grad = 0.0

    def __add__(self, other):
        other = as_value(other)
        number = self.number + other.number
        return Value(number, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        other = as_value(other)
        number = self.number * other.number
        return Value(number, [(self, other.number), (other, self.number)])

    def __pow__(self, n):
        slope = n * self.number ** (n - 1)
        return Value(self.number**n, [(self, slope)])

    def __sub__(self, other):
        return self + as_value(other) * -1.0

    def tanh(self):
        number = math.tanh(self.number)
        return Value(number, [(self, 1 - number**2)])

    def backward(self):
        """Add to each value's `grad` the slope of this one in it."""
        arrived = {self: 1.0}
        for value in reversed(in_order(self)):  # children before parents
            value.grad += arrived[value]
            for parent, slope in value.parents:
                share = slope * arrived[value]
                arrived[parent] = arrived.get(parent, 0.0) + share


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


# %%
# `backward` is the chain rule: what arrived at a value, times the slope of the step, is handed to each parent. But
# **in which order?** A value may be used several times, as $w$ in $w \cdot w$. The shares of its gradient add up, and
# only the complete sum may be handed on, so a value waits until every value made *from* it is done. `in_order` lists
# parents before children, each once; `backward` reads the list from its end.


def in_order(value, seen=None):
    """All values that this one was made from, parents first, then itself."""
    seen = set() if seen is None else seen
    if value in seen:  # reached before, by another way
        return []
    seen.add(value)
    before = []
    for parent, _ in value.parents:
        before += in_order(parent, seen)
    return [*before, value]


def neuron_loss(w, b):
    return ((w * x + b).tanh() - target) ** 2


our_w, our_b = Value(w), Value(b)
neuron_loss(our_w, our_b).backward()
print(f"by engine: dloss/dw = {our_w.grad:.6f}, dloss/db = {our_b.grad:.6f}")
assert math.isclose(our_w.grad, dloss_dw)
assert math.isclose(our_b.grad, dloss_db)

# %%
# !!! quiz "A value used twice"
#     Let `w = Value(3.0)`, then `v = w * w` and `loss = v * w`. After `loss.backward()`, what is `w.grad`?
#
#     - [=] 27 ± 0.001
#       > 9 directly, and through $v$, where 3 arrives, $3 \cdot 3$ twice. Together $3w^2$, the slope of $w^3$.
#     - [ ] 9 ± 0.001
#       > That is the share of one use. The square uses $w$ too.
#     - [ ] 18 ± 0.001
#       > You followed the ways through the square and forgot the direct one.
#     - [ ] anything else
#       > Three ways lead to $w$. Multiply the slopes along each, and add.
#
# ??? info "The derivation"
#     Let $v_n = L$ be computed last, and write $\bar v_i = \partial L / \partial v_i$, so $\bar v_n = 1$. To first
#     order, a change of $v_i$ reaches the loss through each $v_j$ that uses it, and these effects add up:
#
#     $$\bar v_i = \sum_{j\ \text{uses}\ i} \bar v_j \, \frac{\partial v_j}{\partial v_i}.$$
#
#     Going backward, every $\bar v_j$ is known when it is needed. For a layer $U = XW + b$ on a batch the sum gives
#
#     $$\bar W = X^\top \bar U, \qquad \bar b = \sum_{\text{rows}} \bar U, \qquad \bar X = \bar U\,W^\top.$$
#
# ## The same by autograd: `requires_grad`
#
# PyTorch has this engine for whole tensors. Ask for it with `requires_grad=True` on what should be learned, and each
# operation leaves a note of how to go back through it. `backward()` reads the notes from the last to the first, and
# puts each gradient where our engine does, in `.grad`. Here both get the same formula, with values used several times.

torch.set_default_dtype(torch.float64)  # a check needs all available digits


def tangled(p, q, r):
    shared = (p * q + r).tanh()
    return shared**3 - shared * p + p * p * q * r.tanh()


starts = [0.7, -1.2, 0.4]
ours = [Value(start) for start in starts]
theirs = [torch.tensor(start, requires_grad=True) for start in starts]
tangled(*ours).backward()
tangled(*theirs).backward()
for name, mine, torchs in zip("pqr", ours, theirs, strict=True):
    print(f"slope in {name}: engine {mine.grad:.12f}, torch {torchs.grad:.12f}")
    assert math.isclose(mine.grad, torchs.grad)

w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
neuron_loss(w, b).backward()
assert math.isclose(w.grad, dloss_dw) and math.isclose(b.grad, dloss_db)

# %%
# ## Reading the graph: `grad_fn`
#
# Each tensor that came out of a recorded operation has a `grad_fn`, the step that will carry the gradient back. A
# weight that you made yourself has none: it is a **leaf**, where gradients end and collect.

u = w * x + b
a = u.tanh()
loss = (a - target) ** 2
for name, value in {"w": w, "u": u, "a": a, "loss": loss}.items():
    noted = value.grad_fn.name() if value.grad_fn else "none"
    print(f"{name:4}  leaf {value.is_leaf!s:5}  grad_fn {noted}")
assert w.grad_fn is None
assert a.grad_fn.next_functions[0][0] is u.grad_fn

# %%
# !!! quiz "Who has a grad_fn"
#     `x` is an ordinary tensor, and `w` was made with `requires_grad=True`. Then `y = (w * x).tanh()`. Which of these
#     have a `grad_fn`?
#
#     - [ ] `w`
#       > Gradients end in `w`. But no operation made it, so there is no step to go back through: it is a leaf.
#     - [x] `w * x`
#       > One of its factors is watched, so the product was recorded.
#     - [ ] `x * x`
#       > An operation, but nothing in it is watched, so PyTorch leaves no note.
#     - [x] `y`
#       > It leads back through the product to `w`.
#
# From `loss.grad_fn` you can walk all the way down, and listen to the gradient that arrives at each step. A step that
# was reached before is not entered again: a value used twice has one step and two edges.

positions, edges, arriving = {}, [], {}


def walk(step, column=0, depth=0):
    """Follow the graph from a step to the leaves, each step once."""
    positions[step] = column, depth
    step.register_prehook(
        lambda grads: arriving.update({step: grads[0].item()})
    )
    ways = [way for way, _ in step.next_functions if way]  # none to x
    for i, following in enumerate(ways):
        edges.append((step, following))
        if following not in positions:
            walk(following, column + i, depth - 1)


walk((w * w).grad_fn)
assert len(positions) == 2 and len(edges) == 2  # both edges lead to w

positions, edges = {}, []
walk(loss.grad_fn)
loss.backward()
heard = len(arriving)
print(f"{len(positions)} steps, {len(edges)} edges, {heard} gradients heard")
assert heard == len(positions) == 7 and arriving[loss.grad_fn] == 1

# %%
# Read the figure from the top. A gradient of 1 enters at the loss; each step multiplies it by its own slope and hands
# the result down. `AccumulateGrad` is the end of a way: it adds to `.grad`.

computed = {"Pow": "loss = error²", "Sub": "error = a - target"}
computed |= {"Tanh": "a = tanh(u)", "Add": "u = wx + b", "Mul": "wx"}
names = {step: step.name().split("::")[-1] for step in positions}

with style():
    fig, ax = plt.subplots(figsize=(6.4, 4.6))
for start, end in edges:
    (x0, y0), (x1, y1) = positions[start], positions[end]
    ax.annotate("", (x1, y1 + 0.18), (x0, y0 - 0.18), arrowprops=arrow)
for step, (column, depth) in positions.items():
    leaf = getattr(step, "variable", None)  # only the end of a way has one
    what = computed.get(names[step].removesuffix("Backward0"))
    what = what or ("w" if leaf is w else "b")
    color = COLORS[0] if leaf is None else COLORS[2]
    filled = {"boxstyle": "round", "facecolor": (color, 0.2)}
    filled |= {"edgecolor": color}
    ax.text(column, depth, names[step], **centered, fontsize=9, bbox=filled)
    side, align = (-0.32, "right") if column == 0 else (0.32, "left")
    label = f"{what}\ngradient {arriving[step]:.3f}"
    ax.text(column + side, depth, label, ha=align, va="center", color=INK)
ax.set(xlim=(-1.1, 1.9), ylim=(-5.4, 0.4))
ax.axis("off")
heard = [f"{names[step]} {value:.3f}" for step, value in arriving.items()]
show(
    fig,
    "The backward graph of the neuron, from the loss at the top to the leaves "
    "w and b. Gradients arriving: " + ", ".join(heard),
)

# %%
# ## Check it by finite differences
#
# By hand, by the engine and by autograd we used the same calculus, so all three could share one mistake. **Finite
# differences** need no calculus: compute the loss on both sides of $w$, and divide.
#
# $$\frac{\partial L}{\partial w} \approx \frac{L(w + h) - L(w - h)}{2h}.$$
#
# How small should $h$ be? If it is too large, you measure the curvature along with the slope. If it is too small, the
# two losses agree in nearly all their digits, and their difference is rounding noise. Try every size.


def difference_error(h, dtype, both_sides=True):
    """How far the measured slope of the loss in w is from that by hand."""
    middle, h = torch.tensor(0.8, dtype=dtype), torch.tensor(h, dtype=dtype)
    ends = middle + h, middle - h if both_sides else middle
    upper, lower = (neuron_loss(weight, -0.5) for weight in ends)
    width = 2 * h if both_sides else h
    return abs(((upper - lower) / width).item() - dloss_dw)


steps = torch.logspace(-1, -13, 37).tolist()
single, double = torch.float32, torch.float64
errors = {
    "float32, both sides": [difference_error(h, single) for h in steps],
    "float64, one side": [difference_error(h, double, False) for h in steps],
    "float64, both sides": [difference_error(h, double) for h in steps],
}
best = {name: min(values) for name, values in errors.items()}
for name, values in errors.items():
    where = steps[values.index(best[name])]
    print(f"{name}: smallest error {best[name]:.0e}, at h = {where:.0e}")
both, one = errors["float64, both sides"], errors["float64, one side"]
assert both[12] < 1e-9 < 1e-6 < best["float32, both sides"]  # at h = 1e-5

with style():
    fig, ax = plt.subplots()
    for (name, values), color, marker in zip(
        errors.items(), COLORS[1:4], "o^s", strict=True
    ):
        points = {"marker": marker, "markersize": 3}
        ax.loglog(steps, values, **points, color=color, label=name)
    ax.set(xlabel="step h", ylabel="error of the measured slope")
    ax.legend()
show(
    fig,
    "Three V-shaped curves on logarithmic axes: error of the measured slope "
    "against the step. Large steps err by curvature, small ones by rounding.",
)
assert 95 < both[6] / both[9] < 105  # from h = 1e-3 to h = 1e-4
assert 9.5 < one[6] / one[9] < 10.5

# %%
# Every curve is a V. On its right side curvature rules: with both sides, a ten times smaller step makes a hundred
# times smaller error; with one side, only ten times. On its left side rounding rules, and in 32 bits so early that no
# step is good. So **check gradients in float64, from both sides, with a step near $10^{-5}$.**
#
# ## A whole network by hand
#
# Real networks have layers, and a batch of examples. Below: three inputs, four hidden neurons, one output, five
# examples. The forward pass has one line per layer; each line of the backward pass answers one of them, last first.
# The letter `d` stands for "slope of the loss in".


def forward(x, w1, b1, w2, b2):
    hidden = torch.tanh(x @ w1 + b1)  # [batch, 4]
    return hidden, hidden @ w2 + b2  # [batch, 1]


def backward(x, y, hidden, prediction, w2):
    d_prediction = 2 * (prediction - y) / len(x)  # [batch, 1]; loss is a mean
    d_w2, d_b2 = hidden.T @ d_prediction, d_prediction.sum(dim=0)
    d_hidden = d_prediction @ w2.T  # [batch, 4]
    d_u = d_hidden * (1 - hidden**2)  # through tanh
    d_w1, d_b1 = x.T @ d_u, d_u.sum(dim=0)
    return d_w1, d_b1, d_w2, d_b2


# %%
# A gradient has to be right everywhere, so random weights and examples will do. Compare first with autograd.

torch.manual_seed(0)
inputs, targets = torch.randn(5, 3), torch.randn(5, 1)
shapes = [(3, 4), (4,), (4, 1), (1,)]
weights = [torch.randn(shape, requires_grad=True) for shape in shapes]


def loss_of(*weights):
    return F.mse_loss(forward(inputs, *weights)[1], targets)


hidden, prediction = forward(inputs, *weights)
by_hand = backward(inputs, targets, hidden, prediction, weights[2])
by_autograd = torch.autograd.grad(loss_of(*weights), weights)
for mine, torchs in zip(by_hand, by_autograd, strict=True):
    difference = (mine - torchs).abs().max()
    print(f"{tuple(mine.shape)!s:7} largest difference {difference:.0e}")
    torch.testing.assert_close(mine, torchs)

# %%
# Now the independent judge. Every weight is moved up and down, in place, and the loss is computed again each time.


@torch.no_grad()
def by_differences(loss_now, weight, h=1e-5):
    """The gradient of a loss in one weight tensor, by finite differences."""
    gradient = torch.zeros(weight.numel())
    places = weight.view(-1)  # a view: writing to it changes the weight
    for i, start in enumerate(places.tolist()):
        places[i] = start + h
        upper = loss_now()
        places[i] = start - h
        gradient[i] = (upper - loss_now()) / (2 * h)
        places[i] = start
    return gradient.view_as(weight)


def now():
    return loss_of(*weights)


judged = [by_differences(now, weight) for weight in weights]
largest_error = max(
    (judge - mine).abs().max().item()
    for judge, mine in zip(judged, by_hand, strict=True)
)
count = sum(weight.numel() for weight in weights)
print(f"{count} weights, largest gradient error {largest_error:.1e}")
report("largest gradient error", largest_error)
assert largest_error < 1e-6
print("gradcheck agrees:", torch.autograd.gradcheck(loss_of, weights))

# %%
# The last line asks PyTorch's own judge, `gradcheck`, which belongs in the tests of every operation that you write.
# Why not always use finite differences? Count what one gradient would cost in [your first
# network](../2-training/10_first-network.py).

layers = [nn.Linear(784, 512), nn.Linear(512, 512), nn.Linear(512, 10)]
count = sum(p.numel() for layer in layers for p in layer.parameters())
print(f"{count:,} parameters")
print(f"by finite differences: {2 * count:,} forward passes")
print("by backpropagation: one sweep forward, one back")
assert count == 669_706

# %%
# So finite differences judge; they never train. With autograd, no formula has to be derived again for another model.
#
# ## Gradients add up
#
# `backward()` does not set `.grad`, it **adds** to it. This helps when a batch is too large for the memory: process it
# in parts. It hurts when you forget to clear `.grad` between two steps: the old gradients pile up under the new one.

w = torch.tensor(0.8, requires_grad=True)
neuron_loss(w, -0.5).backward()
once = w.grad.clone()
neuron_loss(w, -0.5).backward()
print(f"once {once:.3f}, twice {w.grad:.3f}")
assert w.grad == 2 * once

w.grad = None  # what optimizer.zero_grad() does for every weight
neuron_loss(w, -0.5).backward()
print(f"cleared first: {w.grad:.3f}")
assert w.grad == once

# %%
# !!! quiz "A forgotten zero_grad"
#     The loss is $w^2$, and $w$ starts at 1. Twice you call `backward()` and subtract a tenth of `w.grad` from $w$,
#     without ever clearing it. Where is $w$ now?
#
#     - [=] 0.44 ± 0.001
#       > First $w$ moves to 0.8. There the slope is 1.6, but `w.grad` holds $2 + 1.6 = 3.6$.
#     - [ ] 0.64 ± 0.001
#       > That is right with a cleared `.grad`. Here the old 2 is still in it.
#     - [ ] 0.6 ± 0.001
#       > You used the first gradient twice. The second call *adds* the slope at 0.8.
#     - [ ] anything else
#       > The slope of $w^2$ is $2w$. Write down $w$ and `w.grad` after each round.
#
# Here is the useful side: two parts of a batch, one after the other, add up to the gradient of the whole. Each part
# brings its share of the mean, so divide by the size of the whole batch, not of the part.

for part in (slice(0, 2), slice(2, 5)):
    prediction = forward(inputs[part], *weights)[1]
    squares = F.mse_loss(prediction, targets[part], reduction="sum")
    (squares / len(inputs)).backward()
torch.testing.assert_close(weights[0].grad, by_autograd[0])
print("two parts added up:", weights[0].grad[0])
print("the whole at once: ", by_autograd[0][0])

# %%
# ## `no_grad` or `detach`?
#
# Both say "no gradient here", of different things. `torch.no_grad()` is a **region of code** in which nothing is
# recorded: for evaluation, and for updating weights. (`torch.inference_mode()` is stricter and slightly cheaper: what
# it computes can never be recorded.) `.detach()` makes a **tensor** without a past: the same numbers, the same memory,
# no way back. Detach one factor of $w \cdot w$, whose slope is $2w$, and it counts as a constant: the slope is $w$.

with torch.no_grad():
    unrecorded = w * w
with torch.inference_mode():
    inferred = w * w
print("inside no_grad, requires_grad is", unrecorded.requires_grad)
(slope,) = torch.autograd.grad(w * w, w)
(slope_with_constant,) = torch.autograd.grad(w * w.detach(), w)
print(f"slope of w * w: {slope:.1f}")
print(f"slope of w * w.detach(): {slope_with_constant:.1f}")
assert slope == 2 * w and slope_with_constant == w
assert not unrecorded.requires_grad and inferred.is_inference()
assert w.detach().data_ptr() == w.data_ptr()  # a view: the same memory

# %%
# A common leak: `total = total + loss` in a loop that only measures. Each loss keeps its notes, so the memory in use
# grows with every batch. `total += loss.item()` adds a plain number, which has no notes.
#
# ## Who descends?
#
# !!! warning "You may read this elsewhere"
#     "Backpropagation is the algorithm that performs gradient descent." It computes the gradient; the
#     [**optimizer**](08_optimizers.py) takes the step. Write two lines: `loss.backward()`, then `optimizer.step()`.
#
# Watch the weight after each of the two lines.

w = torch.tensor(0.8, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
first_loss = neuron_loss(w, -0.5)

first_loss.backward()
print(f"after backward(): w = {w:.4f}, gradient {w.grad:.4f}")
assert w == 0.8 and math.isclose(w.grad, dloss_dw)

optimizer.step()
second_loss = neuron_loss(w, -0.5)
print(f"after step(): w = {w:.4f}, loss {first_loss:.4f} -> {second_loss:.4f}")
assert math.isclose(w.item(), 0.8 - 0.1 * dloss_dw)
assert second_loss < first_loss

# %%
# ## Where it fails
#
# A gradient is a statement about a tiny neighborhood. Where the function has a corner, there is no single slope.
# ReLU, $\max(0, z)$, has one at zero: autograd returns the slope of the left side, while finite differences return the
# mean of both. Where the function is flat in steps, the gradient is zero everywhere: true, and useless for learning.

corner = torch.tensor([0.0], requires_grad=True)


def relu():
    return torch.relu(corner).sum()


(at_corner,) = torch.autograd.grad(relu(), corner)
measured = by_differences(relu, corner).item()
print(f"ReLU at its corner: autograd {at_corner.item()}")
print(f"finite differences {measured:.1f}")
assert at_corner == 0 and math.isclose(measured, 0.5)

stairs = torch.tensor(1.3, requires_grad=True)
torch.round(stairs).backward()
print(f"a step function: gradient {stairs.grad.item()}")
assert stairs.grad == 0  # a number, no longer None

# %%
# And the notes can be spoiled: write over a tensor in place that the way back needs, and `backward()` raises an error
# instead of giving you a wrong gradient. [Errors of the graph](../9-errors/04_graph.py) shows it, with the repair.
#
# ## Exercises
#
# [The workbook](04_backprop.exercises.py) has a gap to fill for each of these, with hints, a checker and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Logistic regression](06_logistic-regression.py) follows the gradient downhill: a first model that learns. [Your
# first network](../2-training/10_first-network.py) stacks layers. [Tensors](01_tensors.py) explains views.
