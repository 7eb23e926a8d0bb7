{#- What the marts of signals work out anew. Each is called as macro(mart, columns), see touched.sql. -#}

{#- Everybody: for marts that are small, or whose input does not say what changed. Tenants that left are among them. -#}
{%- macro all_tenants(mart, columns=[]) -%}
select tenant_id from {{ source('app', 'tenant') }}
union
select tenant_id from {{ mart }}
{%- endmacro %}

{#- Tenants with new rows, or with articles that were scored anew. -#}
{%- macro touched_news(mart, columns=[]) -%}
select tenant_id from {{ ref('int_tenants__touched') }}
union
select built.tenant_id
from {{ mart }} as built
inner join {{ source('ml', 'sentiments') }} as scored
    on
        built.tenant_id = scored.tenant_id
        and built.article_id::text = scored.entity_id
        and scored.entity_kind = 'news_article'
where
    (scored.sentiment, scored.scorer, scored.scorer_version)
    is distinct from (built.sentiment, built.sentiment_scorer, built.sentiment_scorer_version)
{%- endmacro %}

{#- Tenants with new rows, or whose articles changed since the last publish. -#}
{%- macro touched_news_days(mart, columns=[]) -%}
select tenant_id from {{ ref('int_tenants__touched') }}
union
select tenant_id from {{ changed_keys_relation(ref('news_articles')) }}
{%- endmacro %}

{#- Tenants with new rows, or with a forecast for an hour that has come by now: it is one no longer. -#}
{%- macro touched_weather_hours(mart, columns=[]) -%}
{{ tenants_with_past_forecasts(mart, 'built.measured_at') }}
{%- endmacro %}

{#- Tenants with new rows, or with a forecast for a day that is over by now. -#}
{%- macro touched_weather_days(mart, columns=[]) -%}
{{ tenants_with_past_forecasts(mart, "(built.day + 1)::timestamp at time zone 'UTC'") }}
{%- endmacro %}

{%- macro tenants_with_past_forecasts(mart, instant) -%}
select tenant_id from {{ ref('int_tenants__touched') }}
union
select built.tenant_id
from {{ mart }} as built
inner join {{ ref('int_tenants__as_of') }} as newest
    on built.tenant_id = newest.tenant_id and newest.source = 'open_meteo'
where built.is_forecast and {{ instant }} <= newest.as_of
{%- endmacro %}

{#- The series of a mart with changes that no publish has taken, whatever made them, from the first day that changed; where the
    keys of its rows say no day, the whole series, and of every tenant with news, whose time zone may be another. -#}
{%- macro touched_kpis(mart, columns=[]) -%}
select tenant_id, metric, min(from_day) as from_day
from (
    {%- for each in declared_series() %}
    {{ 'union all' if not loop.first }}
    select tenant_id, '{{ each.metric }}' as metric, {{ 'day' if each.is_by_day else "'-infinity'::date" }} as from_day
    from {{ changed_keys_relation(ref(each.mart)) }}
    {%- if not each.is_by_day %}
    union all
    select tenant_id, '{{ each.metric }}' as metric, '-infinity'::date as from_day
    from {{ ref('int_tenants__touched') }}
    {%- endif %}
    {%- endfor %}
) as news
group by tenant_id, metric
{%- endmacro %}
