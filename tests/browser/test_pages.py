"""Every page of the built site, as a file: each is parsed once, and all that does not need a browser is asked of it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from sitefixture import (
    CATALOGUE,
    HTML,
    LESSONS,
    MISSING,
    MOVED,
    PAGES,
    PARTS,
    SCRIPTS,
    TUTORIALS,
    WORKBOOKS,
    answer,
    some,
)

HEAVIEST = 60_000  # bytes of HTML, gzipped
HEAVIEST_WORKBOOK = 70_000
RULES = {
    "default-src": {"'self'"},
    "img-src": {"'self'", "data:"},  # Material's style sheet has its icons in it
    "object-src": {"'none'"},
    "base-uri": {"'none'"},
    "form-action": {"'self'"},
}
PROGRAM = {None, "module", "text/javascript", "application/javascript"}  # any other type is data, and is not run


@pytest.mark.parametrize("address", some(HTML, 4), ids=lambda address: address or "home")
def test_a_page_is_right_as_a_file(site, address):
    """The name of the check that failed is that of the function."""
    soup = site.soup(address)
    images_have_sizes_and_words_and_are_loaded_when_near(soup)
    it_says_where_it_lives_and_how_it_looks_when_shared(site, address, soup)
    the_policy_is_strict_and_knows_each_script_of_the_theme_and_no_other(soup)
    if address != MISSING:
        assert site.nowhere(address, [link["href"] for link in soup.select("a[href]")]) == [], "links lead somewhere"
    for script in SCRIPTS:
        if address == f"{script.url}/":
            it_is_the_page_of_a_tutorial(site, script, soup)
    terms = [mark["title"] for mark in soup.select("article abbr[title]")]
    assert address == "glossary/" or len(terms) == len(set(terms)), "a page marks each term once"
    if address in WORKBOOKS:
        it_is_the_page_of_a_workbook(site, address, soup)
    if address in PARTS:
        cards = [link["href"] for link in soup.select(".press-gallery a")]
        assert cards == [url.removeprefix(address) for url in TUTORIALS if url.startswith(address)]


def images_have_sizes_and_words_and_are_loaded_when_near(soup):
    for image in soup.find_all("img"):
        assert image.get("width") and image.get("height") and image.has_attr("alt"), image
        # In a gallery the link has the words, and beside the first words of a lesson the figure has them, below.
        decorative = image.find_parent(class_=["press-gallery", "press-glance"]) is not None
        assert decorative or image["alt"].strip(), image
        assert image["loading"] == "lazy", "no page begins with a picture, so none has to wait for one"
    for image in soup.select(".press-figure img"):
        assert not image["alt"].startswith("Figure"), f"{image['src']} has only the fallback: {image['alt']}"
        assert len(image["alt"]) > 20, image["alt"]


def it_says_where_it_lives_and_how_it_looks_when_shared(site, address, soup):
    if address != MISSING:
        assert soup.find("link", rel="canonical")["href"] == site.url + address
        assert soup.find("meta", property="og:url")["content"] == site.url + address
    image = soup.find("meta", property="og:image")["content"]
    assert image.startswith(site.url)
    picture = site.folder / image.removeprefix(site.url)
    assert picture.read_bytes().startswith(b"\x89PNG")
    if address in {f"{script.url}/" for script in LESSONS}:
        assert picture.parent == site.folder / address, "a tutorial is shared with a picture of its own"
    assert soup.find("meta", attrs={"name": "description"})["content"].strip()
    assert soup.find("meta", property="og:title")["content"].strip()
    assert len(soup.find_all("h1")) == 1 and soup.html["lang"] == "en"


def the_policy_is_strict_and_knows_each_script_of_the_theme_and_no_other(soup):
    rules = policy(soup)
    allowed = rules.pop("script-src")
    assert rules == RULES
    inline = [one for one in soup.find_all("script") if not one.get("src") and one.get("type") in PROGRAM]
    assert allowed == {"'self'", *(digest(one.string) for one in inline)} and len(inline) <= 4
    assert not [one for one in inline if one.find_parent("article")], "a page's content has no script"

    first, second = soup.head.find_all(True, limit=2)
    assert first.get("charset") == "utf-8" and second.get("http-equiv"), "it holds only for what comes after it"
    assert not soup.find_all("style")
    for element in soup.find_all(True):
        assert "style" not in element.attrs, element
        assert not [name for name in element.attrs if name.startswith("on")], element
        if str(element.get("href", "")).startswith("javascript:"):
            assert "md-search__icon" in element["class"], "Material's share button gets its address when it is shown"


def digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def policy(soup: BeautifulSoup) -> dict[str, set[str]]:
    (meta,) = soup.find_all("meta", attrs={"http-equiv": "Content-Security-Policy"})
    return {name: set(values) for name, *values in map(str.split, meta["content"].split(";"))}


def it_is_the_page_of_a_tutorial(site, script, soup):
    assert len(gzip.compress(site.file(f"{script.url}/").read_bytes())) <= HEAVIEST, "a page is light"
    its_formulas_are_mathml(script, soup)
    its_downloads_have_its_name_and_are_there(site, script, soup)
    note = soup.select_one(".press-cost").get_text()
    assert re.match(r"Ran in [\d.]+ s on .+, .+ of memory, torch [\d.]+, \d{4}-\d\d-\d\d\.", note), "what it cost"
    assert ("Data: " in note) == bool(script.header.data)
    if script in LESSONS:
        links = [link["href"] for link in soup.select(".press-cell .highlight a")]
        assert any(link.startswith("../../reference/") for link in links), "names lead to our documentation"
        assert any(link.startswith("https://docs.pytorch.org/") for link in links), (
            "names lead to torch's documentation"
        )
        assert len(soup.select("article abbr[title]")) >= 3, "it explains the terms that it uses"
        it_leads_to_each_of_its_exercises(site, script, soup)
        its_questions_mark_exactly_the_right_options(script, soup)


def its_formulas_are_mathml(script, soup):
    text = "\n".join(cell.source for cell in script.cells if cell.kind == "text")
    written = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", text)
    assert len(soup.find_all("math")) >= len(re.findall(r"(?<!\\)\$\$?[^$]+\$\$?", written))
    assert not soup.select(".arithmatex")
    for element in soup.find_all("code"):
        assert not re.search(r"\\(frac|sum|ln|sigma|partial|text|mathbf)\b", element.get_text())
    aside = ["code", "pre", "script", "style", "math"]
    shown = "".join(text for text in soup.find_all(string=True) if text.find_parent(aside) is None)
    assert not re.search(r"\\[()\[\]]|\$[^$\n]+\$|\\[a-z]+\{", shown)


def its_downloads_have_its_name_and_are_there(site, script, soup):
    links = {link["href"] for link in soup.select("a.press-download[download]")}
    texts = {f"{script.name}.py", f"{script.name}.ipynb"}
    assert texts <= links <= texts | {f"{script.name}.zip"}  # the files next to a script travel in a zip
    for name in texts:
        status, content = answer(f"{site.url}{script.url}/{name}")
        assert status == 200 and site.url in content, "the address of the wheel"
        assert (json.loads(content)["nbformat"] == 4) if name.endswith(".ipynb") else content.startswith("# /// script")


def it_leads_to_each_of_its_exercises(site, script, soup):
    book = CATALOGUE.workbooks[script.name]
    links = [link["href"] for link in soup.select(".press-exercises a")]
    shown = site.soup(f"workbooks/{script.name}/")
    assert len(links) == len(book.exercises)
    for link in links:
        address, _, anchor = link.partition("#")
        assert address.endswith(f"workbooks/{script.name}/") and shown.find(id=anchor).name == "h2"
    ticks = [tick["data-exercise"] for tick in shown.select(".press-tick")]
    assert ticks == [one.name for one in book.exercises if not one.open]


def its_questions_mark_exactly_the_right_options(script, soup):
    for one in script.quizzes:
        whys = soup.find("form", id=f"quiz-{one.slug}").find_all(class_="press-quiz__why")
        assert [json.loads(why["data-right"]) for why in whys] == [option.right for option in one.options]
        assert all(why.find(class_="press-quiz__text").get_text(strip=True) for why in whys)


def it_is_the_page_of_a_workbook(site, address, soup):
    assert len(gzip.compress(site.file(address).read_bytes())) <= HEAVIEST_WORKBOOK, "a page is light"
    sheets = [link["href"] for link in soup.select("link[rel=stylesheet]")]
    assert len(sheets) == len(set(sheets))
    assert "jp-" not in "".join(sheets), "it carries no style sheet of its own"
    assert not soup.find("mathjax") and "$" not in "".join(one.text for one in soup.select(".jp-MarkdownOutput p"))
    folds = soup.select("details.press-checker")
    book = CATALOGUE.workbooks[Path(address).name]
    assert len(folds) == sum(not exercise.open for exercise in book.exercises) >= 2
    assert all(fold.find("details") is None and "check(" in fold.get_text() for fold in folds), "a check is folded once"


def test_the_sitemap_lists_every_page_once(site):
    listed = re.findall(r"<loc>(.*?)</loc>", (site.folder / "sitemap.xml").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(site.url + address for address in PAGES)


def test_no_page_was_forgotten_by_these_tests(site):
    built = {
        path.relative_to(site.folder).as_posix().removesuffix("index.html") for path in site.folder.rglob("*.html")
    }
    assert built == {*HTML, *MOVED}


@pytest.mark.parametrize("address", MOVED)
def test_an_old_address_leads_to_the_new_one(site, address):
    soup = site.soup(address)
    refresh = soup.find("meta", {"http-equiv": "refresh"})["content"].removeprefix("0; url=")
    links = [link["href"] for link in soup.select("a[href]")]
    assert urljoin(address, refresh) == MOVED[address] and refresh in links
    assert site.nowhere(address, links) == []


def test_an_address_that_is_nowhere_answers_404(site):
    assert answer(site.url + "nowhere/")[0] == 404


def test_code_leads_to_the_documentation_of_its_names(site):
    cells = "".join(site.file(address).read_text(encoding="utf-8") for address in TUTORIALS)
    links = re.findall(r'<a\b[^>]*href="([^"]+)"[^>]*>(?:<span[^>]*>)*([\w.]+)<', cells)
    found = {(name, link.rpartition("/")[2]) for link, name in links}
    assert ("fit", "#kindling.training.fit") in found
    assert ("torch.manual_seed", "torch.manual_seed.html#torch.manual_seed") in found


def test_the_page_of_a_function_lists_the_tutorials_that_use_it(site):
    users = [
        script for script in SCRIPTS if re.search(r"(?<![.\w])fit\(", "\n".join(cell.source for cell in script.code))
    ]
    entry = site.soup("reference/training/").find(id="kindling.training.fit").find_parent(class_="doc-function")
    links = " ".join(link["href"] for link in entry.select("a[href]"))
    assert users
    for script in users:
        assert f"../../{script.url}/#" in links


def test_every_share_on_the_results_page_is_at_most_100_and_reaches_what_is_asserted(site):
    rows = [[cell.text for cell in row.select("td")] for row in site.soup("results/").select("article tbody tr")]
    shares = [(row[0], float(row[2][:-1]), float(row[3][:-1])) for row in rows if row[2].endswith("%")]
    assert len(shares) >= 8
    for name, here, asserted in shares:
        assert asserted <= here <= 100, name
