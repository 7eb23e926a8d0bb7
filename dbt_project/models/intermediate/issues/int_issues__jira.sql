-- One row per Jira issue with news in the common shape, before severity. Done is what the status category says.
with

issues as (
    select * from {{ ref('stg_jira__issues') }}
    where {{ of_raw_issues_with_news() }}
),

done_statuses as (
    select * from {{ ref('int_issues__jira_statuses') }}
),

named_fields as (
    select
        fields.tenant_id,
        fields.connection_id,
        fields.field_id,
        fields.name,
        issue_fields.role
    from {{ ref('stg_jira__fields') }} as fields
    inner join {{ ref('issue_fields') }} as issue_fields on lower(fields.name) = issue_fields.name
),

-- A field's value is a text, an object with a name, or a list of either.
field_values as (
    select
        issues.tenant_id,
        issues.issue_id,
        named_fields.role,
        min({{ field_text('issues.custom_fields -> named_fields.field_id') }}) as value
    from issues
    inner join named_fields using (tenant_id, connection_id)
    where jsonb_typeof(issues.custom_fields -> named_fields.field_id) <> 'null'
    group by issues.tenant_id, issues.issue_id, named_fields.role
),

fields_by_issue as (
    select
        tenant_id,
        issue_id,
        min(value) filter (where role = 'team') as team,
        min(value) filter (where role = 'customer') as customer,
        min(value) filter (where role = 'incident_started_at') as incident_started_at
    from field_values
    group by tenant_id, issue_id
)

select
    issues.tenant_id,
    issues.issue_id,
    'jira' as source,
    issues.connection_id,
    issues.external_id,
    issues.key,
    issues.project_key as project,
    issues.title,
    issues.body_text,
    issues.type,
    issues.status_name,
    coalesce(issues.status_category = 'done', done_statuses.is_done, false) as is_done,
    issues.resolution,
    issues.priority,
    issues.labels,
    {{ first_name('issues.components') }} as component,
    fields_by_issue.customer,
    issues.reporter,
    fields_by_issue.team,
    issues.created_at,
    issues.updated_at,
    coalesce(issues.status_category_changed_at, issues.resolution_at, issues.updated_at) as state_changed_at,
    case
        when
            fields_by_issue.incident_started_at ~ '^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}'
            and pg_input_is_valid(fields_by_issue.incident_started_at, 'timestamptz')
            then fields_by_issue.incident_started_at::timestamptz
    end as incident_started_at,
    issues.url,
    issues._dlt_load_id
from issues
left join done_statuses using (tenant_id, connection_id, status_id)
left join fields_by_issue using (tenant_id, issue_id)
