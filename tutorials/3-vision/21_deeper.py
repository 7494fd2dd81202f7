# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["BK7", "BK8", "S2.24", "S5.39"]
# data = ["cifar10"]
# minutes = 3
# gpu = true
# metric = { name = "test accuracy", unit = "%", target = 88, reference = "90% (book, validation, 100 epochs)" }
# description = "Width, depth, dropout, batch norm and residual connections: which gains are real, which are luck?"
# ///
"""
# Wider, deeper, residual

You change one thing in a network, and its accuracy rises by one point. Was it
the change, or was it luck? Here you try the changes that everybody tries, and
measure each of them so that you can answer. Then you stack twenty blocks, see
why they do not learn, and repair them with one addition.
"""

# %%
# The task is a small one: is it a bird or a plane? These are training images from CIFAR-10, 32 by 32 pixels each.

import torch

from kindling import plots
from kindling.data import CIFAR_CLASSES, batches, cifar10


def birds_and_planes(split):
    """Images [N, 3, 32, 32] of two of the ten classes; y is 1 for a bird."""
    x, y = cifar10(split).tensors
    plane, bird = (CIFAR_CLASSES.index(name) for name in ("airplane", "bird"))
    chosen = (y == plane) | (y == bird)
    return x[chosen], (y[chosen] == bird).long()


x, y = birds_and_planes("train+val")
names = "plane", "bird"
shown = torch.cat([(y == c).nonzero()[:5, 0] for c in (1, 0)])
plots.image_grid(
    x[shown],
    titles=[names[c] for c in y[shown]],
    alt="Five small images of birds, and five of planes below them.",
)

# %%
# You will
#
# - train a small baseline, and find out how far its accuracy moves by luck alone,
# - change one thing at a time (convolutions, width, dropout, batch normalization), with three seeds each,
# - plant three mistakes that make such comparisons worthless, and repair them,
# - see a deep network fail to learn, and build the **residual connection** that lets it.
#
# If the JPEG copy of CIFAR-10 is what your data folder holds, the run uses that, and its record says so: the images
# have lost some detail, so do not compare the accuracies with published ones.

import math
from copy import deepcopy
from statistics import mean

import matplotlib.pyplot as plt
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torchvision import models

from kindling import metrics, runtime
from kindling.models import count_parameters, mlp
from kindling.runtime import claim
from kindling.training import evaluate, train_epoch

device = runtime.device()
seeds = (21, 22, 23)
epochs = 4
batch_size = 128
learning_rate = 6e-3  # the top of the cycle: few epochs need large steps

# %%
# Two thousand of the training images become the validation set, by which everything on this page is compared. The test
# set stays closed until the end. The inputs are [normalized](../2-training/11_datasets-loaders.py) by the mean and the
# standard deviation of each color in the training images.

cut = 4 * len(x) // 5
x_train, y_train = x[:cut], y[:cut]
x_val, y_val = x[cut:].to(device), y[cut:].to(device)
center = x_train.mean(dim=(0, 2, 3), keepdim=True).to(device)
scale = x_train.std(dim=(0, 2, 3), keepdim=True).to(device)
x_train, y_train = (x_train.to(device) - center) / scale, y_train.to(device)
x_val = (x_val - center) / scale
print(f"train {tuple(x_train.shape)}, val {tuple(x_val.shape)}")
print(f"share of birds in validation {y_val.double().mean():.1%}")

# %%
# ## The baseline
#
# Two [stages](19_fashion-cnn.py), each a convolution, pooling and a ReLU, then two linear layers. The stages may also
# have batch normalization and dropout. `nn.Dropout2d` drops whole channels: neighboring pixels of a channel say nearly
# the same, so dropping single ones would hide little. The argument `middle` is for later: layers to put between.


def stage(channels_in, channels_out, norm, dropout):
    layers = [
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=not norm),
        nn.BatchNorm2d(channels_out) if norm else nn.Identity(),
        nn.MaxPool2d(2),
        nn.ReLU(),
    ]
    return nn.Sequential(*layers, nn.Dropout2d(dropout))


def network(width=16, *, norm=False, dropout=0.0, middle=()):
    narrow = width // 2
    return nn.Sequential(
        stage(3, width, norm, dropout),
        stage(width, narrow, norm, dropout),
        *middle,  # [B, narrow, 8, 8] goes in and comes out
        nn.Flatten(),
        nn.Linear(64 * narrow, 32),
        nn.ReLU(),
        nn.Linear(32, 2),
    )


def train_on(model, train, epochs=epochs):
    """Train with a one-cycle schedule; return the validation accuracy."""
    model.to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters())
    total = epochs * len(train)
    cycle = OneCycleLR(optimizer, max_lr=learning_rate, total_steps=total)
    for _ in range(runtime.steps(epochs)):
        train_epoch(model, train, optimizer, scheduler=cycle)
    return 100 * evaluate(model, batches(x_val, y_val, 1000)).accuracy


def from_three_seeds(make):
    """Train three networks that differ in nothing but the seed."""
    scores, trained = [], []
    for seed in seeds:
        runtime.seed(seed)
        model = make()
        train = batches(x_train, y_train, batch_size, shuffle=True)
        scores.append(train_on(model, train))
        trained.append(model)
    return scores, trained


scores, trained = {}, {}
scores["baseline"], trained["baseline"] = from_three_seeds(network)
print(f"{count_parameters(network()):,} parameters; three seeds:", end=" ")
print(", ".join(f"{s:.1f}%" for s in scores["baseline"]))
claim(min(scores["baseline"]) > 82, "the baseline is right on 82% or more")

# %%
# ## Two kinds of luck
#
# The three numbers belong to *the same* network. They differ because of the first weights and the order of the
# batches. That is the first kind of luck, and only more seeds can show it.
#
# The second kind is in the images. If a network is right with probability $p$, the number of right answers among $n$
# images varies like the number of heads in $n$ tosses of an unfair coin. So a measured accuracy has a **standard
# error** of $\sqrt{p\,(1-p)/n}$.

p, n = mean(scores["baseline"]) / 100, len(x_val)
standard_error = 100 * math.sqrt(p * (1 - p) / n)
dealer = torch.Generator().manual_seed(21)
tossed = 100 * (torch.rand(1000, n, generator=dealer) < p).double().mean(dim=1)
print(f"standard error by the formula {standard_error:.2f} points")
print(f"spread of 1,000 tossed accuracies {tossed.std():.2f} points")
assert abs(tossed.std() / standard_error - 1) < 0.15
claim(0.5 < standard_error < 0.9, "2,000 images: about 0.7 points")

# %%
# Two thousand images resolve no difference that is much smaller than a point. All networks here answer the *same*
# images, and share part of that luck, so between two of them the error is not quite as large as for two independent
# sets. But a gain of half a point from one seed is no result.
#
# !!! quiz "Half the error"
#     With 2,000 validation images the standard error is 0.7 points. How many images would bring it down to 0.35?
#
#     - [ ] 4,000
#       > The error falls with the *square root* of the number of images. Twice as many make it 0.5.
#     - [=] 8,000
#       > Four times as many images, half the error.
#     - [ ] anything else
#       > By which factor must $n$ grow so that $\sqrt{n}$ doubles?
#
# ## One change at a time
#
# This is an **ablation**, the standard way to find out what a part is worth: hold everything fixed, change one part,
# compare. Fixed here are the images, the number of epochs, the batch size, the optimizer and the schedule. There are
# four changes: a fully connected network instead of convolutions, twice the width,
# [dropout](../2-training/12_validate-regularize.py), and [batch
# normalization](../2-training/14_init-normalization.py).

changes = {
    "fully connected": lambda: mlp([3072, 128, 2]),
    "width 32": lambda: network(32),
    "dropout 0.3": lambda: network(dropout=0.3),
    "batch norm": lambda: network(norm=True),
}
for name, make in changes.items():
    scores[name], trained[name] = from_three_seeds(make)


def draw(scores):
    """Bars of the mean accuracy, with lines from the worst seed to the best."""
    middle = {name: mean(values) for name, values in scores.items()}
    ends = [
        [middle[name] - min(values) for name, values in scores.items()],
        [max(values) - middle[name] for name, values in scores.items()],
    ]
    plots.bars(
        list(scores),
        list(middle.values()),
        errors=torch.tensor(ends),
        reference=middle["baseline"],
        xlabel="validation accuracy (%)",
    )


draw(scores)
for name, make in changes.items():
    gain = mean(scores[name]) - mean(scores["baseline"])
    spread = max(scores[name]) - min(scores[name])
    size = count_parameters(make())
    print(f"{name:16} {size:7,} parameters, {gain:+.1f} points", end=" ")
    print(f"(best to worst seed {spread:.1f})")
for name in ("fully connected", "dropout 0.3"):
    loss = mean(scores["baseline"]) - mean(scores[name])
    claim(loss > 0, f"{name}: worse than the baseline")

# %%
# The dashed line is the baseline, and the thin lines reach from the worst seed to the best. Two bars fall short.
# Without convolutions the network loses, although it has by far the most parameters. Dropout loses too. A likely
# reason: it slows the learning, and so few epochs leave the baseline little time to
# [overfit](../2-training/12_validate-regularize.py). For the other two, look at the gain next to the spread of the
# seeds and the standard error. A gain that is smaller than either is a tie.
#
# !!! quiz "Which change is beyond luck?"
#     A baseline reaches 88.4, 88.9 and 89.2% from three seeds, on 2,000 images. Which results say that the change
#     helps?
#
#     - [ ] Change A: 89.4% from one seed.
#       > Two tenths more than the best baseline, and a third of the standard error. A single seed says nothing.
#     - [ ] Change B: 88.8, 89.0 and 89.4%.
#       > Its mean is higher by a quarter of a point, and its seeds overlap with those of the baseline.
#     - [x] Change C: 91.6, 91.9 and 92.1%.
#       > Its worst seed beats the best baseline by more than three standard errors.
#
# ## Three mistakes
#
# You can find this very comparison in well-known teaching material, with three mistakes in it. Each of them is easy to
# make, and none raises an error. We plant them one by one, write checks that catch the first two, and show
# what the third does to a ranking.
#
# The first hides in a name. To measure the training accuracy, somebody makes a loader that does not shuffle, and calls
# it `train` again. From then on every network trains on the same order of batches.


def reorders(loader):
    """Whether two passes over a loader come in different orders."""
    first, second = (torch.cat([y for _, y in loader]) for _ in range(2))
    return not torch.equal(first, second)


train = batches(x_train, y_train, batch_size, shuffle=True)
assert reorders(train)
train = batches(x_train, y_train, batch_size)  # "only to measure"
assert not reorders(train)  # and the next network gets this one

runtime.seed(21)
fixed = train_on(network(), train)
folder = y_train.argsort(stable=True)  # all planes, then all birds
train = batches(x_train[folder], y_train[folder], batch_size)
runtime.seed(21)
by_class = train_on(network(), train)
print(f"one fixed order: {fixed:.1f}%; sorted by class: {by_class:.1f}%")
claim(by_class < fixed - 10, "sorted batches are ruinous")

# %%
# On these files a fixed order costs little, because they were shuffled before they were saved. In a folder of images,
# which is read class by class, the same mistake is ruinous. The repair is a name of its own for each loader.
#
# The second mistake: nobody calls `model.eval()`. So dropout still drops channels while you measure, and batch
# normalization uses the statistics of whatever else is in the batch. This check asks whether an image gets the same
# logits in other company.


@torch.no_grad()
def judges_alone(model):
    """Whether the logits of an image do not depend on the rest of its batch."""
    in_company, alone = model(x_val[:200])[:2], model(x_val[:2])
    return torch.allclose(in_company, alone, rtol=0.01, atol=0.01)


@torch.no_grad()
def accuracy_as_it_is(model):
    """The validation accuracy in the mode that the model happens to be in."""
    logits = torch.cat([model(x) for x, _ in batches(x_val, y_val, 500)])
    return 100 * metrics.accuracy(logits, y_val)


in_train_mode = {}
for name in ("baseline", "dropout 0.3", "batch norm"):
    in_train_mode[name] = []
    for model in trained[name]:
        careless = deepcopy(model).train()  # measuring moves its statistics
        in_train_mode[name].append(accuracy_as_it_is(careless))
        assert judges_alone(model.eval())
        claim(judges_alone(careless) == (name == "baseline"), "caught")
    gap = mean(scores[name]) - mean(in_train_mode[name])
    print(f"{name:12} loses {gap:.1f} points in train mode")
    claim(gap > 1 or name != "dropout 0.3", "train mode costs dropout a point")

# %%
# The baseline has neither layer, so its mode makes no difference. Dropout is punished for what it is supposed to do in
# training only.
#
# The third mistake you know by now: one seed. Here are the ranks that each of our three seeds would have given, and at
# the end a comparison that makes both mistakes, the wrong mode and the single seed.


def ranked(values):
    """Names, best first."""
    return sorted(values, key=values.get, reverse=True)


for k, seed in enumerate(seeds):
    order = ranked({name: found[k] for name, found in scores.items()})
    print(f"seed {seed}: {', '.join(order[:4])}, ...")
careful = ranked({name: mean(found) for name, found in scores.items()})
print(f"mean of three: {', '.join(careful)}")
first = {name: found[0] for name, found in scores.items()}
first |= {name: found[0] for name, found in in_train_mode.items()}
print(f"careless: {', '.join(ranked(first))}")
assert set(careful) == set(first)

# %%
# Ranks hide how small the differences are. So report means with their spread, and let differences that are within the
# noise stand as ties.
#
# !!! quiz "The same network, two numbers"
#     A colleague's network with dropout has 84.8% on the validation set. You load the same weights, and measure 86.4%
#     on the same images. What is the likely reason?
#
#     - [ ] The standard error: a difference of 1.6 points is luck.
#       > Luck would need other images or another training. Both of you have the same weights and the same images.
#     - [x] Your colleague did not call `model.eval()`.
#       > Then dropout still zeroes activations, and the accuracy suffers.
#     - [ ] Your colleague's loader did not shuffle.
#       > The order in which images are measured does not change how many are right, in eval mode.
#
# ## Twenty blocks
#
# Now for depth. A block is a convolution that keeps the size, and a ReLU. We put twenty of them between the two stages
# and the linear layers. In the second kind of block, the input is added to what comes out:
#
# $$y = x + f(x)$$
#
# This addition is called a **residual connection**, or shortcut. The block has to learn only the *difference* between
# its input and a better one.


class Block(nn.Module):
    """A convolution and a ReLU; with a shortcut, the input is added."""

    def __init__(self, channels, *, shortcut, norm=False):
        super().__init__()
        self.convolution = nn.Conv2d(
            channels, channels, 3, padding=1, bias=not norm
        )
        self.norm = nn.BatchNorm2d(channels) if norm else nn.Identity()
        self.shortcut = shortcut

    def forward(self, x):  # [B, C, H, W] in and out
        change = F.relu(self.norm(self.convolution(x)))
        return x + change if self.shortcut else change


with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 1.4))
    ax.set(xlim=(0, 10), ylim=(-0.6, 1.5), aspect="equal")
    ax.set_axis_off()
    box = dict(boxstyle="round", fc="none", ec=plots.COLORS[0])
    for place, text in [(0.4, "x"), (3, "convolution"), (5.6, "ReLU")]:
        ax.text(place, 0, text, ha="center", va="center", bbox=box)
    ax.text(7.6, 0, "+", ha="center", va="center", bbox=box)
    ax.text(9.4, 0, "x + f(x)", ha="center", va="center")
    arrow = {"arrowstyle": "->", "color": plots.INK}
    for a, b in [(0.7, 1.8), (4.2, 5.0), (6.2, 7.2), (8.0, 8.6)]:
        ax.annotate("", (b, 0), (a, 0), arrowprops=arrow)
    around = arrow | {"connectionstyle": "bar,fraction=-0.1", "lw": 2}
    around["color"] = plots.COLORS[1]
    ax.annotate("", (7.6, 0.35), (0.4, 0.35), arrowprops=around)
    ax.text(4, 1.25, "shortcut", ha="center", color=plots.COLORS[1])
    plots.show(
        fig,
        "x goes through a convolution and a ReLU to a plus sign; a second "
        "arrow, the shortcut, leads from x around them to the same plus sign.",
    )

block, some = Block(8, shortcut=True), torch.randn(2, 8, 8, 8)
torch.testing.assert_close(block(some) - some, F.relu(block.convolution(some)))

# %%
# What does a shortcut do to the gradient? On its way back through a plain block it is multiplied by the slope of $f$,
# and after twenty blocks by twenty such factors. With the shortcut each factor is $1 + f'(x)$, and the 1 lets the
# gradient through whatever $f$ does. Here is its size in each of twenty untrained blocks, for one batch of images.


def blocks(count, **options):
    return [Block(8, **options) for _ in range(count)]


def gradient_sizes(**options):
    """The root mean square of the weights' gradient, block by block."""
    runtime.seed(21)
    model = network(middle=blocks(20, **options)).to(device)
    F.cross_entropy(model(x_train[:256]), y_train[:256]).backward()
    found = [part for part in model if isinstance(part, Block)]
    grads = [part.convolution.weight.grad for part in found]
    return [grad.square().mean().sqrt().item() for grad in grads]


sizes = {
    "plain": gradient_sizes(shortcut=False),
    "residual": gradient_sizes(shortcut=True),
}
plots.curves(
    sizes,
    x=range(1, 21),
    xlabel="block",
    ylabel="size of the gradient",
    logy=True,
)
ratio = {name: found[0] / found[-1] for name, found in sizes.items()}
print({name: f"first / last = {value:.0e}" for name, value in ratio.items()})
assert ratio["plain"] < 1e-4 and ratio["residual"] > 0.02

# %%
# In the plain network the gradient [vanishes](../2-training/14_init-normalization.py): the first blocks get next to
# nothing of it. With shortcuts none of the twenty is left with nothing. The two networks have the same number of
# parameters. Now train them.

for name, shortcut in (("20 blocks", False), ("20 residual", True)):
    scores[name], trained[name] = from_three_seeds(
        lambda s=shortcut: network(middle=blocks(20, shortcut=s))
    )
draw(scores)
deep, rescued = scores["20 blocks"], scores["20 residual"]
print("20 blocks:  ", ", ".join(f"{s:.1f}%" for s in deep))
print("20 residual:", ", ".join(f"{s:.1f}%" for s in rescued))
claim(max(deep) < 60, "the plain stack learns next to nothing")
claim(min(rescued) > 75, "the same stack with shortcuts learns")

# %%
# Without shortcuts the network guesses: half of the images are birds. With them it learns from every seed. It does not
# beat the baseline here, though. Depth is not worth anything by itself, and two stages are enough for this task.
#
# ## A list times ten
#
# One more mistake, and it is hard to see. A Python list can be multiplied, and a network with ten blocks would then be
# one short line. Count the parameters of the well-known version: 32 channels, batch normalization in each block.


def counted(middle):
    """The parameters of the whole network; pooling and ReLU have none."""
    first = nn.Conv2d(3, 32, 3, padding=1)
    last = nn.Linear(32 * 8 * 8, 32), nn.Linear(32, 2)
    return count_parameters(nn.Sequential(first, *middle, *last))


def one_block():
    return Block(32, shortcut=True, norm=True)


multiplied = counted(10 * [one_block()])
separate = counted([one_block() for _ in range(10)])
print(f"10 * [block]: {multiplied:,} parameters; ten blocks: {separate:,}")
assert multiplied == counted(100 * [one_block()]) == counted([one_block()])
assert (multiplied, separate) == (75_810, 159_330)

# %%
# Multiplying a list copies the *reference*, so the network goes through one block ten times. A hundred blocks would
# have not one parameter more than a single block. Nothing fails: the network trains, with all its layers tied together.
# Only the count gives it away. So compute how many parameters a network should have, and assert it.
#
# !!! quiz "What the multiplied list shares"
#     A network has `middle = 3 * [Block(8, shortcut=True)]`, and you train it for one step. What is true?
#
#     - [x] All three places in the network have the same weights after the step.
#       > It is one module in three places.
#     - [ ] The three start equal, and become different, since each place has a gradient of its own.
#       > Each place does contribute a gradient. But they are added up in one weight, which takes one step.
#     - [ ] It raises an error: a module may occur only once.
#       > Sharing a module is allowed, and sometimes wanted, as in a recurrent network.
#
# ## One test
#
# By validation several networks tie for the first place. We take width 32, because the book has it, too (90% on
# validation, after 100 epochs). No choice is left to make. So the validation images may train the network too, for
# twice as many epochs, and then the test set is opened, once.

x_all, y_all = torch.cat([x_train, x_val]), torch.cat([y_train, y_val])
runtime.seed(21)
final = network(32)
train_on(final, batches(x_all, y_all, batch_size, shuffle=True), 2 * epochs)
x_test, y_test = birds_and_planes("test")
x_test, y_test = (x_test.to(device) - center) / scale, y_test.to(device)
tested = evaluate(final, batches(x_test, y_test, 1000)).accuracy
print(f"width 32, test accuracy: {tested:.2%} of {len(y_test):,} images")
runtime.report("test accuracy", tested)
claim(tested > 0.88, "width 32 is right on more than 88%")

# %%
# ## The famous ones
#
# How deep and how large were the networks that changed the field? torchvision has most of them. On the device "meta" a
# network has shapes and no numbers, so even the largest is built at once and takes no memory.


def lenet():
    convolutions = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
    linear = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
    return nn.Sequential(*convolutions, *linear)


bare = {"aux_logits": False, "init_weights": False}
famous = {
    "LeNet": (1998, lenet),
    "AlexNet": (2012, models.alexnet),
    "VGG-16": (2014, models.vgg16),
    "Inception": (2014, lambda: models.googlenet(**bare)),
    "ResNet-50": (2015, models.resnet50),
    "DenseNet-121": (2016, models.densenet121),
}
table = {}
with torch.device("meta"):
    for name, (year, make) in famous.items():
        built = make()
        kinds = [isinstance(m, nn.Conv2d | nn.Linear) for m in built.modules()]
        table[name] = year, count_parameters(built), sum(kinds)
with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    for name, (year, size, depth) in table.items():
        print(f"{year} {name:13} {size:11,} parameters, {depth:3} layers")
        place = (8, -14) if name == "Inception" else (8, 4)
        said = f"{name}, {depth} layers"
        ax.plot(year, size, "o", color=plots.COLORS[0])
        ax.annotate(said, (year, size), place, textcoords="offset points")
    ax.set(yscale="log", ylabel="parameters", xlim=(1997, 2025))
    ax.set_xticks(range(1998, 2017, 3))
plots.show(
    fig,
    "Parameters by year on a logarithmic axis: LeNet far below the others, "
    "VGG-16 on top; Inception and DenseNet below AlexNet with more layers.",
)
assert max(table, key=lambda name: table[name][1]) == "VGG-16"
assert table["DenseNet-121"][1] < table["AlexNet"][1] / 5
assert table["LeNet"][1] == 61_706

# %%
# "Layers" counts convolutions and linear layers. What each of them added:
#
# | network | what was new |
# |---|---|
# | LeNet | convolutions, pooling and linear layers in the order that we still use, to read digits |
# | AlexNet | ReLU, dropout and GPUs, on a million photographs |
# | VGG | nothing but 3 by 3 windows, and more of them; most of its parameters are in one linear layer |
# | Inception | windows of several sizes side by side, and 1 by 1 convolutions that keep them cheap |
# | ResNet | residual connections: 50 layers and more can be trained |
# | DenseNet | each layer gets the outputs of *all* layers before it in its block, appended instead of added |
#
# The two that came last are deeper than VGG, and much smaller.
#
# ## Where it fails
#
# An ablation answers one question: what does this change do *here*? The learning rate was chosen for the baseline, and
# a wider or deeper network may want another. Two changes that gain nothing alone may gain together. And with four
# epochs, anything that slows learning in order to generalize better looks bad: give dropout the time to overfit
# without it, and the bars can change places. A result holds for the budget under which it was measured.
#
# ## Exercises
#
# [The workbook](21_deeper.exercises.py) has each of these as a cell with a gap, with a checker that tells you what is
# still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# Why a plain stack loses its gradient, and how far a good start or batch normalization can help, is the subject of
# [why training starts or stalls](../2-training/14_init-normalization.py). What the layers of a trained network respond
# to is next: [a look inside](22_look-inside.py).
