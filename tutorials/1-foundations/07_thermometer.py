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

You bought a thermometer abroad. It works, but nobody can tell you what its
numbers mean. On this page you find the formula from eleven readings, and on the
way you meet everything that training a network of a billion weights needs: a
model, a loss, a gradient, a step.
"""

# %%
# Each morning you wrote down what the strange thermometer said, and the temperature in Celsius from the radio.

import math

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from kindling.models import count_parameters
from kindling.plots import COLORS, INK, MARKERS, STROKES, scatter, show, style
from kindling.runtime import claim, objection, report, steps

celsius = torch.tensor([0.5, 14, 15, 28, 11, 8, 3, -4, 6, 13, 21])
unknown = torch.tensor(
    [35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4]
)
scatter(
    unknown,
    celsius,
    xlabel="reading (unknown unit)",
    ylabel="temperature (°C)",
    alt=f"Eleven points rise from the reading {unknown.min():.0f}, at "
    f"{celsius.min():.0f} °C, to {unknown.max():.0f}, at "
    f"{celsius.max():.0f} °C. They lie close to a straight line.",
)

# %%
# The points lie close to a line, so try one first: $t = w\,u + b$. Here $u$ is the reading and $t$ the temperature.
# The two numbers $w$ and $b$ are the **parameters** of the model, the numbers that training has to find.

learning_rate = 1e-2
walk_length = steps(5000, 20)
network_learning_rate = 1e-3

# %%
# ## How wrong is a guess?
#
# We start from a guess that is certainly wrong, and ask how wrong. The answer has to be one number, so that "better"
# has a meaning. We take the mean of the squared errors.


def line(u, w, b):
    return w * u + b


def squared_error(predicted, t):
    """Mean squared error, in square degrees."""
    return ((predicted - t) ** 2).mean()


w, b = torch.tensor(1.0), torch.tensor(0.0)
first_loss = squared_error(line(unknown, w, b), celsius)
print(f"w = 1, b = 0: loss {first_loss:.0f} square degrees")
print(f"its square root: {first_loss.sqrt():.0f} degrees")
assert 40 < first_loss.sqrt() < 45

# %%
# ## Which way is down?
#
# If $w$ grows a little, does the loss rise or fall? The derivative answers that. For our loss it is
#
# $$\frac{\partial L}{\partial w} = \frac{2}{N}\sum_i (w u_i + b - t_i)\,u_i, \qquad
#   \frac{\partial L}{\partial b} = \frac{2}{N}\sum_i (w u_i + b - t_i).$$
#
# Never trust a derivative that you have not checked. Finite differences are check enough: change $w$ by a thousandth,
# up and down, and see how the loss changes.


def gradient(u, t, w, b):
    error = line(u, w, b) - t
    return 2 * (error * u).mean(), 2 * error.mean()


by_formula, _ = gradient(unknown, celsius, w, b)
h = 1e-3
up = squared_error(line(unknown, w + h, b), celsius)
down = squared_error(line(unknown, w - h, b), celsius)
by_difference = (up - down) / (2 * h)
print(f"by formula {by_formula:.1f}, by differences {by_difference:.1f}")
torch.testing.assert_close(by_formula, by_difference, rtol=1e-3, atol=0)

# %%
# ## The walk, and the explosion
#
# Now walk against the gradient. In one **step** you compute the slope and move a little; at the new place you compute
# the slope again. How far you move is decided by the **learning rate** $\eta$, also called the step size:
#
# $$w \leftarrow w - \eta\,\frac{\partial L}{\partial w}, \qquad b \leftarrow b - \eta\,\frac{\partial L}{\partial b}.$$
#
# One hundredth sounds careful enough.


def walk(u, t, learning_rate, steps=walk_length):
    """Return every (w, b), [steps + 1, 2], and the loss at each of them."""
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
# Eleven steps, and the loss is larger than a 32-bit number can be. Each step overshot the bottom of the valley and
# landed higher up on the other side. The remedy that everyone finds first is a smaller step.

_, creeping = walk(unknown, celsius, 1e-4, steps=5000)
for step in (50, 100, 5000):
    print(f"after {step:5,} careful steps: loss {creeping[step]:.2f}")
assert 25 < creeping[100] < 35 and creeping[50] - creeping[100] < 0.1

# %%
# It no longer explodes, and it hardly moves. The better remedy is to look at the numbers. The readings are around 50
# and the constant is 1, so the loss is some fifty times steeper in $w$ than in $b$: a step that suits $b$ is far too
# long for $w$. Divide the readings by ten, and the first learning rate is safe.

grad_w, grad_b = gradient(unknown, celsius, w, b)
print(f"slope in w: {grad_w:.0f}, in b: {grad_b:.0f}")
assert 50 < grad_w / grad_b < 60

scaled = unknown / 10
places, losses = walk(scaled, celsius, learning_rate)
w, b = places[-1]
print(f"t = {w:.3f} u/10 {b:+.3f}, loss {losses[-1]:.4f}")

# %%
# Here are all three walks. Both axes are logarithmic, or the explosion would hide the rest.

walks = {
    "readings, rate 0.01": exploding,
    "readings, rate 0.0001": creeping,
    "readings / 10, rate 0.01": losses,
}
seen = torch.logspace(0, math.log10(5000), 60).long().unique()
with style():
    fig, ax = plt.subplots()
    for name, values in walks.items():
        drawn = seen[seen < len(values)]
        ax.plot(drawn, torch.tensor(values)[drawn], label=name)
    ax.set(xlabel="step", ylabel="loss (square degrees)", ylim=(1, 1e9))
    ax.set(xscale="log", yscale="log")
    ax.legend()
show(
    fig,
    "Loss against the step, both axes logarithmic. Raw readings with rate "
    "0.01 leave the figure at the top in the second step. With rate 0.0001 the "
    f"loss falls at once to about {creeping[100]:.0f} and hardly further. "
    "Readings divided by ten, with rate 0.01, begin the same way and then "
    f"fall to {losses[-1]:.1f}.",
)

# %%
# For the first dozens of steps the two walks that survive look the same: both fall into the valley at once. Only the
# one on scaled readings then gets anywhere along its floor.
#
# ## How large may a step be?
#
# The loss is a bowl, and a bowl has a **curvature** in each direction: how fast the slope changes as you move. Along a
# direction with curvature $\lambda$, one step multiplies the distance from the bottom by $1 - \eta\lambda$. The
# distance shrinks as long as that factor lies between $-1$ and $1$, so the largest stable learning rate is
#
# $$\eta_{\max} = \frac{2}{\lambda_{\max}}.$$
#
# ??? info "The derivation: where the factor comes from"
#     Write $\theta = (w, b)$ and let row $i$ of the matrix $D$ be $(u_i, 1)$. The loss is
#     $L = \frac1N\|D\theta - t\|^2$, its gradient is $\frac2N D^\top(D\theta - t)$, and the derivative of the gradient
#     is the constant matrix $H = \frac2N D^\top D$, the *Hessian*.
#
#     At the bottom $\theta^*$ the gradient is zero, so everywhere else it is $H(\theta - \theta^*)$. One step:
#
#     $$\theta - \theta^* \;\leftarrow\; \theta - \theta^* - \eta H(\theta - \theta^*)
#       = (I - \eta H)(\theta - \theta^*).$$
#
#     $H$ is symmetric, so it has perpendicular directions (its eigenvectors) along which it only stretches, by its
#     eigenvalues $\lambda$. Along each of them the distance is multiplied by $1 - \eta\lambda$, and
#     $|1 - \eta\lambda| < 1$ means $0 < \eta < 2/\lambda$. The steepest direction sets the limit.
#
# Two parameters have two curvatures. PyTorch finds them from the readings alone. For comparison we also *standardize*
# the readings: subtract their mean, then divide by their standard deviation.


def curvatures(u):
    """Return the smallest and the largest curvature of the loss."""
    design = torch.stack([u, torch.ones_like(u)], dim=1).double()
    return torch.linalg.eigvalsh(2 * design.T @ design / len(u))


standardized = (unknown - unknown.mean()) / unknown.std()
inputs = {"raw": unknown, "divided by 10": scaled, "standardized": standardized}
print("readings       curvatures         largest rate   ratio")
for name, u in inputs.items():
    flat, steep = curvatures(u)
    row = f"{name:14} {flat:5.3f} and {steep:6.1f}"
    print(row, f"{2 / steep:14.3g} {steep / flat:7,.0f}")

raw_limit = (2 / curvatures(unknown)[1]).item()
assert math.isclose(raw_limit, 3.4e-4, rel_tol=1e-2)
assert math.isclose(2 / curvatures(scaled)[1], 0.0330, rel_tol=1e-2)

# %%
# Test the formula. One percent above the limit the loss must end higher than it began; one percent below, it must not.

_, below = walk(unknown, celsius, 0.99 * raw_limit, steps=1000)
_, above = walk(unknown, celsius, 1.01 * raw_limit, steps=1000)
print(f"loss at the start {below[0]:.0f}; after 1,000 steps")
print(f"just below the limit {below[-1]:.1f}, just above {above[-1]:.3g}")
assert below[-1] < below[0] < above[-1]

# %%
# !!! quiz "The limit of the learning rate"
#     The two curvatures of a loss are 0.5 and 50. Above which learning rate does gradient descent explode?
#
#     - [=] 0.04
#       > $2 / 50$. The steepest direction decides.
#     - [ ] 4
#       > That is the limit of the flat direction. In the steep one, a step would multiply the distance by $1 - 200$.
#     - [ ] 0.02
#       > With $1/50$ the steep direction arrives in a single step. You may go twice as far.
#     - [ ] anything else
#       > Find the rate for which $1 - \eta\lambda$ is just $-1$, with the larger $\lambda$.
#
# ## Why scaling helps
#
# The last column of the table is the **condition number**: the largest curvature divided by the smallest. The steep
# direction forbids large steps, and the flat direction needs them. With the raw readings the bowl is a ravine, tens of
# thousands of times steeper across than along. Dividing by ten was a lucky guess; standardizing is the usual cure.
#
# The figure shows the three bowls from above, at one scale, with gray rings of equal loss. Each walk has fifty steps,
# at nine tenths of its largest stable rate; only the round bowl gets a smaller one, or it would be over at once.


def exact_line(u, t):
    """Return (w, b) with the least possible mean squared error."""
    design = torch.stack([u, torch.ones_like(u)], dim=1)
    return torch.linalg.lstsq(design, t[:, None]).solution.flatten()


def draw_walk(ax, u, learning_rate):
    """Draw rings and a walk; return the share of the distance that is left."""
    design = torch.stack([u, torch.ones_like(u)], dim=1)
    curvature, axes = torch.linalg.eigh(2 * design.T @ design / len(u))
    angle = torch.linspace(0, 2 * math.pi, 120)
    circle = torch.stack([angle.cos(), angle.sin()])
    bottom = exact_line(u, celsius)
    for excess in (20, 80, 180):  # square degrees above the bottom
        radii = (2 * excess / curvature).sqrt()
        ring = bottom[:, None] + axes @ (circle * radii[:, None])
        ax.plot(*ring, "-", color="#8a8a8a", linewidth=0.8)
    path, _ = walk(u, celsius, learning_rate, steps=50)
    ax.plot(*path.T, "o-", color=COLORS[1], markersize=2.5, linewidth=0.8)
    ax.plot(*bottom, "*", color=COLORS[0], markersize=9)
    ends = torch.stack([bottom - 24, bottom + 24], dim=1).tolist()
    ax.set(xlabel="w", xlim=ends[0], ylim=ends[1], aspect="equal")
    return (path[-1] - bottom).norm() / (path[0] - bottom).norm()


rates = [0.9 * raw_limit, 0.9 * 2 / curvatures(scaled)[1].item(), 0.2]
left = []
with style():
    fig, panels = plt.subplots(1, 3, figsize=(6.8, 3))
    for ax, name, rate in zip(panels, inputs, rates, strict=True):
        left.append(draw_walk(ax, inputs[name], rate))
        ax.set_title(f"{name}: {left[-1]:.0%} left", fontsize=9)
    panels[0].set_ylabel("b")
show(
    fig,
    "Three panels over w and b, at one scale: rings of equal loss, fifty steps "
    "of a walk, a star at the bottom. Raw readings: the rings are one upright "
    "needle, the walk jumps back and forth across it and keeps "
    f"{left[0]:.0%} of its distance from the star. Divided by ten: a slanted "
    f"ellipse, {left[1]:.0%} left. Standardized: circles, {left[2]:.0%} left.",
)
assert left[2] < 0.01 < left[1] < left[0]

# %%
# Across the needle any larger step would explode, and along it steps of that size lead nowhere. In the round bowl
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
#       > Every line before is a line afterward. Scaling inputs changes the walk, not what can be reached.
#     - [x] A larger learning rate is safe.
#       > The steepest curvature falls to about a hundredth, so the limit rises about a hundredfold.
#
# ## Were we right?
#
# For a line, least squares gives an exact answer without any walking. No training loop has a better friend.

exact = exact_line(scaled, celsius)
exact_loss = squared_error(line(scaled, *exact), celsius)
print(f"walk:  t = {w:.4f} u/10 {b:+.4f}, loss {losses[-1]:.5f}")
print(f"exact: t = {exact[0]:.4f} u/10 {exact[1]:+.4f}, loss {exact_loss:.5f}")
known = torch.tensor([5.368, -17.305])
torch.testing.assert_close(exact, known, rtol=0, atol=1e-3)
near = torch.allclose(places[-1], exact, rtol=1e-2)
claim(near, "the walk ends within one percent of the exact parameters")
claim(abs(losses[-1] - exact_loss) < 1e-4, "the losses agree to 0.0001")
claim(losses[-1] < 2.928, "a mean squared error of 2.9276")
report("mean squared error", losses[-1])

# %%
# The thermometer turns out to be a familiar one: it shows Fahrenheit, read by someone in a hurry.

fahrenheit = celsius * 9 / 5 + 32
slip = (unknown - fahrenheit).abs().mean()
print(f"one unit:  {exact[0] / 10:.2f} °C, in Fahrenheit {5 / 9:.2f} °C")
print(f"reading 0: {exact[1]:.1f} °C, in Fahrenheit {-32 * 5 / 9:.1f} °C")
print(f"the readings are off by {slip:.1f} degrees Fahrenheit on average")
assert slip < 5

# %%
# ## Let autograd find the slope
#
# The formula for the gradient was the only piece of calculus. [Backpropagation](04_backprop.py) showed who can do it
# for us. Three things change: the parameters say `requires_grad=True`, `backward()` fills their `.grad`, and the
# update happens inside `torch.no_grad()`, because the step itself is not part of the model.

parameters = torch.tensor([1.0, 0.0], requires_grad=True)  # w and b
for _ in range(100):
    loss = squared_error(line(scaled, *parameters), celsius)
    parameters.grad = None
    loss.backward()
    with torch.no_grad():
        parameters -= learning_rate * parameters.grad

by_hand, _ = walk(scaled, celsius, learning_rate, steps=100)
print("by hand ", [round(number, 3) for number in by_hand[-1].tolist()])
print("autograd", [round(number, 3) for number in parameters.tolist()])
same = {"rtol": 1e-4, "atol": 1e-4}
torch.testing.assert_close(parameters.detach(), by_hand[-1], **same)

# %%
# !!! warning "You may read this elsewhere"
#     `x = Variable(tensor, requires_grad=True)`, and then `x.data -= lr * x.grad.data`. `Variable` has done nothing
#     since 2018: it hands back a tensor. And `.data` goes past autograd: if you write through it *before*
#     `backward()`, you get a wrong gradient and no complaint. Today write tensors with `requires_grad=True`, and
#     updates inside `torch.no_grad()`, where the same slip is found.
#
# Here is the slip, both ways. The slope of $w^2$ at 3 is 6. We change $w$ to 30 between the forward and backward pass.

w = torch.autograd.Variable(torch.tensor(3.0), requires_grad=True)
y = w**2
w.data.mul_(10)
y.backward()
print(f"a {type(w).__name__}; through .data the slope is {w.grad.item():.0f}")
assert type(w) is torch.Tensor and w.grad == 60

w = torch.tensor(3.0, requires_grad=True)
y = w**2
with torch.no_grad():
    w.mul_(10)
complaint = objection(y.backward)
print("under no_grad:", complaint)
assert "modified by an inplace operation" in complaint

# %%
# ## Let an optimizer take the step
#
# An **optimizer** holds the parameters and knows one rule for the step; `SGD` is the rule you used. This loop is the
# shape of all training in PyTorch, whatever the model: *forward, loss, zero_grad, backward, step*.

parameters = torch.tensor([1.0, 0.0], requires_grad=True)
optimizer = torch.optim.SGD([parameters], lr=learning_rate)
for _ in range(100):
    loss = squared_error(line(scaled, *parameters), celsius)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("torch.optim", [round(number, 3) for number in parameters.tolist()])
torch.testing.assert_close(parameters.detach(), by_hand[-1], **same)

# %%
# If you come from Keras you may miss `fit()`, the one call that trains. PyTorch has none, on purpose: in a loop you
# can print, and change a line instead of looking for an option. Once a loop of yours no longer changes, make it a
# function, as `kindling.training.fit` does after [your first network](../2-training/10_first-network.py).
#
# ### The optimizer that hides the lesson
#
# "Use Adam, then you need not scale your inputs," people say. `Adam` measures the size of each gradient and divides by
# it, so it forgives badly scaled inputs. But it treats only the symptom. Let us count how many steps it takes until
# the loss is within one percent of the exact one, on the raw readings and with plain SGD for comparison.


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
    return math.inf


def sgd(rate):
    return lambda p: torch.optim.SGD(p, lr=rate)


adam = steps_needed(lambda p: torch.optim.Adam(p, lr=0.1), unknown)
plain_raw = steps_needed(sgd(0.9 * raw_limit), unknown)
plain = steps_needed(sgd(0.2), standardized)
print(f"raw readings: Adam {adam} steps, SGD more than 5,000")
print(f"standardized: SGD {plain} steps")
assert plain < 50 < adam < plain_raw == math.inf

# %%
# On standardized readings the plainest optimizer arrives first by far. So standardize the inputs, whatever the
# optimizer. How Adam works, and what else there is, is told in [optimizers](08_optimizers.py).
#
# ## Batches and epochs
#
# Each of our steps looked at all eleven readings. With eleven million that would be slow, so one takes a few of them
# for a step: a **batch**. One pass over all of them is an **epoch**. With batches of four, our epoch has three steps,
# the last on the three readings that remain. Each step sees a slightly different bowl, so the walk trembles.

generator = torch.Generator().manual_seed(0)
w, b = torch.tensor(1.0), torch.tensor(0.0)
count = 0
for _ in range(steps(1000, 2)):  # epochs
    for batch in torch.randperm(11, generator=generator).split(4):
        grad_w, grad_b = gradient(standardized[batch], celsius[batch], w, b)
        w, b = w - 0.02 * grad_w, b - 0.02 * grad_b
        count += 1
batch_loss = squared_error(line(standardized, w, b), celsius)
print(f"{count:,} steps: loss {batch_loss:.3f}, exact {exact_loss:.3f}")
claim(batch_loss < 1.05 * exact_loss, "batches come within five percent")

# %%
# !!! quiz "Counting steps"
#     100 readings, batches of 8, 5 epochs. How many times is `optimizer.step()` called?
#
#     - [=] 65
#       > 12 full batches and one with the last 4 readings make 13 steps for each epoch, and there are 5.
#     - [ ] 60
#       > You left out the last batch. It is smaller, and it counts.
#     - [ ] 500
#       > That is the number of readings looked at. A step takes a whole batch.
#     - [ ] 5
#       > That would be one step for each epoch, as with all readings in one batch.
#     - [ ] anything else
#       > Steps in one epoch: 100 divided by 8, rounded up.
#
# ## A network instead of a line
#
# A line was a guess. Could a curve do better? Put a layer of eight units between reading and temperature, each with
# the activation function $\tanh$, which bends a line into an S. Only the model changes; the loop stays as it is.
#
# A model with more freedom needs a stricter check. Two of the eleven readings are put aside before anything is fitted,
# and used only for judging: they are the [validation](../2-training/12_validate-regularize.py) set.

order = torch.randperm(11, generator=torch.Generator().manual_seed(0))
train, val = order[:9], order[9:]
u = scaled[:, None]  # [readings, 1]: a layer wants one row for each example
t = celsius[:, None]  # [readings, 1]

torch.manual_seed(0)
network = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
print(f"{count_parameters(network)} parameters, {len(train)} readings to fit")
assert count_parameters(network) == 8 + 8 + 8 + 1

# %%
# Here are the same five lines. Now every one of them is PyTorch's own, the loss included.

optimizer = torch.optim.SGD(network.parameters(), lr=network_learning_rate)
network.train()  # a mode that this network does not need, but others do
for _ in range(walk_length):
    loss = F.mse_loss(network(u[train]), t[train])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
network.eval()

w, b = exact_line(scaled[train], celsius[train])
with torch.no_grad():
    fitted = {"line": line(u, w, b), "1-8-1 network": network(u)}
for name, values in fitted.items():
    train_loss, val_loss = (F.mse_loss(values[i], t[i]) for i in (train, val))
    print(f"{name:13} training {train_loss:.2f}, validation {val_loss:.2f}")

# %%
# Before you believe a validation loss from two readings, see how much depends on *which* two. Try all pairs.

pairs = torch.combinations(torch.arange(11))
val_losses = []
for pair in pairs:
    rest = torch.ones(11, dtype=torch.bool).index_fill(0, pair, False)
    w_b = exact_line(scaled[rest], celsius[rest])
    pair_loss = squared_error(line(scaled[pair], *w_b), celsius[pair])
    val_losses.append(pair_loss.item())
print(f"the line, validated on each of {len(pairs)} pairs:")
print(f"loss from {min(val_losses):.2f} to {max(val_losses):.1f}")
assert max(val_losses) > 10 * min(val_losses)

# %%
# The same model, and the luck of the draw decides whether it looks excellent or poor. Eleven readings are far too few
# to choose between a line and something more flexible. So look at the curves, and beyond the readings as well.

wide = torch.linspace(0, 12, 121)[:, None]  # readings 0 to 120, over ten
with torch.no_grad():
    curve = network(wide)
with style():
    fig, ax = plt.subplots()
    groups = {"training": (train, MARKERS[0]), "validation": (val, MARKERS[2])}
    for name, (rows, marker) in groups.items():
        u_t = unknown[rows], celsius[rows]
        ax.plot(*u_t, marker, linestyle="none", color=INK, label=name)
    lines = {"line": line(wide, w, b), "1-8-1 network": curve}
    for i, (name, heights) in enumerate(lines.items()):
        ax.plot(10 * wide, heights, STROKES[i], color=COLORS[i], label=name)
    ax.set(xlabel="reading", ylabel="temperature (°C)")
    ax.legend()
show(
    fig,
    "Line and network over readings from 0 to 120, with nine training and two "
    "validation points between 20 and 82. Beyond them the line rises to "
    f"{line(wide[-1], w, b).item():.0f} °C, and the network levels off at "
    f"{curve[-1].item():.0f} °C.",
)

# %%
# !!! quiz "Where the split belongs"
#     You want to standardize the readings and to put two aside for validation. What comes first?
#
#     - [ ] Standardize all eleven, then split: it is only arithmetic, no label is involved.
#       > Mean and standard deviation would then contain the readings that you put aside.
#     - [x] Split, then take mean and standard deviation from the training readings, and apply them to both.
#       > Whatever is computed from data is fitted, and fitting belongs to the training set.
#     - [ ] Split, then standardize each part by its own mean and standard deviation.
#       > Then the same reading would become two different numbers, and the model could not tell which scale it is on.
#
# ## Where it fails
#
# Dip the thermometer into a cup of hot tea: the reading is 120, and we know what that is in Fahrenheit. The line has
# the right form, so it should come close. The network has never seen such a reading, and $\tanh$ is flat far out.

true_tea = (120 - 32) * 5 / 9
line_tea, network_tea = line(12.0, w, b).item(), curve[-1].item()
print(f"line {line_tea:.0f}, network {network_tea:.0f}, true {true_tea:.0f} °C")
claim(true_tea - network_tea > 10, "the network is more than ten degrees off")
line_miss, network_miss = abs(line_tea - true_tea), abs(network_tea - true_tea)
claim(line_miss < network_miss, "and the line comes closer")

# %%
# The network gives no sign that it is guessing. Trust a flexible model among its training data, not beyond them.
#
# A second failure is quiet, too. A layer gives a column, `[11, 1]`. If the temperatures are a row, `[11]`, the
# [difference](01_tensors.py) is a table of 11 by 11, and the loss is wrong. That is what `[:, None]` was for.
#
# ## Exercises
#
# [The workbook](07_thermometer.exercises.py) has a gap to fill for each of these, with hints, a checker, a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Optimizers](08_optimizers.py) replaces the plain step by better ones, and looks at landscapes with many valleys.
# [Your first network](../2-training/10_first-network.py) runs the same five lines on images.
