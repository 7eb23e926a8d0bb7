{#- The incremental strategy of the marts: write only rows that differ, and say which.

    A model works out anew the groups that its touched relation names. Its config says which these are:
      touched     the macro that gives them, called as macro(mart, columns); default `touched_tenants`
      scope       the columns by which rows belong to a group; default [tenant_id]
      scope_from  a column (a day): rows before the group's `from_day` are not worked out anew
    They are kept by themselves, for the planner to see how few they are: of what came since a success it expects a third of all.
    Rows of these groups that the model no longer gives are deleted, so a group that lost its last row goes away. The keys
    of all inserted, changed and deleted rows go to `<mart>__changed`, from where the publish step takes them. Where
    `keeps_changes` is set they stay there with the build's id until a build has succeeded, for models that read them.
    `changes_of` names columns that stand beside the keys as they were and as they are: what a row left is known to nobody else. -#}
{%- macro get_incremental_touched_sql(arg_dict) -%}
{%- set target, temp = arg_dict['target_relation'], arg_dict['temp_relation'] -%}
{%- set key = arg_dict['unique_key'] -%}
{%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | list -%}
{%- set scope = config.get('scope', ['tenant_id']) -%}
{%- set from_column = config.get('scope_from') -%}
{%- set kept = config.get('changes_of', []) -%}
{%- set touched = context[config.get('touched', 'touched_tenants')](target, scope) -%}

create temporary table touched_groups on commit drop as
{{ touched }};

analyze touched_groups;

create temporary table moved on commit drop as
with old as (
    select target.*
    from {{ target }} as target
    where exists (
        select from touched_groups as scope
        where {% for column in scope %}{{ 'and ' if not loop.first }}target.{{ column }} = scope.{{ column }} {% endfor %}
        {% if from_column %}and target.{{ from_column }} >= scope.from_day{% endif %}
    )
)

select
    {{ key | join(', ') }}
    {%- for column in kept %},
    old.{{ column }} as old_{{ column }},
    new.{{ column }} as new_{{ column }}
    {%- endfor %}
from old
full join {{ temp }} as new using ({{ key | join(', ') }})
where
    row({% for column in columns %}old.{{ column }}{{ ', ' if not loop.last }}{% endfor %})
    is distinct from
    row({% for column in columns %}new.{{ column }}{{ ', ' if not loop.last }}{% endfor %});

delete from {{ target }} as target
using moved
where {% for column in key %}{{ 'and ' if not loop.first }}target.{{ column }} = moved.{{ column }} {% endfor %};

insert into {{ target }} ({{ columns | join(', ') }})
select {% for column in columns %}new.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
from {{ temp }} as new
inner join moved using ({{ key | join(', ') }});

{% if config.get('keeps_changes') -%}
{{ ensure_changed_keys(target, key) }};

delete from {{ changed_keys_relation(target) }}
where not {{ since_last_success('build_id') }};

insert into {{ changed_keys_relation(target) }} ({{ (key + kept) | join(', ') }}, build_id)
select {{ (key + kept) | join(', ') }}, {{ this_build() }} from {{ moved_versions(kept) }};

{% elif target.schema == 'build' -%}
{{ ensure_changed_keys(target, key) }};

insert into {{ changed_keys_relation(target) }} ({{ (key + kept) | join(', ') }})
select {{ (key + kept) | join(', ') }} from {{ moved_versions(kept) }};

{% endif -%}
drop table moved, touched_groups
{%- endmacro %}

{#- The moved rows; with columns that are kept, each as it was and as it is (NULL where there is none). -#}
{%- macro moved_versions(kept) -%}
moved
{%- if kept %}
cross join lateral (
    values (old_{{ kept | join(', old_') }}), (new_{{ kept | join(', new_') }})
) as versions ({{ kept | join(', ') }})
{%- endif -%}
{%- endmacro %}

{#- Where the keys of a model's changed rows wait for who reads them. -#}
{%- macro changed_keys_relation(mart) -%}
{{ mart.include(database=false).schema }}.{{ mart.identifier }}__changed
{%- endmacro %}

{#- A full refresh forgets the waiting keys: the publish step sees the new table and copies it whole. -#}
{%- macro ensure_changed_keys(mart=this, key=config.get('unique_key')) -%}
{%- if execute -%}
{%- if flags.FULL_REFRESH -%}
drop table if exists {{ changed_keys_relation(mart) }};
{% endif -%}
create table if not exists {{ changed_keys_relation(mart) }} as
select {{ (key + config.get('changes_of', [])) | join(', ') }}{{ ', null::bigint as build_id' if config.get('keeps_changes') }} from {{ mart }} with no data
{%- endif -%}
{%- endmacro %}

{#- The default of `touched`: tenants for whom anything was loaded since the last build. -#}
{%- macro touched_tenants(mart, columns) -%}
select tenant_id from {{ ref('int_tenants__touched') }}
{%- endmacro %}

{#- The ids that `news` names, and where all of a tenant's source is worked out anew, those that the mart has of it: what is gone
    there is named by nobody. -#}
{%- macro with_those_gone(mart, news, id, sources) -%}
select tenant_id, {{ id }}
from {{ news }}
union
select built.tenant_id, built.{{ id }}
from {{ mart }} as built
inner join {{ ref('int_issues__whole_sources') }} as whole using (tenant_id)
where whole.source in ('{{ sources | join("', '") }}')
{%- endmacro %}
