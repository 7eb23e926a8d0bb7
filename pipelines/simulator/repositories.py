"""One repository: its commit graph, branches and tags, and what stands in it."""

from bisect import bisect_right
from dataclasses import dataclass, field

from pipelines.simulator.records import (
    Comment,
    Commit,
    Deployment,
    Issue,
    IssueEvent,
    PullRequest,
    Release,
    WorkflowRun,
)


@dataclass(slots=True)
class Repository:
    """`owner/name`. Lists are in order of creation; nothing is ever taken out of them."""

    repository_id: int
    name: str  # owner/name
    created_at: int
    language: str
    description: str
    former_names: tuple[str, ...] = ()  # asking for one of them answers 301
    renamed: str = ""  # what it is called by now; its company goes on to use `name`
    default_branch: str = "main"
    pushed_at: int = 0
    commits: dict[str, Commit] = field(default_factory=dict)  # every commit, also of branches that are gone
    branches: dict[str, str] = field(default_factory=dict)  # name → head, only those that exist now
    protected: set[str] = field(default_factory=lambda: {"main"})
    tags: dict[str, str] = field(default_factory=dict)
    pull_requests: list[PullRequest] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    issue_events: list[IssueEvent] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    workflow_runs: list[WorkflowRun] = field(default_factory=list)
    numbered: dict[int, PullRequest | Issue] = field(default_factory=dict)
    main_heads: list[tuple[int, str]] = field(default_factory=list)  # instant, head of the default branch since then
    workflows: dict[str, tuple[int, int]] = field(default_factory=dict)  # name → id, runs so far
    last_number: int = 0  # issues and pull requests share their numbers
    _reachable: dict[str, list[Commit]] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """What GitHub calls it."""
        return self.renamed or self.name

    @property
    def owner(self) -> str:
        return self.full_name.split("/")[0]

    def rename(self, full_name: str) -> None:
        """Another name, or another owner; the name until now leads here."""
        self.former_names = (*self.former_names, self.full_name.lower())
        self.renamed = full_name

    @property
    def head(self) -> str:
        return self.branches[self.default_branch]

    def next_number(self) -> int:
        self.last_number += 1
        return self.last_number

    def add(self, commit: Commit, branch: str | None, pushed_at: int | None = None) -> Commit:
        """Store a commit; with a branch, move the branch's head to it."""
        self.commits[commit.sha] = commit
        if branch:
            self.branches[branch] = commit.sha
            self.pushed_at = max(self.pushed_at, pushed_at or commit.committed_at)
            if branch == self.default_branch:
                self.main_heads.append((pushed_at or commit.committed_at, commit.sha))
        return commit

    def main_at(self, instant: int) -> str:
        """The head of the default branch at that time (the first one for any time before)."""
        return self.main_heads[max(0, bisect_right(self.main_heads, instant, key=lambda entry: entry[0]) - 1)][1]

    def reachable(self, ref: str) -> list[Commit] | None:
        """All ancestors of a branch, tag or sha and itself, newest commit date first; None for an unknown ref."""
        sha = self.branches.get(ref) or self.tags.get(ref) or ref
        if sha not in self.commits:
            return None
        found = self._reachable.get(sha)
        if found is None:
            found = sorted(self._walk(sha), key=lambda commit: -commit.committed_at)
            if len(self._reachable) > 8:  # heads move on: only the present ones are asked for again
                self._reachable.clear()
            self._reachable[sha] = found
        return found

    def _walk(self, sha: str) -> list[Commit]:
        seen, todo, found = {sha}, [sha], []
        while todo:
            commit = self.commits[todo.pop()]
            found.append(commit)
            for parent in commit.parents:
                if parent not in seen:
                    seen.add(parent)
                    todo.append(parent)
        return found
