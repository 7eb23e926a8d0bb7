"""What dlt is told, and what it is not."""

from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

from pipelines.landing import pipeline


def test_dlt_tells_nobody_what_it_does() -> None:
    assert pipeline.dlt is not None
    assert Container()[PluggableRunContext].context.runtime_config.dlthub_telemetry is False
