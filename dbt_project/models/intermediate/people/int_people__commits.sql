-- One row per commit that somebody wrote, with who that is. Copies of one are one.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_authors',
    scope=['tenant_id', 'repository', 'authored_at'],
    unique_key=['tenant_id', 'repository', 'sha'],
    indexes=[
        {'columns': ['tenant_id', 'repository', 'sha'], 'unique': True},
        {'columns': ['tenant_id', 'repository', 'authored_at']},
    ],
) }}
-- depends_on: {{ source('app', 'build') }}
with

written as (
    select *
    from {{ looked_up(ref('int_people__authored'), touched_authors(this), ['tenant_id', 'repository', 'authored_at']) }} as signed
),

-- An account is known by GitHub, else by an address or a name that belongs to one account alone. Who has none goes by name.
found_by_rule as (
    select
        written.*,
        coalesce(written.login, by_email.login, by_name.login, written.author_name, written.author_email) as person
    from written
    left join {{ ref('int_people__accounts') }} as by_email
        on
            written.tenant_id = by_email.tenant_id
            and written.author_email = by_email.signed_as
            and by_email.kind = 'email'
    left join {{ ref('int_people__accounts') }} as by_name
        on
            written.tenant_id = by_name.tenant_id
            and written.author_name = by_name.signed_as
            and by_name.kind = 'name'
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
