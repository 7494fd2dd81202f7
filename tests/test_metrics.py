"""The metrics, with scikit-learn as the oracle."""

import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix
from torch import nn

from kindling.metrics import accuracy, confusion, predict


def answers(n: int = 50, classes: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, classes, generator=generator), torch.randint(0, classes, (n,), generator=generator)


def test_accuracy_is_that_of_scikit_learn():
    logits, y = answers()
    assert accuracy(logits, y) == accuracy_score(y, logits.argmax(1))


@pytest.mark.parametrize("shape", [(50,), (50, 1)])
def test_a_single_logit_means_class_one_when_it_is_positive(shape):
    logits, y = answers(classes=2)
    single = (logits[:, 1] - logits[:, 0]).reshape(shape)
    assert accuracy(single, y) == accuracy(single, y.float().reshape(shape)) == accuracy(logits, y)


def test_accuracy_counts_every_pixel_of_a_segmentation():
    logits, y = torch.randn(2, 3, 4, 5), torch.randint(0, 3, (2, 4, 5))
    assert accuracy(logits, y) == accuracy_score(y.flatten(), logits.argmax(1).flatten())


def test_accuracy_refuses_a_number_of_classes_that_would_broadcast():
    with pytest.raises(ValueError, match=r"Predictions \[50\] and true classes \[50, 4\]"):
        accuracy(answers()[0], torch.zeros(50, 4))


@pytest.mark.parametrize("shape", [(2, 4, 5), (2, 1, 4, 5)])
def test_accuracy_counts_every_pixel_of_two_classes(shape):
    logits, y = torch.randn(2, 1, 4, 5), torch.randint(0, 2, shape)
    assert accuracy(logits, y) == accuracy_score(y.flatten(), logits.flatten() > 0)


def test_accuracy_does_not_count_what_is_to_be_ignored():
    logits, y = answers()
    padded = torch.where(torch.arange(50) < 20, y, -100)
    assert accuracy(logits, padded) == accuracy(logits[:20], y[:20])
    some = y != 2
    assert accuracy(logits, y, ignore_index=2) == accuracy(logits[some], y[some])


@pytest.mark.parametrize(
    ("logits", "y"),
    [
        (torch.randn(5), torch.tensor([0.0, 1.0, 0.3, 1.0, 0.0])),
        (torch.randn(5, 1), torch.tensor([0, 1, 2, 1, 0])),
        (torch.randn(5, 1), torch.tensor([-1.0, 1.0, 1.0, 1.0, 1.0])),
        (torch.randn(5, 3), torch.tensor([0.0, 1.0, 1.5, 1.0, 0.0])),
        (torch.randn(2, 3, 4), torch.zeros(4, 2)),
    ],
)
def test_accuracy_refuses_targets_that_are_no_classes(logits, y):
    with pytest.raises(ValueError, match="metric="):
        accuracy(logits, y)


def test_nothing_to_measure_is_an_error():
    none, model = torch.zeros(0, dtype=torch.long), nn.Linear(4, 2)
    for measure in (
        lambda: accuracy(torch.zeros(0, 2), none),
        lambda: accuracy(torch.zeros(3, 2), torch.full((3,), -100)),
        lambda: confusion(torch.zeros(0, 2), none, classes=2),
        lambda: confusion(none, none, classes=2),
        lambda: predict(model, torch.zeros(0, 4)),
        lambda: predict(model, torch.zeros(3, 4), batch_size=0),
    ):
        with pytest.raises(ValueError, match="give"):
            measure()


def test_confusion_is_that_of_scikit_learn():
    logits, y = answers()
    expected = torch.from_numpy(confusion_matrix(y, logits.argmax(1), labels=range(5)))
    torch.testing.assert_close(confusion(logits, y, classes=5)[:4, :4], expected[:4, :4])
    torch.testing.assert_close(confusion(logits.argmax(1), y, classes=5), expected)


def test_confusion_has_true_classes_in_rows():
    counts = confusion(torch.tensor([2, 2]), torch.tensor([0, 1]), classes=3)
    assert counts.tolist() == [[0, 0, 1], [0, 0, 1], [0, 0, 0]]


def test_the_diagonal_of_the_confusion_is_the_accuracy():
    logits, y = answers()
    assert confusion(logits, y, classes=4).trace().item() / 50 == accuracy(logits, y)


@pytest.mark.parametrize(("predicted", "y"), [([0, 3], [0, 1]), ([0, 1], [0, -1])])
def test_confusion_refuses_a_class_that_is_not_allowed(predicted, y):
    with pytest.raises(ValueError, match="occurs, but classes=3 allows only 0 to 2"):
        confusion(torch.tensor(predicted), torch.tensor(y), classes=3)


@pytest.mark.parametrize("batch_size", [1, 7, 50, 1000])
def test_predict_does_not_depend_on_the_batch_size(batch_size):
    x, _ = answers()
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3))
    logits = predict(model, x, batch_size)
    assert not logits.requires_grad
    torch.testing.assert_close(logits, model.eval()(x).detach())


def test_predict_needs_no_parameters():
    x, _ = answers()
    torch.testing.assert_close(predict(nn.ReLU(), x), x.relu())
