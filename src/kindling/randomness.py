"""What a checkpoint keeps of a training's random numbers, those of its loaders included."""

import random
from collections.abc import Iterator
from itertools import islice
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import BatchSampler, DataLoader, DistributedSampler, IterableDataset, SequentialSampler

STEADY = (list, tuple, range, Tensor, np.ndarray, SequentialSampler, DistributedSampler)  # one order for all epochs
PRIVATE = (random.Random, np.random.Generator, np.random.RandomState)  # not kept: a module's functions are


def holders(*loaders: object) -> list[Any]:
    """What the loaders reach that has a state: each torch.Generator, each object with `state_dict`.

    Raises:
        ValueError: the state of a loader, or of what it is made of, cannot be seen from outside.
    """
    parts = list(_parts(loaders))
    for part in parts:
        if isinstance(part, DataLoader) or any(part is loader for loader in loaders):
            _check_order(part)
        if isinstance(part, PRIVATE):
            raise _hidden(part, "its random numbers are not torch's", "draw from a torch.Generator instead")
    return [part for part in parts if isinstance(part, torch.Generator) or _keeps_state(part)]


def random_state(held: list[Any]) -> dict[str, Any]:
    """The state of Python's, NumPy's and torch's random numbers, and of the `holders`."""
    numpy_state = np.random.get_state(legacy=False)
    numpy_state["state"]["key"] = numpy_state["state"]["key"].tolist()
    return {
        "python": random.getstate(),
        "numpy": numpy_state,
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None,
        "loaders": [one.get_state() if isinstance(one, torch.Generator) else one.state_dict() for one in held],
    }


def restore_random_state(state: dict[str, Any], held: list[Any]) -> None:
    """Go on where `random_state` was called."""
    for one, kept in zip(held, state["loaders"], strict=True):
        one.set_state(kept) if isinstance(one, torch.Generator) else one.load_state_dict(kept)
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


def _check_order(source: Any) -> None:
    """Refuse what does not show where its order comes from."""
    if isinstance(source, DataLoader):
        if source.persistent_workers or (source.num_workers and not source.in_order):
            remedy = "set persistent_workers=False and in_order=True"
            raise _hidden(source, "its workers decide what comes next", remedy)
        order = source.sampler if source.batch_sampler is None else source.batch_sampler
        _check_order(source.dataset if isinstance(source.dataset, IterableDataset) else order)
    elif isinstance(source, BatchSampler):
        _check_order(source.sampler)
    elif type(source) not in STEADY and not _keeps_state(source) and not hasattr(source, "generator"):
        remedy = "give it `generator` (a torch.Generator; None for torch's own), or `state_dict` and `load_state_dict`"
        raise _hidden(source, "it does not show where its order comes from", remedy)


def _keeps_state(part: object) -> bool:
    """Whether it is saved by itself; between epochs a DataLoader has no state but that of its parts."""
    known = isinstance(part, nn.Module | DataLoader)
    return hasattr(part, "state_dict") and hasattr(part, "load_state_dict") and not known


def _parts(whole: object) -> Iterator[Any]:
    """All objects that attributes lead to, once each: samplers, data sets, transforms, wrapped loaders."""
    waiting, seen = [whole], set()
    while waiting:
        part = waiting.pop()
        if id(part) not in seen and not isinstance(part, type | ModuleType):
            seen.add(id(part))
            yield part
            waiting += islice(_inner(part), 100)  # transforms are few; a list of files is not worth the search


def _inner(part: Any) -> Iterator[object]:
    if isinstance(part, DataLoader):  # not the iterator of its last epoch
        return iter((part.dataset, part.sampler, part.batch_sampler, part.collate_fn, part.generator))
    if isinstance(part, list | tuple):
        return iter(part)
    return iter((part if isinstance(part, dict) else getattr(part, "__dict__", {})).values())


def _hidden(part: object, why: str, remedy: str) -> ValueError:
    return ValueError(
        f"A checkpoint cannot hold the state of this {type(part).__name__}: {why}. To go on bit for bit, {remedy}; "
        "or fit without a checkpoint."
    )
