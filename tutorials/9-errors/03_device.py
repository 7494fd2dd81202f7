# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# minutes = 1
# description = "Seven errors about devices and modules, each raised by code that runs, with its cause and fix."
# ///
"""
# Errors: devices and modules

Two tensors can only meet where both of them live, and a module only knows the parts that you have given it
properly. Find your message below: each one is raised on purpose, explained, and mended by code that runs. This page
was made without a GPU; the device `meta`, on which tensors have a shape but no numbers, plays its part. Where
this page says `meta`, your message says `cuda:0` or `mps`.
"""

# %%
# `raises`, from the package, lets a cell fail on purpose. It checks that the error has exactly this class and this
# message, so if PyTorch changes its words, the page stops instead of telling you old ones.

import torch
from kindling.runtime import raises
from torch import nn

# %%
# ## Tensor on device cpu is not on the expected device meta!
#
# You gave a batch on one device to a model on another (`RuntimeError`). On a GPU the same mistake often reads
# "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!".

model = nn.Linear(4, 2)
x = torch.rand(3, 4, device="meta")  # the batch was moved, the model was not
with raises(
    RuntimeError, "Tensor on device cpu is not on the expected device meta!"
):
    model(x)

# %%
# PyTorch never moves a tensor by itself, as copies between devices are slow. Name the device once, and send
# model *and* batch there.

device = torch.device("meta")
model = model.to(device)
assert model(x.to(device)).shape == (3, 2)

# %%
# A module is moved in place, a tensor is not: `x.to(device)` alone changes nothing, you need
# `x = x.to(device)`.
#
# ## Input and hidden tensors are not at the same device, found input tensor at meta and hidden tensor at cpu
#
# You made a new tensor inside your model, and it stayed on the CPU (`RuntimeError`). Here it is the first
# hidden state of a recurrent layer.

gru = nn.GRU(input_size=4, hidden_size=8, device="meta")
steps = torch.rand(
    5, 3, 4, device="meta"
)  # five steps, three sequences, four features
with raises(
    RuntimeError,
    "Input and hidden tensors are not at the same device, found input tensor at meta and hidden tensor at cpu",
):
    gru(steps, torch.zeros(1, 3, 8))

# %%
# `torch.zeros` makes its tensor on the CPU, wherever the model may be. Make it where the input is.

hidden = torch.zeros(1, 3, 8, device=steps.device)
assert gru(steps, hidden)[0].shape == (5, 3, 8)

# %%
# If it is "Input and *parameter* tensors", the layer itself was left behind: move the model.
#
# ## can\'t convert meta device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.
#
# You wanted to plot or store a result that lives on an accelerator (`TypeError`).

probabilities = torch.rand(3, device="meta")
with raises(
    TypeError,
    "can't convert meta device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.",
):
    probabilities.numpy()

# %%
# NumPy reads the memory of the computer, not that of a GPU. Come back to the CPU first; `detach` leaves the
# gradients behind. (A `meta` tensor has no numbers to bring back, so here the fix runs on a real one.)


def to_numpy(x):
    return x.detach().cpu().numpy()


assert to_numpy(torch.ones(3)).sum() == 3

# %%
# ## Invalid device string: \'cuda0\'
#
# You wrote the name of a device, and a colon is missing (`RuntimeError`).

with raises(RuntimeError, "Invalid device string: 'cuda0'"):
    torch.rand(3).to("cuda0")

# %%
# A device is a type, and perhaps a colon and a number: `cuda:0`. There is no type `gpu` either; the message
# for that begins with "Expected one of cpu, cuda". Best write no name at all, and ask for what is there.

assert (
    torch.device("cuda:0").index == 0
)  # only the name: nothing is moved there
device = torch.accelerator.current_accelerator(
    check_available=True
) or torch.device("cpu")
assert torch.rand(3).to(device).device.type == device.type

# %%
# ## cannot assign module before Module.\_\_init\_\_() call
#
# You wrote a model of your own, and its first layer would not go in (`AttributeError`).


class Forgetful(nn.Module):
    def __init__(self):
        self.head = nn.Linear(4, 2)


with raises(
    AttributeError, "cannot assign module before Module.__init__() call"
):
    Forgetful()

# %%
# `nn.Module` keeps a list of its layers, and its own `__init__` makes that list. Call it first.


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)


assert [name for name, _ in Classifier().named_parameters()] == [
    "head.weight",
    "head.bias",
]

# %%
# ## optimizer got an empty parameter list
#
# You built the optimizer, and the model had nothing to train (`ValueError`).


class Stack(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.layers = [nn.Linear(4, 4) for _ in range(depth)]


with raises(ValueError, "optimizer got an empty parameter list"):
    torch.optim.SGD(Stack(depth=3).parameters(), lr=0.1)

# %%
# A module does not look into plain Python lists, so it never learned of these layers: it would not train
# them, save them or move them to a GPU. `nn.ModuleList` is a list that it does look into.


class Tower(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(depth))


optimizer = torch.optim.SGD(Tower(depth=3).parameters(), lr=0.1)
assert (
    len(optimizer.param_groups[0]["params"]) == 6
)  # a weight and a bias for each layer

# %%
# The second cause is a generator that is used up: `parameters()` can be walked through once. Call it again,
# or keep `list(model.parameters())`.
#
# ## \'NoneType\' object has no attribute \'argmax\'
#
# You called your model, and it gave you nothing (`AttributeError`). The name at the end is whatever you did
# next; a loss says "must be Tensor, not NoneType".


class Silent(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        self.head(x)


with raises(AttributeError, "'NoneType' object has no attribute 'argmax'"):
    Silent()(torch.rand(3, 4)).argmax(dim=1)

# %%
# A Python function without `return` returns `None`, and `forward` is no exception.


class Outspoken(Silent):
    def forward(self, x):
        return self.head(x)


assert Outspoken()(torch.rand(3, 4)).argmax(dim=1).shape == (3,)
