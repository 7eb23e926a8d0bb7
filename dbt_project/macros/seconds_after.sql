{#- Seconds from one instant to a later one; NULL where either is missing or they come in the other order. -#}
{%- macro seconds_after(later, earlier) -%}
case when {{ later }} >= {{ earlier }} then extract(epoch from {{ later }} - {{ earlier }})::double precision end
{%- endmacro %}
