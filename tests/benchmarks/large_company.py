"""Fifty tenants with as many pull requests as asked for, written into the raw tables by SQL, as their syncs would have.

To a pull request come three commits, a fifth of a deployment, one and a half issues at Jira and half a one at GitHub,
with reviews, statuses and changelogs. All is a function of the row's number: number n happens
n / (pull requests a day) days after START, so more numbers are more days, and a company of any size has DAYS of them.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from psycopg import ClientCursor
from psycopg.sql import SQL, Composable, Identifier

from pipelines import tenants
from pipelines.raw_tables import RAW
from pipelines.warehouse.connection import Warehouse
from tests.benchmarks import large_company_rows as rows

TENANTS, DAYS = 50, 1000
START = datetime(2023, 9, 1, tzinfo=UTC)
NAMESPACE = UUID(int=0)
OWNER = "%(tenant)s::uuid, %(connection)s::uuid"


class Company:
    """So many pull requests in all, in equal parts of every tenant; `next_day` adds a thousandth of them."""

    def __init__(self, warehouse: Warehouse, pulls: int, tenants_: int = TENANTS) -> None:
        self.warehouse = warehouse
        self.pulls = pulls // tenants_  # of one tenant
        self.days = 0
        self.tenants = [
            tenants.create(warehouse, f"company-{number}", f"Company {number}", "Europe/Berlin").tenant_id
            for number in range(tenants_)
        ]
        self._load(0, DAYS, self.tenants, is_first=True)

    def next_day(self, who: Iterable[UUID] | None = None) -> None:
        """One more day of everybody, or of some tenants alone."""
        self._load(DAYS + self.days, DAYS + self.days + 1, list(who or self.tenants))
        self.days += 1

    def _load(self, first_day: int, last_day: int, who: list[UUID], is_first: bool = False) -> None:
        first, last = (round(self.pulls * day / DAYS) for day in (first_day, last_day))
        until = START + timedelta(days=last_day)
        values = {
            "first": first, "last": last, "repositories": rows.REPOSITORIES, "projects": rows.PROJECTS, "start": START,
            "step": timedelta(days=DAYS) / self.pulls, "package": f"day {last_day}", "until": until,
            "first_sprint": max(0, (first_day - 1) // rows.SPRINT_DAYS),
            "last_sprint": (last_day - 1) // rows.SPRINT_DAYS,
        }  # fmt: skip
        # Values are put in by the client, as a plan for any value would be one for few rows.
        with self.warehouse.connect("loader", cursor_factory=ClientCursor) as database:
            for tenant in who:
                for source, tables in rows.TABLES.items():
                    mine = {**values, "tenant": str(tenant), "connection": str(uuid5(tenant, source))}
                    for name, (columns, query) in tables.items():
                        if is_first or name not in rows.ONCE:
                            database.execute(_insert(source, name, columns, query), mine)
                    database.execute(CONNECTION, {**mine, "source": source})
                    database.execute(PACKAGE, {**mine, "source": source})
                    database.execute(SYNC, {**mine, "source": source})
        if is_first:
            self._analyze()

    def _analyze(self) -> None:
        """As autovacuum has done with tables that grew in the course of years."""
        with self.warehouse.connect("loader", autocommit=True) as database:
            for source, tables in rows.TABLES.items():
                for name in tables:
                    database.execute(SQL("vacuum analyze {}").format(Identifier(f"raw_{source}", name)))

    def counts(self) -> dict[str, int]:
        """How many rows each raw table has."""
        with self.warehouse.connect("loader") as database:
            return {
                f"{source}.{name}": database.execute(
                    SQL("select count(*) from {}").format(Identifier(f"raw_{source}", name))
                ).fetchone()[0]  # type: ignore[index]
                for source, tables in rows.TABLES.items()
                for name in tables
            }


def _insert(source: str, name: str, columns: str, query: str) -> Composable:
    """A query that gives `columns` in their order, as an upsert by the table's key."""
    table = RAW[source][name]
    named = [column.strip() for column in columns.split(",")]
    upsert = "insert into {} (tenant_id, connection_id, _dlt_load_id, {}) {} on conflict ({}) do update set {}"
    return SQL(upsert).format(
        Identifier(table.schema, table.name),
        SQL(", ").join(map(Identifier, named)),
        SQL(f"select {OWNER}, %(package)s || %(connection)s, rows.* from ({query}) as rows"),  # type: ignore[arg-type]
        SQL(", ").join(map(Identifier, table.full_key)),
        SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(each)) for each in [*named, "_dlt_load_id"]),
    )


CONNECTION = """
insert into app.connection (tenant_id, connection_id, source, name)
values (%(tenant)s::uuid, %(connection)s::uuid, %(source)s, 'main')
on conflict do nothing
"""
PACKAGE = """
insert into app.load_package (load_id, tenant_id, connection_id, source, loaded_at)
values (%(package)s || %(connection)s::text, %(tenant)s::uuid, %(connection)s::text::uuid, %(source)s, now())
"""
SYNC = """
insert into app.sync_run (tenant_id, connection_id, source, resource, started_at, finished_at, status, as_of)
values (%(tenant)s::uuid, %(connection)s::uuid, %(source)s, 'all', %(until)s, %(until)s, 'succeeded', %(until)s)
"""
