"""Data sets: found in the data folder or downloaded from their official addresses, and verified before use.

Each has a card in `cards.toml`: what it is, its license, its files, their checksums. `KINDLING_DATA` names
the folder that holds them; without it they lie in your user's cache folder.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import TensorDataset
from torchvision import datasets
from torchvision.datasets.utils import extract_archive

from kindling import cifar
from kindling.copies import find
from kindling.fetch import card, data_folder, fetch
from kindling.runtime import note_data, smoke

FASHION_CLASSES = tuple(datasets.FashionMNIST.classes)
"""The names of Fashion-MNIST's classes 0 to 9."""

CIFAR_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
"""The names of CIFAR-10's classes 0 to 9."""

COLUMNS = ("gre", "gpa", "rank")
"""Of the student admissions: test score (220 to 800), grade average (to 4), rank of college (1 is best)."""

WINE_COLUMNS = (
    "fixed acidity", "volatile acidity", "citric acid", "residual sugar", "chlorides", "free sulfur dioxide",
    "total sulfur dioxide", "density", "pH", "sulphates", "alcohol",
)  # fmt: skip
"""What was measured of each white wine: g/dm³, but sulfur dioxide in mg/dm³, density in g/cm³, alcohol in %."""

BIKE_COLUMNS = (
    "instant", "day", "season", "yr", "mnth", "hr", "holiday", "weekday", "workingday", "weathersit", "temp",
    "atemp", "hum", "windspeed", "casual", "registered",
)  # fmt: skip
"""Of the bike hires, by the names of the file; "day" is the day of the month, cut from the file's date."""

SPLITS = {"train": slice(50_000), "val": slice(50_000, 60_000), "train+val": slice(None), "test": slice(None)}
"""The part of the official training set (for "test": of the official test set) that each split takes."""

CIFAR_SPLITS = {"train": (0, 45_000), "val": (45_000, 50_000), "train+val": (0, 50_000), "test": (0, 10_000)}
"""The same for CIFAR-10, from the first to before the last."""

SMOKE_SAMPLES = 64
"""How many samples of a data set a smoke run sees."""


def mnist(split: str) -> TensorDataset:
    """MNIST, handwritten digits: x float32 [N, 1, 28, 28] from 0 (paper) to 1 (ink), y int64 [N], the digit.

    Splits and errors are those of [fashion_mnist][kindling.data.fashion_mnist].

    Source: Y. LeCun, C. Cortes, C. J. C. Burges (1998), read by `torchvision.datasets.MNIST`.
    """
    return _images("mnist", datasets.MNIST, split)


def fashion_mnist(split: str) -> TensorDataset:
    """Fashion-MNIST, photographs of clothes: x float32 [N, 1, 28, 28] from 0 to 1, y int64 [N].

    `FASHION_CLASSES` names the ten classes.

    Args:
        split: "train" (the first 50,000), "val" (the last 10,000 of the official training set), "train+val"
            (all 60,000 of it) or "test" (10,000).

    Raises:
        ValueError: there is no such split, or a file does not match its checksum.
        FileNotFoundError: the data is absent and cannot be downloaded.

    Source: H. Xiao, K. Rasul, R. Vollgraf (2017), read by `torchvision.datasets.FashionMNIST`.
    """
    return _images("fashion_mnist", datasets.FashionMNIST, split)


def cifar10(split: str) -> TensorDataset:
    """CIFAR-10, tiny photographs of animals and vehicles: x float32 [N, 3, 32, 32] from 0 to 1, y int64 [N].

    `CIFAR_CLASSES` names the ten classes. "val" has the last 5,000 of the official training set; splits and errors are
    otherwise those of [fashion_mnist][kindling.data.fashion_mnist].

    Source: A. Krizhevsky (2009).
    """
    if split not in CIFAR_SPLITS:
        raise ValueError(f"There is no split {split!r} of cifar10. Choose one of {', '.join(CIFAR_SPLITS)}.")
    source, (first, last) = find("cifar10", cifar.JPEG_COPY), CIFAR_SPLITS[split]
    part = slice(first, first + SMOKE_SAMPLES if smoke() else last)
    images, labels = cifar.read(source, split != "test", part)
    source.note()
    return TensorDataset(torch.from_numpy(images) / 255, torch.from_numpy(labels))


def student_admissions() -> TensorDataset:
    """Admission to graduate school: x float32 [400, 3], the `COLUMNS` raw, y float32 [400], 1 if admitted.

    Errors are those of [fetch][kindling.fetch.fetch].

    Source: UCLA Institute for Digital Research and Education, from Udacity's course.
    """
    if _absent_in_smoke("student_admissions"):
        low, high = torch.tensor([220.0, 2.26, 1.0]), torch.tensor([800.0, 4.0, 4.0])
        x = torch.lerp(low, high, torch.rand(SMOKE_SAMPLES, 3, generator=torch.Generator().manual_seed(0)))
        x[:, 2].round_()
        return _noted("student_admissions", x, (torch.arange(SMOKE_SAMPLES) % 3 == 0).float())
    (path,) = fetch("student_admissions")
    rows = torch.from_numpy(np.loadtxt(path, dtype=np.float32, delimiter=",", skiprows=1))
    return _noted("student_admissions", rows[:, 1:], rows[:, 0])


def wine_quality() -> TensorDataset:
    """White wines: x float32 [4898, 11], the `WINE_COLUMNS` raw, y int64 [4898], tasters' marks (3 to 9 occur).

    Errors are those of [fetch][kindling.fetch.fetch].

    Source: P. Cortez et al. (2009), UCI Machine Learning Repository.
    """
    if _absent_in_smoke("wine_quality"):
        x = 1 + torch.rand(SMOKE_SAMPLES, len(WINE_COLUMNS), generator=torch.Generator().manual_seed(0))
        return _noted("wine_quality", x, 3 + torch.arange(SMOKE_SAMPLES) % 7)
    (path,) = fetch("wine_quality")
    rows = torch.from_numpy(np.loadtxt(path, dtype=np.float32, delimiter=";", skiprows=1))
    return _noted("wine_quality", rows[:, :-1], rows[:, -1].long())


def bike_sharing() -> TensorDataset:
    """Two years of bike hires, hour by hour: x float32 [17520, 16], the `BIKE_COLUMNS`, y float32 [17520], hires.

    Every day has its 24 rows: an hour that the original lacks repeats the columns of one beside it, with no hires.
    Elsewhere "casual" and "registered" add up to y: they are known only afterwards.

    Errors are those of [fetch][kindling.fetch.fetch].

    Source: H. Fanaee-T, J. Gama (2013), with the missing hours filled by the authors of the book's code.
    """
    if _absent_in_smoke("bike_sharing"):
        x = torch.rand(SMOKE_SAMPLES, len(BIKE_COLUMNS), generator=torch.Generator().manual_seed(0))
        x[:, 5] = torch.arange(SMOKE_SAMPLES) % 24
        x[:, 8] = torch.arange(SMOKE_SAMPLES) // 24 % 2
        x[:, 9] = 1 + torch.arange(SMOKE_SAMPLES) % 4
        x[:, 14:] = (100 * x[:, 14:]).round()
        return _noted("bike_sharing", x, x[:, 14] + x[:, 15])
    (path,) = fetch("bike_sharing")
    day: dict[int | str, Callable[[str], float]] = {1: lambda date: float(date[8:10])}  # of 2011-01-31 the 31
    rows = torch.from_numpy(np.loadtxt(path, dtype=np.float32, delimiter=",", skiprows=1, converters=day))
    return _noted("bike_sharing", rows[:, :-1], rows[:, -1])


def _images(name: str, dataset: type[datasets.MNIST], split: str) -> TensorDataset:
    if split not in SPLITS:
        raise ValueError(f"There is no split {split!r} of {name}. Choose one of {', '.join(SPLITS)}.")
    if _absent_in_smoke(name):
        generator = torch.Generator().manual_seed(list(SPLITS).index(split))
        x = torch.rand(SMOKE_SAMPLES, 1, 28, 28, generator=generator)
        return _noted(name, x, torch.arange(SMOKE_SAMPLES) % 10)
    with tempfile.TemporaryDirectory() as folder:  # torchvision wants them unpacked; ours may be read-only
        raw = Path(folder, dataset.__name__, "raw")
        raw.mkdir(parents=True)
        for path in fetch(name):
            extract_archive(path, raw)
        official = dataset(folder, train=split != "test")
    images, labels = official.data[SPLITS[split]], official.targets[SPLITS[split]]
    return _noted(name, images.unsqueeze(1) / 255, labels)


def _absent_in_smoke(name: str) -> bool:
    """Whether to make up samples: a smoke run downloads nothing."""
    return smoke() and not all((data_folder() / file.path).exists() for file in card(name).files)


def _noted(name: str, x: Tensor, y: Tensor) -> TensorDataset:
    """The data set, noted in the record of the run; in a smoke run only its first samples."""
    found, kept = card(name), SMOKE_SAMPLES if smoke() else len(x)
    kind = "smoke" if smoke() else "substitute" if found.substitute else "original"
    note_data(name, found.version, found.checksum, kind)
    return TensorDataset(x[:kept], y[:kept])


@dataclass(frozen=True, eq=False)
class Batches:
    """What [batches][kindling.data.batches] makes: iterable once per epoch, and `len()` batches long."""

    x: Tensor
    y: Tensor
    batch_size: int
    shuffle: bool
    generator: torch.Generator | None
    drop_last: bool = False

    def __len__(self) -> int:
        whole, rest = divmod(len(self.x), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = None
        if self.shuffle:
            dealer = self.generator.device if self.generator else self.x.device
            order = torch.randperm(len(self.x), generator=self.generator, device=dealer).to(self.x.device)
        for i in range(len(self)):
            part = slice(i * self.batch_size, (i + 1) * self.batch_size)
            chosen = part if order is None else order[part]
            yield self.x[chosen], self.y[chosen]


def batches(
    x: Tensor,
    y: Tensor,
    batch_size: int,
    *,
    shuffle: bool = False,
    generator: torch.Generator | None = None,
    drop_last: bool = False,
    device: torch.device | str | None = None,
) -> Batches:
    """Cut tensors into batches; an epoch has every example once, and the last batch may be smaller.

    For data that fits into memory this is several times faster than a `DataLoader`, which picks them singly.

    Args:
        x: examples [N, ...].
        y: labels or targets [N, ...].
        batch_size: examples per batch.
        shuffle: a fresh order in each epoch.
        generator: where the order comes from; without it, from torch's own random numbers.
        drop_last: leave out a last batch that is smaller: batch norm cannot train on a single example.
        device: move all the data there, once.

    Raises:
        ValueError: x and y differ in length, there are no examples, or the batch size is not positive.

    Examples:
        >>> [len(x) for x, y in batches(torch.zeros(10, 3), torch.zeros(10), batch_size=4)]
        [4, 4, 2]
    """
    if len(x) != len(y):
        raise ValueError(f"x has {len(x)} examples and y has {len(y)}: give one y for each x.")
    if len(x) == 0:
        raise ValueError("x has no examples: give at least one.")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}: give a positive number, like 64.")
    return Batches(x.to(device), y.to(device), batch_size, shuffle, generator, drop_last)
