-- What was promised, added, removed and estimated anew is what was done or carried over.
select
    tenant_id,
    sprint_id
from {{ ref('sprint_velocity') }}
where
    closed_at is not null
    and abs(
        committed_points + added_points - removed_points + reestimated_points - completed_points - carried_over_points
    ) > 0.000001
