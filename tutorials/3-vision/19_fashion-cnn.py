# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["R7", "S5.16", "S5.30", "S5.31", "P8", "N11", "CC14"]
# data = ["fashion_mnist"]
# minutes = 4
# gpu = true
# metric = { name = "test accuracy", unit = "%", target = 91.5, reference = "87.6 to 93.4% (published)" }
# description = "Convolutions against fully connected layers on Fashion-MNIST: fewer weights, a fair fight."
# ///
"""
# A fair comparison: convolutions against fully connected layers

A fully connected network treats an image as a list of 784 numbers. A
convolutional network also knows which pixels are neighbors. Here both learn the
same clothes under the same rules, and the one with *fewer* parameters wins.
Then you take the neighbors away, and see why it won.
"""

# %%
# Here are an image and the feature maps of two [filters](17_filters.py). Each pixel of a map is the sum of the nine
# pixels around that place, multiplied by the nine weights of the filter.

import torch
import torch.nn.functional as F

from kindling import plots
from kindling.data import FASHION_CLASSES, batches, fashion_mnist

x_val, y_val = fashion_mnist("val").tensors
image = x_val[4:5]  # [1, 1, 28, 28]: images, channels, rows, columns
weights = torch.tensor([[-1.0, 0.0, 1.0]] * 3)  # three rows: right minus left
filters = torch.stack([weights, weights.T]).unsqueeze(1)  # [2, 1, 3, 3]
feature_maps = F.conv2d(image, filters, padding=1)  # [1, 2, 28, 28]
plots.image_grid(
    torch.cat([image[0], feature_maps[0]]),
    titles=["image", "right minus left", "below minus above"],
    columns=3,
    alt="A pullover and two feature maps. The first is bright at left edges of "
    "the sleeves and dark at right edges; the second shows horizontal edges.",
)

# %%
# The first filter subtracts what is left of the window's center from what is right of it, so its map is bright at left
# edges, dark at right edges, and gray where the image is even. The second is the same filter turned by 90 degrees. We
# chose these two. A **convolutional network** (CNN) gets none from us: it learns the weights of all its filters from
# labeled images, stage after stage.
#
# You will
#
# - build a small CNN, and compute one of its numbers by hand,
# - train it and the fully connected network (MLP) of
#   [validate and regularize](../2-training/12_validate-regularize.py) under equal conditions, and compare accuracy,
#   parameters and multiplications,
# - shift the images, and shuffle their pixels, to find out *why* one of them wins.
#
# What is equal: the images and the three sets (train, validation, test), the number of **epochs**, the batch size, the
# optimizer, its weight decay and its learning-rate schedule. What differs: the network.

import math
from statistics import mean

import matplotlib.pyplot as plt
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.flop_counter import FlopCounterMode

from kindling import metrics, runtime
from kindling.models import count_parameters, mlp
from kindling.runtime import claim
from kindling.training import fit

device = runtime.device()
batch_size = 128
learning_rate = 4e-3  # the top of the cycle
weight_decay = 0.05  # five times the default, since the training is short
epochs = 8

x_train, y_train = (part.to(device) for part in fashion_mnist("train").tensors)
x_val, y_val = x_val.to(device), y_val.to(device)
print(f"train {tuple(x_train.shape)}, val {tuple(x_val.shape)}")

# %%
# ## One window at a time
#
# One step of it, as a reminder. The orange box on the left is the window; then come its nine pixels, the nine weights
# of the filter, and their products. The sum of the products is the pixel in the small box on the right. (How stride
# and padding move the window is drawn in [the arithmetic of convolutions](18_conv-arithmetic.py).)

row, column = 15, 4
window = image[0, 0, row - 1 : row + 2, column - 1 : column + 2]
tables = {"pixels": window, "weights": weights, "products": window * weights}
total = tables["products"].sum()
assert torch.isclose(total, feature_maps[0, 0, row, column])

with plots.style():
    fig, axes = plt.subplots(1, 5, figsize=(6.4, 1.6))
    axes[0].imshow(image[0, 0], cmap="gray", interpolation="none")
    axes[4].imshow(feature_maps[0, 0], cmap="gray", interpolation="none")
    for ax, (title, table) in zip(axes[1:4], tables.items(), strict=True):
        ax.set(title=title, xlim=(-0.7, 2.7), ylim=(2.7, -0.7), aspect="equal")
        for k, value in enumerate(table.flatten().tolist()):
            said = f"{value + 0:.2g}"  # not -0
            ax.text(k % 3, k // 3, said, ha="center", va="center", fontsize=8)
    boxes = [(column, row, 3), *[(1, 1, 3)] * 3, (column, row, 1)]
    for ax, (x, y, side) in zip(axes, boxes, strict=True):
        box = plt.Rectangle((x - side / 2, y - side / 2), side, side, lw=2)
        box.set(facecolor="none", edgecolor=plots.COLORS[1])
        ax.add_patch(box)
        ax.set_axis_off()
    axes[0].set(title="image")
    axes[4].set(title=f"sum: {total:.2f}")
    pixels = ", ".join(f"{value:.2f}" for value in window.flatten().tolist())
    plots.show(
        fig,
        f"Image with a box on a sleeve; its pixels {pixels}; the "
        "weights, three rows of -1, 0, 1; the nine products; and the "
        f"feature map, with a box around their sum, {total:.2f}.",
    )

# %%
# `nn.Conv2d(1, 16, kernel_size=3, padding=1)` turns one channel (a gray image) into 16 feature maps, the *channels* of
# its output, as large as the image. Here is the same window under its first filter, by hand and by the layer.

runtime.seed(19)
layer = nn.Conv2d(1, 16, kernel_size=3, padding=1)
channels = layer(image)  # [1, 16, 28, 28]
by_hand = (window * layer.weight[0, 0]).sum() + layer.bias[0]
print(f"by hand {by_hand:.6f}, by the layer {channels[0, 0, row, column]:.6f}")
torch.testing.assert_close(by_hand, channels[0, 0, row, column])

# %%
# Two consequences decide this page. The first is the price: the layer has $16 \times (9 + 1)$ parameters, nine weights
# and a bias for each filter. A fully connected layer with as many outputs would need millions.
#
# The second: what a filter learns in one place it knows everywhere. Move the image, and its feature maps move along.
# That is called *equivariance*, and it is exact, away from the border.

everything = 784 * (16 * 784) + 16 * 784
print(f"convolution: {count_parameters(layer)} parameters")
print(f"fully connected, as many outputs: {everything:,}")
assert count_parameters(layer) == 160 and everything > 9_000_000

moved = layer(image.roll(2, dims=3))
inside = slice(3, -1)  # columns away from the border
torch.testing.assert_close(
    moved[..., inside], channels.roll(2, dims=3)[..., inside]
)

# %%
# !!! quiz "Parameters of a convolution"
#     How many parameters does `nn.Conv2d(16, 32, kernel_size=3)` have? It turns 16 channels into 32, and each of its
#     filters covers 3 by 3 places *in all 16 channels*.
#
#     - [ ] 320
#       > You gave each filter nine weights and a bias. But it has nine weights for each of 16 channels.
#     - [ ] 4,608
#       > These are the weights. Each of the 32 channels that come out has a bias, too.
#     - [=] 4,640
#       > $32 \times (16 \times 9 + 1)$. The size of the image does not matter: a larger one costs more work, and not
#       > one parameter more.
#     - [ ] 5,120
#       > You counted a bias for each pair of channels. A filter adds up what it reads in all 16, then adds one bias.
#     - [ ] anything else
#       > Count one filter first: how many numbers does it multiply? Then add its bias, and take 32 of them.
#
# ## The network
#
# Three times the same stage. A convolution; then [batch normalization](../2-training/14_init-normalization.py), which
# here centers and scales each channel over the images and places of the batch; then a ReLU; then
# [pooling](18_conv-arithmetic.py), which halves the height and the width. The convolution needs no bias, because the
# batch normalization after it would subtract it again. From stage to stage the maps get smaller and the channels more:
# less *where*, more *what*. At the end the channels are flattened, and two fully connected layers turn them into ten
# logits. You will also see stages with the pooling ahead of the ReLU. Those two may change places, as the last line of
# the cell checks.


def stage(channels_in, channels_out):
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )


def cnn():
    return nn.Sequential(
        stage(1, 16),
        stage(16, 32),
        stage(32, 64),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(576, 320),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(320, 10),
    )


flow = image
for part in cnn().eval():
    flow = part(flow)
    print(f"{type(part).__name__:10} {tuple(flow.shape)[1:]}")
assert flow.shape == (1, 10)

convolution, norm, relu, pool = stage(1, 16)
scaled = norm(convolution(image))
assert torch.equal(pool(relu(scaled)), relu(pool(scaled)))

# %%
# !!! quiz "Inputs of the first linear layer"
#     Images of 30 by 30 pixels go through the same three stages. How many inputs must the first linear layer have?
#
#     - [ ] 900
#       > That is $64 \times 3.75^2$. But pooling 15 pixels gives 7 of them: the last window must fit in whole.
#     - [ ] 1,024
#       > You rounded up, to 4 by 4. A last column without a partner is left out by `MaxPool2d(2)`.
#     - [ ] 192
#       > Three rows of 64 channels: each row has three places as well.
#     - [=] 576
#       > 30, 15, 7, 3: the same $64 \times 3 \times 3$ as for 28 by 28, since the odd row and column are dropped.
#     - [ ] anything else
#       > Halve three times, rounding down each time. Then multiply: rows, columns, channels.
#
# ## What they cost
#
# Count two things for each network: its parameters, and the multiplications that one image costs. PyTorch counts
# floating-point operations; a multiplication and the addition after it are two of them.


def contestants(seed):
    runtime.seed(seed)
    both = {"MLP": mlp([784, 256, 128, 64, 10], dropout=0.15), "CNN": cnn()}
    for network in both.values():  # a layout in memory that suits convolutions
        network.to(device, memory_format=torch.channels_last)
    return both


def multiplications(model):
    with FlopCounterMode(display=False) as counter:
        model.eval()(image.to(device))
    return counter.get_total_flops() // 2


models = contestants(seed=19)
parameters = {name: count_parameters(model) for name, model in models.items()}
work = {name: multiplications(model) for name, model in models.items()}
for name in models:
    print(f"{name}: {parameters[name]:,} parameters,", end=" ")
    print(f"{work[name]:,} multiplications for an image")
assert parameters == {"MLP": 242_762, "CNN": 211_258}
assert work["MLP"] == 784 * 256 + 256 * 128 + 128 * 64 + 64 * 10
assert work["CNN"] > 8 * work["MLP"]

# %%
# Fewer parameters, and more than eight times the work. In the MLP each weight is used once for an image. In the CNN a
# weight of the first layer is used 784 times, once in each place. *Sharing* weights is what a convolution is.
#
# ## The match
#
# Both train for the same number of epochs with the same [one-cycle schedule](../1-foundations/08_optimizers.py). All
# looks along the way are at the validation set. Equal epochs are not the only fair rule: with equal work the MLP would
# see the images more often. Choose one rule before you look, and say which.


def train_on(model, x, y, x_val, y_val, epochs):
    train = batches(x, y, batch_size, shuffle=True)
    val = batches(x_val, y_val, 1000)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=weight_decay)
    steps = epochs * len(train)
    cycle = OneCycleLR(optimizer, max_lr=learning_rate, total_steps=steps)
    return fit(
        model, train, val, optimizer=optimizer, epochs=epochs, scheduler=cycle
    )


history = {
    name: train_on(model, x_train, y_train, x_val, y_val, epochs)
    for name, model in models.items()
}
plots.curves(
    {
        name: [100 * value for value in run.val_accuracy]
        for name, run in history.items()
    },
    x=range(1, len(history["CNN"].val_accuracy) + 1),
    xlabel="epoch",
    ylabel="validation accuracy (%)",
)
final = {name: run.val_accuracy[-1] for name, run in history.items()}
lead = final["CNN"] - final["MLP"]
print(f"validation: MLP {final['MLP']:.1%}, CNN {final['CNN']:.1%}")
claim(lead > 0.02, "the CNN leads by more than two points on validation")

# %%
# ## Two results, one test
#
# No decision is left to make: both networks are what they are. So both may see the test set, once.

x_test, y_test = (part.to(device) for part in fashion_mnist("test").tensors)
logits = {
    name: metrics.predict(model, x_test) for name, model in models.items()
}
score = {name: metrics.accuracy(out, y_test) for name, out in logits.items()}
for name, value in score.items():
    print(f"{name}: test accuracy {value:.2%}")
runtime.report("test accuracy", score["CNN"])
claim(score["CNN"] > 0.915, "the CNN's test accuracy is above 91.5%")

# %%
# How does that compare? Others have sent in results for networks with two or three convolutional layers: from 87.6% to
# 93.4% (Fashion-MNIST README; not checked by its authors). On an NVIDIA H200 (November 2026), 40 epochs with shifts and
# mirror images took nearly this network to 92.8%, and a residual network of 1.6 million parameters, in 20 epochs, to
# 94.3%.
#
# Could the lead be luck? There are two kinds. The first is the choice of test images. Both networks answered the same
# questions, so look only at images where one is right and the other wrong. If the networks were equally good, these
# would fall to either side like the tosses of a fair coin, and their difference would have a standard deviation of
# $\sqrt{n}$ for $n$ tosses.

right = {name: out.argmax(dim=1) == y_test for name, out in logits.items()}
only_cnn = (right["CNN"] & ~right["MLP"]).sum().item()
only_mlp = (right["MLP"] & ~right["CNN"]).sum().item()
coins = (only_cnn - only_mlp) / math.sqrt(max(only_cnn + only_mlp, 1))
print(f"only the CNN right: {only_cnn}, only the MLP: {only_mlp}")
print(f"that is {coins:.0f} standard deviations from even")
claim(coins > 5, "the lead is not the luck of these test images")

# %%
# The other kind of luck is in the first weights and the order of the batches. These are two trained networks, one seed
# each, and no test image can tell what other seeds would have given. The last experiment of this page trains each
# network from three seeds.
#
# !!! quiz "Where two networks disagree"
#     Of 10,000 test images network A alone gets 90 right and network B alone 54. How many standard deviations is that
#     from even?
#
#     - [ ] 0.36
#       > You divided 36 by $\sqrt{10000}$. Images that both get right, or both wrong, are no tosses.
#     - [=] 3
#       > $(90 - 54) / \sqrt{90 + 54} = 36 / 12$. By luck alone that would be rare, though the two accuracies differ by
#       > less than half a point.
#     - [ ] 0.25
#       > You divided by the number of tosses. Luck grows with the square root of their number.
#     - [ ] anything else
#       > Use the formula of the cell above: the difference, divided by the square root of the sum.
#
# ## Where the gain comes from
#
# Here is the gain class by class, in percentage points. Which class do you expect on top?

is_class = F.one_hot(y_test, 10).float()  # [images, classes]
by_class = {
    name: hits.float() @ is_class / is_class.sum(dim=0)
    for name, hits in right.items()
}
gain = (100 * (by_class["CNN"] - by_class["MLP"])).cpu()
order = gain.argsort(descending=True)
plots.bars(
    [FASHION_CLASSES[c] for c in order],
    gain[order],
    xlabel="gain of the CNN over the MLP (points)",
)
tops, others = [0, 2, 4, 6], [1, 3, 5, 7, 8, 9]
print(f"{', '.join(FASHION_CLASSES[c] for c in tops)}:", end=" ")
print(f"{gain[tops].mean():+.1f} points, the others {gain[others].mean():+.1f}")
claim(gain[tops].mean() > 2 * gain[others].mean(), "tops gain most")

# %%
# Most of the gain is among the garments for the upper body, which share an outline, so that details have to decide.
#
# ## Two pixels to the side
#
# Now disturb the images. Shift each one by a few pixels, to all four sides in turn, and fill with background. To you
# nothing has happened.


def shifted(x, right, down):
    """Move images [N, 1, H, W] by whole pixels; what enters is background."""
    return F.pad(x, (right, -right, down, -down))


def accuracy_when_shifted(model, d):
    moves = [(d, 0), (-d, 0), (0, d), (0, -d)]
    logits = [metrics.predict(model, shifted(x_val, *move)) for move in moves]
    return mean(metrics.accuracy(values, y_val) for values in logits)


distances = range(5)
survived = {
    name: [100 * accuracy_when_shifted(model, d) for d in distances]
    for name, model in models.items()
}
plots.curves(
    survived,
    x=distances,
    xlabel="shift (pixels)",
    ylabel="validation accuracy (%)",
)
for name, values in survived.items():
    said = ", ".join(f"{value:.1f}%" for value in values)
    print(f"{name}, shifted by 0 to 4 pixels: {said}")
apart = survived["CNN"][2] - survived["MLP"][2]
claim(apart > 200 * lead, "after two pixels the lead has more than doubled")

# %%
# Two pixels cost the MLP dearly: each of its weights now meets another part of the garment. The CNN suffers less, but
# it suffers. You may read elsewhere that convolutional networks are *invariant* to shifts. A convolution is
# equivariant, as you have seen: its maps move along. Pooling hides a move of a pixel or so. But the fully connected
# layer at the end has a weight for each place, so the *network* is not invariant. Say "robust to small shifts", and
# measure how small.
#
# !!! quiz "Where the place comes in"
#     You want a network whose answer depends less on *where* in the image the garment is. Which change to our CNN goes
#     to the root of it?
#
#     - [x] Take each channel's mean over its places, and feed only these means to the linear layers.
#       > Then they get no number that belongs to a place. What is left of *where* comes from the borders and from the
#       > grid of the pooling.
#     - [ ] Give the last stage 128 channels instead of 64.
#       > After flattening, each place of each channel still has weights of its own.
#     - [ ] Put the pooling ahead of the ReLU in each stage.
#       > These two may change places: the largest number stays the largest when negative ones become zero. So this
#       > changes nothing at all.
#
# ## Take the neighbors away
#
# Draw one random permutation of the 784 places, and rearrange *every* image by it, in training and in validation. No
# information is lost: each pixel is still there, always in the same new place. Only the neighborhood is gone. Which
# network will mind?

dealer = torch.Generator().manual_seed(19)
places = torch.randperm(784, generator=dealer).to(device)


def shuffled(x):
    return x.flatten(1)[:, places].view_as(x)


plots.image_grid(
    torch.cat([x_val[:4], shuffled(x_val[:4])]).cpu(),
    titles=[FASHION_CLASSES[c] for c in y_val[:4]] + ["shuffled"] * 4,
    columns=4,
    alt="Four validation images; below them the same four, shuffled by one "
    "permutation of pixels: each garment is now evenly spread noise.",
)

# %%
# For the MLP you can answer without any training. Rearrange the columns of its first weight matrix in the same way,
# and every logit is what it was. So for each MLP in the old world there is one in the new world that is exactly as
# good; a network that starts from random weights cannot tell the two worlds apart. (`state_dict()` holds a network's
# weights by name, and `load_state_dict` copies them into a network of the same shape.)

twin = mlp([784, 256, 128, 64, 10], dropout=0.15).to(device)
twin.load_state_dict(models["MLP"].state_dict())
with torch.no_grad():
    twin[1].weight.copy_(twin[1].weight[:, places])
torch.testing.assert_close(
    metrics.predict(twin, shuffled(x_val)),
    metrics.predict(models["MLP"], x_val),
    atol=1e-3,
    rtol=1e-3,
)

# %%
# The CNN has no such way out: its window now covers nine pixels that have nothing to do with each other. To see what
# that costs, train both networks in both worlds, briefly, on a part of the training images, and from three seeds. The
# bars show the share of wrong answers, so shorter is better; the thin lines reach from the best seed to the worst.

some = slice(9_000)
worlds = {"as they are": lambda x: x, "shuffled": shuffled}
short = {(name, world): [] for name in models for world in worlds}
for seed in (19, 20, 21):
    for world, change in worlds.items():
        x, x_other = change(x_train[some]), change(x_val)
        for name, model in contestants(seed).items():
            run = train_on(model, x, y_train[some], x_other, y_val, epochs=4)
            short[name, world].append(100 * run.val_accuracy[-1])

wrong = {key: 100 - mean(values) for key, values in short.items()}
ends = [
    [mean(values) - min(values) for values in short.values()],
    [max(values) - mean(values) for values in short.values()],
]
plots.bars(
    [f"{name}, {world}" for name, world in short],
    list(wrong.values()),
    errors=torch.tensor(ends).flip(0),  # the worst seed has the longest bar
    xlabel="wrong answers on validation (%)",
)

# %%
# Compare the networks seed by seed: both see the same images in both worlds.


def leads(world):
    pairs = zip(short["CNN", world], short["MLP", world], strict=True)
    return [cnn_score - mlp_score for cnn_score, mlp_score in pairs]


for world in worlds:
    said = ", ".join(f"{value:+.1f}" for value in leads(world))
    print(f"lead of the CNN, {world}: {said} points")
cost = {
    name: [
        a - b for a, b in zip(*(short[name, w] for w in worlds), strict=True)
    ]
    for name in models
}
for name, values in cost.items():
    said = ", ".join(f"{value:.1f}" for value in values)
    print(f"the shuffle costs the {name} {said} points")
before, after = mean(leads("as they are")), mean(leads("shuffled"))
claim(min(leads("as they are")) > 1.5, "the CNN leads from every seed")
claim(min(cost["CNN"]) > 1, "the shuffle costs the CNN a point or more")
claim(abs(mean(cost["MLP"])) < 1.5, "the MLP does not mind the shuffle")
claim(0 < after < 0.75 * before, "without neighbors the lead shrinks")

# %%
# There is the reason. With neighbors, the CNN leads from every seed. Without them it loses accuracy from every seed
# and a large part of its lead, while the MLP, within the noise of short runs, did not notice. (Some of the lead
# remains: the two networks differ in more than their windows, for example in batch normalization.) The CNN does not
# win because it is better in general. It wins because its design says something *true* about images: what belongs
# together is close together, and a collar is a collar wherever it is.
#
# !!! quiz "What the MLP would not notice"
#     The MLP did not notice the shuffle. Which of these changes, within the noise, would it not notice either?
#
#     - [ ] Every image is shuffled by a permutation of its own.
#       > Then no rearranged weight matrix suits all of them, and here information is lost.
#     - [x] All images are mirrored left to right, in training and in validation.
#       > A mirror is a fixed permutation too.
#     - [x] After the first fixed permutation, all images go through a second one.
#       > Two fixed permutations, one after the other, are again a fixed permutation.
#     - [ ] The training images are shuffled by one permutation, and the validation images are not.
#       > The argument needs the same permutation everywhere.
#
# ## Where it fails
#
# Knowing about neighbors does not tell a shirt from a T-shirt when the image hardly does. Here is what the CNN took
# the test shirts for, the most frequent answers first.

answers = logits["CNN"].argmax(dim=1)
shirts = metrics.confusion(answers, y_test, classes=10)[6]
for c in shirts.argsort(descending=True)[:5]:
    print(f"{FASHION_CLASSES[c]:12} {shirts[c] / shirts.sum():.1%}")
hardest = FASHION_CLASSES[by_class["CNN"].argmin()]
claim(hardest == "Shirt", "the shirt is still the hardest class")

# %%
# ## Exercises
#
# [The workbook](19_fashion-cnn.exercises.py) has each of these as a cell with a gap, with a checker that tells you
# what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [Color images and augmentation](20_cifar-augmentation.py) comes next: three channels, and more images than you have.
# After that, [deeper networks](21_deeper.py) asks what more stages, and shortcuts around them, are worth.
#
# If the dropout, the weight decay or the rule "test once" were new to you, their home is [validate and
# regularize](../2-training/12_validate-regularize.py). If the training loop was, begin with [the first
# network](../2-training/10_first-network.py).
