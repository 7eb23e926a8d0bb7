-- One row per sprint that is worked out anew: it or its board has news, an issue came, left or has news.
{{ config(
    materialized='incremental',
    incremental_strategy='replaced',
    indexes=[{'columns': ['tenant_id', 'sprint_id'], 'unique': True}],
) }}
{% set sprint_id = surrogate_id(['sprints.tenant_id', "'jira'", 'sprints.connection_id', 'sprints.id']) -%}
with

packages as (
    select * from {{ source('app', 'load_package') }}
    where {{ since_last_success('build_id') }}
)

select
    sprints.tenant_id,
    {{ sprint_id }} as sprint_id
from {{ source('jira', 'sprints') }} as sprints
where {{ of_packages('sprints._dlt_load_id', 'jira') }}
union
select
    sprints.tenant_id,
    {{ sprint_id }} as sprint_id
from {{ source('jira', 'boards') }} as boards
inner join {{ source('jira', 'sprints') }} as sprints
    on boards.tenant_id = sprints.tenant_id and boards.connection_id = sprints.connection_id and boards.id = sprints.board_id
where {{ of_packages('boards._dlt_load_id', 'jira') }}
union
select
    sprints.tenant_id,
    {{ sprint_id }} as sprint_id
from {{ ref('int_issues__whole_sources') }} as whole
inner join {{ source('jira', 'sprints') }} as sprints on whole.tenant_id = sprints.tenant_id
where whole.source = 'jira'
union
select
    tenant_id,
    sprint_id
from {{ changed_keys_relation(ref('int_sprints__memberships')) }}
where {{ since_last_success('build_id') }}
union
select
    tenant_id,
    sprint_id
from {{ ref('int_sprints__memberships') }}
where {{ of_issues_with_news() }}
