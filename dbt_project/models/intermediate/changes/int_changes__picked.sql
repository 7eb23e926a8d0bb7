-- One row per cherry-picked commit and the commit that its trailer says it was picked from.
select
    tenant_id,
    repository,
    sha,
    lower((regexp_match(message, '\(cherry picked from commit ([0-9a-fA-F]{40})\)'))[1]) as picked_from_sha
from {{ ref('int_commits__unioned') }}
where message like '%(cherry picked from commit %'
