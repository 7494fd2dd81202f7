"""What train.py and predict.py share: network, transform and checkpoint."""

import pickle
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn
from torchvision.models import SqueezeNet1_0_Weights, squeezenet1_0

ARCHITECTURES = {"squeezenet": 512}  # name: channels of its last feature maps
KEYS = {"architecture", "class_to_idx", "weights"}


def build(architecture, classes):
    """A network from images [batch, 3, 224, 224] to logits [batch, classes]."""
    if architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise ValueError(
            f"Unknown architecture {architecture!r}. Known: {known}."
        )
    layers = {
        "features": squeezenet1_0().features,
        "pool": nn.AdaptiveAvgPool2d(1),  # one number for each channel
        "flatten": nn.Flatten(),
        "head": nn.Linear(ARCHITECTURES[architecture], classes),
    }
    return nn.Sequential(OrderedDict(layers))


def transform(image):
    """A PIL image as the network expects it: 224 by 224, normalized."""
    return SqueezeNet1_0_Weights.IMAGENET1K_V1.transforms()(image)


def save(path, network, class_to_idx, architecture="squeezenet"):
    """Write everything that a stranger needs in order to predict."""
    content = {
        "architecture": architecture,
        "class_to_idx": class_to_idx,
        "weights": network.state_dict(),
    }
    torch.save(content, path)


def load(path):
    """The network of a checkpoint, ready to predict, and its classes."""
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"There is no checkpoint {path}. "
            f"Make one: python train.py FOLDER --save {path}"
        )
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError):
        content = None
    if not isinstance(content, dict):
        raise ValueError(f"{path} is not a checkpoint that train.py wrote.")
    if missing := KEYS - set(content):
        raise ValueError(
            f"{path} lacks {sorted(missing)}: train.py did not write it."
        )
    class_to_idx = content["class_to_idx"]
    network = build(content["architecture"], len(class_to_idx))
    network.load_state_dict(content["weights"])
    return network.eval(), sorted(class_to_idx, key=class_to_idx.get)


def choose_device(gpu):
    """The CPU, or with --gpu the accelerator of this machine."""
    if not gpu:
        return torch.device("cpu")
    if not torch.accelerator.is_available():
        raise ValueError("--gpu: PyTorch finds no GPU here. Run without --gpu.")
    return torch.accelerator.current_accelerator()
