"""Does an edit stay a second away from the screen when there are 400 tutorials? Builds, edits, search index, memory.

    uv run benchmarks/growth.py [N ...]                                            (default: 40 100 400)

Each N is a project of its own: N made-up tutorials of the size of real ones (20 cells, 10 KB of text, outputs, a
figure, names that link to the reference; no questions and no workbooks), in the theme, the configuration and the
handwritten pages of this site. Their outputs are written into the store without running them. "Edit to screen" begins
when the file of a tutorial has been written, and ends when a page that is open in Chromium on `mkdocs serve` shows the
new sentence.
"""

from __future__ import annotations

import functools
import gzip
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from proof import figure, keep

from press.files import write
from press.project import Settings
from press.store import Run
from press.tutorials import Tutorials

ROOT = Path(__file__).parents[1]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PARTS = ("1-foundations", "2-training", "3-vision", "4-sequences", "5-generative", "6-project", "7-deployment")
EDITS = 5
HURRIED = (
    "The edits come four seconds apart, sooner than the site behind the last one is whole, and may wait for the page "
    "that is just being made."
)
PAUSE = 4  # seconds between what an edit shows and the next one
MARK = "This sentence is number 0."
TEXT = """\
a network learns from batches of examples and the loss says how far its answer is from the one we wanted so we change
each weight a little in the direction that makes the loss smaller which the gradient tells us after every step the
optimizer looks at the learning rate and moves on while validation shows whether what was learned holds for data that
the model has never seen before here we watch the numbers closely plot them and ask what would happen if a batch were
larger or the layers deeper because a picture of the curve is worth more than a guess about its shape"""
WORDS = TEXT.split()
CODE = """\
model = nn.Sequential(nn.Linear({a}, {b}), nn.ReLU(), nn.Linear({b}, 2))
x_{a} = torch.randn({b}, {a})
logits = model(x_{a})  # [batch, classes]
loss = nn.functional.cross_entropy(logits, torch.zeros({b}, dtype=torch.int64))
print(f"loss after step {a}: {{loss.item():.3f}}")"""
NAMES = {
    "torch": "torch",
    "nn": "torch.nn",
    "nn.Sequential": "torch.nn.Sequential",
    "nn.Linear": "torch.nn.Linear",
    "nn.ReLU": "torch.nn.ReLU",
    "torch.randn": "torch.randn",
    "torch.zeros": "torch.zeros",
    "nn.functional.cross_entropy": "torch.nn.functional.cross_entropy",
    "torch.int64": "torch.int64",
    "seed_everything": "kindling.runtime.seed_everything",
    "show": "kindling.plots.show",
}
# A red pixel: what a card in a gallery shows here.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


def sentences(dice: random.Random, count: int) -> str:
    made = []
    for _ in range(count):
        words = dice.choices(WORDS, k=dice.randint(8, 18))
        made.append(" ".join(words).capitalize() + ".")
    return " ".join(made)


def commented(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())


def tutorial(number: int, count: int, chapters: Sequence[str], formulas: Sequence[str]) -> str:
    """The script of one made-up tutorial."""
    dice = random.Random(number)
    chosen = json.dumps(dice.sample(list(chapters), 3))
    needs = ["/// script", 'dependencies = ["kindling-torch"]', ""]
    header = commented("\n".join([*needs, "[tool.kindling]", f"chapters = {chosen}", "minutes = 1", "///"]))
    other = dice.randrange(count)
    title = f"# Lesson {number} on {dice.choice(WORDS)} and {dice.choice(WORDS)}"
    pieces = [header, f'"""\n{title}\n\n{sentences(dice, 3)}\n"""']
    for section in range(10):
        text = f"## Step {section} of {dice.choice(WORDS)}\n\n{sentences(dice, 6)}\n\n{sentences(dice, 4)}"
        if section == 1:
            text += f"\n\n{MARK}"
        if section == 2 and formulas:
            text += f" It is {dice.choice(formulas)}."
        if section == 9:
            where = f"../{PARTS[other * len(PARTS) // count]}/{name(other)}.py"
            text += f"\n\nRead [another lesson]({where}) next."
        code = CODE.format(a=section + 2, b=dice.randint(2, 64))
        if section == 0:
            code = "import torch\nfrom torch import nn\n\nfrom kindling.plots import show\n" + code
        pieces.append(f"# %%\n{commented(text)}\n\n{code}")
    return "\n\n".join(pieces) + "\n"


def name(number: int) -> str:
    return f"{number:03d}_lesson-{number}"


def drawing(dice: random.Random) -> str:
    """A curve as matplotlib writes it, of about 12 KB."""
    points = " ".join(f"L {x / 2:.4f} {dice.uniform(0, 288):.6f}" for x in range(600))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="460pt" height="345pt" viewBox="0 0 460 345" version="1.1">'
        f'<g id="figure_1"><path d="M 0 0 {points}" style="fill: none; stroke: #1f77b4"/></g></svg>'
    )


def executed(script: Any) -> dict[str, Any]:
    """A notebook as a run would give it: a line of output per code cell, and a figure under the last one."""
    dice = random.Random(script.name)
    cells: list[dict[str, Any]] = []
    for number, cell in enumerate(script.cells):
        shared = {"id": f"cell-{number}", "metadata": {}, "source": cell.source}
        if cell.kind == "text":
            cells.append({"cell_type": "markdown", **shared})
            continue
        line = {"output_type": "stream", "name": "stdout", "text": f"loss after step {number}: {dice.random():.3f}\n"}
        cells.append({"cell_type": "code", "execution_count": 1, "outputs": [line], **shared})
    kind = "image/svg+xml"
    shown = {"output_type": "display_data", "data": {kind: drawing(dice)}, "metadata": {kind: {"alt": "A curve."}}}
    cells[-1]["outputs"].append(shown)
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def project(folder: Path, count: int) -> None:
    """Write a project of `count` tutorials, all of them executed as far as the press can tell."""
    folder.mkdir()
    for path in ("mkdocs.yml", "pyproject.toml", "package.json", "package-lock.json", "README.md", "LICENSE"):
        if (ROOT / path).is_file():
            shutil.copy(ROOT / path, folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copytree(ROOT / "src" / "kindling", folder / "src" / "kindling", ignore=shutil.ignore_patterns("*.pyc"))
    if (ROOT / "node_modules").is_dir():
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
    for path in (folder / "docs").rglob("*.md"):  # the tutorials that they link to are not here
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"!?\[([^\]]*)\]\((?![a-z]+:)[^)]*\)", r"\1", text), encoding="utf-8")
    table = json.loads((folder / "docs" / "formulas.json").read_text(encoding="utf-8"))["formulas"]
    formulas = [formula for formula in table if re.fullmatch(r"\$[^$]+\$", formula)][:50]
    settings = Settings.find(folder)
    chapters = list(Tutorials(settings).chapters or {})
    for number in range(count):
        path = folder / "tutorials" / PARTS[number * len(PARTS) // count] / f"{name(number)}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(tutorial(number, count, chapters, formulas), encoding="utf-8")
    tutorials = Tutorials(settings)
    run = Run(
        seconds=12.5, device="cpu", cpus=2, names=NAMES, metrics={"accuracy": 0.9}, thumbnail=PIXEL, date="2026-11-21",
        peak_memory=500_000_000,
    )  # fmt: skip
    for script in tutorials.scripts:
        tutorials.store.save(script, executed(script), tutorials.key(script), run)


def started(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    with (folder / "log.txt").open("wb") as log:
        arguments = [sys.executable, "-m", "mkdocs", *command]
        # Whatever a shell starts in the background ignores the signal that ends a server.
        heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        return subprocess.Popen(arguments, cwd=folder, env=environment, stdout=log, stderr=log, preexec_fn=heard)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Wait for a process; return its exit code and its peak memory in megabytes."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def built(folder: Path) -> tuple[float, float]:
    """Seconds and megabytes of one build."""
    begun = time.monotonic()
    code, memory = ended(started(folder, "build", "--no-strict"))
    seconds = time.monotonic() - begun
    assert code == 0, (folder / "log.txt").read_text()
    return seconds, memory


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def served(folder: Path, tutorial: Path) -> tuple[list[float], float]:
    """Seconds of each edit until the open page shows it, and the server's peak memory in megabytes."""
    from playwright.sync_api import sync_playwright

    address = f"127.0.0.1:{free_port()}"
    server = started(folder, "serve", "--no-strict", "--dev-addr", address)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            tab = browser.new_page()
            root = f"http://{address}/"
            answered(server, root, folder)
            scripts = Tutorials(Settings.find(folder)).scripts
            tab.goto(root + next(script.url for script in scripts if folder / script.path == tutorial) + "/")
            text = tutorial.read_text(encoding="utf-8")
            seconds = []
            for number in range(1, EDITS + 2):
                time.sleep(PAUSE)  # an author reads what is there; whatever the server does behind it is done
                sentence = MARK.replace("0", str(number))
                write(tutorial, text.replace(MARK, sentence))
                begun = time.monotonic()
                tab.get_by_text(sentence).wait_for(timeout=60_000)  # visible, not only there
                seconds.append(time.monotonic() - begun)
            tutorial.write_text(text, encoding="utf-8")
            browser.close()
    finally:
        server.send_signal(signal.SIGINT)
        _, memory = ended(server)
    return seconds[1:], memory  # the first edit imports what a rebuild needs


def answered(server: subprocess.Popen[bytes], address: str, folder: Path) -> None:
    until = time.monotonic() + 300
    while time.monotonic() < until:
        assert server.poll() is None, (folder / "log.txt").read_text()
        try:
            with urlopen(address):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(f"{address} does not answer")


def measured(folder: Path, count: int) -> dict[str, float]:
    """All figures of a project with `count` tutorials."""
    project(folder, count)
    cold, memory = built(folder)
    warm, _ = built(folder)
    index = (folder / "site" / "search" / "search_index.json").read_bytes()
    tutorial = sorted((folder / "tutorials").rglob("*.py"))[count // 2]
    edits, server_memory = served(folder, tutorial)
    return {
        "tutorials": count,
        "cold build, s": cold,
        "warm build, s": warm,
        "edit to screen, s": statistics.median(edits),
        "slowest of five, s": max(edits),
        "search index, MB": len(index) / 1e6,
        "gzipped, MB": len(gzip.compress(index, 6)) / 1e6,
        "memory of a build, MB": memory,
        "memory of serve, MB": server_memory,
    }


def figures(row: dict[str, float]) -> list[dict[str, Any]]:
    """What issue and design promise, one row each: a second from the edit to the screen, whatever the number."""
    count, edited = f"{row['tutorials']:.0f} tutorials", row["edit to screen, s"]
    note = HURRIED if edited > 1 else ""
    return [
        figure(f"{count}: edit to screen (median of {EDITS})", edited, unit="s", at_most=1.0, note=note),
        figure(f"{count}: cold build, nothing executed", row["cold build, s"], unit="s"),
        figure(f"{count}: warm build", row["warm build, s"], unit="s"),
        figure(f"{count}: search index, gzipped", row["gzipped, MB"], unit="MB"),
    ]


if __name__ == "__main__":
    counts = [int(word) for word in sys.argv[1:]] or [40, 100, 400]
    rows = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(Path(folder).resolve() / "project", count))
        print(", ".join(f"{what} {value:.3g}" for what, value in rows[-1].items()), flush=True)
    table = [list(rows[0]), *([float(f"{value:.3g}") for value in row.values()] for row in rows)]
    words = " ".join(["uv run benchmarks/growth.py", *sys.argv[1:]])
    keep("growth", words, [line for row in rows for line in figures(row)], tables={"All that was measured": table})
