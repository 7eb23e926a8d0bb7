-- One row per repository, file and service whose code or deployments may be a risk, with what was measured.
select
    tenant_id,
    'hotspot' as rule,
    repository || ' ' || path as subject,
    path as name,
    repository,
    last_changed_at as since,
    max_complexity::double precision as measured,
    '/api/v1/marts/hotspots?repository=' || repository as url
from {{ ref('hotspots') }}
where rank <= 3

union all

select
    tenant_id,
    'stale_branches' as rule,
    repository as subject,
    count(*) || ' branches of ' || repository as name,
    repository,
    min(last_commit_at) as since,
    count(*)::double precision as measured,
    '/api/v1/marts/branches?is_stale=true&repository=' || repository as url
from {{ ref('branches') }}
where is_stale
group by tenant_id, repository

union all

select
    tenant_id,
    'bus_factor' as rule,
    repository as subject,
    'half of the commits to ' || repository || ' are of ' || value || ' people' as name,
    repository,
    null::timestamptz as since,
    value as measured,
    '/api/v1/marts/repository_summary?metric=bus_factor&repository=' || repository as url
from {{ ref('repository_summary') }}
where metric = 'bus_factor' and window_days = 90 and n >= 20 and value is not null

union all

select
    tenant_id,
    'high_change_failure_rate' as rule,
    scope as subject,
    'deployments of ' || scope as name,
    null as repository,
    null::timestamptz as since,
    value as measured,
    '/api/v1/evidence/change_failure_rate?scope_kind=service&window_days=30&scope=' || scope as url
from {{ ref('dora_summary') }}
where scope_kind = 'service' and metric = 'change_failure_rate' and window_days = 30 and n >= 5

union all

select
    kpis.tenant_id,
    'missed_target' as rule,
    kpis.definition_id || ' ' || kpis.scope_kind || ' ' || kpis.scope as subject,
    kpis.title || ' of ' || kpis.scope || ' over 30 days' as name,
    case when kpis.scope_kind = 'repository' then kpis.scope end as repository,
    kpis.target_from::timestamp at time zone tenants.time_zone as since,
    kpis.n::double precision as measured,
    '/api/v1/portfolio/executive?window_days=30&definition_id=' || kpis.definition_id || '&scope=' || kpis.scope as url
from {{ ref('executive_kpis') }} as kpis
inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
where kpis.window_days = 30 and not kpis.is_target_met
