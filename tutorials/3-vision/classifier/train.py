"""Train a classifier on a folder of images, with one subfolder for each class.

python train.py photos --save photos.pt   your folder: photos/train/CLASS/*.jpg
                                          and photos/val/CLASS/*.jpg
python train.py flowers                   102 flowers, a download of 345 MB
"""

import argparse
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from network import build, choose_device, save, transform
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder

from kindling import models, photos
from kindling.data import batches
from kindling.metrics import accuracy, confusion


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", help='a folder of images, or "flowers"')
    parser.add_argument(
        "--save", default="checkpoint.pt", help="the file to write"
    )
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gpu", action="store_true", help="use the GPU")
    options = parser.parse_args()
    if not Path(options.save).absolute().parent.is_dir():
        parser.error(f"--save {options.save}: there is no such folder")
    return options


def image_sets(folder):
    """The training and the validation images, with the same classes."""
    if folder == "flowers" and not Path(folder).exists():
        return [photos.flowers(split, transform) for split in ("train", "val")]
    for split in ("train", "val"):
        if not (Path(folder) / split).is_dir():
            raise FileNotFoundError(
                f"{folder} has no subfolder {split!r}. "
                f"Put the images into {folder}/{split}/CLASS/."
            )
    train, val = (
        ImageFolder(Path(folder) / s, transform) for s in ("train", "val")
    )
    if train.classes != val.classes:
        differ = sorted(set(train.classes) ^ set(val.classes))
        raise ValueError(f"train and val have different classes: {differ}.")
    return train, val


@torch.inference_mode()
def features(network, images, device):
    """What the frozen layers make of every image, [N, 512], and the labels."""
    x, y = [], []
    for batch, labels in DataLoader(images, batch_size=32):
        maps = network.features(batch.to(device))
        x.append(network.flatten(network.pool(maps)))
        y.append(labels.to(device))
    return torch.cat(x), torch.cat(y)


def train_head(head, x, y, epochs, learning_rate):
    optimizer = torch.optim.AdamW(head.parameters(), lr=learning_rate)
    for _ in range(epochs):
        for x_batch, y_batch in batches(x, y, 32, shuffle=True):
            loss = F.cross_entropy(head(x_batch), y_batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def main():
    options = arguments()
    train, val = image_sets(options.folder)
    device = choose_device(options.gpu)
    torch.manual_seed(options.seed)
    network = build("squeezenet", len(train.classes)).to(device).eval()
    network.features.load_state_dict(models.squeezenet().features.state_dict())
    print(f"{len(train)} images to train, {len(val)} to validate, {device}")

    x, y = features(network, train, device)
    x_val, y_val = features(network, val, device)
    train_head(network.head, x, y, options.epochs, options.learning_rate)

    with torch.inference_mode():
        logits = network.head(x_val)
    print(f"validation accuracy {accuracy(logits, y_val):.4f}")
    table = confusion(
        logits.argmax(dim=1), y_val, len(val.classes)
    ).fill_diagonal_(0)
    for pair in table.flatten().argsort(descending=True)[:3].tolist():
        true, told = divmod(pair, len(val.classes))
        if count := table[true, told]:
            names = f"{val.classes[true]} taken for {val.classes[told]}"
            print(f"  {names}: {count}")
    save(options.save, network.cpu(), train.class_to_idx)
    print(f"wrote {options.save}")


if __name__ == "__main__":
    try:
        main()
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"train.py: {error}")
