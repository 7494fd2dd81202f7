"""Scripts: what is read, and what a script that breaks the format is told."""

import pytest

from press.scripts.script import Cell, ScriptError, asks_file, find_scripts, part_title, part_url, read_script


def read(folder, text, name="01_one.py"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_script(path, folder, folder)


HEADED = '# /// script\n# dependencies = ["kindling"]\n#\n# [tool.kindling]\n{field}\n# ///\n"""\n# T\n\nLead.\n"""\n'


def test_cells_know_the_line_on_which_they_begin(tmp_path):
    text = '"""\n# Title\n\nLead.\n"""\n# %%\n# Words.\n\n\nx = 1\n\n# %%\n# More.\ny = 2\n'
    script = read(tmp_path, text)
    lines = text.splitlines()
    assert [lines[cell.line - 1] for cell in script.code] == ["x = 1", "y = 2"]
    assert script.title == "Title"
    assert script.lead == "Lead."


def test_a_title_underlined_as_in_sphinx_gallery_is_a_title_too(tmp_path):
    assert read(tmp_path, '"""\nA sine\n======\n\nDraws one.\n"""\nx = 1\n').title == "A sine"


def test_the_number_orders_a_tutorial_and_is_no_part_of_its_address(tmp_path):
    (tmp_path / "2-training").mkdir()
    script = read(tmp_path, '"""\n# T\n"""\nx = 1\n', "2-training/12_validate-regularize.py")
    assert script.url == "training/validate-regularize"
    assert part_url("2-training/10-deep") == "training/deep"
    assert part_title("2-training") == "Training"


def test_scripts_come_in_the_order_of_their_numbers(tmp_path):
    for name in ("10_ten.py", "9_nine.py", "_helper.py"):
        (tmp_path / name).write_text('"""\n# T\n"""\n')
    assert [path.name for path in find_scripts(tmp_path)] == ["9_nine.py", "10_ten.py"]


def test_a_module_beside_the_scripts_is_no_script(tmp_path):
    (tmp_path / "helper.py").write_text('"""Helps."""\n\ndef help_me():\n    return 1\n')
    assert find_scripts(tmp_path) == []


def test_the_header_and_each_of_its_fields_are_optional(tmp_path):
    script = read(tmp_path, '"""\n# T\n"""\nx = 1\n')
    assert (script.header.chapters, script.header.data, script.header.minutes) == ((), (), None)


@pytest.mark.parametrize(
    ("field", "line", "words"),
    [
        ("# chapters = 3", 5, "a list of ids"),
        ("# chapters = [3]", 5, "a list of ids"),
        ("# minutes = true", 5, "a number of minutes"),
        ("# colour = 'red'", 5, "unknown field 'colour' in [tool.kindling]; allowed are chapters, data, minutes"),
        ("# chapters = [", 5, "malformed header"),
    ],
)
def test_a_wrong_header_is_told_with_file_line_and_what_is_allowed(tmp_path, field, line, words):
    with pytest.raises(ScriptError) as error:
        read(tmp_path, HEADED.format(field=field))
    assert str(error.value).startswith("01_one.py:")
    assert words in str(error.value)
    assert error.value.line in (line, line + 1)  # TOML sees an unclosed list on the line below


@pytest.mark.parametrize(
    ("block", "line", "words"),
    [
        ("# minutes = 1\n# [tool.kindling]", 2, "'minutes' stands outside of [tool.kindling]"),
        ("# [tool.kindlng]\n# minutes = 1", 2, "[tool.kindlng], did you mean [tool.kindling]?"),
    ],
)
def test_a_field_that_nobody_would_read_is_told(tmp_path, block, line, words):
    with pytest.raises(ScriptError) as error:
        read(tmp_path, f'# /// script\n{block}\n# ///\n"""\n# T\n"""\n')
    assert words in str(error.value) and error.value.line == line


def test_a_header_without_an_end_is_malformed(tmp_path):
    with pytest.raises(ScriptError, match=r"01_one.py:1: malformed header; it ends with"):
        read(tmp_path, '# /// script\n# a = 1\n\n"""\n# T\n"""\n')


def test_a_script_without_title_is_told_where_the_title_goes(tmp_path):
    with pytest.raises(ScriptError, match=r"01_one.py:2: no title; the script begins with a docstring"):
        read(tmp_path, "# a comment\nx = 1\n# %%\n")


def test_a_syntax_error_is_told_with_its_line(tmp_path):
    with pytest.raises(ScriptError, match=r"01_one.py:4: not valid Python"):
        read(tmp_path, '"""\n# T\n"""\nx = = 1\n')


def test_a_name_that_is_no_address_is_refused(tmp_path):
    with pytest.raises(ScriptError, match="allowed are letters, digits"):
        read(tmp_path, '"""\n# T\n"""\n', "01_a b.py")


def test_unknown_chapters_and_data_sets_are_told_with_the_known_ones(tiny):
    tiny.edit("tutorials/1-first/01_hello.py", '["A1"]', '["A2"]')
    tiny.edit("tutorials/1-first/01_hello.py", '["small"]', '["smal"]')
    told = [str(error) for error in tiny.tutorials.errors]
    assert told == [
        "tutorials/1-first/01_hello.py:5: unknown chapters 'A2'; allowed are A1",
        "tutorials/1-first/01_hello.py:6: unknown data 'smal'; allowed are small",
    ]


def test_a_slug_that_two_scripts_claim_is_told_with_the_first(tiny):
    tiny.write("tutorials/2-second/01_hello.py", '"""\n# Again\n"""\nx = 1\n')
    (error,) = tiny.tutorials.errors
    assert str(error).startswith(
        "tutorials/2-second/01_hello.py:1: the slug 'hello' is taken by tutorials/1-first/01_hello.py"
    )


def test_a_mark_inside_a_comment_begins_another_text_cell(tmp_path):
    path = tmp_path / "01_x.py"
    path.write_text(
        '"""\n# X\n\nLead.\n"""\n\n# %%\n# One.\n#\n# %%\n# ## Two\n#\n# More.\n\nprint(1)\n', encoding="utf-8"
    )
    script = read_script(path, tmp_path, tmp_path)
    assert [(cell.source, cell.line) for cell in script.cells[1:3]] == [("One.", 8), ("## Two\n\nMore.", 11)]
    assert [cell.source for cell in script.code] == ["print(1)"]


START = '"""\n# T\n\nLead.\n"""\n\n'  # six lines


@pytest.mark.parametrize(
    ("cell", "line", "words"),
    [
        ("# %%\n# ## A\nx = await f()\n", 9, "'await' outside function; wait in a thread"),
        ("# %%\nasync for x in y:\n    pass\n", 8, "'async for' outside async function; wait"),
        ("# %%\nasync with x:\n    pass\n", 8, "'async with' outside async function; wait"),
        ("# %%\nz = [x async for x in y]\n", 8, "asynchronous comprehension outside"),
        ("# %%\nx = 1\nreturn x\n", 9, "'return' outside function"),
        ("# %%\nyield 1\n", 8, "'yield' outside function"),
        ("# %%\nx = 1\n# %%\nfrom __future__ import annotations\n", 10, "must occur at the beginning"),
        ("# %%\n%matplotlib inline\n", 8, "magics, shell commands and ? are Jupyter's alone"),
        ("# %%\n%%time\nx = 1\n", 8, "magics"),
        ("# %%\nfiles = !ls\n", 8, "magics"),
        ("# %%\nlen?\n", 8, "magics"),
        ("# %%\n?len\n", 8, "magics"),
        ('# %% [markdown]\n"""\n## A\n"""\n', 8, "text is comment lines right below # %%"),
        ('# %%\nr"""\n## A\n"""\nx = 1\n', 8, "text is comment lines right below # %%"),
        ('# %% [markdown]\nf"""\n## A\n"""\n', 8, "text is comment lines right below # %%"),
        ("# %% [markdown]\n\n# Text.\n", 8, "text is comment lines right below # %%"),
        (
            "# %% A title\nx = 1\n",
            7,
            "the title 'A title' after the mark is lost; write it on the next line: # ## A title",
        ),
        ("#%% A title\n# Text.\n", 7, "the title 'A title'"),
        ("# %% [markdown] A title\n# Text.\n", 7, "is lost"),
        ("#################### A title\n# Text.\n", 7, "the title 'A title'"),
    ],
)
def test_what_python_cannot_run_or_the_parser_loses_is_told_with_line_and_remedy(tmp_path, cell, line, words):
    with pytest.raises(ScriptError) as error:
        read(tmp_path, START + cell)
    assert words in str(error.value)
    assert error.value.line == line


def test_code_on_the_line_of_the_docstring_is_not_lost(tmp_path):
    with pytest.raises(ScriptError, match=r"01_one.py:5: code on the docstring's line is lost"):
        read(tmp_path, '"""\n# T\n\nLead.\n"""; x = 1\n# %%\nprint(x)\n')


@pytest.mark.parametrize("mark", ["# %%", "#%%", "# %% [markdown]", "####################"])
def test_the_marks_of_other_tools_begin_a_text_too(tmp_path, mark):
    script = read(tmp_path, f"{START}{mark}\n# Text.\n\n# %%\nx = 1\n")
    assert [cell.source for cell in script.cells[1:]] == ["Text.", "x = 1"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_and_the_ends_of_lines_change_nothing(tmp_path, end, encoding):
    path = tmp_path / "01_one.py"
    path.write_bytes(f"{START}# %%\n# Text\u2028 more.\nx = 'é'\n".replace("\n", end).encode(encoding))
    text, code = read_script(path, tmp_path, tmp_path).cells[1:]
    assert (text.source, text.line, code.source, code.line) == ("Text\u2028 more.", 8, "x = 'é'", 9)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (START.encode("utf-16"), ":1: not UTF-8"),
        (START.encode("utf-16-le"), ":1: a NUL character"),
        (f"{START}# é\n".encode("latin-1"), ":7: not UTF-8"),
        (f"# coding: latin-1\n{START}# é\n".encode(), ":1: a comment says that the encoding is latin-1"),
    ],
)
def test_other_encodings_are_told(tmp_path, content, words):
    path = tmp_path / "01_one.py"
    path.write_bytes(content)
    with pytest.raises(ScriptError, match=words):
        read_script(path, tmp_path, tmp_path)


PYPROJECT = '[project]\nname = "pack-torch"\nversion = "1"\n'


@pytest.mark.parametrize(
    ("needs", "source", "words"),
    [
        ('["Pack_Torch[a]>=1", "scipy"]', 'PACK-torch = { path = "../.." }', ""),
        (
            "['Pack>=0.1']",
            'pack = { path = "../.." }',
            "2: 'Pack>=0.1' is somebody else's; ours is called 'pack-torch'",
        ),
        ('["pack.torch>1"]', "", "2: 'pack.torch>1' would be asked of an index, which has none; add pack-torch = {"),
        ('["scipy => 1"]', "", "2: 'scipy => 1' is no requirement: "),
        ('["not a name"]', "", "2: 'not a name' is no requirement: "),
    ],
)
def test_check_knows_by_which_name_the_shared_package_is_asked_for(tiny, needs, source, words):
    tiny.write("pyproject.toml", PYPROJECT)
    tiny.edit("tutorials/1-first/01_hello.py", '["pack"]\n#\n', f"{needs}\n#\n# [tool.uv.sources]\n# {source}\n#\n")
    tutorials = tiny.tutorials
    problems = tutorials.check(tutorials.scripts)
    assert len(problems) == bool(words) and all(f"01_hello.py:{words}" in problem for problem in problems)


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        ("Path(__file__).parent", True),
        ("print(__file__)", True),
        ("Path(torch.__file__).parent", False),
        ("x = 1", False),
    ],
)
def test_a_script_asks_where_it_lies_but_not_by_asking_where_another_module_lies(code, asks):
    assert asks_file([Cell("code", code, 1)]) is asks
