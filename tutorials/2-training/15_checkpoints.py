# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["N9", "N10", "S4.7", "S4.N6", "CC17"]
# data = ["fashion_mnist"]
# minutes = 1
# metric = { name = "weights equal to the last bit", unit = "%", target = 100 }
# description = "Save a model, resume a training bit for bit, and load files from strangers without running them."
# ///
"""
# Checkpoints: save, resume, trust

Training runs stop in the middle: a laptop sleeps, a rented machine is taken
back. On this page you stop one halfway, go on from a file, and end with the
same network as if nothing had happened: all of its 101,770 numbers agree, to
the last bit.
"""

# %%
# `torch.save` writes a network's numbers to a file. What is in there? The file is an ordinary ZIP archive, so you can
# look. (Some entries begin with a dot; they are labels for the archive itself.)

import tempfile
import zipfile
from pathlib import Path

import matplotlib.pyplot as plt
import torch

from kindling import plots, runtime
from kindling.models import count_parameters, mlp

runtime.seed(15)
sizes = [784, 128, 10]  # images of clothes in, ten scores out
model = mlp(sizes, dropout=0.2)
place = tempfile.TemporaryDirectory()
folder = Path(place.name)
torch.save(model.state_dict(), folder / "weights.pt")

with zipfile.ZipFile(folder / "weights.pt") as archive:
    read = {entry.filename: archive.read(entry) for entry in archive.infolist()}
entries = {name.split("/", 1)[1]: content for name, content in read.items()}
says = {"data.pkl": "names, shapes, order", "byteorder": "order of bytes"}
for number, name in enumerate(model.state_dict()):
    says[f"data/{number}"] = name
shown = {f"{k}: {says[k]}": len(entries[k]) for k in entries if k in says}
for entry, content in entries.items():
    print(f"{entry:26} {len(content):7,} bytes  {says.get(entry, '')}")

with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
colors = [plots.COLORS[entry.startswith("data/")] for entry in shown]
ax.barh(list(shown), list(shown.values()), color=colors)
ax.set(xscale="log", xlabel="bytes")
ax.invert_yaxis()
ax.grid(False, axis="y")
plots.show(
    fig,
    "The entries of the file, by size on a logarithmic axis. The weight of the "
    "first layer is nearly the whole file.",
)

# %%
# Each tensor has an entry of its own, with its bare bytes: four for each number. Are those really your weights? Read
# the first entry as 32-bit floats, without asking PyTorch to load anything.

numbers = [content for name, content in entries.items() if name[:5] == "data/"]
print(f"{count_parameters(model):,} numbers, {sum(map(len, numbers)):,} bytes")
raw = torch.frombuffer(bytearray(entries["data/0"]), dtype=torch.float32)
same = torch.equal(raw.view(128, 784), model[1].weight)
print("data/0 holds the weights of the first layer:", same)
assert same and count_parameters(model) == 101_770
assert sum(map(len, numbers)) == 4 * count_parameters(model)

# %%
# ## A model as named tensors: the `state_dict`
#
# What would you write down of a network, to have it again tomorrow? Its numbers, and where each belongs. The
# **state_dict** of a module is a dictionary from names to tensors: `2.weight` is the weight of the part called 2.

from torch import nn

small = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
for name, tensor in small.state_dict().items():
    print(f"{name:9} {tuple(tensor.shape)!s:7} {tensor.dtype}")
names = list(small.state_dict())
assert names == ["0.weight", "0.bias", "2.weight", "2.bias"]

# %%
# The ReLU has nothing to learn, so it has no entry; it only takes the number 1. Now give these numbers to a second
# network, by hand. `copy_` writes into a tensor in place, and `no_grad` keeps this out of any training.

x = torch.randn(5, 4)
twin = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
assert not torch.equal(twin(x), small(x))  # another random start
with torch.no_grad():
    for name, tensor in twin.state_dict().items():
        tensor.copy_(small.state_dict()[name])
print("same answers:", torch.equal(twin(x), small(x)))
assert torch.equal(twin(x), small(x))

# %%
# `load_state_dict` does the same, with checks. The dictionary also holds *buffers*, numbers that a module keeps
# without learning them by gradient, like the running mean in [batch normalization](14_init-normalization.py). And its
# tensors are the model's own, not copies.
#
# !!! warning "You may read this elsewhere"
#     "`best = model.state_dict()` keeps the best epoch." It keeps nothing: when the model trains on, the tensors in
#     your dictionary move along, and you get the last epoch back. Today write `best = deepcopy(model.state_dict())`,
#     or save to a file at once.

from copy import deepcopy

kept, copied = small.state_dict(), deepcopy(small.state_dict())
before = small[0].weight.detach().clone()
optimizer = torch.optim.SGD(small.parameters(), lr=0.1)
small(x).square().mean().backward()
optimizer.step()
print("kept has moved:  ", not torch.equal(kept["0.weight"], before))
print("copied has moved:", not torch.equal(copied["0.weight"], before))
assert not torch.equal(kept["0.weight"], before)
assert torch.equal(copied["0.weight"], before)

# %%
# ## Load: what has to match
#
# To have the model again you make one with the same names and shapes, and let it take the numbers.
# `map_location="cpu"` says where the tensors should go; without it, a file that was saved on a GPU asks for that GPU.

again = mlp(sizes, dropout=0.2)
weights = torch.load(folder / "weights.pt", map_location="cpu")
print(again.load_state_dict(weights))
for a, b in zip(model.parameters(), again.parameters(), strict=True):
    assert torch.equal(a, b)

# %%
# Now three networks that do not fit. Read each message slowly: it names every difference.

from kindling.runtime import objection

strangers = {
    "a wider layer": mlp([784, 256, 10], dropout=0.2),
    "one layer more": mlp([784, 128, 64, 10], dropout=0.2),
    "no dropout": mlp(sizes),
}
for name, stranger in strangers.items():
    load = stranger.load_state_dict
    refusal = objection(lambda load=load: load(weights), width=330)
    print(f"{name}: {refusal}\n")
    assert "RuntimeError" in refusal

# %%
# A wider layer: *size mismatch*. A layer more: names are *missing*. The third may surprise you: dropout has no
# numbers, but without it the last layer moves up one place, and its name with it.
#
# !!! warning "You may read this elsewhere"
#     "Loading needs the same architecture." What has to match is **keys and shapes**. PyTorch cannot see the rest, so
#     a network of another kind may take the file without a word. Today save, along with the weights, what it takes to
#     build the same network again.
#
# Here is one: the same layers, with tanh in place of ReLU.

parts = [
    nn.Tanh() if isinstance(p, nn.ReLU) else p for p in mlp(sizes, dropout=0.2)
]
with_tanh = nn.Sequential(*parts)
print(objection(lambda: with_tanh.load_state_dict(weights)))
images = torch.rand(3, 1, 28, 28)
difference = (with_tanh.eval()(images) - again.eval()(images)).abs().max()
print(f"and yet its logits differ by up to {difference:.2f}")
assert difference > 0.001

# %%
# ### `strict=False` is no remedy
#
# Sooner or later someone advises `strict=False` against such errors. It makes nothing fit. It skips what does not fit
# by name, and says so only in its return value. A common case: every name in the file begins with `module.`.

prefixed = {f"module.{name}": tensor for name, tensor in weights.items()}
fresh = mlp(sizes, dropout=0.2)
start = deepcopy(fresh.state_dict())
answer = fresh.load_state_dict(prefixed, strict=False)
missing, unexpected = map(len, answer)
print(missing, "missing,", unexpected, "unexpected")
for name, tensor in fresh.state_dict().items():
    assert torch.equal(tensor, start[name])  # not one number was loaded

bare = {name.removeprefix("module."): prefixed[name] for name in prefixed}
print("without the prefix:", fresh.load_state_dict(bare))
assert torch.equal(fresh[1].weight, weights["1.weight"])

# %%
# Nothing was loaded, and nothing complained. If you need `strict=False`, assert what its answer says is missing.
#
# !!! quiz "A network that fits by chance"
#     You load a file into your model with `strict=False`. There is no error. What do you know?
#
#     - [x] Only that those entries whose names occur in both have matching shapes.
#       > And there may be no such entries at all. Look at `missing_keys` and `unexpected_keys`.
#     - [ ] That the weights were loaded, perhaps not all of them.
#       > "Not all" can mean "none". With one wrong prefix the model keeps its random start.
#     - [ ] That the model is of the same architecture as the saved one.
#       > Not even `strict=True` tells you that: names and shapes say nothing about the activations.
#
# ## Trust: a file can be a program
#
# How does `data.pkl` say what goes where? In the language of Python's `pickle`, and that is a language for *doing*:
# fetch this function, call it with these arguments. Here is what our file wants to fetch.

import pickle
import pickletools

codes = pickletools.genops(entries["data.pkl"])
wanted = [argument for code, argument, _ in codes if code.name == "GLOBAL"]
print(wanted)
assert all(name.startswith(("collections", "torch")) for name in wanted)

# %%
# A dictionary, a function that puts a tensor together, a kind of storage: harmless. But a pickle may ask for *any*
# function, and it is called while you load. This one asks for `print`. Somebody else's might ask for your keys.


class Surprise:
    def __reduce__(self):
        return print, ("I ran on your machine. You only wanted weights.",)


loaded = pickle.loads(pickle.dumps(Surprise()))
assert loaded is None  # what print returned: the file holds no Surprise

# %%
# For that reason `torch.load` has a reader of its own, which knows tensors, numbers, texts, lists and dictionaries,
# and refuses to fetch anything else. The argument is called **`weights_only=True`**, the default since PyTorch 2.6.
# (Do not rely on it in older versions: up to and including 2.5.1, a crafted file could run code even so.)

torch.save({"weights": Surprise()}, folder / "gift.pt")
refusal = objection(lambda: torch.load(folder / "gift.pt"))
print("refused:", refusal.split(".")[0])
list_unsafe = torch.serialization.get_unsafe_globals_in_checkpoint
print("it asked for", list_unsafe(folder / "gift.pt"))
assert refusal.startswith("UnpicklingError")
assert "print" in list_unsafe(folder / "gift.pt")[0]

# %%
# Nothing was printed by the gift this time. The last call lists what a file asks for, without running it.
#
# Many published weights come as `.safetensors`: a table of names, types and shapes, then the bare bytes. There is no
# place for code, so nothing to refuse; but it holds tensors only, and an optimizer's other settings need a second
# file.
#
# !!! warning "You may read this elsewhere"
#     `torch.save(model, "model.pt")` and later `model = torch.load("model.pt")`: the whole object, so you need not
#     build it first. It saves no code, only the *names* of your classes: rename one, move a file, and it breaks.
#     Today loading such a file is refused. `weights_only=False`, the advice that you will find, is for files that you
#     wrote yourself.

torch.save(model, folder / "whole.pt")
refused = objection(lambda: torch.load(folder / "whole.pt"))
print("old:  ", refused.split(".")[0])
description = {"sizes": sizes, "dropout": 0.2}
torch.save(description | {"model": model.state_dict()}, folder / "model.pt")
saved = torch.load(folder / "model.pt")
rebuilt = mlp(saved["sizes"], dropout=saved["dropout"])
print("today:", rebuilt.load_state_dict(saved["model"]))
assert "UnpicklingError" in refused
assert torch.equal(rebuilt.eval()(images), again(images))

# %%
# That dictionary with three entries is a small **checkpoint**: a file that holds all it takes to build a model again,
# or to go on with it. Numbers, texts and lists are as welcome in it as tensors.
#
# !!! quiz "Why not pickle a module"
#     Which are good reasons to save `model.state_dict()` and not `model`?
#
#     - [ ] The file becomes much smaller.
#       > Nearly all bytes of either are the weights. The difference is a few kilobytes.
#     - [x] A saved module breaks when your code is moved or renamed.
#       > It stores the names of your classes, and looks for them when it is loaded.
#     - [x] Loading it must run whatever the file asks for.
#       > For that reason it is refused by default. A state_dict needs nothing of the kind.
#
# ## The training, without interruption
#
# Ten thousand images of clothes, a small network with dropout, `AdamW`, and a learning rate that rises and falls [on a
# schedule](../1-foundations/08_optimizers.py). (The rest is explained on the page about
# [validation](12_validate-regularize.py).) We stay on the CPU: only there is "to the last bit" a fair promise. What
# decides how a training goes on? The next class is the answer, as a list.

from dataclasses import dataclass

from torch.optim.lr_scheduler import OneCycleLR

from kindling.data import batches, fashion_mnist
from kindling.training import evaluate, fit, train_epoch

epochs = runtime.steps(8)
x_train, y_train = (part[:10_000] for part in fashion_mnist("train").tensors)
x_val, y_val = (part[:5000] for part in fashion_mnist("val").tensors)
val = batches(x_val, y_val, 1000)


@dataclass
class Training:
    """What decides how it goes on, except for torch's own random numbers."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: OneCycleLR
    order: torch.Generator  # shuffles the images
    losses: list  # validation loss after each epoch


def begin(seed):
    runtime.seed(seed)  # first weights, and later dropout
    model = mlp(sizes, dropout=0.2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    steps = epochs * len(batches(x_train, y_train, 128))
    schedule = OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps)
    order = torch.Generator().manual_seed(seed)
    return Training(model, optimizer, schedule, order, [])


# %%
# And the loop: train until so many epochs are done.


def go_on(t, until=epochs):
    train = batches(x_train, y_train, 128, shuffle=True, generator=t.order)
    while len(t.losses) < until:
        train_epoch(t.model, train, t.optimizer, scheduler=t.schedule)
        t.losses.append(evaluate(t.model, val).loss)
    return t


uninterrupted = go_on(begin(seed=15))
losses = ", ".join(f"{loss:.3f}" for loss in uninterrupted.losses)
print("validation loss:", losses)
runtime.claim(uninterrupted.losses[-1] < 1.0, "it has learned something")

# %%
# ## Stop, save, go on
#
# Now the same again, but after half of the epochs everything goes into a file, and the objects are thrown away. Each
# part with a memory has a `state_dict` or a `get_state` of its own. The optimizer's is the one that people forget:
# Adam keeps two running means for every weight.

import os


def save(training, path):
    state = {
        "model": training.model.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "schedule": training.schedule.state_dict(),
        "order": training.order.get_state(),
        "dropout": torch.get_rng_state(),
        "losses": training.losses,
    }
    unfinished = path.with_suffix(".part")
    torch.save(state, unfinished)
    os.replace(unfinished, path)  # the old file stays until this one is whole


half = go_on(begin(seed=15), until=epochs // 2)  # here the power fails
save(half, folder / "half.pt")
remembered = half.optimizer.state_dict()["state"][0]
print({name: tuple(tensor.shape) for name, tensor in remembered.items()})
assert {"exp_avg", "exp_avg_sq"} <= set(remembered)
del half

# %%
# (On a GPU, dropout draws from the GPU's own generator, so save `torch.cuda.get_rng_state_all()` as well.)
#
# A new process knows nothing of the old one, so we begin with another seed: other weights, another order. Then each
# part takes back its memory from the file, except for those in `without`.


def resume(path, without=()):
    state = torch.load(path)
    training = begin(seed=99)
    training.losses = state["losses"]
    training.model.load_state_dict(state["model"])
    if "optimizer" not in without:
        training.optimizer.load_state_dict(state["optimizer"])
    if "schedule" not in without:
        training.schedule.load_state_dict(state["schedule"])
    if "order" not in without:
        training.order.set_state(state["order"])
    if "dropout" not in without:
        torch.set_rng_state(state["dropout"])
    return training


def compare(model):
    """Share of equal weights, and the largest difference of a weight."""
    ours, theirs = (
        nn.utils.parameters_to_vector(m.parameters())
        for m in (uninterrupted.model, model)
    )
    share = (ours == theirs).double().mean().item()
    return share, (ours - theirs).abs().max().item()


resumed = go_on(resume(folder / "half.pt"))
share, difference = compare(resumed.model)
print(f"{share:.0%} of the weights are equal to the last bit")
runtime.report("weights equal to the last bit", share)
assert share == 1 and difference == 0
assert resumed.losses == uninterrupted.losses

# %%
# Not close: equal. Test your own checkpoints like this, once, with two short runs, because nothing else finds a
# forgotten part. For comparison, do what most scripts do, and take only the weights from the file.

everything_else = ("optimizer", "schedule", "order", "dropout")
weights_only = go_on(resume(folder / "half.pt", without=everything_else))
plots.curves(
    {
        "uninterrupted": uninterrupted.losses,
        "resumed, everything saved": resumed.losses,
        "resumed, weights only": weights_only.losses,
    },
    x=range(1, epochs + 1),
    xlabel="epoch",
    ylabel="validation loss",
    alt="Validation loss by epoch. The resumed run lies exactly on the "
    f"uninterrupted one and ends at {resumed.losses[-1]:.3f}. The run that got "
    f"only the weights back ends at {weights_only.losses[-1]:.3f}.",
)
last_rate = resumed.optimizer.param_groups[0]["lr"]
wrong_rate = weights_only.optimizer.param_groups[0]["lr"]
print(
    f"last learning rate: {last_rate:.1g}, with weights only {wrong_rate:.1g}"
)
runtime.claim(wrong_rate > 100 * last_rate, "the schedule is not finished")

# %%
# The curve of the resumed run covers that of the uninterrupted one. With weights only, the schedule began again at the
# small rate of a first step, and when the training ends the learning rate is still high.
#
# ## Forget one part
#
# Leave out one part at a time, and measure how far the final weights are from those of the uninterrupted run.

forgotten = {"nothing": difference}
for name in everything_else:
    partly = go_on(resume(folder / "half.pt", without=(name,)))
    forgotten[name] = compare(partly.model)[1]
forgotten["all four"] = compare(weights_only.model)[1]
plots.bars(
    list(forgotten),
    list(forgotten.values()),
    xlabel="largest difference of a weight",
)
assert forgotten.pop("nothing") == 0
runtime.claim(min(forgotten.values()) > 1e-3, "each part changes the weights")

# %%
# Each of them changes the result. That does not mean a worse network: another order of the images gives another
# network, which may be just as good. But it means that you cannot tell an interruption from a change of your code.
#
# !!! quiz "What else must be saved"
#     You resume a training with `SGD(momentum=0.9)`, a schedule, shuffled batches and no dropout. What belongs in the
#     checkpoint, along with the model's state_dict, if the end must be the same?
#
#     - [x] The optimizer's state_dict.
#       > It holds the momentum of each weight, and the present learning rate.
#     - [ ] The gradients of the last step.
#       > They were used up by that step. The next backward pass makes new ones from the next batch.
#     - [x] The schedule's state_dict.
#       > Without it the schedule counts from zero again, and the learning rate with it.
#     - [x] The state of the random numbers that shuffle.
#       > Otherwise the following epochs come in another order.
#
# ## Whole or absent
#
# One line of `save` deserves a second look. Power can fail *while* you write, and half a checkpoint is none. What does
# half a file look like to `torch.load`?

import io

whole = (folder / "half.pt").read_bytes()
broken = io.BytesIO(whole[: len(whole) // 2])
refusal = objection(lambda: torch.load(broken))
print(refusal)
assert "no objection" not in refusal
assert not (folder / "half.part").exists()  # the rename left nothing behind

# %%
# If you always write to the same name, such a failure takes the good old checkpoint with it. Write under another name,
# then rename: `os.replace` either happens or does not.
#
# ## The same, from the package
#
# All this is in `kindling.training.fit`: give it a path, and call it again after an interruption. It must come to the
# very network that we made by hand.


def packaged(until, path):
    t = begin(seed=99 if path.exists() else 15)
    train = batches(x_train, y_train, 128, shuffle=True, generator=t.order)
    settings = {"optimizer": t.optimizer, "scheduler": t.schedule}
    fit(
        t.model,
        train,
        val,
        epochs=until,
        checkpoint=path,
        progress=False,
        **settings,
    )
    return t.model


packaged(epochs // 2, folder / "fit.pt")
share, _ = compare(packaged(epochs, folder / "fit.pt"))
print(f"fit, interrupted and resumed: {share:.0%} of the weights are equal")
assert share == 1

# %%
# `fit` also keeps the random numbers of Python, NumPy and the GPU, and the generators of both loaders. If a loader
# hides where its order comes from, no file can hold it, and `fit` refuses at the start:


class Feed:
    """Batches in a random order that nobody can see from outside."""

    def __iter__(self):
        numbers = torch.Generator()
        numbers.seed()
        order = torch.randperm(len(x_train), generator=numbers)
        return ((x_train[part], y_train[part]) for part in order.split(128))


attempt = {
    "optimizer": optimizer,
    "epochs": 1,
    "checkpoint": folder / "feed.pt",
}
refusal = objection(lambda: fit(small, Feed(), val, **attempt), width=300)
print(refusal)
assert "ValueError" in refusal and "Feed" in refusal
assert not (folder / "feed.pt").exists()

# %%
# ## Where it fails
#
# "To the last bit" holds on one machine, with the same versions and the same number of threads. Elsewhere sums are
# added up in another order, and in floating point the order matters:

small_numbers = torch.full((100,), 1e-8)
one_by_one = torch.ones(())
for number in small_numbers:
    one_by_one = one_by_one + number
small_first = 1 + small_numbers.sum()
print(f"one by one {one_by_one:.8f}, the small ones first {small_first:.8f}")
assert one_by_one == 1 and small_first > 1

# %%
# Many kernels of a GPU choose their order in each run. There, expect resumed curves to be *close*.
#
# Second, our checkpoint stands at the end of an epoch. Stop in the middle of one, and the shuffle begins a new order:
# some images come twice, others not at all. The open exercise is about this.
#
# Third, and most often: a checkpoint knows nothing of your code and your data. Write into it what you would want to
# know in a year: sizes, classes in their order, how the images were scaled, and the validation loss.

note = description | {"scale": "0 to 1", "val_loss": uninterrupted.losses[-1]}
note["model"] = uninterrupted.model.state_dict()
torch.save(note, folder / "final.pt")
final = torch.load(folder / "final.pt")
restored = mlp(final["sizes"], dropout=final["dropout"])
restored.load_state_dict(final["model"])
measured = evaluate(restored, val).loss
print(f"noted {final['val_loss']:.4f}, measured after loading {measured:.4f}")
assert measured == final["val_loss"]
place.cleanup()

# %%
# A loss saved and measured again after loading tells you at once whether the network is the one that you meant.
#
# ## Exercises
#
# [The workbook](15_checkpoints.exercises.py) has a gap to fill for each of these, with hints, a checker and a
# solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Twelve silent bugs](16_debugging.py) plants twelve faults into a training like this one and catches each with one
# line. [Validate and regularize](12_validate-regularize.py) keeps the best epoch's weights.
