-- One row per pull request and scope: the production deployment that first delivered it there.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_definition_pulls',
    scope=['tenant_id', 'pull_request_id'],
    unique_key=['tenant_id', 'scope_kind', 'scope', 'pull_request_id'],
    indexes=[
        {'columns': ['tenant_id', 'scope_kind', 'scope', 'pull_request_id'], 'unique': True},
        {'columns': ['tenant_id', 'deployed_at']},
    ],
) }}
-- depends_on: {{ ref('int_changes__touched_pull_requests') }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
-- depends_on: {{ ref('int_pull_requests__news') }}
-- depends_on: {{ ref('int_pull_requests__touched') }}
select distinct on (changes.tenant_id, scopes.scope_kind, scopes.scope, pulls.pull_request_id)
    changes.tenant_id,
    scopes.scope_kind,
    scopes.scope,
    pulls.pull_request_id,
    pulls.first_commit_at,
    pulls.opened_at,
    pulls.merged_at,
    changes.deployed_at,
    changes.is_baseline,
    deployments.previous_deployment_id is not null as has_predecessor
from {{ ref('change_deployments') }} as changes
inner join {{ ref('int_deployments__ordered') }} as deployments using (tenant_id, deployment_id)
inner join {{ ref('pull_requests') }} as pulls
    on changes.tenant_id = pulls.tenant_id and changes.change_id = pulls.pull_request_id::text
{{ in_scopes('changes.tenant_id', 'changes.service', 'changes.repository') }}
where
    changes.change_kind = 'pull_request'
    and changes.environment_class = 'production'
    {%- if is_incremental() %}
    and (pulls.tenant_id, pulls.pull_request_id) in ({{ touched_definition_pulls(this) }})
    {%- endif %}
order by
    changes.tenant_id, scopes.scope_kind, scopes.scope, pulls.pull_request_id, changes.deployed_at, changes.deployment_id
