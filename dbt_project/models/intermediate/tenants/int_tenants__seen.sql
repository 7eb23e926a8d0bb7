-- One row per tenant: the local day its data reached, and the last build to which anything new came for it.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['tenant_id'],
) }}
with

news as (
    select
        now.tenant_id,
        now.time_zone,
        now.today,
        (now.tenant_id in (
            select package.tenant_id from {{ source('app', 'load_package') }} as package
            where package.build_id = {{ this_build() }}
        )) as has_news
    from {{ ref('int_tenants__now') }} as now
)

select
    news.tenant_id,
    news.time_zone,
    news.today,
    {{ this_build() }} as build_id
from news
{% if is_incremental() -%}
left join {{ this }} as known using (tenant_id)
where
    news.has_news
    or (news.today, news.time_zone) is distinct from (known.today, known.time_zone)
{%- endif %}
