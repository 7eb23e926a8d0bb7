-- One row per group of issues (source, project, team, severity): the day of its first issue by the tenant's clock, and the
-- newest instant at which anything happened to one of them.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'source', 'project', 'team', 'severity'],
    indexes=[{'columns': ['tenant_id', 'source', 'project', 'team', 'severity'], 'unique': True}],
) }}
with

issues as (
    select
        *,
        coalesce(team, 'none') as team_name
    from {{ ref('int_issues__unioned') }}
    where {{ of_touched_tenants() }}
)

select
    tenant_id,
    source,
    project,
    team_name as team,
    severity,
    min({{ local_day('created_at', 'time_zone') }}) as first_day,
    greatest(max(created_at), max(resolved_at), max(status_entered_at)) as newest_at
from issues
group by tenant_id, source, project, team_name, severity
