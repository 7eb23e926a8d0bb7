"""The same rows delivered in another way, and what may not change by it."""

import re
from collections import Counter
from random import Random
from typing import Any

from tests.dbt_project.company import Company
from tests.dbt_project.tracker import Tracker

OUR_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Tables = dict[str, list[dict[str, Any]]]


def shuffled(company: Company, tables: Tables, seed: int = 7) -> Tables:
    """Sync half of these rows in no order, a few of them twice, before what they belong to; the rest is returned."""
    now, late = mixed(tables, seed)
    for name in sorted(now, reverse=True):  # statuses before their deployments, reviews before their pull requests
        company.new = {name: now[name]}
        company.sync(40)
    return late


def mixed(tables: Tables, seed: int = 7) -> tuple[Tables, Tables]:
    """Two halves of the rows, in no order; every third row is in both."""
    random, now, late = Random(seed), {}, {}
    for name, rows in tables.items():
        mixed = random.sample(rows, len(rows))
        now[name] = [*mixed[::2], *mixed[::3], *mixed[:1]]
        late[name] = [*mixed[1::2], *mixed[::3]]
    return now, late


def comparable(company: Company | Tracker, mart: str) -> list[str]:
    """The mart's rows in any order, without our ids: those hang on the tenant and the connection."""
    return sorted(OUR_ID.sub("id", repr(row)) for row in company.rows(mart))


def totals(company: Company) -> dict[str, Counter[str]]:
    """The sums of every count of the daily marts."""
    found = {}
    for mart in ("dora_daily", "dora_periods"):
        found[mart] = Counter[str]()
        for row in company.rows(mart):
            if row.get("period_kind", "day") == "day":
                found[mart].update({name: row[name] for name in row if name.endswith("_count") or name == "n"})
    return found
