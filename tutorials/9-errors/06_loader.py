# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# minutes = 1
# description = "Seven errors of data sets and loaders, each raised by code that runs, with its cause and fix."
# ///
"""
# Errors: data sets and loaders

A loader asks your data set for its length and for one item after the other, and
puts the items together. Most of its errors say which of the three went wrong.
Find your message below: each one is raised on purpose, explained, and fixed by
code that runs. How the parts fit together is explained in [Data sets and
loaders](../2-training/11_datasets-loaders.py).
"""

# %%
# `raises`, from the package, lets a cell fail on purpose. It checks that the error has exactly this class and this
# message, so if PyTorch changes its words, the page stops instead of telling you old ones.

import tempfile
from pathlib import Path

import torch
from PIL import Image
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision.transforms import v2

from kindling.runtime import raises

# %%
# With `num_workers` above zero the same errors come back from another process, below a line such as "Caught
# RuntimeError in DataLoader worker process 0." Set `num_workers=0` while you look for the cause: the message
# is shorter, and a debugger can stop where it happens. All cells here do.
#
# ## stack expects each tensor to be equal size, but got \[5] at entry 0 and \[3] at entry 1
#
# You asked a loader for a batch of sentences, and they have different lengths (`RuntimeError`).

sentences = [torch.arange(5), torch.arange(3)]
with raises(
    RuntimeError,
    "stack expects each tensor to be equal size, but got [5] at entry 0 and "
    "[3] at entry 1",
):
    next(iter(DataLoader(sentences, batch_size=2)))

# %%
# The loader stacks the items of a batch into one block, so all must have one shape. Tell it how to put your
# items together: `collate_fn` gets a list of items and returns a batch. For sentences, pad them.


def pad(items):
    return pad_sequence(items, batch_first=True, padding_value=0)


batch = next(iter(DataLoader(sentences, batch_size=2, collate_fn=pad)))
assert batch.tolist() == [[0, 1, 2, 3, 4], [0, 1, 2, 0, 0]]

# %%
# For images, resize or crop each one in the data set. A single gray image among color ones gives this
# message, too: open all of them with `.convert("RGB")`.
#
# ## default\_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists
#
# Your data set returns something that cannot be stacked, and the message ends with its class (`TypeError`).


class Images(Dataset):
    def __init__(self, transform=None):
        self.transform = transform

    def __len__(self):
        return 4

    def __getitem__(self, i):
        image = Image.new("L", (8, 8), color=i)
        return self.transform(image) if self.transform else image


with raises(
    TypeError,
    "default_collate: batch must contain tensors, numpy arrays, numbers, "
    "dicts or lists",
):
    next(iter(DataLoader(Images(), batch_size=2)))

# %%
# It ends with `PIL.Image.Image`: the transform was forgotten. Give the data set one that makes tensors.

to_tensor = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
batch = next(iter(DataLoader(Images(to_tensor), batch_size=2)))
assert batch.shape == (2, 1, 8, 8) and batch.dtype == torch.float32

# %%
# If it ends with `NoneType`, some path through `__getitem__` has no `return`.
#
# ## num\_samples should be a positive integer value, but got num\_samples=0
#
# You made a loader with `shuffle=True` for a data set that is empty (`ValueError`).

folder = Path(tempfile.mkdtemp())
Image.new("L", (8, 8)).save(folder / "spark.png")
paths = sorted(folder.glob("*.jpg"))
with raises(
    ValueError,
    "num_samples should be a positive integer value, but got num_samples=0",
):
    DataLoader(paths, shuffle=True)

# %%
# There is nothing to draw from. Nearly always a path or a pattern was wrong: `glob` finds no file and says
# nothing. Check the length where you read the folder.

paths = sorted(folder.glob("*.png"))
assert paths, f"no .png file in {folder}"
assert len(DataLoader(paths, shuffle=True)) == 1

# %%
# ## Subclasses of Dataset should implement \_\_getitem\_\_.
#
# You wrote a data set of your own, and the loader does not find its items (`NotImplementedError`).


class Misspelled(Dataset):
    def __len__(self):
        return 4

    def __get_item__(self, i):
        return torch.tensor(i)


with raises(
    NotImplementedError, "Subclasses of Dataset should implement __getitem__."
):
    next(iter(DataLoader(Misspelled())))

# %%
# The method is missing, misspelled, or indented so far that it belongs to another function. Its name is one
# word between two underscores on each side.


class Numbers(Misspelled):
    def __getitem__(self, i):
        return torch.tensor(i)


assert [x.item() for x in DataLoader(Numbers())] == [0, 1, 2, 3]

# %%
# ## object of type \'Readings\' has no len()
#
# Your data set does not say how many items it has (`TypeError`).


class Readings(Dataset):
    def __getitem__(self, i):
        return torch.tensor([i, i**2])


with raises(TypeError, "object of type 'Readings' has no len()"):
    next(iter(DataLoader(Readings(), batch_size=2)))

# %%
# The loader walks from item 0 to the last one, so it has to know which is the last. Add `__len__`.


class CountedReadings(Readings):
    def __len__(self):
        return 6


assert len(DataLoader(CountedReadings(), batch_size=2)) == 3

# %%
# If there is no end, as with a stream, inherit from `IterableDataset` and write `__iter__` instead.
#
# ## Normalize() does not support PIL images.
#
# You put the transforms in an order in which one gets a type that it cannot handle (`TypeError`).

image = Image.new("L", (12, 12), color=255)
with raises(TypeError, "Normalize() does not support PIL images."):
    v2.Compose([v2.Resize(8), v2.Normalize(mean=[0.5], std=[0.5])])(image)

# %%
# `Normalize` computes with floats and works on tensors. Make the image a tensor, then floats between 0 and
# 1, and only then normalize.

transform = v2.Compose(
    [
        v2.Resize(8),
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize(mean=[0.5], std=[0.5]),
    ]
)
assert transform(image).shape == (1, 8, 8) and (transform(image) == 1).all()

# %%
# The other way round, "pic should be PIL Image or ndarray", says that your image is a tensor already: leave
# that step out.
#
# ## \'\_SingleProcessDataLoaderIter\' object has no attribute \'next\'
#
# You follow an old tutorial that fetches a batch with `.next()` (`AttributeError`). With workers the name in front
# is `_MultiProcessingDataLoaderIter`.

loader = DataLoader(
    TensorDataset(torch.rand(8, 3), torch.arange(8)), batch_size=4
)
with raises(
    AttributeError,
    "'_SingleProcessDataLoaderIter' object has no attribute 'next'",
):
    x, y = iter(loader).next()

# %%
# The method is gone. Python's own function `next` does it, here and for every other iterator.

x, y = next(iter(loader))
assert x.shape == (4, 3) and y.tolist() == [0, 1, 2, 3]
