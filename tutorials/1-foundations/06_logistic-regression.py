# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["S2.9", "S2.10", "S2.11", "S2.14", "S2.15", "S2.17", "S2.18", "S2.N1", "S2.N2", "P3", "R2",
#     "S2.Q", "CC8"]
# data = ["student_admissions"]
# minutes = 1
# figure = 5
# metric = { name = "mean test accuracy", unit = "%", target = 70, reference = "68.3 % by always saying no" }
# description = "Sigmoid, likelihood, log-loss and gradient descent by hand, then 400 real applications."
# ///
"""
# Logistic regression: from likelihood to log-loss

Four hundred students applied to graduate school, and about one in three got in. In this tutorial you build
the smallest model that answers such a yes-or-no question with a probability. Its loss is the one that most
classifiers, large and small, are trained with today.
"""

# %%
# You will
#
# - turn a score into a probability, and say how good a line is with a single number,
# - walk down to the best line with a gradient that fits on one line, and check it against an oracle,
# - judge 400 real applications, and see a model that knows something although its accuracy hardly shows it.

import math
from itertools import product

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from kindling.data import COLUMNS, student_admissions
from kindling.plots import COLORS, INK, MARKERS, curves, scatter, show, style
from kindling.runtime import claim, report

learning_rate = 1.0
walk_length = 1000  # steps of gradient descent

# %%
# ## A place to practise
#
# Before the real applications, a small world in which we know the truth. Two clouds of fifty points each, one
# around $(-1, -1)$ and one around $(1, 1)$. Courses often hand out a file of a hundred such points. We draw
# ours, with the seed in sight, so you can draw others.

generator = torch.Generator().manual_seed(1)
y = (torch.arange(100) % 2).float()  # 0, 1, 0, 1, ...
x = torch.randn(100, 2, generator=generator) + (2 * y - 1)[:, None]  # [points, 2]

axes = {"xlabel": "$x_1$", "ylabel": "$x_2$"}
scatter(
    *x.T, labels=y, **axes,
    alt="Two clouds of fifty points each: class 0 at the lower left, class 1 at the upper right. They "
    "overlap in the middle, where no straight line can part them.",
)

# %%
# The clouds overlap, so nobody can be right about every point. The honest answer near the middle is
# "perhaps", and that is what we want from a model: not a yes or a no, but how sure it is.
#
# ## From a score to a probability: the sigmoid
#
# Give each point a **score**, $z = w_1 x_1 + w_2 x_2 + b$. It is zero along a straight line, positive on one
# side and negative on the other, and it grows with the distance from the line.
#
# A step would turn the score into a verdict: class 1 if $z > 0$. The **sigmoid** turns it into a probability:
#
# $$p = \sigma(z) = \frac{1}{1 + e^{-z}}.$$

z = torch.linspace(-6, 6, 61)
p = torch.sigmoid(z)
curves(
    {"sigmoid": p, "step": (z > 0).float()}, x=z, xlabel="score z", ylabel="probability of class 1",
    alt="Against the score from -6 to 6, the step jumps from 0 to 1 at zero. The sigmoid rises smoothly in "
    "an S: close to 0 at -6, one half at 0, close to 1 at 6.",
)
assert torch.sigmoid(torch.tensor(0.0)) == 0.5
torch.testing.assert_close(torch.sigmoid(-z), 1 - p)  # turning the question round turns the answer round
torch.testing.assert_close((p / (1 - p)).log(), z, rtol=1e-4, atol=1e-5)

# %%
# The last check says what a score *is*. The ratio $p/(1-p)$ is the **odds**: 3 means three to one. The score
# is the logarithm of the odds. Evidence that multiplies the odds adds to the score, and adding is what a
# weighted sum does well.
#
# !!! quiz "What a score adds"
#     The model gives a point the probability one half. Then a new piece of evidence adds $\log 3$ to the score.
#     What is the probability now?
#
#     - [ ] 3
#       > Those are the odds: three to one. A probability is a share of the whole, three out of four.
#     - [=] 0.75 ± 0.001
#       > One half means odds of one to one. Adding $\log 3$ to the score multiplies the odds by 3, and odds of
#       > three to one are $p = 3/(1+3)$.
#     - [ ] 1.5 ± 0.001
#       > You multiplied the *probability* by 3, and left the range of probabilities. It is the odds that are
#       > multiplied.
#     - [ ] 1.0986 ± 0.001
#       > That is the new score, $0 + \log 3$. It still has to go through the sigmoid.
#     - [ ] anything else
#       > Go by the odds: one half is odds of 1, adding to the score multiplies them, and $p$ is the odds divided by
#       > one more than the odds.
#
# ??? info "The derivation: for two round clouds, the sigmoid is not a choice"
#     Let class 1 be normally distributed around $\mu$ with variance 1 in each direction, class 0 around
#     $-\mu$, both equally common. Bayes' rule gives the odds of class 1 at $x$:
#
#     $$\frac{p}{1-p} = \frac{e^{-\|x-\mu\|^2/2}}{e^{-\|x+\mu\|^2/2}} = e^{2\mu\cdot x}.$$
#
#     So the log of the odds is $2\mu\cdot x$, a linear score, and $p = \sigma(2\mu\cdot x)$ exactly. Our
#     clouds have $\mu = (1, 1)$: the true weights are $w = (2, 2)$ and $b = 0$. No model can know more about
#     a point.
#
# Could a straight line not give the probability itself, fitted by least squares? That is *linear* regression,
# and it does not know where to stop.

design = torch.cat([x, torch.ones(100, 1)], dim=1)
straight = design @ torch.linalg.lstsq(design, y[:, None]).solution
print(f'"probabilities" from {straight.min():.2f} to {straight.max():.2f}')
assert straight.min() < 0 and straight.max() > 1

# %%
# Probabilities below 0 and above 1: that will not do. The sigmoid stays.
#
# ## How probable is what we saw?
#
# Here are two lines. Which one fits better? Ask each how probable it finds the labels that we have. A model
# that gives a point of class 1 the probability .9 gave .9 to the truth. For a point of class 0 it gave .1.
#
# The points are independent, so the probabilities multiply. The product is the **likelihood** of the line.

def probability(x, w, b):
    return torch.sigmoid(x @ w + b)  # [points]


def given_to_truth(p, y):
    return torch.where(y == 1, p, 1 - p)


lines = {
    "a careless line": (torch.tensor([1.0, -0.5]), torch.tensor(0.0)),
    "a better line": (torch.tensor([1.0, 1.0]), torch.tensor(0.0)),
}
truth = {name: given_to_truth(probability(x, w, b), y) for name, (w, b) in lines.items()}
for name in lines:
    print(f"{name}: {truth[name].prod():.1e}")
assert truth["a better line"].prod() > 1e15 * truth["a careless line"].prod()

# %%
# Both numbers are absurdly small, because no one can foretell a hundred labels at once. Only their ratio
# counts. The next figure shows where it comes from: a point is drawn the larger, the less probability the
# line gave to its true class.

with style():
    fig, panels = plt.subplots(1, 2, figsize=(6.4, 3.4), sharey=True)
    for ax, (name, (w, _)) in zip(panels, lines.items(), strict=True):
        surprise = -truth[name].log()
        for label, size in product((0, 1), range(4)):
            here = (y == label) & (surprise.round().clamp(max=3) == size)
            ax.scatter(*x[here].T, 10 + 40 * size, COLORS[label], marker=MARKERS[label], linewidths=0)
        ax.axline((0, 0), (w[1].item(), -w[0].item()), color=INK, linewidth=1.5)
        ax.set(**axes, xticks=(-2, 0, 2), yticks=(-2, 0, 2))
        ax.set_title(f"{name}\nlog-likelihood {truth[name].log().sum():.0f}")
show(
    fig,
    f"Two panels with the same points. The careless line runs steeply through the clouds and leaves many "
    f"large, surprising points of both classes on its wrong side; its log-likelihood is "
    f"{truth['a careless line'].log().sum():.0f}. The better line runs between the clouds, and only a few "
    f"points are large; its log-likelihood is {truth['a better line'].log().sum():.0f}.",
)

# %%
# !!! quiz "The likelihood of three labels"
#     Three points have the labels 1, 0, 1. A line gives them the probabilities .9, .2 and .5 of being in class 1.
#     What is the likelihood of this line?
#
#     - [=] 0.36 ± 0.001
#       > The truths got .9, .8 and .5: the second point is of class 0, so its truth got $1 - 0.2$. The product is .36.
#     - [ ] 0.09 ± 0.001
#       > You multiplied the three probabilities of class 1. The second point is not of class 1: what counts is the
#       > .8 that was given to its true class.
#     - [ ] 2.2 ± 0.001
#       > You added. That the first *and* the second *and* the third label come out has the product as its
#       > probability.
#     - [ ] 0.733 ± 0.001
#       > The mean of what the truths got. It is no probability of anything; the likelihood is the product.
#     - [ ] anything else
#       > Find for each point what its true class got, $p$ or $1 - p$, and multiply the three.
#
# ## Logs, because products vanish
#
# Now take every point ten times. The product of a thousand probabilities is too small for a 32-bit number and
# becomes 0. The sum of the logarithms does not mind, and it is largest for the same line, because the
# logarithm always rises.

thousand = truth["a better line"].repeat(10)
print(f"product: {thousand.prod()},  sum of logs: {thousand.log().sum():.1f}")
assert thousand.prod() == 0
assert thousand.log().sum().isfinite()

# %%
# Two last touches make it a loss. Take the mean, so that it does not depend on the number of points. Turn the
# sign, because a loss should fall:
#
# $$L = -\frac{1}{N}\sum_i \log(\text{probability given to the truth})
#     = -\frac{1}{N}\sum_i \big[\,y_i \log p_i + (1-y_i)\log(1-p_i)\,\big].$$
#
# This is the **log-loss**. Choosing the line with the lowest log-loss *is* choosing the line under which the
# data are most probable, which statisticians call **maximum likelihood**. The model is **logistic
# regression**.
#
# What is a good value? A coin gives every truth one half, so its log-loss is $\log 2$, whatever the data.
# That is the number to beat. And being sure of the wrong thing costs dearly.

def log_loss(x, y, w, b):
    """Mean of -log of the probability given to the true class, in nats."""
    return -given_to_truth(probability(x, w, b), y).log().mean()


coin = log_loss(x, y, torch.zeros(2), torch.tensor(0.0))  # probability one half for every point
print(f"a coin: {coin:.4f}")
for p in (0.99, 0.5, 0.01):
    print(f"the truth was given {p}: loss {-math.log(p):.2f}")
assert abs(coin - 0.6931) < 1e-4

# %%
# !!! quiz "One sure mistake"
#     A forecaster gives the truth the probability .99 for each of 99 points, and the probability 0 for the
#     hundredth. What is the log-loss over all hundred?
#
#     - [ ] About .01: the ninety-nine good forecasts outweigh one.
#       > A mean outweighs what is finite. The hundredth term is $-\log 0$, and no number of good forecasts makes up
#       > for that.
#     - [ ] About .02: one mistake in a hundred adds another .01.
#       > So it is if you count mistakes, each as one. Log-loss asks how sure the forecaster was, and this one was
#       > as sure as can be.
#     - [ ] Exactly $\log 2$: the forecasts are worth a coin.
#       > A coin never rules out the truth, so its loss is always $\log 2$. This forecaster ruled it out, which is
#       > worse than any coin.
#     - [x] Infinite: what was called impossible has happened.
#       > Under this forecaster the data have the likelihood 0, however good the rest is. So never say 0 or 1; the
#       > sigmoid, on paper, never does.
#
# !!! note "Log-loss and cross-entropy"
#     You may read that cross-entropy *generalises* log-loss to many classes, as if there were two formulas.
#     There is one: minus the logarithm of the probability that the truth was given. With two classes it is
#     called log-loss, or binary cross-entropy, and PyTorch's two functions agree to the last digit that
#     matters.

w, b = lines["a better line"]
scores = x @ w + b
two_classes = torch.stack([torch.zeros(100), scores], dim=1)  # a score for class 0 and one for class 1
torch.testing.assert_close(log_loss(x, y, w, b), F.binary_cross_entropy_with_logits(scores, y))
torch.testing.assert_close(log_loss(x, y, w, b), F.cross_entropy(two_classes, y.long()))
print(f"by hand, as binary and as ordinary cross-entropy: {log_loss(x, y, w, b):.4f}")

# %%
# ## Why not count the mistakes?
#
# Mistakes are what we care about in the end, so why not walk towards fewer of them? Turn the line slowly, by
# changing $w_1$ alone, and watch both.

w1 = torch.linspace(-2, 4, 151)
turned = [torch.stack([value, torch.tensor(1.0)]) for value in w1]
mistakes = torch.stack([((x @ w > 0) != (y == 1)).float().mean() for w in turned])
smooth = torch.stack([log_loss(x, y, w, torch.tensor(0.0)) for w in turned])
curves(
    {"log-loss": smooth, "share of mistakes": mistakes}, x=w1, xlabel="$w_1$ (with $w_2 = 1$, $b = 0$)",
    ylabel="loss or share",
    alt="Against the first weight from -2 to 4, the log-loss is a smooth valley. The share of mistakes is a "
    "staircase with flat treads and sudden steps, high where the loss is high.",
)
flat = (mistakes.diff() == 0).float().mean()
print(f"{flat:.0%} of the tiny turns change no answer at all")
assert flat > 0.5
assert (smooth.diff() != 0).all()

# %%
# The count is a staircase. On a tread, a nudge changes nothing, so its slope is zero and tells you nothing
# about where to go. The log-loss has a slope everywhere. It also sees what the count cannot: whether a right
# answer was a narrow thing or a sure one.
#
# !!! quiz "Fewer mistakes or less loss"
#     Model A gives the truth .51 for every point. Model B gives the truth .99 for 95 points of a hundred, and .4 for
#     the other five. There are two classes. What is true?
#
#     - [ ] A has the lower log-loss, because it makes no mistake.
#       > It makes none, but it is hardly ever surer than a coin. Each point costs $-\log 0.51$, nearly as much as
#       > $\log 2$.
#     - [ ] A has the higher accuracy, so B must have the higher loss.
#       > The first half is right: 100 % against 95 %. The second does not follow, because accuracy asks for the side
#       > of one half and log-loss for the distance.
#     - [x] A has the higher accuracy, and B has the lower log-loss.
#       > A is always right, by a hair: about .67 for each point. B pays about .01 for most points and .92 for five, on
#       > average less than .06.
#     - [ ] Both have the same log-loss; they differ in accuracy.
#       > Compare two points: $-\log 0.51$ is about .67, and $-\log 0.99$ about .01. B has ninety-five of the
#       > cheap kind.
#
# ## Which way is down?
#
# The slope of the log-loss is as simple as one could wish. Write $p_i$ for the predicted probability. Then
#
# $$\frac{\partial L}{\partial w} = \frac{1}{N}\sum_i (p_i - y_i)\,x_i, \qquad
#   \frac{\partial L}{\partial b} = \frac{1}{N}\sum_i (p_i - y_i).$$
#
# Each point pulls on the line with a force equal to its error. A point that is already right and sure pulls
# hardly at all.
#
# ??? info "The derivation"
#     Take one point and write the loss with its score $z$. Since $1 - \sigma(z) = \sigma(-z)$ and
#     $-\log\sigma(z) = \log(1 + e^{-z})$, it is
#
#     $$\ell = -y\log\sigma(z) - (1-y)\log\sigma(-z) = \log(1 + e^{z}) - y z.$$
#
#     The second form follows from $\log(1+e^{-z}) = \log(1+e^{z}) - z$. Now differentiate:
#
#     $$\frac{d\ell}{dz} = \frac{e^{z}}{1+e^{z}} - y = \sigma(z) - y = p - y.$$
#
#     The chain rule does the rest: $\partial z/\partial w = x$ and $\partial z/\partial b = 1$.
#     Differentiating once more gives $p(1-p) > 0$: the loss is a bowl in $z$, and so in $w$ and $b$. It has
#     no second valley.

def gradient(x, y, w, b):
    error = probability(x, w, b) - y
    return error @ x / len(x), error.mean()


w, b = torch.tensor([1.0, -0.5], requires_grad=True), torch.tensor(0.0, requires_grad=True)
log_loss(x, y, w, b).backward()
by_formula = gradient(x, y, w, b)
torch.testing.assert_close(by_formula, (w.grad, b.grad))
print(f"by formula  {by_formula[0].detach()}\nby autograd {w.grad}")

# %%
# ## Gradient descent: the walk
#
# **Gradient descent** is the obvious thing to do with a slope: take a step against it, look again, repeat.
# Start where we know nothing, at zero, where the model is a coin.

@torch.no_grad()
def descend(x, y, start=None, steps=walk_length, learning_rate=learning_rate):
    """Walk down the log-loss; return w, b and the path of w, [steps + 1, features]."""
    w = torch.zeros(x.shape[1]) if start is None else start.clone()
    b = torch.tensor(0.0)
    path = [w]
    for _ in range(steps):
        grad_w, grad_b = gradient(x, y, w, b)
        w, b = w - learning_rate * grad_w, b - learning_rate * grad_b
        path.append(w)
    return w, b, torch.stack(path)


w, b, path = descend(x, y)
print(f"walk:   w = {w}, b = {b:.4f}, log-loss {log_loss(x, y, w, b):.4f}")
assert log_loss(x, y, w, b) < coin / 2

# %%
# !!! quiz "The first step"
#     One feature, two points: $x = 1$ of class 0 and $x = 3$ of class 1. You start at $w = 0$, $b = 0$ and take one
#     step, with the mean over the points and a learning rate of 1. Where is $w$?
#
#     - [ ] -0.5 ± 0.001
#       > The gradient is $-0.5$. Down is *against* it, so the step is subtracted.
#     - [ ] 1 ± 0.001
#       > You took the sum of both pulls. The log-loss is a mean, so divide by the two points.
#     - [=] 0.5 ± 0.001
#       > Both points get the probability one half, so the errors are $0.5$ and $-0.5$. The gradient is
#       > $(0.5 \cdot 1 - 0.5 \cdot 3)/2 = -0.5$, and the step goes against it.
#     - [ ] 0 ± 0.001
#       > That is the step of $b$: there the two errors cancel. In $w$ each error is multiplied by its $x$, and the
#       > point at 3 pulls harder.
#     - [ ] anything else
#       > At the start both probabilities are one half. Write the error $p - y$ of each point, multiply by its $x$,
#       > take the mean, and step against it.
#
# Is that the bottom, or did we just stop walking? Ask an oracle that shares nothing with our walk: another
# loss function, gradients by autograd, and an optimizer that estimates the curvature as well. It is `LBFGS`,
# made for small smooth problems like this one.

def oracle(x, y):
    w = torch.zeros(x.shape[1], requires_grad=True)
    b = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.LBFGS([w, b], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(x @ w + b, y)
        loss.backward()
        return loss

    optimizer.step(closure)
    return w.detach(), b.detach()


exact_w, exact_b = oracle(x, y)
print(f"oracle: w = {exact_w}, b = {exact_b:.4f}, log-loss {log_loss(x, y, exact_w, exact_b):.4f}")
torch.testing.assert_close((w, b), (exact_w, exact_b), rtol=1e-2, atol=1e-2)
torch.testing.assert_close(log_loss(x, y, w, b), log_loss(x, y, exact_w, exact_b), rtol=1e-4, atol=0)

# %%
# The same place, found in two ways: the maximum of the likelihood. Seen from above, the walk looks like this.
# The lines join places of equal log-loss, with $b$ held at its final value.

grid = torch.linspace(-1, 4, 60)
scores = x @ torch.stack(torch.meshgrid(grid, grid, indexing="xy")).flatten(start_dim=1) + b  # [points, 3600]
surface = -given_to_truth(scores.sigmoid(), y[:, None]).log().mean(dim=0).view(60, 60)
with style():
    fig, ax = plt.subplots(figsize=(5, 4.4))
    levels = [0.25, 0.3, 0.4, 0.693, 1]
    rings = ax.contour(grid, grid, surface, levels, colors="#8a8a8a", linewidths=1)
    ax.clabel(rings, colors=INK, fontsize=9)
    ax.plot(*path[:60].T, "o-", color=COLORS[1], markersize=3)
    ax.plot(*w, "s", color=COLORS[1], markersize=8)
    ax.set(xlabel="$w_1$", ylabel="$w_2$")
    ax.grid(False)
show(
    fig,
    f"Level lines of the log-loss over both weights form one rounded bowl. The path starts at the origin, "
    f"close to the level of the coin, 0.693, takes long steps straight downhill and ever shorter ones along "
    f"the valley floor, and ends at ({w[0]:.2f}, {w[1]:.2f}).",
)
ends = [descend(x, y, start=torch.tensor(start))[0] for start in ([4.0, -1.0], [-1.0, 4.0])]
for end in ends:
    torch.testing.assert_close(end, w, rtol=1e-2, atol=1e-2)

# %%
# One bowl, one bottom: the last lines started from two far corners and arrived at the same weights. Most
# losses in this field are not so kind.
#
# The clouds have known true weights, $(2, 2)$ with $b = 0$. Which fits our hundred points better, the truth
# or what we found?

def ours_and_true(x, y):
    true_weights = torch.tensor([2.0, 2.0]), torch.tensor(0.0)
    return log_loss(x, y, w, b), log_loss(x, y, *true_weights)


ours, true = ours_and_true(x, y)
print(f"ours {ours:.4f}, the true line {true:.4f}")
assert ours < true

# %%
# Ours does, and it always will: it was made for these points. That is the first hint of overfitting. On new
# points the truth wins.

fresh_y = (torch.arange(100_000) % 2).float()
fresh_x = torch.randn(100_000, 2, generator=generator) + (2 * fresh_y - 1)[:, None]
ours, true = ours_and_true(fresh_x, fresh_y)
print(f"on 100,000 new points: ours {ours:.4f}, the true line {true:.4f}")
assert true < ours

# %%
# ## Three recipes that you will meet
#
# !!! warning "You may read this elsewhere; today write this"
#     Older lessons update the weights in three ways and call them all gradient descent: one point after
#     another, with the *sum* over all points, or with the *mean*. Some add $(y-p)\,x$, some subtract
#     $(p-y)\,x$. The signs are one and the same. Sum and mean differ by the factor $N$ in the learning rate.
#     Point after point is nearly the sum, but not quite, because the line has moved before the last point is
#     seen.
#
#     Today write the mean over a batch. Then a learning rate keeps its meaning when the number of points
#     changes.

start, rate = torch.zeros(2), 0.5
with_mean = start - rate * gradient(x, y, start, 0.0)[0]
with_sum = start + rate / 100 * ((y - probability(x, start, 0.0)) @ x)
one_by_one = start
for xi, yi in zip(x, y, strict=True):
    one_by_one = one_by_one - rate / 100 * (probability(xi, one_by_one, 0.0) - yi) * xi
print(f"mean       {with_mean}\nsum        {with_sum}\none by one {one_by_one}")
torch.testing.assert_close(with_sum, with_mean)
assert 0.001 < (one_by_one - with_mean).norm() < 0.1

# %%
# !!! quiz "Each point twice"
#     By mistake every point stands in the table twice. You keep the learning rate. Which of the recipes now move the
#     line by about twice as much in one pass through the table?
#
#     - [x] The sum over all points.
#       > Twice the terms, twice the gradient, twice the step.
#     - [ ] The mean over all points.
#       > The sum doubles and so does the number by which it is divided. This walk does not notice.
#     - [x] One point after another.
#       > Each point now pulls twice in a pass. It is not exactly twice as far, because the line has moved in
#       > between.
#
# A fourth recipe multiplies the error by $p(1-p)$ as well. That is the slope of the *squared* error
# $\tfrac12(p-y)^2$, and it is a different walk. It fails where help is needed most: at a point that is wrong
# and sure of it, $p(1-p)$ is almost zero. We give a point of class 1 the score $-8$ and look at the pull.

wrong_and_sure = torch.sigmoid(torch.tensor(-8.0))
pull_log = wrong_and_sure - 1
pull_square = (wrong_and_sure - 1) * wrong_and_sure * (1 - wrong_and_sure)
print(f"pull by log-loss {pull_log:.4f}, by squared error {pull_square:.4f}")
assert abs(pull_log) > 1000 * abs(pull_square)

# %%
# ## From scores, not from probabilities
#
# Our `log_loss` takes the logarithm of a sigmoid. On paper that is fine. In 32-bit numbers it breaks as soon
# as a score is large.
#
# !!! warning "You may read this elsewhere; today write this"
#     `sigmoid` followed by `F.binary_cross_entropy` (or `nn.BCELoss`, in old code with `size_average=`) gives
#     a wrong loss and no slope at all for a large wrong score. Today write
#     `F.binary_cross_entropy_with_logits(score, y)`, or `nn.BCEWithLogitsLoss()` where an object is wanted, with
#     `reduction=` if you do not want the mean. It uses the form $\log(1+e^z) - yz$ of the derivation above, in a way
#     that cannot overflow.

for name, loss_of in {
    "by hand": lambda z, y: -given_to_truth(torch.sigmoid(z), y).log(),
    "sigmoid, then binary_cross_entropy": lambda z, y: F.binary_cross_entropy(torch.sigmoid(z), y),
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
}.items():
    score = torch.tensor(200.0, requires_grad=True)  # very sure of class 1, and the truth is class 0
    loss = loss_of(score, torch.tensor(0.0))
    loss.backward()
    print(f"{name}: loss {loss.item()}, slope {score.grad.item()}")
assert loss == 200 and score.grad == 1

# %%
# Only the last line has both the right loss, 200, and the right slope, $p - y = 1$.
#
# !!! quiz "Two sigmoids"
#     A model ends in a sigmoid, and its *probabilities* are given to `F.binary_cross_entropy_with_logits`. It runs
#     without an error. How low can the loss of a point of class 1 be brought at most? Three digits will do.
#
#     - [ ] 0
#       > That takes a score without limit. Here the "score" has been through a sigmoid already, so it never gets
#       > above 1.
#     - [=] 0.313 ± 0.001
#       > The loss takes the probability for a score, and applies the sigmoid again. The best "score" is 1, so the
#       > loss stays above $-\log\sigma(1) = \log(1 + e^{-1})$. A loss that gets stuck is the only sign you get.
#     - [ ] 0.693 ± 0.001
#       > That is the bound for a point of class *0*, where the best "score" is 0. For class 1 the best is 1.
#     - [ ] 1.313 ± 0.001
#       > That is $\log(1 + e)$, the loss at a "score" of 1 if the truth is class *0*. For class 1 subtract $z = 1$.
#     - [ ] anything else
#       > What the function takes for a score lies between 0 and 1. Put the best of these into
#       > $\log(1 + e^z) - z$.
#
# ## When the data are too easy
#
# Take away the points on the wrong side of our line. What remains can be parted without a mistake. A better
# world for a classifier? Watch the length of the weights.

right = (probability(x, w, b) > 0.5) == (y == 1)
assert 80 < right.sum() < 90
_, _, overlapping = descend(x, y, steps=5000)
_, _, separable = descend(x[right], y[right], steps=5000)
seen = torch.logspace(0, math.log10(5000), 60).round().long()  # enough points for a smooth curve
lengths = {"overlapping": overlapping.norm(dim=1), "separable": separable.norm(dim=1)}
with style():
    fig, ax = plt.subplots()
    for (name, length), stroke in zip(lengths.items(), ("-", "--"), strict=True):
        ax.semilogx(seen, length[seen], stroke, label=name)
    ax.set(xlabel="step (logarithmic scale)", ylabel="length of w")
    ax.legend()
show(
    fig,
    f"Length of the weights against the step, from 1 to 5,000 on a logarithmic scale. For overlapping clouds "
    f"it settles at {lengths['overlapping'][-1]:.1f}. For separable points it keeps rising and has reached "
    f"{lengths['separable'][-1]:.1f}, with no end in sight.",
)
growth = {name: (length[5000] / length[2500]).item() for name, length in lengths.items()}
for name, factor in growth.items():
    print(f"{name}: from step 2,500 to 5,000 the weights grow by the factor {factor:.2f}")
assert growth["overlapping"] < 1.001 and growth["separable"] > 1.05

# %%
# They never settle. If a line parts all points, twice its weights give the same line and are surer of every
# right answer, so the likelihood rises again. There is no maximum to arrive at: the model walks towards
# certainty that eighty-odd points cannot justify. Stop early, or charge a little for large weights. One of the
# exercises does the second.
#
# !!! quiz "Twice the weights"
#     A line parts all points without a mistake. You double its weights and its $b$. What happens?
#
#     - [ ] The line moves.
#       > It is where the score is 0, and twice 0 is 0. So the line stays.
#     - [x] The log-loss falls.
#       > Every score moves away from 0, towards its own right side, so every truth gets more.
#     - [ ] The accuracy rises.
#       > It is 100 % already, and no point changes sides. The loss moves where the accuracy cannot.
#     - [x] All odds are squared.
#       > The score is the logarithm of the odds, and twice the logarithm belongs to the square: three to one becomes
#       > nine to one.
#     - [ ] The slope of the loss becomes 0.
#       > It becomes smaller, and never 0: there is always a still surer model. That is why the walk does not end.
#
# ## Four hundred applications
#
# Now the real table. Each row is a student: GRE (a test score), GPA (a grade average), the rank of their
# college from 1, the best, to 4, and whether they were admitted.

x, y = student_admissions().tensors
majority = 1 - y.mean()
print(COLUMNS, "admitted")
for row, admitted in zip(x[:4].tolist(), y[:4], strict=True):
    print([round(value, 2) for value in row], int(admitted))
print(f"{len(y)} rows, {int(y.sum())} admitted; always saying no is right for {majority:.1%}")
assert x.shape[1] == len(COLUMNS) == 3
claim(int(y.sum()) == 127 and len(y) == 400, "127 of 400 were admitted")
claim(abs(majority - 0.683) < 1e-3, "always saying no is right for .683")

# %%
# Remember that last number. A model that has learned nothing at all, and says no to everyone, is right in 68
# of 100 cases.
#
# !!! quiz "An accuracy of 97 per cent"
#     Two people in a hundred have an illness. A model that tells the ill from the healthy is right in 97 of a hundred
#     cases. What do you say?
#
#     - [ ] Excellent: it is wrong in only 3 of a hundred cases.
#       > Somebody who calls everyone healthy is wrong in only 2. Compare an accuracy with that before you praise it.
#     - [ ] Useless: it has less accuracy than always saying "healthy".
#       > Less accuracy, yes. But it may find nearly all the ill, at the price of a few false alarms. From the accuracy
#       > alone you cannot tell.
#     - [x] Fewer are right than by always saying "healthy"; look further.
#       > That is 98 of a hundred. What the model knows can still be worth a lot, but another number has to show it,
#       > such as its log-loss.
#     - [ ] Good: a coin would be right in only 50 of a hundred cases.
#       > A coin is a weak opponent when one class is rare. The one to beat is the constant answer, with 98.
#
# Does any column help? Look at the rank of the college.

rate = [y[x[:, 2] == rank].mean().item() for rank in (1, 2, 3, 4)]
for rank, share in enumerate(rate, start=1):
    print(f"rank {rank}: {share:.0%} admitted")
claim(rate == sorted(rate, reverse=True), "the better the rank, the more are admitted")

# %%
# The rank matters. So we fit. Two precautions come first.
#
# - **Hold out a test set.** The model is judged on students whom it never saw.
# - **Bring the columns to one scale.** GRE runs to 800 and GPA to 4, so a step that suits one weight would be
#   a leap for the other. Subtract the mean and divide by the standard deviation, both taken from the
#   *training* rows only.
#
# With 80 students in a test set, luck plays a part. So we do not split once but twenty times, and report the
# mean.

def try_split(seed):
    """Fit on four fifths of the rows; return the probabilities and the truth for the rest."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    train, test = order[: len(x) * 4 // 5], order[len(x) * 4 // 5 :]
    mean, std = x[train].mean(dim=0), x[train].std(dim=0)
    scaled = (x - mean) / std
    w, b, _ = descend(scaled[train], y[train], steps=100)
    return probability(scaled[test], w, b), y[test], y[train].mean()


splits = [try_split(seed) for seed in range(20)]
accuracies = torch.stack([((p > 0.5) == (y_test == 1)).float().mean() for p, y_test, _ in splits])
accuracy = accuracies.mean().item()
print(f"mean test accuracy of 20 splits: {accuracy:.3f}; always no: {majority:.3f}")
print(f"single splits from {accuracies.min():.2f} to {accuracies.max():.2f}")
report("mean test accuracy", accuracy)
claim(0 < accuracy - majority < 0.04, "the model is a few points better than saying no to everyone")
claim(0.70 <= accuracy <= 0.72, "the mean test accuracy of 20 splits lies between .70 and .72")

# %%
# Two points better than saying no to everyone. If you knew only the accuracy, you would shrug. But accuracy
# looks only at which side of one half a probability lies, and here most lie below. Ask the probabilities
# themselves. We compare three forecasters by their log-loss: the coin, one who knows only the share of
# admissions among the training rows, and our model.

def mean_loss(p, y):
    return -given_to_truth(p, y).log().mean()


losses = torch.tensor([
    [mean_loss(forecast, y_test) for forecast in (torch.full_like(p, 0.5), share.expand_as(p), p)]
    for p, y_test, share in splits
])  # [splits, forecasters]
coin_loss, share_loss, model_loss = losses.mean(dim=0)
print(f"coin {coin_loss:.4f}, share of admissions {share_loss:.4f}, our model {model_loss:.4f}")
ahead = (losses[:, 2] < losses[:, 1]).sum()
print(f"our model beats the share of admissions in {ahead} of 20 splits")
assert abs(coin_loss - math.log(2)) < 1e-4
claim(model_loss < share_loss < coin_loss, "each forecaster beats the last")
claim(ahead >= 14, "the model beats the share of admissions in at least 14 of 20 splits")

# %%
# The order is clear, and it holds in most single splits too. The model knows something about who gets in.
#
# ## Does 30 percent mean 30 percent?
#
# A forecast is **calibrated** if, among all the students who were given about 30 %, about 30 % were admitted.
# We put the test students of all splits together, sort them by forecast into six groups of equal size, and
# count. Each student appears about four times, so the points are less certain than their number suggests.

forecast = torch.cat([p for p, _, _ in splits])
admitted = torch.cat([y_test for _, y_test, _ in splits])
groups = forecast.argsort().tensor_split(6)
said = torch.stack([forecast[group].mean() for group in groups])
came = torch.stack([admitted[group].mean() for group in groups])
with style():
    fig, ax = plt.subplots(figsize=(4.6, 4))
    ax.plot([0, 0.7], [0, 0.7], "--", color=INK, linewidth=1, label="perfect calibration")
    ax.plot(said, came, "o-", label="our model")
    ax.set(xlabel="mean forecast of the group", ylabel="share of the group admitted")
    ax.set(xticks=(0, 0.2, 0.4, 0.6), yticks=(0, 0.2, 0.4, 0.6))
    ax.legend()
read = ", ".join(f"{a:.2f} and {b:.2f}" for a, b in zip(said, came, strict=True))
show(fig, f"Calibration: six groups lie close to the diagonal. Forecast and share admitted: {read}.")
claim((forecast < 0.5).float().mean() > 0.8, "more than four in five forecasts lie below one half")
claim((said - came).abs().mean() < 0.06, "forecast and share differ by less than .06 on average")
claim(came[-1] > 2 * came[0], "the highest group is admitted at least twice as often as the lowest")

# %%
# The points climb along the diagonal. Someone to whom the model gives little chance is rarely admitted, and
# the top group more than twice as often. That is useful knowledge, and almost none of it crosses one half,
# which is why the accuracy could not see it.
#
# !!! quiz "Calibrated, and yet"
#     A forecaster gives each of the 400 applicants the same probability, the share of those admitted. Is this
#     forecast calibrated, and is it useful for telling the applicants apart?
#
#     - [ ] Not calibrated, because each single applicant is either in or out.
#       > A single case cannot tell. Calibration is about a group with the same forecast, and in this one group
#       > forecast and share agree exactly.
#     - [x] Calibrated, and no use for telling one applicant from another.
#       > Among all who were given this number, just that share was admitted. But it is the same for the best
#       > and the worst. You want both: forecasts that hold, and that differ.
#     - [ ] Calibrated, and therefore as good a forecast as our model's.
#       > Calibration is only half of it. Our model beats the share of admissions in log-loss, because its groups
#       > really differ.
#     - [ ] Not calibrated, because its accuracy is only that of always saying no.
#       > Accuracy asks on which side of one half a forecast lies. Calibration asks whether the number holds, and it
#       > does.
#
# ## What the weights say
#
# A weight adds to the log of the odds, so $e^w$ multiplies the odds. One fit to all rows tells the story.

scaled = (x - x.mean(dim=0)) / x.std(dim=0)
w, b, _ = descend(scaled, y)
for name, weight in zip(COLUMNS, w, strict=True):
    print(f"one standard deviation more {name} multiplies the odds by {weight.exp():.2f}")
claim(w[1] > 0 > w[2] and w[2].abs() == w.abs().max(), "the rank weighs most, and a larger rank number hurts")

# %%
# The rank of the college weighs most. Keep in mind what such a sentence means: these students, that year, and
# what went together. It does not say what *caused* an admission.
#
# ## Where it ends
#
# A single score can only draw a straight border. If class 1 sat inside a ring of class 0, no weights would
# help, however long you walked. A layer of bends before the score will:
# [your first network](../2-training/10_first-network.py) builds one. And you trusted autograd here to check
# our formula; [backpropagation](04_backprop.py) shows how it knows.
#
# ## Exercises
#
# [The workbook](06_logistic-regression.exercises.py) has each of these as a cell with a gap, with a checker that
# tells you what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [An unknown thermometer](07_thermometer.py) walks down another slope, with a number to predict instead of a
# class. [Softmax and cross-entropy](../2-training/09_softmax-cross-entropy.py) goes from two classes to many.
