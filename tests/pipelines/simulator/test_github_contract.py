"""Every kind of GitHub answer fits GitHub's own description and holds no field that it does not know."""

import json
from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator

from pipelines.simulator.company import Charter
from pipelines.simulator.server import running

CONTRACT = Path(__file__).parents[3].parent / "shared" / "contracts" / "github_rest.json"
pytestmark = pytest.mark.skipif(not CONTRACT.exists(), reason=f"GitHub's description is not there: {CONTRACT}")

REPOSITORY = "/repos/{owner}/{repo}"
LISTS = {
    "": "",
    "/pulls": "?state=all&per_page=100",
    "/pulls/{pull_number}": "",
    "/pulls/{pull_number}/commits": "",
    "/pulls/{pull_number}/reviews": "",
    "/pulls/{pull_number}/files": "",
    "/issues": "?state=all&per_page=100",
    "/issues/events": "?per_page=100",
    "/issues/{issue_number}/events": "",
    "/issues/comments": "?per_page=100",
    "/issues/{issue_number}/comments": "",
    "/commits": "?per_page=100",
    "/commits/{ref}": "",
    "/commits/{ref}/check-runs": "",
    "/branches": "?per_page=100",
    "/tags": "",
    "/releases": "",
    "/deployments": "?per_page=100",
    "/deployments/{deployment_id}/statuses": "",
    "/actions/runs": "?per_page=100",
    "/actions/runs/{run_id}/jobs": "",
    "/actions/workflows": "",
}


def without_nullable(schema):
    """OpenAPI 3.0's `nullable` as JSON Schema says it."""
    if isinstance(schema, list):
        return [without_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: without_nullable(part) for key, part in schema.items() if not (key == "nullable" and part is True)}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


@pytest.fixture(scope="module")
def contract() -> dict:
    return without_nullable(json.loads(CONTRACT.read_text()))


@pytest.fixture(scope="module")
def client():
    charters = [Charter("acme", "trunk", days=60), Charter("initech", "release", days=60)]
    with running(charters) as simulator, httpx.Client(base_url=simulator.url + "/github") as found:
        yield found


def schema_of(contract: dict, path: str, status: str = "200") -> dict:
    answer = contract["paths"][path]["get"]["responses"][status]
    if "$ref" in answer:
        answer = contract["components"]["responses"][answer["$ref"].rsplit("/", 1)[-1]]
    return answer["content"]["application/json"]["schema"]


def resolved(contract: dict, schema: dict) -> list[dict]:
    """The object schemas that a schema may be."""
    while "$ref" in schema:
        schema = contract["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    for combined in ("anyOf", "oneOf", "allOf"):
        if combined in schema:
            return [found for part in schema[combined] for found in resolved(contract, part)]
    return [schema]


def unknown_fields(contract: dict, schema: dict, value, path: str = "$") -> list[str]:
    """Fields of the answer, at any depth, that no variant of its schema names."""
    variants = resolved(contract, schema)
    if isinstance(value, list):
        items = [variant["items"] for variant in variants if "items" in variant]
        return (
            [name for part in value for name in unknown_fields(contract, items[0], part, f"{path}[]")] if items else []
        )
    if not isinstance(value, dict):
        return []
    known: dict[str, list[dict]] = {}
    is_open = any(variant.get("additionalProperties") is True for variant in variants)
    for variant in variants:
        for name, part in variant.get("properties", {}).items():
            known.setdefault(name, []).append(part)
    if not known or is_open:
        return []
    found = [f"{path}.{name}" for name in value if name not in known]
    for name, part in value.items():
        if name in known:
            found += unknown_fields(contract, {"anyOf": known[name]}, part, f"{path}.{name}")
    return found


def check(contract: dict, path: str, body, status: str = "200") -> None:
    schema = schema_of(contract, path, status)
    whole = {**schema, "components": contract["components"]}
    errors = [f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(whole).iter_errors(body)]
    assert errors[:5] == []
    assert sorted(set(unknown_fields(contract, schema, body))) == []


def asked(client: httpx.Client, repository: str, path: str):
    answer = client.get(
        f"/repos/{repository}{path}", headers={"Authorization": f"Bearer github-{repository.split('/')[0]}"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def pull_numbers(client: httpx.Client, repository: str) -> list[int]:
    """One of every kind that matters: reviewed, merged, given up, of a deleted fork."""
    pulls = asked(client, repository, "/pulls?state=all&per_page=100")
    kinds = [
        lambda pull: pull["merged_at"],
        lambda pull: pull["closed_at"] and not pull["merged_at"],
        lambda pull: pull["head"]["repo"] is None,
        lambda pull: pull["user"]["type"] == "Bot",
        lambda pull: pull["labels"],
    ]
    return sorted({next(pull["number"] for pull in pulls if kind(pull)) for kind in kinds})


@pytest.mark.parametrize("repository", ["acme/checkout", "initech/ledger"])
@pytest.mark.parametrize("path", LISTS)
def test_an_answer_fits_githubs_description(client, contract, repository, path):
    deployment = asked(client, repository, "/deployments?per_page=1")[0]["id"]
    run = asked(client, repository, "/actions/runs?per_page=1")["workflow_runs"][0]["id"]
    issue = asked(client, repository, "/issues/comments?per_page=1")[0]["issue_url"].rsplit("/", 1)[-1]
    for number in pull_numbers(client, repository) if "pull_number" in path else [0]:
        concrete = path.format(pull_number=number, issue_number=issue, ref="main", deployment_id=deployment, run_id=run)
        body = asked(client, repository, concrete + LISTS[path])
        if path not in {"/tags", "/releases", "/pulls/{pull_number}/reviews"} or repository.startswith("initech"):
            assert body or "reviews" in path  # an empty list fits everything
        check(contract, REPOSITORY + path, body)


def test_the_repositories_of_a_token_fit_too(client, contract):
    headers = {"Authorization": "Bearer github-acme"}
    check(contract, "/user/repos", client.get("/user/repos", headers=headers).json())
    check(contract, "/orgs/{org}/repos", client.get("/orgs/acme/repos", headers=headers).json())
    check(contract, "/user", client.get("/user", headers=headers).json())
    check(contract, "/rate_limit", client.get("/rate_limit", headers=headers).json())


def test_what_is_refused_fits_too(client, contract):
    headers = {"Authorization": "Bearer github-acme"}
    missing = client.get("/repos/acme/nothing", headers=headers)
    assert missing.status_code == 404
    check(contract, REPOSITORY, missing.json(), "404")
    moved = client.get("/repos/acme/checkout-old", headers=headers)
    assert moved.status_code == 301
    check(contract, REPOSITORY, moved.json(), "301")
    refused = client.get("/user", headers={"Authorization": "Bearer nobody"})
    assert refused.status_code == 401
    check(contract, "/user", refused.json(), "401")
