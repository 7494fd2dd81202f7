# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: the flower challenge

Three tasks and an open question: names for a network's answers, the pair that
it confuses most, and how many photos a disguise moves to the other side.
"""

import torch

from kindling.practice import check

# %%
# ## Names for the answers
#
# A network returns one logit for each class, and the checkpoint has `class_to_idx`, a dictionary from the name of each
# class to its index. Its entries may stand in any order. Return the names of the `count` most probable classes, the
# most probable first. With fewer classes than `count`, return them all.
#
# ??? hint
#     Softmax keeps the order, so the largest logits will do. `logits.topk(k)` returns values and indices, largest
#     first, and refuses a `k` that is larger than the number of classes.
#
# ??? hint
#     You need the table the other way around, from index to name: `{i: name for name, i in class_to_idx.items()}`.


def name_top(logits, class_to_idx, count):
    """Return a list of names for logits [classes]."""
    # gap
    name_of = {i: name for name, i in class_to_idx.items()}
    indices = logits.topk(min(count, len(logits))).indices
    return [name_of[i] for i in indices.tolist()]
    # end


def ranked(logits, names, count, largest=True):
    count = min(count, len(logits))
    return [names[i] for i in logits.topk(count, largest=largest).indices]


def by_index(table):
    return sorted(table, key=table.get)


FLOWERS = {"rose": 2, "aster": 0, "daisy": 3, "iris": 1}
check(
    "flower-challenge/names-for-the-answers",
    name_top,
    right=lambda logits, table, count: ranked(logits, by_index(table), count),
    cases=[
        (torch.tensor([0.1, 2.5, -1.0, 0.7]), FLOWERS, 3),
        (torch.tensor([3.0, -2.0, 1.5, 4.0]), FLOWERS, 1),
        (torch.tensor([-4.0, -1.0, -3.0, -2.0]), FLOWERS, 5),
    ],
    mistakes={
        "you take the names in the order in which they stand in the "
        "dictionary. The index of a name is its value "
        "there.": lambda logits, table, count: ranked(
            logits, list(table), count
        ),
        "you take the names in alphabetical order. That holds for a fresh "
        "`ImageFolder`; here, ask the table.": lambda logits, table, count: (
            ranked(logits, sorted(table), count)
        ),
        "these are the least probable classes. `topk` with `largest=True`, "
        "its default, is the one.": lambda logits, table, count: ranked(
            logits, by_index(table), count, largest=False
        ),
        "the names are right, and the order is reversed: the most probable "
        "comes first.": lambda logits, table, count: ranked(
            logits, by_index(table), count
        )[::-1],
        "these are indices. The names were asked "
        "for.": lambda logits, table, count: ranked(
            logits, range(len(logits)), count
        ),
        "you return all classes. Only the first `count` of them were asked "
        "for.": lambda logits, table, count: ranked(
            logits, by_index(table), len(logits)
        ),
        "you return one name, the most probable. `count` says how many were "
        "asked for.": lambda logits, table, count: ranked(
            logits, by_index(table), 1
        ),
    },
)

# %%
# The first mistake is the dangerous one. It raises no error, and while you test with a fresh `ImageFolder`, whose
# dictionary is sorted, it gives the right answer.

# %%
# ## The worst pair
#
# `table[i, j]` counts the images of class `i` that were taken for class `j`. Return the pair `(i, j)` of the most
# frequent *error*, as two integers. No two errors are equally frequent.
#
# ??? hint
#     The diagonal holds the right answers. Put zeros there, in a copy: `table.clone().fill_diagonal_(0)`.
#
# ??? hint
#     `argmax()` of a table counts its numbers row by row. With `C` columns, number `n` is in row `n // C` and in
#     column `n % C`.


def worst_pair(table):
    """Return (true class, told class) of the most frequent error."""
    # gap
    errors = table.clone().fill_diagonal_(0)
    return divmod(errors.argmax().item(), len(table))
    # end


def errors_of(table):
    return table.clone().fill_diagonal_(0)


def place(table):
    return divmod(table.argmax().item(), table.shape[1])


check(
    "flower-challenge/the-worst-pair",
    worst_pair,
    right=lambda table: place(errors_of(table)),
    cases=[
        (torch.tensor([[50, 2, 8], [4, 40, 1], [3, 9, 61]]),),
        (
            torch.tensor(
                [[3, 7, 0, 1], [2, 30, 5, 4], [6, 0, 2, 9], [8, 0, 0, 1]]
            ),
        ),
    ],
    mistakes={
        "you found the largest number of all, and it stands on the diagonal: "
        "these images were answered right.": place,
        "rows and columns have changed places: the true class comes "
        "first.": lambda table: place(errors_of(table))[::-1],
        "this is the number of the place, counted row by row. Turn it into "
        "a row and a column.": lambda table: errors_of(table).argmax().item(),
        "you added the errors in both directions. `i` taken for `j` and `j` "
        "taken for `i` are two pairs.": lambda table: place(
            (errors_of(table) + errors_of(table).T).triu()
        ),
        "you found the class with the most errors and the class that is "
        "named most often by error. These two need not belong "
        "together.": lambda table: (
            errors_of(table).sum(dim=1).argmax().item(),
            errors_of(table).sum(dim=0).argmax().item(),
        ),
        "this is the number of such errors. The pair was asked "
        "for.": lambda table: errors_of(table).max().item(),
    },
)

# %%
# Counts favor large classes. If the classes differ in size, divide each row by its sum first: then the table says what
# share of a class was taken for another.

# %%
# ## Moved by the disguise
#
# A network answered the same images twice, as they are and disguised: `before` and `after` hold the indices of its
# answers, and `collection[c]` is the collection, 0 or 1, that class `c` comes from. Return the share of all images
# whose answer moved to the *other collection*, as a float.
#
# ??? hint
#     `collection[before]` has the collection of each answer, for all images at once.
#
# ??? hint
#     Compare image by image, and only then take the mean.


def moved(before, after, collection):
    """Return a share from 0 to 1 for answers [N] and [N]."""
    # gap
    crossed = collection[before] != collection[after]
    return crossed.float().mean().item()
    # end


FOUR = torch.tensor([0, 0, 1, 1])
check(
    "flower-challenge/moved-by-the-disguise",
    moved,
    right=lambda before, after, collection: (
        sum(
            collection[b].item() != collection[a].item()
            for b, a in zip(before, after, strict=True)
        )
        / len(before)
    ),
    cases=[
        (
            torch.tensor([0, 1, 0, 1, 2, 3, 0, 1]),
            torch.tensor([2, 0, 0, 3, 0, 2, 0, 2]),
            FOUR,
        ),
        (
            torch.tensor([0, 1, 2, 2, 1]),
            torch.tensor([1, 2, 2, 0, 1]),
            torch.tensor([0, 1, 1]),
        ),
    ],
    mistakes={
        "you count every answer that changed. From one class to another of "
        "the same collection is no move.": lambda before, after, collection: (
            (before != after).float().mean().item()
        ),
        "this is a count. Divide by the number of "
        "images.": lambda before, after, collection: (
            (collection[before] != collection[after]).sum().item()
        ),
        "you compare two shares, before and after. Images that moved in "
        "opposite directions cancel there.": lambda before, after, collection: (
            abs(
                collection[after].float().mean()
                - collection[before].float().mean()
            ).item()
        ),
        "this is the share that ended in collection 1, whether it moved or "
        "not.": lambda before, after, collection: (
            collection[after].float().mean().item()
        ),
        "this is the share that stayed. The share that moved was asked "
        "for.": lambda before, after, collection: (
            (collection[before] == collection[after]).float().mean().item()
        ),
        "you count only moves from collection 0 to 1. Moves back count "
        "too.": lambda before, after, collection: (
            (collection[after] > collection[before]).float().mean().item()
        ),
    },
)

# %%
# A share of its own says little. Compare it with a disguise that should change nothing, such as the quality of the
# JPEG alone: some answers sit on the border, and anything moves them.

# %%
# ## Your own four classes
#
# An open question. Collect some thirty photos each of four things around you, half of them for validation, in the
# folders that `train.py` expects. Take the photos of two things with one camera or in one room, and those of the other
# two elsewhere. How many of the validation photos are right, and how many of photos that you take a day later in
# another place?
#
# Then think like the designer of a shortcut. What do the photos of one room have in common? Find a disguise that
# changes this and leaves the things alone, and measure how many answers move. If you have a network connection and
# some minutes, run `train.py flowers` as well: which flowers are confused, and would you have told them apart?
