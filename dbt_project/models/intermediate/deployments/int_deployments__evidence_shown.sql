-- One row per deployment with evidence: why it is a change failure, and why rework, as lists that the API shows.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    unique_key=['tenant_id', 'deployment_id'],
    indexes=[{'columns': ['tenant_id', 'deployment_id'], 'unique': True}],
) }}
with

failure as (
    select
        tenant_id,
        deployment_id,
        jsonb_agg(
            jsonb_build_object(
                'kind', kind, 'confidence', confidence, 'source_ref', source_ref, 'reference', reference,
                'reason', reason, 'overruled_by', overruled_by, 'overruled_because', overruled_because
            )
            order by overruled_by is not null, confidence desc, kind, source_ref
        ) as evidence
    from {{ ref('int_deployments__evidence_named') }}
    where {{ of_touched_tenants() }}
    group by tenant_id, deployment_id
),

rework as (
    select
        tenant_id,
        deployment_id,
        jsonb_agg(
            jsonb_build_object(
                'kind', kind, 'confidence', 1, 'source_ref', source_ref, 'reference', reference, 'reason', null,
                'overruled_by', null, 'overruled_because', null
            )
            order by kind, source_ref
        ) as evidence
    from {{ ref('int_deployments__rework_named') }}
    where {{ of_touched_tenants() }}
    group by tenant_id, deployment_id
)

select
    tenant_id,
    deployment_id,
    failure.evidence as of_failure,
    rework.evidence as of_rework
from failure
full outer join rework using (tenant_id, deployment_id)
