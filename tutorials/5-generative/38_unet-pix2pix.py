# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["P10", "G3.2a", "G3.2b"]
# data = []
# minutes = 2
# gpu = true
# metric = { name = "less error with skips", unit = "percent", target = 20, reference = "none published: our shapes" }
# description = "Outlines to colored shapes: a U-Net, its skips taken away, why L1 blurs, a discriminator for patches."
# ///
"""
# Image to image, in pairs

Give a network outlines, and let it paint the finished image. Many tasks have
this form: sketch to photo, map to aerial view, scan to labels. You will see
what a U-Net is for, why a loss on pixels erases what it cannot know, and how a
second network brings it back.
"""

# %%
# The images of this lesson are drawn by the code below, so you can have as many *pairs* as you like: outlines, which
# are the input, and the image that belongs to them, which is the target. Squares are orange, triangles are green, and
# circles are blue with stripes. All keep their white outlines.

import math

import torch

from kindling import plots

side = 32
kinds = {"square": (0.95, 0.55, 0.1), "triangle": (0.1, 0.75, 0.45)}
kinds["circle"] = (0.35, 0.65, 1.0)  # red, green and blue from 0 to 1


def draw(n, seed, width=1.2):
    """Outlines [n, 1, 32, 32], images [n, 3, 32, 32], masks of the circles."""
    dealer = torch.Generator().manual_seed(seed)

    def uniform(low, high):
        return low + (high - low) * torch.rand(n, 1, 1, generator=dealer)

    axis = torch.arange(float(side))
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    lines, images = torch.zeros(n, 1, side, side), torch.zeros(n, 3, side, side)
    for kind, color in kinds.items():
        x, y = columns - uniform(8, 24), rows - uniform(8, 24)
        radius = uniform(5, 8)
        border = {  # how far outside of the border, negative inside
            "square": torch.maximum(x.abs(), y.abs()) - 0.8 * radius,
            "triangle": torch.maximum(y, 0.87 * x.abs() - y / 2) - radius / 2,
            "circle": torch.hypot(x, y) - radius,
        }[kind].unsqueeze(1)
        fill = torch.tensor(color).view(3, 1, 1)
        if kind == "circle":  # a wave four pixels long begins anywhere
            wave = (columns * math.pi / 2 + uniform(0, 2 * math.pi)).sin()
            fill = fill * (0.6 + 0.4 * wave).unsqueeze(1)
        inside = (0.5 - border).clamp(0, 1)
        images = images * (1 - inside) + fill * inside
        images = torch.maximum(images, (1.2 - border.abs()).clamp(0, 1))
        outline = (width - border.abs()).clamp(0, 1)
        lines = torch.maximum(lines * (1 - inside), outline)
    return lines, images, border < -1.5


lines, images, _ = draw(6, seed=38)
plots.image_grid(
    torch.cat([lines.expand(-1, 3, -1, -1), images]),
    titles=["outlines"] * 6 + ["image"] * 6,
    columns=6,
    alt="Six drawings of white outlines on black, and below each its image: an "
    "orange square, a green triangle and a blue circle with vertical stripes, "
    "some of them in front of others.",
)

# %%
# Everything in the image follows from the outlines, with one exception. Where the stripes begin is chance, and no
# outline tells. Keep this exception in mind: it will decide the second half of the lesson.
#
# You will
#
# - build a U-Net, take away its skip connections, and measure what they were good for,
# - see that the pixel loss paints circles without stripes, and why it must,
# - train a PatchGAN discriminator against the U-Net, and get the stripes back,
# - compute how much of the image such a discriminator sees: 70 by 70 pixels in the best-known one.
#
# What judges our images are distances: the error per pixel, the size of the steps between neighboring pixels, and a
# distance between sets of small patches. They are measured on test images, and nothing is chosen by them.

from copy import deepcopy
from itertools import pairwise
from statistics import mean

import torch.nn.functional as F
from matplotlib import pyplot as plt
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR

from kindling import metrics, runtime
from kindling.data import batches
from kindling.generative import frechet_distance
from kindling.models import count_parameters
from kindling.runtime import claim
from kindling.training import train_epoch

device = runtime.device()
batch_size, epochs = 16, 4
gan_steps, gan_rate = 250, 1e-3
weight = 100  # of the L1 loss, once there are two losses
seeds = (38, 39, 40)


def pairs(n, seed):
    return [part.to(device) for part in draw(runtime.steps(n, 64), seed)]


x_train, y_train, _ = pairs(4000, seed=1)
x_test, y_test, circles = pairs(500, seed=2)
print(f"train: outlines {tuple(x_train.shape)}, images {tuple(y_train.shape)}")

# %%
# ## Down, and up again
#
# Is this pixel inside of a shape? Of which? No small window of the outlines can say: the network has to see whole
# shapes. Therefore it shrinks the image step by step, as a classifier does, until each number of a feature map
# [sees](../3-vision/18_conv-arithmetic.py) all of it. Then it enlarges what it found, by [transposed
# convolutions](33_autoencoders.py), until it is an image again.
#
# The narrow middle knows *what* is there, and has lost *where exactly*: 2 by 2 places are left. A **U-Net** gets the
# places back by skip connections. Each map on the way down is kept, and on the way up it is put next to the map of the
# same size, as further channels. (The shortcuts of [deeper networks](../3-vision/21_deeper.py) are *added*. These are
# concatenated, so the next layer decides what to do with them.)


def stage(layer, channels_in, channels_out):
    """Half the height and width with nn.Conv2d, or twice as much."""
    return nn.Sequential(
        layer(channels_in, channels_out, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.LeakyReLU(0.2),
    )


class UNet(nn.Module):
    """Outlines [B, 1, 32, 32] to images [B, 3, 32, 32]."""

    def __init__(self, skips=1):  # 0 puts zeros in their place
        super().__init__()
        self.skips = skips
        down = ((1, 16), (16, 32), (32, 48), (48, 48))
        up = ((48, 48), (96, 32), (64, 16))  # with the channels of the skips
        self.down = nn.ModuleList(stage(nn.Conv2d, *ends) for ends in down)
        self.up = nn.ModuleList(stage(nn.ConvTranspose2d, *ends) for ends in up)
        self.last = nn.ConvTranspose2d(32, 3, 4, stride=2, padding=1)

    def forward(self, x):
        kept = []
        for shrink in self.down:
            x = shrink(x)
            kept.append(x)
        x = kept.pop()  # the narrow middle, [B, 48, 2, 2]
        for enlarge in self.up:
            x, skip = enlarge(x), kept.pop()
            x = torch.cat([x, skip * self.skips], dim=1)
        return self.last(x)


# %%
# Here is the same as a drawing, made from the maps of a real forward pass. Each bar is a map, as high as the bar, with
# its number of channels below. The arrows are the skips.

sizes = [(side, 1)]
network = UNet()
for part in [*network.down, *network.up, network.last]:
    part.register_forward_hook(
        lambda _, __, y: sizes.append((y.shape[2], y.shape[1]))
    )
assert network(lines).shape == images.shape

with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 2.4))
    ax.bar(range(9), [size for size, _ in sizes], 0.5)
    ax.set_xticks(range(9), [channels for _, channels in sizes])
    for k, size in ((1, 16), (2, 8), (3, 4)):
        arrow = {"arrowstyle": "->", "color": plots.COLORS[1], "lw": 1.5}
        ends = (7.7 - k, size - 1), (k + 0.3, size - 1)
        ax.annotate("", *ends, arrowprops=arrow)
    ax.set(xlabel="channels", ylabel="height (pixels)")
    plots.show(
        fig,
        "Nine bars, 32, 16, 8, 4, 2, 4, 8, 16 and 32 pixels high, like a "
        "valley. Arrows lead across it from 16, 8 and 4 to the bar of the same "
        "height.",
    )
print(f"{count_parameters(network):,} parameters")

# %%
# ## What the skips are good for
#
# To find out, take them away. `UNet(skips=0)` concatenates zeros in their place, so both networks have the same
# parameters and, with one seed, the same first weights. The loss is the mean absolute error per pixel, called **L1**.
# Train both, from three seeds.


def train(seed, skips):
    runtime.seed(seed)
    network = UNet(skips).to(device)
    loader = batches(x_train, y_train, batch_size, shuffle=True)
    optimizer = torch.optim.Adam(network.parameters())
    cycle = OneCycleLR(optimizer, max_lr=1e-2, total_steps=epochs * len(loader))
    how = {"loss_fn": F.l1_loss, "scheduler": cycle}
    for _ in range(runtime.steps(epochs, 1)):
        train_epoch(network, loader, optimizer, **how)
    return network


def error(painted):
    return F.l1_loss(painted, y_test).item()


with_skips = [train(seed, skips=1) for seed in seeds]
without = [train(seed, skips=0) for seed in seeds]
plain = [metrics.predict(network, x_test) for network in with_skips]
coarse = [metrics.predict(network, x_test) for network in without]
gains = []
for a, b in zip(plain, coarse, strict=True):
    gains.append(1 - error(a) / error(b))
    print(f"L1: {error(a):.4f} with skips, {error(b):.4f} without", end="")
    print(f", {gains[-1]:.0%} less")
claim(min(gains) > 0.2, "from each seed skips remove a fifth of the error")
runtime.report("less error with skips", 100 * mean(gains))

# %%
# Each line is one seed. Here are the first test images, which nobody has chosen, from the first seed.


def show_rows(rows, alt, n=6):
    titles = [title for title in rows for _ in range(n)]
    parts = torch.cat([part[:n].cpu() for part in rows.values()])
    plots.image_grid(parts.clamp(0, 1), titles=titles, columns=n, alt=alt)


outlines = x_test.expand(-1, 3, -1, -1)
rows = {"outlines": outlines, "target": y_test}
show_rows(
    rows | {"without skips": coarse[0], "with skips": plain[0]},
    "Six test images in four rows: outlines, targets, without skips, with "
    "skips. Without skips the shapes have soft outlines; with skips the "
    "outlines are sharp. The circles have no stripes in either.",
)

# %%
# Without skips the shapes are where they belong, and their outlines are soft: the exact place of a line does not get
# through the narrow middle. With skips the outlines are sharp. This is the whole idea of a U-Net: the middle decides
# what, the skips say where. It was invented for [images of cells](https://arxiv.org/abs/1505.04597), where each pixel
# gets a class.
#
# ### When sizes do not match
#
# Our stages halve and double exactly, so the two maps of a skip have equal sizes. Many U-Nets use convolutions without
# padding, which shave off the border. Then the map from the way down is larger than its partner, and its middle is cut
# out. You may meet a U-Net that turns 512 pixels into 373. Where does the number come from? On the way down there are
# four times two convolutions of 3 by 3 and a pooling; on the way up there are four times a doubling, a convolution of
# 2 by 2, and two of 3 by 3. Follow the arithmetic.


def unpadded(side, depth=4):
    for _ in range(depth):
        side = (side - 2 - 2) // 2
    for _ in range(depth):
        side = 2 * side - 1 - 2 - 2
    return side


print(f"512 pixels become {unpadded(512)}")
assert unpadded(512) == 373

# %%
# The image that comes out answers for the central 373 pixels only, so the target has to be cropped in the same way,
# around the center. A crop at the corner would train the network to paint everything too far down and to the right.
#
# !!! quiz "Sizes of an unpadded U-Net"
#     You feed the same network an image with 528 pixels on each side. How many pixels come out?
#
#     - [ ] 385
#       > You scaled 373 by 528 / 512. But the border that is lost does not grow with the image.
#     - [ ] 528
#       > Only a network with padding returns what it got.
#     - [=] 389
#       > Sixteen more, as in the input: 528, 262, 129, 62, 29 on the way down, then 53, 101, 197, 389. (At 125 the
#       > pooling drops a row.)
#     - [ ] anything else
#       > Call `unpadded` in your head: take away 4 and halve, four times; then double and take away 5, four times.
#
# ## Why the stripes are missing
#
# Look at the circles again. They have no stripes, with or without skips. More training does not help, and here is why.
# Take one pixel in the middle of a circle. Over many drawings its stripes begin anywhere, so the pixel may be dark or
# bright, and nothing in the input says which. What is the best single answer?

phases = torch.linspace(0, 2 * math.pi, 401)[:-1]
pixel = 0.6 + 0.4 * phases.sin()  # its brightness, over many drawings
for answer in (0.3, 0.45, 0.6, 0.75, 0.9):
    print(f"answer {answer:.2f}: L1 {(answer - pixel).abs().mean():.3f}")
answers = torch.linspace(0, 1, 101)
best = answers[(answers[:, None] - pixel).abs().mean(dim=1).argmin()].item()
print(f"the best of 101 answers is {best:.2f}; the median {pixel.median():.2f}")
assert abs(best - 0.6) < 0.011 and abs(pixel.median() - 0.6) < 0.01

# %%
# The best answer is the *median* of what may be there, the middle between bright and dark, and it is the same for
# every pixel of the circle. A network that minimizes L1 therefore *should* paint the circle plain. It is not weak. It
# does what you asked. (The squared error prefers the mean, which here is the same; the second exercise shows where
# they differ.)
#
# To say it in numbers, measure the texture inside of the circles. The first number is the **gradient energy**: the
# mean square of the step from a pixel to its right neighbor. It is large for stripes, but also for noise. The second
# number does not confuse the two. Cut all patches of 5 by 5 pixels out of the circles. Each patch is a point in 25
# dimensions. Then take the [Fréchet distance](35_gan-evaluation.py) between the points of our images and those of the
# targets, which is small only if the patches are distributed in a similar way.


def energy(images):
    steps = images.diff(dim=3).square().mean(dim=1, keepdim=True)
    return steps[circles[..., 1:] & circles[..., :-1]].mean().item()


def patches(images, some=slice(None), size=5):
    gray = images[some].mean(dim=1, keepdim=True)
    whole = F.unfold(circles[some].float(), size).amin(dim=1) > 0
    return F.unfold(gray, size).transpose(1, 2)[whole]  # [patches, 25]


def measure(painted):
    return {
        "L1": error(painted),
        "energy": energy(painted) / energy(y_test),
        "patches": frechet_distance(patches(painted), patches(y_test)),
    }


floor = frechet_distance(*(patches(y_test, slice(k, None, 2)) for k in (0, 1)))
before = [measure(painted) for painted in plain]
print("energy as a share of the targets', and the patches' Fréchet distance:")
for values in before:
    print({name: round(value, 3) for name, value in values.items()})
print(f"two halves of the targets are {floor:.5f} apart")
claim(max(v["energy"] for v in before) < 0.1, "L1 removes the texture")

# %%
# Less than a tenth of the energy is left, and the patches are far from those of the targets.
#
# !!! quiz "The answer of L1"
#     A lamp in your images is on in 70 of 100 photos and off in 30, and nothing else in the photo tells. Which lamp
#     does a network paint that minimizes L1 perfectly?
#
#     - [ ] One that is at 70% of its brightness.
#       > That is the mean, the answer of the squared error.
#     - [x] One that is fully on.
#       > The median of 70 ones and 30 zeros is one. So L1 need not look gray: it may also drop the rarer case.
#     - [ ] One that is on in 70% of the images.
#       > Then it would be wrong in $0.7 \times 0.3 + 0.3 \times 0.7 = 42\%$ of the images, and "always on" is wrong in
#       > 30%. No loss on pixels rewards variety.
#
# ## A discriminator for patches
#
# What we want is not *the* right pixel but *a* credible texture. No formula for "credible" is at hand, but [the game
# of the first GAN](34_first-gan.py) learns one: a second network, the discriminator, tries to tell painted images from
# real ones, and the painter tries to fool it.
#
# The L1 loss already takes care of the whole: shapes, places, colors. The discriminator is needed for details only. So
# let it look at small patches. A **PatchGAN** is a plain convolutional network without a linear layer at its end: it
# answers with a *map* of logits, one for each patch that it sees. It has few parameters, and it takes images of any
# size.


def patch_discriminator(channels_in, widths):
    """Windows of 4 by 4; a stride of 2 in all layers but the last two."""
    layers = []
    for k, (a, b) in enumerate(pairwise([channels_in, *widths])):
        stride = 2 if k < len(widths) - 1 else 1
        layers += [nn.Conv2d(a, b, 4, stride, padding=1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, padding=1))


def receptive_field(network):
    field, jump = 1, 1
    for layer in network:
        if isinstance(layer, nn.Conv2d):
            field += (layer.kernel_size[0] - 1) * jump
            jump *= layer.stride[0]
    return field


runtime.seed(38)
full = patch_discriminator(6, (64, 128, 256, 512))
x = torch.rand(1, 6, 256, 256, requires_grad=True)  # two color images
logits = full(x)
(gradient,) = torch.autograd.grad(logits[0, 0, 15, 15], x)
used = gradient[0].abs().sum(dim=0) > 0
height, width = used.any(dim=1).sum().item(), used.any(dim=0).sum().item()
print(f"{count_parameters(full):,} parameters, logits {tuple(logits.shape)}")
print(f"formula: {receptive_field(full)}; gradient: {height} by {width} pixels")
assert receptive_field(full) == height == width == 70

ours = patch_discriminator(4, (24, 48))
logits = ours(torch.cat([x_test[:1], y_test[:1]], dim=1).cpu())
print(f"{count_parameters(ours):,} parameters, logits {tuple(logits.shape)}")
assert receptive_field(ours) == 16 and logits.shape == (1, 1, 14, 14)

# %%
# This is the discriminator of [pix2pix](https://arxiv.org/abs/1611.07004) at its full size: 30 by 30 logits for an
# image of 256 by 256, each for a patch of 70 by 70 pixels. The formula is the one of [the arithmetic of
# convolutions](../3-vision/18_conv-arithmetic.py), and the gradient of one logit agrees. (We left out the
# normalization layers. One that takes its mean over the whole image, as instance normalization does, lets every pixel
# have a small say in every logit, and the patch is no longer the limit.)
#
# For our small images the same function builds a smaller one. Its input is the outlines *and* an image, one channel
# and three. The discriminator has to see the outlines: an image can be perfectly credible and belong to another
# drawing. Each of its logits is for 16 by 16 pixels.
#
# ## Two losses
#
# The painter minimizes the sum of both: fool the discriminator, and stay close to the target,
#
# $$
# L = L_{\text{adversarial}} + \lambda \, L_1 .
# $$
#
# The weight $\lambda$ is 100 here. You will see why as soon as there is a trained discriminator to ask.
#
# Go on with the three U-Nets that L1 has trained. (pix2pix uses both losses from the first step. Our way compares a
# network before and after.) The loop has two halves. The discriminator learns to give real pairs large logits and
# painted ones small logits; `detach` keeps its gradients out of the painter. Then the painter learns.
# `F.softplus(-logits)` is the loss of [logistic regression](../1-foundations/06_logistic-regression.py) when the
# answer is "real", and `F.softplus(logits)` when it is "painted".


def sharpen(painter, seed):
    """Train a copy of a painter on L1 and against a discriminator."""
    runtime.seed(seed)
    painter = deepcopy(painter).train()
    discriminator = patch_discriminator(4, (24, 48)).to(device)
    steps = runtime.steps(gan_steps)
    optimizers = [
        torch.optim.Adam(network.parameters(), gan_rate, betas=(0.5, 0.999))
        for network in (painter, discriminator)
    ]
    schedules = [  # constant, then falling to zero in the second half
        LambdaLR(optimizer, lambda k: min(1, 2 - 2 * k / steps))
        for optimizer in optimizers
    ]
    for _ in range(steps):
        some = torch.randint(len(x_train), (16,), device=device)
        x, y = x_train[some], y_train[some]
        painted = painter(x)
        real = discriminator(torch.cat([x, y], dim=1))
        fake = discriminator(torch.cat([x, painted.detach()], dim=1))
        loss = (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2
        optimizers[1].zero_grad()
        loss.backward()
        optimizers[1].step()

        fake = discriminator(torch.cat([x, painted], dim=1))
        loss = F.softplus(-fake).mean() + weight * F.l1_loss(painted, y)
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()
        for schedule in schedules:
            schedule.step()
    return painter, discriminator


games = zip(with_skips, seeds, strict=True)
trained = [sharpen(network, seed) for network, seed in games]
sharp = [metrics.predict(painter, x_test) for painter, _ in trained]
after = [measure(painted) for painted in sharp]
rows = {"target": y_test, "L1 alone": plain[0], "both losses": sharp[0]}
show_rows(
    rows,
    "The same six test images in three rows: targets, L1 alone, both losses. "
    "With both losses the circles have dark and bright stripes again, though "
    "not in the same places as in the targets.",
)

# %%
# The stripes are back. They do not stand where those of the target stand, and they cannot: nobody can know that. Now
# the numbers.

for name in ("L1", "energy", "patches"):
    print(name)
    print("  L1 alone:   ", ", ".join(f"{v[name]:.3f}" for v in before))
    print("  both losses:", ", ".join(f"{v[name]:.3f}" for v in after))
for a, b in zip(before, after, strict=True):
    claim(b["energy"] > 5 * a["energy"], "five times the gradient energy")
    claim(b["patches"] < 0.7 * a["patches"], "and nearer patches")
    claim(b["L1"] > 1.02 * a["L1"], "but a larger error per pixel")

# %%
# From each seed the texture comes back, and the patches move toward those of the targets. And from each seed the error
# per pixel gets *larger*. That is no accident. A stripe in the wrong place costs more than no stripe, so L1 prefers
# the plain circle. If you choose a model by L1, you choose the blurred one. Say what you want first, and then choose
# the number.
#
# ## Why lambda is 100
#
# Each loss pushes on the pixels by its gradient. Here is the length of both, for 16 paintings and the discriminator
# that was trained along with them.

painter, discriminator = trained[0]
x, y = x_train[:16], y_train[:16]
painted = painter(x).detach().requires_grad_()
fooling = F.softplus(-discriminator(torch.cat([x, painted], dim=1))).mean()
lengths = [
    torch.autograd.grad(loss, painted)[0].norm().item()
    for loss in (fooling, F.l1_loss(painted, y))
]
print(f"adversarial {lengths[0]:.4f}, L1 {lengths[1]:.4f}:", end=" ")
print(f"the first is {lengths[0] / lengths[1]:.0f} times as long")
claim(lengths[0] > 10 * lengths[1], "with lambda 1, L1 would hardly count")

# %%
# !!! quiz "A weight of 100"
#     L1 is the *mean* absolute error over all numbers of the image. Why does it need such a large weight?
#
#     - [ ] Because the error is small at the end of the training.
#       > The gradient of an absolute value is +1 or -1, however small the error is.
#     - [x] Because the mean divides the push on each pixel by the number of pixels.
#       > An image has 3,072 numbers, so each is pushed by 1/3072 and less. A weight of 100 brings the gradient to the
#       > order of the other one.
#     - [ ] Because the discriminator has more parameters than the U-Net.
#       > It has fewer, and the gradient at the pixels does not depend on the count.
#
# The authors of pix2pix take 100, too, for pixels from -1 to 1. On a scale from 0 to 1 all differences are half as
# large, so the same weight is 200 there; you meet both numbers. Do not copy either without looking at your gradients.
#
# ## What the discriminator sees
#
# Its answer is a map, so you can look at it. Bright places are patches that it takes for real.

with torch.no_grad():
    maps = {
        name: discriminator(torch.cat([x_test, images], dim=1)).sigmoid()
        for name, images in rows.items()
    }
show_rows(
    {name: chances.expand(-1, 3, -1, -1) for name, chances in maps.items()},
    "Maps of 14 by 14 places for the same six images in three rows. Those of "
    "the targets are the brightest; for L1 alone there are dark spots on the "
    "circles.",
)
near = F.adaptive_max_pool2d(circles.float(), 14) > 0
real = {name: chances[near].mean() for name, chances in maps.items()}
print("mean probability that patches on circles are real:")
print(", ".join(f"{name} {value:.2f}" for name, value in real.items()))
claim(real["target"] > real["L1 alone"] + 0.1, "plain circles look painted")

# %%
# The discriminator takes plain circles for painted, and real ones more often for real.
#
# ## Where it fails
#
# One drawing gives one image, though many are possible: the network is a function. Even with the adversarial loss it
# has no way to choose another phase. (Noise as a second input would be such a way, and pix2pix learned to ignore it.)
#
# And it knows our outlines and no others. Draw the same shapes with a pen that is twice as wide. For you this is the
# same drawing.

wide, target, _ = draw(runtime.steps(500, 64), seed=2, width=2.2)
assert torch.equal(target, y_test.cpu())  # the same shapes
ours, other = after[0]["L1"], error(metrics.predict(painter, wide))
print(f"L1: {ours:.3f} with our pen, {other:.3f} with the other")
claim(other > 1.3 * ours, "a wider pen spoils the images")

# %%
# Nothing in the training said that the width of a line does not matter. If it should not, draw the training pairs with
# many pens.
#
# ## Exercises
#
# [The workbook](38_unet-pix2pix.exercises.py) has each of these as a cell with a gap, with a checker that tells you
# what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# Pairs are a luxury. [Image to image, unpaired](39_cyclegan.py) translates between two collections of images that
# nobody has paired. [A first GAN](34_first-gan.py) is the home of the game between generator and discriminator,
# [numbers for images](35_gan-evaluation.py) that of the Fréchet distance, and [diffusion](41_diffusion.py) puts a
# U-Net to another use.
