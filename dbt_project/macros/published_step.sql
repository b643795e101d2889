{# The weight of the last digit that is not zero: 100,000 for 2,500,000, and 1 for 824,030 over 10. #}
{% macro published_step(value) -%}
    pow(10, length(regexp_extract(({{ value }})::bigint::varchar, '0*$')))
{%- endmacro %}
