"""The server of the lesson on deployment: asked from all sides, overloaded, asked nonsense, and killed."""

import asyncio
import importlib.util
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

SERVING = Path(__file__).parents[1] / "tutorials" / "7-deployment" / "serving"
CAPACITY = 8


# It stands in for network.py, which takes seconds to import torch: the digit is the last one of the first pixel.
START = """
import runpy, sys, types
network = types.ModuleType("network")
network.load = lambda path: lambda images: [(image[0] % 10, 1.0) for image in images]
sys.modules["network"] = network
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv.pop(0))
runpy.run_path(sys.path[0] + "/server.py", run_name="__main__")
"""


def image(first_pixel: int) -> dict:
    return {"pixels": [first_pixel] + [0] * 783}


def ask(port: int, question: object, path: str = "/classify") -> tuple[int, dict]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    body = question if isinstance(question, str) else json.dumps(question)
    connection.request("POST" if question else "GET", path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    said = json.loads(response.read())
    connection.close()
    return response.status, said


def ask_at_once(port: int, count: int) -> list[tuple[int, dict]]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda number: ask(port, image(number)), range(count)))


@contextmanager
def serving(max_wait: int):
    """A server that waits so many milliseconds for a batch to fill, and its port."""
    options = ["--max-wait", max_wait, "--capacity", CAPACITY]
    command = [sys.executable, "-c", START, SERVING, "server.py", "no program", *options]
    process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert line.startswith("listening on port "), process.stderr.read()
        yield process, int(line.split()[-1])
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def port():
    with serving(max_wait=1000) as (_, port):
        yield port


def test_everyone_gets_the_answer_to_their_own_image_from_a_shared_batch(port):
    answers = ask_at_once(port, CAPACITY)
    assert [status for status, _ in answers] == [200] * CAPACITY
    assert [answer["digit"] for _, answer in answers] == list(range(CAPACITY))
    assert max(answer["batch"] for _, answer in answers) > 1


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"pixels": [0] * 783}, "pixels: List should have at least 784"),
        ({"pixels": [0] * 785}, "pixels: List should have at most 784"),
        (image(256), "pixels.0: Input should be less than or equal to 255"),
        (image(-1), "pixels.0: Input should be greater than or equal to 0"),
        ({"pixels": ["dark"] * 784}, "pixels.0: Input should be a valid integer"),
        ({"image": [0] * 784}, "pixels: Field required"),
        ("no JSON", "JSON decode error"),
        ("[]", "Input should be"),
    ],
)
def test_wrong_input_gets_a_422_and_one_sentence_that_says_what_to_send(port, question, said):
    status, answer = ask(port, question)
    assert status == 422
    assert said in answer["detail"] and "784 integers from 0 to 255" in answer["detail"]
    assert len(answer["detail"]) < 200 and "\n" not in answer["detail"]


def test_who_comes_when_the_house_is_full_gets_a_503_and_the_others_their_answer(port):
    answers = ask_at_once(port, CAPACITY + 4)
    assert Counter(status for status, _ in answers) == {200: CAPACITY, 503: 4}
    assert all("Try again later" in answer["detail"] for status, answer in answers if status == 503)
    assert ask(port, image(7))[1]["digit"] == 7  # and it goes on


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a program could hear")
def test_nothing_that_was_accepted_is_lost_when_the_server_is_killed():
    with serving(max_wait=2000) as (process, port), ThreadPoolExecutor(CAPACITY) as pool:
        waiting = [pool.submit(ask, port, image(number)) for number in range(CAPACITY)]
        while ask(port, None, "/health")[1]["inside"] < CAPACITY:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        answers = [future.result() for future in waiting]
        assert [(status, answer["digit"]) for status, answer in answers] == [(200, n) for n in range(CAPACITY)]
        rest, errors = process.communicate(timeout=20)
        assert (process.returncode, rest.strip(), errors) == (0, "accepted 8, answered 8", "")
        with pytest.raises(ConnectionRefusedError):
            ask(port, image(0))


@pytest.fixture
def batching():
    spec = importlib.util.spec_from_file_location("batching", SERVING / "batching.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_failure_reaches_those_who_asked_and_the_work_goes_on(batching):
    def predict(questions):
        return [100 // question for question in questions]

    async def talk():
        batcher = batching.Batcher(predict, max_batch=2, max_wait=0, capacity=4)
        work = asyncio.create_task(batcher.work())
        with pytest.raises(ZeroDivisionError):
            await batcher.ask(0)
        found = await asyncio.gather(*map(batcher.ask, (1, 2, 4)))
        work.cancel()
        return found, batcher.inside

    found, inside = asyncio.run(talk())
    assert [answer for answer, _ in found] == [100, 50, 25] and inside == 0
    assert max(size for _, size in found) == 2


def test_someone_who_leaves_takes_nobody_along(batching):
    async def talk():
        batcher = batching.Batcher(lambda questions: questions, max_batch=4, max_wait=0.05, capacity=4)
        work = asyncio.create_task(batcher.work())
        leaving, staying = (asyncio.create_task(batcher.ask(name)) for name in ("leaving", "staying"))
        await asyncio.sleep(0)
        leaving.cancel()
        found = await staying
        work.cancel()
        return found, batcher.inside

    assert asyncio.run(talk()) == (("staying", 2), 0)
