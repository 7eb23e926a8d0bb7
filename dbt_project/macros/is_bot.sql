{#- Is a GitHub account (an object with login and type) a bot: by its type, by `[bot]` in its login, or by the seed. -#}
{%- macro is_bot(account) -%}
coalesce(
        {{ account }} ->> 'type' = 'Bot'
        or {{ account }} ->> 'login' like '%[bot]'
        or lower({{ account }} ->> 'login') like any (select bots.login_pattern from {{ ref('bot_logins') }} as bots),
        false
    )
{%- endmacro %}
