"""Turns what only the site's Markdown knows into what Jupyter shows; tests/test_downloads_markup.py lists it."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from string import ascii_uppercase

from press.scripts import quiz
from press.site.pages.templates import draw, inline

BOX = re.compile(r'(?P<mark>!!!|\?{3}\+?|={3}[!+]?)(?: +(?P<kind>[A-Za-z][\w -]*?))?(?: +"(?P<title>.*)")? *')
FENCE = re.compile(r"(?P<mark>`{3,}|~{3,}) *(?P<info>[^`]*)")
FOOTNOTE = re.compile(r"\[\^(?P<label>[^\]\s]+)\]: *(?P<text>.*)")
DEFINITION = re.compile(r":[ ]{1,3}(?P<text>\S.*)")
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
    plain: list[str] = []  # lines outside of any block
    row = 0
    while row < len(lines):
        indent, line = re.match("( *)(.*)", lines[row], re.S).groups()  # type: ignore[union-attr]
        turned = None
        if fence := FENCE.fullmatch(line):
            turned, row = fenced(lines, row, fence)
        elif (box := BOX.fullmatch(line)) and (box["title"] is not None or (box["kind"] and box["mark"][0] != "=")):
            body, row = below(lines, row + 1, len(indent) + 4)
            turned = boxed(box, list(blocks(body)))
        elif note := FOOTNOTE.fullmatch(line):
            body, row = below(lines, row + 1, len(indent) + 4)
            turned = [*blocks([f"<sup>{note['label']}</sup> {note['text']}", *body]), ""]
        elif (definition := DEFINITION.fullmatch(line)) and (terms := named(plain)) is not None:
            body, row = below(lines, row + 1, len(indent) + 4)
            first, *more = blocks([definition["text"], *body])
            turned = [*terms, f"- {first}", *(f"  {each}" for each in more)]
        if turned is None:
            plain.append(lines[row])
            row += 1
        else:
            yield from spans("\n".join(plain)).split("\n") if plain else ()
            yield from (f"{indent}{each}".rstrip() for each in turned)
            plain = []
    yield from spans("\n".join(plain)).split("\n") if plain else ()


def below(lines: list[str], row: int, width: int) -> tuple[list[str], int]:
    """The lines from a row that are empty or indented so far, without the indent, and the row after them."""
    end = row
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith(" " * width)):
        end += 1
    while end > row and not lines[end - 1].strip():
        end -= 1
    return [line[width:] for line in lines[row:end]], end


def fenced(lines: list[str], row: int, fence: re.Match[str]) -> tuple[list[str], int]:
    """A block of code, with its language alone and its title above, and the row after it."""
    indent = len(lines[row]) - len(lines[row].lstrip())
    end = row + 1
    while end < len(lines) and not re.fullmatch(f" *{fence['mark'][0]}{{{len(fence['mark'])},}} *", lines[end]):
        end += 1
    language = re.match(r"\{?[ ]*\.?([\w+#-]*)(?![\w+#-]*=)", fence["info"])
    title = re.search(r'title="([^"]*)"', fence["info"])
    begin = [*([f"**{title[1]}**", ""] if title else []), fence["mark"] + (language[1] if language else "")]
    return begin + [line[indent:] for line in lines[row + 1 : end + 1]], end + 1


def boxed(box: re.Match[str], body: list[str]) -> list[str]:
    """A box as a quotation, a folded one as `<details>`, a tab below its name."""
    title = box["title"] if box["title"] is not None else box["kind"].split()[0].capitalize()
    if box["mark"][0] == "?":  # the empty lines let Markdown be Markdown inside it
        return [f"<details><summary>{inline(title)}</summary>", "", *body, "", "</details>", ""]
    begin = [f"**{spans(title)}**", ""] if title else []
    return [*begin, *body, ""] if box["mark"][0] == "=" else [*(f"> {line}" for line in begin + body), ""]


def named(plain: list[str]) -> list[str] | None:
    """Take the terms that a definition explains from the end of some lines; [] for a further definition of them."""
    while plain and not plain[-1].strip():
        plain.pop()
    terms: list[str] = []
    while plain and plain[-1].strip():
        terms.insert(0, spans(re.sub(f" *{ATTRIBUTES} *$", "", plain.pop())))
    return [line for term in terms for line in (f"**{term}**", "")]
