-- One row per project and scope of open work: the whole backlog, a running sprint, an epic. What of a sprint or an epic is in
-- another project is a row of that project.
with

items as (
    select * from {{ ref('int_throughput__work_items') }}
),

backlogs as (
    select
        tenant_id,
        source,
        project,
        'backlog' as scope_kind,
        'all' as scope_id,
        project as scope,
        count(*) filter (where status = 'open') as remaining_count
    from items
    group by tenant_id, source, project
),

running as (
    select memberships.tenant_id, memberships.issue_id, sprints.sprint_id, coalesce(sprints.name, sprints.external_id) as name
    from {{ ref('int_sprints__memberships') }} as memberships
    inner join {{ ref('stg_jira__sprints') }} as sprints using (tenant_id, sprint_id)
    where sprints.state = 'active' and memberships.left_at is null
),

sprints as (
    select
        items.tenant_id,
        items.source,
        items.project,
        'sprint' as scope_kind,
        running.sprint_id::text as scope_id,
        running.name as scope,
        count(*) filter (where items.status = 'open') as remaining_count
    from items
    inner join running using (tenant_id, issue_id)
    group by items.tenant_id, items.source, items.project, running.sprint_id, running.name
),

-- The same key may stand at two sites: an epic is looked for at the site of its issues.
epics as (
    select
        items.tenant_id,
        items.source,
        items.project,
        'epic' as scope_kind,
        epics.issue_id::text as scope_id,
        concat_ws(' ', epics.key, epics.title) as scope,
        count(*) as remaining_count
    from items
    inner join {{ ref('int_issues__unioned') }} as epics
        on
            items.tenant_id = epics.tenant_id
            and items.connection_id = epics.connection_id
            and items.parent_key = epics.key
    where items.source = 'jira' and epics.status = 'open' and items.status = 'open'
    group by items.tenant_id, items.source, items.project, epics.issue_id, epics.key, epics.title
)

select *
from backlogs
union all
select *
from sprints
union all
select *
from epics
