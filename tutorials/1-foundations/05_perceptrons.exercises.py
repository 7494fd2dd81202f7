# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: perceptrons

Three tasks and an open question on lines and what they can part. Draw the four
corners of a square first.
"""

import math

import torch

from kindling.practice import check

# %%
# ## A gate for everything
#
# NAND is false only if both inputs are true. It is famous because every logical circuit can be built out of
# NANDs alone. Choose the weights and the bias, so that `nand` computes it for inputs 0 and 1.
#
# ??? hint
#     You know the line of AND. NAND has the same line. Which side is true now?
#
# ??? hint
#     Turning every sign exchanges the two sides of a boundary.


def nand(x1, x2):
    """Return 1 unless both inputs are 1."""
    # gap
    #: w1, w2, b = ..., ..., ...
    w1, w2, b = -1.0, -1.0, 1.5
    # end
    return int(w1 * x1 + w2 * x2 + b > 0)


check(
    "perceptrons/a-gate-for-everything",
    nand,
    right=lambda x1, x2: 1 - min(x1, x2),
    cases=[(0, 0), (0, 1), (1, 0), (1, 1)],
    mistakes={
        "this is AND. You have its line; now the other side "
        "must be true.": lambda x1, x2: min(x1, x2),
        "this is NOR, false as soon as one input is true. Move the line "
        "outwards, with a larger bias.": lambda x1, x2: 1 - max(x1, x2),
        "this is OR. It differs from NAND at both ends: with no true input, "
        "and with two.": lambda x1, x2: max(x1, x2),
        "it is always true. The bias outweighs both weights together, so "
        "nothing can bring the score below "
        "zero.": lambda x1, x2: 1,
        "it is always false. With both inputs 0 the score is the bias alone, "
        "so the bias must be positive.": lambda x1, x2: 0,
    },
)

# %%
# Any negative weights will do, as long as the bias lies between each one's size and their sum. The boundary is
# that of AND, with the sides exchanged.

# %%
# ## The fewest hidden perceptrons
#
# A network has one layer of hidden perceptrons and one perceptron that reads them. How many hidden ones does
# it need at least for AND, for XOR, and to be true inside a triangle and false outside? Write 0 where the last
# perceptron can read the inputs directly.
#
# ??? hint
#     Each hidden perceptron is one straight cut. How many cuts does each shape need?
#
# ??? hint
#     Two cuts leave regions that reach to infinity, all of them. A triangle does not reach there.

# gap
#: fewest = [..., ..., ...]  # for AND, XOR, the inside of a triangle
fewest = [0, 2, 3]
# end

check(
    "perceptrons/the-fewest-hidden-perceptrons",
    fewest,
    right=[0, 2, 3],
    mistakes={
        "a single perceptron can do AND, so it needs no hidden one. The "
        "others are right.": [1, 2, 3],
        "with one hidden perceptron the last one sees one number, 0 or 1. XOR "
        "has its true corners in a strip "
        "between two cuts.": [0, 1, 3],
        "XOR works with fewer than three hidden ones: count those below the "
        "output in the tutorial.": [0, 3, 3],
        "two cuts cannot close a region. A triangle has one more side.": [
            0,
            2,
            2,
        ],
        "a triangle needs one cut for each of its sides, and the last "
        "perceptron is not hidden.": [0, 2, 4],
    },
)

# %%
# AND is one line. XOR is the strip between two. A triangle is what lies on the inner side of three lines, and
# the last perceptron is an AND of three inputs: weights 1, 1, 1 and bias −2.5.

# %%
# ## How far from the boundary
#
# The score of a point grows with its distance from the boundary, but it is not the distance: double all
# weights and the bias, and every score doubles while the line stays. Write a function that gives the true
# distance, always positive. For the origin it should give $|b| / \|w\|$.
#
# ??? hint
#     Go from the boundary at right angles, along $w$, for a distance of 1. By how much does the score grow?
#
# ??? hint
#     By $w \cdot w / \|w\| = \|w\|$. So how many such steps are in a score of $z$?


def distance(point, w, b):
    """Return the distance of a point [n] from the boundary of w [n], b."""
    # gap
    return abs(point @ w + b) / w.norm()
    # end


def foot_method(point, w, b):
    """Walk from the point straight to the boundary, and measure the way."""
    foot = point - (torch.dot(w, point) + b) / torch.dot(w, w) * w
    return math.dist(point.tolist(), foot.tolist())


check(
    "perceptrons/how-far-from-the-boundary",
    distance,
    right=foot_method,
    cases=[
        (torch.tensor([0.0, 0.0]), torch.tensor([3.0, 4.0]), 10.0),
        (torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), -1.0),
        (torch.tensor([-2.0, 0.5, 1.0]), torch.tensor([1.0, 2.0, -2.0]), -0.5),
    ],
    mistakes={
        "this is the score. With weights twice as long it would double, and "
        "the boundary would not have moved.": lambda point, w, b: abs(
            point @ w + b
        ),
        "the bias is missing: you measure from a parallel line through the "
        "origin.": lambda point, w, b: abs(point @ w) / w.norm(),
        "the number is right up to its sign. A distance is positive on both "
        "sides.": lambda point, w, b: (point @ w + b) / w.norm(),
        "you divided by the squared length of w. With weights twice as long "
        "the distance would shrink.": lambda point, w, b: (
            abs(point @ w + b) / (w @ w)
        ),
        "divide by the length of w, the root of the sum of squares. You took "
        "the sum of the sizes.": lambda point, w, b: (
            abs(point @ w + b) / w.abs().sum()
        ),
    },
)

# %%
# For the origin the score is the bias, so its distance is $|b|/\|w\|$. The smallest distance of any point of a
# set is called the margin; a support vector machine is a perceptron that looks for the largest one.

# %%
# ## A better first layer
#
# An open question. The moons needed a hundred random lines. How few can you make do with, if you choose them
# yourself and let the last perceptron learn? And if you draw random ones, but keep only those whose answers
# the last perceptron really uses? How would you know that you did not choose by looking at the test points?
