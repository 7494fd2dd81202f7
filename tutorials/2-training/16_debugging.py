# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["S4.10"]
# data = []
# minutes = 1
# metric = { name = "planted bugs found", unit = "", target = 12 }
# description = "Twelve silent bugs, each caught by a check of a line or two; one batch overfitted, blank inputs."
# ///
"""
# Twelve silent bugs

The bugs that hurt in deep learning do not crash. They train, print a falling
loss, and cost you a week. On this page twelve of them are planted, and twelve
small checks find all twelve.
"""

# %%
# Here are four training runs on the same made-up examples. One is sound. In the second a softmax is applied twice,
# in the third the gradients are never zeroed, in the fourth the labels belong to other examples.

import torch
import torch.nn.functional as F

from kindling import plots, runtime
from kindling.models import mlp

features, classes = 20, 10
runtime.seed(16)
centers = torch.randn(classes, features)


def examples(n):
    y = torch.arange(n) % classes  # [n]
    return centers[y] + torch.randn(n, features), y  # [n, features], [n]


def network():
    runtime.seed(0)
    return mlp([features, 32, classes])


def train(model, x, y, loss_fn=F.cross_entropy, zero=True, steps=100):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        if zero:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def softmax_twice(logits, y):
    return F.cross_entropy(logits.softmax(dim=1), y)


train_x, train_y = examples(500)
shuffled = torch.randperm(len(train_y))
losses = {
    "sound": train(network(), train_x, train_y),
    "softmax twice": train(network(), train_x, train_y, softmax_twice),
    "never zeroed": train(network(), train_x, train_y, zero=False),
    "wrong labels": train(network(), train_x, train_y[shuffled]),
}
plots.curves(losses, xlabel="step", ylabel="training loss")
assert all(values[-1] < 0.9 * values[0] for values in losses.values())

# %%
# Every one of the four losses falls. Without the sound one next to them, you could take the others for a
# learning rate that needs work. A curve does not tell you where a bug is. Small questions do. You will
#
# - write checks that a sound training passes and a broken one fails,
# - ask of a whole training whether it can learn one batch, whether it uses its inputs, and whether it settles,
# - find the operation that made a `nan`.
#
# ## How to catch a bug
#
# A check is a function that takes a part of your training (a loss, a model, a split) and asserts something that must
# be true of it. Is the check any good? It has to object to the broken part, and to leave the repaired part alone.
# `caught` insists on both. `objection` returns the error of a function as text, or "no objection". Most checks look
# at six examples with 20 features, in ten classes: they are quick, and equal sizes would hide mistakes.

from kindling.runtime import objection, raises, report

found = []


def caught(bug, check, broken, repaired):
    complaint = objection(lambda: check(broken))
    assert complaint != "no objection", f"the check overlooks: {bug}"
    alarm = objection(lambda: check(repaired))
    assert alarm == "no objection", f"a false alarm: {alarm}"
    found.append(bug)
    print(f"bug {len(found)}: {bug}\n    {complaint}")


batch = 6
x, y = examples(batch)  # [batch, features], [batch]

# %%
# !!! quiz "A check that passes"
#     You write a check for a bug that you suspect, run it on your training, and it passes. What do you know?
#
#     - [ ] The bug is not there.
#       > Perhaps the check cannot see it: a check that asserts nothing passes as well.
#     - [x] Little, until you have seen the check fail on code with that bug.
#       > Plant the bug for a moment. If the check objects to it, and to nothing else, you can believe it.
#
# ## First look: print the shapes
#
# The oldest tip is still the best. PyTorch calls a *forward hook* after a module has worked, so you can print without
# editing the network. (`print` and `breakpoint()` work anywhere inside `forward`, too.)


def tell(module, inputs, output):
    before, after = tuple(inputs[0].shape), tuple(output.shape)
    print(f"{type(module).__name__:8} {before} → {after}")


talking = network()
for part in talking.children():
    part.register_forward_hook(tell)
assert talking(x).shape == (batch, classes)

# %%
# ## The loss
#
# **A perfect answer costs nothing.** Give your loss predictions that are right, and look. Two famous bugs fail
# here. In the first the predictions are a column and the targets a row, so every prediction is compared with
# every target ([why](../1-foundations/01_tensors.py)). The second is the softmax in the network *and* in
# `cross_entropy` ([where it belongs](09_softmax-cross-entropy.py)).


def perfect_regression_is_free(loss_fn):
    target = torch.arange(6.0)
    loss = loss_fn(target[:, None], target)  # what a network gives: [N, 1]
    assert loss < 0.01, f"perfect predictions cost {loss:.2f}"


def sure_and_right_is_free(loss_fn):
    loss = loss_fn(100.0 * F.one_hot(y, classes), y)
    assert loss < 0.01, f"certainty of the right class costs {loss:.2f}"


caught(
    "a column is compared with a row",
    perfect_regression_is_free,
    lambda prediction, y: (prediction - y).square().mean(),
    lambda prediction, y: (prediction.squeeze(1) - y).square().mean(),
)
caught("softmax twice", sure_and_right_is_free, softmax_twice, F.cross_entropy)

# %%
# ## The model and its inputs
#
# **One example must not see another.** Change one example of a batch: only its own answer may change. This
# finds a `reshape` that was meant to swap axes, and an index along the wrong axis. (Put a model with batch
# normalization in eval mode first: in train mode its examples do see each other, on purpose.)


def examples_stay_apart(model):
    x = torch.randn(batch, 4, 5)
    other = x.clone()
    other[2] += 1
    moved = (model(x) != model(other)).nonzero().flatten().tolist()
    assert moved == [2], f"example 2 was changed, and the answers {moved} moved"


caught(
    "reshape instead of transpose mixes the examples",
    examples_stay_apart,
    lambda x: x.reshape(4, batch, 5).transpose(0, 1).sum(dim=(1, 2)),
    lambda x: x.sum(dim=(1, 2)),
)

# %%
# **The first loss is known.** A network that has learned nothing should find ten classes about equally likely. Its
# cross-entropy is then [about $\ln 10$](09_softmax-cross-entropy.py). If it is far from that, look at the scale of
# the inputs first.

import math

pixels = 255 * torch.rand(batch, features)
scaled = (pixels - pixels.mean()) / pixels.std()


def first_loss_is_that_of_a_guess(x):
    loss = F.cross_entropy(network()(x), y).item()
    guess = math.log(classes)
    assert abs(loss - guess) < 0.5, f"first loss {loss:.1f}, not {guess:.1f}"


caught("pixels from 0 to 255", first_loss_is_that_of_a_guess, pixels, scaled)

# %%
# ## The step
#
# **Two equal steps have equal gradients.** `backward` *adds* to what is in `.grad`
# ([on purpose](../1-foundations/04_backprop.py)), so without `zero_grad` the second gradient is the sum of both.
# The check takes two steps with a learning rate of zero, on the same examples.


def forgetful_step(model, optimizer, x, y):
    F.cross_entropy(model(x), y).backward()
    optimizer.step()


def sound_step(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def gradients_do_not_pile_up(step):
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    norms = []
    for _ in range(2):
        step(model, optimizer, x, y)
        norms.append(model[1].weight.grad.norm().item())
    ratio = norms[1] / norms[0]
    assert abs(ratio - 1) < 1e-5, f"second gradient {ratio:.1f} × the first"


caught("no zero_grad", gradients_do_not_pile_up, forgetful_step, sound_step)

# %%
# **Every weight moves.** In this bug the optimizer holds the weights of a model that was replaced afterward.


def model_and_optimizer(stale):
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return network() if stale else model, optimizer


def every_weight_moves(pair):
    model, optimizer = pair
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    sound_step(model, optimizer, x, y)
    now = dict(model.named_parameters())
    still = [name for name in now if torch.equal(now[name], before[name])]
    assert not still, f"not moved: {still}"


stale, fresh = model_and_optimizer(True), model_and_optimizer(False)
caught("the optimizer holds another model", every_weight_moves, stale, fresh)

# %%
# All four tensors of the network stay where they were: this model learns nothing at all.
#
# **Every weight gets a gradient.** Here a `detach` inside the network cuts the first layer off.

from torch import nn


class Detach(nn.Module):
    def forward(self, x):
        return x.detach()


def every_weight_has_a_gradient(model):
    F.cross_entropy(model(x), y).backward()
    none = [name for name, p in model.named_parameters() if p.grad is None]
    assert not none, f"no gradient reaches {none}"


cut = network().insert(3, Detach())  # ahead of the last layer
caught("detach cuts a layer off", every_weight_has_a_gradient, cut, network())

# %%
# Only the two tensors of the first layer are named. The last layer still gets gradients, and would learn on random
# features; the result can look like a poor choice of hyperparameters.
#
# !!! quiz "Two weights that stay"
#     After one step `0.weight` and `0.bias` are what they were before. All other parameters have moved. Which bug
#     fits?
#
#     - [ ] The optimizer was made for another model.
#       > Then no parameter of this one would have moved.
#     - [ ] `zero_grad` is missing.
#       > Then the steps are wrong, but every parameter makes them.
#     - [x] The output of layer 0 is detached, or layer 0 is frozen.
#       > No gradient reaches it, and the layers after it train on what it happens to give.
#
# ## Evaluation and data
#
# **An answer depends on the question alone.** In train mode it does not: dropout draws random numbers
# ([home of `eval`](12_validate-regularize.py)), and batch normalization uses the other examples of the batch
# ([how](14_init-normalization.py)). Ask for six answers, then for three of them again: they must not change.


def careless_predict(model, x):
    with torch.no_grad():
        return model(x)


def careful_predict(model, x):
    return careless_predict(model.eval(), x)


def around(part):
    layers = [nn.Linear(features, 32), part, nn.ReLU(), nn.Linear(32, classes)]
    return nn.Sequential(*layers).train()  # as a training loop leaves it


def asked_in_company(predict, part=None):
    model = around(part or nn.Dropout(0.5))
    six, three = predict(model, x), predict(model, x[:3])
    gap = (six[:3] - three).abs().max().item()
    assert gap < 1e-4, f"the same question, answers {gap:.2f} apart"


caught("no eval()", asked_in_company, careless_predict, careful_predict)

# %%
# A simpler check asks the same batch twice. Which of the two parts does it find?


def asked_twice(predict, part):
    model = around(part)
    assert torch.equal(predict(model, x), predict(model, x)), "two answers"


def says(check, part):
    return objection(lambda: check(careless_predict, part))


for part in (nn.Dropout(0.5), nn.BatchNorm1d(32)):
    print(type(part).__name__)
    print("    asked twice:     ", says(asked_twice, part))
    print("    asked in company:", says(asked_in_company, part))
    assert says(asked_in_company, part) != "no objection"
assert says(asked_twice, nn.BatchNorm1d(32)) == "no objection"

# %%
# Batch normalization in train mode passes the simple check: the same batch has the same mean twice. A check is only as
# good as the broken cases that you have tried it on.
#
# !!! quiz "One image at a time"
#     A service answers one image at a time. In the test, with batches of 64, accuracy was 95%; in the service it
#     is far lower, although model and images are the same. What do you check first?
#
#     - [x] Whether the model is in eval mode in both places.
#       > Left in train mode, batch normalization took its mean from 64 images in the test, and takes it from one now.
#     - [ ] Whether the learning rate was too high.
#       > Nothing is learned in the service. The weights are the same as in the test.
#
# **Send numbers through your data code.** Instead of images, let the numbers 0, 1, 2, ... run through splits
# and shuffles: then you can see where each example went. The first of these bugs happened in a public notebook,
# by a chained assignment: its "validation" score was measured on images that it had trained on.


def one_for_both(x):
    train = val = x[:80]
    return train, val


def nothing_is_in_both(split):
    train, val = split(torch.arange(100))
    common = set(train.tolist()) & set(val.tolist())
    assert not common, f"{len(common)} examples are in train and val"


def shuffle_each(x, y):
    return x[torch.randperm(len(x))], y[torch.randperm(len(y))]


def shuffle_together(x, y):
    order = torch.randperm(len(x))
    return x[order], y[order]


def pairs_stay_pairs(shuffle):
    a, b = shuffle(torch.arange(50), torch.arange(50))
    assert torch.equal(a, b), f"{(a != b).sum()} of 50 have lost their label"


caught(
    "validation on training examples",
    nothing_is_in_both,
    one_for_both,
    lambda x: (x[:80], x[80:]),
)
caught("shuffled apart", pairs_stay_pairs, shuffle_each, shuffle_together)

# %%
# ## Device and seed
#
# **The model goes where you send it.** `model.to(device)` moves parameters and buffers
# ([which others have to move](18_devices-timing.py)). A tensor that is kept as a plain attribute stays behind.
# The check sends the model to `meta`, a device that every machine has, and looks at the attributes.

attribute, buffer = nn.Linear(features, classes), nn.Linear(features, classes)
attribute.shift = torch.ones(classes)
buffer.register_buffer("shift", torch.ones(classes))


def model_goes_where_it_is_sent(model):
    model.to("meta")
    kept = [item for part in model.modules() for item in vars(part).items()]
    tensors = {name: value for name, value in kept if torch.is_tensor(value)}
    left = [name for name, t in tensors.items() if t.device.type != "meta"]
    assert not left, f"left behind: {left}"


caught("a tensor stays behind", model_goes_where_it_is_sent, attribute, buffer)

# %%
# **Same seed, same numbers.** The twelfth bug: a script seeds PyTorch and shuffles with NumPy. The repaired one calls
# `runtime.seed`, which seeds Python's `random`, NumPy and PyTorch.

import numpy as np


def order_after(seed_all):
    seed_all(3)
    return np.random.permutation(100).tolist()


def a_seed_repeats(seed_all):
    first, again = order_after(seed_all), order_after(seed_all)
    assert first == again, "the same seed, two orders"


caught("NumPy is not seeded", a_seed_repeats, torch.manual_seed, runtime.seed)
report("planted bugs found", len(found))
assert len(found) == len(set(found)) == 12

# %%
# Twelve of twelve. Now three questions for a training as a whole.
#
# ## Overfit one batch
#
# Take one batch, train on it again and again, and the loss must go to nearly zero. A network that cannot learn
# six examples by heart will not learn sixty thousand.

sound = train(network(), x, y, steps=200)[-1]
doubled = train(network(), x, y, softmax_twice, steps=200)[-1]
print(f"loss: sound {sound:.4f}, softmax twice {doubled:.2f}")
assert sound < 0.01 and doubled > 1.4

# %%
# The sound network knows the batch by heart. With two softmaxes the loss gets stuck far above zero.
#
# !!! quiz "It will not learn one batch"
#     Your network stays at a loss of 1.2 on a single batch of eight examples, whatever you do. What is the most
#     likely reason?
#
#     - [ ] Eight examples are too few to learn from.
#       > Too few to learn anything *general*. By heart, eight are the easiest of all.
#     - [ ] The network overfits.
#       > Overfitting is what this test asks for. It fails to.
#     - [x] A bug, somewhere between the inputs and the step.
#       > Regularization that is too strong could do it too, so switch dropout and weight decay off for the
#       > test. Then look at the twelve checks.
#
# ## Train on blank inputs
#
# Next, replace every input by zeros and train once more. This *input-independent baseline* can learn only how frequent
# each class is. Real inputs must do better on new examples. If they do not, they have lost touch with the labels.

val_x, val_y = examples(500)


def validation_loss(x, y, val_x):
    model = network()
    train(model, x, y)
    with torch.no_grad():
        return F.cross_entropy(model(val_x), val_y).item()


blank = torch.zeros_like(train_x)
loss_of = {
    "real inputs": validation_loss(train_x, train_y, val_x),
    "blank inputs": validation_loss(blank, train_y, blank),
    "shuffled apart": validation_loss(train_x, train_y[shuffled], val_x),
}
plots.bars(list(loss_of), list(loss_of.values()), xlabel="validation loss")
assert loss_of["real inputs"] < 0.5 * loss_of["blank inputs"]
assert loss_of["shuffled apart"] > loss_of["blank inputs"]

# %%
# The real inputs win by far. The training whose labels were shuffled apart is worse than one that sees nothing:
# what it learned by heart helps with no new example.
#
# !!! quiz "Level with blank"
#     Trained on real inputs, your network reaches the same validation loss as on blank ones, and the test of one
#     batch passes. Where do you look?
#
#     - [ ] At the optimizer: the weights do not move.
#       > They do, or it could not have learned one batch by heart.
#     - [ ] At the loss: there is a softmax too many.
#       > With it one batch could not have been learned to a loss near zero.
#     - [x] At the data: whether each input still comes with its own label.
#       > One batch can be learned by heart with any labels. Only a rule for new examples needs the right ones.
#
# ## Watch the same few predictions
#
# Last, keep one small batch of validation examples aside, and look at its predictions after every step. An average
# hides what single examples do. Here are the probabilities that two training runs give to the true class of six
# examples; the two differ only in the learning rate.

import matplotlib.pyplot as plt

watched_x, watched_y = val_x[:6], val_y[:6]


def watch(learning_rate, steps=80):
    model, seen = network(), []
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for step in range(steps):
        rows = torch.arange(20 * step, 20 * step + 20) % len(train_x)
        sound_step(model, optimizer, train_x[rows], train_y[rows])
        with torch.no_grad():
            p = model(watched_x).softmax(dim=1)
        seen.append(p[torch.arange(6), watched_y])
    return torch.stack(seen)  # [steps, 6]


runs = {"rate 0.3": watch(0.3), "rate 2.0": watch(2.0)}
with plots.style():
    fig, axes = plt.subplots(1, 2, sharey=True)
for ax, (name, seen) in zip(axes, runs.items(), strict=True):
    ax.plot(seen)
    ax.set(title=f"learning {name}", xlabel="step")
axes[0].set_ylabel("probability of the true class")
alt = "Six lines by step: with a rate of 0.3 most rise in small steps"
plots.show(fig, f"{alt}; with 2.0 they jump between 0 and 1.")
jumps = [seen.diff(dim=0).abs().mean().item() for seen in runs.values()]
print(f"mean change per step: {jumps[0]:.3f} and {jumps[1]:.3f}")
assert jumps[1] > 2 * jumps[0]

# %%
# On the left most lines climb, in small steps. On the right they are thrown about: the rate is too high. A line that
# stays low while the others rise is worth a look, too: the example may be hard, or its label wrong.
#
# ## When a number is not a number
#
# Sooner or later a loss prints `nan`, *not a number*. It spreads: whatever it touches becomes `nan`, so you seldom see
# it where it was made. `set_detect_anomaly` checks every gradient on its way back, and names the operation. It is
# slow, so switch it on for the hunt only.

import warnings


def poisoned():
    w = torch.zeros(3, requires_grad=True)
    loss = (0 * w.sqrt()).sum()  # harmless to look at: the loss is 0
    loss.backward()
    return w.grad


print("gradient:", poisoned())
with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(True):
    warnings.simplefilter("ignore")  # it also prints where `sqrt` was called
    with raises(RuntimeError, "Function 'SqrtBackward0' returned nan"):
        poisoned()
assert poisoned().isnan().all()

# %%
# The root is infinitely steep at zero, and zero times infinity is not a number. A tiny constant under it helps.
#
# ## Where it fails
#
# Every check here asks whether the code does what you meant. None asks whether what you meant makes sense. Give
# the batch wrong labels, and the sound network learns those by heart as well.

wrong_labels = y.roll(1)
wrong = train(network(), x, wrong_labels, steps=200)[-1]
print(f"loss after overfitting six wrong labels: {wrong:.4f}")
assert (wrong_labels != y).all() and wrong < 0.01

# %%
# The only defense is to look: at inputs with their labels, just before they enter the network, and at the worst
# mistakes afterward. Each check has its blind spots, too. `nothing_is_in_both` compares whole examples, so the same
# photo in another size passes; `model_goes_where_it_is_sent` does not look into lists. And code changes: keep the
# good checks, and run them at the start of each training.
#
# ## Exercises
#
# [The workbook](16_debugging.exercises.py) has each of these as a cell with a gap, with a checker that tells you
# what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Devices and timing](18_devices-timing.py) takes a sound training to another device, and measures what is gained.
# [A convolutional network](../3-vision/19_fashion-cnn.py) is a good place to try the checks on something new: which
# of the twelve would you run first?
