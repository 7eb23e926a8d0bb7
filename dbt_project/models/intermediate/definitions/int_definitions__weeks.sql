-- One row per scope, window and ISO week that the window touches: on how many days of it something was deployed.
with

deployed as (
    select distinct
        tenant_id,
        scope_kind,
        scope,
        window_days,
        day
    from {{ ref('int_definitions__deployments') }}
    where {{ of_touched_tenants(is_needed=true) }}
)

select
    windows.tenant_id,
    windows.scope_kind,
    windows.scope,
    windows.window_days,
    windows.first_deployment_day,
    date_trunc('week', days.day)::date as week,
    count(deployed.day) as deployment_days
from {{ ref('int_definitions__windows') }} as windows
cross join generate_series(windows.first_day::timestamp, windows.last_day::timestamp, interval '1 day') as days (day)
left join deployed
    on
        windows.tenant_id = deployed.tenant_id
        and windows.scope_kind = deployed.scope_kind
        and windows.scope = deployed.scope
        and windows.window_days = deployed.window_days
        and days.day::date = deployed.day
group by 1, 2, 3, 4, 5, 6
