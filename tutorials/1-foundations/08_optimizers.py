# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["N4", "S2.26", "S2.27", "S2.28", "S2.Q", "S4.4", "R2"]
# data = []
# minutes = 1
# figure = 1
# metric = { name = "success of 20 restarts", unit = "%", target = 95, reference = "about 27% from one start" }
# description = "SGD, momentum, AdaGrad, RMSProp, Adam, schedules, parameter groups; local minima and random restarts."
# ///
"""
# Optimizers: valleys, momentum, restarts

A gradient says which way is down. It does not say how far to go, and it cannot
see the deeper valley behind the hill. Here you build the rules that turn
gradients into steps, each in a line or two. By the end, twenty random starts
find the deepest of four valleys in more than 95 of 100 trials.
"""

# %%
# Our first landscape is a ravine: gentle along the first axis, fifty times steeper along the second. The loss of a
# real network looks like this up close. `walk` goes down it, with any optimizer, and keeps the whole path.

import math
from functools import partial
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, StepLR

from kindling.plots import COLORS, INK, curves, show, style
from kindling.runtime import objection, report

learning_rate = 0.035  # in the ravine
batch_size = 10
restarts = 20
trials = 1000


def ravine(w):
    """Return the height at w [..., 2]."""
    return (w[..., 0] ** 2 + 50 * w[..., 1] ** 2) / 2


def walk(f, start, make_optimizer, steps):
    """Walk down f from start [..., 2]; return the path [steps + 1, ..., 2]."""
    w = start.clone().requires_grad_()
    optimizer = make_optimizer([w])
    path = [start]
    for _ in range(steps):
        optimizer.zero_grad()
        f(w).sum().backward()  # many walkers: each has its own gradient
        optimizer.step()
        path.append(w.detach().clone())
    return torch.stack(path)


start = torch.tensor([-4.0, 1.0])
plain = partial(SGD, lr=learning_rate)
heavy = partial(SGD, lr=learning_rate, momentum=0.8)
slow, fast = (walk(ravine, start, make, steps=300) for make in (plain, heavy))

# %%
# Two walks of forty steps differ by one number, the momentum. Rings join equal heights; the cross is the bottom.


def panel(ax, f, path, title, color, span):
    """Draw a landscape and a path over it, with a dot for each step."""
    xs, ys = (torch.linspace(*ends, 50) for ends in span)
    heights = f(torch.stack(torch.meshgrid(xs, ys, indexing="xy"), dim=-1))
    rings = {"colors": "#a0a0a0", "linewidths": 0.7}
    ax.contour(xs, ys, heights, [0.3, 2, 6, 13, 25], **rings)
    ax.plot(*path.T, "o-", linewidth=1.2, color=color, markersize=3)
    ax.plot(0, 0, "x", color=INK)
    ax.set(title=title, xlabel="$w_1$", ylabel="$w_2$")
    ax.set(xlim=span[0], ylim=span[1])
    ax.label_outer()
    ax.grid(False)


span = ((-4.5, 1.5), (-1.3, 1.3))
with style():
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.5), sharey=True)
    panel(axes[0], ravine, slow[:41], "plain", COLORS[0], span)
    panel(axes[1], ravine, fast[:41], "momentum 0.8", COLORS[1], span)
    show(
        fig,
        "Forty steps in a long narrow ravine, twice. Plain descent jumps from "
        "wall to wall, then creeps along the floor and is still "
        f"{slow[40].norm():.1f} from the bottom. With momentum the walk swings "
        f"in wide curves and ends {fast[40].norm():.2f} from it.",
    )

# %%
# Plain descent wastes its first steps on the walls and then creeps. With momentum the walk swings, and comes back.
#
# ## The update, in one line
#
# The simplest rule subtracts the [gradient](04_backprop.py), times the learning rate, from the weights.

w = start.clone().requires_grad_()
by_hand = [start]
for _ in range(3):
    ravine(w).backward()
    with torch.no_grad():
        w -= learning_rate * w.grad  # the whole optimizer
    w.grad = None
    by_hand.append(w.detach().clone())
print(torch.stack(by_hand))
torch.testing.assert_close(slow[:4], torch.stack(by_hand))
print("three steps by hand = three steps of torch.optim.SGD")

# %%
# A rule that turns gradients into new weights is an **optimizer**. In `torch.optim` it is an object that holds the
# weights: `zero_grad()` clears the gradients, `step()` applies the rule. Plain descent is `SGD`. The steep direction
# sets its speed limit: above $2/50$ the walk [climbs out of the ravine](07_thermometer.py). How long does it take?


def arrival(path, within=0.05):
    """Return the first step from which on the walk stays close to (0, 0)."""
    return (path.norm(dim=1) > within).nonzero()[-1].item() + 1


print(f"rate {learning_rate}: arrives after {arrival(slow)} steps")
assert arrival(slow) > 100

# %%
# ## Momentum
#
# On the walls the gradient changes its sign at each step. Along the floor it always points the same way. So keep a
# **velocity** $v$, add each gradient $g$ to it, and let the old velocity fade by a factor $\mu$ (say "mu"). What
# changes sign cancels out; what agrees adds up. With a learning rate $\eta$ (say "eta"), that is **momentum**:
#
# $$v \leftarrow \mu v + g, \qquad w \leftarrow w - \eta v$$

w = start.clone().requires_grad_()
velocity = torch.zeros(2)
for _ in range(40):
    ravine(w).backward()
    with torch.no_grad():
        velocity = 0.8 * velocity + w.grad
        w -= learning_rate * velocity
    w.grad = None
torch.testing.assert_close(w.detach(), fast[40])
print(f"plain {arrival(slow)} steps, with momentum {arrival(fast)}")
assert arrival(fast) < arrival(slow) / 2

# %%
# ### It adds up, it does not average
#
# You may read that momentum computes a moving *average* of the gradients. There is a form that does, with a factor
# $1 - \mu$ before the gradient, which torch sets by `dampening`. Put a gradient of 1 into each step: an average stays
# at 1, and a sum grows toward $1 / (1 - \mu)$. Which of the two is PyTorch's?


def speeds(make_optimizer, steps=80):
    """Return the lengths of steps under a constant gradient of 1."""
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = make_optimizer([w], lr=1.0)
    places = [0.0]
    for _ in range(steps):
        w.grad = torch.ones_like(w)
        optimizer.step()
        places.append(w.item())
    return [before - after for before, after in pairwise(places)]


summed = speeds(partial(SGD, momentum=0.9))
averaged = speeds(partial(SGD, momentum=0.9, dampening=0.9))
for name, lengths in {"PyTorch": summed, "average": averaged}.items():
    print(name, [round(lengths[i], 2) for i in (0, 1, 2, 9, 79)])
assert abs(summed[-1] - 10) < 0.01 and abs(averaged[-1] - 1) < 1e-4
assert math.isclose(summed[4], 1 + 0.9 + 0.9**2 + 0.9**3 + 0.9**4)

# %%
# PyTorch's momentum adds up: its steps (1, 2, 3, 10 and 80 are shown) become ten times longer. So when you switch
# momentum 0.9 on, begin with a learning rate ten times smaller.
#
# !!! quiz "Speed on a steady slope"
#     With `SGD(..., lr=0.01, momentum=0.8)` a weight has had the gradient 2 for 100 steps. How long is its next step?
#
#     - [ ] 0.02
#       > That is plain descent, or an averaging momentum. PyTorch's velocity adds up what came before.
#     - [=] 0.1 ± 0.0005
#       > The velocity has grown to $2 / (1 - 0.8) = 10$, and the rate takes a hundredth of it.
#     - [ ] anything else
#       > Add up the fading gradients: $2 (1 + 0.8 + 0.8^2 + \ldots)$. Then multiply by the learning rate.
#
# ## What "stochastic" means
#
# The loss is the mean over all examples of a training set. A handful tells you roughly the same, so take a random
# batch, use *its* gradient, step. That is **stochastic gradient descent**, **SGD**. (Strictly, with one example at a
# time; today people say SGD for any batch size. The optimizer applies its rule to whatever gradient it finds.)
#
# How rough is "roughly"? Take a thousand points, and let the loss of a place be its mean squared distance to them,
# halved. At the origin, compare the gradients of many random batches with the gradient of all points.

torch.manual_seed(8)
points = torch.tensor([3.0, -1.0]) + torch.randn(1000, 2)
best = points.mean(dim=0)
spread = {}
for size in (1, 10, 100):
    batches = points[torch.randint(1000, (4000, size))]  # [4000, size, 2]
    error = best - batches.mean(dim=1)  # the gradient at w is w - mean
    spread[size] = error.square().sum(dim=1).mean().sqrt().item()
    bias = error.mean(dim=0).norm()
    print(f"batch {size:3}: mean error {bias:.3f}, typical {spread[size]:.3f}")
    assert bias < 0.1
assert all(2.8 < spread[size] / spread[10 * size] < 3.5 for size in (1, 10))

# %%
# On average a batch is right. Its error shrinks slowly: a third of the error takes about ten times the examples.
#
# ## Schedules
#
# Near the best place the true gradient is nearly zero, but that of a batch is not, so the walk hovers, and the larger
# the learning rate, the wider it hovers. A small rate takes ages to arrive. A **learning rate schedule** begins large
# and ends small. In PyTorch it is an object whose `step()` comes *after* the optimizer's. Here are three:


def settings(make_scheduler, steps=100):
    """Return the learning rate and the momentum used at each step."""
    w = torch.zeros(1, requires_grad=True)
    optimizer = SGD([w], lr=0.1, momentum=0.9)
    scheduler = make_scheduler(optimizer)
    used = []
    for _ in range(steps):
        group = optimizer.param_groups[0]
        used.append((group["lr"], group["momentum"]))
        optimizer.step()
        scheduler.step()
    return zip(*used, strict=True)


one_cycle = partial(OneCycleLR, max_lr=0.1, total_steps=100, pct_start=0.2)
shapes = {
    "steps": partial(StepLR, step_size=30, gamma=0.3),
    "cosine": partial(CosineAnnealingLR, T_max=100),
    "one cycle": one_cycle,
}
rate, momentum = {}, {}
with style():
    fig, axes = plt.subplots(1, 2, figsize=(6.8, 2.8))
    for name, make in shapes.items():
        rate[name], momentum[name] = settings(make)
        axes[0].plot(rate[name])
        axes[1].plot(momentum[name], label=name)
    axes[0].set(xlabel="step", ylabel="learning rate")
    axes[1].set(xlabel="step", ylabel="momentum")
    axes[1].legend()
    show(
        fig,
        "Left, the learning rate over a hundred steps: three stairs down from "
        "0.1; half a cosine from 0.1 to 0; one cycle, up to 0.1 for a fifth of "
        "the way and then down. Right, the momentum: 0.9 throughout for the "
        "first two; one cycle takes it from 0.95 to 0.85 and back.",
    )
peak = int(np.argmax(rate["one cycle"]))
assert 18 <= peak <= 20 and peak == int(np.argmin(momentum["one cycle"]))
assert math.isclose(rate["cosine"][50], 0.1 / 2)
assert math.isclose(rate["steps"][99], 0.1 * 0.3**3)
assert set(momentum["steps"]) == set(momentum["cosine"]) == {0.9}

# %%
# `StepLR` cuts the rate every so often. The cosine falls slowly, then fast, then slowly. The one cycle first *rises*:
# fresh weights have wild gradients, and a small rate in the beginning (a **warm-up**) protects them. It also moves our
# momentum of 0.9, against the rate, and in Adam and AdamW (see below) $\beta_1$. `cycle_momentum=False` prevents that.

w = torch.zeros(1, requires_grad=True)
optimizer = AdamW([w])  # its beta_1 is 0.9
one_cycle(optimizer)
print("AdamW's beta_1 with one cycle:", optimizer.param_groups[0]["betas"][0])
assert optimizer.param_groups[0]["betas"][0] == 0.95
optimizer = SGD([w], momentum=0.9)
scheduler = one_cycle(optimizer, cycle_momentum=False)
print("cycle_momentum=False:", optimizer.param_groups[0]["momentum"])
assert optimizer.param_groups[0]["momentum"] == 0.9
print(objection(scheduler.step))
assert "before `optimizer.step()`" in objection(one_cycle(optimizer).step)

# %%
# The last line is PyTorch's warning when the scheduler steps first, and so skips a rate. Does a schedule help with the
# noise? Two hundred walkers, each with its own batches of ten, look for the middle of our thousand points.


def search(rate, schedule=None, steps=300):
    """Return the typical distance of 200 walkers from the best place."""
    torch.manual_seed(8)
    w = torch.zeros(200, 2, requires_grad=True)
    optimizer = SGD([w], lr=rate)
    scheduler = schedule(optimizer) if schedule else None
    distances = []
    for _ in range(steps):
        batch = points[torch.randint(1000, (200, batch_size))]  # [200, 10, 2]
        loss = (w[:, None] - batch).square().sum(dim=2).mean(dim=1).sum() / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler:
            scheduler.step()
        squares = (w.detach() - best).square().sum(dim=1)
        distances.append(squares.mean().sqrt().item())
    return distances


cosine = partial(CosineAnnealingLR, T_max=300)
distance = {
    "always 0.3": search(0.3),
    "always 0.02": search(0.02),
    "from 0.3 to 0 by cosine": search(0.3, cosine),
}
curves(
    {name: values[::4] for name, values in distance.items()},
    x=range(1, 301, 4),
    xlabel="step",
    ylabel="distance from the best place",
    logy=True,
)
for name, values in distance.items():
    print(f"{name:24} step 10: {values[9]:.3f}, step 300: {values[-1]:.3f}")
large, small, falling = distance.values()
assert falling[9] < 0.2 * small[9] and falling[-1] < 0.4 * large[-1]
assert falling[-1] < 1.5 * small[-1]

# %%
# The large rate gets near within ten steps and then hovers. The small one crawls. The schedule gets near, and settles.
#
# !!! quiz "Where the scheduler steps"
#     You build `CosineAnnealingLR(optimizer, T_max=300)` for a training of 300 *batches*. Which are true?
#
#     - [x] `scheduler.step()` belongs inside the loop over batches.
#       > `T_max` counts calls of `scheduler.step()`. You expected 300 batches, so call it once for each.
#     - [ ] `scheduler.step()` replaces `optimizer.step()`.
#       > It only writes a new rate into the optimizer. No weight moves.
#     - [x] `optimizer.step()` must come before it.
#       > Otherwise the first rate of the schedule is skipped, and PyTorch warns.
#
# ## A rate for each weight: AdaGrad, RMSProp, Adam
#
# Instead of one rate for all, three optimizers divide each gradient by its usual size, the root of a memory $s$:
#
# | optimizer | its memory $s$ | step |
# |---|---|---|
# | **AdaGrad** | $s + g^2$, a sum | $\eta\, g / \sqrt{s}$ |
# | **RMSProp** | $0.99\, s + 0.01\, g^2$, a running average | $\eta\, g / \sqrt{s}$ |
# | **Adam** | $\beta_2 s + (1 - \beta_2)\, g^2$, a running average | $\eta\, \hat m / \sqrt{\hat s}$ |
#
# Send them down the steady slope, where the gradient is always 1.

adaptive = {"AdaGrad": Adagrad, "RMSProp": RMSprop, "Adam": Adam}
steady = {name: speeds(make) for name, make in adaptive.items()}
curves(steady, x=range(1, 81), xlabel="step", ylabel="length of the step")
for name, lengths in steady.items():
    print(f"{name:8}", ", ".join(f"{lengths[i]:.2f}" for i in (0, 1, 3, 79)))
assert np.allclose(steady["AdaGrad"], [t**-0.5 for t in range(1, 81)])
assert np.allclose(steady["Adam"], 1) and np.isclose(steady["RMSProp"][0], 10)

# %%
# AdaGrad's sum only grows, so its steps shrink like $1/\sqrt t$: the fourth is half as long as the first. RMSProp
# forgets, so its steps fall toward the learning rate; but its average begins at zero, and the first step is ten times
# too long. **Adam** corrects that, and adds momentum: a running average $m$ of the gradient (a true average, by the
# factor $1 - \beta_1$). The correction: $\hat m = m / (1 - \beta_1^t)$ in step $t$, and
# $\hat s = s / (1 - \beta_2^t)$.

w = start.clone().requires_grad_()
m, s = torch.zeros(2), torch.zeros(2)
for t in range(1, 41):
    ravine(w).backward()
    with torch.no_grad():
        m = 0.9 * m + 0.1 * w.grad
        s = 0.999 * s + 0.001 * w.grad**2
        m_hat, s_hat = m / (1 - 0.9**t), s / (1 - 0.999**t)
        w -= 0.1 * m_hat / (s_hat.sqrt() + 1e-8)  # never divide by zero
    w.grad = None

adam = partial(Adam, lr=0.1)
by_torch = walk(ravine, start, adam, steps=300)
torch.testing.assert_close(w.detach(), by_torch[40], rtol=1e-4, atol=1e-5)
print("forty steps by hand = forty steps of torch.optim.Adam")
first = by_torch[1] - by_torch[0]
print("gradient at the start", (start * torch.tensor([1.0, 50.0])).tolist())
print("Adam's first step    ", [round(step, 4) for step in first.tolist()])
assert (first.abs() - 0.1).abs().max() < 1e-4

# %%
# The second gradient was more than ten times the first, yet both weights moved by the learning rate. So to Adam the
# size of the loss should not matter. Measure the height in millimeters instead of meters:

again = walk(lambda w: 1000 * ravine(w), start, adam, steps=300)
torch.testing.assert_close(again, by_torch, rtol=1e-3, atol=1e-4)
lost = walk(lambda w: 1000 * ravine(w), start, plain, steps=5)[-1].norm()
print(f"Adam: the same path; plain descent: {lost:.1g} away after 5 steps")
assert lost > 1e6

# %%
# ### Only along the axes
#
# Adam rescales each weight *by itself*, and our ravine lies along an axis. Now turn the map by 45 degrees.

turn = torch.tensor([[1.0, -1.0], [1.0, 1.0]]) * math.sqrt(0.5)


def tilted(w):
    return ravine(w @ turn)


steps = {}
print("steps to the bottom   straight   tilted")
for name, make in {"plain": plain, "momentum": heavy, "Adam": adam}.items():
    straight = walk(ravine, start, make, steps=400)
    across = walk(tilted, turn @ start, make, steps=400)
    steps[name] = arrival(straight), arrival(across)
    print(f"{name:22} {steps[name][0]:7} {steps[name][1]:8}")
assert all(abs(steps[n][0] - steps[n][1]) <= 1 for n in ("plain", "momentum"))
assert steps["momentum"][0] < steps["Adam"][0] < steps["Adam"][1] / 2

# %%
# Plain descent and momentum do not notice the turn. Adam needs more than twice as many steps, and in neither ravine is
# it as fast as momentum. But that momentum was chosen for this very ravine. In a network the scales differ from
# layer to layer and change on the way, and Adam's default rate, a thousandth, is often good enough to begin with.
#
# ### Adam and weight decay
#
# [Weight decay](../2-training/12_validate-regularize.py) pulls every weight toward zero a little at each step. Put
# that pull into Adam's gradient, and Adam divides it by the gradient's usual size as well. `AdamW` subtracts it from
# the weight directly. Below, two weights get gradients that flip their sign at each step, so only the decay is left.

sizes = torch.tensor([10.0, 0.1])
left = {}
for make in (Adam, AdamW):
    w = torch.ones(2, requires_grad=True)
    optimizer = make([w], lr=1e-3, weight_decay=0.1)
    for step in range(1000):
        w.grad = sizes * (-1) ** step
        optimizer.step()
    left[make.__name__] = w.detach()
    print(f"{make.__name__:5} large gradients {w[0]:.3f}, small {w[1]:.3f}")
assert (left["AdamW"] - 0.9).abs().max() < 0.02
assert left["Adam"][0] > 0.97 and left["Adam"][1] < 0.7

# %%
# !!! quiz "Adam or AdamW"
#     Why does `AdamW` exist?
#
#     - [ ] `Adam` has no `weight_decay`.
#       > It has one, and the code above used it. It goes into the gradient, and that is the trouble.
#     - [ ] It decays weights with large gradients more, since they overfit most.
#       > It treats all in the same way. In `Adam` the weights with large gradients are decayed *least*.
#     - [x] In `Adam` the decay is divided by the size of the gradient; `AdamW` takes the same share off every weight.
#       > Exactly the two lines printed above: with `Adam` the weight with large gradients hardly shrank.
#
# ### Parameter groups
#
# Biases are usually not decayed, and a layer that was trained before gets a smaller rate: give the optimizer a list of
# **parameter groups**. What a group does not set, it takes from the call. With zero gradients, only the decay acts.

weight = torch.ones(1, requires_grad=True)
bias = torch.ones(1, requires_grad=True)
groups = [{"params": [weight]}, {"params": [bias], "weight_decay": 0.0}]
optimizer = AdamW(groups, lr=0.01, weight_decay=0.1)
for _ in range(100):
    weight.grad, bias.grad = torch.zeros(1), torch.zeros(1)
    optimizer.step()
for group in optimizer.param_groups:
    value = group["params"][0].item()
    print(f"decay {group['weight_decay']}: from 1 to {value:.3f}")
assert math.isclose(weight.item(), 0.999**100, rel_tol=1e-4) and bias == 1

# %%
# ## Valleys
#
# Here are four valleys, a test function named after Styblinski and Tang. Each coordinate has two hollows with a hump
# between, and one of the hollows is deeper. So one valley is the deepest, the **global minimum**; the others are
# **local minima**, lower than everything around them. Ten walkers start at random places, with plain descent.


def valleys(w):
    """Return the height at w [..., axes]."""
    return (w**4 - 16 * w**2 + 5 * w).sum(dim=-1) / 2


deep, hump, shallow = sorted(np.roots([4, 0, -32, 5]).tolist())  # slope zero
for place in (deep, hump, shallow):
    print(f"height {valleys(torch.tensor([place])):5.1f} at {place:5.2f}")

descent = partial(SGD, lr=0.01)
generator = torch.Generator().manual_seed(7)
starts = 10 * torch.rand(10, 2, generator=generator) - 5
ten = walk(valleys, starts, descent, steps=30)
deepest = (ten[-1] - deep).abs().amax(dim=1) < 0.1
print(f"{deepest.sum()} of 10 in the deepest valley")
assert torch.equal(ten[-1] > hump, starts > hump)  # none crosses a hump

grid = torch.linspace(-5, 5, 41)
ground = valleys(torch.cartesian_prod(grid, grid)).view(41, 41).T
with style():
    fig, ax = plt.subplots(figsize=(4.4, 3.8))
    rings = {"colors": "#a0a0a0", "linestyles": "-", "linewidths": 0.7}
    ax.contour(grid, grid, ground, [-65, -45, -30, -15, 0, 60], **rings)
    for path, found in zip(ten.transpose(0, 1), deepest, strict=True):
        color, stroke = (COLORS[1], "-") if found else (COLORS[0], "--")
        ax.plot(*path.T, stroke, color=color, marker="o", markevery=[0])
    ax.plot(deep, deep, "x", color=INK, markersize=9)
    ax.grid(False)
    ax.set(xlabel="$w_1$", ylabel="$w_2$", aspect="equal")
    show(
        fig,
        "A landscape with a valley in each corner and ten walks, each into the "
        f"valley where it began. {deepest.sum()} of them, in solid orange, end "
        "in the deepest one at the lower left, marked by a cross; the others, "
        "dashed blue, end elsewhere.",
    )

# %%
# Each walker ends in the valley where it began; nothing in its gradient tells of a deeper one. How likely is a lucky
# start? By geometry, it is on the deep side of the hump in both coordinates. By counting, ask twenty thousand walkers.


def lucky(axes, make_optimizer, walkers):
    """Return for each walker whether it ends in the deepest valley."""
    generator = torch.Generator().manual_seed(8)
    starts = 10 * torch.rand(walkers, axes, generator=generator) - 5
    ends = walk(valleys, starts, make_optimizer, steps=200)[-1]
    return (ends - deep).abs().amax(dim=1) < 0.1


found = lucky(2, descent, walkers=trials * restarts)
p = found.float().mean().item()
by_geometry = ((hump + 5) / 10) ** 2
print(f"by geometry {by_geometry:.3f}, by counting {p:.3f}")
assert abs(p - by_geometry) < 0.015

# %%
# ## Random restarts
#
# The oldest trick is to try again: start $n$ times, at random, and keep the lowest end. This is **random restart**.
# All $n$ fail with probability $(1 - p)^n$, so the chance of success is $1 - (1 - p)^n$.

by_trial = found.view(trials, restarts)
success = by_trial.cummax(dim=1).values.float().mean(dim=0)  # among first n
n = torch.arange(1, restarts + 1)
predicted = 1 - (1 - by_geometry) ** n
curves(
    {"measured": success, "$1 - (1 - p)^n$": predicted},
    x=n,
    xlabel="number of random starts",
    ylabel="share of trials that succeed",
    alt="Share of a thousand trials that find the deepest valley, against the "
    f"number of starts: {success[0]:.2f} for one, {success[4]:.2f} for five, "
    f"{success[-1]:.3f} for twenty. The formula runs along the same curve.",
)
for count in (1, 5, restarts):
    print(f"{count:2} starts: {success[count - 1]:.1%}")
report("success of 20 restarts", success[-1])
assert success[-1] > 0.95 and (success - predicted).abs().max() < 0.06

# %%
# ## Which one?
#
# | you have | begin with |
# |---|---|
# | a new network and no time | `AdamW`, learning rate 0.001, a one-cycle or cosine schedule |
# | time to tune, many epochs | `SGD` with momentum 0.9, a tuned rate, a schedule |
# | a few weights and many valleys | any of them, and random restarts |
#
# ## Where it fails
#
# Restarts live on the chance of a lucky start. What happens with five axes, or with ten?

after_restarts = {}
for axes in (2, 5, 10):
    many = lucky(axes, descent, walkers=400 * restarts).view(400, restarts)
    after_restarts[axes] = many.any(dim=1).float().mean().item()
    chance = ((hump + 5) / 10) ** axes
    print(f"{axes:2} axes: 1 start {chance:.2%}, 20 {after_restarts[axes]:.1%}")
assert after_restarts[2] > 0.95 and after_restarts[10] < 0.1

# %%
# Each new axis roughly halves the chance. With the millions of a network, no number of restarts would find the deepest
# valley. Luckily nobody needs it: very many places are about equally good, and we judge them by how they do on new
# examples. People still train from several seeds, to see how much of a result is luck.
#
# ## Exercises
#
# [The workbook](08_optimizers.exercises.py) has a gap to fill for each of these, with hints, a checker and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Softmax and cross-entropy](../2-training/09_softmax-cross-entropy.py) shows the landscape that most classifiers walk
# down. [A first network](../2-training/10_first-network.py) puts an optimizer of this page to work on images.
