{# The weight of the last published digit: 100,000 for 1,700,000, 10 for 4,320, and 0.1 for 2.5. #}
{% macro published_step(value) -%}
    if(
        ({{ value }}) = round({{ value }}),
        pow(10, length(regexp_extract(({{ value }})::bigint::varchar, '0*$'))),
        pow(10, -length(regexp_extract(({{ value }})::varchar, '\.(\d+)$', 1)))
    )
{%- endmacro %}
