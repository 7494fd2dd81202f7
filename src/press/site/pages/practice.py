"""What a reader practices with, besides the questions themselves.

All of it says something without any script; press.js fills in what the reader has done.
"""

import html as markup
import re
from collections.abc import Mapping, Sequence
from typing import Any

from press.scripts.exercises import Exercise, Workbook
from press.scripts.script import Script
from press.site.html.facts import PageFacts
from press.site.pages.templates import draw

SECTION = re.compile(r'<h2[^>]* id="(?P<anchor>[^"]+)"[^>]*>(?P<text>.*?)</h2>', re.S)


def checked(workbook: Workbook | None) -> list[str]:
    """The names of the exercises that a check can pass; open questions have none."""
    return [exercise.name for exercise in workbook.exercises if not exercise.open] if workbook else []


def own_progress(script: Script, workbook: Workbook | None) -> dict[str, Any]:
    """What the line of a tutorial says of its reader before any script has run.

    It is there, unseen, as a new reader will see it, so that nothing moves when press.js writes the words.
    """
    names, questions = checked(workbook), len(script.quizzes)
    counts = [f"0 of {questions} questions right"] if questions else []
    counts += [f"0 of {len(names)} exercises passed"] if names else []
    return {"page": script.url, "questions": questions, "exercises": names, "counts": counts}


def exercise_list(workbook: Workbook, address: str) -> str:
    """The exercises of a tutorial as links into its workbook."""
    return draw("exercises.html.j2", exercises=workbook.exercises, workbook=address)


def exercise_lines(workbook: Workbook, address: str) -> str:
    """The same as Markdown, for a notebook."""
    lines = []
    for number, exercise in enumerate(workbook.exercises, 1):
        note = " (open question)" if exercise.open else ""
        lines.append(f"{number}. [{exercise.title}]({address}#{exercise.anchor}){note}")
    return "\n".join(lines)


def exercise_ticks(html: str, facts: PageFacts) -> str:
    """A workbook's page: each exercise gets an anchor of its own, and a box to tick when it is solved."""
    known = {plain(exercise.title): exercise for exercise in facts.exercises}
    pieces, position, waiting = [], 0, ""
    for match in SECTION.finditer(html) if known else ():
        exercise = known.get(plain(re.sub(r'<a class="anchor-link".*?</a>', "", match["text"])))
        pieces += [html[position : match.start()], waiting, anchored(match, exercise)]
        waiting = draw("tick.html.j2", exercise=exercise) if exercise and not exercise.open else ""
        position = match.end()
    return "".join([*pieces, html[position:], waiting])


def anchored(heading: re.Match[str], exercise: Exercise | None) -> str:
    if exercise is None:
        return heading[0]
    renamed = heading[0].replace(f'id="{heading["anchor"]}"', f'id="{exercise.anchor}"')
    return renamed.replace(f'href="#{heading["anchor"]}"', f'href="#{exercise.anchor}"')


def plain(text: str) -> str:
    """A title as compared: no markup, no punctuation."""
    return re.sub(r"[^a-z0-9]+", " ", markup.unescape(re.sub(r"<[^>]+>", "", text)).lower()).strip()


def progress(
    scripts: Sequence[Script], books: Mapping[str, Workbook], links: Mapping[str, str], workbooks: Mapping[str, str]
) -> str:
    """A table of all tutorials; without any script it says what there is, with one what the reader has done."""
    rows = [
        {
            "page": script.url,
            "title": script.title,
            "href": links[script.name],
            "questions": len(script.quizzes),
            "exercises": checked(books.get(script.name)),
            "workbook": workbooks.get(script.name, ""),
        }
        for script in scripts
        if script.name in books or script.quizzes  # else nothing to practice, as on the pages of errors
    ]
    return draw("progress.html.j2", rows=rows)


def review(scripts: Sequence[Script], links: Mapping[str, str]) -> str:
    """What is due, which press.js fetches from the pages; below, all questions as links."""
    lessons = [
        {"title": script.title, "page": script.url, "href": links[script.name], "quizzes": script.quizzes}
        for script in scripts
        if script.quizzes
    ]
    return draw("review.html.j2", lessons=lessons)
