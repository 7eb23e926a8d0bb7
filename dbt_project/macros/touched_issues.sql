{#- What the marts of issues work out anew. Each is called as macro(mart, columns), see touched.sql. -#}

{#- The groups of issues, by `columns` and with the first day: those in which an issue changed, and all of a source whose
    newest day is another one than when the mart was last built. -#}
{%- macro touched_issue_groups(mart, columns) -%}
{%- set key = columns | join(', ') -%}
select {{ key }}, min(from_day) as from_day
from (
    select {{ key }}, from_day
    from {{ ref('int_issues__touched_groups') }}
    union all
    select {{ key }}, least(built.last_day, groups.last_day) + 1 as from_day
    from {{ ref('int_issues__groups') }} as groups
    -- By the mart's key: its newest day of all groups at once would be read from all of its rows.
    cross join lateral (
        select mart.day as last_day
        from {{ mart }} as mart
        where {% for column in columns %}mart.{{ column }} = groups.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
        order by mart.day desc
        limit 1
    ) as built
    where groups.last_day <> built.last_day
) as news
group by {{ key }}
{%- endmacro %}

{#- The projects in which an issue changed, with the Monday of the first week that may differ. -#}
{%- macro touched_project_weeks(mart, columns) -%}
select tenant_id, source, project, date_trunc('week', min(from_day))::date as from_day
from {{ ref('int_issues__touched_groups') }}
group by tenant_id, source, project
{%- endmacro %}

{#- The issues that changed, those that were scored anew, and those whose text was found to name something else. -#}
{%- macro touched_issues(mart, columns=[]) -%}
select tenant_id, issue_id
from {{ ref('int_issues__touched') }}
where {{ since_last_success('build_id') }}
union
select built.tenant_id, built.issue_id
from {{ mart }} as built
inner join {{ source('ml', 'sentiments') }} as scored
    on
        built.tenant_id = scored.tenant_id
        and built.issue_id::text = scored.entity_id
        and scored.entity_kind = 'issue'
where
    (scored.sentiment, scored.scorer, scored.scorer_version)
    is distinct from (built.sentiment, built.sentiment_scorer, built.sentiment_scorer_version)
union
select tenant_id, issue_id
from {{ changed_keys_relation(ref('int_severity__named')) }}
where {{ since_last_success('build_id') }}
{%- endmacro %}

{#- The issues that changed, their history included. -#}
{%- macro touched_histories(mart, columns=[]) -%}
select tenant_id, issue_id
from {{ ref('int_issues__touched') }}
where {{ since_last_success('build_id') }}
{%- endmacro %}

{#- The issues with news, and those of which a link to another system is new, changed or gone. -#}
{%- macro touched_words(mart, columns=[]) -%}
{{ with_those_gone(mart, ref('int_issues__news'), 'issue_id', ['jira', 'github', 'hubspot', 'zendesk']) }}
union
select tenant_id, {{ surrogate_id(['tenant_id', "'jira'", 'connection_id', 'issue_id']) }} as issue_id
from {{ source('jira', 'remotelinks') }}
where {{ of_new_packages('_dlt_load_id', 'jira') }}
{%- endmacro %}

{#- The issues that changed, those that another pull request names, or one in other words, and all that are or were linked to
    one: of these there are few. -#}
{%- macro touched_mentioned_issues(mart, columns=[]) -%}
{%- set mentions = ref('int_pull_requests__mentions') -%}
{{ touched_histories(mart) }}
union
select issues.tenant_id, issues.issue_id
from {{ changed_keys_relation(mentions) }} as mentions
cross join lateral {{ with_values(ref('int_issues__keys'), {
    'tenant_id': 'mentions.tenant_id', 'source': 'mentions.source', 'key': 'mentions.key',
}) }} as issues
where {{ since_last_success('mentions.build_id') }}
union
select links.tenant_id, links.issue_id
from {{ ref('stg_jira__remotelinks') }} as links
where {{ of_touched_tenants('links.tenant_id') }} and links.url ~* '{{ address_of_a_pull_request() }}'
union
select built.tenant_id, built.issue_id
from {{ mart }} as built
where {{ of_touched_tenants('built.tenant_id') }} and built.method = 'remote_link'
{%- endmacro %}

{#- A pull request's repository and number in its address. -#}
{%- macro address_of_a_pull_request() -%}
([\w.-]+/[\w.-]+)/pulls?/(\d{1,9})
{%- endmacro %}

{#- The Jira issues with news. -#}
{%- macro touched_jira_histories(mart, columns=[]) -%}
{{ with_those_gone(mart, ref('int_issues__news'), 'issue_id', ['jira']) }}
{%- endmacro %}

{#- Tenants with new rows, or whose day has changed since their issues were scored. Whole tenants, for a ticket raises the
    score of the issue that it is linked to. -#}
{%- macro touched_priorities(mart, columns=[]) -%}
{{ tenants_with_another_day(mart, 'built.scored_on') }}
{%- endmacro %}

{#- Tenants with new rows, or whose day has changed since the age of their work was measured. -#}
{%- macro touched_wip(mart, columns=[]) -%}
{{ tenants_with_another_day(mart, 'built.measured_on') }}
{%- endmacro %}

{%- macro tenants_with_another_day(mart, day) -%}
select tenant_id
from {{ ref('int_tenants__touched') }}
union
select built.tenant_id
from {{ mart }} as built
inner join {{ ref('int_issues__scoring_days') }} as days using (tenant_id, source)
where {{ day }} <> days.scored_on
{%- endmacro %}

{#- The issues that changed, and those of which another is a part now, or is no longer. -#}
{%- macro touched_work_items(mart, columns=[]) -%}
{{ touched_histories(mart) }}
union
select tenant_id, issue_id
from {{ changed_keys_relation(ref('int_throughput__parts')) }}
where {{ since_last_success('build_id') }}
union
select parents.tenant_id, parents.issue_id
from {{ changed_keys_relation(ref('int_throughput__parts')) }} as moved
cross join lateral {{ with_values(ref('int_throughput__parts'), {
    'tenant_id': 'moved.tenant_id', 'connection_id': 'moved.connection_id', 'key': 'moved.parent_key',
}) }} as parents
where {{ since_last_success('moved.build_id') }}
{%- endmacro %}

{#- The weeks in which a piece of work is or was resolved that changed, and those that a group has now and had not, or had. -#}
{%- macro touched_group_weeks(mart, columns=[]) -%}
{%- set group_week = 'tenant_id, source, project, team, week' -%}
select {{ group_week }}
from {{ changed_keys_relation(ref('int_throughput__items')) }}
where {{ since_last_success('build_id') }} and week is not null
union
(
    select {{ group_week }} from {{ ref('int_throughput__group_weeks') }}
    except
    select {{ group_week }} from {{ mart }}
)
union
(
    select {{ group_week }} from {{ mart }}
    except
    select {{ group_week }} from {{ ref('int_throughput__group_weeks') }}
)
{%- endmacro %}

{#- Tenants with new rows, or one of whose sources has been read to another day. -#}
{%- macro touched_sources(mart, columns=[]) -%}
select tenant_id
from {{ ref('int_tenants__touched') }}
union
select days.tenant_id
from {{ ref('int_issues__scoring_days') }} as days
left join {{ mart }} as built using (tenant_id, source)
where built.as_of is distinct from days.scored_on
{%- endmacro %}

{#- Tenants with new rows, or one of whose sources has been read to the end of another week or month. -#}
{%- macro touched_trends(mart, columns=[]) -%}
select tenant_id
from {{ ref('int_tenants__touched') }}
union
select days.tenant_id
from {{ ref('int_issues__scoring_days') }} as days
cross join (values ('week', interval '1 week'), ('month', interval '1 month')) as kinds (period, step)
left join (
    select tenant_id, period, value as source, max(period_start) as last_start
    from {{ mart }}
    where dimension = 'source'
    group by tenant_id, period, value
) as built using (tenant_id, source, period)
where built.last_start is distinct from (date_trunc(kinds.period, days.scored_on::timestamp) - kinds.step)::date
{%- endmacro %}
