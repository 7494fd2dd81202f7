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
# metric = { name = "validation accuracy", unit = "%", target = 84, reference = "page 12's settings, one epoch" }
# description = "Random search on a budget: what to draw, on which scale, how often, and what the winner is worth."
# ///
"""
# Searching hyperparameters

How many units, which learning rate, how much dropout? Somebody typed such numbers into every page so far, and
never said where they came from. Here twenty random tries of one epoch each, about a minute's work, find better
settings than the hand-picked ones, and you learn how much of the winner's lead is luck.
"""

# %%
# You will
#
# - pit a grid against random points, a thousand times,
# - write a **random search** in a few lines and run it on a fixed budget,
# - catch the winner flattering itself, and find out what it is really worth.

import math
import time
from dataclasses import dataclass
from itertools import islice, product

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch.optim.lr_scheduler import LinearLR

from kindling import metrics, plots, runtime
from kindling.data import batches, fashion_mnist
from kindling.models import mlp
from kindling.runtime import claim
from kindling.training import train_epoch

device = runtime.device()
trials = 20
repeats = 4  # seeds for each of the settings that we compare in the end
rungs = [1 / 8, 1 / 4, 1 / 2, 1]  # shares of the epoch after which we look

# %%
# ## What a hyperparameter is
#
# The weights of a network are *parameters*: training changes them. A **hyperparameter** is a choice that you
# make before training and that training does not change: the learning rate, the batch size, the number of
# layers and units, the share of dropout.
#
# Why not learn them, too, by going downhill? Many have no slope (there is no network with 100.5 units). Worse,
# the training loss would choose badly: it would never take dropout, for instance, which makes the training
# loss higher. What we want is a low loss on pictures that the network has not seen. To know that, one has to
# train a network, and look. So it comes down to trying. The question is how to try *well*.
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
#     - [ ] The running mean in a batch normalisation.
#       > Nobody chooses it. It is measured during training.
#     - [x] The number of hidden units.
#       > The network is built with it before any training; it is not even a number that could move a little.
#
# ## A grid or a handful of dice?
#
# You can afford nine tries for two hyperparameters. The tidy way is a grid: three values of the one, times
# three of the other. The untidy way is to draw nine random pairs. Which finds the better result?
#
# Let us make a landscape in which, as is usual, one of the two matters much and the other little. Its peak
# lies somewhere in the unit square, at a place that we draw anew each time.


def quality(x, y, peak):
    """How good a pair is; at the peak it is 1. Only x matters much."""
    return torch.exp(-30 * (x - peak[0]) ** 2) * (1 - 0.1 * (y - peak[1]) ** 2)


ticks = torch.tensor([1 / 6, 3 / 6, 5 / 6])
grid = torch.tensor(list(product(ticks, ticks)))  # [9, 2]
dice = torch.rand(9, 2, generator=torch.Generator().manual_seed(1))
for name, points in {"grid": grid, "random": dice}.items():
    print(f"{name:6} tries {len(points)} pairs, and {len(points[:, 0].unique())} different values of x")
assert len(grid[:, 0].unique()) == 3 and len(dice[:, 0].unique()) == 9

# %%
# The dots are the tries. The ticks below are what remains if only $x$ counts.

with plots.style():
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.0), sharey=True)
for ax, (name, points) in zip(axes, {"grid": grid, "random": dice}.items(), strict=True):
    ax.scatter(points[:, 0], points[:, 1], s=36, color=plots.COLORS[0])
    ax.plot(points[:, 0], torch.full((9,), -0.08), "|", color=plots.COLORS[1], markersize=12, markeredgewidth=2)
    ax.set(title=name, xlabel="x, which matters", xlim=(0, 1), ylim=(-0.15, 1))
axes[0].set_ylabel("y, which hardly does")
plots.show(
    fig,
    "Two squares with nine dots each. On the left a grid: below it, only three different values of x "
    "are marked. On the right random dots: nine different values of x.",
)

# %%
# The grid spends nine trainings to learn about three values of the thing that matters. The dice learn about
# nine. Does it pay? A thousand landscapes, each with its own peak and its own dice:

dealer = torch.Generator().manual_seed(17)
found = {"grid": [], "random": []}
for _ in range(1000):
    peak = torch.rand(2, generator=dealer)
    dice = torch.rand(9, 2, generator=dealer)
    found["grid"].append(quality(*grid.T, peak).max())
    found["random"].append(quality(*dice.T, peak).max())
found = {name: torch.stack(best) for name, best in found.items()}
for name, best in found.items():
    poor = (best < 0.7).float().mean()
    print(f"{name:6} best of nine: {best.mean():.3f} on average; below 0.7 in {poor:.0%} of the cases")
assert found["random"].mean() > found["grid"].mean()

# %%
# !!! warning "You may read this elsewhere"
#     "Try all combinations of a few values each." With five hyperparameters and five values that makes 3,125
#     trainings, and still only five learning rates. Today draw at random. You may stop after any number of
#     trials, add more tomorrow, or add a hyperparameter, and all that you did stays useful.

print(f"a grid of five values for five hyperparameters: {len(list(product(range(5), repeat=5))):,} trainings")
assert len(list(product(range(5), repeat=5))) == 3125

# %%
# !!! quiz "What a grid learns"
#     A grid of 4 learning rates, 4 batch sizes and 4 shares of dropout makes 64 trainings. Suppose that only the
#     learning rate matters. How many different values of it have you tried?
#
#     - [=] 4
#       > And each of them sixteen times over. Sixty-four random trials would have tried 64.
#     - [ ] 64
#       > That is the number of trainings. Count the different learning rates among them.
#     - [ ] 16
#       > So often each learning rate is tried, with settings that do not matter.
#     - [ ] anything else
#       > Each axis of the grid has four values.
#
# ## The right scale
#
# From which range should a learning rate be drawn? Say, from 0.0001 to 0.1. Now watch the trap.
#
# !!! warning "You may read this elsewhere"
#     "Draw the learning rate evenly between 0.0001 and 0.1." Nine of ten draws then lie above 0.01, and one in
#     a hundred lies below 0.001. Learning rates act by *factors*: from 0.001 to 0.002 is as far as from 0.01 to
#     0.02. Today draw the exponent evenly, and raise 10 to it: that is called **log-uniform**.

dealer = torch.Generator().manual_seed(17)
even = torch.empty(10_000).uniform_(1e-4, 1e-1, generator=dealer)
by_factors = 10 ** torch.empty(10_000).uniform_(-4, -1, generator=dealer)
print("share of draws in   0.0001-0.001   0.001-0.01   0.01-0.1")
for name, rates in {"evenly": even, "log-uniform": by_factors}.items():
    shares = [((low <= rates) & (rates < 10 * low)).float().mean().item() for low in (1e-4, 1e-3, 1e-2)]
    print(f"{name:16}" + "".join(f"{share:14.1%}" for share in shares))
assert (even > 0.01).float().mean() > 0.88
assert 0.31 < (by_factors < 0.001).float().mean() < 0.36

# %%
# !!! quiz "A share of the draws"
#     Weight decay is drawn log-uniformly from 0.001 to 10. What share of the draws lies between 0.1 and 1?
#
#     - [=] 0.25
#       > From 0.001 to 10 there are four powers of ten, each equally likely. This is one of them.
#     - [ ] 0.09
#       > That is how it would be if you drew *evenly* from 0 to 10: the length of the interval counts, not the factor.
#     - [ ] anything else
#       > Count the powers of ten in the whole range, and those between 0.1 and 1.
#
# ## The search space
#
# We search for the network of [validate and regularise](12_validate-regularize.py): three hidden layers, each
# half as wide as the one before, trained by AdamW on 50,000 pictures of clothes. Five hyperparameters are
# open. For each we say from where it is drawn. (Dropout only up to 0.2: our own first search let it range up to
# 0.5. Why that was a waste, a section near the end will show; and narrowing a range is a choice by validation like
# any other.)

chosen_by_hand = {"learning_rate": 2e-3, "batch_size": 256, "width": 256, "dropout": 0.0, "weight_decay": 0.0}


def draw(dealer):
    """Draw settings at random, from the random numbers of a generator."""
    u = torch.rand(5, generator=dealer, dtype=torch.float64).tolist()
    return {
        "learning_rate": 10 ** (-4 + 3 * u[0]),  # 0.0001 to 0.1, by factors
        "batch_size": [64, 128, 256, 512][int(4 * u[1])],
        "width": [64, 128, 256][int(3 * u[2])],
        "dropout": 0.2 * u[3],  # a share: evenly
        "weight_decay": 10 ** (-3 + 3 * u[4]),  # 0.001 to 1, by factors
    }


def say(settings):
    return (
        f"lr {settings['learning_rate']:.4f}, batch {settings['batch_size']:3}, width {settings['width']:3}, "
        f"dropout {settings['dropout']:.2f}, decay {settings['weight_decay']:.3f}"
    )


dealer = torch.Generator().manual_seed(17)
space = [draw(dealer) for _ in range(trials)]
print("by hand: ", say(chosen_by_hand))
print("first:   ", say(space[0]))
assert all(1e-4 <= settings["learning_rate"] <= 1e-1 for settings in space)

# %%
# ## One trial
#
# A **trial** is one training with one choice of settings. Its **budget** is the same for all: one pass over
# the training pictures. The learning rate falls evenly to zero on the way. Small last steps make a result depend
# less on the pictures that came last, as the [schedules](../1-foundations/08_optimizers.py) showed. We look at the
# validation pictures after an eighth, a quarter and a half of the epoch as well; you will see what for.

x_train, y_train = (t.to(device) for t in fashion_mnist("train").tensors)
x_val, y_val = fashion_mnist("val").tensors


@dataclass
class Trial:
    settings: dict
    losses: list  # validation loss after each rung
    right: torch.Tensor  # for each validation picture: was the answer right? [10000]
    seconds: float
    model: torch.nn.Module

    @property
    def loss(self):
        return self.losses[-1]

    @property
    def accuracy(self):
        return self.right.double().mean().item()


# %%
# The trial itself trains from rung to rung. `islice` takes the next so many batches.


def run_trial(settings, seed):
    """Train for one epoch; validate after each rung."""
    runtime.seed(seed)
    start, width = time.perf_counter(), settings["width"]
    model = mlp([784, width, width // 2, width // 4, 10], dropout=settings["dropout"]).to(device)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings["learning_rate"], weight_decay=settings["weight_decay"], fused=True
    )
    train = batches(x_train, y_train, settings["batch_size"], shuffle=True)
    decay = LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=len(train))
    flow, done, losses = iter(train), 0, []
    for rung in rungs:
        goal = math.ceil(rung * len(train))
        if goal > done:
            train_epoch(model, islice(flow, goal - done), optimizer, scheduler=decay)
        logits, done = metrics.predict(model, x_val).cpu(), goal
        losses.append(F.cross_entropy(logits, y_val).item())
    return Trial(settings, losses, logits.argmax(dim=1) == y_val, time.perf_counter() - start, model)


# %%
# ## How noisy is a result?
#
# Before comparing anything: how much does a result change if you change *nothing*? Run the settings of page 12
# with several seeds. A seed decides the first weights and the order of the pictures, and nothing that you care
# about.

by_hand = [run_trial(chosen_by_hand, seed) for seed in range(repeats)]
hand_accuracy = torch.tensor([trial.accuracy for trial in by_hand])
hand_loss = torch.tensor([trial.loss for trial in by_hand])
print("accuracies", [f"{a:.2%}" for a in hand_accuracy.tolist()])
print(
    f"by hand: loss {hand_loss.mean():.3f} ± {hand_loss.std():.3f}, accuracy {hand_accuracy.mean():.2%} ± "
    f"{hand_accuracy.std():.2%} from seed to seed"
)

# %%
# Keep the number behind the ± in mind. A lead that is smaller than this is no lead.
#
# !!! quiz "A lead of a hair"
#     Two settings, one training each: 86.1 % and 86.3 %. Trained again with other seeds, each moves by about
#     0.4 points. What do you conclude?
#
#     - [ ] The second is better, by 0.2 points.
#       > Train both again and the order may turn round: such a difference is smaller than what a seed does.
#     - [x] Nothing yet. Train both with several seeds, or take the cheaper one.
#       > The difference lies within the noise. More seeds shrink the noise; and if it does not matter, price may
#       > decide.
#     - [ ] They are exactly equal.
#       > They may well differ. This experiment is too coarse to tell.
#
# ## How many trials?
#
# You will not find the very best settings; be content with some among the best 5 % of the space. A random
# trial misses those with a probability of 0.95, and $n$ trials all miss with $0.95^n$. So at least one hits
# with a probability of $1 - 0.95^n$, however many hyperparameters there are.

counts = range(1, 101)
hits = {f"best {share:.0%}": [1 - (1 - share) ** n for n in counts] for share in (0.2, 0.1, 0.05)}
plots.curves(
    hits,
    x=counts,
    xlabel="random trials",
    ylabel="probability of at least one hit",
    alt=f"Three curves that rise towards 1. After {trials} trials: "
    + ", ".join(f"{name} {values[trials - 1]:.2f}" for name, values in hits.items())
    + ".",
)
enough = next(n for n, p in zip(counts, hits["best 5%"], strict=True) if p >= 0.95)
print(f"{trials} trials: " + ", ".join(f"{name} {values[trials - 1]:.0%}" for name, values in hits.items()))
print(f"to be 95 % sure of the best 5 %: {enough} trials")
assert enough == 59

# %%
# Fifty-nine would be better. Our budget says twenty.
#
# !!! quiz "Twice as many knobs"
#     You search three hyperparameters with 59 random trials. A colleague adds three more to the space. How many
#     trials does *she* need to hit the best 5 % of her space, with the same certainty?
#
#     - [ ] 118: twice as many.
#       > The number of hyperparameters does not occur in the formula.
#     - [x] 59.
#       > A random trial hits the best 5 % with a chance of 5 %, whatever the space. (How *good* the best 5 % of a
#       > larger space are is another question: a space full of bad corners has a poor best 5 %.)
#     - [ ] 59 × 59: each further axis multiplies the work.
#       > That is how grids grow.
#
# ## The search
#
# Here it is, in one line. All trials share one seed, so that they differ in their settings and in nothing
# that we control.

search = [run_trial(settings, seed=100) for settings in space]
ranked = sorted(search, key=lambda trial: trial.loss)  # as on page 12, the lowest validation loss wins
for place, trial in enumerate(ranked, 1):
    if place <= 5 or place > trials - 3:
        print(f"{place:2}. loss {trial.loss:.3f}, accuracy {trial.accuracy:.1%} | {say(trial.settings)}")
winner = ranked[0]
print(f"{trials} trials in {sum(trial.seconds for trial in search):.0f} s")

# %%
# The last ones have learned very little. That is the price of a wide space, and a search pays it gladly.
#
# How did the best result improve as the trials came in?

best_so_far = [min(trial.loss for trial in search[: n + 1]) for n in range(trials)]
plots.curves(
    {"best so far": best_so_far, "by hand (mean)": [hand_loss.mean().item()] * trials},
    x=range(1, trials + 1),
    xlabel="trials",
    ylabel="validation loss",
    alt=f"A staircase going down, the best validation loss so far: {best_so_far[0]:.3f} after one trial, "
    f"{best_so_far[4]:.3f} after five, {best_so_far[-1]:.3f} after {trials}. A flat line at "
    f"{hand_loss.mean():.3f} marks the settings chosen by hand.",
)
claim(winner.loss < hand_loss.mean(), "the winner beats the settings chosen by hand")
assert best_so_far[-1] == winner.loss

# %%
# ## What mattered?
#
# The trials tell you more than who won. Plot all losses against one hyperparameter at a time. Where the dots
# form a shape, it matters; where they form a cloud, it hardly does.

with plots.style():
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.8), sharey=True)
for ax, (name, scale) in zip(
    axes, {"learning_rate": "log", "dropout": "linear", "weight_decay": "log"}.items(), strict=True
):
    ax.scatter([trial.settings[name] for trial in search], [trial.loss for trial in search], s=24)
    ax.scatter(winner.settings[name], winner.loss, s=110, marker="*", color=plots.COLORS[1], zorder=3)
    ax.set(xscale=scale, yscale="log", xlabel=name.replace("_", " "))
axes[0].set_ylabel("validation loss")
axes[0].yaxis.set_minor_formatter("{x:g}")
good_rates = sorted(trial.settings["learning_rate"] for trial in ranked[:5])
plots.show(
    fig,
    f"Three panels of {trials} dots, validation loss against learning rate, dropout and weight decay; a star marks the "
    f"winner. Over the learning rate the dots form a valley: the best five lie between {good_rates[0]:.4f} and "
    f"{good_rates[-1]:.4f}. Over the other two they form clouds.",
)
span = math.log10(good_rates[-1] / good_rates[0])
print(f"learning rates of the best five: {good_rates[0]:.4f} to {good_rates[-1]:.4f}, {span:.1f} of 3 powers of ten")
claim(span < 2, "the good learning rates lie close together")

# %%
# The learning rate makes a valley, with the best five at its bottom. Now you know where to look closer: for a
# second search, draw the rate from that valley only, and let the others roam.
#
# Also look whether the star stands at the *edge* of a panel. If so, the best value may lie outside, and the
# range should be widened.
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
# Did we have to train the bad ones to the end? **Successive halving** says no. Train all for an eighth of an
# epoch and drop the worse half; train the rest up to a quarter, drop the worse half; and so on. We noted all
# losses on the way, so we can replay what it would have done.

alive, cost, before = list(search), 0.0, 0.0
for number, rung in enumerate(rungs):
    cost += len(alive) * (rung - before)
    alive.sort(key=lambda trial: trial.losses[number])
    print(f"after {rung:5.3f} of an epoch: {len(alive):2} trials, the best at {alive[0].losses[number]:.3f}")
    if rung < 1:
        alive, before = alive[: math.ceil(len(alive) / 2)], rung
place = ranked.index(alive[0]) + 1
print(f"its winner has place {place} of {trials}; it costs {cost:.1f} epochs instead of {trials}")
assert cost < 0.4 * trials
claim(place <= 5, "halving finds one of the best five")

# %%
# A third of the work, and it ends among the best. With the time saved you could have begun with three times as
# many trials. The weakness is plain as well: what starts slowly is thrown out, though it might have won.
#
# ??? info "Cleverer ways"
#     *Hyperband* runs several halvings, from hasty to patient, so that slow starters get a chance. *Bayesian*
#     methods fit a model to the trials so far and try next where it expects an improvement; libraries such as
#     Optuna and Ax do that for you. They pay when a trial takes hours. Random search remains what they are
#     measured against, and it needs no library.
#
# ## The winner flatters itself
#
# Twenty trials, one validation set, and we took the best. [Page 12](12_validate-regularize.py) showed with
# thirty *equal* networks that the best score of many is too good. Does it happen with our real ones?
#
# Suppose that you had only a few validation pictures. We kept, for each trial, which of the 10,000 it got
# right. Draw a few pictures, choose the best trial on these, and then look how it does on all the others. Do so
# 200 times for each number of pictures.

right = torch.stack([trial.right for trial in search]).double()  # [trials, pictures]
dealer = torch.Generator().manual_seed(17)


def optimism(pictures, draws=200):
    """Mean accuracy of the chosen trial on the pictures that chose it, and on all others."""
    chosen_on, others_on = [], []
    for _ in range(draws):
        order = torch.randperm(right.shape[1], generator=dealer)
        seen, unseen = right[:, order[:pictures]].mean(dim=1), right[:, order[pictures:]].mean(dim=1)
        best = seen.argmax()
        chosen_on.append(seen[best])
        others_on.append(unseen[best])
    return torch.stack(chosen_on).mean().item(), torch.stack(others_on).mean().item()


amounts = [50, 100, 200, 500, 1000, 2000, 5000] if not runtime.smoke() else [10, 20]
flattered, honest = zip(*(optimism(n) for n in amounts), strict=True)

# %%
# The upper line is what you would have believed, the lower line what was true.

with plots.style():
    fig, ax = plt.subplots()
ax.plot(amounts, [100 * a for a in flattered], "o-", label="on the pictures that chose it")
ax.plot(amounts, [100 * a for a in honest], "^--", label="on all other pictures")
ax.set(xscale="log", xlabel="pictures to choose by", ylabel="accuracy of the chosen trial (%)")
ax.set_xticks(amounts, [f"{n:,}" for n in amounts])
ax.minorticks_off()
ax.legend(frameon=False)
plots.show(
    fig,
    "Two lines that approach each other. "
    + " ".join(
        f"With {n:,} pictures the chosen trial scores {a:.1%} on them and {b:.1%} on the others."
        for n, a, b in list(zip(amounts, flattered, honest, strict=True))[::3]
    ),
)
claim(flattered[1] > honest[1] + 0.01, "a hundred pictures flatter by more than a point")
claim(flattered[-1] - honest[-1] < 0.5 * (flattered[1] - honest[1]), "many pictures flatter less")
claim(honest[-1] > honest[0], "and choose better")

# %%
# With few pictures you are wrong twice: the score is too good, and the choice is worse. With thousands both
# faults nearly vanish. That is what our large validation set is for.
#
# ## The winner, again, with fresh seeds
#
# One more piece of luck is left: the seed. The winner may owe its place to a lucky start. So train it again,
# with the very seeds with which we judged the settings chosen by hand.

again = [run_trial(winner.settings, seed) for seed in range(repeats)]
accuracy = torch.tensor([trial.accuracy for trial in again])
loss = torch.tensor([trial.loss for trial in again])
print(f"winner, in the search: loss {winner.loss:.3f}, accuracy {winner.accuracy:.2%}")
for name, losses, shares in (("winner, fresh seeds", loss, accuracy), ("by hand", hand_loss, hand_accuracy)):
    print(f"{name + ':':22} loss {losses.mean():.3f}, accuracy {shares.mean():.2%} ± {shares.std():.2%}")

# %%
# Is the lead more than noise? Compare the difference of the two means with its own uncertainty. A lead of twice
# its uncertainty is worth believing, and ours is larger; below that, more seeds must speak. And note by which
# measure you chose: we took the lowest *loss*, so the lead in loss is the promise, and the lead in accuracy a
# hope.

lead = (accuracy.mean() - hand_accuracy.mean()).item()
uncertainty = math.sqrt((accuracy.var() + hand_accuracy.var()).item() / repeats)
print(f"lead {100 * lead:.2f} ± {100 * uncertainty:.2f} points")
runtime.report("validation accuracy", accuracy.mean())
claim(loss.mean() < hand_loss.mean() and lead > 2 * uncertainty, "the lead is more than luck")
claim(accuracy.mean() > 0.84, "more than 84 % after one epoch")

# %%
# !!! quiz "The number for the report"
#     You searched, and the winner had the best validation score of the search. Which number do you report?
#
#     - [ ] Its validation score from the search.
#       > It won partly by luck, and this score still holds the luck.
#     - [ ] The best test score among all trials.
#       > Then the test set has chosen, and flatters in its turn.
#     - [x] Its score on test pictures that played no part in any choice, measured once.
#       > The choice is made; these pictures could not influence it.
#     - [ ] The mean validation score of all trials.
#       > That describes networks which you are not going to use.
#
# ## Test, once
#
# The choice is made, so the test set may speak: once for the winner. And for comparison, once for the hand
# that typed the old settings. Both by the first of their networks, whichever that is.

x_test, y_test = fashion_mnist("test").tensors
tested = {
    name: metrics.accuracy(metrics.predict(trial.model, x_test).cpu(), y_test)
    for name, trial in {"by hand": by_hand[0], "winner": again[0]}.items()
}
noise = 1.96 * math.sqrt(tested["winner"] * (1 - tested["winner"]) / len(y_test))
print(", ".join(f"{name} {share:.2%}" for name, share in tested.items()), f"(test pictures: ±{noise:.1%})")
claim(abs(tested["winner"] - accuracy.mean()) < 0.03, "validation by fresh seeds foretold the test")

# %%
# Compare with the validation scores of the fresh seeds. A small shift that meets *both* settings is no optimism
# of ours: it says that these pictures are a little easier or harder.
#
# ## Where it fails
#
# A search finds the best settings *for its budget*. Ours was one epoch, and one epoch loves what is fast.
# Take dropout. On page 12 it helped, over 24 epochs, against overfitting. Ask our budget what it thinks of it:

without, with_dropout = (run_trial(winner.settings | {"dropout": p}, seed=0) for p in (0.0, 0.4))
print(f"after one epoch: loss {without.loss:.3f} without dropout, {with_dropout.loss:.3f} with 0.4")
claim(with_dropout.loss > without.loss, "in one epoch dropout only slows down")

# %%
# It only slows down. Nothing has been learned by heart yet that dropout could prevent. High learning rates and
# small batches profit in the same way. So do not carry our winner to a training of fifty epochs. (The settings
# by hand have the same excuse: they were picked for many epochs, at a rate that stays.) Search with the budget that
# you will use, or with one from which you know how it translates.
#
# And a small batch makes more steps in an epoch, which takes more seconds. We counted pictures. Had we counted
# seconds, another trial might have won. Say which budget you mean before you begin.
#
# ## Exercises
#
# [The workbook](17_hyperparameter-search.exercises.py) has each of these as a cell with a gap, with a checker
# that tells you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Bugs, devices and a stopwatch](16_debug-devices.py), if a trial takes longer than it should.
# [A fairer fight](../3-vision/19_fashion-cnn.py) changes what no search over these five knobs could: the kind
# of network.
