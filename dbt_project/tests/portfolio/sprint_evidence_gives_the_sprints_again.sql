-- The issues of a sprint, counted anew, are its figures: what was committed, completed and carried over.
with

figures as (
    select
        sprints.tenant_id,
        sprints.sprint_id,
        figures.*
    from {{ ref('sprint_velocity') }} as sprints
    cross join lateral (
        values
        ('sprint_committed', sprints.committed_count, sprints.committed_points),
        ('sprint_completed', sprints.completed_count, sprints.completed_points),
        ('sprint_carried_over', sprints.carried_over_count, sprints.carried_over_points)
    ) as figures (metric, n, points)
),

again as (
    select
        figures.tenant_id,
        figures.sprint_id,
        figures.metric,
        figures.n,
        figures.points,
        count(cases.case_id) as n_again,
        coalesce(sum(cases.points), 0) as points_again
    from figures
    left join {{ ref('sprint_evidence') }} as cases
        on
            figures.tenant_id = cases.tenant_id
            and figures.sprint_id = cases.sprint_id
            and figures.metric = cases.metric
            and cases.is_counted
    group by 1, 2, 3, 4, 5
)

-- What has no figure has no case that counts.
select * from again
where coalesce(n, 0) <> n_again or abs(coalesce(points, 0) - points_again) > 1e-6
