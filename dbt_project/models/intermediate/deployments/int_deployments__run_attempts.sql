-- One row per workflow run of which jobs are known: the first attempt whose jobs all succeeded, and when the newest one ended. A
-- run's own `updated_at` moves on with whatever happens to it later.
with

attempts as (
    select
        tenant_id,
        connection_id,
        repository,
        run_external_id,
        run_attempt,
        min(started_at) as started_at,
        case when bool_and(completed_at is not null) then max(completed_at) end as completed_at,
        bool_and(coalesce(conclusion, 'none') in ('success', 'skipped', 'neutral'))
        and bool_or(conclusion = 'success') as is_success
    from {{ ref('stg_github__workflow_jobs') }}
    group by tenant_id, connection_id, repository, run_external_id, run_attempt
)

select
    tenant_id,
    connection_id,
    repository,
    run_external_id,
    (array_agg(started_at order by run_attempt) filter (where is_success))[1] as success_started_at,
    (array_agg(completed_at order by run_attempt) filter (where is_success))[1] as succeeded_at,
    (array_agg(completed_at order by run_attempt desc))[1] as completed_at
from attempts
group by tenant_id, connection_id, repository, run_external_id
