"""What a company consists of. Plain records that the life of the company fills in.

Every instant is whole seconds since 1970, UTC. A record only ever shows what has happened: the company is lived
exactly up to the clock's now, so a pull request that will be merged tomorrow has `merged_at = None` today.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody (or a bot) who writes code, reviews or reports."""

    login: str
    name: str
    email: str
    account_id: int
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """What is deployed by itself. In a monorepo several services share a repository, each under its own path."""

    name: str
    repository: str  # owner/name
    path: str  # "" where the repository holds nothing else, else like "services/payments/"
    environments: tuple[str, ...]  # as GitHub shows them, staging first
    component: str  # what trackers call it, like "Payments"


@dataclass(slots=True)
class WorkItem:
    """Planned work. A pull request that belongs to one carries its key in branch, title or body."""

    number: int
    key: str  # like "ACME-17"
    kind: str  # story | task | bug
    title: str
    service: Service
    reporter: Person
    created_at: int
    assignee: Person | None = None
    started_at: int | None = None  # somebody began to work on it
    review_at: int | None = None  # its pull request was opened
    done_at: int | None = None  # its pull request was merged
    dropped_at: int | None = None  # decided against: "won't do"


@dataclass(slots=True)
class Commit:
    sha: str
    repository: str
    message: str
    author: Person
    authored_at: int
    committed_at: int
    parents: tuple[str, ...]
    has_account: bool = True  # False: written under an e-mail address that GitHub does not know
    committer: Person | None = None  # None: the author
    files: tuple[tuple[str, int, int], ...] = ()  # path, additions, deletions


@dataclass(slots=True)
class Review:
    review_id: int
    author: Person
    state: str  # APPROVED | CHANGES_REQUESTED | COMMENTED
    submitted_at: int
    commit_sha: str
    body: str


@dataclass(slots=True)
class Comment:
    comment_id: int
    number: int  # of the issue or pull request
    author: Person
    body: str
    created_at: int
    updated_at: int


@dataclass(slots=True)
class IssueEvent:
    event_id: int
    number: int  # of the issue or pull request
    event: str  # labeled | closed | reopened | assigned | ready_for_review | merged …
    actor: Person
    created_at: int
    label: str | None = None
    commit_sha: str | None = None


@dataclass(slots=True)
class PullRequest:
    pull_request_id: int
    number: int
    repository: str
    title: str
    body: str | None
    author: Person
    created_at: int
    updated_at: int
    head_branch: str
    base_branch: str
    head_sha: str
    base_sha: str
    kind: str  # feature | fix | dependency | revert | hotfix
    services: tuple[str, ...]  # names of the services whose files it touches
    is_draft: bool = False
    ready_at: int | None = None  # None: was never a draft
    merged_at: int | None = None
    closed_at: int | None = None
    merged_by: Person | None = None
    merge_method: str | None = None  # merge | squash | rebase, once it is merged
    merge_commit_sha: str | None = None  # also set while open, and when closed without a merge
    is_fork_deleted: bool = False
    labels: list[str] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    files: list[tuple[str, int, int]] = field(default_factory=list)  # path, additions, deletions
    work_item: WorkItem | None = None
    issue_key: str | None = None  # the key as written in branch and title; None: the author forgot
    incident_id: int | None = None  # of the incident that it mends


@dataclass(slots=True)
class Issue:
    """A GitHub issue. Numbers are shared with pull requests."""

    issue_id: int
    number: int
    repository: str
    title: str
    body: str | None
    author: Person
    created_at: int
    updated_at: int
    labels: list[str] = field(default_factory=list)
    assignee: Person | None = None
    closed_at: int | None = None
    state_reason: str | None = None  # completed | not_planned | reopened
    comments: list[Comment] = field(default_factory=list)
    incident_id: int | None = None


@dataclass(slots=True)
class DeploymentStatus:
    status_id: int
    state: str  # queued | in_progress | success | failure | error | inactive
    created_at: int
    creator: Person
    description: str = ""


@dataclass(slots=True)
class WorkflowRun:
    run_id: int
    repository: str
    workflow_id: int
    name: str
    path: str
    title: str
    branch: str | None
    sha: str
    event: str
    actor: Person
    number: int
    created_at: int
    run_started_at: int
    updated_at: int
    attempt: int = 1
    status: str = "queued"
    conclusion: str | None = None
    job_started_at: int | None = None
    earlier: list["WorkflowRun"] = field(default_factory=list)  # as it stood when it was run again


@dataclass(slots=True)
class Deployment:
    """One try to deliver a service into an environment, and what truly came of it."""

    deployment_id: int
    repository: str
    service: str
    environment: str  # as GitHub shows it; compare lower-cased
    sha: str
    ref: str
    payload: dict | str
    creator: Person
    created_at: int
    updated_at: int
    is_production: bool
    statuses: list[DeploymentStatus] = field(default_factory=list)  # oldest first
    run: WorkflowRun | None = None
    finished_at: int | None = None  # first success
    result: str | None = None  # success | failure | cancelled; None while it runs
    is_rollback: bool = False
    is_redeploy: bool = False
    is_baseline: bool = False  # the first success of its service and environment
    incident_id: int | None = None  # of the incident that it caused, once somebody noticed
    remediates: int | None = None  # incident_id
    position: int = -1  # how much of main's history it holds (see deliveries.py)
    description: str = ""


@dataclass(slots=True)
class Release:
    release_id: int
    repository: str
    tag: str
    name: str
    branch: str
    sha: str
    author: Person
    body: str
    created_at: int  # of the tagged commit
    published_at: int | None  # None: a draft
    is_draft: bool = False
    is_prerelease: bool = False


@dataclass(slots=True)
class Incident:
    """Production did not do what it should. `deployment_id` is None where no change caused it."""

    incident_id: int
    service: str
    repository: str
    environment: str
    title: str
    severity: int  # 5 worst
    cause: str  # change | infrastructure | third_party
    tracked_in: str  # jira | github: the one place where somebody wrote it down
    started_at: int  # noticed
    deployment_id: int | None
    resolved_at: int | None = None
    remedy: str | None = (
        None  # rollback | revert | hotfix | forward_fix, known once it is deployed; None: no deployment
    )
    remediating_deployment_id: int | None = None
    fixed_by_pull_request: int | None = None  # its number, once it is opened
