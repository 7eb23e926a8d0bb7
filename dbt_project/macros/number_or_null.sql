{#- A text as a number; NULL where it is none. -#}
{%- macro number_or_null(text) -%}
case when {{ text }} ~ '^-?\d+(\.\d+)?$' then {{ text }}::double precision end
{%- endmacro %}
