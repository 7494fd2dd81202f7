# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["S5.17", "S5.18", "S5.25", "S5.26", "S5.27", "S5.28", "S5.29", "S5.30", "S5.32", "S5.N", "R6", "BK8"]
# data = ["fashion_mnist"]
# minutes = 1
# figure = 4
# metric = { name = "output sizes predicted", unit = "", target = 200, reference = "of 200 random layers" }
# description = "Stride, padding, dilation, pooling, groups and receptive fields: watch the window move, then count."
# ///
"""
# The arithmetic of convolutions

How large is a feature map? How many weights does it cost? Which pixels can a
number deep inside a network depend on? Each answer is one line of arithmetic.
Here you watch the window move, derive the lines, and check them on PyTorch.
"""

# %%
# A convolution moves a small window over an image. Wherever it stops, it multiplies the pixels under it by a filter's
# weights and adds up; these sums form the **feature map**. The filter here subtracts what is left in the window from
# what is right. The window moves two pixels at a time, so a 7 by 7 image has room for 3 by 3 places.

import torch
import torch.nn.functional as F

from kindling import plots

rows = "....... .#####. .....#. ....#.. ...#... ...#... ......."
pixels = [[float(mark == "#") for mark in row] for row in rows.split()]
image = torch.tensor(pixels)[None, None]  # [images, channels, 7, 7]
weights = torch.tensor([[-1.0, 0.0, 1.0]] * 3)[None, None]  # [1, 1, 3, 3]
feature_map = F.conv2d(image, weights, stride=2)  # [1, 1, 3, 3]
plots.image_grid(
    torch.cat([F.interpolate(both, 21) for both in (image, feature_map)]),
    titles=["image, 7 × 7", "feature map, 3 × 3"],
    columns=2,
    alt="A digit seven of white pixels on black, and its feature map of nine "
    "large pixels, bright where the image gets brighter to the right.",
)
print(feature_map[0, 0])

# %%
# The map is bright where the image gets brighter from left to right, dark where it gets darker, and gray where it does
# neither. You will
#
# - watch the window under different strides, paddings and dilations, and predict the size of what comes out,
# - write a convolution as one matrix product, and run it backward to enlarge a map,
# - count parameters, with and without groups,
# - find out how far a network sees, by a formula and by its gradients.
#
# The next cell prepares the drawings. You can pass over it.

from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap
from torch import nn

from kindling import runtime
from kindling.data import fashion_mnist
from kindling.models import count_parameters
from kindling.runtime import claim

blue, orange = plots.COLORS[:2]
shades = LinearSegmentedColormap.from_list("blue", [f"{blue}00", f"{blue}99"])


def board(result, place=-1, size=3, stride=1, padding=0, dilation=1):
    """Draw the window at one place, and the map up to there; say so."""
    n, numbers = len(result[0, 0]), result.flatten().tolist()
    row, column = divmod(place % len(numbers), n)
    top, left = row * stride - padding, column * stride - padding
    window, reads = dilation * (size - 1) + 1, torch.arange(size) * dilation
    with plots.style():
        fig, (before, after) = plt.subplots(1, 2, figsize=(5.2, 2.5))
        before.imshow(image[0, 0], cmap=shades, interpolation="none")
        for ax, frame, side in ((before, padding, 7), (after, 0, n)):
            edges = torch.arange(-frame, side + frame + 1) - 0.5
            there = edges.repeat_interleave(2)  # one line, to and fro
            back = edges[[0, -1, -1, 0]].repeat(len(edges))[: len(there)]
            lines = (there, back, "-", back, there, "-")
            ax.plot(*lines, color="#bfbfbf", lw=0.6)
            ends = edges[0] - 0.1, edges[-1] + 0.1
            ax.set(xlim=ends, ylim=ends[::-1], aspect="equal")
            ax.set_axis_off()
        if dilation > 1:  # else the window reads all that it covers
            points = torch.cartesian_prod(left + reads, top + reads).T
            before.scatter(*points, s=12, color=orange)
        boxes = [(before, 0, 0, 7, "#7f7f7f"), (after, column, row, 1, orange)]
        boxes.append((before, left, top, window, orange))
        for ax, x, y, side, color in boxes:
            box = plt.Rectangle((x - 0.5, y - 0.5), side, side, fill=False)
            box.set(edgecolor=color, linewidth=2)
            ax.add_patch(box)
        for k, number in enumerate(numbers[: row * n + column + 1]):
            after.text(k % n, k // n, f"{number:g}", ha="center", va="center")
    return fig, (
        f"The window covers rows {top} to {top + window - 1} and columns "
        f"{left} to {left + window - 1} of the image, which has 0 to 6. It "
        f"writes {numbers[place]:g} into row {row}, column {column} of a map "
        f"of {n} by {n}."
    )


def slider(label, boards):
    """One figure for each value, with its text."""
    figures = {value: figure for value, (figure, _) in boards.items()}
    texts = {value: text for value, (_, text) in boards.items()}
    plots.stepped(figures, label=label, alt=texts)


# %%
# ## Watch the window
#
# Blue pixels are 1, empty ones 0, and the orange frame is the window. Move the slider: the window goes from place to
# place, row by row, and each time it leaves one number on the right. (In the notebook the nine figures come one after
# the other.)

steps = {k + 1: board(feature_map, k, stride=2) for k in range(9)}
slider("place", steps)

# %%
# Each number of the map depends on nine pixels and on no other: its connections are *local*. And all places use the
# same nine weights. Both become visible when you write the convolution as a matrix. Ask what it makes of each single
# pixel, one after the other; these are the columns of the matrix.

single = torch.eye(49).view(49, 1, 7, 7)  # 49 images with one pixel each
matrix = F.conv2d(single, weights, stride=2).flatten(1).T  # [9, 49]
torch.testing.assert_close(matrix @ image.flatten(), feature_map.flatten())

signs = [orange, f"{orange}00", f"{blue}00", blue]  # zero is clear
signs = LinearSegmentedColormap.from_list("signs", signs)
with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 1.9))
ax.imshow(matrix, cmap=signs, interpolation="none")
ax.set(xlabel="pixel of the image (7 rows of 7)", ylabel="place")
ax.grid(False)
plots.show(
    fig,
    "A matrix of 9 rows and 49 columns, nearly empty. Each row holds the same "
    "three pairs of -1 (orange) and 1 (blue), further right from row to row.",
)
print(f"{matrix.count_nonzero()} of {matrix.numel()} entries are not zero")
assert matrix.count_nonzero() == 9 * 6
assert matrix.unique().tolist() == [-1, 0, 1]

# %%
# A fully connected layer would have 441 weights of its own here. The convolution keeps nine, three of which happen to
# be zero, and uses them again in every row. It would be a waste to store that matrix, which is nearly empty. Build the
# *other* factor instead: `unfold` copies the pixels of each window into a column, so that one product of two matrices
# serves all places, all filters and all channels at once.

runtime.seed(18)
layer = nn.Conv2d(3, 16, kernel_size=3, stride=2, padding=1)
x = torch.randn(8, 3, 32, 32)  # eight color images
columns = F.unfold(x, kernel_size=3, stride=2, padding=1)  # [8, 27, 256]
sums = layer.weight.flatten(1) @ columns  # [16, 27] @ [8, 27, 256]
y = (sums + layer.bias[:, None]).view(8, 16, 16, 16)
torch.testing.assert_close(y, layer(x), atol=1e-5, rtol=1e-4)
print(f"columns {tuple(columns.shape)}, result {tuple(y.shape)}")
print(f"numbers in memory: {x.numel():,} before, {columns.numel():,} after")
assert columns.numel() == 2.25 * x.numel()

# %%
# The 27 numbers of a column are the $3 \times 3$ pixels of the window in all 3 channels. The price is memory: a pixel
# is copied into each window that covers it.
#
# ## Stride
#
# The **stride** is how far the window moves between two places. (A tensor has
# [strides](../1-foundations/01_tensors.py) too, in memory; the two have nothing to do with each other.) The figure
# shows the window after one move down and one to the right. Before you move the slider: at which stride will the last
# column stay unread?

strides = {s: F.conv2d(image, weights, stride=s) for s in (1, 2, 3, 4)}
slider(
    "stride",
    {
        s: board(result, len(result[0, 0]) + 1, stride=s)
        for s, result in strides.items()
    },
)
assert [len(result[0, 0]) for result in strides.values()] == [5, 3, 2, 2]

# %%
# At stride 3. The window begins at column 0, then at 3, and there is no room to begin at 6. What is left over is
# dropped without a word. In numbers: after the first place, $7 - 3$ columns remain to move in, and
# $\lfloor{4/s}\rfloor$ moves fit.
#
# ## Padding
#
# Without help, a map is always smaller than its image, and a pixel in the corner is read by one window only.
# **Padding** puts a frame around the image, usually of zeros. (Stride 2 again, to keep the maps small.)

padded = {p: F.conv2d(image, weights, stride=2, padding=p) for p in (0, 1, 2)}
slider(
    "padding",
    {p: board(result, padding=p, stride=2) for p, result in padded.items()},
)
assert [len(result[0, 0]) for result in padded.values()] == [3, 4, 5]

# %%
# The window now begins and ends outside of the image, and the map grows. At stride 1 and for odd kernels, padding $(k
# - 1)/2$ keeps the size: that is what `padding="same"` does. But the zeros are invented. Take an image that is white
# everywhere. It has no edge, so the map should be zero.

white = torch.ones(1, 1, 5, 5)
edges = F.conv2d(white, weights, padding="same")[0, 0]
reflected = F.pad(white, [1] * 4, mode="reflect")
print(edges)
assert edges[:, 1:-1].count_nonzero() == 0 and edges[:, [0, -1]].all()
assert F.conv2d(reflected, weights).count_nonzero() == 0

# %%
# Inside it is. At the left and the right border the filter found edges: between the image and the frame. Padding that
# reflects the image (`padding_mode="reflect"` in a layer) has no such edge here; what it invents is a mirror.
#
# ## Dilation
#
# **Dilation** spreads the pixels that a window reads: with dilation 2 it reads every second one. The nine weights stay
# nine, and the window covers $d(k - 1) + 1$ pixels in each direction. The points are the pixels that it reads.

dilated = {d: F.conv2d(image, weights, dilation=d) for d in (1, 2, 3)}
slider(
    "dilation", {d: board(result, dilation=d) for d, result in dilated.items()}
)
assert [len(result[0, 0]) for result in dilated.values()] == [5, 3, 1]

# %%
# ## One formula for the size
#
# With dilation 3 the window covers the whole image, and a single place is left. All of this together, for one
# direction, with $n$ pixels, kernel $k$, stride $s$, padding $p$ and dilation $d$: the frame adds $2p$ pixels, the
# window takes $d(k - 1) + 1$ of them, and the rest is room to move.
#
# $$\text{size} = \left\lfloor \frac{n + 2p - d(k - 1) - 1}{s} \right\rfloor + 1$$
#
# Such formulas go wrong in odd cases, so test it: on 200 layers with random settings. Pooling layers move their
# windows in the same way, so they are in the test too, wherever they accept the padding.


def size_out(n, kernel, stride=1, padding=0, dilation=1):
    window = dilation * (kernel - 1) + 1
    return (n + 2 * padding - window) // stride + 1


dealer = torch.Generator().manual_seed(18)
ranges = ((1, 41), (1, 8), (1, 6), (0, 4), (1, 5))  # from, up to, not including
right = pooled = layers = 0
while layers < 200:
    n, kernel, stride, padding, dilation = (
        torch.randint(*ends, (), generator=dealer).item() for ends in ranges
    )
    expected = size_out(n, kernel, stride, padding, dilation)
    if expected < 1:  # the window does not fit: PyTorch would refuse
        continue
    strip, rest = torch.zeros(1, 1, n), (stride, padding, dilation)
    after = F.conv1d(strip, torch.zeros(1, 1, kernel), None, *rest)
    right += after.shape[2] == expected
    if padding <= kernel // 2:
        pooled += 1
        assert F.max_pool1d(strip, kernel, *rest).shape[2] == expected
    layers += 1

print(f"{right} of {layers} sizes right, and {pooled} pooling layers")
assert right == layers == 200 and pooled > 50
runtime.report("output sizes predicted", right)

# %%
# One direction is enough, because rows and columns follow the same formula, each by itself; `conv1d` has only one.
#
# !!! quiz "The size of a map"
#     An image of 130 by 130 pixels goes through `nn.Conv2d(3, 8, kernel_size=5, stride=3, padding=1)`. How many rows
#     does each map have?
#
#     - [ ] 42
#       > That is how often the window can *move* down. The place where it begins counts as well.
#     - [=] 43
#       > $\lfloor (130 + 2 - 5)/3 \rfloor + 1 = 42 + 1$. One row of pixels is left over at the end.
#     - [ ] 44
#       > You rounded up. The last window must fit in whole, so the division is rounded down.
#     - [ ] 128
#       > This is right for stride 1.
#     - [ ] anything else
#       > Add the frame on both sides, subtract the kernel, divide by the stride and round down, add 1.
#
# ## Channels, and what they cost
#
# So far one channel went in and one came out. In general a filter reads *all* the channels that go in, with weights of
# its own for each, and writes one channel; the layer has as many filters as channels that come out. With `groups`, the
# channels are divided, and a filter reads those of its group only. Each filter has a bias, so
#
# $$\text{parameters} = C_\text{out} \left( \frac{C_\text{in}}{\text{groups}} \, k^2 + 1 \right).$$


def parameters(c_in, c_out, kernel, groups=1):
    return c_out * (c_in // groups * kernel**2 + 1)


print(f"Conv2d(3, 16, 3): weights {tuple(nn.Conv2d(3, 16, 3).weight.shape)}")
kinds = {
    "3 × 3": (64, 64, 3, 1),
    "3 × 3, 4 groups": (64, 64, 3, 4),
    "3 × 3, depthwise": (64, 64, 3, 64),
    "1 × 1": (64, 64, 1, 1),
}
for name, (c_in, c_out, kernel, groups) in kinds.items():
    convolution = nn.Conv2d(c_in, c_out, kernel, groups=groups)
    count = count_parameters(convolution)
    print(f"64 -> 64 channels, {name:16} {count:6,} parameters")
    assert count == parameters(c_in, c_out, kernel, groups)
assert parameters(3, 16, 3) == 448

# %%
# The size of the image is not in the formula. Two of these layers deserve a closer look. A **1 by 1 convolution** has
# a window of one pixel. It mixes channels, and nothing else: a linear layer, applied to each pixel by itself.

mix = nn.Conv2d(16, 4, kernel_size=1)
channels_last = y.permute(0, 2, 3, 1)  # [8, 16, 16, 16]: now channels last
mixed = F.linear(channels_last, mix.weight.flatten(1), mix.bias)
torch.testing.assert_close(
    mixed.permute(0, 3, 1, 2), mix(y), atol=1e-5, rtol=1e-4
)

# %%
# A **depthwise convolution** is the opposite: as many groups as channels, so each channel has a filter of its own, and
# nothing is mixed. It equals one small convolution for each channel, side by side.

depthwise = nn.Conv2d(16, 16, kernel_size=3, groups=16)
apart = [
    F.conv2d(y[:, c : c + 1], depthwise.weight[c : c + 1], depthwise.bias[[c]])
    for c in range(16)
]
torch.testing.assert_close(
    torch.cat(apart, dim=1), depthwise(y), atol=1e-5, rtol=1e-4
)
both = parameters(64, 64, 3, groups=64) + parameters(64, 64, 1)
print(f"depthwise, then 1 by 1: {both:,} parameters")
assert both < parameters(64, 64, 3) / 7

# %%
# One after the other, the two do what a 3 by 3 convolution does, look around and mix, with less than a seventh of its
# parameters. They cannot do *everything* it can: each output channel now sees the neighborhood through the same 64
# filters. Networks for phones are built of such pairs.
#
# !!! quiz "Where a 1 by 1 convolution helps"
#     Which of these can a 1 by 1 convolution do? Several answers are right.
#
#     - [x] Turn a color image into a gray one.
#       > A weighted sum of three channels, pixel by pixel, is all that is needed.
#     - [ ] Blur an image.
#       > A blurred pixel needs its neighbors, and this window has none.
#     - [x] Reduce 256 channels to 64 ahead of an expensive layer.
#       > That is a frequent use: the next layer then reads a quarter of the channels.
#     - [ ] Halve the height without losing a row.
#       > With stride 2 it halves the height, but then it skips every second row.
#
# ## Pooling
#
# **Pooling** moves a window as well, usually 2 by 2 with stride 2, and keeps the largest number in it, or the mean. It
# has no weights, and each channel is pooled by itself.

largest = F.max_pool2d(image, kernel_size=2)
steps = {k + 1: board(largest, k, size=2, stride=2) for k in range(9)}
slider("place", steps)
assert count_parameters(nn.MaxPool2d(2)) == 0
assert len(largest[0, 0]) == size_out(7, kernel=2, stride=2) == 3

# %%
# The last row and the last column are never read. Now on a real image, in the order in which networks do it:
# convolution, ReLU, pooling. The first filter copies the image; the others are two pairs, one of each the negative of
# the other. In each map the smallest number is black and the largest one white.

trousers = fashion_mnist("val").tensors[0][2:3]  # [1, 1, 28, 28]
copy = torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]])[None]
across, down = weights[0], weights[0].transpose(1, 2)
filters = torch.stack([copy, across, -across, down, -down])  # [5, 1, 3, 3]
maps = F.conv2d(trousers, filters, padding=1)[0]  # [5, 28, 28]
kept = F.relu(maps)
small = F.max_pool2d(kept, 2)  # [5, 14, 14]
shown = F.interpolate(small[None], scale_factor=2)[0]  # each pixel as 2 by 2
names = "image,right - left,left - right,below - above,above - below"
later = ["after ReLU"] * 5 + ["after pooling"] * 5
plots.image_grid(
    torch.cat([maps, kept, shown]),
    titles=names.split(",") + later,
    columns=5,
    alt="Three rows: a pair of trousers and four maps of it. Above, edges are "
    "bright or dark; after ReLU each map keeps bright edges only; after "
    "pooling the same is there in pixels twice as large.",
)
torch.testing.assert_close(kept[1] - kept[2], maps[1])
strongest = maps[3].abs().amax(dim=1).argmax().item()
print(f"below - above is strongest in row {strongest} of 0 to 27")
claim(strongest in (0, 27), "the strongest edge is at the border")

# %%
# ReLU throws away what is negative, so a filter reports one kind of edge only; its negative reports the other kind,
# and the two together have lost nothing, as the first check says. Pooling keeps a quarter of the numbers: *that* an
# edge is there, and less precisely *where*. The printed row is at the border: the trousers end there, and the frame of
# zeros begins.
#
# !!! quiz "What pooling learns"
#     A stage consists of a convolution, a ReLU and a 2 by 2 max pooling. Which of its numbers has an epoch of training
#     changed?
#
#     - [x] The weights and biases of the convolution, and no others.
#       > ReLU and pooling have no parameters. They do decide which numbers pass a gradient back.
#     - [ ] Those of the convolution, and the four weights of the pooling window.
#       > Taking the largest of four numbers needs no weights.
#     - [ ] Nothing, since pooling stops the gradient.
#       > The gradient passes to the number that was the largest; the other three get zero.
#
# ## Back to a larger map
#
# Networks that *make* images need layers that enlarge. The matrix of the first section turns 49 pixels into 9 numbers.
# Its transpose turns 9 numbers into 49: a *transposed convolution*. Each number spreads a copy of the filter, times
# itself, over its window, and overlaps add up.

spread = F.conv_transpose2d(feature_map, weights, stride=2)
transposed = (matrix.T @ feature_map.flatten()).view(7, 7)
torch.testing.assert_close(spread[0, 0], transposed)
larger = F.conv_transpose2d(feature_map, weights, stride=2, output_padding=1)
print(f"3 × 3 becomes {tuple(spread.shape[2:])} or {tuple(larger.shape[2:])}")
print("in row 1:", spread[0, 0, 1].tolist(), "for", image[0, 0, 1].tolist())
assert len(spread[0, 0]) == 7 and len(larger[0, 0]) == 8
assert size_out(7, 3, 2) == size_out(8, 3, 2) == 3
assert not torch.allclose(spread, image)

# %%
# You may read "deconvolution" elsewhere. But nothing is undone: the *size* comes back, the image does not. Even the
# size is not certain, because 7 and 8 pixels both give 3 numbers; `output_padding` says which of them you want.
#
# ## How far a number sees
#
# A number in the second layer reads 3 by 3 numbers of the first, and each of these reads 3 by 3 pixels: together 5 by
# 5. All pixels that can influence a number are its **receptive field**. To compute it, go through the layers and keep
# two numbers: the field so far, and the *jump*, how many pixels of the image lie between two neighbors in this layer.
# A window of $k$ adds $k - 1$ neighbors, each a jump further; a stride multiplies the jump.


def receptive_field(layers):
    """Pixels in a row that one number sees, through layers (kernel, stride)."""
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field


conv, pool = (3, 1), (2, 2)
two, mixed = [conv, conv], [conv, pool, conv, pool, conv]
print("two convolutions see", receptive_field(two), "pixels in a row;")
print("three, with poolings between them,", receptive_field(mixed))
assert receptive_field(two) == 5 and receptive_field(mixed) == 18

# %%
# Autograd can measure it. Take one number of the last map, call `backward`, and look which pixels got a gradient:
# those are the ones that matter to it. All weights are 1 here, so that nothing cancels. A pooling layer adds up here
# as well, because the largest number alone would pass its gradient to one pixel only.


def seen(layers, side=160):
    """Count the pixels in a row that get a gradient from the middle."""
    strip = torch.zeros(1, 1, side, requires_grad=True)
    x = strip
    for kernel, stride in layers:
        x = F.conv1d(x, torch.ones(1, 1, kernel), stride=stride)
    x[0, 0, x.shape[2] // 2].backward()
    return strip.grad.count_nonzero().item()


for depth in [1, 2, 3, 4, 5] * 10:
    kernels = torch.randint(2, 6, (depth,), generator=dealer).tolist()
    strides = torch.randint(1, 3, (depth,), generator=dealer).tolist()
    stack = list(zip(kernels, strides, strict=True))
    assert seen(stack) == receptive_field(stack), stack
assert seen(mixed) == 18
print("50 random stacks: formula and gradient agree")

# %%
# How fast does the field grow? Here are three ways to stack eight layers of 3 by 3 windows: plain ones; with stride 2
# in every second layer; and with dilations 1, 2, 4, ... A dilated window counts like one that is as wide as what it
# covers.

recipes = {
    "plain": [(3, 1)] * 8,
    "stride 2 in every second layer": [(3, 1), (3, 2)] * 4,
    "dilation doubles": [(2 * 2**i + 1, 1) for i in range(8)],
}
growth = {
    name: [receptive_field(layers[:depth]) for depth in range(1, 9)]
    for name, layers in recipes.items()
}
plots.curves(
    growth,
    x=range(1, 9),
    xlabel="layers",
    ylabel="receptive field (pixels)",
    logy=True,
)
print({name: fields[-1] for name, fields in growth.items()})
assert growth["plain"][-1] == 1 + 2 * 8
assert growth["dilation doubles"][-1] == 2**9 - 1

# %%
# Plain layers add two pixels each. Strides and dilations multiply. That is a good reason for networks to shrink their
# maps from stage to stage: it saves work, and it lets the later layers see more of the image.
#
# !!! quiz "Two small windows or a large one"
#     Two 3 by 3 convolutions in a row see 5 by 5 pixels, as a single 5 by 5 convolution does. All layers have 64
#     channels. How many *weights* (without the biases) do the two small ones have in percent of the large one's?
#
#     - [=] 72
#       > $2 \times 9 = 18$ against 25 for each pair of channels. And there is room for a ReLU between the two.
#     - [ ] 36
#       > That is one of them. There are two.
#     - [ ] 100
#       > They see the same pixels, with different numbers of weights: count $k^2$ for each.
#     - [ ] 139
#       > You divided the large one by the small ones.
#     - [ ] anything else
#       > The channels are the same in all layers, so compare $2 \times 3^2$ with $5^2$.
#
# ## Where it fails
#
# The receptive field says what *can* matter, not how much it does. Take ten layers of 3 by 3 windows with random
# weights and ReLU between them: the field has 21 by 21 pixels. The size of the gradient tells how strongly the middle
# of the last map reacts to each pixel. Here it is averaged over 20 networks, for three depths.


def influence(depth, networks=20):
    """Mean share of each pixel of the field in the gradient of one number."""
    side = 2 * depth + 1
    total = torch.zeros(side, side)
    for _ in range(networks):
        parts = []
        for k in range(depth):
            convolution = nn.Conv2d(16 if k else 1, 16, 3, bias=False)
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            parts += [convolution, nn.ReLU()]
        x = torch.randn(1, 1, side, side, requires_grad=True)
        nn.Sequential(*parts[:-1])(x)[0, 0].backward()
        size = x.grad[0, 0].abs()
        total += size / size.sum()
    return total / networks


fields = {depth: influence(depth) for depth in (2, 5, 10)}
plots.image_grid(
    torch.stack([F.pad(f, [10 - depth] * 4) for depth, f in fields.items()]),
    titles=[f"{depth} layers" for depth in fields],
    columns=3,
    alt="Three maps of influence on black, each brightest in the middle. The "
    "spot of ten layers has faded long before the border of the 21 by 21 "
    "pixels.",
)
center = fields[10][7:14, 7:14].sum().item()
ring = 1 - fields[10][1:-1, 1:-1].sum().item()
print(f"10 layers: the central 7 × 7 pixels, a ninth, have {center:.0%}")
print(f"the outermost ring, {80 / 441:.0%} of the pixels, has {ring:.1%}")
claim(center > 0.35, "the central ninth has over a third of the influence")
claim(ring < 0.01, "the outermost ring has less than a hundredth")

# %%
# The center has several times its share, and the outermost ring has hardly anything. Why? Look at one row. In each
# layer a pixel can pass to the left, straight on, or to the right. How many chains of ten such steps lead from each
# pixel to the number? A transposed convolution with weights 1 counts them.

chains = torch.ones(1, 1, 1)
for _ in range(10):
    chains = F.conv_transpose1d(chains, torch.ones(1, 1, 3))
end, middle = chains[0, 0, [0, 10]].tolist()
print(f"{end:g} chain from an end of the field, {middle:,g} from its middle")
assert chains.shape[2] == 21 and (end, middle) == (1, 8953)

# %%
# The pixels in the middle have many more ways to matter ([Understanding the effective receptive
# field](https://arxiv.org/abs/1701.04128) works this out). Therefore, do not choose a depth by the formula alone: if
# the field is just as large as your object, the network hardly sees the object's outline.
#
# The other thing that this arithmetic cannot tell you is whether a layer is any *good*. A network whose shapes fit
# runs; it may still read the image through the wrong axis, or drop its last row at each stage.
#
# ## Exercises
#
# [The workbook](18_conv-arithmetic.exercises.py) has each of these as a cell with a gap, with a checker that tells you
# what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [A fair comparison](19_fashion-cnn.py) stacks such layers into a network, and shows why it beats a fully connected
# one. What the gradients of this page are, and how autograd finds them, is in
# [backpropagation](../1-foundations/04_backprop.py).
