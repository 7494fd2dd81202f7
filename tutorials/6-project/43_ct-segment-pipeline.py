# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["BK13", "BK14", "BK2e.15"]
# data = ["luna_annotations"]
# minutes = 3
# metric = { name = "nodules found", unit = "%", target = 80, reference = "85.7% (the book, on real scans)" }
# description = "From a CT to a report: a U-Net marks voxels, regions become candidates, a classifier decides."
# ///
"""
# From segmentation to report

You give a program a volume of lung, and it gives back a list of nodules. In
between are four steps, and each one loses something. You build them all, and
count at the end what the whole chain found, what it missed, and how many
false alarms it raised.
"""

# %%
# Here is one slice of a patient, and the answer that we want for it: which pixels belong to a nodule?

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from kindling import metrics, nodules, plots, runtime
from kindling.ct import crops, luna_nodules
from kindling.nodules import SPACING, augmented, classifier, scaled, shifted
from kindling.runtime import claim

people = nodules.patients(110, seed=43)
person = min(people, key=lambda p: abs(p.diameters.max() - 12))  # mm
middle = person.nodules[person.diameters.argmax(), 0]
plots.image_grid(
    torch.stack([scaled(person.hu[middle]), person.mask[middle].float()]),
    titles=["a slice", "its nodules"],
    columns=2,
    alt="Left a slice of lung: dark, noisy, with many bright spots. Right the "
    "same place as a mask: black, and white where a spot is a nodule.",
)
share = torch.stack([p.mask.float().mean() for p in people]).mean()
print(f"{share:.2%} of all voxels belong to a nodule")

# %%
# The patients are **generated**, as on the [page before](42_ct-classifier.py): blocks of lung, 24 slices of 96 by 96
# voxels, with nodules of the sizes that radiologists marked in LUNA. Only that table is real. The other bright spots
# are vessels.
#
# The classifier of that page was told where to look. Now the program must find the places itself: mark voxels
# (segment), join them to regions (group), decide which regions are nodules (classify), and report.
#
# ## How well do two masks agree?
#
# Almost all pixels are empty in both masks, so the share of pixels that agree is close to one for any answer. Count
# only what is marked. The **Dice score** doubles what two masks have in common and divides by both sizes together.

runtime.seed(43)


def dice(predicted, truth):
    """The Dice score of two masks of zeros and ones."""
    both = (predicted * truth).sum()
    return 2 * both / (predicted.sum() + truth.sum())


truth = person.mask[middle].float()
moved = truth.roll(3, dims=1)  # three pixels to the right
(tn, fp), (fn, tp) = metrics.confusion(
    moved.long().flatten(), truth.long().flatten(), classes=2
).tolist()
precision, recall = tp / (tp + fp), tp / (tp + fn)
f1 = 2 * precision * recall / (precision + recall)
print(f"pixels that agree {(tp + tn) / truth.numel():.1%}")
print(f"Dice {dice(moved, truth):.6f}, F1 {f1:.6f}")
assert abs(dice(moved, truth) - f1) < 1e-6

# %%
# The mask was moved by three pixels. Nearly all pixels agree, and Dice sees the shift. With $TP$ pixels in common it
# is $2\,TP / (2\,TP + FP + FN)$: the [F1](../2-training/13_metrics.py) of the pixels.
#
# ## A loss for tiny masks
#
# With probabilities in place of zeros and ones, Dice has a gradient, and one minus it is the **Dice loss**. Compare it
# with the cross-entropy of the pixels. Take disks of growing size and the laziest answer: 1% everywhere.


def dice_loss(logits, y, smooth=1.0):
    """One minus Dice, for each image [B, H, W], then the mean."""
    p = logits.sigmoid()
    both, sizes = (p * y).sum((1, 2)), p.sum((1, 2)) + y.sum((1, 2))
    return (1 - (2 * both + smooth) / (sizes + smooth)).mean()


cross_entropy = F.binary_cross_entropy_with_logits
side = 48
axis = torch.arange(side) - side / 2
distance = torch.hypot(axis[:, None], axis)  # from the middle
radii = torch.arange(1.0, 20.0)
disks = (distance <= radii[:, None, None]).float()
lazy = torch.full((1, side, side), 0.01).logit()
losses = {"cross-entropy": cross_entropy, "Dice loss": dice_loss}
lines = {
    name: [loss_fn(lazy, disk[None]) for disk in disks]
    for name, loss_fn in losses.items()
}
plots.curves(
    lines,
    x=2 * radii + 1,
    xlabel="diameter of the disk (pixels)",
    ylabel="loss of the lazy answer",
)
small = {name: values[1].item() for name, values in lines.items()}
said = ", ".join(f"{name} {value:.2f}" for name, value in small.items())
print(f"a disk of {disks[1].sum():.0f} pixels in {side**2:,}: {said}")
assert small["cross-entropy"] < 0.05 and small["Dice loss"] > 0.9

# %%
# For a disk of 13 pixels, cross-entropy says that the lazy answer is nearly perfect: so few pixels are
# wrong. For the Dice loss it is as bad as can be, whatever the size.
#
# !!! quiz "Dice of an empty mask"
#     In a slice without any nodule the network gives a probability of zero everywhere. What are its Dice score, by the
#     formula, and its Dice *loss* as coded above, with `smooth = 1`?
#
#     - [ ] Score 0, loss 1.
#       > Nothing in common, true. But nothing was asked for either, and punishing the right answer would teach the
#       > network to mark something everywhere.
#     - [x] Score 0/0, which is not a number; loss 0.
#       > The formula has no answer. Adding one to both sides of the fraction gives 1/1: a perfect score, no loss.
#     - [ ] Score 1, loss 0.
#       > It *should* be. But in the formula both sizes are zero.
#
# ## Slices to learn from
#
# The network works on slices, and sees each one with its neighbors, below and above, as three channels, which tell it
# whether a bright spot goes on. Whole slices are mostly empty. As in the book, train on pieces cut around nodules (here
# around vessels, too), and use whole slices later.


def with_neighbors(hu):
    """From a volume [S, R, C] to slices with their neighbors [S, 3, R, C]."""
    padded = torch.cat([hu[:1], hu, hu[-1:]])
    return torch.stack([padded[:-2], padded[1:-1], padded[2:]], dim=1)


def pieces(people):
    """Pieces of slices [N, 3, 48, 48] and their masks [N, 48, 48]."""
    x, y = [], []
    for person in people:
        around = torch.cat([person.nodules.repeat(8, 1), person.vessels[:20]])
        around += (
            torch.rand(len(around), 3) * torch.tensor([3, 33, 33])
        ).long()
        around -= torch.tensor([1, 16 + side // 2, 16 + side // 2])
        volume, mask = with_neighbors(scaled(person.hu)), person.mask.float()
        last = torch.tensor(mask.shape) - torch.tensor([1, side, side])
        for s, r, c in around.clamp(min=0).minimum(last).tolist():
            x.append(volume[s, :, r : r + side, c : c + side])
            y.append(mask[s, r : r + side, c : c + side])
    return torch.stack(x), torch.stack(y)


first, second = len(people) * 6 // 11, len(people) * 15 // 22
train, val, test = people[:first], people[first:second], people[second:]
device = runtime.device()
x, y = (part.to(device) for part in pieces(train))
print(f"{len(x)} pieces, {y.mean():.2%} of their pixels in a nodule")

# %%
# ## A small U-Net
#
# A [U-Net](../5-generative/38_unet-pix2pix.py) goes down to coarse maps that know *what* is there, and comes back up
# to fine ones that know *where*, with connections that skip across. Ours goes down twice.


def block(channels_in, channels_out):
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


class SmallUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = block(3, 8), block(8, 16)
        self.third = block(16, 32)
        self.up_second, self.up_first = block(32 + 16, 16), block(16 + 8, 8)
        self.logit = nn.Conv2d(8, 1, kernel_size=1)
        nn.init.constant_(self.logit.bias, -4)  # begin with "no": p = 0.02

    def forward(self, x):
        fine = self.first(x)  # [B, 8, H, W]
        half = self.second(F.max_pool2d(fine, 2))  # [B, 16, H / 2, W / 2]
        coarse = self.third(F.max_pool2d(half, 2))
        up = F.interpolate(coarse, scale_factor=2)
        up = self.up_second(torch.cat([half, up], dim=1))
        up = F.interpolate(up, scale_factor=2)
        return self.logit(self.up_first(torch.cat([fine, up], dim=1)))[:, 0]


def turned(x, y):
    """Mirror a whole batch at random."""
    axes = [axis for axis in (-1, -2) if torch.rand(1) < 0.5]
    return x.flip(axes), y.flip(axes)


def some_pieces():
    chosen = torch.randint(len(x), (32,), device=device)
    return turned(x[chosen], y[chosen])


def train_on(draw, model, loss_fn, steps, lr, writer=None):
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=lr, total_steps=steps
    )
    model.train()
    for step in range(runtime.steps(steps)):
        images, targets = draw()
        loss = loss_fn(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        cycle.step()
        if writer is not None:
            writer.add_scalar("loss", loss.item(), step)
    return model


def train_unet(loss_fn, steps, seed, writer=None):
    runtime.seed(seed)
    model = SmallUNet().to(device, memory_format=torch.channels_last)
    return train_on(some_pieces, model, loss_fn, steps, 1e-2, writer)


@torch.no_grad()
def marked(model, person, bar=0.0):
    """Which voxels the network marks [S, R, C]: the logits above the bar."""
    slices = with_neighbors(scaled(person.hu)).to(device)
    return (model.eval()(slices) > bar).cpu()


def recall_and_precision(model, people, largest=96 * 96):
    """Of the pixels, in slices whose mask has 1 to `largest` pixels."""
    hits, marks, wanted = 0, 0, 0
    for person in people:
        sizes = person.mask.sum(dim=(1, 2))
        chosen = (sizes > 0) & (sizes <= largest)
        mask, truth = marked(model, person)[chosen], person.mask[chosen]
        hits += (mask & truth).sum().item()
        marks += mask.sum().item()
        wanted += truth.sum().item()
    return hits / max(wanted, 1), hits / max(marks, 1)


# %%
# Now the same network with either loss, briefly, from three seeds. Look at the *tiny* masks: the validation slices in
# which a nodule has at most 25 pixels.

quick = {name: [] for name in losses}
for seed in (43, 44, 45):
    for name, loss_fn in losses.items():
        model = train_unet(loss_fn, 100, seed)
        recall, precision = recall_and_precision(model, val, largest=25)
        quick[name].append(recall)
        print(f"{name:13} recall {recall:.2f}, precision {precision:.2f}")
average = {name: sum(values) / 3 for name, values in quick.items()}
gain = average["Dice loss"] - average["cross-entropy"]
print(f"Dice finds {100 * gain:.0f} points more, on average")
claim(gain > 0, "Dice finds more of the tiny masks")

# %%
# With the Dice loss the network marks more of the tiny nodules. If it pays for them with some precision, that is the
# trade that this step wants: a later step can throw out what is too much, and nothing brings back what was never
# marked.
#
# But the Dice loss has a dead corner. Let a network be sure that there is nothing anywhere, and ask each loss how
# strongly it pulls at a pixel that it missed.

pull = {}
for name, loss_fn in losses.items():
    sure = torch.full((1, side, side), -15.0, requires_grad=True)
    loss_fn(sure, disks[1:2]).backward()
    pull[name] = sure.grad[0, side // 2, side // 2].abs().item()
    print(f"{name:13} gradient {pull[name]:.0e}")
assert pull["cross-entropy"] > 1000 * pull["Dice loss"]

# %%
# The gradient of the Dice loss goes through the sigmoid, which is flat there: a training that falls into this corner
# stays, and marks nothing at all. Cross-entropy pulls it out. So add the two, as is often done. (The book adds eight
# times the Dice loss of the nodules' pixels alone, for more recall.)
#
# ## Train it, and keep a log
#
# More steps, and a log for [TensorBoard](../2-training/18_devices-timing.py), as the book keeps one: the loss of every
# step, and an image of what is marked. It tells what a curve cannot, for example that all marks sit on vessels. (This
# folder goes away with the cell. Name one of your own, and look with `tensorboard --logdir FOLDER`.)

import tempfile

from torch.utils.tensorboard import SummaryWriter

example = min(val, key=lambda p: abs(p.diameters.max() - 12))  # mm
middle = example.nodules[example.diameters.argmax(), 0]


def both_losses(logits, y):
    return dice_loss(logits, y) + cross_entropy(logits, y)


with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
    unet = train_unet(both_losses, 600, 43, writer)
    answer = marked(unet, example)[middle]
    writer.add_image("marked", answer[None].float())
recall, precision = recall_and_precision(unet, val)
print(f"slices with a nodule: recall {recall:.2f}, precision {precision:.2f}")
runtime.report("pixel recall", recall)
claim(recall >= 0.75, "pixel recall is at least 75%")
plots.image_grid(
    torch.stack(
        [scaled(example.hu[middle]), example.mask[middle].float(), answer]
    ),
    titles=["a slice", "its nodules", "what is marked"],
    columns=3,
    alt="A validation slice, its mask with a round region, and what the "
    "network marked: about the same.",
)

# %%
# ## From voxels to regions
#
# A mask is no list of nodules. Voxels that touch belong together: a **connected component** is a set of marked voxels
# in which you can walk from each to each. Here is a way to find all of them with an operation that you know. Give
# every marked voxel a number of its own. Then let each take the largest number among its neighbors, over and over,
# until nothing changes. A maximum over neighbors is max pooling with a stride of 1.


def components(mask):
    """A label for each marked voxel [S, R, C]: equal where they connect."""
    labels = torch.arange(1.0, mask.numel() + 1).view(mask.shape) * mask
    while True:
        spread = F.max_pool3d(labels[None], 3, stride=1, padding=1)[0] * mask
        if torch.equal(spread, labels):
            return labels.long()
        labels = spread


drawing = ["##..#", ".#..#", "....#", "#..#."]
marks = torch.tensor([[[dot == "#" for dot in row] for row in drawing]])
print(components(marks)[0])
assert len(components(marks).unique()) == 1 + 3  # background and three

# %%
# Three regions, three numbers, and the corner counts as a neighbor. In the last row the single mark at the left stays
# alone.
#
# Of each region take the center and the number of voxels. A single voxel is noise, so a candidate needs two. And for
# candidates we lower the bar from a logit of 0 to -2: the classifier can undo a wrong mark, and nothing undoes a miss.


def candidates(mask):
    """Centers in voxels [N, 3] and sizes in voxels [N] of the regions."""
    _, owner, sizes = components(mask)[mask].unique(
        return_inverse=True, return_counts=True
    )
    places = mask.nonzero().float()
    centers = torch.zeros(len(sizes), 3).index_add(0, owner, places)
    centers = centers / sizes[:, None]
    return centers[sizes > 1], sizes[sizes > 1]


def matches(centers, person):
    """Which candidate lies at which nodule: bool [candidates, nodules]."""
    distance = torch.cdist(centers * SPACING, person.nodules * SPACING)
    return distance <= (0.7 * person.diameters).clamp(min=5)  # mm


# %%
# A candidate *hits* a nodule if its center is within 0.7 diameters of the nodule's, and 5 mm are always allowed. Such
# a rule is part of every result: state it. Note that the distance is in millimeters.
#
# ## The classifier, once more
#
# On the training patients, candidates that hit no nodule are just the mistakes that the classifier will have to undo.
# Show it those, some vessels, and the nodules. Everything else is the [recipe of the page
# before](42_ct-classifier.py): balanced batches, augmented crops.


def labeled(people):
    x, y = [], []
    for person in people:
        centers, _ = candidates(marked(unet, person, -2))
        wrong = centers[~matches(centers, person).any(dim=1)].round().long()
        nodule = person.nodules.repeat(2, 1)
        other = torch.cat([person.vessels[:25], wrong.repeat(3, 1)])
        places = torch.cat([nodule, other])
        x.append(scaled(crops(person.hu, shifted(places))))
        y.append(torch.arange(len(places)) < len(nodule))
    return torch.cat(x).to(device), torch.cat(y).float().to(device)


def some_candidates():
    chosen = weights.multinomial(64, replacement=True)
    return augmented(x_crops[chosen]), y_crops[chosen]


x_crops, y_crops = labeled(train)
print(f"{len(y_crops)} crops, {y_crops.sum():.0f} of nodules")
weights = torch.where(y_crops == 1, 1 / y_crops.sum(), 1 / (1 - y_crops).sum())
runtime.seed(44)
judge = classifier().to(device, memory_format=torch.channels_last_3d)
judge = train_on(some_candidates, judge, cross_entropy, steps=300, lr=3e-3)

# %%
# !!! quiz "Two models, one split"
#     The segmentation was trained on patients 1 to 60. A colleague trains the classifier on patients 31 to 90 and
#     tests the whole chain on 1 to 30. What is wrong?
#
#     - [ ] Nothing: the classifier has never seen patients 1 to 30.
#       > The segmentation has. On them it misses less than it will on new patients, so the count at the end is too
#       > good.
#     - [x] The segmentation has learned from the test patients.
#       > A chain is only as new to a patient as its oldest link. Split once, by patient, for *all* models.
#
# ## One threshold, chosen on validation
#
# Run the chain on the validation patients, and take the highest threshold that keeps every candidate that hits a
# nodule. (They are few: of the hits among new patients it will lose some.)


def run(people):
    """For each patient: hits [candidates, nodules], scores, sizes."""
    found = []
    for person in people:
        centers, sizes = candidates(marked(unet, person, -2))
        scores = torch.zeros(0)
        if len(centers):
            cut = scaled(crops(person.hu, centers.round().long()))
            scores = metrics.predict(judge, cut).cpu()
        found.append((matches(centers, person), scores, sizes))
    return found


def joined(found):
    """Of all candidates: do they hit a nodule, their scores, their sizes."""
    hit = torch.cat([hits.any(dim=1) for hits, _, _ in found])
    return hit, *(torch.cat([f[i] for f in found]) for i in (1, 2))


hit, scores, _ = joined(run(val))
threshold = scores[hit].min() if hit.any() else 0
print(f"{len(hit)} candidates, {hit.sum()} hit a nodule", end="; ")
print(f"threshold: a logit of {threshold:.2f}")

# %%
# ## The funnel
#
# Now the test patients, once, from all voxels to the report.

found = run(test)
hit, scores, sizes = joined(found)
count = sum(len(person.nodules) for person in test)
kept = scores >= threshold
marked_nodules = sum(h.any(dim=0).sum().item() for h, _, _ in found)
found_nodules = sum(
    h[s >= threshold].any(dim=0).sum().item() for h, s, _ in found
)
false_alarms = (kept & ~hit).sum().item()
funnel = {
    "voxels": sum(person.mask.numel() for person in test),
    "marked voxels, in candidates": int(sizes.sum()),
    "candidates": len(hit),
    "alarms": int(kept.sum()),
}
with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 2))
    ax.barh(list(funnel), list(funnel.values()), color=plots.COLORS[0])
    ax.set(xscale="log", xlabel="how many, in all test patients (log scale)")
    ax.invert_yaxis()
    said = ", ".join(f"{number:,} {name}" for name, number in funnel.items())
    plots.show(fig, f"A funnel of four bars: {said}.")
print(f"{count} nodules in {len(test)} patients")
print(f"marked {marked_nodules}, found {found_nodules}", end=", ")
print(f"missed {count - found_nodules}, false alarms {false_alarms}")
recall = found_nodules / count
runtime.report("nodules found", recall)
claim(recall >= 0.8, "at least 80% of the nodules are found")
claim(false_alarms < 3 * count, "less than three false alarms for a nodule")

# %%
# From millions of voxels to a list that a person can read. Every step can only lose: what was not marked was lost
# before the classifier saw it.
#
# The book's chain, on the real scans of LUNA, found 132 of 154 nodules (85.7%) with 2,156 false alarms. Its task is
# far harder, so do not compare the numbers. Compare the form: *found, missed, false alarms*, for new patients, at a
# threshold that was chosen before.
#
# ## Was it worth it? A baseline
#
# A simple rule to compare with: the larger a candidate, the more likely it is a nodule. It needs no training at all.
# Each of the two rankings gets its [ROC curve](../2-training/13_metrics.py).


def roc(scores, y):
    """False-alarm rate and recall, down the list of scores."""
    y = y[scores.argsort(descending=True)].double()
    return (1 - y).cumsum(0) / (1 - y).sum(), y.cumsum(0) / y.sum()


def auc(scores, y):
    """The chance that a positive outranks a negative; ties count half."""
    above = scores[y][:, None] - scores[~y]
    return ((above > 0).double() + 0.5 * (above == 0)).mean().item()


ranked = {"classifier": scores, "size of the region": sizes.float()}
with plots.style():
    fig, ax = plt.subplots(figsize=(4, 3))
    for name, values in ranked.items():
        ax.plot(*roc(values, hit), label=name)
    ax.set(xlabel="share of other candidates kept", ylabel="share of hits kept")
    ax.legend()
    plots.show(fig, "Two ROC curves: by the classifier, and by the size alone.")
areas = {name: auc(values, hit) for name, values in ranked.items()}
print({name: f"AUC {area:.3f}" for name, area in areas.items()})
claim(areas["classifier"] > areas["size of the region"], "learning pays")

# %%
# The size alone is a strong sign. The classifier has to beat *that*,
# not chance, and it does.
#
# The book asks a further question of each nodule: malignant or not? Generated nodules cannot say. But LUNA's table is
# real, and it holds the diameters and what radiologists thought. So here is a baseline on real data.

luna = luna_nodules()
diameters = torch.tensor([nodule.diameter for nodule in luna])
malignant = torch.tensor([nodule.malignant for nodule in luna])
print(f"{malignant.sum()} of {len(luna)} taken for malignant")
print(f"AUC of the diameter: {auc(diameters, malignant):.3f}")
claim(auc(diameters, malignant) > 0.85, "size alone ranks them well")

# %%
# The book's network, its last layers trained once more for this question, reached an AUC of .888 with one layer and
# .911 with two, and the diameter alone .901 on the same nodules. Without the baseline, .888 would have looked like a
# success. (These are opinions of radiologists, who look at the size as well.)
#
# The second edition of the book trains no U-Net from scratch here. It takes a large network that others trained to
# segment photographs (SegFormer), and goes on training it on slices: [transfer
# learning](../3-vision/24_transfer-learning.py), for masks. All that follows, from regions to report, stays the same.
#
# !!! quiz "Read a report"
#     A chain finds 90 of 100 nodules in 50 scans, with 200 false alarms. What is its precision, the share of alarms
#     that are right?
#
#     - [ ] 0.9
#       > That is its recall: 90 of the 100 nodules.
#     - [ ] 0.45
#       > You divided 90 by 200. The alarms are the found nodules *and* the false alarms.
#     - [=] 0.31 ± 0.005
#       > $90 / (90 + 200)$: about one alarm in three is a nodule. Per scan, a reader has to look at about six alarms.
#     - [ ] anything else
#       > How many alarms are there in all? How many of them are nodules?
#
# ## Where it fails
#
# Look at the nodules that were missed.

wide = torch.cat([person.diameters for person in test])
seen = torch.cat([hits.any(dim=0) for hits, _, _ in found])
told = torch.cat([h[s >= threshold].any(dim=0) for h, s, _ in found])
for low, high in ((3, 5), (5, 8), (8, 40)):
    here = (wide >= low) & (wide < high)
    print(f"{low} to {high} mm: {here.sum()} nodules", end=", ")
    print(f"{seen[here].sum()} marked, {told[here].sum()} found")

# %%
# Much is missing here that a real scan has: the wall of the chest, scars, airways, nodules without a clear border, and
# nodules that touch a vessel or each other and become *one component* with it. Radiologists do not agree on these
# among themselves. That is why a real project ends with a trial in a hospital, and this page with a count on generated
# patients.
#
# ## Exercises
#
# [The workbook](43_ct-segment-pipeline.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## Read next
#
# You have built a whole project, from files to a report. The last part begins with [a speed
# run](../7-deployment/44_speed-run.py); [compile and export](../7-deployment/45_export-compile.py) shows how others
# can run such a thing.
