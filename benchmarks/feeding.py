"""Two ways to feed the same network: tensors in memory, or an image at a time.

Both train the network of the tutorial `validate-regularize` (784-256-128-64-10, dropout 0.1) on Fashion-MNIST,
in turn, in this process, on two threads:

- tutorial: the code of that page. Tensors in memory, `kindling.data.batches`, AdamW under a one-cycle
  schedule, 50,000 images an epoch, as there;
- usual: torchvision's data set with ToTensor and Normalize, a DataLoader of 64, Adam at a constant rate of
  0.003, as in the courses that the site covers, all 60,000 images.

Prints seconds per epoch, the same for 60,000 images, and training seconds until a test accuracy is reached
(evaluation does not count). At a constant rate, the epoch that first reaches it is a matter of luck, so each
seed trains both networks and the medians over the seeds count.
Nothing else should run on the machine meanwhile. `KINDLING_DATA` names the folder that holds the data.
"""

import argparse
import gzip
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import proof
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from kindling import runtime
from kindling.data import Batches, batches, fashion_mnist, fetch
from kindling.models import mlp
from kindling.training import evaluate, train_epoch

SIZES = [784, 256, 128, 64, 10]
DROPOUT = 0.1


@dataclass
class Result:
    """What one way of feeding needed."""

    seconds: list[float]
    accuracy: list[float]

    def time_to(self, target: float) -> float | None:
        """Training seconds until the first epoch that ends at or above the target; None if none does."""
        reached = [epoch for epoch, accuracy in enumerate(self.accuracy, start=1) if accuracy >= target]
        return sum(self.seconds[: reached[0]]) if reached else None


def tutorial(seed: int, epochs: int) -> Iterator[tuple[nn.Module, float]]:
    """Train as the tutorial does; after each epoch, yield the model and the epoch's seconds."""
    x, y = fashion_mnist("train").tensors
    train = batches(x, y, 512, shuffle=True)
    runtime.seed(seed)
    model = mlp(SIZES, dropout=DROPOUT)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.1, fused=True)
    cycle = OneCycleLR(optimizer, max_lr=4e-3, total_steps=epochs * len(train), pct_start=0.1)
    for _ in range(epochs):
        start = time.perf_counter()
        train_epoch(model, train, optimizer, scheduler=cycle)
        yield model, time.perf_counter() - start


def usual(seed: int, epochs: int, learning_rate: float, folder: Path) -> Iterator[tuple[nn.Module, float]]:
    """Train as most introductions do; after each epoch, yield the model and the epoch's seconds."""
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    images = datasets.FashionMNIST(folder, train=True, transform=transform)
    loader = DataLoader(images, batch_size=64, shuffle=True)
    runtime.seed(seed)
    model = mlp(SIZES, dropout=DROPOUT)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    for _ in range(epochs):
        start = time.perf_counter()
        train_epoch(model, loader, optimizer)
        yield model, time.perf_counter() - start


def measure(name: str, training: Iterator[tuple[nn.Module, float]], test: Batches, target: float, cap: float) -> Result:
    """Follow a training to its end, to the cap, or until it has reached the target and run three epochs."""
    result = Result([], [])
    for model, seconds in training:
        result.seconds.append(seconds)
        result.accuracy.append(evaluate(model, test).accuracy)
        line = f"{name:11} epoch {len(result.seconds):3}  {seconds:6.2f} s  test {result.accuracy[-1]:.2%}"
        print(line, flush=True)
        if sum(result.seconds) > cap or (len(result.seconds) >= 3 and result.time_to(target) is not None):
            break
    return result


def unpacked(folder: Path) -> Path:
    """The verified files, unpacked where torchvision's data set looks for them."""
    raw = folder / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for path in fetch("fashion_mnist"):
        with gzip.open(path) as packed, (raw / path.stem).open("wb") as plain:
            shutil.copyfileobj(packed, plain)
    return folder


def median_time(results: list[Result], target: float) -> tuple[float, bool]:
    """The median of the seconds to the target; a run that never reached it counts with all its seconds.

    Returns:
        The seconds, and whether they are only a lower bound.
    """
    ordered = sorted(
        (result.time_to(target) or sum(result.seconds), result.time_to(target) is None) for result in results
    )
    return ordered[len(ordered) // 2]


def epoch_seconds(results: list[Result]) -> float:
    return statistics.median(seconds for result in results for seconds in result.seconds)


def columns(ours: list[Result], theirs: list[Result], target: float) -> list[tuple[str, ...]]:
    """Both ways and their ratios."""
    epoch = [epoch_seconds(ours), epoch_seconds(theirs)]
    for_all = [epoch[0] * 60 / 50, epoch[1]]
    (mine, short), (other, bound) = median_time(ours, target), median_time(theirs, target)
    more = "> " * bound
    times = ["not reached"] * 2 if short else [f"{mine:.1f} s", f"{more}{other:.1f} s"]
    return [
        ("seconds for", "tutorial", "usual", "ratio"),
        ("an epoch (median)", f"{epoch[0]:.2f} s", f"{epoch[1]:.2f} s", f"{epoch[1] / epoch[0]:.1f}"),
        ("60,000 images", f"{for_all[0]:.2f} s", f"{for_all[1]:.2f} s", f"{for_all[1] / for_all[0]:.1f}"),
        (f"{target:.0%} test accuracy", *times, "-" if short else f"{more}{other / mine:.1f}"),
    ]


def figures(ours: list[Result], theirs: list[Result], target: float) -> list[dict[str, Any]]:
    """How many times faster the tutorial's way is; a target that it does not reach counts as 0."""
    (mine, short), (other, bound) = median_time(ours, target), median_time(theirs, target)
    same_work = epoch_seconds(theirs) / (epoch_seconds(ours) * 60 / 50)
    reached = f"to {target:.0%} test accuracy, times faster" + " (at least: the usual way never got there)" * bound
    return [
        proof.figure("60,000 images once, times faster", same_work, at_least=4),
        proof.figure(reached, 0.0 if short else other / mine, at_least=12),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Two ways to feed the same network.")
    add = parser.add_argument
    add("--seeds", type=int, nargs="+", default=[12, 13, 14, 15, 16], help="train both with each (12 to 16)")
    add("--epochs", type=int, default=25, help="at most so many epochs of the usual loop (25)")
    add("--tutorial-epochs", type=int, default=14, help="length of the cycle, by default the tutorial's (14)")
    add("--seconds", type=float, default=400, help="stop each training after so many (400)")
    add("--target", type=float, default=0.87, help="test accuracy to reach (0.87)")
    add("--learning-rate", type=float, default=3e-3, help="of the usual loop's Adam (0.003)")
    options = parser.parse_args()

    torch.set_num_threads(2)
    x, y = fashion_mnist("test").tensors
    test = batches(x, y, 1000)
    normalized = batches((x - 0.5) / 0.5, y, 1000)  # the test set as the usual loop's network expects it
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        images = unpacked(Path(folder))
        for seed in options.seeds:
            training = tutorial(seed, options.tutorial_epochs)
            ours.append(measure(f"tutorial {seed}", training, test, options.target, options.seconds))
            training = usual(seed, options.epochs, options.learning_rate, images)
            theirs.append(measure(f"usual {seed}", training, normalized, options.target, options.seconds))
    print()
    rows = columns(ours, theirs, options.target)
    print("\n".join(f"{row[0]:20}{row[1]:>14}{row[2]:>14}{row[3]:>10}" for row in rows))
    tables = {"Medians over the seeds": rows}
    proof.keep("feeding", "uv run benchmarks/feeding.py", figures(ours, theirs, options.target), tables=tables)


if __name__ == "__main__":
    main()
