{#- The median, third quartile and ninth decile of the rows that fit, sorted once; NULL without any. -#}
{%- macro percentiles(column, condition) -%}
percentile_cont(array[0.5, 0.75, 0.9]) within group (order by {{ column }}) filter (where {{ condition }})
{%- endmacro %}

{#- The same of the `n` values of an array that end at place `last`; NULL without any. -#}
{%- macro percentiles_of_slice(values, last, n) -%}
(
    select {{ percentiles('slice.value', 'true') }}
    from unnest({{ values }}[{{ last }} - {{ n }} + 1:{{ last }}]) as slice (value)
)
{%- endmacro %}

{#- The same of an array; NULL of NULL. -#}
{%- macro percentiles_of(values) -%}
case
    when {{ values }} is not null
        then (select {{ percentiles('listed.value', 'true') }} from unnest({{ values }}) as listed (value))
end
{%- endmacro %}
