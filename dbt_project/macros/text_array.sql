{#- The texts of a JSON list as text[]; anything that is no list is an empty one. -#}
{%- macro text_array(json) -%}
array(
        select element
        from jsonb_array_elements_text(case when jsonb_typeof({{ json }}) = 'array' then {{ json }} end) as element
    )
{%- endmacro %}
