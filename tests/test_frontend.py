"""Packages from npm, formulas, fonts: with a real node, a Temml of four lines, and no registry."""

import json
import logging
import shutil
import subprocess
import threading
from pathlib import Path

import matplotlib
import pytest
from fontTools.ttLib import TTFont

from press import frontend

TEMML = r"""
exports.renderToString = (tex, {displayMode}) => {
  if (tex.includes("\\bad")) throw new Error("Unsupported function name: \\bad at position 1: rest");
  const style = tex.includes("\\color") ? ' style="color:#f00;"' : "";
  return `<math><mi${style}>${tex}</mi></math>`;
};
"""
DEJAVU = Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")  # has a MATH table, and is at hand
SQUARE = ("x^2", False)


class Npm:
    """Stands for npm: installs the Temml above, counts its calls, fails while `reachable` is false."""

    def __init__(self, node):
        self.node, self.installs, self.formulas, self.reachable = node, 0, [], True

    def __call__(self, folder, *arguments, stdin=""):
        if arguments[0] != "npm":
            self.formulas.append(json.loads(stdin))
            return self.node(folder, *arguments, stdin=stdin)
        if not self.reachable:
            raise RuntimeError("npm error code ENOTFOUND")
        self.installs += 1
        package = Path(folder, "node_modules", "temml")
        package.mkdir(parents=True)
        (package / "index.js").write_text(TEMML)
        return ""


@pytest.fixture
def npm(monkeypatch):
    npm = Npm(frontend.run_node)
    monkeypatch.setattr(frontend, "run_node", npm)
    monkeypatch.setattr(frontend, "_failed", set())
    return npm


@pytest.fixture
def root(tmp_path):
    (tmp_path / "package.json").write_text('{"dependencies": {"temml": "1.0.0"}}')
    (tmp_path / "package-lock.json").write_text('{"lockfileVersion": 3}')
    return tmp_path


def test_packages_are_installed_once_until_the_lock_changes(root, npm):
    assert frontend.install(root) and frontend.install(root)
    assert npm.installs == 1
    (root / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}')
    assert frontend.install(root)
    assert npm.installs == 2
    assert [path.name for path in (root / ".press").iterdir()] == ["npm.lock"]  # nothing half-made is left


def test_two_builds_at_once_install_once(root, npm):
    results = []
    builds = [threading.Thread(target=lambda: results.append(frontend.install(root))) for _ in range(4)]
    for build in builds:
        build.start()
    for build in builds:
        build.join()
    assert results == [True] * 4 and npm.installs == 1


def test_without_network_the_old_packages_stay_and_one_line_says_why(root, npm, caplog):
    assert frontend.install(root)
    (root / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}')
    npm.reachable = False
    with caplog.at_level(logging.WARNING):
        assert not frontend.install(root) and not frontend.install(root)
    assert (root / "node_modules" / "temml" / "index.js").is_file()
    assert len(caplog.messages) == 1 and "ENOTFOUND" in caplog.text


def test_a_project_without_package_json_needs_no_npm(tmp_path, npm):
    assert not frontend.install(tmp_path)
    assert npm.installs == 0


def test_npm_errors_name_their_cause(root, monkeypatch):
    printed = "npm warn config\nnpm error code E404\nnpm error 404 Not Found\n"
    done = subprocess.CompletedProcess([], 1, "", printed)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(RuntimeError, match=r"^npm error code E404$"):
        frontend.run_node(root, "npm", "ci")


def test_node_is_asked_once_for_all_new_formulas_and_never_again(root, npm):
    table = root / "formulas.json"
    first = frontend.mathml([SQUARE, ("y", True)], table, root)
    assert first == {SQUARE: "<math><mi>x^2</mi></math>", ("y", True): "<math><mi>y</mi></math>"}
    assert npm.formulas == [[["x^2", False], ["y", True]]]
    before = table.read_bytes()
    assert frontend.mathml([(" x^2 ", False), ("y", True)], table, root)[(" x^2 ", False)] == first[SQUARE]
    assert len(npm.formulas) == 1 and table.read_bytes() == before


def test_known_formulas_need_neither_node_nor_packages(root, npm):
    table = root / "formulas.json"
    known = frontend.mathml([SQUARE], table, root)
    shutil.rmtree(root / "node_modules")
    npm.reachable = False
    assert frontend.mathml([SQUARE], table, root) == known
    with pytest.raises(RuntimeError, match=r"\$\$z\$\$: build once where npm can be reached"):
        frontend.mathml([SQUARE, ("z", True)], table, root)


def test_the_table_is_sorted_and_loses_only_what_nobody_uses(root, npm):
    table = root / "formulas.json"
    frontend.mathml([("y", True), SQUARE, ("a", False)], table, root)
    assert list(json.loads(table.read_text())["formulas"]) == ["$$y$$", "$a$", "$x^2$"]
    frontend.prune(table, [SQUARE, ("not made yet", False)], root)
    assert list(json.loads(table.read_text())["formulas"]) == ["$x^2$"]


def test_another_version_of_temml_writes_every_formula_again(root, npm):
    table = root / "formulas.json"
    frontend.mathml([SQUARE], table, root)
    (root / "package.json").write_text('{"dependencies": {"temml": "1.0.1"}}')
    frontend.mathml([SQUARE], table, root)
    assert len(npm.formulas) == 2


@pytest.mark.parametrize("content", ["", '{"made_by": ', "[]", '{"made_by": "temml"}'])
def test_a_damaged_table_is_written_anew(root, npm, content):
    table = root / "formulas.json"
    table.write_text(content)
    assert frontend.mathml([SQUARE], table, root)[SQUARE] == "<math><mi>x^2</mi></math>"
    assert list(json.loads(table.read_text())["formulas"]) == ["$x^2$"]


@pytest.mark.parametrize("formula", [r"\bad{x}", r"\color{red} x"])
def test_a_formula_that_temml_or_the_site_refuses_is_named(root, npm, formula):
    with pytest.raises(ValueError, match=rf"\$\{formula[:4]}"):
        frontend.mathml([SQUARE, (formula, False)], root / "formulas.json", root)
    assert not (root / "formulas.json").exists()


def test_style_attributes_become_classes_or_go():
    styled = (
        '<math display="block" class="tml-display" style="display:block math;">'
        '<mtd class="tml-right" style="padding-left:0em;padding-right:5.9776pt;"><mover><mi>y</mi>'
        '<mo stretchy="false" class="chr-sml wbk-sml-acc" style="math-depth:0;">^</mo></mover></mtd></math>'
    )
    assert frontend._clean(styled, "$$y$$") == (
        '<math display="block"><mtd class="tml-right"><mover><mi>y</mi>'
        '<mo stretchy="false" class="chr-sml tml-accent">^</mo></mover></mtd></math>'
    )


def test_drawn_characters_include_italics_and_the_root_sign():
    drawn = frontend.math_characters(["<math><msqrt><mi>h</mi></msqrt><mi>θ</mi><mo>&lt;</mo></math>"])
    assert set("hθ<√\N{PLANCK CONSTANT}\N{MATHEMATICAL ITALIC SMALL THETA}") <= set(drawn)
    assert "x" not in drawn and "\N{MATHEMATICAL ITALIC SMALL X}" not in drawn


def test_a_small_font_keeps_stretchy_brackets(tmp_path):
    small = tmp_path / "site" / "math.woff2"
    frontend.subset_font(DEJAVU, small, "(x", cache=tmp_path / "cache")
    assert small.stat().st_size < 10_000
    with TTFont(small) as font:
        assert font.flavor == "woff2"
        assert set(font.getBestCmap()) == set(map(ord, "()x"))  # a bracket brings its mirror
        bracket = font.getBestCmap()[ord("(")]
        assert bracket in font["MATH"].table.MathVariants.VertGlyphCoverage.glyphs


def test_a_font_is_made_once_and_is_the_same_bytes_again(tmp_path):
    first, second = tmp_path / "a.woff2", tmp_path / "b.woff2"
    frontend.subset_font(DEJAVU, first, "cab", cache=tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    made = kept.stat().st_mtime_ns
    frontend.subset_font(DEJAVU, second, "abca", cache=tmp_path / "cache")
    assert kept.stat().st_mtime_ns == made and list((tmp_path / "cache").iterdir()) == [kept]
    assert first.read_bytes() == second.read_bytes()
    kept.unlink()
    frontend.subset_font(DEJAVU, second, "abc", cache=tmp_path / "cache")
    assert first.read_bytes() == second.read_bytes()


def test_the_lock_names_no_address_of_a_registry_and_fits_package_json():
    root = Path(__file__).parents[1]
    wanted = json.loads((root / "package.json").read_text())
    packages = json.loads((root / "package-lock.json").read_text())["packages"]
    assert packages.pop("")["dependencies"] == wanted["dependencies"]
    assert all("resolved" not in package and "integrity" in package for package in packages.values())
    for file in wanted["fonts"].values():
        assert any(f"node_modules/{file}".startswith(f"{name}/") for name in packages), file
