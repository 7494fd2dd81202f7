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
# metric = { name = "accuracy above always no", unit = "points", target = 0.5, reference = "always saying no" }
# description = "Sigmoid, likelihood, log-loss and gradient descent by hand, then 400 real applications."
# ///
"""
# Logistic regression: from likelihood to log-loss

Four hundred students applied to graduate school, and about one in three got in.
In this tutorial you build the smallest model that answers such a yes-or-no
question with a probability. Its loss is the one that most classifiers, large
and small, are trained with today.
"""

# %%
# First a small world in which we know the truth: two clouds of points around $(-0.75, -0.75)$ and $(0.75, 0.75)$.

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
center = torch.tensor([0.75, 0.75])  # of class 1; class 0 lies opposite


def draw(count, generator):
    """Return points [count, 2] of two round clouds, and their classes."""
    y = (torch.arange(count) % 2).float()  # 0, 1, 0, 1, ...
    noise = torch.randn(count, 2, generator=generator)
    return noise + (2 * y - 1)[:, None] * center, y


generator = torch.Generator().manual_seed(1)
x, y = draw(100, generator)
axes = {"xlabel": "$x_1$", "ylabel": "$x_2$"}
scatter(
    *x.T,
    labels=y,
    **axes,
    alt="Two clouds of fifty points each: class 0 at the lower left, class 1 "
    "at the upper right. They overlap in the middle.",
)

# %%
# The clouds overlap, so nobody can be right about every point. The honest answer near the middle is "perhaps", and
# that is what we want from a model: not a yes or a no, but how sure it is.
#
# ## From a score to a probability: the sigmoid
#
# Give each point a **score**, $z = w_1 x_1 + w_2 x_2 + b$. It is zero along a straight line, positive on one side and
# negative on the other, and it grows with the distance from the line.
#
# A step would turn the score into a verdict: class 1 if $z > 0$. The **sigmoid** turns it into a probability:
#
# $$p = \sigma(z) = \frac{1}{1 + e^{-z}}.$$

z = torch.linspace(-6, 6, 61)
p = torch.sigmoid(z)
curves(
    {"sigmoid": p, "step": (z > 0).float()},
    x=z,
    xlabel="score z",
    ylabel="probability of class 1",
    alt="Against the score, the step jumps from 0 to 1 at zero; the sigmoid "
    "rises smoothly in an S: one half at 0, close to 1 at 6.",
)
assert torch.sigmoid(torch.tensor(0.0)) == 0.5
torch.testing.assert_close(torch.sigmoid(-z), 1 - p)
torch.testing.assert_close((p / (1 - p)).log(), z, rtol=1e-4, atol=1e-5)

# %%
# The last check says what a score *is*. The ratio $p/(1-p)$ is the **odds**: 3 means three to one. The score is the
# logarithm of the odds, so evidence that multiplies the odds adds to the score.
#
# For our clouds the sigmoid is not even a choice. Around centers $\mu$ and $-\mu$ with the same variance 1, Bayes'
# rule gives the odds $e^{-\|x-\mu\|^2/2} / e^{-\|x+\mu\|^2/2} = e^{2\mu\cdot x}$. The score is $2\mu\cdot x$, and
# $p = \sigma(2\mu\cdot x)$ exactly: the true weights are $w = (1.5, 1.5)$ with $b = 0$.
#
# Could a straight line give the probability itself, fitted by least squares? That would be *linear* regression.

design = torch.cat([x, torch.ones(100, 1)], dim=1)
straight = design @ torch.linalg.lstsq(design, y[:, None]).solution
print(f'"probabilities" from {straight.min():.2f} to {straight.max():.2f}')
assert straight.min() < 0 and straight.max() > 1

# %%
# Some of these are below 0 or above 1, so they cannot be probabilities. The sigmoid stays.
#
# ## How probable is what we saw?
#
# Which of two lines fits better? Ask each how probable it finds the labels that we have. A model that gives a point of
# class 1 the probability .9 gave .9 to the truth; for a point of class 0 it gave .1. The points are independent, so
# the probabilities multiply. The product is the **likelihood** of the line.


def probability(x, w, b):
    return torch.sigmoid(x @ w + b)  # [points]


def given_to_truth(p, y):
    return torch.where(y == 1, p, 1 - p)


lines = {
    "a careless line": (torch.tensor([1.0, -0.5]), torch.tensor(0.0)),
    "a better line": (torch.tensor([1.0, 1.0]), torch.tensor(0.0)),
}
truth = {
    name: given_to_truth(probability(x, *line), y)
    for name, line in lines.items()
}
for name in lines:
    print(f"{name}: {truth[name].prod():.1e}")
better, careless = truth["a better line"], truth["a careless line"]
assert better.double().prod() > 1000 * careless.double().prod()

# %%
# Both numbers are absurdly small, because no one can predict a hundred labels at once. Only their ratio counts. The
# next figure shows where it comes from: the less probability the line gave to the true class, the larger the point.

with style():
    fig, panels = plt.subplots(1, 2, figsize=(6.4, 3.4), sharey=True)
    for ax, (name, (w, _)) in zip(panels, lines.items(), strict=True):
        surprise = -truth[name].log()
        for label, size in product((0, 1), range(4)):
            here = (y == label) & (surprise.round().clamp(max=3) == size)
            look = {"color": COLORS[label], "marker": MARKERS[label], "lw": 0}
            ax.scatter(*x[here].T, 10 + 40 * size, **look)
        ax.axline((0, 0), (w[1].item(), -w[0].item()), color=INK, linewidth=1.5)
        ax.set(**axes, xticks=(-2, 0, 2), yticks=(-2, 0, 2))
        ax.set_title(f"{name}\nlog-likelihood {truth[name].log().sum():.0f}")
show(
    fig,
    "Two panels with the same points. The careless line leaves many large "
    "points of both classes on its wrong side; the better line runs between "
    "the clouds, and fewer points are large.",
)

# %%
# ## Logs, because products vanish
#
# Now take every point ten times. The product of a thousand probabilities is too small for a 32-bit number and becomes
# 0. The sum of the logarithms does not mind, and it is largest for the same line, because the logarithm always rises.

thousand = better.repeat(10)
print(f"product {thousand.prod()}, sum of logs {thousand.log().sum():.1f}")
assert thousand.prod() == 0
assert thousand.log().sum().isfinite()

# %%
# Two touches make it a loss. Take the mean over the points, and flip the sign, because a loss should fall:
#
# $$L = -\frac{1}{N}\sum_i \log(\text{probability given to the truth})
#     = -\frac{1}{N}\sum_i \big[\,y_i \log p_i + (1-y_i)\log(1-p_i)\,\big].$$
#
# This is the **log-loss**. Choosing the line with the lowest log-loss *is* choosing the line under which the data are
# most probable, which statisticians call **maximum likelihood**. The model is **logistic regression**. (With more than
# two classes, the same loss is called [cross-entropy](../2-training/09_softmax-cross-entropy.py).)
#
# A coin gives every truth one half, so its log-loss is $\log 2$, whatever the data. That is the number to beat.


def log_loss(x, y, w, b):
    """Mean of -log of the probability given to the true class, in nats."""
    return -given_to_truth(probability(x, w, b), y).log().mean()


coin = log_loss(x, y, torch.zeros(2), torch.tensor(0.0))  # always one half
print(f"a coin: {coin:.4f}")
for p in (0.99, 0.5, 0.01):
    print(f"the truth was given {p}: loss {-math.log(p):.2f}")
assert abs(coin - 0.6931) < 1e-4

# %%
# !!! quiz "One sure mistake"
#     A forecaster gives the truth the probability .99 for 99 points, and 0 for one more. What is the mean log-loss?
#
#     - [ ] About .01: the ninety-nine good forecasts outweigh one.
#       > A mean outweighs what is finite. The hundredth term is $-\log 0$.
#     - [ ] Exactly $\log 2$: the forecasts are worth a coin.
#       > A coin never rules out the truth. This forecaster did.
#     - [x] Infinite: what was called impossible has happened.
#       > The likelihood is 0, however good the rest is. Never say 0 or 1.
#
# ## Why not count the mistakes?
#
# Mistakes are what we care about, so why not walk toward fewer of them? Turn the line by $w_1$ alone, and watch both.

w1 = torch.linspace(-2, 4, 151)
turned = [torch.stack([value, torch.tensor(1.0)]) for value in w1]
wrong = [(x @ w > 0) != (y == 1) for w in turned]
mistakes = torch.stack(wrong).float().mean(dim=1)
smooth = torch.stack([log_loss(x, y, w, 0.0) for w in turned])
curves(
    {"log-loss": smooth, "share of mistakes": mistakes},
    x=w1,
    xlabel="$w_1$ (with $w_2 = 1$, $b = 0$)",
    ylabel="loss or share",
    alt="Against the first weight, the log-loss is a smooth valley; the share "
    "of mistakes is a staircase with flat treads and sudden steps.",
)
flat = (mistakes.diff() == 0).float().mean()
print(f"{flat:.0%} of the tiny turns change no answer at all")
assert flat > 0.5
assert (smooth.diff() != 0).all()

# %%
# The count is a staircase: on a tread, a tiny change of the weight changes nothing, so the slope is zero and does not
# say where to go. The log-loss has a slope everywhere, and it also tells a narrow escape from a sure answer.
#
# ## Which way is down?
#
# The slope of the log-loss is as simple as one could wish. Write $p_i$ for the predicted probability. Then
#
# $$\frac{\partial L}{\partial w} = \frac{1}{N}\sum_i (p_i - y_i)\,x_i, \qquad
#   \frac{\partial L}{\partial b} = \frac{1}{N}\sum_i (p_i - y_i).$$
#
# Each point pulls on the line with a force equal to its error. A point that is right and sure pulls hardly at all.
#
# ??? info "The derivation"
#     Since $1 - \sigma(z) = \sigma(-z)$ and $-\log\sigma(z) = \log(1 + e^{-z})$, the loss of a point with score $z$ is
#
#     $$\ell = -y\log\sigma(z) - (1-y)\log\sigma(-z) = \log(1 + e^{z}) - y z.$$
#
#     Its slope is $\frac{d\ell}{dz} = \frac{e^{z}}{1+e^{z}} - y = p - y$, and the chain rule does the rest:
#     $\partial z/\partial w = x$, $\partial z/\partial b = 1$. Differentiating once more gives $p(1-p) > 0$:
#     the loss is a bowl in $z$, and so in $w$ and $b$. It has no second valley.


def gradient(x, y, w, b):
    error = probability(x, w, b) - y
    return error @ x / len(x), error.mean()


w = torch.tensor([1.0, -0.5], requires_grad=True)
b = torch.tensor(0.0, requires_grad=True)
log_loss(x, y, w, b).backward()
by_formula = gradient(x, y, w, b)
torch.testing.assert_close(by_formula, (w.grad, b.grad))
print(f"by formula  {by_formula[0].detach()}\nby autograd {w.grad}")

# %%
# ## Gradient descent: the walk
#
# Take a step against the slope, look again, repeat: that is **gradient descent**. At zero, the model is a coin.


@torch.no_grad()
def descend(x, y, start=None, steps=walk_length):
    """Walk down the log-loss; return w, b and the path of w."""
    w = torch.zeros(x.shape[1]) if start is None else start.clone()
    b = torch.tensor(0.0)
    path = [w]
    for _ in range(steps):
        grad_w, grad_b = gradient(x, y, w, b)
        w, b = w - learning_rate * grad_w, b - learning_rate * grad_b
        path.append(w)
    return w, b, torch.stack(path)


w, b, path = descend(x, y)
found = log_loss(x, y, w, b)
print(f"walk:   w = {w}, b = {b:.4f}, log-loss {found:.4f}")
assert found < 0.85 * coin

# %%
# !!! quiz "The first step"
#     One feature, two points: $x = 1$ of class 0 and $x = 3$ of class 1. You start at $w = 0$, $b = 0$ and take one
#     step, with the mean over the points and a learning rate of 1. Where is $w$?
#
#     - [ ] -0.5 ± 0.001
#       > That is the gradient. Down is *against* it.
#     - [ ] 1 ± 0.001
#       > You took the sum of both pulls. The log-loss is a mean.
#     - [=] 0.5 ± 0.001
#       > Both probabilities are one half, so the gradient is $(0.5 \cdot 1 - 0.5 \cdot 3)/2 = -0.5$.
#     - [ ] anything else
#       > Write the error $p - y$ of each point, multiply by its $x$, take the mean, and step against it.
#
# Is that the bottom? Ask an oracle that shares nothing with our walk: another loss function, gradients by autograd,
# and `LBFGS`, an optimizer for small smooth problems that estimates the curvature as well.


def oracle(x, y):
    w = torch.zeros(x.shape[1], requires_grad=True)
    b = torch.zeros((), requires_grad=True)
    search = {"max_iter": 200, "line_search_fn": "strong_wolfe"}
    optimizer = torch.optim.LBFGS([w, b], **search)

    def closure():
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(x @ w + b, y)
        loss.backward()
        return loss

    optimizer.step(closure)
    return w.detach(), b.detach()


exact_w, exact_b = oracle(x, y)
lowest = log_loss(x, y, exact_w, exact_b)
print(f"oracle: w = {exact_w}, b = {exact_b:.4f}, log-loss {lowest:.4f}")
loose = {"rtol": 1e-2, "atol": 1e-2}
torch.testing.assert_close((w, b), (exact_w, exact_b), **loose)
torch.testing.assert_close(found, lowest, rtol=1e-4, atol=0)

# %%
# The same place, found in two ways: the maximum of the likelihood. Seen from above, the walk looks like this. The
# lines join places of equal log-loss, with $b$ held at its final value.

grid = torch.linspace(-1, 4, 60)
both = torch.cartesian_prod(grid, grid)  # [3600, 2]
surface = [log_loss(x, y, weights, b) for weights in both]
surface = torch.stack(surface).view(60, 60).T  # rows are w2
with style():
    fig, ax = plt.subplots(figsize=(5, 4.4))
    levels = [float(found) * k for k in (1.05, 1.2, 1.5, 2, 3)]
    rings = ax.contour(grid, grid, surface, levels, colors="#8a8a8a")
    ax.clabel(rings, colors=INK, fontsize=9)
    ax.plot(*path[:60].T, "o-", color=COLORS[1], markersize=3)
    ax.plot(*w, "s", color=COLORS[1], markersize=8)
    ax.set(xlabel="$w_1$", ylabel="$w_2$")
    ax.grid(False)
show(
    fig,
    "Level lines of the log-loss over both weights form one rounded bowl. The "
    "path starts at the origin and takes ever shorter steps to the bottom, at "
    f"({w[0]:.2f}, {w[1]:.2f}).",
)
for corner in ([4.0, -1.0], [-1.0, 4.0]):
    end, _, _ = descend(x, y, start=torch.tensor(corner))
    torch.testing.assert_close(end, w, **loose)

# %%
# One bowl, one bottom: the last lines started from two far corners. Most losses in this field are not so kind.
#
# ## Three recipes that you will meet
#
# Older lessons call three updates gradient descent: with the *mean* over all points, with the *sum*, or one point
# after another. (Some add $(y-p)\,x$, some subtract $(p-y)\,x$, which is the same.) Sum and mean differ by the factor
# $N$ in the learning rate. Point after point is nearly the sum, but the line has moved before the last point is seen.
# Today write the mean: then a learning rate keeps its meaning when the number of points changes.

start, rate = torch.zeros(2), 0.5
with_mean = start - rate * gradient(x, y, start, 0.0)[0]
with_sum = start + rate / 100 * ((y - probability(x, start, 0.0)) @ x)
one_by_one = start
for xi, yi in zip(x, y, strict=True):
    error = probability(xi, one_by_one, 0.0) - yi
    one_by_one = one_by_one - rate / 100 * error * xi
print(f"mean       {with_mean}")
print(f"sum        {with_sum}")
print(f"one by one {one_by_one}")
torch.testing.assert_close(with_sum, with_mean)
assert 0.001 < (one_by_one - with_mean).norm() < 0.1

# %%
# ## From scores, not from probabilities
#
# In 32-bit numbers, the logarithm of a sigmoid breaks as soon as a score is large.
#
# !!! warning "You may read this elsewhere"
#     `sigmoid` followed by `F.binary_cross_entropy` (or `nn.BCELoss`) gives a wrong loss and no slope for a large
#     wrong score. Today write `F.binary_cross_entropy_with_logits(score, y)`, or `nn.BCEWithLogitsLoss()`. It uses the
#     form $\log(1+e^z) - yz$ of the derivation, in a way that cannot overflow.

losses_of = {
    "by hand": lambda z, y: -given_to_truth(z.sigmoid(), y).log(),
    "sigmoid first": lambda z, y: F.binary_cross_entropy(z.sigmoid(), y),
    "with logits": F.binary_cross_entropy_with_logits,
}
for name, loss_of in losses_of.items():
    score = torch.tensor(200.0, requires_grad=True)  # sure of class 1
    loss = loss_of(score, torch.tensor(0.0))  # the truth is class 0
    loss.backward()
    print(f"{name:13} loss {loss.item()}, slope {score.grad.item()}")
assert loss == 200 and score.grad == 1

# %%
# Only the last line has both the right loss, 200, and the right slope, $p - y = 1$.
#
# !!! quiz "Two sigmoids"
#     A model ends in a sigmoid, and its *probabilities* are given to `F.binary_cross_entropy_with_logits`. It runs
#     without an error. How low can the loss of a point of class 1 be brought at most? Three digits will do.
#
#     - [ ] 0
#       > Here the "score" has been through a sigmoid already, so it never gets above 1.
#     - [=] 0.313 ± 0.001
#       > The best "score" is 1, so the loss stays above $-\log\sigma(1)$. A loss that gets stuck is the only sign.
#     - [ ] 0.693 ± 0.001
#       > That is the bound for class *0*, where the best "score" is 0.
#     - [ ] anything else
#       > What the function takes for a score lies between 0 and 1. Put the best of these into $\log(1 + e^z) - z$.
#
# ## When the data are too easy
#
# Take away the points on the wrong side of the better line above. A line can separate what remains
# without a mistake. Is that a better world for a classifier? Watch the length of the weights.

right = (x.sum(dim=1) > 0) == (y == 1)
print(f"{int(right.sum())} points remain")
_, _, overlapping = descend(x, y, steps=5000)
_, _, separable = descend(x[right], y[right], steps=5000)
seen = torch.logspace(0, math.log10(5000), 60).round().long()
paths = {"overlapping": overlapping, "separable": separable}
lengths = {name: path.norm(dim=1) for name, path in paths.items()}
with style():
    fig, ax = plt.subplots()
    for (name, length), stroke in zip(
        lengths.items(), ("-", "--"), strict=True
    ):
        ax.semilogx(seen, length[seen], stroke, label=name)
    ax.set(xlabel="step (logarithmic scale)", ylabel="length of w")
    ax.legend()
show(
    fig,
    "Length of the weights against the step, on a logarithmic scale. For "
    "overlapping clouds it settles; for separable points it keeps rising.",
)
growth = {name: length[5000] / length[2500] for name, length in lengths.items()}
for name, factor in growth.items():
    print(f"{name}: from step 2,500 to 5,000 times {factor:.2f}")
assert growth["overlapping"] < 1.01 and growth["separable"] > 1.05

# %%
# The weights of the separable points never settle. Twice the weights give the same line and are surer of every right
# answer, so the likelihood rises again: the model walks toward certainty that so few points cannot justify. Stop
# early, or charge a little for large weights, as an exercise does.
#
# ## Four hundred applications
#
# Now the real table. Each row is a student: GRE (a test score), GPA (a grade average), the rank of their college from
# 1, the best, to 4, and whether they were admitted.

x, y = student_admissions().tensors
majority = 1 - y.mean()
print(COLUMNS, "admitted")
for row, admitted in zip(x[:4].tolist(), y[:4], strict=True):
    print([round(value, 2) for value in row], int(admitted))
print(f"{len(y)} rows, {int(y.sum())} admitted, {majority:.1%} not")
assert x.shape[1] == len(COLUMNS) == 3
claim(int(y.sum()) == 127 and len(y) == 400, "127 of 400 were admitted")
claim(abs(majority - 0.683) < 1e-3, "always saying no is right for .683")

# %%
# A model that has learned nothing at all, and says no to everyone, is right in 68 of 100 cases. Does any column help?

rate = [y[x[:, 2] == rank].mean().item() for rank in (1, 2, 3, 4)]
for rank, share in enumerate(rate, start=1):
    print(f"rank {rank}: {share:.0%} admitted")
claim(
    rate == sorted(rate, reverse=True),
    "the better the rank, the more are admitted",
)

# %%
# The rank matters. Two precautions before the fit. **Hold out a test set** of students whom the model never saw.
# **Bring the columns to one scale**: GRE runs to 800 and GPA to 4, so a step that suits one weight would be a leap for
# the other. Subtract the mean and divide by the standard deviation, both taken from the *training* rows only.
#
# With 80 students in a test set, luck plays a part. Split a hundred times, then, and compare the model with always
# saying no **on the same test students**, so that an easy test set helps neither.


def try_split(seed):
    """Fit on four fifths of the rows; return forecasts of the rest."""
    order = torch.randperm(
        len(x), generator=torch.Generator().manual_seed(seed)
    )
    train, test = order[: len(x) * 4 // 5], order[len(x) * 4 // 5 :]
    mean, std = x[train].mean(dim=0), x[train].std(dim=0)
    scaled = (x - mean) / std
    w, b, _ = descend(scaled[train], y[train], steps=100)
    return probability(scaled[test], w, b), y[test], y[train].mean()


splits = [try_split(seed) for seed in range(100)]
correct = [((p > 0.5) == (label == 1)).float().mean() for p, label, _ in splits]
accuracies = torch.stack(correct)
always_no = torch.stack([1 - label.mean() for _, label, _ in splits])
gains = accuracies - always_no
won, lost = int((gains > 0).sum()), int((gains < 0).sum())
print(f"accuracy {accuracies.mean():.1%}, always no {always_no.mean():.1%}")
print(f"{won} splits won, {lost} lost; gain {100 * gains.mean():.1f} points")
report("accuracy above always no", 100 * gains.mean())
claim(gains.mean() > 0.005, "the model is a little better than always no")

# %%
# The gain is small, and some splits are lost. But accuracy looks only at which side of one half a probability lies,
# and here most lie below. So compare three forecasters by their log-loss: the coin, one who knows only the share of
# admissions among the training rows, and our model.


def mean_loss(p, y):
    return -given_to_truth(p, y).log().mean()


forecasts = [
    (torch.full_like(p, 0.5), share.expand_as(p), p) for p, _, share in splits
]
losses = torch.tensor(
    [
        [mean_loss(forecast, y_test) for forecast in three]
        for three, (_, y_test, _) in zip(forecasts, splits, strict=True)
    ]
)  # [splits, forecasters]
coin_loss, share_loss, model_loss = losses.mean(dim=0)
print(f"coin {coin_loss:.4f}, share of admissions {share_loss:.4f}")
print(f"our model {model_loss:.4f}")
ahead = (losses[:, 2] < losses[:, 1]).sum()
print(f"our model beats the share of admissions in {ahead} of 100 splits")
claim(model_loss < share_loss < coin_loss, "each forecaster beats the last")
claim(ahead >= 75, "the model beats the share in at least 75 of 100 splits")

# %%
# The order is clear, and it holds in most single splits too. The model knows something about who gets in.
#
# ## Does 30% mean 30%?
#
# A forecast is **calibrated** if, among all the students who were given about 30%, about 30% were admitted. We put the
# test students of all splits together, sort them by forecast into six groups of equal size, and count. Each student
# appears about twenty times, so the points are less certain than their number suggests.

forecast = torch.cat([p for p, _, _ in splits])
admitted = torch.cat([y_test for _, y_test, _ in splits])
groups = forecast.argsort().tensor_split(6)
said = torch.stack([forecast[group].mean() for group in groups])
came = torch.stack([admitted[group].mean() for group in groups])
with style():
    fig, ax = plt.subplots(figsize=(4.6, 4))
    ax.plot([0, 0.7], [0, 0.7], "--", color=INK, label="perfect calibration")
    ax.plot(said, came, "o-", label="our model")
    ax.set(xlabel="mean forecast of the group", ylabel="share admitted")
    ax.legend()
read = ", ".join(
    f"{a:.2f} and {b:.2f}" for a, b in zip(said, came, strict=True)
)
show(
    fig,
    "Six groups lie close to the diagonal of perfect calibration. Forecast "
    f"and share admitted: {read}.",
)
claim((forecast < 0.5).float().mean() > 0.8, "most lie below one half")
claim((said - came).abs().mean() < 0.06, "forecast and share are close")
claim(came[-1] > 2 * came[0], "the top group is admitted twice as often")

# %%
# The points climb along the diagonal. The top group is admitted more than twice as often as the bottom one. Only its
# mean forecast lies above one half, so the accuracy sees little of the climb.
#
# ## What the weights say
#
# A weight adds to the log of the odds, so $e^w$ multiplies the odds. One fit to all rows tells the story.

scaled = (x - x.mean(dim=0)) / x.std(dim=0)
w, b, _ = descend(scaled, y)
for name, weight in zip(COLUMNS, w, strict=True):
    print(f"one standard deviation more {name}: odds times {weight.exp():.2f}")
claim(w[1] > 0 > w[2], "a larger rank number hurts")
claim(w[2].abs() == w.abs().max(), "the rank weighs most")

# %%
# The rank of the college weighs most. Keep in mind what such a sentence means: these students, that year, and what
# went together. It does not say what *caused* an admission.
#
# ## Where it ends
#
# A single score can only draw a straight border. If class 1 sat inside a ring of class 0, no weights would help. A
# layer of activation functions ahead of the score will, as in [your first network](../2-training/10_first-network.py).
#
# ## Exercises
#
# [The workbook](06_logistic-regression.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [An unknown thermometer](07_thermometer.py) walks down another slope, with a number to predict instead of a class.
# [Softmax and cross-entropy](../2-training/09_softmax-cross-entropy.py) goes from two classes to many.
