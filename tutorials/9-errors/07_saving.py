# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# minutes = 1
# description = "Nine errors of saving and loading models, each raised by code that runs, with its cause and fix."
# ///
"""
# Errors: saving and loading

A file of weights is a dictionary of names and tensors; the model it belongs to
has to be built by your code. Most errors say that the two do not fit. Find your
message below: each one is raised on purpose, explained, and fixed by code that
runs. What belongs in a file is explained in
[Checkpoints](../2-training/15_checkpoints.py).
"""

# %%
# `raises`, from the package, lets a cell fail on purpose. It checks that the error has exactly this class and this
# message, so if PyTorch changes its words, the page stops instead of telling you old ones.

import pickle
import tempfile
from pathlib import Path
from unittest.mock import patch

import torch
from torch import nn

folder = Path(tempfile.mkdtemp())
path = folder / "model.pt"

from kindling.runtime import raises

# %%
# ## Error(s) in loading state\_dict for Sequential: Missing key(s) in state\_dict: \"0.weight\", \"0.bias\".
#
# The file lacks names that your model has (`RuntimeError`). Look at the next line of the message: here the
# file has the same names, with `module.` in front.

trained = nn.Sequential(nn.Linear(4, 2))
torch.save(
    {f"module.{name}": tensor for name, tensor in trained.state_dict().items()},
    path,
)
model = nn.Sequential(nn.Linear(4, 2))
with raises(
    RuntimeError,
    "Error(s) in loading state_dict for Sequential: Missing key(s) in "
    'state_dict: "0.weight", "0.bias".',
):
    model.load_state_dict(torch.load(path))

# %%
# A wrapper puts its own name in front of each of yours: `DataParallel` writes `module.`, `torch.compile` writes
# `_orig_mod.`. Take it off.

saved = {
    name.removeprefix("module."): tensor
    for name, tensor in torch.load(path).items()
}
model.load_state_dict(saved)
assert torch.equal(model[0].weight, trained[0].weight)

# %%
# If no name has a prefix, your code builds another model than the one that was saved, or the dictionary that
# you want lies one level deeper: `torch.load(path)["model"]`.
#
# ## Error(s) in loading state\_dict for Sequential: Unexpected key(s) in state\_dict: \"2.weight\", \"2.bias\".
#
# The file has names that your model lacks (`RuntimeError`).

trained = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
torch.save(trained.state_dict(), path)
body = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
with raises(
    RuntimeError,
    "Error(s) in loading state_dict for Sequential: Unexpected key(s) in "
    'state_dict: "2.weight", "2.bias".',
):
    body.load_state_dict(torch.load(path))

# %%
# You have built a smaller model, by mistake or, as here, because you want only its body. In the second case pass
# `strict=False`, and check what was left out: that argument also hides every misspelled name.

left = body.load_state_dict(torch.load(path), strict=False)
assert left.missing_keys == [] and left.unexpected_keys == [
    "2.weight",
    "2.bias",
]
assert torch.equal(body[0].weight, trained[0].weight)

# %%
# ## Error(s) in loading state\_dict for Sequential: size mismatch for 2.weight
#
# The names agree, the shapes do not (`RuntimeError`). Nearly always it is the last layer: another number of
# classes.

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 5))
with raises(
    RuntimeError,
    "Error(s) in loading state_dict for Sequential: size mismatch for 2.weight",
):
    model.load_state_dict(torch.load(path))

# %%
# `strict=False` does not help: it forgives names, not shapes. Build the model as it was and replace its last
# layer afterward.

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
model.load_state_dict(torch.load(path))
model[2] = nn.Linear(8, 5)
assert torch.equal(model[0].weight, trained[0].weight) and model(
    torch.rand(3, 4)
).shape == (3, 5)

# %%
# ## Weights only load failed. This file can still be loaded
#
# The file holds more than tensors, here a whole model (`UnpicklingError`). This was allowed until version 2.6.

torch.save(trained, path)
with raises(
    pickle.UnpicklingError,
    "Weights only load failed. This file can still be loaded",
):
    torch.load(path)

# %%
# To rebuild a Python object, its file may run any code, so `torch.load` refuses by default. Save the weights
# and build the model yourself.

torch.save(trained.state_dict(), path)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
model.load_state_dict(torch.load(path))
assert torch.equal(model[2].weight, trained[2].weight)

# %%
# The message offers `weights_only=False`. That is for a file that you wrote yourself and cannot write again,
# never for one from the internet.
#
# ## Attempting to deserialize object on a CUDA device but torch.cuda.is\_available() is False.
#
# The file was written on a machine with a GPU, and yours has none (`RuntimeError`). To meet the error on
# every machine, the next cell writes a file as a GPU would, and reads it where none can be seen.

with patch("torch.serialization.location_tag", return_value="cuda:0"):
    torch.save(trained.state_dict(), path)
with (
    patch("torch.cuda.is_available", return_value=False),
    raises(
        RuntimeError,
        "Attempting to deserialize object on a CUDA device but "
        "torch.cuda.is_available() is False.",
    ),
):
    torch.load(path)

# %%
# Each tensor in a file remembers its device, and `torch.load` puts it back there. `map_location` says where
# else to put it. On a GPU machine, too, load to the CPU first and move the model afterward.

saved = torch.load(path, map_location="cpu")
assert {tensor.device.type for tensor in saved.values()} == {"cpu"}
assert torch.equal(saved["0.weight"], trained[0].weight)

# %%
# ## Can\'t pickle local object
#
# You saved a whole model that holds a lambda, or a class that was defined inside a function (`AttributeError`;
# `PicklingError` from Python 3.14 on).


def build():
    model = nn.Linear(4, 2)
    model.activation = lambda x: x.clamp(min=0)
    return model


with raises(
    (AttributeError, pickle.PicklingError), "Can't pickle local object"
):
    torch.save(build(), path)

# %%
# A pickle stores functions and classes by their name, to import them again later. What lives inside a
# function cannot be imported. The weights alone need no names of functions.

torch.save(build().state_dict(), path)
assert set(torch.load(path)) == {"weight", "bias"}

# %%
# The same message from a loader with `num_workers` means a lambda among your transforms: make it a function at the
# top of a file.
#
# ## \[Errno 2] No such file or directory: \'checkpoints/best.pt\'
#
# You load a file that is not where Python looks for it (`FileNotFoundError`).

with raises(
    FileNotFoundError,
    "[Errno 2] No such file or directory: 'checkpoints/best.pt'",
):
    torch.load("checkpoints/best.pt")

# %%
# A relative path begins at the folder in which Python was started, not at the folder of your script. Print
# `Path.cwd()` to see it, and build paths from a folder that you name once.

checkpoints = folder / "checkpoints"
checkpoints.mkdir(exist_ok=True)
torch.save(trained.state_dict(), checkpoints / "best.pt")
assert len(torch.load(checkpoints / "best.pt")) == 4

# %%
# `torch.save` does not make folders either, and says "Parent directory ... does not exist." `mkdir` in the
# cell above is what it wants.
#
# ## Expected state\_dict to be dict-like
#
# You gave a path to `load_state_dict` (`TypeError`); the message ends with what you gave it.

with raises(TypeError, "Expected state_dict to be dict-like"):
    model.load_state_dict("checkpoints/best.pt")

# %%
# `torch.load` reads a file and gives a dictionary; `load_state_dict` copies the dictionary into a model. You need
# both, in this order.

saved = torch.load(checkpoints / "best.pt")
model.load_state_dict(saved)
assert torch.equal(model[0].bias, saved["0.bias"])

# %%
# ## loaded state dict contains a parameter group that doesn\'t match the size of optimizer\'s group
#
# You resume training, and the optimizer was made for other parameters (`ValueError`).

first = torch.optim.Adam(trained.parameters())  # two weights, two biases
torch.save(first.state_dict(), path)
second = torch.optim.Adam(trained[2].parameters())  # only the last layer
with raises(
    ValueError,
    "loaded state dict contains a parameter group that doesn't match the "
    "size of optimizer's group",
):
    second.load_state_dict(torch.load(path))

# %%
# An optimizer keeps its running means by the position of a parameter, so number and order must be as they
# were. Build it from the same parameters; if you have changed or frozen some, start with a new one.

second = torch.optim.Adam(trained.parameters())
second.load_state_dict(torch.load(path))
assert (
    len(second.param_groups[0]["params"])
    == len(first.param_groups[0]["params"])
    == 4
)
