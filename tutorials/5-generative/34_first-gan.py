# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["P10", "G1.1", "G1.2", "ND15", "ND16", "ND18"]
# data = ["mnist"]
# minutes = 3
# gpu = true
# metric = { name = "digits covered", unit = "", target = 9, reference = "none: the courses print losses only" }
# description = "Two players on a line, then on digits: what their losses say, what they hide, two ways to fail."
# ///
"""
# A first GAN

One network paints, another tells paintings from real images, and each improves
because of the other. You play this game on a line first, where the best move
has a formula. Then two convolutional networks play it with handwritten digits,
and a third network, which took no part, says how good the digits are.
"""

# %%
# Real points lie around 2; a *generator* makes points around 0. Somebody shows you a point: where did it come from?
# The third curve is the best answer that anyone can give.

import torch
from torch.distributions import Normal

from kindling import plots

real, fake = Normal(2.0, 0.5), Normal(0.0, 1.0)
x = torch.linspace(-3, 4, 141)
p, q = real.log_prob(x).exp(), fake.log_prob(x).exp()  # the two densities
plots.curves(
    {"real points": p, "fake points": q, "probability of real": p / (p + q)},
    x=x,
    xlabel="x",
    ylabel="density; probability",
    alt="Two bells, a narrow one around 2 for real points and a wide one "
    "around 0 for fakes. The probability of real rises between them.",
)

# %%
# If both kinds are shown equally often, then of all points near $x$ the share $D^*(x) = p(x) / (p(x) + q(x))$ is real,
# where $p$ is the density of the real points and $q$ that of the fakes.
#
# A **GAN**, a generative adversarial network, is a game of two networks. The *generator* turns random numbers into
# samples. The *discriminator* sees real samples and these fakes, and says of each how probably it is real. It learns
# from its mistakes; the generator learns from the discriminator how to look more real to it. Nobody ever tells the
# generator what a sample should look like.
#
# You will
#
# - play the game on a line, with five numbers in all, and check the best discriminator against its formula,
# - find out whose gradients flow where, and what a missing `detach` does,
# - train two convolutional networks on digits, and measure what they paint,
# - break the game in two ways, and see which of them the losses show.
#
# Two words to keep apart: the *discriminator* plays. A *judge* does not. It is a classifier of digits, trained before
# on labeled images, and it looks at the results from outside.

import math
import time

import matplotlib.pyplot as plt
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.optim.lr_scheduler import LinearLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from kindling import runtime
from kindling.data import mnist
from kindling.generative import digit_judge, verdict
from kindling.metrics import predict
from kindling.models import count_parameters
from kindling.runtime import claim, steps

device = runtime.device()

# %%
# ## The discriminator's move
#
# Telling real from fake is [logistic regression](../1-foundations/06_logistic-regression.py): a logit, and the loss
# $-\log D(x)$ for real points, $-\log (1 - D(x))$ for fakes. With $D = \sigma(\text{logit})$ these are
# `softplus(-logit)` and `softplus(logit)`.
#
# Check the formula for the best $D$ by counting: draw a million points of each kind, and see which share is real in
# each small piece of the line. Then suppose that the generator were perfect, $p = q$.


def discriminator_loss(on_real, on_fake):
    """What its mistakes cost, from logits."""
    return F.softplus(-on_real).mean() + F.softplus(on_fake).mean()


runtime.seed(34)
pieces = [each.sample((1_000_000,)).histc(14, 0, 2.8) for each in (real, fake)]
counted = pieces[0] / (pieces[0] + pieces[1])
middles = torch.linspace(0.1, 2.7, 14)
formula = (real.log_prob(middles) - fake.log_prob(middles)).sigmoid()
error = (counted - formula).abs().max()
print(f"largest difference between share and formula: {error:.3f}")
assert error < 0.05
assert torch.equal(p / (p + p), torch.full_like(p, 0.5))

coin = torch.zeros(1)  # the logit of one half
price = discriminator_loss(coin, coin)
print(f"always saying one half costs {price:.4f}")
torch.testing.assert_close(price, torch.tensor(2 * math.log(2)))

# %%
# Against a perfect generator the best answer is one half for every point: a coin toss. It costs $2 \log 2$, half of it
# for each kind. (In logits the formula is $\log p(x) - \log q(x)$, as in the code. For two bells that is a parabola,
# so three numbers are enough for a perfect discriminator: the factors of $1$, $x$ and $x^2$. Ours will have just
# these.)
#
# ## The generator's move
#
# The generator wants its points to be taken for real. What it pays if they are not is called the **adversarial loss**.
# Two formulas come to mind: the discriminator's loss with its sign reversed, $\log (1 - D)$, or the loss of a real
# point, $-\log D$. Both are low when the discriminator is fooled. But look at their slopes at a point that does not
# fool it at all, with a logit of −10.

logit = torch.tensor(-10.0, requires_grad=True)
(flat,) = torch.autograd.grad(-F.softplus(logit), logit)
(steep,) = torch.autograd.grad(F.softplus(-logit), logit)
print(f"slope of log(1 - D): {flat:.5f}, of -log D: {steep:.5f}")
assert flat > -1e-4 and steep < -0.999

# %%
# The discriminator is almost certain there, and right. The first formula is flat: the generator would learn nothing
# just when it has the most to learn. The second pulls with full force. Nearly everybody uses the second, and so do we.
# Its name is the *non-saturating* loss.
#
# ## A round of the game
#
# Here is a round, for any two players. The discriminator moves first. There are two losses, two optimizers, and one
# place where the gradient must stop.


def generator_loss(on_fake):
    return F.softplus(-on_fake).mean()


def play_round(players, optimizers, real, noise):
    """Let both players take one step; return their losses."""
    generator, discriminator = players
    made = generator(noise)
    loss = discriminator_loss(
        discriminator(real),
        discriminator(made.detach()),  # no gradient for the generator
    )
    optimizers[1].zero_grad()
    loss.backward()
    optimizers[1].step()

    adversarial = generator_loss(discriminator(made))
    optimizers[0].zero_grad()
    adversarial.backward()
    optimizers[0].step()
    return loss.detach(), adversarial.detach()


# %%
# !!! quiz "Why detach"
#     What would happen in the discriminator's half of a round if `.detach()` were missing?
#
#     - [ ] The discriminator would not learn.
#       > Its own gradients are the same with and without it.
#     - [x] The backward pass would go on into the generator, with the wrong goal.
#       > There it would compute gradients that make fakes *easier* to recognize: wasted time at best.
#     - [ ] The generator would be trained twice as fast.
#       > It would get a second gradient, but one for the discriminator's goal.
#
# On the line, the generator is `nn.Linear(1, 1)`: it stretches a random number and shifts it. Its weight is the spread
# of the fakes, its bias their center. It starts with spread 1 and center 0, and should end with 0.5 and 2.
#
# You play twice: once with the discriminator as it is, and once with a strong [weight
# decay](../2-training/12_validate-regularize.py), which keeps pulling its three numbers toward zero, that is, its
# answers toward one half.


class Powers(nn.Module):
    def forward(self, x):
        return torch.cat([x, x**2], dim=1)  # [N, 2]


def play_on_line(seed, damping):
    """Return center, spread and both losses of each round, and the players."""
    runtime.seed(seed)
    players = nn.Linear(1, 1), nn.Sequential(Powers(), nn.Linear(2, 1))
    nn.init.ones_(players[0].weight)
    for start in (players[0].bias, *players[1].parameters()):
        nn.init.zeros_(start)
    betas = (0.5, 0.99)  # less momentum: the other player keeps moving
    of_both = [player.parameters() for player in players]
    optimizers = [
        torch.optim.Adam(of_both[0], 0.02, betas),
        torch.optim.AdamW(of_both[1], 0.05, betas, weight_decay=damping),
    ]
    rounds, path = steps(400), []
    fading = [LinearLR(each, 1.0, 0.0, rounds) for each in optimizers]
    for _ in range(rounds):
        points, noise = real.sample((128, 1)), torch.randn(128, 1)
        losses = play_round(players, optimizers, points, noise)
        shape = players[0].bias.item(), players[0].weight.item()
        path.append([*shape, *losses])
        for each in fading:
            each.step()
    return torch.tensor(path), players


paths = {}
for name, damping in {"as it is": 0.0, "weight decay": 2.0}.items():
    for seed in (36, 35, 34):
        paths[name], players = play_on_line(seed, damping)
        center, spread = paths[name][-1, :2]
        print(f"{name:12} center {center:.2f}, spread {spread:.2f}")
        claim(abs(center - 2) < 0.2, f"{name}: the center is found")
        target = 0.5 if damping else 0.0
        claim(abs(spread - target) < 0.1, f"{name}: spread near {target}")
plots.curves(
    {name: path[:, 1] for name, path in paths.items()},
    xlabel="round",
    ylabel="spread of the fakes",
)

# %%
# Both games find the center. With weight decay the generator also finds the spread. Without it, the spread shrinks to
# almost nothing, from every seed: the generator has given up its variety and makes one single point. That is **mode
# collapse**. It happens because the best reply to *today's* discriminator is its favorite point, again and again; a
# discriminator that is held back has no sharp favorite. Now look at the losses of the two games.

for name, path in paths.items():
    loss, adversarial = path[-100:, 2:].mean(dim=0)
    print(f"{name:12} discriminator {loss:.3f}, generator {adversarial:.3f}")
    claim(abs(loss - 2 * math.log(2)) < 0.05, f"{name}: twice log 2")
    claim(abs(adversarial - math.log(2)) < 0.05, f"{name}: log 2")
answers = players[1](torch.tensor([[1.5], [2.0], [2.5]])).sigmoid()
claim((answers - 0.5).abs().max() < 0.05, "one half, wherever you ask")

# %%
# The same numbers, $2 \log 2 \approx 1.386$ and $\log 2 \approx 0.693$, for a generator that got it right and for one
# that makes a single point. Remember this whenever somebody shows you the losses of a GAN.
#
# !!! quiz "A loss of 0.693"
#     A generator's loss, $-\log D$ of its samples, has come to rest at 0.693. What do you know?
#
#     - [ ] Its samples look real.
#       > The collapsed generator above has this loss, too.
#     - [ ] 69% of its samples are taken for fakes.
#       > A loss is not a share. It is $-\log D$, on average, so $D$ is about $e^{-0.693}$.
#     - [x] The discriminator answers its samples with about one half.
#       > $-\log 0.5 = 0.693$. Whether the generator is perfect or the discriminator asleep, the number does not say.
#
# ## Whose gradients?
#
# The backward pass does not know who plays. It fills the `.grad` of all parameters that it meets. The generator's loss
# passes through the discriminator, so it leaves gradients *there* as well. And without `detach`, the discriminator's
# loss would go on into the generator. Look for both.

generator, discriminator = players
points, noise = real.sample((128, 1)), torch.randn(128, 1)
discriminator.zero_grad()  # sets the gradients to None
generator_loss(discriminator(generator(noise))).backward()
crossed = discriminator[1].weight.grad is not None
print("the generator's loss reaches the discriminator:", crossed)

made, leaks = generator(noise), []
for fakes in (made.detach(), made):
    generator.zero_grad()
    discriminator_loss(discriminator(points), discriminator(fakes)).backward()
    leaks.append(generator.weight.grad is not None)
print("the discriminator's loss reaches the generator:")
print(f"with detach {leaks[0]}, without {leaks[1]}")
assert crossed and leaks == [False, True]
with runtime.raises(RuntimeError, "Trying to backward through the graph"):
    generator_loss(discriminator(made)).backward()

# %%
# So each player's `zero_grad` comes right before its own `backward`: the discriminator's clears away what the
# generator's loss left there in the round before. And a missing `detach` has a symptom: *after the discriminator's
# backward pass the generator has gradients.* In our round it is loud as well. Both losses use the same fakes, and the
# second backward pass finds a graph that is already used up. If you draw new fakes for the second loss, nothing is
# raised, and only this check finds it.
#
# !!! quiz "Who zeroes whose gradients"
#     Somebody deletes the discriminator's `zero_grad`, since "nobody else touches its gradients". What does the
#     discriminator learn from then on?
#
#     - [ ] The same as before.
#       > Look at the first line of the output: somebody else does.
#     - [ ] Nothing, because its gradients are all zero.
#       > They are not zero but too many: all that were ever computed add up.
#     - [x] A mixture of all losses so far, with the generator's wish that fakes be called real among them.
#       > `backward` adds to what is there, and it does not ask whose loss it is.
#
# ## Two convolutional networks
#
# Now to digits. The generator turns a **latent vector**, 32 random numbers from the standard normal distribution, into
# an image. A linear layer makes 64 maps of 7 by 7; then each stage doubles the size and convolves, which leaves no
# [checkerboards](33_autoencoders.py). A sigmoid keeps the pixels between 0 and 1, like those of the real images.
#
# The discriminator goes the other way, with strides instead of pooling. `spectral_norm` does for it what weight decay
# did on the line: it holds each layer back, so that the answers cannot become arbitrarily steep. How it works is told
# in [a critic with slope one](36_wgan-gp.py).

latent_size, batch_size = 32, 64


def grow(channels_in, channels_out):
    return [
        nn.Upsample(scale_factor=2),
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    ]


def make_generator():
    return nn.Sequential(
        nn.Linear(latent_size, 64 * 7 * 7),
        nn.Unflatten(1, (64, 7, 7)),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        *grow(64, 32),  # 14 by 14
        *grow(32, 16),  # 28 by 28
        nn.Conv2d(16, 1, 3, padding=1),
        nn.Sigmoid(),
    )


def make_discriminator():
    return nn.Sequential(
        spectral_norm(nn.Conv2d(1, 32, 4, stride=2, padding=1)),  # 14 by 14
        nn.LeakyReLU(0.2),  # a slope everywhere, for the generator's sake
        spectral_norm(nn.Conv2d(32, 64, 4, stride=2, padding=1)),  # 7 by 7
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(64, 64, 3, stride=2, padding=1)),  # 4 by 4
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        spectral_norm(nn.Linear(64 * 4 * 4, 1)),
    )


def new_players():
    both, layout = (make_generator(), make_discriminator()), torch.channels_last
    return [each.to(device, memory_format=layout) for each in both]


runtime.seed(34)
players = new_players()
for name, player in zip(("generator", "discriminator"), players, strict=True):
    print(f"{name}: {count_parameters(player):,} parameters")
with torch.no_grad():
    fakes = players[0](torch.randn(4, latent_size, device=device))
    on_fakes = players[1](fakes)
print(f"fakes {tuple(fakes.shape)}, logits {tuple(on_fakes.shape)}")
assert fakes.shape == (4, 1, 28, 28) and 0 < fakes.min() < fakes.max() < 1

# %%
# Much of this is from DCGAN, the design by which convolutional GANs first trained reliably (Radford, Metz and
# Chintala, 2015): strides instead of pooling, batch normalization in the generator, leaky ReLUs in the discriminator,
# and Adam with a momentum of 0.5 instead of 0.9. There you also find transposed convolutions, and a tanh at the end,
# with real images from −1 to 1. For color images such as house numbers or faces, take three channels at both ends, and
# one more stage for each doubling of the size.
#
# ## Training
#
# The loop calls `play_round`. Two additions do not touch the game: `AveragedModel` keeps an average of the generator's
# weights over the last hundred rounds or so, which is less restless than the weights themselves; and at some rounds we
# keep what this average makes of the same 2,000 latent vectors.

x_train = mnist("train").tensors[0].to(device)


def train(players, rounds, *, real=x_train, rates=(4e-3, 4e-3), keep=()):
    """Play; return losses [rounds, 2], the averaged generator, kept images."""
    optimizers = [
        torch.optim.Adam(player.parameters(), lr=rate, betas=(0.5, 0.99))
        for player, rate in zip(players, rates, strict=True)
    ]
    average = get_ema_multi_avg_fn(0.99)  # batch norm's running means as well
    averaged = AveragedModel(players[0], multi_avg_fn=average, use_buffers=True)
    fading = [LinearLR(each, 1.0, 0.05, rounds) for each in optimizers]
    losses, kept = [], {}
    for i in range(1, steps(rounds) + 1):
        chosen = torch.randint(len(real), (batch_size,), device=device)
        noise = torch.randn(batch_size, latent_size, device=device)
        pair = play_round(players, optimizers, real[chosen], noise)
        losses.append(torch.stack(pair))
        averaged.update_parameters(players[0])
        for each in fading:
            each.step()
        if i in keep or i == steps(rounds):
            kept[i] = predict(averaged, latents).cpu()
    return torch.stack(losses).cpu(), averaged, kept


runtime.seed(34)
latents = torch.randn(2000, latent_size)
start = time.perf_counter()
losses, painter, kept = train(players, 1400, keep=(100, 200, 400, 800))
seconds = time.perf_counter() - start

# %%
# Go through the rounds. Each figure shows the images of the first 24 latent vectors; nobody chose among them.


def drawn(images):
    """The first 24 images, eight in a row, as one figure."""
    rows = images[:24, 0].unflatten(0, (3, 8)).transpose(1, 2)
    with plots.style():
        fig, ax = plt.subplots(figsize=(5.2, 2.0))
    sheet = rows.flatten(2).flatten(0, 1)
    ax.imshow(sheet, cmap="gray", vmin=0, vmax=1, interpolation="none")
    ax.set_axis_off()
    return fig


plots.stepped(
    {i: drawn(images) for i, images in kept.items()},
    label="round",
    alt="24 generated images in three rows. They begin as gray clouds and "
    "become strokes, then digits.",
)

# %%
# ## The judge
#
# The judge has learned to read digits from their labels; the two players never saw a label. It gives three numbers:
# how many of the ten digits have more than 3% of the images, how sure it is on average which digit it sees, and how
# far its [features](../3-vision/22_look-inside.py) of the images are from those of real ones. This last one is the
# *Fréchet distance*, which [its own lesson](35_gan-evaluation.py) builds by hand. What it says about real digits is
# the mark to measure against.

judge = digit_judge(device=device)
print(f"the judge reads {judge.accuracy:.1%} of the test digits correctly")
x_test = mnist("test").tensors[0].to(device)
print(" round  loss d  loss g  digits  sure  distance")
said = {}
for i, images in kept.items():
    said[i] = verdict(judge, images.to(device), x_test)
    lost = losses[max(0, i - 100) : i].mean(dim=0)
    print(f"{i:6} {lost[0]:7.2f} {lost[1]:7.2f} {said[i].covered:7}", end=" ")
    print(f"{said[i].confidence:5.0%} {said[i].frechet:9.0f}")
mark = verdict(judge, x_train[:2000], x_test)
print(f"  real {mark.covered:23} {mark.confidence:5.0%} {mark.frechet:9.0f}")

# %%
# Compare the columns. From the first line to the last, the images get better by every measure of the judge. From the
# second line on, the losses stay close to $2 \log 2$ and $\log 2$: the discriminator improves as fast as the generator.
# They cannot tell you when to stop, or which of two generators is better.
#
# And this is the result, on 10,000 new images. The bars are the shares of the ten digits, and the dashed line is the
# limit for a digit to be counted.

loss, adversarial = losses[-700:].mean(dim=0)
claim(abs(loss - 2 * math.log(2)) < 0.2, "nearly a coin toss")
claim(abs(adversarial - math.log(2)) < 0.2, "near log 2")

noise = torch.randn(10_000, latent_size, device=device)
final = verdict(judge, predict(painter, noise), x_test)
plots.bars(
    [str(digit) for digit in range(10)],
    final.shares,
    xlabel="share of the generated images",
    reference=0.03,
)
print(f"{final.covered} digits, the judge is {final.confidence:.1%} sure,")
print(f"distance {final.frechet:.1f} with a spread of {final.error:.1f}")
final.report(parameters=count_parameters(painter.module), seconds=seconds)
claim(final.frechet < 0.5 * said[min(said)].frechet, "much closer to real")
claim(final.covered >= 9, "at least nine of ten digits")
claim(final.confidence > 0.8, "the judge is more than 80% sure")
claim(final.frechet > 5 * mark.frechet, "far from real digits all the same")

# %%
# What does the discriminator answer at the end? Here are its probabilities for 2,000 real images and 2,000 fakes.

with torch.no_grad():
    fakes = players[0](latents.to(device))
answers = {
    "real images": predict(players[1], x_test[:2000]).sigmoid().cpu(),
    "fakes": predict(players[1], fakes).sigmoid().cpu(),
}
plots.curves(
    {name: values.histc(25, 0, 1) for name, values in answers.items()},
    x=torch.linspace(0.02, 0.98, 25),
    xlabel="probability of real",
    ylabel="images",
)
means = [values.mean().item() for values in answers.values()]
print(f"on average {means[0]:.2f} for real images, {means[1]:.2f} for fakes")
claim(0.3 < means[1] < means[0] < 0.7, "it leans the right way, a little")

# %%
# It leans the right way, but only a little.
#
# ## Between two digits
#
# All latent vectors together are the **latent space**. Nearby vectors give similar images. Walk from one vector to
# another in eight steps. And could it be that the generator has only learned some training images by heart? Look for
# the pair of a fake and a training image that differs least, as vectors of 784 pixels.

way = torch.linspace(0, 1, 8).unsqueeze(1)
plots.image_grid(
    predict(painter, torch.lerp(latents[0], latents[1], way)),
    columns=8,
    alt="Eight images, in which one digit turns into another.",
)
some = predict(painter, latents[:500]).flatten(1)
distances = torch.cdist(some, x_train.flatten(1)).amin(dim=1)
print(f"nearest training image: {distances.min():.1f} away or more")
claim(distances.min() > 1, "none is a copy of a training image")

# %%
# No fake is a copy, and from step to step the image changes little by little. How to move through this space with a
# purpose is the topic of [conditions and control](37_conditional-control.py).
#
# ## Two ways to fail
#
# Now break the game, with one change at a time and 300 rounds each. The rows of the figure are the sound game after as
# many rounds; then *other ranges*, where the real images go from −1 to 1 and the generator still ends in a sigmoid;
# then a *hasty generator*, whose learning rate is a hundred times the discriminator's.

changes = {
    "sound": {},
    "other ranges": {"real": 2 * x_train - 1},
    "hasty generator": {"rates": (1e-2, 1e-4)},
}
rows, images = {}, []
for name, change in changes.items():
    runtime.seed(34)
    lost, _, made = train(new_players(), 300, **change)
    images.append(made[max(made)])
    seen = verdict(judge, images[-1].to(device), x_test)
    variety = images[-1].std(dim=0).mean()
    rows[name] = *lost[-50:].mean(dim=0), variety, seen
plots.show(
    drawn(torch.cat([some[:8] for some in images])),
    "Eight images of each game. Sound: crude digits of several kinds. Other "
    "ranges: nothing but black. Hasty generator: the same blot eight times.",
)
print(" " * 16 + "loss d  loss g  variety  digits  largest share")
for name, (loss, adversarial, variety, seen) in rows.items():
    print(f"{name:16}{loss:6.2g} {adversarial:7.2f} {variety:8.3f}", end=" ")
    print(f"{seen.covered:7} {max(seen.shares):14.0%}")
print(f"real images: variety {x_train[:2000].std(dim=0).mean():.3f}")

# %%
# (Variety is the standard deviation of a pixel over the 2,000 images, averaged over the pixels.)
#
# **The discriminator wins.** With other ranges it needs one look: a real image has −1 in it, and a fake never does. Its
# loss falls to nothing and the generator's climbs, because no step that the generator can take helps it. Training is
# dead, although nothing was raised. A published run of a course's first GAN ends like this, with losses of 20.2 and
# $5\times10^{-8}$.
#
# **The generator collapses.** Against a discriminator that hardly moves, one good answer is enough for every latent
# vector. The losses are those of a perfect game; variety and the judge see what happened.

sound, won, collapsed = rows.values()
claim(won[0] < 0.02 and won[1] > 4, "the discriminator has won")
claim(abs(collapsed[0] - 2 * math.log(2)) < 0.15, "a coin toss, it seems")
claim(abs(collapsed[1] - math.log(2)) < 0.15, "and log 2, it seems")
claim(collapsed[2] < 0.6 * sound[2], "but the variety is gone")

# %%
# !!! quiz "Which failure?"
#     A GAN of faces rests at losses of 1.38 and 0.70. Each face is convincing, and nearly all have the same haircut.
#     What do you change?
#
#     - [ ] The number of rounds: the losses show that it has not converged.
#       > They would look the same tomorrow.
#     - [ ] The range of the pixels: the discriminator has won.
#       > Then its loss would be close to zero.
#     - [x] The balance of the players: for example, slow the generator down.
#       > This is mode collapse, in part. A discriminator that keeps up would soon distrust the haircut.
#
# ## Where it fails
#
# The digits of this page are not as good as real ones, and the distance says so. Ten digits covered does not mean that
# all ways to write them are. No validation loss tells you when to stop; the decision must come from a judge. You
# cannot order a seven, since nothing connects a latent vector to a label. And the balance of the players is fragile.
#
# ## Exercises
#
# [The workbook](34_first-gan.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [A critic with slope one](36_wgan-gp.py) makes the balance less fragile. [Judging generated
# images](35_gan-evaluation.py) takes the judge apart. [Conditions and control](37_conditional-control.py) lets you
# order a seven, and [diffusion](41_diffusion.py) makes the same digits without an opponent.
