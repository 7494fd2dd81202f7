"""axe-core on every page, as on a laptop, in the light and in the dark scheme."""

from __future__ import annotations

import pytest
from sitefixture import ALL_DRAWN, MISSING, PAGES, some

# In the browser: what is wrong, as rule, place and reason. Folded boxes are opened, so that their content is looked at too.
FOUND = """async rules => {
  for (const box of document.querySelectorAll("article details")) box.open = true
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
  const { violations } = await axe.run({ resultTypes: ["violations"], ...(rules && { runOnly: rules }) })
  return violations.flatMap(({ id, impact, nodes }) => nodes
    .map(({ target, failureSummary }) => `${impact} ${id}: ${target}: ${failureSummary.replace(/\\s+/g, " ")}`))
}"""
OF_COLOUR = ["color-contrast", "link-in-text-block"]  # all that the scheme can change


@pytest.fixture(scope="module")
def laptop(browser, site):
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(30_000)
    context.add_init_script(ALL_DRAWN)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("address", some([*PAGES, MISSING]), ids=lambda address: address or "home")
def test_axe_finds_nothing_on_a_page(laptop, axe, address):
    laptop.emulate_media(color_scheme="light")
    laptop.goto(address)
    laptop.evaluate(axe)
    in_scheme = "scheme => document.body.dataset.mdColorScheme === scheme"
    laptop.wait_for_function(in_scheme, arg="default")
    found = laptop.evaluate(FOUND)
    laptop.emulate_media(color_scheme="dark")
    laptop.wait_for_function(in_scheme, arg="slate")
    found += [f"in the dark: {one}" for one in laptop.evaluate(FOUND, OF_COLOUR)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("address", "role", "formula"),
    [("foundations/perceptrons/", "checkbox", "(0,−5)"), ("training/init-normalization/", "link", "ln10")],
)
def test_a_formula_is_read_out_where_it_is_all_that_a_label_or_a_link_says(laptop, address, role, formula):
    """In Chromium's own tree for screen readers."""
    laptop.goto(address)
    session = laptop.context.new_cdp_session(laptop)
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    named = session.send("Accessibility.queryAXTree", {"nodeId": root, "role": role})["nodes"]
    names = ["".join(one["name"]["value"].split()).replace("\u2061", "") for one in named]
    assert formula in names
