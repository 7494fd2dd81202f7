"""The files that the press adds to a site: pages, images, downloads, workbooks, fonts."""

import base64
import dataclasses
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

from mkdocs.structure.files import File
from mkdocs.utils.meta import get_data

from press.files import write
from press.scripts.script import Script, part_url
from press.site.build import PROGRESS, Build
from press.site.downloads import notebooks
from press.site.downloads.notebooks import Home
from press.site.downloads.wheel import build_wheel
from press.site.frontend import fonts, npm
from press.site.html import outputs
from press.site.lessons import Lesson, uri, workbook_uri
from press.site.links import relative
from press.site.pages import directives, page, practice

ASSETS = Path(__file__).parent / "templates" / "assets"
STYLESHEET, JAVASCRIPT = "assets/press/press.css", "assets/press/press.js"


def add(build: Build, name: str, content: str | bytes) -> None:
    build.files.append(File.generated(build.config, name, content=content))


def add_copy(build: Build, name: str, path: Path) -> None:
    build.files.append(File.generated(build.config, name, abs_src_path=str(path)))


def add_workbooks(build: Build) -> None:
    """Before mkdocs-jupyter looks for notebooks: the exercises of each tutorial, and the wheel that they fetch."""
    build.wheel = add_wheel(build)
    home = at_home(build)
    for name, book in build.tutorials.workbooks.items():
        script = build.lessons[name].script if name in build.lessons else None
        folder = (build.settings.root / book.path).parent
        there = dataclasses.replace(home, linked=lambda text, at=folder: build.links.rewritten(text, at))
        address = urljoin(build.site_url, f"{script.url}/") if script else ""
        text = notebooks.workbook(book, address, there)
        path = build.settings.scratch / workbook_uri(name)
        if not path.is_file() or path.read_bytes() != text.encode():
            write(path, text)
        # Not File.generated: mkdocs-jupyter's wrapper loses the path of such a file.
        scratch, config = str(build.settings.scratch), build.config
        build.files.append(File(workbook_uri(name), scratch, config.site_dir, config.use_directory_urls))


def at_home(build: Build) -> Home:
    package = build.settings.package.name if build.settings.package else ""
    has_progress = build.files.get_file_from_path(PROGRESS) is not None
    return Home(package, build.wheel, urljoin(build.site_url, "progress/") if has_progress else "")


def add_wheel(build: Build) -> str:
    """Serve the wheel of the shared package; return its address."""
    package = build.settings.package
    if package is None or not (build.settings.root / "pyproject.toml").is_file():
        return ""
    folder = build.settings.scratch / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    wheel = build_wheel(build.settings.root, package, folder)
    add_copy(build, f"assets/wheels/{wheel.name}", wheel)
    return urljoin(build.site_url, f"assets/wheels/{quote(wheel.name)}")


def add_tutorials(build: Build) -> None:
    """After mkdocs-jupyter, which would take our notebooks for pages: everything else."""
    for name, lesson in build.lessons.items():
        build.lessons[name] = lesson = add_images(build, lesson)
        add_downloads(build, lesson)
        add(build, uri(lesson.script), tutorial(build, lesson))
    for part in filter(None, build.parts):
        if build.files.get_file_from_path(f"{part_url(part)}/index.md") is None:
            add(build, f"{part_url(part)}/index.md", part_page(build, part))
    add_copy(build, STYLESHEET, ASSETS / "press.css")
    add_copy(build, JAVASCRIPT, ASSETS / "press.js")


def add_images(build: Build, lesson: Lesson) -> Lesson:
    """The figures and the thumbnail of the last run; the lesson with its outputs as HTML."""
    if lesson.stored is None:
        return lesson
    rendered = build.cache(outputs.rendered, lesson.stored.outputs, by=outputs.BY)
    images = dict(rendered["images"])
    if lesson.stored.run.thumbnail:
        images[page.THUMBNAIL] = lesson.stored.run.thumbnail
    for name, content in images.items():
        add(build, f"{lesson.script.url}/{name}", base64.b64decode(content))
    return dataclasses.replace(lesson, html=tuple(rendered["html"]))


def add_downloads(build: Build, lesson: Lesson) -> None:
    script, links = lesson.script, build.links
    folder = (build.settings.root / script.path).parent
    address = links.whole(workbook_uri(script.name))

    def linked(text: str) -> str:
        return links.rewritten(text, folder)

    def with_exercises(text: str) -> str:
        listed = practice.exercise_lines(lesson.book, address) if lesson.book else ""
        return linked(directives.EXERCISES.sub(lambda _: listed, text))

    home, source = at_home(build), (build.settings.root / script.path).read_text(encoding="utf-8")
    taken = notebooks.script(source, dataclasses.replace(home, linked=linked))
    add(build, f"{script.url}/{script.name}.py", taken)
    taken = notebooks.tutorial(script, lesson.outputs, dataclasses.replace(home, linked=with_exercises))
    add(build, f"{script.url}/{script.name}.ipynb", taken)


def tutorial(build: Build, lesson: Lesson) -> str:
    """The Markdown of a tutorial's page, its front matter included."""
    script, stored = lesson.script, lesson.stored
    meta: dict[str, Any] = {"title": script.title, "description": script.header.description or script.lead}
    if stored and stored.run.thumbnail:
        meta["image"] = f"{script.url}/{page.THUMBNAIL}"
    if weight := part_meta(build, script.part).get("search"):
        meta["search"] = weight
    state, message = page.banner(lesson.status, lesson.running)
    strip = page.bar(
        downloads(build, script),
        page.cost(stored.run, titles(build)) if stored else "",
        state,
        message,
        practice.own_progress(script, lesson.book) if build.practicing else None,
    )
    folder = (build.settings.root / script.path).parent
    return page.source(meta, build.links.rewritten(page.body(script), folder, uri(script)), strip)


def downloads(build: Build, script: Script) -> dict[str, str]:
    """What the strip offers: label -> address as the page links to it."""
    links = {"Script .py": f"{script.name}.py", "Notebook .ipynb": f"{script.name}.ipynb"}
    if workbook := build.files.get_file_from_path(workbook_uri(script.name)):
        links["Workbook"] = relative(workbook.url, f"{script.url}/")
    return links


def titles(build: Build) -> dict[str, str]:
    """The names of the data sets as readers know them."""
    return {name: card.get("title", name) for name, card in (build.tutorials.project.cards or {}).items()}


def part_meta(build: Build, part: str) -> dict[str, Any]:
    """The front matter of a part's README.md; what it says of the search holds for the part's tutorials."""
    readme = build.settings.tutorials / part / "README.md"
    return get_data(readme.read_text(encoding="utf-8"))[1] if part and readme.is_file() else {}


def part_page(build: Build, part: str) -> str:
    """A part's page: the words of its README.md, if there is one, and the gallery."""
    readme = build.settings.tutorials / part / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else f"# {page.part_heading(part)}\n"
    return f"{text.rstrip()}\n\n<!-- press:gallery {part} -->\n"


def add_fonts(build: Build) -> None:
    """Serve the fonts that package.json names; without npm the pages take the system's.

    Those of text come as Latin subsets; the one of formulas is cut down to the characters that the formulas draw.
    """
    named = fonts.named(build.settings.root)
    if not named or not npm.install(build.settings.root):
        return
    for name, path in named.items():
        if "math" not in name:
            add_copy(build, f"assets/fonts/{name}", path)
            continue
        source = base64.b64encode(path.read_bytes()).decode()
        small = build.cache(fonts.subset, source, fonts.math_characters(build.mathml.values()), by=fonts.BY)
        add(build, f"assets/fonts/{name}", base64.b64decode(small))
