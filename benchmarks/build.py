"""A warm `mkdocs build` beside `mkdocs build` of the same pages written as plain Markdown, in turn, in one run.

    uv run benchmarks/build.py [ROUNDS]

The plain site has the same configuration without the press: code in fences, outputs as text, figures as images.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import proof

from press.project import Settings
from press.scripts.script import part_title, part_url
from press.tutorials import Tutorials

ROOT = Path(__file__).parents[1]
IGNORED = shutil.ignore_patterns(".git", ".venv", "site", "node_modules")
SUFFIXES = {"image/svg+xml": "svg", "image/png": "png"}


def plain_site(folder: Path) -> None:
    """Write the tutorials' pages into docs/ and take the press out of mkdocs.yml."""
    shutil.copytree(ROOT, folder, ignore=IGNORED)
    tutorials = Tutorials(Settings.find(ROOT))
    parts: dict[str, list[str]] = {}
    for script in tutorials.scripts:
        stored = tutorials.store.load(script)
        assert stored, f"{script.name} has not been executed"
        page = folder / "docs" / f"{script.url}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        pieces, outputs = [], iter(stored.outputs)
        for cell in script.cells:
            if cell.kind == "text":
                pieces.append(cell.source.replace(".py)", ".py.html)"))
                continue
            pieces.append(f"```python\n{cell.source}\n```")
            for number, output in enumerate(next(outputs)):
                data = output.get("data", {})
                mime = next((mime for mime in SUFFIXES if mime in data), None)
                if mime:
                    name = f"{script.name}-{len(pieces)}-{number}.{SUFFIXES[mime]}"
                    content = data[mime].encode() if mime.endswith("xml") else base64.b64decode(data[mime])
                    (page.parent / name).write_bytes(content)
                    pieces.append(f"![a figure]({name})")
                else:
                    pieces.append(f"```\n{output.get('text') or data.get('text/plain', '')}\n```")
        page.write_text("\n\n".join(pieces) + "\n", encoding="utf-8")
        parts.setdefault(script.part, []).append(f"{script.url}.md")
    for part, pages in parts.items():
        index = f"{part_url(part)}/index.md"
        (folder / "docs" / index).write_text(f"# {part_title(part)}\n", encoding="utf-8")
        pages.insert(0, index)
    config = (folder / "mkdocs.yml").read_text(encoding="utf-8")
    begin = config.index("  - press:")
    config = config[:begin] + config[config.index("\nmarkdown_extensions:", begin) :]
    nav = "".join(
        f"  - {part_title(part)}:\n" + "".join(f"      - {page}\n" for page in pages) for part, pages in parts.items()
    )
    before, home, after = re.split(r"(?m)^(nav:\n  - .+\n)", config)
    (folder / "mkdocs.yml").write_text(before + home + nav + after, encoding="utf-8")


def build_seconds(folder: Path) -> float:
    begun = time.monotonic()
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--no-strict"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(
        command, cwd=folder, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.monotonic() - begun


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = Path(folder, "ours"), Path(folder, "plain")
        shutil.copytree(ROOT, ours, ignore=IGNORED)
        if (ROOT / "node_modules").is_dir():
            (ours / "node_modules").symlink_to(ROOT / "node_modules")
        plain_site(plain)
        for site in (ours, plain):
            build_seconds(site)
        pairs = [(build_seconds(ours), build_seconds(plain)) for _ in range(rounds)]
        ratios = [one / other for one, other in pairs]
        mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"warm build with the press {mine:.2f} s, the same pages as plain Markdown {theirs:.2f} s")
        print(f"ratio {statistics.median(ratios):.2f} (median of {rounds}; {min(ratios):.2f} to {max(ratios):.2f})")
        what = "warm build: seconds beside the same pages as plain Markdown"
        rows = [
            proof.figure(what, statistics.median(ratios), at_most=1.3),
            proof.figure("warm build with the press", mine, unit="s"),
            proof.figure("the same pages as plain Markdown", theirs, unit="s"),
        ]
        proof.keep("build", "uv run benchmarks/build.py", rows)
