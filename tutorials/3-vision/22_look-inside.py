# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["S5.33", "S5.40", "S5.41", "S5.42"]
# data = ["fashion_mnist"]
# minutes = 3
# gpu = true
# metric = { name = "neighbors of the same class", unit = "%", target = 75, reference = "by pixels, on the same page" }
# description = "Feature maps, saliency, Grad-CAM, occlusion, and the test that half of such images fail."
# ///
"""
# A look inside

A network says "sandal", and you would like to know why. Here you make the
images that are meant to answer: what a filter responds to, which pixels matter,
where the network looked. Then you test these images themselves, and half of
them turn out to say more about the image than about the network.
"""

# %%
# The images are clothes, ten classes of them, and the network is a small one. It has three stages, each with a
# convolution, [batch normalization](../2-training/14_init-normalization.py) and a ReLU, and pooling between them.

import torch
from torch import nn

from kindling import plots
from kindling.data import FASHION_CLASSES, batches, fashion_mnist


def stage(channels_in, channels_out):
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


def network():
    return nn.Sequential(
        stage(1, 16),
        nn.MaxPool2d(2),
        stage(16, 32),
        nn.MaxPool2d(2),
        stage(32, 64),  # [batch, 64, 7, 7]
        nn.AdaptiveAvgPool2d(1),  # the mean of each channel over all places
        nn.Flatten(),  # the feature vector, [batch, 64]
        nn.Linear(64, 10),
    )


x_val, y_val = fashion_mnist("val").tensors
shown = [(y_val == c).nonzero()[0].item() for c in range(10)]
plots.image_grid(
    x_val[shown],
    titles=list(FASHION_CLASSES),
    alt="One image of each of the ten classes, from a T-shirt to a boot.",
)

# %%
# A linear layer on pixels can be understood from its weights. In a network of several layers, what the second layer
# means depends on what the first one finds. So people look at what a network *does*: they record its intermediate
# results, search for images that excite a unit, or change the image and watch the answer.
#
# You will
#
# - train the network, and record what its layers make of an image,
# - ask for the pixels behind an answer in three ways: gradient, Grad-CAM and occlusion,
# - give the network random weights and look again: an image that stays the same was not about what it has learned,
# - find similar clothes by the network's last 64 numbers.

import copy
from statistics import mean

import torch.nn.functional as F
from torch.optim.lr_scheduler import OneCycleLR

from kindling import metrics, runtime
from kindling.runtime import claim
from kindling.training import fit

device = runtime.device()
batch_size, epochs, top_rate = 128, 5, 1e-2

runtime.seed(22)
model = network().to(device)
x_train, y_train = (
    part[:15_000].to(device) for part in fashion_mnist("train").tensors
)
x_val, y_val = x_val.to(device), y_val.to(device)
train = batches(x_train, y_train, batch_size, shuffle=True)
val = batches(x_val, y_val, 1000)
optimizer = torch.optim.AdamW(model.parameters())
cycle = OneCycleLR(optimizer, top_rate, total_steps=epochs * len(train))
fit(model, train, val, optimizer=optimizer, epochs=epochs, scheduler=cycle)
logits = metrics.predict(model, x_val)  # leaves the model in eval mode
accuracy = metrics.accuracy(logits, y_val)
print(f"validation accuracy {accuracy:.1%}")
claim(accuracy > 0.8, "the network is worth looking into")

# %%
# ## What the layers see
#
# A **hook** is a function that PyTorch calls whenever a module has computed something. Ours keeps what it is shown.
# Afterwards it must be *removed*, or it would be called, and would keep maps, as long as the model lives.


def recorded(model, layer, x):
    """What a layer gives for the images x; the hook is gone afterward."""
    kept = []
    hook = layer.register_forward_hook(
        lambda module, inputs, output: kept.append(output)
    )
    try:
        model(x)
    finally:
        hook.remove()
    return kept[0]


sneaker = x_val[shown[7]][None]
with torch.no_grad():
    maps = [recorded(model, model[place], sneaker) for place in (0, 2, 4)]
same_size = [F.interpolate(m[:, :7], size=28)[0] for m in maps]
plots.image_grid(
    torch.cat([torch.cat([sneaker[0], m]) for m in same_size]),
    titles=[
        title for i in (1, 2, 3) for title in ("image", f"stage {i}", *[""] * 6)
    ],
    columns=8,
    alt="A sneaker and seven feature maps of each stage. The first ones show "
    "outlines in detail, the last ones a few coarse spots.",
)
empty = [(m == 0).float().mean().item() for m in maps]
for i, (m, share) in enumerate(zip(maps, empty, strict=True), start=1):
    print(f"stage {i}: {tuple(m.shape[1:])}, {share:.0%} of it zero")
assert not model[0]._forward_hooks

# %%
# The maps of the first stage look like the [edges](17_filters.py) of the image. From stage to stage they get coarser,
# since pooling halves them, and harder to name: each mixes all the maps ahead of it.
#
# !!! quiz "The color-blind filter"
#     In a network for color images, a filter of the first layer has 3 by 3 weights for each of the channels red, green
#     and blue. Which of these filters is color-blind, so that its answer depends on the sum R + G + B of each pixel
#     only?
#
#     - [x] It has the same weights for all three channels.
#       > It is a filter for gray images that was written down three times.
#     - [ ] Its weights for each of the channels have the sum 0.
#       > Then it ignores even areas, of any color. At an edge between red and green it can still answer.
#     - [ ] Its weights for red are the negative of those for green, and those for blue are zero.
#       > The opposite: it sees only the difference of red and green.
#
# ## What excites a filter
#
# Take a channel of the last stage. Which image makes its mean largest? There are two ways to find one: search the
# validation images, or *make* one. For that we treat the image as a parameter. Start from noise, and follow the
# gradient of the channel's mean upward (taken ahead of the ReLU, which has no gradient where a channel is silent). For
# five classes, we take the channel that counts most for them.

classes = [1, 5, 7, 8, 9]
channels = model[7].weight[classes].argmax(dim=1)


def excite(channels, steps=100):
    """Images [N, 1, 28, 28] that make the means of these channels large."""
    x = torch.rand(len(channels), 1, 28, 28).to(device).requires_grad_()
    optimizer = torch.optim.Adam([x], lr=0.03)
    for _ in range(runtime.steps(steps)):
        before_relu = model[4][:2](model[:4](x)).mean(dim=(2, 3))
        loss = -before_relu[range(len(channels)), channels].sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        x.data.clamp_(0, 1)  # what an image may hold
    return x.detach()


features = metrics.predict(model[:7], x_val)  # [10000, 64]
found = features[:, channels].max(dim=0)
runtime.seed(22)
made = excite(channels)
means = model[:7](made)[range(5), channels]
plots.image_grid(
    torch.cat([x_val[found.indices], made]),
    titles=[f"for {FASHION_CLASSES[c]}" for c in classes] + ["made"] * 5,
    alt="Five validation images that excite a channel most, and below them "
    "the images made for it: patterns that look like no garment.",
)
for c, best, value in zip(classes, found.values, means, strict=True):
    print(f"{FASHION_CLASSES[c]:10} found: {best:.2f}, made: {value:.2f}")
claim((means > found.values).float().mean() > 0.5, "most made ones win")

# %%
# Most of the made images excite their channels more than any of the ten thousand real ones, and they look like no
# garment. A channel is not "the detector of trousers". It answers to a texture or a line, whatever the rest is.
#
# ## Which pixels matter? The gradient
#
# Now one image and one answer. Which pixels is the answer sensitive to? The gradient of a class's score with respect
# to the *pixels* says how much the score grows if one pixel grows by a little. Its size is called **saliency**.


def score_of(model, x, classes):
    """The sum of each image's logit for its class."""
    return model(x)[range(len(x)), classes].sum()


def gradient(model, x, classes):
    x = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(score_of(model, x, classes), x)
    return slope[:, 0]  # [N, 28, 28]


def saliency(model, x, classes):
    return gradient(model, x, classes).abs()


answer = model(sneaker).argmax(dim=1)
exact, x = copy.deepcopy(model).double().cpu(), sneaker.double().cpu()
slopes = gradient(exact, x, answer.cpu())[0]
on_shoe = slopes.abs() * (x[0, 0] > 0)
row, column = divmod(on_shoe.argmax().item(), 28)
step = torch.zeros_like(x)
step[0, 0, row, column] = 1e-6
ahead, back = (score_of(exact, x + s, answer.cpu()) for s in (step, -step))
quotient = ((ahead - back) / 2e-6).item()
print(f"the most salient pixel of the shoe: row {row}, column {column}")
print(f"gradient {slopes[row, column]:.4f}, by two scores {quotient:.4f}")
assert abs(quotient - slopes[row, column]) < 0.01 * abs(quotient)

# %%
# The check compares it with what happens if this pixel really changes a little, up and down.
#
# !!! quiz "What the gradient says"
#     The saliency of a pixel in the middle of the shoe is almost zero. What follows?
#
#     - [ ] The network does not use this pixel.
#       > The score is a curve of that pixel. It can be flat *here* and have risen steeply on the way from black.
#     - [ ] Without this part of the shoe the network would give the same answer.
#       > The gradient is about tiny changes. To take something away is a large one: try it.
#     - [x] The score hardly changes if this pixel alone changes a little.
#       > This is all that a gradient says. It is sensitivity, and no explanation of the answer.
#
# ## Where did it look? Grad-CAM
#
# **Grad-CAM** asks the same question at the last stage: how sensitive is the score to each of its
# channels? The mean gradient of a channel is its weight; the weighted sum of the channels, without what is negative,
# is a map of 7 by 7 places.


def grad_cam(model, x, classes):
    stages, head = model[:5], model[5:]
    maps = stages(x).detach().requires_grad_()  # [N, 64, 7, 7]
    (slopes,) = torch.autograd.grad(score_of(head, maps, classes), maps)
    weights = slopes.mean(dim=(2, 3), keepdim=True)
    heat = F.relu((weights * maps).sum(dim=1, keepdim=True)).detach()
    return F.interpolate(heat, size=28, mode="bilinear")[:, 0]


some, answers = x_val[:200], logits[:200].argmax(dim=1)
maps = model[:5](some).detach()
by_weights = (model[7].weight[answers][:, :, None, None] * maps).sum(dim=1)
heat = F.interpolate(F.relu(by_weights)[:, None], size=28, mode="bilinear")
torch.testing.assert_close(
    grad_cam(model, some, answers),
    heat[:, 0].detach() / 49,
    atol=1e-5,
    rtol=1e-4,
)
logit = by_weights.mean(dim=(1, 2)) + model[7].bias[answers]
torch.testing.assert_close(
    logit, logits[:200].gather(1, answers[:, None])[:, 0], atol=1e-4, rtol=1e-4
)

# %%
# In our network this is more than a heuristic. The score is the mean of the channels, times the weights of the last
# layer, plus a bias. So the 49 places of the map, before negative numbers are cut off, add up to the logit, except for
# the bias, as the cell checks. The map says exactly how much each place has added. With a last stage that is followed
# by more than a mean and a linear layer, this no longer holds.
#
# !!! quiz "How fine is the map?"
#     A larger network takes images of 224 by 224 pixels, and its last maps have 7 by 7 places. How many pixels wide is
#     the area that one place of a Grad-CAM map stands for, if the places share the image evenly?
#
#     - [=] 32
#       > 224 / 7. The smooth look of such maps comes from enlarging them, and not from the network.
#     - [ ] 7
#       > That is the number of places in a row.
#     - [ ] 1
#       > The map is drawn as large as the image, but it was computed on 7 by 7 places.
#     - [ ] anything else
#       > Seven places share a row of 224 pixels.
#
# ## What happens without it? Occlusion
#
# The third way needs no gradient. Cover a part of the image, see by how much the score falls, and do so for each part
# in turn. It is slow, and it asks about a change that really happens.


@torch.no_grad()
def occlusion(model, x, classes, size=7, stride=3):
    """How much each image's score falls when a square is black: [N, 28, 28]."""
    before = model(x)[range(len(x)), classes]
    places = range(0, 28 - size + 1, stride)
    falls = []
    for row in places:
        for column in places:
            covered = x.clone()
            covered[..., row : row + size, column : column + size] = 0
            falls.append(before - model(covered)[range(len(x)), classes])
    heat = torch.stack(falls, dim=1).view(-1, 1, len(places), len(places))
    return F.interpolate(heat, size=28, mode="bilinear")[:, 0]


chosen = x_val[[shown[c] for c in (5, 7, 8)]]
its_answers = model(chosen).argmax(dim=1)
ways = {"saliency": saliency, "Grad-CAM": grad_cam, "occlusion": occlusion}
rows = [
    [x, *(way(model, x[None], a[None])[0] for way in ways.values())]
    for x, a in zip(chosen, its_answers, strict=True)
]
plots.image_grid(
    torch.stack([part.reshape(28, 28) for row in rows for part in row]),
    titles=["image", *ways] + [""] * 8,
    columns=4,
    alt="A sandal, a sneaker and a bag, each with three maps: saliency is a "
    "scatter of dots, Grad-CAM and occlusion are a few soft spots.",
)
for name, a in zip(("first", "second", "third"), its_answers, strict=True):
    print(f"the {name} image is taken for: {FASHION_CLASSES[a]}")

# %%
# Three maps, and they do not agree. Which one is right? That depends on the question, but one test is fair to all of
# them: cover the square that a map points at, and see how much probability the answer loses. A square in a random
# place is the baseline.


def hottest(heat, size=7):
    """The upper left corner of the square with the most heat: [N], [N]."""
    sums = F.avg_pool2d(heat[:, None], size, stride=1)[:, 0]
    best = sums.flatten(1).argmax(dim=1)
    return best // sums.shape[2], best % sums.shape[2]


@torch.no_grad()
def loss_without(x, classes, rows, columns, size=7):
    covered = x.clone()
    for image, row, column in zip(covered, rows, columns, strict=True):
        image[:, row : row + size, column : column + size] = 0
    both = (model(part).softmax(dim=1) for part in (x, covered))
    before, after = (p[range(len(x)), classes] for p in both)
    return (before - after).mean().item()


dealer = torch.Generator().manual_seed(22)
anywhere = torch.randint(0, 22, (2, len(some)), generator=dealer)
lost = {"random square": loss_without(some, answers, *anywhere.tolist())}
for name, way in ways.items():
    corner = hottest(way(model, some, answers))
    lost[name] = loss_without(some, answers, *corner)
percent = [100 * value for value in lost.values()]
plots.bars(list(lost), percent, xlabel="probability lost (points)")
claim(lost["occlusion"] > lost["random square"] + 0.05, "occlusion matters")
claim(lost["Grad-CAM"] > lost["random square"], "so does Grad-CAM")
claim(lost["saliency"] < lost["occlusion"] / 2, "sensitive is not it")

# %%
# Occlusion wins. It has covered squares like these, so this is no surprise. The bar of saliency is the one to
# remember: dots where the score is *sensitive* need not be where the answer comes from.
#
# ## Is it about the network at all?
#
# Here is a test that a map must pass before you believe it (J. Adebayo and others, 2018). Take the same network with
# *random* weights: it knows nothing about clothes. If its map looks like the map of the trained network, then the map
# does not show what was learned. We add three more ways: the gradient times the image; the same with *guided*
# gradients, which lose everything negative at each ReLU; and the edges of the image, for which there is no network at
# all.


def times_image(model, x, classes):
    return (gradient(model, x, classes) * x[:, 0]).abs()


def guided_times_image(model, x, classes):
    hooks = [
        part.register_full_backward_hook(
            lambda module, slopes_in, slopes_out: (F.relu(slopes_in[0]),)
        )
        for part in model.modules()
        if isinstance(part, nn.ReLU)
    ]
    heat = times_image(model, x, classes)
    for hook in hooks:
        hook.remove()
    return heat


def edges(model, x, classes):
    sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).to(x.device)
    both = torch.stack([sobel, sobel.T])[:, None]
    return F.conv2d(x, both, padding=1).norm(dim=1)


ways |= {"grad. x image": times_image}
ways |= {"guided x image": guided_times_image, "edges": edges}
runtime.seed(22)
strangers = [network().to(device).eval() for _ in range(5)]
bag = x_val[shown[8]][None]
bags = torch.tensor([8], device=device)
rows = [
    torch.cat([way(m, bag, bags) for way in ways.values()])
    for m in (model, strangers[0])
]
plots.image_grid(
    torch.cat(rows),
    titles=list(ways) + ["random"] * 6,
    columns=6,
    alt="Six maps of a bag, by the trained network and below by one with "
    "random weights. The last three look the same in both rows.",
)


def likeness(one, other):
    """The mean correlation of the maps of each image, -1 to 1."""
    a, b = (maps.flatten(1) for maps in (one, other))
    a, b = (m - m.mean(dim=1, keepdim=True) for m in (a, b))
    return F.cosine_similarity(a, b).mean().item()


# %%
# The same for 100 images and five networks with random weights each: the mean correlation of the two maps, place by
# place.

alike = {}
for name, way in ways.items():
    ours = way(model, some[:100], answers[:100])
    each = [
        likeness(ours, way(m, some[:100], answers[:100])) for m in strangers
    ]
    alike[name] = mean(each)
    print(f"{name:17}", ", ".join(f"{value:.2f}" for value in each))
plots.bars(list(alike), list(alike.values()), xlabel="correlation")
noise = torch.rand(2, len(some), 28, 28, generator=dealer).to(device)
by_chance = likeness(noise[0] * some[:, 0], noise[1] * some[:, 0])
print(f"random numbers times the image: {by_chance:.2f}")
passed = max(alike[name] for name in ("saliency", "Grad-CAM", "occlusion"))
failed = min(alike[name] for name in ("grad. x image", "guided x image"))
claim(passed + 0.1 < failed, "half of the maps fail")
assert abs(alike["edges"] - 1) < 1e-4

# %%
# Three pass: saliency, Grad-CAM and occlusion have little in common with their counterparts from random weights. Three
# fail, and they are the ones that look best: clear outlines of the garment. For two of them the outline comes from the
# image by which they were multiplied, which is black around the garment; even two sets of random numbers are similar,
# once multiplied by the image. The third never asked the network.
#
# !!! quiz "What passing means"
#     A new kind of map passes: with random weights it looks quite different. What do you know now?
#
#     - [x] It depends on what the network has learned.
#       > This is what the test can show. It is a condition that every map should meet.
#     - [ ] It shows the reasons for the answer.
#       > Saliency passes as well, and the square it points at may matter little. The test only rules maps out.
#     - [ ] The network looks at the right places.
#       > The network may be wrong, or right for a bad reason, and the map can still be a true map of it.
#
# ## The feature vector
#
# Ahead of the last layer an image is 64 numbers, its **feature vector**. If the network has learned something about
# clothes, similar clothes should have similar vectors. Search 2,000 training images for the nearest ones (by Euclidean
# distance), once by the pixels and once by the features.

bank = x_train[:2000]
queries = x_val[:1000]


def nearest(queries, bank, k=5):
    return torch.cdist(queries, bank).topk(k, largest=False).indices


vectors = metrics.predict(model[:7], bank)
neighbors = {
    "pixels": nearest(queries.flatten(1), bank.flatten(1)),
    "features": nearest(features[:1000], vectors),
}
pages = [
    torch.cat(
        [queries[q : q + 1], *(bank[n[q, :3]] for n in neighbors.values())]
    )
    for q in (
        shown[6] % len(queries),
        shown[5] % len(queries),
        shown[4] % len(queries),
    )
]
plots.image_grid(
    torch.cat(pages),
    titles=["query", "", "by pixels", "", "", "by features"] + [""] * 15,
    columns=7,
    alt="Three garments, each with its three nearest neighbors by pixels and "
    "by features.",
)
share = {
    name: (y_train[n] == y_val[:1000, None]).float().mean().item()
    for name, n in neighbors.items()
}
for name, value in share.items():
    print(f"of the five nearest by {name}, of the same class: {value:.1%}")
runtime.report("neighbors of the same class", share["features"])
claim(share["features"] > share["pixels"] + 0.05, "features are better")

# %%
# Three examples say little; counted over a thousand garments, the neighbors by features are of the same class more
# often, by more than five points, with 64 numbers in place of 784. Projected on the two directions in which they
# differ most, the vectors form a map of the classes.

kinds = [0, 1, 5, 7, 8, 9]
members = torch.cat([(y_val == c).nonzero()[:40, 0] for c in kinds])
centered = features[members] - features[members].mean(dim=0)
_, _, directions = torch.linalg.svd(centered, full_matrices=False)
places = centered @ directions[:2].T
plots.scatter(
    places[:, 0],
    places[:, 1],
    labels=torch.tensor([kinds.index(c) for c in y_val[members].tolist()]),
    names=[FASHION_CLASSES[c] for c in kinds],
    xlabel="first direction",
    ylabel="second direction",
    alt="Points of six classes in two dimensions; classes form groups, and the "
    "three kinds of shoes lie near each other.",
)

# %%
# ## Where it fails
#
# A map shows *where*, not *what*, and it shows it for wrong answers too. Compare how much of the heat of Grad-CAM lies
# on the garment (pixels that are not black), for answers that are right and for those that are wrong.

right = logits[:2000].argmax(dim=1) == y_val[:2000]
x, a = x_val[:2000], logits[:2000].argmax(dim=1)
heat = grad_cam(model, x, a)
on_it = (heat * (x[:, 0] > 0)).sum(dim=(1, 2)) / heat.sum(dim=(1, 2))
good, bad = on_it[right].nanmean(), on_it[~right].nanmean()
wrong = (~right).nonzero()[:4, 0]
plots.image_grid(
    torch.cat([x[wrong, 0], heat[wrong]]),
    titles=[f"not {FASHION_CLASSES[a[i]]}" for i in wrong] + ["heat"] * 4,
    columns=4,
    alt="Four garments that were taken for something else, and their "
    "Grad-CAM maps: a few soft spots each.",
)
print(f"heat on the garment: right answers {good:.0%}, wrong ones {bad:.0%}")
area = (x > 0).float().mean()
print(f"the garment's share of all pixels: {area:.0%}")
claim(abs(good - bad) < 0.15, "the heat does not tell right from wrong")

# %%
# Right or wrong, about the same share of the heat lies on the garment, and it is not much more than the garment's share
# of the pixels. So the map does not tell the two apart. A map that makes sense to us is no evidence that the answer is
# right, and no evidence that it is right for the reason that comes to our mind. Use such maps to find mistakes: a
# network that looks at the background, at a stamp in the corner. To believe an answer, measure on images that are new.
#
# ## The chapter so far
#
# A [filter](17_filters.py) answers to one pattern, wherever it is. [Stride, padding and pooling](18_conv-arithmetic.py)
# decide how many answers there are, and how far each of them sees. Stacked, filters
# [beat a larger fully connected network](19_fashion-cnn.py), because neighbors belong together.
# [Augmentation](20_cifar-augmentation.py) says what does not matter, [shortcuts](21_deeper.py) let deep stacks learn,
# and the maps of this page show what they respond to.
#
# ## Exercises
#
# [The workbook](22_look-inside.exercises.py) has each of these as a cell with a gap, with a checker that tells you
# what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# Is the gradient with respect to the input new to you? [Backpropagation](../1-foundations/04_backprop.py) computes it
# by hand. The next network was trained by others, on a million images: [pretrained
# networks](23_pretrained-networks.py).
