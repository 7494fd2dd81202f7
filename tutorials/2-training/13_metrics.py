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
# description = "Confusion matrix, precision, recall, F1, thresholds, ROC and AUC: by hand, then against an oracle."
# ///
"""
# When accuracy lies

A smoke alarm that never rings is right on almost every evening of the year. Its accuracy is splendid, and it
is worth nothing. Here you build the numbers that see through it: precision, recall, F1, the ROC curve and its
area, each from plain counts, each equal to a reference implementation to nine digits.
"""

# %%
# You will
#
# - take a mark of 99.75 % apart, and find nothing in it,
# - count four kinds of outcome, and build from them every measure that you meet in papers,
# - choose a threshold on one set of evenings, keep the promise on another, and see what a rare class does to
#   each measure.

import math
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from sklearn import metrics as oracle
from torch import nn

from kindling import metrics, plots
from kindling.data import student_admissions
from kindling.runtime import claim, report, seed

fires, quiet = 100, 40_000  # evenings with and without a fire: one in 401
separation = 2.5  # by how much a fire raises the reading of our alarm
wanted_recall = 0.95

# %%
# ## 40,100 evenings
#
# An alarm reads a number from the air, a **score**: high when there is smoke, and now and then when there is
# toast. We generate evenings, so that we know the truth about each. Class 1, the **positive** one, is what we
# look for: a fire. Positive does not mean good.


def evenings(n_fires, n_quiet, generator):
    """Scores and truths of some evenings: scores float64 [N], y int64 [N], 1 for a fire."""
    y = torch.cat([torch.ones(n_fires), torch.zeros(n_quiet)]).long()
    scores = torch.randn(len(y), dtype=torch.float64, generator=generator) + separation * y
    return scores, y


generator = torch.Generator().manual_seed(13)
scores, y = evenings(fires, quiet, generator)  # to choose on
test_scores, y_test = evenings(fires, quiet, generator)  # to report on
print(
    f"{len(y):,} evenings, {y.sum()} fires; mean score: fire {scores[y == 1].mean():.2f}, "
    f"no fire {scores[y == 0].mean():.2f}"
)

# %%
# ## The alarm that never rings
#
# Before you admire an accuracy, ask what the laziest answer would get. Always "no fire":

never = torch.zeros_like(y)
rings = (scores > 1.25).long()  # half-way between the two means
for name, answer in (("never rings", never), ("rings above 1.25", rings)):
    right = (answer == y).double().mean()
    print(f"{name:17} accuracy {right:.2%}, fires found {answer[y == 1].sum()} of {fires}")
assert (never == y).double().mean() == quiet / (fires + quiet)
assert (never == y).double().mean() > 0.997 > (rings == y).double().mean()

# %%
# The useless alarm has the better accuracy, by far. When one class is so much more common than the other, we
# speak of **class imbalance**, and then accuracy measures mostly how common the common class is.
#
# !!! warning "You may read this elsewhere"
#     "Accuracy 92 %, so the model is good." In one project with headlines, 87 % of the headlines belonged to
#     one class. Never print an accuracy without the share of the most frequent class beside it. Today write
#     both, in one line.


def accuracy_line(answer, y):
    majority = y.bincount().max() / len(y)
    return f"accuracy {(answer == y).double().mean():.2%} (always the commonest class: {majority:.2%})"


print("as found: accuracy", f"{(never == y).double().mean():.2%}")
print("today:   ", accuracy_line(never, y))
assert accuracy_line(never, y).count("99.75%") == 2

# %%
# !!! quiz "The lazy doctor"
#     One person in 401 has a disease: one ill for every 400 healthy. A doctor tells everybody "you are
#     healthy". Which numbers describe this doctor?
#
#     - [x] Accuracy 99.75 %
#       > 400 of 401 answers are right.
#     - [ ] Accuracy 50 %, since nothing was examined
#       > Accuracy counts right answers, and does not ask how they came about. Most people *are* healthy.
#     - [x] Share of the ill who are found: 0
#       > This is the recall, and it gives the doctor away.
#     - [ ] Share of the healthy who are told so: 99.75 %
#       > All of them are told so: 100 %.
#
# ## Four outcomes
#
# An alarm can be right in two ways and wrong in two ways, and the two wrongs cost very different things. A
# **confusion matrix** keeps them apart: a row for each truth, a column for each answer.
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
assert table.tolist() == [[tn, fp], [fn, tp]] and tp + fp + fn + tn == len(y)
assert (table.numpy() == oracle.confusion_matrix(y, rings)).all()

# %%
# ## Two alarms, two questions
#
# Two questions can be asked of an alarm, and they sound alike.
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
# Now imagine two alarms with the same sensor. The nervous one rings at a whiff of toast. The sleepy one waits
# until it can see flames. The picture has thirty evenings with five fires among them, each placed by its
# score.

small_scores, small_y = evenings(5, 25, torch.Generator().manual_seed(3))
alarms = {"the nervous alarm": 0.5, "the sleepy alarm": 3.0}

with plots.style():
    fig, axes = plt.subplots(2, 1, figsize=(6.4, 3.4), sharex=True)
said = []
for ax, (name, threshold) in zip(axes, alarms.items(), strict=True):
    answer = (small_scores > threshold).long()
    ax.axvspan(threshold, 5.2, color=plots.COLORS[4], alpha=0.25, lw=0)
    ax.text(5.15, 1.32, "rings", ha="right", va="center", color=plots.INK, fontsize=9)
    for truth, marker in ((0, "o"), (1, "^")):
        here = small_scores[small_y == truth]
        ax.scatter(here, torch.full_like(here, truth), s=34, color=plots.COLORS[truth], marker=marker)
    tp, fp, fn, _ = outcomes(answer, small_y)
    ax.set(
        title=f"{name}: precision {precision(answer, small_y):.2f}, recall {recall(answer, small_y):.2f}",
        ylim=(-0.5, 1.6),
        xlim=(-2.8, 5.2),
    )
    ax.set_yticks([0, 1], ["no fire", "fire"])
    said.append(f"{name} rings above {threshold}: {tp} fires found, {fp} false alarms, {fn} fires missed")
axes[1].set(xlabel="score of the evening")
plots.show(fig, f"Two panels with the same 30 evenings, 5 with a fire, placed by score. {'. '.join(said)}.")

nervous, sleepy = [(small_scores > threshold).long() for threshold in alarms.values()]
assert recall(nervous, small_y) == 1 and precision(sleepy, small_y) == 1
assert precision(nervous, small_y) < 0.6 and recall(sleepy, small_y) < 0.6

# %%
# The nervous alarm finds every fire, and most of the times that it rings there is none. The sleepy one is
# right whenever it rings, and you may not live to hear it. Neither number alone says enough: recall 1 is to
# be had by ringing always, and precision near 1 by ringing once, when you are sure.
#
# !!! quiz "Screening"
#     A cheap test is offered to everybody; whoever it picks out gets a careful examination that settles the
#     matter. Which property must the cheap test have above all?
#
#     - [ ] High accuracy
#       > With a rare disease, a test that picks out nobody has it.
#     - [ ] High precision
#       > Those picked out in vain lose an afternoon: the careful examination sends them home. Those who were
#       > *not* picked out get no second look.
#     - [x] High recall
#       > Whoever is missed here is missed for good, so few may be missed. Precision is bought afterwards, by
#       > the examination.
#
# ## One number: F1
#
# To compare two models you want one number. The plain mean of precision and recall will not do: the alarm
# that always rings has recall 1 and so at least 0.5. The **harmonic mean** stays close to the smaller of the
# two. It is called **F1**:
#
# $$F_1 = \frac{2}{\frac{1}{\text{precision}} + \frac{1}{\text{recall}}} = \frac{2\,TP}{2\,TP + FP + FN}.$$


def f1(answer, y):
    tp, fp, fn, _ = outcomes(answer, y)
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0


always = torch.ones_like(y)
for name, answer in (("never", never), ("always", always), ("above 1.25", rings), ("above 3", (scores > 3).long())):
    p, r = precision(answer, y), recall(answer, y)
    print(f"{name:10}  precision {p:.3f}  recall {r:.3f}  plain mean {(p + r) / 2:.3f}  F1 {f1(answer, y):.3f}")
p, r = precision(rings, y), recall(rings, y)
assert abs(f1(rings, y) - 2 / (1 / p + 1 / r)) < 1e-12
assert f1(always, y) < 0.01 and (precision(always, y) + recall(always, y)) / 2 > 0.5

# %%
# ??? info "Why the two formulas of F1 are one"
#     Precision is $TP/(TP+FP)$, so $1/\text{precision} = (TP+FP)/TP$, and $1/\text{recall} = (TP+FN)/TP$.
#     Their sum is $(2\,TP+FP+FN)/TP$; two divided by that is the formula on the right. There, too, you can
#     see what F1 never looks at: the true negatives. And it holds a missed fire to be exactly as bad as a
#     false alarm. If you do not, $F_\beta$ counts recall $\beta$ times as heavily, or better: count the
#     costs.
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
# Most classifiers give a score, and *you* draw the line. There is nothing sacred in 0.5 (or in a logit of 0).
# Move the threshold from left to right and watch all three.

thresholds = torch.linspace(-1, 5, 121, dtype=torch.float64)
swept = {"precision": [], "recall": [], "F1": []}
for threshold in thresholds:
    answer = (scores > threshold).long()
    for values, measure in zip(swept.values(), (precision, recall, f1), strict=True):
        values.append(measure(answer, y))

best = int(np.argmax(swept["F1"]))
plots.curves(
    swept,
    x=thresholds,
    xlabel="threshold: the alarm rings above it",
    ylabel="precision, recall, F1",
    alt=f"Three curves against the threshold. Recall falls from {swept['recall'][0]:.2f} to {swept['recall'][-1]:.2f}. "
    f"Precision rises from almost 0 to {swept['precision'][-1]:.2f}, with jumps. F1 has a hill, highest at "
    f"{thresholds[best]:.2f}, where it is {swept['F1'][best]:.2f}.",
)
print(
    f"best F1 {swept['F1'][best]:.2f} at threshold {thresholds[best]:.2f}; half-way, at 1.25, it is {f1(rings, y):.2f}"
)
falling = all(a >= b for a, b in zip(swept["recall"], swept["recall"][1:], strict=False))
jumpy = any(a > b for a, b in zip(swept["precision"], swept["precision"][1:], strict=False))
assert falling and jumpy  # recall can only fall; precision mostly rises, and may drop

# %%
# Recall can only fall as you raise the threshold: fires drop out, none comes in. Precision *mostly* rises. It
# may fall for a moment, when the next evening to drop out is a true fire, and at the far right, where few
# alarms are left, it jumps.
#
# !!! quiz "Raising the threshold"
#     You raise the threshold a little, and the number of alarms goes down. What can you be *sure* of?
#
#     - [x] Recall does not rise.
#       > The fires stay as many, and those found cannot become more.
#     - [ ] Precision rises.
#       > Usually. But if the alarm that you lost was a true one, precision falls.
#     - [x] The number of false alarms does not rise.
#       > An evening that did not ring before does not ring now.
#     - [ ] F1 falls, because recall does.
#       > F1 has a hill: on its left side the gain in precision is worth more than the loss of recall.
#
# ## Choose a threshold, and keep the promise
#
# Which threshold is right? That depends on what the mistakes cost, and no formula knows this. Say a rule book
# asks for a recall of 95 %. Take the highest threshold that reaches it on the first set of evenings. Then
# open the second set, on which nothing was chosen.


def threshold_for(scores, y, wanted):
    """The highest threshold whose recall is at least `wanted` (an alarm rings at the threshold itself, too)."""
    needed = math.ceil(wanted * y.sum().item())
    return scores[y == 1].sort(descending=True).values[needed - 1]


threshold = threshold_for(scores, y, wanted_recall)
chosen, reported = (scores >= threshold).long(), (test_scores >= threshold).long()
print(f"threshold {threshold:.3f}")
print(f"on the evenings that chose it: recall {recall(chosen, y):.2f}, precision {precision(chosen, y):.3f}")
print(
    f"on other evenings:             recall {recall(reported, y_test):.2f}, precision {precision(reported, y_test):.3f}"
)
assert recall(chosen, y) >= wanted_recall > recall((scores > threshold).long(), y)
assert abs(recall(reported, y_test) - wanted_recall) < 0.1

# %%
# With one hundred fires, a recall is uncertain by a few points: each fire is a hundredth. So the promise on
# new evenings holds only roughly; if it must not be broken, leave a margin. And choose on
# [validation data, never on the test set](12_validate-regularize.py): a threshold is a decision like any
# other.
#
# If you know the costs, minimise them instead. Say that a missed fire costs as much as a hundred false
# alarms.

costs = []
for t in thresholds:
    _, fp, fn, _ = outcomes((scores > t).long(), y)
    costs.append(100 * fn + fp)
cheapest = int(np.argmin(costs))
print(
    f"cheapest threshold {thresholds[cheapest]:.2f}: cost {costs[cheapest]:,}; at the best F1 "
    f"{costs[best]:,}; never ringing {100 * fires:,}"
)
assert costs[cheapest] < costs[best] < 100 * fires

# %%
# The best F1 is not the cheapest choice. F1 takes both mistakes for equally bad, and here they are not.
#
# ## All thresholds at once: the ROC curve
#
# Can we judge the *scores*, before anyone draws a line? Sort the evenings by score, the highest first, and go
# down the list. At each fire take a step up, at each quiet evening a step to the right, so that the whole
# walk goes from (0, 0) to (1, 1). This is the **ROC curve**: recall against the share of quiet evenings with
# a false alarm. The better the scores, the sooner it climbs.
#
# The area below it is the **AUC**. Equal scores are passed in one step, slantwise, since no threshold parts
# them.


def roc(scores, y):
    """The ROC curve as (false-alarm rate, recall), from (0, 0) to (1, 1)."""
    order = scores.argsort(descending=True)
    sorted_scores, truth = scores[order], y[order].double()
    ends = torch.cat([sorted_scores[1:] != sorted_scores[:-1], torch.tensor([True])])  # the last of equal scores
    found, alarms = truth.cumsum(0)[ends], (1 - truth).cumsum(0)[ends]
    start = torch.zeros(1, dtype=torch.float64)
    return torch.cat([start, alarms / alarms[-1]]), torch.cat([start, found / found[-1]])


def auc(scores, y):
    return torch.trapezoid(*reversed(roc(scores, y))).item()


tiny = torch.tensor([0.9, 0.8, 0.7, 0.6, 0.3]), torch.tensor([1, 0, 1, 0, 0])
print("five evenings, recall along the walk:", [round(r, 2) for r in roc(*tiny)[1].tolist()])
print(f"their AUC {auc(*tiny):.4f}")
print(f"our alarm: AUC {auc(scores, y):.4f}")
assert abs(auc(*tiny) - 5 / 6) < 1e-12

# %%
# What does an area mean to somebody who wants to know whether the scores are any good? Compare each fire with
# each quiet evening: in which share of the pairs has the fire the higher score? (A tie counts half.) That is
# the same number: **the chance that a random positive outranks a random negative**.

pairs = scores[y == 1][:, None] - scores[y == 0][None, :]  # [fires, quiet]
by_pairs = ((pairs > 0).double() + (pairs == 0).double() / 2).mean().item()
coin = torch.rand(len(y), dtype=torch.float64, generator=generator)  # scores that know nothing
print(f"AUC by area {auc(scores, y):.9f}, by {pairs.numel():,} pairs {by_pairs:.9f}")
print(
    f"AUC of a coin {auc(coin, y):.2f}, of a constant {auc(torch.ones_like(scores), y):.2f}, "
    f"of our scores with the sign turned {auc(-scores, y):.4f}"
)
assert abs(auc(scores, y) - by_pairs) < 1e-12
assert auc(torch.ones_like(scores), y) == 0.5 and abs(auc(coin, y) - 0.5) < 0.1
assert abs(auc(-scores, y) - (1 - auc(scores, y))) < 1e-12

# %%
# !!! warning "You may read this elsewhere"
#     `np.trapz(recall, false_alarms)` for the area. NumPy 2 first warned about the name and then removed it.
#     Today write `np.trapezoid`, or `torch.trapezoid` as above. And do not take the area from a curve sampled
#     at eleven thresholds: it cuts the corners.


def old_area(x, y):
    try:
        return np.trapz(y, x)
    except (AttributeError, DeprecationWarning) as problem:
        return textwrap.shorten(f"{type(problem).__name__}: {problem}", 90, placeholder=" ...")


false_alarms, found = (curve.numpy() for curve in roc(scores, y))
coarse = [(false_alarms[i], found[i]) for i in np.linspace(0, len(found) - 1, 11).astype(int)]
print("old name:", old_area(false_alarms, found))
print(
    f"today {np.trapezoid(found, false_alarms):.4f}; from eleven points only "
    f"{np.trapezoid([r for _, r in coarse], [a for a, _ in coarse]):.4f}"
)
assert np.trapezoid([r for _, r in coarse], [a for a, _ in coarse]) < auc(scores, y) - 0.01

# %%
# ??? info "Why the area is the share of pairs"
#     Every quiet evening moves the walk to the right by one step of width $1/N_0$, where $N_0$ counts the
#     quiet evenings. The strip below that step is as high as the recall reached so far: the share of fires
#     with a higher score. So the area is the mean, over all quiet evenings, of the share of fires that
#     outrank it, and that is the share of pairs. With ties the slanted step gives each tied pair one half.
#
# !!! quiz "The coin"
#     A model gives each example a random score. One example in a thousand is positive. What is its AUC,
#     about?
#
#     - [ ] 0.001
#       > That is about the *precision* of random alarms. AUC compares pairs of one positive and one negative,
#       > and how many there are of each does not matter.
#     - [ ] 0
#       > An AUC of 0 is as informative as 1: turn the sign and every pair is right.
#     - [=] 0.5 ± 0.01
#       > In half of the pairs the positive happens to be ahead, however rare positives are.
#     - [ ] anything else
#       > Think of one positive and one negative, each with a random score. How often is the positive higher?
#
# ## A rare class: ROC or precision and recall?
#
# The ROC curve does not notice how rare fires are: both its axes are shares within one class. Let the same
# alarm hang in two towns. In one, half of the evenings have a fire; in the other, one in 401, as above. Next
# to the ROC curve we draw precision against recall.

towns = {"1 fire in 2": evenings(4000, 4000, generator), "1 fire in 401": (scores, y)}
with plots.style():
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.3))
    areas, average = {}, {}
    for (name, (s, truth)), stroke in zip(towns.items(), ("-", "--"), strict=True):
        alarms_rate, found = roc(s, truth)
        areas[name], average[name] = auc(s, truth), oracle.average_precision_score(truth, s)
        grid = torch.linspace(0.01, 1, 100, dtype=torch.float64)
        places = torch.searchsorted(found, grid).clamp(max=len(found) - 1)  # a hundred points are enough to draw
        hits, false = found[places] * truth.sum(), alarms_rate[places] * (truth == 0).sum()
        left.plot([0, *alarms_rate[places], 1], [0, *found[places], 1], stroke, label=name)
        right.plot(found[places], hits / (hits + false), stroke, label=name)
    left.set(xlabel="false-alarm rate", ylabel="recall", title="ROC")
    right.set(xlabel="recall", ylabel="precision", title="precision and recall", ylim=(-0.03, 1.03))
    left.legend()
plots.show(
    fig,
    "Left: the ROC curves of both towns lie close together, high in the upper left corner. Right: precision "
    "against recall. With one fire in two the curve stays near 1 almost to the end; with one in 401 it falls "
    "steeply and lies far below. "
    + "; ".join(f"{name}: AUC {areas[name]:.3f}, average precision {average[name]:.3f}" for name in towns)
    + ".",
)
for name in towns:
    print(f"{name:14} AUC {areas[name]:.3f}, average precision {average[name]:.3f}")
assert abs(areas["1 fire in 2"] - areas["1 fire in 401"]) < 0.04
assert average["1 fire in 2"] > average["1 fire in 401"] + 0.3

# %%
# The same sensor, the same AUC; but in the second town most alarms are false. **Average precision** is the
# area below the right-hand curve. Report it, or precision at your recall, when positives are rare and each
# alarm costs somebody a walk. Report the AUC when you want to know how well the scores *rank*.
#
# ## Equal to the reference?
#
# Never trust a measure that you have not checked. We draw fifty problems, with many equal scores in some,
# and compare F1 and AUC with scikit-learn's.

generator = torch.Generator().manual_seed(0)
worst = 0.0
for problem in range(50):
    n = int(torch.randint(20, 400, (1,), generator=generator))
    truth = (torch.rand(n, generator=generator) < 0.05 + 0.01 * problem).long()
    truth[:2] = torch.tensor([0, 1])  # at least one of each
    s = torch.randn(n, dtype=torch.float64, generator=generator) + truth
    s = s.round() if problem % 2 else s
    answer = (s > 0.5).long()
    worst = max(
        worst,
        abs(auc(s, truth) - oracle.roc_auc_score(truth, s)),
        abs(f1(answer, truth) - oracle.f1_score(truth, answer, zero_division=0)),
    )
digits = math.floor(-math.log10(max(worst, 1e-15)))
print(f"largest difference in 50 problems: {worst:.1e}; digits in common: {digits}")
report("decimal digits shared with scikit-learn", digits)
assert worst < 1e-9 and digits >= 9

# %%
# !!! warning "You may read this elsewhere"
#     Precision or F1 computed for each batch and then averaged. They are quotients, and a mean of quotients
#     is not the quotient of the sums; a batch without a fire has no recall at all. Today add up the *counts*
#     over the batches, and divide once.

shuffled = torch.randperm(len(y), generator=torch.Generator().manual_seed(13)).split(400)
above_3 = (scores > 3).long()
batch_means = [f1(above_3[batch], y[batch]) for batch in shuffled]
tp, fp, fn, _ = torch.tensor([outcomes(above_3[batch], y[batch]) for batch in shuffled]).sum(dim=0).tolist()
print(
    f"mean of the batches' F1 {sum(batch_means) / len(batch_means):.4f}, F1 of the summed counts "
    f"{2 * tp / (2 * tp + fp + fn):.4f}"
)
assert abs(2 * tp / (2 * tp + fp + fn) - f1(above_3, y)) < 1e-12
assert abs(sum(batch_means) / len(batch_means) - f1(above_3, y)) > 0.03

# %%
# ## Real people: the admissions once more
#
# [Logistic regression](../1-foundations/06_logistic-regression.py) judged 400 applications to graduate
# school, and its accuracy hardly rose above that of always saying no. Did it know nothing? Fit it once more,
# on 280 of them, and judge the other 120 in several ways. One split is one throw of the dice, so we make
# twenty.

x, admitted = student_admissions().tensors
cut = int(0.7 * len(x))


def fitted_logits(train):
    """Fit a logistic regression to some of the applicants; return the logits of all [N]."""
    scaled = (x - x[train].mean(dim=0)) / x[train].std(dim=0)
    seed(13)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    for _ in range(100):
        loss = F.binary_cross_entropy_with_logits(model(scaled[train])[:, 0], admitted[train])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model(scaled)[:, 0].detach()


# %%
# Each split is judged by five numbers. The second line is drawn at the share of admitted students: whoever is
# likelier than the average gets a yes.

splits = []
for number in range(20):
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(number))
    train, test = order[:cut], order[cut:]
    logits, truth = fitted_logits(train)[test], admitted[test].long()
    usual, lower = (logits > 0).long(), (logits > admitted[train].mean().logit()).long()
    accuracy = (usual == truth).double().mean().item()
    majority = 1 - truth.double().mean().item()
    splits.append([accuracy, majority, recall(usual, truth), recall(lower, truth), auc(logits, truth)])

splits = torch.tensor(splits)
names = ["accuracy", "accuracy of always no", "recall at the usual line", "recall at the lower line", "AUC"]
for name, column in zip(names, splits.T, strict=True):
    print(f"{name:26} mean {column.mean():.3f}, from {column.min():.2f} to {column.max():.2f}")
mean = dict(zip(names, splits.mean(dim=0).tolist(), strict=True))
areas_of_splits = splits[:, 4]
claim(abs(mean["accuracy"] - mean["accuracy of always no"]) < 0.05, "accuracy hardly tells it from always no")
claim(mean["recall at the lower line"] > mean["recall at the usual line"] + 0.2, "a lower line finds more")
claim(mean["AUC"] > 0.6, "an admitted student outranks a rejected one in over 60 % of the pairs")
claim(areas_of_splits.max() - areas_of_splits.min() > 0.08, "and one split alone says little")

# %%
# It does know something. At the usual line it hardly ever says yes, and so finds few of the admitted; draw
# the line lower, and it finds many more. The AUC says that without any line.
#
# Look at the last line once more: the same model, the same 400 people, and the AUC moves by that much, only
# because other people were drawn. A rival with an AUC three points higher on 120 people may be no better at
# all.
#
# ## More than two classes
#
# With several classes, each in turn is the positive one against all others. So each has a precision, a recall
# and an F1, read off the confusion matrix: the diagonal, divided by the sums of the columns, or of the rows.
# The mean of the F1s, all classes counting alike, is the **macro F1**.

truth = torch.tensor([0] * 90 + [1] * 8 + [2] * 2)
answer = torch.tensor([0] * 88 + [1] * 2 + [0] * 4 + [1] * 4 + [0] * 2)
table = metrics.confusion(answer, truth, classes=3)
per_class = 2 * table.diag() / (table.sum(dim=0) + table.sum(dim=1)).double()
print(table)
print(accuracy_line(answer, truth))
print("F1 of each class:", [round(value, 2) for value in per_class.tolist()], f"macro F1 {per_class.mean():.3f}")
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
#     - [ ] 0.04: its diagonal cell divided by all examples.
#       > The other classes do not matter for the recall of this one. Ask only those who belong to it.
#
# ## Where it fails
#
# A measure shows what it was made to show. The AUC looks at the *order* of the scores and at nothing else.
# Squeeze all probabilities of a model towards one, keeping their order: the AUC does not move, and yet the
# probabilities have become nonsense. Only the log-loss notices.

scores_p = torch.sigmoid(separation * scores - separation**2 / 2 - math.log(quiet / fires))  # the true probability
nonsense = 0.9 + 0.1 * scores_p
for name, p in (("honest", scores_p), ("nonsense", nonsense)):
    log_loss = F.binary_cross_entropy(p, y.double())
    print(f"{name:8}  AUC {auc(p, y):.6f}, log-loss {log_loss:.4f}, mean probability {p.mean():.4f}")
print(f"share of evenings with a fire: {y.double().mean():.4f}")
assert abs(auc(scores_p, y) - auc(nonsense, y)) < 1e-6
assert F.binary_cross_entropy(nonsense, y.double()) > 50 * F.binary_cross_entropy(scores_p, y.double())
assert abs(scores_p.mean() - y.double().mean()) < 0.001

# %%
# So choose your measure before you look at results, from what the answer will be used for: to rank, to ring,
# or to give a probability. Report the counts as well. Everybody can compute their own favourite from four
# numbers.
#
# ## Exercises
#
# [The workbook](13_metrics.exercises.py) has each of these as a cell with a gap, with a checker that tells
# you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [A convolutional network for clothes](../3-vision/19_fashion-cnn.py) compares two networks class by class.
# When you get to the project on lung scans, come back: there one spot in four hundred matters, and this page
# decides what you call a success.
