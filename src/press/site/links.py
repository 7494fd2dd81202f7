"""Where links lead: authors write paths of files, readers get addresses of pages."""

import os
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?")
FENCED = re.compile(r"(?ms)(^[ \t]*```.*?^[ \t]*```[ \t]*$)")
ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:|/|#")


def relative(url: str, start: str) -> str:
    """One address of the site as a page at another one links to it; a folder's address ends with a slash."""
    path = posixpath.relpath(url or ".", posixpath.dirname(start) or ".")
    return f"{path}/" if url.endswith("/") or url in ("", ".") else path


@dataclass(frozen=True)
class Links:
    """The files of a project that are pages of its site."""

    docs: Path | None
    site_url: str
    names: Mapping[str, str]  # absolute path of a script or of a file of exercises -> name of its page's source
    address: Callable[[str], str | None]  # name of a page's source -> address in the site

    def name(self, path: Path) -> str | None:
        """The name under which the site knows a file of the tutorials or of docs/."""
        if known := self.names.get(str(path)):
            return known
        return path.relative_to(self.docs).as_posix() if self.docs and path.is_relative_to(self.docs) else None

    def whole(self, name: str) -> str:
        """The address of a page, the site's own included; the page may still be to come."""
        known = self.address(name)
        to_come = re.sub(r"(^|/)index\.md$|\.(md|ipynb)$", "/", name).lstrip("/")
        return urljoin(self.site_url, to_come if known is None else known)

    def rewritten(self, text: str, folder: Path, page: str | None = None) -> str:
        """Markdown that lies in `folder`, as `page` links to pages; None makes links that work anywhere."""

        def link(match: re.Match[str]) -> str:
            name = None if ELSEWHERE.match(match[2]) else self.name(Path(os.path.normpath(folder / match[2])))
            if name is None:
                return match[0]
            target = self.whole(name) if page is None else posixpath.relpath(name, posixpath.dirname(page) or ".")
            return f"{match[1]}{target}{match[3] or ''}"

        pieces = FENCED.split(text)
        return "".join(piece if index % 2 else LINK.sub(link, piece) for index, piece in enumerate(pieces))
