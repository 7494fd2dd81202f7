"""What the search finds besides the words that authors wrote: other spellings, and what each section teaches."""

import json
import re
from html import escape
from pathlib import Path
from typing import Any

from press.files import write
from press.site.build import GLOSSARY, Build
from press.site.html.glossary import Term

SPELLED_WITH_Z = re.compile(r"\b\w{2,}iz(?:e[drs]?|ers|ing|ation)\b")  # half of the world writes it with s
# Names of code without their owners: any in a heading; in text classes, methods and whatever has an underscore.
HEADED = re.compile(r"<code>(?:\w+\.)*(\w+)")
SAID = re.compile(r"<code>(?:\w+\.)*([A-Z]\w+|\w*_\w+|(?<=\.)\w+|\w+(?=\())(?:\([^<]*\))?</code>")
WORDS = re.compile(r"[\s/-]+")  # what stands between them
# lunr names a node of its words by the letters and numbers of its children one after the other: 4 and 12 read like 41
# and 2, so that two nodes become one, and a question that begins with that digit finds nothing at all.
AMBIGUOUS, PLAIN = "e=e+s+o.id", 'e=e+s+o.id+","'
ANSWERS_TO = "token"  # the search takes "to" in an error message for the beginning of a word, and these are rare
Entry = dict[str, Any]  # a section


def complete(build: Build) -> None:
    """Tag each section with its heading, and with the terms and names that it teaches."""
    path = Path(build.config.site_dir, "search/search_index.json")
    if not path.is_file():
        return
    index = json.loads(path.read_text(encoding="utf-8"))
    index["docs"], pages = by_term(index.get("docs", []), build), {}
    for entry in index["docs"]:
        pages.setdefault(entry["location"].partition("#")[0], []).append(entry)
    for term in build.terms:
        if homes := [pages[at] for home in (*term.homes, GLOSSARY) if (at := build.address(home)) in pages]:
            tag(introducing(term, homes[0]), term.name, *term.forms, closed(term.name))
    scripts = [(script.header.chapters, pages.get(f"{script.url}/", [])) for script in build.tutorials.scripts]
    tag_names([entry for chapters, page in scripts for entry in page if chapters])
    for entry in [entry for _, page in scripts for entry in page[1:]]:
        tag(entry, entry["title"])
    write(path, json.dumps(index, separators=(",", ":")))


def mend(assets: Path) -> None:
    """Let the theme's search tell all nodes apart; a theme whose lunr says it otherwise stays as it is."""
    for worker in assets.glob("javascripts/workers/search.*.js"):
        write(worker, worker.read_text(encoding="utf-8").replace(AMBIGUOUS, PLAIN))


def by_term(entries: list[Entry], build: Build) -> list[Entry]:
    """A term of the glossary answers, not all that begin with its letter."""
    start = f"{build.address(GLOSSARY)}#"
    if not (letters := [entry for entry in entries if entry["location"].startswith(start)]):
        return entries
    terms = [(start + term.slug, escape(term.name), escape(term.meaning)) for term in build.terms]
    found = [letters[0] | dict(zip(("location", "title", "text"), term, strict=True)) for term in terms]
    return [entry for entry in entries if entry not in letters] + found


def closed(name: str) -> str:
    """A term as a word of its own, which is found in the term's home before anything longer that begins so.

    The search takes each question for the beginning of words, and the rare ones, TensorBoard, for better answers.
    """
    return "_".join([*WORDS.split(name), ""])


def introducing(term: Term, page: list[Entry]) -> Entry:
    """The section whose heading names a term, else the first that uses it; whole pages the search overrates."""
    used = re.compile(rf"\b(?:{'|'.join(map(re.escape, (term.name, *term.forms)))})\b", re.IGNORECASE)
    return min(page[1:] or page, key=lambda entry: (not used.search(entry["title"]), not used.search(entry["text"])))


def tag_names(sections: list[Entry]) -> None:
    """A name is taught where a heading has it, or else where the running text has it most often."""
    best: dict[str, tuple[int, Entry]] = {}
    for entry in sections:
        headed, said = HEADED.findall(entry["title"]), SAID.findall(entry["text"])
        for name in dict.fromkeys(headed + said):
            weight = 1000 * headed.count(name) + said.count(name)
            best[name] = max(best.get(name, (0, entry)), (weight, entry), key=lambda pair: pair[0])
    for name, (_, entry) in best.items():
        tag(entry, name)


def tag(entry: Entry, *names: str) -> None:
    """Each word once, since a word that many forms share is not taught more."""
    words = WORDS.split(re.sub("<.*?>", "", " ".join(names)).lower())
    british = [word.replace("iz", "is") for word in words if SPELLED_WITH_Z.fullmatch(word)]
    kept = [word for word in [*words, *british] if word and not word.startswith(ANSWERS_TO)]
    entry["tags"] = list(dict.fromkeys([*entry.get("tags", ()), *kept]))
