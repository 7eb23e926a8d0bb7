-- One row per sprint, issue and stay in it that touches the time between its start and its close (now, while it runs), with the
-- issue's points at the instants that count; of the sprints that are worked out anew. Sub-tasks are
-- among them, marked: they are part of their parent's work and count in no figure.
{% set moments = {
    'start': 'stays.sprint_started_at',
    'entry': 'stays.entered_at',
    'leaving': 'stays.left_at',
    'close': 'stays.sprint_measured_at',
} -%}
with

sprints as (
    select *, coalesce(closed_at, 'infinity') as measured_at
    from {{ ref('stg_jira__sprints') }}
    where
        started_at is not null
        and state <> 'future'
        and (tenant_id, sprint_id) in (
            select touched.tenant_id, touched.sprint_id from {{ ref('int_sprints__touched') }} as touched
        )
),

-- Closing a sprint moves what is unfinished at that very instant: what was in it until then was in it.
stays as (
    select
        memberships.*,
        sprints.started_at as sprint_started_at,
        sprints.measured_at as sprint_measured_at,
        memberships.entered_at <= sprints.started_at as is_committed,
        memberships.entered_at > sprints.started_at as is_added,
        coalesce(memberships.left_at < sprints.measured_at, false) as is_removed
    from {{ ref('int_sprints__memberships') }} as memberships
    inner join sprints using (tenant_id, sprint_id)
    where
        memberships.entered_at < sprints.measured_at
        and (memberships.left_at is null or memberships.left_at > sprints.started_at)
),

-- Done at the close: resolved by then, and not opened again until after it.
dones as (
    select distinct stays.tenant_id, stays.sprint_id, stays.issue_id
    from stays
    inner join {{ ref('int_issues__open_intervals') }} as intervals
        on
            stays.tenant_id = intervals.tenant_id
            and stays.issue_id = intervals.issue_id
            and intervals.resolved_at <= stays.sprint_measured_at
            and (intervals.reopened_at is null or intervals.reopened_at > stays.sprint_measured_at)
)

select
    stays.*,
    dones.issue_id is not null as is_done_at_close,
    at_start.points as points_at_start,
    at_entry.points as points_at_entry,
    at_leaving.points as points_at_leaving,
    at_close.points as points_at_close,
    coalesce(at_close.is_unreadable, false) as is_unreadable_at_close
from stays
left join dones using (tenant_id, sprint_id, issue_id)
{% for moment, instant in moments.items() -%}
left join {{ ref('int_sprints__points') }} as at_{{ moment }}
    on
        stays.tenant_id = at_{{ moment }}.tenant_id
        and stays.issue_id = at_{{ moment }}.issue_id
        and {{ instant }} >= at_{{ moment }}.valid_from
        and (at_{{ moment }}.valid_until is null or {{ instant }} < at_{{ moment }}.valid_until)
{% endfor %}
