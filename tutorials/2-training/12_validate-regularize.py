# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["R4", "N5", "N6", "N7", "N8", "S2.21", "S2.22", "S2.23", "S2.24", "S2.25", "S4.5", "S4.6",
#     "S4.N4", "S4.N5", "S5.13", "S5.14", "S5.15"]
# data = ["fashion_mnist"]
# minutes = 2
# gpu = true
# metric = { name = "test accuracy", unit = "%", target = 88.3, reference = "88.33% (published MLP)" }
# description = "Fashion-MNIST: see a network overfit; dropout, weight decay, early stopping; a clean test."
# ///
"""
# Validate and regularize

A network can be nearly perfect on the images it has seen and much worse on all
others. Here you train one on 50,000 images of clothes, watch that happen, hold
the network back in three ways, and end with a number that you can trust: a test
accuracy above 88.3%, a published result for a network of this size.
"""

# %%
# Here is one training image of each of the ten classes.

import torch

from kindling import plots
from kindling.data import FASHION_CLASSES, batches, fashion_mnist

x_train, y_train = fashion_mnist("train").tensors
first = [(y_train == c).nonzero()[0].item() for c in range(10)]
plots.image_grid(
    x_train[first],
    titles=FASHION_CLASSES,
    alt=f"One training image of each class: {', '.join(FASHION_CLASSES)}.",
)

# %%
# You will
#
# - measure **accuracy** by hand, and get past the traps that have caught many a notebook,
# - see **underfitting** and **overfitting** as two pairs of curves, and treat the second with **early stopping**,
#   **weight decay** and **dropout**,
# - choose a network by its **validation** loss, open the test set once, and look at the worst mistakes.
#
# The network, the loss and the training loop are those of [the first network](10_first-network.py). Only the images
# are new. This cell sets what all runs share.

import math

import matplotlib.pyplot as plt
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from kindling import metrics, runtime
from kindling.models import count_parameters, mlp
from kindling.runtime import claim
from kindling.training import evaluate, fit

device = runtime.device()
sizes = [784, 256, 128, 64, 10]  # pixels, three hidden layers, classes
batch_size = 256
learning_rate = 2e-3
epochs = 24

# %%
# ## Three sets, three jobs
#
# Fashion-MNIST has 70,000 gray images of 28 by 28 pixels. Each image gets one job.
#
# | set | images | its job |
# |---|---|---|
# | train | 50,000 | the gradient is computed from these, and only from these |
# | validation | 10,000 | *you* look at these, to choose: which network, how many epochs, how much of what |
# | test | 10,000 | looked at once, at the end, to report |
#
# Why a third set? Each time you choose whatever looks best on some images, you fit your choice to those images a
# little. After twenty choices their score flatters you. The test set is the one you keep clean: this page does not
# even load it yet.

train = batches(x_train, y_train, batch_size, shuffle=True, device=device)
x_val, y_val = fashion_mnist("val").tensors
val = batches(x_val, y_val, 1000, device=device)
print(f"train {tuple(x_train.shape)}, val {tuple(x_val.shape)}")

# %%
# !!! quiz "What validation may decide"
#     Which of these may you settle by looking at the validation images?
#
#     - [ ] The mean brightness that is subtracted from every image.
#       > It becomes part of the network, as the weights do, so measure it on the training images.
#     - [x] After which epoch to stop.
#       > It is a choice between networks, one for each epoch, and choosing is what this set is for.
#     - [x] The learning rate.
#       > Train once with each rate, compare on validation. The gradient still sees training images only.
#     - [ ] The accuracy that you report in the end.
#       > You picked the network that looks best on these images, so their score flatters it.
#
# ## Before training
#
# The network is a stack of linear layers with a ReLU after each hidden one. Before training it should spread its
# probability about evenly over the ten classes, so its cross-entropy should be [close to
# $\ln 10 \approx 2.30$](09_softmax-cross-entropy.py).


def network(dropout=0.0):
    runtime.seed(12)  # the same first weights for every network of this page
    return mlp(sizes, dropout=dropout).to(device)


model = network()
untrained, _ = evaluate(model, val)
print(f"{count_parameters(model):,} parameters, untrained loss {untrained:.2f}")
assert count_parameters(model) == 242_762
assert abs(untrained - math.log(10)) < 0.1

# %%
# ## Accuracy by hand
#
# **Accuracy** is the share of images whose class the network gets right. For each image the network computes ten
# scores, the logits, and its answer is the class with the highest one. `topk(1)` finds it: the highest score, which is
# not always the score of the correct class.
#
# To check how we count, here is a cheat's answer sheet for 64 images: a high score for the true class, every time. Its
# accuracy must come out as 100%.

y = y_val[:64]
logits = 5.0 * F.one_hot(y, 10)  # [64, 10]
scores, answers = logits.topk(1, dim=1)  # both [64, 1]
print(f"answers {tuple(answers.shape)}, labels {tuple(y.shape)}")

# %%
# The first trap is in these shapes. Compare them as they are, and [broadcasting](../1-foundations/01_tensors.py)
# stretches both to a table of 64 by 64: every answer against *every* label. You can find `equals = answers == labels`,
# followed by a mean, in old notebooks.

table = answers == y  # wrong: [64, 64]
equals = answers == y.view(-1, 1)  # right: [64, 1]
print(f"wrong: {tuple(table.shape)}, 'accuracy' {table.float().mean():.1%}")
print(f"right: {tuple(equals.shape)}, accuracy {equals.float().mean():.1%}")
assert table.shape == (64, 64) and table.float().mean() < 0.2
assert torch.equal(equals.flatten(), logits.argmax(dim=1) == y)

# %%
# Perfect answers, and an "accuracy" near one in ten: each answer agrees with the labels that happen to share its
# class. Nothing crashes, so only the shape gives it away. Today write `logits.argmax(dim=1) == labels`, where both
# sides have shape `(64,)`. If you want `topk`, for second guesses too, make the labels a column first.
#
# A smaller trap: `equals` holds booleans, and PyTorch refuses to take the mean of booleans. Convert them to floats
# first. From here on the package counts for us, in the same way.

print(runtime.objection(equals.mean, width=75))
assert "dtype" in runtime.objection(equals.mean)
assert metrics.accuracy(logits, y) == equals.float().mean() == 1.0

# %%
# ## Count examples, not batches
#
# A set is measured batch by batch, and the last batch is often smaller. Take nine answers, cut into eight and one: the
# eight are right and the one is wrong. What is the accuracy?

right = torch.tensor([1.0] * 8 + [0.0])
of_batches = [batch.mean().item() for batch in right.split(8)]
print(f"mean of the batch means {sum(of_batches) / 2:.1%}")
print(f"mean over the examples  {right.mean():.1%}")
assert sum(of_batches) / 2 == 0.5

small = evaluate(model, batches(x_val, y_val, 48, device=device)).loss
print(f"loss {small:.5f} in batches of 48, {untrained:.5f} in batches of 1,000")
assert abs(small - untrained) < 1e-5

# %%
# In the mean of batch means, one example in a batch of its own weighs as much as the other eight together. So
# `evaluate` puts the outputs of all batches together and computes the loss once, over all examples. Its answer does
# not depend on how you cut.
#
# The division has two traps of its own, and both can be found in popular notebooks: a loss that is *added up* over the
# batches and never divided, and a sum over validation images that is divided by `len(loader.dataset)`, although a
# sampler hands out only a part of that data set. Here are both, on our own validation loss.

total = sum(
    F.cross_entropy(model(x), y, reduction="sum").item() for x, y in val
)
count, everything = len(x_val), len(x_val) + len(x_train)
print(f"added up over {len(val)} batches: {total / count * len(val):.2f}")
print(f"divided by all {everything:,} images: {total / everything:.3f}")
print(f"divided by the {count:,} images seen: {total / count:.3f}")
assert abs(total / count - untrained) < 1e-4
claim(everything / count == 6, "the wrong divisor is six times too large")

# %%
# The wrong divisor makes a loss look six times better than it is. Divide by what you have counted in the loop.
#
# !!! quiz "A loss of 251.8"
#     A loop over 60,000 images of ten classes, in batches of 64, adds up `F.cross_entropy(model(x), y).item()`
#     over its 938 batches, and prints 251.8. What is the mean loss, to three decimals?
#
#     - [=] 0.268 ± 0.001
#       > The loop added up means of batches, one for each of the 938. (The smaller last one hardly matters here.)
#     - [ ] 0.004 ± 0.0004
#       > You divided by the number of images. But `F.cross_entropy` has already taken the mean over each batch.
#     - [ ] 3.934 ± 0.001
#       > You divided by the size of a batch. How many numbers were added up?
#     - [ ] anything else
#       > Ask what was added up (sums or means of batches?) and how many of them.
#
# ## Underfitting and overfitting
#
# Now train. Two networks, side by side: one has no hidden layer at all, the other is ours. Dashed lines are the loss
# on the training images, solid lines on the validation images.


def experiment(model, *, weight_decay=0.0, patience=None):
    runtime.seed(12)  # the same order, until dropout draws as well
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=learning_rate, weight_decay=weight_decay
    )
    return fit(
        model, train, val, optimizer=optimizer, epochs=epochs, patience=patience
    )


linear = experiment(mlp([784, 10]).to(device))
plain = experiment(model)
runs = {"plain": plain}
plots.losses({"no hidden layer": linear, "ours": plain})

# %%
# Both lines of the network without hidden layers end high and close together. It **underfits**: it fails even on the
# images it was trained with. There are four usual causes: the network is too small, the training too short, the
# learning rate wrong, or the network is held back too hard, with the methods that follow below.
#
# Ours keeps pulling its dashed line down. Its solid line follows for some epochs; then it wanders, and in the end it
# rises. What the network learns by then is true of these 50,000 images and of no others. It **overfits**. Doing well
# on unseen examples is called **generalization**, and the gap between the two lines measures what is missing.


def late(losses):
    """The mean of the last five epochs, because single epochs jump."""
    return sum(losses[-5:]) / len(losses[-5:])


for name, run in (("no hidden layer", linear), ("ours", plain)):
    ends = late(run.train_loss), late(run.val_loss)
    print(f"{name}: train {ends[0]:.3f}, val {ends[1]:.3f}")
print(f"lowest: {min(plain.val_loss):.3f} in epoch {plain.best_epoch}")
claim(late(linear.train_loss) > min(plain.val_loss), "the first underfits")
claim(late(plain.val_loss) > 1.3 * late(plain.train_loss), "ours overfits")
claim(late(plain.val_loss) > 1.05 * min(plain.val_loss), "it gets worse")

# %%
# !!! quiz "Flat and close together"
#     On another task with ten classes the training loss is 0.9 and the validation loss is 0.9, and both have been
#     flat for ten epochs. What is worth trying?
#
#     - [ ] Stop earlier, at the lowest validation loss.
#       > That helps where validation has turned upward. Here nothing has turned.
#     - [x] A larger network, with one more hidden layer.
#       > It fails on the very images that it was trained with, so it may be too small to fit them.
#     - [ ] More training images of the same kind.
#       > They would close a gap between the two lines, and there is none.
#     - [x] Another learning rate.
#       > A rate that is too high or too low can hold both lines up.
#
# Anything that gives up some fit on the training images for a better result on others is **regularization**. Three
# kinds follow, one at a time, with everything else held fixed.
#
# ## Early stopping
#
# The cheapest kind: stop when training stops helping. After each epoch you look at the validation loss. If it has not
# reached a new low for some epochs (your *patience*), you stop, and go back to the weights of the best epoch. The
# training loss cannot make that decision, as the next cell shows: it goes on falling.

early = network()
runs["early stopping"] = stopped = experiment(early, patience=4)
by_training = plain.train_loss.index(min(plain.train_loss)) + 1
print(f"lowest training loss in epoch {by_training} of {epochs}")
print(f"stopped after {len(stopped.val_loss)}, kept {stopped.best_epoch}")
again = evaluate(early, val).loss  # the best weights are back
assert abs(again - min(stopped.val_loss)) < 1e-4
claim(by_training > stopped.best_epoch, "the training loss would have gone on")

# %%
# With too little patience, you mistake a single bad epoch for the turn. With too much, you pay for epochs that you
# throw away. Like the learning rate, patience is yours to choose, by validation.
#
# ## Weight decay: L2 and L1
#
# A network that fits single training images closely needs large weights, to answer differently for images that differ
# little. So charge it for them. Add to the loss a penalty for each weight $w$: its square (**L2 regularization**), or
# its absolute value (**L1 regularization**), times a small factor $\lambda$.
#
# What does each penalty do, left to itself? Take two weights that no data pull at. The slope of $\frac{1}{2}w^2$ is
# $w$: the step shrinks with the weight. The slope of $|w|$ is 1, however small a positive weight is.

l1, l2 = [torch.tensor([1.0, 0.2])], [torch.tensor([1.0, 0.2])]
for _ in range(60):
    l2.append(l2[-1] - 0.03 * l2[-1])
    l1.append((l1[-1] - 0.03).clamp(min=0))  # at zero the penalty is gone
l1, l2 = torch.stack(l1), torch.stack(l2)
print("steps    L2            L1")
for step in (0, 5, 10, 30, 60):
    (a, b), (c, d) = l2[step], l1[step]
    print(f"{step:5}    {a:.2f}, {b:.2f}    {c:.2f}, {d:.2f}")
assert (l1[-1] == 0).all() and (l2[-1] > 0).all()

# %%
# L2 takes the same *share* from every weight, so the large ones pay most and none quite vanishes. L1 takes the same
# *amount*, so both weights end at exactly zero, the small one first: use it when you want to know which inputs you can
# drop. For networks, L2 is the habit.
#
# You rarely write the L2 penalty into the loss, because its gradient is so simple: $\lambda w$. The optimizer can
# subtract it at each step, which is why it is called **weight decay**. One step shows that it is the same thing.

weights = [torch.full((3,), 2.0, requires_grad=True) for _ in range(2)]
by_loss = torch.optim.SGD([weights[0]], lr=0.1)
by_decay = torch.optim.SGD([weights[1]], lr=0.1, weight_decay=0.01)
penalty = 0.01 / 2 * weights[0].square().sum()
(weights[0].sin().sum() + penalty).backward()  # the loss plus the penalty
weights[1].sin().sum().backward()  # the loss alone
by_loss.step()
by_decay.step()
print(f"penalty {weights[0][0]:.6f}, decay {weights[1][0]:.6f}")
torch.testing.assert_close(weights[0], weights[1])

# %%
# Adam [divides each gradient by its usual size](../1-foundations/08_optimizers.py), and a penalty inside the loss
# would be divided with it. `AdamW` takes the decay off the weights directly, with no division:
# $w \leftarrow w - \eta\,\lambda\,w$, where $\eta$ is the learning rate. All experiments here use it, with
# $\lambda = 0$ until now. Its default, $\lambda = 0.01$, would hardly touch a training as short as ours, as the next
# cell prints, so we take thirty times as much.

steps = epochs * len(train)
for decay in (0.01, 0.3):
    kept = (1 - learning_rate * decay) ** steps
    print(f"decay {decay}: a weight with no gradient keeps {kept:.0%}")
decaying = network()
runs["weight decay"] = experiment(decaying, weight_decay=0.3)
sizes_of = [net[1].weight.abs().mean().item() for net in (model, decaying)]
print("mean |w| in layer one: plain {:.3f}, decay {:.3f}".format(*sizes_of))
claim(sizes_of[1] < 0.75 * sizes_of[0], "decay shrinks the weights")

# %%
# ## Dropout
#
# The third kind is the strangest. In each training step, every hidden unit is dropped with probability $p$: its output
# is set to zero. No unit can rely on one particular other unit, so what it learns must be useful in many combinations.
# The units that stay are multiplied by $1/(1-p)$, so that the next layer gets as much as before on average. When you
# use the network, nothing is dropped and nothing is scaled. Each unit is dropped *independently*. So of 100 units at
# $p = 0.5$ you lose 50 on average, and from pass to pass that number has a standard deviation of
# $\sqrt{100 \times 0.5 \times 0.5} = 5$.

ones, dropout = torch.ones(10_000, 100), nn.Dropout(0.5)
dropped = (dropout(ones) == 0).sum(dim=1).float()  # for each of 10,000 passes
print("dropped of 100:", dropped[:12].int().tolist())
print(f"mean {dropped.mean():.1f}, standard deviation {dropped.std():.1f}")
print(f"what was 1 is now one of {dropout(ones).unique().tolist()}")
assert abs(dropped.mean() - 50) < 0.5 and abs(dropped.std() - 5) < 0.3
assert torch.equal(dropout.eval()(ones), ones)  # nothing in evaluation mode

# %%
# The last line holds the switch that people forget. `model.train()` turns dropout on, `model.eval()` turns it off:
# **evaluation mode**. You want it whenever you use a trained network on new inputs, which is called **inference**. It
# is not what `torch.no_grad()` does, which only saves the memory of gradients. Watch what forgetting costs.

dropping = network(dropout=0.3)
runs["dropout"] = experiment(dropping)
with torch.no_grad():
    dropping.train()  # the mistake
    forgotten = metrics.accuracy(dropping(x_val.to(device)), y_val.to(device))
remembered = evaluate(dropping, val).accuracy
print(f"no_grad alone {forgotten:.1%}, evaluation mode {remembered:.1%}")
claim(forgotten < remembered - 0.005, "dropout left on costs accuracy")

# %%
# `train_epoch` and `evaluate` set the mode themselves, each at its top. Write your own functions that way.
#
# !!! quiz "eval() without no_grad()"
#     Now the other way round: you validate after `model.eval()`, but without `torch.no_grad()`. What happens?
#
#     - [x] The scores are right, and memory is spent on gradients that nobody asks for.
#       > The answers are those of the whole network. PyTorch only takes notes for a `backward` that never comes.
#     - [ ] The scores are slightly wrong, because units are still dropped.
#       > Dropout looks at the mode, and that is evaluation.
#     - [ ] The weights change, and the network learns from the validation images.
#       > A weight moves only in `optimizer.step()`, after a `backward()`.
#     - [ ] Nothing at all, since `eval` switches gradients off as well.
#       > `eval` changes what some layers compute; gradients are still recorded.
#
# ## Four runs on one figure
#
# Same data, same first weights, same optimizer. Look for two things in each panel: how far the lines come apart, and
# where the solid one ends. The thin gray line is the validation loss of the plain run.

said = [
    f"{name}: lowest validation loss {min(run.val_loss):.3f}, "
    f"last {run.val_loss[-1]:.3f}, last training loss {run.train_loss[-1]:.3f}"
    for name, run in runs.items()
]
with plots.style():
    fig, axes = plt.subplots(2, 2, figsize=(6.4, 4.8), sharex=True, sharey=True)
    for i, (name, run) in enumerate(runs.items()):
        ax, color = axes.flat[i], plots.COLORS[i]
        span = range(1, len(plain.val_loss) + 1)
        ax.plot(span, plain.val_loss, "-", c="gray", lw=0.9)
        span = span[: len(run.val_loss)]
        ax.plot(span, run.train_loss, "--", c=color, label="training")
        ax.plot(span, run.val_loss, "-", c=color, label="validation")
        ax.set(title=name, ylim=(0.12, 0.58))
        ax.legend()
    fig.supxlabel("epoch", fontsize=10)
    fig.supylabel("mean loss", fontsize=10)
    plots.show(fig, f"Losses by epoch in four panels. {'; '.join(said)}.")

# %%
# The plain run has the widest gap, and its solid line rises. Early stopping takes the same path and leaves it early.
# Weight decay and dropout keep the gap smaller, and with dropout the solid line ends lower, too.
#
# A word on the dropout panel. Its training loss is measured with units missing, its validation loss with all of them,
# so the dashed line may well lie *above* the solid one. That is no mistake.

low, end, gap = {}, {}, {}
print("               lowest    end    gap")
for name in ("plain", "weight decay", "dropout"):
    low[name], end[name] = min(runs[name].val_loss), late(runs[name].val_loss)
    gap[name] = end[name] - late(runs[name].train_loss)
    print(f"{name:15} {low[name]:.3f}  {end[name]:.3f}  {gap[name]:.3f}")
for name in ("weight decay", "dropout"):
    claim(gap[name] < 0.9 * gap["plain"], f"{name} narrows the gap")
at_best, saved = (loss["plain"] - loss["dropout"] for loss in (low, end))
claim(saved > max(at_best, 0), "dropout pays, and most at the end")

# %%
# "End" is the mean of the last five epochs. Both methods narrow the gap. But a narrow gap is not the aim: a low solid
# line is. We claim it of dropout alone, because the lead of weight decay at the end is smaller. At the lowest points
# they are all closer together: a plain network that is stopped at the right moment is almost as good. What dropout buys
# you here is that you can train on without ruining the network.
#
# ## All together
#
# None of the validation curves is smooth: with a constant learning rate the last weights are a matter of luck. So the
# last network gets a [one-cycle schedule](../1-foundations/08_optimizers.py): its learning rate rises for the first
# tenth of the steps, then falls to almost nothing, so that the network settles. It also gets a little dropout and a
# third of the weight decay. It needs no early stopping, because the cycle says when it ends.

final_epochs = 14
final = network(dropout=0.1)
large = batches(x_train, y_train, 2 * batch_size, shuffle=True, device=device)
optimizer = torch.optim.AdamW(final.parameters(), weight_decay=0.1)
cycle = OneCycleLR(
    optimizer,
    max_lr=2 * learning_rate,  # at its top, for batches twice as large
    total_steps=final_epochs * len(large),
    pct_start=0.1,
)
together = fit(
    final, large, val, optimizer=optimizer, epochs=final_epochs, scheduler=cycle
)
print(f"plain: {steps:,} steps, end {end['plain']:.3f}")
print(f"now: {cycle.total_steps:,} steps, end {together.val_loss[-1]:.3f}")
claim(together.val_loss[-1] < 0.9 * end["plain"], "it ends 10% lower")

# %%
# In fewer than a third of the steps it reaches a clearly lower loss. (Several things changed at once, so this does not
# tell which of them helped how much.)
#
# ## Choose by validation
#
# Five candidates, each with the weights that it ended with. The rule was set before: the lowest validation loss wins.

candidates = {
    "plain": model,
    "early stopping": early,
    "weight decay": decaying,
    "dropout": dropping,
    "all together": final,
}
judged = {name: evaluate(c, val) for name, c in candidates.items()}
for name, (loss, accuracy) in sorted(judged.items(), key=lambda j: j[1].loss):
    print(f"{name:15} val loss {loss:.3f}, accuracy {accuracy:.1%}")
chosen = min(judged, key=lambda name: judged[name].loss)
print("chosen:", chosen)

# %%
# Compare the two columns: they need not agree. An overfitted network may be right about as often as the others and
# still have the highest loss, because it is too sure of its mistakes. Which column counts? Decide before you look, by
# what you will use the network for. We said: the loss.
#
# ## Open the test set, once
#
# Only now do we load it. All that follows comes from this one set of answers.

x_test, y_test = fashion_mnist("test").tensors
logits = metrics.predict(candidates[chosen], x_test).cpu()
test_accuracy = metrics.accuracy(logits, y_test)
noise = 1.96 * math.sqrt(test_accuracy * (1 - test_accuracy) / len(y_test))
print(f"test accuracy {test_accuracy:.2%}")
print(f"another 10,000 test images would move it by about ±{noise:.1%}")
runtime.report("test accuracy", test_accuracy)
claim(test_accuracy > 0.883, "test accuracy above 88.3%")

# %%
# Is that good? The authors of the data set collect results that others send in, unchecked. Two come from networks very
# much like ours: 88.33% (layers 256-128-100) and 90.0% (256-128-64, exactly ours). Three people without any training
# in fashion, who voted on each of 1,000 test images, reached 83.5%. And 92.6% came from edges, measured by a recipe
# that a person wrote, with a simple classifier after them (source: the Fashion-MNIST README). Our network has to learn
# from the data that neighboring pixels have to do with each other. [A convolutional
# network](../3-vision/19_fashion-cnn.py) is built on that knowledge.
#
# ## What choosing on the test set does
#
# Some training loops print the *test* accuracy after each epoch, and the text then reports the best epoch. That number
# is too good, but by how much? Simulate thirty networks that are all equally good: each is right with a probability of
# 88%, image by image. Score them on one set of 10,000 images, and take the best. Then score that same network on fresh
# images. We do it 200 times.

scored = torch.distributions.Binomial(10_000, torch.tensor(0.88))
seen, fresh = scored.sample((2, 200, 30)) / 10_000
best = seen.argmax(dim=1, keepdim=True)
flattered, honest = seen.gather(1, best).mean(), fresh.gather(1, best).mean()
print(f"best of thirty, on the set that chose it: {flattered:.2%}")
print(f"the same networks, on fresh images:       {honest:.2%}")
assert flattered > 0.885 and abs(honest - 0.88) < 0.001

# %%
# More than half a point, out of nothing at all.
#
# !!! quiz "A better loser"
#     Validation chose network A. On the test set A has 89.9%. Out of curiosity you also test B, which validation
#     had put second, and find 90.2%. What do you report?
#
#     - [ ] 90.2%, for B, which is the better network as it turns out.
#       > Then the test set has chosen, and the number is too good for what it stands for.
#     - [ ] 90.05%, the mean of both.
#       > No network has this accuracy.
#     - [x] 89.9%, for A, which was chosen before the test.
#       > Its score took no part in the choice, so it is an honest estimate.
#
# ## Where it fails
#
# A [**confusion matrix**](13_metrics.py) has a row for each true class and a column for each answer. Everything off
# the diagonal is a mistake. Before you look: which class would you find hardest?

confused = metrics.confusion(logits, y_test, classes=10)
plots.confusion(confused, FASHION_CLASSES)
by_class = confused.diag() / confused.sum(dim=1)
hardest, easiest = by_class.argmin(), by_class.argmax()
for c in (hardest, easiest):
    print(f"{FASHION_CLASSES[c]}: {by_class[c]:.0%} right")
assert confused.sum() == len(y_test)
claim(FASHION_CLASSES[hardest] == "Shirt", "the shirt is the hardest class")

# %%
# The shirt. Follow its row: T-shirts, pullovers, coats. They share an outline, and what tells them apart (a row of
# buttons, a collar) is a few pixels wide. One number for all classes hid this.
#
# Last, the mistakes that the network was surest of. The title of each image is the true class, then the answer.

confidence, answers = logits.softmax(dim=1).max(dim=1)
confidence[answers == y_test] = 0  # only mistakes
worst = confidence.topk(10).indices
titles = [
    f"{FASHION_CLASSES[y_test[i]]}\n→ {FASHION_CLASSES[answers[i]]}"
    for i in worst
]
plots.image_grid(
    x_test[worst],
    titles=titles,
    alt="The ten surest mistakes, true class, then answer: "
    + "; ".join(title.replace("\n→", " taken for") for title in titles),
)
print(f"their probabilities: {confidence[worst].min():.3f} or more")
assert (answers[worst] != y_test[worst]).all()

# %%
# Some you would have got wrong too; with a few you may side with the network against the label. A look at such a page
# tells you whether to work on the network or on the data.
#
# ## The steps, whole
#
# You have now taken all the steps of such a task. Look at the data, and split it three ways. Check the loss of the
# untrained network. Train, and watch both losses: if they stay high together, enlarge the network; if they part, hold
# it back. Choose by validation, test once, and look at the mistakes.
#
# ## Exercises
#
# [The workbook](12_validate-regularize.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [The same clothes through a convolutional network](../3-vision/19_fashion-cnn.py): fewer parameters, a better result,
# and a fair comparison with the network of this page.
