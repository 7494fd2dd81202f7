"""Photographs of many sizes: folders of images, one for each class, and single ones.

They belong to their authors and are for study: they are never part of this package, of a page's files or of a download.
"""

import atexit
import io
import re
import shutil
import tarfile
import tempfile
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from PIL import Image
from torchvision.datasets import Flowers102, ImageFolder

from kindling.copies import Copy, find, unpacked
from kindling.data import SMOKE_SAMPLES
from kindling.fetch import card
from kindling.matlab import read_vectors
from kindling.runtime import smoke

Transform = Callable[[Image.Image], Any]

INSECTS_COPY: Copy = {
    "path": "hymenoptera_data",
    "difference": "the same photos, smaller: the short side has 256 pixels",
    "sha256": "94f6a407df0602804add060accd48b20cf3ba0ccdecaa640cf3f6c7e5c755061",
}
PETS_COPY: Copy = {
    "path": "Cat_Dog_data",
    "difference": "a draw of 1,200 of the photos, smaller: the short side has 160 pixels",
    "sha256": "7fb1e43af3acd5fea3cd268b91cb5cff4dee4e81ff613ada20c782fd9fc00bab",
}
PETS_SIZES = {"train": 500, "test": 100}
"""How many cats, and how many dogs, are taken for each split."""

FLOWERS = tuple(name.rstrip("?") for name in Flowers102.classes)  # one has a question mark, which no folder may have
"""The English names of the 102 flowers, in the order of their official numbers 1 to 102."""

FLOWER_SPLITS = {"train": "trnid", "val": "valid", "test": "tstid"}
"""The lists of the official file that name the images of each split."""

ALBUMS = ("book_photos", "style_images")
"""The data sets whose images have names of their own."""


def hymenoptera(split: str, transform: Transform | None = None) -> ImageFolder:
    """Ants and bees: an `ImageFolder` of RGB images and their labels, 0 for ants and 1 for bees.

    Args:
        split: "train" (244 photos) or "val" (153).
        transform: what to do with each image when it is taken.

    Raises:
        ValueError: there is no such split, or a file does not match its checksum.
        FileNotFoundError: the data is absent and cannot be downloaded, or unpacked.

    Source: the transfer learning tutorial of PyTorch; the images are from ImageNet.
    """
    return _folder("hymenoptera", split, transform, ("train", "val"), ("ants", "bees"), _unpack_insects, INSECTS_COPY)


def cats_dogs(split: str, transform: Transform | None = None) -> ImageFolder:
    """Cats and dogs: an `ImageFolder` of RGB images and their labels, 0 for cats and 1 for dogs.

    "train" has 500 of each and "test" 100 of each: of the official archive, the first of each that can be read.
    Arguments and errors are those of [hymenoptera][kindling.photos.hymenoptera].

    Source: J. Elson et al. (2007), published by Microsoft.
    """
    return _folder("cats_dogs", split, transform, ("train", "test"), ("cat", "dog"), _unpack_pets, PETS_COPY)


def flowers(split: str, transform: Transform | None = None) -> ImageFolder:
    """102 flowers: an `ImageFolder` of RGB images and their labels, in the alphabetical order of the flowers' names.

    "train" and "val" have ten photos of each flower, "test" the other 6,149. Arguments and errors are those of
    [hymenoptera][kindling.photos.hymenoptera]; a first use downloads 345 MB.

    Source: M.-E. Nilsback, A. Zisserman (2008).
    """
    return _folder("flowers", split, transform, tuple(FLOWER_SPLITS), FLOWERS, _unpack_flowers)


def photo(name: str) -> Image.Image:
    """One RGB image: "bobby" (a golden retriever), "horse", "cat1" to "cat3", "octopus", "space_needle", "amber", and
    two paintings, "delaunay" and "udnie".

    Raises:
        ValueError: there is no image of that name, or a file does not match its checksum.
        FileNotFoundError: the file is absent and cannot be downloaded.

    Source: the repository of the book (`book_photos`), and those of style transfer (`style_images`).
    """
    albums = {Path(file.path).stem: album for album in ALBUMS for file in card(album).files}
    if name not in albums:
        raise ValueError(f"There is no photo {name!r}. Choose one of {', '.join(albums)}.")
    source = find(albums[name])
    source.note()
    for path in source.paths:
        if path.stem == name:
            with Image.open(path) as image:
                return image.convert("RGB")
    return _noise(len(name), 256, 256)


def _folder(
    name: str,
    split: str,
    transform: Transform | None,
    splits: Sequence[str],
    classes: Sequence[str],
    unpack: Callable[[list[Path], Path], None],
    copy: Copy | None = None,
) -> ImageFolder:
    if split not in splits:
        raise ValueError(f"There is no split {split!r} of {name}. Choose one of {', '.join(splits)}.")
    source = find(name, copy)
    if not source.paths:
        root = _made_up(name, tuple(splits), tuple(classes))
    else:
        root = source.paths[0] if source.kind == "substitute" else unpacked(source, unpack)
    source.note()
    return ImageFolder(root / split, transform, is_valid_file=_few(len(classes)) if smoke() else None)


# From the archives


def _unpack_insects(archives: list[Path], folder: Path) -> None:
    with ZipFile(archives[0]) as archive:
        for name in archive.namelist():
            if match := re.fullmatch(r"hymenoptera_data/(train|val)/(ants|bees)/([^/\\:]+\.jpe?g)", name):
                _write(folder.joinpath(*match.groups()), archive.read(name))


def _unpack_pets(archives: list[Path], folder: Path) -> None:
    with ZipFile(archives[0]) as archive:
        found = [re.fullmatch(r"PetImages/(Cat|Dog)/(\d+)\.jpg", name) for name in archive.namelist()]
        for kind in ("Cat", "Dog"):
            numbers = iter(sorted(int(match[2]) for match in found if match and match[1] == kind))
            for split, size in PETS_SIZES.items():
                kept = 0
                while kept < size:
                    number = next(numbers)
                    content = archive.read(f"PetImages/{kind}/{number}.jpg")
                    if _is_image(content):
                        _write(folder / split / kind.lower() / f"{number}.jpg", content)
                        kept += 1


def _unpack_flowers(archives: list[Path], folder: Path) -> None:
    images, labels, lists = archives
    label = read_vectors(labels)["labels"]
    split_of = {int(i): split for split, name in FLOWER_SPLITS.items() for i in read_vectors(lists)[name]}
    with tarfile.open(images) as archive:
        for member in archive:
            if match := re.fullmatch(r"jpg/image_(\d{5})\.jpg", member.name):
                number, file = int(match[1]), archive.extractfile(member)
                assert file  # the checksum of the archive was right
                _write(folder / split_of[number] / FLOWERS[label[number - 1] - 1] / Path(member.name).name, file.read())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _is_image(content: bytes) -> bool:
    """Whether an image can be read, and without a warning: some of the cats and dogs are damaged."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            Image.open(io.BytesIO(content)).convert("RGB")
        except (OSError, SyntaxError, ValueError, Warning):
            return False
    return True


# Smoke runs


def _few(classes: int) -> Callable[[str], bool]:
    """Let the first files of each folder pass."""
    seen: dict[Path, int] = {}

    def passes(name: str) -> bool:
        folder = Path(name).parent
        seen[folder] = seen.get(folder, 0) + 1
        return seen[folder] <= max(1, SMOKE_SAMPLES // classes)

    return passes


@cache
def _made_up(name: str, splits: Sequence[str], classes: Sequence[str]) -> Path:
    """A folder of noise, for this process."""
    root = Path(tempfile.mkdtemp(prefix=f"kindling-{name}-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    for split in splits:
        for label, kind in enumerate(classes):
            folder = root / split / kind
            folder.mkdir(parents=True)
            for i in range(max(1, SMOKE_SAMPLES // len(classes))):
                _noise(label, 48, 64).save(folder / f"{i}.jpg")
    return root


def _noise(seed: int, height: int, width: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))
