# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["P10", "G1.3"]
# minutes = 2
# metric = { name = "islands found, worst seed", unit = "", target = 8, reference = "fewer by a first GAN's loss" }
# description = "The earth mover's distance, a critic that estimates it, and two ways to hold its slope at one."
# ///
"""
# A critic with slope one

How far is one heap of points from another? There is a distance that tells a
generator the way even when the heaps do not touch. A network can estimate it,
if its slope never exceeds one. You compute the distance, estimate it, hold the
slope in two ways, and let two kinds of GAN look for eight islands.
"""

# %%
# Six fakes, below, have to become the six real points, above. What is the least work, if moving a point by one unit of
# length costs one unit of work? On a line the answer is simple: the leftmost goes to the leftmost, and so on.

import matplotlib.pyplot as plt
import torch

from kindling import plots

fakes = torch.tensor([0.2, 1.6, 0.5, 4.3, 0.9, 1.4])
real = torch.tensor([3.1, 2.0, 4.4, 2.6, 5.0, 3.5])
start, end = fakes.sort().values, real.sort().values
distance = (end - start).abs().mean()
print(f"earth mover's distance: {distance:.3f}")

with plots.style():
    fig, ax = plt.subplots(figsize=(plots.WIDTH, 1.8))
    ax.plot(torch.stack([start, end]), [0, 1], "-", color=plots.INK, lw=0.8)
    ax.plot(start, [0] * 6, "o", end, [1] * 6, "^", ms=7)
    ax.set(xlabel="position", yticks=[0, 1], yticklabels=["fake", "real"])
    ax.grid(False)
    plots.show(
        fig,
        "Six fake points in the lower row, six real ones in the upper row. A "
        "line joins each fake with the real point of the same rank, to its "
        "right; the lines do not cross.",
    )

# %%
# The mean length of these moves is called the *earth mover's distance*, or Wasserstein distance. It looks at how far
# things are apart, not only at whether they differ. A **WGAN** is a GAN whose generator is told to make it small.
#
# You will
#
# - compare it with what a [first GAN](34_first-gan.py) follows,
# - see how a network, the *critic*, can estimate it, and why its slope must not exceed one,
# - hold the slope by a penalty and by construction, and find out what each of them gets wrong,
# - let both kinds of GAN look for eight islands in the plane, from three seeds each.

import math
from itertools import permutations

import torch.nn.functional as F
from torch import nn
from torch.distributions import Normal
from torch.nn.utils.parametrizations import spectral_norm
from torch.optim.lr_scheduler import LinearLR

from kindling import runtime
from kindling.runtime import claim, steps

# %%
# ## The least work
#
# Is the sorted plan the best one? With six points there are 720 plans, so try them all.

plans = torch.tensor(list(permutations(range(6))))  # [720, 6]
work = (real[plans] - fakes).abs().mean(dim=1)
print(f"{len(plans)} plans, work {work.min():.3f} to {work.max():.3f}")
torch.testing.assert_close(work.min(), distance)

# %%
# It is. (In the plane there is no order to sort by, and finding the best plan is a lot of work.)
#
# !!! quiz "Two points each"
#     Fakes lie at 0 and 4, real points at 1 and 2. What is the earth mover's distance?
#
#     - [ ] 0.5
#       > That is the difference of the two means. The moves 0 to 1 and 4 to 2 go in opposite directions, and both
#       > cost.
#     - [=] 1.5
#       > The moves are 0 to 1 and 4 to 2, with lengths 1 and 2. The distance is their mean.
#     - [ ] 3
#       > This is the sum of the two lengths. Each of two points is half of the heap.
#     - [ ] 2.5
#       > You crossed the moves: 0 to 2 and 4 to 1. Sort both first.
#     - [ ] anything else
#       > Sort both, pair them in order, and take the mean of the lengths.
#
# ## A distance that never goes flat
#
# What does the first GAN follow? Against the best discriminator, whose loss is at most $2 \log 2$, what remains to be
# gained is $\log 2 - \tfrac12 \text{loss}$; this is the *Jensen-Shannon divergence* of the two densities. Let a bell
# of fakes move away from a bell of real points, and compute
# it. (The earth mover's distance of two equal bells is the distance of their centers, since every point moves that
# far.)


def divergence(apart):
    """log 2 minus half the loss of the best discriminator, by adding up."""
    x = torch.linspace(-4, 12, 4001)
    p, q = (Normal(m, 0.5).log_prob(x).exp() for m in (0.0, apart))
    best = Normal(0.0, 0.5).log_prob(x) - Normal(apart, 0.5).log_prob(x)
    loss = p * F.softplus(-best) + q * F.softplus(best)
    return math.log(2) - loss.sum() * (x[1] - x[0]) / 2


apart = torch.linspace(0, 8, 33)
curves = {
    "earth mover's distance": apart,
    "Jensen-Shannon divergence": torch.stack([divergence(a) for a in apart]),
}
plots.curves(curves, x=apart, xlabel="distance of the centers", ylabel="value")
flat = curves["Jensen-Shannon divergence"]
print("divergence at 1, 2, 3, 4, 8:", flat[[4, 8, 12, 16, 32]])
assert flat[32] - flat[12] < 0.01 and abs(flat[32] - math.log(2)) < 1e-3

# %%
# The divergence has a ceiling, $\log 2$. Once the bells hardly touch, it is there, and flat: moving the fakes closer
# changes nothing, and a generator that follows it does not know where to go. (The first GAN's non-saturating loss was
# a remedy for this.) The earth mover's distance is the distance of the centers itself: its slope is one everywhere.
#
# ## What a critic can know
#
# Nobody can sort images. But there is another way to the same number. Take any function $f$ whose slope never exceeds
# one, so that $|f(x) - f(y)| \le |x - y|$. Mathematicians call it 1-*Lipschitz*. A plan moves each fake to some real
# point, and $f$ cannot rise by more than the length of the move. Averaged over all moves,
#
# $$\operatorname{mean} f(\text{real}) - \operatorname{mean} f(\text{fake}) \le W,$$
#
# where $W$ is the earth mover's distance. And the best $f$ reaches it. Try some.

functions = {
    "x": lambda x: x,
    "|x - 2|": lambda x: (x - 2).abs(),
    "min(x, 3)": lambda x: x.clamp(max=3),
    "sin x": torch.sin,
    "2 x": lambda x: 2 * x,
}
rises = {}
for name, f in functions.items():
    rises[name] = f(real).mean() - f(fakes).mean()
    print(f"{name:10} {rises[name]:6.3f} of {distance:.3f}")
too_steep = rises.pop("2 x")
assert max(rises.values()) <= distance + 1e-6 < too_steep
torch.testing.assert_close(rises["x"], distance)

# %%
# Among those with slope one, $f(x) = x$ is the best, since all moves go to the right. The last function breaks the
# rule, and its number means nothing: twice as steep, twice as much.
#
# The **critic** of a WGAN is a network that plays $f$. It is trained to make this difference large. So its output is a
# score without limits, and there is no sigmoid and no logarithm in its loss.
#
# !!! quiz "A sigmoid at the critic"
#     Somebody adds a sigmoid after the critic's last layer, "so that it gives probabilities again". What happens to
#     its estimate of the distance?
#
#     - [ ] Nothing: a sigmoid only rescales it.
#       > It would have to be a straight line for that.
#     - [x] It can never exceed one, however far apart the heaps are.
#       > The sigmoid has a floor and a ceiling. Far from the middle it is flat: the old trouble is back.
#     - [ ] It becomes more exact, since probabilities are what a critic is about.
#       > It is about differences of scores. Only these are compared with lengths.
#
# ## Slope one, by a penalty
#
# How do you keep the slope of a network at one? A **gradient penalty** measures it, at random places between a real
# and a fake point, and charges $(\lVert \text{slope} \rVert - 1)^2$. The slope is the gradient of the score with
# respect to the *input*, by `torch.autograd.grad`. The penalty has to be trained on, so this gradient must itself be
# differentiable: `create_graph=True`.


def gradient_penalty(critic, real, fake):
    """Mean squared distance of the critic's slope from one."""
    share = torch.rand(len(real), 1, device=real.device)  # one per pair
    between = torch.lerp(real, fake, share).requires_grad_()
    scores = critic(between).sum()  # rows do not mix: a gradient for each
    (slope,) = torch.autograd.grad(scores, between, create_graph=True)
    return (slope.norm(dim=1) - 1).square().mean()


line = nn.Linear(1, 1)
nn.init.constant_(line.weight, 2.0)
price = gradient_penalty(line, real.unsqueeze(1), fakes.unsqueeze(1))
print(f"penalty of a line with slope 2: {price:.1f}")
assert price == 1

# %%
# ## Slope one, by construction
#
# The other way needs no penalty. A linear layer can make a difference of inputs longer, at most by a factor that is
# called the *spectral norm* of its weight matrix (its largest singular value). Divide the matrix by it, and the layer
# never stretches anything. ReLUs do not stretch either, and neither does a chain of such parts: its slope is at most
# one, *everywhere*. To find the factor, apply the matrix and its transpose again and again: the direction that is
# stretched the most wins.

runtime.seed(36)
layer = nn.Linear(64, 64)
direction = torch.randn(64)
for _ in range(200):
    direction = layer.weight.T @ (layer.weight @ direction)
    direction = F.normalize(direction, dim=0)
stretch = (layer.weight @ direction).norm()
print(f"largest stretch, by hand: {stretch:.4f}")
exact = torch.linalg.matrix_norm(layer.weight, ord=2)
torch.testing.assert_close(stretch, exact, rtol=1e-3, atol=0)

held = spectral_norm(layer)
for _ in range(100):
    held(direction)  # in training, each call improves its estimate a little
rest = torch.linalg.matrix_norm(held.weight, ord=2).item()
print(f"after spectral_norm: {rest:.4f}")
assert abs(rest - 1) < 1e-2

# %%
# ## Four critics
#
# Now a case with an answer: real points in one heap, fakes in two, both to its left. Sorting a hundred thousand points
# of each gives the distance. Four critics look for it. The first is *free*. In the second all weights are *clipped* to
# the range from −0.1 to 0.1 after each step, as in the first WGAN. The third pays ten times the *penalty*, and the
# fourth has *spectral norm*.


def one_heap(n):
    return 2 + 0.5 * torch.randn(n, 1)


def two_heaps(n):
    return 0.3 * torch.randn(n, 1) - 1.5 * (torch.rand(n, 1) < 0.5)


def network(inputs, outputs, hold=lambda layer: layer):
    return nn.Sequential(
        hold(nn.Linear(inputs, 64)),
        nn.ReLU(),
        hold(nn.Linear(64, 64)),
        nn.ReLU(),
        hold(nn.Linear(64, outputs)),
    )


def train_critic(kind, rounds=300):
    runtime.seed(36)
    critic = (
        network(1, 1, spectral_norm)
        if kind == "spectral norm"
        else network(1, 1)
    )
    optimizer = torch.optim.Adam(critic.parameters(), 1e-2, (0.5, 0.9))
    fading = LinearLR(optimizer, 1.0, 0.02, rounds)
    for _ in range(steps(rounds)):
        x, y = one_heap(256), two_heaps(256)
        loss = critic(y).mean() - critic(x).mean()  # minus the rise
        if kind == "penalty":
            loss = loss + 10 * gradient_penalty(critic, x, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        fading.step()
        if kind == "clipped":
            for weights in critic.parameters():
                weights.data.clamp_(-0.1, 0.1)
    return critic.eval()


runtime.seed(36)
x, y = one_heap(100_000), two_heaps(100_000)
distance = (x.sort(dim=0).values - y.sort(dim=0).values).abs().mean().item()
print(f"by sorting: {distance:.2f}")
places = torch.linspace(-2.5, 3.5, 121).unsqueeze(1).requires_grad_()
estimates, slopes = {}, {}
for kind in ("free", "clipped", "penalty", "spectral norm"):
    critic = train_critic(kind)
    with torch.no_grad():
        estimates[kind] = (critic(x).mean() - critic(y).mean()).item()
    (slope,) = torch.autograd.grad(critic(places).sum(), places)
    slopes[kind] = slope.flatten()
    print(f"{kind:13} estimate {estimates[kind]:10,.2f}", end=", ")
    print(f"steepest slope {slope.abs().max():10,.2f}")
plots.curves(
    {kind: slopes[kind] for kind in ("clipped", "penalty", "spectral norm")},
    x=places.flatten(),
    xlabel="position",
    ylabel="slope of the critic",
)

# %%
# The free critic only gets steeper, so its number means nothing. Clipping does limit the slope, but to some value that
# depends on the sizes of the layers; nobody asked for this one. The critic held by spectral norm gives the distance.
# And the one with the penalty is too high by an amount that you can predict. With slope $s$ it gains $s$ times the
# distance $W$, and it pays $10\,(s - 1)^2$. The best it can do is $s = 1 + W/20$.

bought = 1 + distance / 20
ratio = {kind: value / distance for kind, value in estimates.items()}
held = ratio["spectral norm"]
print(f"predicted for the penalty: {bought:.3f} times the distance")
print(f"found: {ratio['penalty']:.3f} times; spectral norm: {held:.3f} times")
claim(
    abs(ratio["penalty"] - bought) < 0.03, "the penalty is paid, as predicted"
)
claim(abs(held - 1) < 0.02, "spectral norm: the distance itself")
claim(
    slopes["spectral norm"].abs().max() < 1.01, "and nowhere steeper than one"
)
claim(ratio["free"] > 100, "the free critic has lost all measure")

# %%
# !!! quiz "An estimate that is too high"
#     For critics that have been trained well, with as many points as you like: which can report *more* than the true
#     distance?
#
#     - [x] The one with clipped weights.
#       > Several layers with small weights can still be steep together. Above, that is what happened.
#     - [x] The one with the gradient penalty.
#       > A little more slope than one costs little and gains much.
#     - [ ] The one with spectral norm.
#       > Its slope is at most one everywhere, and for such functions the rise is at most the distance. Too *low* it
#       > can be: not every function with slope one is a network of this kind.
#
# ## Eight islands
#
# Now the game in the plane. Real points lie on eight small islands, in a ring. The generator gets two random numbers
# and has to reach all of them. An island counts as *found* if more than 2% of the fakes are on it.

radius, spread = 2.0, 0.05
angles = torch.arange(8) * math.pi / 4
islands = radius * torch.stack([angles.cos(), angles.sin()], dim=1)  # [8, 2]


def ring(n):
    return islands[torch.randint(8, (n,))] + spread * torch.randn(n, 2)


def shares(points):
    """The share of the points on each island, within four spreads."""
    away, nearest = torch.cdist(points, islands).min(dim=1)
    return nearest[away < 4 * spread].bincount(minlength=8) / len(points)


print("real points:", shares(ring(10_000)))
assert shares(ring(10_000)).min() > 0.1

# %%
# Two games with the same two networks, the same optimizers, and five steps of the critic (or discriminator) for one of
# the generator. Only the losses differ: those of the [first GAN](34_first-gan.py), or the rise of a critic with a
# gradient penalty. A critic should be close to its best before its slope tells the way, so it gets five steps. The
# distances are small here, and so is the weight of the penalty: 1.


def losses_of_first_gan(critic, real, fake):
    return F.softplus(-critic(real)).mean() + F.softplus(critic(fake)).mean()


def losses_of_wgan(critic, real, fake):
    rise = critic(real).mean() - critic(fake).mean()
    return gradient_penalty(critic, real, fake) - rise


def play(wasserstein, seed, rounds=800):
    """Let both players play; return 2,000 fakes."""
    runtime.seed(seed)
    generator, critic = network(2, 2), network(2, 1)
    optimizers = [
        torch.optim.Adam(each.parameters(), 2e-3, (0.5, 0.9))
        for each in (generator, critic)
    ]
    critic_loss = losses_of_wgan if wasserstein else losses_of_first_gan
    for _ in range(steps(rounds)):
        for _ in range(5):
            fake = generator(torch.randn(128, 2)).detach()
            loss = critic_loss(critic, ring(128), fake)
            optimizers[1].zero_grad()
            loss.backward()
            optimizers[1].step()
        scores = critic(generator(torch.randn(128, 2)))
        loss = -scores.mean() if wasserstein else F.softplus(-scores).mean()
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()
    with torch.no_grad():
        return generator(torch.randn(2000, 2))


seeds, kinds = (36, 37, 38), ("first GAN", "WGAN")
made = {
    (kind, seed): play(kind == "WGAN", seed) for kind in kinds for seed in seeds
}
modes = {
    key: (shares(points) > 0.02).sum().item() for key, points in made.items()
}
plots.bars(
    [f"{kind}, seed {seed}" for kind, seed in made],
    list(modes.values()),
    xlabel="islands found",
    reference=8,
)
lost = [8 - modes["first GAN", seed] for seed in seeds]
kept = [modes["WGAN", seed] for seed in seeds]
runtime.report("islands found, worst seed", min(kept))
claim(min(kept) == 8, "the WGAN finds all islands from every seed")
claim(sum(n > 0 for n in lost) >= 2, "the first GAN loses some from two seeds")

# %%
# The WGAN finds every island from every seed, and the first GAN does not, with the same networks and as many steps.
# What differs is the advice that the generator gets. Look at the fakes of the first seed.

with plots.style():
    fig, axes = plt.subplots(1, 2, figsize=(plots.WIDTH, 3.0), sharey=True)
for ax, kind in zip(axes, kinds, strict=True):
    ax.plot(*islands.T, "o", color=plots.INK, ms=16, mfc="none")
    ax.plot(*made[kind, seeds[0]][:500].T, ".", ms=3, rasterized=True)
    ax.set(title=kind, aspect="equal")
plots.show(
    fig,
    "Fakes of both games from the first seed, over eight circles in a ring. "
    "The first GAN's are on some of the islands only; those of the WGAN are "
    "on all eight. Both have some points between.",
)
on = {
    kind: [shares(made[kind, seed]).sum().item() for seed in seeds]
    for kind in kinds
}
for kind, values in on.items():
    print(kind, "on an island:", ", ".join(f"{v:.0%}" for v in values))
claim(max(max(values) for values in on.values()) < 0.99, "some fakes miss")

# %%
# Some fakes of both lie between the islands. The generator is continuous, and its noise has no gaps: to reach all
# islands it has to cross the water somewhere. From these seeds the WGAN's fakes miss more often: reaching every island
# has its price.
#
# !!! quiz "Batch normalization in a critic"
#     Why do critics with a gradient penalty have no batch normalization?
#
#     - [ ] It would make the critic too strong.
#       > A strong critic is welcome here: it is a better estimate.
#     - [x] With it, the score of one sample depends on the others in the batch.
#       > The penalty is about the slope of the score in *its own* input, sample by sample. With batch normalization
#       > the gradient of the summed scores is something else. Layer normalization looks at one sample, and is fine.
#     - [ ] It cannot be differentiated twice.
#       > It can. The second derivative is just not the one that was meant.
#
# Here is the slope of *one* score in each of three inputs, with a batch normalization on the way.

runtime.seed(36)
mixing = nn.Sequential(nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
three = one_heap(3).requires_grad_()
(slope,) = torch.autograd.grad(mixing(three)[0].sum(), three)
print("slope of the first score in each input:", slope.flatten())
assert slope[1:].abs().min() > 1e-3

# %%
# The first score answers to all three. Without batch normalization the last two numbers would be zero.
#
# ## Where it fails
#
# The estimate is made from samples, and a sample is not the distribution. Take two samples of the *same* heap.

runtime.seed(36)
gaps = []
for n in (10, 100, 1000, 10_000):
    pairs = [one_heap(2 * n).view(2, n).sort(dim=1).values for _ in range(20)]
    gaps.append(torch.stack([(a - b).abs().mean() for a, b in pairs]).mean())
    print(f"{n:6} points each: {gaps[-1]:.4f} instead of 0")
assert gaps == sorted(gaps, reverse=True) and gaps[-1] > 0

# %%
# The estimate falls with the number of points, and never reaches the truth. In the plane and in the space of images it
# falls more slowly still. So a small batch tells a critic of a distance that is not there.
#
# The penalty looks only between pairs of samples; elsewhere the critic may be as steep as it likes. Its weight has to
# fit the distances at hand, as the four critics showed: 10 is usual for images. And the price is high: five critic
# steps for one of the generator, each with a gradient of a gradient.
#
# ## Exercises
#
# [The workbook](36_wgan-gp.exercises.py) has each of these as a cell with a gap, with a checker that tells you what is
# still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [Conditions and control](37_conditional-control.py) asks a generator for a certain digit. [Judging generated
# images](35_gan-evaluation.py) uses another distance, between features of images. [CycleGAN](39_cyclegan.py) gives its
# discriminators a third loss.
