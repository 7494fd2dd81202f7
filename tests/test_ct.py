"""The chest CT, LUNA's annotations, and the patients that are made up from them."""

import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from dataserver import files_below, use_card
from torch import Generator

from kindling import ct, fetch, nodules
from kindling.dicom import read_slice
from kindling.fetch import File

pytestmark = pytest.mark.usefixtures("bare_machine")
REAL = Path(os.environ.get("KINDLING_DATA") or fetch.data_folder())
EXPECTED = os.environ.get("KINDLING_CI") == "1" and "KINDLING_DATA" in os.environ  # read before a fixture clears it
ANNOTATIONS = """seriesuid,coordX,coordY,coordZ,diameter_mm,mal_bool
1.2.one,-128.7,-175.3,-298.4,5.5,True
1.2.one,103.8,-211.9,-227.1,4.25,False
1.2.two,1.0,2.0,3.0,20.0,False
"""


def slice_file(z: float, pixels: np.ndarray) -> bytes:
    """A small DICOM file, with a nested list that has no length."""

    def element(group: int, number: int, kind: bytes, value: bytes) -> bytes:
        value += b" " * (len(value) % 2)
        long = struct.pack("<HI", 0, len(value)) if kind in (b"OW", b"SQ") else struct.pack("<H", len(value))
        return struct.pack("<HH", group, number) + kind + long + value

    endless = struct.pack("<HH2sHI", 8, 0x1110, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    ends = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return b"".join(
        [
            bytes(128) + b"DICM",
            endless + element(8, 0x1155, b"UI", b"1.2.3") + ends,
            element(0x20, 0x32, b"DS", f"-143.2\\-287.2\\{z}".encode()),
            element(0x28, 0x10, b"US", struct.pack("<H", pixels.shape[0])),
            element(0x28, 0x11, b"US", struct.pack("<H", pixels.shape[1])),
            element(0x28, 0x1052, b"DS", b"-1024"),
            element(0x28, 0x1053, b"DS", b"2"),
            element(0x7FE0, 0x10, b"OW", pixels.astype("<i2").tobytes()),
        ]
    )


def test_a_slice_is_read_with_its_place_and_in_hounsfield_units(tmp_path):
    pixels = np.arange(12).reshape(3, 4)
    (tmp_path / "a.dcm").write_bytes(slice_file(-198, pixels))
    z, hu = read_slice(tmp_path / "a.dcm")
    assert z == -198
    np.testing.assert_array_equal(hu, 2 * pixels - 1024)


@pytest.mark.parametrize("content", [b"", b"no such file" * 40, slice_file(1, np.zeros((2, 2)))[:200]])
def test_a_file_that_is_no_slice_is_one_clear_error(content, tmp_path):
    (tmp_path / "a.dcm").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.dcm is no uncompressed DICOM slice .*Delete it"):
        read_slice(tmp_path / "a.dcm")


@pytest.fixture
def publish_slices(monkeypatch, server, served, cache):
    """Put 99 small slices on the server, in a random order; the first of them is on the card."""
    pixels = np.random.default_rng(0).integers(0, 2000, (99, 512, 512), np.int16)
    names = [f"{i:06}.dcm" for i in np.random.default_rng(1).permutation(99)]
    for z, name in enumerate(names):
        served[name] = slice_file(3 * z - 288, pixels[z])
    first = File(f"chest-ct/{names[0]}", f"{server}/good/{names[0]}", hashlib.sha256(served[names[0]]).hexdigest())
    use_card(monkeypatch, "chest_ct", [first])
    hu = (2 * pixels.reshape(99, 256, 2, 256, 2).mean((2, 4)) - 1024).round().astype(np.int16)
    monkeypatch.setattr(ct, "VOLUME_SHA256", hashlib.sha256(hu.tobytes()).hexdigest())
    return hu


@pytest.mark.slow
def test_the_official_slices_are_sorted_and_checked_as_a_volume(publish_slices, cache, monkeypatch, used_data):
    scan = ct.chest_ct()
    torch.testing.assert_close(scan.hu, torch.from_numpy(publish_slices).float())
    assert len(files_below(cache)) == 99
    assert [used["kind"] for used in used_data()] == ["original"]
    monkeypatch.setattr(ct, "VOLUME_SHA256", "0")
    with pytest.raises(ValueError, match="give another volume than the known one"):
        ct.chest_ct()


def test_the_true_slices_are_those_of_the_volume(monkeypatch):
    if not (REAL / ct.VOLUME_COPY["path"]).exists():
        message = f"{REAL} does not hold the volume"
        pytest.fail(message) if EXPECTED else pytest.skip(message)
    monkeypatch.setenv("KINDLING_DATA", str(REAL))
    scan = ct.chest_ct()
    assert scan.hu.shape == (99, 256, 256)
    assert (scan.hu.min(), scan.hu.max()) == (-1024, 3071)
    assert hashlib.sha256(scan.hu.short().numpy().tobytes()).hexdigest() == ct.VOLUME_SHA256
    for name in ("000028", "000032", "000038", "000098"):
        z, hu = read_slice(REAL / f"ct/dicom/{name}.dcm")
        half = torch.from_numpy(hu.reshape(256, 2, 256, 2).mean((1, 3)).round()).float()
        torch.testing.assert_close(scan.hu[int((z - scan.corner[0]) / scan.spacing[0])], half)


@pytest.fixture
def annotations(monkeypatch, given):
    (given / "a.csv").write_text(ANNOTATIONS)
    use_card(monkeypatch, "luna_annotations", [File("a.csv", "", hashlib.sha256(ANNOTATIONS.encode()).hexdigest())])


def test_annotations_have_place_size_and_finding(annotations, used_data):
    first, second, third = ct.luna_nodules()
    assert first == ct.Nodule("1.2.one", (-128.7, -175.3, -298.4), 5.5, True)
    assert (second.series, second.malignant, third.diameter) == ("1.2.one", False, 20.0)
    assert [used["name"] for used in used_data()] == ["luna_annotations"]


def test_patients_have_the_nodules_of_luna_and_depend_on_the_seed_alone(annotations):
    sizes = {"1.2.one": [5.5, 4.25], "1.2.two": [20.0]}
    torch.manual_seed(0)
    few, more = nodules.patients(1, seed=3), nodules.patients(3, seed=3)
    torch.manual_seed(1)
    assert torch.equal(few[0].hu, nodules.patients(1, seed=3)[0].hu)
    assert torch.equal(few[0].hu, more[0].hu)
    assert not torch.equal(few[0].hu, nodules.patients(1, seed=4)[0].hu)
    assert {patient.series for patient in more} == set(sizes)
    for patient in more:
        assert set(patient.diameters.tolist()) <= set(sizes[patient.series])
        assert patient.mask[tuple(patient.nodules.T)].all()
        assert not patient.mask[tuple(patient.vessels.T)].any()
        assert patient.hu[patient.mask].mean() > patient.hu[~patient.mask].mean() + 400


@pytest.mark.parametrize("diameter", [4.0, 12.0, 30.0])
def test_a_nodule_has_its_size_wherever_it_lies(diameter):
    for center in ([20, 40, 40], [0, 0, 79]):
        hu = torch.full((40, 80, 80), -850.0)
        changed, mask = nodules.set_nodule(hu, center, diameter, Generator().manual_seed(1))
        assert (hu == -850).all()
        assert mask[tuple(center)]
        assert (changed[~mask] < changed[mask].min()).all()
        if center[0]:
            volume = mask.sum() * nodules.SPACING.prod()
            assert 0.6 < volume / (torch.pi / 6 * diameter**3) < 1.6


HEADER = """ObjectType = Image
TransformMatrix = 1 0 0 0 1 0 0 0 1
Offset = -198.1 -195 -335.2
ElementSpacing = 0.7 0.75 2.5
DimSize = 4 3 2
ElementType = MET_SHORT
ElementDataFile = 1.2.raw
"""


@pytest.fixture
def scan_file(tmp_path):
    (tmp_path / "1.2.mhd").write_text(HEADER, encoding="utf-8")
    np.arange(24, dtype="<i2").tofile(tmp_path / "1.2.raw")
    return tmp_path / "1.2.mhd"


def test_a_scan_of_luna_has_its_slices_first_and_its_place_in_millimeters(scan_file):
    scan = ct.luna_scan(scan_file)
    assert torch.equal(scan.hu, torch.arange(24.0).view(2, 3, 4))
    assert scan.spacing.tolist() == [2.5, 0.75, 0.7]
    assert scan.corner.tolist() == [-335.2, -195, -198.1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Offset", "Origin", "it lacks Offset"),
        ("1 0 0 0 1 0 0 0 1", "-1 0 0 0 -1 0 0 0 1", "turned or flipped"),
        ("MET_SHORT", "MET_FLOAT", "not MET_SHORT"),
        ("4 3 2", "4 3 3", "24"),
    ],
)
def test_a_scan_of_luna_that_would_be_misread_is_refused(scan_file, old, new, said):
    scan_file.write_text(HEADER.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        ct.luna_scan(scan_file)


def test_crops_are_centered_and_stay_inside():
    hu = torch.arange(20 * 40 * 50).view(20, 40, 50).float()
    cut = ct.crops(hu, torch.tensor([[10, 20, 25], [0, 0, 0], [19, 39, 49]]))
    assert cut.shape == (3, 1, *ct.CROP)
    torch.testing.assert_close(cut[0, 0], hu[6:14, 8:32, 13:37])
    torch.testing.assert_close(cut[1, 0], hu[:8, :24, :24])
    torch.testing.assert_close(cut[2, 0], hu[-8:, -24:, -24:])


def test_a_smoke_run_makes_up_everything(monkeypatch, cache, used_data):
    monkeypatch.setenv("KINDLING_SMOKE", "1")
    assert ct.chest_ct().hu.shape == (99, 256, 256)
    assert len(nodules.patients(40, seed=1)) == 6
    assert {used["kind"] for used in used_data()} == {"smoke"}


def test_what_the_classifier_needs_has_the_shapes_that_it_says():
    torch.manual_seed(0)
    x = nodules.scaled(torch.tensor([-2000.0, -1000.0, -300.0, 400.0, 3000.0]))
    torch.testing.assert_close(x, torch.tensor([-1.0, -1.0, 0.0, 1.0, 1.0]))
    centers = torch.full((200, 3), 20)
    moves = nodules.shifted(centers) - centers
    assert moves.amin(0).tolist() == [-1, -3, -3] and moves.amax(0).tolist() == [1, 3, 3]
    volume = torch.zeros(4, 1, *ct.CROP)
    volume[:, :, 3:5, 10:14, 10:14] = 1
    copies = nodules.augmented(volume)
    assert copies.shape == volume.shape
    assert (copies.amax((1, 2, 3, 4)) > 0.5).all()
    assert nodules.classifier()(volume).shape == (4,)
