# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["R15", "S4.2"]
# data = ["fashion_mnist"]
# minutes = 2
# gpu = true
# metric = { name = "validation accuracy", unit = "%", target = 83, reference = "hand-picked settings, one epoch" }
# description = "Random search on a budget: what to draw, on which scale, how often, and what the winner is worth."
# ///
"""
# Searching hyperparameters

How many units, which learning rate, how much dropout? Somebody typed such
numbers into every page so far, and never said where they came from. Here twenty
random tries of one epoch each find better settings for that epoch than the
hand-picked ones, and you learn how much of the winner's lead is luck.
"""

# %%
# Suppose that you can afford nine tries for two settings. The tidy way is a grid: three values of the one, times three
# of the other. The untidy way is to draw nine random pairs. The ticks below each square are what remains if only $x$
# matters.

from itertools import product

import matplotlib.pyplot as plt
import torch

from kindling import plots

ticks = torch.tensor([1 / 6, 3 / 6, 5 / 6])
grid = torch.tensor(list(product(ticks, ticks)))  # [9, 2]
generator = torch.Generator().manual_seed(1)
tries = {"grid": grid, "random": torch.rand(9, 2, generator=generator)}

with plots.style():
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.0), sharey=True)
tick = {"color": plots.COLORS[1], "markersize": 12, "markeredgewidth": 2}
for ax, (name, pairs) in zip(axes, tries.items(), strict=True):
    x, y = pairs.T
    ax.scatter(x, y, s=36, color=plots.COLORS[0])
    ax.plot(x, torch.full((9,), -0.08), "|", **tick)
    ax.set(title=name, xlabel="x, which matters", xlim=(0, 1), ylim=(-0.15, 1))
    print(f"{name:6} {len(x)} tries, {len(x.unique())} different values of x")
axes[0].set_ylabel("y, which hardly does")
plots.show(
    fig,
    "Two squares with nine dots each. On the left a grid: below it, only three "
    "different values of x. On the right random dots: nine values of x.",
)
assert len(grid[:, 0].unique()) == 3
assert len(tries["random"][:, 0].unique()) == 9

# %%
# The grid spends nine training runs to learn about three values of the thing that matters. The random pairs learn about
# nine. On this page you
#
# - find out what that is worth, in a thousand comparisons,
# - write a **random search** in a few lines and run it on a fixed budget,
# - catch the winner flattering itself, and find out what it is really worth.
#
# ## What a hyperparameter is
#
# The weights of a network are *parameters*: training changes them. A **hyperparameter** is a choice that you make
# before training and that training does not change: the learning rate, the batch size, the number of layers and units,
# the share of dropout.
#
# Why not learn them, too, by going downhill? Many have no slope (there is no network with 100.5 units). Worse, the
# training loss would choose badly: it would never take dropout, for instance, which makes the training loss higher.
# What we want is a low loss on images that the network has not seen. To know that, one has to train a network, and
# look. It comes down to trying, and the question is how to try *well*.
#
# !!! quiz "Parameter or hyperparameter"
#     Which of these are hyperparameters?
#
#     - [x] The number of epochs.
#       > You choose it before training. (With early stopping you choose the patience instead.)
#     - [ ] The biases of the first layer.
#       > Training changes them, as it does all weights.
#     - [x] The probability of dropout.
#       > You choose it; no gradient touches it.
#     - [ ] The running mean in a batch normalization.
#       > Nobody chooses it. It is measured during training.
#
# ## A grid or random draws?
#
# Let us make a landscape in which, as is usual, one of the two settings matters much and the other little. Its peak
# lies somewhere in the unit square. Draw a thousand such landscapes, and nine random pairs for each.


def quality(x, y, peak):
    """How good a pair is; at the peak it is 1. Only x matters much."""
    return torch.exp(-30 * (x - peak[0]) ** 2) * (1 - 0.1 * (y - peak[1]) ** 2)


generator.manual_seed(17)
best = {"grid": [], "random": []}
for _ in range(1000):
    peak = torch.rand(2, generator=generator)
    pairs = torch.rand(9, 2, generator=generator)
    best["grid"].append(quality(*grid.T, peak).max())
    best["random"].append(quality(*pairs.T, peak).max())
best = {name: torch.stack(found) for name, found in best.items()}
for name, found in best.items():
    poor = (found < 0.7).double().mean()
    print(f"{name:6} best of nine: {found.mean():.3f}; below 0.7 in {poor:.0%}")
assert best["random"].mean() > best["grid"].mean() + 0.03

# %%
# On average, the best of nine random pairs is better than the best of the grid, and a poor result is rarer.
#
# !!! warning "You may read this elsewhere"
#     "Try all combinations of a few values each." With five hyperparameters and five values that makes $5^5 = 3125$
#     training runs, and still only five learning rates. Today draw at random. You may stop after any number of trials
#     or add more tomorrow, and all that you did stays useful.
#
# !!! quiz "What a grid learns"
#     A grid of 4 learning rates, 4 batch sizes and 4 shares of dropout makes 64 training runs. Suppose that only the
#     learning rate matters. How many different values of it have you tried?
#
#     - [=] 4
#       > And each of them sixteen times over. Sixty-four random trials would have tried 64.
#     - [ ] 64
#       > That is the number of runs. Count the different learning rates among them.
#     - [ ] anything else
#       > Each axis of the grid has four values.
#
# ## The right scale
#
# From which range should a learning rate be drawn? Say, from 0.0001 to 0.1. There is a trap. Learning rates act by
# *factors*: from 0.001 to 0.002 is as far as from 0.01 to 0.02. Draw the exponent evenly, and raise 10 to it: that is
# called **log-uniform**. If you draw the rate itself evenly, this happens:

generator.manual_seed(17)
even = torch.empty(10_000).uniform_(1e-4, 1e-1, generator=generator)
exponents = torch.empty(10_000).uniform_(-4, -1, generator=generator)
print("share of draws in   0.0001-0.001   0.001-0.01   0.01-0.1")
for name, rates in {"evenly": even, "log-uniform": 10**exponents}.items():
    power = rates.log10().floor()
    shares = [(power == k).double().mean().item() for k in (-4, -3, -2)]
    print(f"{name:16}" + "".join(f"{share:14.1%}" for share in shares))
assert (even > 0.01).double().mean() > 0.88
assert 0.3 < (exponents < -3).double().mean() < 0.37

# %%
# Drawn evenly, nine of ten rates lie above 0.01, and one in a hundred lies below 0.001.
#
# !!! quiz "A share of the draws"
#     Weight decay is drawn log-uniformly from 0.001 to 10. What share of the draws lies between 0.1 and 1?
#
#     - [=] 0.25
#       > From 0.001 to 10 there are four powers of ten, each equally likely. This is one of them.
#     - [ ] 0.09
#       > That is what you get if you draw *evenly* from 0 to 10. Here the factor counts, not the length.
#     - [ ] anything else
#       > Count the powers of ten in the whole range, and those between 0.1 and 1.
#
# ## The search space
#
# We search for the network of [validate and regularize](12_validate-regularize.py): three hidden layers, each half as
# wide as the one before, trained by AdamW on 50,000 images of clothes. Five hyperparameters are open. For each we say
# from where it is drawn. (Dropout ranges only up to 0.2. A section near the end shows why more would be a waste here.)

trials = 20
chosen_by_hand = {
    "learning_rate": 2e-3,
    "batch_size": 256,
    "width": 256,
    "dropout": 0.0,
    "weight_decay": 0.0,
}


def draw(generator):
    """Draw settings at random."""
    u = torch.rand(5, generator=generator, dtype=torch.float64).tolist()
    return {
        "learning_rate": 10 ** (-4 + 3 * u[0]),  # 0.0001 to 0.1, by factors
        "batch_size": [64, 128, 256, 512][int(4 * u[1])],
        "width": [64, 128, 256][int(3 * u[2])],
        "dropout": 0.2 * u[3],  # a share: evenly
        "weight_decay": 10 ** (-3 + 3 * u[4]),  # 0.001 to 1, by factors
    }


def say(settings):
    rate, batch_size, width, dropout, decay = settings.values()
    return (
        f"lr {rate:.4f}, batch {batch_size:3}, width {width:3}, "
        f"dropout {dropout:.2f}, decay {decay:.3f}"
    )


generator.manual_seed(17)
space = [draw(generator) for _ in range(trials)]
print("by hand: ", say(chosen_by_hand))
print("first:   ", say(space[0]))
assert all(1e-4 <= settings["learning_rate"] <= 1e-1 for settings in space)

# %%
# ## One trial
#
# A **trial** is one training with one choice of settings. Its **budget** is the same for all: one pass over the
# training images. The learning rate falls evenly to zero on the way. Small last steps make a result depend less on the
# images that came last, as the [schedules](../1-foundations/08_optimizers.py) showed. We look at the validation images
# after an eighth, a quarter and a half of the epoch as well; you will see what for. `islice` takes the next so many
# batches.

import math
from dataclasses import dataclass
from itertools import islice

import torch.nn.functional as F
from torch.optim.lr_scheduler import LinearLR

from kindling import metrics, runtime
from kindling.data import batches, fashion_mnist
from kindling.models import mlp
from kindling.training import train_epoch

device = runtime.device()
rungs = [1 / 8, 1 / 4, 1 / 2, 1]  # shares of the epoch after which we look
x_train, y_train = (t.to(device) for t in fashion_mnist("train").tensors)
x_val, y_val = fashion_mnist("val").tensors


@dataclass
class Trial:
    settings: dict
    losses: list  # validation loss after each rung
    right: torch.Tensor  # for each validation image: right or not [10000]
    model: torch.nn.Module

    @property
    def loss(self):
        return self.losses[-1]

    @property
    def accuracy(self):
        return self.right.double().mean().item()


def run_trial(settings, seed):
    """Train for one epoch; validate after each rung."""
    rate, batch_size, width, dropout, decay = settings.values()
    runtime.seed(seed)
    sizes = [784, width, width // 2, width // 4, 10]
    model = mlp(sizes, dropout=dropout).to(device)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=rate, weight_decay=decay, fused=True
    )
    train = batches(x_train, y_train, batch_size, shuffle=True)
    falling = LinearLR(optimizer, 1.0, 0.0, total_iters=len(train))
    flow, done, losses = iter(train), 0, []
    for rung in rungs:
        goal = math.ceil(rung * len(train))
        if goal > done:
            some = islice(flow, goal - done)
            train_epoch(model, some, optimizer, scheduler=falling)
        logits, done = metrics.predict(model, x_val).cpu(), goal
        losses.append(F.cross_entropy(logits, y_val).item())
    return Trial(settings, losses, logits.argmax(dim=1) == y_val, model)


# %%
# ## How noisy is a result?
#
# Before comparing anything: how much does a result change if you change *nothing*? Run the settings chosen by hand
# with several seeds. A seed decides the first weights and the order of the images, and nothing that you care about.

repeats = 4


def repeat(settings):
    """Train with several seeds; print and return the losses and accuracies."""
    runs = [run_trial(settings, seed) for seed in range(repeats)]
    loss = torch.tensor([run.loss for run in runs])
    accuracy = torch.tensor([run.accuracy for run in runs])
    print(
        f"loss {loss.mean():.3f} ± {loss.std():.3f}, accuracy "
        f"{accuracy.mean():.2%} ± {accuracy.std():.2%} from seed to seed"
    )
    return runs, loss, accuracy


by_hand, hand_loss, hand_accuracy = repeat(chosen_by_hand)
print("accuracies", [f"{a:.2%}" for a in hand_accuracy.tolist()])

# %%
# Keep the numbers after the ± in mind. A lead that is smaller than this is no lead.
#
# !!! quiz "A lead of a hair"
#     Two settings, one training each: 86.1% and 86.3%. Trained again with other seeds, each moves by about
#     0.4 points. What do you conclude?
#
#     - [ ] The second is better, by 0.2 points.
#       > Train both again and the order may be reversed: a seed makes a larger difference than that.
#     - [x] Nothing yet. Train both with several seeds, or take the cheaper one.
#       > The difference lies within the noise. More seeds shrink the noise; if it does not matter, take the cheaper.
#     - [ ] They are exactly equal.
#       > They may well differ. This experiment is too coarse to tell.
#
# ## How many trials?
#
# You will not find the very best settings; be content with some among the best 5% of the space. A random trial misses
# those with a probability of 0.95, and $n$ trials all miss with $0.95^n$. At least one hits with a probability of $1 -
# 0.95^n$, however many hyperparameters there are.

counts = range(1, 101)
hits = {
    f"best {share:.0%}": [1 - (1 - share) ** n for n in counts]
    for share in (0.2, 0.1, 0.05)
}
chances = {name: f"{values[trials - 1]:.0%}" for name, values in hits.items()}
plots.curves(
    hits,
    x=counts,
    xlabel="random trials",
    ylabel="probability of at least one hit",
    alt=f"Three curves that rise toward 1. After {trials} trials: {chances}.",
)
enough = next(n for n in counts if 1 - 0.95**n >= 0.95)
print(f"{trials} trials: {chances}")
print(f"to be 95% sure of the best 5%: {enough} trials")
assert enough == 59

# %%
# Fifty-nine would be better. Our budget says twenty.
#
# ## The search
#
# Here it is, in one line. All trials share one seed. (On a CPU a wider network draws more numbers from it first, so the
# images come in another order.) As in [validate and regularize](12_validate-regularize.py), the lowest validation loss
# wins.

search = [run_trial(settings, seed=100) for settings in space]
ranked = sorted(search, key=lambda trial: trial.loss)
for place, trial in enumerate(ranked, 1):
    if place <= 5 or place > trials - 3:
        print(f"{place:2}. loss {trial.loss:.3f} | {say(trial.settings)}")
winner = ranked[0]

# %%
# The last ones have learned much less. That is the price of a wide space.
#
# How did the best result improve as the trials came in?

so_far = [min(trial.loss for trial in search[: n + 1]) for n in range(trials)]
plots.curves(
    {"best so far": so_far, "by hand": [hand_loss.mean().item()] * trials},
    x=range(1, trials + 1),
    xlabel="trials",
    ylabel="validation loss",
    alt=f"A staircase going down, the best loss so far: {so_far[0]:.3f} after "
    f"one trial, {so_far[-1]:.3f} at the end. A flat line at "
    f"{hand_loss.mean():.3f} marks the settings chosen by hand.",
)
assert so_far[-1] == winner.loss
runtime.claim(winner.loss < hand_loss.mean(), "better than by hand")

# %%
# ## What mattered?
#
# The trials tell you more than who won. Plot all losses against one hyperparameter at a time. Where the dots form a
# shape, it matters; where they form a cloud, it hardly does. A star marks the winner.

panels = {"learning_rate": "log", "dropout": "linear", "weight_decay": "log"}
with plots.style():
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.8), sharey=True)
star = {"s": 110, "marker": "*", "color": plots.COLORS[1], "zorder": 3}
for ax, (name, scale) in zip(axes, panels.items(), strict=True):
    values = [trial.settings[name] for trial in search]
    ax.scatter(values, [trial.loss for trial in search], s=24)
    ax.scatter(winner.settings[name], winner.loss, **star)
    ax.set(xscale=scale, yscale="log", xlabel=name.replace("_", " "))
axes[0].set_ylabel("validation loss")
axes[0].yaxis.set_minor_formatter("{x:g}")
good = sorted(trial.settings["learning_rate"] for trial in ranked[:5])
plots.show(
    fig,
    "Three panels of dots, validation loss against learning rate, dropout and "
    "weight decay. Over the learning rate they form a valley: the best five "
    f"lie between {good[0]:.4f} and {good[-1]:.4f}.",
)
span = math.log10(good[-1] / good[0])
print(f"rates of the best five: {good[0]:.4f} to {good[-1]:.4f}")
print(f"that is {span:.1f} of 3 powers of ten")
runtime.claim(span < 2.5, "the good learning rates lie together")

# %%
# The learning rate makes a valley, with the best five at its bottom. Now you know where to look closer: for a second
# search, draw the rate from that valley only, and let the others roam.
#
# Also look whether the star stands at the *edge* of a panel. If so, the best value may lie outside, and the range
# should be widened.
#
# !!! quiz "The winner at the edge"
#     In your search the best five trials all have the largest batch size that you allowed. What next?
#
#     - [ ] Done: take the largest batch size.
#       > Perhaps an even larger one is better. You have not tried it.
#     - [x] Widen the range at that end and draw some more trials.
#       > The best value seems to lie at or beyond the edge. Old trials stay useful.
#     - [ ] Remove the batch size from the search: it does not matter.
#       > It seems to matter a lot. If it did not, all sizes would occur among the best.
#
# ## Stop the hopeless early
#
# Did we have to train the bad ones to the end? **Successive halving** says no. Train all for an eighth of an epoch and
# drop the worse half; train the rest up to a quarter, drop the worse half; and so on. We noted all losses on the way,
# and can replay what it would have done.

alive, cost, before = list(search), 0.0, 0.0
for number, rung in enumerate(rungs):
    cost += len(alive) * (rung - before)
    alive.sort(key=lambda trial: trial.losses[number])
    best_loss = alive[0].losses[number]
    print(
        f"after {rung:5.3f}: {len(alive):2} trials, the best at {best_loss:.3f}"
    )
    if rung < 1:
        alive, before = alive[: math.ceil(len(alive) / 2)], rung
place = ranked.index(alive[0]) + 1
print(f"winner: place {place} of {trials}, for {cost:.1f} of {trials} epochs")
assert cost < 0.4 * trials
runtime.claim(place <= trials // 2, "halving finds one of the better half")

# %%
# It costs a third of the work. With the time saved you could have begun with three times as many trials. The weakness
# is plain as well: what starts slowly is thrown out, though it might have won.
#
# ??? info "Cleverer ways"
#     *Hyperband* runs several halvings, from hasty to patient, so that slow starters get a chance. *Bayesian*
#     methods fit a model to the trials so far and try next where it expects an improvement; libraries such as
#     Optuna and Ax do that for you. Random search remains what they are measured against.
#
# ## The winner flatters itself
#
# Twenty trials, one validation set, and we took the best. [Validate and regularize](12_validate-regularize.py) showed
# with *equal* networks that the best score of many is too good. Does it happen with our real ones?
#
# Suppose that you had only a few validation images. We kept, for each trial, which of the 10,000 it got right. Draw a
# few images, choose the best trial on these, and then look how it does on all the others. Do so 200 times for each
# number of images.

right = torch.stack([trial.right for trial in search]).double()
generator.manual_seed(17)


def chosen_by(images, draws=200):
    """Mean accuracy of the chosen trial on its images, and on all others."""
    scores = torch.zeros(draws, 2)
    for k in range(draws):
        order = torch.randperm(right.shape[1], generator=generator)
        on_few = right[:, order[:images]].mean(dim=1)
        on_others = right[:, order[images:]].mean(dim=1)
        best = on_few.argmax()
        scores[k] = torch.stack([on_few[best], on_others[best]])
    return (100 * scores.mean(dim=0)).tolist()


amounts = [50, 100, 200, 500, 1000, 2000, 5000]
if runtime.smoke():
    amounts = [10, 20]
believed, true = zip(*(chosen_by(images) for images in amounts), strict=True)
with plots.style():
    fig, ax = plt.subplots()
ax.plot(amounts, believed, "o-", label="on the images that chose it")
ax.plot(amounts, true, "^--", label="on all other images")
ax.set(xscale="log", xlabel="images to choose by", ylabel="accuracy (%)")
ax.set_xticks(amounts, [f"{images:,}" for images in amounts])
ax.minorticks_off()
ax.legend(frameon=False)
plots.show(
    fig,
    "Two lines that approach each other: on the images that chose and on the "
    f"others, {believed[1]:.1f}% and {true[1]:.1f}% for {amounts[1]} images, "
    f"{believed[-1]:.1f}% and {true[-1]:.1f}% for {amounts[-1]}.",
)
flattery = [a - b for a, b in zip(believed, true, strict=True)]
runtime.claim(flattery[1] > 1, "a hundred images flatter by over a point")
runtime.claim(flattery[-1] < 0.5 * flattery[1], "many images flatter less")
runtime.claim(true[-1] > true[0], "and choose better")

# %%
# The upper line is what you would have believed, the lower line what was true. With few images you are wrong twice:
# the score is too good, and the choice is worse. With thousands both faults nearly vanish. That is what a large
# validation set is for.
#
# ## The winner, again, with fresh seeds
#
# One more piece of luck is left: the seed. The winner may owe its place to a lucky start. Train it again, with the
# very seeds with which we judged the settings chosen by hand. Compare the difference of the two means with its own
# uncertainty: a lead of less than twice its uncertainty could be luck, and more seeds must decide.

print(f"in the search: loss {winner.loss:.3f}, accuracy {winner.accuracy:.2%}")
again, loss, accuracy = repeat(winner.settings)
leads = {
    "loss": (hand_loss, loss),
    "accuracy": (100 * accuracy, 100 * hand_accuracy),
}
for name, (more, less) in leads.items():
    lead = (more.mean() - less.mean()).item()
    doubt = math.sqrt((more.var() + less.var()).item() / repeats)
    verdict = "more than luck" if lead > 2 * doubt else "may be luck"
    print(f"lead over the hand in {name}: {lead:.3f} ± {doubt:.3f}, {verdict}")
runtime.report("validation accuracy", accuracy.mean())
runtime.claim(loss.mean() < hand_loss.mean() - 0.01, "it is no luck")
runtime.claim(accuracy.mean() > 0.83, "more than 83% after one epoch")

# %%
# Note by which measure you chose: we took the lowest *loss*, so the lead in loss is the promise, and the lead in
# accuracy a hope.
#
# ## Test, once
#
# The choice is made, so the test set may speak: once for the winner, and for comparison once for the settings chosen
# by hand. Both by the first of their networks, whichever that is.

x_test, y_test = fashion_mnist("test").tensors
tested = {}
for name, trial in {"by hand": by_hand[0], "winner": again[0]}.items():
    logits = metrics.predict(trial.model, x_test).cpu()
    tested[name] = metrics.accuracy(logits, y_test)
    noise = 1.96 * math.sqrt(tested[name] * (1 - tested[name]) / len(y_test))
    print(
        f"{name}: validation {trial.accuracy:.2%}, "
        f"test {tested[name]:.2%} ± {noise:.1%}"
    )
shift = abs(tested["winner"] - again[0].accuracy)
runtime.claim(shift < 0.03, "validation with fresh seeds predicts the test")

# %%
# A small shift that meets *both* settings is no optimism of ours: it says that these images are a little easier or
# harder.
#
# ## Where it fails
#
# A search finds the best settings *for its budget*. Ours was one epoch, and one epoch loves what is fast. Take
# dropout. In *Validate and regularize* it helped, over many epochs, against overfitting. Ask our budget what it thinks
# of it, with three seeds:

differences = []
for seed in range(runtime.steps(3)):
    without, dropped = (
        run_trial(winner.settings | {"dropout": p}, seed) for p in (0.0, 0.5)
    )
    differences.append(dropped.loss - without.loss)
    print(
        f"loss {without.loss:.3f} without, {dropped.loss:.3f} with dropout 0.5"
    )
runtime.claim(min(differences) > 0, "in one epoch dropout only slows down")

# %%
# It only slows down: after one pass over the images, there is little overfitting for it to prevent. Do not carry our
# winner to a training of fifty epochs. (The settings by hand have the same excuse: they were picked for many epochs.)
# Search with the budget that you will use, or with one from which you know how it translates.
#
# And a small batch makes more steps in an epoch. We counted images. Had we counted seconds, another trial might have
# won. Say which budget you mean before you begin.
#
# ## Exercises
#
# [The workbook](17_hyperparameter-search.exercises.py) has each of these as a cell with a gap, with a checker that
# tells you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Devices and timing](18_devices-timing.py), if a trial takes longer than it should.
# [A fairer fight](../3-vision/19_fashion-cnn.py) changes what no search over these five knobs could: the kind
# of network.
