-- One row per issue with news: the instants at which it was opened (first: created) and was done again, in step with each other.
-- The last state is the one that the source shows now, also where its history is missing or late.
{{ config(
    materialized='incremental',
    incremental_strategy='replaced',
    indexes=[{'columns': ['tenant_id', 'issue_id'], 'unique': True}],
) }}
with

issues as (
    select tenant_id, issue_id, created_at, state_changed_at, is_done
    from {{ ref('int_issues__collected') }}
),

states as (
    select
        changes.tenant_id,
        changes.issue_id,
        greatest(changes.changed_at, issues.created_at) as changed_at,
        changes.position,
        changes.is_done
    from {{ ref('int_issues__state_changes') }} as changes
    inner join issues using (tenant_id, issue_id)
    union all
    select tenant_id, issue_id, created_at, -1 as position, false as is_done
    from issues
),

with_present as (
    select * from states
    union all
    select
        issues.tenant_id,
        issues.issue_id,
        greatest(issues.state_changed_at, max(states.changed_at)) as changed_at,
        max(states.position) + 1 as position,
        issues.is_done
    from issues
    inner join states using (tenant_id, issue_id)
    group by issues.tenant_id, issues.issue_id, issues.state_changed_at, issues.is_done
),

-- Repeated states (done → done) are no change.
turns as (
    select
        *,
        coalesce(
            is_done <> lag(is_done) over (partition by tenant_id, issue_id order by changed_at, position), true
        ) as is_turn
    from with_present
)

select
    tenant_id,
    issue_id,
    array_agg(changed_at order by changed_at, position) filter (where not is_done) as opened_ats,
    coalesce(array_agg(changed_at order by changed_at, position) filter (where is_done), '{}') as resolved_ats
from turns
where is_turn
group by tenant_id, issue_id
