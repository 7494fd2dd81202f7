# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["S7", "P9", "R9"]
# data = []
# minutes = 1
# gpu = true
# metric = { name = "recall after 50 steps", unit = "%", target = 95, reference = "25% by guessing" }
# description = "RNN, LSTM and GRU from their equations, equal to PyTorch's; why one forgets and what a gate does."
# ///
"""
# Recurrent cells

A recurrent network reads a sequence one step at a time and keeps a note to
itself: the hidden state. Here you write the three cells that everybody uses,
check them against PyTorch's to the last digits, and then measure the one thing
that sets them apart: how long they remember.
"""

# %%
# Here is the smallest recurrent network there is. Its note is a single number, $h$. At each step it keeps 90% of the
# note, adds what it reads, and squeezes the sum with a tanh. It reads zeros, except for two steps.

import torch

from kindling import plots

x = torch.zeros(60)
x[5], x[30] = 1.0, -0.5
h, states = torch.tensor(0.0), []
for x_t in x:
    h = torch.tanh(0.9 * h + x_t)
    states.append(h)
plots.curves(
    {"input x": x, "hidden state h": torch.stack(states)},
    xlabel="step",
    ylabel="value",
    alt="The input is zero except for a spike up at step 5 and one down at "
    "step 30. The state jumps at each spike and fades back toward zero.",
)

# %%
# After each spike the state still knows that something happened, a little less at every step. Two questions run
# through this page: *what* should a network write into its note, and *how long* can it keep it?
#
# You will
#
# - write the cells of the RNN, the LSTM and the GRU from their equations, and get the numbers of `nn.RNN`, `nn.LSTM`
#   and `nn.GRU`,
# - let an RNN continue a wave, and learn the shapes that go in and come out,
# - measure how fast a gradient fades with the distance, and give three networks a task that needs a memory of 50 steps,
# - tame a gradient that explodes.
#
# Sizes on this page: B sequences in a batch, T steps, I numbers read at each step, H numbers in the hidden state.


import matplotlib.pyplot as plt
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from kindling import runtime
from kindling.runtime import claim, steps

device = runtime.device()
hidden = 32
learning_rate = 3e-3
lag = 50

# %%
# ## The plain cell
#
# Instead of one number, the note is now a vector $h$ of H numbers, and instead of 0.9 there is a matrix:
#
# $$h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})$$
#
# It is a layer with two inputs: what it reads now, and its own last output. The *same* weights work at every step.
# (Two biases where one would do is a habit of the fast GPU libraries; PyTorch follows it, so that their weights fit.)


def rnn_cell(x, state, w):
    (h,) = state
    reading = x @ w["weight_ih_l0"].T + w["bias_ih_l0"]
    remembering = h @ w["weight_hh_l0"].T + w["bias_hh_l0"]
    return (torch.tanh(reading + remembering),)


def run(cell, x, state, w):
    """Read x [B, T, I] step by step; return all h [B, T, H], and the end."""
    outputs = []
    for x_t in x.unbind(dim=1):
        state = cell(x_t, state, w)
        outputs.append(state[0])
    return torch.stack(outputs, dim=1), state


# %%
# Does it do what PyTorch does? Take the weights of an `nn.RNN` and compare, in double precision.

runtime.seed(27)
x = torch.randn(3, 7, 4, dtype=torch.double)  # [B, T, I]
h_0 = torch.zeros(3, 5, dtype=torch.double)  # [B, H]
layer = nn.RNN(4, 5, batch_first=True).double()
ours, (h_end,) = run(rnn_cell, x, (h_0,), dict(layer.named_parameters()))
out, h_n = layer(x)
print(f"largest difference: {(ours - out).abs().max():.1e}")
torch.testing.assert_close(ours, out, atol=1e-12, rtol=0)
torch.testing.assert_close(h_end, h_n[0], atol=1e-12, rtol=0)

# %%
# ## What goes in, what comes out
#
# The same cell, drawn once for each step. Reading from left to right is the *forward* pass; the gradient will travel
# from right to left. This is called *backpropagation through time*, and it is the ordinary
# [backpropagation](../1-foundations/04_backprop.py) through a graph in which one set of weights appears T times.

with plots.style():
    fig, ax = plt.subplots(figsize=(6.4, 2.4))
    arrow = {"arrowstyle": "->", "color": plots.COLORS[0]}
    for t, step in enumerate(["1", "2", "T"]):
        place = 2 + 3 * t
        ax.text(place, 1, "cell", ha="center", va="center", bbox={"fc": "none"})
        ax.text(place, -0.4, f"$x_{step}$  [B, I]", ha="center", va="center")
        ax.text(place, 2.4, f"$h_{step}$  [B, H]", ha="center", va="center")
        ax.annotate("", (place, 0.7), (place, -0.15), arrowprops=arrow)
        ax.annotate("", (place, 2.15), (place, 1.3), arrowprops=arrow)
        ax.annotate("", (place - 0.5, 1), (place - 2.4, 1), arrowprops=arrow)
    ax.annotate("", (10.4, 1), (8.5, 1), arrowprops=arrow)
    ax.text(-0.5, 1, "$h_0$", ha="right", va="center")
    ax.text(10.6, 1, "$h_n$  [1, B, H]", ha="left", va="center")
    ax.text(6.4, 1.25, "...", ha="center")
    ax.set(xlim=(-1.3, 13), ylim=(-0.8, 2.8))
    ax.set_axis_off()
    plots.show(
        fig,
        "Three copies of one cell in a row, for steps 1, 2 and T. Each gets "
        "its input x from below, passes its state h up and to the right; "
        "h_0 enters from the left, h_n leaves to the right.",
    )

# %%
# `out` is the row on top: the state of the last layer after every step. `h_n` is what leaves on the right: the state
# of *every layer* after the *last* step. So `out[:, -1]` and `h_n[-1]`, the last layer, are the same numbers
# (if it reads in one direction and nothing is padded).
#
# `batch_first=True` puts the batch first in `x` and in `out`. It does not touch `h_n`, where the layers always come
# first. Code that treats both the same way runs without a complaint and mixes sequences.

deep = nn.GRU(4, 5, num_layers=2, batch_first=True).double()
out, h_n = deep(x)
print(f"x {tuple(x.shape)}, out {tuple(out.shape)}, h_n {tuple(h_n.shape)}")
assert torch.equal(out[:, -1], h_n[-1]) and h_n.shape == (2, 3, 5)

time_first = nn.GRU(4, 5, num_layers=2).double()
time_first.load_state_dict(deep.state_dict())
out_tb, h_n_tb = time_first(x.transpose(0, 1))
print(f"without batch_first: out {tuple(out_tb.shape)}, h_n the same shape")
torch.testing.assert_close(out_tb.transpose(0, 1), out)
torch.testing.assert_close(h_n_tb, h_n)

# %%
# !!! quiz "The shape of h_n"
#     A batch of 3 sequences goes through `nn.GRU(100, 20, batch_first=True)`. What is the shape of `h_n`?
#
#     - [ ] (3, 1, 20)
#       > `batch_first` would put the batch there in `out`. The layers stay first in `h_n`.
#     - [x] (1, 3, 20)
#       > One layer, three sequences, twenty numbers.
#     - [ ] (3, 20)
#       > That is `h_n[-1]`. The axis of the layers is there even if it has length 1.
#     - [ ] (1, 3, 100)
#       > 100 numbers are read at each step. The state has 20.
#
# ## A wave
#
# The first job: read 20 values of a wave, and say the next one. A linear layer turns the last state into the
# prediction. The network sees three quarters of the wave; the rest is for the test.

wave = torch.sin(torch.arange(400) * 0.2)
windows = wave.unfold(0, 21, 1)  # [N, 21]: 20 values, and the next one
past, target = windows[:, :20].unsqueeze(2), windows[:, 20:]
cut = 3 * len(past) // 4


class Reader(nn.Module):
    """A recurrent layer, and a linear layer that reads its last state."""

    def __init__(self, kind, inputs, outputs):
        super().__init__()
        self.cell = kind(inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, x):
        out, _ = self.cell(x)  # [B, T, H]
        return self.head(out[:, -1])


runtime.seed(27)
model = Reader(nn.RNN, 1, 1)
optimizer = torch.optim.Adam(model.parameters())
cycle = OneCycleLR(optimizer, 2 * learning_rate, total_steps=steps(400))
for _ in range(cycle.total_steps):
    loss = F.mse_loss(model(past[:cut]), target[:cut])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    cycle.step()
with torch.no_grad():
    error = F.mse_loss(model(past[cut:]), target[cut:]).item()
print(f"mean squared error on the rest of the wave: {error:.1e}")
claim(error < 1e-3, "the next value is predicted to 1e-3")

# %%
# And the step after that? Append the prediction to what was read, drop the oldest value, and predict again. Now the
# network lives on its own output, where mistakes could add up.

seen = past[cut : cut + 1]
told = []
with torch.no_grad():
    for _ in range(80):
        told.append(model(seen))
        seen = torch.cat([seen[:, 1:], told[-1].unsqueeze(2)], dim=1)
told = torch.cat(told).squeeze(1)
true = wave[cut + 20 : cut + 100]
plots.curves(
    {"wave": true, "network, on its own": told}, xlabel="step", ylabel="value"
)
distance = (told - true).abs()
print(f"distance after 1 step {distance[0]:.4f}, after 80 {distance[-1]:.4f}")
claim(distance.mean() < 0.2, "it stays near the wave on its own")

# %%
# The two lines lie on each other. A wave is kind to a short memory: two neighboring values determine the next. Most
# sequences are not so kind. In "the keys that I left on the table in the hall *are* gone", the verb depends on a word
# at the other end of the clause.
#
# ## How far back a gradient reaches
#
# A network can only learn to use an input if the gradient of the loss reaches it. So let us measure that: how much
# does the state after step T change if the input $k$ steps before it changes? On the way back, each step multiplies
# the gradient by the same matrix (and by the slope of the tanh, which is at most 1). Numbers that are multiplied again
# and again either fade or explode.
#
# Before the answer, the two other cells, which were invented for exactly this.
#
# The **LSTM** keeps a second vector, the cell state $c$, and three gates. A gate is a sigmoid layer: numbers between 0
# and 1 that are multiplied by something, to let it through or not.
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t \qquad h_t = o_t \odot \tanh(c_t)$$
#
# The forget gate $f$ says how much of each old number stays, the input gate $i$ how much of the new proposal $g$ is
# written, and the output gate $o$ what is shown. The four come from four layers of the kind above, a tanh for $g$.
# Note what happens to $c$ from step to step: it is multiplied by $f$, number by number. If $f$ is 1, nothing is lost.


def lstm_cell(x, state, w):
    h, c = state
    reading = x @ w["weight_ih_l0"].T + w["bias_ih_l0"]
    remembering = h @ w["weight_hh_l0"].T + w["bias_hh_l0"]
    i, f, g, o = (reading + remembering).chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


layer = nn.LSTM(4, 5, batch_first=True).double()
ours, (h, c) = run(lstm_cell, x, (h_0, h_0), dict(layer.named_parameters()))
out, (h_n, c_n) = layer(x)
print(f"LSTM, largest difference: {(ours - out).abs().max():.1e}")
torch.testing.assert_close(ours, out, atol=1e-12, rtol=0)
torch.testing.assert_close(c, c_n[0], atol=1e-12, rtol=0)

# %%
# The **GRU** does it with one state and two gates. The update gate $z$ mixes old and new, so that what is kept and
# what is written always add up to one. The reset gate $r$ decides how much of the old state the proposal $n$ may see:
#
# $$n_t = \tanh(W_{in} x_t + b_{in} + r_t \odot (W_{hn} h_{t-1} + b_{hn})) \qquad
# h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}$$


def gru_cell(x, state, w):
    (h,) = state
    reading = x @ w["weight_ih_l0"].T + w["bias_ih_l0"]
    remembering = h @ w["weight_hh_l0"].T + w["bias_hh_l0"]
    r_x, z_x, n_x = reading.chunk(3, dim=1)
    r_h, z_h, n_h = remembering.chunk(3, dim=1)
    z = (z_x + z_h).sigmoid()
    n = torch.tanh(n_x + (r_x + r_h).sigmoid() * n_h)
    return ((1 - z) * n + z * h,)


layer = nn.GRU(4, 5, batch_first=True).double()
ours, _ = run(gru_cell, x, (h_0,), dict(layer.named_parameters()))
out, _ = layer(x)
print(f"GRU, largest difference: {(ours - out).abs().max():.1e}")
torch.testing.assert_close(ours, out, atol=1e-12, rtol=0)

# %%
# In the paper that introduced the GRU, $r$ is multiplied by $h_{t-1}$ *before* the matrix. PyTorch multiplies after
# it, as you see above. If you port weights from another library, check which of the two it uses: the shapes agree
# either way.
#
# ??? info "All the equations, other names, and peepholes"
#     Each gate of the LSTM is a sigmoid layer with weights of its own, and the proposal is a tanh layer:
#
#     $$i_t, f_t, o_t = \sigma(W x_t + b + U h_{t-1} + c) \qquad g_t = \tanh(W x_t + b + U h_{t-1} + c)$$
#
#     with a different $W, b, U, c$ for each of the four. The gates $r$ and $z$ of the GRU look the same. Some courses
#     name them by their work: the *forget gate* is $f \odot c$, the *learn gate* $i \odot g$, the *remember gate* their
#     sum, the new $c$, and the *use gate* $o \odot \tanh c$. Leave aside that the gates depend on $h$: then one step
#     multiplies the gradient of $c$ by $f_t$, and many steps by the product of their $f_t$. A **peephole** lets a gate
#     see the cell state, too: $f_t = \sigma(\dots + p \odot c_{t-1})$. `nn.LSTM` has none; our `lstm_cell` would need
#     one more term.
#
# !!! quiz "Which gate remembers"
#     An LSTM must carry one number of its cell state unchanged over the next 100 steps. What must its gates for that
#     number be?
#
#     - [x] The forget gate near 1 and the input gate near 0.
#       > Then $c_t = c_{t-1}$. The output gate only decides who may see it.
#     - [ ] The forget gate near 0 and the input gate near 1.
#       > Then the number is replaced at every step. The forget gate would better be called the keep gate.
#     - [ ] All three near 1.
#       > The old number would stay, and at each step a proposal would be added to it.
#     - [ ] The output gate near 1; the other two do not matter.
#       > It shows the number. Whether there still is one is up to the other two.
#
# Now the measurement. Four fresh networks read noise, and we ask autograd how strongly the last state depends on the
# input $k$ steps back. The fourth is an LSTM whose forget gate starts nearly open: we add 4 to its bias, and
# $\operatorname{sigmoid}(4) = 0.982$.


def open_forget_gate(lstm, bias=4.0):
    with torch.no_grad():  # the order of the four parts is i, f, g, o
        lstm.bias_ih_l0[hidden : 2 * hidden] += bias
    return lstm


def gradient_by_distance(cell):
    x = torch.randn(16, lag + 1, 5, requires_grad=True)
    out, _ = cell(x)
    out[:, -1].sum().backward()
    return x.grad.norm(dim=2).mean(dim=0).flip(0)  # [lag + 1], 0 is the end


def fresh(name):
    kind = {"RNN": nn.RNN, "GRU": nn.GRU}.get(name, nn.LSTM)
    cell = kind(5, hidden, batch_first=True)
    return open_forget_gate(cell) if name == "LSTM, open" else cell


runtime.seed(27)
names = ["RNN", "GRU", "LSTM", "LSTM, open"]
reach = {name: gradient_by_distance(fresh(name)) for name in names}
plots.curves(
    reach, xlabel="steps between input and state", ylabel="gradient", logy=True
)
for name, values in reach.items():
    print(f"{name:10}  {values[lag] / values[0]:.0e} of it left after {lag}")
left = {name: values[lag] / values[0] for name, values in reach.items()}
assert max(left["RNN"], left["GRU"], left["LSTM"]) < 1e-3
assert left["LSTM, open"] > 0.1

# %%
# In the first three, the gradient from 50 steps back is a tiny fraction of the one from the last step. That is the
# *vanishing gradient*. And it is true of the LSTM as well, as long as its forget gate starts half open: $0.5^{50}$ is
# less than $10^{-15}$. An LSTM *can* keep a number; whether it starts out doing so is up to one bias.
#
# !!! quiz "Half-lives"
#     A forget gate stands at 0.9 in each of 50 steps. What share of a number in the cell state is left?
#
#     - [=] 0.005 ± 0.001
#       > $0.9^{50} = 0.0052$: half a percent.
#     - [ ] 0.9
#       > That is what one step leaves.
#     - [ ] 0.45
#       > Each step keeps 90% of what the step before it left: it is a power, not a product.
#     - [ ] anything else
#       > Multiply 0.9 by itself, 50 times.
#
# ## A memory of 50 steps
#
# Now train them. At the first step a network reads one of four symbols (as a
# [one-hot](../1-foundations/02_data-as-tensors.py) vector), then 50 steps of noise, and at the end it must say which
# symbol it was. Guessing is right in one of four cases. Nothing but memory helps.


def recall_batch(batch_size, lag, generator):
    y = torch.randint(4, (batch_size,), generator=generator)
    x = torch.zeros(batch_size, lag + 1, 5)
    x[:, 0, :4] = F.one_hot(y, 4).float()
    x[:, 1:, 4] = torch.randn(batch_size, lag, generator=generator)
    return x.to(device), y.to(device)


def train_to_recall(name, seed):
    runtime.seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = Reader(nn.RNN, 5, 4)
    model.cell = fresh(name)
    model.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    for _ in range(steps(400)):
        x, y = recall_batch(64, lag, generator)
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model


@torch.no_grad()
def recall(model, lag=lag):
    x, y = recall_batch(1000, lag, torch.Generator().manual_seed(1))
    return (model(x).argmax(dim=1) == y).float().mean().item()


contestants = ["RNN", "LSTM", "LSTM, open"]
trained = {
    name: [train_to_recall(name, seed) for seed in (27, 28, 29)]
    for name in contestants
}
score = {name: [recall(m) for m in models] for name, models in trained.items()}
for name, values in score.items():
    print(f"{name:10}", "  ".join(f"{value:.0%}" for value in values))
runtime.report("recall after 50 steps", min(score["LSTM, open"]))
claim(max(score["RNN"]) < 0.5, "the RNN stays near guessing")
claim(max(score["LSTM"]) < 0.5, "so does the plain LSTM")
claim(min(score["LSTM, open"]) > 0.95, "with an open gate all three recall")

# %%
# Three seeds each, the same data, the same number of steps. The plain RNN stays near guessing, and so does the LSTM as
# it comes out of the box; with the gate open it recalls from every seed. You will often read that the LSTM solved the
# vanishing gradient. It made a solution *possible*, and the start decides whether training finds it. If your sequences
# have a known length, a bias near its logarithm is a good start: $\ln 50 \approx 3.9$.
#
# What does the trained network do with its gates? Write out one sequence, step by step, with our own cell.

weights = dict(trained["LSTM, open"][0].cell.cpu().named_parameters())
x_one, _ = recall_batch(1, lag, torch.Generator().manual_seed(2))
x_one = x_one.cpu()
state = (torch.zeros(1, hidden), torch.zeros(1, hidden))
written = {"input gate": [], "forget gate": [], "size of the cell state": []}
with torch.no_grad():
    for x_t in x_one.unbind(dim=1):
        sums = F.linear(x_t, weights["weight_ih_l0"], weights["bias_ih_l0"])
        sums += F.linear(
            state[0], weights["weight_hh_l0"], weights["bias_hh_l0"]
        )
        i, f, _, _ = sums.chunk(4, dim=1)
        state = lstm_cell(x_t, state, weights)
        values = (i.sigmoid(), f.sigmoid(), state[1].abs())
        for series, value in zip(written.values(), values, strict=True):
            series.append(value.mean().item())
plots.curves(written, xlabel="step", ylabel="mean over the units")
kept = sum(written["forget gate"][1:]) / lag
print(f"forget gate after the symbol: {kept:.2f} on average")
claim(kept > 0.9, "the forget gate stays open")

# %%
# The forget gate stays open through the noise, so what the first step wrote is not erased. But the input gate stays
# half open: noise is added at every step, and the cell state grows. After 50 steps the symbol can still be read in it.
#
# ## When a gradient explodes
#
# Numbers that are multiplied again and again can also grow. Take an RNN with a ReLU, which lets large states pass, and
# make its recurrent weights four times as large: after 50 steps its gradient has a length that would ruin the network
# in a single optimizer step. The usual cure is **gradient clipping**: if the length of the whole gradient exceeds a
# limit, shrink all of it by one factor. The direction stays.

runtime.seed(27)
wild = nn.RNN(5, hidden, nonlinearity="relu", batch_first=True)
with torch.no_grad():
    wild.weight_hh_l0.mul_(4.0)
out, _ = wild(torch.randn(16, lag + 1, 5))
out[:, -1].mean().backward()
before = torch.cat([p.grad.flatten() for p in wild.parameters()])
length = nn.utils.clip_grad_norm_(wild.parameters(), max_norm=5.0)
after = torch.cat([p.grad.flatten() for p in wild.parameters()])
print(f"length before {length:.1e}, after {after.norm():.4f}")
assert length > 1e4 and after.norm() < 5.001
cosine = F.cosine_similarity(before.double(), after.double(), dim=0)
torch.testing.assert_close(cosine.item(), 1.0)

# %%
# `clip_grad_norm_` returns the length *before* it clipped: log it. It belongs between `backward()` and `step()`, as in
# the training above. Clipping cures the explosion. It does nothing for a gradient that vanished, since it only ever
# shrinks.
#
# !!! quiz "Clipping"
#     A gradient is $(12, -16)$, its length 20, and you clip at 5. What does the optimizer get?
#
#     - [x] $(3, -4)$
#       > One factor, $5 / 20$, for all numbers.
#     - [ ] $(5, -5)$
#       > That is clipping by value (`clip_grad_value_`), which changes the direction.
#     - [ ] $(12, -16)$, and the step is skipped
#       > Nothing is skipped. It is a shorter step.
#     - [ ] $(7, -11)$
#       > Nothing is subtracted; the gradient is scaled.
#
# ## Where it fails
#
# A memory that was trained for 50 steps does not last for any number of steps. Ask the same three networks later.

later = {}
for distance in (lag, 2 * lag, 4 * lag, 8 * lag):
    models = [model.to(device) for model in trained["LSTM, open"]]
    later[distance] = [recall(model, distance) for model in models]
    said = "  ".join(f"{value:.0%}" for value in later[distance])
    print(f"after {distance:3} steps: {said}")
claim(min(later[8 * lag]) <= min(later[lag]), "it is not better at 400 steps")

# %%
# After 50 steps the three are equal. Further out each has its own luck, because nothing in the training asked for
# more. An open gate is still not quite 1, a power finds every small difference, and the noise keeps adding up.
#
# The other limit is the walk itself: step 400 must wait for step 399, on any machine. To look back directly, without
# carrying everything through every step between, is the idea of attention, later in this part.
#
# ## Exercises
#
# [The workbook](27_recurrent-cells.exercises.py) has each of these as a cell with a gap, with a checker that tells you
# what is still wrong, hints, and a solution.
#
# <!-- press:exercises -->
#
# ## Read next
#
# The chain of factors that makes a gradient fade is the one of [backpropagation](../1-foundations/04_backprop.py); the
# same fading in depth instead of time, and its cure by the right start, is in [initialization and
# normalization](../2-training/14_init-normalization.py).
