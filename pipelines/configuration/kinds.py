"""The kinds of configuration there are, and the check of a whole list of one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, get_args

import msgspec
from msgspec import Struct

from pipelines import names
from pipelines.configuration import rows
from pipelines.configuration.stores import Settings, Store, Table
from pipelines.configuration.team_store import Teams

MOST_ROWS = 1000


class InvalidConfiguration(Exception):
    """A row cannot be so. `field` is where, such as `rows[2].pattern`; the message says why and what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


class Kind(Struct, frozen=True, dict=True):
    """One kind of configuration.

    `key`: the fields in which no two rows may agree. `refers`: a field → the kind that must have a row of that name in
    its field of the same name. The defaults are the rows that hold where there are none: of a seed of dbt, or as they
    stand here; they follow the tenant's own rows, or stand in their place.
    """

    name: str
    row: Any
    store: Store
    without: str
    key: tuple[str, ...] = ()
    refers: Mapping[str, str] = {}
    default_seed: str = ""
    default_rows: tuple[Mapping[str, Any], ...] = ()
    defaults_follow: bool = False

    @cached_property
    def about(self) -> str:
        """What one row says."""
        return str(self.row.__doc__) if isinstance(self.row, type) else "Single values that hold for the whole tenant."

    def defaults(self, seed: Callable[[str], list[dict[str, str]]]) -> list[dict[str, Any]]:
        """The rows that hold where nobody decided; `seed` reads one of dbt's seeds."""
        rows = seed(self.default_seed) if self.default_seed else self.default_rows
        return [{name: value for name, value in row.items() if name != "position"} for row in rows]

    def parse(self, given: Any) -> list[Struct]:
        """The rows of what somebody wrote. Raises InvalidConfiguration."""
        if not isinstance(given, list):
            raise InvalidConfiguration("rows", "must be a list.")
        if len(given) > MOST_ROWS:
            raise InvalidConfiguration("rows", f"are {len(given)}, and {MOST_ROWS} at most are kept.")
        found = []
        for number, each in enumerate(given):
            try:
                found.append(msgspec.convert(each, self.row, dec_hook=names.decode))
            except msgspec.ValidationError as error:
                message, _, path = str(error).partition(" - at `$")
                place = path.rstrip("`")
                raise InvalidConfiguration(f"rows[{number}]{place}", f"{message}.{self._choices(place)}") from None
        self._check_keys(found)
        return found

    def _choices(self, place: str) -> str:
        """What the field at this place may be, where that is one of a few words."""
        fields = msgspec.structs.fields(self.row) if isinstance(self.row, type) else ()
        words = next((get_args(field.type) for field in fields if f".{field.name}" == place), ())
        return f" Do: use one of {', '.join(words)}." if words and all(isinstance(word, str) for word in words) else ""

    def _check_keys(self, found: Sequence[Struct]) -> None:
        keys = [
            tuple(msgspec.to_builtins(row, enc_hook=str).get(field) for field in self.key) for row in found if self.key
        ]
        for key, count in Counter(keys).items():
            if count > 1:
                number = len(keys) - 1 - keys[::-1].index(key)
                said = ", ".join(str(part) for part in key if part is not None)
                raise InvalidConfiguration(f"rows[{number}]", f"there is a row for {said} already.")


def _listed(name: str, row: type[Struct], table: str, without: str, **more: Any) -> Kind:
    return Kind(name, row, Table(table, row.__struct_fields__), without, **more)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("settings", rows.Setting, Settings(), "An incident window of 24 hours.", key=("name",)),
        _listed(
            "deployment_rules", rows.DeploymentRule, "deployment_rule", "GitHub deployments of every repository.",
            default_rows=({"origin": "deployments", "repository": "*", "pattern": ["*"], "is_deployment": True},),
        ),
        _listed(
            "environment_rules", rows.EnvironmentRule, "environment_rule",
            "Classes by the usual names; they also hold where no rule of the tenant's fits.", key=("pattern",),
            default_seed="default_environment_rules", defaults_follow=True,
        ),
        _listed(
            "service_paths", rows.ServicePath, "service_path",
            "A pull request concerns every service of its repository.",
        ),
        _listed(
            "incident_rules", rows.IncidentRule, "incident_rule",
            "Issue types, labels and priorities that say incident, outage or urgent.",
            key=("source", "field", "pattern"), default_seed="incident_rules",
        ),
        _listed(
            "severity_rules", rows.SeverityRule, "severity_rule", "The usual names of priorities, types and labels.",
            key=("source", "field", "pattern"), default_seed="severity_rules", defaults_follow=True,
        ),
        Kind("teams", rows.Team, Teams(), "No figures of teams.", key=("team",)),
        Kind(
            "holidays", rows.Holiday, Table("holiday", ("day", "name", "team"), order="day, team nulls first"),
            "Everybody works on all days of the week that count.", key=("day", "team"), refers={"team": "teams"},
        ),
        _listed(
            "targets", rows.Target, "target", "No targets.", key=("metric", "scope_kind", "scope", "valid_from"),
        ),
        _listed("objectives", rows.Objective, "objective", "No objectives.", key=("objective",)),
        _listed(
            "objective_rules", rows.ObjectiveRule, "objective_issue_rule", "No issue serves an objective.",
            key=("source", "field", "pattern"), refers={"objective": "objectives"},
        ),
        _listed(
            "project_parts", rows.ProjectPart, "project_part", "No figures of projects.", key=("part", "pattern"),
        ),
        _listed(
            "portfolio_projects", rows.PortfolioProject, "portfolio_project", "No figures of portfolios.",
            key=("project",), refers={"project": "project_parts"},
        ),
        _listed(
            "risk_rules", rows.RiskRule, "risk_rule", "The usual thresholds.", key=("rule",),
            default_seed="risk_rules", defaults_follow=True,
        ),
    )
}  # fmt: skip
