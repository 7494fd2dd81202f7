"""What the site's Markdown knows beyond Jupyter's becomes what Jupyter shows; the oracle is nbconvert's Markdown."""

import re

import pytest
import yaml
from bs4 import BeautifulSoup
from nbconvert.filters import markdown2html
from sitefixture import CATALOGUE, ROOT

from press.project import TolerantLoader
from press.site.downloads.markup import for_notebook

CASES = {  # extension -> text, what is seen of it, what must be seen of no tag or text
    "abbr": ("The API.\n\n*[API]: An interface", ["The API."], "interface"),
    "admonition": ('!!! note inline end "Look"\n    *Here*.', ["Look", "Here."], "!!!"),
    "attr_list": (
        '## Title *x* { #here .wide }\n\n[a](b.md){ target=_blank } and `c`{.y}, **d**{: .z }\n\n![i](i.png){ width="300" }\n{ .center }',
        ["Title x", "a and c, d"],
        "{",
    ),
    "def_list": (
        "Term\n\n:   The first.\n\n    Its end.\n\n:   The second.\n\nAfter",
        ["Term", "The first.", "Its end.", "The second.", "After"],
        ":",
    ),
    "footnotes": ("So it is.[^why]\n\n[^why]: Because.\n    And so.", ["So it is.why", "why Because.\nAnd so."], "^"),
    "md_in_html": ('<div class="a" markdown>\n**bold**\n</div>\n', ["bold"], "**"),
    "pymdownx.arithmatex": (
        r"\(x_1\) and \[y_1\] and $z_1$, for $5 or `$6`",
        ["$x_1$ and $$y_1$$ and $z_1$, for $5 or $6"],
        "\\",
    ),
    "pymdownx.details": ('??? "Open `it`"\n    *In*\n\n???+ tip inline\n    On', ["Open it", "In", "Tip", "On"], "???"),
    "pymdownx.highlight": ('```{ .python title="a.py" linenums="1" }\nx = 1\n```', ["a.py", "x = 1"], "linenums"),
    "pymdownx.inlinehilite": ("`#!python x = 1` and `#!/bin/sh`", ["x = 1 and #!/bin/sh"], "python"),
    "pymdownx.keys": (
        "Press ++ctrl+c++, not ++page-down++; i++ or `++x++`",
        ["Press Ctrl+C, not Page Down; i++ or ++x++"],
        "ctrl",
    ),
    "pymdownx.superfences": (
        '- a\n\n    ```python hl_lines="1"\n    !!! x\n    ```\n\n~~~~\n```\n=== "T"\n~~~~',
        ["a", "!!! x", '```\n=== "T"'],
        "hl_lines",
    ),
    "pymdownx.tabbed": (
        '=== "pip"\n    one\n\n    ```\n    $ two\n    ```\n\n===! "uv"\n    three',
        ["pip", "one", "$ two", "uv", "three"],
        "===",
    ),
    "pymdownx.tasklist": ("- [x] done", ["done"], "[x]"),
    "smarty": ('"So" ...', ['"So" ...'], "&"),
    "tables": ("a | b\n--|--\n1 { .x } | $2", ["a", "b", "1", "$2"], "|"),
    "toc": ("[TOC]\n\n# T", ["T"], "TOC"),
}
PLAIN = {"md_in_html", "pymdownx.arithmatex", "pymdownx.superfences", "pymdownx.tasklist", "tables"}  # Jupyter knows it
OTHERS = {  # of plugins
    "press": ("A <!-- press:gallery x --> B <!-- kept -->", ["A  B"], "press"),
    "autorefs": (
        "[](){#place} [`fit`][] and [fit][pack.fit], [a][b], x[0][1]\n\n[b]: http://b",
        ["fit and fit, a, x[0][1]"],
        "pack",
    ),
    "box in a list": ("1.  a\n\n    !!! note\n        b\n\n    c", ["a", "Note", "b", "c"], "!!!"),
}


def rendered(text):
    return BeautifulSoup(markdown2html(for_notebook(text)), "html.parser")


@pytest.mark.parametrize("name", [*CASES, *OTHERS])
def test_a_notebook_shows_what_the_site_shows(name):
    text, seen, gone = (CASES | OTHERS)[name]
    html = rendered(text)
    shown = html.get_text().replace("¶", "")
    at = 0
    for words in seen:
        assert words in shown[at:], for_notebook(text)
        at = shown.index(words, at) + len(words)
    assert gone not in shown and " markdown" not in str(html), for_notebook(text)
    assert name in PLAIN or gone not in for_notebook(text), "nbconvert knows more than JupyterLab does"


def test_every_extension_of_the_site_has_an_answer():
    config = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader=TolerantLoader)
    enabled = {name for each in config["markdown_extensions"] for name in (each if isinstance(each, dict) else [each])}
    assert enabled == set(CASES)


@pytest.mark.parametrize(
    "text",
    ["$5 and $6", "from $5 to $10, or 5 $", r"\$5 and $6", "**$5** is not $\\frac{a}{b}$6", "a $x$ costs $3, `$y`"],
)
def test_money_is_no_formula(text):
    formulas = re.findall(r"(?<!\\)\$", re.sub(r"\$x\$|\$\\frac\{a\}\{b\}\$|`.*?`", "", for_notebook(text)))
    assert not formulas
    assert for_notebook(for_notebook(text)) == for_notebook(text)


def test_the_text_of_a_tutorial_without_such_syntax_comes_through_as_it_is():
    texts = [cell.source for script in CATALOGUE.scripts for cell in script.cells if cell.kind == "text"]
    plain = [
        text
        for text in texts
        if not re.search(r'!!!|\?\?\?|\]\[|<!--|^:|\{|\\[(\[]|(?<!\\)\$[^$\n]*$|^```.*"', text, re.M)
    ]
    assert len(plain) > 300 and all(for_notebook(text) == text for text in plain)
