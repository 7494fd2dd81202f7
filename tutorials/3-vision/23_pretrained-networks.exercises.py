# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: a network that others trained

Three tasks and an open question: undo a preparation, count with five tries, and
ask a coarser question than the list was made for.
"""

import torch

from kindling.practice import check

# %%
# ## Back to colors
#
# A prepared image cannot be drawn: its numbers are shifted and scaled, channel by channel. Undo that. `prepared` has
# shape `[3, H, W]`, and `mean` and `std` are lists of three numbers. What comes back must lie between 0 and 1, since
# rounding may leave a number just outside: clamp it.
#
# ??? hint
#     Normalizing computed `(x - mean) / std`. Which two steps undo it, and in which order?
#
# ??? hint
#     A tensor of shape `[3]` does not broadcast over `[3, H, W]` as you want; one of shape `[3, 1, 1]` does.


def to_colors(prepared, mean, std):
    """Return the image [3, H, W] as it was before it was normalized."""
    # gap
    mean, std = (torch.tensor(v).reshape(3, 1, 1) for v in (mean, std))
    return (prepared * std + mean).clamp(0, 1)
    # end


check(
    "pretrained-networks/back-to-colors",
    to_colors,
    right=lambda prepared, mean, std: torch.stack(
        [
            (channel * s + m).clamp(0, 1)
            for channel, m, s in zip(prepared, mean, std, strict=True)
        ]
    ),
    cases=[
        (
            torch.linspace(-2.2, 2.7, 27).reshape(3, 3, 3),
            [0.485, 0.456, 0.406],
            [0.229, 0.224, 0.225],
        ),
        (
            torch.randn(3, 3, 3, generator=torch.Generator().manual_seed(1)),
            [0.2, 0.5, 0.7],
            [0.1, 0.3, 0.4],
        ),
    ],
    mistakes={
        "numbers below 0 or above 1 are left. Clamp them at the "
        "end.": lambda x, mean, std: (
            x * torch.tensor(std).reshape(3, 1, 1)
            + torch.tensor(mean).reshape(3, 1, 1)
        ),
        "you added the mean first. Normalizing subtracted it first, so "
        "here it comes last.": lambda x, mean, std: (
            (x + torch.tensor(mean).reshape(3, 1, 1))
            * torch.tensor(std).reshape(3, 1, 1)
        ).clamp(0, 1),
        "this normalizes a second time. Multiply by the standard "
        "deviation, then add the mean.": lambda x, mean, std: (
            (x - torch.tensor(mean).reshape(3, 1, 1))
            / torch.tensor(std).reshape(3, 1, 1)
        ).clamp(0, 1),
        "the mean is missing: the image is too dark.": lambda x, mean, std: (
            x * torch.tensor(std).reshape(3, 1, 1)
        ).clamp(0, 1),
        "the standard deviation is missing: the contrast is too "
        "strong.": lambda x, mean, std: (
            x + torch.tensor(mean).reshape(3, 1, 1)
        ).clamp(0, 1),
        "you clamped before you undid anything. The prepared numbers may "
        "well be negative.": lambda x, mean, std: (
            x.clamp(0, 1) * torch.tensor(std).reshape(3, 1, 1)
            + torch.tensor(mean).reshape(3, 1, 1)
        ),
        "your mean and standard deviation go along the columns. They "
        "belong to the channels: give them shape "
        "`[3, 1, 1]`.": lambda x, mean, std: (
            x * torch.tensor(std) + torch.tensor(mean)
        ).clamp(0, 1),
        "your mean and standard deviation go along the rows. They belong "
        "to the channels: give them shape "
        "`[3, 1, 1]`.": lambda x, mean, std: (
            x * torch.tensor(std).reshape(3, 1)
            + torch.tensor(mean).reshape(3, 1)
        ).clamp(0, 1),
        "this stretches the image from its darkest to its brightest "
        "number. The colors are then not those of the "
        "photo.": lambda x, mean, std: (x - x.min()) / (x.max() - x.min()),
    },
)

# %%
# If you only want to look at what a network gets, draw the image *before* it is normalized, as the lesson does. You
# need the way back when the prepared tensor is all you have, or when the image itself is what you change.

# %%
# ## Five tries
#
# Write the top-k accuracy: the share of images whose true class is among the `k` largest logits. `logits` has shape
# `[N, classes]`, `y` has shape `[N]`.
#
# ??? hint
#     `logits.topk(k, dim=1).indices` has shape `[N, k]`. Compare it with the true classes; which shape must they have?
#
# ??? hint
#     `y.unsqueeze(1)` has shape `[N, 1]`. Of the k comparisons of an image, *any* may be true.


def topk_accuracy(logits, y, k):
    """Return the share of images with the true class among the first k."""
    # gap
    best = logits.topk(k, dim=1).indices  # [N, k]
    hits = (best == y.unsqueeze(1)).any(dim=1)
    return hits.float().mean().item()
    # end


def ranked(logits, y):
    """The rank of the true class of each image, counted from 0."""
    own = logits.gather(1, y.unsqueeze(1))
    return (logits > own).sum(dim=1)


random = torch.Generator().manual_seed(23)
check(
    "pretrained-networks/five-tries",
    topk_accuracy,
    right=lambda logits, y, k: (ranked(logits, y) < k).float().mean().item(),
    cases=[
        (
            torch.randn(40, 10, generator=random),
            torch.randint(10, (40,), generator=random),
            3,
        ),
        (
            torch.randn(64, 100, generator=random),
            torch.randint(100, (64,), generator=random),
            5,
        ),
        (
            torch.randn(7, 5, generator=random),
            torch.randint(5, (7,), generator=random),
            1,
        ),
    ],
    mistakes={
        "this is the accuracy of the first guess alone.": lambda logits, y, k: (
            (ranked(logits, y) < 1).float().mean().item()
        ),
        "you divided by k as well. An image is right once, or not at "
        "all.": lambda logits, y, k: (
            (ranked(logits, y) < k).float().mean().item() / k
        ),
        "this is a number of images. Divide by how many there "
        "are.": lambda logits, y, k: (ranked(logits, y) < k).sum().item(),
        "this is a percentage. A share between 0 and 1 was "
        "asked for.": lambda logits, y, k: (
            100 * (ranked(logits, y) < k).float().mean().item()
        ),
        "you took the k smallest logits.": lambda logits, y, k: (
            (ranked(-logits, y) < k).float().mean().item()
        ),
        "this is the share of wrong answers.": lambda logits, y, k: (
            (ranked(logits, y) >= k).float().mean().item()
        ),
        "you try k + 1 names.": lambda logits, y, k: (
            (ranked(logits, y) < k + 1).float().mean().item()
        ),
        "you compare the k best *logits* with the class. You need "
        "their places: `.indices`.": lambda logits, y, k: (
            (logits.topk(k, dim=1).values == y.unsqueeze(1))
            .any(dim=1)
            .float()
            .mean()
            .item()
        ),
    },
)

# %%
# `torch.topk` does not sort all thousand logits, and you need no softmax: it keeps their order.

# %%
# ## A coarser question
#
# The thousand classes have many dogs and few cats, and you only want to know which of the two it is. Each *group* is a
# list of places in the list of names. Give each group the total probability of its names, and return for each image
# the number of the group with the most.
#
# ??? hint
#     Probabilities can be added; logits cannot. Begin with a softmax over *all* classes.
#
# ??? hint
#     `p[:, group].sum(dim=1)` is the total of one group, for all images. Stack the totals, and take `argmax`.


def group_of(logits, groups):
    """Return the likeliest group of each image: [N, classes] -> [N]."""
    # gap
    p = logits.softmax(dim=1)
    totals = [p[:, group].sum(dim=1) for group in groups]
    return torch.stack(totals, dim=1).argmax(dim=1)
    # end


many = torch.Generator().manual_seed(24)
few_strong = torch.tensor(
    [
        [3.0, 0.0, 2.5, 2.5, 2.5, 0.0],
        [4.0, 0.0, 2.0, 2.0, 2.0, 9.0],
        [-3.0, -3.0, -1.0, -1.0, -1.0, 0.0],
        [1.0, 1.0, 0.2, 0.2, 0.2, 5.0],
        [0.0, 2.0, 1.2, 1.2, 1.2, 1.0],
        [5.0, -9.0, 1.0, 1.0, 1.0, 0.0],
    ]
)
check(
    "pretrained-networks/a-coarser-question",
    group_of,
    right=lambda logits, groups: torch.stack(
        [logits[:, group].logsumexp(dim=1) for group in groups], dim=1
    ).argmax(dim=1),
    cases=[
        (few_strong, [[0, 1], [2, 3, 4]]),
        (few_strong, [[2, 3, 4], [5], [0, 1]]),
        (
            3 * torch.randn(60, 20, generator=many),
            [list(range(12)), [12, 13, 14], [17]],
        ),
    ],
    mistakes={
        "you added up logits. They are not probabilities: a group of many "
        "unlikely names then wins or loses by its "
        "size.": lambda logits, groups: torch.stack(
            [logits[:, group].sum(dim=1) for group in groups], dim=1
        ).argmax(dim=1),
        "you asked only for the likeliest name. Many less likely names of "
        "one group may have more together.": lambda logits, groups: torch.stack(
            [logits[:, group].amax(dim=1) for group in groups], dim=1
        ).argmax(dim=1),
        "you took the mean of the group's probabilities. The total was "
        "asked for.": lambda logits, groups: torch.stack(
            [logits.softmax(dim=1)[:, group].mean(dim=1) for group in groups],
            dim=1,
        ).argmax(dim=1),
        "you took a softmax inside each group. Then every group's total "
        "is one.": lambda logits, groups: torch.zeros(
            len(logits), dtype=torch.long
        ),
        "this is the place of a name in the list of "
        "classes.": lambda logits, groups: logits.argmax(dim=1),
        "these are the totals. Which group has the "
        "most?": lambda logits, groups: torch.stack(
            [logits.softmax(dim=1)[:, group].sum(dim=1) for group in groups],
            dim=1,
        ),
        "you chose the group with the least "
        "probability.": lambda logits, groups: torch.stack(
            [logits[:, group].logsumexp(dim=1) for group in groups], dim=1
        ).argmin(dim=1),
        "your softmax is over the images. It must be over the "
        "classes.": lambda logits, groups: torch.stack(
            [logits.softmax(dim=0)[:, group].sum(dim=1) for group in groups],
            dim=1,
        ).argmax(dim=1),
    },
)

# %%
# With the groups of the lesson, this gives each photo of a cat or a dog one of two answers, and none is lost to
# "something else". Its mistakes lean to one side, toward the group with more names.

# %%
# ## Your own photos
#
# An open question. Take five photos of things around you, and write down before you look which of the thousand names
# you expect. `names` is a list that you can search. How often is your name among the first five? What does the network
# say of the others, and what in the photo may have led it there? Cover that part with gray, and ask again.
#
# Then choose a larger network of torchvision, with *its* `weights.transforms()`, and compare. Which of the mistakes
# has it in common with SqueezeNet? Is that the network, or the list?
