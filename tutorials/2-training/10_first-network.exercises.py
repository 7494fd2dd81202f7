# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: your first network

Three tasks and an open question on parameters, on `forward`, and on what
happens between `zero_grad` and `step`. Everything is small and made up on the
spot; no images are needed.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from kindling.models import count_parameters, mlp
from kindling.practice import check

# %%
# ## Count the parameters
#
# A network of fully connected layers is given by its sizes: `[784, 100, 10]` means 784 inputs, a hidden layer of 100
# units, and 10 outputs. How many parameters does it have? Work it out on paper first. Then write a function that gives
# the number for any list of sizes, by arithmetic alone, without building the network.
#
# ??? hint
#     Each layer goes from one size to the next. How many layers does a list of three sizes make?
#
# ??? hint
#     A layer from $n$ inputs to $m$ outputs has $n \times m$ weights, and one bias for each output.


def parameters(sizes):
    """Return how many weights and biases a network with these sizes has."""
    # gap
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))
    # end


check(
    "first-network/count-the-parameters",
    parameters,
    right=lambda sizes: count_parameters(mlp(sizes)),
    cases=[([784, 100, 10],), ([784, 512, 512, 10],), ([4, 3],)],
    mistakes={
        "these are the weights. Every layer also has biases.": lambda sizes: (
            sum(a * b for a, b in pairwise(sizes))
        ),
        "you gave a layer one bias per input. A bias is added to a weighted "
        "sum, and there is one sum per output.": lambda sizes: sum(
            a * (b + 1) for a, b in pairwise(sizes)
        ),
        "you counted a bias for each of the inputs of the network too. Inputs "
        "are given, not computed, so nothing "
        "is added to them.": lambda sizes: (
            sum(a * b for a, b in pairwise(sizes)) + sum(sizes)
        ),
        "that is the first layer alone. Go on through the list, and add the "
        "layers up.": lambda sizes: (sizes[0] + 1) * sizes[1],
        "that is the last layer alone. Add the layers up, and return the sum "
        "after the loop.": lambda sizes: (sizes[-2] + 1) * sizes[-1],
        "you added one bias to each layer as a whole. Each of its outputs has "
        "a bias of its own.": lambda sizes: sum(
            a * b + 1 for a, b in pairwise(sizes)
        ),
    },
)

# %%
# For 784-100-10 that is $785 \times 100 + 101 \times 10 = 79{,}510$. The bias is like a weight of one more input that
# is always 1. That is the "+ 1". Nearly all parameters sit in the first layer.

# %%
# ## A network with two inputs
#
# A tablet records small images of digits, 8 by 8 pixels, and for each image two numbers: how fast the pen was, and how
# hard it was pressed. Both are normalized, so they can be negative. The image goes through a hidden layer of 8 units
# with a ReLU. Then the two numbers are appended after the 8 units, unchanged, and the last layer turns all of them
# into three logits.
#
# No chain of layers can do that, so write the class. Two gaps: the size of the last layer, and `forward`.
#
# ??? hint
#     How many numbers arrive at the last layer for each image? The 8 units, and what else?
#
# ??? hint
#     `torch.cat([a, b], dim=1)` puts the columns of `b` after those of `a`. The image has to be flattened before it
#     meets the hidden layer; leave the batch axis alone.
#
# ??? hint
#     `forward` has three lines: flatten the image; the hidden layer and its ReLU; the last layer on the `torch.cat` of
#     both.


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 8)
        # gap
        #: self.scores = ...
        self.scores = nn.Linear(8 + 2, 3)
        # end

    def forward(self, image, pen):
        """Logits [batch, 3] for images [batch, 1, 8, 8] and pen [batch, 2]."""
        # gap
        x = image.flatten(start_dim=1)
        x = F.relu(self.hidden(x))
        return self.scores(torch.cat([x, pen], dim=1))
        # end


check(
    "first-network/a-network-with-two-inputs",
    TwoInputs,
    right=lambda: (
        hidden := nn.Linear(64, 8),
        scores := nn.Linear(10, 3),
        lambda image, pen: (
            hidden(image.view(-1, 64)).clamp(min=0) @ scores.weight[:, :8].T
            + pen @ scores.weight[:, 8:].T
            + scores.bias
        ),
    )[-1],
    probe=lambda network: network()(torch.randn(5, 1, 8, 8), torch.randn(5, 2)),
    mistakes={
        "not solved yet: `forward` gives nothing back. Fill the gaps, `...`, "
        "and do not forget `return`.": lambda: lambda image, pen: None,
        "there is no activation function after the hidden layer. Without the "
        "ReLU, the two layers are worth no more than one.": lambda: (
            hidden := nn.Linear(64, 8),
            scores := nn.Linear(10, 3),
            lambda image, pen: scores(
                torch.cat([hidden(image.flatten(1)), pen], 1)
            ),
        )[-1],
        "the ReLU also hits the two numbers of the pen, and all that was "
        "negative in them is lost. Put it around the "
        "hidden layer only.": lambda: (
            hidden := nn.Linear(64, 8),
            scores := nn.Linear(10, 3),
            lambda image, pen: scores(
                torch.cat([hidden(image.flatten(1)), pen], 1).relu()
            ),
        )[-1],
        "the logits went through a ReLU. Scores may be negative: after the "
        "last layer there is no activation function.": lambda: (
            hidden := nn.Linear(64, 8),
            scores := nn.Linear(10, 3),
            lambda image, pen: scores(
                torch.cat([hidden(image.flatten(1)).relu(), pen], 1)
            ).relu(),
        )[-1],
        "these are probabilities. Logits were asked for; `F.cross_entropy` "
        "does the softmax itself.": lambda: (
            hidden := nn.Linear(64, 8),
            scores := nn.Linear(10, 3),
            lambda image, pen: scores(
                torch.cat([hidden(image.flatten(1)).relu(), pen], 1)
            ).softmax(1),
        )[-1],
        "the two numbers of the pen come before the hidden units. They were "
        "meant to come after them.": lambda: (
            hidden := nn.Linear(64, 8),
            scores := nn.Linear(10, 3),
            lambda image, pen: scores(
                torch.cat([pen, hidden(image.flatten(1)).relu()], 1)
            ),
        )[-1],
        "the pen is left out: your last layer sees the 8 hidden units alone.": lambda: (
            (
                hidden := nn.Linear(64, 8),
                scores := nn.Linear(8, 3),
                lambda image, pen: scores(hidden(image.flatten(1)).relu()),
            )[-1]
        ),
    },
)

# %%
# Ten numbers arrive at the last layer, 8 and 2. Their order makes no difference to what such a network can learn, but
# weights that were trained in one order are useless in the other.

# %%
# ## One step in small parts
#
# A batch of ten images does not fit into memory, but four images at a time do. Make *one* step of training with
# exactly the gradient of the whole batch: the mean loss over all its images. Nothing may be left over from the step
# before, and the last part may be smaller than the others.
#
# ??? hint
#     PyTorch adds up the gradients of several `backward` calls by itself. So `zero_grad` and `step` come once per
#     batch. Where do they stand?
#
# ??? hint
#     `F.cross_entropy` gives the mean over *its* part. With four images of ten, this mean has to count for four
#     tenths of the mean over all.


def step_in_parts(model, optimizer, x, y, size):
    """Make one step on x, y; show the model at most `size` examples at once."""
    # gap
    #: for some_x, some_y in zip(x.split(size), y.split(size), strict=True):
    #:     ...  # your code, here and around the loop
    optimizer.zero_grad()
    for some_x, some_y in zip(x.split(size), y.split(size), strict=True):
        loss = F.cross_entropy(model(some_x), some_y)
        (loss * len(some_x) / len(x)).backward()
    optimizer.step()
    # end
    return model


check(
    "first-network/one-step-in-small-parts",
    step_in_parts,
    # A batch of 10, then one of 5, so that gradients can be left over. Compared
    # are the weights, and whether the model saw more than four examples at once.
    probe=lambda step: [
        shown := [],
        model := mlp([6, 5, 3]),
        model.register_forward_pre_hook(
            lambda _, inputs: shown.append(len(inputs[0]))
        ),
        optimizer := torch.optim.SGD(model.parameters(), lr=0.5),
        step(model, optimizer, torch.randn(10, 6), torch.arange(10) % 3, 4),
        step(model, optimizer, torch.randn(5, 6), torch.arange(5) % 3, 4),
        [
            *[parameter.detach().clone() for parameter in model.parameters()],
            max(shown, default=0) > 4,
        ],
    ][-1],
    right=lambda model, optimizer, x, y, size: [
        optimizer.zero_grad(),
        F.cross_entropy(
            torch.cat([model(part) for part in x.split(size)]), y
        ).backward(),
        optimizer.step(),
    ],
    mistakes={
        "not solved yet: the weights are where they were. Each part needs a "
        "`backward`, and after the last part "
        "the gradient must still be there for one `step`.": lambda model, optimizer, x, y, size: (
            model
        ),
        "each part counts as if it were the whole batch, so the gradient is "
        "the sum of the means and too long. "
        "What share of the batch is a part?": lambda model, optimizer, x, y, size: [
            optimizer.zero_grad(),
            *[
                F.cross_entropy(model(a), b).backward()
                for a, b in zip(x.split(size), y.split(size), strict=True)
            ],
            optimizer.step(),
        ],
        "the step is right, but the model saw the whole batch at once, and "
        "that does not fit into memory. Show it one "
        "part after the other.": lambda model, optimizer, x, y, size: [
            optimizer.zero_grad(),
            F.cross_entropy(model(x), y).backward(),
            optimizer.step(),
        ],
        "each part counts as if it were the whole batch, and gradients of the "
        "batch before are left over. What "
        "share of the batch is a part, and which line forgets?": lambda model, optimizer, x, y, size: [
            *[
                F.cross_entropy(model(a), b).backward()
                for a, b in zip(x.split(size), y.split(size), strict=True)
            ],
            optimizer.step(),
        ],
        "this is the gradient of the sum over all examples. The mean was "
        "asked for.": lambda model, optimizer, x, y, size: [
            optimizer.zero_grad(),
            *[
                F.cross_entropy(model(a), b, reduction="sum").backward()
                for a, b in zip(x.split(size), y.split(size), strict=True)
            ],
            optimizer.step(),
        ],
        "your gradient divides by the number of parts, not by the number of "
        "examples: the images of the small "
        "last part count more than the others.": lambda model, optimizer, x, y, size: [
            optimizer.zero_grad(),
            *[
                (F.cross_entropy(model(a), b) / len(x.split(size))).backward()
                for a, b in zip(x.split(size), y.split(size), strict=True)
            ],
            optimizer.step(),
        ],
        "your gradient is divided by the number of examples twice: "
        "`F.cross_entropy` is already the mean over its "
        "part. With how many examples does this mean have to count?": lambda model, optimizer, x, y, size: [
            optimizer.zero_grad(),
            *[
                (F.cross_entropy(model(a), b) / len(x)).backward()
                for a, b in zip(x.split(size), y.split(size), strict=True)
            ],
            optimizer.step(),
        ],
        "the last part is weighted as if it had `size` examples. It can be "
        "smaller: ask the part itself how long "
        "it is.": lambda model, optimizer, x, y, size: [
            optimizer.zero_grad(),
            *[
                (F.cross_entropy(model(a), b) * size / len(x)).backward()
                for a, b in zip(x.split(size), y.split(size), strict=True)
            ],
            optimizer.step(),
        ],
        "only the last part has an effect: `zero_grad` inside the loop wipes "
        "out what the parts before it gave.": lambda model, optimizer, x, y, size: [
            *[
                [
                    optimizer.zero_grad(),
                    (F.cross_entropy(model(a), b) * len(a) / len(x)).backward(),
                ]
                for a, b in zip(x.split(size), y.split(size), strict=True)
            ],
            optimizer.step(),
        ],
        "only the last part has an effect, and it counts as if it were the "
        "whole batch: `zero_grad` inside the loop "
        "wipes out what the parts before it gave.": lambda model, optimizer, x, y, size: [
            *[
                [optimizer.zero_grad(), F.cross_entropy(model(a), b).backward()]
                for a, b in zip(x.split(size), y.split(size), strict=True)
            ],
            optimizer.step(),
        ],
        "the first step is right, and the second is not: gradients of the "
        "batch before are left over. Which line "
        "forgets them?": lambda model, optimizer, x, y, size: [
            *[
                (F.cross_entropy(model(a), b) * len(a) / len(x)).backward()
                for a, b in zip(x.split(size), y.split(size), strict=True)
            ],
            optimizer.step(),
        ],
        "you step after every part, so the later parts meet other weights "
        "than the first. One step per batch was "
        "asked for.": lambda model, optimizer, x, y, size: [
            [
                optimizer.zero_grad(),
                (F.cross_entropy(model(a), b) * len(a) / len(x)).backward(),
                optimizer.step(),
            ]
            for a, b in zip(x.split(size), y.split(size), strict=True)
        ],
        "you step after every part, with its full mean: these are several "
        "small batches. One step with the gradient "
        "of the whole batch was asked for.": lambda model, optimizer, x, y, size: [
            [
                optimizer.zero_grad(),
                F.cross_entropy(model(a), b).backward(),
                optimizer.step(),
            ]
            for a, b in zip(x.split(size), y.split(size), strict=True)
        ],
    },
)

# %%
# Gradients that add up are a bug when you forget about it, and a tool when you do not. Each `backward` adds its share
# to `.grad`, and what was needed for it can be thrown away before the next part comes. One `backward` on the sum of
# all losses gives the same numbers, but keeps everything in memory until the end. If all parts have the same length,
# dividing by their number does as well.

# %%
# ## Get more out of six epochs
#
# An open question, with the images and the function `learn` of the tutorial. Put another activation function in place
# of the ReLU, as in `sequential(nn.Tanh)`, and train for two epochs. Which ones come close, and which fall behind?
# Write your prediction down first, from their slopes. Then: what else would you change to get more out of the same six
# epochs? Decide by the validation accuracy of three seeds, and keep the test set closed.
