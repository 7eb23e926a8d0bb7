-- One row per check run of a commit. Coverage is what the check itself says in percent, of the whole code.
with

source as (
    select
        *,
        -- What Codecov, Coveralls and the like call themselves; a check of the changed lines alone is another figure.
        coalesce(name, '') !~* '(patch|diff)'
        and concat_ws(' ', name, app, output_title, output_summary) ~* '(codecov|coveralls|coverage)' as tells_coverage,
        coalesce(
            substring(output_title from '(?:^|[^-+.\d])(\d{1,3}(?:\.\d+)?)\s?%'),
            substring(output_summary from '(?i)cover\D{0,40}?(\d{1,3}(?:\.\d+)?)\s?%')
        )::double precision as percentage
    from {{ source('github', 'check_runs') }}
)

select
    -- keys
    tenant_id,
    connection_id,
    id::text as external_id,
    repository,
    head_sha as sha,

    -- facts
    name,
    app,
    status as status_name,
    conclusion,
    output_title,
    case when tells_coverage and percentage <= 100 then percentage end as coverage_percent,
    html_url as url,

    -- times
    started_at,
    completed_at,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
