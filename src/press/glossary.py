"""Reads the glossary, and shows a term's definition where a page uses the term first.

`docs/glossary.md` is a definition list. A term stands on a line of its own, other forms of it after bars; its plural
needs no mention; `!` says that the bare term is too common a word to be marked in a text:

    batch
    :   The examples that share one step. [Thermometer](../tutorials/1-foundations/07_thermometer.py)

    data normalisation | normalised
    :   ...
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import unescape

ENTRY = re.compile(
    r"(?m)^(?P<forms>[^\s:#|<>\[*-][^\n]*)\n"
    r":[ ]+(?P<text>[^\n]+(?:\n(?:[ ]{4}[^\n]*|[ \t]*(?=\n[ ]{4})))*)"
)
TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][\w-]*)(?P<rest>[^>]*)>")
CLOSED = {"a", "h1", "h2", "h3", "h4", "h5", "h6", "button", "summary", "label", "legend", "code", "pre", "nav"}


@dataclass(frozen=True)
class Term:
    """One term of the glossary: its name, the forms in which a text may hold it, and what it means in plain text."""

    name: str
    forms: tuple[str, ...]
    meaning: str

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


def read(text: str) -> list[Term]:
    """Every term of the glossary's Markdown."""
    terms = []
    for match in ENTRY.finditer(text):
        name, *others = (form.strip() for form in match["forms"].split("|"))
        forms = [form for form in others if form != "!"] if "!" in others else [name, *others]
        terms.append(Term(name, tuple(spellings(forms)), plain(match["text"])))
    return terms


def spellings(forms: Iterable[str]) -> Iterable[str]:
    """A form as it stands, in the plural, and both with a capital."""
    for form in dict.fromkeys(forms):
        for number in (form, plural(form)):
            yield number
            if number[0].islower():
                yield number[0].upper() + number[1:]


def plural(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search(r"(s|x|ch|sh)$", word) else f"{word}s"


def plain(markdown: str) -> str:
    """A definition as a tooltip shows it: no markup, links by their words; those at the end, to the home pages, go."""
    text = " ".join(markdown.split())
    home = r"\s*(?:\[[^\]]*\]\([^)]*\)|\(planned: [^)]*\))[,.]?"
    text = re.sub(rf"(?:{home})+\s*$", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[`*$]|(?<!\w)_|_(?!\w)", "", text).strip()


def page(text: str, titles: Mapping[str, str]) -> str:
    """The glossary's own page: each term with an anchor, its other forms left out, planned homes by their titles."""

    def entry(match: re.Match[str]) -> str:
        name = match["forms"].split("|")[0].strip()
        slug = Term(name, (), "").slug
        return f'<span id="{slug}">{name}</span>\n:   {match["text"]}'

    def planned(match: re.Match[str]) -> str:
        return f"(to come: {titles.get(match['slug'], match['slug'])})"

    return re.sub(r"\(planned: (?P<slug>[\w-]+)\)", planned, ENTRY.sub(entry, text))


def abbreviations(terms: Iterable[Term]) -> str:
    """The terms as Python-Markdown's abbreviations, to be put below a page's Markdown."""
    return "\n".join(f"*[{form}]: {term.meaning}" for term in terms for form in term.forms)


def first_uses(html: str) -> str:
    """Keep the first mark of each meaning that stands in running text, and take all others away."""
    pieces: list[str] = []
    seen: set[str] = set()
    depth, position, dropped = 0, 0, False
    for tag in TAG.finditer(html):
        name = tag["name"].lower()
        pieces.append(html[position : tag.start()])
        position = tag.end()
        if name == "abbr":
            if tag["end"]:
                pieces.append("" if dropped else tag[0])
                continue
            title = re.search(r'title="([^"]*)"', tag["rest"])
            meaning = unescape(title[1]) if title else ""
            dropped = depth > 0 or meaning in seen
            if not dropped:
                seen.add(meaning)
            pieces.append("" if dropped else tag[0])
            continue
        if name in CLOSED and not tag["rest"].endswith("/"):
            depth += -1 if tag["end"] else 1
        pieces.append(tag[0])
    return "".join([*pieces, html[position:]])
