{#- Only rows that a package of the source brought, of those in the model's `packages`. An array, of which the planner expects ten:
    of a join it expects a third of all packages that ever were, and reads the whole table. -#}
{%- macro of_packages(load_id, source) -%}
{{ load_id }} = any(array(select packages.load_id from packages where packages.source = '{{ source }}'))
{%- endmacro %}

{#- Only rows that a package of the source brought, of those that no successful build has seen. -#}
{%- macro of_new_packages(load_id, system) -%}
{{ load_id }} = any(array(
        select packages.load_id from {{ source('app', 'load_package') }} as packages
        where packages.source = '{{ system }}' and {{ since_last_success('packages.build_id') }}
    ))
{%- endmacro %}
