-- One row per place and article with its place's name and its sentiment; the sentiment is NULL where it is not scored.
with

articles as (
    select * from {{ ref('stg_gdelt__articles') }}
),

places as (
    select * from {{ ref('int_places__named') }}
),

sentiments as (
    select * from {{ source('ml', 'sentiments') }}
    where entity_kind = 'news_article'
)

select
    articles.tenant_id,
    articles.article_id,
    articles.place_id,
    places.place,
    articles.title,
    articles.domain,
    articles.url,
    articles.language,
    articles.source_country as country,
    articles.seen_at,
    sentiments.sentiment,
    sentiments.scorer,
    sentiments.scorer_version
from articles
inner join places using (tenant_id, place_id)
left join sentiments on articles.tenant_id = sentiments.tenant_id and articles.article_id::text = sentiments.entity_id
