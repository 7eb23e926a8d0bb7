-- One row per person (in lower case) and team they are in. A member is named by login or by an address of their commits.
with

addresses as (
    select distinct
        tenant_id,
        author_email,
        person
    from {{ ref('int_people__commits') }}
    where author_email is not null
)

select distinct
    members.tenant_id,
    lower(coalesce(merged.person, addresses.person, members.person)) as person,
    members.team
from {{ ref('int_teams__members') }} as members
left join {{ ref('int_people__merged') }} as merged
    on members.tenant_id = merged.tenant_id and members.person = merged.alias
left join addresses on members.tenant_id = addresses.tenant_id and members.person = addresses.author_email
