# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["BK8", "ND4", "ND5"]
# data = ["mnist"]
# minutes = 2
# gpu = true
# metric = { name = "test accuracy", unit = "%", target = 95, reference = "PyTorch's default start, two epochs" }
# description = "Seven ways to draw the first weights; vanishing gradients; batch and layer normalization by hand."
# ///
"""
# Why training starts or stalls

Change only the numbers that a network's weights begin with. From one start it
reads more than 95 of 100 digits after two epochs; from another it is still
guessing. Here you find out why, and build two layers that help.
"""

# %%
# Random numbers pass through thirty layers of random weights that differ only in their size. We measure size by the
# *root mean square*: square all numbers, take the mean, then the root.

import math

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from kindling import metrics, plots, runtime

runtime.seed(14)
width = 256


def size(x):
    """The root mean square of all numbers of a tensor."""
    return x.double().square().mean().sqrt().item()  # room for huge squares


def through(scale, depth=30):
    """Send numbers through random layers; return the size after each."""
    x, sizes_seen = torch.randn(500, width), []
    for _ in range(depth):
        x = x @ (scale * torch.randn(width, width))
        sizes_seen.append(size(x))
    return sizes_seen


linear = {
    "weights of size 1": through(1.0),
    "size 1/√n": through(1 / math.sqrt(width)),
    "size 0.01": through(0.01),
}
ends = [f"{name} ends at {seen[-1]:.0e}" for name, seen in linear.items()]
plots.curves(
    linear,
    x=range(1, 31),
    xlabel="layer",
    ylabel="size of the signal",
    logy=True,
    alt=f"Three straight lines on a logarithmic axis: {', '.join(ends)}.",
)
assert linear["weights of size 1"][-1] > 1e30
assert linear["size 0.01"][-1] < 1e-20
assert 0.2 < linear["size 1/√n"][-1] < 5

# %%
# Only the middle line arrives. After 30 layers the upper one is about to leave what a 32-bit number can hold. Where
# does the factor come from? Take 256 inputs and weights of size one, as `torch.randn` draws them.

x = torch.randn(2000, width)  # 2,000 examples
weights = torch.randn(width, width)
print(f"before {size(x):.2f}, after {size(x @ weights):.2f}")
print(f"weights / √n: {size(x @ weights / math.sqrt(width)):.2f}")
assert 15 < size(x @ weights) < 17

# %%
# Sixteen times as large, in every layer. The 256 products cancel in part, so their sum grows not like 256 but like its
# square root. The remedy: divide the weights by $\sqrt{n}$, where $n$ is the number of inputs.
#
# ## The ReLU takes half
#
# A ReLU sets the negative half of the sums to zero, and half of the mean square goes with it. To make up for that,
# **Kaiming** (or He) initialization doubles the mean square of the weights, from $1/n$ to $2/n$. **Xavier** (or
# Glorot), for tanh, takes $\sigma^2 = 2/(n_\text{in} + n_\text{out})$, a compromise with the way back. `nn.Linear`
# draws between $-1/\sqrt n$ and $1/\sqrt n$ by default: a size of $1/\sqrt{3n}$, Kaiming's divided by $\sqrt 6$.

layer = nn.Linear(width, width)
default_size = size(layer.weight)
print(f"largest {layer.weight.abs().max():.4f}, 1/√n {width**-0.5:.4f}")
nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
ratio = size(layer.weight) / default_size
print(f"Kaiming / default: {ratio:.2f}, root of 6: {math.sqrt(6):.2f}")
assert abs(ratio - math.sqrt(6)) < 0.05

# %%
# !!! warning "You may read this elsewhere"
#     "PyTorch initializes linear layers by Kaiming's rule, so you need not care." The function in its source does bear
#     the name, but its setting gives the smaller weights that you just saw. With twenty layers you will notice.
#
# ## The gradient on its way back
#
# Training needs a second signal: [backpropagation](../1-foundations/04_backprop.py) carries a gradient from the last
# layer to the first. Does it fade, too? Send one of size one back through thirty layers; `retain_grad` keeps it.


def there_and_back(scale, depth=30):
    """Sizes by layer: the signal, its gradient, the weights' gradient."""
    x, weights, signals = torch.randn(500, width), [], []
    for _ in range(depth):
        weights.append((scale * torch.randn(width, width)).requires_grad_())
        x = F.relu(x @ weights[-1])
        x.retain_grad()
        signals.append(x)
    x.backward(torch.randn_like(x))
    return {
        "signal": [size(signal) for signal in signals],
        "gradient of the signal": [size(signal.grad) for signal in signals],
        "gradient of the weights": [size(w.grad) for w in weights],
    }


trips = {
    "Kaiming, √(2/n)": there_and_back(math.sqrt(2 / width)),
    "size 1/√n": there_and_back(math.sqrt(1 / width)),
    "the default": there_and_back(math.sqrt(1 / (3 * width))),
}
with plots.style():
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.0), sharey=True)
for ax, kind in zip(axes, ["signal", "gradient of the signal"], strict=True):
    for name, trip in trips.items():
        ax.plot(range(1, 31), trip[kind], label=name)
    ax.set(yscale="log", xlabel="layer", title=kind)
axes[0].set_ylabel("size")
axes[0].legend()
signal, gradient = (trips["the default"][kind] for kind in list(trip)[:2])
plots.show(
    fig,
    "Two logarithmic panels by layer. Left, the signal: Kaiming stays level, "
    f"the others fall toward layer 30, the default to {signal[-1]:.0e}. Right, "
    "the gradient, a mirror image: the others fall toward layer 1, the default "
    f"to {gradient[0]:.0e}.",
)

# %%
# Read the right panel from right to left: the gradient shrinks from layer to layer, as the signal does on its way
# forward. A gradient that shrinks until the early layers hardly learn is a **vanishing gradient**; one that grows
# is an **exploding gradient**. What moves a weight is the signal that comes in, times the gradient that comes back.

for name, trip in trips.items():
    found = [trip["gradient of the weights"][k] for k in (0, 14, 29)]
    print(f"{name:16} layers 1, 15, 30: {', '.join(f'{g:.0e}' for g in found)}")
assert signal[-1] < 1e-9 and gradient[0] < 1e-9
assert max(trips["the default"]["gradient of the weights"]) < 1e-8
assert min(trips["Kaiming, √(2/n)"]["gradient of the signal"]) > 0.1

# %%
# With the default, *all* layers get next to nothing: the first lose it on the way back, the last on the way there.
#
# ## A look inside: real digits
#
# Now take digits from [MNIST](10_first-network.py), and four layers with a tanh. Where a sum is large, the tanh is
# flat: the unit is *saturated*, and its slope, which multiplies the gradient, is close to zero. Look at the fourth.

from kindling.data import batches, mnist

device = runtime.device()
x_train, y_train = mnist("train").tensors
x_val, y_val = mnist("val").tensors
train = batches(x_train, y_train, 128, shuffle=True, device=device)
val = batches(x_val, y_val, 1000, device=device)


def tanh_layers(factor):
    """What four tanh layers make of 1,000 digits; weights of factor/√n."""
    a = x_train[:1000].flatten(1)
    for _ in range(4):
        n = a.shape[1]
        a = torch.tanh(a @ (torch.randn(n, width) * factor / math.sqrt(n)))
    return a


factors = {"too small, 0.3/√n": 0.3, "1/√n": 1.0, "too large, 6/√n": 6.0}
with plots.style():
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.4), sharex=True)
edges, saturated = torch.linspace(-1, 1, 26).tolist(), []
for ax, (name, factor) in zip(axes, factors.items(), strict=True):
    a = tanh_layers(factor)
    share = a.histc(bins=25, min=-1, max=1) / a.numel()
    ax.stairs(share.tolist(), edges, fill=True, color=plots.COLORS[0])
    ax.set(title=name, yticks=[], xlabel="activation")
    saturated.append((a.abs() > 0.95).double().mean().item())
    print(f"{name:17} size {size(a):.3f}, beyond 0.95: {saturated[-1]:.1%}")
plots.show(
    fig,
    "Three histograms of activations in the fourth layer. Too small a start: a "
    "spike at zero. One over root n: spread out. Too large: piled up at both "
    "ends.",
)
assert saturated[0] == 0 and saturated[1] < 0.05 and saturated[2] > 0.5

# %%
# On the left, nearly nothing tells the digits apart. On the right most units are saturated. The middle is healthy.
#
# ## Zeros: three units that are one
#
# Why not begin with equal weights? Try it with three units on [exclusive or](../1-foundations/05_perceptrons.py).

points = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
answers = torch.tensor([[0.0], [1.0], [1.0], [0.0]])


def three_units(value=None, seed=0):
    """Train 2-3-1; all weights begin with one value, or at random."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    for parameter in model.parameters() if value is not None else ():
        nn.init.constant_(parameter, value)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(200):
        loss = F.mse_loss(model(points), answers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model[0].weight.detach(), loss.item()


for value in (0.0, 0.5):
    learned, equal_loss = three_units(value)
    rows = [[round(w, 2) for w in row] for row in learned.tolist()]
    print(f"start {value}: loss {equal_loss:.3f}, weights of the units {rows}")
    torch.testing.assert_close(learned, learned[:1].expand(3, 2))
random_losses = sorted(three_units(seed=seed)[1] for seed in range(11))
print("eleven random starts:", *(f"{loss:.3f}" for loss in random_losses))
assert (three_units(0.0)[0] == 0).all()
assert random_losses[5] < 0.1 * equal_loss  # the median

# %%
# From equal weights, three units compute the same number, get the same gradient, and stay equal: you pay for three
# units and own one. Random numbers **break the symmetry**. From zeros, the first layer does not even move.
#
# !!! quiz "Why zeros never break the symmetry"
#     All weights of a network begin at zero. Why do different images not make the units of a hidden layer different?
#
#     - [ ] They do, if you wait long enough.
#       > Waiting repeats the same step. Nothing in it tells one unit from the next.
#     - [x] All units see the same images through the same weights, so all get the same gradient.
#       > A difference between images reaches all units. Only different weights make different units.
#     - [ ] Because the learning rate is multiplied by the weights, and is zero as well.
#       > A step is the learning rate times the *gradient*. Biases of the last layer do move.
#
# ## Seven starts
#
# Digits, two hidden layers, two epochs of Adam, and seven rules for the weights. Except in the last, the biases begin
# at zero. The first loss should be near [$\ln 10$](09_softmax-cross-entropy.py), about 2.3.

from functools import partial

from kindling.models import mlp
from kindling.runtime import claim
from kindling.training import evaluate, fit

starts = {
    "all 0": nn.init.zeros_,
    "all 1": nn.init.ones_,
    "0 to 1": nn.init.uniform_,
    "-0.5 to 0.5": partial(nn.init.uniform_, a=-0.5, b=0.5),
    "-1/√n to 1/√n": partial(nn.init.kaiming_uniform_, a=math.sqrt(5)),
    "Kaiming": partial(nn.init.kaiming_normal_, nonlinearity="relu"),
    "default": None,
}


def start_with(rule, model):
    """Draw the weights of all linear layers; set biases to zero."""
    for layer in model:
        if rule is not None and isinstance(layer, nn.Linear):
            rule(layer.weight)
            nn.init.zeros_(layer.bias)
    return model.to(device)


models, accuracy = {}, {}
for name, rule in starts.items():
    runtime.seed(14)
    model = models[name] = start_with(rule, mlp([784, 256, 128, 10]))
    first_loss = evaluate(model, val).loss
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    history = fit(
        model, train, val, optimizer=optimizer, epochs=2, progress=False
    )
    accuracy[name] = history.val_accuracy[-1]
    print(f"{name:14} first loss {first_loss:10,.2f}   {accuracy[name]:6.1%}")

# %%
# The dashed line is what guessing gives.

plots.bars(
    list(accuracy),
    [100 * a for a in accuracy.values()],
    xlabel="validation accuracy (%)",
    reference=10,
)
zeros = models["all 0"].named_parameters()
moved = [name for name, p in zeros if (p != 0).any()]
print("from zeros, training has moved only", moved)
assert moved == ["5.bias"]
good = [accuracy[name] for name in ("-1/√n to 1/√n", "Kaiming", "default")]
guesses = max(accuracy["all 0"], accuracy["all 1"])
claim(guesses < 0.2, "zeros and ones keep guessing")
claim(accuracy["0 to 1"] < min(good) - 0.05, "all positive is worse")
claim(accuracy["-0.5 to 0.5"] < min(good), "too large is worse")

# %%
# Zeros learn one thing, how often each digit occurs, by the last layer's biases. Ones begin with a loss that looks
# right, and then the units move in step. From 0 to 1 nothing cancels, and the first loss is enormous. Around zero is
# better, and the three rules that respect $n$ are best. Last, the default on the test images.

test = batches(*mnist("test").tensors, 1000, device=device)
test_accuracy = evaluate(models["default"], test).accuracy
print(f"default start, two epochs: test accuracy {test_accuracy:.1%}")
runtime.report("test accuracy", test_accuracy)
claim(test_accuracy >= 0.95, "at least 95% after two epochs")

# %%
# ## Batch normalization, by hand
#
# A good start is a hope that the sizes stay right while all layers move. Why hope? Measure the sums, and *make* their
# mean 0 and their size 1. **Batch normalization** does this for each unit, over the examples of the batch:
#
# $$y = \gamma\,\frac{x - \text{mean}}{\sqrt{\text{variance} + \varepsilon}} + \beta$$
#
# The small $\varepsilon$ avoids a division by zero. $\gamma$ and $\beta$ start at 1 and 0; each unit learns its own.

sums = 3 + 2 * torch.randn(64, 5)  # [batch, units]
mean, variance = sums.mean(dim=0), sums.var(dim=0, correction=0)
normalized = (sums - mean) / torch.sqrt(variance + 1e-5)
norm = nn.BatchNorm1d(5)
torch.testing.assert_close(norm(sums), normalized)
print("means before:", [round(m, 2) for m in mean.tolist()])
print("size after:", round(size(normalized), 3))
print("learned:", {name: tuple(p.shape) for name, p in norm.named_parameters()})
assert abs(size(normalized) - 1) < 1e-3

# %%
# The layer subtracts the mean, and with it whatever the linear layer before it has added to all sums of a unit. So the
# bias there does nothing, and $\beta$ has taken over its job. Write `bias=False`.

shifted = norm(sums + torch.tensor([0.0, 1.0, -2.0, 10.0, 100.0]))
torch.testing.assert_close(shifted, norm(sums), rtol=1e-3, atol=1e-4)

biased = nn.Linear(20, 5)
F.relu(norm(biased(torch.randn(64, 20)))).square().sum().backward()
of_weights, of_bias = (p.grad.abs().max() for p in biased.parameters())
print(f"largest gradient: weights {of_weights:.2f}, bias {of_bias:.6f}")
assert of_bias < 1e-3 < of_weights

# %%
# ## Running statistics: what `eval()` uses
#
# In training, what happens to an example depends on the others in its batch. In use, that would be absurd. So the
# layer keeps a **running mean** and a **running variance**, and `model.eval()` makes it use those. At each training
# step, each of the two moves a tenth of the way to the value of the batch. Feed it batches of mean 3 and variance 4.

norm = nn.BatchNorm1d(1)
means, variances = [], []
for _ in range(60):
    norm(3 + 2 * torch.randn(64, 1))
    means.append(norm.running_mean.item())
    variances.append(norm.running_var.item())
formula = [3 * (1 - 0.9**k) for k in range(1, 61)]
plots.curves(
    {"mean": means, "variance": variances, "3 (1 - 0.9^k)": formula},
    x=range(1, 61),
    xlabel="training steps",
    ylabel="running statistics",
    alt="Two wavering lines rise from near 0 and 1 and level off: the mean at "
    f"{means[-1]:.1f}, the variance at {variances[-1]:.1f}. A smooth line, by "
    "formula, goes with the mean.",
)
assert all(abs(a - b) < 0.6 for a, b in zip(means, formula, strict=True))
assert abs(variances[-1] - 4) < 1.5
print(f"after 10 steps the mean is {means[9]:.2f}, by formula {formula[9]:.2f}")

# %%
# After ten steps the mean is only two thirds there: if you validate very early, the start at 0 and 1 still counts.
#
# !!! warning "You may read this elsewhere"
#     "Momentum 0.1: keep a tenth of the old value." It is the other way round: `momentum=0.1` keeps 0.9 of the old. In
#     [an optimizer](../1-foundations/08_optimizers.py), momentum says what is *kept*.
#
# Now the switch. The same example, in two different batches, in training mode and in evaluation mode:

norm = nn.BatchNorm1d(5)
for _ in range(100):
    norm(3 + 2 * torch.randn(64, 5))
example = torch.full((1, 5), 4.0)
calm = torch.cat([example, 3 + torch.randn(7, 5)])
wild = torch.cat([example, 3 + 9 * torch.randn(7, 5)])
for mode in ("train", "eval"):
    norm.train(mode == "train")
    in_calm, in_wild = norm(calm)[0, 0].item(), norm(wild)[0, 0].item()
    print(f"{mode:5} with calm ones {in_calm:.2f}, wild ones {in_wild:.2f}")
torch.testing.assert_close(norm(calm)[0], norm(wild)[0])  # evaluation mode
norm.train()
assert not torch.allclose(norm(calm)[0], norm(wild)[0], atol=0.05)

# %%
# In training mode the others in the batch decide. A batch of *one* has no others: minus its own mean, nothing is left.
#
# !!! quiz "A batch of one"
#     50,001 images in batches of 100, with batch normalization: after 500 batches you get a `ValueError`. What now?
#
#     - [ ] Call `model.eval()` before the last batch.
#       > It stops the error, and then this batch is normalized by other numbers than all the rest.
#     - [x] Let the loader drop an incomplete last batch: `drop_last=True`.
#       > The last batch holds a single image. With a fresh shuffle each epoch, another one sits out each time.
#     - [ ] Set `momentum=1.0`.
#       > It changes the running statistics. The batch still has one example, whose variance says nothing.
#
# ## Layer normalization
#
# Same formula, other direction. **Layer normalization** takes one *example* and normalizes over its units. It needs no
# other examples and no running statistics. In the figure, numbers of one color are normalized together.

from matplotlib.colors import ListedColormap

tables = {
    "batch normalization": torch.arange(6).expand(4, 6),
    "layer normalization": torch.arange(4)[:, None].expand(4, 6),
}
with plots.style():
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.2))
for ax, (title, groups) in zip(axes, tables.items(), strict=True):
    colors = ListedColormap(plots.COLORS[: groups.max() + 1])
    ax.pcolormesh(groups, cmap=colors, edgecolors="white", linewidth=2)
    ax.set(title=title, xticks=[], yticks=[], xlabel="units", ylabel="examples")
plots.show(
    fig,
    "Two tables of 4 examples by 6 units. With batch normalization each column "
    "has a color, with layer normalization each row.",
)

# %%
# By hand, only `dim` changes.

mean = sums.mean(dim=1, keepdim=True)
variance = sums.var(dim=1, keepdim=True, correction=0)
by_hand = (sums - mean) / torch.sqrt(variance + 1e-5)
norm = nn.LayerNorm(5)
torch.testing.assert_close(norm(sums), by_hand)
torch.testing.assert_close(norm(sums[:1]), by_hand[:1])  # alone: the same
print("alone or in a batch, the same; buffers:", list(norm.named_buffers()))
assert torch.equal(norm.train()(sums), norm.eval()(sums))

# %%
# Batch normalization suits [convolutions](../3-vision/19_fashion-cnn.py), layer normalization sequences of any length.
#
# !!! quiz "Which mind the switch?"
#     Which of these layers may give another result for the same input after `model.eval()`?
#
#     - [x] `nn.BatchNorm1d`
#       > It changes from the statistics of the batch to its running ones.
#     - [ ] `nn.LayerNorm`
#       > It looks at nothing but the example itself, in either mode.
#     - [x] `nn.Dropout`
#       > It drops units in training only.
#
# ## Waking the twenty-layer network
#
# Twenty hidden layers of 64 units with a ReLU: the default start, Kaiming's, and the default with either
# normalization. Look at one batch: how large would a plain gradient step (rate 0.1) be, compared with the weights?

from itertools import islice, pairwise


def stack(sizes, norm=None):
    """A network; `norm` makes the layer that stands before each ReLU."""
    layers = [nn.Flatten()]
    for inputs, outputs in pairwise(sizes[:-1]):
        layers.append(nn.Linear(inputs, outputs, bias=norm is None))
        layers += [nn.ReLU()] if norm is None else [norm(outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(*sizes[-2:])).to(device)


def update_ratios(model):
    """For each layer, the size of a step divided by that of the weights."""
    x, y = next(iter(val))
    F.cross_entropy(model(x), y).backward()
    weights = [p for p in model.parameters() if p.dim() == 2]
    return [0.1 * size(weight.grad) / size(weight) for weight in weights]


runtime.seed(14)
sizes = [784, *20 * [64], 10]
versions = {
    "default": stack(sizes),
    "Kaiming": start_with(starts["Kaiming"], stack(sizes)),
    "batch norm": stack(sizes, nn.BatchNorm1d),
    "layer norm": stack(sizes, nn.LayerNorm),
}
with torch.no_grad():
    logits = versions["default"](x_val[:1000].to(device))
apart = size(logits - logits.mean(dim=0))
print(f"default: size of the logits {size(logits):.2f}, apart by {apart:.0e}")
ratios = {name: update_ratios(model) for name, model in versions.items()}
first = [f"{name} {seen[0]:.0e}" for name, seen in ratios.items()]
plots.curves(
    ratios,
    x=range(1, 22),
    xlabel="layer",
    ylabel="step / weights",
    logy=True,
    alt=f"Four lines by layer, logarithmic. At layer 1: {', '.join(first)}.",
)
others = ("Kaiming", "batch norm", "layer norm")
smallest = min(ratios[name][0] for name in others)
assert ratios["default"][0] < 1e-3 * smallest
assert ratios["default"][0] < 1e-3 * ratios["default"][-1]

# %%
# With the default start, a plain step would move the first layer by almost nothing: the vanishing gradient in a real
# network. (Its biases keep the *signal* alive, but what arrives is nearly the same for every image.) In the other
# three the first layer gets its share. Now train all four with Adam, which helps small gradients, for about one epoch.

from kindling.runtime import steps
from kindling.training import train_epoch


def learn(model, optimizer, chunks, size=20):
    """Train on chunks of batches; return the mean loss of each chunk."""
    runtime.seed(14)
    flow = (batch for _ in range(99) for batch in train)  # epoch after epoch
    some = (islice(flow, size) for _ in range(steps(chunks)))
    return [train_epoch(model, batches, optimizer) for batches in some]


losses, deep_accuracy = {}, {}
for name, model in versions.items():
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses[name] = learn(model, optimizer, chunks=20)
    deep_accuracy[name] = evaluate(model, val).accuracy
    print(f"{name:11} validation accuracy {deep_accuracy[name]:.1%}")
ends = [f"{k} from {v[0]:.2f} to {v[-1]:.2f}" for k, v in losses.items()]
plots.curves(
    losses,
    x=[20 * (k + 1) for k in range(len(losses["default"]))],
    xlabel="training batches",
    ylabel="mean loss",
    alt=f"Loss of four networks by training batch: {'; '.join(ends)}.",
)
awake = [deep_accuracy[name] for name in others]
flat = abs(losses["default"][0] - math.log(10)) < 0.05
claim(flat, "the default start begins at ln 10")
typical = {name: sum(seen) / len(seen) for name, seen in losses.items()}
behind = typical.pop("default") > 1.3 * max(typical.values())
claim(behind, "its loss is higher, over the whole epoch")
claim(min(awake) > deep_accuracy["default"], "the other three are ahead")

# %%
# The default network begins flat, at $\ln 10$, and is still behind at the end, with nothing wrong in its data or its
# loss. The other three learn from the first batches on. Why does batch normalization work? Its inventors said that it
# keeps the inputs of each layer from drifting. Later experiments added drift, and training still went well.
#
# ## Where it fails
#
# Forget `model.eval()`, and have your images arrive sorted, as folders are often read: a batch of nothing but sevens
# is normalized by the statistics of sevens, which takes away just what makes a seven a seven.

network, order = versions["batch norm"], y_val.argsort(stable=True)
right = {}
for name in ("eval", "train", "eval afterward"):
    network.train(name == "train")
    with torch.no_grad():
        parts = x_val[order].to(device).split(100)
        logits = torch.cat([network(x) for x in parts]).cpu()
    right[name] = metrics.accuracy(logits, y_val[order])
    print(f"digits sorted by class, {name:15} {right[name]:.1%}")
claim(right["train"] < right["eval"] - 0.05, "sorted batches cost accuracy")
claim(right["eval afterward"] < right["eval"] - 0.03, "and do damage")

# %%
# The last line shows a second, silent damage: in training mode the running statistics moved at every batch, and the
# last were all nines. (`torch.no_grad()` does not stop that.) Use `evaluate`, which sets the mode itself.
#
# ## Exercises
#
# [The workbook](14_init-normalization.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Checkpoints](15_checkpoints.py) saves what a network has learned, the running statistics included.
