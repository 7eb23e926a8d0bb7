-- One row per source and window of days up to its newest data: what came in, what was done, and how much hangs together.
{{ config(unique_key=['tenant_id', 'source', 'window_days'], touched='touched_sources') }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

windows as (
    select
        days.tenant_id,
        days.source,
        days.scored_on as as_of,
        window_days,
        days.scored_on - window_days + 1 as first_day
    from {{ ref('int_issues__scoring_days') }} as days
    cross join (values (30), (90), (365)) as windows (window_days)
    {% if is_incremental() -%}
    where days.tenant_id in (select tenant_id from ({{ touched_sources(this) }}) as touched)
    {%- endif %}
),

events as (
    select * from {{ ref('int_severity__events') }}
),

open_issues as (
    select
        tenant_id,
        source,
        count(*) as open_count
    from {{ ref('int_issues__unioned') }}
    where status = 'open'
    group by tenant_id, source
),

pairs as (
    select tenant_id, issue_id, linked_issue_id from {{ ref('int_issues__links') }}
    union
    select tenant_id, linked_issue_id as issue_id, issue_id as linked_issue_id from {{ ref('int_issues__links') }}
),

linked as (
    select distinct
        tenant_id,
        pairs.issue_id
    from pairs
    inner join {{ ref('int_issues__unioned') }} as own using (tenant_id, issue_id)
    inner join {{ ref('int_issues__unioned') }} as others using (tenant_id)
    where pairs.linked_issue_id = others.issue_id and own.source <> others.source
),

counted as (
    select
        windows.tenant_id,
        windows.source,
        windows.window_days,
        windows.as_of,
        count(*) filter (where events.event = 'created') as created_count,
        {% for severity in range(1, 6) -%}
        count(*) filter (where events.event = 'created' and events.severity = {{ severity }}) as severity_{{ severity }}_count,
        {% endfor -%}
        count(*) filter (where events.event = 'created' and linked.issue_id is not null) as linked_count,
        count(distinct events.issue_id) filter (where events.event = 'resolved') as resolved_count,
        count(distinct events.issue_id) filter (where events.event = 'resolved' and events.is_reopened_later) as reopened_count,
        percentile_cont(0.5) within group (
            order by case when not events.is_reopened_later then events.time_to_resolve_seconds end
        ) as time_to_resolve_p50_seconds
    from windows
    left join events
        on
            windows.tenant_id = events.tenant_id
            and windows.source = events.source
            and events.day between windows.first_day and windows.as_of
    left join linked on events.tenant_id = linked.tenant_id and events.issue_id = linked.issue_id
    group by windows.tenant_id, windows.source, windows.window_days, windows.as_of
)

select
    tenant_id,
    source,
    window_days,
    as_of,
    created_count,
    resolved_count,
    coalesce(open_issues.open_count, 0) as open_count,
    severity_1_count,
    severity_2_count,
    severity_3_count,
    severity_4_count,
    severity_5_count,
    (severity_4_count + severity_5_count)::double precision / nullif(created_count, 0) as severe_share,
    time_to_resolve_p50_seconds,
    reopened_count,
    reopened_count::double precision / nullif(resolved_count, 0) as reopened_share,
    linked_count,
    linked_count::double precision / nullif(created_count, 0) as linked_share
from counted
left join open_issues using (tenant_id, source)
