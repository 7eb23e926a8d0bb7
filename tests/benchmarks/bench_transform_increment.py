"""One day of new data, a thousandth of all, against the full refresh of the marts of delivery and velocity.

In seconds in which the database was at work. A build without any news, which is what dbt itself and its looking up
cost, is measured three times, shown apart, and taken off both.
`BENCH_PULLS` is the number of pull requests.
"""

import os
import statistics
from typing import Any

from tests.benchmarks import syncs
from tests.benchmarks.large_company import DAYS, Company
from tests.benchmarks.report import figure
from tests.benchmarks.transforms import Transforms

PULLS = int(os.environ.get("BENCH_PULLS", "100000").split(",")[-1])
GOAL, ROUNDS = 0.02, 3


def run() -> list[dict[str, Any]]:
    """A full refresh, three builds of nothing, and one of a day: of all tenants, then of one."""
    with syncs.warehouse("transform-increment") as warehouse:
        company = Company(warehouse, PULLS)
        transforms = Transforms(warehouse, ("delivery", "velocity"))
        full = transforms.run(full=True).database_seconds
        idle = statistics.median(transforms.run().database_seconds for _ in range(ROUNDS))
        company.next_day()
        all_tenants = transforms.run().database_seconds
        company.next_day(company.tenants[:1])
        one_tenant = transforms.run().database_seconds

    def at_most(what: str, value: float, goal: float) -> dict[str, Any]:
        name = f"database time of {what}, against the full refresh of {PULLS:,} pull requests"
        return figure("transform_increment", name, value, "s", reference=full - idle, goal=goal, at_most=True)

    return [
        at_most(f"a day of {len(company.tenants)} tenants (1/{DAYS} of the rows)", max(all_tenants - idle, 0), GOAL),
        at_most("a day of one tenant", max(one_tenant - idle, 0), GOAL),
        at_most("a build without news, apart", idle, 1.0),
    ]


if __name__ == "__main__":
    run()
