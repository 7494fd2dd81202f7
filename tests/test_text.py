"""Tokens, vocabularies, batches of continuous text, and the loaders of texts on small made-up files."""

import gzip
import hashlib
import io
import tarfile

import pytest
import torch

from kindling import corpora, fetch
from kindling.fetch import Card, File
from kindling.text import PAD, UNKNOWN, Vocabulary, streams, words

pytestmark = pytest.mark.usefixtures("bare_machine")


@pytest.fixture
def given(monkeypatch, tmp_path):
    """A folder that the user named with KINDLING_DATA."""
    monkeypatch.setenv("KINDLING_DATA", str(tmp_path))
    return tmp_path


def put(monkeypatch, folder, name: str, contents: dict[str, bytes]) -> None:
    """Write files, and a card whose checksums are theirs; `.gz` is packed, and stands for what it unpacks to."""
    files = []
    for path, raw in contents.items():
        (folder / path).parent.mkdir(exist_ok=True, parents=True)
        (folder / path).write_bytes(gzip.compress(raw) if path.endswith(".txt.gz") else raw)
        nowhere = "http://127.0.0.1:9/" + path
        files.append(
            File(path.removesuffix(".gz") if ".txt" in path else path, nowhere, hashlib.sha256(raw).hexdigest())
        )
    card = Card(name, "Test text", "1", "", "MIT", 0, "", "", tuple(files))
    monkeypatch.setattr(fetch, "cards", lambda: {name: card})


# Tokens


def test_words_keep_apostrophes_and_part_punctuation():
    assert words("Don't! It’s 9 a.m.") == ["don't", "!", "it’s", "9", "a", ".", "m", "."]


def test_a_vocabulary_numbers_by_frequency_and_then_by_alphabet_whatever_the_order_of_the_texts():
    texts = [["b", "a"], ["a", "c"], ["d", "d", "d"]]
    assert Vocabulary.of(texts).tokens == Vocabulary.of(texts[::-1]).tokens == ("d", "a", "b", "c")


def test_rare_tokens_are_unknown_and_special_ones_come_first():
    vocabulary = Vocabulary.of([["a", "a", "b", PAD]], least=2, special=[PAD, UNKNOWN])
    assert vocabulary.encode(["a", "b", "never seen", PAD]).tolist() == [2, 1, 1, 0]
    assert vocabulary.decode(torch.tensor([2, 1])) == ["a", UNKNOWN]


def test_a_text_comes_back_from_its_numbers():
    text = "to be, or not to be"
    vocabulary = Vocabulary.of([text])
    assert "".join(vocabulary.decode(vocabulary.encode(text))) == text


def test_a_token_that_has_no_number_is_named():
    with pytest.raises(ValueError, match="'z' is not one of the 2 tokens"):
        Vocabulary(("a", "b")).encode("abz")


@pytest.mark.parametrize(("length", "batch_size", "steps"), [(9, 2, 2), (100, 3, 7), (31, 5, 6), (8, 7, 1)])
def test_streams_continue_each_other_and_look_one_step_ahead(length, batch_size, steps):
    batches = list(streams(torch.arange(length), batch_size, steps))
    x, y = (torch.cat(part, dim=1) for part in zip(*batches, strict=True))
    columns = (length - 1) // batch_size
    assert x.shape == (batch_size, columns // steps * steps)
    assert torch.equal(y, x + 1)  # the next number of the text
    assert all(row.diff().eq(1).all() for row in x)  # a row goes on where it ended
    assert x[:, 0].tolist() == [columns * row for row in range(batch_size)]


def test_a_text_that_fills_no_batch_is_an_error():
    with pytest.raises(ValueError, match="8 tokens are too few for 4 rows of 2 steps"):
        next(streams(torch.arange(8), 4, 2))


# Loaders


@pytest.mark.parametrize("path", ["text/anna.txt", "text/anna.txt.gz"])
def test_a_text_is_read_as_it_is_or_packed_with_the_same_line_ends(monkeypatch, given, path):
    put(monkeypatch, given, "anna_karenina", {path: b"Chapter 1\r\n\r\nHappy families\r\n"})
    assert corpora.anna_karenina() == "Chapter 1\n\nHappy families\n"


@pytest.mark.parametrize("damage", [lambda raw: raw[:-9], lambda raw: b"no gzip at all"])
def test_a_damaged_packed_text_is_an_error_that_names_it(monkeypatch, given, damage):
    put(monkeypatch, given, "anna_karenina", {"text/anna.txt.gz": b"Happy families"})
    packed = given / "text/anna.txt.gz"
    packed.write_bytes(damage(packed.read_bytes()))
    with pytest.raises(ValueError, match=r"anna.txt.gz does not match its checksum"):
        corpora.anna_karenina()


def test_the_splits_of_the_sentences_are_disjoint_whole_and_half_praise(monkeypatch, given):
    lines = {kind: "".join(f"{kind} {i}\n" for i in range(50)).encode() for kind in ("pos", "neg")}
    put(monkeypatch, given, "sentence_polarity", {f"mr/{kind}": raw for kind, raw in lines.items()})
    parts = {split: corpora.sentence_polarity(split) for split in ("train", "val", "test")}
    assert {split: len(texts) for split, (texts, _) in parts.items()} == {"train": 80, "val": 10, "test": 10}
    assert len({text for texts, _ in parts.values() for text in texts}) == 100
    for texts, labels in parts.values():
        assert labels.tolist() == [int(text.startswith("pos")) for text in texts]
        assert labels.double().mean() == 0.5


def archive_of(reviews: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as members:
        for name, text in reviews.items():
            member = tarfile.TarInfo(f"aclImdb/{name}")
            member.size = len(raw := text.encode())
            members.addfile(member, io.BytesIO(raw))
    return packed.getvalue()


REVIEWS = {
    "train/pos/1_9.txt": "Fine.",
    "train/neg/0_2.txt": "No.",
    "train/unsup/0_0.txt": "?",
    "test/pos/0_8.txt": "Yes",
}


def test_the_official_archive_of_reviews_is_read_by_folder(monkeypatch, given):
    put(monkeypatch, given, "imdb", {"imdb/aclImdb_v1.tar.gz": archive_of(REVIEWS)})
    texts, labels = corpora.imdb("train")
    assert texts == ["Fine.", "No."]
    assert labels.tolist() == [1, 0]


def test_a_table_of_the_same_reviews_is_read_instead_and_said(monkeypatch, given, capsys, used_data):
    put(monkeypatch, given, "imdb", {"imdb/aclImdb_v1.tar.gz": archive_of(REVIEWS)})
    (given / "imdb/aclImdb_v1.tar.gz").unlink()
    table = gzip.compress(b"label\tid\trating\ttext\nneg\t0\t2\tNo.\npos\t1\t9\tFine,\ttabs and all.\n")
    (given / "imdb/table.tsv.gz").write_bytes(table)
    copy = File("imdb/table.tsv.gz", "", hashlib.sha256(table).hexdigest())
    monkeypatch.setattr(corpora, "IMDB_COPY", {"train": copy})
    assert corpora.imdb("train")[0] == ["Fine,\ttabs and all.", "No."]
    assert "table.tsv.gz" in capsys.readouterr().out
    assert [used["kind"] for used in used_data()] == ["substitute"]


@pytest.mark.parametrize("load", [corpora.imdb, corpora.sentence_polarity])
def test_an_unknown_split_lists_those_that_are_allowed(load):
    with pytest.raises(ValueError, match=r"no split 'dev' of .* Choose one of train, .*test"):
        load("dev")


@pytest.mark.parametrize("load", [lambda: corpora.imdb("test"), lambda: corpora.sentence_polarity("val")])
def test_a_smoke_run_makes_up_texts_of_both_kinds(monkeypatch, given, load):
    monkeypatch.setenv("KINDLING_SMOKE", "1")
    texts, labels = load()
    assert len(texts) == len(labels) == corpora.SMOKE_TEXTS
    assert set(labels.tolist()) == {0, 1}
    assert "made up" in corpora.anna_karenina()
