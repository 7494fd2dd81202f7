"""The files that the press adds to a site: pages, images, downloads, workbooks, fonts."""

import base64
import dataclasses
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

from mkdocs.structure.files import File
from mkdocs.utils.meta import get_data

from press.files import text_of, write, zipped
from press.scripts.exercises import Workbook
from press.scripts.script import Script, part_title, part_url
from press.site.build import PROGRESS, README, Build
from press.site.downloads import notebooks
from press.site.downloads.notebooks import Home
from press.site.downloads.wheel import build_wheel
from press.site.frontend import fonts, npm
from press.site.html import outputs
from press.site.lessons import Lesson, uri, workbook_uri
from press.site.pages import page, tables
from press.site.pages.directives import EXERCISES
from press.site.pages.templates import draw

ASSETS = Path(__file__).parent / "templates" / "assets"
STYLESHEET, JAVASCRIPT = "assets/press/press.css", "assets/press/press.js"


def add(build: Build, name: str, content: str | bytes | Path) -> None:
    """A file of the site with this content, or that of the file at this path."""
    if isinstance(content, Path):
        build.files.append(File.generated(build.config, name, abs_src_path=str(content)))
    else:
        build.files.append(File.generated(build.config, name, content=content))


def add_workbooks(build: Build) -> None:
    """Before mkdocs-jupyter looks for notebooks: the exercises of each tutorial, and the wheel that they fetch."""
    build.wheel = add_wheel(build)
    scratch, config = build.settings.scratch, build.config
    for name, book in build.tutorials.workbooks.items():
        address = urljoin(build.site_url, f"{build.lessons[name].script.url}/") if name in build.lessons else ""
        text = notebooks.workbook(book, address, home(build, book))
        path = scratch / workbook_uri(name)
        if not path.is_file() or path.read_bytes() != text.encode():
            write(path, text)
        # Not File.generated: mkdocs-jupyter's wrapper loses the path of such a file.
        build.files.append(File(workbook_uri(name), str(scratch), config.site_dir, config.use_directory_urls))


def home(build: Build, source: Script | Workbook) -> Home:
    """What the download of a script or of exercises finds the site by."""
    progress = urljoin(build.site_url, "progress/") if build.address(PROGRESS) is not None else ""
    lesson, name = build.lessons.get(source.name), build.settings.distribution
    archive = f"{build.site_url}{lesson.script.url}/{lesson.script.name}.zip" if lesson and build.site_url else ""
    linked = partial(build.linked, path=source.path)
    return Home(build.package, build.wheel, progress, linked, name, archive, tuple(beside(build, source)))


def add_wheel(build: Build) -> str:
    """Serve the wheel of the shared package; return its address."""
    root, package = build.settings.root, build.settings.package
    if package is None or not (root / "pyproject.toml").is_file():
        return ""
    wheel = build_wheel(root, package, build.settings.scratch / "wheels")
    add(build, f"assets/wheels/{wheel.name}", wheel)
    return urljoin(build.site_url, f"assets/wheels/{quote(wheel.name)}")


def add_tutorials(build: Build) -> None:
    """After mkdocs-jupyter, which would take our notebooks for pages: everything else."""
    for path, name in build.beside.items():
        if build.address(name) is None and path.name != README:
            add(build, name, path)
    for name, lesson in build.lessons.items():
        build.lessons[name] = lesson = add_images(build, lesson)
        add_downloads(build, lesson)
        add(build, uri(lesson.script), tutorial(build, lesson))
    for part in filter(None, build.parts):
        if build.address(overview := f"{part_url(part)}/index.md") is None:
            text = readme(build, part) or f"# {part_title(part)}\n"
            add(build, overview, f"{text.rstrip()}\n\n<!-- press:gallery {part} -->\n")
    add(build, STYLESHEET, ASSETS / "press.css")
    add(build, JAVASCRIPT, ASSETS / "press.js")


def add_images(build: Build, lesson: Lesson) -> Lesson:
    """The figures and the thumbnail of the last run; the lesson with its outputs as HTML."""
    if lesson.stored is None:
        return lesson
    rendered = build.cache(outputs.rendered, lesson.stored.outputs, f"{lesson.script.name}.ipynb", by=outputs.BY)
    thumbnail = lesson.stored.run.thumbnail
    images = rendered["images"] | ({page.THUMBNAIL: thumbnail} if thumbnail else {})
    for name, content in images.items():
        add(build, f"{lesson.script.url}/{name}", base64.b64decode(content))
    return dataclasses.replace(lesson, html=tuple(rendered["html"]))


def add_downloads(build: Build, lesson: Lesson) -> None:
    script, at_home = lesson.script, home(build, lesson.script)
    source = text_of(build.settings.root / script.path, "replace")  # `serve` shows broken ones too
    addresses = {script.name: build.links.whole(workbook_uri(script.name))}
    listed = draw("exercises.txt.j2", book=lesson.book, links=addresses) if lesson.book else ""
    listing = dataclasses.replace(at_home, linked=lambda text: at_home.linked(EXERCISES.sub(lambda _: listed, text)))
    made: dict[str, str | bytes] = {f"{script.name}.py": notebooks.script(source, at_home)}
    made[f"{script.name}.ipynb"] = notebooks.tutorial(script, lesson.outputs, listing)
    if files := beside(build, script, lesson.book):
        made[f"{script.name}.zip"] = zipped(made | {name: path.read_bytes() for name, path in files.items()})
    for name, content in made.items():
        add(build, f"{script.url}/{name}", content)


def beside(build: Build, *sources: Script | Workbook | None) -> dict[str, Path]:
    """The files beside a script or beside exercises that go with their downloads."""
    found = [each for source in sources if source for each in build.tutorials.files(source).items()]
    return {name: path for name, path in found if not name.startswith("../")}


def tutorial(build: Build, lesson: Lesson) -> str:
    """The Markdown of a tutorial's page, its front matter included."""
    script, run = lesson.script, lesson.stored.run if lesson.stored else None
    meta: dict[str, Any] = {"title": script.title, "description": script.header.description or script.lead}
    if run and run.thumbnail:
        meta["image"] = f"{script.url}/{page.THUMBNAIL}"
    if weight := get_data(readme(build, script.part))[1].get("search"):  # what a part says holds for its tutorials
        meta["search"] = weight
    downloads = {"Script .py": f"{script.name}.py", "Notebook .ipynb": f"{script.name}.ipynb"}
    if beside(build, script, lesson.book):
        downloads["All files .zip"] = f"{script.name}.zip"
    if workbook := build.near(workbook_uri(script.name), f"{script.url}/"):
        downloads["Workbook"] = workbook
    titles = {name: card.get("title", name) for name, card in (build.tutorials.project.cards or {}).items()}
    cost = page.cost(run, titles) + tables.devices(script, lesson.stored) if run and lesson.stored else ""
    image = page.THUMBNAIL if run and run.thumbnail else ""
    strip = draw("bar.html.j2", downloads=downloads, cost=cost, practicing=build.practicing, lesson=lesson, image=image)
    return page.source(meta, build.linked(page.body(script), script.path, uri(script)), strip)


def readme(build: Build, part: str) -> str:
    """What a part's README.md says; "" without one."""
    path = build.settings.tutorials / part / README
    return text_of(path) if part and path.is_file() else ""


def add_fonts(build: Build) -> None:
    """Serve the fonts that package.json names, that of formulas with the drawn characters alone, if npm is there."""
    named = fonts.named(build.settings.root)
    for name, path in named.items() if named and npm.install(build.settings.root) else ():
        if "math" in name:
            source, drawn = base64.b64encode(path.read_bytes()).decode(), fonts.math_characters(build.mathml.values())
            add(build, f"assets/fonts/{name}", base64.b64decode(build.cache(fonts.subset, source, drawn, by=fonts.BY)))
        else:
            add(build, f"assets/fonts/{name}", path)
