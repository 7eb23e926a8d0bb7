-- One row per Jira status: its name, its category, is it done? A status that the site no longer lists is known from the
-- issues in it. Of tenants with news alone: whoever reads it works out no others.
with

listed as (
    select tenant_id, connection_id, status_id, name, category_key
    from {{ ref('stg_jira__statuses') }}
    where {{ of_touched_tenants(is_needed=true) }}
),

seen as (
    select tenant_id, connection_id, status_id, max(status_name) as name, max(status_category) as category_key
    from {{ ref('stg_jira__issues') }}
    where status_id is not null and {{ of_touched_tenants(is_needed=true) }}
    group by tenant_id, connection_id, status_id
)

select
    tenant_id,
    connection_id,
    status_id,
    coalesce(listed.name, seen.name) as name,
    coalesce(seen.category_key, listed.category_key) as category_key,
    coalesce(seen.category_key, listed.category_key) = 'done' as is_done
from listed
full outer join seen using (tenant_id, connection_id, status_id)
where coalesce(seen.category_key, listed.category_key) is not null
