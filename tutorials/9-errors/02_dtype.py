# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# minutes = 1
# description = "Seven errors about number types, each raised by code that runs, with its exact message, cause and fix."
# ///
"""
# Errors: dtypes

PyTorch seldom converts numbers behind your back. Where float32, float64 and
whole numbers meet, it often stops and asks you to decide. Find your message
below: each one is raised on purpose, explained, and fixed by code that runs.
Which type a new tensor gets is explained in
[Tensors](../1-foundations/01_tensors.py).
"""

# %%
# `raises`, from the package, lets a cell fail on purpose. It checks that the error has exactly this class and this
# message, so if PyTorch changes its words, the page stops instead of telling you old ones.

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from kindling.runtime import raises

# %%
# ## mat1 and mat2 must have the same dtype, but got Double and Float
#
# You gave a NumPy array to a network (`RuntimeError`).

table = np.array([[5.1, 3.5], [4.9, 3.0]])
model = nn.Linear(in_features=2, out_features=3)
with raises(
    RuntimeError,
    "mat1 and mat2 must have the same dtype, but got Double and Float",
):
    model(torch.from_numpy(table))

# %%
# NumPy's floats have 64 bits (Double), the weights of a network 32 (Float), and a matrix product wants one
# type. Convert the data, once, where you read it.

x = torch.from_numpy(table).float()
assert x.dtype == torch.float32 and model(x).shape == (2, 3)

# %%
# "But got Long and Float" has the same cause, with whole numbers, and the same cure.
#
# ## expected scalar type Float but found Double
#
# You multiplied two batches of matrices, and one of them has 64 bits (`RuntimeError`).

queries = torch.rand(2, 3, 4)
keys = torch.from_numpy(np.ones((2, 3, 4)))
with raises(RuntimeError, "expected scalar type Float but found Double"):
    torch.bmm(queries, keys.transpose(1, 2))

# %%
# The first tensor sets the type, here Float, and the second has to follow. `.to(other.dtype)` says exactly
# that. With "expected Long" a whole number is wanted, and `.long()` is the answer.

scores = torch.bmm(queries, keys.to(queries.dtype).transpose(1, 2))
assert scores.dtype == torch.float32 and scores.shape == (2, 3, 3)

# %%
# ## mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: Long
#
# You wanted the mean of whole numbers (`NotImplementedError`; `RuntimeError` up to PyTorch 2.11). With
# truth values, as for an accuracy, the last word is `Bool`.

ages = torch.tensor([31, 45, 28])
with raises(
    (NotImplementedError, RuntimeError),
    "mean(): could not infer output dtype. Input dtype must be either a "
    "floating point or complex dtype. Got: Long",
):
    ages.mean()

# %%
# A mean of whole numbers need not be whole, and PyTorch will not choose the type of the answer for you.
# Convert first.

hits = torch.tensor([True, False, True, True])
assert hits.float().mean() == 0.75
assert abs(ages.float().mean() - 104 / 3) < 1e-5

# %%
# ## Found dtype Double but expected Float
#
# You computed a loss from targets that came out of NumPy (`RuntimeError`; in older versions some
# losses say it only when you call `backward()`).

probabilities = torch.sigmoid(nn.Linear(2, 1)(x))
y = torch.from_numpy(np.array([[1.0], [0.0]]))
with raises(RuntimeError, "Found dtype Double but expected Float"):
    F.binary_cross_entropy(probabilities, y)

# %%
# The model answers in 32 bits, the targets have 64. Convert the targets, not the model: 64 bits would double
# its memory and buy nothing.

loss = F.binary_cross_entropy(probabilities, y.float())
loss.backward()
assert loss.dtype == torch.float32

# %%
# ## one\_hot is only applicable to index tensor of type LongTensor.
#
# You made one-hot rows of labels that are floats, or integers of 32 bits (`RuntimeError`).

labels = torch.tensor([0.0, 2.0, 1.0])  # as they came out of a table
with raises(
    RuntimeError,
    "one_hot is only applicable to index tensor of type LongTensor.",
):
    F.one_hot(labels, num_classes=3)

# %%
# Each label says at which place the one goes, and a place is a whole number of 64 bits: Long.

rows = F.one_hot(labels.long(), num_classes=3)
assert rows.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]

# %%
# ## tensors used as indices must be long, int, byte or bool tensors
#
# You picked rows by a tensor of floats (`IndexError`). Often the positions were computed by a division.

features = torch.rand(6, 4)
middle = torch.tensor([2, 4]) / 2
with raises(
    IndexError,
    "tensors used as indices must be long, int, byte or bool tensors",
):
    features[middle]

# %%
# `/` always gives floats. Divide whole numbers with `//`, or convert with `.long()`.

middle = torch.tensor([2, 4]) // 2
assert torch.equal(features[middle], features[1:3])

# %%
# A mask of zeros and ones must be a mask: `.bool()`. With `.long()` it would pick the rows 0 and 1, again and
# again, and no error would tell you.
#
# ## Input type (unsigned char) and bias type (float) should be the same
#
# You gave a convolution images as they came from the file, as bytes (`RuntimeError`).

images = torch.randint(256, (2, 3, 8, 8), dtype=torch.uint8)
conv = nn.Conv2d(in_channels=3, out_channels=4, kernel_size=3)
with raises(
    RuntimeError,
    "Input type (unsigned char) and bias type (float) should be the same",
):
    conv(images)

# %%
# Bytes from 0 to 255 have to become floats, best between 0 and 1, where weights are easy to train. "Input
# type (double)" is the NumPy case from the top of this page.

x = images.float() / 255
assert x.max() <= 1 and conv(x).shape == (2, 4, 6, 6)
