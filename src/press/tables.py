"""What the press knows of all tutorials together: results, chapters both ways, which are alike."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from press.page import cores, duration
from press.scripts.script import Script
from press.store import Run

RESULTS = ("Tutorial", "Metric", "Here", "Asserted", "Reference", "Device", "Time", "Date")
ONE_LINE = {"Here", "Asserted", "Time", "Date"}  # 1e-06 and 2026-11-21 would be broken at their hyphens


def results(scripts: Sequence[Script], runs: Mapping[str, Run], links: Mapping[str, str]) -> str:
    """Every metric that a tutorial reports, beside its reference, with device, seconds and date of the run."""
    rows = []
    for script in scripts:
        run = runs.get(script.name)
        if run is None:
            continue
        goal = script.header.metric
        metrics = dict(run.metrics)
        shown = [(goal["name"], metrics[goal["name"]])] if goal.get("name") in metrics else list(metrics.items())
        for name, value in shown or [("", None)]:
            named = name == goal.get("name")
            cells = [
                f'<a href="{html.escape(links[script.name])}">{html.escape(script.title)}</a>',
                html.escape(name) or "every claim asserted",
                number(value, goal.get("unit", "")) if named else number(value, ""),
                number(goal.get("target"), goal.get("unit", ""), scaled=True) if named else "",
                html.escape(str(goal.get("reference", ""))) if named else "",
                html.escape(device(run)),
                duration(run.seconds),
                html.escape(str(run.date)),
            ]
            rows.append("".join(cell_of(title, cell) for title, cell in zip(RESULTS, cells, strict=True)))
    return table(RESULTS, rows)


def cell_of(title: str, content: str) -> str:
    return f'<td class="press-nobreak">{content}</td>' if title in ONE_LINE else f"<td>{content}</td>"


def table(titles: Sequence[str], rows: Sequence[str], name: str = "press-table") -> str:
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="{name}"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def number(value: Any, unit: str, scaled: bool = False) -> str:
    """A value with its unit; shares between 0 and 1 are shown in per cent where that is the unit."""
    if value is None:
        return ""
    if unit == "%":
        return f"{value if scaled else 100 * value:.1f} %"
    return f"{value:.4g}{' ' + html.escape(unit) if unit else ''}"


def device(run: Run) -> str:
    name = str(run.device or "cpu")
    if name != "cpu":
        return name
    return cores(run.cpus) if run.cpus else "CPU cores"


def summary(script: Script, run: Run) -> str:
    """The last line of a card: seconds, and the metric if the tutorial has one."""
    goal = script.header.metric
    value = run.metrics.get(goal.get("name", ""))
    metric = f" · {goal['name']} {number(value, goal.get('unit', ''))}" if value is not None else ""
    return duration(run.seconds) + metric


def covered(
    ids: Sequence[str], chapters: Mapping[str, Mapping[str, Any]], sources: Mapping[str, str], href: str
) -> str:
    """The chapters of the books and courses that a page covers, below it."""
    by_source: dict[str, list[str]] = {}
    for name in ids:
        if (chapter := chapters.get(name)) is None:
            continue  # `serve` shows the page all the same, and says so on it
        text = html.escape(chapter["title"])
        if href:
            text = f'<a href="{html.escape(href)}#{html.escape(name)}">{text}</a>'
        by_source.setdefault(chapter.get("source", ""), []).append(text)
    items = "".join(
        f"<dt>{html.escape(sources.get(source, source))}</dt><dd>{', '.join(texts)}</dd>"
        for source, texts in by_source.items()
    )
    return f'<section class="press-chapters" data-search-exclude><h2>Chapters covered</h2><dl>{items}</dl></section>'


def chapter_map(catalogue: Mapping[str, Any], scripts: Sequence[Script], links: Mapping[str, str]) -> str:
    """Every chapter of every source with the tutorials and pages that cover it, planned ones in plain words."""
    written = {script.name: script.title for script in scripts}
    titles = {item["slug"]: item["title"] for kind in ("tutorial", "page") for item in catalogue.get(kind, [])}
    pieces = []
    for source in catalogue.get("source", []):
        rows = []
        for chapter in catalogue.get("chapter", []):
            if chapter.get("source") != source["id"]:
                continue
            named = [script.name for script in scripts if chapter["id"] in script.header.chapters]
            slugs = dict.fromkeys([*named, *chapter.get("planned", [])])
            pages = [
                f'<a href="{html.escape(links[slug])}">{html.escape(written.get(slug) or titles.get(slug) or slug)}</a>'
                if slug in links
                else f'<span class="press-planned">{html.escape(titles.get(slug, slug))} (planned)</span>'
                for slug in slugs
            ] or [html.escape(chapter.get("note", ""))]
            label = f'<th scope="row" id="{html.escape(chapter["id"])}">{html.escape(chapter["id"])}</th>'
            rows.append(f"{label}<td>{html.escape(chapter['title'])}</td><td>{'; '.join(pages)}</td>")
        if rows:
            heading = f'<h2 id="{html.escape(source["id"])}">{html.escape(source["title"])}</h2>'
            pieces.append(heading + table(["Id", "Chapter", "Tutorials"], rows, "press-table press-map"))
    return "".join(pieces)


def related(scripts: Sequence[Script], root: Path, count: int = 3) -> dict[str, list[Script]]:
    """For each tutorial, by name, those most like it, by sphinx-gallery's recommender."""
    if len(scripts) <= count:
        return {script.name: [other for other in scripts if other is not script] for script in scripts}
    paths = [root / script.path for script in scripts]
    files = tuple((str(path), path.stat().st_mtime_ns) for path in paths)
    if files not in _kept:
        ranks = recommender(count).fit(path for path, _ in files).ranks()
        _kept.clear()
        _kept[files] = ranks
    return {script.name: [scripts[rank] for rank in ranks] for script, ranks in zip(scripts, _kept[files], strict=True)}


_kept: dict[tuple, list[list[int]]] = {}


@cache
def recommender(count: int) -> Any:
    """One that counts the words of a text only once: after an edit, 399 of 400 texts are those of before."""
    import numpy as np
    from sphinx_gallery.recommender import ExampleRecommender

    class Recommender(ExampleRecommender):
        numbers: ClassVar[dict[str, int]] = {}  # of the words
        counted: ClassVar[dict[str, tuple[Any, Any]]] = {}  # text -> numbers of its words, how often each is there

        def token_freqs(self, doc: str) -> Any:
            if doc not in self.counted:
                freqs = super().token_freqs(doc)
                words = [self.numbers.setdefault(word, len(self.numbers)) for word in freqs]
                self.counted[doc] = np.array(words, dtype=int), np.array(list(freqs.values()))
            return self.counted[doc]

        def dict_vectorizer(self, data: list[Any]) -> Any:
            there = np.zeros(len(self.numbers), dtype=bool)
            for words, _ in data:
                there[words] = True
            ordered = [self.numbers[word] for word in sorted(self.numbers) if there[self.numbers[word]]]
            column = np.zeros(len(self.numbers), dtype=int)
            column[ordered] = range(len(ordered))
            matrix = np.zeros((len(data), len(ordered)))
            for row, (words, freqs) in enumerate(data):
                matrix[row, column[words]] = freqs
            used = {id(words) for words, _ in data}
            self.__class__.counted = {doc: known for doc, known in self.counted.items() if id(known[0]) in used}
            return matrix

        def ranks(self) -> list[list[int]]:
            """What `predict` says of every file at once."""
            order = np.argsort(-self.similarity_matrix_, axis=1, kind="stable")
            return order[:, 1 : self.n_examples + 1].tolist()

    return Recommender(n_examples=count, min_df=2, max_df=1.0)
