"""Each fault does to an answer what it says, as often as it was told, and only where its path fits."""

import time

import httpx
import pytest

from pipelines.simulator.company import Charter
from pipelines.simulator.faults import KINDS
from pipelines.simulator.server import running

PATH = "/github/repos/acme/checkout/pulls"
QUERY = {"state": "all", "per_page": 5}


@pytest.fixture(scope="module")
def running_simulator():
    with running([Charter("acme", days=30)]) as found:
        yield found


@pytest.fixture
def simulator(running_simulator):
    yield running_simulator
    running_simulator.clear_faults()


@pytest.fixture
def client(simulator):
    headers = {"Authorization": "Bearer github-acme"}
    with httpx.Client(base_url=simulator.url, headers=headers, timeout=2) as found:
        yield found


def numbers(answer: httpx.Response) -> list[int]:
    return [pull["number"] for pull in answer.json()]


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("429", 429, "rate limit"),
        ("403_secondary", 403, "secondary rate limit"),
        ("403_primary", 403, "API rate limit exceeded"),
        ("401", 401, "Bad credentials"),
        ("500", 500, "Server Error"),
        ("503_html", 503, "<html>"),
    ],
)
def test_a_refusal_comes_as_often_as_asked(client, simulator, fault, status, words):
    simulator.fault("/github/repos/*/pulls", fault, times=2, retry_after=3)
    answers = [client.get(PATH) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert words in answers[0].text
    assert simulator.get("/world/faults")[0]["used"] == 2


def test_the_wait_is_told(client, simulator):
    simulator.fault(PATH, "429", times=1, retry_after=7)
    assert client.get(PATH).headers["retry-after"] == "7"
    simulator.fault(PATH, "403_primary", times=1)
    assert client.get(PATH).headers["x-ratelimit-remaining"] == "0"


def test_other_paths_and_the_simulators_own_are_spared(client, simulator):
    simulator.fault("/github/*/pulls", "500")
    assert client.get("/github/repos/acme/checkout/tags").status_code == 200
    simulator.fault("*", "500")
    assert client.get("/truth/acme/incidents").status_code == 200


def test_truncated_json_cannot_be_read(client, simulator):
    simulator.fault(PATH, "truncated_json", times=1)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        client.get(PATH, params=QUERY).json()


def test_a_dropped_connection_breaks_off(client, simulator):
    simulator.fault(PATH, "drop", times=1, after_bytes=50)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(PATH)
    assert client.get(PATH).status_code == 200


def test_a_hanging_server_times_out(client, simulator):
    simulator.fault(PATH, "hang", times=1, seconds=5)
    with pytest.raises(httpx.ReadTimeout):
        client.get(PATH, timeout=0.3)


def test_a_slow_answer_arrives_whole(client, simulator):
    whole = client.get(PATH, params=QUERY)
    simulator.fault(PATH, "slow", times=1, bytes_per_second=len(whole.content) * 2)
    start = time.monotonic()
    assert client.get(PATH, params=QUERY).content == whole.content
    assert time.monotonic() - start > 0.3


def test_a_repeated_page_is_the_one_before(client, simulator):
    simulator.fault(PATH, "repeat_page", times=1)
    first, second, third = (client.get(PATH, params={**QUERY, "page": page}) for page in (1, 2, 3))

    assert numbers(second) == numbers(first)
    assert not set(numbers(third)) & set(numbers(first))


def test_a_repeated_token_leads_to_the_same_page(client, simulator):
    simulator.fault(PATH, "repeat_token", times=1)
    answer = client.get(PATH, params={**QUERY, "page": 1})
    assert httpx.URL(answer.links["next"]["url"]).params["page"] == "1"


def test_drift_adds_and_renames_fields(client, simulator):
    simulator.fault(PATH, "drift", times=1, rename={"title": "headline"})
    pull = client.get(PATH, params=QUERY).json()[0]
    assert {"zz_new_field", "headline"} <= set(pull)
    assert "title" not in pull


def test_fields_can_be_null(client, simulator):
    simulator.fault(PATH, "null_fields", times=1, fields=["user", "base.ref"])
    pull = client.get(PATH, params=QUERY).json()[0]
    assert (pull["user"], pull["base"]["ref"]) == (None, None)


def test_an_unknown_fault_is_refused(simulator):
    answer = httpx.post(simulator.url + "/world/faults", json={"path": "*", "fault": "nonsense"})
    assert answer.status_code == 400
    assert all(kind in answer.json()["message"] for kind in KINDS)
