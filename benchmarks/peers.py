"""Builds of the same N lessons by the press, sphinx-gallery, mkdocs-gallery, mkdocs-jupyter and myst-nb, in turn.

    uv run benchmarks/peers.py [N] [--only TOOL ...] [--rounds ROUNDS] [--folder FOLDER]

A lesson imports torch, torchvision and matplotlib, trains a small network for about two seconds, prints a line and
shows a figure. Every second lesson prints what a function of a shared module says. Builds are timed

- cold: nothing is cached;
- warm: nothing has changed;
- after a prose edit: one sentence of one lesson;
- after a code edit: one line of one lesson;
- after an edit of the shared module: its function gives another result.

After each build, the line that each page shows is compared with the line that its code prints now. Each peer has an
environment of its own below FOLDER, made once, with the same torch; the press is this project's own. Warm builds
and edits are repeated ROUNDS times (3), and the median counts. `--only` measures some tools again and keeps the last
result of the others, if they were measured with the same N on the same machine.

Below the tools stands what none of them can do without: one process imports the libraries and forks two, which run
the code of all lessons, or of the one that was edited, and make no page.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import proof

ROOT = Path(__file__).parents[1]
STATES = ("cold", "warm", "prose edit", "code edit", "module edit")
SENTENCE, OTHER_SENTENCE = "Watch the error fall.", "Watch the error fall, slowly at first."
SHARED = "def answer():\n    return 41\n\n\ndef other():\n    return 7\n"
CODE = (
    """\
import matplotlib.pyplot as plt
import torch
import torchvision

import shared""",
    """\
torch.manual_seed({number})
x = torch.linspace(-3, 3, 512)[:, None]
y = torch.sin(2 * x)
model = torch.nn.Sequential(torch.nn.Linear(1, 128), torch.nn.Tanh(), torch.nn.Linear(128, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
losses = []
for _ in range({steps}):
    loss = torch.nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())""",
    """\
extra = {extra}
print("lesson", {number}, "answers", shared.{function}() + extra, "with torchvision", torchvision.__version__)""",
    """\
figure, axes = plt.subplots()
axes.semilogy(losses)
plt.show()""",
)

CODE_ALONE = "the code alone"
FORKED = """\
import sys
from multiprocessing import get_context
import matplotlib.pyplot, torch, torchvision

def run(path):
    torch.set_num_threads(1)
    exec(compile(open(path).read(), path, "exec"), {"__name__": "lesson"})

with get_context("fork").Pool(2) as pool:
    pool.map(run, sys.argv[1:], chunksize=1)
"""


@dataclass(frozen=True)
class Lesson:
    """One lesson, as each tool's format has it."""

    number: int
    steps: int
    sentence: str = SENTENCE
    extra: int = 0

    @property
    def title(self) -> str:
        return f"Lesson {self.number}"

    @property
    def function(self) -> str:
        return "answer" if self.number % 2 else "other"

    @property
    def code(self) -> list[str]:
        facts = {"number": self.number, "steps": self.steps, "extra": self.extra, "function": self.function}
        return [cell.format(**facts) for cell in CODE]

    def texts(self, heading: str) -> list[str]:
        return [f"{heading}\n\nA small network learns a curve.", self.sentence, "What was asked:", "The error:"]

    def percent(self, heading: str, mark: str = "# %%", docstring: bool = True) -> str:
        """A script of cells, with text in comments and the title in the docstring or in a cell."""
        first, *texts = self.texts(heading)
        comments = ["\n".join(f"# {line}".rstrip() for line in text.splitlines()) for text in texts]
        begin = f'"""\n{first}\n"""\n' if docstring else f"{mark}\n# {first.replace(chr(10), chr(10) + '# ')}\n"
        code_mark = "\n\n# %%\n" if mark != "# %%" else "\n\n"
        pieces = [f"{mark}\n{text}{code_mark}{code}\n" for text, code in zip(comments, self.code[1:], strict=True)]
        return "\n\n".join([f"{begin}\n# %%\n{self.code[0]}\n", *pieces])

    def myst(self) -> str:
        """The same as a text notebook."""
        head = "---\nkernelspec: {name: python3, display_name: Python 3}\nfile_format: mystnb\n---\n\n"
        cells = zip(self.texts(f"# {self.title}"), self.code, strict=True)
        return head + "\n\n".join(f"{text}\n\n```{{code-cell}} python\n{code}\n```" for text, code in cells) + "\n"


@dataclass(frozen=True)
class Tool:
    """How one tool wants its lessons, and how it builds."""

    requirements: tuple[str, ...]  # none: this project's own environment
    files: dict[str, str]  # configuration; {names} becomes the list of the lessons' names
    folder: str  # of the lessons
    suffix: str
    text: Callable[[Lesson], str]
    command: tuple[str, ...]
    site: str

    def path(self, project: Path, lesson: Lesson) -> Path:
        return project / self.folder / f"lesson_{lesson.number:02}{self.suffix}"

    def write(self, project: Path, lesson: Lesson) -> None:
        self.path(project, lesson).write_text(self.text(lesson), encoding="utf-8")


def rst(lesson: Lesson) -> str:
    return lesson.percent(f"{lesson.title}\n{'=' * len(lesson.title)}")


def markdown(lesson: Lesson) -> str:
    return lesson.percent(f"# {lesson.title}")


def jupytext(lesson: Lesson) -> str:
    return lesson.percent(f"# {lesson.title}", mark="# %% [markdown]", docstring=False)


MKDOCS = ("mkdocs", "build", "--quiet")
SPHINX = ("sphinx", "-q", "-b", "html", ".", "_build")
HOME = {"docs/index.md": "# Home\n"}
NOTEBOOKS = """\
plugins:
  - search
  - mkdocs-jupyter: {execute: true, allow_errors: false, include: ["lesson_*.py"], ignore: ["shared.py"]}
"""
GALLERY = """\
plugins:
  - search
  - gallery:
      examples_dirs: docs/lessons
      gallery_dirs: docs/gallery
      filename_pattern: lesson_
      ignore_pattern: shared
"""
TOOLS = {
    "press": Tool(
        (),
        {"mkdocs.yml": "site_name: x\ntheme: material\nplugins: [search, press: {tutorials: tutorials}]\n", **HOME},
        "tutorials", ".py", markdown, MKDOCS, "site",
    ),
    "sphinx-gallery": Tool(
        ("sphinx-gallery==0.22.1", "sphinx>=9,<10", "joblib"),
        {
            "conf.py": "extensions = ['sphinx_gallery.gen_gallery']\nsphinx_gallery_conf = {"
            "'examples_dirs': 'lessons', 'gallery_dirs': 'gallery', 'filename_pattern': 'lesson_', "
            "'ignore_pattern': 'shared', 'parallel': 2}\nexclude_patterns = ['lessons']\n",
            "index.rst": "Home\n====\n\n.. toctree::\n\n   gallery/index\n",
            "lessons/GALLERY_HEADER.rst": "Lessons\n=======\n",
        },
        "lessons", ".py", rst, SPHINX, "_build",
    ),
    "mkdocs-gallery": Tool(
        ("mkdocs-gallery==0.10.4", "mkdocs==1.6.1", "mkdocs-material>=9.8.1,<10", "click>=8.4,<9"),
        {
            "mkdocs.yml": "site_name: x\ntheme: material\nnav: [Home: index.md, Lessons: gallery]\n" + GALLERY,
            "docs/lessons/README.md": "# Lessons\n",
            **HOME,
        },
        "docs/lessons", ".py", markdown, MKDOCS, "site",
    ),
    "mkdocs-jupyter": Tool(
        ("mkdocs-jupyter==0.26.3", "mkdocs==1.6.1", "mkdocs-material>=9.8.1,<10", "click>=8.4,<9"),
        {"mkdocs.yml": f"site_name: x\ntheme: material\n{NOTEBOOKS}", **HOME},
        "docs/lessons", ".py", jupytext, MKDOCS, "site",
    ),
    "myst-nb": Tool(
        ("myst-nb==1.4.0", "sphinx>=9,<10"),
        {
            "conf.py": "extensions = ['myst_nb']\nnb_execution_mode = 'cache'\nnb_execution_timeout = 600\n"
            "nb_execution_raise_on_error = True\n",
            "index.md": "# Home\n\n```{toctree}\n{names}\n```\n",
        },
        "lessons", ".md", Lesson.myst, SPHINX, "_build",
    ),
}  # fmt: skip


MEASURED = [*TOOLS, CODE_ALONE]


def environment(name: str, tool: Tool, folder: Path) -> Path:
    """The Python of a tool's own environment, which is made if it is not there."""
    if not tool.requirements:
        return Path(sys.executable)
    home = folder / "environments" / name
    python = home / "bin" / "python"
    if not (home / "complete").is_file():
        same = [f"{package}=={version(package).split('+')[0]}" for package in ("torch", "torchvision", "matplotlib")]
        wanted = [*tool.requirements, "ipykernel>=7.1,<8", *same]
        # In the project's folder, so that uv takes packages of the same day as the project's own.
        make = ["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(home)]
        install = ["uv", "pip", "install", "--quiet", "--python", str(python), *wanted]
        for command in (make, install):
            subprocess.run(command, cwd=ROOT, check=True)
        subprocess.run([python, "-c", "import torch, torchvision, matplotlib.pyplot, ipykernel"], check=True)
        (home / "complete").touch()
    return python


class Build:
    """A project of one tool with its lessons, built again and again."""

    def __init__(self, tool: Tool, python: Path, project: Path, lessons: list[Lesson]):
        self.tool, self.python, self.project = tool, python, project
        self.lessons = {lesson.number: lesson for lesson in lessons}
        self.answers = {"answer": 41, "other": 7}
        names = "\n".join(f"{tool.folder}/{tool.path(project, lesson).stem}" for lesson in lessons)
        for name, text in tool.files.items():
            path = project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{names}", names), encoding="utf-8")
        (project / tool.folder).mkdir(parents=True, exist_ok=True)
        self.share()
        for lesson in lessons:
            tool.write(project, lesson)

    def share(self) -> None:
        """Write the shared module beside the lessons, where each tool finds it."""
        text = SHARED.replace("41", str(self.answers["answer"]))
        (self.project / self.tool.folder / "shared.py").write_text(text, encoding="utf-8")

    def change(self, number: int, **facts: Any) -> None:
        lesson = self.lessons[number]
        self.lessons[number] = Lesson(**{**vars(lesson), **facts})
        self.tool.write(self.project, self.lessons[number])

    def seconds(self) -> float:
        """Build once."""
        beside = str(self.project / self.tool.folder)
        variables = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": beside}
        variables.pop("VIRTUAL_ENV", None)
        if os.environ.get("PYTHONPATH"):
            variables["PYTHONPATH"] += os.pathsep + os.environ["PYTHONPATH"]
        begun = time.monotonic()
        done = subprocess.run(
            [self.python, "-m", *self.tool.command], cwd=self.project, env=variables, capture_output=True, text=True
        )
        seconds = time.monotonic() - begun
        assert done.returncode == 0, done.stdout + done.stderr
        return seconds

    def wrong(self) -> list[int]:
        """The lessons whose pages do not show what their code prints now, or not their sentence."""
        return [number for number, lesson in self.lessons.items() if not self.is_right(lesson)]

    def is_right(self, lesson: Lesson) -> bool:
        answer = self.answers[lesson.function] + lesson.extra
        line = f"lesson {lesson.number} answers {answer} with torchvision"
        pages = (path for path in (self.project / self.tool.site).rglob("*.html") if "print.html" not in path.name)
        texts = (html.unescape(re.sub(r"<[^>]+>", "", path.read_text(encoding="utf-8"))) for path in pages)
        return any(line in " ".join(text.split()) and lesson.sentence in " ".join(text.split()) for text in texts)


def measure(build: Build, rounds: int) -> dict[str, Any]:
    """Seconds of every state, and in which of them some page was wrong."""
    seconds: dict[str, list[float]] = {state: [] for state in STATES}
    wrong: dict[str, list[int]] = {}

    def note(state: str) -> None:
        seconds[state].append(build.seconds())
        wrong[state] = build.wrong()
        print(f"  {state:12} {seconds[state][-1]:7.2f} s  {wrong[state] or ''}", flush=True)

    note("cold")
    for _ in range(rounds):
        note("warm")
    for turn in range(rounds):
        build.change(1, sentence=SENTENCE if turn % 2 else OTHER_SENTENCE)
        note("prose edit")
    for turn in range(rounds):
        build.change(2, extra=100 * (turn + 1))
        note("code edit")
    build.answers["answer"] = 43
    build.share()
    note("module edit")
    medians = {state: round(statistics.median(times), 2) for state, times in seconds.items()}
    return {"seconds": medians, "wrong": {state: pages for state, pages in wrong.items() if pages}}


def code_alone(lessons: list[Lesson], folder: Path) -> dict[str, Any]:
    """Seconds of the imports and of the lessons' code, all and one, without any tool."""
    (folder / "shared.py").write_text(SHARED, encoding="utf-8")
    paths = [folder / f"lesson_{lesson.number}.py" for lesson in lessons]
    for lesson, path in zip(lessons, paths, strict=True):
        path.write_text("\n".join(lesson.code), encoding="utf-8")
    seconds = {}
    for state, some in {"cold": paths, "code edit": paths[:1]}.items():
        begun = time.monotonic()
        command = [sys.executable, "-W", "ignore", "-c", FORKED, *map(str, some)]
        environment = {**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(folder)}
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        seconds[state] = round(time.monotonic() - begun, 2)
        print(f"  {state:12} {seconds[state]:7.2f} s", flush=True)
    return {"seconds": seconds, "wrong": {}}


def figures(count: int, tools: dict[str, Any]) -> list[dict[str, Any]]:
    """The press beside the best of its peers in each state."""
    ours, peers = tools.get("press"), {name: tools[name] for name in TOOLS if name in tools and name != "press"}
    if not ours or not peers:
        return []
    least = tools.get(CODE_ALONE, {"seconds": {}})["seconds"]
    aims = {"cold": 0.8, "warm": 1.0, "prose edit": 1.0, "code edit": 0.333}
    rows = []
    for state, aim in aims.items():
        best = min(tool["seconds"][state] for tool in peers.values())
        ratio = ours["seconds"][state] / best
        note = ""
        if state in least:
            lessons = count / 2 if state == "cold" else 1  # two at a time
            more = (ours["seconds"][state] - ours["seconds"]["warm"] - least[state]) / lessons
            note = (
                f"The imports and the code alone take {least[state] / best:.2f} of the best. Beyond these and a warm "
                f"build, each lesson takes {more:.1f} s: a kernel of its own, and its figure as SVG and as PNG."
            )
        what = f"{count} lessons, {state}: beside the best of {len(peers)}"
        rows.append(proof.figure(what, ratio, at_most=aim, note=note))
    old = len(ours["wrong"].get("module edit", []))
    rows.append(proof.figure(f"{count} lessons, edit of an imported module: pages with old results", old, equal=0))
    misled = [tool for tool in peers.values() if tool["wrong"].get("module edit")]
    rows.append(proof.figure(f"{count} lessons, same edit: others with old results, of {len(peers)}", len(misled)))
    return rows


def seconds_table(tools: dict[str, Any]) -> list[list[str]]:
    rows = [["tool", *STATES, "old results after it"]]
    for name, tool in tools.items():
        old = len(tool["wrong"].get("module edit", []))
        times = [f"{tool['seconds'][state]:.1f} s" if state in tool["seconds"] else "" for state in STATES]
        rows.append([name, *times, "" if name == CODE_ALONE else f"{old} pages" if old else "none"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="The press beside its peers.")
    parser.add_argument("lessons", nargs="?", type=int, default=8, metavar="N", help="how many lessons (8)")
    parser.add_argument("--only", nargs="+", choices=MEASURED, default=MEASURED, help="measure these again")
    parser.add_argument("--rounds", type=int, default=3, help="of warm builds and of edits (3)")
    parser.add_argument("--steps", type=int, default=4000, help="training steps of a lesson (4000)")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "kindling-peers"))
    options = parser.parse_args()

    path = proof.RESULTS / "peers.json"
    before = proof.read(path) if path.is_file() else {}
    same = before.get("machine") == proof.machine()
    measured: dict[str, dict[str, Any]] = before.get("lessons", {}) if same else {}
    tools = measured.setdefault(str(options.lessons), {})
    for name in options.only:
        print(name, flush=True)
        lessons = [Lesson(number, options.steps) for number in range(1, options.lessons + 1)]
        with tempfile.TemporaryDirectory() as folder:
            if tool := TOOLS.get(name):
                python = environment(name, tool, options.folder)
                result = measure(Build(tool, python, Path(folder), lessons), options.rounds)
            else:
                result = code_alone(lessons, Path(folder))
        requirements = list(tool.requirements[:1]) if tool else []
        tools[name] = {**result, "date": proof.today(), "requirements": requirements}
    measured = {count: measured[count] for count in sorted(measured, key=int)}
    whole = {count: {name: of[name] for name in MEASURED if name in of} for count, of in measured.items()}
    rows = [row for count, of in whole.items() for row in figures(int(count), of)]
    tables = {f"Seconds with {count} lessons": seconds_table(of) for count, of in whole.items()}
    command = " and ".join(f"uv run benchmarks/peers.py {count}" for count in whole)
    proof.keep("peers", command, rows, tables=tables, lessons=whole)
    print(*(" ".join(f"{cell:>22}" for cell in row) for row in seconds_table(whole[str(options.lessons)])), sep="\n")
    print(*(f"{row['what']}: {row['reached']}" for row in rows), sep="\n")


if __name__ == "__main__":
    main()
