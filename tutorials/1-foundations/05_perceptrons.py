# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["S2.1", "S2.2", "S2.3", "S2.4", "S2.5", "S2.6", "S2.7", "S2.8", "S2.Q", "B9", "R2"]
# data = []
# minutes = 1
# figure = 5
# metric = { name = "share of the best line's score", unit = "%", target = 95, reference = "the best of all lines" }
# description = "The perceptron: a line that learns from its mistakes, the rule that finds it, and XOR."
# ///
"""
# Perceptrons: lines, logic and their limits

The first machine that learned from its mistakes drew a line between two kinds
of things, and moved it each time it was wrong. Here you build it in three lines
of code, prove that there is a tiny table which it can never learn, and then get
that table right, four cases out of four, with three of them.
"""

# %%
# Here are a hundred points, fifty of each class. A perceptron, with weights chosen without thought, says on which side
# of a line each one lies.

import math
from itertools import product

import matplotlib.pyplot as plt
import torch

from kindling.plots import COLORS, INK, MARKERS, curves, show, style
from kindling.runtime import claim, report, steps

epochs = steps(40, 2)  # passes over the points
gap = 0.1  # how far easy points keep from the diagonal, in x1 + x2
hidden_perceptrons = 100  # for the curved region at the end

generator = torch.Generator().manual_seed(1)
y = (torch.arange(100) % 2).float()  # 0, 1, 0, 1, ...
x = torch.randn(100, 2, generator=generator) + (2 * y - 1)[:, None]
axes = {"xlabel": "$x_1$", "ylabel": "$x_2$"}


def predict(x, w, b):
    """Return the class, 0 or 1, of each point."""
    return (x @ w + b > 0).float()


def draw_boundary(ax, w, b, **look):
    """Draw the line on which the score of a perceptron is zero."""
    on_line = -b * w / (w @ w)
    along = torch.stack([-w[1], w[0]])
    ax.axline(on_line.tolist(), (on_line + along).tolist(), **look)


def draw_points(ax, x, y):
    for label in (0, 1):
        look = {"marker": MARKERS[label], "label": f"class {label}"}
        ax.scatter(*x[y == label].T, 20, COLORS[label], lw=0, **look)


w, b = torch.tensor([1.0, -0.5]), torch.tensor(0.4)
foot = -b * w / (w @ w)  # the point of the line closest to the origin
with style():
    fig, ax = plt.subplots(figsize=(5, 3.6))
    draw_points(ax, x, y)
    draw_boundary(ax, w, b, color=INK)
    arrow = {"arrowstyle": "->", "color": INK, "lw": 2}
    ax.annotate("", (foot + w).tolist(), foot.tolist(), arrowprops=arrow)
    ax.annotate("w", (foot + w + 0.1).tolist(), color=INK)
    ax.set(**axes, aspect="equal")
    ax.legend()
show(
    fig,
    "Two overlapping clouds of points, class 0 at the lower left, class 1 at "
    "the upper right. A steep line crosses both; an arrow w stands at right "
    "angles to it and points to the side that is called class 1.",
)

# %%
# ## A question with two answers
#
# Is this letter spam? Is that spot a star? A **classification problem** asks for one label from a fixed set, and each
# label of the set is a **class**. Two are enough for this page, 0 and 1. The simplest rule that could separate them is
# a straight line. Give each input a **weight**, add up, and add one number more, the **bias**:
#
# $$z = w_1 x_1 + w_2 x_2 + b.$$
#
# Then look only at the sign of this score: positive means class 1, anything else class 0. A weighted sum and a
# threshold: that is a **perceptron**. In `predict`, `x @ w` computes the sum for all points at once. The points with a
# score of zero form the **decision boundary**, here a straight line. The weights are an arrow that stands at right
# angles to it and points to the side of class 1. The bias shifts the line without turning it.


def share_right(x, y, w, b):
    return (predict(x, w, b) == y).double().mean().item()


print(f"the careless line is right for {share_right(x, y, w, b):.0%}")
assert predict(foot + 0.01 * w, w, b) == 1  # a step to either side
assert predict(foot - 0.01 * w, w, b) == 0

# %%
# Nothing in the code says "two". With three inputs the boundary is a plane. With 784, one for each pixel of a small
# image, nobody can draw it any more, but the same line of code still finds the side.
#
# ## Why "neural"?
#
# The idea came from nerve cells, which collect signals, some exciting, some damping, and fire if the sum is strong
# enough. In 1943 that was made a formula, and in 1958 Frank Rosenblatt gave it a rule by which it learns. The likeness
# ends there: real neurons fire in time, and do much that no weighted sum does.
#
# ## Logic with a line
#
# Let the inputs be 0 or 1, for false and true. AND is true for one of the four pairs only, and one line cuts off that
# corner. OR needs the same slope and another bias. NOT has a single input: its "line" is one point on a number line.

pairs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
AND = torch.tensor([1.0, 1.0]), torch.tensor(-1.5)
OR = torch.tensor([1.0, 1.0]), torch.tensor(-0.5)
NOT = torch.tensor([-1.0]), torch.tensor(0.5)

print("x1 x2  AND OR")
for pair in pairs:
    said = [int(predict(pair, *gate)) for gate in (AND, OR)]
    print(*pair.int().tolist(), "", *said, sep="  ")
assert predict(pairs, *AND).tolist() == [0, 0, 0, 1]
assert predict(pairs, *OR).tolist() == [0, 1, 1, 1]
assert predict(torch.tensor([[0.0], [1.0]]), *NOT).tolist() == [1, 0]

# %%
# The next figure shows the three side by side. Filled triangles are true, hollow circles false.


def draw_truth(ax, places, truth):
    for place, value in zip(places.tolist(), truth.tolist(), strict=True):
        look = {"marker": MARKERS[int(value)], "edgecolor": COLORS[int(value)]}
        look["facecolor"] = COLORS[1] if value else "none"
        ax.scatter(*place, 90, **look, zorder=3)
    limits = {"xlim": (-0.4, 1.4), "ylim": (-0.4, 1.4)}
    ax.set(**limits, xticks=(0, 1), yticks=(0, 1), aspect="equal")


with style():
    fig, panels = plt.subplots(1, 3, figsize=(6.4, 2.5))
    for ax, name, gate in zip(
        panels[:2], ("AND", "OR"), (AND, OR), strict=True
    ):
        draw_truth(ax, pairs, predict(pairs, *gate))
        draw_boundary(ax, *gate, color=INK)
        ax.set(title=name, **axes)
    on_a_line = torch.tensor([[0.0, 0.5], [1.0, 0.5]])
    draw_truth(panels[2], on_a_line, torch.tensor([1, 0]))
    panels[2].axvline(0.5, color=INK)
    panels[2].set(title="NOT", xlabel="$x_1$", yticks=())
show(
    fig,
    "Three panels. AND: a falling line cuts off the corner (1, 1). OR: a "
    "parallel line, closer to the origin, cuts off the corner (0, 0). NOT: a "
    "boundary at one half, with 0 true on its left and 1 false on its right.",
)

# %%
# !!! quiz "From AND to OR"
#     The AND perceptron has $w = (1, 1)$ and $b = -1.5$. Which biases turn it into an OR, with the same weights?
#
#     - [x] $-0.5$
#       > With one true input the score is positive, with none it is not.
#     - [ ] $-2.5$
#       > A lower bias asks for more. Not even two true inputs reach 2.5: the answer is always false.
#     - [x] $-0.999$
#       > One true input scores 0.001, just over the threshold. Any bias above $-1$ and below 0 would do.
#
# ## The trick: learn from one mistake
#
# So far we chose the weights. Now let the points choose them. If a point of class 1 got a score below zero, its score
# must rise, so add the point to the weights. If one of class 0 scored above, subtract it. At a learning rate $\eta$:
#
# $$w \leftarrow w + \eta\,(y - \hat y)\,x, \qquad b \leftarrow b + \eta\,(y - \hat y),$$
#
# where $\hat y$ is what the perceptron said. For a point that is right, the difference is zero, and nothing moves.


def corrected(w, b, point, label, learning_rate=1.0):
    """Return the weights and the bias after looking at one point."""
    error = label - predict(point, w, b)  # 1, 0 or -1
    return w + learning_rate * error * point, b + learning_rate * error


# a point of class 1, on the wrong side of our line
point, label = torch.tensor([0.5, 2.0]), torch.tensor(1.0)
before, after = (w, b), corrected(w, b, point, label, learning_rate=0.3)
for (w_now, b_now), when in ((before, "before"), (after, "after")):
    score = point @ w_now + b_now
    numbers = f"w = ({w_now[0]:.2f}, {w_now[1]:.2f}), b = {b_now:.2f}"
    print(f"{when:6} {numbers}, score of the point {score:+.3f}")
rise = (point @ after[0] + after[1]) - (point @ w + b)
torch.testing.assert_close(rise, 0.3 * (point @ point + 1))

# %%
# The score rose by $\eta\,(\|x\|^2 + 1)$, which is always positive: a correction pushes its point in the right
# direction. The point need not be right afterward, and others may get worse. Seen from above, the line swings past.

with style():
    fig, ax = plt.subplots(figsize=(5, 3.8))
    ax.scatter(*point, 90, COLORS[1], marker=MARKERS[1], zorder=3)
    ax.annotate("a point of class 1", (0.7, 2.0), va="center", color=INK)
    dashed = {"linestyle": "--", "label": "before"}
    draw_boundary(ax, *before, color=COLORS[0], **dashed)
    draw_boundary(ax, *after, color=COLORS[2], label="after one correction")
    ax.set(**axes, xlim=(-3, 3), ylim=(-3, 3))
    ax.legend(loc="lower right")
show(
    fig,
    "A point of class 1. Before the correction a steep dashed line leaves it "
    "on the side of class 0. After it the solid line has turned past it.",
)
assert predict(point, *before) == 0 and predict(point, *after) == 1

# %%
# ## The perceptron algorithm
#
# Start with zero weights. Go through the points in a random order and correct each mistake, until a pass finds none.


def learn(x, y, seed=0, learning_rate=1.0, epochs=epochs):
    """Return each (w, b) on the way, and the corrections of each pass."""
    generator = torch.Generator().manual_seed(seed)
    path = [(torch.zeros(x.shape[1]), torch.tensor(0.0))]
    corrections = []
    for _ in range(epochs):
        before = len(path)
        for i in torch.randperm(len(x), generator=generator):
            if predict(x[i], *path[-1]) != y[i]:
                moved = corrected(*path[-1], x[i], y[i], learning_rate)
                path.append(moved)
        corrections.append(len(path) - before)
        if corrections[-1] == 0:
            break
    return path, corrections


# %%
# First an easy world. Of our hundred points we keep those that lie on their own side of the diagonal $x_1 + x_2 = 0$,
# with a small gap. We know that a line exists; the perceptron does not.

easy = (2 * y - 1) * x.sum(dim=1) > gap
easy_x, easy_y = x[easy], y[easy]
path, corrections = learn(easy_x, easy_y)
print(f"{len(easy_x)} points; corrections in each pass: {corrections}")
at_the_end = share_right(easy_x, easy_y, *path[-1])
print(f"right at the end: {at_the_end:.0%}")
claim(corrections[-1] == 0, "the rule stops")
claim(at_the_end == 1, "and then every point is right")

# %%
# Every boundary that it tried is in the next figure, pale at first and darker later. The last one is thick.

with style():
    fig, ax = plt.subplots(figsize=(5, 4.2))
    draw_points(ax, easy_x, easy_y)
    for i, (w_now, b_now) in enumerate(path[1:], start=1):
        last = i == len(path) - 1
        gray = str(0.8 - 0.65 * i / len(path))
        look = {"color": INK, "lw": 2.5} if last else {"color": gray, "lw": 0.8}
        draw_boundary(ax, w_now, b_now, **look)
    ax.set(**axes, aspect="equal", xlim=(-4, 4), ylim=(-4, 4))
    ax.legend(loc="lower left")
show(
    fig,
    f"The easy points, and the {len(path) - 1} boundaries that the rule "
    "tried. They swing about; the last, thick one passes through the gap.",
)

# %%
# It ends in the gap. Does it always stop? Yes, if any line parts the points. Let $R$ be the length of the longest
# input, the constant 1 of the bias counted in, and $\gamma$ the width of the gap on either side of *some* such line.
# Then there are at most $(R/\gamma)^2$ corrections, in any order, in any number of dimensions.
#
# ??? info "The derivation: why it must stop"
#     Write $\tilde x = (x, 1)$ and $\tilde w = (w, b)$, so that the score is $\tilde w\cdot\tilde x$, and let
#     $s = \pm 1$ be the class. Let $u$ be a vector of length 1 with $s\,u\cdot\tilde x \ge \gamma$ for every point. A
#     correction ($\eta = 1$) adds $s\tilde x$, which moves $\tilde w$ along $u$ by at least $\gamma$: after $k$ of
#     them, $u\cdot\tilde w \ge k\gamma$. But it happens only where $s\,\tilde w\cdot\tilde x \le 0$, so the new
#     squared length, $\|\tilde w\|^2 + 2s\,\tilde w\cdot\tilde x + \|\tilde x\|^2$, is at most $\|\tilde w\|^2 + R^2$.
#     After $k$ corrections, $\|\tilde w\|^2 \le kR^2$. Together,
#     $k\gamma \le u\cdot\tilde w \le \|\tilde w\| \le \sqrt{k}\,R$, so $k \le (R/\gamma)^2$.

R_squared = ((easy_x**2).sum(dim=1) + 1).max()
# the gap of the diagonal, which passes through the origin
gamma = ((2 * easy_y - 1) * easy_x.sum(dim=1)).min() / math.sqrt(2)
limit = (R_squared / gamma**2).item()
needed = [len(learn(easy_x, easy_y, seed)[0]) - 1 for seed in range(5)]
print(f"at most {limit:.0f} corrections; five orders needed {needed}")
assert max(needed) <= limit

# %%
# Does the learning rate matter? For gradient descent it decides everything: [the thermometer](07_thermometer.py)
# diverges with a wrong one. Here, from zero weights, it only changes the unit of the weights: every score keeps its
# sign, so every mistake stays one. The small rate below is $1/128$, a power of two, so that not even rounding differs.

rates = (1 / 128, 1.0)
small, large = (learn(easy_x, easy_y, learning_rate=r)[0] for r in rates)
print(f"corrections: {len(small) - 1} with 1/128, {len(large) - 1} with 1")
assert len(small) == len(large)
torch.testing.assert_close(128 * small[-1][0], large[-1][0])

# %%
# ## When no line is perfect
#
# Now all hundred points. The clouds overlap, so no line is right about everybody. What does the rule do?

path, corrections = learn(x, y)
right = [share_right(x, y, *now) for now in path[1:]]
print(f"corrections in the last passes: {corrections[-5:]}")
assert corrections[-1] > 0

# %%
# It never stops. There is always a point on the wrong side, and each correction for one may spoil others. So keep the
# best line in your pocket, and replace it only by a better one. How good could a line be at all? With a hundred points
# we can ask *every* line. Moving it without crossing a point changes no answer, so it is enough to try the lines
# through two of the points, with those two on either side.


def best_of_all_lines(x, y):
    """Return the largest share of points that any straight line gets right."""
    first, second = torch.triu_indices(len(x), len(x), offset=1)  # all pairs
    along = x[second] - x[first]
    across = torch.stack([-along[:, 1], along[:, 0]], dim=1)
    threshold = (across * x[first]).sum(dim=1, keepdim=True)
    said = (across @ x.T > threshold).float()  # [lines, points]
    rows, best = torch.arange(len(first)), 0.0
    for one, other in product((0.0, 1.0), repeat=2):
        said[rows, first], said[rows, second] = one, other  # those on it
        share = (said == y).double().mean(dim=1)
        # a line can also be used with its sides exchanged
        best = max(best, share.max().item(), 1 - share.min().item())
    return best


pocket, best = max(right), best_of_all_lines(x, y)
print(f"in the pocket {pocket:.0%}, the best of all lines {best:.0%}")
report("share of the best line's score", pocket / best)
claim(pocket >= 0.95 * best, "the pocket comes close to the best of all lines")
assert pocket <= best < 1

# %%
# The figure shows the last hundred corrections: what the rule has in its hand, and what is in the pocket.

pockets = [max(right[: i + 1]) for i in range(len(right))]
last = right[-100:]
curves(
    {"after this correction": last, "in the pocket": pockets[-100:]},
    x=range(len(last)),
    xlabel="correction, of the last hundred",
    ylabel="share of points right",
    alt="Share of points right over the last hundred corrections. The line in "
    f"the hand jumps up and down, between {min(last):.2f} and {max(last):.2f}. "
    f"The line in the pocket stays at {pockets[-1]:.2f}.",
)
claim(min(last) < pocket, "the line in the hand is not always the best")

# %%
# !!! quiz "Points that no line parts"
#     You run the perceptron rule on points that overlap. What happens?
#
#     - [ ] It settles on the line with the fewest mistakes.
#       > It sees one point at a time. Near the best line it still corrects, and so leaves it again.
#     - [ ] The corrections get smaller and smaller, and in the end the line stands still.
#       > A correction has the size of the point, however late it comes.
#     - [x] It never stops, so you have to keep the best line yourself.
#       > A pass without mistakes would be needed, and there is none.
#
# ## XOR: the table that no line can learn
#
# Exclusive or is true if exactly one of two inputs is. Suppose a perceptron could do it. Then
#
# $$w_2 + b > 0,\qquad w_1 + b > 0,\qquad b \le 0,\qquad w_1 + w_2 + b \le 0.$$
#
# Add the first two: $w_1 + w_2 + 2b > 0$. Add the last two: $w_1 + w_2 + 2b \le 0$. Both cannot be true, so there is
# no such perceptron, however long you train. How bad is it? There are sixteen tables of two inputs. Draw the weights
# at random, ten thousand times, and count the different tables that come out.

weights = torch.randn(10_000, 2, generator=generator)
biases = torch.randn(10_000, generator=generator)
tables = {
    tuple(table) for table in (pairs @ weights.T + biases > 0).int().T.tolist()
}
missing = sorted(set(product((0, 1), repeat=4)) - tables)
print(f"{len(tables)} of 16 tables; missing: {missing}")
assert missing == [(0, 1, 1, 0), (1, 0, 0, 1)]

# %%
# Fourteen can be done. XOR and its opposite, "both or neither", cannot. The rule gets three of four right, never more.

XOR = torch.tensor([0.0, 1.0, 1.0, 0.0])
path, corrections = learn(pairs, XOR)
best_single = max(share_right(pairs, XOR, *now) for now in path)
passes = len(corrections)
print(f"one perceptron: {best_single:.0%}, still correcting in pass {passes}")
assert corrections[-1] > 0 and best_single <= 0.75
claim(best_single == 0.75, "three of four is the best")

# %%
# ## Two layers
#
# But XOR is "one *or* the other, and *not* both". So let a third perceptron say yes to OR and no to AND.

LAST = torch.tensor([1.0, -1.0]), torch.tensor(-0.5)


def xor(x):
    hidden = torch.stack(
        [predict(x, *OR), predict(x, *AND)], dim=1
    )  # [points, 2]
    return hidden, predict(hidden, *LAST)


hidden, answer = xor(pairs)
for pair, between, final in zip(pairs, hidden, answer, strict=True):
    steps_taken = pair.int().tolist(), between.int().tolist(), int(final)
    print("inputs {} -> hidden {} -> {}".format(*steps_taken))
assert answer.tolist() == XOR.tolist()

# %%
# Four out of four. The first layer did not answer. It *moved the points*, to places where one line is enough.

with style():
    fig, (left, right_panel) = plt.subplots(1, 2, figsize=(6.4, 3.1))
    draw_truth(left, pairs, XOR)
    draw_boundary(left, *OR, color=COLORS[2], label="OR")
    dashed = {"linestyle": "--", "label": "AND"}
    draw_boundary(left, *AND, color=COLORS[3], **dashed)
    left.set(title="what comes in", **axes)
    left.legend(loc="upper right", fontsize=8)
    draw_truth(right_panel, hidden, XOR)
    draw_boundary(right_panel, *LAST, color=INK)
    look = {"ha": "center", "va": "top", "color": INK}
    right_panel.annotate("two points", (0.98, -0.1), **look)
    right_panel.set(title="what the third one sees")
    right_panel.set(xlabel="OR says", ylabel="AND says")
show(
    fig,
    "Left: the four input pairs; the two true ones lie in the strip between "
    "the boundaries of OR and AND. Right: after the first layer the true pairs "
    "share one spot, (1, 0), and a single line cuts it off.",
)
assert hidden[1].tolist() == hidden[2].tolist() == [1, 0]

# %%
# !!! quiz "What a second layer needs"
#     The first layer has no threshold: two weighted sums go straight into the third perceptron. Can it still do XOR?
#
#     - [ ] Yes, with two layers there are weights enough.
#       > More numbers, but nothing new: a weighted sum of weighted sums is again one weighted sum of the two inputs.
#     - [x] No: it is one perceptron in disguise.
#       > The two layers collapse into a single line. A threshold, or another activation function, prevents that.
#     - [ ] Yes, but training would take much longer.
#       > There is nothing to be found, however long you look.
#
# ## Regions that no line divides
#
# With more perceptrons in the first layer, the second can cut out any shape made of straight edges. Here are two moons
# that reach around each other. A single perceptron does its best first.


def moons(count, generator):
    """Return points [count, 2] on two noisy half circles, and their classes."""
    label = (torch.arange(count) % 2).float()
    angle = math.pi * torch.rand(count, generator=generator)
    arc = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], dim=1)
    side = (1 - 2 * label)[:, None]  # the second moon is upside down
    noise = 0.15 * torch.randn(count, 2, generator=generator)
    return side * arc + noise, label


generator = torch.Generator().manual_seed(2)
moon_x, moon_y = moons(200, generator)
test_x, test_y = moons(1000, generator)


def pocketed(x, y):
    """Learn, and return the best (w, b) on the way."""
    return max(learn(x, y)[0], key=lambda now: share_right(x, y, *now))


line = pocketed(moon_x, moon_y)
line_right = share_right(test_x, test_y, *line)
print(f"one line: {line_right:.1%} of 1,000 new points")

# %%
# The rule needs the error of each perceptron, and nobody says what the hidden ones *should* have said. Rosenblatt
# drew the first layer at random, and only the last perceptron learned. Do the same, with a hundred random lines.

direction = 2 * math.pi * torch.rand(hidden_perceptrons, generator=generator)
hidden_w = torch.stack([direction.cos(), direction.sin()])  # [2, hidden]
hidden_b = 2.4 * torch.rand(hidden_perceptrons, generator=generator) - 1.2


def first_layer(x):
    return predict(x, hidden_w, hidden_b)  # [points, hidden], zeros and ones


region = pocketed(first_layer(moon_x), moon_y)
region_right = share_right(first_layer(test_x), test_y, *region)
print(f"{hidden_perceptrons} lines and one more perceptron: {region_right:.1%}")
claim(region_right > line_right + 0.04, "two layers do better than one line")

# %%
# Look at the boundary that comes out.

across, up = torch.linspace(-2, 2, 120), torch.linspace(-1.6, 1.6, 120)
grid_x, grid_y = torch.meshgrid(across, up, indexing="xy")
grid = torch.stack([grid_x, grid_y], dim=-1).view(-1, 2)
answer = predict(first_layer(grid), *region).view(120, 120)
with style():
    fig, panels = plt.subplots(1, 2, figsize=(6.4, 2.9), sharey=True)
    limits = {"xlim": (-2, 2), "ylim": (-1.6, 1.6), "aspect": "equal"}
    for ax, name in zip(panels, ("one perceptron", "two layers"), strict=True):
        draw_points(ax, moon_x, moon_y)
        ax.set(title=name, **axes, **limits)
    draw_boundary(panels[0], *line, color=INK)
    panels[1].contour(grid_x, grid_y, answer, [0.5], colors=INK)
show(
    fig,
    "Two moons reaching around each other. Left: a straight line cuts off the "
    f"tips of both, {line_right:.0%} right. Right: a boundary of short "
    f"straight pieces winds between the moons, {region_right:.0%} right.",
)

# %%
# The boundary is curved, although it is made of nothing but straight cuts. Where the cuts lie was left to chance,
# which is wasteful: with more inputs you would need far more of them. One would like the first layer to learn too.
#
# !!! warning "You may read this elsewhere"
#     "A deep network is many perceptrons, plus a backpropagation algorithm to introduce feedback." The perceptron's
#     rule is older than backpropagation and does not use it, and backpropagation cannot train perceptrons: it needs
#     slopes, and a threshold has none. Take a smooth step, such as the [sigmoid](06_logistic-regression.py),
#     and *then* use [backpropagation](04_backprop.py).
#
# In code, the threshold as a comparison leaves no trace for autograd. As `sign`, its slope is zero everywhere.

w = torch.tensor([1.0, -0.5], requires_grad=True)
try:
    (x[0] @ w > 0).float().backward()
except RuntimeError as error:
    complaint = str(error)
print("comparison:", complaint)
assert "does not require grad" in complaint

slopes = {}
for step in (torch.sign, torch.sigmoid):
    (slopes[step],) = torch.autograd.grad(step(x[0] @ w), w)
    print(f"through {step.__name__}: {slopes[step].tolist()}")
assert (slopes[torch.sign] == 0).all() and (slopes[torch.sigmoid] != 0).all()

# %%
# ## Where it fails
#
# Here is a quieter failure than those above. The rule stops at the *first* line without a mistake, however close to a
# point it passes. Make the gap five times as wide, so that the points are easier still, and learn them in twenty
# orders. How close does each line come to the nearest point?

wide = (2 * y - 1) * x.sum(dim=1) > 5 * gap
wide_x, wide_y = x[wide], y[wide]
diagonal = torch.tensor([1.0, 1.0]), torch.tensor(0.0)


def nearest(w, b):
    return ((wide_x @ w + b).abs().min() / w.norm()).item()


ends = [learn(wide_x, wide_y, seed)[0][-1] for seed in range(20)]
distances = sorted(nearest(*end) for end in ends)
print(f"the diagonal: nearest point at {nearest(*diagonal):.2f}")
print("twenty lines:", " ".join(f"{distance:.2f}" for distance in distances))
for end in ends:
    claim(share_right(wide_x, wide_y, *end) == 1, "each line is perfect here")
claim(distances[0] < 0.5 * nearest(*diagonal), "and some are narrow escapes")

# %%
# All twenty are perfect on these points, and some pass a point at less than half the distance that the diagonal keeps.
# A perceptron does not tell a narrow escape from a safe answer. It has no number for *how* right an answer is.
#
# ## Exercises
#
# [The workbook](05_perceptrons.exercises.py) has a gap to fill for each of these, with hints, a checker, a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Logistic regression](06_logistic-regression.py) replaces the step by a sigmoid and gets the missing number. [The
# thermometer](07_thermometer.py) shows the walk downhill that takes the place of the perceptron's rule.
