"""Lets the theme's own inline scripts run, and no other."""

import base64
import hashlib
import re

HASHES = "{hashes}"  # stands in the Content-Security-Policy of a theme's pages


def allow_scripts(shown: str, *, all_inline: bool = False) -> str:
    """Complete the policy of a page: the theme's inline scripts may run, those of its content only under `serve`."""
    head, mark, rest = shown.partition(HASHES)
    if not mark or "Content-Security-Policy" not in head:  # the words stand in the page's text
        return shown
    if all_inline:
        return f"{head}'unsafe-inline'{rest}"
    # From the first to the last article: an output that writes </article><script> gains nothing by it.
    before, after = rest.partition("<article")[0], rest.rpartition("</article>")[2]
    scripts = re.findall(r"(?s)<script>(.*?)</script>", before + after if "<article" in rest else rest)
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    return head + " ".join(f"'sha256-{digest}'" for digest in dict.fromkeys(digests)) + rest
