"""Turns what only the site's Markdown knows (admonitions, folded boxes, quizzes) into what a notebook shows."""

import re

from press.scripts import quiz
from press.scripts.quiz import Quiz

BOX = re.compile(
    r'^(?P<mark>!!!|\?\?\?\+?)[ ](?P<kind>[\w-]+)(?:[ ]+"(?P<title>[^"]*)")?[ \t]*\n'
    r"(?P<body>(?:(?:[ ]{4}.*|[ \t]*)(?:\n|\Z))+)",
    re.M,
)
FENCED = re.compile(r"(?ms)(^```.*?^```[ \t]*$)")  # at the margin; an indented one is part of its box


def for_notebook(text: str) -> str:
    """The text with boxes as quotations, folded boxes as `<details>`, and the answers of questions folded."""
    text = quiz.replace(text, question)
    return "".join(piece if index % 2 else BOX.sub(box, piece) for index, piece in enumerate(FENCED.split(text)))


def question(quiz: Quiz) -> str:
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


def box(match: re.Match[str]) -> str:
    title = match["title"] if match["title"] is not None else match["kind"].capitalize()
    body = for_notebook(dedent(match["body"]).strip() + "\n").strip()
    if match["mark"].startswith("?"):
        return f"{details(title, body)}\n\n"
    quoted = "\n".join(f"> {line}".rstrip() for line in ([f"**{title}**", ""] if title else []) + body.splitlines())
    return f"{quoted}\n\n"


def details(title: str, body: str) -> str:
    """A folded box; the empty lines let Markdown be Markdown inside it."""
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def dedent(text: str) -> str:
    return re.sub(r"(?m)^ {4}", "", text)
