"""Changes the running text of a page and leaves its tags, its code and its formulas alone."""

import re
from collections.abc import Callable, Collection

TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][\w-]*)(?P<rest>[^>]*)>")


def changed(html: str, change: Callable[[str], str], closed: Collection[str]) -> str:
    """The page with each piece of text between two tags changed, except inside the elements named in `closed`."""
    pieces: list[str] = []
    depth, position = 0, 0
    for tag in TAG.finditer(html):
        text = html[position : tag.start()]
        pieces += [text if depth else change(text), tag[0]]
        position = tag.end()
        if tag["name"].lower() in closed and not tag["rest"].endswith("/"):
            depth += -1 if tag["end"] else 1
    return "".join([*pieces, html[position:]])
