"""Many style sheets as one: the same rules in the same order, and nothing that they name is lost."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest

from press import stylesheet

NAME = "assets/press/site.css"
HEAD = """\
<link rel="stylesheet" href="../../a/theme.min.css">
    <link rel="preload" href="../../f.woff2" as="font">
<link rel="stylesheet" href="../../b/own.css">
<link rel="stylesheet" href="https://elsewhere.example/x.css">
<link rel="stylesheet" href="../../print.css" media="print">
"""
PAGE = f'<head>\n{HEAD}</head><body><link rel="stylesheet" href="../../body.css"></body>'


def test_a_page_gets_one_link_where_it_had_several_to_its_own_site_and_keeps_the_others():
    assert stylesheet.linked(PAGE) == ["a/theme.min.css", "b/own.css"]
    shown = stylesheet.with_one_link(PAGE, f"../../{NAME}")
    assert stylesheet.linked(shown) == [NAME]
    assert '<link rel="stylesheet" href="../../assets/press/site.css">' in shown
    for kept in ("f.woff2", "elsewhere.example/x.css", 'print.css" media', "body.css"):
        assert kept in shown
    assert stylesheet.with_one_link(shown, f"../../{NAME}") == shown
    bare = "<head><title>x</title></head>"
    assert stylesheet.with_one_link(bare, NAME) == bare


@pytest.mark.parametrize(
    "address",
    [
        "../images/a.svg", "'./a b.png'", '"deep/er/face.woff2"', "a.png?v=1#b", "/whole.png", "//h.example/a.png",
        "https://h.example/a.png", "data:image/png;base64,AAAA", "\"data:image/svg+xml,<svg d='url(#a)'/>\"",
    ],
)
def test_what_a_style_sheet_names_is_found_from_the_place_of_the_one(address):
    site = "https://site.example/sub/"
    sheets = {"theme/styles/one.css": f"a {{ background: url({address}) }}", "two.css": "b { color: red }"}
    one = stylesheet.merged(sheets, NAME)
    found = re.search(r"url\((\"[^\"]*\"|[^)]*)\) }", one)
    assert found
    bare = address.strip("\"'")
    assert urljoin(site + NAME, found[1].strip("\"'")) == urljoin(site + "theme/styles/one.css", bare)
    assert one.index("background") < one.index("color: red")


def test_a_part_of_the_page_itself_keeps_its_name():
    assert "url(#filter)" in stylesheet.merged({"a/b.css": "a { filter: url(#filter) }"}, NAME)


def test_what_only_a_file_of_its_own_may_say_is_left_out_or_refused():
    text = '@charset "UTF-8";a{b:c}\n/*# sourceMappingURL=x.css.map */'
    assert stylesheet.merged({"a.css": text, "b.css": "d{e:f}"}, NAME) == "a{b:c}\nd{e:f}\n"
    with pytest.raises(ValueError, match=r"b\.css has an @import"):
        stylesheet.merged({"a.css": "", "b.css": "@import 'x.css';"}, NAME)
