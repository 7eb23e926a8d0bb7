{#- A part of DevLake's lead time: whole minutes rounded up, 0 where it is missing or negative. -#}
{%- macro devlake_minutes(from_at, to_at) -%}
ceil(greatest(coalesce(extract(epoch from {{ to_at }} - {{ from_at }}), 0), 0) / 60)
{%- endmacro %}
