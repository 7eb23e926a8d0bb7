"""app.override: who is one person under several logins, names and addresses."""

from alembic import op

revision, down_revision = "0017", "0016"

KINDS = """
alter table app.override drop constraint override_kind_check;
alter table app.override add constraint override_kind_check
    check (kind in ('change_failure', 'incident_cause', 'not_a_deployment', 'same_person'));
-- Nobody is two people, however the name is spelled.
create unique index override_one_person on app.override (tenant_id, lower(subject))
    where undone_at is null and kind = 'same_person';
"""


def upgrade() -> None:
    op.execute(KINDS)


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")
