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
