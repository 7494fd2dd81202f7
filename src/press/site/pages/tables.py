"""What is known of all tutorials together: results, chapters both ways, which are alike."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from press.files import Stamp, stamp
from press.scripts.script import Script
from press.site.pages.page import device, duration
from press.site.pages.templates import draw
from press.store import Run, Stored

RESULTS = ("Tutorial", "Metric", "Here", "Asserted", "Reference", "Device", "Time", "Date")


def results(scripts: Sequence[Script], stored: Mapping[str, Stored], links: Mapping[str, str]) -> str:
    """Every metric that a tutorial reports, beside its reference, with device, seconds and date of each run."""
    runs = [(script, run, old) for script in scripts if script.name in stored for run, old in told(stored[script.name])]
    rows = [(script, cells) for script, run, old in runs for cells in measured(script, run, old)]
    return draw("results.html.j2", titles=RESULTS, rows=rows, links=links)


def told(stored: Stored) -> list[tuple[Run, str]]:
    """The runs of a tutorial, one for each kind of device, and what is to be said of the date of each."""
    other = stored.elsewhere
    older = f"{other.run.date}, older code".lstrip(", ") if other and other.key != stored.key.digest else ""
    return [(stored.run, stored.run.date), *([(other.run, older or other.run.date)] if other else [])]


def measured(script: Script, run: Run, date: str) -> list[tuple[str, ...]]:
    """A row for the metric that the header names, else one for each that the run reported."""
    goal, where = script.header.metric, (device(run), duration(run.seconds), date)
    if goal.get("name") in run.metrics:
        unit = goal.get("unit", "")
        here, target = number(run.metrics[goal["name"]], unit), number(goal.get("target"), unit, scaled=True)
        return [(goal["name"], here, target, str(goal.get("reference", "")), *where)]
    metrics = run.metrics or {"every claim asserted": None}
    return [(name, number(value, ""), "", "", *where) for name, value in metrics.items()]


def compared(
    scripts: Sequence[Script], stored: Mapping[str, Stored], links: Mapping[str, str], name: str | None
) -> str:
    """The tutorials that report a metric of this name (hyphens for spaces), with all metrics that they share."""
    wanted = (name or "").replace("-", " ")
    runs = [(one, stored[one.name].run.metrics) for one in scripts if one.name in stored]
    runs = [(script, metrics) for script, metrics in runs if wanted in metrics]
    shared = [key for key in (runs[0][1] if runs else {}) if all(key in metrics for _, metrics in runs)]
    rows = [(script, [number(metrics[key], "") for key in shared]) for script, metrics in runs]
    return draw("results.html.j2", titles=("Tutorial", *shared), rows=rows, links=links)


def number(value: Any, unit: str, scaled: bool = False) -> str:
    """A value with its unit; shares between 0 and 1 are shown in per cent where that is the unit."""
    if value is None:
        return ""
    if unit == "%":
        return f"{value if scaled else 100 * value:.1f}%"
    return f"{value:.4g}{f' {unit}' if unit else ''}"


def summary(script: Script, run: Run) -> str:
    """The last line of a card: seconds, and the metric if the tutorial has one."""
    goal = script.header.metric
    value = run.metrics.get(goal.get("name", ""))
    metric = f" · {goal['name']} {number(value, goal.get('unit', ''))}" if value is not None else ""
    return duration(run.seconds) + metric


def devices(script: Script, stored: Stored) -> str:
    """Both kinds of device side by side, in a sentence; "" where one has run it."""
    said = []
    for run, date in told(stored):
        found = run.metrics.get(script.header.metric.get("name", ""))
        result = "" if found is None else f", {number(found, script.header.metric.get('unit', ''))}"
        version = f"torch {run.torch.split('+')[0]}, " if run.torch else ""
        said.append(f"{duration(run.seconds)} on {device(run)}{result} ({version}{date})")
    return f" By device: {'; '.join(said)}." if len(said) > 1 else ""


def covered(ids: Iterable[str], table: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """The chapters that a page covers, as (id, title), by the title of the book or course."""
    chapters = {chapter["id"]: chapter for chapter in table.get("chapter", [])}
    sources = {source["id"]: source["title"] for source in table.get("source", [])}
    found: dict[str, list[tuple[str, str]]] = {}
    for name in ids:
        if chapter := chapters.get(name):  # `serve` shows the page without it all the same, and says so on it
            source = chapter.get("source", "")
            found.setdefault(sources.get(source, source), []).append((name, chapter["title"]))
    return found


def chapter_map(table: Mapping[str, Any], scripts: Sequence[Script], links: Mapping[str, str]) -> str:
    """Every chapter of every source with the tutorials and pages that cover it, planned ones in plain words."""
    titles = {item["slug"]: item["title"] for kind in ("tutorial", "page") for item in table.get(kind, [])}
    titles |= {script.name: script.title for script in scripts}
    pages = {}
    for chapter in table.get("chapter", []):
        named = [script.name for script in scripts if chapter["id"] in script.header.chapters]
        pages[chapter["id"]] = dict.fromkeys([*named, *chapter.get("planned", [])])
    return draw("chapters.html.j2", chapters=table, titles=titles, pages=pages, links=links)


def related(scripts: Sequence[Script], root: Path, count: int = 3) -> dict[str, list[Script]]:
    """For each tutorial, by name, those most like it, by sphinx-gallery's recommender."""
    if len(scripts) <= count:
        return {script.name: [other for other in scripts if other is not script] for script in scripts}
    by_path = {str(root / script.path): script for script in scripts}
    alike = recommended(tuple((path, stamp(Path(path))) for path in by_path), count)
    return {by_path[path].name: [by_path[other] for other in others] for path, others in alike.items()}


@lru_cache(maxsize=1)
def recommended(files: tuple[tuple[str, Stamp], ...], count: int) -> dict[str, list[str]]:
    from sphinx_gallery.recommender import ExampleRecommender

    paths = [path for path, _ in files]
    recommender = ExampleRecommender(n_examples=count, min_df=2, max_df=1.0).fit(paths)
    return {path: recommender.predict(path) for path in paths}
