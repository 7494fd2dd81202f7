"""The training loop, built by hand in the tutorial on the first network, and kept here."""

import math
import os
import pickle
import random
import time
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from tqdm import tqdm

from kindling.metrics import accuracy
from kindling.runtime import steps

Batch = tuple[Tensor, Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]


class Evaluation(NamedTuple):
    """How a model does on a set of examples; unpacks as `loss, accuracy = evaluate(model, val)`."""

    loss: float
    """Mean loss per example."""
    accuracy: float
    """Share of right answers, between 0 and 1."""


@dataclass
class History:
    """What happened in each epoch of a [fit][kindling.training.fit]."""

    train_loss: list[float] = field(default_factory=list)
    """Mean loss per training example, measured while the weights moved."""
    val_loss: list[float] = field(default_factory=list)
    """Mean loss per validation example, after the epoch."""
    val_accuracy: list[float] = field(default_factory=list)
    """Share of right answers in validation, between 0 and 1."""
    seconds: list[float] = field(default_factory=list)
    """Time of the epoch, training and validation together."""
    best_epoch: int = 0
    """The epoch of the lowest validation loss, counted from 1 (0 before the first)."""
    stopped_early: bool = False
    """Whether patience ran out before the last epoch."""


def train_epoch(
    model: nn.Module,
    batches: Iterable[Batch],
    optimizer: Optimizer,
    *,
    loss_fn: Loss = F.cross_entropy,
    scheduler: LRScheduler | None = None,
) -> float:
    """Train for one epoch, in train mode, and return the mean loss per example.

    Args:
        model: the network, on the device of the batches.
        batches: pairs (x, y), each with its own number of examples.
        optimizer: it holds the model's parameters.
        loss_fn: takes (logits, y) and returns the mean over the batch.
        scheduler: stepped after every batch.

    Raises:
        ValueError: there are no batches.
    """
    model.train()
    total_loss, seen = 0.0, 0
    for x, y in batches:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total_loss += loss.item() * len(x)  # the last batch can be smaller
        seen += len(x)
    return total_loss / _not_none(seen)


@torch.no_grad()
def evaluate(model: nn.Module, batches: Iterable[Batch], *, loss_fn: Loss = F.cross_entropy) -> Evaluation:
    """Measure the mean loss and the accuracy per example, in eval mode and without gradients.

    Args:
        model: the network, on the device of the batches; it is left in eval mode.
        batches: pairs (x, y); how the examples are cut into batches does not change the answer.
        loss_fn: takes (logits, y) and returns the mean over the batch.

    Raises:
        ValueError: there are no batches.
    """
    model.eval()
    total_loss, right, seen = 0.0, 0.0, 0
    for x, y in batches:
        logits = model(x)
        total_loss += loss_fn(logits, y).item() * len(x)
        right += accuracy(logits, y) * len(x)
        seen += len(x)
    return Evaluation(total_loss / _not_none(seen), right / seen)


def fit(
    model: nn.Module,
    train: Iterable[Batch],
    val: Iterable[Batch],
    *,
    optimizer: Optimizer,
    epochs: int,
    scheduler: LRScheduler | None = None,
    loss_fn: Loss = F.cross_entropy,
    patience: int | None = None,
    checkpoint: Path | None = None,
    progress: bool = True,
) -> History:
    """Train for some epochs and validate after each.

    With `checkpoint`, every finished epoch is written to that file, and a call that finds the file goes on after the
    last finished epoch, with the same random numbers, as if it had never been interrupted. Delete the file to start
    again: it also holds the optimizer's and the scheduler's settings. In a smoke run there are at most two epochs.

    Args:
        model: the network, on the device of the batches.
        train: training batches; iterated once per epoch, so not a generator.
        val: validation batches.
        optimizer: it holds the model's parameters.
        epochs: how many in all, those of an interrupted call included.
        scheduler: stepped after every training batch.
        loss_fn: takes (logits, y) and returns the mean over the batch.
        patience: stop after so many epochs without a lower validation loss. The model then ends with the weights
            of its best epoch; without patience, with those of the last.
        checkpoint: the file to write and to go on from.
        progress: show a bar over the epochs (`TQDM_DISABLE=1` hides it too).

    Raises:
        ValueError: there are no batches, or the checkpoint is damaged or belongs to another model.
    """
    run = _Run(model, optimizer, scheduler, getattr(train, "generator", None))
    if checkpoint is not None and checkpoint.exists():
        run.load(checkpoint)
    history, epochs = run.history, steps(epochs)
    hidden = not progress or os.environ.get("TQDM_DISABLE") == "1"
    with tqdm(total=epochs, initial=len(history.val_loss), unit="epoch", disable=hidden) as bar:
        while len(history.val_loss) < epochs and not history.stopped_early:
            start = time.perf_counter()
            train_loss = train_epoch(model, train, optimizer, loss_fn=loss_fn, scheduler=scheduler)
            run.note(train_loss, evaluate(model, val, loss_fn=loss_fn), time.perf_counter() - start)
            history.stopped_early = patience is not None and len(history.val_loss) - history.best_epoch >= patience
            if checkpoint is not None:
                run.save(checkpoint)
            bar.set_postfix_str(f"train loss {train_loss:.3f}, val loss {history.val_loss[-1]:.3f}")
            bar.update()
    if patience is not None:
        model.load_state_dict(run.best_weights)
    return history


class _Run:
    """Everything that decides how a fit goes on."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        scheduler: LRScheduler | None,
        generator: torch.Generator | None,
    ) -> None:
        self.parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
        self.model, self.generator = model, generator
        self.history = History()
        self.best_weights = deepcopy(model.state_dict())

    def note(self, train_loss: float, val: Evaluation, seconds: float) -> None:
        history = self.history
        best_loss = history.val_loss[history.best_epoch - 1] if history.best_epoch else math.inf
        history.train_loss.append(train_loss)
        history.val_loss.append(val.loss)
        history.val_accuracy.append(val.accuracy)
        history.seconds.append(seconds)
        if val.loss < best_loss:
            history.best_epoch = len(history.val_loss)
            self.best_weights = deepcopy(self.model.state_dict())

    def save(self, path: Path) -> None:
        state = {name: part.state_dict() for name, part in self.parts.items() if part is not None}
        state |= {"best_weights": self.best_weights, "history": asdict(self.history)}
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            torch.save(state | {"random": _random_state(self.generator)}, unfinished)
            os.replace(unfinished, path)  # a checkpoint is either whole or absent
        finally:
            unfinished.unlink(missing_ok=True)

    def load(self, path: Path) -> None:
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            for name, part in self.parts.items():
                if part is not None:
                    part.load_state_dict(state[name])
            self.best_weights, self.history = state["best_weights"], History(**state["history"])
            _restore_random_state(state["random"], self.generator)
        except (RuntimeError, ValueError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
            raise ValueError(
                f"{path} is damaged or belongs to another model ({type(error).__name__}: {error}). "
                "Delete it to start again, or give another checkpoint."
            ) from error


def _random_state(generator: torch.Generator | None) -> dict[str, Any]:
    _, key, *position = np.random.get_state()
    return {
        "python": random.getstate(),
        "numpy": ["MT19937", torch.tensor(key.astype(np.int64)), *position],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        "train": generator.get_state() if generator is not None else None,
    }


def _restore_random_state(state: dict[str, Any], generator: torch.Generator | None) -> None:
    name, key, *position = state["numpy"]
    random.setstate(state["python"])
    np.random.set_state((name, key.numpy().astype(np.uint32), *position))
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
    if generator is not None and state["train"] is not None:
        generator.set_state(state["train"])


def _not_none(seen: int) -> int:
    if seen == 0:
        raise ValueError("There are no batches: give at least one example. A generator is empty after its first epoch.")
    return seen
