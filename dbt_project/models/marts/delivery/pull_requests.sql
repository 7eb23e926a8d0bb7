-- One row per pull request.
{{ config(
    unique_key=['tenant_id', 'pull_request_id'],
    touched='touched_pull_requests',
    scope=['tenant_id', 'pull_request_id'],
) }}
-- depends_on: {{ ref('int_pull_requests__news') }}
-- depends_on: {{ ref('int_pull_requests__touched') }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
{%- set parts = {
    'coding': ['coding_from', 'ready_at'],
    'pickup': ['ready_at', 'reviewed_at'],
    'review': ['reviewed_at', 'approved_at'],
    'merge_wait': ['approved_at', 'merged_at'],
    'deploy_wait': ['merged_at', 'shipping_at'],
    'deploy_run': ['shipping_at', 'deployed_at'],
} %}
{%- set instants = ['coding_from', 'ready_at', 'reviewed_at', 'approved_at', 'merged_at', 'shipping_at', 'deployed_at'] %}
with

calendars as (
    select
        tenant_id,
        coalesce(team, '') as calendar,
        time_zone
    from {{ ref('int_teams__calendars') }}
),

-- By themselves where they are few: joined with the rest, they would be picked out of all at the end.
phases as {{ 'materialized ' if is_incremental() }}(
    select * from {{ ref('int_pull_requests__phases') }}
    {%- if is_incremental() %}
    where (tenant_id, pull_request_id) in (
        select touched.tenant_id, touched.pull_request_id from {{ ref('int_pull_requests__touched') }} as touched
    )
    {%- endif %}
),

-- Each instant in work seconds of its calendar: a part is the difference of two, so that these parts sum as well.
-- The limit, which cuts nothing off, has each day looked up: joined, an instant is compared with all days of its calendar.
pulls as (
    select
        {% for instant in instants -%}
        {{ work_seconds_until('phases.' ~ instant, instant ~ '_day') }} as {{ instant }}_worked,
        {% endfor -%}
        phases.*
    from phases
    left join calendars on phases.tenant_id = calendars.tenant_id and coalesce(phases.team, '') = calendars.calendar
    {%- for instant in instants %}
    left join lateral (
        select * from {{ ref('int_teams__work_days') }} as days
        where
            days.tenant_id = phases.tenant_id
            and days.calendar = coalesce(phases.team, '')
            and days.day = {{ local_day('phases.' ~ instant, 'calendars.time_zone') }}
        order by days.day
        limit 1
    ) as {{ instant }}_day on true
    {%- endfor %}
)

select
    tenant_id,
    pull_request_id,
    repository,
    number,
    title,
    state_name as state,
    author,
    is_bot,
    coalesce(is_draft, false) as is_draft,
    labels,
    team,
    first_commit_at,
    opened_at,
    ready_at,
    first_review_at,
    first_approval_at,
    merged_at,
    deploy_started_at,
    deployed_at,
    closed_at,
    updated_at,
    {% for part, (first, last) in parts.items() -%}
    extract(epoch from {{ last }} - {{ first }})::double precision as {{ part }}_seconds,
    ({{ last }}_worked - {{ first }}_worked)::double precision as {{ part }}_business_seconds,
    {% endfor -%}
    case when reviewed_at is not null then extract(epoch from deployed_at - coding_from)::double precision end as total_seconds,
    case when reviewed_at is not null then (deployed_at_worked - coding_from_worked)::double precision end
        as total_business_seconds,
    is_first_commit_after_opening,
    review_rounds,
    reviewer_count,
    rework.commit_count,
    rework.rework_commit_count,
    rework.rework_share,
    additions,
    deletions,
    changed_file_count,
    methods.merge_method,
    url
from pulls
left join {{ ref('int_pull_requests__merge_methods') }} as methods using (tenant_id, pull_request_id)
left join {{ ref('int_pull_requests__rework') }} as rework using (tenant_id, pull_request_id)
