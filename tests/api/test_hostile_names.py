"""Names over the API: refused with the field, or kept in the one spelling; a credential is never repeated."""

import pytest

GITHUB = {"token": "canary-token", "repositories": ["acme/checkout"]}
HOSTILE = ["\t\n", " ", "\u200b", "\u3164", "\u202eevil", "x\u0085y", "x\u2028y", "\x1b[2J", "a\nb", "x" * 201]
POINTS = b"metric,day,value\nrevenue,2026-01-01,1\n"


def send(served, method, path, **options):
    headers = {"Authorization": f"Bearer {served.token()}", **options.pop("headers", {})}
    return served.client.request(method, f"/api/v1{path}", headers=headers, **options)


def connect(served, **more):
    return send(served, "POST", "/connections", json={"source": "github", "config": GITHUB, **more})


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_refused_by_its_field(served, name):
    upload = send(
        served, "POST", "/uploads", params={"name": name}, content=POINTS, headers={"Content-Type": "text/csv"}
    )
    rows = {"rows": [{"objective": name}], "reason": "to see"}
    answers = {
        "name": [connect(served, name=name), upload],
        "rows[0].objective": [send(served, "PUT", "/configuration/objectives", json=rows)],
    }

    for field, found in answers.items():
        for answer in found:
            assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field), answer.text


def test_two_spellings_of_a_name_are_one_connection(served):
    first, second = (connect(served, name=name) for name in ("cafe\u0301", "caf\u00e9"))

    assert (first.status_code, second.status_code) == (201, 409)
    assert first.json()["data"]["name"] == "caf\u00e9"


@pytest.mark.parametrize("reason", ["", " ", "\u200b", "\u3164"], ids=ascii)
def test_a_reason_can_be_read(served, reason):
    rows = {"rows": [{"objective": "grow"}], "reason": reason}
    answer = send(served, "PUT", "/configuration/objectives", json=rows)

    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "reason")


@pytest.mark.parametrize("path", ["/connections", "/connections/test"])
@pytest.mark.parametrize("token", ["canary\ntoken", "canary-token\u200b", "canary-tоken"], ids=ascii)
def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated(served, path, token):
    answer = send(served, "POST", path, json={"source": "github", "config": {**GITHUB, "token": token}})

    assert (answer.status_code, "$.token" in answer.text) == (400, True)
    assert "canary" not in answer.text
