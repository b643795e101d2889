{# The day of a UTC timestamp as Meta counts days: California's. #}
{% macro meta_date(at_utc) -%}
    ({{ at_utc }} at time zone 'UTC' at time zone 'America/Los_Angeles')::date
{%- endmacro %}
