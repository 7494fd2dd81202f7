"""One zip of the whole site: it works from `python -m http.server`, and search aside without any server."""

import html
import logging
import os
import posixpath
import re
import tempfile
from logging.handlers import BufferingHandler
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

import yaml
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import MkDocsException

from press.files import write, zipped
from press.project import Settings, TolerantLoader
from press.site.pages.templates import draw
from press.tutorials import say

SITE_URL = "http://localhost:8000/"  # where `python -m http.server` serves
# Search engines read the sitemap, and a host shows the 404 page; its links begin at the root of the host.
LEFT_OUT = {"404.html", "sitemap.xml", "sitemap.xml.gz"}
INDEX, INDEX_SCRIPT = "search/search_index.json", "search/search_index.js"
TAG = re.compile(r"""<(?:a|area|form|iframe|img|link|script|source)\s(?:[^"'>]|"[^"]*"|'[^']*')*>""", re.I)
REL = re.compile(r"""\srel=["']?(canonical|preload)\b""", re.I)
ADDRESS = re.compile(r"""(?P<before>\s(?:href|src|action)=)(?P<quote>["']?)(?P<address>[^"'\s>]*)(?P=quote)""", re.I)


def make(settings: Settings, site_url: str, path: Path | None = None) -> Path:
    """Build the site of a project for an address, and write the zip; the same site gives the same bytes.

    Raises LookupError if there is no such address or place for the zip, and RuntimeError if the site does not build.
    """
    parts = urlsplit(site_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise LookupError(f"{site_url!r} is no address of a site; write one such as {SITE_URL}")
    site_url = site_url.rstrip("/") + "/"
    config = yaml.load((settings.root / "mkdocs.yml").read_bytes(), Loader=TolerantLoader) or {}
    title = str(config.get("site_name") or settings.root.name)
    name = f"{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-') or 'press'}-site"
    path = path or Path(f"{name}.zip")
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else f"lies in {path.parent}, which is no folder"
        raise LookupError(f"{path} {what}; name a file to write the bundle to")
    os.environ["SOURCE_DATE_EPOCH"] = os.environ.get("SOURCE_DATE_EPOCH") or "0"  # a theme may write the clock
    with tempfile.TemporaryDirectory() as folder:
        for warning in build_site(settings.root / "mkdocs.yml", Path(folder), site_url):
            say(warning)
        write(path, pack(Path(folder), name, title, site_url))
    return path


def build_site(config_file: Path, folder: Path, site_url: str) -> list[str]:
    """Build a site elsewhere and return the warnings; RuntimeError has the first complaint in one line."""
    heard = BufferingHandler(capacity=100_000)
    heard.setLevel(logging.WARNING)
    logger = logging.getLogger("mkdocs")
    logger.addHandler(heard)
    try:
        config = load_config(str(config_file), site_dir=str(folder), site_url=site_url)
        config.plugins.on_startup(command="build", dirty=False)
        try:
            build(config)
        finally:
            config.plugins.on_shutdown()
    except (MkDocsException, yaml.YAMLError) as error:
        said = sorted(heard.buffer, key=lambda record: -record.levelno)
        lines = "\n".join([*(record.getMessage() for record in said), str(error)]).splitlines()
        first, *others = [line.strip() for line in lines if line.strip()]
        more = f" (and {len(others)} more lines from mkdocs build)" if others else ""
        raise RuntimeError(f"the site does not build: {first}{more}") from error
    finally:
        logger.removeHandler(heard)
    return [record.getMessage() for record in heard.buffer]


def pack(site: Path, name: str, title: str, site_url: str) -> bytes:
    """The zip of a built site, all in one folder: sorted names, no clock."""
    files = {path.relative_to(site).as_posix(): path for path in site.rglob("*") if path.is_file()}
    pages = {one for one in files if one.endswith(".html")}
    content = {one: path.read_bytes() for one, path in files.items() if one not in LEFT_OUT}
    for one in pages & content.keys():
        content[one] = with_files_as_links(content[one].decode(), one, pages, site_url).encode()
    parts = urlsplit(site_url)
    local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1") and parts.path == "/"
    begin = urlsplit(site_url if local else SITE_URL)
    wheel = next((one for one in sorted(files) if one.endswith(".whl")), "")
    readme = draw("README.txt.j2", title=title, site_url=site_url, local=local, begin=begin, wheel=wheel)
    content["README.txt"] = readme.encode()
    if INDEX in content:
        content.setdefault(INDEX_SCRIPT, draw("no_index.js.j2").encode())
    return zipped({f"{name}/{one}": data for one, data in content.items()})


def with_files_as_links(text: str, page: str, pages: set[str], site_url: str) -> str:
    """A page whose links into the site are relative and name a file, as a disk wants them."""
    here = urljoin(site_url, quote(page))

    def linked(match: re.Match[str]) -> str:
        address = html.unescape(match["address"])
        path = re.split(r"[?#]", address, maxsplit=1)[0]
        whole = urljoin(here, path)
        if not path or not whole.startswith(site_url):
            return match[0]
        name = unquote(whole.removeprefix(site_url))
        index = posixpath.join(name, "index.html")
        if index in pages:
            name = index
        elif not urlsplit(path).netloc and not path.startswith("/"):
            return match[0]
        relative = quote(posixpath.relpath(name, posixpath.dirname(page) or "."))
        return f'{match["before"]}"{relative}{html.escape(address[len(path) :])}"'

    def tag(match: re.Match[str]) -> str:
        if relation := REL.search(match[0]):  # from a disk there is nothing to fetch early, and browsers refuse to
            return match[0] if relation[1].lower() == "canonical" else ""
        return ADDRESS.sub(linked, match[0])

    return TAG.sub(tag, text)
