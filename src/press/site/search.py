"""What the search finds besides the words that authors wrote."""

import json
import re
from pathlib import Path

from press.files import write

SPELLED_WITH_Z = re.compile(r"\b\w{2,}iz(?:e[drs]?|ers|ing|ation)\b")  # half of the world writes it with s


def add_spellings(site: Path) -> None:
    """Let a heading be found by its British spelling, too."""
    path = site / "search/search_index.json"
    if not path.is_file():
        return
    index = json.loads(path.read_text(encoding="utf-8"))
    for entry in index.get("docs", []):
        if words := {word.replace("iz", "is") for word in SPELLED_WITH_Z.findall(entry["title"].lower())}:
            entry["text"] += f"<p>Also spelled {', '.join(sorted(words))}.</p>"
    write(path, json.dumps(index, separators=(",", ":")))
