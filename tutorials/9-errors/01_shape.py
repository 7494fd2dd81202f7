# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# minutes = 1
# description = "Seven shape errors, each raised by code that runs, with its exact message, cause and fix."
# ///
"""
# Errors: shapes

Most first bugs are a tensor of the wrong shape, and PyTorch is good at telling
you so. Find your message below: each one is raised on purpose, explained, and
fixed by code that runs. Your numbers will differ; the words will not. What
shapes, views and broadcasting are is explained in
[Tensors](../1-foundations/01_tensors.py).
"""

# %%
# `raises`, from the package, lets a cell fail on purpose. It checks that the error has exactly this class and this
# message, so if PyTorch changes its words, the page stops instead of telling you old ones.

import torch
from torch import nn

from kindling.runtime import raises

# %%
# ## addmm: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)
#
# You called a linear layer, and the last axis of your batch was not what the layer expects (`RuntimeError`).
# Without a bias, or after `@`, it says `mm:` in front; PyTorch 2.11 and older begin at `mat1`.

x = torch.rand(2, 3)  # two examples of three features
layer = nn.Linear(in_features=4, out_features=5)
with raises(
    RuntimeError,
    "addmm: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)",
    "mat1 and mat2 shapes cannot be multiplied",
):
    layer(x)

# %%
# `mat1` is your batch, `mat2` the transposed weight of the layer: the inner numbers, 3 and 4, must be equal.
# Read them as "I bring 3, the layer wants 4", and set `in_features` to what you bring.

layer = nn.Linear(in_features=x.shape[1], out_features=5)
assert layer(x).shape == (2, 5)

# %%
# The second common cause: images that were never flattened, or a convolution whose output is not the size that
# you worked out. Put `nn.Flatten()` in front of the layer, and print the shape that comes out of it.
#
# ## The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1
#
# You added, multiplied or compared two tensors, and their shapes cannot be broadcast (`RuntimeError`).

table = torch.rand(4, 3)  # four rows, three columns
row_means = table.mean(dim=1)  # [4]
with raises(
    RuntimeError,
    "The size of tensor a (3) must match the size of tensor b (4) at "
    "non-singleton dimension 1",
):
    table - row_means

# %%
# Shapes are aligned at the right, so the 4 means meet the 3 columns. Keep the axis that you took the mean
# over; then each mean meets its own row.

centered = table - table.mean(dim=1, keepdim=True)  # [4, 3] - [4, 1]
assert centered.shape == (4, 3) and centered.mean(dim=1).abs().max() < 1e-6

# %%
# ## view size is not compatible with input tensor\'s size and stride
#
# You called `view` after a `permute` or a transpose (`RuntimeError`).

images = torch.rand(2, 8, 8, 3).permute(
    0, 3, 1, 2
)  # channels last, turned to channels first
with raises(
    RuntimeError,
    "view size is not compatible with input tensor's size and stride",
):
    images.view(2, -1)

# %%
# A view must read the same memory in regular steps. After `permute` the numbers lie in another order than the
# shape says, and no regular step reads them in a row. `reshape` copies them where it has to.

flat = images.reshape(2, -1)
assert flat.shape == (2, 3 * 8 * 8) and torch.equal(
    flat[0, :64], images[0, 0].flatten()
)

# %%
# ## Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: \[28, 28]
#
# You gave a single gray image, height and width only, to a convolution (`RuntimeError`).

image = torch.rand(28, 28)
conv = nn.Conv2d(in_channels=1, out_channels=8, kernel_size=3)
with raises(
    RuntimeError,
    "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input "
    "of size: [28, 28]",
):
    conv(image)

# %%
# A convolution counts axes: batch, channels, height, width, of which only the batch may be missing. Add the
# missing ones with `None`, each of size 1.

assert conv(image[None, None]).shape == (
    1,
    8,
    26,
    26,
)  # a batch of one image with one channel

# %%
# A batch that was flattened too early gives the same message: `[64, 784]` wants `.reshape(-1, 1, 28, 28)`.
#
# ## Given groups=1, weight of size \[8, 3, 3, 3], expected input\[4, 1, 28, 28] to have 3 channels
#
# You gave gray images to a network that was made for color (`RuntimeError`).

gray = torch.rand(4, 1, 28, 28)
conv = nn.Conv2d(in_channels=3, out_channels=8, kernel_size=3)
with raises(
    RuntimeError,
    "Given groups=1, weight of size [8, 3, 3, 3], expected input[4, 1, 28, "
    "28] to have 3 channels",
):
    conv(gray)

# %%
# The second number of the weight, 3, is the number of channels that the layer wants; the second number of the
# input, 1, is what you brought. Either build the layer with `in_channels=1`, or, for a pretrained network,
# show the one channel three times.

assert nn.Conv2d(in_channels=1, out_channels=8, kernel_size=3)(gray).shape == (
    4,
    8,
    26,
    26,
)
assert conv(gray.expand(-1, 3, -1, -1)).shape == (4, 8, 26, 26)

# %%
# If the number that you brought is a height such as 224, your channels are last: `.permute(0, 3, 1, 2)` puts
# them second.
#
# ## Sizes of tensors must match except in dimension 1.
#
# You joined two tensors with `torch.cat`, and they also differ along another axis (`RuntimeError`). In a
# U-Net this is the skip connection whose size was not divisible by two.

upsampled = torch.rand(1, 16, 12, 12)
skipped = torch.rand(1, 16, 13, 13)
with raises(RuntimeError, "Sizes of tensors must match except in dimension 1."):
    torch.cat([upsampled, skipped], dim=1)

# %%
# `cat` lays tensors end to end along one axis, here the channels. Along all others they must agree. Cut the
# larger one, or resize the smaller.

joined = torch.cat([upsampled, skipped[:, :, :12, :12]], dim=1)
assert joined.shape == (1, 32, 12, 12)

# %%
# Sometimes you only named the wrong axis: to put one batch below another, say `dim=0`.
#
# ## stack expects each tensor to be equal size, but got \[1, 28, 28] at entry 0 and \[1, 32, 32] at entry 1
#
# You made a batch of images with `torch.stack`, and they have different sizes (`RuntimeError`).

small, large = torch.rand(1, 28, 28), torch.rand(1, 32, 32)
with raises(
    RuntimeError,
    "stack expects each tensor to be equal size, but got [1, 28, 28] at "
    "entry 0 and [1, 32, 32] at entry 1",
):
    torch.stack([small, large])

# %%
# A batch is one block of numbers, so its images must have one size. Resize or crop them first. Sentences
# are padded instead: see [the same message from a loader](06_loader.py).

cropped = large[:, 2:-2, 2:-2]
assert torch.stack([small, cropped]).shape == (2, 1, 28, 28)
