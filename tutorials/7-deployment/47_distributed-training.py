# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["BK2e.16"]
# data = ["mnist"]
# minutes = 2
# metric = { name = "runs that agree with one process", unit = "", target = 4 }
# description = "Train in two processes: collectives by hand, DDP by torchrun, a killed process, and sharded weights."
# ///
"""
# Distributed training: two processes, one gradient

When one device is too slow or too small, several processes train one network
together. They share no variables; they send messages. Here two processes on
your own machine compute the same gradient as one process with the whole batch,
and you check it number by number.
"""

# %%
# Each process below holds one number: say, the gradient of a weight on its half of the batch. They replace it by the
# mean of both. The little program goes to a file, and *torchrun*, the launcher that comes with PyTorch, runs it twice.

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn

from kindling import plots, runtime

temporary = tempfile.TemporaryDirectory()  # gone when the program ends
folder = Path(temporary.name)
begin = """
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
"""
end = """
torch.save(found, f"found{rank}.pt")
dist.destroy_process_group()
"""


def launch(code, *options, fails=False):
    """Run code in two processes; return what they printed and found."""
    (folder / "worker.py").write_text(begin + code + end)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    torchrun += ["--local-addr=127.0.0.1", "--nproc-per-node=2", *options]
    run = subprocess.Popen(
        [*torchrun, "worker.py"],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        printed, _ = run.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        run.terminate()  # and torchrun ends its processes
        run.communicate()
        raise RuntimeError("It hangs. Is 127.0.0.1 open to it?") from None
    if (run.returncode != 0) != fails:
        raise RuntimeError(f"It ended with {run.returncode}:\n{printed}")
    files = sorted(folder.glob("found*.pt")) if not fails else []
    return printed, [torch.load(file) for file in files]


if not (dist.is_available() and dist.is_gloo_available()):
    raise RuntimeError("This PyTorch lacks gloo: install it from its wheel.")
_, found = launch("""
gradient = torch.tensor([3.0 + 4 * rank])
found = {"before": gradient.clone()}
dist.all_reduce(gradient)  # now every process has the sum
found["after"] = gradient / size
""")
names = ["process 0, before", "process 1, before", "0, after", "1, after"]
values = [found[rank][when] for when in ("before", "after") for rank in (0, 1)]
plots.bars(names, torch.cat(values), xlabel="gradient of a weight")
assert torch.cat(values).tolist() == [3, 7, 5, 5]

# %%
# Both processes ran the same file. What differs is the **rank**, a number from 0 up that torchrun gives to each; the
# number of processes is the **world size**. `init_process_group` lets them find each other. "gloo" is the library that
# carries messages between CPUs; between NVIDIA GPUs it is "nccl", and each process moves its model and its batches to
# the GPU that `LOCAL_RANK` names.
#
# You will build the sum over all processes from plain sending and receiving; train with `DistributedDataParallel` and
# compare with one process; see what happens to uneven data and to a run in which one process is killed; and split the
# weights themselves, as you must when a network does not fit into one device.
#
# ## Messages to all
#
# An operation that all processes call together is a **collective**. Four of them carry nearly all of distributed
# training. One trap first: *every* process has to call them, in the same order. A collective inside `if rank == 0:`
# waits for a partner that never comes.
#
# The file below calls the four. Then it builds the second by hand. The obvious way is to send everything to process 0,
# which adds up and sends the sum back; but then process 0 has to receive from all the others. The usual way is a ring.
# Each process cuts its numbers into as many pieces as there are processes, and sends one piece to its right neighbor.
# It adds what comes from the left to its own piece, and passes that on in the next step. Once each piece has been all
# around, it is complete somewhere, and a second round hands out the complete pieces.

_, found = launch("""
own = torch.arange(4.0) + 10 * rank
found = {"own": own}

x = own.clone()
dist.broadcast(x, src=0)
found["broadcast"] = x

x = own.clone()
dist.all_reduce(x)
found["all_reduce"] = x

x = torch.empty(4 * size)
dist.all_gather_into_tensor(x, own)
found["all_gather"] = x

x = torch.empty(4 // size)
dist.reduce_scatter_tensor(x, own.clone())
found["reduce_scatter"] = x


def ring_all_reduce(x):
    pieces, sent = x.chunk(size), 0  # views of x
    right, left = (rank + 1) % size, (rank - 1) % size
    for step in range(2 * (size - 1)):
        leaving = pieces[(rank - step) % size]
        coming = pieces[(rank - step - 1) % size]
        parcel = torch.empty_like(coming)
        sending = dist.isend(leaving, right)  # does not wait
        dist.recv(parcel, left)
        sending.wait()
        if step < size - 1:
            coming.add_(parcel)  # first round: add up
        else:
            coming.copy_(parcel)  # second round: hand out
        sent += leaving.numel()
    return sent


x = own.clone()
found["sent"] = ring_all_reduce(x)
found["by hand"] = x
""")
for name in ("own", "broadcast", "all_reduce", "all_gather", "reduce_scatter"):
    for rank in (0, 1):
        print(f"{name:14} {rank}: {found[rank][name].int().tolist()}")

# %%
# Read the table by what is in each process at the end:
#
# - `broadcast`: a copy of what process 0 had. This is how a run begins, so that all start with equal weights.
# - **all-reduce**: the sum of all, in all.
# - `all_gather`: everything, side by side.
# - `reduce_scatter`: the sum again, and each process gets only its own piece of it.
#
# The two rounds of the ring are the last two in reverse order: a `reduce_scatter`, then an `all_gather`. Is it right,
# and what does it cost? With $n$ processes and $N$ numbers, each sends $2 (n - 1)$ pieces of $N / n$.

for rank in (0, 1):
    assert torch.equal(found[rank]["by hand"], found[rank]["all_reduce"])
    assert found[rank]["sent"] == 2 * (2 - 1) * 4 / 2
for n in (2, 8, 64, 1024):
    print(f"{n:4} processes: each sends {2 * (n - 1) / n:.2f} N numbers")

# %%
# However many processes there are, each sends less than twice its numbers. The number of *steps* does grow with
# them, so large clusters combine rings with trees.
#
# !!! quiz "Traffic of a ring"
#     A network has a million parameters. How many numbers does each of *four* processes send in one ring all-reduce?
#
#     - [=] 1,500,000
#       > Six steps, with a quarter of a million in each.
#     - [ ] anything else
#       > Count the steps, $2 (n - 1)$; in each, a process sends one of $n$ pieces.
#
# ## The whole batch, in halves
#
# Now a network, the digits, and the rule that makes it work. The loss is a mean over the batch. Cut a batch of 128 in
# two halves of 64: the mean of the two half means is the mean of the whole. What is true of the loss is true of its
# gradient. So let each process compute the gradient of its half, take the mean by an all-reduce, and every process has
# the gradient of the whole batch.

(folder / "task.py").write_text("""
import torch
from torch import nn


def network():
    torch.manual_seed(47)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)
    )
""")
sys.path.insert(0, str(folder))
from task import network

begin += """
import time

import torch.nn.functional as F
from task import network
from torch.nn.parallel import DistributedDataParallel

x, y = torch.load("digits.pt")
"""

from kindling.data import mnist
from kindling.models import count_parameters

digits = mnist("train")
x, y = digits[torch.arange(6400) % len(digits)]  # a smoke run has few
torch.save((x, y), folder / "digits.pt")
numbers = count_parameters(network())
print(f"{len(x)} digits; {numbers:,} parameters")

# %%
# First one process, as a reference: two epochs in batches of 128, each in its own order. The order comes from the
# number of the epoch, so that others can repeat it.

import time

import torch.nn.functional as F


def alone(batches):
    """Train one process on these batches of indices; return model and loss."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for batch in batches:
        loss = F.cross_entropy(model(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model, loss.item()


def gradient_of(batch):
    """The gradient of the untrained network for the whole batch."""
    model = network()
    F.cross_entropy(model(x[batch]), y[batch]).backward()
    return [p.grad for p in model.parameters()]


batches = []
for epoch in (0, 1):
    order = torch.Generator().manual_seed(epoch)
    batches += torch.randperm(len(x), generator=order).split(128)
began = time.perf_counter()
model, last_loss = alone(batches)
one_process = (time.perf_counter() - began) / len(batches)
print(f"{len(batches)} steps, last loss {last_loss:.3f}")

# %%
# Now two processes, in batches of 64 each. Three lines are new. **`DistributedDataParallel`** (DDP) wraps the network:
# it broadcasts the weights of process 0, and during `backward` it takes the mean of all gradients. In a larger network
# it does not wait for the last of them: while the earlier layers still compute, the gradients of the later ones are on
# their way. `DistributedSampler` deals the examples out, every second one to each process. And `set_epoch` gives it the
# number of the epoch.

_, runs = launch("""
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

digits = TensorDataset(x, y)
sampler = DistributedSampler(digits)
loader = DataLoader(digits, batch_size=64, sampler=sampler)
model = DistributedDataParallel(network())
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

gradient = None
for epoch in (0, 1):
    sampler.set_epoch(epoch)
    for images, labels in loader:
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()  # here the processes talk
        if gradient is None:
            gradient = [p.grad.clone() for p in model.parameters()]
        optimizer.step()
weights = {name: w.clone() for name, w in model.state_dict().items()}


def step_seconds():  # fed from memory, as the single process is
    began = time.perf_counter()
    for k in range(rank, 100, 2):
        images, labels = x[64 * k : 64 * k + 64], y[64 * k : 64 * k + 64]
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (time.perf_counter() - began) / 50


found = {"gradient": gradient, "weights": weights, "step": step_seconds()}
with model.no_sync():  # the same work, without a message
    found["alone"] = step_seconds()
""")
apart = 0.0
for run in runs:
    torch.testing.assert_close(run["gradient"], gradient_of(batches[0]))
    for name, weight in model.state_dict().items():
        ours = run["weights"]["module." + name]
        torch.testing.assert_close(ours, weight, atol=1e-4, rtol=1e-3)
        apart = max(apart, (ours - weight).abs().max().item())
print(f"after 100 steps the weights differ by at most {apart:.0e}")

# %%
# The gradients are equal up to rounding, and so is the whole training: two processes with 64 images each *are* one
# process with 128. (Sums in another order round differently, so the last digits differ.) One thing to know before you
# save such a model: its weights are called `module.1.weight` and so on. Save `model.module.state_dict()`, from process
# 0 only, and anyone can load it.
#
# !!! quiz "Eight processes"
#     A recipe says: batch size 128, learning rate 0.1. You start it unchanged in eight processes. What happens?
#
#     - [ ] The same training as before, up to eight times as fast.
#       > For that each process would need a batch of 16.
#     - [x] Each step uses 1,024 images, so an epoch has fewer steps, and the rate may no longer fit.
#       > Larger batches mean fewer and less noisy steps. A usual first try is a larger rate, with a warm-up.
#     - [ ] Each process trains a network of its own, and the best one is kept.
#       > The all-reduce gives all of them the same gradient, so their weights stay equal.
#
# ## Who gets which example
#
# The sampler needs no network, so you can look at it here. Ten examples and three processes:

from torch.utils.data import DistributedSampler


def dealt(n, processes, epoch=0, shuffle=True):
    samplers = [
        DistributedSampler(range(n), processes, rank, shuffle=shuffle)
        for rank in range(processes)
    ]
    for sampler in samplers:
        sampler.set_epoch(epoch)
    return [list(sampler) for sampler in samplers]


print("in order:", dealt(10, 3, shuffle=False))
for epoch in (0, 1):
    print(f"epoch {epoch}: ", dealt(10, 3, epoch))
assert dealt(10, 3, 0) != dealt(10, 3, 1) and dealt(10, 3, 0) == dealt(10, 3, 0)
assert [i[-1] for i in dealt(10, 3, shuffle=False)] == [9, 0, 1]

# %%
# Two traps are in these lines. All processes draw the *same* permutation, from a seed and the number of the epoch, and
# each takes its share. Forget `set_epoch`, and every epoch has the order of epoch 0. Nothing warns you. And ten does
# not divide by three. Each process gets four, so two examples are dealt twice. In training that hardly matters. In
# evaluation it does: the accuracy counts them twice. Evaluate in one process, or leave out the copies.
#
# ## Did it pay?

step = {
    f"one process, {torch.get_num_threads()} threads": one_process,
    "two processes, one thread each": runs[0]["step"],
    "the same without messages": runs[0]["alone"],
}
plots.bars(
    list(step),
    [1000 * seconds for seconds in step.values()],
    xlabel="milliseconds for 128 digits",
)

# %%
# These bars come from the machine that made this page; yours will differ. Do not expect a gain here. One process
# spreads a large matrix product over the same cores, without any message. Two processes pay for messages.
#
# It pays when each process has a device of its own. Then compare two numbers: the time that one device needs for its
# share of the batch, and the time that the message takes, which is twice the bytes of the gradient divided by the
# speed of the slowest link. While `backward` takes longer than that, DDP hides the message behind it.
#
# ## Uneven data
#
# Let process 0 have five batches and process 1 only three. In the fourth step process 0 calls the all-reduce, and
# process 1 is already somewhere else. Nobody notices: process 0 waits. The only thing that ends it is a timeout, which
# is set to five seconds here; for gloo the default is half an hour.

uneven = """
from contextlib import nullcontext
from datetime import timedelta

group = dist.new_group(timeout=timedelta(seconds=5))
model = DistributedDataParallel(network(), process_group=group)
alone = network()
dist.barrier()  # begin together

with model.join() if JOIN else nullcontext():
    for k in range(5 if rank == 0 else 3):
        part = slice(128 * k + 64 * rank, 128 * k + 64 * rank + 64)
        images, labels = x[part], y[part]
        model.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        try:
            loss.backward()
        except RuntimeError as error:
            print(f"process {rank}, batch {k}: {error}"[:150], flush=True)
            raise SystemExit(1) from error
        if rank == 0:
            alone.zero_grad()
            F.cross_entropy(alone(images), labels).backward()
            pairs = zip(model.parameters(), alone.parameters())
            part = max((p.grad - q.grad / 2).abs().max() for p, q in pairs)
            print(f"batch {k}: {part:.0e} from half its own gradient")
if rank == 1 and not JOIN:
    time.sleep(60)  # busy with something else
found = {}
"""
printed, _ = launch("JOIN = False" + uneven, fails=True)
print(*[line for line in printed.splitlines() if "batch" in line], sep="\n")
assert "process 0, batch 3" in printed

# %%
# `model.join()` is made for this: a process that has run out of data joins in with zeros until the others are done.
# Here process 0 also compares each gradient with half of its own.

printed, _ = launch("JOIN = True" + uneven)
lines = [line for line in printed.splitlines() if line.startswith("batch")]
print(*lines, sep="\n")
far = [float(line.split()[2]) for line in lines]
assert min(far[:3]) > 1e-4 > 1e-6 > max(far[3:])

# %%
# In the first three batches the other process has its say. From the fourth on, the gradient is half of process 0's
# own: the mean of its gradient and zeros. So an image weighs the same as before, in a step that has only half as many.
#
# !!! quiz "Unequal batches"
#     In the last step process 0 has a batch of 64 images and process 1 one of 16. DDP takes the mean of the two
#     gradients. An image of process 1 counts how many times as much as one of process 0?
#
#     - [ ] 1
#       > That would need the mean over the 80 images. DDP takes the mean over two processes.
#     - [ ] 0.25
#       > The other way round: it shares the weight of its process with fewer others.
#     - [=] 4
#       > Each process has half of the weight. Split among 16 images, that is four times as much as among 64.
#     - [ ] anything else
#       > Half of the weight for each process, divided by its number of images. Compare the two.
#
# ## A process is killed
#
# Machines fail, and the more there are, the more often one does. torchrun cannot go on with the rest, since the others
# wait for messages, so it ends them all. (With `--max-restarts` it starts all again by itself.) What was learned is
# lost, except for what you wrote to a [checkpoint](../2-training/15_checkpoints.py). This script writes one after
# every second step, and process 1 kills itself once, after the fifth. Start it twice.

mortal = """
import os
import signal
from pathlib import Path

model, first = network(), 0
if Path("kept.pt").exists():
    first, weights = torch.load("kept.pt")
    model.load_state_dict(weights)
print(f"process {rank} begins at step {first}\\n", end="", flush=True)

together = DistributedDataParallel(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(first, 8):
    part = slice(128 * step + 64 * rank, 128 * step + 64 * rank + 64)
    loss = F.cross_entropy(together(x[part]), y[part])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if rank == 0 and step % 2 == 1:
        torch.save((step + 1, model.state_dict()), "new.pt")
        os.replace("new.pt", "kept.pt")  # whole or not at all
    if rank == 1 and step == 4 and first == 0:
        os.kill(os.getpid(), signal.SIGKILL)
found = model.state_dict()
"""
for attempt in (1, 2):
    printed, found = launch(mortal, fails=attempt == 1)
    begins = [line for line in printed.splitlines() if "begins" in line]
    print(f"attempt {attempt}:", ", ".join(sorted(begins)))
    assert attempt == 2 or "SIGKILL" in printed  # torchrun says so
assert len(begins) == 2 and begins[0].endswith("step 4")

steady, _ = alone(torch.arange(8 * 128).split(128))
for name, weight in steady.state_dict().items():
    torch.testing.assert_close(found[0][name], weight, atol=1e-5, rtol=1e-4)

# %%
# The first attempt begins at step 0. After the kill both begin again at step 4, where the last checkpoint was written;
# the fifth step is done twice. The end is what an undisturbed process gets, up to rounding.
#
# ## When the network does not fit
#
# DDP keeps everything in every process: weights, gradients, and two more numbers per weight for Adam. *Fully sharded
# data parallel* (FSDP) splits all of these: each process keeps a shard. When a layer is about to compute, an
# `all_gather` puts its weights together; afterward they are thrown away. After `backward`, a `reduce_scatter` leaves
# each process the part of the gradient that belongs to its shard.

_, found = launch("""
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

mesh = init_device_mesh("cpu", (size,))
model = network()
for layer in (model[1], model[3]):
    fully_shard(layer, mesh=mesh)
fully_shard(model, mesh=mesh)
optimizer = torch.optim.Adam(model.parameters())

part = slice(64 * rank, 64 * rank + 64)
F.cross_entropy(model(x[part]), y[part]).backward()
optimizer.step()
found = {
    "gradient": [p.grad.full_tensor() for p in model.parameters()],
    "numbers": sum(p.to_local().numel() for p in model.parameters()),
    "Adam": sum(
        entry[name].to_local().numel()
        for entry in optimizer.state.values()
        for name in ("exp_avg", "exp_avg_sq")
    ),
}
""")
for rank, shard in enumerate(found):
    print(f"process {rank} has {shard['numbers']:,} of {numbers:,} weights")
    print(f"and {shard['Adam']:,} numbers of Adam")
assert sum(shard["numbers"] for shard in found) == numbers
assert sum(shard["Adam"] for shard in found) == 2 * numbers

for shard in found:
    torch.testing.assert_close(shard["gradient"], gradient_of(slice(128)))

# %%
# Each process holds half of the weights and half of Adam's numbers; a shard is some rows of the matrix. The gradient
# is that of the whole batch again. The price is more messages: two gathers of the weights in a step, and the gradient.
#
# *Tensor parallelism* goes further: it splits the work inside a layer, so that not even one layer has to fit. The first
# process has half of the hidden units, and the columns of the next layer that read them. In the forward pass only the
# sum at the end needs a message. One process can check the arithmetic for both.

with torch.no_grad():
    _, first, _, second = model
    sums = []
    for half in (slice(0, 64), slice(64, 128)):  # one process each
        hidden = x[:128].flatten(1) @ first.weight[half].T + first.bias[half]
        sums.append(hidden.relu() @ second.weight[:, half].T)
    logits = sums[0] + sums[1] + second.bias  # the all-reduce; the bias once
    torch.testing.assert_close(logits, model(x[:128]), atol=1e-4, rtol=1e-4)

# %%
# So three things can be split: the batch (DDP), what is stored (FSDP), and the work in a layer (tensor parallelism). A
# fourth way puts the layers one after another on different devices, a *pipeline*. Large networks use them together.
#
# ## Where it fails
#
# "The same training as one process" rests on one condition: the loss is a mean over examples that do not see each
# other. [Batch normalization](../2-training/14_init-normalization.py) breaks it. Here is the test without any process:
# the mean of the gradients of two halves, against the gradient of the whole.


def difference(*layers):
    runtime.seed(47)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), *layers)
    gradients = []
    for part in (slice(0, 128), slice(0, 64), slice(64, 128)):
        net.zero_grad()
        F.cross_entropy(net(x[part]), y[part]).backward()
        gradients.append(net[1].weight.grad.clone())
    whole, a, b = gradients
    return ((a + b) / 2 - whole).norm() / whole.norm()


plain, with_norm = difference(), difference(nn.BatchNorm1d(32))
print(f"plain {plain:.0e}, with batch normalization {with_norm:.0e}")
assert plain < 1e-5
runtime.claim(with_norm > 1e-3, "the halves do not add up")
runtime.report("runs that agree with one process", 4)  # each asserted

# %%
# Each half is normalized by its own mean and spread, so the halves no longer add up. On GPUs
# `nn.SyncBatchNorm.convert_sync_batchnorm(model)` takes them over all processes.
#
# ## Exercises
#
# [The workbook](47_distributed-training.exercises.py) has a gap to fill for each of these, with hints and a checker.
#
# <!-- press:exercises -->
#
# ## Read next
#
# [A speed run](44_speed-run.py) shows how far one process gets before you need two.
