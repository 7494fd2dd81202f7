"""Packages from npm, formulas, fonts: with a real node, a Temml of four lines, and no registry."""

import base64
import hashlib
import io
import json
import logging
import random
import shutil
import subprocess
import threading
from pathlib import Path

import material
import matplotlib
import pytest
from fontTools.ttLib import TTFont

from press.site import search
from press.site.frontend import fonts, npm, policy, temml

TEMML = r"""
exports.renderToString = (tex, {displayMode}) => {
  if (tex.includes("\\bad")) throw new Error("Unsupported function name: \\bad at position 1: rest");
  const style = tex.includes("\\color") ? ' style="color:#f00;"' : "";
  return `<math><mi${style}>${tex}</mi></math>`;
};
"""
DEJAVU = Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")  # has a MATH table, and is at hand
SQUARE, Y = ("x^2", False), ("y", True)
MADE = {"$x^2$": "<math><mi>x^2</mi></math>", "$$y$$": "<math><mi>y</mi></math>"}


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
def registry(monkeypatch):
    registry = Npm(npm.run_node)
    for module in (npm, temml):
        monkeypatch.setattr(module, "run_node", registry)
    npm.fetched.cache_clear()
    yield registry
    npm.fetched.cache_clear()


@pytest.fixture
def root(tmp_path):
    (tmp_path / "package.json").write_text('{"dependencies": {"temml": "1.0.0"}}')
    (tmp_path / "package-lock.json").write_text('{"lockfileVersion": 3}')
    return tmp_path


def test_packages_are_installed_once_until_the_lock_changes(root, registry):
    assert npm.install(root) and npm.install(root)
    assert registry.installs == 1
    (root / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}')
    assert npm.install(root)
    assert registry.installs == 2
    assert [path.name for path in (root / ".press").iterdir()] == ["npm.lock"]  # nothing half-made is left


def test_two_builds_at_once_install_once(root, registry):
    results = []
    builds = [threading.Thread(target=lambda: results.append(npm.install(root))) for _ in range(4)]
    for build in builds:
        build.start()
    for build in builds:
        build.join()
    assert results == [True] * 4 and registry.installs == 1


def test_without_network_the_old_packages_stay_and_one_line_says_why(root, registry, caplog):
    assert npm.install(root)
    (root / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}')
    registry.reachable = False
    with caplog.at_level(logging.WARNING):
        assert not npm.install(root) and not npm.install(root)
    assert (root / "node_modules" / "temml" / "index.js").is_file()
    assert len(caplog.messages) == 1 and "ENOTFOUND" in caplog.text


def test_a_project_without_package_json_needs_no_npm(tmp_path, registry):
    assert not npm.install(tmp_path)
    assert registry.installs == 0


def test_npm_errors_name_their_cause(root, monkeypatch):
    printed = "npm warn config\nnpm error code E404\nnpm error 404 Not Found\n"
    done = subprocess.CompletedProcess([], 1, "", printed)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(RuntimeError, match=r"^npm error code E404$"):
        npm.run_node(root, "npm", "ci")


# Formulas ------------------------------------------------------------------------------------------------------------


def test_node_is_asked_once_for_all_new_formulas_and_never_again(root, registry):
    table = root / "formulas.json"
    assert temml.typeset([SQUARE, Y], table, root) == temml.Typeset(MADE)
    assert registry.formulas == [[["x^2", False], ["y", True]]]
    before = table.read_bytes()
    assert temml.typeset([(" x^2 ", False), Y], table, root).mathml == MADE
    assert len(registry.formulas) == 1 and table.read_bytes() == before


def test_known_formulas_need_neither_node_nor_packages(root, registry):
    table = root / "formulas.json"
    temml.typeset([SQUARE], table, root)
    shutil.rmtree(root / "node_modules")
    registry.reachable = False
    assert temml.typeset([SQUARE], table, root) == temml.Typeset({"$x^2$": MADE["$x^2$"]})
    done = temml.typeset([SQUARE, ("z", True)], table, root)
    assert done.mathml == {"$x^2$": MADE["$x^2$"]}
    (problem,) = done.problems
    assert problem.startswith("no MathML yet for $$z$$: build once where npm can be reached")


def test_the_table_is_sorted_and_loses_only_what_nobody_uses(root, registry):
    table = root / "formulas.json"
    temml.typeset([Y, SQUARE, ("a", False)], table, root)
    assert list(json.loads(table.read_text())["formulas"]) == ["$$y$$", "$a$", "$x^2$"]
    temml.prune(table, ["$x^2$", "$not made yet$"], root)
    assert list(json.loads(table.read_text())["formulas"]) == ["$x^2$"]


def test_another_version_of_temml_writes_every_formula_again(root, registry):
    table = root / "formulas.json"
    temml.typeset([SQUARE], table, root)
    (root / "package.json").write_text('{"dependencies": {"temml": "1.0.1"}}')
    assert temml.typeset([SQUARE], table, root).mathml == {"$x^2$": MADE["$x^2$"]}
    assert len(registry.formulas) == 2


@pytest.mark.parametrize("content", ["", '{"made_by": ', "[]", '{"made_by": "temml"}'])
def test_a_damaged_table_is_written_again(root, registry, content):
    table = root / "formulas.json"
    table.write_text(content)
    assert temml.typeset([SQUARE], table, root).mathml == {"$x^2$": MADE["$x^2$"]}
    assert list(json.loads(table.read_text())["formulas"]) == ["$x^2$"]


@pytest.mark.parametrize("bad", [r"\bad{x}", r"\color{red} x"], ids=["Temml refuses it", "the site refuses it"])
def test_a_bad_formula_is_named_and_costs_no_other(root, registry, bad):
    table = root / "formulas.json"
    done = temml.typeset([SQUARE, (bad, False), Y], table, root)
    assert done.mathml == MADE
    (problem,) = done.problems
    assert problem.startswith(f"Temml does not accept ${bad}$: ")
    assert json.loads(table.read_text())["formulas"] == MADE, "the others are kept"
    assert temml.typeset([SQUARE, Y], table, root) == temml.Typeset(MADE)
    assert len(registry.formulas) == 1


def test_a_bad_formula_alone_makes_no_table(root, registry):
    done = temml.typeset([(r"\bad", False)], root / "formulas.json", root)
    assert done.mathml == {} and len(done.problems) == 1
    assert not (root / "formulas.json").exists()


def test_style_attributes_become_classes_or_go():
    styled = (
        '<math display="block" class="tml-display" style="display:block math;">'
        '<mtd class="tml-right" style="padding-left:0em;padding-right:5.9776pt;"><mover><mi>y</mi>'
        '<mo stretchy="false" class="chr-sml wbk-sml-acc" style="math-depth:0;">^</mo></mover></mtd></math>'
    )
    assert temml.cleaned(styled) == (
        '<math display="block"><mtd class="tml-right"><mover><mi>y</mi>'
        '<mo stretchy="false" class="chr-sml tml-accent">^</mo></mover></mtd></math>'
    )


# Fonts ---------------------------------------------------------------------------------------------------------------


def test_drawn_characters_include_italics_and_the_root_sign():
    drawn = fonts.math_characters(["<math><msqrt><mi>h</mi></msqrt><mi>θ</mi><mo>&lt;</mo></math>"])
    assert set("hθ<√\N{PLANCK CONSTANT}\N{MATHEMATICAL ITALIC SMALL THETA}") <= set(drawn)
    assert "x" not in drawn and "\N{MATHEMATICAL ITALIC SMALL X}" not in drawn


def test_a_small_font_keeps_stretchy_brackets_and_is_the_same_bytes_each_time():
    source = base64.b64encode(DEJAVU.read_bytes()).decode()
    small = fonts.subset(source, "(x")
    content = base64.b64decode(small)
    assert len(content) < 10_000
    with TTFont(io.BytesIO(content)) as font:
        assert font.flavor == "woff2"
        assert set(font.getBestCmap()) == set(map(ord, "()x"))  # a bracket brings its mirror
        bracket = font.getBestCmap()[ord("(")]
        assert bracket in font["MATH"].table.MathVariants.VertGlyphCoverage.glyphs
    assert fonts.subset(source, "x(") == small


def test_the_fonts_of_a_site_are_those_that_its_package_json_names(tmp_path):
    assert fonts.named(tmp_path) == {}
    (tmp_path / "package.json").write_text('{"fonts": {"math.woff2": "some-math/files/math.woff2"}}')
    assert fonts.named(tmp_path) == {"math.woff2": tmp_path / "node_modules/some-math/files/math.woff2"}


# Policy --------------------------------------------------------------------------------------------------------------

HEAD = '<head><meta http-equiv="Content-Security-Policy" content="script-src {hashes}"></head>'


def sha256(script: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


def test_the_scripts_of_the_theme_may_run_and_those_of_the_content_may_not():
    page = f"{HEAD}<script>theme()</script><article><script>evil()</script></article><article></article><script>end()</script>"
    shown = policy.allow_scripts(page)
    assert sha256("theme()") in shown and sha256("end()") in shown
    assert sha256("evil()") not in shown
    escaped = page.replace("<script>evil()", "</article><script>evil()")
    assert sha256("evil()") not in policy.allow_scripts(escaped), "an output that ends the article gains nothing"


def test_under_serve_every_inline_script_may_run_and_a_page_without_a_policy_stays_as_it_is():
    assert "script-src 'unsafe-inline'" in policy.allow_scripts(HEAD, all_inline=True)
    for page in ("<p>no policy</p>", "<p>{hashes} are for a Content-Security-Policy</p>"):
        assert policy.allow_scripts(page) == page


# The theme's search --------------------------------------------------------------------------------------------------

ASK = """
let on, told;
Object.assign(globalThis, {self: globalThis, addEventListener: (_, heard) => on = heard, postMessage: data => told(data)});
const [worker, docs, questions] = JSON.parse(require("fs").readFileSync(0));
(0, eval)(worker);
const tell = (type, data) => new Promise(done => { told = done; on({data: {type, data}}); });
const config = {lang: ["en"], separator: " ", pipeline: [], fields: {title: {}, text: {}, tags: {}}};
(async () => {
  await tell(0, {config, docs, options: {}});
  const silent = [];
  for (const question of questions) if (!(await tell(2, question)).data.items.length) silent.push(question);
  console.log(JSON.stringify(silent));
})();
"""


def test_the_search_answers_each_beginning_of_ten_thousand_numbers(tmp_path):
    worker = next(Path(material.__file__).parent.glob("templates/assets/javascripts/workers/search.*.min.js"))
    shutil.copytree(worker.parent, tmp_path / "javascripts/workers")
    rng = random.Random(1)
    numbers = [str(rng.randrange(10**6)) for _ in range(10_000)]
    docs = [{"location": f"{at}/", "title": "", "text": " ".join(numbers[at : at + 20])} for at in range(0, 10_000, 20)]

    def silent() -> list[str]:
        text = (tmp_path / "javascripts/workers" / worker.name).read_text()
        questions = sorted({number[:2] for number in numbers} | {number[:1] for number in numbers})
        return json.loads(npm.run_node(tmp_path, "-e", ASK, stdin=json.dumps([text, docs, questions])))

    assert "3" in silent(), "the theme's search has lost its fault: search.mend has done its work"
    search.mend(tmp_path)
    assert silent() == []


# The site ------------------------------------------------------------------------------------------------------------


def test_the_lock_names_no_address_of_a_registry_and_fits_package_json():
    root = Path(__file__).parents[1]
    wanted = json.loads((root / "package.json").read_text())
    packages = json.loads((root / "package-lock.json").read_text())["packages"]
    assert packages.pop("")["dependencies"] == wanted["dependencies"]
    assert all("resolved" not in package and "integrity" in package for package in packages.values())
    for file in wanted["fonts"].values():
        assert any(f"node_modules/{file}".startswith(f"{name}/") for name in packages), file
