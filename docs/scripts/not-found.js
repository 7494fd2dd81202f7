// On the 404 page: put the words of the missing address into Material's search, and into the form for those who pass it by.
const field = document.getElementById("k-missing")
const base = new URL(document.querySelector(".md-logo").href).pathname
const path = decodeURIComponent(location.pathname)
const words = (path.startsWith(base) ? path.slice(base.length) : path)
  .replace(/\.\w{2,5}$/, "")
  .replace(/(^|[/-])(index|\d+)(?=[/-]|$)/g, "$1")
  .split(/[^\p{L}\p{N}_]+/u)
  .filter(Boolean)
  .slice(-4)
  .join(" ")

const search = document.querySelector("[data-md-component=search-query]")
const toggle = document.getElementById("__search")
if (field && words) field.value = words

function open(event) {
  if (!search || !toggle) return // the form then goes to the start page with ?q=
  event.preventDefault()
  if (!toggle.checked) toggle.click()
  search.value = field.value
  search.focus()
  search.dispatchEvent(new KeyboardEvent("keyup", { bubbles: true }))
}
if (field) field.form.addEventListener("submit", open)
