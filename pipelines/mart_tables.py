"""A mart's table in schema `marts`, made from its contract: key, indexes, wall and grants, for good."""

from psycopg import sql
from psycopg.sql import Composed, Identifier

from pipelines.contracts import Mart
from pipelines.warehouse.walls import protect


def create(mart: Mart, name: str) -> list[Composed]:
    """The statements that make an empty, walled table `marts.<name>` without its indexes."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}{}").format(
            Identifier(column.name), sql.SQL(column.type), sql.SQL(" not null" if _required(mart, column.name) else "")
        )
        for column in mart.columns
    )
    made: list[Composed] = [sql.SQL("create table {} ({})").format(Identifier("marts", name), columns)]
    made += [sql.SQL(statement).format() for statement in protect(f'marts."{name}"')]
    return made


def index(mart: Mart, name: str) -> list[Composed]:
    """The statements that give the filled table its key and the indexes of its default order and its time."""
    table = Identifier("marts", name)
    key = sql.SQL(", ").join(map(Identifier, mart.key))
    made: list[Composed] = [
        sql.SQL("alter table {} add constraint {} primary key ({})").format(table, Identifier(f"{name}_key"), key)
    ]
    for number, columns in enumerate(_indexed(mart), 1):
        listed = sql.SQL(", ").join(map(Identifier, columns))
        made.append(sql.SQL("create index {} on {} ({})").format(Identifier(f"{name}_{number}"), table, listed))
    made.append(sql.SQL("analyze {}").format(table))
    return made


def swap(mart: Mart, name: str) -> list[Composed]:
    """The statements that put `marts.<name>` in the place of the mart's table, indexes renamed along."""
    final, made = mart.name, []
    made.append(sql.SQL("drop table if exists {}").format(Identifier("marts", final)))
    made.append(sql.SQL("alter table {} rename to {}").format(Identifier("marts", name), Identifier(final)))
    suffixes = ["key", *(str(number) for number, _ in enumerate(_indexed(mart), 1))]
    made += [
        sql.SQL("alter index {} rename to {}").format(
            Identifier("marts", f"{name}_{suffix}"), Identifier(f"{final}_{suffix}")
        )
        for suffix in suffixes
    ]
    return made


def _required(mart: Mart, column: str) -> bool:
    return column in mart.key or any(each.not_null for each in mart.columns if each.name == column)


def _indexed(mart: Mart) -> list[tuple[str, ...]]:
    """What the default order and the time filter need beyond the primary key."""
    wanted = [("tenant_id", *(name.lstrip("-") for name in mart.order))]
    if mart.time_column:
        wanted.append(("tenant_id", mart.time_column))
    return [columns for columns in dict.fromkeys(wanted) if columns != mart.key[: len(columns)]]
