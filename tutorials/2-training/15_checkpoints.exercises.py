# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: checkpoints

Three tasks and an open question on what a file must hold, what has to match,
and what may be loaded.
"""

import io
import pickle

import torch
import torch.nn.functional as F
from torch import nn

from kindling.practice import check

# %%
# ## Name the mismatched keys
#
# A file does not fit, and you want to know why before you load it. Write a function that takes two
# state_dicts, the model's and the file's, and returns the sorted names of all entries that would cause an
# error: names that only one of them has, and names that both have, with different shapes.
#
# ??? hint
#     `set(a) ^ set(b)` holds the names that are in one of two dictionaries and not in the other.
#
# ??? hint
#     For the names in both, `set(a) & set(b)`, compare `a[name].shape` with `b[name].shape`.


def mismatched(model_state, file_state):
    """Return a sorted list of the names that do not fit."""
    # gap
    wrong = set(model_state) ^ set(file_state)
    wrong |= {
        name
        for name in set(model_state) & set(file_state)
        if model_state[name].shape != file_state[name].shape
    }
    return sorted(wrong)
    # end


two_layers = nn.Sequential(
    nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)
).state_dict()
wider = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2)).state_dict()
with_dropout = nn.Sequential(
    nn.Linear(4, 3), nn.ReLU(), nn.Dropout(), nn.Linear(3, 2)
).state_dict()
check(
    "checkpoints/name-the-mismatched-keys",
    mismatched,
    right=lambda a, b: sorted(
        name
        for name in {**a, **b}
        if name not in a or name not in b or a[name].shape != b[name].shape
    ),
    cases=[
        (two_layers, wider),
        (two_layers, with_dropout),
        (with_dropout, two_layers),
        (wider, wider),
    ],
    mistakes={
        "the names that only one of them has are there. Those that both have, "
        "with different shapes, are not.": lambda a, b: sorted(set(a) ^ set(b)),
        "this finds different shapes under the same name, but not names that "
        "one of the two lacks.": lambda a, b: sorted(
            name for name in set(a) & set(b) if a[name].shape != b[name].shape
        ),
        "names that only the file has are missing from your list. To load "
        "them would be an error as well.": lambda a, b: sorted(
            name
            for name in a
            if name not in b or a[name].shape != b[name].shape
        ),
        "these are all the names. Which of them do not fit?": lambda a, b: (
            sorted({**a, **b})
        ),
    },
)

# %%
# `load_state_dict` reports the same three groups: missing, unexpected, size mismatch. With `strict=False` it
# keeps silent about the first two, but different shapes remain an error.

# %%
# ## Resume with all that matters
#
# `interrupted()` trains a small network with dropout and momentum for five steps, and returns a checkpoint.
# Write `resume`: it gets a new model, a new optimizer and the checkpoint, and gives all three memories back,
# so that five further steps end where ten uninterrupted ones would.
#
# ??? hint
#     Two of the memories are restored by `load_state_dict`. Dropout draws from torch's own random numbers.
#
# ??? hint
#     `torch.set_rng_state` takes what `torch.get_rng_state` returned.

x, y = torch.linspace(-1, 1, 40).view(10, 4), torch.arange(10) % 3


def begin(seed):
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 3)
    )
    return model, torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)


def five_steps(model, optimizer):
    for _ in range(5):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def interrupted():
    model, optimizer = begin(seed=1)
    five_steps(model, optimizer)
    return {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "random": torch.get_rng_state(),
    }


def ending(resume):
    """The weights after five more steps in what might be a new process."""
    checkpoint = interrupted()
    model, optimizer = begin(seed=2)
    resume(model, optimizer, checkpoint)
    five_steps(model, optimizer)
    return [p.detach().clone() for p in model.parameters()]


def by_hand(model, optimizer, checkpoint):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(checkpoint["model"][name])
    optimizer.load_state_dict(checkpoint["optimizer"])
    torch.default_generator.set_state(checkpoint["random"])


def resume(model, optimizer, checkpoint):
    """Give model, optimizer and random numbers their memory back."""
    # gap
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    torch.set_rng_state(checkpoint["random"])
    return model
    # end


check(
    "checkpoints/resume-with-all-that-matters",
    resume,
    right=by_hand,
    probe=ending,
    mistakes={
        "nothing came back: the model keeps its own start.": lambda m, o, c: (
            None
        ),
        "the weights are back, and nothing else. Momentum and dropout start "
        "again.": lambda m, o, c: m.load_state_dict(c["model"]),
        "the optimizer has lost its momentum.": lambda m, o, c: (
            m.load_state_dict(c["model"]),
            torch.set_rng_state(c["random"]),
        ),
        "dropout drops other units than it would have: the random numbers "
        "were not restored.": lambda m, o, c: (
            m.load_state_dict(c["model"]),
            o.load_state_dict(c["optimizer"]),
        ),
    },
)

# %%
# The order matters little here, with one exception: restore the random numbers *last*. Whatever draws from
# them in between, such as building another layer, would shift them again.

# %%
# ## Who may come in?
#
# Since PyTorch 2.6 `torch.load` refuses what could run code. Write a function that finds out whether a thing
# can be saved and then loaded with the default settings. Save it into memory, `io.BytesIO()`, and try. The
# error to expect is `pickle.UnpicklingError`.
#
# ??? hint
#     After `torch.save(thing, memory)` the position stands at the end. `memory.seek(0)` goes back.
#
# ??? hint
#     `try:` load and return `True`; `except pickle.UnpicklingError:` return `False`.


def loads_safely(thing):
    """Return True if torch.load takes the saved thing back, else False."""
    # gap
    memory = io.BytesIO()
    torch.save(thing, memory)
    memory.seek(0)
    try:
        torch.load(memory)
    except pickle.UnpicklingError:
        return False
    return True
    # end


def only_plain_parts(thing):
    if isinstance(thing, dict):
        return all(map(only_plain_parts, thing.values()))
    if isinstance(thing, list | tuple):
        return all(map(only_plain_parts, thing))
    return isinstance(thing, torch.Tensor | int | float | str)


layer = nn.Linear(2, 1)
check(
    "checkpoints/who-may-come-in",
    loads_safely,
    right=only_plain_parts,
    cases=[
        (layer,),
        (layer.state_dict(),),
        ({"sizes": [2, 1], "note": "first try", "model": layer.state_dict()},),
        ({"model": layer},),
        ([torch.zeros(2), 3.5],),
        (torch.zeros(2),),
    ],
    mistakes={
        "it says yes to everything. Did you pass weights_only=False? That is "
        "the door which should stay shut.": lambda thing: True,
        "it says no to everything. Did you seek(0)?": lambda thing: False,
        "one of the dictionaries has a whole module inside.": lambda thing: (
            isinstance(thing, dict)
        ),
        "it refuses every dictionary and list. Tensors, numbers and texts "
        "inside them are welcome.": lambda thing: isinstance(
            thing, torch.Tensor
        ),
    },
)

# %%
# A whole module is refused, even as one entry of a dictionary. Its state_dict, with numbers, texts and lists
# next to it, is not.

# %%
# ## In the middle of an epoch
#
# An open question. Suppose that an epoch takes a day, so you must save in the middle of one. What has to be in
# the checkpoint so that each image still comes exactly once in that epoch? Change `batches` of
# `kindling.data`, or write your own, and test it as the tutorial does: two runs, one interrupted, equal to the
# last bit.
