# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: a first GAN

Three tasks and an open question: the best discriminator, a step with two
mistakes in it, labels that are a little less sure, and a GAN in color.
"""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from kindling.practice import check

# %%
# ## The best answer
#
# Near a point, real samples have density `p` and fakes have density `q`. A discriminator is shown real samples in a
# share of `real_share` of all cases (in the tutorial that was one half), and fakes otherwise. Which probability of
# "real" should it answer there?
#
# ??? hint
#     Think of 1,000 samples in all. How many of them are real, and what part of those lies near the point?
#
# ??? hint
#     Divide the real ones near the point by all that are near the point. For `real_share = 0.5` you get
#     $p / (p + q)$.


def best_answer(p, q, real_share):
    """Return the probability that a sample near the point is real."""
    # gap
    real, fake = real_share * p, (1 - real_share) * q
    return real / (real + fake)
    # end


check(
    "first-gan/the-best-answer",
    best_answer,
    right=lambda p, q, s: torch.sigmoid(
        torch.tensor(math.log(p * s) - math.log(q * (1 - s)))
    ).item(),
    cases=[(0.3, 0.3, 0.5), (0.8, 0.2, 0.5), (0.1, 0.4, 0.25), (0.2, 0.2, 0.9)],
    mistakes={
        "this is how probably the sample is fake. Asked for is the "
        "probability of real.": lambda p, q, s: (
            (1 - s) * q / (s * p + (1 - s) * q)
        ),
        "you left out how often each kind is shown: weigh `p` by "
        "`real_share` and `q` by the rest.": lambda p, q, s: p / (p + q),
        "this is a ratio of real to fake, and can exceed one. Divide by "
        "both kinds together.": lambda p, q, s: s * p / ((1 - s) * q),
        "this is the logit of the answer: take its sigmoid to get a "
        "probability.": lambda p, q, s: math.log(s * p / ((1 - s) * q)),
        "this is the share of real samples near the point among all "
        "samples everywhere. Divide by what is near it.": lambda p, q, s: s * p,
    },
)

# %%
# For equal densities the best answer is the share of real samples: one half in the tutorial. A discriminator that
# sees more real samples than fakes gets its coin toss elsewhere.

# %%
# ## Two mistakes in a step
#
# This is the discriminator's half of a round, and two things are wrong with it. Repair them. The discriminator must
# take a step along the gradient of *this* loss and of no other, and the generator must be left without gradients.
#
# ??? hint
#     When this is called, the discriminator already has gradients: the generator's loss left them there.
#
# ??? hint
#     Where does the backward pass leave the discriminator and enter the generator? Stop it there.


def discriminator_step(generator, discriminator, optimizer, real, noise):
    """Let the discriminator take one step."""
    fake = generator(noise)
    # gap
    #: on_real, on_fake = discriminator(real), discriminator(fake)
    #: loss = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
    #: loss.backward()
    #: optimizer.step()
    on_real, on_fake = discriminator(real), discriminator(fake.detach())
    loss = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    # end


def one_step(step):
    """Where a step leads the discriminator, and the generator's gradients."""
    torch.manual_seed(34)
    generator, discriminator = nn.Linear(2, 3), nn.Linear(3, 1)
    before = copy.deepcopy(discriminator.state_dict())
    optimizer = torch.optim.SGD(discriminator.parameters(), lr=0.5)
    noise, real = torch.randn(8, 2), torch.randn(8, 3) + 1
    F.softplus(-discriminator(generator(noise))).mean().backward()  # left over
    generator.zero_grad()
    step(generator, discriminator, optimizer, real, noise)
    moved = discriminator.weight - before["weight"]
    left = generator.weight.grad
    return [moved.detach(), torch.zeros(3, 2) if left is None else left]


def wrong_step(detach="fake", zero="before", goal=1):
    """A step with one or more mistakes."""

    def step(generator, discriminator, optimizer, real, noise):
        fake = generator(noise)
        on_real = discriminator(real)
        on_fake = discriminator(fake.detach() if detach == "fake" else fake)
        if detach == "answer":
            on_fake = on_fake.detach()
        loss = F.softplus(-goal * on_real).mean()
        loss = loss + F.softplus(goal * on_fake).mean()
        if zero == "before":
            optimizer.zero_grad()
        loss.backward()
        if zero == "after":
            optimizer.zero_grad()
        optimizer.step()

    return step


check(
    "first-gan/two-mistakes-in-a-step",
    discriminator_step,
    right=wrong_step(),
    probe=one_step,
    mistakes={
        "both mistakes are still there: look at what the generator gets, and "
        "at what the discriminator had before.": wrong_step("no", "no"),
        "the generator has gradients after this step: something is not "
        "detached yet.": wrong_step("no"),
        "the generator is left alone. But the discriminator also follows "
        "gradients that were there before.": wrong_step(zero="no"),
        "you detach the discriminator's answer, so it learns nothing from "
        "fakes. Detach the fakes themselves.": wrong_step("answer"),
        "`zero_grad` after `backward` throws away what was just computed: "
        "the discriminator does not move.": wrong_step(zero="after"),
        "the discriminator walks the wrong way: it learns to call fakes real "
        "and real samples fake.": wrong_step(goal=-1),
    },
)

# %%
# Neither mistake raises an error here. That is why the tutorial checks for the symptom, and why it is worth a test in
# your own code.

# %%
# ## One-sided labels
#
# An old way to hold a discriminator back: real samples get the label 0.9 instead of 1, and fakes keep the label 0.
# Write this loss from logits: the mean cross-entropy of the real samples, plus that of the fakes.
#
# ??? hint
#     With the label $t$, the cross-entropy of a probability $D$ is $-t \log D - (1 - t) \log (1 - D)$. Both terms count
#     for a real sample now.
#
# ??? hint
#     `F.binary_cross_entropy_with_logits(logits, labels)` does it. The labels are a tensor like the logits:
#     `torch.full_like(on_real, label)`.


def smoothed_loss(on_real, on_fake, label):
    """Return the loss; the label is that of real samples."""
    # gap
    labels = torch.full_like(on_real, label)
    of_real = F.binary_cross_entropy_with_logits(on_real, labels)
    return of_real + F.softplus(on_fake).mean()
    # end


def smoothed(on_real, on_fake, real, fake):
    """The loss with any two labels."""
    pairs = [(on_real, real), (on_fake, fake)]
    return sum(
        (t * F.softplus(-x) + (1 - t) * F.softplus(x)).mean() for x, t in pairs
    )


check(
    "first-gan/one-sided-labels",
    smoothed_loss,
    right=lambda r, f, t: smoothed(r, f, t, 0.0),
    cases=[
        (torch.tensor([2.0, -1.0, 0.5]), torch.tensor([-2.0, 1.5]), 0.9),
        (torch.tensor([5.0]), torch.tensor([-3.0, 0.0, 0.2]), 0.8),
    ],
    mistakes={
        "the fakes have a smoothed label, too. One-sided means that theirs "
        "stays 0.": lambda r, f, t: smoothed(r, f, t, 1 - t),
        "you smoothed the label of the fakes, and the real ones still have "
        "1.": lambda r, f, t: smoothed(r, f, 1.0, 1 - t),
        "the labels are not smoothed: this is the loss of the "
        "tutorial.": lambda r, f, t: smoothed(r, f, 1.0, 0.0),
        "a real sample has two terms now. You have the one with `label`, and "
        "the one with `1 - label` is missing.": lambda r, f, t: (
            t * F.softplus(-r).mean() + F.softplus(f).mean()
        ),
        "real and fake have changed places.": lambda r, f, t: smoothed(
            r, f, 0.0, t
        ),
        "this takes the sigmoid twice: the function with `_with_logits` wants "
        "logits.": lambda r, f, t: smoothed(r.sigmoid(), f.sigmoid(), t, 0.0),
        "these are sums. Take the mean over the real samples, and over the "
        "fakes.": lambda r, f, t: (
            (t * F.softplus(-r) + (1 - t) * F.softplus(r)).sum()
            + F.softplus(f).sum()
        ),
        "you took the mean of the two losses. Their sum was asked "
        "for.": lambda r, f, t: smoothed(r, f, t, 0.0) / 2,
    },
)

# %%
# Now the best answer is at most 0.9, even for a sample that no generator could make, so the discriminator has no
# reason to become certain. Why one-sided? With a label of 0.1 for fakes, the best answer would be above zero where
# *only* fakes lie, and they would look better than they should.

# %%
# ## A GAN in color
#
# An open question. Change the two networks of the tutorial for color images of 32 by 32 pixels, for example the
# automobiles of `kindling.data.cifar10`. Which sizes do the maps have on the way up, and on the way down? Write the
# shapes down first, then check them with a batch of random numbers, then train for a few minutes.
#
# Can you tell by the losses whether your automobiles are any good? Plan a measurement: who could be the judge, and
# which reference row would you put next to its verdict? Then try house numbers or faces if you have them at hand. What
# becomes harder when the images are larger?
