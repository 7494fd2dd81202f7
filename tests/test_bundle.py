"""The bundle: one zip of the whole site, that a reader opens from a disk or serves from anywhere."""

import json
import os
import re
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from tinyproject import TinyProject

from press.scripts.header import HEADER
from press.site import bundle

LINKS = """\
# More

[to a section](../first/hello.md#a-section), <a href="/first/hello/">from the root</a>,
<a href='http://localhost:8000/first/?a=1&amp;b=2#top'>in full</a>, <a href=../../first/other/>bare</a>,
<a href="https://elsewhere.example/first/">elsewhere</a>, [a file](<../größe 1.txt>), <a href="#more">here</a>.

`<a href="../first/">` is code.
"""
PROJECT = """\
[project]
name = "pack"
version = "1.0"
description = "d"
requires-python = ">=3.11"
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A tiny project with all that a bundle has to carry: results, a wheel, and links of every kind."""
    tiny = TinyProject(tmp_path_factory.mktemp("whole") / "tiny")
    tiny.write("pyproject.toml", PROJECT)
    tiny.write("docs/deep/more.md", LINKS)
    tiny.write("docs/größe 1.txt", "big\n")
    tiny.pretend_run()
    return tiny


def unzipped(tiny, home: str, *arguments: str) -> Path:
    tiny.run("press", "bundle", f"{home}.zip", *arguments)
    with zipfile.ZipFile(tiny.root / f"{home}.zip") as archive:
        archive.extractall(tiny.root / home)
    return tiny.root / home / "tiny-site"


@pytest.fixture(scope="module")
def folder(whole) -> Path:
    """Its bundle, unzipped."""
    return unzipped(whole, "here")


def test_the_same_site_gives_the_same_bytes_at_any_time(whole):
    done = whole.run("press", "bundle", SOURCE_DATE_EPOCH="")
    assert re.fullmatch(r"tiny-site\.zip: \d+\.\d MB; .*README\.txt.*\n", done.stderr)
    for path in (whole.root / "docs").rglob("*"):
        os.utime(path, (1e9, 1e9))
    again = whole.run("press", "bundle", "again.zip", TZ="Asia/Tokyo")
    assert again.stderr.startswith("again.zip: ")
    assert (whole.root / "tiny-site.zip").read_bytes() == (whole.root / "again.zip").read_bytes()
    with zipfile.ZipFile(whole.root / "again.zip") as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert names == sorted(names) and all(name.startswith("tiny-site/") for name in names)


def test_every_link_inside_leads_to_a_file(folder):
    pages = sorted(folder.rglob("*.html"))
    assert {page.relative_to(folder).as_posix() for page in pages} >= {"index.html", "first/hello/index.html"}
    followed = []
    for page in pages:
        for element in BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select("[href], [src], [action]"):
            link = element.get("href") or element.get("src") or element.get("action")
            parts = urlsplit(link)
            if element.get("rel") == ["canonical"] or (parts.netloc and parts.hostname != "localhost"):
                continue
            assert not parts.scheme and not parts.netloc and not link.startswith("/"), f"{page}: {link}"
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            assert target.is_file() and target.is_relative_to(folder), f"{page}: {link}"
            followed.append(link)
    assert {"../../first/index.html?a=1&b=2#top", "../../gr%C3%B6%C3%9Fe%201.txt", "#more"} <= set(followed)
    assert "../../first/hello/index.html#a-section" in followed
    assert '<code>&lt;a href="../first/"&gt;</code>' in (folder / "deep/more/index.html").read_text(encoding="utf-8")


def test_downloads_find_the_wheel_at_the_address_that_the_bundle_is_for(whole, folder):
    elsewhere = unzipped(whole, "elsewhere", "--site-url", "https://books.example/tiny")
    for url, home in (("http://localhost:8000/", folder), ("https://books.example/tiny/", elsewhere)):
        (wheel,) = home.glob("assets/wheels/pack-*.whl")
        address = f"{url}assets/wheels/{wheel.name.replace('+', '%2B')}"
        assert f'"pack @ {address}"' in HEADER.search((home / "first/hello/hello.py").read_text())["content"]
        notebook = json.loads((home / "first/hello/hello.ipynb").read_text())
        assert address in "".join(notebook["cells"][0]["source"])
        said = (home / "README.txt").read_text()
        assert "python -m http.server 8000" in said and url in said and wheel.name in said
        assert ("run meanwhile" in said) == ("localhost" in url)


def test_what_only_an_address_of_its_own_needs_is_left_out_and_the_search_is_there(folder):
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert not names & {"404.html", "sitemap.xml", "sitemap.xml.gz"}
    docs = json.loads((folder / "search/search_index.json").read_text(encoding="utf-8"))["docs"]
    assert {"first/hello/#a-section", "deep/more/"} <= {entry["location"] for entry in docs}
    assert (folder / "search/search_index.js").read_text().startswith("var __index = ")


@pytest.mark.parametrize(
    ("address", "becomes"),
    [
        ("../beta/", "../beta/index.html"),
        ("../beta", "../beta/index.html"),
        ("./?q=x#y", "index.html?q=x#y"),
        ("..", "../index.html"),
        ("../../", "../../"),  # another site of the same host
        ("/sub/beta/#a", "../beta/index.html#a"),
        ("http://h:1/sub/", "../index.html"),
        ("http://h:1/sub/a.png?x", "../a.png?x"),
        ("http://h:1/other/", "http://h:1/other/"),
        ("../missing/", "../missing/"),
        ("a.png", "a.png"),
        ("//h:2/sub/", "//h:2/sub/"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("#a", "#a"),
        ("", ""),
    ],
)
def test_a_link_names_the_file_that_a_server_would_answer_with(address, becomes):
    pages = {"index.html", "alpha/index.html", "beta/index.html"}
    made = bundle.with_files_as_links(
        f'<p><a class="x>y" href="{address}">', "alpha/index.html", pages, "http://h:1/sub/"
    )
    assert made == f'<p><a class="x>y" href="{becomes}">'


def test_a_canonical_address_stays():
    html = '<link rel="canonical" href="http://h:1/alpha/"><script>"<a href=\'alpha/\'"</script>'
    assert bundle.with_files_as_links(html, "index.html", {"index.html", "alpha/index.html"}, "http://h:1/") == html


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["missing/site.zip"], 2, "missing/site.zip lies in missing, which is no folder"),
        (["docs"], 2, "docs is a folder"),
        (["--site-url", "localhost:8000"], 2, "'localhost:8000' is no address of a site; write one such as http"),
        (["--site-url", "http://localhost/?a"], 2, "'http://localhost/?a' is no address"),
    ],
)
def test_a_wrong_call_is_told_in_one_line_before_anything_is_built(tiny, arguments, code, told):
    done = tiny.run("press", "bundle", *arguments, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)
    assert done.stderr.startswith(f"press: {told}")
    assert not (tiny.root / ".press").exists()


def test_a_site_that_does_not_build_gives_no_bundle_and_is_told_in_one_line(tiny):
    tiny.pretend_run()
    (tiny.root / "tiny-site.zip").write_text("the last good one")
    tiny.edit("tutorials/1-first/01_hello.py", "print(double(21))", "1 / 0")
    done = tiny.run("press", "bundle", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "press: the site does not build: tutorials/1-first/01_hello.py:22: cell 1: ZeroDivisionError" in done.stderr
    assert (tiny.root / "tiny-site.zip").read_text() == "the last good one"
    tiny.edit("mkdocs.yml", "- search", "- serach")
    done = tiny.run("press", "bundle", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert (
        "press: the site does not build: Config value 'plugins': The \"serach\" plugin is not installed" in done.stderr
    )


def test_a_malformed_configuration_is_told_in_one_line_by_every_command(tiny):
    tiny.write("mkdocs.yml", "site_name: [tiny\n")
    for command in (["status"], ["bundle"]):
        done = tiny.run("press", *command, check=False)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "press: mkdocs.yml cannot be read: " in done.stderr and "line 1, column 12" in done.stderr
