"""One style sheet for all pages: a phone asks for one file instead of five, and draws sooner."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

LINK = re.compile(r'<link rel="stylesheet" href="((?:\.\./|\./)*)([\w./-]+)">\s*')
URL = re.compile(r"""url\(\s*(["']?)(?![a-z]+:|[/#])([^"')]+)\1\s*\)""")
NEEDLESS = re.compile(r'^@charset "[^"]*";|/\*# sourceMappingURL=.*?\*/\s*')


def linked(shown: str) -> list[str]:
    """The style sheets that the head of a page takes from its own site, in their order, as paths in the site."""
    return [path for _, path in LINK.findall(shown.partition("</head>")[0])]


def with_one_link(shown: str, address: str) -> str:
    """The page with one link, to the style sheet at `address`, instead of those that `linked` finds."""
    head, mark, rest = shown.partition("</head>")
    first = LINK.search(head)
    if first is None:
        return shown
    link = f'<link rel="stylesheet" href="{address}">\n'
    return head[: first.start()] + link + LINK.sub("", head[first.end() :]) + mark + rest


def merged(sheets: Mapping[str, str], name: str) -> str:
    """The texts of style sheets as one that lies at `name`, from where its images and faces are found again.

    Raises ValueError for an @import: in the middle of a style sheet browsers pass it over.
    """
    pieces = []
    for path, text in sheets.items():
        if "@import" in text:
            raise ValueError(f"{path} has an @import, which would not work in {name}")

        def moved(match: re.Match[str], folder: str = posixpath.dirname(path)) -> str:
            target = posixpath.normpath(posixpath.join(folder, match[2]))
            return f'url("{posixpath.relpath(target, posixpath.dirname(name))}")'

        pieces.append(URL.sub(moved, NEEDLESS.sub("", text)).strip())
    return "\n".join(pieces) + "\n"
