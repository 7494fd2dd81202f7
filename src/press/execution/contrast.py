"""The dark twin of a figure, and whether its words can be read there, measured on its pixels."""

import contextlib
import io
import re
from typing import Any

GLYPH = re.compile(r'<use [^>]*xlink:href="#[^"]+-[0-9a-f]+"[^>]*/>')  # a character of a font, as matplotlib draws it
LEAST = 4.5  # of WCAG, for text
TILE = 4  # CSS pixels; in nine such squares, some pixel of a character is wholly covered
SLATE = "#1e2129"  # the ground of Material's dark scheme; a darker one makes every light word easier to read
LARGEST = 3000  # pixels of a side that are looked at
# As matplotlib draws it, of the figure and of each of its axes.
FIGURE = re.compile(r'<g id="patch_1">\s*<path d="[^"]*" style="fill: ?#ffffff')
GROUND = re.compile(r'(<g id="(?:axes_\d+">\s*<g id="patch_\d+|patch_1)">\s*<path d="[^"]*" style="fill: ?)#ffffff')


def has_dark_twin(svg: str) -> bool:
    """Whether a figure of matplotlib follows the scheme of the page; else it keeps its white ground in the dark."""
    return bool(FIGURE.search(svg)) and max(svg_size(svg)) <= LARGEST and readable(svg, schemes(svg)[1], SLATE)


def readable(drawn: str, seen: str, ground: str) -> bool:
    """Whether all words of `drawn`, as it is on white, have their contrast when it looks like `seen` on this ground."""
    if "<text" in drawn:  # whose font is the browser's
        return False
    with contextlib.suppress(ValueError):  # it cannot be drawn
        return any(least(drawn, seen, ground, zoom) >= LEAST for zoom in (1, 2))  # the second only for thin strokes
    return False


def least(drawn: str, seen: str, ground: str, zoom: int) -> float:
    """The contrast of the word that is worst to read."""
    import numpy as np
    from PIL import Image, ImageFilter

    words = np.abs(pixels(drawn, "#ffffff", zoom) - pixels(GLYPH.sub("", drawn), "#ffffff", zoom)) > 0.05
    above, below = pixels(seen, ground, zoom), pixels(GLYPH.sub("", seen), ground, zoom)
    contrast = (np.maximum(above, below) + 0.05) / (np.minimum(above, below) + 0.05)
    best = Image.fromarray(tiles(contrast, TILE * zoom)).filter(ImageFilter.MaxFilter(3))
    return float(np.asarray(best)[tiles(words, TILE * zoom)].min(initial=21))


def tiles(values: Any, size: int) -> Any:
    """The largest value in each square of that many pixels."""
    import numpy as np

    height, width = values.shape
    values = np.pad(values, ((0, -height % size), (0, -width % size)))
    return values.reshape(-(-height // size), size, -1, size).max((1, 3))


def pixels(svg: str, ground: str, zoom: int) -> Any:
    """The relative luminance of each pixel of a drawing on a ground."""
    import numpy as np
    import resvg_py
    from PIL import Image

    png = resvg_py.svg_to_bytes(svg_string=svg, background=ground, dpi=96, zoom=zoom, skip_system_fonts=True)
    values = np.arange(256) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype("float32")
    with Image.open(io.BytesIO(png)) as image:
        return linear[np.asarray(image.convert("RGB"))] @ np.array([0.2126, 0.7152, 0.0722], "float32")


def schemes(svg: str) -> tuple[str, str]:
    """The figure without its white ground, and its dark twin: grays are turned round, colors stay."""
    svg = GROUND.sub(r"\1none", svg)
    dark = re.sub(r"(?<=[:\"\s])#[0-9a-fA-F]{6}\b", turned, svg)
    # Text and marks without a color of their own are black by default.
    return svg, re.sub(r"<svg\b", '<svg fill="#e8e8e8"', dark, count=1)


def turned(match: re.Match[str]) -> str:
    red, green, blue = (int(match[0][i : i + 2], 16) for i in (1, 3, 5))
    if max(red, green, blue) - min(red, green, blue) > 12:
        return match[0]
    gray = round(232 - (red + green + blue) / 3 * (232 - 30) / 255)
    return f"#{gray:02x}{gray:02x}{gray:02x}"


def svg_size(svg: str) -> tuple[int, int]:
    """Width and height in CSS pixels."""
    sides = [re.search(rf'<svg[^>]*\b{side}="(\d{{1,6}}(?:\.\d*)?)(pt|px)?"', svg) for side in ("width", "height")]
    width, height = (round(float(side[1]) * (4 / 3 if side[2] == "pt" else 1)) if side else 640 for side in sides)
    return width, height
