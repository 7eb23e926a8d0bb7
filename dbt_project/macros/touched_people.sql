{#- What the models of people work out anew. Each is called as macro(mart, columns), see touched.sql. -#}

{#- The addresses and names under which a commit is or was signed that changed. -#}
{%- macro touched_signatures(mart, columns=[]) -%}
{%- for kind, column in {'email': 'author_email', 'name': 'author_name'}.items() %}
{{ 'union' if not loop.first }}
select tenant_id, '{{ kind }}' as kind, {{ column }} as signed_as
from {{ changed_keys_relation(ref('int_people__authored')) }}
where {{ since_last_success('build_id') }} and {{ column }} is not null
{%- endfor %}
{%- endmacro %}

{#- The first and the last account of each of them: looked up, for somebody may have signed thousands of commits. -#}
{%- macro ends_of_signatures(mart, kind, column) -%}
(
    select
        touched.tenant_id,
        touched.signed_as as {{ column }},
        unnest(array[accounts.first, accounts.last]) as login
    from ({{ touched_signatures(mart) }}) as touched
    cross join lateral (
        select
            min(written.login) as first,
            max(written.login) as last
        from {{ ref('int_people__authored') }} as written
        where written.tenant_id = touched.tenant_id and written.{{ column }} = touched.signed_as
    ) as accounts
    where touched.kind = '{{ kind }}'
)
{%- endmacro %}

{#- The times at which a commit was written that changed, or that is somebody else's now; all of a tenant of whom somebody said
    who is one person. -#}
{%- macro touched_authors(mart, columns=[]) -%}
select tenant_id, repository, authored_at
from {{ changed_keys_relation(ref('int_people__authored')) }}
where {{ since_last_success('build_id') }} and authored_at is not null
{%- for kind, column in {'email': 'author_email', 'name': 'author_name'}.items() %}
union
select written.tenant_id, written.repository, written.authored_at
from {{ changed_keys_relation(ref('int_people__accounts')) }} as moved
cross join lateral {{ with_values(ref('int_people__authored'), {
    'tenant_id': 'moved.tenant_id', column: 'moved.signed_as',
}) }} as written
where moved.kind = '{{ kind }}' and {{ since_last_success('moved.build_id') }} and written.authored_at is not null
{%- endfor %}
{%- for table in [ref('int_people__authored'), mart] %}
union
select found.tenant_id, found.repository, found.authored_at
from (
    select distinct tenant_id
    from {{ changed_keys_relation(ref('int_people__merged')) }}
    where {{ since_last_success('build_id') }}
) as whole
inner join {{ table }} as found using (tenant_id)
where found.authored_at is not null
{%- endfor %}
{%- endmacro %}
