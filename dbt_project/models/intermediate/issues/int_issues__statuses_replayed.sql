-- One row per issue with news: its visits to statuses as a JSON list of {status, category, entered_at, left_at}, in their
-- order. The last one is to the status that the source shows now, also where the history is missing or late, and has no end;
-- when it began is a column of its own, and so is when work began for the first time.
{{ config(
    materialized='incremental',
    incremental_strategy='replaced',
    indexes=[{'columns': ['tenant_id', 'issue_id'], 'unique': True}],
) }}
with

issues as (
    select * from {{ ref('int_issues__collected') }}
),

changes as (
    select
        issues.tenant_id,
        issues.issue_id,
        issues.created_at,
        issues.state_changed_at,
        issues.is_done,
        greatest(changes.changed_at, issues.created_at) as changed_at,
        changes.position,
        changes.status,
        changes.category,
        changes.is_present
    from {{ ref('int_issues__status_changes') }} as changes
    inner join issues using (tenant_id, issue_id)
    where changes.status is not null
),

-- The present one comes last. Without any history an open issue has always been where it is; of one that is done, nobody
-- knows where it was before.
entries as (
    select
        tenant_id,
        issue_id,
        status,
        category,
        is_done,
        coalesce(position, max(position) over issue + 1, 0) as position,
        case
            when not is_present then changed_at
            when max(position) over issue is not null then greatest(state_changed_at, max(changed_at) over issue)
            when is_done then greatest(state_changed_at, created_at)
            else created_at
        end as entered_at
    from changes
    window issue as (partition by tenant_id, issue_id)
),

-- Repeated statuses are no change.
turns as (
    select
        *,
        lag(status) over (partition by tenant_id, issue_id order by entered_at, position) as status_before
    from entries
),

visits as (
    select
        *,
        lead(entered_at) over (partition by tenant_id, issue_id order by entered_at, position) as left_at
    from turns
    where status is distinct from status_before
),

-- Whether it is done is decided by its own row: where a status is called done in one place and open in another, this holds.
settled as (
    select
        tenant_id,
        issue_id,
        status,
        case
            when left_at is not null then category
            when is_done then 'done'
            else nullif(category, 'done')
        end as category,
        position,
        entered_at,
        left_at
    from visits
)

select
    tenant_id,
    issue_id,
    jsonb_agg(
        jsonb_build_object('status', status, 'category', category, 'entered_at', entered_at, 'left_at', left_at)
        order by entered_at, position
    ) as status_visits,
    max(entered_at) as status_entered_at,
    min(entered_at) filter (where category = 'in_progress') as work_started_at,
    coalesce(bool_or(category = 'in_progress' and left_at is null), false) as is_in_progress
from settled
group by tenant_id, issue_id
