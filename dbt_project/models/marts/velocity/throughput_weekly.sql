-- One row per (tenant, source, project, team, week), complete ISO weeks only, from the first one that began with the group's
-- first issue there, weeks without any delivery included.
{{ config(
    unique_key=['tenant_id', 'source', 'project', 'team', 'week'],
    touched='touched_group_weeks',
    scope=['tenant_id', 'source', 'project', 'team', 'week'],
) }}
-- depends_on: {{ source('app', 'build') }}
{% set group_week = ['tenant_id', 'source', 'project', 'team', 'week'] -%}
with
{% if is_incremental() %}
touched as materialized (
    {{ touched_group_weeks(this) | indent(4) }}
),
{% endif %}
weeks as (
    select * from {{ ref('int_throughput__group_weeks') }}
    {% if is_incremental() -%}
    inner join touched using ({{ group_week | join(', ') }})
    {%- endif %}
),

-- By itself: else each group would look for all of them.
items as materialized (
    select * from {{ looked_up(ref('int_throughput__items'), 'select * from touched', group_week) }} as resolved
    where week is not null
)

select
    tenant_id,
    source,
    project,
    team,
    week,
    count(items.issue_id) filter (where items.is_delivered) as delivered_count,
    count(items.issue_id) filter (where not items.is_delivered) as dropped_count,
    -- exact: a sum of floats hangs on their order
    (sum(items.story_points::numeric) filter (where items.is_delivered))::double precision as delivered_points,
    count(items.story_points) filter (where items.is_delivered) as estimated_count,
    (count(items.story_points) filter (where items.is_delivered))::double precision
    / nullif(count(items.issue_id) filter (where items.is_delivered), 0) as coverage
from weeks
left join items using ({{ group_week | join(', ') }})
group by tenant_id, source, project, team, week
