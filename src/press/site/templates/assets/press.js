// Questions that can be answered, what the reader has read and passed (all of it stays in this browser), and what
// keyboard and screen reader need of the pages.
"use strict";
(() => {
  const KEY = "kindling-progress"; // what the reader did; exported and imported
  const TOTALS = "kindling-totals"; // how much there is on each page that was opened; only to draw it in the navigation
  const DAY = 24 * 60 * 60 * 1000;
  const PAUSES = [DAY, 6 * DAY]; // after a wrong answer the question comes back after a day, and a week after the answer

  // What is kept -------------------------------------------------------------------------------------------------

  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isDate = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));
  const isAnswer = (value) => isObject(value) && typeof value.right === "boolean" && isDate(value.at) && Array.isArray(value.answer);
  const kept = (part, fits) => Object.fromEntries(Object.entries(isObject(part) ? part : {}).filter(([, value]) => fits(value)));

  /** Whatever was stored or imported, as a progress without anything that does not belong there. */
  const cleaned = (value) => ({
    kindling: 1,
    read: kept(value?.read, isDate),
    questions: kept(value?.questions, isAnswer),
    exercises: kept(value?.exercises, isDate),
  });

  const parsed = (name) => {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch {
      return null; // no storage in this browser, or not ours
    }
  };
  const load = () => cleaned(parsed(KEY));
  const store = (name, value) => {
    try {
      localStorage.setItem(name, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  };
  const change = (edit) => {
    const progress = load(); // another tab may have written meanwhile
    edit(progress);
    const written = store(KEY, progress);
    draw();
    return written;
  };
  const now = () => new Date().toISOString();

  /** When a question that was once answered wrongly comes back; null if it does not. */
  const due = (question) => (isDate(question?.next) ? Date.parse(question.next) : null);

  /** The later of two records wins. */
  const merge = (into, other) => {
    for (const part of ["read", "exercises"]) Object.assign(into[part], other[part]);
    for (const [name, question] of Object.entries(other.questions)) {
      const mine = into.questions[name];
      if (!mine || Date.parse(question.at) >= Date.parse(mine.at)) into.questions[name] = question;
    }
  };

  // Questions ----------------------------------------------------------------------------------------------------

  /** A number as people write it: 0.5, 0,5, 1,808, 50 %, 3/4, 1e-3. */
  const asNumber = (text) => {
    let trimmed = text.trim().replace(/\s/g, "").replace("−", "-");
    let scale = 1;
    if (trimmed.endsWith("%")) [trimmed, scale] = [trimmed.slice(0, -1), 0.01];
    const fraction = trimmed.match(/^(-?[\d.]+)\/([\d.]+)$/);
    if (fraction) return (scale * Number(fraction[1])) / Number(fraction[2]);
    if (/^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(trimmed)) trimmed = trimmed.replaceAll(",", "");
    else if (/^-?\d*,\d+$/.test(trimmed)) trimmed = trimmed.replace(",", ".");
    return trimmed === "" ? NaN : scale * Number(trimmed);
  };

  const answerOf = (form) =>
    form.dataset.kind === "number"
      ? [form.elements.answer.value.trim()].filter(Boolean)
      : [...form.querySelectorAll("input:checked")].map((input) => input.value);

  /** Whether an answer is right, what to call that, and the explanations to show. */
  const judged = (form, answer) => {
    const whys = [...form.querySelectorAll(".press-quiz__why")];
    if (form.dataset.kind === "number") {
      const value = asNumber(answer[0]);
      if (Number.isNaN(value)) return { problem: "Write a number, such as 12 or 0.5." };
      // The best fit among the numbers that have an explanation, else what is said of all others.
      const near = (why) => Math.abs(value - Number(why.dataset.value)) <= Number(why.dataset.within) + 1e-9 * Math.abs(value);
      const why = whys.find((one) => "value" in one.dataset && near(one)) ?? whys.find((one) => !("value" in one.dataset));
      const right = why.dataset.right === "true";
      return { right, head: right ? "Right." : "Not quite.", shown: [why] };
    }
    const chosen = whys.filter((why) => answer.includes(why.dataset.option));
    const wrong = chosen.filter((why) => why.dataset.right !== "true");
    const all = whys.filter((why) => why.dataset.right === "true");
    if (wrong.length) return { right: false, head: "Not quite.", shown: wrong };
    if (chosen.length < all.length) return { right: false, head: "What you chose is right, and there is more.", shown: [] };
    return { right: true, head: "Right.", shown: all };
  };

  const say = (form, head, shown, right) => {
    const verdict = form.querySelector(".press-quiz__verdict");
    const first = document.createElement("p");
    first.className = "press-quiz__head";
    first.textContent = head;
    verdict.replaceChildren(first, ...shown.map((why) => why.querySelector(".press-quiz__text").cloneNode(true)));
    verdict.dataset.state = right === undefined ? "" : right ? "right" : "wrong";
  };

  const showVerdict = (form, answer) => {
    const result = judged(form, answer);
    if (result.problem) return result;
    say(form, result.head, result.shown, result.right);
    form.querySelector(".press-quiz__answer").hidden = false; // tried once, so it may be unfolded
    return result;
  };

  const fillIn = (form, answer) => {
    if (form.dataset.kind === "number") form.elements.answer.value = answer[0] ?? "";
    else for (const input of form.querySelectorAll("input")) input.checked = answer.includes(input.value);
  };

  /** What is kept after an answer: a wrong one comes back; a right one counts against that only when it was due. */
  const record = (before, answer, right) => {
    const question = { answer, right, at: now() };
    const back = due(before);
    let stage = right ? before?.stage : 0;
    if (right && back === null) return question;
    if (right && back > Date.now()) return { ...question, stage, next: before.next };
    stage += right ? 1 : 0;
    if (!(stage in PAUSES)) return question;
    return { ...question, stage, next: new Date(Date.now() + PAUSES[stage]).toISOString() };
  };

  const enliven = (form, name, afterwards = () => {}) => {
    form.querySelector(".press-quiz__actions").hidden = false;
    form.querySelector(".press-quiz__answer").hidden = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const answer = answerOf(form);
      if (!answer.length) return say(form, form.dataset.kind === "number" ? "Write a number first." : "Choose an answer first.", []);
      const result = showVerdict(form, answer);
      if (result.problem) return say(form, result.problem, []);
      const written = change((progress) => {
        progress.questions[name] = record(progress.questions[name], answer, result.right);
      });
      if (!written) form.querySelector(".press-quiz__head").append(" (This browser keeps nothing, so it will be forgotten.)");
      afterwards(result.right);
    });
  };

  // What the pages say of it -----------------------------------------------------------------------------------------

  const line = document.querySelector(".press-progress");
  const here = line?.dataset.page;
  const names = (element) => element.dataset.exercises.split(" ").filter(Boolean);

  const counted = (progress, page, questions, exercises) => ({
    read: page in progress.read,
    right: Object.entries(progress.questions).filter(([name, one]) => one.right && name.startsWith(`${page}#`)).length,
    questions,
    passed: exercises.filter((name) => name in progress.exercises).length,
    exercises: exercises.length,
  });

  const inWords = (count) =>
    [
      count.read ? "read" : "",
      count.questions ? `${Math.min(count.right, count.questions)} of ${count.questions} questions right` : "",
      count.exercises ? `${count.passed} of ${count.exercises} exercises passed` : "",
    ]
      .filter(Boolean)
      .join(", ");

  const drawPage = (progress) => {
    if (!line) return;
    const count = counted(progress, here, Number(line.dataset.questions), names(line));
    line.textContent = inWords(count) ? `Your progress: ${inWords(count)}.` : "";
    line.hidden = !line.textContent;
    delete line.dataset.unwritten;
    const button = document.querySelector(".press-read button");
    button?.setAttribute("aria-pressed", String(count.read));
  };

  const drawNavigation = (progress) => {
    const totals = parsed(TOTALS) ?? {};
    for (const link of document.querySelectorAll(".md-nav--primary a.md-nav__link[href]")) {
      const path = new URL(link.href).pathname;
      const page = Object.keys(totals).find((one) => path.endsWith(`/${one}/`) || path.endsWith(`/${one}/index.html`));
      link.querySelector(".press-done")?.remove();
      if (!page) continue;
      const count = counted(progress, page, totals[page].questions, totals[page].exercises);
      if (!count.read && !count.right && !count.passed) continue;
      const mark = document.createElement("span");
      mark.className = "press-done";
      const sign = document.createElement("span");
      sign.setAttribute("aria-hidden", "true");
      const all = count.questions + count.exercises;
      sign.textContent = `${all ? `${count.right + count.passed}/${all}` : ""}${count.read ? " ✓" : ""}`.trim();
      const words = document.createElement("span");
      words.className = "press-sr";
      words.textContent = ` (${inWords(count)})`;
      mark.title = inWords(count);
      mark.append(sign, words);
      link.append(mark);
    }
  };

  const drawLists = (progress) => {
    for (const item of document.querySelectorAll("li[data-exercise]")) {
      const passed = item.dataset.exercise in progress.exercises;
      item.querySelector(".press-mark")?.remove();
      if (passed) item.append(marked("✓ passed"));
    }
    for (const tick of document.querySelectorAll(".press-tick")) {
      tick.querySelector("input").checked = tick.dataset.exercise in progress.exercises;
    }
  };

  const marked = (text) => {
    const mark = document.createElement("span");
    mark.className = "press-mark";
    mark.textContent = ` ${text}`;
    return mark;
  };

  const overview = document.querySelector(".press-overview");
  const drawOverview = (progress) => {
    if (!overview) return;
    const sum = { read: 0, pages: 0, right: 0, questions: 0, passed: 0, exercises: 0 };
    for (const row of overview.querySelectorAll("tbody tr")) {
      const count = counted(progress, row.dataset.page, Number(row.dataset.questions), names(row));
      row.querySelector("[data-what=read]").textContent = count.read ? "✓ read" : "not yet";
      row.querySelector("[data-what=questions]").textContent = `${count.right} of ${count.questions}`;
      const cell = row.querySelector("[data-what=exercises]");
      (cell.querySelector("a") ?? cell).textContent = `${count.passed} of ${count.exercises}`;
      sum.read += count.read ? 1 : 0;
      sum.pages += 1;
      for (const what of ["right", "questions", "passed", "exercises"]) sum[what] += count[what];
    }
    const text = overview.querySelector(".press-overview__sum");
    text.hidden = false;
    text.textContent = `${sum.read} of ${sum.pages} tutorials read, ${sum.right} of ${sum.questions} questions right, ${sum.passed} of ${sum.exercises} exercises passed.`;
  };

  const draw = () => {
    const progress = load();
    drawPage(progress);
    drawNavigation(progress);
    drawLists(progress);
    drawOverview(progress);
  };

  // The pages ----------------------------------------------------------------------------------------------------

  const setUpPage = () => {
    const totals = parsed(TOTALS) ?? {};
    for (const element of document.querySelectorAll("[data-page][data-questions]")) {
      totals[element.dataset.page] = { questions: Number(element.dataset.questions), exercises: names(element) };
    }
    store(TOTALS, totals);
    const progress = load();
    for (const form of line ? document.querySelectorAll("form.press-quiz") : []) {
      const name = `${here}#${form.id.replace("quiz-", "")}`;
      enliven(form, name);
      const before = progress.questions[name];
      if (before) {
        fillIn(form, before.answer);
        if (before.answer.length) showVerdict(form, before.answer);
      }
    }
    const read = document.querySelector(".press-read");
    if (read && line) {
      read.hidden = false;
      read.querySelector("button").addEventListener("click", () =>
        change((progress) => {
          if (here in progress.read) delete progress.read[here];
          else progress.read[here] = now();
        }),
      );
    }
    for (const tick of document.querySelectorAll(".press-tick")) {
      tick.hidden = false;
      tick.querySelector("input").addEventListener("change", (event) =>
        change((progress) => {
          if (event.target.checked) progress.exercises[tick.dataset.exercise] = now();
          else delete progress.exercises[tick.dataset.exercise];
        }),
      );
    }
  };

  const setUpOverview = () => {
    if (!overview) return;
    overview.querySelector(".press-overview__actions").hidden = false;
    const said = overview.querySelector(".press-overview__said");
    overview.querySelector("[data-do=export]").addEventListener("click", () => {
      const file = new Blob([`${JSON.stringify(load(), null, 1)}\n`], { type: "application/json" });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = "kindling-progress.json";
      link.click();
      URL.revokeObjectURL(link.href);
      said.textContent = "Written to kindling-progress.json.";
    });
    overview.querySelector("[data-do=clear]").addEventListener("click", () => {
      if (!window.confirm("Forget everything that you read, answered and passed on this site?")) return;
      change((progress) => Object.assign(progress, cleaned(null)));
      said.textContent = "Everything is forgotten.";
    });
    overview.querySelector("input[type=file]").addEventListener("change", async (event) => {
      const [file] = event.target.files;
      event.target.value = ""; // the same file may be chosen again
      let taken = null;
      try {
        taken = JSON.parse(await file.text());
      } catch {
        // said below
      }
      if (taken?.kindling !== 1) {
        said.textContent = `${file.name} is not a progress file; choose a kindling-progress.json.`;
        return;
      }
      change((progress) => merge(progress, cleaned(taken)));
      said.textContent = `Taken in from ${file.name}.`;
    });
  };

  /** Fetch a question from its page, ready to be answered elsewhere. */
  const fetchQuestion = async (address, number) => {
    const [page, id] = address.split("#");
    const answer = await fetch(page);
    if (!answer.ok) throw new Error(`${page}: ${answer.status}`);
    const form = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
    for (const link of form.querySelectorAll("a[href]")) link.href = new URL(link.getAttribute("href"), page).href;
    for (const attribute of ["id", "for", "aria-describedby"]) {
      for (const element of [form, ...form.querySelectorAll(`[${attribute}]`)]) {
        if (element.hasAttribute(attribute)) element.setAttribute(attribute, `due-${number}-${element.getAttribute(attribute)}`);
      }
    }
    return document.importNode(form, true);
  };

  const setUpReview = async () => {
    const review = document.querySelector(".press-review");
    if (!review) return;
    const questions = load().questions;
    const items = [...review.querySelectorAll("li[data-quiz]")];
    const waiting = items.map((item) => [due(questions[item.dataset.quiz]), item]).filter(([when]) => when !== null);
    const ready = waiting.filter(([when]) => when <= Date.now()).sort(([one], [other]) => one - other);
    const later = waiting.filter(([when]) => when > Date.now()).map(([when]) => when);
    const state = review.querySelector(".press-review__state");
    state.hidden = false;
    const plural = (count) => `${count} ${count === 1 ? "question" : "questions"}`;
    const next = later.length ? ` ${plural(later.length)} will come back, the next on ${new Date(Math.min(...later)).toLocaleDateString()}.` : "";
    state.textContent = ready.length ? `Due now: ${plural(ready.length)}.${next}` : `Nothing is due.${next}`;
    const place = review.querySelector(".press-review__due");
    for (const [number, [, item]] of ready.entries()) {
      const link = item.querySelector("a").cloneNode(true);
      const where = document.createElement("p");
      where.className = "press-review__where";
      place.append(where);
      try {
        const form = await fetchQuestion(link.href, number);
        link.textContent = "The page that it comes from";
        where.append(link);
        where.before(form);
        enliven(form, item.dataset.quiz, (right) => {
          const question = load().questions[item.dataset.quiz];
          const back = due(question);
          const text = !right || back !== null ? `Comes back on ${new Date(back).toLocaleDateString()}.` : "You know it now; it will not come back.";
          where.replaceChildren(text, " ", link);
        });
      } catch {
        where.append("Answer it on its page: ", link); // for example from a file, where nothing can be fetched
      }
    }
  };

  // Stepped figures ----------------------------------------------------------------------------------------------

  const setUpSteps = () => {
    for (const controls of document.querySelectorAll(".press-steps__controls")) {
      const figure = controls.parentElement;
      const steps = [...figure.querySelectorAll(".press-step")];
      const slider = controls.querySelector("input");
      const show = () => {
        for (const [at, step] of steps.entries()) step.toggleAttribute("data-shown", at === slider.valueAsNumber);
        const { value } = steps[slider.valueAsNumber].dataset;
        controls.querySelector("output").value = value;
        slider.setAttribute("aria-valuetext", `${slider.labels[0].textContent}: ${value}`);
      };
      figure.replaceChildren(...steps, controls); // out of the fold
      figure.toggleAttribute("data-live", true);
      controls.hidden = false;
      slider.addEventListener("input", show);
      show();
    }
  };

  // Keyboard and screen reader -----------------------------------------------------------------------------------

  // The last is what Material puts around each table, as soon as it gets to it.
  const SIDEWAYS = "pre > code, .press-output pre, .press-output .press-html, .press-math, .press-table, .md-typeset__scrollwrap";

  /** What scrolls sideways can be reached by keyboard, as long as it does. */
  const sized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  // To ask for the width of code that is drawn late would draw it now.
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) isIntersecting ? sized.observe(target) : sized.unobserve(target);
  });
  const watch = (box) => {
    if (getComputedStyle(box).contentVisibility !== "auto") return sized.observe(box);
    box.tabIndex = 0; // until it is seen to fit
    seen.observe(box);
  };

  const setUpAccess = () => {
    for (const box of document.querySelectorAll(SIDEWAYS)) watch(box);
    // Browsers leave MathML out of the name of a link or of an answer: a formula alone would have none.
    for (const named of document.querySelectorAll("article :is(a, label):has(math)")) {
      (named.control ?? named).setAttribute("aria-label", named.textContent.replace(/\s+/g, " ").trim());
    }
    // Material puts a box around each table, and does it late.
    new MutationObserver((changes) => {
      for (const node of changes.flatMap((change) => [...change.addedNodes])) if (node.matches?.(SIDEWAYS)) watch(node);
    }).observe(document.body, { childList: true, subtree: true });
    // Material's search listens to keys only; what is pasted with the mouse would wait for the next one.
    const query = document.querySelector("[data-md-component=search-query]");
    query?.addEventListener("input", () => query.dispatchEvent(new KeyboardEvent("keyup")));
  };

  setUpAccess();
  setUpPage();
  setUpSteps();
  setUpOverview();
  setUpReview();
  draw();
  window.addEventListener("storage", (event) => event.key === KEY && draw());
})();
