# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["S5.34", "S5.35", "S5.36", "S5.37", "S5.38", "S5.N", "ND19", "P8", "CC14"]
# data = ["cifar10", "mnist"]
# minutes = 3
# gpu = true
# metric = {name = "accuracy, asked twice", unit = "%", target = 79, reference = "70.4 to 76.7% (a course, once)"}
# description = "CIFAR-10 in color: augmentation with transforms v2, what it gains on three seeds, and when it lies."
# ///
"""
# Color images and augmentation

A horse that faces left is a horse. So is its mirror image, and nobody had to
photograph or label it. Here you make such images while you train, measure on
three seeds what they are worth, and find two that do harm.
"""

# %%
# **Augmentation** changes each training image at random, every time that the network sees it, in ways that keep its
# label. Here is one photo, and seven images that training may get in its place. All are mirrored by the toss of a coin
# and moved by up to four pixels.

import torch
from torchvision.transforms import v2

from kindling import plots, runtime
from kindling.data import CIFAR_CLASSES, cifar10

runtime.seed(20)
x_train, y_train = cifar10("train").tensors
crop = v2.RandomCrop(32, padding=4, padding_mode="reflect")
augment = v2.Compose([v2.RandomHorizontalFlip(p=0.5), crop])
photo = x_train[y_train == 7][0]  # [3, 32, 32]: channels, rows, columns
versions = torch.stack([photo] + [augment(photo) for _ in range(7)])
plots.image_grid(
    versions,
    titles=["photo"] + [f"version {n}" for n in range(1, 8)],
    columns=8,
    alt="A small color photo of a horse, and seven versions of it: some "
    "mirrored, each moved by a few pixels.",
)

# %%
# To you they show the same thing. To a network they are eight different lists of 3,072 numbers, and it has to learn
# that they go together. You will
#
# - apply a random change to a batch so that each image gets its own,
# - measure the gain of augmentation in pairs of runs, from three seeds, and see two augmentations do harm,
# - train a network with less than half of the parameters of a well-known course's, for a few epochs, and ask it twice
#   about each test image: more than 79% of the answers are right.

from functools import partial
from itertools import pairwise, permutations, product
from statistics import mean, stdev

import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.flop_counter import FlopCounterMode

from kindling import metrics
from kindling.data import batches, mnist
from kindling.models import count_parameters, mlp
from kindling.runtime import claim
from kindling.training import fit

device = runtime.device()
batch_size = 64
learning_rate = 1e-2  # the top of the cycle: high, as the training is short
epochs = 4
seeds = (20, 21, 22)

# %%
# ## Ten classes, in color
#
# CIFAR-10 has 60,000 photos of 32 by 32 pixels. Each pixel is three numbers, its red, green and blue, so an image has
# three channels where Fashion-MNIST has one. Nothing else changes for a convolution: its filters have nine weights
# [for each channel](19_fashion-cnn.py) that comes in.

x_val, y_val = cifar10("val").tensors
plots.image_grid(
    torch.stack([x_train[y_train == c][1] for c in range(10)]),
    titles=CIFAR_CLASSES,
    columns=5,
    alt="Ten small color photos, one of each class: "
    + ", ".join(CIFAR_CLASSES),
)
print(f"train {tuple(x_train.shape)}, val {tuple(x_val.shape)}")

# %%
# Look at what the first cell printed. On the machine that made this page the official files were not at hand, so it
# used a copy whose images somebody saved as JPEG. JPEG is lossy: it keeps fine detail roughly, and color at half the
# resolution. *All* images have gone through it, those for training and those for the test, so comparisons within this
# page are fair. But its accuracies must not be compared to the decimal with published ones, which belong to the
# official files. (With the official archive in the data folder, the same code reads that, and prints no such line.)
#
# ## The statistics of the training images
#
# Training goes better when each channel has mean 0 and standard deviation 1. The two numbers are measured on the
# *training* images and used for all, as you saw with [the wines](../2-training/11_datasets-loaders.py). `v2.Normalize`
# subtracts and divides.

axes = (0, 2, 3)  # all but the channels
center, scale = x_train.mean(axes), x_train.std(axes)
normalize = v2.Normalize(center.tolist(), scale.tolist())
x_train, x_val = normalize(x_train), normalize(x_val)
for name, x in {"train": x_train, "val": x_val}.items():
    said = ", ".join(f"{value:+.3f}" for value in x.mean(axes))
    print(f"{name:5} mean of red, green, blue: {said}")
assert x_train.mean(axes).abs().max() < 1e-3
assert (x_train.std(axes) - 1).abs().max() < 1e-3

x_train, y_train = x_train.to(device), y_train.to(device)
x_val, y_val = x_val.to(device), y_val.to(device)

# %%
# The validation images are close to mean 0 and do not hit it. That is as it should be: they are treated like an image
# that arrives later, which has no statistics of its own.
#
# ## A coin for every image
#
# The transforms of `v2` take one image, or a whole batch, which is much faster. But a random transform draws its
# numbers once for each *call*. Give it the same eight images, fifty times:

mirror = v2.RandomHorizontalFlip(p=0.5)
eight = x_train[:8]


def mirrored_in(result):
    return (result == eight.flip(-1)).flatten(1).all(dim=1).sum().item()


together = {mirrored_in(mirror(eight)) for _ in range(50)}
print("mirrored images in a batch of eight:", sorted(together))
assert together == {0, 8}

# %%
# All or none. The whole batch then leans one way, and the next one the other. The remedy is a coin for each image,
# tossed by hand.


def flipped(x):
    """Mirror each image [B, C, H, W] left to right with probability 1/2."""
    coins = torch.rand(len(x), device=x.device) < 0.5
    return torch.where(coins[:, None, None, None], x.flip(-1), x)


singly = [mirrored_in(flipped(eight)) for _ in range(50)]
print("mirrored images, a coin for each:", sorted(set(singly)))
assert len(set(singly)) > 2

# %%
# !!! quiz "One call, one coin"
#     You put `v2.RandomHorizontalFlip(p=0.5)` between the loader and the network, so that it gets whole batches. What
#     is the chance that a given *image* is mirrored in an epoch?
#
#     - [=] 0.5
#       > Each image is mirrored as often as it should be. What is lost is the mixture: all images of a batch share one
#       > coin, so batches differ more from each other. Nothing warns you, since training still works.
#     - [ ] 0
#       > A call mirrors all images or none, and half of the calls mirror all of them.
#     - [ ] 1
#       > Only half of the calls mirror anything.
#     - [ ] anything else
#       > Ask first how many of the calls mirror, then how many of the images in them.
#
# A shift works the same way, with two random numbers for each image. First a frame of four pixels is added around it,
# and filled with what lies inside of the border, reflected. Then a window of the old size is cut out somewhere. Is
# that really what `v2` does? The last lines compare the result with every window that there is.


def shifted(x, most=4):
    """Move each image [B, C, H, W] by up to `most` pixels down and across."""
    count, _, height, width = x.shape
    framed = F.pad(x, (most,) * 4, mode="reflect").permute(0, 2, 3, 1)
    down, across = torch.randint(2 * most + 1, (2, count, 1), device=x.device)
    rows = down + torch.arange(height, device=x.device)  # [B, H]
    columns = across + torch.arange(width, device=x.device)  # [B, W]
    image = torch.arange(count, device=x.device)[:, None, None]
    return framed[image, rows[:, :, None], columns[:, None]].permute(0, 3, 1, 2)


frame = v2.Pad(4, padding_mode="reflect")(eight)
windows = [
    v2.functional.crop(frame, *corner, 32, 32)
    for corner in product(range(9), repeat=2)
]
found = [
    any(torch.equal(image, window[i]) for window in windows)
    for i, image in enumerate(shifted(eight))
]
print(f"{len(windows)} windows; images found among them: {sum(found)} of 8")
assert all(found)

# %%
# ## Only the training loader changes
#
# Augmentation belongs where training batches are dealt, and nowhere else. This class wraps a loader, and draws new
# random numbers each time. It keeps no images: memory stays as it was.


class Augmented:
    """Batches (x, y) whose images are changed each time they are dealt."""

    def __init__(self, loader, change):
        self.loader, self.change = loader, change

    def __len__(self):
        return len(self.loader)

    def __iter__(self):
        for x, y in self.loader:
            yield self.change(x), y


two = Augmented(batches(x_train[:4], y_train[:4], batch_size=4), shifted)
(first, labels), (again, same_labels) = next(iter(two)), next(iter(two))
print("the same images twice:", torch.equal(first, again))
assert torch.equal(labels, same_labels) and not torch.equal(first, again)

# %%
# ## Does it pay? Three seeds, in pairs
#
# A fair answer needs two training runs that differ in nothing else, and more than one such pair. To make room for six
# runs, the network and its training set are small. It has three stages as in [the last
# lesson](19_fashion-cnn.py), with the pooling moved ahead of the batch normalization, which then has a quarter of the
# numbers to scale.


def stage(channels_in, channels_out):
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


def cnn(*widths):
    """Stages of these widths, then ten logits, for images of 32 by 32."""
    stages = [stage(a, b) for a, b in pairwise((3, *widths))]
    side = 32 // 2 ** len(widths)
    return nn.Sequential(
        *stages, nn.Flatten(), nn.Linear(widths[-1] * side**2, 10)
    )


def train(model, loader, x, y, epochs, rate=learning_rate, smoothing=0.0):
    """Train with one cycle; validate on (x, y) after each epoch."""
    optimizer = torch.optim.AdamW(model.parameters())
    cycle = OneCycleLR(optimizer, max_lr=rate, total_steps=epochs * len(loader))
    return fit(
        model,
        loader,
        batches(x, y, 1000),
        optimizer=optimizer,
        epochs=epochs,
        scheduler=cycle,
        loss_fn=nn.CrossEntropyLoss(label_smoothing=smoothing),
        progress=False,
    )


def trial(network, data, change, seed, epochs=12, batch=batch_size):
    """Train a fresh network on (x, y); return it and its history."""
    x, y, *other = data
    runtime.seed(seed)
    model = network().to(device, memory_format=torch.channels_last)
    order = torch.Generator().manual_seed(seed)
    loader = batches(x, y, batch, shuffle=True, generator=order)
    return model, train(model, Augmented(loader, change), *other, epochs)


# %%
# Both runs of a pair get the same first weights and the same images in the same order. (The order has a random
# generator of its own, since the augmentation draws from the common one.)

some = slice(2000)
photos = x_train[some], y_train[some], x_val[:1000], y_val[:1000]
changes = {"plain": lambda x: x, "augmented": lambda x: shifted(flipped(x))}
runs = {
    (name, seed): trial(partial(cnn, 16, 32, 64), photos, change, seed)
    for seed in seeds
    for name, change in changes.items()
}
plots.losses({name: runs[name, seeds[0]][1] for name in changes})


def accuracy(model, x, y):
    """Accuracy in percent."""
    return 100 * metrics.accuracy(metrics.predict(model, x), y)


score = {key: accuracy(model, x_val, y_val) for key, (model, _) in runs.items()}
gains = [score["augmented", s] - score["plain", s] for s in seeds]
for s, gain in zip(seeds, gains, strict=True):
    plain, augmented = (score[name, s] for name in changes)
    print(f"seed {s}: {plain:.1f}% and {augmented:.1f}%, gain {gain:+.1f}")
claim(mean(gains) > 0, "on average augmentation pays")

# %%
# Look at the figure first, at the pair of the first seed. Without augmentation the training loss falls far below the
# validation loss: the network [overfits](../2-training/12_validate-regularize.py), it knows these 2,000 photos by
# heart. With augmentation it hardly ever sees the same image twice. Its training loss stays high, and its validation
# loss is the lower one. Below the figure each line is one pair. The gains differ by points, so look at their mean.

plain = [score["plain", s] for s in seeds]
print(f"plain: spread over seeds {stdev(plain):.2f} points")
print(f"gain: mean {mean(gains):.2f}, spread {stdev(gains):.2f} points")
last = {key: (h.train_loss[-1], h.val_loss[-1]) for key, (_, h) in runs.items()}
for name in changes:
    low, high = (mean(last[name, s][i] for s in seeds) for i in (0, 1))
    print(f"{name:9} training loss {low:.2f}, validation loss {high:.2f}")
for s in seeds:
    (low, high), (_, lower) = last["plain", s], last["augmented", s]
    claim(high > low + 0.5, "the plain network overfits")
    claim(lower < high, "with augmentation the validation loss is lower")

# %%
# Compare the mean gain with its spread over seeds, never with zero alone. In Udacity's course, mirroring and rotating
# moved the accuracy of its network from 70.40% to 71.35%, and an older version in Keras went from 68.0% to 68.3%, one
# training each. Are these gains? From one pair nobody can say: with another seed it may be a loss.
#
# !!! quiz "A training loss that stays high"
#     With augmentation, a training loss of 0.9 stands next to a validation loss of 0.8. What is the likeliest reason?
#
#     - [x] The training loss was measured on changed images, and those are harder.
#       > Besides, it is measured while the weights still move. So the two numbers answer different questions. To see
#       > how well the network knows its training set, evaluate it on the unchanged images.
#     - [ ] The network overfits.
#       > Then it would be the other way round: a training loss far *below* the validation loss.
#
# ## Never augment the validation images
#
# A notebook of a well-known course gives one chain of transforms to a data set, and splits it afterwards. So its
# validation images are changed, too. Judge one of your networks in this way, five times.

judged = runs["plain", seeds[0]][0]
clean = [accuracy(judged, x_val, y_val) for _ in range(2)]
noisy = [accuracy(judged, shifted(flipped(x_val)), y_val) for _ in range(5)]
print("unchanged:", ", ".join(f"{value:.2f}%" for value in clean))
print("augmented:", ", ".join(f"{value:.2f}%" for value in noisy))
assert clean[0] == clean[1]
claim(min(noisy) < max(noisy) < clean[0], "random, and too low")

# %%
# The score is too low, since the augmented images are harder than those that you will be asked about. And it is
# random: it says something else each time, about a network that did not change. If you choose the epoch or the network
# by such a score, you choose by luck.
#
# ## Augmentations that lie
#
# "In ways that keep the label" is a claim about the world, and you have to check it. Take handwritten digits, and
# mirror every second one. Take photos, and put the color channels of each into a random order.

x_digits, y_digits = (part.to(device) for part in mnist("train").tensors)
digits_val = [part.to(device) for part in mnist("val").tensors]


def recolored(x):
    """Put the channels of each image [B, 3, H, W] into a random order."""
    order = torch.rand(x.shape[:2], device=x.device).argsort(dim=1)
    return x[torch.arange(len(x), device=x.device)[:, None], order]


chosen = torch.cat([x_digits[y_digits == c][:1] for c in (2, 3, 6, 7)])
plots.image_grid(
    chosen.flip(-1).cpu(),
    titles=["a 2", "a 3", "a 6", "a 7"],
    columns=4,
    alt="The digits 2, 3, 6 and 7, mirrored. No writer makes such digits.",
)
frog = x_train[y_train == 6][1:2].cpu() * scale[:, None, None]
frog = (frog + center[:, None, None]).clamp(0, 1)
plots.image_grid(
    torch.cat([frog[:, list(order)] for order in permutations(range(3))]),
    columns=6,
    alt="A green frog, and the same frog with its color channels in the other "
    "five orders: some red, some blue.",
)

# %%
# !!! quiz "Which of these lie?"
#     You train a network to read house numbers, digits in color photos. Which augmentations change what is true?
#
#     - [x] Turning by 180 degrees
#       > A 6 becomes a 9, and keeps the label 6.
#     - [ ] Putting the color channels into random order
#       > A red 4 and a blue 4 are fours. Here color says nothing about the class, so this is a good augmentation.
#     - [ ] Shifting by two pixels
#       > A digit keeps its value wherever it is.
#     - [x] Mirroring left to right
#       > A mirrored 2 looks like a 5 with corners, and a mirrored 7 like nothing that anyone writes.
#
# To measure it, small fully connected networks are enough. The digits are 3,000 of MNIST. The photos are 10,000 of
# CIFAR-10, each averaged to 8 by 8 pixels, which leaves little more than its colors. Each augmentation is compared
# with no augmentation, in pairs, from three seeds.

tiny, tiny_val = F.avg_pool2d(x_train[:10_000], 4), F.avg_pool2d(x_val, 4)
tasks = {
    "digits": (
        partial(mlp, [784, 128, 10]),
        (x_digits[:3000], y_digits[:3000], *digits_val),
        {"shifted": partial(shifted, most=2), "mirrored": flipped},
    ),
    "photos": (
        partial(mlp, [192, 128, 10]),
        (tiny, y_train[:10_000], tiny_val, y_val),
        {"mirrored": flipped, "recolored": recolored},
    ),
}
effect = {}
for task, (network, data, kinds) in tasks.items():
    for seed in seeds:
        found = {}
        for name, change in {"plain": changes["plain"], **kinds}.items():
            _, history = trial(network, data, change, seed, batch=256)
            found[name] = history.val_accuracy[-1]
        for name in kinds:
            gain = 100 * (found[name] - found["plain"])
            effect.setdefault(f"{task}, {name}", []).append(gain)

# %%
# The bars show the mean gain in points, and the thin lines reach from the worst seed to the best.

values = torch.tensor(list(effect.values()))  # [augmentations, seeds]
middle = values.mean(dim=1)
ends = torch.stack([middle - values.amin(dim=1), values.amax(dim=1) - middle])
plots.bars(
    list(effect),
    middle,
    errors=ends,
    reference=0,
    xlabel="gain in validation accuracy (points)",
)
for name, gains in effect.items():
    print(f"{name:18}", ", ".join(f"{gain:+.1f}" for gain in gains))
claim(min(effect["digits, shifted"]) > 0.5, "shifted digits help")
claim(max(effect["digits, mirrored"]) < -0.5, "mirrored digits do harm")
claim(mean(effect["photos, mirrored"]) > 0, "mirrored photos help")
claim(max(effect["photos, recolored"]) < -2, "recolored photos do harm")

# %%
# The same mirror helps with photos and harms with digits. Recoloring takes away what the colors say, and here they say
# much: skies and seas are blue. So an augmentation is a statement: "this does not matter for the answer". Make only
# statements that are true.
#
# ## A course's network beside ours
#
# Now the whole training set. The first network is the one of Udacity's course: three convolutions, then a fully
# connected layer of 500 units. Ours has four stages and no hidden linear layer.


def course():
    layers = []
    for a, b in ((3, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    head = [nn.Linear(1024, 500), nn.ReLU(), nn.Dropout(0.25)]
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Dropout(0.25), *head, nn.Linear(500, 10)
    )


runtime.seed(20)
models = {"course": course(), "ours": cnn(32, 64, 96, 128)}
for name, model in models.items():
    with FlopCounterMode(display=False) as counter:
        model.eval()(x_val[:1].cpu())
    linear = sum(
        count_parameters(m) for m in model.modules() if type(m) is nn.Linear
    )
    print(f"{name:6} {count_parameters(model):,} parameters", end=", ")
    print(f"{linear / count_parameters(model):.0%} of them linear,", end=" ")
    print(f"{counter.get_total_flops() // 2:,} multiplications")
assert [*map(count_parameters, models.values())] == [541_094, 190_954]

# %%
# Ours spends its work on convolutions, and has its few parameters there. Both get the same images, mirrored, for the
# same few epochs. We leave out the shift here: so few epochs leave little time to learn images by heart, and harder
# images slow the training down. The course's network has no batch normalization, which is why its learning rate is
# lower. A little *label smoothing* asks for a probability of 95.5% on the true class instead of 100%, and so the
# logits stay moderate.

rates = {"course": 2e-3, "ours": learning_rate}
histories = {}
for name, model in models.items():
    model.to(device, memory_format=torch.channels_last)
    loader = batches(x_train, y_train, batch_size, shuffle=True)
    loader = Augmented(loader, flipped)
    held_out = x_val[:1000], y_val[:1000]
    histories[name] = train(
        model, loader, *held_out, epochs, rates[name], smoothing=0.05
    )
plots.curves(
    {
        name: [100 * value for value in history.val_accuracy]
        for name, history in histories.items()
    },
    x=range(1, len(histories["ours"].val_accuracy) + 1),
    xlabel="epoch",
    ylabel="validation accuracy (%)",
)

# %%
# ## Ask twice
#
# A mirrored horse is a horse, and that helps once more, after the training. Ask the network about a photo and about its
# mirror image, and take the mean of the two answers. This is **test-time augmentation**. It costs a second pass through
# the network, and no training at all.
#
# All decisions are made, so both networks may see the test set, once. Each is asked in both ways.

photos_test, y_test = cifar10("test").tensors
x_test, y_test = normalize(photos_test).to(device), y_test.to(device)
both_ways = x_test, x_test.flip(-1)
test, logits = {}, {}
for name, model in models.items():
    once, mirrored = (metrics.predict(model, x) for x in both_ways)
    logits[name] = (once + mirrored) / 2
    for way, z in {"once": once, "twice": logits[name]}.items():
        test[name, way] = metrics.accuracy(z, y_test)
        print(f"{name:6} asked {way:5} test accuracy {test[name, way]:.2%}")
runtime.report("accuracy, asked twice", test["ours", "twice"])
runtime.report("accuracy, asked once", test["ours", "once"])
claim(test["ours", "twice"] > 0.79, "more than 79% of the test images")
claim(test["ours", "twice"] > test["ours", "once"], "asking twice pays")
right = {name: z.argmax(dim=1) == y_test for name, z in logits.items()}
only_ours = (right["ours"] & ~right["course"]).sum().item()
only_course = (right["course"] & ~right["ours"]).sum().item()
coins = (only_ours - only_course) / max(only_ours + only_course, 1) ** 0.5
print(f"only ours right: {only_ours}, only the course's: {only_course}")
claim(coins > 5, "the lead is not the luck of these test images")

# %%
# The last line compares the answers image by image, as [the last lesson](19_fashion-cnn.py) did. The course's own
# notebooks stored 70.4%, 71.4% and 76.7% for its network, after 30 epochs on the official images, each asked once.
# (Ours does more than three times as many multiplications for each image, as you saw above.)
#
# Augmentation needs long training to show its worth. On an NVIDIA H200 (November 2026, this JPEG copy, 50,000
# training images) 30 epochs took the course's network to 78.0% without augmentation and to 80.9% with shifts and
# mirror images, one training each.
#
# ## Cats and dogs
#
# Where are the mistakes? Each row below is a true class, with 1,000 test images.

answers = logits["ours"].argmax(dim=1)
table = metrics.confusion(answers, y_test, classes=10).cpu()
plots.confusion(table, CIFAR_CLASSES)
wrong = table - table.diag().diag()
pairs = (wrong + wrong.T).triu()
a, b = divmod(pairs.argmax().item(), 10)
by_class = table.diag() / table.sum(dim=1)
print(f"most confused: {CIFAR_CLASSES[a]} and {CIFAR_CLASSES[b]}", end=", ")
print(f"{pairs.max()} of {wrong.sum()} mistakes")
print(f"hardest: {CIFAR_CLASSES[by_class.argmin()]}, {by_class.min():.1%}")
claim({CIFAR_CLASSES[a], CIFAR_CLASSES[b]} == {"cat", "dog"}, "cat and dog")
claim(pairs.max() > 0.1 * wrong.sum(), "more than a tenth of all mistakes")

# %%
# There are 45 pairs of classes, and one of them makes up more than a tenth of all mistakes. Both are furry, have four
# legs, and lie on the same sofas; at 32 by 32 pixels little else is left of them.
#
# ## Where it fails
#
# Augmentation prepares a network for the changes that you thought of. Here is one that we did not: compress the
# test images again, as JPEG, more and more strongly.

pixels = (255 * photos_test[:2000]).round().to(torch.uint8)
kept = {"as it is": pixels}
for quality in (75, 30, 10):
    kept[f"quality {quality}"] = v2.functional.jpeg(pixels, quality)
after = {}
for name, images in kept.items():
    x = normalize(v2.functional.to_dtype(images, torch.float32, scale=True))
    after[name] = accuracy(models["ours"], x, y_test[:2000])
    print(f"{name:11} {after[name]:.1f}%")
claim(after["as it is"] - after["quality 10"] > 5, "strong JPEG costs points")

# %%
# Compressed strongly, it loses many points, though nobody changed what the images show. So train on the kind of images
# that will come, or make this change an augmentation, too (`v2.JPEG`). And whenever you name an accuracy, name the kind
# of images.
#
# ## Exercises
#
# [The workbook](20_cifar-augmentation.exercises.py) has each of these as a cell with a gap, with a checker that tells
# you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# What more layers and more channels are worth is measured in [wider, deeper, residual](21_deeper.py).
