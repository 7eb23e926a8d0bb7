-- One row per repository, window and metric, recomputed from single commits, reviews and pull requests of people.
{{ config(unique_key=['tenant_id', 'repository', 'window_days', 'metric']) }}
with

windows as (
    select
        tenants.tenant_id,
        tenants.time_zone,
        tenants.today,
        lengths.window_days,
        tenants.today - lengths.window_days + 1 as first_day
    from {{ ref('int_tenants__now') }} as tenants
    cross join (values (30), (90), (365)) as lengths (window_days)
    where {{ of_touched_tenants('tenants.tenant_id') }} and tenants.today is not null
),

days as (
    select * from {{ ref('int_people__days') }}
    where {{ of_touched_tenants() }}
),

pulls as (
    select * from {{ ref('pull_requests') }}
    where {{ of_touched_tenants() }} and not is_bot
),

people as (
    select
        days.tenant_id,
        days.repository,
        windows.window_days,
        days.person,
        sum(days.commit_count) as commits,
        sum(days.reviewed_count) as reviewed
    from days
    inner join windows on days.tenant_id = windows.tenant_id and days.day between windows.first_day and windows.today
    group by 1, 2, 3, 4
),

ranked as (
    select
        *,
        row_number() over (by_commits rows unbounded preceding) as commit_rank,
        sum(commits) over (by_commits rows unbounded preceding) as commits_so_far,
        sum(commits) over (partition by tenant_id, repository, window_days) as all_commits,
        row_number() over (partition by tenant_id, repository, window_days order by reviewed) as review_rank
    from people
    window by_commits as (partition by tenant_id, repository, window_days order by commits desc, person)
),

-- Gini = 2 Σ rank · x / (n Σ x) − (n + 1) / n, with x in rising order: 0 where all review alike.
of_people as (
    select
        tenant_id,
        repository,
        window_days,
        count(*) as people,
        count(*) filter (where commits > 0) as contributors,
        sum(commits) as commits,
        min(commit_rank) filter (where all_commits > 0 and 2 * commits_so_far >= all_commits) as bus_factor,
        case
            when count(*) > 1
                then 2 * sum(review_rank * reviewed) / nullif(count(*) * sum(reviewed), 0) - (count(*) + 1.0) / count(*)
        end as review_load_gini
    from ranked
    group by tenant_id, repository, window_days
),

of_pulls as (
    select
        pulls.tenant_id,
        pulls.repository,
        windows.window_days,
        count(*) as merged,
        count(*) filter (where pulls.reviewer_count > 0) as reviewed,
        percentile_cont(0.5) within group (order by pulls.review_rounds) filter (where pulls.reviewer_count > 0) as review_rounds,
        count(*) filter (where pulls.first_commit_at <= pulls.merged_at) as timed,
        percentile_cont(0.5) within group (order by extract(epoch from pulls.merged_at - pulls.first_commit_at))
        filter (where pulls.first_commit_at <= pulls.merged_at) as branch_lifetime,
        count(pulls.merge_method) as known_methods,
        count(*) filter (where pulls.merge_method = 'merge') as merge_count,
        count(*) filter (where pulls.merge_method = 'squash') as squash_count,
        count(*) filter (where pulls.merge_method = 'rebase') as rebase_count
    from pulls
    inner join windows
        on
            pulls.tenant_id = windows.tenant_id
            and {{ local_day('pulls.merged_at', 'windows.time_zone') }} between windows.first_day and windows.today
    group by 1, 2, 3
),

of_reviews as (
    select
        pairs.tenant_id,
        pairs.repository,
        windows.window_days,
        count(*) as pairs,
        count(pairs.is_cross_team) as known_pairs,
        count(*) filter (where pairs.is_cross_team) as cross_team_pairs
    from {{ ref('int_pull_requests__review_pairs') }} as pairs
    inner join windows
        on
            pairs.tenant_id = windows.tenant_id
            and {{ local_day('pairs.first_submitted_at', 'windows.time_zone') }} between windows.first_day and windows.today
    group by 1, 2, 3
),

-- A change counts once, however many services and environments it went to.
changes as (
    select distinct
        tenant_id,
        repository,
        change_kind,
        change_id,
        coalesce(merged_at, authored_at) as landed_at
    from {{ ref('change_deployments') }}
    where {{ of_touched_tenants() }} and not is_bot and not is_baseline
),

of_changes as (
    select
        changes.tenant_id,
        changes.repository,
        windows.window_days,
        count(*) as changes,
        count(*) filter (where changes.change_kind = 'commit') as pushes
    from changes
    inner join windows
        on
            changes.tenant_id = windows.tenant_id
            and {{ local_day('changes.landed_at', 'windows.time_zone') }} between windows.first_day and windows.today
    group by 1, 2, 3
),

-- Tags count where there are no releases.
versions as (
    select
        *,
        bool_or(origin = 'release') over (partition by tenant_id, repository) as has_releases
    from {{ ref('releases') }}
    where {{ of_touched_tenants() }}
),

of_releases as (
    select
        releases.tenant_id,
        releases.repository,
        windows.window_days,
        count(releases.interval_seconds) as intervals,
        percentile_cont(0.5) within group (order by releases.interval_seconds) as release_interval
    from versions as releases
    inner join windows
        on
            releases.tenant_id = windows.tenant_id
            and {{ local_day('releases.published_at', 'windows.time_zone') }} between windows.first_day and windows.today
    where not releases.is_prerelease and (releases.origin = 'release' or not releases.has_releases)
    group by 1, 2, 3
),

repositories as (
    select
        tenant_id,
        repository,
        bool_or(commits > 0) as has_commits
    from (
        select tenant_id, repository, commit_count as commits from days
        union all
        select tenant_id, repository, 0 as commits from pulls
    ) as seen
    group by tenant_id, repository
)

select
    repositories.tenant_id,
    repositories.repository,
    windows.window_days,
    metrics.metric,
    metrics.value::double precision as value,
    metrics.unit,
    coalesce(metrics.n, 0)::bigint as n,
    metrics.measured::double precision / nullif(metrics.possible, 0) as coverage,
    windows.today as as_of
from repositories
inner join windows using (tenant_id)
left join of_people as people using (tenant_id, repository, window_days)
left join of_pulls as pulls using (tenant_id, repository, window_days)
left join of_reviews as reviews using (tenant_id, repository, window_days)
left join of_changes as changes using (tenant_id, repository, window_days)
left join of_releases as releases using (tenant_id, repository, window_days)
cross join lateral (
    values
    (
        'contributors', 'people', case when repositories.has_commits then coalesce(people.contributors, 0) end,
        people.commits, null, null
    ),
    ('bus_factor', 'people', people.bus_factor, people.commits, null, null),
    ('review_load_gini', 'ratio', people.review_load_gini, people.people, null, null),
    ('review_rounds', 'rounds', pulls.review_rounds, pulls.reviewed, pulls.reviewed, pulls.merged),
    ('reviewed_share', 'ratio', pulls.reviewed::double precision / pulls.merged, pulls.merged, pulls.merged, pulls.merged),
    (
        'cross_team_review_share', 'ratio', reviews.cross_team_pairs::double precision / nullif(reviews.known_pairs, 0),
        reviews.known_pairs, reviews.known_pairs, reviews.pairs
    ),
    ('branch_lifetime', 'seconds', pulls.branch_lifetime, pulls.timed, pulls.timed, pulls.merged),
    {% for method in ['merge', 'squash', 'rebase'] -%}
    (
        '{{ method }}_share', 'ratio', pulls.{{ method }}_count::double precision / nullif(pulls.known_methods, 0),
        pulls.known_methods, pulls.known_methods, pulls.merged
    ),
    {% endfor -%}
    (
        'direct_push_share', 'ratio', changes.pushes::double precision / nullif(changes.changes, 0), changes.changes,
        null, null
    ),
    ('release_interval', 'seconds', releases.release_interval, releases.intervals, null, null)
) as metrics (metric, unit, value, n, measured, possible)
