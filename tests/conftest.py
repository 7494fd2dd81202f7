"""What several tests share: a small project of its own, and the site of this repository built once."""

from __future__ import annotations

import pytest
from tinyproject import TinyProject

from press.catalogue import Catalogue

pytest_plugins = ["sitefixture", "takehome"]


@pytest.fixture
def tiny(tmp_path):
    Catalogue.memo.clear()
    Catalogue.key_memo.clear()
    return TinyProject(tmp_path / "tiny")
