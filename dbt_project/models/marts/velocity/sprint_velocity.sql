-- One row per sprint that has started: what was promised at its start and what was done at its close.
{{ config(unique_key=['tenant_id', 'sprint_id']) }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

sprints as (
    select * from {{ ref('stg_jira__sprints') }}
    where
        started_at is not null
        and state <> 'future'
        {% if is_incremental() -%}
        and tenant_id in (select tenant_id from {{ ref('int_tenants__touched') }})
        {%- endif %}
),

boards as (
    select * from {{ ref('stg_jira__boards') }}
),

stays as (
    select * from {{ ref('int_sprints__stays') }}
),

facts as (
    select
        tenant_id,
        sprint_id,
        count(*) filter (where is_committed) as committed_count,
        count(*) filter (where not is_removed and is_done_at_close) as completed_count,
        count(*) filter (where not is_removed and not is_done_at_close) as unfinished_count,
        count(*) filter (where not is_removed and points_at_close is null) as unestimated_count,
        coalesce(sum(points_at_start) filter (where is_committed), 0) as committed_points,
        coalesce(sum(points_at_close) filter (where not is_removed and is_done_at_close), 0) as completed_points,
        coalesce(sum(points_at_entry) filter (where is_added), 0) as added_points,
        coalesce(sum(points_at_leaving) filter (where is_removed), 0) as removed_points,
        coalesce(sum(points_at_close) filter (where not is_removed and not is_done_at_close), 0) as unfinished_points
    from stays
    group by tenant_id, sprint_id
)

select
    sprints.tenant_id,
    sprints.sprint_id,
    sprints.name,
    coalesce(boards.name, sprints.board_id::text) as board,
    boards.project_key as project,
    sprints.state,
    sprints.goal,
    sprints.started_at,
    sprints.planned_end_at,
    sprints.closed_at,
    coalesce(facts.committed_count, 0) as committed_count,
    coalesce(facts.completed_count, 0) as completed_count,
    case when sprints.closed_at is not null then coalesce(facts.unfinished_count, 0) end as carried_over_count,
    coalesce(facts.unestimated_count, 0) as unestimated_count,
    coalesce(facts.committed_points, 0)::double precision as committed_points,
    coalesce(facts.completed_points, 0)::double precision as completed_points,
    coalesce(facts.added_points, 0)::double precision as added_points,
    coalesce(facts.removed_points, 0)::double precision as removed_points,
    -- What is neither promised, added nor removed was estimated anew on the way.
    coalesce(
        facts.completed_points + facts.unfinished_points
        - facts.committed_points - facts.added_points + facts.removed_points, 0
    )::double precision as reestimated_points,
    case when sprints.closed_at is not null then coalesce(facts.unfinished_points, 0)::double precision end
        as carried_over_points,
    case
        when sprints.closed_at is not null
            then (facts.completed_points / nullif(facts.committed_points, 0))::double precision
    end as say_do_ratio
from sprints
left join boards using (tenant_id, connection_id, board_id)
left join facts using (tenant_id, sprint_id)
