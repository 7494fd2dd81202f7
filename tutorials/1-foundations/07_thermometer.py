# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["BK5", "BK6", "P2", "P3", "P11", "N4", "S2.18", "S2.Q", "CC5", "CC6", "CC7", "R2"]
# data = []
# minutes = 1
# figure = 4
# metric = { name = "mean squared error", unit = "", target = 2.928, reference = "2.9276 by exact least squares" }
# description = "Gradient descent from eleven readings: by hand, by autograd, by torch.optim, by a network."
# ///
"""
# A thermometer without units

You bought a thermometer abroad. It works, but nobody can tell you what its numbers mean. In this tutorial you
find the formula from eleven readings, as well as it can be found, and on the way you meet everything that
training a network of a billion weights will need: a model, a loss, a gradient, a step.
"""

# %%
# You will
#
# - write a loss and walk down it by hand, with a pencil's worth of calculus,
# - see the walk explode, find out exactly why, and cure it twice,
# - hand the work over, piece by piece, to autograd, to an optimizer, and to a small network.

import math
import warnings

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from kindling.models import count_parameters
from kindling.plots import COLORS, INK, MARKERS, STROKES, scatter, show, style
from kindling.runtime import claim, report, steps

learning_rate = 1e-2
walk_length = steps(5000, 20)
network_learning_rate = 1e-3

# %%
# ## Eleven readings
#
# Each morning you noted the reading of the strange thermometer, and the temperature in Celsius from the radio.

celsius = torch.tensor([0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0])
unknown = torch.tensor([35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4])

scatter(
    unknown,
    celsius,
    xlabel="reading (unknown unit)",
    ylabel="temperature (°C)",
    alt=f"Eleven points rise from the reading {unknown.min():.0f}, at {celsius.min():.0f} °C, to the reading "
    f"{unknown.max():.0f}, at {celsius.max():.0f} °C. They lie close to a straight line.",
)

# %%
# The points lie close to a line, so the simplest formula worth trying is a line: $t = w\,u + b$. Here $u$ is
# the reading and $t$ the temperature. The two numbers $w$ and $b$ are the **parameters** of the model, the
# numbers that training shall find.
#
# We start from a guess that is certainly wrong, and ask how wrong. The answer has to be one number, so that
# "better" has a meaning: the mean of the squared errors.


def line(u, w, b):
    return w * u + b


def squared_error(predicted, t):
    """Mean squared error, in square degrees."""
    return ((predicted - t) ** 2).mean()


w, b = torch.tensor(1.0), torch.tensor(0.0)
first_loss = squared_error(line(unknown, w, b), celsius)
print(f"with w = 1 and b = 0 we are wrong by {first_loss.sqrt():.0f} degrees, root mean square")
assert 40 < first_loss.sqrt() < 45

# %%
# ## Which way is down?
#
# Nudge $w$ a little: does the loss rise or fall? The derivative tells without nudging. For our loss it is
#
# $$\frac{\partial L}{\partial w} = \frac{2}{N}\sum_i (w u_i + b - t_i)\,u_i, \qquad
#   \frac{\partial L}{\partial b} = \frac{2}{N}\sum_i (w u_i + b - t_i).$$
#
# Never trust a derivative that you have not checked. A nudge of one thousandth, up and down, is check enough.


def gradient(u, t, w, b):
    error = line(u, w, b) - t
    return 2 * (error * u).mean(), 2 * error.mean()


by_formula, _ = gradient(unknown, celsius, w, b)
h = 1e-3
up, down = (squared_error(line(unknown, w + nudge, b), celsius) for nudge in (h, -h))
by_nudging = (up - down) / (2 * h)
print(f"by formula {by_formula:.1f}, by nudging {by_nudging:.1f}")
torch.testing.assert_close(by_formula, by_nudging, rtol=1e-3, atol=0)

# %%
# ## The walk, and the explosion
#
# Now walk against the gradient. One **step** is: look at the slope, move a little, and the next slope is a
# new question. How little is decided by the **learning rate** $\eta$, also called the step size:
#
# $$w \leftarrow w - \eta\,\frac{\partial L}{\partial w}, \qquad b \leftarrow b - \eta\,\frac{\partial L}{\partial b}.$$
#
# One hundredth sounds careful enough.


def walk(u, t, learning_rate, steps=walk_length):
    """Return the parameters before and after each step, [steps + 1, 2], and the loss at each of them."""
    w, b = torch.tensor(1.0), torch.tensor(0.0)
    places, losses = [(w, b)], [squared_error(line(u, w, b), t).item()]
    for _ in range(steps):
        grad_w, grad_b = gradient(u, t, w, b)
        w, b = w - learning_rate * grad_w, b - learning_rate * grad_b
        places.append((w, b))
        losses.append(squared_error(line(u, w, b), t).item())
    return torch.tensor(places), losses


_, exploding = walk(unknown, celsius, learning_rate, steps=11)
for step in (0, 1, 2, 11):
    print(f"after step {step:2}: loss {exploding[step]:.3g}")
assert exploding[11] == math.inf

# %%
# Eleven steps, and the loss is larger than a 32-bit number can be. Each step overshot the valley and landed
# higher up on the other side. The remedy that everyone finds first is a smaller step.

_, creeping = walk(unknown, celsius, 1e-4, steps=5000)
for step in (50, 100, 5000):
    print(f"after {step:5,} careful steps: loss {creeping[step]:.2f}")
assert 25 < creeping[100] < 35 and creeping[50] - creeping[100] < 0.1

# %%
# It does not explode, and it hardly moves any more. The better remedy is to look at the numbers. The readings
# are around 50 and the constant is 1, so the loss is some fifty times steeper in $w$ than in $b$: a step that
# suits the one is a leap for the other. Divide the readings by ten, and the careless step is safe.

grad_w, grad_b = gradient(unknown, celsius, w, b)
print(f"slope in w: {grad_w:.0f}, in b: {grad_b:.0f}")
assert 50 < grad_w / grad_b < 60

scaled = unknown / 10
places, losses = walk(scaled, celsius, learning_rate)
w, b = places[-1]
print(f"t = {w:.3f} u/10 {b:+.3f}, loss {losses[-1]:.4f}")

# %%
# All three walks in one figure. Both axes are logarithmic, or the explosion would hide the rest.

walks = {
    "readings, rate 0.01": exploding,
    "readings, rate 0.0001": creeping,
    "readings / 10, rate 0.01": losses,
}
seen = torch.logspace(0, math.log10(5000), 60).long().unique()  # enough points for a smooth curve
with style():
    fig, ax = plt.subplots()
    for (name, values), color, stroke in zip(walks.items(), COLORS, STROKES, strict=False):
        drawn = seen[seen < len(values)]
        ax.plot(drawn, torch.tensor(values)[drawn], color=color, linestyle=stroke, label=name)
    ax.set(xlabel="step", ylabel="loss (square degrees)", xscale="log", yscale="log", ylim=(1, 1e9))
    ax.legend()
show(
    fig,
    "Loss against the step, both axes logarithmic. Raw readings with rate 0.01 shoot up and out of the picture "
    f"in the third step. With rate 0.0001 the loss falls at once to about {creeping[100]:.0f} and hardly further. "
    f"Readings divided by ten, with rate 0.01, begin alike and then fall to {losses[-1]:.1f}.",
)

# %%
# For the first dozens of steps the two walks that survive look alike: both fall into the valley at once. Only
# the scaled one then gets along its floor.
#
# !!! quiz "One step by hand"
#     The loss is $3w^2$, so its slope is $6w$. You stand at $w = 2$ and the learning rate is 0.1. Where are you
#     after one step?
#
#     - [=] 0.8
#       > The slope at 2 is 12, a tenth of it is 1.2, and $2 - 1.2 = 0.8$.
#     - [ ] 3.2
#       > You walked uphill. The gradient points up; a step goes against it.
#     - [ ] 1.9
#       > The rate is multiplied by the slope, which is 12 here, before it is subtracted.
#     - [ ] -10
#       > You took the whole slope as the step, as if the learning rate were 1.
#     - [ ] anything else
#       > New place = old place minus learning rate times slope at the old place.
#
# ## How large may a step be?
#
# The loss is a bowl, and a bowl has a **curvature** in each direction: how fast the slope changes as you move.
# Along a direction with curvature $\lambda$, one step multiplies the distance from the bottom by
# $1 - \eta\lambda$. The walk shrinks as long as that factor lies between $-1$ and $1$, so the largest stable
# learning rate is
#
# $$\eta_{\max} = \frac{2}{\lambda_{\max}}.$$
#
# ??? info "The derivation: where the factor comes from"
#     Write $\theta = (w, b)$ and let row $i$ of the matrix $D$ be $(u_i, 1)$. The loss is
#     $L = \frac1N\|D\theta - t\|^2$, its gradient is $\frac2N D^\top(D\theta - t)$, and the derivative of the
#     gradient is the constant matrix $H = \frac2N D^\top D$, the *Hessian*.
#
#     At the bottom $\theta^*$ the gradient is zero, so everywhere else it is $H(\theta - \theta^*)$. One step:
#
#     $$\theta - \theta^* \;\leftarrow\; \theta - \theta^* - \eta H(\theta - \theta^*)
#       = (I - \eta H)(\theta - \theta^*).$$
#
#     $H$ is symmetric, so it has perpendicular directions (its eigenvectors) along which it only stretches, by
#     its eigenvalues $\lambda$. Along each of them the distance is multiplied by $1 - \eta\lambda$, and
#     $|1 - \eta\lambda| < 1$ means $0 < \eta < 2/\lambda$. The steepest direction sets the limit.
#
# Two parameters, two curvatures. PyTorch finds them from the readings alone.


def curvatures(u):
    """Return the smallest and the largest curvature of the loss."""
    design = torch.stack([u, torch.ones_like(u)], dim=1).double()  # [readings, 2]
    return torch.linalg.eigvalsh(2 * design.T @ design / len(u))


standardised = (unknown - unknown.mean()) / unknown.std()
inputs = {"readings": unknown, "readings / 10": scaled, "standardised": standardised}
for name, u in inputs.items():
    flat, steep = curvatures(u)
    print(f"{name:14} curvatures {flat:.3f} and {steep:.1f}, largest rate {2 / steep:.3g}, ratio {steep / flat:,.1f}")

raw_limit = (2 / curvatures(unknown)[1]).item()
assert math.isclose(raw_limit, 3.40e-4, rel_tol=1e-2)
assert math.isclose(2 / curvatures(scaled)[1], 0.0330, rel_tol=1e-2)

# %%
# Do not take the formula's word for it. One per cent above the limit the loss must end higher than it began,
# one per cent below it must not.

_, below = walk(unknown, celsius, 0.99 * raw_limit, steps=1000)
_, above = walk(unknown, celsius, 1.01 * raw_limit, steps=1000)
print(f"start {below[0]:.0f}; after 1,000 steps just below the limit {below[-1]:.1f}, just above {above[-1]:.3g}")
assert below[-1] < below[0] < above[-1]

# %%
# ## Why scaling helps
#
# The last column above is the **condition number**: the largest curvature divided by the smallest. The steep
# direction forbids large steps, and the flat direction needs them. With the raw readings the bowl is a
# ravine, tens of thousands of times steeper across than along.
#
# Dividing by ten was a lucky guess. The standard cure is to *standardise*: subtract the mean, divide by the
# standard deviation. Then the bowl is round. The figure shows the three bowls from above, all to one scale.
# The grey rings join places of equal loss. Each walk has fifty steps, at nine tenths of its largest stable
# rate; only the round bowl gets a gentler one, or it would be over at once.


def exact_line(u, t):
    """Return (w, b) with the least possible mean squared error."""
    design = torch.stack([u, torch.ones_like(u)], dim=1)
    return torch.linalg.lstsq(design, t[:, None]).solution.flatten()


def draw_walk(ax, u, learning_rate):
    """Draw rings of equal loss around its bottom and a walk; return the share of the distance that is left."""
    design = torch.stack([u, torch.ones_like(u)], dim=1)
    curvature, directions = torch.linalg.eigh(2 * design.T @ design / len(u))
    angle = torch.linspace(0, 2 * math.pi, 120)
    circle = torch.stack([angle.cos(), angle.sin()])
    bottom = exact_line(u, celsius)
    for excess in (20, 80, 180):  # square degrees above the bottom
        ring = bottom[:, None] + directions @ (circle * (2 * excess / curvature).sqrt()[:, None])
        ax.plot(*ring, color="#8a8a8a", linewidth=0.8, linestyle="-")
    path, _ = walk(u, celsius, learning_rate, steps=50)
    ax.plot(*path.T, "o-", color=COLORS[1], markersize=2.5, linewidth=0.8)
    ax.plot(*bottom, "*", color=COLORS[0], markersize=9)
    (left, right), (low, high) = torch.stack([bottom - 24, bottom + 24], dim=1).tolist()
    ax.set(xlabel="w", xlim=(left, right), ylim=(low, high), aspect="equal")
    return (path[-1] - bottom).norm() / (path[0] - bottom).norm()


# %%
# Look at the shape of the rings first, then at the walks.

rates = [0.9 * raw_limit, 0.9 * 2 / curvatures(scaled)[1].item(), 0.2]
with style():
    fig, panels = plt.subplots(1, 3, figsize=(6.8, 3))
    left = [draw_walk(ax, u, rate) for ax, u, rate in zip(panels, inputs.values(), rates, strict=True)]
    for ax, (name, u) in zip(panels, inputs.items(), strict=True):
        flat, steep = curvatures(u)
        ax.set_title(f"{name}\ncondition {steep / flat:,.0f}", fontsize=9)
    panels[0].set_ylabel("b")
show(
    fig,
    "Three panels over w and b, to one scale, with rings of equal loss, a walk of fifty steps and a star at the "
    "bottom. Raw readings: the rings are so narrow that they look like one upright needle; the walk jumps to "
    f"and fro across it and keeps {left[0]:.0%} of its first distance from the star. Divided by ten: a long "
    f"slanted ellipse, {left[1]:.0%} left. Standardised: circles; the walk goes straight to the star, "
    f"{left[2]:.0%} left.",
)
assert left[2] < 0.01 < left[1] < left[0]

# %%
# Across the needle any larger step would explode, and along it such steps lead nowhere. In the round bowl
# downhill is the way to the bottom, and the walk simply goes there.
#
# !!! quiz "What dividing the readings by ten changes"
#     You divide all readings by ten and fit the line again, to the very bottom. What is different?
#
#     - [x] The best $w$ is ten times larger.
#       > Each reading is ten times smaller, so the same line needs a slope ten times as steep.
#     - [ ] The best $b$ is ten times larger.
#       > $b$ is the temperature at reading 0, and zero divided by ten is zero.
#     - [ ] The lowest possible loss is smaller.
#       > Every line before is a line afterwards. Scaling inputs changes the walk, not what can be reached.
#     - [x] A larger learning rate is safe.
#       > The steepest curvature falls to about a hundredth, so the limit rises about a hundredfold.
#
# !!! quiz "The limit of the learning rate"
#     The two curvatures of a loss are 0.5 and 50. What is the largest learning rate with which gradient descent
#     does not explode?
#
#     - [=] 0.04
#       > $2 / 50$. The steepest direction decides.
#     - [ ] 4
#       > That is the limit of the flat direction. In the steep one, each step would multiply the distance by
#       > $1 - 200$.
#     - [ ] 0.02
#       > With $1/50$ the steep direction arrives in a single step. You may go twice as far before the overshoot
#       > gets as large as the distance itself.
#     - [ ] anything else
#       > Find the rate for which $1 - \eta\lambda$ is just $-1$, with the larger $\lambda$.
#
# ## Were we right?
#
# For a line there is an exact answer, by least squares, without any walking. `exact_line` above asked PyTorch
# for it. It is the best friend that a training loop can have: an oracle.

exact = exact_line(scaled, celsius)
exact_loss = squared_error(line(scaled, *exact), celsius)
print(f"walk:  t = {w:.4f} u/10 {b:+.4f}, loss {losses[-1]:.5f}")
print(f"exact: t = {exact[0]:.4f} u/10 {exact[1]:+.4f}, loss {exact_loss:.5f}")
torch.testing.assert_close(exact, torch.tensor([5.368, -17.305]), rtol=0, atol=1e-3)
claim(torch.allclose(places[-1], exact, rtol=1e-2), "the walk ends within one per cent of the exact parameters")
claim(abs(losses[-1] - exact_loss) < 1e-4, "and its loss is the exact one in four digits")
claim(losses[-1] < 2.928, "a mean squared error of 2.9276")
report("mean squared error", losses[-1])

# %%
# So one unit of the strange thermometer is about half a degree, and its zero lies far below freezing. You have
# met that scale before: it is Fahrenheit's, read by someone in a hurry.

fahrenheit = celsius * 9 / 5 + 32
print(f"one unit:   {exact[0] / 10:.2f} °C, Fahrenheit's {5 / 9:.2f} °C")
print(f"reading 0: {exact[1]:.1f} °C, Fahrenheit's {-32 * 5 / 9:.1f} °C")
print(f"readings differ from Fahrenheit by {(unknown - fahrenheit).abs().mean():.1f} degrees on average")
assert (unknown - fahrenheit).abs().mean() < 5

# %%
# ## Let autograd find the slope
#
# The formula for the gradient was the only piece of calculus. [Backpropagation](04_backprop.py) showed who can
# do it for us. Three things change: the parameters say `requires_grad=True`, `backward()` fills their `.grad`,
# and the update happens inside `torch.no_grad()`, because the step itself is not part of the model.

parameters = torch.tensor([1.0, 0.0], requires_grad=True)  # w and b in one tensor
for _ in range(100):
    loss = squared_error(line(scaled, *parameters), celsius)
    parameters.grad = None
    loss.backward()
    with torch.no_grad():
        parameters -= learning_rate * parameters.grad

by_hand, _ = walk(scaled, celsius, learning_rate, steps=100)
print(f"by hand {by_hand[-1].tolist()}\nautograd {parameters.tolist()}")
torch.testing.assert_close(parameters.detach(), by_hand[-1], rtol=1e-4, atol=1e-4)

# %%
# !!! warning "You may read this elsewhere"
#     `x = Variable(tensor, requires_grad=True)`, and then `x.data -= lr * x.grad.data`. `Variable` has done
#     nothing since 2018: it hands back a tensor. And `.data` is a door past autograd. Whoever writes through it
#     *before* `backward()` gets a wrong gradient, and no complaint. Today write tensors with
#     `requires_grad=True`, and updates inside `torch.no_grad()`: there the same slip is found.
#
# Here is the slip, in both ways. The slope of $w^2$ at 3 is 6. We change $w$ to 30 in between.

w = torch.autograd.Variable(torch.tensor(3.0), requires_grad=True)
y = w**2
w.data.mul_(10)
y.backward()
print(f"{type(w).__name__}; through .data: slope {w.grad.item():.0f}, and no complaint")
assert type(w) is torch.Tensor and w.grad == 60

w = torch.tensor(3.0, requires_grad=True)
y = w**2
with torch.no_grad():
    w.mul_(10)
try:
    y.backward()
except RuntimeError as error:
    complaint = str(error)
print("under no_grad:", complaint.split(":")[0])
assert "modified by an inplace operation" in complaint

# %%
# ## Let an optimizer take the step
#
# The last line of the loop is next. An **optimizer** holds the parameters and knows one rule for the step.
# `SGD` is the rule you used. In this loop stands all of PyTorch's training, whatever the model: *forward,
# loss, zero_grad, backward, step*.

parameters = torch.tensor([1.0, 0.0], requires_grad=True)
optimizer = torch.optim.SGD([parameters], lr=learning_rate)
for _ in range(100):
    loss = squared_error(line(scaled, *parameters), celsius)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"torch.optim {parameters.tolist()}")
torch.testing.assert_close(parameters.detach(), by_hand[-1], rtol=1e-4, atol=1e-4)

# %%
# !!! note "Where is `fit()`?"
#     If you come from Keras you may miss it: one call that trains. PyTorch has none, on purpose. The loop is
#     five lines, you can print in the middle of it, and when your problem needs two losses or two models you
#     change a line instead of looking for an option. When a loop of yours no longer changes, put it into a
#     function; on this site that is `kindling.training.fit`, after [your first
#     network](../2-training/10_first-network.py).
#
# !!! quiz "Which line moves the weights"
#     Which of the five changes the numbers in `parameters`?
#
#     - [ ] `loss = squared_error(...)`
#       > It computes, and records how. Nothing is changed.
#     - [ ] `optimizer.zero_grad()`
#       > It clears the old gradients, not the parameters.
#     - [ ] `loss.backward()`
#       > It puts the slopes into `.grad`, beside the parameters. They themselves stay.
#     - [x] `optimizer.step()`
#       > The only one. It reads `.grad` and moves.
#
# ### The optimizer that hides the lesson
#
# !!! warning "You may read this elsewhere"
#     "Use Adam, then you need not scale your inputs." `Adam` measures the size of each gradient and divides by
#     it, so it forgives badly scaled inputs, and on the raw readings it does get there. But it only treats the
#     symptom, and slowly. Today standardise the inputs first, whatever the optimizer. Then the plainest one
#     arrives in a few steps.
#
# Both, counted: how many steps until the loss is within one per cent of the exact one?


def steps_needed(make_optimizer, u, most=5000):
    parameters = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = make_optimizer([parameters])
    for step in range(most):
        loss = squared_error(line(u, *parameters), celsius)
        if loss < 1.01 * exact_loss:
            return step
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return most


adam = steps_needed(lambda p: torch.optim.Adam(p, lr=0.1), unknown)
plain_raw = steps_needed(lambda p: torch.optim.SGD(p, lr=0.9 * raw_limit), unknown)
plain = steps_needed(lambda p: torch.optim.SGD(p, lr=0.2), standardised)
print(f"raw readings: Adam {adam} steps, SGD {'not in' if plain_raw == 5000 else 'in'} {plain_raw}")
print(f"standardised: SGD {plain} steps")
assert plain < 50 < adam < plain_raw == 5000

# %%
# How Adam does it, and what else there is, is told in [optimizers](08_optimizers.py).
#
# ## Batches and epochs
#
# Each of our steps looked at all eleven readings. With eleven million that would be slow, so one takes a few
# of them for a step: a **batch**. One pass over all of them is an **epoch**. With batches of four, our epoch
# has three steps, the last on the three that remain. Each step sees a slightly different bowl, so the walk
# trembles; the mean direction is the same.

generator = torch.Generator().manual_seed(0)
w, b = torch.tensor(1.0), torch.tensor(0.0)
count = 0
for _ in range(steps(1000, 2)):  # epochs
    for batch in torch.randperm(11, generator=generator).split(4):
        grad_w, grad_b = gradient(standardised[batch], celsius[batch], w, b)
        w, b = w - 0.02 * grad_w, b - 0.02 * grad_b
        count += 1
batch_loss = squared_error(line(standardised, w, b), celsius)
print(f"after {count:,} steps on batches: loss {batch_loss:.3f}, exact {exact_loss:.3f}")
claim(1 < batch_loss / exact_loss < 1.05, "batches arrive within five per cent of the exact loss")

# %%
# !!! quiz "Counting steps"
#     100 readings, batches of 8, 5 epochs. How many times is `optimizer.step()` called?
#
#     - [=] 65
#       > 12 full batches and one with the last 4 readings make 13 steps for each epoch, and there are 5.
#     - [ ] 60
#       > You left out the last batch. It is smaller, and it counts.
#     - [ ] 500
#       > So many readings are looked at. A step takes a whole batch.
#     - [ ] 5
#       > That would be one step for each epoch, as with all readings in one batch.
#     - [ ] anything else
#       > Steps in one epoch: 100 divided by 8, rounded up.
#
# ## A network instead of a line
#
# A line was a guess. Could a bent curve do better? Put a layer of eight units between reading and temperature,
# each with a bend, $\tanh$. The loop stays as it is; only the model is another. That is the point of the
# pipeline: *model, loss, optimizer* are three separate things.
#
# More freedom needs a check that is not fooled by it. Two of the eleven readings are put aside before anything
# is fitted, and only used for judging. They are the validation set;
# [validation](../2-training/12_validate-regularize.py) has a page of its own.

order = torch.randperm(11, generator=torch.Generator().manual_seed(0))
train, val = order[:9], order[9:]
u = scaled[:, None]  # [readings, 1]: a layer wants one row for each example
t = celsius[:, None]  # [readings, 1]

torch.manual_seed(0)
network = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
print(f"{count_parameters(network)} parameters, and {len(train)} readings to find them")
assert count_parameters(network) == 8 + 8 + 8 + 1

# %%
# The same five lines. Now every one of them is PyTorch's own, the loss included.

optimizer = torch.optim.SGD(network.parameters(), lr=network_learning_rate)
network.train()
for _ in range(walk_length):
    loss = F.mse_loss(network(u[train]), t[train])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
network.eval()

w, b = exact_line(scaled[train], celsius[train])
with torch.no_grad():
    predicted = {"line": line(u, w, b), "1-8-1 network": network(u)}
errors = {name: [F.mse_loss(values[rows], t[rows]) for rows in (train, val)] for name, values in predicted.items()}
for name, (train_loss, val_loss) in errors.items():
    print(f"{name:13} training {train_loss:.2f}, validation {val_loss:.2f}")
claim(errors["1-8-1 network"][0] < errors["line"][0], "on the readings that it was fitted to, the network is closer")

# %%
# On the nine readings the network is closer than any line can be. And on the two others? Before you believe a
# number from two readings, see how much it depends on *which* two. The line is fitted in no time, so try all
# pairs.

pairs = torch.combinations(torch.arange(11))
val_losses = []
for pair in pairs:
    others = torch.ones(11, dtype=torch.bool).index_fill(0, pair, False)
    fitted = exact_line(scaled[others], celsius[others])
    val_losses.append(squared_error(line(scaled[pair], *fitted), celsius[pair]).item())
print(f"the line, validated on each of {len(pairs)} pairs: loss from {min(val_losses):.2f} to {max(val_losses):.1f}")
assert max(val_losses) > 10 * min(val_losses)
assert math.isclose(max(val_losses), errors["line"][1], rel_tol=1e-3)

# %%
# Luck decides, and we drew the worst pair of all: the two coldest mornings, so that every model has to guess
# below the readings that it knows. Eleven readings are enough to fit a line, and far too few to choose between
# it and something more flexible. Look at the curves, then, and beyond the readings as well.

wide = torch.linspace(0, 12, 121)[:, None]  # readings from 0 to 120, divided by ten
with torch.no_grad():
    curve = network(wide)
with style():
    fig, ax = plt.subplots()
    for name, rows, marker in (("training", train, MARKERS[0]), ("validation", val, MARKERS[2])):
        ax.plot(unknown[rows], celsius[rows], marker, color=INK, linestyle="none", label=name)
    ax.plot(10 * wide, line(wide, w, b), color=COLORS[0], linestyle=STROKES[0], label="line")
    ax.plot(10 * wide, curve, color=COLORS[1], linestyle=STROKES[1], label="1-8-1 network")
    ax.set(xlabel="reading", ylabel="temperature (°C)")
    ax.legend()
show(
    fig,
    "Line and network over readings from 0 to 120, with nine training and two validation points between 20 and "
    "80. Among the points the two nearly agree. Beyond them the line goes on rising to "
    f"{line(wide[-1], w, b).item():.0f} °C, and the network levels off at {curve[-1].item():.0f} °C.",
)

# %%
# !!! quiz "Where the split belongs"
#     You want to standardise the readings and to put two aside for validation. What comes first?
#
#     - [ ] Standardise all eleven, then split: it is only arithmetic, no label is involved.
#       > Mean and standard deviation would then know the readings that you put aside. With two of eleven that
#       > is a lot to know.
#     - [x] Split, then take mean and standard deviation from the training readings, and apply them to both.
#       > Whatever is computed from data is fitted, and fitting belongs to the training set.
#     - [ ] Split, then standardise each part by its own mean and standard deviation.
#       > Then the same reading would become two different numbers, and the model would not know which scale it
#       > is on.
#
# ## Where it fails
#
# Put a cup of hot tea beside the thermometer: the reading is 120. Fahrenheit knows what that is. The line
# comes close, because its form is right. The network has never seen such a reading, and its bends have all run
# flat.

true_tea = (120 - 32) * 5 / 9
line_tea, network_tea = line(12.0, w, b).item(), curve[-1].item()
print(f"true {true_tea:.0f} °C, line {line_tea:.0f} °C, network {network_tea:.0f} °C")
assert abs(line_tea - true_tea) < 5
claim(true_tea - network_tea > 10, "the network is more than ten degrees off")

# %%
# A flexible model is trustworthy among its data, at best. Outside it says something, calmly, and means
# nothing by it.
#
# The second failure is quiet too. A layer gives a column, `[11, 1]`. If the temperatures are a row, `[11]`,
# their difference is a table of 11 by 11, as [the page on tensors](01_tensors.py) explains. PyTorch warns;
# a hand-written loss does not.

column, row = line(u, *exact), celsius  # [11, 1] and [11]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    wrong = F.mse_loss(column, row)
print(f"{len(caught)} warning: {str(caught[0].message).split('.')[0]}")
print(f"right {F.mse_loss(column, t):.2f}; wrong {wrong:.0f}; by hand, silently, {squared_error(column, row):.0f}")
assert "target size" in str(caught[0].message) and wrong > 10 * exact_loss
torch.testing.assert_close(squared_error(column, row), wrong)

# %%
# !!! quiz "Columns and rows in a loss"
#     Predictions `[11, 1]`, targets `[11]`, mean squared error. You train on this loss to the end. What does
#     the model learn?
#
#     - [ ] The right line; the loss is only too large by a factor of eleven.
#       > The mean is over 121 pairs, so there is no such factor. And the pairs are the wrong ones.
#     - [ ] Nothing: an error stops the loop.
#       > The shapes can be stretched to match, so there is at most a warning.
#     - [x] Roughly the mean temperature, for every reading.
#       > Each prediction is compared with *all* temperatures, and the mean is closest to all of them.
#
# ## Exercises
#
# [The workbook](07_thermometer.exercises.py) has each of these as a cell with a gap, with a checker that tells
# you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Optimizers](08_optimizers.py) replaces the plain step by better ones, and looks at valleys with more than
# one bottom. [Your first network](../2-training/10_first-network.py) runs the same five lines on pictures. If
# `backward()` still seems like magic, go back to [backpropagation](04_backprop.py).
