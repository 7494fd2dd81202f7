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

Trainings stop in the middle: a laptop sleeps, a rented machine is taken back. On this page you stop one
halfway, go on from a file, and end with the same network as if nothing had happened: all of its 101,770
numbers agree, to the last bit.
"""

# %%
# You will
#
# - take a model apart into named tensors, and look inside the file that holds them,
# - load them into another network, and learn from four error messages what has to match,
# - **resume** a training exactly, find out what happens if you forget one part of it, and see why you must
#   not load just any file that somebody sends you.

import io
import os
import pickle
import pickletools
import tempfile
import textwrap
import zipfile
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from kindling import plots, runtime
from kindling.data import batches, fashion_mnist
from kindling.models import count_parameters, mlp
from kindling.runtime import claim, objection, report
from kindling.training import evaluate, fit, train_epoch

sizes = [784, 128, 10]
dropout = 0.2
batch_size = 128
learning_rate = 3e-3
epochs = runtime.steps(8)
stop_after = epochs // 2  # here the power fails

# %%
# ## A model as named tensors: the `state_dict`
#
# What would you write down of a network, to have it again tomorrow? Its numbers, and where each belongs. The
# **state_dict** of a module is just that: a dictionary from names to tensors. A name says the way to the
# tensor: `2.weight` is the weight of the part called 2.

runtime.seed(15)
small = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
for name, tensor in small.state_dict().items():
    print(f"{name:9} {tuple(tensor.shape)!s:7} {tensor.dtype}")
assert list(small.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]

# %%
# The ReLU has nothing to learn, so it has no entry; it only takes the number 1. Now give these numbers to a
# second network, by hand. `copy_` writes into a tensor in place, and `no_grad` tells PyTorch that this is
# no part of any training.

x = torch.randn(5, 4)
twin = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
assert not torch.equal(twin(x), small(x))  # another random start
with torch.no_grad():
    for name, tensor in twin.state_dict().items():
        tensor.copy_(small.state_dict()[name])
print("same answers:", torch.equal(twin(x), small(x)))
assert torch.equal(twin(x), small(x))

# %%
# That is `load_state_dict`, but for the checks. Two more things about the dictionary. It also holds
# *buffers*, numbers that a module keeps without learning them by gradient, like the running mean in batch
# normalisation. And its tensors are the model's own, not copies.
#
# !!! warning "You may read this elsewhere"
#     "`model.state_dict()` is the current timeline of the model", a kind of snapshot. It has no time in it,
#     and is no snapshot: when the model trains on, the tensors in your dictionary move along. People keep
#     `best = model.state_dict()` for the best epoch, and get the last one back. Today write
#     `best = deepcopy(model.state_dict())`, or save to a file at once.

kept, copied = small.state_dict(), deepcopy(small.state_dict())
before = small[0].weight.detach().clone()
optimizer = torch.optim.SGD(small.parameters(), lr=0.1)
small(x).square().mean().backward()
optimizer.step()
print("kept has moved:  ", not torch.equal(kept["0.weight"], before))
print("copied has moved:", not torch.equal(copied["0.weight"], before))
print("buffers:", [name for name in nn.BatchNorm1d(3).state_dict() if "running" in name])
assert not torch.equal(kept["0.weight"], before) and torch.equal(copied["0.weight"], before)

# %%
# !!! quiz "What is in a state_dict"
#     Which of these does `model.state_dict()` contain?
#
#     - [x] The weights and biases of all layers.
#       > Every parameter, under a name that says where it belongs.
#     - [ ] The code of `forward`, or which activation comes after which layer.
#       > Names, shapes and numbers, nothing else. Two networks with different bends can have equal
#       > dictionaries, as you will see below.
#     - [x] The running mean and variance of batch normalisation.
#       > They are buffers: not learned by gradient, but without them the model would answer differently.
#     - [ ] The gradients of the last step.
#       > They live in `parameter.grad` and are not saved. The next backward pass makes new ones.
#     - [ ] The learning rate.
#       > It belongs to the optimizer, which has a `state_dict()` of its own.
#
# !!! quiz "The best epoch"
#     After epoch 3, the best one, a loop does `best = model.state_dict()`. It trains on to epoch 10 and calls
#     `model.load_state_dict(best)`. Which weights does the model have?
#
#     - [ ] Those of epoch 3.
#       > That was the plan. But `best` holds the model's own tensors, and seven epochs have written into them.
#     - [ ] The initial ones, because loading resets the model first.
#       > Loading only copies numbers into the model. Nothing is reset.
#     - [x] Those of epoch 10.
#       > `best` and the model share memory, so the model is loaded with itself. `deepcopy` was missing.
#
# ## The anatomy of a file
#
# Now a network worth saving: pictures of clothes in, ten scores out, the one that we shall train below.
# `torch.save` writes any dictionary of tensors to a file. By habit its name ends in `.pt`.

place = tempfile.TemporaryDirectory()
folder = Path(place.name)
model = mlp(sizes, dropout=dropout)
torch.save(model.state_dict(), folder / "weights.pt")
print(f"{count_parameters(model):,} numbers, file of {(folder / 'weights.pt').stat().st_size:,} bytes")
assert count_parameters(model) == 101_770

# %%
# Four bytes for each number, and a little more. What is that little? The file is an ordinary ZIP archive, so
# you can look. (Some entries begin with a dot; they are labels for the archive itself.)

with zipfile.ZipFile(folder / "weights.pt") as archive:
    entries = {entry.filename.split("/", 1)[1]: archive.read(entry) for entry in archive.infolist()}
names = list(model.state_dict())
says = {"data.pkl": "names, shapes, order", "byteorder": entries["byteorder"].decode()}
says |= {f"data/{i}": name for i, name in enumerate(names)}
for entry, content in entries.items():
    print(f"{entry:26} {len(content):7,} bytes  {says.get(entry, '')}")
numbers = sum(len(content) for entry, content in entries.items() if entry.startswith("data/"))
assert numbers == 4 * count_parameters(model)

# %%
# Each tensor has an entry of its own, with its bare bytes. Drawn to a logarithmic scale, where each grid line
# means ten times more:

shown = {entry: len(content) for entry, content in entries.items() if entry in says}
with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    colors = [plots.COLORS[entry.startswith("data/")] for entry in shown]
    ax.barh([f"{entry}: {says[entry]}" for entry in shown], list(shown.values()), color=colors)
    ax.set(xscale="log", xlabel="bytes")
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    plots.show(
        fig,
        "The entries of a saved state_dict, by size on a logarithmic axis: "
        + ", ".join(f"{entry} ({says[entry]}) {size:,} bytes" for entry, size in shown.items())
        + ". The weight of the first layer is nearly the whole file.",
    )

# %%
# Are those really your weights? Read the bytes of the first entry as 32-bit floats, without asking PyTorch to
# load anything.

raw = torch.frombuffer(bytearray(entries["data/0"]), dtype=torch.float32).view(128, 784)
print("the bytes of data/0 are the weights of the first layer:", torch.equal(raw, model[1].weight))
assert torch.equal(raw, model[1].weight)

# %%
# !!! quiz "How large is the file"
#     A network has two linear layers, 20 → 10 and 10 → 2, both with biases, in 32-bit floats. How many bytes of
#     *numbers* does its file hold?
#
#     - [=] 928
#       > 20 × 10 + 10 weights and biases in the first layer, 10 × 2 + 2 in the second: 232 numbers of 4 bytes.
#     - [ ] 880
#       > You left out the biases, 12 numbers. They are saved like the weights.
#     - [ ] 232
#       > That many numbers there are. A 32-bit float takes 4 bytes.
#     - [ ] anything else
#       > Count the weights and biases of both layers, then multiply by 4 bytes.
#
# ## Load: what has to match
#
# To have the model again you make one with the same names and shapes, and let it take the numbers.
# `map_location="cpu"` says where the tensors shall go; without it, a file that was saved on a GPU asks for
# that GPU.

again = mlp(sizes, dropout=dropout)
print(again.load_state_dict(torch.load(folder / "weights.pt", map_location="cpu")))
same = [torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True)]
assert all(same)

# %%
# Now three networks that do not fit. `objection` tries something and returns the error that it meets, shortened.
# Read each message slowly: it names every difference.


weights = torch.load(folder / "weights.pt")
strangers = {
    "a wider layer": mlp([784, 256, 10], dropout=dropout),
    "one layer more": mlp([784, 128, 64, 10], dropout=dropout),
    "no dropout": mlp(sizes),
}
for name, stranger in strangers.items():
    print(f"{name}: {objection(lambda model=stranger: model.load_state_dict(weights), width=330)}\n")
    assert "no objection" not in objection(lambda model=stranger: model.load_state_dict(weights))

# %%
# A wider layer: *size mismatch*. A layer more: names are *missing*. The third may surprise you: dropout has no
# numbers, but without it the last layer moves up one place, and its name with it.
#
# !!! warning "You may read this elsewhere"
#     "Loading needs the same architecture." That is too strict and not strict enough. What has to match is
#     **keys and shapes**. PyTorch cannot see the rest, so a network of another kind may take the file without
#     a word. Today save, beside the weights, what it takes to build the same network again.
#
# Here is one: same layers, but tanh for ReLU.

parts = mlp(sizes, dropout=dropout)
bent_otherwise = nn.Sequential(*[nn.Tanh() if isinstance(part, nn.ReLU) else part for part in parts])
print(objection(lambda: bent_otherwise.load_state_dict(weights)))
pictures = torch.rand(3, 1, 28, 28)
difference = (bent_otherwise.eval()(pictures) - again.eval()(pictures)).abs().max().item()
print(f"and yet its logits differ by up to {difference:.2f}")
assert difference > 0.01

# %%
# ### `strict=False` is no cure
#
# Sooner or later someone advises `strict=False` against such errors. It does not make anything fit. It skips
# what does not fit by name, and says so only in its return value. A common case: the file was saved from a
# wrapper, and every name begins with `module.`.

prefixed = {f"module.{name}": tensor for name, tensor in weights.items()}
fresh = mlp(sizes, dropout=dropout)
start = deepcopy(fresh.state_dict())
answer = fresh.load_state_dict(prefixed, strict=False)
print(len(answer.missing_keys), "missing,", len(answer.unexpected_keys), "unexpected")
assert all(torch.equal(fresh.state_dict()[name], start[name]) for name in names)  # not one number was loaded

fresh.load_state_dict({name.removeprefix("module."): tensor for name, tensor in prefixed.items()})
assert all(torch.equal(fresh.state_dict()[name], weights[name]) for name in names)

# %%
# Nothing was loaded, and nothing complained. If you do need `strict=False`, to take over part of a network,
# assert what the answer says is missing.
#
# !!! quiz "A network that fits by chance"
#     You load a file into your model with `strict=False`. There is no error. What do you know?
#
#     - [x] Only that those entries whose names occur in both have matching shapes.
#       > And there may be no such entries at all. Look at `missing_keys` and `unexpected_keys`.
#     - [ ] That the weights were loaded, perhaps not all of them.
#       > "Not all" can mean "none". With one wrong prefix the model keeps its random start.
#     - [ ] That the model is of the same architecture as the saved one.
#       > Not even `strict=True` tells you that: names and shapes say nothing about the bends in between.
#
# ## Trust: a file can be a program
#
# How does `data.pkl` say what goes where? In the language of Python's `pickle`, and that is a language for
# *doing*: fetch this function, call it with these arguments, put the result there. Here is what our file
# wants to fetch.

wanted = [argument for code, argument, _ in pickletools.genops(entries["data.pkl"]) if code.name == "GLOBAL"]
print(wanted)
assert all(name.startswith(("collections", "torch")) for name in wanted)

# %%
# A dictionary, a function that puts a tensor together, a kind of storage. Harmless. But a pickle may ask for
# *any* function of any installed module, and it is called while you load. Here is a file that asks for
# `print`. Somebody else's might ask for your keys.


class Surprise:
    def __reduce__(self):
        return print, ("I ran on your machine, and you only wanted to load some weights.",)


loaded = pickle.loads(pickle.dumps(Surprise()))
assert loaded is None  # what print returned: there never was a Surprise in the file

# %%
# So `torch.load` does not hand files to `pickle`. It has a reader of its own, which knows tensors, numbers,
# texts, lists and dictionaries, and refuses to fetch anything else. The argument is called
# **`weights_only=True`**, and since PyTorch 2.6 it is the default.

torch.save({"weights": Surprise()}, folder / "gift.pt")
refusal = objection(lambda: torch.load(folder / "gift.pt"), width=2000)
print("refused:", textwrap.shorten(refusal[refusal.find("Unsupported") :], 90, placeholder=" ..."))
asked = torch.serialization.get_unsafe_globals_in_checkpoint(folder / "gift.pt")
print("it asked for", asked)
assert refusal.startswith("UnpicklingError") and "print" in asked[0]

# %%
# Nothing was printed by the gift this time. The last call lists what a file asks for, without running it.
#
# !!! warning "You may read this elsewhere"
#     `torch.save(model, "model.pt")` and later `model = torch.load("model.pt")`: the whole object, so you need
#     not build it first. It saves no code, only the *names* of your classes. Rename one, move a file, and it
#     breaks. And loading must run what the file asks for, so today it is refused. The remedy that you will
#     find, `weights_only=False`, opens the door to every surprise: never use it on a file that you did not
#     write yourself. Today save the state_dict.

torch.save(model, folder / "whole.pt")
refused = objection(lambda: torch.load(folder / "whole.pt"), width=110)
print("old:  ", refused)
torch.save({"sizes": sizes, "dropout": dropout, "model": model.state_dict()}, folder / "model.pt")
saved = torch.load(folder / "model.pt")
rebuilt = mlp(saved["sizes"], dropout=saved["dropout"])
print("today:", rebuilt.load_state_dict(saved["model"]))
assert "UnpicklingError" in refused and torch.equal(rebuilt.eval()(pictures), again(pictures))

# %%
# That dictionary with three entries is a small **checkpoint**: a file that holds all it takes to build a model
# again, or to go on with it. Numbers, texts and lists are as welcome in it as tensors.
#
# !!! quiz "Why not pickle a module"
#     Which are good reasons to save `model.state_dict()` and not `model`?
#
#     - [ ] The file becomes much smaller.
#       > Nearly all bytes of either are the weights. The difference is a few kilobytes.
#     - [x] A saved module breaks when your code is moved or renamed.
#       > It stores the names of your classes, and looks for them when it is loaded.
#     - [x] Loading it must run whatever the file asks for.
#       > So it is refused by default, rightly. A state_dict needs nothing of the kind.
#     - [ ] A saved module forgets its weights.
#       > It keeps them. The trouble is all the rest that it keeps.
#
# ## The training, without interruption
#
# Ten thousand pictures of clothes, a small network with dropout, `AdamW`, and a learning rate that rises and
# falls [on a schedule](../1-foundations/08_optimizers.py). What was explained
# [on the page about validation](12_validate-regularize.py) is taken from the package. We stay on the CPU on
# purpose: only there is "to the last bit" a fair promise.
#
# What decides how a training goes on? The next class is the answer, as a list.

x_train, y_train = (part[:10_000] for part in fashion_mnist("train").tensors)
x_val, y_val = (part[:5000] for part in fashion_mnist("val").tensors)
val = batches(x_val, y_val, 1000)


@dataclass
class Training:
    """Everything that decides how a training goes on, but for torch's own random numbers."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: OneCycleLR
    order: torch.Generator  # shuffles the pictures
    losses: list  # validation loss after each epoch


def begin(seed):
    runtime.seed(seed)  # first weights, and later dropout
    model = mlp(sizes, dropout=dropout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    steps = epochs * -(-len(x_train) // batch_size)  # rounded up: the last batch is smaller
    schedule = OneCycleLR(optimizer, max_lr=learning_rate, total_steps=steps)
    return Training(model, optimizer, schedule, torch.Generator().manual_seed(seed), [])


# %%
# And the loop: train until so many epochs are done.


def go_on(training, until):
    train = batches(x_train, y_train, batch_size, shuffle=True, generator=training.order)
    while len(training.losses) < until:
        train_epoch(training.model, train, training.optimizer, scheduler=training.schedule)
        training.losses.append(evaluate(training.model, val).loss)
    return training


uninterrupted = go_on(begin(seed=15), until=epochs)
print("validation loss:", ", ".join(f"{loss:.3f}" for loss in uninterrupted.losses))
claim(uninterrupted.losses[-1] < 0.6 * 2.3026, "it has learned something")

# %%
# ## Stop, save, go on
#
# Now the same again, but after half of the epochs everything goes into a file, and the objects are thrown
# away. Each part with a memory has a `state_dict` or a `get_state` of its own. The optimizer's is the one that
# people forget: Adam keeps two running means for every weight.

state = begin(seed=15).optimizer.state_dict()
print("a new optimizer remembers", len(state["state"]), "tensors")


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
    os.replace(unfinished, path)  # the old file stays until the new one is whole


half = go_on(begin(seed=15), until=stop_after)
save(half, folder / "half.pt")
remembered = half.optimizer.state_dict()["state"]
print("after half the way it remembers", {name: tuple(t.shape) for name, t in remembered[0].items()}, "of weight 0")
assert {"exp_avg", "exp_avg_sq"} <= set(remembered[0])
del half

# %%
# A new process knows nothing of the old one, and its random numbers stand elsewhere. To imitate that, we
# begin with another seed: other weights, another order. Then the file is read, and each part takes back its
# memory. The argument `without` leaves parts out. We will need it in a minute.


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


resumed = go_on(resume(folder / "half.pt"), until=epochs)
pairs = list(zip(uninterrupted.model.parameters(), resumed.model.parameters(), strict=True))
equal = sum((a == b).sum().item() for a, b in pairs)
print(f"{equal:,} of {count_parameters(resumed.model):,} weights are equal to the last bit")
report("weights equal to the last bit", equal / count_parameters(resumed.model))
assert all(torch.equal(a, b) for a, b in pairs)
assert resumed.losses == uninterrupted.losses

# %%
# Not close: equal. Test your own checkpoints like this, once, with two short runs. It is the only test that
# finds a forgotten part, because nothing else complains.
#
# For comparison, let us do what most scripts do, and take only the weights from the file. Everything else
# starts anew.

everything_else = ("optimizer", "schedule", "order", "dropout")
weights_only = go_on(resume(folder / "half.pt", without=everything_else), until=epochs)

with plots.style():
    fig, ax = plt.subplots()
    span = range(1, epochs + 1)
    ax.plot(span, uninterrupted.losses, "-", color="#8c8c8c", linewidth=6, alpha=0.5, label="uninterrupted")
    ax.plot(span, resumed.losses, "--", color=plots.COLORS[0], label="resumed, everything saved")
    ax.plot(span, weights_only.losses, ":", color=plots.COLORS[1], marker="^", label="resumed, weights only")
    ax.axvline(stop_after, color=plots.INK, linestyle=":", linewidth=1)
    ax.set(xlabel="epoch", ylabel="validation loss")
    ax.legend()
    plots.show(
        fig,
        f"Validation loss by epoch. The run resumed after epoch {stop_after} lies exactly on the uninterrupted one "
        f"and ends at {resumed.losses[-1]:.3f}. The run that got only the weights back leaves it soon after, and "
        f"ends at {weights_only.losses[-1]:.3f}.",
    )

# %%
# The dashed line lies on the grey one, point for point. The dotted one turns away soon after the interruption.
# Its schedule began again at the small rate of a first step, and when the training ends the learning rate is
# still high.

rates = {"resumed": resumed, "weights only": weights_only}
rates = {name: training.optimizer.param_groups[0]["lr"] for name, training in rates.items()}
print({name: f"last learning rate {rate:.2g}" for name, rate in rates.items()})
claim(rates["weights only"] > 100 * rates["resumed"], "a schedule that began anew is not finished")

# %%
# ## Forget one part
#
# Which of the parts matters? Leave out one at a time, and measure how far the final weights are from those of
# the uninterrupted run.


def distance(training):
    pairs = zip(uninterrupted.model.parameters(), training.model.parameters(), strict=True)
    return max((a - b).abs().max().item() for a, b in pairs)


forgotten = {"nothing": distance(resumed)}
for name in everything_else:
    forgotten[name] = distance(go_on(resume(folder / "half.pt", without=(name,)), until=epochs))
forgotten["all four"] = distance(weights_only)
plots.bars(list(forgotten), list(forgotten.values()), xlabel="largest difference of a weight")
assert forgotten.pop("nothing") == 0
claim(min(forgotten.values()) > 0.01, "each forgotten part changes the weights")

# %%
# Each of them changes the result. That does not mean a worse network: with another order of the pictures you
# get another, equally good one. But it means that you cannot tell an interruption from a change of your code.
#
# !!! quiz "What else must be saved"
#     You want to resume a training with `SGD(momentum=0.9)`, a schedule, and shuffled batches. The network has
#     no dropout. What belongs into the checkpoint, beside the model's state_dict, if the end shall be the same?
#
#     - [x] The optimizer's state_dict.
#       > It holds the momentum of each weight, and the present learning rate.
#     - [ ] The gradients of the last step.
#       > They were used up by that step. The next backward pass makes new ones from the next batch.
#     - [x] The schedule's state_dict.
#       > Without it the schedule counts from zero again, and the learning rate with it.
#     - [x] The state of the random numbers that shuffle.
#       > Otherwise the following epochs come in another order.
#     - [ ] The training pictures.
#       > They lie where they lay. Do note which data set and version it was.
#
# ## Whole or absent
#
# One line of `save` deserves a second look. Power can fail *while* you write, and half a checkpoint is none.
# What does half a file look like to `torch.load`?

whole = (folder / "half.pt").read_bytes()
print(objection(lambda: torch.load(io.BytesIO(whole[: len(whole) // 2])), width=110))
assert "no objection" not in objection(lambda: torch.load(io.BytesIO(whole[: len(whole) // 2])))
assert not (folder / "half.part").exists()  # the rename left nothing behind

# %%
# If you always write to the same name, such a failure takes the good old checkpoint with it. So write under
# another name, then rename: `os.replace` either happens or does not.
#
# ## The same, from the package
#
# All this is in `kindling.training.fit`: give it a path, and call it again after an interruption. It must come
# to the very network that we made by hand.


def packaged(until, path):
    runtime.seed(15 if not path.exists() else 99)
    model = mlp(sizes, dropout=dropout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    order = torch.Generator().manual_seed(15)
    train = batches(x_train, y_train, batch_size, shuffle=True, generator=order)
    schedule = OneCycleLR(optimizer, max_lr=learning_rate, total_steps=epochs * len(train))
    fit(model, train, val, optimizer=optimizer, epochs=until, scheduler=schedule, checkpoint=path)
    return model


packaged(stop_after, folder / "fit.pt")
finished = packaged(epochs, folder / "fit.pt")
pairs = zip(uninterrupted.model.parameters(), finished.parameters(), strict=True)
equal = all(torch.equal(a, b) for a, b in pairs)
print("fit, interrupted and resumed, gives the network that we made by hand:", equal)
assert equal

# %%
# ## Where it fails
#
# "To the last bit" holds on one machine, with the same versions and the same number of threads. Elsewhere
# sums are added up in another order, and in floating point the order matters:

small_numbers = torch.full((100,), 1e-8)
one_by_one = torch.ones(())
for number in small_numbers:
    one_by_one = one_by_one + number
print(f"1 + a hundred small numbers, one by one {one_by_one:.8f}, the small ones first {1 + small_numbers.sum():.8f}")
assert one_by_one == 1 and 1 + small_numbers.sum() > 1

# %%
# Many kernels of a GPU choose their order anew in each run. There, expect resumed curves to be *close*.
#
# Second, our checkpoint stands at the end of an epoch. Stop in the middle of one, and the shuffle begins a
# new order: some pictures come twice in that epoch and others not at all. The open exercise is about this.
#
# Third, and most often: a checkpoint knows nothing of your code and your data. Give each layer the name that
# it will keep, and write into the checkpoint what you would want to know in a year: sizes, classes in their
# order, how the pictures were scaled, and the validation loss.

note = {"sizes": sizes, "dropout": dropout, "scale": "pixels 0 to 1", "val_loss": uninterrupted.losses[-1]}
torch.save(note | {"model": uninterrupted.model.state_dict()}, folder / "final.pt")
final = torch.load(folder / "final.pt")
restored = mlp(final["sizes"], dropout=final["dropout"])
restored.load_state_dict(final["model"])
print(f"noted {final['val_loss']:.4f}, measured after loading {evaluate(restored, val).loss:.4f}")
assert evaluate(restored, val).loss == final["val_loss"]
assert abs(F.cross_entropy(restored(x_val), y_val).item() - final["val_loss"]) < 1e-4
place.cleanup()

# %%
# That last habit is cheap: a loss that you saved and measure again after loading tells you at once whether
# the network is the one that you meant.
#
# ## Exercises
#
# [The workbook](15_checkpoints.exercises.py) has each of these as a cell with a gap, with a checker that tells
# you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Bugs, devices and a stopwatch](16_debug-devices.py) plants twelve faults into a training like this one and
# catches each with one line. [Validate and regularise](12_validate-regularize.py) uses the best epoch's
# weights, which you now know how to keep.
