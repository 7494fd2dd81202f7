"""`kindling.training.fit` beside a loop written out by hand, on the same network and the same data, in turn.

    uv run benchmarks/learning.py [ROUNDS]

The loop does what `fit` does and no more: train for an epoch with the mean loss, validate with loss and accuracy. Both
train the network of the tutorial `validate-regularize` on random pictures of Fashion-MNIST's size, with batches of
512, as there, and of 64, where a loop has most to do beside the network. Each round trains both from the same weights;
which of them begins alternates. Both must end with the same loss to the last bit, and the median of the rounds'
ratios counts.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import proof
import torch
import torch.nn.functional as F
from torch import nn

from kindling import runtime
from kindling.data import Batches, batches
from kindling.models import mlp
from kindling.training import fit

EPOCHS, TRAIN, VAL = 3, 12_800, 2_560
Loop = Callable[[nn.Module, Batches, Batches, torch.optim.Optimizer], float]


def helper(model: nn.Module, train: Batches, val: Batches, optimizer: torch.optim.Optimizer) -> float:
    return fit(model, train, val, optimizer=optimizer, epochs=EPOCHS, progress=False).val_loss[-1]


def bare(model: nn.Module, train: Batches, val: Batches, optimizer: torch.optim.Optimizer) -> float:
    val_loss = 0.0
    for _ in range(EPOCHS):
        model.train()
        train_loss, seen = 0.0, 0
        for x, y in train:
            loss = F.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            train_loss += loss.item() * len(x)
            seen += len(x)
        model.eval()
        total, right, seen = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val:
                logits = model(x)
                total += F.cross_entropy(logits, y).item() * len(x)
                right += (logits.argmax(1) == y).sum().item()
                seen += len(x)
        val_loss = total / seen
    return val_loss


def seconds(loop: Loop, batch_size: int) -> tuple[float, float]:
    """Seconds of one training, and the validation loss that it ended with."""
    runtime.seed(12)
    x, y = torch.rand(TRAIN + VAL, 1, 28, 28), torch.randint(10, (TRAIN + VAL,))
    train = batches(x[:TRAIN], y[:TRAIN], batch_size, shuffle=True)
    val = batches(x[TRAIN:], y[TRAIN:], 1000)
    model = mlp([784, 256, 128, 64, 10], dropout=0.1)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.1, fused=True)
    begun = time.perf_counter()
    loss = loop(model, train, val, optimizer)
    return time.perf_counter() - begun, loss


def overhead(batch_size: int, rounds: int) -> tuple[float, list[float]]:
    """How many percent longer `fit` took (median), and the percents of the rounds."""
    seconds(bare, batch_size), seconds(helper, batch_size)  # the first steps of a process are slow
    ratios = []
    for turn in range(rounds):
        order = (helper, bare) if turn % 2 else (bare, helper)
        times = {loop: seconds(loop, batch_size) for loop in order}
        assert times[helper][1] == times[bare][1], "fit and the bare loop no longer compute the same"
        ratios.append(times[helper][0] / times[bare][0])
        print(f"  batches of {batch_size}: {times[helper][0]:.2f} s, bare {times[bare][0]:.2f} s", flush=True)
    percents = [100 * (ratio - 1) for ratio in ratios]
    return statistics.median(percents), percents


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    torch.set_num_threads(2)
    rows = []
    for batch_size in (512, 64):
        median, percents = overhead(batch_size, rounds)
        lower, _, upper = statistics.quantiles(percents)
        print(f"batches of {batch_size}: {median:+.1f} % (middle half {lower:+.1f} to {upper:+.1f} %)")
        what = f"fit beside a bare loop, batches of {batch_size}: time added"
        rows.append(proof.figure(what, median, unit="%", at_most=3))
    proof.keep("learning", "uv run benchmarks/learning.py", rows)


if __name__ == "__main__":
    main()
