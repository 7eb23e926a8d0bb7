{#- What the models of changes work out anew. Those with (mart, columns) are called so by the strategy, see touched.sql. -#}

{#- Deployments that changed, and those whose own commit is delivered otherwise: it came to the graph, or left it. -#}
{%- macro touched_deployments() -%}
select tenant_id, deployment_id
from {{ changed_keys_relation(ref('int_deployments__ordered')) }}
where {{ since_last_success('build_id') }}
union
select deployed.tenant_id, deployed.deployment_id
from {{ changed_keys_relation(source('ml', 'commit_deployments')) }} as moved
inner join {{ ref('int_deployments__ordered') }} as deployed
    on moved.tenant_id = deployed.tenant_id and moved.repository = deployed.repository and moved.sha = deployed.walked_sha
where {{ since_last_success('moved.build_id') }}
{%- endmacro %}

{#- The pull requests that another deployment may have delivered, and those of which a row came. -#}
{%- macro touched_delivered_pulls(mart, columns=[]) -%}
select tenant_id, pull_request_id from {{ ref('int_changes__touched_pull_requests') }}
union
{{ touched_own_rows(mart, columns) }}
{%- endmacro %}

{#- In an incremental run: only rows of these. -#}
{%- macro of_delivered_pulls(of='') -%}
{%- set touched = 'select tenant_id, pull_request_id from ' ~ ref('int_changes__touched_pull_requests') -%}
{{ of_keys(touched, ['tenant_id', 'pull_request_id'], of) if is_incremental() else 'true' }}
{%- endmacro %}

{#- The commits that another deployment may have delivered. -#}
{%- macro touched_delivered_commits(mart, columns=[]) -%}
select tenant_id, repository, sha from {{ ref('int_changes__touched_commits') }}
{%- endmacro %}

{%- macro of_delivered_commits(of='') -%}
{%- set touched = 'select tenant_id, repository, sha from ' ~ ref('int_changes__touched_commits') -%}
{{ of_keys(touched, ['tenant_id', 'repository', 'sha'], of) if is_incremental() else 'true' }}
{%- endmacro %}

{#- The commits of all connections, in an incremental run those alone whose deliveries are worked out anew. -#}
{%- macro commits_delivered_anew() -%}
{{ looked_up(
    ref('int_commits__unioned'),
    'select tenant_id, repository, sha from ' ~ ref('int_changes__touched_commits'),
    ['tenant_id', 'repository', 'sha'],
) }}
{%- endmacro %}

{#- The times at which a commit was written that came, or that is another one now. -#}
{%- macro touched_authored_at(mart, columns=[]) -%}
{%- for source_name, table in [('github', 'commits'), ('github', 'pull_request_commits'), ('git', 'commits')] -%}
{{ read_anew(source_name, table, ['repository', 'authored_at']) }}
union
{% endfor -%}
{{ of_tenants_read_anew(mart, ['repository', 'authored_at']) }}
{%- endmacro %}

{#- The commits of the graph that came, or that are others now. -#}
{%- macro touched_loaded_commits(mart, columns=[]) -%}
{{ read_anew('github', 'commits', ['repository', 'sha']) }}
union
{{ read_anew('git', 'commits', ['repository', 'sha']) }}
union
{{ of_tenants_read_anew(mart, ['repository', 'sha']) }}
{%- endmacro %}

{#- The loaded rows that no successful build has seen, and all of a tenant of whom all is worked out anew. -#}
{%- macro read_anew(source_name, table, columns) -%}
select tenant_id, {{ columns | join(', ') }}
from {{ source(source_name, table) }}
where {{ of_new_packages('_dlt_load_id', source_name) }}
union
{{ of_tenants_read_anew(source(source_name, table), columns) }}
{%- endmacro %}

{#- What a table has of tenants of whom all is worked out anew. Joined, so that where there are none nothing is read. -#}
{%- macro of_tenants_read_anew(table, columns) -%}
select found.tenant_id, found.{{ columns | join(', found.') }}
from {{ ref('int_issues__whole_sources') }} as whole
inner join {{ table }} as found using (tenant_id)
where whole.source in ('github', 'git')
{%- endmacro %}

{#- The pull requests that are read anew, and those with a copy or a cherry-pick that came or went. -#}
{%- macro touched_shas(mart, columns=[]) -%}
{{ touched_own_rows(mart, columns) }}
union
select built.tenant_id, built.pull_request_id
from {{ mart }} as built
inner join (
    select copies.tenant_id, copies.repository, copies.sha
    from {{ changed_keys_relation(ref('int_commits__copies')) }} as moved
    inner join {{ ref('int_commits__copies') }} as one using (tenant_id, repository, sha)
    inner join {{ ref('int_commits__copies') }} as copies using (tenant_id, repository, authored_at)
    where {{ since_last_success('moved.build_id') }}
    union
    select tenant_id, repository, sha
    from {{ changed_keys_relation(ref('int_commits__copies')) }}
    where {{ since_last_success('build_id') }}
) as copies using (tenant_id, repository, sha)
union
select built.tenant_id, built.pull_request_id
from {{ changed_keys_relation(ref('int_changes__picked')) }} as moved
inner join {{ mart }} as built using (tenant_id, repository, sha)
where {{ since_last_success('moved.build_id') }}
union
select built.tenant_id, built.pull_request_id
from {{ changed_keys_relation(ref('int_changes__picked')) }} as moved
inner join {{ mart }} as built
    on
        moved.tenant_id = built.tenant_id
        and moved.repository = built.repository
        and moved.picked_from_sha = built.sha
where {{ since_last_success('moved.build_id') }}
{%- endmacro %}

{#- The changes that are delivered otherwise. -#}
{%- macro touched_changes(mart, columns=[]) -%}
select tenant_id, 'pull_request' as change_kind, pull_request_id::text as change_id
from {{ changed_keys_relation(ref('int_changes__pull_requests')) }}
where {{ since_last_success('build_id') }}
union
select tenant_id, 'commit' as change_kind, sha as change_id
from {{ changed_keys_relation(ref('int_changes__commits')) }}
where {{ since_last_success('build_id') }}
{%- endmacro %}

{#- The pull requests that are delivered otherwise, and those of which another figure is a new one. -#}
{%- macro touched_definition_pulls(mart, columns=[]) -%}
{{ touched_delivered_pulls(mart) }}
union
select tenant_id, pull_request_id from {{ ref('int_pull_requests__touched') }}
{%- endmacro %}
