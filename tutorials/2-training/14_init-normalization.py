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

Take one network, one data set and one optimizer, and change nothing but the
numbers that the weights begin with. From one start the network reads more than
95 of 100 digits after two epochs; from another it is still guessing. Here you
find out why, and meet two layers that make the start matter far less.
"""

# %%
# Random numbers pass through thirty layers. Each layer multiplies them by a matrix of random weights, and only the
# typical size of those weights differs. We measure size by the *root mean square*: square all numbers, take the mean,
# then the root.

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
# Only the middle line arrives. After 30 layers the upper one is about to leave what a 32-bit number can hold. On this
# page you
#
# - follow the signal forward and its **gradient** back, and see both explode, fade, or arrive,
# - train the same network from **seven** different starts,
# - build **batch normalization** and **layer normalization** by hand, and wake a network of twenty layers
#   that sleeps through most of its training without them.
#
# ## One layer, by hand
#
# Where does the factor come from? A unit adds up its inputs, each times a weight. Take 256 inputs of size one, which
# is what `torch.randn` gives, and weights of size one.

x = torch.randn(2000, width)  # 2,000 examples
weights = torch.randn(width, width)
print(f"before {size(x):.2f}, after {size(x @ weights):.2f}")
print(f"weights / √n: {size(x @ weights / math.sqrt(width)):.2f}")
assert 15 < size(x @ weights) < 17

# %%
# Sixteen times as large, in every layer. You add 256 products, some positive, some negative. They cancel in part, so
# the sum does not grow like 256 but like its square root, 16. The remedy follows: divide the weights by $\sqrt{n}$,
# where $n$ is the number of inputs.
#
# ??? info "Why the square root: two lines of algebra"
#     Let $z = \sum_{j=1}^n w_j x_j$, where the weights are independent of each other and of the inputs, with mean 0
#     and variance $\sigma^2$. In $z^2$ the mixed terms $w_j w_k x_j x_k$ average to zero, which leaves $E[z^2] =
#     n\,\sigma^2\,E[x^2]$. The size is kept if $n\,\sigma^2 = 1$, that is, $\sigma = 1/\sqrt{n}$.
#
# !!! quiz "The size of a sum"
#     A layer has 400 inputs of size 1. Its weights have mean 0 and size 0.1. How large are its sums?
#
#     - [=] 2 ± 0.05
#       > $\sqrt{400} \times 0.1 = 2$: the root of the number of inputs, times the size of the weights.
#     - [ ] 40
#       > That would be right if all products had one sign. They cancel in part: take the root of 400.
#     - [ ] anything else
#       > Multiply the size of the weights by the square root of the number of inputs.
#
# ## The ReLU takes half
#
# Our networks have a ReLU after each layer. It sets the negative half of the sums to zero, and half of the mean square
# goes with it. The weights must make up for that: the mean square of the weights is doubled, from $1/n$ to $2/n$. This
# is **Kaiming** initialization (also called He initialization).
#
# What does `nn.Linear` do if you do nothing? It draws weights between $-1/\sqrt n$ and $1/\sqrt n$. Their size is
# $1/\sqrt{3n}$, smaller than Kaiming's by a factor of $\sqrt 6$.

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
#     the name, but its setting gives the smaller weights that you just saw, in *every* layer. With two hidden layers
#     you will not notice. With twenty you will.
#
# To set weights by a rule of your own, write into them `with torch.no_grad():`, or use the functions of `nn.init`,
# which do that for you. Their names end in an underscore, for "in place".
#
# ## The gradient on its way back
#
# Training needs a second signal. [Backpropagation](../1-foundations/04_backprop.py) starts at the loss and carries the
# gradient from the last layer to the first, through the same weights. Does it fade, too? Measure it: thirty layers
# with a ReLU after each, and a random gradient of size one that arrives at the end. `retain_grad` asks autograd to
# keep the gradient of each layer's output.


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
# Read the right panel from right to left: the gradient starts with size one at layer 30 and shrinks on its way to
# layer 1, by about the same factor per layer that the signal loses on its way forward. With Kaiming's weights both
# arrive. A gradient that shrinks like this, until the early layers hardly learn, is a **vanishing gradient**; one that
# grows is an **exploding gradient**.
#
# What moves a weight is the product of the two: the signal that comes in, times the gradient that comes back.

for name, trip in trips.items():
    found = [trip["gradient of the weights"][k] for k in (0, 14, 29)]
    print(f"{name:16} layers 1, 15, 30: {', '.join(f'{g:.0e}' for g in found)}")
assert signal[-1] < 1e-9 and gradient[0] < 1e-9
assert max(trips["the default"]["gradient of the weights"]) < 1e-8
assert min(trips["Kaiming, √(2/n)"]["gradient of the signal"]) > 0.1

# %%
# With the default start, *all* thirty layers get next to nothing: the first lose it on the way back, the last on the
# way there.
#
# ??? info "Xavier, Kaiming, gain"
#     Going back, a gradient is summed over a layer's *outputs*, so keeping its size asks for $1/\sqrt{n_\text{out}}$.
#     **Xavier** (or Glorot) initialization is the compromise $\sigma^2 = 2/(n_\text{in} + n_\text{out})$, made for
#     tanh. Kaiming takes one of the two, times the *gain* that makes up for the activation: $\sqrt 2$ for ReLU.
#     `nn.init.calculate_gain` knows the others.
#
# !!! quiz "A gradient that halves"
#     On its way back, a gradient is halved by each of ten layers. By what factor is it smaller at the end?
#
#     - [=] 1024
#       > $2^{10}$. Layers multiply, so a small loss in each becomes a large one.
#     - [ ] 20
#       > Halving ten times divides by 2 ten times: the factors multiply, they do not add up.
#     - [ ] anything else
#       > One layer makes it 2 times smaller, two layers 4 times, three layers 8 times.

# %%
# ## A look inside: real digits
#
# Now take digits from [MNIST](10_first-network.py), and four layers with a tanh after each. A tanh squeezes every sum
# into the range from -1 to 1. Where the sum is large, the tanh is flat: it is *saturated*, and its slope, by which the
# gradient is multiplied, is close to zero. The figure counts how often an activation (what a unit hands on) has which
# value in the fourth layer, for three starts.

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
# On the left, what told the digits apart has shrunk to nearly nothing. On the right most units sit close to -1 or 1,
# where the slope is small. In the middle there is something to tell apart, and room to move.
#
# ## Zeros: three units that are one
#
# If small numbers fade, why not begin with all weights equal, or all zero, and let training sort it out? Try it with
# three hidden units and the four points of [exclusive or](../1-foundations/05_perceptrons.py).

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
# From equal weights, the three units compute the same number. They get the same gradient, take the same step, and are
# equal again, forever: you pay for three units and own one. Random numbers **break the symmetry**. (They promise
# nothing more: a random start can still end in a bad place.)
#
# Zero is worse than equal: a unit's gradient is multiplied by its weight in the next layer, and that is zero. The
# first layer does not move at all.
#
# !!! quiz "Why zeros never break the symmetry"
#     All weights of a network begin at zero. The images differ, and so do the labels. Why does that not make the units
#     of a hidden layer different from each other?
#
#     - [ ] It does, if you wait long enough.
#       > Waiting repeats the same step. Nothing in it tells one unit from the next.
#     - [x] All units see the same images through the same weights, so all get the same gradient.
#       > A difference between images reaches all units. Only different weights make different units.
#     - [ ] Because the learning rate is multiplied by the weights, and is zero as well.
#       > A step is the learning rate times the *gradient*. Biases of the last layer do move.
#
# ## Seven starts
#
# Now for real: digits, two hidden layers, two epochs of Adam. Seven rules for the weights; except in the last, the
# biases begin at zero. Before each training we note the first loss. A network that knows nothing should begin near
# [$\ln 10$](09_softmax-cross-entropy.py), about 2.3.

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
# Zeros learn one thing: how often each digit occurs, by the last layer's biases. Ones begin with a loss that looks
# right (all classes get the same huge score), and then the units move in step. Weights between 0 and 1 are all
# positive, nothing cancels, and the first loss is enormous. Around zero is better, and the three rules that respect
# $n$ are best. (Which of those three is ahead, one seed cannot say.)
#
# The first loss is a warning sign, and no proof of health: zeros and ones have a good one.
#
# One number for the report: the default, on images that we have not looked at.

test = batches(*mnist("test").tensors, 1000, device=device)
test_accuracy = evaluate(models["default"], test).accuracy
print(f"default start, two epochs: test accuracy {test_accuracy:.1%}")
runtime.report("test accuracy", test_accuracy)
claim(test_accuracy >= 0.95, "at least 95% after two epochs")

# %%
# ## Batch normalization, by hand
#
# A good start is a hope: that the sizes are right at the beginning and stay right while all layers move. Why hope?
# Measure the sums, and *make* their mean 0 and their size 1, in each layer and at each step.
# **Batch normalization** does this for each unit, over the examples of the batch:
#
# $$y = \gamma\,\frac{x - \text{mean}}{\sqrt{\text{variance} + \varepsilon}} + \beta$$
#
# The small $\varepsilon$ avoids a division by zero. $\gamma$ and $\beta$ are learned, one pair for each unit: if
# another size is better, the network can choose it. They start at 1 and 0.

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
# ### A bias before it is wasted
#
# The layer subtracts the mean. If you add a number to all sums of a unit, it is subtracted again, so the bias of the
# linear layer before it does nothing, and $\beta$ has taken over its job. Write `bias=False`.

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
# In training, what happens to an example depends on the others in its batch. When the network is used, that would be
# absurd: the same digit, read in other company, might become another digit. So while it trains, the layer keeps a
# **running mean** and a **running variance** of what it has seen. `model.eval()` makes it use those.
#
# At each training step, each of the two moves a tenth of the way to the value of the batch. Feed it batches whose mean
# is about 3 and whose variance is about 4.

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
# After ten steps the mean is only two thirds there. If you validate very early, you judge by statistics that still
# remember their start at 0 and 1.
#
# !!! warning "You may read this elsewhere"
#     "Momentum 0.1: keep a tenth of the old value." It is the other way round, as the smooth line shows:
#     `momentum=0.1` keeps 0.9 of the old and takes 0.1 of the new. In [an
#     optimizer](../1-foundations/08_optimizers.py), momentum says what is *kept*.
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
# In training mode the others in the batch decide; in evaluation mode they do not. And in a training batch of *one*?
# The mean of a single example is the example: after subtracting it, nothing is left. PyTorch refuses.
#
# !!! quiz "A batch of one"
#     50,001 training images in batches of 100, and batch normalization in the network. The first 500 batches run; then
#     you get a `ValueError`. What is the best remedy?
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
# other examples, keeps no running statistics, and does the same in training and evaluation. In the figure, numbers of
# one color are normalized together.

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
# Rule of thumb: batch normalization for [convolutions](../3-vision/19_fashion-cnn.py) with batches of some size; layer
# normalization for sequences, where lengths differ.
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
# Twenty hidden layers of 64 units with a ReLU after each. Four versions: the default start, Kaiming's start, and the
# default with either normalization before each ReLU. Before training them, look at one batch: how large would a plain
# gradient step (rate 0.1) be, compared with the weights it changes?

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
# With the default start, a plain step would move the last layer by a few thousandths of its size and the first layer
# by almost nothing: here is the vanishing gradient in a real network. (Its biases keep the *signal* alive, but what
# arrives at the end is nearly the same for every image.) In the other three, the first layer gets its share; with
# batch normalization, the largest.
#
# Now train all four with Adam for twenty chunks of twenty batches, about one epoch. Adam divides each gradient by its
# usual size, which helps the small ones.

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
# The default network begins flat, at $\ln 10$, and at the end of the epoch it is still behind. Nothing is wrong with
# its data or its loss. The other three learn from the first batches on. (Twenty layers are far more than digits need;
# they are here to make the effect visible.)
#
# Why does batch normalization work? Its inventors said that it keeps the inputs of each layer from drifting while the
# layers before it learn. Later experiments added drift on purpose, and the networks still trained well; they point to
# a smoother loss instead. People still discuss it.
#
# ## Where it fails
#
# Forget `model.eval()`, and have the bad luck that your images arrive sorted: first all zeros, then all ones. (Folders
# are often read that way.) In training mode each batch of nothing but sevens is normalized by the statistics of
# sevens, which takes away just what makes a seven a seven.

network, order = versions["batch norm"], y_val.argsort(stable=True)
right = {}
for name in ("eval", "train", "eval afterwards"):
    network.train(name == "train")
    with torch.no_grad():
        parts = x_val[order].to(device).split(100)
        logits = torch.cat([network(x) for x in parts]).cpu()
    right[name] = metrics.accuracy(logits, y_val[order])
    print(f"digits sorted by class, {name:15} {right[name]:.1%}")
claim(right["train"] < right["eval"] - 0.05, "sorted batches cost accuracy")
claim(right["eval afterwards"] < right["eval"] - 0.03, "and do damage")

# %%
# The last line shows a second, silent damage. In training mode the running statistics moved at every batch, and the
# last batches were all nines, so now the network is wrong in evaluation mode as well. (`torch.no_grad()` does not stop
# that: a running mean is no gradient.) Use `evaluate`, or any function that sets the mode itself.
#
# ## Exercises
#
# [The workbook](14_init-normalization.exercises.py) has each of these as a cell with a gap, with a checker that tells
# you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Checkpoints](15_checkpoints.py) saves what a network has learned, the running statistics included. [Searching
# hyperparameters](17_hyperparameter-search.py) chooses learning rates and widths by trial.
