-- One row per repository that is a team's: the teams that it belongs to.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    unique_key=['tenant_id', 'repository'],
    indexes=[{'columns': ['tenant_id', 'repository'], 'unique': True}],
) }}
select
    tenant_id,
    repository,
    array_agg(team order by team) as teams
from {{ ref('int_teams__repositories') }}
where {{ of_touched_tenants() }}
group by tenant_id, repository
