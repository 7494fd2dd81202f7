# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["BK4", "S2.13", "ND2"]
# data = ["wine_quality", "bike_sharing"]
# minutes = 1
# metric = { name = "good wines found", unit = "", target = 2018, reference = "2,018 in the book" }
# description = "Images, tables, days and words as tensors: axes, scaling, one-hot codes, and what goes wrong."
# ///
"""
# Data as tensors: images, tables, days and words

A network reads floats on axes and nothing else. Whatever you have, a photo, a
price list, two years of bike hires, a novel, you decide what the axes mean and
how each thing becomes a number.
"""

# %%
# Here is how much the axes can say. A file holds the bike hires of 17,520 hours, one long row of numbers. Read as 730
# days of 24 hours, with no number moved in memory, it becomes an image that tells you a story.

import io
import re

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torchvision.transforms import v2

from kindling.data import BIKE_COLUMNS, WINE_COLUMNS, bike_sharing, wine_quality
from kindling.plots import COLORS, curves, show, style
from kindling.runtime import claim, objection, report

bikes, hires = bike_sharing().tensors  # [hours, 16], [hours]
N, hours_a_day = len(hires) // 24, 24
claim(N == 730, "730 days")

with style():
    fig, ax = plt.subplots(figsize=(6.4, 3))
by_day = hires[: N * hours_a_day].view(N, hours_a_day)
look = {"aspect": "auto", "origin": "lower", "interpolation": "none"}
heat = ax.imshow(by_day.T, **look)
ax.set(xlabel="day, from January 2011", ylabel="hour")
ax.grid(False)
fig.colorbar(heat, label="hires")
show(
    fig,
    f"Heat map of hires: {N} days from left to right, 24 hours from bottom to "
    "top. Two bright stripes run across it, at "
    "about 8 a.m. and 5 p.m., broken by weekends. Summers are brighter than "
    "winters, the second year than the first.",
)

# %%
# Two bright stripes, morning and evening, with gaps that come once a week. By the end of this page you will be able to
#
# - turn an image file into a tensor, and see what happens when two axes are mixed up,
# - sort the columns of a table into three kinds, scale them, and make **one-hot** codes,
# - cut a long record into days, and a sentence into letters and words.
#
# Shapes, views and strides come from [tensors](01_tensors.py). The sizes on this page: `N` examples, `C` channels, `H`
# and `W` for height and width, `T` steps of time.
#
# ## An image
#
# To keep this page free of other people's photos we paint one: a sun over a lake. Each pixel has three numbers from 0
# to 255, for red, green and blue. Painting needs nothing but broadcasting.

H, W = 60, 90  # pixels


def evening(height, width):
    """Paint a sun above a lake; uint8 [height, width, 3]."""
    down = torch.linspace(0, 1, height)[:, None, None]  # [H, 1, 1]
    across = (
        torch.linspace(-0.5, 0.5, width)[:, None] * width / height
    )  # [W, 1]
    blue, orange = torch.tensor([[40.0, 60, 130], [250, 150, 60]])
    sky = torch.lerp(blue, orange, (down / 0.6).clamp(max=1))
    lake = torch.tensor([30.0, 60, 110]) + 25 * torch.sin(70 * down)
    sun = (down - 0.42) ** 2 + (across - 0.3) ** 2 < 0.02
    image = torch.where(sun, torch.tensor([255.0, 240, 170]), sky)
    return torch.where(down > 0.6, lake, image).round().to(torch.uint8)


# %%
# An image file is not a table of pixels: it is compressed. So the first step is always to decode. Here Pillow writes a
# JPEG into memory and opens it again, as you would write `Image.open("photo.jpg")`; `pil_to_tensor` makes a tensor of
# it.

painted = evening(H, W)  # [H, W, C]
file = io.BytesIO()
Image.fromarray(painted.numpy()).save(file, format="JPEG", quality=95)
photo = Image.open(file)
image = v2.functional.pil_to_tensor(photo)  # [C, H, W]
change = (image.int() - painted.permute(2, 0, 1).int()).abs().float().mean()
in_file = len(file.getvalue())
print(f"file: {in_file:,} bytes; image: {tuple(image.shape)}, {image.dtype}")
print(f"JPEG changed a pixel by {change:.1f} of 255, on average")
assert image.shape == (3, H, W) and image.dtype == torch.uint8
assert in_file < image.numel()

# %%
# Look at the order of the axes. `pil_to_tensor` put the channels **first**: `C, H, W`. Pillow, NumPy and matplotlib
# keep them **last**: `H, W, C`. PyTorch's layers for images want a batch with channels first, `N, C, H, W`. To change
# from one order to the other, `permute` the axes. Do not `reshape`: that keeps the numbers in their order and only
# cuts the row elsewhere. Both give the shape that you want.

channels_last = torch.from_numpy(np.array(photo))  # [H, W, C]
permuted = channels_last.permute(2, 0, 1)
reshaped = channels_last.reshape(3, H, W)
assert permuted.shape == reshaped.shape and torch.equal(permuted, image)
assert not torch.equal(reshaped, image)

with style():
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.5))
for ax, shown, title in (
    (axes[0], permuted, "permute(2, 0, 1)"),
    (axes[1], reshaped, "reshape(3, H, W)"),
):
    ax.imshow(shown.permute(1, 2, 0), interpolation="none")
    ax.set(title=title)
    ax.axis("off")
show(
    fig,
    "Two images of one shape. Left, after permute: a yellow sun in an orange "
    "sky above a dark blue lake. Right, after "
    "reshape: the same numbers on the wrong axes, a pattern of stripes in "
    "which no sun and no lake can be made out.",
)

# %%
# The image on the right has the right shape, the right type and the right mean. No error will ever tell you, and a
# network trained on it may still learn something. So look at your data *after* the last line that prepares it.
#
# A batch is a new first axis. `torch.stack` makes one from images of equal shape.

batch = torch.stack([image, image.flip(-1)])  # [N, C, H, W]; one mirrored
means = batch.float().mean(dim=(0, 2, 3)).round()
print(f"batch: {tuple(batch.shape)}; mean of each channel: {means}")
assert batch.shape == (2, 3, H, W)

# %%
# !!! quiz "NCHW or NHWC"
#     A loader hands you a batch from Pillow and NumPy, of shape `(64, 32, 48, 3)`. Which call prepares it for a layer
#     that wants `N, C, H, W`?
#
#     - [ ] `x.reshape(64, 3, 32, 48)`
#       > The shape is right and the images are scrambled: neighbors in memory are the three colors of one pixel, and
#       > reshape would make them neighbors in a row.
#     - [ ] `x.permute(0, 3, 2, 1)`
#       > The channels arrive where they should, but height and width have changed places: all images lie on their
#       > side.
#     - [x] `x.permute(0, 3, 1, 2)`
#       > Old axis 3, the channels, moves to place 1; height and width keep their order.
#     - [ ] `x.transpose(1, 3)`
#       > This swaps channels and height and gives `N, C, W, H`. For square images you would not even notice.
#
# ## Bytes and floats
#
# A byte goes from 0 to 255, and then begins again. Make it brighter by 100, and the sun turns dark. Convert to floats
# *before* you calculate, and divide by 255 to bring everything to the range from 0 to 1.

bright = image.max()
brighter = (image + 100)[image == bright][0]
print(f"{bright} + 100 = {brighter} in bytes")
assert brighter == (int(bright) + 100) % 256

x = image / 255  # float32 [C, H, W]
assert x.dtype == torch.float32 and x.min() >= 0 and x.max() <= 1

# %%
# !!! warning "You may read this elsewhere"
#     - "Call `.float()` first, or the division gives zeros." That was true of old versions, where `/` between
#       whole numbers rounded down. Today `/` always gives floats. If you want the old way, write
#       `torch.div(a, b, rounding_mode="floor")`.
#     - `transforms.ToTensor()`, or `v2.ToTensor()`. Today write `v2.ToImage()` and then
#       `v2.ToDtype(torch.float32, scale=True)`. The second one divides by 255 only because of `scale=True`.
#
# Here are the old way, with what PyTorch has against it, and the new one. More transforms come in [data sets and
# loaders](../2-training/11_datasets-loaders.py).

print(objection(v2.ToTensor))
new = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])(photo)
assert (new - x).abs().max() < 1e-6
floored = torch.div(image, 255, rounding_mode="floor")
assert floored.float().mean() < 0.1  # nearly all black

# %%
# !!! quiz "Arithmetic on bytes"
#     `a` is a `uint8` tensor that holds 200. What is `a + a`?
#
#     - [=] 144
#       > 400 does not fit into a byte; 256 is taken away. PyTorch says nothing about it.
#     - [ ] 400
#       > Only if the type grew with the number. It stays `uint8`, so the sum wraps around at 256.
#     - [ ] 255
#       > That is what a camera does when it is dazzled. Integer arithmetic does not saturate, it wraps.
#     - [ ] anything else
#       > Add as usual, and take away 256 until the number fits.
#
# ## Volumes, sound, film
#
# The rest of the world is more of the same: one axis more, or one less. The only rule is that nobody can guess your
# axes. Write them in a comment. Below is one second of sound whose pitch rises, and its spectrogram, an image of a
# sound: one row for each band of pitch, one column for each moment.

T = 8000  # samples of one second of sound
seconds = torch.linspace(0, 1, T)
chirp = torch.sin(2 * torch.pi * 400 * seconds**2)[None]  # [C, T]
window = torch.hann_window(256)
spectrum = torch.stft(chirp, 256, window=window, return_complex=True).abs()
shapes = {
    "sound           [C, T]": chirp.shape,
    "its spectrogram [C, F, T]": spectrum.shape,
    "CT: gray slices [C, D, H, W]": torch.stack([image[:1]] * 5, 1).shape,
    "film            [T, C, H, W]": torch.stack([image] * 8).shape,
}
for what, shape in shapes.items():
    print(f"{what:29} {tuple(shape)}")
loudest = spectrum[0].argmax(dim=0)  # the strongest band at each moment
print(f"the loudest band climbs from {loudest[2]} to {loudest[-3]}")
assert loudest[-3] > 5 * loudest[2]

# %%
# The project at the end of this course reads a real CT, slice by slice.
#
# ## A table
#
# Now 4,898 white wines from Portugal. Eleven things were measured of each, and tasters gave a mark. The table is a
# tensor with two axes: one row for each wine, one column for each measurement.

x, marks = wine_quality().tensors  # [N, 11], [N]
for name, column in zip(WINE_COLUMNS, x.T, strict=True):
    mean, spread = column.mean(), column.std()
    print(f"{name:21} mean {mean:8.3f}   spread {spread:7.3f}")
levels, counts = (v.tolist() for v in marks.unique(return_counts=True))
print("marks:", dict(zip(levels, counts, strict=True)))
claim(x.shape == (4898, 11), "4,898 wines, 11 columns")

# %%
# Look at the spreads. Sulfur dioxide varies by tens, chlorides by hundredths. That has nothing to do with their weight
# in the taste: it is a matter of the unit. But a model that multiplies each column with a weight has to bridge it, and
# training then gets slow, or explodes. ([The thermometer](07_thermometer.py) shows it.)
#
# So **standardize**: subtract from each column its mean, divide by its spread. Each column then varies by one around
# zero. Both numbers belong to the model: compute them on the training part, keep them, and use the same for every
# later example.

train, later = x[::2], x[1::2]
mean, spread = train.mean(dim=0), train.std(dim=0)
train_scaled, later_scaled = (train - mean) / spread, (later - mean) / spread
print("seen:  ", train_scaled.mean(dim=0)[:3], train_scaled.std(dim=0)[:3])
print("unseen:", later_scaled.mean(dim=0)[:3], later_scaled.std(dim=0)[:3])
assert (
    train_scaled.mean(dim=0).abs().max() < 0.01
    and (train_scaled.std(dim=0) - 1).abs().max() < 0.01
)

# %%
# The unseen half comes out *nearly* at 0 and 1. That is right. It would be exact only if you had peeked.
#
# !!! quiz "Why we scale"
#     You give the sulfur dioxide in grams instead of milligrams: its column shrinks a thousandfold. What changes for a
#     model that you train on the *standardized* columns?
#
#     - [ ] Sulfur counts a thousand times less.
#       > In the raw table the weight would have to grow a thousandfold to make up for it. Standardizing has removed
#       > the unit.
#     - [x] Nothing but rounding.
#       > Mean and spread shrink by the same factor, and it cancels.
#     - [ ] The model gets better, because small numbers train better.
#       > After standardizing, the numbers are as large as before.
#
# ## Three kinds of column
#
# | kind | what makes sense | example | as numbers |
# |---|---|---|---|
# | **continuous** | differences | alcohol, temperature | itself, scaled |
# | **ordinal** | more or less | a taster's mark, small / medium / large | 0, 1, 2, ... or as nominal |
# | **nominal** | same or different | grape, country, word | one-hot |
#
# The mark of a wine is ordinal: 8 is better than 7, but nobody says that from 7 to 8 is as far as from 3 to 4. How
# does it go with the measurements?

sulfur = WINE_COLUMNS.index("total sulfur dioxide")
alcohol = WINE_COLUMNS.index("alcohol")
line, middle = {"color": COLORS[0]}, {"color": COLORS[1], "linewidth": 2}
lines = {"boxprops": line, "whiskerprops": line, "capprops": line}
with style():
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.2))
medians = {}
for ax, column, unit in ((axes[0], sulfur, "mg/dm³"), (axes[1], alcohol, "%")):
    groups = [x[marks == level, column] for level in levels]
    medians[column] = [group.median().item() for group in groups]
    ax.boxplot(
        [group.numpy() for group in groups],
        tick_labels=levels,
        showfliers=False,
        medianprops=middle,
        **lines,
    )
    ax.set(xlabel="mark", ylabel=f"{WINE_COLUMNS[column]} ({unit})")
show(
    fig,
    "Box plots by mark. Left, sulfur dioxide: the boxes overlap widely; from "
    "mark 5 to 9 the median falls from "
    f"{medians[sulfur][2]:.0f} to {medians[sulfur][-1]:.0f} mg/dm³. Right, "
    "alcohol: from mark 5 to 9 the median rises "
    f"from {medians[alcohol][2]:.1f} to {medians[alcohol][-1]:.1f} percent.",
)

# %%
# Each box holds the middle half of the wines with that mark; the line in it is the median. On the left the better
# wines tend to have less sulfur dioxide. A weak hint, but enough for a first rule.
#
# ## A rule in one comparison
#
# Call a wine good if its mark is above 5. Say "good" if it has less sulfur dioxide than the average wine of middling
# marks, 4 to 6. A comparison gives a tensor of truth values, a **mask**; `&` combines two of them; `sum` counts. No
# loop anywhere.

good = marks > 5
middling = (marks > 3) & (marks < 7)
threshold = x[middling, sulfur].mean()
said_good = x[:, sulfur] < threshold

hits = (said_good & good).sum()
precision, recall = hits / said_good.sum(), hits / good.sum()
print(
    f"threshold {threshold:.2f} mg/dm³: {hits:,} of {good.sum():,} good wines "
    "found"
)
print(
    f"precision {precision:.3f} (said good and are), recall {recall:.3f} "
    "(good and found)"
)
claim(hits == 2018, "2,018 good wines found")
claim(
    abs(precision - 0.740) < 0.001 and abs(recall - 0.619) < 0.001,
    "precision .740, recall .619",
)
report("good wines found", hits)

# %%
# Precision and recall have [a page of their own](../2-training/13_metrics.py). Remember these two numbers until the
# end, when we ask whether they are any good.
#
# ## One-hot: a place for each name
#
# Next, two years of bike hires in Washington, one row for each hour. The column `weathersit` holds 1 for clear, 2 for
# mist, 3 for light rain or snow, 4 for a storm. Are these numbers? You may read them as *ordinal*: each is worse than
# the one before. Yet a storm need not be twice as bad for hires as mist. Read them as *nominal*, and nothing is
# presumed.
#
# A **one-hot** vector has a place for each name, a one in the place of the name meant, zeros elsewhere. `F.one_hot`
# counts from 0 and wants whole numbers.

column = {name: i for i, name in enumerate((*BIKE_COLUMNS, "hires"))}
codes = bikes[:, column["weathersit"]].long() - 1  # 0 to 3
weather = F.one_hot(codes, num_classes=4)  # [hours, 4]
print("code ", codes[11:15].tolist())
print(weather[11:15])
print("hours of each kind:", weather.sum(dim=0).tolist())
assert weather.sum() == len(bikes) and torch.equal(weather.argmax(dim=1), codes)
claim(weather.sum() == 17_520, "one weather for each of 17,520 hours")

# %%
# Always say `num_classes`. Without it, PyTorch takes the largest code that it *happens to see*, so the width depends
# on the batch.

first_day = F.one_hot(codes[:hours_a_day])
print("without num_classes, the first day:", tuple(first_day.shape))
print("and all of them:                   ", tuple(weather.shape))
claim(first_day.shape[1] == 3, "no storm on the first day, so no place for it")

# %%
# !!! quiz "Nominal or ordinal"
#     Which of these columns should be one-hot, because their codes have no order worth keeping?
#
#     - [x] The country of a wine, coded 0 to 30.
#       > The codes are names. As a number, country 30 would be thirty times country 1.
#     - [ ] The size of a shirt, coded 0 for S, 1 for M, 2 for L.
#       > Ordinal: L is more than M. One-hot is allowed but throws the order away.
#     - [x] A word's number in a dictionary.
#       > The order of the alphabet says nothing about meaning.
#     - [ ] The year.
#       > A continuous quantity. Scale it.
#
# ## Time: a row for each day
#
# The record is one long table, `[hours, columns]`, sixteen columns and the hires. But a day has a shape: the way to
# work, lunch, the way home. So cut the table into days: `[days, 24, columns]`. The rows lie in order of time, so a
# view is enough. A network for sequences wants channels before time, as with images: `[N, C, T]`. One transpose, and
# still no number has moved.

table = torch.cat([bikes, hires[:, None]], dim=1)  # [hours, 17]
by_hour = table[: N * hours_a_day].view(N, hours_a_day, 17)  # [N, T, C]
days = by_hour.transpose(1, 2)  # [N, C, T]
print(f"{tuple(table.shape)} -> {tuple(by_hour.shape)}")
print(f"-> {tuple(days.shape)}, strides {days.stride()}")
assert days.data_ptr() == table.data_ptr() and days.stride() == (17 * 24, 1, 17)
assert torch.equal(days[1, column["hr"]], torch.arange(24.0))
claim(days.shape == (730, 17, 24), "730 days, 17 columns, 24 hours")

# %%
# What were the gaps in the two stripes? Take the mean over working days and over days off.

at_work = days[:, column["workingday"], 0] == 1  # [N]
typical = {
    "working days": days[at_work, column["hires"]].mean(dim=0),  # [T]
    "days off": days[~at_work, column["hires"]].mean(dim=0),
}
curves(
    typical, xlabel="hour", ylabel="mean hires",
    alt="Mean hires by hour. Working days have two sharp peaks, at "
    f"hour {typical['working days'][:12].argmax()} and at hour "
    f"{typical['working days'].argmax()}; days off have one broad "
    "hill with its top at hour "
    f"{typical['days off'].argmax()}.",
)  # fmt: skip
peaks = {name: line.argmax().item() for name, line in typical.items()}
print("the busiest hour:", peaks)
claim(
    peaks == {"working days": 17, "days off": 13},
    "home at five on working days, out at one on days off",
)

# %%
# So a day has a shape, and the shape depends on the kind of day. A network that gets whole days can see it.
#
# Replace the weather's one channel by its four: 17 - 1 + 4.

by_day = weather[: N * hours_a_day].view(N, hours_a_day, 4).transpose(1, 2)
others = [i for name, i in column.items() if name != "weathersit"]
ready = torch.cat([days[:, others], by_day], dim=1)  # [N, 20, T]
print("ready:", tuple(ready.shape))
assert ready.shape[1:] == (20, 24) and (ready[:, -4:].sum(dim=1) == 1).all()

# %%
# ## Text
#
# Text is a row of names. Decide first what a name is: a letter, a word, or something between. Then give each a number,
# and the text is a row of whole numbers. Here is how a famous novel begins, by letters.

text = """\
It is a truth universally acknowledged, that a single man in possession of a
good fortune, must be in want of a wife. However little known the feelings or
views of such a man may be on his first entering a neighbourhood, this truth is
so well fixed in the minds of the surrounding families, that he is considered
as the rightful property of some one or other of their daughters."""
text = text.replace("\n", " ")

alphabet = sorted(set(text.lower()))
letter_ids = torch.tensor(
    [alphabet.index(letter) for letter in text.lower()]
)  # [T]
letters = F.one_hot(letter_ids, num_classes=len(alphabet))  # [T, letters]
back = "".join(alphabet[i] for i in letters.argmax(dim=1))
print(f"{len(text)} letters, {len(alphabet)} different: {tuple(letters.shape)}")
assert back == text.lower() and letters.sum() == len(text)

# %%
# The raster shows the first letters. In each column one cell is dark, and you can read the text from them.

shown = 60
names = [repr(a)[1:-1] if a != " " else "␣" for a in alphabet]
with style():
    fig, ax = plt.subplots(figsize=(6.4, 3.6))
ax.imshow(letters[:shown].T, aspect="auto", cmap="Greys", interpolation="none")
ax.set_xticks(range(shown), text[:shown], fontsize=6)
ax.set_yticks(range(len(alphabet)), names, fontsize=6)
ax.tick_params(length=0)
ax.grid(False)
ax.set(xlabel="the text", ylabel="alphabet")
show(
    fig,
    f"One-hot raster of the first {shown} letters: {len(alphabet)} rows, one "
    "for each letter of the alphabet found, and "
    "a single dark cell in each column. The row of the blank has the most "
    "cells.",
)

# %%
# With words the alphabet becomes a **vocabulary**. And now a question that letters hardly raise: what if a later text
# has a word that this one had not? Keep a number for "unknown", here 0.

words = re.findall(r"[a-z]+", text.lower())
vocabulary = {word: i for i, word in enumerate(sorted(set(words)), start=1)}
new_words = ["a", "single", "network", "in", "want", "of", "data"]
ids = torch.tensor([vocabulary.get(word, 0) for word in new_words])
print(f"{len(words)} words, {len(vocabulary)} different")
print(dict(zip(new_words, ids.tolist(), strict=True)))
assert (ids == 0).sum() == 2 and max(vocabulary.values()) == len(vocabulary)

# %%
# A one-hot of words gets wide: a novel has thousands of different ones, and every row is nearly all zeros. But nobody
# has to build it. A one-hot vector times a matrix picks out one row of the matrix, and picking a row is what indexing
# does. Numbers instead of vectors, rows instead of products: that is an **embedding**, and it returns where a network
# reads the [sentiment of reviews](../4-sequences/29_sentiment.py).

rows = torch.randn(
    len(vocabulary) + 1, 3, generator=torch.Generator().manual_seed(0)
)
by_product = (
    F.one_hot(ids, num_classes=len(rows)).float() @ rows
)  # [T, words] @ [words, 3]
print(tuple(by_product.shape), "equal:", torch.equal(by_product, rows[ids]))
torch.testing.assert_close(by_product, rows[ids])

# %%
# ## Where it fails
#
# **The rule.** Precision 0.740 sounds decent. Compare with a rule that needs no chemistry at all: call *every*
# wine good.

accuracy = (said_good == good).float().mean()
always = good.float().mean()
print(f"sulfur rule: accuracy {accuracy:.3f}, precision {precision:.3f}")
print(f"always good: accuracy {always:.3f}, precision {always:.3f}, recall 1")

strong = x[:, alcohol] > x[middling, alcohol].mean()
precision_strong, recall_strong = (
    (strong & good).sum() / strong.sum(),
    (strong & good).sum() / good.sum(),
)
print(
    f"alcohol:     precision {precision_strong:.3f}, recall {recall_strong:.3f}"
)
claim(accuracy < always, "the sulfur rule is right less often than no rule")
claim(
    precision_strong > precision and recall_strong > recall,
    "alcohol is the better column",
)

# %%
# Most wines in the table are good, so the sulfur rule is right *less often* than a rule that knows nothing. And with
# the same recipe another column does better at both. A number alone is no result. Compare it with the simplest rival.
#
# **The table.** In the bikes' file `casual` and `registered` are the two kinds of customers, so they should
# add up to the hires. Do they?

total = bikes[:, column["casual"]] + bikes[:, column["registered"]]
wrong = total != hires
records = bikes[
    :, column["instant"]
].unique()  # the running numbers of the original
print(
    f"{wrong.sum()} of {len(hires):,} hours do not add up; the file has "
    f"{len(records):,} different records"
)
print("hires in these hours:", hires[wrong].unique().tolist())
claim(
    wrong.sum() == len(hires) - len(records) == 141, "141 hours were filled in"
)
claim(
    torch.equal(wrong, hires == 0), "with no hires, and no other hour has none"
)

# %%
# The original has no row for these hours. Somebody filled them in, so that each day has 24: with the customers of a
# neighboring hour, and no hires. Nothing in the file says so; a check of one line found it.
#
# And everywhere else the two columns *are* the answer. Train a network to predict the hires from all sixteen columns,
# and it will add two numbers and look brilliant. That is a **leak**: an input that will not be there when you need the
# prediction. Go through your columns and ask of each: would I know this beforehand?
#
# !!! quiz "A leak"
#     You want to forecast tomorrow's hires for each hour. Which columns may the model see?
#
#     - [x] The hour and the day of the week.
#       > The calendar is known in advance.
#     - [ ] The number of registered customers in that hour.
#       > It is most of the answer, and known only when the hour is over.
#     - [x] The hires of the same hour, a week before.
#       > The past is yours. It is often the best column of all.
#     - [ ] The weather that was measured in that hour.
#       > Tomorrow you will have a forecast instead, which is worse. Train on forecasts, or say that you did not.
#
# ## Exercises
#
# [The workbook](02_data-as-tensors.exercises.py) has each of these as a cell with a gap, with a checker that tells you
# what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Eager or graph](03_eager-or-graph.py) asks when the sums on your tensors are done. When you want to learn from a
# table at once, go to [logistic regression](06_logistic-regression.py); the images come back in [your first
# network](../2-training/10_first-network.py).
