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
# metric = { name = "success of 20 restarts", unit = "%", target = 95, reference = "about 27 % from one start" }
# description = "SGD, momentum, Adam and schedules by hand and in torch.optim; local minima and random restarts."
# ///
"""
# Optimizers: valleys, momentum, restarts

A gradient says which way is down. It does not say how far to go, and it cannot see the deeper valley behind
the hill. Here you build the rules that turn gradients into steps, each in a line or two. By the end twenty
random starts find the deepest of four valleys in more than 95 of 100 trials, where a single start does so
about once in four.
"""

# %%
# You will
#
# - write plain descent, **momentum** and **Adam** by hand, and check each against `torch.optim`,
# - see what **stochastic** means in SGD, and how a schedule quietens the noise,
# - get stuck in a **local minimum**, and get out by the oldest trick there is.
#
# The landscapes have two axes, so that you can see the whole walk. A network has millions, and the very same
# rules.

import math
from functools import partial
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.optim import SGD, Adam, AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, StepLR

from kindling.plots import COLORS, INK, curves, show, style
from kindling.runtime import objection, report

learning_rate = 0.035  # in the ravine
batch_size = 10
restarts = 20
trials = 1000

# %%
# ## The update, in one line
#
# Our first landscape is a ravine. Along the first axis the ground falls gently, along the second it is fifty
# times steeper. The bottom is at $(0, 0)$. Losses of real networks look like this from close by: steep in
# some directions, nearly flat in others.
#
# A walk down needs a gradient, which is what [autograd](04_backprop.py) is for, and a rule. The simplest rule
# is a single line: take from each weight its gradient, times the learning rate.


def ravine(w):
    """Return the height at w [..., 2]."""
    return (w[..., 0] ** 2 + 50 * w[..., 1] ** 2) / 2


start = torch.tensor([-4.0, 1.0])
w = start.clone().requires_grad_()
by_hand = [start]
for _ in range(3):
    ravine(w).backward()
    with torch.no_grad():
        w -= learning_rate * w.grad  # the whole optimizer
    w.grad = None  # gradients add up, unless you clear them
    by_hand.append(w.detach().clone())
print(torch.stack(by_hand))

# %%
# The rule that turns gradients into new weights is called an **optimizer**. In `torch.optim` it is an object
# that holds the weights. `zero_grad()` clears the gradients, `step()` applies the rule. Plain descent is
# `SGD`; where that name comes from you will see below.
#
# We keep the whole path, to draw it later. The function takes any number of walkers at once: each height
# depends on one walker only, so the gradient of the sum holds everyone's own gradient.


def walk(f, start, make_optimizer, steps):
    """Walk down f from start [..., 2]; return the path [steps + 1, ..., 2]."""
    w = start.clone().requires_grad_()
    optimizer = make_optimizer([w])
    path = [start]
    for _ in range(steps):
        optimizer.zero_grad()
        f(w).sum().backward()
        optimizer.step()
        path.append(w.detach().clone())
    return torch.stack(path)


plain = partial(SGD, lr=learning_rate)
torch.testing.assert_close(walk(ravine, start, plain, steps=3), torch.stack(by_hand))
print("three steps by hand = three steps of torch.optim.SGD")

# %%
# ## Why the ravine is slow
#
# The steep direction sets the speed limit. A rate above $2/50$ and the walk climbs out of the ravine ([the
# thermometer](07_thermometer.py) shows why). But a rate that is safe on the walls is tiny along the floor.
# How many steps until we are at the bottom, and stay there?


def arrival(path, within=0.05):
    """Return the first step from which on the walk stays close to (0, 0)."""
    return (path.norm(dim=1) > within).nonzero()[-1].item() + 1


slow = walk(ravine, start, plain, steps=300)
too_fast = walk(ravine, start, partial(SGD, lr=0.041), steps=300)
print(f"rate {learning_rate}: arrives after {arrival(slow)} steps")
print(f"rate 0.041: after {len(too_fast) - 1} steps it is {too_fast[-1].norm():,.0f} away")
assert arrival(slow) > 100 and too_fast[-1].norm() > 1000

# %%
# ## Momentum
#
# On the walls the gradient changes its sign at each step. Along the floor it always points the same way. So
# remember: keep a **velocity** $v$, add each gradient to it, and let the old velocity fade by a factor $\mu$
# (say "mu"). What changes sign cancels out; what agrees adds up. A heavy ball with some friction does the
# same.
#
# $$v \leftarrow \mu v + g, \qquad w \leftarrow w - \eta v$$
#
# Here $g$ is the gradient and $\eta$ (say "eta") the learning rate. That is **momentum**: two lines instead
# of one.

w = start.clone().requires_grad_()
velocity = torch.zeros(2)
for _ in range(40):
    ravine(w).backward()
    with torch.no_grad():
        velocity = 0.8 * velocity + w.grad
        w -= learning_rate * velocity
    w.grad = None

heavy = partial(SGD, lr=learning_rate, momentum=0.8)
fast = walk(ravine, start, heavy, steps=300)
torch.testing.assert_close(w.detach(), fast[40])
print(f"plain {arrival(slow)} steps, with momentum {arrival(fast)}")
assert arrival(fast) < arrival(slow) / 2

# %%
# Now look at both walks. The rings are lines of equal height, the cross is the bottom.


def panel(ax, f, path, title, *, color, span, every=1):
    """Draw a landscape in grey and a path over it, with a dot for every so many steps."""
    xs, ys = (torch.linspace(*ends, 50) for ends in span)
    heights = f(torch.stack(torch.meshgrid(xs, ys, indexing="xy"), dim=-1))  # [y, x]
    ax.contour(xs, ys, heights, [0.3, 2, 6, 13, 25], colors="#a0a0a0", linewidths=0.7)
    ax.plot(*path.T, "-", marker="o", markevery=every, markersize=3, linewidth=1.2, color=color)
    ax.plot(0, 0, "x", color=INK)
    ax.set(title=title, xlabel="$w_1$", ylabel="$w_2$", xlim=span[0], ylim=span[1])
    ax.label_outer()
    ax.grid(False)


with style():
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.5), sharey=True)
    for ax, name, path, color in zip(axes, ("plain", "momentum 0.8"), (slow, fast), COLORS, strict=False):
        title = f"{name}: {arrival(path)} steps"
        panel(ax, ravine, path[:41], title, color=color, span=((-4.5, 1.5), (-1.3, 1.3)))
    show(
        fig,
        f"Forty steps in a long narrow ravine, twice. Plain descent jumps from wall to wall, then creeps along "
        f"the floor and is still {slow[40].norm():.1f} from the bottom. With momentum the walk swings in wide "
        f"curves and ends {fast[40].norm():.2f} from it.",
    )

# %%
# Plain descent wastes its first steps on the walls and then creeps. The heavy ball swings more, overshoots,
# comes back, and is there in less than half the time.
#
# ### It adds up, it does not average
#
# How fast does the ball get on a steady slope? Let the gradient be 1, always. An optimizer does not ask where
# a gradient comes from, so we may put it there by hand.
#
# !!! warning "You may read this elsewhere"
#     "Momentum computes a moving *average* of the gradients." There is a form that does, with a factor
#     $1 - \mu$ before the gradient. PyTorch's `SGD` does not: it adds up. On a steady slope an average of
#     ones stays at 1; the sum grows towards $1 / (1 - \mu)$. So the words decide how far you walk. Today,
#     when you switch momentum 0.9 on, begin with a learning rate ten times smaller.


def speeds(steps, **settings):
    """Return the length of each step under a constant gradient of 1."""
    w = torch.zeros(1, requires_grad=True)
    optimizer = SGD([w], lr=1.0, **settings)
    places = [0.0]
    for _ in range(steps):
        w.grad = torch.ones(1)
        optimizer.step()
        places.append(w.item())
    return [before - after for before, after in pairwise(places)]


summed = speeds(80, momentum=0.9)
averaged = speeds(80, momentum=0.9, dampening=0.9)  # dampening is torch's name for the factor 1 - mu
curves(
    {"PyTorch's momentum": summed, "a moving average": averaged},
    x=range(1, 81),
    xlabel="step",
    ylabel="length of the step",
    alt=f"Length of a step under a constant gradient of 1. PyTorch's momentum rises from {summed[0]:.0f} and "
    f"levels off at {summed[-1]:.2f}; a moving average stays at {averaged[-1]:.0f}.",
)
assert abs(summed[-1] - 10) < 0.01 and abs(averaged[-1] - 1) < 1e-4
torch.testing.assert_close(summed[4], 1 + 0.9 + 0.9**2 + 0.9**3 + 0.9**4, rtol=1e-5, atol=0)

# %%
# !!! quiz "Speed on a steady slope"
#     `SGD(model.parameters(), lr=0.01, momentum=0.8)`. A weight has had the gradient 2 for a hundred steps.
#     How far does it move in the next one?
#
#     - [ ] 0.02
#       > That is learning rate times gradient: plain descent, or an averaging momentum. PyTorch's velocity
#       > adds up what came before.
#     - [=] 0.1 ± 0.0005
#       > The velocity has grown to $2 / (1 - 0.8) = 10$, and the rate takes a hundredth of it.
#     - [ ] 0.2
#       > You took $1 / (1 - \mu)$ for ten, as it is with momentum 0.9. With 0.8 it is five.
#     - [ ] anything else
#       > Add up the fading gradients: $2 (1 + 0.8 + 0.8^2 + \ldots)$. Then multiply by the learning rate.
#
# ## What "stochastic" means
#
# So far one exact gradient per step. A training set has many examples, and the loss is the mean over all of
# them. To look at every example before each step is a waste: a handful tells you roughly the same. Take a
# random batch, use *its* gradient, step. That is **stochastic gradient descent**, **SGD**.
#
# How rough is "roughly"? A thousand points, and the loss of a place is its mean squared distance to them,
# halved. The best place is their mean. We stand at the origin and compare the gradients of many random
# batches with the gradient of all points.

torch.manual_seed(8)
points = torch.tensor([3.0, -1.0]) + torch.randn(1000, 2)
best = points.mean(dim=0)
spread = {}
for size in (1, 10, 100):
    batches = points[torch.randint(len(points), (4000, size))]  # [4000, size, 2]
    error = best - batches.mean(dim=1)  # the gradient at w is w - mean, so w drops out
    spread[size] = error.square().sum(dim=1).mean().sqrt().item()
    print(f"batches of {size:3}: mean error {error.mean(dim=0).norm():.3f}, typical error {spread[size]:.3f}")
    assert error.mean(dim=0).norm() < 0.1
assert all(2.8 < spread[size] / spread[10 * size] < 3.5 for size in (1, 10))

# %%
# Two things to see. The errors have no direction: on average a batch is right. And they shrink slowly. Ten
# times the examples, ten times the work, and the error is smaller by a factor of three, the square root of
# ten. This is why small batches win in the beginning, when any rough direction will do.
#
# !!! warning "You may read this elsewhere"
#     "The batch size of SGD is one." In the oldest use of the words, yes. `torch.optim.SGD` knows nothing of
#     batches: it applies its rule to whatever gradient it finds. One example, ten or all of them: the batch
#     is chosen where you call `backward()`. Today people say SGD for any batch size, or "mini-batch".

for size in (1, batch_size, len(points)):
    w = torch.zeros(2, requires_grad=True)
    optimizer = SGD([w], lr=0.2)
    batch = points[:size]
    loss = (w - batch).square().sum(dim=1).mean() / 2
    loss.backward()
    optimizer.step()
    print(f"gradient of {size:4} points: step to {[round(place, 3) for place in w.tolist()]}")
    torch.testing.assert_close(w.detach(), 0.2 * batch.mean(dim=0))

# %%
# !!! quiz "Counting steps"
#     A training set has 50,000 pictures. You train for two epochs in batches of 250. How many times is
#     `optimizer.step()` called?
#
#     - [ ] 2
#       > One step for each epoch would be the gradient of all pictures. With batches the optimizer steps
#       > after each of them.
#     - [ ] 100,000
#       > That would be batches of one picture.
#     - [ ] 200
#       > Right for one epoch: $50{,}000 / 250$. There are two.
#     - [=] 400
#       > 200 batches in an epoch, one forward, backward and update each, and two epochs.
#     - [ ] anything else
#       > A step is one forward, one backward and one update on one batch. Count the batches.
#
# ## Schedules
#
# Noise has a price. Near the best place the true gradient is nearly zero, but that of a batch is not, so the
# walk never settles. It hovers, the wider the larger the learning rate. A small rate hovers less and takes
# ages to arrive. Have both: begin large, end small. A **learning rate schedule** does that, and in PyTorch it
# is an object beside the optimizer that you step as well, *after* it.
#
# Here are three common shapes.


def rates(make_scheduler, steps=100):
    """Return the learning rate used at each step."""
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=0.1, momentum=0.9)
    scheduler = make_scheduler(optimizer)
    used = []
    for _ in range(steps):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return used


shapes = {
    "steps": rates(partial(StepLR, step_size=30, gamma=0.3)),
    "cosine": rates(partial(CosineAnnealingLR, T_max=100)),
    "one cycle": rates(partial(OneCycleLR, max_lr=0.1, total_steps=100, pct_start=0.2)),
}
curves(shapes, xlabel="step", ylabel="learning rate")
assert math.isclose(shapes["cosine"][50], 0.1 / 2) and math.isclose(shapes["steps"][99], 0.1 * 0.3**3)
assert 18 <= int(np.argmax(shapes["one cycle"])) <= 20  # it rises for a fifth of the way

# %%
# `StepLR` cuts the rate every so often. The cosine falls slowly, then fast, then slowly. The one cycle first
# *rises*: fresh weights have wild gradients, and a small rate in the beginning (a **warm-up**) keeps them
# from harm. [Validate and regularise](../2-training/12_validate-regularize.py) trains with it.
#
# !!! warning "You may read this elsewhere"
#     - `scheduler.step()` *before* the optimizer's: so it was in the first versions. Today the optimizer goes
#       first, or the first rate is never used.
#     - `StepLR(..., verbose=True)`: gone. Today print `scheduler.get_last_lr()`.
#     - `scheduler.get_lr()`: meant for the scheduler itself. Today write `get_last_lr()`.


def fresh():
    return StepLR(SGD([torch.zeros(1, requires_grad=True)], lr=0.1), step_size=30)


print("order:  ", objection(lambda: fresh().step()))
print("verbose:", objection(lambda: StepLR(fresh().optimizer, step_size=30, verbose=True)))
print("get_lr: ", objection(fresh().get_lr))
assert fresh().get_last_lr() == [0.1] and "before `optimizer.step()`" in objection(fresh().step)

# %%
# Does a schedule help with the noise? Two hundred walkers look for the middle of our thousand points. At each
# step each of them draws its own batch of ten. We draw their typical distance from the best place.


def search(rate, schedule=None, steps=300):
    """Return the root mean square distance of 200 walkers from the best place, after each step."""
    torch.manual_seed(8)
    w = torch.zeros(200, 2, requires_grad=True)
    optimizer = SGD([w], lr=rate)
    scheduler = schedule(optimizer) if schedule else None
    distances = []
    for _ in range(steps):
        batch = points[torch.randint(len(points), (200, batch_size))]  # [walkers, batch, 2]
        loss = (w[:, None] - batch).square().sum(dim=2).mean(dim=1).sum() / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler:
            scheduler.step()
        distances.append((w.detach() - best).square().sum(dim=1).mean().sqrt().item())
    return distances


distance = {
    "always 0.3": search(0.3),
    "always 0.02": search(0.02),
    "from 0.3 to 0 by cosine": search(0.3, partial(CosineAnnealingLR, T_max=300)),
}
sparse = {name: values[::4] for name, values in distance.items()}
curves(sparse, x=range(1, 301, 4), xlabel="step", ylabel="distance from the best place", logy=True)
for name, values in distance.items():
    print(f"{name:24} after 10 steps {values[9]:.3f}, after 300 {values[-1]:.3f}")
large, small, cosine = distance.values()
assert cosine[9] < 0.2 * small[9] and cosine[-1] < 0.4 * large[-1]

# %%
# The large rate is near the place within ten steps and then hovers. The small one crawls. The schedule
# arrives with the first and settles with the second.
#
# !!! quiz "Where the scheduler steps"
#     You build `CosineAnnealingLR(optimizer, T_max=300)` for a training of 300 *batches*. Which are true?
#
#     - [x] `scheduler.step()` belongs inside the loop over batches.
#       > `T_max` counts calls of `scheduler.step()`. You planned 300 batches, so call it once for each.
#     - [ ] `scheduler.step()` replaces `optimizer.step()`.
#       > It only writes a new rate into the optimizer. No weight moves.
#     - [x] `optimizer.step()` must come before it.
#       > Otherwise the first rate of the schedule is skipped, and PyTorch warns.
#     - [ ] `scheduler.step()` belongs at the end of each epoch, always.
#       > Many examples do that, with a schedule counted in epochs. Here it would hardly leave the first rate.
#
# ## Adam: a rate for each weight
#
# One rate for all weights is a compromise, as the ravine showed. **Adam** gives each weight a scale of its
# own. It keeps two running averages for each weight: of the gradient, $m$, and of its square, $s$. Then it
# steps by $m / \sqrt{s}$: the direction, divided by the usual size of the gradient.
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad s \leftarrow \beta_2 s + (1 - \beta_2)\, g^2, \qquad
#   w \leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat s} + \epsilon}$$
#
# (These *are* averages, with the factor $1 - \beta$.) Both begin at zero, so the first ones are too small.
# The hats repair that: $\hat m = m / (1 - \beta_1^t)$ in step $t$, and $\hat s$ likewise.

w = start.clone().requires_grad_()
m, s = torch.zeros(2), torch.zeros(2)
for t in range(1, 41):
    ravine(w).backward()
    with torch.no_grad():
        m = 0.9 * m + 0.1 * w.grad
        s = 0.999 * s + 0.001 * w.grad**2
        m_hat, s_hat = m / (1 - 0.9**t), s / (1 - 0.999**t)
        w -= 0.1 * m_hat / (s_hat.sqrt() + 1e-8)
    w.grad = None

adam = partial(Adam, lr=0.1)
by_torch = walk(ravine, start, adam, steps=300)
torch.testing.assert_close(w.detach(), by_torch[40], rtol=1e-4, atol=1e-5)
print("forty steps by hand = forty steps of torch.optim.Adam")
print("gradient at the start", (start * torch.tensor([1.0, 50.0])).tolist())
print("Adam's first step    ", [round(step, 4) for step in (by_torch[1] - by_torch[0]).tolist()])

# %%
# Look at the first step. The second gradient was more than ten times the first, yet both weights moved by the
# learning rate. So the size of the loss does not matter, only its shape. Let us measure the height in
# millimetres instead of metres.

in_millimetres = [walk(lambda w: 1000 * ravine(w), start, make, steps=300) for make in (adam, plain)]
torch.testing.assert_close(in_millimetres[0], by_torch, rtol=1e-3, atol=1e-4)
lost = in_millimetres[1][5].norm()
print(f"Adam: the same path; plain descent after 5 steps: {lost:.1g} away from the bottom")
assert (by_torch[1] - by_torch[0]).abs().sub(0.1).abs().max() < 1e-4 and lost > 1e6

# %%
# !!! quiz "A thousand times the loss"
#     You change the loss from a mean over 1,000 examples to their sum, and nothing else. What happens to the
#     training?
#
#     - [ ] Nothing, with any optimizer: the minimum is at the same place.
#       > The place is the same, the gradient is a thousand times longer, and the steps of `SGD` with it.
#     - [x] `Adam` walks almost the same path; `SGD` takes steps a thousand times longer.
#       > Adam divides the factor out again. `SGD` needs a rate a thousand times smaller.
#     - [ ] Both need a rate a thousand times smaller.
#       > True for `SGD`, and for `Adam` much too small: its steps do not grow with the loss.
#
# ### Only along the axes
#
# Adam rescales each weight *by itself*. Our ravine lies along an axis, which suits it. Now turn the map by 45
# degrees: the same ravine, the same start, seen from another side. No walk that looks only at the shape of
# the ground should mind.

turn = torch.tensor([[1.0, -1.0], [1.0, 1.0]]) * math.sqrt(0.5)


def tilted(w):
    return ravine(w @ turn)


tilted_start = turn @ start
assert math.isclose(tilted(tilted_start).item(), ravine(start).item(), rel_tol=1e-5)
print("steps to the bottom   straight   tilted")
steps = {}
for name, make in {"plain": plain, "momentum 0.8": heavy, "Adam": adam}.items():
    steps[name] = [arrival(walk(ravine, start, make, 400)), arrival(walk(tilted, tilted_start, make, 400))]
    print(f"{name:22} {steps[name][0]:7} {steps[name][1]:8}")
assert steps["plain"][0] == steps["plain"][1] and steps["momentum 0.8"][0] == steps["momentum 0.8"][1]
assert steps["momentum 0.8"][0] < steps["Adam"][0] < steps["Adam"][1] / 2

# %%
# The picture shows a hundred steps of Adam in each, with a dot for every tenth.

across = walk(tilted, tilted_start, adam, 400)
span = ((-4.5, 1.5), (-4.5, 1.5))
with style():
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.2), sharey=True)
    panel(axes[0], ravine, by_torch[:101], "straight", color=COLORS[2], span=span, every=10)
    panel(axes[1], tilted, across[:101], "tilted", color=COLORS[3], span=span, every=10)
    show(
        fig,
        f"A hundred steps of Adam, twice. In the straight ravine it descends the wall and the floor at once and "
        f"ends {by_torch[100].norm():.2f} from the bottom. In the tilted one it reaches the floor, follows it "
        f"slowly, and is still {across[100].norm():.1f} away.",
    )

# %%
# Plain descent and momentum take as many steps as before, to the very step. Adam needs more than twice as
# many. And in neither ravine is it as fast as a well-chosen momentum.
#
# So why does everyone use it? Because the momentum *was* well chosen, for a ravine that we had made
# ourselves. In a network the scales differ from layer to layer and change on the way. Adam works with a rate
# that you did not have to tune: a thousandth, its default, is often good enough to begin with.
#
# ### Adam and weight decay
#
# [Weight decay](../2-training/12_validate-regularize.py) pulls every weight towards zero a little at each
# step. Put that pull into Adam's gradient, and Adam divides it by the gradient's usual size as well. `AdamW`
# takes it off the weight directly. To see it, two weights, both 1, whose gradients flip their sign at each
# step, one large, one small. They pull nowhere. What is left is the decay.

sizes = torch.tensor([10.0, 0.1])
left = {}
for make in (Adam, AdamW):
    w = torch.ones(2, requires_grad=True)
    optimizer = make([w], lr=1e-3, weight_decay=0.1)
    for step in range(1000):
        w.grad = sizes * (-1) ** step
        optimizer.step()
    left[make.__name__] = w.detach()
    print(f"{make.__name__:5} large gradients: weight {w[0]:.3f}, small gradients: {w[1]:.3f}")
assert abs(left["AdamW"][0] - left["AdamW"][1]) < 0.01 and left["AdamW"][0] < 0.92
assert left["Adam"][0] > 0.97 and left["Adam"][1] < 0.7

# %%
# !!! quiz "Adam or AdamW"
#     Why does `AdamW` exist?
#
#     - [ ] `Adam` has no `weight_decay`.
#       > It has one, and the code above used it. It goes into the gradient, and that is the trouble.
#     - [ ] It is Adam with a learning rate schedule.
#       > A schedule is a separate object, for any optimizer. The W stands for weight decay.
#     - [ ] It decays weights with large gradients more, since they overfit most.
#       > It treats all alike. In `Adam` the weights with large gradients are decayed *least*.
#     - [x] In `Adam` the decay is divided by the size of the gradient; `AdamW` takes the same share off every
#       weight.
#       > Exactly the two lines printed above: with `Adam` the weight with large gradients hardly shrank.
#
# ## Valleys
#
# All that was one valley. Here is a landscape with four, a test function that bears the names of Styblinski
# and Tang. Each coordinate has two hollows with a hump between, and one of the hollows is deeper. So one
# valley of the four is the deepest: the **global minimum**. The others are **local minima**: lower than all
# that is around them, and not the lowest.
#
# A cubic equation says where the hollows and the hump are, so we know the truth before we walk.


def valleys(w):
    """Return the height at w [..., axes]."""
    return (w**4 - 16 * w**2 + 5 * w).sum(dim=-1) / 2


deep, hump, shallow = sorted(np.roots([4, 0, -32, 5]).tolist())  # where the slope is zero
heights = {place: valleys(torch.tensor([place])).item() for place in (deep, hump, shallow)}
print(", ".join(f"height {height:.1f} at {place:.2f}" for place, height in heights.items()))
assert heights[deep] < heights[shallow] < heights[hump]

# %%
# Ten walkers, each from a random place, with plain descent.

descent = partial(SGD, lr=0.01)
generator = torch.Generator().manual_seed(7)
ten = walk(valleys, 10 * torch.rand(10, 2, generator=generator) - 5, descent, steps=30)
deepest = (ten[-1] - deep).abs().amax(dim=1) < 0.1

grid = torch.linspace(-5, 5, 41)
ground = valleys(torch.cartesian_prod(grid, grid)).view(41, 41).T
with style():
    fig, ax = plt.subplots(figsize=(4.4, 3.8))
    ax.contour(grid, grid, ground, [-65, -45, -30, -15, 0, 60], colors="#a0a0a0", linestyles="-", linewidths=0.7)
    for i in range(10):
        color, stroke = (COLORS[1], "-") if deepest[i] else (COLORS[0], "--")
        ax.plot(*ten[:, i].T, stroke, color=color, marker="o", markevery=[0], markersize=5)
    ax.plot(deep, deep, "x", color=INK, markersize=9)
    ax.grid(False)
    ax.set(xlabel="$w_1$", ylabel="$w_2$", aspect="equal")
    show(
        fig,
        f"A landscape with a valley in each corner and ten walks, each into the valley where it began. "
        f"{int(deepest.sum())} of them, in solid orange, end in the deepest one at the lower left, marked by a "
        "cross; the others, dashed blue, end in the other three.",
    )
print(f"{int(deepest.sum())} of 10 in the deepest valley")

# %%
# Each walker ends in the valley where it happened to begin, and nothing in its gradient tells it that there
# is a better one. What is the chance of a lucky start? By geometry: the deep side of the hump, in both
# coordinates. By counting: twenty thousand walkers.


def lucky(axes, make_optimizer, walkers):
    """Return for each walker whether it ends in the deepest valley."""
    starts = 10 * torch.rand(walkers, axes, generator=torch.Generator().manual_seed(8)) - 5
    ends = walk(valleys, starts, make_optimizer, steps=200)[-1]
    return (ends - deep).abs().amax(dim=1) < 0.1


found = lucky(2, descent, walkers=trials * restarts)
p = found.float().mean().item()
by_geometry = ((hump + 5) / 10) ** 2
print(f"by geometry {by_geometry:.3f}, by counting {p:.3f}")
assert abs(p - by_geometry) < 0.01 and 0.25 < p < 0.28

# %%
# ## Random restarts
#
# The oldest trick: try again. Start $n$ times, at random, and keep the lowest end. This is **random
# restart**. All $n$ fail with probability $(1 - p)^n$, so the chance of success is $1 - (1 - p)^n$. We have
# enough walkers for a thousand trials of twenty.

by_trial = found.view(trials, restarts)
success = by_trial.cummax(dim=1).values.float().mean(dim=0)  # at least one among the first n
n = torch.arange(1, restarts + 1)
predicted = 1 - (1 - by_geometry) ** n
with style():
    fig, ax = plt.subplots()
    ax.plot(n, success, "o", label="measured")
    ax.plot(n, predicted, "--", label="$1 - (1 - p)^n$")
    ax.set(xlabel="number of random starts", ylabel="share of trials that succeed", xticks=range(0, 21, 5))
    ax.legend()
    show(
        fig,
        f"Share of a thousand trials that find the deepest valley, against the number of starts: {success[0]:.2f} "
        f"for one, {success[4]:.2f} for five, {success[-1]:.3f} for twenty. A dashed line, the formula, runs "
        "through all the dots.",
    )
print(f"1 start {success[0]:.1%}, 5 starts {success[4]:.1%}, {restarts} starts {success[-1]:.1%}")
report("success of 20 restarts", success[-1])
assert success[-1] > 0.95 and (success - predicted).abs().max() < 0.05

# %%
# !!! quiz "Three tries"
#     A random start finds the best valley with probability 0.5. What is the probability that at least one of
#     three starts finds it?
#
#     - [ ] 1.5
#       > Probabilities of separate chances do not add up like that; yours is above 1.
#     - [ ] 0.125
#       > That is the chance that all three fail, $0.5^3$ (and also that all three succeed).
#     - [=] 0.875
#       > All three fail with probability $0.5^3 = 0.125$. What is left is success.
#     - [ ] anything else
#       > First the chance that all three fail: multiply. Then subtract it from 1.
#
# ### Can momentum jump out?
#
# !!! warning "You may read this elsewhere"
#     "Momentum helps to escape local minima." A ball with speed does roll over some humps. But it cannot
#     know which valley is better, so it may roll out of the good one as well. Today count before you believe:
#     same starts, with and without.

rolling = lucky(2, partial(SGD, lr=0.01, momentum=0.9), walkers=trials * restarts)
gained, given_up = (rolling & ~found).float().mean(), (found & ~rolling).float().mean()
print(f"plain {p:.1%}, with momentum {rolling.float().mean():.1%}")
print(f"rolled into the deepest valley: {gained:.1%}; rolled out of it: {given_up:.1%}")
assert 0 < rolling.float().mean() - p < 0.1 and given_up > 0.01

# %%
# It helps a little, here: some rolled in, others rolled out. Twenty starts help a lot.
#
# ## Which one?
#
# | you have | begin with |
# |---|---|
# | a new network and no time | `AdamW`, learning rate 0.001, a one-cycle or cosine schedule |
# | time to tune, many epochs | `SGD` with momentum 0.9, a tuned rate, a schedule |
# | a few weights and many valleys | any of them, and random restarts |
#
# Then change one thing at a time.
#
# ## Where it fails
#
# Restarts live on the chance of a lucky start. With two axes one start in four was lucky. How does that go on
# with five axes, or with ten?

after_restarts = {}
for axes in (2, 5, 10):
    many = lucky(axes, descent, walkers=400 * restarts).view(400, restarts)
    after_restarts[axes] = many.any(dim=1).float().mean().item()
    chance = ((hump + 5) / 10) ** axes
    print(f"{axes:2} axes: one start {chance:.2%}, {restarts} starts {after_restarts[axes]:.1%}")
assert after_restarts[2] > 0.95 and after_restarts[10] < 0.1

# %%
# Each new axis halves the chance, near enough. A network has millions of axes: no number of restarts would
# ever find its one deepest valley.
#
# Luckily nobody needs it. In large networks very many places are about equally good, and we judge a place by
# how it does on new examples, not by its depth. People still train from several seeds. They do it to see how
# much of a result is luck.
#
# ## Exercises
#
# [The workbook](08_optimizers.exercises.py) has each of these as a cell with a gap, with a checker that tells
# you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Softmax and cross-entropy](../2-training/09_softmax-cross-entropy.py): the landscape that most classifiers
# walk down. After that, [a first network](../2-training/10_first-network.py) puts an optimizer of this page
# to work on pictures.
