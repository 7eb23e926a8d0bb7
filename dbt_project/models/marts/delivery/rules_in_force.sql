-- One row per kind of rule: those of the tenant's own by which the delivery figures of this publish were made.
{{ config(unique_key=['tenant_id', 'rule_kind']) }}
with

tenants as (
    select tenant_id from {{ source('app', 'tenant') }}
    where {{ of_touched_tenants() }}
),

rules as (
    {% for kind in ['deployment_rule', 'environment_rule', 'service_path', 'incident_rule'] -%}
    select
        tenant_id,
        '{{ kind }}' as rule_kind,
        to_jsonb({{ kind }}) - 'tenant_id' as rule,
        to_char(position, '0000000000') as place
    from {{ source('app', kind) }} as {{ kind }}
    union all
    {% endfor -%}
    select
        tenant_id,
        name as rule_kind,
        jsonb_build_object('hours', value) as rule,
        '' as place
    from {{ source('app', 'tenant_setting') }}
    where name = 'incident_window_hours'
    union all
    select
        tenant_id,
        'override' as rule_kind,
        to_jsonb(overrides) - array['tenant_id', 'alias', 'person'] as rule,
        override_id::text as place
    from {{ ref('int_overrides__in_force') }} as overrides
    where kind <> 'same_person'
)

select
    tenants.tenant_id,
    kinds.rule_kind,
    count(rules.rule) as rule_count,
    coalesce(left(md5(jsonb_agg(rules.rule order by rules.place) filter (where rules.rule is not null)::text), 12), 'default')
        as version,
    jsonb_agg(rules.rule order by rules.place) filter (where rules.rule is not null) as rules
from tenants
cross join (
    values
    ('deployment_rule'), ('environment_rule'), ('service_path'), ('incident_rule'), ('incident_window_hours'), ('override')
) as kinds (rule_kind)
left join rules using (tenant_id, rule_kind)
group by tenants.tenant_id, kinds.rule_kind
