"""Makes figures small: drawings with fewer digits, images with a palette."""

import base64
import re
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

FIGURE = 100_000  # characters up to which a figure stays an SVG
RASTER = 20_000  # characters up to which an image inside an SVG is left there, and a PNG as it is
RASTERS = ("image/png", "image/jpeg", "image/webp")
SVG_NOISE = re.compile(r"(<\?xml.*?\?>|<!DOCTYPE.*?>|<!-- Created.*?-->|<metadata>.*?</metadata>)\s*", re.S)
SVG_RASTER = re.compile(r'href="data:image/[a-z]+;base64,([^"]*)"')


def shorter(svg: str) -> str:
    """The same drawing with places to a hundredth of a point, where matplotlib writes a millionth, and lean rasters."""

    def rounded(places: re.Match[str]) -> str:
        numbers = re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), places[0])
        return re.sub(r"\s+", " ", numbers)

    svg = re.sub(r'\b(?:d|x|y)="[^"]*"|translate\([^)]*\)', rounded, svg)
    svg = re.sub(r"(?<=data:image/png;base64,)[^\"]*", lambda raster: smaller("".join(raster[0].split())), svg)
    return re.sub(r">\s+<", "><", svg)


def opened(image: str) -> Image.Image:
    return Image.open(BytesIO(base64.b64decode(image)))


def encoded(image: Image.Image, *, optimize: bool = False) -> str:
    file = BytesIO()
    image.save(file, "PNG", optimize=optimize)
    return base64.b64encode(file.getvalue()).decode()


def is_picture(image: Any) -> bool:
    """Whether a page could show it (base64)."""
    try:
        opened(image).load()
    except (OSError, ValueError, TypeError, SyntaxError, Image.DecompressionBombError):
        return False  # Pillow calls a broken PNG a SyntaxError
    return True


def smaller(png: str) -> str:
    """The same picture with a palette of 256 colors, if that takes fewer bytes (base64)."""
    image = opened(png)
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    method = Image.Quantize.FASTOCTREE if image.mode == "RGBA" else Image.Quantize.MEDIANCUT
    palette = image.convert(image.mode if image.mode in ("RGB", "RGBA") else "RGB").quantize(256, method=method)
    return min(png, encoded(palette, optimize=True), key=len)


def thumbnail(cells: list, number: int) -> str:
    """That figure, or the last before it, as a PNG of 400 x 280 pixels (base64); "" without figures."""
    bundles = [output.get("data", {}) for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    pictures = [data["image/png"] for data in bundles if is_picture(data.get("image/png"))]
    if not pictures:
        return ""
    figure = opened(pictures[min(number, len(pictures)) - 1]).convert("RGBA")
    return smaller(encoded(ImageOps.pad(figure, (400, 280), Image.Resampling.BICUBIC, (255, 255, 255, 0))))
