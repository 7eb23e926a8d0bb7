-- One row per rule and subject that it holds for now.
{{ config(unique_key=['tenant_id', 'risk_id'], touched='touched_risks') }}
-- depends_on: {{ ref('int_tenants__touched') }}
-- depends_on: {{ ref('int_risks__failing_syncs') }}
with

owners as (
    select
        tenant_id,
        repository,
        string_agg(team, ', ' order by team) as owner
    from {{ ref('int_teams__repositories') }}
    group by tenant_id, repository
),

findings as (
    select tenant_id, rule, subject, name, repository, owner, since, measured, url
    from {{ ref('int_risks__of_work') }}
    union all
    select tenant_id, rule, subject, name, repository, null as owner, since, measured, url
    from {{ ref('int_risks__of_code') }}
    union all
    select
        tenant_id,
        'failing_sync' as rule,
        subject,
        name || ': ' || coalesce(reason, 'unknown') as name,
        null as repository,
        null as owner,
        since,
        1 as measured,
        '/api/v1/sync/status' as url
    from {{ ref('int_risks__failing_syncs') }}
)

select
    findings.tenant_id,
    {{ surrogate_id(['findings.rule', 'findings.subject']) }} as risk_id,
    findings.rule,
    rules.severity,
    rules.title,
    findings.subject,
    findings.name,
    findings.repository,
    coalesce(findings.owner, owners.owner) as owner,
    findings.since,
    tenants.today - {{ local_day('findings.since', 'tenants.time_zone') }} as age_days,
    findings.measured,
    rules.threshold,
    rules.unit,
    findings.url as evidence_url,
    rules.what_to_do,
    tenants.today as as_of
from findings
inner join {{ ref('int_risks__rules') }} as rules using (tenant_id, rule)
inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
left join owners using (tenant_id, repository)
where
    -- Of knowledge too little is a risk, of all else too much.
    case findings.rule when 'bus_factor' then findings.measured <= rules.threshold else findings.measured >= rules.threshold end
    and tenants.today is not null
    {% if is_incremental() -%}
    and findings.tenant_id in (select tenant_id from ({{ touched_risks(this) }}) as touched)
    {%- endif %}
