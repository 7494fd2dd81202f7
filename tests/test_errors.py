"""The errors clinic: every message is raised or looked up by code that ran, stands as a heading, and is there once."""

from __future__ import annotations

import ast
import re

import pytest
from sitefixture import CATALOGUE, CLINIC, by_name


def sections(script) -> list[tuple[str, list[str]]]:
    """The headings of a script without Markdown's backslashes, each with the code cells below it."""
    found: list[tuple[str, list[str]]] = []
    for cell in script.cells:
        if cell.kind == "code":
            if found:
                found[-1][1].append(cell.source)
            continue
        for heading in re.findall(r"(?m)^## (.+)$", cell.source):
            found.append((re.sub(r"\\(.)", r"\1", heading).strip(), []))
    return found


def raised(code: str) -> list[tuple[str, str]]:
    """Class and message of each `with raises(...)`, as today's torch has them."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    return [
        (ast.unparse(getattr(call.args[0], "elts", call.args)[0]).rpartition(".")[2], ast.literal_eval(call.args[1]))
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "raises"
    ]


def printed(code: str) -> list[str]:
    """What each call of a page's own `printed(files, message, *values)` looks up in PyTorch's files and prints."""
    calls = [node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Expr)]
    arguments = [
        [ast.literal_eval(argument) for argument in call.args]
        for call in calls
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "printed"
    ]
    return [message.format(*values) for _, message, *values in arguments]


def said_by(code: str) -> set[str]:
    """The messages of a cell: those raised, with a GPU's name for `meta`, which plays its part, and those looked up."""
    messages = [message for _, message in raised(code)]
    return {*messages, *(message.replace("meta", "cuda:0") for message in messages), *printed(code)}


MESSAGES = [(script, heading) for script in CLINIC for heading, cells in sections(script) if cells]


def test_there_are_forty_errors_or_more_and_no_message_twice():
    messages = [message for _, message in MESSAGES]
    assert len(messages) >= 40 and len(messages) == len(set(messages))


@pytest.mark.parametrize("script", CLINIC, ids=by_name)
def test_a_heading_is_the_message_that_its_code_raises_or_looks_up_and_a_fix_follows(script):
    for heading, cells in sections(script):
        assert any(heading in said_by(code) for code in cells), heading
        assert any("assert" in code for code in cells if not raised(code)), f"no fix that runs: {heading}"


@pytest.mark.parametrize("script", CLINIC, ids=by_name)
def test_the_stored_run_printed_class_and_message(script):
    stored = CATALOGUE.store.load(script)
    text = "".join("".join(output.get("text", "")) for cell in stored.outputs for output in cell)
    said = " ".join(text.split())
    for _, cells in sections(script):
        for kind, message in [call for code in cells for call in raised(code)]:
            assert f"{kind}: {message}" in said
        for message in [message for code in cells for message in printed(code)]:
            assert message in said
