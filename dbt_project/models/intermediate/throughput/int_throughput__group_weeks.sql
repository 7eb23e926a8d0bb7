-- One row per group of work (source, project, team) and complete ISO week, from the first one that began with the group's first
-- issue there: a spine over weeks, of which there are few, and never over issues.
with

groups as (
    select distinct
        tenant_id,
        source,
        project,
        team
    from {{ ref('int_issues__group_spans') }}
),

begun as (
    select
        groups.*,
        (
            select min(items.created_on) from {{ ref('int_throughput__items') }} as items
            where
                items.tenant_id = groups.tenant_id
                and items.source = groups.source
                and items.project = groups.project
                and items.team = groups.team
        ) as first_on
    from groups
)

select
    begun.tenant_id,
    begun.source,
    begun.project,
    begun.team,
    week::date as week
from begun
inner join {{ ref('int_issues__scoring_days') }} as days using (tenant_id, source)
cross join lateral generate_series(
    date_trunc('week', begun.first_on + 6)::timestamp,  -- the Monday on or after the day of the first issue
    date_trunc('week', days.scored_on)::timestamp - interval '7 days',
    interval '7 days'
) as week
