"""Short names for the folders of the machine that ran a tutorial, so that a stored result tells of none of them."""

import os
import re
import site
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path

CELL_FILE = re.compile(r"\btmp[/\\]+ipykernel_\d+[/\\]+\d+\.py")
SHARED = ("/usr", "/usr/local")  # a Python that lies there has them not for itself
# Not in the middle of a word or of another path, but right behind a color, an option such as -I, or file://.
BEFORE = r"(?:(?<![\w./\\~+-])|(?<=file://)|(?<=\s-[A-Z])|(?<=\x1b\[\dm)|(?<=\x1b\[\d\dm)|(?<=;\dm)|(?<=;\d\dm)|(?<=;\d{3}m))"


def shortener(folder: str, root: str = "") -> Callable[[str], str]:
    """What gives short names to the run's own folder, the project, its data, Python, the home, temporary folders."""
    home, pythons = str(Path.home()), spellings(sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"))
    packages = *site.getsitepackages(), site.getusersitepackages(), *map(sysconfig.get_path, ("purelib", "platlib"))
    names = (
        ("tmp", spellings(tempfile.gettempdir(), "/tmp")), ("~", spellings(home)),
        ("python", [place for place in pythons if place not in SHARED]), ("site-packages", spellings(*packages)),
        ("data", spellings(os.environ.get("KINDLING_DATA", ""))), ("", spellings(root)),
        ("press", spellings(folder)), ("scratch", spellings(f"{folder}/scratch")),
    )  # fmt: skip
    named = {place: name for name, places in names for place in places}
    for above in spellings(home):  # IPython has put "~" for the home before
        within = {place: name for place, name in named.items() if place.startswith(above + os.sep)}
        named |= {f"~{place[len(above) :]}": name for place, name in within.items()}
    return naming(named)


def spellings(*places: str) -> set[str]:
    """Each place as it is written and as links lead to it; a whole disk is no place."""
    both = {spelled for place in places if place for spelled in (os.path.abspath(place), os.path.realpath(place))}
    return {place for place in both if pieces(place)[1:]}


def pieces(place: str) -> list[str]:
    return re.split(r"[/\\]+", place.rstrip("/\\"))


def naming(named: dict[str, str]) -> Callable[[str], str]:
    """What puts names for places, with either separator; of a folder and one inside it, the inner one is named."""
    known = {tuple(pieces(os.path.normcase(place))): name for place, name in named.items()}
    longest = sorted(named, key=len, reverse=True)
    spelled = (r"[/\\]+".join(map(re.escape, pieces(place))) for place in longest)
    places = "|".join(each.replace("+", "", 1) if each.startswith("[") else each for each in spelled)  # after file://
    after = r"(?![\w-]|\.\w)((?:[/\\]+(?=[\w.-]))?)((?:[\w.-]+[/\\]+)*)"
    pattern = re.compile(rf"(?=[/\\~]|\w:){BEFORE}({places}){after}", re.I if os.name == "nt" else 0)

    def short(found: re.Match[str]) -> str:
        name, rest = known[tuple(pieces(os.path.normcase(found[1])))], found[2] + found[3]
        if "\\" in found[1]:
            rest = re.sub(r"\\+", "/", rest)
        inside = rest.startswith("/")  # else it is the backslash of an escaped line end
        return name + rest if name else rest.lstrip("/") if inside else "." + rest

    return lambda text: CELL_FILE.sub("cell.py", pattern.sub(short, text))
