"""What a build of a part did, told to Dagster as a run would have told it: tables, their checks, the publish."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dagster as dg

from orchestration.assets.publish import published
from orchestration.assets.transform import check_result, materialised
from orchestration.assets.transform import checks as checks_of
from orchestration.builds import Told
from orchestration.dbt import Outcome
from orchestration.downstream import Part
from orchestration.models import ATTRIBUTED, FIRST, Manifest, key
from pipelines.publish import PublishReport
from pipelines.warehouse.connection import Warehouse


@dataclass(frozen=True)
class LiveReport:
    """Tells Dagster's pages how fresh each table of the part is, and what its tests found."""

    instance: dg.DagsterInstance
    warehouse: Warehouse
    manifest: Manifest
    part: Part

    def tell(self, told: list[Told], outcomes: Mapping[str, Outcome], publish: PublishReport | None) -> None:
        """Report what was read and built (`outcomes` of models by unique id), and what was published, if anything."""
        for event in (*self._read(told), *self._built(outcomes), *self._published(publish)):
            self.instance.report_runless_asset_event(event)

    def checks(self, outcomes: Mapping[str, Outcome], results: list[Outcome]) -> Iterator[dg.AssetCheckEvaluation]:
        """What the tests of the tables that were built found, `results` of tests.

        To be reported after `tell`: a check shows on its table's page as one of the newest rows only where it is later.
        """
        specs = checks_of(self.manifest, FIRST) | checks_of(self.manifest, ATTRIBUTED)
        built = {key(node) for node in self.part.nodes if node["unique_id"] in outcomes}
        for outcome in results:
            spec = specs.get(outcome.unique_id)
            if spec is not None and spec.asset_key in built:
                result = check_result(spec, outcome)
                yield dg.AssetCheckEvaluation(
                    asset_key=spec.asset_key,
                    check_name=spec.name,
                    passed=result.passed,
                    severity=result.severity,
                    metadata=result.metadata,
                )

    def _read(self, told: list[Told]) -> Iterator[dg.AssetMaterialization]:
        tables = {(one.tenant, one.source, table) for one in told for table in one.tables}
        for tenant, source, table in sorted(tables):
            yield dg.AssetMaterialization([f"raw_{source}", table], partition=tenant)

    def _built(self, outcomes: Mapping[str, Outcome]) -> Iterator[dg.AssetMaterialization]:
        for name in sorted(self.part.python):
            yield dg.AssetMaterialization(["ml", name])
        yield from map(_event, materialised(self.warehouse, self.part.nodes, outcomes))

    def _published(self, publish: PublishReport | None) -> Iterator[dg.AssetMaterialization]:
        if publish is not None:
            yield from map(_event, published(self.warehouse, self.part.marts, publish))


def _event(result: dg.MaterializeResult) -> dg.AssetMaterialization:
    assert result.asset_key is not None
    return dg.AssetMaterialization(result.asset_key, metadata=result.metadata)
