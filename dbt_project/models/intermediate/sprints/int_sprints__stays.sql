-- One row per sprint and issue that was ever in it after its start: what it was at the start and at the close, or at the
-- newest instant known where the sprint still runs.
{% set moments = {
    'start': 'sprints.started_at',
    'entry': 'memberships.first_in_at',
    'leaving': 'memberships.last_left_at',
    'close': 'sprints.measured_at',
} -%}
with

sprints as (
    select *, coalesce(closed_at, 'infinity') as measured_at
    from {{ ref('stg_jira__sprints') }}
    where started_at is not null and state <> 'future'
),

memberships as (
    select
        memberships.tenant_id,
        memberships.sprint_id,
        memberships.issue_id,
        bool_or(
            memberships.entered_at <= sprints.started_at
            and coalesce(memberships.left_at, 'infinity') > sprints.started_at
        ) as is_committed,
        -- Closing a sprint moves what is unfinished: what was in it until then counts as in it.
        bool_or(
            memberships.entered_at < sprints.measured_at
            and coalesce(memberships.left_at, 'infinity') >= sprints.measured_at
        ) as is_in_at_close,
        min(greatest(memberships.entered_at, sprints.started_at)) as first_in_at,
        max(memberships.left_at) filter (where memberships.left_at < sprints.measured_at) as last_left_at
    from {{ ref('int_sprints__memberships') }} as memberships
    inner join sprints using (tenant_id, sprint_id)
    where
        memberships.entered_at < sprints.measured_at
        and coalesce(memberships.left_at, 'infinity') > sprints.started_at
    group by memberships.tenant_id, memberships.sprint_id, memberships.issue_id
),

dones as (
    select
        memberships.tenant_id,
        memberships.sprint_id,
        memberships.issue_id,
        -- The last state entered by the close decides; created counts as open.
        coalesce(bool_or(
            intervals.resolved_at <= sprints.measured_at
            and (intervals.reopened_at is null or intervals.reopened_at > sprints.measured_at)
        ), false) as is_done_at_close
    from memberships
    inner join sprints using (tenant_id, sprint_id)
    inner join {{ ref('int_issues__open_intervals') }} as intervals using (tenant_id, issue_id)
    group by memberships.tenant_id, memberships.sprint_id, memberships.issue_id
),

points as (
    select * from {{ ref('int_sprints__points') }}
)

select
    memberships.*,
    dones.is_done_at_close
    {%- for moment, instant in moments.items() %},
    at_{{ moment }}.points as points_at_{{ moment }}
    {%- endfor %}
from memberships
inner join sprints using (tenant_id, sprint_id)
inner join dones using (tenant_id, sprint_id, issue_id)
{% for moment, instant in moments.items() -%}
left join points as at_{{ moment }}
    on
        memberships.tenant_id = at_{{ moment }}.tenant_id
        and memberships.issue_id = at_{{ moment }}.issue_id
        and {{ instant }} >= at_{{ moment }}.valid_from
        and (at_{{ moment }}.valid_until is null or {{ instant }} < at_{{ moment }}.valid_until)
{% endfor %}