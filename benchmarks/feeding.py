"""Two ways to feed the same network: tensors in memory, or a picture at a time.

Both train the network of the tutorial `validate-regularize` (784-256-128-64-10) on Fashion-MNIST, one after
the other, in this process, on two threads:

- tutorial: the code of that page. Tensors in memory, `kindling.data.batches`, AdamW under a one-cycle
  schedule, 50,000 pictures an epoch, as there;
- usual: torchvision's data set with ToTensor and Normalize, a DataLoader of 64, Adam at a constant rate, all
  60,000 pictures.

Prints seconds per epoch, the same for 60,000 pictures, and training seconds until a test accuracy is reached
(evaluation does not count). Writes nothing.
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


@dataclass
class Result:
    """What one way of feeding needed."""

    seconds: list[float]
    accuracy: list[float]

    def time_to(self, target: float) -> float | None:
        """Training seconds until the first epoch that ends at or above the target; None if none does."""
        reached = [epoch for epoch, accuracy in enumerate(self.accuracy, start=1) if accuracy >= target]
        return sum(self.seconds[: reached[0]]) if reached else None


def tutorial(epochs: int) -> Iterator[tuple[nn.Module, float]]:
    """Train as the tutorial does; after each epoch, yield the model and the epoch's seconds."""
    x, y = fashion_mnist("train").tensors
    train = batches(x, y, 256, shuffle=True)
    runtime.seed(12)
    model = mlp(SIZES, dropout=0.1)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.1)
    cycle = OneCycleLR(optimizer, max_lr=2e-3, total_steps=epochs * len(train), pct_start=0.1)
    for _ in range(epochs):
        start = time.perf_counter()
        train_epoch(model, train, optimizer, scheduler=cycle)
        yield model, time.perf_counter() - start


def usual(epochs: int, learning_rate: float, folder: Path) -> Iterator[tuple[nn.Module, float]]:
    """Train as most introductions do; after each epoch, yield the model and the epoch's seconds."""
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    pictures = datasets.FashionMNIST(folder, train=True, transform=transform)
    loader = DataLoader(pictures, batch_size=64, shuffle=True)
    runtime.seed(12)
    model = mlp(SIZES)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    for _ in range(epochs):
        start = time.perf_counter()
        train_epoch(model, loader, optimizer)
        yield model, time.perf_counter() - start


def measure(
    name: str, training: Iterator[tuple[nn.Module, float]], test: Batches, target: float, cap: float
) -> Result:
    """Follow a training to its end, to the cap, or until it has reached the target and run three epochs."""
    result = Result([], [])
    for model, seconds in training:
        result.seconds.append(seconds)
        result.accuracy.append(evaluate(model, test).accuracy)
        line = f"{name:9} epoch {len(result.seconds):3}  {seconds:6.2f} s  test {result.accuracy[-1]:.2%}"
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


def table(ours: Result, theirs: Result, target: float) -> str:
    """Both results and their ratios, in columns."""
    epoch = [statistics.median(result.seconds) for result in (ours, theirs)]
    for_all = [epoch[0] * 60 / 50, epoch[1]]
    reached = [result.time_to(target) for result in (ours, theirs)]
    lower_bound = reached[0] is not None and reached[1] is None
    if reached[0] is None:
        times, ratio = ["not reached"] * 2, "-"
    else:
        end = reached[1] or sum(theirs.seconds)
        times = [f"{reached[0]:.1f} s", f"{'> ' * lower_bound}{end:.1f} s"]
        ratio = f"{'> ' * lower_bound}{end / reached[0]:.1f}"
    rows = [
        ("", "tutorial", "usual", "ratio"),
        ("an epoch (median)", f"{epoch[0]:.2f} s", f"{epoch[1]:.2f} s", f"{epoch[1] / epoch[0]:.1f}"),
        ("60,000 pictures", f"{for_all[0]:.2f} s", f"{for_all[1]:.2f} s", f"{for_all[1] / for_all[0]:.1f}"),
        (f"{target:.0%} test accuracy", *times, ratio),
        ("best test accuracy", f"{max(ours.accuracy):.2%}", f"{max(theirs.accuracy):.2%}", ""),
        ("epochs run", str(len(ours.seconds)), str(len(theirs.seconds)), ""),
    ]
    return "\n".join(f"{row[0]:20}{row[1]:>14}{row[2]:>14}{row[3]:>10}" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Two ways to feed the same network.")
    add = parser.add_argument
    add("--epochs", type=int, default=25, help="at most so many epochs of the usual loop (25)")
    add("--tutorial-epochs", type=int, default=14, help="length of the cycle, by default the tutorial's (14)")
    add("--seconds", type=float, default=400, help="stop each training after so many (400)")
    add("--target", type=float, default=0.87, help="test accuracy to reach (0.87)")
    add("--learning-rate", type=float, default=3e-3, help="of the usual loop's Adam (0.003)")
    options = parser.parse_args()

    torch.set_num_threads(2)
    x, y = fashion_mnist("test").tensors
    test = batches(x, y, 1000)
    ours = measure("tutorial", tutorial(options.tutorial_epochs), test, options.target, options.seconds)
    normalized = batches((x - 0.5) / 0.5, y, 1000)  # the test set as the usual loop's network expects it
    with tempfile.TemporaryDirectory() as folder:
        training = usual(options.epochs, options.learning_rate, unpacked(Path(folder)))
        theirs = measure("usual", training, normalized, options.target, options.seconds)
    print()
    print(table(ours, theirs, options.target))


if __name__ == "__main__":
    main()
