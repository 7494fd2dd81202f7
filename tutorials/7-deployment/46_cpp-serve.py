# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch", "cmake>=3.31", "fastapi", "ninja", "uvicorn"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["BK15", "BK2e.17", "S9", "R12", "R20"]
# data = ["mnist"]
# minutes = 4
# metric = { name = "times the throughput, 8 clients", unit = "", target = 2, reference = "one image at a time" }
# description = "A network in a C++ program without Python, and behind a server that answers many clients in batches."
# ///
"""
# C++ and a server

A trained network is of use once others can ask it. Here are two ways out of the
notebook. You build a program in C++ that names handwritten digits without any
Python, and a server that answers 32 clients at once. The page compiles both a
network and a program, so its run takes up to four minutes.
"""

# %%
# To make a network small, you can store its weights in [eight bits](45_export-compile.py), and turn them back into
# floats whenever they are used. How long does such a layer take for one image, and how long for a batch? Blue is one
# call for all images; orange is what as many calls of one image each would take.

from timeit import repeat

import torch
import torch.nn.functional as F

from kindling import plots, runtime

runtime.seed(46)
weight = torch.randn(2048, 2048)
scale = weight.abs().amax(dim=1, keepdim=True) / 127
integers = (weight / scale).round().to(torch.int8)


def layer(x):
    return F.linear(x, integers * scale)


def milliseconds(size):
    x = torch.rand(size, 2048)
    return 1000 * min(repeat(lambda: layer(x), number=1, repeat=9))


sizes = [1, 2, 4, 8, 16, 32]
together = [milliseconds(size) for size in sizes]
singly = [size * together[0] for size in sizes]
lines = {"one call for all": together, "a call for each": singly}
plots.curves(lines, x=sizes, xlabel="images", ylabel="milliseconds")
print(
    f"32 images in one call: {together[-1] / together[0]:.1f} times one image"
)
runtime.claim(together[-1] < singly[-1] / 4, "a batch is far cheaper")

# %%
# A call has a part that is the same for one image and for many: here, turning the bytes of all weights into floats.
# With one image, all that work is done for a single product with each weight. With 32 images it is done once as well.
# Large networks have such a part even without the bytes, because fetching all weights from memory takes longer than
# multiplying by them.
#
# Remember this gap. The second half of the page is about closing it. You will
#
# - compile the network to machine code, and call it from a program in C++,
# - put it behind a server, and measure what batches are worth to its clients,
# - send the server nonsense, send it too much, and kill it while it works.
#
# !!! quiz "Images in a second"
#     One image takes 10 ms, a batch of 32 takes 20 ms. How many images in a second does the network name in batches of
#     32?
#
#     - [ ] 100
#       > That is the rate of single images, one each 10 ms.
#     - [=] 1600
#       > 50 batches fit into a second, with 32 images each. Single images reach 100.
#     - [ ] 50
#       > That is the number of batches. Each of them holds 32 images.
#     - [ ] anything else
#       > How many batches fit into a second? Multiply by the images in each.
#
# ## A network to ship
#
# The network learns from some of the [digits](../2-training/10_first-network.py) for one epoch. Everything on this
# page runs on the CPU.

from kindling.data import batches, mnist
from kindling.models import mlp
from kindling.training import train_epoch

x_train, y_train = (part[:4000] for part in mnist("train").tensors)
x_val, y_val = (part[:1000] for part in mnist("val").tensors)
train = batches(x_train, y_train, 100, shuffle=True)
net = mlp([784, 2048, 2048, 10])
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
loss = train_epoch(net, train, optimizer)
print(f"mean loss while training: {loss:.2f}")

# %%
# Now each linear layer gives way to one that keeps its weights in a byte each. They become buffers: tensors that
# belong to the module, and that no optimizer moves.

from torch import nn


class Int8Linear(nn.Module):
    def __init__(self, layer):
        super().__init__()
        weight = layer.weight.detach()
        scale = weight.abs().amax(dim=1, keepdim=True) / 127
        integers = (weight / scale).round().to(torch.int8)
        self.register_buffer("integers", integers)
        self.register_buffer("scale", scale)
        self.register_buffer("bias", layer.bias.detach())

    def forward(self, x):
        return F.linear(x, self.integers * self.scale, self.bias)


for index, part in enumerate(net):
    if isinstance(part, nn.Linear):
        net[index] = Int8Linear(part)
print([type(part).__name__ for part in net.eval()])

# %%
# As in [compile and export](45_export-compile.py), the preprocessing goes into a module around the network. So the
# program takes bytes from 0 to 255 and returns probabilities, for a batch of any size. We also write some images to a
# file, as plain bytes, for programs that know nothing of PyTorch.

import tempfile
import time
from pathlib import Path

work = Path(tempfile.mkdtemp())


class Classifier(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, pixels):  # uint8 [B, 28, 28]
        return self.net(pixels.float() / 255).softmax(dim=1)


def right(model, pixels):
    with torch.inference_mode():
        return (model(pixels).argmax(dim=1) == y_val).float().mean().item()


pixels = (x_val * 255).round().to(torch.uint8).squeeze(1)
example = pixels[:8].clone()
shapes = ({0: torch.export.Dim("batch")},)
classifier = Classifier(net).eval()
program = torch.export.export(classifier, (example,), dynamic_shapes=shapes)
exported, images = work / "digits.pt2", work / "images.bin"
torch.export.save(program, exported)
images.write_bytes(pixels[:64].numpy().tobytes())
accuracy = right(classifier, pixels)
print(f"{accuracy:.1%} of the validation images are right")
print(f"{exported.name}: {exported.stat().st_size / 1e6:.0f} MB")
runtime.claim(accuracy > 0.75, "it has learned to read digits")

# %%
# ## From graph to machine code
#
# `torch.compile` writes and compiles a program when it is first called. **AOTInductor** is the same compiler, used
# *ahead of time*: it turns an exported program into a package, a file with the machine code and the weights in it. It
# needs a C++ compiler, and takes its time.

import logging
import os
import shutil
import sysconfig

from torch._inductor import aoti_compile_and_package, aoti_load_package

logging.disable(logging.WARNING)  # compilers log much; we read what we print


def tool(name):
    """The path of a program, from this environment or the system, or None."""
    places = [sysconfig.get_path("scripts"), *os.get_exec_path()]
    return shutil.which(name, path=os.pathsep.join(places))


compiler = tool("g++") or tool("clang++")
package = None
if compiler:
    start = time.perf_counter()
    package = aoti_compile_and_package(
        program, package_path=str(work / "compiled.pt2")
    )
    print(f"compiled in {time.perf_counter() - start:.0f} s")
else:
    print("no C++ compiler here (g++ or clang++): no package, no program")

# %%
# What is inside? A package is a zip file. Apart from notes of a few bytes, it holds these files.

import zipfile

if package:
    for item in zipfile.ZipFile(package).infolist():
        if item.file_size > 1000:
            print(f"{item.file_size:12,} bytes  {Path(item.filename).suffix}")

# %%
# The large file is a shared library, with the weights in it. Python can load a package as well. Does it agree with the
# network, for batches that it has not seen?

loaded = classifier
if package:
    loaded = aoti_load_package(package)
with torch.inference_mode():
    for size in (1, 7, 32):
        compiled, eager = loaded(pixels[:size]), classifier(pixels[:size])
        difference = (compiled - eager).abs().max().item()
        print(f"batch of {size:2}: largest difference {difference:.1e}")
        torch.testing.assert_close(compiled, eager, rtol=0, atol=1e-5)

# %%
# ## A program without Python
#
# A C++ program needs the package and PyTorch's libraries, which lie in the folder of the Python package: `libtorch` in
# all but name. Our program is `serving/main.cpp`, next to this script; the zip below the title of this page has it.
# This is its main function.

serving = Path(__file__).resolve().parent / "serving"
source = (serving / "main.cpp").read_text(encoding="utf-8")
print(source[source.index("int main") :])

# %%
# Reading the bytes and printing the rows are twenty lines more, all of them ordinary C++. `InferenceMode` is what you
# know from Python. `run` takes a list of tensors and returns one, because a network may have several inputs and
# outputs.
#
# How does the compiler find PyTorch? **CMake** is a program that finds libraries and writes the rules of a build.
# PyTorch comes with files for it: `torch.utils.cmake_prefix_path` says where they are, and `find_package` reads them.
# Here is our whole description of the build.

print((serving / "CMakeLists.txt").read_text(encoding="utf-8"))

# %%
# CMake runs twice, first to write the rules, then to follow them, which here is the work of `ninja`.

import subprocess
import sys


def run(*command):
    command = [str(part) for part in command]
    return subprocess.run(command, cwd=work, capture_output=True, text=True)


def build(folder):
    """Configure and compile; the path of the program."""
    settings = {
        "CMAKE_PREFIX_PATH": torch.utils.cmake_prefix_path,
        "CMAKE_MAKE_PROGRAM": tool("ninja"),
        "CMAKE_CXX_COMPILER": compiler,
        "CMAKE_BUILD_TYPE": "Release",
    }
    given = [f"-D{name}={value}" for name, value in settings.items()]
    cmake = tool("cmake")
    done = run(cmake, "-S", serving, "-B", folder, "-G", "Ninja", *given)
    assert done.returncode == 0, done.stderr
    done = run(cmake, "--build", folder)
    assert done.returncode == 0, done.stdout
    return folder / "classify"


missing = [name for name in ("cmake", "ninja") if not tool(name)]
classify = None
if package and not missing:
    start = time.perf_counter()
    classify = build(work / "build")
    print(f"built in {time.perf_counter() - start:.0f} s")
    print(f"{classify.name}: {classify.stat().st_size:,} bytes")
    assert b"libpython" not in classify.read_bytes()
else:
    print("not built; missing here:", *(missing or ["a C++ compiler"]))

# %%
# The program does not mention Python's library. Now four digits go in, and four lines come out: the digit, then ten
# probabilities. They must be those of Python.

four = work / "four.bin"
four.write_bytes(pixels[:4].numpy().tobytes())
with torch.inference_mode():
    expected = classifier(pixels[:4])
digits = expected.argmax(dim=1).tolist()
if classify:
    done = run(classify, package, four)
    rows = [line.split() for line in done.stdout.splitlines()]
    for row in rows:
        print(row[0], "with probability", row[1 + int(row[0])])
    digits = [int(row[0]) for row in rows]
    from_cpp = torch.tensor([[float(p) for p in row[1:]] for row in rows])
    torch.testing.assert_close(from_cpp, expected, rtol=0, atol=1e-5)
    print(f"largest difference {(from_cpp - expected).abs().max():.1e}")
assert digits == expected.argmax(dim=1).tolist()
plots.image_grid(
    pixels[:4],
    titles=[f"named {digit}" for digit in digits],
    columns=4,
    alt=f"Four handwritten digits, named {', '.join(map(str, digits))}.",
)

# %%
# The same forty numbers, from two languages. And if the file is not what the program expects?

if classify:
    (work / "note.txt").write_text("not an image", encoding="utf-8")
    done = run(classify, package, "note.txt")
    print(done.stderr, end="")
    assert done.returncode == 1 and "28 x 28" in done.stderr

# %%
# !!! quiz "What the other machine needs"
#     You copy the program to a machine of the same kind, to run it there. What else has to be on it?
#
#     - [ ] Python, with the class `Classifier`.
#       > The graph was recorded and compiled. The class was needed for recording only.
#     - [x] The package.
#       > It has the machine code of the network, and the weights.
#     - [x] PyTorch's C++ libraries.
#       > The program calls them, for tensors and for loading. They are files next to PyTorch's Python code.
#     - [ ] A C++ compiler.
#       > It has done its work.
#
# ## What runs where
#
# An exported program is the start of several roads. This page takes the first two.
#
# | where | what you send | what runs it | mind that |
# |---|---|---|---|
# | server, in Python | the file of `torch.export.save` | PyTorch | it is the easiest to change |
# | server or desktop, in C++ | a package of AOTInductor | PyTorch's C++ libraries | made for one kind of processor |
# | phone, small device | a `.pte` file | the runtime of ExecuTorch | not every operator has a kernel there |
# | browser | an ONNX file | ONNX Runtime Web | every visitor downloads the weights |
# | other languages and runtimes | an ONNX file | ONNX Runtime, among others | compare its answers with yours |
#
# **ExecuTorch** is a project of its own, which takes what `torch.export` returns and prepares it for a device. **ONNX**
# is a file format for networks; [compile and export](45_export-compile.py) says how to write it. For both, [fewer bits
# for each weight](45_export-compile.py) matter more than on a server, because the weights have to travel.
#
# ## A server
#
# Many programs that ask a network are neither in Python nor in C++. They send a request over HTTP, the language of web
# pages, and get an answer. `serving/server.py` is such a server. **FastAPI** checks each request and calls our
# function, and **uvicorn** speaks HTTP with the clients. The network comes from the exported file; no class is needed.

import atexit
import json
from http.client import HTTPConnection


def serve(*options):
    """Start server.py; return its process and its port."""
    command = [sys.executable, serving / "server.py", exported, *options]
    process = subprocess.Popen(
        [str(part) for part in command],
        env=os.environ | {"OMP_NUM_THREADS": "1"},  # a core for the network
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.kill)  # never leave one behind
    return process, int(process.stdout.readline().split()[-1])


def ask(port, question):
    connection = HTTPConnection("127.0.0.1", port)
    kind = {"Content-Type": "application/json"}
    connection.request("POST", "/classify", json.dumps(question), kind)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


batching, batching_port = serve("--max-batch", 32, "--max-wait", 2)
question = {"pixels": pixels[0].flatten().tolist()}
status, answer = ask(batching_port, question)
print(status, answer)
assert status == 200 and answer["digit"] == expected.argmax(dim=1)[0]
assert abs(answer["probability"] - expected[0].max().item()) < 1e-5

# %%
# The address 127.0.0.1 is this very machine, so no other machine can ask. Status 200 is HTTP's word for success. The
# last entry says how many images were in the batch: here, one.
#
# How can a server make batches, when each client sends one image? It keeps a queue. A task takes the first request
# from it, waits a moment for others, and hands all of them to the network at once.

source = (serving / "batching.py").read_text(encoding="utf-8")
loop = source[source.index("    async def work") :]
print(loop[: loop.index("    async def answer")].rstrip())

# %%
# `max_wait` is 2 ms here. It is short, because most of a batch gathers by itself, while the network is busy with the
# batch before. Each request has a *future*, a place for its answer. So every client gets the answer to its own image,
# however the batches fell.
#
# !!! quiz "Waiting for others"
#     The network needs 10 ms for an image. A single client asks a server with a `max_wait` of 50 ms, again and again,
#     one request at a time. How many milliseconds does it wait for an answer, not counting HTTP?
#
#     - [ ] 10
#       > The server does not know that nobody else will come. It waits first.
#     - [ ] 50
#       > After the wait the network still has to compute.
#     - [=] 60
#       > The full wait, in vain, and then the network. A long `max_wait` suits servers that are always busy.
#     - [ ] anything else
#       > Add up what happens to its request: the wait for others, then the network.
#
# ## Alone or together
#
# Two numbers describe a server. *Latency* is how long a client waits for its answer. *Throughput* is how many answers
# leave the server in a second. A second server, with `--max-batch 1`, answers one image at a time. `serving/client.py`
# plays the clients: each asks, waits for the answer, and asks again. The two servers take turns, so that whatever else
# this machine does hits both.

from statistics import median

alone, alone_port = serve("--max-batch", 1)
ports = {"one at a time": alone_port, "in batches": batching_port}
crowds = [1, 8, 32]


def load(port, clients, seconds=1):
    command = sys.executable, serving / "client.py", port, images
    return json.loads(
        run(*command, "--clients", clients, "--seconds", seconds).stdout
    )


seen = {(way, crowd): [] for way in ports for crowd in crowds}
for _ in range(runtime.steps(5, 1)):
    for way, crowd in seen:
        seen[way, crowd].append(load(ports[way], crowd))


def middle(way, crowd, name):
    return median(turn[name] for turn in seen[way, crowd])


print("clients  way            a second  median ms  95% ms  mean batch")
for way, crowd in seen:
    names = ("a second", "median ms", "95% ms", "mean batch")
    a, b, c, d = (middle(way, crowd, name) for name in names)
    print(f"{crowd:7}  {way:13} {a:9.0f} {b:10.1f} {c:7.1f} {d:11.1f}")
assert all(
    set(turn["statuses"]) == {"200"} for t in seen.values() for turn in t
)

# %%
# Each row is the median of the turns. (The column "95% ms" is the latency that 95% of the requests stay below.)

rates, waits = (
    {way: [middle(way, crowd, name) for crowd in crowds] for way in ports}
    for name in ("a second", "median ms")
)
plots.curves(rates, x=crowds, xlabel="clients", ylabel="answers in a second")
plots.curves(waits, x=crowds, xlabel="clients", ylabel="median latency (ms)")


def gain(crowd):
    """How many times the throughput batches give: the median turn."""
    turns = zip(*(seen[way, crowd] for way in ports), strict=True)
    return median(b["a second"] / a["a second"] for a, b in turns)


for crowd in crowds:
    print(f"{crowd:2} clients: {gain(crowd):.1f} times the throughput")
runtime.report("times the throughput, 8 clients", gain(8))
runtime.claim(gain(8) > 2, "batches at least double it for 8 clients")
runtime.claim(gain(32) > 2, "and for 32 clients")

# %%
# Without batches, more clients only make a longer queue: the latency grows with their number, and the throughput soon
# stays where it is. With batches the throughput grows along, and the latency stays low. A single client gains nothing:
# its batches hold one image, and it waits for others in vain.
#
# ## Wrong input
#
# A server must not trust what it is sent. FastAPI compares each request with a description of what is allowed. If it
# does not fit, it never reaches the network. The status is then 422, and our server adds a sentence that says what was
# wrong and what it expects.

wrong = [
    {"pixels": question["pixels"][:-1]},
    {"pixels": [256, *question["pixels"][1:]]},
    {"image": "a seven"},
]
for nonsense in wrong:
    status, answer = ask(batching_port, nonsense)
    print(status, answer["detail"])
    assert status == 422 and "784" in answer["detail"]
print(ask(batching_port, question)[0], "for a right question after that")

# %%
# ## Too many
#
# If requests come faster than the network can answer, the queue grows, and with it everyone's latency. In the end all
# clients have given up, and the server computes answers that nobody waits for. It is better to refuse at once. Ours
# lets only so many in, its `--capacity`; the others get status 503 without delay, and may come back later. Here 32
# clients meet a server for eight.

small, small_port = serve("--capacity", 8)
crowded = load(small_port, clients=32)
answered = crowded["statuses"].get("200", 0)
refused = crowded["statuses"].get("503", 0)
print(f"answered {answered:,}, refused {refused:,}")
print(f"median latency of the answered: {crowded['median ms']:.0f} ms")
assert answered and refused
assert set(crowded["statuses"]) == {"200", "503"}

# %%
# There are so many refusals because our clients are rude: they ask again at once. A polite client reads the header
# `Retry-After` of the answer and waits.
#
# !!! quiz "Refuse or keep?"
#     A server answers 100 requests a second. For one minute, 150 a second arrive. Nothing is refused, and every client
#     gives up after 5 s. What happens near the end of that minute?
#
#     - [ ] 100 of 150 clients are served in time, 50 are not.
#       > That is what refusals would give. Here all of them stand in the same queue.
#     - [x] Next to nobody is served in time.
#       > The queue has grown by 50 each second. After a minute it holds 3,000, which is a wait of 30 s.
#     - [ ] All are served, with a little delay.
#       > The queue grows as long as more arrive than leave.
#
# ## The end
#
# Servers are stopped all the time, for a new version for example. The system sends the signal SIGTERM, "please end". A
# good server then takes no new requests, finishes those that it has accepted, and exits. We stop ours under full load,
# in the middle of the work. The server counts what it accepted and what it answered; the clients count what they got.

command = [sys.executable, serving / "client.py", small_port, images]
crowd = subprocess.Popen(
    [*map(str, command), "--clients", "32", "--seconds", "30"],
    stdout=subprocess.PIPE,
    text=True,
)
time.sleep(1.5)
small.terminate()  # sends SIGTERM
told = json.loads(crowd.communicate()[0])["statuses"]
counts = small.communicate()[0].strip()
received = answered + told.get("200", 0)
print("the server:", counts)
print(f"the clients: received {received}, of which {received - answered} now")
assert counts == f"accepted {received}, answered {received}"
assert set(told) <= {"200", "503", "0"} and small.returncode == 0

# %%
# The three numbers agree: whatever was accepted was answered, and every answer arrived. (On Windows `terminate` kills
# at once. There, press Ctrl+C in the window of the server.) The other clients found the door closed; the counts say
# that none of their requests had been taken.
#
# ## Where it fails
#
# A compiled program trusts you. It checked that the file has 28 times 28 bytes for each image, and no more. What if
# another program writes images column by column?

upright, turned = right(loaded, pixels), right(loaded, pixels.mT.contiguous())
print(f"row by row: {upright:.1%} right, column by column: {turned:.1%} right")
runtime.claim(turned < upright - 0.2, "turned digits are misread")
for process in (alone, batching):
    process.terminate()
    process.wait()
shutil.rmtree(work, ignore_errors=True)

# %%
# No error, and wrong answers. So let a few known images travel with every package, and compare the answers at the
# other end, as we did with four digits. Three more limits:
#
# - A package is made for a version of PyTorch and for a kind of processor. Keep the exported program or, better, the
#   weights and the code, and compile again.
# - Our server has one process and no encryption, and it lets anyone in. In front of it belongs a program that takes
#   care of these things.
# - The gain from batches is that of this network on this machine. Where a call costs little compared with HTTP, there
#   is little to gain. Measure yours.
#
# ## Exercises
#
# [The workbook](46_cpp-serve.exercises.py) has a gap to fill for each of these, with hints, a checker and a solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Devices and timing](../2-training/18_devices-timing.py) shows how to measure one call with care. [Distributed
# training](47_distributed-training.py) lets several processes work on one network.
