"""Where a project keeps what the press works with, read from its `mkdocs.yml`."""

import tomllib
from dataclasses import dataclass
from functools import cached_property
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

    @cached_property
    def distribution(self) -> str:
        """What installers call the shared package; "" if no pyproject.toml says so."""
        path = self.root / "pyproject.toml"
        config = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return config.get("project", {}).get("name", "")

    @classmethod
    def make(cls, root: Path, options: dict[str, Any], docs: str = "docs") -> "Settings":
        folders = {name: root / (options.get(name) or name) for name in ("tutorials", "outputs")}
        package = options.get("package")
        return cls(root, **folders, package=root / package if package else None, docs=root / docs)

    @classmethod
    def find(cls, start: Path) -> "Settings":
        """The settings in the `mkdocs.yml` of this folder or the nearest one above it."""
        for folder in (start, *start.parents):
            if (path := folder / "mkdocs.yml").is_file():
                config = yaml.load(path.read_bytes(), Loader=TolerantLoader) or {}
                return cls.make(folder, plugin_options(config), config.get("docs_dir") or "docs")
        raise FileNotFoundError(f"no mkdocs.yml in {start} or above it; the press works inside a project")


class TolerantLoader(yaml.SafeLoader):
    """Reads mkdocs.yml without mkdocs: tags such as !ENV are left unresolved."""


TolerantLoader.add_multi_constructor("", lambda loader, suffix, node: None)


def plugin_options(config: dict[str, Any]) -> dict[str, Any]:
    """What the press is told; mkdocs takes its plugins as a list of names and tables, or as one table."""
    plugins = config.get("plugins") or []
    tables = [plugins] if isinstance(plugins, dict) else [each for each in plugins if isinstance(each, dict)]
    return next((table["press"] for table in tables if table.get("press")), {})
