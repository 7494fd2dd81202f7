# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: image to image, unpaired

Three tasks and an open question: what the generators pay, a buffer of old
images, and a test for hidden signals.
"""

import torch

from kindling.practice import check

# %%
# ## What the generators pay
#
# `to_a` and `to_b` translate, `score_a` and `score_b` are the discriminators (1 for real, 0 for translated), and `a`
# and `b` are a batch of each domain. Return the sum of what both generators pay: the adversarial losses (mean squared
# distance of the score from what the generator wants), ten times the cycle losses and five times the identity losses
# (mean absolute differences), each for both directions.
#
# ??? hint
#     Six terms. A generator wants its translation to be taken for real: `(score_b(to_b(a)) - 1).square().mean()`.
#
# ??? hint
#     The cycle that begins in A: `(to_a(to_b(a)) - a).abs().mean()`. The identity loss of `to_b` begins with an image
#     that is in B already.


def generator_loss(to_a, to_b, score_a, score_b, a, b):
    """Return the weighted sum of all six losses."""
    # gap
    #: fake_a, fake_b = to_a(b), to_b(a)
    #: ...
    fake_a, fake_b = to_a(b), to_b(a)
    adversarial = (score_a(fake_a) - 1).square().mean()
    adversarial = adversarial + (score_b(fake_b) - 1).square().mean()
    cycle = (to_a(fake_b) - a).abs().mean() + (to_b(fake_a) - b).abs().mean()
    identity = (to_a(a) - a).abs().mean() + (to_b(b) - b).abs().mean()
    return adversarial + 10 * cycle + 5 * identity
    # end


check(
    "cyclegan/what-the-generators-pay",
    generator_loss,
    right=lambda f, g, s, t, a, b: (
        (s(f(b)) - 1).square().mean()
        + (t(g(a)) - 1).square().mean()
        + 10 * ((f(g(a)) - a).abs().mean() + (g(f(b)) - b).abs().mean())
        + 5 * ((f(a) - a).abs().mean() + (g(b) - b).abs().mean())
    ),
    probe=lambda pay: [
        pay(
            lambda x, shift=shift: 0.5 * x + shift,
            lambda x: 1.7 * x - 0.2,
            lambda x: x.mean(dim=1) - 0.1,
            lambda x: 2 * x.sum(dim=1) + 0.3,
            torch.tensor([[0.1, 0.4], [0.9, 0.2], [0.3, 0.3]]),
            torch.tensor([[1.5, 0.7], [0.6, 2.0], [1.0, 1.1]]),
        )
        for shift in (0.1, 0.4)
    ],
    mistakes={
        "these are the losses of the discriminators' side: a generator wants "
        "its translations scored 1, not 0.": lambda f, g, s, t, a, b: (
            s(f(b)).square().mean()
            + t(g(a)).square().mean()
            + 10 * ((f(g(a)) - a).abs().mean() + (g(f(b)) - b).abs().mean())
            + 5 * ((f(a) - a).abs().mean() + (g(b) - b).abs().mean())
        ),
        "the discriminators have changed places: `score_b` knows domain B, so "
        "it scores `to_b(a)`.": lambda f, g, s, t, a, b: (
            (s(g(a)) - 1).square().mean()
            + (t(f(b)) - 1).square().mean()
            + 10 * ((f(g(a)) - a).abs().mean() + (g(f(b)) - b).abs().mean())
            + 5 * ((f(a) - a).abs().mean() + (g(b) - b).abs().mean())
        ),
        "your identity loss compares a translation with its input. It begins "
        "with an image that is in the domain already: "
        "`to_a(a)`.": lambda f, g, s, t, a, b: (
            (s(f(b)) - 1).square().mean()
            + (t(g(a)) - 1).square().mean()
            + 10 * ((f(g(a)) - a).abs().mean() + (g(f(b)) - b).abs().mean())
            + 5 * ((f(b) - b).abs().mean() + (g(a) - a).abs().mean())
        ),
        "your cycle compares with the image of the other domain. Nothing "
        "is paired: compare with where the cycle "
        "began.": lambda f, g, s, t, a, b: (
            (s(f(b)) - 1).square().mean()
            + (t(g(a)) - 1).square().mean()
            + 10 * ((f(g(a)) - b).abs().mean() + (g(f(b)) - a).abs().mean())
            + 5 * ((f(a) - a).abs().mean() + (g(b) - b).abs().mean())
        ),
        "only the cycle that begins in A is there. The one from B and back "
        "counts too.": lambda f, g, s, t, a, b: (
            (s(f(b)) - 1).square().mean()
            + (t(g(a)) - 1).square().mean()
            + 10 * (f(g(a)) - a).abs().mean()
            + 5 * ((f(a) - a).abs().mean() + (g(b) - b).abs().mean())
        ),
        "the identity losses are missing: five times what `to_a` changes in "
        "`a`, and `to_b` in `b`.": lambda f, g, s, t, a, b: (
            (s(f(b)) - 1).square().mean()
            + (t(g(a)) - 1).square().mean()
            + 10 * ((f(g(a)) - a).abs().mean() + (g(f(b)) - b).abs().mean())
        ),
        "the six losses are right, and they are all added with weight 1. The "
        "cycles count ten times, the identities five "
        "times.": lambda f, g, s, t, a, b: (
            (s(f(b)) - 1).square().mean()
            + (t(g(a)) - 1).square().mean()
            + ((f(g(a)) - a).abs().mean() + (g(f(b)) - b).abs().mean())
            + ((f(a) - a).abs().mean() + (g(b) - b).abs().mean())
        ),
        "you squared the differences of cycle and identity. Absolute ones were "
        "asked for.": lambda f, g, s, t, a, b: (
            (s(f(b)) - 1).square().mean()
            + (t(g(a)) - 1).square().mean()
            + 10
            * ((f(g(a)) - a).square().mean() + (g(f(b)) - b).square().mean())
            + 5 * ((f(a) - a).square().mean() + (g(b) - b).square().mean())
        ),
    },
)

# %%
# Put in functions that return their input, and only the first two terms are left.

# %%
# ## A buffer of old images
#
# Write the buffer of the tutorial with its random choices handed in. `buffer` is a list of at most `size` images. Go
# through the images of `fresh` in order. As long as the buffer has room, append the image, and show it. When it is
# full, look at this image's entry of `places`: if it is `None`, show the fresh image and leave the buffer alone. If it
# is a number, show the image at that place of the buffer, and let the fresh one take its place. Return the images shown
# and the buffer.
#
# ??? hint
#     Three cases for each image: there is room; the buffer is full and the place is `None`; it is full and the place
#     is a number.
#
# ??? hint
#     `buffer[place], image = image, buffer[place]` exchanges the two.


def exchanged(buffer, fresh, places, size):
    """Return a list of the images shown, and the buffer afterward."""
    shown = []
    for image, place in zip(fresh, places, strict=True):
        # gap
        #: ...
        if len(buffer) < size:
            buffer.append(image)
        elif place is not None:
            buffer[place], image = image, buffer[place]
        shown.append(image)
        # end
    return shown, buffer


check(
    "cyclegan/a-buffer-of-old-images",
    exchanged,
    right=lambda buffer, fresh, places, size: next(
        (shown, now)
        for shown, now in [([], list(buffer))]
        for _ in [
            [
                now.append(image) or shown.append(image)
                if len(now) < size
                else shown.append(image if place is None else now[place])
                or (place is None or now.__setitem__(place, image))
                for image, place in zip(fresh, places, strict=True)
            ]
        ]
    ),
    cases=[
        ([], [1, 2], [None, 0], 3),
        ([1, 2, 3], [4, 5, 6], [None, 1, 1], 3),
        ([7], [8, 9, 10], [0, None, 0], 2),
        ([1, 2], [3, 4], [1, 0], 2),
    ],
    mistakes={
        "you show the old image and do not keep the fresh one. Then the buffer "
        "never changes after it is full.": lambda buffer, fresh, places, size: (
            [
                image
                if k < size - len(buffer) or place is None
                else (buffer + fresh)[place]
                for k, (image, place) in enumerate(
                    zip(fresh, places, strict=True)
                )
            ],
            (buffer + fresh)[:size],
        ),
        "your buffer grows beyond its size. When it is full, nothing is "
        "appended.": lambda buffer, fresh, places, size: (
            list(fresh),
            buffer + fresh,
        ),
        "nothing comes out of your buffer: a number in `places` means that the "
        "old image is shown.": lambda buffer, fresh, places, size: (
            list(fresh),
            (buffer + fresh)[:size],
        ),
        "you show only what comes out of the buffer. A fresh image that is "
        "stored while there is room is shown as "
        "well.": lambda buffer, fresh, places, size: next(
            (shown, now)
            for shown, now in [([], list(buffer))]
            for _ in [
                [
                    now.append(image)
                    if len(now) < size
                    else shown.append(image if place is None else now[place])
                    or (place is None or now.__setitem__(place, image))
                    for image, place in zip(fresh, places, strict=True)
                ]
            ]
        ),
        "you exchange images before the buffer is full. As long as there is "
        "room, append.": lambda buffer, fresh, places, size: next(
            (shown, now)
            for shown, now in [([], list(buffer))]
            for _ in [
                [
                    shown.append(now[place]) or now.__setitem__(place, image)
                    if place is not None and place < len(now)
                    else shown.append(image)
                    or (len(now) < size and now.append(image))
                    for image, place in zip(fresh, places, strict=True)
                ]
            ]
        ),
    },
)

# %%
# With a buffer of 50 and batches of 8 a discriminator sees translations from about a dozen steps ago. It cannot forget
# a trick as soon as the generator drops it.

# %%
# ## A test for hidden signals
#
# `to_a` and `to_b` translate, `b` is a batch of B, and `noise` has its shape. How much does the way from `b` to A and
# back lose when `noise` is added to the image *in the middle*? Return the mean absolute error against `b` with the
# noise, divided by the one without it.
#
# ??? hint
#     First the middle, `to_a(b)`. It is translated back twice: as it is, and with the noise.
#
# ??? hint
#     Both errors are measured against `b`: `(to_b(middle) - b).abs().mean()`.


def fragile(to_a, to_b, b, noise):
    """Return how many times the cycle error grows by noise in the middle."""
    # gap
    #: middle = to_a(b)
    #: ...
    middle = to_a(b)
    clean = (to_b(middle) - b).abs().mean()
    noisy = (to_b(middle + noise) - b).abs().mean()
    return noisy / clean
    # end


check(
    "cyclegan/a-test-for-hidden-signals",
    fragile,
    right=lambda f, g, b, noise: (
        (g(f(b) + noise) - b).abs().mean() / (g(f(b)) - b).abs().mean()
    ),
    probe=lambda test: [
        test(
            lambda x: 0.1 * x.square() + 0.5,
            lambda x, scale=scale: (scale * (x - 0.5).abs()).sqrt(),
            torch.tensor([[0.2, 0.8], [0.5, 1.0], [0.3, 0.9]]),
            torch.tensor([[0.02, -0.03], [0.01, 0.05], [-0.04, 0.02]]),
        )
        for scale in (9.0, 12.0)
    ],
    mistakes={
        "you added the noise to `b`, at the beginning. The signal sits in "
        "the translation, `to_a(b)`.": lambda f, g, b, noise: (
            (g(f(b + noise)) - b).abs().mean() / (g(f(b)) - b).abs().mean()
        ),
        "you added the noise to the result. It belongs to the image "
        "in the middle.": lambda f, g, b, noise: (
            (g(f(b)) + noise - b).abs().mean() / (g(f(b)) - b).abs().mean()
        ),
        "you compare the two results with each other. Measure both "
        "against `b`.": lambda f, g, b, noise: (
            (g(f(b) + noise) - g(f(b))).abs().mean()
            / (g(f(b)) - b).abs().mean()
        ),
        "the fraction is upside down: with the noise divided by "
        "without it.": lambda f, g, b, noise: (
            (g(f(b)) - b).abs().mean() / (g(f(b) + noise) - b).abs().mean()
        ),
        "this is the difference of the two errors. Their ratio was "
        "asked for.": lambda f, g, b, noise: (
            (g(f(b) + noise) - b).abs().mean() - (g(f(b)) - b).abs().mean()
        ),
        "you measured the error of the middle, and it is in another domain. "
        "Go all the way back to B.": lambda f, g, b, noise: (
            (f(b) + noise - b).abs().mean() / (f(b) - b).abs().mean()
        ),
        "you squared the errors. The mean absolute error was "
        "asked for.": lambda f, g, b, noise: (
            (g(f(b) + noise) - b).square().mean()
            / (g(f(b)) - b).square().mean()
        ),
    },
)

# %%
# A large ratio alone proves nothing: a generator may be sensitive to noise for other reasons. Compare it with that of
# a network that is fed the visible stripes, as in the tutorial, or with a collection that has nothing to hide.

# %%
# ## Resist the bias
#
# An open question. At the end of the tutorial a domain B without orange recolors orange shapes. Which loss asks for the
# change, and which ones resist? Raise the weight of the identity loss, then that of the cycle loss. Does either of them
# keep the orange, and why so little?
#
# Then train with noise on the image in the middle of each cycle. Is the phase still hidden? What happens to the cycle
# error, and to what the judge says?
