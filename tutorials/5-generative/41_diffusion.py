# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["BK2e.10"]
# data = ["mnist"]
# minutes = 3
# gpu = true
# metric = { name = "Fréchet distance", unit = "", target = 60, reference = "a GAN, as many seconds" }
# description = "A small U-Net learns the way from noise to digits, and is compared with a GAN at equal seconds."
# ///
"""
# Diffusion: from noise to digits in small steps

A GAN turns noise into an image in one go. A diffusion model walks there: a
network looks at a noisy image and says which way to go, you take a small step,
and ask again. You build one for points in the plane, then for digits, and
measure it against a GAN that trains for as many seconds.
"""

# %%
# Here is one digit on its way. On the right is an image from MNIST, shrunk to 16 by 16 pixels; on the left is nothing
# but normal random numbers; between them lies a straight line. The time $t$ says how far along it you are.

import torch

from kindling import plots, runtime
from kindling.data import mnist
from kindling.generative import small_digits

device = runtime.device()
runtime.seed(41)
digits = 2 * small_digits(mnist("train+val").tensors[0]) - 1  # -1 ... 1
times = torch.linspace(0, 1, 6)


def mix(noise, x, t):
    """The places at the times t [N] between noise (0) and data x (1)."""
    return torch.lerp(noise, x, t.view(-1, *[1] * (x.ndim - 1)))


one = digits[7:8].expand(6, 1, 16, 16)
way = mix(torch.randn(1, 1, 16, 16).expand_as(one), one, times)
plots.image_grid(
    way,
    titles=[f"t = {t:.1f}" for t in times],
    columns=6,
    alt="One digit in six stages, from noise at time 0 to the image at time 1.",
)

# %%
# To the left, you only add noise; anyone can do that. A **diffusion model** is a network that has learned the way to
# the right. Let it start at fresh noise, which belongs to no image, and it arrives at a digit that nobody wrote.
#
# You will see the way as arrows in the plane, where a formula gives the right answer; train a network to know the
# arrows, and walk along them in few steps and in many; and do the same with a U-Net and digits.
#
# Here time runs from noise to data, along straight lines. This form of diffusion is called *flow matching*. The older
# form with its thousand small portions of noise has a section further down.
#
# ## Arrows in the plane
#
# Take points instead of images: eight small clouds on a circle. Mix a random cloud point $x$ with random noise
# $\epsilon$; at time $t$ the mixture is $x_t = (1 - t)\,\epsilon + t\,x$. It moves at a constant speed along its line:
#
# $$v = x - \epsilon$$
#
# Now stand at some place at some time. Many mixtures may come past you there, bound for different clouds. What you can
# say is their *average* velocity. For clouds that are normal distributions there is a formula: weigh each cloud by how
# likely the mixture before you belongs to it.

import math

import matplotlib.pyplot as plt

from kindling.runtime import claim

angles = torch.arange(8) * math.tau / 8
centers = 2 * torch.stack([angles.cos(), angles.sin()], dim=1)  # [8, 2]
spread = 0.15


def ring(n):
    """Draw n points from the eight clouds."""
    return centers[torch.randint(8, (n,))] + spread * torch.randn(n, 2)


def exact(x, t):
    """The average velocity at the places x [N, 2] and times t [N]."""
    t = t[:, None]
    variance = (1 - t) ** 2 + (t * spread) ** 2
    away = x[:, None] - t[:, None] * centers  # [N, 8, 2]
    weight = (-away.square().sum(dim=2) / (2 * variance)).softmax(dim=1)
    pull = (t * spread**2 - (1 - t)) / variance
    return (weight[..., None] * (centers + pull[..., None] * away)).sum(dim=1)


start = torch.randn(5, 2)
torch.testing.assert_close(exact(start, torch.zeros(5)), -start)

# %%
# The last line checks a case that you can work out yourself. At time 0 the noise does not show where it is bound, so
# the average goal is the middle of the ring: the arrow at $x$ is $-x$. Now move the slider. Gray dots are mixtures at
# that time, arrows the average velocities. When do they begin to choose a cloud?

side = torch.linspace(-2.6, 2.6, 8)
places = torch.cartesian_prod(side, side)
goals, noise = ring(200), torch.randn(200, 2)
stages, said = {}, {}
with plots.style():
    for t in (0.0, 0.3, 0.6, 0.9):
        fig, ax = plt.subplots(figsize=(3, 3))
        at = mix(noise, goals, torch.full((200,), t))
        arrows = exact(places, torch.full((len(places),), t))
        ax.scatter(*at.T, s=6, color="#9a9a9a", lw=0, rasterized=True)
        ax.quiver(*places.T, *arrows.T, color=plots.COLORS[0], scale=40)
        ax.set(xlim=(-3, 3), ylim=(-3, 3), xticks=[], yticks=[])
        stages[t], said[t] = fig, f"Mixtures and arrows at time {t}."
plots.stepped(stages, label="time", alt=said)

# %%
# ## Learning the arrows
#
# For digits there is no such formula, but a trick that needs none. Draw a data point, noise and a time; show a network
# the mixture and the time; ask for the velocity of *this* mixture, by the mean squared error. It cannot know it, since
# other mixtures come past the same place. The answer with the smallest mean squared error is the average of them all,
# and that is the arrow. This is the whole training loop, for points and for digits. The times of a batch are spread
# evenly, which makes its loss less noisy, then moved toward the middle of the way, where a mixture chooses its goal.
# As with the GAN, what is kept is a running average of the weights.

import time

import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from kindling.models import count_parameters, mlp


def train(field, data, steps, batch_size, learning_rate):
    """Teach a network the average velocity; return its mean and the losses."""
    steps, losses = runtime.steps(steps), []
    optimizer = torch.optim.AdamW(field.parameters(), betas=(0.9, 0.99))
    cycle = OneCycleLR(optimizer, learning_rate, total_steps=steps)
    average = AveragedModel(field, multi_avg_fn=get_ema_multi_avg_fn(0.99))
    slots = torch.arange(batch_size, device=device)
    for _ in range(steps):
        chosen = torch.randint(len(data), (batch_size,), device=device)
        x, noise = data[chosen], torch.randn_like(data[chosen])
        t = (slots + torch.rand(batch_size, device=device)) / batch_size
        t = torch.special.ndtri(t).sigmoid()  # even, then normal, then 0 to 1
        loss = F.mse_loss(field(mix(noise, x, t), t), x - noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        cycle.step()
        losses.append(loss.detach())
        average.update_parameters(field)
    return average.eval(), torch.stack(losses).cpu()


# %%
# The network for the points reads three numbers, two coordinates and the time, and answers with a velocity. How low
# can its loss get? Compare it with the loss of the exact arrows.


class Field(nn.Module):
    """Velocities [N, 2] at the places x [N, 2] and times t [N]."""

    def __init__(self):
        super().__init__()
        self.layers = mlp([3, 128, 128, 128, 2])

    def forward(self, x, t):
        return self.layers(torch.cat([x, t[:, None]], dim=1))


points, fields, seconds = ring(50_000).to(device), [], []
for seed in (41, 42, 43):
    runtime.seed(seed)
    began = time.perf_counter()
    trained, _ = train(Field().to(device), points, 1000, 512, 5e-3)
    seconds.append(time.perf_counter() - began)
    fields.append(trained.cpu())

field = fields[0]
x, noise, t = ring(10_000), torch.randn(10_000, 2), torch.rand(10_000)
velocity, at = x - noise, mix(noise, x, t)
with torch.no_grad():
    arrows, learned = exact(at, t), field(at, t)
excess = F.mse_loss(learned, arrows)
print(f"loss: exact arrows {F.mse_loss(arrows, velocity):.3f},", end=" ")
print(f"network {F.mse_loss(learned, velocity):.3f}; between them {excess:.3f}")
claim(excess < 0.1, "the network knows the arrows")

# %%
# Even the exact arrows have a large loss: it is the spread of the velocities around their average, and no network gets
# below it. So the loss of a diffusion model tells you little about its images. What counts is the small gap between
# network and arrows.
#
# !!! quiz "A loss that will not fall"
#     A diffusion model's loss has stood at the same value for an hour. What follows?
#
#     - [ ] The images are as good as they will get.
#       > The gap to the arrows is a small part of the loss. It can halve, and you hardly see it.
#     - [ ] The learning rate is too high, since the loss of a good model is close to zero.
#       > Not even the exact arrows get close to zero.
#     - [x] Not much. You have to look at the images, or measure them.
#       > Most of the loss is the spread of the velocities, which training cannot lower.
#
# ## Walking
#
# Now walk from noise along the arrows. *Euler's method* asks for the arrow where you stand, follows it for one step,
# and asks again.


@torch.no_grad()
def walk(field, x, times):
    """Follow the arrows from noise x at times[0] to times[-1]."""
    for now, later in times.unfold(0, 2, 1).tolist():
        t = torch.full((len(x),), now, device=x.device)
        x = x + (later - now) * field(x, t)
    return x


def even(steps):
    return torch.linspace(0, 1, steps + 1)


n = runtime.steps(5000, smoke_n=100)
noise = torch.randn(n, 2)
with plots.style():
    fig, axes = plt.subplots(1, 4, figsize=(plots.WIDTH, 1.8))
    for ax, steps in zip(axes, (1, 3, 10, 50), strict=True):
        end = walk(field, noise[:400], even(steps))
        ax.scatter(*end.T, s=5, color=plots.COLORS[0], lw=0, rasterized=True)
        ax.set(title=f"steps: {steps}", xlim=(-3, 3), ylim=(-3, 3))
        ax.set(xticks=[], yticks=[])
    plots.show(
        fig,
        "Where 400 points of noise end: after one step all in the middle of "
        "the ring, after 3 in a blurred ring, after 50 in eight clouds.",
    )

# %%
# One step follows the arrow of time 0, and that points to the middle. The way has to bend later, when the mixture
# shows where it is bound, and one step cannot bend. With more steps the clouds appear.
#
# How near are the walked points to real ones? The **energy distance** of two sets of points compares mean distances,
# and is zero only if both come from the same distribution. (Points are not compared with themselves, so by chance an
# estimate can fall slightly below zero.)
#
# $$2\,\overline{|a - b|} - \overline{|a - a'|} - \overline{|b - b'|}$$


def energy_distance(a, b):
    """Twice the mean distance between the sets, less those within each."""
    n, m = len(a), len(b)
    within_a = torch.cdist(a, a).sum() / (n * (n - 1))  # not with itself
    within_b = torch.cdist(b, b).sum() / (m * (m - 1))
    return (2 * torch.cdist(a, b).mean() - within_a - within_b).item()


real = ring(n)
print(f"other real points: {energy_distance(ring(n), real):+.4f}")
left = {}
for steps in (1, 2, 4, 10, 20, 50):
    left[steps] = energy_distance(walk(field, noise, even(steps)), real)
    print(f"{steps:2} steps: {left[steps]:+.4f}")
claim(left[1] > 3 * left[2] > 20 * left[10], "more steps, nearer points")

# %%
# !!! quiz "The first step"
#     You take a single Euler step, from time 0 to time 1, with a well-trained network. Where do you arrive?
#
#     - [ ] At the data point that lies nearest to the noise.
#       > At time 0 the arrow averages over all goals. The nearest has no privilege.
#     - [x] Near the mean of all data, wherever you start.
#       > With digits it would be a gray blur: the mean of all digits.
#     - [ ] At some data point, chosen by the noise.
#       > That is the end of a walk with many steps.
#
# ## Against a GAN, on the ring
#
# A [GAN](34_first-gan.py) meets the same points. Its generator has to learn the whole way in one go, from a
# discriminator that learns as well. Both get the same number of seconds, on each of three seeds: the GAN stops when
# the clock says so.


def play(generator, discriminator, data, z_size, seconds, batch_size):
    """Train a GAN for so many seconds; return its averaged generator."""
    ema = get_ema_multi_avg_fn(0.995)
    average = AveragedModel(generator, multi_avg_fn=ema, use_buffers=True)
    makers = torch.optim.Adam(generator.parameters(), 1e-3, (0.5, 0.99))
    others = torch.optim.Adam(discriminator.parameters(), 1e-3, (0.5, 0.99))
    end = time.perf_counter() + seconds
    for _ in range(runtime.steps(1_000_000)):
        real = data[torch.randint(len(data), (batch_size,), device=device)]
        z = torch.randn(batch_size, z_size, device=device)
        fake = generator(z)
        loss = F.softplus(-discriminator(real)).mean()
        loss = loss + F.softplus(discriminator(fake.detach())).mean()
        others.zero_grad()
        loss.backward()
        others.step()
        makers.zero_grad()
        F.softplus(-discriminator(fake)).mean().backward()
        makers.step()
        average.update_parameters(generator)
        if time.perf_counter() > end:
            break
    return average.eval()


scores = {"GAN": [], "diffusion": []}
for seed, trained, budget in zip((41, 42, 43), fields, seconds, strict=True):
    runtime.seed(seed)
    players = mlp([2, 128, 128, 2]).to(device), mlp([2, 128, 128, 1]).to(device)
    maker = play(*players, points, 2, budget, batch_size=512).cpu()
    with torch.no_grad():
        scores["GAN"].append(energy_distance(maker(noise), real))
    end = walk(trained, noise, even(20))
    scores["diffusion"].append(energy_distance(end, real))
for name, values in scores.items():
    print(name, ", ".join(f"{value:.4f}" for value in values))
nearer = max(scores["diffusion"]) < min(scores["GAN"])
claim(nearer, "each diffusion run is nearer to the ring than each GAN")

# %%
# Each diffusion run ends nearer to the ring than each GAN. It has the easier task: a fixed question with a known best
# answer, while the generator chases a discriminator that moves.
#
# ## The noise schedule
#
# In the older form, *denoising diffusion*, the noise comes in 1,000 small portions. Portion $k$ shrinks the image a
# little and adds a little noise of variance $\beta_k$, so that the variance stays one. Small portions add up to one
# large one, because the sum of normal noise is normal noise. With $\bar\alpha_k = (1 - \beta_1) \cdots (1 - \beta_k)$,
#
# $$x_k = \sqrt{\bar\alpha_k}\;x + \sqrt{1 - \bar\alpha_k}\;\epsilon$$
#
# Add the portions one by one to 20,000 copies of the number 2, and compare their mean and spread with the formula.

beta = torch.linspace(1e-4, 0.02, 1000)  # the classical choice
alpha_bar = (1 - beta).cumprod(dim=0)

runtime.seed(41)
x = torch.full((20_000,), 2.0)
for portion in beta[:300]:
    x = (1 - portion).sqrt() * x + portion.sqrt() * torch.randn_like(x)
kept = alpha_bar[299]
print(f"mean {x.mean():.2f}, by the formula {2 * kept.sqrt():.2f}")
torch.testing.assert_close(x.mean(), 2 * kept.sqrt(), atol=0.05, rtol=0)
torch.testing.assert_close(x.var(), 1 - kept, atol=0.05, rtol=0)

# %%
# The list of the $\beta_k$ is the **noise schedule**: it says how fast the image drowns. And it is nothing but a
# choice of times. A mixture $a\,x + b\,\epsilon$, divided by $a + b$, is a place on our straight line, at $t = a / (a
# + b)$. So a schedule says at which times you stop on the way. Here are three: the classical one, one that follows a
# cosine, and even steps.

share = torch.linspace(0, 1, 1000)  # of the portions
signal = {"classical": alpha_bar.sqrt(), "cosine": (share * math.pi / 2).cos()}
clocks = {
    name: a / (a + (1 - a**2).clamp(min=0).sqrt()) for name, a in signal.items()
}
clocks["even"] = 1 - share
plots.curves(
    clocks,
    x=share,
    xlabel="share of the noise portions",
    ylabel="time t (1: image, 0: noise)",
)
lost = {name: (clock < 0.1).float().mean() for name, clock in clocks.items()}
for name, part in lost.items():
    print(f"{name}: {part:.0%} of the portions at t < 0.1")
assert lost["classical"] > 2 * lost["even"]
a, b = kept.sqrt(), (1 - kept).sqrt()
x, noise, t = torch.randn(5), torch.randn(5), (a / (a + b)).expand(5)
torch.testing.assert_close((a * x + b * noise) / (a + b), mix(noise, x, t))

# %%
# The classical schedule spends a third of its portions where hardly any image is left. Our even steps do not.
#
# ## Digits
#
# Now the same with images. A place is an image of 256 pixels, and so is an arrow; `train` and `walk` stay as they are.
# Only the network changes, into a small [U-Net](38_unet-pix2pix.py): down to fewer and coarser places, up again, and
# shortcuts that carry the details across. The time enters each block as sines and cosines of sixteen speeds.


class Block(nn.Module):
    """Two convolutions, told the time before the second, and a shortcut."""

    def __init__(self, channels_in, channels):
        super().__init__()
        self.norm1 = nn.GroupNorm(8, channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(8, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.clock = nn.Linear(64, 2 * channels)
        self.shortcut = nn.Conv2d(channels_in, channels, 1)

    def forward(self, x, clock):
        scale, shift = self.clock(clock)[..., None, None].chunk(2, dim=1)
        hidden = self.norm2(self.conv1(F.silu(self.norm1(x))))
        hidden = self.conv2(F.silu(hidden * (1 + scale) + shift))
        return self.shortcut(x) + hidden


class UNet(nn.Module):
    """Velocities of the images x [B, 1, 16, 16] at the times t [B]."""

    def __init__(self, a=16, b=48, c=96):
        super().__init__()
        self.register_buffer("speeds", 100 ** torch.linspace(0, 1, 16))
        self.clock = nn.Sequential(nn.Linear(32, 64), nn.SiLU())
        self.enter = nn.Conv2d(1, a, 3, padding=1)
        self.down1, self.down2 = Block(a, a), Block(a, b)
        self.bottom1, self.bottom2 = Block(b, c), Block(c, c)
        self.up2, self.up1 = Block(c + b, b), Block(b + a, a)
        self.leave = nn.Sequential(
            nn.GroupNorm(8, a), nn.SiLU(), nn.Conv2d(a, 1, 3, padding=1)
        )

    def forward(self, x, t):
        waves = t[:, None] * self.speeds
        clock = self.clock(torch.cat([waves.sin(), waves.cos()], dim=1))
        fine = self.down1(self.enter(x), clock)  # [B, a, 16, 16]
        coarse = self.down2(F.avg_pool2d(fine, 2), clock)  # [B, b, 8, 8]
        x = self.bottom1(F.avg_pool2d(coarse, 2), clock)  # [B, c, 4, 4]
        x = F.interpolate(self.bottom2(x, clock), scale_factor=2.0)
        x = self.up2(torch.cat([x, coarse], dim=1), clock)
        x = F.interpolate(x, scale_factor=2.0)
        return self.leave(self.up1(torch.cat([x, fine], dim=1), clock))


runtime.seed(41)
digits = digits.to(device)
there = {"device": device, "memory_format": torch.channels_last}  # faster
began = time.perf_counter()
unet, _ = train(UNet().to(**there), digits, 1000, 64, 5e-3)
unet_seconds = time.perf_counter() - began
print(f"{count_parameters(unet):,} parameters, {unet_seconds:.0f} seconds")

# %%
# Walk. These are the first ten images of the seed, none chosen, at six times along a walk of 20 steps.


def light(x):
    """From -1 ... 1 to 0 ... 1, as images are shown and judged."""
    return (x / 2 + 0.5).clamp(0, 1)


def strip(x):
    """Images [N, 1, 16, 16] in rows of ten, as one figure."""
    rows = light(x)[:, 0].cpu().unflatten(0, (-1, 10)).transpose(1, 2)
    with plots.style():
        fig, ax = plt.subplots(figsize=(plots.WIDTH, 0.64 * len(rows)))
    ax.imshow(rows.flatten(2).flatten(0, 1), cmap="gray", interpolation="none")
    ax.set_axis_off()
    return fig


runtime.seed(41)
images = runtime.steps(2000, smoke_n=20)
noise = torch.randn(images, 1, 16, 16).to(device)
places, figures = noise[:10], {0.0: strip(noise[:10])}
for now, later in ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
    places = walk(unet, places, torch.linspace(now, later, 5))
    figures[later] = strip(places)
said = {t: f"The same ten images at time {t}." for t in figures}
plots.stepped(figures, label="time", alt=said)

# %%
# At time 0.6 most of them can be guessed, and the rest of the walk is spent on edges.
#
# ## Few steps or many
#
# Ask the judge of this part, a network that reads digits. The Fréchet distance compares what it sees in generated and
# in real images; [how to judge a GAN](35_gan-evaluation.py) explains it. How many steps does an image need?

from kindling.generative import digit_judge, frechet_distance, verdict

judge = digit_judge(16, device=device)
test = small_digits(mnist("test").tensors[0]).to(device)


def paint(noise, steps):
    """Walk with the U-Net, in portions of 500."""
    return torch.cat([walk(unet, x, even(steps)) for x in noise.split(500)])


steps, seen = [2, 5, 10, 20], judge.features(test)
distances = [
    frechet_distance(judge.features(light(paint(noise[:1000], n))), seen)
    for n in steps
]
print(", ".join(f"{value:.1f}" for value in distances))
plots.curves({"U-Net": distances}, x=steps, xlabel="steps", ylabel="distance")
claim(distances[0] > 1.3 * distances[3], "20 steps are better than two")
gains = -torch.tensor(distances).diff()
claim(gains[0] > gains[2], "the first steps buy more than the last")

# %%
# Two steps are far too few. More steps help, and each doubling helps less.
#
# !!! quiz "The end of the walk"
#     At time 0.75 a pixel of the mixture is 0.5, and the U-Net's arrow for it is 2. You go the rest of the way in one
#     step. What is the pixel then?
#
#     - [ ] 2.5
#       > You followed the arrow for a whole unit of time. A quarter is left.
#     - [=] 1
#       > $0.5 + 0.25 \cdot 2$. So every arrow also tells what the network takes the finished image to be.
#     - [ ] anything else
#       > Add the arrow, times the time that is left.
#
# ## The GAN gets the same seconds
#
# The opponent follows a simpler version of the recipe of [your first GAN](34_first-gan.py), for 16 by 16 pixels: a
# generator that enlarges and convolves, a discriminator with spectral norm, averaged weights.

from torch.nn.utils.parametrizations import spectral_norm


def generator():
    layers = [nn.Linear(64, 96 * 16), nn.Unflatten(1, (96, 4, 4))]
    layers += [nn.BatchNorm2d(96), nn.ReLU()]
    for a, b in ((96, 48), (48, 24)):
        layers += [nn.Upsample(scale_factor=2)]
        layers += [nn.Conv2d(a, b, 3, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(b), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(24, 1, 3, padding=1), nn.Tanh())


def discriminator():
    layers = [nn.Conv2d(1, 32, 4, 2, padding=1), nn.LeakyReLU(0.2)]
    layers += [nn.Conv2d(32, 64, 4, 2, padding=1), nn.LeakyReLU(0.2)]
    layers += [nn.Flatten(), nn.Linear(64 * 16, 1)]
    for layer in layers:
        if hasattr(layer, "weight"):
            spectral_norm(layer)
    return nn.Sequential(*layers)


runtime.seed(41)
players = generator().to(**there), discriminator().to(**there)
gan = play(*players, digits, 64, unet_seconds, batch_size=64)
with torch.no_grad():
    by_gan = gan(torch.randn(images, 64, device=device))
by_unet = paint(noise, 20)
judged = {
    "GAN": verdict(judge, light(by_gan), test),
    "diffusion": verdict(judge, light(by_unet), test),
    "real digits": verdict(judge, light(digits[-2000:]), test),
}
print(f"the judge reads {judge.accuracy:.1%} of the test digits correctly")
for name, of in judged.items():
    print(f"{name}: distance {of.frechet:.1f} ± {of.error:.1f},", end=" ")
    print(f"{of.covered} digits, confidence {of.confidence:.2f}")
ours = judged["diffusion"]
ours.report(parameters=count_parameters(unet), seconds=unet_seconds)
claim(ours.covered >= 9, "at least nine of ten digits are painted")
claim(ours.frechet < 60, "the distance is below 60")

first = strip(torch.cat([by_gan[:10], by_unet[:10]]))
plots.show(first, "Above, the first ten digits of the GAN; below, the U-Net's.")

# %%
# Compare the first two lines. After so few seconds both are far from the last one. Whichever is ahead on the machine
# that made this page, what speaks for the U-Net is its training: one loss, no opponent, and no collapse.
#
# ## Where it fails
#
# Among the images are some that are no digits. The judge can find them: here are the 20 about which it is least sure.

with torch.no_grad():
    sure = judge(light(by_unet)).softmax(dim=1).amax(dim=1)
odd = by_unet[sure.argsort()[:20]]
plots.show(strip(odd), "Twenty odd shapes: strokes that do not join up.")
print(f"less than half sure: {(sure < 0.5).float().mean():.1%} of the images")

# %%
# And each image costs 20 questions to the network, where the GAN needs one. That is the price of small steps. The
# digits are small because 28 by 28 pixels would need longer training than this page has time for.
#
# ## Exercises
#
# [The workbook](41_diffusion.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [Asking for a seven](37_conditional-control.py) asks a generator for the digit that you want; the same works here.
