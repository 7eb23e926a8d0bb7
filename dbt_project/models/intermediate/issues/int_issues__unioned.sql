-- One row per issue of Jira, HubSpot, Zendesk and GitHub, in one shape. Deleted ones are gone.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['tenant_id', 'issue_id'],
    indexes=[
        {'columns': ['tenant_id', 'issue_id'], 'unique': True},
        {'columns': ['tenant_id', 'is_incident']},
        {'columns': ['tenant_id', 'resolved_at']},
        {'columns': ['tenant_id', 'source', 'lower(key)']},
    ],
    post_hook="
        delete from {{ this }} as gone
        using {{ ref('int_issues__touched') }} as touched
        where
            gone.tenant_id = touched.tenant_id and gone.issue_id = touched.issue_id
            and {{ since_last_success('touched.build_id') }}
            and not exists (
                select from {{ ref('int_issues__touched') }} as present
                where present.tenant_id = gone.tenant_id and present.issue_id = gone.issue_id and present.is_current
            )",
) }}
-- depends_on: {{ ref('int_issues__touched') }}
-- depends_on: {{ source('app', 'build') }}
select * from {{ ref('int_issues__recalculated') }}
{% if is_incremental() -%}
where (tenant_id, issue_id) in (
    select tenant_id, issue_id from {{ ref('int_issues__touched') }}
    where is_current and {{ since_last_success('build_id') }}
)
{%- endif %}
