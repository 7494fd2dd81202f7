# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["R5", "S4.9", "S4.N8", "BK14", "ND3", "ND10", "CC15"]
# data = ["squeezenet", "hymenoptera", "cats_dogs"]
# minutes = 3
# gpu = true
# metric = { name = "accuracy, cats and dogs", unit = "%", target = 92, reference = "95% asked of a DenseNet" }
# description = "New classes for an old network: frozen features, a few dozen photos, and gentle fine-tuning."
# ///
"""
# Transfer learning: new classes for an old network

You have 244 photos of ants and bees, and no hour to spare. A network that was
trained on a million other photos already knows how to look. Here you keep what
it knows, replace its last layer, and beat a network that starts from nothing.
"""

# %%
# Here are some of the photos, and the whole of the expensive part: each photo goes once through the convolutions of
# [SqueezeNet](23_pretrained-networks.py), which turn it into 512 numbers, its **features**.

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.models import SqueezeNet1_0_Weights
from torchvision.transforms import v2

from kindling import plots, runtime
from kindling.models import squeezenet
from kindling.photos import hymenoptera

device = runtime.device()
prepare = SqueezeNet1_0_Weights.IMAGENET1K_V1.transforms()
network = squeezenet().to(device, memory_format=torch.channels_last)
pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]  # the mean of each channel
body = nn.Sequential(network.features, *pool)


def through(body, folder):
    """What a body makes of each photo of a folder, and the labels [N]."""
    with torch.no_grad():
        found = [body(x.to(device)) for x, _ in DataLoader(folder, 50)]
    return torch.cat(found), torch.tensor(folder.targets, device=device)


f_train, y_train = through(body, hymenoptera("train", prepare))
f_val, y_val = through(body, hymenoptera("val", prepare))

square = v2.Compose([v2.Resize(112), v2.CenterCrop(112), v2.ToImage()])
photos = hymenoptera("val", square)  # for you: not normalized
some = range(len(photos))[::31]
plots.image_grid(
    torch.stack([photos[i][0] for i in some]),
    titles=[photos.classes[photos.targets[i]] for i in some],
    alt="Five photos of ants and bees, on leaves, flowers and stones.",
)
print(f"features of {len(f_train)} training photos: {tuple(f_train.shape)}")

# %%
# You will
#
# - train a new last layer on these features, and compare it with a network that starts from nothing,
# - find out how many photos it takes,
# - fine-tune old layers at a rate of their own, and see two ways to spoil them without an error.

from copy import deepcopy
from itertools import islice
from statistics import mean

import matplotlib.pyplot as plt
import torch.nn.functional as F
from torch.optim.lr_scheduler import OneCycleLR

from kindling import metrics
from kindling.data import batches
from kindling.models import count_parameters
from kindling.photos import cats_dogs
from kindling.runtime import claim
from kindling.training import evaluate, fit

seeds = (24, 25, 26)
side = 48  # of the small photos for the network from scratch
epochs = {"ants and bees": 10, "cats and dogs": 4}  # from scratch

# %%
# ## Body and head
#
# A network for classes has two parts. The *body* turns an image into features; the *head* turns features into a logit
# for each class. SqueezeNet's body is `network.features`. Its head knows a thousand classes, and yours may not be
# among them. **Transfer learning** keeps the body and trains a new head.
#
# A body that is not trained is called **frozen**. `requires_grad_(False)` tells autograd to compute no gradients for
# it, so no optimizer will change it.

network.requires_grad_(False).eval()
head = nn.Linear(512, 2)
print(f"body: {count_parameters(body):,} parameters, all frozen")
print(f"new head: {count_parameters(head, trainable_only=True):,} to train")
assert count_parameters(body, trainable_only=True) == 0

# %%
# Since the body never changes, a photo has the same features in every epoch. So compute them *once*, before training.
# That saves nearly all the work. It is right only if a photo's features do not depend on its neighbors in the batch,
# or on luck, which is what `eval()` is for. Check it.

alone = torch.stack(
    [
        body(x[None].to(device))[0]
        for x, _ in islice(hymenoptera("val", prepare), 2)
    ]
)
torch.testing.assert_close(alone, f_val[:2], atol=1e-3, rtol=1e-3)
steps = 100
photos_in_all = len(f_train) + len(f_val)
print(f"photos through the body in {steps} epochs: {steps * photos_in_all:,}")
print(f"with features computed once: {photos_in_all}")

# %%
# What is left is [logistic regression](../1-foundations/06_logistic-regression.py) on 512 numbers. Center and scale
# them by the *training* photos, start with zero weights, and take all photos as one batch. The weight decay is strong,
# because there are few photos for so many features.


def scaled(f, f_train):
    """Features, centered and scaled by those of the training photos."""
    spread = f_train.std(dim=0) + 0.05  # some features hardly vary
    return (f - f_train.mean(dim=0)) / spread


def train_head(f, y):
    """A linear layer [N, 512] -> [N, 2], trained on scaled features."""
    head = nn.Linear(f.shape[1], 2, device=device)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.01, weight_decay=1.0)
    for _ in range(steps):
        loss = F.cross_entropy(head(f), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return head


def frozen_accuracy(f_train, y_train, f_val, y_val):
    head = train_head(scaled(f_train, f_train), y_train)
    return metrics.accuracy(head(scaled(f_val, f_train)), y_val)


frozen = {}
frozen["ants and bees"] = frozen_accuracy(f_train, y_train, f_val, y_val)
print(f"ants and bees: {frozen['ants and bees']:.1%} of {len(y_val)} right")
claim(frozen["ants and bees"] > 0.9, "more than 90% of ants and bees")

# %%
# !!! quiz "A head for flowers"
#     You keep the same body and want to tell 102 flowers apart. How many parameters does the new head have?
#
#     - [=] 52,326
#       > $102 \times 512$ weights and 102 biases. The body adds nothing, since it is frozen.
#     - [ ] 52,224
#       > These are the weights. Each flower has a bias as well.
#     - [ ] 1,026
#       > That is the head for two classes.
#     - [ ] anything else
#       > A linear layer has a weight for each pair of a feature and a class, and a bias for each class.
#
# ## Cats and dogs
#
# The other task: a thousand photos of cats and dogs to learn from, and two hundred to be tested on. SqueezeNet itself
# [named half of the cats wrongly](23_pretrained-networks.py), as it was asked for breeds. Its features know better.

p_train, z_train = through(body, cats_dogs("train", prepare))
p_test, z_test = through(body, cats_dogs("test", prepare))
frozen["cats and dogs"] = frozen_accuracy(p_train, z_train, p_test, z_test)
print(f"cats and dogs: {frozen['cats and dogs']:.1%} of {len(z_test)} right")
runtime.report("accuracy, cats and dogs", frozen["cats and dogs"])
claim(frozen["cats and dogs"] > 0.92, "more than 92% of cats and dogs")

# %%
# ## From scratch
#
# What would the photos have taught a network by themselves? Here is a small one, of the stages that you know from [the
# clothes](19_fashion-cnn.py), with each channel's mean at the end. It sees smaller photos, because it has to look at
# all of them in every epoch; to give it more to learn from, each is there in its mirror image as well.

small = v2.Compose(
    [
        v2.Resize(side),
        v2.CenterCrop(side),
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize(prepare.mean, prepare.std),
    ]
)


def stage(channels_in, channels_out):
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )


def small_cnn():
    stages = stage(3, 16), stage(16, 32), stage(32, 64)
    return nn.Sequential(*stages, *pool, nn.Linear(64, 2))


def from_scratch(train, val, epochs, seed):
    """A small network, trained for some epochs, and its history."""
    runtime.seed(seed)
    model = small_cnn().to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.05)
    total = epochs * len(train)
    cycle = OneCycleLR(optimizer, max_lr=0.01, total_steps=total)
    history = fit(
        model, train, val, optimizer=optimizer, epochs=epochs, scheduler=cycle
    )
    return model, history


# %%
# Three seeds for each task. The bars show the mean.

folders = {
    "ants and bees": (hymenoptera("train", small), hymenoptera("val", small)),
    "cats and dogs": (cats_dogs("train", small), cats_dogs("test", small)),
}
small_sets, scratch = {}, {}
for task, both in folders.items():
    (x, y), (x_other, y_other) = (through(nn.Identity(), f) for f in both)
    x, y = torch.cat([x, x.flip(3)]), torch.cat([y, y])
    train = batches(x, y, 32, shuffle=True)
    small_sets[task] = train, batches(x_other, y_other, 200)
    runs = [from_scratch(*small_sets[task], epochs[task], s) for s in seeds]
    scratch[task] = [history.val_accuracy[-1] for _, history in runs]
bars = {}
for task in folders:
    bars[f"{task}, from scratch"] = 100 * mean(scratch[task])
    bars[f"{task}, frozen features"] = 100 * frozen[task]
plots.bars(list(bars), list(bars.values()), xlabel="right answers (%)")
for task in folders:
    said = ", ".join(f"{value:.1%}" for value in scratch[task])
    print(f"{task}, from scratch, three seeds: {said}")
    lead = frozen[task] - max(scratch[task])
    claim(lead > 0.1, f"{task}: at least 10 points ahead of scratch")

# %%
# The features win by far, and they were cheaper. (Not all of the lead is knowledge: the small network also saw 48
# pixels where the old one saw 224.) Why does it work? Edges, fur, legs and petals are useful for a thousand classes,
# and for ants and cats too. A few hundred photos are not enough to learn them from nothing. They are enough to learn
# which of them to look at.
#
# Do not take it as proof for *every* task: ants, bees, cats and dogs are among ImageNet's classes. The further your
# photos are from those, the less is won.
#
# ## How many photos?
#
# Draw a few of the thousand, as many cats as dogs, and train a head on them. Ten draws for each number: the line is
# the mean, and the band reaches from the worst draw to the best.


def few(n, draw):
    """Places of n training photos, half of them cats."""
    rng = torch.Generator().manual_seed(draw)
    kinds = [(z_train.cpu() == c).nonzero()[:, 0] for c in (0, 1)]
    return torch.cat(
        [k[torch.randperm(len(k), generator=rng)[: n // 2]] for k in kinds]
    )


numbers = [10, 20, 40, 80, 160, 320, 640, 1000]
by_number = {}
for n in numbers:
    draws = [few(n, draw).to(device) for draw in range(10)]
    by_number[n] = [
        100 * frozen_accuracy(p_train[i], z_train[i], p_test, z_test)
        for i in draws
    ]
means = [mean(values) for values in by_number.values()]
with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    worst = [min(values) for values in by_number.values()]
    best = [max(values) for values in by_number.values()]
    ax.fill_between(numbers, worst, best, alpha=0.25, lw=0)
    ax.plot(numbers, means, "o-", label="frozen features")
    level = 100 * mean(scratch["cats and dogs"])
    ax.axhline(
        level, color=plots.COLORS[1], ls="--", label="scratch, all 1,000"
    )
    ax.set(xscale="log", xlabel="training photos", ylabel="right answers (%)")
    ax.legend()
plots.show(
    fig,
    "Accuracy rises with the number of training photos: "
    + ", ".join(f"{n}: {m:.0f}%" for n, m in zip(numbers, means, strict=True))
    + ". The band of draws is wide at 10 and narrow at "
    "640; at 1,000 there is one draw. The network from "
    f"scratch is at {level:.0f}%.",
)
for n, values in by_number.items():
    print(f"{n:5} photos: mean {mean(values):.1f}%,", end=" ")
    print(f"from {min(values):.1f} to {max(values):.1f}%")
spread = {n: max(values) - min(values) for n, values in by_number.items()}
claim(mean(by_number[80]) > level + 8, "80 photos beat 1,000 from scratch")
claim(mean(by_number[160]) > mean(by_number[10]) + 10, "more photos help")
claim(mean(by_number[1000]) - mean(by_number[160]) < 6, "then less and less")
claim(spread[10] > spread[640], "with ten photos luck decides")

# %%
# Eighty photos through the old network beat a thousand without it. From a hundred or so on, each doubling adds little.
# (At 1,000 there is only one draw: all of them.) And look at the left end: with ten photos, *which* ten you drew
# changes the result by many points. Never judge a method by one draw of ten.
#
# !!! quiz "When once is not enough"
#     You have computed all features once. Which of these plans can use them?
#
#     - [x] Try ten different weight decays for the head.
#       > All ten heads get the same features.
#     - [ ] Show each photo mirrored at random, in every epoch.
#       > The body has to see the mirrored photo. You could compute the features of both versions once.
#     - [ ] Fine-tune the whole body at a small rate.
#       > After the first step the body is another one, and its features are others.
#     - [x] Train a head for the same photos with other labels.
#       > Features do not depend on labels.
#
# ## Fine-tuning
#
# **Fine-tuning** trains old layers as well, so that they adapt. Here we unfreeze the last block of the body and leave
# the blocks before it frozen: what comes out of *those* is computed once.

before_last = network.features[:12]
photo_sets = {
    "ants and bees": (hymenoptera, ("train", "val")),
    "cats and dogs": (cats_dogs, ("train", "test")),
}
halfway = {}
for task, (load, splits) in photo_sets.items():
    old, new = (through(before_last, load(s, prepare)) for s in splits)
    halfway[task] = batches(*old, 32, shuffle=True), batches(*new, 200)


def tuned(task, old_rate, new_rate, seed, epochs=5):
    """Train the last block and a head; return the accuracy by epoch."""
    runtime.seed(seed)
    last_block = deepcopy(network.features[12]).requires_grad_(old_rate > 0)
    head = nn.Linear(512, 2)
    model = nn.Sequential(last_block, *pool, head).to(device)
    groups = [
        {"params": last_block.parameters(), "lr": old_rate},
        {"params": head.parameters(), "lr": new_rate},
    ]
    optimizer = torch.optim.AdamW(groups)
    history = fit(model, *halfway[task], optimizer=optimizer, epochs=epochs)
    return [100 * value for value in history.val_accuracy]


rates = {
    "frozen": (0, 3e-3),
    "old layers at 0.0001": (1e-4, 3e-3),
    "old layers at 0.01": (1e-2, 3e-3),
}
curves = {
    name: [tuned("ants and bees", *both, seed) for seed in seeds]
    for name, both in rates.items()
}
plots.curves(
    {
        name: [mean(e) for e in zip(*runs, strict=True)]
        for name, runs in curves.items()
    },
    x=range(1, len(curves["frozen"][0]) + 1),
    xlabel="epoch",
    ylabel="validation accuracy (%)",
)
last = {name: [run[-1] for run in runs] for name, runs in curves.items()}
for name, values in last.items():
    print(f"{name}:", ", ".join(f"{value:.1f}%" for value in values))
claim(
    min(last["old layers at 0.0001"]) > mean(last["old layers at 0.01"]),
    "a hundred times smaller rate for the old layers is better",
)
claim(
    abs(mean(last["old layers at 0.0001"]) - mean(last["frozen"])) < 4,
    "on so few photos, gentle fine-tuning and frozen features are level",
)

# %%
# The head starts from random weights and has to move far: it gets a large **rate**. The old layers are almost right
# and get a small one. In PyTorch these are *parameter groups*: a list of dictionaries instead of a list of parameters.
# With a large rate for both, the first gradients, which come through a head that knows nothing yet, shake what was
# learned from a million photos. (Compare within this figure only: the frozen head of the first section had scaled
# features and many more steps.)
#
# On 244 photos, gentle fine-tuning and frozen features end close together. And on the thousand cats and dogs?

gentle = {
    name: [tuned("cats and dogs", *rates[name], s, epochs=3)[-1] for s in seeds]
    for name in ("frozen", "old layers at 0.0001")
}
for name, values in gentle.items():
    print(f"{name}:", ", ".join(f"{value:.1f}%" for value in values))
claim(
    min(map(min, gentle.values())) > 100 * max(scratch["cats and dogs"]) + 10,
    "both are far ahead of the network from scratch",
)

# %%
# With thousands of photos, or photos unlike those of ImageNet, fine-tuning usually gains more. So begin with frozen
# features, in seconds, and fine-tune if there is something to gain.
#
# !!! quiz "Which rate for which part?"
#     You fine-tune a pretrained network with a new head. After the first epoch it is worse than frozen features were.
#     What do you try?
#
#     - [x] A rate for the old layers that is ten or a hundred times smaller than the head's.
#       > They were almost right, and moved further than they had to.
#     - [x] Train the head alone at first, and then unfreeze the old layers.
#       > Then their first gradients no longer come through a head that knows nothing.
#     - [ ] A larger rate for the old layers, so that they adapt faster.
#       > They would lose even more of what they learned from a million photos.
#     - [ ] A smaller rate for the head.
#       > The head begins at random. Of all layers it has the furthest to go.
#
# ## Batch norm in a frozen layer
#
# SqueezeNet has no batch normalization. Most networks in the zoo do, and there lies a trap. `requires_grad_(False)`
# freezes *parameters*. The [running mean and variance](../2-training/14_init-normalization.py) are not parameters but
# buffers: in train mode each batch moves them, gradient or not. Take the last network that learned cats and dogs from
# scratch, freeze it, and run the ants and bees through it, as in the training of a new head.

pets_model, _ = runs[-1]  # from scratch, on cats and dogs
pets_val, insect_batches = (
    small_sets["cats and dogs"][1],
    small_sets["ants and bees"][0],
)


def after_new_photos(model, training):
    """Run other photos through a frozen copy; return the copy."""
    copy = deepcopy(model).requires_grad_(False)
    copy.train(training)
    for x, _ in insect_batches:
        copy(x)
    return copy.eval()


for training in (True, False):
    copy = after_new_photos(pets_model, training)
    old, new = (
        dict(pets_model.named_parameters()),
        dict(copy.named_parameters()),
    )
    kept = all(torch.equal(old[name], new[name]) for name in old)
    moved = (
        (copy[0][1].running_mean - pets_model[0][1].running_mean).abs().max()
    )
    accuracy = evaluate(copy, pets_val).accuracy
    print(f"train mode {training!s:5} parameters equal: {kept}", end=", ")
    print(f"means moved by {moved:.3f}, cats and dogs {accuracy:.1%}")
    assert kept and (moved > 0) == training

# %%
# All parameters are what they were, and in train mode the network is another one nevertheless. Such a body gives other
# features at the end of the training of a head than at its beginning. The remedy: put the frozen part into eval mode
# *after* every `model.train()`, or keep it out of the model that you train, as we did with the features.
#
# !!! quiz "Frozen, and in which mode?"
#     A frozen ResNet body with a new head is trained by the usual loop, which calls `model.train()` in each epoch.
#     What happens in the body?
#
#     - [x] Its running means and variances drift toward those of the new photos.
#       > Buffers are changed by the forward pass in train mode. No gradient is needed.
#     - [ ] Nothing, since its parameters have `requires_grad=False`.
#       > That holds for the parameters. The statistics are not parameters.
#     - [x] Features depend on the other photos in the batch.
#       > In train mode batch normalization uses the statistics of the batch.
#     - [ ] Its weights change, because `train()` unfreezes them.
#       > `train()` sets the mode and leaves `requires_grad` alone.
#
# ## The test photos get no luck
#
# A course that is widely followed asks a frozen VGG16 to tell five flowers apart, and reports 74.6%. In its code the
# *test* photos are cropped at random, as if they were training photos, and nothing is normalized for the weights. What
# does that do to our ants and bees?

plain = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
normalize = v2.Normalize(prepare.mean, prepare.std)
pipelines = {
    "random crops": v2.Compose([v2.RandomResizedCrop(224), *plain, normalize]),
    "not normalized": v2.Compose([v2.Resize(256), v2.CenterCrop(224), *plain]),
}
head = train_head(scaled(f_train, f_train), y_train)
print(f"as in training: {frozen['ants and bees']:.1%}")
harmed = {}
for name, pipeline in pipelines.items():
    runtime.seed(24)
    f, _ = through(body, hymenoptera("val", pipeline))
    harmed[name] = metrics.accuracy(head(scaled(f, f_train)), y_val)
    print(f"validation photos, {name}: {harmed[name]:.1%}")
claim(max(harmed.values()) < frozen["ants and bees"] - 0.02, "both cost")

# %%
# Random crops are a way to see more in training. In a test they cut the head off the bee. So a result like that of the
# course is a floor: the network is better than its test.
#
# The mean and the standard deviation are ImageNet's, even if your photos are X-rays: a frozen first layer expects the
# numbers that it was trained on.
#
# ## Where it fails
#
# Features keep what helped to tell a thousand classes apart, and lose the rest. Ask them something that anybody sees:
# is there a white square on the left of the photo, or on the right?


def stamped(column):
    """The preparation, then a white square that begins at this column."""

    def change(image):
        x = prepare(image)
        x[:, 96:128, column : column + 32] = 2.0
        return x

    return change


stamps = {}
for split in ("train", "val"):
    parts = [
        through(body, hymenoptera(split, stamped(column)))[0]
        for column in (64, 128)  # mirror images of each other
    ]
    on_the_right = torch.arange(2 * len(parts[0])) >= len(parts[0])
    stamps[split] = torch.cat(parts), on_the_right.long().to(device)
guessed = frozen_accuracy(*stamps["train"], *stamps["val"])
print(f"left or right: {guessed:.1%} right")
claim(guessed < 0.65, "the features hardly know where the square is")

# %%
# You see at once on which side the square is. The mean over all places has nearly forgotten it, since the name of a
# thing does not depend on where it is. No head can bring back what the features have thrown away.
#
# ## Exercises
#
# [The workbook](24_transfer-learning.exercises.py) has each of these as a cell with a gap, with a checker that tells
# you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [The flower challenge](25_flower-challenge.py) turns this page into two programs. Where the pretrained network comes
# from, and what its own thousand classes cannot say, is in [the lesson before this](23_pretrained-networks.py). How to
# choose a rate or a weight decay without fooling yourself is in [hyperparameter
# search](../2-training/17_hyperparameter-search.py).
