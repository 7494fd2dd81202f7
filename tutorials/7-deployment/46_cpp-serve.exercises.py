# /// script
# requires-python = ">=3.11"
# dependencies = ["kindling-torch"]
#
# [tool.uv.sources]
# kindling-torch = { path = "../..", editable = true }
# ///
"""
# Exercises: C++ and a server

Three tasks and an open question: how large a batch must be, what a server says
to a request, and when its answers come.
"""

import math
from collections import deque

from kindling.practice import check

# %%
# ## A batch that keeps up
#
# A batch of $B$ images takes `base` + `each` · $B$ milliseconds: the weights have to be fetched once, and each image
# adds a little. Requests arrive at a `rate`, in images per second. Return the smallest batch size with which a server
# that answers full batches, one after another, keeps up with them, or `math.inf` if none does. All three are integers.
#
# ??? hint
#     In one second, which is 1000 ms, batches of size $B$ answer `1000 * B / (base + each * B)`
#     images. That must be at least `rate`.
#
# ??? hint
#     Bring all $B$ to one side: `B * (1000 - rate * each) >= rate * base`.
#     What if the bracket is not positive?
#
# ??? hint
#     `math.ceil` rounds up.


def smallest_batch(base, each, rate):
    """The smallest batch size that keeps up with the rate."""
    # gap
    spare = 1000 - rate * each
    if spare <= 0:
        return math.inf
    return math.ceil(rate * base / spare)
    # end


def by_trying(base, each, rate):
    for size in range(1, 2000):
        if 1000 * size >= rate * (base + each * size):
            return size
    return math.inf


def by_formula(rounding, spare=None, scale=1):
    def answer(base, each, rate):
        left = (spare or (lambda each, rate: 1000 - rate * each))(each, rate)
        return rounding(scale * rate * base / left) if left > 0 else math.inf

    return answer


check(
    "cpp-serve/a-batch-that-keeps-up",
    smallest_batch,
    right=by_trying,
    cases=[(8, 1, 100), (8, 1, 500), (8, 1, 900), (8, 1, 1000), (5, 2, 300)],
    mistakes={
        "with your size the server falls behind. Round up.": by_formula(
            math.floor
        ),
        "a batch that just keeps up is enough. You took one more.": by_formula(
            lambda size: math.floor(size) + 1
        ),
        "each image of the batch takes time as well, and you left that "
        "out.": by_formula(math.ceil, spare=lambda each, rate: 1000),
        "the times are in milliseconds and the rate is in seconds.": by_formula(
            math.ceil, scale=1000
        ),
        "if the images alone take the whole second, no batch is large enough: "
        "the answer is math.inf.": lambda base, each, rate: (
            math.ceil(rate * base / (1000 - rate * each))
            if rate * each != 1000
            else 0
        ),
    },
)

# %%
# Near the limit of `1000 / each` images a second, the size explodes: 8 is enough for 500, and for 900 it must be 72.
# And a larger batch means a longer wait for everyone in it. A server that is nearly full needs a second machine.

# %%
# ## What the server says
#
# A request comes in with a list of `pixels`, integers all of them. Return the status that a server gives: 422 if there
# are not exactly `size` pixels, or if one is outside 0 to 255; else 503 if as many requests are `inside` as its
# `capacity` allows; else 200. Wrong input is refused first, even by a server that is full.
#
# ??? hint
#     `all(0 <= pixel <= 255 for pixel in pixels)` looks at every pixel.
#
# ??? hint
#     If 8 are inside and the capacity is 8, there is no room for one more.


def status(pixels, size, inside, capacity):
    """422, 503 or 200."""
    # gap
    if len(pixels) != size or not all(0 <= pixel <= 255 for pixel in pixels):
        return 422
    return 503 if inside >= capacity else 200
    # end


def judged(fits, full=lambda inside, capacity: inside >= capacity):
    def answer(pixels, size, inside, capacity):
        if not fits(pixels, size):
            return 422
        return 503 if full(inside, capacity) else 200

    return answer


def sound(pixels, size):
    return len(pixels) == size and set(pixels) <= set(range(256))


check(
    "cpp-serve/what-the-server-says",
    status,
    right=judged(sound),
    cases=[
        ([0, 255, 3, 4], 4, 0, 8),
        ([0, 256, 3, 4], 4, 0, 8),
        ([0, 9, 3, -1], 4, 0, 8),
        ([1, 2, 3], 4, 0, 8),
        ([1, 2, 3, 4, 5], 4, 0, 8),
        ([1, 2, 3, 4], 4, 7, 8),
        ([1, 2, 3, 4], 4, 8, 8),
        ([1, 2, 3, 4], 4, 9, 8),
        ([1, 2, 3], 4, 8, 8),
    ],
    mistakes={
        "256 does not fit into a byte: 255 is the largest pixel.": judged(
            lambda p, size: len(p) == size and set(p) <= set(range(257))
        ),
        "255 is a pixel like any other, and you refuse it.": judged(
            lambda p, size: len(p) == size and set(p) <= set(range(255))
        ),
        "a pixel below 0 is wrong as well.": judged(
            lambda p, size: len(p) == size and max(p) < 256
        ),
        "you do not look at the number of pixels.": judged(
            lambda p, size: set(p) <= set(range(256))
        ),
        "too few pixels are refused, but too many are not.": judged(
            lambda p, size: len(p) >= size and set(p) <= set(range(256))
        ),
        "you do not look at the values of the pixels.": judged(
            lambda p, size: len(p) == size
        ),
        "with as many inside as the capacity, the server is full. You let one "
        "more in.": judged(sound, lambda inside, room: inside > room),
        "the last free place stays empty: you refuse one too early.": judged(
            sound, lambda inside, room: inside >= room - 1
        ),
        "you never refuse because the server is full.": judged(
            sound, lambda inside, room: False
        ),
        "a full server calls wrong input full, too. Look at the input "
        "first.": lambda pixels, size, inside, capacity: (
            503 if inside >= capacity else (200 if sound(pixels, size) else 422)
        ),
    },
)

# %%
# The order matters to the client. After a 503 it tries again later; after a 422 it must not, since the same request
# will be wrong tomorrow.

# %%
# ## When the answers come
#
# Requests arrive at the times in `arrivals`, in order, in milliseconds. When the server is free, it takes all that
# have arrived by then, `max_batch` at most, the earliest first; if nobody is there, it waits for the next one. It does
# not wait for more. A batch of $n$ takes `base` + `each` · $n$, and all of its answers come at its end. Return the
# times of all answers, in the order of the requests.
#
# ??? hint
#     Keep two things: the answers so far, and when the server is free. The next request is `arrivals[len(answers)]`.
#
# ??? hint
#     A batch starts at the later of two times: the server is free, and its first request has arrived.
#
# ??? hint
#     In the batch are those of the rest whose arrival is not later than the start.


def answer_times(arrivals, max_batch, base, each):
    """The time of each answer, in the order of the requests."""
    # gap
    answers, free = [], 0
    while len(answers) < len(arrivals):
        rest = arrivals[len(answers) :]
        start = max(free, rest[0])
        batch = [time for time in rest if time <= start][:max_batch]
        free = start + base + each * len(batch)
        answers += [free] * len(batch)
    return answers
    # end


def simulated(arrivals, max_batch, base, each, *, patient=True, full=False):
    """Tick by tick; not patient starts before anyone is there."""
    waiting, coming, answers = deque(), deque(arrivals), []
    now = free = 0
    while coming or waiting:
        while coming and coming[0] <= now:
            waiting.append(coming.popleft())
        if now >= free and waiting:
            wanted = min(max_batch, len(waiting) + len(coming))
            if not full or len(waiting) >= wanted:
                size = min(max_batch, len(waiting))
                for _ in range(size):
                    waiting.popleft()
                begin = now if patient else free
                free = begin + base + each * size
                answers += [free] * size
        now += 1
    return answers


check(
    "cpp-serve/when-the-answers-come",
    answer_times,
    right=simulated,
    cases=[
        ([0, 1, 2, 3, 30], 8, 10, 1),
        ([0, 0, 0, 0, 0], 2, 10, 1),
        ([5, 6, 7, 40], 4, 3, 2),
        ([0, 11, 11, 12], 8, 10, 1),
    ],
    mistakes={
        "this answers one request at a time. Take all that are "
        "waiting.": lambda a, m, b, e: simulated(a, 1, b, e),
        "you do not stop at max_batch.": lambda a, m, b, e: simulated(
            a, 100, b, e
        ),
        "you wait until the batch is full. This server takes whoever is "
        "there.": lambda a, m, b, e: simulated(a, m, b, e, full=True),
        "each image of a batch adds its own time; you left that "
        "out.": lambda a, m, b, e: simulated(a, m, b, 0),
        "the time of a batch has `base` in it, once.": lambda a, m, b, e: (
            simulated(a, m, 0, e)
        ),
        "these are the waits. The times on the clock were "
        "asked for.": lambda a, m, b, e: [
            end - begin
            for end, begin in zip(simulated(a, m, b, e), a, strict=True)
        ],
        "a batch cannot start before its first request has "
        "arrived.": lambda a, m, b, e: simulated(a, m, b, e, patient=False),
    },
)

# %%
# Look at the first case: the request at 0 is alone in its batch, and the three that came meanwhile share the next one.
# A busy server fills its batches without waiting, which is why `max_wait` may be short.

# %%
# ## A server of your own
#
# An open question. Export a network that you trained in an earlier lesson, and change `serving/server.py` so that it
# serves this one: what is a request, what is wrong input, and what is the answer? Measure it with 1, 8 and 32 clients,
# one at a time and in batches. Is the gain larger or smaller than in the tutorial, and can you say why? Then vary
# `--max-wait`. For which number of clients does a longer wait pay?
