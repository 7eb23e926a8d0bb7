"""GitHub's JSON of a company's records."""

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from pipelines.simulator.company import Company


class GitHubObjects:
    def __init__(self, company: "Company") -> None:
        pass

    @classmethod
    def of(cls, company: "Company") -> "GitHubObjects":
        return _known.setdefault(company, cls(company))

    def show(self, repository: Any, kind: str, row: Any, full: bool = False) -> dict[str, Any]:
        return {}


_known: "WeakKeyDictionary[Company, GitHubObjects]" = WeakKeyDictionary()
