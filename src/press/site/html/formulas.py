"""Puts MathML in the place of formulas."""

import html as markup
import re

from press.site.html import text
from press.site.html.facts import PageFacts

Formula = tuple[str, bool]  # TeX, and whether it stands on a line of its own

MARKED = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>([.,;:)!?]*)', re.S)
DOLLARS = re.compile(r"\$\$(?P<display>.+?)\$\$|(?<![\\$\w])\$(?P<inline>[^\s$](?:[^$]*[^\s$])?)\$(?![\w$])", re.S)

TEX = re.compile(
    r"\\\[(?P<square>.+?)\\\]|\\\((?P<round>.+?)\\\)|(?P<env>\\begin\{(?P<name>\w+\*?)\}.*?\\end\{(?P=name)\})|"
    + DOLLARS.pattern,
    re.S,
)


def key(formula: Formula) -> str:
    """A formula as the committed table names it."""
    tex, display = formula
    return f"$${tex.strip()}$$" if display else f"${tex.strip()}$"


def asked(html: str, facts: PageFacts) -> set[Formula]:
    """Every formula that a page will show."""
    return {formula for one in [dollars(html, facts), *(shown for _, shown in facts.cells)] for formula in within(one)}


def within(html: str) -> set[Formula]:
    return {formula_of(match) for match in MARKED.finditer(html)}


def line_of(formula: Formula, source: str) -> int:
    """The line of a Markdown file or a script where a formula begins; 0 if it does not stand there."""
    tex = r"(?:\s|^#)+".join(map(re.escape, formula[0].split()))
    for pattern in (rf"(?<=[$(\[])[\s#]*({tex})[\s#]*(?=[$\\])", rf"({tex})"):
        if found := re.search(pattern, source, re.M):
            return source.count("\n", 0, found.start(1)) + 1
    return 0


def formula_of(match: re.Match[str]) -> Formula:
    return markup.unescape(match[2]).strip(), match[1] == "div"


def dollars(html: str, facts: PageFacts) -> str:
    """A notebook's formulas marked as Markdown's are: Jupyter leaves them between dollars."""
    if not facts.notebook:
        return html
    return text.changed(html, lambda piece: DOLLARS.sub(between, piece), {"pre", "code", "style", "script"})


def between(found: re.Match[str]) -> str:
    return marked(found["display"] or found["inline"], display=found["display"] is not None)


def latex(source: str) -> str:
    """LaTeX that a cell returns as Jupyter shows it: text with formulas inside; a formula alone has its own line."""
    source, pieces, position = source.strip(), [], 0
    for found in TEX.finditer(source):
        tex = next(filter(None, found.group("display", "square", "env", "inline", "round")))
        inline = (found["inline"] or found["round"]) and found[0] != source
        pieces += [words(source[position : found.start()]), marked(markup.escape(tex, quote=False), display=not inline)]
        position = found.end()
    return f'<div class="press-html">{"".join([*pieces, words(source[position:])])}</div>'


def words(source: str) -> str:
    return markup.escape(source.replace(r"\$", "$"), quote=False)


def marked(tex: str, *, display: bool) -> str:
    """A formula marked as Markdown's are; `tex` is escaped."""
    return f'<div class="arithmatex">\\[{tex}\\]</div>' if display else f'<span class="arithmatex">\\({tex}\\)</span>'


def formulas(html: str, facts: PageFacts) -> str:
    """Every marked formula as MathML, left out of the search index; one that has none stays what its author wrote."""
    mathml = facts.mathml
    if mathml is None:
        return html

    def drawn(match: re.Match[str]) -> str:
        made = mathml.get(key(formula_of(match)))
        if made is None:
            return f"<code>{match[2].strip()}</code>{match[3]}"
        made = made.replace("<math", "<math data-search-exclude", 1)
        if match[1] == "div":
            return f'<div class="press-math">{made}</div>{match[3]}'
        return f'<span class="press-nobreak">{made}{match[3]}</span>' if match[3] else made

    return MARKED.sub(drawn, html)
