-- One row per cherry-picked commit and the commit that its trailer says it was picked from.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_loaded_commits',
    scope=['tenant_id', 'repository', 'sha'],
    keeps_changes=true,
    unique_key=['tenant_id', 'repository', 'sha', 'picked_from_sha'],
    indexes=[{'columns': ['tenant_id', 'repository', 'sha', 'picked_from_sha'], 'unique': True}],
) }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
{% set loaded = touched_loaded_commits(this) if is_incremental() else '' -%}
-- A commit that two connections show is one.
select distinct
    tenant_id,
    repository,
    sha,
    lower((regexp_match(message, '\(cherry picked from commit ([0-9a-fA-F]{40})\)'))[1]) as picked_from_sha
from {{ looked_up(ref('int_commits__unioned'), loaded, ['tenant_id', 'repository', 'sha']) }} as commits
where message like '%(cherry picked from commit %' and message ~ '\(cherry picked from commit [0-9a-fA-F]{40}\)'
