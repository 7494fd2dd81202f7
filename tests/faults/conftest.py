"""What the tests of faults share: a fork server that is ready, and the command line called in this process."""

from __future__ import annotations

import pytest

from press.__main__ import main
from press.kernels import provisioner as kernels


@pytest.fixture(scope="module", autouse=True)
def warm_server():
    """One fork server for the runs of a file that happen in this process."""
    light = tuple(name for name in kernels.PRELOAD if name.split(".")[0] in kernels.OWN)
    usual, kernels.SERVER = kernels.SERVER, kernels.Server(light)
    yield
    kernels.SERVER.stop()
    kernels.SERVER = usual


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
