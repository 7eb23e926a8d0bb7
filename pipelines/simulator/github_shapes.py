"""The parts that GitHub's objects share: users, repositories, links. Addresses are GitHub's own: not to be followed."""

from typing import Any

from pipelines.simulator.clock import iso
from pipelines.simulator.records import Person
from pipelines.simulator.repositories import Repository

API = "https://api.github.com"
HTML = "https://github.com"
USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
REPOSITORY_LINKS = {
    "forks_url": "/forks",
    "keys_url": "/keys{/key_id}",
    "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams",
    "hooks_url": "/hooks",
    "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}",
    "branches_url": "/branches{/branch}",
    "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "trees_url": "/git/trees{/sha}",
    "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages",
    "stargazers_url": "/stargazers",
    "contributors_url": "/contributors",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "commits_url": "/commits{/sha}",
    "git_commits_url": "/git/commits{/sha}",
    "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}",
    "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}",
    "downloads_url": "/downloads",
    "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}",
    "deployments_url": "/deployments",
}
LABEL_COLOURS = ("d73a4a", "a2eeef", "0075ca", "fbca04", "5319e7")


def user(person: Person) -> dict[str, Any]:
    """A simple user; bots have the type Bot."""
    return account(person.login, person.account_id, "Bot" if person.is_bot else "User")


def account(login: str, account_id: int, kind: str) -> dict[str, Any]:
    url = f"{API}/users/{login}"
    return {
        "login": login,
        "id": account_id,
        "node_id": f"U_{account_id}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{account_id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{HTML}/apps/{login[:-5]}" if login.endswith("[bot]") else f"{HTML}/{login}",
        **{name: url + path for name, path in USER_LINKS.items()},
        "type": kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def owner(repository: Repository) -> dict[str, Any]:
    return account(repository.full_name.split("/")[0], repository.repository_id // 100_000, "Organization")


def minimal_repository(repository: Repository) -> dict[str, Any]:
    """What runs and lists of repositories hold."""
    name = repository.full_name.split("/")[1]
    url = f"{API}/repos/{repository.full_name}"
    return {
        "id": repository.repository_id,
        "node_id": f"R_{repository.repository_id}",
        "name": name,
        "full_name": repository.full_name,
        "private": True,
        "owner": owner(repository),
        "html_url": f"{HTML}/{repository.full_name}",
        "description": repository.description,
        "fork": False,
        "url": url,
        **{key: url + path for key, path in REPOSITORY_LINKS.items()},
    }


def repository(found: Repository) -> dict[str, Any]:
    """A repository as pull requests hold it."""
    open_issues = sum(row.closed_at is None for row in found.numbered.values())
    return {
        **minimal_repository(found),
        "created_at": iso(found.created_at),
        "updated_at": iso(found.pushed_at),
        "pushed_at": iso(found.pushed_at),
        "git_url": f"git://github.com/{found.full_name}.git",
        "ssh_url": f"git@github.com:{found.full_name}.git",
        "clone_url": f"{HTML}/{found.full_name}.git",
        "svn_url": f"{HTML}/{found.full_name}",
        "homepage": None,
        "size": 100 + 3 * len(found.commits),
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": found.language,
        "has_issues": True,
        "has_projects": False,
        "has_downloads": True,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        "forks_count": 0,
        "mirror_url": None,
        "archived": False,
        "disabled": False,
        "open_issues_count": open_issues,
        "license": None,
        "allow_forking": True,
        "is_template": False,
        "web_commit_signoff_required": False,
        "topics": [],
        "visibility": "private",
        "forks": 0,
        "open_issues": open_issues,
        "watchers": 0,
        "default_branch": found.default_branch,
    }


def label(name: str, repository_name: str) -> dict[str, Any]:
    number = sum(map(ord, name))
    return {
        "id": 5_000_000 + number,
        "node_id": f"LA_{number}",
        "url": f"{API}/repos/{repository_name}/labels/{name}",
        "name": name,
        "color": LABEL_COLOURS[number % 5],
        "default": name in {"bug", "enhancement", "question"},
        "description": "",
    }
