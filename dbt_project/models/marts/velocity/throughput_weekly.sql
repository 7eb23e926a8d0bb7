-- One row per (tenant, source, project, team, week), complete ISO weeks only, from the first one that began with the group's
-- first issue there, weeks without any delivery included.
{{ config(unique_key=['tenant_id', 'source', 'project', 'team', 'week'], touched='touched_weeks') }}
-- depends_on: {{ ref('int_tenants__touched') }}
-- depends_on: {{ ref('int_issues__scoring_days') }}
with

days as (
    select
        tenant_id,
        source,
        date_trunc('week', scored_on)::date as running_week
    from {{ ref('int_issues__scoring_days') }}
    {% if is_incremental() -%}
    where {{ of_tenants(touched_weeks(this)) }}
    {%- endif %}
),

items as (
    select
        items.*,
        days.running_week,
        date_trunc('week', {{ local_day('items.resolved_at', 'items.time_zone') }})::date as week
    from {{ ref('int_throughput__work_items') }} as items
    inner join days using (tenant_id, source)
    {%- if is_incremental() %}
    where {{ of_tenants('select named.tenant_id from days as named', 'items.tenant_id') }}
    {%- endif %}
),

groups as (
    select
        tenant_id,
        source,
        project,
        team,
        running_week,
        -- The Monday on or after the day of the first issue.
        date_trunc('week', min({{ local_day('created_at', 'time_zone') }}) + 6)::date as first_week
    from items
    group by tenant_id, source, project, team, running_week
),

-- Nothing in each of the group's weeks (a spine over weeks, of which there are few, and never over issues), and what was
-- resolved in one of them.
counted as (
    select
        groups.tenant_id,
        groups.source,
        groups.project,
        groups.team,
        week::date as week,
        null::boolean as is_delivered,
        null::double precision as story_points
    from groups
    cross join
        lateral generate_series(
            groups.first_week::timestamp, (groups.running_week - 7)::timestamp, interval '7 days'
        ) as week
    union all
    select
        items.tenant_id,
        items.source,
        items.project,
        items.team,
        items.week,
        items.is_delivered,
        items.story_points
    from items
    inner join groups using (tenant_id, source, project, team)
    where items.status = 'resolved' and items.week between groups.first_week and groups.running_week - 7
)

select
    tenant_id,
    source,
    project,
    team,
    week,
    count(*) filter (where is_delivered) as delivered_count,
    count(*) filter (where not is_delivered) as dropped_count,
    -- exact: a sum of floats hangs on their order
    (sum(story_points::numeric) filter (where is_delivered))::double precision as delivered_points,
    count(story_points) filter (where is_delivered) as estimated_count,
    (count(story_points) filter (where is_delivered))::double precision
    / nullif(count(*) filter (where is_delivered), 0) as coverage
from counted
group by tenant_id, source, project, team, week
