"""Turns what only the site's Markdown knows into what Jupyter shows; tests/test_downloads_markup.py lists it."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from string import ascii_uppercase

from press.scripts import quiz
from press.site.pages.templates import draw, inline

BLOCK = re.compile(
    r'(?P<fence>`{3,}|~{3,}) *(?P<info>[^`]*)'
    r'|(?P<box>!!!|\?{3}\+?)(?= +\S)(?: +(?P<kind>[A-Za-z][\w -]*?))?(?: +"(?P<title>.*)")? *'
    r'|={3}[!+]? +"(?P<tab>.*)" *'
    r"|\[\^(?P<note>[^\]\s]+)\]: *(?P<text>.*)"
    r"|: {1,3}(?P<definition>\S.*)"
)
ONE = r"""(?:[.#][\w:-]+|[\w:-]+=(?:"[^"\n]*"|'[^'\n]*'|[^\s}]+))"""
ATTRIBUTES = rf"\{{:?[ ]*{ONE}(?:[ ]+{ONE})*[ ]*\}}"
WITHIN = r"(?:[^\n]|\n(?!\s*\n))+?"  # a paragraph
KEY = r"""(?:[\w-]+|"[^"\n]+"|'[^'\n]+')"""


def anchor(text: str) -> str:
    """What is left of a list of attributes: the place that links lead to."""
    found = re.search(r"\{[^}]*#([\w:-]+)", text)
    return f'<a id="{found[1]}"></a>' if found else ""


def heading(text: str) -> str:
    begin, title = text.split(" ", 1)
    return f"{begin} {spans(re.sub(f' *{ATTRIBUTES} *$', '', title))}{anchor(text)}"


def named_key(key: str) -> str:
    return key[1:-1] if key[0] in "\"'" else key.replace("-", " ").title()


def formula(text: str) -> str:
    mark = {r"\(": "$", r"\[": "$$"}.get(text[:2])
    return f"{mark}{text[2:-2].strip()}{mark}" if mark else text


def opened(text: str) -> str:
    """A tag without `markdown`; an empty line lets Markdown be Markdown below it."""
    return re.sub(r'\smarkdown(?:="?\w*"?)?(?=[\s>])', "", text) + "\n" * text.endswith("\n")


RULES: dict[str, tuple[str, Callable[[str], str]]] = {  # the first that fits; code and formulas hide the rest
    "code": (
        rf"(?<!`)(?P<ticks>`+)(?!`){WITHIN}(?<!`)(?P=ticks)(?!`)",
        lambda text: re.sub(r"^(`+) ?(?:#!|:{3,})[\w+#.-]+ +", r"\1", text),
    ),
    "comment": (r"<!--.*?-->", lambda text: "" if re.match(r"<!--\s*press:", text) else text),
    "math": (
        rf"\$\$.+?\$\$|\\\({WITHIN}\\\)|\\\[.+?\\\]|\\begin\{{(?P<name>\w+\*?)\}}.+?\\end\{{(?P=name)\}}"
        r"|\$(?!\s)(?:\\.|[^\\$`\n]|\n(?!\s*\n))+?(?<!\s)\$",
        formula,
    ),
    "escaped": (r"\\.", str),
    "money": (r"\$", lambda text: r"\$"),
    "keys": (
        rf"(?<!\+)\+\+{KEY}(?:\+{KEY})*\+\+(?!\+)",
        lambda text: "+".join(f"<kbd>{named_key(key)}</kbd>" for key in re.findall(KEY, text)),
    ),
    "dropped": (r"(?m:^\[TOC\]$|^ {0,3}\*\[[^\]\n]+\]:[^\n]*$)", lambda text: ""),  # contents, an abbreviation
    "heading": (rf"(?m:^\#{{1,6}} [^\n]*{ATTRIBUTES} *$)", heading),
    "anchor": (rf"\[\]\(\){ATTRIBUTES}", anchor),
    "listed": (rf"(?m:^ *{ATTRIBUTES} *$)|(?<=[)\]*_`>+]){ATTRIBUTES}| +{ATTRIBUTES}(?= *\|)", anchor),
    "footnote": (r"\[\^[^\]\s]+\]", lambda text: f"<sup>{text[2:-1]}</sup>"),
    "reference": (r"(?<!\])\[(?:`[^`\n]+`|[^][\n`])+\]\[(?:[A-Za-z_][\w.]*)?\]", lambda text: text[1:].split("][")[0]),
    "opened": (r'<\w+(?:\s[^<>]*)?\smarkdown(?:="?\w*"?)?(?=[\s>])[^<>]*>(?: *\n)?', opened),
    "closed": (r"(?<!\n)\n(?= *</(?:div|details|figure|section|aside)>)", lambda text: "\n\n"),
}
ANY = "|".join(f"(?P<{name}>{pattern})" for name, (pattern, _) in RULES.items())
SPANS = re.compile(rf"(?=[`<$\\+[*#{{ \n])(?:{ANY})", re.S)  # how any of them begins: this halves the time


@lru_cache(maxsize=20_000)
def for_notebook(text: str) -> str:
    """The text with boxes as quotations, folded boxes as `<details>`, and the answers of questions folded."""
    text = quiz.replace(text, lambda asked: draw("question.txt.j2", quiz=asked, letters=ascii_uppercase))
    return "\n".join(blocks(text.split("\n")))


def spans(text: str) -> str:
    """Text without blocks; a reference that has its address in the text stays."""
    known = set(re.findall(r"(?m)^ {0,3}\[([^]^\n]+)\]:", text))

    def replaced(match: re.Match[str]) -> str:
        rule, found = match.lastgroup or "", match[0]
        stays = rule == "reference" and {found[found.rindex("[") + 1 : -1], found[1:].partition("]")[0]} & known
        return found if stays else RULES[rule][1](found)

    return SPANS.sub(replaced, text)


def blocks(lines: list[str]) -> Iterator[str]:
    """The lines of a text, its blocks turned; what lies in a block is turned by itself."""
    plain, row, defined = [], 0, False  # lines outside of any block; whether a definition came last
    while row < len(lines):
        indent = len(lines[row]) - len(lines[row].lstrip(" "))
        match, begin, row = BLOCK.fullmatch(lines[row][indent:]), row + 1, row + 1
        if not match or (match["definition"] and not defined and not "".join(plain).strip()):
            plain.append(lines[begin - 1])
            defined &= not lines[begin - 1].strip()
            continue
        if mark := match["fence"]:
            while row < len(lines) and not re.fullmatch(f" *{mark[0]}{{{len(mark)},}} *", lines[row]):
                row += 1
            row += 1
        else:
            while row < len(lines) and (not lines[row].strip() or lines[row].startswith(" " * (indent + 4))):
                row += 1
        body = [line[indent + (0 if mark else 4) :] for line in lines[begin:row]]
        new = fenced(match, body) if mark else block(match, body, terms(plain) if match["definition"] else [])
        yield from spans("\n".join(plain)).split("\n") if plain else ()
        yield from (f"{' ' * indent}{line}".rstrip() for line in new)
        plain, defined = [], bool(match["definition"])
    yield from spans("\n".join(plain)).split("\n") if plain else ()


def strong(title: str | None) -> list[str]:
    return [f"**{spans(title)}**", ""] if title else []


def fenced(match: re.Match[str], body: list[str]) -> list[str]:
    """A block of code, with its language alone and its title above."""
    info = match["info"]
    title, language = re.search(r'title="([^"]*)"', info), re.match(r"\{? *\.?([\w+#-]*)(?!\S*=)", info)
    return [*strong(title and title[1]), match["fence"] + (language[1] if language else ""), *body]


def block(match: re.Match[str], lines: list[str], above: list[str]) -> list[str]:
    """A box as a quotation, a folded one as `<details>`, a tab and a definition below their names."""
    body = "\n".join(blocks(lines)).strip("\n").split("\n")
    if match["note"]:
        return [f"<sup>{match['note']}</sup> {spans(match['text'])}", *body, ""]
    if match["definition"]:
        return [*above, f"- {spans(match['definition'])}", *(f"  {line}" for line in ["", *body]), ""]
    if match["tab"] is not None:
        return [*strong(match["tab"]), *body, ""]
    title = match["title"] if match["title"] is not None else match["kind"].split()[0].capitalize()
    if match["box"] == "!!!":
        return [*(f"> {line}" for line in [*strong(title), *body]), ""]
    # The empty lines let Markdown be Markdown inside it.
    return [f"<details><summary>{inline(title)}</summary>", "", *body, "", "</details>", ""]


def terms(plain: list[str]) -> list[str]:
    """Take what a definition explains from the end of some lines."""
    found: list[str] = []
    while plain and (plain[-1].strip() or not found):
        term = re.sub(f" *{ATTRIBUTES} *$", "", plain.pop())
        found = [*strong(term.strip()), *found]
    return found
