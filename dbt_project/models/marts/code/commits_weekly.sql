-- One row per repository and week in which somebody wrote a commit.
{{ config(unique_key=['tenant_id', 'repository', 'week']) }}
with

commits as (
    select
        commits.tenant_id,
        commits.repository,
        date_trunc('week', {{ local_day('commits.authored_at', 'tenants.time_zone') }})::date as week,
        commits.person,
        sizes.added_lines,
        sizes.deleted_lines,
        sizes.file_count,
        sizes.added_lines + sizes.deleted_lines as changed_lines
    from {{ ref('int_people__commits') }} as commits
    inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
    left join {{ ref('int_commits__sizes') }} as sizes
        on
            commits.tenant_id = sizes.tenant_id
            and commits.repository = sizes.repository
            and commits.sha = sizes.sha
    where {{ of_touched_tenants('commits.tenant_id') }}
)

select
    tenant_id,
    repository,
    week,
    count(*) as commit_count,
    count(distinct person) as contributor_count,
    count(changed_lines) as sized_count,
    count(changed_lines)::double precision / count(*) as coverage,
    sum(added_lines)::bigint as added_lines,
    sum(deleted_lines)::bigint as deleted_lines,
    sum(changed_lines)::bigint as changed_lines,
    sum(file_count)::bigint as changed_files,
    percentile_cont(0.5) within group (order by changed_lines) as median_lines,
    percentile_cont(0.9) within group (order by changed_lines) as p90_lines,
    {% for size, limits in {'small': [0, 10], 'medium': [11, 100], 'large': [101, 1000]}.items() -%}
    case when count(changed_lines) > 0 then count(*) filter (where changed_lines between {{ limits[0] }} and {{ limits[1] }}) end
        as {{ size }}_count,
    {% endfor -%}
    case when count(changed_lines) > 0 then count(*) filter (where changed_lines > 1000) end as huge_count
from commits
group by tenant_id, repository, week
