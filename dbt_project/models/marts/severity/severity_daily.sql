-- One row per (tenant, source, severity, day): the issues of issue_flow_daily, projects and teams taken together.
{{ config(
    unique_key=['tenant_id', 'source', 'severity', 'day'],
    touched='touched_issue_groups',
    scope=['tenant_id', 'source', 'severity'],
    scope_from='day',
) }}
-- depends_on: {{ ref('int_issues__touched_groups') }}
-- depends_on: {{ ref('int_issues__groups') }}
with

flow as (
    select flow.*
    from {{ ref('issue_flow_daily') }} as flow
    {% if is_incremental() -%}
    inner join ({{ touched_issue_groups(this, config.get('scope')) }}) as scope
        on
            flow.tenant_id = scope.tenant_id
            and flow.source = scope.source
            and flow.severity = scope.severity
            and flow.day >= scope.from_day
    {%- endif %}
)

select
    tenant_id,
    source,
    severity,
    day,
    sum(created_count)::bigint as issue_count,
    sum(resolved_count)::bigint as resolved_count,
    sum(open_count)::bigint as open_count,
    (severity * sum(open_count))::bigint as severity_load
from flow
group by tenant_id, source, severity, day
