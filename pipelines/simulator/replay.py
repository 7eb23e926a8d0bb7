"""A folder of recorded answers as one more company, served through the same handlers as the living ones."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litestar import Response, get, post
from litestar.datastructures import State

from pipelines.simulator import recorded, replay_github, replay_hubspot, replay_jira
from pipelines.simulator.replay_lines import Folder, Line, ReplayInvalid, read_folder

if TYPE_CHECKING:
    from pipelines.simulator.world import World

# Resources whose lines are whole answers, found again by the same parameters.
REQUEST_SHAPED = (
    ("gdelt", "timelines"),
    ("open_meteo", "forecast"),
    ("open_meteo", "archive"),
    ("exchange_rates", "rates"),
    ("geonames", "places"),
)


@dataclass
class Replay:
    """One recording. `bodies` are whole answers by their question, `articles` recorded articles by their query."""

    slug: str
    folder: Folder
    github: replay_github.RecordedStore
    jira: replay_jira.RecordedStore
    hubspot: replay_hubspot.RecordedStore
    bodies: dict[Any, Any] = field(default_factory=dict)
    articles: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """What somebody needs to connect a tenant to it."""
        return {
            "slug": self.slug,
            "folder": str(self.folder.path),
            "sources": list(self.folder.sources),
            "repositories": self.github.repositories,
            "jira_projects": [project["key"] for project in self.jira.projects()],
            "time_zone": self.jira.time_zone,
            "now": self.folder.config.get("now"),
            "config": self.folder.config,
            "warnings": self.folder.warnings,
        }


def read(folder: Path, config: Path | None = None) -> Replay:
    """Read a folder. Raises ReplayInvalid, naming file and line."""
    found = read_folder(Path(folder), config)
    replay = Replay(
        found.slug,
        found,
        replay_github.RecordedStore(found),
        replay_jira.RecordedStore(found),
        replay_hubspot.RecordedStore(found),
    )
    for source, resource in REQUEST_SHAPED:
        for line in found.of(source, resource):
            replay.bodies[source, resource, recorded.question_of(line.url)] = line.body
    replay.articles = _articles(found.of("gdelt", "articles"))
    return replay


def _articles(lines: list[Line]) -> dict[str, list[dict[str, Any]]]:
    """By the query that found them; a line may hold one article or a whole list. A later line of an address wins."""
    found: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for line in lines:
        held = line.body.get("articles", [line.body]) if isinstance(line.body, dict) else line.body
        for article in held:
            if not isinstance(article, dict) or "url" not in article or "seendate" not in article:
                raise ReplayInvalid(f"{line.place}: not an article (url and seendate are needed)")
            found[line.parameters.get("query", "")][article["url"]] = article
    return {query: list(articles.values()) for query, articles in found.items()}


def add(world: "World", folder: Path, config: Path | None = None) -> Replay:
    """Serve a folder from now on; the same folder again is read anew. Raises ReplayInvalid."""
    replay = read(folder, config)
    if replay.slug in world.charters:
        raise ReplayInvalid(f'{folder}: there is a company {replay.slug} already; say slug = "…" in replay.toml')
    world.replays[replay.slug] = replay
    return replay


@get("/world/replays", sync_to_thread=False)
def list_replays(state: State) -> list[dict[str, Any]]:
    """The recordings that are served."""
    return [replay.describe() for replay in state.world.replays.values()]


@post("/world/replays", sync_to_thread=False)
def add_replay(state: State, data: dict[str, Any]) -> Response:
    """{"folder": path, "config": path or null}: serve a folder of this machine."""
    config = Path(data["config"]) if data.get("config") else None
    try:
        return Response(add(state.world, Path(data["folder"]), config).describe(), status_code=201)
    except ReplayInvalid as error:
        return Response({"message": str(error)}, status_code=400)


HANDLERS = [list_replays, add_replay]
