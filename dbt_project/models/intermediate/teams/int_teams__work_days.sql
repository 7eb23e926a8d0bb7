-- One row per calendar (a team's, or '' for all who are in none) and day: the work hours as instants, none on a day off, and
-- the work seconds of all days before. So the work time between two instants needs two rows, however far they are apart.
-- A table, for its index: each instant looks up its day.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    changes_of=['seconds_before'],
    unique_key=['tenant_id', 'calendar', 'day'],
    indexes=[{'columns': ['tenant_id', 'calendar', 'day'], 'unique': True}],
) }}
select
    calendars.tenant_id,
    coalesce(calendars.team, '') as calendar,
    days.day,
    days.opens_at,
    days.closes_at,
    days.seconds_before
from {{ ref('int_teams__calendars') }} as calendars
inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
inner join {{ ref('int_teams__first_days') }} as firsts using (tenant_id)
inner join lateral (
    select
        hours.*,
        coalesce(
            sum(extract(epoch from hours.closes_at - hours.opens_at))
                over (order by hours.day rows between unbounded preceding and 1 preceding),
            0
        )::double precision as seconds_before
    from (
        select
            numbers.day,
            case when is_work_day then (numbers.day + calendars.starts_at) at time zone calendars.time_zone end as opens_at,
            case when is_work_day then (numbers.day + calendars.ends_at) at time zone calendars.time_zone end as closes_at
        from (
            select
                firsts.first_day + number as day,
                extract(isodow from firsts.first_day + number) = any(calendars.work_days)
                and firsts.first_day + number <> all(calendars.holidays) as is_work_day
            -- A team's day may be ahead of the tenant's.
            from generate_series(0, tenants.today - firsts.first_day + 2) as number
        ) as numbers
    ) as hours
) as days on true
where {{ of_touched_tenants('calendars.tenant_id') }}
