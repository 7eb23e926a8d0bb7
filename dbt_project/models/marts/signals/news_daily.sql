-- One row per place and day that has news: how much, in which tone, and with which sentiment. Missing is NULL, never 0.
{{ config(unique_key=['tenant_id', 'place_id', 'day'], touched='touched_news_days') }}
-- depends_on: {{ ref('int_tenants__touched') }}
-- depends_on: {{ ref('news_articles') }}
with

articles as (
    select
        articles.tenant_id,
        articles.place_id,
        {{ local_day('articles.seen_at', 'tenant.time_zone') }} as day,
        count(distinct articles.url) as article_count,
        avg(articles.sentiment::numeric) as sentiment,  -- exact: a mean of floats hangs on their order
        count(articles.sentiment) as sentiment_n,
        count(articles.sentiment)::double precision / count(*) as coverage
    from {{ ref('int_news__articles') }} as articles
    inner join {{ source('app', 'tenant') }} as tenant using (tenant_id)
    group by articles.tenant_id, articles.place_id, {{ local_day('articles.seen_at', 'tenant.time_zone') }}
),

timelines as (
    select * from {{ ref('int_news__days') }}
),

places as (
    select * from {{ ref('int_places__named') }}
)

select
    tenant_id,
    place_id,
    places.place,
    day,
    articles.article_count,
    timelines.volume,
    timelines.volume_share,
    timelines.tone,
    articles.sentiment::double precision as sentiment,
    coalesce(articles.sentiment_n, 0) as sentiment_n,
    articles.coverage
from articles
full outer join timelines using (tenant_id, place_id, day)
inner join places using (tenant_id, place_id)
{% if is_incremental() -%}
where {{ of_tenants(touched_news_days(this)) }}
{%- endif %}
