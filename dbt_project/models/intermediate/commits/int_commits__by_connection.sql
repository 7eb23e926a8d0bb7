-- One row per commit and connection that shows it or did. With the connection, raw's key finds a commit by its index.
{%- for system in ['github', 'git'] %}
{{ 'union all' if not loop.first }}
select
    connections.tenant_id,
    connections.connection_id,
    commits.repository,
    commits.sha,
    {{ text_array('commits.parents') }} as parents,
    commits._deleted_at is not null as is_deleted,
    commits._dlt_load_id
from {{ source('app', 'connection') }} as connections
inner join {{ source(system, 'commits') }} as commits
    on
        connections.tenant_id = commits.tenant_id
        and connections.connection_id = commits.connection_id
{% endfor %}
