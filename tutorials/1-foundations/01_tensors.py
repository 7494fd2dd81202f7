# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["P0", "S4.1", "S4.N1", "B20", "S3.2", "BK3", "CC2"]
# data = []
# minutes = 1
# metric = { name = "asserted facts", unit = "", target = 12 }
# description = "PyTorch tensors: shape, dtype, device, broadcasting, views, strides; twelve asserted facts."
# ///
"""
# Tensors: shapes, views and devices

Images, words, weights, gradients: everything that a network touches is a
tensor, and most first bugs are a tensor of the wrong shape. By the end of this
page you will see such bugs coming, because you will know how a tensor lies in
memory.
"""

# %%
# Here is one of them. A model made 64 predictions, and every single one is right. So the accuracy should be 100%.

from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from kindling.plots import COLORS, INK, curves, show, style
from kindling.runtime import objection, report

labels = torch.arange(64) % 10  # [64]
predictions = labels[:, None]  # [64, 1], all of them right
compared = predictions == labels
accuracy = compared.float().mean()
print(f"'accuracy' {accuracy:.1%}, from {compared.numel():,} comparisons")
assert 0.10 < accuracy < 0.11

with style():
    fig, ax = plt.subplots(figsize=(3.4, 3.4))
ax.imshow(compared, cmap="Blues", vmax=1.5)
ax.grid(False)
ax.set(xlabel="label", ylabel="prediction")
show(
    fig,
    "A square of 64 by 64 comparisons. The diagonal, where each prediction "
    "meets its own label, is dark; six more stripes on each side show where "
    "it equals the label of another example.",
)

# %%
# Not one line failed: PyTorch compared each prediction with *every* label, where only the diagonal was wanted. On this
# page you will see why, and how a tensor lies in memory, in **twelve facts** that code checks while the page is made.
#
# ## What a tensor is
#
# A **tensor** is a block of numbers of one type, arranged along any number of axes. No axis: a single number. One: a
# row. Two: a table. A batch of color images has four: image, color, height, width. When something goes wrong, print
# before you think: the *shape*, the *type* of the numbers, their *device* and, further down, *how they lie in memory*.

x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
print(x)
print(f"axes {x.ndim}, shape {tuple(x.shape)}, numbers {x.numel()}")
print(f"dtype {x.dtype}, device {x.device}")
assert x.shape == (2, 3) and x.numel() == 2 * 3

# %%
# A tensor holds numbers and truth values, never strings (TensorFlow's can). So give each word a number of its own.
# `objection`, from this site's package, runs code and returns the error or warning that it meets.

words = ["spark", "flame", "spark"]
print(objection(lambda: torch.tensor(words)))
vocabulary = {word: i for i, word in enumerate(sorted(set(words)))}
ids = torch.tensor([vocabulary[word] for word in words])
print(vocabulary, ids)
assert ids.tolist() == [1, 0, 1]

# %%
# ## Making tensors
#
# You will seldom type numbers by hand. PyTorch guesses the type from what you give it: whole numbers become 64-bit
# integers, numbers with a point 32-bit floats, the type in which most networks are trained. A mean of whole numbers
# need not be whole, so PyTorch asks you to convert first, with `.float()` or, for any type, `.to(dtype)`.

whole = torch.tensor([1, 2])
calls = ("zeros(2, 3)", "full((2, 3), 7.0)", "arange(6)", "linspace(0, 1, 5)")
for call in ("tensor([1, 2])", "tensor([True])", *calls):
    made = eval(f"torch.{call}")
    print(f"{call:18} shape {tuple(made.shape)!s:7} {made.dtype}")
print(objection(whole.mean))
assert whole.dtype == torch.int64 and whole.float().mean() == 1.5

# %%
# ## Indexing
#
# The same brackets as in Python and NumPy, one index for each axis. `:` takes a whole axis, `None` inserts a new one.

print("x[0]       ", x[0])
print("x[:, 1]    ", x[:, 1])
print("x[-1, -1]  ", x[-1, -1])
print("x[x > 3]   ", x[x > 3])
print("x[:, None] ", tuple(x[:, None].shape))

# %%
# A slice is a window on the same numbers: write into it, and the original changes. A mask (or a list of positions)
# gathers numbers into a new tensor. That is the first of our twelve facts. The function asserts a fact before it keeps
# it: if PyTorch ever changes its mind, this page stops instead of telling you something false.

facts = []


def fact(statement, holds):
    """Assert a statement, then keep it."""
    assert holds, statement
    facts.append(statement)
    print(f"fact {len(facts)}: {statement}")


original = torch.arange(6)
window, gathered = original[2:5], original[original >= 3]
window[0] = 99
gathered[0] = -1
print(original)
fact(
    "a slice is a window on the same numbers, a mask copies them",
    original.tolist() == [0, 1, 99, 3, 4, 5],
)

# %%
# ## Joining: `cat` and `stack`
#
# `cat` makes an axis *longer*: two tables become one with more rows. `stack` makes a *new* axis, say that of a batch.

print("cat  ", tuple(torch.cat([x, x]).shape))
print("cat  ", tuple(torch.cat([x, x], dim=1).shape))
print("stack", tuple(torch.stack([x, x]).shape))
assert torch.equal(torch.stack([x, x]), torch.cat([x[None], x[None]]))

# %%
# ## Broadcasting
#
# PyTorch aligns two shapes **at the right** and compares them axis by axis. Two sizes agree if they are equal, or if
# one of them is 1 or missing; that axis is then stretched to match. This is **broadcasting**. Below, `column` is
# stretched from 1 to 4 along its second axis, `row` gets a first axis of size 3, and every pair is added.

column = torch.tensor([[10], [20], [30]])  # [3, 1]
row = torch.tensor([1, 2, 3, 4])  # [4]
table = column + row  # [3, 4]
print(table)
by_loop = torch.tensor([[int(a + b) for b in row] for a in column])
fact(
    "broadcasting gives what two loops over every pair would give",
    torch.equal(table, by_loop),
)

# %%
# When the rule finds no way, an error names both sizes. Insert an axis to say which way you meant.

per_row = torch.tensor(
    [100.0, 200.0]
)  # one number for each of the two rows of x
print(objection(lambda: x + per_row))
print(x + per_row[:, None])
assert (x + per_row[:, None]).shape == x.shape

# %%
# ### The surprise: `(64, 1) == (64,)`
#
# It is worse when the rule finds a way that you did not mean, as at the top of this page. A model often gives its
# predictions as a column, `[64, 1]`, and the labels come as a row, `[64]`: together they make a square. The accuracy
# looks like guessing among ten classes, so you would blame the model. Give both sides one shape first.

right = predictions.squeeze(1) == labels  # [64] == [64]
print(f"{tuple(compared.shape)} became {tuple(right.shape)}")
print(f"accuracy {right.float().mean():.1%}")
assert right.all()
fact(
    "(64, 1) == (64,) makes 4,096 comparisons instead of 64",
    compared.numel() == 4096,
)

# %%
# !!! quiz "Comparing a column with a row"
#     A batch of 32: the predictions have shape `(32, 1)`, the labels `(32,)`. Every prediction is wrong. What does
#     `(predictions == labels).float().mean()` say, if there are ten classes, all equally frequent?
#
#     - [ ] 0.
#       > That is the true accuracy. Here each prediction also meets the labels of the 31 others, and matches some.
#     - [x] About 0.1.
#       > In the `(32, 32)` comparison, about one label in ten is equal to a prediction, whatever that says.
#     - [ ] An error: the shapes differ.
#       > Aligned at the right, 1 is stretched to 32 and the missing axis is added. Both are allowed.
#
# ## How a tensor lies in memory
#
# Memory is one long row. A table is laid out in it row after row, and a tensor keeps a reading rule along with the
# numbers: its **strides**. The stride of an axis says how many places to move in memory for one step along that axis.
# Two small tools will show it: one returns the whole memory of a tensor, the other draws a table.


def memory(x):
    """Return the storage of a tensor as one row, in the order of memory."""
    return torch.empty(0, dtype=x.dtype).set_(x.untyped_storage())


def draw(ax, x, left, top, title, places=True):
    """Draw at most six numbers, each in the color of its place in memory."""
    for i, j in product(range(x.shape[0]), range(x.shape[1])):
        place = x.storage_offset() + i * x.stride(0) + j * x.stride(1)
        color = COLORS[place] if places else "#808080"
        ax.add_patch(
            plt.Rectangle(
                (left + j, top - i), 1, -1, fc=(color, 0.35), ec=color
            )
        )
        at = {"ha": "center", "va": "center", "color": INK}
        ax.text(left + j + 0.5, top - i - 0.5, f"{x[i, j]}", **at)
    ax.text(left, top + 0.2, title, va="bottom", color=INK, fontsize=9)


# %%
# The figure shows a table `x`, its transpose `x.T`, and the row of memory that both of them read. Follow a color down.

x = torch.arange(10, 16).reshape(2, 3)

with style():
    fig, ax = plt.subplots(figsize=(6.4, 3.6))
draw(ax, x, 0, 5, f"x: shape {tuple(x.shape)}, strides {x.stride()}")
draw(ax, x.T, 6, 5, f"x.T: shape {tuple(x.T.shape)}, strides {x.T.stride()}")
draw(ax, memory(x)[None], 1.5, 0.4, "memory, places 0 to 5")
arrow = {"arrowstyle": "->", "color": INK}
for left, table in ((0, x), (6, x.T)):
    below = 5 - table.shape[0] - 0.25
    ax.annotate("", (left - 0.2, 3.5), (left - 0.2, 4.5), arrowprops=arrow)
    ax.text(
        left - 0.35,
        4,
        f"+{table.stride(0)}",
        ha="right",
        va="center",
        color=INK,
    )
    ax.annotate("", (left + 1.5, below), (left + 0.5, below), arrowprops=arrow)
    ax.text(left + 1.6, below, f"+{table.stride(1)}", va="center", color=INK)
ax.set(xlim=(-1.2, 9.5), ylim=(-0.8, 6), aspect="equal")
ax.axis("off")
show(
    fig,
    f"A table x of two rows and three columns with strides {x.stride()}, its "
    "transpose of three rows and two "
    f"columns with strides {x.T.stride()}, and below them one strip of memory "
    f"holding {memory(x).tolist()}. "
    "Equal colors mark the same place in memory: both tables read the one "
    "strip, in different steps.",
)

# %%
# In `x` a step to the right moves one place and a step down three; in `x.T` it is the other way round. Transposing
# moves no number at all: it swaps two strides, at the same cost for six numbers as for six billion. But read row by
# row, `x.T` jumps back and forth. A tensor laid out in the order of its shape is **contiguous**; `x` is, `x.T` is not.

down, across = x.stride()
fact(
    "x[i, j] lies in memory at place i * stride(0) + j * stride(1)",
    all(
        memory(x)[i * down + j * across] == x[i, j]
        for i, j in product(range(2), range(3))
    ),
)
fact(
    "x.T moves no number: same memory, swapped strides, not contiguous",
    x.T.data_ptr() == x.data_ptr()
    and x.T.stride() == (across, down)
    and not x.T.is_contiguous(),
)
assert x.is_contiguous()

# %%
# Broadcasting uses the same trick: a stretched axis has stride 0, so one number is read again and again, never copied.

stretched = torch.tensor([[10], [20], [30]]).expand(3, 4)
print(
    f"{tuple(stretched.shape)}, strides {stretched.stride()}, in memory "
    f"{len(memory(stretched))} numbers"
)
assert stretched.stride() == (1, 0) and len(memory(stretched)) == 3

# %%
# ## View or copy?
#
# A **view** is another reading rule on the same memory; a **copy** has memory of its own. Three calls change a shape:
#
# | call | if a view is possible | if not |
# |---|---|---|
# | `x.view(shape)` | a view | an error |
# | `x.reshape(shape)` | a view | a copy, silently |
# | `x.contiguous()` | `x` itself, if already contiguous | a copy in the order of the shape |
#
# Flattening `x.T` would have to read places 0, 3, 1, 4, 2, 5. No single stride does that.

print(objection(lambda: x.T.view(6)))
flat_view = x.view(6)
flat_copy = x.T.reshape(6)
print("flat view of x  ", flat_view)
print("flat copy of x.T", flat_copy)
assert flat_view.data_ptr() == x.data_ptr()

# %%
# Now write one number into `x`, in place, and look at all three.

x[0, 1] = 99

with style():
    fig, ax = plt.subplots(figsize=(6.4, 2.4))
draw(ax, x, 0, 4, "x, after x[0, 1] = 99")
draw(ax, flat_view[None], 5, 4, "x.view(6): the same memory")
draw(
    ax,
    flat_copy[None],
    5,
    1.6,
    "x.T.reshape(6): memory of its own",
    places=False,
)
ax.set(xlim=(-0.2, 11.2), ylim=(0.4, 5), aspect="equal")
ax.axis("off")
show(
    fig,
    "Three tables after 99 was written into x. The view of x, in the same "
    "colors as x, reads "
    f"{flat_view.tolist()}: it shows the 99. The copy made by reshaping the "
    "transpose, drawn in gray, "
    f"still reads {flat_copy.tolist()}.",
)
fact(
    "view() shares or refuses; reshape() shares or copies, and a copy does "
    "not see later writes",
    99 in flat_view
    and 99 not in flat_copy
    and "not compatible" in objection(lambda: x.T.view(6)),
)

# %%
# Use `reshape` if you only read the result. Use `view` if you mean to write through it: then you want the error.
#
# !!! warning "You may read this elsewhere"
#     - `x.resize(3, 2)`: write `x.reshape(3, 2)`. `x.resize_()` still exists, but may expose what memory held before.
#     - `x.T` for three axes or more: write `x.mT` to transpose each matrix of a batch, or `x.permute(2, 1, 0)`.
#     - `x.storage()`: write `x.untyped_storage()`, since storage no longer has a type.
#     - Axis names, as in `names=("batch", "feature")`: write the sizes in a comment, `# [batch, feature]`.

batch = torch.zeros(2, 3, 4)
print("resize: ", objection(lambda: x.resize(3, 2)))
print("T:      ", objection(lambda: batch.T))
print("storage:", objection(x.storage))
print(
    "names:  ", objection(lambda: torch.zeros(2, 3, names=("batch", "feature")))
)

assert x.reshape(3, 2).shape == (3, 2)
assert batch.mT.shape == (2, 4, 3) and batch.permute(2, 1, 0).shape == (4, 3, 2)
assert x.untyped_storage().nbytes() == 6 * 8  # six integers of eight bytes

# %%
# !!! quiz "View or copy"
#     `t = torch.zeros(3, 5)`. Which of these read the *same memory* as `t`, so that writing into them changes `t`?
#
#     - [x] `t.T`
#       > Swapped strides, and not one number moved.
#     - [ ] `t[t == 0]`
#       > A mask gathers numbers from places that no stride could describe, so it must copy.
#     - [ ] `t.T.reshape(15)`
#       > No single stride reads the transpose row by row, so here `reshape` copies, silently.
#     - [x] `t.reshape(15)`
#       > `t` is contiguous, so one row of 15 is only another reading rule.
#
# ## In place: the underscore
#
# A method that ends in an underscore writes into the tensor it is called on: `add_`, `mul_`, `zero_`, `copy_`. Without
# the underscore you get a new tensor. `y += 1` is the underscore in disguise; `y = y + 1` is not.

y = torch.zeros(3)
alias = y
y.add_(1)
y += 1
print("in place, the alias follows:", alias)
y = y + 1
print("a new tensor, it does not:  ", alias, y)
fact(
    "add_ and += write in place, and every other name for the tensor sees it",
    alias.tolist() == [2, 2, 2],
)

# %%
# ## NumPy: shared or not
#
# `torch.from_numpy` and `.numpy()` share memory with NumPy, at no cost, on the CPU. `torch.tensor` always copies. Note
# the type, too: NumPy counts in 64-bit floats unless told otherwise, and `from_numpy` keeps that.

array = np.ones(3)
shared, copied = torch.from_numpy(array), torch.tensor(array)
array[0] = 5
print(f"array {array}, shared {shared}, copied {copied}")
assert shared.dtype == torch.float64
fact(
    "from_numpy() shares memory with the array, torch.tensor() copies it",
    shared[0] == 5 and copied[0] == 1,
)

# %%
# !!! quiz "NumPy and shared memory"
#     `array = np.zeros(2)`, then `t = torch.from_numpy(array).float()`, then `array[0] = 1`. What is `t[0]`?
#
#     - [=] 0
#       > `from_numpy` shares memory, but the array is float64, and `.float()` has to make a float32 copy.
#     - [ ] 1
#       > It would be 1 without `.float()`. Changing the type needs new memory, and there the sharing ends.
#     - [ ] anything else
#       > The array held 0 before and 1 after. Did `t` still share its memory when that happened?
#
# ## Sums and products
#
# `sum()` adds up everything. `sum(dim=0)` adds along axis 0 until it is gone; with `keepdim=True` its size becomes 1.

a = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])  # [2, 3]
print("sum()              ", a.sum())
print("sum(dim=0)         ", a.sum(dim=0))
print("sum(dim=1)         ", a.sum(dim=1))
print("share of each row  ", a / a.sum(dim=1, keepdim=True))
assert a.sum(dim=0).tolist() == [5, 7, 9] and a.sum(dim=1).tolist() == [6, 15]

# %%
# `*` multiplies number by number. A **matrix product** multiplies each row of the first with each column of the second
# and adds up: $c_{ik} = \sum_j a_{ij} b_{jk}$. The inner sizes must agree: $[2, 3] \times [3, 4] \to [2, 4]$.
# `torch.mm` takes two matrices only; `torch.matmul`, written `@`, also takes vectors and batches of matrices.

b = torch.arange(12.0).reshape(3, 4)
print(torch.mm(a, b))
print("mm, wrong inner size:", objection(lambda: torch.mm(a, a)))
print("a batch of five:", tuple((torch.ones(5, 2, 3) @ b).shape))
by_sum = (a[:, :, None] * b[None, :, :]).sum(
    dim=1
)  # [2, 3, 1] * [1, 3, 4], summed over the middle axis
fact(
    "mm(a, b) equals a @ b equals sums of products",
    torch.equal(a @ b, by_sum) and torch.equal(torch.mm(a, b), by_sum),
)

# %%
# ## A layer does not mind strides
#
# You may read that a non-contiguous tensor turns into garbage in a linear layer. It must not: every operation has to
# follow the strides. Give a layer the same numbers twice, once with swapped strides.

layer = nn.Linear(in_features=8, out_features=3)
inputs = torch.rand(8, 5).T  # [5, 8], not contiguous
difference = (layer(inputs) - layer(inputs.contiguous())).abs().max().item()
print(
    f"contiguous: {inputs.is_contiguous()}; results are equal to within "
    f"float32: {difference < 1e-6}"
)
assert not inputs.is_contiguous()
fact(
    "a linear layer gives equal results for a non-contiguous input",
    difference < 1e-6,
)

# %%
# ## float32 or float64?
#
# A 32-bit float keeps about seven decimal digits, a 64-bit float sixteen. Add one tenth to a total, again and again.

additions = 100_000


def drift(dtype):
    """Add 0.1 many times; return the error after every thousand additions."""
    total, tenth = torch.zeros((), dtype=dtype), torch.tensor(0.1, dtype=dtype)
    errors = []
    for n in range(1, additions + 1):
        total.add_(tenth)
        if n % 1000 == 0:
            errors.append(abs(total.item() - n / 10))
    return errors


errors = {str(dtype): drift(dtype) for dtype in (torch.float32, torch.float64)}

# %%
# The vertical axis is logarithmic: each line of the grid is 100 times the one below. In a dip, the error crosses zero.

last = {name: values[-1] for name, values in errors.items()}
curves(
    errors,
    x=range(1000, additions + 1, 1000),
    xlabel="additions of 0.1",
    ylabel="error of the running total",
    logy=True,
    alt="Two rising curves with narrow dips, on a logarithmic scale: the "
    "error of a running total of tenths. "
    f"After {additions:,} additions float32 is wrong by "
    f"{last['torch.float32']:.2g}, far above float64, "
    f"which is wrong by {last['torch.float64']:.1g}.",
)

# %%
# Both drift, since one tenth has no exact form in binary. But one total is off by more than a whole unit, the other by
# less than a millionth. Networks train in 32 bits or fewer: their gradients are noisy anyway, and there is half as
# much to move. For checks, counts and money, use 64 bits. And let `sum` do the adding: it works in blocks.

print(f"after {additions:,} additions the running total is wrong by")
for name, error in last.items():
    print(f"  {error:.2g} in {name}")
in_blocks = torch.full((additions,), 0.1).sum()
print(f"sum() in torch.float32 says {in_blocks:.2f}")
assert abs(in_blocks - additions / 10) < 0.01
fact(
    "adding in float32 drifts by more than 1 where float64 stays below 1e-6",
    last["torch.float32"] > 1 and last["torch.float64"] < 1e-6,
)

# %%
# ## Seeds: what `torch.manual_seed` does
#
# Random numbers come from a rule and a starting point, the **seed**. `torch.manual_seed` sets it for torch's stream on
# every device, not for Python's `random` or NumPy (`kindling.runtime.seed` sets all three). The same seed gives the
# same numbers, in the same order, on the same kind of machine and version. Draw one more in between, for the weights
# of a new layer, and all later ones shift. A stream of your own, a `torch.Generator`, is safe from that.

torch.manual_seed(0)
first, second = torch.rand(3), torch.rand(3)
torch.manual_seed(0)
again = torch.rand(3)
private = torch.rand(3, generator=torch.Generator().manual_seed(0))
print(first, second, again, private, sep="\n")
assert not torch.equal(first, second) and torch.equal(first, private)
fact(
    "after the same manual_seed come the same numbers, in the same order",
    torch.equal(first, again),
)

# %%
# ## CPU or accelerator, in one line
#
# A tensor lives on a **device**, and two tensors must share one before they can meet. One line finds the best there
# is; the rest of your code says `.to(device)` and runs on a laptop as on a GPU. `kindling.runtime.device` is this
# line, with a variable to override it. [Devices and timing](../2-training/18_devices-timing.py) has the rest.

device = torch.accelerator.current_accelerator(
    check_available=True
) or torch.device("cpu")
on_device = a.to(device)
print(f"{device}: {on_device.sum().item()}")
assert on_device.device.type == device.type
assert a.to("cpu") is a  # already there: nothing is copied
assert torch.equal(on_device.cpu(), a)

# %%
# `check_available=True` passes over hardware that is not there. Back to NumPy goes by the CPU: `x.cpu().numpy()`.
#
# ## Twelve facts
#
# Nothing above was taken on trust. Here is the whole list, as it was collected.

for number, statement in enumerate(facts, 1):
    print(f"{number:2}. {statement}")
report("asserted facts", len(facts))
assert len(facts) == 12

# %%
# ## Where it fails
#
# Shape errors protect you only while the shapes differ. Subtract from each row of a table its own mean, and forget
# `keepdim=True`: with four rows of five numbers you get an error; with four rows of *four* the line runs, and
# subtracts the wrong means. So test your code with sizes that are all different: a batch of 3, 5 features, 7 classes.

square = torch.arange(16.0).reshape(4, 4)
careless = square - square.mean(dim=1)  # [4, 4] - [4]: the wrong axis
careful = square - square.mean(dim=1, keepdim=True)  # [4, 4] - [4, 1]
print("careless, means of the rows:", careless.mean(dim=1).tolist())
print("with keepdim:               ", careful.mean(dim=1).tolist())
assert careful.mean(dim=1).abs().max() == 0 < careless.mean(dim=1).abs().max()

# %%
# ## Exercises
#
# [The workbook](01_tensors.exercises.py) has a gap to fill for each of these, with hints, a checker and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Backpropagation by hand](04_backprop.py) asks how the loss changes if one number moves a little. [Logistic
# regression](06_logistic-regression.py) trains a first model with broadcasting and one matrix product.
