"""Downloads: a script and a notebook that find the package on the site, and the wheel itself."""

import json
import tomllib
import zipfile

import jupytext
import nbformat
import pytest
from nbconvert import ScriptExporter
from packaging.requirements import Requirement

from press.scripts.header import HEADER
from press.site.downloads import markup, notebooks
from press.site.downloads.home import Home
from press.site.downloads.wheel import build_wheel

SITE = "http://127.0.0.1:8000/"
WHEEL = f"{SITE}assets/wheels/kindling_torch-0.1.0%2Babc-py3-none-any.whl"
HOME = Home(package="kindling", wheel=WHEEL, distribution="kindling-torch")
SOURCE = '''\
# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch", "scipy"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# minutes = 1
# ///
"""
# T
"""
x = "kindling"
'''


def header_of(source):
    return tomllib.loads("\n".join(line[2:] for line in HEADER.search(source)["content"].splitlines()))


def test_the_downloaded_script_takes_the_wheel_from_the_site_and_nothing_from_the_clone():
    source = notebooks.script(SOURCE, HOME)
    header = header_of(source)
    assert header["dependencies"] == [f"kindling-torch @ {WHEEL}", "scipy"]
    assert header["requires-python"] == ">=3.11"
    assert header["tool"] == {"kindling": {"minutes": 1}}
    assert source.endswith('x = "kindling"\n')


def test_other_sources_of_a_header_are_kept():
    other = SOURCE.replace("editable = true }\n", 'editable = true }\n# scipy = { path = "../scipy" }\n')
    assert header_of(notebooks.script(other, HOME))["tool"]["uv"] == {"sources": {"scipy": {"path": "../scipy"}}}


PLACE = '{ path = "../..", editable = true }'
ASKED = [  # dependencies, what stands below them
    ('["kindling-torch>=0.1"]', f"[tool.uv.sources]\nkindling-torch = {PLACE}"),
    (
        "['Kindling_Torch[plots] >= 0.1 ; python_version > \"3\"', 'scipy']",
        f"[tool.uv.sources]\nKINDLING-torch = {PLACE}",
    ),
    ('[\n  "scipy[x]>=1",  # first\n  "kindling.torch~=0.1",\n]', '[tool.uv.sources.kindling-torch]\npath = "../.."'),
    ('["kindling-torch"]', f"[tool.uv]\nsources = {{ scipy = {PLACE}, kindling-torch = {PLACE} }}"),
    (
        '["kindling-torch"]',
        f'[tool.uv.sources]\nscipy = {PLACE}\n"kindling-torch" = {PLACE}\n\n[tool.uv]\nnative-tls = true',
    ),
    ('["kindling-torch @ file:///clone"]', "[[tool.uv.sources.kindling-torch]]\npath = \"../..\"\nmarker = 'True'"),
    ('["kindling>=0.1"]', f"[tool.uv.sources]\nkindling = {PLACE}"),
    ('["Kindling", "kindlingx"]', f"[tool.uv.sources]\nkindlingx = {PLACE}"),
    ('["kindling-torch"]', f"tool.uv.sources.kindling-torch = {PLACE}"),
]


def with_header(needs, below):
    lines = f'requires-python = ">=3.11"\ndependencies = {needs}\n{below}\n\n[tool.kindling]\nminutes = 1'.split("\n")
    return "\n".join(["# /// script", *(f"# {line}".rstrip() for line in lines), "# ///", '"""', "# T", '"""', ""])


@pytest.mark.parametrize(("needs", "below"), ASKED)
def test_the_package_comes_from_the_site_however_a_header_asks_for_it(needs, below):
    source = with_header(needs, below)
    before, after = header_of(source), header_of(notebooks.script(source, HOME))
    asked, others = [Requirement(need) for need in after.pop("dependencies")], before.pop("dependencies")
    ours = [need for need in asked if HOME.is_own(need.name)]
    assert [(need.name, need.url) for need in ours] == [("kindling-torch", WHEEL)]
    (old,) = [Requirement(need) for need in others if HOME.is_own(Requirement(need).name)]
    assert (ours[0].extras, str(ours[0].marker)) == (old.extras, str(old.marker))
    assert [str(need) for need in asked if need not in ours] == [
        need for need in others if "kindlingx" in need or "scipy" in need
    ]
    kept = before["tool"]["uv"]["sources"]
    for name in [name for name in kept if HOME.is_own(name)]:
        del kept[name]
    assert after["tool"].pop("uv", {}).get("sources", {}) == kept
    before["tool"].pop("uv")
    assert after == before


def test_a_script_without_header_is_downloaded_as_it_is():
    assert notebooks.script('"""\n# T\n"""\n', HOME) == '"""\n# T\n"""\n'


def test_a_site_without_a_wheel_leaves_the_header_as_it_is():
    assert notebooks.script(SOURCE, Home(package="kindling", distribution="kindling-torch")) == SOURCE


def test_the_links_of_a_downloaded_script_lead_to_the_site():
    home = Home(package="kindling", wheel=WHEEL, linked=lambda text: text.replace("b.py", f"{SITE}b/"))
    assert f"# [b]({SITE}b/)" in notebooks.script(SOURCE + "# [b](b.py)\n", home)


def test_the_notebook_is_valid_and_holds_todays_text_with_the_outputs_of_the_run(tiny):
    tiny.pretend_run()
    tiny.edit("tutorials/1-first/01_hello.py", "Some text.", "Newer words.")
    tutorials = tiny.tutorials
    (script,) = tutorials.select(["hello"])
    home = Home(package="kindling", wheel=WHEEL, linked=str.upper)
    text = notebooks.tutorial(script, tutorials.store.load(script).outputs, home)
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds == ["code", "markdown", "markdown", "code", "markdown", "code"]
    assert WHEEL in notebook.cells[0].source
    assert "NEWER WORDS" in notebook.cells[2].source
    assert notebook.cells[3].outputs[0].text == "output of line 20\n"
    assert [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"] == [None, 1, 2]


def test_a_cell_without_valid_outputs_counts_as_not_run(tiny):
    (script,) = tiny.tutorials.select(["hello"])
    stream = {"output_type": "stream", "name": "stdout", "text": "42\n"}
    notebook = nbformat.reads(notebooks.tutorial(script, [[stream]], Home()), as_version=4)
    assert [(cell.execution_count, len(cell.outputs)) for cell in notebook.cells if cell.cell_type == "code"] == [
        (1, 1),
        (None, 0),
    ]


def test_boxes_in_boxes_and_fences_come_through_to_the_notebook():
    text = '!!! note "Outer"\n    Words.\n\n    ??? tip "Inner"\n        ```\n        !!! no box\n        ```\n'
    shown = markup.for_notebook(text)
    assert shown.startswith("> **Outer**\n>\n> Words.")
    assert "> <details><summary>Inner</summary>" in shown
    assert "> !!! no box" in shown


def make_wheel(tmp_path, code="def f():\n    return 1\n"):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "pack"\nversion = "1.0"\ndescription = "d"\nrequires-python = ">=3.11"\ndependencies = ["numpy>=2"]\n'
        '[project.scripts]\npress = "press:main"\n[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    )
    for name, text in {"pack/__init__.py": code, "pack/cards.toml": "[a]\n", "press/__init__.py": ""}.items():
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_text(text)
    folder = tmp_path / "wheels"
    folder.mkdir(exist_ok=True)
    return build_wheel(tmp_path, tmp_path / "src" / "pack", folder)


def test_the_wheel_holds_the_package_alone_with_its_dependencies(tmp_path):
    wheel = make_wheel(tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = [archive.read(name).decode() for name in names if name.endswith("METADATA")]
    assert {"pack/__init__.py", "pack/cards.toml"} <= set(names)
    assert not any("press" in name or "entry_points" in name for name in names)
    assert "Requires-Dist: numpy>=2" in metadata


def test_the_same_package_gives_the_same_wheel_and_another_a_new_name(tmp_path):
    first = make_wheel(tmp_path)
    content = first.read_bytes()
    first.unlink()
    again = make_wheel(tmp_path)
    assert (again.name, again.read_bytes()) == (first.name, content)
    other = make_wheel(tmp_path, "def f():\n    return 2\n")
    assert other.name != first.name
    assert not first.exists()


def test_a_wheel_that_was_cut_off_is_built_again(tmp_path):
    wheel = make_wheel(tmp_path)
    content = wheel.read_bytes()
    wheel.write_bytes(content[:100])
    assert make_wheel(tmp_path).read_bytes() == content
    assert [path.name for path in wheel.parent.iterdir()] == [wheel.name]


@pytest.mark.parametrize("asked", ["", "print(__file__[-8:])"])
def test_a_notebook_opens_without_a_message_and_its_exports_run(tiny, asked, capsys):
    tiny.edit("tutorials/1-first/02_other.py", "from pack", "from __future__ import annotations\n\nfrom pack")
    tiny.edit("tutorials/1-first/02_other.py", "print(tools.unrelated(1))", asked or "print('other.py')")
    (script,) = tiny.tutorials.select(["other"])
    text = notebooks.tutorial(script, [], Home(package="pack", distribution="pytest", wheel=WHEEL))
    notebook = nbformat.reads(text.replace("from pack import tools", ""), as_version=4)
    nbformat.validate(notebook, version=4, version_minor=5)
    exported, facts = ScriptExporter().from_notebook_node(notebook)
    assert facts["output_extension"] == ".py"
    for source in (exported, jupytext.writes(notebook, fmt="py:percent")):
        exec(compile(source, "export.py", "exec"), {})
        assert capsys.readouterr().out == "other.py\n"


def test_a_notebook_is_the_same_bytes_each_time(tiny):
    script = tiny.tutorials.scripts[0]
    first, second = (notebooks.tutorial(script, [], Home()) for _ in range(2))
    assert first == second
    assert json.loads(first)["cells"][1]["id"] == "text-2"


def test_a_notebook_installs_whatever_else_its_script_needs():
    source = HOME.install(("Kindling>=0.1", "scikit-learn", "pandas>=2"))
    assert f'"--quiet", "kindling-torch @ {WHEEL}", "scikit-learn", "pandas>=2"]' in source
    assert f'"--quiet", "kindling-torch @ {WHEEL}"]' in HOME.install(()), (
        "a script without header imports it all the same"
    )


@pytest.mark.parametrize(
    ("needs", "missing"),
    [(("pytest",), False), (("pytest", "nbclient>=0.1"), False), (("pytest", "no.such-thing>=2"), True)],
)
def test_the_first_cell_installs_where_anything_is_missing_and_only_there(needs, missing, monkeypatch):
    ran = []
    monkeypatch.setattr("subprocess.run", lambda command, check: ran.append(command[command.index("install") + 1 :]))
    exec(Home(package="pytest", wheel=WHEEL).install(needs), {})
    quiet = [words[words.index("--quiet") :] for words in ran]
    assert quiet == [["--quiet", f"pytest @ {WHEEL}", "no.such-thing>=2"]] * missing
