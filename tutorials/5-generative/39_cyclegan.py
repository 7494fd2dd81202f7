# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["BK2", "ND17", "P10", "G3.3"]
# data = []
# minutes = 2
# gpu = true
# metric = {name = "translations that the judge accepts", unit = "percent", target = 85, reference = "none: our shapes"}
# description = "Plain shapes into striped ones and back, from two collections of images without a single pair."
# ///
"""
# Image to image, unpaired

Nobody has photos of the same valley in summer and in winter, taken from the
same spot, by the thousands. But everybody has photos of summers and photos of
winters. A CycleGAN learns to translate between two such collections.
You will train one, see what each loss is good for, and catch it cheating.
"""

# %%
# Our two collections are drawn by code. In domain A the shapes are plain, in domain B they have stripes. The stripes
# begin anywhere: their *phase* is chance. No image of one collection has a partner in the other.

import math

import torch

from kindling import plots

side = 32
three = torch.tensor([[0.95, 0.55, 0.1], [0.1, 0.75, 0.45], [0.35, 0.65, 1]])


def draw(n, seed, stripes, colors=three):
    """Draw n images [n, 3, 32, 32] of two shapes, and masks of the shapes."""
    dealer = torch.Generator().manual_seed(seed)

    def uniform(low, high):
        return low + (high - low) * torch.rand(n, 1, 1, generator=dealer)

    axis = torch.arange(float(side))
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    images, masks = torch.zeros(n, 3, side, side), torch.zeros(n, 1, side, side)
    for _ in range(2):
        x, y = columns - uniform(8, 24), rows - uniform(8, 24)
        angle, radius = uniform(0, 2 * math.pi), uniform(6, 9)
        x, y = (
            x * angle.cos() + y * angle.sin(),
            y * angle.cos() - x * angle.sin(),
        )
        kinds = [  # how far outside of the border, negative inside
            torch.maximum(x.abs(), y.abs()) - 0.8 * radius,  # square
            torch.maximum(y, 0.87 * x.abs() - y / 2) - radius / 2,  # triangle
            torch.hypot(x, y) - radius,  # circle
        ]
        kind, color = torch.randint(3, (2, n), generator=dealer)
        border = torch.stack(kinds)[kind, torch.arange(n)].unsqueeze(1)
        wave = (columns * math.pi / 2 + uniform(0, 2 * math.pi)).sin()
        light = 0.6 + stripes * wave.unsqueeze(1)
        inside = (0.5 - border).clamp(0, 1)
        fill = colors[color].view(n, 3, 1, 1) * light
        images = images * (1 - inside) + fill * inside
        masks = torch.maximum(masks, inside)
    return images, masks


plain, _ = draw(6, seed=1, stripes=0.0)
striped, _ = draw(6, seed=2, stripes=0.4)
plots.image_grid(
    torch.cat([plain, striped]),
    titles=["domain A"] * 6 + ["domain B"] * 6,
    columns=6,
    alt="Six images of plain shapes, orange, green and blue on black, and six "
    "images of other shapes with vertical stripes.",
)

# %%
# You will
#
# - train two generators, one for each direction, against two discriminators,
# - learn what cycle consistency demands, which loss is content with doing nothing, and what each of them is for,
# - keep a buffer of old images, so that the discriminators do not forget,
# - find the signal that one generator hides for the other, with a little noise.
#
# A word about words. The *discriminators* take part in the game. What judges the result is somebody else: a classifier
# that learned to tell the two domains apart, and that no generator ever gets a gradient from. We call it the
# **judge**.

import random
from statistics import mean

import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from kindling import metrics, runtime
from kindling.data import batches
from kindling.models import count_parameters
from kindling.runtime import claim
from kindling.training import train_epoch

device = runtime.device()
batch_size, learning_rate = 8, 2e-3
train_steps, short_steps, bias_steps = 400, 130, 250
seeds = (39, 40, 41)


def many(n, seed, stripes, colors=three):
    n = runtime.steps(n, 64)
    return [part.to(device) for part in draw(n, seed, stripes, colors)]


a_train, _ = many(4000, seed=1, stripes=0.0)
b_train, _ = many(4000, seed=2, stripes=0.4)
a_test, a_masks = many(300, seed=3, stripes=0.0)
b_test, b_masks = many(300, seed=4, stripes=0.4)
b_twins, _ = many(300, seed=4, stripes=0.0)  # for the evaluation only

# %%
# The last line is a luxury that you do not have with photos. The same seed without stripes gives each test image of B
# a *twin* in A. No network trains on twins. They will tell us what a translation should have been.
#
# ## A judge
#
# A small convolutional network reads an image and answers A or B. A little noise on its training images keeps it from
# looking at tiny traces that no eye would notice.

runtime.seed(39)
judge = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.ReLU(),
    nn.AdaptiveMaxPool2d(1),
    nn.Flatten(),
    nn.Linear(32, 2),
).to(device)
x = torch.cat([a_train, b_train])
x = x + 0.05 * torch.randn_like(x)
y = torch.arange(2, device=device).repeat_interleave(len(a_train))
optimizer = torch.optim.Adam(judge.parameters(), 3e-3)
train_epoch(judge, batches(x, y, 64, shuffle=True), optimizer)


def share_of_b(images):
    """Which share of the images the judge takes for domain B."""
    return metrics.predict(judge, images).argmax(dim=1).float().mean().item()


sure = {"A": 1 - share_of_b(a_test), "B": share_of_b(b_test)}
print(f"the judge is right on {sure['A']:.1%} of A and {sure['B']:.1%} of B")
claim(min(sure.values()) > 0.95, "the judge can tell the domains apart")

# %%
# ## Two generators, two discriminators
#
# The generator `to_b` translates from A to B, and `to_a` from B to A. Each first folds every square of 2 by 2 pixels
# into channels (`PixelUnshuffle`), which makes the convolutions cheap, and unfolds them at the end. In between there
# are two [residual blocks](../3-vision/21_deeper.py). Instance normalization is [batch
# normalization](../2-training/14_init-normalization.py) for each image by itself.


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.change = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.InstanceNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, x):
        return x + self.change(x)


def generator():
    return nn.Sequential(
        nn.PixelUnshuffle(2),  # [B, 12, 16, 16]
        nn.Conv2d(12, 32, 3, padding=1),
        nn.ReLU(),
        Residual(32),
        Residual(32),
        nn.ReLU(),
        nn.Conv2d(32, 12, 3, padding=1),
        nn.PixelShuffle(2),  # [B, 3, 32, 32]
    )


def discriminator():
    return nn.Sequential(  # one score for each patch of 16 by 16 pixels
        nn.Conv2d(3, 24, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(24, 48, 4, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(48, 1, 4, padding=1),
    )


parts = {"a generator": generator(), "a discriminator": discriminator()}
for name, network in parts.items():
    print(f"{name}: {count_parameters(network):,} parameters")

# %%
# The discriminators look at patches, as in [the lesson on pairs](38_unet-pix2pix.py). In [pretrained
# networks](../3-vision/23_pretrained-networks.py) you met the outline of such a generator, which makes a zebra of a
# horse. Here you find out how it learns.
#
# ## Three losses
#
# With pairs the target said what to paint. Without them three demands take its place. For an image $a$ of A:
#
# 1. **Adversarial.** `to_b(a)` should look like domain B. The discriminator `score_b` learns to give 1 to real images
#    and 0 to translations; the generator pays the squared distance of its score from 1. (Squares instead of logarithms
#    make the *least-squares* GAN.)
# 2. **Cycle consistency.** Translate there and back, and you should have what you had. The generators pay the mean
#    absolute difference between `to_a(to_b(a))` and $a$.
# 3. **Identity.** What is in the domain already should stay as it is. `to_a` pays the mean absolute difference between
#    `to_a(a)` and $a$.
#
# And the same three in the other direction.
#
# !!! quiz "Content with doing nothing"
#     Let both generators return their input unchanged. Which of the losses, taken alone, are then at their lowest
#     possible value?
#
#     - [ ] The adversarial loss
#       > The plain shapes are not B, and a discriminator soon knows.
#     - [x] The cycle loss
#       > There and back, and nothing has changed: exactly zero. Cycle consistency alone demands no translation at all.
#     - [x] The identity loss
#       > The image stays what it is: exactly zero, as the name says.


def players(seed):
    runtime.seed(seed)
    roles = {"to_a": generator(), "to_b": generator()}
    roles |= {"score_a": discriminator(), "score_b": discriminator()}
    return nn.ModuleDict(roles).to(device)


def losses(game, a, b):
    """The three losses of the generators, and both translations."""
    to_a, to_b = game["to_a"], game["to_b"]
    fake_a, fake_b = to_a(b), to_b(a)
    adversarial = (game["score_a"](fake_a) - 1).square().mean()
    adversarial = adversarial + (game["score_b"](fake_b) - 1).square().mean()
    cycle = F.l1_loss(to_a(fake_b), a) + F.l1_loss(to_b(fake_a), b)
    identity = F.l1_loss(to_a(a), a) + F.l1_loss(to_b(b), b)
    return (adversarial, cycle, identity), fake_a, fake_b


lazy = players(39)
lazy["to_a"] = lazy["to_b"] = nn.Identity()
(adversarial, cycle, identity), _, _ = losses(lazy, a_test[:8], b_test[:8])
print(f"doing nothing: cycle {cycle:.3f}, identity {identity:.3f}")
assert cycle == identity == 0

# %%
# So two of the three losses are brakes, and only the adversarial one drives. It takes all three to get a translation
# that changes what it must and keeps the rest.
#
# ## A buffer of old images
#
# The discriminators of a GAN see only what the generators paint *now*. They forget what they learned against older
# tricks, and the game may go around in circles. The remedy: keep a buffer of 50 translations. Half of the time the
# discriminator sees the new image, and otherwise an old one from the buffer, whose place the new one takes.


def exchanged(buffer, fresh, size=50):
    """Show fresh images or older ones, about half and half."""
    shown = []
    for image in fresh:
        if len(buffer) < size:
            buffer.append(image)
        elif random.random() < 0.5:
            place = random.randrange(size)
            buffer[place], image = image, buffer[place]
        shown.append(image)
    return torch.stack(shown)


buffer = []
numbers = torch.arange(2000.0).view(-1, 8, 1)  # images of one pixel, in turn
ages = [batch[-1] - exchanged(buffer, batch) for batch in numbers]
old = torch.stack(ages[20:]) >= 8  # from an earlier batch
print(f"{old.float().mean():.0%} of the images shown are from earlier batches")
assert 0.4 < old.float().mean() < 0.6

# %%
# ## Training
#
# In each step the generators move first, then the discriminators. Only the generators' parameters are in the first
# optimizer and only the discriminators' in the second, and each optimizer clears its own gradients; `detach` keeps the
# second half of the step out of the generators. (The weights 10 and 5 are those of [the
# paper](https://arxiv.org/abs/1703.10593).)

everything = (1, 10, 5)  # weights: adversarial, cycle, identity


def train(seed, weights, steps=train_steps, b_train=b_train):
    game = players(seed)
    artists = [*game["to_a"].parameters(), *game["to_b"].parameters()]
    critics = [*game["score_a"].parameters(), *game["score_b"].parameters()]
    optimizers = [
        torch.optim.Adam(group, learning_rate, betas=(0.5, 0.999))
        for group in (artists, critics)
    ]
    steps = runtime.steps(steps)
    schedules = [  # constant, then falling to zero in the second half
        LambdaLR(optimizer, lambda k: min(1, 2 - 2 * k / steps))
        for optimizer in optimizers
    ]
    buffers = {"a": [], "b": []}
    for _ in range(steps):
        a = a_train[torch.randint(len(a_train), (batch_size,))]
        b = b_train[torch.randint(len(b_train), (batch_size,))]
        terms, fake_a, fake_b = losses(game, a, b)
        loss = sum(w * term for w, term in zip(weights, terms, strict=True))
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()

        loss = 0
        for name, real, fake in (("a", a, fake_a), ("b", b, fake_b)):
            score = game[f"score_{name}"]
            fake = exchanged(buffers[name], fake.detach())
            loss = loss + (score(real) - 1).square().mean()
            loss = loss + score(fake).square().mean()
        optimizers[1].zero_grad()
        loss.backward()
        optimizers[1].step()
        for schedule in schedules:
            schedule.step()
    return game


runs = [train(seed, everything) for seed in seeds]

# %%
# ## What the judge says
#
# The losses of such a game tell little. Ask the judge, on images that no network has seen: what share of the
# translations does it take for the other domain? And measure what the two ways, there and back, have changed: the mean
# absolute difference *within the shapes*, since the black ground is easy.


def within(difference, masks):
    return ((difference.abs() * masks).sum() / (3 * masks.sum())).item()


def measure(game):
    to_a, to_b = game["to_a"], game["to_b"]
    fake_a = metrics.predict(to_a, b_test)
    fake_b = metrics.predict(to_b, a_test)
    return {
        "A to B": share_of_b(fake_b),
        "B to A": 1 - share_of_b(fake_a),
        "A to B to A": within(metrics.predict(to_a, fake_b) - a_test, a_masks),
        "B to A to B": within(metrics.predict(to_b, fake_a) - b_test, b_masks),
    }


measured = [measure(game) for game in runs]
for name in measured[0]:
    print(f"{name:12}", ", ".join(f"{values[name]:.3f}" for values in measured))
accepted = min(min(v["A to B"], v["B to A"]) for v in measured)
cycles = [max(v["A to B to A"], v["B to A to B"]) for v in measured]
runtime.report(
    "translations that the judge accepts",
    100 * mean(mean([v["A to B"], v["B to A"]]) for v in measured),
)
claim(accepted > 0.85, "both ways, from each seed, the judge agrees")
claim(max(cycles) < 0.08, "both cycles come back to within 0.08")

# %%
# The first two rows are shares of images, the others differences; each row has one number per seed. Here are the first
# images of the test sets on their way there and back, by the first of the three games.

to_a, to_b = runs[0]["to_a"], runs[0]["to_b"]
fake_b, fake_a = metrics.predict(to_b, a_test), metrics.predict(to_a, b_test)
back_a, back_b = metrics.predict(to_a, fake_b), metrics.predict(to_b, fake_a)


def show_rows(rows, alt, n=6):
    titles = [title for title in rows for _ in range(n)]
    parts = torch.cat([part[:n] for part in rows.values()]).clamp(0, 1)
    plots.image_grid(parts.cpu(), titles=titles, columns=n, alt=alt)


show_rows(
    {"A": a_test, "A to B": fake_b, "and back": back_a},
    "Six plain images in three rows: as they are, translated to stripes, and "
    "translated back to plain shapes.",
)
show_rows(
    {"B": b_test, "B to A": fake_a, "and back": back_b},
    "Six striped images in three rows: as they are, translated to nearly plain "
    "shapes, and translated back to stripes in their old places.",
)

# %%
# Shapes, places and colors stay. No loss names them. They follow mainly from the demand to come back: what a
# translation forgets cannot return.
#
# ## Without one of the losses
#
# Now drop one loss at a time, in a shorter training, and ask the same questions.

variants = {
    "all three": everything,
    "no adversarial": (0, 10, 5),
    "no cycle": (1, 0, 5),
    "no identity": (1, 10, 0),
}
short = {
    name: train(39, weights, steps=short_steps)
    for name, weights in variants.items()
}
table = {name: measure(game) for name, game in short.items()}
print(" " * 17, " ".join(f"{name:>12}" for name in measured[0]))
for name, values in table.items():
    print(f"{name:17}", " ".join(f"{v:12.3f}" for v in values.values()))
nothing, astray = table["no adversarial"], table["no cycle"]
claim(nothing["A to B"] < 0.1, "without the adversarial loss nothing happens")
claim(nothing["B to A to B"] < astray["B to A to B"], "yet it comes back")
claim(astray["A to B"] > 0.7, "without the cycle the judge agrees")
claim(astray["B to A to B"] > 0.1, "but the way back leads elsewhere")

# %%
# Compare each row with the first. Without the adversarial loss the judge sees hardly any translation into B. The
# networks are on their way to copying their input, and two losses praise them for it: a small cycle error alone is no
# success. Without the cycle loss the judge agrees, but the way back leads elsewhere. The identity loss teaches a
# generator to leave alone what is in its domain already. On photos it keeps the colors, which the other two losses
# would allow to change.
#
# !!! quiz "Only the discriminator to please"
#     Without cycle and identity loss, which of these `to_b` could a perfect discriminator *not* object to?
#
#     - [x] It sends every plain image to a real-looking striped image of other shapes in other places.
#       > The discriminator compares all translations with domain B, and never an input with its output.
#     - [ ] It returns each plain image as it is.
#       > Plain shapes are not in B.
#     - [ ] It paints the same striped image for every input.
#       > B has many images, and the translations would be one: mode collapse. A perfect discriminator sees that.
#
# ## Too good to be true
#
# Look once more at the way from B to A and back. The stripes return *to their old places*. But a plain image does not
# say where its stripes were! Anyone who sees only the plain shape can do no better than to guess, and the best guess
# for the smallest error is no stripe at all. How large is its error?

guess = within(b_twins - b_test, b_masks)
print(f"the best guess from a plain image has an error of {guess:.3f}")
print("the cycles:", ", ".join(f"{v['B to A to B']:.3f}" for v in measured))
claim(max(v["B to A to B"] for v in measured) < 0.8 * guess, "they know more")

# %%
# The networks beat the best possible guess, from each seed. So the "plain" image must say where the stripes were.
# Compare it with the twin of the same image, which is really plain. The third row is their difference, five times as
# large, around gray. Then comes what `to_b` makes of the translation, and of the twin, and at last the image of B
# itself.

show_rows(
    {
        "B to A": fake_a,
        "twin": b_twins,
        "difference × 5": 0.5 + 5 * (fake_a - b_twins),
        "to_b(B to A)": back_b,
        "to_b(twin)": metrics.predict(to_b, b_twins),
        "B": b_test,
    },
    "Six images in six rows. The translations to A look nearly like their "
    "twins; the magnified difference shows patterns with the rhythm of the "
    "stripes. From the translation the stripes return to their old places, "
    "from the twin they do not.",
)


def found(images):
    """The share of the stripes of B that images have in the right places."""
    stripes = (b_test - b_twins) * b_masks
    return ((images - b_twins) * stripes).sum().item() / (
        stripes.square().sum().item()
    )


for name, game in zip(seeds, runs, strict=True):
    plainer = metrics.predict(game["to_a"], b_test)
    from_message = found(metrics.predict(game["to_b"], plainer))
    from_twin = found(metrics.predict(game["to_b"], b_twins))
    print(f"seed {name}: found again from the translation {from_message:.2f},")
    print(f"         from the twin {from_twin:.2f}")
    claim(from_message > 0.5, "the translation carries the phase")
    claim(abs(from_twin) < 0.25, "the twin does not")

# %%
# There it is. `to_a` removes the stripes that a discriminator would see, and leaves a faint trace of them; `to_b` has
# learned to read the trace and to make stripes of it. Nobody asked for this. The cycle loss demands that the phase
# survive, the adversarial loss demands a plain image, and a **hidden signal** satisfies both. It was found in
# [CycleGANs on maps](https://arxiv.org/abs/1712.02950), which hid the details of aerial views in street maps.
#
# ## A little noise
#
# On your own data you have no twins. But a faint signal does not survive a little noise, and visible stripes do. Add
# noise to the translation, send it back, and see how much is found again. For comparison give `to_b` the striped
# images themselves, with the same noise.

runtime.seed(39)
sizes = torch.linspace(0, 0.3, 7)
noise = torch.randn_like(b_test)


def survival(images):
    noisy = [images + size * noise for size in sizes.tolist()]
    return [found(metrics.predict(to_b, x)) for x in noisy]


lines = {"visible stripes": survival(b_test), "hidden signal": survival(fake_a)}
plots.curves(
    lines,
    x=sizes,
    xlabel="standard deviation of the noise",
    ylabel="share of the stripes found",
)
lost = {name: 1 - values[4] / values[0] for name, values in lines.items()}
print(f"noise of {sizes[4]:.1f} destroys", end=" ")
print(", ".join(f"{share:.0%} of the {name}" for name, share in lost.items()))
few, much = lost.values()
claim(much > 4 * few and much > 0.1, "noise destroys the hidden signal first")

# %%
# Without noise both are read. With noise the hidden signal goes first. So when a cycle looks perfect, add noise to the
# image in the middle before you believe it. (The same noise in *training* makes hiding harder. It does not make the
# phase knowable, so the cycle loss then asks for something impossible, and you have to live with a larger one.)
#
# !!! quiz "A perfect cycle"
#     Somebody shows you a CycleGAN from color photos to line drawings and back. The colors return exactly. What do you
#     conclude?
#
#     - [ ] The network has understood which color each object has.
#       > Some colors can be guessed, like that of grass. Whether a car was red or blue cannot.
#     - [x] The drawings probably carry a hidden signal.
#       > Lines alone do not say the color of a car. Test it: add a little noise, or redraw the lines in pure black.
#     - [ ] The cycle loss had too small a weight.
#       > A perfect return means that the cycle loss is small already.
#
# ## Where it fails
#
# The networks know two collections, and nothing of what you meant. To them *every* difference between the collections
# is something to translate. Leave the orange shapes out of domain B, train again, a little shorter, and translate plain
# orange shapes.

b_biased, _ = many(4000, seed=2, stripes=0.4, colors=three[[2, 1, 2]])
biased = train(39, everything, steps=bias_steps, b_train=b_biased)
orange, masks = many(300, seed=5, stripes=0.0, colors=three[[0, 0, 0]])
rows = {
    "orange": orange,
    "all colors in B": metrics.predict(to_b, orange),
    "no orange in B": metrics.predict(biased["to_b"], orange),
}
show_rows(
    rows,
    "Six images of orange shapes in three rows: plain; with stripes and still "
    "orange; with stripes and no longer orange.",
)
excess = {
    name: ((images[:, :1] - images[:, 2:]) * masks).sum() / masks.sum()
    for name, images in rows.items()
}
for name, value in excess.items():
    print(f"{name}: more red than blue by {value:.2f}")
kept, left = excess["all colors in B"], excess["no orange in B"]
claim(left < 0.85 * kept, "the color is translated, too")

# %%
# Nobody asked for other colors. But no image in B is orange, so the discriminator takes an orange shape for a
# translation. In medical images this can [add or remove a tumor](https://arxiv.org/abs/1805.08841), if one collection
# holds more of them. Before you trust a translation, look at how the two collections differ.
#
# ## Exercises
#
# [The workbook](39_cyclegan.exercises.py) has each of these as a cell with a gap, with a checker that tells you what
# is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# If you have pairs, use them: [image to image, in pairs](38_unet-pix2pix.py) needs one network less in each role. How
# the game of generator and discriminator works is the subject of [a first GAN](34_first-gan.py), and what a judge can
# say about images that of [numbers for images](35_gan-evaluation.py). [Diffusion](41_diffusion.py) paints without any
# game.
