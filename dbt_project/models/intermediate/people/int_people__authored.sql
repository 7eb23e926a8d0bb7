-- One row per commit that somebody (no bot) wrote, as the commit says: the own commits of pull requests, which survive squash and
-- rebase, and commits without one. Merges, and what a merge made of a pull request, are nobody's work again.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_delivered_commits',
    scope=['tenant_id', 'repository', 'sha'],
    keeps_changes=true,
    changes_of=['author_email', 'author_name', 'authored_at'],
    unique_key=['tenant_id', 'repository', 'sha'],
    indexes=[
        {'columns': ['tenant_id', 'repository', 'sha'], 'unique': True},
        {'columns': ['tenant_id', 'repository', 'authored_at']},
        {'columns': ['tenant_id', 'author_email', 'login']},
        {'columns': ['tenant_id', 'author_name', 'login']},
    ],
) }}
-- depends_on: {{ ref('int_changes__touched_commits') }}
-- depends_on: {{ ref('int_commits__unioned') }}
with

lone as (
    select * from {{ commits_delivered_anew() }} as commits
    where
        not exists (
            select from {{ ref('int_changes__pull_request_shas') }} as shas
            where
                shas.tenant_id = commits.tenant_id
                and shas.repository = commits.repository
                and shas.sha = commits.sha
        )
        and not exists (
            select from {{ ref('int_commits__given_up') }} as given_up
            where
                given_up.tenant_id = commits.tenant_id
                and given_up.repository = commits.repository
                and given_up.sha = commits.sha
        )
),

found as (
    select tenant_id, repository, sha, parents, message, is_bot, author, author_name, author_email, authored_at
    from {{ ref('stg_github__pull_request_commits') }}
    where {{ of_delivered_commits() }}
    union all
    select tenant_id, repository, sha, parents, message, is_bot, author, author_name, author_email, authored_at
    from lone
)

-- GitHub's own addresses tell the account: `123+login@users.noreply.github.com`.
select distinct on (tenant_id, repository, sha)
    tenant_id,
    repository,
    sha,
    split_part(message, e'\n', 1) as subject,
    author_name,
    lower(author_email) as author_email,
    coalesce(
        author, substring(author_email from '^(?:[0-9]+\+)?([^@]+)@users\.noreply\.github\.com$')
    ) as login,
    authored_at
from found
where
    cardinality(parents) < 2
    and not is_bot
    and not ({{ is_bot_by_name('author_name', 'author_email') }})
order by tenant_id, repository, sha, author
