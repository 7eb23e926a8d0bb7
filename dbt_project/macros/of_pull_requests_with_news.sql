{#- In an incremental run: only rows of the pull requests that are read anew, by their own id or, with `number`, by what their
    commits, reviews and events name them by. Where that is no key of the table, a cast hides the connection from its index:
    the planner would look through all of a connection for each of them, which it takes for a few rows. Their tenants are an array
    beside it, by which the others' rows are not read. -#}
{%- macro of_pull_requests_with_news(number=none, is_key=false) -%}
{%- set connection = 'connection_id' if is_key else 'connection_id::text' -%}
{%- set key = ['tenant_id', connection, 'repository'] if number else ['tenant_id', 'pull_request_id'] -%}
{%- if is_incremental() -%}
{{ of_tenants('select distinct news.tenant_id from ' ~ ref('int_pull_requests__news') ~ ' as news') }}
    and ({{ (key + ([number] if number else [])) | join(', ') }}) in (
        select {% for column in key + (['number'] if number else []) %}news.{{ column }}{{ ', ' if not loop.last }}{% endfor %} from {{ ref('int_pull_requests__news') }} as news
    )
{%- else -%}
true
{%- endif -%}
{%- endmacro %}
