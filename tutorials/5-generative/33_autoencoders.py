# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["ND6", "ND7", "ND8", "ND9", "G2.2"]
# data = ["mnist"]
# minutes = 3
# gpu = true
# metric = { name = "test MSE from 32 numbers", unit = "", target = 0.012, reference = "0.0118, the course" }
# description = "Linear, deep, convolutional, denoising and variational autoencoders, each measured; a map of the code."
# ///
"""
# Autoencoders

How much of a handwritten digit is left if you may keep only 32 numbers of its
784 pixels? A network that has to answer this finds, without any label, what
digits have in common. In the end you turn it around, and it draws new ones.
"""

# %%
# Begin with what needs no network. **Principal component analysis** (PCA) finds the 32 directions in which the images
# differ most. Keep the coordinates along these directions, and forget the rest.

import torch

from kindling import plots
from kindling.data import batches, mnist

x_train, y_train = (part[:20_000] for part in mnist("train").tensors)
x_val, y_val = mnist("val").tensors
size = 32  # how many numbers are kept

flat = x_train.flatten(1)
mean = flat.mean(dim=0)
covariance = (flat - mean).T @ (flat - mean) / len(flat)  # [784, 784]
covariance = covariance.double()
variances, directions = torch.linalg.eigh(covariance)  # the largest ones last
directions = directions[:, -size:]  # [784, 32]


def by_pca(x):
    """Images [N, 1, 28, 28], rebuilt from 32 numbers each."""
    code = (x.flatten(1) - mean) @ directions.float()  # [N, 32]
    return (code @ directions.float().T + mean).view(x.shape)


plots.image_grid(
    torch.cat([x_val[:5], by_pca(x_val[:5])]),
    titles=["digit"] * 5 + ["rebuilt"] * 5,
    columns=5,
    alt="The first five validation digits, and below each what PCA makes of "
    "its 32 numbers: readable digits with gray clouds around them.",
)
pca_error = (by_pca(x_val) - x_val).square().mean().item()
print(f"mean squared error per pixel, validation images: {pca_error:.4f}")

# %%
# The digits can be read, and there are gray clouds around them. An **autoencoder** does the same with a network. Its
# first half, the **encoder**, makes a short **code** from the image; its second half, the **decoder**, makes the image
# from the code. The narrow middle is the **bottleneck**. The target is the input itself, so you need no labels.
#
# You will
#
# - see that a linear autoencoder finds what PCA finds, and that a deeper one beats it,
# - enlarge images with transposed convolutions, and cure the checkerboards that these leave,
# - train an autoencoder to remove noise,
# - give the code a distribution, draw new digits from it, and let a judge compare them with real ones.

import time

import torch.nn.functional as F
from matplotlib import pyplot as plt
from torch import distributions, nn
from torch.optim.lr_scheduler import OneCycleLR

from kindling import metrics, runtime
from kindling.generative import digit_judge, verdict
from kindling.models import count_parameters, mlp
from kindling.runtime import claim
from kindling.training import train_epoch

device = runtime.device()
batch_size = 100
top_rate = 4e-3  # four times Adam's default, at the top of a short cycle

# %%
# ## A linear autoencoder is PCA
#
# Let the encoder be one matrix $E$ and the decoder another, $D$, without activation functions. For images $x$ (with
# their mean taken away) the loss is the mean of $\|x - D E x\|^2$. It has a nice property: if you hold one of the two
# matrices fixed, the best other one is the solution of a least-squares problem. So train by taking turns.
#
# With $C$ the covariance of the images, the best decoder for an encoder is $D = C E^T (E C E^T)^{-1}$, and the best
# encoder for a decoder is $E = (D^T D)^{-1} D^T$.

dealer = torch.Generator().manual_seed(33)
encoder = torch.randn(size, 784, generator=dealer, dtype=torch.float64)
linear_errors = []
for _ in range(200):
    spread = covariance @ encoder.T  # [784, 32]
    decoder = torch.linalg.solve(encoder @ spread, spread, left=False)
    encoder = torch.linalg.solve(decoder.T @ decoder, decoder.T)
    error = covariance.trace() - (decoder * spread).sum()
    linear_errors.append(error.item() / 784)
best = variances[:-size].sum().item() / 784  # what the directions leave out
for turn in (1, 2, 5, 20, 200):
    print(f"turn {turn:3}: training error {linear_errors[turn - 1]:.6f}")
print(f"PCA:      training error {best:.6f}")
assert min(linear_errors) > best - 1e-6

# %%
# The error falls to that of PCA and never below it: PCA is the best that a linear code can do. Is it also the same
# *code*? Compare the spaces of images that the two can draw. The columns of $D$ span one, the directions of PCA the
# other. If you project the one onto the other and nothing gets shorter, they are equal. The shortening in each
# direction is a singular value of the product of two orthonormal bases.

basis, _ = torch.linalg.qr(decoder)
ours = torch.linalg.svdvals(basis.T @ directions)
off = (encoder @ directions - torch.eye(size)).abs().max().item()
print(f"linear autoencoder against PCA: at least {ours.min():.6f} is left")
print(f"from PCA's code to this one: up to {off:.2f} off the identity")
claim(ours.min() > 0.9999, "the same space as PCA")
claim(off > 0.1, "and another code")

# %%
# Two views of the same space. The linear autoencoder has no reason to put the most important direction first, or to
# use right angles. It knows only the space.
#
# ## Deeper
#
# Now put a hidden layer with a ReLU into each half. The code stays as small as it was.


def deep(code=size):
    """An encoder to `code` numbers, and a decoder back to an image."""
    return nn.Sequential(
        mlp([784, 256, code]),
        mlp([code, 256, 784]),
        nn.Sigmoid(),  # pixels are between 0 and 1
        nn.Unflatten(1, (1, 28, 28)),
    )


def train(model, epochs, loss_fn=F.mse_loss, spoil=lambda x: x, n=20_000):
    """Train a model to give x for spoil(x)."""
    x = x_train[:n].to(device)
    optimizer = torch.optim.Adam(model.parameters())
    pairs = batches(x, x, batch_size, shuffle=True)
    steps = runtime.steps(epochs) * len(pairs)
    cycle = OneCycleLR(optimizer, top_rate, total_steps=steps)
    for _ in range(runtime.steps(epochs)):
        fed = ((spoil(x), x) for x, _ in pairs)
        train_epoch(model, fed, optimizer, loss_fn=loss_fn, scheduler=cycle)


x_val = x_val.to(device)
runtime.seed(33)
model = deep().to(device)
train(model, epochs=6)
rebuilt = metrics.predict(model, x_val)
error = F.mse_loss(rebuilt, x_val).item()
print(f"validation error: PCA {pca_error:.4f}, deep autoencoder {error:.4f}")
claim(error < 0.75 * pca_error, "better than a linear code of this size")

# %%
# From as many numbers, the error is far smaller. The set of all digits is not a flat space, and the deep network can
# follow its curves.


def strips(rows, alt):
    """Draw each row of images [8, 1, 28, 28] as one strip, by its name."""
    with plots.style():
        fig, axes = plt.subplots(len(rows), 1, figsize=(5.4, 0.6 * len(rows)))
    for ax, (name, images) in zip(axes, rows.items(), strict=True):
        strip = torch.cat([*images[:8, 0].cpu()], dim=1)  # [28, 8 * 28]
        ax.imshow(strip, cmap="gray", interpolation="none", aspect="auto")
        ax.set_ylabel(name, rotation=0, ha="right", va="center")
        ax.set(xticks=[], yticks=[], frame_on=False)
    plots.show(fig, alt)


rows = {"digits": x_val, "PCA": by_pca(x_val[:8].cpu()), "deep": rebuilt}
alt = "Eight digits, rebuilt by PCA with gray clouds, then cleanly."
strips(rows, alt)

# %%
# !!! quiz "A loss that depends on the batch"
#     A well-known notebook on autoencoders prints a training loss of .2356. It adds up the mean loss of each batch
#     *times the number of images* in it, 20, and divides the sum by the number of *batches*. How large is its mean
#     squared error per pixel? (Four decimal places.)
#
#     - [=] 0.0118 ± 0.00005
#       > .2356 / 20. A loss that you print should not change when only the batch size changes.
#     - [ ] 4.712
#       > You multiplied. This has been done once too often already.
#     - [ ] anything else
#       > It was multiplied by the number of images in a batch.
#
# ## Convolutions, smaller and larger
#
# An encoder of [convolutions](../3-vision/18_conv-arithmetic.py) makes images smaller, by strides or by pooling. The
# decoder has to make them larger. A **transposed convolution** does so: each input number puts its own copy of the
# kernel, multiplied by the number, onto the output, one stride further than the last. Where copies overlap, they are
# added. Look at how many copies reach each place: an input of ones and a kernel of ones.

ones = torch.ones(1, 1, 6, 6)
kernels = {k: torch.ones(1, 1, k, k) for k in (2, 3, 4)}
kinds = {
    f"kernel {k}, stride 2": F.conv_transpose2d(ones, kernel, stride=2)
    for k, kernel in kernels.items()
}
enlarged = F.interpolate(ones, scale_factor=2)
kinds["upsample, then 3"] = F.conv2d(enlarged, kernels[3])
inner = {name: image[..., 2:-2, 2:-2] for name, image in kinds.items()}
plots.image_grid(
    torch.stack([F.pad(i[0, 0, :6, :6], (1,) * 4) for i in inner.values()]),
    titles=list(inner),
    columns=4,
    alt="Four squares. Only that of kernel 3 and stride 2 is not even: it "
    "shows a grid of brighter and darker places.",
)
for name, image in inner.items():
    found = image.unique().int().tolist()
    print(f"{name}: {found} copies")
    assert found == [1, 2, 4] if "3, s" in name else len(found) == 1

# %%
# (We cut off the border, where fewer copies arrive, and put black around.) With a kernel of 3 and a stride of 2, some
# places get one copy, some two, some four. That is the **checkerboard** in many generated images. A network can learn
# weights that hide it, and it often does not quite. A kernel whose size is a multiple of the stride at least gives
# every place as many copies. The cure is **upsampling** (repeat each pixel) followed by an ordinary convolution: on an
# even area every place then gets the same result.
#
# !!! quiz "How many copies?"
#     A transposed convolution in *one* dimension has a kernel of 6 and a stride of 3. How many copies reach each place
#     far from the border?
#
#     - [=] 2
#       > 6 / 3, the same everywhere. Unequal weights can still draw a pattern.
#     - [ ] 4
#       > That is for two dimensions, where the copies of rows and columns multiply.
#     - [ ] anything else
#       > Kernels start at 0, 3, 6, ... and are 6 long. Count those that cover place 7.
#
# How strong is it in a network that starts with random weights? Feed it an even gray code, and compare the means of
# the four kinds of places: even or odd row, even or odd column.


def larger(channels_in, channels_out, *, transposed):
    if transposed:
        return nn.ConvTranspose2d(
            channels_in, channels_out, 3, stride=2, padding=1, output_padding=1
        )
    return nn.Sequential(
        nn.Upsample(scale_factor=2),
        nn.Conv2d(channels_in, channels_out, 3, padding=1),
    )


def convolutional(*, transposed):
    """Digits to a code [batch, 4, 7, 7], and back."""
    encoder = nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 4, 3, stride=2, padding=1),
    )
    decoder = nn.Sequential(
        larger(4, 16, transposed=transposed),
        nn.ReLU(),
        larger(16, 1, transposed=transposed),
        nn.Sigmoid(),
    )
    return nn.Sequential(encoder, decoder)


@torch.no_grad()
def unevenness(decoder):
    image = decoder(torch.ones(1, 4, 7, 7))[0, 0, 8:20, 8:20]
    places = image.view(6, 2, 6, 2).mean(dim=(0, 2))  # row and column: even?
    return places.std().item()


for transposed in (True, False):
    found = []
    for seed in (33, 34, 35):
        runtime.seed(seed)
        found.append(unevenness(convolutional(transposed=transposed)[1]))
    print(f"transposed: {transposed!s:5}", [f"{f:.5f}" for f in found])
    assert (min(found) > 0.001) if transposed else (max(found) < 1e-6)

# %%
# The upsampling network draws an even area; the transposed one draws a pattern before it has learned anything. Both
# double height and width twice, from 7 to 14 to 28. (`output_padding` adds the row and the column that a stride of 2
# leaves undecided.) Train both. The loss is the cross-entropy of each pixel, taken as the probability of ink.

for transposed in (True, False):
    runtime.seed(33)
    conv = convolutional(transposed=transposed).to(device)
    train(conv, epochs=4, n=10_000, loss_fn=F.binary_cross_entropy)
    again = metrics.predict(conv, x_val)
    conv_error = F.mse_loss(again, x_val).item()
    name = "transposed" if transposed else "upsampling"
    print(f"{name}: validation error {conv_error:.4f}", end=", ")
    print(f"{count_parameters(conv):,} parameters")
    claim(conv_error < 0.02, "it has learned")
numbers = conv[0](x_val[:1]).numel()
print(f"code: {numbers} of 784 numbers", end=", ")
print(f"deep autoencoder: {count_parameters(model):,} parameters")
assert again.shape == x_val.shape and 4 * numbers == 784

# %%
# The cure is against the pattern, not against the error: compare the two. (The code is a quarter of the image here, so
# do not compare with the last ones.) And compare the parameters: the same few small kernels work at every place.
#
# ## Remove noise
#
# So far the best answer would be a plain copy, and only the bottleneck forbids it. A **denoising** autoencoder gets
# another task: its input has noise, its target has none. Then a copy is a bad answer.


def noisy(x, strength=0.5):
    return (x + strength * torch.randn_like(x)).clamp(0, 1)


runtime.seed(33)
spoiled = noisy(x_val)
denoiser = deep().to(device)
train(denoiser, epochs=6, spoil=noisy)
cleaned = metrics.predict(denoiser, spoiled)
by_other = metrics.predict(model, spoiled)
tries = {"noisy": spoiled, "plain": by_other, "denoising": cleaned}
alt = "Eight digits in noise, smeared by the plain autoencoder, then cleaned."
strips(tries, alt)
errors = {n: F.mse_loss(x, x_val).item() for n, x in tries.items()}
for name, value in errors.items():
    print(f"{name:9} validation error {value:.4f}")
claim(errors["denoising"] < 0.8 * errors["plain"], "it was taught to")

# %%
# The noise is new in every batch, and that of the validation images was never seen. The plain autoencoder removes some
# of it as well, since noise does not fit into its code, but it was never shown how.
#
# ## Can you draw new digits?
#
# A decoder makes an image from any 32 numbers. Feed it random ones? Nothing has told the encoder where to put its
# codes, and between them there may be anything. A **variational autoencoder** (VAE) asks for order. Its encoder gives
# not a point but a normal distribution $q(z|x)$, with a mean $\mu$ and a standard deviation $\sigma$ for each number of
# the code. A code $z$ is drawn from it, and the decoder says how probable each pixel's ink is, $p(x|z)$. New digits
# then start from $z$ drawn from the standard normal distribution $p(z)$.
#
# We would like to make the data probable, $\log p(x)$ large. But $p(x)$ is a mean over *all* codes. Write it as a mean
# over those that the encoder proposes, and use that the logarithm of a mean is at least the mean of the logarithms:
#
# $$\log p(x) = \log \mathbb{E}_{q}\left[\frac{p(x|z)\,p(z)}{q(z|x)}\right]
# \ge \mathbb{E}_{q}\left[\log p(x|z)\right] - \mathbb{E}_{q}\left[\log\frac{q(z|x)}{p(z)}\right].$$
#
# The right side is the **evidence lower bound** (ELBO). Its first part says how well the image is rebuilt: with pixels
# as probabilities, it is minus the [cross-entropy](../1-foundations/06_logistic-regression.py), summed over pixels.
# The second is the **KL divergence** of $q(z|x)$ from $p(z)$: how far the encoder's distribution is from the standard
# one. For two normal distributions it is $\frac12\sum(\mu^2 + \sigma^2 - 1 - \log\sigma^2)$.


def kl(mu, log_variance):
    """KL divergence of each N(mu, sigma) from the standard one: [N]."""
    terms = mu.square() + log_variance.exp() - 1 - log_variance
    return 0.5 * terms.sum(dim=1)


runtime.seed(33)
mu, log_variance = torch.randn(2, 5, 3)
q = distributions.Normal(mu, (0.5 * log_variance).exp())
p = distributions.Normal(0.0, 1.0)
exact = distributions.kl_divergence(q, p).sum(dim=1)
torch.testing.assert_close(kl(mu, log_variance), exact)
print("by our formula:", [f"{k:.4f}" for k in kl(mu, log_variance)])
print("torch.distributions:", [f"{k:.4f}" for k in exact])

# %%
# !!! quiz "The price of a code"
#     The code has one number. For some image the encoder says $\mu = 1$ and $\sigma = 1$. What is the KL divergence?
#
#     - [=] 0.5
#       > (1 + 1 - 1 - 0) / 2. A code away from zero has its price.
#     - [ ] 1
#       > You forgot the half.
#     - [ ] anything else
#       > Put $\mu^2 = 1$, $\sigma^2 = 1$ and $\log 1 = 0$ into the formula.
#
# One obstacle is left: no gradient flows through drawing a random number. So draw $\varepsilon$ from the standard
# normal distribution, which has no parameters, and compute $z = \mu + \sigma\varepsilon$. That is the
# **reparameterization trick**: $z$ has the right distribution and a gradient with respect to $\mu$ and $\sigma$.
# Begin with a code of two numbers, so that you can look at all of it.


class VAE(nn.Module):
    """Images to logits of the rebuilt images, and mu, log_variance."""

    def __init__(self, code):
        super().__init__()
        self.encoder = mlp([784, 256, 2 * code])
        self.decoder = mlp([code, 256, 784])

    def forward(self, x):
        mu, log_variance = self.encoder(x).chunk(2, dim=1)
        z = mu + (0.5 * log_variance).exp() * torch.randn_like(mu)
        return self.decoder(z), mu, log_variance

    def draw(self, z):
        return self.decoder(z).sigmoid().view(-1, 1, 28, 28)


def negative_elbo(output, x):
    logits, mu, log_variance = output
    rebuilt = F.binary_cross_entropy_with_logits(
        logits, x.flatten(1), reduction="sum"
    )
    return rebuilt / len(x) + kl(mu, log_variance).mean()


runtime.seed(33)
vae = VAE(code=2).to(device)
train(vae, epochs=6, loss_fn=negative_elbo)
with torch.no_grad():
    logits, mu, log_variance = vae(x_val)
    loss = negative_elbo((logits, mu, log_variance), x_val).item()
    price = kl(mu, log_variance).mean().item()
print(f"negative ELBO {loss:.1f}, of it KL divergence {price:.1f}")
claim(loss < 175, "the bound has risen")
claim(price > 2, "the code is used")

# %%
# ## A map of the code
#
# Each validation digit has a place on the map, the mean of its code. Move the slider along the first number of the
# code: on the right are the digits that the decoder draws along the orange line. Watch what happens between two
# digits.

places = mu[:50].cpu()
heights = torch.linspace(2, -2, 5)


def map_at(first):
    z = torch.stack([torch.full_like(heights, first), heights], dim=1)
    with torch.no_grad():
        drawn = vae.draw(z.to(device)).cpu()
    with plots.style():
        fig, (left, right) = plt.subplots(
            1, 2, figsize=(4.6, 3), width_ratios=[5, 1]
        )
    for d in range(10):
        own = places[y_val[: len(places)] == d]
        left.scatter(*own.T, s=30, c=plots.INK, marker=f"${d}$", lw=0)
    left.axvline(first, color=plots.COLORS[1])
    left.set(xlabel="first number", ylabel="second number")
    left.set(xlim=(-3, 3), ylim=(-2.3, 2.3))
    right.imshow(drawn.flatten(0, 2), cmap="gray", interpolation="none")
    right.axis("off")
    return fig


plots.stepped(
    {v: map_at(v) for v in (-1.5, -0.5, 0.5, 1.5)},
    label="first number of the code",
    alt="Validation digits at the places of their codes, a line across them, "
    "and five digits drawn along it, which change from one to the next.",
)

# %%
# Some digits have a region of their own, although the network never saw a label; in the middle, several mix. Along the
# line a digit turns into another one, through shapes that are hard to name.
#
# So far we looked at validation images only. Now the two networks with 32 numbers of code see the test images, once.

x_test = mnist("test").tensors[0].to(device)
again = metrics.predict(model, x_test)
error = F.mse_loss(again, x_test).item()
runtime.seed(33)
cleaned = metrics.predict(denoiser, noisy(x_test))
left_over = F.mse_loss(cleaned, x_test).item()
print(f"test error: rebuilt {error:.4f}, rid of noise {left_over:.4f}")
runtime.report("test MSE from 32 numbers", error)
claim(error < 0.012, "below the target, from 32 numbers")
claim(left_over < 0.026, "most of the noise is gone")

# %%
# ## Let a judge look
#
# "It looks like a digit" is no measurement. All generators of digits in this part face such a **judge**, a small
# [convolutional network](../3-vision/19_fashion-cnn.py) that has learned to read digits. It says how many of the ten
# digits it finds among many images, how sure it is, and how far its 64 features of these images are from those of the
# test images. (This Fréchet distance is the subject of [evaluating a GAN](35_gan-evaluation.py). For now: smaller is
# better.)
#
# Both decoders get 32 random numbers from the standard normal distribution: that of the deep autoencoder from above,
# here called plain, and that of a VAE, from three seeds. The plain one gets a second chance. Since its codes were
# never asked to be standard normal, measure their means and standard deviations, and draw with these.

judge = digit_judge(device=device)
print(f"the judge reads {judge.accuracy:.1%} of the test digits correctly")
codes = metrics.predict(model[0], x_val)
runtime.seed(33)
z = torch.randn(10_000, size).to(device)
fitted = z * codes.std(dim=0) + codes.mean(dim=0)
images = {
    "real": x_val,
    "plain": metrics.predict(model[1:], z),
    "plain, fitted": metrics.predict(model[1:], fitted),
}
for seed in (33, 34, 35):
    runtime.seed(seed)
    start = time.perf_counter()
    vae = VAE(code=size).to(device)
    train(vae, epochs=6, loss_fn=negative_elbo)
    seconds = time.perf_counter() - start
    with torch.no_grad():
        images[f"VAE {seed}"] = vae.draw(torch.randn(10_000, size).to(device))

# %%
# No image is chosen by hand: you see the first eight of each kind.

alt = (
    "Real digits; faint scribbles of the plain autoencoder, crisp fragments "
    "after fitting; soft shapes of the VAEs, many of them digits."
)
strips(images, alt)
verdicts = {name: verdict(judge, x, x_test) for name, x in images.items()}
for name, v in verdicts.items():
    print(f"{name:13} distance {v.frechet:3.0f} ± {v.error:.0f}", end=", ")
    print(f"{v.covered:2} digits, {v.confidence:.0%} sure")
parameters = count_parameters(vae.decoder)
verdicts["VAE 35"].report(parameters=parameters, seconds=seconds)
vaes = [v for name, v in verdicts.items() if "VAE" in name]
plain, fitted = verdicts["plain"], verdicts["plain, fitted"]
claim(min(v.covered for v in vaes) >= 8, "a VAE draws the digits")
claim(max(v.frechet for v in vaes) < 0.75 * plain.frechet, "codes need order")
claim(fitted.frechet < min(v.frechet for v in vaes), "fitting helps as well")
claim(max(v.confidence for v in vaes) < 0.8, "far from real digits")

# %%
# The plain decoder makes little of standard normal numbers, and the VAE makes most digits of them: the KL divergence
# has put its codes where you look for them. You may read elsewhere that a plain autoencoder *cannot* draw new images.
# It can, once you have measured where its codes are, and this judge even puts it ahead. Look at the strips, though:
# its shapes are crisp, and many are only pieces of digits. All of them are far from real digits, and one number does
# not tell you in which way.
#
# !!! quiz "Why random codes failed"
#     Why did the plain decoder fail with standard normal codes?
#
#     - [ ] It has fewer weights than the decoder of the VAE.
#       > Both are `mlp([32, 256, 784])`.
#     - [x] Its training never saw codes from there: its own have another spread and other means.
#       > With the measured means and spreads, the same decoder did far better.
#     - [ ] It rebuilds images worse than a VAE does.
#       > It was trained for nothing else. Rebuilding from a known code and drawing from a random one are two skills.
#
# ## Where it fails
#
# The digits of a VAE are soft. Measure it: how much neighboring pixels differ, compared with real digits. And a small
# slip destroys it altogether. Take the *mean* over pixels in place of the sum, as the loss functions of PyTorch do
# unless you tell them otherwise: rebuilding then counts 784 times less than it should, and the KL divergence wins.


def mean_over_pixels(output, x):
    logits, mu, log_variance = output
    rebuilt = F.binary_cross_entropy_with_logits(logits, x.flatten(1))
    return rebuilt + kl(mu, log_variance).mean()


changes = {n: x.diff(dim=3).square().mean() for n, x in images.items()}
share = {name: change / changes["real"] for name, change in changes.items()}
for name in ("plain, fitted", "VAE 35"):
    print(f"squared steps between neighbors, {name}: {share[name]:.0%}")
runtime.seed(33)
collapsed = VAE(code=2).to(device)
train(collapsed, epochs=2, loss_fn=mean_over_pixels)
with torch.no_grad():
    _, mu, log_variance = collapsed(x_val)
nothing = kl(mu, log_variance).mean().item()
print(f"KL divergence: {price:.1f} with the sum, {nothing:.4f} with the mean")
claim(share["VAE 35"] < 0.6, "new digits are soft")
claim(nothing < 0.1 < price, "the code is no longer used")

# %%
# A KL divergence near zero means that every image has the same code distribution: the code says nothing, and the
# decoder draws the same gray mean whatever you feed it. This is **posterior collapse**. Print the two parts of the
# loss separately, and you will notice.
#
# ## Exercises
#
# [The workbook](33_autoencoders.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## Read next
#
# A generator whose opponent looks for anything unlike a real digit cannot be soft: [a first GAN](34_first-gan.py).
