"""A fit goes on bit for bit with every loader whose state can be held, and refuses the others."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)

from kindling.data import batches
from kindling.models import mlp
from kindling.training import fit


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    monkeypatch.delenv("KINDLING_SMOKE", raising=False)
    monkeypatch.setenv("TQDM_DISABLE", "1")


def blobs() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(23, 2, generator=torch.Generator().manual_seed(3)), torch.arange(23) % 3


def trained() -> tuple[nn.Sequential, torch.optim.Optimizer]:
    """A model that draws random numbers too, and its optimizer."""
    torch.manual_seed(0)
    model = mlp([2, 8, 3], dropout=0.3)
    return model, torch.optim.SGD(model.parameters(), lr=0.3)


def by_dataloader(dataset=None, **options):
    return DataLoader(dataset or TensorDataset(*blobs()), **{"batch_size": 5} | options)


def dealer():
    return torch.Generator().manual_seed(1)


class Order(Sampler):
    """An order of one's own, from a generator that it shows."""

    def __init__(self, generator):
        self.generator = generator

    def __iter__(self):
        return iter(torch.randperm(23, generator=self.generator).tolist())

    def __len__(self):
        return 23


class Counted(Sampler):
    """An order of one's own, by the number of the epoch."""

    epoch = 0

    def __iter__(self):
        self.epoch += 1
        return iter(torch.randperm(23, generator=torch.Generator().manual_seed(self.epoch)).tolist())

    def __len__(self):
        return 23


class Stateful(Counted):
    def state_dict(self):
        return {"epoch": self.epoch}

    def load_state_dict(self, state):
        self.epoch = state["epoch"]


class Jitter(Dataset):
    """Points that move a little each time, by `draw`, which is asked for noise."""

    def __init__(self, draw):
        self.transforms = [draw]
        self.x, self.y = blobs()

    def __getitem__(self, i):
        return self.x[i] + self.transforms[0](), self.y[i]

    def __len__(self):
        return 23


class Normal:
    def __init__(self, rng):
        self.rng = rng

    def __call__(self):
        return torch.randn(2, generator=self.rng) if isinstance(self.rng, torch.Generator) else self.rng.normal()


class Stream(IterableDataset):
    """Batches in an order that goes on from epoch to epoch."""

    def __iter__(self):
        x, y = blobs()
        return iter([(x[i], y[i]) for i in Counted()])


class Wrapper:
    """Batches of a loader, as one writes it to move them to a device."""

    def __init__(self, whole):
        self.__iter = whole.__iter__

    def __iter__(self):
        return self.__iter()


class Shown(Wrapper):
    """One that shows the generator and the loader."""

    def __init__(self, whole):
        super().__init__(whole)
        self.whole, self.generator = whole, whole.generator


RESUMABLE = {
    "batches": lambda: batches(*blobs(), 5, shuffle=True, drop_last=True, generator=dealer()),
    "torch's numbers": lambda: batches(*blobs(), 5, shuffle=True),
    "a list": lambda: list(batches(*blobs(), 5)),
    "loader": lambda: by_dataloader(shuffle=True),
    "loader's generator": lambda: by_dataloader(shuffle=True, generator=dealer()),
    "random": lambda: by_dataloader(sampler=RandomSampler(range(23), generator=dealer()), generator=dealer()),
    "weighted": lambda: by_dataloader(sampler=WeightedRandomSampler([1.0] * 23, 23, generator=dealer())),
    "subset": lambda: by_dataloader(sampler=SubsetRandomSampler(range(23), generator=dealer())),
    "given order": lambda: by_dataloader(sampler=list(range(22, -1, -1))),
    "batch sampler": lambda: by_dataloader(
        batch_size=1, batch_sampler=BatchSampler(RandomSampler(range(23), generator=dealer()), 5, True)
    ),
    "own sampler": lambda: by_dataloader(sampler=Order(dealer())),
    "state_dict": lambda: by_dataloader(sampler=Stateful()),
    "wrapper": lambda: Shown(by_dataloader(sampler=Order(dealer()))),
    "augmentation": lambda: by_dataloader(ConcatDataset([Jitter(Normal(dealer()))]), shuffle=True),
}


@pytest.mark.parametrize("make_batches", RESUMABLE.values(), ids=RESUMABLE)
@pytest.mark.parametrize("of", ["train", "val"])
def test_a_fit_goes_on_with_every_loader_whose_state_can_be_held(make_batches, of, tmp_path):
    def run(epochs, checkpoint):
        random_, steady = make_batches(), batches(*blobs(), 5)
        loaders = {"train": random_, "val": steady} if of == "train" else {"train": steady, "val": random_}
        model, optimizer = trained()
        return fit(model, **loaders, optimizer=optimizer, epochs=epochs, checkpoint=checkpoint), model

    expected, whole = run(3, tmp_path / "whole.pt")
    run(1, tmp_path / "run.pt")
    history, model = run(3, tmp_path / "run.pt")
    assert torch.equal(model[-1].weight, whole[-1].weight)
    assert (history.train_loss, history.val_loss) == (expected.train_loss, expected.val_loss)


HIDDEN = {
    "wrapper": lambda: Wrapper(by_dataloader(shuffle=True, generator=dealer())),
    "iterator": lambda: iter(batches(*blobs(), 5)),
    "own sampler": lambda: by_dataloader(sampler=Counted()),
    "own batch sampler": lambda: by_dataloader(batch_size=1, batch_sampler=BatchSampler(Counted(), 5, False)),
    "stream": lambda: by_dataloader(Stream()),
    "NumPy's numbers": lambda: by_dataloader(Jitter(Normal(np.random.default_rng(0)))),
    "persistent workers": lambda: by_dataloader(num_workers=1, persistent_workers=True),
    "a race of workers": lambda: Shown(by_dataloader(num_workers=2, in_order=False)),
}


@pytest.mark.parametrize("make_batches", HIDDEN.values(), ids=HIDDEN)
def test_a_loader_whose_state_cannot_be_held_is_refused_before_training(make_batches, tmp_path):
    model, optimizer = trained()
    before, steady = model[-1].weight.clone(), batches(*blobs(), 5)
    for train, val in ((make_batches(), steady), (steady, make_batches())):
        with pytest.raises(ValueError, match=r"A checkpoint cannot hold the state of this .* fit without a checkpoint"):
            fit(model, train, val, optimizer=optimizer, epochs=1, checkpoint=tmp_path / "run.pt")
    assert torch.equal(model[-1].weight, before)
    assert list(tmp_path.iterdir()) == []


def test_without_a_checkpoint_any_loader_will_do():
    model, optimizer = trained()
    train = Wrapper(batches(*blobs(), 5))
    assert len(fit(model, train, train, optimizer=optimizer, epochs=2).val_loss) == 2
