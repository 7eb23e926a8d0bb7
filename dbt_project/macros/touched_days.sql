{#- What the marts of days and periods work out anew. Each is called as macro(mart, columns), see touched.sql. -#}

{#- The days of the tenant on which a deployment, a change or an incident counts that changed, or counted before it did; and all of
    one whose time zone or teams are others. -#}
{%- macro touched_days(mart, columns=[]) -%}
select
    moved.tenant_id,
    {{ local_day('moved.happened_at', 'tenants.time_zone') }} as day
from (
    select tenant_id, coalesce(finished_at, started_at) as happened_at
    from {{ changed_keys_relation(ref('int_deployments__ordered')) }}
    where {{ since_last_success('build_id') }}
    union
    select deployed.tenant_id, coalesce(deployed.finished_at, deployed.started_at) as happened_at
    from {{ changed_keys_relation(ref('deployments')) }}
    inner join {{ ref('deployments') }} as deployed using (tenant_id, deployment_id)
    union
    select tenant_id, deployed_at as happened_at
    from {{ changed_keys_relation(ref('int_changes__pull_requests')) }}
    where {{ since_last_success('build_id') }}
    union
    select tenant_id, deployed_at as happened_at
    from {{ changed_keys_relation(ref('int_changes__commits')) }}
    where {{ since_last_success('build_id') }}
    union
    select tenant_id, resolved_at as happened_at
    from {{ changed_keys_relation(ref('int_incidents__mapped')) }}
    where {{ since_last_success('build_id') }}
) as moved
inner join {{ source('app', 'tenant') }} as tenants using (tenant_id)
where moved.happened_at is not null
{%- for table in [mart, ref('int_deployments__facts')] %}
union
select tenant_id, day
from {{ table }} as days
where day is not null and {{ of_tenants(tenants_of_other_days(), 'days.tenant_id') }}
{%- endfor %}
{%- endmacro %}

{#- The facts of these days. By the instant, which has an index: no time zone is a day away. -#}
{%- macro facts_of_days(mart) -%}
(
    select found.*
    from ({{ touched_days(mart) }}) as touched
    cross join lateral {{ with_values(
        ref('int_deployments__facts'), {'tenant_id': 'touched.tenant_id', 'day': 'touched.day'}, also="""
            each.happened_at >= (touched.day - 1)::timestamp at time zone 'UTC'
            and each.happened_at < (touched.day + 2)::timestamp at time zone 'UTC'""",
    ) }} as found
)
{%- endmacro %}

{#- The tenants all of whose days or scopes may be others: another time zone, or a repository of another team. -#}
{%- macro tenants_of_other_days() -%}
select tenant_id
from {{ changed_keys_relation(ref('int_tenants__time_zones')) }}
where {{ since_last_success('build_id') }}
union
select tenant_id
from {{ changed_keys_relation(ref('int_teams__by_repository')) }}
where {{ since_last_success('build_id') }}
{%- endmacro %}

{#- The lines of a service and environment class, with the first day that changed or that the mart has not reached. -#}
{%- macro touched_service_days(mart, columns) -%}
select tenant_id, service, environment_class, min(from_day) as from_day
from (
    select tenant_id, scope as service, environment_class, day as from_day
    from {{ changed_keys_relation(ref('int_deployments__scope_days')) }}
    where scope_kind = 'service' and {{ since_last_success('build_id') }}
    union all
    select tenant_id, service, environment_class, least(built.last_day, lines.last_day) + 1 as from_day
    from (
        select tenant_id, service, environment_class, max(day) as last_day
        from {{ ref('int_deployments__service_days') }}
        group by tenant_id, service, environment_class
    ) as lines
    inner join (
        select tenant_id, service, environment_class, max(day) as last_day
        from {{ mart }}
        group by tenant_id, service, environment_class
    ) as built using (tenant_id, service, environment_class)
    where lines.last_day <> built.last_day
) as news
group by tenant_id, service, environment_class
{%- endmacro %}

{#- The newest days each of which has rolling windows that end with it: those of dora_summary, and 90 days before. -#}
{%- macro days_with_rolling_windows() -%}
91
{%- endmacro %}

{#- The periods, as they are and as they were, that reach a tenant's first day that changed, or the earlier one of its today
    and the mart's; and the rolling windows that end with a day which is one of the newest no longer, or again. -#}
{%- macro touched_periods(mart, columns) -%}
select calendar.tenant_id, calendar.period_kind, calendar.first_day
from (
    select tenant_id, min(day) as from_day, 'infinity'::date as to_day
    from {{ changed_keys_relation(ref('int_deployments__scope_days')) }}
    where environment_class = 'production' and {{ since_last_success('build_id') }}
    group by tenant_id
    union all
    select days.tenant_id, spans.from_day, spans.to_day
    from (
        select now.tenant_id, coalesce(now.today, '-infinity'::date) as today, built.today as built_today
        from {{ ref('int_tenants__now') }} as now
        inner join (
            select tenant_id, max(first_day) as today
            from {{ mart }}
            where scope_kind = 'tenant' and period_kind = 'day'
            group by tenant_id
        ) as built using (tenant_id)
        where now.today is distinct from built.today
    ) as days
    cross join lateral (
        values
        (least(days.today, days.built_today), 'infinity'::date),
        (
            least(days.today, days.built_today) - {{ days_with_rolling_windows() }},
            greatest(days.today, days.built_today) - {{ days_with_rolling_windows() }}
        )
    ) as spans (from_day, to_day)
) as news
inner join (
    select tenant_id, period_kind, first_day, last_day from {{ ref('int_deployments__periods') }}
    union all
    select tenant_id, period_kind, first_day, last_day from {{ mart }} where scope_kind = 'tenant'
) as calendar
    on news.tenant_id = calendar.tenant_id and calendar.last_day between news.from_day and news.to_day
group by calendar.tenant_id, calendar.period_kind, calendar.first_day
{%- endmacro %}
