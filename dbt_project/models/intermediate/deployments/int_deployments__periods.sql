-- One row per tenant and period with production in it: days, ISO weeks, months, and the 7, 30, 90 days up to a day.
with

tenants as (
    select
        scopes.tenant_id,
        tenants.today,
        least(scopes.first_deployment_day, tenants.today) as first_observed_day
    from {{ ref('int_deployments__scopes') }} as scopes
    inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
    where scopes.scope_kind = 'tenant' and tenants.today is not null
),

days as (
    select
        tenants.tenant_id,
        tenants.today,
        generate_series(tenants.first_observed_day::timestamp, tenants.today::timestamp, interval '1 day')::date as day
    from tenants
),

calendar as (
    select distinct
        days.tenant_id,
        days.today,
        kinds.period_kind,
        date_trunc(kinds.period_kind, days.day::timestamp)::date as first_day,
        (date_trunc(kinds.period_kind, days.day::timestamp) + kinds.length)::date - 1 as last_day
    from days
    cross join (
        values ('day', interval '1 day'), ('week', interval '1 week'), ('month', interval '1 month')
    ) as kinds (period_kind, length)
)

select
    tenant_id,
    today,
    period_kind,
    first_day,
    last_day
from calendar

union all

-- Up to each of the newest days, and before them to each Sunday: a day is in up to 127 of them, which is most of the work.
select
    days.tenant_id,
    days.today,
    'rolling_' || lengths.window_days as period_kind,
    days.day - lengths.window_days + 1 as first_day,
    days.day as last_day
from days
cross join (values (7), (30), (90)) as lengths (window_days)
where days.day > days.today - {{ days_with_rolling_windows() }} or extract(isodow from days.day) = 7
