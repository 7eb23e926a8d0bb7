"""Delivery: which deployment first carried each commit.

`first_deployments(warehouse, full=False)` is what the orchestration calls; polars is imported only then.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.delivery.walk import first_deployments

__all__ = ["first_deployments"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(name)
    from pipelines.delivery import walk

    return getattr(walk, name)
