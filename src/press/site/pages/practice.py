"""What a reader practices with: all of it says something without any script; press.js fills in what was done."""

import html as markup
import re

from press.scripts.quiz import OTHERWISE, Quiz, number
from press.site.html.facts import PageFacts
from press.site.pages.templates import draw

SECTION = re.compile(r'<h2[^>]* id="(?P<anchor>[^"]+)"[^>]*>(?P<text>.*?)</h2>', re.S)


def form(quiz: Quiz) -> str:
    """A question as Markdown in HTML; press.js shows what is hidden, and lets it be answered."""
    options = enumerate(quiz.options, 1) if quiz.kind == "number" else ()
    numbers = {place: tuple(map(repr, number(one.text))) for place, one in options if one.text != OTHERWISE}
    return draw("quiz.md.j2", quiz=quiz, name=f"quiz-{quiz.slug}", numbers=numbers)


def exercise_ticks(html: str, facts: PageFacts) -> str:
    """A workbook's page: each exercise gets an anchor of its own, and a box to tick when it is solved."""
    known = {plain(exercise.title): exercise for exercise in facts.exercises}
    pieces, position, waiting = [], 0, ""
    for match in SECTION.finditer(html) if known else ():
        exercise = known.get(plain(re.sub(r'<a class="anchor-link".*?</a>', "", match["text"])))
        renamed = rf'\g<1>{exercise.anchor}"' if exercise else r"\g<0>"
        heading = re.sub(rf'( id="|href="#){re.escape(match["anchor"])}"', renamed, match[0])
        pieces += [html[position : match.start()], waiting, heading]
        waiting = draw("tick.html.j2", exercise=exercise) if exercise and not exercise.open else ""
        position = match.end()
    return "".join([*pieces, html[position:], waiting])


def plain(text: str) -> str:
    """A title as compared: no markup, no punctuation."""
    return re.sub(r"[^a-z0-9]+", " ", markup.unescape(re.sub(r"<[^>]+>", "", text)).lower()).strip()
