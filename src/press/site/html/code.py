"""Colors code, links its names to their documentation, and puts code and outputs where the page has room for them."""

import html as markup
import re
from functools import cache
from typing import Any

import pygments
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.token import Name, Operator

from press.site.html.facts import PageFacts

SLOT = re.compile(r'<div data-press-cell="(\d+)"></div>')
SOURCE = re.compile(r'<code data-press-source(?:="")?>(.*?)</code>', re.S)
HEADING = re.compile(r'<h[1-6][^>]* id="([^"]+)"')
LEXER, FORMATTER = PythonLexer(stripnl=False, ensurenl=False), HtmlFormatter(nowrap=True)
BLOCK = re.compile(r"(<pre[^>]*>(?:<span></span>)?<code[^>]*)>(.*?)</code>", re.S)


def code_and_outputs(html: str, facts: PageFacts) -> str:
    """Each slot of a tutorial's page becomes a code cell and what the run showed below it."""

    def cell(match: re.Match[str]) -> str:
        number = int(match[1])
        if not 1 <= number <= len(facts.cells):
            return ""
        source, shown = facts.cells[number - 1]
        anchors = HEADING.findall(html, 0, match.start())
        code = highlight(source, facts, anchors[-1] if anchors else "")
        output = f'<div class="press-output" data-search-exclude>{shown}</div>' if shown else ""
        return f'<div class="press-cell"><div class="highlight"><pre><code>{code}</code></pre></div>{output}</div>'

    return SLOT.sub(cell, html) if facts.cells else html


def notebook_code(html: str, facts: PageFacts) -> str:
    """The code of a notebook, which its template leaves as it is, in color."""
    if not facts.notebook:
        return html
    return SOURCE.sub(lambda match: f"<code>{highlight(markup.unescape(match[1]), facts, '')}</code>", html)


def highlight(source: str, facts: PageFacts, anchor: str) -> str:
    """Color code, and link every dotted name whose meaning is known; `anchor` is that of the section around it."""
    tokens = list(LEXER.get_tokens(source))
    pieces: list[str] = []
    position = 0
    while position < len(tokens):
        end = position + 1
        if is_name(tokens[position]):  # take in as much of a.b.c as there is
            while end + 1 < len(tokens) and tokens[end] == (Operator, ".") and is_name(tokens[end + 1]):
                end += 2
        run = tuple(tokens[position:end])
        colored = color(run)
        full = facts.names.get("".join(text for _, text in run)) if is_name(run[0]) else None
        pieces.append((full and link(full, colored, anchor, facts)) or colored)
        position = end
    return "".join(pieces)


@cache  # nine of ten are an operator, a space, a name that was there before
def color(tokens: tuple[tuple[Any, str], ...]) -> str:
    colored = pygments.format(tokens, FORMATTER)
    # Pygments closes the last line with a newline of its own.
    return colored if tokens[-1][1].endswith("\n") else colored.removesuffix("\n")


def is_name(token: tuple[Any, str]) -> bool:
    return token[0] in Name and not token[1].isspace()


def link(name: str, code: str, anchor: str, facts: PageFacts) -> str | None:
    """A name as a link to the project's API pages, or to the documentation of a library."""
    if facts.package and name.startswith(f"{facts.package}."):
        if not facts.references:
            return None
        attributes = f'identifier="{markup.escape(name)}" optional backlink-type="used-by" backlink-anchor="{anchor}"'
        return f'<autoref {attributes} class="press-link">{code}</autoref>'
    rules = facts.documentation
    fitting = [rule for rule in rules if name == rule or name.startswith(rule if rule.endswith(".") else f"{rule}.")]
    address = rules[max(fitting, key=len)] if fitting else ""
    if not address:
        return None
    owner = re.match(r"(?:[^A-Z.][^.]*\.)*[A-Z]\w*|.*", name)  # of a method, its class
    href = address.format(name=name, owner=owner[0] if owner else name)
    return f'<a class="press-link" href="{markup.escape(href)}">{code}</a>'


def plain_code(html: str, facts: PageFacts) -> str:
    """Code with fewer spans, half of a page's elements: none of kinds without color, one for neighbors of a kind."""
    if not facts.plain_code:
        return html
    kinds = "|".join(map(re.escape, facts.plain_code))
    html = re.sub(rf'<span class="(?:{kinds})">([^<]*)</span>', r"\1", html)
    return re.sub(r'(<span class="(\w{1,2})">[^<]*)</span>((?:<span class="\2">[^<]*</span>)+)', joined, html)


def joined(match: re.Match[str]) -> str:
    begin = f'<span class="{match[2]}">'
    return match[1] + match[3].replace(f"</span>{begin}", "").removeprefix(begin)


def line_counts(html: str, facts: PageFacts) -> str:
    """Blocks of code with their number of lines, from which press.css knows their height before they are drawn."""

    def counted(match: re.Match[str]) -> str:
        lines = match[2].count("\n", 0, -1) + 1  # the last one may be closed
        return f'{match[1]} data-lines="{lines}">{match[2]}</code>'

    return BLOCK.sub(counted, html)
