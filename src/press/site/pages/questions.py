"""Writes the questions of a script as forms."""

from press.scripts.quiz import OTHERWISE, Quiz, number
from press.site.pages.templates import draw


def form(quiz: Quiz) -> str:
    """A question as Markdown in HTML.

    It can be read and understood without any script. With one it can be answered: press.js shows what is hidden.
    """
    numbers = {}
    if quiz.kind == "number":
        options = enumerate(quiz.options, 1)
        numbers = {place: tuple(map(repr, number(one.text))) for place, one in options if one.text != OTHERWISE}
    return draw("quiz.md.j2", quiz=quiz, name=f"quiz-{quiz.slug}", numbers=numbers)
