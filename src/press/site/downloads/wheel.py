"""The wheel of the shared package, which downloaded scripts and notebooks fetch from the site."""

import hashlib
import json
import os
import re
import tomllib
import zipfile
from pathlib import Path

from press.files import text_of


def build_wheel(project: Path, package: Path, folder: Path) -> Path:
    """The wheel of the shared package alone, built once per content, a hash of which its version carries."""
    config = tomllib.loads(text_of(project / "pyproject.toml"))["project"]
    content = hashlib.sha256(json.dumps(config, sort_keys=True).encode())
    for path in sorted(package.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            content.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    version = f"{config['version']}+{content.hexdigest()[:8]}"
    name = re.sub(r"[-_.]+", "_", config["name"])
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    if zipfile.is_zipfile(wheel):  # what is cut off is none
        return wheel
    from hatchling.builders.wheel import WheelBuilder

    settings = {key: value for key, value in config.items() if key not in {"scripts", "entry-points"}}
    build = {"hatch": {"build": {"targets": {"wheel": {"packages": [package.relative_to(project).as_posix()]}}}}}
    scratch = folder / f"building-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    builder = WheelBuilder(str(project), config={"project": {**settings, "version": version}, "tool": build})
    (built,) = builder.build(directory=str(scratch), versions=["standard"])
    os.replace(built, wheel)
    scratch.rmdir()
    for old in folder.glob(f"{name}-*.whl"):
        if old != wheel:
            old.unlink(missing_ok=True)
    return wheel
