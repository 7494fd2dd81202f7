# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: diffusion

Three tasks and an open question: what the network is asked, how to walk, and
how much of an image a noise schedule leaves.
"""

import torch

from kindling.practice import check

# %%
# ## What the network is asked
#
# Make an example for training. `noise` and `x` are batches of images, [B, 1, H, W], and `t` has a time for each of
# them, [B]. Return the mixture on the straight line (noise at time 0, the image at time 1) and the velocity that the
# network is asked for.
#
# ??? hint
#     A point on the line from `a` to `b` is `(1 - t) * a + t * b`. Which of the two is noise?
#
# ??? hint
#     `t` has one axis and the images have four. `t.view(-1, 1, 1, 1)` belongs to the images one by one.
#
# ??? hint
#     The velocity does not change along the way: it is the whole way, from one end to the other, in one unit of time.


def example(noise, x, t):
    """Return the mixtures and their velocities, both [B, 1, H, W]."""
    # gap
    #: mixture = ...
    #: velocity = ...
    #: return mixture, velocity
    t = t.view(-1, 1, 1, 1)
    mixture = (1 - t) * noise + t * x
    return mixture, x - noise
    # end


def images(n, seed):
    """Make n images of n by n pixels."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 1, n, n, generator=generator)


def by_image(t):
    return t.view(-1, 1, 1, 1)


check(
    "diffusion/what-the-network-is-asked",
    example,
    right=lambda noise, x, t: (torch.lerp(noise, x, by_image(t)), x - noise),
    cases=[
        (images(2, 1), images(2, 2), torch.tensor([0.0, 0.75])),
        (images(3, 3), images(3, 4), torch.tensor([0.5, 1.0, 0.2])),
    ],
    mistakes={
        "not solved yet: there is still `...` where the mixture "
        "and the velocity go.": lambda noise, x, t: (..., ...),
        "the mixture is right, and the velocity points backward: it leads "
        "to the noise.": lambda noise, x, t: (
            torch.lerp(noise, x, by_image(t)),
            noise - x,
        ),
        "your times run the other way: at time 0 you have the image. Here "
        "time 0 is noise.": lambda noise, x, t: (
            torch.lerp(x, noise, by_image(t)),
            x - noise,
        ),
        "your times and your velocity both run from the image to noise. "
        "Here time 0 is noise.": lambda noise, x, t: (
            torch.lerp(x, noise, by_image(t)),
            noise - x,
        ),
        "the time of an image must count for all its pixels. Yours counts "
        "for a column, in every image: give `t` four "
        "axes.": lambda noise, x, t: (torch.lerp(noise, x, t), x - noise),
        "the mixture is right. Your velocity is the way that is left from "
        "the mixture, and it should be the whole way.": lambda noise, x, t: (
            torch.lerp(noise, x, by_image(t)),
            (1 - by_image(t)) * (x - noise),
        ),
        "the mixture is right. As the second result you return the image, "
        "and not the way to it.": lambda noise, x, t: (
            torch.lerp(noise, x, by_image(t)),
            x,
        ),
        "the mixture is right. As the second result you return the noise; "
        "a velocity was asked for.": lambda noise, x, t: (
            torch.lerp(noise, x, by_image(t)),
            noise,
        ),
        "both are right, in the wrong order: the mixture comes "
        "first.": lambda noise, x, t: (
            x - noise,
            torch.lerp(noise, x, by_image(t)),
        ),
    },
)

# %%
# Some diffusion models are asked for the noise, others for the image. Given the mixture and the time, each of the
# three answers can be computed from any other. What differs is how much an error costs early and late on the way.

# %%
# ## Walk
#
# Write Euler's method: begin at `x` at time 0, take `steps` steps of equal length, and arrive at time 1. `field(x, t)`
# returns the velocities [N, 2] at the places `x` [N, 2] and the times `t` [N].
#
# ??? hint
#     How long is one step in time, if `steps` of them fill the way from 0 to 1?
#
# ??? hint
#     The arrow is taken where the step *begins*. At which time does step number `k` begin, counted from 0?
#
# ??? hint
#     `torch.full((len(x),), k / steps)` is one time for each point.


def walk(field, x, steps):
    """Follow the arrows from time 0 to time 1; return the places [N, 2]."""
    # gap
    for k in range(steps):
        t = torch.full((len(x),), k / steps)
        x = x + field(x, t) / steps
    return x
    # end


def field(x, t):
    """Turn around the middle, faster and faster."""
    t = torch.as_tensor(t, dtype=torch.float32).reshape(-1, 1)
    return (1 + 2 * t) * torch.stack([-x[:, 1], x[:, 0]], dim=1) + t


def stride(x, times, length):
    for t in times:
        x = x + length * field(x, torch.full((len(x),), float(t)))
    return x


def walks(learner):
    x = torch.tensor([[1.0, 0.0], [-0.5, 2.0], [0.3, -0.7]])
    return [learner(field, x.clone(), steps) for steps in (1, 4, 9)]


check(
    "diffusion/walk",
    walk,
    right=lambda field, x, n: stride(x, [k / n for k in range(n)], 1 / n),
    probe=walks,
    mistakes={
        "your steps are too long: each follows the arrow for a whole unit "
        "of time. Multiply by the length of a step.": lambda field, x, n: (
            stride(x, [k / n for k in range(n)], 1)
        ),
        "you ask for the arrow at the time when the step ends. Ask where "
        "it begins.": lambda field, x, n: stride(
            x, [(k + 1) / n for k in range(n)], 1 / n
        ),
        "your time runs backward, from 1 to 0.": lambda field, x, n: stride(
            x, [1 - k / n for k in range(n)], 1 / n
        ),
        "you count the steps instead of telling the time: step `k` begins "
        "at `k / steps`.": lambda field, x, n: stride(x, range(n), 1 / n),
        "your time stands still at 0 on the whole way.": lambda field, x, n: (
            stride(x, [0] * n, 1 / n)
        ),
        "you walk away from the data: add the arrow, do not subtract "
        "it.": lambda field, x, n: stride(x, [k / n for k in range(n)], -1 / n),
        "one step is missing at the end.": lambda field, x, n: stride(
            x, [k / n for k in range(n - 1)], 1 / n
        ),
        "you take one step too many, beyond time 1.": lambda field, x, n: (
            stride(x, [k / n for k in range(n + 1)], 1 / n)
        ),
        "you ask for all arrows at the place where you began. Ask again "
        "after each step.": lambda field, x, n: (
            x
            + sum(field(x, torch.full((len(x),), k / n)) / n for k in range(n))
        ),
    },
)

# %%
# Nothing in it knows of digits or of points. Methods that ask for more than one arrow per step are built around the
# same loop.

# %%
# ## What is left of the image
#
# A noise schedule `beta`, [K], lists the variances of the noise portions. Portion $k$ turns $x$ into $\sqrt{1 -
# \beta_k}\,x + \sqrt{\beta_k}\,\epsilon$. After each portion, how much is left of the image, and how much noise has
# come in? Return the two factors in $x_k = a_k\,x + b_k\,\epsilon$, each as a tensor [K].
#
# ??? hint
#     Each portion multiplies what is left of the image by $\sqrt{1 - \beta_k}$. What is left after two?
#
# ??? hint
#     `cumprod(dim=0)` gives the product of the first, the first two, the first three, ...
#
# ??? hint
#     The variance stays one: $a_k^2 + b_k^2 = 1$.


def left(beta):
    """Return the factors of the image and of the noise, each [K]."""
    # gap
    #: image = ...
    #: noise = ...
    #: return image, noise
    alpha_bar = (1 - beta).cumprod(dim=0)
    return alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
    # end


def bar(beta):
    return (1 - beta).cumprod(dim=0)


check(
    "diffusion/what-is-left-of-the-image",
    left,
    right=lambda beta: (bar(beta).sqrt(), (1 - bar(beta)).sqrt()),
    cases=[
        (torch.tensor([0.1, 0.2, 0.3, 0.4]),),
        (torch.linspace(0.01, 0.5, 12),),
    ],
    mistakes={
        "not solved yet: there is still `...` where your two factors "
        "go.": lambda beta: (..., ...),
        "these are the variances. The factors are their square "
        "roots.": lambda beta: (bar(beta), 1 - bar(beta)),
        "the factor of the image is right. Variances add up to one, not "
        "factors: the noise has the square root of what is "
        "left.": lambda beta: (bar(beta).sqrt(), 1 - bar(beta).sqrt()),
        "both are right, in the wrong order: the image comes "
        "first.": lambda beta: ((1 - bar(beta)).sqrt(), bar(beta).sqrt()),
        "these are the factors of one portion alone. Multiply them "
        "up.": lambda beta: ((1 - beta).sqrt(), beta.sqrt()),
        "you multiply the portions of noise. What is multiplied is what "
        "each leaves of the image, `1 - beta`.": lambda beta: (
            (1 - beta.cumprod(dim=0)).sqrt(),
            beta.cumprod(dim=0).sqrt(),
        ),
        "you add up the portions. Each acts on what the earlier ones left, "
        "so the factors are multiplied.": lambda beta: (
            (1 - beta.cumsum(dim=0)).clamp(min=0).sqrt(),
            beta.cumsum(dim=0).clamp(max=1).sqrt(),
        ),
        "this is only what is left at the end. The factors after each "
        "portion were asked for.": lambda beta: (
            bar(beta)[-1].sqrt(),
            (1 - bar(beta)[-1]).sqrt(),
        ),
        "your list begins before the first portion, with the whole image. "
        "It should begin after it.": lambda beta: (
            torch.cat([torch.ones(1), bar(beta)[:-1]]).sqrt(),
            (1 - torch.cat([torch.ones(1), bar(beta)[:-1]])).sqrt(),
        ),
    },
)

# %%
# With these two lists you can draw the mixture after any number of portions in one go. That is what makes training
# cheap: nobody adds a thousand portions one by one.

# %%
# ## At full size
#
# An open question. Train the U-Net and the GAN of the tutorial on digits of 28 by 28 pixels, with the judge of that
# size (`digit_judge()`) and the same seconds for both. Which one has the smaller distance now? Where does the U-Net
# spend its time? Give both five times as long, and see whether the order changes.
#
# Then tell the U-Net which digit to paint: add an embedding of the label to its clock, as in
# [conditional control](37_conditional-control.py). How often does the judge read the digit that you asked for, and does
# the Frechet distance get better as well?
