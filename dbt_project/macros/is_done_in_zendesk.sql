{#- Whether a Zendesk status means done. Solved can be reopened, closed cannot. -#}
{%- macro is_done_in_zendesk(status) -%}
{{ status }} in ('solved', 'closed')
{%- endmacro %}
