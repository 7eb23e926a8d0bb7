-- One row per state (open or done) that an issue's history names, in the order it was entered.
-- A status or stage that nobody describes any more changes nothing.
select tenant_id, issue_id, changed_at, position, is_done
from {{ ref('int_issues__status_changes') }}
where is_done is not null and not is_present
