"""Makes outputs equal from run to run, and fit for a page: texts bounded, drawings with fewer digits, small images."""

import base64
import contextlib
import json
import re
from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace
from typing import Any

from PIL import Image, ImageOps
from scour.scour import scourString

from press.execution.bounds import TEXT
from press.execution.contrast import has_dark_twin
from press.execution.places import shortener

LARGEST = 1_000_000  # characters that anything else of an output may have, an image for instance
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,16}\b")
ENDED = re.compile(r"\n\[[\d,]+ more characters: cut\]\n\Z")
FIGURE = 85_000  # characters up to which a figure stays an SVG
RASTER = 20_000  # characters up to which an image inside an SVG is left there, and a PNG as it is
RASTERS = ("image/png", "image/jpeg", "image/webp")
EMBEDDED = re.compile(r"(data:[\w/+.-]+;base64,[\w+/=\\\s]+)")  # an image or a sound inside HTML
SVG_NOISE = re.compile(r"(<\?xml.*?\?>|<!DOCTYPE.*?>|<!-- Created.*?-->|<metadata>.*?</metadata>)\s*", re.S)
MATPLOTLIB = re.compile(r'(<svg\b[^>]*)>\s*<defs>\s*<style[^>]*>\*\{(stroke-line[^{}"]*)\}</style>\s*</defs>')
PLACE = re.compile(r'\b[dxy]="[^"]*"|translate\([^)]*\)')
# Scour leaves alone what contrast.py looks for, groups and names, and what an image names, which could be any file.
LEFT = dict.fromkeys(("group_collapse", "style_to_xml", "simple_colors", "embed_rasters", "newlines"), False)
SCOUR = SimpleNamespace(**LEFT, digits=6, strip_ids=True, protect_ids_prefix="axes_,patch_", strip_xml_prolog=True)
SVG_RASTER = re.compile(r'href="data:image/[a-z]+;base64,([^"]*)"')


def slim(outputs: list, folder: str, root: str = "") -> list:
    """The outputs without what differs from run to run or machine to machine, and what a page has no use for."""
    kept: list = []
    shorten = shortener(folder, root)
    for output in outputs:
        if output.output_type == "stream":
            output.text = clean(output.text.replace("\r\n", "\n"), shorten, output.pop("left_out", 0))
        elif output.output_type == "error":
            output.traceback = [clean(line, shorten) for line in output.traceback]
            output.evalue = clean(output.evalue, shorten)
        else:
            slim_bundle(output, shorten)
        # Whether stdout or stderr came first is chance.
        swap = kept and output.get("name") == "stdout" and kept[-1].get("name") == "stderr"
        kept.insert(len(kept) - bool(swap), output)
    return kept


def slim_bundle(output: Any, shorten: Callable[[str], str]) -> None:
    """Keep a figure as SVG where it is lines, as a small PNG where it is an image; bound and clean texts."""
    data = output.data
    for mime in [mime for mime, value in data.items() if isinstance(value, list) and not mime.endswith("json")]:
        data[mime] = "".join(data[mime])  # a notebook may hold a text as a list of lines
    if "image/svg+xml" in data:
        svg = data["image/svg+xml"] = shorter(SVG_NOISE.sub("", data["image/svg+xml"]).strip())
        unfit = len(svg) > FIGURE or any(len(raster) > RASTER for raster in SVG_RASTER.findall(svg))
        drop = "image/svg+xml" if unfit and "image/png" in data else "image/png"
        data.pop(drop, None)
        output.metadata.pop(drop, None)
        if drop != "image/svg+xml" and isinstance(said := output.metadata.get("image/svg+xml", {}), dict):
            output.metadata["image/svg+xml"] = {**said, "twin": has_dark_twin(svg)}  # it takes a while to find out
    for mime in [mime for mime in RASTERS if mime in data and not is_picture(data[mime])]:
        del data[mime]
        data.setdefault("text/plain", f"[{mime} that cannot be read]")
    if len(data.get("image/png", "")) > RASTER:
        data["image/png"] = smaller(data["image/png"])
    for mime, value in list(data.items()):
        text = isinstance(value, str) and mime.startswith("text/")
        size = len(value) if isinstance(value, str) else len(json.dumps(value))
        long = text and len(EMBEDDED.sub("", value)) > TEXT
        if mime != "text/plain" and (long or size > LARGEST):  # half an HTML document is none
            del data[mime]
            output.metadata.pop(mime, None)
            data["text/plain"] = f"[{mime} of {size:,} characters: cut]\n{data.get('text/plain', '')}".strip()
        elif text:
            parts = EMBEDDED.split(value)
            data[mime] = "".join(part if at % 2 else clean(part, shorten) for at, part in enumerate(parts))
        elif mime not in RASTERS:
            data[mime] = json.loads(shorten(json.dumps(value)))
    output.metadata = json.loads(shorten(json.dumps(output.metadata)))


def clean(text: str, shorten: Callable[[str], str], left_out: int = 0) -> str:
    """Text without memory addresses and places, cut at a bound, once."""
    bound = TEXT + 60 if ENDED.search(text, max(len(text) - 60, 0)) else TEXT
    left_out += max(len(text) - bound, 0)
    text = shorten(ADDRESS.sub("at 0x...", text[:bound]))
    return f"{text}\n[{left_out:,} more characters: cut]\n" if left_out else text


def shorter(svg: str) -> str:
    """The same drawing in fewer characters: images are lean, and one of matplotlib ends its places at a hundredth."""
    svg = re.sub(r"(?<=data:image/png;base64,)[^\"]*", lambda raster: smaller("".join(raster[0].split())), svg)
    svg, ours = MATPLOTLIB.subn(r'\1 style="\2">', svg)  # inherited, as scour expects
    if ours and len(svg) < LARGEST:  # in a drawing by hand, who knows what names are for?
        svg = PLACE.sub(lambda place: re.sub(r"\d+\.\d{3,}", lambda one: f"{float(one[0]):.2f}", place[0]), svg)
        with contextlib.suppress(Exception):  # what it cannot read stays as it is
            svg = scourString(svg.replace("DejaVuSans-", "g-"), SCOUR).strip()
    return svg


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
    """The same picture in gray if it is gray, else with a palette of 256 colors, if that takes fewer bytes (base64)."""
    if (image := opened(png)).mode not in ("RGB", "RGBA"):
        return png
    for mode in ("RGB", "L"):
        if (lesser := image.convert(mode)).convert(image.mode).tobytes() == image.tobytes():
            image = lesser
    return min(png, encoded(image if image.mode == "L" else image.quantize(), optimize=True), key=len)


def thumbnail(cells: list, number: int) -> str:
    """That figure, or the last before it, as a PNG of 400 x 280 pixels (base64); "" without figures."""
    pictures = [png for one in cells for out in one.outputs if is_picture(png := out.get("data", {}).get("image/png"))]
    if not pictures:
        return ""
    figure = opened(pictures[min(number, len(pictures)) - 1]).convert("RGBA")
    return smaller(encoded(ImageOps.pad(figure, (400, 280), Image.Resampling.BICUBIC, (255, 255, 255, 0))))
