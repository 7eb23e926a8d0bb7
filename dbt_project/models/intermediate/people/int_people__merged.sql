-- One row per login, name or e-mail address (in lower case) of which somebody said whose it is.
select
    tenant_id,
    lower(alias) as alias,
    person
from {{ ref('int_overrides__in_force') }}
where kind = 'same_person'
