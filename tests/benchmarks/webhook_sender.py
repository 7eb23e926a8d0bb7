"""Sends webhooks at a steady rate, as a process of its own that costs little.

`python -m tests.benchmarks.webhook_sender PORT RATE < lines` reads one JSON list a line, [path, headers, body], and
prints one a line for each: [when it was sent, in seconds since 1970, the status, milliseconds until its answer].
"""

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

SENDERS = 8  # kept connections


def send(port: int, rate: float, messages: list[list], first: int, began: float) -> list[tuple[int, float, int, float]]:
    """Every eighth message, each at its time: (position, sent at, status, milliseconds)."""
    connection, done = http.client.HTTPConnection("127.0.0.1", port, timeout=30), []
    for position in range(first, len(messages), SENDERS):
        time.sleep(max(0.0, began + position / rate - time.time()))
        path, headers, body = messages[position]
        sent = time.time()
        connection.request("POST", path, body.encode(), headers)
        answer = connection.getresponse()
        answer.read()
        done.append((position, sent, answer.status, (time.time() - sent) * 1000))
    return done


if __name__ == "__main__":
    port, rate = int(sys.argv[1]), float(sys.argv[2])
    messages = [json.loads(line) for line in sys.stdin]
    began = time.time() + 0.5
    with ThreadPoolExecutor(SENDERS) as pool:
        parts = pool.map(lambda first: send(port, rate, messages, first, began), range(SENDERS))
        for _, *told in sorted(one for part in parts for one in part):
            print(json.dumps(told))
