{#- Tenants with anything new, and those whose failing loads are others than the mart has: a load that fails brings no
    package. -#}
{%- macro touched_risks(mart, columns=[]) -%}
select tenant_id
from {{ ref('int_tenants__touched') }}
union
select coalesce(failing.tenant_id, built.tenant_id) as tenant_id
from {{ ref('int_risks__failing_syncs') }} as failing
full outer join (select * from {{ mart }} where rule = 'failing_sync') as built
    on
        failing.tenant_id = built.tenant_id
        and failing.subject = built.subject
        and failing.since is not distinct from built.since
where failing.tenant_id is null or built.tenant_id is null
{%- endmacro %}
