-- One row per issue and status that it has been in.
{{ config(
    unique_key=['tenant_id', 'issue_id', 'status'], touched='touched_histories', scope=['tenant_id', 'issue_id']
) }}
-- depends_on: {{ ref('int_issues__touched') }}
-- depends_on: {{ source('app', 'build') }}
select
    tenant_id,
    issue_id,
    status,
    min(source) as source,
    min(key) as key,
    min(project) as project,
    min(team) as team,
    -- Two statuses of one name are one here; where they differ in category, the one it was in last counts.
    (array_agg(category order by visit_number desc))[1] as category,
    sum(seconds::numeric)::double precision as seconds,  -- exact: a sum of floats hangs on their order
    count(*) as visit_count,
    min(entered_at) as first_entered_at,
    max(entered_at) as last_entered_at,
    max(left_at) as last_left_at,
    bool_or(left_at is null) as is_current
from {{ looked_up(ref('int_issues__status_visits'), touched_histories(this), ['tenant_id', 'issue_id']) }} as visits
group by tenant_id, issue_id, status
