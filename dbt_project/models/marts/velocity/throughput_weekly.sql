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

-- A spine over the groups' weeks, of which there are few, and never over issues.
weeks as (
    select
        groups.tenant_id,
        groups.source,
        groups.project,
        groups.team,
        week::date as week
    from groups
    cross join lateral generate_series(
        groups.first_week::timestamp, (groups.running_week - 7)::timestamp, interval '7 days'
    ) as week
),

resolved as (
    select
        tenant_id,
        source,
        project,
        team,
        week,
        count(*) filter (where is_delivered) as delivered_count,
        count(*) filter (where not is_delivered) as dropped_count,
        count(story_points) filter (where is_delivered) as estimated_count,
        -- exact: a sum of floats hangs on their order
        (sum(story_points::numeric) filter (where is_delivered))::double precision as delivered_points
    from items
    where status = 'resolved'
    group by tenant_id, source, project, team, week
)

select
    tenant_id,
    source,
    project,
    team,
    week,
    coalesce(resolved.delivered_count, 0) as delivered_count,
    coalesce(resolved.dropped_count, 0) as dropped_count,
    resolved.delivered_points,
    coalesce(resolved.estimated_count, 0) as estimated_count,
    resolved.estimated_count::double precision / nullif(resolved.delivered_count, 0) as coverage
from weeks
left join resolved using (tenant_id, source, project, team, week)
