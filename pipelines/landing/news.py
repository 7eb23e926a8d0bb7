"""Whether a small batch holds anything new: most syncs of most connections bring but the rows of their lookback, and a
package costs a commit and a record."""

from psycopg import Connection, sql

from pipelines.landing.rows import Cells
from pipelines.raw_tables import TENANT_COLUMNS, TYPES, Table

MOST_ROWS = 2_000  # of a batch that is compared: beyond it the merge compares just as well


def holds_news(
    database: Connection, table: Table, rows: dict[Cells, Cells], tenant_id: str, connection_id: str
) -> bool:
    """Whether one of the rows is not kept just so, by the rules of the merge: a row marked as deleted counts as new."""
    columns = [(sql.Identifier(name), sql.SQL(TYPES[kind])) for name, kind in table.columns.items()]
    key = [sql.Identifier(name) for name in table.key]
    with database.transaction():
        database.execute(
            sql.SQL("create temporary table arriving ({}) on commit drop").format(
                sql.SQL(", ").join(sql.SQL("{} {}").format(*column) for column in columns)
            )
        )
        with database.cursor().copy("copy arriving from stdin") as copy:
            for row in rows.values():
                copy.write_row([None if cell == "" else cell for cell in row])  # as COPY reads it from CSV
        statement = sql.SQL(
            "select exists (select from arriving left join {raw} as kept on {same_key}"
            " and kept.tenant_id = %s and kept.connection_id = %s"
            " where kept.{first} is null or kept._deleted_at is not null or ({ours}) is distinct from ({theirs}))"
        ).format(
            raw=sql.Identifier(table.schema, table.name),
            same_key=sql.SQL(" and ").join(sql.SQL("kept.{0} = arriving.{0}").format(name) for name in key),
            first=sql.Identifier(TENANT_COLUMNS[0]),
            ours=sql.SQL("row({})").format(sql.SQL(", ").join(sql.SQL("arriving.{}").format(n) for n, _ in columns)),
            theirs=sql.SQL("row({})").format(sql.SQL(", ").join(sql.SQL("kept.{}").format(n) for n, _ in columns)),
        )
        found = database.execute(statement, [tenant_id, connection_id]).fetchone()
    return found is None or bool(found[0])
