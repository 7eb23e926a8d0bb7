-- One row per issue and group (source, project, team, severity) that it is or was in, with the last build that changed it.
-- Changed = any of its figures differs from the last build's, so what a late history, a renamed status or a tenant's new
-- time zone does to an issue is seen as well as an edit. A group that an issue left is touched as much as its new one.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['tenant_id', 'issue_id', 'project', 'team', 'severity'],
    indexes=[
        {'columns': ['tenant_id', 'issue_id', 'project', 'team', 'severity'], 'unique': True},
        {'columns': ['build_id']},
    ],
) }}
-- depends_on: {{ ref('int_issues__news') }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
-- depends_on: {{ source('app', 'tenant') }}
with

recalculated as (
    select
        tenant_id,
        issue_id,
        source,
        project,
        coalesce(team, 'none') as team,
        severity,
        -- A day early, for no zone's day is further from UTC's.
        (created_at at time zone 'UTC')::date - 1 as first_day,
        md5((to_jsonb(issues) - '_dlt_load_id')::text) as row_hash
    from {{ ref('int_issues__recalculated') }} as issues
)

{% if is_incremental() -%}
,

-- Of the issues that are worked out anew, of whole sources, and of tenants that are gone.
known as materialized (
    select *
    from {{ looked_up(this, 'select tenant_id, issue_id from ' ~ ref('int_issues__news'), ['tenant_id', 'issue_id']) }} as built
    where is_current
    union
    select *
    from {{ this }}
    where is_current and {{ of_tenants(
        'select whole.tenant_id from ' ~ ref('int_issues__whole_sources') ~ ' as whole'
        ~ ' union select gone.tenant_id from ' ~ this ~ ' as gone'
        ~ ' where gone.tenant_id not in (select present.tenant_id from ' ~ source('app', 'tenant') ~ ' as present)'
    ) }}
),

changed as (
    select
        recalculated.tenant_id,
        recalculated.issue_id,
        recalculated.source,
        recalculated.project,
        recalculated.team,
        recalculated.severity,
        least(recalculated.first_day, known.first_day) as first_day,
        recalculated.row_hash,
        true as is_current
    from recalculated
    left join known using (tenant_id, issue_id)
    where recalculated.row_hash is distinct from known.row_hash
),

-- Issues that vanished, and the former groups of issues that moved.
left_behind as (
    select
        known.tenant_id,
        known.issue_id,
        known.source,
        known.project,
        known.team,
        known.severity,
        known.first_day,
        known.row_hash,
        false as is_current
    from known
    left join recalculated using (tenant_id, issue_id)
    where
        (
            recalculated.issue_id is null
            and (
                (known.tenant_id, known.issue_id) in (select tenant_id, issue_id from {{ ref('int_issues__news') }})
                or (known.tenant_id, known.source) in (
                    select tenant_id, source from {{ ref('int_issues__whole_sources') }}
                )
                or known.tenant_id not in (select tenant_id from {{ source('app', 'tenant') }})
            )
        )
        or (recalculated.project, recalculated.team, recalculated.severity)
        <> (known.project, known.team, known.severity)
)

select *, {{ this_build() }} as build_id
from changed
union all
select *, {{ this_build() }} as build_id
from left_behind
{%- else -%}
select *, true as is_current, {{ this_build() }} as build_id
from recalculated
{%- endif %}
