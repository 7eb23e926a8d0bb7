-- noqa: disable=all
-- (Without dbt's graph, which the linter lacks, this renders no SQL.)
-- One row per metric, entity and day: every series that a mart's YAML declares (`meta.series`), in one shape.
{{ config(
    unique_key=['tenant_id', 'metric', 'entity', 'day'],
    touched='touched_kpis',
    scope=['tenant_id', 'metric'],
    scope_from='day',
) }}
-- depends_on: {{ ref('int_tenants__touched') }}
{% set series = declared_series() -%}
{% for mart in marts_with_series() %}
-- depends_on: {{ ref(mart) }}
{%- endfor %}
with

{% if is_incremental() -%}
touched (tenant_id, series, from_day) as (
    {{ touched_kpis(this) }}
),

{% endif -%}
points as (
    {% for each in series -%}
    select
        mart.tenant_id,
        '{{ each.metric }}' as metric,
        {{ each.entity }} as entity,
        {{ each.day }} as day,
        ({{ each.value }})::double precision as value,
        ({{ each.n }})::bigint as n
    from {{ ref(each.mart) }} as mart
    inner join {{ source('app', 'tenant') }} as tenant on mart.tenant_id = tenant.tenant_id
    {% if is_incremental() -%}
    inner join touched
        on
            mart.tenant_id = touched.tenant_id
            and touched.series = '{{ each.metric }}'
            {{ 'and mart.day >= touched.from_day' if each.is_by_day }}
    {%- endif %}
    where {{ each.where }}
    group by mart.tenant_id, {{ each.entity }}, {{ each.day }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
)

-- A day on which nothing was measured is no point.
select tenant_id, metric, entity, day, value, n
from points
where value is not null
