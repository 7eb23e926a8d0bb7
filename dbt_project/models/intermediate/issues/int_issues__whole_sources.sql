-- One row per tenant and source all of whose issues are worked out anew: on a full refresh, after a removal or a renaming,
-- where a decision of the tenant's or its time zone is another, and where what describes the issues of a source changed.
{{ config(materialized='incremental', incremental_strategy='replaced') }}
{% set built = adapter.get_relation(this.database, this.schema, 'int_issues__unioned') -%}
{% set is_whole = execute and (not built or flags.FULL_REFRESH) -%}
{% set descriptions = [
    ('jira', 'statuses'), ('jira', 'fields'), ('hubspot', 'pipelines'), ('hubspot', 'companies'), ('hubspot', 'contacts'),
    ('zendesk', 'organizations'), ('zendesk', 'users'),
] -%}
with

tenants as (
    select * from {{ source('app', 'tenant') }}
),

sources (source) as (
    values ('jira'), ('hubspot'), ('zendesk'), ('github')
)
{%- if is_whole %}

select
    tenants.tenant_id,
    sources.source
from tenants
cross join sources
{%- else %}
,

packages as (
    select * from {{ source('app', 'load_package') }}
    where {{ since_last_success('build_id') }}
),

moved as (
    select tenants.tenant_id
    from tenants
    cross join
        lateral (
            select known.time_zone
            from {{ built }} as known
            where known.tenant_id = tenants.tenant_id
            order by known.issue_id
            limit 1
        ) as one
    where one.time_zone <> tenants.time_zone
)

select
    whole.tenant_id,
    sources.source
from (
    select tenant_id from packages
    where source = 'app'
    union
    select tenant_id from moved
) as whole
cross join sources
union
select
    tenant_id,
    source
from packages
where load_id like 'removal-%' or load_id like 'rename-%'
{%- for name, table in descriptions %}
union
select
    packages.tenant_id,
    packages.source
from packages
where
    packages.source = '{{ name }}'
    and exists (select from {{ source(name, table) }} as described where described._dlt_load_id = packages.load_id)
{%- endfor %}
{%- endif %}
