"""The training loop: built by hand in the tutorial on the first network, and kept here."""

import math
import os
import time
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from tqdm import tqdm

from kindling.metrics import Metric, fitting
from kindling.randomness import holders, random_state, restore_random_state
from kindling.runtime import steps

Batch = tuple[Tensor, Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]


class Evaluation(NamedTuple):
    """How a model does on a set of examples; unpacks as `loss, accuracy = evaluate(model, val)`."""

    loss: float
    """Mean loss per example."""
    accuracy: float
    """Share of right answers, between 0 and 1; or what another `metric` gave, and nan without one."""


@dataclass
class History:
    """What happened in each epoch of a [fit][kindling.training.fit]."""

    train_loss: list[float] = field(default_factory=list)
    """Mean loss per training example, measured while the weights moved."""
    val_loss: list[float] = field(default_factory=list)
    """Loss on all validation examples, after the epoch."""
    val_accuracy: list[float] = field(default_factory=list)
    """Share of right answers in validation, between 0 and 1; or what another `metric` gave, and nan without one."""
    seconds: list[float] = field(default_factory=list)
    """Time of the epoch, training and validation together."""
    best_epoch: int = 0
    """The epoch of the lowest validation loss, counted from 1 (0 before the first)."""
    stopped_early: bool = False
    """Whether patience ran out."""


def train_epoch(
    model: nn.Module,
    batches: Iterable[Batch],
    optimizer: Optimizer,
    *,
    loss_fn: Loss = F.cross_entropy,
    scheduler: LRScheduler | None = None,
) -> float:
    """Train for one epoch, in train mode; return the mean loss per example.

    The batches (x, y) lie on the model's device, which is asked for the losses only at the end. `loss_fn` takes
    (outputs, y) and returns the mean over a batch; the scheduler is stepped after every batch.

    Raises:
        ValueError: there are no batches.
    """
    model.train()
    losses, sizes = [], []
    for x, y in batches:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss.detach())
        sizes.append(len(x))  # the last batch can be smaller
    seen = _some(sum(sizes))
    return (torch.stack(losses).flatten().cpu().double() @ torch.tensor(sizes).double()).item() / seen


@torch.no_grad()
def evaluate(
    model: nn.Module,
    batches: Iterable[Batch],
    *,
    loss_fn: Loss = F.cross_entropy,
    metric: Metric | Literal["auto"] | None = "auto",
) -> Evaluation:
    """Measure a model's loss and accuracy on all examples, in eval mode and without gradients.

    The outputs of all batches are put together, and `loss_fn` and `metric` see them once. So no cut into batches
    changes the answer, whatever is averaged: class weights and padding (`ignore_index`) count as they must. All outputs
    lie in memory at once, on the model's device, where the batches are. The model is left in eval mode.

    Args:
        model: it returns one tensor [B, ...] for a batch, with the same size after B for each.
        batches: pairs (x, y).
        loss_fn: takes (outputs, y), as in training.
        metric: takes (outputs, y), returns a number, which takes the place of the accuracy; None for none. "auto" is
            [accuracy][kindling.metrics.accuracy], of losses that torch computes from the scores of classes.

    Raises:
        ValueError: there are no batches, their outputs do not go together, or the accuracy does not fit the loss.
    """
    metric = fitting(metric, loss_fn)
    model.eval()
    pairs = [(model(x), y) for x, y in batches]
    _some(sum(len(y) for _, y in pairs))
    outputs, y = (_joined(parts) for parts in zip(*pairs, strict=True))
    return Evaluation(loss_fn(outputs, y).item(), float(metric(outputs, y)) if metric else math.nan)


def fit(
    model: nn.Module,
    train: Iterable[Batch],
    val: Iterable[Batch],
    *,
    optimizer: Optimizer,
    epochs: int,
    scheduler: LRScheduler | None = None,
    loss_fn: Loss = F.cross_entropy,
    metric: Metric | Literal["auto"] | None = "auto",
    patience: int | None = None,
    checkpoint: Path | None = None,
    progress: bool = True,
) -> History:
    """Train for some epochs (two in a smoke run) and validate after each.

    With a checkpoint, each finished epoch is written to that file. A call that finds the file goes on from
    there to the same end as if it had never been interrupted, bit for bit on a CPU. The file also holds the
    settings of the optimizer and the scheduler: delete it to start again with others. Loaders can be held that are
    plain lists, have the methods `state_dict` and `load_state_dict`, or draw from the random numbers of torch, NumPy
    and Python or from a torch.Generator in an attribute: [batches][kindling.data.batches] and DataLoader with any
    sampler of torch. Others are refused.

    Args:
        model: on the device of the batches.
        train: pairs (x, y); iterated once per epoch, so not a generator.
        val: pairs (x, y).
        optimizer: it holds the model's parameters.
        epochs: how many in all, those before an interruption included.
        scheduler: stepped after every training batch.
        loss_fn: takes (outputs, y), returns the mean over the batch.
        metric: what is measured in validation besides the loss, as for [evaluate][kindling.training.evaluate].
        patience: stop after so many epochs without a lower validation loss. The model then has the weights of
            its best epoch; without patience, those of the last.
        checkpoint: the file to write and to go on from.
        progress: show a bar over the epochs; `TQDM_DISABLE=1` hides it as well.

    Raises:
        ValueError: there are no batches, the accuracy does not fit the loss, a loader cannot be held by a checkpoint,
            or the checkpoint is damaged or belongs to another model.
    """
    metric = fitting(metric, loss_fn)
    held = holders(train, val) if checkpoint is not None else []
    run = _Run(model, optimizer, scheduler, held, deepcopy(model.state_dict()))
    if checkpoint is not None and checkpoint.exists():
        run.load(checkpoint)
    history, epochs = run.history, steps(epochs)
    hidden = not progress or os.environ.get("TQDM_DISABLE") == "1"  # tqdm looks only when it is imported
    with tqdm(total=epochs, initial=len(history.val_loss), unit="epoch", disable=hidden) as bar:
        while len(history.val_loss) < epochs and not history.stopped_early:
            start = time.perf_counter()
            train_loss = train_epoch(model, train, optimizer, loss_fn=loss_fn, scheduler=scheduler)
            val_loss, val_accuracy = evaluate(model, val, loss_fn=loss_fn, metric=metric)
            run.note(train_loss, val_loss, val_accuracy, time.perf_counter() - start)
            if patience is not None:
                history.stopped_early = len(history.val_loss) - history.best_epoch >= patience
            if checkpoint is not None:
                run.save(checkpoint)
            bar.set_postfix_str(f"train loss {train_loss:.3f}, val loss {val_loss:.3f}", refresh=False)
            bar.update()
    if patience is not None:
        model.load_state_dict(run.best_weights)
    return history


@dataclass
class _Run:
    """Everything that decides how a fit goes on."""

    model: nn.Module
    optimizer: Optimizer
    scheduler: LRScheduler | None
    held: list[Any]  # what in the loaders has a state
    best_weights: dict[str, Any]
    history: History = field(default_factory=History)

    def note(self, train_loss: float, val_loss: float, val_accuracy: float, seconds: float) -> None:
        history = self.history
        best_loss = history.val_loss[history.best_epoch - 1] if history.best_epoch else math.inf
        history.train_loss.append(train_loss)
        history.val_loss.append(val_loss)
        history.val_accuracy.append(val_accuracy)
        history.seconds.append(seconds)
        if val_loss < best_loss:
            history.best_epoch = len(history.val_loss)
            self.best_weights = deepcopy(self.model.state_dict())

    def save(self, path: Path) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict() if self.scheduler else None,
            "random": random_state(self.held),
            "best_weights": self.best_weights,
            "history": asdict(self.history),
        }
        unfinished = path.with_name(path.name + ".part")
        torch.save(state, unfinished)
        os.replace(unfinished, path)  # so that a checkpoint is whole or absent

    def load(self, path: Path) -> None:
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            if self.scheduler:
                self.scheduler.load_state_dict(state["scheduler"])
            restore_random_state(state["random"], self.held)
            self.best_weights, self.history = state["best_weights"], History(**state["history"])
        except Exception as error:  # torch.load and load_state_dict raise many kinds
            raise ValueError(
                f"{path} is damaged or belongs to another model, loader or version ({type(error).__name__}: {error}). "
                "Delete it to start again, or name another checkpoint."
            ) from error


def _joined(parts: tuple[Tensor, ...]) -> Tensor:
    try:
        return torch.cat(parts)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f"The batches cannot be evaluated together ({error}). Let outputs and targets be one tensor [B, ...] for "
            "each, of the same size after B: pad all batches to one length."
        ) from error


def _some(seen: int) -> int:
    if seen == 0:
        raise ValueError("There are no batches: give at least one example, and no generator, which runs dry.")
    return seen
