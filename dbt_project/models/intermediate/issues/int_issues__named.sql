-- One row per issue and issue of another system that a text or a link of it names, by key or by address. Within one
-- system a key may mean anything, and who names more than three lists them: neither is in here.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_words',
    scope=['tenant_id', 'issue_id'],
    unique_key=['tenant_id', 'issue_id', 'method', 'source', 'key'],
    indexes=[{'columns': ['tenant_id', 'issue_id', 'method', 'source', 'key'], 'unique': True}],
) }}
-- depends_on: {{ ref('int_issues__news') }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
{% set named = {
    'jira': ['\y([A-Z][A-Z0-9_]+-\d{1,9})\y', 'g', 'found.match[1]'],
    'github': ['([\w.-]+/[\w.-]+)(?:/issues/|#)(\d{1,9})\y', 'g', "found.match[1] || '#' || found.match[2]"],
    'hubspot': ['hubspot\.com/contacts/\d+/(?:record/0-5|ticket)/(\d{1,18})', 'gi', 'found.match[1]'],
    'zendesk': ['\.zendesk\.com/(?:agent/)?tickets/(\d{1,18})', 'gi', 'found.match[1]'],
} -%}
with

texts as (
    select
        tenant_id,
        issue_id,
        source as own_source,
        'key_in_text' as method,
        concat_ws(' ', title, body_text) as text
    from {{ ref('int_issues__unioned') }}
    {%- if is_incremental() %}
    where {{ of_keys(touched_words(this), ['tenant_id', 'issue_id']) }}
    {%- endif %}
    union all
    select
        tenant_id,
        issue_id,
        'jira' as own_source,
        'remote_link' as method,
        url as text
    from {{ ref('stg_jira__remotelinks') }}
    {%- if is_incremental() %}
    where {{ of_keys(touched_words(this), ['tenant_id', 'issue_id']) }}
    {%- endif %}
),

found as (
    {% for source, (pattern, flags, key) in named.items() -%}
    select distinct
        texts.tenant_id,
        texts.issue_id,
        texts.method,
        '{{ source }}' as source,
        lower({{ key }}) as key
    from texts
    cross join lateral regexp_matches(texts.text, '{{ pattern }}', '{{ flags }}') as found (match)
    where texts.own_source <> '{{ source }}'
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
),

counted as (
    select
        *,
        count(*) over (partition by tenant_id, issue_id, method) as named_count
    from found
)

select
    tenant_id,
    issue_id,
    method,
    source,
    key
from counted
where method = 'remote_link' or named_count <= 3
