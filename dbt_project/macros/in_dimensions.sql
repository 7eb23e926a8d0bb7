{#- Joins the dimensions in which an issue of this source, severity and component is counted, as `seen`. -#}
{%- macro in_dimensions(source, severity, component) -%}
cross join lateral (
    values ('all', 'all'), ('source', {{ source }}), ('severity', {{ severity }}::text), ('component', coalesce({{ component }}, 'none'))
) as seen (dimension, value)
{%- endmacro %}
