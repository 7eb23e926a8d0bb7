-- One row per login, name or e-mail address (in lower case) of which somebody said whose it is.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    unique_key=['tenant_id', 'alias'],
    indexes=[{'columns': ['tenant_id', 'alias'], 'unique': True}],
) }}
select
    tenant_id,
    lower(alias) as alias,
    person
from {{ ref('int_overrides__in_force') }}
where kind = 'same_person' and {{ of_touched_tenants() }}
