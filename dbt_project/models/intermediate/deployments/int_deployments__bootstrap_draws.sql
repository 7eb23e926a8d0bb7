-- One row per bootstrap replicate: four numbers in (0, 1) that are the same in every build, on every machine.
with

-- The first 48 bits of a hash, which md5 gives alike everywhere.
hashed as (
    select
        replicate,
        draw,
        ('x' || left(md5(replicate || '|' || draw), 12))::bit(48)::bigint as bits
    from generate_series(1, 1000) as replicate
    cross join generate_series(1, 4) as draw
),

numbers as (
    select
        replicate,
        draw,
        ((bits + 0.5) / 2 ^ 48)::double precision as number
    from hashed
)

select
    replicate,
    max(number) filter (where draw = 1) as angle,
    max(number) filter (where draw = 2) as radius,
    max(number) filter (where draw = 3) as side,
    max(number) filter (where draw = 4) as gap
from numbers
group by replicate
