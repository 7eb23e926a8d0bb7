"""One module a source, found by its name."""

from importlib import import_module
from types import ModuleType


def module_of(source: str) -> ModuleType:
    """The module that reads a source: RESOURCES, client(), perhaps LIMITS."""
    return import_module(f"pipelines.sources.{source}")
