-- One row per delivery metric and case: whether the case is in the figure, and why, or why not.
{{ config(
    unique_key=['tenant_id', 'evidence_id'],
    touched='touched_cases',
    scope=['tenant_id', 'case_kind', 'case_id'],
    indexes=[{'columns': ['tenant_id', 'case_kind', 'case_id']}],
) }}
{%- for model in [
    'int_changes__commits', 'int_changes__pull_requests', 'int_changes__touched_pull_requests', 'int_deployments__recoveries',
    'int_issues__touched', 'int_issues__whole_sources', 'int_pull_requests__merged', 'int_teams__by_repository',
    'int_tenants__time_zones', 'int_tenants__touched',
] %}
-- depends_on: {{ ref(model) }}
{%- endfor %}
-- depends_on: {{ source('app', 'build') }}
with

{% if is_incremental() -%}
touched as materialized (
    {{ touched_cases(this) | indent(4) }}
),

{% endif -%}
-- They look at every deployment.
metrics as (
    select * from (
        values ('deployment_frequency'), ('change_failure_rate'), ('rework_rate'), ('deployment_failure_rate')
    ) as names (metric)
),

deployments as (
    select
        *,
        concat_ws(' ', ref, left(sha, 7)) as reference
    from {{ looked_up(ref('deployments'), cases_of_kind('deployment'), ['tenant_id', 'deployment_id']) }} as looked_at
),

no_deployments as (
    select *
    from
        {{ looked_up(
            ref('int_deployments__classified'), cases_of_kind('deployment'), ['tenant_id', 'deployment_id']
        ) }} as candidates
    where excluded_by is not null or dismissed_by is not null
),

-- What is not delivered in production is in none of them, but for the rate of failed pipelines.
counted_deployments as (
    select
        deployments.*,
        metrics.metric,
        case
            when deployments.environment_class <> 'production' then 'not_production'
            when metrics.metric = 'deployment_failure_rate' and deployments.is_failed then null
            when deployments.status <> 'success' then deployments.status
            when metrics.metric = 'change_failure_rate' and deployments.is_rollback then 'rollback'
        end as left_out_because,
        case metrics.metric
            when 'change_failure_rate' then deployments.is_change_failure
            when 'rework_rate' then deployments.is_rework
            when 'deployment_failure_rate' then deployments.is_failed
        end as is_hit
    from deployments
    cross join metrics
),

cases as (
    select
        tenant_id,
        metric,
        'deployment' as case_kind,
        deployment_id::text as case_id,
        deployment_id,
        service,
        repository,
        environment,
        coalesce(finished_at, started_at) as happened_at,
        left_out_because,
        case when left_out_because is null then is_hit end as is_in_numerator,
        null::double precision as seconds,
        reference,
        null::uuid as override_id,
        null::integer as rule_position,
        url
    from counted_deployments

    union all

    select
        deployments.tenant_id,
        'recovery_time' as metric,
        'deployment' as case_kind,
        deployments.deployment_id::text as case_id,
        deployments.deployment_id,
        deployments.service,
        deployments.repository,
        deployments.environment,
        deployments.finished_at as happened_at,
        case
            when deployments.recovery_seconds is not null then null
            when recoveries.resolved_at is not null then 'not_measurable'
            else 'still_broken'
        end as left_out_because,
        null as is_in_numerator,
        deployments.recovery_seconds as seconds,
        deployments.reference,
        null::uuid as override_id,
        null::integer as rule_position,
        deployments.url
    from deployments
    inner join {{ ref('int_deployments__recoveries') }} as recoveries using (tenant_id, deployment_id)
    where deployments.is_change_failure

    union all

    select
        no_deployments.tenant_id,
        metrics.metric,
        'deployment' as case_kind,
        no_deployments.deployment_id::text as case_id,
        no_deployments.deployment_id,
        no_deployments.service,
        no_deployments.repository,
        no_deployments.environment,
        coalesce(no_deployments.finished_at, no_deployments.started_at) as happened_at,
        case when no_deployments.dismissed_by is null then 'excluded' else 'dismissed' end as left_out_because,
        null as is_in_numerator,
        null as seconds,
        concat_ws(' ', no_deployments.ref, left(no_deployments.sha, 7)) as reference,
        no_deployments.dismissed_by as override_id,
        case when no_deployments.dismissed_by is null then no_deployments.excluded_by end as rule_position,
        no_deployments.url
    from no_deployments
    cross join metrics

    union all

    select
        tenant_id,
        'lead_time' as metric,
        change_kind as case_kind,
        change_id as case_id,
        deployment_id,
        service,
        repository,
        environment,
        deployed_at as happened_at,
        case when is_baseline then 'baseline' when lead_time_seconds is null then 'not_measurable' end as left_out_because,
        null as is_in_numerator,
        lead_time_seconds as seconds,
        coalesce(repository || '#' || number, left(sha, 7)) as reference,
        null::uuid as override_id,
        null::integer as rule_position,
        null as url
    from
        {{ looked_up(
            ref('int_changes__unioned'),
            "select tenant_id, case_kind as change_kind, case_id as change_id from touched where case_kind in ('pull_request', 'commit')",
            ['tenant_id', 'change_kind', 'change_id'],
        ) }} as changes
    where environment_class = 'production'

    union all

    select
        tenant_id,
        'lead_time' as metric,
        'pull_request' as case_kind,
        pull_request_id::text as case_id,
        deployment_id,
        service,
        repository,
        environment,
        merged_at as happened_at,
        case when deployment_id is null then 'not_delivered' else 'deployed_before_merge' end as left_out_because,
        null as is_in_numerator,
        null as seconds,
        repository || '#' || number as reference,
        null::uuid as override_id,
        null::integer as rule_position,
        null as url
    from
        {{ looked_up(
            ref('int_changes__undelivered'), cases_of_kind('pull_request'), ['tenant_id', 'pull_request_id']
        ) }} as undelivered

    union all

    -- One that is still open is censored: it will have taken at least as long as until today, so it is of today.
    select
        incidents.tenant_id,
        'time_to_restore' as metric,
        'incident' as case_kind,
        incidents.incident_id::text as case_id,
        null::uuid as deployment_id,
        incidents.service,
        incidents.repository,
        incidents.environment,
        coalesce(incidents.resolved_at, incidents.started_at) as happened_at,
        case
            when incidents.resolved_at is null then 'censored' when incidents.open_seconds is null then 'not_measurable'
        end as left_out_because,
        null as is_in_numerator,
        incidents.open_seconds as seconds,
        incidents.key as reference,
        null::uuid as override_id,
        null::integer as rule_position,
        issues.url
    from
        {{ looked_up(
            ref('int_incidents__mapped'), cases_of_kind('incident'), ['tenant_id', 'incident_id']
        ) }} as incidents
    inner join {{ ref('int_issues__unioned') }} as issues
        on incidents.tenant_id = issues.tenant_id and incidents.incident_id = issues.issue_id
)

select
    cases.tenant_id,
    {{ surrogate_id(['cases.metric', 'cases.case_id', 'cases.deployment_id']) }} as evidence_id,
    cases.metric,
    cases.case_kind,
    cases.case_id,
    cases.deployment_id,
    cases.service,
    cases.repository,
    cases.environment,
    owners.teams,
    case
        when cases.left_out_because = 'censored' then tenants.today
        else {{ local_day('cases.happened_at', 'tenants.time_zone') }}
    end as day,
    cases.happened_at,
    cases.left_out_because is null as is_counted,
    cases.left_out_because,
    cases.is_in_numerator,
    cases.seconds,
    cases.reference,
    case
        when cases.metric in ('change_failure_rate', 'recovery_time') then evidence.of_failure
        when cases.metric = 'rework_rate' and cases.is_in_numerator then evidence.of_rework
    end as evidence,
    cases.override_id,
    overrides.reason as override_reason,
    cases.rule_position,
    cases.url
from cases
inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
left join {{ ref('int_deployments__evidence_shown') }} as evidence using (tenant_id, deployment_id)
left join {{ ref('int_teams__by_repository') }} as owners using (tenant_id, repository)
left join {{ ref('int_overrides__in_force') }} as overrides
    on cases.tenant_id = overrides.tenant_id and cases.override_id = overrides.override_id
