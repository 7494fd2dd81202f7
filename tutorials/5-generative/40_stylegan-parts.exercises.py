# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: the parts of StyleGAN

Three tasks and an open question: a style for each map, a truncated code, and a
new stage that fades in.
"""

import torch
import torch.nn.functional as F

from kindling.practice import check

# %%
# ## A style for each map
#
# Write adaptive instance normalization. `x` [B, C, H, W] holds feature maps, `scale` and `shift` [B, C] a pair of
# numbers for each map. Give each map a mean of 0 and a variance of 1 over its own pixels (divide by $n$, and add `eps`
# to the variance before you take the root). Then multiply it by its scale and add its shift.
#
# ??? hint
#     The mean of each map has the shape [B, C, 1, 1] if you write `keepdim=True`. Over which two axes is it taken?
#
# ??? hint
#     `var` divides by $n - 1$ unless you say `correction=0`.
#
# ??? hint
#     To multiply maps, a scale needs two more axes: `scale[:, :, None, None]`.


def adain(x, scale, shift, eps=1e-5):
    """Normalize each map, then give it its scale and shift: [B, C, H, W]."""
    # gap
    mean = x.mean(dim=(2, 3), keepdim=True)
    variance = x.var(dim=(2, 3), correction=0, keepdim=True)
    normal = (x - mean) / (variance + eps).sqrt()
    return scale[:, :, None, None] * normal + shift[:, :, None, None]
    # end


dealer = torch.Generator().manual_seed(40)
maps = 3 + 2 * torch.randn(2, 3, 2, 3, generator=dealer)
scales = torch.tensor([[1.0, 2.0, -1.0], [0.5, 3.0, 1.5]])
shifts = torch.tensor([[0.0, 1.0, 2.0], [-1.0, 0.5, 4.0]])


def styled(x, scale, shift, axes=(2, 3), correction=0, eps=1e-5):
    mean = x.mean(dim=axes, keepdim=True)
    root = (x.var(dim=axes, correction=correction, keepdim=True) + eps).sqrt()
    return scale[..., None, None] * (x - mean) / root + shift[..., None, None]


check(
    "stylegan-parts/a-style-for-each-map",
    adain,
    right=styled,
    cases=[(maps, scales, shifts), (maps[:1], scales[1:], shifts[1:])],
    mistakes={
        "you took mean and variance over the whole batch, as batch "
        "normalization does. Each map has its own.": lambda x, a, b: styled(
            x, a, b, axes=(0, 2, 3)
        ),
        "you took mean and variance over all channels of an image, as layer "
        "normalization does. Each map has its own.": lambda x, a, b: styled(
            x, a, b, axes=(1, 2, 3)
        ),
        "your variance divides by n - 1. Say `correction=0`.": lambda x, a, b: (
            styled(x, a, b, correction=1)
        ),
        "you divided by the variance. Take its root first.": lambda x, a, b: (
            a[..., None, None]
            * (x - x.mean(dim=(2, 3), keepdim=True))
            / (x.var(dim=(2, 3), correction=0, keepdim=True) + 1e-5)
            + b[..., None, None]
        ),
        "the maps are normalized, and the style is missing.": lambda x, a, b: (
            F.instance_norm(x)
        ),
        "the scale is there, and the shift is missing.": lambda x, a, b: styled(
            x, a, 0 * b
        ),
        "the shift is there, and the scale is missing.": lambda x, a, b: styled(
            x, torch.ones_like(a), b
        ),
        "the maps get their style and were never normalized.": lambda x, a, b: (
            a[..., None, None] * x + b[..., None, None]
        ),
        "you scale after the shift was added. Scale first, then "
        "shift.": lambda x, a, b: styled(x, a, a * b),
    },
)

# %%
# The mean and the spread that a map had before are gone, whatever they were. That is the strength of this layer and,
# as the end of the tutorial shows, its weakness.

# %%
# ## Truncate
#
# Pull the codes `w` [B, D] toward `center` [D]: `psi` says which share of the distance is left, and only the first
# `layers` of the `n` layers get the truncated codes. Return the codes of all layers as one tensor [n, B, D].
#
# ??? hint
#     At `psi` = 1 nothing changes, and at `psi` = 0 all codes are the center.
#
# ??? hint
#     `torch.stack` of a list with `layers` times the one and `n - layers` times the other has the right shape.


def truncate(w, center, psi, layers, n):
    """One code for each layer, truncated in the first ones: [n, B, D]."""
    # gap
    near = center + psi * (w - center)
    return torch.stack([near] * layers + [w] * (n - layers))
    # end


def pulled(w, center, psi, layers, n):
    near = torch.lerp(center.expand_as(w), w, psi)
    return torch.stack([near if i < layers else w for i in range(n)])


codes = torch.tensor([[1.0, -2.0], [3.0, 0.5], [0.0, 4.0]])
middle = torch.tensor([0.5, 1.0])

check(
    "stylegan-parts/truncate",
    truncate,
    right=pulled,
    cases=[(codes, middle, 0.7, 1, 3), (codes[:2], -middle, 0.25, 2, 3)],
    mistakes={
        "you pull toward zero. The codes should come closer to the "
        "center.": lambda w, c, p, k, n: pulled(w, 0 * c, p, k, n),
        "your `psi` works the other way round: at 1 nothing should "
        "change.": lambda w, c, p, k, n: pulled(w, c, 1 - p, k, n),
        "you truncated all layers. Only the first `layers` of them are "
        "meant.": lambda w, c, p, k, n: pulled(w, c, p, n, n),
        "you truncated the last layers in place of the "
        "first.": lambda w, c, p, k, n: torch.stack(
            [w if i < n - k else c + p * (w - c) for i in range(n)]
        ),
        "the center is missing: what you return is only the shortened "
        "difference.": lambda w, c, p, k, n: torch.stack(
            [p * (w - c) if i < k else w for i in range(n)]
        ),
        "one layer too many is truncated.": lambda w, c, p, k, n: pulled(
            w, c, p, k + 1, n
        ),
        "these are the truncated codes of one layer. Stack the codes of all "
        "n.": lambda w, c, p, k, n: c + p * (w - c),
    },
)

# %%
# Truncating only the first layers keeps the shapes safe and leaves the fine details their full variety.

# %%
# ## Fade in
#
# A generator of 8 by 8 pixels has learned, and gets a stage for 16 by 16. `small` [B, 1, 8, 8] is the image that the
# old layers make, `large` [B, 1, 16, 16] that of the new stage. Return the blend: the enlarged small image at
# `alpha` = 0, the large one at `alpha` = 1. Enlarge by repeating each pixel.
#
# ??? hint
#     `F.interpolate(small, scale_factor=2)` repeats each pixel, down and across.
#
# ??? hint
#     A blend has two weights that add up to 1.


def fade_in(small, large, alpha):
    """The old image, enlarged, on its way to the new one: [B, 1, 2H, 2W]."""
    # gap
    enlarged = F.interpolate(small, scale_factor=2)
    return (1 - alpha) * enlarged + alpha * large
    # end


def repeated(small):
    return small.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


dealer = torch.Generator().manual_seed(40)
old = torch.rand(2, 1, 3, 2, generator=dealer)
new = torch.rand(2, 1, 6, 4, generator=dealer)

check(
    "stylegan-parts/fade-in",
    fade_in,
    right=lambda s, x, alpha: torch.lerp(repeated(s), x, alpha),
    cases=[(old, new, 0.25), (old, new, 0.0), (old[:1], new[1:], 0.9)],
    mistakes={
        "the weights have changed places: at `alpha` = 0 the old image "
        "should be seen.": lambda s, x, alpha: torch.lerp(
            x, repeated(s), alpha
        ),
        "the old image never gets weaker: its weight is 1 - "
        "alpha.": lambda s, x, alpha: repeated(s) + alpha * x,
        "the new image has its full weight from the start. It should have "
        "the weight alpha.": lambda s, x, alpha: (1 - alpha) * repeated(s) + x,
        "the whole small image is repeated, like tiles. Repeat each "
        "pixel.": lambda s, x, alpha: torch.lerp(
            s.repeat(1, 1, 2, 2), x, alpha
        ),
        "you made the new image smaller. Make the old one "
        "larger.": lambda s, x, alpha: torch.lerp(s, F.avg_pool2d(x, 2), alpha),
        "you enlarged between the pixels smoothly. Here each pixel is "
        "repeated.": lambda s, x, alpha: torch.lerp(
            F.interpolate(s, scale_factor=2, mode="bilinear"), x, alpha
        ),
    },
)

# %%
# At `alpha` = 0 the new stage has no influence and gets no gradient. So let alpha grow from the first step on.

# %%
# ## What can a single layer know?
#
# An open question. Take the tutorial's trained generator and change the code of one stage at a time, for a hundred
# digits. Let the judge say how often the digit stays the same, and measure how many pixels change by more than 0.2.
# Do the same for the noise, with strengths from 0 to 2. What would you have to change in the training so that noise
# is of use?
