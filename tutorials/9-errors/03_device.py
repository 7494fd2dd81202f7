# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# minutes = 1
# description = "Twelve errors about devices and modules, each with its exact message, its cause and a fix that runs."
# ///
"""
# Errors: devices and modules

Two tensors can only meet where both of them live, and a module only knows the
parts that you have given it properly. Find your message below, with its cause
and a fix that runs. This page was made without a GPU. The device `meta`, on
which tensors have a shape but no numbers, plays its part: it makes the same
mistake fail, mostly in other words. The words of a GPU are in the headings.
"""

# %%
# `raises`, from the package, lets a cell fail on purpose. It checks that the error has exactly this class and
# this message, so if PyTorch changes its words, the page stops instead of telling you old ones.
#
# A message that only a GPU can raise is looked up instead: `printed` searches the installed files of PyTorch,
# the compiled ones included, for the fixed parts of the message. So the wording is that of the version named at
# the top of this page. The values in the braces, such as `cuda:0`, are examples.

import mmap
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from kindling.runtime import raises

# Other builds lack some of the files.
COMPLETE = torch.version.cuda is not None and sys.platform == "linux"


def printed(files, message, *values):
    paths = list(Path(torch.__file__).parent.glob(files))
    assert paths or not COMPLETE, f"no file of PyTorch is called {files}"
    for path in paths:
        with path.open("rb") as file:
            text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            for part in message.split("{}"):
                assert text.find(part.encode()) >= 0, f"{path.name}: {part}"
    print(message.format(*values))


# %%
# ## Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!
#
# You added, compared or otherwise combined two tensors, and one of them is not on the GPU (`RuntimeError`).
# Often it is the labels: they meet the logits in the loss. PyTorch 2.11 and 2.15 hold the same words. `meta`
# has its own.

printed(
    "lib/*torch_cpu*",
    "Expected all tensors to be on the same device, but found at least two "
    "devices, {} and {}!",
    "cuda:0",
    "cpu",
)
logits = torch.rand(3, 2, device="meta")
targets = torch.tensor([0, 1, 1])  # stayed behind
with raises(
    RuntimeError, "Tensor on device meta is not on the expected device cpu!"
):
    F.cross_entropy(logits, targets)

# %%
# PyTorch never moves a tensor by itself, as copies between devices are slow. Name the device once, and send the
# model and *every* tensor of a batch there. A module is moved in place, a tensor is not: `x.to(device)` alone
# changes nothing, you need `x = x.to(device)`.

device = torch.device("meta")
targets = targets.to(device)
assert F.cross_entropy(logits, targets).device == device

# %%
# ## Expected all tensors to be on the same device, but got mat1 is on cpu, different from other tensors on cuda:0
#
# You called a layer, and its weights are on another device than the batch (`RuntimeError`). `mat1` is the batch
# of a linear layer; other layers name other arguments, and the method follows in brackets. PyTorch 2.11 and
# 2.15 hold these words. Older versions may say "found at least two devices" here, too.

printed(
    "lib/*torch_cpu*",
    "Expected all tensors to be on the same device, but got {} is on {}, "
    "different from other tensors on {}",
    "mat1",
    "cpu",
    "cuda:0",
)
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
x = torch.rand(3, 4, device=device)  # the batch was moved, the model was not
with raises(
    RuntimeError, "Tensor on device cpu is not on the expected device meta!"
):
    model(x)

# %%
# Look for what stayed behind among the parameters, the buffers (such as the running means of batch
# normalization) and the tensors of the batch. This check names them all, so it belongs before the first step of
# a training.


def left_behind(device, model, **batch):
    place = torch.empty(0, device=device).device  # not "cuda" but cuda:0
    tensors = {
        **dict(model.named_parameters()),
        **dict(model.named_buffers()),
        **batch,
    }
    return [name for name, tensor in tensors.items() if tensor.device != place]


assert (
    len(left_behind(device, model, x=x)) == 4 + 5
)  # weights and biases; batch norm
model = model.to(device)
assert not left_behind(device, model, x=x, targets=targets) and model(
    x
).shape == (3, 2)
assert left_behind(device, model, x=x, targets=torch.tensor([0, 1, 1])) == [
    "targets"
]

# %%
# The check also guards rehearsals on `meta`, which does not fail everywhere that a GPU does. These three
# pass:

here, there = torch.rand(3, 3), torch.rand(3, 3, device="meta")
assert (here @ there).shape == (3, 3)
assert nn.Embedding(5, 2, device="meta")(torch.tensor([1])).shape == (1, 2)
conv = nn.Conv2d(in_channels=1, out_channels=2, kernel_size=3, device="meta")
images = torch.rand(1, 1, 8, 8)
assert conv(images).shape == (1, 2, 6, 6)
assert left_behind(device, conv, images=images) == [
    "images"
]  # the check sees it

# %%
# ## Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be the same
#
# You called a convolution on a GPU with a batch that is still on the CPU (`RuntimeError`). The other way round,
# the types change places. Read `torch.cuda` as "on the GPU"; `torch.FloatTensor` is an ordinary tensor. PyTorch
# 2.11 and 2.15 hold these words. When the batch is on the CPU, the message may go on: "or input should be a
# MKLDNN tensor and weight is a dense tensor". You need not care. On `meta` the call passes, as you saw.

printed(
    "lib/*torch_cpu*",
    "Input type ({}) and weight type ({}) should be the same",
    "torch.FloatTensor",
    "torch.cuda.FloatTensor",
)
assert left_behind(device, conv, images=images) == ["images"]

# %%
# Send the batch to where the weights are. Inside a function that gets only a model, ask the model.

device = next(conv.parameters()).device
assert not left_behind(device, conv, images=images.to(device))

# %%
# If the types differ in another word, as in "Input type (double) and bias type (float)", it is not the device:
# see [Errors: dtypes](02_dtype.py).
#
# ## CUDA error: device-side assert triggered
#
# An index was out of range, in code that runs on the GPU (`torch.AcceleratorError`, a `RuntimeError`). Mostly a
# target is not below the number of classes, or a token is not below the size of an embedding. The GPU works on
# while Python goes ahead, so the line that is shown may be an innocent one further down. Run the batch on the
# CPU: there, the same mistake has a message that you can read.

assert issubclass(torch.AcceleratorError, RuntimeError)
printed("lib/*torch_cuda.*", "CUDA error: {}", "device-side assert triggered")
printed("../nvidia/*/lib/*cudart*", "device-side assert triggered")
logits, targets = torch.rand(3, 4), torch.tensor([1, 3, 4])  # classes 0 to 3
with raises(IndexError, "Target 4 is out of bounds."):
    F.cross_entropy(logits, targets)

# %%
# Find out who is out of range: classes that were counted from 1, a label for "unknown", or a layer with too few
# outputs. Then restart Python. After this error every call to the GPU fails, in a notebook as well.

targets = targets - 1  # they were counted from 1
assert targets.min() >= 0 and targets.max() < logits.shape[1]
assert F.cross_entropy(logits, targets).isfinite()

# %%
# If it only happens on the GPU, start the program with `CUDA_LAUNCH_BLOCKING=1`: Python then waits for each
# step, and the line that is shown is the right one.
#
# ## Torch not compiled with CUDA enabled
#
# You asked for a GPU, by `device="cuda"` or `.cuda()`, and your PyTorch is a build for the CPU
# (`AssertionError`). On Windows the ordinary package usually is, and on a Mac it always is. The build on this
# page knows CUDA, and therefore says the same of XPU, the GPUs of Intel.

printed("cuda/__init__.py", "Torch not compiled with CUDA enabled")
with raises(AssertionError, "Torch not compiled with XPU enabled"):
    torch.rand(3, device="xpu")

# %%
# If you have an NVIDIA GPU, install a build for it; [CUDA is not
# available](../../docs/troubleshooting.md#cuda-is-not-available) tells how. If not, take what is there, in one
# line:

device = torch.accelerator.current_accelerator(
    check_available=True
) or torch.device("cpu")
assert torch.rand(3).to(device).device.type == device.type

# %%
# A build for CUDA on a machine without a GPU says "Found no NVIDIA driver on your system" (`RuntimeError`). The
# same line repairs that.
#
# ## CUDA out of memory. Tried to allocate 2.00 GiB
#
# The memory of the GPU is full (`torch.OutOfMemoryError`, a `RuntimeError`). Either one batch is too large, or
# something keeps alive what should be gone. Too much at once fails on a CPU as well:

printed(
    "lib/*c10_cuda*", "CUDA out of memory. Tried to allocate {}", "2.00 GiB"
)
assert issubclass(torch.OutOfMemoryError, RuntimeError)
with raises(RuntimeError, "[enforce fail at alloc_cpu.cpp"):
    torch.empty(2**50)  # four bytes each: 4 PiB

# %%
# A tensor on `meta` takes no memory, so it can tell beforehand what a result would take. Here 256 images are
# too many for 2 GiB, and half of them are not.

conv = nn.Conv2d(
    in_channels=3, out_channels=64, kernel_size=3, padding=1, device="meta"
)


def gibibytes(batch_size):
    maps = conv(torch.empty(batch_size, 3, 224, 224, device="meta"))
    return maps.nbytes / 2**30


print(
    f"256 images: {gibibytes(256):.2f} GiB, 128 images: {gibibytes(128):.2f} "
    "GiB"
)
assert gibibytes(256) > 2 > gibibytes(128)

# %%
# If it fails only after many batches, you probably add up losses. Each loss holds the graph of its batch, with
# all results inside it. Add the number instead.

weight = torch.ones(1, requires_grad=True)
total = sum((weight * n).sum() for n in range(3))
assert total.grad_fn is not None  # three graphs are still in memory
total = sum((weight * n).sum().item() for n in range(3))
assert total == 3.0  # a number, and no graph

# %%
# More to try, from half precision to other programs on the GPU, is under
# [CUDA out of memory](../../docs/troubleshooting.md#cuda-out-of-memory).
#
# ## Input and hidden tensors are not at the same device, found input tensor at cuda:0 and hidden tensor at cpu
#
# You made a new tensor inside your model, and it stayed on the CPU (`RuntimeError`). Here it is the first
# hidden state of a recurrent layer, and `meta` uses the same words.

gru = nn.GRU(input_size=4, hidden_size=8, device="meta")
steps = torch.rand(
    5, 3, 4, device="meta"
)  # five steps, three sequences, four features
with raises(
    RuntimeError,
    "Input and hidden tensors are not at the same device, found input tensor "
    "at meta and hidden tensor at cpu",
):
    gru(steps, torch.zeros(1, 3, 8))

# %%
# `torch.zeros` makes its tensor on the CPU, wherever the model may be. Make it where the input is.

hidden = torch.zeros(1, 3, 8, device=steps.device)
assert gru(steps, hidden)[0].shape == (5, 3, 8)

# %%
# If it is "Input and *parameter* tensors", the layer itself was left behind: move the model.
#
# ## can\'t convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.
#
# You wanted to plot or store a result that lives on an accelerator (`TypeError`).

probabilities = torch.rand(3, device="meta")
with raises(
    TypeError,
    "can't convert meta device type tensor to numpy. Use Tensor.cpu() to copy "
    "the tensor to host memory first.",
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
# for that begins with "Expected one of cpu, cuda". Best write no name at all: ask for what is there, as
# above.

assert (
    torch.device("cuda:0").index == 0
)  # only the name: nothing is moved there

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
