-- One row per repository and rule that holds for anything in it.
{{ config(unique_key=['tenant_id', 'repository', 'rule']) }}
with

ranked as (
    select
        *,
        row_number() over (
            partition by tenant_id, repository, rule order by since nulls last, measured desc, risk_id
        ) as place
    from {{ ref('risks') }}
    where repository is not null and {{ of_touched_tenants() }}
)

select
    tenant_id,
    repository,
    rule,
    max(severity)::smallint as severity,
    max(title) as title,
    count(*) as case_count,
    min(since) as since,
    jsonb_agg(
        jsonb_build_object('name', name, 'measured', measured, 'since', since, 'url', evidence_url) order by place
    ) filter (where place <= 5) as evidence,
    max(unit) as unit,
    max(threshold) as threshold,
    max(what_to_do) as what_to_do,
    max(as_of) as as_of
from ranked
group by tenant_id, repository, rule
