"""What a download finds the site by, and what it takes from there instead of from an index."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import tomlkit
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from press.site.pages.templates import draw


@dataclass(frozen=True)
class Home:
    """What a download finds the site by."""

    package: str = ""  # the shared package, as it is imported
    wheel: str = ""  # the address of its wheel; "" if the site serves none
    progress: str = ""  # the address of the page that takes in what was passed
    linked: Callable[[str], str] = str  # turns the relative links of a text into links to the site
    distribution: str = ""  # what installers call the shared package, if not as it is imported
    archive: str = ""  # the address of the zip with the files that lie beside the script
    files: tuple[str, ...] = ()  # their names in it

    def is_own(self, name: str) -> bool:
        """Whether an installer means the shared package; the name of its import means no other one here."""
        return canonicalize_name(name) in map(canonicalize_name, filter(None, (self.package, self.distribution)))

    def requirement(self, need: str) -> Requirement:
        """A requirement, pointed at the wheel of the site if it asks for the shared package in whatever version."""
        asked = Requirement(need)
        if self.is_own(asked.name):
            asked.name, asked.url, asked.specifier = self.distribution or self.package, self.wheel, SpecifierSet()
        return asked

    def header(self, toml: str) -> str:
        """The header of a script, its requirements pointed at the site, without places in the clone."""
        header: Any = tomlkit.parse(toml)
        for at, need in enumerate(header.get("dependencies", ())):
            if self.is_own(Requirement(need).name):
                header["dependencies"][at] = str(self.requirement(need))
        uv = header.get("tool", {}).get("uv", {})
        for name in [name for name in uv.get("sources", ()) if self.is_own(name)]:
            del uv["sources"][name]
        if not uv.get("sources", True):
            del uv["sources"]
        return tomlkit.dumps(header).strip()

    def install(self, dependencies: Iterable[str]) -> str:
        """The first cell of a notebook: the wheel, and whatever else the header asks for that is missing."""
        ours = self.distribution or self.package
        asked = [self.requirement(need) for need in dependencies]
        if not any(self.is_own(need.name) for need in asked):
            asked.insert(0, self.requirement(ours))
        names, needed = [need.name for need in asked], [str(need) for need in asked]
        return draw("install.txt.j2", names=json.dumps(names), needed=json.dumps(needed)[1:-1])

    def fetch(self, here: str, asked: str = "") -> str:
        """Code that fetches the files beside a script to `here`, and gives a notebook the `__file__` it asks for."""
        return draw("fetch.txt.j2", home=self, files=json.dumps(self.files), here=here, asked=asked)
