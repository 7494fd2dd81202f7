"""How fast is a page on a phone? Lighthouse's marks, with its slow processor and its slow line, for the built site.

    uv run benchmarks/pages.py [ADDRESS ...] [--rounds ROUNDS]

Builds the site, serves it as a static host does (compressed), and lets Lighthouse look at each page ROUNDS times (5).
The median counts: a mark for speed moves by several points from one look to the next.
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import proof

from press.site.frontend import npm

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from sitefixture import lighthouse  # noqa: E402
from siteserver import Handler  # noqa: E402

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
TOOLS = ROOT / "tests" / "browser"
ADDRESSES = ["", "foundations/tensors/", "foundations/backprop/", "training/first-network/"]
CATEGORIES = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
TIMES = {
    "first-contentful-paint": "first text, s",
    "largest-contentful-paint": "largest part, s",
    "total-blocking-time": "blocked, s",
}
LIMIT = (
    "The first text comes after {text:.1f} s, which the page and its style sheet take on the slow line, "
    "and the slow processor is blocked for {blocked:.2f} s, most of it by the theme's scripts on a long page."
)


def measured(address: str, rounds: int, report: Path) -> tuple[dict[str, float], dict[str, float]]:
    """The median of each mark (of 100) and of each time (seconds)."""
    found = [lighthouse(TOOLS / "node_modules", address, report) for _ in range(rounds)]
    marks = {name: statistics.median(100 * one["categories"][name]["score"] for one in found) for name in CATEGORIES}
    times = {
        what: statistics.median(one["audits"][name]["numericValue"] / 1000 for one in found)
        for name, what in TIMES.items()
    }
    return marks, times


def main() -> None:
    parser = argparse.ArgumentParser(description="Lighthouse's marks.")
    parser.add_argument("addresses", nargs="*", default=ADDRESSES, metavar="ADDRESS")
    parser.add_argument("--rounds", type=int, default=5, help="looks at each page (5)")
    options = parser.parse_args()
    os.environ["CHROME_PATH"] = CHROMIUM
    assert npm.install(TOOLS), "Lighthouse could not be installed from npm"
    with tempfile.TemporaryDirectory() as folder:
        handler = functools.partial(Handler, directory=f"{folder}/site")
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        environment = {**os.environ, "SITE_URL": url, "NO_MKDOCS_2_WARNING": "1"}
        build = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", f"{folder}/site"]
        subprocess.run(build, cwd=ROOT, env=environment, check=True)
        rows, table = [], [["page", *CATEGORIES, *TIMES.values()]]
        for address in options.addresses:
            marks, times = measured(url + address, options.rounds, Path(folder, "report.json"))
            name = address or "the home page"
            table.append([name, *marks.values(), *(f"{value:.2f}" for value in times.values())])
            print(table[-1], flush=True)
            note = LIMIT.format(
                blocked=times[TIMES["total-blocking-time"]], text=times[TIMES["first-contentful-paint"]]
            )
            for what, aim in CATEGORIES.items():
                rows.append(proof.figure(f"{name}: {what}", marks[what], at_least=aim, note=note))
        server.shutdown()
    command = " ".join(["uv run benchmarks/pages.py", *sys.argv[1:]])
    proof.keep("pages", command, rows, tables={f"Medians of {options.rounds} looks": table})


if __name__ == "__main__":
    main()
