{#- Where the middle of n numbers lies that are drawn from (0, 1), as `middles.lower` and `.upper`; alike for an odd n.

    A bootstrap replicate draws n cases with replacement, and its median hangs on its one or two middle ones alone. These are
    the cases at the middle of n uniform numbers, so four numbers give the replicate that n draws and a sort would give:
    the middle of an odd count is a symmetric beta variate (Ulrich 1984), and of an even count the n-th number falls on
    one side of the middle of the others, where the largest (or least) of n / 2 is next to it. -#}
{%- macro resampled_middles(n, draws) -%}
cross join lateral (
    select
        0.5 + 0.5 * sqrt(1 - {{ draws }}.radius ^ (2.0 / ({{ n }} - 1 + {{ n }} % 2))) * cos(2 * pi() * {{ draws }}.angle)
        as middle
) as odd
cross join lateral (
    select
        case
            when {{ n }} % 2 = 0 and {{ draws }}.side < odd.middle then odd.middle * {{ draws }}.gap ^ (2.0 / {{ n }})
            else odd.middle
        end as lower,
        case
            when {{ n }} % 2 = 0 and {{ draws }}.side >= odd.middle
                then 1 - (1 - odd.middle) * {{ draws }}.gap ^ (2.0 / {{ n }})
            else odd.middle
        end as upper
) as middles
{%- endmacro %}

{#- The places, among the `n` sorted cases of each size, of the middles between which 95 % of the replicates' medians lie; each
    median is that of a lower and an upper case. Which replicate stands 26th and 975th of 1,000 is told by the places alone, the
    wider apart the higher: durations lie the farther apart the longer they are. -#}
{%- macro interval_places(sizes) -%}
select
    ranked.n,
    ranked.lowers[26] as low_lower,
    ranked.uppers[26] as low_upper,
    ranked.lowers[975] as high_lower,
    ranked.uppers[975] as high_upper
from (
    select
        placed.n,
        array_agg(placed.lower order by placed.lower + placed.upper, placed.upper) as lowers,
        array_agg(placed.upper order by placed.lower + placed.upper, placed.upper) as uppers
    from (
        select
            sizes.n,
            1 + floor(sizes.n * middles.lower)::integer as lower,
            1 + floor(sizes.n * middles.upper)::integer as upper
        from {{ sizes }} as sizes
        cross join {{ ref('int_deployments__bootstrap_draws') }} as draws
        {{ resampled_middles('sizes.n', 'draws') }}
    ) as placed
    group by placed.n
) as ranked
{%- endmacro %}

{#- The ends of the interval of sorted cases; NULL without places, as where there are fewer than five. -#}
{%- macro interval_end(sorted, places, end) -%}
({{ sorted }}[{{ places }}.{{ end }}_lower] + {{ sorted }}[{{ places }}.{{ end }}_upper])::double precision / 2
{%- endmacro %}

{#- The two ends, as an array, for the `n` values of an array that end at place `last`. -#}
{%- macro interval_of_slice(values, last, n, places) -%}
case
    when {{ places }}.n is not null
        then (
            select array[{{ interval_end('cases.sorted', places, 'low') }}, {{ interval_end('cases.sorted', places, 'high') }}]
            from (
                select array_agg(slice.value order by slice.value) as sorted
                from unnest({{ values }}[{{ last }} - {{ n }} + 1:{{ last }}]) as slice (value)
            ) as cases
        )
end
{%- endmacro %}
