{#- A uuid that is the same for the same parts: (tenant, source, connection, the source's own id …). -#}
{%- macro surrogate_id(parts) -%}
md5(concat_ws('|', {{ parts | join(', ') }}))::uuid
{%- endmacro %}

{#- The day of an instant in a time zone. -#}
{%- macro local_day(instant, time_zone) -%}
({{ instant }} at time zone {{ time_zone }})::date
{%- endmacro %}

{#- A tenant's glob (`deploy-*`) as a LIKE pattern: never a regular expression. -#}
{%- macro glob_to_like(glob) -%}
replace(replace(replace(replace({{ glob }}, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%')
{%- endmacro %}

{#- A text as a uuid, by which a row is looked up, where it is one and this is so; a commit's sha is longer. -#}
{%- macro uuid_or_null(text, condition) -%}
case when {{ condition }} and length({{ text }}) = 36 then {{ text }}::uuid end
{%- endmacro %}
