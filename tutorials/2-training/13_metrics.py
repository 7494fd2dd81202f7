# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch", "scikit-learn"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["S4.6", "BK12", "BK14"]
# data = ["student_admissions"]
# minutes = 1
# figure = 2
# metric = { name = "decimal digits shared with scikit-learn", unit = "", target = 9, reference = "in 50 problems" }
# description = "Confusion matrix, precision, recall, F1, thresholds, ROC and AUC, built by hand and checked."
# ///
"""
# When accuracy lies

A smoke alarm that never rings is right on almost every evening of the year. Its
accuracy is splendid, and it is worth nothing. Here you build the numbers that
see through it, each from plain counts, each equal to scikit-learn's.
"""

# %%
# An alarm reads a number from the air, a **score**: high when there is smoke, and now and then when there is toast. We
# generate 40,100 evenings, 100 of them with a fire, and compare two alarms: one that never rings, and one that rings
# when the score is above 1.25.

import torch

from kindling import plots

fires, quiet = 100, 40_000  # evenings with and without a fire: one in 401
separation = 2.5  # by how much a fire raises the reading of our alarm


def evenings(n_fires, n_quiet, generator):
    """Scores float64 [N] of some evenings, and truths y int64 [N], 1 a fire."""
    y = torch.cat([torch.ones(n_fires), torch.zeros(n_quiet)]).long()
    noise = torch.randn(len(y), dtype=torch.float64, generator=generator)
    return noise + separation * y, y


generator = torch.Generator().manual_seed(13)
scores, y = evenings(fires, quiet, generator)
never, rings = torch.zeros_like(y), (scores > 1.25).long()
answers = {"never rings": never, "rings above 1.25": rings}
right = {name: (a == y).double().mean() for name, a in answers.items()}
percent = [100 * share for share in right.values()]
plots.bars(list(right), percent, xlabel="accuracy (%)")
for name, answer in answers.items():
    found = answer[y == 1].sum()
    print(
        f"{name:16} accuracy {right[name]:.2%}, {found} of {fires} fires found"
    )
assert right["never rings"] == quiet / (fires + quiet)
assert right["never rings"] > right["rings above 1.25"] + 0.05

# %%
# The useless alarm has the better accuracy, by far. When one class is so much more common than the other, we speak of
# **class imbalance**, and then accuracy measures mostly how common the common class is. So never print an accuracy
# without the share of the most frequent class.
#
# You will
#
# - count four kinds of outcome, and build from them the measures that you meet in papers,
# - choose a threshold on one set of evenings, and see what is left of it on another,
# - see what a rare class does to each measure.

import math

import numpy as np
import torch.nn.functional as F
from matplotlib import pyplot as plt
from sklearn import metrics as oracle
from torch import nn

from kindling import metrics
from kindling.data import student_admissions
from kindling.runtime import claim, report, seed

wanted_recall = 0.95

# %%
# ## Four outcomes
#
# Call what we look for class 1, the **positive** one: a fire. (Positive does not mean good.) An alarm can be right in
# two ways and wrong in two ways, and the two mistakes cost very different things. A **confusion matrix** keeps them
# apart: a row for each truth, a column for each answer.
#
# | | stays silent | rings |
# |---|---|---|
# | **no fire** | true negative (TN) | false positive (FP): a false alarm |
# | **fire** | false negative (FN): a missed fire | true positive (TP) |
#
# Counting needs nothing but "and".


def outcomes(answer, y):
    """Count TP, FP, FN, TN of answers and truths that are 0 or 1."""
    pairs = ((1, 1), (1, 0), (0, 1), (0, 0))  # (answer, truth)
    return [((answer == a) & (y == t)).sum().item() for a, t in pairs]


tp, fp, fn, tn = outcomes(rings, y)
table = metrics.confusion(rings, y, classes=2)
print(f"TP {tp}, FP {fp}, FN {fn}, TN {tn}")
print(table)
assert table.tolist() == [[tn, fp], [fn, tp]] and table.sum() == len(y)
assert (table.numpy() == oracle.confusion_matrix(y, rings)).all()

# %%
# ## Two alarms, two questions
#
# Two questions can be asked of an alarm, and they sound similar.
#
# - It rings. Is there a fire? **Precision** is the share of alarms that are right:
#   $\text{precision} = \frac{TP}{TP + FP}$.
# - There is a fire. Does it ring? **Recall** is the share of fires that are found:
#   $\text{recall} = \frac{TP}{TP + FN}$.
#
# Both have the true positives on top. They differ in what you divide by: the alarms, or the fires.


def precision(answer, y):
    tp, fp, _, _ = outcomes(answer, y)
    return tp / (tp + fp) if tp + fp else 0.0


def recall(answer, y):
    tp, _, fn, _ = outcomes(answer, y)
    return tp / (tp + fn) if tp + fn else 0.0


# %%
# Now imagine two alarms with the same sensor. The nervous one rings at a whiff of toast. The sleepy one waits until it
# can see flames. The figure has thirty evenings with five fires among them, each placed by its score. (They are not
# random: we take evenly spaced quantiles of both kinds of evening.)


def spaced(n):
    """n numbers that are spread like a normal distribution."""
    places = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    return torch.special.ndtri(places)  # the quantiles


small_scores = torch.cat([spaced(5) + separation, spaced(25)])
small_y = torch.tensor([1] * 5 + [0] * 25)
alarms = {"nervous": 0.5, "sleepy": 3.0}
with plots.style():
    fig, axes = plt.subplots(2, 1, figsize=(6.4, 3.4), sharex=True)
for ax, (name, threshold) in zip(axes, alarms.items(), strict=True):
    answer = (small_scores > threshold).long()
    p, r = precision(answer, small_y), recall(answer, small_y)
    ax.axvspan(threshold, 5.2, color=plots.COLORS[4], alpha=0.25, lw=0)
    ax.text(5.1, 1.3, "rings", ha="right", va="center", color=plots.INK)
    for truth, marker in ((0, "o"), (1, "^")):
        x = small_scores[small_y == truth]
        color = plots.COLORS[truth]
        ax.scatter(x, torch.full_like(x, truth), color=color, marker=marker)
    ax.set_yticks([0, 1], ["no fire", "fire"])
    ax.set(xlim=(-2.8, 5.2), ylim=(-0.5, 1.6))
    ax.set(title=f"the {name} alarm: precision {p:.2f}, recall {r:.2f}")
    assert (r == 1 and p < 0.6) if name == "nervous" else (p == 1 and r < 0.6)
axes[1].set(xlabel="score of the evening")
plots.show(
    fig,
    "Two panels with the same 30 evenings, 5 of them with a fire, placed by "
    "score. The nervous alarm rings for all fires and for many quiet evenings, "
    "the sleepy one for a few fires and for nothing else.",
)

# %%
# The nervous alarm finds every fire, and most of the times that it rings there is none. The sleepy one is right
# whenever it rings, but misses more than half of the fires. Neither number alone says enough: an alarm that always
# rings has recall 1, and an alarm that rings once, when it is sure, can have precision 1.
#
# !!! quiz "Screening"
#     Everybody is offered a cheap test; those it picks out get a careful examination that settles the matter. Which
#     property must the cheap test have above all?
#
#     - [ ] High accuracy
#       > With a rare disease, a test that picks out nobody has it.
#     - [ ] High precision
#       > People who are picked out in vain lose an afternoon: the examination sends them home. Those who were *not*
#       > picked out get no second look.
#     - [x] High recall
#       > A case that is missed here is missed for good. Precision comes afterward, from the examination.
#
# ## One number: F1
#
# To compare two models you want one number. The plain mean of precision and recall will not do: the alarm that always
# rings has recall 1 and so at least 0.5. The **harmonic mean** stays close to the smaller of the two. It is called
# **F1**:
#
# $$F_1 = \frac{2}{\frac{1}{\text{precision}} + \frac{1}{\text{recall}}} = \frac{2\,TP}{2\,TP + FP + FN}.$$
#
# (The two are equal because $1/\text{precision} = (TP+FP)/TP$ and $1/\text{recall} = (TP+FN)/TP$.)


def f1(answer, y):
    tp, fp, fn, _ = outcomes(answer, y)
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0


always, above_3 = torch.ones_like(y), (scores > 3).long()
named = {"never": never, "always": always, "> 1.25": rings, "> 3": above_3}
for name, answer in named.items():
    p, r = precision(answer, y), recall(answer, y)
    print(f"{name:7} precision {p:.3f}  recall {r:.3f}", end="  ")
    print(f"plain mean {(p + r) / 2:.3f}  F1 {f1(answer, y):.3f}")
p, r = precision(rings, y), recall(rings, y)
assert abs(f1(rings, y) - 2 / (1 / p + 1 / r)) < 1e-12
assert f1(always, y) < 0.01 and (precision(always, y) + 1) / 2 > 0.5

# %%
# The alarm that always rings gets more than one half from the plain mean and almost nothing from F1. The formula also
# shows what F1 leaves out: the true negatives do not appear in it, and a missed fire counts exactly as much as a false
# alarm.
#
# !!! quiz "F1 by thought"
#     Of 10 fires an alarm finds 6. It also rings in vain 2 times. What is its F1?
#
#     - [ ] 0.675
#       > The plain mean of precision 0.75 and recall 0.6. F1 is the harmonic mean, which is a little lower.
#     - [=] 0.667 ± 0.002
#       > TP 6, FP 2, FN 4: $12 / (12 + 2 + 4)$.
#     - [ ] 0.6
#       > That is the recall. F1 asks about the false alarms as well.
#     - [ ] anything else
#       > Find TP, FP and FN first: 6, 2 and 10 − 6.
#
# ## Sweep the threshold
#
# Most classifiers give a score, and *you* draw the line. Nothing says that it must be at 0.5 (or at a logit of 0).
# Move the threshold from left to right and watch all three.

thresholds = torch.linspace(-1, 5, 121, dtype=torch.float64)
measures = {"precision": precision, "recall": recall, "F1": f1}
swept = {
    name: [measure((scores > t).long(), y) for t in thresholds]
    for name, measure in measures.items()
}
best = int(np.argmax(swept["F1"]))
plots.curves(
    swept,
    x=thresholds,
    xlabel="threshold: the alarm rings above it",
    ylabel="precision, recall, F1",
    alt="Three curves against the threshold. Recall falls from 1 to almost 0. "
    "Precision rises from almost 0, with jumps at the right. F1 has one hill, "
    f"highest at {thresholds[best]:.2f}, where it is {swept['F1'][best]:.2f}.",
)
print(f"best F1 {swept['F1'][best]:.2f} at threshold {thresholds[best]:.2f}")
print(f"half-way between the means, at 1.25, F1 is {f1(rings, y):.2f}")
steps = {name: np.diff(values) for name, values in swept.items()}
print("steps down of the precision:", (steps["precision"] < 0).sum())
assert (steps["recall"] <= 0).all() and (steps["precision"] < 0).any()

# %%
# Recall can only fall as you raise the threshold: fires drop out, none comes in. Precision *mostly* rises. It falls
# for a moment when the next evening to drop out is a true fire.
#
# !!! quiz "Raising the threshold"
#     You raise the threshold a little, and the number of alarms goes down. What can you be *sure* of?
#
#     - [x] Recall does not rise.
#       > The number of fires stays the same, and the number found cannot grow.
#     - [ ] Precision rises.
#       > Usually. But if the alarm that you lost was a true one, precision falls.
#     - [x] The number of false alarms does not rise.
#       > An evening that did not ring before does not ring now.
#     - [ ] F1 falls, because recall does.
#       > F1 has a hill: on its left side the gain in precision is worth more than the loss of recall.
#
# ## Choose a threshold, and keep the promise
#
# Which threshold is right? That depends on what the mistakes cost, and no formula knows this. Say a regulation
# requires a recall of 95%. Take the highest threshold that reaches it on the first set of evenings. Then open a second
# set, on which nothing was chosen.


def threshold_for(scores, y, wanted):
    """The highest threshold t such that ringing at s >= t has this recall."""
    needed = math.ceil(wanted * y.sum().item())
    return scores[y == 1].sort(descending=True).values[needed - 1]


threshold = threshold_for(scores, y, wanted_recall)
chosen = (scores >= threshold).long()
print(f"threshold {threshold:.3f}: recall {recall(chosen, y):.2f}", end=", ")
print(f"precision {precision(chosen, y):.3f}")
kept = []
for _ in range(21):  # the test set, and twenty more like it
    test_scores, y_test = evenings(fires, quiet, generator)
    kept.append(recall((test_scores >= threshold).long(), y_test))
print(f"recall on the test evenings {kept[0]:.2f}", end="; ")
print(f"on twenty more such sets from {min(kept):.2f} to {max(kept):.2f}")
assert recall(chosen, y) >= wanted_recall
assert recall((scores > threshold).long(), y) < wanted_recall
claim(max(kept) > min(kept), "recall moves from set to set")

# %%
# From set to set the recall moves, because each of the hundred fires is one point. If the promise must not
# be broken, leave a margin. And choose on [validation data, never on the test set](12_validate-regularize.py): a
# threshold is a decision like any other.
#
# If you know the costs, minimize them instead. Say that a missed fire costs as much as a hundred false alarms.

costs = []
for t in thresholds:
    _, fp, fn, _ = outcomes((scores > t).long(), y)
    costs.append(100 * fn + fp)
cheapest = int(np.argmin(costs))
print(
    f"cheapest threshold {thresholds[cheapest]:.2f}: cost {costs[cheapest]:,}"
)
print(f"at the best F1 {costs[best]:,}; never ringing {100 * fires:,}")
assert costs[cheapest] < costs[best] < 100 * fires

# %%
# The best F1 is not the cheapest choice. F1 counts both mistakes equally, and here they do not cost the same.
#
# ## All thresholds at once: the ROC curve
#
# Can we judge the *scores*, before anyone draws a line? Sort the evenings by score, the highest first, and go down the
# list. At each fire take a step up, at each quiet evening a step to the right, so that the whole walk goes from (0, 0)
# to (1, 1). This is the **ROC curve**: recall against the share of quiet evenings with a false alarm. The better the
# scores, the sooner it climbs.
#
# The area below it is the **AUC**. Evenings with equal scores are passed in one slanted step, since no threshold
# separates them.


def roc(scores, y):
    """The ROC curve as (false-alarm rate, recall), from (0, 0) to (1, 1)."""
    order = scores.argsort(descending=True)
    s, truth = scores[order], y[order].double()
    last = F.pad(s[1:] != s[:-1], (0, 1), value=True)  # of equal scores
    found, alarms = truth.cumsum(0)[last], (1 - truth).cumsum(0)[last]
    return F.pad(alarms / alarms[-1], (1, 0)), F.pad(found / found[-1], (1, 0))


def auc(scores, y):
    alarms, found = roc(scores, y)
    return torch.trapezoid(found, alarms).item()


tiny = torch.tensor([0.9, 0.8, 0.7, 0.6, 0.3]), torch.tensor([1, 0, 1, 0, 0])
walk = [round(r, 2) for r in roc(*tiny)[1].tolist()]
print("five evenings, recall along the walk:", walk)
print(f"their AUC {auc(*tiny):.4f}; our alarm's {auc(scores, y):.4f}")
assert abs(auc(*tiny) - 5 / 6) < 1e-12

# %%
# What does this area mean? Compare each fire with each quiet evening: in which share of the pairs does the fire have
# the higher score? (A tie counts half.) That is the same number: **the chance that a random positive outranks a random
# negative**.

pairs = scores[y == 1][:, None] - scores[y == 0][None, :]  # [fires, quiet]
by_pairs = ((pairs > 0).double() + (pairs == 0).double() / 2).mean().item()
coin = torch.rand(len(y), generator=generator)  # scores that know nothing
print(f"AUC by area {auc(scores, y):.9f}")
print(f"by {pairs.numel():,} pairs {by_pairs:.9f}")
print(
    f"of a coin {auc(coin, y):.2f}, of a constant {auc(always, y):.2f}, ",
    end="",
)
print(f"of our scores with the sign flipped {auc(-scores, y):.4f}")
assert abs(auc(scores, y) - by_pairs) < 1e-12
assert auc(always, y) == 0.5 and abs(auc(coin, y) - 0.5) < 0.15
assert abs(auc(-scores, y) - (1 - auc(scores, y))) < 1e-12

# %%
# Why are they equal? Every quiet evening moves the walk to the right by one step of width $1/N_0$, where $N_0$ counts
# the quiet evenings. The strip below that step is as high as the recall reached so far: the share of fires with a
# higher score. The area is the mean of these shares over all quiet evenings, and that is the share of pairs.
#
# !!! quiz "The coin"
#     A model gives each example a random score. One example in a thousand is positive. What is its AUC, about?
#
#     - [ ] 0.001
#       > That is about the *precision* of random alarms. AUC compares pairs of one positive and one negative, and how
#       > many there are of each does not matter.
#     - [ ] 0
#       > An AUC of 0 is as informative as 1: flip the sign and every pair is right.
#     - [=] 0.5 ± 0.01
#       > In half of the pairs the positive happens to be ahead, however rare positives are.
#     - [ ] anything else
#       > Think of one positive and one negative, each with a random score. How often is the positive higher?
#
# ## A rare class: ROC or precision and recall?
#
# The ROC curve does not notice how rare fires are: both its axes are shares within one class. Put the same alarm in
# two towns. In one, half of the evenings have a fire; in the other, one in 401, as above. Next to the ROC curve we
# draw precision against recall.

towns = {
    "1 fire in 2": evenings(4000, 4000, generator),
    "1 fire in 401": (scores, y),
}
areas, average = {}, {}
with plots.style():
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.3))
for (name, (s, truth)), stroke in zip(towns.items(), ("-", "--"), strict=True):
    alarms, found = roc(s, truth)
    areas[name] = auc(s, truth)
    average[name] = oracle.average_precision_score(truth, s)
    wanted = torch.linspace(0.01, 1, 100, dtype=torch.float64)
    places = torch.searchsorted(found, wanted).clamp(max=len(found) - 1)
    alarms, found = alarms[places], found[places]  # enough to draw
    hits, false = found * truth.sum(), alarms * (truth == 0).sum()
    left.plot([0, *alarms, 1], [0, *found, 1], stroke, label=name)
    right.plot(found, hits / (hits + false), stroke)
    print(f"{name:14} AUC {areas[name]:.3f}", end=", ")
    print(f"average precision {average[name]:.3f}")
left.set(xlabel="false-alarm rate", ylabel="recall", title="ROC")
right.set(xlabel="recall", ylabel="precision", title="precision and recall")
right.set(ylim=(-0.03, 1.03))
left.legend()
plots.show(
    fig,
    "Left: the ROC curves of both towns lie close together, near the upper "
    "left corner. Right: precision against recall. With one fire in two the "
    "curve stays near 1 almost to the end; with one in 401 it falls steeply.",
)
claim(abs(areas["1 fire in 2"] - areas["1 fire in 401"]) < 0.06, "same AUC")
claim(average["1 fire in 2"] > average["1 fire in 401"] + 0.2, "less precise")

# %%
# The same sensor and nearly the same AUC, but in the second town precision collapses. **Average precision** is the
# area below the right-hand curve. Report it, or precision at your recall, when positives are rare and each alarm costs
# somebody a walk. Report the AUC when you want to know how well the scores *rank*.
#
# ## Equal to the reference?
#
# Never trust a measure that you have not checked. We draw fifty problems, with many equal scores in every second one,
# and compare F1 and AUC with scikit-learn's.

generator = torch.Generator().manual_seed(0)
worst = 0.0
for problem in range(50):
    n = int(torch.randint(20, 400, (1,), generator=generator))
    truth = torch.rand(n, generator=generator) < 0.05 + 0.01 * problem
    truth = truth.long()
    truth[:2] = torch.tensor([0, 1])  # at least one of each
    s = torch.randn(n, dtype=torch.float64, generator=generator) + truth
    s = s.round() if problem % 2 else s
    answer = (s > 0.5).long()
    by_oracle = oracle.f1_score(truth, answer, zero_division=0)
    worst = max(worst, abs(auc(s, truth) - oracle.roc_auc_score(truth, s)))
    worst = max(worst, abs(f1(answer, truth) - by_oracle))
digits = math.floor(-math.log10(max(worst, 1e-15)))
print(f"largest difference {worst:.1e}; decimal digits in common: {digits}")
report("decimal digits shared with scikit-learn", digits)
assert worst < 1e-9 and digits >= 9

# %%
# ### Add up the counts, not the quotients
#
# You may meet code that computes F1 for each batch and averages. But a mean of quotients is not the quotient of the
# sums, and a batch without a fire has no recall at all. Add up the *counts* over the batches, and divide once.

order = torch.randperm(len(y), generator=torch.Generator().manual_seed(13))
parts = order.split(400)
batch_means = [f1(above_3[part], y[part]) for part in parts]
counts = torch.tensor([outcomes(above_3[part], y[part]) for part in parts])
tp, fp, fn, _ = counts.sum(dim=0).tolist()
averaged, summed = np.mean(batch_means), 2 * tp / (2 * tp + fp + fn)
print(f"mean of the batches' F1 {averaged:.4f}")
print(f"F1 of the summed counts {summed:.4f}")
assert abs(summed - f1(above_3, y)) < 1e-12
claim(
    abs(averaged - summed) > 0.01, "the mean of the batches is another number"
)

# %%
# ## Real people: the admissions once more
#
# [Logistic regression](../1-foundations/06_logistic-regression.py) judged 400 applications to graduate school, and its
# accuracy hardly rose above that of always saying no. Did it know nothing? Fit it once more, on 280 of them, and judge
# the other 120 in several ways. One split alone is a matter of luck, so we make twenty.

x, admitted = student_admissions().tensors
cut = int(0.7 * len(x))


def fitted_logits(train):
    """Fit a logistic regression to some; return the logits of all [N]."""
    scaled = (x - x[train].mean(dim=0)) / x[train].std(dim=0)
    seed(13)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    for _ in range(100):
        logits = model(scaled[train])[:, 0]
        loss = F.binary_cross_entropy_with_logits(logits, admitted[train])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model(scaled)[:, 0].detach()


# %%
# Each split is judged by five numbers. The usual line is at probability one half. The lower line is at the share of
# admitted students: an applicant who is likelier than the average gets a yes.

rows = []
for number in range(20):
    rng = torch.Generator().manual_seed(number)
    train, test = torch.randperm(len(x), generator=rng).tensor_split([cut])
    logits, truth = fitted_logits(train)[test], admitted[test].long()
    usual = (logits > 0).long()
    lower = (logits > admitted[train].mean().logit()).long()
    rows.append(
        {
            "accuracy": (usual == truth).double().mean().item(),
            "accuracy of always no": 1 - truth.double().mean().item(),
            "recall, usual line": recall(usual, truth),
            "recall, lower line": recall(lower, truth),
            "AUC": auc(logits, truth),
        }
    )
splits = {name: torch.tensor([row[name] for row in rows]) for name in rows[0]}
for name, found in splits.items():
    low, high = found.min(), found.max()
    print(f"{name:22} mean {found.mean():.3f}, from {low:.2f} to {high:.2f}")
mean = {name: found.mean().item() for name, found in splits.items()}
gain = mean["accuracy"] - mean["accuracy of always no"]
more = mean["recall, lower line"] - mean["recall, usual line"]
claim(abs(gain) < 0.05, "accuracy hardly tells it from always no")
claim(more > 0.2, "a lower line finds more")
claim(mean["AUC"] > 0.6, "it ranks over 60% of the pairs rightly")
claim(splits["AUC"].max() - splits["AUC"].min() > 0.03, "one split says little")

# %%
# It does know something. At the usual line it seldom says yes, and finds few of the admitted; at the lower line it
# finds many more. The AUC says without any line that its scores rank better than a coin.
#
# Look at the last line once more: the same model, the same 400 people, and the AUC moves by that much, only because
# other people were drawn. A rival whose AUC is three points higher on 120 people may be no better at all.
#
# ## More than two classes
#
# With several classes, each in turn is the positive one against all others. So each has a precision, a recall and an
# F1, read off the confusion matrix: the diagonal, divided by the sums of the columns, or of the rows. The mean of the
# F1s, in which every class counts the same, is the **macro F1**.

truth = torch.tensor([0] * 90 + [1] * 8 + [2] * 2)
answer = torch.tensor([0] * 88 + [1] * 2 + [0] * 4 + [1] * 4 + [0] * 2)
table = metrics.confusion(answer, truth, classes=3)
per_class = 2 * table.diag() / (table.sum(dim=0) + table.sum(dim=1)).double()
print(table)
accuracy, share = metrics.accuracy(F.one_hot(answer).double(), truth), 90 / 100
print(f"accuracy {accuracy:.0%} (always the most frequent class: {share:.0%})")
print("F1 of each class:", [round(value, 2) for value in per_class.tolist()])
print(f"macro F1 {per_class.mean():.3f}")
reference = oracle.f1_score(truth, answer, average="macro", zero_division=0)
assert abs(per_class.mean().item() - reference) < 1e-9 and per_class[2] == 0

# %%
# Ninety-two answers in a hundred are right, and the third class is never found. The macro F1 shows it.
#
# !!! quiz "Read the row"
#     In the matrix above rows are true classes and columns are answers. What is the recall of class 1?
#
#     - [x] 0.5: its diagonal cell divided by the sum of its *row*.
#       > Eight examples are truly of class 1, and four were found.
#     - [ ] 0.67: its diagonal cell divided by the sum of its *column*.
#       > That is the precision: of the six answers "class 1", four were right.
#
# ## Where it fails
#
# A measure shows what it was made to show. The AUC looks at the *order* of the scores and at nothing else. Squeeze all
# probabilities of a model toward one, keeping their order: the AUC does not move, and yet the probabilities have
# become nonsense. The [log-loss](../1-foundations/06_logistic-regression.py) notices.

odds = separation * scores - separation**2 / 2 - math.log(quiet / fires)
honest = torch.sigmoid(odds)  # the true probability of a fire
for name, p in {"honest": honest, "nonsense": 0.9 + 0.1 * honest}.items():
    loss = F.binary_cross_entropy(p, y.double())
    print(f"{name:8}  AUC {auc(p, y):.6f}, log-loss {loss:.4f}", end=", ")
    print(f"mean probability {p.mean():.4f}")
    assert abs(auc(p, y) - auc(scores, y)) < 1e-6
    assert loss > 1 if name == "nonsense" else loss < 0.05
print(f"share of evenings with a fire: {y.double().mean():.4f}")

# %%
# So choose your measure before you look at results, from what the answer will be used for: to rank, to ring, or to
# give a probability. Report the four counts as well: any reader can compute another measure from them.
#
# ## Exercises
#
# [The workbook](13_metrics.exercises.py) has each of these as a cell with a gap, with a checker that tells you what is
# still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [A convolutional network for clothes](../3-vision/19_fashion-cnn.py) compares two networks class by class.
