-- One row per pull request whose figures are worked out anew: its own rows have news, it was first delivered by another
-- deployment, belongs to another team, or has a time that its calendar only now knows. (Where a calendar is another, all.)
{{ config(
    materialized='incremental',
    incremental_strategy='replaced',
    indexes=[{'columns': ['tenant_id', 'pull_request_id'], 'unique': True}],
) }}
{% set built = adapter.get_relation(this.database, 'build', 'pull_requests') -%}
{% set is_compared = built and not flags.FULL_REFRESH -%}
-- depends_on: {{ ref('int_pull_requests__teams') }}
-- depends_on: {{ ref('int_tenants__touched') }}
select
    tenant_id,
    pull_request_id
from {{ ref('int_pull_requests__news') }}
union
select
    tenant_id,
    pull_request_id
from {{ changed_keys_relation(ref('int_changes__pull_requests')) }}
where {{ since_last_success('build_id') }}
union
-- A new day adds days to a calendar, another calendar changes days that it had.
select
    pulls.tenant_id,
    pulls.pull_request_id
from {{ ref('int_pull_requests__timestamps') }} as pulls
where
    pulls.tenant_id in (
        select days.tenant_id
        from (
            select
                tenant_id,
                day,
                count(seconds_before) > 1 as is_another
            from {{ changed_keys_relation(ref('int_teams__work_days')) }}
            where {{ since_last_success('build_id') }}
            group by tenant_id, calendar, day
        ) as days
        inner join {{ ref('int_tenants__touched') }} as touched using (tenant_id)
        where days.is_another or days.day < touched.today - 7
    )
{% if is_compared -%}
union
select
    built.tenant_id,
    built.pull_request_id
from {{ built }} as built
inner join {{ ref('int_pull_requests__teams') }} as teams using (tenant_id, pull_request_id)
where
    {{ of_touched_tenants('built.tenant_id', true) }}
    and (
        built.team is distinct from teams.team
        {%- for part in ['coding', 'pickup', 'review', 'merge_wait', 'deploy_wait', 'deploy_run', 'total'] %}
        or (built.{{ part }}_seconds is not null and built.{{ part }}_business_seconds is null)
        {%- endfor %}
    )
{%- endif %}
