"""Made-up patients: blocks of lung with vessels, and nodules of the sizes that radiologists marked for LUNA.

Every voxel is generated. Gray values are in Hounsfield units (HU), places are (slice, row, column) in voxels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from kindling.ct import SPACING_MM, luna_nodules
from kindling.runtime import smoke

SPACING = torch.tensor(SPACING_MM)
MARGIN = 4
"""How far, in voxels, the center of a nodule stays from the border of a block."""


@dataclass(frozen=True)
class Patient:
    """A made-up block of lung; its voxels are `SPACING_MM` apart."""

    series: str
    """The scan of LUNA that lent the number and the sizes of the nodules."""
    hu: Tensor
    """Hounsfield units [slices, rows, columns], float32."""
    mask: Tensor
    """Which voxels belong to a nodule, bool, of the same shape."""
    nodules: Tensor
    """The centers of the nodules, in voxels [N, 3], int64."""
    diameters: Tensor
    """Their diameters in millimeters [N]."""
    vessels: Tensor
    """Places on blood vessels, far from every nodule, in random order [M, 3], int64."""


def patients(n: int, *, seed: int, shape: Sequence[int] = (24, 96, 96)) -> list[Patient]:
    """Make up `n` patients; each takes the number and the sizes of its nodules from another scan of LUNA.

    The same seed gives the same patients, and the first ones do not depend on `n`. A smoke run gets at most six.
    """
    sizes: dict[str, list[float]] = {}
    for nodule in luna_nodules():
        sizes.setdefault(nodule.series, []).append(nodule.diameter)
    order = torch.randperm(len(sizes), generator=Generator().manual_seed(seed)).tolist()
    names = [list(sizes)[order[i % len(order)]] for i in range(min(n, 6) if smoke() else n)]
    generators = [Generator().manual_seed(10_000 * seed + i) for i in range(len(names))]
    return [_patient(name, sizes[name], shape, g) for name, g in zip(names, generators, strict=True)]


def set_nodule(hu: Tensor, center: Sequence[int], diameter: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Set a lumpy nodule into a volume: a copy of the volume, and the mask of the nodule, both [S, R, C].

    The center is a voxel; the diameter is in millimeters. Tissue that is brighter than the nodule stays.
    """
    reach = (0.7 * diameter / SPACING).ceil().long() + 1
    window = tuple(slice(max(0, c - r), c + r + 1) for c, r in zip(center, reach.tolist(), strict=True))
    here = hu[window]
    places = torch.cartesian_prod(
        *(torch.arange(w.start, w.start + n) for w, n in zip(window, here.shape, strict=True))
    )
    away = (places - torch.tensor(center)) * SPACING  # mm from the center [voxels, 3]
    distance = away.norm(dim=1)
    waves, phase = 1.5 * torch.randn(3, 3, generator=generator), 6.3 * torch.rand(3, generator=generator)
    lumps = torch.sin(away / distance.clamp(min=0.1)[:, None] @ waves + phase).sum(dim=1)
    share = _share(diameter / 2 * (1 + 0.08 * lumps), distance).view(here.shape)
    density = 80 - 250 * torch.rand(1, generator=generator) ** 2
    changed, mask = hu.clone(), torch.zeros(hu.shape, dtype=torch.bool)
    changed[window] = torch.lerp(here, torch.maximum(here, density), share)
    mask[window] = share >= 0.5
    return changed, mask


def _share(radius: Tensor, distance: Tensor) -> Tensor:
    """Which share of a voxel lies inside, by its distance from the middle in mm."""
    return ((radius - distance) / SPACING_MM[1] + 0.5).clamp(0, 1)


def _patient(series: str, sizes: Sequence[float], shape: Sequence[int], g: Generator) -> Patient:
    size = torch.tensor(shape)
    hu, points, radii = _lung(size, g)
    mask, centers, diameters = torch.zeros(tuple(shape), dtype=torch.bool), [], []
    for diameter in sizes:
        for _ in range(30):  # attempts to keep 6 mm of lung to the other nodules
            center = (torch.rand(3, generator=g) * (size - 2 * MARGIN)).long() + MARGIN
            others = zip(centers, diameters, strict=True)
            if all(((center - c) * SPACING).norm() > 6 + (d + diameter) / 2 for c, d in others):
                hu, inside = set_nodule(hu, center.tolist(), diameter, g)
                mask |= inside
                centers.append(center)
                diameters.append(diameter)
                break
    hu = hu + (20 + 40 * torch.rand(1, generator=g)) * torch.randn(tuple(shape), generator=g)
    nodules, wide = torch.stack(centers), torch.tensor(diameters)
    places = (points / SPACING).round().long()
    inside = ((places >= MARGIN) & (places < size - MARGIN)).all(dim=1) & (radii > 0.9)
    far = (torch.cdist(points, nodules * SPACING) - wide / 2 > 10).all(dim=1)
    places = places[inside & far]
    places = places[torch.randperm(len(places), generator=g)]
    return Patient(series, hu.clamp(-1024, 3071), mask, nodules, wide, places)


def _lung(size: Tensor, g: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Tissue with vessels in HU, and points on the vessels: millimeters [M, 3], radii [M].

    The vessels bend, taper and branch twice. The tissue is denser here than there.
    """
    start, way = torch.rand(14, 3, generator=g) * size * SPACING, torch.randn(14, 3, generator=g)
    radius = 1.2 + 2.3 * torch.rand(14, generator=g) ** 2
    steps, points, radii = torch.linspace(0, 1, 60)[:, None, None], [], []
    share = torch.zeros(int(size.prod()))
    for _ in range(3):  # vessels, branches, twigs
        bend = 12 * torch.randn(way.shape, generator=g)
        line = start + 55 * steps * F.normalize(way, dim=1) + steps**2 * bend
        thick = radius * (1 - 0.6 * steps[..., 0])
        points.append(line.flatten(0, 1))
        radii.append(thick.flatten())
        _paint(share, points[-1], radii[-1], size)
        fork = torch.randint(10, 50, (2,), generator=g)
        start, radius = line[fork].flatten(0, 1), 0.75 * thick[fork].flatten()
        way = torch.cat([way, way]) + 1.5 * torch.randn(len(start), 3, generator=g)
    coarse = 60 * torch.randn(1, 1, *(size // 8 + 1).tolist(), generator=g)
    clouds = F.interpolate(coarse, size=tuple(size.tolist()), mode="trilinear")[0, 0]
    tissue = -880 + 80 * torch.rand(1, generator=g) + clouds
    hu = torch.lerp(tissue, 150 * torch.rand(1, generator=g), share.view(tissue.shape))
    return hu, torch.cat(points), torch.cat(radii)


def _paint(share: Tensor, points: Tensor, radii: Tensor, size: Tensor) -> None:
    """Raise the share of each voxel, flattened, to what a ball around one of the points covers of it."""
    reach = ((radii.max() + 0.6) / SPACING).ceil().int().tolist()
    offsets = torch.cartesian_prod(*(torch.arange(-r, r + 1) for r in reach))
    voxels = (points / SPACING).round().long()[:, None] + offsets  # [points, offsets, 3]
    covered = _share(radii[:, None], (voxels * SPACING - points[:, None]).norm(dim=-1))
    inside = ((voxels >= 0) & (voxels < size)).all(dim=-1) & (covered > 0)
    rows = torch.tensor([size[1] * size[2], size[2], 1])
    share.scatter_reduce_(0, voxels[inside] @ rows, covered[inside], "amax")


# What the tutorial on the classifier builds


def scaled(hu: Tensor) -> Tensor:
    """From HU to numbers near zero: -1 for air, +1 for 400 HU and all that is denser."""
    return (hu.clamp(-1000, 400) + 1000) / 700 - 1


def shifted(centers: Tensor) -> Tensor:
    """Move each center [N, 3] by up to one slice, three rows and three columns."""
    reach = torch.tensor([1, 3, 3])
    return centers + (torch.rand(len(centers), 3) * (2 * reach + 1)).long() - reach


def classifier() -> nn.Sequential:
    """A small 3-D network: scaled crops [N, 1, 8, 24, 24] to logits [N], positive for a nodule."""
    layers: list[nn.Module] = []
    for channels_in, channels_out, pool in ((1, 8, (1, 2, 2)), (8, 16, 2), (16, 32, 2)):
        convolution = nn.Conv3d(channels_in, channels_out, 3, padding=1, bias=False)
        layers += [convolution, nn.BatchNorm3d(channels_out), nn.ReLU(), nn.MaxPool3d(pool)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 2 * 3 * 3, 1), nn.Flatten(0))


def augmented(x: Tensor) -> Tensor:
    """Turn in the plane, mirror, scale and move each crop [N, 1, S, R, C], and add noise."""
    n, device = len(x), x.device
    angle = 2 * math.pi * torch.rand(n, device=device)
    size = torch.exp(0.15 * torch.randn(n, device=device))
    matrix = torch.zeros(n, 3, 4, device=device)  # its rows and columns are: column, row, slice, move
    matrix[:, 0, 0] = matrix[:, 1, 1] = size * angle.cos()
    matrix[:, 0, 1], matrix[:, 1, 0] = -size * angle.sin(), size * angle.sin()
    matrix[:, 2, 2] = 1
    matrix[:, :, :3] *= torch.randint(0, 2, (n, 1, 3), device=device) * 2 - 1
    matrix[:, :, 3] = 0.12 * torch.randn(n, 3, device=device)
    grid = F.affine_grid(matrix, list(x.shape), align_corners=False)
    moved = F.grid_sample(x, grid, padding_mode="border", align_corners=False)
    return moved + 0.03 * torch.randn_like(moved)
