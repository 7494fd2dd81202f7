"""Reads Python as `python FILE` does, and says where a text is none."""

import ast
import re
import warnings
from pathlib import Path

from press.files import text_of
from press.scripts.header import ScriptError

MARK = re.compile(r"(?m)^(?:# ?%%|#{20,})[ \t]*(?P<title>.*?)[ \t#]*$")
COOKIE = re.compile(r"(?:[ \t\f]*#.*\n|[ \t\f]*\n)?[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # as PEP 263 has it
MARKDOWN = ("", "[markdown]", "[md]")  # what may stand after a mark, as other tools write it
MAGIC = re.compile(r"\s*([\w., ]+=\s*)?[%!]|\s*\?|.*\?\s*$")
WAIT = "wait in a thread: ThreadPoolExecutor().submit(asyncio.run, main()).result()"
NO_TEXT = "a text in quotation marks would be code; text is comment lines right below # %%"


def read_text(path: Path, shown: Path) -> str:
    """The text of a file of Python; a ScriptError if Python would read other characters."""
    try:
        source = text_of(path)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ScriptError(shown, line, f"not UTF-8: {error.reason}; save the file as UTF-8") from None
    if "\0" in source:
        raise ScriptError(shown, line_of(source, source.index("\0")), "a NUL character; save the file as UTF-8")
    cookie = COOKIE.match(source)
    if cookie and not source.isascii() and not re.match("(?i)utf[-_]?8", cookie[1]):
        raise ScriptError(shown, 1, f"a comment says that the encoding is {cookie[1]}; save the file as UTF-8")
    return source


def line_of(source: str, position: int) -> int:
    return source.count("\n", 0, position) + 1


def parse(source: str, shown: Path, line: int = 1, what: str = "not valid Python") -> ast.Module:
    """The syntax tree of what begins on a line of a file, or a ScriptError that says what it is not."""
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise ScriptError(shown, line + (error.lineno or 1) - 1, f"{what}: {error.msg}{remedy(error)}") from None
    except (RecursionError, MemoryError):
        raise ScriptError(shown, line, f"{what}: it is nested too deeply") from None


def remedy(error: SyntaxError) -> str:
    """What to write instead of what only Jupyter understands."""
    if "await" in error.msg or "async" in error.msg:
        return f"; {WAIT}"
    if "outside function" in error.msg:
        return "; a script has it inside a function only"
    magic = MAGIC.match(error.text or "")
    return "; magics, shell commands and ? are Jupyter's alone: write Python, or leave them out" if magic else ""


def check_meaning(source: str, tree: ast.Module, shown: Path) -> None:
    """Nothing of a script is lost between its cells, and `python FILE` runs it too; else a ScriptError."""
    for mark in MARK.finditer(source):
        if (title := mark["title"]) not in MARKDOWN:
            said = f"the title {title!r} after the mark is lost; write it on the next line: # ## {title}"
            raise ScriptError(shown, line_of(source, mark.start()), said)
        if title and not source.startswith("\n#", mark.end()):
            raise ScriptError(shown, line_of(source, mark.end()) + 1, NO_TEXT)
    first, *others = tree.body
    if others and others[0].lineno == first.end_lineno:
        raise ScriptError(shown, others[0].lineno, "code on the docstring's line is lost; write it on the next")
    try:
        with warnings.catch_warnings(action="ignore"):
            compile(tree, shown.as_posix(), "exec", dont_inherit=True)
    except SyntaxError as error:
        said = f"`python {shown.name}` cannot run this: {error.msg}{remedy(error)}"
        raise ScriptError(shown, error.lineno or 1, said) from None


def check_code(source: str, shown: Path, line: int) -> None:
    """A code cell is Python by itself, and no text in quotation marks."""
    first = next(iter(parse(source, shown, line, "the cell is not valid Python by itself").body), None)
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        raise ScriptError(shown, line + first.lineno - 1, NO_TEXT)
