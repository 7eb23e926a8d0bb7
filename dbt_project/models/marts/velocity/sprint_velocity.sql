-- One row per sprint that is no future one: what was promised at its start and what was done at its close.
{{ config(
    unique_key=['tenant_id', 'sprint_id'],
    touched='touched_sprints',
    scope=['tenant_id', 'sprint_id'],
) }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
with

touched as (
    select * from {{ ref('int_sprints__touched') }}
),

sprints as (
    select
        *,
        case
            when started_at is null then 'It has no date of its start.'
            when closed_at < started_at then 'It was closed before it started.'
            when state = 'closed' and closed_at is null then 'It is closed, without the date of its close.'
        end as unmeasured_reason
    from {{ ref('stg_jira__sprints') }}
    where state <> 'future' and (tenant_id, sprint_id) in (select touched.tenant_id, touched.sprint_id from touched)
),

boards as (
    select * from {{ ref('stg_jira__boards') }}
),

facts as (
    select
        tenant_id,
        sprint_id,
        count(*) filter (where is_committed) as committed_count,
        count(*) filter (where not is_removed and is_done_at_close) as completed_count,
        count(*) filter (where is_added) as added_count,
        count(*) filter (where is_removed) as removed_count,
        count(*) filter (where not is_removed and not is_done_at_close) as unfinished_count,
        count(*) filter (where not is_removed and points_at_close is null) as unestimated_count,
        count(*) filter (where not is_removed and is_unreadable_at_close) as unreadable_count,
        -- exact: a sum of floats hangs on their order
        coalesce(sum(points_at_start::numeric) filter (where is_committed), 0) as committed_points,
        coalesce(sum(points_at_close::numeric) filter (where not is_removed and is_done_at_close), 0) as completed_points,
        coalesce(sum(points_at_entry::numeric) filter (where is_added), 0) as added_points,
        coalesce(sum(points_at_leaving::numeric) filter (where is_removed), 0) as removed_points,
        coalesce(sum(points_at_close::numeric) filter (where not is_removed and not is_done_at_close), 0) as unfinished_points
    from {{ ref('int_sprints__stays') }}
    where not is_subtask
    group by tenant_id, sprint_id
),

-- A sprint that no issue was ever in has measured zeros; one whose dates say nothing has no figures.
figures as (
    select
        sprints.tenant_id,
        sprints.sprint_id,
        coalesce(facts.committed_count, 0) as committed_count,
        coalesce(facts.completed_count, 0) as completed_count,
        coalesce(facts.added_count, 0) as added_count,
        coalesce(facts.removed_count, 0) as removed_count,
        coalesce(facts.unfinished_count, 0) as unfinished_count,
        coalesce(facts.unestimated_count, 0) as unestimated_count,
        coalesce(facts.unreadable_count, 0) as unreadable_count,
        coalesce(facts.committed_points, 0) as committed_points,
        coalesce(facts.completed_points, 0) as completed_points,
        coalesce(facts.added_points, 0) as added_points,
        coalesce(facts.removed_points, 0) as removed_points,
        coalesce(facts.unfinished_points, 0) as unfinished_points
    from sprints
    left join facts using (tenant_id, sprint_id)
    where sprints.unmeasured_reason is null
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
    figures.committed_count,
    figures.completed_count,
    figures.added_count,
    figures.removed_count,
    case when sprints.closed_at is not null then figures.unfinished_count end as carried_over_count,
    figures.unestimated_count,
    figures.unreadable_count,
    figures.committed_points::double precision as committed_points,
    figures.completed_points::double precision as completed_points,
    figures.added_points::double precision as added_points,
    figures.removed_points::double precision as removed_points,
    -- What is neither promised, added nor removed was estimated anew on the way.
    (
        figures.completed_points + figures.unfinished_points
        - figures.committed_points - figures.added_points + figures.removed_points
    )::double precision as reestimated_points,
    case when sprints.closed_at is not null then figures.unfinished_points::double precision end as carried_over_points,
    case
        when sprints.closed_at is not null
            then (figures.completed_points / nullif(figures.committed_points, 0))::double precision
    end as say_do_ratio,
    case
        when sprints.closed_at is not null then figures.completed_count::double precision / nullif(figures.committed_count, 0)
    end as say_do_ratio_of_issues,
    sprints.unmeasured_reason
from sprints
left join boards using (tenant_id, connection_id, board_id)
left join figures using (tenant_id, sprint_id)
