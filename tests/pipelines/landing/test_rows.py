"""API values become the cells of a raw table, or a clear error."""

import pytest

from pipelines.landing.rows import cells
from pipelines.raw_tables import RAW, TABLES, create_statements
from pipelines.sync_error import SyncError

COMMENTS = RAW["github"]["comments"]
NAMES = list(COMMENTS.columns)


def comment(**values: object) -> dict[str, object]:
    return {"id": 1, "repository": "acme/shop", **values}


def cell(name: str, **values: object) -> object:
    (row,) = cells(COMMENTS, [comment(**values)]).values()
    return row[NAMES.index(name)]


def test_of_rows_with_one_key_the_last_stays() -> None:
    found = cells(COMMENTS, [comment(body="old"), comment(body="new")])
    assert [row[NAMES.index("body")] for row in found.values()] == ["new"]


def test_an_undeclared_field_is_dropped() -> None:
    (row,) = cells(COMMENTS, [comment(reactions={"+1": 3})]).values()
    assert len(row) == len(NAMES)


def test_nul_characters_leave_text_and_nested_json() -> None:
    assert cell("body", body="a\0b") == "ab"
    assert cell("user", user={"login": "x\0y"}) == '{"login":"xy"}'


def test_text_that_looks_like_an_escaped_nul_stays() -> None:
    assert cell("user", user={"login": "\\u0000"}) == '{"login":"\\\\u0000"}'


def test_epoch_seconds_are_times() -> None:
    assert cell("created_at", created_at=1767225600) == "2026-01-01T00:00:00+00:00"


def test_jira_offsets_are_times() -> None:
    assert cell("created_at", created_at="2026-04-28T15:33:15.438+0200") == "2026-04-28T15:33:15.438+0200"


@pytest.mark.parametrize(
    ("field", "value"),
    [("created_at", "yesterday"), ("created_at", True), ("issue_number", "7a"), ("issue_number", 1.5),
     ("issue_number", 2**70), ("body", {"a": 1})],
)  # fmt: skip
def test_a_value_that_does_not_fit_names_its_column(field: str, value: object) -> None:
    with pytest.raises(SyncError, match=f"comments.{field}") as failed:
        cells(COMMENTS, [comment(**{field: value})])
    assert failed.value.error_class == "unparsable"


def test_a_row_without_its_key_is_refused() -> None:
    with pytest.raises(SyncError, match="has no id"):
        cells(COMMENTS, [comment(id=None)])


def test_every_table_has_its_key_among_its_columns() -> None:
    for source, tables in RAW.items():
        assert source == "upload" or TABLES[source] == tuple(tables)
        for table in tables.values():
            assert {*table.key, *table.lookup} <= set(table.columns), table.name
        looked_up = [table for table in tables.values() if table.lookup]
        assert len(create_statements(source)) == 1 + 2 * len(tables) + len(looked_up)
