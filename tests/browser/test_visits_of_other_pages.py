"""Every page but the tutorials in a real browser, once: visits.py says what is asked of it."""

from __future__ import annotations

import pytest
from sitefixture import MISSING, PARTS, WORKBOOKS, some, written_by_hand

REFERENCE = [address for address in written_by_hand() if address.startswith("reference/")]
OTHERS = [address for address in written_by_hand() if address not in REFERENCE]


@pytest.mark.parametrize(
    "address", [*some(WORKBOOKS, 30), *some(PARTS, 12), *some(REFERENCE, 30), *some(OTHERS, 30), MISSING]
)
def test_a_visit_of_a_page_finds_nothing_wrong(visit, address):
    assert visit(address) == []
