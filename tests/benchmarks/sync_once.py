"""One call of `load.sync` in a process that does nothing else, and what it cost.

`python -m tests.benchmarks.sync_once SOURCE NOW CONCURRENCY PARTITION_KEY …`, with the warehouse in the environment,
prints one JSON object: rows that were new or differed, requests, wall and CPU seconds of the sync without the imports
(the CPU seconds of the database are not in them), and the peak of the process's resident memory in MB.
"""

import json
import resource
import sys
import time
from datetime import datetime
from typing import Any

from pipelines import http, load, loading
from pipelines.warehouse.connection import Warehouse


def main() -> None:
    """Sync, and print what it cost."""
    assert loading  # imported before the clock runs, as a worker has it
    source, now, concurrency, *keys = sys.argv[1:]
    count, send = [0], http.Client._send

    def counted(client: http.Client, *arguments: Any) -> http.Answer:
        count[0] += 1
        return send(client, *arguments)

    http.Client._send = counted  # type: ignore[method-assign]
    begun, used = time.perf_counter(), time.process_time()
    outcomes = list(
        load.sync(
            Warehouse.from_environment(), source, keys, now=datetime.fromisoformat(now), concurrency=int(concurrency)
        )
    )
    print(
        json.dumps(
            {
                "rows": sum(sum(outcome.rows.values()) for outcome in outcomes),
                "requests": count[0],
                "seconds": time.perf_counter() - begun,
                "cpu_seconds": time.process_time() - used,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "errors": [f"{outcome.tenant}: {outcome.error}" for outcome in outcomes if outcome.error],
            }
        )
    )


if __name__ == "__main__":
    main()
