# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: transfer learning

Three tasks and an open question: freeze all but the last layers, compute
features once, and give old and new layers rates of their own.
"""

import torch
from torch import nn

from kindling.models import count_parameters, mlp
from kindling.practice import check

# %%
# ## The last layers
#
# `layers` is an `nn.Sequential`. Freeze all of it except the last `k` layers *that have parameters*: a ReLU or a
# dropout at the end does not count. Return how many numbers are left to train.
#
# ??? hint
#     First freeze everything with `requires_grad_(False)`. Then unfreeze what you need.
#
# ??? hint
#     `count_parameters(layer) > 0` tells which layers have parameters. Take the last `k` of *these*; what does
#     `some_list[-k:]` give for `k = 0`?


def unfreeze_last(layers, k):
    """Train only the last k layers with parameters; return their size."""
    # gap
    layers.requires_grad_(False)
    learning = [layer for layer in layers if count_parameters(layer) > 0]
    for layer in learning[len(learning) - k :]:
        layer.requires_grad_(True)
    return count_parameters(layers, trainable_only=True)
    # end


def sizes(layers):
    """The parameters of each layer that has some."""
    return [n for n in map(count_parameters, layers) if n > 0]


def state(function):
    """What a function returns, and which parameters it leaves to train."""
    found = []
    for widths, k in [([8, 6, 4, 2], 1), ([8, 6, 4, 2], 2), ([5, 3], 0)]:
        layers = mlp(widths, dropout=0.5)
        layers.append(nn.ReLU())
        number = function(layers, k)
        found.append([number, [p.requires_grad for p in layers.parameters()]])
    return found


def trained(layers, chosen):
    """Set which of the layers with parameters train; return their size."""
    learning = [layer for layer in layers if count_parameters(layer) > 0]
    for layer, on in zip(learning, chosen(len(learning)), strict=True):
        layer.requires_grad_(on)
    return count_parameters(layers, trainable_only=True)


check(
    "transfer-learning/the-last-layers",
    unfreeze_last,
    probe=state,
    right=lambda layers, k: trained(
        layers, lambda n: [i >= n - k for i in range(n)]
    ),
    mistakes={
        "nothing is frozen, so all layers train.": lambda layers, k: trained(
            layers, lambda n: [True] * n
        ),
        "everything is frozen, so no layer trains.": lambda layers, k: trained(
            layers, lambda n: [False] * n
        ),
        "you froze the last layers and left the first to train. It should "
        "be the other way round.": lambda layers, k: trained(
            layers, lambda n: [i < n - k for i in range(n)]
        ),
        "with `k = 0` nothing may train. `some_list[-0:]` is the whole "
        "list.": lambda layers, k: trained(
            layers, lambda n: [i >= n - k or k == 0 for i in range(n)]
        ),
        "you unfroze the *first* k layers.": lambda layers, k: trained(
            layers, lambda n: [i < k for i in range(n)]
        ),
        "the right layers train. The number should count only their "
        "parameters, and you counted the frozen ones as "
        "well.": lambda layers, k: (
            trained(layers, lambda n: [i >= n - k for i in range(n)]),
            count_parameters(layers),
        )[1],
        "you counted layers that have no parameters, such as the ReLU at "
        "the end.": lambda layers, k: (
            layers.requires_grad_(False),
            [layer.requires_grad_(True) for layer in layers[len(layers) - k :]],
            count_parameters(layers, trainable_only=True),
        )[2],
        "the number is right, and nothing was frozen.": lambda layers, k: sum(
            sizes(layers)[len(sizes(layers)) - k :]
        ),
    },
)

# %%
# With such a function you can sweep over `k`: train the last layer, the last two, and so on, and see when the validation
# accuracy stops rising. Remember that more layers want a smaller rate.

# %%
# ## Once
#
# Write the function that computes features once. `body` is any network, `loader` gives batches `(x, y)`. Return all
# features and all labels, in the order of the loader. The body must be in eval mode meanwhile, and no gradients
# recorded. The loader gives each batch only once, so run through it once.
#
# ??? hint
#     Collect the parts in two lists, and put each list together at the end with `torch.cat`.
#
# ??? hint
#     Two things have to be switched off: dropout and batch statistics by `body.eval()`, recording by
#     `torch.no_grad()`.


def compute_once(body, loader):
    """Return features [N, ...] and labels [N] of all batches."""
    # gap
    body.eval()
    found, labels = [], []
    with torch.no_grad():
        for x, y in loader:
            found.append(body(x))
            labels.append(y)
    return torch.cat(found), torch.cat(labels)
    # end


def collected(body, loader, *, training=False, keep=lambda parts: parts):
    """Features and labels in a given mode, perhaps of some batches only."""
    body.train(training)
    torch.manual_seed(0)
    with torch.no_grad():
        parts = keep([(body(x), y) for x, y in loader])
    return tuple(map(torch.cat, zip(*parts, strict=True)))


def seen(function):
    """The features and labels of 8 examples, and whether a graph hangs on."""
    torch.manual_seed(24)
    body = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))
    x, y = torch.randn(8, 4), torch.tensor([0, 1, 1, 0, 1, 0, 0, 1])
    body.train()
    f, labels = function(body, zip(x.split(3), y.split(3), strict=True))
    moved = body[1].running_mean.abs().sum().item() > 0
    return [f.detach(), labels, f.requires_grad, moved]


def recorded(body, loader):
    parts = [(body.eval()(x), y) for x, y in loader]
    return tuple(map(torch.cat, zip(*parts, strict=True)))


check(
    "transfer-learning/once",
    compute_once,
    probe=seen,
    right=collected,
    mistakes={
        "the body is in train mode: dropout is active, and batch "
        "normalization uses the batch.": lambda body, loader: collected(
            body, loader, training=True
        ),
        "the features still hold the graph of their computation, and all "
        "the memory that it needs. Use `torch.no_grad()`.": recorded,
        "these are the features of the first batch "
        "only.": lambda body, loader: collected(
            body, loader, keep=lambda parts: parts[:1]
        ),
        "these are the features of the last batch only.": lambda body, loader: (
            collected(body, loader, keep=lambda parts: parts[-1:])
        ),
        "the last batch is smaller, and it belongs to the data as "
        "well.": lambda body, loader: collected(
            body, loader, keep=lambda parts: parts[:-1]
        ),
        "the batches come out in the wrong order.": lambda body, loader: (
            collected(body, loader, keep=lambda parts: parts[::-1])
        ),
        "these are the images themselves. Send them through the "
        "body.": lambda body, loader: collected(nn.Identity(), loader),
    },
)

# %%
# `kindling.metrics.predict` does nearly this for inputs that are in memory. Whatever you compute once, write down with
# which body and which preparation: features of another body are as useless as weights of another network.

# %%
# ## Two rates
#
# Make the parameter groups for an optimizer: those of `body` at the rate `slow`, those of `head` at the rate `fast`, in
# this order. Leave out parameters that are frozen, and leave out a group in which nothing is left. A group is a
# dictionary with the entries `"params"`, a list, and `"lr"`.
#
# ??? hint
#     `[p for p in body.parameters() if p.requires_grad]` is what may train of the body.
#
# ??? hint
#     Make both groups, then keep those whose list is not empty.


def two_rates(body, head, slow, fast):
    """Return parameter groups: the body at `slow`, the head at `fast`."""
    # gap
    groups = []
    for module, rate in ((body, slow), (head, fast)):
        params = [p for p in module.parameters() if p.requires_grad]
        if params:
            groups.append({"params": params, "lr": rate})
    return groups
    # end


def groups_of(function):
    """Rate and sizes of each group, for three bodies."""
    found = []
    for frozen in (0, 1, 2):
        body = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 5))
        for layer in body[:frozen]:
            layer.requires_grad_(False)
        groups = function(body, nn.Linear(5, 2), 1e-4, 1e-2)
        sizes = [[p.numel() for p in group["params"]] for group in groups]
        found.append([[g["lr"] for g in groups], sizes])
    return found


def grouped(pairs, *, all_of_them=False, empty=False):
    """Groups of (module, rate); perhaps with frozen ones, or empty ones."""
    groups = [
        {
            "params": [
                p for p in module.parameters() if p.requires_grad or all_of_them
            ],
            "lr": rate,
        }
        for module, rate in pairs
    ]
    return [group for group in groups if group["params"] or empty]


check(
    "transfer-learning/two-rates",
    two_rates,
    probe=groups_of,
    right=lambda body, head, slow, fast: grouped([(body, slow), (head, fast)]),
    mistakes={
        "the rates are swapped: the new head is the one that has far to "
        "go.": lambda body, head, slow, fast: grouped(
            [(body, fast), (head, slow)]
        ),
        "the head comes first in your list. The order was the body, then "
        "the head.": lambda body, head, slow, fast: grouped(
            [(head, fast), (body, slow)]
        ),
        "there are frozen parameters in your "
        "groups.": lambda body, head, slow, fast: grouped(
            [(body, slow), (head, fast)], all_of_them=True
        ),
        "when the whole body is frozen, its group is empty. Leave it "
        "out.": lambda body, head, slow, fast: grouped(
            [(body, slow), (head, fast)], empty=True
        ),
        "your groups lack the head.": lambda body, head, slow, fast: grouped(
            [(body, slow)]
        ),
        "your groups lack the body.": lambda body, head, slow, fast: grouped(
            [(head, fast)]
        ),
        "both groups have the small rate.": lambda body, head, slow, fast: (
            grouped([(body, slow), (head, slow)])
        ),
        "both groups have the large rate.": lambda body, head, slow, fast: (
            grouped([(body, fast), (head, fast)])
        ),
    },
)

# %%
# What is not given in a group, such as the weight decay, the optimizer takes from its own arguments. A learning-rate
# schedule scales each group's rate by the same factor.

# %%
# ## Your own two classes
#
# An open question. Take forty photos of two things that you can tell apart and that are in no list: your cup and your
# neighbor's, two kinds of leaves, two handwritings. Make a folder for each class, and train a head on frozen features.
# Photograph the test images on another day, in another place. How much worse are they than a random tenth of the first
# photos?
#
# Then look at what the head may have learned *instead* of the thing: photograph the background alone, and ask it.
