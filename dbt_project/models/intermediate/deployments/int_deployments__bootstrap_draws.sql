-- One row per bootstrap replicate: four numbers in (0, 1), the same in every build.
-- They are a quasi-random sequence (Roberts' R4: the powers of the root of x^5 = x + 1), which fills the space more evenly than
-- random numbers: a thousand of its points put the ends of an interval where some ten thousand random ones would.
select
    replicate,
    ((0.5 + replicate * 0.8566748838545029) % 1)::double precision as angle,
    ((0.5 + replicate * 0.7338918566271260) % 1)::double precision as radius,
    ((0.5 + replicate * 0.6287067210378087) % 1)::double precision as side,
    ((0.5 + replicate * 0.5385972572236101) % 1)::double precision as gap
from generate_series(1, 1000) as replicate
