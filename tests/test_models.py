"""The shared networks: their layers, their shapes, their size."""

import pytest
import torch
from torch import nn

from kindling.models import count_parameters, mlp


def names(network: nn.Sequential) -> list[str]:
    return [type(layer).__name__ for layer in network]


def test_mlp_has_a_relu_between_its_linear_layers_and_none_at_the_end():
    assert names(mlp([12, 7, 5, 3])) == ["Flatten", "Linear", "ReLU", "Linear", "ReLU", "Linear"]


def test_mlp_drops_hidden_activations_only():
    network = mlp([12, 7, 3], dropout=0.2)
    assert names(network) == ["Flatten", "Linear", "ReLU", "Dropout", "Linear"]
    assert network[3].p == 0.2


def test_two_sizes_make_a_linear_classifier():
    network = mlp([12, 3])
    weight, bias = network.parameters()
    x = torch.randn(5, 3, 2, 2)
    torch.testing.assert_close(network(x), x.reshape(5, 12) @ weight.T + bias)


@pytest.mark.parametrize("shape", [(5, 12), (5, 1, 3, 4)])
def test_mlp_returns_one_logit_per_class(shape):
    assert mlp([12, 7, 3])(torch.zeros(shape)).shape == (5, 3)


def test_mlp_refuses_a_single_size():
    with pytest.raises(ValueError, match=r"sizes is \[784\]"):
        mlp([784])


def test_count_parameters_counts_weights_and_biases():
    assert count_parameters(mlp([12, 7, 3])) == 12 * 7 + 7 + 7 * 3 + 3


def test_count_parameters_counts_a_shared_parameter_once():
    layer = nn.Linear(4, 4)
    assert count_parameters(nn.Sequential(layer, nn.ReLU(), layer)) == 20


def test_frozen_parameters_count_unless_only_trainable_ones_are_asked_for():
    network = mlp([12, 7, 3])
    network[1].requires_grad_(False)
    assert count_parameters(network) - count_parameters(network, trainable_only=True) == 12 * 7 + 7
