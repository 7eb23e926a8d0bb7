-- One row per complete week or month and all issues, source, severity or component, empty periods included, beside the
-- period before.
{{ config(
    unique_key=['tenant_id', 'period', 'dimension', 'value', 'period_start'],
    touched='touched_trends',
) }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

events as (
    select
        events.tenant_id,
        events.issue_id,
        events.event,
        events.day,
        events.time_to_resolve_seconds,
        events.source,
        seen.dimension,
        seen.value
    from {{ ref('int_severity__events') }} as events
    {{ in_dimensions('events.source', 'events.severity', 'events.component') }}
    {% if is_incremental() -%}
    where {{ of_tenants('select tenant_id from (' ~ touched_trends(this) ~ ') as touched', 'events.tenant_id') }}
    {%- endif %}
),

-- How far each source was read; that day itself is unfinished.
sources as (
    select tenant_id, source, scored_on as last_day
    from {{ ref('int_issues__scoring_days') }}
),

spans as (
    select
        firsts.tenant_id,
        firsts.dimension,
        firsts.value,
        firsts.first_day,
        max(sources.last_day) as last_day,
        array_agg(sources.last_day) as last_days
    from (
        select
            tenant_id,
            dimension,
            value,
            min(day) as first_day
        from events
        group by tenant_id, dimension, value
    ) as firsts
    inner join sources
        on firsts.tenant_id = sources.tenant_id and (firsts.dimension <> 'source' or firsts.value = sources.source)
    group by firsts.tenant_id, firsts.dimension, firsts.value, firsts.first_day
),

-- How many of its sources were read to a period's end.
periods as (
    select
        spans.tenant_id,
        spans.dimension,
        spans.value,
        kinds.period,
        period_start::date as period_start,
        (period_start + kinds.step)::date as next_start,
        (
            select avg((reached.day >= (period_start + kinds.step)::date)::int)::double precision
            from unnest(spans.last_days) as reached (day)
        ) as coverage
    from spans
    cross join (values ('week', interval '1 week'), ('month', interval '1 month')) as kinds (period, step)
    cross join lateral generate_series(
        date_trunc(kinds.period, spans.first_day::timestamp), spans.last_day::timestamp - kinds.step, kinds.step
    ) as period_start
),

counts as (
    select
        events.tenant_id,
        kinds.period,
        events.dimension,
        events.value,
        date_trunc(kinds.period, events.day::timestamp)::date as period_start,
        count(*) filter (where events.event = 'created') as created_count,
        count(*) filter (where events.event = 'resolved') as resolved_count,
        count(*) filter (where events.event = 'reopened') as reopened_count,
        percentile_cont(0.5) within group (order by events.time_to_resolve_seconds) as time_to_resolve_p50_seconds
    from events
    cross join (values ('week'), ('month')) as kinds (period)
    group by 1, 2, 3, 4, 5
),

measured as (
    select
        tenant_id,
        period,
        dimension,
        value,
        period_start,
        periods.next_start - 1 as last_day,
        coalesce(counts.created_count, 0) as created_count,
        coalesce(counts.resolved_count, 0) as resolved_count,
        coalesce(counts.reopened_count, 0) as reopened_count,
        (sum(coalesce(counts.created_count + counts.reopened_count - counts.resolved_count, 0)) over line)::bigint as open_count,
        counts.time_to_resolve_p50_seconds,
        periods.coverage
    from periods
    left join counts using (tenant_id, period, dimension, value, period_start)
    window line as (partition by tenant_id, period, dimension, value order by period_start)
)

select
    *,
    created_count - lag(created_count) over line as created_change,
    (created_count::double precision / nullif(lag(created_count) over line, 0)) - 1 as created_change_ratio,
    resolved_count - lag(resolved_count) over line as resolved_change,
    (resolved_count::double precision / nullif(lag(resolved_count) over line, 0)) - 1 as resolved_change_ratio,
    open_count - lag(open_count) over line as open_change,
    (open_count::double precision / nullif(lag(open_count) over line, 0)) - 1 as open_change_ratio
from measured
window line as (partition by tenant_id, period, dimension, value order by period_start)
