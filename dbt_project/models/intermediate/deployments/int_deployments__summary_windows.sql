-- One row per tenant, window length and period (the newest days, or as many before), with the days they hold.
select
    tenants.tenant_id,
    tenants.today,
    tenants.time_zone,
    windows.window_days,
    periods.period,
    tenants.today - windows.window_days * (1 + periods.period) + 1 as first_day,
    tenants.today - windows.window_days * periods.period as last_day
from {{ ref('int_tenants__now') }} as tenants
cross join (values (7), (30), (90)) as windows (window_days)
cross join (values (0), (1)) as periods (period)
where tenants.today is not null
