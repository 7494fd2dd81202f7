# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: asking for a seven

Three tasks and an open question: how a label reaches a convolution, a price for
side effects, and what a discriminator should say to a wrong label.
"""

import torch
import torch.nn.functional as F

from kindling.practice import check

# %%
# ## A label as channels
#
# Write the function of the tutorial for any images: `x` is [B, C, H, W], `labels` is [B], and there are `classes`
# labels. The result is [B, C + classes, H, W]: the channels of the image first, then one channel for each class, one
# everywhere for the image's own class and zero everywhere for the others.
#
# ??? hint
#     `F.one_hot(labels, classes).float()` is [B, classes]. It needs two more axes, for rows and columns.
#
# ??? hint
#     `[:, :, None, None]` adds them, each of size 1. `expand(-1, -1, H, W)` repeats the one number over all places,
#     and `torch.cat` joins along `dim=1`.


def as_channels(x, labels, classes):
    """Return images with their labels as channels: [B, C + classes, H, W]."""
    # gap
    told = F.one_hot(labels, classes).float()[:, :, None, None]
    told = told.expand(-1, -1, x.shape[2], x.shape[3])
    return torch.cat([x, told], dim=1)
    # end


def by_filling(x, labels, classes):
    joined = torch.zeros(len(x), x.shape[1] + classes, *x.shape[2:])
    joined[:, : x.shape[1]] = x
    for i, label in enumerate(labels.tolist()):
        joined[i, x.shape[1] + label] = 1.0
    return joined


def rolled(x, labels, classes):
    return by_filling(x, labels, classes).roll(classes, dims=1)


torch.manual_seed(37)

check(
    "conditional-control/a-label-as-channels",
    as_channels,
    right=by_filling,
    cases=[
        (torch.rand(3, 1, 4, 5), torch.tensor([2, 0, 3]), 4),
        (torch.rand(2, 3, 6, 6), torch.tensor([1, 1]), 2),
    ],
    mistakes={
        "your label channels stand before those of the image. The image "
        "comes first.": rolled,
        "you wrote the number of the class into one channel. That would "
        "say that class 2 lies between 1 and 3.": lambda x, labels, classes: (
            torch.cat(
                [
                    x,
                    labels.float()
                    .view(-1, 1, 1, 1)
                    .expand(-1, 1, *x.shape[2:]),
                ],
                dim=1,
            )
        ),
        "these are the label channels alone. The image must come "
        "along.": lambda x, labels, classes: by_filling(x, labels, classes)[
            :, x.shape[1] :
        ],
        "your label channels are one in every class. Only the channel of the "
        "image's own class is one.": lambda x, labels, classes: torch.cat(
            [x, torch.ones(len(x), classes, *x.shape[2:])], dim=1
        ),
        "the channel of the right class is zero and the others are one. It "
        "should be the other way round.": lambda x, labels, classes: torch.cat(
            [x, 1 - by_filling(x, labels, classes)[:, x.shape[1] :]], dim=1
        ),
        "you joined along the batch or the rows. Channels are "
        "`dim=1`.": lambda x, labels, classes: torch.cat(
            [
                x,
                F.one_hot(labels, classes)
                .float()[:, :1, None, None]
                .expand_as(x),
            ]
        ),
    },
)

# %%
# For a convolution a constant channel adds, away from the border, a constant to each of its outputs: a label as
# channels is nothing but a bias that depends on the class.

# %%
# ## A price for side effects
#
# You climb a score by changing the codes. `wanted` [B] should grow. `others` [B, K] are K measures that should stay
# what they were, `others_before` [B, K]. Write the score [B] that you *climb*: what is wanted, minus `price` times the
# sum of the squared changes of the others.
#
# ??? hint
#     A change up and a change down are equally unwelcome. The square of a change is positive for both.
#
# ??? hint
#     Each image has its own score. Over which axis of [B, K] do you add up?


def score_to_climb(wanted, others, others_before, price):
    """Return the score of each image [B]."""
    # gap
    changed = (others - others_before).square().sum(dim=1)
    return wanted - price * changed
    # end


def score_by_loop(wanted, others, others_before, price):
    scores = []
    for own, now, before in zip(wanted, others, others_before, strict=True):
        apart = now - before
        scores.append(own - price * (apart @ apart))
    return torch.stack(scores)


check(
    "conditional-control/a-price-for-side-effects",
    score_to_climb,
    right=score_by_loop,
    cases=[
        (torch.rand(4), torch.randn(4, 3), torch.randn(4, 3), 0.5),
        (torch.rand(3), torch.randn(3, 2), torch.randn(3, 2), 2.0),
    ],
    mistakes={
        "the sign: climbing this score rewards side effects. They must lower "
        "it.": lambda w, o, b, p: w + p * (o - b).square().sum(dim=1),
        "this is a loss, to be lowered. The score that you climb has the "
        "opposite sign.": lambda w, o, b, p: (
            p * (o - b).square().sum(dim=1) - w
        ),
        "without a square, a change down raises the score as much as a "
        "change up lowers it.": lambda w, o, b, p: w - p * (o - b).sum(dim=1),
        "you take the mean over the measures. Their sum was asked "
        "for.": lambda w, o, b, p: w - p * (o - b).square().mean(dim=1),
        "you add up over the whole batch, so each image pays for all the "
        "others.": lambda w, o, b, p: w - p * (o - b).square().sum(),
        "you punish large values of the other measures. Only their change "
        "costs.": lambda w, o, b, p: w - p * o.square().sum(dim=1),
        "you take absolute values. Squares were asked for: they are gentle "
        "to small changes.": lambda w, o, b, p: (
            w - p * (o - b).abs().sum(dim=1)
        ),
        "the price is missing: it says how much a side effect "
        "costs.": lambda w, o, b, p: w - (o - b).square().sum(dim=1),
    },
)

# %%
# With price 0 this is the plain climb of the tutorial. The larger the price, the shorter the way that still pays.

# %%
# ## Real image, wrong label
#
# In the tutorial, real images with wrong labels have half of the weight of all fakes. Let it be any share. `right` [B]
# are the discriminator's scores for real images with their own label, `wrong` [B] those for real images with another
# label, `fake` [B] those for made images. Write its loss: the mean cross-entropy of the right pairs, plus `share` times
# that of the wrong ones, plus what is left of the weight times that of the made ones.
#
# ??? hint
#     The cross-entropy of a score `s` is `F.softplus(-s)` if the answer should be "real". If it should be "fake", it
#     is `F.softplus(s)`.


def loss_of_pairs(right, wrong, fake, share):
    """Return the discriminator's loss, one number."""
    # gap
    misfits, made = F.softplus(wrong).mean(), F.softplus(fake).mean()
    return F.softplus(-right).mean() + share * misfits + (1 - share) * made
    # end


def entropy(scores, answer):
    return F.binary_cross_entropy_with_logits(
        scores, torch.full_like(scores, answer)
    )


check(
    "conditional-control/real-image-wrong-label",
    loss_of_pairs,
    right=lambda right, wrong, fake, share: (
        entropy(right, 1)
        + share * entropy(wrong, 0)
        + (1 - share) * entropy(fake, 0)
    ),
    cases=[
        (torch.randn(5) + 1, torch.randn(5), torch.randn(5) - 1, 0.5),
        (torch.randn(8), torch.randn(8) - 2, torch.randn(8), 0.25),
    ],
    mistakes={
        "you treat real images with a wrong label as real. The pair is "
        "wrong, so it counts as fake.": lambda right, wrong, fake, share: (
            entropy(right, 1)
            + share * entropy(wrong, 1)
            + (1 - share) * entropy(fake, 0)
        ),
        "the two kinds of fakes weigh twice as much as the right pairs. "
        "They have to divide one weight.": lambda right, wrong, fake, share: (
            entropy(right, 1) + entropy(wrong, 0) + entropy(fake, 0)
        ),
        "the real images with wrong labels are "
        "missing.": lambda right, wrong, fake, share: (
            entropy(right, 1) + entropy(fake, 0)
        ),
        "all signs are reversed: this is the loss of a discriminator that "
        "calls right pairs fake.": lambda right, wrong, fake, share: (
            entropy(right, 0)
            + share * entropy(wrong, 1)
            + (1 - share) * entropy(fake, 1)
        ),
        "you add the losses up over the batch. Take their mean, so that "
        "the batch size does not matter.": lambda right, wrong, fake, share: (
            len(right)
            * (
                entropy(right, 1)
                + share * entropy(wrong, 0)
                + (1 - share) * entropy(fake, 0)
            )
        ),
        "you gave the share to the made images. It belongs to the real ones "
        "with a wrong label.": lambda right, wrong, fake, share: (
            entropy(right, 1)
            + share * entropy(fake, 0)
            + (1 - share) * entropy(wrong, 0)
        ),
    },
)

# %%
# All scores zero give $2 \ln 2$ for every share: half of the weight is still on right pairs.

# %%
# ## Halfway, and beyond
#
# An open question. In the tutorial, ask for `between(3, 8, share)` with shares below 0 and above 1. What is more of an
# 8 than an 8? Then ask for all ten digits at once, a tenth of each, and for none, ten zeros. What does the judge say,
# and how sure is it? Its confidence was trained on real digits only: may you believe it here?
#
# Train the discriminator with your `loss_of_pairs` and a share of 0, for as many steps as before. How much of the
# agreement is left? And at 0.9, what becomes of the Fréchet distance? Use three seeds before you answer.
