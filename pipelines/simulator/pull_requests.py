"""The life of a pull request: opened, pushed to, merged or given up. What reviewers do is in reviews.py."""

from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.simulator import reviews, workflows
from pipelines.simulator.deliveries import Change
from pipelines.simulator.records import Commit, IssueEvent, Person, PullRequest
from pipelines.simulator.repositories import Repository

if TYPE_CHECKING:
    from pipelines.simulator.company import Company
    from pipelines.simulator.work import Plan

WEB = Person("web-flow", "GitHub", "noreply@github.com", 19864447)
UNKNOWN_EMAIL_SHARE = 0.15
LANGUAGES = {"Python": "py", "TypeScript": "ts", "Go": "go"}


def open_pull(company: "Company", plan: "Plan") -> PullRequest:
    """Open it with its commits, and let CI and reviewers find it."""
    repository, chance = plan.repository, plan.chance
    number = repository.next_number()
    base = repository.main_at(plan.authored[0])
    pull = PullRequest(
        pull_request_id=company.next_id("pull_request"),
        number=number,
        repository=repository.name,
        title=plan.title,
        body=plan.body,
        author=plan.author,
        created_at=company.now,
        updated_at=company.now,
        head_branch=plan.branch,
        base_branch=repository.default_branch,
        head_sha="",
        base_sha=base,
        kind=plan.kind,
        services=tuple(service.name for service in plan.services),
        is_draft=plan.is_draft,
        is_fork_deleted=plan.is_fork,
        work_item=plan.item,
        issue_key=plan.issue_key,
        incident_id=plan.incident.incident_id if plan.incident else None,
    )
    pull.files = [*plan.files] or _files(plan)
    for authored_at in plan.authored:
        _write(company, plan, pull, authored_at, authored_at)
    pull.merge_commit_sha = company.sha(repository.name, "test merge", number)
    repository.pull_requests.append(pull)
    repository.numbered[number] = pull
    company.pull_requests.append(pull)
    if plan.item and plan.item.review_at is None:
        plan.item.review_at = company.now
    for label in plan.labels:
        pull.labels.append(label)
        record(company, pull, "labeled", plan.author, label=label)
    _push(repository, pull, company.now)
    workflows.run_ci(company, repository, pull)
    if plan.is_first_commit_late:
        company.at(company.now + chance.randint(240, 2400), _write_anew, company, plan, pull)
    reviews.begin(company, plan, pull)
    return pull


def _files(plan: "Plan") -> list[tuple[str, int, int]]:
    """What it changes: usually a few files, now and then a great many lines."""
    chance = plan.chance
    if plan.kind == "dependency":
        return [(f"{service.path}dependencies.lock", chance.randint(1, 60), chance.randint(1, 60))
                for service in plan.services]  # fmt: skip
    ending = LANGUAGES.get(plan.repository.language, "txt")
    files = {}
    for service in plan.services:
        for _ in range(1 + min(int(chance.expovariate(0.5)), 12)):
            topic = chance.choice(("api", "models", "views", "rules", "tasks"))
            name = f"{service.path}src/{topic}_{chance.randint(1, 40)}"
            files[f"{name}.{ending}"] = (int(chance.lognormvariate(2.7, 1.1)) + 1, int(chance.lognormvariate(1.8, 1.2)))
    return [(name, *lines) for name, lines in files.items()]


def _write(company: "Company", plan: "Plan", pull: PullRequest, authored_at: int, committed_at: int) -> Commit:
    """Add a commit to the pull request's branch."""
    count = company.next_id(f"commit of {pull.repository}")
    message = pull.title if not pull.commits else plan.chance.choice(("Address review", "Fix tests", "wip", "Tidy up"))
    if plan.reverts and not pull.commits:
        message = f"{pull.title}\n\nThis reverts commit {plan.reverts.sha}."
    commit = Commit(
        sha=company.sha(pull.repository, "commit", count),
        repository=pull.repository,
        message=message,
        author=plan.author,
        authored_at=authored_at,
        committed_at=committed_at,
        parents=(pull.commits[-1].sha if pull.commits else pull.base_sha,),
        has_account=plan.author.is_bot or plan.chance.random() > UNKNOWN_EMAIL_SHARE,
        files=tuple(pull.files[:3]),
    )
    pull.commits.append(commit)
    pull.head_sha = commit.sha
    plan.repository.add(commit, None)
    return commit


def _push(repository: Repository, pull: PullRequest, at: int) -> None:
    """Show the branch's head; a fork's branch stands elsewhere."""
    pull.updated_at = max(pull.updated_at, at)
    if not pull.is_fork_deleted:
        repository.branches[pull.head_branch] = pull.head_sha
        repository.pushed_at = max(repository.pushed_at, at)


def push(company: "Company", plan: "Plan", pull: PullRequest) -> None:
    """One more commit, written in the last minutes."""
    written_at = company.now - plan.chance.randint(20, 400)
    _write(company, plan, pull, written_at, written_at)
    _push(plan.repository, pull, company.now)


def _write_anew(company: "Company", plan: "Plan", pull: PullRequest) -> None:
    """Replace the placeholder commits of the opening: now the first commit is later than the opening."""
    if pull.closed_at is not None:
        return
    count = len(pull.commits)
    pull.commits.clear()
    earliest = pull.created_at + 30
    for n in range(count):
        authored_at = earliest + (company.now - earliest) * n // count
        _write(company, plan, pull, authored_at, authored_at)
    record(company, pull, "head_ref_force_pushed", plan.author, sha=pull.head_sha)
    _push(plan.repository, pull, company.now)


def rebase(company: "Company", plan: "Plan", pull: PullRequest) -> None:
    """Put the commits on top of main as it is now: same authors and author dates, new shas and commit dates."""
    pull.base_sha = plan.repository.head
    old, pull.commits = pull.commits, []
    for n, commit in enumerate(old):
        parent = pull.commits[-1].sha if pull.commits else pull.base_sha
        sha = company.sha(commit.sha, "rebased", company.now)
        new = replace(commit, sha=sha, committed_at=company.now - len(old) + n, parents=(parent,))
        pull.commits.append(plan.repository.add(new, None))
    pull.head_sha = pull.commits[-1].sha
    record(company, pull, "head_ref_force_pushed", plan.author, sha=pull.head_sha)
    _push(plan.repository, pull, company.now)


def close(company: "Company", plan: "Plan", pull: PullRequest) -> None:
    """Give it up. `merge_commit_sha` stays, as it does at GitHub."""
    pull.closed_at = company.now
    record(company, pull, "closed", plan.author)
    plan.repository.branches.pop(pull.head_branch, None)
    if plan.item and plan.item.dropped_at is None:
        plan.item.dropped_at = company.now


def merge(company: "Company", plan: "Plan", pull: PullRequest, by: Person) -> Change:
    """Bring it into main in the company's way, and write it into the books."""
    repository = plan.repository
    commit = _merge_commit(company, plan, pull, by)
    repository.add(commit, repository.default_branch, company.now)
    pull.merged_at = pull.closed_at = company.now
    pull.merged_by = by
    pull.merge_commit_sha = commit.sha
    record(company, pull, "merged", by, sha=commit.sha)
    record(company, pull, "closed", by)
    if plan.chance.random() < 0.8:  # the rest forget to delete their branch
        repository.branches.pop(pull.head_branch, None)
    if plan.item:
        plan.item.done_at = company.now
    change = Change(
        kind="pull_request",
        change_id=str(pull.number),
        repository=repository.name,
        sha=commit.sha,
        title=pull.title,
        authored_at=min(written.authored_at for written in pull.commits),
        merged_at=company.now,
        services=pull.services,
        is_bot=pull.author.is_bot,
    )
    company.deliveries.land(change)
    return change


def _merge_commit(company: "Company", plan: "Plan", pull: PullRequest, by: Person) -> Commit:
    name, head = pull.repository, plan.repository.head
    sha = company.sha(name, "merge", pull.number)
    if company.style == "release":
        pull.merge_method = "merge"
        owner = name.split("/")[0]
        message = f"Merge pull request #{pull.number} from {owner}/{pull.head_branch}\n\n{pull.title}"
        return Commit(sha, name, message, by, company.now, company.now, (head, pull.head_sha), True, WEB, ())
    if company.style == "trunk" and len(pull.commits) == 1 and plan.chance.random() < 0.2:
        pull.merge_method = "rebase"
        return replace(pull.commits[0], sha=sha, committed_at=company.now, parents=(head,), committer=by)
    pull.merge_method = "squash"
    lines = "\n".join(f"* {commit.message.splitlines()[0]}" for commit in pull.commits) if len(pull.commits) > 1 else ""
    trailer = f"This reverts commit {plan.reverts.sha}." if plan.reverts else lines
    message = f"{pull.title} (#{pull.number})" + (f"\n\n{trailer}" if trailer else "")
    files = tuple(pull.files)
    return Commit(sha, name, message, pull.author, company.now, company.now, (head,), True, WEB, files)


def record(
    company: "Company",
    pull: PullRequest,
    event: str,
    actor: Person,
    label: str | None = None,
    sha: str | None = None,
) -> None:
    """Write an event into the pull request's timeline."""
    pull.updated_at = max(pull.updated_at, company.now)
    found = IssueEvent(company.next_id("event"), pull.number, event, actor, company.now, label, sha)
    company.repositories[pull.repository].issue_events.append(found)
