{# The weight of the last digit that is not zero: 100,000 for 1,700,000, and 10 for 4,320. #}
{% macro published_step(value) -%}
    pow(10, length(regexp_extract(({{ value }})::bigint::varchar, '0*$')))
{%- endmacro %}
