{#- What the marts of signals work out anew: whole tenants. Each is called as macro(mart, columns), see touched.sql. -#}

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

{#- Tenants with new rows, or with changes in a mart that series are made of, whatever made them. -#}
{%- macro touched_kpis(mart, columns=[]) -%}
select tenant_id from {{ ref('int_tenants__touched') }}
{%- for name in marts_with_series() %}
union
select tenant_id from {{ changed_keys_relation(ref(name)) }}
{%- endfor %}
{%- endmacro %}
