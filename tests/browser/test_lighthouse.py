"""Lighthouse, as on a phone: everything about a tutorial's page that it can judge without a clock.

How fast it finds a page depends on what else the machine does, so that is measured in benchmarks/pages.py.
"""

from __future__ import annotations

import pytest
from sitefixture import TUTORIALS, WORKBOOKS, lighthouse

ADDRESSES = [TUTORIALS[0], WORKBOOKS[0], "reference/training/"]  # axe-core, which it asks too, visits every page
MOST = {  # what makes a page slow on a phone, whatever the clock says
    "cumulative-layout-shift": 0.02,
    "total-byte-weight": 900_000,
    "dom-size-insight": 4_000,  # elements
}


def wanting(found: dict, category: str) -> list[str]:
    audits = [found["audits"][one["id"]] for one in found["categories"][category]["auditRefs"] if one["weight"]]
    lost = [one for one in audits if one["score"] is not None and one["score"] < 1]
    return [f"{one['id']}: {str(one.get('details', {}).get('items', ''))[:400]}" for one in lost]


@pytest.mark.slow  # axe-core judges what can be read, policy and pages the rest; in CI Lighthouse says it in its own words
@pytest.mark.parametrize("address", ADDRESSES)
def test_lighthouse_finds_nothing_to_improve_in_a_page_but_its_time(
    site, tools, chromium, tmp_path, monkeypatch, address
):
    monkeypatch.setenv("CHROME_PATH", str(chromium))
    found = lighthouse(tools, site.url + address, tmp_path / "report.json")
    for category in ("accessibility", "best-practices", "seo"):
        assert found["categories"][category]["score"] == 1, wanting(found, category)
    audits = found["audits"]
    reached = {name: audits[name]["numericValue"] for name in MOST if "numericValue" in audits[name]}
    elements = next(
        item for item in audits["dom-size-insight"]["details"]["items"] if item["statistic"] == "Total elements"
    )
    reached["dom-size-insight"] = elements["value"]["value"]
    assert reached.keys() == MOST.keys()
    assert {name: value for name, value in reached.items() if value > MOST[name]} == {}
