# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: recurrent cells

Three tasks and an open question: what an LSTM weighs, where the last states of
a network that reads both ways are, and a clip written by hand.
"""

import torch
from torch import nn

from kindling.practice import check

# %%
# ## What an LSTM weighs
#
# One layer of `nn.LSTM` reads `inputs` numbers at each step and has `hidden` numbers in its state. How many parameters
# does it have?
#
# ??? hint
#     An LSTM has four layers of the same shape: three gates and the proposal.
#
# ??? hint
#     Each of the four reads the input *and* the last hidden state, and PyTorch gives each of the four two biases.


def lstm_parameters(inputs, hidden):
    """Return the number of parameters of a one-layer LSTM."""
    # gap
    return 4 * hidden * (inputs + hidden + 2)
    # end


check(
    "recurrent-cells/what-an-lstm-weighs",
    lstm_parameters,
    right=lambda inputs, hidden: sum(
        p.numel() for p in nn.LSTM(inputs, hidden).parameters()
    ),
    cases=[(100, 64), (3, 5), (7, 1)],
    mistakes={
        "one of the two biases is missing: PyTorch keeps one for the input "
        "and one for the state.": lambda i, h: 4 * h * (i + h + 1),
        "the biases are missing.": lambda i, h: 4 * h * (i + h),
        "this is one layer with two inputs, a plain RNN. An LSTM has four "
        "of them.": lambda i, h: h * (i + h + 2),
        "you count three layers, so perhaps the gates. The proposal needs "
        "weights too.": lambda i, h: 3 * h * (i + h + 2),
        "the state is read as well: each of the four has a matrix of "
        "`hidden` by `hidden`.": lambda i, h: 4 * h * (i + 2),
    },
)

# %%
# For `nn.LSTM(100, 64)` that is 42,496. The length of the sequence does not matter: every step uses the same weights.

# %%
# ## The end of both directions
#
# `nn.GRU(I, H, bidirectional=True, batch_first=True)` reads each sequence twice, from the left and from the right.
# `out` has shape `[B, T, 2 * H]`: at each step first the H numbers of the reader from the left, then those of the
# reader from the right. Return for each sequence the state of each reader *after it has read everything*: `[B, 2 *
# H]`.
#
# ??? hint
#     When has the reader from the right read everything? At which step does it stand then?
#
# ??? hint
#     Take the first H numbers of one step and the last H numbers of another, and join them with `torch.cat`.


def final_states(out):
    """Return the last state of both readers, [B, 2 H], from out [B, T, 2 H]."""
    # gap
    hidden = out.shape[2] // 2
    return torch.cat([out[:, -1, :hidden], out[:, 0, hidden:]], dim=1)
    # end


def reading(sequences, length, hidden, seed):
    """What a reader of both directions writes about noise."""
    torch.manual_seed(seed)
    layer = nn.GRU(3, hidden, bidirectional=True, batch_first=True)
    out, h_n = layer(torch.randn(sequences, length, 3))
    return out.detach(), h_n.detach()


known = {
    id(out): (out, torch.cat([h_n[0], h_n[1]], dim=1))
    for out, h_n in (reading(2, 6, 4, 1), reading(5, 3, 2, 2))
}

check(
    "recurrent-cells/the-end-of-both-directions",
    final_states,
    right=lambda out: next(
        last
        for given, last in known.values()
        if given.shape == out.shape and torch.equal(given, out)
    ),
    cases=[(out,) for out, _ in known.values()],
    mistakes={
        "at the last step the reader from the right has read one step only. "
        "It ends at step 0.": lambda out: out[:, -1],
        "at step 0 the reader from the left has read one step "
        "only.": lambda out: out[:, 0],
        "this is what each reader wrote after its *first* step.": lambda out: (
            torch.cat(
                [
                    out[:, 0, : out.shape[2] // 2],
                    out[:, -1, out.shape[2] // 2 :],
                ],
                dim=1,
            )
        ),
        "the two halves have changed places: the reader from the left "
        "comes first.": lambda out: torch.cat(
            [out[:, 0, out.shape[2] // 2 :], out[:, -1, : out.shape[2] // 2]],
            dim=1,
        ),
        "`out[-1]` is the last sequence of the batch. The steps are axis "
        "1.": lambda out: out[-1],
    },
)

# %%
# `h_n` holds the same two states, as `h_n[-2]` and `h_n[-1]`. To take `out[:, -1]` instead is one of the most frequent
# silent mistakes with networks that read both ways.

# %%
# ## Clip by hand
#
# Write gradient clipping. `gradients` is a list of tensors, one for each parameter. If the length of all their numbers
# *together* exceeds `most`, scale all of them by one factor so that it is `most`. Return the new list; leave the given
# tensors as they are.
#
# ??? hint
#     The length of several vectors together is the square root of the sum of all their squares.
#
# ??? hint
#     If the length is already small enough, the factor is 1: `min(1, most / length)`.


def clipped(gradients, most):
    """Return the gradients, their common length at most `most`."""
    # gap
    length = torch.cat([g.flatten() for g in gradients]).norm()
    factor = min(1.0, most / length.item())
    return [factor * g for g in gradients]
    # end


def by_torch(gradients, most):
    copies = [nn.Parameter(torch.zeros_like(g)) for g in gradients]
    for parameter, g in zip(copies, gradients, strict=True):
        parameter.grad = g.clone()
    nn.utils.clip_grad_norm_(copies, most)
    return [parameter.grad for parameter in copies]


check(
    "recurrent-cells/clip-by-hand",
    clipped,
    right=by_torch,
    cases=[
        ([torch.tensor([12.0, -16.0])], 5.0),
        ([torch.tensor([[3.0, 0.0]]), torch.tensor([4.0, 12.0])], 2.0),
        ([torch.tensor([0.3, 0.4]), torch.tensor([-0.1])], 1.0),
    ],
    mistakes={
        "each tensor is clipped by itself. One long gradient then changes "
        "its share of the step: the direction is "
        "lost.": lambda gradients, most: [
            g * min(1.0, most / g.norm().item()) for g in gradients
        ],
        "this clips every number, which changes the "
        "direction.": lambda gradients, most: [
            g.clamp(-most, most) for g in gradients
        ],
        "short gradients became longer. Clipping never "
        "lengthens.": lambda gradients, most: [
            g * most / torch.cat([x.flatten() for x in gradients]).norm()
            for g in gradients
        ],
        "these are the gradients as they were.": lambda gradients, most: [
            g.clone() for g in gradients
        ],
    },
)

# %%
# With plain SGD, a clip at 5 means that no step is longer than five times the learning rate. Adam rescales each number
# afterward.

# %%
# ## Other ways to remember
#
# An open question. In the tutorial, give the GRU the same start as the LSTM: which part of which bias must you change,
# and in which direction, so that its update gate keeps the old state? Then try a plain RNN whose recurrent matrix
# starts as the identity, with ReLU in place of the tanh. Which of the three recalls after 50 steps from three seeds?
# Which after 100? Write down what you expect first.
