{#- In an incremental run: only rows of the pull requests that are read anew, by their own id or, with `number`, by what their
    commits, reviews and events name them by. With the connection only where the table's key has it before the repository:
    elsewhere the planner would look through all of a connection for each of them, which it takes for a few rows. -#}
{%- macro of_pull_requests_with_news(number=none, is_key=false) -%}
{%- set key = {
    'tenant_id': 'tenant_id', 'connection_id': 'connection_id', 'repository': 'repository', number: 'number',
} if number else {'tenant_id': 'tenant_id', 'pull_request_id': 'pull_request_id'} -%}
{%- if number and not is_key %}{% do key.pop('connection_id') %}{% endif -%}
{%- if is_incremental() -%}
({{ key.keys() | join(', ') }}) in (
        select {% for column in key.values() %}news.{{ column }}{{ ', ' if not loop.last }}{% endfor %} from {{ ref('int_pull_requests__news') }} as news
    )
{%- else -%}
true
{%- endif -%}
{%- endmacro %}
