-- One row per tenant and team, and one per tenant without a team (team is NULL): its time zone, work hours and holidays.
with

calendars as (
    select
        teams.tenant_id,
        teams.team,
        coalesce(teams.time_zone, tenants.time_zone) as time_zone,
        teams.work_days,
        teams.starts_at,
        teams.ends_at
    from {{ source('app', 'team') }} as teams
    inner join {{ source('app', 'tenant') }} as tenants using (tenant_id)
    union all
    select
        tenant_id,
        null as team,
        time_zone,
        array[1, 2, 3, 4, 5]::smallint[] as work_days,
        time '09:00' as starts_at,
        time '17:00' as ends_at
    from {{ source('app', 'tenant') }}
)

select
    calendars.tenant_id,
    calendars.team,
    calendars.time_zone,
    calendars.work_days,
    calendars.starts_at,
    calendars.ends_at,
    array(
        select distinct holidays.day
        from {{ source('app', 'holiday') }} as holidays
        where
            holidays.tenant_id = calendars.tenant_id
            and (holidays.team is null or holidays.team = calendars.team)
        order by holidays.day
    ) as holidays
from calendars
