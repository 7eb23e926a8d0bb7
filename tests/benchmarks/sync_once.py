"""One call of `load.sync` in a process that does nothing else, and what it cost.

`python -m tests.benchmarks.sync_once SOURCE NOW CONCURRENCY ENOUGH PARTITION_KEY …`, with the warehouse in the
environment, goes on until ENOUGH connections have ended and prints one JSON object: rows that were new or differed,
requests, wall and CPU seconds of the sync without the imports (the CPU seconds of the database are not in them), the
peak of the process's resident memory in MB, and after how many seconds each connection ended, by partition key.
"""

import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines import answers, http, load, loading
from pipelines.warehouse.connection import Warehouse


def main() -> None:
    """Sync, and print what it cost."""
    assert loading  # imported before the clock runs, as a worker has it
    source, now, concurrency, enough, *keys = sys.argv[1:]
    count, send = [0], http.Client._send

    def counted(client: http.Client, *arguments: Any) -> answers.Answer:
        count[0] += 1
        return send(client, *arguments)

    http.Client._send = counted  # type: ignore[method-assign]
    begun, used = time.perf_counter(), time.process_time()
    outcomes, ended = [], {}
    started = datetime.fromisoformat(now)
    running = load.sync(Warehouse.from_environment(), source, keys, now=started, concurrency=int(concurrency))
    for one in running:
        outcomes.append(one)
        ended[one.tenant] = time.perf_counter() - begun
        if len(outcomes) == int(enough):
            break
    print(
        json.dumps(
            {
                "rows": sum(sum(outcome.rows.values()) for outcome in outcomes),
                "requests": count[0],
                "seconds": time.perf_counter() - begun,
                "cpu_seconds": time.process_time() - used,
                "peak_mb": _peak_mb(),
                "ended": ended,
                "errors": [f"{outcome.tenant}: {outcome.error}" for outcome in outcomes if outcome.error],
            }
        ),
        flush=True,
    )
    os._exit(0)  # whoever hangs would be waited for


def _peak_mb() -> float:
    """Of this program alone: `ru_maxrss` begins with what the process that started it had."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not tell the peak of a process's memory")


if __name__ == "__main__":
    main()
