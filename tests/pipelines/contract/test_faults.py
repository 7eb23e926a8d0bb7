"""Whatever a source answers ends in recovery or in one clear error, after which the next sync is complete."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from pipelines import holds, http, stored_connections
from pipelines.credentials import secrets_of
from pipelines.simulator.played import PLAYED
from pipelines.simulator.server import Running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.contract.connected import ask, connect, every_source, every_source_with_records, one, played
from tests.pipelines.syncs import NOW, rows

MINUTE = timedelta(minutes=1)


@every_source
@pytest.mark.parametrize(
    ("fault", "options", "error_class"),
    [
        ("429", {"retry_after": 600}, "rate_limited"),
        ("500", {}, "unavailable"),
        pytest.param("hang", {"seconds": 2}, "timeout", marks=pytest.mark.slow),
    ],
)
def test_a_lasting_fault_is_told_by_its_class_and_the_next_sync_is_complete(
    shared_warehouse: Warehouse, faulty: Running, whole: Callable, source: str, fault: str, options: dict,
    error_class: str, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    tenant = connect(shared_warehouse, faulty, source)
    faulty.fault(f"/{source}/*", fault, **options)
    begun = time.monotonic()
    with monkeypatch.context() as patch:
        patch.setattr(http, "READ_SECONDS", 0.5 if fault == "hang" else http.READ_SECONDS)
        outcome = one(shared_warehouse, source, tenant)
    assert time.monotonic() - begun < 60
    assert outcome.error is not None and outcome.error.error_class == error_class
    assert outcome.error.what_to_do
    with shared_warehouse.connect("loader") as database:
        (hold, *_) = holds.of(database, tenant.tenant_id)
    assert (hold.resume_at is not None) == (error_class == "rate_limited")

    faulty.clear_faults()
    assert one(shared_warehouse, source, tenant, now=NOW + 11 * MINUTE).error is None
    expected = whole(source)
    assert {name: len(kept) for name, kept in rows(shared_warehouse, source, tenant).items()} == {
        name: len(kept) for name, kept in expected.items()
    }


@pytest.mark.soak  # CI has these in the fault table, which compares counts
@every_source
@pytest.mark.parametrize(("fault", "options"), [("429", {"retry_after": 1}), ("500", {})])
def test_a_passing_fault_is_survived(
    shared_warehouse: Warehouse, faulty: Running, whole: Callable, source: str, fault: str, options: dict
) -> None:
    expected, tenant = whole(source), connect(shared_warehouse, faulty, source)
    faulty.fault(f"/{source}/*", fault, times=1, **options)
    assert one(shared_warehouse, source, tenant).error is None
    assert rows(shared_warehouse, source, tenant) == expected


@every_source
def test_a_new_field_stops_nothing_and_is_shown(
    shared_warehouse: Warehouse, faulty: Running, whole: Callable, source: str
) -> None:
    expected, tenant = whole(source), connect(shared_warehouse, faulty, source)
    assert one(shared_warehouse, source, tenant).error is None
    faulty.fault(f"/{source}/*", "drift")
    with shared_warehouse.connect("loader") as database:
        database.execute("delete from app.response_cache")

    assert one(shared_warehouse, source, tenant, full=True).error is None

    assert rows(shared_warehouse, source, tenant) == expected
    query = "select distinct change from app.schema_drift where tenant_id = %s and field = 'zz_new_field'"
    seen = ask(shared_warehouse, query, tenant.tenant_id)
    assert seen == ([] if "visible drift" in PLAYED[source].lacks else [("added",)])


@every_source_with_records
def test_a_key_that_is_named_otherwise_is_an_error_and_no_empty_result(
    shared_warehouse: Warehouse, faulty: Running, whole: Callable, source: str
) -> None:
    _, record = played(source)
    expected, tenant = whole(source), connect(shared_warehouse, faulty, source)
    faulty.fault(f"/{source}/*{record.kind}*", "drift", rename={record.key: "identifier"})
    faulty.fault(f"/{source}/*search*", "drift", rename={record.key: "identifier"})
    outcome = one(shared_warehouse, source, tenant)
    assert outcome.error is not None and outcome.error.error_class == "unparsable"
    faulty.clear_faults()
    assert one(shared_warehouse, source, tenant, now=NOW + MINUTE).error is None
    assert rows(shared_warehouse, source, tenant) == expected


@pytest.mark.parametrize("source", [name for name, kind in PLAYED.items() if "token" in kind.config("", "")])
def test_a_refused_token_is_told_and_shown_nowhere(
    warehouse: Warehouse, still: Running, source: str, caplog: pytest.LogCaptureFixture
) -> None:
    tenant = connect(warehouse, still, source, token="canary-wrong-token")
    outcome = one(warehouse, source, tenant)
    assert outcome.error is not None and outcome.error.error_class == "credentials"
    said = f"{outcome} {outcome.error} {caplog.text}"
    for table in ("sync_run", "sync_hold", "connection", "quota"):
        said += str(ask(warehouse, f"select * from app.{table}"))
    assert "canary" not in said
    (stored,) = stored_connections.of(warehouse, tenant, source)
    assert "canary-wrong-token" in secrets_of(stored.connection).values()  # it was there to be shown
