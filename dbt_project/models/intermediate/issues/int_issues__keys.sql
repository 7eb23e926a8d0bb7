-- One row per issue: its key in small letters, as words name it. It has an index.
select
    tenant_id,
    issue_id,
    source,
    lower(key) as key
from {{ ref('int_issues__unioned') }}
