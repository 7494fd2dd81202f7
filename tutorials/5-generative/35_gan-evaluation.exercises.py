# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: numbers for images

Three tasks and an open question: the distance of two bell curves, how far apart
real images are from real images, and a recall for images.
"""

import math

import torch

from kindling.generative import frechet_distance
from kindling.practice import check

# %%
# ## From variances
#
# Books write $N(2, 9)$ for the normal distribution with mean 2 and *variance* 9. Write the Fréchet distance of two
# normal distributions of one number, given like this. For $N(0, 1)$ and $N(2, 9)$ it is 8.
#
# ??? hint
#     The formula of the tutorial subtracts standard deviations. What is the standard deviation if the variance is 9?
#
# ??? hint
#     Two squared differences, added: one of the means, one of the deviations.


def bell_distance(mean_a, variance_a, mean_b, variance_b):
    """Return the Fréchet distance of N(mean_a, variance_a) and another one."""
    # gap
    apart = math.sqrt(variance_a) - math.sqrt(variance_b)
    return (mean_a - mean_b) ** 2 + apart**2
    # end


check(
    "gan-evaluation/from-variances",
    bell_distance,
    right=lambda m, v, n, w: (
        (m - n) ** 2 + v + w - 2 * math.sqrt(v) * math.sqrt(w)
    ),
    cases=[(0.0, 1.0, 2.0, 9.0), (1.0, 4.0, -0.5, 0.25), (3.0, 2.0, 3.0, 5.0)],
    mistakes={
        "you subtracted the variances. Take their square roots first, the "
        "standard deviations.": lambda m, v, n, w: (m - n) ** 2 + (v - w) ** 2,
        "this is the root of the distance. Leave it squared, as the "
        "tutorial does.": lambda m, v, n, w: math.sqrt(
            (m - n) ** 2 + (math.sqrt(v) - math.sqrt(w)) ** 2
        ),
        "the means are missing: their squared difference belongs to the "
        "distance.": lambda m, v, n, w: (math.sqrt(v) - math.sqrt(w)) ** 2,
        "the deviations are missing: equal means do not make equal "
        "distributions.": lambda m, v, n, w: (m - n) ** 2,
        "square the difference of the deviations, too, not only that of the "
        "means.": lambda m, v, n, w: (
            (m - n) ** 2 + abs(math.sqrt(v) - math.sqrt(w))
        ),
        "square the difference of the means, too, not only that of the "
        "deviations.": lambda m, v, n, w: (
            abs(m - n) + (math.sqrt(v) - math.sqrt(w)) ** 2
        ),
        "you take the difference of the variances as it is. It can be "
        "negative; subtract deviations and square.": lambda m, v, n, w: (
            (m - n) ** 2 + v - w
        ),
    },
)

# %%
# With variances the same distance reads $(\mu_a-\mu_b)^2 + v_a + v_b - 2\sqrt{v_a v_b}$: the formula of the tutorial,
# for matrices with a single entry.

# %%
# ## Real against real
#
# How large is the distance when nothing is wrong? Write a function that splits the features of *real* images into two
# halves that share no image, and returns their distance. Test sets are often sorted in some way, so let every second
# row go to the same half: rows 0, 2, 4, ... against rows 1, 3, 5, ...
#
# ??? hint
#     A slice can have a step: `features[start::step]`.
#
# ??? hint
#     `frechet_distance` takes two sets of features, [N, D] and [M, D].


def real_against_real(features):
    """Return the distance between the even rows of features and the odd."""
    # gap
    return frechet_distance(features[::2], features[1::2])
    # end


torch.manual_seed(35)
sorted_features = torch.randn(60, 4) + torch.linspace(0, 3, 60).unsqueeze(1)

check(
    "gan-evaluation/real-against-real",
    real_against_real,
    right=lambda f: frechet_distance(
        f.unflatten(0, (-1, 2))[:, 0], f.unflatten(0, (-1, 2))[:, 1]
    ),
    cases=[(sorted_features,), (sorted_features[:20].square(),)],
    mistakes={
        "you compare the first half with the second. If the images are "
        "sorted, the halves differ; take every second row.": lambda f: (
            frechet_distance(f[: len(f) // 2], f[len(f) // 2 :])
        ),
        "a set against itself has distance zero, and says nothing about "
        "luck. The halves must share no image.": lambda f: frechet_distance(
            f, f
        ),
        "you compare one half with all rows. The half is a part of them, so "
        "luck looks smaller than it is.": lambda f: frechet_distance(f[::2], f),
        "you compare the odd rows with all rows. The half is a part of them, "
        "so luck looks smaller than it is.": lambda f: frechet_distance(
            f[1::2], f
        ),
        "you split the features instead of the images: the step belongs in "
        "the rows.": lambda f: frechet_distance(f[:, ::2], f[:, 1::2]),
    },
)

# %%
# It is larger than zero though both halves are of one kind. A distance of made images means something only next to
# this number, from as many images.

# %%
# ## How much is covered
#
# Write the recall of images for features `real` [N, D] and `made` [M, D]. Around each *made* point lies a ball that
# reaches to its `k`-th nearest *made* neighbor, not counting the point itself. Recall is the share of the real points
# that lie in at least one ball (on its surface counts as inside). Return a number.
#
# ??? hint
#     `torch.cdist(a, b)` gives all distances [len(a), len(b)]. In the distances of the made points from each other,
#     the smallest number of each row is that of a point from itself.
#
# ??? hint
#     `kthvalue(k + 1, dim=1).values` skips that zero. Then compare the distances [N, M] of real from made points with
#     these radii [M], and ask for `any` along the balls.


def recall_of_images(real, made, k):
    """Return the share of real points in balls around made points."""
    # gap
    radius = torch.cdist(made, made).kthvalue(k + 1, dim=1).values
    covered = (torch.cdist(real, made) <= radius).any(dim=1)
    return covered.float().mean().item()
    # end


def recall_by_loops(real, made, k):
    hits = 0
    for point in real:
        for i, center in enumerate(made):
            others = torch.cat([made[:i], made[i + 1 :]])
            reach = (others - center).norm(dim=1).sort().values[k - 1]
            if (point - center).norm() <= reach:
                hits += 1
                break
    return hits / len(real)


def recall_with(radius_of, k_more=1):
    def recall(real, made, k):
        radius = radius_of(real, made).kthvalue(k + k_more, dim=1).values
        hits = torch.cdist(real, made) <= radius
        return hits.any(dim=1).float().mean().item()

    return recall


def balls_around(real, made, k):
    radius = torch.cdist(real, real).kthvalue(k + 1, dim=1).values
    return torch.cdist(made, real) <= radius


torch.manual_seed(36)
wide, narrow = torch.randn(40, 2), 0.4 * torch.randn(30, 2)

check(
    "gan-evaluation/how-much-is-covered",
    recall_of_images,
    right=recall_by_loops,
    cases=[(wide, narrow, 3), (wide, narrow + 1, 5), (narrow, wide, 2)],
    mistakes={
        "your balls are too small by one neighbor: each point is its own "
        "nearest, at distance zero.": recall_with(
            lambda real, made: torch.cdist(made, made), 0
        ),
        "this is the precision: balls around real points, and the share of "
        "made ones inside. Exchange the roles.": lambda real, made, k: (
            balls_around(real, made, k).any(dim=1).float().mean().item()
        ),
        "you give each ball the distance to a *real* neighbor. It reaches to "
        "the k-th made neighbor.": recall_with(
            lambda real, made: torch.cdist(made, real), 0
        ),
        "you ask for the share of balls that hold a real point. Ask for each "
        "real point whether a ball holds it.": lambda real, made, k: (
            (
                torch.cdist(real, made)
                <= torch.cdist(made, made).kthvalue(k + 1, dim=1).values
            )
            .any(dim=0)
            .float()
            .mean()
            .item()
        ),
        "you ask for points that lie in all balls at once. One ball is "
        "enough: `any`.": lambda real, made, k: (
            (
                torch.cdist(real, made)
                <= torch.cdist(made, made).kthvalue(k + 1, dim=1).values
            )
            .all(dim=1)
            .float()
            .mean()
            .item()
        ),
        "this is the number of covered points. Their share was asked for: "
        "divide by all real points.": lambda real, made, k: (
            recall_by_loops(real, made, k) * len(real)
        ),
    },
)

# %%
# The narrow cloud covers part of the wide one, and the wide one covers the narrow one almost whole. The pair of
# numbers tells which of the two is wider. One distance could not.

# %%
# ## Same features only
#
# An open question. In the tutorial, replace `features_of` by something else: the pixels of the image, averaged down to
# 8 by 8; or the features of a judge with random weights, `Judge()` of `kindling.generative`. Which numbers change by
# how much? Do they still agree on the *order*: real, noise 1, noise 2, made?
#
# Then shift all real images by two pixels. Which features think that something is wrong, and are they right? Decide
# what you would want a distance to see if the images were X-rays, and what if they were wallpaper.
