-- One row per Jira field that holds an issue's sprints or its story points. Which field that is differs from site to site: it
-- is found by its schema, and by its name where the site does not say.
select
    fields.tenant_id,
    fields.connection_id,
    fields.field_id,
    known.role
from {{ ref('stg_jira__fields') }} as fields
cross join
    lateral (
        select
            case
                when fields.schema_custom like '%:gh-sprint' then 'sprint'
                when
                    fields.schema_custom like '%:jsw-story-points'
                    or lower(fields.name) in ('story points', 'story point estimate')
                    then 'points'
            end as role
    ) as known
where known.role is not null
