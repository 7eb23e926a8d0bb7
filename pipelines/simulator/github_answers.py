"""How GitHub answers: who may ask, how much is left, pages, ETags, errors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import uuid4

import msgspec
from litestar import Request, Response, get

from pipelines.simulator.github_limits import Refused
from pipelines.simulator.github_store import IDENTITY, Store
from pipelines.simulator.world import World

MOST_PER_PAGE = 100


@dataclass(slots=True)
class Asked:
    """A request that may be answered: whose objects, of which repository, with which parameters."""

    request: Request
    world: World
    store: Store
    token: str
    repository: str  # "" where the path names none
    headers: dict[str, str]

    @classmethod
    def of(cls, request: Request, owner: str | None = None, name: str | None = None) -> "Asked":
        """Check token, limits and repository. Raises Refused: 401, 403, 404, or 301 for a former name."""
        world: World = request.app.state.world
        token = token_of(request)
        mine = world.github_by_token(token)
        store = world.github(owner) if owner else mine
        if mine is None and (store is None or store.token is not None):
            raise Refused(401, "Bad credentials" if token else "Requires authentication")
        headers = world.github_limits.spend(token, world.settings)
        if store is None or (store.token is not None and store.token != account_of(token)):
            raise Refused(404, "Not Found", headers)  # what one may not see is not there
        found = ""
        if name is not None:
            found = store.resolve(f"{owner}/{name}") or ""
            if not found or is_deleted(world, store, found):
                raise Refused(404, "Not Found", headers)
            if found.lower() != f"{owner}/{name}".lower():
                _redirect(request, store, found, headers)
        return cls(request, world, store, token, found, headers)

    def parameter(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default)

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from the query; GitHub takes the default for nonsense."""
        text = self.parameter(name)
        return min(max(int(text), 1), most) if text.isdigit() else default

    def rows(self, kind: str, parent: int | None = None) -> list[Any]:
        """The objects that were not deleted by hand. Raises Refused where the parent is not there."""
        found = self.store.rows(self.repository, kind, parent)
        if found is None:
            raise Refused(404, "Not Found", self.headers)
        deleted = self.world.amendments.is_deleted
        if not self.world.amendments.deleted:
            return list(found)
        identity, slug = IDENTITY.get(kind), self.store.slug
        left = [row for row in found if not identity or not deleted(slug, "github", kind, getattr(row, identity, ""))]
        if kind not in ("comments", "issue_events"):
            return left
        there = {row.number for whole in ("issues", "pull_requests") for row in self.rows(whole)}
        return [row for row in left if row.number in there]

    def updated_at(self, kind: str) -> Callable[[Any], int]:
        """When a row last changed: edits by hand count."""
        if not self.world.amendments.edits:
            return lambda row: row.updated_at
        identity, slug = IDENTITY[kind], self.store.slug

        def key(row: Any) -> int:
            edit = self.world.amendments.edited(slug, "github", kind, getattr(row, identity, ""))
            return max(row.updated_at, edit.at) if edit else row.updated_at

        return key

    def show(self, kind: str, row: Any, parent: int | None = None, full: bool = False) -> dict[str, Any]:
        """An object with the edits made by hand."""
        shown = self.store.show(self.repository, kind, row, parent, full)
        identity = IDENTITY.get("pull_requests" if kind == "pull_requests_as_issues" else kind)
        if not self.world.amendments.edits or identity is None:
            return shown
        return self.world.amendments.apply(self.store.slug, "github", kind, getattr(row, identity, ""), shown)

    def page(
        self,
        kind: str | Callable[[Any], str],
        rows: Sequence[Any],
        parent: int | None = None,
        full: bool = False,
        envelope: str = "",
    ) -> Response:
        """One page of a list, with links to the others; `kind` may tell a row's kind where a list mixes several."""
        per_page, page = self.number("per_page", 30, MOST_PER_PAGE), self.number("page", 1, 10**6)
        part = [
            self.show(kind if isinstance(kind, str) else kind(row), row, parent, full)
            for row in rows[(page - 1) * per_page : page * per_page]
        ]
        last = max(1, -(-len(rows) // per_page))
        links = self._links(page, last)
        return self.answer({"total_count": len(rows), envelope: part} if envelope else part, links)

    def _links(self, page: int, last: int) -> dict[str, str]:
        wanted = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        shown = {"prev", "first"} if page > 1 else set()
        shown |= {"next", "last"} if page < last else set()
        url = self.request.url
        links = [
            f'<{url.with_replacements(query=_with_page(url.query, number))}>; rel="{relation}"'
            for relation, number in wanted.items()
            if relation in shown
        ]
        return {"link": ", ".join(links)} if links else {}

    def answer(self, body: Any, headers: dict[str, str] | None = None) -> Response:
        """The body with its ETag, or 304 where the client has it already."""
        content = msgspec.json.encode(body)
        etag = f'W/"{blake2b(content, digest_size=20).hexdigest()}"'
        found = {
            **self.headers,
            **(headers or {}),
            "etag": etag,
            "cache-control": "private, max-age=60, s-maxage=60",
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Request-Id": uuid4().hex[:24].upper(),
        }
        if self.request.headers.get("if-none-match") == etag:
            self.world.github_limits.unspend(self.token)
            return Response(b"", status_code=304, headers=found, media_type="application/json; charset=utf-8")
        return Response(content, headers=found, media_type="application/json; charset=utf-8")


def is_deleted(world: World, store: Store, name: str) -> bool:
    """Whether the repository of this name was deleted by hand."""
    if not world.amendments.deleted:
        return False
    row = next(row for row in store.rows(name, "repositories") or () if row.full_name == name)
    return world.amendments.is_deleted(store.slug, "github", "repositories", row.repository_id)


def account_of(token: str) -> str:
    """Without the number of a further account of the same company: `github-acme+2` may read what `github-acme` may."""
    return token.partition("+")[0]


def token_of(request: Request) -> str:
    """The token that a request brings, "" for none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() in {"bearer", "token"} else ""


def _redirect(request: Request, store: Store, name: str, headers: dict[str, str]) -> None:
    """A renamed repository: 301 to its number, as GitHub does."""
    wanted = next(row for row in store.rows(name, "repositories") or () if row.full_name == name)
    prefix, _, rest = request.url.path.partition("/repos/")
    tail = rest.split("/", 2)[2:]
    path = "/".join([f"{prefix}/repositories/{wanted.repository_id}", *tail])
    url = str(request.url.with_replacements(path=path))
    raise Refused(301, "Moved Permanently", {**headers, "location": url}, url=url)


def _with_page(query: str, page: int) -> str:
    parts = [part for part in query.split("&") if part and not part.startswith("page=")]
    return "&".join([*parts, f"page={page}"])


REPOSITORY = ("/github/repos/{owner:str}/{name:str}", "/github/repositories/{repository_id:int}")


def at(path: str) -> Any:
    """A GET below a repository, by its name or (after a redirect) by its number."""
    return get([prefix + path for prefix in REPOSITORY], sync_to_thread=False)


def asked(request: Request) -> Asked:
    """The request for a repository, however its path names it."""
    number = request.path_params.get("repository_id")
    if number is None:
        return Asked.of(request, request.path_params["owner"], request.path_params["name"])
    world = request.app.state.world
    for slug in world.charters:
        company = world.company(slug)
        for repository in company.repositories.values():
            if repository.repository_id == number:
                return Asked.of(request, *repository.full_name.split("/"))
    raise Refused(404, "Not Found")
