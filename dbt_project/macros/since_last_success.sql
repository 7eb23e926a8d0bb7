{#- True for what this build, or one since the last build that succeeded, has marked as touched. -#}
{%- macro since_last_success(build_id) -%}
{{ build_id }} > (select coalesce(max(build.build_id), -1) from {{ source('app', 'build') }} as build where build.status = 'succeeded')
{%- endmacro %}
