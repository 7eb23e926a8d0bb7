-- One row per repository, window, day of the week and hour of the day in which somebody wrote a commit.
{{ config(unique_key=['tenant_id', 'repository', 'window_days', 'weekday', 'hour']) }}
with

windows as (
    select
        tenants.tenant_id,
        tenants.time_zone,
        tenants.today,
        lengths.window_days
    from {{ ref('int_tenants__now') }} as tenants
    cross join (values (30), (90), (365)) as lengths (window_days)
    where {{ of_touched_tenants('tenants.tenant_id') }} and tenants.today is not null
)

select
    commits.tenant_id,
    commits.repository,
    windows.window_days,
    extract(isodow from commits.local_time)::integer as weekday,
    extract(hour from commits.local_time)::integer as hour,
    count(*) as commit_count,
    count(distinct commits.person) as contributor_count,
    windows.today as as_of
from {{ ref('int_people__commit_times') }} as commits
inner join windows
    on
        commits.tenant_id = windows.tenant_id
        and {{ local_day('commits.authored_at', 'windows.time_zone') }}
        between windows.today - windows.window_days + 1 and windows.today
group by 1, 2, 3, 4, 5, windows.today
