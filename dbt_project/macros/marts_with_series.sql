{#- The marts that declare series. They are named here because dbt has to know a model's parents before it reads any YAML;
    the test `test_every_mart_that_declares_a_series_is_read` holds the list against the YAML. -#}
{%- macro marts_with_series() -%}
{{ return([
    'dora_daily', 'exchange_rates_daily', 'issue_flow_daily', 'kpi_points', 'market_prices', 'news_daily', 'pull_requests',
    'severity_daily',
]) }}
{%- endmacro %}

{#- One entry a series that a mart's YAML declares: `meta.series` = {metric: {entity, value, n, day?, where?, better?}}: SQL over
    the mart's rows of one tenant, entity and day, with the tenant as `tenant`; day is the column `day` unless it says so.
    Where it is and the mart's key has it (`is_by_day`), the keys of the mart's changed rows say which days changed. `better`:
    higher or lower, left out where that depends. -#}
{%- macro declared_series() -%}
{%- set found = [] -%}
{%- if execute -%}
    {%- for mart in marts_with_series() -%}
        {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ mart] -%}
        {%- for metric, series in node.config.meta.get('series', {}).items() -%}
            {%- do found.append({
                'mart': mart,
                'metric': metric,
                'entity': series.entity,
                'day': series.get('day', 'day'),
                'value': series.value,
                'n': series.n,
                'where': series.get('where', 'true'),
                'better': series.get('better'),
                'is_by_day': 'day' in node.config.unique_key and 'day' not in series,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endif -%}
{{ return(found) }}
{%- endmacro %}

{#- Which way a series should go: metric, better; of those alone whose YAML says so. -#}
{%- macro better_directions() -%}
{%- for each in declared_series() if each.better -%}
select '{{ each.metric }}'::text, '{{ each.better }}'::text
{{ 'union all ' if not loop.last }}
{%- else -%}
select null::text, null::text where false
{%- endfor -%}
{%- endmacro %}
