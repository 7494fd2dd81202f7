# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: eager or graph

Three tasks and an open question. A small graph stands ready: a node has a
`name` and its `parents`; those without parents are placeholders.
"""

from dataclasses import dataclass

import torch

from kindling.practice import check


@dataclass(frozen=True, eq=False)
class Node:
    name: str
    parents: tuple = ()


w, x, b = Node("w"), Node("x"), Node("b")
product = Node("×", (w, x))
neuron = Node("tanh", (Node("+", (product, b)),))
square = Node("×", (neuron, neuron))  # uses the neuron twice

# %%
# ## A function that listens
#
# Called with 3 and 4, this function says 50. Fix it so that it computes the long side of a right triangle from
# the legs that it is *given*.
#
# ??? hint
#     Where do `a` and `b` come from when the function runs?

a, b_leg = 30, 40


def hypotenuse(c1, c2):
    # gap
    #: return (a**2 + b_leg**2) ** 0.5
    return (c1**2 + c2**2) ** 0.5
    # end


check(
    "eager-or-graph/a-function-that-listens",
    hypotenuse,
    right=lambda c1, c2: abs(complex(c1, c2)),
    cases=[(3, 4), (5, 12), (30, 40)],
    mistakes={
        "it says 50 whatever you give it: it still reads the two numbers outside.": lambda c1, c2: (
            50.0
        ),
        "only one leg is read from the arguments, the other still comes from outside.": lambda c1, c2: (
            (c1**2 + 40**2) ** 0.5
        ),
        "this is the square of the long side. Take the root.": lambda c1, c2: (
            c1**2 + c2**2
        ),
        "this adds the legs. Square each of them before you add: the root of "
        "the squared sum is just the sum.": lambda c1, c2: c1 + c2,
    },
)

# %%
# A test with (30, 40) alone would have passed the broken function. Test with values that stand nowhere else.

# %%
# ## Count the operations
#
# Write a function that counts the operations of a graph: all nodes that have parents, each *once*, even when
# its result is used several times. The neuron $\tanh(wx + b)$ has three.
#
# ??? hint
#     Go from the output to its parents, to their parents, and so on. A function that calls itself does it well.
#
# ??? hint
#     `square` uses the neuron twice. Remember in a set which nodes you have seen.


def count_operations(output):
    """Count the nodes with parents that an output needs, itself included."""
    # gap
    seen = set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents:
                visit(parent)

    visit(output)
    return sum(len(node.parents) > 0 for node in seen)
    # end


def count_by_waiting_list(output):
    found, waiting = [], [output]
    while waiting:
        node = waiting.pop()
        if node.parents and node not in found:
            found.append(node)
            waiting += node.parents
    return len(found)


def count_paths(node):
    return bool(node.parents) + sum(
        count_paths(parent) for parent in node.parents
    )


def count_all(output):
    seen, waiting = set(), [output]
    while waiting:
        node = waiting.pop()
        seen.add(node)
        waiting += node.parents
    return len(seen)


check(
    "eager-or-graph/count-the-operations",
    count_operations,
    right=count_by_waiting_list,
    probe=lambda count: [
        int(count(output)) for output in (neuron, square, product, x)
    ],
    mistakes={
        "you count an operation again each time that its result is used. In `square` the neuron is used twice, "
        "but computed once.": count_paths,
        "you count the placeholders as well. They are filled in, not computed.": count_all,
        "you count only the output and its own parents. Go on to the parents of the parents.": lambda node: (
            bool(node.parents) + sum(bool(p.parents) for p in set(node.parents))
        ),
        "you left out the output itself.": lambda node: max(
            count_by_waiting_list(node) - 1, 0
        ),
    },
)

# %%
# Without the set, shared nodes would be counted along every path that leads to them. In a deep network there
# are more such paths than atoms, so every program that walks through graphs keeps such a set.

# %%
# ## As long as the data asks
#
# Write a function that doubles a tensor until its length (`x.norm()`) is at least 100, and returns it. How
# often depends on the data, so a graph drawn beforehand would need a special node. Here `while` will do, and
# the slope has to go through: do not change `x` in place.
#
# ??? hint
#     `while` asks a question before each round. Which one?
#
# ??? hint
#     `x = x * 2` makes a new tensor, and PyTorch notes the step. `x.item()` and `x.detach()` would cut the
#     record.


def doubled(x):
    """Double x until its norm is at least 100."""
    # gap
    while x.norm() < 100:
        x = x * 2
    return x
    # end


def values_and_slopes(function):
    """What the function gives for short, long and just long enough, and the slope of the sum."""
    found = []
    for numbers in ([3.0, 4.0], [200.0], [60.0, 80.0], [0.01, 0.0]):
        x = torch.tensor(numbers, requires_grad=True)
        y = function(x)
        slope = (
            torch.autograd.grad(y.sum(), x)[0]
            if y.requires_grad
            else torch.zeros_like(x)
        )
        found.append([y.detach(), slope])
    return found


check(
    "eager-or-graph/as-long-as-the-data-asks",
    doubled,
    right=lambda x: (
        x * 2.0 ** max(0, (100 / x.detach().norm()).log2().ceil().item())
    ),
    probe=values_and_slopes,
    mistakes={
        "it always doubles equally often. That is what a trace of one example would do; ask the data before each "
        "round.": lambda x: x * 2**5,
        "it doubles once too often: also what is long enough from the start.": lambda x: (
            x
            * 2.0
            ** (1 + max(0, (100 / x.detach().norm()).log2().ceil().item()))
        ),
        "the numbers are right, but the slope is lost: you detached the tensor from its record.": lambda x: (
            x.detach()
            * 2.0 ** max(0, (100 / x.detach().norm()).log2().ceil().item())
        ),
        "it doubles at most once: `if` asks a single time, `while` before each round.": lambda x: (
            x * 2 if x.norm() < 100 else x
        ),
    },
)

# %%
# The slope is two to the power of the number of rounds: each round is an ordinary multiplication in the graph
# of *this* run. For another input the graph is longer or shorter.

# %%
# ## A node that prints
#
# An open question. In the page's small library, write a function `peek(node, label)` that gives a new node:
# when the graph is *run* it prints the label and the value, and passes the value on. What does `merged` do with
# two peeks at the same node, and what with a peek whose result nobody uses? Why do compilers find printing
# hard?
