-- One row per (tenant, source, project, status, week) in which a visit to the status ended.
{{ config(
    unique_key=['tenant_id', 'source', 'project', 'status', 'week'],
    touched='touched_project_weeks',
    scope=['tenant_id', 'source', 'project'],
    scope_from='week',
) }}
-- depends_on: {{ ref('int_issues__touched_groups') }}
with

visits as (
    select
        visits.*,
        date_trunc('week', {{ local_day('visits.left_at', 'visits.time_zone') }})::date as week
    from {{ ref('int_issues__status_visits') }} as visits
    {% if is_incremental() -%}
    inner join ({{ touched_project_weeks(this, config.get('scope')) }}) as touched
        on
            visits.tenant_id = touched.tenant_id
            and visits.source = touched.source
            and visits.project = touched.project
            -- An issue that has been where it is since before left nothing in these weeks; a day early, for the time zones.
            and visits.last_entered_at >= touched.from_day - 1
            and date_trunc('week', {{ local_day('visits.left_at', 'visits.time_zone') }}) >= touched.from_day
    {%- endif %}
    where visits.left_at is not null
)

select
    tenant_id,
    source,
    project,
    status,
    week,
    (array_agg(category order by left_at desc, issue_id))[1] as category,
    count(*) as n,
    count(distinct issue_id) as issue_count,
    percentile_cont(0.5) within group (order by seconds) as seconds_p50,
    percentile_cont(0.85) within group (order by seconds) as seconds_p85
from visits
group by tenant_id, source, project, status, week
