"""Checks what scripts say to each other and to the project: names, structure, links and imports."""

import ast
import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pyflakes.checker import Checker
from pyflakes.messages import UndefinedName

from press.files import lines
from press.project import Settings
from press.scripts.header import Header
from press.scripts.links import in_html, targets
from press.scripts.script import Cell, Script, ScriptError

JUPYTER = re.compile(r"display|get_ipython|In|Out|_\d*|___?|_i{1,3}|_i\d+|_[iod]h")
MOST_CARRIED = 1_000_000  # bytes of files beside a script


def check_names(scripts: Iterable[Script], lists: Mapping[str, Iterable[str] | None]) -> list[ScriptError]:
    """Find slugs that two scripts claim, and items of a header's field that are not in its list, if there is one."""
    errors, seen = [], {}
    for script in scripts:
        if script.name in seen:
            taken = f"the slug {script.name!r} is taken by {seen[script.name].as_posix()}"
            errors.append(ScriptError(script.path, 1, f"{taken}; each slug is an address, choose another"))
        seen.setdefault(script.name, script.path)
        for field, allowed in lists.items():
            for item in getattr(script.header, field):
                if allowed is not None and item not in allowed:
                    said = f"unknown {field} {item!r}; {nearest(item, allowed)}"
                    errors.append(ScriptError(script.path, script.header.lines.get(field, 1), said))
    return errors


def nearest(item: str, allowed: Iterable[str]) -> str:
    """Say what is allowed: all of a short list, the closest of a long one."""
    names = sorted(allowed)
    if len(names) > 12:
        names = [*difflib.get_close_matches(item, names, n=5, cutoff=0), "…"]
    return f"allowed are {', '.join(names)}"


def structure(script: Script) -> Iterator[tuple[int, str]]:
    """A page has a lead, one h1, headings that do not skip a level, and code."""
    if not script.lead:
        yield script.cells[0].line, "no lead; below the title, one paragraph says what the reader will be able to do"
    if not script.code:
        yield 1, "no code cell; a tutorial without code is a page of docs/"
    level = 1
    for cell in script.cells:
        fenced = False
        for offset, text in enumerate(lines(cell.source)) if cell.kind == "text" else ():
            fenced ^= text.lstrip().startswith(("```", "~~~"))
            heading = re.match(r"(#{1,6})\s+\S", text)
            if fenced or not heading or (cell is script.cells[0] and offset == 0):
                continue
            depth = len(heading[1])
            if depth == 1:
                yield cell.line + offset, "a second title; sections begin with ##"
            elif depth > level + 1:
                yield cell.line + offset, f"the heading skips a level; allowed here is {'#' * (level + 1)} or higher"
            level = max(depth, 1)


def links(cells: Iterable[Cell], folder: Path, settings: Settings) -> Iterator[tuple[int, str]]:
    """Links to files that are not there, or in no folder from which the site is made."""
    hint = "link to the relative path of a tutorial's script, of a page's .md file, or of a file beside the script"
    for cell in (cell for cell in cells if cell.kind == "text"):
        for offset, written, path in targets(cell.source, folder):
            inside = any(path.is_relative_to(part) for part in (settings.tutorials, settings.docs) if part)
            if not inside or not path.is_file():
                where = "nowhere" if not path.is_file() else "out of the site"
                yield cell.line + offset, f"the link {written!r} leads {where}; {hint}"
        for offset, written in in_html(cell.source):
            yield cell.line + offset, f"no address is made of {written!r} in HTML; write ![what it shows]({written})"


def jupyter_names(script: Script) -> Iterator[tuple[int, str]]:
    """Names that only Jupyter knows: its own functions, and words alone on a line, which it takes for commands."""
    trees = [ast.increment_lineno(ast.parse(cell.source), cell.line - 1) for cell in script.code]
    whole = ast.Module([node for tree in trees for node in tree.body], [])
    alone = {node.lineno for node in whole.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name)}
    for found in Checker(whole).messages:
        name = str(found.message_args[0]) if isinstance(found, UndefinedName) else ""
        if JUPYTER.fullmatch(name) or (name and found.lineno in alone):
            hint = "; from IPython.display import display" if name == "display" else ""
            yield found.lineno, f"{name} is known in Jupyter only, not to `python FILE`{hint}"


def carried(name: str, files: Mapping[str, Path]) -> Iterator[tuple[int, str]]:
    """Files beside a script that its downloads cannot carry; `name` is what the downloads are called."""
    for file in files:
        if file.startswith("../"):
            yield 1, f"the file {file!r} lies outside of the script's folder; downloads carry what lies in it or below"
        elif file in (f"{name}.py", f"{name}/__init__.py", f"{name}.ipynb", f"{name}.zip"):
            yield 1, f"the file {file!r} is called as a download of this page; rename one of the two"
    if (size := sum(path.stat().st_size for path in files.values())) > MOST_CARRIED:
        said = f"{', '.join(files)} have {size / 1e6:.1f} MB; downloads carry at most {MOST_CARRIED / 1e6:.0f} MB"
        yield 1, f"{said}, larger data is fetched by a function of the shared package"


def requirements(header: Header, package: Path | None, distribution: str) -> Iterator[tuple[int, str]]:
    """Requirements by which an index would be asked for the shared package, which no index has."""
    if not package or not distribution:
        return
    line, ours, foreign = header.lines.get("dependencies", 1), *map(canonicalize_name, (distribution, package.name))
    for need in header.dependencies:
        name = canonicalize_name(Requirement(need).name)
        if name == foreign != ours:
            said = f"{need!r} is somebody else's; ours is called {distribution!r}, here and in [tool.uv.sources],"
            yield line, f"{said} and {package.name!r} only where it is imported"
        elif name == ours and ours not in header.sources:
            source = f'{distribution} = {{ path = "../..", editable = true }}'
            yield line, f"{need!r} would be asked of an index, which has none; add {source} below [tool.uv.sources]"


def imports(script: Script, find: Callable[[str], Any]) -> Iterator[tuple[int, str]]:
    """Names imported from the project's own modules that are not there; `find` gives such a module by its name."""
    for cell in script.code:
        for node in ast.walk(ast.parse(cell.source)):
            if not isinstance(node, ast.ImportFrom) or not (module := find(node.module or "")) or module.resists:
                continue
            for alias in node.names:
                if alias.name not in {"*", *module.bindings} and not find(f"{module.name}.{alias.name}"):
                    public = [name for name in module.bindings if not name.startswith("_")]
                    said = f"{module.name} has no {alias.name!r}; {nearest(alias.name, public)}"
                    yield cell.line + node.lineno - 1, said
