"""Recorded GitHub objects, where the GitHub handlers look for theirs."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from zlib import crc32

from pipelines.simulator import github_shapes, replay_neutral
from pipelines.simulator.clock import parse_instant
from pipelines.simulator.replay_lines import Folder, Line, ReplayInvalid
from pipelines.simulator.repositories import Repository

# Resource → the part of the path (or the body's field) that names its parent.
PARENTS = {
    "pull_request_commits": ("pulls", ""),
    "pull_request_files": ("pulls", ""),
    "reviews": ("pulls", "pull_request_url"),
    "deployment_statuses": ("deployments", "deployment_url"),
    "workflow_jobs": ("runs", "run_url"),
}
NAMED = {
    "commits": "sha",
    "pull_request_commits": "sha",
    "tags": "name",
    "branches": "name",
    "pull_request_files": "filename",
}
KEYS = {
    "pull_requests": "pull_request_id",
    "issues": "issue_id",
    "reviews": "review_id",
    "issue_events": "event_id",
    "comments": "comment_id",
    "releases": "release_id",
    "deployments": "deployment_id",
    "deployment_statuses": "status_id",
    "workflow_runs": "run_id",
    "workflow_jobs": "job_id",
}
Rows = dict[tuple[int | None, str], SimpleNamespace]


def instant(text: str | None) -> int | None:
    return parse_instant(text) if text else None


class RecordedStore:
    """The recorded repositories of one folder. Any token may read them."""

    def __init__(self, folder: Folder) -> None:
        self.slug = folder.slug
        self.token: str | None = None
        self._fallback = folder.config.get("repository")
        self._rows: defaultdict[str, defaultdict[str, Rows]] = defaultdict(lambda: defaultdict(dict))
        for (source, resource), lines in folder.lines.items():
            if source == "github":
                for line in lines:
                    self._take(resource, line)
        self.owners = {name.split("/")[0] for name in self._rows}

    def _take(self, resource: str, line: Line) -> None:
        """Put a line where its path says; a later line of the same id takes the place of the earlier one."""
        body = line.body
        repository = self._repository_of(line)
        parent = None
        if resource in PARENTS:
            part, field = PARENTS[resource]
            text = line.part(part) or str(body.get(field) or "").rstrip("/").rsplit("/", 1)[-1]
            if not text.isdigit():
                raise ReplayInvalid(
                    f"{line.place}: neither the url nor the object says to which of the {part} it belongs"
                )
            parent = int(text)
        identity = body.get(NAMED.get(resource, "id"))
        if identity is None:
            raise ReplayInvalid(f"{line.place}: the object has no {NAMED.get(resource, 'id')}")
        try:
            row = _row(resource, body, parent, repository)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ReplayInvalid(
                f"{line.place}: not an object of {resource} ({type(error).__name__}: {error})"
            ) from None
        self._rows[repository][resource][parent, str(identity)] = row

    def _repository_of(self, line: Line) -> str:
        parts = line.path.strip("/").split("/")
        if "repos" in parts and len(parts) >= parts.index("repos") + 3:
            at = parts.index("repos")
            return f"{parts[at + 1]}/{parts[at + 2]}"
        found = line.body.get("full_name") or self._fallback
        if not found:
            raise ReplayInvalid(
                f'{line.place}: the url names no repository; say repository = "owner/name" in replay.toml'
            )
        return str(found)

    @property
    def repositories(self) -> list[str]:
        return sorted(self._rows)

    def resolve(self, name: str) -> str | None:
        return next((known for known in self._rows if known.lower() == name.lower()), None)

    def rows(self, repository: str, kind: str, parent: int | None = None) -> Sequence[Any] | None:
        if kind == "repositories":
            return [self._as_repository(name) for name in self.repositories]
        if kind == "workflows":
            return self._workflows(repository)
        if kind in PARENTS and not self._has_parent(repository, kind, parent):
            return None
        found = self._rows[repository][kind]
        rows = [row for (of, _), row in found.items() if kind not in PARENTS or of == parent]
        if kind == "issues":  # what is also recorded as a pull request is shown as one
            pulls = {row.number for row in self._rows[repository]["pull_requests"].values()}
            rows = [row for row in rows if row.number not in pulls]
        return rows

    def _has_parent(self, repository: str, kind: str, parent: int | None) -> bool:
        owner, key = {
            "deployment_statuses": ("deployments", "deployment_id"),
            "workflow_jobs": ("workflow_runs", "run_id"),
        }.get(kind, ("pull_requests", "number"))
        return any(getattr(row, key) == parent for row in self._rows[repository][owner].values())

    def check_runs(self, repository: str, ref: str) -> list[dict[str, Any]]:
        """None are recorded."""
        return []

    def commits(self, repository: str, ref: str | None) -> Sequence[Any] | None:
        rows = list(self._rows[repository]["commits"].values())
        if ref is not None:
            start = self.commit(repository, ref)
            if start is None:
                return None
            by_sha, todo, seen = {row.sha: row for row in rows}, [start.sha], set()
            while todo:
                sha = todo.pop()
                if sha in by_sha and sha not in seen:
                    seen.add(sha)
                    todo += [parent["sha"] for parent in by_sha[sha].body.get("parents") or []]
            rows = [by_sha[sha] for sha in seen]
        return sorted(rows, key=lambda row: -row.committed_at)

    def commit(self, repository: str, ref: str) -> Any | None:
        held = self._rows[repository]
        heads = {row.name: row.sha for kind in ("tags", "branches") for row in held[kind].values()}
        wanted = heads.get(ref, ref)
        everything = [*held["commits"].values(), *held["pull_request_commits"].values()]
        return next((row for row in everything if row.sha == wanted), None)

    def show(
        self, repository: str, kind: str, row: Any, parent: int | None = None, full: bool = False
    ) -> dict[str, Any]:
        if kind == "repositories":
            if row.body is not None:
                return replay_neutral.filled("repositories", row.body, full)
            counts = {"network_count": 0, "subscribers_count": 0} if full else {}
            return {**github_shapes.repository(row.derived), **counts}
        if kind == "pull_requests_as_issues":
            return self._as_issue(repository, row)
        if kind == "workflows":
            return row.body
        return replay_neutral.filled(kind, row.body, full)

    def _as_issue(self, repository: str, row: Any) -> dict[str, Any]:
        """A pull request in a list of issues: as recorded there, else made of the pull request."""
        recorded = (issue for issue in self._rows[repository]["issues"].values() if issue.number == row.number)
        found = next(recorded, None)
        if found is not None:
            return replay_neutral.filled("issues", found.body, False)
        comments = sum(one.number == row.number for one in self._rows[repository]["comments"].values())
        return {**replay_neutral.issue_of(row.body), "comments": comments}

    def _as_repository(self, name: str) -> SimpleNamespace:
        recorded = next(iter(self._rows[name]["repositories"].values()), None)
        if recorded is not None:
            return recorded
        pulls = list(self._rows[name]["pull_requests"].values())
        branches = Counter(row.base_branch for row in pulls)
        created = [row.created_at for rows in self._rows[name].values() for row in rows.values() if row.created_at]
        derived = Repository(
            repository_id=crc32(name.encode()),
            name=name,
            created_at=min(created, default=0),
            language="",
            description="",
            default_branch=branches.most_common(1)[0][0] if branches else "main",
            pushed_at=max(created, default=0),
        )
        return SimpleNamespace(
            repository_id=derived.repository_id, name=name, full_name=name, owner=derived.owner, body=None,
            derived=derived, updated_at=0,
        )  # fmt: skip

    def _workflows(self, repository: str) -> list[SimpleNamespace]:
        found = {}
        for row in self._rows[repository]["workflow_runs"].values():
            body = {
                "id": row.body.get("workflow_id"),
                "node_id": "",
                "name": row.body.get("name") or "",
                "state": "active",
            }
            body |= {"path": row.body.get("path") or "", "created_at": row.body["created_at"]}
            body |= {
                "updated_at": row.body["created_at"],
                "url": row.body.get("workflow_url") or "",
                "html_url": "",
                "badge_url": "",
            }
            found[body["id"]] = SimpleNamespace(workflow_id=body["id"], body=body)
        return list(found.values())


def _row(kind: str, body: dict[str, Any], parent: int | None, repository: str) -> SimpleNamespace:
    """What the handlers filter and sort by."""
    row = SimpleNamespace(
        body=body, created_at=instant(body.get("created_at")), updated_at=instant(body.get("updated_at"))
    )
    row.updated_at = row.updated_at or row.created_at
    if kind in KEYS:
        setattr(row, KEYS[kind], body["id"])
    user = body.get("user") or body.get("actor") or {}
    row.author = row.actor = SimpleNamespace(login=user.get("login", ""), email="")
    if kind in ("pull_requests", "issues"):
        row.number, row.closed_at = body["number"], instant(body.get("closed_at"))
        row.labels = [label["name"] for label in body.get("labels") or []]
        row.comments = [None] * (body.get("comments") or 0)
    if kind == "pull_requests":
        row.base_branch, row.head_branch = body["base"]["ref"], body["head"]["ref"]
    elif kind in ("issue_events", "comments"):
        address = (body.get("issue") or {}).get("url") or body.get("issue_url") or body.get("url") or ""
        last = str(address).rstrip("/").rsplit("/", 1)[-1]
        row.number = int(last) if last.isdigit() else 0
    elif kind in ("commits", "pull_request_commits"):
        commit = body["commit"]
        row.sha = body["sha"]
        row.committed_at = row.created_at = instant(commit["committer"]["date"])
        row.authored_at = instant(commit["author"]["date"])
        row.author = SimpleNamespace(
            login=(body.get("author") or {}).get("login", ""), email=commit["author"].get("email")
        )
        row.files = [(file["filename"],) for file in body.get("files") or []]
    elif kind in ("tags", "branches"):
        row.name, row.sha = body["name"], body["commit"]["sha"]
    elif kind == "deployments":
        row.sha, row.ref, row.environment = body["sha"], body.get("ref"), body.get("environment")
    elif kind == "workflow_runs":
        row.branch, row.event, row.sha = body.get("head_branch"), body.get("event"), body.get("head_sha")
        row.status, row.conclusion = body.get("status"), body.get("conclusion")
    elif kind == "workflow_jobs":
        row.run_id = parent
    elif kind == "repositories":
        row.repository_id, row.name = body["id"], body["full_name"]
        row.full_name, row.owner = row.name, row.name.partition("/")[0]
    return row
