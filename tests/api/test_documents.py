"""The OpenAPI document and the pages that show it."""

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

PAGES = ("/docs", "/redoc")


@pytest.fixture(scope="module")
def document(served):
    return served.client.get("/openapi.json").json()


def test_the_document_is_valid_openapi_3_1(document):
    OpenAPIV31SpecValidator(document).validate()

    assert document["openapi"].startswith("3.1")


def test_a_mart_is_described_by_its_contract(document):
    operation = document["paths"]["/api/v1/marts/readings"]["get"]
    row = document["components"]["schemas"]["Readings"]

    assert operation["description"] == "Readings of the test."
    assert row["properties"]["price"]["description"] == "What it cost. Unit: USD."
    assert row["properties"]["rate"]["type"] == ["number", "null"]
    assert row["properties"]["day"] == {
        "type": "string", "format": "date", "examples": ["2026-01-31"], "description": "Day in the tenant's zone.",
    }  # fmt: skip
    names = [parameter["name"] for parameter in operation["parameters"]]
    assert names[:2] == ["service", "service.ne"]
    assert names[-5:] == ["order", "limit", "cursor", "fields", "format"]


def test_every_operation_says_who_may_call_it_and_how_it_fails(document, served):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert {"400", "401", "503"} <= set(operation["responses"]), path
            if "security" not in operation:
                assert served.client.request(method, path).status_code != 401 or "/auth/" in path, path
            assert operation["summary"], path
            assert operation["operationId"], path


def test_the_document_holds_no_secret(served):
    text = served.client.get("/openapi.json").text

    assert served.warehouse.password("api") not in text
    assert not re.search(r"eyJ[A-Za-z0-9_-]{10,}", text)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_no_other_server(served, path):
    page = served.client.get(path)
    policy = page.headers["content-security-policy"]

    assert page.status_code == 200
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert not re.search(r"(src|href)=\"(?!/)", page.text)
    assert "<style" not in page.text
    assert not re.search(r"<script(?! src)", page.text)
    for address in re.findall(r"(?:src|href)=\"(/[^\"]+)\"", page.text):
        file = served.client.get(address)
        assert (address, file.status_code) == (address, 200)
        assert "attachment" not in file.headers.get("content-disposition", "")


@pytest.mark.parametrize(
    "name", ["..%2f..%2fsettings.py", "settings.py", "....//app.py", "docs.html", "%00", "a" * 300]
)
def test_only_the_named_files_are_served(served, name):
    assert served.client.get(f"/docs/files/{name}").status_code == 404


def test_the_front_page_leads_to_the_documentation(served):
    answer = served.client.get("/", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


@pytest.mark.parametrize(("address", "name"), [("/definitions", "index"), ("/definitions/metrics", "metrics")])
def test_the_definitions_are_shown_in_a_sandbox(served, address, name):
    assert served.client.get(address).status_code == 404
    path = served.warehouse.home / "docs" / f"{name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("<h1>Definitions</h1>")

    answer = served.client.get(address)

    assert answer.text == "<h1>Definitions</h1>"
    assert "sandbox allow-scripts allow-popups" in answer.headers["content-security-policy"]
    assert "connect-src" not in answer.headers["content-security-policy"]
