{#- The marts that declare series. They are named here because dbt has to know a model's parents before it reads any YAML;
    the test `test_every_mart_that_declares_a_series_is_read` holds the list against the YAML. -#}
{%- macro marts_with_series() -%}
{{ return(['exchange_rates_daily', 'issue_flow_daily', 'news_daily', 'severity_daily']) }}
{%- endmacro %}

{#- One entry a series that a mart's YAML declares: `meta.series` = {metric: {entity, value, n}}, where entity, value and n
    are SQL over the mart's rows of one tenant and day. -#}
{%- macro declared_series() -%}
{%- set found = [] -%}
{%- if execute -%}
    {%- for mart in marts_with_series() -%}
        {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ mart] -%}
        {%- for metric, series in node.config.meta.get('series', {}).items() -%}
            {%- do found.append({
                'mart': mart, 'metric': metric, 'entity': series.entity, 'value': series.value, 'n': series.n
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endif -%}
{{ return(found) }}
{%- endmacro %}
