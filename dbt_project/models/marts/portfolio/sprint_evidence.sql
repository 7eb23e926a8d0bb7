-- One row per sprint, figure of it and stay of an issue in it: whether that is in the figure, or why not.
{{ config(
    unique_key=['tenant_id', 'evidence_id'],
    touched='touched_sprints',
    scope=['tenant_id', 'sprint_id'],
) }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
-- depends_on: {{ ref('int_sprints__touched') }}
with

stays as (
    select
        stays.*,
        sprints.name as sprint,
        sprints.board,
        sprints.closed_at,
        sprints.unmeasured_reason is null as is_measured
    from {{ ref('int_sprints__stays') }} as stays
    inner join {{ ref('sprint_velocity') }} as sprints using (tenant_id, sprint_id)
),

cases as (
    select
        stays.*,
        figures.metric,
        figures.points,
        case
            when not stays.is_measured then 'unmeasured_sprint'
            when stays.is_subtask then 'sub_task'
            else figures.left_out_because
        end as left_out_because
    from stays
    cross join lateral (
        values
        ('sprint_committed', stays.points_at_start, case when not stays.is_committed then 'added_later' end),
        (
            'sprint_completed', stays.points_at_close,
            case when stays.is_removed then 'removed' when not stays.is_done_at_close then 'not_done' end
        ),
        (
            'sprint_carried_over', stays.points_at_close,
            case
                when stays.closed_at is null then 'running'
                when stays.is_removed then 'removed'
                when stays.is_done_at_close then 'done'
            end
        )
    ) as figures (metric, points, left_out_because)
)

select
    cases.tenant_id,
    {{ surrogate_id(['cases.metric', 'cases.sprint_id', 'cases.issue_id', 'cases.stay']) }} as evidence_id,
    cases.metric,
    'issue' as case_kind,
    cases.issue_id::text as case_id,
    cases.sprint_id,
    cases.sprint,
    cases.board,
    issues.source,
    issues.project as issue_project,
    issues.teams,
    issues.portfolio_project as project,
    issues.portfolio,
    {{ local_day('cases.closed_at', 'tenants.time_zone') }} as day,
    cases.entered_at as happened_at,
    cases.left_out_because is null as is_counted,
    cases.left_out_because,
    cases.points,
    issues.key as reference,
    issues.url
from cases
inner join {{ source('app', 'tenant') }} as tenants using (tenant_id)
inner join {{ ref('int_portfolio__issue_places') }} as issues using (tenant_id, issue_id)
