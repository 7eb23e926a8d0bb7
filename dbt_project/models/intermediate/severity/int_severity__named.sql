-- One row per issue: the one component and the one customer that it names, where its source gives none. The title counts
-- before the text; where either names two, nobody is chosen.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    unique_key=['tenant_id', 'issue_id'],
    indexes=[{'columns': ['tenant_id', 'issue_id'], 'unique': True}],
) }}
with

mentions as (
    select
        tenant_id,
        issue_id,
        field,
        case kind when 'customer' then 'customer' else 'component' end as role,
        kind,
        name
    from {{ source('ml', 'issue_mentions') }}
    where {{ of_touched_tenants() }}
),

-- A component and the service of the same name are one thing; the component's way of writing it counts.
named as (
    select
        tenant_id,
        issue_id,
        field,
        role,
        count(distinct lower(name)) as name_count,
        (array_agg(name order by kind, name))[1] as name
    from mentions
    group by tenant_id, issue_id, field, role
),

chosen as (
    select distinct on (tenant_id, issue_id, role)
        tenant_id,
        issue_id,
        role,
        case when name_count = 1 then name end as name,
        'named in the ' || field as reason
    from named
    order by tenant_id, issue_id, role, field desc  -- the title before the body
)

select
    tenant_id,
    issue_id,
    max(name) filter (where role = 'component') as component,
    max(reason) filter (where role = 'component' and name is not null) as component_reason,
    max(name) filter (where role = 'customer') as customer,
    max(reason) filter (where role = 'customer' and name is not null) as customer_reason
from chosen
group by tenant_id, issue_id
