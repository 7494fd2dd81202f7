"""A tutorial named `../../x`, wherever a name can enter: nothing outside the project is read or written."""

import re

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from press.scripts.script import ScriptError, read_script

GOOD = '"""\n# Third\n\nA lead.\n"""\n\n# %%\nx = 1\n'
SECRET = "nobody outside may read this"


@pytest.fixture
def beside(tiny):
    """Files beside the project, where `../x` and `../../x` lead from places inside; none may be touched or shown."""
    places = [tiny.root.parent / name for name in ("x", "x.py", "x.md", "x.ipynb", "x.toml", "x.csv")]
    for place in places:
        place.write_text(f'"""\n# {SECRET}\n"""\n')
    before = {path: path.stat().st_mtime_ns for path in tiny.root.parent.rglob("*") if tiny.root not in path.parents}
    yield
    after = {path: path.stat().st_mtime_ns for path in tiny.root.parent.rglob("*") if tiny.root not in path.parents}
    before.pop(tiny.root), after.pop(tiny.root)
    assert after == before
    shown = [path for path in tiny.root.rglob("*") if path.is_file() and SECRET in path.read_text(errors="replace")]
    assert shown == []


@pytest.fixture
def site(tiny, caplog):
    """Build the tiny project; return what the build said."""

    def built() -> str:
        caplog.clear()
        config = load_config(str(tiny.root / "mkdocs.yml"))
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
        return caplog.text

    return built


@pytest.mark.parametrize("name", ["../../x", "..", "../x.py", "/etc/passwd", "1-first/../../../x", "x\0y", ""])
@pytest.mark.parametrize("command", ["run", "status", "check"])
def test_a_name_on_the_command_line_is_looked_up_and_never_opened(beside, call, command, name):
    code, told = call(command, name)
    assert code == 2 and told == [f"press: no tutorial is called {name!r}; allowed are hello, other"]


@pytest.mark.parametrize("title", ["../../x", "..", "/x", "x\0y", "'''\"\"\"", "{title}", 'a\nb"""\nimport os'])
def test_a_title_on_the_command_line_makes_a_tutorial_inside_or_none(beside, tiny, call, title):
    before = set(tiny.root.rglob("*"))
    code, told = call("new", "1-first", title)
    made = [path for path in set(tiny.root.rglob("*")) - before if path.suffix == ".py"]
    if code:
        assert code == 2 and len(told) == 1 and told[0].startswith("press: the title ") and made == []
    else:
        assert re.fullmatch(r"tutorials/1-first/03_[a-z0-9-]+\.py", told[0])
        assert [path.relative_to(tiny.root).as_posix() for path in made] == told
        assert read_script(made[0], tiny.root / "tutorials", tiny.root).title == title


NAMES = [
    "01_..",
    "01_...",
    "01_..\\..\\x",
    "01_..%2f..%2fx",
    "..x",
    "01_-x",
    "01_",
    "01_index",
    "01_README",
    "01_x y",
    "01_ü/x",
]


@pytest.mark.parametrize("name", [*NAMES, "01_a\nb", "01_<b>"])
def test_a_file_name_that_would_leave_its_folder_is_no_address(tmp_path, name):
    path = tmp_path / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(GOOD)
    with pytest.raises(ScriptError, match=r"\.py:1: the name .* (allowed are letters|choose another)"):
        read_script(path, tmp_path, tmp_path)


@pytest.mark.parametrize("part", ["1-..", "1-...", "1-first/1-..", "1-..\\..", "1-%2e%2e", "1_.. "])
def test_a_part_that_would_leave_the_site_stops_the_build_with_the_file(beside, tiny, site, call, part):
    tiny.pretend_run()
    tiny.write(f"tutorials/{part}/03_x.py", GOOD)
    told = f"tutorials/{part}/03_x.py:1: the name {part.split('/')[-1][2:]!r} would be an address; allowed are"
    with pytest.raises(Abort):
        site()
    code, lines = call("run")
    assert code == 1 and lines[0].startswith(told)
    assert not (tiny.root / "site").exists()


def test_a_hidden_folder_is_none_of_the_tutorials(beside, tiny, call):
    tiny.write("tutorials/..x/03_x.py", GOOD)
    tiny.write("tutorials/1-first/..x/03_x.py", GOOD)
    assert [line.split()[0] for line in call("status")[1]] == ["hello", "other"]


WORKBOOK = '''\
"""
# Exercises

A lead.
"""

# %%
# ## Adding
#
# The task.


def add(a, b):
    # gap
    return a + b
    # end


check("hello/adding", add)
'''


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"hello/adding"', '"../../x"', "19: the exercise is called 'hello/adding', by its tutorial and its title, and check( says '../../x'"),
        ('"hello/adding"', '"hello/../x"', "19: the exercise is called 'hello/adding'"),
        ("## Adding", "## ../../x", "19: the exercise is called 'hello/x'"),
        ("## Adding", "## ../..", "8: the title '../..' has no letter or digit to make a name of"),
    ],
)  # fmt: skip
def test_an_exercise_has_the_name_of_its_tutorial_and_title_and_no_other(beside, tiny, call, old, new, told):
    tiny.write("tutorials/1-first/01_hello.exercises.py", WORKBOOK.replace(old, new))
    code, lines = call("check")
    assert code == 1 and lines[0].startswith(f"tutorials/1-first/01_hello.exercises.py:{told}")


@pytest.mark.parametrize("name", ["01_.._.._x", "01_..", "x"])
def test_a_workbook_belongs_to_a_tutorial_or_is_none(beside, tiny, call, name):
    tiny.write(f"tutorials/1-first/{name}.exercises.py", WORKBOOK)
    code, lines = call("check")
    assert code == 1 and re.match(rf"tutorials/1-first/{re.escape(name)}\.exercises\.py:\d+: ", lines[0])


HEADED = "# /// script\n# [tool.kindling]\n# {field}\n# ///\n" + GOOD


@pytest.mark.parametrize("field", ["chapters", "data"])
def test_a_name_in_a_header_is_looked_up_and_never_opened(beside, tiny, call, field):
    tiny.write("tutorials/1-first/03_third.py", HEADED.format(field=f'{field} = ["../../x"]'))
    code, lines = call("run")
    assert code == 1
    assert lines[0].startswith(f"tutorials/1-first/03_third.py:3: unknown {field} '../../x'; allowed are")


def test_names_of_a_header_that_nobody_checks_lead_nowhere(beside, tiny, site):
    for path in ("docs/chapters.toml", "src/pack/cards.toml"):  # without a list, any name is allowed
        (tiny.root / path).unlink()
    field = 'chapters = ["../../x"]\n# data = ["../../x", "../x"]\n# description = "../../x"'
    tiny.write("tutorials/1-first/03_third.py", HEADED.format(field=field))
    tiny.pretend_run()
    site()
    assert (tiny.root / "site/first/third/index.html").is_file()


def test_a_name_in_the_navigation_shows_no_file_outside(beside, tiny, site):
    nav = "nav: [Home: index.md, Out: ../../x.md, Far: ../x.md, Script: ../tutorials/1-first/01_hello.py]\n"
    tiny.write("mkdocs.yml", f"site_name: t\n{nav}plugins: [search, press: {{package: src/pack}}]\n")
    tiny.pretend_run()
    told = site()
    for name in ("../../x.md", "../x.md", "../tutorials/1-first/01_hello.py"):
        assert re.search(rf"'{re.escape(name)}' (is|which is) not found|reference to '{re.escape(name)}'", told), told


def test_links_and_directives_that_lead_outside_show_nothing_of_it(beside, tiny, site, call):
    text = "A [link](../../../x.md) and ![an image](../../../x)\n#\n# <!-- press:gallery ../../x -->"
    tiny.edit("tutorials/1-first/01_hello.py", "Some text.", text)
    tiny.write("docs/more.md", "# More\n\n<!-- press:gallery ../../../x -->\n\n[out](../../x.md)\n")
    tiny.pretend_run()
    assert "../../../x.md" in site()
    gallery = 'class="press-gallery"'
    assert (tiny.root / "site/first/hello/index.html").read_text().count(gallery) == 1  # the related tutorials
    assert gallery not in (tiny.root / "site/more/index.html").read_text()
