"""Sign-in, refresh, sign-out, and who may do what."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.security.sign_in_limits import SignInLimits
from pipelines import accounts
from tests.api.conftest import PASSWORD


def refresh(served, token, **more):
    return served.client.post("/api/v1/auth/refresh", json={"refresh_token": token, **more})


def profile(served, token):
    return served.client.get("/api/v1/users/profile", headers={"Authorization": f"Bearer {token}"})


def test_a_sign_in_opens_the_users_tenant(served):
    signed_in = served.sign_in("globex", "editor")
    body = profile(served, signed_in["access_token"]).json()["data"]

    assert body["tenant"]["tenant_id"] == str(served.globex.tenant_id)
    assert (body["role"], body["email"]) == ("editor", "editor@globex.example")
    assert [each["slug"] for each in body["tenants"]] == ["globex"]
    assert signed_in["expires_in"] == 900


def test_an_address_is_one_whatever_its_spelling(served):
    answer = served.client.post("/api/v1/auth/login", json={"email": " ADMIN@Acme.example ", "password": PASSWORD})

    assert answer.status_code == 200


def test_wrong_password_and_unknown_user_get_the_same_answer(served):
    wrong = served.client.post("/api/v1/auth/login", json={"email": "viewer@acme.example", "password": "x" * 12})
    unknown = served.client.post("/api/v1/auth/login", json={"email": "nobody@acme.example", "password": "x" * 12})

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.content == unknown.content


def test_an_unknown_user_takes_as_long_as_a_wrong_password(fresh):
    def seconds(email):
        started = time.perf_counter()
        fresh.client.post("/api/v1/auth/login", json={"email": email, "password": "not this one, no"})
        return time.perf_counter() - started

    known = sorted(seconds("viewer@acme.example") for _ in range(4))[1]
    unknown = sorted(seconds("nobody@acme.example") for _ in range(4))[1]

    assert 0.4 < unknown / known < 2.5


def test_the_sixth_wrong_password_must_wait(fresh):
    codes = []
    for _ in range(7):
        answer = fresh.client.post(
            "/api/v1/auth/login", json={"email": "admin@acme.example", "password": "wrong wrong wrong"}
        )
        codes.append(answer.status_code)

    assert codes[:5] == [401] * 5
    assert 429 in codes[5:]
    assert (
        fresh.client.post(
            "/api/v1/auth/login", json={"email": "admin@globex.example", "password": PASSWORD}
        ).status_code
        == 200
    )


def test_waiting_doubles_and_ends():
    now = [0.0]
    limits = SignInLimits(clock=lambda: now[0])
    for _ in range(8):
        limits.failed("a", "1.2.3.4")

    with pytest.raises(Exception, match="Too many") as caught:
        limits.check("a", "1.2.3.4")
    assert caught.value.headers["Retry-After"] == "9"
    limits.check("a", "5.6.7.8")
    now[0] = 9.0
    limits.check("a", "1.2.3.4")


def test_many_sign_ins_from_one_address_are_no_attack():
    limits = SignInLimits()
    for _ in range(200):
        limits.check("a", "1.2.3.4")
        limits.failed("a", "1.2.3.4")
        limits.succeeded("a", "1.2.3.4")


def test_fifty_refreshes_at_once_get_one_successor(fresh):
    token = fresh.sign_in()["refresh_token"]
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: refresh(fresh, token), range(50)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["data"]["refresh_token"] for answer in answers}) == 1
    successor = answers[0].json()["data"]["refresh_token"]
    assert refresh(fresh, successor).status_code == 200


def test_a_used_token_ends_the_session_after_ten_seconds(fresh):
    first = fresh.sign_in()
    second = refresh(fresh, first["refresh_token"]).json()["data"]
    with fresh.warehouse.connect("loader") as connection:
        connection.execute("update app.session set rotated_at = rotated_at - interval '11 seconds'")

    assert refresh(fresh, first["refresh_token"]).status_code == 401
    assert refresh(fresh, second["refresh_token"]).status_code == 401
    fresh.after_half_a_minute()
    assert profile(fresh, second["access_token"]).status_code == 401


def test_an_older_token_ends_the_session_at_once(fresh):
    first = fresh.sign_in()["refresh_token"]
    second = refresh(fresh, first).json()["data"]["refresh_token"]
    third = refresh(fresh, second).json()["data"]["refresh_token"]

    assert refresh(fresh, first).status_code == 401
    assert refresh(fresh, third).status_code == 401


def test_another_device_cannot_use_the_grace(fresh):
    first = fresh.sign_in(device="laptop")["refresh_token"]
    assert refresh(fresh, first, device="laptop").status_code == 200

    assert refresh(fresh, first, device="stranger").status_code == 401
    assert refresh(fresh, first, device="laptop").status_code == 401


def test_sessions_of_others_live_on_when_one_ends(fresh):
    one, two = fresh.sign_in(), fresh.sign_in()
    answer = fresh.client.post("/api/v1/auth/logout", headers={"Authorization": f"Bearer {one['access_token']}"})

    assert answer.status_code == 200
    assert profile(fresh, one["access_token"]).status_code == 401
    assert refresh(fresh, one["refresh_token"]).status_code == 401
    assert profile(fresh, two["access_token"]).status_code == 200


def test_a_sign_in_code_works_once(fresh):
    code = accounts.sign_in_code(fresh.warehouse, fresh.acme, "viewer@acme.example")
    first = fresh.client.post("/api/v1/auth/sign-in-code", json={"code": code})
    again = fresh.client.post("/api/v1/auth/sign-in-code", json={"code": code})

    assert first.status_code == 200
    assert first.json()["data"]["role"] == "viewer"
    assert again.status_code == 401
    assert profile(fresh, first.json()["data"]["access_token"]).json()["data"]["email"] == "viewer@acme.example"


def test_a_change_of_role_acts_while_the_token_lives(fresh):
    token = fresh.token("acme", "editor")
    assert profile(fresh, token).json()["data"]["role"] == "editor"
    with fresh.warehouse.connect("loader") as connection:
        connection.execute("update app.membership set role = 'viewer' where role = 'editor'")
    fresh.after_half_a_minute()

    assert profile(fresh, token).json()["data"]["role"] == "viewer"
    answer = fresh.client.post("/api/v1/sync/trigger", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


def test_a_removed_user_is_out_while_the_token_lives(fresh):
    token, again = fresh.token("acme", "viewer"), fresh.sign_in("acme", "viewer")["refresh_token"]
    with fresh.warehouse.connect("loader") as connection:
        connection.execute("""update app."user" set deleted_at = now() where email = 'viewer@acme.example'""")
    fresh.after_half_a_minute()

    assert profile(fresh, token).status_code == 401
    assert refresh(fresh, again).status_code == 401


def test_only_hashes_of_tokens_are_stored(fresh):
    signed_in = fresh.sign_in()
    with fresh.warehouse.connect("loader") as connection:
        stored = str(connection.execute("select * from app.session").fetchall())

    assert signed_in["refresh_token"] not in stored


def test_a_user_of_two_tenants_chooses(fresh):
    with fresh.warehouse.connect("loader") as connection:
        connection.execute(
            "insert into app.membership (tenant_id, user_id, role)"
            """ select %s, user_id, 'viewer' from app."user" where email = 'admin@acme.example'""",
            [fresh.globex.tenant_id],
        )
    chosen = fresh.sign_in(tenant_id=str(fresh.globex.tenant_id))

    assert (chosen["tenant_id"], chosen["role"]) == (str(fresh.globex.tenant_id), "viewer")
    assert fresh.sign_in()["tenant_id"] == str(fresh.acme.tenant_id)


def test_no_route_is_open_by_accident(served):
    for path in (
        "/api/v1/marts",
        "/api/v1/marts/readings",
        "/api/v1/dashboard",
        "/api/v1/sync/status",
        "/api/v1/users/profile",
    ):
        answer = served.client.get(path)
        assert (path, answer.status_code) == (path, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
