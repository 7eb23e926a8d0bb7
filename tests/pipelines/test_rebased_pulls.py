"""What a pull request no longer holds, as after a rebase or a forced push, the next sync takes away too."""

from datetime import timedelta

from pipelines.simulator.company import Charter
from pipelines.simulator.server import running
from tests.pipelines.syncs import NOW, connect, sync

STALE = """
insert into raw_github.pull_request_commits
    (tenant_id, connection_id, repository, pull_request_number, sha, authored_at, _dlt_load_id)
select tenant_id, connection_id, repository, pull_request_number, repeat('0', 40),
    min(authored_at) - interval '9 days', 'x'
from raw_github.pull_request_commits
group by 1, 2, 3, 4
"""
STALE_REVIEWS = """
insert into raw_github.reviews (tenant_id, connection_id, id, repository, pull_request_number, _dlt_load_id)
select tenant_id, connection_id, -row_number() over (order by repository, pull_request_number), repository,
    pull_request_number, 'x'
from (select distinct tenant_id, connection_id, repository, pull_request_number from raw_github.reviews) as reviewed
"""
LEFT = """
select count(*) filter (where c._deleted_at is not null), count(*) filter (where c._deleted_at is null)
from raw_github.{} as c
inner join raw_github.pull_requests as p
    on c.repository = p.repository and c.pull_request_number = p.number
where {} and p.updated_at > %s
"""


def test_a_commit_or_review_that_a_pull_request_no_longer_holds_is_marked_deleted(warehouse):
    with running([Charter("acme", days=12)]) as world:
        tenant = connect(warehouse, world.url, "github")
        sync(warehouse, "github", tenant)
        with warehouse.connect("loader") as database:
            database.execute(STALE)
            database.execute(STALE_REVIEWS)
        world.advance(days=3)
        (outcome,) = sync(warehouse, "github", tenant, now=NOW + timedelta(days=3))
        assert outcome.error is None

    with warehouse.connect("loader") as database:
        for table, stale in (("pull_request_commits", "c.sha = repeat('0', 40)"), ("reviews", "c.id < 0")):
            gone, stayed = database.execute(LEFT.format(table, stale), [NOW]).fetchone()
            assert (gone > 0, stayed) == (True, 0), table
