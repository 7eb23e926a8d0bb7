{#- Is a GitHub account (an object with login and type) a bot: by its type, by `[bot]` in its login, or by the seed. -#}
{%- macro is_bot(account) -%}
coalesce(
        {{ account }} ->> 'type' = 'Bot'
        or {{ account }} ->> 'login' like '%[bot]'
        or lower({{ account }} ->> 'login') like any (select bots.login_pattern from {{ ref('bot_logins') }} as bots),
        false
    )
{%- endmacro %}

{#- Is the author of a commit a bot, where only a name and an e-mail are known: as `is_bot`, by the name or the account of
    GitHub's own addresses (`123+login@users.noreply.github.com`). -#}
{%- macro is_bot_by_name(name, email) -%}
coalesce({{ name }} like '%[bot]', false)
    or coalesce({{ email }} like '%[bot]@%', false)
    or coalesce(lower({{ name }}) like any (select bots.login_pattern from {{ ref('bot_logins') }} as bots), false)
    or coalesce(
        lower(substring({{ email }} from '^(?:[0-9]+\+)?([^@]+)@users\.noreply\.github\.com$'))
        like any (select bots.login_pattern from {{ ref('bot_logins') }} as bots), false
    )
{%- endmacro %}
