-- One row per Jira field that holds an issue's sprints or its story points. Which field that is differs from site to site: it
-- is found by its schema, and by its name where the site does not say.
with

fields as (
    select
        tenant_id,
        connection_id,
        field_id,
        case
            when schema_custom like '%:gh-sprint' then 'sprint'
            when
                schema_custom like '%:jsw-story-points' or lower(name) in ('story points', 'story point estimate')
                then 'points'
        end as role
    from {{ ref('stg_jira__fields') }}
)

select *
from fields
where role is not null
