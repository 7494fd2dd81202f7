"""The loaders on small made-up files, the downloads against a server on this machine, and the batches."""

import gzip
import hashlib
import os
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from dataserver import CSV, files_below, use_card
from torch.utils.data import DataLoader, TensorDataset

from kindling import data, fetch
from kindling.data import batches
from kindling.fetch import File

HELD = {
    "mnist",
    "fashion_mnist",
    "student_admissions",
    "wine_quality",
    "bike_sharing",
    "book_photos",
    "style_images",
    "luna_annotations",
}
"""The data sets whose official files the machines of this project have; of the others they have reduced copies."""

pytestmark = pytest.mark.usefixtures("bare_machine")


@pytest.fixture
def serve_from(monkeypatch, server):
    """Replace the card of the student admissions by one of a small file that the server sends."""

    def replace(manner: str) -> None:
        url, sha256 = f"{server}/{manner}/student_data.csv", hashlib.sha256(CSV).hexdigest()
        use_card(monkeypatch, "student_admissions", [File("tabular/student_data.csv", url, sha256)])

    return replace


# Downloads


def test_fetch_downloads_an_absent_file_once(serve_from, cache, monkeypatch):
    serve_from("good")
    (path,) = fetch.fetch("student_admissions")
    assert path == cache / "tabular/student_data.csv"
    assert path.read_bytes() == CSV
    monkeypatch.setattr(fetch, "_download", lambda *_: pytest.fail("downloaded again"))
    assert fetch.fetch("student_admissions") == [path]
    assert files_below(cache) == ["tabular/student_data.csv"]


def test_fetch_downloads_into_the_folder_that_the_user_named(serve_from, given):
    serve_from("good")
    assert fetch.fetch("student_admissions") == [given / "tabular/student_data.csv"]


@pytest.mark.parametrize("manner", ["half", "wrong"])
def test_bytes_that_do_not_match_their_checksum_are_not_kept(manner, serve_from, cache):
    serve_from(manner)
    with pytest.raises(ValueError, match=rf"/{manner}/student_data.csv sent bytes .*got .*Nothing was kept"):
        fetch.fetch("student_admissions")
    assert files_below(cache) == []


def test_an_address_that_is_gone_is_one_clear_error(serve_from, cache):
    serve_from("gone")
    with pytest.raises(FileNotFoundError) as caught:
        fetch.fetch("student_admissions")
    for part in ("Test data", "tabular/student_data.csv", str(cache), "/gone/", "404", "set KINDLING_DATA"):
        assert part in str(caught.value)
    assert files_below(cache) == []


def test_a_server_that_stalls_is_given_up(serve_from, cache):
    serve_from("stall")
    start = time.perf_counter()
    with pytest.raises(FileNotFoundError, match="timed out"):
        fetch.fetch("student_admissions")
    assert time.perf_counter() - start < 5
    assert files_below(cache) == []


def test_without_network_and_data_there_is_one_clear_error(cache, monkeypatch, used_data):
    address = "http://127.0.0.1:9/student_data.csv"  # nobody listens there
    use_card(monkeypatch, "student_admissions", [File("tabular/student_data.csv", address, "0" * 64)])
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded.*Connect to the network"):
        data.student_admissions()
    assert used_data() == []


def test_an_interrupted_download_leaves_nothing(serve_from, cache, monkeypatch):
    def interrupt(source, target):
        target.write(source.read(10))
        raise KeyboardInterrupt

    serve_from("good")
    monkeypatch.setattr(fetch.shutil, "copyfileobj", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch.fetch("student_admissions")
    assert files_below(cache) == []


def test_several_processes_may_download_at_once(serve_from, cache):
    serve_from("good")
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(fetch.fetch, ["student_admissions"] * 4))
    assert paths == [[cache / "tabular/student_data.csv"]] * 4
    assert files_below(cache) == ["tabular/student_data.csv"]


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(serve_from, monkeypatch, tmp_path):
    serve_from("good")
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("KINDLING_DATA", str(tmp_path / "a file"))
    with pytest.raises(FileNotFoundError, match=r"a file.*Not a directory"):
        fetch.fetch("student_admissions")


def test_a_damaged_file_in_the_cache_is_downloaded_again(serve_from, cache):
    serve_from("good")
    (path,) = fetch.fetch("student_admissions")
    path.write_bytes(CSV[:20])
    assert fetch.fetch("student_admissions") == [path]
    assert path.read_bytes() == CSV


def test_a_damaged_file_of_the_user_is_an_error_and_is_not_touched(serve_from, given, used_data):
    serve_from("good")
    (path,) = fetch.fetch("student_admissions")
    path.write_bytes(CSV[:20])
    with pytest.raises(ValueError, match=r"csv does not match its checksum \(got .{4}…, expected .{4}…\)"):
        data.student_admissions()
    assert path.read_bytes() == CSV[:20]
    assert used_data() == []


# Cards


def test_every_card_is_whole():
    assert {"mnist", "wine_quality", "imdb", "cifar10", "squeezenet"} < set(fetch.cards())
    for name, card in fetch.cards().items():
        assert card.name == name
        assert all([card.title, card.description, card.license, card.citation, card.homepage, card.files])
        for file in card.files:
            assert file.url.endswith(Path(file.path).name)
            assert len(bytes.fromhex(file.sha256)) == 32 or file.path.endswith(f"-{file.sha256}.pth")


def test_the_site_credits_the_authors_of_every_data_set():
    about = (Path(__file__).parents[1] / "docs" / "about.md").read_text(encoding="utf-8")
    rows = [line for line in about.splitlines() if line.startswith("| [")]
    for card in fetch.cards().values():
        (row,) = [row for row in rows if f"]({card.homepage})" in row]
        assert card.license in row


def test_the_checksum_of_a_card_depends_on_every_file(monkeypatch):
    one, two = File("a", "", "00"), File("b", "", "11")
    checksums = set()
    for files in ([one], [two], [one, two], [two, one]):
        use_card(monkeypatch, "mnist", files)
        checksums.add(fetch.card("mnist").checksum)
    assert len(checksums) == 4


def test_an_unknown_name_lists_those_that_are_allowed():
    with pytest.raises(
        ValueError, match=r"no data set 'minst'. Choose one of .*bike_sharing, .*fashion_mnist, .*mnist"
    ):
        fetch.fetch("minst")


def test_what_finds_the_files_is_importable_from_the_loaders_too():
    for name in ("card", "data_folder", "fetch"):
        assert getattr(data, name) is getattr(fetch, name)


# Loaders


@pytest.fixture
def small_images(monkeypatch, given):
    """Eight training images and four test images in the official format, cut into five and three."""
    generator = np.random.default_rng(0)
    arrays, files = {}, []
    for prefix, n in (("train", 8), ("t10k", 4)):
        images, labels = generator.integers(0, 256, (n, 28, 28), np.uint8), np.arange(n, dtype=np.uint8)
        arrays[prefix] = images, labels
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            packed = gzip.compress(head + array.tobytes())
            path = f"FashionMNIST/raw/{prefix}-{kind}-ubyte.gz"
            (given / path).parent.mkdir(parents=True, exist_ok=True)
            (given / path).write_bytes(packed)
            files.append(File(path, "http://127.0.0.1:9/", hashlib.sha256(packed).hexdigest()))
    use_card(monkeypatch, "fashion_mnist", files)
    monkeypatch.setattr(data, "SPLITS", data.SPLITS | {"train": slice(5), "val": slice(5, 8)})
    return arrays


@pytest.mark.parametrize(
    ("split", "source", "part"),
    [
        ("train", "train", slice(0, 5)),
        ("val", "train", slice(5, 8)),
        ("train+val", "train", slice(0, 8)),
        ("test", "t10k", slice(0, 4)),
    ],
)
def test_a_split_has_its_part_of_the_official_files(split, source, part, small_images):
    images, labels = (torch.from_numpy(array[part]) for array in small_images[source])
    x, y = data.fashion_mnist(split).tensors
    torch.testing.assert_close(x, images[:, None].float() / 255)
    torch.testing.assert_close(y, labels.long())


def test_loading_writes_nothing_into_the_data_folder(small_images, given):
    before = files_below(given)
    data.fashion_mnist("train")
    assert files_below(given) == before


def test_a_load_is_noted_once_with_the_identity_of_the_data(small_images, used_data):
    data.fashion_mnist("train")
    data.fashion_mnist("val")
    checksum = fetch.card("fashion_mnist").checksum
    assert used_data() == [{"name": "fashion_mnist", "version": "1", "checksum": checksum, "kind": "original"}]


def test_an_unknown_split_lists_those_that_are_allowed():
    with pytest.raises(ValueError, match=r"no split 'validation' of mnist. Choose one of train, val"):
        data.mnist("validation")


def test_student_admissions_has_the_columns_raw(serve_from, cache):
    serve_from("good")
    x, y = data.student_admissions().tensors
    torch.testing.assert_close(x, torch.tensor([[380, 3.61, 3], [660, 3.67, 3], [800, 4, 1]]))
    torch.testing.assert_close(y, torch.tensor([0.0, 1.0, 1.0]))
    assert len(data.COLUMNS) == 3


def test_a_smoke_run_without_data_makes_up_samples_of_the_right_kind(cache, monkeypatch, used_data):
    monkeypatch.setenv("KINDLING_SMOKE", "1")
    monkeypatch.setattr(fetch, "_download", lambda *_: pytest.fail("a smoke run downloads nothing"))
    x, y = data.fashion_mnist("train").tensors
    assert (x.shape, x.dtype, y.dtype) == ((data.SMOKE_SAMPLES, 1, 28, 28), torch.float32, torch.int64)
    assert 0 <= x.min() < x.max() <= 1
    assert set(y.tolist()) == set(range(10))
    torch.testing.assert_close(x, data.fashion_mnist("train").tensors[0])
    assert not torch.equal(x, data.fashion_mnist("val").tensors[0])

    x, y = data.student_admissions().tensors
    assert (x.shape, x.dtype, y.dtype) == ((data.SMOKE_SAMPLES, 3), torch.float32, torch.float32)
    assert set(y.tolist()) == {0, 1}
    assert set(x[:, 2].tolist()) == {1, 2, 3, 4}
    assert {used["kind"] for used in used_data()} == {"smoke"}


def test_a_smoke_run_with_data_takes_its_first_samples(small_images, monkeypatch, used_data):
    monkeypatch.setenv("KINDLING_SMOKE", "1")
    monkeypatch.setattr(data, "SMOKE_SAMPLES", 2)
    x, y = data.fashion_mnist("val").tensors
    torch.testing.assert_close(x, torch.from_numpy(small_images["train"][0][5:7, None]).float() / 255)
    assert len(y) == 2
    assert used_data()[0]["kind"] == "smoke"


REAL = Path(os.environ.get("KINDLING_DATA") or data.data_folder())


@pytest.fixture
def real_data(monkeypatch):
    """The true files, where this machine has them; the tests above need none."""
    if not all((REAL / file.path).exists() for name in HELD for file in fetch.card(name).files):
        message = f"{REAL} does not hold all data sets"
        expected = os.environ.get("KINDLING_CI") == "1" and "KINDLING_DATA" in os.environ
        pytest.fail(message) if expected else pytest.skip(message)
    monkeypatch.setenv("KINDLING_DATA", str(REAL))


def test_the_true_files_give_what_their_authors_describe(real_data):
    x, y = data.fashion_mnist("train+val").tensors
    assert x.shape == (60_000, 1, 28, 28)
    assert y.bincount().tolist() == [6000] * 10
    assert abs(x.mean() - 0.28604) < 1e-4
    assert abs(x.std() - 0.35302) < 1e-4
    digits = data.mnist("test").tensors[1].bincount()
    assert digits.tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    x, y = data.student_admissions().tensors
    assert (x.shape, y.sum()) == ((400, 3), 127)


def test_a_card_tells_the_bytes_of_its_files(real_data):
    for card in map(fetch.card, HELD):
        assert card.bytes == sum((REAL / file.path).stat().st_size for file in card.files)


# Batches


def numbered(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.arange(n)[:, None].float(), torch.arange(n)


def order(epoch) -> list[int]:
    return [label for _, y in epoch for label in y.tolist()]


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("batch_size", [1, 3, 10, 11])
def test_unshuffled_batches_are_those_of_a_dataloader(batch_size, drop_last):
    x, y = numbered(10)
    ours = batches(x, y, batch_size, drop_last=drop_last)
    theirs = DataLoader(TensorDataset(x, y), batch_size, drop_last=drop_last)
    assert len(ours) == len(theirs)
    for ours_batch, theirs_batch in zip(ours, theirs, strict=True):
        torch.testing.assert_close(ours_batch, tuple(theirs_batch))


def test_shuffled_batches_have_every_example_once_with_its_own_label():
    epoch = list(batches(*numbered(10), 4, shuffle=True))
    assert sorted(order(epoch)) == list(range(10))
    assert [len(x) for x, _ in epoch] == [4, 4, 2]
    for x, y in epoch:
        torch.testing.assert_close(x[:, 0], y.float())


@pytest.mark.parametrize(("batch_size", "sizes"), [(4, [4, 4]), (5, [5, 5]), (11, [])])
def test_a_last_batch_that_is_smaller_can_be_left_out(batch_size, sizes):
    train = batches(*numbered(10), batch_size, shuffle=True, drop_last=True)
    assert [len(x) for x, _ in train] == sizes
    assert len(train) == len(sizes)
    assert len(set(order(train))) == sum(sizes)


def test_each_epoch_has_a_fresh_order():
    train = batches(*numbered(50), 7, shuffle=True)
    assert order(train) != order(train)


def test_a_generator_makes_the_orders_of_all_epochs_reproducible():
    def two_epochs():
        train = batches(*numbered(50), 7, shuffle=True, generator=torch.Generator().manual_seed(1))
        return order(train), order(train)

    torch.manual_seed(0)
    first = two_epochs()
    torch.manual_seed(1)
    assert two_epochs() == first


def test_without_a_generator_the_seed_of_torch_decides():
    train = batches(*numbered(50), 7, shuffle=True)
    torch.manual_seed(0)
    first = order(train)
    torch.manual_seed(0)
    assert order(train) == first


def test_batches_lie_on_the_device_that_was_asked_for():
    x, y = next(iter(batches(*numbered(4), 2, device="meta")))
    assert (x.device.type, y.device.type) == ("meta", "meta")


def test_batches_refuses_tensors_of_different_length():
    with pytest.raises(ValueError, match="x has 3 examples and y has 4"):
        batches(torch.zeros(3), torch.zeros(4), 2)


def test_batches_refuses_an_empty_batch_size():
    with pytest.raises(ValueError, match="batch_size is 0"):
        batches(*numbered(4), 0)


def test_batches_refuses_to_cut_nothing():
    with pytest.raises(ValueError, match="no examples"):
        batches(*numbered(0), 4)
