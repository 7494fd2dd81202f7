# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["P10", "G1.4a", "G1.4b"]
# data = ["mnist"]
# minutes = 3
# gpu = true
# metric = { name = "agreement", unit = "%", target = 90, reference = "none: the course looks at its digits" }
# description = "A conditional GAN draws the digit that you ask for; then gradients steer what the label leaves open."
# ///
"""
# Asking for a seven: conditional GANs and control

A GAN draws what it likes. Here you ask for a digit and get it, and a network
that reads digits checks each order. Then you steer what the label leaves open:
halfway to another digit, bolder, more slanted, more legible.
"""

# %%
# How does a convolutional network hear about a label? As further channels. Each of the ten digits gets a channel of
# the image's size. All are zero, except for the channel of *this* digit: it is one everywhere.

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torchvision.utils import make_grid

from kindling import plots
from kindling.data import mnist

x_train, y_train = mnist("train+val").tensors


def sheet(images, columns):
    """A figure of images [N, 1, H, W], black at 0 and white at 1."""
    grid = make_grid(images.cpu(), nrow=columns, padding=1, pad_value=0.5)
    with plots.style():
        height = 6.4 * grid.shape[1] / grid.shape[2]
        fig, ax = plt.subplots(figsize=(6.4, height))
        ax.imshow(grid.permute(1, 2, 0), interpolation="none")
        ax.set_axis_off()
    return fig


def with_label(x, digits):
    """Images [B, 1, H, W], with ten more channels that say the digit."""
    channels = F.one_hot(digits, 10).float()[:, :, None, None]
    return torch.cat([x, channels.expand(-1, -1, *x.shape[2:])], dim=1)


pair = with_label(x_train[:1], y_train[:1])  # [1, 11, 28, 28]
digit = y_train[0].item()
plots.show(
    sheet(pair[0].unsqueeze(1), columns=11),
    f"A handwritten {digit}, then ten squares for 0 to 9: the square for "
    f"{digit} is white, the others are black.",
)
assert pair.shape[1] == 11 and pair[0, 1:].sum() == 28 * 28

# %%
# One channel for the image and ten for the label make eleven. That is the main change to the discriminator of [a first
# GAN](34_first-gan.py): it judges *pairs* of an image and a label. A perfect 3 that comes with the label 7 is a fake.
# The generator gets the label as ten numbers next to its random code. Such a pair of networks is a **conditional
# GAN**.
#
# You will
#
# - train one, and let the judge of [numbers for images](35_gan-evaluation.py) compare what you asked for with what it
#   reads,
# - morph one digit into another, and find out what the label decides and what the code decides,
# - find directions for the codes by gradients, move along them, and measure what else changes.

import time

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from kindling import metrics, runtime
from kindling.data import batches
from kindling.generative import digit_judge, verdict
from kindling.models import count_parameters, mlp
from kindling.runtime import claim, steps
from kindling.training import train_epoch

device = runtime.device()
codes = 32  # random numbers for an image
batch_size, training_steps = 64, 1800
learning_rate, betas = 2e-3, (0.5, 0.99)  # see "a first GAN"

x_train, y_train = x_train.to(device), y_train.to(device)
x_test, y_test = (part.to(device) for part in mnist("test").tensors)

# %%
# !!! quiz "Channels of the discriminator"
#     Color images, 32 by 32 pixels, of 100 classes. With how many channels does each pair reach the first convolution?
#
#     - [ ] 101
#       > That is one channel for the image. A color image has three.
#     - [=] 103
#       > Three for red, green and blue, and one for each class.
#     - [ ] 4
#       > A single channel that holds the number of the class would say that class 40 lies between 39 and 41.
#     - [ ] anything else
#       > Count the channels of the image, then one for each class.
#
# ## Two networks that listen
#
# The generator begins with a small map, 7 by 7 places, and doubles it twice, each time followed by a convolution. The
# label may also be given as ten *shares*, such as half a 3 and half an 8; you will need this for the morphs.


def enlarge(channels_in, channels_out):
    return nn.Sequential(
        nn.Upsample(scale_factor=2),
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(codes + 10, 64 * 7 * 7),
            nn.Unflatten(1, (64, 7, 7)),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            enlarge(64, 32),
            enlarge(32, 16),
            nn.Conv2d(16, 1, 3, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, z, label):
        """Images from codes [B, codes] and digits [B], or shares [B, 10]."""
        if label.ndim == 1:
            label = F.one_hot(label, 10).float()
        return self.layers(torch.cat([z, label], dim=1))


def build_discriminator():
    return nn.Sequential(
        spectral_norm(nn.Conv2d(11, 16, 4, stride=2, padding=1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(16, 32, 4, stride=2, padding=1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(32, 64, 3, stride=2, padding=1)),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        spectral_norm(nn.Linear(64 * 4 * 4, 1)),
    )


runtime.seed(37)
generator, discriminator = (
    Generator().to(device),
    build_discriminator().to(device),
)
z, asked = torch.randn(4, codes, device=device), torch.arange(4, device=device)
images = generator(z, asked)
scores = discriminator(with_label(images, asked))
print("images", tuple(images.shape), "scores", tuple(scores.shape))
print(f"generator {count_parameters(generator):,} parameters,", end=" ")
print(f"discriminator {count_parameters(discriminator):,}")
assert images.shape == (4, 1, 28, 28) and scores.shape == (4, 1)

# %%
# ## The game, with labels
#
# The loop is that of the first GAN, with three changes. Fake images get random labels; every image goes to the
# discriminator together with its label; and half of the weight of the fakes belongs to *real* images with a wrong
# label, so that the discriminator cannot get by with the image alone. What is kept in the end is not the last
# generator, whose weights jitter, but a running average of its weights (`AveragedModel` keeps it).


def train(seed):
    runtime.seed(seed)
    generator, discriminator = (
        Generator().to(device),
        build_discriminator().to(device),
    )
    players = generator, discriminator
    step_g, step_d = (
        torch.optim.Adam(player.parameters(), lr=learning_rate, betas=betas)
        for player in players
    )
    average = AveragedModel(
        generator, multi_avg_fn=get_ema_multi_avg_fn(0.995), use_buffers=True
    )
    for _ in range(steps(training_steps)):
        chosen = torch.randint(len(x_train), (batch_size,), device=device)
        x, y = x_train[chosen], y_train[chosen]
        asked = torch.randint(10, (batch_size,), device=device)
        z = torch.randn(batch_size, codes, device=device)
        fake = generator(z, asked)

        wrong = (y + torch.randint(1, 10, y.shape, device=device)) % 10
        misfit = discriminator(with_label(x[:32], wrong[:32]))
        made = discriminator(with_label(fake.detach(), asked))
        loss_d = F.softplus(-discriminator(with_label(x, y))).mean()
        loss_d += (F.softplus(misfit).mean() + F.softplus(made).mean()) / 2
        step_d.zero_grad()
        loss_d.backward()
        step_d.step()

        loss_g = F.softplus(-discriminator(with_label(fake, asked))).mean()
        step_g.zero_grad()
        loss_g.backward()
        step_g.step()
        average.update_parameters(generator)
    return average.eval().requires_grad_(False), discriminator.eval()


begin = time.perf_counter()
generator, discriminator = train(seed=37)
seconds = time.perf_counter() - begin

# %%
# (`F.softplus(-s)` is the binary cross-entropy of a score `s` whose label is "real", and `F.softplus(s)` that of a
# fake.) Here are ten codes, one for each row, and all ten labels, one for each column. They are the first ten codes of
# the seed.

runtime.seed(37)
z = torch.randn(5000, codes, device=device)
rows = z[:10].repeat_interleave(10, dim=0)
columns = torch.arange(10, device=device).repeat(10)
plots.show(
    sheet(generator(rows, columns), columns=10),
    "Ten rows of made digits from 0 to 9. Along a row the style is similar, "
    "for example the slant or the thickness of the strokes.",
)

# %%
# ## Does it obey?
#
# Ask for 500 of each digit, and let the judge read them. The judge learned from real images only. To see that the
# agreement is no accident, compare the same answers with labels that are off by one.

judge = digit_judge(device=device)
asked = torch.arange(5000, device=device) % 10
parts = zip(z.split(500), asked.split(500), strict=True)
made = torch.cat([generator(*part) for part in parts])
read = metrics.predict(judge, made)
agreement = metrics.accuracy(read, asked)
decided = verdict(judge, made, x_test)
decided.report(parameters=count_parameters(generator), seconds=seconds)
runtime.report("agreement", agreement)
hits = (read.argmax(dim=1) == asked).float().view(-1, 10).mean(dim=0)
plots.bars(
    [f"asked for {digit}" for digit in range(10)],
    100 * hits,
    xlabel="read as asked (%)",
)
print(
    f"read as asked {agreement:.1%}, the real test digits {judge.accuracy:.1%}"
)
print(f"labels off by one {metrics.accuracy(read, (asked + 1) % 10):.1%}")
print(f"Fréchet distance {decided.frechet:.0f} ± {decided.error:.1f}", end=", ")
print(f"confidence {decided.confidence:.1%}")
claim(agreement > 0.9, "nine of ten are read as asked")
claim(decided.covered == 10, "all ten digits are made")
claim(hits.min() > 0.7, "every digit can be asked for")

# %%
# The generator was never told what a 7 is. It only had to get pairs past the discriminator, and there a real
# seven passes only with the label 7. Does the discriminator *read*, too? Test that: show it real test images, each with
# the right label and with a wrong one.

x, y = x_test[:2000], y_test[:2000]
with torch.no_grad():
    pairs = (with_label(x, torch.full_like(y, d)) for d in range(10))
    scores = torch.cat([discriminator(pair) for pair in pairs], dim=1)
reading = metrics.accuracy(scores, y)  # [images, labels] against [images]
print(f"the label with the highest score is right for {reading:.1%}")
claim(reading > 0.5, "the discriminator takes note of the label")

# %%
# Guessing would be right for 10%. Nobody asked the discriminator to read; it had to, to find the wrong labels.
#
# !!! quiz "Wrong labels on real images"
#     Half of the labels of your training images are mixed up at random. What will the generator learn?
#
#     - [x] To draw real-looking digits that often are not the one you asked for.
#       > The image alone is as real as before, and a wrong pair now counts as real, too.
#     - [ ] To draw blurred digits.
#       > Nothing pushes a single image toward a blur: the discriminator still sees sharp ones.
#     - [ ] The right digits, because the noise in the labels averages out.
#       > It averages out for a mean. A GAN copies the whole distribution of pairs, wrong ones included.
#
# ## What the label decides, and what is left to the code
#
# In the sheet above, the digits of a row share a style. How much of the variation *within* a digit is common to all
# ten? Put a number on it. Two measures of style: *ink*, the mean of the pixels, and *slant*, how far the strokes lean
# for each row that they climb. Both are simple formulas, so both have gradients.


def ink(x):
    return x.mean(dim=(1, 2, 3))


def slant(x):
    weights = x.squeeze(1) / x.sum(dim=(1, 2, 3)).view(-1, 1, 1)  # [B, 28, 28]
    place = torch.arange(28.0, device=x.device)
    row = place.view(28, 1) - (weights.sum(2) @ place).view(-1, 1, 1)
    column = place.view(1, 28) - (weights.sum(1) @ place).view(-1, 1, 1)
    leaning = (weights * row * column).sum(dim=(1, 2))
    return -leaning / (weights * row.square()).sum(dim=(1, 2))


ramp = torch.eye(28).flip(1).view(1, 1, 28, 28)  # climbs a column a row
assert abs(slant(ramp).item() - 1) < 1e-5


def style(z, asked):
    x = generator(z, asked)
    return torch.stack([ink(x), slant(x)], dim=1)  # [B, 2]


def share_of_the_code(styles):
    """From styles [digits, codes, 2]: how much the code decides, [2]."""
    within = styles - styles.mean(dim=1, keepdim=True)  # of each digit
    by_code = within.mean(dim=0).var(dim=0, correction=0)
    return by_code / within.var(dim=(0, 1), correction=0)


some = z[:500]
styles = torch.stack(
    [style(some, torch.full_like(asked[:500], d)) for d in range(10)]
)
shared = share_of_the_code(styles)
mixed = torch.stack([row[torch.randperm(len(some))] for row in styles])
luck = share_of_the_code(mixed)
print(
    f"the code decides {shared[0]:.0%} of the ink, {shared[1]:.0%} of the slant"
)
print(f"with shuffled codes {luck[0]:.0%} and {luck[1]:.0%}")
claim(shared.min() > 2 * luck.max(), "one code means one style, in all digits")

# %%
# ## From one digit to another
#
# The label is ten numbers, and nothing keeps you from values between. Go from 3 to 8 in six steps, with the same eight
# codes. Watch where the gap on the left closes.


def between(start, end, share):
    label = torch.zeros(10, device=device)
    label[start] += 1 - share
    label[end] += share
    return label


def morph(start, end, z, share):
    return generator(z, between(start, end, share).expand(len(z), 10))


shares = [k / 5 for k in range(6)]
plots.stepped(
    {share: sheet(morph(3, 8, z[:8], share), 8) for share in shares},
    label="share of the 8",
    alt="Eight made digits on the way from 3 to 8, each from its own code.",
)
for start, end in ((3, 8), (4, 9), (1, 7)):
    odds = torch.stack(
        [
            metrics.predict(judge, morph(start, end, some, share))
            .softmax(dim=1)
            .mean(dim=0)
            for share in shares
        ]
    )
    print(f"{start} to {end}, read as {end}:", end=" ")
    print(", ".join(f"{value:.0%}" for value in odds[:, end]))
    claim(odds[-1, end] - odds[0, end] > 0.4, f"the {start} becomes a {end}")

# %%
# Nobody trained the generator on half labels. Halfway you find shapes that no label describes.
#
# ## The judge's gradient
#
# Rare codes, twice as far from zero as usual, often give what you did not ask for. Take the hundred images of 2,000
# that the judge finds hardest to read as asked. Can their codes be changed so that they become legible? The judge is a
# network, and the generator is another one. The judge's log-probability of the digit you asked for therefore has a
# gradient with respect to the *code*, while all weights stay as they are. Climb along it, twenty steps of length 0.1. A
# second reader, a small network that has no say in the climb, looks at the result.


def legible(x, asked):
    """The judge's log-probability of the digit that was asked for: [B]."""
    return -F.cross_entropy(judge(x), asked, reduction="none")


def gradient(function, place):
    place = place.detach().requires_grad_()
    return torch.autograd.grad(function(place).sum(), place)[0]


def climb(measure, z, asked):
    for _ in range(20):
        uphill = gradient(lambda z: measure(generator(z, asked), asked), z)
        z = z + 0.1 * F.normalize(uphill, dim=1)
    return z


runtime.seed(37)
second_reader = mlp([784, 128, 10]).to(device)
train_epoch(
    second_reader,
    batches(x_train, y_train, 128, shuffle=True),
    torch.optim.Adam(second_reader.parameters()),
)
readers = {"judge": judge, "second reader": second_reader}
far, orders = 2 * z[:2000], asked[:2000]
hard = legible(generator(far, orders), orders).argsort()[:100]
before, orders = far[hard], orders[hard]
after = climb(legible, before, orders)
gained = {}
for name, reader in readers.items():
    old, new = (
        metrics.accuracy(
            metrics.predict(reader, generator(place, orders)), orders
        )
        for place in (before, after)
    )
    gained[name] = new - old
    print(f"{name}: {old:.0%} read as asked, after the climb {new:.0%}")
distance = ((after - before).norm(dim=1) / before.norm(dim=1)).mean()
print(f"a code moved by {distance:.0%} of its length")
claim(gained["judge"] > 0.4, "the judge now reads most of them")
claim(gained["second reader"] > 0.05, "and so does a network without a say")

# %%
# Always bring a second reader: a climb may find a weakness of the judge instead of a better digit. Here a network that
# had no part in the climb agrees.
#
# ## One direction for all
#
# Until now each code had a path of its own. Average the gradient over many codes and digits, and you get *one*
# direction for all, a handle. The first two rows of this sheet move a 2 and a 4 along the handle for slant, the last
# two along the handle for ink: from three steps back, on the left, to three steps forward.

measures = {
    "ink": lambda x, asked: ink(x),
    "slant": lambda x, asked: slant(x),
    "legible": legible,
}


def handle_of(measure, asked=asked[:500]):
    """The mean gradient of a measure over 500 codes, of length one."""
    toward = gradient(lambda z: measure(generator(z, asked), asked), z[:500])
    return F.normalize(toward.mean(dim=0), dim=0)  # [codes]


handles = {name: handle_of(measure) for name, measure in measures.items()}
distances = torch.arange(-3.0, 4.0, device=device).view(-1, 1)
swept = [
    generator(z[k] + distances * handles[name], asked[k].repeat(7))
    for name in ("slant", "ink")
    for k in (2, 4)
]
plots.show(
    sheet(torch.cat(swept), columns=7),
    "Four rows of seven images. In the first two a 2 and a 4 lean more and "
    "more to the right, in the last two their strokes grow bolder.",
)

# %%
# ## What else changes?
#
# Move 1,000 codes by one step along a handle. How far do ink, slant and legibility go, in standard deviations of all
# these images? A clean handle changes its own measure and nothing else. What it changes besides is called
# **entanglement**.

many, their = z[:1000], asked[:1000]
plain = generator(many, their)
deviation = {
    name: measure(plain, their).std() for name, measure in measures.items()
}


def effects(handle):
    """How far a step along a handle moves each measure, in deviations."""
    ahead, back = (
        generator(many + handle, their),
        generator(many - handle, their),
    )
    return {
        name: (measure(ahead, their) - measure(back, their)).mean().item()
        / (2 * deviation[name].item())
        for name, measure in measures.items()
    }


def told(table):
    for name, moved in table.items():
        said = ", ".join(
            f"{other} {value:+.2f}" for other, value in moved.items()
        )
        print(f"handle for {name:8} moves {said}")


raw = {name: effects(handle) for name, handle in handles.items()}
told(raw)

# %%
# The remedy: take out of a handle whatever points along the handles of the others. `qr` turns these into perpendicular
# directions of length one; what lies along them is subtracted.


def cleaned(name):
    others = [handle for other, handle in handles.items() if other != name]
    basis = torch.linalg.qr(torch.stack(others, dim=1)).Q  # [codes, 2]
    rest = handles[name] - basis @ (basis.T @ handles[name])
    return F.normalize(rest, dim=0)


def side_effects(table):
    return sum(
        abs(value)
        for name, moved in table.items()
        for other, value in moved.items()
        if other != name
    )


clean = {name: effects(cleaned(name)) for name in handles}
told(clean)
ratio = side_effects(clean) / side_effects(raw)
print(
    f"side effects {side_effects(raw):.2f}, cleaned {side_effects(clean):.2f}"
)
claim(ratio < 0.7, "cleaned handles change less besides")

# %%
# The handle for legibility fails: what makes one digit legible spoils another, so the mean gradient has little to say.
#
# !!! quiz "A price for side effects"
#     Instead of cleaning the direction you can climb a score with a penalty: slant, and legibility should stay. Which
#     score do you *climb*? `before` and `now` are legibility at the start and at the current code.
#
#     - [ ] `slant + (now - before).square()`
#       > Climbing this rewards a change of legibility. The sign is wrong.
#     - [x] `slant - (now - before).square()`
#       > Each change, up or down, lowers the score.
#     - [ ] `slant - (now - before)`
#       > A loss of legibility would raise this score: the difference is then negative.
#
# ## Where it fails
#
# Why move the code, and not the pixels? Because a network can be fooled. Take real threes, and climb the judge's
# log-probability of a 7, this time in the pixels.


def as_seven(x):
    return judge(x).log_softmax(dim=1)[:, 7]


threes = x_test[y_test == 3][:200]
fooled = threes
for _ in range(40):
    uphill = gradient(as_seven, fooled).sign()
    fooled = (fooled + 0.01 * uphill).clamp(0, 1)
plots.show(
    sheet(torch.cat([threes[:8], fooled[:8]]), columns=8),
    "Eight handwritten threes; below them the same threes with a gray grain "
    "over them.",
)
sevens = {
    name: (metrics.predict(reader, fooled).argmax(dim=1) == 7).float().mean()
    for name, reader in readers.items()
}
print(f"largest change of a pixel: {(fooled - threes).abs().max():.2f}")
for name, share in sevens.items():
    print(f"{name}: {share:.0%} of them are sevens")
claim(sevens["judge"] > 0.6, "the judge is fooled")
claim(sevens["second reader"] < 0.4, "the second reader is not")

# %%
# To you they are threes, on grainy paper. The judge calls most of them sevens. The generator protects you from
# that: its codes hardly lead anywhere but to digits, so a climb has to go through digits. It is no guarantee. The
# longer you climb, the more you learn about the judge's weak points and the less about digits.
#
# ## Exercises
#
# [The workbook](37_conditional-control.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## Read next
#
# In [U-Net and pix2pix](38_unet-pix2pix.py) the label becomes a whole image, and in [parts of
# StyleGAN](40_stylegan-parts.py) a network in front of the generator untangles the codes.
