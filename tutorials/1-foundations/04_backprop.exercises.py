# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: backpropagation by hand

Three tasks and an open question on slopes, the way back, and gradients that add
up. Begin with the pencil.
"""

import torch

from kindling.practice import check

# %%
# ## A slope with a pencil
#
# The loss is $L = (wx - y)^2$. What is its slope in $w$ at $w = 2$, $x = 3$, $y = 10$? Write down one number,
# found on paper, and then let autograd agree with you.
#
# ??? hint
#     Two gears: $e = wx - y$, then $L = e^2$. What is the slope of each?
#
# ??? hint
#     $\partial L/\partial e = 2e$ and $\partial e/\partial w = x$. What is $e$ here, with its sign?

# gap
#: slope = ...  # one number
slope = 2 * (2 * 3 - 10) * 3
# end

check(
    "backprop/a-slope-with-a-pencil",
    slope,
    right=torch.func.grad(lambda w: (w * 3 - 10) ** 2)(torch.tensor(2.0)),
    mistakes={
        "you stopped at the square: this is the slope in wx - y. One more "
        "factor leads from there to w.": -8,
        "the slope of the square is missing its factor 2.": -12,
        "right but for the sign. Is wx - y above or below zero here, and what "
        "does w do to it?": 24,
        "this is the value of the loss. The slope says how fast it changes "
        "with w.": 16,
        "this is the slope in x. Which factor belongs to w?": -16,
    },
)

# %%
# $2 \cdot (2 \cdot 3 - 10) \cdot 3 = 2 \cdot (-4) \cdot 3$. The slope is negative: the prediction $wx$ is too
# small, so a larger $w$ makes the loss smaller.

# %%
# ## The way back through ReLU
#
# Forward, ReLU is $\max(0, z)$, number by number. Write its way back: `z` is what came in on the way forward,
# `d_output` the slope of the loss in each number that went out. Return the slope of the loss in each number of
# `z`. At the corner do as PyTorch does, and take the slope of the left side.
#
# ??? hint
#     Where $z$ is positive, ReLU hands its input on unchanged. Which slope is that? And where $z$ is negative?
#
# ??? hint
#     The chain rule multiplies what arrives from above, `d_output`, by the slope of the step. The slope can be
#     written as a comparison: `z > 0` counts as one and zero when it is multiplied.


def relu_backward(z, d_output):
    """Return the slope of the loss in `z`, in the shape of `z`."""
    # gap
    return d_output * (z > 0)
    # end


check(
    "backprop/the-way-back-through-relu",
    relu_backward,
    right=lambda z, d_output: torch.func.vjp(torch.relu, z)[1](d_output)[0],
    cases=[
        (torch.tensor([-2.0, 0.5, 3.0]), torch.tensor([1.0, -4.0, 0.25])),
        (torch.tensor([0.0, 1.0, -1.0]), torch.tensor([5.0, 6.0, 7.0])),
        (
            torch.tensor([[1.5, -0.5], [-3.0, 2.0]]),
            torch.tensor([[-1.0, 2.0], [-3.0, 4.0]]),
        ),
    ],
    mistakes={
        "this is the slope of ReLU itself. Multiply it by what arrives from "
        "above.": lambda z, d_output: (z > 0).float(),
        "you cut off the negative slopes that arrive. A slope may well be "
        "negative; what decides is the sign of z.": lambda z, d_output: (
            d_output.clamp(min=0)
        ),
        "right but for the corner: at z = 0 PyTorch takes the slope of the "
        "left side, 0.": lambda z, d_output: d_output * (z >= 0),
        "you multiplied by the output of ReLU. The chain rule asks for its "
        "slope, which is 1 or 0.": lambda z, d_output: (
            d_output * z.clamp(min=0)
        ),
        "you hand every slope back as it came. Where z is negative, ReLU "
        "gives 0 whatever z is, so nothing goes back.": lambda z, d_output: (
            d_output.clone()
        ),
    },
)

# %%
# Note what had to be kept from the way forward: `z`, or at least its sign. That is what PyTorch's notes hold.
#
# `d_output` is also why `backward()` refuses a tensor of several numbers. One number has one gradient; of several
# it must be told how much each one matters. For such a tensor `y`, `y.backward(v)` starts the way back with `v`
# instead of a single one, and computes the slope of $\sum_i v_i y_i$.

# %%
# ## A batch in parts
#
# The batch is too large for the memory, so it comes in parts, and the parts are not all of one size. The loss is
# the mean of $(x \cdot w - y)^2$ over **all** examples. Fill the loop, so that `w.grad` holds the gradient of that
# loss at the end. Call `backward()` once for each part.
#
# ??? hint
#     `backward()` adds to `w.grad` by itself. So each part must bring just its own share of the loss.
#
# ??? hint
#     The share of an example is its squared error divided by `count`, the number of examples in all parts together.
#     Add up the shares of one part, and go back.


def gradient_in_parts(w, parts):
    """Return the gradient of the loss in w; each part is a pair x, y."""
    w = w.clone().requires_grad_()
    count = sum(len(y) for _, y in parts)
    for x, y in parts:  # x is [examples, features], y is [examples]
        # gap
        loss = ((x @ w - y) ** 2).sum() / count
        loss.backward()
        # end
    return w.grad


check(
    "backprop/a-batch-in-parts",
    gradient_in_parts,
    right=lambda w, parts: torch.func.grad(
        lambda w: torch.cat([x @ w - y for x, y in parts]).square().mean()
    )(w),
    cases=[
        (
            torch.tensor([0.5, -1.0]),
            [
                (
                    torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]]),
                    torch.tensor([1.0, 0.0, -2.0]),
                ),
                (torch.tensor([[2.0, -2.0]]), torch.tensor([4.0])),
            ],
        ),
        (
            torch.tensor([2.0, 1.0]),
            [
                (torch.tensor([[1.0, -1.0]]), torch.tensor([3.0])),
                (
                    torch.tensor([[0.5, 1.0], [2.0, 0.0]]),
                    torch.tensor([0.0, 1.0]),
                ),
                (
                    torch.tensor([[1.0, 1.0], [0.0, 3.0], [-2.0, 1.0]]),
                    torch.tensor([2.0, -1.0, 0.5]),
                ),
            ],
        ),
    ],
    mistakes={
        "not solved yet: w.grad is still empty. Fill the gap, `...`, and call "
        "backward() once for each part.": lambda w, parts: None,
        "each part brings its own mean, and the means add up to far too much. "
        "Divide by the number of all examples.": lambda w, parts: sum(
            2 * (x @ w - y) @ x / len(y) for x, y in parts
        ),
        "this is the mean of the parts' means. An example of a small part "
        "then weighs more than one of a large part.": lambda w, parts: (
            sum(2 * (x @ w - y) @ x / len(y) for x, y in parts) / len(parts)
        ),
        "you have the gradient of a sum. The loss is a mean, so divide by the "
        "number of all examples.": lambda w, parts: sum(
            2 * (x @ w - y) @ x for x, y in parts
        ),
        "you divide by the number of parts. The mean is taken over examples; "
        "divide by the number of all of them.": lambda w, parts: (
            sum(2 * (x @ w - y) @ x for x, y in parts) / len(parts)
        ),
        "only the last part has arrived. Go back after each part, and do not "
        "clear w.grad in between.": lambda w, parts: (
            2
            * (parts[-1][0] @ w - parts[-1][1])
            @ parts[-1][0]
            / sum(len(y) for _, y in parts)
        ),
    },
)

# %%
# The parts may be of any size, since each example brings the same share. Had you divided by `len(y)`, the result would
# depend on how the batch was cut. Between two *steps* `w.grad` must be cleared; between the parts of one step it must
# not.

# %%
# ## Your engine learns
#
# An open question. Take the `Value` engine of the tutorial and build a network of two inputs, two hidden neurons with
# `tanh` and one output out of single `Value`s. Train it on XOR, the four pairs of 0 and 1 that one neuron cannot
# learn. How many `Value`s does one step make? What must happen to each `grad` between two steps? And why does PyTorch
# record whole tensors instead of single numbers?
