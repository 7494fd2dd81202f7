"""A disk that is full, and a store that lost its ends: no wrong page, nothing lost, and the next run repairs."""

import random
import re
import resource
import shutil
import subprocess
import tempfile

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from tinyproject import LIGHTLY, TinyProject

from press.tutorials import Tutorials

LARGE = '"""\n# Large\n\nA lead.\n"""\n' + '\n# %%\n# More.\n\nprint("y" * 90_000)\n' * 4
SMALL_FILES = 200_000  # bytes; the notebook of the tutorial above has 360,000


def mounted_at(folder: str) -> bool:
    """Whether a small file system could be mounted there, as root may where nothing forbids it."""
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "faults", folder]
    return shutil.which("mount") is not None and subprocess.run(command, capture_output=True).returncode == 0


def can_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        if found := mounted_at(folder):
            subprocess.run(["umount", "-l", folder], check=True)
        return found


@pytest.fixture(
    params=["files have a limit"] + [pytest.param("small file system", marks=pytest.mark.slow)] * can_mount()
)
def disk(request, tmp_path):
    """A tiny project on a disk too small for it; a function that runs a command there, and one that makes room.

    Everywhere, a limit on the length of files stands for the full disk: the same call fails, at the same place. Where
    we may mount one, a small file system is really full.
    """
    root = tmp_path / "tiny"
    root.mkdir()
    mounted = request.param == "small file system"
    if mounted:
        assert mounted_at(str(root))
    try:
        tiny = TinyProject(root)

        def run(*command: str, full: bool = True) -> subprocess.CompletedProcess[str]:
            def limit() -> None:
                if full and not mounted:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_FILES, SMALL_FILES))

            return subprocess.run(
                [*LIGHTLY, *command], cwd=root, preexec_fn=limit, capture_output=True, text=True, timeout=120
            )

        def make_room() -> None:
            if mounted:
                subprocess.run(["mount", "-o", "remount,size=20m", str(root)], check=True)

        yield tiny, run, make_room
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(root)], check=True)


def test_a_full_disk_is_told_and_the_next_run_ends_well(disk):
    tiny, run, make_room = disk
    tiny.write("tutorials/1-first/03_large.py", LARGE)
    done = run("press", "run", "--jobs", "1")
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("tutorials/")]
    assert re.match(r"tutorials/1-first/03_large\.py:1: executed, but not stored: ", line), line
    assert "outputs/1-first/large.ipynb" in line and re.search("No space left on device|File too large", line), line
    assert done.stderr.splitlines()[-1] == "2 executed, 1 failed, 0 were fresh"
    assert tiny.states() == {"hello": "fresh", "other": "fresh", "large": "missing"}
    assert [path.name for path in tiny.root.glob("outputs/**/.*")] == []

    done = run("mkdocs", "build")  # the build does not get further, and says so too
    assert done.returncode == 1 and "03_large.py:1: executed, but not stored" in done.stderr
    assert not (tiny.root / "site/first/large").exists()

    make_room()
    done = run("press", "run", "--jobs", "1", full=False)
    assert done.returncode == 0 and "1 executed, 0 failed, 2 were fresh" in done.stderr
    assert set(tiny.states().values()) == {"fresh"}


def test_status_needs_no_room(tiny, call, monkeypatch):
    """What the press keeps to be quicker the next time is not worth an error."""
    tiny.pretend_run("hello")
    for path in (tiny.root / ".press").rglob("*.json"):
        path.unlink()
    tiny.edit("tutorials/1-first/02_other.py", "unrelated(1)", "unrelated(2)")

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    assert call("status") == (0, ["hello  fresh", "other  missing  never executed"])


@pytest.fixture
def built(tiny, monkeypatch):
    """Build the tiny project in this process; return what its pages and downloads say."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # mkdocs' own theme writes the time of the build into the home page

    def build_it() -> dict[str, bytes]:
        config = load_config(str(tiny.root / "mkdocs.yml"))
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
        site = tiny.root / "site"
        kept = (".html", ".ipynb", ".py", ".svg", ".png", ".css", ".whl")
        return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.suffix in kept}

    return build_it


FIGURE = """
import matplotlib.pyplot as plt

plt.plot([1, 2, 3])
plt.title("größer")
plt.show()
"""


@pytest.fixture
def figures(tiny, call):
    tiny.edit(
        "tutorials/1-first/02_other.py", "print(tools.unrelated(1))", f"print(tools.unrelated(1), 'größer')\n{FIGURE}"
    )
    assert call("run")[0] == 0


def test_a_store_cut_at_any_place_is_told_and_repaired(tiny, call, built, figures, caplog):
    whole = built()
    paths = sorted(tiny.root.glob("outputs/*/*.ipynb"))
    chance, tried = random.Random(11), 0
    for path in paths * 20:
        content = path.read_bytes()
        place = chance.randrange(len(content))
        path.write_bytes(content[:place])
        caplog.clear()
        code, told = call("status")
        row = next(line for line in told if line.startswith(path.stem))
        assert code == 0 and row.split(maxsplit=2)[1:] == ["missing", "its stored result is damaged"], (place, told)
        assert f"{path} counts as absent: it is truncated" in caplog.text, place
        path.write_bytes(content)
        tried += 1
    assert tried == 40

    for path in paths:
        content = path.read_bytes()
        path.write_bytes(content[: chance.randrange(len(content))])
    tiny.edit("mkdocs.yml", "src/pack}", "src/pack, execute: never}")
    assert not any(b"press-output" in page for name, page in built().items() if name.endswith(".html"))
    tiny.edit("mkdocs.yml", "src/pack, execute: never}", "src/pack}")
    assert call("run")[0] == 0
    assert without_cost(built()) == without_cost(whole)


def without_cost(pages: dict[str, bytes]) -> dict[str, bytes]:
    """Another run takes another time."""
    return {name: re.sub(rb"Ran in [^<]*|[\d.]+ s\b", b"", page) for name, page in pages.items()}


def test_a_damaged_scratch_folder_makes_no_wrong_page(tiny, built, figures, monkeypatch):
    """What the press keeps in `.press` to be quick may be gone, cut or emptied: the site stays as it was."""
    tiny.write("pyproject.toml", '[project]\nname = "pack"\nversion = "1.0"\n')
    whole = built()
    monkeypatch.setattr(Tutorials, "run", lambda *arguments, **options: pytest.fail("something was executed"))
    chance = random.Random(7)
    paths = sorted(path for path in (tiny.root / ".press").rglob("*") if path.is_file() and path.suffix != ".lock")
    rounds = [[path] for path in paths] + [chance.sample(paths, len(paths) // 2) for _ in range(5)]
    letter = "ö".encode()  # to be cut in two
    rounds += [[path] for path in paths if letter in path.read_bytes()]
    for number, damaged in enumerate(rounds):
        for path in damaged:
            content = path.read_bytes()
            place = chance.randrange(len(content)) if number < len(paths) + 5 else content.index(letter) + 1
            path.write_bytes(content[:place])
        now = built()
        assert now.keys() == whole.keys()
        assert [name for name in whole if now[name] != whole[name]] == [], damaged
