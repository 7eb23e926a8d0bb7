-- One row per open issue: how urgent it is, as a product of four factors, and how much each of them adds.
{{ config(unique_key=['tenant_id', 'issue_id'], touched='touched_priorities') }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

issues as (
    select * from {{ ref('int_issues__unioned') }}
    where
        status = 'open'
        {% if is_incremental() -%}
        and tenant_id in (select tenant_id from ({{ touched_priorities(this) }}) as touched)
        {%- endif %}
),

customers as (
    select * from {{ ref('int_issues__customers') }}
),

days as (
    select * from {{ ref('int_issues__scoring_days') }}
),

weights as (
    select
        max(weight) filter (where factor = 'severity') as severity,
        max(weight) filter (where factor = 'age') as age,
        max(half_at) filter (where factor = 'age') as age_half_at,
        max(weight) filter (where factor = 'recency') as recency,
        max(half_at) filter (where factor = 'recency') as recency_half_at,
        max(weight) filter (where factor = 'customers') as customers,
        max(half_at) filter (where factor = 'customers') as customers_half_at
    from {{ ref('priority_weights') }}
),

measured as (
    select
        issues.tenant_id,
        issues.issue_id,
        issues.source,
        issues.key,
        issues.title,
        issues.severity,
        issues.url,
        days.scored_on,
        greatest(days.scored_on - {{ local_day('issues.created_at', 'days.time_zone') }}, 0) as age_days,
        greatest(days.scored_on - {{ local_day('issues.updated_at', 'days.time_zone') }}, 0) as idle_days,
        coalesce(customers.customer_count, 0) as customer_count
    from issues
    inner join days using (tenant_id, source)
    left join customers using (tenant_id, issue_id)
),

-- Each factor lies between 1 (adds nothing) and 1 + its weight.
factors as (
    select
        measured.*,
        1 + weights.severity * measured.severity / 5.0 as severity_factor,
        1 + weights.age * measured.age_days / (measured.age_days + weights.age_half_at) as age_factor,
        1 + weights.recency * weights.recency_half_at / (measured.idle_days + weights.recency_half_at)
            as recency_factor,
        1 + weights.customers * measured.customer_count / (measured.customer_count + weights.customers_half_at)
            as customers_factor,
        (1 + weights.severity) * (1 + weights.age) * (1 + weights.recency) * (1 + weights.customers) as highest
    from measured
    cross join weights
),

products as (
    select *, severity_factor * age_factor * recency_factor * customers_factor as product
    from factors
)

select
    tenant_id,
    issue_id,
    source,
    key,
    title,
    severity,
    (100 * (product - 1) / (highest - 1))::double precision as score,
    age_days,
    idle_days,
    customer_count::integer as customer_count,
    severity_factor::double precision as severity_factor,
    age_factor::double precision as age_factor,
    recency_factor::double precision as recency_factor,
    customers_factor::double precision as customers_factor,
    -- A product's logarithm is a sum, so the four shares of it add up to one.
    (ln(severity_factor) / ln(product))::double precision as severity_share,
    (ln(age_factor) / ln(product))::double precision as age_share,
    (ln(recency_factor) / ln(product))::double precision as recency_share,
    (ln(customers_factor) / ln(product))::double precision as customers_share,
    scored_on,
    url
from products
