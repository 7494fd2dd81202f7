# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["P10", "G2.1", "G2.2", "G3.1"]
# data = ["mnist"]
# minutes = 3
# gpu = true
# metric = { name = "Fréchet distance", unit = "", target = 230, reference = "0.4 between halves of real images" }
# description = "Fréchet distance, precision, recall and path length, built by hand, and what each of them misses."
# ///
"""
# Numbers for images: how good is a generator?

The loss of a generator says little about its images, and a few chosen samples
say less. Here you measure how far made images are from real ones, how good and
how varied they are, and what they can be used for. And you find out when such
a number misleads.
"""

# %%
# Compare numbers first, not images. Here are two bell curves. How far apart are they? One answer uses only their means
# and their standard deviations: the squared difference of the means, plus the squared difference of the deviations.

import torch

from kindling import plots, runtime

places = torch.linspace(-8, 12, 101)
curves = {"mean 0, deviation 1": (0.0, 1.0), "mean 2, deviation 3": (2.0, 3.0)}
plots.curves(
    {
        name: torch.distributions.Normal(*shape).log_prob(places).exp()
        for name, shape in curves.items()
    },
    x=places,
    xlabel="value",
    ylabel="density",
)
distance = (2 - 0) ** 2 + (3 - 1) ** 2
runtime.seed(35)
a = torch.randn(100_000).sort().values
b = (2 + 3 * torch.randn(100_000)).sort().values
moved = (b - a).square().mean()
print(f"by the formula {distance}, by moving numbers {moved:.2f}")
assert distance == 8 and abs(moved - distance) < 0.4

# %%
# The second answer needs no formula. Draw equally many numbers from each curve, sort both lists, and move the first
# number of one list to the first of the other, the second to the second, and so on. The mean of the squared moves is
# the same number, except for the luck of the draw. This is the **Fréchet distance** of two normal distributions.
#
# You will
#
# - build it for many numbers at once, and use it on the features of a network that reads digits,
# - see what it does with few images, with damaged ones, and with two halves of the *real* ones,
# - measure what one number hides: quality apart from variety, the smoothness of the way from image to image, and the
#   use of made images as training data.

import time
from functools import partial
from itertools import pairwise

import matplotlib.pyplot as plt
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from kindling import metrics
from kindling.data import batches, mnist
from kindling.generative import digit_judge, frechet_distance, verdict
from kindling.models import count_parameters, mlp
from kindling.runtime import claim, steps
from kindling.training import train_epoch

device = runtime.device()
codes = 8  # numbers from which an image is made
epochs, batch_size, learning_rate = 6, 128, 4e-3

x_train, y_train = (part.to(device) for part in mnist("train+val").tensors)
x_test, y_test = (part.to(device) for part in mnist("test").tensors)

# %%
# ## Many numbers at once
#
# For vectors, the mean $\mu$ becomes a vector and the squared deviation becomes the covariance matrix $\Sigma$:
#
# $$d = \lVert\mu_a-\mu_b\rVert^2+\operatorname{tr}\left(\Sigma_a+\Sigma_b-2\,(\Sigma_a\Sigma_b)^{1/2}\right)$$
#
# The *root* of a matrix is a matrix whose product with itself gives it back. A covariance matrix is symmetric, so its
# root has the same eigenvectors, with the roots of the eigenvalues. The product of two such matrices is not symmetric.
# But $\Sigma_a^{1/2}\Sigma_b\Sigma_a^{1/2}$ is, and it has the same eigenvalues, and their roots are all that the
# trace needs.


def root(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def frechet(mean_a, cov_a, mean_b, cov_b):
    inner = root(cov_a) @ cov_b @ root(cov_a)
    common = torch.linalg.eigvalsh(inner).clamp(min=0).sqrt().sum()
    spread = cov_a.trace() + cov_b.trace() - 2 * common
    return ((mean_a - mean_b).square().sum() + spread).item()


def moments(features):
    features = features.double().cpu()
    return features.mean(dim=0), features.T.cov()


unit = torch.eye(1).double()  # a matrix with one entry
assert frechet(torch.zeros(1), unit, torch.full((1,), 2.0), 9 * unit) == 8

first, second = torch.randn(500, 5), torch.randn(800, 5) @ torch.randn(5, 5)
by_hand = frechet(*moments(first), *moments(second))
print(f"by hand {by_hand:.6f}, kindling {frechet_distance(first, second):.6f}")
assert abs(by_hand - frechet_distance(first, second)) < 1e-6

# %%
# Both ways agree, and one dimension gives 8 again. From here on we use `frechet_distance` of `kindling.generative`,
# which takes two sets of feature vectors and does what you just did.
#
# ## Features, and something to judge
#
# Pixel by pixel, an image shifted by two pixels is a different image. So images are compared by the *features* of a
# network that has learned to recognize things. With the Inception network, trained on photos of ImageNet, the distance
# is known as **FID**, the Fréchet inception distance. Digits are not among its classes. Our **judge** is a small
# network that reads digits; it stays the same through this part of the site. Its last hidden layer gives 64 features.
# (A judge is no discriminator: it learned from real images only, and no generator learns from it.)

judge = digit_judge(device=device)
print(f"the judge reads {judge.accuracy:.2%} of the test images correctly")


def features_of(images):
    return metrics.predict(judge.features, images).cpu()


real = features_of(x_test)  # [10_000, 64]

# %%
# Next, a generator to be judged. It is the decoder of a small variational autoencoder, as
# [autoencoders](33_autoencoders.py) builds it, a little deeper, with codes of 8 numbers. One idea is new: it is also
# told the digit, as ten numbers. Now we can ask for a digit, and know what each made image is meant to be.


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = mlp([784 + 10, 256, 256, 2 * codes])
        self.decoder = mlp([codes + 10, 256, 256, 784])

    def forward(self, x, digits):
        told = torch.cat([x.flatten(1), digits], dim=1)
        mean, log_variance = self.encoder(told).chunk(2, dim=1)
        z = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        drawn = self.decoder(torch.cat([z, digits], dim=1))
        unlike = F.binary_cross_entropy_with_logits(
            drawn, x.flatten(1), reduction="sum"
        )
        kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum() / 2
        return (unlike + kl) / len(x)


def train(seed):
    runtime.seed(seed)
    model = Autoencoder().to(device)
    optimizer = torch.optim.Adam(model.parameters())
    loader = batches(x_train, y_train, batch_size, shuffle=True)
    total = steps(epochs) * len(loader)
    cycle = OneCycleLR(optimizer, max_lr=learning_rate, total_steps=total)
    for _ in range(steps(epochs)):
        for x, y in loader:
            loss = model(x, F.one_hot(y, 10).float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            cycle.step()
    return model.eval()


begin = time.perf_counter()
model = train(seed=35)
seconds = time.perf_counter() - begin


@torch.no_grad()
def make(z, digits):  # images [N, 1, 28, 28] from codes [N, codes]
    told = torch.cat([z, F.one_hot(digits, 10).float()], dim=1)
    return model.decoder(told).sigmoid().view(-1, 1, 28, 28)


runtime.seed(35)
asked = torch.arange(10_000, device=device) % 10
z = torch.randn(10_000, codes, device=device)
made = make(z, asked)
made_features = features_of(made)
plots.image_grid(
    made[:20].cpu(),
    columns=10,
    alt="Twenty made images: 0 to 9 twice, most of them legible.",
)

# %%
# These are the first twenty, not the best twenty. Most can be read, and all are a bit blurred. What does the judge
# say? `verdict` takes five parts of 400 images and measures each one's distance from the real test images, so the
# number comes with an error bar.

decided = verdict(judge, made, x_test)
decided.report(parameters=count_parameters(model.decoder), seconds=seconds)
read = metrics.predict(judge.head, made_features)
agreement = metrics.accuracy(read, asked)
print(f"Fréchet distance {decided.frechet:.1f} ± {decided.error:.1f}")
print(f"digits covered {decided.covered}, confidence {decided.confidence:.1%}")
print(f"the judge reads the digit that was asked for in {agreement:.1%}")
claim(decided.frechet < 230, "the distance is below 230")
claim(decided.covered == 10, "all ten digits are made")
claim(agreement > 0.6, "most made images show what was asked for")

# %%
# ## What does zero look like?
#
# A distance needs a scale. Its lower end: the distance of real images from *other* real images. Cut the test images in
# halves, and compare the two.

halves = frechet_distance(*real.chunk(2))
runtime.seed(35)
mixed = torch.randperm(len(real))
mixed_halves = frechet_distance(*real[mixed].chunk(2))
print(f"two halves of the test images: {halves:.2f}")
print(f"the same, shuffled first: {mixed_halves:.2f}")
assert mixed_halves > 0
claim(halves > 2 * mixed_halves, "unshuffled halves differ more")
claim(abs(mixed_halves - 0.4) < 0.2, "the reference of this page")

# %%
# Not zero, although nothing could be more real. The first reason: the two halves of MNIST's test set were written by
# different groups of people. Shuffling removes that, and a rest remains. Its reason is next.
#
# ## The fewer images, the larger the distance
#
# Means and covariances of a few images are guesses, and two guesses differ even when the truth is the same. That luck
# does not average out: a squared difference is never negative, so it always adds. Measure with 32 images, with 64, and
# so on, each time against the same 10,000 test images. Shuffle first, and take the mean over up to eight separate
# sets.

real_train = features_of(x_train[: steps(10_000, 64)])
order = torch.randperm(len(real_train))
shown = {"real": real_train[order], "made": made_features[order]}
powers = range(5, 13)  # 32 to 4,096 images


def mean_distance(features, size):
    sets = features.split(size)[: min(8, max(1, len(features) // size))]
    return sum(frechet_distance(part, real) for part in sets) / len(sets)


by_size = {
    name: [mean_distance(features, 2**k) for k in powers]
    for name, features in shown.items()
}
plots.curves(
    by_size,
    x=powers,
    xlabel="images, as a power of two",
    ylabel="Fréchet distance",
    logy=True,
)
for name, values in by_size.items():
    print(name, ", ".join(f"{value:.1f}" for value in values))
claim(all(a > b for a, b in pairwise(by_size["real"])), "each doubling counts")
claim(by_size["real"][0] > 10 * by_size["real"][-1], "more than tenfold")
claim(by_size["made"][0] > by_size["made"][-1] + 5, "made ones as well")

# %%
# The quality of the images is the same at each size. Only their number changed. This is a *bias*: the luck does not
# scatter around the truth, it pushes upward. It shrinks about as $1/n$, so it halves when $n$ doubles. That gives a
# cheap correction: twice the distance from $2n$ images, minus the distance from $n$, has most of the bias canceled.

half, whole = by_size["real"][-2:]
print(f"real: 4,096 images {whole:.2f}, corrected {2 * whole - half:.2f}")

# %%
# **Compare distances only if they come from equally many images**, the same features and the same real images.
#
# ## What 136.66 says
#
# A notebook of a well-known course ends with a distance of 136.66, from 512 real and 512 made images of faces, in
# 2,048 features. Four features for each image! With 64 features that is like 16 images. So take 16 *real* digits and
# 16 other real digits, forty times.

few = real_train[order].split(16)[:80]
pairs = zip(few[::2], few[1::2], strict=True)
luck = torch.tensor([frechet_distance(*pair) for pair in pairs])
rank = torch.linalg.matrix_rank(few[0].double().T.cov()).item()
print(f"16 real against 16 real: {luck.mean():.0f} ± {luck.std():.0f}")
print(f"directions of 64 in which 16 images vary at all: {rank}")
assert rank <= 15
claim(luck.mean() > 50 * mixed_halves, "with so few images, luck is the number")

# %%
# Real digits look far from real digits. The reason is in the last line: sixteen points cannot vary in more than
# fifteen directions, and 512 cannot vary in more than 511 of 2,048, so the covariance is blind in three quarters of
# them. The number of the course may belong to a good generator or to a poor one. To know, you need the same number for
# two sets of 512 *real* faces, and an error bar.
#
# !!! quiz "One number from a paper"
#     Two blogs publish generators of faces. One reports an FID of 31 from 5,000 images, the other 22 from 50,000.
#     Which generator is better?
#
#     - [ ] The second: the lower distance wins.
#       > Part of any distance is the bias of few images, and the first one had fewer.
#     - [x] You cannot tell before both are measured with equally many images and the same features.
#       > The bias of 5,000 images in 2,048 features may well be those nine points, or may not.
#     - [ ] The first: with few images it is at a disadvantage, and comes close.
#       > It may be. How large the disadvantage is depends on the images; measure it.
#
# ## A ladder of damage
#
# Does a larger distance mean worse images? Damage real images step by step, and look whether the number climbs: noise,
# blur, and one damage that no single image shows, digits that are missing.


damages = {
    "noise": lambda x, y, k: (x + 0.1 * k * torch.randn_like(x)).clamp(0, 1),
    "blur": lambda x, y, k: F.avg_pool2d(x, 2 * k + 1, 1, padding=k),
    "missing digits": lambda x, y, k: x[y >= 2 * k],
}
some = x_train[: steps(4000, 64)], y_train[: steps(4000, 64)]
runtime.seed(35)
ladder = {
    name: [
        frechet_distance(features_of(damage(*some, k)[:1000]), real)
        for k in range(4)
    ]
    for name, damage in damages.items()
}
plots.image_grid(
    torch.cat([damages["noise"](*some, k)[1:2] for k in range(4)]).cpu(),
    titles=[f"noise {k}" for k in range(4)],
    alt="A handwritten zero in four steps, with more and more noise.",
)
for name, values in ladder.items():
    print(f"{name:15}", ", ".join(f"{value:.0f}" for value in values))
    claim(all(a < b for a, b in pairwise(values)), f"{name}: each step costs")

# %%
# Each step costs, in all three. That is what the distance is good for: it notices damage to the images *and* lack of
# variety. It cannot tell you which of the two it saw.
#
# ## Two questions instead of one
#
# Are the made images good? Are all kinds there? [Precision and recall](../2-training/13_metrics.py) ask such a pair of
# questions about alarms, and they have a counterpart for images. Draw a ball around each real feature vector, out to
# its third-nearest real neighbor. The balls together are where real images live. **Precision of images** is the share
# of made images that fall into a ball. **Recall of images** exchanges the roles: balls around the made ones, and the
# share of the real ones inside.


def reach(centers, k=3):
    """The distance of each center from its k-th nearest neighbor."""
    return torch.cdist(centers, centers).kthvalue(k + 1, dim=1).values


def share_inside(points, centers):
    """The share of points that lie in a ball around one of the centers."""
    hits = torch.cdist(points, centers) <= reach(centers)
    return hits.any(dim=1).float().mean().item()


runtime.seed(35)
square = 2 * torch.rand(60, 2)  # real
corner = 0.6 + 0.8 * torch.rand(40, 2)  # made, and not varied
corner[:4] += 2.2  # four of them are not real at all
with plots.style():
    fig, ax = plt.subplots(figsize=(3.4, 3.2))
    for center, radius in zip(square, reach(square), strict=True):
        ball = plt.Circle(center, radius, color="#7f7f7f", alpha=0.15, lw=0)
        ax.add_patch(ball)
    ax.plot(*square.T, "o", ms=4, label="real")
    ax.plot(*corner.T, "^", ms=4, label="made")
    ax.set(xlim=(-0.5, 3.7), ylim=(-0.5, 3.7), aspect="equal")
    ax.legend(loc="lower right")
    plots.show(
        fig,
        "Sixty real points fill a square; gray balls around them cover most "
        "of it. Of forty made points, 36 crowd in its middle and four lie far "
        "outside.",
    )
print(f"precision {share_inside(corner, square):.0%}", end=", ")
print(f"recall {share_inside(square, corner):.0%}")
assert share_inside(corner[:4], square) == 0

# %%
# Most of the made points lie where real ones live, the four outside do not, and most of the square is not covered. Now
# the digits, 2,000 on each side. Two more generators come for free. One gets codes of half the length, so that it
# stays close to the middle of what it knows. The other is a perfect painter who knows five digits only.

few_digits = x_train[y_train < 5][:2000]
sets = {
    "other real images": real_train,
    "made": made_features,
    "made, codes halved": features_of(make(z[:2000] / 2, asked[:2000])),
    "real, only 0 to 4": features_of(few_digits),
}
precision, recall = {}, {}
for name, features in sets.items():
    precision[name] = share_inside(features[:2000], real[:2000])
    recall[name] = share_inside(real[:2000], features[:2000])
    print(f"{name:19} precision {precision[name]:.0%},", end=" ")
    print(f"recall {recall[name]:.0%}")
claim(recall["made"] > recall["made, codes halved"] + 0.05, "less variety")
kept = precision["made, codes halved"] > precision["made"] - 0.06
claim(kept, "and no less quality")
less = recall["other real images"] - recall["real, only 0 to 4"]
claim(less > 0.15, "five digits cover less than ten")
change = precision["other real images"] - precision["real, only 0 to 4"]
claim(abs(change) < 0.1, "and are as precise")

# %%
# Halved codes are far less varied: recall collapses, while precision is kept or gains a little. To exchange one for the
# other is known as truncation ([parts of StyleGAN](40_stylegan-parts.py) uses it on purpose). The painter of five
# digits is as precise as real images are, and misses half of the world. One distance would have mixed all this.
#
# !!! quiz "A generator with one idea"
#     A generator has collapsed: it makes one sharp, perfect seven, over and over. What will you measure?
#
#     - [ ] Low precision and low recall.
#       > Each made image lies where real images live. That is what precision asks.
#     - [ ] Low precision and high recall.
#       > The other way round. Recall asks how much of the real world the made images cover.
#     - [x] High precision and recall close to zero.
#       > The balls around equal points have no size, so they hold almost no real image.
#
# ## How smooth is the way?
#
# Walk from one code to another in small steps. In a good generator the image changes little by little; a bad one
# stands still and then jumps. The **perceptual path length** takes one small step at a random place of the way, and
# divides the squared change of the features by the squared length of the step. For a generator that only multiplies by
# a matrix, every step has the same length, and we know the answer.


def path_length(draw, start, end, step=0.01):
    runtime.seed(35)
    t = torch.rand(len(start), 1).to(start)  # where on the way
    here = draw(start + t * (end - start))
    there = draw(start + (t + step) * (end - start))
    changed = (there - here).square().sum(dim=1)
    return (changed / step**2).mean().item()


start, end = z[:2000], z[2000:4000]
matrix = torch.randn(codes, 64).double()
a, b = start.double().cpu(), end.double().cpu()
exact = ((b - a) @ matrix).square().sum(dim=1).mean().item()
measured = path_length(lambda codes: codes @ matrix, a, b)
print(f"a matrix: exact {exact:.4f}, by small steps {measured:.4f}")
assert abs(measured - exact) < 1e-6 * exact

# %%
# Now a trick. Take the codes in pairs, as points of a plane, and turn each point by an angle that grows with its
# radius. A round bell curve stays the same round bell curve. So the generator behind the twist makes the same images
# equally often, only the map from codes to images is wound up like a spiral.


def twisted(z, turns):
    u, v = z.chunk(2, dim=1)
    angle = turns * (u.square() + v.square()).sqrt()
    cos, sin = angle.cos(), angle.sin()
    return torch.cat([u * cos - v * sin, u * sin + v * cos], dim=1)


def draw(z, turns):
    return features_of(make(twisted(z, turns), asked[: len(z)]))


length, apart = {}, {}
for turns in (0, 2, 4):
    length[turns] = path_length(partial(draw, turns=turns), start, end)
    apart[turns] = frechet_distance(draw(z[:5000], turns), real)
    print(f"turns {turns}: path length {length[turns]:.0f}", end=", ")
    print(f"Fréchet distance {apart[turns]:.1f}")
claim(length[4] > 5 * length[0], "the way has become rough")
claim(abs(apart[4] / apart[0] - 1) < 0.1, "the distance does not notice")

# %%
# The Fréchet distance, precision and recall look at the images as a heap. The path length looks at how they are
# arranged. You need it if you want to *steer*, as in [asking for a seven](37_conditional-control.py).
#
# ## Made images as training data
#
# The hardest examiner is a student. Train a classifier on made images only, with the digits that were asked for as
# labels, and test it on real ones. What the images lack, it cannot learn. Next to it, the same network with as many
# real images, with 300 real ones, and with those 300 and the made ones together.


def accuracy_after(x, y, seed):
    runtime.seed(seed)
    student = mlp([784, 128, 10]).to(device)
    optimizer = torch.optim.Adam(student.parameters(), lr=2e-3)
    loader = batches(x, y, 128, shuffle=True)
    for _ in range(steps(round(36_000 / len(x)))):
        train_epoch(student, loader, optimizer)
    return 100 * metrics.accuracy(metrics.predict(student, x_test), y_test)


little, much = slice(300), slice(10_000)
lessons = {
    "300 real": (x_train[little], y_train[little]),
    "300 real, 10,000 made": (
        torch.cat([x_train[little], made]),
        torch.cat([y_train[little], asked]),
    ),
    "10,000 made": (made, asked),
    "10,000 real": (x_train[much], y_train[much]),
}
learned = {
    name: torch.tensor([accuracy_after(*lesson, seed) for seed in (35, 36, 37)])
    for name, lesson in lessons.items()
}
plots.bars(
    list(learned),
    [100 - values.mean().item() for values in learned.values()],
    errors=[values.std().item() for values in learned.values()],
    xlabel="wrong answers on real test images (%), three seeds",
)
for name, values in learned.items():
    print(f"{name:22}", ", ".join(f"{value:.1f}%" for value in values))
lost = learned["10,000 real"] - learned["10,000 made"]
claim(lost.min() > 1, "made images teach less than as many real ones")
gained = learned["300 real, 10,000 made"] - learned["300 real"]
claim(gained.min() > 1, "made images help where real ones are few")

# %%
# Made images teach less than as many real ones, from each seed. They do help someone who has only 300. Before you call
# that a gain, ask where the generator learned: from 60,000 labeled images. It passes on what it has seen. A generator
# trained on those 300 alone has seen nothing that the classifier has not.
#
# !!! quiz "More data from nothing?"
#     You have 300 labeled images and no others. You train a generator on them, make 10,000 images, and train a
#     classifier on all. What is new for the classifier?
#
#     - [ ] 10,000 further examples, as good as collected ones.
#       > They are drawn from what the generator took from the 300; the world was not asked again.
#     - [x] No fact about the world. At most the generator's design adds a guess about how images vary.
#       > Like [augmentation](../3-vision/20_cifar-augmentation.py): useful if the guess is right. Test it on real
#       > ones.
#     - [ ] Variety: the noise of the codes adds what the 300 lack.
#       > Noise picks among images that the generator can make. It does not know what real images look like.
#
# ## Where it fails
#
# Two failures that none of these numbers reports. First, the distance knows only means and covariances. A bell curve
# and coins that show 1 or minus 1 have the same mean and the same deviation.

coins = torch.tensor([[-1.0], [1.0]]).repeat(5000, 1)
bell = torch.randn(10_000, 1)
bell = (bell - bell.mean()) / bell.std() * coins.std()
blind = frechet_distance(coins, bell)
print(f"coins against a bell curve: {abs(blind):.6f}")
assert abs(blind) < 1e-4

# %%
# Second, a program that returns its training images has the best distance, precision and recall of all, and has
# learned nothing. Measure how far made images are from the nearest training image, in features.

seen = features_of(x_train)  # all that the generator could have copied
near = {
    name: torch.cdist(features[:1000], seen).amin(dim=1).median().item()
    for name, features in (
        ("copies of training images", seen),
        ("made images", made_features),
        ("test images", real),
    )
}
for name, value in near.items():
    print(f"{name:25} {value:.2f} from the nearest training image")
claim(near["copies of training images"] < 0.1, "copies are found out")
claim(near["made images"] > 0.5, "ours are no copies")

# %%
# A copy gives itself away by a distance near zero. Our made images are no copies. And all of this is seen with the
# eyes of one judge: what its features leave out, such as the texture of the paper, no number of this page can notice.
#
# ## Exercises
#
# [The workbook](35_gan-evaluation.exercises.py) has each of these as a cell with a gap, with a checker that tells you
# what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [A critic with slope one](36_wgan-gp.py) trains a generator by a distance between distributions.
