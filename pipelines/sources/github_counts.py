"""How many records GitHub has of what takes long to read: asked for by GraphQL, many repositories to a request."""

from collections.abc import Iterator

from pipelines.sources.github_graphql import address
from pipelines.sources.github_repositories import names
from pipelines.sources.reading import Expected, Request

AT_ONCE = 50  # repositories
COUNTS = {
    "pull_requests": "pullRequests(first: 1) { totalCount }",
    "issues": "issues(first: 1) { totalCount }",
    "deployments": "deployments(first: 1) { totalCount }",
    "commits": "defaultBranchRef { target { ... on Commit { history(first: 1) { totalCount } } } }",
}
FIELDS = " ".join(f"{name}: {field}" for name, field in COUNTS.items())


def expected(request: Request) -> Iterator[Expected]:
    """The counts of all repositories together. A server that is read by REST does not tell."""
    if not request.connection.reads_by_graphql:
        return
    repositories = names(request)
    totals = dict.fromkeys(COUNTS, 0)
    for start in range(0, len(repositories), AT_ONCE):
        for found in _asked(request, repositories[start : start + AT_ONCE]):
            for name in COUNTS:
                totals[name] += _count(found[name])
    for name, total in totals.items():
        yield Expected(name, total)


def _asked(request: Request, repositories: list[str]) -> list[dict]:
    parts = [name.partition("/") for name in repositories]
    variables = {f"{key}{n}": part[at] for n, part in enumerate(parts) for key, at in (("owner", 0), ("name", 2))}
    declared = ", ".join(f"${name}: String!" for name in variables)
    fields = " ".join(
        f"r{n}: repository(owner: $owner{n}, name: $name{n}) {{ {FIELDS} }}" for n in range(len(repositories))
    )
    body = {"query": f"query Counts({declared}) {{ {fields} }}", "variables": variables}
    data = request.client.request("POST", address(request.connection.base_url), json=body).json()["data"]
    return [data[f"r{n}"] for n in range(len(repositories))]


def _count(found: dict | None) -> int:
    """The count that lies in a field's answer, 0 in an empty repository."""
    while found and "totalCount" not in found:
        found = found.get("target") or found.get("history")
    return found["totalCount"] if found else 0
