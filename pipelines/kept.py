"""What the warehouse already has of a connection, so that a source asks only for what is missing."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection, Cursor, sql

from pipelines import cities


class Place(NamedTuple):
    """A place of the tenant, as its weather and news are asked for."""

    place_id: UUID
    name: str
    country_code: str | None
    latitude: float | None
    longitude: float | None


def located(place: Place, found: Mapping[str, tuple[float, float]]) -> Place:
    """The place with coordinates: its own, those `found` for its id, or those of the largest city of its name."""
    if place.latitude is not None and place.longitude is not None:
        return place
    if (given := found.get(str(place.place_id))) is not None:
        return place._replace(latitude=given[0], longitude=given[1])
    city = cities.find(place.name, place.country_code)
    return place._replace(latitude=city.latitude, longitude=city.longitude) if city else place


@dataclass(frozen=True)
class Kept:
    """Read as the loader, within one connection's rows."""

    database: Connection
    source: str
    tenant_id: UUID
    connection_id: UUID
    settled: Callable[[], object] = lambda: None  # returns when what was read in the round before is in the warehouse

    def places(self) -> list[Place]:
        """The tenant's places. Coordinates that nobody gave are GeoNames', else those of a city of that name."""
        rows = self.database.execute(
            "select place_id, name, country_code, latitude, longitude from app.place where tenant_id = %s"
            " order by name",
            [self.tenant_id],
        ).fetchall()
        found = self._found_by_geonames()
        return [located(Place(*row), found) for row in rows]

    def _found_by_geonames(self) -> dict[str, tuple[float, float]]:
        if self.database.execute("select to_regclass('raw_geonames.places')").fetchone() == (None,):
            return {}  # GeoNames was never asked
        rows = self.database.execute(
            "select place_id, latitude, longitude from raw_geonames.places"
            " where tenant_id = %s and _deleted_at is null and latitude is not null and longitude is not null",
            [str(self.tenant_id)],
        ).fetchall()
        return {place_id: (latitude, longitude) for place_id, latitude, longitude in rows}

    def has_service_paths(self) -> bool:
        """Whether the tenant maps files to services, so that a pull request's files are needed."""
        query = "select exists (select from app.service_path where tenant_id = %s)"
        row = self.database.execute(query, [self.tenant_id]).fetchone()
        return bool(row and row[0])

    def known(self, table: str, repository: str, column: str, values: Sequence[Any]) -> set[Any]:
        """Which of `values` a column of the repository's rows has."""
        statement = sql.SQL(
            "select distinct {column} from {table}"
            " where tenant_id = %s and connection_id = %s and repository = %s and {column} = any(%s)"
        ).format(column=sql.Identifier(column), table=self._table(table))
        return {value for (value,) in self._rows(statement, [*self._owner, repository, list(values)])}

    def heads(self, table: str, repository: str) -> set[str]:
        """The commits that the repository's tags or branches point at."""
        statement = sql.SQL(
            "select sha from {table} where tenant_id = %s and connection_id = %s and repository = %s"
            " and _deleted_at is null"
        ).format(table=self._table(table))
        return {sha for (sha,) in self._rows(statement, [*self._owner, repository])}

    def deployed(self, repository: str, since: datetime | None) -> set[str]:
        """The commits that were deployed since then."""
        rows = self._rows(
            "select distinct sha from raw_github.deployments where tenant_id = %s and connection_id = %s"
            " and repository = %s and sha is not null and (%s::timestamptz is null or created_at >= %s)",
            [*self._owner, repository, since, since],
        )
        return {sha for (sha,) in rows}

    def unclosed(self, repository: str) -> set[str]:
        """Parents of the repository's commits that are not kept themselves."""
        rows = self._rows(
            """
            select distinct parent from raw_github.commits as c, jsonb_array_elements_text(c.parents) as parent
            where c.tenant_id = %s and c.connection_id = %s and c.repository = %s
              and not exists (
                select from raw_github.commits as p
                where p.tenant_id = c.tenant_id and p.connection_id = c.connection_id
                  and p.repository = c.repository and p.sha = parent
              )
            """,
            [*self._owner, repository],
        )
        return {sha for (sha,) in rows}

    def unchanged(self, table: str, repository: str, times: Mapping[int, datetime]) -> set[int]:
        """Ids whose row has the same `updated_at` and came with a package that was committed whole."""
        if not times or not self._has_packages():
            return set()
        statement = sql.SQL(
            "select id, updated_at from {table} join {loads} on load_id = _dlt_load_id and status = 0"
            " where tenant_id = %s and connection_id = %s and repository = %s and id = any(%s)"
        ).format(table=self._table(table), loads=self._table("_dlt_loads"))
        found = self._rows(statement, [*self._owner, repository, list(times)])
        return {key for key, time in found if time == times[key]}

    def unfinished_deployments(self, repository: str, since: datetime | None) -> set[int]:
        """Deployments, created after `since`, that had no final status when they were last read."""
        rows = self._rows(
            """
            select d.id from raw_github.deployments as d
            where d.tenant_id = %s and d.connection_id = %s and d.repository = %s and d._deleted_at is null
              and (%s::timestamptz is null or d.created_at >= %s)
              and not exists (
                select from raw_github.deployment_statuses as s
                where s.tenant_id = d.tenant_id and s.connection_id = d.connection_id and s.deployment_id = d.id
                  and s._deleted_at is null
                  and s.state in ('success', 'failure', 'error', 'inactive')
              )
            """,
            [*self._owner, repository, since, since],
        )
        return {deployment_id for (deployment_id,) in rows}

    def runs(self, repository: str, since: datetime) -> dict[int, int]:
        """The attempts of the workflow runs that were created since then, by id."""
        rows = self._rows(
            """
            select r.id, r.run_attempt from raw_github.workflow_runs as r
            where r.tenant_id = %s and r.connection_id = %s and r.repository = %s and r._deleted_at is null
              and r.created_at >= %s
            """,
            [*self._owner, repository, since],
        ).fetchall()
        return {run: attempt or 1 for run, attempt in rows}

    def ended_runs(self, repository: str, attempts: Mapping[int, int]) -> set[int]:
        """Those of these workflow runs whose jobs of this attempt are kept and completed."""
        rows = self._rows(
            """
            select run_id, run_attempt from raw_github.workflow_jobs
            where tenant_id = %s and connection_id = %s and repository = %s and run_id = any(%s)
              and _deleted_at is null
            group by run_id, run_attempt having bool_and(status = 'completed')
            """,
            [*self._owner, repository, list(attempts)],
        )
        return {run for run, attempt in rows if attempts[run] == attempt}

    def unchecked_heads(self, repository: str, since: datetime, going_on_since: datetime) -> set[str]:
        """Heads of pull requests changed since then without a check yet, or since the other with one on its way."""
        rows = self._rows(
            """
            select p.head ->> 'sha' from raw_github.pull_requests as p
            left join raw_github.check_runs as c
                on c.tenant_id = p.tenant_id and c.connection_id = p.connection_id and c.repository = p.repository
                and c.head_sha = p.head ->> 'sha' and c._deleted_at is null
            where p.tenant_id = %s and p.connection_id = %s and p.repository = %s and p._deleted_at is null
              and p.updated_at >= %s and p.head ->> 'sha' is not null
            group by p.head ->> 'sha'
            having (count(c.id) = 0 and max(p.updated_at) >= %s) or not bool_and(c.status = 'completed')
            """,
            [*self._owner, repository, going_on_since, since],
        )
        return {sha for (sha,) in rows}

    def ended_checks(self, repository: str, shas: Collection[str]) -> set[str]:
        """Those of these commits that have checks, all of them completed."""
        rows = self._rows(
            """
            select head_sha from raw_github.check_runs
            where tenant_id = %s and connection_id = %s and repository = %s and head_sha = any(%s)
              and _deleted_at is null
            group by head_sha having bool_and(status = 'completed')
            """,
            [*self._owner, repository, list(shas)],
        )
        return {sha for (sha,) in rows}

    def _rows(self, query: Any, values: Sequence[Any]) -> Cursor:
        self.settled()
        return self.database.execute(query, values)

    @property
    def _owner(self) -> list[str]:
        return [str(self.tenant_id), str(self.connection_id)]

    def _table(self, name: str) -> sql.Identifier:
        return sql.Identifier(f"raw_{self.source}", name)

    def _has_packages(self) -> bool:
        row = self._rows("select to_regclass(%s) is not null", [f"raw_{self.source}._dlt_loads"]).fetchone()
        return bool(row and row[0])
