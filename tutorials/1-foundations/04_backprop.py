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
# description = "Backpropagation by hand, by PyTorch's autograd, and checked by finite differences."
# ///
"""
# Backpropagation by hand

To learn, a network must know for each of its weights: if this one grew a little, would the error rise or
fall, and how fast? Backpropagation answers for all weights in one sweep. Here you do it with a pencil, then
let PyTorch do it, then check both by nudging every weight up and down: the largest difference on this page is
below a millionth.
"""

# %%
# You will
#
# - push one neuron forward and its error backward, by hand, with the chain rule,
# - have PyTorch's **autograd** do the same, and look at the graph that it recorded,
# - check gradients by finite differences, the cheapest proof that a derivative is right.

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional as F

from kindling.plots import COLORS, INK, show, style
from kindling.runtime import report

torch.set_default_dtype(torch.float64)  # a check wants all the digits it can get

x, target = 1.5, 0.2  # one input, and the answer we would like
w, b = 0.8, -0.5  # a weight and a bias, chosen without thought

# %%
# ## One neuron, forward
#
# The smallest network is one neuron: a weighted input, an offset, a bend. It computes $a = \tanh(wx + b)$.
# How wrong it is we measure by the squared error, $L = (a - t)^2$, where $t$ is the target. Computing the
# output from the input, step by step, is called **feedforward**. Give each step a name; the way back will
# need them.

u = w * x + b
a = math.tanh(u)
loss = (a - target) ** 2
print(f"u = {u:.3f}, a = {a:.3f}, loss = {loss:.4f}")

# %%
# ## The chain rule as a picture
#
# What does the loss do if $w$ grows by a tiny amount? Think of gears. Turning $w$ turns $u$, which turns $a$,
# which turns the loss. Each pair of gears has a ratio, the *slope* of that one step, and each slope is school
# calculus:
#
# | step | its slope |
# |---|---|
# | $u = wx + b$ | $\partial u / \partial w = x$ |
# | $a = \tanh u$ | $\partial a / \partial u = 1 - a^2$ |
# | $L = (a - t)^2$ | $\partial L / \partial a = 2(a - t)$ |
#
# The ratio of the whole train of gears is the **product** of the ratios. That is the chain rule, all of it.

slopes = {"u": x, "a": 1 - a**2, "loss": 2 * (a - target)}
gradient_w = math.prod(slopes.values())

with style():
    fig, ax = plt.subplots(figsize=(6.4, 1.7))
for place, (name, value) in enumerate({"w": w, "u": u, "a": a, "loss": loss}.items()):
    box = {"boxstyle": "round,pad=0.5", "facecolor": (COLORS[0], 0.2), "edgecolor": COLORS[0]}
    ax.text(place, 0, f"{name}\n{value:.3f}", ha="center", va="center", color=INK, bbox=box)
    if name in slopes:
        arrow = {"arrowstyle": "->", "color": INK}
        ax.annotate("", (place - 0.24, 0), (place - 0.76, 0), arrowprops=arrow)
        ax.text(place - 0.5, 0.2, f"times {slopes[name]:.3f}", ha="center", color=INK)
product = " · ".join(f"{slope:.3f}" for slope in slopes.values())
product += f" = {gradient_w:.3f}"
ax.text(1.5, -0.9, f"slope of the loss in w:  {product}", ha="center", color=INK)
ax.set(xlim=(-0.4, 3.4), ylim=(-1.1, 0.6))
ax.axis("off")
show(
    fig,
    "A chain of four boxes, w, u, a and loss, with values. Above each arrow stands the slope of its step; "
    f"below, their product: {product}, the slope of the loss in w.",
)

# %%
# Do not believe it yet. Nudge $w$ up by a thousandth, and see how far the loss really moves.

nudge = 0.001
nudged_loss = (math.tanh((w + nudge) * x + b) - target) ** 2
print(f"predicted change {gradient_w * nudge:.6f}, real change {nudged_loss - loss:.6f}")
assert math.isclose(nudged_loss - loss, gradient_w * nudge, rel_tol=1e-2)

# %%
# !!! quiz "Slopes multiply"
#     Three steps: $u = 3w$, then $v = u^2$, then $L = 4v$. What is the slope of $L$ in $w$ at $w = 1$?
#
#     - [ ] 13
#       > You added the three slopes, $3 + 6 + 4$. Gears that drive one another multiply: three turns of $u$ for
#       > one of $w$, and six of $v$ for each of those.
#     - [ ] 24
#       > You took the slope of the square at $w = 1$. It must be taken where the square stands, at $u = 3$:
#       > there it is $2u = 6$, not 2.
#     - [=] 72
#       > $3 \cdot 2u \cdot 4$ with $u = 3$. This is why the way back needs the values from the way forward.
#     - [ ] 36
#       > That is the value of $L$. The slope says how fast $L$ changes.
#     - [ ] anything else
#       > Write down the slope of each step at the value that this step really gets, and multiply the three.
#
# ## Backward, and why in that direction
#
# The same product can be multiplied from the left or from the right. From the right, starting at the loss, is
# the good way. Look: $\partial L/\partial u$ is needed for $w$ *and* for $b$, and it is computed once. In a
# network of many layers nearly all of the work is shared like this. Computing every weight's slope from the
# output back to the input, and reusing the shared parts, is **backpropagation**. All slopes together are the
# **gradient**.

dloss_da = 2 * (a - target)
dloss_du = dloss_da * (1 - a**2)  # shared by w and b
dloss_dw = dloss_du * x
dloss_db = dloss_du * 1
print(f"by hand: dloss/dw = {dloss_dw:.6f}, dloss/db = {dloss_db:.6f}")
assert math.isclose(dloss_dw, gradient_w)

# %%
# !!! quiz "A neuron that is sure and wrong"
#     For some input $x = 1.5$ the neuron answers $a = -0.999$. The target is 1. How large is the slope of the
#     loss in $w$?
#
#     - [ ] Large: the answer could hardly be more wrong.
#       > The slope at the loss is large, nearly $-4$. But it has to pass through the tanh on its way to $w$, and
#       > there it is multiplied by $1 - a^2$.
#     - [ ] It cannot be told without $w$ and $b$.
#       > They were needed on the way forward. On the way back this neuron uses $x$, $a$ and the target, and you
#       > have all three.
#     - [x] Close to 0: the tanh is nearly flat there.
#       > $1 - a^2 = 0.002$ almost wipes out the slope from above. Such a neuron is called *saturated*: it learns
#       > slowly just where it is most wrong.
#     - [ ] Exactly $2(a - t)\,x$, as for any neuron.
#       > That would be a neuron without the bend. The step through the tanh has a slope too, and it is a factor.
#
# ??? info "The derivation, complete"
#     Let $v_0, v_1, \dots, v_n = L$ be the values in the order in which they are computed, each from some of
#     the ones before. Write $\bar v_i = \partial L / \partial v_i$. At the end,
#     $\bar v_n = \partial L/\partial L = 1$.
#
#     If $v_i$ is used by several later values $v_j$, a change of $v_i$ reaches the loss by each of these
#     ways, and to first order the effects add up:
#
#     $$\bar v_i = \sum_{j\ \text{uses}\ i} \bar v_j \, \frac{\partial v_j}{\partial v_i}.$$
#
#     Going backward, every $\bar v_j$ on the right is known when it is needed. Each edge of the graph is used
#     once, so the sweep costs a small multiple of the forward pass, whatever the number of weights.
#
#     For the neuron, with $\tanh' u = 1 - \tanh^2 u$:
#
#     $$\bar a = 2(a - t), \qquad \bar u = \bar a\,(1 - a^2), \qquad \bar w = \bar u\,x, \qquad
#       \bar b = \bar u.$$
#
#     For a layer $U = XW + b$ on a batch, where $X$ is $[\text{batch}, \text{in}]$ and $b$ is added to every
#     row, the sum over the ways of influence gives
#
#     $$\bar W = X^\top \bar U, \qquad \bar b = \sum_{\text{rows}} \bar U, \qquad \bar X = \bar U\,W^\top.$$
#
#     You can check the shapes without thinking: $\bar W$ must have the shape of $W$, and only one order of
#     the factors fits.
#
# ## The same by autograd: `requires_grad`
#
# PyTorch watches you compute. Ask it to, by `requires_grad=True` on what should be learned, and each
# operation leaves a note of how to go back through it. `backward()` reads the notes from the last to the
# first, and puts each gradient beside its weight, in `.grad`.

w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
u = w * x + b
a = torch.tanh(u)
loss = (a - target) ** 2
loss.backward()
print(f"by autograd: dloss/dw = {w.grad:.6f}, dloss/db = {b.grad:.6f}")
assert math.isclose(w.grad, dloss_dw) and math.isclose(b.grad, dloss_db)

# %%
# ## Reading the graph: `grad_fn`
#
# The notes are there to be read. Each tensor that came out of a recorded operation has a `grad_fn`, the step
# that will carry the gradient back. A weight that you made yourself has none: it is a **leaf**, where
# gradients end and collect.

for name, value in {"w": w, "u": u, "a": a, "loss": loss}.items():
    step = value.grad_fn.name() if value.grad_fn else "none"
    print(f"{name:4}  leaf {value.is_leaf!s:5}  grad_fn {step}")
assert w.grad_fn is None and a.grad_fn.next_functions[0][0] is u.grad_fn

# %%
# !!! quiz "Who has a grad_fn"
#     `x` is an ordinary tensor, and `w` was made with `requires_grad=True`. Then `y = (w * x).tanh()`. Which of
#     these have a `grad_fn`?
#
#     - [ ] `w`
#       > Gradients end in `w`, and its `.grad` will hold one. But no operation made it, so there is no step to go
#       > back through: it is a leaf.
#     - [x] `w * x`
#       > One of its factors is watched, so the product was recorded.
#     - [ ] `x * x`
#       > An operation, but nothing in it is watched, so PyTorch leaves no note.
#     - [x] `y`
#       > It came out of a recorded operation, and leads back through the product to `w`.
#
# From `loss.grad_fn` you can walk all the way down. Record the gradient that arrives at each step, and the
# picture draws itself. It takes a new forward pass, because `backward()` throws the notes away when it is
# done with them.

positions, edges, arriving = {}, [], {}


def walk(step, column=0, depth=0):
    """Follow the graph from a step to the leaves; listen to the gradient that arrives at each."""
    positions[step] = column, depth
    step.register_prehook(lambda gradients: arriving.update({step: gradients[0].item()}))
    ways = [following for following, _ in step.next_functions if following]  # none to the plain numbers
    for i, following in enumerate(ways):
        edges.append((step, following))
        walk(following, column + i, depth - 1)


loss = (torch.tanh(w * x + b) - target) ** 2
walk(loss.grad_fn)
loss.backward()
print(f"{len(positions)} steps, {len(edges)} edges, {len(arriving)} gradients heard")
assert len(arriving) == len(positions) == 7 and arriving[loss.grad_fn] == 1

# %%
# Read it from the top. A gradient of one enters at the loss; each step multiplies it by its own slope and
# hands the result down. `AccumulateGrad` is the end of a way: it adds to `.grad`.

computed = {"Pow": "loss = error²", "Sub": "error = a - target", "Tanh": "a = tanh(u)"}
computed |= {"Add": "u = wx + b", "Mul": "wx"}
names = {step: step.name().split("::")[-1] for step in positions}

with style():
    fig, ax = plt.subplots(figsize=(6.4, 4.6))
for start, end in edges:
    (x0, y0), (x1, y1) = positions[start], positions[end]
    ax.annotate("", (x1, y1 + 0.18), (x0, y0 - 0.18), arrowprops={"arrowstyle": "->", "color": INK})
for step, (column, depth) in positions.items():
    leaf = getattr(step, "variable", None)  # only the end of a way has one
    what = computed[names[step].removesuffix("Backward0")] if leaf is None else "w" if leaf is w else "b"
    colour = COLORS[0] if leaf is None else COLORS[2]
    side, align = (-0.32, "right") if column == 0 else (0.32, "left")
    box = {"boxstyle": "round", "facecolor": (colour, 0.2), "edgecolor": colour}
    ax.text(column, depth, names[step], ha="center", va="center", fontsize=9, color=INK, bbox=box)
    label = f"{what}\ngradient {arriving[step]:.3f}"
    ax.text(column + side, depth, label, ha=align, va="center", color=INK)
ax.set(xlim=(-1.1, 1.9), ylim=(-5.4, 0.4))
ax.axis("off")
show(
    fig,
    "The backward graph of the neuron, from the loss at the top to the leaves w and b. Gradients arriving: "
    + ", ".join(f"{names[step]} {gradient:.3f}" for step, gradient in arriving.items()),
)

# %%
# ## Check it by nudging: finite differences
#
# By hand and by autograd we used the same calculus, so both could share one mistake. Nudging knows no
# calculus:
#
# $$\frac{\partial L}{\partial w} \approx \frac{L(w + h) - L(w - h)}{2h}.$$
#
# How small should $h$ be? Too large, and you measure the bend of the curve along with its slope. Too small,
# and the two losses agree in all the digits that the machine keeps, so their difference is rounding noise.
# Try every size.


def error_of_nudging(h, dtype, both_sides=True):
    """How far the nudged slope of the loss in w is from the slope by hand."""
    start, h = torch.tensor(0.8, dtype=dtype), torch.tensor(h, dtype=dtype)
    upper, lower = start + h, start - h if both_sides else start
    upper_loss, lower_loss = ((torch.tanh(weight * x - 0.5) - target) ** 2 for weight in (upper, lower))
    width = 2 * h if both_sides else h
    return abs(((upper_loss - lower_loss) / width).item() - dloss_dw)


steps = torch.logspace(-1, -13, 37).tolist()
errors = {
    "float32, both sides": [error_of_nudging(h, torch.float32) for h in steps],
    "float64, one side": [error_of_nudging(h, torch.float64, both_sides=False) for h in steps],
    "float64, both sides": [error_of_nudging(h, torch.float64) for h in steps],
}
for name, values in errors.items():
    print(f"{name}: smallest error {min(values):.0e}, at h = {steps[values.index(min(values))]:.0e}")

# %%
# Both axes are logarithmic, and the steps get smaller to the left.

with style():
    fig, ax = plt.subplots()
    for (name, values), color, marker in zip(errors.items(), COLORS[1:4], "o^s", strict=True):
        ax.loglog(steps, values, marker=marker, markersize=3, color=color, label=name)
    ax.set(xlabel="step h", ylabel="error of the nudged slope")
    ax.legend()
best = {name: min(values) for name, values in errors.items()}
show(
    fig,
    "Three V-shaped curves on logarithmic axes, error of the nudged slope against the step: large steps err "
    "by the bend, small ones by rounding. Smallest errors: "
    + ", ".join(f"{name} {error:.0e}" for name, error in best.items()),
)
both, one = errors["float64, both sides"], errors["float64, one side"]
assert both[12] < 1e-9 < 1e-6 < best["float32, both sides"]  # steps[12] is 1e-5
assert 95 < both[6] / both[9] < 105 and 9.5 < one[6] / one[9] < 10.5  # from h = 1e-3 to h = 1e-4

# %%
# Every curve is a V. On its right side the bend rules: with both sides, a ten times smaller step makes a
# hundred times smaller error; with one side, only ten times. On the left side rounding rules. In 32 bits it
# takes over so early that no step is good, and for the smallest steps both losses are the very same number:
# the nudged slope is zero, and all of it is error. So: **check gradients in float64, from both sides, with a
# step near $10^{-5}$.**
#
# !!! quiz "A smaller step"
#     In float64 you nudge from both sides. Instead of $h = 10^{-1}$ you now take $h = 10^{-3}$. How many times
#     smaller does the error become, as long as the bend rules?
#
#     - [ ] 100
#       > So it would be from one side, where the error shrinks in step with $h$. From both sides the first-order
#       > part cancels, and the square remains.
#     - [=] 10,000
#       > The step is 100 times smaller, and the error goes with its square.
#     - [ ] 200
#       > A hundred for each of the two tens makes $100 \cdot 100$. Factors multiply.
#     - [ ] anything else
#       > With both sides, each ten times smaller step makes the error a hundred times smaller. You took two.
#
# !!! quiz "Formula against nudging"
#     You test a gradient of your own in float32, with $h = 10^{-6}$. Formula and nudging differ in the third
#     digit. What do you conclude?
#
#     - [ ] The formula is wrong: two right slopes agree to more digits.
#       > They would, if both were measured well. With a step so small, float32 measures mostly its own rounding.
#     - [ ] All is well: three digits are what float32 can give.
#       > Perhaps, but this test would look the same with a small mistake in the formula. It has not earned your
#       > trust.
#     - [ ] The step is too large: take $10^{-9}$, and the two will agree.
#       > In float32 both losses would then be the same number, and the nudged slope would be 0. You are already
#       > on the left side of the V.
#     - [x] Nothing yet: repeat it in float64 with $h = 10^{-5}$.
#       > There nudging gives some ten digits. If the two still differ in the third, look for the mistake in the
#       > formula.
#
# ## A whole network by hand
#
# One neuron is a toy. The real thing has layers, and a batch. Below: three inputs, four hidden neurons, one
# output, five examples. The forward pass has one line per layer; each line of the backward pass answers one
# of them, last first. The letter `d` stands for "slope of the loss in".


def forward(x, w1, b1, w2, b2):
    hidden = torch.tanh(x @ w1 + b1)  # [batch, 4]
    return hidden, hidden @ w2 + b2  # [batch, 1]


def backward(x, y, hidden, prediction, w2):
    d_prediction = 2 * (prediction - y) / len(x)  # [batch, 1]; the loss is a mean over the batch
    d_w2, d_b2 = hidden.T @ d_prediction, d_prediction.sum(dim=0)
    d_hidden = d_prediction @ w2.T  # [batch, 4]
    d_u = d_hidden * (1 - hidden**2)  # through tanh
    d_w1, d_b1 = x.T @ d_u, d_u.sum(dim=0)
    return d_w1, d_b1, d_w2, d_b2


# %%
# Random weights and random examples will do: a gradient has to be right everywhere. Hand and autograd first.

torch.manual_seed(0)
inputs, targets = torch.randn(5, 3), torch.randn(5, 1)
weights = [torch.randn(shape, requires_grad=True) for shape in [(3, 4), (4,), (4, 1), (1,)]]


def network_loss():
    return F.mse_loss(forward(inputs, *weights)[1], targets)


hidden, prediction = forward(inputs, *weights)
by_hand = backward(inputs, targets, hidden, prediction, weights[2])
by_autograd = torch.autograd.grad(network_loss(), weights)
for ours, theirs in zip(by_hand, by_autograd, strict=True):
    print(f"{tuple(ours.shape)!s:7} largest difference {(ours - theirs).abs().max():.0e}")
    torch.testing.assert_close(ours, theirs)

# %%
# !!! quiz "One mean too many"
#     Somebody changes a line of `backward` to `d_b2 = d_prediction.mean(dim=0)`, "because the loss is a mean over
#     the batch". There are five examples. What happens to the gradient of `b2`?
#
#     - [x] It becomes five times too small.
#       > `d_prediction` has been divided by `len(x)` already: it is where the mean enters. The bias reaches the
#       > loss through all five rows, and these ways add up.
#     - [ ] It becomes right, and the other lines are wrong.
#       > The mean of the loss sits in `d_prediction`, and all lines inherit it from there. Autograd agrees with the
#       > lines as they stand.
#     - [ ] It becomes five times too large.
#       > The sum is the larger of the two. A mean divides once more, by the five rows.
#     - [ ] It gets a wrong shape, so an error is raised.
#       > `sum` and `mean` both remove axis 0 and leave `[1]`. That is what makes this mistake so quiet: only a
#       > comparison of numbers shows it.
#
# Now the independent judge. Every weight is nudged up and down, in place, and the loss is computed afresh
# each time.


@torch.no_grad()
def by_nudging(loss_of_now, weight, h=1e-5):
    """Return the gradient of a loss in one weight tensor, by finite differences from both sides."""
    gradient, places = torch.zeros(weight.numel()), weight.view(-1)  # a view: writing to it moves the weight
    for i, start in enumerate(places.tolist()):
        places[i] = start + h
        upper = loss_of_now()
        places[i] = start - h
        gradient[i] = (upper - loss_of_now()) / (2 * h)
        places[i] = start
    return gradient.view_as(weight)


nudged = [by_nudging(network_loss, weight) for weight in weights]
errors_of_weights = [(judge - ours).abs().max().item() for judge, ours in zip(nudged, by_hand, strict=True)]
largest_error = max(errors_of_weights)
print(f"{sum(weight.numel() for weight in weights)} weights, largest gradient error {largest_error:.1e}")
report("largest gradient error", largest_error)
assert largest_error < 1e-6

# %%
# Pencil, autograd and nudging agree. PyTorch has such a judge built in, and it is worth a line in the tests
# of every operation that you write yourself.

agrees = torch.autograd.gradcheck(lambda *ws: F.mse_loss(forward(inputs, *ws)[1], targets), weights)
print(f"gradcheck agrees: {agrees}")
assert agrees

# %%
# ## What a library buys you
#
# | | by nudging | by hand | by autograd |
# |---|---|---|---|
# | you write | nothing new | a backward line for each forward line | `loss.backward()` |
# | you change the model | nothing new | derive again, check again | nothing new |
# | cost of a gradient | two forward passes *per weight* | one sweep forward, one back | the same |
# | precision | ten digits at best | all | all |
#
# See the second row at work. Bend the hidden neurons with a sine instead of a tanh. Autograd's line is the
# same as before, and right; our pencil formula still differentiates the tanh.


def sine_loss():
    w1, b1, w2, b2 = weights
    return F.mse_loss(torch.sin(inputs @ w1 + b1) @ w2 + b2, targets)


judge = by_nudging(sine_loss, weights[0])
new_autograd = torch.autograd.grad(sine_loss(), weights[0])[0]
hidden = torch.sin(inputs @ weights[0] + weights[1])
stale_formula = backward(inputs, targets, hidden, hidden @ weights[2] + weights[3], weights[2])[0]
print(f"autograd is off by {(new_autograd - judge).abs().max():.0e}")
print(f"the old formula by {(stale_formula - judge).abs().max():.0e}")
assert (new_autograd - judge).abs().max() < 1e-6 and (stale_formula - judge).abs().max() > 0.01

# %%
# And the bottom of the bill: nudging is a judge, never a method. Count what one gradient would cost for the
# network that reads digits in [your first network](../2-training/10_first-network.py).

digits = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
count = sum(parameter.numel() for parameter in digits.parameters())
print(f"{count:,} weights: {2 * count:,} forward passes by nudging; by backpropagation one sweep each way")
assert count == 669_706

# %%
# !!! quiz "The price of nudging"
#     A network has 10 inputs, 20 hidden neurons and 3 outputs, with a bias for each neuron. How many forward passes
#     does one gradient cost by nudging from both sides?
#
#     - [ ] 283
#       > That many weights there are, biases included. Each is nudged up *and* down.
#     - [ ] 520
#       > You doubled $10 \cdot 20 + 20 \cdot 3$. The 23 biases are learned too, so each of them is nudged.
#     - [ ] 2
#       > That is the bill of backpropagation, more or less: one sweep forward and one back. Nudging pays two passes
#       > for each single weight.
#     - [=] 566
#       > $10 \cdot 20 + 20 + 20 \cdot 3 + 3 = 283$ numbers to learn, two passes for each.
#     - [ ] anything else
#       > Count the weights of both layers, add one bias for each of the 23 neurons, and pass twice for each number.
#
# ## Gradients add up
#
# `backward()` does not set `.grad`, it **adds** to it. Call it twice and you have the sum. That is a gift
# when a batch is too large for the memory: do it in parts. It is a trap when you forget to clear `.grad`
# between two steps.

w = torch.tensor(0.8, requires_grad=True)
((w * x - target) ** 2).backward()
once = w.grad.clone()
((w * x - target) ** 2).backward()
print(f"once {once:.3f}, twice {w.grad:.3f}")
assert w.grad == 2 * once

w.grad = None  # what optimizer.zero_grad() does for every weight
((w * x - target) ** 2).backward()
print(f"cleared first: {w.grad:.3f}")
assert w.grad == once

# %%
# !!! quiz "A forgotten zero_grad"
#     The loss is $w^2$, and $w$ starts at 1. Twice you call `backward()` and then subtract a tenth of `w.grad` from
#     $w$. Nobody clears `w.grad`. Where is $w$ now?
#
#     - [=] 0.44 ± 0.001
#       > The first gradient is 2, so $w$ moves to 0.8. There the slope is 1.6, but `w.grad` holds
#       > $2 + 1.6 = 3.6$, and $w$ lands at $0.8 - 0.36$.
#     - [ ] 0.64 ± 0.001
#       > So it would be with a cleared `.grad`: $0.8 - 0.16$. The old 2 is still there, and it is subtracted again.
#     - [ ] 0.6 ± 0.001
#       > You used the first gradient twice. The second `backward()` finds the slope at 0.8, and *adds* it to the
#       > first.
#     - [ ] 0.4 ± 0.001
#       > You doubled the first gradient. What is added is the slope at the new place, $2 \cdot 0.8$.
#     - [ ] anything else
#       > The slope of $w^2$ is $2w$. Write down $w$ and `w.grad` after each of the two rounds; `.grad` only grows.
#
# Here is the gift: two parts of the batch, one after the other, add up to the gradient of the whole. (Each
# part brings its share of the mean: divide by the size of the whole batch, not of the part.)

for part in (slice(0, 2), slice(2, 5)):
    prediction = forward(inputs[part], *weights)[1]
    (F.mse_loss(prediction, targets[part], reduction="sum") / len(inputs)).backward()
torch.testing.assert_close(weights[0].grad, by_autograd[0])
print("two parts added up:", weights[0].grad[0])
print("the whole at once: ", by_autograd[0][0])

# %%
# ## `no_grad` or `detach`?
#
# Both say "no gradient here", of different things. `torch.no_grad()` is a **region of code** in which nothing
# is recorded: for evaluation, and for updating weights. `.detach()` makes a **tensor** that has no past: the
# same numbers, the same memory, no way back. To see `detach` act, take $w \cdot w$, whose slope is $2w$.
# Detach one factor, and it counts as a constant: the slope is $w$.

with torch.no_grad():
    unrecorded = w * w
print("inside no_grad, requires_grad is", unrecorded.requires_grad)
(slope,) = torch.autograd.grad(w * w, w)
(slope_with_constant,) = torch.autograd.grad(w * w.detach(), w)
print(f"slope of w * w: {slope:.1f}, of w * w.detach(): {slope_with_constant:.1f}")
assert slope == 2 * w and slope_with_constant == w and not unrecorded.requires_grad
assert w.detach().data_ptr() == w.data_ptr()  # a view, as in the page on tensors

# %%
# !!! quiz "Memory that grows"
#     You measure a trained network on many batches, with `total = total + loss` in the loop and no `backward()`.
#     The memory in use grows with every batch. Which changes cure it?
#
#     - [x] `with torch.no_grad():` around the loop
#       > Then nothing is recorded at all. It is the best cure, since no batch spends memory on notes.
#     - [ ] `optimizer.zero_grad()` after each batch
#       > That clears the gradients beside the weights, and none have been computed. What piles up are the notes of
#       > the way forward.
#     - [x] `total = total + loss.detach()`
#       > The detached number has no past, so the notes of a batch are dropped with its `loss`.
#     - [ ] `model.eval()` before the loop
#       > Right for other reasons: some layers behave differently in evaluation. But it says nothing to autograd,
#       > which goes on recording.
#     - [x] `total = total + loss.item()`
#       > A plain Python number cannot lead back to anything, so the notes can go.
#
# ## Who descends?
#
# !!! warning "You may read this elsewhere"
#     "Backpropagation is the algorithm that performs gradient descent." It is not. Backpropagation computes
#     the gradient and leaves every weight where it was. The [**optimiser**](08_optimizers.py) then uses the
#     gradient to take a step; gradient descent is one rule for that step, and there are others. Today write the
#     two as what they are, two lines: `loss.backward()`, then `optimizer.step()`.
#
# Watch the weight, not the words.

w = torch.tensor(0.8, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
first_loss = (torch.tanh(w * x - 0.5) - target) ** 2

first_loss.backward()
print(f"after backward(): w = {w:.4f}, gradient {w.grad:.4f}")
assert w == 0.8 and math.isclose(w.grad, dloss_dw)

optimizer.step()
second_loss = (torch.tanh(w * x - 0.5) - target) ** 2
print(f"after step():     w = {w:.4f}, loss {first_loss:.4f} -> {second_loss:.4f}")
assert math.isclose(w.item(), 0.8 - 0.1 * dloss_dw) and second_loss < first_loss

# %%
# !!! quiz "What backward changes"
#     You compute the loss of the neuron from `w` and call `loss.backward()`, and nothing else. What is different
#     afterwards?
#
#     - [ ] `w` has taken a small step downhill.
#       > Not yet: nobody has said how long the step should be. That is the optimiser's part.
#     - [x] `w.grad` has changed, unless the slope is 0.
#       > Each call adds the slope of the loss to it.
#     - [ ] `loss` has become a little smaller.
#       > It is a number computed from the old `w`. It would have to be computed again, from a new one.
#     - [x] A second `loss.backward()` would raise an error.
#       > The notes in the graph are thrown away once they have been used, so this graph cannot be walked again. (The
#       > sum of two gradients above came from two forward passes.)
#
# ## Where it fails
#
# A gradient is a statement about a tiny neighbourhood. Where the function has a corner, there is no single
# slope. ReLU, $\max(0, z)$, has one at zero: autograd settles for the slope of the left side, while nudging
# takes the mean of both. Where the function is flat in steps, the gradient is zero everywhere: true, and
# useless for learning.

corner = torch.tensor([0.0], requires_grad=True)
(at_corner,) = torch.autograd.grad(torch.relu(corner).sum(), corner)
nudged_corner = by_nudging(lambda: torch.relu(corner).sum(), corner)
print(f"ReLU at its corner: autograd {at_corner.item()}, nudging {nudged_corner.item():.1f}")
assert at_corner == 0 and math.isclose(nudged_corner, 0.5)

stairs = torch.tensor(1.3, requires_grad=True)
(on_stairs,) = torch.autograd.grad(torch.round(stairs), stairs)
print(f"a step function: slope {on_stairs.item()}")
assert on_stairs == 0

# %%
# And the notes can be spoiled. To go back through $e^z$ autograd needs the result $e^z$; write over it in
# place and the note is worthless. PyTorch notices, and says so instead of giving you a wrong gradient.

z = torch.tensor(1.0, requires_grad=True)
result = torch.exp(z)
result.add_(1)  # harmless without gradients
try:
    result.backward()
except RuntimeError as error:
    complaint = str(error)
print(complaint.split(";")[0])
assert "modified by an inplace operation" in complaint

# %%
# ## Exercises
#
# [The workbook](04_backprop.exercises.py) has each of these as a cell with a gap, with a checker that tells you
# what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Logistic regression](06_logistic-regression.py) puts the gradient to work: a first model that learns by
# following it downhill. [Your first network](../2-training/10_first-network.py) stacks layers and leaves the
# backward pass to autograd. If `view` and `data_ptr` were new to you here, go back to
# [tensors](01_tensors.py).
