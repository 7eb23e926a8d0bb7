-- What serves an objective and what serves none is all that was delivered.
select
    tenant_id,
    window_days,
    sum(effort_share) as effort
from {{ ref('portfolio') }}
where scope_kind = 'objective' and effort_share is not null
group by tenant_id, window_days
having abs(sum(effort_share) - 1) > 1e-9
