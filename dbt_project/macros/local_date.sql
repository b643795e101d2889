{# The calendar date of a UTC timestamp in a time zone: a post at 23:30 in Ulaanbaatar belongs to that day. #}
{% macro local_date(at_utc, time_zone) -%}
    ({{ at_utc }} at time zone 'UTC' at time zone {{ time_zone }})::date
{%- endmacro %}
