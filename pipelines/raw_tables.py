"""Every raw table: its columns, its key. dlt, the models and the tests read them here.

Each table also has `tenant_id` and `connection_id` (first in its key), `_deleted_at` (when a sweep no longer
found the row at the source) and `_dlt_load_id`. What an answer holds beyond these columns is dropped.
"""

from dataclasses import dataclass
from functools import cached_property

TYPES = {
    "text": "text",
    "bigint": "bigint",
    "double": "double precision",
    "bool": "boolean",
    "json": "jsonb",
    "timestamp": "timestamptz",
    "date": "date",
    "numeric": "numeric",
    "uuid": "uuid",
}
TENANT_COLUMNS = ("tenant_id", "connection_id")


@dataclass(frozen=True)
class Table:
    """One raw table. `columns` maps a name to one of TYPES; `key` is the source's own key.

    `lookup`: other columns by which builds look for a few of its rows.
    """

    source: str
    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    lookup: tuple[str, ...] = ()

    @property
    def schema(self) -> str:
        return f"raw_{self.source}"

    @property
    def full_key(self) -> tuple[str, ...]:
        return (*TENANT_COLUMNS, *self.key)

    @cached_property
    def all_columns(self) -> dict[str, str]:
        """In the table's own order."""
        tenant = dict.fromkeys(TENANT_COLUMNS, "uuid")
        return {**tenant, **self.columns, "_deleted_at": "timestamp", "_dlt_load_id": "text"}


def _tables(source: str, text: str) -> dict[str, Table]:
    """Lines of `name (key, …; lookup, …): column type?, …`; a column without a type is text."""
    tables = {}
    for line in filter(None, map(str.strip, text.replace("\\\n", " ").splitlines())):
        head, body = line.split(":", 1)
        name, keys = head.rstrip(")").split("(")
        key, lookup = ([column.strip() for column in part.split(",")] for part in [*keys.split(";"), ""][:2])
        columns = dict([*column.split(), "text"][:2] for column in body.split(","))
        name = name.strip()
        tables[name] = Table(source, name, columns, tuple(key), tuple(filter(None, lookup)))
    return tables


GITHUB = """
repositories (id): id bigint, repository, name, default_branch, private bool, archived bool, html_url, \
    created_at timestamp, updated_at timestamp, pushed_at timestamp
pull_requests (id; repository, number): id bigint, repository, number bigint, state, title, body, user json, \
    draft bool, created_at timestamp, updated_at timestamp, closed_at timestamp, merged_at timestamp, \
    merge_commit_sha, head json, base json, labels json, additions bigint, deletions bigint, changed_files bigint, \
    html_url, merged_by json
pull_request_commits (repository, pull_request_number, sha): repository, pull_request_number bigint, sha, \
    position bigint, authored_at timestamp, committed_at timestamp, author json, commit_author_name, \
    commit_author_email, message, parents json
pull_request_files (repository, pull_request_number, filename): repository, pull_request_number bigint, filename, \
    status, additions bigint, deletions bigint
reviews (id; repository, pull_request_number): id bigint, repository, pull_request_number bigint, user json, state, \
    submitted_at timestamp, commit_id, html_url
issues (id): id bigint, repository, number bigint, title, body, user json, state, state_reason, labels json, \
    assignees json, comments bigint, created_at timestamp, updated_at timestamp, closed_at timestamp, html_url
issue_events (id): id bigint, repository, issue_number bigint, event, actor json, label json, commit_id, \
    created_at timestamp
comments (id): id bigint, repository, issue_number bigint, user json, body, created_at timestamp, \
    updated_at timestamp, html_url
commits (repository, sha): repository, sha, message, author_name, author_email, authored_at timestamp, \
    committed_at timestamp, author json, committer json, parents json, html_url
tags (repository, name): repository, name, sha
branches (repository, name): repository, name, sha, protected bool
releases (id): id bigint, repository, tag_name, target_commitish, name, body, draft bool, prerelease bool, \
    created_at timestamp, published_at timestamp, html_url, author json
deployments (id): id bigint, repository, sha, ref, task, environment, original_environment, \
    production_environment bool, payload json, description, creator json, created_at timestamp, \
    updated_at timestamp, url
deployment_statuses (id): id bigint, repository, deployment_id bigint, state, description, environment, creator json, \
    log_url, created_at timestamp, updated_at timestamp
workflow_runs (id): id bigint, repository, name, path, display_title, head_branch, head_sha, event, status, \
    conclusion, workflow_id bigint, run_number bigint, run_attempt bigint, run_started_at timestamp, \
    created_at timestamp, updated_at timestamp, html_url, actor json
workflow_jobs (id): id bigint, repository, run_id bigint, run_attempt bigint, name, workflow_name, head_branch, \
    head_sha, status, conclusion, created_at timestamp, started_at timestamp, completed_at timestamp, labels json, \
    runner_name, html_url
check_runs (id): id bigint, repository, head_sha, name, app, status, conclusion, started_at timestamp, \
    completed_at timestamp, output_title, output_summary, html_url
"""

JIRA = """
projects (id): id, key, name, project_type_key, style
statuses (id): id, name, category_key, category_name
issue_types (id): id, name, subtask bool, hierarchy_level bigint
priorities (id): id, name
fields (id): id, name, custom bool, schema_custom, schema_type
boards (id): id bigint, name, type, project_key
sprints (id): id bigint, board_id bigint, name, state, goal, start_date timestamp, end_date timestamp, \
    complete_date timestamp, created_date timestamp
issues (id): id, key, project_key, summary, description_text, issuetype json, status json, priority json, \
    resolution json, labels json, components json, assignee json, reporter json, parent json, issuelinks json, \
    story_points double, sprints json, custom_fields json, created timestamp, updated timestamp, \
    resolutiondate timestamp, statuscategorychangedate timestamp, url
changelogs (id; issue_id): id, issue_id, author json, created timestamp, items json
worklogs (id): id, issue_id, author json, started timestamp, created timestamp, updated timestamp, \
    time_spent_seconds bigint
remotelinks (id): id, issue_id, url, title, relationship, application json
"""

HUBSPOT = """
tickets (id): id, subject, content, pipeline, stage, priority, category, owner_id, source_type, jira_issue_key, \
    created_at timestamp, updated_at timestamp, closed_at timestamp, archived bool, company_ids json, \
    contact_ids json, stage_history json, properties json, url
pipelines (id): id, label, object_type, stages json
owners (id): id, email, first_name, last_name, archived bool
companies (id): id, name, domain, industry, created_at timestamp, updated_at timestamp
contacts (id): id, email, first_name, last_name, company_id, created_at timestamp, updated_at timestamp
"""

ZENDESK = """
organizations (id): id bigint, name, domain_names json, created_at timestamp, updated_at timestamp
users (id): id bigint, name, email, role, organization_id bigint, active bool, created_at timestamp, \
    updated_at timestamp
tickets (id): id bigint, subject, description, type, status, priority, tags json, requester_id bigint, \
    assignee_id bigint, organization_id bigint, channel, jira_issue_key, custom_fields json, created_at timestamp, \
    updated_at timestamp, generated_at timestamp, solved_at timestamp, url
status_changes (id): id bigint, ticket_id bigint, status, previous_status, updater_id bigint, changed_at timestamp
"""

GDELT = """
articles (place_id, url): place_id, url, title, seen_at timestamp, domain, language, source_country
timelines (place_id, mode, at): place_id, mode, at timestamp, value double, norm double, resolution
"""

OPEN_METEO = """
hourly (place_id, kind, at): place_id, kind, at timestamp, temperature_2m double, relative_humidity_2m double, \
    precipitation double, weather_code bigint, wind_speed_10m double, latitude double, longitude double
daily (place_id, kind, day): place_id, kind, day date, temperature_2m_max double, temperature_2m_min double, \
    precipitation_sum double, weather_code bigint, wind_speed_10m_max double
"""

EXCHANGE_RATES = "rates (provider, base, currency, day): provider, base, currency, day date, rate double"

GEONAMES = """
places (place_id): place_id, geoname_id bigint, name, country_code, country_name, admin_name, latitude double, \
    longitude double, population bigint, time_zone
"""

GIT = """
commits (repository, sha): repository, sha, message, author_name, author_email, authored_at timestamp, \
    committer_name, committer_email, committed_at timestamp, parents json
file_changes (repository, sha, path): repository, sha, path, status, old_path, added bigint, deleted bigint, \
    is_submodule bool
branches (repository, name): repository, name, sha, is_remote bool, is_head bool
tags (repository, name): repository, name, sha, object_sha, object_type, is_annotated bool, tagger_name, \
    tagged_at timestamp, subject
files (repository, path): repository, path, blob, bytes bigint, lines bigint, code_lines bigint, functions bigint, \
    complexity bigint, max_complexity bigint
"""

UPLOAD = """
kpi_points (row): row bigint, metric, entity, measured_at timestamp, value double, metadata json
market_prices (row): row bigint, symbol, priced_at timestamp, price numeric, volume bigint, currency, metadata json
"""

RAW: dict[str, dict[str, Table]] = {
    "github": _tables("github", GITHUB),
    "jira": _tables("jira", JIRA),
    "hubspot": _tables("hubspot", HUBSPOT),
    "zendesk": _tables("zendesk", ZENDESK),
    "gdelt": _tables("gdelt", GDELT),
    "open_meteo": _tables("open_meteo", OPEN_METEO),
    "exchange_rates": _tables("exchange_rates", EXCHANGE_RATES),
    "geonames": _tables("geonames", GEONAMES),
    "git": _tables("git", GIT),
    "upload": _tables("upload", UPLOAD),  # `connection_id` is the upload's own id
}
# What connections load. Uploads are no connection: nothing asks for them.
TABLES: dict[str, tuple[str, ...]] = {source: tuple(tables) for source, tables in RAW.items() if source != "upload"}


def indexes_of(table: Table) -> dict[str, tuple[str, ...]]:
    """The columns of each index that a table has beside its key, by the index's name.

    By `_dlt_load_id` a build finds what a package changed, by the lookup what belongs to one pull request or issue.
    """
    found = {f"{table.name}_load_id": ("_dlt_load_id",)}
    return found | ({f"{table.name}_lookup": (*TENANT_COLUMNS, *table.lookup)} if table.lookup else {})


def create_statements(source: str) -> list[str]:
    """The source's tables with their keys and indexes, as far as they are missing."""
    statements = [f"create schema if not exists raw_{source}"]
    for table in RAW[source].values():
        needed = {*table.full_key, "_dlt_load_id"}
        columns = [
            f'"{name}" {TYPES[kind]}{" not null" if name in needed else ""}' for name, kind in table.all_columns.items()
        ]
        key = ", ".join(f'"{name}"' for name in table.full_key)
        place = f"{table.schema}.{table.name}"
        statements.append(f"create table if not exists {place} ({', '.join(columns)}, primary key ({key}))")
        statements += [
            f"create index if not exists {name} on {place} ({', '.join(indexed)})"
            for name, indexed in indexes_of(table).items()
        ]
    return statements
