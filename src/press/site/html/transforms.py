"""What happens to the HTML of every page after its Markdown is converted: a list of pure functions, in this order."""

import re

from press.site.html import glossary
from press.site.html.code import code_and_outputs, line_counts, notebook_code, plain_code
from press.site.html.facts import PageFacts
from press.site.html.formulas import dollars, formulas
from press.site.links import relative
from press.site.pages.practice import exercise_ticks

BY = ("pygments", "jinja2")  # whose code makes the result
# The source of a function is there to be read, not to be found: it would hide what is said about it.
SOURCE = '<details class="mkdocstrings-source"'


def table_corners(html: str, facts: PageFacts) -> str:
    """The empty corner of a table is no heading: announced as one, it would say nothing."""
    return re.sub(r"<th([^>]*)></th>", r"<td\1></td>", html)


def unstyled(html: str, facts: PageFacts) -> str:
    """A notebook's page without the style sheet that mkdocs-jupyter appends to each; press.css has what it needs."""
    return re.sub(r"<style>.*?</style>", "", html, flags=re.S) if facts.notebook else html


def glossary_terms(html: str, facts: PageFacts) -> str:
    return glossary.mark(html, facts.terms) if facts.terms else html


def own_links(html: str, facts: PageFacts) -> str:
    """A notebook's links to the site, absolute because it is also taken home, are relative on its page."""
    if not facts.notebook or not facts.site_url:
        return html
    address = re.compile(rf'(?<=href="){re.escape(facts.site_url)}([^"#]*)')
    return address.sub(lambda found: relative(found[1], facts.url), html)


def unsearched_source(html: str, facts: PageFacts) -> str:
    return html.replace(f"{SOURCE}>", f"{SOURCE} data-search-exclude>")


TRANSFORMS = (
    unstyled,
    table_corners,
    own_links,
    dollars,
    glossary_terms,
    code_and_outputs,
    notebook_code,
    exercise_ticks,
    formulas,
    plain_code,
    line_counts,
    unsearched_source,
)


def finish(html: str, facts: PageFacts) -> str:
    """The page as it is served, but for what other pages decide."""
    for transform in TRANSFORMS:
        html = transform(html, facts)
    return html
