{#- The first name, in the order of the alphabet, of a JSON list of objects with a name. -#}
{%- macro first_name(json) -%}
(
        select min(element ->> 'name')
        from jsonb_array_elements(case when jsonb_typeof({{ json }}) = 'array' then {{ json }} end) as element
    )
{%- endmacro %}

{#- A custom field's value as a text: a text, an object with a name, title or value, or the first of a list of these. -#}
{%- macro field_text(json) -%}
coalesce(
            {{ json }} ->> 'name', {{ json }} ->> 'title', {{ json }} ->> 'value',
            {{ json }} #>> '{0,name}', {{ json }} #>> '{0,title}', {{ json }} #>> '{0,value}', {{ json }} #>> '{0}',
            case when jsonb_typeof({{ json }}) not in ('object', 'array') then {{ json }} #>> '{}' end
        )
{%- endmacro %}
