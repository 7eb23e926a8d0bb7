-- One row per tenant and rule that is in use: its severity and threshold, the tenant's own where it has set them.
select
    tenants.tenant_id,
    rules.rule,
    coalesce(own.severity, rules.severity) as severity,
    coalesce(own.threshold, rules.threshold) as threshold,
    rules.unit,
    rules.title,
    rules.what_to_do
from {{ source('app', 'tenant') }} as tenants
cross join {{ ref('risk_rules') }} as rules
left join {{ source('app', 'risk_rule') }} as own
    on tenants.tenant_id = own.tenant_id and rules.rule = own.rule
where own.is_enabled is not false
