{#- The median, third quartile and ninth decile of the rows that fit, sorted once; NULL without any. -#}
{%- macro percentiles(column, condition) -%}
percentile_cont(array[0.5, 0.75, 0.9]) within group (order by {{ column }}) filter (where {{ condition }})
{%- endmacro %}
