"""Short names for the folders of the machine that ran a tutorial, so that a stored result tells of none of them."""

import os
import re
import site
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

CELL_FILE = re.compile(r"\btmp[/\\]+ipykernel_\d+[/\\]+\d+\.py")
SHARED = ("/usr", "/usr/local")  # a Python that lies there has them not for itself
# Not in the middle of a word or of another path, but right behind a color, an escaped line end, -I, or file://.
BEFORE = r"(?:(?<![\w./\\~+-])|(?<=\\[nrt])|(?<=file://)|(?<=\s-[A-Z])|(?<=[\[;]\dm)|(?<=[\[;]\d\dm)|(?<=;\d{3}m))"


def shortener(folder: str, root: str = "") -> Callable[[str], str]:
    """What gives short names to the run's own folder, the project, its data, Python, the home, temporary folders."""
    packages = *site.getsitepackages(), site.getusersitepackages(), *map(sysconfig.get_path, ("purelib", "platlib"))
    pythons = sysconfig.get_path("stdlib"), *({sys.prefix, sys.base_prefix} - {*SHARED})
    places = {
        "tmp": (tempfile.gettempdir(), "/tmp"), "~": (home := str(Path.home()),), "python": pythons,
        "site-packages": packages, "data": (os.environ.get("KINDLING_DATA"),), "": (root,),
        "press": (folder,), "scratch": (f"{folder}/scratch",),
    }  # fmt: skip
    both = [(way(each), name) for name, all_ in places.items() for each in all_ if each for way in (absolute, real)]
    homes = [above + os.sep for above in {absolute(home), real(home)}]  # IPython has put "~" for them before
    both += [(f"~/{place[len(above) :]}", name) for place, name in both for above in homes if place.startswith(above)]
    return naming(dict(both))


absolute, real = os.path.abspath, os.path.realpath


def naming(places: Mapping[str, str]) -> Callable[[str], str]:
    """What puts names for places, with either separator; of a folder and one inside it, the inner one is named."""
    known = [place for place in sorted(places, key=len, reverse=True) if re.search(r"[/\\]\w", place)]  # no whole disk
    ways = (place[0] + r"[/\\]+".join(map(re.escape, re.split(r"[/\\]+", place[1:]))) for place in known)
    after = r"(?![\w-]|\.\w)(?P<more>/+(?=[\w.]))?"
    some = re.compile(f"{BEFORE}(?:{'|'.join(f'({way})' for way in ways)}){after}", re.I * (os.name == "nt"))

    def short(found: re.Match[str]) -> str:
        name = next(places[place] for place, group in zip(known, found.groups(), strict=False) if group)
        return name + "/" * bool(found["more"] and name) if name or found["more"] else "."

    return lambda text: CELL_FILE.sub("cell.py", some.sub(short, text))
