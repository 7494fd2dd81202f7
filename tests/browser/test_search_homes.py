"""The search, asked for everything that the site teaches: the page that teaches it comes first, or nearly so.

The questions are made from the site, so that they grow with it.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict

import pytest
from sitefixture import LESSONS, ROOT
from test_errors import MESSAGES

from press.site.html import glossary

GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
# The worker of the theme as the page starts it: the places of the pages that answer each question, best first.
ASK = """async questions => {
    const { base, search } = JSON.parse(document.querySelector("#__config").textContent)
    const index = await (await fetch(new URL("search/search_index.json", new URL(base + "/", location)))).json()
    const worker = new Worker(new URL(search, location))
    const ask = message => new Promise(done => {
        worker.onmessage = ({ data }) => done(data.data)
        worker.postMessage(message)
    })
    await ask({ type: 0, data: { ...index, options: { suggest: true } } })
    const places = []
    for (const data of questions) {
        const { items } = await ask({ type: 2, data })
        places.push(items.map(sections => sections[0].location.split("#")[0]))
    }
    return places
}"""


def terms() -> dict[str, set[str]]:
    """Each term of the glossary and its id, with the pages that the glossary calls its home, or else the glossary."""
    found = {}
    for match, term in zip(glossary.ENTRY.finditer(GLOSSARY), glossary.read(GLOSSARY), strict=True):
        homes = {f"{page}/" for page in re.findall(r"\]\(([^)#]+/[^)#]+)\.md", match["text"])} or {"glossary/"}
        found |= {term.name: homes, term.slug: homes}
    return found


def names() -> dict[str, set[str]]:
    """The first name in code or in bold of each heading of a lesson, with all pages that have it in a heading."""
    found = defaultdict(set)
    for script in LESSONS:
        for heading in re.findall(r"(?m)^##+ (.+)$", "\n".join(c.source for c in script.cells if c.kind != "code")):
            if name := re.search(r"`([^`]+)`|\*\*([^*]+)\*\*", heading):
                found[name[1] or name[2]].add(f"{script.url}/")
    return found


def messages() -> dict[str, set[str]]:
    """The headings of the clinic, with and without the numbers and devices that differ from reader to reader."""
    found = defaultdict(set)
    for script, heading in MESSAGES:
        for message in (heading, re.sub(r"\b(?:cpu|cuda|mps|meta|\d+)(?::\d+)?\b|\b\d+x\d+\b", " ", heading)):
            found[" ".join(message.split())].add(f"{script.url}/")
    return found


@pytest.fixture(scope="module")
def ask(browser, site):
    page = browser.new_page(base_url=site.url)
    page.goto("about/")
    yield functools.partial(page.evaluate, ASK)
    page.close()


def taught() -> dict[str, set[str]]:
    return names() | terms()


@pytest.mark.parametrize("wanted", [taught(), messages()], ids=["terms-and-names", "messages"])
def test_the_home_of_what_is_taught_is_among_the_first_three_and_mostly_first(ask, wanted):
    answers = dict(zip(wanted, ask(list(wanted)), strict=True))
    late = {asked: pages[:3] for asked, pages in answers.items() if not wanted[asked] & set(pages[:3])}
    behind = {asked: pages[0] for asked, pages in answers.items() if pages and pages[0] not in wanted[asked]}
    assert len(late) <= 0.03 * len(wanted), late
    assert len(behind) <= 0.2 * len(wanted), behind
