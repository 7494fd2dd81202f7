# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["R8", "S6"]
# data = ["squeezenet", "style_images"]
# minutes = 2
# gpu = true
# metric = { name = "fall of the total loss", unit = "%", target = 90, reference = "96% after 2,000 steps (course)" }
# description = "Train the pixels of an image, not a network: content loss, Gram matrix and style weight."
# ///
"""
# Style transfer: train the image

So far you trained weights, and the images stood still. Turn it around: freeze a
network that others trained, and let gradient descent change the *pixels*, until
the network finds one image's content and another image's style in them.
"""

# %%
# An octopus gives the content. A painting by Robert Delaunay gives the style. Both are cut to 96 by 96 pixels.

import torch
from torchvision.transforms import v2

from kindling import plots, runtime
from kindling.photos import photo

device = runtime.device()


def square(name, size=96):
    """The middle of an image, from 0 to 1: [1, 3, size, size]."""
    steps = [
        v2.Resize(size),
        v2.CenterCrop(size),
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
    ]
    return v2.Compose(steps)(photo(name))[None].to(device)


content, painting = square("octopus"), square("delaunay")
plots.image_grid(
    torch.cat([content, painting]),
    titles=["content", "style"],
    columns=2,
    alt="An octopus with spread arms on rocks, and an abstract painting of "
    "colored circles and fields.",
)

# %%
# You will
#
# - read the features of an image from several layers of a pretrained network,
# - write two losses, one for content and one for style, the second with a **Gram matrix** built by hand,
# - minimize them over the pixels, and go through the steps and the style weights with a slider,
# - find out what each layer contributes.

import matplotlib.pyplot as plt
import torch.nn.functional as F

from kindling.models import squeezenet
from kindling.runtime import claim

learning_rate = 0.02  # a step moves a pixel by about 2% of its range
style_weight = 100.0

# %%
# ## A network that only looks
#
# SqueezeNet was trained on ImageNet to name a thousand kinds of things. To do that it had to learn
# [features](17_filters.py) of images, from edges to textures to parts of objects. We only want these, so the
# convolutional part is all we keep, and we **freeze** it: no weight of it asks for a gradient.

network = squeezenet().features.to(device)
network.requires_grad_(False)
for number, part in enumerate(network):
    print(number, type(part).__name__, end="; ")
print()
assert not any(p.requires_grad for p in network.parameters())

# %%
# A `Fire` module holds three convolutions with their ReLUs: the first makes the channels fewer, so that the other two,
# side by side, are cheap.
#
# Before you store what a layer gives out, look at its ReLU. These ones work *in place*: they write their result over
# their input.

kept = network[0](content)  # the output of the first convolution
before = kept.min().item()
network[1](kept)  # the ReLU after it
print(f"smallest number: {before:.2f}, after the ReLU {kept.min():.2f}")
print("in place:", network[1].inplace)
claim(before < 0, "a convolution has negative outputs")
assert kept.min() >= 0

# %%
# We never touched `kept` again, and yet it changed. Anyone who collects the outputs of the convolutions in this way
# holds the outputs of the ReLUs without knowing it. Here we want those, so we store after the ReLU and after Fire
# modules, where nothing overwrites them.
#
# The function below goes through the network and returns the features of the layers that you ask for. The network
# expects pixels that are normalized as in its own training. Its first layers do not pad, so the margin of an image
# would count less than its middle. We surround the image by its own mirror image.

center = torch.tensor([0.485, 0.456, 0.406], device=device).view(3, 1, 1)
scale = torch.tensor([0.229, 0.224, 0.225], device=device).view(3, 1, 1)


def features(image, layers):
    """The features [1, C, H, W] of an image after each of the layers."""
    x = F.pad((image - center) / scale, (8, 8, 8, 8), mode="reflect")
    found = {}
    for number, part in enumerate(network[: max(layers) + 1]):
        x = part(x)
        if number in layers:
            found[number] = x
    return found


for number, x in features(content, (1, 3, 5, 7, 10)).items():
    print(f"layer {number:2}: {tuple(x.shape)[1:]}")

# %%
# !!! quiz "A stored output"
#     You run `a = convolution(x)`, then `b = relu(a)`, with `relu = nn.ReLU(inplace=True)`. What do `a` and `b` hold?
#
#     - [ ] `a` the sums with their negative numbers, `b` the same without them.
#       > That is what `nn.ReLU()` does. In place means that no second tensor is made.
#     - [x] Both hold the sums with the negative numbers set to zero.
#       > They are two names of the same memory.
#     - [ ] `a` is empty, because its memory was given to `b`.
#       > Nothing is taken away from `a`. It is written over.
#
# ## What "content" means
#
# Take a layer in the middle of the network. Its features say what is where, and no longer what color each single pixel
# has. Two images have the same content *for this network* if these features agree. So the **content loss** is their
# mean squared difference. We divide it by the mean square of the wanted features, so that 1 would mean: as far off as
# an image without any features.

content_layer = 7


def content_loss(found, wanted):
    difference = found[content_layer] - wanted[content_layer]
    return difference.square().mean() / wanted[content_layer].square().mean()


wanted = features(content, (content_layer,))
compared = {
    "itself": content,
    "a darker copy": 0.7 * content,
    "its mirror image": content.flip(3),
    "the painting": painting,
}
for name, image in compared.items():
    loss = content_loss(features(image, (content_layer,)), wanted)
    print(f"content loss of {name}: {loss:.2f}")
    compared[name] = loss.item()
assert compared["itself"] == 0
claim(compared["a darker copy"] < 0.6 * compared["the painting"], "darker")

# %%
# A darker copy has nearly the same content. The mirror image does not: an arm on the other side is at another place.
#
# ## What "style" means: the Gram matrix
#
# For the style it must not matter where something is. What is left of the features if you forget the places? You can
# ask which channels are active *together*. Multiply two channels place by place and add up: the sum is large if both
# are strong at the same places, wherever these are. For all pairs of channels that gives a table, the **Gram matrix**:
#
# $$G_{ij} = \frac{1}{C H W}\sum_{p} f_i(p)\,f_j(p)$$
#
# where $f_i(p)$ is channel $i$ at place $p$. With the places in one row, it is a single matrix product.


def gram(x):
    """How strongly channels are active together: [B, C, H, W] to [B, C, C]."""
    rows = x.flatten(2)  # [B, C, places]
    return rows @ rows.transpose(1, 2) / x[0].numel()


x = features(painting, (3,))[3]
by_hand = (x[0, 5] * x[0, 9]).sum() / x[0].numel()
torch.testing.assert_close(gram(x)[0, 5, 9], by_hand)

dealer = torch.Generator().manual_seed(26)
places = torch.randperm(x[0, 0].numel(), generator=dealer).to(device)
shuffled = x.flatten(2)[:, :, places].view_as(x)
torch.testing.assert_close(gram(shuffled), gram(x))

grams = [gram(x), gram(shuffled), gram(features(content, (3,))[3])]
plots.image_grid(
    torch.cat(grams)[:, :48, :48].sqrt().cpu(),  # the root lifts small numbers
    titles=["painting", "shuffled", "octopus"],
    columns=3,
    alt="Three tables of 48 by 48 gray cells. The first two are equal; the "
    "third, of the octopus, has a similar grid with other strong cells.",
)

# %%
# A row and a column for each of the first 48 channels; bright means strong together. All places of the feature maps
# were shuffled, by one permutation, and the table is the same. So the Gram matrix keeps *which textures* there are,
# and forgets where. Another image gives another table.
#
# (L. Gatys, A. Ecker and M. Bethge, who [invented this](https://arxiv.org/abs/1508.06576), used the larger network
# VGG-19, and courses often give its early layers more weight. SqueezeNet is small, and we count all layers alike.)
#
# !!! warning "A batch is not more channels"
#     Often you will meet `x.view(B * C, H * W)` in a Gram function. With one image that is right. With two, it
#     multiplies the channels of one image by those of the other, and the table has $2C$ rows. Keep the batch as an
#     axis of its own.

two = torch.cat([x, features(content, (3,))[3]])
mixed = two.flatten(0, 1).flatten(1)  # [B * C, places]
print(f"right {tuple(gram(two).shape)}, mixed {tuple((mixed @ mixed.T).shape)}")
assert gram(two).shape == (2, 128, 128)

# %%
# The **style loss** compares Gram matrices, at several layers: early layers see fine textures, later ones larger
# patterns. At each layer the squared difference is divided by the squared size of the wanted matrix, so that no layer
# drowns the others. The mean over the layers is the loss.

style_layers = (1, 3, 4, 5, 7)


def style_losses(found, wanted_grams):
    """One number for each layer: 0 for equal Gram matrices."""
    return {
        layer: (gram(found[layer]) - g).square().sum() / g.square().sum()
        for layer, g in wanted_grams.items()
    }


def grams_of(image, layers=style_layers):
    return {k: gram(x) for k, x in features(image, layers).items()}


start = style_losses(features(content, style_layers), grams_of(painting))
for layer, loss in start.items():
    print(f"layer {layer}: style loss of the octopus {loss:.2f}")
mirrored = style_losses(
    features(painting.flip(3), style_layers), grams_of(painting)
)
print(f"of the mirrored painting at most {max(mirrored.values()):.2f}")
claim(max(mirrored.values()) < 0.5 * min(start.values()), "mirror")

# %%
# !!! quiz "What the Gram matrix forgets"
#     Which of these changes leave the Gram matrix of feature maps exactly as it is, apart from rounding?
#
#     - [x] All feature maps are turned by 180 degrees.
#       > That is a permutation of the places, the same for every channel.
#     - [x] The upper half and the lower half of all feature maps change places.
#       > Also a permutation, the same for all channels.
#     - [ ] Only channel 5 is turned by 180 degrees.
#       > Now it meets the other channels at other places, so its products change.
#     - [ ] Channels 5 and 9 change places.
#       > The same numbers, in other rows and columns of the table.
#
# ## The image is the parameter
#
# What does the optimizer get? One tensor: the image. It must ask for a gradient, and it must be a **leaf**, a tensor
# that no operation has computed, since gradients are kept in leaves only. One order of calls spoils that: first
# `requires_grad_()`, then `.to(...)`. The move is an operation, and its result is no leaf. On a CPU you will not
# notice, because `.to("cpu")` moves nothing. Changing the number type shows what happens.

wrong = content.clone().requires_grad_().to(torch.float64)
right = content.to(torch.float64).requires_grad_()
print(f"leaf: wrong order {wrong.is_leaf}, right order {right.is_leaf}")
print(runtime.objection(lambda: torch.optim.Adam([wrong]), width=70))
assert right.is_leaf and not wrong.is_leaf

# %%
# The optimizer refuses such a tensor, so this mistake is loud. It is silent only if you run on a CPU.
#
# !!! quiz "Who asks for a gradient?"
#     In style transfer, which tensors have `requires_grad=True` when you call `backward()`?
#
#     - [ ] The weights of the network.
#       > They are frozen: if they moved, the meaning of "content" would move with them.
#     - [x] The image that is being changed, and everything computed from it, such as its Gram matrices.
#       > Gradients go from the loss, through Gram matrices and features, back to the pixels.
#     - [ ] The Gram matrices of the painting.
#       > They are computed once, from an image that does not change.
#
# ## Three hundred steps
#
# Now the loop. It starts at the octopus. The total loss is the content loss, plus the style loss times a weight. After
# each step the pixels are clamped to the range from 0 to 1, outside of which there is no image.


def paint(start, content_image, wanted_grams, weight, steps):
    """Change the pixels; return copies of the image, and the losses."""
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=learning_rate)
    layers = {content_layer, *wanted_grams}
    wanted = features(content_image, (content_layer,))
    images, losses = [], []
    for _ in range(runtime.steps(steps) + 1):
        images.append(image.detach().clone())
        found = features(image, layers)
        by_layer = style_losses(found, wanted_grams).values()
        style = sum(by_layer) / len(by_layer)
        content_part = content_loss(found, wanted)
        loss = content_part + weight * style
        losses.append((loss.detach(), content_part.detach(), style.detach()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            image.clamp_(0, 1)
    return images, torch.tensor(losses)  # [steps + 1, 3]


images, losses = paint(
    content, content, grams_of(painting), style_weight, steps=300
)
total, content_part, style = losses.T
plots.curves(
    {
        "total": total,
        "content": content_part,
        f"style, times {style_weight:.0f}": style_weight * style,
    },
    xlabel="step",
    ylabel="loss",
    logy=True,
)
fall = 1 - total[-1] / total[0]
print(f"total loss {total[0]:.1f}, after the last step {total[-1]:.2f}")
print(f"that is {fall:.1%} less")
runtime.report("fall of the total loss", fall)
claim(fall > 0.9, "the total loss falls by more than 90%")
claim(content_part[-1] < 0.9, "some content is left")

# %%
# The content loss begins at zero, since the image begins as the octopus, and rises: style is bought with content. Most
# of the fall comes early. Move the slider to see it.


def drawn(image, size=1.9):
    with plots.style():
        fig, ax = plt.subplots(figsize=(size, size))
    ax.imshow(image[0].permute(1, 2, 0).cpu(), interpolation="none")
    ax.set_axis_off()
    return fig


moments = [k for k in (0, 30, 300) if k < len(images)]
plots.stepped(
    {k: drawn(images[k]) for k in moments},
    label="step",
    alt={
        k: f"The octopus after {k} steps: total loss {total[k]:.2f}, content "
        f"loss {content_part[k]:.2f}."
        for k in moments
    },
)

# %%
# The arms and the head stay where they were; colors and strokes come from the painting.
#
# ## How much style?
#
# The style weight decides what a loss of style may cost in content. Here are three weights, from one start, with
# the same number of steps.

results = {}
for weight in (1, 10, 100):
    images, losses = paint(
        content, content, grams_of(painting), weight, steps=120
    )
    results[weight] = images[-1], *losses[-1, 1:].tolist()
    print(f"weight {weight:3}: content loss {results[weight][1]:.3f}", end=", ")
    print(f"style loss {results[weight][2]:.4f}")
plots.stepped(
    {weight: drawn(image) for weight, (image, _, _) in results.items()},
    label="style weight",
    alt={
        weight: f"The octopus with style weight {weight}: "
        f"content loss {a:.2f}, style loss {b:.4f}."
        for weight, (_, a, b) in results.items()
    },
)
contents = [a for _, a, _ in results.values()]
styles = [b for _, _, b in results.values()]
claim(contents == sorted(contents), "more style weight, less content")
claim(styles == sorted(styles, reverse=True), "and more style")

# %%
# From weight to weight the content loss rises and the style loss falls. None of them is the best one: which you like
# is not in the numbers. And do not compare *total* losses of different weights. They are sums of different things.
#
# ## What each layer contributes
#
# To see what the layers know about the painting, leave out the content: start from gray noise, and match Gram matrices
# only, first of the earliest layer alone, then of more and more layers. What comes out are textures, of which the
# figure shows every other one. (With a weight of ten thousand, the content of the noise does not count.)

noise = 0.4 + 0.2 * torch.rand(1, 3, 96, 96, generator=dealer).to(device)
every = (1, 3, 5, 7, 10)
wanted_grams = grams_of(painting, every)
textures, table = {}, []
for count in range(1, 6):
    matched = {layer: wanted_grams[layer] for layer in every[:count]}
    images, _ = paint(noise, noise, matched, weight=1e4, steps=80)
    textures[f"to layer {every[count - 1]}"] = images[-1]
    left = style_losses(features(images[-1], every), wanted_grams)
    table.append([loss.item() for loss in left.values()])
plots.image_grid(
    torch.cat(list(textures.values())[::2]).cpu(),
    titles=list(textures)[::2],
    columns=3,
    alt="Three textures in the colors of the painting. With layer 1 alone they "
    "are soft blots; with the layers to 5 and to 10, more of curved strokes.",
)
print("style loss at layer", *[f"{layer:6}" for layer in every])
for name, row in zip(textures, table, strict=True):
    print(f"matched {name:11}", *[f"{loss:6.2f}" for loss in row])
for k in (2, 3, 4):
    claim(table[k][k] < 0.6 * table[k - 1][k], "an added layer adds something")
claim(table[0][4] > 10 * table[0][0], "layer 1 knows little of layer 10")

# %%
# The first layer alone gives the colors, in blots. Each line of the table matches one layer more, and that layer's
# loss falls: edges become strokes, strokes become longer and bend. What matching a layer does not give can be read in
# the columns to its right: the later layers still see something that is not in the painting.
#
# ## Where it fails
#
# The Gram matrix forgets places, so whatever in a style *is* a place is lost: the painting's large circle, a horizon,
# a frame. Strokes come back as texture; a face would come back as pieces of one. The cell below compares the painting
# with itself, cut into four tiles and put together in another order.


def tiled(image, side=48):
    """The same tiles in another order."""
    tiles = F.unfold(image, side, stride=side)  # [1, 3 * side * side, tiles]
    order = torch.arange(tiles.shape[2]).flip(0)
    return F.fold(tiles[..., order], image.shape[2:], side, stride=side)


mixed_up = tiled(painting)
plots.image_grid(
    torch.cat([painting, mixed_up]).cpu(),
    titles=["painting", "its tiles, reversed"],
    columns=2,
    alt="The painting, and the same painting cut into four squares in "
    "reverse order: the circles are torn apart.",
)
torn = style_losses(features(mixed_up, style_layers), grams_of(painting))
print(f"style loss of the reversed tiles, at most {max(torn.values()):.3f}")
apart = content_loss(
    features(mixed_up, (content_layer,)), features(painting, (content_layer,))
)
print(f"content loss of the reversed tiles {apart:.2f}")
claim(max(torn.values()) < 0.5 * min(start.values()), "the style is kept")
claim(apart > 0.5, "the content is not")

# %%
# To you the circles are gone. To the style loss it is much closer to the painting than the octopus is.
#
# Also, this is slow: every new image needs its own training of pixels. If you want to paint a film, train a network
# that does in one pass what these steps do, with the same losses, once for each style.
#
# ## Exercises
#
# [The workbook](26_style-transfer.exercises.py) has each of these as a cell with a gap, with a checker that tells you
# what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# Where this network comes from is told in [pretrained networks](23_pretrained-networks.py), and what single layers of
# a network respond to in [a look inside](22_look-inside.py). What autograd does when you ask it for the gradient of a
# pixel is the same as for a weight: see [backpropagation](../1-foundations/04_backprop.py).
