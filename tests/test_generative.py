"""kindling.generative: the judge of generated digits and the distances it measures."""

import pytest
import torch

from kindling.data import mnist
from kindling.generative import Judge, digit_judge, frechet_distance, small_digits, verdict


def test_the_frechet_distance_between_normal_distributions_is_the_closed_form() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(500, 3) * torch.tensor([1.0, 2.0, 3.0]), torch.randn(400, 3) + 1
    cov_a, cov_b = a.double().T.cov(), b.double().T.cov()
    values, vectors = torch.linalg.eigh(cov_a)
    root = vectors @ values.sqrt().diag() @ vectors.T  # tr (AB)^(1/2) = tr (A^(1/2) B A^(1/2))^(1/2)
    cross = torch.linalg.eigvalsh(root @ cov_b @ root).sqrt().sum()
    expected = (a.double().mean(0) - b.double().mean(0)).square().sum() + cov_a.trace() + cov_b.trace() - 2 * cross
    assert frechet_distance(a, b) == pytest.approx(expected.item(), rel=1e-9)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match=r"\[500, 3\] and \[400, 2\]"):
        frechet_distance(a, b[:, :2])


def test_a_judge_is_the_same_at_each_call_and_leaves_the_random_numbers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDLING_SMOKE", "1")
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = digit_judge(16)
    assert torch.equal(torch.rand(3), expected)
    second = digit_judge(16)
    x = small_digits(mnist("test").tensors[0])
    assert x.shape[1:] == (1, 16, 16)
    assert torch.equal(first(x), second(x))
    assert not any(p.requires_grad for p in first.parameters())


def test_a_verdict_counts_digits_and_measures_distance() -> None:
    torch.manual_seed(0)
    judge = Judge(28).eval()
    x = torch.rand(50, 1, 28, 28)
    same, other = verdict(judge, x, x), verdict(judge, x * 0.1, x)
    assert sum(same.shares) == pytest.approx(1)
    assert same.covered == sum(judge(x).argmax(1).bincount(minlength=10) > 1.5)
    assert same.confidence == pytest.approx(judge(x).softmax(1).amax(1).mean().item())
    assert other.frechet > same.frechet
    with pytest.raises(ValueError, match="9 images"):
        verdict(judge, x[:9], x)


def test_a_distance_is_measured_on_as_many_images_however_many_are_given(monkeypatch) -> None:
    monkeypatch.setattr("kindling.generative.PART", 4)
    torch.manual_seed(0)
    judge, x = Judge(28).eval(), torch.rand(50, 1, 28, 28)
    assert verdict(judge, x, x).frechet == pytest.approx(verdict(judge, x[:20], x).frechet)
    assert verdict(judge, x, x).frechet < verdict(judge, x[:10], x).frechet  # fewer images, farther away
