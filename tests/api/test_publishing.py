"""What a publish, a new contract, and a mart that is not there yet do to readers."""

import asyncio
import threading
import time

import dbt_project
from api.database import Database
from api.settings import Settings
from pipelines import tenants


def until(condition, seconds=5.0):
    """Wait for what another connection is about to hear."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def first_note(served, slug="acme"):
    return served.get("/api/v1/marts/readings?limit=1", slug=slug).json()["data"][0]["note"]


def test_a_kept_answer_goes_with_the_version_it_was_made_from(fresh, built):
    before = fresh.get("/api/v1/marts/readings?limit=1")
    built.publish(fresh.warehouse, built.readings(fresh.acme.tenant_id, note="newer"))

    until(lambda: first_note(fresh) == "newer")
    after = fresh.get("/api/v1/marts/readings?limit=1", headers={"If-None-Match": before.headers["etag"]})

    assert after.status_code == 200
    assert after.json()["meta"]["version"] == 2


def test_a_deaf_reader_still_never_answers_an_old_version(fresh, built):
    services = fresh.services
    first_note(fresh)
    with fresh.warehouse.connect_as_administrator(autocommit=True) as connection:
        connection.execute(f"revoke connect on database {connection.info.dbname} from clearsignal_api")
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'clearsignal-api-listen'"
            " and datname = current_database()"
        )
        until(lambda: services.listener.generation is None)

        built.publish(fresh.warehouse, built.readings(fresh.acme.tenant_id, note="newer"))

        assert first_note(fresh) == "newer"
        connection.execute(f"grant connect on database {connection.info.dbname} to clearsignal_api")
    until(lambda: services.listener.generation is not None, 15)
    assert first_note(fresh) == "newer"


def test_a_tenant_whose_rows_stay_keeps_its_answers(fresh):
    services = fresh.services
    etag = fresh.get("/api/v1/marts/readings", slug="globex").headers["etag"]
    kept, generation = len(services.cache), services.listener.generation
    with fresh.warehouse.connect("transformer") as connection:  # a publish that changed acme alone
        connection.execute("update app.mart_version set version = 2 where tenant_id = %s", [fresh.acme.tenant_id])
        connection.execute("notify clearsignal_published, '2'")
    until(lambda: services.listener.generation != generation)

    again = fresh.get("/api/v1/marts/readings", slug="globex", headers={"If-None-Match": etag})

    assert again.status_code == 304
    assert len(services.cache) == kept


def test_a_mart_of_a_new_contract_is_served_without_a_restart(fresh, built):
    assert fresh.get("/api/v1/marts/readings?colour=red").status_code == 400
    rows = [(*row, "red") for row in built.readings(fresh.acme.tenant_id)]
    built.reshape(fresh.warehouse, rows, colour=("text", "Its colour.", {}))

    until(lambda: fresh.get("/api/v1/marts/readings?fields=colour").status_code == 200)

    assert fresh.get("/api/v1/marts/readings?limit=1").json()["data"][0]["colour"] == "red"
    assert "colour" in fresh.client.get("/openapi.json").text


def test_a_mart_that_the_manifest_does_not_fit_is_closed_alone(fresh):
    with fresh.warehouse.connect("transformer") as connection:
        connection.execute("update app.mart_version set contract_checksum = 'another' where mart = 'readings'")
        connection.execute("notify clearsignal_published, '9'")

    until(lambda: fresh.get("/api/v1/marts/readings").status_code == 503)
    answer = fresh.get("/api/v1/marts/readings")

    assert answer.json()["error"]["code"] == "CONTRACT_CHANGED"
    assert int(answer.headers["retry-after"]) > 0
    assert fresh.get("/api/v1/marts/things").status_code == 200


def test_a_tenant_without_a_publish_is_told_to_wait(fresh):
    from pipelines import access_tokens

    new = tenants.create(fresh.warehouse, "initech", "Initech")
    token = access_tokens.issue(access_tokens.key(fresh.warehouse), new.tenant_id, "viewer")

    answer = fresh.client.get("/api/v1/marts/readings", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "NOT_PUBLISHED"
    assert answer.headers["retry-after"] == "30"


def test_a_broken_manifest_keeps_what_was_known(fresh):
    services = fresh.services
    dbt_project.manifest_path(fresh.warehouse.home).write_text('{"nodes": {')
    services.registry.reload()

    assert fresh.get("/api/v1/marts/readings").status_code == 200
    assert services.registry.problem


def test_a_reader_during_publishes_never_sees_two_versions_in_one_answer(fresh, built):
    seen = set()
    for number in range(6):
        built.publish(fresh.warehouse, built.readings(fresh.acme.tenant_id, note=f"publish {number}"))
        for _ in range(10):
            body = fresh.get("/api/v1/marts/readings?limit=1000").json()
            notes = {row["note"] for row in body["data"]}
            assert len(notes) == 1
            seen.add((body["meta"]["version"], notes.pop()))
    versions = [version for version, _ in sorted(seen)]
    assert len(versions) == len(set(versions))


def test_who_began_to_read_before_a_publish_finds_the_rows_of_that_time(fresh, built):
    """A table that took another's place since then would be empty to him: its rows are newer than what he sees."""
    rows = built.readings(fresh.acme.tenant_id, count=30, note="newer")
    publishing = threading.Thread(target=built.publish, args=(fresh.warehouse, rows))

    async def read() -> tuple[int, int]:
        database = Database(fresh.services.database.dsn, Settings())
        await database.open()
        try:
            async with database.tenant(fresh.acme.tenant_id) as connection:
                publishing.start()
                await asyncio.to_thread(publishing.join, 0.5)
                version = await connection.fetchval("select version from app.mart_version where mart = 'readings'")
                return version, await connection.fetchval("select count(*) from marts.readings")
        finally:
            await database.close()

    assert asyncio.run(read()) == (1, 90)
    publishing.join()
    assert fresh.get("/api/v1/marts/readings?limit=100").json()["meta"]["version"] == 2
