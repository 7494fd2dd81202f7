# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["P10", "G2.3"]
# data = ["mnist"]
# minutes = 2
# gpu = true
# metric = { name = "Fréchet distance", unit = "", target = 160, reference = "a linear map on the same page" }
# description = "Adaptive normalization, noise, growing, a mapping network and truncation, one part at a time."
# ///
"""
# The parts of StyleGAN

StyleGAN is the generator that became famous for faces of people who do not
exist. It is made of a few simple parts. Here you build each of them, test it
against the slowest version that you can write, and see what it does *alone*.
"""

# %%
# The part that gives the network its name sets the *style* of a feature map: it takes away the map's mean and spread,
# and gives it new ones. Here are two maps for each of four digits, its vertical and its horizontal edges, and the
# second map is ten times as strong as the first. Afterwards they are equally strong.

import torch
import torch.nn.functional as F
from matplotlib import pyplot as plt

from kindling import plots
from kindling.data import mnist
from kindling.generative import digit_judge, small_digits, verdict


def adain(x, scale, shift, eps=1e-5):
    """Give each map of x [B, C, H, W] the spread and mean of its style."""
    mean = x.mean(dim=(2, 3), keepdim=True)
    variance = x.var(dim=(2, 3), correction=0, keepdim=True)
    normal = (x - mean) / (variance + eps).sqrt()
    return scale[:, :, None, None] * normal + shift[:, :, None, None]


def strips(rows):
    """Draw each row of images as one strip, with its own gray scale."""
    with plots.style():
        fig, axes = plt.subplots(len(rows), 1, figsize=(5.4, 0.6 * len(rows)))
    for ax, (name, images) in zip(axes, rows.items(), strict=True):
        strip = torch.cat([*images[:8].flatten(0, -3).cpu()], dim=1)
        ax.imshow(strip, cmap="gray", interpolation="none", aspect="auto")
        ax.set_ylabel(name, rotation=0, ha="right", va="center")
        ax.set(xticks=[], yticks=[], frame_on=False)
    return fig


x_val, y_val = mnist("val").tensors
x_val = small_digits(x_val)  # [N, 1, 16, 16]
digits = F.pad(x_val[:4], (1, 1, 1, 1))
right, down = digits.diff(dim=3)[..., 1:, :], digits.diff(dim=2)[..., 1:]
maps = torch.cat([right, 10 * down], dim=1)  # [4, 2, 17, 17]
styled = adain(maps, torch.ones(4, 2), torch.zeros(4, 2))
plots.show(
    strips({"before": maps, "after": styled}),
    "Pairs of edge maps. The first, almost invisible, becomes equally strong.",
)

# %%
# You will
#
# - build a small generator from these parts, and train it to rebuild digits of 16 by 16 pixels,
# - ask of each part what it alone changes: styles, noise, growing, a mapping network, truncation,
# - let [a judge](33_autoencoders.py) measure it.
#
# The real StyleGAN is trained against an opponent, as in [a first GAN](34_first-gan.py), on faces, for days. The parts
# are the same here, and the training is that of an autoencoder, which needs no opponent.

import copy
import itertools
import math
import time

from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

from kindling import metrics, runtime
from kindling.models import count_parameters, mlp
from kindling.runtime import claim

device = runtime.device()
size = 16  # numbers of a code
channels = 24
batch_size = 128

# %%
# ## Adaptive instance normalization
#
# Its full name is **adaptive instance normalization** (AdaIN). *Instance*: each map of each image has its own mean and
# spread, unlike in [batch normalization](../2-training/14_init-normalization.py). *Adaptive*: scale and shift are no
# parameters of the layer, they come from outside. Test it against loops, and against PyTorch's `F.instance_norm`.


def slow_adain(x, scale, shift, eps=1e-5):
    styled = torch.empty_like(x)
    for b in range(len(x)):
        for c in range(x.shape[1]):
            pixels = x[b, c].flatten().tolist()
            mean = sum(pixels) / len(pixels)
            variance = sum((p - mean) ** 2 for p in pixels) / len(pixels)
            normal = (x[b, c] - mean) / math.sqrt(variance + eps)
            styled[b, c] = scale[b, c] * normal + shift[b, c]
    return styled


runtime.seed(40)
x, scale, shift = torch.randn(2, 3, 4, 4), *torch.randn(2, 2, 3)
torch.testing.assert_close(adain(x, scale, shift), slow_adain(x, scale, shift))
torch.testing.assert_close(
    adain(x, torch.ones(2, 3), torch.zeros(2, 3)), F.instance_norm(x)
)
change = adain(7 * x + 3, scale, shift) - adain(x, scale, shift)
change = change.abs().max().item()
print(f"maps 7 times as large, plus 3: the result changes by {change:.6f}")
assert change < 1e-3

# %%
# The layer forgets how strong a map was. The style alone decides that, and only until the next layer of this kind. In
# the network a style is made from the **code** $w$ by a linear layer, whose biases start at scale 1 and shift 0.


class Style(nn.Module):
    """Maps [B, C, H, W] and codes [B, size] to maps in the code's style."""

    def __init__(self, channels):
        super().__init__()
        self.affine = nn.Linear(size, 2 * channels)
        nn.init.normal_(self.affine.weight, std=0.3)
        ones, zeros = torch.ones(channels), torch.zeros(channels)
        self.affine.bias.data = torch.cat([ones, zeros])

    def forward(self, x, w):
        return adain(x, *self.affine(w).chunk(2, dim=1))


# %%
# !!! quiz "What AdaIN forgets"
#     You multiply all weights and biases of the convolution before an AdaIN by 5. What happens to the output of AdaIN?
#
#     - [ ] It becomes 5 times as large.
#       > The factor is in the mean and in the spread as well, and both are taken away.
#     - [x] Nothing, apart from the tiny effect of `eps`.
#       > Each map is normalized. Its scale comes from the style only.
#
# ## Noise
#
# A code says which digit to draw. Pores, stray hairs, the grain of a photo: whether a detail sits here or one pixel to
# the right matters to nobody. For such details StyleGAN adds random numbers to the maps: one image of **noise** for
# all channels, multiplied by a strength that each channel learns.


class Noise(nn.Module):
    """Add the same noise to all maps of an image, in learned strengths."""

    def __init__(self, channels, strength=0.2):
        super().__init__()
        self.strength = nn.Parameter(torch.full((channels, 1, 1), strength))

    def forward(self, x):
        return x + self.strength * torch.randn_like(x[:, :1])


layer, x = Noise(3), torch.zeros(2, 3, 4, 4)
layer.strength.data = torch.tensor([1.0, 2.0, 0.0]).view(3, 1, 1)
runtime.seed(40)
noised = layer(x)
runtime.seed(40)
for b, noise in enumerate(torch.randn(2, 4, 4)):
    for c, strength in enumerate([1.0, 2.0, 0.0]):
        torch.testing.assert_close(noised[b, c], strength * noise)
print("first pixel of three channels:", noised[0, :, 0, 0].tolist())

# %%
# The channels get the same noise in their own strengths, and a channel of strength 0 stays as it is.
#
# ## The generator, growing
#
# A stage enlarges the maps, applies a [convolution](../3-vision/18_conv-arithmetic.py), adds noise, applies a
# leaky ReLU, and sets the style. The first stage has nothing to enlarge: it starts from maps of 4 by 4 that are
# *learned and the same for every image*. All that makes an image special comes through the styles and the noise.


class Stage(nn.Module):
    """Maps to maps of the same size, or twice as large."""

    def __init__(self, channels_in, channels_out, *, enlarge):
        super().__init__()
        self.enlarge = enlarge
        self.convolution = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.noise, self.style = Noise(channels_out), Style(channels_out)

    def forward(self, x, w):
        if self.enlarge:
            x = F.interpolate(x, scale_factor=2)
        x = F.leaky_relu(self.noise(self.convolution(x)), 0.2)
        return self.style(x, w)


# %%
# **Growing** means: train a network for small images first, then add a stage. The new stage starts with random
# weights and would ruin the image. So fade it in: the image is a blend of the old one, enlarged, and the new one, and
# $\alpha$ goes slowly from 0 to 1.


def fade_in(small, large, alpha):
    return torch.lerp(F.interpolate(small, scale_factor=2), large, alpha)


class Generator(nn.Module):
    """Three codes [3, B, size], one for each stage, to images."""

    def __init__(self):
        super().__init__()
        self.start = nn.Parameter(torch.randn(1, channels, 4, 4))
        self.stage4 = Stage(channels, channels, enlarge=False)
        self.stage8 = Stage(channels, channels, enlarge=True)
        self.stage16 = Stage(channels, 16, enlarge=True)
        self.small = nn.Conv2d(channels, 1, kernel_size=1)  # maps to an image
        self.large = nn.Conv2d(16, 1, kernel_size=1)

    def forward(self, codes, alpha=1.0):
        x = self.start.expand(codes.shape[1], -1, -1, -1)
        x = self.stage8(self.stage4(x, codes[0]), codes[1])  # [B, 24, 8, 8]
        if alpha == 0:
            return F.interpolate(self.small(x), scale_factor=2)
        large = self.large(self.stage16(x, codes[2]))
        return fade_in(self.small(x), large, alpha)


runtime.seed(40)
x = torch.rand(2, 1, 2, 2), torch.rand(2, 1, 4, 4)
for alpha in (0.0, 0.3, 1.0):
    blend = fade_in(*x, alpha)
    for i, j in itertools.product(range(4), repeat=2):
        old, new = x[0][..., i // 2, j // 2], x[1][..., i, j]
        slow = (1 - alpha) * old + alpha * new
        torch.testing.assert_close(blend[..., i, j], slow)
generator = Generator().to(device)
print(f"generator: {count_parameters(generator):,} parameters")

# %%
# ## Sudden or faded?
#
# To train it, put an encoder in front, which makes a code from a digit, and let the generator rebuild the digit. The
# batch normalization at the end keeps each number of the code near mean 0 and variance 1.
#
# First the old layers alone, at $\alpha = 0$. Then the new stage arrives, once suddenly and once faded in over 100
# steps, from the very same weights.

x_train = small_digits(mnist("train").tensors[0][:20_000]).to(device)
x_val = x_val.to(device)
encoder = nn.Sequential(
    mlp([256, 128, size]), nn.BatchNorm1d(size, affine=False)
).to(device)
both = nn.ModuleList([encoder, generator])
optimizer = torch.optim.Adam(both.parameters(), lr=3e-3)
spent = []  # seconds of each training


def train(both, optimizer, steps, alpha_at, scheduler=None):
    """Rebuild digits, drawn at random; return the loss of each step."""
    encoder, generator = both.train()
    losses, start = [], time.perf_counter()
    for step in range(runtime.steps(steps)):
        chosen = torch.randint(len(x_train), (batch_size,), device=device)
        x = x_train[chosen]
        codes = encoder(x).expand(3, -1, -1)  # all stages get one code
        loss = F.mse_loss(generator(codes, alpha_at(step)), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler:
            scheduler.step()
        losses.append(loss.detach())
    spent.append(time.perf_counter() - start)
    return torch.stack(losses).tolist()


before = train(both, optimizer, 300, lambda step: 0.0)
grown = {}
for way, alpha_at in {
    "sudden": lambda step: 1.0,
    "faded": lambda step: min(1.0, (step + 1) / 100),
}.items():
    twin = copy.deepcopy(both)
    adam = torch.optim.Adam(twin.parameters(), lr=3e-3)
    grown[way] = train(twin, adam, 150, alpha_at)
plots.curves(
    {way: before[-50:] + losses for way, losses in grown.items()},
    x=range(-min(50, len(before)), len(grown["faded"])),
    xlabel="steps since the new stage",
    ylabel="loss",
    logy=True,
)
worst = {way: max(losses) for way, losses in grown.items()}
print(f"before {before[-1]:.3f}, worst afterward:", end=" ")
print(", ".join(f"{way} {loss:.3f}" for way, loss in worst.items()))
claim(worst["sudden"] > 5 * worst["faded"], "fading avoids the jump")

# %%
# The sudden stage throws the loss up, and all layers are busy repairing that for many steps. The faded one raises it
# only a little. Keep the faded twin for the rest of the page, and train it further, with a falling learning rate.

both = twin
encoder, generator = both
steps = 450
optimizer = torch.optim.Adam(both.parameters(), lr=3e-3)
cosine = CosineAnnealingLR(optimizer, runtime.steps(steps))
train(both, optimizer, steps, lambda step: 1.0, cosine)
with torch.no_grad():
    w = encoder.eval()(x_val)  # [10,000, 16]
    w_train = encoder(x_train)


@torch.no_grad()
def drawn(*codes):
    """Images for the code [B, size], or for one code for each stage."""
    codes = codes * 3 if len(codes) == 1 else codes
    return generator(torch.stack(codes)).clamp(0, 1)


runtime.seed(40)
rebuilt = drawn(w)
judge = digit_judge(16, device=device)
y_val = y_val.to(device)
read = judge(rebuilt).argmax(dim=1) == y_val
print(f"read correctly: {judge.accuracy:.1%} of real test digits,", end=" ")
print(f"{read.float().mean():.1%} of the rebuilt ones")
claim(read.float().mean() > 0.7, "the generator has learned digits")

# %%
# ## What the styles change
#
# Each stage may get another code: this is **style mixing**. In the row "first at 4" only the stage of 4 by 4 pixels
# has the code of the first digit, and the others have that of a second one. Who decides which digit you see?

other = w.roll(1, dims=0)  # for each digit the one before
mixed = {
    "first at 4": drawn(w, other, other),
    "first at 4, 8": drawn(w, w, other),
}
plots.show(
    strips({"first": x_val, **mixed, "second": x_val.roll(1, dims=0)}),
    "Four rows of digits. With only the smallest stage from the first digit, "
    "more look like the second; with two stages, like the first.",
)
decided = []
for name, images in mixed.items():
    answer = judge(images).argmax(dim=1)
    as_first = (answer == y_val).float().mean().item()
    as_second = (answer == y_val.roll(1)).float().mean().item()
    decided.append((as_first, as_second))
    print(f"{name}: read as the first {as_first:.0%}", end=", ")
    print(f"as the second {as_second:.0%}")
(few, _), (most, least) = decided
claim(most > 0.5 > 2 * least, "two stages of three decide the digit")
claim(most > few + 0.2, "the stage for 8 by 8 matters most")

# %%
# The styles of the stages for 4 and 8 pixels say which digit it is, and the last stage changes how it is drawn. In
# faces, early stages decide pose and shape, late ones color and skin.
#
# ## What the noise changes
#
# Training with the squared error has no use for noise: each random pixel is an error. See what became of the
# strengths, which began at 0.2. Then set them by hand to 1, at one stage at a time, and draw the same digits twenty
# times.

stages = [generator.stage4, generator.stage8, generator.stage16]
learned = [stage.noise.strength.detach().clone() for stage in stages]


def set_noise(strengths):
    for stage, strength in zip(stages, strengths, strict=True):
        stage.noise.strength.data = strength


shown, coarse = {"digits": x_val}, []
runtime.seed(40)
for k, name in enumerate(("at 4", "at 8", "at 16")):
    set_noise([torch.full_like(s, i == k) for i, s in enumerate(learned)])
    many = torch.stack([drawn(w[:100]) for _ in range(20)])
    blocks = F.avg_pool2d(many.flatten(0, 1), 4).view(20, -1, 4, 4)
    shown[name] = many.std(dim=0)
    coarse.append((blocks.std(dim=0).mean() / many.std(dim=0).mean()).item())
set_noise(learned)
plots.show(
    strips(shown),
    "Digits, and how much noise at stage 4, 8, or 16 changes each pixel.",
)
for k, name in enumerate(("4", "8", "16")):
    kept = learned[k].abs().mean().item()
    print(f"stage {name}: learned strength {kept:.3f}", end=", ")
    print(f"left after averaging 4 by 4 pixels {coarse[k]:.0%}")
claim(coarse[0] > 1.4 * coarse[2], "early noise moves whole strokes")
claim(learned[2].abs().mean() < 0.1, "training has turned the noise down")

# %%
# Noise of an early stage moves whole strokes; that of the last stage changes single pixels, which mostly cancel out in
# the mean of 16. An opponent that asks for realistic grain would keep the strengths up. Our error asks for the
# opposite.
#
# !!! quiz "The same code, twice"
#     You draw two images from the same code with StyleGAN, without fixing the noise. How do they differ?
#
#     - [x] In details such as the place of single hairs.
#       > What the noise may change without harm, the generator has left to it.
#     - [ ] Not at all: the code decides everything.
#       > The noise is drawn again for each image.
#
# ## A mapping network
#
# So far all codes came from real digits. New digits need new codes. [Autoencoders](33_autoencoders.py) drew them from a
# normal distribution that fits the means and spreads; one that fits all covariances is $w = Lz + m$ for standard normal
# $z$, a *linear* map. But real codes have gaps and bends where a normal distribution has none. StyleGAN leaves the way
# from $z$ to $w$ to a network of its own, the **mapping network**: a plain [MLP](../2-training/10_first-network.py),
# after $z$ is brought to length $\sqrt{16}$.


def normalized(z):
    return z / z.square().mean(dim=1, keepdim=True).sqrt()


z = torch.tensor([[3.0, 4.0]])
torch.testing.assert_close(normalized(z), z / 5 * math.sqrt(2))
print("lengths:", normalized(torch.randn(4, size)).norm(dim=1).tolist())

# %%
# In StyleGAN the opponent trains this network too. We have real codes to compare with, so a simpler teacher will do,
# the [energy distance](41_diffusion.py) of two clouds of points: twice the mean distance between the clouds, minus the
# mean distances within each. It is zero only for equal distributions.


def energy(a, b):
    within = [torch.pdist(points).mean() for points in (a, b)]
    return 2 * torch.cdist(a, b).mean() - sum(within)


def train_mapping(seed, steps=1000, n=256):
    runtime.seed(seed)
    start = time.perf_counter()
    mapping = mlp([size, 256, 256, 256, size]).to(device)
    optimizer = torch.optim.Adam(mapping.parameters())
    steps = runtime.steps(steps)
    cycle = OneCycleLR(optimizer, 2e-3, steps)
    for _ in range(steps):
        real = w_train[torch.randint(len(w_train), (n,), device=device)]
        z = normalized(torch.randn(n, size)).to(device)
        loss = energy(mapping(z), real)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        cycle.step()
    spent.append(time.perf_counter() - start)
    return mapping


real = small_digits(mnist("test").tensors[0])
root, center = torch.linalg.cholesky(w_train.T.cov()), w_train.mean(dim=0)
mappings = {seed: train_mapping(seed) for seed in (40, 41, 42)}
seconds = spent[0] + sum(spent[2:4]) + spent[-1]  # one of each
runtime.seed(40)
z = torch.randn(10_000, size).to(device)
made = {"rebuilt": w, "linear": z @ root.T + center}
for seed, mapping in mappings.items():
    made[f"mapping {seed}"] = metrics.predict(mapping, normalized(z))
images = {name: drawn(codes) for name, codes in made.items()}
plots.show(
    strips(images),
    "Eight rebuilt digits; new ones from a linear map, some shapeless; and "
    "from three mapping networks, more like digits.",
)
verdicts = {name: verdict(judge, x, real) for name, x in images.items()}
for name, v in verdicts.items():
    print(f"{name:10} distance {v.frechet:3.0f} ± {v.error:.0f}", end=", ")
    print(f"{v.covered:2} digits, {v.confidence:.0%} sure")
_, linear, *mapped = verdicts.values()
claim(max(v.frechet for v in mapped) < linear.frechet, "nearer to real ones")
claim(min(v.confidence for v in mapped) > linear.confidence, "clearer")
claim(min(v.covered for v in mapped) > 5, "most digits are drawn")
claim(mapped[-1].frechet < 160, "the target")
parameters = count_parameters(generator) + count_parameters(mapping)
verdicts["mapping 42"].report(parameters=parameters, seconds=seconds)

# %%
# The generator is the same in all rows; only the codes differ. From every seed the mapping network's digits are nearer
# to real ones than those of the linear map, and the judge is surer. (A digit does not count as drawn if the judge sees
# it in no more than 3% of the images.)
#
# !!! quiz "What the mapping network is for"
#     Why is a mapping network put between $z$ and the generator, when $z$ is random anyway?
#
#     - [ ] To make the codes normally distributed.
#       > That is what $z$ is already.
#     - [x] Good codes may have any distribution, with gaps and bends, and $z$ has to be normal.
#       > The network bends the one into the other, so the generator does not have to.

# %%
# ## Truncation
#
# Rare codes make poor images. **Truncation** pulls each code toward a center: $w' = c + \psi\,(w - c)$. At $\psi = 1$
# nothing changes; at $\psi = 0$ all codes are the center. (BigGAN made it known.) StyleGAN takes the mean of all codes
# as the center. But digits are ten kinds of things: is there a digit at their mean? Compare with the nearest of ten
# centers, the mean codes of the ten digits.


def truncate(w, center, psi):
    return center + psi * (w - center)


y_train = mnist("train").tensors[1][: len(w_train)].to(device)
kinds = [w_train[y_train == digit] for digit in range(10)]
centers = torch.stack([codes.mean(dim=0) for codes in kinds if len(codes)])
w_new = made["mapping 40"]
nearest = centers[torch.cdist(w_new, centers).argmin(dim=1)]
pairs = zip(w_new[0].tolist(), nearest[0].tolist(), strict=True)
slow = torch.tensor([c + 0.5 * (value - c) for value, c in pairs])
torch.testing.assert_close(truncate(w_new, nearest, 0.5)[0].cpu(), slow)
ways = {"mean": center.expand_as(nearest), "nearest": nearest}


def truncated(psi):
    first = {n: truncate(w_new[:8], c[:8], psi) for n, c in ways.items()}
    return strips({name: drawn(w) for name, w in first.items()})


plots.stepped(
    {psi: truncated(psi) for psi in (1.0, 0.75, 0.5, 0.25, 0.0)},
    label="psi",
    alt="New digits, pulled to the mean code, and to the nearest center.",
)

# %%
# Go down with $\psi$. In the upper row the eight images become one and the same soft shape. In the lower row they
# become clearer, and lose what made them different. What does the judge say?

sure = {name: [] for name in ways}
for name, c in ways.items():
    for psi in (1.0, 0.5, 0.0):
        v = verdict(judge, drawn(truncate(w_new, c, psi)), real)
        sure[name].append(v.confidence)
        print(f"{name:7} psi {psi:4}: {v.covered:2} digits", end=", ")
        print(f"distance {v.frechet:3.0f}, {v.confidence:.0%} sure")
claim(
    sure["mean"][1] < sure["mean"][0] - 0.03, "the mean of digits is no digit"
)
claim(sure["nearest"][1] > sure["nearest"][0] + 0.05, "clearer digits")

# %%
# Toward the mean of all codes the judge gets less sure and finds fewer digits: between ten kinds of digits there is no
# digit. (Between faces there is a face, so one center is enough for them.) Toward the nearest center it gets surer.
# Variety is the price. At $\psi = 0$ only ten images are left, one of each digit, give or take the noise, and none of
# these numbers complains.
#
# ## Where it fails
#
# AdaIN looks at one map at a time, and this can be abused. Put a single huge number into a map, and look at the
# others.

runtime.seed(40)
maps = torch.randn(1, 2, 8, 8)
maps[0, 0, 0, 0] = 100
calm = adain(maps, torch.ones(1, 2), torch.zeros(1, 2))[0].flatten(1)
spreads = calm[:, 1:].std(dim=1)
print("spread of the other 63 numbers:", end=" ")
print(f"{spreads[0]:.2f} with the spike, {spreads[1]:.2f} without")
assert spreads[0] < 0.2 < 0.8 < spreads[1]

# %%
# One spike has made all the rest small. The authors found that their generator did just that: its images had a blurred
# droplet, the trace of a spike by which the network smuggled the strength of its maps past the normalization.
# StyleGAN2 therefore moved the style into the weights of the convolution, and it no longer grows: the fading stages
# had left details that stuck to one place while the face moved. The mapping network, noise and truncation stayed.
#
# And mind what this page does not show. Trained to rebuild, the generator is soft and learns to ignore its noise. Only
# a training that compares *distributions* of images uses all of its parts.
#
# ## Exercises
#
# [The workbook](40_stylegan-parts.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [Diffusion](41_diffusion.py) draws in many small steps what this generator draws in one. How a generator learns to
# obey a label is told in [asking for a seven](37_conditional-control.py).
