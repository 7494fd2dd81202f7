"""What a reader practices with: all of it says something without any script; press.js fills in what was done."""

import html as markup
import re
from collections.abc import Mapping, Sequence
from typing import Any

from press.scripts.exercises import Workbook
from press.scripts.quiz import OTHERWISE, Quiz, number
from press.scripts.script import Script
from press.site.html.facts import PageFacts
from press.site.pages.templates import draw

SECTION = re.compile(r'<h2[^>]* id="(?P<anchor>[^"]+)"[^>]*>(?P<text>.*?)</h2>', re.S)


def form(quiz: Quiz) -> str:
    """A question as Markdown in HTML; press.js shows what is hidden, and lets it be answered."""
    options = enumerate(quiz.options, 1) if quiz.kind == "number" else ()
    numbers = {place: tuple(map(repr, number(one.text))) for place, one in options if one.text != OTHERWISE}
    return draw("quiz.md.j2", quiz=quiz, name=f"quiz-{quiz.slug}", numbers=numbers)


def own_progress(script: Script, workbook: Workbook | None) -> dict[str, Any]:
    """What the line of a tutorial says before any script has run, unseen: nothing moves when press.js writes."""
    names = [exercise.name for exercise in workbook.exercises if not exercise.open] if workbook else []
    return {"page": script.url, "questions": len(script.quizzes), "exercises": names}


def exercise_ticks(html: str, facts: PageFacts) -> str:
    """A workbook's page: each exercise gets an anchor of its own, and a box to tick when it is solved."""
    known = {plain(exercise.title): exercise for exercise in facts.exercises}
    pieces, position, waiting = [], 0, ""
    for match in SECTION.finditer(html) if known else ():
        exercise = known.get(plain(re.sub(r'<a class="anchor-link".*?</a>', "", match["text"])))
        renamed = rf'\1{exercise.anchor}"' if exercise else r"\g<0>"
        heading = re.sub(rf'( id="|href="#){re.escape(match["anchor"])}"', renamed, match[0])
        pieces += [html[position : match.start()], waiting, heading]
        waiting = draw("tick.html.j2", exercise=exercise) if exercise and not exercise.open else ""
        position = match.end()
    return "".join([*pieces, html[position:], waiting])


def plain(text: str) -> str:
    """A title as compared: no markup, no punctuation."""
    return re.sub(r"[^a-z0-9]+", " ", markup.unescape(re.sub(r"<[^>]+>", "", text)).lower()).strip()


def progress(
    scripts: Sequence[Script], books: Mapping[str, Workbook], links: Mapping[str, str], workbooks: Mapping[str, str]
) -> str:
    """A table of all tutorials; without any script it says what there is, with one what the reader has done."""
    rows = [
        {**own_progress(script, books.get(script.name)), "script": script}
        for script in scripts
        if script.name in books or script.quizzes  # else nothing to practice, as on the pages of errors
    ]
    return draw("progress.html.j2", rows=rows, links=links, workbooks=workbooks)
