{#- Work seconds of a calendar from its beginning to an instant, where `day` is the instant's row of `int_teams__work_days`.
    The difference of two is the work time between them; NULL where the day is not known. -#}
{%- macro work_seconds_until(instant, day) -%}
{{ day }}.seconds_before + case
            when {{ instant }} > {{ day }}.opens_at
                then extract(epoch from least({{ instant }}, {{ day }}.closes_at) - {{ day }}.opens_at)
            else 0
        end
{%- endmacro %}
