"""What the search finds besides the words that authors wrote."""

import json
import re
from pathlib import Path

from press.files import write

SPELLED_WITH_S = re.compile(r"\b(?:regular|standard|\w+al)is(?:e|ation)\b")  # half of the readers write it with z


def add_spellings(site: Path) -> None:
    """Let a heading be found by its American spelling, too."""
    path = site / "search/search_index.json"
    if not path.is_file():
        return
    index = json.loads(path.read_text(encoding="utf-8"))
    for entry in index.get("docs", []):
        if words := {word.replace("is", "iz") for word in SPELLED_WITH_S.findall(entry["title"].lower())}:
            entry["text"] += f"<p>Also spelled {', '.join(sorted(words))}.</p>"
    write(path, json.dumps(index, separators=(",", ":")))
