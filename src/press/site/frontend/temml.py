"""MathML for formulas, made by Temml and kept in a table that is committed: only a new formula needs node."""

import hashlib
import json
import logging
import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from press.files import Stamp, stamp, write
from press.site.frontend.npm import SECONDS, install, run_node
from press.site.html.formulas import Formula, key

log = logging.getLogger("mkdocs.press")
TEMML = Path(__file__).with_name("temml.js").read_text(encoding="utf-8")
# The site allows no style attribute: each one that Temml writes is a rule of the stylesheet, or an error.
STYLES = {"math-depth:0;": "tml-accent", "text-align:left;": "tml-left", "padding:3pt;border:1px solid;": "tml-box"}
SELECTED = re.compile(r"display:block math;|(padding-(left|right):[\d.]+(em|pt);)+|(padding:0;)?width:\d+%;")
UNUSED_CLASSES = re.compile(r"(wbk|ff)-.*|tml-display")


class Typeset(NamedTuple):
    """Formulas as MathML, by the names that the table gives them, and what is wrong with those that have none."""

    mathml: Mapping[str, str]
    problems: tuple[str, ...] = ()


def typeset(formulas: Iterable[Formula], table: Path, root: Path) -> Typeset:
    """Set each formula, those that the committed `table` does not know by Temml; what it refuses is left out."""
    asked = {key(formula): formula for formula in formulas}
    known, made, problems = entries(table, root), {}, []
    try:
        if new := {name: formula for name, formula in asked.items() if name not in known}:
            made, problems = ask(new, root)
    except RuntimeError as error:
        problems = [str(error)]
    if made:
        with FileLock(root / ".press" / "formulas.lock", timeout=SECONDS):
            save(table, root, entries(table, root) | made)
    known = known | made
    return Typeset({name: known[name] for name in asked if name in known}, tuple(problems))


def prune(table: Path, used: Collection[str], root: Path) -> None:
    """Drop the entries of `table` that a whole site, which shows the `used` formulas, shows no more."""
    known = entries(table, root)
    if not known.keys() <= set(used):
        save(table, root, {name: known[name] for name in known.keys() & set(used)})


def ask(new: Mapping[str, Formula], root: Path) -> tuple[dict[str, str], list[str]]:
    """The markup of new formulas, and a sentence about each that has none; RuntimeError if node is out of reach."""
    if not install(root):
        raise RuntimeError(
            f"no MathML yet for {', '.join(new)}: build once where npm can be reached, and commit the table of formulas"
        )
    question = json.dumps([[tex.strip(), display] for tex, display in new.values()])
    made, problems = {}, []
    for name, (markup, refused) in zip(new, json.loads(run_node(root, "-e", TEMML, stdin=question)), strict=True):
        try:
            if refused is not None:
                raise ValueError(refused)
            made[name] = cleaned(markup)
        except ValueError as error:
            problems.append(f"Temml does not accept {name}: {error}")
    return made, problems


def cleaned(markup: str) -> str:
    """Temml's style attributes as classes, without unused classes; ValueError for a style that has no class."""

    def attributes(tag: re.Match[str]) -> str:
        written = dict(re.findall(r' (class|style)="([^"]*)"', tag[0]))
        classes = [name for name in written.get("class", "").split() if not UNUSED_CLASSES.fullmatch(name)]
        style = SELECTED.sub("", written.get("style", ""))
        if style and style not in STYLES:
            raise ValueError(f"it needs a style attribute, which the site forbids: {style}")
        classes += [STYLES[style]] if style else []
        bare = re.sub(r' (class|style)="[^"]*"', "", tag[0])
        return bare[:-1] + f' class="{" ".join(classes)}">' if classes else bare

    return re.sub(r"<[^>]* (?:class|style)=[^>]*>", attributes, markup)


def maker(root: Path) -> str:
    """What the markup depends on besides the formula: Temml's version, and the rules of this file."""
    manifest = root / "package.json"
    version = json.loads(manifest.read_bytes())["dependencies"]["temml"] if manifest.is_file() else "absent"
    rules = repr((TEMML, STYLES, SELECTED.pattern, UNUSED_CLASSES.pattern)).encode()
    return f"temml {version}, rules {hashlib.sha256(rules).hexdigest()[:8]}"


def entries(table: Path, root: Path) -> dict[str, str]:
    """The formulas of the table; none where it is absent, damaged or made otherwise than now."""
    return read(table, stamp(table), maker(root)) if table.is_file() else {}


@lru_cache(maxsize=2)
def read(table: Path, stamp: Stamp, made_by: str) -> dict[str, str]:
    try:
        stored = json.loads(table.read_bytes())
        return stored["formulas"] if stored["made_by"] == made_by else {}
    except (ValueError, KeyError, TypeError):
        log.warning("%s is damaged and is written again", table)
        return {}


def save(table: Path, root: Path, formulas: Mapping[str, str]) -> None:
    stored = {"made_by": maker(root), "formulas": formulas}
    write(table, json.dumps(stored, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
