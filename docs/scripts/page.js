// What Material does piece by piece while a page loads, and makes the browser lay it out again after each: here in one go.

// Copy buttons. Material copies what their target says, and tells the reader; here they are only put in. Their titles
// come last, because Material makes a tooltip of each that is there when it starts.
if (document.queryCommandSupported("copy")) {
  const blocks = [...document.querySelectorAll("pre:not(.mermaid) > code")]
  for (const [number, code] of blocks.filter((code) => !code.closest(".no-copy")).entries()) {
    code.id ||= `code-${number + 1}`
    const button = document.createElement("button")
    button.className = "md-code__button"
    button.ariaLabel = "Copy to clipboard"
    button.type = "button"
    button.dataset.clipboardTarget = `#${CSS.escape(code.id)}`
    button.dataset.mdType = "copy"
    const nav = document.createElement("nav")
    nav.className = "md-code__nav"
    nav.ariaLabel = `Code block ${number + 1}` // a landmark needs a name
    nav.append(button)
    code.before(nav)
    addEventListener("load", () => (button.title = button.ariaLabel))
  }
}

// The switch of the colors: as the system, light, dark.
const AUTOMATIC = "(prefers-color-scheme)"
const choices = [...document.querySelectorAll(".k-schemes input")]
const dark = matchMedia("(prefers-color-scheme: dark)")
const bars = [...document.querySelectorAll("meta[name=theme-color]")].map((meta) => [meta, meta.content])

function color(choice) {
  const automatic = choice.dataset.mdColorMedia === AUTOMATIC
  const scheme = automatic ? (dark.matches ? "slate" : "default") : choice.dataset.mdColorScheme
  if (document.body.dataset.mdColorScheme !== scheme) document.body.dataset.mdColorScheme = scheme
  for (const [meta, own] of bars) meta.content = automatic ? own : bars[scheme === "slate" ? 1 : 0][1]
}

function show(choice) {
  choice.checked = true
  for (const one of choices) one.nextElementSibling.hidden = one !== choice
  color(choice)
}

function choose(choice) {
  document.body.dataset.mdColorSwitching = "" // no transition of any color
  show(choice)
  const { mdColorMedia: media, mdColorScheme: scheme, mdColorPrimary: primary, mdColorAccent: accent } = choice.dataset
  __md_set("__palette", { index: choices.indexOf(choice), color: { media, scheme, primary, accent } })
  requestAnimationFrame(() => requestAnimationFrame(() => delete document.body.dataset.mdColorSwitching))
}

function kept() {
  try {
    return choices[__md_get("__palette")?.index] ?? choices[0]
  } catch {
    return choices[0] // a browser that keeps nothing
  }
}

if (choices.length) {
  show(kept())
  dark.addEventListener("change", () => color(choices.find((choice) => choice.checked)))
  for (const [number, choice] of choices.entries()) {
    choice.addEventListener("change", () => choose(choice))
    choice.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return
      const next = choices[(number + 1) % choices.length]
      choose(next)
      next.focus()
    })
  }
}
