{#- Whether a value lies in the band of `benchmarks`: from its lower bound on, or up to its upper one where that is said. -#}
{%- macro falls_in_band(value) -%}
case
    when benchmarks.is_high_included
        then
            {{ value }} <= coalesce(benchmarks.high, 'infinity')
            and ({{ value }} > benchmarks.low or benchmarks.low = 0)
    else {{ value }} >= benchmarks.low and {{ value }} < coalesce(benchmarks.high, 'infinity')
end
{%- endmacro %}
