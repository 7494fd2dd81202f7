# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: a look inside

Three tasks and an open question: an occlusion map, a hook that leaves nothing
behind, and a network that has forgotten everything.
"""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from kindling.practice import check

# %%
# ## An occlusion map
#
# `score` takes images `[N, 1, H, W]` and returns a number for each. Cover one image by a black square of `size` by
# `size` pixels (zeros), at each place where the square fits, beginning at the upper left corner with steps of one
# pixel. Return by how much the score falls at each place.
#
# ??? hint
#     The square fits at `H - size + 1` rows and `W - size + 1` columns. How many maps of the score do you need?
#
# ??? hint
#     Cover a *copy*, `image.clone()`: a slice of a tensor is no copy, and what you cover stays covered.


def occlusion(score, image, size):
    """The fall of the score at each place, [H - size + 1, W - size + 1]."""
    rows, columns = (side - size + 1 for side in image.shape[-2:])
    # gap
    falls = torch.empty(rows, columns)
    for row in range(rows):
        for column in range(columns):
            covered = image.clone()
            covered[..., row : row + size, column : column + size] = 0
            falls[row, column] = (score(image[None]) - score(covered[None]))[0]
    return falls
    # end


check(
    "look-inside/an-occlusion-map",
    occlusion,
    cases=[
        (lambda x: x[:, 0, 1:3, 2:5].sum(dim=(1, 2)), torch.ones(1, 5, 7), 2),
        (
            lambda x: x[:, 0, 3].square().sum(dim=1) - x[:, 0, 0, 0],
            torch.rand(1, 6, 5, generator=torch.Generator().manual_seed(22)),
            3,
        ),
    ],
    **(lambda answers: {"right": answers.pop(""), "mistakes": answers})(
        {
            message: lambda score, image, size, change=change: change(
                lambda k: torch.stack(
                    [
                        score(image[None])[0]
                        - score(
                            image[None]
                            * (
                                1
                                - F.pad(
                                    torch.ones(k, k),
                                    (
                                        place % (image.shape[2] - size + 1),
                                        image.shape[2]
                                        - place % (image.shape[2] - size + 1)
                                        - k,
                                        place // (image.shape[2] - size + 1),
                                        image.shape[1]
                                        - place // (image.shape[2] - size + 1)
                                        - k,
                                    ),
                                )
                            )
                        )[0]
                        for place in range(
                            (image.shape[1] - size + 1)
                            * (image.shape[2] - size + 1)
                        )
                    ]
                ).view(image.shape[1] - size + 1, -1),
                size,
                score(image[None])[0],
            )
            for message, change in {
                "": lambda fall, size, whole: fall(size),
                "the sign is turned: where the score *falls*, the map should "
                "be positive.": lambda fall, size, whole: -fall(size),
                "this is the score of the covered image. Its fall from that "
                "of the whole image was asked "
                "for.": lambda fall, size, whole: whole - fall(size),
                "your loops stop one place too early, in both "
                "directions.": lambda fall, size, whole: fall(size)[:-1, :-1],
                "your square is one pixel larger than "
                "`size`.": lambda fall, size, whole: fall(size + 1),
                "your square is one pixel smaller than "
                "`size`.": lambda fall, size, whole: fall(size - 1),
                "rows and columns have changed "
                "places.": lambda fall, size, whole: fall(size).T,
                "this is the share by which the score falls. The difference "
                "was asked for.": lambda fall, size, whole: fall(size) / whole,
            }.items()
        }
    ),
)

# %%
# The largest fall is where the square covers most of what the score is made of. In the first case this is a rectangle
# of two rows and three columns, so that the map has its largest values inside of it. Test a way of looking first
# on a score whose reasons you know.

# %%
# ## Leave no hook behind
#
# Return what `layer`, a part of `model`, gives when the model is applied to `x`: detached, so that it keeps no graph
# alive. After the call the model must be as it was: a hook that stays would be called each time.
#
# ??? hint
#     `layer.register_forward_hook(function)` calls `function(module, inputs, output)` after the layer. It returns a
#     handle.
#
# ??? hint
#     The handle has the method `remove()`.


def recorded(model, layer, x):
    """What the layer gives for x, detached."""
    # gap
    kept = []
    hook = layer.register_forward_hook(
        lambda module, inputs, output: kept.append(output.detach())
    )
    model(x)
    hook.remove()
    return kept[0]
    # end


def inspected(function):
    """The output, and what is left of the call."""
    torch.manual_seed(22)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    found = function(model, model[1], torch.ones(2, 3))
    hooks = sum(len(part._forward_hooks) for part in model.modules())
    return [found, getattr(found, "requires_grad", False), hooks]


check(
    "look-inside/leave-no-hook-behind",
    recorded,
    probe=inspected,
    right=lambda model, layer, x: model[:2](x).detach(),
    mistakes={
        "the output is right, and your hook is still there. Remove it, by "
        "the handle that you got.": lambda model, layer, x: (
            layer.register_forward_hook(lambda *all: None)
            and model[:2](x).detach()
        ),
        "the output still holds the graph of its computation. Detach "
        "it.": lambda model, layer, x: model[:2](x),
        "the output still holds its graph, and your hook is still there: "
        "detach the one, remove the other.": lambda model, layer, x: (
            layer.register_forward_hook(lambda *all: None) and model[:2](x)
        ),
        "this is the output of the whole model. Keep what the hook is "
        "shown.": lambda model, layer, x: model(x).detach(),
        "this is what goes *into* the layer. The third argument of a hook "
        "is its output.": lambda model, layer, x: model[:1](x).detach(),
        "you applied the layer to the model's input, or to nothing that it "
        "meets in the model: the other layers are "
        "missing.": lambda model, layer, x: layer(x).detach(),
        "this is the list of all that was kept. Take its only "
        "element.": lambda model, layer, x: [model[:2](x).detach()],
    },
)

# %%
# If the model raises an error, the line with `remove()` is never reached. The tutorial puts it into `finally`, which
# runs in any case.

# %%
# ## Forget everything
#
# For the test with random weights, write a function that returns a *copy* of a model in which every layer starts
# again: fresh random weights, and in batch normalization fresh statistics. The model itself must stay as it is.
#
# ??? hint
#     `copy.deepcopy(model)` copies a model with all of its parts. `modules()` gives all parts, the small ones as
#     well.
#
# ??? hint
#     Layers with parameters have the method `reset_parameters()`. A ReLU has none: ask by `hasattr`.


def forgetful(model):
    """Return a copy with fresh weights."""
    # gap
    stranger = copy.deepcopy(model)
    for part in stranger.modules():
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()
    return stranger
    # end


def compared(function):
    """What has changed in the model, and what differs in the copy."""
    model = nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8, 3),
    )
    model(torch.randn(5, 1, 4, 4))  # moves the statistics of batch norm
    before = copy.deepcopy(model.state_dict())
    stranger = function(model).state_dict()
    same = [torch.equal(before[k], v) for k, v in model.state_dict().items()]
    kept = [
        torch.equal(before[k], stranger[k])
        for k in ("0.0.weight", "3.weight", "0.1.running_mean")
    ]
    zeros = bool((stranger["3.weight"] == 0).any())
    return [all(same), *kept, zeros]


check(
    "look-inside/forget-everything",
    forgetful,
    probe=compared,
    **(
        lambda reset: {
            "right": lambda model: reset(copy.deepcopy(model)),
            "mistakes": {
                "you have changed the model itself. Work on a "
                "copy.": lambda model: reset(model),
                "the copy still knows everything: nothing in it was "
                "reset.": lambda model: copy.deepcopy(model),
                "the layers inside of a stage are not reset. `children()` "
                "gives only the outermost parts; `modules()` gives "
                "all.": lambda model: nn.Sequential(
                    *copy.deepcopy(model)[:-1], reset(copy.deepcopy(model[-1]))
                ),
                "batch normalization still has its statistics, which were "
                "learned as well.": lambda model: nn.Sequential(
                    nn.Sequential(
                        reset(copy.deepcopy(model[0][0])),
                        copy.deepcopy(model[0][1]),
                    ),
                    *reset(copy.deepcopy(model[1:])),
                ),
            },
        }
    )(
        lambda model: (
            [
                part.reset_parameters()
                for part in model.modules()
                if hasattr(part, "reset_parameters")
            ]
            and model
        )
    ),
)

# %%
# `reset_parameters` of batch normalization also resets its statistics. A test that forgets them compares with a
# network that has learned a little.

# %%
# ## The maps of your own network
#
# An open question. Mark all sneakers of the training set by a white square of 3 by 3 pixels in the upper left corner,
# train the tutorial's network, and look at the three maps of a marked sneaker. Which of them shows the square? What is
# the answer for a marked bag, and for a sneaker without the mark? Now give a friend the network and the maps, without
# a word about the mark: would they find it?
#
# Then train with the mark on half of the sneakers only. From which share on is the network safe from it?
