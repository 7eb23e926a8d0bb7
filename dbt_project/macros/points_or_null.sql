{#- A text as story points; NULL where it is no number, less than none, or of more digits than anybody estimates. -#}
{%- macro points_or_null(text) -%}
case when {{ text }} ~ '^\d{1,9}(\.\d{1,9})?$' then {{ text }}::double precision end
{%- endmacro %}
