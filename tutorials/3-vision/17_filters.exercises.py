# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: filters and edges

Three tasks and an open question: how steep an image is, a blur in two cheap
passes, and a sharper kernel out of any soft one.
"""

import torch
import torch.nn.functional as F

from kindling.practice import check

# %%
# ## The slope of a ramp
#
# On a ramp, an image that gets brighter by the same amount with each pixel to the right, Sobel's kernel
# gives a number that is larger than this amount. By which factor? Write the function that gives the amount
# itself, at each place where the kernel fits.
#
# ??? hint
#     Take one row of the ramp first, with the pixels 0, 1, 2. What does (−1, 0, 1) make of them? The three rows
#     of the kernel count 1, 2 and 1 times.
#
# ??? hint
#     `F.conv2d` wants images as `[N, C, H, W]` and kernels as `[1, 1, 3, 3]`: `image[None, None]` and
#     `kernel[None, None]`. Take `[0, 0]` of what comes back.

SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])


def slope(image):
    """Brightness gained per pixel to the right: [H, W] -> [H - 2, W - 2]."""
    # gap
    return F.conv2d(image[None, None], SOBEL[None, None])[0, 0] / 8
    # end


def sobel(image, kernel=SOBEL, **options):
    return F.conv2d(image[None, None], kernel[None, None], **options)[0, 0]


check(
    "filters/the-slope-of-a-ramp",
    slope,
    right=lambda image: sobel(image) / 8,
    cases=[
        (torch.arange(5.0).expand(4, 5) * 0.25 + 1,),
        (torch.arange(30.0).reshape(6, 5).sqrt(),),
        (torch.rand(5, 7, generator=torch.Generator().manual_seed(17)),),
    ],
    mistakes={
        "this is what Sobel's kernel gives: on a ramp it is eight times "
        "the slope.": sobel,
        "you divided by 4, the sum of (1, 2, 1). But the columns that are "
        "subtracted are two pixels apart.": lambda image: sobel(image) / 4,
        "you divided by 2, the distance of the columns. But the three rows "
        "count 1 + 2 + 1 times.": lambda image: sobel(image) / 2,
        "you divided by 9, the count of the numbers. Try it on a ramp: the "
        "pixels 0, 1, 2 in three rows.": lambda image: sobel(image) / 9,
        "this is the slope downward. The one to the right was asked "
        "for.": lambda image: sobel(image, SOBEL.T) / 8,
        "the sign is wrong: an image that gets brighter to the right has a "
        "positive slope.": lambda image: -sobel(image) / 8,
        "you keep the size of the image, and a frame of zeros is an edge at "
        "the border. Only places where the kernel fits were asked "
        "for.": lambda image: sobel(image, padding=1) / 8,
        "this is the difference of neighbors. It is right on a ramp, but "
        "it is not what Sobel's kernel finds in other images.": lambda image: (
            image[1:-1, 2:] - image[1:-1, 1:-1]
        ),
    },
)

# %%
# Eight times: each row sees the change over two pixels, and the rows together count four times. To read Sobel's
# answer as a slope, divide by 8. To find edges, nobody does: only the comparison with other places counts.

# %%
# ## A blur in two passes
#
# The blur of the tutorial is a column times a row. That is why you can blur to the side first and then downward,
# with the same result. Write it for any weights `[k]` (a row of them, used in both directions). The result has a number
# for each place where the whole k by k kernel fits. Return also how many multiplications this costs for each
# pixel of the result, on a large image, if you count one per weight and pass.
#
# ??? hint
#     A kernel that is one row has shape `[1, k]`, and one that is a column `[k, 1]`. Both need two more axes in
#     front.
#
# ??? hint
#     The second pass works on what the first has made. With two passes of k weights each, the costs are ... ?


def two_passes(image, weights):
    """Return the blurred image, and the multiplications for each pixel."""
    k = len(weights)
    # gap
    #: blurred = ...
    #: multiplications = ...
    #: return blurred, multiplications
    sideways = F.conv2d(image[None, None], weights.view(1, 1, 1, k))
    blurred = F.conv2d(sideways, weights.view(1, 1, k, 1))[0, 0]
    return blurred, 2 * k
    # end


def at_once(image, kernel):
    return F.conv2d(image[None, None], kernel[None, None])[0, 0]


check(
    "filters/a-blur-in-two-passes",
    two_passes,
    right=lambda image, weights: (
        at_once(image, torch.outer(weights, weights)),
        2 * len(weights),
    ),
    cases=[
        (
            torch.rand(8, 9, generator=torch.Generator().manual_seed(1)),
            torch.tensor([0.25, 0.5, 0.25]),
        ),
        (
            torch.rand(9, 12, generator=torch.Generator().manual_seed(2)),
            torch.tensor([0.1, 0.2, 0.4, 0.2, 0.1]),
        ),
        (
            torch.rand(6, 5, generator=torch.Generator().manual_seed(3)),
            torch.tensor([0.7, 0.3]),
        ),
    ],
    mistakes={
        "not solved yet: there is still `...` where your blurred image and "
        "your number go.": lambda image, w: (..., ...),
        "the image is right. These are the multiplications of the whole "
        "kernel at once, k times k. What do two rows of k cost?": (
            lambda image, w: (at_once(image, torch.outer(w, w)), len(w) ** 2)
        ),
        "the image is right. You count one pass; there are "
        "two.": lambda image, w: (at_once(image, torch.outer(w, w)), len(w)),
        "the image is blurred to the side only. The second pass goes "
        "downward, on the result of the first.": lambda image, w: (
            at_once(image, w[None]),
            2 * len(w),
        ),
        "the image is blurred downward only. It takes a pass to the side as "
        "well.": lambda image, w: (at_once(image, w[:, None]), 2 * len(w)),
        "both passes go to the side. One of them needs its weights as a "
        "column, `[1, 1, k, 1]`.": lambda image, w: (
            at_once(at_once(image, w[None]), w[None]),
            2 * len(w),
        ),
        "both passes go downward. One of them needs its weights as a row, "
        "`[1, 1, 1, k]`.": lambda image, w: (
            at_once(at_once(image, w[:, None]), w[:, None]),
            2 * len(w),
        ),
        "your image has the axes of `F.conv2d`, `[1, 1, H, W]`. Take "
        "`[0, 0]` of it.": lambda image, w: (
            at_once(image, torch.outer(w, w))[None, None],
            2 * len(w),
        ),
        "you keep the size of the image, with a frame of zeros that makes "
        "the border darker. Only places where the kernel fits were asked "
        "for.": lambda image, w: (
            F.conv2d(
                image[None, None],
                torch.outer(w, w)[None, None],
                padding=len(w) // 2,
            )[0, 0],
            2 * len(w),
        ),
    },
)

# %%
# With 5 weights it is 10 multiplications in place of 25, with 21 it is 42 in place of 441. Not every kernel can
# be split like this: it must be a column times a row. Sobel's can, and a kernel for diagonal lines cannot.

# %%
# ## Sharper by any blur
#
# Given the kernel of any blur, `[k, k]` with an odd `k` and the sum 1: build *one* kernel that adds `amount` times
# what the blur removes to the image. With amount 1 it is the tutorial's "sharpen", with amount 0 it changes
# nothing.
#
# ??? hint
#     What is the kernel that changes nothing? Where is its only 1?
#
# ??? hint
#     What a blur removes is "nothing changed" minus the blur. Add this, `amount` times, to "nothing changed".


def sharpening(blur, amount):
    """Return a kernel [k, k] that sharpens an image."""
    # gap
    same = torch.zeros_like(blur)
    middle = len(blur) // 2
    same[middle, middle] = 1
    return same + amount * (same - blur)
    # end


check(
    "filters/sharper-by-any-blur",
    sharpening,
    right=lambda blur, amount: next(
        same + amount * (same - blur)
        for same in [F.pad(torch.ones(1, 1), (len(blur) // 2,) * 4)]
    ),
    cases=[
        (torch.full((3, 3), 1 / 9), 1.0),
        (torch.full((5, 5), 1 / 25), 0.5),
        (torch.tensor([[0.0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 8, 3.0),
        (torch.full((3, 3), 1 / 9), 0.0),
    ],
    mistakes={
        message: lambda blur, amount, formula=formula: formula(
            F.pad(torch.ones(1, 1), (len(blur) // 2,) * 4), blur, amount
        )
        for message, formula in {
            "this is what the blur removes, and its sum is 0. Add the kernel "
            "that changes nothing.": lambda same, blur, amount: (
                amount * (same - blur)
            ),
            "the sign is turned: you take away what the blur removes, and "
            "that blurs.": lambda same, blur, amount: (
                same - amount * (same - blur)
            ),
            "you subtract the blur, and do not put back the brightness: an "
            "even area becomes darker.": lambda same, blur, amount: (
                same - amount * blur
            ),
            "`amount` is not used: this always adds what the blur removes "
            "once.": lambda same, blur, amount: 2 * same - blur,
            "you add to every number of the kernel. The kernel that changes "
            "nothing has a single 1, in its "
            "middle.": lambda same, blur, amount: 1 + amount * (1 - blur),
            "you start from a diagonal of ones, `torch.eye`. As a kernel this "
            "adds up a diagonal line of pixels. There should be a single 1, "
            "in the middle.": lambda same, blur, amount: (
                torch.eye(len(blur)) + amount * (torch.eye(len(blur)) - blur)
            ),
            "you start from the blurred image. Start from the one that is "
            "not changed.": lambda same, blur, amount: (
                blur + amount * (same - blur)
            ),
        }.items()
    },
)

# %%
# The sum is always 1, whatever the amount: the brightness of even areas stays. Large amounts overshoot at each
# edge: a bright rim on one side and a dark one on the other, which you may know from television sets.

# %%
# ## A filter of your own
#
# An open question. Design a kernel that answers to one of these in the photo: lines from the lower left to the
# upper right; bright dots; corners. Begin with its sum, then with a small image on which you know the answer. Does
# it answer to other things as well? Can one kernel find *all* corners, whichever way they point? (Think of what
# it does to an image and to its negative.)
#
# Then take a photo of your own, `PIL.Image.open(...).convert("L")`, and look for its edges with and without a blur
# first. Which size of blur leaves the edges that you would draw?
