{#- Fails for each row whose value lies outside [low, high]; NULL is not measured and passes. -#}
{% test lies_between(model, column_name, low=none, high=none) %}
select *
from {{ model }}
where
    {% if low is not none %}{{ column_name }} < {{ low }}{% endif %}
    {% if low is not none and high is not none %}or{% endif %}
    {% if high is not none %}{{ column_name }} > {{ high }}{% endif %}
{% endtest %}
