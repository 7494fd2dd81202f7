"""Where a project keeps what the press works with, read from its `mkdocs.yml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Settings:
    """Where a project keeps what the press works with; paths are absolute."""

    root: Path
    tutorials: Path
    outputs: Path
    package: Path | None = None
    docs: Path | None = None

    @property
    def scratch(self) -> Path:
        return self.root / ".press"

    @classmethod
    def make(cls, root: Path, options: dict[str, Any], docs: str = "docs") -> Settings:
        package = options.get("package")
        return cls(
            root=root,
            tutorials=root / (options.get("tutorials") or "tutorials"),
            outputs=root / (options.get("outputs") or "outputs"),
            package=root / package if package else None,
            docs=root / docs,
        )

    @classmethod
    def find(cls, start: Path) -> Settings:
        """The settings in the `mkdocs.yml` of this folder or the nearest one above it."""
        for folder in (start, *start.parents):
            path = folder / "mkdocs.yml"
            if path.is_file():
                config = yaml.load(path.read_text(encoding="utf-8"), Loader=TolerantLoader) or {}
                return cls.make(folder, plugin_options(config), config.get("docs_dir") or "docs")
        raise FileNotFoundError(f"no mkdocs.yml in {start} or above it; the press works inside a project")


class TolerantLoader(yaml.SafeLoader):
    """Reads mkdocs.yml without mkdocs: tags such as !ENV are left unresolved."""


TolerantLoader.add_multi_constructor("", lambda loader, suffix, node: None)


def plugin_options(config: dict[str, Any]) -> dict[str, Any]:
    plugins = config.get("plugins") or []
    for plugin in plugins.items() if isinstance(plugins, dict) else plugins:
        if isinstance(plugin, dict):
            plugin = next(iter(plugin.items()))
        if isinstance(plugin, tuple) and plugin[0] == "press":
            return plugin[1] or {}
    return {}
