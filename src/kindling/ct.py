"""A real chest CT, and the nodules that radiologists marked for LUNA.

Gray values are in Hounsfield units (HU): air is -1000, water 0. Places in a volume are (slice, row, column), in voxels.
"""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kindling.copies import Copy, find
from kindling.dicom import read_slice
from kindling.fetch import Beginning, File, _fetch_file, card

VOLUME_COPY: Copy = {
    "path": "ct/ct_volume_99x256x256_hu.npz",
    "difference": "one file with the same volume",
    "sha256": "bb429c87ad24220456be7f408939ab90687c6650820faf4600349f4a3bf1c756",
}
VOLUME_SHA256 = "a610d75792c326d37a0633d65e68d8a8b3ac12a142c5eeb290ee9d6ecdca93ca"
CORNER_MM = (-288.0, -286.935546875, -142.935546875)
SPACING_MM = (3.0, 1.12890625, 1.12890625)
UPRIGHT = "1 0 0 0 1 0 0 0 1"
"""The axes of a MetaImage that is neither turned nor flipped."""
CROP = (8, 24, 24)
"""Slices, rows and columns of a crop around a candidate: 24 by 27 by 27 mm."""


@dataclass(frozen=True)
class Scan:
    """A volume, and where it lies in the patient."""

    hu: Tensor
    """Hounsfield units [slices, rows, columns], float32."""
    spacing: Tensor
    """Millimeters from voxel to voxel along slice, row, column [3], float64."""
    corner: Tensor
    """Millimeters (z, y, x) of the center of voxel (0, 0, 0) [3], float64."""


@dataclass(frozen=True)
class Nodule:
    """A row of LUNA's annotations: the scan, the center (x, y, z) and the diameter in millimeters, the finding."""

    series: str
    center: tuple[float, float, float]
    diameter: float
    malignant: bool


def chest_ct() -> Scan:
    """A real chest CT: 99 slices of 256 by 256 voxels, each the mean of 2 by 2 pixels of the official files.

    Raises:
        ValueError: a file, or the volume that the files give, does not match its checksum.
        FileNotFoundError: the data is absent and cannot be downloaded (52 MB).

    Source: patient C3N-00247 of CPTAC-LSCC (The Cancer Imaging Archive), from the book's repository.
    """
    source = find("chest_ct", VOLUME_COPY)
    if not source.paths:
        hu = np.random.default_rng(0).integers(-1000, -600, (99, 256, 256), np.int16)
        hu[:, ::16, ::16] = 100  # as from vessels
    elif source.kind == "substitute":
        with np.load(source.paths[0]) as copy:
            hu = copy["hu"]
    else:
        hu = _official_volume()
    source.note()
    spacing, corner = (torch.tensor(mm, dtype=torch.float64) for mm in (SPACING_MM, CORNER_MM))
    return Scan(torch.from_numpy(hu).float(), spacing, corner)


def _official_volume() -> np.ndarray:
    """The card has the first of the 99 files, and their folder; the others are checked together, as a volume."""
    found = card("chest_ct")
    first = found.files[0]
    known = {Path(file.path).name: file.sha256 for file in found.files}
    slices = {}
    for name in (f"{i:06}.dcm" for i in range(99)):
        path, url = (place.rsplit("/", 1)[0] + f"/{name}" for place in (first.path, first.url))
        z, hu = read_slice(_fetch_file(found, File(path, url, known.get(name) or Beginning(""))))
        slices[z] = hu.reshape(256, 2, 256, 2).mean((1, 3)).round().astype(np.int16)
    volume = np.stack([slices[z] for z in sorted(slices)])
    if hashlib.sha256(volume.tobytes()).hexdigest() != VOLUME_SHA256:
        raise ValueError(f"The files beside {first.path} give another volume than the known one. Delete their folder.")
    return volume


def luna_nodules() -> list[Nodule]:
    """The 1,182 nodules that radiologists marked in 600 scans of LUNA16, and whether they took them for malignant.

    [luna_scan][kindling.ct.luna_scan] reads the scans. Errors are those of [fetch][kindling.fetch.fetch].

    Source: A. A. A. Setio et al. (2017), from LIDC-IDRI; the findings were added by the authors of the book.
    """
    source = find("luna_annotations")
    source.note()
    if not source.paths:
        return [Nodule(f"made-up.{i // 2}", (0.0, 0.0, 0.0), 4.0 + i % 9, i % 3 == 0) for i in range(64)]
    with source.paths[0].open(newline="", encoding="utf-8") as file:
        return [
            Nodule(
                row["seriesuid"],
                (float(row["coordX"]), float(row["coordY"]), float(row["coordZ"])),
                float(row["diameter_mm"]),
                row["mal_bool"] == "True",
            )
            for row in csv.DictReader(file)
        ]


def luna_scan(path: Path | str) -> Scan:
    """One of LUNA's own scans: a header `.mhd` of a few lines, beside it the voxels in the file `.raw` that it names.

    The scans take 66 GB, in two parts: [subsets 0 to 6](https://zenodo.org/records/3723295) and
    [7 to 9](https://zenodo.org/records/4121926).

    Args:
        path: the file `.mhd`.

    Raises:
        FileNotFoundError: one of the two files is absent.
        ValueError: the header lacks a line, has no int16 voxels or a scan that is turned or flipped, or the voxels are
            fewer or more than it says.

    Source: the format is MetaImage, of the Insight Toolkit.
    """
    path = Path(path)
    lines = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
    header = {key.strip(): value.strip() for key, _, value in lines}
    if missing := {"DimSize", "ElementSpacing", "Offset", "ElementDataFile"} - set(header):
        raise ValueError(f"{path} is no header of a scan: it lacks {', '.join(sorted(missing))}.")
    if header.get("ElementType", "MET_SHORT") != "MET_SHORT":
        raise ValueError(f"{path}: voxels are {header['ElementType']}, not MET_SHORT.")
    if " ".join(header.get("TransformMatrix", UPRIGHT).split()) != UPRIGHT:
        raise ValueError(f"{path}: this scan is turned or flipped, so its places in millimeters need a matrix.")
    shape = [int(n) for n in reversed(header["DimSize"].split())]
    hu = np.fromfile(path.with_name(header["ElementDataFile"]), "<i2")
    if hu.size != np.prod(shape):
        raise ValueError(f"{path} speaks of {shape} voxels, and its data file has {hu.size:,}.")
    spacing, corner = (
        torch.tensor([float(mm) for mm in reversed(header[name].split())], dtype=torch.float64)
        for name in ("ElementSpacing", "Offset")
    )
    return Scan(torch.from_numpy(hu.reshape(shape)).float(), spacing, corner)


def crops(hu: Tensor, centers: Tensor) -> Tensor:
    """Cut a crop of `CROP` voxels around each center [N, 3]: [N, 1, 8, 24, 24], moved inside where it would leave."""
    first = [(c - size // 2).clamp(0, n - size) for c, size, n in zip(centers.T, CROP, hu.shape, strict=True)]
    windows = hu.unfold(0, CROP[0], 1).unfold(1, CROP[1], 1).unfold(2, CROP[2], 1)
    return windows[tuple(first)].unsqueeze(1)
