"""The training loop against slow obvious versions, and everything that may happen to a fit."""

import copy
import random
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from kindling import training
from kindling.data import batches
from kindling.metrics import accuracy
from kindling.models import mlp
from kindling.training import Evaluation, evaluate, fit, train_epoch


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    monkeypatch.delenv("KINDLING_SMOKE", raising=False)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    torch.manual_seed(0)


def blobs(n: int = 23) -> tuple[torch.Tensor, torch.Tensor]:
    """Three classes of points, three apart: x [n, 2], y [n]."""
    generator = torch.Generator().manual_seed(3)
    y = torch.arange(n) % 3
    centres = torch.tensor([[0.0, 3.0], [-3.0, 0.0], [3.0, 0.0]])
    return centres[y] + torch.randn(n, 2, generator=generator), y


def same_weights(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(v, b.state_dict()[name]) for name, v in a.state_dict().items())


# One epoch


def test_train_epoch_does_what_the_loop_written_out_does():
    x, y = blobs()
    model = mlp([2, 8, 3])
    by_hand = copy.deepcopy(model)
    loss = train_epoch(model, batches(x, y, 5), torch.optim.SGD(model.parameters(), lr=0.1))

    losses = []
    for start in range(0, 23, 5):
        batch_loss = F.cross_entropy(by_hand(x[start : start + 5]), y[start : start + 5], reduction="none")
        gradients = torch.autograd.grad(batch_loss.mean(), list(by_hand.parameters()))
        with torch.no_grad():
            for p, gradient in zip(by_hand.parameters(), gradients, strict=True):
                p -= 0.1 * gradient
        losses += batch_loss.tolist()
    assert loss == pytest.approx(sum(losses) / 23)
    for p, expected in zip(model.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(p, expected)


def test_train_epoch_trains_in_train_mode_also_after_an_evaluation():
    x, y = blobs()
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    evaluate(model, batches(x, y, 5))
    assert not model.training
    train_epoch(model, batches(x, y, 5), torch.optim.SGD(model.parameters(), lr=0.1))
    assert all(module.training for module in model.modules())
    assert model[1].num_batches_tracked == 5


def test_train_epoch_steps_the_scheduler_after_every_batch():
    x, y = blobs()
    model = mlp([2, 3])
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    train_epoch(model, batches(x, y, 5), optimizer, scheduler=scheduler)
    assert scheduler.get_last_lr() == [0.5**5]


def test_train_epoch_uses_the_loss_that_is_given():
    x, y = blobs()
    model = mlp([2, 1])
    loss_fn = nn.BCEWithLogitsLoss()
    target = (y == 0).float()[:, None]
    loss = train_epoch(model, [(x, target)], torch.optim.SGD(model.parameters(), lr=0.0), loss_fn=loss_fn)
    assert loss == pytest.approx(loss_fn(model(x), target).item())


class Read(torch.Tensor):
    """A loss, or what is computed from it, that counts how often its value is asked for."""

    asked = 0

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if getattr(func, "__name__", "") in {"item", "tolist", "__float__", "__bool__", "cpu", "to", "numpy"}:
            Read.asked += 1
        return super().__torch_function__(func, types, args, kwargs)


def test_the_losses_of_an_epoch_are_read_from_the_device_once(monkeypatch):
    monkeypatch.setattr(Read, "asked", 0)
    x, y = blobs(90)
    model = mlp([2, 3])

    def loss_fn(logits, y):
        return F.cross_entropy(logits, y).as_subclass(Read)

    def asked(measure, batch_size):
        Read.asked = 0
        measure(batches(x, y, batch_size))
        return Read.asked

    def train(loader):
        train_epoch(model, loader, torch.optim.SGD(model.parameters(), lr=0.1), loss_fn=loss_fn)

    def val(loader):
        evaluate(model, loader, loss_fn=loss_fn, metric=None)

    assert asked(train, 45) == asked(train, 1) <= 2
    assert asked(val, 45) == asked(val, 1) == 1


def test_no_batches_are_an_error_and_not_a_division_by_zero():
    model = mlp([2, 3])
    with pytest.raises(ValueError, match="There are no batches"):
        train_epoch(model, [], torch.optim.SGD(model.parameters(), lr=0.1))
    for empty in ([], batches(*blobs(), 24, drop_last=True), [(torch.zeros(0, 2), torch.zeros(0).long())]):
        with pytest.raises(ValueError, match="There are no batches"):
            evaluate(model, empty)


# Evaluation


@pytest.mark.parametrize("batch_size", [1, 4, 22, 23])
def test_evaluate_does_not_depend_on_the_batch_size(batch_size):
    x, y = blobs()
    model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))
    train_epoch(model, batches(x, y, 10), torch.optim.SGD(model.parameters(), lr=0.1))
    loss, accuracy = evaluate(model, batches(x, y, batch_size))
    logits = model.eval()(x)
    assert loss == pytest.approx(F.cross_entropy(logits, y).item(), rel=1e-5)
    assert accuracy == pytest.approx((logits.argmax(1) == y).float().mean().item())


def rmse(outputs, y):
    return F.mse_loss(outputs[:, 0], y.float()).sqrt()


@pytest.mark.parametrize("batch_size", [1, 4, 22])
@pytest.mark.parametrize(
    ("loss_fn", "options"),
    [
        (partial(F.cross_entropy, weight=torch.tensor([1.0, 9.0, 4.0])), {}),
        (nn.CrossEntropyLoss(weight=torch.tensor([1.0, 9.0, 4.0]), ignore_index=2, label_smoothing=0.1), {}),
        (partial(F.cross_entropy, ignore_index=0), {}),
        (nn.CrossEntropyLoss(reduction="sum"), {}),
        (rmse, {"metric": rmse}),
    ],
)
def test_no_loss_depends_on_the_batch_size(loss_fn, options, batch_size):
    x, y = blobs()
    model = mlp([2, 3])
    assert evaluate(model, batches(x, y, batch_size), loss_fn=loss_fn, **options) == pytest.approx(
        evaluate(model, batches(x, y, 23), loss_fn=loss_fn, **options)
    )
    assert evaluate(model, batches(x, y, batch_size), loss_fn=loss_fn, **options).loss == pytest.approx(
        loss_fn(model(x), y).item()
    )


def test_padding_counts_neither_in_the_loss_nor_in_the_accuracy():
    logits, y = torch.randn(6, 3, 7), torch.randint(0, 3, (6, 7))
    y[:4, 1:] = -100
    kept = y != -100
    right = logits.argmax(1)[kept] == y[kept]
    for size in (1, 4, 6):
        loss, accuracy = evaluate(nn.Identity(), batches(logits, y, size))
        assert loss == pytest.approx(F.cross_entropy(logits, y).item())
        assert accuracy == pytest.approx(right.float().mean().item())


@pytest.mark.parametrize(
    "loss_fn",
    [
        F.binary_cross_entropy,
        nn.BCELoss(),
        partial(F.binary_cross_entropy, reduction="mean"),
        F.mse_loss,
        nn.HuberLoss(),
        lambda probabilities, y: F.binary_cross_entropy(probabilities, y),
    ],
)
def test_an_accuracy_is_never_claimed_of_a_loss_that_may_not_take_logits(loss_fn):
    x, y = torch.rand(9, 2), torch.arange(9) % 2 * torch.ones(1, 9)
    model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    before = copy.deepcopy(model)
    train, optimizer = batches(x, y.T, 4), torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="metric="):
        fit(model, train, train, optimizer=optimizer, epochs=1, loss_fn=loss_fn)
    assert same_weights(model, before), "it is told before the training"

    history = fit(model, train, train, optimizer=optimizer, epochs=1, loss_fn=loss_fn, metric=None)
    assert np.isnan(history.val_accuracy).all()

    def right(probabilities, y):
        return ((probabilities > 0.5) == (y > 0.5)).float().mean()

    history = fit(model, train, train, optimizer=optimizer, epochs=1, loss_fn=loss_fn, metric=right)
    assert history.val_accuracy == [right(model(x), y.T).item()]


def test_accuracy_by_name_is_the_word_of_who_wrote_the_loss_but_not_against_torch():
    x, y = blobs()
    model, val = mlp([2, 3]), batches(x, y, 5)

    def focal(logits, y):
        return F.cross_entropy(logits, y) ** 2

    assert evaluate(model, val, loss_fn=focal, metric=accuracy).accuracy == evaluate(model, val).accuracy
    with pytest.raises(ValueError, match="BCELoss does not show"):
        evaluate(model, val, loss_fn=nn.BCELoss(), metric=accuracy)


def test_outputs_that_do_not_go_together_are_an_error_that_says_why():
    ragged = [(torch.zeros(2, 3, length), torch.zeros(2, length).long()) for length in (5, 6)]
    for model, val in ((nn.Identity(), ragged), (nn.LSTM(2, 3), batches(*blobs(), 5))):
        with pytest.raises(ValueError, match="pad all batches"):
            evaluate(model, val)


def test_evaluate_changes_no_weight_and_makes_no_gradient():
    x, y = blobs()
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    before = copy.deepcopy(model)
    evaluate(model, batches(x, y, 5))
    assert same_weights(model, before)
    assert all(p.grad is None for p in model.parameters())


# Fit


def test_fit_learns_what_can_be_learned():
    x, y = blobs(90)
    model = mlp([2, 16, 3])
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
    history = fit(model, batches(x, y, 16, shuffle=True), batches(x, y, 90), optimizer=optimizer, epochs=15)
    assert history.val_accuracy[-1] > 0.95
    assert history.train_loss[-1] < 0.3 * history.train_loss[0]
    assert len(history.train_loss) == len(history.val_loss) == len(history.seconds) == 15
    assert history.best_epoch == 1 + history.val_loss.index(min(history.val_loss))
    assert evaluate(model, batches(x, y, 7)).loss == pytest.approx(history.val_loss[-1], rel=1e-5)
    assert not history.stopped_early


class Noisy(nn.Module):
    """A network that draws from the random numbers of torch, NumPy and Python."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 16), nn.BatchNorm1d(16), nn.Dropout(0.3), nn.Linear(16, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        noise = 0.1 * np.random.randn() + 0.1 * random.random() if self.training else 0.0
        return self.layers(x + noise)


class Interrupted:
    """Batches that break off in the middle of their third epoch."""

    def __init__(self, whole) -> None:
        self.whole, self.generator, self.epoch = whole, whole.generator, 0

    def __iter__(self):
        self.epoch += 1
        for i, batch in enumerate(self.whole):
            if self.epoch == 3 and i == 1:
                raise KeyboardInterrupt
            yield batch


def by_generator():
    return batches(*blobs(), 5, shuffle=True, generator=torch.Generator().manual_seed(1))


def by_seed():
    return batches(*blobs(), 5, shuffle=True)


def by_dataloader():
    return DataLoader(TensorDataset(*blobs()), 5, shuffle=True)


def setting(seed: int) -> dict:
    """A model and what trains it, all of them with some state."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    model = Noisy()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, total_steps=5 * 5)
    return {"model": model, "val": batches(*blobs(), 23), "optimizer": optimizer, "scheduler": scheduler}


@pytest.mark.parametrize("make_batches", [by_generator, by_seed, by_dataloader])
def test_an_interrupted_fit_ends_as_if_it_had_not_been_interrupted(make_batches, tmp_path):
    whole = setting(seed=0)
    expected = fit(train=make_batches(), epochs=5, **whole)

    with pytest.raises(KeyboardInterrupt):
        fit(train=Interrupted(make_batches()), epochs=5, checkpoint=tmp_path / "run.pt", **setting(seed=0))
    resumed = setting(seed=99)  # another process: other weights, other random numbers
    history = fit(train=make_batches(), epochs=5, checkpoint=tmp_path / "run.pt", **resumed)

    assert same_weights(resumed["model"], whole["model"])
    assert history.train_loss == expected.train_loss
    assert history.val_loss == expected.val_loss
    assert history.best_epoch == expected.best_epoch
    assert resumed["scheduler"].get_last_lr() == whole["scheduler"].get_last_lr()
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


def test_a_checkpoint_of_another_loader_is_an_error(tmp_path):
    fit(train=by_seed(), epochs=1, checkpoint=tmp_path / "run.pt", **setting(seed=0))
    with pytest.raises(ValueError, match=r"(?s)belongs to another model, loader or version.*Delete it"):
        fit(train=by_generator(), epochs=2, checkpoint=tmp_path / "run.pt", **setting(seed=0))


def test_a_finished_fit_is_not_trained_again(tmp_path, monkeypatch):
    first = setting(seed=0)
    history = fit(train=by_seed(), epochs=2, checkpoint=tmp_path / "run.pt", **first)
    monkeypatch.setattr(training, "train_epoch", lambda *_, **__: pytest.fail("trained again"))
    again = setting(seed=1)
    assert fit(train=by_seed(), epochs=2, checkpoint=tmp_path / "run.pt", **again) == history
    assert same_weights(again["model"], first["model"])


def test_an_unfinished_checkpoint_does_not_replace_the_last_one(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    fit(train=by_seed(), epochs=1, checkpoint=path, **setting(seed=0))
    before = path.read_bytes()

    def full_disk(state, target):
        target.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(training.torch, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        fit(train=by_seed(), epochs=2, checkpoint=path, **setting(seed=0))
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", [lambda whole: whole[:-100], lambda _: b"", lambda _: b"no checkpoint"])
def test_a_damaged_checkpoint_is_an_error_that_names_the_file(damage, tmp_path):
    path = tmp_path / "run.pt"
    fit(train=by_seed(), epochs=1, checkpoint=path, **setting(seed=0))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"(?s)run.pt is damaged or belongs to another model.*Delete it"):
        fit(train=by_seed(), epochs=2, checkpoint=path, **setting(seed=0))


def test_a_checkpoint_of_another_model_is_an_error_that_names_the_file(tmp_path):
    path = tmp_path / "run.pt"
    fit(train=by_seed(), epochs=1, checkpoint=path, **setting(seed=0))
    other = mlp([2, 3])
    optimizer = torch.optim.SGD(other.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=r"(?s)run.pt is damaged or belongs to another model.*Delete it"):
        fit(other, by_seed(), by_seed(), optimizer=optimizer, epochs=2, checkpoint=path)


@pytest.mark.parametrize(
    "schedule",
    [
        lambda optimizer: torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 7]),
        lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10),
        lambda optimizer: torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.9**step),
        lambda optimizer: torch.optim.lr_scheduler.SequentialLR(
            optimizer,
            [
                torch.optim.lr_scheduler.LinearLR(optimizer, total_iters=3),
                torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10),
            ],
            [3],
        ),
    ],
)
def test_the_usual_schedulers_can_be_resumed(schedule, tmp_path):
    def run(epochs):
        model = mlp([2, 3])
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        scheduler = schedule(optimizer)
        path = tmp_path / "run.pt"
        val = batches(*blobs(), 23)
        fit(model, by_seed(), val, optimizer=optimizer, scheduler=scheduler, epochs=epochs, checkpoint=path)
        return scheduler

    assert run(1).last_epoch == 5
    assert run(2).last_epoch == 10


@pytest.fixture
def scripted(monkeypatch):
    """Validation losses from a list; the weights of each epoch are kept for comparison."""
    kept = []

    def script(losses):
        remaining = iter(losses)

        def scripted_evaluate(model, batches, *, loss_fn, metric):
            kept.append(copy.deepcopy(model))
            return Evaluation(next(remaining), 0.5)

        monkeypatch.setattr(training, "evaluate", scripted_evaluate)
        return kept

    return script


def run_scripted(**options):
    model = mlp([2, 3])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return model, fit(model, by_seed(), by_seed(), optimizer=optimizer, epochs=6, **options)


def test_early_stopping_restores_the_weights_of_the_best_epoch(scripted):
    kept = scripted([3.0, 1.0, 2.0, 1.5, 0.0])
    model, history = run_scripted(patience=2)
    assert history.val_loss == [3.0, 1.0, 2.0, 1.5]
    assert history.stopped_early
    assert history.best_epoch == 2
    assert same_weights(model, kept[1])
    assert not same_weights(model, kept[3])


def test_patience_starts_anew_at_every_better_epoch(scripted):
    kept = scripted([3.0, 3.5, 2.0, 2.5, 1.0, 1.5])
    model, history = run_scripted(patience=2)
    assert len(history.val_loss) == 6
    assert not history.stopped_early
    assert same_weights(model, kept[4])


def test_an_equal_loss_is_not_better(scripted):
    scripted([1.0, 1.0, 1.0, 0.0])
    _, history = run_scripted(patience=2)
    assert (len(history.val_loss), history.best_epoch) == (3, 1)


def test_without_patience_the_last_weights_stay(scripted):
    kept = scripted([3.0, 1.0, 2.0, 2.0, 2.0, 2.0])
    model, history = run_scripted()
    assert same_weights(model, kept[5])
    assert history.best_epoch == 2


def test_more_epochs_go_on_from_the_last_weights_and_not_from_the_best(scripted, tmp_path):
    kept = scripted([1.0, 2.0, 2.0] * 2)
    fit(train=by_seed(), epochs=3, **setting(seed=0))
    for epochs in (2, 3):
        fit(train=by_seed(), epochs=epochs, patience=9, checkpoint=tmp_path / "run.pt", **setting(seed=0))
    assert same_weights(kept[5], kept[2])


def test_a_loss_that_is_no_number_is_never_the_best(scripted):
    nan = float("nan")
    kept = scripted([nan, 2.0, nan, nan])
    model, history = run_scripted(patience=2)
    assert history.best_epoch == 2
    assert same_weights(model, kept[1])


def test_a_smoke_run_has_at_most_two_epochs(monkeypatch):
    monkeypatch.setenv("KINDLING_SMOKE", "1")
    assert len(fit(train=by_seed(), epochs=5, **setting(seed=0)).val_loss) == 2
    assert len(fit(train=by_seed(), epochs=1, **setting(seed=0)).val_loss) == 1


def test_the_bar_can_be_hidden_in_two_ways(monkeypatch, capsys):
    fit(train=by_seed(), epochs=1, **setting(seed=0))
    monkeypatch.delenv("TQDM_DISABLE")
    fit(train=by_seed(), epochs=1, progress=False, **setting(seed=0))
    assert capsys.readouterr().err == ""
    fit(train=by_seed(), epochs=1, **setting(seed=0))
    assert "1/1" in capsys.readouterr().err
