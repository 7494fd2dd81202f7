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
# metric = { name = "test accuracy", unit = "%", target = 96, reference = "PyTorch's default start, two epochs" }
# description = "Seven ways to draw the first weights; batch and layer normalisation by hand; why deep nets stall."
# ///
"""
# Why training starts or stalls

Take one network, one data set and one optimizer, and change nothing but the numbers that the weights begin
with. From one start the network reads more than 96 of 100 digits after two epochs; from another it is still
guessing. Here you find out why, and meet two layers that make the start matter far less.
"""

# %%
# You will
#
# - follow a signal through thirty layers and see it explode, fade, or arrive,
# - train the same network from **seven** different starts,
# - build **batch normalisation** and **layer normalisation** by hand, and wake a network of twenty layers
#   that sleeps through most of its training without them.

import math
from functools import partial
from itertools import islice, pairwise

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from kindling import metrics, plots, runtime
from kindling.data import batches, mnist
from kindling.models import count_parameters, mlp
from kindling.runtime import claim, objection, steps
from kindling.training import evaluate, fit, train_epoch

device = runtime.device()
sizes = [784, 256, 128, 10]  # pixels, two hidden layers, classes
batch_size = 128
learning_rate = 2e-3
epochs = 2

runtime.seed(14)

# %%
# ## One layer, by hand
#
# A unit of a layer adds up its inputs, each times a weight. How large is such a sum? We measure size by the
# *root mean square*: square all numbers, take the mean, then the root. Numbers from `torch.randn` have size
# one. Send them through one layer of 256 inputs whose weights have size one, too.


def size(x):
    """The root mean square of all numbers of a tensor."""
    return x.double().square().mean().sqrt().item()  # squares of huge numbers need the room


width = 256
x = torch.randn(2000, width)  # 2,000 examples
weights = torch.randn(width, width)
print(f"before {size(x):.2f}, after {size(x @ weights):.2f}, root of {width}: {math.sqrt(width):.0f}")
assert 0.97 < size(x) < 1.03 and 15 < size(x @ weights) < 17

# %%
# Sixteen times as large. You add 256 products, some positive, some negative. They cancel in part, so the sum
# does not grow like 256, but like its square root. The cure follows at once: divide the weights by
# $\sqrt{n}$, where $n$ is the number of inputs.

weights = torch.randn(width, width) / math.sqrt(width)
print(f"after, with weights divided by the root: {size(x @ weights):.2f}")
assert 0.9 < size(x @ weights) < 1.1

# %%
# ??? info "Why the square root: two lines of algebra"
#     Let $z = \sum_{j=1}^n w_j x_j$, where the weights are independent of each other and of the inputs, with
#     mean 0 and variance $\sigma^2$. In $z^2$ the mixed terms $w_j w_k x_j x_k$ average to zero, which leaves
#     $E[z^2] = n\,\sigma^2\,E[x^2]$. The size is kept if $n\,\sigma^2 = 1$, that is, $\sigma = 1/\sqrt{n}$.
#
# !!! quiz "The size of a sum"
#     A layer has 400 inputs of size 1. Its weights have mean 0 and size 0.1. What size have its sums?
#
#     - [=] 2 ± 0.05
#       > $\sqrt{400} \times 0.1 = 2$: the root of the number of inputs, times the size of the weights.
#     - [ ] 40
#       > So it would be if all products had one sign. They have both, and cancel in part: take the root of 400.
#     - [ ] 0.1
#       > That is one product. Four hundred of them are added up.
#     - [ ] anything else
#       > Multiply the size of the weights by the square root of the number of inputs.
#
# ## Thirty layers
#
# A factor of sixteen is no disaster, once. But layers multiply. Predict before you look: what is left after
# thirty layers, if each multiplies by 16? And if the weights have size 0.01, so that each multiplies by 0.16?


def through(scale, *, depth=30, activation=None):
    """Send random numbers through a stack of random layers; return the size after each."""
    x, sizes_seen = torch.randn(500, width), []
    for _ in range(depth):
        x = x @ (scale * torch.randn(width, width))
        x = activation(x) if activation else x
        sizes_seen.append(size(x))
    return sizes_seen


linear = {
    "weights of size 1": through(1.0),
    "size 1/√n": through(1 / math.sqrt(width)),
    "size 0.01": through(0.01),
}
plots.curves(
    linear,
    x=range(1, 31),
    xlabel="layer",
    ylabel="size of the signal",
    logy=True,
    alt="Three lines on a logarithmic axis, by layer. Weights of size 1: the signal climbs to "
    f"{linear['weights of size 1'][-1]:.0e}. Size one over root n: it stays near 1, at "
    f"{linear['size 1/√n'][-1]:.2f}. Size 0.01: it falls to {linear['size 0.01'][-1]:.0e}.",
)

# %%
# Only the middle line arrives. The upper one is about to leave what a 32-bit number can hold. And it is not
# only the signal: the gradient travels the same road backwards, through the same weights, so it explodes or
# fades just as fast. A layer whose gradient has faded does not learn.

print(f"after 35 layers, weights of size 1: {through(1.0, depth=35)[-1]}")
assert linear["weights of size 1"][-1] > 1e30 and linear["size 0.01"][-1] < 1e-20
assert 0.3 < linear["size 1/√n"][-1] < 3
assert not math.isfinite(through(1.0, depth=35)[-1])

# %%
# ## The ReLU takes half
#
# Our networks have a ReLU after each layer. It sets the negative half of the sums to zero, and with it half of
# the mean square is gone. So the weights must make up for it: the mean square of the weights is doubled, from
# $1/n$ to $2/n$. This is **Kaiming** initialisation (also called He initialisation).
#
# The picture has a third line: the size that `nn.Linear` gives its weights if you do nothing.

relu = {
    "Kaiming, √(2/n)": through(math.sqrt(2 / width), activation=F.relu),
    "size 1/√n": through(1 / math.sqrt(width), activation=F.relu),
    "the default": through(1 / math.sqrt(3 * width), activation=F.relu),
}
plots.curves(
    relu,
    x=range(1, 31),
    xlabel="layer",
    ylabel="size of the signal",
    logy=True,
    alt="Three lines on a logarithmic axis, by layer, with a ReLU after each layer. Kaiming ends at "
    f"{relu['Kaiming, √(2/n)'][-1]:.2f}, one over root n falls to {relu['size 1/√n'][-1]:.0e}, "
    f"the default to {relu['the default'][-1]:.0e}.",
)
assert 0.2 < relu["Kaiming, √(2/n)"][-1] < 4
assert relu["size 1/√n"][-1] < 1e-3 and relu["the default"][-1] < 1e-9

# %%
# ??? info "Xavier, Kaiming, gain"
#     Going backwards, a gradient is summed over a layer's *outputs*, so keeping its size asks for
#     $1/\sqrt{n_\text{out}}$. **Xavier** (or Glorot) initialisation is the compromise
#     $\sigma^2 = 2/(n_\text{in} + n_\text{out})$, made for tanh. Kaiming takes one of the two and adds the
#     factor that the activation costs, its *gain*: $\sqrt 2$ for ReLU. `nn.init.calculate_gain` knows the
#     others. If you normalise, as below, the difference hardly matters.
#
# !!! warning "You may read this elsewhere"
#     "PyTorch initialises linear layers by Kaiming's rule, so you need not care." The function in its source
#     does bear the name, but it is called with a setting that gives weights between $-1/\sqrt n$ and
#     $1/\sqrt n$, of size $1/\sqrt{3n}$. That is smaller than Kaiming's for a ReLU by a factor of $\sqrt 6$,
#     in *every* layer. With two hidden layers you will not notice. With twenty you will: wait and see.

layer = nn.Linear(width, width)
print(f"largest weight {layer.weight.abs().max():.4f}, bound {1 / math.sqrt(width):.4f}; size {size(layer.weight):.4f}")
nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
kaiming_size = size(layer.weight)
layer.reset_parameters()  # back to the default
print(f"Kaiming / default: {kaiming_size / size(layer.weight):.2f}, root of 6: {math.sqrt(6):.2f}")
assert layer.weight.abs().max() <= 1 / math.sqrt(width)
assert abs(kaiming_size / size(layer.weight) - math.sqrt(6)) < 0.05

# %%
# !!! quiz "What a ReLU costs"
#     Why does Kaiming's rule have a 2 in $\sqrt{2/n}$?
#
#     - [ ] Because each weight is used twice, forwards and backwards.
#       > It is, but the rule looks in one direction only. The 2 comes from the activation.
#     - [ ] Because a ReLU halves every number.
#       > It leaves positive numbers as they are and removes the negative ones.
#     - [x] Because a ReLU removes half of the mean square, and doubling that of the weights gives it back.
#       > Half of the sums are negative on average and become zero. What is left has half the mean square.
#
# ### Setting weights today
#
# !!! warning "You may read this elsewhere"
#     `nn.init.xavier_uniform(weight)`, without the underscore at the end: it still runs, and says that it is on
#     its way out. Or `weight.fill_(0.1)`: an error, because autograd watches that tensor. Or the same through
#     `weight.data`, which goes behind autograd's back.
#
#     Today write `nn.init.xavier_uniform_(weight)`; the underscore says "in place", and `nn.init` tells
#     autograd to look away. For a rule of your own, do it inside `with torch.no_grad():`.


print("old:  ", objection(lambda: nn.init.xavier_uniform(layer.weight)))
print("old:  ", objection(lambda: layer.weight.fill_(0.1)))
print("today:", objection(lambda: nn.init.xavier_uniform_(layer.weight)))
with torch.no_grad():
    layer.weight.fill_(0.1)
assert "deprecated" in objection(lambda: nn.init.xavier_uniform(layer.weight))
assert objection(lambda: nn.init.xavier_uniform_(layer.weight)) == "no objection"

# %%
# ## A look inside: real digits
#
# Random numbers were practice. Now take digits from [MNIST](10_first-network.py), and four layers with a tanh
# after each. A tanh squeezes every sum into the range from -1 to 1. Where the sum is large, the tanh is flat:
# it is *saturated*, and passes hardly any gradient on.
#
# The figure has a row for each of three starts and a column for each layer. Each panel counts how often an
# activation (what a unit hands on) has which value.

x_train, y_train = mnist("train").tensors
x_val, y_val = mnist("val").tensors
train = batches(x_train, y_train, batch_size, shuffle=True, device=device)
val = batches(x_val, y_val, 1000, device=device)


def tanh_layers(factor):
    """The activations of 1,000 digits in four tanh layers; weights of size factor/√n."""
    a, found = x_train[:1000].flatten(1), []
    for _ in range(4):
        a = torch.tanh(a @ (torch.randn(a.shape[1], width) * factor / math.sqrt(a.shape[1])))
        found.append(a)
    return found


inside = {"too small": tanh_layers(0.3), "1/√n": tanh_layers(1.0), "too large": tanh_layers(6.0)}

# %%
# Look at the last column first: that is what the output layer would get to see.

with plots.style():
    fig, axes = plt.subplots(3, 4, figsize=(6.4, 4.2), sharex=True)
for row, (name, layers) in zip(axes, inside.items(), strict=True):
    for number, (ax, a) in enumerate(zip(row, layers, strict=True), 1):
        share = a.histc(bins=25, min=-1, max=1) / a.numel()
        ax.stairs(share.tolist(), torch.linspace(-1, 1, 26).tolist(), fill=True, color=plots.COLORS[0])
        ax.set(yticks=[], title=f"layer {number}" if name == "too small" else None)
    row[0].set_ylabel(name)
fig.supxlabel("activation", fontsize=10)
last = {name: layers[-1] for name, layers in inside.items()}
saturated = {name: (a.abs() > 0.95).float().mean().item() for name, a in last.items()}
plots.show(
    fig,
    "Histograms of activations, four layers from left to right. Too small a start: they shrink to a spike at "
    f"zero, of size {size(last['too small']):.3f} in layer 4. One over root n: they stay spread out. Too large a "
    f"start: they pile up at both ends, {saturated['too large']:.0%} beyond 0.95 in layer 4.",
)

# %%
# Above, all that a digit was has shrunk to nearly nothing. Below, every unit shouts yes or no, and cannot be
# moved. In the middle row there is still something to tell apart, and room to move.

for name, a in last.items():
    print(f"{name:10} size {size(a):.3f}, saturated {saturated[name]:.1%}")
assert size(last["too small"]) < 0.05 < size(last["1/√n"])
assert saturated["too large"] > 0.5 > 0.05 > saturated["1/√n"]

# %%
# ## Zeros: three units that are one
#
# If small numbers fade, why not begin with all weights equal, or all zero, and let training sort it out? Try
# it with three hidden units and the four points of [exclusive or](../1-foundations/05_perceptrons.py). One
# hidden unit cannot solve it. Three can, if they are three.

points = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
answers = torch.tensor([[0.0], [1.0], [1.0], [0.0]])


def three_units(value=None):
    """Train a 2-3-1 network whose weights all begin with one value, or at random."""
    torch.manual_seed(3)
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


for start in (0.0, 0.5, None):
    learned, loss = three_units(start)
    rows = [[round(w, 2) for w in row] for row in learned.tolist()]
    print(f"start {'random' if start is None else start}: loss {loss:.3f}, weights of the units {rows}")

# %%
# From equal weights, the three units compute the same number. So they get the same gradient, take the same
# step, and are equal again: for ever. You pay for three units and own one. Random numbers **break the
# symmetry**; that is all that the randomness is for.
#
# Zero is worse than equal: a unit's gradient is multiplied by the weights behind it, and those are zero. The
# first layer does not move at all.

equal, equal_loss = three_units(0.5)
random, random_loss = three_units()
torch.testing.assert_close(equal, equal[:1].expand(3, 2))  # three times the same row
assert (three_units(0.0)[0] == 0).all()
assert random_loss < 0.5 * equal_loss

# %%
# !!! quiz "Why zeros never break the symmetry"
#     All weights of a network begin at zero. The pictures differ, and so do the labels. Why does that not make
#     the units of a hidden layer different from each other?
#
#     - [ ] It does, if you wait long enough.
#       > Waiting repeats the same step. Nothing in it tells one unit from the next.
#     - [x] Every unit of the layer sees the same pictures through the same weights, so all get the same gradient.
#       > Differences between pictures reach all units alike. Only different weights make different units.
#     - [ ] Because the learning rate is multiplied by the weights, and is zero as well.
#       > A step is the learning rate times the *gradient*. Biases of the last layer do move.
#     - [ ] Because ReLU of zero is undefined.
#       > It is zero, and PyTorch takes zero as its slope there. With tanh, as above, nothing is different.
#
# ## Seven starts
#
# Now for real: digits, two hidden layers, two epochs of Adam. Seven rules for the weights; except in the last,
# the biases begin at zero.


def within_root(weight):
    bound = 1 / math.sqrt(weight.shape[1])
    nn.init.uniform_(weight, -bound, bound)


starts = {
    "all 0": nn.init.zeros_,
    "all 1": nn.init.ones_,
    "0 to 1": nn.init.uniform_,
    "-0.5 to 0.5": partial(nn.init.uniform_, a=-0.5, b=0.5),
    "-1/√n to 1/√n": within_root,
    "Kaiming": partial(nn.init.kaiming_normal_, nonlinearity="relu"),
    "default": None,
}


def network(rule):
    runtime.seed(14)
    model = mlp(sizes)
    for layer in model:
        if rule is not None and isinstance(layer, nn.Linear):
            rule(layer.weight)
            nn.init.zeros_(layer.bias)
    return model.to(device)


# %%
# Before each training we note the first loss. A network that knows nothing should begin near
# [$\ln 10$](12_validate-regularize.py), about 2.3.

models, first_loss, accuracy = {}, {}, {}
for name, rule in starts.items():
    models[name] = network(rule)
    first_loss[name] = evaluate(models[name], val).loss
    optimizer = torch.optim.Adam(models[name].parameters(), lr=learning_rate)
    history = fit(models[name], train, val, optimizer=optimizer, epochs=epochs, progress=False)
    accuracy[name] = history.val_accuracy[-1]
    print(f"{name:14} first loss {first_loss[name]:10,.2f}   accuracy {accuracy[name]:6.1%}")

# %%
# The dashed line is what guessing gives.

plots.bars(list(accuracy), [100 * a for a in accuracy.values()], xlabel="validation accuracy (%)", reference=10)
moved = [name for name, p in models["all 0"].named_parameters() if (p != 0).any()]
print("from zeros, training has moved only", moved)
assert moved == ["5.bias"]
claim(max(accuracy["all 0"], accuracy["all 1"]) <= 0.12, "zeros and ones keep guessing")
claim(accuracy["0 to 1"] < accuracy["-0.5 to 0.5"] < accuracy["-1/√n to 1/√n"], "centred and small is better")
claim(min(accuracy["default"], accuracy["Kaiming"]) >= 0.96, "the rules that keep the size learn")

# %%
# Zeros learn one thing: how often each digit occurs, by the last layer's biases. Ones begin with a loss that
# looks right (all classes get the same huge score), and then the units move in step. Weights between 0 and 1
# are all positive, nothing cancels, and the first loss is astronomical. Around zero is better, and the three
# rules that respect $n$ are best, and close together.
#
# So the first loss is a warning, but no proof of health. Which of the good three is best, this experiment
# cannot say: they differ by less than another seed would change.
#
# One number for the report: the default, on pictures that we have not looked at.

test = batches(*mnist("test").tensors, 1000, device=device)
test_accuracy = evaluate(models["default"], test).accuracy
print(f"default start, two epochs: test accuracy {test_accuracy:.1%}")
runtime.report("test accuracy", test_accuracy)
claim(test_accuracy >= 0.96, "at least 96 % after two epochs")

# %%
# !!! quiz "A clean first loss"
#     Your network for ten classes starts with a loss of exactly $\ln 10$. What do you know?
#
#     - [ ] The weights were drawn well.
#       > All zeros give exactly this loss, and never learn. So do all ones.
#     - [x] It gives all ten classes the same probability.
#       > That is what the number says, and no more. Look at the sizes of the activations as well.
#     - [ ] There are ten layers.
#       > The loss knows nothing of layers; the ten is the number of classes.
#     - [ ] The labels are random.
#       > Labels do not matter to a network that gives each of them the same probability.
#
# ## Batch normalisation, by hand
#
# A good start is a hope: that the sizes are right at the beginning and stay right while all layers move. Why
# hope? Measure the sums, and *make* their mean 0 and their size 1, in each layer and at each step.
# **Batch normalisation** (in American papers *batch normalization*) does this for each unit, over the examples of
# the batch:
#
# $$y = \gamma\,\frac{x - \text{mean}}{\sqrt{\text{variance} + \varepsilon}} + \beta$$
#
# The small $\varepsilon$ avoids a division by zero. $\gamma$ and $\beta$ are learned, one pair for each unit:
# should another size be better, the network can choose it. They start at 1 and 0.

sums = 3 + 2 * torch.randn(64, 5)  # [batch, units]
mean, variance = sums.mean(dim=0), sums.var(dim=0, correction=0)
normalised = (sums - mean) / torch.sqrt(variance + 1e-5)
norm = nn.BatchNorm1d(5)
torch.testing.assert_close(norm(sums), normalised)
print("means before:", [round(m, 2) for m in mean.tolist()])
print("means after: ", [round(abs(m), 2) for m in normalised.mean(dim=0).tolist()])
print(f"size of all numbers {size(normalised):.3f}; learned: {[tuple(p.shape) for p in norm.parameters()]}")
assert abs(size(normalised) - 1) < 1e-3

# %%
# ### A bias before it is wasted
#
# The layer subtracts the mean. Whatever you add to all examples of a unit is subtracted again, so the bias of
# the linear layer before it does nothing. $\beta$ has taken over its job. Say `bias=False`.

shifted = norm(sums + torch.tensor([0.0, 1.0, -2.0, 10.0, 100.0]))
torch.testing.assert_close(shifted, norm(sums), rtol=1e-3, atol=1e-4)

linear_layer = nn.Linear(20, 5)
F.relu(norm(linear_layer(torch.randn(64, 20)))).square().sum().backward()
of_weights, of_bias = linear_layer.weight.grad.abs().max(), linear_layer.bias.grad.abs().max()
print(f"largest gradient: weights {of_weights:.2f}, bias {of_bias:.6f}")
assert of_bias < 1e-3 < of_weights

# %%
# !!! quiz "Biases to spare"
#     A network 784-512-256-10 has batch normalisation after each of its two hidden linear layers. By how many
#     parameters does it shrink if you drop the biases that do nothing?
#
#     - [=] 768
#       > 512 + 256: one for each hidden unit. The output layer is followed by no normalisation and keeps its ten.
#     - [ ] 778
#       > You dropped the output layer's ten biases too. They still have a job.
#     - [ ] 1536
#       > That is twice as much: each unit has one bias. (It also is what batch normalisation *adds*, a $\gamma$ and
#       > a $\beta$ for each hidden unit.)
#     - [ ] anything else
#       > One bias for each unit of a layer that is followed by batch normalisation.
#
# ## Running statistics: what `eval()` uses
#
# In training, an example's result depends on its companions in the batch. When the network is used, that
# would be absurd: the same digit, read in other company, might become another digit. So while it trains, the
# layer keeps a **running mean** and a **running variance** of what it has seen. `model.eval()` makes it use
# those.
#
# At each training step, each of the two moves a tenth of the way to the value of the batch. Feed it batches
# whose mean is about 3 and whose variance is about 4, and watch it find out.

norm, tracked = nn.BatchNorm1d(1), {"running mean": [], "running variance": []}
for _ in range(60):
    norm(3 + 2 * torch.randn(64, 1))
    tracked["running mean"].append(norm.running_mean.item())
    tracked["running variance"].append(norm.running_var.item())
tracked["3 (1 - 0.9^k)"] = [3 * (1 - 0.9**k) for k in range(1, 61)]
plots.curves(
    tracked,
    x=range(1, 61),
    xlabel="training steps",
    ylabel="value",
    alt="Two wavering lines, the running mean and the running variance, rise from near 0 and 1 and level "
    f"off. After 10 steps they are {tracked['running mean'][9]:.1f} and "
    f"{tracked['running variance'][9]:.1f}, after 60 steps {tracked['running mean'][-1]:.1f} and "
    f"{tracked['running variance'][-1]:.1f}. A third, smooth line, by formula, goes with the mean.",
)
assert all(abs(a - b) < 0.4 for a, b in zip(tracked["running mean"], tracked["3 (1 - 0.9^k)"], strict=True))
assert abs(tracked["running variance"][-1] - 4) < 1

# %%
# After ten steps it is only two thirds there. If you validate very early, you judge by statistics that still
# remember their start at 0 and 1.
#
# !!! warning "You may read this elsewhere"
#     "Momentum 0.1: keep a tenth of the old value." It is the other way round: `momentum=0.1` keeps 0.9 of the
#     old and takes 0.1 of the new. In [an optimizer](../1-foundations/08_optimizers.py), momentum says what is
#     *kept*. Today read it as the share of the new batch, and mind it when you copy a number from a library
#     that counts the other way.

ten = torch.full((8, 1), 10.0)
norm = nn.BatchNorm1d(1, momentum=0.1)  # its running mean starts at 0
norm(ten)
kept_tenth, kept_nine_tenths = 0.1 * 0 + 0.9 * 10, 0.9 * 0 + 0.1 * 10
print(f"as it is told {kept_tenth:.0f}, as it is {norm.running_mean.item():.0f}")
assert abs(norm.running_mean.item() - kept_nine_tenths) < 1e-5

# %%
# ??? info "Two variances"
#     The variance of a batch is a mean of squares. Divided by $n$, it makes the size of this batch exactly 1,
#     and that is what the layer divides by. As a guess at the variance of *all* examples it is a little too
#     small, so the running variance takes the sum divided by $n - 1$. For batches of 64 the two differ by a
#     sixtieth.
#
# Now the switch. The same example, alone in two different crowds, in training mode and in evaluation mode:

torch.manual_seed(14)
norm = nn.BatchNorm1d(5)
for _ in range(100):
    norm(3 + 2 * torch.randn(64, 5))
example = torch.full((1, 5), 4.0)
calm, wild = torch.cat([example, 3 + torch.randn(7, 5)]), torch.cat([example, 3 + 9 * torch.randn(7, 5)])
for mode in ("train", "eval"):
    norm.train(mode == "train")
    print(f"{mode:5} in a calm crowd {norm(calm)[0, 0].item():.2f}, in a wild one {norm(wild)[0, 0].item():.2f}")
torch.testing.assert_close(norm(calm)[0], norm(wild)[0])  # in evaluation mode
norm.train()
assert not torch.allclose(norm(calm)[0], norm(wild)[0], atol=0.05)

# %%
# And in a crowd of one? The mean of a single example is the example: after subtracting it, nothing is left.
# PyTorch refuses. In evaluation mode a single example is fine.

norm.train()
print("train:", objection(lambda: norm(example)))
norm.eval()
print("eval: ", objection(lambda: norm(example)))
assert "more than 1 value" in objection(lambda: norm.train()(example))

# %%
# !!! quiz "A batch of one"
#     50,001 training pictures in batches of 100, and batch normalisation in the network. The first 500 batches
#     run; then you get a `ValueError`. What is the best cure?
#
#     - [ ] Call `model.eval()` before the last batch.
#       > It stops the error, and then this batch is normalised by other numbers than all the rest. You would also
#       > have to remember `model.train()`.
#     - [x] Let the loader drop an incomplete last batch: `drop_last=True`.
#       > The last batch holds a single picture. With a fresh shuffle each epoch, another picture sits out each
#       > time.
#     - [ ] Set `momentum=1.0`.
#       > It changes the running statistics. The batch still has one example, whose variance says nothing.
#
# ## Layer normalisation
#
# Same formula, other direction. **Layer normalisation** takes one *example* and normalises over its units. It
# needs no companions, keeps no running statistics, and does the same in training and evaluation.


def draw_table(ax, title, by_column):
    for row in range(4):
        for column in range(6):
            group = column if by_column else row
            color = plots.COLORS[group]
            ax.add_patch(plt.Rectangle((column, -row), 1, -1, facecolor=(color, 0.35), edgecolor=color))
            ax.text(column + 0.5, -row - 0.5, "abcdef"[group], ha="center", va="center", color=plots.INK)
    ax.set(xlim=(-0.1, 6.1), ylim=(-4.1, 0.1), aspect="equal", xticks=[], yticks=[], title=title)
    ax.set(xlabel="units", ylabel="examples")
    ax.grid(False)


with plots.style():
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.4))
draw_table(axes[0], "batch normalisation", by_column=True)
draw_table(axes[1], "layer normalisation", by_column=False)
plots.show(
    fig,
    "Two tables of 4 examples by 6 units; equal letters are normalised together. Batch normalisation: "
    "each column, one unit over all examples. Layer normalisation: each row, one example over all units.",
)

# %%
# By hand, only `dim` changes.

mean, variance = sums.mean(dim=1, keepdim=True), sums.var(dim=1, keepdim=True, correction=0)
by_hand = (sums - mean) / torch.sqrt(variance + 1e-5)
norm = nn.LayerNorm(5)
torch.testing.assert_close(norm(sums), by_hand)
torch.testing.assert_close(norm(sums[:1]), by_hand[:1])  # alone: the same result
print("batch of 64 and batch of 1 agree; buffers kept:", [name for name, _ in norm.named_buffers()])
assert not list(norm.buffers()) and torch.equal(norm.train()(sums), norm.eval()(sums))

# %%
# Rule of thumb: batch normalisation for [convolutions](../3-vision/19_fashion-cnn.py) with batches of some
# size; layer normalisation for sequences, where lengths differ.
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
#     - [ ] `nn.Linear`
#       > A weighted sum is a weighted sum.
#
# ## Waking the twenty-layer network
#
# Here is the case that was promised: twenty hidden layers of 64 units with a ReLU after each. Four versions:
# the default start, Kaiming's start, and the default with either normalisation before each ReLU. All train for
# one epoch; we note the loss of every twenty batches.


def deep(norm=None, depth=20, units=64):
    """A deep network; `norm` makes the layer that stands before each ReLU."""
    runtime.seed(14)
    layers = [nn.Flatten()]
    for inputs, outputs in pairwise([784] + depth * [units]):
        layers.append(nn.Linear(inputs, outputs, bias=norm is None))
        layers += [nn.ReLU()] if norm is None else [norm(outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(units, 10)).to(device)


def learn(model, optimizer, chunks, size=20):
    """Train on some chunks of batches; return the mean loss of each chunk."""
    runtime.seed(14)
    flow = (batch for _ in range(99) for batch in train)  # epoch after epoch
    return [train_epoch(model, islice(flow, size), optimizer) for _ in range(steps(chunks))]


# %%
# Twenty chunks of twenty batches of 128 are about one epoch.

versions = {"default": deep(), "Kaiming": deep(), "batch norm": deep(nn.BatchNorm1d), "layer norm": deep(nn.LayerNorm)}
for layer in versions["Kaiming"]:
    if isinstance(layer, nn.Linear):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
chunk_losses = {
    name: learn(model, torch.optim.Adam(model.parameters(), lr=1e-3), chunks=20) for name, model in versions.items()
}
deep_accuracy = {name: evaluate(model, val).accuracy for name, model in versions.items()}
plots.curves(
    chunk_losses,
    x=[20 * (k + 1) for k in range(len(chunk_losses["default"]))],
    xlabel="training batches",
    ylabel="mean loss",
    alt="Loss of four deep networks by training batch: "
    + "; ".join(f"{name} from {losses[0]:.2f} to {losses[-1]:.2f}" for name, losses in chunk_losses.items())
    + ".",
)

# %%
# The default network begins flat, at $\ln 10$: by its last layer, all digits look the same. Then it crawls, and
# at the end of the epoch it is far behind. Nothing is wrong with its data or its loss. The other three learn
# from the first batches on. (Twenty layers are far more than digits need; they are here to make the effect
# visible. That the default network moves at all it owes to Adam, which divides each gradient by its usual size.)

for name, share in deep_accuracy.items():
    print(f"{name:11} loss {chunk_losses[name][-1]:.2f}, validation accuracy {share:.1%}")
others = ("Kaiming", "batch norm", "layer norm")
claim(abs(chunk_losses["default"][0] - math.log(10)) < 0.05, "the default start begins at ln 10")
claim(chunk_losses["default"][-1] > 2 * max(chunk_losses[name][-1] for name in others), "it ends far behind")
claim(min(deep_accuracy[name] for name in others) > deep_accuracy["default"] + 0.1, "the other three are ahead")

# %%
# ## Does it help a shallow network?
#
# A course that many have taken compares a network 784-512-256-10 with and without batch normalisation, trained
# by plain SGD with a learning rate of 0.01. Its notebook keeps no results. Here are some.


def course_network(normalised):
    runtime.seed(14)
    layers = [nn.Flatten()]
    for inputs, outputs in pairwise([784, 512, 256]):
        layers.append(nn.Linear(inputs, outputs, bias=not normalised))
        layers += [nn.BatchNorm1d(outputs), nn.ReLU()] if normalised else [nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(256, 10)).to(device)


plain, with_norm = course_network(normalised=False), course_network(normalised=True)
course = {
    name: learn(model, torch.optim.SGD(model.parameters(), lr=0.01), chunks=25)
    for name, model in {"plain": plain, "batch norm": with_norm}.items()
}
for name, losses in course.items():
    quarters = [f"{losses[len(losses) * k // 4]:.2f}" for k in range(4)] + [f"{losses[-1]:.2f}"]
    print(f"{name:10} mean loss from start to end: {' → '.join(quarters)}")

# %%
# It learns several times faster with this small rate. One honest word: at a better rate, or with Adam, the gap
# between the two shrinks. Batch normalisation makes a network less touchy about its start and its rate; that
# is worth a lot, and it is not the same as a better network.
#
# Count the parameters: batch normalisation adds two for each hidden unit and saves one bias.

scores = {name: evaluate(model, val).accuracy for name, model in {"plain": plain, "batch norm": with_norm}.items()}
print(", ".join(f"{name} {score:.1%}" for name, score in scores.items()))
print(f"parameters: {count_parameters(plain):,} and {count_parameters(with_norm):,}")
assert count_parameters(with_norm) - count_parameters(plain) == 2 * 768 - 768
claim(scores["batch norm"] > scores["plain"] + 0.02, "batch norm is ahead at this rate")

# %%
# !!! note "Why does it work?"
#     Its inventors said that it keeps the inputs of each layer from drifting while the layers before it learn.
#     Later experiments added drift on purpose, and the networks still trained well; they point to a smoother
#     loss instead. That it helps is beyond doubt. Why, people still discuss.
#
# ## Where it fails
#
# Forget `model.eval()`, and have the bad luck that your pictures arrive sorted: first all zeros, then all ones.
# (Folders are often read that way.) In training mode each batch of nothing but sevens is normalised by the
# statistics of sevens, which takes away just what makes a seven a seven.

order = y_val.argsort(stable=True)
right = {}
for name in ("eval", "train", "eval afterwards"):
    with_norm.train(name == "train")
    with torch.no_grad():
        logits = [with_norm(x.to(device)).cpu() for x in x_val[order].split(100)]
    right[name] = metrics.accuracy(torch.cat(logits), y_val[order])
    print(f"digits sorted by class, {name:15} {right[name]:.1%}")
claim(right["train"] < right["eval"] - 0.05, "sorted batches in train mode cost accuracy")
claim(right["eval afterwards"] < right["eval"] - 0.03, "and the running statistics are damaged")

# %%
# The last line shows a second, silent damage. In training mode the running statistics moved at every batch, and
# the last batches were all nines, so now the network is wrong in evaluation mode as well. (`torch.no_grad()`
# does not stop that: a running mean is no gradient.) Use `evaluate`, or any function that sets the mode itself.
#
# Batch normalisation also suffers from tiny batches, whose statistics are mostly noise. And neither kind
# mends a wrong label, a wrong loss, or a learning rate that is off by a thousand.
#
# ## Exercises
#
# [The workbook](14_init-normalization.exercises.py) has each of these as a cell with a gap, with a checker that
# tells you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Checkpoints](15_checkpoints.py) saves what a network has learned, the running statistics included.
# [Searching hyperparameters](17_hyperparameter-search.py) chooses learning rates and widths by trial.
# Another way to get a signal through many layers, the residual connection, comes with the deeper networks of
# the part on [images](../3-vision/19_fashion-cnn.py).
