"""HTML of everything that a reader practises with, besides the questions themselves.

All of it says something without any script; press.js fills in what the reader has done.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

from press.scripts.exercises import Exercise, Workbook
from press.scripts.script import Script

SECTION = re.compile(r'<h2[^>]* id="(?P<anchor>[^"]+)"[^>]*>(?P<text>.*?)</h2>', re.S)


def anchor(exercise: Exercise) -> str:
    """Where an exercise stands on the workbook's page."""
    return exercise.name.partition("/")[2]


def own_progress(script: Script, workbook: Workbook | None) -> str:
    """The line of a tutorial that says how far the reader is.

    It is there, unseen, as a new reader will see it, so that nothing moves when press.js writes the words.
    """
    names = [exercise.name for exercise in workbook.exercises if not exercise.open] if workbook else []
    questions = len(script.quizzes)
    counts = [f"0 of {questions} questions right"] if questions else []
    counts += [f"0 of {len(names)} exercises passed"] if names else []
    facts = f'data-page="{html.escape(script.url)}" data-questions="{questions}" data-exercises="{" ".join(names)}"'
    unseen, words = ("data-unwritten", f"Your progress: {', '.join(counts)}.") if counts else ('hidden="hidden"', "")
    return f'<p class="press-progress" {facts} {unseen}>{words}</p>'


def read_button(progress: str) -> str:
    """At the end of a tutorial: mark it as read, and go to the overview."""
    link = f' <a href="{html.escape(progress)}">My progress</a>' if progress else ""
    return (
        '<p class="press-read" data-search-exclude hidden="hidden">'
        f'<button type="button" aria-pressed="false">I have read this page</button>{link}</p>'
    )


def exercise_list(workbook: Workbook, address: str) -> str:
    """The exercises of a tutorial as links into its workbook."""
    items = []
    for exercise in workbook.exercises:
        note = " (open question)" if exercise.open else ""
        facts = "" if exercise.open else f' data-exercise="{html.escape(exercise.name)}"'
        href = f"{address}#{anchor(exercise)}"
        items.append(f'<li{facts}><a href="{html.escape(href)}">{inline(exercise.title)}</a>{note}</li>')
    return f'<ol class="press-exercises">{"".join(items)}</ol>'


def exercise_lines(workbook: Workbook, address: str) -> str:
    """The same as Markdown, for a notebook."""
    notes = [" (open question)" if exercise.open else "" for exercise in workbook.exercises]
    links = [f"[{exercise.title}]({address}#{anchor(exercise)})" for exercise in workbook.exercises]
    return "\n".join(f"{number}. {link}{note}" for number, (link, note) in enumerate(zip(links, notes, strict=True), 1))


def with_ticks(content: str, workbook: Workbook) -> str:
    """A workbook's page: each exercise gets an anchor of its own, and a box to tick when it is solved."""
    sections = list(SECTION.finditer(content))
    known = {plain(exercise.title): exercise for exercise in workbook.exercises}
    pieces, position, waiting = [], 0, ""
    for match in sections:
        exercise = known.get(plain(re.sub(r'<a class="anchor-link".*?</a>', "", match["text"])))
        pieces += [content[position : match.start()], waiting]
        waiting = ""
        heading = match[0]
        if exercise:
            heading = heading.replace(f'id="{match["anchor"]}"', f'id="{anchor(exercise)}"')
            heading = heading.replace(f'href="#{match["anchor"]}"', f'href="#{anchor(exercise)}"')
            waiting = "" if exercise.open else tick(exercise)
        pieces.append(heading)
        position = match.end()
    return "".join([*pieces, content[position:], waiting])


def tick(exercise: Exercise) -> str:
    name = html.escape(exercise.name)
    box = f"tick-{anchor(exercise)}"
    return (
        f'<p class="press-tick" data-exercise="{name}" hidden="hidden"><input type="checkbox" id="{box}"> '
        f'<label for="{box}">The check said that my answer is right</label></p>'
    )


def progress(
    scripts: Sequence[Script], books: Mapping[str, Workbook], links: Mapping[str, str], workbooks: Mapping[str, str]
) -> str:
    """A table of all tutorials; without any script it says what there is, with one what the reader has done."""
    rows = []
    for script in scripts:
        book = books.get(script.name)
        if not book and not script.quizzes:
            continue  # nothing to practise, as on the pages of errors
        names = [exercise.name for exercise in book.exercises if not exercise.open] if book else []
        title = f'<a href="{html.escape(links[script.name])}">{html.escape(script.title)}</a>'
        exercises = f'<a href="{html.escape(workbooks[script.name])}">{len(names)}</a>' if names else "0"
        rows.append(
            f'<tr data-page="{html.escape(script.url)}" data-questions="{len(script.quizzes)}" '
            f'data-exercises="{html.escape(" ".join(names))}"><th scope="row">{title}</th>'
            f'<td data-what="read">-</td><td class="press-nobreak" data-what="questions">{len(script.quizzes)}</td>'
            f'<td class="press-nobreak" data-what="exercises">{exercises}</td></tr>'
        )
    head = "".join(f'<th scope="col">{text}</th>' for text in ("Tutorial", "Read", "Questions", "Exercises"))
    return (
        '<div class="press-overview" data-search-exclude>'
        '<p class="press-overview__sum" role="status" hidden="hidden"></p>'
        '<div class="press-table" role="region" aria-label="Progress by tutorial">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        '<div class="press-overview__actions" hidden="hidden">'
        '<button type="button" data-do="export">Export to a file</button>'
        '<label class="press-file">Import from a file<input type="file" accept=".json,application/json"></label>'
        '<button type="button" data-do="clear">Clear everything</button></div>'
        '<p class="press-overview__said" role="status"></p></div>'
    )


def review(scripts: Sequence[Script], links: Mapping[str, str]) -> str:
    """What is due, which press.js fetches from the pages; below, all questions as links."""
    lists = []
    for script in scripts:
        if not script.quizzes:
            continue
        items = "".join(
            f'<li data-quiz="{html.escape(script.url)}#{quiz.slug}">'
            f'<a href="{html.escape(links[script.name])}#quiz-{quiz.slug}">{inline(quiz.title)}</a></li>'
            for quiz in script.quizzes
        )
        lists.append(f"<h3>{html.escape(script.title)}</h3><ul>{items}</ul>")
    return (
        '<div class="press-review" data-search-exclude>'
        '<p class="press-review__state" role="status" hidden="hidden"></p><div class="press-review__due"></div>'
        f'<h2 id="all-questions">All questions</h2>{"".join(lists)}</div>'
    )


def inline(text: str) -> str:
    """A title with code marked as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def plain(text: str) -> str:
    """A title as compared: no markup, no punctuation."""
    return re.sub(r"[^a-z0-9]+", " ", html.unescape(re.sub(r"<[^>]+>", "", text)).lower()).strip()
