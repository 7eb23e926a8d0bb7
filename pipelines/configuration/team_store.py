"""The teams of a tenant: one row each here, in `app` a table for the team and one for each list that it has."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import dict_row

from pipelines.configuration.rows import Team
from pipelines.configuration.stores import Rows

READ = """
    select team, time_zone, work_days,
        to_char(starts_at, 'HH24:MI') as starts_at, to_char(ends_at, 'HH24:MI') as ends_at,
        array(select person from app.team_member as m where (m.tenant_id, m.team) = (t.tenant_id, t.team) order by 1)
            as members,
        array(select repository from app.team_repository as r where (r.tenant_id, r.team) = (t.tenant_id, t.team)
            order by 1) as repositories,
        coalesce((
            select jsonb_agg(jsonb_build_object('source', source, 'project', project) order by source, project)
            from app.team_project as p where (p.tenant_id, p.team) = (t.tenant_id, t.team)
        ), '[]') as projects
    from app.team as t where tenant_id = %s order by team
"""
# Teams that stay are changed in place: what hangs on a team goes with it.
WRITE = """
    insert into app.team (tenant_id, team, time_zone, work_days, starts_at, ends_at)
    values (%s, %s, %s, %s::smallint[], %s::time, %s::time)
    on conflict (tenant_id, team) do update set time_zone = excluded.time_zone, work_days = excluded.work_days,
        starts_at = excluded.starts_at, ends_at = excluded.ends_at
"""
PARTS = {
    "team_member": "insert into app.team_member (tenant_id, team, person) values (%s, %s, lower(%s))"
    " on conflict do nothing",
    "team_repository": "insert into app.team_repository (tenant_id, team, repository) values (%s, %s, %s)"
    " on conflict do nothing",
    "team_project": "insert into app.team_project (tenant_id, team, source, project) values (%s, %s, %s, %s)"
    " on conflict do nothing",
}


class Teams(Struct, frozen=True):
    """A store; see `stores.Store`."""

    def read(self, database: Connection, tenant_id: UUID) -> Rows:
        """The tenant's teams by name."""
        with database.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(READ, [tenant_id]).fetchall()

    def replace(self, database: Connection, tenant_id: UUID, rows: Sequence[Any]) -> None:
        """Teams that are not among the rows go, with their holidays."""
        teams: Sequence[Team] = rows
        for table in PARTS:
            database.execute(f"delete from app.{table} where tenant_id = %s", [tenant_id])
        kept = [team.team for team in teams]
        database.execute("delete from app.team where tenant_id = %s and team <> all(%s)", [tenant_id, kept])
        for team in teams:
            key = [tenant_id, team.team]
            database.execute(WRITE, [*key, team.time_zone, sorted(team.work_days), team.starts_at, team.ends_at])
            with database.cursor() as cursor:
                cursor.executemany(PARTS["team_member"], [[*key, each] for each in team.members])
                cursor.executemany(PARTS["team_repository"], [[*key, each] for each in team.repositories])
                cursor.executemany(PARTS["team_project"], [[*key, each.source, each.project] for each in team.projects])
