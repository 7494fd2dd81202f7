"""The faces that the site serves."""

import base64
import html
import io
import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

BY = ("fonttools", "brotli")
ITALIC = "\N{PLANCK CONSTANT}" + "".join(map(chr, [*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)]))


def named(root: Path) -> dict[str, Path]:
    """The fonts that package.json asks for: the name below assets/fonts/ -> the file that npm brought."""
    manifest = root / "package.json"
    fonts = json.loads(manifest.read_bytes()).get("fonts", {}) if manifest.is_file() else {}
    return {name: root / "node_modules" / source for name, source in fonts.items()}


def math_characters(mathml: Iterable[str]) -> str:
    """Every character that these formulas draw, with the italics that browsers put for letters."""
    markup = "".join(mathml)
    drawn = set(html.unescape(re.sub(r"<[^>]*>", "", markup)))
    if re.search("<(msqrt|mroot)", markup):
        drawn.add("√")  # drawn by the element, written nowhere
    plain = {unicodedata.normalize("NFKC", character) for character in drawn}
    italic = {character for character in ITALIC if unicodedata.normalize("NFKC", character) in plain}
    return "".join(sorted(drawn | italic))


def subset(source: str, characters: str) -> str:
    """A font as woff2 with only these characters, their kerning, ligatures and MATH table; in and out in base64."""
    from fontTools import subset  # half a second, and only when a font is new

    options = subset.Options(hinting=False)
    options.layout_features = [*options.layout_features, "ssty", "dtls", "ss04"]
    subsetter = subset.Subsetter(options)
    with subset.load_font(io.BytesIO(base64.b64decode(source)), options) as font:
        subsetter.populate(unicodes=map(ord, characters))
        subsetter.subset(font)
        font.flavor = "woff2"
        font.save(smaller := io.BytesIO())
    return base64.b64encode(smaller.getvalue()).decode()
