"""Reads the glossary, and shows a term's definition where a page uses the term first.

A term stands on a line of its own, other forms after bars, its plural needs no mention; `!` says that the bare term is
too common a word to be marked: `class | ! | class label`, then `:   One of the possible answers. [Home](path.py)`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape

from press.site.html import text

ENTRY = re.compile(
    r"(?m)^(?P<forms>[^\s:#|<>\[*-][^\n]*)\n"
    r":[ ]+(?P<text>[^\n]+(?:\n(?:[ ]{4}[^\n]*|[ \t]*(?=\n[ ]{4})))*)"
)
WORD = re.compile(r"[^\W_][\w-]*")
CLOSED = {"a", "abbr", "h1", "h2", "h3", "h4", "h5", "h6", "button", "summary", "label", "legend", "code", "pre", "nav"}


@dataclass(frozen=True)
class Term:
    """One term of the glossary."""

    name: str
    forms: tuple[str, ...]  # in which a text may hold it
    meaning: str  # in plain text
    homes: tuple[str, ...] = field(default=(), compare=False)  # the pages that teach it, as the glossary links to them

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


def read(source: str) -> list[Term]:
    """Every term of the glossary's Markdown."""
    terms = []
    for match in ENTRY.finditer(source):
        name, *others = (form.strip() for form in match["forms"].split("|"))
        forms = [form for form in others if form != "!"] if "!" in others else [name, *others]
        homes = re.findall(r"\]\(([^)#]+\.md)", match["text"])
        terms.append(Term(name, tuple(spellings(forms)), plain(match["text"]), tuple(homes)))
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
    home = r"\s*(?:\[[^\]]*\]\([^)]*\)|\(planned: [^)]*\))[,.]?"
    words = re.sub(rf"(?:{home})+\s*$", "", " ".join(markdown.split()))
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words)
    return re.sub(r"[`*$]|(?<!\w)_|_(?!\w)", "", words).strip()


def page(source: str, titles: Mapping[str, str]) -> str:
    """The glossary's own page: each term with an anchor, its other forms left out, planned homes by their titles."""

    def entry(match: re.Match[str]) -> str:
        name = match["forms"].split("|")[0].strip()
        return f'<span id="{Term(name, (), "").slug}">{name}</span>\n:   {match["text"]}'

    def planned(match: re.Match[str]) -> str:
        return f"(to come: {', '.join(titles.get(slug, slug) for slug in match['slugs'].split(', '))})"

    return re.sub(r"\(planned: (?P<slugs>[\w-]+(?:, [\w-]+)*)\)", planned, ENTRY.sub(entry, source))


def mark(html: str, terms: Iterable[Term]) -> str:
    """Mark the first use of each term that stands in running text, as an abbreviation with its meaning."""
    by_word: dict[str, list[tuple[str, Term]]] = {}
    forms = [(form, term) for term in terms for form in term.forms]
    for form, term in sorted(forms, key=lambda pair: -len(pair[0])):  # of "batch" and "batch size" the longer one
        by_word.setdefault((WORD.match(form) or [form])[0], []).append((form, term))
    seen: set[str] = set()
    return text.changed(html, lambda piece: marked(piece, by_word, seen), CLOSED)


def marked(piece: str, by_word: Mapping[str, list[tuple[str, Term]]], seen: set[str]) -> str:
    """One piece of running text, between two tags."""
    if piece.lstrip().startswith(("\\(", "\\[")):
        return piece
    pieces, position = [], 0
    for word in WORD.finditer(piece):
        if word.start() < position:
            continue  # part of the form just marked
        for form, term in by_word.get(word[0], ()):
            end = word.start() + len(form)
            if piece.startswith(form, word.start()) and not WORD.match(piece, end):
                if term.name not in seen:
                    seen.add(term.name)
                    pieces += [piece[position : word.start()], f'<abbr title="{escape(term.meaning)}">{form}</abbr>']
                    position = end
                break
    return "".join([*pieces, piece[position:]])
