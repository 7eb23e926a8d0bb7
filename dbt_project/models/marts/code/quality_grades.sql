-- One row per repository and dimension of its quality.
{{ config(unique_key=['tenant_id', 'repository', 'dimension']) }}
with

repositories as (
    select tenant_id, repository from {{ ref('repository_summary') }}
    where {{ of_touched_tenants() }}
    union
    select tenant_id, repository from {{ ref('branches') }}
    where {{ of_touched_tenants() }}
    union
    select tenant_id, repository from {{ ref('hotspots') }}
    where {{ of_touched_tenants() }}
),

graded as (
    select
        repositories.tenant_id,
        repositories.repository,
        thresholds.*,
        measures.value,
        measures.n,
        -- Thresholds are turned round where less is better: so one comparison serves both.
        case
            when measures.value is null then null
            {%- for grade in ['a', 'b', 'c', 'd'] %}
            when signs.sign * measures.value >= signs.sign * thresholds.{{ grade }} then '{{ grade | upper }}'
            {%- endfor %}
            else 'E'
        end as grade
    from repositories
    cross join {{ ref('quality_thresholds') }} as thresholds
    cross join lateral (select case when thresholds.is_higher_better then 1 else -1 end as sign) as signs
    left join {{ ref('int_quality__measures') }} as measures using (tenant_id, repository, dimension)
),

worded as (
    select
        *,
        -- What the next better grade takes; of an A, what it took itself.
        case grade when 'C' then 'B' when 'D' then 'C' when 'E' then 'D' else 'A' end as goal,
        case grade when 'C' then b when 'D' then c when 'E' then d else a end as goal_value,
        case when unit = 'ratio' then 100 else 1 end as factor,
        case unit when 'ratio' then '%' when 'percent' then '%' when 'hours' then 'h' else unit end as unit_word
    from graded
)

select
    tenant_id,
    repository,
    dimension,
    grade,
    value,
    unit,
    coalesce(n, 0) as n,
    is_higher_better,
    a as a_from,
    b as b_from,
    c as c_from,
    d as d_from,
    case
        when grade is null then missing
        else format(
            '%s %s %s: %s%s takes %s %s or %s.',
            trim_scale(round((value * factor)::numeric, 1)), unit_word, finding,
            case when grade <> 'A' then grade || ', ' else '' end, goal,
            trim_scale(round((goal_value * factor)::numeric, 1)), unit_word,
            case when is_higher_better then 'more' else 'less' end
        )
    end as reason,
    source as threshold_source
from worded
