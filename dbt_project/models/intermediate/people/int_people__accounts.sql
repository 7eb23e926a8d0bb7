-- One row per address and per name that one account alone signs with: the account. Of a few, its first and last are looked up.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_signatures',
    scope=['tenant_id', 'kind', 'signed_as'],
    keeps_changes=true,
    unique_key=['tenant_id', 'kind', 'signed_as'],
    indexes=[{'columns': ['tenant_id', 'kind', 'signed_as'], 'unique': True}],
) }}
-- depends_on: {{ source('app', 'build') }}
{% for kind, column in {'email': 'author_email', 'name': 'author_name'}.items() %}
{{ 'union all' if not loop.first }}
select
    tenant_id,
    '{{ kind }}' as kind,
    {{ column }} as signed_as,
    min(login) as login
from {{ ends_of_signatures(this, kind, column) if is_incremental() else ref('int_people__authored') }} as signed
where {{ column }} is not null
group by tenant_id, {{ column }}
having min(login) = max(login)
{%- endfor %}
