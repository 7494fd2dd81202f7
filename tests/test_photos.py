"""Photographs, CIFAR-10 and pretrained weights: from small made-up archives, and from the copies that stand in for them."""

import hashlib
import io
import os
import pickle
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from dataserver import files_below, use_card
from PIL import Image
from torchvision.models import SqueezeNet1_0_Weights, squeezenet1_0

from kindling import cifar, copies, corpora, ct, data, fetch, matlab, models, photos
from kindling.fetch import File

pytestmark = pytest.mark.usefixtures("bare_machine", "unsaid")

LOADERS = {
    "mnist": lambda: data.mnist("train"),
    "fashion_mnist": lambda: data.fashion_mnist("test"),
    "student_admissions": data.student_admissions,
    "wine_quality": data.wine_quality,
    "bike_sharing": data.bike_sharing,
    "cifar10": lambda: data.cifar10("val"),
    "hymenoptera": lambda: photos.hymenoptera("train"),
    "cats_dogs": lambda: photos.cats_dogs("test"),
    "flowers": lambda: photos.flowers("val"),
    "book_photos": lambda: photos.photo("bobby"),
    "style_images": lambda: photos.photo("udnie"),
    "squeezenet": models.squeezenet,
    "anna_karenina": corpora.anna_karenina,
    "sentence_polarity": lambda: corpora.sentence_polarity("val"),
    "imdb": lambda: corpora.imdb("test"),
    "chest_ct": ct.chest_ct,
    "luna_annotations": ct.luna_nodules,
}


@pytest.fixture
def unsaid():
    copies._say.cache_clear()


@pytest.fixture
def publish(monkeypatch, server, served):
    """Replace a data set's files by small ones that the server sends."""

    def replace(name: str, contents: dict[str, bytes], manner: str = "good", digits: int = 64) -> None:
        files = []
        for path, content in contents.items():
            served[Path(path).name] = content
            url = f"{server}/{manner}/{Path(path).name}"
            files.append(File(path, url, hashlib.sha256(content).hexdigest()[:digits]))
        use_card(monkeypatch, name, files)

    return replace


def jpeg(number: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20 + number, 16), (number, 100, 200)).save(buffer, "JPEG")
    return buffer.getvalue()


def zipped(contents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(contents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


PETS = zipped(
    {
        f"PetImages/{kind}/{i}.jpg": b"no image" if i == 2 else jpeg(i)
        for kind in ("Cat", "Dog")
        for i in (10, 2, 1, 3, 11)
    }
)
HOSTILE = {"hymenoptera_data/train/ants/../../../../evil.jpg": jpeg(1), "hymenoptera_data/train/ants/a.gif": b"GIF"}
INSECTS = zipped(
    {
        f"hymenoptera_data/{split}/{kind}/a ({i}).jpg": jpeg(i)
        for split in ("train", "val")
        for kind in ("ants", "bees")
        for i in range(2)
    }
    | HOSTILE
)


# What goes wrong, over all cards


@pytest.mark.parametrize("name", LOADERS)
def test_a_bad_download_of_any_data_set_is_one_clear_error(name, server, cache, monkeypatch, used_data):
    for manner, error, message in (
        ("half", ValueError, "sent bytes that do not match their checksum"),
        ("wrong", ValueError, "sent bytes that do not match their checksum"),
        ("gone", FileNotFoundError, "404"),
        ("offline", FileNotFoundError, "Connect to the network and run again, or set KINDLING_DATA"),
    ):
        address = "http://127.0.0.1:9" if manner == "offline" else f"{server}/{manner}"  # nobody listens on port 9
        card = fetch.card(name)
        with monkeypatch.context() as patch:
            use_card(
                patch, name, [File(file.path, f"{address}/{Path(file.path).name}", file.sha256) for file in card.files]
            )
            if name in ("book_photos", "style_images"):
                patch.setattr(photos, "ALBUMS", (name,))
            with pytest.raises(error, match=message):
                LOADERS[name]()
    assert files_below(cache) == []
    assert used_data() == []


def test_every_data_set_has_a_loader_here():
    assert set(LOADERS) == set(fetch.cards())


def test_a_smoke_run_without_data_makes_up_all_of_them(cache, monkeypatch, used_data):
    monkeypatch.setenv("KINDLING_SMOKE", "1")
    monkeypatch.setattr(fetch, "_download", lambda *_: pytest.fail("a smoke run downloads nothing"))
    for load in LOADERS.values():
        load()
    assert {used["name"]: used["kind"] for used in used_data()} == dict.fromkeys(LOADERS, "smoke")
    x, y = data.cifar10("train").tensors
    assert (x.shape, x.dtype, y.dtype, len(set(y.tolist()))) == (
        (data.SMOKE_SAMPLES, 3, 32, 32),
        torch.float32,
        torch.int64,
        10,
    )
    insects = photos.hymenoptera("val", transform=lambda image: image.mode)
    assert (insects.classes, insects[0], len(insects)) == (["ants", "bees"], ("RGB", 0), data.SMOKE_SAMPLES)
    assert len(photos.flowers("train").classes) == 102
    assert photos.photo("horse").mode == "RGB"


# Official files


def test_cifar10_is_read_from_its_official_archive(publish, cache, monkeypatch, used_data):
    images = np.random.default_rng(0).integers(0, 256, (12, 3072), np.uint8)
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    batches = {name: {"data": images[2 * i : 2 * i + 2], "labels": [i, 9 - i]} for i, name in enumerate(names)}
    publish(
        "cifar10",
        {
            "cifar.tar.gz": tarred(
                {f"cifar-10-batches-py/{name}": pickle.dumps(batch, protocol=2) for name, batch in batches.items()}
            )
        },
    )
    monkeypatch.setattr(data, "CIFAR_SPLITS", {"train": (0, 7), "val": (7, 10), "test": (0, 2)})
    for split, part in {"train": slice(7), "val": slice(7, 10), "test": slice(10, 12)}.items():
        x, y = data.cifar10(split).tensors
        torch.testing.assert_close(x, torch.from_numpy(images[part]).reshape(-1, 3, 32, 32).float() / 255)
        assert y.tolist() == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5, 5, 4][part]
    assert [used["kind"] for used in used_data()] == ["original"]
    with pytest.raises(ValueError, match=r"no split 'all' of cifar10. Choose one of train, val"):
        data.cifar10("all")


def test_ants_and_bees_are_unpacked_once_and_nothing_else_is(publish, given, monkeypatch):
    publish("hymenoptera", {"hymenoptera_data.zip": INSECTS})
    insects = photos.hymenoptera("train", transform=lambda image: image.size)
    assert [insects[i] for i in range(4)] == [((20, 16), 0), ((21, 16), 0), ((20, 16), 1), ((21, 16), 1)]
    assert len([name for name in files_below(given) if name.endswith(".jpg")]) == 8
    assert files_below(given.parent) == [f"given/{name}" for name in files_below(given)]
    with monkeypatch.context() as patch:
        patch.setattr(photos, "_unpack_insects", lambda *_: pytest.fail("unpacked again"))
        assert len(photos.hymenoptera("val")) == 4
    Path(insects.samples[0][0]).write_bytes(b"damaged")
    assert photos.hymenoptera("train", transform=lambda image: image.size)[0] == ((20, 16), 0)
    with pytest.raises(ValueError, match=r"no split 'test' of hymenoptera. Choose one of train, val"):
        photos.hymenoptera("test")


def test_the_first_cats_and_dogs_that_can_be_read_are_taken(publish, cache, monkeypatch):
    publish("cats_dogs", {"pets.zip": PETS})
    monkeypatch.setattr(photos, "PETS_SIZES", {"train": 2, "test": 1})
    assert [(Path(name).name, label) for name, label in photos.cats_dogs("train").samples] == [
        ("1.jpg", 0),
        ("3.jpg", 0),
        ("1.jpg", 1),
        ("3.jpg", 1),
    ]
    assert [Path(name).name for name, _ in photos.cats_dogs("test").samples] == ["10.jpg", "10.jpg"]


def test_flowers_are_sorted_by_the_official_lists(publish, cache):
    scipy_io = pytest.importorskip("scipy.io")
    labels, lists = io.BytesIO(), io.BytesIO()
    scipy_io.savemat(labels, {"labels": np.array([[1, 102, 1, 102, 1, 102]], np.uint8)}, do_compression=True)
    scipy_io.savemat(
        lists,
        {
            "trnid": np.array([[1, 2]], np.uint16),
            "valid": np.array([[4, 3]], np.uint16),
            "tstid": np.array([[5, 6]], np.uint16),
        },
    )
    images = tarred({f"jpg/image_{i:05d}.jpg": jpeg(i) for i in range(1, 7)} | {"../image_00001.jpg": jpeg(1)})
    publish("flowers", {"f/102.tgz": images, "f/labels.mat": labels.getvalue(), "f/setid.mat": lists.getvalue()})
    for split, first, last in (("train", 2, 1), ("val", 4, 3), ("test", 6, 5)):
        found = photos.flowers(split, transform=lambda image: image.width - 20)
        assert found.classes == ["blackberry lily", "pink primrose"]  # by the alphabet: numbers 102 and 1
        assert [found[i] for i in range(2)] == [(first, 0), (last, 1)]


def test_matlab_files_are_read_as_scipy_reads_them(tmp_path):
    scipy_io = pytest.importorskip("scipy.io")
    numbers = np.random.default_rng(0).integers(0, 100, 11)
    given = {
        f"{kind}_{n}": numbers[:n].astype(kind)[None]
        for kind in ("uint8", "uint16", "int32", "float64")
        for n in (1, 2, 11)
    }
    for compressed in (False, True):
        scipy_io.savemat(tmp_path / "file.mat", given, do_compression=compressed)
        read = matlab.read_vectors(tmp_path / "file.mat")
        assert {name: vector.tolist() for name, vector in read.items()} == {
            name: vector[0].tolist() for name, vector in given.items()
        }


def test_a_folder_that_cannot_be_written_leaves_the_cache_to_unpack_into(publish, given, cache):
    publish("hymenoptera", {"hymenoptera_data.zip": INSECTS})
    (given / "unpacked").write_text("a file, so no folder")
    assert Path(photos.hymenoptera("train").root).is_relative_to(cache)
    (cache / "unpacked").rename(cache / "moved")
    (cache / "unpacked").write_text("a file too")
    with pytest.raises(FileNotFoundError, match=r"neither .* can be written\. Set KINDLING_DATA"):
        photos.hymenoptera("train")


def test_an_interrupted_unpacking_leaves_nothing(publish, cache, monkeypatch):
    def interrupt(path, content):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        raise KeyboardInterrupt

    publish("hymenoptera", {"hymenoptera_data.zip": INSECTS})
    monkeypatch.setattr(photos, "_write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        photos.hymenoptera("train")
    assert files_below(cache) == ["hymenoptera_data.zip"]


@pytest.fixture
def weights():
    buffer = io.BytesIO()
    with torch.random.fork_rng(devices=[]):
        torch.save(squeezenet1_0().state_dict(), buffer)
    return buffer.getvalue()


def test_official_weights_are_known_by_the_digits_in_their_name(weights, publish, cache, used_data):
    publish("squeezenet", {"weights/net.pth": weights}, digits=8)
    torch.manual_seed(0)
    network = models.squeezenet()
    after = torch.rand(1)
    torch.manual_seed(0)
    assert after == torch.rand(1)  # the learner's random numbers were left alone
    assert not network.training
    torch.testing.assert_close(network.state_dict(), torch.load(io.BytesIO(weights)))
    assert [used["kind"] for used in used_data()] == ["original"]
    publish("squeezenet", {"weights/other.pth": weights}, "wrong", digits=8)
    with pytest.raises(ValueError, match="do not match their checksum"):
        models.squeezenet()


# Copies


@pytest.fixture
def insects_copy(given, monkeypatch):
    for split in ("train", "val"):
        for kind in ("ants", "bees"):
            (given / "reduced" / split / kind).mkdir(parents=True)
            (given / "reduced" / split / kind / "a.jpg").write_bytes(jpeg(7))
    listed = [path for path in files_below(given)]
    lines = "".join(f"{hashlib.sha256((given / name).read_bytes()).hexdigest()}  {name}\n" for name in listed)
    checksum = hashlib.sha256(lines.encode()).hexdigest()
    monkeypatch.setattr(photos, "INSECTS_COPY", {"path": "reduced", "difference": "smaller", "sha256": checksum})
    return checksum


def test_a_copy_stands_in_and_says_so(insects_copy, given, monkeypatch, used_data, capsys):
    monkeypatch.setattr(fetch, "_download", lambda *_: pytest.fail("the copy is there"))
    before = files_below(given)
    assert [len(photos.hymenoptera(split)) for split in ("train", "val")] == [2, 2]
    assert capsys.readouterr().out == "Ants and bees: using reduced in place of the official files. It is smaller.\n"
    assert [(used["kind"], used["checksum"]) for used in used_data()] == [("substitute", insects_copy)]
    assert files_below(given) == before


def test_official_files_go_before_a_copy(insects_copy, publish, given, used_data, capsys):
    publish("hymenoptera", {"hymenoptera_data.zip": INSECTS})
    (given / "hymenoptera_data.zip").write_bytes(INSECTS)
    assert len(photos.hymenoptera("train")) == 4
    assert [used["kind"] for used in used_data()] == ["original"]
    assert capsys.readouterr().out == ""


def test_a_damaged_copy_of_the_user_is_an_error_and_one_in_the_cache_is_left_alone(
    insects_copy, publish, given, cache, monkeypatch
):
    publish("hymenoptera", {"hymenoptera_data.zip": INSECTS})
    (given / "reduced/train/bees/b.jpg").write_bytes(jpeg(3))
    with pytest.raises(
        ValueError, match=r"reduced does not match its checksum \(got .{4}…, expected .{4}…\). Delete it"
    ):
        photos.hymenoptera("train")
    monkeypatch.delenv("KINDLING_DATA")
    cache.parent.mkdir(exist_ok=True)
    given.rename(cache)
    assert len(photos.hymenoptera("train")) == 4  # downloaded


def test_cifar10_is_read_from_a_copy(given, monkeypatch, used_data):
    arrays = {}
    for prefix in ("train", "test"):
        pieces = []
        for i in range(4):
            buffer = io.BytesIO()
            Image.new("RGB", (32, 32), (60 * i, 0, 255)).save(buffer, "JPEG")
            pieces.append(buffer.getvalue())
        ends = np.cumsum([0, *map(len, pieces)])
        arrays |= {
            f"{prefix}_jpeg": np.frombuffer(b"".join(pieces), np.uint8),
            f"{prefix}_offsets": ends,
            f"{prefix}_labels": np.arange(4, dtype=np.uint8),
        }
    np.savez(given / "copy.npz", **arrays)
    checksum = hashlib.sha256((given / "copy.npz").read_bytes()).hexdigest()
    monkeypatch.setattr(cifar, "JPEG_COPY", {"path": "copy.npz", "difference": "JPEG", "sha256": checksum})
    monkeypatch.setattr(data, "CIFAR_SPLITS", {"train": (0, 3), "val": (3, 4), "test": (0, 4)})
    for split, labels in {"train": [0, 1, 2], "val": [3], "test": [0, 1, 2, 3]}.items():
        x, y = data.cifar10(split).tensors
        assert y.tolist() == labels
        torch.testing.assert_close(
            x.mean((2, 3)), torch.tensor([[60 * i / 255, 0, 1] for i in labels]), atol=0.02, rtol=0
        )
    assert [(used["kind"], used["checksum"]) for used in used_data()] == [("substitute", checksum)]


REAL = Path(os.environ.get("KINDLING_DATA") or fetch.data_folder())


def test_the_true_copies_are_what_they_are_said_to_be(monkeypatch, used_data, capsys):
    wanted = [copy["path"] for copy in (photos.INSECTS_COPY, photos.PETS_COPY, models.PRUNED, cifar.JPEG_COPY)]
    if not all((REAL / path).exists() for path in wanted):
        message = f"{REAL} does not hold all copies"
        expected = os.environ.get("KINDLING_CI") == "1" and "KINDLING_DATA" in os.environ
        pytest.fail(message) if expected else pytest.skip(message)
    monkeypatch.setenv("KINDLING_DATA", str(REAL))
    assert [len(photos.hymenoptera(split)) for split in ("train", "val")] == [244, 153]
    assert [len(photos.cats_dogs(split)) for split in ("train", "test")] == [1000, 200]
    assert data.cifar10("val").tensors[1].bincount().tolist() == [493, 488, 479, 519, 475, 529, 488, 485, 532, 512]
    weights = SqueezeNet1_0_Weights.IMAGENET1K_V1
    with torch.inference_mode():
        logits = models.squeezenet()(weights.transforms()(photos.photo("bobby"))[None])
    assert weights.meta["categories"][logits.argmax()] == "golden retriever"
    assert {used["kind"] for used in used_data() if used["name"] != "book_photos"} == {"substitute"}
