# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
#
# [tool.kindling]
# chapters = ["B5", "B6", "B7", "B8", "B11", "B12", "B13", "B14", "B15", "S3.2"]
# data = []
# minutes = 1
# metric = { name = "hypotenuse of 3 and 4", unit = "", target = 5, reference = "run now and run later" }
# description = "Run a formula now, or draw it first and run it later: static and dynamic graphs, built by hand."
# ///
"""
# Eager or graph: run it now, or draw it first

When you write `a * b`, does the machine multiply, or does it only write down
that it should? PyTorch multiplies. Other libraries wrote it down first, and so
does PyTorch when you compile. Here you build the kind that writes things down,
in some forty lines, get 5.0 from both, and find out what each of them can and
cannot do.
"""

# %%
# How long is the long side of a right triangle with legs 3 and 4? In Python you write the formula, and each operation
# is done when its line is reached. That is **eager execution**, also called immediate: in between you may look at
# everything.

import math
import operator
import traceback
import warnings

import matplotlib.pyplot as plt
import torch
from torch import fx, nn

from kindling.plots import COLORS, INK, show, style
from kindling.runtime import report

legs = (3.0, 4.0)
a, b = torch.tensor(legs)
sum_of_squares = a**2 + b**2
print("on the way:", sum_of_squares)
now = sum_of_squares**0.5
print("now:", now)
assert now == 5

# %%
# ## A function is not yet "later"
#
# You may read that a formula inside a function is deferred execution, because errors come when it is called and not
# when it is defined. That holds for every Python function. The difference that matters is another: does a call
# *compute*, or does it *describe*? The example that often goes with the sentence also has a bug: it ignores its
# arguments.

a, b = 30, 40


def careless(c1, c2):
    return (a**2 + b**2) ** 0.5  # reads a and b from outside


def hypotenuse(c1, c2):
    return (c1**2 + c2**2) ** 0.5


print("careless(3, 4)   =", careless(*legs))
print("hypotenuse(3, 4) =", hypotenuse(*legs))
assert careless(*legs) == 50 and hypotenuse(*legs) == 5

# %%
# ## Later: a graph in forty lines
#
# To describe a computation we need something that stands for a number which is not there yet. Call it a **node**. A
# *placeholder* is a node that will be filled in later. Add two nodes, and you get a third, which says: "add those two,
# when the time comes". Python lets a class decide what `+` means: that is **operator overloading**. So the formula may
# look exactly as before, and yet describe instead of compute.


class Node:
    """A number that is not there yet: an operation and what it applies to."""

    def __init__(self, name, action=None, parents=()):
        self.name, self.action, self.parents = name, action, parents

    def __repr__(self):
        return f"Node({self.name})"

    def __add__(self, other):
        return Node("+", operator.add, (self, as_node(other)))

    def __sub__(self, other):
        return Node("−", operator.sub, (self, as_node(other)))

    def __mul__(self, other):
        return Node("×", operator.mul, (self, as_node(other)))

    def __pow__(self, other):
        return Node("power", operator.pow, (self, as_node(other)))

    def __gt__(self, other):
        return Node(">", operator.gt, (self, as_node(other)))


def as_node(value):
    """Return a node as it is, and a number as a node that needs nobody."""
    return value if isinstance(value, Node) else Node(str(value), lambda: value)


def tanh(node):
    return Node("tanh", torch.tanh, (node,))


# %%
# That was describing. To run, put the nodes in an order in which each comes after those it needs, and go through them
# once. The values of the placeholders are given by name. (A dictionary serves here as a set that remembers its order.)


def order(output):
    """Return all nodes that an output needs, each after its parents."""
    found = {}

    def visit(node):
        if node not in found:
            for parent in node.parents:
                visit(parent)
            found[node] = None

    visit(output)
    return list(found)


def run(output, **given):
    """Compute an output from the values of the placeholders."""
    values = {}
    for node in order(output):
        if node.action is None:
            values[node] = given[node.name]
        else:
            given_to = (values[parent] for parent in node.parents)
            values[node] = node.action(*given_to)
    return values[output]


# %%
# Now call the very same function with placeholders. It computes nothing; it draws. This is **deferred execution**, and
# what it draws is a **computation graph**: operations as nodes, values flowing along the edges.

recipe = hypotenuse(Node("a"), Node("b"))
print("described:", recipe, "from", order(recipe))
later = run(recipe, a=torch.tensor(3.0), b=torch.tensor(4.0))
again = run(recipe, a=torch.tensor(5.0), b=torch.tensor(12.0))
print("run: ", later, " again, with 5 and 12:", again)
report("hypotenuse of 3 and 4", later)
assert now == later == 5 and again == 13

# %%
# That is how TensorFlow worked in its first version, and Theano before it: you drew a graph once, then handed it to a
# *session* that ran it. Since version 2 TensorFlow runs eagerly, too, unless you ask otherwise.
#
# !!! quiz "Print in a graph"
#     In a function that describes a graph, somebody adds `print(total)` to look for a bug. What do they see?
#
#     - [ ] The value of `total`, each time the graph runs.
#       > `print` is not a node. It is done while the graph is drawn and leaves no trace in it.
#     - [x] The node, once, when the graph is drawn.
#       > There is no number yet. To see one at run time, printing would have to be an operation of the graph.
#     - [ ] An error: nodes cannot be printed.
#       > Every Python object can. It is just not what they wanted to see.
#
# ## The graph of a neuron
#
# The building block of a network is the neuron: $a = \tanh(wx + b)$. ([Backpropagation](04_backprop.py) and
# [perceptrons](05_perceptrons.py) say why.) Here it is drawn before any number exists. A static graph has another
# charm: the *slope* can be worked out on paper as well, as more nodes. For a weight $w$ it is
#
# $$\frac{\partial a}{\partial w} = (1 - a^2)\,x.$$
#
# ??? info "Where this comes from"
#     The slope of $\tanh(u)$ is $1 - \tanh^2(u) = 1 - a^2$, that of $u = wx + b$ in $w$ is $x$; the chain rule
#     multiplies them. A library applies such rules to each node, from the output back, and adds the resulting nodes to
#     the graph.


def neuron(w, x, b):
    return tanh(w * x + b)


w, x, b = Node("w"), Node("x"), Node("b")
output = neuron(w, x, b)
slope = (as_node(1) - output * output) * x
operations = sum(len(node.parents) > 0 for node in order(output))
print(f"forward: {operations} operations;", order(output))

numbers = dict(zip("wxb", torch.tensor([0.8, 1.5, -0.5]), strict=True))
print(f"output {run(output, **numbers):.4f}")
print(f"slope in w {run(slope, **numbers):.4f}")
assert operations == 3

# %%
# To draw graphs, a general tool: names, edges, and a column for each node, one further right than the last of its
# parents. Sources are square, operations round.


def draw(ax, names, edges, title, marked=()):
    """Draw a graph from left to right, some nodes in orange."""
    column = []
    for i in range(len(names)):
        before = [column[a] for a, b in edges if b == i]
        column.append(1 + max(before, default=-1))
    place = {}
    for k in range(max(column) + 1):
        group = [i for i, c in enumerate(column) if c == k]
        for j, i in enumerate(group):
            place[i] = (k, (len(group) - 1) / 2 - j)
    for a, b in edges:
        bend = "arc3,rad=0.3" if column[b] - column[a] > 2 else "arc3"
        arrow = {"arrowstyle": "->", "color": INK, "connectionstyle": bend}
        arrow |= {"shrinkA": 13, "shrinkB": 13}
        ax.annotate("", place[b], place[a], arrowprops=arrow)
    for i, name in enumerate(names):
        shape = "round4" if any(b == i for _, b in edges) else "square"
        edge = COLORS[1] if i in marked else COLORS[0]
        box = {"boxstyle": f"{shape},pad=0.4", "fc": (edge, 0.15), "ec": edge}
        center = {"ha": "center", "va": "center", "fontsize": 9, "color": INK}
        ax.text(*place[i], name, bbox=box, **center)
    tall = max(abs(y) for _, y in place.values()) + 0.7
    ax.set(xlim=(-0.5, max(column) + 0.5), ylim=(-tall, tall))
    ax.set_title(title, fontsize=10)
    ax.axis("off")


def drawn(output):
    """Return names and edges of a graph of ours."""
    nodes = order(output)
    edges = [
        (nodes.index(p), i) for i, n in enumerate(nodes) for p in n.parents
    ]
    return [node.name for node in nodes], edges


# %%
# The static graph, complete with its slope, and not a number in it.

names, edges = drawn(slope)
before = set(order(output))
extra = [i for i, node in enumerate(order(slope)) if node not in before]
with style():
    fig, ax = plt.subplots(figsize=(6.4, 2.6))
title = "drawn before it runs: the neuron, and the slope in w (orange)"
draw(ax, names, edges, title, marked=extra)
show(
    fig,
    "A static graph from left to right. In blue w, x and b as squares, then "
    "multiply, add, tanh: the neuron. In "
    "orange, what is added for the slope: tanh times tanh, one minus that, "
    "times x. No node holds a number.",
)

# %%
# Check it against PyTorch, which never saw our rule.

leaf = torch.tensor(0.8, requires_grad=True)
torch.tanh(leaf * numbers["x"] + numbers["b"]).backward()
print(f"ours {run(slope, **numbers):.6f}, PyTorch's {leaf.grad:.6f}")
torch.testing.assert_close(run(slope, **numbers), leaf.grad)

# %%
# ## Which line raises, and when?
#
# Plant a mistake: add a row of three numbers to a row of two. First eager, then as a graph. A small tool runs a piece
# of code that must fail, and says in which function it stopped, and at which line.


def blamed(action):
    """Run what must fail; return the function and the line that stopped."""
    try:
        action()
    except RuntimeError as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return last.name, last.line
    raise AssertionError("nothing failed")


def bill(price, count, discount):
    total = price * count
    return total + discount  # the mistake: shapes differ


two, three = torch.ones(2), torch.ones(3)
eager_where = blamed(lambda: bill(two, two, three))
print("eager: stopped in", *eager_where, sep="  |  ")

invoice = bill(Node("price"), Node("count"), Node("discount"))  # no complaint
graph_where = blamed(lambda: run(invoice, price=two, count=two, discount=three))
print("graph: stopped in", *graph_where, sep="  |  ")
assert eager_where[0] == "bill" and graph_where[0] == "run"

# %%
# The eager error points at the line with the mistake, and a debugger put there shows the two tensors. The graph was
# drawn without complaint. It failed when it was *run*, in a line of the library that is right; the line that you have
# to fix is nowhere in the report. This decided the design of PyTorch. Its makers wanted you to `print` and to set
# breakpoints anywhere in a model. Plain Python costs some speed; to win most of it back, the work itself is done in
# C++.
#
# !!! quiz "Where the error shows"
#     A program first draws a graph in `build()`, then runs it in `train()`. In `build()` you typed `+` for `*`; the
#     shapes do not fit. When do you find out?
#
#     - [ ] In `build()`, at that line.
#       > In eager code it would be there. Here `build()` sees no shapes, only placeholders.
#     - [x] In `train()`, when that node is run.
#       > And the traceback points into the library, not to your line.
#     - [ ] Never: the graph is wrong but runs.
#       > If the shapes had fitted, yes. Then you would have no error at all, in either way.
#
# ## `if` in a graph
#
# Now a function with a fork: a number as it is if positive, else a tenth of it.


def leaky(x):
    if x > 0:
        return x
    return x * 0.1


print("eager:", leaky(torch.tensor(2.0)), leaky(torch.tensor(-2.0)))
forked = leaky(Node("x"))
wrong = run(forked, x=torch.tensor(-2.0))
print("graph:", wrong, "from", order(forked))
assert wrong == -2 and leaky(torch.tensor(-2.0)) == torch.tensor(-2.0) * 0.1

# %%
# The graph answers −2, and nobody complains. Python's own `if` cannot be overloaded: it asks whether the object
# `x > 0` is true. Ours is a node, and in Python an object is true unless it says otherwise. So the fork was taken
# *once*, while drawing, and the other branch is not in the graph at all. Within a graph a fork has to be a node that
# gets both branches and picks. The graph becomes a language of its own, with its own `if` and its own loops.


def where(condition, yes, no):
    return Node("where", torch.where, (condition, as_node(yes), as_node(no)))


x = Node("x")
fork = where(x > 0, x, x * 0.1)
for value in (2.0, -2.0):
    print(value, "->", run(fork, x=torch.tensor(value)).item())
    assert run(fork, x=torch.tensor(value)) == leaky(torch.tensor(value))

# %%
# PyTorch's own tool for drawing a graph with placeholders, `torch.fx`, stumbles here as well, only more loudly. In the
# neuron it finds our three operations. At the fork it refuses.


def torch_neuron(w, x, b):
    return torch.tanh(w * x + b)


captured = fx.symbolic_trace(torch_neuron).graph
print([f"{node.op}: {node.name}" for node in captured.nodes])
try:
    fx.symbolic_trace(leaky)
except fx.proxy.TraceError as refusal:
    print("TraceError:", refusal)
    refused = True
assert (
    refused and sum(node.op == "call_function" for node in captured.nodes) == 3
)

# %%
# !!! warning "You may read this elsewhere"
#     "Trace the model with `torch.jit.trace`." It records what one example run does, and at a fork it keeps the branch
#     that the example took. It is deprecated. Today write the fork as `torch.where`, which runs eagerly too, and
#     capture it with `torch.export`. The part on deployment has more about it.


class Leaky(nn.Module):
    def forward(self, x):
        return torch.where(x > 0, x, x * 0.1)


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    traced = torch.jit.trace(leaky, torch.tensor(2.0))
print("the old way warns:", sorted({w.category.__name__ for w in caught}))
negative = torch.tensor(-2.0)
exported = torch.export.export(Leaky(), (torch.tensor(2.0),)).module()
print(f"traced with 2, asked for −2: {traced(negative):.1f}")
print(f"exported with 2, the same:   {exported(negative):.1f}")
assert (
    caught and traced(negative) == -2 and exported(negative) == leaky(negative)
)

# %%
# ## Dynamic graphs: drawn while it runs
#
# For its slopes PyTorch needs a graph, too, but it draws while it computes: each operation leaves a node behind,
# `grad_fn`, which points to those before it. No placeholders, no session; the graph grows with the numbers. That is a
# **dynamic graph**, or *define by run*. We can walk along these pointers and draw what is there. (A leaf is a tensor
# that you made yourself.)


def recorded(output, leaves):
    """Return names and edges of the graph that PyTorch recorded."""
    named = {id(tensor): name for name, tensor in leaves.items()}
    names, edges, index = [], [], {}

    def visit(fn):
        if fn not in index:
            parents = [visit(each) for each, _ in fn.next_functions if each]
            index[fn] = len(names)
            leaf = getattr(fn, "variable", None)
            operation = fn.name().split("Backward")[0].lower()
            names.append(operation if leaf is None else named[id(leaf)])
            edges.extend((parent, index[fn]) for parent in parents)
        return index[fn]

    visit(output.grad_fn)
    return names, edges


# %%
# The neuron again, one line of Python after the other, with the graph as it stands after each.

w = torch.tensor(0.8, requires_grad=True)
b = torch.tensor(-0.5, requires_grad=True)
x = torch.tensor(1.5)
leaves = {"w": w, "b": b}
u = w * x
s = u + b
a = torch.tanh(s)

with style():
    fig, axes = plt.subplots(3, 1, figsize=(6.4, 5.6))
stages = {"u = w * x": u, "s = u + b": s, "a = tanh(s)": a}
for ax, (line, value) in zip(axes, stages.items(), strict=True):
    title = f"after  {line}  the number is there: {value.item():.3f}"
    draw(ax, *recorded(value, leaves), title)
    ax.set_xlim(-0.5, 3.5)
show(
    fig,
    "Three stages of a dynamic graph. After the first line: w into mul, "
    f"value {u.item():.3f}. After the second: "
    f"b joins by add, {s.item():.3f}. After the third: tanh is added, "
    f"{a.item():.3f}. The input x is not in the "
    "graph.",
)
assert sorted(recorded(a, leaves)[0]) == sorted(
    ["w", "mul", "b", "add", "tanh"]
)

# %%
# The operations are the same three as in the static graph. But each step has its number at once, and `x` is missing:
# nobody asked for its slope, so PyTorch does not record where it came from.
#
# ## Two inputs, two graphs
#
# Since the graph is drawn again at each run, it may be a different one each time. Python's own `if` is good enough.

forks = {}
for value in (2.0, -2.0):
    x = torch.tensor(value, requires_grad=True)
    start = x + 0  # a first operation, so that both graphs have one
    forks[value] = (*recorded(leaky(start), {"x": x}), leaky(start).item())

with style():
    fig, axes = plt.subplots(2, 1, figsize=(6.4, 2.4))
for ax, (value, (names, edges, answer)) in zip(
    axes, forks.items(), strict=True
):
    draw(ax, names, edges, f"leaky({value:g}) = {answer:g}")
    ax.set_xlim(-0.5, 2.5)
show(
    fig,
    "Two recorded graphs of the function leaky. For 2: x, then add. For −2: "
    "x, then add, then mul. "
    "The fork itself is in neither.",
)
assert len(forks[-2.0][0]) == len(forks[2.0][0]) + 1

# %%
# The same holds for loops. Here is a very old recipe for the square root: replace a guess by the mean of the guess and
# $x$ divided by the guess, until it no longer changes. How many rounds that takes depends on the number. In a static
# graph it would be a special node. Here it is `while`.


def root(x):
    """Return the square root, to a relative accuracy of 1e-5."""
    guess = (x + 1) / 2
    while (guess * guess - x).abs() > 1e-5 * x:
        guess = (guess + x / guess) / 2
    return guess


sizes = []
for value in (2.0, 100.0, 10_000.0):
    x = torch.tensor(value, dtype=torch.float64, requires_grad=True)
    y = root(x)
    sizes.append(len(recorded(y, {"x": x})[0]))
    y.backward()
    print(f"root({value:7g}) = {y:9.5f}, slope {x.grad:.6f}, nodes {sizes[-1]}")
    assert math.isclose(y.item(), math.sqrt(value), rel_tol=1e-3)
    assert math.isclose(x.grad, 0.5 / math.sqrt(value), rel_tol=1e-3)
assert sizes == sorted(set(sizes))  # more rounds, more nodes

# %%
# The slope comes out right through the whole loop, whatever its length. Dynamic graphs cannot do *more* than static
# ones, which get there with enough special nodes. They are easier to write, and to fix.
#
# !!! quiz "Graphs that change"
#     You call `root` twice, with 2 and then with 10,000, and call `backward()` on each result. Which are true?
#
#     - [x] The two recorded graphs differ in size.
#       > The second has more rounds, and each leaves nodes behind.
#     - [ ] The second call reuses the first graph, and stops where that one ended.
#       > That is what a trace of the first call would do. PyTorch draws a new graph at each run.
#     - [x] The comparison in `while` is no node of either graph.
#       > It gives a truth value for Python. No slope goes through it.
#
# ## What the drawing buys
#
# Why would anyone draw first? Because a whole can be tidied. The formula below says the same thing twice. Run eagerly,
# it computes the product twice: nobody knows, at the first, that a second will come. In a graph we can *merge* nodes
# that do the same to the same parents.


def merged(output):
    """Return an equal graph in which no operation is done twice."""
    kept, new = {}, {}
    for node in order(output):
        parents = tuple(new[parent] for parent in node.parents)
        key = (node.name, parents)
        new[node] = kept.setdefault(key, Node(node.name, node.action, parents))
    return new[output]


def wasteful(a, b, c):
    return (a * b + c) * (a * b + c)


def count(output):
    return sum(len(node.parents) > 0 for node in order(output))


drawing = wasteful(Node("a"), Node("b"), Node("c"))
tidy = merged(drawing)
given = dict(zip("abc", torch.tensor([2.0, 3.0, 4.0]), strict=True))
print(f"as written {count(drawing)} operations, tidied {count(tidy)}")
assert (count(drawing), count(tidy)) == (5, 3)
assert run(tidy, **given) == run(drawing, **given) == wasteful(2.0, 3.0, 4.0)

# %%
# Real compilers do far more. They *fuse* neighbors, so that a product, a sum and a tanh read the memory once instead
# of three times; they plan memory; and a graph needs no Python, so it can be saved and run elsewhere.
#
# | | eager | graph |
# |---|---|---|
# | a mistake shows | at its line | when it is run, in the library |
# | `print`, debugger | anywhere | see nodes, no numbers |
# | `if`, `while` | Python's | special nodes |
# | sees the whole program | no | yes: merge, fuse, save |
#
# You do not have to choose one for good. Write eagerly, find your mistakes, and when it works hand the function to
# `torch.compile`. It draws graphs from your eager code, and where it cannot go on, at a fork for instance, it breaks
# off and lets Python decide.
#
# ## Where it fails
#
# A graph remembers what was there when it was drawn. A Python number that goes into it is **baked in**: change it
# later, and the graph still works with the old one, without an error.

rate = 0.5
scaled = Node("x") * rate  # rate is read now, not later
rate = 0.1
stale = run(scaled, x=torch.tensor(10.0))
eager = torch.tensor(10.0) * rate
print(f"the graph still multiplies by 0.5: {stale:g};  eager, now: {eager:g}")
assert stale == 5 and eager == 1

# %%
# In the same way a random number drawn while describing is the same in every run. If a compiled or exported model is
# stubborn, ask what was a number when it was drawn, and should have been an input. The dynamic graph has a price, too:
# it is kept as long as anything holds its result. Collect losses in a list as tensors, and all their graphs stay in
# memory. Collect `loss.item()`.
#
# ## Exercises
#
# [The workbook](03_eager-or-graph.exercises.py) has a gap to fill for each of these, with hints, a checker and a
# solution.
#
# <!-- press:exercises -->
#
# ## What to read next
#
# [Backpropagation](04_backprop.py) plays the recorded graph backwards. [Tensors](01_tensors.py) says what flows along
# the edges. In the part on deployment, an eager model becomes a graph that runs without Python.
