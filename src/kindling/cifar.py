"""The files of CIFAR-10: its official archive, and a copy of it whose images are JPEG."""

import io
import pickle
import tarfile
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from kindling.copies import Copy, Source

JPEG_COPY: Copy = {
    "path": "CIFAR10-jpeg/cifar10_jpeg.npz",
    "difference": "the same 60,000 images, in the same order, after a lossy compression (JPEG)",
    "sha256": "120185c1865f398be9e71f40aafb1e29eee9158f594f5d0eebdca2282ff94e6e",
}


def read(source: Source, train: bool, part: slice) -> tuple[np.ndarray, np.ndarray]:
    """A part of the training or of the test images: uint8 [N, 3, 32, 32], and their labels: int64 [N]."""
    if not source.paths:
        return _made_up(train, part)
    return (_copied if source.kind == "substitute" else _official)(source.paths[0], train, part)


def _official(path: Path, train: bool, part: slice) -> tuple[np.ndarray, np.ndarray]:
    images, labels = [], []
    with tarfile.open(path) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's, of what its ancestors wrote
        for name in [f"data_batch_{i}" for i in range(1, 6)] if train else ["test_batch"]:
            file = archive.extractfile(f"cifar-10-batches-py/{name}")
            assert file  # the checksum of the archive is right, so it is there, and safe to unpickle
            batch = pickle.load(file, encoding="latin1")
            images.append(batch["data"])
            labels += batch["labels"]
    return np.concatenate(images).reshape(-1, 3, 32, 32)[part], np.array(labels, np.int64)[part]


def _copied(path: Path, train: bool, part: slice) -> tuple[np.ndarray, np.ndarray]:
    prefix = "train" if train else "test"
    with np.load(path) as arrays:
        content, ends = arrays[f"{prefix}_jpeg"].tobytes(), arrays[f"{prefix}_offsets"].tolist()
        labels = arrays[f"{prefix}_labels"][part].astype(np.int64)
    images = [np.asarray(Image.open(io.BytesIO(content[a:b]))) for a, b in list(pairwise(ends))[part]]
    return np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2)), labels


def _made_up(train: bool, part: slice) -> tuple[np.ndarray, np.ndarray]:
    count = len(range(50_000)[part])
    images = np.random.default_rng(int(train)).integers(0, 256, (count, 3, 32, 32), np.uint8)
    return images, np.arange(count) % 10
