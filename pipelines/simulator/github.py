"""GitHub's REST API over the companies' repositories: the routes, their filters and their orders."""

from litestar import Request, Response, get

from pipelines.simulator import github_actions, github_issues
from pipelines.simulator import github_shapes as shapes
from pipelines.simulator.clock import parse_instant
from pipelines.simulator.github_answers import Asked, asked, at
from pipelines.simulator.github_limits import Refused


@at("")
def read_repository(request: Request) -> Response:
    found = asked(request)
    row = next(row for row in found.rows("repositories") if row.full_name == found.repository)
    return found.answer(found.show("repositories", row, full=True))


@get("/github/user", sync_to_thread=False)
def read_user(request: Request) -> Response:
    """The account that the token belongs to."""
    found = Asked.of(request)
    name = f"{found.store.slug}-reader"
    counts = {"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0}
    about = dict.fromkeys(("name", "company", "location", "email", "hireable", "bio"))
    times = {"created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z"}
    return found.answer({**shapes.account(name, 4_000_001, "User"), **about, "blog": "", **counts, **times})


@get(["/github/user/repos", "/github/orgs/{owner:str}/repos"], sync_to_thread=False)
def list_repositories(request: Request) -> Response:
    """The token's repositories, or those of one owner."""
    owner = request.path_params.get("owner")
    found = Asked.of(request, owner)
    rows = [row for row in found.rows("repositories") if owner is None or row.owner.lower() == owner.lower()]
    if rows:
        found.repository = rows[-1].full_name
    return found.page("repositories", sorted(rows, key=lambda row: row.full_name))


@at("/pulls")
def list_pulls(request: Request) -> Response:
    """Open ones, newest first, unless asked otherwise."""
    found = asked(request)
    rows = found.rows("pull_requests")
    state, base, head = found.parameter("state", "open"), found.parameter("base"), found.parameter("head")
    if state != "all":
        rows = [row for row in rows if (row.closed_at is None) == (state == "open")]
    if base:
        rows = [row for row in rows if row.base_branch == base]
    if head:
        rows = [row for row in rows if row.head_branch == head.rpartition(":")[2]]
    sort = found.parameter("sort", "created")
    direction = found.parameter("direction") or ("desc" if sort == "created" else "asc")
    updated_at = found.updated_at("pull_requests")
    rows.sort(key=lambda row: (updated_at(row) if sort == "updated" else row.created_at, row.number))
    return found.page("pull_requests", rows[::-1] if direction == "desc" else rows)


@at("/pulls/{number:int}")
def read_pull(request: Request, number: int) -> Response:
    found = asked(request)
    row = next((row for row in found.rows("pull_requests") if row.number == number), None)
    if row is None:
        raise Refused(404, "Not Found", found.headers)
    return found.answer(found.show("pull_requests", row, full=True))


@at("/pulls/{number:int}/commits")
def list_pull_commits(request: Request, number: int) -> Response:
    """Oldest first, at most 250."""
    found = asked(request)
    return found.page("pull_request_commits", found.rows("pull_request_commits", number)[:250], number)


@at("/pulls/{number:int}/files")
def list_pull_files(request: Request, number: int) -> Response:
    found = asked(request)
    return found.page("pull_request_files", found.rows("pull_request_files", number)[:3000], number)


@at("/pulls/{number:int}/reviews")
def list_reviews(request: Request, number: int) -> Response:
    """Oldest first."""
    found = asked(request)
    return found.page("reviews", sorted(found.rows("reviews", number), key=lambda row: row.review_id), number)


@at("/commits")
def list_commits(request: Request) -> Response:
    """What a branch (`sha`, else the default branch) reaches, newest commit date first."""
    found = asked(request)
    rows = found.store.commits(found.repository, found.parameter("sha") or None)
    if rows is None:
        raise Refused(404, "Not Found", found.headers)
    since, until = found.parameter("since"), found.parameter("until")
    author, path = found.parameter("author"), found.parameter("path")
    if since:
        first = parse_instant(since)
        rows = [row for row in rows if row.committed_at >= first]
    if until:
        last = parse_instant(until)
        rows = [row for row in rows if row.committed_at <= last]
    if author:
        rows = [row for row in rows if author in {row.author.login, row.author.email}]
    if path:
        rows = [row for row in rows if any(name.startswith(path) for name, *_ in row.files)]
    return found.page("commits", rows)


@at("/commits/{ref:path}")
def read_commit(request: Request, ref: str) -> Response:
    found = asked(request)
    wanted, of_checks, _ = ref.strip("/").partition("/check-runs")  # a path cannot go on behind a ref with slashes
    row = found.store.commit(found.repository, wanted)
    if row is None:
        raise Refused(422, f"No commit found for SHA: {wanted}", found.headers)
    if of_checks:
        deleted, slug = found.world.amendments.is_deleted, found.store.slug
        checks = found.store.check_runs(found.repository, wanted)
        checks = [check for check in checks if not deleted(slug, "github", "check_runs", check["id"])]
        return found.answer({"total_count": len(checks), "check_runs": checks})
    return found.answer(found.show("commits", row, full=True))


@at("/branches")
def list_branches(request: Request) -> Response:
    found = asked(request)
    return found.page("branches", sorted(found.rows("branches"), key=lambda row: row.name))


@at("/tags")
def list_tags(request: Request) -> Response:
    found = asked(request)
    return found.page("tags", sorted(found.rows("tags"), key=lambda row: row.name, reverse=True))


@at("/releases")
def list_releases(request: Request) -> Response:
    """Drafts too, newest first."""
    found = asked(request)
    return found.page("releases", sorted(found.rows("releases"), key=lambda row: (-row.created_at, -row.release_id)))


@get("/github/rate_limit", sync_to_thread=False)
def read_rate_limit(request: Request) -> Response:
    found = Asked.of(request)
    limits = found.world.github_limits
    limits.unspend(found.token)  # asking is free
    core = limits.peek(found.token, found.world.settings)
    return found.answer({"resources": {"core": core, "search": {**core, "limit": 30}}, "rate": core})


HANDLERS = [
    read_repository,
    read_user,
    list_repositories,
    list_pulls,
    read_pull,
    list_pull_commits,
    list_pull_files,
    list_reviews,
    list_commits,
    read_commit,
    list_branches,
    list_tags,
    list_releases,
    read_rate_limit,
    *github_issues.HANDLERS,
    *github_actions.HANDLERS,
]
