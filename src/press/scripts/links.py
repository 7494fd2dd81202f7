"""Finds the links of a text that lead to files; authors write paths, relative to the file that the text stands in."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote

# Code, which holds none, or the target of a link, an image or a reference.
LINK = re.compile(
    r"(?ms)^[ \t]*(?P<fence>```|~~~).*?^[ \t]*(?P=fence)[ \t]*$|`+[^`\n]+`+"
    r"|(?P<before>\]\(\s*|^(?:# )? {0,3}\[[^\]\n]+\]:[ \t]+)(?P<path><[^>\n#]+(?=[>#])|[^)\s#<]+)(?P<anchor>#[^)\s>]*)?"
)
HTML = re.compile(r"""<(?:img|source|video|audio|a)\b[^>]*\b(?:src|href)=["']?(?P<path>[^"'#\s>]+)""")
ELSEWHERE = re.compile(r"<?(?:[a-zA-Z][a-zA-Z+.-]*:|/)")


def targets(text: str, folder: Path) -> Iterator[tuple[int, str, Path]]:
    """Each link to a file: the line of the text, counted from 0, what is written there, and the path that it means."""
    for found in LINK.finditer(text):
        if found["path"] and not ELSEWHERE.match(found["path"]):
            written = found["path"].removeprefix("<")
            yield text.count("\n", 0, found.start("path")), written, meant(written, folder)


def meant(written: str, folder: Path) -> Path:
    return Path(os.path.normpath(folder / unquote(written)))


def rewritten(text: str, folder: Path, to: Callable[[Path], str | None]) -> str:
    """The text with other targets; None leaves one as it is."""

    def link(found: re.Match[str]) -> str:
        path = found["path"]
        target = to(meant(path.removeprefix("<"), folder)) if path and not ELSEWHERE.match(path) else None
        if target is None:
            return found[0]
        spelled = f"<{target}" if path.startswith("<") else quote(target, safe="/:%+,=@&~")
        return f"{found['before']}{spelled}{found['anchor'] or ''}"

    return LINK.sub(link, text)


def in_html(text: str) -> Iterator[tuple[int, str]]:
    """Each path in a tag of HTML, which nobody turns into an address."""
    code = LINK.sub(lambda found: found[0] if found["path"] else re.sub(r"[^\n]", " ", found[0]), text)
    for found in HTML.finditer(code):
        if not ELSEWHERE.match(found["path"]):
            yield text.count("\n", 0, found.start("path")), found["path"]
