-- One row per place and article: the tenant's news feed. GDELT gives no text and no date of publication.
{{ config(unique_key=['tenant_id', 'article_id'], touched='touched_news') }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

articles as (
    select * from {{ ref('int_news__articles') }}
    {% if is_incremental() -%}
    where {{ of_tenants(touched_news(this)) }}
    {%- endif %}
)

select
    tenant_id,
    article_id,
    place_id,
    place,
    title,
    null::text as content,
    domain as source,
    url,
    language,
    country,
    sentiment,
    scorer as sentiment_scorer,
    scorer_version as sentiment_scorer_version,
    seen_at as published_at
from articles
