"""HTML that a cell returns, fit for a page: nothing runs or comes from elsewhere, and nothing goes unsaid."""

import base64
import hashlib
import re
from urllib.parse import unquote_to_bytes

from press.site.html.figures import SVG, figure, is_drawing

LOST = dict.fromkeys(("script", "canvas"), "a program") | dict.fromkeys(("iframe", "frame"), "another page")
LOST |= dict.fromkeys(("form", "button", "input", "select", "textarea"), "controls")
LOST |= dict.fromkeys(("object", "embed", "applet"), "a plug-in")
TAG = re.compile(rf"<({'|'.join(LOST)})\b", re.I)
DROPPED = {"script", "style", "form", "button", "select", "textarea"}  # with all that they contain
MEDIA = {"audio": {"src", "loop", "muted"}, "video": {"src", "loop", "muted", "poster", "width", "height"}}
FILES = {"wav", "mp3", "ogg", "flac", "aac", "mp4", "webm", "png", "jpg", "gif", "webp", "bmp", "avif", "svg"}
NAMES = {"mpeg": "mp3", "jpeg": "jpg", "svg+xml": "svg", "wave": "wav"}
DATA = re.compile(r"data:(?:image|audio|video)/(?:x-|vnd\.)?([\w.+-]+)((?:;[^,]*)?),(.*)", re.S | re.I)
DRAWING = re.compile(r"<svg\b.*?</svg\s*>", re.S | re.I)
FRAME = re.compile(r"""["'](data:image/[\w+]+;base64,[\w+/=\\\s]+)["']""")  # of an animation, in its script
FRAMED = re.compile(r"<i?frame\b[^>]*?\bsrc\s*=\s*[\"']?([^\"'\s>]+)", re.I)
EMPTY = re.compile(
    r"<img(?![^>]* src=)[^>]*>|<(audio|video)\b(?![^>]* src=)[^>]*>(?!\s*<source [^>]*src=).*?</\1>", re.S
)
INVISIBLE = re.compile(r"<(?!img|audio|video)[^>]*>|\s|&nbsp;")


def cleaned(html: str, mime: str, files: dict[str, bytes]) -> tuple[str, list[str]]:
    """The HTML without whatever is active, its media in `files`, and what of it the page does not show."""
    import nh3

    absent = [f"{LOST[tag.lower()]} ({mime})" for tag in TAG.findall(html)] + FRAMED.findall(html)
    raw, html = html, DRAWING.sub(lambda found: drawn(found[0], files), html)
    if "<script" in html and (frame := FRAME.search(html)):
        address = re.sub(r"[\\\s]", "", frame[1])
        html += f'<img alt="The first frame of an animation" src="{address}">'

    def own(tag: str, name: str, value: str) -> str | None:
        """The address of a medium as a file of this site; addresses of other sites are for links alone."""
        if name in ("src", "poster") and value not in files:
            if (file := kept(value, files)) is None:
                absent.append(f"{tag} of a type that no browser shows ({mime})" if value.startswith("data:") else value)
            return file
        return None if value.lower().startswith("data:") else value

    attributes = {**nh3.ALLOWED_ATTRIBUTES, **MEDIA, "source": {"src", "type"}, "*": {"class", "colspan", "rowspan"}}
    attributes["img"] = attributes["img"] | {"loading"}
    played = {name: {"controls": "", "preload": "metadata"} for name in MEDIA}
    html = nh3.clean(
        html,
        tags=nh3.ALLOWED_TAGS | {*MEDIA, "source"},
        clean_content_tags=DROPPED,
        attributes=attributes,
        attribute_filter=own,
        set_tag_attribute_values=played,
        url_schemes=nh3.ALLOWED_URL_SCHEMES | {"data"},
    )
    html = EMPTY.sub("", html)
    if INVISIBLE.sub("", html):
        return html, absent
    return "", absent or ([mime] if raw.strip() else [])


def drawn(svg: str, files: dict[str, bytes]) -> str:
    """A drawing inside HTML, which need not say that it is one, as a figure."""
    if "xmlns=" not in svg.partition(">")[0]:
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return figure({"data": {SVG: svg}}, SVG, files)


def kept(address: str, files: dict[str, bytes]) -> str | None:
    """The name of the file that takes the content of a `data:` address; None for what is no image, sound or video."""
    found = DATA.fullmatch(address.strip())
    suffix = NAMES.get(found[1].lower(), found[1].lower()) if found else ""
    if not found or suffix not in FILES:
        return None
    try:
        content = unquote_to_bytes(found[3])
        content = base64.b64decode(content) if ";base64" in found[2].lower() else content
        if not content or (suffix == "svg" and not is_drawing(content.decode())):
            return None
    except ValueError:
        return None
    name = f"media-{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
    files[name] = content
    return name
