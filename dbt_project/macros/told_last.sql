{#
    Whether a row of `told` is the one that counts of its key: a file wins over the campaign file, which has no moment;
    of two files the one that was imported last.
#}
{% macro told_last(key) -%}
    row_number() over (
        partition by told.{{ key | join(', told.') }} order by told.fetched_at desc nulls last, told.load_id desc
    ) = 1
{%- endmacro %}
