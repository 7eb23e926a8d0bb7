{#- A name as people write it one way or another: "Check-out API" is "checkout_api". One in another script stands as it is. -#}
{%- macro plain_name(name) -%}
coalesce(nullif(lower(regexp_replace({{ name }}, '[^a-zA-Z0-9]+', '', 'g')), ''), lower({{ name }}))
{%- endmacro %}
