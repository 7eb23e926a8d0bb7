{#- In an incremental run: only rows of the pull requests that are read anew, by their own id or, with `number`, by what their
    commits, reviews and events name them by. -#}
{%- macro of_pull_requests_with_news(number=none) -%}
{%- set key = ['tenant_id', 'connection_id', 'repository'] if number else ['tenant_id', 'pull_request_id'] -%}
{%- if is_incremental() -%}
({{ (key + ([number] if number else [])) | join(', ') }}) in (
        select {% for column in key + (['number'] if number else []) %}news.{{ column }}{{ ', ' if not loop.last }}{% endfor %} from {{ ref('int_pull_requests__news') }} as news
    )
{%- else -%}
true
{%- endif -%}
{%- endmacro %}
