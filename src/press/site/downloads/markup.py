"""Turns what only the site's Markdown knows (admonitions, folded boxes, quizzes) into what a notebook shows."""

import re
from string import ascii_uppercase

from press.scripts import quiz
from press.site.pages.templates import draw

BOX = re.compile(
    r'^(?P<mark>!!!|\?\?\?\+?)[ ](?P<kind>[\w-]+)(?:[ ]+"(?P<title>[^"]*)")?[ \t]*\n'
    r"(?P<body>(?:(?:[ ]{4}.*|[ \t]*)(?:\n|\Z))+)",
    re.M,
)
FENCED = re.compile(r"(?ms)(^```.*?^```[ \t]*$)")  # at the margin; an indented one is part of its box


def for_notebook(text: str) -> str:
    """The text with boxes as quotations, folded boxes as `<details>`, and the answers of questions folded."""
    text = quiz.replace(text, lambda asked: draw("question.txt.j2", quiz=asked, letters=ascii_uppercase))
    return "".join(piece if index % 2 else BOX.sub(box, piece) for index, piece in enumerate(FENCED.split(text)))


def box(match: re.Match[str]) -> str:
    title = match["title"] if match["title"] is not None else match["kind"].capitalize()
    body = for_notebook(re.sub(r"(?m)^ {4}", "", match["body"]).strip() + "\n").strip()
    if match["mark"].startswith("?"):  # the empty lines let Markdown be Markdown inside it
        return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>\n\n"
    quoted = "\n".join(f"> {line}".rstrip() for line in ([f"**{title}**", ""] if title else []) + body.splitlines())
    return f"{quoted}\n\n"
