"""Ask the server from several clients at once, and measure.

python client.py 8000 images.bin --clients 8 --seconds 2
"""

import argparse
import http.client
import json
import threading
import time
from collections import Counter
from statistics import mean, quantiles

SIZE = 28 * 28


def bodies(path):
    """What to send, for each image of a file of 28 x 28 bytes an image."""
    with open(path, "rb") as file:
        content = file.read()
    starts = range(0, len(content), SIZE)
    images = [list(content[start : start + SIZE]) for start in starts]
    return [json.dumps({"pixels": image}) for image in images]


def ask(connection, body):
    """The status and the answer; status 0 if the connection was closed."""
    headers = {"Content-Type": "application/json"}
    try:
        connection.request("POST", "/classify", body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0, {}


def measure(port, images, clients, seconds):
    """Each client asks, waits for the answer, and asks again, for a while."""
    statuses, latencies, batches = [], [], []
    start = time.perf_counter()

    def one_client(number):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.perf_counter() < start + seconds:
            asked = time.perf_counter()
            body = images[number % len(images)]
            status, answer = ask(connection, body)
            statuses.append(status)
            if status == 0:
                break  # the server has gone
            if status == 200:
                latencies.append(time.perf_counter() - asked)
                batches.append(answer["batch"])
            number += clients
        connection.close()

    threads = [
        threading.Thread(target=one_client, args=(number,))
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    cuts = quantiles(latencies, n=20) if len(latencies) > 1 else [0] * 19
    return {
        "clients": clients,
        "statuses": Counter(statuses),
        "a second": len(latencies) / took,
        "median ms": 1000 * cuts[9],
        "95% ms": 1000 * cuts[18],
        "mean batch": mean(batches) if batches else 0,
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("port", type=int)
    parser.add_argument("images", help="a file of 28 x 28 bytes an image")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    images = bodies(options.images)
    found = measure(options.port, images, options.clients, options.seconds)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
