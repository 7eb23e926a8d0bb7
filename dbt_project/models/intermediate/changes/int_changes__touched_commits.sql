-- One row per commit whose deliveries are worked out anew: another deployment delivers it, or none, its deployment or itself
-- changed, it belongs to a pull request or does no more, or it is a copy or a cherry-pick; and all of a tenant of whom all is
-- worked out anew. A full refresh asks nothing here.
{{ config(
    materialized='incremental',
    incremental_strategy='replaced',
    indexes=[{'columns': ['tenant_id', 'repository', 'sha'], 'unique': True}],
) }}
{% set built = adapter.get_relation(this.database, this.schema, 'int_changes__commits') -%}
{% set authored = adapter.get_relation(this.database, this.schema, 'int_people__authored') -%}
{% set delivered = source('ml', 'commit_deployments') -%}
{% set loaded = [
    ('github', 'commits'), ('github', 'pull_request_commits'), ('git', 'commits'), ('git', 'file_changes'),
] -%}
{% set alike = [
    ('int_commits__copies', 'sha'), ('int_changes__picked', 'sha'), ('int_changes__picked', 'picked_from_sha'),
] -%}
-- depends_on: {{ ref('int_deployments__ordered') }}
-- depends_on: {{ ref('int_tenants__touched') }}
{%- if execute and (not built or not authored or flags.FULL_REFRESH) %}
select tenant_id, repository, sha
from {{ delivered }}
where false
{%- else %}
with

deployments as (
    {{ touched_deployments() | indent(4) }}
)

select tenant_id, repository, sha
from {{ changed_keys_relation(delivered) }}
where {{ since_last_success('build_id') }}
union
select tenant_id, repository, sha
from {{ changed_keys_relation(ref('int_changes__pull_request_shas')) }}
where {{ since_last_success('build_id') }}
{%- for source_name, table in loaded %}
union
{{ read_anew(source_name, table, ['repository', 'sha']) }}
{%- endfor %}
{%- for table, column in alike %}
union
select tenant_id, repository, {{ column }}
from {{ ref(table) }}
where {{ of_touched_tenants(is_needed=true) }}
union
select tenant_id, repository, {{ column }}
from {{ changed_keys_relation(ref(table)) }}
where {{ since_last_success('build_id') }}
{%- endfor %}
{%- for table in [delivered, built] %}
union
select found.tenant_id, found.repository, found.sha
from {{ table }} as found
inner join deployments using (tenant_id, deployment_id)
{%- endfor %}
{%- for table in [delivered, built, authored] %}
union
{{ of_tenants_read_anew(table, ['repository', 'sha']) }}
{%- endfor %}
{%- endif %}
