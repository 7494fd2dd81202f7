# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# minutes = 1
# description = "Seven errors of losses and their targets, each raised by code that runs, with its cause and fix."
# ///
"""
# Errors: losses and targets

A loss compares what the model says with what is true, and each loss wants the
truth in a form of its own. Find your message below: each one is raised on
purpose, explained, and fixed by code that runs. What cross-entropy takes, and
why, is explained in [Softmax and
cross-entropy](../2-training/09_softmax-cross-entropy.py).
"""

# %%
# `raises`, from the package, lets a cell fail on purpose. It checks that the error has exactly this class and this
# message, so if PyTorch changes its words, the page stops instead of telling you old ones.

import warnings

import torch
import torch.nn.functional as F
from torch import nn

from kindling.runtime import raises

# %%
# ## Target 3 is out of bounds.
#
# You have more classes than the last layer has outputs, or you count them from one (`IndexError`).

logits = nn.Linear(4, 3)(torch.rand(5, 4))  # three classes
labels = torch.tensor([1, 2, 3, 1, 2])
with raises(IndexError, "Target 3 is out of bounds."):
    F.cross_entropy(logits, labels)

# %%
# With three outputs the classes are called 0, 1 and 2. Count from zero, or give the last layer as many
# outputs as there are classes.

y = labels - 1
assert y.min() >= 0 and y.max() < logits.shape[1]
assert F.cross_entropy(logits, y) > 0

# %%
# `Target -1 is out of bounds.` is an "unknown" of your table: drop those rows, or say `ignore_index=-1`. On a
# GPU the same mistake reads "CUDA error: device-side assert triggered". Run the batch on the CPU to see it
# plainly.
#
# ## Expected input batch\_size (4) to match target batch\_size (2).
#
# The model gave four answers for two labels (`ValueError`).

feature_maps = torch.rand(
    2, 8, 4, 4
)  # what the convolutions say about two images
head = nn.Linear(64, 10)
y = torch.tensor([3, 7])
with raises(
    ValueError, "Expected input batch_size (4) to match target batch_size (2)."
):
    F.cross_entropy(head(feature_maps.view(-1, 64)), y)

# %%
# `view(-1, 64)` lets PyTorch work out the batch size. An image holds 8 x 4 x 4 = 128 numbers, so each became
# two rows. Keep the batch axis, flatten the rest, and the layer will tell you the right size.

head = nn.Linear(8 * 4 * 4, 10)
logits = head(feature_maps.flatten(start_dim=1))
assert len(logits) == len(y) and F.cross_entropy(logits, y) > 0

# %%
# ## all elements of input should be between 0 and 1
#
# You gave raw scores, logits, to a loss that wants probabilities (`RuntimeError`).

logits = torch.tensor([1.7, -0.4, 0.2])
y = torch.tensor([1.0, 0.0, 1.0])
with raises(RuntimeError, "all elements of input should be between 0 and 1"):
    F.binary_cross_entropy(logits, y)

# %%
# Binary cross-entropy takes the logarithm of its input, and a logit may be negative. A sigmoid would fix it;
# the loss with logits does both in one, and stays exact where a sigmoid would round to 0 or 1.

loss = F.binary_cross_entropy_with_logits(logits, y)
torch.testing.assert_close(
    loss, F.binary_cross_entropy(torch.sigmoid(logits), y)
)

# %%
# If you do have a sigmoid, the input is probably `nan`: look for a learning rate that is too large.
#
# ## expected target dtype to be Long or Byte, but got Float
#
# You gave class labels as floats to cross-entropy (`RuntimeError`; up to PyTorch 2.11 "expected scalar type Long
# but found Float").

logits = torch.rand(4, 3)
labels = torch.tensor([0.0, 2.0, 1.0, 1.0])
with raises(
    RuntimeError,
    "expected target dtype to be Long or Byte, but got Float",
    "expected scalar type Long but found Float",
):
    F.cross_entropy(logits, labels)

# %%
# A class is a position in the row of logits, so it has to be a whole number. A loader makes floats of labels
# when they came from one table with the features.

assert F.cross_entropy(logits, labels.long()) > 0

# %%
# ## Expected floating point type for target with class probabilities, got Long
#
# You gave one-hot rows to cross-entropy (`RuntimeError`).

y = torch.tensor([0, 2, 1, 1])
with raises(
    RuntimeError,
    "Expected floating point type for target with class probabilities, got "
    "Long",
):
    F.cross_entropy(logits, F.one_hot(y, num_classes=3))

# %%
# A target of the same shape as the logits is read as probabilities, and those are floats. One-hot rows as
# floats are allowed; the labels themselves say the same with less memory.

loss = F.cross_entropy(logits, y)
torch.testing.assert_close(
    loss, F.cross_entropy(logits, F.one_hot(y, num_classes=3).float())
)

# %%
# ## Using a target size (torch.Size(\[4])) that is different to the input size (torch.Size(\[4, 1])).
#
# This one is only a warning (`UserWarning`), and your training goes on, wrongly. The next cell turns warnings into
# errors, which is a good habit while you look for a bug.

x, y = torch.rand(4, 2), torch.rand(4)
predictions = nn.Linear(2, 1)(x)  # [4, 1]
with (
    warnings.catch_warnings(),
    raises(
        UserWarning,
        "Using a target size (torch.Size([4])) that is different to the "
        "input size (torch.Size([4, 1])).",
    ),
):
    warnings.simplefilter("error")
    F.mse_loss(predictions, y)

# %%
# A column and a row are broadcast to a square: each prediction is compared with every target, 16 pairs
# instead of 4. Give both one shape.

loss = F.mse_loss(predictions.squeeze(1), y)
by_hand = sum((predictions[i, 0] - y[i]) ** 2 for i in range(4)) / 4
torch.testing.assert_close(loss, by_hand)

# %%
# `binary_cross_entropy_with_logits` does not warn but stops, with "Target size (torch.Size([4])) must be the
# same as input size (torch.Size([4, 1]))". The fix is the same.
#
# ## index out of range in self
#
# You gave an embedding a word number that is not in its table (`IndexError`). `self` is the table.

vocabulary = {"<pad>": 0, "spark": 1, "flame": 2, "ash": 3}
ids = torch.tensor([vocabulary["spark"], vocabulary["ash"]])
with raises(IndexError, "index out of range in self"):
    nn.Embedding(num_embeddings=3, embedding_dim=5)(ids)

# %%
# A table of three rows has the rows 0, 1 and 2. The usual slip is to count the words and to forget the one
# for padding, or the one for unknown words. Take the size from the vocabulary.

embedding = nn.Embedding(num_embeddings=len(vocabulary), embedding_dim=5)
assert embedding(ids).shape == (2, 5)
