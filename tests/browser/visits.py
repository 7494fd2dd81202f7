"""One visit of a page, which judges all that a test of every page asks of a real browser.

A visit costs more than what is asked during it, so each page is opened once: on a phone in the light, then wider and
wider to a laptop, there in the dark and again in the light, when axe-core looks at it, and at last on the phone in the
system's typefaces. (The dark scheme changes nothing but colors, so whatever else axe-core knows is asked once.) What is
wrong is told as one line each, which begins with the name of the check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sitefixture import ALL_DRAWN

WIDTHS = {320: 640, 768: 1024, 1280: 800}  # a small phone, a tablet, a laptop, each with its height
PHONE = {"width": 360, "height": 740}
SCHEMES = {"light": "default", "dark": "slate"}

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

# In the browser: waits for the next frame but one, though not forever, since a page that has nothing to draw may get none.
DRAWN = """globalThis.drawn = () => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done))
  setTimeout(done, 2000)
})"""

# In the browser: what can be scrolled sideways by mouse or finger only. A frame later, because who listens to sizes comes last.
OUT_OF_REACH = """async () => {
  await drawn()
  return [...document.querySelectorAll(".md-content *")]
    .filter((box) => box.checkVisibility() && box.clientWidth && box.scrollWidth > box.clientWidth)
    .filter((box) => /auto|scroll/.test(getComputedStyle(box).overflowX) && box.tabIndex < 0)
    .map((box) => `${box.tagName} ${box.className}: ${box.textContent.trim().slice(0, 30)}`)
}"""

# In the browser: the code of a tutorial that a laptop would show in part only.
CUT = """() => [...document.querySelectorAll(".press-cell .highlight pre code")]
  .filter((code) => code.scrollWidth > code.clientWidth)
  .map((code) => code.textContent.split("\\n").reduce((long, line) => (line.length > long.length ? line : long)))"""

# In the browser: opens folded boxes, so that what follows looks into them too.
UNFOLD = """async () => {
  for (const box of document.querySelectorAll("article details")) box.open = true
  await drawn()
}"""

# In the browser: what axe-core finds, as rule, place and reason.
AXE = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"] })
  return violations.flatMap(({ id, impact, nodes }) => nodes
    .map(({ target, failureSummary }) => `${impact} ${id}: ${target}: ${failureSummary.replace(/\\s+/g, " ")}`))
}"""

# In the browser: takes the site's typefaces away, as from a reader for whom they come too late; tells how many are left.
WITHOUT_FACES = """() => {
  for (const sheet of document.styleSheets)
    for (let at = sheet.cssRules.length - 1; at >= 0; at--)
      if (sheet.cssRules[at] instanceof CSSFontFaceRule) sheet.deleteRule(at)
  return document.fonts.size
}"""

# In the browser: everything else about one page in one scheme that a test asks for.
FACTS = r"""async () => {
  await document.fonts.ready
  for (const image of document.images) {
    image.loading = "eager"
    if (image.checkVisibility()) await image.decode().catch(() => {})
  }
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })
  const known = {}
  const rgba = color => {
    if (!known[color]) {
      pixel.clearRect(0, 0, 1, 1)
      pixel.fillStyle = color
      pixel.fillRect(0, 0, 1, 1)
      const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data
      known[color] = [r, g, b, a / 255]
    }
    return known[color]
  }
  const over = (top, ground) => [0, 1, 2].map(i => top[i] * top[3] + ground[i] * (1 - top[3]))
  const ground = element => {
    if (!element) return [255, 255, 255]
    const color = rgba(getComputedStyle(element).backgroundColor)
    return color[3] === 1 ? color.slice(0, 3) : over(color, ground(element.parentElement))
  }
  const luminance = color => {
    const [r, g, b] = color.map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
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
    faint: Object.values(faint),
    unread: [...document.images].filter(i => i.checkVisibility() && !i.naturalWidth).map(i => i.src),
    figures: [...document.querySelectorAll(".press-figure")].map(f =>
      [...f.querySelectorAll("img")].filter(i => i.checkVisibility()).map(i => i.className)),
  }
}"""


def window(browser, own: str):
    """Where pages are visited, so that the browser keeps what they share. Without motion: a color that is still fading is
    no color yet."""
    opened = browser.new_context(base_url=own, viewport=PHONE, color_scheme="light", reduced_motion="reduce")
    opened.set_default_timeout(30_000)
    opened.add_init_script(ALL_DRAWN)
    opened.add_init_script(DRAWN)
    return opened


def visited(opened, axe: str, own: str, address: str, *, figures: bool = False) -> list[str]:
    """What is wrong with a page of the site that is served at `own`; `figures` says that it must have some."""
    wrong: list[str] = []

    def told(check: str, found: list[Any]) -> None:
        wrong.extend(f"{check}: {one}" for one in found)

    page = opened.new_page()
    listen(page, own, told)
    page.goto(address)

    def looked_at(scheme: str) -> None:
        facts = page.evaluate(FACTS)
        told(f"text stands out from its ground by 4.5 (3 if it is large), in the {scheme}", facts["faint"])
        told("a page loads whole, with its images", facts["unread"])
        told(f"each figure shows the one variant of the {scheme} scheme", [*other_variants(facts["figures"], scheme)])
        if figures and not facts["figures"]:
            told("a tutorial has a figure", ["none"])

    looked_at("light")
    page.evaluate(UNFOLD)
    for width, height in WIDTHS.items():
        resize(page, width, height)
        told(f"a page does not scroll sideways, {width} pixels wide", page.evaluate(SIDEWAYS))
        told(f"what scrolls sideways is reached by keyboard, {width} pixels wide", page.evaluate(OUT_OF_REACH))
    told("no line of code is cut, 1280 pixels wide", page.evaluate(CUT))
    turn(page, "dark")
    looked_at("dark")
    turn(page, "light")
    page.evaluate(axe)
    told("axe-core finds nothing", page.evaluate(AXE))
    page.wait_for_load_state("networkidle")  # long ago, unless the page asks and asks
    told("the typefaces can be taken away", [left] if (left := page.evaluate(WITHOUT_FACES)) else [])
    resize(page, 320, WIDTHS[320])
    # They are optional: who waits too long for them reads the first page in the system's, which are wider here.
    told(
        "a page fits a small phone before its typefaces are there",
        page.evaluate(SIDEWAYS) + page.evaluate(OUT_OF_REACH),
    )
    found = list(wrong)  # before the page is closed, which ends what it may still be asking for
    page.close()
    return found


def listen(page, own: str, told: Callable[[str, list[Any]], None]) -> None:
    """Tell of requests to elsewhere, of those that fail, and of whatever the page complains, its policy included."""
    whole = "a page loads whole and without an error"

    def asked(request) -> None:
        if not request.url.startswith((own, "data:", "blob:")):
            told("a page asks no other origin for anything", [request.url])

    def answered(reply) -> None:
        if reply.status >= 400:
            told(whole, [f"{reply.url}: {reply.status}"])

    page.on("request", asked)
    page.on("response", answered)
    page.on("requestfailed", lambda request: told(whole, [f"{request.url}: {request.failure}"]))
    page.on("console", lambda said: told(whole, [said.text]) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: told(whole, [error]))


def turn(page, scheme: str) -> None:
    """Change the scheme as the system does."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function("scheme => document.body.dataset.mdColorScheme === scheme", arg=SCHEMES[scheme])


def resize(page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("width => innerWidth === width", arg=width)


def other_variants(figures: list[list[str]], scheme: str) -> list[list[str]]:
    """The figures that show none of their variants, several, or that of the other scheme."""
    other = {"light": "press-dark", "dark": "press-light"}[scheme]
    return [shown for shown in figures if len(shown) != 1 or other in shown[0]]
