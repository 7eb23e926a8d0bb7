"""A tenant's own times: set, shown, reset; by its admins, in its zone."""

import pytest


def call(served, method, path="", slug="acme", role="admin", **options):
    headers = {"Authorization": f"Bearer {served.token(slug, role)}"}
    return served.client.request(method, f"/api/v1/schedules{path}", headers=headers, **options)


def of(answer, source="github"):
    return next(each for each in answer.json()["data"] if each["source"] == source)


def test_times_are_set_shown_and_reset(served):
    assert of(call(served, "GET", role="analyst"))["is_own"] is False
    mine = of(call(served, "PUT", "/github", json={"cron": "0  6 * * 1-5"}))
    assert (mine["cron"], mine["is_own"], mine["time_zone"]) == ("0 6 * * 1-5", True, "UTC")
    assert of(call(served, "GET", slug="globex"))["is_own"] is False
    assert call(served, "DELETE", "/github", slug="globex").status_code == 404
    assert of(call(served, "DELETE", "/github"))["is_own"] is False
    assert call(served, "DELETE", "/github").status_code == 404


@pytest.mark.parametrize(
    ("source", "body", "status"),
    [
        ("github", {"cron": "* * * * *"}, 400), ("gitlab", {"cron": "0 6 * * *"}, 400),
        ("github", {"cron": "0 6 * * *", "tenant_id": "x"}, 400), ("github", {}, 400),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused(served, source, body, status):
    assert call(served, "PUT", f"/{source}", json=body).status_code == status
    assert call(served, "PUT", f"/{source}", role="editor", json=body).status_code == 403
