-- One row per place and article that GDELT saw. `seen_at` is not when it was published.
select
    -- keys
    tenant_id,
    connection_id,
    {{ surrogate_id(['tenant_id', "'gdelt'", 'connection_id', 'place_id', 'url']) }} as article_id,
    place_id::uuid as place_id,

    -- facts
    url,
    title,
    domain,
    language,
    source_country,

    -- times
    seen_at,

    -- load
    _dlt_load_id
from {{ source('gdelt', 'articles') }}
where _deleted_at is null
