-- One row per repository, week and contributor who did anything in it.
{{ config(unique_key=['tenant_id', 'repository', 'week', 'contributor']) }}
with

weeks as (
    select
        tenant_id,
        repository,
        date_trunc('week', day)::date as week,
        person as contributor,
        sum(commit_count)::bigint as commit_count,
        sum(opened_count)::bigint as opened_count,
        sum(merged_count)::bigint as merged_count,
        sum(reviewed_count)::bigint as reviewed_count,
        count(*) as active_days
    from {{ ref('int_people__days') }}
    where {{ of_touched_tenants() }}
    group by 1, 2, 3, 4
),

with_previous as (
    select
        *,
        lag(week) over (partition by tenant_id, repository, contributor order by week) as previous_week
    from weeks
)

select
    tenant_id,
    repository,
    week,
    contributor,
    commit_count,
    opened_count,
    merged_count,
    reviewed_count,
    active_days,
    previous_week is null as is_first_week,
    (week - previous_week) / 7 as weeks_since_previous
from with_previous
