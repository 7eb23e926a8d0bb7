"""Row-level security: the one place that writes policies, FORCE and grants for every table a reader can reach.

Each policy names its role, and each policy of a reader carries the tenant predicate itself;
`using (true)` exists only for the loader and the transformer, which see all tenants and answer nobody.
"""

TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"
BACKSTAGE = ("loader", "transformer")


def protect(
    table: str,
    *,
    readers: tuple[str, ...] = ("api",),
    writers: tuple[str, ...] = (),
    columns: tuple[str, ...] = (),
    predicate: str = f"tenant_id = {TENANT}",
) -> list[str]:
    """The statements that put `table` (schema.name) behind the wall.

    `readers` may select (only `columns`, where given), `writers` may also change rows of their tenant.
    """
    statements = [f"alter table {table} enable row level security", f"alter table {table} force row level security"]
    for role in BACKSTAGE:
        statements.append(f"create policy {role}_all on {table} to clearsignal_{role} using (true) with check (true)")
    shown = f"({', '.join(columns)})" if columns else ""
    for role in sorted({*readers, *writers}):
        name = f"clearsignal_{role}"
        statements.append(
            f"create policy {role}_tenant on {table} to {name} using ({predicate}) with check ({predicate})"
        )
        statements.append(f"grant select {shown} on {table} to {name}")
    statements += [f"grant insert, update, delete on {table} to clearsignal_{role}" for role in writers]
    return statements
