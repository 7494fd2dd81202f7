# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["S5.2", "S5.18", "S5.19", "S5.20", "S5.21", "S5.22", "S5.23", "S5.24", "S5.N", "R6", "B4"]
# data = ["style_images", "fashion_mnist"]
# minutes = 2
# gpu = true
# metric = { name = "test accuracy, learned kernels", unit = "%", target = 83, reference = "beside edge histograms" }
# description = "Kernels at work on a road and a photo: edges, blur, waves; then a network learns its own."
# ///
"""
# Filters and edges

Nine numbers can find the edges in an image, blur it or sharpen it. For decades
people chose such numbers by hand. Here you choose some yourself, see what they
do to fast and slow changes of brightness, and then let a network find its own.
"""

# %%
# Here is a road, drawn by a formula, and what nine numbers make of it.

import torch
import torch.nn.functional as F

from kindling import plots


def road(height=60, width=80, fine=4):
    """A road as seen from a car: whole numbers [height, width], 0 to 255."""
    down, right = torch.arange(fine * height), torch.arange(fine * width)
    depth = (down / (fine * height) - 0.4).clamp(min=1e-6)[:, None]
    side = (right / (fine * width) - 0.5) / depth  # where on the road, -1 to 1
    image = torch.where(depth > 1e-6, 120.0, 200.0)  # grass below the sky
    image = torch.where(side.abs() < 0.75, 60.0, image)  # asphalt
    dash = (side.abs() < 0.05) & ((2 / depth) % 4 < 2)
    lines = dash | ((side.abs() - 0.6).abs() < 0.05)
    image = torch.where(lines & (depth > 1e-6), 240.0, image)
    return F.avg_pool2d(image[None], fine)[0].round()  # soft edges


def filtered(image, kernel, border="replicate"):
    """Apply a kernel [k, k] at each place of an image: [H, W] -> [H, W]."""
    k = len(kernel) // 2  # the border is continued, so it is no edge
    framed = F.pad(image[None, None], (k, k, k, k), mode=border)
    return F.conv2d(framed, kernel[None, None])[0, 0]


sobel_x = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
image = road()
across, down = filtered(image, sobel_x), filtered(image, sobel_x.T)
plots.image_grid(
    torch.stack([image, across, down, torch.hypot(across, down)]),
    titles=["road", "right minus left", "below minus above", "both"],
    columns=4,
    alt="A road with white lines; where it gets brighter or darker to the "
    "right; the same downward, with the horizon; and all its edges.",
)

# %%
# The nine numbers are a **kernel**. It is laid over each place of the image; each number is multiplied by the pixel
# under it, and the sum of the nine products is the result. This one is called Sobel's, and its result is large where
# the image gets brighter from left to right. Turned by 90 degrees, it finds what gets brighter downward. Together they
# show the lines, the road and the horizon, and leave the even areas black. An edge is an example of a **feature**:
# something computed from the input that helps with the answer. A car that has to keep its lane needs the edges more
# than the shade of the asphalt.
#
# You will
#
# - apply kernels by hand, and see which ones blur, sharpen or find edges, and why,
# - look at the same images as sums of waves, slow and fast ones,
# - train a network that finds Sobel's numbers, and one that finds better features than the hand-made ones.

import math
from statistics import mean

import matplotlib.pyplot as plt
import numpy as np
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from kindling import metrics, runtime
from kindling.data import batches, fashion_mnist
from kindling.photos import photo
from kindling.runtime import claim
from kindling.training import fit

device = runtime.device()
batch_size, epochs, top_rate = 128, 5, 2e-2  # for the last section

# %%
# ## A kernel at work
#
# Three windows of the road, and what Sobel's kernel makes of each: on even asphalt, at the left edge of a line, and at
# its right edge. Each small table holds the nine pixels, and below them are their products with the kernel.

row = 50
line = image[row, 8:24].argmax().item() + 8  # the middle of the left line
places = {"even": line + 9, "left edge": line - 2, "right edge": line + 2}
with plots.style():
    fig, axes = plt.subplots(2, 4, figsize=(6.4, 3.3))
    for ax in axes.flat:
        ax.set(xlim=(-0.6, 2.6), ylim=(2.6, -0.6), aspect="equal")
        ax.set_axis_off()
    axes[0, 0].imshow(image, cmap="gray", interpolation="none")
    axes[0, 0].set(xlim=(0, 40), ylim=(59, 30), title="road")
    tables = [(axes[1, 0], "kernel", sobel_x)]
    for column, (name, place) in enumerate(places.items(), start=1):
        window = image[row - 1 : row + 2, place - 1 : place + 2]
        products = window * sobel_x
        total = f"sum: {products.sum():+.0f}"
        tables.append((axes[0, column], name, window))
        tables.append((axes[1, column], total, products))
        box = plt.Rectangle((place - 1.5, row - 1.5), 3, 3, fill=False, lw=2)
        axes[0, 0].add_patch(box).set_edgecolor(plots.COLORS[1])
        assert products.sum() == across[row, place]
    for ax, title, table in tables:
        ax.set(title=title)
        for k, value in enumerate(table.flatten().tolist()):
            said = f"{value + 0:.0f}"  # not -0
            ax.text(k % 3, k // 3, said, ha="center", va="center", fontsize=8)
    sums = [f"{name} {across[row, p]:+.0f}" for name, p in places.items()]
    plots.show(
        fig,
        "The road with three boxes, the pixels in each, the kernel, and the "
        f"products of the kernel and the pixels. Sums: {', '.join(sums)}.",
    )
even, left, right = (across[row, place].item() for place in places.values())
assert even == 0 and left > 100 and right < -100

# %%
# Where all nine pixels are equal, what the right column adds the left one takes away: the sum is zero. At the left
# edge of a white line the right column meets brighter pixels, and the sum is positive; at the right edge, negative.
#
# You can also turn the order around. Instead of walking from place to place, shift the *whole image* nine times,
# multiply each copy by one number of the kernel, and add up. With whole numbers nothing is rounded, so the result is
# exactly that of PyTorch's `F.conv2d`.

inside = 0  # a result wherever the kernel fits into the image
height, width = (side - 2 for side in image.shape)
for i in range(3):
    for j in range(3):
        inside += sobel_x[i, j] * image[i : i + height, j : j + width]
off = (inside - across[1:-1, 1:-1]).abs().max()
print(f"{tuple(inside.shape)} results, largest difference {off:g}")
assert torch.equal(inside, across[1:-1, 1:-1])

# %%
# A convolutional layer does the same. `nn.Conv2d(1, 8, kernel_size=3)` holds eight kernels, its **filters**, and a
# bias for each, which is added to every sum. From one image it makes eight. And nobody chooses its numbers: they
# start at random and are learned.
#
# ### Which way round?
#
# Apply a kernel to a single bright point.

point = torch.zeros(5, 5)
point[2, 2] = 1
digits = torch.arange(1.0, 10.0).view(3, 3)
print("the kernel:", digits.int().tolist())
print("its answer:", filtered(point, digits)[1:4, 1:4].int().tolist())
assert torch.equal(filtered(point, digits)[1:4, 1:4], digits.flip(0, 1))
assert torch.equal(filtered(point, digits.flip(0, 1))[1:4, 1:4], digits)

# %%
# The answer is the kernel upside down and mirrored: a window above the point meets it with its bottom row. In
# mathematics a *convolution* flips the kernel first, so that the answer to a point is the kernel itself. What
# deep-learning libraries call convolution does not flip; its old name is *cross-correlation*. A network does not mind,
# since it learns its kernels either way round. A kernel from a book of signal processing may get a wrong sign.
#
# !!! quiz "A kernel with a single one"
#     A kernel of 3 by 3 numbers has a 1 in the middle of its *left* column and zeros everywhere else. What does
#     `F.conv2d` make of an image?
#
#     - [x] The image, moved one pixel to the right.
#       > Each result is the pixel on its left, so that every pixel appears one place further right.
#     - [ ] The image, moved one pixel to the left.
#       > That would be right for a convolution that flips. This one takes the pixel on the left.
#     - [ ] The vertical edges of the image.
#       > For an edge you have to subtract. A single 1 copies a pixel from somewhere.
#
# ## Blur, sharpen, find
#
# Now a photo, in shades of gray, and five kernels. They are built from three: one that changes nothing, a soft average
# (the weights fall off to the sides), and Sobel's. What the average has *removed* is the original minus the blurred
# image. Add this to the image, and you have sharpened it.

size = 72
gray = photo("space_needle").convert("L").crop((0, 0, 847, 847))
tower = torch.tensor(np.array(gray.resize((size, size)))) / 255  # 0 to 1

soft = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0])
blur = torch.outer(soft, soft) / 256  # [5, 5]
same = torch.zeros(5, 5)
same[2, 2] = 1
kernels = {
    "same": same,
    "blur": blur,
    "what blur removes": same - blur,
    "sharpen": same + (same - blur),
    "Sobel": F.pad(sobel_x, (1, 1, 1, 1)),
}
results = {name: filtered(tower, kernel) for name, kernel in kernels.items()}
plots.image_grid(
    torch.stack([result.clamp(-1, 1) for result in results.values()]),
    titles=list(kernels),
    columns=5,
    alt="A tower in front of a city five times: unchanged, blurred, only its "
    "outlines and windows, sharpened, and its vertical edges.",
)
even = torch.full((9, 9), 0.5)
for name, kernel in kernels.items():
    answer = filtered(even, kernel)[4, 4]
    print(f"{name:18} sum {kernel.sum():.0f}, makes of 0.5: {answer:.1f}")
    torch.testing.assert_close(answer, 0.5 * kernel.sum())
restored = results["blur"] + results["what blur removes"]
torch.testing.assert_close(restored, tower)

# %%
# The sum of a kernel says what becomes of an even area. With sum 1 the brightness stays: blur and sharpen. With sum 0
# nothing is left of it: only what *changes* gets through. To find edges, you need sum 0.
#
# !!! quiz "Which kernel finds edges?"
#     Four kernels, written row by row. Which of them leave nothing of an even area, and answer to a *horizontal* edge
#     (dark above, bright below)?
#
#     - [ ] (0, −1, 0), (−1, 5, −1), (0, −1, 0)
#       > Its sum is 1: it sharpens. Even areas stay as they are.
#     - [ ] (−1, 0, 1), (−1, 0, 1), (−1, 0, 1)
#       > Its sum is 0, but it compares left and right. Along a horizontal edge these are equal.
#     - [x] (−1, −1, −1), (0, 0, 0), (1, 1, 1)
#       > Below minus above, with sum 0. It is a simpler form of Sobel's, turned.
#     - [x] (−1, −1, −1), (−1, 8, −1), (−1, −1, −1)
#       > Its sum is 0 as well, and it compares the middle with all sides, so it answers to edges in every direction.
#
# ## Slow and fast changes
#
# Why does an average blur? Walk along one row of the photo and note the brightness.

row = 34
profile = {name: results[name][row] for name in ("same", "blur")}
plots.curves(profile, xlabel=f"column of row {row}", ylabel="brightness")
step, blurred = (line.diff().abs().max() for line in profile.values())
print(f"largest step: same {step:.2f}, blur {blurred:.2f}")
claim(blurred < 0.75 * step, "blurring makes the steps smaller")

# %%
# The slow changes are still there, and the sudden ones are smaller. Any row of numbers can be written as a sum of
# waves, as a chord is a sum of tones. A wave's **frequency** is how often it repeats, here in cycles per pixel; an
# edge, a jump within a pixel or two, needs the fast waves. The *Fourier transform* tells how strong each wave is, and
# `torch.fft.fft2` does it for images, whose waves have a frequency to the right and one downward. Each image below
# shows the strengths (on a logarithmic scale), the slowest waves in the middle, the fastest at the borders.


def spectrum(image):
    """The strength of each wave, frequency 0 in the middle: [H, W]."""
    return torch.fft.fftshift(torch.fft.fft2(image)).abs()


waves = {name: spectrum(result) for name, result in results.items()}
plots.image_grid(
    torch.stack([(wave + 0.1).log() for wave in waves.values()]),
    titles=list(waves),
    columns=5,
    alt="Five spectra. The blurred image's is dark away from the middle, that "
    "of what blur removes is dark in the middle only.",
)
cycles = torch.fft.fftshift(torch.fft.fftfreq(size))
frequency = torch.hypot(cycles[:, None], cycles[None, :])  # of each wave
share = {}
for name, wave in waves.items():
    fast, moving = wave[frequency > 1 / 8], wave[frequency > 0]
    share[name] = (fast.norm() / moving.norm()) ** 2
    print(f"{name:18} share of fast waves in all change: {share[name]:.1%}")
claim(share["blur"] < 0.5 * share["same"], "blur takes the fast waves away")
claim(share["sharpen"] > 1.2 * share["same"], "sharpening adds to them")
claim(share["what blur removes"] > 2 * share["same"], "the rest is fast")

# %%
# Blur is a **low-pass filter**: the slow waves pass. What it removes is the work of a **high-pass filter**. Here is
# the rule behind it all. Applying a kernel multiplies each wave by a number that depends only on the kernel and on the
# wave's frequency, the kernel's *gain*. So a kernel can be drawn as a curve.


def gain(kernel):
    """By what each wave is multiplied, frequency 0 first: [size, size]."""
    k = len(kernel) // 2
    whole = F.pad(kernel, (0, size - len(kernel), 0, size - len(kernel)))
    return torch.fft.fft2(whole.roll((-k, -k), dims=(0, 1))).conj()


for kernel in kernels.values():
    by_waves = torch.fft.ifft2(torch.fft.fft2(tower) * gain(kernel)).real
    moved = filtered(tower, kernel, border="circular")
    torch.testing.assert_close(by_waves, moved, atol=1e-5, rtol=0)
    torch.testing.assert_close(gain(kernel)[0, 0].real, kernel.sum())
half = slice(size // 2 + 1)
gains = {name: gain(kernel)[0, half].abs() for name, kernel in kernels.items()}
gains["Sobel, divided by 8"] = gains.pop("Sobel") / 8
plots.curves(
    gains,
    x=torch.arange(size // 2 + 1) / size,
    xlabel="frequency to the right (cycles per pixel)",
    ylabel="gain",
    alt="Gain by frequency. Blur falls from 1 to 0, what blur removes rises "
    "from 0 to 1, sharpen from 1 to 2, same stays at 1; Sobel rises and falls "
    "again to 0.",
)

# %%
# At frequency 0, an even area, the gain is the sum of the kernel. The cell checks this, and also that multiplying the
# waves gives the same image as moving the kernel (if the image goes on at its opposite side, since waves have no end).
# Sobel's curve rises with the frequency, as a slope should, and falls again for the fastest waves, since the columns
# that it compares are two pixels apart.
#
# !!! quiz "Twice blurred"
#     A blur multiplies the waves of some frequency by 0.5. You apply it twice, then take the original minus the
#     result. By what are these waves multiplied in the end?
#
#     - [=] 0.75
#       > $1 - 0.5 \times 0.5$. Gains of kernels in a row are multiplied; "original minus" turns $g$ into $1 - g$.
#     - [ ] 0.25
#       > That is the twice blurred image. You want what it has lost.
#     - [ ] anything else
#       > After the first blur 0.5 is left of each wave. What is left after the second?
#
# ## Finding edges in noise
#
# A camera adds noise, which changes from pixel to pixel: it is fast. A filter for edges that lets *all* fast waves
# pass finds noise. That is why Sobel's kernel blurs first, across the direction in which it subtracts: it is a column
# (1, 2, 1) times a row (−1, 0, 1). Measure how strongly each kernel answers at the true edges of the road, compared
# with its answer where the road is even.

difference = F.pad(torch.tensor([[-1.0, 0.0, 1.0]]), (0, 0, 1, 1))
column = torch.tensor([1.0, 2.0, 1.0])
assert torch.equal(torch.outer(column, difference[1]), sobel_x)


def edges(image, kernel):
    return torch.hypot(filtered(image, kernel), filtered(image, kernel.T))


dealer = torch.Generator().manual_seed(17)
noisy = image + 30 * torch.randn(image.shape, generator=dealer)
maps = {
    "difference": edges(noisy, difference),
    "Sobel": edges(noisy, sobel_x),
    "blur, then Sobel": edges(filtered(noisy, blur), sobel_x),
}
clean = edges(image, sobel_x)
true, even = clean > 200, clean == 0
plots.image_grid(
    torch.stack([noisy, *maps.values()]),
    titles=["noisy road", *maps],
    columns=4,
    alt="The road with noise, and three maps of its edges: in the first the "
    "noise nearly hides them, in the last they stand out, somewhat thicker.",
)
contrast = [found[true].mean() / found[even].mean() for found in maps.values()]
for name, value in zip(maps, contrast, strict=True):
    print(f"{name:17} answers {value:.1f} times as strongly at edges")
assert 1.5 < contrast[0] < contrast[1] < contrast[2]

# %%
# More blur, less noise, and thicker edges: you have to choose.
#
# ## A network learns Sobel's numbers
#
# Nobody has to know those nine numbers. Give a network pairs: an image, and the same image with its edges found. Its
# only layer is one kernel, which starts at random. The loss is the mean squared difference from the wanted edges.


def learn_kernel(x, wanted, steps=401):
    """Learn a 3 by 3 kernel from images [N, 1, H, W]; also its history."""
    layer = nn.Conv2d(1, 1, 3, bias=False)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    history = []
    for _ in range(steps):
        history.append(layer.weight.detach().clone()[0, 0])
        loss = F.mse_loss(layer(x), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return history, loss.item()


def sobel_pairs(images):
    return images, F.conv2d(images, sobel_x[None, None])


x_train, y_train = fashion_mnist("train").tensors
runtime.seed(17)
history, loss = learn_kernel(*sobel_pairs(x_train[:64]))
steps = [0, 5, 20, 100, 400]
plots.image_grid(
    torch.stack([history[step] for step in steps] + [sobel_x]),
    titles=[f"step {step}" for step in steps] + ["Sobel"],
    columns=6,
    alt="A kernel of 3 by 3 after 0, 5, 20, 100 and 400 steps, from a random "
    "pattern to Sobel's: dark on the left, bright on the right.",
)
for step in steps:
    off = (history[step] - sobel_x).abs().max()
    print(f"step {step:3}: the largest of nine errors is {off:.4f}")
claim(off < 0.02, "it has found Sobel's numbers")
windows = F.unfold(x_train[:64], 3).movedim(1, 0).flatten(1)  # [9, all]
assert torch.linalg.matrix_rank(windows) == 9

# %%
# From pairs of images alone, the network has found the kernel. It did so because Sobel's kernel is the only one that
# explains them: the windows of these images differ in all nine directions, so no other kernel gives the same answers.
#
# !!! quiz "Other teachers"
#     You replace the wanted images and train the same layer, one kernel of 3 by 3 without a bias, again. For which of
#     these can its loss become zero?
#
#     - [x] The images, blurred by the average of 3 by 3 pixels.
#       > This is a kernel: nine times 1/9.
#     - [x] The images, moved one pixel down.
#       > Also a kernel: a single 1, in the middle of the top row.
#     - [ ] The length of both Sobel answers together, as in the last image of the road.
#       > A square root of squares is no weighted sum. Negate the image: the answers of a kernel change their sign, the
#       > length does not.
#     - [ ] The images, blurred by the 5 by 5 kernel from above.
#       > It reaches two pixels in each direction, and a kernel of 3 by 3 sees one pixel in each direction.
#
# ## Features made by hand, features learned
#
# With Sobel's kernel we told the network what to find. Does *that* help to recognize things? Before networks learned
# their features, people made them. A famous recipe: divide the image into cells, and count in each in which of eight
# directions the brightness rises, and how steeply. On Fashion-MNIST, 4 by 4 cells and eight directions make 128
# features of 784 pixels. Here are four of the directions, for a pullover.

angles = 8


def edge_histograms(x):
    """Edge of each direction in each cell: [N, 1, 28, 28] -> [N, 128]."""
    both = torch.stack([sobel_x, sobel_x.T]).unsqueeze(1).to(x.device)
    answers = F.conv2d(x, both, padding=1)  # [N, 2, 28, 28]
    direction = torch.atan2(answers[:, 1], answers[:, 0]) / (2 * math.pi)
    bins = (direction * angles).round().long() % angles
    strength = answers.norm(dim=1).unsqueeze(-1) * F.one_hot(bins, angles)
    cells = F.avg_pool2d(strength.permute(0, 3, 1, 2), 7)  # [N, 8, 4, 4]
    return cells.flatten(1).sqrt()  # the root tames the strongest edges


x_val, y_val = fashion_mnist("val").tensors
pullover = x_val[4:5]
features = edge_histograms(pullover).view(angles, 4, 4)
plots.image_grid(
    torch.cat([F.avg_pool2d(pullover[0], 7), features[:4]]),
    titles=["in cells"] + [f"{360 * k // angles}°" for k in range(4)],
    alt="A pullover in 4 by 4 cells, and how much edge of four directions is "
    "in each cell: for 0 degrees the left sides of body and sleeves.",
)
assert features.numel() == 128

# %%
# Their rivals are eight kernels of 7 by 7 that are learned. We keep the largest answer of each kernel in each cell:
# again 128 features. A third contestant gets eight such kernels too, but they stay as random as they were at the
# start. And a fourth takes the pixels as they are. On top of each comes the same: [batch
# normalization](../2-training/14_init-normalization.py), which brings all features to one scale, and one linear layer.


def largest_answers():
    kernels = nn.Conv2d(1, 8, 7, padding=3)
    return nn.Sequential(kernels, nn.MaxPool2d(7), nn.Flatten())


def contestants(seed):
    """By name: the features, and what is trained on top of them."""
    runtime.seed(seed)
    features = {
        "pixels": nn.Flatten(),
        "random kernels": largest_answers().to(device),
        "edge histograms": edge_histograms,
        "learned kernels": largest_answers().to(device),
    }
    pairs = {}
    for name, part in features.items():
        width = 784 if name == "pixels" else 128
        top = nn.Sequential(nn.BatchNorm1d(width), nn.Linear(width, 10))
        pairs[name] = (part, top.to(device))
    return pairs


def trained(name, features, top, x, y):
    """The trained model and its input for x; features are computed once."""
    if name == "learned kernels":
        model, prepare = nn.Sequential(features, top), nn.Identity()
    else:
        model, prepare = top, torch.no_grad()(features)
    train = batches(prepare(x), y, batch_size, shuffle=True)
    val = batches(prepare(x_val), y_val, 1000)
    optimizer = torch.optim.AdamW(model.parameters())
    cycle = OneCycleLR(optimizer, top_rate, total_steps=epochs * len(train))
    settings = {"epochs": epochs, "scheduler": cycle, "progress": False}
    run = fit(model, train, val, optimizer=optimizer, **settings)
    return model, prepare, 100 * run.val_accuracy[-1]


# %%
# Each is trained from three seeds on 12,000 images and judged on the validation set. The bars show the means.

x, y = (part[:12_000].to(device) for part in (x_train, y_train))
x_val, y_val = x_val.to(device), y_val.to(device)
scores, models = {}, {}
for seed in (17, 18, 19):
    for name, (features, top) in contestants(seed).items():
        model, prepare, score = trained(name, features, top, x, y)
        scores.setdefault(name, []).append(score)
        models.setdefault(name, (model, prepare))  # of the first seed
means = [mean(found) for found in scores.values()]
plots.bars(list(scores), means, xlabel="validation accuracy (%)")
for name, found in scores.items():
    print(f"{name:16}", ", ".join(f"{score:.1f}%" for score in found))


def lead(better, worse):
    """The smallest lead, seed by seed, in points."""
    pairs = zip(scores[better], scores[worse], strict=True)
    return min(one - other for one, other in pairs)


claim(lead("edge histograms", "pixels") > -1, "histograms hold as much")
claim(lead("learned kernels", "edge histograms") > 0.8, "learned ones more")
claim(lead("learned kernels", "random kernels") > 1, "it is the learning")

# %%
# The edge histograms do about as well as the pixels with a sixth of the numbers: people who made such features knew
# what matters in images. The learned kernels do better from each seed. That it is the learning that counts, and not
# the cells, shows in the random kernels, which stay behind. Here are the eight kernels before and after.

before = contestants(17)["learned kernels"][0][0].weight[:, 0]
after = models["learned kernels"][0][0][0].weight[:, 0]
plots.image_grid(
    torch.cat([before, after]),
    titles=["random"] * 8 + ["learned"] * 8,
    columns=8,
    alt="Eight random kernels of 7 by 7, and below them what became of them: "
    "bright and dark patches, most of them wider than a pixel.",
)

# %%
# Some of the noise has given way to lines and patches, bright next to dark: contrasts that the network chose for
# itself. Now the test set, once.

x_test, y_test = (part.to(device) for part in fashion_mnist("test").tensors)
for name, (model, prepare) in models.items():  # the learned ones are last
    logits = metrics.predict(model, prepare(x_test))
    accuracy = metrics.accuracy(logits, y_test)
    print(f"{name:16} test accuracy {accuracy:.1%}")
runtime.report("test accuracy, learned kernels", accuracy)
claim(accuracy > 0.83, "the learned kernels are right on 83% of the test set")

# %%
# Features made by hand are not always beaten. With histograms of gradients and a support vector machine somebody
# reported 92.6% (Fashion-MNIST README; not checked by its authors), more than our single layer reaches. But with
# learning nobody has to invent features for the next kind of images, and layers can be stacked: features made of
# features.
#
# ## Where it fails
#
# A kernel learns what its examples show, and no more. Smear each training image to the side, so that its brightness
# changes only downward, and ask for the vertical edges as before. There are none, and the network has an easy time.

smeared = x_train[:64].mean(dim=3, keepdim=True).expand(-1, -1, -1, 28)
runtime.seed(17)
history, loss = learn_kernel(*sobel_pairs(smeared))
x, wanted = sobel_pairs(x_train[:64])
missed = F.mse_loss(F.conv2d(x, history[-1][None, None]), wanted).item()
nothing = wanted.square().mean().item()
rows = history[-1].sum(dim=1)
print("its kernel:", [[round(v, 2) for v in r] for r in history[-1].tolist()])
print("sums of its rows:", [f"{value:.4f}" for value in rows.abs()])
print(f"loss on smeared images {loss:.1e}, on images as they are", end=" ")
print(f"{missed:.2f} (always 0 would have {nothing:.2f})")
claim(loss < 1e-4, "no mistake on the smeared images")
claim(rows.abs().max() < 0.05, "each row has the sum 0")
claim(missed > 0.25 * nothing, "it does not know edges")

# %%
# On its own images it is right, since each of its rows has the sum 0, and there nothing else counts. *Which* numbers
# add up to 0 its examples could not tell it: these are left over from the random start, and miss most of the edges.
#
# ## Exercises
#
# [The workbook](17_filters.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [The arithmetic of convolutions](18_conv-arithmetic.py) moves the window by larger steps and counts what comes out.
# [A fair comparison](19_fashion-cnn.py) stacks three layers of learned kernels, against a fully connected network.
