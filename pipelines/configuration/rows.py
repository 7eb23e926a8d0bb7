"""A row of each kind of configuration: its fields, what they mean, and what they may be."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from pipelines.configuration.values import (
    Clock,
    Glob,
    Globs,
    Hours,
    Positive,
    Weekday,
    Words,
    check_glob,
    check_includes,
    check_source,
    check_time_zone,
)
from pipelines.names import Name

Class = Literal["production", "staging", "testing", "development"]
Scope = Literal["tenant", "service", "repository", "team", "project", "portfolio"]
Metric = Literal[
    "deployment_frequency", "lead_time", "change_failure_rate", "recovery_time", "rework_rate",
    "deployment_failure_rate", "time_to_restore", "cycle_time", "review_time", "merged_pull_requests",
    "issues_resolved", "time_to_resolve", "open_issues",
]  # fmt: skip
Risk = Literal[
    "open_incident", "failing_sync", "old_severe_issue", "stuck_pull_request", "ageing_work",
    "high_change_failure_rate", "missed_target", "bus_factor", "waiting_review", "hotspot", "stale_branches",
]  # fmt: skip


class DeploymentRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is a deployment. `pattern` is on a deployment's environment, a workflow's name, a release or a tag.

    `is_deployment` false takes out what a later rule would take in.
    """

    origin: Literal["deployments", "workflow_runs", "releases", "tags"]
    repository: Glob = "*"
    pattern: Globs = ("*",)
    environment: Annotated[Name | None, Meta(description="Instead of the environment that the source tells.")] = None
    service: Annotated[Name | None, Meta(description="null: the payload's service, else the repository's name.")] = None
    is_deployment: bool = True

    def __post_init__(self) -> None:
        globs = (self.pattern,) if isinstance(self.pattern, str) else self.pattern
        force_setattr(self, "pattern", globs)
        check_includes(self.repository, *globs)
        check_glob(self.repository, *globs)


class EnvironmentRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which class the environments of a name belong to; case is ignored."""

    pattern: Glob
    environment_class: Class

    def __post_init__(self) -> None:
        check_glob(self.pattern)


class ServicePath(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which files of a monorepo are a service's: `services/cart/*`."""

    repository: Glob
    path: Glob
    service: Name

    def __post_init__(self) -> None:
        check_glob(self.repository, self.path)


class IncidentRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which issues are incidents; case is ignored. `is_incident` false takes out what a later rule would take in."""

    source: Name
    field: Literal["issue_type", "label", "priority"]
    pattern: Glob
    is_incident: bool = True

    def __post_init__(self) -> None:
        check_source(self.source)
        check_glob(self.pattern)


class SeverityRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which priority, type or label means which severity, 5 being worst; case is ignored."""

    source: Name
    field: Literal["priority", "type", "label"]
    pattern: Glob
    severity: Annotated[int, Meta(ge=1, le=5)]

    def __post_init__(self) -> None:
        check_source(self.source)
        check_glob(self.pattern)


class TimeZone(Struct, frozen=True, forbid_unknown_fields=True, tag_field="name", tag="time_zone"):
    """In which days and weeks are cut."""

    value: Name

    def __post_init__(self) -> None:
        check_time_zone(self.value)


class IncidentWindow(Struct, frozen=True, forbid_unknown_fields=True, tag_field="name", tag="incident_window_hours"):
    """How many hours after a deployment an incident is put down to it."""

    value: Hours


Setting = TimeZone | IncidentWindow


class Target(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a metric should reach from a day on, in the metric's own unit (seconds, ratio, a day). The newest counts."""

    metric: Metric
    value: Positive
    valid_from: date
    scope_kind: Scope = "tenant"
    scope: Annotated[Name, Meta(description="The service, team …; `all` for the tenant.")] = "all"  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if (self.scope_kind == "tenant") != (self.scope == "all"):
            raise ValueError(f"the scope of a {self.scope_kind} cannot be {self.scope!r}")
        if self.metric.endswith("_rate") and self.value > 1:
            raise ValueError(f"{self.metric} is a ratio: 15 % is 0.15")


class Objective(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the company wants to reach, and until when."""

    objective: Name
    description: Words = ""
    owner: Name | None = None
    starts_on: date | None = None
    ends_on: date | None = None

    def __post_init__(self) -> None:
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError("it ends before it starts")


class ObjectiveRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which issues serve an objective, by label, key of the epic, or project; case is ignored."""

    objective: Name
    field: Literal["label", "epic", "project"]
    pattern: Glob
    source: Annotated[Name | None, Meta(description="null: any.")] = None

    def __post_init__(self) -> None:
        check_glob(self.pattern)
        if self.source is not None:
            check_source(self.source)


class ProjectPart(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What belongs to a project: services, repositories, and the trackers' own projects."""

    project: Name
    part: Literal["service", "repository", "issue_project"]
    pattern: Glob

    def __post_init__(self) -> None:
        check_glob(self.pattern)


class PortfolioProject(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which projects make up a portfolio. A project is in one."""

    portfolio: Name
    project: Name


class RiskRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From which threshold on something is a risk, and how bad; null: as by default. `is_enabled` false: never."""

    rule: Risk
    threshold: Positive | None = None
    severity: Annotated[int, Meta(ge=1, le=5)] | None = None
    is_enabled: bool = True


class TeamProject(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A project of issues, as the marts name it: a Jira key, a HubSpot pipeline."""

    source: Name
    project: Name

    def __post_init__(self) -> None:
        check_source(self.source)


class Team(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is in a team, what is the team's, and when it works."""

    team: Name
    time_zone: Annotated[Name | None, Meta(description="null: the tenant's.")] = None
    work_days: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)] = (1, 2, 3, 4, 5)
    starts_at: Clock = "09:00"
    ends_at: Clock = "17:00"
    members: Annotated[tuple[Name, ...], Meta(description="GitHub logins or e-mail addresses.")] = ()
    repositories: tuple[Glob, ...] = ()
    projects: tuple[TeamProject, ...] = ()

    def __post_init__(self) -> None:
        if self.time_zone is not None:
            check_time_zone(self.time_zone)
        if self.starts_at >= self.ends_at:
            raise ValueError("its work ends before it starts")
        check_glob(*self.repositories)


class Holiday(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A day off, of everybody or of one team."""

    day: date
    name: Words = ""
    team: Annotated[Name | None, Meta(description="null: everybody.")] = None
