"""What a figure says in words, where the words go, and whether it can be read on white and on black."""

import itertools
import sys

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from kindling import plots
from kindling.training import History

HISTORY = History(train_loss=[2.0, 1.0, 0.5], val_loss=[1.8, 0.9, 1.2])

FIGURES = {
    "losses": lambda: plots.losses(HISTORY),
    "losses of several": lambda: plots.losses({"plain": HISTORY, "with dropout": HISTORY}, title="Two runs"),
    "curves": lambda: plots.curves({"sgd": [3.0, 2.0], "adam": torch.tensor([1.0, 0.1])}, xlabel="step", ylabel="loss"),
    "curves on a logarithmic axis": lambda: plots.curves(
        {"loss": np.array([100.0, 1e-3])}, x=[1, 2], xlabel="step", ylabel="loss", logy=True, title="Falling"
    ),
    "scatter": lambda: plots.scatter(torch.rand(9), torch.rand(9), xlabel="a", ylabel="b", alt="nine points"),
    "scatter of classes": lambda: plots.scatter(
        torch.rand(9),
        torch.rand(9),
        xlabel="gre",
        ylabel="gpa",
        labels=torch.arange(9) % 2,
        names=["no", "yes"],
        line=([0, 1], [1, 0]),
        title="Admissions",
        alt="nine points and a line",
    ),
    "bars": lambda: plots.bars(["a", "b"], [0.5, 0.75], xlabel="accuracy", errors=[0.1, 0.1], reference=0.6),
    "image_grid": lambda: plots.image_grid(
        torch.rand(7, 1, 28, 28), titles=list("abcdefg"), alt="noise", title="Seven"
    ),
    "image_grid in color": lambda: plots.image_grid(torch.rand(2, 3, 8, 8), columns=2, alt="noise"),
    "confusion": lambda: plots.confusion(torch.tensor([[5, 1], [3, 7]]), ["cat", "dog"]),
    "confusion of ten": lambda: plots.confusion(torch.eye(10).long() * 986 + 7, [f"class {i}" for i in range(10)]),
}


@pytest.fixture
def shown(monkeypatch):
    """The figures and texts that are shown while a test runs."""
    kept = []
    monkeypatch.setattr(plots, "show", lambda fig, alt: kept.append((fig, alt)))
    yield kept
    plt.close("all")


def said_by(shown, name: str) -> str:
    FIGURES[name]()
    return shown[-1][1]


# Show


@pytest.fixture
def shell(monkeypatch):
    """An IPython shell that wants figures as SVG, as in a notebook."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.core.pylabtools import select_figure_formats
    from traitlets.config import Config

    instance = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    select_figure_formats(instance, {"svg"})
    monkeypatch.setattr(plots, "_in_notebook", lambda: True)
    yield instance
    InteractiveShell.clear_instance()


def test_show_puts_the_alternative_text_into_the_metadata_of_the_output(shell):
    from IPython.utils.capture import capture_output

    fig, _ = plt.subplots()
    with capture_output() as captured:
        plots.show(fig, "an empty pair of axes")
    (output,) = captured.outputs
    assert output.data["image/svg+xml"].lstrip().startswith("<?xml")
    assert output.metadata["image/svg+xml"]["alt"] == "an empty pair of axes"
    assert plt.get_fignums() == []


def test_the_same_figure_is_the_same_bytes(shell, monkeypatch):
    from IPython.utils.capture import capture_output

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # the date that Matplotlib writes into an SVG
    drawn = []
    for _ in range(2):
        with capture_output() as captured:
            FIGURES["losses"]()
        drawn.append(captured.outputs[0].data["image/svg+xml"])
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("backend", "notebook"),
    [("inline", True), ("module://matplotlib_inline.backend_inline", True), ("agg", False), ("QtAgg", False)],
)
def test_a_notebook_is_known_by_the_backend_of_its_kernel(backend, notebook, monkeypatch):
    monkeypatch.setattr(plt, "get_backend", lambda: backend)
    assert plots._in_notebook() == notebook


def test_show_closes_the_figure_in_a_script(recwarn):
    fig, _ = plt.subplots()
    plots.show(fig, "an empty pair of axes")
    assert plt.get_fignums() == []
    assert not list(recwarn)


def test_show_refuses_an_empty_alternative_text():
    fig, _ = plt.subplots()
    with pytest.raises(ValueError, match="alt is empty"):
        plots.show(fig, " ")
    plt.close(fig)


def test_plots_needs_no_ipython(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    plots.losses(HISTORY)
    assert plt.get_fignums() == []


# Steps


def some(*values):
    return {value: plt.subplots()[0] for value in values}


def test_stepped_shows_each_figure_below_its_value_and_says_what_it_shows(shell):
    from IPython.utils.capture import capture_output

    rates = 0.001, 1e-05, "none"
    with capture_output() as captured:
        plots.stepped(some(*rates), label="learning rate", alt={rate: f"The loss at {rate}." for rate in rates})
    captions, figures = captured.outputs[::2], captured.outputs[1::2]
    assert [one.data for one in captions] == [{"text/plain": f"learning rate: {rate}"} for rate in rates]
    steps = [{"label": "learning rate", "value": str(rate), "at": at} for at, rate in enumerate(rates)]
    assert [one.metadata["kindling"]["step"] for one in captions] == steps
    assert [one.metadata["image/svg+xml"]["alt"] for one in figures] == [f"The loss at {rate}." for rate in rates]
    assert all("image/svg+xml" in one.data for one in figures)
    assert plt.get_fignums() == []


def test_a_text_for_all_steps_says_which_one_it_is(shown):
    plots.stepped(some(1, 2), label="stride", alt="a window on an image")
    assert [alt for _, alt in shown] == ["stride 1: a window on an image", "stride 2: a window on an image"]


def test_stepped_closes_its_figures_in_a_script():
    plots.stepped(some(*range(12)), label="step", alt="an empty figure")
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("values", "alt", "said"),
    [
        ((), "nothing", "given 0 figures: give 1 to 12"),
        (range(13), "too many", "given 13 figures: give 1 to 12"),
        ((1, 2), " ", "alt is empty for 1"),
        ((1, 2), {1: "one", 2: ""}, "alt is empty for 2"),
        ((1, 2.5), {1: "one"}, "alt is empty for 2.5"),
    ],
)
def test_stepped_refuses_too_few_and_too_many_and_what_says_nothing(values, alt, said):
    with pytest.raises(ValueError, match=said):
        plots.stepped(some(*values), label="stride", alt=alt)
    plt.close("all")


# Words


def test_losses_say_where_each_line_starts_and_ends(shown):
    assert said_by(shown, "losses") == (
        "Mean loss by epoch: training goes from 2 to 0.5 (lowest 0.5, highest 2); "
        "validation goes from 1.8 to 1.2 (lowest 0.9, highest 1.8)."
    )
    assert "with dropout validation goes from 1.8" in said_by(shown, "losses of several")


def test_curves_say_what_is_drawn_against_what(shown):
    assert said_by(shown, "curves").startswith("loss against step: sgd goes from 3 to 2")


def test_bars_say_every_value_and_the_reference(shown):
    assert said_by(shown, "bars") == "Bars of accuracy: a 0.5, b 0.75. A dashed line marks 0.6."


def test_a_confusion_matrix_says_its_commonest_mistake(shown):
    assert said_by(shown, "confusion") == (
        "Confusion matrix of 2 classes: 12 of 16 examples are on the diagonal; "
        "the commonest mistake: 3 of 10 dog taken for cat."
    )
    plots.confusion(torch.eye(2).long(), ["cat", "dog"])
    assert shown[-1][1] == "Confusion matrix of 2 classes: 2 of 2 examples are on the diagonal."


def test_an_own_alternative_text_is_used(shown):
    plots.losses(HISTORY, alt="Both losses fall.")
    assert shown[-1][1] == "Both losses fall."


def test_curves_refuses_places_that_do_not_fit():
    with pytest.raises(ValueError, match="'loss' has 2 values and x has 3"):
        plots.curves({"loss": [1.0, 2.0]}, x=[1, 2, 3], xlabel="step", ylabel="loss")
    plt.close("all")


# Legible


@pytest.mark.parametrize("name", FIGURES)
def test_text_is_gray_and_large_enough_and_a_figure_is_not_too_wide(name, shown):
    FIGURES[name]()
    (fig, _) = shown[0]
    fig.canvas.draw()
    assert fig.get_figwidth() <= 6.4
    for text in fig.findobj(Text):
        if text.get_text():
            red, green, blue = to_rgb(text.get_color())
            assert red == green == blue
            assert text.get_fontsize() >= 9


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_leaves_the_settings_of_matplotlib_alone(name, shown):
    before = dict(matplotlib.rcParams)
    FIGURES[name]()
    assert dict(matplotlib.rcParams) == before


def luminance(color) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color))
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))


def contrast(one, other) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("color", "ground"), [*itertools.product(plots.COLORS, ["#ffffff", "#16181d"])])
def test_colors_can_be_seen_on_white_and_on_nearly_black(color, ground):
    assert contrast(color, ground) >= 3


@pytest.mark.parametrize(("ink", "ground"), [(plots.INK, "#ffffff"), ("#e0e0e0", "#16181d")])
def test_the_counts_in_a_confusion_matrix_can_be_read_on_the_bluest_cell(ink, ground, shown):
    FIGURES["confusion of ten"]()
    *color, alpha = shown[0][0].axes[0].images[0].cmap(1.0)
    blended = [alpha * c + (1 - alpha) * g for c, g in zip(color, to_rgb(ground), strict=True)]
    assert contrast(ink, blended) >= 4.5


def test_images_keep_their_pixels(shown):
    FIGURES["image_grid"]()
    images = [ax.images[0] for ax in shown[0][0].axes if ax.images]
    assert [image.get_array().shape for image in images] == [(28, 28)] * 7
    assert {image.get_interpolation() for image in images} == {"none"}


def test_lines_differ_in_color_and_in_stroke(shown):
    plots.curves({str(i): [0.0, i] for i in range(6)}, xlabel="x", ylabel="y")
    lines = shown[0][0].axes[0].lines
    assert len({line.get_color() for line in lines}) == 6
    assert len({str(line._dash_pattern) for line in lines}) == 6
