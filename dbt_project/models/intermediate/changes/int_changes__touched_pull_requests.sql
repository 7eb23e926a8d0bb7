-- One row per pull request whose deployments are worked out anew: a row of it came, a commit that stands for it is or was
-- delivered otherwise, or a deployment that changed delivered it, has its head or followed its merge. A full refresh asks
-- nothing here.
{{ config(
    materialized='incremental',
    incremental_strategy='replaced',
    indexes=[{'columns': ['tenant_id', 'pull_request_id'], 'unique': True}],
) }}
{% set built = adapter.get_relation(this.database, this.schema, 'int_changes__pull_requests') -%}
-- depends_on: {{ ref('int_changes__touched_commits') }}
-- depends_on: {{ ref('int_changes__pull_request_shas') }}
-- depends_on: {{ ref('int_deployments__ordered') }}
{%- if execute and (not built or flags.FULL_REFRESH) %}
select tenant_id, pull_request_id
from {{ ref('int_pull_requests__news') }}
where false
{%- else %}
with

moved as (
    {{ touched_deployments() | indent(4) }}
),

deployments as (
    select *
    from {{ ref('int_deployments__ordered') }}
    inner join moved using (tenant_id, deployment_id)
)

select tenant_id, pull_request_id
from {{ ref('int_pull_requests__news') }}
union
select tenant_id, pull_request_id
from {{ changed_keys_relation(ref('int_changes__pull_request_shas')) }}
where {{ since_last_success('build_id') }}
union
select shas.tenant_id, shas.pull_request_id
from {{ ref('int_changes__pull_request_shas') }} as shas
inner join {{ ref('int_changes__touched_commits') }} using (tenant_id, repository, sha)
union
select built.tenant_id, built.pull_request_id
from {{ built }} as built
inner join moved using (tenant_id, deployment_id)
union
select merged.tenant_id, merged.pull_request_id
from deployments
cross join lateral {{ with_values(ref('int_pull_requests__timestamps'), {
    'tenant_id': 'deployments.tenant_id', 'repository': 'deployments.repository', 'head_sha': 'deployments.sha',
}) }} as merged
where merged.merged_at is not null
union
select merged.tenant_id, merged.pull_request_id
from deployments
cross join lateral {{ with_values(
    ref('int_pull_requests__timestamps'),
    {'tenant_id': 'deployments.tenant_id', 'repository': 'deployments.repository'},
    also='each.merged_at > deployments.previous_finished_at and each.merged_at <= deployments.finished_at',
) }} as merged
{%- endif %}
