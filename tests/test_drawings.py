"""Figures as a notebook keeps them: in few characters, and with the same look."""

from __future__ import annotations

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from nbformat.v4 import new_output
from PIL import Image

from press.execution import contrast
from press.execution.outputs import slim

ANOTHER = """<svg width="62pt" height="44pt" viewBox="0.00 0.00 1.0005 44.00" xmlns="http://www.w3.org/2000/svg">
<style>#node1 text { fill: #c0562a; background: url(a:b) } * {stroke-linejoin: round}</style>
<g id="graph0" class="graph"><title>a &amp; b</title>
<g id="node1" class="node"><text x="0.125" style="font:9px 'DejaVuSans-Bold'">a <tspan>b</tspan> <tspan>c</tspan></text></g>
</g>
</svg>"""
BEGINNING = '<defs><style type="text/css">*{stroke-linejoin: round; stroke-linecap: butt}</style></defs>'


def plain(axes):
    axes.plot(np.sin(np.arange(40)), "o-", label="run")
    axes.legend()
    axes.text(0, 0.5, "$x^2$ in a box", bbox={"facecolor": "white", "edgecolor": "#0072b2", "joinstyle": "miter"})


def bare(axes):
    axes.set_axis_off()
    axes.text(0.2, 0.5, "a box first", bbox={"facecolor": "white"})


def image(axes):
    axes.imshow(np.arange(36).reshape(6, 6), interpolation="none", cmap="gray")
    axes.set_title("pixels & edges")


def bars(axes):
    axes.bar([0, 1], [1, 2], hatch="//", color="0.8", edgecolor="0.2")
    axes.contourf(np.hypot(*np.mgrid[:9, :9]) / 9, alpha=0.5, extent=(1.5, 3, 0, 2))


def drawn(draw) -> str:
    with plt.rc_context({"svg.hashsalt": "drawings"}):
        figure, axes = plt.subplots(figsize=(3, 2))
        draw(axes)
        file = io.StringIO()
        figure.savefig(file, format="svg")
        plt.close(figure)
    return file.getvalue()


def kept(svg: str):
    (output,) = slim([new_output("display_data", {"image/svg+xml": svg})], "/folder")
    return output.data["image/svg+xml"], output.metadata["image/svg+xml"]


@pytest.mark.parametrize("draw", [plain, bare, image, bars])
def test_a_figure_is_kept_in_fewer_characters_and_looks_the_same_in_both_schemes(draw):
    before = drawn(draw)
    after, said = kept(before)
    assert len(after) < 0.75 * len(before)
    assert len(contrast.GLYPH.findall(after)) == len(contrast.GLYPH.findall(before)) > 0
    assert said == {"twin": contrast.has_dark_twin(before)} == {"twin": contrast.has_dark_twin(after)}
    for old, new, ground in zip(
        contrast.schemes(before), contrast.schemes(after), ("#fafafa", contrast.SLATE), strict=True
    ):
        difference = np.abs(contrast.pixels(old, ground, 2) - contrast.pixels(new, ground, 2))
        assert difference.mean() < 0.0005 and difference.max() < 0.5
    assert kept(before) == (after, said) == kept(after), "the same bytes twice"


def test_a_figure_of_another_program_is_kept_as_it_is():
    assert kept(ANOTHER)[0] == ANOTHER


def test_a_figure_that_cannot_be_read_is_kept():
    assert (
        kept(f"<svg>{BEGINNING}<g></svg>")[0] == '<svg style="stroke-linejoin: round; stroke-linecap: butt"><g></svg>'
    )


def test_a_figure_does_not_take_in_a_file_of_the_machine(tmp_path):
    (tmp_path / "secret.png").write_bytes(b"secret")
    image = f'<image xlink:href="{tmp_path.as_uri()}/secret.png"/>'
    links = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    after, _ = kept(f"<svg {links}>{BEGINNING}<g><g>{image}</g></g></svg>")
    assert "secret.png" in after and "base64" not in after


@pytest.mark.parametrize(("mode", "colors"), [("L", 256), ("P", 200)])
def test_an_image_keeps_its_grays_and_as_many_colors_as_a_palette_holds(mode, colors):
    pixels = np.random.default_rng(0).integers(0, colors, (80, 80)).astype("uint8")
    pixels = np.stack([pixels, pixels if mode == "L" else 255 - pixels, pixels, np.full_like(pixels, 255)], axis=2)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    (output,) = slim([new_output("display_data", {"image/png": base64.b64encode(file.getvalue()).decode()})], "/folder")
    small = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
    assert small.mode == mode
    np.testing.assert_array_equal(np.asarray(small.convert("RGBA")), pixels)
