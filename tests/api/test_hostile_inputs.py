"""Values that were made to break something: each gives itself back or a clear 4xx, never a 500."""

import base64
import json
import time
from uuid import uuid4

import jwt
import pytest

from pipelines import access_tokens

TEXTS = [
    "", " ", "\t\n", "​", "﻿", "'; DROP TABLE x--", "$1", ":a", "%(x)s", "\\", "'", '"', "%", "_", "%%%%%%%%a",
    "<script>alert(1)</script>", "NULL", "None", "nan", "{0.__class__}", "{{7*7}}", "${jndi:x}", "‮evil",
    "x\r\nSet-Cookie: a=b", "x y", "\x1b[2J", "👩‍👩‍👧‍👦", "Z" + "́" * 500, "../../etc/passwd", "x" * 4000,
]  # fmt: skip
NUMBERS = [
    "NaN", "Infinity", "1e400", "-0.0", "9223372036854775808", "-9223372036854775809", "1.0", "true", "1_000",
    "０１２", "١٢", "0x10", "+5", "1,5", "1" * 5000, "", " 1", "1 ", "--1", "\x00",
]  # fmt: skip
DATES = [
    "0000-01-01", "10000-01-01", "-0044-03-15", "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "20260101",
    "2026-W53-1", "2026-060", "infinity", "-infinity", "epoch", "now", "today", "allballs", "1767225600", "1e20",
    "294276-12-31", "2026-01-01T00:00:00Z", "٢٠٢٦-٠١-٠١",
]  # fmt: skip
TIMES = [
    "2026-01-01 24:00:00Z", "2016-12-31T23:59:60Z", "T12:00", "2026-01-01 00:00", "2026-01-01T00:00:00+24:00",
    "2026-01-01T00:00:00+00:60", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00", "now", "infinity",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_text_finds_only_itself(served, text):
    answer = served.get("/api/v1/marts/readings", params={"note": text})

    assert answer.status_code == 200
    assert answer.json()["data"] == []


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "x" * 5000])
def test_text_that_postgres_cannot_hold_is_refused(served, text):
    answer = served.get("/api/v1/marts/readings", params={"note": text})

    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == "note"


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_no_whole_number_is_refused(served, number):
    answer = served.get("/api/v1/marts/readings", params={"n": number})

    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == "n"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "", "1" * 5000, "0x1p3", "1__0", "inf"])
def test_what_is_no_finite_number_is_refused(served, number):
    assert served.get("/api/v1/marts/readings", params={"rate.gt": number}).status_code == 400


@pytest.mark.parametrize("number", ["9007199254740993", "9223372036854775807", "-9223372036854775808"])
def test_large_whole_numbers_are_no_floats(served, number):
    assert served.get("/api/v1/marts/readings", params={"n": number}).json()["data"] == []


@pytest.mark.parametrize("day", DATES)
def test_what_is_no_day_is_refused(served, day):
    assert served.get("/api/v1/marts/readings", params={"day": day}).status_code == 400


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2024-02-29"])
def test_the_first_and_the_last_day_are_days(served, day):
    assert served.get("/api/v1/marts/readings", params={"day": day}).status_code == 200


@pytest.mark.parametrize("time_", TIMES)
def test_what_is_no_instant_is_refused(served, time_):
    assert served.get(f"/api/v1/marts/readings?seen_at.gte={time_}").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "?=",
        "?%00",
        "?%ff=1",
        "?note=%ff",
        "?a[]=1",
        "?a[b]=1",
        "?" + "&".join(f"a{n}=1" for n in range(5_000)),
        "?note=" + "x" * 60_000,
        "?note.in=" + ",".join(map(str, range(1_000))),
        "?%0d%0aX: y=1",
        "?limit=%31%30%",
    ],
)
def test_strange_query_strings_are_told_apart(served, query):
    answer = served.get(f"/api/v1/marts/readings{query}")

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/marts/..%2f..%2fetc", "/api/v1/marts/readings;x=1", "/api/v1/marts/READINGS", "/api/v1/marts/%00",
        "/api/v1/marts/pg_class", "/api/v1/marts/readings%22", "/api/v1/marts/" + "x" * 5_000,
        "/api/analytics/dashboard/x",        "/api/v1/marts/a%0d%0ab", "/api/v1/marts/readings/x", "/API/V1/marts",
    ],
)  # fmt: skip
def test_strange_paths_are_not_found(served, path):
    answer = served.get(path)

    assert answer.status_code in (400, 404)
    assert answer.json()["success"] is False


def cursor_variants(good):
    raw = base64.urlsafe_b64decode(good + "=" * (-len(good) % 4))
    flipped = bytearray(raw)
    flipped[-1] ^= 1
    return [
        "", "a", "=", "AAAA", good[:-1], good + "=", good + "A", good.replace("_", "/").replace("-", "+") + "==",
        base64.urlsafe_b64encode(bytes(flipped)).decode().rstrip("="), base64.b64encode(b"\x80\x04.").decode(),
        base64.b64encode(b'{"id":{"$gt":0}}').decode(), "A" * 15_000, "%252B", "é",
    ]  # fmt: skip


def test_a_cursor_is_ours_or_none(served):
    good = served.get("/api/v1/marts/readings?limit=1").json()["meta"]["next_cursor"]
    for cursor in cursor_variants(good):
        answer = served.get("/api/v1/marts/readings", params={"limit": 1, "cursor": cursor})

        assert (cursor, answer.status_code) == (cursor, 400)
        assert answer.json()["error"]["message"] == "invalid cursor"


@pytest.mark.parametrize(
    "path",
    ["readings?service=shop&cursor=", "readings?order=-n&cursor=", "things?cursor=", "readings?day=2026-01-01&cursor="],
)
def test_a_cursor_belongs_to_one_question(served, path):
    good = served.get("/api/v1/marts/readings?limit=1").json()["meta"]["next_cursor"]

    assert served.get(f"/api/v1/marts/{path}{good}").json()["error"]["code"] == "INVALID_CURSOR"


def test_a_cursor_ends_after_a_day(served, monkeypatch):
    good = served.get("/api/v1/marts/readings?limit=3").json()["meta"]["next_cursor"]
    later = time.time() + 25 * 3600
    monkeypatch.setattr("api.paging.time.time", lambda: later)

    assert served.get(f"/api/v1/marts/readings?limit=3&cursor={good}").status_code == 400


BODIES = [
    b"[]", b"null", b'"x"', b"1", b"", b"{", b"[" * 100_000, b'{"a":' * 15_000,
    b'{"email":"a@b.c","email":"d@e.f","password":"x"}',
    b'{"email":"a@b.c","password":"x",}', b"{'email':'a'}", b'\xef\xbb\xbf{"email":"a@b.c","password":"x"}',
    '{"email":"a@b.c","password":"x"}'.encode("utf-16"), b'{"email":"\\ud800@b.c","password":"x"}',
    b'{"email":"a\\u0000@b.c","password":"x"}', b'{"email":NaN,"password":"x"}', b'{"email":["a"],"password":"x"}',
    b'{"email":"a@b.c"}', b'{"email":"a@b.c","password":null}', b'{"email":"a@b.c","password":' + b"9" * 5_000 + b"}",
    b'{"email":"a@b.c","password":"' + b"x" * 2_000 + b'"}',
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_not_what_was_asked_for_is_refused(served, body):
    answer = served.client.post("/api/v1/auth/login", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "name",
    [
        "role",
        "is_admin",
        "id",
        "owner_id",
        "created_at",
        "password_hash",
        "scopes",
        "deleted_at",
        "version",
        "__proto__",
    ],
)
def test_nobody_assigns_what_was_not_asked_for(served, name):
    for path in ("/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/sign-in-code", "/api/v1/sync/trigger"):
        body = {"email": "a@b.c", "password": "x", name: "admin"}
        if "login" not in path:
            body = {
                {"refresh": "refresh_token", "sign-in-code": "code", "trigger": "source"}[path.rsplit("/")[-1]]: "abcd",
                name: 1,
            }
        answer = served.post(path, json=body)

        assert answer.status_code == 400, path
        assert name in answer.text


@pytest.mark.parametrize(
    "kind", ["text/plain", "", "application/xml", "application/json; charset=utf-7", "multipart/form-data"]
)
def test_only_json_is_read(served, kind):
    answer = served.client.post(
        "/api/v1/auth/login", content=b'{"email":"a@b.c","password":"x"}', headers={"Content-Type": kind}
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == "content-type"


def test_a_body_above_the_limit_is_refused_unread(served):
    answer = served.client.post(
        "/api/v1/auth/login", content=b"x" * 10_000_001, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "TOO_LARGE"


def test_a_compressed_body_is_refused(served):
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    assert served.client.post("/api/v1/auth/login", content=b"\x1f\x8b", headers=headers).status_code == 400


def tokens(served):
    key, tenant = served.services.callers.signing_key, str(served.acme.tenant_id)
    now = int(time.time())
    good = {
        "iss": "clearsignal", "aud": "clearsignal-api", "typ": "access", "iat": now, "exp": now + 600,
        "sub": "operator", "tenant": tenant, "role": "admin",
    }  # fmt: skip

    def sign(said, key=key, alg="HS256", **headers):
        return jwt.encode(said, key, algorithm=alg, headers={"kid": "1", **headers})

    unsigned = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none", "typ": "JWT", "kid": "1"}, good)
    )
    yield from (unsigned + ".", unsigned, "x", "a.b.c", "", "é", "x" * 8_000, "Bearer " + sign(good))
    yield sign(good, key=b"another key that is long enough for HS256")
    yield sign(good, alg="HS512")
    for headers in (
        {"kid": "2"},
        {"kid": "../../dev/null"},
        {"crit": ["exp"]},
        {"jku": "https://evil"},
        {"typ": "at+jwt"},
    ):
        yield sign(good, **headers)
    for name in good:
        yield sign({each: value for each, value in good.items() if each != name})
    for change in (
        {"exp": now - 60}, {"exp": "soon"}, {"iat": now + 600}, {"nbf": now + 600}, {"aud": ["clearsignal-api", "x"]},
        {"aud": "x"}, {"iss": "x"}, {"typ": "refresh"}, {"role": "root"}, {"tenant": "x"}, {"tenant": None},
        {"sub": str(uuid4())}, {"sub": "x"}, {"sub": 1}, {"session": "x"},
    ):  # fmt: skip
        yield sign({**good, **change})
    yield served.sign_in()["refresh_token"]


def test_a_token_is_right_in_every_part_or_none(served):
    for token in tokens(served):
        value = f"Bearer {token}".encode()
        answer = served.client.get("/api/v1/marts", headers={b"Authorization": value})

        assert (token[:200], answer.status_code) == (token[:200], 401)
        assert "eyJ" not in answer.text


def test_two_tokens_are_none(served):
    value = f"Bearer {served.token()}"
    answer = served.client.get("/api/v1/marts", headers=[("Authorization", value), ("Authorization", value)])

    assert answer.status_code == 401


def test_an_operators_token_reads_its_tenant(served):
    token = access_tokens.issue(served.services.callers.signing_key, served.acme.tenant_id, "viewer")
    headers = {"Authorization": f"Bearer {token}"}

    assert served.client.get("/api/v1/marts/readings", headers=headers).status_code == 200
    assert served.client.post("/api/v1/sync/trigger", headers=headers).status_code == 403


def test_logs_stay_one_line_a_request_and_hold_no_secret(served, capfd):
    token = served.token()
    hostile = {"User-Agent": "\x1b[2J", "X-Forwarded-For": "1.2.3.4\tx"}
    time.sleep(0.5)  # what earlier tests left to be written
    capfd.readouterr()
    for text in ("a\r\nb", "x\x1b[2Jy", token):
        served.get("/api/v1/marts/readings", params={"note": text}, headers=hostile)
        served.get(f"/api/v1/marts/{text.encode().hex()}")
    time.sleep(0.5)
    lines = [line for line in capfd.readouterr().err.splitlines() if line]

    assert len(lines) == 6
    for line in lines:
        json.loads(line)
        assert token not in line
