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
# description = "Dataset, DataLoader, transforms: wines from a CSV, a folder of images, workers, seeds."
# ///
"""
# Data sets and loaders: from files to batches

Between the files on your disk and the first training step lies code that picks,
shuffles, scales and packs your examples. A mistake in it spoils a result, and
no error tells you. Here you build it by hand; PyTorch's version does the same.
"""

# %%
# Each color is one of three grape varieties of 178 wines. The file is sorted by them; a `DataLoader` mixes them, in
# another order for each pass (an [**epoch**](../1-foundations/07_thermometer.py)), and cuts the row into 45 batches.

import torch
from matplotlib import pyplot as plt
from matplotlib.colors import ListedColormap
from sklearn.datasets import load_wine
from torch.utils.data import DataLoader

from kindling import plots

varieties = torch.from_numpy(load_wine().target)  # [178]
rng = torch.Generator().manual_seed(11)
loader = DataLoader(varieties, batch_size=4, shuffle=True, generator=rng)
strips = torch.stack([varieties, *(torch.cat(list(loader)) for _ in range(2))])

with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 1.9))
    colors = ListedColormap(plots.COLORS[:3])
    ax.imshow(strips, aspect="auto", cmap=colors, interpolation="none")
    ax.set_yticks(range(3), ["as in the file", "epoch 1", "epoch 2"])
    ax.set(xlabel="place in the epoch")
    ax.grid(False)
plots.show(
    fig,
    "Three strips of 178 cells, colored by variety. In the order of the file "
    "there are three solid blocks. In epoch 1 and epoch 2 the three colors are "
    "mixed finely, each time in another order.",
)
alone = [sum(len(b.unique()) == 1 for b in s.split(4)) for s in strips]
print(f"batches with one variety only: {alone}, of {len(loader)}")
assert alone[0] == 43 and max(alone[1:]) < 20

# %%
# In the order of the file, nearly every batch shows one variety only. That is why training data is shuffled.

import multiprocessing
import random
import re
import subprocess
import sys
import tempfile
import time
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from torch.utils import data
from torch.utils.data import Dataset, RandomSampler, TensorDataset
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from kindling import runtime
from kindling.models import mlp
from kindling.training import evaluate, fit

batch_size = 4
side = 32  # of an image, in pixels, once it is cut to size
learning_rate, epochs = 0.05, 12  # for the wines

# %%
# A row holds thirteen measurements of a wine and its variety, the label. We write scikit-learn's table to a CSV file.

temporary = tempfile.TemporaryDirectory()
root = Path(temporary.name)
bunch = load_wine()
table = np.column_stack([bunch.data, bunch.target])
names = ",".join([*bunch.feature_names, "variety"])
np.savetxt(root / "wine.csv", table, "%g", ",", header=names, comments="")
for line in (root / "wine.csv").read_text().splitlines()[:3]:
    print(line[:75])

# %%
# ## A Dataset: a length, and an item for each number
#
# An object that can say how many examples there are, and which is number 17, is a **Dataset**. It needs two methods.


class Wines(Dataset):
    """Wines from a CSV file; an item is (13 measurements, variety 0 to 2)."""

    def __init__(self, path):
        table = np.loadtxt(path, dtype=np.float32, delimiter=",", skiprows=1)
        table = torch.from_numpy(table)
        self.x, self.y = table[:, :-1], table[:, -1].long()

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


wines = Wines(root / "wine.csv")
x, y = wines[17]
print(f"{len(wines)} wines; 17: {tuple(x.shape)} numbers, variety {y.item()}")
print("wines of each variety:", wines.y.bincount().tolist())
assert len(wines) == 178 and x.shape == (13,) and y.dtype == torch.int64

# %%
# ## Batches by hand
#
# A training step takes a *batch*. Choose an order, cut it into pieces of four, and stack the items of each piece.


def by_hand(rows, order, batch_size):
    """Yield batches (x, y) of the rows in the given order."""
    for start in range(0, len(order), batch_size):
        items = [rows[i] for i in order[start : start + batch_size]]
        xs, ys = zip(*items, strict=True)
        yield torch.stack(xs), torch.stack(ys)


rng = torch.Generator().manual_seed(11)
order = list(RandomSampler(wines, generator=rng))
mine = list(by_hand(wines, order, batch_size))
print("the order begins", order[:6])
print(f"{len(mine)} batches; first {len(mine[0][1])}, last {len(mine[-1][1])}")
assert len(mine) == 45 and sorted(order) == list(range(178))

# %%
# Forty-four batches have four wines, the last has two. Each wine comes once: the order is a shuffled list of numbers.
#
# ## The DataLoader does the same
#
# `DataLoader` is that function as an object, with each piece replaceable. With our order it makes the same batches.

theirs = list(DataLoader(wines, batch_size=batch_size, sampler=order))
for (my_x, my_y), (their_x, their_y) in zip(mine, theirs, strict=True):
    assert torch.equal(my_x, their_x) and torch.equal(my_y, their_y)
print("all", len(theirs), "batches are equal")

# %%
# Three pieces can be replaced. The **sampler** says in which order: `shuffle=True`, or `sampler=` any iterable of
# numbers. The **data set** says what number 17 is: your class. And **collate** makes a batch of items: `collate_fn=` a
# function. With `shuffle=True` the sampler draws new numbers for each epoch; `wines[17]` stays the same wine. A loader
# with a `torch.Generator` of its own repeats its order from the seed, whatever other code draws in between.


def row_order(seed, epochs):
    """The numbers of the wines in shuffled order, [epochs, 178]."""
    rng = torch.Generator().manual_seed(seed)
    numbers = torch.arange(len(wines))
    loader = DataLoader(numbers, batch_size, shuffle=True, generator=rng)
    return torch.stack([torch.cat(list(loader)) for _ in range(epochs)])


first = row_order(seed=11, epochs=2)
torch.rand(1000)  # other code draws random numbers
again = row_order(seed=11, epochs=2)
print("epoch 1 begins", first[0, :6].tolist(), "epoch 2", first[1, :6].tolist())
assert torch.equal(first, again)  # the same seed, the same two epochs
assert not torch.equal(first[0], first[1])  # each epoch has its own order
assert not torch.equal(first[0], row_order(seed=12, epochs=1)[0])

# %%
# !!! warning "You may read this elsewhere"
#     `iter(loader).next()`. Today write `next(iter(loader))`, but not in a loop: each `iter` starts a *new* epoch.

rng = torch.Generator().manual_seed(11)
loader = DataLoader(wines, batch_size, shuffle=True, generator=rng)
print(runtime.objection(lambda: iter(loader).next()))
x, y = next(iter(loader))
print(f"one batch of {len(loader)}:", tuple(x.shape), y.tolist())
assert len(loader) == 45
runtime.report("batches of 178 rows by 4", len(loader))

# %%
# ## Split first, and check the split
#
# [Three sets have three jobs](12_validate-regularize.py); with so few wines we make two. The sorted file is a trap:

cut = int(0.8 * len(wines))
rng = torch.Generator().manual_seed(11)
train, val = data.random_split(wines, [cut, len(wines) - cut], generator=rng)
print("varieties in the last fifth:", wines.y[cut:].unique().tolist())
print("varieties in a random fifth:", wines.y[val.indices].unique().tolist())
assert wines.y[cut:].unique().tolist() == [2]
assert not set(train.indices) & set(val.indices)  # no wine is in both
assert len(train) + len(val) == len(wines)

# %%
# The last fifth of the file holds one variety alone; `random_split` mixes. Assert that its parts have no row in common.
#
# ## Scale with the training set's numbers
#
# One of the thirteen measurements is in the hundreds, another around one third. [A layer learns best from inputs of
# one size](10_first-network.py), so subtract from each column its mean and divide by its standard deviation: those of
# the **training** wines. A **transform** is a function that is applied to an item as it is read, here by a class.


class Transformed(Dataset):
    """Another data set, whose x goes through a transform when it is read."""

    def __init__(self, rows, transform):
        self.rows, self.transform = rows, transform

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        x, y = self.rows[i]
        return self.transform(x), y


x_train = torch.stack([x for x, _ in train])
mean, std = x_train.mean(dim=0), x_train.std(dim=0)  # [13]


def scale(x):
    return (x - mean) / std


print(f"means of the columns: from {mean.min():.2f} to {mean.max():.0f}")
print(f"standard deviations: from {std.min():.2f} to {std.max():.0f}")
assert mean.shape == std.shape == (13,)

# %%
# Does scaling pay? Train one linear layer on raw numbers and on scaled ones, three times each.


def accuracy_with(train, val, seed):
    """Train a linear classifier; return its validation accuracy."""
    runtime.seed(seed)
    model = mlp([13, 3])
    loader = DataLoader(train, batch_size=batch_size, shuffle=True)
    val = DataLoader(val, batch_size=64)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    fit(model, loader, val, optimizer=optimizer, epochs=epochs, progress=False)
    return evaluate(model, val).accuracy


scaled = Transformed(train, scale), Transformed(val, scale)
raw = [accuracy_with(train, val, seed) for seed in range(3)]
good = [accuracy_with(*scaled, seed) for seed in range(3)]
print("validation accuracy, raw:   ", [f"{a:.0%}" for a in raw])
print("validation accuracy, scaled:", [f"{a:.0%}" for a in good])
runtime.claim(min(good) > max(raw), "each scaled run beats each raw run")

# %%
# !!! quiz "Whose mean"
#     You have a training, a validation and a test set. With whose mean and deviation do you scale the *test* set?
#
#     - [ ] With its own, so that it has mean 0 too.
#       > Then the same wine would get other numbers in other company, and a test set of one wine would be all zeros.
#     - [ ] With those of all three together, since more data gives a better mean.
#       > Then the test set has had a say in the preparation. That is a leak, even if it is a small one here.
#     - [x] With the training set's.
#       > They belong to the model, like its weights: learned once, kept, and applied to every new example.
#
# ## Reading must not change what is stored
#
# A planted bug, after one in a popular course: this transform is meant to double its input. Read one item three times.


def careless(x):
    x *= 2  # in place
    return x


def careful(x):
    return x * 2


for transform in (careless, careful):
    stored = TensorDataset(torch.tensor([[1.0, 2.0]]), torch.tensor([0]))
    rows = Transformed(stored, transform)
    reads = [rows[0][0].tolist() for _ in range(3)]
    kept = stored[0][0].tolist()
    print(f"{transform.__name__:8} reads {reads}, stored {kept}")
    assert (reads[0] == reads[2]) == (transform is careful)

# %%
# An item is a window on the stored table ([a view](../1-foundations/01_tensors.py)), and `*=` writes through it: in
# the third epoch the numbers are four times larger than in the first. So read an item twice in a test, and compare.
#
# ## A folder of images
#
# Usually there is a folder of images for each class, and the folder's name is the label. We draw 200 suns and moons.


def draw_image(kind, rng):
    """A sun or a moon of random size and place."""
    width, height = rng.randint(48, 72), rng.randint(40, 64)
    image = Image.new("RGB", (width, height), "midnightblue")
    draw = ImageDraw.Draw(image)
    a, b = width // 2 + rng.randint(-4, 4), height // 2 + rng.randint(-4, 4)
    r = rng.randint(9, 13)
    draw.ellipse((a - r, b - r, a + r, b + r), fill="gold")
    if kind == "moon":
        draw.ellipse((a, b - r, a + 2 * r, b + r), fill="midnightblue")
    return image


rng = random.Random(11)
for folder in ("train/sun", "train/moon", "val/sun", "val/moon"):
    (root / folder).mkdir(parents=True)
    for number in range(80 if folder.startswith("train") else 20):
        image = draw_image(Path(folder).name, rng)
        image.save(root / folder / f"{number:03}.png")
files = sorted(root.rglob("*.png"))
print(len(files), "images, such as", files[0].relative_to(root))
assert len(files) == 200

# %%
# torchvision's `ImageFolder` makes such folders a data set: classes in the order of the *alphabet*, one item per file.
# A `loader` opens a file when its item is asked for. Ours has a `cache`, which remembers what it has returned.


@cache
def decode(path):
    with Image.open(path) as image:
        return image.convert("RGB")


images = ImageFolder(root / "train", v2.ToImage(), loader=decode)
print(len(images), "images of", images.class_to_idx)
print("shapes:", [tuple(x.shape) for x, _ in islice(images, 4)])
assert len(images) == 160 and images.classes == ["moon", "sun"]

# %%
# ## Collate: when items differ in size
#
# Images of different sizes cannot be stacked. This `collate_fn` gets the list of items, and adds black to each image.


def pad_to_largest(items):
    """Stack images after padding each to the largest height and width."""
    xs, labels = zip(*items, strict=True)
    height, width = max(x.shape[1] for x in xs), max(x.shape[2] for x in xs)
    padded = torch.zeros(len(xs), 3, height, width, dtype=xs[0].dtype)
    for place, x in zip(padded, xs, strict=True):
        place[:, : x.shape[1], : x.shape[2]] = x
    return padded, torch.tensor(labels)


print(runtime.objection(lambda: next(iter(DataLoader(images, 4))), width=70))
x, y = next(iter(DataLoader(images, 4, collate_fn=pad_to_largest)))
print("with a collate_fn:", tuple(x.shape), y.tolist())
assert x.shape[2] == max(image.shape[1] for image, _ in islice(images, 4))

# %%
# ## Transforms: one size, one type
#
# The other way out is one form for every image: shrink the shorter side to 32 pixels, cut out the middle, make floats
# from 0 to 1. Always look at a batch *after* the transforms: swapped labels and cropped heads show at once.

to_tensor = v2.ToImage()  # [3, H, W], uint8
to_float = v2.ToDtype(torch.float32, scale=True)  # 0...255 becomes 0...1
smaller, middle = v2.Resize(side), v2.CenterCrop(side)
to_square = v2.Compose([to_tensor, smaller, middle, to_float])
images = ImageFolder(root / "train", to_square, loader=decode)
rng = torch.Generator().manual_seed(3)
x, y = next(iter(DataLoader(images, 10, shuffle=True, generator=rng)))
print(tuple(x.shape), x.dtype, f"values {x.min():.2f} to {x.max():.2f}")
names = [images.classes[label] for label in y]
plots.image_grid(
    x,
    titles=names,
    alt=f"Ten small square images on a dark sky: {names.count('sun')} suns, "
    f"full discs, and {names.count('moon')} moons, crescents.",
)
assert x.shape == (10, 3, side, side) and x.min() >= 0 and x.max() <= 1

# %%
# (Older pages write `transforms.ToTensor()`. Today write `ToImage` and `ToDtype`, with `scale=True`, or floats run up
# to 255.) Training gets one more link, a random flip, which validation must not have. So make *two* data sets.

flipped = v2.Compose([to_square, v2.RandomHorizontalFlip()])
train_images = ImageFolder(root / "train", flipped)
val_images = ImageFolder(root / "val", to_square)

runtime.seed(11)
versions = {}
for name, rows in {"train": train_images, "val": val_images}.items():
    readings = torch.stack([rows[0][0] for _ in range(40)])
    versions[name] = len(readings.unique(dim=0))
print("versions of image 0 in forty readings:", versions)
assert versions == {"train": 2, "val": 1}

# %%
# Image 0 comes in two versions for training, itself and its mirror image. For validation it never changes.
#
# !!! quiz "Training loader, validation loader"
#     Which of these belong to the *training* side only?
#
#     - [x] `shuffle=True`
#       > The gradient should come from mixed batches. For counting right answers, the order makes no difference.
#     - [ ] Scaling by the training set's mean
#       > Both sides need it: a model must get its inputs in the form that it was trained on.
#     - [x] `drop_last=True`
#       > It spares training a noisy little batch. In validation it would leave out examples, and you want all.
#
# ## Workers: when reading is slow
#
# With `num_workers=2`, two helper processes read ahead. On Linux and macOS they can start as a *fork*, a copy of the
# process. (Windows cannot fork; there this page goes on without workers.) Ask for it in the loader:
# `multiprocessing.set_start_method` would change it for the whole program. The data set below stands for a slow disk.

can_fork = "fork" in multiprocessing.get_all_start_methods()
fork = {"num_workers": 2, "multiprocessing_context": "fork"} if can_fork else {}


class Slow(Dataset):
    """Forty items: the reader's number, when it started and when it ended."""

    def __len__(self):
        return 40

    def __getitem__(self, i):
        start, me = time.monotonic(), data.get_worker_info()
        time.sleep(0.02)
        reader = me.id if me else -1  # -1 is the main process
        return torch.tensor([reader, start, time.monotonic()]).double()


at_once = []
for name, options in {"no workers": {}, "two workers": fork}.items():
    read = torch.cat(list(DataLoader(Slow(), batch_size=5, **options)))
    reader, start, end = read.T  # [40] each
    reading = (start[:, None] >= start) & (start[:, None] < end)  # [40, 40]
    at_once.append(reading.sum(dim=1).max().item())
    print(f"{name:11} batches read by {reader[::5].int().tolist()}")
print("items being read at the same time: at most", at_once)
runtime.claim(at_once == [1, 1 + can_fork], "two workers wait side by side")

# %%
# The workers take turns, and where reading means waiting, they wait side by side. For data in memory they only cost:
# begin with 0, measure an epoch, then try 2 and 4. One tensor in memory needs no loader at all
# (`kindling.data.batches`). Does the cache still help? Count how many of the 160 files each epoch decodes.


def decodings(path):
    """1 if the file had to be decoded, else 0."""
    before = decode.cache_info().misses
    decode(path)
    return decode.cache_info().misses - before


rows = ImageFolder(root / "train", loader=decodings)
kept = {**fork, "persistent_workers": can_fork}
counted = {}
for name, options in {"none": {}, "two": fork, "two, kept": kept}.items():
    decode.cache_clear()
    rng = torch.Generator().manual_seed(11)
    loader = DataLoader(rows, 10, shuffle=True, generator=rng, **options)
    counted[name] = [sum(x.sum().item() for x, _ in loader) for _ in range(3)]
    print(f"workers: {name:9} decoded in each epoch: {counted[name]}")
assert counted["none"] == [160, 0, 0]
if can_fork:
    assert counted["two"] == [160, 160, 160]
    assert counted["two, kept"][0] == 160 > counted["two, kept"][1] > 0

# %%
# Without workers each file is decoded once. With two, the cache saves nothing: each epoch starts new workers, and the
# old ones take their caches along. `persistent_workers=True` keeps them alive, but each knows only what it has read
# itself. What is slow to decode is better read once, into one tensor, before any worker starts.
#
# ## Why `if __name__ == "__main__"`
#
# The other way to start a worker is *spawn*, the default on Windows and macOS: a fresh Python *imports your script*,
# and is sent the data set as a pickle, which stores functions by name. (So does *forkserver*, Linux's default from
# Python 3.14 on.) Importing the script must not start workers, then, and a lambda, which has no name, cannot be sent.

head = """import multiprocessing
fresh = multiprocessing.get_context("spawn")
def task(): print("a worker works")
"""
start = "worker = fresh.Process(target={}); worker.start(); worker.join()"
guard = 'if __name__ == "__main__": ' + start
versions = {
    "no guard": start.format("task"),
    "guard, lambda": guard.format("lambda: 0"),
    "guard, function": guard.format("task"),
}
said = {}
for name, body in versions.items():
    (root / "script.py").write_text(head + body)
    command = [sys.executable, root / "script.py"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    errors = re.findall(r"\w+Error(?=:)", ended.stderr)
    said[name] = ended.stdout.strip() or errors[0]
    print(f"{name:15} {said[name]}")
assert said["no guard"] == "RuntimeError"
assert "Error" in said["guard, lambda"]
assert said["guard, function"] == "a worker works"

# %%
# So put what starts the training below the guard, and name your transforms. (A notebook needs them in a module.)
#
# ## Random numbers in workers
#
# Two workers read four items. Each item draws from a NumPy generator of its own, NumPy's global one, and torch.


class Noise(Dataset):
    """Four items, each of three random numbers from different sources."""

    def __init__(self):
        self.own = np.random.default_rng(0)

    def __len__(self):
        return 4

    def __getitem__(self, i):
        drawn = self.own.random(), np.random.random(), torch.rand(()).item()
        return torch.tensor(drawn)


def noise(seed):
    rng = torch.Generator().manual_seed(seed)
    return torch.cat(list(DataLoader(Noise(), generator=rng, **fork)))


table = noise(seed=11)
print("  own generator, NumPy, torch")
print(table)
assert (table[0, 0] == table[1, 0]).item() == can_fork  # the same, twice
assert len(table[:, 1].unique()) == len(table[:, 2].unique()) == 4
if can_fork:  # one seed for the loader, the same noise
    assert torch.equal(noise(11), table) and not torch.equal(noise(12), table)

# %%
# Look at the first column: pairs. Each worker got a *copy* of the generator: half the variety is gone, silently.
#
# !!! quiz "Seeds in workers"
#     Four workers, started by fork, on a current PyTorch. Where do *different* workers draw the same numbers?
#
#     - [x] `self.rng.random()`, where `self.rng = random.Random(0)` was made in `__init__`
#       > The object was copied into each worker, its state included. Nothing seeds it again.
#     - [ ] `np.random.random()` in `__getitem__`
#       > Up to PyTorch 1.8, yes. Today NumPy's global generator gets a seed of its own in each worker.
#     - [x] `RNG.random()`, where `RNG = np.random.default_rng(0)` stands at the top of the script
#       > A fork copies this generator too. Only the *global* generators of the three libraries are seeded.
#
# ## Where it fails
#
# Some data has no number 17, such as lines that arrive over the network. An `IterableDataset` is only asked "what
# comes next?". But two workers each have a copy of the whole stream, and nobody divides it.


class Stream(data.IterableDataset):
    def __iter__(self):
        yield from range(6)


class SharedStream(data.IterableDataset):
    def __iter__(self):
        me = data.get_worker_info()  # None in the main process
        first, step = (me.id, me.num_workers) if me else (0, 1)
        yield from islice(range(6), first, None, step)


for stream in (Stream(), SharedStream()):
    got = sorted(DataLoader(stream, batch_size=None, **fork))
    print(f"{type(stream).__name__:12} {got}")
    assert len(got) == (12 if type(stream) is Stream and can_fork else 6)
temporary.cleanup()

# %%
# Every example comes twice, and a count of right answers has the wrong divisor. In the second class each worker takes
# every second item. So count once what comes out of the loader that feeds your network.
#
# ## Exercises
#
# [The workbook](11_datasets-loaders.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Validate and regularize](12_validate-regularize.py) says what the validation loader is for. The wines are a copy of
# the UCI collection's "Wine" (M. Forina and others), as it comes with scikit-learn.
