"""A load that was killed goes on where it was, and leaves out nothing."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from pipelines import packages
from pipelines.landing.pipeline import Batch, Landing
from pipelines.raw_tables import RAW
from pipelines.simulator.server import Running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.contract.connected import ask, connect, every_source, one
from tests.pipelines.syncs import rows


class Killed(BaseException):
    """What a process that is killed does not catch."""


@every_source
def test_a_load_that_ends_between_two_packages_goes_on_there(
    shared_warehouse: Warehouse, still: Running, whole: Callable, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, tenant, commit = whole(source), connect(shared_warehouse, still, source), Landing.load
    for most in (1, 2, 3):  # packages that are committed before the end
        left = iter(range(most))

        def dying(landing: Landing, batch: Batch, left: Iterator[int] = left) -> str:
            if next(left, None) is None:
                raise Killed
            return commit(landing, batch)

        with monkeypatch.context() as patch, suppress(Killed):
            patch.setattr(packages, "PACKAGE_ROWS", 1)
            patch.setattr(Landing, "load", dying)
            one(shared_warehouse, source, tenant)

    assert one(shared_warehouse, source, tenant).error is None
    assert rows(shared_warehouse, source, tenant) == expected
    unseen = [
        ask(
            shared_warehouse,
            f"select count(*) from raw_{source}.{name} where tenant_id = %s"
            " and _dlt_load_id not in (select load_id from app.load_package)",
            str(tenant.tenant_id),
        )
        for name in RAW[source]
    ]
    assert unseen == [[(0,)]] * len(unseen)  # each row is in a package that a build will read
