{#- The build at work: one is open at a time, and it is the newest. Asked of the database and not given as a variable, so that
    the statements of a model are the same at every build. -#}
{%- macro this_build() -%}
(select max(build.build_id) from {{ source('app', 'build') }} as build)
{%- endmacro %}
