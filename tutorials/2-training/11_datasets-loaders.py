# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch", "scikit-learn"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["P4", "P5", "S4.8", "S4.N7", "B22", "B23", "BK7", "BK10", "CC9", "CC10"]
# data = []
# minutes = 1
# figure = 1
# metric = { name = "batches of 178 rows by 4", unit = "", target = 45, reference = "45 (crash course, part 9)" }
# description = "Dataset, DataLoader, transforms: wines from a CSV, a folder of pictures, workers, seeds."
# ///
"""
# Data sets and loaders: from files to batches

Between the files on your disk and the first training step lies a piece of code that nobody praises and that
ruins more results than any layer: it picks, shuffles, scales and packs your examples. Here you build it by
hand, find that PyTorch's version does the very same, and cut 178 wines into 45 batches in an order that you
can repeat on demand.
"""

# %%
# You will
#
# - write a `Dataset` for a table and one for a folder of pictures, and feed both through a `DataLoader`,
# - catch four silent mistakes: sorted files, two names for one set, data that changes when it is read, and
#   random numbers that are not,
# - measure when several workers make reading faster, and when they make it slower.

import multiprocessing
import random
import subprocess
import sys
import tempfile
import textwrap
import time
import warnings
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.colors import ListedColormap
from PIL import Image, ImageDraw
from torch.utils import data
from torch.utils.data import DataLoader, Dataset, RandomSampler, Subset, TensorDataset
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from kindling import plots, runtime
from kindling.data import batches
from kindling.models import mlp
from kindling.runtime import claim, objection, report
from kindling.training import evaluate, fit

batch_size = 4
side = 32  # of a picture, in pixels, once it is cut to size
wait = 0.02  # seconds that our slow disk takes for one example
learning_rate, epochs = 0.05, 12  # for the wines

# %%
# ## 178 wines
#
# Chemists analysed 178 bottles from one region of Italy, grown by three different people. A row holds
# thirteen measurements and the number of the grower; the task is to tell the grower from the measurements.
# The table comes along with scikit-learn, as a plain file of comma-separated values. Look at it before you
# parse it.

path = resources.files("sklearn.datasets.data") / "wine_data.csv"
for line in path.read_text().splitlines()[:3]:
    print(line)

# %%
# The first line is a header of its own kind: rows, columns, names of the classes. Then come the wines.
#
# ## A Dataset: a length, and an item for each number
#
# Training code should not need to know that there is a file, nor how it is written. All it needs to ask is
# "how many have you?" and "give me number 17". An object that answers these two is a **Dataset**. In Python
# the questions are spelled `len(wines)` and `wines[17]`, so the class has two methods besides its beginning.


class Wines(Dataset):
    """Wines from a CSV file; an item is (13 measurements, grower 0 to 2)."""

    def __init__(self, path):
        table = torch.from_numpy(np.loadtxt(path, dtype=np.float32, delimiter=",", skiprows=1))
        self.x, self.y = table[:, :-1], table[:, -1].long()

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


wines = Wines(path)
x, y = wines[17]
print(f"{len(wines)} wines; number 17: {tuple(x.shape)} measurements, grower {y.item()}")
print("wines of each grower:", wines.y.bincount().tolist())
assert len(wines) == 178 and x.shape == (13,) and y.dtype == torch.int64

# %%
# That is the whole bridge between data and training. On this side of it may stand a table, a folder, a
# database; on the other side, nothing has to change.
#
# !!! warning "You may read this elsewhere"
#     "The class is in `torch.util.data`." The sentence is in circulation, and no such module ever existed.
#     Today write `torch.utils.data`, with an s.

print(objection(lambda: __import__("torch.util.data")))
assert "No module" in objection(lambda: __import__("torch.util.data"))

# %%
# ## Batches by hand
#
# A training step wants a *batch*: several examples, stacked. So: choose an order, cut it into pieces of four,
# fetch the items of each piece, and stack the measurements with the measurements and the growers with the
# growers.


def by_hand(rows, order, batch_size):
    """Yield batches (x, y) of the rows in the given order."""
    for start in range(0, len(order), batch_size):
        items = [rows[i] for i in order[start : start + batch_size]]
        xs, ys = zip(*items, strict=True)
        yield torch.stack(xs), torch.stack(ys)


order = list(RandomSampler(wines, generator=torch.Generator().manual_seed(11)))
mine = list(by_hand(wines, order, batch_size))
print("begin of the order:", order[:6])
print(f"{len(mine)} batches; the first {tuple(mine[0][0].shape)}, the last {tuple(mine[-1][0].shape)}")
assert len(mine) == 45 and sorted(order) == list(range(178))

# %%
# Forty-four batches of four, and two wines left over: the last batch is smaller. Every wine comes exactly
# once, since the order is a shuffled list of all numbers. One such pass is an epoch.
#
# ## The DataLoader does the same
#
# `DataLoader` is that function as an object, with each piece replaceable. We give it our own order, so that
# the batches can be compared number by number.

theirs = list(DataLoader(wines, batch_size=batch_size, sampler=order))
for (my_x, my_y), (their_x, their_y) in zip(mine, theirs, strict=True):
    assert torch.equal(my_x, their_x) and torch.equal(my_y, their_y)
print("all", len(theirs), "batches are equal")

# %%
# | piece | its job | yours to replace by |
# |---|---|---|
# | **sampler** | in which order? | `shuffle=True`, or `sampler=` any iterable of numbers |
# | **data set** | what is number 17? | your class |
# | **collate** | how do items become a batch? | `collate_fn=` a function of a list of items |
#
# In daily use you write `shuffle=True` and let the loader draw a new order for each epoch.
#
# !!! quiz "How many batches"
#     The same 178 wines in batches of 8, nothing dropped. How many steps has an epoch?
#
#     - [ ] 22
#       > $8 \times 22 = 176$. Two wines are left over, and they get a batch of their own.
#     - [=] 23
#       > 22 full batches and one of two: divide and round *up*.
#     - [ ] 22.25
#       > That is the quotient. A quarter of a batch is still a step.
#     - [ ] anything else
#       > Divide 178 by 8, then think about the rest.
#
# !!! quiz "Who shuffles"
#     You write `DataLoader(wines, batch_size=4, shuffle=True)`. What is shuffled, and when?
#
#     - [ ] The rows in `wines`, once, when the loader is made.
#       > The data set is never touched: `wines[17]` is the same wine before and after.
#     - [ ] The four examples inside each batch.
#       > Then a batch would always hold the same four wines. It is the order of *all* numbers that is drawn.
#     - [x] A list of numbers, by the sampler, at the start of each epoch.
#       > The data set stays as it is; only the order of asking changes, each time you begin a `for` loop.
#
# ## Why the order matters
#
# This file, like many, is sorted by class. What does a network see if nobody shuffles? The strips show the
# grower of each wine in the order in which the loader hands them out.


def row_order(seed, epochs):
    """The numbers of the wines in the order of a shuffling loader, [epochs, 178]."""
    numbers = TensorDataset(torch.arange(len(wines)))
    generator = torch.Generator().manual_seed(seed)
    loader = DataLoader(numbers, batch_size=batch_size, shuffle=True, generator=generator)
    return torch.stack([torch.cat([batch for (batch,) in loader]) for _ in range(epochs)])


orders = torch.cat([torch.arange(len(wines))[None], row_order(seed=11, epochs=2)])  # [3, 178]
growers = wines.y[orders]

with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 2.0))
ax.imshow(growers.numpy(), aspect="auto", cmap=ListedColormap(plots.COLORS[:3]), interpolation="none")
for grower in range(3):
    middle = (wines.y == grower).nonzero().float().mean()
    ax.text(middle, -0.7, f"grower {grower}", ha="center", color=plots.INK, fontsize=9)
ax.set_yticks(range(3), ["as in the file", "epoch 1", "epoch 2"])
ax.set(xlabel="place in the epoch")
ax.grid(False)
ax.spines[:].set_visible(False)
plots.show(
    fig,
    "Three strips of 178 cells, coloured by grower. In the order of the file there are three solid blocks of "
    f"{wines.y.bincount().tolist()} wines. In epoch 1 and epoch 2 of the shuffling loader the three colours "
    "are mixed finely, each time in another order.",
)

# %%
# Without shuffling, the first strip, the network hears of grower 0 alone for a third of the epoch, then of
# grower 1 alone, and forgets. How many of the 45 batches show one grower only?

of_one = [sum(len(piece.unique()) == 1 for piece in strip.split(batch_size)) for strip in growers]
print("batches with a single grower:", dict(zip(["file", "epoch 1", "epoch 2"], of_one, strict=True)))
assert of_one[0] == 43 and max(of_one[1:]) < 15

# %%
# ## The same order again
#
# A shuffled order is random, and a result that you want to find again should not be. Give the loader a
# `torch.Generator` of its own: then its order depends on that seed and on nothing else, whatever other code
# draws in between.

first = row_order(seed=11, epochs=2)
torch.rand(1000)  # somebody else throws dice
again = row_order(seed=11, epochs=2)
print("epoch 1 begins", first[0, :6].tolist(), "and epoch 2", first[1, :6].tolist())
assert torch.equal(first, again)  # deterministic with a generator
assert not torch.equal(first[0], first[1])  # and yet every epoch has its own order
assert not torch.equal(first[0], row_order(seed=12, epochs=1)[0])

# %%
# !!! warning "You may read this elsewhere"
#     `batch = iter(loader).next()`. Python 3 renamed that method long ago, and PyTorch kept the old name for
#     some years and then dropped it. Today write `next(iter(loader))` to look at one batch. And notice that
#     each `iter` starts a *new* epoch: called in a loop, it draws a new order each time and always returns
#     the first batch.

loader = DataLoader(wines, batch_size=batch_size, shuffle=True, generator=torch.Generator().manual_seed(11))
print(objection(lambda: iter(loader).next()))
x, y = next(iter(loader))
print("one batch:", tuple(x.shape), y.tolist(), "of", len(loader))
assert len(loader) == 45 and "next" in objection(lambda: iter(loader).next())
report("batches of 178 rows by 4", len(loader))

# %%
# ## Split first, and check the split
#
# [Three sets have three jobs](12_validate-regularize.py); with so few wines we make two. Again the sorted
# file lies in wait: take "the first 80 %" for training, and see what is left.

cut = int(0.8 * len(wines))
print("growers in the last fifth of the file:", wines.y[cut:].unique().tolist())
train, val = data.random_split(wines, [cut, len(wines) - cut], generator=torch.Generator().manual_seed(11))
print("growers in a random fifth:", sorted({y.item() for _, y in val}), "of", len(val), "wines")
assert wines.y[cut:].unique().tolist() == [2]
assert not set(train.indices) & set(val.indices) and len(train) + len(val) == len(wines)

# %%
# The first kind of split would have tested on one grower alone, the one that training had hardly met.
# `random_split` draws numbers and returns two `Subset`s: a data set each, which looks the rows up in the old
# one. Two Subsets that share no number are what you want, and it takes one line to assert.
#
# !!! warning "You may read this elsewhere"
#     A well-meant line like `train_set = test_set = load(...)`, where the second part was meant to be another
#     call. Then one set has two names, and the "validation accuracy" is measured on training data. A popular
#     notebook has it. Today assert that the sets are disjoint, right below the split.

train_set = test_set = Subset(wines, range(cut))  # the mistake
shared = set(train_set.indices) & set(test_set.indices)
print(f"one object: {train_set is test_set}; wines in both: {len(shared)}")
assert len(shared) == len(test_set)

# %%
# ## Scale with the training set's numbers
#
# One of the thirteen measurements is around a thousand, another around one third. A linear layer cannot be
# trained well on that ([first, numbers of one size](10_first-network.py)). So subtract from each column its
# mean and divide by its standard deviation: of the **training** wines. The validation wines stand for the
# future, and you do not know the mean of the future.
#
# A **transform** is a function that is applied to an item as it is read. Our next class puts one between any
# data set and its reader.


class Transformed(Dataset):
    """Another data set, whose x goes through a transform each time it is read."""

    def __init__(self, rows, transform):
        self.rows, self.transform = rows, transform

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        x, y = self.rows[i]
        return self.transform(x), y


x_train = torch.stack([x for x, _ in train])
mean, std = x_train.mean(dim=0), x_train.std(dim=0)  # [13], of the training wines alone
scaled = {"train": Transformed(train, lambda x: (x - mean) / std), "val": Transformed(val, lambda x: (x - mean) / std)}
for name, rows in scaled.items():
    column = torch.stack([x for x, _ in rows])[:, 12]
    print(f"{name:5} last column: mean {column.mean():+.2f}, standard deviation {column.std():.2f}")
print(f"raw columns: means from {mean.min():.2f} to {mean.max():.0f}")

# %%
# In the validation set mean and deviation are near 0 and 1, not equal to them. That is as it should be: they
# were measured elsewhere. Does it pay? Train one linear layer with raw numbers and with scaled ones.


def accuracy_with(train, val):
    """Train a linear classifier on batches of a data set; return its validation accuracy."""
    runtime.seed(11)
    model = mlp([13, 3])
    loader = DataLoader(train, batch_size=batch_size, shuffle=True, generator=torch.Generator().manual_seed(11))
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    fit(model, loader, DataLoader(val, batch_size=64), optimizer=optimizer, epochs=epochs, progress=False)
    return evaluate(model, DataLoader(val, batch_size=64)).accuracy


raw, good = accuracy_with(train, val), accuracy_with(scaled["train"], scaled["val"])
print(f"validation accuracy: raw {raw:.0%}, scaled {good:.0%}")
claim(good > 0.9, "more than nine wines in ten are traced to their grower")
claim(good > raw + 0.1, "scaling pays")

# %%
# !!! quiz "Whose mean"
#     You have a training, a validation and a test set. With whose mean and deviation do you scale the *test*
#     set?
#
#     - [ ] With its own, so that it has mean 0 too.
#       > Then the same wine would get other numbers in other company, and a test set of one wine would be all
#       > zeros.
#     - [ ] With those of all three together, since more data gives a better mean.
#       > Then the test set has had a say in the preparation. It is a small leak here, and a large one
#       > elsewhere.
#     - [x] With the training set's.
#       > They belong to the model, like its weights: learned once, kept, and applied to whatever comes.
#
# ## Reading must not change what is stored
#
# A planted bug, after one in a popular course. A transform shall multiply the measurements by two. It is
# called each time an item is read, so let us read the same item three times.


def careless(x):
    x *= 2  # in place
    return x


def careful(x):
    return x * 2


for transform in (careless, careful):
    stored = TensorDataset(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([0]))
    rows = Transformed(stored, transform)
    reads = [rows[0][0].tolist() for _ in range(3)]
    print(f"{transform.__name__:8}: three reads {reads}, now stored {stored.tensors[0].tolist()}")
    assert (reads[0] == reads[2]) == (transform is careful)

# %%
# `self.x[i]` is a window on the stored table ([a view](../1-foundations/01_tensors.py)), and `*=` writes
# through it. In the third epoch your network is fed data four times larger than you meant, and no line
# complains. So read an item twice in a test, and compare.
#
# ## A folder of pictures
#
# Pictures do not come in one file. Usually there is a folder for each class, and the folder's name is the
# label. So that you need no download, we render 200 of them: suns and moons, none of the same size.


def draw_picture(kind, dice):
    """A sun or a moon of random size, place and colour."""
    width, height = dice.randint(48, 72), dice.randint(40, 64)
    sky = tuple(dice.randint(20, 110) for _ in range(3))
    glow = (dice.randint(200, 255), dice.randint(180, 230), dice.randint(60, 160))
    picture = Image.new("RGB", (width, height), sky)
    draw = ImageDraw.Draw(picture)
    r, a, b = dice.randint(9, 13), width // 2 + dice.randint(-4, 4), height // 2 + dice.randint(-4, 4)
    if kind == "sun":
        for u, v in ((1, 0), (0, 1), (0.7, 0.7), (0.7, -0.7)):
            draw.line((a - 1.6 * r * u, b - 1.6 * r * v, a + 1.6 * r * u, b + 1.6 * r * v), fill=glow, width=2)
    draw.ellipse((a - r, b - r, a + r, b + r), fill=glow)
    if kind == "moon":
        draw.ellipse((a - 0.4 * r, b - 1.1 * r, a + 1.5 * r, b + 0.8 * r), fill=sky)
    return picture


# %%
# The dice have a seed, so everybody's pictures are the same. Eighty of each kind are for training, twenty for
# validation, in two folders side by side.

temporary = tempfile.TemporaryDirectory()
root, dice = Path(temporary.name), random.Random(11)
for split, count in (("train", 80), ("val", 20)):
    for kind in ("sun", "moon"):
        (root / split / kind).mkdir(parents=True)
        for number in range(count):
            draw_picture(kind, dice).save(root / split / kind / f"{number:03}.png")
files = sorted(root.rglob("*.png"))
print(len(files), "pictures, such as", files[0].relative_to(root), "and", files[-1].relative_to(root))
assert len(files) == 200

# %%
# ## Many files, one data set
#
# With large data the rule is: at the start collect only the *names*; open a file when its item is asked for.
# And what is slow to read, keep. `cache` remembers what a function has returned for an argument, so each
# file is decoded once.


@cache
def decode(path):
    with Image.open(path) as picture:
        return picture.convert("RGB")


class Folder(Dataset):
    """Pictures from one folder per class; an item is (transformed picture, number of the class)."""

    def __init__(self, root, transform):
        self.transform = transform
        self.classes = sorted(folder.name for folder in root.iterdir())
        self.files = []
        for label, name in enumerate(self.classes):
            self.files += [(path, label) for path in sorted((root / name).iterdir())]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        path, label = self.files[i]
        return self.transform(decode(path)), label


# %%
# `ImageFolder` of torchvision has the same idea: classes in the order of the *alphabet*, one item per file.
# Is it the same? (It does not cache.)

mine, theirs = Folder(root / "train", v2.ToImage()), ImageFolder(root / "train", v2.ToImage())
print(len(theirs), theirs.class_to_idx, "sizes of the first five:", [tuple(x.shape) for x, _ in islice(theirs, 5)])
assert len(mine) == len(theirs) == 160 and mine.classes == theirs.classes
for (my_x, my_label), (their_x, their_label) in zip(mine, theirs, strict=True):
    assert torch.equal(my_x, their_x) and my_label == their_label
for _ in mine:  # a second epoch
    pass
print(decode.cache_info())
assert decode.cache_info().misses == 160 and decode.cache_info().hits >= 160

# %%
# Equal, all of them; and in two epochs each file was opened once. (What fits into memory may be kept so. What
# does not, is kept on disk in a form that is quicker to read.)
#
# !!! quiz "What to keep"
#     Your transform turns each picture by a random angle, so that every epoch shows it a little differently.
#     You also want to cache, to save time. What do you cache?
#
#     - [x] The decoded picture, before the random turn.
#       > Decoding is slow and always gives the same. The turn has to be drawn anew for each reading.
#     - [ ] The finished item, after all transforms: that saves most.
#       > It also freezes the angle of the first epoch for ever. The random turn has become a fixed one.
#     - [ ] Nothing: a cache and randomness exclude each other.
#       > They get along if the randomness comes after the cache.
#
# ## Transforms: one size, one type
#
# Collating means stacking, and pictures of different sizes cannot be stacked. So a chain of transforms brings
# them into one form: the shorter side to 32 pixels, the middle 32 by 32 cut out, whole numbers from 0 to 255
# turned into floats from 0 to 1.

print(objection(lambda: next(iter(DataLoader(theirs, batch_size=4)))))

to_square = v2.Compose(
    [
        v2.ToImage(),  # a tensor [3, H, W], uint8
        v2.Resize(side),  # the shorter side; the shape of things is kept
        v2.CenterCrop(side),
        v2.ToDtype(torch.float32, scale=True),  # 0...255 becomes 0...1
    ]
)
pictures = ImageFolder(root / "train", to_square)
loader = DataLoader(pictures, batch_size=10, shuffle=True, generator=torch.Generator().manual_seed(3))
x, y = next(iter(loader))
print(tuple(x.shape), x.dtype, f"values {x.min():.2f} to {x.max():.2f}")
assert x.shape == (10, 3, side, side) and x.min() >= 0 and x.max() <= 1

# %%
# Always look at a batch *after* the transforms, labels above the pictures. Five seconds, and you see swapped
# labels, cropped heads and wrong colours.

names = [pictures.classes[label] for label in y]
plots.image_grid(
    x,
    titles=names,
    alt=f"A batch of ten small square pictures on dark skies: {names.count('sun')} suns, discs with eight rays, and "
    f"{names.count('moon')} moons, crescents; each picture bears its right label.",
)

# %%
# !!! warning "You may read this elsewhere"
#     `transforms.ToTensor()` as the first link of every chain. In the new transforms, `v2`, it warns that it
#     will go. Today write `ToImage()` and `ToDtype(torch.float32, scale=True)`. Do not forget `scale=True`:
#     without it the floats run up to 255.

print(objection(v2.ToTensor))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    old = v2.ToTensor()(decode(files[0]))
new = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])(decode(files[0]))
unscaled = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32)])(decode(files[0]))
print(f"largest value: old {old.max():.2f}, new {new.max():.2f}, without scale=True {unscaled.max():.0f}")
torch.testing.assert_close(new.as_subclass(torch.Tensor), old)
assert unscaled.max() > 100 and "deprecated" in objection(v2.ToTensor)

# %%
# As with the wines, the last link scales by the training set: one mean and one deviation for each colour
# channel. And training gets one link more, a random flip, which validation must not have. So make *two* data
# sets, each with a chain of its own. (What else you may do to training pictures is the subject of a later
# page, on augmentation.)

seen = torch.stack([x for x, _ in pictures])  # [160, 3, 32, 32]
channel_mean, channel_std = seen.mean(dim=(0, 2, 3)), seen.std(dim=(0, 2, 3))
normalize = v2.Normalize(channel_mean.tolist(), channel_std.tolist())
train_pictures = ImageFolder(root / "train", v2.Compose([to_square, v2.RandomHorizontalFlip(), normalize]))
val_pictures = ImageFolder(root / "val", v2.Compose([to_square, normalize]))

runtime.seed(11)
versions = {}
for name, rows in (("train", train_pictures), ("val", val_pictures)):
    left_halves = [rows[0][0][0, :, : side // 2].sum().item() for _ in range(20)]
    versions[name] = len(set(left_halves))
after = torch.stack([x for x, _ in train_pictures])
print("largest of the three means:", f"{after.mean(dim=(0, 2, 3)).abs().max():.4f}")
print("versions of picture 0 in twenty readings:", versions)
assert versions == {"train": 2, "val": 1}
torch.testing.assert_close(after.mean(dim=(0, 2, 3)), torch.zeros(3), rtol=0, atol=1e-4)

# %%
# Picture 0 of the training set comes in two versions, itself and its mirror image; that of the validation set
# never changes.
#
# !!! quiz "Training loader, validation loader"
#     Which of these belong to the *training* side only?
#
#     - [x] `shuffle=True`
#       > The gradient wants mixed batches. For counting right answers, the order makes no difference.
#     - [ ] Scaling by the training set's mean
#       > Both sides need it: a model must get its inputs in the form that it was trained on.
#     - [x] Random flips and crops
#       > They make training more varied. A validation score should not depend on luck.
#     - [x] `drop_last=True`
#       > It spares training a noisy little batch. In validation it would leave out examples, and you want
#       > all.
#     - [ ] Resizing to one size
#       > Both sides need to be stacked.
#
# ## Workers: when reading is slow
#
# So far one process does everything: it reads a batch, trains on it, reads the next. With `num_workers=4`,
# four helper processes read ahead. When does that pay? We measure an epoch over 200 examples from three
# sources: a tensor in memory, our picture files, and a disk that needs two hundredths of a second for each.


class Slow(Dataset):
    """Another data set, behind a slow disk."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        time.sleep(wait)
        return self.rows[i]


def seconds(rows, workers):
    """The time of one epoch, the start of the workers included."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="This DataLoader will create")  # more workers than cores
        for _ in DataLoader(rows, batch_size=10, num_workers=workers):
            pass
    return time.perf_counter() - start


# %%
# Worker processes are started in one of several ways. On Linux and macOS a process can *fork*, which copies
# it as it stands, and this page uses that. Windows cannot; there it goes on without workers.

can_fork = "fork" in multiprocessing.get_all_start_methods()
if can_fork:
    multiprocessing.set_start_method("fork", force=True)
counts = [0, 1, 2, 4] if can_fork else [0]
in_memory = TensorDataset(torch.zeros(200, 3, side, side), torch.zeros(200))
both = ImageFolder(root / "train", to_square) + ImageFolder(root / "val", to_square)  # + joins data sets
sources = {"in memory": in_memory, "picture files": both, "slow disk": Slow(in_memory)}
times = {name: [seconds(rows, workers) for workers in counts] for name, rows in sources.items()}

# %%
# The vertical axis is logarithmic. Zero workers means that the main process reads.

with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    for (name, ts), marker in zip(times.items(), plots.MARKERS, strict=False):
        ax.plot(counts, ts, marker=marker, label=name)
    ax.set(xlabel="workers", ylabel="seconds for an epoch", yscale="log", xticks=counts)
    ax.legend()
said = "; ".join(f"{name}: {', '.join(f'{t:.3f}' for t in ts)}" for name, ts in times.items())
plots.show(fig, f"Seconds for an epoch of 200 examples with {counts} workers, on a logarithmic scale. {said}.")
for name, ts in times.items():
    print(f"{name:13}", "  ".join(f"{n} workers {t:.3f} s" for n, t in zip(counts, ts, strict=True)))
if can_fork:
    claim(times["slow disk"][3] < 0.9 * times["slow disk"][0], "workers help where reading means waiting")
    claim(times["in memory"][3] > times["in memory"][0], "workers hurt where there is nothing to wait for")

# %%
# Where reading means waiting, workers wait side by side, and the time falls. Where the data lies in memory,
# they only cost: each has to be started and has to send its batches over. Our own pictures are small, and
# the system keeps files in memory that it has just read, so do not expect much for them either. Begin with
# 0, measure, then try 2 and 4. (With more workers than cores PyTorch warns; ours mostly sleep, so we silenced
# it.)
#
# And if *all* your data is one tensor in memory, you need no loader. `kindling.data.batches` picks a whole
# batch with one indexing instead of one item at a time.

table = TensorDataset(torch.rand(20_000, 13), torch.zeros(20_000))
start = time.perf_counter()
by_loader = sum(len(x) for x, _ in DataLoader(table, batch_size=64))
middle = time.perf_counter()
by_indexing = sum(len(x) for x, _ in batches(*table.tensors, 64, shuffle=True))
loader_time, indexing_time = middle - start, time.perf_counter() - middle
print(f"20,000 rows in memory: loader {loader_time:.3f} s, whole batches {indexing_time:.3f} s")
assert by_loader == by_indexing == 20_000
claim(loader_time > 2 * indexing_time, "picking whole batches is several times faster")

# %%
# ??? info "Two more switches, for a GPU"
#     `pin_memory=True` puts batches into memory from which a GPU can fetch them while it computes (use it
#     with
#     `x.to(device, non_blocking=True)`). `persistent_workers=True` keeps the workers alive between epochs,
#     which helps when an epoch is short. Neither changes a number.
#
# ## Why `if __name__ == "__main__"`
#
# Where a process cannot fork, or does not by default (Windows, macOS), each worker starts a fresh Python and
# *imports your script* to find the data set's class. If the script starts workers while it is being imported,
# the workers would start workers. Python notices. Here is a script of four lines, run as it is, and with its
# work behind the guard.

work = """\
fresh = multiprocessing.get_context("spawn")
worker = fresh.Process(target=print, args=("a worker works",), kwargs={"flush": True})
worker.start()
worker.join()
"""
guarded = 'if __name__ == "__main__":\n' + textwrap.indent(work, "    ")
said = {}
for name, body in (("bare", work), ("guarded", guarded)):
    script = root / f"{name}.py"
    script.write_text("import multiprocessing\n" + body)
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    lines = [line.strip() for line in (ended.stdout + ended.stderr).splitlines() if line.strip()]
    said[name] = next((line for line in lines if line.startswith(("a worker works", "An attempt"))), "")
    print(f"{name:8} {said[name]}" + (" ... (RuntimeError)" if "RuntimeError" in ended.stderr else ""))
assert "new process" in said["bare"] and said["guarded"] == "a worker works"

# %%
# !!! quiz "The guard"
#     What is `if __name__ == "__main__":` for, in a script that uses workers?
#
#     - [ ] It makes the script faster, because Python skips the check in the workers.
#       > Speed does not come into it.
#     - [ ] It is good style, without effect.
#       > You have just seen the effect: without it the fresh process stops with an error.
#     - [ ] It makes sure that only one worker runs at a time.
#       > Workers run side by side; that is what they are for.
#     - [x] In a worker that imports the script, `__name__` is another name, so what stands below is left out.
#       > The worker gets the classes and functions that it needs, and does not start the training again.
#
# ## Random numbers in workers
#
# Now the mistake that cost many people their augmentation without their knowing. A data set draws random
# numbers in three ways: from a NumPy generator of its own, from NumPy's global one, from torch. Two workers
# read four items. Each column should hold four different numbers.


class Noise(Dataset):
    """Four items, each of three random numbers from different dice."""

    def __init__(self):
        self.own = np.random.default_rng(0)

    def __len__(self):
        return 4

    def __getitem__(self, i):
        return torch.tensor([self.own.random(), np.random.random(), torch.rand(()).item()])


def noise(seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.stack(list(DataLoader(Noise(), batch_size=None, num_workers=2 * can_fork, generator=generator)))


table = noise(seed=11)
print("  own generator, NumPy, torch")
print(table)
assert (table[0, 0] == table[1, 0]).item() == can_fork  # the same number, twice
assert len(table[:, 1].unique()) == len(table[:, 2].unique()) == 4

# %%
# Look at the first column: pairs. Each worker got a *copy* of the data set, its generator included, so both
# throw the same dice. The other two columns are fine.
#
# !!! warning "You may read this elsewhere"
#     "NumPy's random numbers repeat in all workers, so you need a `worker_init_fn`." That was true up to
#     PyTorch 1.8. Since then a worker seeds Python, NumPy and torch for itself, from the loader's seed and
#     its own number. What remains is the first column: generators that the data set carries about. Today draw
#     from torch, and the order and the noise follow from the loader's one generator.

assert torch.equal(noise(11)[:, 2], noise(11)[:, 2]) or not can_fork  # one seed for the loader, the same noise
assert not torch.equal(noise(11)[:, 2], noise(12)[:, 2])
print("torch's column, twice with one seed:", noise(11)[:, 2].tolist() == noise(11)[:, 2].tolist())

# %%
# !!! quiz "Seeds in workers"
#     Four workers, started by fork, on a current PyTorch. Where do *different* workers draw the same numbers?
#
#     - [ ] `torch.rand(1)` in `__getitem__`
#       > Torch is seeded in each worker, with the worker's number mixed in.
#     - [x] `self.dice.random()`, where `self.dice = random.Random(0)` was made in `__init__`
#       > The object was copied into each worker, its state included. Nobody seeds it anew.
#     - [ ] `np.random.random()` in `__getitem__`
#       > Up to PyTorch 1.8, yes. Today NumPy's global generator gets a seed of its own in each worker.
#     - [x] `DICE.random()`, where `DICE = np.random.default_rng(0)` stands at the top of the script
#       > A fork copies the whole process, this generator too. Only the *global* generators of the three
#       > libraries are seeded.
#
# ## Where it fails
#
# Some data has no number 17: lines that arrive over the network, a file too large to index. For that there
# is `IterableDataset`, which is only asked "what comes next?". But two workers each have a copy of the whole
# stream, and nobody divides it.


class Stream(data.IterableDataset):
    def __iter__(self):
        yield from range(6)


class SharedStream(data.IterableDataset):
    def __iter__(self):
        me = data.get_worker_info()  # None in the main process
        yield from islice(range(6), me.id if me else 0, None, me.num_workers if me else 1)


for stream in (Stream(), SharedStream()):
    got = sorted(DataLoader(stream, batch_size=None, num_workers=2 * can_fork))
    print(f"{type(stream).__name__:12} {got}")
    assert (len(got) == 6) == (isinstance(stream, SharedStream) or not can_fork)

# %%
# Every example twice: an "epoch" is two, and a count of right answers has the wrong divisor. In the second
# class each worker asks for its number and takes every second item. So whatever feeds your network, count
# once what comes out of it.

temporary.cleanup()  # the pictures

# %%
# ## Exercises
#
# [The workbook](11_datasets-loaders.exercises.py) has each of these as a cell with a gap, with a checker that
# tells you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Validate and regularise](12_validate-regularize.py) says what the validation loader is for. [When accuracy
# lies](13_metrics.py) asks what to count once the batches flow. The wines are a copy of the UCI collection's
# "Wine" (M. Forina and others), as scikit-learn ships it.
