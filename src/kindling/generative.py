"""Judging generated digits: which digits they are, how well they can be read, how far they are from real ones."""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kindling import runtime
from kindling.data import batches, mnist
from kindling.metrics import accuracy, predict
from kindling.training import train_epoch

PARTS, PART = 5, 400
"""A verdict measures its distance on so many parts of so many images each: distances from other numbers of images
cannot be compared."""


class Judge(nn.Module):
    """A small convolutional network that reads digits: images [N, 1, size, size] in 0 ... 1 to logits [N, 10].

    Args:
        size: height and width of the images, 28 or 16.
    """

    def __init__(self, size: int = 28) -> None:
        super().__init__()
        stages = [_stage(a, b) for a, b in pairwise((1, 16, 32, 64))]
        self.features = nn.Sequential(*stages, nn.Flatten(), nn.Linear(64 * (size // 8) ** 2, 64), nn.ReLU())
        self.head = nn.Linear(64, 10)
        self.accuracy = math.nan
        """The share of the 10,000 test digits that it reads correctly, once it is trained."""

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


@dataclass(frozen=True)
class Verdict:
    """What a judge says of images: one row of a comparison of generators."""

    frechet: float
    """Mean Frechet distance from the real images in the judge's 64 features, over five parts of 400 images."""
    error: float
    """The standard deviation of the distance over the five parts."""
    shares: tuple[float, ...]
    """For each digit the share of the images that the judge takes for it."""
    confidence: float
    """The mean probability that the judge gives to its own answer."""

    @property
    def covered(self) -> int:
        """How many digits have more than 3% of the images."""
        return sum(share > 0.03 for share in self.shares)

    def report(self, *, parameters: int, seconds: float) -> None:
        """Record the verdict for the table of generators on the results page.

        Args:
            parameters: how many numbers the generator learns.
            seconds: how long it was trained.
        """
        runtime.report("Fréchet distance", self.frechet)
        runtime.report("its error", self.error)
        runtime.report("digits covered", self.covered)
        runtime.report("confidence", self.confidence)
        runtime.report("parameters", parameters)
        runtime.report("seconds of training", seconds)


def digit_judge(size: int = 28, *, device: torch.device | None = None) -> Judge:
    """A judge trained on one epoch of MNIST, about ten seconds on two cores; it is the same at each call.

    Your random numbers stay as they are. A smoke run trains it on next to no data.

    Args:
        size: 28, or 16 for [small_digits][kindling.generative.small_digits].
        device: where it is trained and stays; the CPU if you give none.
    """
    where = device or torch.device("cpu")
    prepare = small_digits if size == 16 else torch.Tensor.float
    x, y = mnist("train+val").tensors
    x_test, y_test = mnist("test").tensors
    with torch.random.fork_rng(devices=[where] if where.type == "cuda" else []):
        torch.manual_seed(0)
        judge = Judge(size).to(where).to(memory_format=torch.channels_last)
        loader = batches(prepare(x).to(where), y.to(where), batch_size=128, shuffle=True)
        optimizer = torch.optim.AdamW(judge.parameters())
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=len(loader))
        train_epoch(judge, loader, optimizer, scheduler=cycle)
    judge.accuracy = accuracy(predict(judge, prepare(x_test)).cpu(), y_test)
    return judge.eval().requires_grad_(False)


def small_digits(x: Tensor) -> Tensor:
    """Images [N, C, 28, 28] as [N, C, 16, 16]: two black pixels around them, then the mean of each 2 by 2 pixels."""
    return F.avg_pool2d(F.pad(x, (2, 2, 2, 2)), 2)


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """The Frechet distance between the normal distributions that fit two sets of features.

    It is the squared distance of the two means, plus the trace of both covariances, less twice the trace of the root
    of their product; in float64.

    Args:
        a: features [N, D].
        b: features [M, D] of the same network.

    Raises:
        ValueError: fewer than two rows, or not the same D.

    Examples:
        >>> round(frechet_distance(torch.tensor([[-1.0], [1.0]]), torch.tensor([[2.0], [4.0]])), 6)
        9.0

    Source: D. C. Dowson and B. V. Landau (1982); for images M. Heusel et al. (2017).
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(f"Features {list(a.shape)} and {list(b.shape)}: give [N, D] and [M, D], two rows or more.")
    a, b = a.detach().double().cpu(), b.detach().double().cpu()
    cov_a, cov_b = torch.atleast_2d(a.T.cov()), torch.atleast_2d(b.T.cov())
    # The eigenvalues of the product are real and not negative; rounding makes some of them slightly complex.
    root = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt().sum()
    return ((a.mean(0) - b.mean(0)).square().sum() + cov_a.trace() + cov_b.trace() - 2 * root).item()


def verdict(judge: Judge, images: Tensor, real: Tensor) -> Verdict:
    """Let a judge look at images.

    Args:
        judge: of the same size as the images.
        images: generated images [N, 1, size, size] in 0 ... 1, like those of the judge's training. The distance is
            taken from the first 2,000, everything else from all of them.
        real: real images [M, 1, size, size], the same for all that you compare.

    Raises:
        ValueError: fewer than ten images: each of five parts needs two.
    """
    if len(images) < 2 * PARTS:
        raise ValueError(f"There are {len(images)} images: give {2 * PARTS} at least, better {PARTS * PART:,}.")
    features, real_features = predict(judge.features, images), predict(judge.features, real)
    odds = judge.head(features).softmax(dim=1)
    parts = features[: PARTS * PART].chunk(PARTS)
    distances = torch.tensor([frechet_distance(part, real_features) for part in parts])
    shares = odds.argmax(dim=1).bincount(minlength=10) / len(images)
    return Verdict(
        frechet=distances.mean().item(),
        error=distances.std().item(),
        shares=tuple(shares.tolist()),
        confidence=odds.amax(dim=1).mean().item(),
    )


def _stage(channels_in: int, channels_out: int) -> nn.Sequential:
    convolution = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.MaxPool2d(2), nn.BatchNorm2d(channels_out), nn.ReLU())
