"""What a reader does on a page, in a real browser: keys, anchors, colors, copies; and that nothing moves meanwhile."""

from __future__ import annotations

import pytest
from sitefixture import ALL_DRAWN, SCRIPTS, TUTORIALS, WORKBOOKS, some
from visits import PHONE, WIDTHS

LAPTOP = {"width": 1280, "height": 800}

# The visible parts that moved by themselves, each with how much; a line that wraps anew for an italic face is little.
MOVES = """
globalThis.moves = []
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    if (value > 0.02 && !hadRecentInput) globalThis.moves.push([value, ...sources.map(({ node }) => node?.textContent.slice(0, 60))])
  }
}).observe({ type: "layout-shift", buffered: true })"""


def test_the_first_tab_stop_leads_past_the_navigation(tab):
    tab.goto(TUTORIALS[0])
    tab.keyboard.press("Tab")
    stop = tab.evaluate("() => [document.activeElement.className, document.activeElement.hash]")
    assert "md-skip" in stop[0]
    tab.keyboard.press("Enter")
    assert tab.evaluate("() => location.hash") == stop[1]


def test_a_picture_and_the_first_code_stand_on_the_first_screen(tab):
    screen = {"width": 1280, "height": 900}
    at = "selector => document.querySelector(selector).getBoundingClientRect().toJSON()"
    for address in TUTORIALS[::8]:
        tab.set_viewport_size(screen)
        tab.goto(address)
        tab.wait_for_function("() => document.querySelector('.press-glance img').naturalWidth")
        picture, code, text = (tab.evaluate(at, each) for each in (".press-glance", ".press-cell", ".press-glance ~ p"))
        assert picture["bottom"] < code["top"] < screen["height"] - 40, address
        assert picture["top"] - text["top"] < 20, f"{address}: it stands beside the first words"
        tab.set_viewport_size(PHONE)
        assert tab.locator(".press-glance").is_hidden()


@pytest.mark.parametrize("key", some("/sf"))
def test_a_key_opens_the_search(tab, key):
    tab.goto(TUTORIALS[0])
    tab.wait_for_load_state("networkidle")
    tab.keyboard.press(key)
    tab.wait_for_function("() => document.activeElement.matches('[data-md-component=search-query]')")
    assert tab.evaluate("() => document.activeElement.value") == "", "the key itself is not typed"


@pytest.mark.parametrize(
    ("anchor", "viewport"), some([(a, v) for v in (PHONE, LAPTOP) for a in ("indexing", "where-it-fails")])
)
def test_an_anchor_leads_to_its_very_place(tab, anchor, viewport):
    tab.set_viewport_size(viewport)
    near = (
        "id => { const { top } = document.getElementById(id).getBoundingClientRect(); return 40 <= top && top < 120 }"
    )
    tab.goto(f"{TUTORIALS[0]}#{anchor}")
    tab.wait_for_load_state("networkidle")
    tab.wait_for_function(near, arg=anchor)
    tab.goto(TUTORIALS[0])
    tab.wait_for_load_state("networkidle")
    tab.evaluate("id => { location.hash = id }", anchor)
    tab.wait_for_function(near, arg=anchor)


@pytest.mark.parametrize("address", some(TUTORIALS[::12]))
def test_code_can_be_copied_without_its_colors(tab, site, address):
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto(address)
    cells = tab.locator(".press-cell")
    cell = cells.first
    cell.locator(".highlight").hover()
    cell.locator("button.md-clipboard, .md-code__button").first.click()
    tab.wait_for_function("async () => await navigator.clipboard.readText() !== ''")
    copied = tab.evaluate("() => navigator.clipboard.readText()")
    script = next(script for script in SCRIPTS if f"{script.url}/" == address)
    assert copied.strip() == script.code[0].source
    assert tab.locator(".press-cell .highlight :is(button.md-clipboard, .md-code__button)").count() >= cells.count()


def test_the_page_of_a_wrong_address_searches_for_its_words(tab):
    reply = tab.goto("foundations/broadcasting.html")
    assert reply and reply.status == 404
    tab.wait_for_load_state("networkidle")
    field = tab.locator("#k-missing")
    assert field.input_value() == "foundations broadcasting"
    field.fill("broadcasting")
    field.press("Enter")
    tab.locator(".md-search-result__item a[href*='foundations/tensors/']").first.wait_for(timeout=30_000)


SCHEME = "() => document.body.dataset.mdColorScheme"
SWITCH = ".k-schemes label:not([hidden])"


def test_the_colors_are_the_systems_from_the_first_paint_and_follow_it(tab):
    tab.emulate_media(color_scheme="dark")
    tab.add_init_script(
        "addEventListener('DOMContentLoaded', () => { globalThis.first = document.body.dataset.mdColorScheme })"
    )
    tab.goto(TUTORIALS[0])
    assert tab.evaluate("() => globalThis.first") == tab.evaluate(SCHEME) == "slate"
    tab.emulate_media(color_scheme="light")
    tab.wait_for_function("() => document.body.dataset.mdColorScheme === 'default'")


def test_the_color_scheme_can_be_chosen_and_is_kept(tab):
    tab.emulate_media(color_scheme="light")
    tab.goto(TUTORIALS[0])
    said = []
    for scheme in ("default", "slate", "default"):  # light, dark, as the system
        said.append(tab.locator(SWITCH).get_attribute("for"))  # its title is Material's while it is pointed at
        tab.locator(SWITCH).click()
        assert tab.evaluate(SCHEME) == scheme
    assert len(set(said)) == 3
    tab.locator(SWITCH).click()
    tab.locator(".k-schemes input:checked").press("Enter")  # dark, by keyboard
    tab.emulate_media(color_scheme="dark")
    tab.emulate_media(color_scheme="light")  # what was chosen does not follow the system
    bar = "() => [...document.querySelectorAll('meta[name=theme-color]')].map(meta => meta.content)"
    dark = tab.evaluate(bar)
    assert tab.evaluate(SCHEME) == "slate" and len(dark) == 2 and len(set(dark)) == 1
    tab.goto(TUTORIALS[1])
    assert tab.evaluate(SCHEME) == "slate"
    assert tab.locator(SWITCH).get_attribute("for") == said[2] and tab.evaluate(bar) == dark


@pytest.mark.parametrize(
    ("address", "viewport"),
    some([(address, viewport) for viewport in (PHONE, LAPTOP) for address in ("", TUTORIALS[0], WORKBOOKS[0])], 2),
)
def test_nothing_moves_while_a_page_loads(tab, address, viewport):
    tab.set_viewport_size(viewport)
    tab.add_init_script(MOVES)
    tab.goto(address)
    tab.wait_for_load_state("networkidle")
    assert tab.evaluate("() => globalThis.moves") == []


@pytest.mark.parametrize("address", some(TUTORIALS[::8], 4))
def test_the_line_of_a_new_reader_reads_the_same_before_and_after_its_script(tab, site, address):
    written = site.soup(address).select_one(".press-progress")
    tab.goto(address)
    line = tab.locator(".press-progress")
    assert line.text_content() == written.get_text()
    assert line.is_visible() == bool(written.get_text())


LONGEST = [f"{script.url}/" for script in sorted(SCRIPTS, key=lambda one: -one.path.stat().st_size)[:3]]
# Blocks of code, top to bottom: their heights, and whether what is in them is drawn.
BLOCKS = """() => [...document.querySelectorAll("pre > code[data-lines]")].map((code) =>
  [code.getBoundingClientRect().height, code.firstElementChild?.checkVisibility({ contentVisibilityAuto: true }) ?? true])"""


@pytest.mark.parametrize(
    ("address", "width"), some([(address, width) for address in LONGEST for width in (320, 1280)], 3)
)
def test_code_far_below_is_drawn_when_it_comes_near_and_has_its_height_before(tab, address, width):
    tab.set_viewport_size({"width": width, "height": WIDTHS[width]})
    tab.goto(address)
    tab.wait_for_load_state("networkidle")
    height = tab.evaluate("() => document.documentElement.scrollHeight")
    late = tab.evaluate(BLOCKS)
    assert sum(drawn for _, drawn in late) <= len(late) / 2
    tab.evaluate(ALL_DRAWN)
    early = tab.evaluate(BLOCKS)
    assert all(drawn for _, drawn in early)
    for (before, _), (after, _) in zip(late, early, strict=True):
        assert before == pytest.approx(after, rel=0.002)
    assert height == pytest.approx(tab.evaluate("() => document.documentElement.scrollHeight"), abs=20)


def test_code_can_be_reached_by_keyboard_until_it_is_seen_to_fit(tab):
    """By the press alone, as with other themes: Material does the same for its own code."""
    tab.set_viewport_size({"width": 560, "height": 740})  # for some 60 characters
    tab.route("**/bundle.*.js", lambda route: route.abort())
    tab.goto(TUTORIALS[0])
    code = tab.locator("pre > code[data-lines]")
    widths = [max(map(len, text.splitlines())) for text in code.all_text_contents()]
    wide = max(n for n, width in enumerate(widths) if width > 70)
    narrow = max(n for n, width in enumerate(widths) if width < 50)
    assert [code.nth(n).get_attribute("tabindex") for n in (wide, narrow)] == ["0", "0"]
    code.nth(wide).scroll_into_view_if_needed()
    code.nth(narrow).scroll_into_view_if_needed()
    code.nth(narrow).and_(tab.locator(":not([tabindex])")).wait_for()
    assert code.nth(wide).get_attribute("tabindex") == "0"


@pytest.mark.parametrize(
    ("address", "role", "formula"),
    [("foundations/perceptrons/", "checkbox", "−0.999"), ("training/init-normalization/", "link", "ln10")],
)
def test_a_formula_is_read_out_where_it_is_all_that_a_label_or_a_link_says(tab, address, role, formula):
    """In Chromium's own tree for screen readers."""
    tab.goto(address)
    session = tab.context.new_cdp_session(tab)
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    named = session.send("Accessibility.queryAXTree", {"nodeId": root, "role": role})["nodes"]
    names = ["".join(one["name"]["value"].split()).replace("\u2061", "") for one in named]
    assert formula in names
