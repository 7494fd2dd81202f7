"""Name what is on an image, with the classifier of a checkpoint.

python predict.py photo.jpg --checkpoint photos.pt --top 3
"""

import argparse
import sys
from pathlib import Path

import torch
from network import choose_device, load, transform
from PIL import Image, UnidentifiedImageError


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("images", nargs="+", help="one image, or several")
    parser.add_argument("--checkpoint", default="checkpoint.pt")
    parser.add_argument(
        "--top", type=int, default=5, help="how many classes to show"
    )
    parser.add_argument("--gpu", action="store_true", help="use the GPU")
    options = parser.parse_args()
    if options.top < 1:
        parser.error("--top: give a number from 1 on")
    return options


def read(path):
    try:
        with Image.open(path) as image:
            return transform(image.convert("RGB"))
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no image {path}.") from None
    except UnidentifiedImageError:
        raise ValueError(f"{path} is not an image that PIL can read.") from None
    except OSError as error:  # a folder, or half a file
        raise ValueError(f"{path} cannot be read: {error}.") from None


@torch.inference_mode()
def top(network, image, count):
    """The largest probabilities and the indices of their classes."""
    probabilities = network(image.unsqueeze(0)).softmax(dim=1)[0]
    return probabilities.topk(min(count, len(probabilities)))


def main():
    options = arguments()
    device = choose_device(options.gpu)
    network, classes = load(options.checkpoint)
    network.to(device)
    for path in options.images:
        values, indices = top(network, read(path).to(device), options.top)
        print(Path(path).name)
        for value, index in zip(values.tolist(), indices.tolist(), strict=True):
            print(f"  {value:.4f}  {classes[index]}")


if __name__ == "__main__":
    try:
        main()
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"predict.py: {error}")
