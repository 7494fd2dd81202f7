"""What the tests of faults share: a fork server that is ready, and the command line called in this process."""

from __future__ import annotations

import pytest

from press.__main__ import main


@pytest.fixture(autouse=True)
def warm_server(light_server):
    """The fork server of all runs that happen in this process."""


@pytest.fixture
def call(tiny, monkeypatch, capfd):
    """Call the press in the tiny project; return the exit code and the lines that it told."""
    monkeypatch.chdir(tiny.root)

    def called(*arguments: str) -> tuple[int, list[str]]:
        capfd.readouterr()
        code = main(arguments)
        told = capfd.readouterr()
        return code, (told.out + told.err).splitlines()

    return called
