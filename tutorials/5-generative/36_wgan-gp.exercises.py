# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: a critic with slope one

Three tasks and an open question: the distance itself, the penalty that can be
trained on, what five critic steps cost, and where the comparison ends.
"""

import torch
from torch import nn

from kindling.practice import check

# %%
# ## The distance
#
# Compute the earth mover's distance of two sets of points on a line, as many fakes as real ones. They come in any
# order. For two single points it must be the distance between them.
#
# ??? hint
#     Which fake goes to which real point? On a line the order decides.
#
# ??? hint
#     `points.sort().values` is the sorted tensor. The work is the mean length of the moves.


def earth_movers_distance(fake, real):
    """Return the least mean length of the moves from fakes [N] to real [N]."""
    # gap
    return (fake.sort().values - real.sort().values).abs().mean()
    # end


check(
    "wgan-gp/the-distance",
    earth_movers_distance,
    right=lambda fake, real: (
        (fake.sort().values - real.sort().values).abs().mean()
    ),
    cases=[
        (torch.tensor([-1.0]), torch.tensor([2.5])),
        (torch.tensor([4.0, 0.0]), torch.tensor([1.0, 2.0])),
        (torch.tensor([3.0, -2.0, 0.5, 8.0]), torch.tensor([6.0, 7.0, 0, 6.5])),
    ],
    mistakes={
        "you pair the points as they come. Sort both sets "
        "first.": lambda fake, real: (fake - real).abs().mean(),
        "this is the distance between the two means. Moves to the left and to "
        "the right cancel there, and both cost.": lambda fake, real: (
            fake.mean() - real.mean()
        ).abs(),
        "without the absolute value, moves to the left pay for moves to the "
        "right.": lambda fake, real: real.mean() - fake.mean(),
        "these are squares of the lengths. The work grows with the length "
        "itself.": lambda fake, real: (
            (fake.sort().values - real.sort().values).square().mean()
        ),
        "this is the sum of the moves. Each of N points is only one Nth of "
        "the heap: take the mean.": lambda fake, real: (
            (fake.sort().values - real.sort().values).abs().sum()
        ),
        "one of your two sets is sorted downward: the leftmost fake goes to "
        "the rightmost real point.": lambda fake, real: (
            (fake.sort().values - real.sort(descending=True).values)
            .abs()
            .mean()
        ),
        "this is the longest move. The mean of all of them was asked "
        "for.": lambda fake, real: (
            (fake.sort().values - real.sort().values).abs().max()
        ),
        "this is the mean distance of all pairs. Each fake goes to one real "
        "point only.": lambda fake, real: (
            (fake[:, None] - real[None, :]).abs().mean()
        ),
        "each fake takes the nearest real point, and some real points are "
        "taken twice or never.": lambda fake, real: (
            (fake[:, None] - real[None, :]).abs().amin(dim=1).mean()
        ),
    },
)

# %%
# In one dimension no plan beats the sorted one. In the plane, sorting
# along many random directions and taking the mean gives a distance, too: the *sliced* Wasserstein distance.

# %%
# ## The penalty
#
# Write the gradient penalty at given points: the mean of $(\lVert \text{slope} \rVert - 1)^2$, where the slope is the
# gradient of a point's score with respect to that point. For $f(x) = 2x$ it is 1. The critic has to learn from it, so
# it must be possible to call `backward` on what you return.
#
# ??? hint
#     `torch.autograd.grad(scores.sum(), points, create_graph=True)` returns a tuple with one gradient, of the shape of
#     the points. Why may the scores be added up? No score depends on another point.
#
# ??? hint
#     The length of each row is `slope.norm(dim=1)`. The graph of a gradient is kept only with `create_graph=True`.


def gradient_penalty(critic, points):
    """Return the penalty for the critic's slopes at the points [N, D]."""
    points = points.clone().requires_grad_()
    # gap
    #: (slope,) = torch.autograd.grad(...)
    #: return ...
    scores = critic(points).sum()
    (slope,) = torch.autograd.grad(scores, points, create_graph=True)
    return (slope.norm(dim=1) - 1).square().mean()
    # end


def penalties(function):
    """The penalty of three critics, and its gradient for the last of them."""
    torch.manual_seed(36)
    doubled = nn.Linear(1, 1, bias=False)
    nn.init.constant_(doubled.weight, 2.0)
    plane = nn.Linear(2, 1)
    curved = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    points = torch.randn(6, 2)
    found = [function(doubled, points[:, :1]), function(plane, points)]
    last = function(curved, points)
    learned = torch.zeros(8, 2)
    if last.requires_grad:
        last.backward()
        learned = curved[0].weight.grad
    return [*(each.detach() for each in (*found, last)), learned]


def wrong_penalty(reduce, total=torch.sum, keep=True):
    """A penalty with one mistake."""

    def penalty(critic, points):
        points = points.clone().requires_grad_()
        scores = total(critic(points))
        (slope,) = torch.autograd.grad(scores, points, create_graph=keep)
        return reduce(slope)

    return penalty


check(
    "wgan-gp/the-penalty",
    gradient_penalty,
    right=wrong_penalty(lambda s: (s.norm(dim=1) - 1).square().mean()),
    probe=penalties,
    mistakes={
        "the numbers are right, and nothing can be learned from them: the "
        "gradient was computed without `create_graph=True`.": wrong_penalty(
            lambda s: (s.norm(dim=1) - 1).square().mean(), keep=False
        ),
        "you take the mean of the scores before the gradient, so each slope "
        "is too small by the number of points.": wrong_penalty(
            lambda s: (s.norm(dim=1) - 1).square().mean(), torch.mean
        ),
        "this charges the squared slope itself: subtract one from its "
        "length first.": wrong_penalty(lambda s: s.norm(dim=1).square().mean()),
        "this is the length of all slopes together. Each point has a slope "
        "of its own: `dim=1`.": wrong_penalty(
            lambda s: (s.norm() - 1).square()
        ),
        "you charge each coordinate of the slope for itself. Its length "
        "should be one, not each of its coordinates.": wrong_penalty(
            lambda s: (s - 1).square().mean()
        ),
        "you subtract one from the squared length. Subtract it from the "
        "length, then take the square.": wrong_penalty(
            lambda s: (s.square().sum(dim=1) - 1).square().mean()
        ),
        "this charges only slopes that are too steep. Those below one are "
        "charged as well here.": wrong_penalty(
            lambda s: (s.norm(dim=1) - 1).clamp(min=0).square().mean()
        ),
        "you forgot the square, so slopes below one would lower the "
        "price.": wrong_penalty(lambda s: (s.norm(dim=1) - 1).mean()),
        "these are the sums over the points. Take their mean.": wrong_penalty(
            lambda s: (s.norm(dim=1) - 1).square().sum()
        ),
    },
)

# %%
# The penalty that charges only slopes above one is a variant that is used as well: the theory asks for *at most* one.

# %%
# ## The price of five steps
#
# You have a budget of passes through networks, forward or backward. A critic step costs three forward passes (the
# generator, the critic on real samples, the critic on fakes) and one backward pass. The gradient penalty adds one
# forward pass and two backward passes. A generator step costs two forward and two backward passes. How many *generator*
# steps can you afford, if each comes with `critic_steps` critic steps? Only whole ones count.
#
# ??? hint
#     What does one round cost, all critic steps and the generator step together?
#
# ??? hint
#     `//` divides and rounds down.


def generator_steps(budget, critic_steps, penalty):
    """Return how many generator steps the budget allows."""
    # gap
    critic_cost = 7 if penalty else 4
    return budget // (critic_steps * critic_cost + 4)
    # end


check(
    "wgan-gp/the-price-of-five-steps",
    generator_steps,
    right=lambda b, k, gp: b // (k * (4 + 3 * gp) + 4),
    cases=[
        (10_000, 5, True),
        (10_000, 5, False),
        (1_000, 1, True),
        (999, 2, False),
    ],
    mistakes={
        "you left out what the generator step itself costs.": lambda b, k, gp: (
            b // (k * (4 + 3 * gp))
        ),
        "each round has several critic steps: multiply their cost by "
        "`critic_steps`.": lambda b, k, gp: b // (4 + 3 * gp + 4),
        "you charge the penalty in every case. It costs only where `penalty` "
        "is true.": lambda b, k, gp: b // (k * 7 + 4),
        "the penalty is missing: it adds three passes to each critic "
        "step.": lambda b, k, gp: b // (k * 4 + 4),
        "the penalty is paid once in a round. It belongs to each critic "
        "step.": lambda b, k, gp: b // (k * 4 + 3 * gp + 4),
        "this can be a fraction. Half a step is none: round "
        "down.": lambda b, k, gp: b / (k * (4 + 3 * gp) + 4),
        "these are all steps of both players. Asked for are those of the "
        "generator.": lambda b, k, gp: (k + 1) * (b // (k * (4 + 3 * gp) + 4)),
        "these are the critic's steps. Asked for are those of the "
        "generator.": lambda b, k, gp: k * (b // (k * (4 + 3 * gp) + 4)),
    },
)

# %%
# With five critic steps and the penalty a round costs 39 passes; a round of the first GAN, with one step each, costs 8.
# That is the price of a better map. Spectral norm, which costs next to nothing, is one way to save.

# %%
# ## Where the comparison ends
#
# An open question. The two games in the tutorial differ only in their losses, at one radius, one number of critic steps
# and one weight of the penalty. Change one of them at a time, with three seeds each: a ring of radius 1; one critic
# step instead of five; a penalty times 10. Which game loses islands now? Write down what you expect before you run it.
#
# Then give the first GAN's discriminator the gradient penalty, and the WGAN's critic spectral norm instead of the
# penalty. Is it the loss or the slope that finds the islands? What would convince you?
