"""Where links lead: authors write paths of files, readers get addresses of pages."""

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from press.scripts import links


def relative(url: str, start: str) -> str:
    """One address of the site as a page at another one links to it; a folder's address ends with a slash."""
    path = posixpath.relpath(url or ".", posixpath.dirname(start) or ".")
    return f"{path}/" if url.endswith("/") or url in ("", ".") else path


@dataclass(frozen=True)
class Links:
    """The files of a project that are pages of its site."""

    docs: Path | None
    site_url: str
    names: Mapping[str, str]  # absolute path of a script, its exercises or a file beside it -> its name in the site
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

        def target(path: Path) -> str | None:
            name = self.name(path)
            if name is None or page is None:
                return name and self.whole(name)
            return posixpath.relpath(name, posixpath.dirname(page) or ".")

        return links.rewritten(text, folder, target)
