{#- The incremental strategy of tables that hold what is new: each build replaces all rows. (A table that is made again takes
    along the views over it, which stand otherwise.) -#}
{%- macro get_incremental_replaced_sql(arg_dict) -%}
{%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
truncate {{ arg_dict['target_relation'] }};

insert into {{ arg_dict['target_relation'] }} ({{ columns }})
select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
