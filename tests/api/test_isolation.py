"""Tenant A signs in and asks every endpoint for what is tenant B's."""

import asyncio
import re

import pytest

from api.database import Database
from api.settings import Settings
from pipelines import access_tokens


def everything(served):
    """Every GET of the document, with B's ids wherever a path takes one."""
    for path, item in served.client.get("/openapi.json").json()["paths"].items():
        if "get" in item and path not in ("/metrics",):
            yield re.sub(r"\{(tenant|business)_id\}", str(served.globex.tenant_id), path), item["get"]


def test_no_endpoint_shows_another_tenant(served):
    other = str(served.globex.tenant_id)
    for path, operation in everything(served):
        names = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
        attempts = [""] + [f"?{name}={other}" for name in ("id", "thing_id", "tenant_id", "note") if name in names]
        for attempt in [*attempts, f"?tenant_id={other}", "?note=of%20globex"]:
            text = served.get(path + attempt).text

            assert "globex" not in text.lower(), path + attempt
            if other not in path + attempt:
                assert other not in text, path + attempt


def test_anothers_tenant_and_an_unknown_one_look_alike(served):
    unknown = "00000000-0000-4000-8000-000000000000"
    answers = [served.get(f"/api/analytics/dashboard/{each}") for each in (served.globex.tenant_id, unknown)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_a_filter_for_anothers_id_is_as_empty_as_for_none(served):
    other = served.get("/api/v1/marts/things", slug="globex").json()["data"][0]["id"]
    unknown = "00000000-0000-4000-8000-000000000000"
    answers = [served.get(f"/api/v1/marts/things?id={each}") for each in (other, unknown)]

    assert answers[0].content == answers[1].content
    assert answers[0].json()["data"] == []


def test_a_cursor_of_another_tenant_is_refused(served):
    cursor = served.get("/api/v1/marts/readings?limit=1", slug="globex").json()["meta"]["next_cursor"]

    answer = served.get(f"/api/v1/marts/readings?limit=1&cursor={cursor}")

    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "invalid cursor")


def test_a_session_cannot_be_ended_from_another_tenant(served):
    victim = served.sign_in("globex", "viewer")
    claims = access_tokens.read(served.services.callers.signing_key, victim["access_token"])
    forged = access_tokens.issue(
        served.services.callers.signing_key, served.acme.tenant_id, "admin", claims.user_id, claims.session_id
    )

    answer = served.client.post("/api/v1/auth/logout", headers={"Authorization": f"Bearer {forged}"})

    assert answer.status_code == 401
    headers = {"Authorization": f"Bearer {victim['access_token']}"}
    assert served.client.get("/api/v1/users/profile", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "poison", ["set app.tenant_id = '{other}'", "select set_config('app.tenant_id', '{other}', false)"]
)
def test_a_connection_that_carries_a_tenant_is_clean_for_the_next(served, poison):
    async def read():
        database = Database(served.warehouse.url("api"), Settings(pool_size=1))
        await database.open()
        async with database.connection() as connection:
            await connection.execute(poison.format(other=served.globex.tenant_id))
        async with database.connection() as connection:
            bare = await connection.fetchval("select count(*) from marts.readings")
        async with database.tenant(served.acme.tenant_id) as connection:
            notes = {row[0] for row in await connection.fetch("select note from marts.readings")}
        await database.close()
        return bare, notes

    assert asyncio.run(read()) == (0, {"of acme"})


def test_one_connection_and_two_tenants_in_turn_mix_nothing(served):
    async def interleave():
        database = Database(served.warehouse.url("api"), Settings(pool_size=1, pool_queue=5_000, pool_wait=60))
        await database.open()

        async def one(tenant, number):
            async with database.tenant(tenant.tenant_id) as connection:
                if number % 50 == 0:
                    raise RuntimeError("the request fails half way")
                notes = await connection.fetch("select distinct note from marts.readings")
            return {row[0] for row in notes} == {f"of {tenant.slug}"}

        async def cancelled(tenant):
            task = asyncio.create_task(one(tenant, 1))
            await asyncio.sleep(0.001)
            task.cancel()
            return await asyncio.gather(task, return_exceptions=True)

        jobs = [one((served.acme, served.globex)[number % 2], number) for number in range(2_000)]
        jobs += [cancelled(served.globex) for _ in range(50)]
        results = await asyncio.gather(*jobs, return_exceptions=True)
        await database.close()
        return results

    results = asyncio.run(interleave())
    assert False not in results
    assert results.count(True) > 1_900


def test_a_publish_of_one_tenant_changes_nothing_for_another(fresh, built):
    before = fresh.get("/api/v1/marts/readings", slug="globex")
    more = [*built.readings(fresh.globex.tenant_id, note="of globex"), *built.readings(fresh.acme.tenant_id, 3_000)]
    built.publish(fresh.warehouse, more)

    after = fresh.get("/api/v1/marts/readings", slug="globex")

    assert after.json()["data"] == before.json()["data"]
