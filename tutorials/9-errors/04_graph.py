# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# minutes = 1
# description = "Eight errors around gradients, each raised by code that runs, with its exact message, cause and fix."
# ///
"""
# Errors: gradients

Autograd records what you do to a tensor and plays it backwards. Most of these
errors say that the record has a gap, was used up, or was overwritten. Find your
message below: each one is raised on purpose, explained, and fixed by code that
runs. How the record works is explained in [Backpropagation by
hand](../1-foundations/04_backprop.py).
"""

# %%
# `raises`, from the package, lets a cell fail on purpose. It checks that the error has exactly this class and this
# message, so if PyTorch changes its words, the page stops instead of telling you old ones.

import torch
import torch.nn.functional as F
from torch import nn

from kindling.runtime import raises

# %%
# ## element 0 of tensors does not require grad and does not have a grad\_fn
#
# You called `backward()` on a number that no longer knows where it came from (`RuntimeError`). Here somebody
# wants to train on the accuracy itself.

model = nn.Linear(4, 3)
x, y = torch.rand(5, 4), torch.tensor([0, 1, 2, 0, 1])
logits = model(x)
accuracy = (logits.argmax(dim=1) == y).float().mean()
with raises(
    RuntimeError,
    "element 0 of tensors does not require grad and does not have a grad_fn",
):
    accuracy.backward()

# %%
# `argmax` and `==` have no slope, so the record ends there. Train on a loss that has one.

F.cross_entropy(logits, y).backward()
assert model.weight.grad.abs().sum() > 0

# %%
# The other usual causes: the forward pass ran under `torch.no_grad()`, the value went through `.detach()`,
# `.item()` or NumPy, or every parameter was frozen.
#
# ## Trying to backward through the graph a second time
#
# You carried something over from one step to the next, and the second `backward()` stopped (`RuntimeError`).

cell = nn.GRUCell(input_size=4, hidden_size=8)
hidden = torch.zeros(1, 8)
with raises(RuntimeError, "Trying to backward through the graph a second time"):
    for _ in range(2):
        hidden = cell(torch.rand(1, 4), hidden)
        hidden.sum().backward()

# %%
# `backward()` frees the record when it is done. The second hidden state hangs on the first, so its record
# leads back into the part that is gone. Cut it with `detach()`.

hidden = torch.zeros(1, 8)
for _ in range(2):
    hidden = cell(torch.rand(1, 4), hidden.detach())
    hidden.sum().backward()
assert cell.weight_hh.grad is not None

# %%
# Did you mean two losses of one forward pass? Add them and go back once: `(first + second).backward()`.
# The advice of the message, `retain_graph=True`, is seldom what you want: the record grows with every step.
#
# ## one of the variables needed for gradient computation has been modified by an inplace operation
#
# You changed a tensor in place, with `+=` or a method ending in an underscore, after it had been used
# (`RuntimeError`).

x = torch.ones(3, requires_grad=True)
with raises(
    RuntimeError,
    "one of the variables needed for gradient computation has been modified "
    "by an inplace operation",
):
    scores = torch.sigmoid(x)
    scores += 1
    scores.sum().backward()

# %%
# The slope of a sigmoid is computed from its result, which was kept for that. `+=` overwrote it. Make a new
# tensor instead.

scores = torch.sigmoid(x)
scores = scores + 1
scores.sum().backward()
p = torch.sigmoid(torch.tensor(1.0))
torch.testing.assert_close(x.grad, (p * (1 - p)).expand(3))

# %%
# If you cannot find the line, run the step once under `torch.autograd.detect_anomaly()`: it names the
# operation whose memory was overwritten. A step of the optimizer between forward and backward does it, too.
#
# ## a leaf Variable that requires grad is being used in an in-place operation.
#
# You updated or initialized weights by hand (`RuntimeError`).

model = nn.Linear(4, 1)
model(torch.ones(2, 4)).sum().backward()
with raises(
    RuntimeError,
    "a leaf Variable that requires grad is being used in an in-place "
    "operation.",
):
    model.weight -= 0.1 * model.weight.grad

# %%
# A *leaf* is a tensor that you made, like a weight, not one that was computed. Autograd would have to record
# its change as a part of the model. Tell it to look away.

before = model.weight.detach().clone()
with torch.no_grad():
    model.weight -= 0.1 * model.weight.grad
torch.testing.assert_close(
    model.weight.detach(), before - 0.1 * 2
)  # two rows of ones: every slope is 2

# %%
# ## grad can be implicitly created only for scalar outputs
#
# You called `backward()` on a whole batch of losses (`RuntimeError`).

model = nn.Linear(4, 3)
x, y = torch.rand(5, 4), torch.tensor([0, 1, 2, 0, 1])
losses = F.cross_entropy(model(x), y, reduction="none")  # [5]
with raises(
    RuntimeError, "grad can be implicitly created only for scalar outputs"
):
    losses.backward()

# %%
# A gradient says how *one* number changes. Five losses have five gradients, and PyTorch will not choose how
# to combine them. Take the mean, or the sum.

losses.mean().backward()
assert model.weight.grad.shape == model.weight.shape

# %%
# ## Can\'t call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.
#
# You wanted to plot what your model says (`RuntimeError`).

predictions = nn.Linear(4, 1)(torch.rand(5, 4))
with raises(
    RuntimeError,
    "Can't call numpy() on Tensor that requires grad. Use "
    "tensor.detach().numpy() instead.",
):
    predictions.numpy()

# %%
# NumPy does not record anything, so the way back to the weights would be lost without a word. Say yourself
# that you do not need it: `detach()` for one tensor, `torch.no_grad()` for a whole evaluation.

assert predictions.detach().numpy().shape == (5, 1)

# %%
# ## a Tensor with 2 elements cannot be converted to Scalar
#
# You called `.item()` on more than one number (`RuntimeError`).

losses = torch.tensor([0.5, 1.5])  # one loss for each example
with raises(
    RuntimeError, "a Tensor with 2 elements cannot be converted to Scalar"
):
    losses.item()

# %%
# `.item()` turns a tensor with one number into a Python number. Reduce first, or ask for a list.

assert losses.mean().item() == 1.0
assert losses.tolist() == [0.5, 1.5]

# %%
# ## Boolean value of Tensor with more than one value is ambiguous
#
# You used a tensor where Python wants yes or no: after `if`, `while`, `and`, `or`, `not` (`RuntimeError`).

logits = torch.tensor([2.0, -1.0, 0.5])
with raises(
    RuntimeError,
    "Boolean value of Tensor with more than one value is ambiguous",
):
    if logits > 0:
        print("positive")

# %%
# `logits > 0` holds three answers. Say whether *any* or *all* of them should count; join masks with `&` and
# `|` instead of `and` and `or`.

mask = (logits > 0) & (logits < 1)
assert (
    (logits > 0).any()
    and not (logits > 0).all()
    and mask.tolist() == [False, False, True]
)

# %%
# The cause that nobody expects: `nn.CrossEntropyLoss(logits, y)` gives your tensors to the *constructor*, as
# its settings. Build the loss first and call it afterward, or use the function.

y = torch.tensor([0])
assert nn.CrossEntropyLoss()(logits[None], y) == F.cross_entropy(
    logits[None], y
)
