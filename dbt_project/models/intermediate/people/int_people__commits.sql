-- One row per commit that somebody (no bot) wrote, with who that is: the own commits of pull requests, which survive squash and
-- rebase, and commits without one. Merges, and what a merge made of a pull request, are nobody's work again.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'repository', 'sha'],
    indexes=[{'columns': ['tenant_id', 'repository', 'sha'], 'unique': True}],
) }}
with

lone as (
    select * from {{ ref('int_commits__unioned') }} as commits
    where
        {{ of_touched_tenants() }}
        and not exists (
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
    where {{ of_touched_tenants() }}
    union all
    select tenant_id, repository, sha, parents, message, is_bot, author, author_name, author_email, authored_at
    from lone
),

-- GitHub's own addresses tell the account: `123+login@users.noreply.github.com`.
written as (
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
),

by_email as (
    select
        tenant_id,
        author_email,
        min(login) as login
    from written
    group by tenant_id, author_email
    having count(distinct login) = 1
),

by_name as (
    select
        tenant_id,
        author_name,
        min(login) as login
    from written
    group by tenant_id, author_name
    having count(distinct login) = 1
),

-- An account is known by GitHub, else by an address or a name that belongs to one account alone. Who has none goes by name.
found_by_rule as (
    select
        written.*,
        coalesce(written.login, by_email.login, by_name.login, written.author_name, written.author_email) as person
    from written
    left join by_email using (tenant_id, author_email)
    left join by_name using (tenant_id, author_name)
),

-- What somebody said of the commit's address stands above what was said of whom the rules take for its author.
named as (
    select
        rules.tenant_id,
        rules.repository,
        rules.sha,
        rules.subject,
        rules.author_email,
        rules.authored_at,
        coalesce(of_address.person, of_person.person, rules.person) as person
    from found_by_rule as rules
    left join {{ ref('int_people__merged') }} as of_address
        on rules.tenant_id = of_address.tenant_id and rules.author_email = of_address.alias
    left join {{ ref('int_people__merged') }} as of_person
        on rules.tenant_id = of_person.tenant_id and lower(rules.person) = of_person.alias
)

-- A rebase or a cherry-pick keeps author, author date and subject: such copies count once.
select distinct on (tenant_id, repository, person, authored_at, subject)
    tenant_id,
    repository,
    sha,
    person,
    author_email,
    authored_at
from named
where person is not null and authored_at is not null
order by tenant_id, repository, person, authored_at, subject, sha
