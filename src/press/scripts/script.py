"""Reads a literate script: its header, its title and its cells."""

import ast
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sphinx_gallery.py_source_parser import split_code_and_text_blocks

from press.files import text_of
from press.scripts import quiz
from press.scripts.header import Header, ScriptError, read_header
from press.scripts.python import check_code, check_meaning, parse, read_text

OVERVIEWS = ("index", "README")  # mkdocs makes either the page of its folder
EXERCISES = ".exercises.py"  # how the name of a file of exercises ends, in place of its tutorial's ".py"
TITLE = re.compile(r"\A\s*(?:#[ \t]+(?P<hash>\S.*?)[ \t]*#*|(?P<line>\S.*)\n[=]{3,})[ \t]*(?:\n|\Z)")


@dataclass(frozen=True)
class Cell:
    """A text or code cell and the line of the script on which its source begins (1-based)."""

    kind: str
    source: str
    line: int


@dataclass(frozen=True)
class Script:
    """One tutorial as its author wrote it."""

    path: Path  # relative to the project, as messages show it
    part: str  # the folder below `tutorials`, e.g. "1-foundations"; "" for none
    name: str  # the slug: file name without number and suffix
    title: str
    header: Header
    cells: tuple[Cell, ...]

    @property
    def code(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.kind == "code")

    @property
    def quizzes(self) -> tuple[quiz.Quiz, ...]:
        return tuple(one for cell in self.cells for one in read_quizzes(cell, self.path))

    @property
    def url(self) -> str:
        """Where the page lives, without slash at the end, e.g. "foundations/tensors"."""
        return "/".join(filter(None, (part_url(self.part), self.name)))

    @property
    def lead(self) -> str:
        """The paragraph below the title, on one line."""
        text = TITLE.sub("", self.cells[0].source, count=1).strip()
        return " ".join(text.split("\n\n")[0].split())


def asks_file(code: Iterable[Cell]) -> bool:
    """Whether code names `__file__`, which a notebook lacks."""
    return any(re.search(r"(?<![\w.])__file__\b", cell.source) for cell in code)


def part_url(part: str) -> str:
    """`1-foundations` -> `foundations`, each folder of a nested part alike."""
    return "/".join(re.sub(r"^\d+[-_]", "", piece) for piece in part.split("/"))


def part_title(part: str) -> str:
    return part_url(part).replace("-", " ").replace("_", " ").replace("/", " / ").capitalize()


def read_script(path: Path, tutorials: Path, project: Path) -> Script:
    """Parse one script; no title, a malformed header, invalid Python or an impossible name is a ScriptError."""
    shown = path.relative_to(project) if path.is_relative_to(project) else path
    check_address(path.relative_to(tutorials), shown)
    source = read_text(path, shown)
    tree = parse(source, shown)
    text, line = ast.get_docstring(tree) or "", tree.body[0].lineno if tree.body else 1
    match = TITLE.match(text)
    if not match:
        raise ScriptError(shown, line, 'no title; the script begins with a docstring whose first line is "# Title"')
    header = read_header(source, shown)
    check_meaning(source, tree, shown)
    below = [piece for cell in split(source) for piece in cut(cell, " ?%%.*")]
    cells = (Cell("text", text, line), *below)
    check_cells(cells, shown)
    part = path.parent.relative_to(tutorials).as_posix()
    title = (match["hash"] or match["line"]).strip()
    return Script(shown, "" if part == "." else part, slug(path.name), title, header, cells)


def split(source: str) -> list[Cell]:
    """The cells below the docstring."""
    with tempfile.TemporaryDirectory() as folder:  # the parser wants a file, and one without a byte order mark
        path = Path(folder, "script.py")
        path.write_text(f"{source}\n", encoding="utf-8", newline="\n")
        return [Cell(*block) for block in split_code_and_text_blocks(path)[1][1:]]


def cut(cell: Cell, mark: str) -> Iterator[Cell]:
    """A text cell in pieces that begin at lines with a mark; what the mark matches is left out, as are blank lines.

    A comment that holds further `# %%` lines is several text cells; the parser takes it for one.
    """
    line = cell.line
    for text in re.split(f"(?m)^{mark}", cell.source) if cell.kind == "text" else [cell.source]:
        stripped = text.lstrip("\n")
        if stripped:
            yield Cell(cell.kind, stripped.rstrip(), line + len(text) - len(stripped))
        line += text.count("\n")


def check_cells(cells: Iterable[Cell], shown: Path) -> None:
    """No mark stands inside a function, and no two questions have the name by which progress is kept."""
    asked: set[str] = set()
    for cell in cells:
        if cell.kind == "code":
            check_code(cell.source, shown, cell.line)
        for one in read_quizzes(cell, shown):
            if one.slug in asked:
                raise ScriptError(shown, cell.line, f"two questions are called {one.title!r}; each has its own title")
            asked.add(one.slug)


def slug(name: str) -> str:
    """`03_loss.py` and `03_loss.exercises.py` -> `loss`."""
    return re.sub(r"^\d+[-_]", "", name.removesuffix(EXERCISES).removesuffix(".py"))


def check_address(path: Path, shown: Path) -> None:
    """Every folder and the name of a script become a piece of an address: a part called `1-..` would leave the site."""
    name = slug(path.name)
    for piece in (*map(part_url, path.parts[:-1]), name):
        if not re.fullmatch(r"[A-Za-z0-9][\w-]*", piece):
            raise ScriptError(shown, 1, f"the name {piece!r} would be an address; allowed are letters, digits, - and _")
    if name in OVERVIEWS:
        raise ScriptError(shown, 1, f"the name {name!r} is the address of the part's own page; choose another")


def read_quizzes(cell: Cell, path: Path) -> list[quiz.Quiz]:
    """The questions of a cell, or a ScriptError about the first that breaks the format."""
    try:
        return [one for _, _, one in quiz.find(cell.source)] if cell.kind == "text" else []
    except quiz.QuizError as error:
        raise ScriptError(path, cell.line + error.line, str(error)) from None


def find_scripts(tutorials: Path) -> list[Path]:
    """Every script below the folder, in reading order; exercises and modules that lie there to be imported are none."""
    return [path for path in find_files(tutorials, ".py") if not path.name.endswith(EXERCISES) and is_script(path)]


def find_files(tutorials: Path, ending: str) -> list[Path]:
    """The files below the folder whose names end so, in reading order; what begins with `_` or `.` is hidden."""
    paths = (path.relative_to(tutorials) for path in tutorials.rglob(f"*{ending}"))
    kept = [path for path in paths if not any(piece.startswith(("_", ".")) for piece in path.parts)]
    return [tutorials / path for path in sorted(kept, key=lambda path: [natural(piece) for piece in path.parts])]


def is_script(path: Path) -> bool:
    """Whether a file is meant as a tutorial: it has cells, a header or a title.

    A name that begins with a number cannot be imported: it is a tutorial even if the file is empty or cut off.
    """
    source = text_of(path, "replace")  # read_script says what is wrong with it, and where
    if re.match(r"\d+[-_]", path.name) or re.search(r"(?m)^# ?%%|^# /// script|^#{20,}", source):
        return True
    try:
        return bool(TITLE.match(ast.get_docstring(ast.parse(source)) or ""))
    except SyntaxError:
        return False


def natural(text: str) -> list[tuple[int, str]]:
    """A sort key that puts 2_b before 10_a."""
    return [(int(digits or 0), rest) for digits, rest in re.findall(r"(\d*)(\D*)", text)]
