"""What GitHub would have told of a company's life: one event as each thing began, one as it is now."""

from collections.abc import Iterator
from typing import Any

import msgspec

from pipelines.simulator.clock import iso
from pipelines.simulator.github_shapes import API, HTML
from pipelines.simulator.github_store import LivedStore
from pipelines.simulator.records import Commit
from pipelines.simulator.repositories import Repository
from pipelines.simulator.told import Told
from pipelines.simulator.world import World

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
NEVER = "0" * 40


def events(world: World, slug: str, since: int) -> list[Told]:
    """Everything after `since`, oldest first. Raises ValueError for an unknown company."""
    company = world.company(slug)
    if company is None:
        raise ValueError(f"company: there is no {slug!r}")
    store = LivedStore(company)
    told = [
        event
        for repository in company.repositories.values()
        for event in Teller(world, store, repository).all()
        if event.at > since
    ]
    return sorted(told, key=lambda event: (event.at, event.about))


class Teller:
    """The events of one repository, as far back as it goes."""

    def __init__(self, world: World, store: LivedStore, repository: Repository) -> None:
        self._world, self._store, self._found = world, store, repository
        shown = _plain(store.show(repository.full_name, "repositories", repository, full=True))
        shown.pop("network_count")
        shown |= {"subscribers_url": f"{shown['url']}/subscribers", "custom_properties": {}}
        shown.pop("subscribers_count")
        self._repository = shown

    def all(self) -> Iterator[Told]:
        """Issues, pull requests, pushes, deployments, runs, releases."""
        yield from self._issues()
        for pull in self._found.pull_requests:
            yield from self._pull_request(pull, self._show("pull_requests", pull))
        for run in self._found.workflow_runs:
            yield from self._workflow_run(run, self._show("workflow_runs", run))
        yield from self._pushes()
        yield from self._deployments()
        for row in self._found.releases:
            if row.published_at is not None:
                shown = {**self._show("releases", row), "reactions": _reactions(f"{API}/releases/{row.release_id}")}
                yield self._told(row.published_at, "release", row.release_id, "published", release=shown)

    def _issues(self) -> Iterator[Told]:
        slug, amendments = self._store.slug, self._world.amendments
        for row in self._found.issues:
            shown = self._show("issues", row)
            shown["reactions"] = _reactions(shown["url"])
            shown = amendments.apply(slug, "github", "issues", row.issue_id, shown)
            first = {**shown, "state": "open", "closed_at": None, "state_reason": None,
                     "updated_at": shown["created_at"], "comments": 0}  # fmt: skip
            yield self._told(row.created_at, "issues", row.issue_id, "opened", issue=first)
            edit = amendments.edited(slug, "github", "issues", row.issue_id)
            changed = max(row.updated_at, edit.at) if edit else row.updated_at
            if changed > row.created_at:
                action = "closed" if shown["state"] == "closed" and not edit else "edited"
                extra: dict[str, Any] = {"changes": {}} if action == "edited" else {}
                yield self._told(changed, "issues", row.issue_id, action, issue=shown, **extra)
            gone = amendments.deleted.get((slug, "github", "issues", str(row.issue_id)))
            if gone is not None:
                yield self._told(gone, "issues", row.issue_id, "deleted", issue=shown)

    def _pull_request(self, row: Any, shown: dict[str, Any]) -> Iterator[Told]:
        for end in ("head", "base"):
            if shown[end]["repo"] is not None:
                shown[end]["repo"]["custom_properties"] = {}
        first = {**shown, "state": "open", "closed_at": None, "merged_at": None, "merged": False, "merged_by": None,
                 "updated_at": shown["created_at"]}  # fmt: skip
        yield self._told(row.created_at, "pull_request", row.pull_request_id, "opened",
                         number=row.number, pull_request=first)  # fmt: skip
        if row.closed_at is not None:
            yield self._told(row.updated_at, "pull_request", row.pull_request_id, "closed",
                             number=row.number, pull_request=shown)  # fmt: skip

    def _workflow_run(self, row: Any, shown: dict[str, Any]) -> Iterator[Told]:
        flow = self._show("workflows", self._workflow(row))
        first = {**shown, "status": "queued", "conclusion": None, "updated_at": shown["created_at"]}
        yield self._told(row.created_at, "workflow_run", row.run_id, "requested", workflow=flow, workflow_run=first)
        if row.status == "completed":
            yield self._told(row.updated_at, "workflow_run", row.run_id, "completed", workflow=flow,
                             workflow_run=shown)  # fmt: skip

    def _workflow(self, row: Any) -> Any:
        workflows = self._store.rows(self._found.full_name, "workflows") or ()
        return next(one for one in workflows if one.workflow_id == row.workflow_id)

    def _deployments(self) -> Iterator[Told]:
        for row in self._found.deployments:
            shown = self._show("deployments", row)
            first = {**shown, "updated_at": shown["created_at"]}
            yield self._told(row.created_at, "deployment", row.deployment_id, "created",
                             deployment=first, workflow=None, workflow_run=None)  # fmt: skip
            for status in row.statuses:
                at = iso(status.created_at)
                state = self._show("deployment_statuses", status, row.deployment_id)
                then = shown if status is row.statuses[-1] else {**shown, "updated_at": at}
                yield self._told(status.created_at, "deployment_status", status.status_id, "created",
                                 deployment=then, deployment_status=state)  # fmt: skip

    def _pushes(self) -> Iterator[Told]:
        """One of each branch, with its newest commit."""
        for branch, sha in self._found.branches.items():
            commit = self._found.commits[sha]
            before = commit.parents[0] if commit.parents else NEVER
            one = self._commit(commit)
            body = {
                "ref": f"refs/heads/{branch}", "before": before, "after": sha, "created": False, "deleted": False,
                "forced": False, "base_ref": None, "commits": [one], "head_commit": one,
                "compare": f"{HTML}/{self._found.full_name}/compare/{before[:12]}...{sha[:12]}",
                "pusher": {"name": commit.author.login, "email": commit.author.email},
                "repository": {**self._repository, "created_at": self._found.created_at,
                               "pushed_at": commit.committed_at, "stargazers": 0, "master_branch": branch},
                "sender": self._sender(),
            }  # fmt: skip
            yield Told(commit.committed_at, "push", f"{self._found.full_name} {branch} {sha}", body)

    def _commit(self, row: Commit) -> dict[str, Any]:
        author = {"name": row.author.name, "email": row.author.email, "username": row.author.login}
        return {
            "id": row.sha, "tree_id": row.sha[::-1], "distinct": True, "message": row.message,
            "timestamp": iso(row.committed_at), "url": f"{HTML}/{self._found.full_name}/commit/{row.sha}",
            "author": author, "committer": author, "added": [], "removed": [],
            "modified": [name for name, *_ in row.files],
        }  # fmt: skip

    def _told(self, at: int, name: str, key: object, action: str, **body: Any) -> Told:
        whole = {"action": action, **body, "repository": self._repository, "sender": self._sender()}
        return Told(at, name, f"{self._found.full_name} {key} {action} {at}", _plain(whole))

    def _sender(self) -> dict[str, Any]:
        return self._repository["owner"]

    def _show(self, kind: str, row: Any, parent: int | None = None) -> dict[str, Any]:
        return _plain(self._store.show(self._found.full_name, kind, row, parent, full=kind == "pull_requests"))


def _plain(shown: Any) -> Any:
    """Without what webhooks leave out of an account; parts that were encoded once become objects again."""
    return _without(msgspec.json.decode(msgspec.json.encode(shown)))


def _without(shown: Any) -> Any:
    if isinstance(shown, list):
        return [_without(one) for one in shown]
    if isinstance(shown, dict):
        return {name: _without(value) for name, value in shown.items() if name != "user_view_type"}
    return shown


def _reactions(url: str) -> dict[str, Any]:
    return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(REACTIONS, 0)}
