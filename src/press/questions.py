"""Writes the questions of a script for the page and for the notebook."""

from __future__ import annotations

import html
import re

from press.scripts.quiz import OTHERWISE, Quiz, number


def for_page(quiz: Quiz) -> str:
    """A form, as Markdown in HTML: names, formulas and links in it are converted with the rest of the page.

    It can be read and understood without any script. With one it can be answered: press.js shows what is hidden.
    """
    name = f"quiz-{quiz.slug}"
    title = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(quiz.title, quote=False))
    pieces = [
        f'<form class="press-quiz" id="{name}" data-kind="{quiz.kind}" data-search-exclude="true" markdown="1">',
        f'<fieldset aria-describedby="{name}-question" markdown="1">',
        f'<legend><span class="press-quiz__label">Question</span> {title}</legend>',
        f'<div class="press-quiz__question" id="{name}-question" markdown="1">\n\n{quiz.question}\n\n</div>',
    ]
    if quiz.kind == "number":
        pieces.append(
            f'<div class="press-quiz__option"><label for="{name}-0">Your number</label> '
            f'<input id="{name}-0" name="answer" type="text" inputmode="decimal" autocomplete="off"></div>'
        )
    else:
        box = "checkbox" if quiz.kind == "several" else "radio"
        if box == "checkbox":
            pieces.append('<p class="press-quiz__note">Choose all that are right.</p>')
        for position, option in enumerate(quiz.options, 1):
            this = f"{name}-{position}"
            pieces.append(
                f'<div class="press-quiz__option" markdown="1">\n\n<input type="{box}" name="answer" id="{this}" '
                f'value="{position}"> <label for="{this}">{option.text}</label>\n\n</div>'
            )
    pieces += [
        '<div class="press-quiz__actions" hidden="hidden"><button type="submit">Check</button></div>',
        '<div class="press-quiz__verdict" role="status"></div>',
        "</fieldset>",
        '<details class="press-quiz__answer" markdown="1">',
        "<summary>Answer</summary>",
    ]
    for position, option in enumerate(quiz.options, 1):
        facts = f'data-option="{position}" data-right="{str(option.right).lower()}"'
        if quiz.kind == "number" and option.text != OTHERWISE:
            value, within = number(option.text)
            facts += f' data-value="{value!r}" data-within="{within!r}"'
        pieces.append(
            f'<div class="press-quiz__why" {facts} markdown="1">\n\n'
            f'<span class="press-quiz__which">{"Right" if option.right else "Wrong"}: {option.text}</span>\n\n'
            f'<div class="press-quiz__text" markdown="1">\n\n{option.why}\n\n</div>\n\n</div>'
        )
    pieces += ["</details>", "</form>"]
    return "\n" + "\n\n".join(pieces) + "\n"


def for_notebook(quiz: Quiz) -> str:
    """The same text as a notebook shows it, the answer folded."""
    pieces = [f"**Question: {quiz.title}**", quiz.question]
    lettered = list(zip("ABCDEFGHIJ", quiz.options, strict=False))
    if quiz.kind != "number":
        pieces.append("\n".join(f"- **{letter}.** {option.text}" for letter, option in lettered))
    said = []
    for letter, option in lettered:
        which = option.text if quiz.kind == "number" else f"{letter} is {'right' if option.right else 'wrong'}"
        said.append(f"- **{which}{':' if quiz.kind == 'number' else '.'}** {' '.join(option.why.split())}")
    pieces += ["<details><summary>Answer</summary>", "\n".join(said), "</details>"]
    return "\n" + "\n\n".join(pieces) + "\n"
