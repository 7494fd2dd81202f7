"""What a reader meets: every page of the built site, as files and in a real browser."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from sitefixture import ALL_DRAWN, LESSONS, MISSING, PAGES, PARTS, SCRIPTS, TUTORIALS, WORKBOOKS, answer, by_name, some

HEAVIEST = 60_000  # bytes of HTML, gzipped
WIDTHS = {320: 640, 768: 1024, 1280: 800}  # a small phone, a tablet, a laptop, each with its height
PHONE = {"width": 360, "height": 740}
SCHEMES = {"light": "default", "dark": "slate"}
# The visible parts that moved by themselves, each with how much; a line that wraps anew for an italic face is little.
MOVES = """
globalThis.moves = []
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    if (value > 0.02 && !hadRecentInput) globalThis.moves.push([value, ...sources.map(({ node }) => node?.textContent.slice(0, 60))])
  }
}).observe({ type: "layout-shift", buffered: true })"""

# In the browser: what would have to be scrolled to sideways at the width that the window has.
SIDEWAYS = r"""() => {
  const described = element => {
    const name = element.tagName.toLowerCase() + [...element.classList].map(one => "." + one).join("")
    return name + " " + JSON.stringify(element.textContent.trim().slice(0, 30))
  }
  const scrolls = element => element && (/auto|scroll/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement))
  const sideways = document.documentElement.scrollWidth > innerWidth ? ["the whole page"] : []
  for (const element of document.querySelectorAll(".md-content *"))  // cut off is no better than scrolling
    if (element.getBoundingClientRect().right > innerWidth + 1 && element.checkVisibility() && !scrolls(element))
      sideways.push(described(element))
  return sideways
}"""

# In the browser: what can be scrolled sideways by mouse or finger only. A frame later, because who listens to sizes comes last.
OUT_OF_REACH = """async () => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
  return [...document.querySelectorAll(".md-content *")]
    .filter((box) => box.checkVisibility() && box.clientWidth && box.scrollWidth > box.clientWidth)
    .filter((box) => /auto|scroll/.test(getComputedStyle(box).overflowX) && box.tabIndex < 0)
    .map((box) => `${box.tagName} ${box.className}: ${box.textContent.trim().slice(0, 30)}`)
}"""

# In the browser: everything else about one page in one scheme that a test asks for.
FACTS = r"""async () => {
  for (const image of document.images) {
    image.loading = "eager"
    if (image.checkVisibility()) await image.decode().catch(() => {})
  }
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })
  const known = {}
  const rgba = colour => {
    if (!known[colour]) {
      pixel.clearRect(0, 0, 1, 1)
      pixel.fillStyle = colour
      pixel.fillRect(0, 0, 1, 1)
      const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data
      known[colour] = [r, g, b, a / 255]
    }
    return known[colour]
  }
  const over = (top, ground) => [0, 1, 2].map(i => top[i] * top[3] + ground[i] * (1 - top[3]))
  const ground = element => {
    if (!element) return [255, 255, 255]
    const colour = rgba(getComputedStyle(element).backgroundColor)
    return colour[3] === 1 ? colour.slice(0, 3) : over(colour, ground(element.parentElement))
  }
  const luminance = colour => {
    const [r, g, b] = colour.map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const faint = {}, seen = new Set()
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement
    if (!texts.currentNode.data.trim() || seen.has(element)) continue
    seen.add(element)
    if (element.closest("script, style, noscript, svg, [aria-hidden=true]")) continue
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue
    const box = element.getBoundingClientRect()
    if (box.width < 2 || box.height < 2) continue
    const style = getComputedStyle(element)
    let opacity = 1
    for (let one = element; one; one = one.parentElement) opacity *= getComputedStyle(one).opacity
    const behind = ground(element)
    const [r, g, b, a] = rgba(style.color)
    const [high, low] = [luminance(over([r, g, b, a * opacity], behind)), luminance(behind)].sort((x, y) => y - x)
    const contrast = (high + 0.05) / (low + 0.05)
    const pixels = parseFloat(style.fontSize)
    const large = pixels >= 24 || (pixels >= 18.66 && style.fontWeight >= 700)
    if (contrast < (large ? 3 : 4.5)) {
      const name = element.tagName.toLowerCase() + [...element.classList].map(one => "." + one).join("")
      faint[name] ??= `${name}: ${contrast.toFixed(2)}, e.g. ${JSON.stringify(texts.currentNode.data.trim().slice(0, 30))}`
    }
  }

  return {
    scheme: document.body.dataset.mdColorScheme,
    faint: Object.values(faint),
    unread: [...document.images].filter(i => i.checkVisibility() && !i.naturalWidth).map(i => i.src),
    figures: [...document.querySelectorAll(".press-figure")].map(f =>
      [...f.querySelectorAll("img")].filter(i => i.checkVisibility()).map(i => i.className)),
    cost: document.querySelectorAll(".press-cost").length,
  }
}"""


@dataclass
class Visit:
    """What happened while a page was open: on a phone in the light, then in the dark scheme, then in other widths."""

    requests: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    sideways: dict[int, list[str]] = field(default_factory=dict)
    out_of_reach: dict[int, list[str]] = field(default_factory=dict)
    without_faces: list[str] = field(default_factory=list)  # what is sideways, or out of reach, in the system's typefaces


@pytest.fixture(scope="module")
def visit(browser, site):
    """Open a page once, however many tests ask about it."""
    known: dict[str, Visit] = {}

    def opened(address: str) -> Visit:
        if address in known:
            return known[address]
        seen = known[address] = Visit()
        # Without motion, for a colour that is still fading is no colour yet.
        context = browser.new_context(base_url=site.url, viewport=PHONE, color_scheme="light", reduced_motion="reduce")
        context.add_init_script(ALL_DRAWN)
        page = context.new_page()
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("requestfailed", lambda request: seen.failed.append(f"{request.url}: {request.failure}"))
        page.on(
            "response",
            lambda reply: seen.failed.append(f"{reply.url}: {reply.status}") if reply.status >= 400 else None,
        )
        page.on(
            "console",
            lambda message: seen.console.append(message.text) if message.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: seen.console.append(str(error)))
        page.goto(address, wait_until="networkidle")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function("scheme => document.body.dataset.mdColorScheme === scheme", arg=SCHEMES[scheme])
            seen.facts[scheme] = page.evaluate(FACTS)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_function("width => innerWidth === width", arg=width)
            seen.sideways[width] = page.evaluate(SIDEWAYS)
            seen.out_of_reach[width] = page.evaluate(OUT_OF_REACH)
        page = context.new_page()
        page.set_viewport_size({"width": 320, "height": WIDTHS[320]})
        page.route("**/*.woff2", lambda route: route.abort())
        page.goto(address, wait_until="networkidle")
        seen.without_faces = page.evaluate(SIDEWAYS) + page.evaluate(OUT_OF_REACH)
        context.close()
        return seen

    return opened


every_page = pytest.mark.parametrize("address", [*PAGES, MISSING], ids=lambda address: address or "home")
every_tutorial = pytest.mark.parametrize("address", TUTORIALS)
every_lesson = pytest.mark.parametrize("address", [f"{script.url}/" for script in LESSONS])


# In the browser ---------------------------------------------------------------------------------------------------


@every_page
def test_a_page_asks_no_other_origin_for_anything(visit, site, address):
    allowed = (site.url, "data:", "blob:")
    assert [url for url in visit(address).requests if not url.startswith(allowed)] == []


@every_page
def test_a_page_loads_whole_and_without_an_error(visit, address):
    seen = visit(address)
    assert seen.failed == [] and seen.console == []
    assert all(facts["unread"] == [] for facts in seen.facts.values())


@every_page
def test_a_page_does_not_scroll_sideways(visit, address):
    assert visit(address).sideways == {width: [] for width in WIDTHS}


@every_page
def test_a_page_fits_a_small_phone_before_its_typefaces_are_there(visit, address):
    """They are optional: whoever waits too long for them reads the first page in the system's, which are wider here."""
    assert visit(address).without_faces == []


@every_page
def test_whatever_scrolls_sideways_on_a_page_can_be_reached_by_keyboard(visit, address):
    assert visit(address).out_of_reach == {width: [] for width in WIDTHS}


@every_page
@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_stands_out_from_its_ground(visit, address, scheme):
    facts = visit(address).facts[scheme]
    assert facts["scheme"] == SCHEMES[scheme]
    assert facts["faint"] == [], "below a contrast of 4.5 (3 for large text)"


@every_lesson
def test_each_figure_shows_the_one_variant_of_the_scheme(visit, address):
    facts = visit(address).facts
    assert facts["light"]["figures"], "a tutorial has a figure"
    other = {"light": "press-dark", "dark": "press-light"}
    for scheme in SCHEMES:
        assert all(len(shown) == 1 and other[scheme] not in shown[0] for shown in facts[scheme]["figures"])


def test_the_first_tab_stop_leads_past_the_navigation(tab):
    tab.goto(TUTORIALS[0])
    tab.keyboard.press("Tab")
    stop = tab.evaluate("() => [document.activeElement.className, document.activeElement.hash]")
    assert "md-skip" in stop[0]
    tab.keyboard.press("Enter")
    assert tab.evaluate("() => location.hash") == stop[1]


@pytest.mark.parametrize("key", ["/", "s", "f"])
def test_a_key_opens_the_search(tab, key):
    tab.goto(TUTORIALS[0])
    tab.wait_for_load_state("networkidle")
    tab.keyboard.press(key)
    tab.wait_for_function("() => document.activeElement.matches('[data-md-component=search-query]')")
    assert tab.evaluate("() => document.activeElement.value") == "", "the key itself is not typed"


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 800}], ids=["phone", "laptop"])
@pytest.mark.parametrize("anchor", ["indexing", "where-it-fails"])
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


@pytest.mark.parametrize("address", TUTORIALS[::6])
def test_code_can_be_copied_without_its_colours(tab, site, address):
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


def test_the_colours_are_the_systems_from_the_first_paint_and_follow_it(tab):
    tab.emulate_media(color_scheme="dark")
    tab.add_init_script(
        "addEventListener('DOMContentLoaded', () => { globalThis.first = document.body.dataset.mdColorScheme })"
    )
    tab.goto(TUTORIALS[0])
    assert tab.evaluate("() => globalThis.first") == tab.evaluate(SCHEME) == "slate"
    tab.emulate_media(color_scheme="light")
    tab.wait_for_function("() => document.body.dataset.mdColorScheme === 'default'")


def test_the_colour_scheme_can_be_chosen_and_is_kept(tab):
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


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 800}], ids=["phone", "laptop"])
@pytest.mark.parametrize("address", ["", *TUTORIALS[::5]])
def test_nothing_moves_while_a_page_loads(tab, address, viewport):
    tab.set_viewport_size(viewport)
    tab.add_init_script(MOVES)
    tab.goto(address)
    tab.wait_for_load_state("networkidle")
    assert tab.evaluate("() => globalThis.moves") == []


def test_the_line_of_a_new_reader_reads_the_same_before_and_after_its_script(tab, site):
    for address in TUTORIALS[::4]:
        written = site.soup(address).select_one(".press-progress")
        tab.goto(address)
        line = tab.locator(".press-progress")
        assert line.text_content() == written.get_text()
        assert line.is_visible() == bool(written.get_text())


# Blocks of code, top to bottom: their heights, and whether what is in them is drawn.
BLOCKS = """() => [...document.querySelectorAll("pre > code[data-lines]")].map((code) =>
  [code.getBoundingClientRect().height, code.firstElementChild?.checkVisibility({ contentVisibilityAuto: true }) ?? true])"""


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("address", some(TUTORIALS))
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


@pytest.mark.parametrize("address", ["", TUTORIALS[0], WORKBOOKS[0], "reference/training/"])
def test_one_style_sheet_makes_a_page_look_as_the_many_do_of_which_it_is_made(tab, site, address):
    """Asked of every element: all its computed styles."""
    many = [link["href"] for link in site.soup(MISSING).select("head link[rel=stylesheet]")]
    assert len(many) == 5
    looks = """() => [...document.body.querySelectorAll("*")].map((element) => {
      const style = getComputedStyle(element)
      return element.tagName + [...style].map((name) => style.getPropertyValue(name)).join()
    })"""
    tab.emulate_media(reduced_motion="reduce")
    tab.add_init_script(ALL_DRAWN)
    tab.route("**/*.woff2", lambda route: route.abort())  # else the faces might be there in time only once
    links = "".join(f'<link rel="stylesheet" href="{sheet}">' for sheet in many)
    other = re.sub(r'<link rel="stylesheet"[^>]*>', links, site.file(address).read_text(encoding="utf-8"))
    seen = []
    for sheets in (1, 5):
        if sheets == 5:
            tab.route(site.url + address, lambda route: route.fulfill(body=other, content_type="text/html"))
        tab.goto(address)
        tab.wait_for_load_state("networkidle")
        assert tab.evaluate("() => document.querySelectorAll('link[rel=stylesheet]').length") == sheets
        seen.append(tab.evaluate(looks))
    assert len(seen[0]) == len(seen[1]) and [pair for pair in zip(*seen, strict=True) if pair[0] != pair[1]] == []


# As files ---------------------------------------------------------------------------------------------------------


@every_tutorial
def test_a_tutorial_weighs_at_most_60_kilobytes_gzipped(site, address):
    assert len(gzip.compress(site.file(address).read_bytes())) <= HEAVIEST


@every_page
def test_an_image_has_its_size_and_a_text_that_says_what_it_shows_and_is_loaded_when_it_is_near(site, address):
    soup = site.soup(address)
    for image in soup.find_all("img"):
        assert image.get("width") and image.get("height") and image.has_attr("alt"), image
        decorative = image.find_parent(class_="press-gallery") is not None  # the link itself has the words
        assert decorative or image["alt"].strip(), image
        assert image["loading"] == "lazy", "no page begins with a picture, so none has to wait for one"
    for image in soup.select(".press-figure img"):
        assert not image["alt"].startswith("Figure"), f"{image['src']} has only the fallback: {image['alt']}"
        assert len(image["alt"]) > 20, image["alt"]


@pytest.mark.parametrize("script", SCRIPTS, ids=by_name)
def test_formulas_are_mathml(site, script):
    soup = site.soup(f"{script.url}/")
    written = re.sub(
        r"(?s)```.*?```|`[^`\n]*`", "", "\n".join(cell.source for cell in script.cells if cell.kind == "text")
    )
    assert len(soup.find_all("math")) >= len(re.findall(r"(?<!\\)\$\$?[^$]+\$\$?", written))
    assert not soup.select(".arithmatex")
    for element in soup.select("code, pre, script, style, math"):
        assert element.name != "code" or not re.search(
            r"\\(frac|sum|ln|sigma|partial|text|mathbf)\b", element.get_text()
        )
        element.extract()
    assert not re.search(r"\\[()\[\]]|\$[^$\n]+\$|\\[a-z]+\{", soup.get_text())


@pytest.mark.parametrize("script", SCRIPTS, ids=by_name)
def test_downloads_have_the_tutorials_name_and_are_there(site, script):
    links = {link["href"] for link in site.soup(f"{script.url}/").select("a.press-download[download]")}
    assert links == {f"{script.name}.py", f"{script.name}.ipynb"}
    for name in links:
        status, content = answer(f"{site.url}{script.url}/{name}")
        assert status == 200 and site.url in content, "the address of the wheel"
        assert (json.loads(content)["nbformat"] == 4) if name.endswith(".ipynb") else content.startswith("# /// script")


@every_page
def test_a_page_says_where_it_lives_and_how_it_looks_when_shared(site, address):
    soup = site.soup(address)
    if address != MISSING:
        assert soup.find("link", rel="canonical")["href"] == site.url + address
        assert soup.find("meta", property="og:url")["content"] == site.url + address
    image = soup.find("meta", property="og:image")["content"]
    assert image.startswith(site.url)
    picture = site.folder / image.removeprefix(site.url)
    assert picture.read_bytes().startswith(b"\x89PNG")
    if address in {f"{script.url}/" for script in LESSONS}:
        assert picture.parent == site.folder / address, "a tutorial is shared with a picture of its own"
    assert soup.find("meta", attrs={"name": "description"})["content"].strip()
    assert soup.find("meta", property="og:title")["content"].strip()
    assert len(soup.find_all("h1")) == 1 and soup.html["lang"] == "en"


def test_the_sitemap_lists_every_page_once(site):
    listed = re.findall(r"<loc>(.*?)</loc>", (site.folder / "sitemap.xml").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(site.url + address for address in PAGES)


def test_no_page_was_forgotten_by_these_tests(site):
    built = {
        path.relative_to(site.folder).as_posix().removesuffix("index.html") for path in site.folder.rglob("*.html")
    }
    assert built == {*PAGES, MISSING}


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address or "home")
def test_every_link_of_a_page_leads_somewhere(site, address):
    assert site.nowhere(address, [link["href"] for link in site.soup(address).select("a[href]")]) == []


def test_an_address_that_is_nowhere_answers_404(site):
    assert answer(site.url + "nowhere/")[0] == 404


def test_code_leads_to_the_documentation_of_its_names(site):
    ours, torchs = set(), set()
    for address in TUTORIALS:
        for link in site.soup(address).select(".press-cell .highlight a"):
            (ours if "reference/" in link["href"] else torchs).add((link.get_text(), link["href"].rpartition("/")[2]))
    assert ("fit", "#kindling.training.fit") in ours
    assert ("torch.manual_seed", "torch.manual_seed.html#torch.manual_seed") in torchs


@pytest.mark.parametrize("script", LESSONS, ids=by_name)
def test_a_tutorial_links_names_to_both_documentations(site, script):
    links = [link["href"] for link in site.soup(f"{script.url}/").select(".press-cell .highlight a")]
    assert any(link.startswith("../../reference/") for link in links)
    assert any(link.startswith("https://docs.pytorch.org/") for link in links)


def test_the_page_of_a_function_lists_the_tutorials_that_use_it(site):
    users = [
        script for script in SCRIPTS if re.search(r"(?<![.\w])fit\(", "\n".join(cell.source for cell in script.code))
    ]
    entry = site.soup("reference/training/").find(id="kindling.training.fit").find_parent(class_="doc-function")
    links = " ".join(link["href"] for link in entry.select("a[href]"))
    assert users
    for script in users:
        assert f"../../{script.url}/#" in links


@pytest.mark.parametrize("part", PARTS)
def test_the_page_of_a_part_shows_its_tutorials(site, part):
    cards = [link["href"] for link in site.soup(part).select(".press-gallery a")]
    assert cards == [url.removeprefix(part) for url in TUTORIALS if url.startswith(part)]


@pytest.mark.parametrize("script", SCRIPTS, ids=by_name)
def test_a_tutorial_says_what_it_cost(site, script):
    note = site.soup(f"{script.url}/").select_one(".press-cost").get_text()
    assert re.match(r"Ran in [\d.]+ s on .+, .+ of memory, torch [\d.]+, \d{4}-\d\d-\d\d\.", note)
    assert ("Data: " in note) == bool(script.header.data)


def test_every_share_on_the_results_page_is_at_most_100_and_reaches_what_is_asserted(site):
    rows = [[cell.text for cell in row.select("td")] for row in site.soup("results/").select("article tbody tr")]
    shares = [(row[0], float(row[2][:-2]), float(row[3][:-2])) for row in rows if row[2].endswith(" %")]
    assert len(shares) >= 8
    for name, here, asserted in shares:
        assert asserted <= here <= 100, name
